"""Minutes by road for siting: from every candidate to everybody, and with a road closed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from data.geodesy import Floats
from data.kinds import is_missing
from data.plan import Plan
from data.progress import Report, part, silent
from maps.analysis.network.costs import Costs, FeatureId, costs
from maps.analysis.network.graph import network_of
from maps.analysis.network.snap import Places, settle
from maps.analysis.network.timers import snapper_of
from maps.analysis.network.travel import Reach, each, reach
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
    now = _now(plan, ask, ground, x, y)
    for name, road in roads:
        yield name, _closing(plan, ask, now, road)


def nearest_minutes(plan: Plan, ask: TimeAsk, ground: Ground, x: Floats, y: Floats) -> np.ndarray:
    """Return (n,) minutes to the nearest facility with the roads as they are."""
    return _now(plan, ask, ground, x, y).minutes


@dataclass(frozen=True, eq=False)
class _Now:
    """How everybody gets to the nearest facility today: places as snapped and as they join the
    roads, the search, and the minutes."""

    facilities: Places
    points: Places
    joined: Places
    found: Reach
    minutes: np.ndarray


def _now(plan: Plan, ask: TimeAsk, ground: Ground, x: Floats, y: Floats) -> _Now:
    open_ = _costs(plan, ask, ask.closed)
    snap = snapper_of(open_.network, ask.profile.name).snap
    places, points = snap(x, y), snap(ground.x, ground.y)
    found = reach(open_, places, np.zeros(len(places)), 1)
    seconds, _ = found.at_places(points)
    return _Now(places, points, settle(points, open_), found, seconds[0] / 60.0)


def _closing(plan: Plan, ask: TimeAsk, now: _Now, road: FeatureId) -> Callable[[], np.ndarray]:
    def minutes() -> np.ndarray:
        cost = _costs(plan, ask, ask.closed | {road})
        found = reach(cost, now.facilities, np.zeros(len(now.facilities)), 1)
        some = _touched(now, cost, found)
        out = now.minutes.copy()
        if len(some):
            out[some] = found.at_places(now.points.take(some))[0][0] / 60.0
        return out

    return minutes


def _touched(now: _Now, cost: Costs, found: Reach) -> np.ndarray:
    """Points whose minutes may differ: their chain of road is shut somewhere, or has an end
    reached at another time, or a facility has left it or joined it. For all others nothing
    has changed."""
    network, before = cost.network, now.found.costs
    chain = np.zeros(int(network.chain.max(initial=-1)) + 1, bool)
    shut = (cost.open_to != before.open_to) | (cost.open_from != before.open_from)
    chain[network.chain[shut]] = True
    moved = (found.facilities.edge != now.found.facilities.edge) | (
        found.facilities.fraction != now.found.facilities.fraction
    )
    for places in (found.facilities, now.found.facilities):
        edges = places.edge[moved]
        chain[network.chain[edges[edges >= 0]]] = True
    other = found.seconds[0] != now.found.seconds[0]
    chain |= other[network.a] | other[network.b]
    on = now.joined.edge >= 0
    return np.flatnonzero(on & chain[network.chain[np.maximum(now.joined.edge, 0)]])
