"""Siting in the window, by real events, against the engine asked directly."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

from data import edits
from data.plan import Book, make_layer
from desktop import dialogs
from desktop.app import make_app
from desktop.session import Session
from desktop.window import Window
from maps.analysis.siting import Ask, solve
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
