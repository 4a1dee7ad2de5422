"""The other scenario under the divider: left of it the map shows the one compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.canvas import atlas, frames
from desktop.canvas.pictures import Pictures
from maps.drawing import style

if TYPE_CHECKING:
    from data.plan import Plan
    from desktop.canvas.canvas import Canvas
    from desktop.canvas.gestures import Gesture, Touch

GRIP = 7.0
"""Pixels from the divider within which it can be taken."""
_EDGE = 0.02


class Side:
    """The left part of a canvas while two scenarios are compared by swiping."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.share = 0.5
        self.pictures = Pictures(canvas, self._wanted)

    @property
    def on(self) -> bool:
        return self.canvas.session.comparing.swiping

    @property
    def x(self) -> float:
        """Where the divider stands, in pixels."""
        return round(self.canvas.width() * self.share)

    def covers(self, px: float) -> bool:
        """Whether a pixel shows the other scenario."""
        return self.on and px < self.x

    def near(self, px: float) -> bool:
        """Whether the divider is under the cursor."""
        return self.on and abs(px - self.x) <= GRIP

    def _wanted(self) -> tuple[Plan, Any] | None:
        comparing = self.canvas.session.comparing
        plan = comparing.base_plan
        if not self.on or plan is None or not self.canvas.isVisible():
            return None
        return plan, comparing.base_answer

    def shift(self, share: float) -> None:
        self.share = min(max(share, _EDGE), 1 - _EDGE)
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        """The other scenario's pictures, left of the divider."""
        canvas = self.canvas
        painter.save()
        painter.setClipRect(QRectF(0, 0, self.x, canvas.height()))
        painter.fillRect(canvas.rect(), QColor(style.THEMES[canvas.theme].canvas))
        if self.pictures.picture is not None:
            frames.draw_picture(painter, canvas, self.pictures, None, 1.0)
        painter.restore()

    def divider(self, painter: QPainter) -> None:
        """The line between the two, its grip, and their names on either side."""
        canvas, theme = self.canvas, style.THEMES[self.canvas.theme]
        x, middle = self.x, canvas.height() / 2
        painter.setPen(QPen(QColor(theme.panel), 4.0))
        painter.drawLine(QPointF(x, 0), QPointF(x, canvas.height()))
        painter.setPen(QPen(QColor(theme.accent), 2.0))
        painter.drawLine(QPointF(x, 0), QPointF(x, canvas.height()))
        painter.setBrush(QColor(theme.panel))
        painter.drawEllipse(QPointF(x, middle), 13, 13)
        painter.setBrush(QColor(theme.accent))
        painter.setPen(Qt.PenStyle.NoPen)
        for side in (-1, 1):
            tip, back = x + side * 9, x + side * 4
            painter.drawPolygon(
                [QPointF(tip, middle), QPointF(back, middle - 4), QPointF(back, middle + 4)]
            )
        dpr = canvas.devicePixelRatioF()
        for words, side in ((canvas.session.comparing.base, -1), (canvas.plan.name, 1)):
            label = atlas.text(words, 14, True, theme.label, theme.halo, dpr)
            half = label.width() / dpr / 2
            atlas.draw(painter, label, x + side * (half + 12), 18)


def swipe(canvas: Canvas, press: Touch) -> Gesture:
    """The divider follows the hand; Esc brings it back."""
    side = canvas.side
    start, off, released = side.share, side.x - press.px, False
    try:
        while True:
            touch = yield
            side.shift((touch.px + off) / max(canvas.width(), 1))
            if touch.kind == "release":
                released = True
                return
    finally:
        if not released:
            side.shift(start)
