"""Two scenarios of the open book beside each other: which one, how, and what differs.

The current scenario is compared with ``base``, another one of the same file. The question is
the one whose answer is on the map; it is put to the base as well, in the background, and again
whenever either of the two changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.results import Result, answer

if TYPE_CHECKING:
    from data.plan import Plan
    from data.progress import Report
    from desktop.jobs import Job
    from desktop.results import Answer
    from desktop.session import Session
    from maps.analysis.compare import Difference

SWIPE, DIFFERENCE = "swipe", "difference"


class Comparing(QObject):
    """The comparison of one session; off while ``base`` is ""."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.base = ""
        self.mode = SWIPE
        self.base_answer: Answer | None = None
        self.difference: Difference | None = None
        self._current = ""
        self._asked: tuple[Plan, Result] | None = None
        self._job: Job | None = None
        session.plan_changed.connect(lambda before, after: self._follow())
        session.results_changed.connect(self._follow)
        session.opened.connect(self.stop)

    @property
    def base_plan(self) -> Plan | None:
        """The scenario compared with, None while nothing is compared."""
        book = self.session.book
        if book is None or not self.base:
            return None
        others = (plan for plan in book.plans if plan is not book.plan)
        return next((plan for plan in others if plan.name == self.base), None)

    @property
    def swiping(self) -> bool:
        return self.mode == SWIPE and self.base_plan is not None

    @property
    def differing(self) -> Difference | None:
        """What the map shows as a difference, None when it does not."""
        return self.difference if self.mode == DIFFERENCE and self.base else None

    def start(self, base: str) -> None:
        """Compare the current scenario with another one ("" ends it)."""
        if base != self.base:
            self._forget()
            self.base = base
            self._current = self.session.plan.name if self.session.plan else ""
            self._follow()
            self.changed.emit()

    def stop(self) -> None:
        self.start("")

    def show(self, mode: str) -> None:
        """Compare by “swipe” or as “difference”."""
        if mode != self.mode:
            self.mode = mode
            self.changed.emit()

    def _forget(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self.base_answer = self.difference = self._asked = self._job = None

    def _follow(self) -> None:
        """Keep up with the plan and the answer on the map."""
        plan, result = self.session.plan, self.session.result
        if not self.base or plan is None:
            return
        if plan.name == self.base:  # one changed over to it: now it is compared with the other
            self.base = self._current
            self._forget()
        self._current = plan.name
        base = self.base_plan
        if base is None:
            self.stop()
            return
        if result is None:
            if self.difference is not None or self.base_answer is not None:
                self._forget()
                self.changed.emit()
            return
        if self.session.is_stale(result) or self._asked == (base, result):
            return
        self._ask(base, result)

    def _ask(self, base: Plan, result: Result) -> None:
        if self._job is not None:
            self._job.cancel()
        known = self.base_answer
        kept = known is not None and known.ask == result.ask and known.plan is base
        self._asked = (base, result)

        def work(report: Report) -> tuple[Answer, Difference]:
            from maps.analysis.compare import compare

            before = known if kept and known is not None else answer(base, result.ask, report)
            return before, compare(before, result.coverage)

        def done(found: tuple[Answer, Difference]) -> None:
            if self._asked == (base, result):
                self.base_answer, self.difference = found
                self.changed.emit()

        def failed() -> None:
            if self._asked == (base, result):
                self.base_answer = self.difference = None
                self.changed.emit()

        self._job = self.session.jobs.start("比较方案", work, done, failed=failed)
