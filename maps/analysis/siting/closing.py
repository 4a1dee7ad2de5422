"""A road closed: only those whose quickest way led over it are worked out again.

The quickest ways to all junctions form a tree. With a road closed, whatever does not hang below
it keeps its time; what does is searched again from the junctions around it, whose times stand.
That is exact, and for most roads a small part of the network. A facility on the closed road
leaves by another; where it then comes sooner than anybody before, the part grows.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from scipy.sparse.csgraph import depth_first_order

from maps.analysis.network.costs import Costs, FeatureId, csr
from maps.analysis.network.graph import Network
from maps.analysis.network.lines import Bools, Floats, Ints
from maps.analysis.network.snap import Places, Snapper, legs
from maps.analysis.network.travel import Graph, Reach, entries, ranks

_MARGIN = 500.0


@dataclass(frozen=True, eq=False)
class Tree:
    """The quickest way to every junction.

    ``parent``, ``chain``, ``from_facility`` (core,): the junction before and the chain of road
    from there, or the facility one comes from (-1 each for none). ``order`` lists the junctions
    so that those behind junction v stand at ``place[v]`` up to ``place[v] + size[v]``.
    ``loose``: junctions of which the last stretch is not known (it takes no time).
    """

    parent: Ints
    chain: Ints
    from_facility: Ints
    order: Ints
    place: Ints
    size: Ints
    loose: Ints

    def behind(self, nodes: Ints) -> Ints:
        """All junctions whose quickest way leads over one of some junctions, these included."""
        nodes = nodes[np.argsort(self.place[nodes])]
        first, last = self.place[nodes], self.place[nodes] + self.size[nodes]
        seen = np.concatenate(([-1], np.maximum.accumulate(last)[:-1])) if len(nodes) else last
        top = first >= seen
        parts = [self.order[a:b] for a, b in zip(first[top], last[top], strict=True)]
        return np.concatenate([*parts, self.loose]) if parts else self.loose


def tree_of(found: Reach) -> Tree:
    """Return the tree of a search for the quickest facility."""
    size = found.costs.network.core
    seconds = found.seconds[0]
    start, end, cost, chains, _ = found.costs.arcs
    parent, chain, owner = (np.full(size, -1, np.intp) for _ in range(3))
    with np.errstate(invalid="ignore"):
        tight = (seconds[start] + cost == seconds[end]) & (seconds[start] < seconds[end])
    parent[end[tight]], chain[end[tight]] = start[tight], chains[tight]
    fac, node, time = entries(found.costs, found.facilities, found.start)
    enters = time == seconds[node]
    owner[node[enters]] = fac[enters]
    parent[node[enters]], chain[node[enters]] = -1, -1
    reached = np.isfinite(seconds)
    loose = np.flatnonzero(reached & (parent < 0) & (owner < 0))
    inside = np.flatnonzero(reached)
    above = np.where(parent[inside] < 0, size, parent[inside])
    by = np.argsort(above, kind="stable")
    links = csr(above[by], inside[by], np.ones(len(by)), size + 1)
    order = depth_first_order(links, size, return_predecessors=False)[1:].astype(np.intp)
    place = np.zeros(size, np.intp)
    place[order] = np.arange(len(order))
    count = [1] * size
    up = parent.tolist()
    for v in order[::-1].tolist():
        if up[v] >= 0:
            count[up[v]] += count[v]
    return Tree(parent, chain, owner, order, place, np.array(count, np.intp), loose)


@dataclass(frozen=True, eq=False)
class Closing:
    """How everybody gets to the nearest facility today, and what a closed road changes.

    ``points``: the people as snapped; ``joined``: as they join the roads open today; ``found``:
    the search over ``found.costs``; ``seconds``: (n,) legs included; ``facilities``: as snapped;
    ``snapper``: of the roads open today.
    """

    points: Places
    joined: Places
    found: Reach
    seconds: Floats
    facilities: Places
    snapper: Snapper

    @property
    def minutes(self) -> Floats:
        """(n,) minutes to the nearest facility."""
        return np.asarray(self.seconds / 60.0)

    @cached_property
    def tree(self) -> Tree:
        return tree_of(self.found)

    @cached_property
    def _chain_of_point(self) -> Ints:
        return _chain_of(self.found.costs.network, self.joined)

    @cached_property
    def rows(self) -> dict[FeatureId, list[int]]:
        """Rows of the network's roads by feature."""
        roads = self.found.costs.network.roads
        out: dict[FeatureId, list[int]] = {}
        for row, (layer, fid) in enumerate(zip(roads.layer, roads.fid.tolist(), strict=True)):
            out.setdefault((layer, fid), []).append(row)
        return out

    @cached_property
    def _edges_of_row(self) -> tuple[Ints, Ints]:
        """Edges in the order of the rows, and where each row's begin."""
        network = self.found.costs.network
        count = np.bincount(network.road, minlength=len(network.roads))
        return np.argsort(network.road, kind="stable"), np.append(0, np.cumsum(count))

    def edges(self, road: FeatureId) -> Bools:
        """(edges,) which are those of a road; none when it does not stand."""
        order, first = self._edges_of_row
        out = np.zeros(len(order), bool)
        for row in self.rows.get(road, ()):
            out[order[first[row] : first[row + 1]]] = True
        return out

    def used(self, persons: Floats, feature: Ints) -> Floats:
        """Persons whose quickest way leads over a road, whole or in part.

        ``persons``: (n,); ``feature``: the number of the road, from 0, that each row of the
        network's roads belongs to. Returns one number of persons per road.
        """
        network, tree = self.found.costs.network, self.tree
        on = np.flatnonzero((self.joined.edge >= 0) & np.isfinite(self.seconds))
        node, own_first, own_last = self._own_stretches(on)
        through = node >= 0
        at = np.bincount(tree.place[node[through]], persons[on[through]], len(tree.order))
        total = np.concatenate(([0.0], np.cumsum(at)))
        # Every stretch of the tree, once for each road it runs over.
        below, first, last = self._stretches()
        which, edge = _spread(first, last)
        child, road = below[which], feature[network.road[edge]]
        # Of stretches one behind the other on one road the first has them all.
        wide = np.int64(len(tree.order) + 1)
        key = road.astype(np.int64) * wide + tree.place[child]
        by = np.argsort(key, kind="stable")
        key, child, road = key[by], child[by], road[by]
        ends = np.maximum.accumulate(key + tree.size[child]) if len(key) else key
        top = key >= np.concatenate(([-1], ends[:-1]))[: len(key)]
        key, child, road, ends = key[top], child[top], road[top], ends[top]
        people = total[tree.place[child] + tree.size[child]] - total[tree.place[child]]
        count = int(feature.max(initial=-1)) + 1
        out = np.bincount(road, people, count)
        # The own stretch counts for whom the same road is not on the way already.
        which, edge = _spread(own_first, own_last)
        pairs = np.unique(which * np.int64(count) + feature[network.road[edge]])
        which, road = pairs // count, pairs % count
        mine = road * wide + tree.place[node[which]]
        before = np.searchsorted(key, mine, side="right") - 1
        told = (node[which] >= 0) & (before >= 0)
        told[told] = ends[before[told]] > mine[told]
        out += np.bincount(road[~told], persons[on[which[~told]]], count)
        return np.asarray(out, float)

    def _own_stretches(self, on: Ints) -> tuple[Ints, Ints, Ints]:
        """By which junction some people are reached (-1: by none), and their edges from there.

        (k,) junctions, first edges, and edges past the last.
        """
        network, found = self.found.costs.network, self.found
        edge, fraction = self.joined.edge[on], self.joined.fraction[on]
        chain = network.chain[edge]
        from_a, from_b = found.costs.to_point(edge, fraction)
        by_a = found.seconds[0, network.a[chain]] + from_a
        by_b = found.seconds[0, network.b[chain]] + from_b
        # At a junction both ends of the stretch tell the same time: it is the one stood at.
        same = np.abs(by_a - by_b) <= 1e-9 * np.maximum(by_a, 1.0)
        to_b = np.where(same, from_b < from_a, by_b < by_a)
        first = np.where(to_b, edge + (fraction >= 1.0), network.chain_first[chain])
        last = np.where(to_b, network.chain_first[chain + 1], edge + (fraction > 0.0))
        node = np.where(to_b, network.b[chain], network.a[chain])
        times, who = found.at(edge, fraction)
        direct = np.flatnonzero(times[0] < np.minimum(by_a, by_b) * (1 - 1e-12) - 1e-9)
        home = found.facilities.take(who[0, direct])
        back = (home.edge > edge[direct]) | (
            (home.edge == edge[direct]) & (home.fraction > fraction[direct])
        )
        one, two = np.where(back, edge[direct], home.edge), np.where(back, home.edge, edge[direct])
        low = np.where(back, fraction[direct], home.fraction)
        high = np.where(back, home.fraction, fraction[direct])
        node[direct], first[direct], last[direct] = -1, one + (low >= 1.0), two + (high > 0.0)
        return node, first, np.maximum(last, first)

    def _stretches(self) -> tuple[Ints, Ints, Ints]:
        """Junctions and the edges (first, one past the last) by which they are come to."""
        network, tree, home = self.found.costs.network, self.tree, self.found.facilities
        below = np.flatnonzero(tree.chain >= 0)
        inner = tree.chain[below]
        roots = np.flatnonzero(tree.from_facility >= 0)
        fac = tree.from_facility[roots]
        edge, fraction = home.edge[fac], home.fraction[fac]
        chain = network.chain[edge]
        # A facility at the very end of an edge does not drive over it.
        to_b = network.b[chain] == roots
        first = np.where(to_b, edge + (fraction >= 1.0), network.chain_first[chain])
        last = np.where(to_b, network.chain_first[chain + 1], edge + (fraction > 0.0))
        return (
            np.append(below, roots),
            np.append(network.chain_first[inner], first),
            np.append(network.chain_first[inner + 1], np.maximum(last, first)),
        )

    def without(self, shut: Bools) -> Floats:
        """Return (n,) seconds with some edges closed, (edges,) booleans."""
        found, network, tree = self.found, self.found.costs.network, self.tree
        # One more, of no chain: where the number of the chain is -1.
        gone = np.zeros(len(network.chain_first), bool)
        gone[network.chain[np.flatnonzero(shut)]] = True
        facilities, start, lost = self._moved(shut)
        own = _chain_of(network, facilities)
        home = np.append(gone[_chain_of(network, found.facilities)], False)
        roots = np.flatnonzero(gone[tree.chain] | home[tree.from_facility])
        hit = np.zeros(network.core, bool)
        while True:
            hit[tree.behind(roots)] = True
            some = hit[network.a] | hit[network.b] | gone[:-1]
            some[own[lost][own[lost] >= 0]] = True
            part = _Part(found.costs, np.flatnonzero(some), shut)
            on = np.flatnonzero((own >= 0) & some[np.maximum(own, 0)])
            mine = part.places(facilities.take(on))
            known = found.seconds[0, part.nodes]
            around = np.flatnonzero(~hit[part.nodes] & np.isfinite(known))
            again = part.reach(mine, start[on], around, known[around])
            sooner = again.seconds[0] < known * (1 - 1e-12)
            roots = part.nodes[sooner & ~hit[part.nodes]]
            if len(roots) == 0:
                return self._told(shut, some, part, again)

    def _told(self, shut: Bools, some: Bools, part: "_Part", again: Reach) -> Floats:
        """(n,) seconds: of those on the searched part anew, of all others as before."""
        chain = self._chain_of_point
        touched = np.flatnonzero((chain >= 0) & some[np.maximum(chain, 0)])
        places = self.joined.take(touched)
        stuck = shut[places.edge]
        if stuck.any():
            moved = self._snapped(self.points.take(touched[stuck]), shut)
            edge, fraction, gap = places.edge.copy(), places.fraction.copy(), places.gap.copy()
            edge[stuck], fraction[stuck], gap[stuck] = moved.edge, moved.fraction, moved.gap
            places = Places(places.x, places.y, edge, fraction, gap)
        on = places.edge >= 0
        inside = np.zeros(len(places), bool)
        inside[on] = some[self.found.costs.network.chain[places.edge[on]]]
        times = np.full(len(places), np.inf)
        near = part.places(places.take(np.flatnonzero(inside)))
        times[inside] = again.at(near.edge, near.fraction)[0][0]
        far = on & ~inside
        if far.any():
            times[far] = self.found.at(places.edge[far], places.fraction[far])[0][0]
        out = self.seconds.copy()
        out[touched] = times + legs(places, self.found.costs)
        return out

    def _moved(self, shut: Bools) -> tuple[Places, Floats, Ints]:
        """Facilities and their head starts with edges closed, and which have moved."""
        was, start = self.found.facilities, self.found.start
        lost = np.flatnonzero((was.edge >= 0) & shut[np.maximum(was.edge, 0)])
        if len(lost) == 0:
            return was, start, lost
        again = self._snapped(self.facilities.take(lost), shut)
        edge, fraction, gap = was.edge.copy(), was.fraction.copy(), was.gap.copy()
        edge[lost], fraction[lost], gap[lost] = again.edge, again.fraction, again.gap
        costs = self.found.costs
        late = start.copy()
        late[lost] += legs(again, costs) - legs(was.take(lost), costs)
        return Places(was.x, was.y, edge, fraction, gap), late, lost

    def _snapped(self, places: Places, shut: Bools) -> Places:
        """Places on closed edges as they join the nearest open road, from where they had joined."""
        lines = self.found.costs.network.shapes[places.edge]
        foot = shapely.line_interpolate_point(lines, places.fraction, normalized=True)
        x, y = shapely.get_coordinates(foot).T
        margin = _MARGIN
        whole = self.found.costs.network
        extent = max(float(np.ptp(whole.x)), float(np.ptp(whole.y)), 1.0)
        while True:
            box = (x.min() - margin, y.min() - margin, x.max() + margin, y.max() + margin)
            again = _open(self.snapper.within(box), shut).snap(x, y)
            # Map metres and true metres differ by well under one per cent in any plan CRS.
            if margin > 2 * extent or float(again.gap.max()) < 0.99 * margin:
                break
            margin *= 4
        return Places(places.x, places.y, again.edge, again.fraction, places.gap + again.gap)


def _spread(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Every edge from ``first`` up to before ``last``: which range it is of, and the edge."""
    length = last - first
    which = np.repeat(np.arange(len(first)), length)
    return which, first[which] + np.arange(len(which)) - (np.cumsum(length) - length)[which]


def _chain_of(network: Network, places: Places) -> Ints:
    """The chain each place is on, -1 for none."""
    return np.where(places.edge >= 0, network.chain[np.maximum(places.edge, 0)], -1)


def _open(snapper: Snapper, shut: Bools) -> Snapper:
    """A snapper (a copy of its own) without some edges."""
    keep = ~shut[snapper.edges]
    for name in ("edges", "_low", "_high", "_shapes", "_drawn"):
        setattr(snapper, name, getattr(snapper, name)[keep])
    snapper._tree = shapely.STRtree(snapper._shapes)
    return snapper


class _Part:
    """Some chains of a network as a network of their own, with edges closed."""

    def __init__(self, costs: Costs, chains: Ints, shut: Bools) -> None:
        network = costs.network
        first, length = network.chain_first[chains], np.diff(network.chain_first)[chains]
        starts = np.concatenate(([0], np.cumsum(length))).astype(np.intp)
        edges = np.repeat(first - starts[:-1], length) + np.arange(starts[-1])
        ends = np.zeros(network.core, bool)
        ends[network.a[chains]] = ends[network.b[chains]] = True
        self.nodes = np.flatnonzero(ends)
        number = np.full(network.nodes, -1, np.intp)
        number[self.nodes] = np.arange(len(self.nodes))
        self._edge = np.full(network.edges, -1, np.intp)
        self._edge[edges] = np.arange(len(edges))
        small = replace(
            network,
            x=network.x[self.nodes],
            y=network.y[self.nodes],
            core=len(self.nodes),
            tail=number[network.tail[edges]],
            head=number[network.head[edges]],
            length=network.length[edges],
            road=network.road[edges],
            along=network.along[edges],
            against=network.against[edges],
            chain_first=starts,
            vertices=np.zeros((0, 2)),
            vertex_first=np.zeros(1, np.intp),
            component=network.component[self.nodes],
        )
        closed = shut[edges]
        self.costs = replace(
            costs,
            network=small,
            seconds=costs.seconds[edges],
            along=costs.along[edges],
            against=costs.against[edges],
            open_to=np.where(closed, 0.0, costs.open_to[edges]),
            open_from=np.where(closed, 1.0, costs.open_from[edges]),
            wet=None,
        )

    def reach(self, facilities: Places, start: Floats, around: Ints, known: Floats) -> Reach:
        """Search from facilities on these chains, and from junctions whose seconds are known."""
        fac, node, time = entries(self.costs, facilities, start)
        names = np.arange(len(around)) + len(facilities)
        entry = np.r_[fac, names], np.r_[node, around], np.r_[time, known]
        arcs = self.costs.arcs
        graph = Graph(len(self.nodes), arcs[0], arcs[1], arcs[2], entry)
        return Reach(self.costs, facilities, start, *ranks(graph, 1))

    def places(self, places: Places) -> Places:
        """Places on these chains with the edges as they are numbered here."""
        edge = self._edge[places.edge]
        return Places(places.x, places.y, edge, places.fraction, places.gap)
