"""The drawing of an answer (``desktop.drawings``) on the map.

Areas and lines are drawn once for each cached picture of the map and blitted with it, so
that a pan costs nothing; marks and words keep their size and are drawn in every frame.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from desktop.canvas import atlas
from desktop.canvas.legend import Block
from desktop.canvas.outlines import clipped, path, polygon, rings
from desktop.canvas.view import Port
from maps.drawing import style

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas
    from desktop.canvas.paint import Picture
    from desktop.drawings import Drawing

_STALE = 0.45
_SIGN = 7.0
_VEIL, _TINT, _NIGHT = 0.9, 0.7, 0.35
"""Opacity of the veil over people's density; above which a colour is a tint; and its share of
it on a dark map."""
_BELOW, _ROOM = 22.0, 100.0
"""Pixels a word stands below its place, and that its area must have both ways to show it."""
_LISTED = 4000
"""Marks beyond which the rest is drawn as plain dots."""


def blit(
    painter: QPainter, canvas: Canvas, picture: Picture, target: QRectF, *, over: bool
) -> None:
    """Draw the areas (or, ``over``, the lines) at the place of the map's own picture."""
    drawing = canvas.session.drawing
    if drawing is None or picture is not canvas.picture:
        return
    if not (drawing.lines if over else drawing.patches):
        return
    image = _image(drawing, picture.wish.port, picture.wish.dpr, canvas.theme, over)
    opacity = _STALE if canvas.session.is_stale(drawing) else 1.0
    painter.setOpacity(opacity)
    painter.drawImage(target, image, QRectF(0, 0, image.width(), image.height()))
    painter.setOpacity(1.0)


@lru_cache(maxsize=4)
def _image(drawing: Drawing, port: Port, dpr: float, theme: str, over: bool) -> QImage:
    image = atlas.blank(port.width, port.height, dpr)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if over:
            _lines(painter, drawing, port, style.THEMES[theme])
        else:
            _patches(painter, drawing, port, style.THEMES[theme])
    return image


def _toned(opacity: float, theme: style.Theme) -> float:
    """Pale tints that would nearly hide the ground step back on a dark map."""
    dark = style.luminance(theme.canvas) < 0.5
    return opacity * _NIGHT if dark and _TINT < opacity < 1 else opacity


def _outline(shapes: tuple[object, ...], port: Port) -> QPainterPath:
    every = np.empty(len(shapes), dtype=object)
    every[:] = shapes
    seen = clipped(every, port)
    return path(*rings(shapely.simplify(seen, port.view.mpp / 2), port))


def _patches(painter: QPainter, drawing: Drawing, port: Port, theme: style.Theme) -> None:
    # Results own the colour: the density of the people below them steps back.
    veil = QColor(theme.district)
    veil.setAlphaF(_VEIL)
    for layer in drawing.plan.of_kind("district"):
        ours = layer.column("角色").to_numpy() != "周边"
        if ours.any():
            painter.fillPath(_outline(tuple(layer.frame.geometry.to_numpy()[ours]), port), veil)
    for patch in drawing.patches:
        outline = _outline(patch.shapes, port)
        color = QColor(patch.color)
        color.setAlphaF(_toned(patch.opacity, theme))
        painter.setPen(QPen(QColor(patch.edge), 1.2) if patch.edge else Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPath(outline)


def _lines(painter: QPainter, drawing: Drawing, port: Port, theme: style.Theme) -> None:
    for line in drawing.lines:
        outline = _outline(line.shapes, port)
        pen = QPen(QColor(line.color or theme.text), line.px)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if line.dashed else Qt.PenCapStyle.RoundCap)
        if line.halo:
            back = QPen(pen)
            back.setColor(QColor(theme.halo))
            back.setWidthF(line.px + 3)
            painter.strokePath(outline, back)
        if line.dashed:
            pen.setDashPattern([3.0, 2.0])
        painter.strokePath(outline, pen)


def top(painter: QPainter, canvas: Canvas) -> None:
    """Draw marks and words over everything."""
    drawing = canvas.session.drawing
    if drawing is None:
        return
    theme = style.THEMES[canvas.theme]
    painter.setOpacity(_STALE if canvas.session.is_stale(drawing) else 1.0)
    _marks(painter, canvas, drawing, theme)
    _tags(painter, canvas, drawing, theme)
    painter.setOpacity(1.0)


def _seen(canvas: Canvas, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of places, and which of them are in the window."""
    pixels = canvas.port.pixels(xy)
    inside = (pixels > -12).all(axis=1)
    return pixels, np.flatnonzero(
        inside & (pixels < [canvas.width() + 12, canvas.height() + 12]).all(axis=1)
    )


def _marks(painter: QPainter, canvas: Canvas, drawing: Drawing, theme: style.Theme) -> None:
    if not drawing.marks:
        return
    pixels, which = _seen(canvas, np.array([[m.x, m.y] for m in drawing.marks]))
    if len(which) > _LISTED:
        for color in {drawing.marks[i].color for i in which.tolist()}:
            mine = [i for i in which.tolist() if drawing.marks[i].color == color]
            painter.setPen(QPen(QColor(color), 4.0))
            painter.drawPoints(polygon(pixels[mine]))
        return
    for i in which.tolist()[::-1]:
        x, y = pixels[i].tolist()
        _sign(painter, x, y, drawing.marks[i].sign, drawing.marks[i].color, theme)


def _sign(painter: QPainter, x: float, y: float, sign: str, color: str, theme: style.Theme) -> None:
    ink = QColor(color)
    painter.setPen(QPen(QColor(theme.halo), 1.5))
    painter.setBrush(ink)
    if sign == "!":
        low = y + _SIGN * 0.8
        corners = [x, y - _SIGN], [x + _SIGN, low], [x - _SIGN, low]
        painter.drawPolygon(polygon(np.array(corners)))
    elif sign == "×":
        for pen in (QPen(QColor(theme.halo), 5.5), QPen(ink, 2.5)):
            painter.setPen(pen)
            painter.drawLine(QPointF(x - 5, y - 5), QPointF(x + 5, y + 5))
            painter.drawLine(QPointF(x - 5, y + 5), QPointF(x + 5, y - 5))
    elif sign == "✓":
        painter.drawEllipse(QPointF(x, y), 4.5, 4.5)
    else:
        painter.drawEllipse(QPointF(x, y), 9, 9)
        painter.setPen(QColor("#ffffff"))
        painter.setFont(atlas.font(12, bold=True))
        painter.drawText(QRectF(x - 9, y - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, sign)


def _tags(painter: QPainter, canvas: Canvas, drawing: Drawing, theme: style.Theme) -> None:
    if not drawing.tags:
        return
    pixels, which = _seen(canvas, np.array([[t.x, t.y] for t in drawing.tags]))
    dpr = canvas.devicePixelRatioF()
    metrics = QFontMetricsF(atlas.font(12))
    taken: list[QRectF] = []
    for i in which.tolist():
        rows = drawing.tags[i].rows
        x, y = pixels[i].tolist()
        y += _BELOW
        if drawing.tags[i].room < _ROOM * canvas.port.view.mpp:
            continue
        width = max(metrics.horizontalAdvance(words) for words in rows) + 6
        box = QRectF(x - width / 2, y - 9, width, 16.0 * len(rows) + 2)
        if any(box.intersects(other) for other in taken):
            continue
        taken.append(box)
        # What lies below (a district's name) must not run into the number.
        ground = QColor(theme.panel)
        ground.setAlphaF(0.88)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)
        for k, words in enumerate(rows):
            image = atlas.text(words, 12, False, theme.label, theme.halo, dpr)
            atlas.draw(painter, image, x, y + 16 * k)


def block(drawing: Drawing, theme: style.Theme) -> Block:
    """The key to a drawing's colours, as they come out on the pale ground of the map."""
    rows = tuple(
        (style.mixed(color or theme.text, theme.district, _toned(opacity, theme)), words)
        for color, opacity, words in drawing.rows
    )
    return Block(drawing.title, drawing.basis, rows)
