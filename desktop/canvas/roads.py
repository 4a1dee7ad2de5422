"""Roads: white hearts in grey casings by class, the important ones on top."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import shapely
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.canvas.content import PX_PER_MM, Check, Shapes
from desktop.canvas.outlines import clipped, polygon
from desktop.canvas.view import Floats, Port
from maps.drawing import style

_COARSEST = {"村道": 40.0, "城市道路": 60.0, "乡道": 120.0, "县道": 400.0}
"""Metres per pixel up to which a class is shown, when there are more than ``_FEW`` of it."""
_FEW = 2000
_MANY = 20_000
"""Vertices of a class in one picture from which on its joints are not rounded: at that
density nobody sees them, and Qt draws plain segments eight times as fast."""
_BATCH = 200


def draw(painter: QPainter, found: Shapes, theme: style.Theme, port: Port, check: Check) -> None:
    """Draw a road layer: all casings of a class, then its hearts, class by class."""
    classes = found.column("等级")
    simple = found.simplified(port.view.mpp)
    planned = np.isin(found.column("状态"), ["规划", "在建"])
    other = [name for name in sorted(set(classes)) if name not in style.ROAD_ORDER]
    for name in [*other, *style.ROAD_ORDER]:
        of_class = classes == name
        number = int(of_class.sum())
        if not number or (number > _FEW and port.view.mpp > _COARSEST.get(name, np.inf)):
            continue
        look = style.ROADS.get(name, style.ROAD_OTHER)
        casing = found.layer.look.color or theme.road_casing
        thin = found.layer.look.color or max(
            theme.road_casing,
            theme.road_heart,
            key=lambda color: style.contrast(color, theme.district),
        )
        for dashed in (False, True):
            parts = _pieces(simple[of_class & (planned == dashed)], port)
            if look.heart:
                _stroke(painter, parts, casing, look.heart + 2 * look.casing, False, check)
                _stroke(painter, parts, theme.road_heart, look.heart, dashed, check)
            else:
                _stroke(painter, parts, thin, look.casing * 1.6, dashed, check)


@dataclass(frozen=True)
class _Pieces:
    """Pixels of all lines that are seen, one after another; ``line`` says which each is of."""

    pixels: Floats
    line: npt.NDArray[np.intp]

    def each(self) -> list[Floats]:
        return np.split(self.pixels, np.flatnonzero(np.diff(self.line)) + 1)

    def segments(self) -> list[list[float]]:
        joined = self.line[1:] == self.line[:-1]
        ends = np.hstack([self.pixels[:-1][joined], self.pixels[1:][joined]])
        return cast(list[list[float]], ends.tolist())


def _pieces(shapes: npt.NDArray[np.object_], port: Port) -> _Pieces:
    parts = shapely.get_parts(clipped(shapes, port)) if len(shapes) else shapes
    xy, line = shapely.get_coordinates(parts, return_index=True)
    return _Pieces(port.pixels(xy), line)


def _stroke(
    painter: QPainter,
    pieces: _Pieces,
    color: str,
    mm: float,
    dashed: bool,
    check: Check,
) -> None:
    if not len(pieces.pixels):
        return
    pen = QPen(QColor(color), max(1.0, mm * PX_PER_MM))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.RoundCap)
    if dashed:
        pen.setDashPattern([4.0, 3.0])
    if len(pieces.pixels) > _MANY:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        segments = pieces.segments()
        for i in range(0, len(segments), _BATCH):
            painter.drawLines([QLineF(*row) for row in segments[i : i + _BATCH]])
            check()
        return
    painter.setPen(pen)
    for n, part in enumerate(pieces.each()):
        painter.drawPolyline(polygon(part))
        if n % 25 == 0:
            check()
