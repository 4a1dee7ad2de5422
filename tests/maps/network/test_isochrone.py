"""Areas reached in time: no vertex lies too far, nothing reached is left out, bands add up."""

import time
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import shapely
from shapely.ops import substring

from data.geodesy import Ruler
from data.refused import Refused
from maps.analysis.demand import demand
from maps.analysis.network.contour import outline
from maps.analysis.network.graph import network_of
from maps.analysis.network.isochrone import (
    HALF_WIDTH,
    Isochrones,
    isochrones,
    side_by_side,
    stretches,
)
from maps.analysis.network.timers import ByRoad
from maps.analysis.timecover import TimeAsk, facilities_of, timecover, timer_of
from tests.maps.network.test_timecover import at, county, points, usual_county
from tests.maps.network.towns import CRS, EAST, NORTH, line, roads_plan

LIMITS = (3.0, 6.0, 12.0)
ASK = TimeAsk("fire_station", 1.0, vehicle="救援车辆")


@cache
def answer(measure: str = "network", each: bool = False) -> Isochrones:
    return isochrones(usual_county(), replace(ASK, measure=measure), LIMITS, each=each)


def any_road_seconds(timer: ByRoad, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Seconds by whichever road is best to walk to, not the nearest: every edge is tried."""
    costs = timer.found.costs
    network = costs.network
    spots = shapely.points(x, y)
    best = np.full(len(x), np.inf)
    for e, shape in enumerate(network.shapes):
        along = shapely.line_locate_point(shape, spots)
        foot = shapely.get_coordinates(shapely.line_interpolate_point(shape, along))
        fraction = along / network.drawn[e]
        fraction = np.where(fraction > 1 - 1e-9, 1.0, np.where(fraction < 1e-9, 0.0, fraction))
        seconds = timer.found.at(np.full(len(x), e), fraction)[0][0]
        gap = network.ruler.distance(x, y, *foot.T)
        best = np.minimum(best, seconds + costs.profile.offroad.seconds(gap))
    return best


def test_no_vertex_lies_beyond_the_limit() -> None:
    plan = usual_county()
    timer = timer_of(plan, ASK, facilities_of(plan, ASK), demand(plan), ranks=1)
    slack = float(timer.found.costs.profile.offroad.seconds(np.array([HALF_WIDTH]))[0])
    for band in answer().bands:
        xy = shapely.get_coordinates(band.shape)
        seconds = any_road_seconds(timer, xy[:, 0], xy[:, 1])
        assert len(xy) > 50
        assert seconds.max() <= band.minutes * 60 + 1.01 * slack


def test_places_inside_are_reached_and_outside_are_not_up_to_a_cell() -> None:
    plan = usual_county()
    timer = timer_of(plan, ASK, facilities_of(plan, ASK), demand(plan), ranks=1)
    rng = np.random.default_rng(1)
    x, y = EAST + rng.uniform(0, 10_000, 4000), NORTH + rng.uniform(0, 10_000, 4000)
    seconds = timer.first(x, y)
    for band in answer().bands:
        inside = shapely.contains_xy(band.shape, x, y)
        away = shapely.distance(shapely.boundary(band.shape), shapely.points(x, y)) > 150
        wrong = (inside != (seconds <= band.minutes * 60)) & away
        # A strip of another road's slower land narrower than a cell may be drawn over.
        assert wrong.mean() < 0.01
        assert (inside & away).any()


def test_stretches_are_those_of_shapely() -> None:
    rng = np.random.default_rng(5)
    rows = [
        {"geometry": line(*rng.uniform(0, 5000, (k, 2))), "等级": "县道"}
        for k in rng.integers(2, 9, 40)
    ]
    network = network_of(roads_plan(*rows))
    edge = rng.integers(0, network.edges, 300)
    low, high = np.sort(rng.uniform(0, 1, (2, 300)), axis=0)
    low[:40], high[20:60] = 0.0, 1.0
    low[60:70] = high[60:70]
    got = stretches(network, edge, low, high)
    for e, a, b, part in zip(edge, low, high, got, strict=True):
        wanted = substring(network.shapes[e], a, b, normalized=True)
        assert part.geom_type == wanted.geom_type
        assert part.hausdorff_distance(wanted) < 1e-6
        assert part.length == pytest.approx(wanted.length, abs=1e-6)
        assert shapely.Point(part.coords[0]).distance(shapely.Point(wanted.coords[0])) < 1e-6


def test_an_area_ends_in_the_middle_of_an_edge() -> None:
    lane = [{"geometry": shapely.LineString([at(0, 5000), at(10_000, 5000)]), "等级": "国道"}]
    station = [{"名称": "站", "状态": "现状", "geometry": at(2000, 5000)}]
    plan = county(lane).with_layer(points("fire_station", "消防站", station))
    band = isochrones(plan, ASK, [3.0]).bands[0]
    west, _, east, north = band.shape.bounds
    assert east == pytest.approx(EAST + 2000 + 4000, abs=2)
    wide = 3 * 60 / (1.3 * 3.6 / 20)
    assert EAST - west == pytest.approx(wide / 2, rel=0.02)  # beyond the road's end, off the road
    assert north - NORTH - 5000 == pytest.approx(wide, rel=0.1)
    assert north - NORTH - 5000 <= wide * 1.0001


def test_a_one_way_road_is_reached_in_its_direction_only() -> None:
    lane = [
        {
            "geometry": shapely.LineString([at(0, 5000), at(10_000, 5000)]),
            "等级": "国道",
            "单行": "是",
        }
    ]
    station = [{"名称": "站", "状态": "现状", "geometry": at(5000, 5000)}]
    plan = county(lane).with_layer(points("fire_station", "消防站", station))
    shape = isochrones(plan, ASK, [3.0]).bands[0].shape
    assert shape.contains(at(8900, 5000))
    assert not shape.intersects(at(4990, 5000))


def test_bands_are_nested_and_add_up() -> None:
    result = answer()
    ruler = Ruler(CRS)
    cover = timecover(usual_county(), replace(ASK, minutes=12.0))
    total = 0.0
    for small, large in zip(result.bands[:-1], result.bands[1:], strict=True):
        assert small.shape.difference(large.shape).area < 1e-6
        assert large.people > small.people
    for band in result.bands:
        total += band.ring_people
        assert band.people == pytest.approx(total)
        assert band.area_km2 == pytest.approx(ruler.area(band.shape))
        assert band.ring_km2 == pytest.approx(ruler.area(band.ring), abs=1e-6)
    assert result.bands[-1].people == cover.whole.people_covered


def test_each_facility_alone_lies_in_the_whole() -> None:
    together = {b.minutes: b for b in answer().bands}
    alone = answer(each=True).bands
    assert len(alone) == 5 * len(LIMITS)
    for band in alone:
        whole = together[band.minutes]
        assert band.people <= whole.people
        assert band.shape.difference(whole.shape.buffer(100)).area < 0.01 * whole.shape.area


def test_estimated_areas_are_discs() -> None:
    ruler = Ruler(CRS)
    for band in answer("detour", each=True).bands:
        radius = band.minutes * 60 / (1.3 * 3.6 / 60)
        assert ruler.area(band.shape) == pytest.approx(np.pi * radius**2 / 1e6, rel=1e-3)


def test_across_country_reaches_more_than_the_road_alone() -> None:
    crossing = replace(ASK, measure="friction")
    road, land = answer().bands[-1], isochrones(usual_county(), crossing, LIMITS[-1:]).bands[0]
    assert land.people >= road.people
    assert land.area_km2 > 0


def test_holes_and_islands_of_an_outline() -> None:
    def ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        r = np.hypot(x, y)
        return (r < 2) | ((r > 4) & (r < 8))

    shape = outline(ring, (-10, -10, 10, 10), 0.25)
    assert shape.geom_type == "MultiPolygon"
    assert sorted(len(p.interiors) for p in shape.geoms) == [0, 1]
    assert shape.area == pytest.approx(np.pi * (4 + 64 - 16), rel=0.01)
    xy = shapely.get_coordinates(shape)
    assert ring(xy[:, 0], xy[:, 1]).all()
    full = outline(lambda x, y: np.ones(len(x), bool), (0, 0, 10, 5), 1.0)
    assert full.contains(shapely.box(0.01, 0.01, 9.99, 4.99))
    assert outline(lambda x, y: np.zeros(len(x), bool), (0, 0, 9, 9), 1.0).is_empty


@pytest.mark.parametrize("seed", range(5))
def test_any_outline_is_valid(seed: int) -> None:
    noise = np.random.default_rng(seed).random((14, 14)) > 0.5

    def patchy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return noise[np.clip(y.astype(int), 0, 13), np.clip(x.astype(int), 0, 13)]

    shape = outline(patchy, (0, 0, 13.0, 13.0), 1.0)
    assert shapely.is_valid(shape)
    xy = shapely.get_coordinates(shape)
    assert patchy(xy[:, 0], xy[:, 1]).all()


def test_areas_drawn_side_by_side_come_in_order_and_stop_when_cancelled() -> None:
    begun: list[int] = []

    def draw(i: int) -> int:
        begun.append(i)
        time.sleep(0.002 * (i % 3))
        return i * i

    assert list(side_by_side(draw, 30)) == [i * i for i in range(30)]
    assert sorted(begun) == list(range(30))
    begun.clear()
    drawings = side_by_side(draw, 3000)
    assert next(drawings) == 0
    drawings.close()
    assert len(begun) < 100


def test_the_isochrones_of_each_are_those_of_each_alone() -> None:
    plan = usual_county()
    together = isochrones(plan, ASK, LIMITS, each=True).bands
    chosen = facilities_of(plan, ASK)
    alone = [
        band
        for layer, fid in zip(chosen.layer, chosen.fid, strict=True)
        for band in isochrones(
            plan, replace(ASK, only=frozenset([(layer, fid)])), LIMITS, each=True
        ).bands
    ]
    assert together == tuple(alone)


@pytest.mark.parametrize("limits", [[], [0.0], [5.0, -1.0]])
def test_limits_that_make_no_sense_are_refused(limits: list[float]) -> None:
    with pytest.raises(Refused, match="时限"):
        isochrones(usual_county(), ASK, limits)


def test_a_station_that_cannot_drive_off_reaches_its_surroundings() -> None:
    into = {"geometry": shapely.LineString([at(5000, 5000), at(5000, 9000)]), "单行": "是"}
    plan = county([{**into, "等级": "国道"}])
    station = [{"名称": "站", "状态": "现状", "geometry": at(5000, 9000)}]
    plan = plan.with_layer(points("fire_station", "消防站", station))
    shape = isochrones(plan, ASK, [1.0]).bands[0].shape
    assert shape.contains(at(5000, 9100))
    assert not shape.intersects(at(5000, 8990))
