"""Cut lines → one set of flat arrays, built once per set of road layers.

Nodes where exactly two edges meet are not junctions: the edges between two
junctions form a *chain*, and only chains are arcs of the searched graph. Nothing
is lost by that: edges lie in chain order and run along their chain, so the time
from a chain's end to any point inside it is a difference of running sums.

    node      0 … core-1 junctions in Hilbert order, then the rest
    chain c   edges chain_first[c] … chain_first[c+1]-1, from node a[c] to node b[c]
    edge  e   vertices vertex_first[e] … vertex_first[e+1]-1, from tail[e] to head[e]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.geodesy import Ruler
from data.plan import Layer, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.network.lines import TOLERANCE, Bools, Cut, Fix, Floats, Ints, Roads, cut, gather

ROADS_THAT_STAND = {
    "现状": ("现状", "撤销"),
    "规划": ("现状", "在建", "规划"),
    "全部": ("现状", "在建", "规划"),
}
"""Which roads carry traffic when an analysis asks for 现状, 规划 or 全部 facilities."""


@dataclass(frozen=True, eq=False)
class Network:
    """Roads as flat arrays; profile-independent, read-only. See the module's text.

    ``length`` metres travelled (the stated length on a sketched road); ``along``
    and ``against``: whether the edge may be driven from tail to head, head to tail.
    ``component`` numbers the islands of the undirected network by node.
    """

    crs: str
    roads: Roads
    x: Floats
    y: Floats
    core: int
    tail: Ints
    head: Ints
    length: Floats
    road: Ints
    along: Bools
    against: Bools
    chain_first: Ints
    vertices: Floats
    vertex_first: Ints
    component: Ints
    fixes: tuple[Fix, ...] = field(default=())

    @property
    def nodes(self) -> int:
        return len(self.x)

    @property
    def edges(self) -> int:
        return len(self.tail)

    @cached_property
    def ruler(self) -> Ruler:
        return Ruler(self.crs)

    @cached_property
    def used(self) -> Ints:
        """Rows of ``roads`` that are in the network."""
        return np.flatnonzero(np.bincount(self.road, minlength=len(self.roads)))

    @cached_property
    def chain(self) -> Ints:
        """Chain of every edge."""
        count = np.diff(self.chain_first)
        return np.repeat(np.arange(len(count)), count)

    @cached_property
    def a(self) -> Ints:
        """First node of every chain."""
        return self.tail[self.chain_first[:-1]]

    @cached_property
    def b(self) -> Ints:
        """Last node of every chain."""
        return self.head[self.chain_first[1:] - 1]

    @cached_property
    def shapes(self) -> npt.NDArray[Any]:
        """Every edge as a line in the plan's CRS."""
        edge = np.repeat(np.arange(self.edges), np.diff(self.vertex_first))
        if not len(edge):
            return np.zeros(0, dtype=object)
        return np.asarray(shapely.linestrings(self.vertices, indices=edge))

    @cached_property
    def drawn(self) -> Floats:
        """Planar length of every edge as drawn, in metres of the plan's CRS."""
        return np.asarray(shapely.length(self.shapes))

    @cached_property
    def arcs(self) -> "Arcs":
        return _arcs(self)


@dataclass(frozen=True, eq=False)
class Arcs:
    """Both directions of every chain, sorted by (from, to); loops left out.

    ``chain`` and ``forward`` say what an arc runs along; ``group`` starts the runs
    of parallel arcs, ``parallel`` is whether there are any.
    """

    start: Ints
    end: Ints
    chain: Ints
    forward: Bools
    group: Ints
    parallel: bool


def _arcs(network: Network) -> Arcs:
    a, b = network.a, network.b
    open_ended = np.flatnonzero(a != b)
    start = np.r_[a[open_ended], b[open_ended]]
    end = np.r_[b[open_ended], a[open_ended]]
    chain = np.r_[open_ended, open_ended]
    forward = np.r_[np.ones(len(open_ended), bool), np.zeros(len(open_ended), bool)]
    key = start.astype(np.int64) * max(network.core, 1) + end
    order = np.argsort(key, kind="stable")
    key = key[order]
    group = np.flatnonzero(np.diff(key, prepend=-1) != 0)
    return Arcs(
        start[order], end[order], chain[order], forward[order], group, len(group) < len(key)
    )


def build(
    roads: Roads,
    crs: str,
    tolerance: float = TOLERANCE,
    join: bool = False,
    report: Report = silent,
) -> Network:
    """Build the network of some roads; ``join`` makes lines that merely cross join."""
    ruler = Ruler(crs)
    pieces = cut(roads, ruler, tolerance, join, part(report, 0.0, 0.75))
    report(0.75, "正在把路段连成路网…")
    count = len(pieces.node_xy)
    tail, head = pieces.tail, pieces.head
    component = _components(tail, head, count)
    inner = _inner_nodes(tail, head, component, count)
    order, flipped, chain_first = _chains(tail, head, inner)
    report(0.85, "正在给路口编号…")
    number = _numbering(pieces.node_xy, inner)
    flip = flipped
    tail, head = (
        number[np.where(flip, head[order], tail[order])],
        number[np.where(flip, tail[order], head[order])],
    )
    vertices, vertex_first = _vertices(pieces, order, flip)
    back = np.empty(count, np.intp)
    back[number] = np.arange(count)
    road = pieces.road[order]
    way = np.where(flip, -roads.way[road], roads.way[road])
    return Network(
        crs=crs,
        roads=roads,
        x=pieces.node_xy[back, 0],
        y=pieces.node_xy[back, 1],
        core=int((~inner).sum()),
        tail=tail,
        head=head,
        length=_lengths(pieces)[order],
        road=road,
        along=way >= 0,
        against=way <= 0,
        chain_first=chain_first,
        vertices=vertices,
        vertex_first=vertex_first,
        component=component[back],
        fixes=pieces.fixes,
    )


def _components(tail: Ints, head: Ints, count: int) -> Ints:
    links = coo_matrix((np.ones(len(tail), np.int8), (tail, head)), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.intp)


def _inner_nodes(tail: Ints, head: Ints, component: Ints, count: int) -> Bools:
    """Nodes between two different edges; a ring without a junction keeps one node."""
    degree = np.bincount(tail, minlength=count) + np.bincount(head, minlength=count)
    looped = np.zeros(count, bool)
    looped[tail[tail == head]] = True
    inner = (degree == 2) & ~looped
    outer = np.bincount(component[~inner], minlength=int(component.max(initial=-1)) + 1) > 0
    _, first = np.unique(component, return_index=True)
    inner[first[~outer]] = False
    return inner


def _chains(tail: Ints, head: Ints, inner: Bools) -> tuple[Ints, Bools, Ints]:
    """Order edges into chains: (edge order, whether to flip each, where chains start).

    Half-edge 2e runs along edge e, 2e+1 against it. Pointer doubling finds for every
    half-edge the first one of its path and how far it is from there.
    """
    count = len(tail)
    start = np.empty(2 * count, np.intp)
    start[0::2], start[1::2] = tail, head
    half = np.arange(2 * count)
    before = half.copy()
    at_inner = np.flatnonzero(inner[start])
    # Two half-edges leave every inner node; what precedes one is the other, turned round.
    by_node = at_inner[np.argsort(start[at_inner], kind="stable")].reshape(-1, 2)
    before[by_node[:, 0]] = by_node[:, 1] ^ 1
    before[by_node[:, 1]] = by_node[:, 0] ^ 1
    rank = (before != half).astype(np.intp)
    moving = np.flatnonzero(rank)
    while len(moving):
        rank[moving] += rank[before[moving]]
        before[moving] = before[before[moving]]
        moving = moving[rank[before[moving]] > 0]
    kept = np.flatnonzero(before < before[half ^ 1])
    kept = kept[np.lexsort((rank[kept], before[kept]))]
    chain_first = np.flatnonzero(np.diff(before[kept], prepend=-1) != 0)
    return kept >> 1, (kept & 1).astype(bool), np.r_[chain_first, count].astype(np.intp)


def _numbering(xy: Floats, inner: Bools) -> Ints:
    """New number of every node: junctions first, each part in Hilbert order."""
    number = np.empty(len(xy), np.intp)
    number[np.lexsort((hilbert(xy), inner))] = np.arange(len(xy))
    return number


def hilbert(xy: Floats, bits: int = 12) -> npt.NDArray[np.int64]:
    """Position of points along a Hilbert curve over their own extent."""
    if not len(xy):
        return np.zeros(0, np.int64)
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = ((1 << bits) - 1) / max(float((high - low).max()), 1e-9)
    x, y = ((xy - low) * scale).astype(np.int64).T
    out = np.zeros(len(xy), np.int64)
    for level in range(bits - 1, -1, -1):
        side = np.int64(1) << level
        right, upper = (x & side) > 0, (y & side) > 0
        out += side * side * np.where(upper, np.where(right, 2, 1), np.where(right, 3, 0))
        mirror = right & ~upper
        x, y = (
            np.where(mirror, side - 1 - (x & (side - 1)), x),
            np.where(mirror, side - 1 - (y & (side - 1)), y),
        )
        x, y = np.where(upper, x, y), np.where(upper, y, x)
    return out


def _vertices(pieces: Cut, order: Ints, flip: Bools) -> tuple[Floats, Ints]:
    first, last = pieces.first[order], pieces.last[order]
    count = last - first + 1
    vertex_first = np.concatenate([[0], np.cumsum(count)]).astype(np.intp)
    step = np.arange(vertex_first[-1]) - np.repeat(vertex_first[:-1], count)
    origin, sign = np.where(flip, last, first), np.where(flip, -1, 1)
    return pieces.vertices[np.repeat(origin, count) + np.repeat(sign, count) * step], vertex_first


def _lengths(pieces: Cut) -> Floats:
    """Metres to travel on every edge: true length, or its share of the stated length."""
    size = pieces.size
    roads = pieces.roads
    whole = np.bincount(pieces.road, size, len(roads))
    stated = roads.sketched & (roads.stated > 0) & (whole > 0)
    factor = np.divide(roads.stated, whole, out=np.ones(len(roads)), where=stated)
    return np.asarray(size * factor[pieces.road])


def network_of(
    plan: Plan,
    status: str = "全部",
    *,
    join: bool = False,
    needed: bool = True,
    report: Report = silent,
) -> Network:
    """Return the plan's network, built at the first question and kept with its road layers.

    Raises Refused when the plan has no roads, unless they are not ``needed``.
    """
    layers = tuple(layer for layer in plan.of_kind("road") if len(layer))
    if not layers and needed:
        raise Refused("规划里没有道路,算不了行车时间。请先导入道路图层,或改用“直线估算”。")
    report(0.0, "正在由道路生成路网…")
    network = _built(layers, plan.crs, ROADS_THAT_STAND[status], join, Aside(report))
    if not network.edges and needed:
        raise Refused(f"道路图层里没有“{status}”时能走的路,请检查道路的状态和线形。")
    report(1.0, "路网已生成")
    return network


@dataclass(frozen=True)
class Aside:
    """Who hears of the progress: equal to every other one, so that it is no part of the key."""

    report: Report = field(compare=False)


# Layers are values: the same layer objects mean the same network. A cancelled one is not kept.
@lru_cache(maxsize=4)
def _built(
    layers: tuple[Layer, ...], crs: str, statuses: Sequence[str], join: bool, aside: Aside
) -> Network:
    roads = gather(layers, statuses)
    aside.report(0.2, "正在裁开相交的道路…")
    return build(roads, crs, join=join, report=part(aside.report, 0.2, 1.0))
