"""The cached picture of one scenario on a canvas: when a new one is wanted, and taking it.

While one pans or zooms the old picture is shown, shifted and scaled, until the sharp one
arrives; it reaches beyond the window on all sides so that a pan finds no blank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from data.plan import Plan
from desktop.canvas import frames
from desktop.canvas.paint import Picture, Wish
from desktop.canvas.render import Renderer

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas

Shown = tuple[Plan, Any]
"""A plan and the answer drawn with it (None: none)."""
_PAUSE = 90
"""Milliseconds without a turn of the wheel after which the sharp picture is drawn."""


class Pictures(QObject):
    """The newest picture of what ``wanted`` returns (None: nothing is to be shown)."""

    taken = Signal(object)
    """A picture has come and is ``picture`` now."""

    def __init__(self, canvas: Canvas, wanted: Callable[[], Shown | None]) -> None:
        super().__init__(canvas)
        self.picture: Picture | None = None
        self.flat: tuple[Any, QImage] | None = None
        """The sheets of ``picture`` in one, and how they were laid over each other (``frames``)."""
        self._canvas, self._wanted = canvas, wanted
        self._renderer = Renderer(canvas)
        self._renderer.ready.connect(self._take)
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._later.timeout.connect(self.refresh)

    @property
    def busy(self) -> bool:
        """Whether a sharper picture is still to come."""
        return self._renderer.busy or self._later.isActive()

    def zoomed(self) -> None:
        """The scale has changed: draw when the wheel rests, at once only if what is there fails.

        While the wheel turns every picture would come too late.
        """
        if self.picture is not None and frames.serves(self.picture.wish, self._canvas.port):
            self._later.start()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Ask for a picture if the one there does not fit (what is shown stays meanwhile)."""
        self._later.stop()
        shown = self._wanted()
        if shown is None:
            return
        plan, answer = shown
        canvas = self._canvas
        dpr = canvas.devicePixelRatioF()
        old = self.picture.wish if self.picture else None
        if old is not None and frames.fits(old, canvas.port, dpr, canvas.theme):
            if old.plan is plan and old.coverage is answer:
                return
            port = old.port
        else:
            port = frames.widened(canvas.port)
        self._renderer.wish(Wish(plan, answer, port, dpr, canvas.theme))

    def _take(self, picture: Picture) -> None:
        shown = self._wanted()
        if shown is None or picture.wish.plan.crs != shown[0].crs:
            return
        self.picture, self.flat = picture, None
        self.taken.emit(picture)
        self._canvas.update()
        self.refresh()

    def forget(self) -> None:
        """Show nothing of what was drawn so far, and take nothing from it."""
        self._later.stop()
        self._renderer.forget()
        self.picture = self.flat = None

    def pause(self) -> None:
        """A frame is being made: the drawing thread stands aside."""
        self._renderer.pause()

    def resume(self) -> None:
        """The frame is painted."""
        self._renderer.resume()

    def stop(self) -> None:
        """End the drawing thread; nothing is drawn afterwards."""
        self._later.stop()
        self._renderer.stop()
