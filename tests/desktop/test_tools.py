"""Gestures on the map by real Qt events: one undo step, Esc puts everything back."""

import numpy as np
import pyproj
import pytest
import shapely
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from data import edits
from desktop.canvas import View
from desktop.session import Result
from maps.analysis.coverage import CoverageAsk, coverage
from tests.desktop import hand
from tests.desktop.plans import X, Y


@pytest.fixture
def covered(session):
    ask = CoverageAsk("depot", 5000.0)
    session.add_result(Result(ask, session.plan, coverage(session.plan, ask)))
    return session


def where(session, fid):
    return session.plan.layer("储备库").geometry(fid)


def key(canvas, code, modifiers=hand.NONE):
    QTest.keyClick(canvas, code, modifiers)


# --- selecting


def test_click_selects_ctrl_adds_and_takes_away_empty_ground_clears(canvas, session):
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, hand.spot(canvas, "储备库", 1))
    assert session.selection == {"储备库": (1,)}
    QTest.mouseClick(canvas, hand.LEFT, hand.CTRL, hand.spot(canvas, "储备库", 3))
    assert session.selection == {"储备库": (1, 3)}
    QTest.mouseClick(canvas, hand.LEFT, hand.CTRL, hand.spot(canvas, "储备库", 1))
    assert session.selection == {"储备库": (3,)}
    empty = hand.at(canvas, X + 15e3, Y + 15e3)
    QTest.mouseClick(canvas, hand.LEFT, hand.CTRL, empty)
    assert session.selection == {"储备库": (3,)}
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, empty)
    assert session.selection == {}
    assert session.step == 0


def test_a_box_selects_what_it_holds_and_ctrl_adds(canvas, session):
    corner, other = hand.at(canvas, X - 8e3, Y + 8e3), hand.at(canvas, X + 8e3, Y + 2e3)
    hand.drag(canvas, corner, other)
    assert session.selection == {"储备库": (1, 2)}
    hand.drag(
        canvas,
        hand.at(canvas, X - 17e3, Y + 17e3),
        hand.at(canvas, X - 13e3, Y + 13e3),
        modifiers=hand.CTRL,
    )
    assert session.selection == {"储备库": (1, 2, 3)}
    assert canvas.band is None


def test_esc_ends_a_box_without_selecting(canvas, session):
    hand.press(canvas, hand.at(canvas, X - 8e3, Y + 8e3))
    hand.move(canvas, hand.at(canvas, X + 8e3, Y + 2e3))
    assert canvas.band is not None
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.band is None
    hand.release(canvas, hand.at(canvas, X + 8e3, Y + 2e3))
    assert session.selection == {}


def test_a_double_click_opens_also_a_district(canvas, session):
    asked = []
    canvas.open_requested.connect(lambda name, fid: asked.append((name, fid)))
    QTest.mouseDClick(canvas, hand.LEFT, hand.NONE, hand.at(canvas, X + 15e3, Y + 16e3))
    assert asked == [("行政区", 1)]
    assert session.selection == {"行政区": (1,)}


def test_tab_goes_round_and_enter_opens(canvas, session):
    hand.move(canvas, hand.at(canvas, X + 5e3, Y + 6e3), Qt.MouseButton.NoButton)
    chosen = []
    for _ in range(4):
        key(canvas, Qt.Key.Key_Tab)
        chosen.append(session.selection["储备库"][0])
    assert chosen == [1, 2, 3, 1]
    key(canvas, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert session.selection == {"储备库": (3,)}
    asked = []
    canvas.open_requested.connect(lambda name, fid: asked.append((name, fid)))
    key(canvas, Qt.Key.Key_Return)
    assert asked == [("储备库", 3)]


# --- dragging


def test_a_drag_is_one_undo_step_to_the_true_place(canvas, session):
    start = hand.spot(canvas, "储备库", 1)
    before, off = where(session, 1), hand.place(canvas, start)
    end = start + QPoint(60, -33)
    news = []
    session.plan_changed.connect(lambda a, b: news.append(b))
    hand.drag(canvas, start, end, modifiers=hand.CTRL)
    there = hand.place(canvas, end)
    moved = where(session, 1)
    # The hand holds the facility where it took it: its offset to the first pixel stays.
    assert moved.x == pytest.approx(there.x + before.x - off.x, abs=1e-6)
    assert moved.y == pytest.approx(there.y + before.y - off.y, abs=1e-6)
    assert len(news) == 1
    assert session.steps[session.step].text == "移动储备库“一号库”"
    session.undo()
    assert where(session, 1).equals(before)
    assert session.step == 0


def test_two_hundred_random_drags_end_where_the_hand_let_go(canvas, session):
    rng = np.random.default_rng(12)
    for n in range(200):
        fid = int(rng.integers(1, 4))
        start = hand.spot(canvas, "储备库", fid)
        if canvas.hit(start.x(), start.y()) != ("储备库", fid):
            continue
        off = hand.held(canvas, "储备库", fid, start)
        end = QPoint(int(rng.integers(40, 760)), int(rng.integers(40, 560)))
        if (end - start).manhattanLength() < 12:
            continue
        hand.drag(canvas, start, end, modifiers=hand.CTRL, steps=2)
        there = hand.place(canvas, end)
        moved = where(session, fid)
        assert (moved.x, moved.y) == pytest.approx((there.x + off[0], there.y + off[1]), abs=1e-6)
        if n % 50 == 49:
            hand.sharp(canvas)


def test_nothing_enters_the_plan_before_the_hand_lets_go_and_esc_puts_it_back(canvas, covered):
    heard = []
    covered.live_changed.connect(heard.append)
    plan = covered.plan
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(50, 20))
    assert canvas.drag is not None
    assert covered.plan is plan
    live = heard[-1]
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.drag is None
    assert heard[-1] is None
    hand.release(canvas, start + QPoint(50, 20))
    assert covered.plan is plan
    assert live.people_covered != covered.coverage.whole.people_covered


def test_the_live_numbers_at_the_end_are_those_of_the_released_plan(canvas, covered):
    heard = []
    covered.live_changed.connect(heard.append)
    start = hand.spot(canvas, "储备库", 1)
    hand.drag(canvas, start, start + QPoint(-40, -70), modifiers=hand.CTRL)
    numbers = [n for n in heard if n is not None][-1]
    again = coverage(covered.plan, covered.result.ask)
    assert numbers.people_covered == again.whole.people_covered
    assert numbers.share == again.whole.share
    assert heard[-1] is None


def test_the_reached_area_follows_the_hand(canvas, covered):
    hand.sharp(canvas)
    start = hand.spot(canvas, "储备库", 1)
    end = start + QPoint(120, -40)
    still = hand.image(canvas)
    hand.press(canvas, start)
    hand.move(canvas, end, modifiers=hand.CTRL)
    moved = hand.image(canvas)
    behind = end + QPoint(-60, -30)  # inside the new disc, outside the old one
    assert moved[behind.y(), behind.x()] != still[behind.y(), behind.x()]
    key(canvas, Qt.Key.Key_Escape)
    hand.sharp(canvas)
    hand.release(canvas, end)
    canvas.hovered = None
    covered.select_all({})
    assert np.array_equal(hand.image(canvas), still)


def test_it_snaps_to_the_road_unless_ctrl_is_held(canvas, session):
    start = hand.spot(canvas, "储备库", 1)
    road = hand.at(canvas, X + 5e3, Y + 10e3)
    hand.drag(canvas, start, road + QPoint(30, 6))
    assert where(session, 1).y == pytest.approx(Y + 10e3, abs=1e-6)
    session.undo()
    hand.drag(canvas, start, road + QPoint(30, 6), modifiers=hand.CTRL)
    assert abs(where(session, 1).y - (Y + 10e3)) > canvas.view.mpp


def test_a_symbol_drawn_beside_its_place_is_dropped_where_the_hand_is(canvas, session):
    corner = canvas.port.world(200, 450)
    for fid in (1, 2, 3):
        session.do("移动", edits.move_feature("储备库", fid, shapely.Point(*corner)))
    hand.sharp(canvas)
    spots = {fid: hand.spot(canvas, "储备库", fid) for fid in (1, 2, 3)}
    moved = next(fid for fid, at in spots.items() if at != QPoint(200, 450))
    before = where(session, moved)
    hand.press(canvas, spots[moved])
    hand.move(canvas, spots[moved] + QPoint(90, -120), modifiers=hand.CTRL)
    assert where(session, moved).equals(before)
    shown = canvas.port.px(*canvas.drag.at)
    assert shown == pytest.approx((spots[moved].x() + 90, spots[moved].y() - 120), abs=1)
    hand.image(canvas)
    hand.release(canvas, spots[moved] + QPoint(90, -120), modifiers=hand.CTRL)
    assert canvas.port.px(*where(session, moved).coords[0]) == pytest.approx(shown)


def test_undo_during_a_drag_gives_it_up(canvas, session):
    session.do("移动", edits.move_feature("储备库", 1, shapely.Point(X + 8e3, Y + 6e3)))
    hand.sharp(canvas)
    heard = []
    canvas.message.connect(heard.append)
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(50, 20))
    session.undo()
    assert canvas.drag is None
    assert heard == ["规划有了改动,拖动已取消。"]
    hand.move(canvas, start + QPoint(70, 20))
    hand.release(canvas, start + QPoint(70, 20))
    assert where(session, 1).equals(shapely.Point(X + 5e3, Y + 5e3))
    assert session.step == 0


def test_another_layers_edit_does_not_disturb_a_drag(canvas, session):
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(50, 20), modifiers=hand.CTRL)
    session.do("改名", edits.set_values("道路", [1], {"名称": "二号路"}))
    assert canvas.drag is not None
    hand.release(canvas, start + QPoint(50, 20), modifiers=hand.CTRL)
    assert session.step == 2


def test_roads_and_districts_are_not_dragged(canvas, session):
    plan = session.plan
    start = hand.at(canvas, X + 12e3, Y + 10e3)
    hand.drag(canvas, start, start + QPoint(50, 40))
    assert session.plan is plan


def test_alt_and_arrows_shift_by_pixels_as_one_step(canvas, session):
    session.select("储备库", [1])
    before, mpp = where(session, 1), canvas.view.mpp
    alt, shift = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
    QTest.keyPress(canvas, Qt.Key.Key_Alt)
    for _ in range(3):
        hand.key(canvas, Qt.Key.Key_Right, alt)
    hand.key(canvas, Qt.Key.Key_Up, alt | shift)
    assert where(session, 1).equals(before)
    QTest.keyRelease(canvas, Qt.Key.Key_Alt)
    after = where(session, 1)
    assert (after.x - before.x, after.y - before.y) == pytest.approx((3 * mpp, 10 * mpp))
    assert session.step == 1
    QTest.keyPress(canvas, Qt.Key.Key_Alt)
    hand.key(canvas, Qt.Key.Key_Left, alt)
    key(canvas, Qt.Key.Key_Escape)
    QTest.keyRelease(canvas, Qt.Key.Key_Alt)
    assert session.step == 1


# --- adding


def test_add_asks_for_a_place_snapped_to_the_road(canvas, session):
    asked, tools = [], []
    canvas.place_requested.connect(lambda *what: asked.append(what))
    canvas.tool_changed.connect(tools.append)
    canvas.set_tool("add:shelter")
    free = hand.at(canvas, X + 12e3, Y + 4e3)
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, free)
    there = hand.place(canvas, free)
    assert asked == [("shelter", pytest.approx(there.x), pytest.approx(there.y))]
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, hand.at(canvas, X, Y + 10e3) + QPoint(3, 5))
    assert asked[1][2] == pytest.approx(Y + 10e3)
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.tool == "select"
    assert tools == ["add:shelter", "select"]
    assert session.step == 0


# --- measuring


@pytest.mark.parametrize("ending", ["double", "enter"])
def test_distance_against_the_geodesic(canvas, ending):
    heard = []
    canvas.message.connect(heard.append)
    canvas.set_tool("measure_distance")
    corners = [QPoint(100, 100), QPoint(420, 180), QPoint(640, 500)]
    for corner in corners:
        QTest.mouseClick(canvas, hand.LEFT, hand.NONE, corner)
        hand.move(canvas, corner + QPoint(9, 9), Qt.MouseButton.NoButton)
    hand.move(canvas, corners[-1], Qt.MouseButton.NoButton)
    if ending == "double":
        QTest.mouseDClick(canvas, hand.LEFT, hand.NONE, corners[-1])
    else:
        key(canvas, Qt.Key.Key_Return)
    degrees = [canvas.ruler.to_lonlat(*canvas.port.world(c.x(), c.y())) for c in corners]
    true = pyproj.Geod(ellps="GRS80").line_length(*np.array(degrees).T)
    assert canvas.measuring.metres == pytest.approx(true, rel=2e-5)
    assert heard == [canvas.measuring.text]
    assert not canvas.in_gesture
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.measuring is None


def test_esc_leaves_a_measurement(canvas, session):
    canvas.set_tool("measure_area")
    for corner in (QPoint(100, 100), QPoint(300, 100), QPoint(300, 300)):
        QTest.mouseClick(canvas, hand.LEFT, hand.NONE, corner)
    assert canvas.measuring.km2 == pytest.approx((200 * canvas.view.mpp / 1000) ** 2 / 2, rel=1e-3)
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.measuring is None
    assert canvas.tool == "measure_area"
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.tool == "select"


# --- moving about


def test_the_wheel_keeps_the_place_under_the_cursor(canvas):
    where = QPoint(613, 77)
    said = []
    canvas.view_changed.connect(said.append)
    for notches in (1, 3, -2, 0.3, -5):
        before, mpp = hand.place(canvas, where), canvas.view.mpp
        hand.wheel(canvas, where, notches)
        assert hand.place(canvas, where).distance(before) < 1e-6 * canvas.view.mpp + 1e-6
        assert mpp / canvas.view.mpp == pytest.approx(1.25**notches)
    assert said[-1] == pytest.approx(canvas.denominator)


@pytest.mark.parametrize("how", ["middle", "space", "tool"])
def test_a_pan_moves_the_place_with_the_hand_and_esc_brings_it_back(canvas, how):
    start, end = QPoint(300, 300), QPoint(377, 241)
    held = hand.place(canvas, start)
    first = canvas.view
    button = Qt.MouseButton.MiddleButton if how == "middle" else hand.LEFT
    if how == "space":
        QTest.keyPress(canvas, Qt.Key.Key_Space)
    if how == "tool":
        canvas.set_tool("pan")
    hand.drag(canvas, start, end, button=button)
    assert hand.place(canvas, end).distance(held) < 1e-6
    assert canvas.session.selection == {}
    second = canvas.view
    hand.press(canvas, start, button)
    hand.move(canvas, end, button)
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.view == second
    hand.release(canvas, end, button)
    canvas.view = first
    assert canvas.view == first


def test_keys_pan_zoom_and_show_everything(canvas):
    first = canvas.view
    key(canvas, Qt.Key.Key_Right)
    assert canvas.view == View(first.x + 64 * first.mpp, first.y, first.mpp)
    key(canvas, Qt.Key.Key_Down)
    assert canvas.view.y == first.y - 64 * first.mpp
    key(canvas, Qt.Key.Key_Plus)
    assert canvas.view.mpp == pytest.approx(first.mpp / 1.5)
    key(canvas, Qt.Key.Key_Minus)
    key(canvas, Qt.Key.Key_Home)
    assert canvas.view == first


def test_zoom_to_the_selection_shows_it_in_the_middle(canvas, session):
    session.select("储备库", [1, 2])
    canvas.zoom_selection()
    assert canvas.port.px(X, Y + 5e3) == pytest.approx((400, 300))
    assert canvas.view.mpp < 20


def test_resizing_keeps_the_middle(canvas):
    middle = canvas.view
    canvas.resize(1000, 500)
    assert canvas.view == middle
    assert canvas.port.px(middle.x, middle.y) == (500, 250)


def test_the_cursor_is_told_in_metres_and_degrees(canvas):
    said = []
    canvas.cursor_moved.connect(lambda *what: said.append(what))
    hand.move(canvas, QPoint(400, 300), Qt.MouseButton.NoButton)
    x, y, lon, lat = said[-1]
    assert (x, y) == pytest.approx(canvas.port.world(400, 300))
    back = pyproj.Transformer.from_crs("EPSG:4490", canvas.plan.crs, always_xy=True)
    assert back.transform(lon, lat) == pytest.approx((x, y), abs=1e-3)


def test_an_unknown_tool_is_a_bug(canvas):
    with pytest.raises(ValueError, match="hammer"):
        canvas.set_tool("hammer")


def test_a_pan_in_the_middle_of_measuring_does_not_end_it(canvas):
    canvas.set_tool("measure_distance")
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, QPoint(100, 100))
    held = hand.place(canvas, QPoint(300, 300))
    hand.drag(canvas, QPoint(300, 300), QPoint(350, 280), button=Qt.MouseButton.MiddleButton)
    assert hand.place(canvas, QPoint(350, 280)).distance(held) < 1e-6
    QTest.mouseClick(canvas, hand.LEFT, hand.NONE, QPoint(500, 100))
    assert len(canvas.measuring.corners) == 2
    assert canvas.in_gesture
    canvas.set_tool("select")
    assert not canvas.in_gesture
    assert canvas.measuring is None


def test_the_middle_button_does_not_disturb_a_drag(canvas, session):
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(50, 20))
    hand.press(canvas, start + QPoint(50, 20), Qt.MouseButton.MiddleButton)
    assert canvas.drag is not None


def test_adding_shows_where_it_would_snap(canvas):
    canvas.set_tool("add:shelter")
    hand.move(canvas, hand.at(canvas, X, Y + 10e3) + QPoint(3, 5), Qt.MouseButton.NoButton)
    assert canvas.placing.at[1] == pytest.approx(Y + 10e3)
    assert canvas.placing.snap.name == "一号路"
    hand.image(canvas)
    canvas.set_tool("select")
    assert canvas.placing is None


def test_a_drag_begun_before_the_live_numbers_are_ready(canvas, covered, monkeypatch):
    asked, real = [], covered.live_at

    def late(*what):
        asked.append(what)
        return real(*what) if len(asked) > 3 else None

    monkeypatch.setattr(covered, "live_at", late)
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    for step in range(8, 80, 8):
        hand.move(canvas, start + QPoint(step, 0), modifiers=hand.CTRL)
        hand.image(canvas)
    assert canvas.drag.numbers is not None
    key(canvas, Qt.Key.Key_Escape)


def test_two_fingers_zoom_around_the_place_between_them(canvas):
    where = QPointF(210, 333)
    before, mpp = canvas.port.world(where.x(), where.y()), canvas.view.mpp
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        where,
        where,
        QPointF(canvas.mapToGlobal(where.toPoint())),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(canvas, pinch)
    assert canvas.view.mpp == pytest.approx(mpp / np.exp(0.25))
    assert canvas.port.world(where.x(), where.y()) == pytest.approx(before, abs=1e-4)
