"""Closed roads and the use of roads: what is worked out in part against everything again."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from data.plan import Plan
from data.refused import Refused
from maps.analysis.network.costs import costs
from maps.analysis.network.graph import network_of
from maps.analysis.network.timers import snapper_of
from maps.analysis.network.travel import reach
from maps.analysis.siting.byroad import (
    closed_roads,
    most_used,
    nearest_minutes,
    road_names,
    today,
)
from maps.analysis.siting.fromplan import Ground, PlanAsk, problem_of
from maps.analysis.timecover import TimeAsk
from maps.commands.resilience import _which
from tests.maps.siting import plans

SIDE = 7
CORNER = np.array([plans.WEST, plans.SOUTH])


def streets(rng: np.random.Generator, one_way: float) -> tuple[np.ndarray, np.ndarray, Plan]:
    """A bent grid with streets missing: corners (n, 2), ends of the streets (k, 2), the plan."""
    row, column = np.indices((SIDE, SIDE))
    at = np.column_stack([column.ravel(), row.ravel()]) * 2_500.0 + 1_000.0
    at += rng.uniform(-600, 600, at.shape)
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    ends = np.r_[
        np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()],
        np.c_[number[:-1].ravel(), number[1:].ravel()],
    ]
    ends = ends[rng.random(len(ends)) > 0.12]
    lines = [[tuple(at[a]), tuple(at[b])] for a, b in ends]
    way = np.where(rng.random(len(ends)) < one_way, "是", "否")
    road = plans.roads(lines, 单行=way, 等级=rng.choice(["国道", "县道", "村道"], len(ends)))
    homes = plans.people(rng, 80)
    return (
        at,
        ends,
        plans.plan(plans.districts(), homes, plans.stations(rng.uniform(0, 2e4, (3, 2))), road),
    )


def ground_of(plan: Plan) -> Ground:
    return problem_of(plan, PlanAsk("fire_station", "grid:9000", radius=1e5))


def everything(
    plan: Plan, ask: TimeAsk, ground: Ground, x: np.ndarray, y: np.ndarray, road: tuple[str, int]
) -> np.ndarray:
    """Minutes with one more road closed: the whole network searched again."""
    network = network_of(plan, ask.status)
    cost = costs(network, ask.profile, ask.condition, ask.closed | {road})
    cost = cost.turned if ask.inbound else cost
    snap = snapper_of(network, ask.profile.name).snap
    found = reach(cost, snap(x, y), np.zeros(len(x)), 1)
    return found.at_places(snap(ground.x, ground.y))[0][0] / 60.0


@pytest.mark.parametrize("seed", range(6))
def test_what_a_closed_road_leaves_alone_stays(seed: int) -> None:
    rng = np.random.default_rng([51, seed])
    at, ends, plan = streets(rng, 0.2 if seed % 2 else 0.0)
    roads = road_names(plan)
    shut = frozenset([roads[0][1], roads[5][1]]) if seed >= 4 else frozenset()
    ask = TimeAsk("fire_station", 30.0, closed=shut, inbound=seed == 3)
    ground = ground_of(plan)
    # On a street, off the streets, and at a crossing.
    middle = (at[ends[3, 0]] + at[ends[3, 1]]) / 2
    places = np.stack([middle, rng.uniform(0, 2e4, 2), at[24]]) + CORNER
    x, y = places.T
    base = nearest_minutes(plan, ask, ground, x, y)
    changed = 0
    for name, minutes in closed_roads(plan, ask, ground, x, y, roads):
        road = dict(roads)[name]
        expected = everything(plan, ask, ground, x, y, road)
        assert minutes() == pytest.approx(expected, rel=1e-9, abs=1e-9), name
        changed += int((expected != base).any())
    assert changed > 10


def test_the_use_of_a_road_is_counted_along_everybodys_way() -> None:
    for seed in range(5):
        rng = np.random.default_rng([53, seed])
        at, ends, plan = streets(rng, 0.0)
        degree = np.bincount(ends.ravel(), minlength=len(at))
        corners = np.flatnonzero(degree >= 3)
        stand = rng.choice(corners, 2, replace=False)
        homes = rng.choice(np.setdiff1d(corners, stand), 12, replace=False)
        along, share = rng.integers(0, len(ends), 12), rng.uniform(0.1, 0.9, 12)
        between = at[ends[along, 0]] * (1 - share[:, None]) + at[ends[along, 1]] * share[:, None]
        persons = rng.integers(1, 100, 24)
        frame = gpd.GeoDataFrame(
            {"人口": persons},
            geometry=shapely.points(np.concatenate((at[homes], between)) + CORNER),
            crs=plans.CRS,
        )
        plan = plan.with_layer(plan.layer("人口").with_frame(frame))
        ask, ground = TimeAsk("fire_station", 30.0), ground_of(plan)
        x, y = (at[stand] + CORNER).T
        network = network_of(plan)
        cost = costs(network, ask.profile, ask.condition)
        taken = np.empty(len(ends))
        taken[network.roads.fid[network.road] - network.roads.fid.min()] = cost.seconds
        graph = csr_matrix(
            (np.r_[taken, taken], (np.r_[ends[:, 0], ends[:, 1]], np.r_[ends[:, 1], ends[:, 0]])),
            shape=(len(at), len(at)),
        )
        found, before, _ = dijkstra(graph, indices=stand, min_only=True, return_predecessors=True)
        street = {frozenset(pair): k for k, pair in enumerate(ends.tolist())}
        use = np.zeros(len(ends))
        for k, count in enumerate(persons.tolist()):
            passed: set[int] = set()
            if k < 12:
                corner = int(homes[k])
            else:
                own, part = int(along[k - 12]), float(share[k - 12])
                a, b = ends[own].tolist()
                by_b = found[b] + (1 - part) * taken[own] < found[a] + part * taken[own]
                corner = b if by_b else a
                passed = {own} if np.isfinite(found[corner]) else set()
            while np.isfinite(found[corner]) and before[corner] >= 0:
                passed.add(street[frozenset((corner, int(before[corner])))])
                corner = int(before[corner])
            use[list(passed)] += count
        roads = road_names(plan)
        now, weights = today(plan, ask, ground, x, y), ground.problem.weights
        told = most_used(now, roads, weights, len(roads))
        expected = {roads[k][0]: use[k] for k in range(len(ends)) if use[k] > 0}
        got = {name: count for name, _, count in told}
        assert got == pytest.approx(expected)
        assert [row[2] for row in told] == sorted((row[2] for row in told), reverse=True)
        assert most_used(now, roads, weights, 3) == told[:3]


def test_the_words_for_the_roads() -> None:
    assert _which("桥") == ("桥", None)
    assert _which("most-used:1000") == ("", 1000)
    for wrong in ("most-used:0", "most-used:", "most-used:-3", "坏"):
        with pytest.raises(Refused, match="most-used"):
            _which(wrong)
