"""What-if against single answers; dragging against a full recomputation at every place."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from data.edits import move_feature
from data.refused import Refused
from maps.analysis.network.live import LiveTime
from maps.analysis.network.whatif import Change, band, whatif
from maps.analysis.timecover import TimeAsk, timecover
from tests.maps.network.test_timecover import ASK, at, county, points, usual_county
from tests.maps.network.towns import EAST, NORTH

SNOW = Change("大雪", weather="雪")


def test_scenarios_are_answers_of_their_own_with_a_band() -> None:
    plan = usual_county()
    shut = Change("国道封闭", closed=frozenset([("道路", 3), ("道路", 5)]))
    result = whatif(plan, ASK, (SNOW, shut))
    assert result.base.whole == timecover(plan, ASK).whole
    snow, closed = result.outcomes
    assert snow.answer.whole == timecover(plan, replace(ASK, weather="雪")).whole
    assert closed.answer.whole == timecover(plan, replace(ASK, closed=shut.closed)).whole
    low, high = band(snow.slow.whole, snow.fast.whole)
    assert low <= snow.answer.whole.share <= high <= result.base.whole.share
    assert low < high
    assert band(closed.slow.whole, closed.fast.whole) == (closed.answer.whole.share,) * 2


def test_lost_people_and_later_minutes() -> None:
    plan = usual_county()
    result = whatif(plan, ASK, (SNOW,))
    base, snow = result.base, result.outcomes[0]
    assert snow.gained == 0
    assert snow.lost == base.whole.people_covered - snow.answer.whole.people_covered > 0
    there = np.isfinite(base.minutes[0])
    np.testing.assert_allclose(snow.later[there], base.minutes[0][there] * (1 / 0.65 - 1))


def test_behind_a_closed_road_one_goes_on_over_open_country() -> None:
    lane = [
        {"geometry": shapely.LineString([at(0, 5000), at(5000, 5000)]), "等级": "国道"},
        {"geometry": shapely.LineString([at(5000, 5000), at(10_000, 5000)]), "等级": "国道"},
    ]
    station = [{"名称": "站", "状态": "现状", "geometry": at(1000, 5000)}]
    plan = county(lane).with_layer(points("fire_station", "消防站", station))
    cut = whatif(plan, ASK, (Change("断", closed=frozenset([("道路", 2)])),)).outcomes[0]
    past = cut.answer.demand.nearby.x - EAST - 5000
    more = np.maximum(past, 0) * (1.3 * 3.6 / 20 - 3.6 / 80) / 60
    np.testing.assert_allclose(cut.later, more, rtol=1e-3, atol=1e-6)
    assert (cut.gained, cut.lost > 0) == (0, True)
    with pytest.raises(Refused, match="至少给一个情景"):
        whatif(plan, ASK, ())


@pytest.mark.parametrize(
    "ask",
    [
        ASK,
        replace(ASK, ready_minutes={"": 1.0}, weather="雪", minutes=12.0),
        replace(ASK, inbound=True),
        replace(ASK, closed=frozenset([("道路", 2), ("道路", 9)])),
        replace(ASK, measure="detour"),
    ],
)
def test_dragging_gives_the_numbers_of_a_full_answer(ask: TimeAsk) -> None:
    plan = usual_county()
    live = LiveTime(plan, ask, "消防站", 2)
    before = timecover(plan, ask)
    rng = np.random.default_rng(0)
    for x, y in rng.uniform(0, 10_000, (12, 2)):
        spot = at(x, y)
        there = timecover(move_feature("消防站", 2, spot)(plan), ask)
        numbers = live.at(spot.x, spot.y)
        assert numbers.whole == there.whole
        assert numbers.by_district == there.by_district
        was, now = before.minutes[0] <= ask.minutes, there.minutes[0] <= ask.minutes
        assert set(numbers.gained) == set(np.flatnonzero(now & ~was))
        assert set(numbers.lost) == set(np.flatnonzero(was & ~now))


def test_a_facility_that_does_not_count_changes_nothing() -> None:
    plan = usual_county()
    ask = replace(ASK, classes=("一级站",))
    live = LiveTime(plan, ask, "消防站", 1)
    assert not live.counts
    assert live.at(EAST, NORTH).whole == timecover(plan, ask).whole


def test_the_only_facility() -> None:
    plan = usual_county()
    ask = replace(ASK, only=frozenset([("消防站", 2)]))
    live = LiveTime(plan, ask, "消防站", 2)
    start = plan.layer("消防站").geometry(2)
    assert live.at(start.x, start.y).whole == timecover(plan, ask).whole


def test_across_country_does_not_follow_the_hand() -> None:
    with pytest.raises(Refused, match="松手后"):
        LiveTime(usual_county(), replace(ASK, measure="friction"), "消防站", 2)
