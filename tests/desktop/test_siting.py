"""Siting in the window, by real events, against the engine asked directly."""

import geopandas as gpd
import pytest
import shapely
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

from data.plan import Book, make_layer
from desktop import dialogs
from desktop.app import make_app
from desktop.session import Session
from desktop.window import Window
from maps.analysis.siting import Ask, solve
from maps.analysis.siting.fromplan import PlanAsk, problem_of
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
