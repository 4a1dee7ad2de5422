"""Small pieces that are drawn over the map: rings, guides, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from desktop.canvas import atlas
from desktop.canvas.hit import Snap
from desktop.canvas.outlines import polygon
from maps.drawing import style

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas

RINGS = 400
"""Features drawn with a ring of their own; more get a plain dot each."""
_STEP = 18.0
"""Pixels between the rows of a tag."""


def highlights(
    painter: QPainter, pixels: np.ndarray, reach: np.ndarray, theme: style.Theme
) -> None:
    """A ring around each symbol; ``pixels`` (n, 2), ``reach`` (n,) half its width."""
    if len(pixels) > RINGS:
        pen = QPen(QColor(theme.highlight), 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen)
        painter.drawPoints(polygon(pixels))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((theme.halo, 5.0), (theme.highlight, 2.4)):
        painter.setPen(QPen(QColor(color), width))
        for (x, y), half in zip(pixels.tolist(), reach.tolist(), strict=True):
            painter.drawEllipse(QPointF(x, y), half + 5, half + 5)


def guide(
    painter: QPainter, snap: Snap, x: float, y: float, width: float, theme: style.Theme
) -> None:
    """What a place snaps to: the road's line, or a ring around the symbol at it."""
    color = QColor(theme.accent)
    if snap.line is not None:
        color.setAlphaF(0.7)
        painter.setPen(QPen(color, 3.0))
        painter.drawPolyline(polygon(snap.line))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 2.0))
        painter.drawEllipse(QPointF(x, y), width / 2 + 10, width / 2 + 10)


def tag_box(canvas: Canvas, rows: list[str], x: float, y: float) -> QRectF:
    """Where a tag of these rows lies that should begin at a pixel: inside the window."""
    metrics = QFontMetricsF(atlas.font(12))
    width = max(metrics.horizontalAdvance(row) for row in rows) + 16
    height = _STEP * len(rows) + 8
    left = max(4.0, min(x, canvas.width() - width - 4))
    top = max(4.0, min(y, canvas.height() - height - 4))
    return QRectF(left, top, width, height)


def tag(
    painter: QPainter, canvas: Canvas, rows: list[str], x: float, y: float, theme: style.Theme
) -> None:
    """A small panel with some rows of text, kept inside the window."""
    box = tag_box(canvas, rows, x, y)
    panel(painter, box, theme)
    painter.setFont(atlas.font(12))
    for i, row in enumerate(rows):
        painter.setPen(QColor(theme.text if i < 3 else theme.muted))
        painter.drawText(QPointF(box.x() + 8, box.y() + _STEP * (i + 0.5) + 8), row)


def panel(painter: QPainter, box: QRectF, theme: style.Theme) -> None:
    """The ground that words over the map stand on."""
    ground = QColor(theme.panel)
    ground.setAlphaF(0.94)
    painter.setPen(QPen(QColor(theme.border), 1.0))
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 4, 4)
