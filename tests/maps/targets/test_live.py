"""Verdicts during a drag are those of a full check at the same place."""

from functools import cache

import numpy as np
import pytest
import shapely

from data.edits import add_layer, move_feature, remove_layer, replace_layer
from data.examples import build
from data.plan import Book, Plan
from maps.analysis.network.ground import ground
from maps.analysis.targets.evaluate import check_rules, depends_on, moves_matter
from maps.analysis.targets.live import LiveTargets
from maps.analysis.targets.loader import rules_from_text, rules_of
from maps.analysis.targets.model import Place, RuleSet, Verdict
from tests.maps.targets.worlds import at, box, layer, plan, scattered

FIELDS = (
    '检查: 覆盖, 对象: 储备库, 距离: 9000, 比较: 不少于, 数值: 60, 单位: "%"',
    '检查: 覆盖, 对象: 储备库, 范围: [甲区, 乙区], 距离: 9000, 比较: 不少于, 数值: 40, 单位: "%"',
    '检查: 覆盖, 对象: 储备库, 时限: 40, 准备: {装车: 15}, 比较: 不少于, 数值: 50, 单位: "%"',
    '检查: 覆盖, 对象: 储备库, 时限: 40, 度量: 面积, 比较: 不少于, 数值: 50, 单位: "%"',
    "检查: 最远, 对象: 储备库, 比较: 不超过, 数值: 20, 单位: km",
    "检查: 最远, 对象: 储备库, 比较: 不超过, 数值: 1.2, 单位: 小时",
    "检查: 分区个数, 对象: 储备库",
    "检查: 落位, 对象: 储备库, 地点: [大板镇, 丁县]",
    "检查: 距离, 对象: 储备库, 到: 危险源, 比较: 不少于, 数值: 4, 单位: km",
    "检查: 间距, 对象: 储备库, 比较: 不少于, 数值: 5, 单位: km",
    "检查: 区内外, 对象: 储备库, 区域: 灾害区, 要求: 区外",
    "检查: 个数, 对象: 储备库, 范围: [甲区], 比较: 不少于, 数值: 1, 单位: 个",
    "检查: 个数, 对象: 储备库, 比较: 等于, 数值: 4, 单位: 个",
    '检查: 覆盖, 对象: 储备库, 距离: 9000, 度量: 面积, 比较: 不少于, 数值: 60, 单位: "%"',
    '检查: 覆盖, 对象: 储备库, 范围: [甲区, 乙区], 时限: 30, 比较: 不少于, 数值: 40, 单位: "%"',
    "检查: 最远, 对象: 储备库, 准备: {装车: 15}, 比较: 不超过, 数值: 30, 单位: 分钟",
    "检查: 迁建, 对象: 救援队伍, 从: 大板镇, 到: 天义镇, 半径: 14000, 时限: 30",
    "检查: 辖区面积, 对象: 储备库, 比较: 不超过, 数值: 300, 单位: km²",
    "检查: 间距, 对象: 救援队伍, 沿: 道路, 离线: 3000, 比较: 不超过, 数值: 10, 单位: km",
)


def rules() -> RuleSet:
    lines = [f"- {{编号: R{i}, 原文: 话, 行: 1, {f}}}\n" for i, f in enumerate(FIELDS)]
    return rules_from_text("规则集: 试\n规则:\n" + "".join(lines))


@pytest.fixture
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Area by minutes is counted on fewer cells, on both sides: the tests are quicker."""
    monkeypatch.setattr(ground.__wrapped__, "__defaults__", (2000,))


@cache
def random_plan(seed: int) -> Plan:
    rng = np.random.default_rng(seed)
    homes = scattered(rng, 120)
    roads = [
        shapely.LineString([at(x, 0), *(at(x, y) for y in range(5, 40, 10)), at(x, 40)])
        for x in (5, 15, 25, 35)
    ]
    roads += [
        shapely.LineString([at(0, y), *(at(x, y) for x in range(5, 40, 10)), at(40, y)])
        for y in (5, 15, 25, 35)
    ]
    teams = ["撤销", "规划", "现状", "撤销"]
    return plan(
        layer("population", homes, "人口", 人口=rng.integers(0, 80, 120).astype(float)),
        layer("road", roads, "道路", 等级=["省道"] * 8, 状态=["现状"] * 8),
        layer("depot", scattered(rng, 4), "储备库", 名称=list("一二三四"), 状态=["现状"] * 4),
        layer("hazard_site", scattered(rng, 3), "危险源", 名称=list("甲乙丙"), 状态=["现状"] * 3),
        layer("hazard_zone", [box(12, 12, 9, 7)], "灾害区", 名称=["水"], 类型=["洪水淹没"]),
        layer("settlement", [at(8, 8), at(30, 30)], "居民点", 名称=["大板镇", "天义镇"]),
        layer("rescue_team", scattered(rng, 4), "救援队伍", 名称=list("子丑寅卯"), 状态=teams),
        layer("district", [box(8, 8, 20, 20)], "建成区", 名称=["城"], 角色=["周边"]),
    )


def same(live: Verdict, full: Verdict) -> None:
    """One verdict is the other, but for advice where to build."""
    assert (live.verdict, live.why, live.missing) == (full.verdict, full.why, full.missing)
    assert [(r[0], r[2]) for r in live.rows] == [(r[0], r[2]) for r in full.rows]
    numbers = [[v.value, *(r[1] for r in v.rows)] for v in (live, full)]
    known = [[n for n in some if n is not None] for some in numbers]
    assert [n is None for n in numbers[0]] == [n is None for n in numbers[1]]
    assert known[0] == pytest.approx(known[1], rel=1e-9, abs=1e-9)
    places = [
        [(p.name, p.layer, p.fid, p.text) for p in v.where if not _advice(p)] for v in (live, full)
    ]
    assert places[0] == places[1]


def _advice(place: Place) -> bool:
    return place.text.startswith("可再覆盖") or place.name == "在外人口最多处"


@pytest.mark.parametrize(
    ("seed", "name", "fid"),
    [
        (0, "储备库", 2),
        (1, "储备库", 3),
        (2, "储备库", 1),
        (0, "救援队伍", 1),
        (1, "救援队伍", 2),
        (2, "居民点", 1),
        (0, "居民点", 2),
    ],
)
@pytest.mark.usefixtures("few_cells")
def test_a_drag_against_full_checks(seed: int, name: str, fid: int) -> None:
    of, some = random_plan(seed), rules()
    live = LiveTargets(of, some)
    live.prepare(name, fid)
    for k, spot in enumerate(scattered(np.random.default_rng(1000 + seed), 4)):
        now = live.after_move(name, fid, spot.x, spot.y)
        only = list(now.verdicts) if k else None
        full = check_rules(move_feature(name, fid, spot)(of), some, {}, only=only).by_id
        assert not now.later
        assert set(now.verdicts) == {r.id for r in live.affected(name)}
        for rule_id, found in now.verdicts.items():
            same(found, full[rule_id])
        for rule_id in set(full) - set(now.verdicts):
            same(live.outcome.by_id[rule_id], full[rule_id])
        changed = {n for n, v in now.verdicts.items() if v.verdict != live.outcome.by_id[n].verdict}
        assert {v.id for v in now.changed} == changed
        tally = [full.get(v.id, v).verdict for v in live.outcome.verdicts]
        assert now.counts == {k: tally.count(k) for k in now.counts}


@pytest.mark.usefixtures("few_cells")
@pytest.mark.parametrize("roads", [True, False])
@pytest.mark.parametrize(
    ("name", "fid", "spots", "compared"),
    [
        ("救援队伍", 1, ((10, 8), (30, 5), (31, 31), (3, 3)), 4),
        ("救援队伍", 2, ((31, 28), (38, 22), (5, 30), (9, 9)), 4),
        ("居民点", 1, ((6, 6), (17, 17), (35, 5)), 2),
        ("居民点", 2, ((30, 31), (22, 36), (25, 5)), 2),
    ],
)
def test_a_relocation_follows_who_stands_at_its_ends(
    name: str, fid: int, spots: tuple[tuple[float, float], ...], compared: int, roads: bool
) -> None:
    """One team or two at either end, or none; a town that is dragged away from its team."""
    teams = [at(9, 9), at(31, 29), at(12, 6), at(27, 37)]
    states = ["撤销", "规划", "撤销", "规划"]
    of = replace_layer(layer("rescue_team", teams, "救援队伍", 名称=list("子丑寅卯"), 状态=states))(
        random_plan(0)
    )
    of = of if roads else remove_layer("道路")(of)
    live = LiveTargets(of, rules())
    live.prepare(name, fid)
    with_rows = 0
    for spot in (at(x, y) for x, y in spots):
        found = live.after_move(name, fid, spot.x, spot.y).verdicts["R16"]
        moved = move_feature(name, fid, spot)(of)
        same(found, check_rules(moved, rules(), {}, only=["R16"]).by_id["R16"])
        with_rows += len(found.rows) == 2
    assert with_rows == (compared if roads else 0)


@pytest.mark.usefixtures("few_cells")
def test_what_takes_longer_than_a_frame_waits() -> None:
    of, some = random_plan(0), rules()
    many = layer("rescue_team", scattered(np.random.default_rng(0), 101), "队", 名称=["队"] * 101)
    live = LiveTargets(add_layer(many)(of), some)
    assert live.after_move("队", 1, at(3, 3).x, at(3, 3).y).later == {"R16", "R18"}
    moved = live.after_move("人口", 1, at(3, 3).x, at(3, 3).y)
    assert not moved.verdicts
    assert moved.later == {r.id for r in live.affected("人口")}


@pytest.mark.usefixtures("few_cells")
def test_only_what_depends_on_the_moved_layer_is_touched() -> None:
    live = LiveTargets(random_plan(0), rules())
    by_layer = {
        name: {r.id for r in live.affected(name)} for name in ("危险源", "储备库", "居民点")
    }
    assert by_layer["危险源"] == {"R8"}
    assert "R12" not in by_layer["储备库"], "a count of all does not depend on where they are"
    assert by_layer["储备库"] == {f"R{i}" for i in (*range(12), 13, 14, 15, 17)}
    assert "R7" in by_layer["居民点"]
    moved = live.after_move("危险源", 1, at(1, 1).x, at(1, 1).y)
    assert set(moved.verdicts) == {"R8"}


@pytest.mark.usefixtures("few_cells")
def test_without_preparing_reach_waits() -> None:
    live = LiveTargets(random_plan(1), rules())
    now = live.after_move("储备库", 1, at(3, 3).x, at(3, 3).y)
    assert now.later == {"R0", "R1", "R2", "R3", "R4", "R5", "R13", "R14", "R15"}
    live.prepare("储备库", 2)
    again = live.after_move("储备库", 1, at(3, 3).x, at(3, 3).y)
    assert again.later == now.later, "prepared for another feature"


@pytest.mark.usefixtures("few_cells")
def test_a_drag_leaves_the_plan_as_it_was() -> None:
    of = random_plan(2)
    before = of.layer("储备库").frame.geometry.to_wkt().tolist()
    live = LiveTargets(of, rules())
    live.prepare("储备库", 1)
    first = live.after_move("储备库", 1, at(1, 1).x, at(1, 1).y).verdicts
    live.after_move("储备库", 1, at(39, 39).x, at(39, 39).y)
    again = live.after_move("储备库", 1, at(1, 1).x, at(1, 1).y).verdicts
    assert {n: (v.verdict, v.value) for n, v in first.items()} == {
        n: (v.verdict, v.value) for n, v in again.items()
    }
    assert of.layer("储备库").frame.geometry.to_wkt().tolist() == before


@cache
def book() -> Book:
    return build("赤峰")


@cache
def chifeng() -> LiveTargets:
    some = rules_of(book())
    assert some is not None
    return LiveTargets(book().plan, some, book().facts)


@pytest.mark.parametrize(
    ("layer_name", "name", "whole"),
    [
        ("储备库", "北部储备库", True),
        ("储备库", "巴林左旗救灾物资储备库", False),
        ("救援队伍", "森林消防宁城县中队(新营区)", False),
        ("居民点", "天义镇", False),
    ],
)
def test_a_feature_of_chifeng(layer_name: str, name: str, whole: bool) -> None:
    """Every rule that depends on it, with every frame; ``whole``: and no other."""
    live, of = chifeng(), book().plan
    frame = of.layer(layer_name).frame
    fid = int(frame.index[frame["名称"] == name][0])
    live.prepare(layer_name, fid)
    start = frame.geometry.loc[fid]
    spot = shapely.Point(start.x + 60_000, start.y + 15_000)
    now = live.after_move(layer_name, fid, spot.x, spot.y)
    assert not now.later
    assert set(now.verdicts) == {rule.id for rule in live.affected(layer_name)}
    only = None if whole else list(now.verdicts)
    plan_then = move_feature(layer_name, fid, spot)(of)
    full = check_rules(plan_then, live.rules, book().facts, only=only).by_id
    for rule_id, found in now.verdicts.items():
        same(found, full[rule_id])
    for rule_id in set(full) - set(now.verdicts):
        same(live.outcome.by_id[rule_id], full[rule_id])


def test_the_lights_of_a_depot_change() -> None:
    live = chifeng()
    depots = book().plan.layer("储备库").frame
    fid = int(depots.index[depots["名称"] == "北部储备库"][0])
    live.prepare("储备库", fid)
    start = depots.geometry.loc[fid]
    now = live.after_move("储备库", fid, start.x + 60_000, start.y + 15_000)
    assert now.verdicts["CF-057"].value != live.outcome.by_id["CF-057"].value
    assert any(v.id in ("CF-053", "CF-069", "CF-056-2") for v in now.changed)


def test_what_each_kind_of_check_depends_on() -> None:
    some = rules()
    kinds = {r.id: depends_on(r) for r in some}
    assert kinds["R2"] == {"depot", "district", "population", "settlement", "road"}
    assert "road" not in kinds["R0"]
    assert kinds["R8"] == {"depot", "hazard_site"}
    assert kinds["R10"] == {"depot", "hazard_zone"}
    assert not moves_matter(some.by_id["R12"])
    assert moves_matter(some.by_id["R11"])
