"""From rows to the plan: shapes mended, rejects counted, doubles shown, one undo step."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.history import History
from data.imports.carrying import appended, carry_out
from data.imports.coordinates import to_gcj02
from data.imports.geometry import district_notes, mend
from data.imports.proposing import ImportAsk, choose, likely_kind, propose
from data.imports.rejects import REASON, as_text, write_rejects
from data.imports.source import Source
from data.imports.tables import read_text
from data.kinds import kind
from data.plan import GEOGRAPHIC, Plan, make_layer
from data.refused import Refused
from tests.data.imports.wrong_files import projected

CRS = "EPSG:4549"


def plan(*more):
    box = gpd.GeoDataFrame(
        {"名称": ["红山区", "松山区"], "角色": "规划区"},
        geometry=[shapely.box(118.7, 42.0, 119.0, 42.5), shapely.box(119.0, 42.0, 119.3, 42.5)],
        crs=GEOGRAPHIC,
    )
    return Plan("现状", CRS, (make_layer("行政区", "district", box, CRS), *more))


def listed(rows):
    names = list(rows[0])
    columns = {}
    for name in names:
        cells = np.empty(len(rows), dtype=object)
        cells[:] = [str(row[name]) for row in rows]
        columns[name] = cells
    return Source("清单", "CSV", columns, np.arange(2, len(rows) + 2))


def some(count, **more):
    return [
        {"名称": f"第{i}广场", "经度": 118.71 + 0.02 * i, "纬度": 42.1 + 0.01 * i, **more}
        for i in range(count)
    ]


def run(rows, plan_=None, **ask):
    own = plan_ or plan()
    proposal = propose(own, listed(rows), ImportAsk("shelter", **ask))
    return proposal, carry_out(own, proposal)


def test_accepted_and_rejected_are_all_rows():
    rows = some(10)
    rows[2]["经度"] = ""
    rows[5]["纬度"] = "不详的"
    rows[7]["名称"] = ""
    rows[8]["经度"] = "1189.1"
    _, outcome = run(rows)
    assert outcome.rows == 10
    assert outcome.accepted == 6
    assert outcome.accepted + len(outcome.rejects) == outcome.rows
    assert [r.row for r in outcome.rejects] == [4, 7, 9, 10]
    assert all(r.reason for r in outcome.rejects)
    assert outcome.rejects[0].sentence.startswith("第 4 行:缺经度")


def test_places_and_values_arrive():
    own = plan()
    _, outcome = run(some(3, 容纳人数="约1.2万", 联系人="张三"), own)
    after = outcome.edit(own)
    frame = after.of_kind("shelter")[0].frame.to_crs(GEOGRAPHIC)
    assert frame.geometry.x.tolist() == pytest.approx([118.71, 118.73, 118.75])
    assert frame.geometry.y.tolist() == pytest.approx([42.10, 42.11, 42.12])
    assert frame["容纳人数"].tolist() == [12000] * 3
    assert frame["联系人"].tolist() == ["张三"] * 3
    assert frame["状态"].tolist() == ["现状"] * 3


def test_one_undo_takes_it_back():
    own = plan()
    history = History(own)
    _, outcome = run(some(4), own)
    assert history.do(outcome.text, outcome.edit(own))
    history.undo()
    assert history.value is own


def test_rows_are_added_to_the_layer_of_the_kind():
    old = gpd.GeoDataFrame(
        {"名称": ["旧"], "状态": ["规划"], "容纳人数": [5]},
        geometry=[shapely.Point(118.9, 42.3)],
        crs=GEOGRAPHIC,
    )
    layer = make_layer("避难场所", "shelter", old, CRS)
    own = plan(layer)
    _, outcome = run(some(2, 新列="x"), own)
    after = outcome.edit(own).layer("避难场所")
    assert after.frame.index.tolist() == [1, 2, 3]
    assert after.frame["名称"].tolist() == ["旧", "第0广场", "第1广场"]
    assert after.frame["新列"].tolist() == [None, "x", "x"]
    assert after.frame["容纳人数"].iloc[0] == 5
    assert own.layer("避难场所") is layer
    assert len(layer) == 1
    _, instead = run(some(2), own, replace=True)
    assert instead.edit(own).layer("避难场所").frame["名称"].tolist() == ["第0广场", "第1广场"]


def test_a_new_layer_lies_where_it_hides_nothing():
    road = gpd.GeoDataFrame(
        {"名称": ["路"]},
        geometry=[shapely.LineString([(118.8, 42.1), (119, 42.2)])],
        crs=GEOGRAPHIC,
    )
    own = plan(make_layer("道路", "road", road, CRS))
    proposal = propose(
        own, listed([{"人口": 7, "经度": 118.9, "纬度": 42.2}]), ImportAsk("population")
    )
    after = carry_out(own, proposal).edit(own)
    assert [layer.name for layer in after] == ["行政区", "人口", "道路"]
    _, outcome = run(some(2), after)
    assert [layer.name for layer in outcome.edit(after)] == ["行政区", "人口", "道路", "避难场所"]
    moved = outcome.edit(outcome.edit(after))
    assert len(moved.layer("避难场所")) + len(moved.layer("避难场所 2")) == 4


def test_appending_to_an_empty_layer_keeps_its_columns():
    own = make_layer("避难场所", "shelter", gpd.GeoDataFrame(geometry=[], crs=CRS), CRS)
    _, outcome = run(some(2))
    both = appended(own, outcome.layer)
    assert both.index.name == "fid"
    assert both.index.tolist() == [1, 2]
    assert both["名称"].tolist() == ["第0广场", "第1广场"]


def test_a_modelled_population_gives_way_but_data_does_not():
    grid = gpd.GeoDataFrame({"人口": [10.0]}, geometry=[shapely.Point(118.9, 42.3)], crs=GEOGRAPHIC)
    rows = [{"人口": 7, "经度": 118.9, "纬度": 42.2}]

    def people(basis):
        own = plan(make_layer("人口", "population", grid, CRS, basis=basis))
        proposal = propose(own, listed(rows), ImportAsk("population"))
        return own, proposal

    own, proposal = people("人口格网·示意(七普2020)")
    outcome = carry_out(own, proposal)
    assert outcome.edit(own).layer("人口").frame["人口"].tolist() == [7.0]
    assert any("示意人口" in note for note in outcome.notes)
    own, proposal = people("公安户籍 2023")
    with pytest.raises(Refused, match="重复计数"):
        carry_out(own, proposal)


def test_a_repair_that_is_not_accepted_is_not_carried_out():
    anchors = gpd.GeoDataFrame(
        {"名称": [f"第{i}广场" for i in range(6)], "位置精度": "实测", "状态": "现状"},
        geometry=[shapely.Point(118.71 + 0.02 * i, 42.1 + 0.01 * i) for i in range(6)],
        crs=GEOGRAPHIC,
    )
    own = plan(make_layer("居民点", "settlement", anchors, CRS))
    rows = some(6)
    for row in rows:
        row["经度"], row["纬度"] = (round(float(v), 7) for v in to_gcj02(row["经度"], row["纬度"]))
    proposal = propose(own, listed(rows), ImportAsk("shelter"))
    assert proposal.repairs
    mended, plain = carry_out(own, proposal), carry_out(own, proposal, accept=False)
    truth = anchors.to_crs(CRS).geometry
    assert shapely.distance(mended.layer.frame.geometry.array, truth.array).max() < 0.1
    assert shapely.distance(plain.layer.frame.geometry.array, truth.array).min() > 300


def test_doubles_are_shown_and_skipped_only_when_asked():
    old = gpd.GeoDataFrame(
        {"名称": ["第0广场", "别的"], "状态": "现状"},
        geometry=[shapely.Point(118.7105, 42.1002), shapely.Point(118.73, 42.11)],
        crs=GEOGRAPHIC,
    )
    own = plan(make_layer("避难场所", "shelter", old, CRS))
    rows = [*some(3), {"名称": "第2 广场", "经度": 118.7502, "纬度": 42.1201}]
    _, outcome = run(rows, own)
    told = {(d.row, d.layer, d.other, d.why) for d in outcome.duplicates}
    assert told == {
        (2, "避难场所", 1, "同名"),
        (3, "避难场所", 2, "同位置"),
        (5, "", 4, "同名"),
    }
    assert outcome.accepted == 4
    _, fewer = run(rows, own, skip_duplicates=True)
    assert fewer.accepted == 2
    assert fewer.accepted + len(fewer.rejects) == 4


def test_rejects_can_be_mended_and_imported_alone(tmp_path):
    rows = [*some(3), {"名称": "=坏", "经度": "", "纬度": ""}]
    proposal, outcome = run(rows)
    path = tmp_path / "未导入.csv"
    write_rejects(proposal.source, outcome.rejects, path)
    text = path.read_text(encoding="utf-8-sig")
    assert "'=坏" in text
    assert "第 5 行" in text
    path.write_text(text.replace(",,", ",118.9,42.2,"), encoding="utf-8")
    again = read_text(path)[0]
    second = propose(plan(), again, ImportAsk("shelter"))
    assert REASON not in {m.target for m in second.matches}
    done = carry_out(plan(), second)
    assert (done.rows, done.accepted) == (1, 1)
    assert REASON not in done.layer.frame.columns


@pytest.mark.parametrize(
    ("cell", "safe"), [("=1+1", "'=1+1"), ("+a", "'+a"), ("-5", "-5"), ("甲", "甲")]
)
def test_cells_a_spreadsheet_would_carry_out(cell, safe):
    assert as_text(cell) == safe


def test_shapes_become_what_the_kind_needs():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    holed = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 5, 5))
    ring = shapely.LineString([(0, 0), (1, 0), (1, 1), (0, 0)])
    shapes = np.array([bow, holed, ring, shapely.Point(0, 0), None], dtype=object)
    found = mend(shapes, kind("hazard_zone"))
    assert shapely.is_valid(found.shapes[0])
    assert found.shapes[0].area == pytest.approx(2)
    assert len(found.shapes[1].interiors) == 1
    assert found.shapes[2].area == pytest.approx(0.5)
    assert set(found.bad) == {3, 4}
    assert any("自相交" in note for note in found.notes)
    assert shapes[0] is bow
    points = mend(
        np.array([holed, shapely.MultiPoint([(1, 1)]), ring], dtype=object), kind("depot")
    )
    assert holed.contains(points.shapes[0])
    assert points.shapes[1] == shapely.Point(1, 1)
    assert set(points.bad) == {2}


def test_invalid_polygons_of_every_sort_are_mended_or_refused():
    r = np.random.default_rng(4)
    stars = [shapely.Polygon(r.uniform(0, 10, (int(r.integers(4, 9)), 2))) for _ in range(300)]
    # Walks on a grid as packed map data has them: touching, doubled back, nearly the same twice.
    for _ in range(300):
        walk = np.cumsum(r.integers(-1, 2, (40, 2)), axis=0) / 1024 + [118.2, 42.3]
        stars.append(shapely.Polygon(walk + r.choice([0, 1e-14], walk.shape)))
    found = mend(np.array(stars, dtype=object), kind("district"))
    for place, shape in enumerate(found.shapes):
        assert (shape is None) == (place in found.bad)
        if shape is not None:
            assert shape.is_valid
            assert shape.area > 0


def test_districts_with_gaps_overlaps_parts_and_holes_are_told():
    west, east = shapely.box(0, 0, 1000, 3000), shapely.box(900, 0, 2000, 1000)
    south = shapely.box(0, -1000, 2000, 0)
    far = shapely.MultiPolygon([shapely.box(1000, 2000, 2000, 3000), shapely.box(5e3, 0, 6e3, 1e3)])
    rest = shapely.box(1900, 900, 2000, 2100)
    notes = district_notes(
        np.array([west, east, south, far, rest], dtype=object), ["西", "东", "南", "远", "边"]
    )
    text = "".join(notes)
    assert "西与东" in text
    assert "1 处空隙" in text
    assert "远(2 块)" in text
    tidy = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object)
    assert district_notes(tidy, ["甲", "乙"]) == ()


def test_which_kind_a_file_holds():
    shelters = read_like(["场所名称", "经度", "纬度", "容纳人数"])
    assert likely_kind([shelters], "清单") == "shelter"
    assert likely_kind([read_like(["名称", "经度", "纬度"])], "全市消防站") == "fire_station"
    assert likely_kind([read_like(["库名", "库房面积", "经度", "纬度"])], "a") == "depot"


def test_answers_by_road_are_known_again_and_no_other_areas_are_taken_for_them():
    def areas(*headings):
        cells = {h: np.array(["甲"], dtype=object) for h in headings}
        return Source("面", "gpkg", cells, np.arange(1, 2), np.array([shapely.box(0, 0, 1, 1)]))

    rings = areas("设施", "时限", "面积km2", "人口", "依据")
    assert likely_kind([rings], "储备库等时圈") == likely_kind([rings], "a") == "reach"
    whole = areas("名称", "级别", "行政区", "面积km2", "人口", "面积标准km2", "结论")
    assert likely_kind([whole], "消防站责任区") == "reach"
    for other in (
        areas("行政区", "面积", "人口"),
        areas("名称", "类型", "面积"),
        areas("名称", "日期", "依据"),
    ):
        assert likely_kind([other], "a") != "reach"


def test_a_list_of_points_is_no_district():
    assert likely_kind([read_like(["名称", "X", "Y"])], "待定") not in ("district", "hazard_zone")


def test_areas_that_leave_the_country_do_not_cost_the_others():
    """A ring that begins where the plan's projection ends, beside one that is at home."""
    away = shapely.Polygon([(140, 60), (119, 42.2), (119.1, 42.3)])
    shapes = np.array([away, shapely.box(119, 42.2, 119.1, 42.3)])
    names = np.array(["外", "内"], dtype=object)
    own = Source("区", "geojson", {"名称": names}, np.arange(1, 3), shapes, "EPSG:4326")
    outcome = carry_out(plan(), propose(plan(), own, ImportAsk("hazard_zone")))
    assert outcome.layer.frame["名称"].tolist() == ["内"]
    assert [r.row for r in outcome.rejects] == [1]
    assert "不在中国范围内" in outcome.rejects[0].reason


def test_numbers_beyond_all_counting_are_refused():
    _, outcome = run(some(2, 容纳人数="1e300"))
    assert [r.row for r in outcome.rejects] == [2, 3]
    assert "不能大于 1e+15" in outcome.rejects[0].reason


def test_areas_whose_rings_cross_still_have_a_place():
    bow = shapely.Polygon([(119, 42.2), (119.1, 42.3), (119.1, 42.2), (119, 42.3)])
    flat = shapely.transform(bow, lambda xy: np.column_stack(projected(4549, *xy.T)))
    own = Source(
        "区", "shp", {"名称": np.array(["甲"], dtype=object)}, np.arange(1, 2), np.array([flat])
    )
    proposal = propose(plan(), own, ImportAsk("hazard_zone"))
    assert proposal.finding.reading.crs == "EPSG:4549"
    assert carry_out(plan(), proposal).accepted == 1


def read_like(headings):
    return listed([dict.fromkeys(headings, "1")])


def test_the_sheet_that_fits_is_taken_and_a_doubt_is_asked():
    good, other = read_like(["名称", "经度", "纬度"]), replace(read_like(["说明"]), name="封面")
    assert choose([other, good], ImportAsk("shelter")) is good
    twin = replace(good, name="另一个")
    with pytest.raises(Refused, match="指定导入哪一个"):
        choose([good, twin], ImportAsk("shelter"))
    assert choose([good, twin], ImportAsk("shelter", source="另一个")) is twin
    with pytest.raises(Refused, match="没有名为“丙”"):
        choose([good, twin], ImportAsk("shelter", source="丙"))


def test_a_list_without_places_says_what_is_missing():
    with pytest.raises(Refused, match="没有坐标"):
        propose(plan(), read_like(["名称", "容纳人数"]), ImportAsk("shelter"))


def test_wrong_kind_of_layer_and_unknown_fields_are_refused():
    with pytest.raises(Refused, match="是行政区,不能放避难场所"):
        run(some(1), layer="行政区")
    with pytest.raises(Refused, match="没有“床位数”这个字段"):
        run(some(1), fill={"床位数": 3})
