"""Siting in the window, by real events, against the engine asked directly."""

import time
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest

from data import edits
from data.plan import Book, make_layer
from desktop import dialogs
from desktop.app import make_app
from desktop.session import Session
from desktop.siting import find
from desktop.window import Window
from maps.analysis.siting import Ask, Step, solve
from maps.analysis.siting.byroad import nearest_minutes
from maps.analysis.siting.curve import curve
from maps.analysis.siting.fromplan import PlanAsk, problem_of
from maps.analysis.siting.resilience import resilience
from tests.desktop.plans import CRS, X, Y, small_plan
from tests.desktop.test_session import wait_for
from tests.desktop.test_window import end_window

LEFT = Qt.MouseButton.LeftButton


def villages_plan():
    """The small plan with nine villages to choose from."""
    spots = [(X + 8e3 * i, Y + 5e3 + 5e3 * j) for i in (-2, 0, 2) for j in range(3)]
    villages = gpd.GeoDataFrame(
        {"名称": [f"{n}村" for n in "甲乙丙丁戊己庚辛壬"], "人口": [100.0] * 9},
        geometry=[shapely.Point(spot) for spot in spots],
        crs=CRS,
    )
    return small_plan().with_layer(make_layer("居民点", "settlement", villages, CRS))


@pytest.fixture
def window(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda window: "discard")
    make_app()
    session = Session()
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = Window(session, settings)
    made.resize(1366, 768)
    made.show()
    made.furnish()
    session.show_new(Book("小规划", (villages_plan(),)))
    wait_for(lambda: made.canvas.picture is not None)
    made.commands["siting"].trigger()
    yield made
    end_window(made)


@pytest.fixture
def panel(window):
    made = window.docks.siting
    fields = made.fields
    fields.of.setCurrentIndex(fields.of.findData("depot"))
    fields.radius.setText("5")
    fields.count.setText("2")
    return made


def run(panel):
    QTest.mouseClick(panel.button, LEFT)
    wait_for(lambda: panel._job is None)


def engine(model="mclp", p=2, reach=5000.0, existing="fixed"):
    ground = problem_of(villages_plan(), PlanAsk("depot", "settlement", reach, existing=existing))
    return ground, solve(ground.problem, Ask(model, reach=reach, p=p, only_reachable=True))


def test_the_answer_is_the_engines(panel):
    run(panel)
    _, best = engine()
    found = panel.sites.found
    assert found.siting.objective == best.objective
    assert panel.sites.headline.text() == f"覆盖 {best.objective / 4000:.1%}"
    assert panel.sites.status.text() == "已证明最优。"


def test_proposals_are_taken_one_by_one_and_undone(window, panel):
    run(panel)
    session, start = window.session, window.session.step
    ghosts = session.ghosts.items
    assert len(ghosts) == 2
    QTest.mouseClick(panel.sites.take, LEFT)
    assert session.step == start + 1
    layer = session.plan.layer("储备库")
    assert (layer.geometry(4).x, layer.geometry(4).y) == (ghosts[0].x, ghosts[0].y)
    assert session.ghosts.items == ghosts[1:]
    assert panel.stale.isHidden()
    session.undo()
    assert session.ghosts.items == ghosts
    QTest.mouseClick(panel.sites.take_all, LEFT)
    assert session.step == start + 1
    assert len(session.plan.layer("储备库")) == 5
    assert session.ghosts.items == ()


def test_a_new_scenario_holds_them(window, panel):
    run(panel)
    QTest.mouseClick(panel.sites.as_scenario, LEFT)
    book = window.session.book
    assert [len(plan.layer("储备库")) for plan in book.plans] == [3, 5]


def test_another_change_makes_it_stale(window, panel):
    run(panel)
    window.session.do("移动", edits.move_feature("储备库", 1, shapely.Point(X + 900, Y + 900)))
    assert not panel.stale.isHidden()


def test_a_click_on_the_curve_chooses_the_number(panel):
    panel.show_page("curve")
    panel.fields.upto.setText("4")
    run(panel)
    ground, _ = engine()
    found = curve(ground.problem, Ask("mclp", reach=5000.0), range(1, 5))
    chart = panel.curve.chart
    assert chart.points == tuple((q.p, q.objective) for q in found.points)
    assert chart.knee == found.knee
    QTest.mouseClick(chart, LEFT, pos=chart.at(3).toPoint())
    wait_for(lambda: panel._job is None)
    assert panel.page == "sites"
    assert panel.sites.found.siting.objective == found.points[2].objective


def test_losses_are_the_engines(panel):
    panel.show_page("loss")
    run(panel)
    ground, _ = engine()
    sites = np.flatnonzero(ground.problem.states == 1)
    expected = resilience(ground.problem, 5000.0, sites)
    shown = [panel.loss.table.item(i, 1).text() for i in range(3)]
    assert shown == [f"{loss.people:,.0f}" for loss in expected.losses]


def test_a_refusal_is_a_sentence(window, panel):
    said = []
    window.session.message.connect(said.append)
    panel.fields.wish.setCurrentIndex(panel.fields.wish.findData("fewest"))
    panel.fields.only.setChecked(False)
    run(panel)
    assert len(said) == 1
    assert "任何候选点都到不了" in said[0]
    assert "--" not in said[0]
    panel.fields.radius.setText("0")
    QTest.mouseClick(panel.button, LEFT)
    assert panel.bad.text() == "“服务半径”要大于 0 km。"


def fill(panel, **texts):
    panel.fields.more.setChecked(True)
    for name, text in texts.items():
        getattr(panel.fields, name).setText(text)


def wish(panel, name):
    panel.fields.wish.setCurrentIndex(panel.fields.wish.findData(name))


def a_plan_in_two_phases(panel):
    fill(panel, count="3", soon="1")
    run(panel)
    ground, _ = engine()
    ask = Ask("mclp", reach=5000.0, phases=(1, 3), only_reachable=True)
    best = solve(ground.problem, ask)
    found = panel.sites.found
    assert found.siting.objective == best.objective
    first = [panel.sites.table.item(i, 0).text()[2:5] for i in range(3)]
    assert sorted(first) == ["近期 ", "远期 ", "远期 "]
    assert panel.sites.headline.text() == f"覆盖 {best.levels[-1] / 4000:.1%}"
    assert "近期 1 处" in panel.sites.title.text()


def room_is_said_with_whom_each_takes_in(panel):
    panel.fields.existing.setCurrentIndex(panel.fields.existing.findData("ignore"))
    fill(panel, room="150")
    run(panel)
    ground = problem_of(villages_plan(), PlanAsk("depot", "settlement", 5000.0, capacity="150"))
    best = solve(ground.problem, Ask("mclp", reach=5000.0, p=2))
    assert best.objective <= 300
    assert panel.sites.found.siting.objective == best.objective
    assert panel.sites.headline.text() == f"安置 {best.objective / 4000:.1%}"
    assert panel.sites.lifted.isHidden()


def so_many_in_every_district(panel):
    fill(panel, each="1", count="2")
    run(panel)
    ground, free = engine()
    least = dict.fromkeys(range(len(ground.districts)), 1)
    best = solve(ground.problem, Ask("mclp", reach=5000.0, p=2, at_least=least))
    assert panel.sites.found.siting.objective == best.objective <= free.objective
    where = np.asarray(ground.problem.site_district)[panel.sites.found.siting.sites]
    assert set(least) <= set(where.tolist())


def everybody_once_and_as_many_as_can_be_twice(panel):
    wish(panel, "backup")
    panel.fields.radius.setText("20")
    assert panel.fields.count.isHidden()
    run(panel)
    ground = problem_of(villages_plan(), PlanAsk("depot", "settlement", 20e3, existing="fixed"))
    best = solve(ground.problem, Ask("backup", reach=20e3, only_reachable=True))
    found = panel.sites.found
    assert found.siting.levels == best.levels
    assert panel.sites.headline.text() == f"双重覆盖 {best.objective / found.people:.1%}"


def test_further_conditions_reach_the_engine(panel):
    """One window for all: each clears what the one before has filled."""
    a_plan_in_two_phases(panel)
    fill(panel, soon="")
    so_many_in_every_district(panel)
    fill(panel, each="")
    room_is_said_with_whom_each_takes_in(panel)
    fill(panel, room="")
    panel.fields.existing.setCurrentIndex(panel.fields.existing.findData("fixed"))
    everybody_once_and_as_many_as_can_be_twice(panel)


def held(panel, monkeypatch):
    """Let the search hold its first answer until the window has enough."""

    def slowly(plan, question, news, report):
        news(Step(100.0, 400.0, 0.1))
        while not news.stop():
            report(0.5, "正在求解…")
            time.sleep(0.01)
        while panel.stop.text() == "放弃" and news.step is not None and waits:
            report(0.6, "正在求解…")
            time.sleep(0.01)
        return find(plan, question, news, report)

    waits = []
    monkeypatch.setattr("desktop.panels.siting.find", slowly)
    QTest.mouseClick(panel.button, LEFT)
    wait_for(lambda: "已找到" in panel.live.text())
    return waits


def test_stopping_gives_the_best_found_so_far_and_stopping_again_nothing(panel, monkeypatch):
    waits = held(panel, monkeypatch)
    waits.append(True)
    QTest.mouseClick(panel.stop, LEFT)
    assert panel.stop.text() == "放弃"
    QTest.mouseClick(panel.stop, LEFT)
    wait_for(lambda: panel._job is None)
    assert panel.sites.found is None
    assert panel.sites.isHidden()
    waits.clear()
    QTest.mouseClick(panel.button, LEFT)
    wait_for(lambda: "已找到" in panel.live.text())
    assert panel.stop.text() == "停止"
    QTest.mouseClick(panel.stop, LEFT)
    wait_for(lambda: panel._job is None)
    siting = panel.sites.found.siting
    assert siting.objective <= engine()[1].objective <= siting.bound
    assert len(panel.session.ghosts.items) == 2
    assert not panel.sites.isHidden()


def test_the_targets_that_change_with_it(panel):
    text = (
        "规则集: 试\n规则:\n- {编号: A, 原文: 储备库不少于五座, 行: 1, 性质: 目标, 检查: 个数,"
        " 对象: 储备库, 比较: 不少于, 数值: 5, 单位: 个}\n"
    )
    session = panel.session
    session.do_book("规则", lambda book: replace(book, facts={**book.facts, "规则": text}))
    run(panel)
    assert panel.sites.rule_words.isHidden()
    QTest.mouseClick(panel.sites.rules, LEFT)
    wait_for(lambda: panel._job is None)
    assert panel.sites.rule_words.text() == "A 储备库不少于五座:不符合→符合。"
    assert len(session.plan.layer("储备库")) == 3


def test_classes_with_ranges_of_their_own(panel):
    fill(panel, count="2", radius="3")
    fields = panel.fields
    QTest.mouseClick(fields.graded, LEFT, pos=QPoint(8, fields.graded.height() // 2))
    assert not fields.classes.isHidden()
    assert fields._rows[fields.radius].text() == "其余级别"
    QTest.mouseClick(panel.button, LEFT)
    assert "至少勾选一个级别" in panel.bad.text()
    for name, km in (("市级", "9"), ("县级", "4")):
        tick, field = fields.classes.rows[name]
        QTest.mouseClick(tick, LEFT, pos=QPoint(8, tick.height() // 2))
        QTest.keyClicks(field, km)
    run(panel)
    ranges = {"市级": 9e3, "县级": 4e3}
    ground = problem_of(
        villages_plan(),
        PlanAsk("depot", "settlement", 3e3, ranges, existing="fixed", classes=tuple(ranges)),
    )
    best = solve(ground.problem, Ask("mclp", reach=ground.reach, p=2, only_reachable=True))
    assert panel.sites.found.siting.objective == best.objective > engine(reach=3e3)[1].objective
    assert "市级 9 km、县级 4 km" in panel.sites.title.text()
    QTest.mouseClick(panel.sites.take_all, LEFT)
    layer = panel.session.plan.layer("储备库")
    new = list(layer.column("级别"))[3:]
    grades = [panel.sites.found.sought.grade(one.site) for one in panel.sites.found.new]
    assert new == grades
    assert set(new) <= set(ranges)


def test_no_more_move_than_allowed(panel):
    fields = panel.fields
    assert fields.moves.isHidden()
    fields.existing.setCurrentIndex(fields.existing.findData("relocatable"))
    assert not fields.moves.isHidden()
    fields.count.setText("1")
    QTest.keyClicks(fields.moves, "1")
    run(panel)
    ground, _ = engine(existing="relocatable")
    best = solve(ground.problem, Ask("mclp", reach=5000.0, p=1, moves=1, only_reachable=True))
    found = panel.sites.found.siting
    assert found.objective == best.objective
    assert len(found.closed) <= 1
    assert "最多迁 1 处" in panel.sites.title.text()


def test_roads_are_closed_one_by_one(panel):
    panel.show_page("loss")
    fields = panel.fields
    assert fields.roads.isHidden()
    fields.way.setCurrentIndex(fields.way.findData("network"))
    fields.limit.setText("30")
    fields.roads.setCurrentIndex(fields.roads.findData("most"))
    assert fields.cuts.text() == "1000"
    run(panel)
    lost = panel.loss.lost
    travel, ground = lost.sought.question.travel, lost.sought.ground
    sites = np.flatnonzero(ground.problem.states == 1)
    x, y = ground.candidates.x[sites], ground.candidates.y[sites]
    weights = np.asarray(ground.problem.weights, float)
    now = nearest_minutes(lost.sought.plan, travel, ground, x, y)
    assert len(lost.cuts) == 1
    closed = replace(travel, closed=frozenset({("道路", 1)}))
    then = nearest_minutes(lost.sought.plan, closed, ground, x, y)
    cut_off = weights[np.isfinite(now) & ~np.isfinite(then)].sum()
    assert lost.cuts[0].closure.people == pytest.approx(weights[(now <= 30) & (then > 30)].sum())
    assert lost.cuts[0].closure.cut_off == pytest.approx(cut_off)
    assert "逐条封闭了 1 条" in panel.loss.cuts_now.text()
    assert panel.loss.cuts.rowCount() == 1
    panel.loss.cuts.selectRow(0)
    assert "没有别的路可走" in panel.loss.cut_detail.text()
