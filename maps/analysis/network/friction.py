"""Across country and on the roads in one pass (牧区, 越野).

The searched graph has three sorts of nodes: junctions, points along the roads no
further apart than a cell (one can leave a road anywhere), and cells. A step between
neighbouring cells (8 directions) costs its true length over the mean of both cells'
slowness; with heights, Tobler's time for that direction. Between two impassable cells
that touch at a corner nobody slips through.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from data.geodesy import Ruler
from data.progress import Report, silent
from maps.analysis.network.costs import Costs
from maps.analysis.network.ground import Ground
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.snap import Places, joinable, legs, settle
from maps.analysis.network.terrain import OFF_PATH, Terrain, even, tobler
from maps.analysis.network.timers import Spots, snapped, snapper_of
from maps.analysis.network.travel import Graph, quickest, ranks

_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True, eq=False)
class Stops:
    """Points along every edge, sorted: ``key`` = 2·edge + fraction, ``node`` number of each."""

    key: Floats
    edge: Ints
    fraction: Floats
    node: Ints
    count: int


@dataclass(frozen=True, eq=False)
class Across:
    """A timer over roads and cells: ``seconds``/``who`` (k, nodes), cells after the stops."""

    costs: Costs
    terrain: Terrain
    stops: Stops
    seconds: Floats
    who: Ints

    def at(self, spots: Spots) -> tuple[Floats, Ints]:
        """Seconds (k, n) to places by the quicker of cell and road, and who comes."""
        return self._at(self.places(spots))

    def first(self, x: Floats, y: Floats) -> Floats:
        """Seconds from the quickest facility to places that nobody asks about twice."""
        network, vehicle = self.costs.network, self.costs.profile.name
        return self._at(snapper_of(network, vehicle).snap(x, y))[0][0]

    def _at(self, places: Places) -> tuple[Floats, Ints]:
        k = len(self.seconds)
        places = settle(places, self.costs)
        node, leg = _cell_leg(self.terrain, self.costs, places.x, places.y)
        inside = node >= 0
        times, who = [], []
        cell = np.full((k, len(node)), np.inf)
        name = np.full((k, len(node)), -1, np.intp)
        cell[:, inside] = self.seconds[:, self.stops.count + node[inside]] + leg[inside]
        name[:, inside] = self.who[:, self.stops.count + node[inside]]
        times.append(cell)
        who.append(name)
        off = legs(places, self.costs)
        for stop, part in _beside(self.stops, self.costs, places):
            times.append(self.seconds[:, stop] + part + off)
            who.append(self.who[:, stop])
        return quickest(np.concatenate(times), np.concatenate(who), k)

    def places(self, spots: Spots) -> Places:
        """Where the places join the roads."""
        return snapped(self.costs.network, self.costs.profile.name, spots)


def across(
    costs: Costs,
    terrain: Terrain | None,
    grid: Ground,
    facilities: Places,
    ready: Floats,
    k: int,
    report: Report = silent,
) -> Across:
    """Search roads and cells together.

    ``terrain`` has the speeds of a dry day (None: everywhere the off-road speed of the
    profile); the condition slows it down as it does the roads.
    """
    facilities = settle(facilities, costs)
    land = terrain or even(grid, costs.profile.offroad.kmh)
    land = replace(land, kmh=land.kmh * _slowed(costs))
    stops = _stops(costs, facilities, land.cell)
    start, end, cost = _road_arcs(costs, stops)
    joints = _joints(costs, stops, land)
    cells = _cell_arcs(land, costs)
    base = stops.count
    start = np.concatenate([start, joints[0], base + joints[1], base + cells[0]])
    end = np.concatenate([end, base + joints[1], joints[0], base + cells[1]])
    cost = np.concatenate([cost, joints[2], joints[2], cells[2]])
    good = np.isfinite(cost)
    start, end, cost = _single(start[good], end[good], cost[good])
    size = base + land.kmh.size
    entry = _entries(costs, stops, land, facilities, np.asarray(ready, dtype=float))
    graph = Graph(size, start, end, cost, entry)
    seconds, who = ranks(graph, k, report=report)
    return Across(costs, land, stops, seconds, who)


def _single(start: Ints, end: Ints, cost: Floats) -> tuple[Ints, Ints, Floats]:
    """Arcs sorted by start, the cheapest of several between the same two nodes, no loops."""
    order = np.lexsort((cost, end, start))
    start, end, cost = start[order], end[order], cost[order]
    keep = (np.diff(start, prepend=-1) != 0) | (np.diff(end, prepend=-1) != 0)
    keep &= start != end
    return start[keep], end[keep], cost[keep]


def _stops(costs: Costs, facilities: Places, cell: float) -> Stops:
    network = costs.network
    pieces = np.maximum(np.ceil(network.drawn / cell).astype(np.intp), 1)
    edge = np.repeat(np.arange(network.edges), pieces - 1)
    first = np.repeat(np.cumsum(pieces - 1) - (pieces - 1), pieces - 1)
    fraction = (np.arange(len(edge)) - first + 1) / pieces[edge]
    on = (facilities.edge >= 0) & (facilities.fraction > 0) & (facilities.fraction < 1)
    edge = np.r_[edge, facilities.edge[on]]
    fraction = np.r_[fraction, facilities.fraction[on]]
    fresh = network.nodes + np.arange(len(edge))
    every = np.arange(network.edges)
    edge = np.r_[every, every, edge]
    fraction = np.r_[np.zeros(network.edges), np.ones(network.edges), fraction]
    node = np.r_[network.tail, network.head, fresh]
    order = np.lexsort((fraction, edge))
    edge, fraction, node = edge[order], fraction[order], node[order]
    return Stops(2.0 * edge + fraction, edge, fraction, node, network.nodes + len(fresh))


def _road_arcs(costs: Costs, stops: Stops) -> tuple[Ints, Ints, Floats]:
    same = stops.edge[1:] == stops.edge[:-1]
    a, b = np.flatnonzero(same), np.flatnonzero(same) + 1
    edge = stops.edge[a]
    there = costs.part(edge, stops.fraction[a], stops.fraction[b])
    back = costs.part(edge, stops.fraction[b], stops.fraction[a])
    return (
        np.r_[stops.node[a], stops.node[b]],
        np.r_[stops.node[b], stops.node[a]],
        np.r_[there, back],
    )


def _joints(costs: Costs, stops: Stops, land: Terrain) -> tuple[Ints, Ints, Floats]:
    """Where one can leave a road: (stop node, cell, seconds)."""
    usable = joinable(costs.network, costs.profile)[stops.edge]
    stop = np.flatnonzero(usable if usable.any() else np.ones(len(stops.edge), bool))
    _, once = np.unique(stops.node[stop], return_index=True)
    stop = stop[once]
    xy = _where(costs, stops.edge[stop], stops.fraction[stop])
    cell, seconds = _cell_leg(land, costs, xy[:, 0], xy[:, 1])
    good = cell >= 0
    return stops.node[stop][good], cell[good], seconds[good]


def _where(costs: Costs, edge: Ints, fraction: Floats) -> Floats:
    lines = costs.network.shapes[edge]
    return np.asarray(
        shapely.get_coordinates(shapely.line_interpolate_point(lines, fraction, normalized=True))
    )


def _cell_leg(land: Terrain, costs: Costs, x: Floats, y: Floats) -> tuple[Ints, Floats]:
    """Cell of every point (-1 outside or impassable) and seconds to its centre."""
    rows, columns = land.kmh.shape
    column = np.floor((x - land.west) / land.cell).astype(np.intp)
    row = np.floor((land.north - y) / land.cell).astype(np.intp)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    cell = np.where(inside, row * columns + column, 0)
    kmh = land.kmh.ravel()[cell]
    if land.heights is not None:
        kmh = np.where(kmh > 0, float(tobler(np.zeros(1))[0]) * OFF_PATH, 0.0)
        kmh = kmh * _slowed(costs)
    inside &= kmh > 0
    centre_x = land.west + (column + 0.5) * land.cell
    centre_y = land.north - (row + 0.5) * land.cell
    away = costs.network.ruler.distance(x, y, centre_x, centre_y)
    seconds = np.divide(away * 3.6, kmh, out=np.full(len(kmh), np.inf), where=kmh > 0)
    return np.where(inside, cell, -1), seconds


def _slowed(costs: Costs) -> float:
    return 1.0 if costs.condition.roads else costs.condition.middle


def _cell_arcs(land: Terrain, costs: Costs) -> tuple[Ints, Ints, Floats]:
    rows, columns = land.kmh.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    free = land.kmh > 0
    parts: list[tuple[Ints, Ints, Floats]] = []
    for down, right in _STEPS:
        a, b = _shifted(number, down, right)
        open_ = free.ravel()[a] & free.ravel()[b]
        if down and right:
            beside = free.ravel()[a + right] | free.ravel()[a + columns]
            open_ &= beside
        a, b = a[open_], b[open_]
        there, back = _step_seconds(land, costs, a, b)
        parts += [(a, b, there), (b, a, back)]
    start, end, cost = (np.concatenate([p[i] for p in parts]) for i in range(3))
    return start, end, cost


def _shifted(number: npt.NDArray[np.intp], down: int, right: int) -> tuple[Ints, Ints]:
    """Cells and their neighbours one step down and ``right`` to the side."""
    rows, columns = number.shape
    left, stop = max(0, -right), columns - max(0, right)
    a = number[: rows - down, left:stop]
    b = number[down:, left + right : stop + right]
    return a.ravel(), b.ravel()


def _centres(land: Terrain, cell: Ints) -> tuple[Floats, Floats]:
    row, column = np.divmod(cell, land.kmh.shape[1])
    return land.west + (column + 0.5) * land.cell, land.north - (row + 0.5) * land.cell


def _step_seconds(land: Terrain, costs: Costs, a: Ints, b: Ints) -> tuple[Floats, Floats]:
    ruler: Ruler = costs.network.ruler
    (xa, ya), (xb, yb) = _centres(land, a), _centres(land, b)
    metres = np.asarray(ruler.distance(xa, ya, xb, yb))
    if land.heights is not None:
        slope = (land.heights.ravel()[b] - land.heights.ravel()[a]) / metres
        factor = OFF_PATH * _slowed(costs)
        return metres * 3.6 / (tobler(slope) * factor), metres * 3.6 / (tobler(-slope) * factor)
    slowness = (1 / land.kmh.ravel()[a] + 1 / land.kmh.ravel()[b]) / 2
    return metres * 3.6 * slowness, metres * 3.6 * slowness


def _entries(
    costs: Costs, stops: Stops, land: Terrain, places: Places, ready: Floats
) -> tuple[Ints, Ints, Floats]:
    names = np.arange(len(places))
    cell, seconds = _cell_leg(land, costs, places.x, places.y)
    good = cell >= 0
    fac, node, cost = [names[good]], [stops.count + cell[good]], [(ready + seconds)[good]]
    on = places.edge >= 0
    at = np.searchsorted(stops.key, 2.0 * places.edge[on] + places.fraction[on])
    fac.append(names[on])
    node.append(stops.node[at])
    cost.append((ready + legs(places, costs))[on])
    return np.concatenate(fac), np.concatenate(node), np.concatenate(cost)


def _beside(stops: Stops, costs: Costs, places: Places) -> list[tuple[Ints, Floats]]:
    """The stops before and after places on edges: (node, seconds from it), twice."""
    if not len(stops.key):
        return []
    edge = np.maximum(places.edge, 0)
    key = 2.0 * edge + places.fraction
    before = np.clip(np.searchsorted(stops.key, key, side="right") - 1, 0, len(stops.key) - 2)
    before = np.where(stops.fraction[before] >= 1.0, before - 1, before)
    none = np.where(places.edge >= 0, 0.0, np.inf)
    out = []
    for stop in (before, before + 1):
        part = costs.part(edge, stops.fraction[stop], places.fraction)
        out.append((stops.node[stop], part + none))
    return out
