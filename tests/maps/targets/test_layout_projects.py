"""“一主两副” on one page, and projects: states, progress, evaluation."""

from functools import cache

import numpy as np
import pytest

from data.edits import remove_features, set_values
from data.examples import build
from data.plan import Book, Layer
from data.refused import Refused
from maps.analysis.targets.evaluate import check_rules
from maps.analysis.targets.evaluation import evaluated_projects, evaluation_table, evaluations
from maps.analysis.targets.layout import LayoutPage, layout_page
from maps.analysis.targets.loader import rules_from_text, rules_of
from maps.analysis.targets.model import RuleSet
from maps.analysis.targets.projects import progress_by_year, project_states
from maps.analysis.timecover import TimeAsk, timecover
from tests.maps.targets.worlds import at, layer, people, plan

EMPTY = rules_from_text(
    "规则集: 空\n规则:\n- {编号: R, 原文: 话, 行: 1, 检查: 覆盖, 对象: 储备库, 时限: 60, "
    '比较: 等于, 数值: 100, 单位: "%"}\n'
)


def depots(*rows: dict[str, object]) -> Layer:
    columns = {name: [row.get(name) for row in rows] for row in rows for name in row}
    usual = {"名称": [f"库{i}" for i in range(len(rows))], "状态": ["规划"] * len(rows)}
    return layer(
        "depot", [at(5 + i, 5) for i in range(len(rows))], "储备库", **{**usual, **columns}
    )


@pytest.mark.parametrize(
    ("site", "building", "floors", "fits", "storeys"),
    [
        (5000, 4000, None, False, 2),
        (5000, 4000, 2, True, 2),
        (5600, 4000, None, True, 1),
        (5599, 4000, None, False, 2),
        (1600, 100, None, False, None),
        (3000, 4000, 1, False, 3),
    ],
)
def test_room_for_a_helicopter(
    site: float, building: float, floors: float | None, fits: bool, storeys: int | None
) -> None:
    row = {"体系角色": "北部储备库", "占地面积": site, "建筑面积": building, "层数": floors}
    sheet = layout_page(plan(depots(row)), EMPTY, {}).sheets[0]
    assert sheet.landing.free == pytest.approx(site - building / (floors or 1))
    assert sheet.landing.fits is fits
    assert sheet.landing.storeys == storeys
    if storeys is not None:
        assert site - building / storeys >= 1600 - 1e-6
        assert storeys == 1 or site - building / (storeys - 1) < 1600


def test_rooms_and_classes() -> None:
    rows = (
        {"体系角色": "中心储备库", "库房面积": 3321, "辅助管理附属用房合计面积": 754,
         "药械及应急物资库面积": 6240, "保障人数": 50_000, "建筑面积": 3000},
        {"体系角色": "北部储备库", "库房面积": 2000, "生产辅助用房面积": 1000, "管理用房面积": 500,
         "附属用房面积": 200, "保障人数": 10_000, "建筑面积": 4000},
        {"体系角色": "南部储备库", "库房面积": 2000, "保障人数": 3000},
    )  # fmt: skip
    page = layout_page(plan(depots(*rows)), EMPTY, {})
    centre, north, south = page.sheets
    assert (centre.rooms_total, north.rooms_total, south.rooms_total) == (10_315, 3700, None)
    assert centre.persons_text.startswith("保障 50,000 人:属市级库")
    assert "介于县级库与市级库之间" in north.persons_text
    assert "相当于市级库" in north.persons_text
    assert "小于县级库的规模" in south.persons_text
    assert south.landing.fits is None
    assert "库2:没有填占地面积、建筑面积,不知道起降场地够不够。" in page.missing


def test_a_plan_without_roles_is_refused_and_a_missing_one_is_named() -> None:
    with pytest.raises(Refused, match="体系角色"):
        layout_page(plan(depots({"级别": "市级"})), EMPTY, {})
    page = layout_page(plan(depots({"体系角色": "北部储备库"})), EMPTY, {})
    assert {"图上没有中心储备库。", "图上没有南部储备库。"} <= set(page.missing)
    assert page.served == ()
    assert "人口" in page.served_why
    crowd = people([(1, 1, 5)])
    roadless = layout_page(plan(depots({"体系角色": "北部储备库"}), crowd), EMPTY, {})
    assert "道路" in roadless.served_why
    assert roadless.cover[0].verdict == "needs_data"


@cache
def book() -> Book:
    return build("赤峰")


def rules() -> RuleSet:
    found = rules_of(book())
    assert found is not None
    return found


@cache
def page() -> LayoutPage:
    return layout_page(book().plan, rules(), book().facts)


def test_the_page_of_chifeng() -> None:
    centre, north, south = page().sheets
    assert [s.role for s in page().sheets] == ["中心储备库", "北部储备库", "南部储备库"]
    assert centre.rooms_total == 3321 + 754 + 6240
    for branch in (north, south):
        assert branch.rooms_total == 3700
        assert (branch.landing.free, branch.landing.fits, branch.landing.storeys) == (
            1000,
            False,
            2,
        )
        assert branch.persons == 10_000
    assert {v.id for v in north.verdicts} >= {"CF-069", "CF-080", "CF-083", "CF-087"}
    assert "CF-071" not in {v.id for v in north.verdicts}
    assert [v.id for v in page().cover] == ["CF-057", "CF-057-2"]
    assert "中心储备库没有填保障人数。" in page().missing
    assert sum("放不下" in m for m in page().missing) == 2


def test_which_districts_each_serves_against_travel_asked_for_each_alone() -> None:
    layer_, frame = "储备库", book().plan.layer("储备库").frame
    alone = {}
    for role in ("中心储备库", "北部储备库", "南部储备库"):
        fid = int(frame.index[frame["体系角色"] == role][0])
        ask = TimeAsk("depot", 1440, only=frozenset([(layer_, fid)]))
        alone[role] = timecover(book().plan, ask)
    people_ = alone["中心储备库"].demand
    seconds = np.stack([t.minutes[0] for t in alone.values()])
    quickest = np.argmin(seconds, axis=0)
    for d, served in enumerate(page().served):
        mine = people_.district == d
        weight = [float(people_.persons[mine & (quickest == k)].sum()) for k in range(3)]
        best = int(np.argmax(weight))
        assert served.depot == list(alone)[best]
        assert served.share == pytest.approx(max(weight) / sum(weight), abs=1e-6)
        which = mine & (quickest == best)
        spent = np.average(seconds[best][which], weights=people_.persons[which])
        assert served.minutes == pytest.approx(float(spent), rel=1e-6)


def test_who_is_reached_in_six_hours_by_three_depots_and_by_one() -> None:
    plan = book().plan
    frame = plan.layer("储备库").frame
    ids = {str(role): ("储备库", int(fid)) for fid, role in frame["体系角色"].dropna().items()}
    three, one = frozenset(ids.values()), frozenset([ids["中心储备库"]])
    told = page().promise
    assert [(len(r.depots), r.weather, r.handling) for r in told.rows] == [
        (n, weather, spent) for n in (3, 1) for weather in ("晴", "雪") for spent in (0.0, 240.0)
    ]
    for row in told.rows:
        only = three if len(row.depots) == 3 else one
        ready = {"": row.handling}
        ask = TimeAsk("depot", 360, only=only, weather=row.weather, ready_minutes=ready)
        found = timecover(plan, ask)
        assert row.people == pytest.approx(found.whole.people_covered, abs=1e-6)
        assert row.share == pytest.approx(row.people / found.whole.people_total)
        assert [name for name, _ in row.by_district] == [r.name for r in found.by_district]
        assert [share for _, share in row.by_district] == pytest.approx(
            [r.people_covered / r.people_total for r in found.by_district]
        )
    assert "G305 乌丹镇—大板镇" in told.remarks.estimated_roads
    assert "路况:晴;路况:雪(" in told.remarks.basis
    assert any("行车时间为估算" in one for one in told.remarks.sentences)


def test_projects_of_chifeng() -> None:
    outcome = check_rules(book().plan, rules(), book().facts, only=["CF-068", "CF-069", "CF-083"])
    states = {s.project.id: s for s in project_states(book().plan, outcome, book().facts)}
    assert len(states) == 9
    store = states["CF-P6"]
    assert [(p.name, p.text) for p in store.features] == [
        ("中心储备库", "规划"),
        ("北部储备库", "规划"),
        ("南部储备库", "规划"),
    ]
    assert {v.id for v in store.verdicts} == {"CF-068", "CF-069", "CF-083"}
    assert (store.met, store.state, store.absent) == (3, "未知", ())
    assert not store.overdue(2025), "nobody has registered where it stands"
    for state in states.values():
        assert not state.absent, "every feature a project names is on the example's map"


def test_registered_states_and_progress_by_year() -> None:
    told = {
        "CF-P6": {"状态": "完成", "年份": 2024, "完成投资": 3200, "说明": "已验收"},
        "CF-P5": {"状态": "完成", "年份": 2023},
        "CF-P9": {"状态": "在建"},
    }
    facts = {**book().facts, "工程": told}
    gone = book().plan.layer("储备库").frame
    fid = int(gone.index[gone["名称"] == "南部储备库"][0])
    of = remove_features("储备库", [fid])(book().plan)
    outcome = check_rules(of, rules(), facts, only=["CF-068"])
    states = project_states(of, outcome, facts)
    by_id = {s.project.id: s for s in states}
    assert by_id["CF-P6"].absent == ("南部储备库",)
    assert (by_id["CF-P6"].state, by_id["CF-P6"].spent, by_id["CF-P6"].note) == (
        "完成",
        3200,
        "已验收",
    )
    assert by_id["CF-P9"].state == "在建"
    assert by_id["CF-P9"].overdue(2025)
    assert not by_id["CF-P9"].overdue(2024)
    assert not by_id["CF-P6"].overdue(2025)
    years = progress_by_year(states, 2022, 2025)
    assert [(y.year, y.due, y.due_done, y.done) for y in years] == [
        (2022, 0, 0, 0),
        (2023, 0, 0, 1),
        (2024, 0, 0, 2),
        (2025, 9, 2, 2),
    ]
    assert [y.money for y in years] == [0, None, None, None]


def test_built_features_show_on_the_map() -> None:
    frame = book().plan.layer("储备库").frame
    fid = int(frame.index[frame["名称"] == "北部储备库"][0])
    of = set_values("储备库", [fid], {"状态": "现状"})(book().plan)
    outcome = check_rules(of, rules(), book().facts, only=["CF-069"])
    store = next(s for s in project_states(of, outcome, {}) if s.project.id == "CF-P6")
    assert [p.text for p in store.features] == ["规划", "现状", "规划"]
    assert store.standing == 1


def test_evaluation_tables() -> None:
    ids = ["CF-001", "CF-026", "CF-069", "CF-083", "CF-100"]
    outcome = check_rules(book().plan, rules(), book().facts, only=ids)
    middle = {row.id: row for row in evaluation_table(outcome, 2023)}
    assert set(middle) == {"CF-026", "CF-069", "CF-083", "CF-100"}
    assert middle["CF-026"].verdict == "不符合(2025 年到期)"
    assert middle["CF-026"].measured == "0 处"
    assert middle["CF-026"].remedy.startswith("还差 1 处")
    assert middle["CF-083"].measured == "10,000 人"
    assert middle["CF-083"].gap == ""
    assert middle["CF-100"].verdict == "待人工确认"
    final = {row.id: row for row in evaluation_table(outcome, 2025)}
    assert final["CF-026"].verdict == "不符合"
    assert (middle["CF-026"].later, final["CF-026"].later) == (True, False)


def test_projects_in_an_evaluation() -> None:
    told = {
        "CF-P6": {"状态": "完成", "年份": 2024, "完成投资": 3200, "说明": "已验收"},
        "CF-P9": {"状态": "在建"},
    }
    facts = {**book().facts, "工程": told}
    outcome = check_rules(book().plan, rules(), facts, only=["CF-068", "CF-088"])
    states = project_states(book().plan, outcome, facts)
    middle = {row.id: row for row in evaluated_projects(states, 2023)}
    final = {row.id: row for row in evaluated_projects(states, 2025)}
    assert len(middle) == len(final) == 9
    assert middle["CF-P6"].verdict == "进行中(2025 年到期)"
    assert final["CF-P6"].verdict == "完成"
    assert final["CF-P6"].measured == (
        "2024 年完成;完成投资 3,200 万元;图上 3 处要素中 0 处已建成;已验收"
    )
    assert final["CF-P6"].gap == "所服务的 2 条目标中 1 条符合,其余:CF-088 缺资料"
    assert (middle["CF-P9"].verdict, final["CF-P9"].verdict) == ("进行中(2025 年到期)", "逾期")
    assert final["CF-P1"].verdict == "没有登记进展", "never called late: nobody has said"


def test_when_a_plan_is_evaluated() -> None:
    assert evaluations(rules()) == (("中期评估", 2023), ("终期评估", 2025))
    one = "- {编号: A, 原文: 话, 行: 1, 年份: 2024, 检查: 人工}"
    assert evaluations(rules_from_text(f"规则集: 试\n规则:\n{one}\n")) == (("终期评估", 2024),)
    none = one.replace("年份: 2024", "性质: 现状, 年份: 2020")
    assert evaluations(rules_from_text(f"规则集: 试\n规则:\n{none}\n")) == ()
    wrong = f"规则集: 试\n评估:\n  中期评估: 23\n规则:\n{one}\n"
    with pytest.raises(Refused, match=r"第 3 行.*“中期评估”要填 1990–2100 之间的年份,现在是 23"):
        rules_from_text(wrong)


def test_a_project_finished_in_the_rule_file_has_its_year() -> None:
    text = (
        "规则集: 试\n规则:\n- {编号: A, 原文: 话, 行: 1, 检查: 人工}\n"
        "工程:\n- {编号: P, 名称: 库, 原文: 建库, 行: 2, 完工年: 2024, 状态: 完成, 投资: 80}\n"
    )
    found = rules_from_text(text)
    outcome = check_rules(book().plan, found, {})
    (state,) = project_states(book().plan, outcome, {})
    assert (state.state, state.year, state.said) == ("完成", 2024, "2024 年完成")
    assert [(y.done, y.money) for y in progress_by_year((state,), 2023, 2025)] == [
        (0, 0), (1, 80), (1, 80),
    ]  # fmt: skip
    with pytest.raises(Refused, match=r"第 5 行.*写了“完成”,要写“完工年”"):
        rules_from_text(text.replace("完工年: 2024, ", ""))
