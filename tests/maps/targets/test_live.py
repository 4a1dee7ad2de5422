"""Verdicts during a drag are those of a full check at the same place."""

from functools import cache

import numpy as np
import pytest
import shapely

from data.edits import move_feature
from data.examples import build
from data.plan import Book, Plan
from maps.analysis.targets.evaluate import check_rules, depends_on, moves_matter
from maps.analysis.targets.live import LiveTargets
from maps.analysis.targets.loader import rules_from_text, rules_of
from maps.analysis.targets.model import RuleSet, Verdict
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
)


def rules() -> RuleSet:
    lines = [f"- {{编号: R{i}, 原文: 话, 行: 1, {f}}}\n" for i, f in enumerate(FIELDS)]
    return rules_from_text("规则集: 试\n规则:\n" + "".join(lines))


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
    return plan(
        layer("population", homes, "人口", 人口=rng.integers(0, 80, 120).astype(float)),
        layer("road", roads, "道路", 等级=["省道"] * 8, 状态=["现状"] * 8),
        layer("depot", scattered(rng, 4), "储备库", 名称=list("一二三四"), 状态=["现状"] * 4),
        layer("hazard_site", scattered(rng, 3), "危险源", 名称=list("甲乙丙"), 状态=["现状"] * 3),
        layer("hazard_zone", [box(12, 12, 9, 7)], "灾害区", 名称=["水"], 类型=["洪水淹没"]),
        layer("settlement", [at(8, 8)], "居民点", 名称=["大板镇"], 级别=["乡镇"]),
    )


def same(live: Verdict, full: Verdict) -> None:
    assert live.verdict == full.verdict
    if live.value is not None:
        assert full.value is not None
        assert live.value == pytest.approx(full.value, abs=1e-9)
    else:
        assert full.value is None or live.rule.check == "最远"
    assert {(p.layer, p.fid) for p in live.where if p.fid and p.layer != "居民点"} == {
        (p.layer, p.fid) for p in full.where if p.fid and p.layer != "居民点"
    }


@pytest.mark.parametrize("seed", range(4))
def test_a_drag_against_full_checks(seed: int) -> None:
    of, some = random_plan(seed), rules()
    live = LiveTargets(of, some)
    live.prepare("储备库", 2)
    for spot in scattered(np.random.default_rng(1000 + seed), 6):
        now = live.after_move("储备库", 2, spot.x, spot.y)
        full = check_rules(move_feature("储备库", 2, spot)(of), some, {}).by_id
        assert now.later == {"R13"}, "the area within metres waits for the hand to let go"
        assert set(now.verdicts) | now.later == {r.id for r in live.affected("储备库")}
        for name, found in now.verdicts.items():
            same(found, full[name])
        changed = {n for n, v in now.verdicts.items() if v.verdict != live.outcome.by_id[n].verdict}
        assert {v.id for v in now.changed} == changed
        counts = full | {n: live.outcome.by_id[n] for n in now.later}
        tally = [v.verdict for v in counts.values()]
        assert now.counts == {k: tally.count(k) for k in now.counts}


def test_only_what_depends_on_the_moved_layer_is_touched() -> None:
    live = LiveTargets(random_plan(0), rules())
    by_layer = {
        name: {r.id for r in live.affected(name)} for name in ("危险源", "储备库", "居民点")
    }
    assert by_layer["危险源"] == {"R8"}
    assert "R12" not in by_layer["储备库"], "a count of all does not depend on where they are"
    assert by_layer["储备库"] == {f"R{i}" for i in range(14)} - {"R12"}
    assert "R7" in by_layer["居民点"]
    moved = live.after_move("危险源", 1, at(1, 1).x, at(1, 1).y)
    assert set(moved.verdicts) == {"R8"}


def test_without_preparing_reach_waits() -> None:
    live = LiveTargets(random_plan(1), rules())
    now = live.after_move("储备库", 1, at(3, 3).x, at(3, 3).y)
    assert now.later == {"R0", "R1", "R2", "R3", "R4", "R5", "R13"}
    live.prepare("储备库", 2)
    again = live.after_move("储备库", 1, at(3, 3).x, at(3, 3).y)
    assert again.later == now.later, "prepared for another feature"


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


@pytest.mark.parametrize("name", ["北部储备库", "巴林左旗救灾物资储备库"])
def test_a_depot_of_chifeng(name: str) -> None:
    some = rules_of(book())
    assert some is not None
    of = book().plan
    live = LiveTargets(of, some, book().facts)
    frame = of.layer("储备库").frame
    fid = int(frame.index[frame["名称"] == name][0])
    live.prepare("储备库", fid)
    start = frame.geometry.loc[fid]
    spot = shapely.Point(start.x + 60_000, start.y + 15_000)
    now = live.after_move("储备库", fid, spot.x, spot.y)
    full = check_rules(move_feature("储备库", fid, spot)(of), some, book().facts)
    assert not now.later
    for rule_id, found in now.verdicts.items():
        assert found.verdict == full.by_id[rule_id].verdict
    cover = now.verdicts["CF-057"]
    assert cover.value == pytest.approx(full.by_id["CF-057"].value or -1, abs=1e-9)
    assert cover.value != live.outcome.by_id["CF-057"].value
    untouched = [r.id for r in some if r.id not in now.verdicts]
    for rule_id in untouched:
        assert full.by_id[rule_id].verdict == live.outcome.by_id[rule_id].verdict
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
