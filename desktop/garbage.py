"""Python's cyclic garbage is collected on the GUI thread only.

The collector runs on whichever thread happens to allocate. On a worker thread it would
destroy Qt objects of the GUI thread there, and Qt crashes. So it is switched off and
asked from a timer, with Python's own thresholds.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY = 500
"""Milliseconds between two looks."""


class GuiThreadCollector(QObject):
    """Lives as long as the program; ``stop`` gives the collector back to Python."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def freeze(self) -> None:
        """Never look again at what is there now: loaded modules make a full collection slow."""
        gc.freeze()

    def collect(self) -> None:
        """Collect the oldest generation that is due, as the interpreter would."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return

    def stop(self) -> None:
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
