"""What if: roads closed, a zone under water, snow, night, traffic, beside the answer as it is."""

from dataclasses import dataclass, replace

import numpy as np

from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import Reached
from maps.analysis.network.costs import FeatureId
from maps.analysis.network.lines import Floats
from maps.analysis.timecover import TimeAsk, TimeCover, timecover


@dataclass(frozen=True)
class Change:
    """One scenario on top of an ask: a name, weather ("" as it is), closures."""

    name: str
    weather: str = ""
    closed: frozenset[FeatureId] = frozenset()
    flooded: frozenset[FeatureId] = frozenset()

    def of(self, ask: TimeAsk) -> TimeAsk:
        """The ask with this change."""
        return replace(
            ask,
            weather=self.weather or ask.weather,
            closed=ask.closed | self.closed,
            flooded=ask.flooded | self.flooded,
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """A scenario's answer with the band around it, beside the base answer.

    ``slow``/``fast`` are the ends of the weather's band (the answer itself for weather
    without one). ``later`` minutes more per sorted point for the quickest facility
    (infinite where the way is lost). ``lost`` persons of the whole no longer reached
    in time, ``gained`` the other way round; None when unknown.
    """

    change: Change
    answer: TimeCover
    slow: TimeCover
    fast: TimeCover
    later: Floats
    lost: float | None
    gained: float | None


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The base answer and the scenarios."""

    base: TimeCover
    outcomes: tuple[Outcome, ...]


def whatif(
    plan: Plan, ask: TimeAsk, changes: tuple[Change, ...], report: Report = silent
) -> WhatIf:
    """Work out the base answer and every scenario with its band.

    Raises Refused without a scenario, and as ``timecover`` does.
    """
    if not changes:
        raise Refused("请至少给一个情景:封闭的道路、淹没的灾害区,或雪、夜间、高峰。")
    share = 1.0 / (len(changes) + 1)
    base = timecover(plan, ask, part(report, 0.0, share))
    outcomes = [
        _outcome(plan, base, change, part(report, (i + 1) * share, (i + 2) * share))
        for i, change in enumerate(changes)
    ]
    return WhatIf(base, tuple(outcomes))


def _outcome(plan: Plan, base: TimeCover, change: Change, report: Report) -> Outcome:
    ask = change.of(base.ask)
    answer = timecover(plan, ask, part(report, 0.0, 0.4))
    if ask.condition.fast == ask.condition.slow and ask.edge != "middle":
        slow = fast = answer
    else:
        slow = timecover(plan, replace(ask, edge="slow"), part(report, 0.4, 0.7))
        fast = timecover(plan, replace(ask, edge="fast"), part(report, 0.7, 1.0))
    before, after = base.minutes[0], answer.minutes[0]
    both = np.isfinite(before) & np.isfinite(after)
    later = np.where(np.isfinite(before), np.inf, 0.0)
    later[both] = after[both] - before[both]
    limit = ask.minutes + 1e-9
    return Outcome(
        change,
        answer,
        slow,
        fast,
        later,
        _count(base, (before <= limit) & (after > limit)),
        _count(base, (before > limit) & (after <= limit)),
    )


def _count(base: TimeCover, where: np.ndarray) -> float | None:
    people = base.demand
    if not people.known:
        return None
    inside = people.district < len(people.districts) if people.districts else np.full(1, True)
    return float(people.persons[where & inside].sum())


def band(low: Reached, high: Reached) -> tuple[float, float] | None:
    """Shares covered at both ends of a band, lower first; None when unknown."""
    if low.share is None or high.share is None:
        return None
    return min(low.share, high.share), max(low.share, high.share)
