"""Minutes by road for siting: from every candidate to everybody, and with a road closed."""

from collections.abc import Callable, Iterator

import numpy as np

from data.geodesy import Floats
from data.kinds import is_missing
from data.plan import Plan
from data.progress import Report, part, silent
from maps.analysis.network.costs import Costs, FeatureId, costs
from maps.analysis.network.graph import network_of
from maps.analysis.network.snap import Places
from maps.analysis.network.timers import snapper_of
from maps.analysis.network.travel import each, reach
from maps.analysis.siting.fromplan import Ground, Minutes
from maps.analysis.timecover import TimeAsk, zones

SLACK = 1e-6 / 60
"""Minutes by which a sum of travel times may miss a limit it meets."""


def by_road(plan: Plan, ask: TimeAsk) -> Minutes:
    """Return what tells the minutes of ``problem_of``: by road, as ``ask`` travels.

    Ways longer than the ask's ``minutes`` are left out (infinite).
    """

    def minutes(x: Floats, y: Floats, ground: Ground, report: Report) -> np.ndarray:
        cost = _costs(plan, ask, ask.closed, part(report, 0.0, 0.3))
        snap = snapper_of(cost.network, ask.profile.name).snap
        places, points = snap(x, y), snap(ground.x, ground.y)
        none = np.zeros(len(x))
        limit = ask.minutes * 60.0 + 1e-6
        return each(cost, places, none, points, limit, part(report, 0.3, 1.0)).T / 60.0

    return minutes


def _costs(
    plan: Plan, ask: TimeAsk, closed: frozenset[FeatureId], report: Report = silent
) -> Costs:
    network = network_of(plan, ask.status, join=ask.join, report=report)
    found = costs(network, ask.profile, ask.condition, closed, zones(plan, ask.flooded))
    return found.turned if ask.inbound else found


def road_names(plan: Plan, only: str = "") -> list[tuple[str, FeatureId]]:
    """Return roads that can be closed one by one: (what to call it, which).

    ``only``: “桥” or “隧道” for those, "" for all.
    """
    out = []
    for layer in plan.of_kind("road"):
        rows = zip(
            layer.frame.index.tolist(),
            layer.column("名称"),
            layer.column("编号"),
            layer.column("桥隧"),
            strict=True,
        )
        for fid, name, number, structure in rows:
            if only and structure != only:
                continue
            title = layer.name if is_missing(name) else str(name)
            if not is_missing(number) and str(number) not in title:
                title = f"{number} {title}"
            out.append((f"{title}({fid} 号)", (layer.name, int(fid))))
    return out


def closed_roads(
    plan: Plan,
    ask: TimeAsk,
    ground: Ground,
    x: Floats,
    y: Floats,
    roads: list[tuple[str, FeatureId]],
) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """Yield for each road the function that works out everybody's minutes with it closed.

    The (n,) minutes are those to the nearest of the facilities at ``x``, ``y``.
    """
    open_ = _costs(plan, ask, ask.closed)
    snap = snapper_of(open_.network, ask.profile.name).snap
    places, points = snap(x, y), snap(ground.x, ground.y)
    for name, road in roads:
        yield name, _closing(plan, ask, places, points, road)


def nearest_minutes(plan: Plan, ask: TimeAsk, ground: Ground, x: Floats, y: Floats) -> np.ndarray:
    """Return (n,) minutes to the nearest facility with the roads as they are."""
    open_ = _costs(plan, ask, ask.closed)
    snap = snapper_of(open_.network, ask.profile.name).snap
    return _nearest(open_, snap(x, y), snap(ground.x, ground.y))


def _closing(
    plan: Plan, ask: TimeAsk, places: Places, points: Places, road: FeatureId
) -> Callable[[], np.ndarray]:
    return lambda: _nearest(_costs(plan, ask, ask.closed | {road}), places, points)


def _nearest(cost: Costs, places: Places, points: Places) -> np.ndarray:
    seconds, _ = reach(cost, places, np.zeros(len(places)), 1).at_places(points)
    return np.asarray(seconds[0] / 60.0)
