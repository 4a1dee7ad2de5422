"""One search under way: its clock, its best answer and bound, who is told."""

import time
from collections.abc import Callable

from data.progress import Report
from maps.analysis.siting.ask import Step, Watch

TELL_EVERY = 0.1

Stop = Callable[[], bool]
"""Whether somebody wants what has been found so far instead of waiting for the end."""


def never() -> bool:
    """Search until the proof or the time limit."""
    return False


class Search:
    """The clock of one search and the news it gives.

    ``tell`` keeps the best objective and bound seen so far (``sense`` +1: larger is better,
    -1: smaller is better), informs ``watch`` of every change and calls ``report`` at most
    ten times a second. An exception raised by either stops the search without an answer;
    ``stop`` ends it like the time limit, with the best found so far.
    """

    def __init__(
        self, seconds: float, report: Report, watch: Watch, sense: int, stop: Stop = never
    ):
        self.began = time.perf_counter()
        self.seconds = seconds
        self.sense = sense
        self.stop = stop
        self.objective: float | None = None
        self.bound: float | None = None
        self.steps: list[Step] = []
        self._report = report
        self._watch = watch
        self._told = -1.0

    @property
    def passed(self) -> float:
        return time.perf_counter() - self.began

    @property
    def left(self) -> float:
        """Seconds until the limit, never below zero; none when the search is to stop."""
        return 0.0 if self.stop() else max(0.0, self.seconds - self.passed)

    def tick(self, text: str = "正在求解…") -> bool:
        """Say that the search is alive, and return whether its time is up; cancelled from here."""
        now = self.passed
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._report(min(0.99, now / self.seconds), text)
        return now >= self.seconds or self.stop()

    def tell(self, objective: float | None, bound: float | None, text: str = "") -> None:
        """Take note of an answer's objective and/or of a bound."""
        changed = False
        if objective is not None and (
            self.objective is None or self.sense * (objective - self.objective) > 0
        ):
            self.objective, changed = float(objective), True
        if bound is not None and (self.bound is None or self.sense * (bound - self.bound) < 0):
            self.bound, changed = float(bound), True
        if changed and self.objective is not None and self.bound is not None:
            step = Step(self.objective, self.bound, self.passed)
            self.steps.append(step)
            self._watch(step)
        self.tick(text or "正在求解…")

    def show(self, objective: float, bound: float) -> None:
        """Inform ``watch`` of one answer of several (a point of a curve), whatever came before."""
        self._watch(Step(objective, bound, self.passed))
