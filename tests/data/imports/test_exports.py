"""A layer out and in again: nothing lost that the format can hold, and what is lost is said."""

import csv

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely

from data.imports.coordinates import to_gcj02
from data.imports.exports import export_layer
from data.imports.reading import ReadAsk, read
from data.kinds import is_missing
from data.plan import GEOGRAPHIC, make_layer
from data.refused import Refused

CRS = "EPSG:4549"
RISKY = ("=1+1", "+甲", "-乙", "@丙", "戊")


def layer(count=5):
    frame = gpd.GeoDataFrame(
        {
            "名称": [f"第{i}库" for i in range(count)],
            "状态": "现状",
            "室外货场面积": [None, 200.5, 300, 400, 500][:count],
            "生产辅助用房面积": [1.0] * count,
            "备注": list(RISKY[:count]),
            "编制": [-3, 4, 5, 6, 7][:count],
        },
        geometry=shapely.points(118.9 + 0.01 * np.arange(count), 42.2 + 0.01 * np.arange(count)),
        crs=GEOGRAPHIC,
    )
    return make_layer("储备库", "depot", frame, CRS)


def back(path, tmp_path):
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    return read(ReadAsk(path), work)[0]


def degrees(one):
    flat = one.frame.to_crs(GEOGRAPHIC)
    return np.column_stack([flat.geometry.x, flat.geometry.y])


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".kml", ".shp"])
def test_vector_formats_come_back(tmp_path, ending):
    one = layer()
    done = export_layer(one, tmp_path / f"库{ending}", crs="" if ending == ".kml" else "CGCS2000")
    assert done.count == 5
    found = back(done.path, tmp_path)
    xy = shapely.get_coordinates(found.shapes)
    assert np.abs(xy - degrees(one)).max() < 1e-7
    cells = [list(c) for c in found.columns.values() if c.dtype == object]
    assert [f"第{i}库" for i in range(5)] in cells
    assert list(RISKY) in cells


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_shapefile_says_its_encoding_and_cuts_names_between_characters(tmp_path, encoding):
    done = export_layer(layer(), tmp_path / "库.shp", encoding=encoding)
    assert (tmp_path / "库.cpg").read_text().upper().replace("-", "") in ("GBK", "UTF8")
    raw = (tmp_path / "库.dbf").read_bytes()
    names = []
    at = 32
    while raw[at] != 0x0D:
        names.append(raw[at : at + 11].split(b"\0")[0])
        at += 32
    codec = encoding.lower()
    texts = [n.decode(codec) for n in names]
    assert all(len(n) <= 10 for n in names)
    assert len(set(texts)) == len(texts)
    assert all(any(c.startswith(t.split("_")[0]) for c in layer().frame.columns) for t in texts)
    assert any("已缩短" in note for note in done.notes)
    plain = pyogrio.read_dataframe(done.path)
    assert plain["名称"].tolist() == [f"第{i}库" for i in range(5)]
    assert plain.crs.to_epsg() == 4549


def test_missing_numbers_stay_missing(tmp_path):
    for ending in (".shp", ".gpkg", ".csv", ".xlsx"):
        found = back(export_layer(layer(), tmp_path / f"a{ending}").path, tmp_path)
        heading = next(h for h in found.headings if h.startswith("室外货场") or h == "室外货")
        assert found.text(heading, 0) == ""
        assert float(found.text(heading, 1)) == 200.5


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_tables_hold_degrees_and_no_formula(tmp_path, ending):
    one = layer()
    done = export_layer(one, tmp_path / f"a{ending}")
    assert any("4 格以 = + - @ 开头" in note for note in done.notes)
    found = back(done.path, tmp_path)
    xy = np.column_stack([np.array(found.columns[h], dtype=float) for h in ("经度", "纬度")])
    assert np.abs(xy - degrees(one)).max() < 1e-7
    assert [found.text("备注", i) for i in range(5)] == list(RISKY)
    if ending == ".csv":
        with done.path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        column = rows[0].index("备注")
        assert [r[column] for r in rows[1:]] == ["'=1+1", "'+甲", "'-乙", "'@丙", "戊"]
        assert rows[1][rows[0].index("编制")] == "-3"
    else:
        sheet = openpyxl.load_workbook(done.path).active
        cells = [c for row in sheet.iter_rows() for c in row if str(c.value)[:1] in "=+@"]
        assert len(cells) == 3
        assert all(c.data_type == "s" and c.quotePrefix for c in cells)


def test_encrypted_for_a_phone_map(tmp_path):
    one = layer()
    found = back(export_layer(one, tmp_path / "a.csv", crs="GCJ-02").path, tmp_path)
    xy = np.column_stack([np.array(found.columns[h], dtype=float) for h in ("经度", "纬度")])
    assert np.abs(xy - np.column_stack(to_gcj02(*degrees(one).T))).max() < 1e-7


def test_projected_tables_name_their_axes(tmp_path):
    one = layer()
    found = back(export_layer(one, tmp_path / "a.csv", crs="EPSG:4549").path, tmp_path)
    xy = np.column_stack([np.array(found.columns[h], dtype=float) for h in ("东坐标", "北坐标")])
    assert np.abs(xy - shapely.get_coordinates(one.frame.geometry.array)).max() < 0.001


def test_lines_and_areas_go_into_tables_as_wkt(tmp_path):
    frame = gpd.GeoDataFrame(
        {"名称": ["路"]},
        geometry=[shapely.LineString([(118.9, 42.2), (119, 42.3)])],
        crs=GEOGRAPHIC,
    )
    road = make_layer("道路", "road", frame, CRS)
    found = back(export_layer(road, tmp_path / "a.csv").path, tmp_path)
    assert shapely.from_wkt(found.text("图形", 0)).equals_exact(frame.geometry.iloc[0], 1e-6)


def test_what_an_encoding_lacks_is_refused_and_leaves_the_old_file(tmp_path):
    one = layer(1)
    rare = one.with_frame(one.frame.assign(名称="𠮷库"))
    path = tmp_path / "a.csv"
    path.write_text("旧", encoding="utf-8")
    for target in (path, tmp_path / "a.shp"):
        with pytest.raises(Refused, match="GBK 里没有“𠮷”"):
            export_layer(rare, target, encoding="GBK")
    assert path.read_text(encoding="utf-8") == "旧"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv"]


def test_long_texts_are_cut_between_characters_and_counted(tmp_path):
    one = layer(1)
    long = one.with_frame(one.frame.assign(备注="长" * 300))
    done = export_layer(long, tmp_path / "a.shp", encoding="GBK")
    assert any("1 格文字超过 254 字节" in note for note in done.notes)
    text = pyogrio.read_dataframe(done.path)["备注"].iloc[0]
    assert text == "长" * 127


def test_refusals(tmp_path):
    with pytest.raises(Refused, match=r"不能导出成“\.docx”"):
        export_layer(layer(), tmp_path / "a.docx")
    empty = layer().with_frame(layer().frame.iloc[:0])
    with pytest.raises(Refused, match="没有要素"):
        export_layer(empty, tmp_path / "a.csv")
    with pytest.raises(Refused, match="KML 只能用经纬度"):
        export_layer(layer(), tmp_path / "a.kml", crs="EPSG:4549")
    with pytest.raises(Refused, match="文件夹不存在"):
        export_layer(layer(), tmp_path / "没有" / "a.csv")


def test_the_layer_is_not_touched(tmp_path):
    one = layer()
    before = one.frame.copy()
    export_layer(one, tmp_path / "a.shp", crs="BD-09", encoding="GBK")
    assert before.equals(one.frame)
    assert is_missing(one.frame["室外货场面积"].iloc[0])


@pytest.mark.parametrize("ending", [".shp", ".csv"])
def test_signs_that_gbk_lacks_are_written_otherwise_and_names_never(tmp_path, ending):
    one = layer(2)
    frame = one.frame.assign(备注=["服务 20 km²", "无\u00a0"])
    done = export_layer(one.with_frame(frame), tmp_path / f"库{ending}", encoding="GBK")
    found = back(done.path, tmp_path)
    assert found.columns["备注"][0] == "服务 20 km2"
    assert any("km2" in note for note in done.notes)
    named = one.with_frame(frame.assign(名称=["𠮷林库", "乙"]))
    with pytest.raises(Refused, match="GBK 里没有“𠮷”这个字"):
        export_layer(named, tmp_path / f"名{ending}", encoding="GBK")
