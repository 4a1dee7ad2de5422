"""Python's cyclic garbage is collected on the GUI thread only, and in pieces nobody feels.

The collector runs on whichever thread happens to allocate. On a worker thread it would
destroy Qt objects of the GUI thread there, and Qt crashes. So it is switched off and
asked from a timer, with Python's own thresholds.

What it looks through, the window waits for. So it looks often: at what is new, which is little
each time. At older objects it looks only while the window is at rest, and never again at those
of a library that has just been loaded.
"""

import gc
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_EVERY = 50
"""Milliseconds between two looks."""
_PATIENCE = 2000
"""Looks at what is new after which a window that never rests has to wait for the next stage."""
_LIBRARY = 40
"""Newly loaded modules that make a library."""


class GuiThreadCollector(QObject):
    """Lives as long as the program; ``stop`` gives the collector back to Python.

    ``at_rest``: whether nothing runs now that a pause would disturb.
    """

    def __init__(self, parent: QObject, at_rest: Callable[[], bool] = lambda: True) -> None:
        super().__init__(parent)
        gc.disable()
        self._at_rest = at_rest
        self._modules = len(sys.modules)
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def freeze(self) -> None:
        """Never look again at what is there now: loaded modules make a full collection slow."""
        gc.freeze()
        self._modules = len(sys.modules)

    def collect(self) -> None:
        """Collect the oldest generation that is due, as the interpreter would, and may be."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        rests = self._at_rest()
        if rests and len(sys.modules) >= self._modules + _LIBRARY:
            self.freeze()
        elif counts[2] > thresholds[2] and rests:
            gc.collect(2)
        elif counts[1] > (thresholds[1] if rests else _PATIENCE):
            gc.collect(1)
        elif counts[0] > thresholds[0]:
            gc.collect(0)

    def stop(self) -> None:
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
