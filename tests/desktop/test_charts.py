"""Charts of the answer on the map, beside the map."""

import pytest
from PySide6.QtGui import QImage

from data import scenarios
from desktop.panels.charts import ChartsPanel
from maps.analysis.coverage import CoverageAsk
from maps.drawing import charts
from tests.desktop.plans import small_book
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_window import settings, window  # noqa: F401 - fixtures


@pytest.fixture
def panel(window):  # noqa: F811 - the fixture
    window.session.show_new(small_book())
    window.show_panel("charts")
    made = window.docks.panels["charts"]
    assert isinstance(made, ChartsPanel)
    return made


def choose(panel, name):
    panel.box.setCurrentIndex(panel.box.findData(name))
    wait_for(idle(panel.session))


def covered(panel):
    panel.session.compute_coverage(CoverageAsk("depot", 3000.0))
    wait_for(lambda: panel.session.result is not None and bool(panel.png))


def test_without_an_answer_it_says_how_to_get_one(panel):
    wait_for(idle(panel.session))
    assert not panel.png
    assert "计算" in panel.empty.text()
    assert not panel.picture.isVisible()
    choose(panel, "compare")
    assert "方案" in panel.empty.text()


def test_narrow_in_the_panel_and_as_in_the_report_in_the_file(panel, tmp_path):
    covered(panel)
    answer = panel.session.result.coverage
    assert panel.png == charts.by_district(answer, 70.0).png(200)
    assert panel.picture.isVisible()
    choose(panel, "distance")
    assert panel.png == charts.by_distance(answer, width=70.0).png(200)
    panel.save(tmp_path / "图.png")
    wait_for(idle(panel.session))
    assert (tmp_path / "图.png").read_bytes() == charts.by_distance(answer).png(200)
    assert not QImage(str(tmp_path / "图.png")).isNull()


def test_two_scenarios_before_and_after(panel):
    session = panel.session
    session.do_book("复制方案", scenarios.copy_scenario("方案一"))
    covered(panel)
    session.comparing.start(session.book.plans[0].name)
    choose(panel, "compare")
    wait_for(lambda: bool(panel.png))
    found = session.comparing.difference
    names = (found.before.plan.name, found.after.plan.name)
    assert panel.png == charts.before_after(found.before, found.after, names, 70.0).png(200)
