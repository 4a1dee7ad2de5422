"""Closing each of the most used roads: ours, and the whole network searched again each time."""

import numpy as np
import shapely

from maps.analysis.network.costs import costs
from maps.analysis.network.graph import network_of
from maps.analysis.network.timers import snapper_of
from maps.analysis.network.travel import reach
from maps.analysis.siting.ask import Problem
from maps.analysis.siting.byroad import (
    closed_roads,
    most_used,
    nearest_minutes,
    road_names,
    today,
)
from maps.analysis.siting.fromplan import Ground, PlanAsk, problem_of
from maps.analysis.siting.resilience import closures
from maps.analysis.timecover import TimeAsk
from tests.bench import network
from tests.bench.timing import Row, race

ROADS, AGAIN = 1_000, 10


def run() -> list[Row]:
    """Which roads are used most, and what each of them means; the same for ten the slow way."""
    plan = network.plan()
    ask = TimeAsk("depot", 30.0)
    ground = problem_of(plan, PlanAsk("depot", "grid:60000", radius=1_000.0))
    x, y = shapely.get_coordinates(plan.layer("储备库").frame.geometry.to_numpy()).T
    # The network, the snapping and the index are made once per plan.
    base = nearest_minutes(plan, ask, ground, x, y)
    problem = Problem(base[:, None], ground.problem.weights, district=ground.problem.district)
    names = road_names(plan)

    def ours() -> float:
        now = today(plan, ask, ground, x, y)
        ranked = most_used(now, names, problem.weights, ROADS)
        roads = [(name, road) for name, road, _ in ranked]
        found = closures(problem, 30.0, [0], closed_roads(plan, ask, ground, x, y, roads, now))
        return float(sum(c.people for c in found))

    def few() -> float:
        now = today(plan, ask, ground, x, y)
        roads = [(n, road) for n, road, _ in most_used(now, names, problem.weights, AGAIN)]
        found = closures(problem, 30.0, [0], closed_roads(plan, ask, ground, x, y, roads, now))
        return float(sum(c.people for c in found))

    def again() -> float:
        return _again(ground, ask, x, y, base, AGAIN)

    slow = f"everything again, {AGAIN} roads only"
    return race(
        f"closing each of the {ROADS:,} most used roads, {network.NODES:,} junctions, "
        f"{network.DEMANDS:,} places",
        {"ours: ranking included": ours, f"ours, {AGAIN} roads only": few, slow: again},
        rounds=1,
        slow={"ours: ranking included": 1, f"ours, {AGAIN} roads only": 1, slow: 1},
        notes={slow: f"{ROADS // AGAIN} times this for all"},
    )


def _again(
    ground: Ground, ask: TimeAsk, x: np.ndarray, y: np.ndarray, base: np.ndarray, count: int
) -> float:
    now = today(ground.plan, ask, ground, x, y)
    roads = most_used(now, road_names(ground.plan), ground.problem.weights, count)
    whole = network_of(ground.plan, ask.status)
    snap = snapper_of(whole, ask.profile.name).snap
    places, points = snap(x, y), snap(ground.x, ground.y)
    lost = 0.0
    for _, road, _ in roads:
        cost = costs(whole, ask.profile, ask.condition, [road])
        found = reach(cost, places, np.zeros(len(x)), 1)
        minutes = found.at_places(points)[0][0] / 60.0
        gone = (base <= 30.0) & (minutes > 30.0)
        lost += float(ground.problem.weights[gone].sum())
    return lost
