"""One frame: the cached pictures at their place, and the overlay over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.canvas import atlas, drawn, overlay
from desktop.canvas.paint import Picture, Wish
from desktop.canvas.reach import strength
from desktop.canvas.view import Box, Port, Standing
from maps.drawing import style

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas
    from desktop.canvas.pictures import Pictures
    from desktop.session import Session

_MARGIN, _LEAST = 0.3, 64
"""How far a picture reaches beyond the window on each side, as a share of it and in pixels."""
_NEAR = 0.12
"""Share of the window left between its edge and the picture's at which a new one is wanted."""
_ALIKE = 3.0
"""How far a scaled picture still passes for the map: beyond, it is only what was there before."""
_STALE = 0.45
"""Opacity of a reached area that no longer belongs to the plan."""


def widened(port: Port) -> Port:
    """The port a picture is drawn for: the window and a margin, in whole pixels."""

    def wide(size: float) -> float:
        return size + 2 * max(_LEAST, round(size * _MARGIN))

    return Port(port.view, wide(port.width), wide(port.height))


def fits(wish: Wish, port: Port, dpr: float, theme: str) -> bool:
    """Whether a picture is sharp here and reaches far enough around the window."""
    if (wish.dpr, wish.theme, wish.port.view.mpp) != (dpr, theme, port.view.mpp):
        return False
    around = Port(port.view, port.width * (1 + 2 * _NEAR), port.height * (1 + 2 * _NEAR))
    return wish.port.contains(around)


def serves(wish: Wish, port: Port) -> bool:
    """Whether a picture, scaled, will do for the moment: no blank, no coarse blocks."""
    return wish.port.contains(port) and wish.port.view.mpp < _ALIKE * port.view.mpp


def standing(canvas: Canvas) -> Standing:
    """How the symbols on the screen stand: as the picture has them that is shown meanwhile."""
    port, picture = canvas.port, canvas.picture
    mpp = picture.wish.port.view.mpp if picture is not None else port.view.mpp
    if mpp == port.view.mpp or not 1 / _ALIKE <= mpp / port.view.mpp <= _ALIKE:
        return Standing(port)
    return Standing.of(port, mpp)


def paint(painter: QPainter, canvas: Canvas) -> None:
    """Paint one frame of the canvas."""
    theme = style.THEMES[canvas.theme]
    picture = canvas.picture
    if canvas.session.plan is None:
        painter.fillRect(canvas.rect(), QColor(theme.canvas))
        overlay.empty(painter, canvas)
        return
    target = None if picture is None else place(picture.wish.port, canvas.port)
    if target is None or not target.contains(QRectF(canvas.rect())):
        painter.fillRect(canvas.rect(), QColor(theme.canvas))
    if picture is not None:
        moved = _moved(canvas, picture)
        draw_picture(
            painter, canvas, canvas.pictures, moved, 1.0 if moved is not None else _pale(canvas)
        )
    if not canvas.side.on:
        overlay.draw(painter, canvas)
        return
    canvas.side.paint(painter)
    overlay.draw(painter, canvas)
    canvas.side.divider(painter)


def _moved(canvas: Canvas, picture: Picture) -> QImage | None:
    """The reached area that is shown in place of the picture's: of a drag, of one just ended."""
    moved = canvas.drag.area(picture) if canvas.drag is not None else None
    if moved is None and canvas.settling is not None:
        moved = canvas.settling.drag.area(picture)
    return moved


def place(shown: Port, port: Port) -> QRectF:
    """Where a picture lies in the window, on whole pixels when it is not scaled."""
    scale = shown.view.mpp / port.view.mpp
    x, y = port.px(shown.view.x, shown.view.y)
    left, top = x - shown.width * scale / 2, y - shown.height * scale / 2
    if scale == 1.0:
        left, top = round(left), round(top)
    return QRectF(left, top, shown.width * scale, shown.height * scale)


def _pale(canvas: Canvas) -> float:
    """Opacity of the answer on the map: paler when it no longer belongs to the plan."""
    result = canvas.session.result
    return _STALE if result is not None and canvas.session.is_stale(result) else 1.0


def draw_picture(
    painter: QPainter, canvas: Canvas, pictures: Pictures, moved: QImage | None, opacity: float
) -> None:
    """Draw the newest picture at its place; ``moved`` in place of the reached area."""
    picture = pictures.picture
    assert picture is not None
    target = place(picture.wish.port, canvas.port)
    scaled = picture.wish.port.view.mpp != canvas.port.view.mpp
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scaled)
    if scaled and moved is None:
        _blit(painter, _flat(canvas, pictures, picture, opacity), target, scaled)
    else:
        _sheets(painter, canvas, picture, target, scaled, moved, opacity)


def _flat(canvas: Canvas, pictures: Pictures, picture: Picture, opacity: float) -> QImage:
    """All sheets of a picture in one: while the wheel turns, one is scaled in place of four."""
    session = canvas.session
    drawing = session.drawing
    pale = drawing is not None and session.is_stale(drawing)
    of = (canvas.theme, opacity, session.coverage is None, drawing, pale)
    if pictures.flat is None or pictures.flat[0] != of:
        port = picture.wish.port
        ground = style.THEMES[canvas.theme].canvas
        out = atlas.opaque(port.width, port.height, picture.wish.dpr, ground)
        with QPainter(out) as painter:
            whole = QRectF(0, 0, port.width, port.height)
            _sheets(painter, canvas, picture, whole, False, None, opacity)
        pictures.flat = (of, out)
    return pictures.flat[1]


def _sheets(
    painter: QPainter,
    canvas: Canvas,
    picture: Picture,
    target: QRectF,
    scaled: bool,
    moved: QImage | None,
    opacity: float,
) -> None:
    _blit(painter, picture.ground, target, scaled)
    drawn.blit(painter, canvas, picture, target, over=False)
    if picture.cover is not None and canvas.session.coverage is not None:
        painter.setOpacity(strength(style.THEMES[canvas.theme]) * opacity)
        _blit(painter, moved or picture.cover.image, target, scaled)
        painter.setOpacity(1.0)
    _blit(painter, picture.lines, target, scaled)
    drawn.blit(painter, canvas, picture, target, over=True)
    _blit(painter, picture.marks, target, scaled)


def _blit(painter: QPainter, image: QImage, target: QRectF, scaled: bool) -> None:
    if scaled or image.devicePixelRatio() != painter.device().devicePixelRatioF():
        painter.drawImage(target, image, QRectF(0, 0, image.width(), image.height()))
    else:
        painter.drawImage(QPointF(target.left(), target.top()), image)


def selection_box(session: Session) -> Box | None:
    """The box around what is selected, with some surroundings around a lone point."""
    boxes = []
    for name, ids in session.selection.items():
        layer = session.plan.find(name) if session.plan else None
        if layer is not None:
            chosen = layer.frame.geometry.loc[list(ids)]
            boxes.append(shapely.bounds(np.asarray(chosen, dtype=object)))
    if not boxes:
        return None
    every = np.concatenate(boxes)
    every = every[~np.isnan(every).any(axis=1)]
    if not len(every):
        return None
    low, high = every[:, :2].min(axis=0), every[:, 2:].max(axis=0)
    rim = max(0.0, 2000.0 - float((high - low).max()) / 2)
    return (
        float(low[0] - rim), float(low[1] - rim), float(high[0] + rim), float(high[1] + rim)
    )  # fmt: skip
