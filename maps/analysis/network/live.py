"""Coverage in minutes kept current while one facility is dragged.

    before the drag   how many of the *others* reach each point and each cell in time;
                      how far each point is from the two ends of its chain
    at each place     one search with the time limit; points on chains with a reached end

The search runs on one matrix with a spare row for the dragged facility, so that nothing
is copied; the numbers at any place are those of ``timecover`` there.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.demand import Demand, demand
from maps.analysis.live import LiveNumbers
from maps.analysis.network.costs import Costs, csr
from maps.analysis.network.ground import ground
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.snap import Places, legs, settle
from maps.analysis.network.timers import ByRoad, Spots, Straight, Timer, snapper_of
from maps.analysis.timecover import TimeAsk, facilities_of, ready_seconds, timer_of

_NEVER = 1e18
_EVER = 1e17
"""Seconds longer than any way, shorter than none at all."""


@dataclass(frozen=True, eq=False)
class TimeNumbers(LiveNumbers):
    """The numbers with the facility at one place, without a disc but with cells of ``ground``.

    ``points``: sorted points the facility itself reaches there; ``cells``: those of the
    ground; ``began``: cells it reached where the drag began; ``others``: how many others
    reach each cell (at most ``timecover.RANKS``).
    """

    points: Ints
    cells: Ints
    began: Ints
    others: Ints


class LiveTime:
    """One facility of ``plan`` under the hand, asked about with ``ask``.

    ``counts`` says whether the facility is one of those asked for; if not, dragging it
    changes nothing.
    Raises what ``timecover`` raises, and Refused for ``measure="friction"``.
    """

    def __init__(
        self, plan: Plan, ask: TimeAsk, layer_name: str, fid: int, report: Report = silent
    ) -> None:
        if ask.measure == "friction":
            raise Refused("越野时间要整片重算,拖动时不能随时更新;松手后会重新计算。")
        self.plan, self.ask = plan, ask
        self.demand: Demand = demand(plan, ask.people)
        chosen = facilities_of(plan, ask)
        mine = chosen.find(layer_name, fid)
        self.counts = mine is not None
        self._limit = ask.minutes * 60.0 + 1e-6
        self._cells = ground(self.demand)
        kept = frozenset(
            key for key in zip(chosen.layer, chosen.fid, strict=True) if key != (layer_name, fid)
        )
        self._times = np.zeros(len(self.demand.nearby), np.int32)
        self._others: Ints = np.zeros(len(self._cells.x), np.int64)
        if kept:
            others = replace(ask, only=kept)
            self._count_others(plan, others, part(report, 0.0, 0.7))
        self._covered = self._others > 0
        self._tally = self.demand.tally(self._times, 4)
        self._others_cells = np.bincount(
            self._cells.district[self._covered], minlength=len(self.demand.districts)
        )
        self._here = np.zeros(len(self._times), bool)
        self._only = self._began = np.empty(0, np.int64)
        if mine is not None:
            self._ready = float(ready_seconds(ask, (chosen.grade[mine],))[0])
            timer = timer_of(
                plan,
                ask,
                facilities_of(plan, replace(ask, only=frozenset([(layer_name, fid)]))),
                self.demand,
                ranks=1,
            )
            self._search = moving(timer, (self.demand.nearby, self._cells))
            start, self._began = self._within(float(chosen.x[mine]), float(chosen.y[mine]))
            self._only = start[self._times[start] == 0]
        report(1.0, "可以拖动")

    def _count_others(self, plan: Plan, ask: TimeAsk, report: Report) -> None:
        timer = timer_of(plan, ask, facilities_of(plan, ask), self.demand, report)
        reached = timer.at(self.demand.nearby)[0] <= self._limit
        self._times = reached.sum(axis=0, dtype=np.int32)
        if len(self._cells.x):
            within = timer.at(self._cells)[0] <= self._limit
            self._others = within.sum(axis=0, dtype=np.int64)

    def at(self, x: float, y: float) -> TimeNumbers:
        """Return the numbers with the facility at ``x``, ``y`` (metres in the plan's CRS)."""
        none = np.empty(0, np.int64)
        if not self.counts:
            return self._numbers(x, y, self._tally, none, none, none, none)
        points, cells = self._within(x, y)
        flat = self.demand.district[points] * 4 + self._times[points]
        weight = self.demand.persons[points]
        moved = np.bincount(flat, weight, self._tally.size).reshape(self._tally.shape)
        tally = self._tally - moved
        tally[:, 1:] += moved[:, :-1]
        tally[:, -1] += moved[:, -1]
        gained, lost = self._changed(points)
        return self._numbers(x, y, tally, gained, lost, points, cells)

    def _within(self, x: float, y: float) -> list[Ints]:
        """Points and cells the facility itself reaches from a place."""
        return [points for points, _ in self._search.reached(x, y, self._ready, self._limit)]

    def _changed(self, points: Ints) -> tuple[Ints, Ints]:
        """Points gained and lost against the place where the drag began."""
        alone = points[self._times[points] == 0]
        self._here[alone] = True
        lost = self._only[~self._here[self._only]]
        self._here[self._only] = False
        gained = alone[self._here[alone]]
        self._here[alone] = False
        return gained, lost

    def _numbers(
        self,
        x: float,
        y: float,
        tally: Floats,
        gained: Ints,
        lost: Ints,
        points: Ints,
        cells: Ints,
    ) -> TimeNumbers:
        size = len(self.demand.districts)
        km2 = np.zeros(1)
        if size:
            new = cells[~self._covered[cells]]
            added = np.bincount(self._cells.district[new], minlength=size)
            km2 = self._cells.areas(self._others_cells + added)
        disc, others = shapely.Polygon(), self._others
        return TimeNumbers(
            x, y, self.demand, tally, gained, lost, disc, km2, points, cells, self._began, others
        )


class _Group:
    """Points on the network, sorted by the chains they lie on (``order``).

    ``number``: the number each of the network's chains has here.
    """

    def __init__(self, costs: Costs, places: Places, number: Ints) -> None:
        network = costs.network
        places = settle(places, costs)
        dry = np.flatnonzero(places.edge >= 0)
        chain = number[network.chain[places.edge[dry]]]
        order = np.argsort(chain, kind="stable")
        self.order, chain = dry[order], chain[order]
        self.first = np.searchsorted(chain, np.arange(len(network.a) + 1))
        self.edge, self.fraction = places.edge[self.order], places.fraction[self.order]
        leg = legs(places, costs)[self.order]
        from_a, from_b = costs.to_point(self.edge, self.fraction)
        self.from_a, self.from_b, self.leg = from_a + leg, from_b + leg, leg

    def on(self, chains: Ints) -> tuple[Ints | slice, Ints]:
        """Rows (in the order of ``order``) on some chains, ascending; how many on each."""
        low, high = self.first[chains], self.first[chains + 1]
        count = high - low
        if count.sum() == len(self.order):
            return slice(None), count  # a view instead of a copy
        return _spread(low, high), count


def _spread(low: Ints, high: Ints) -> Ints:
    """All whole numbers of the stretches low … high − 1, one stretch after the other."""
    count = high - low
    step = np.arange(int(count.sum()))
    return step + np.repeat(low - (np.cumsum(count) - count), count)


class Moving(Protocol):
    """One limited search from a place that moves."""

    def reached(self, x: float, y: float, ready: float, limit: float) -> list[tuple[Ints, Floats]]:
        """Of every group the places within ``limit`` seconds, and the seconds to each.

        ``ready``: seconds before the wheels turn. In no particular order, none twice.
        """
        ...


def moving(timer: Timer, groups: tuple[Spots, ...]) -> Moving:
    """A search that travels as ``timer`` does, on roads or in a straight line."""
    if isinstance(timer, Straight):
        return _ByLine(timer, groups)
    assert isinstance(timer, ByRoad)
    return _ByRoad(timer.found.costs, tuple(timer.places(spots) for spots in groups))


class _ByRoad:
    """On the network."""

    def __init__(self, costs: Costs, groups: tuple[Places, ...]) -> None:
        self._costs = costs
        network = costs.network
        start, end, seconds, _, _ = costs.arcs
        core = network.core
        # The spare last row: two exits of the dragged facility's chain, rewritten in place.
        self._matrix = csr(
            np.r_[start, core, core], np.r_[end, 0, 0], np.r_[seconds, _NEVER, _NEVER], core + 1
        )
        self._snapper = snapper_of(network, costs.profile.name)
        # Chains are numbered anew as their ends lie on the ground: what one search reaches
        # lies together in memory, and a frame waits for memory more than for anything else.
        order = np.argsort(np.minimum(network.a, network.b), kind="stable")
        self._number = np.empty(len(order), np.intp)
        self._number[order] = np.arange(len(order))
        self._a, self._b = network.a[order], network.b[order]
        self._groups = [_Group(costs, places, self._number) for places in groups]
        ends = np.r_[self._a, self._b]
        self._chains = np.argsort(ends, kind="stable") % max(len(order), 1)
        self._first = np.searchsorted(np.sort(ends), np.arange(core + 1))

    def reached(self, x: float, y: float, ready: float, limit: float) -> list[tuple[Ints, Floats]]:
        costs, network = self._costs, self._costs.network
        limit = min(limit, _EVER)
        place = settle(self._snapper.snap(np.array([x]), np.array([y])), costs)
        if place.edge[0] < 0:
            return [(np.empty(0, np.int64), np.empty(0)) for _ in self._groups]
        before = ready + float(legs(place, costs)[0])
        chain = int(self._number[network.chain[place.edge[0]]])
        exits = np.concatenate(costs.from_point(place.edge, place.fraction)) + before
        self._matrix.data[-2:] = np.where(np.isfinite(exits), exits, _NEVER)
        self._matrix.indices[-2:] = (self._a[chain], self._b[chain])
        found = dijkstra(self._matrix, indices=network.core, limit=limit)
        hit = np.flatnonzero(found[: network.core] <= limit)
        touched = np.zeros(len(self._a), bool)
        touched[self._chains[_spread(self._first[hit], self._first[hit + 1])]] = True
        touched[chain] = True
        chains = np.flatnonzero(touched)
        ends = found[self._a[chains]], found[self._b[chains]]
        out = []
        for group in self._groups:
            rows, count = group.on(chains)
            by_a = np.repeat(ends[0], count) + group.from_a[rows]
            by_b = np.repeat(ends[1], count) + group.from_b[rows]
            seconds = np.minimum(by_a, by_b, out=by_a)
            self._directly(group, rows, seconds, chain, place, before)
            near = np.flatnonzero(seconds <= limit)
            out.append((group.order[rows][near], seconds[near]))
        return out

    def _directly(
        self,
        group: _Group,
        rows: Ints | slice,
        seconds: Floats,
        own: int,
        place: Places,
        before: float,
    ) -> None:
        """Lower the seconds to rows on the facility's own chain: straight along it."""
        near = np.arange(group.first[own], group.first[own + 1])
        if len(near):
            edge, fraction = group.edge[near], group.fraction[near]
            e0 = np.broadcast_to(place.edge, edge.shape)
            f0 = np.broadcast_to(place.fraction, edge.shape)
            direct = before + self._costs.between(e0, f0, edge, fraction) + group.leg[near]
            at = near if isinstance(rows, slice) else np.searchsorted(rows, near)
            seconds[at] = np.minimum(seconds[at], direct)


@dataclass(frozen=True, eq=False)
class _ByLine:
    """Whoever is near enough in a straight line."""

    timer: Straight
    groups: tuple[Spots, ...]

    def reached(self, x: float, y: float, ready: float, limit: float) -> list[tuple[Ints, Floats]]:
        leg, ruler = self.timer.leg, self.timer.ruler
        out = []
        for spots in self.groups:
            seconds = ready + leg.seconds(ruler.distance(x, y, spots.x, spots.y))
            near = np.flatnonzero(seconds <= limit)
            out.append((near, seconds[near]))
        return out
