"""Coverage by travel time in the window: the cells on the map, the panel, and under the hand."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from data.plan import Plan
from desktop.canvas import cells, reach
from desktop.canvas.view import Port, View
from desktop.panels.traveltime import TravelFields, time_basis, time_words
from desktop.session import Result
from maps.analysis.network.ground import ground
from maps.analysis.network.live import LiveTime
from maps.analysis.timecover import TimeAsk, timecover
from tests.desktop import hand
from tests.desktop.plans import X, Y, small_plan

ASK = TimeAsk("depot", 30.0)


@pytest.fixture(scope="module")
def answer():
    return timecover(small_plan(), ASK)


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        QApplication.processEvents()


@pytest.mark.parametrize("mpp", [11.0, 97.0, 640.0])
def test_each_pixel_shows_the_cell_under_it(answer, mpp):
    here = Port(View(X - 4e3, Y + 9e3, mpp), 210.0, 160.0)
    grid = ground(answer.demand)
    counts = cells.Sampled(answer, here, 210, 160).values(cells.reached(answer))
    by_place = {
        (int(r), int(c)): int(n)
        for r, c, n in zip(grid.row, grid.column, cells.reached(answer), strict=True)
    }
    rng = np.random.default_rng(2)
    for px, py in zip(rng.integers(0, 210, 500), rng.integers(0, 160, 500), strict=True):
        x, y = here.world(px + 0.5, py + 0.5)
        cell = (
            int(np.floor((grid.north - y) / grid.cell)),
            int(np.floor((x - grid.west) / grid.cell)),
        )
        assert counts[py, px] == by_place.get(cell, 0)
    assert counts.max() > 0


def test_the_cells_hold_the_area_the_numbers_say(answer):
    grid = ground(answer.demand)
    assert grid.km2[cells.reached(answer) > 0].sum() == pytest.approx(
        answer.whole.area_km2_covered, rel=1e-9
    )


def test_a_dragged_facility_gives_the_picture_drawn_afresh(answer):
    here = Port(View(X, Y + 10e3, 120.0), 340.0, 200.0)
    sampled = cells.Sampled(answer, here, 340, 200)
    counts = sampled.values(cells.reached(answer))
    nobody = np.zeros_like(counts)
    keys = reach.still(counts, nobody.astype(bool), nobody)
    live = LiveTime(answer.plan, ASK, "储备库", 1)
    first = live.at(X + 5e3, Y + 5e3)
    began = np.zeros(len(first.others), dtype=np.uint8)
    began[first.began] = 1
    mine, others = sampled.values(began), sampled.values(first.others)
    out, fresh = (np.empty(counts.shape, np.uint32) for _ in "ab")
    moving = reach.Moving.reached(keys, others, mine, out)
    moving.at(sampled.stamp(first.cells))
    reach.colored(keys, fresh)
    assert np.array_equal(out, fresh)
    seen = set()
    for place in ((X + 12e3, Y + 9e3), (X + 17e3, Y + 16e3)):
        numbers = live.at(*place)
        moving.at(sampled.stamp(numbers.cells))
        now = np.zeros(len(first.others), dtype=np.uint8)
        now[numbers.cells] = 1
        here_now = sampled.values(now)
        after = np.minimum(others + here_now, 3)
        reach.colored(reach.still(after, nobody.astype(bool), nobody), fresh)
        gained = (others == 0) & (here_now > 0) & (mine == 0)
        lost = (after == 0) & (counts > 0)
        seen |= {"gained"} if gained.any() else set()
        seen |= {"lost"} if lost.any() else set()
        assert np.array_equal(out[~gained & ~lost], fresh[~gained & ~lost])
        assert (out[gained] != fresh[gained]).all()
        assert (out[lost] != fresh[lost]).all()
    assert seen == {"gained", "lost"}
    moving.at(sampled.stamp(live.at(X + 900e3, Y).cells))


def test_a_drag_by_road_follows_the_hand_and_its_end_is_the_answer(canvas, session):
    session.compute_coverage(ASK)
    wait_for(lambda: session.coverage is not None)
    wait_for(lambda: canvas.picture.cover is not None and not canvas.busy)
    heard = []
    session.live_changed.connect(heard.append)
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(30, -40), modifiers=hand.CTRL)
    wait_for(lambda: canvas.drag.numbers is not None)
    hand.move(canvas, start + QPoint(60, -80), modifiers=hand.CTRL)
    shown = hand.image(canvas)
    hand.move(canvas, start + QPoint(90, -60), modifiers=hand.CTRL)
    assert (hand.image(canvas) != shown).any()
    hand.release(canvas, start + QPoint(90, -60), modifiers=hand.CTRL)
    last = [n for n in heard if n is not None][-1]
    wait_for(lambda: not session.is_stale(session.result))
    assert session.coverage.whole == last.whole
    assert session.coverage.by_district == last.by_district
    assert session.step == 1


def test_esc_while_a_drag_is_still_being_prepared(canvas, session):
    session.add_result(Result(ASK, session.plan, timecover(session.plan, ASK)))
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(30, -40), modifiers=hand.CTRL)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    hand.release(canvas, start + QPoint(30, -40), modifiers=hand.CTRL)
    wait_for(lambda: not session.jobs.running)
    assert canvas.drag is None
    assert session.step == 0
    assert not session.is_stale(session.result)


def test_a_changed_road_makes_an_answer_by_road_out_of_date(session):
    from data import edits

    result = Result(ASK, session.plan, timecover(session.plan, ASK))
    session.add_result(result)
    session.do("等级", edits.set_values("道路", [1], {"等级": "村道"}))
    assert session.is_stale(result)
    session.undo()
    assert not session.is_stale(result)


def test_without_districts_nothing_is_drawn_and_nothing_breaks():
    plan = Plan("现状", small_plan().crs, tuple(x for x in small_plan() if x.name != "行政区"))
    found = timecover(plan, ASK)
    here = Port(View(X, Y + 10e3, 120.0), 100.0, 80.0)
    sampled = cells.Sampled(found, here, 100, 80)
    assert not sampled.values(cells.reached(found)).any()
    assert sampled.stamp(np.zeros(0, np.int64)) is None


# --- the question about minutes


@pytest.fixture
def fields(qapp):
    bad = QLabel()
    made = TravelFields(lambda: None, bad)
    made.show_kind("depot")
    yield made, bad
    made.deleteLater()
    bad.deleteLater()


def test_the_fields_ask_what_they_show(fields):
    made, bad = fields
    made.limit.setText("45")
    made.ready.setText("5")
    made.weather.setCurrentText("雪")
    ask = made.ask("depot", "network", ("市级",), "现状")
    assert (ask.of, ask.minutes, ask.weather, ask.vehicle) == ("depot", 45.0, "雪", "救援车辆")
    assert (ask.classes, ask.status, dict(ask.ready_minutes)) == (("市级",), "现状", {"": 5.0})
    assert not bad.text()
    assert (
        time_words(ask, "只算现状")
        == "储备库 · 路网行车时间 45 分钟 · 只算市级 · 救援车辆 · 雪 · 准备 5 分钟 · 只算现状"
    )


@pytest.mark.parametrize(
    ("limit", "ready", "sentence"),
    [
        ("", "0", "“时限”不能为空。"),
        ("0", "0", "“时限”要大于 0 分钟。"),
        ("一小时", "0", "时限"),
        ("30", "-3", "准备时间"),
        ("99999999", "0", "时限"),
    ],
)
def test_a_wrong_number_is_said_beneath(fields, limit, ready, sentence):
    made, bad = fields
    made.limit.setText(limit)
    made.ready.setText(ready)
    assert made.ask("depot", "network", (), "全部") is None
    assert sentence in bad.text()


def test_each_kind_keeps_its_own_minutes(fields):
    made, _ = fields
    made.limit.setText("77")
    made.show_kind("fire_station")
    assert made.vehicle.currentText() == "消防车"
    assert made.limit.text() == "15"
    assert "接警出动" in made.ready.toolTip()
    assert "待核实" in made.ready.toolTip()
    made.show_kind("depot")
    assert made.limit.text() == "77"


def test_a_straight_line_is_never_called_travel_time(answer):
    straight = timecover(small_plan(), TimeAsk("depot", 30.0, measure="detour"))
    for words in (time_words(straight.ask, "全部"), time_basis(straight)):
        assert "行车时间" not in words.replace("不是行车时间", "")
    assert "估算" in time_words(straight.ask, "全部")
    assert "估算" in time_basis(straight)
    assert "路网行车时间" in time_words(answer.ask, "全部")
    assert "人口格网·示意" in time_basis(answer)
