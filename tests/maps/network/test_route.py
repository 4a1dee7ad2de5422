"""Routes against networkx: the same seconds, along roads that exist, in a direction allowed."""

import numpy as np
import pytest
import shapely

from data.geodesy import Ruler
from data.refused import Refused
from maps.analysis.network.route import route, route_from_nearest, routes_from_nearest
from maps.analysis.timecover import TimeAsk, timecover
from tests.maps.network.test_timecover import ASK, at, usual_county
from tests.maps.network.towns import CRS, EAST, NORTH, Oracle, line, random_roads, roads_plan

GO = TimeAsk("depot", 1.0, vehicle="救援车辆")


@pytest.mark.parametrize("seed", range(6))
def test_routes_are_as_quick_as_those_of_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = random_roads(rng)
    plan = roads_plan(*rows)
    x, y = EAST + rng.uniform(0, 1e4, 12), NORTH + rng.uniform(0, 1e4, 12)
    oracle = Oracle(rows, x, y)
    off = oracle.gap * 1.3 * 3.6 / 20
    drawn = shapely.union_all([shapely.buffer(r["geometry"], 0.01) for r in rows])
    some = 0
    for a, b in zip(range(6), range(6, 12), strict=True):
        seconds = oracle.seconds(a, range(b, b + 1))[0]
        if not np.isfinite(seconds):
            with pytest.raises(Refused, match="没有通路"):
                route(plan, GO, (x[a], y[a]), (x[b], y[b]))
            continue
        some += 1
        found = route(plan, GO, (x[a], y[a]), (x[b], y[b]))
        assert found.minutes * 60 == pytest.approx(seconds + off[a] + off[b], rel=1e-9)
        assert sum(v.minutes for v in found.via) == pytest.approx(found.minutes)
        assert sum(v.km for v in found.via) == pytest.approx(found.km)
        middle = shapely.LineString(found.line.coords[1:-1])
        assert drawn.covers(middle)
        road_km = found.km - 1.3 * (oracle.gap[a] + oracle.gap[b]) / 1000
        assert Ruler(CRS).length(middle) / 1000 == pytest.approx(road_km, rel=1e-6)
        assert found.line.coords[0] == (x[a], y[a])
        assert found.line.coords[-1] == (x[b], y[b])
    assert some


def test_between_two_places_of_one_road_and_round_a_one_way_ring() -> None:
    ring = line((0, 0), (4000, 0), (4000, 4000), (0, 4000), (0, 0))
    plan = roads_plan({"geometry": ring, "等级": "村道", "单行": "是"})
    ahead = route(plan, GO, (EAST + 1000, NORTH), (EAST + 3000, NORTH))
    back = route(plan, GO, (EAST + 3000, NORTH), (EAST + 1000, NORTH))
    assert ahead.minutes == pytest.approx(6.0, rel=1e-3)
    assert back.minutes == pytest.approx(42.0, rel=1e-3)
    assert back.km == pytest.approx(14.0, rel=1e-3)


def test_parallel_roads_the_quicker_one_is_named() -> None:
    plan = roads_plan(
        {"geometry": line((0, 0), (5000, 900), (10_000, 0)), "等级": "高速", "名称": "高速"},
        {"geometry": line((0, 0), (10_000, 0)), "等级": "村道", "名称": "老路"},
        {"geometry": line((-500, 0), (0, 0)), "等级": "县道", "名称": "西街"},
        {
            "geometry": line((10_000, 0), (10_500, 0)),
            "等级": "县道",
            "编号": "X9",
            "位置精度": "示意",
        },
        {"geometry": line((0, 0), (0, 500)), "等级": "县道"},
        {"geometry": line((10_000, 0), (10_000, 500)), "等级": "县道"},
    )
    found = route(plan, GO, (EAST - 500, NORTH), (EAST + 10_500, NORTH))
    assert [v.name for v in found.via] == ["西街", "高速", "X9"]
    assert [v.estimated for v in found.via] == [False, False, True]
    assert found.estimated
    shut = TimeAsk("depot", 1.0, closed=frozenset([("道路", 1)]))
    around = route(plan, shut, (EAST - 500, NORTH), (EAST + 10_500, NORTH))
    assert [v.name for v in around.via] == ["西街", "老路", "X9"]


def test_from_the_quickest_facility() -> None:
    plan = usual_county()
    cover = timecover(plan, ASK)
    near = cover.demand.nearby
    for k in np.flatnonzero(np.isfinite(cover.minutes[0]))[:8]:
        found = route_from_nearest(plan, ASK, (near.x[k], near.y[k]))
        assert found.minutes == pytest.approx(cover.minutes[0, k])
        assert found.facility == cover.names[cover.who[0, k]]
        both = routes_from_nearest(plan, ASK, (near.x[k], near.y[k]), 2)
        assert [w.minutes for w in both] == pytest.approx(cover.minutes[: len(both), k].tolist())
        assert [w.facility for w in both] == [cover.names[i] for i in cover.who[: len(both), k]]
        assert len(both) == np.isfinite(cover.minutes[:2, k]).sum()
    lost = np.flatnonzero(~np.isfinite(cover.minutes[0]))[0]
    with pytest.raises(Refused, match="没有一处消防站能到达"):
        route_from_nearest(plan, ASK, (near.x[lost], near.y[lost]))


def test_nowhere_to_go() -> None:
    plan = roads_plan({"geometry": line((0, 0), (4000, 0)), "等级": "县道"})
    here = route(plan, GO, (EAST + 100, NORTH), (EAST + 100, NORTH))
    assert (here.minutes, here.km) == (0, 0)
    beside = route(plan, GO, (at(100, 50).x, at(100, 50).y), (EAST + 100, NORTH))
    assert [v.name for v in beside.via] == ["路外"]
