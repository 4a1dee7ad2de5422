"""How long the window does not answer: every turn of its event loop is timed.

A heartbeat in the GUI thread asks for one turn after the other; a second thread looks at what
the GUI thread is doing whenever a beat is late. Two things keep a window from answering: work
of its own thread, told by the processor time that thread spent in the turn, and work of other
threads that keeps Python's lock from it: then a turn is long on the clock, but cost the GUI
thread little. What other programs do is told by the time the GUI thread stood ready in the
system's queue for a processor (Linux says it; elsewhere it counts as 0).

Processor time does not depend on what else the machine does, so the tests look at that; the
benchmark looks at the clock, too.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

from PySide6.QtCore import QObject, Qt, QTimer

BEAT = 2
"""Milliseconds between two beats of a window at rest."""
LATE = 0.025
"""Seconds without a beat after which the second thread looks what is going on."""
KEPT, DEEP = 5, 8


@dataclass
class Turn:
    """One turn of the event loop, in milliseconds.

    ``wall`` on the clock, ``own`` of the GUI thread's work, ``queued`` in which it waited for a
    processor. ``seen``: what the GUI thread was doing, and ``others``: what other threads were,
    while the beat was late (innermost call first).
    """

    wall: float
    own: float
    queued: float
    seen: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def blocked(self) -> float:
        """What the turn takes on a machine that does nothing else."""
        return max(self.wall - self.queued, self.own)


class Watchdog(QObject):
    """Between ``start`` and ``stop`` every turn is timed; the longest are kept with what was seen.

    Runs on the GUI thread; ``look`` False leaves the second thread out.
    """

    def __init__(self, look: bool = True) -> None:
        super().__init__()
        self.turns = 0
        self.longest: list[Turn] = []
        self.busiest: list[Turn] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT)
        self._timer.timeout.connect(self._beat)
        self._gui = threading.get_ident()
        self._queue = _Queue()
        self._wall = self._own = self._queued = 0.0
        self._seen: list[str] = []
        self._others: list[str] = []
        self._over = threading.Event()
        self._looker = threading.Thread(target=self._look, daemon=True) if look else None

    def start(self) -> None:
        self._wall, self._own = time.perf_counter(), time.thread_time()
        self._queued = self._queue.seconds()
        self._timer.start()
        if self._looker is not None:
            self._looker.start()

    def stop(self) -> None:
        self._beat()
        self._timer.stop()
        self._queue.close()
        self._over.set()
        if self._looker is not None:
            self._looker.join()

    @property
    def worst(self) -> float:
        """The longest turn (milliseconds), without waiting for a processor."""
        return self.longest[0].blocked if self.longest else 0.0

    @property
    def most(self) -> float:
        """The most the GUI thread itself worked in one turn (milliseconds)."""
        return self.busiest[0].own if self.busiest else 0.0

    def _beat(self) -> None:
        now = time.perf_counter(), time.thread_time(), self._queue.seconds()
        before = self._wall, self._own, self._queued
        spent = [(a - b) * 1000 for a, b in zip(now, before, strict=True)]
        turn = Turn(*spent, self._seen, self._others)
        self._wall, self._own, self._queued = now
        self._seen, self._others = [], []
        self.turns += 1
        self.longest = sorted([*self.longest, turn], key=lambda t: -t.blocked)[:KEPT]
        self.busiest = sorted([*self.busiest, turn], key=lambda t: -t.own)[:KEPT]

    def _look(self) -> None:
        mine = threading.get_ident()
        while not self._over.wait(0.005):
            if time.perf_counter() - self._wall < LATE:
                continue
            for thread, frame in sys._current_frames().items():
                if thread == self._gui:
                    self._seen.append(_words(frame))
                elif thread != mine:
                    self._others.append(_words(frame))


class _Queue:
    """How long the thread that made it has stood ready without a processor."""

    def __init__(self) -> None:
        self._file = -1
        with contextlib.suppress(OSError):
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def seconds(self) -> float:
        return int(os.pread(self._file, 64, 0).split()[1]) / 1e9 if self._file >= 0 else 0.0

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _words(frame: FrameType) -> str:
    """The innermost calls of a stack: “module:line function < caller < …”."""
    places: list[str] = []
    inner: FrameType | None = frame
    while inner is not None and len(places) < DEEP:
        code = inner.f_code
        places.append(f"{code.co_filename.split('/')[-1]}:{inner.f_lineno} {code.co_name}")
        inner = inner.f_back
    return " < ".join(places)
