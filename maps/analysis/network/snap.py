"""Places join the network once: at a point of an edge, with a leg off the road.

Nobody is dropped and nobody is moved: who lives far from any road gets a long leg,
and is listed.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from maps.analysis.network.costs import Costs
from maps.analysis.network.graph import Network, hilbert
from maps.analysis.network.lines import Bools, Floats, Ints
from maps.analysis.network.profile import Profile

FAR = 2000.0
"""Metres from the nearest road beyond which a place is listed as far from the roads."""

_HAIR = 1e-9
_MANY = 500


@dataclass(frozen=True, eq=False)
class Places:
    """Points on a network: ``edge`` and ``fraction`` along it, ``gap`` true metres to it.

    ``edge`` is -1 (and ``gap`` infinite) when there is no road to join at all.
    """

    x: Floats
    y: Floats
    edge: Ints
    fraction: Floats
    gap: Floats

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Ints) -> "Places":
        return Places(
            self.x[rows], self.y[rows], self.edge[rows], self.fraction[rows], self.gap[rows]
        )


def joinable(network: Network, profile: Profile) -> Bools:
    """Edges that may be joined in their middle.

    Not those this traveller may not use, nor bridges and tunnels, nor motorways;
    a sketched line stands for a whole corridor and may always be joined.
    """
    roads = network.roads
    out = np.empty(len(roads), bool)
    known: dict[str, tuple[bool, bool]] = {}
    for i, name in enumerate(roads.road_class):
        if name not in known:
            classes = profile.base(name)
            never = bool(profile.forbidden.intersection(classes))
            closed = bool(classes) and profile.no_access.issuperset(classes)
            known[name] = (never, closed)
        never, closed = known[name]
        out[i] = not never and (roads.sketched[i] or not (closed or roads.lifted[i]))
    return out[network.road]


class Snapper:
    """Finds where places join a network; built once per network and profile."""

    def __init__(self, network: Network, usable: Bools) -> None:
        self.network = network
        # When nothing may be joined (only motorways are drawn), everything may.
        self.edges = np.flatnonzero(usable) if usable.any() else np.arange(network.edges)
        self._tree = shapely.STRtree(network.shapes[self.edges])

    def snap(self, x: Floats, y: Floats) -> Places:
        """Join places (plan CRS) to their nearest edge."""
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if not len(self.edges) or not len(x):
            none = np.full(len(x), -1, np.intp)
            return Places(x, y, none, np.zeros(len(x)), np.full(len(x), np.inf))
        points = shapely.points(x, y)
        edge = self.edges[self._nearest(points, x, y)]
        lines = self.network.shapes[edge]
        along = shapely.line_locate_point(lines, points)
        foot = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
        gap = self.network.ruler.distance(x, y, foot[:, 0], foot[:, 1])
        fraction = np.clip(along / np.maximum(self.network.drawn[edge], 1e-9), 0.0, 1.0)
        # A hair before a junction is the junction: one-way rules begin behind it.
        fraction[fraction < _HAIR] = 0.0
        fraction[fraction > 1 - _HAIR] = 1.0
        return Places(x, y, edge, fraction, np.asarray(gap))

    def _nearest(self, points: npt.NDArray[Any], x: Floats, y: Floats) -> Ints:
        if len(x) < _MANY:
            return np.asarray(self._tree.nearest(points))
        # Neighbours one after the other: the tree's pages stay in the cache (4 times as
        # fast); the search lets go of the interpreter, so that threads halve it again.
        order = np.argsort(hilbert(np.column_stack([x, y])))
        shares = np.array_split(order, min(os.cpu_count() or 1, 4))
        out = np.empty(len(x), np.intp)
        with ThreadPoolExecutor(len(shares)) as pool:
            for share, found in zip(
                shares, pool.map(lambda s: self._tree.nearest(points[s]), shares), strict=True
            ):
                out[share] = found
        return out


def legs(places: Places, costs: Costs) -> Floats:
    """Seconds off the road for every place."""
    leg = costs.profile.leg(costs.profile.offroad, costs.condition)
    return np.asarray(leg.seconds(places.gap))
