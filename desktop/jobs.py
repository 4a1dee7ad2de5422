"""One function off the GUI thread: progress, time left, a stop button, one place for its end.

    job = jobs.start("计算覆盖", lambda report: coverage(plan, ask, report), done=show)

``done`` runs on the GUI thread with what the function returned. A Refused goes
to ``refused`` as a sentence, a Cancelled ends silently, anything else is a bug
and goes where every unexpected exception goes: ``sys.excepthook``.

Each job has a Python thread of its own. A QThreadPool would not do: its threads get a
new Python state for every call, and pyproj keeps a PROJ context per system thread that
it frees with the Python state; the second job on such a thread crashes the program.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from data.progress import Cancelled, Report
from data.refused import Refused

Work = Callable[[Report], Any]
_NEWS_EVERY = 0.05
"""Seconds between two progress signals: more often than that nobody can read."""


class Job(QObject):
    """One running function. ``quiet`` ones (the journal) are not shown in the status line."""

    progressed = Signal()
    ended = Signal(object, object, object)

    def __init__(
        self,
        text: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[], None],
        quiet: bool,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.text = text
        self.done = done
        self.failed = failed
        self.quiet = quiet
        self.detail = ""
        self.fraction = 0.0
        self._work = work
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._news = 0.0

    def cancel(self) -> None:
        """Ask the function to stop at its next report."""
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
        """Call the function (on the worker thread) and send its end to the GUI thread."""
        answer, error = None, None
        try:
            answer = self._work(self._report)
        except BaseException as raised:  # noqa: BLE001 - handed to the GUI thread, which decides
            error = raised
        self.ended.emit(self, answer, error)

    def _report(self, done: float, text: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.fraction, self.detail = min(max(done, 0.0), 1.0), text
        now = time.monotonic()
        if now - self._news >= _NEWS_EVERY:
            self._news = now
            self.progressed.emit()


class Jobs(QObject):
    """The running jobs of one session, and their threads."""

    changed = Signal()

    def __init__(self, refused: Callable[[str], None], parent: QObject) -> None:
        super().__init__(parent)
        self._refused = refused
        self._threads: list[threading.Thread] = []
        self.running: list[Job] = []

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
        job = Job(text, work, done, failed, quiet, self)
        job.progressed.connect(self.changed, Qt.ConnectionType.QueuedConnection)
        job.ended.connect(self._end, Qt.ConnectionType.QueuedConnection)
        self.running.append(job)
        thread = threading.Thread(target=job.run, name=text, daemon=True)
        self._threads = [*(t for t in self._threads if t.is_alive()), thread]
        thread.start()
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

    def _end(self, job: Job, answer: Any, error: BaseException | None) -> None:
        self.running.remove(job)
        self.changed.emit()
        job.deleteLater()
        if error is None:
            job.done(answer)
            return
        job.failed()
        if isinstance(error, Refused):
            self._refused(str(error))
        elif not isinstance(error, Cancelled):
            sys.excepthook(type(error), error, error.__traceback__)
