"""Draws pictures on one thread of its own; the newest wish replaces one that still waits.

A picture that is being drawn is finished even when the view has moved on: while one pans
for seconds, something sharp keeps arriving. The thread ends when nothing is wished for.
"""

import sys
import threading

from PySide6.QtCore import QMetaObject, QObject, Qt, Signal

from data.progress import Cancelled
from desktop.canvas.content import shapes
from desktop.canvas.paint import Picture, Wish, picture

_TURN = 0.0005
"""Seconds after which a thread that computes hands the interpreter to one that waits for it.
Python's 5 ms would cost a frame several times that whenever a picture is drawn beside it."""


_LONGEST = 0.03
"""Seconds the drawing thread makes way for one frame at most."""


class Renderer(QObject):
    """``wish`` for a picture; ``ready`` brings it on the GUI thread.

    Between ``pause`` and ``resume`` the thread stands still at its next chunk: two threads that
    both want the interpreter make a frame wait for it a dozen times over.
    """

    ready = Signal(object)
    _ended = Signal(object)
    _failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        sys.setswitchinterval(_TURN)
        self._lock = threading.Lock()
        self._next: Wish | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._free = threading.Event()
        self._free.set()
        self._last: Picture | None = None
        self._ended.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._failed.connect(self._report, Qt.ConnectionType.QueuedConnection)
        # Sent before the children go: the thread must not find its renderer gone.
        self._deleted: QMetaObject.Connection | None = parent.destroyed.connect(self.stop)

    @property
    def busy(self) -> bool:
        """Whether a picture is being drawn, waits to be, or to be taken."""
        with self._lock:
            return self._thread is not None

    def wish(self, wish: Wish) -> None:
        """Draw this as soon as what is being drawn is done."""
        with self._lock:
            if self._stopped:
                return
            self._next = wish
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="canvas", daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Take nothing from earlier pictures any more."""
        with self._lock:
            self._next = self._last = None

    def stop(self) -> None:
        """End the thread and wait for it; nothing is drawn afterwards."""
        if self._deleted is not None:
            QObject.disconnect(self._deleted)
            self._deleted = None
        with self._lock:
            self._stopped, self._next = True, None
            self._free.set()
            thread = self._thread
        if thread is not None:
            thread.join()

    def pause(self) -> None:
        """A frame is being made."""
        self._free.clear()

    def resume(self) -> None:
        """The frame is on the screen."""
        self._free.set()

    def _check(self) -> None:
        if not self._free.is_set():
            self._free.wait(_LONGEST)
        if self._stopped:
            raise Cancelled

    def _run(self) -> None:
        while True:
            with self._lock:
                wish, self._next = self._next, None
                if wish is None or self._stopped:
                    self._thread = None
                    return
                last = self._last
            try:
                drawn = picture(wish, last, self._check)
                with self._lock:
                    self._last = drawn
                self._ended.emit(drawn)
                self._warm(wish)
            except Cancelled:
                continue
            except BaseException as error:  # noqa: BLE001 - handed to the GUI thread, which decides
                self._failed.emit(error)

    def _warm(self, wish: Wish) -> None:
        """Build what the first click would wait for."""
        for layer in wish.plan:
            if layer.kind.geometry != "point":
                self._check()
                shapes(layer).tree  # noqa: B018 - made once and kept

    def _take(self, drawn: Picture) -> None:
        if not self._stopped:
            self.ready.emit(drawn)

    def _report(self, error: BaseException) -> None:
        sys.excepthook(type(error), error, error.__traceback__)
