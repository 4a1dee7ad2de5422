"""What was worked out: the question, the plan it was put to, the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.plan import Book, Plan
    from data.progress import Report
    from maps.analysis.coverage import Coverage, CoverageAsk
    from maps.analysis.live import Live
    from maps.analysis.network.live import LiveTime
    from maps.analysis.timecover import TimeAsk, TimeCover

    Ask = CoverageAsk | TimeAsk
    Answer = Coverage | TimeCover


@dataclass(frozen=True, eq=False)
class Result:
    """One entry of the results; it remembers the plan it was made from."""

    ask: Ask
    plan: Plan
    coverage: Answer

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of layers the answer depends on."""
        by_road = ("road", "hazard_zone") if self.minutes is not None else ()
        return (self.ask.of, "population", "district", *by_road)

    @property
    def minutes(self) -> float | None:
        """The limit of an answer by travel time, None for one by radius."""
        return getattr(self.ask, "minutes", None)

    @property
    def speeds(self) -> Mapping[str, float] | None:
        """The planner's own speeds it was worked out with, None for one by radius."""
        return getattr(self.ask, "speeds", None)

    def stale_for(self, plan: Plan) -> bool:
        """Whether ``plan`` has other features in a layer the answer depends on.

        Only features count, by identity: another colour, name or order leaves a result as it is.
        """
        return self._inputs(self.plan) != self._inputs(plan)

    def _inputs(self, plan: Plan) -> set[tuple[str, int]]:
        return {(x.kind_name, id(x.frame)) for x in plan if x.kind_name in self.kinds}


def answer(plan: Plan, ask: Ask, report: Report) -> Answer:
    """Work out a coverage by radius or by road."""
    from maps.analysis.coverage import CoverageAsk, coverage

    if isinstance(ask, CoverageAsk):
        return coverage(plan, ask, report)
    from maps.analysis.timecover import timecover

    return timecover(plan, ask, report)


def speeds(book: Book) -> dict[str, float]:
    """The planner's own speeds kept with a plan file."""
    from maps.analysis.network.profile import own_speeds

    return own_speeds(book.facts)


def live(plan: Plan, ask: Ask, layer: str, fid: int, report: Report) -> Live | LiveTime:
    """What keeps the numbers of an ask current while one facility is dragged."""
    from maps.analysis.coverage import CoverageAsk
    from maps.analysis.live import Live

    if isinstance(ask, CoverageAsk):
        return Live(plan, ask, layer, fid, report)
    from maps.analysis.network.live import LiveTime

    return LiveTime(plan, ask, layer, fid, report)
