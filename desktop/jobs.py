"""One function off the GUI thread: progress, time left, a stop button, one place for its end.

    job = jobs.start("计算覆盖", lambda report: coverage(plan, ask, report), done=show)

``done`` runs on the GUI thread with what the function returned. A Refused goes
to ``refused`` as a sentence, a Cancelled ends silently, anything else is a bug
and goes where every unexpected exception goes: ``sys.excepthook``.

Each job has a Python thread of its own. A QThreadPool would not do: its threads get a
new Python state for every call, and pyproj keeps a PROJ context per system thread that
it frees with the Python state; the second job on such a thread crashes the program.

The threads touch no Qt object: what they have to say goes into a queue, which the GUI
thread empties while a job runs. A signal sent from a worker crashes when its object is
deleted at that moment (a window closed, a session let go).
"""

import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from data.progress import Cancelled, Report
from data.refused import Refused

Work = Callable[[Report], Any]
_LISTEN_EVERY = 15
"""Milliseconds between two looks into the queue, while anything runs."""


class Job:
    """One running function. ``quiet`` ones (the journal) are not shown in the status line."""

    def __init__(
        self,
        text: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[], None],
        quiet: bool,
        ends: "queue.SimpleQueue[End]",
    ) -> None:
        self.text = text
        self.done = done
        self.failed = failed
        self.quiet = quiet
        self.detail = ""
        self.fraction = 0.0
        self._work = work
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._ends = ends

    def cancel(self) -> None:
        """Ask the function to stop at its next report; nothing happens when it has ended."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    @property
    def seconds_left(self) -> float | None:
        """How long it will still take (seconds), None while that cannot be told."""
        elapsed = time.monotonic() - self._started
        if elapsed < 2 or self.fraction < 0.05:
            return None
        return elapsed * (1 - self.fraction) / self.fraction

    def run(self) -> None:
        """Call the function (on the worker thread) and put its end into the queue."""
        answer, error = None, None
        try:
            answer = self._work(self._report)
        except BaseException as raised:  # noqa: BLE001 - handed to the GUI thread, which decides
            error = raised
        self._ends.put((self, answer, error))

    def _report(self, done: float, text: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.fraction, self.detail = min(max(done, 0.0), 1.0), text


End = tuple[Job, Any, BaseException | None]


class Jobs(QObject):
    """The running jobs of one session, and their threads."""

    changed = Signal()

    def __init__(self, refused: Callable[[str], None], parent: QObject) -> None:
        super().__init__(parent)
        self._refused = refused
        self._threads: list[threading.Thread] = []
        self.running: list[Job] = []
        self._ends: queue.SimpleQueue[End] = queue.SimpleQueue()
        self._heard: list[tuple[float, str]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_LISTEN_EVERY)
        self._timer.timeout.connect(self._listen)

    def start(
        self,
        text: str,
        work: Work,
        done: Callable[[Any], None] = lambda answer: None,
        *,
        failed: Callable[[], None] = lambda: None,
        quiet: bool = False,
    ) -> Job:
        """Run ``work(report)`` on another thread; ``failed`` runs for every other end."""
        job = Job(text, work, done, failed, quiet, self._ends)
        self.running.append(job)
        thread = threading.Thread(target=job.run, name=text, daemon=True)
        self._threads = [*(t for t in self._threads if t.is_alive()), thread]
        thread.start()
        self._timer.start()
        self.changed.emit()
        return job

    def shown(self) -> Job | None:
        """The job the status line shows: the latest that is not quiet."""
        return next((job for job in reversed(self.running) if not job.quiet), None)

    def cancel_all(self) -> None:
        for job in self.running:
            job.cancel()

    def wait(self, seconds: float = 30.0) -> None:
        """Block until every function has returned (when the program ends)."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _listen(self) -> None:
        """Pass on what the threads have said since the last look."""
        heard = [(job.fraction, job.detail) for job in self.running]
        if heard != self._heard:
            self._heard = heard
            self.changed.emit()
        while not self._ends.empty():
            self._end(*self._ends.get())
        if not self.running:
            self._timer.stop()

    def _end(self, job: Job, answer: Any, error: BaseException | None) -> None:
        self.running.remove(job)
        self.changed.emit()
        if error is None:
            job.done(answer)
            return
        job.failed()
        if isinstance(error, Refused):
            self._refused(str(error))
        elif not isinstance(error, Cancelled):
            sys.excepthook(type(error), error, error.__traceback__)
