"""Maps of what was worked out: the right answer on the map, its numbers in words, honest limits."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.text import Text
from pyproj import Geod, Transformer

import main
from data import examples, files
from data.plan import GEOGRAPHIC, Plan, make_layer
from data.progress import Cancelled
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk, coverage
from maps.analysis.network.evacuation import evacuation, origins
from maps.analysis.network.route import route
from maps.analysis.timecover import TimeAsk
from maps.drawing import results, style
from maps.drawing.printing import PrintAsk, Printed, compose, print_map, with_defaults
from maps.drawing.templates import OTHER_NAMES, TEMPLATES, template

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4549"
OUT = TimeAsk("shelter", 60.0, vehicle="救援车辆", inbound=True)


@cache
def plan_of(name: str) -> Plan:
    return examples.build(name).plan


@cache
def page_of(map_name: str, paper: str = "A3") -> Printed:
    return compose(plan_of("赤峰"), PrintAsk(map_name, paper, None))


def words_of(made: Printed) -> list[str]:
    return [t.get_text() for t in made.pen.figure.artists if isinstance(t, Text)]


def layer(kind: str, rows: list[dict[str, object]]):
    """A layer from rows with a shape in degrees and attributes."""
    shapes = [row.pop("shape") for row in rows]
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=GEOGRAPHIC)
    return make_layer(kind, kind, frame, CRS)


def square(west: float = 119.0, south: float = 42.0, size: float = 0.6) -> dict[str, object]:
    return {
        "名称": "甲县",
        "角色": "规划区",
        "shape": shapely.box(west, south, west + size, south + size),
    }


def towns(seed: int, one_way: bool = False) -> Plan:
    """Random towns joined by a ring of straight roads and some chords; two or three shelters."""
    rng = np.random.default_rng(seed)
    at = [
        shapely.Point(x, y)
        for x, y in zip(
            *rng.uniform(((119.05,), (42.05,)), ((119.55,), (42.55,)), (2, 8)), strict=True
        )
    ]
    joins = [(i, (i + 1) % 8) for i in range(8)] + [
        tuple(rng.choice(8, 2, False)) for _ in range(3)
    ]
    roads = [
        {
            "名称": f"路{i}",
            "等级": str(rng.choice(["省道", "县道"])),
            "单行": "是" if one_way and i % 3 == 0 else "否",
            "shape": shapely.LineString([at[a], at[b]]),
        }
        for i, (a, b) in enumerate(joins)
    ]
    places = [{"名称": f"镇{i}", "shape": p} for i, p in enumerate(at)]
    shelters = [
        {"名称": f"场{i}", "状态": "现状", "shape": at[k]}
        for i, k in enumerate(rng.choice(8, int(rng.integers(2, 4)), False))
    ]
    layers = (
        layer("district", [square()]),
        layer("settlement", places),
        layer("road", roads),
        layer("shelter", shelters),
    )
    return Plan("现状", CRS, layers)


# -- which maps there are


def test_every_map_has_its_name_and_the_short_name_is_understood() -> None:
    wanted = [
        "布局图",
        "现状图",
        "覆盖分析图",
        "盲区图",
        "责任区图",
        "风险四色图",
        "避难场所分布图",
    ]
    assert list(TEMPLATES) == [*wanted, "疏散转移路线图"]
    assert all(template(short).name == name for short, name in OTHER_NAMES.items())
    assert template("覆盖图") is template("覆盖分析图")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_map_of_the_example_is_whole_and_says_what_was_asked(name: str) -> None:
    made = page_of(name)
    words = words_of(made)
    assert made.title in words
    below = [w for w in words if "km(直线距离)" in w and "服务半径" in w]
    if template(name).coverage:
        assert any("储备库(规划实施后),服务半径 50 km(直线距离)" in w for w in below)
    boxes = [shapely.box(*b) for b in made.marking.boxes]
    for i, a in enumerate(boxes):
        assert not any(a.intersects(b) for b in boxes[i + 1 :])
    for i, a in enumerate(made.kept):
        for b in made.kept[i + 1 :]:
            assert not shapely.box(*a.corners).intersects(shapely.box(*b.corners))


def test_what_a_plan_cannot_give_is_refused_with_the_reason() -> None:
    bare = Plan("现状", CRS, (layer("district", [square()]),))
    for name, why in (
        ("覆盖分析图", "没有储备库"),
        ("盲区图", "没有储备库"),
        ("责任区图", "没有消防站"),
        ("风险四色图", "没有危险源和灾害区"),
        ("避难场所分布图", "没有现状的避难场所"),
        ("疏散转移路线图", "避难场所"),
    ):
        with pytest.raises(Refused, match=why):
            compose(bare, PrintAsk(name))
    roadless = towns(1).without_layer("road")
    with pytest.raises(Refused, match=r"画不了疏散转移路线图:.*道路"):
        compose(roadless, PrintAsk("疏散转移路线图"))
    station = layer(
        "fire_station", [{"名称": "站", "状态": "现状", "shape": shapely.Point(119.2, 42.2)}]
    )
    with pytest.raises(Refused, match=r"画不了责任区图:.*道路"):
        compose(roadless.with_layer(station), PrintAsk("责任区图"))


def test_usual_asks_are_filled_in_and_given_ones_kept() -> None:
    plan = plan_of("赤峰")
    assert with_defaults(plan, PrintAsk("覆盖图")).coverage == CoverageAsk("depot", 50_000.0)
    own = CoverageAsk("fire_station", 8_000.0, status="现状")
    assert with_defaults(plan, PrintAsk("盲区图", coverage=own)).coverage == own
    assert with_defaults(plan, PrintAsk("责任区图")).time == TimeAsk("fire_station", 60.0)
    assert with_defaults(plan, PrintAsk("布局图")) == PrintAsk("布局图")


# -- blind spots


def test_blind_spots_are_told_in_people_and_area_of_the_whole_and_of_districts() -> None:
    result = coverage(plan_of("赤峰"), CoverageAsk("depot", 50_000.0))
    words = words_of(page_of("盲区图"))
    whole = result.whole
    left = sum(row.people_uncovered for row in result.by_district)
    assert f"盲区人口 {left / 1e4:,.1f} 万人({left / whole.people_total:.1%})" in words
    km2 = whole.area_km2_total - whole.area_km2_covered
    assert f"盲区面积 {km2:,.0f} km²({km2 / whole.area_km2_total:.1%})" in words
    for row in result.by_district:
        n = row.people_uncovered
        told = f"盲区 {n / 1e4:,.1f} 万人" if n >= 1e4 else f"盲区 {n:,.0f} 人"
        assert (told in words) == (n >= 0.5), row.name


def test_the_blind_area_is_drawn_where_nobody_reaches() -> None:
    """A pixel far from every depot is orange, one beside a depot is not."""
    plan = towns(3)
    depot = layer("depot", [{"名称": "库", "状态": "现状", "shape": shapely.Point(119.1, 42.1)}])
    plan = Plan("现状", CRS, (plan.layers[0], depot))
    made = compose(plan, PrintAsk("盲区图", "A4", coverage=CoverageAsk("depot", 20_000.0)))
    from maps.drawing.raster import pixels

    picture = pixels(made.pen, 100, lambda done, text: None).astype(int)
    to_plan = Transformer.from_crs(GEOGRAPHIC, CRS, always_xy=True)
    for lon, lat in ((119.42, 42.33), (119.15, 42.21), (119.53, 42.52), (119.22, 42.07)):
        x, y = made.fit.to_page(np.array([to_plan.transform(lon, lat)]))[0]
        r, g, b = picture[len(picture) - 1 - round(y / 25.4 * 100), round(x / 25.4 * 100)]
        reached = GEOD.inv(119.1, 42.1, lon, lat)[2] < 20_000
        assert (r > b + 12) != reached, (lon, lat, r, g, b)


# -- ways out


@pytest.mark.parametrize("seed", range(8))
def test_everybody_goes_to_the_shelter_that_is_quickest_by_road(seed: int) -> None:
    """Against every pair of place and shelter, one by one; half the plans have one-way roads."""
    plan = towns(seed, one_way=seed % 2 == 1)
    found = evacuation(plan, OUT)
    goals = {row.名称: row.geometry for row in plan.layer("shelter").frame.itertuples()}
    ways = {way.origin: way for way in found.ways}
    for row in plan.layer("settlement").frame.itertuples():
        start = (row.geometry.x, row.geometry.y)
        minutes = {}
        for name, goal in goals.items():
            try:
                minutes[name] = route(plan, OUT, start, (goal.x, goal.y)).minutes
            except Refused:
                continue
        if not minutes:
            assert row.名称 in found.stranded
            continue
        way = ways[row.名称]
        assert way.minutes == pytest.approx(min(minutes.values()), abs=1e-6)
        assert minutes[way.shelter] == pytest.approx(way.minutes, abs=1e-6)
        ends = shapely.get_coordinates(way.line)[[0, -1]]
        goal = goals[way.shelter]
        assert np.hypot(*(ends[0] - start)) < 1
        assert np.hypot(*(ends[1] - (goal.x, goal.y))) < 1
    assert len(found.ways) + len(found.stranded) == 8


def test_places_outside_the_planning_area_and_without_a_place_do_not_flee() -> None:
    plan = towns(2)
    far = {"名称": "外镇", "shape": shapely.Point(121.0, 42.2)}
    more = layer("settlement", [{"名称": "内镇", "shape": shapely.Point(119.3, 42.3)}, far])
    zone = {"名称": "淹没区", "类型": "洪水淹没", "shape": shapely.box(119.2, 42.2, 119.3, 42.3)}
    names, at = origins(plan.with_layer(more).with_layer(layer("hazard_zone", [zone])))
    assert names == ["内镇", "淹没区"]
    assert at.shape == (2, 2)


def test_routes_are_counted_in_words_and_cancelling_ends_them() -> None:
    found = evacuation(plan_of("赤峰"), OUT)
    words = words_of(page_of("疏散转移路线图"))
    late = sum(way.minutes > style.ROUTE_MINUTES for way in found.ways)
    assert f"共 {len(found.ways)} 条,其中超过 60 分钟的 {late} 条" in words
    assert any("道路为示意,时间为估算" in w for w in words)

    def stop(done: float, text: str) -> None:
        if done > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        evacuation(plan_of("赤峰"), OUT, stop)
    with pytest.raises(Refused, match="从人算到避难场所"):
        evacuation(plan_of("赤峰"), replace(OUT, inbound=False))


# -- responsibility areas, risk, shelters


def test_neighbouring_areas_have_different_tints() -> None:
    from maps.analysis.network.areas import areas

    found = areas(plan_of("赤峰"), TimeAsk("fire_station", 60.0))
    chosen = results.tints(found)
    shapes = [area.shape for area in found.areas]
    beside = 0
    for i, a in enumerate(shapes):
        for j in range(i):
            if shapely.length(shapely.intersection(a, shapes[j])) > 2000:
                beside += 1
                assert chosen[i] != chosen[j]
    assert beside > 10
    assert set(chosen) <= set(range(len(style.STATION_TINTS)))
    # Tints mean nothing: none may look like a risk.
    assert not set(style.STATION_TINTS) & set(style.RISK_COLORS.values())


def test_risk_colours_are_those_of_the_levels_and_unknown_is_grey() -> None:
    sites = [
        {"名称": f"源{level}", "状态": "现状", "风险等级": level, "shape": shapely.Point(x, 42.3)}
        for x, level in zip(np.linspace(119.1, 119.5, 5), [*style.RISK_LEVELS, None], strict=True)
    ]
    plan = Plan("现状", CRS, (layer("district", [square()]), layer("hazard_site", sites)))
    made = compose(plan, PrintAsk("风险四色图"))
    colors = {mark.name: mark.color for mark in made.marking.marks}
    for level in style.RISK_LEVELS:
        assert colors[f"源{level}"] == style.RISK_COLORS[level]
    assert colors["源None"] == style.RISK_UNKNOWN
    words = words_of(made)
    listed = [w for w in words if w.startswith("危险源(")]
    assert listed == [*(f"危险源({level}风险)" for level in style.RISK_LEVELS), "危险源(未定级)"]
    assert any("1 处未填风险等级" in w for w in words)
    assert {m.color for m in compose(plan, PrintAsk("布局图")).marking.marks} == {""}


def test_the_map_for_everybody_has_large_symbols_room_and_no_jargon() -> None:
    rows = [
        {"名称": "甲广场", "状态": "现状", "容纳人数": 5200, "shape": shapely.Point(119.2, 42.2)},
        {"名称": "乙公园", "状态": "现状", "容纳人数": None, "shape": shapely.Point(119.4, 42.4)},
        {"名称": "丙学校", "状态": "规划", "容纳人数": 900, "shape": shapely.Point(119.3, 42.5)},
    ]
    plan = Plan("现状", CRS, (layer("district", [square()]), layer("shelter", rows)))
    made = compose(plan, PrintAsk("避难场所分布图"))
    listed = words_of(made)
    words = "".join(listed)
    assert "可容纳 5,200 人" in words
    assert "乙公园" in words
    assert "丙学校" not in words
    assert words.count("可容纳") == 1
    assert "图号" not in listed
    for jargon in ("坐标系", "CGCS2000", "密级", "°E"):
        assert jargon not in words
    assert "审图号" in words
    usual = compose(plan, PrintAsk("布局图"))
    assert made.marking.reach.max() > 1.5 * usual.marking.reach.max()


# -- crowded towns, road numbers


def test_a_crowded_town_is_enlarged_and_nothing_is_lost_or_shown_twice() -> None:
    made = page_of("布局图")
    assert made.detail is not None
    assert made.enlarged is not None
    extent, closer = made.detail.extent, made.enlarged
    plan = plan_of("赤峰")
    names = {m.name for m in made.marking.marks if m.kind != "settlement"}
    inside = {m.name for m in closer.marks if m.kind != "settlement"}
    assert not names & inside
    everything = {str(name) for one in plan if one.kind.facility for name in one.column("名称")}
    assert names | inside == everything
    for mark in closer.marks:
        x, y = made.fit.to_page(np.array([[mark.x, mark.y]]))[0]
        assert extent.left - 1e-6 <= x <= extent.right + 1e-6
        assert extent.bottom - 1e-6 <= y <= extent.top + 1e-6
    alone = compose(plan, PrintAsk("布局图", "A3", None, detail=False))
    assert alone.detail is None
    assert len(made.names_left_out) < len(alone.names_left_out)


def test_the_scale_written_on_a_detail_is_true() -> None:
    made = page_of("布局图")
    assert made.detail is not None
    plan = plan_of("赤峰")
    back = Transformer.from_crs(plan.crs, GEOGRAPHIC, always_xy=True)
    box = made.detail.sheet(made.page).neat
    ends = np.array([[box.left, box.bottom], [box.right, box.top]])
    (a, b), (c, d) = (back.transform(*p) for p in made.detail.fit.to_plan(ends))
    metres = GEOD.inv(a, b, c, d)[2]
    paper = float(np.hypot(*(ends[1] - ends[0]))) / 1000
    assert metres / paper == pytest.approx(made.detail.fit.denominator, rel=1e-3)
    shown = f"1:{made.detail.fit.denominator:,.0f}".replace(",", " ")
    assert shown in words_of(made)
    assert made.detail.fit.denominator * 2 <= made.fit.denominator


def test_road_numbers_stand_on_their_roads_once_and_on_nothing_else() -> None:
    plan = plan_of("赤峰")
    made = page_of("现状图")
    taken = [shapely.box(*b) for b in made.marking.boxes]
    numbers = {str(n) for n in plan.layer("道路").column("编号").dropna()}
    found = []
    for text in made.pen.figure.artists:
        if isinstance(text, Text) and text.get_text() in numbers:
            found.append(text.get_text())
            x, y = text.get_position()
            line = plan.layer("道路").frame.query("编号 == @text.get_text()").geometry
            on_page = made.fit.shapes(list(line))
            assert shapely.distance(shapely.Point(x, y), on_page).min() < 9.0
            assert not any(box.contains(shapely.Point(x, y + 0.5)) for box in taken)
    assert len(found) >= 4
    assert len(set(found)) == len(found)


def test_svg_text_can_be_selected_and_edited(tmp_path: Path) -> None:
    print_map(towns(4), PrintAsk("布局图", "A4"), tmp_path / "x.svg")
    text = (tmp_path / "x.svg").read_text(encoding="utf-8")
    assert "甲县应急设施布局图</text>" in text
    assert "font-weight: 700" in text
    assert "'Noto Sans CJK SC', 'Source Han Sans SC'" in text
    print_map(towns(4), PrintAsk("布局图", "A4"), tmp_path / "y.svg")
    assert text == (tmp_path / "y.svg").read_text(encoding="utf-8")


def test_print_command_works_out_what_its_words_say(tmp_path: Path, capsys) -> None:
    plan = tmp_path / "p.gpkg"
    files.save(examples.build("康巴什"), plan)
    svg = tmp_path / "x.svg"
    for words, told in (
        (
            ["--map", "责任区图", "--of", "救援队伍", "--status", "现状"],
            "救援队伍(现状设施),按路网",
        ),
        (
            ["--map", "盲区图", "--of", "fire_station", "--radius", "3000"],
            "服务半径 3 km(直线距离)",
        ),
        (["--map", "覆盖图", "--status", "规划"], "储备库(新增设施),服务半径 50 km"),
    ):
        assert main.main(["print", str(plan), "--paper", "A4", "-o", str(svg), *words]) == 0
        assert told in svg.read_text(encoding="utf-8")
    assert main.main(["print", str(plan), "--map", "疏散转移路线图", "-o", str(svg)]) == 2
    assert "画不了疏散转移路线图" in capsys.readouterr().err
