"""The lights of the targets while a feature is dragged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from data.progress import Report
from desktop.jobs import Job
from maps.analysis.targets.live import LiveTargets, LiveVerdicts

if TYPE_CHECKING:
    from desktop.panels.targets_check import Checker

_FRAME = 16
"""Milliseconds between two looks at the lights during a drag, when looking takes no time."""


class Drag:
    """The lights of one drag: prepared in the background, looked at as often as there is time."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self._of: tuple[str, int] | None = None
        self._at = (0.0, 0.0)
        self._job: Job | None = None
        self._ready: LiveTargets | None = None
        self._took = 0.0
        self._timer = QTimer(checker, singleShot=True)
        self._timer.timeout.connect(self._look)

    def follow(self, place: tuple[str, int, float, float] | None) -> None:
        """A feature is dragged over a place, or (None) let go."""
        if place is None:
            self._end()
            return
        layer, fid, x, y = place
        self._at = x, y
        if self._of != (layer, fid):
            self._end()
            self._of = layer, fid
            self._prepare(layer, fid)
        if self._ready is not None and not self._timer.isActive():
            # Looking never takes more than a third of the time: the symbol keeps up.
            self._timer.start(max(_FRAME, round(3000 * self._took)))

    def _prepare(self, layer: str, fid: int) -> None:
        checker = self.checker
        checked = checker.checked
        if checked is None or checker.stale or not checker.watched:
            return
        if checked.outcome.plan.find(layer) is None:
            return
        plan = checker.session.plan
        live = LiveTargets(
            checked.outcome.plan,
            checked.outcome.rules,
            checked.book.facts,
            people=checker.people,
            outcome=checked.outcome,
        )
        if not live.affected(layer):
            return

        def work(report: Report) -> LiveTargets:
            live.prepare(layer, fid, report)
            geometry = live.plan.layer(layer).geometry(fid)
            live.after_move(layer, fid, geometry.x, geometry.y)  # the first look is the long one
            return live

        def done(ready: LiveTargets) -> None:
            self._job = None
            if self._of == (layer, fid) and checker.session.plan is plan:
                self._ready = ready
                self._look()

        self._job = checker.session.jobs.start("准备目标灯", work, done, quiet=True)

    def _look(self) -> None:
        if self._ready is None or self._of is None:
            return
        began = time.perf_counter()
        found: LiveVerdicts = self._ready.after_move(*self._of, *self._at)
        self._took = time.perf_counter() - began
        self.checker.lit.emit(found)

    def _end(self) -> None:
        shown = self._ready is not None
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._of, self._ready = None, None
        self._timer.stop()
        if shown:
            self.checker.lit.emit(None)
