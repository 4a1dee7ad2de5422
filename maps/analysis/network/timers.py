"""Three ways to tell minutes, one face: seconds from the quickest facilities at any places.

``network``: on the roads. ``detour``: straight line × detour factor ÷ speed, where
there are no roads (an estimate, and called so). ``friction``: across country and on the
roads in one pass (see ``friction``).
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from data.geodesy import Ruler
from maps.analysis.network.costs import Costs
from maps.analysis.network.graph import Network
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.profile import Leg, profile
from maps.analysis.network.snap import Places, Snapper, joinable
from maps.analysis.network.travel import Reach


class Spots(Hashable, Protocol):
    """Places in the plan's CRS; the same object always means the same places."""

    @property
    def x(self) -> Floats: ...

    @property
    def y(self) -> Floats: ...


class Timer(Protocol):
    """Tells the seconds from the k quickest facilities to places."""

    def at(self, spots: Spots) -> tuple[Floats, Ints]:
        """Seconds (k, n) ascending, infinite where unreached; facility numbers, -1 there.

        To be read only: the next question gets the same arrays.
        """
        ...

    def first(self, x: Floats, y: Floats) -> Floats:
        """Seconds from the quickest facility to places that nobody asks about twice."""
        ...


@dataclass(frozen=True, eq=False)
class ByRoad:
    """On the network."""

    found: Reach

    def at(self, spots: Spots) -> tuple[Floats, Ints]:
        return _kept_times(self, spots)

    def places(self, spots: Spots) -> Places:
        """Where the places join the roads."""
        costs: Costs = self.found.costs
        return snapped(costs.network, costs.profile.name, spots)

    def first(self, x: Floats, y: Floats) -> Floats:
        costs: Costs = self.found.costs
        places = snapper_of(costs.network, costs.profile.name).snap(x, y)
        return self.found.at_places(places)[0][0]


@dataclass(frozen=True, eq=False)
class Straight:
    """Straight line × detour ÷ speed. ``start`` seconds per facility, readiness included."""

    ruler: Ruler
    leg: Leg
    x: Floats
    y: Floats
    start: Floats
    ranks: int = 3

    def first(self, x: Floats, y: Floats) -> Floats:
        return self._ranked(x, y)[0][0]

    def at(self, spots: Spots) -> tuple[Floats, Ints]:
        return self._ranked(spots.x, spots.y)

    def _ranked(self, x: Floats, y: Floats) -> tuple[Floats, Ints]:
        count = len(x)
        seconds = np.full((self.ranks, count), np.inf)
        who = np.full((self.ranks, count), -1, np.intp)
        for i in range(len(self.x)):
            away = self.ruler.distance(self.x[i], self.y[i], x, y)
            _insert(seconds, who, self.start[i] + self.leg.seconds(away), i)
        return seconds, who


def _insert(seconds: Floats, who: Ints, time: Floats, name: int) -> None:
    """Put one more facility's times into the ranking."""
    new, label = time, np.full(len(time), name, np.intp)
    for rank in range(len(seconds)):
        better = new < seconds[rank]
        old, old_label = seconds[rank].copy(), who[rank].copy()
        seconds[rank][better], who[rank][better] = new[better], label[better]
        new, label = np.where(better, old, new), np.where(better, old_label, label)


@lru_cache(maxsize=4)
def _kept_times(timer: ByRoad, spots: Spots) -> tuple[Floats, Ints]:
    seconds, who = timer.found.at_places(timer.places(spots), keep=True)
    seconds.flags.writeable = who.flags.writeable = False  # others will be given them, too
    return seconds, who


@lru_cache(maxsize=8)
def snapper_of(network: Network, vehicle: str) -> Snapper:
    """The snapper of a network for a vehicle, kept."""
    return Snapper(network, joinable(network, profile(vehicle)))


@lru_cache(maxsize=16)
def snapped(network: Network, vehicle: str, spots: Spots) -> Places:
    """Where places join a network, worked out once."""
    return snapper_of(network, vehicle).snap(spots.x, spots.y)
