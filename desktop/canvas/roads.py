"""Roads: white hearts in grey casings by class, the important ones on top."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from desktop.canvas.content import PX_PER_MM, Shapes
from desktop.canvas.outlines import clipped, polygon
from desktop.canvas.view import Floats, Port
from maps.drawing import style

_COARSEST = {"村道": 40.0, "城市道路": 60.0, "乡道": 120.0, "县道": 400.0}
"""Metres per pixel up to which a class is shown, when there are more than ``_FEW`` of it."""
_FEW = 2000
_MANY = 20_000
"""Vertices of a class in one picture from which on its joints are not rounded: at that
density nobody sees them, and Qt draws plain segments eight times as fast."""
_BATCH = 1000


def draw(
    painter: QPainter, found: Shapes, theme: style.Theme, port: Port, check: Callable[[], None]
) -> None:
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


def _pieces(shapes: npt.NDArray[np.object_], port: Port) -> list[Floats]:
    """Pixels of each line that is seen."""
    if not len(shapes):
        return []
    parts = shapely.get_parts(clipped(shapes, port))
    parts = parts[shapely.get_num_points(parts) > 1]
    xy, which = shapely.get_coordinates(parts, return_index=True)
    if not len(xy):
        return []
    return np.split(port.pixels(xy), np.flatnonzero(np.diff(which)) + 1)


def _stroke(
    painter: QPainter,
    parts: list[Floats],
    color: str,
    mm: float,
    dashed: bool,
    check: Callable[[], None],
) -> None:
    pen = QPen(QColor(color), max(1.0, mm * PX_PER_MM))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.RoundCap)
    if dashed:
        pen.setDashPattern([4.0, 3.0])
    if sum(len(p) for p in parts) > _MANY:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        ends = np.concatenate([np.hstack([p[:-1], p[1:]]) for p in parts])
        for i in range(0, len(ends), _BATCH):
            painter.drawLines([QLineF(*row) for row in ends[i : i + _BATCH].tolist()])
            check()
        return
    painter.setPen(pen)
    for n, part in enumerate(parts):
        painter.drawPolyline(polygon(part))
        if n % 25 == 0:
            check()
