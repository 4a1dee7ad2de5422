"""Lists as county offices really hand them in: every row where it belongs, or a reason."""

import datetime

import numpy as np
import openpyxl
import pytest

from data.imports.carrying import carry_out
from data.imports.coordinates import to_bd09, to_gcj02
from data.imports.proposing import EVERY, ImportAsk, choose, propose
from data.imports.reading import ReadAsk, read
from data.plan import GEOGRAPHIC
from data.refused import Refused
from tests.data.imports.test_carrying import plan
from tests.data.imports.wrong_files import in_words, projected

PLAN = plan()
NAMES = [f"第{n}中学" for n in "甲乙丙丁戊己"]
LON = np.round(118.75 + 0.0831 * np.arange(6), 6)
LAT = np.round(42.05 + 0.0617 * np.arange(6), 6)


def taken(path, **ask):
    """What an import of the file gives: the proposal and the outcome."""
    work = path.parent / "work"
    work.mkdir(exist_ok=True)
    asked = ImportAsk("shelter", **ask)
    proposal = propose(PLAN, choose(read(ReadAsk(path), work), asked), asked)
    outcome = carry_out(PLAN, proposal)
    assert outcome.accepted + len(outcome.rejects) == outcome.rows
    return proposal, outcome


def written(tmp_path, text, name="清单.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def lines(heading, x, y, mark=","):
    rows = (mark.join(map(str, cells)) for cells in zip(NAMES, x, y, strict=True))
    return "\n".join([heading, *rows]) + "\n"


def workbook(tmp_path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "清单.xlsx"
    book.save(path)
    return path


def assert_there(outcome, metres=1.0):
    """Every row is where it really is."""
    frame = outcome.layer.frame
    assert sorted(frame["名称"]) == sorted(NAMES)
    x, y = projected(PLAN.crs, LON, LAT)
    place = [NAMES.index(name) for name in frame["名称"]]
    far = np.hypot(frame.geometry.x - np.asarray(x)[place], frame.geometry.y - np.asarray(y)[place])
    assert far.max() < metres


def dms(pattern):
    def write(values):
        out = []
        for text in in_words(values):
            degrees, minutes, seconds = text.rstrip("″").replace("°", "′").split("′")
            out.append(pattern.format(degrees, minutes, seconds))
        return out

    return write


WRITTEN = {
    "点号": dms("{}.{}.{}"),
    "短横": dms("{}-{}-{}"),
    "带 E": dms("E{}°{}′{}″"),
    "英文撇": dms("{}°{}'{}''"),
    "度": lambda v: [f"{x}度" for x in v],
    "看不见的字": lambda v: [f"\u00a0{x}\u200b" for x in v],
}


@pytest.mark.parametrize("way", WRITTEN)
def test_two_columns_in_every_writing(tmp_path, way):
    text = lines("名称,经度,纬度", WRITTEN[way](LON), WRITTEN[way](LAT))
    assert_there(taken(written(tmp_path, text, encoding="utf-8"))[1])


@pytest.mark.parametrize(
    "cell",
    [
        '{{"lng":{0},"lat":{1}}}',
        '{{"lat":"{1}","lng":"{0}"}}',
        "纬度:{1} 经度:{0}",
        "纬度{1}，经度{0}",
        "东经：{0}°；北纬：{1}°",
    ],
)
def test_one_column_with_both(tmp_path, cell):
    cells = [cell.format(x, y).replace('"', '""') for x, y in zip(LON, LAT, strict=True)]
    text = "\n".join(["名称,位置", *(f'{n},"{c}"' for n, c in zip(NAMES, cells, strict=True))])
    proposal, outcome = taken(written(tmp_path, text))
    assert not proposal.repairs  # the words say which is which
    assert_there(outcome)


def test_degrees_that_a_spreadsheet_took_for_times(tmp_path):
    def times(values):
        return [datetime.timedelta(seconds=round(v * 3600, 1)) for v in values]

    rows = [["名称", "经度", "纬度"], *zip(NAMES, times(LON), times(LAT), strict=True)]
    proposal, outcome = taken(workbook(tmp_path, {"表": rows}))
    assert proposal.repairs == ("6 行的度分秒换算成度",)
    assert_there(outcome, 20)


def test_units_in_a_row_of_their_own(tmp_path):
    rows = [["名称", "经度", "纬度", "占地面积", "容纳人数"], ["", "°", "°", "亩", "(万人)"]]
    rows += [[n, x, y, 15, 3.2] for n, x, y in zip(NAMES, LON, LAT, strict=True)]
    _, outcome = taken(workbook(tmp_path, {"表": rows}))
    assert outcome.rows == 6
    assert outcome.layer.frame["占地面积"].tolist() == [10000] * 6
    assert outcome.layer.frame["容纳人数"].tolist() == [32000] * 6


def test_a_row_that_numbers_the_columns_is_no_row(tmp_path):
    text = lines("名称,经度,纬度\n1,2,3", LON, LAT)
    assert_there(taken(written(tmp_path, text))[1])


def test_two_halves_side_by_side(tmp_path):
    half = [
        ",".join(map(str, (NAMES[i], LON[i], LAT[i], "", NAMES[j], LON[j], LAT[j])))
        for i, j in ((0, 3), (1, 4), (2, 5))
    ]
    text = "\n".join(["避难场所,,,,,,", "名称,经度,纬度,,名称,经度,纬度", *half])
    proposal, outcome = taken(written(tmp_path, text))
    assert_there(outcome)
    assert list(proposal.source.rows) == [3, 4, 5, 3, 4, 5]
    assert any("2 组列" in note for note in outcome.notes)


def test_survey_points_without_headings(tmp_path):
    x, y = projected(4549, LON, LAT)
    rows = [f"{n},{NAMES[n]},{x[n]:.3f},{y[n]:.3f},{500 + n}" for n in range(6)]
    proposal, outcome = taken(written(tmp_path, "\n".join(rows), "点.dat", "gbk"))
    assert proposal.repairs  # metres: the zone is a guess to be accepted
    assert_there(outcome)
    assert list(proposal.source.rows) == [1, 2, 3, 4, 5, 6]
    assert any("当作坐标,请核对" in note for note in outcome.notes)


def test_two_columns_that_could_be_either_are_not_guessed(tmp_path):
    text = "名称,a,b,c\n甲,118.8,118.9,42.2\n乙,118.7,118.9,42.1\n"
    with pytest.raises(Refused, match="没有找到经度、纬度两列"):
        taken(written(tmp_path, text))


@pytest.mark.parametrize("gap", [" ", "    "])
def test_text_with_blanks_between(tmp_path, gap):
    assert_there(
        taken(written(tmp_path, lines(f"名称{gap}经度{gap}纬度", LON, LAT, gap), "a.txt"))[1]
    )


def test_a_quotation_mark_never_closed_swallows_no_rows(tmp_path):
    text = lines("名称,经度,纬度", LON, LAT).replace("第丙", '"第丙')
    assert_there(taken(written(tmp_path, text))[1])


def test_headings_in_traditional_writing(tmp_path):
    names = [f"臺灣避難所{n}" for n in range(6)]
    rows = [f"{n},{x},{y},約三百人" for n, x, y in zip(names, LON, LAT, strict=True)]
    text = "\n".join(["名稱,經度,緯度,容納人數", *rows])
    _, outcome = taken(written(tmp_path, text, encoding="big5"))
    assert list(outcome.layer.frame["名称"]) == names
    assert outcome.layer.frame["容纳人数"].tolist() == [300] * 6


@pytest.mark.parametrize(
    ("heading", "more", "encrypt"),
    [
        ("名称,高德经度,高德纬度", "", to_gcj02),
        ("名称,lng_bd09,lat_bd09", "", to_bd09),
        ("名称,经度,纬度,坐标系", ",百度", to_bd09),
    ],
)
def test_a_list_that_names_its_map_service_is_offered_a_repair(tmp_path, heading, more, encrypt):
    x, y = encrypt(LON, LAT)
    text = lines(heading, x.round(6), [f"{v:.6f}{more}" for v in y])
    proposal, outcome = taken(written(tmp_path, text))
    assert proposal.finding.state == "建议修复"
    assert proposal.finding.shift > 300
    assert proposal.finding.evidence[0].startswith(("列名", "“坐标系”"))
    assert_there(outcome)


def test_a_list_that_says_wgs84_is_left_alone(tmp_path):
    text = lines("名称,经度,纬度,坐标系", LON, [f"{v},WGS84" for v in LAT])
    proposal, outcome = taken(written(tmp_path, text))
    assert not proposal.repairs
    assert_there(outcome)


def test_one_sheet_for_each_county(tmp_path):
    heading = ["名称", "经度", "纬度"]
    rows = [list(row) for row in zip(NAMES, LON, LAT, strict=True)]
    path = workbook(
        tmp_path,
        {"红山": [["表一"], heading, *rows[:4], ["庚", None, None]], "松山": [heading, *rows[4:]]},
    )
    with pytest.raises(Refused, match="--source 全部"):
        taken(path)
    _, outcome = taken(path, source=EVERY)
    assert_there(outcome)
    assert [(r.row, r.reason) for r in outcome.rejects] == [
        (7, "(清单 红山)没有坐标;补上经度、纬度")
    ]
    assert set(outcome.layer.frame["工作表"]) == {"清单 红山", "清单 松山"}


def test_each_reject_says_what_is_wrong_with_it(tmp_path):
    text = "名称,经度,纬度,建成时间\n甲,0,0,\n乙,42.2,118.9,\n丙,118.8,42.2,44000\n"
    text += "丁,118.8,42.1,2020.5\n合计:,,,\n填表人:张三,,审核人:李四,\n戊,117.8,42.1,20200501\n"
    _, outcome = taken(written(tmp_path, text))
    said = {reject.row: reject.reason for reject in outcome.rejects}
    assert "0,0" in said[2]
    assert "写反" in said[3]
    assert "不是年份" in said[4]
    assert "合计" in said[6]
    assert "表后的说明" in said[7]
    assert outcome.layer.frame["建成年份"].tolist() == [2020, 2020]
    assert any("1 行在规划区外" in note and "第 8 行“戊”" in note for note in outcome.notes)


def test_rows_none_of_which_has_a_place_are_all_listed(tmp_path):
    _, outcome = taken(written(tmp_path, "名称,经度,纬度\n甲,,\n乙,不远处,北边\n"))
    assert outcome.accepted == 0
    assert [r.row for r in outcome.rejects] == [2, 3]
    assert "不远处" in outcome.rejects[1].reason


@pytest.mark.parametrize(
    ("name", "head", "told"),
    [
        ("a.rar", b"Rar!\x1a\x07", "先解压"),
        ("a.dwg", b"AC1032", "另存为 DXF"),
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.docx", b"PK\x03\x04", "Word"),
        ("a.mdb", b"\0\x01\0\0Standard Jet DB", "Access"),
    ],
)
def test_what_cannot_be_read_here_says_what_to_do(tmp_path, name, head, told):
    path = tmp_path / name
    path.write_bytes(head + b"\0" * 100)
    with pytest.raises(Refused, match=told):
        read(ReadAsk(path), tmp_path)


def test_the_plan_was_not_touched():
    assert PLAN.of_kind("shelter") == ()
    assert PLAN.layer("行政区").frame.to_crs(GEOGRAPHIC).total_bounds[0] == pytest.approx(118.7)
