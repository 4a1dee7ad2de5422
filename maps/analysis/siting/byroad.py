"""Minutes by road for siting: from every candidate to everybody, and with a road closed."""

from collections.abc import Callable, Iterator

import numpy as np

from data.geodesy import Floats
from data.kinds import is_missing
from data.plan import Plan
from data.progress import Report, part, silent
from maps.analysis.network.costs import Costs, FeatureId, costs
from maps.analysis.network.graph import network_of
from maps.analysis.network.snap import Snapper, joinable, settle
from maps.analysis.network.timers import snapper_of
from maps.analysis.network.travel import each, reach
from maps.analysis.siting.closing import Closing
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
    now: Closing | None = None,
) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """Yield for each road the function that works out everybody's minutes with it closed.

    The (n,) minutes are those to the nearest of the facilities at ``x``, ``y``. A road that does
    not stand in this status changes nothing. ``now``: what ``today`` returned for the same.
    """
    now = today(plan, ask, ground, x, y) if now is None else now
    for name, road in roads:
        yield name, _closing(now, road)


def nearest_minutes(plan: Plan, ask: TimeAsk, ground: Ground, x: Floats, y: Floats) -> np.ndarray:
    """Return (n,) minutes to the nearest facility with the roads as they are."""
    return today(plan, ask, ground, x, y).minutes


def most_used(
    now: Closing, roads: list[tuple[str, FeatureId]], persons: np.ndarray, count: int
) -> list[tuple[str, FeatureId, float]]:
    """Return up to ``count`` of ``roads`` with the persons who drive over them, most first.

    ``persons``: (n,). Counted are those whose quickest way between the nearest facility and where
    they join the roads leads over the road; roads nobody uses are left out.
    """
    number = {feature: k for k, feature in enumerate(now.rows)}
    feature = np.empty(len(now.found.costs.network.roads), np.intp)
    for key, rows in now.rows.items():
        feature[rows] = number[key]
    used = now.used(np.asarray(persons, float), feature)
    listed = [(name, road, float(used[number[road]])) for name, road in roads if road in number]
    some = [row for row in listed if row[2] > 0]
    return sorted(some, key=lambda row: -row[2])[:count]


def today(plan: Plan, ask: TimeAsk, ground: Ground, x: Floats, y: Floats) -> Closing:
    """Return how everybody gets to the nearest of the facilities at ``x``, ``y``."""
    open_ = _costs(plan, ask, ask.closed)
    usual = snapper_of(open_.network, ask.profile.name)
    places, points = usual.snap(x, y), usual.snap(ground.x, ground.y)
    found = reach(open_, places, np.zeros(len(places)), 1)
    snapper = usual
    if open_.closed:
        snapper = Snapper(open_.network, joinable(open_.network, ask.profile), open_)
    seconds = found.at_places(points)[0][0]
    return Closing(points, settle(points, open_), found, seconds, places, snapper)


def _closing(now: Closing, road: FeatureId) -> Callable[[], np.ndarray]:
    return lambda: now.without(now.edges(road)) / 60.0
