"""Minutes on the roads while one feature is dragged.

    before the drag   minutes from the quickest of the *others* to all places asked about
    at each place     one search from the dragged feature, as far as any rule wants to know

The minutes at any place are those of ``travel.minutes_cover`` there, to rounding.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

import numpy as np

from data.geodesy import Floats
from maps.analysis.coverage import Reached, accounts
from maps.analysis.facilities import Status
from maps.analysis.network.ground import ground
from maps.analysis.network.lines import Ints
from maps.analysis.network.live import Moving, moving
from maps.analysis.network.timers import Spots
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.travel import cover_of, in_time, time_ask
from maps.analysis.timecover import (
    RANKS,
    TimeAsk,
    TimeCover,
    facilities_of,
    ready_seconds,
    timer_of,
)


@dataclass(eq=False)
class _Search:
    """The search of the dragged feature for one group of places, and what it found last.

    ``limit``: the longest minutes asked for so far: one search serves every rule. ``sooner``:
    by who the others are, what has been made of it.
    """

    moving: Moving
    ready: float
    limit: float = 0.0
    last: tuple[float, float, float] = (np.nan, np.nan, 0.0)
    found: tuple[Ints, Floats] = field(default_factory=lambda: (np.zeros(0, int), np.zeros(0)))
    sooner: dict[Hashable, Floats] = field(default_factory=dict)

    def beside(self, key: Hashable, others: Floats, x: float, y: float, limit: float) -> Floats:
        """Minutes of the others (known by ``key``), or from ``x``, ``y`` where that is quicker
        and within ``limit``."""
        self.limit = max(self.limit, limit)
        if self.last[:2] != (x, y) or self.last[2] < limit:
            seconds = self.limit * 60.0 * (1 + 1e-9) + 1e-6
            ((places, found),) = self.moving.reached(x, y, self.ready, seconds)
            self.found = places, found / 60.0
            self.last = x, y, self.limit
            self.sooner.clear()
        if key not in self.sooner:
            places, found = self.found
            out = others.copy()
            quicker = np.flatnonzero(found < others[places])
            out[places[quicker]] = found[quicker]
            self.sooner[key] = out
        return self.sooner[key]


class Driving:
    """Minutes with one feature of a layer elsewhere; ``scene`` has it where it is.

    What a question needs of the others is worked out when it is first asked, and kept.
    Raises what ``timecover`` raises.
    """

    def __init__(self, scene: Scene, layer: str, fid: int) -> None:
        self._scene, self._mine = scene, (layer, fid)
        self._searches: dict[Hashable, _Search] = {}
        self._others: dict[Hashable, Floats] = {}
        self._longest: dict[Hashable, float] = {}
        self._wholes: dict[Hashable, Reached] = {}

    @property
    def people(self) -> Spots:
        """The points where people are."""
        return self._scene.demand.nearby

    @property
    def cells(self) -> Spots:
        """The cells on which area is counted."""
        return ground(self._scene.demand)

    def minutes(self, ask: TimeAsk, spots: Spots, x: float, y: float, limit: float) -> Floats:
        """Minutes from the quickest facility of ``ask.only`` to places of a group, with the
        dragged feature at ``x``, ``y`` (metres, plan CRS). What is more than ``limit`` from
        the dragged one may come out longer than it is, never below the limit."""
        others = self.others(ask, spots)
        if self._mine not in ask.only:
            return others
        return self._search(ask, spots).beside(ask.only, others, x, y, limit)

    def others(self, ask: TimeAsk, spots: Spots) -> Floats:
        """Minutes from the quickest of the others, infinite where there is no way."""
        only = ask.only - {self._mine}
        key = (_travel(ask), only, spots)
        if key not in self._others:
            self._others[key] = self._measured(replace(ask, only=only), spots)
        return self._others[key]

    def longest(self, ask: TimeAsk, points: Ints) -> float:
        """The most minutes that anybody at some points of the people has to the others."""
        key = (_travel(ask), ask.only - {self._mine})
        if key not in self._longest:
            away = self.others(ask, self.people)[points]
            self._longest[key] = float(away.max(initial=0.0))
        return self._longest[key]

    def _measured(self, ask: TimeAsk, spots: Spots) -> Floats:
        if not ask.only:
            return np.full(len(spots.x), np.inf)
        singles = [(_travel(ask), frozenset([one]), spots) for one in ask.only]
        if all(key in self._others for key in singles):
            return np.minimum.reduce([self._others[key] for key in singles])
        return np.asarray(self.cover(ask).timer.at(spots)[0][0] / 60.0)

    def cover(self, ask: TimeAsk) -> TimeCover:
        """What the others reach (the dragged feature from where it was, without others)."""
        only = ask.only - {self._mine} or ask.only
        return cover_of(self._scene, replace(ask, only=only))

    def _search(self, ask: TimeAsk, spots: Spots) -> _Search:
        key = (_travel(ask), spots)
        if key not in self._searches:
            plan, people = self._scene.plan, self._scene.demand
            mine = replace(ask, only=frozenset([self._mine]))
            where = facilities_of(plan, mine)
            timer = timer_of(plan, mine, where, people, ranks=1)
            ready = float(ready_seconds(mine, where.grade)[0])
            self._searches[key] = _Search(moving(timer, (spots,)), ready)
        return self._searches[key]

    def expect(self, ask: TimeAsk, spots: Spots) -> None:
        """Make ready for any of the facilities of ``ask``, the dragged one among them or not,
        alone or together."""
        for one in ask.only:
            single = replace(ask, only=frozenset([one]))
            if one == self._mine:
                self._search(single, spots)
            else:
                self.others(single, spots)

    def whole(self, chosen: Chosen, minutes: float, status: Status, x: float, y: float) -> Reached:
        """People and area that some features reach together, as ``TimeCover.whole``."""
        ask = time_ask(self._scene, chosen, minutes, status=status)
        if self._mine in ask.only:
            return self._reached(ask, x, y)
        key = (_travel(ask), ask.only, minutes)
        if key not in self._wholes:
            self._wholes[key] = self._reached(ask, x, y)
        return self._wholes[key]

    def _reached(self, ask: TimeAsk, x: float, y: float) -> Reached:
        people, limit = self._scene.demand, ask.minutes
        reached = in_time(self.minutes(ask, self.people, x, y, limit), limit)
        areas = None
        if people.districts:
            inside = in_time(self.minutes(ask, self.cells, x, y, limit), limit)
            areas = ground(people).by_district(inside, len(people.districts))
        return accounts(people, people.tally(reached.astype(np.int32), RANKS + 1), areas)[1]


def _travel(ask: TimeAsk) -> Hashable:
    """What tells two ways of travelling apart."""
    return (ask.of, ask.status, ask.vehicle, ask.weather, tuple(ask.ready_minutes.items()))
