"""The gesture under way on a canvas, and one that waits beneath it (measuring during a pan)."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.canvas.gestures import Gesture, Touch


class Hands:
    """Runs one generator per gesture: starts it, hands it events, closes it when given up."""

    def __init__(self) -> None:
        self._gesture: Gesture | None = None
        self._waiting: Gesture | None = None

    @property
    def busy(self) -> bool:
        """Whether a gesture has begun and not ended."""
        return self._gesture is not None

    @property
    def acting(self) -> bool:
        """Whether the gesture is just being carried on (an edit it makes brings news to us)."""
        gesture = self._gesture
        return gesture is not None and inspect.getgeneratorstate(gesture) == inspect.GEN_RUNNING

    def begin(self, gesture: Gesture, *, over: bool = False) -> None:
        """Start a gesture: everything before its first ``yield`` happens now.

        ``over``: what runs now waits until this one has ended.
        """
        if over:
            self._waiting, self._gesture = self._gesture, None
        else:
            self.cancel()
        self._gesture = gesture
        self._go_on(None)

    def advance(self, touch: Touch) -> None:
        """Hand an event to the running gesture."""
        self._go_on(touch)

    def _go_on(self, touch: Touch | None) -> None:
        gesture = self._gesture
        if gesture is None or self.acting:
            return
        try:
            next(gesture) if touch is None else gesture.send(touch)
        except StopIteration:
            if self._gesture is gesture:
                self._gesture, self._waiting = self._waiting, None

    def cancel(self) -> bool:
        """Give up the running gesture; what it had changed on the screen is put back."""
        gesture = self._gesture
        if gesture is None or self.acting:
            return False
        self._gesture, self._waiting = self._waiting, None
        gesture.close()
        return True

    def cancel_all(self) -> None:
        """Give up the running gesture and one that waits for it."""
        while self.cancel():
            pass
