"""Asking for a place on the map: while one is asked for, a click answers, Esc gives up.

Everything else works as always: the wheel zooms, the middle button and the space bar pan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from desktop.canvas.gestures import STILL

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas


class Picking(QObject):
    """One question for places on one canvas; ``on`` while it is asked."""

    picked = Signal(float, float)
    """A place was clicked: x, y in plan metres."""
    ended = Signal()

    def __init__(self, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self.on = False
        self._canvas = canvas
        self._pressed: QPointF | None = None
        canvas.tool_changed.connect(lambda tool: self.end())
        canvas.session.opened.connect(self.end)

    def begin(self) -> None:
        """Ask: the next clicks on the map are answers."""
        if self.on:
            return
        self._canvas.set_tool("select")
        self.on = True
        self._canvas.hover(None)
        self._canvas.installEventFilter(self)
        self._canvas.setCursor(Qt.CursorShape.CrossCursor)
        self._canvas.setFocus()

    def end(self) -> None:
        """Ask no more."""
        if not self.on:
            return
        self.on, self._pressed = False, None
        self._canvas.removeEventFilter(self)
        self._canvas.show_tool_cursor()
        self.ended.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and not self._canvas.space_held:
            return self._mouse(event)
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self.end()
            return True
        return False

    def _mouse(self, event: QMouseEvent) -> bool:
        left = event.button() == Qt.MouseButton.LeftButton
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and left:
            self._pressed = event.position()
            return True
        if kind == QEvent.Type.MouseButtonRelease and left and self._pressed is not None:
            moved = event.position() - self._pressed
            self._pressed = None
            if max(abs(moved.x()), abs(moved.y())) <= 2 * STILL:
                at = event.position()
                self.picked.emit(*self._canvas.port.world(at.x(), at.y()))
            return True
        return kind == QEvent.Type.MouseButtonDblClick and left
