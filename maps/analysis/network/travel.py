"""Who is how quickly where: the k quickest facilities of every point of a network.

One search per rank, not per facility. The first search gives every junction its
quickest facility. For the next rank only arcs matter that join junctions with the
same set of facilities so far; an arc between two different sets hands over a
facility the other side does not have yet, as a start value. That is exact:
whatever comes from a new facility enters the region of equal sets over such an arc.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from data.progress import Report, silent
from maps.analysis.network.costs import Costs, csr
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.snap import Places, legs, settle

_PAIRS = 2_000_000


@dataclass(frozen=True, eq=False)
class Reach:
    """Seconds from the k quickest facilities to every junction, and who they are.

    ``seconds`` (k, core), ascending, infinite where unreached; ``who`` (k, core)
    facility numbers, -1 where unreached. ``start`` is every facility's head start
    in seconds: readiness plus the leg to the road.
    """

    costs: Costs
    facilities: Places
    start: Floats
    seconds: Floats
    who: Ints

    @property
    def ranks(self) -> int:
        return len(self.seconds)

    def at(self, edge: Ints, fraction: Floats) -> tuple[Floats, Ints]:
        """The k quickest facilities of points on edges: seconds (k, n), who (k, n)."""
        return self._told(_ways(self.costs, edge, fraction))

    def at_places(self, places: Places, keep: bool = False) -> tuple[Floats, Ints]:
        """As :meth:`at`, with the places' own legs off the road; unreached is infinite.

        ``keep``: the places will be asked about again.
        """
        places = _kept_settled(places, self.costs) if keep else settle(places, self.costs)
        on = places.edge >= 0
        times = np.full((self.ranks, len(places)), np.inf)
        who = np.full((self.ranks, len(places)), -1, np.intp)
        if on.all():
            ways = _kept_ways(self.costs, places) if keep else _ways_to(self.costs, places)
            times, who = self._told(ways)
        elif on.any():
            times[:, on], who[:, on] = self.at(places.edge[on], places.fraction[on])
        times += legs(places, self.costs)
        return times, who

    def _told(self, ways: "Ways") -> tuple[Floats, Ints]:
        """By either end of the chain, or straight from a facility on the same chain."""
        if self.ranks == 1:
            by_a = self.seconds[0, ways.a] + ways.from_a
            by_b = self.seconds[0, ways.b] + ways.from_b
            times = np.minimum(by_a, by_b)[None]
            who = np.where(by_b < by_a, self.who[0, ways.b], self.who[0, ways.a])[None]
            who[~np.isfinite(times)] = -1
        else:
            times, who = quickest(
                np.concatenate(
                    [self.seconds[:, ways.a] + ways.from_a, self.seconds[:, ways.b] + ways.from_b]
                ),
                np.concatenate([self.who[:, ways.a], self.who[:, ways.b]]),
                self.ranks,
            )
        for point, fac, cost in self._direct(ways):
            found = _per_point(point, fac, cost, self.ranks)
            some = found[0]
            times[:, some], who[:, some] = quickest(
                np.concatenate([times[:, some], found[1]]),
                np.concatenate([who[:, some], found[2]]),
                self.ranks,
            )
        return times, who

    def _direct(self, ways: "Ways") -> Iterator[tuple[Ints, Ints, Floats]]:
        """Points reached without passing a junction: (point, facility, seconds) rows."""
        network = self.costs.network
        places = self.facilities
        home = np.flatnonzero((places.edge >= 0) & np.isfinite(self.start))
        own = network.chain[places.edge[home]]
        low = np.searchsorted(ways.chain, own, side="left")
        high = np.searchsorted(ways.chain, own, side="right")
        for block in _blocks(high - low):
            count = (high - low)[block]
            fac = np.repeat(home[block], count)
            step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
            point = ways.order[np.repeat(low[block], count) + step]
            cost = self.start[fac] + self.costs.between(
                places.edge[fac], places.fraction[fac], ways.edge[point], ways.fraction[point]
            )
            yield point, fac, cost


@dataclass(frozen=True, eq=False)
class Ways:
    """How points on edges are reached from both ends of their chains.

    ``order`` sorts the points by chain, ``chain`` is sorted like that.
    """

    edge: Ints
    fraction: Floats
    a: Ints
    b: Ints
    from_a: Floats
    from_b: Floats
    order: Ints
    chain: Ints


def _ways(costs: Costs, edge: Ints, fraction: Floats) -> Ways:
    network = costs.network
    chain = network.chain[edge]
    from_a, from_b = costs.to_point(edge, fraction)
    order = np.argsort(chain, kind="stable")
    return Ways(
        edge, fraction, network.a[chain], network.b[chain], from_a, from_b, order, chain[order]
    )


def _ways_to(costs: Costs, places: Places) -> Ways:
    return _ways(costs, places.edge, places.fraction)


_kept_ways = lru_cache(maxsize=12)(_ways_to)
_kept_settled = lru_cache(maxsize=12)(settle)


def _blocks(count: Ints) -> list[Ints]:
    """Row numbers in groups whose counts add up to a bearable size; empty rows left out."""
    rows = np.flatnonzero(count)
    if not len(rows):
        return []
    group = np.cumsum(count[rows]) // _PAIRS
    return np.split(rows, np.flatnonzero(np.diff(group)) + 1)


def _per_point(point: Ints, fac: Ints, cost: Floats, ranks: int) -> tuple[Ints, Floats, Ints]:
    """The cheapest ``ranks`` facilities per point out of rows: points, seconds and who (k, m)."""
    order = np.lexsort((cost, point))
    point, fac, cost = point[order], fac[order], cost[order]
    begins = np.flatnonzero(np.diff(point, prepend=-1) != 0)
    run = np.diff(np.append(begins, len(point)))
    rank = np.arange(len(point)) - np.repeat(begins, run)
    column = np.repeat(np.arange(len(begins)), run)
    times = np.full((ranks, len(begins)), np.inf)
    who = np.full((ranks, len(begins)), -1, np.intp)
    kept = (rank < ranks) & np.isfinite(cost)
    times[rank[kept], column[kept]] = cost[kept]
    who[rank[kept], column[kept]] = fac[kept]
    return point[begins], times, who


def quickest(times: Floats, who: Ints, ranks: int) -> tuple[Floats, Ints]:
    """Of candidates (m, n), the ``ranks`` quickest different facilities per column."""
    if ranks == 1:
        best = np.argmin(times, axis=0)[None]
    else:
        times = times.copy()
        order = np.argsort(times, axis=0, kind="stable")
        times, who = np.take_along_axis(times, order, 0), np.take_along_axis(who, order, 0)
        for row in range(1, len(times)):
            again = (who[:row] == who[row]).any(axis=0)
            times[row, again] = np.inf
        best = np.argsort(times, axis=0, kind="stable")[:ranks]
    found = np.take_along_axis(times, best, 0)
    names = np.take_along_axis(who, best, 0)
    return found, np.where(np.isfinite(found), names, -1)


@dataclass(frozen=True, eq=False)
class Graph:
    """Arcs (sorted by start) over ``size`` nodes, and facilities that enter at nodes.

    ``entry`` rows: facility, node, seconds.
    """

    size: int
    start: Ints
    end: Ints
    cost: Floats
    entry: tuple[Ints, Ints, Floats]


def ranks(
    graph: Graph, k: int, limit: float = np.inf, report: Report = silent
) -> tuple[Floats, Ints]:
    """Seconds (k, size) from the k quickest facilities to every node, and who they are."""
    seconds = np.full((k, graph.size), np.inf)
    who = np.full((k, graph.size), -1, np.intp)
    entry = graph.entry
    inside = np.ones(len(graph.start), bool)
    for rank in range(k):
        report(rank / k, f"正在计算第 {rank + 1} 近的设施…")
        seconds[rank], who[rank] = _search(graph, inside, entry, limit)
        if rank + 1 < k:
            inside = _same_set(who[: rank + 1], graph.start, graph.end)
            entry = _handed_over(graph, seconds[: rank + 1], who[: rank + 1], ~inside)
    report(1.0, "行车时间已算出")
    return seconds, who


def _same_set(who: Ints, start: Ints, end: Ints) -> npt.NDArray[np.bool_]:
    if len(who) == 1:
        return np.asarray(who[0, start] == who[0, end])
    ordered = np.sort(who, axis=0)
    return np.asarray((ordered[:, start] == ordered[:, end]).all(axis=0))


def _handed_over(
    graph: Graph, seconds: Floats, who: Ints, across: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints, Floats]:
    """What arcs between different sets, and the entries, offer of facilities not there yet."""
    start, end, cost = graph.start[across], graph.end[across], graph.cost[across]
    offers = [graph.entry]
    for rank in range(len(who)):
        known = who[rank, start] >= 0
        offers.append(
            (who[rank, start[known]], end[known], seconds[rank, start[known]] + cost[known])
        )
    fac, node, time = (np.concatenate([o[i] for o in offers]) for i in range(3))
    new = ~(who[:, node] == fac).any(axis=0)
    return fac[new], node[new], time[new]


def _search(
    graph: Graph,
    inside: npt.NDArray[np.bool_],
    entry: tuple[Ints, Ints, Floats],
    limit: float,
) -> tuple[Floats, Ints]:
    fac, node, time = entry
    keep = np.isfinite(time)
    fac, node, time = fac[keep], node[keep], time[keep]
    if not len(fac):
        return np.full(graph.size, np.inf), np.full(graph.size, -1, np.intp)
    order = np.lexsort((time, node, fac))
    fac, node, time = fac[order], node[order], time[order]
    once = (np.diff(fac, prepend=-1) != 0) | (np.diff(node, prepend=-1) != 0)
    fac, node, time = fac[once], node[once], time[once]
    names, row = np.unique(fac, return_inverse=True)
    start, end, cost = graph.start, graph.end, graph.cost
    if not inside.all():
        start, end, cost = start[inside], end[inside], cost[inside]
    matrix = csr(
        np.concatenate([start, graph.size + row]),
        np.concatenate([end, node]),
        np.concatenate([cost, time]),
        graph.size + len(names),
    )
    found, _, source = dijkstra(
        matrix,
        indices=np.arange(graph.size, graph.size + len(names)),
        min_only=True,
        return_predecessors=True,
        limit=limit,
    )
    found, source = found[: graph.size], source[: graph.size]
    reached = np.isfinite(found)
    who = np.full(graph.size, -1, np.intp)
    who[reached] = names[source[reached] - graph.size]
    return found, who


def entries(costs: Costs, places: Places, start: Floats) -> tuple[Ints, Ints, Floats]:
    """Where facilities enter the searched graph: both ends of their chain."""
    network = costs.network
    on = np.flatnonzero((places.edge >= 0) & np.isfinite(start))
    to_a, to_b = costs.from_point(places.edge[on], places.fraction[on])
    chain = network.chain[places.edge[on]]
    return (
        np.r_[on, on],
        np.r_[network.a[chain], network.b[chain]],
        np.r_[start[on] + to_a, start[on] + to_b],
    )


def reach(
    costs: Costs,
    facilities: Places,
    ready: Floats,
    k: int = 1,
    limit: float = np.inf,
    report: Report = silent,
) -> Reach:
    """Find the k quickest facilities of every junction.

    ``ready`` seconds per facility before it moves; ``limit`` seconds beyond which
    nobody needs to know. For “from the people to the facility” pass
    ``costs.turned``.
    """
    facilities = settle(facilities, costs)
    start = np.asarray(ready, dtype=float) + legs(facilities, costs)
    arcs = costs.arcs
    graph = Graph(
        costs.network.core,
        arcs[0],
        arcs[1],
        arcs[2],
        entries(costs, facilities, start),
    )
    seconds, who = ranks(graph, k, limit, report)
    return Reach(costs, facilities, start, seconds, who)


def each(
    costs: Costs,
    facilities: Places,
    ready: Floats,
    points: Places,
    limit: float = np.inf,
    report: Report = silent,
) -> Floats:
    """Seconds from every facility to every point, (facilities, points): a cost matrix.

    One search per facility (scipy holds the interpreter for the length of a call).
    """
    out = np.empty((len(facilities), len(points)))
    for i in range(len(facilities)):
        text = f"正在计算第 {i + 1}/{len(facilities)} 个设施的行车时间…"
        report(i / len(facilities), text)
        one = reach(costs, facilities.take(np.array([i])), ready[i : i + 1], 1, limit)
        out[i] = one.at_places(points)[0][0]
    report(1.0, "行车时间已算出")
    return out
