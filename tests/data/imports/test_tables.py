"""Lists as offices write them, and coordinates in any notation."""

import datetime
import io

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.imports.columns import match
from data.imports.places import parse_angle, parse_pair, read_places
from data.imports.reading import ReadAsk, read
from data.imports.source import Source, hand_over, take_over
from data.imports.tables import read_sheets, read_text
from data.kinds import kind
from data.refused import Refused
from tests.data.imports.old_sheet import write_xls


def text_source(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return read_text(path)[0]


def test_title_above_sum_below_blank_rows(tmp_path):
    found = text_source(
        tmp_path, "赤峰市避难场所一览表,,\n\n名称,经度,纬度\n甲,118.9,42.2\n,,\n乙,118.8,42.3\n"
    )
    assert found.headings == ["名称", "经度", "纬度"]
    assert list(found.rows) == [4, 6]
    assert any("表头在第 3 行" in note for note in found.notes)


def test_headings_are_without_what_no_screen_shows(tmp_path):
    found = text_source(tmp_path, "名\x01称,经\x85度,人\u2028数\n" + "甲,118.9,5\n" * 9)
    assert found.headings == ["名 称", "经 度", "人 数"]


def test_text_of_control_characters_is_no_list(tmp_path):
    with pytest.raises(Refused, match="不是文本文件"):
        text_source(tmp_path, "名称,经度\n" + "".join(map(chr, range(1, 32))) * 9)


@pytest.mark.parametrize("mark", [",", "\t", ";", "|", "，"])
def test_separators(tmp_path, mark):
    lines = [
        ["名称", "经度", "纬度", "备注"],
        ["甲", "118.9", "42.2", "a.b"],
        ["乙", "118", "42", ""],
    ]
    found = text_source(tmp_path, "\n".join(mark.join(row) for row in lines))
    assert found.headings == ["名称", "经度", "纬度", "备注"]
    assert list(found.columns["名称"]) == ["甲", "乙"]


def test_quoted_cells_with_line_breaks_keep_their_row_numbers(tmp_path):
    found = text_source(tmp_path, '名称,经度,纬度\n"甲\n的",118,42\n乙,119,43\n')
    assert list(found.rows) == [2, 4]


def test_headings_repeated_on_every_page_are_no_rows(tmp_path):
    found = text_source(tmp_path, "名称,经度,纬度\n甲,118,42\n名称,经度,纬度\n乙,119,43\n")
    assert list(found.columns["名称"]) == ["甲", "乙"]


def test_headings_in_two_rows_the_lower_under_what_stands_over_it(tmp_path):
    found = text_source(
        tmp_path,
        "避难场所一览表,,,,,,,\n"
        "序号,场所名称,坐标,,面积(亩),,容纳人数,备注\n,,经度,纬度,占地,建筑,,\n"
        "1,甲,118.9,42.2,500,20,300,\n2,乙,118.8,42.3,600,30,,新\n",
    )
    assert found.headings == [
        *("序号", "场所名称", "经度", "纬度", "占地(亩)", "建筑面积(亩)", "容纳人数", "备注")
    ]
    assert list(found.rows) == [4, 5]
    assert list(found.columns["建筑面积(亩)"]) == ["20", "30"]
    assert any("两行表头" in note for note in found.notes)


def test_the_upper_of_two_rows_names_columns_too_when_the_lower_is_better_known(tmp_path):
    found = text_source(
        tmp_path,
        "单位,基本情况,,,位置,\n,容纳人数,占地面积,建筑面积,经度,纬度\n甲,300,5,2,118.9,42.2\n",
    )
    assert found.headings == ["单位", "容纳人数", "占地面积", "建筑面积", "经度", "纬度"]
    assert list(found.columns["单位"]) == ["甲"]


@pytest.mark.parametrize(
    ("text", "headings", "rows"),
    [
        ("一览表,,\n名称,经度,纬度\n甲,118,42\n", ["名称", "经度", "纬度"], 1),
        (
            "名称,经度,纬度,\n甲,118,42,好\n乙,119,43,差\n",
            ["名称", "经度", "纬度", "第 4 列(无表头)"],
            2,
        ),
        ("名称,经度,纬度,\n,118,42,\n", ["名称", "经度", "纬度"], 1),
        ("名称,经度,纬度,备注\n,,,缺\n乙,119,43,\n", ["名称", "经度", "纬度", "备注"], 2),
    ],
)
def test_one_row_of_headings_stays_one(tmp_path, text, headings, rows):
    found = text_source(tmp_path, text)
    assert found.headings == headings
    assert len(found) == rows


@pytest.mark.parametrize(
    "headings",
    [
        "名称,经度度,经度分,经度秒,纬度度,纬度分,纬度秒",
        "名称,东经(度),东经(分),东经(秒),北纬(度),北纬(分),北纬(秒)",
        "名称,经度_度,经度_分,经度_秒,纬度_度,纬度_分,纬度_秒",
        "名称,经度,,,纬度,,\n,度,分,秒,度,分,秒",
        "名称,东经°,东经′,东经″,北纬°,北纬′,北纬″",
    ],
)
def test_degrees_minutes_and_seconds_in_columns_of_their_own(tmp_path, headings):
    rows = "甲,118,57,4.3,42,16,10\n乙,118,30,,42,,\n丙,,,,,,\n"
    found = text_source(tmp_path, f"{headings}\n{rows}")
    assert found.headings == ["名称", "经度", "纬度"]
    places = read_places(found, match(found.headings, kind("shelter")))
    assert places.x[:2] == pytest.approx([118 + 57 / 60 + 4.3 / 3600, 118.5], abs=1e-12)
    assert places.y[:2] == pytest.approx([42 + 16 / 60 + 10 / 3600, 42.0], abs=1e-12)
    assert np.isnan(places.x[2])
    assert "没有坐标" in places.bad[2]
    assert any("度、分、秒" in note for note in found.notes)


def test_workbook_with_merged_cells_dates_and_sheets(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "避难场所"
    sheet.append(["避难场所一览表"])
    sheet.append(["乡镇", "名称", "经度", "纬度", "建成"])
    sheet.append(["初头朗镇", "甲", 118.9, 42.2, datetime.date(2020, 5, 1)])
    sheet.append([None, "乙", 118.8, 42.3, None])
    sheet.merge_cells("A3:A4")
    sheet.merge_cells("A1:E1")
    book.create_sheet("空")
    path = tmp_path / "a.xlsx"
    book.save(path)
    found = read_sheets(path)
    assert len(found) == 1
    assert list(found[0].columns["乡镇"]) == ["初头朗镇", "初头朗镇"]
    assert list(found[0].rows) == [3, 4]
    assert list(found[0].columns["建成"]) == ["2020-05-01", ""]
    assert found[0].columns["经度"].dtype == float


def test_old_workbook(tmp_path):
    found = read_sheets(write_xls(tmp_path))[0]
    assert list(found.columns["名称"]) == ["红山公园", "玉龙广场"]
    assert list(found.columns["容纳人数"]) == ["3200", "约1.2万"]


def read_named(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    return read(ReadAsk(path), work)[0]


def test_what_office_systems_call_xls(tmp_path):
    page = (
        "<html><body><table><tr><th>名称</th><th>经度</th><th>纬度</th></tr><tr><td>甲&amp;乙</td>"
    )
    page += "<td>118.9</td><td>42.2</td></tr></table></body></html>"
    text = "名称\t经度\t纬度\n甲&乙\t118.9\t42.2\n"
    xml = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    xml += 'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'
    xml += '<Row><Cell><Data>名称</Data></Cell><Cell><Data>经度</Data></Cell><Cell ss:Index="4">'
    xml += "<Data>纬度</Data></Cell></Row><Row><Cell><Data>甲&amp;乙</Data></Cell><Cell><Data>118.9"
    xml += '</Data></Cell><Cell ss:Index="4"><Data>42.2</Data></Cell></Row></Table></Worksheet>'
    book = openpyxl.Workbook()
    for row in (["名称", "经度", "纬度"], ["甲&乙", 118.9, 42.2]):
        book.active.append(row)
    whole = io.BytesIO()
    book.save(whole)
    for data in (
        page.encode("gbk"),
        text.encode("gbk"),
        f"{xml}</Workbook>".encode(),
        whole.getvalue(),
    ):
        found = read_named(tmp_path, "导出.xls", data)
        assert found.headings == ["名称", "经度", "纬度"]
        assert [found.text(h, 0) for h in found.headings] == ["甲&乙", "118.9", "42.2"]


def test_a_page_that_leaves_its_cells_open(tmp_path):
    page = "<table><tr><th>名称<th>经度<th>纬度<tr><td>甲<td>118.9<td>42.2<tr></td></table>"
    found = read_named(tmp_path, "a.html.xls", page.encode())
    assert [found.text(h, 0) for h in found.headings] == ["甲", "118.9", "42.2"]


@pytest.mark.parametrize("data", [b"", b"\x00" * 50, b"\xff\xfe", b"\r\n\r\n"])
def test_empty_text_is_refused(tmp_path, data):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(Refused, match="空的"):
        read_text(path)


PAIRS = [
    ("118.9512,42.2694", 118.9512, 42.2694),
    ("东经118°57′04″，北纬42°16′10″", 118 + 57 / 60 + 4 / 3600, 42 + 16 / 60 + 10 / 3600),
    ("N42°16′10″ E118°57′04″", 118 + 57 / 60 + 4 / 3600, 42 + 16 / 60 + 10 / 3600),
    ("118°57′04″E42°16′10″N", 118 + 57 / 60 + 4 / 3600, 42 + 16 / 60 + 10 / 3600),
    ("POINT(118.95 42.27)", 118.95, 42.27),
    ("[118.95,42.27]", 118.95, 42.27),
    ("118.95,42.27,530", 118.95, 42.27),
    ("北纬42.27 东经118.95", 118.95, 42.27),
    ("lng:118.95,lat:42.27", 118.95, 42.27),
]


@pytest.mark.parametrize(("text", "x", "y"), PAIRS)
def test_two_coordinates_in_one_cell(text, x, y):
    found = parse_pair(text)
    assert found is not None
    assert found[:2] == pytest.approx((x, y))


@pytest.mark.parametrize("text", ["赤峰", "118°75′", "118.95.12", "118.5°30′", "", "1,2,3,4"])
def test_what_is_no_coordinate(text):
    assert parse_angle(text) is None


@given(
    st.integers(0, 179),
    st.integers(0, 59),
    st.integers(0, 5999),
    st.sampled_from(["{}°{}′{}″", "{}度{}分{}秒", "{} {} {}", "{}:{}:{}", "E{}°{}'{}\""]),
)
def test_degrees_minutes_seconds_are_read_back(degrees, minutes, hundredths, pattern):
    found = parse_angle(pattern.format(degrees, minutes, hundredths / 100))
    assert found is not None
    assert found[0] == pytest.approx(degrees + minutes / 60 + hundredths / 360000, abs=1e-9)
    assert found[1]


def test_every_row_without_a_place_has_a_reason(tmp_path):
    found = text_source(
        tmp_path,
        "名称,经度,纬度\n甲,118.9,42.2\n乙,,\n丙,118.9,\n丁,不知道,42\n戊,118°57′4″,42.1\n",
    )
    places = read_places(found, match(found.headings, kind("shelter")))
    assert set(places.bad) == {1, 2, 3}
    assert "没有坐标" in places.bad[1]
    assert "缺纬度" in places.bad[2]
    assert "不知道" in places.bad[3]
    assert places.minutes.tolist() == [False, False, False, False, True]


def test_source_crosses_to_another_process_unchanged(tmp_path):
    words = np.empty(3, dtype=object)
    words[:] = ["甲\n乙", "", "丙\t😀"]
    import shapely

    shapes = np.array([shapely.Point(1, 2), None, shapely.box(0, 0, 1, 1)], dtype=object)
    first = Source("一", "shp", {"a": words, "b": np.array([1.5, np.nan, 3])}, np.arange(3), shapes)
    second = Source("二", "CSV", {}, np.arange(0))
    hand_over([first, second], tmp_path)
    back, other = take_over(tmp_path)
    assert list(back.columns["a"]) == list(words)
    assert np.array_equal(back.columns["b"], first.columns["b"], equal_nan=True)
    assert back.shapes[1] is None
    assert shapely.equals(back.shapes[2], shapes[2])
    assert (other.name, len(other)) == ("二", 0)


def test_progress_goes_on_while_a_large_list_is_read(tmp_path):
    path = tmp_path / "大.csv"
    path.write_text("名称,经度,纬度\n" + "甲,118.9,42.2\n" * 130_000, encoding="utf-8")
    told = []
    source = read_text(path, report=lambda done, text: told.append(done))[0]
    assert len(source) == 130_000
    assert told == sorted(told)
    assert told[-1] <= 1.0
    assert np.diff([0.2, *(t for t in told if t > 0.2), 1.0]).max() < 0.25
