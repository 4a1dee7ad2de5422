"""Places join the network once: at a point of an edge, with a leg off the road.

Nobody is dropped and nobody is moved: who lives far from any road gets a long leg,
and is listed. Closing a road changes nothing for those who live elsewhere; who had
joined the closed stretch goes from there, as over open country, to the nearest open one
(:func:`settle`). Who is in a flooded zone himself is not reached by road.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from maps.analysis.network.costs import Costs
from maps.analysis.network.graph import Network, hilbert
from maps.analysis.network.lines import Bools, Floats, Ints
from maps.analysis.network.profile import Profile

FAR = 2000.0
"""Metres from the nearest road beyond which a place is listed as far from the roads."""

_HAIR = 1e-9
_MANY, _VERY_MANY = 500, 20_000
"""Places from which on they are asked about in order, and by several threads."""


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
    code, names = pd.factorize(roads.road_class)
    classes = [profile.base(name) for name in names]
    never = np.array([bool(profile.forbidden.intersection(c)) for c in classes], bool)[code]
    closed = np.array([bool(c) and profile.no_access.issuperset(c) for c in classes], bool)[code]
    out = ~never & (roads.sketched | ~(closed | roads.lifted))
    return np.asarray(out[network.road])


class Snapper:
    """Finds where places join a network; built once per network and profile.

    ``usable`` edges may be joined, with closed roads in ``costs`` only their open stretches.
    """

    def __init__(self, network: Network, usable: Bools, costs: Costs | None = None) -> None:
        self.network = network
        # When nothing may be joined (only motorways are drawn), everything may.
        edges = np.flatnonzero(usable) if usable.any() else np.arange(network.edges)
        self.edges, self._low, self._high = edges, np.zeros(len(edges)), np.ones(len(edges))
        self._shapes = network.shapes[edges]
        self._drawn = network.drawn[edges]
        if costs is not None:
            self._leave_open(costs)
        self._tree = shapely.STRtree(self._shapes)

    def _leave_open(self, costs: Costs) -> None:
        """Put the open stretches in the place of edges that are partly closed."""
        shut = np.flatnonzero(costs.open_to[self.edges] < 1.0)
        whole = np.setdiff1d(np.arange(len(self.edges)), shut)
        edge = np.concatenate([self.edges[shut], self.edges[shut]])
        low = np.concatenate([np.zeros(len(shut)), costs.open_from[self.edges[shut]]])
        high = np.concatenate([costs.open_to[self.edges[shut]], np.ones(len(shut))])
        some = high - low > _HAIR
        edge, low, high = edge[some], low[some], high[some]
        parts = [
            substring(self.network.shapes[e], a, b, normalized=True)
            for e, a, b in zip(edge, low, high, strict=True)
        ]
        self._shapes = np.concatenate([self._shapes[whole], np.array(parts, dtype=object)])
        self.edges = np.concatenate([self.edges[whole], edge])
        self._low = np.concatenate([self._low[whole], low])
        self._high = np.concatenate([self._high[whole], high])
        self._drawn = np.asarray(shapely.length(self._shapes))

    def within(self, bounds: tuple[float, float, float, float]) -> "Snapper":
        """A snapper of the edges that touch a box alone: quicker for many places around it."""
        out = copy(self)
        rows = np.sort(self._tree.query(shapely.box(*bounds)))
        out.edges, out._low, out._high = self.edges[rows], self._low[rows], self._high[rows]
        out._shapes, out._drawn = self._shapes[rows], self._drawn[rows]
        out._tree = shapely.STRtree(out._shapes)
        return out

    def snap(self, x: Floats, y: Floats) -> Places:
        """Join places (plan CRS) to their nearest edge."""
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if not len(self.edges) or not len(x):
            none = np.full(len(x), -1, np.intp)
            return Places(x, y, none, np.zeros(len(x)), np.full(len(x), np.inf))
        if len(x) < _MANY or len(self.edges) < _VERY_MANY:
            return self._joined(x, y)
        # Neighbours one after the other: the tree's pages stay in the cache (4 times as
        # fast); the search lets go of the interpreter, so that threads halve it again.
        order = np.argsort(hilbert(np.column_stack([x, y])))
        threads = 1 if len(x) < _VERY_MANY else min(os.cpu_count() or 1, 4)
        with ThreadPoolExecutor(threads) as pool:
            shares = list(
                pool.map(lambda s: self._joined(x[s], y[s]), np.array_split(order, threads))
            )
        back = np.empty(len(x), np.intp)
        back[order] = np.arange(len(x))
        edge, fraction, gap = (
            np.concatenate([getattr(share, name) for share in shares])[back]
            for name in ("edge", "fraction", "gap")
        )
        return Places(x, y, edge, fraction, gap)

    def _joined(self, x: Floats, y: Floats) -> Places:
        points = shapely.points(x, y)
        row = np.asarray(self._tree.nearest(points))
        lines = self._shapes[row]
        along = shapely.line_locate_point(lines, points)
        foot = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
        gap = self.network.ruler.distance(x, y, foot[:, 0], foot[:, 1])
        share = np.clip(along / np.maximum(self._drawn[row], 1e-9), 0.0, 1.0)
        low, high = self._low[row], self._high[row]
        fraction = low + share * (high - low)
        # A hair before a junction is the junction: one-way rules begin behind it.
        fraction[fraction < _HAIR] = 0.0
        fraction[fraction > 1 - _HAIR] = 1.0
        return Places(x, y, self.edges[row], np.clip(fraction, low, high), np.asarray(gap))


@lru_cache(maxsize=6)
def _open_snapper(costs: Costs) -> Snapper:
    return Snapper(costs.network, joinable(costs.network, costs.profile), costs)


def settle(places: Places, costs: Costs) -> Places:
    """Places as they join the roads that are open: ``edge`` -1 for who is in the water."""
    if not len(places) or not (costs.closed or costs.wet is not None):
        return places
    out = _moved_on(places, costs) if costs.closed else places
    if costs.wet is None:
        return out
    wet = shapely.intersects_xy(costs.wet, places.x, places.y)
    return replace(out, edge=np.where(wet, -1, out.edge), gap=np.where(wet, np.inf, out.gap))


def _moved_on(places: Places, costs: Costs) -> Places:
    """Who had joined a closed stretch joins the nearest open one from there."""
    on = np.maximum(places.edge, 0)
    # Also at the very end of a closed stretch: the junction may have no open road left.
    inside = (places.fraction >= costs.open_to[on]) & (places.fraction <= costs.open_from[on])
    inside &= costs.open_to[on] < 1.0
    stuck = np.flatnonzero(inside & (places.edge >= 0))
    if not len(stuck):
        return places
    edge, fraction, gap = places.edge.copy(), places.fraction.copy(), places.gap.copy()
    lines = costs.network.shapes[edge[stuck]]
    foot = shapely.line_interpolate_point(lines, fraction[stuck], normalized=True)
    again = _open_snapper(costs).snap(*shapely.get_coordinates(foot).T)
    edge[stuck], fraction[stuck] = again.edge, again.fraction
    gap[stuck] += again.gap
    return replace(places, edge=edge, fraction=fraction, gap=gap)


def legs(places: Places, costs: Costs) -> Floats:
    """Seconds off the road for every place."""
    leg = costs.profile.leg(costs.profile.offroad, costs.condition)
    return np.asarray(leg.seconds(places.gap))
