"""The targets panel by real events: lights, filters, decisions, own rules, drags, workbook."""

from dataclasses import replace

import numpy as np
import pytest
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
)

from data import edits
from data.plan import make_layer
from desktop.panels import targets_rules
from desktop.panels.targets_check import OWN, STANDARDS, out_of_date
from desktop.panels.targets_list import Shown, figures, grouped, measured
from desktop.panels.targets_marks import ORDER, light
from maps.analysis.targets.evaluate import check_rules
from maps.analysis.targets.live import LiveVerdicts
from maps.analysis.targets.loader import rules_from_text, shipped
from maps.analysis.targets.model import Rule, Source, Verdict
from tests.desktop.hand import drag, move, press, release, sharp, spot
from tests.desktop.plans import CRS, X, Y, small_book
from tests.desktop.test_panels import cut_off
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_window import settings, window  # noqa: F401 - fixtures

LEFT = Qt.MouseButton.LeftButton

RULES = """规则集: 小县规划
文件: 小县规划
地区: 某省某县
读法:
- 编号: 数法
  问题: 规划的储备库算不算?
  选项:
  - {名称: 都算, 说明: 建成后的}
  - {名称: 只算现状, 说明: 今天有的}
规则:
- {编号: T1, 原文: 全县储备库不少于4处, 行: 1, 分组: 储备, 年份: 2025, 检查: 个数, 对象: 储备库,
   比较: 不少于, 数值: 4, 单位: 处}
- {编号: T2, 原文: 市级储备库1处, 行: 2, 分组: 储备, 性质: 现状, 检查: 个数, 对象: 储备库,
   条件: {级别: 市级}, 比较: 等于, 数值: 1, 单位: 处}
- {编号: T3, 原文: 东区至少两处储备库, 行: 3, 分组: 布局, 检查: 个数, 对象: 储备库, 范围: [东区],
   比较: 不少于, 数值: 2, 单位: 处}
- {编号: T4, 原文: 五公里覆盖全体居民, 行: 4, 分组: 布局, 检查: 覆盖, 对象: 储备库, 距离: 5300,
   比较: 不少于, 数值: 100, 单位: "%"}
- {编号: T5, 原文: 健全指挥机构, 行: 5, 分组: 机构, 检查: 人工, 要点: 成立文件}
- {编号: T6, 原文: 三处储备库, 行: 6, 分组: 储备, 检查: 个数, 对象: 储备库, 比较: 等于, 数值: 3,
   单位: 处, 读法: 数法, 按读法: {都算: {状态: 全部}, 只算现状: {状态: 现状}}}
- {编号: T7, 原文: 储备库不少于9处, 行: 7, 分组: 储备, 核实: 待核实, 检查: 个数, 对象: 储备库,
   比较: 不少于, 数值: 9, 单位: 处}
- {编号: T8, 原文: 死亡率下降25%以上, 行: 8, 分组: 机构, 检查: 指标, 基准年: 2020, 基准值: 100,
   年份: 2025, 比较: 变化, 数值: -25, 单位: "%", 指标键: 死亡率}
- {编号: T9, 原文: 储备库占地面积都填, 行: 9, 分组: 储备, 检查: 合计, 对象: 储备库, 列: 占地面积,
   比较: 不少于, 数值: 20000, 单位: ㎡}
工程:
- {编号: P1, 名称: 二号库建设工程, 原文: 建二号库, 行: 10, 地点: [西区], 开工年: 2021, 完工年: 2024,
   投资: 300, 要素: {储备库: [二号库, 四号库]}, 规则: [T1, T2]}
"""
VERDICTS = {
    "T1": "fail",
    "T2": "pass",
    "T3": "fail",
    "T4": "fail",
    "T5": "attest",
    "T6": "pass",
    "T7": "warn",
    "T8": "needs_data",
    "T9": "needs_data",
}


@pytest.fixture
def panel(window):  # noqa: F811
    """The panel on the small plan with rules of its own, everything judged."""
    window.session.show_new(replace(small_book(), facts={"规则": RULES}))
    window.docks.show("targets")
    made = window.docks.targets
    judged(made)
    sharp(window.canvas)
    return made


def judged(panel):
    wait_for(lambda: panel.checker.outcome is not None and not panel.checker.busy)
    wait_for(idle(panel.session))


def written(field, text):
    """Commit a text the way an input method does."""
    event = QInputMethodEvent()
    event.setCommitString(text)
    field.setFocus()
    QApplication.sendEvent(field, event)


def lights(panel):
    return {name: int(button.text()) for name, button in panel.head.lights.items()}


def keys(panel):
    return [row if isinstance(row, str) else row.key for row in panel.list.rows.rows]


def part(panel, kind, name):
    found = panel.findChild(kind, name)
    assert found is not None, name
    return found


def test_every_rule_has_its_light_and_the_counts_add_up(panel):
    found = {v.id: v.verdict for v in panel.checker.outcome.verdicts}
    assert found == VERDICTS
    assert lights(panel) == {n: sum(v == n for v in VERDICTS.values()) for n in ORDER}
    assert keys(panel) == [
        "储备  符合 2 / 5",
        "T1",
        "T7",
        "T9",
        "T2",
        "T6",
        "布局  符合 0 / 2",
        "T3",
        "T4",
        "机构  符合 0 / 2",
        "T8",
        "T5",
    ]
    assert panel.rules_box.currentData() == OWN


def test_lights_differ_in_shape_not_only_in_colour(qapp):
    shapes = []
    for name in ORDER:
        image = light(name, "light", 2.0).toImage()
        drawn = [image.pixelColor(x, y).alpha() > 60 for x in range(32) for y in range(32)]
        shapes.append(np.array(drawn))
    for i, one in enumerate(shapes):
        for other in shapes[i + 1 :]:
            assert (one != other).sum() > 40


def test_a_click_on_a_light_and_words_leave_only_these(panel):
    QTest.mouseClick(panel.head.lights["fail"], LEFT)
    assert [k for k in keys(panel) if k.startswith("T")] == ["T1", "T3", "T4"]
    written(panel.head.words, "东区")
    assert keys(panel) == ["布局  符合 0 / 1", "T3"]
    QTest.mouseClick(panel.head.lights["fail"], LEFT)
    panel.head.words.clear()
    next(a for a in panel.head.natures.actions() if a.data() == "现状").trigger()
    assert [k for k in keys(panel) if k.startswith("T")] == ["T2"]
    panel.show_target("T5")
    assert "T5" in keys(panel)
    assert panel.head.shown == Shown()


def test_filters_take_what_a_plain_loop_takes(panel):
    verdicts = panel.checker.outcome.verdicts
    for shown in (
        Shown(frozenset({"warn"})),
        Shown(nature="目标", topic="储备"),
        Shown(words="储备库 处"),
        Shown(words="待核实"),
    ):
        wanted = {
            v.id
            for v in verdicts
            if (not shown.verdicts or v.verdict in shown.verdicts)
            and shown.nature in ("", v.rule.nature)
            and shown.topic in ("", v.rule.topic)
            and all(
                w in v.rule.quote + v.why + ("" if v.rule.verified else "待核实")
                for w in shown.words.split()
            )
        }
        rows = grouped(verdicts, shown)
        assert {r.key for r in rows if not isinstance(r, str)} == wanted


def test_the_detail_says_quote_source_numbers_and_goes_to_the_place(panel):
    panel.show_target("T4")
    texts = [w.text() for w in panel.detail.inside.findChildren(type(panel.empty))]
    assert "“五公里覆盖全体居民”" in texts
    assert any("第 4 行" in t for t in texts)
    ids = np.arange(20)
    px = np.repeat(-19e3 + 2e3 * ids, 20)
    py = np.tile(1e3 + 1e3 * ids, 20)
    sites = ((5e3, 5e3), (-5e3, 5e3), (-15e3, 15e3))
    near = np.min([np.hypot(px - x, py - y) for x, y in sites], axis=0) <= 5300
    assert f"{100 * near.mean():.1f} %" in texts
    links = [b for b in panel.detail.inside.findChildren(QPushButton) if b.isEnabled()]
    QTest.mouseClick(links[0], LEFT)
    assert panel.session.selection
    assert "行政区" in panel.session.selection


def test_a_reading_is_chosen_as_one_undo_step_and_only_its_rule_is_judged_again(panel):
    panel.show_target("T6")
    before = {v.id: v for v in panel.checker.outcome.verdicts}
    box = part(panel, QComboBox, "reading")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    wait_for(lambda: panel.session.book.facts.get("读法") == {"数法": "只算现状"})
    assert panel.checker.stale == {"T6"}
    judged(panel)
    after = panel.checker.outcome.by_id
    assert after["T6"].verdict == "fail"
    assert after["T6"].value == 2
    assert all(after[i] is before[i] for i in before if i != "T6")
    panel.session.undo()
    judged(panel)
    assert panel.checker.outcome.by_id["T6"].verdict == "pass"


def test_attesting_needs_a_note_and_can_be_taken_back(panel):
    heard = []
    panel.session.message.connect(heard.append)
    panel.show_target("T5")
    QTest.mouseClick(part(panel, QPushButton, "attest"), LEFT)
    assert "说明" in heard[-1]
    assert "确认" not in panel.session.book.facts
    note = part(panel, QPlainTextEdit, "attest_note")
    written(note, "见2025年第3号文")
    day = part(panel, QLineEdit, "attest_day")
    day.setText("2025-13-01")
    QTest.mouseClick(part(panel, QPushButton, "attest"), LEFT)
    assert "日期" in heard[-1]
    assert note.toPlainText() == "见2025年第3号文"
    day.setText("2025-06-30")
    QTest.mouseClick(part(panel, QPushButton, "attest"), LEFT)
    said = panel.session.book.facts["确认"]["T5"]
    assert said == {"结果": "符合", "说明": "见2025年第3号文", "日期": "2025-06-30"}
    judged(panel)
    assert panel.checker.outcome.by_id["T5"].verdict == "pass"
    QTest.mouseClick(part(panel, QPushButton, "attest_back"), LEFT)
    judged(panel)
    assert panel.checker.outcome.by_id["T5"].verdict == "attest"


def test_half_typed_notes_survive_a_check_of_something_else(panel):
    panel.show_target("T5")
    note = part(panel, QPlainTextEdit, "attest_note")
    written(note, "写到一半")
    panel.session.do("改", edits.set_values("储备库", [1], {"占地面积": 9000.0}))
    judged(panel)
    assert part(panel, QPlainTextEdit, "attest_note").toPlainText() == "写到一半"


def test_an_indicator_is_registered(panel):
    panel.show_target("T8")
    written(part(panel, QLineEdit, "indicator_value"), "70")
    QTest.mouseClick(part(panel, QPushButton, "indicator"), LEFT)
    assert panel.session.book.facts["指标"] == {"死亡率": {"2025": 70.0}}
    judged(panel)
    found = panel.checker.outcome.by_id["T8"]
    assert found.verdict == "pass"
    assert found.value == pytest.approx(-30)


def test_verdicts_go_stale_with_their_layer_and_are_judged_again(panel):
    before = panel.checker.outcome
    panel.session.do("填", edits.set_values("储备库", [3], {"占地面积": 9000.0}))
    assert "T9" in panel.checker.stale
    assert "T5" not in panel.checker.stale
    assert any("待重新核对" in r.second for r in panel.list.rows.rows if not isinstance(r, str))
    judged(panel)
    assert panel.checker.outcome.by_id["T9"].verdict == "pass"
    assert panel.checker.outcome.by_id["T5"] is before.by_id["T5"]
    panel.session.undo()
    panel.session.undo()
    assert not panel.checker.stale or panel.checker.busy


def test_another_colour_changes_no_verdict(panel):
    layer = panel.session.plan.layer("储备库")
    panel.session.do("颜色", edits.set_look("储备库", replace(layer.look, color="#112233")))
    assert not panel.checker.stale
    assert not panel.checker.busy


def test_what_is_out_of_date_is_never_too_little(panel):
    """Judging only what is called out of date gives what judging everything gives."""
    session = panel.session
    for edit in (
        edits.move_feature("储备库", 2, session.plan.layer("储备库").geometry(1)),
        edits.set_values("储备库", [2], {"级别": "市级"}),
        edits.set_values("储备库", [2], {"状态": "撤销"}),
        edits.set_values("行政区", [1], {"名称": "新东区"}),
        edits.remove_features("储备库", [1]),
    ):
        session.do("改", edit)
        judged(panel)
        whole = check_rules(session.plan, panel.checker.outcome.rules, session.book.facts)
        assert [(v.id, v.verdict, v.value) for v in panel.checker.outcome.verdicts] == [
            (v.id, v.verdict, v.value) for v in whole.verdicts
        ]


def test_lights_follow_a_drag_and_come_back_when_it_is_given_up(panel):
    canvas = panel.window_.canvas
    start = spot(canvas, "储备库", 2)
    goal = canvas.port.px(X + 8e3, Y + 3e3)
    goal = start + (type(start)(round(goal[0]), round(goal[1])) - start)
    before = lights(panel)
    press(canvas, start)
    for i in range(1, 6):
        move(canvas, start + (goal - start) * i / 5)
    wait_for(lambda: panel.list.rows.line(keys(panel).index("T3")).light == "pass")
    move(canvas, goal)
    wait_for(lambda: lights(panel)["pass"] == before["pass"] + 1)
    assert panel.checker.outcome.by_id["T3"].verdict == "fail"
    assert len(panel.session.steps) == 1
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert lights(panel) == before
    assert panel.list.rows.line(keys(panel).index("T3")).light == "fail"
    release(canvas, goal)
    wait_for(idle(panel.session))


def test_a_light_that_waits_for_the_drop_says_so(panel):
    row = keys(panel).index("T3")
    usual = panel.list.rows.line(row).second
    panel.checker.lit.emit(LiveVerdicts({}, frozenset(["T3"]), panel.checker.outcome))
    assert panel.list.rows.line(row).second == f"待重新核对 · {usual}"
    panel.checker.lit.emit(None)
    assert panel.list.rows.line(row).second == usual


def test_after_the_drop_a_whole_check_says_the_same(panel):
    canvas = panel.window_.canvas
    start = spot(canvas, "储备库", 2)
    goal = canvas.port.px(X + 8e3, Y + 3e3)
    drag(canvas, start, type(start)(round(goal[0]), round(goal[1])))
    judged(panel)
    whole = check_rules(panel.session.plan, panel.checker.outcome.rules, panel.session.book.facts)
    assert panel.checker.outcome.by_id["T3"].verdict == "pass"
    assert panel.checker.outcome.counts == whole.counts


def test_a_number_of_ones_own_rules_is_changed_and_refused_with_its_line(panel):
    heard = []
    panel.session.message.connect(heard.append)
    panel.show_target("T1")
    value = part(panel, QLineEdit, "own_value")
    value.setText("三处")
    QTest.mouseClick(part(panel, QPushButton, "own"), LEFT)
    assert "行" in heard[-1]
    assert len(panel.session.steps) == 1
    value.setText("3")
    QTest.mouseClick(part(panel, QPushButton, "own"), LEFT)
    judged(panel)
    found = panel.checker.outcome.by_id["T1"]
    assert found.verdict == "pass"
    assert found.rule.threshold == 3
    assert "数值: 3" in panel.session.book.facts["规则"]
    assert panel.session.steps[-1].text == "改规则 T1"


def test_other_documents_and_the_standards_can_be_chosen(panel):
    box = panel.rules_box
    assert {box.itemData(i) for i in range(box.count())} >= {OWN, STANDARDS}
    assert box.count() == 2 + len(shipped())
    box.setFocus()
    box.setCurrentIndex(box.findData(STANDARDS))
    box.activated.emit(box.currentIndex())
    wait_for(lambda: panel.checker.checked.key == STANDARDS)
    judged(panel)
    rules = panel.checker.outcome.rules
    read = [rule.id for rule in rules if rule.check == "查阅"]
    lines = [row.key for row in panel.list.rows.rows if not isinstance(row, str)]
    assert read
    assert sorted(lines) == sorted(rule.id for rule in rules)
    assert panel.list.pick(read[0])
    labels = [found.text() for found in panel.detail.inside.findChildren(QLabel)]
    assert any(rules.by_id[read[0]].quote in text for text in labels)
    assert {v.rule.force for v in panel.checker.outcome.verdicts} <= {
        "强制",
        "推荐",
        "政策",
        "资料",
    }
    assert not panel.commands["copy"].isEnabled()
    assert panel.commands["copy"].toolTip()


def test_rules_are_copied_written_and_read_back(panel, tmp_path, monkeypatch):
    session = panel.session
    targets_rules.drop_rules(panel.window_)
    judged(panel)
    document = shipped()[0].document
    panel.checker.choose(document)
    wait_for(lambda: panel.checker.checked.key == document)
    judged(panel)
    panel.commands["copy"].trigger()
    assert panel.copy_form.isVisible()
    panel.copy_form.title.setText("我县规划")
    QTest.keyClick(panel.copy_form.title, Qt.Key.Key_Return)
    wait_for(lambda: panel.checker.checked.key == OWN)
    judged(panel)
    assert rules_from_text(session.book.facts["规则"]).title == "我县规划"
    path = tmp_path / "规则.yaml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))
    panel.commands["write"].trigger()
    wait_for(idle(session))
    assert path.read_text("utf-8") == session.book.facts["规则"]
    path.write_text(RULES, "utf-8")
    targets_rules.take_file(panel.window_, path)
    wait_for(lambda: session.book.facts["规则"] == RULES)
    judged(panel)
    path.write_text(RULES.replace("检查: 人工", "检查: 猜"), "utf-8")
    heard = []
    session.message.connect(heard.append)
    targets_rules.take_file(panel.window_, path)
    wait_for(lambda: heard)
    assert "第 19 行" in heard[0]
    assert session.book.facts["规则"] == RULES


def test_a_project_is_registered_evaluated_and_leads_to_its_targets(panel, tmp_path, monkeypatch):
    QTest.mouseClick(panel.switch.button(1), LEFT)
    page = panel.projects
    assert [s.project.id for s in page.states] == ["P1"]
    state = page.states[0]
    assert state.absent == ("四号库",)
    assert [p.name for p in state.features] == ["二号库"]
    page.list.pick("P1")
    part(page, QComboBox, "project_state").setCurrentText("完成")
    QTest.mouseClick(part(page, QPushButton, "project"), LEFT)
    assert "工程" not in panel.session.book.facts  # a finished one needs its year
    written(part(page, QLineEdit, "project_year"), "2023")
    QTest.mouseClick(part(page, QPushButton, "project"), LEFT)
    assert panel.session.book.facts["工程"]["P1"] == {"状态": "完成", "年份": 2023}
    assert page.states[0].state == "完成"
    assert page.states[0].year == 2023
    assert "2023 年完成" in page.list.currentIndex().data(Qt.ItemDataRole.UserRole).second
    QTest.mouseClick(part(page, QPushButton, "overview"), LEFT)
    texts = [w.text() for w in page.area.widget().findChildren(QLabel)]
    assert any("年底终期评估" in text for text in texts)
    assert any("完成 1、逾期 0" in text for text in texts)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(tmp_path / "评"), ""))
    QTest.mouseClick(part(page, QPushButton, "evaluation"), LEFT)
    wait_for(idle(panel.session))
    assert any("终期评估" in name for name in load_workbook(tmp_path / "评.xlsx").sheetnames)
    page.list.pick("P1")
    links = [b for b in page.area.widget().findChildren(QPushButton) if b.text().startswith("T2")]
    QTest.mouseClick(links[0], LEFT)
    assert panel.pages.currentIndex() == 0
    assert panel.list.currentIndex().data(Qt.ItemDataRole.UserRole).key == "T2"


def test_the_depots_page_says_what_it_needs(panel):
    QTest.mouseClick(panel.switch.button(2), LEFT)
    QTest.mouseClick(part(panel.depots, QPushButton, "work_out"), LEFT)
    wait_for(idle(panel.session))
    texts = [w.text() for w in panel.depots.area.widget().findChildren(type(panel.empty))]
    assert any("体系角色" in text for text in texts)


def test_the_workbook_has_every_target_and_every_place(panel, tmp_path):
    path = tmp_path / "目标.xlsx"
    panel.write(path)
    wait_for(path.exists)
    wait_for(idle(panel.session))
    book = load_workbook(path)
    rows = list(book["目标核对"].iter_rows(values_only=True))
    ids = {cell for row in rows for cell in row if cell in VERDICTS}
    assert ids == set(VERDICTS)
    outcome = panel.checker.outcome
    places = [r for r in book["不符合的地方"].iter_rows(values_only=True) if r[0] in VERDICTS]
    assert len(places) == sum(len(v.where) for v in outcome.verdicts)
    assert "二号库建设工程" in [r[1] for r in book["重点工程"].iter_rows(values_only=True)]


def test_without_a_plan_nothing_is_judged(window):  # noqa: F811
    panel = window.docks.targets
    assert panel.checker.checked is None
    assert not panel.checker.busy
    window.session.show_new(small_book())
    QApplication.processEvents()
    assert not panel.checker.busy  # nobody looks
    window.docks.show("targets")
    judged(panel)
    assert panel.rules_box.currentData() == STANDARDS


def test_a_wrong_rule_text_in_a_plan_is_told_in_the_panel(window):  # noqa: F811
    wrong = replace(small_book(), facts={"规则": "规则集: 甲\n规则:\n- {编号: A}\n"})
    window.session.show_new(wrong)
    window.docks.show("targets")
    panel = window.docks.targets
    wait_for(lambda: panel.checker.refusal)
    assert "第 3 行" in panel.empty.text()
    assert panel.empty.isVisible()
    assert panel.commands["drop"].isEnabled()


@pytest.mark.parametrize("target", ["T1", "T4", "T5", "T6", "T8"])
def test_nothing_is_cut_off(panel, target):
    panel.show_target(target)
    wait_for(lambda: not cut_off(panel), 3)


@pytest.mark.parametrize("page", [1, 2])
def test_nothing_is_cut_off_on_the_other_pages(panel, page):
    panel.show_page(page)
    panel.projects.list.pick("P1")
    wait_for(lambda: not cut_off(panel), 3)


def test_rounding_never_makes_a_failing_share_look_enough():
    rule = Rule("A", "原文", Source("文"), "覆盖", comparison="不少于", threshold=100.0)
    almost = Verdict(rule, "fail", 99.96, "", threshold=100.0, unit="%")
    assert measured(almost) == "99.96 %"
    assert measured(replace(almost, value=83.77)) == "83.8 %"
    assert measured(replace(almost, value=100.0)) == "100.0 %"
    assert measured(replace(almost, value=None)) == ""
    assert figures(replace(almost, value=None)).startswith("要求")


def test_nothing_is_out_of_date_for_the_same_book():
    book = replace(small_book(), facts={})
    rules = rules_from_text(RULES)
    outcome = check_rules(book.plan, rules, {})
    assert out_of_date(outcome, book, book) == frozenset()
    other = replace(book, facts={"工程": {"P1": {"状态": "在建"}}})
    assert out_of_date(outcome, book, other) == frozenset()
    other = replace(book, facts={"未落位": [{"名称": "甲"}]})
    assert out_of_date(outcome, book, other) == set(VERDICTS)
    other = replace(book, facts={"视图书签": [{"name": "甲"}], "确认": "别的程序写的"})
    assert out_of_date(outcome, book, other) == frozenset()


def test_of_several_population_layers_the_planner_chooses_one(panel):
    people = panel.session.plan.layer("人口")
    twice = make_layer("人口二", "population", people.frame.iloc[:100], CRS, basis="另一口径")
    panel.session.do("添加图层", edits.add_layer(twice))
    wait_for(lambda: panel.checker.refusal)
    assert panel.people_row.isVisible()
    assert panel.empty.text() == panel.checker.refusal
    box = panel.people_box
    box.setCurrentIndex(box.findData("人口"))
    box.activated.emit(box.currentIndex())
    judged(panel)
    assert {v.id: v.verdict for v in panel.checker.outcome.verdicts} == VERDICTS
    panel.session.undo()
    assert not panel.people_row.isVisible() or panel.checker.busy


def test_contradictions_of_the_document_are_listed_with_their_quotes(panel):
    twice = RULES.replace(
        "工程:\n",
        """- {编号: T10, 原文: 到2025年覆盖率95%以上, 行: 11, 分组: 机构, 检查: 指标, 基准年: 2020,
   年份: 2025, 比较: 不少于, 数值: 95, 单位: "%", 指标键: 覆盖率}
- {编号: T11, 原文: 到2025年覆盖率不超过90%, 行: 12, 分组: 机构, 检查: 指标, 年份: 2025,
   比较: 不超过, 数值: 90, 单位: "%", 指标键: 覆盖率}
工程:
""",
    )
    panel.session.do_book("规则", lambda book: replace(book, facts={"规则": twice}))
    judged(panel)
    heading = next(k for k in keys(panel) if k.startswith("文本自身的矛盾"))
    assert heading.endswith("1 条")
    assert panel.list.pick(keys(panel)[keys(panel).index(heading) + 1])
    texts = [w.text() for w in panel.detail.inside.findChildren(type(panel.empty))]
    assert "“到2025年覆盖率95%以上”" in texts
    assert "“到2025年覆盖率不超过90%”" in texts


def test_switching_between_light_and_dark_keeps_the_targets(panel):
    """Qt dresses widget by widget: none may be taken away under its hands."""
    before = [row if isinstance(row, str) else row.key for row in panel.list.rows.rows]
    assert panel.list.pick("T1")
    for _ in range(4):
        panel.window_.switch_theme()
        QApplication.processEvents()
        assert panel._dressed == panel.window_.theme == panel.list.theme
    after = [row if isinstance(row, str) else row.key for row in panel.list.rows.rows]
    assert after == before
    panel.window_.use_theme("light")
    QApplication.processEvents()
