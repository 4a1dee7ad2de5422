"""The lights of the targets while a feature is dragged."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from data.progress import Report
from desktop.jobs import Job
from maps.analysis.targets.live import LiveTargets, LiveVerdicts

if TYPE_CHECKING:
    from desktop.panels.targets_check import Checker

_FRAME = 16
"""Milliseconds between two bits of looking at the lights during a drag."""
_BIT = 0.002
"""Seconds of a frame after which the rules left over wait for the next one."""


class Drag:
    """The lights of one drag: prepared in the background, then looked at without a pause.

    Some rules in each frame: the symbol keeps up with the hand, the lights are a few frames
    behind it. The last look is always at the last place.
    """

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self._of: tuple[str, int] | None = None
        self._at = (0.0, 0.0)
        self._job: Job | None = None
        self._ready: LiveTargets | None = None
        self._looking: Iterator[LiveVerdicts | None] | None = None
        self._looked_at = self._at
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
            self._timer.start(_FRAME)

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
        if self._looking is None:
            self._looked_at = self._at
            self._looking = self._ready.steps(*self._of, *self._at)
        enough = time.perf_counter() + _BIT
        for found in self._looking:
            if found is not None:
                self._looking = None
                self.checker.lit.emit(found)
                break
            if time.perf_counter() > enough:
                break
        if self._looking is not None or self._looked_at != self._at:
            self._timer.start(_FRAME)

    def _end(self) -> None:
        shown = self._ready is not None
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._of, self._ready, self._looking = None, None, None
        self._timer.stop()
        if shown:
            self.checker.lit.emit(None)
