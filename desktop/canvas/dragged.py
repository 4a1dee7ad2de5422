"""A dragged facility on the map: its symbol, its disc, what it means, and which pixels it takes.

While the hand moves only those pixels are painted anew, as they were and as they are: on a
screen full of map that is a fraction of a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.canvas import atlas
from desktop.canvas.measuring import length
from desktop.canvas.outlines import polygon
from desktop.canvas.pieces import guide, highlights, tag, tag_box
from maps.drawing import style

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas
    from desktop.canvas.moving import Drag
    from desktop.canvas.paint import Picture
    from desktop.canvas.view import Port

_RIM = 4
"""Pixels that lines and smooth scaling may reach beyond a shape."""
_ASIDE = 12.0
"""Pixels between the symbol and the words beside it."""


@dataclass(frozen=True, eq=False)
class Told:
    """What is said of a drag at one place on one picture, and which pixels depend on it.

    ``pixels``: None when they may be any (two scenarios on the screen, or nothing yet);
    ``follows``: whether the reached area is shown as it would be.
    """

    port: Port
    picture: Picture | None
    lines: list[str]
    follows: bool
    pixels: QRect | None


def repaint(canvas: Canvas, drag: Drag) -> None:
    """Have painted anew what changes with the place of a drag."""
    before, now = drag.painted, told(canvas, drag)
    old, new = before.pixels if before is not None else None, now.pixels
    if before is None or old is None or new is None or before.follows != now.follows:
        canvas.update()
    else:
        canvas.update(old.united(new))


def told(canvas: Canvas, drag: Drag) -> Told:
    """What is said of a drag where it is now (worked out once for each place)."""
    kept, port, picture = drag.told, canvas.port, canvas.picture
    if kept is not None and kept.picture is picture and kept.port == port:
        return kept
    said = lines(canvas, drag)
    if picture is None or canvas.side.on:
        drag.told = Told(port, picture, said, False, None)
    else:
        area = drag.area(picture)
        pixels = _extent(canvas, drag, said, None if area is None else picture)
        drag.told = Told(port, picture, said, area is not None, pixels)
    return drag.told


def _extent(canvas: Canvas, drag: Drag, said: list[str], colored: Picture | None) -> QRect:
    """The pixels of everything that is drawn of a drag; ``colored``: the picture that follows."""
    port = canvas.port
    x, y = port.px(*drag.at)
    wide = drag.look[-1] / 2 + _ASIDE + _RIM
    box = QRectF(x - wide, y - wide, 2 * wide, 2 * wide)
    box |= QRectF(QPointF(*port.px(*drag.start)), QPointF(x, y)).normalized()
    box |= tag_box(canvas, said, *_beside(drag, x, y))
    if drag.numbers is not None and not drag.numbers.disc.is_empty:
        west, south, east, north = drag.numbers.disc.bounds
        box |= QRectF(QPointF(*port.px(west, north)), QPointF(*port.px(east, south)))
    if drag.snap is not None and drag.snap.line is not None:
        low, high = drag.snap.line.min(axis=0), drag.snap.line.max(axis=0)
        box |= QRectF(QPointF(*low.tolist()), QPointF(*high.tolist()))
    if colored is not None:
        west, north, east, south = drag.colored(colored)
        corners = (colored.wish.port.world(*at) for at in ((west, north), (east, south)))
        box |= QRectF(*(QPointF(*port.px(*at)) for at in corners))
    return box.toAlignedRect().adjusted(-_RIM, -_RIM, _RIM, _RIM) & canvas.rect()


def _beside(drag: Drag, x: float, y: float) -> tuple[float, float]:
    return x + drag.look[-1] / 2 + _ASIDE, y + _ASIDE


def draw(painter: QPainter, canvas: Canvas, drag: Drag, theme: style.Theme) -> None:
    """Draw it: under the hand with everything, just dropped without the words."""
    x0, y0 = canvas.port.px(*drag.shown)
    x, y = canvas.port.px(*drag.at)
    if drag.snap is not None:
        guide(painter, drag.snap, x, y, drag.look[-1], theme)
    if drag.numbers is not None and canvas.drag is drag and not drag.numbers.disc.is_empty:
        disc = canvas.port.pixels(np.asarray(drag.numbers.disc.exterior.coords))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(style.COVERED_EDGE.color), 1.4))
        painter.drawPolyline(polygon(disc))
    # The picture below still shows the facility where it was: fade it, and lead to the new place.
    veil = QColor(theme.district)
    veil.setAlphaF(0.65)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(veil)
    half = drag.look[-1] / 2
    painter.drawEllipse(QPointF(x0, y0), half + 3, half + 3)
    if canvas.drag is drag:
        painter.setPen(QPen(QColor(theme.highlight), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(*canvas.port.px(*drag.start)), QPointF(x, y))
    atlas.draw(painter, atlas.symbol(drag.look, canvas.devicePixelRatioF()), x, y)
    highlights(painter, np.array([[x, y]]), np.array([half]), theme)
    if canvas.drag is drag:
        drag.painted = told(canvas, drag)
        tag(painter, canvas, drag.painted.lines, *_beside(drag, x, y), theme)


def lines(canvas: Canvas, drag: Drag) -> list[str]:
    """What is said beside a dragged facility."""
    out = [drag.name or drag.layer.kind.title]
    if canvas.ruler is not None:
        away = float(canvas.ruler.distance(*drag.start, *drag.at))
        out[0] += f"  移动 {length(away)}"
    if drag.snap is not None:
        out.append(f"贴近 {drag.snap.name}(按住 Ctrl 不贴近)")
    now = drag.numbers
    if now is not None and now.people_covered is not None:
        share = f",{now.share * 100:.1f}%" if now.share is not None else ""
        out.append(f"覆盖 {now.people_covered / 1e4:,.2f} 万人{share}")
        if drag.before is not None:
            change = now.people_covered - drag.before
            out.append(f"比原位{'多' if change >= 0 else '少'} {abs(change):,.0f} 人")
        out.append(now.demand.basis)
    return out
