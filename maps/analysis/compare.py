"""Two answers to one question about two plans: who is gained, who is lost, by district.

A person is gained who is reached in the second plan and not in the first. Everybody is counted
at his own point, so gained − lost is the change of the people covered, in every district and in
the whole, exactly.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.refused import Refused
from maps.analysis.coverage import OUTSIDE, Coverage, Reached
from maps.analysis.demand import Demand
from maps.analysis.timecover import TimeCover

Answer = Coverage | TimeCover
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Change:
    """One district, the whole, or 区外: persons covered before and after, gained and lost.

    All are None where the number of people is unknown. ``km2_before``, ``km2_after``: reached
    area, None where it is not measured.
    """

    name: str
    adcode: str | None
    before: float | None
    after: float | None
    gained: float | None
    lost: float | None
    km2_before: float | None
    km2_after: float | None

    @property
    def net(self) -> float | None:
        """Persons more (or fewer) than before."""
        return None if self.gained is None or self.lost is None else self.gained - self.lost


@dataclass(frozen=True, eq=False)
class Difference:
    """Two answers side by side; ``gained`` and ``lost`` are sorted points of the demand.

    ``by_district`` adds up to ``whole``; ``outside``: people in no district (None: nobody).
    """

    before: Answer
    after: Answer
    gained: Bools
    lost: Bools
    whole: Change
    by_district: tuple[Change, ...]
    outside: Change | None

    @property
    def demand(self) -> Demand:
        """The people and districts of both."""
        return self.after.demand


def compare(before: Answer, after: Answer) -> Difference:
    """Return how ``after`` differs from ``before``.

    Raises Refused unless both answer the same question about the same people and districts.
    """
    if before.ask != after.ask:
        raise Refused("两个方案的覆盖条件不一样(设施、半径或时限),不能比较。请用同一条件重新计算。")
    mine, theirs = before.demand, after.demand
    if not _same_people(mine, theirs):
        raise Refused("两个方案的人口图层不一样,增减的人没法对上。请让两个方案用同一份人口数据。")
    if [d.name for d in mine.districts] != [d.name for d in theirs.districts] or not np.array_equal(
        mine.district, theirs.district
    ):
        raise Refused("两个方案的行政区不一样,不能分区比较。请让两个方案用同一份行政区。")
    was, now = reached(before), reached(after)
    gained, lost = now & ~was, was & ~now
    size = len(theirs.districts) + 1
    plus = np.bincount(theirs.district[gained], theirs.persons[gained], size)
    minus = np.bincount(theirs.district[lost], theirs.persons[lost], size)
    rows = tuple(
        _change(old, new, float(plus[i]), float(minus[i]))
        for i, (old, new) in enumerate(zip(before.by_district, after.by_district, strict=True))
    )
    inside = slice(-1) if rows else slice(None)
    whole = _change(
        before.whole, after.whole, float(plus[inside].sum()), float(minus[inside].sum())
    )
    outside = None
    if before.outside is not None and after.outside is not None:
        outside = _change(before.outside, after.outside, float(plus[-1]), float(minus[-1]), OUTSIDE)
    return Difference(before, after, gained, lost, whole, rows, outside)


def _same_people(one: Demand, other: Demand) -> bool:
    """Whether both count the same persons at the same points, in the same order."""
    if one.nearby is other.nearby and one.persons is other.persons:
        return True
    pairs = (
        (one.nearby.x, other.nearby.x),
        (one.nearby.y, other.nearby.y),
        (one.persons, other.persons),
    )
    return all(np.array_equal(a, b) for a, b in pairs)


def reached(answer: Answer) -> Bools:
    """Whether each sorted point of the demand is reached."""
    if isinstance(answer, Coverage):
        return np.asarray(answer.counts > 0)
    seconds = answer.timer.at(answer.demand.nearby)[0][0]
    return np.asarray(seconds <= answer.ask.minutes * 60.0 + 1e-6)


def _change(old: Reached, new: Reached, gained: float, lost: float, name: str = "") -> Change:
    known = old.people_covered is not None and new.people_covered is not None
    return Change(
        name or new.name,
        new.adcode,
        old.people_covered,
        new.people_covered,
        gained if known else None,
        lost if known else None,
        old.area_km2_covered,
        new.area_km2_covered,
    )
