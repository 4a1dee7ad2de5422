"""Who is how quickly where: the k quickest facilities of every point of a network.

One search per rank, not per facility. The first search gives every junction its
quickest facility. For the next rank only arcs matter that join junctions with the
same set of facilities so far; an arc between two different sets hands over a
facility the other side does not have yet, as a start value. That is exact:
whatever comes from a new facility enters the region of equal sets over such an arc.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from data.progress import Report, silent
from maps.analysis.network.costs import Costs, csr
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.snap import Places, legs

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
        network = self.costs.network
        from_a, from_b = self.costs.to_point(edge, fraction)
        chain = network.chain[edge]
        a, b = network.a[chain], network.b[chain]
        times = np.concatenate([self.seconds[:, a] + from_a, self.seconds[:, b] + from_b])
        who = np.concatenate([self.who[:, a], self.who[:, b]])
        direct = self._direct(edge, fraction)
        times, who = np.concatenate([times, direct[0]]), np.concatenate([who, direct[1]])
        return quickest(times, who, self.ranks)

    def at_places(self, places: Places) -> tuple[Floats, Ints]:
        """As :meth:`at`, with the places' own legs off the road; unreached is infinite."""
        on = places.edge >= 0
        times = np.full((self.ranks, len(places)), np.inf)
        who = np.full((self.ranks, len(places)), -1, np.intp)
        times[:, on], who[:, on] = self.at(places.edge[on], places.fraction[on])
        return times + legs(places, self.costs), who

    def _direct(self, edge: Ints, fraction: Floats) -> tuple[Floats, Ints]:
        """Facilities on the same chain, reached without passing a junction."""
        network = self.costs.network
        times = np.full((self.ranks, len(edge)), np.inf)
        who = np.full((self.ranks, len(edge)), -1, np.intp)
        chain = network.chain[edge]
        order = np.argsort(chain, kind="stable")
        home = np.flatnonzero((self.facilities.edge >= 0) & np.isfinite(self.start))
        own = network.chain[self.facilities.edge[home]]
        low = np.searchsorted(chain[order], own, side="left")
        high = np.searchsorted(chain[order], own, side="right")
        for block in _blocks(high - low):
            count = (high - low)[block]
            fac = np.repeat(home[block], count)
            step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
            point = order[np.repeat(low[block], count) + step]
            places = self.facilities
            cost = self.start[fac] + self.costs.between(
                places.edge[fac], places.fraction[fac], edge[point], fraction[point]
            )
            found = _per_point(point, fac, cost, self.ranks, len(edge))
            times, who = quickest(
                np.concatenate([times, found[0]]), np.concatenate([who, found[1]]), self.ranks
            )
        return times, who


def _blocks(count: Ints) -> list[Ints]:
    """Row numbers in groups whose counts add up to a bearable size; empty rows left out."""
    rows = np.flatnonzero(count)
    if not len(rows):
        return []
    group = np.cumsum(count[rows]) // _PAIRS
    return np.split(rows, np.flatnonzero(np.diff(group)) + 1)


def _per_point(point: Ints, fac: Ints, cost: Floats, ranks: int, size: int) -> tuple[Floats, Ints]:
    """The cheapest ``ranks`` facilities per point out of (point, facility, cost) rows."""
    order = np.lexsort((cost, point))
    point, fac, cost = point[order], fac[order], cost[order]
    begins = np.flatnonzero(np.diff(point, prepend=-1) != 0)
    run = np.diff(np.append(begins, len(point)))
    rank = np.arange(len(point)) - np.repeat(begins, run)
    times = np.full((ranks, size), np.inf)
    who = np.full((ranks, size), -1, np.intp)
    kept = (rank < ranks) & np.isfinite(cost)
    times[rank[kept], point[kept]] = cost[kept]
    who[rank[kept], point[kept]] = fac[kept]
    return times, who


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
    facilities: int


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
    start = np.asarray(ready, dtype=float) + legs(facilities, costs)
    arcs = costs.arcs
    graph = Graph(
        costs.network.core,
        arcs[0],
        arcs[1],
        arcs[2],
        entries(costs, facilities, start),
        len(facilities),
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
