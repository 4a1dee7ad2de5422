"""Two scenarios beside each other: the divider, the difference map, the list in the left column."""

import time

import pytest
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from data import edits, scenarios
from desktop.canvas import Canvas, reach
from desktop.comparing import DIFFERENCE
from desktop.panels.compare import ChangeTable
from desktop.session import Session
from maps.analysis.compare import compare
from maps.analysis.coverage import CoverageAsk, coverage
from tests.desktop import hand
from tests.desktop.plans import X, Y, small_book

ASK = CoverageAsk("depot", 4000.0)


@pytest.fixture
def session(qapp):
    """现状 and 方案 1 (the current one), in which the first depot is elsewhere."""
    made = Session()
    made.show_new(small_book())
    made.do_book("复制", scenarios.copy_scenario())
    made.do("移动", edits.move_feature("储备库", 1, shapely.Point(X + 14e3, Y + 5e3)))
    yield made
    made.jobs.wait()
    made.let_go()


@pytest.fixture
def canvas(session):
    made = Canvas(session)
    made.resize(800, 600)
    made.show()
    hand.sharp(made)
    yield made
    made.stop()
    made.close()


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        QApplication.processEvents()


def compared(session):
    session.compute_coverage(ASK)
    wait_for(lambda: session.coverage is not None)
    session.comparing.start("现状")
    wait_for(lambda: session.comparing.difference is not None)
    return session.comparing.difference


def settled(canvas):
    wait_for(lambda: not canvas.busy)
    hand.sharp(canvas)


def test_the_difference_is_that_of_two_answers(session):
    found = compared(session)
    first, second = session.book.plans
    wanted = compare(coverage(first, ASK), coverage(second, ASK))
    assert found.whole == wanted.whole
    assert found.by_district == wanted.by_district
    assert found.whole.gained > 0
    assert found.whole.lost > 0


def test_it_follows_an_edit_of_the_current_scenario(session):
    before = compared(session)
    session.do("移动", edits.move_feature("储备库", 1, shapely.Point(X + 5e3, Y + 5e3)))
    session.compute_coverage(ASK)
    wait_for(lambda: session.comparing.difference is not before)
    assert session.comparing.difference.whole.gained == 0
    assert session.comparing.difference.whole.lost == 0


def test_going_over_to_the_base_compares_the_other_way_round(session):
    first = compared(session)
    session.do_book("切换", scenarios.go_to(0))
    assert session.comparing.base == "方案 1"
    session.compute_coverage(ASK)
    wait_for(lambda: session.comparing.difference is not None)
    assert session.comparing.difference.whole.gained == first.whole.lost


def test_it_ends_with_its_scenario_and_with_the_file(session):
    compared(session)
    session.do_book("删除", scenarios.remove_scenario(0))
    assert session.comparing.base == ""
    session.undo()
    session.comparing.start("现状")
    session.show_new(small_book())
    assert session.comparing.base == ""


def test_left_of_the_divider_is_the_other_scenario(canvas, session):
    session.comparing.start("现状")
    settled(canvas)
    canvas.hovered = None
    old, new = hand.at(canvas, X + 5e3, Y + 5e3), hand.at(canvas, X + 14e3, Y + 5e3)
    canvas.side.shift((new.x() + 60) / canvas.width())
    left = hand.image(canvas)
    assert _blue(left, old)
    assert not _blue(left, new)
    canvas.side.shift(0.02)
    right = hand.image(canvas)
    assert not _blue(right, old)
    assert _blue(right, new)
    session.comparing.stop()
    settled(canvas)
    alone = hand.image(canvas)
    assert _blue(alone, new)
    assert not _blue(alone, old)


def _blue(image, at):
    around = image[at.y() - 5 : at.y() + 5, at.x() - 5 : at.x() + 5] & 0xFFFFFF
    return bool(((around & 0xFF) > (around >> 16) + 60).any())


def test_the_divider_is_dragged_and_esc_puts_it_back(canvas, session):
    session.comparing.start("现状")
    plan, start = session.plan, QPoint(400, 500)
    hand.drag(canvas, start, QPoint(600, 480))
    assert canvas.side.share == pytest.approx(0.75)
    hand.press(canvas, QPoint(600, 100))
    hand.move(canvas, QPoint(200, 100))
    assert canvas.side.share == pytest.approx(0.25)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    hand.release(canvas, QPoint(200, 100))
    assert canvas.side.share == pytest.approx(0.75)
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert canvas.side.share == pytest.approx(0.70)
    assert session.plan is plan


def test_what_is_only_shown_cannot_be_taken(canvas, session):
    session.comparing.start("现状")
    settled(canvas)
    depot = hand.spot(canvas, "储备库", 3)
    canvas.side.shift((depot.x() + 50) / canvas.width())
    assert canvas.hit(depot.x(), depot.y()) is None
    view, steps = canvas.view, session.step
    hand.drag(canvas, depot, depot + QPoint(30, 30))
    assert session.step == steps
    assert canvas.view != view, "the hand pans there"
    canvas.view = view
    canvas.side.shift(0.02)
    assert canvas.hit(depot.x(), depot.y()) == ("储备库", 3)


def test_the_difference_map_has_its_three_colours(canvas, session):
    found = compared(session)
    session.comparing.show(DIFFERENCE)
    settled(canvas)
    assert canvas.picture.wish.coverage is found
    cover = canvas.picture.cover.image
    port = canvas.picture.wish.port

    def pixel(x, y):
        px, py = port.px(x, y)
        return cover.pixel(round(px), round(py))

    gained, lost, both = (pixel(X + dx, Y + 5e3) for dx in (16e3, 3e3, -5e3))
    colors = [reach.argb(color, share) for color, share, _ in reach.CHANGES]
    assert [gained, lost, both] == colors
    assert pixel(X + 5e3, Y + 17e3) == 0
    session.comparing.stop()
    settled(canvas)
    assert canvas.picture.wish.coverage is session.coverage


def test_different_people_can_be_looked_at_but_not_subtracted(session):
    heard = []
    session.message.connect(heard.append)
    session.do("人口", edits.set_values("人口", [1], {"人口": 99.0}))
    session.compute_coverage(ASK)
    wait_for(lambda: session.coverage is not None)
    session.comparing.start("现状")
    wait_for(lambda: heard)
    assert "人口图层不一样" in heard[0]
    assert session.comparing.difference is None
    assert session.comparing.swiping


def test_the_table_adds_up_and_says_unknown(qapp, session):
    found = compared(session)
    table = ChangeTable()
    table.show_rows((*found.by_district, found.whole))
    model = table.model()

    def cell(row, column):
        return model.data(model.index(row, column))

    last = model.rowCount() - 1
    assert cell(last, 0) == "合计"
    for column in (1, 2):
        values = [int(cell(row, column).replace(",", "")) for row in range(last + 1)]
        assert sum(values[:-1]) == values[-1] > 0
    signed = [int(cell(row, 3).replace(",", "")) for row in range(last + 1)]
    assert sum(signed[:-1]) == signed[-1] == found.whole.net
