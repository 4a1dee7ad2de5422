"""Seconds on every edge for one traveller in one condition, with roads closed.

A closure may cover a part of an edge (a flooded zone): the edge is then passable
from its tail up to ``open_to`` and from its head down to ``open_from`` (fractions
of the edge); nothing passes through. Between two closures of one edge nobody gets
anywhere. ``wet`` is the ground under water itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_matrix

from data.refused import Refused
from maps.analysis.network.graph import Arcs, Network
from maps.analysis.network.lines import Bools, Floats, Ints
from maps.analysis.network.profile import Condition, Profile

FeatureId = tuple[str, int]
"""Layer name and feature id of a road."""


@dataclass(frozen=True, eq=False)
class Costs:
    """What it takes to travel a network.

    ``seconds`` per edge (infinite where this traveller may not go at all);
    ``along``/``against``: whether it may be driven in that direction.
    ``turned`` asks every question the other way round: from people to facilities.
    """

    network: Network
    profile: Profile
    condition: Condition
    seconds: Floats
    along: Bools
    against: Bools
    open_to: Floats
    open_from: Floats
    wet: shapely.Geometry | None = None

    @cached_property
    def turned(self) -> "Costs":
        """The same network driven the other way."""
        return replace(self, along=self.against, against=self.along)

    @cached_property
    def closed(self) -> bool:
        """Whether anything is closed."""
        return bool((self.open_to < 1.0).any())

    @cached_property
    def through(self) -> tuple[Bools, Bools]:
        """Edges that can be driven from one end to the other: (along, against)."""
        clear = (self.open_to >= 1.0) & np.isfinite(self.seconds)
        return self.along & clear, self.against & clear

    @cached_property
    def runs(self) -> tuple[Floats, Ints, Floats, Ints]:
        """Running sums over edges: seconds and blocks along, seconds and blocks against.

        Edges of a chain are neighbours: between edges i < j of one chain the way
        takes ``sum[j] - sum[i]`` and is free when ``block[j] == block[i]``.
        """
        out: list[Any] = []
        for free in self.through:
            spent = np.where(free, np.where(np.isfinite(self.seconds), self.seconds, 0.0), 0.0)
            out += [_running(spent), _running((~free).astype(np.intp))]
        return out[0], out[1], out[2], out[3]

    @cached_property
    def chains(self) -> tuple[Floats, Floats]:
        """Seconds over every chain from a to b and from b to a, infinite where blocked."""
        ends = self.network.chain_first
        out = []
        for spent, block in (self.runs[:2], self.runs[2:]):
            total, blocks = np.diff(spent[ends]), np.diff(block[ends])
            out.append(np.where(blocks == 0, total, np.inf))
        return out[0], out[1]

    @cached_property
    def arcs(self) -> tuple[Ints, Ints, Floats, Ints, Bools]:
        """The searched graph: (from, to, seconds, chain, forward), the quickest of parallels."""
        arcs: Arcs = self.network.arcs
        ab, ba = self.chains
        cost = np.where(arcs.forward, ab[arcs.chain], ba[arcs.chain])
        pick = np.arange(len(cost))
        if arcs.parallel:
            lane = np.zeros(len(cost), np.intp)
            lane[arcs.group] = 1
            order = np.lexsort((cost, np.cumsum(lane)))
            pick = order[arcs.group]
        pick = pick[np.isfinite(cost[pick])]
        start, end = arcs.start[pick], arcs.end[pick]
        return start, end, cost[pick], arcs.chain[pick], arcs.forward[pick]

    @cached_property
    def matrix(self) -> csr_matrix:
        """The searched graph as CSR over the junctions, seconds."""
        start, end, cost, _, _ = self.arcs
        return csr(start, end, cost, self.network.core)

    def to_point(self, edge: Ints, fraction: Floats) -> tuple[Floats, Floats]:
        """Seconds from the chain's a, and from its b, to points on edges."""
        first = self.network.chain_first
        chain = self.network.chain[edge]
        ahead, block_ahead, back, block_back = self.runs
        from_a = ahead[edge] - ahead[first[chain]]
        clear = block_ahead[edge] == block_ahead[first[chain]]
        from_a = np.where(clear, from_a, np.inf) + self.part(edge, 0.0, fraction)
        end = first[chain + 1]
        from_b = back[end] - back[edge + 1]
        clear = block_back[end] == block_back[edge + 1]
        from_b = np.where(clear, from_b, np.inf) + self.part(edge, 1.0, fraction)
        return np.maximum(from_a, 0.0), np.maximum(from_b, 0.0)

    def from_point(self, edge: Ints, fraction: Floats) -> tuple[Floats, Floats]:
        """Seconds from points on edges to their chain's a, and to its b."""
        return self.turned.to_point(edge, fraction)

    def part(self, edge: Ints, start: Any, end: Any) -> Floats:
        """Seconds from fraction ``start`` to fraction ``end`` of edges, infinite where closed."""
        start, end = np.broadcast_arrays(
            np.asarray(start, dtype=float), np.asarray(end, dtype=float)
        )
        allowed = np.where(end >= start, self.along[edge], self.against[edge])
        low, high = np.minimum(start, end), np.maximum(start, end)
        free = (high <= self.open_to[edge]) | (low >= self.open_from[edge])
        seconds = self.seconds[edge]
        free &= allowed & np.isfinite(seconds)
        spent = np.where(free, np.where(np.isfinite(seconds), seconds, 0.0), 0.0)
        return np.where(free | (low == high), (high - low) * spent, np.inf)

    def between(self, e0: Ints, f0: Floats, e1: Ints, f1: Floats) -> Floats:
        """Seconds from points to points of the same chain without leaving it."""
        ahead, block_ahead, back, block_back = self.runs
        same = e0 == e1
        later = e1 > e0
        low, high = np.minimum(e0, e1), np.maximum(e0, e1)
        middle = np.where(
            later, ahead[high] - ahead[low + 1], back[high] - back[np.minimum(low + 1, high)]
        )
        blocked = np.where(
            later,
            block_ahead[high] != block_ahead[np.minimum(low + 1, high)],
            block_back[high] != block_back[np.minimum(low + 1, high)],
        )
        leave = self.part(e0, f0, np.where(later, 1.0, 0.0))
        arrive = self.part(e1, np.where(later, 0.0, 1.0), f1)
        far = np.where(blocked, np.inf, np.maximum(middle, 0.0)) + leave + arrive
        return np.where(same, self.part(e0, f0, f1), far)


def _running(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(1, values.dtype), np.cumsum(values)])


def csr(start: Ints, end: Ints, cost: Floats, size: int) -> csr_matrix:
    """CSR matrix from arcs sorted by ``start``, without two arcs for one pair."""
    pointer = np.zeros(size + 1, np.int32)
    np.cumsum(np.bincount(start, minlength=size), out=pointer[1:])
    return csr_matrix((cost, end.astype(np.int32), pointer), shape=(size, size))


def costs(
    network: Network,
    profile: Profile,
    condition: Condition,
    closed: Iterable[FeatureId] = (),
    flooded: Sequence[shapely.Geometry] = (),
) -> Costs:
    """Work out what a traveller needs, with roads closed by id and by flooded zones.

    Raises Refused for a closed road that is not in the network.
    """
    speed = _speeds(network, profile, condition)[network.road]
    seconds = np.divide(
        network.length * 3.6, speed, out=np.full(len(speed), np.inf), where=speed > 0
    )
    open_to, open_from = np.ones(network.edges), np.zeros(network.edges)
    shut = _closed_rows(network, closed)[network.road]
    open_to[shut], open_from[shut] = 0.0, 1.0
    wet = shapely.union_all(np.asarray(flooded, dtype=object)) if len(flooded) else None
    if wet is not None:
        shapely.prepare(wet)
        _flood(network, wet, open_to, open_from)
    both = np.ones(network.edges, bool)
    # Nobody walks round the block because a street is one-way for cars.
    free = both if profile.on_foot else ~both
    return Costs(
        network,
        profile,
        condition,
        seconds,
        network.along | free,
        network.against | free,
        open_to,
        open_from,
        wet,
    )


def _speeds(network: Network, profile: Profile, condition: Condition) -> Floats:
    """Speed of every road row, km/h; asked once per combination of class, limit, surface."""
    roads = network.roads
    asked = pd.DataFrame(
        {
            "class": roads.road_class,
            "limit": np.where(roads.limit > 0, roads.limit, 0.0),
            "surface": roads.surface,
        }
    )
    kind = asked.groupby(list(asked), sort=False, dropna=False).ngroup().to_numpy()
    kinds = asked.drop_duplicates().itertuples(index=False)
    speeds = [profile.kmh(name, limit, surface, condition) for name, limit, surface in kinds]
    return np.array(speeds, dtype=np.float64)[kind]


def _closed_rows(network: Network, closed: Iterable[FeatureId]) -> Bools:
    roads = network.roads
    out = np.zeros(len(roads), bool)
    for layer, fid in closed:
        hit = (roads.layer == layer) & (roads.fid == fid)
        if not hit.any():
            raise Refused(f"要封闭的道路不在路网里:图层“{layer}”第 {fid} 号。请检查编号。")
        out |= hit
    return out


def _flood(network: Network, zone: shapely.Geometry, open_to: Floats, open_from: Floats) -> None:
    """Close the parts of edges inside a zone; bridges and tunnels as well: they are cut off."""
    hit = np.flatnonzero(shapely.intersects(zone, network.shapes))
    wet = shapely.intersection(network.shapes[hit], zone)
    points, edge = shapely.get_coordinates(wet, return_index=True)
    lines = network.shapes[hit]
    drawn = np.maximum(network.drawn[hit], 1e-9)
    at = shapely.line_locate_point(lines[edge], shapely.points(points)) / drawn[edge]
    low, high = np.full(len(hit), np.inf), np.full(len(hit), -np.inf)
    np.minimum.at(low, edge, at)
    np.maximum.at(high, edge, at)
    open_to[hit] = np.minimum(open_to[hit], np.clip(low, 0.0, 1.0))
    open_from[hit] = np.maximum(open_from[hit], np.clip(high, 0.0, 1.0))
    # A zone that only touches an end closes it: nothing passes the touched junction that way.
    whole = (open_to[hit] >= 1.0) & (high >= 1.0)
    open_to[hit[whole]] = np.nextafter(1.0, 0.0)
