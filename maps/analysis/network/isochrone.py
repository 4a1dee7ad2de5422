"""What is reached within so many minutes, as areas: bands, holes, people.

An area is the union of two parts: the outline of the ground from which the way to the
road is short enough (see ``contour``), and the reached stretches of road themselves, cut
where the time ends (in the middle of an edge, not at a node) and drawn ``HALF_WIDTH``
to each side. No vertex therefore lies where the time exceeds the limit by more than
the leg over ``HALF_WIDTH``.
"""

import math
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from scipy.ndimage import distance_transform_edt

from data.geodesy import Ruler
from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.demand import Demand, demand
from maps.analysis.network.contour import outline
from maps.analysis.network.friction import Across
from maps.analysis.network.graph import Network
from maps.analysis.network.lines import Bools, Floats, Ints
from maps.analysis.network.remarks import Remarks, remarks
from maps.analysis.network.timers import ByRoad, Straight, Timer, snapper_of
from maps.analysis.network.travel import Reach
from maps.analysis.timecover import (
    TimeAsk,
    check_minutes,
    facilities_of,
    timer_of,
    titles,
)

_T = TypeVar("_T")

HALF_WIDTH = 20.0
"""Metres to each side of a reached road beyond the reached ground."""

_SQUARES, _SQUARES_EACH = 40_000, 8_000
"""About how many squares the ground around an answer is divided into: for all facilities
together, and for one of many."""

_CLASSES = 8

_THREADS = 4

_FINEST = 25.0


@dataclass(frozen=True)
class Band:
    """One limit: ``shape`` reached within ``minutes``, ``ring`` beyond the limit before.

    ``facility`` "" when the facilities are taken together. Areas true km², persons
    None when unknown; ``ring_…`` counts the ring alone.
    """

    facility: str
    minutes: float
    shape: shapely.Geometry
    ring: shapely.Geometry
    area_km2: float
    ring_km2: float
    people: float | None
    ring_people: float | None


@dataclass(frozen=True, eq=False)
class Isochrones:
    """Bands by facility (if asked for) and limit, ascending; remarks as in ``TimeCover``."""

    ask: TimeAsk
    plan: Plan
    limits: tuple[float, ...]
    bands: tuple[Band, ...]
    remarks: Remarks
    basis: str

    @property
    def estimated(self) -> bool:
        """Whether the minutes must be called 估算."""
        return self.remarks.estimated(self.ask.measure)


def isochrones(
    plan: Plan,
    ask: TimeAsk,
    limits: Sequence[float],
    *,
    each: bool = False,
    report: Report = silent,
) -> Isochrones:
    """Return the areas reached within each of ``limits`` (minutes; ``ask.minutes`` is not used).

    ``each``: one set of bands per facility instead of one for all. Raises Refused as
    ``timecover`` does.
    """
    limits = tuple(sorted(set(limits)))
    if not limits:
        raise Refused("请至少给一个时限(分钟),例如 5,10,15。")
    for limit in limits:
        check_minutes(limit)
    chosen = facilities_of(plan, ask)
    people = demand(plan, ask.people)
    names = titles(plan, chosen)
    timer = timer_of(plan, ask, chosen, people, part(report, 0.0, 0.3), ranks=1)
    seconds, who = timer.at(people.nearby)
    notes = remarks(plan, ask.profile, ask.condition, timer, chosen, names, people, seconds, who)
    if each:
        bands = _for_each(plan, ask, names, limits, people, part(report, 0.3, 1.0))
    else:
        bands = _bands(plan, timer, "", limits, people, part(report, 0.3, 1.0))
    report(1.0, "等时圈已算出")
    return Isochrones(ask, plan, limits, tuple(bands), notes, people.basis)


def _for_each(
    plan: Plan,
    ask: TimeAsk,
    names: tuple[str, ...],
    limits: tuple[float, ...],
    people: Demand,
    report: Report,
) -> list[Band]:
    chosen = facilities_of(plan, ask)

    def drawn(i: int) -> list[Band]:
        alone = replace(ask, only=frozenset([(chosen.layer[i], chosen.fid[i])]))
        timer = timer_of(plan, alone, facilities_of(plan, alone), people, ranks=1)
        return _bands(plan, timer, names[i], limits, people, silent)

    out: list[Band] = []
    with closing(side_by_side(drawn, len(names))) as drawings:
        for i, name in enumerate(names):
            report(i / len(names), f"正在画“{name}”的等时圈…")
            out += next(drawings)
    return out


def side_by_side(draw: Callable[[int], _T], count: int) -> Generator[_T, None, None]:
    """``draw`` of 0, 1, 2, … in that order, worked out on as many threads as there are cores.

    Nine tenths of an area are worked out by GEOS and numpy, which let go of the interpreter.
    Closing it (a cancelled job) stops the work that has not begun.
    """
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _THREADS)) as pool:
        try:
            yield from pool.map(draw, range(count))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _bands(
    plan: Plan,
    timer: Timer,
    name: str,
    limits: tuple[float, ...],
    people: Demand,
    report: Report,
) -> list[Band]:
    ruler = Ruler(plan.crs)
    minutes = timer.at(people.nearby)[0][0] / 60.0
    inside = people.district < len(people.districts) if people.districts else np.isfinite(minutes)
    out: list[Band] = []
    before: shapely.Geometry = shapely.Polygon()
    for i, limit in enumerate(limits):
        report(i / len(limits), f"正在画 {limit:g} 分钟等时圈…")
        squares = _SQUARES_EACH if name else _SQUARES
        shape = shapely.union(reached_area(timer, limit * 60.0, ruler, squares), before)
        ring = shapely.difference(shape, before)
        size = float(ruler.area(shape))
        within = minutes <= limit + 1e-9
        count = float(people.persons[within & inside].sum()) if people.known else None
        last = out[-1] if out else None
        out.append(
            Band(
                name,
                limit,
                shape,
                ring,
                size,
                size - (last.area_km2 if last else 0.0),
                count,
                None if count is None else count - ((last.people or 0.0) if last else 0.0),
            )
        )
        before = shape
    return out


def reached_area(
    timer: Timer, limit: float, ruler: Ruler, squares: int = _SQUARES
) -> shapely.Geometry:
    """The area reached within ``limit`` seconds, in the plan's CRS, on about so many squares."""
    if isinstance(timer, Straight):
        radius = (limit - timer.start) / float(timer.leg.seconds(np.ones(1))[0])
        near = radius > 0
        return shapely.union_all(ruler.circles(timer.x[near], timer.y[near], radius[near]))
    if isinstance(timer, Across):
        land = timer.terrain
        rows, columns = land.kmh.shape
        box = (
            land.west,
            land.north - rows * land.cell,
            land.west + columns * land.cell,
            land.north,
        )
        return outline(lambda x, y: timer.first(x, y) <= limit, box, land.cell / 2)
    assert isinstance(timer, ByRoad)
    return _road_area(timer, limit, squares)


def _road_area(timer: ByRoad, limit: float, squares: int) -> shapely.Geometry:
    roads, left = reached_roads(timer.found, limit)
    if not len(roads):
        return shapely.Polygon()
    costs = timer.found.costs
    leg = costs.profile.leg(costs.profile.offroad, costs.condition)
    # The map is stretched by less than 0.2 % anywhere near a plan's middle meridian.
    reach = left / float(leg.seconds(np.ones(1))[0]) * 1.002
    west, south, east, north = shapely.total_bounds(roads)
    far = float(reach.max())
    box = (west - far, south - far, east + far, north + far)
    cell = max(math.sqrt((box[2] - box[0]) * (box[3] - box[1]) / squares), _FINEST)
    maybe = _Surroundings(roads, reach, cell)
    # What is reached lies within ``far`` of a reached road, and so does its nearest road.
    rim = far + 2 * cell
    around = (box[0] - rim, box[1] - rim, box[2] + rim, box[3] + rim)
    near = snapper_of(costs.network, costs.profile.name).within(around)

    def reached(x: Floats, y: Floats) -> Bools:
        return np.asarray(timer.found.at_places(near.snap(x, y))[0][0] <= limit)

    ground = outline(reached, box, cell, maybe.cover)
    shapely.prepare(ground)
    tips = roads[~shapely.covers(ground, roads)]
    strips = shapely.buffer(tips, HALF_WIDTH, cap_style="flat", quad_segs=4)
    return shapely.union(ground, shapely.union_all(strips))


class _Surroundings:
    """Where a grid place could be reached at all: near enough to some reached road.

    Roads are put into classes by how far one gets from them, each class with its
    largest reach: places ruled out are out for sure.
    """

    def __init__(self, roads: npt.NDArray[Any], reach: Floats, cell: float) -> None:
        self._cell = cell
        points = shapely.segmentize(roads, cell)
        self._xy, road = shapely.get_coordinates(points, return_index=True)
        self._reach = reach[road]

    def cover(self, x: Floats, y: Floats) -> Bools:
        """Places of a full grid (row by row, ``cell`` apart) that may be reached."""
        columns = int(np.count_nonzero(y == y[0]))
        rows = len(x) // columns
        column = np.rint((self._xy[:, 0] - x[0]) / self._cell).astype(np.intp)
        row = np.rint((self._xy[:, 1] - y[0]) / self._cell).astype(np.intp)
        column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
        out = np.zeros((rows, columns), bool)
        steps = np.quantile(self._reach, np.linspace(0, 1, _CLASSES + 1))
        group = np.clip(np.searchsorted(steps, self._reach, side="left"), 1, _CLASSES)
        for number in range(1, _CLASSES + 1):
            mine = group == number
            if not mine.any():
                continue
            empty = np.ones((rows, columns), bool)
            empty[row[mine], column[mine]] = False
            away = distance_transform_edt(empty)
            # Half a cell of rounding at the place, half a cell between points of a road.
            out |= away <= steps[number] / self._cell + 1.5
        return out.ravel()


def reached_roads(found: Reach, limit: float) -> tuple[npt.NDArray[Any], Floats]:
    """The stretches of road reached within ``limit`` seconds, and the seconds left on each.

    A stretch without length (a facility that cannot drive off) is a point.
    """
    costs = found.costs
    network = costs.network
    edge, low, high, time = _stretches(found, _near(found, limit), limit)
    whole = (low <= 0) & (high >= 1)
    cut = stretches(network, edge[~whole], low[~whole], high[~whole])
    lines = np.concatenate([network.shapes[edge[whole]], cut])
    return lines, limit - np.concatenate([time[whole], time[~whole]])


def stretches(network: Network, edge: Ints, low: Floats, high: Floats) -> npt.NDArray[Any]:
    """Parts of edges between two fractions of their drawn length; a point where they are equal.

    ``shapely.ops.substring`` for many at once, on the network's own vertices.
    """
    if not len(edge):
        return np.zeros(0, dtype=object)
    first, count = network.vertex_first[edge], np.diff(network.vertex_first)[edge]
    begin = np.cumsum(count) - count
    row = np.repeat(np.arange(len(edge)), count)
    xy = network.vertices[np.arange(count.sum()) + np.repeat(first - begin, count)]
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[begin] = 0.0
    along = np.cumsum(step)
    along -= np.repeat(along[begin], count)
    size = along[begin + count - 1]
    ends = []
    for fraction in (low, high):
        at = fraction * size
        # The last vertex before the place, and how far on from there it lies.
        passed = np.bincount(row, along <= at[row], len(edge)).astype(np.intp)
        before = begin + np.minimum(passed, count - 1) - 1
        share = (at - along[before]) / np.maximum(step[before + 1], 1e-12)
        ends.append(xy[before] + np.clip(share, 0, 1)[:, None] * (xy[before + 1] - xy[before]))
    inner = (along > (low * size)[row]) & (along < (high * size)[row])
    every = np.concatenate([ends[0], xy[inner], ends[1]])
    number = np.arange(len(edge))
    of = np.concatenate([number, row[inner], number])
    key = np.concatenate([low * size, along[inner], high * size])
    order = np.lexsort((key, of))
    out = np.empty(len(edge), dtype=object)
    long = high > low
    kept = order[long[of[order]]]
    out[long] = shapely.linestrings(every[kept], indices=(np.cumsum(long) - 1)[of[kept]])
    out[~long] = shapely.points(ends[0][~long])
    return out


def _near(found: Reach, limit: float) -> Ints:
    """Edges of chains with a reached end or a facility on them."""
    network = found.costs.network
    hit = found.seconds[0] <= limit
    chain = hit[network.a] | hit[network.b]
    places = found.facilities
    on = (places.edge >= 0) & (found.start <= limit)
    chain[network.chain[places.edge[on]]] = True
    return np.flatnonzero(chain[network.chain])


def _stretches(found: Reach, edge: Ints, limit: float) -> tuple[Ints, Floats, Floats, Floats]:
    """Reached stretches: edge, from fraction, to fraction, time at the earlier end."""
    costs = found.costs
    seconds = costs.seconds[edge]
    at_tail = found.at(edge, np.zeros(len(edge)))[0][0]
    at_head = found.at(edge, np.ones(len(edge)))[0][0]
    rows: list[tuple[Ints, Floats, Floats, Floats]] = []
    ahead = costs.along[edge] & (at_tail < limit) & np.isfinite(seconds)
    e, t = edge[ahead], at_tail[ahead]
    stop = np.minimum((limit - t) / costs.seconds[e], costs.open_to[e])
    rows.append((e, np.zeros(len(e)), np.minimum(stop, 1.0), t))
    back = costs.against[edge] & (at_head < limit) & np.isfinite(seconds)
    e, t = edge[back], at_head[back]
    stop = np.maximum(1.0 - (limit - t) / costs.seconds[e], costs.open_from[e])
    rows.append((e, np.maximum(stop, 0.0), np.ones(len(e)), t))
    for i, (e, start, end, t) in enumerate(rows):
        some = end > start
        rows[i] = (e[some], start[some], end[some], t[some])
    # A facility that cannot drive off still reaches what lies around the place it stands.
    rows.append(_around(found, limit))
    edge, low, high, time = (np.concatenate([r[i] for r in rows]) for i in range(4))
    return edge, low, high, time


def _around(found: Reach, limit: float) -> tuple[Ints, Floats, Floats, Floats]:
    """Stretches of the facilities' own edges."""
    costs, places = found.costs, found.facilities
    on = np.flatnonzero((places.edge >= 0) & (found.start < limit))
    e, f, t = places.edge[on], places.fraction[on], found.start[on]
    seconds = costs.seconds[e]
    share = np.divide(limit - t, seconds, out=np.zeros(len(e)), where=np.isfinite(seconds))
    before, after = f <= costs.open_to[e], f >= costs.open_from[e]
    top = np.where(before, costs.open_to[e], 1.0)
    bottom = np.where(after, costs.open_from[e], 0.0)
    bottom = np.where(before, 0.0, bottom)
    free = before | after
    high = np.where(free & costs.along[e], np.minimum(f + share, top), f)
    low = np.where(free & costs.against[e], np.maximum(f - share, bottom), f)
    return e, low, high, t
