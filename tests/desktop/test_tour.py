"""The five steps: bubbles beside the real widgets, blocking nothing, remembered."""

from functools import partial

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop import dialogs, tour
from desktop.panels import start
from maps.analysis.coverage import CoverageAsk
from tests.desktop.hand import sharp, spot
from tests.desktop.plans import small_book
from tests.desktop.test_panels import cut_off
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_window import settings, window  # noqa: F401 - fixtures

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shown(window):  # noqa: F811
    window.session.show_new(small_book())
    sharp(window.canvas)
    return window


def bubbles(window):  # noqa: F811
    return [b for b in window.findChildren(tour.Tour) if b.isVisible()]


def test_each_step_stands_beside_its_widget_inside_the_window(shown):
    made = tour.start(shown)
    for i, step in enumerate(tour.STEPS):
        QApplication.processEvents()
        assert made.step == i
        assert made.title.text() == step.title
        assert shown.rect().contains(made.geometry())
        target = step.widget(shown)
        assert target.isVisible()
        if target is not shown.canvas:
            box = QRect(target.mapTo(shown, QPoint()), target.size())
            assert made.geometry().adjusted(-4, -4, 4, 4).intersects(box)
            covered = made.geometry().intersected(box)
            assert covered.width() * covered.height() < 0.2 * box.width() * box.height()
        assert not cut_off(made)
        QTest.mouseClick(made.next_button, LEFT)
    assert not bubbles(shown)
    assert shown.settings.value(tour.DONE) in (True, "true")


def test_the_map_can_be_used_meanwhile_and_doing_it_goes_on(shown):
    made = tour.start(shown)
    QTest.mouseClick(made.next_button, LEFT)
    QTest.mouseClick(shown.canvas, LEFT, pos=spot(shown.canvas, "储备库", 3))
    assert shown.session.selection
    wait_for(lambda: made.step == 2)
    shown.session.compute_coverage(CoverageAsk("depot", 8000.0))
    wait_for(lambda: made.step == 3)
    made.end()
    wait_for(idle(shown.session))


def test_skipping_is_remembered_and_closing_the_plan_ends_it(shown):
    made = tour.start(shown)
    QTest.mouseClick(made.skip_button, LEFT)
    assert not bubbles(shown)
    assert shown.settings.value(tour.DONE) in (True, "true")
    shown.commands["tour"].trigger()
    assert len(bubbles(shown)) == 1
    shown.commands["tour"].trigger()
    assert len(bubbles(shown)) == 1
    shown.session.close_book()
    assert not bubbles(shown)
    assert not shown.commands["tour"].isEnabled()


def test_it_is_offered_with_the_first_example_and_never_again(window, monkeypatch):  # noqa: F811
    monkeypatch.setattr(start, "make_example", lambda name: lambda report: small_book())
    assert tour.start(window) is None
    QTest.mouseClick(window.start.examples["赤峰"], LEFT)
    wait_for(lambda: bubbles(window))
    QTest.mouseClick(bubbles(window)[0].skip_button, LEFT)
    window.show_start()
    dialogs.close_plan(window)
    wait_for(idle(window.session))
    QTest.mouseClick(window.start.examples["绥化"], LEFT)
    wait_for(lambda: window.session.plan is not None)
    wait_for(idle(window.session))
    QApplication.processEvents()
    assert not bubbles(window)


def test_it_follows_the_window_when_it_is_resized(shown):
    made = tour.start(shown)
    for _ in range(2):
        made.next()
    for width in (1100, 1300):
        shown.resize(width, 700)
        wait_for(partial(lambda: shown.rect().contains(made.geometry())))
    made.end()
