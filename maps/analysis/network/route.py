"""The quickest way between two places: minutes, kilometres, the line, the roads it takes."""

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.demand import demand
from maps.analysis.network.costs import Costs, costs, csr
from maps.analysis.network.graph import network_of
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.profile import OFF_ROAD
from maps.analysis.network.snap import Places, legs, settle
from maps.analysis.network.timers import ByRoad, snapper_of
from maps.analysis.timecover import TimeAsk, facilities_of, timer_of, titles, zones

Step = tuple[int, float, float]
"""An edge and the fractions it is driven from and to."""


@dataclass(frozen=True)
class Via:
    """A stretch of one road: name, class, kilometres, minutes; ``estimated`` when sketched."""

    name: str
    road_class: str
    km: float
    minutes: float
    estimated: bool


@dataclass(frozen=True, eq=False)
class Route:
    """A way from a place to a place. ``line`` in the plan's CRS, legs off the road included.

    ``minutes``/``km`` include the legs (straight line × detour) and, from a facility,
    its readiness as ``ready`` minutes. ``facility`` "" between two free places.
    """

    line: shapely.LineString
    minutes: float
    km: float
    via: tuple[Via, ...]
    ready: float = 0.0
    facility: str = ""

    @property
    def estimated(self) -> bool:
        return any(v.estimated for v in self.via)


def route(plan: Plan, ask: TimeAsk, start: tuple[float, float], end: tuple[float, float]) -> Route:
    """Return the quickest way between two places in the plan's CRS.

    Of ``ask`` only how one travels is used. Raises Refused when there is no way.
    """
    network = network_of(plan, ask.status, join=ask.join)
    cost = costs(network, ask.profile, ask.condition, ask.closed, zones(plan, ask.flooded))
    snapper = snapper_of(network, cost.profile.name)
    places = snapper.snap(np.array([start[0], end[0]]), np.array([start[1], end[1]]))
    found = way(cost, places)
    if found is None:
        raise Refused("两点之间没有通路:它们在互不相连的道路上,或必经的路段已封闭。")
    return found


def route_from_nearest(plan: Plan, ask: TimeAsk, end: tuple[float, float]) -> Route:
    """Return the way from the quickest facility of ``ask`` to a place (plan CRS)."""
    return routes_from_nearest(plan, ask, end, 1)[0]


def routes_from_nearest(
    plan: Plan, ask: TimeAsk, end: tuple[float, float], count: int = 2, report: Report = silent
) -> tuple[Route, ...]:
    """Return the ways from the ``count`` quickest facilities to a place, the quickest first.

    Fewer when there are fewer with a way; Refused when there is none.
    """
    chosen = facilities_of(plan, ask)
    count = min(count, len(chosen))
    people = demand(plan, ask.people, part(report, 0.0, 0.2))
    timer = timer_of(plan, ask, chosen, people, part(report, 0.2, 0.9), count)
    if not isinstance(timer, ByRoad):
        raise Refused("路线只能在路网上算,请改用 network。")
    cost = timer.found.costs
    place = snapper_of(cost.network, cost.profile.name).snap(np.array([end[0]]), np.array([end[1]]))
    seconds, who = timer.found.at_places(place)
    if who[0, 0] < 0:
        raise Refused(f"没有一处{chosen.kind.title}能到达这里:没有通路,或必经的路段已封闭。")
    names = titles(plan, chosen)
    out = []
    for rank in np.flatnonzero(who[:, 0] >= 0).tolist():
        best = int(who[rank, 0])
        home = timer.found.facilities.take(np.array([best]))
        both = Places(
            *(np.concatenate([a, b]) for a, b in zip(_columns(home), _columns(place), strict=True))
        )
        found = way(cost, both)
        assert found is not None
        ready = max(float(seconds[rank, 0]) / 60.0 - found.minutes, 0.0)
        total = found.minutes + ready
        out.append(Route(found.line, total, found.km, found.via, ready, names[best]))
    report(1.0, "路线已找到")
    return tuple(out)


def _columns(places: Places) -> tuple[npt.NDArray[Any], ...]:
    return (places.x, places.y, places.edge, places.fraction, places.gap)


def way(cost: Costs, places: Places) -> Route | None:
    """The way from the first to the second of two places; None when there is none."""
    places = settle(places, cost)
    if (places.edge < 0).any():
        return None
    steps = _steps(cost, places)
    if steps is None:
        return None
    via = [*_leg(cost, places, 0), *_via(cost, steps), *_leg(cost, places, 1)]
    return Route(
        _line(cost, places, steps), sum(v.minutes for v in via), sum(v.km for v in via), tuple(via)
    )


def _leg(cost: Costs, places: Places, k: int) -> list[Via]:
    """The leg off the road at one end, none for a place on the road."""
    if places.gap[k] <= 0:
        return []
    km = float(places.gap[k]) * cost.profile.offroad.detour / 1000
    return [Via(OFF_ROAD, "", km, float(legs(places, cost)[k]) / 60, True)]


def _steps(cost: Costs, places: Places) -> list[Step] | None:
    """Edges driven from the foot of the first place to the foot of the second."""
    network = cost.network
    edge, fraction = places.edge, places.fraction
    chain = network.chain[edge]
    direct = np.inf
    if chain[0] == chain[1]:
        direct = float(cost.between(edge[:1], fraction[:1], edge[1:], fraction[1:])[0])
    exits = np.array([network.a[chain[0]], network.b[chain[0]]])
    out = np.concatenate(cost.from_point(edge[:1], fraction[:1]))
    found, before = _tree(cost, exits, out)
    goals = np.array([network.a[chain[1]], network.b[chain[1]]])
    total = found[goals] + np.concatenate(cost.to_point(edge[1:], fraction[1:]))
    last = int(np.argmin(total))
    if not np.isfinite(min(direct, float(total[last]))):
        return None
    origin, goal = ((int(edge[k]), float(fraction[k])) for k in (0, 1))
    if direct <= total[last]:
        return _along(origin, goal)
    nodes = [int(goals[last])]
    while before[nodes[-1]] != network.core:
        nodes.append(int(before[nodes[-1]]))
    nodes.reverse()
    ring = exits[0] == exits[1]
    towards_a = bool(out[0] <= out[1] if ring else nodes[0] == exits[0])
    steps = _to_end(cost, *origin, towards_a)
    for tail, head in pairwise(nodes):
        steps += _whole_chain(cost, tail, head)
    home = _to_end(cost, *goal, last == 0)
    return steps + [(e, g, f) for e, f, g in reversed(home)]


def _tree(cost: Costs, exits: Ints, out: Floats) -> tuple[Floats, Ints]:
    """Seconds to every junction and the junction before, from a place with two exits."""
    core = cost.network.core
    start, end, seconds, _, _ = cost.arcs
    if exits[0] == exits[1]:
        exits, out = exits[:1], out.min(keepdims=True)
    good = np.isfinite(out)
    exits, out = exits[good], out[good]
    matrix = csr(
        np.concatenate([start, np.full(len(exits), core)]),
        np.concatenate([end, exits]),
        np.concatenate([seconds, out]),
        core + 1,
    )
    found, before = dijkstra(matrix, indices=core, return_predecessors=True)
    return found, before


def _to_end(cost: Costs, edge: int, fraction: float, towards_a: bool) -> list[Step]:
    """From a point of an edge to an end of its chain."""
    chain = int(cost.network.chain[edge])
    first, last = int(cost.network.chain_first[chain]), int(cost.network.chain_first[chain + 1]) - 1
    if towards_a:
        return _along((edge, fraction), (first, 0.0))
    return _along((edge, fraction), (last, 1.0))


def _along(start: tuple[int, float], end: tuple[int, float]) -> list[Step]:
    """Along one chain from a point to a point."""
    if start[0] == end[0]:
        return [(start[0], start[1], end[1])]
    if start[0] < end[0]:
        middle = [(e, 0.0, 1.0) for e in range(start[0] + 1, end[0])]
        return [(start[0], start[1], 1.0), *middle, (end[0], 0.0, end[1])]
    middle = [(e, 1.0, 0.0) for e in range(start[0] - 1, end[0], -1)]
    return [(start[0], start[1], 0.0), *middle, (end[0], 1.0, end[1])]


def _whole_chain(cost: Costs, tail: int, head: int) -> list[Step]:
    start, end, _, chain, forward = cost.arcs
    low, high = np.searchsorted(start, [tail, tail + 1])
    arc = low + int(np.flatnonzero(end[low:high] == head)[0])
    first = int(cost.network.chain_first[chain[arc]])
    last = int(cost.network.chain_first[chain[arc] + 1]) - 1
    if forward[arc]:
        return _along((first, 0.0), (last, 1.0))
    return _along((last, 1.0), (first, 0.0))


def _via(cost: Costs, steps: list[Step]) -> list[Via]:
    network = cost.network
    roads = network.roads

    def feature(step: Step) -> tuple[str, int]:
        row = network.road[step[0]]
        return str(roads.layer[row]), int(roads.fid[row])

    out = []
    for _, group in groupby((s for s in steps if s[1] != s[2]), feature):
        part = list(group)
        row = int(network.road[part[0][0]])
        share = [abs(g - f) for _, f, g in part]
        km = sum(network.length[s[0]] * d for s, d in zip(part, share, strict=True)) / 1000
        spent = sum(cost.seconds[s[0]] * d for s, d in zip(part, share, strict=True)) / 60
        sketched = bool(roads.sketched[row])
        out.append(
            Via(roads.title(row), str(roads.road_class[row]), float(km), float(spent), sketched)
        )
    return out


def _line(cost: Costs, places: Places, steps: list[Step]) -> shapely.LineString:
    shapes = cost.network.shapes
    xy = [(float(places.x[0]), float(places.y[0]))]
    for edge, start, end in steps:
        piece = substring(shapes[edge], start, end, normalized=True)
        xy += [(float(x), float(y)) for x, y in piece.coords]
    xy.append((float(places.x[1]), float(places.y[1])))
    kept = [xy[0], *(b for a, b in pairwise(xy) if a != b)]
    return shapely.LineString(kept if len(kept) > 1 else [kept[0], kept[0]])
