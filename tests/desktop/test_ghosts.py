"""Proposals on the map: shown, not in the plan; a click takes one over as one undo step."""

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest

from desktop.ghosts import Ghost
from tests.desktop import hand
from tests.desktop.plans import X, Y, small_book

ONE = Ghost("depot", X + 12e3, Y + 14e3, "候选 1", "多覆盖 120 人")
TWO = Ghost("shelter", X - 8e3, Y + 14e3)


def test_they_are_seen_and_leave_no_trace(canvas, session):
    empty = hand.image(canvas)
    session.ghosts.show([ONE, TWO])
    shown = hand.image(canvas)
    at = hand.at(canvas, ONE.x, ONE.y)
    assert (shown != empty)[at.y() - 12 : at.y() + 12, at.x() - 12 : at.x() + 12].any()
    assert session.step == 0
    session.ghosts.clear()
    assert (hand.image(canvas) == empty).all()


def test_a_click_takes_one_over_and_undo_gives_it_back(canvas, session):
    session.ghosts.show([ONE, TWO])
    at = hand.at(canvas, ONE.x, ONE.y)
    hand.move(canvas, at, button=hand.Qt.MouseButton.NoButton)
    assert canvas.ghost is ONE
    hand.image(canvas)
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, at)
    layer = session.plan.layer("储备库")
    assert len(layer) == 4
    assert (layer.geometry(4).x, layer.geometry(4).y) == (ONE.x, ONE.y)
    assert layer.row(4)["名称"] == "候选 1"
    assert layer.row(4)["状态"] == "规划"
    assert session.selection == {"储备库": (4,)}
    assert session.ghosts.items == (TWO,)
    assert session.step == 1
    session.undo()
    assert len(session.plan.layer("储备库")) == 3


def test_a_kind_without_a_layer_gets_one_in_the_same_step(canvas, session):
    session.ghosts.show([TWO])
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, hand.at(canvas, TWO.x, TWO.y))
    assert [len(x) for x in session.plan.of_kind("shelter")] == [1]
    session.undo()
    assert not session.plan.of_kind("shelter")


def test_a_drag_that_begins_on_one_does_not_take_it_over(canvas, session):
    session.ghosts.show([ONE])
    at = hand.at(canvas, ONE.x, ONE.y)
    hand.drag(canvas, at, at + QPoint(60, 40))
    assert session.step == 0
    assert session.ghosts.items == (ONE,)


def test_another_file_takes_them_away(session):
    session.ghosts.show([ONE])
    session.show_new(small_book())
    assert session.ghosts.items == ()
