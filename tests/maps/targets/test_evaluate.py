"""A check again after an edit, odd plans and odd facts: nothing is stale, nothing breaks."""

from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.edits import move_feature, remove_features, set_values
from data.kinds import KINDS
from data.plan import Layer, Plan, make_layer
from data.refused import Refused
from maps.analysis.targets.checks import CHECKS, REFERENCE
from maps.analysis.targets.evaluate import EVALUATORS, Outcome, check_rules
from maps.analysis.targets.loader import rules_from_text
from maps.analysis.targets.model import RuleSet
from tests.maps.targets.test_decisions_editing import shipped
from tests.maps.targets.worlds import CRS, at, box, judged, layer, people, plan, scattered


def test_every_kind_of_check_has_an_evaluator() -> None:
    assert set(EVALUATORS) | {REFERENCE} == {check.name for check in CHECKS}


def every_check() -> RuleSet:
    """The rules of the guide: every kind of check, about places of the small plans."""
    text = shipped("写法.md")
    for old, new in (("黑里河镇", "大镇"), ("天义镇", "小镇"), ("大板镇", "大镇")):
        text = text.replace(old, new)
    return rules_from_text(text)


def world(seed: int) -> Plan:
    """Something of every kind."""
    rng = np.random.default_rng(seed)

    def some(kind: str, title: str, count: int = 6, **columns: object) -> Layer:
        usual = {"名称": [f"{title}{i}" for i in range(count)], "状态": ["现状"] * count}
        return layer(kind, scattered(rng, count), title, **{**usual, **columns})  # type: ignore[arg-type]

    roads = [
        shapely.LineString([at(x, 0), at(x, 10), at(x, 20), at(x, 30), at(x, 40)])
        for x in (10, 20, 30)
    ]
    roads.append(shapely.LineString([at(x, 20) for x in (0, 10, 20, 30, 40)]))
    return plan(
        layer("population", scattered(rng, 80), "人口", 人口=rng.integers(1, 90, 80).astype(float)),
        layer("road", roads, "道路", 名称=["一", "二堤", "三", "四"], 等级=["省道"] * 4,
              状态=["现状"] * 4),
        layer("hazard_zone", [box(5, 5, 9, 9), box(25, 25, 8, 8), box(2, 30, 4, 4)], "灾害区",
              名称=["水", "坡", "园"], 类型=["洪水淹没", "地质灾害", "化工园区"]),
        layer("settlement", [at(8, 8), at(31, 30)], "居民点", 名称=["大镇", "小镇"],
              级别=["乡镇"] * 2),
        some("depot", "储备库", 级别=["市级", "县级", "县级", "乡镇级", "市级", "县级"],
             体系角色=["北部储备库", "南部储备库", None, None, None, None],
             库房面积=[2100.0] * 6, 保障人数=[9000.0] * 6),
        some("shelter", "避难场所", 国标类别=["Ⅰ类", "Ⅱ类", "Ⅱ类", "Ⅲ类", "Ⅲ类", None],
             固定类别=["中心", "紧急", "短期固定", "短期固定", "紧急", "长期固定"],
             容纳人数=rng.integers(50, 500, 6).astype(float),
             有效避难面积=rng.integers(500, 5000, 6).astype(float), 占地面积=[1e4] * 6),
        some("fire_station", "消防站", 级别=["一级站", "二级站"] * 3),
        some("rescue_team", "救援队伍", 级别=["森林消防"] * 6, 状态=["撤销", "规划"] * 3),
        some("medical", "医疗机构"),
        some("hazard_site", "危险源", 类型=["危化品企业", "尾矿库"] * 3, 在线监测=["有"] * 6,
             安全距离=[900.0] * 6),
        some("hydrant", "消火栓", 级别=["消火栓"] * 6),
        some("other", "其他设施", 级别=["指挥中心", "培训基地"] * 3, 备注=["县一级"] * 6,
             建筑面积=[15800.0] * 6, 体验区面积=[2000.0] * 6),
        layer("district", [box(0, 0, 30, 30)], "建成区", 名称=["城"], 角色=["周边"]),
    )  # fmt: skip


def told(outcome: Outcome) -> dict[str, object]:
    return {v.id: (v.verdict, v.value, v.why, v.remedy, v.where, v.rows) for v in outcome.verdicts}


def test_the_world_decides_most_of_the_guide() -> None:
    found = check_rules(world(0), every_check(), {})
    counts = found.counts
    assert counts["pass"] + counts["fail"] + counts["warn"] > 25


@cache
def checked() -> tuple[Plan, RuleSet, Outcome]:
    of, rules = world(1), every_check()
    return of, rules, check_rules(of, rules, {})


@pytest.mark.parametrize("kind_name", [k.name for k in KINDS])
def test_after_an_edit_what_is_kept_is_what_a_full_check_says(kind_name: str) -> None:
    of, rules, before = checked()
    for changed in of.of_kind(kind_name)[:1]:
        gone = remove_features(changed.name, [int(changed.frame.index[0])])(of)
        again = check_rules(gone, rules, {}, before=before)
        assert told(again) == told(check_rules(gone, rules, {}))
        if changed.kind.geometry == "point":
            fid = int(changed.frame.index[-1])
            moved = move_feature(changed.name, fid, at(39, 1))(of)
            kept = before.still_true(moved, rules, {})
            assert 0 < len(kept) < len(before.verdicts)
            again = check_rules(moved, rules, {}, before=before)
            assert told(again) == told(check_rules(moved, rules, {}))


def test_other_facts_or_rules_keep_nothing() -> None:
    of, rules, before = checked()
    assert told(check_rules(of, rules, {}, before=before)) == told(before)
    assert before.still_true(of, rules, {"读法": {}}) == {}
    assert before.still_true(of, every_check(), {}) == {}
    named = set_values("医疗机构", [1], {"名称": "新"})(of)
    assert len(before.still_true(named, rules, {})) < len(before.verdicts)


def test_features_without_a_place_are_counted_but_reach_nobody() -> None:
    frame = gpd.GeoDataFrame(
        {"名称": ["有", "无"], "状态": ["现状"] * 2, "级别": ["县级"] * 2},
        geometry=[at(1, 1), None],
        crs=CRS,
    )
    of = plan(make_layer("储备库", "depot", frame, CRS), people([(1, 1, 5), (30, 30, 5)]),
              layer("hazard_site", [at(3, 1)], 名称=["厂"], 状态=["现状"]),
              layer("hazard_zone", [box(0, 0, 2, 2), None], 名称=["水", "无"]))  # fmt: skip
    count = "检查: 个数\n对象: 储备库\n比较: 等于\n数值: 2\n单位: 个"
    assert judged(of, count).verdict == "pass"
    cover = '检查: 覆盖\n对象: 储备库\n距离: 900\n比较: 等于\n数值: 50\n单位: "%"'
    assert judged(of, cover).verdict == "pass"
    away = "检查: 距离\n对象: 储备库\n到: 危险源\n比较: 不少于\n数值: 1\n单位: km"
    assert len(judged(of, away).rows) == 1
    inside = judged(of, "检查: 区内外\n对象: 储备库\n区域: 灾害区\n要求: 区外")
    assert [p.name for p in inside.where] == ["有"]
    far = judged(of, "检查: 最远\n对象: 储备库\n比较: 不超过\n数值: 90\n单位: km")
    assert far.verdict == "pass"
    assert (
        judged(of, "检查: 间距\n对象: 储备库\n比较: 不超过\n数值: 9\n单位: km").verdict
        == "needs_data"
    )


def test_a_plan_of_nothing() -> None:
    found = check_rules(Plan("空", CRS), every_check(), {})
    decided = {v.rule.check for v in found.verdicts if v.verdict in ("pass", "fail")}
    assert decided <= {"个数", "迁建"}
    assert all(v.why for v in found.verdicts)
    assert all(v.remedy for v in found.verdicts if v.verdict == "needs_data")


def test_several_population_layers_are_refused_until_one_is_named() -> None:
    of = plan(people([(1, 1, 5)])).with_layer(layer("population", [at(1, 1)], "人口二", 人口=[7.0]))
    with pytest.raises(Refused, match="2 个人口图层"):
        check_rules(of, every_check(), {})
    assert check_rules(of, every_check(), {}, people="人口").verdicts


ODD = (None, "x", 3, [], [None, 3, "x"], {"R": 3}, {"R": None}, {"R": [1]}, [{"kind": "depot"}])


@pytest.mark.parametrize("odd", ODD, ids=[repr(o) for o in ODD])
def test_odd_facts_break_nothing(odd: object) -> None:
    rules, of = every_check(), world(2)
    quick = [rule.id for rule in rules if rule.check not in ("覆盖", "最远", "迁建", "查阅")]
    usual = told(check_rules(of, rules, {}, only=quick))
    for name in ("读法", "确认", "指标", "工程"):
        assert told(check_rules(of, rules, {name: odd}, only=quick)) == usual
    registered = odd == [{"kind": "depot"}]
    found = told(check_rules(of, rules, {"未落位": odd}, only=quick))
    assert (found == usual) == (not registered)
