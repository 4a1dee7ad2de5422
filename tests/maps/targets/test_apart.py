"""距离, 间距, 区内外, 区内人口, 图斑覆盖, 辖区面积, 长度, 面积: by hand and against geodesics."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from data.geodesy import Ruler
from data.plan import Layer
from tests.maps.targets.worlds import (
    CRS,
    at,
    box,
    judged,
    layer,
    metres,
    people,
    plan,
    scattered,
)


def stations(spots: list[shapely.Point], **columns: list[object]) -> Layer:
    count = len(spots)
    usual = {"名称": [f"站{i}" for i in range(count)], "状态": ["现状"] * count}
    return layer("fire_station", spots, "消防站", **{**usual, **columns})


def hazards(spots: list[shapely.Point], **columns: list[object]) -> Layer:
    count = len(spots)
    usual = {"名称": [f"厂{i}" for i in range(count)], "状态": ["现状"] * count,
             "类型": ["危化品企业"] * count}  # fmt: skip
    return layer("hazard_site", spots, "危险源", **{**usual, **columns})


APART = "检查: 距离\n对象: 消防站\n到: 危险源\n比较: %s\n数值: %s\n单位: m"


@pytest.mark.parametrize("seed", range(8))
def test_distance_to_the_nearest_against_geodesics(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = scattered(rng, 12), scattered(rng, 15)
    of = plan(stations(a), hazards(b))
    away = [min(metres(p, q) for q in b) for p in a]
    limit = float(np.median(away))
    keep = judged(of, APART % ("不少于", limit))
    assert keep.value == pytest.approx(min(away), rel=2e-5)
    assert {p.fid for p in keep.where} == {i + 1 for i, m in enumerate(away) if m < limit}
    near = judged(of, APART % ("不超过", limit))
    assert near.value == pytest.approx(max(away), rel=2e-5)
    assert {p.fid for p in near.where} == {i + 1 for i, m in enumerate(away) if m > limit}
    assert [row[1] for row in keep.rows] == pytest.approx(away, rel=2e-5)
    assert judged(of, APART % ("不少于", min(away) * 0.9999)).verdict == "pass"


def test_distance_to_lines_and_areas() -> None:
    zone = layer("hazard_zone", [box(10, 10, 2, 2)], 名称=["园"], 类型=["化工园区"])
    of = plan(stations([at(10, 8), at(11, 11)]), zone)
    text = (APART % ("不少于", 1990)).replace("危险源", "灾害区")
    found = judged(of, text)
    assert (found.verdict, found.value) == ("fail", 0)
    assert [p.name for p in found.where] == ["站1"]
    assert found.rows[0][1] == pytest.approx(metres(at(10, 8), at(10, 10)), rel=2e-5)


def test_advice_and_what_is_missing() -> None:
    of = plan(stations([at(1, 1)]), hazards([at(1, 1.1)]))
    found = judged(of, APART % ("不少于", 300))
    gap = 300 - metres(at(1, 1), at(1, 1.1))
    assert found.remedy.startswith(f"站0要远离厂0 {gap:.0f}")
    nothing = judged(plan(stations([at(1, 1)])), APART % ("不少于", 300))
    assert (nothing.verdict, nothing.missing[0].kind) == ("needs_data", "hazard_site")
    other = APART % ("不少于", 300) + "\n到条件: {类型: 煤矿}"
    assert judged(of, other).verdict == "needs_data"


def test_the_distance_of_each_ones_own_report() -> None:
    text = "检查: 距离\n对象: 消防站\n到: 危险源\n到列: 安全距离"
    sites = [at(1, 1), at(1, 5)]
    of = plan(stations([at(1, 1.5), at(1, 7)]), hazards(sites, 安全距离=[600, 1900]))
    found = judged(of, text)
    assert found.verdict == "fail"
    assert [p.name for p in found.where] == ["站0"]
    assert "应不小于 600 m" in found.where[0].text
    fine = plan(stations([at(1, 1.5)]), hazards(sites, 安全距离=[400, 1900]))
    assert judged(fine, text).verdict == "pass"
    open_ = plan(stations([at(1, 1.5)]), hazards(sites, 安全距离=[400, None]))
    assert judged(open_, text).missing[0].column == "安全距离"


def hydrants(spots: list[shapely.Point]) -> Layer:
    return layer("hydrant", spots, 名称=["栓"] * len(spots), 状态=["现状"] * len(spots))


@pytest.mark.parametrize("seed", range(5))
def test_spacing_against_geodesics(seed: int) -> None:
    rng = np.random.default_rng(50 + seed)
    spots = scattered(rng, 14)
    away = [min(metres(p, q) for q in spots if q is not p) for p in spots]
    limit = float(np.median(away)) + 0.5
    text = f"检查: 间距\n对象: 消火栓\n比较: 不超过\n数值: {limit}\n单位: m"
    found = judged(plan(hydrants(spots)), text)
    assert found.value == pytest.approx(max(away), rel=2e-5)
    assert {p.fid for p in found.where} == {i + 1 for i, m in enumerate(away) if m > limit}
    assert judged(plan(hydrants(spots[:1])), text).verdict == "needs_data"


@pytest.mark.parametrize("seed", range(5))
def test_inside_and_outside_zones(seed: int) -> None:
    rng = np.random.default_rng(70 + seed)
    spots = scattered(rng, 30)
    areas = [box(*rng.uniform(0, 30, 2), *rng.uniform(4, 12, 2)) for _ in range(3)]
    kinds = ["洪水淹没", "洪水淹没", "地质灾害"]
    of = plan(
        stations(spots),
        layer("hazard_zone", areas, 名称=list("一二三"), 类型=kinds),
    )
    text = "检查: 区内外\n对象: 消防站\n区域: 灾害区\n区域条件: {类型: 洪水淹没}\n要求: %s"
    wet = {i + 1 for i, p in enumerate(spots) if any(a.intersects(p) for a in areas[:2])}
    out = judged(of, text % "区外")
    assert {p.fid for p in out.where} == wet
    assert out.value == len(wet)
    assert (out.verdict == "pass") == (not wet)
    inside = judged(of, text % "区内")
    assert inside.value == 30 - len(wet)
    assert judged(plan(stations(spots)), text % "区外").verdict == "needs_data"


def test_people_in_zones() -> None:
    zone = layer("hazard_zone", [box(0, 0, 5, 5)], 名称=["坡"], 类型=["地质灾害"])
    of = plan(zone, people([(1, 1, 30), (4, 4, 20), (6, 6, 950)]))
    text = "检查: 区内人口\n区域: 灾害区\n比较: 不超过\n数值: %s\n单位: %s"
    share = judged(of, text % (5, '"%"'))
    assert (share.verdict, share.value) == ("pass", 5)
    assert judged(of, text % (4.9, '"%"')).verdict == "fail"
    persons = judged(of, text % (49, "人"))
    assert (persons.verdict, persons.value) == ("fail", 50)
    assert judged(plan(people([(1, 1, 1)])), text % (1, "人")).verdict == "needs_data"


def test_a_map_made_in_full() -> None:
    text = "检查: 图斑覆盖\n区域: 灾害区"
    half = layer("hazard_zone", [box(0, 0, 40, 20)], 名称=["南"], 类型=["森林火险"])
    found = judged(plan(half), text)
    assert found.verdict == "fail"
    assert found.value == pytest.approx(50, abs=0.2)
    assert [p.name for p in found.where] == ["丙县", "丁县"]
    full = layer("hazard_zone", [box(0, 0, 40, 21), box(0, 20, 41, 20)], 名称=["南", "北"])
    assert judged(plan(full), text).verdict == "pass"
    assert judged(plan(), text).verdict == "needs_data"


def test_area_of_each_stations_ground() -> None:
    ground = layer("district", [box(0, 0, 4, 3)], "建成区", 名称=["城"], 角色=["周边"])
    grades = ["一级站", "二级站"]
    of = plan(stations([at(1, 1.5), at(3.5, 1.5)], 级别=grades), ground)
    text = "检查: 辖区面积\n对象: 消防站\n上限: {一级站: 7, 二级站: 4}"
    ruler = Ruler(CRS)
    sizes = [ruler.area(box(0, 0, 2.25, 3)), ruler.area(box(2.25, 0, 1.75, 3))]
    found = judged(of, text)
    assert [row[1] for row in found.rows] == pytest.approx(sizes, rel=1e-6)
    assert found.verdict == "fail"
    assert [p.name for p in found.where] == ["站1"]
    assert judged(of, text.replace("二级站: 4", "二级站: 6")).verdict == "pass"
    plain = "检查: 辖区面积\n对象: 消防站\n比较: 不超过\n数值: 7\n单位: km²"
    assert judged(of, plain).verdict == "pass"
    unknown = plan(stations([at(1, 1.5), at(3.5, 1.5)], 级别=["一级站", None]), ground)
    assert judged(unknown, text).missing[0].column == "级别"
    assert judged(plan(stations([at(1, 1)])), plain).verdict == "needs_data"


@pytest.mark.parametrize("seed", range(4))
def test_grounds_against_sampling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spots = scattered(rng, 7)
    ground = layer("district", [box(0, 0, 40, 40)], "建成区", 名称=["城"], 角色=["周边"])
    text = "检查: 辖区面积\n对象: 消防站\n比较: 不超过\n数值: 1\n单位: km²"
    found = judged(plan(stations(spots), ground), text)
    grid = (np.arange(200) + 0.5) / 5
    x, y = (v.ravel() for v in np.meshgrid(grid, grid))
    away = [np.hypot(x - (p.x - at(0, 0).x) / 1000, y - (p.y - at(0, 0).y) / 1000) for p in spots]
    share = np.bincount(np.argmin(away, axis=0), minlength=7) / len(x)
    total = float(Ruler(CRS).area(box(0, 0, 40, 40)))
    assert [row[1] for row in found.rows] == pytest.approx(share * total, abs=0.004 * total)


def test_length_and_area() -> None:
    line = shapely.LineString([at(0, 0), at(3, 4)])
    of = plan(layer("road", [line], 名称=["河堤"], 状态=["现状"]))
    text = "检查: 长度\n对象: 道路\n条件: {名称: {含: 堤}}\n比较: %s\n数值: %s\n单位: km"
    true = metres(at(0, 0), at(3, 4)) / 1000
    found = judged(of, text % ("不少于", 5.1))
    assert found.value == pytest.approx(true, rel=2e-5)
    assert found.verdict == "fail"
    assert judged(of, text % ("约", 5)).verdict == "pass"
    park = layer("hazard_zone", [box(0, 0, 3, 4)], 名称=["园"], 类型=["化工园区"])
    area = "检查: 面积\n对象: 灾害区\n比较: 不超过\n数值: %s\n单位: 公顷"
    found = judged(plan(park), area % 1190)
    assert found.value == pytest.approx(float(Ruler(CRS).area(box(0, 0, 3, 4))) * 100)
    assert found.verdict == "fail"
    assert "比要求多" in found.remedy
    assert judged(plan(), area % 1).verdict == "needs_data"


ALONG = "检查: 间距\n对象: 消火栓\n沿: 道路\n比较: 不超过\n数值: %s\n单位: m"


def street(*lines: shapely.Geometry) -> Layer:
    return layer("road", lines, "道路", 名称=[f"路{i}" for i in range(len(lines))])


@pytest.mark.parametrize("seed", range(6))
def test_stretches_along_a_street_against_sorting_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spots = np.sort(rng.uniform(0, 8, 9))
    aside = rng.uniform(-0.02, 0.02, 9)
    order = rng.permutation(9)
    points = [at(5 + spots[k], 5 + aside[k]) for k in order]
    bend = shapely.LineString([at(5, 5), at(8, 5), at(13, 5)])
    of = plan(hydrants(points), street(bend, shapely.LineString([at(5, 30), at(9, 30)])))
    gaps = [metres(at(5 + a, 5), at(5 + b, 5)) for a, b in pairwise(spots)]
    limit = float(np.median(gaps))
    found = judged(of, ALONG % limit)
    assert [row[1] for row in found.rows] == pytest.approx(gaps, rel=2e-5)
    assert found.value == pytest.approx(max(gaps), rel=2e-5)
    long = [g for g in gaps if g > limit * (1 + 1e-9)]
    assert len(found.where) == len(long)
    more = sum(int(np.ceil(g / limit - 1e-6)) - 1 for g in long)
    assert found.remedy == f"{len(long)} 段过长,其间共需增设 {more} 处。"
    assert "1 条上不到 2 处" in found.why


def test_pairs_side_by_side_do_not_hide_a_gap() -> None:
    points = [at(5, 5), at(5.01, 5), at(7, 5), at(7.01, 5)]
    of = plan(hydrants(points), street(shapely.LineString([at(4, 5), at(9, 5)])))
    near = "检查: 间距\n对象: 消火栓\n比较: 不超过\n数值: 120\n单位: m"
    assert judged(of, near).verdict == "pass", "each has its twin close by"
    found = judged(of, ALONG % 120)
    assert found.verdict == "fail"
    assert found.where[0].name == "栓—栓"
    assert found.where[0].x == pytest.approx((points[1].x + points[2].x) / 2)
    assert found.remedy == "1 段过长,其间共需增设 16 处。"


def test_what_stands_off_the_line_may_fill_the_gap() -> None:
    """35 m from the line, in the middle of the gap: only the program's 30 m leave it out."""
    points = [at(5, 5), at(5.1, 5.035), at(5.2, 5)]
    of = plan(hydrants(points), street(shapely.LineString([at(4, 5), at(9, 5)])))
    found = judged(of, ALONG % 120)
    assert found.verdict == "warn"
    assert "1 处离道路超过 30 m,没有算" in found.why
    assert "“离线”的 30 m 是程序的假设" in found.why
    assert judged(of, ALONG % 120 + "\n离线: 30").verdict == "fail", "the rule says so"
    assert judged(of, ALONG % 120 + "\n离线: 40").verdict == "pass"


def test_stretches_need_lines_and_features_on_them() -> None:
    points = [at(5, 5), at(6, 5)]
    assert judged(plan(hydrants(points)), ALONG % 9).missing[0].kind == "road"
    far = plan(hydrants(points), street(shapely.LineString([at(4, 9), at(9, 9)])))
    assert judged(far, ALONG % 9).verdict == "needs_data"
    both = street(shapely.MultiLineString([[at(4, 5), at(5.5, 5)], [at(5.6, 5), at(9, 5)]]))
    assert judged(plan(hydrants(points), both), ALONG % 9).verdict == "needs_data"
    crossing = plan(
        hydrants([at(5, 5), at(5, 8)]),
        street(shapely.LineString([at(4, 5), at(9, 5)]), shapely.LineString([at(5, 4), at(5, 9)])),
    )
    assert judged(crossing, ALONG % 3010).verdict == "pass", "at the corner on both streets"
    assert judged(crossing, ALONG % 2990).verdict == "fail"
