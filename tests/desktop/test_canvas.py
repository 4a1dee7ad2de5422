"""The canvas as a picture: a shifted one equals a fresh one, edits redraw only what changed."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import shapely
from PySide6.QtCore import QCoreApplication, QEvent, QPoint
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from data import edits
from data.plan import Book, Look
from desktop.canvas import Canvas
from desktop.session import Result, Session
from maps.analysis.coverage import CoverageAsk, coverage
from maps.drawing import style
from tests.desktop import hand
from tests.desktop.plans import X, Y, large_layer, small_book


@pytest.fixture
def session(qapp):
    made = Session()
    yield made
    made.jobs.wait()
    made.let_go()


@pytest.fixture
def canvas(session):
    made = Canvas(session)
    made.resize(600, 450)
    made.show()
    yield made
    made.stop()
    made.close()


def opened(canvas, book=None):
    canvas.session.show_new(book or small_book())
    hand.sharp(canvas)
    return canvas.session


def color(canvas, x, y):
    """The colour shown at a place."""
    at = hand.at(canvas, x, y)
    return f"#{int(hand.image(canvas)[at.y(), at.x()]) & 0xFFFFFF:06x}"


def test_without_a_plan_it_says_how_to_begin(canvas):
    shown = hand.image(canvas)
    assert len(np.unique(shown)) > 10  # letters
    hand.press(canvas, QPoint(300, 200))
    hand.move(canvas, QPoint(320, 220))
    hand.release(canvas, QPoint(320, 220))
    hand.wheel(canvas, QPoint(300, 200), 1)
    assert np.array_equal(hand.image(canvas), shown)


def test_a_plan_opens_as_a_whole(canvas):
    opened(canvas)
    west, south, east, north = canvas.port.bounds
    assert west < X - 20e3 < X + 20e3 < east
    assert south < Y < Y + 20e3 < north
    assert canvas.picture.wish.port.contains(canvas.port)


def test_the_picture_after_a_pan_equals_one_drawn_afresh(canvas):
    session = opened(canvas)
    for layer in session.plan:  # names are placed anew for each picture, and may move
        session.do("名称", edits.set_look(layer.name, Look(labels=False)))
    hand.sharp(canvas)
    old = canvas.picture
    canvas.show_view(canvas.port.moved(40, -25).view)
    assert canvas.picture is old
    shifted = hand.image(canvas)
    hand.sharp(canvas)
    canvas.set_theme("dark")
    hand.sharp(canvas)
    canvas.set_theme("light")
    while canvas.busy or canvas.picture.wish.theme != "light":
        QApplication.processEvents()
    assert canvas.picture is not old
    assert canvas.picture.wish.port.view == canvas.view
    assert hand.apart(hand.image(canvas), shifted).max() <= 4


def test_a_pan_finds_no_blank(canvas):
    session = opened(canvas)
    session.do("名称", edits.set_look("行政区", Look(labels=False)))
    canvas.zoom_at(4, 300, 225)
    hand.sharp(canvas)
    for _ in range(12):
        canvas.show_view(canvas.port.moved(30, 12).view)
        target = canvas.picture.wish.port
        hand.sharp(canvas)
        assert target.contains(canvas.port)


def test_an_edit_redraws_only_its_own_picture(canvas):
    session = opened(canvas)
    first = canvas.picture
    session.do("移动", edits.move_feature("储备库", 1, shapely.Point(X + 9e3, Y + 4e3)))
    hand.sharp(canvas)
    second = canvas.picture
    assert second.ground is first.ground
    assert second.lines is first.lines
    assert second.marks is not first.marks
    session.do("等级", edits.set_values("道路", [1], {"等级": "高速"}))
    hand.sharp(canvas)
    assert canvas.picture.ground is first.ground
    assert canvas.picture.marks is second.marks
    assert canvas.picture.lines is not first.lines
    ask = CoverageAsk("depot", 4000.0)
    session.add_result(Result(ask, session.plan, coverage(session.plan, ask)))
    while canvas.busy or canvas.picture.cover is None:
        QApplication.processEvents()
    assert canvas.picture.marks is second.marks


def test_hidden_filtered_and_coloured_layers(canvas):
    session = opened(canvas)
    assert color(canvas, X + 5e3, Y + 5e3) != color(canvas, X + 12e3, Y + 5e3)
    session.do("隐藏", edits.set_look("储备库", Look(visible=False)))
    session.do("隐藏", edits.set_look("人口", Look(visible=False)))
    hand.sharp(canvas)
    assert color(canvas, X + 5e3, Y + 5e3) == style.LIGHT.district
    session.do("筛选", edits.set_look("储备库", Look(filter=("级别", ("县级",)))))
    hand.sharp(canvas)
    assert color(canvas, X + 5e3, Y + 5e3) == style.LIGHT.district
    assert canvas.hit(*_pixel(canvas, X + 5e3, Y + 5e3)) is None
    assert canvas.hit(*_pixel(canvas, X - 5e3, Y + 5e3)) == ("储备库", 2)
    session.do("颜色", edits.set_look("行政区", Look(color="#123456")))
    hand.sharp(canvas)
    assert color(canvas, X + 5e3, Y + 5e3) == "#123456"


def _pixel(canvas, x, y):
    at = hand.at(canvas, x, y)
    return at.x(), at.y()


def test_coverage_owns_the_colour_and_pales_when_out_of_date(canvas):
    session = opened(canvas)
    ask = CoverageAsk("depot", 4000.0)
    session.add_result(Result(ask, session.plan, coverage(session.plan, ask)))
    while canvas.busy or canvas.picture.cover is None:
        QApplication.processEvents()
    inside = X + 7e3, Y + 4e3
    fresh = color(canvas, *inside)
    once = style.mixed(style.COVERED, style.LIGHT.district, style.COVERED_OPACITY[1])
    assert abs(int(fresh[1:], 16) - int(once[1:], 16)) & 0xFEFEFE == 0  # to a level of 255
    assert color(canvas, X + 15_050, Y + 5_050) != style.LIGHT.district  # people not reached
    session.do("移动", edits.move_feature("储备库", 2, shapely.Point(X - 9e3, Y + 4e3)))
    hand.sharp(canvas)
    pale = color(canvas, *inside)
    assert style.luminance(fresh) < style.luminance(pale) < style.luminance(style.LIGHT.district)


def test_dark_and_light_differ_and_come_back(canvas):
    opened(canvas)
    light = hand.image(canvas)
    canvas.set_theme("dark")
    while canvas.busy or canvas.picture.wish.theme != "dark":
        QApplication.processEvents()
    assert hand.image(canvas).mean() < light.mean()
    canvas.set_theme("light")
    while canvas.busy or canvas.picture.wish.theme != "light":
        QApplication.processEvents()
    assert np.array_equal(hand.image(canvas), light)


def test_fifty_thousand_places_are_dots_that_can_be_hit(canvas):
    plan = large_layer(50_000)
    opened(canvas, Book("大", (plan,)))
    layer = plan.layers[0]
    place = layer.geometry(int(layer.frame.index[1234]))
    canvas.center_on(place.x, place.y)
    canvas.zoom_by(50)
    hand.sharp(canvas)
    found = canvas.hit(*canvas.port.px(place.x, place.y))
    assert layer.geometry(found.fid).distance(place) <= 3.5 * canvas.view.mpp


def test_another_plan_and_none_at_all(canvas):
    session = opened(canvas)
    canvas.zoom_by(8)
    session.show_new(small_book())
    hand.sharp(canvas)
    assert canvas.view.mpp > 50
    session.close_book()
    QApplication.processEvents()
    assert canvas.picture is None
    hand.image(canvas)
    opened(canvas)


def test_closing_ends_the_thread_also_while_it_draws(session):
    made = Canvas(session)
    made.resize(600, 450)
    made.show()
    session.show_new(small_book())
    made.stop()
    assert not [t for t in threading.enumerate() if t.name == "canvas"]
    made.close()


def test_a_canvas_that_is_deleted_takes_its_thread_along(session):
    session.show_new(small_book())
    for _ in range(20):
        made = Canvas(session)
        made.resize(600, 450)
        made.show()
        made.deleteLater()
        QCoreApplication.sendPostedEvents(made, QEvent.Type.DeferredDelete)
        assert not isValid(made)
        assert not [t for t in threading.enumerate() if t.name == "canvas"]
    session.do("移动", edits.move_feature("储备库", 1, shapely.Point(X, Y)))


@pytest.mark.parametrize("factor", ["1", "1.5", "2"])
def test_on_dense_screens_the_pictures_are_as_dense(factor):
    script = Path(__file__).with_name("dense.py")
    done = subprocess.run(
        [sys.executable, "-m", "tests.desktop.dense", factor],
        capture_output=True,
        text=True,
        cwd=script.parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.strip() == f"{float(factor):g} sharp"
