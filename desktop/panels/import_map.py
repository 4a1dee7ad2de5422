"""A small map of where an import's rows lie: the plan's districts, before and after a repair."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from data.plan import GEOGRAPHIC, Layer, Plan
from desktop.canvas.outlines import polygon
from maps.drawing.style import THEMES

if TYPE_CHECKING:
    from data.imports.doctor import Finding

Floats = npt.NDArray[np.float64]

_RIM = 12
_DOT = 3.0
_FAR = 0.6
_LEAST = 1_500.0
"""Rows farther out than this share of the plan's extent do not widen the picture."""


class ImportMap(QWidget):
    """Districts pale; rows as the repair puts them filled, as they were hollow."""

    def __init__(self, theme: str) -> None:
        super().__init__()
        self.theme = theme
        self.setMinimumHeight(150)
        self._shapes: list[tuple[list[Floats], bool]] = []
        self._before: Floats = np.empty((0, 2))
        self._after: Floats = np.empty((0, 2))
        self._box = (0.0, 0.0, 1.0, 1.0)
        self._plan: Plan | None = None
        self._whole = False
        self.setToolTip("实心是导入后的位置,空心是文件里原来的位置。点一下,看全区或看细处。")

    def show_finding(self, plan: Plan, finding: Finding | None, accept: bool) -> None:
        """Show where rows lie; ``accept``: the repaired places count."""
        if self._plan is None or plan.changed(self._plan) or not self._shapes:
            self._shapes = districts(plan)
        self._plan = plan
        self._before = _projected(plan.crs, finding.before if finding else None)
        self._after = _projected(plan.crs, finding.after if finding else None)
        if not accept and len(self._before):
            self._before, self._after = np.empty((0, 2)), self._before
        self._box = self._frame()
        self.update()

    @property
    def outside(self) -> int:
        """How many of the rows lie outside the picture."""
        return int((~self._inside(self._after)).sum())

    def _frame(self) -> tuple[float, float, float, float]:
        """The rows with a rim; the whole plan when asked for, or when there are none near it."""
        corners = [xy for rings, own in self._shapes if own for xy in rings]
        rows = np.concatenate([self._before, self._after])
        if not corners:
            return _box(rows) if len(rows) else (0.0, 0.0, 1.0, 1.0)
        west, south, east, north = _box(np.concatenate(corners))
        far = _FAR * max(east - west, north - south)
        near = rows[
            (rows[:, 0] > west - far)
            & (rows[:, 0] < east + far)
            & (rows[:, 1] > south - far)
            & (rows[:, 1] < north + far)
        ]
        if not len(near):
            return west, south, east, north
        left, low, right, high = _box(near)
        if self._whole:
            return min(west, left), min(south, low), max(east, right), max(north, high)
        rim = max(0.12 * max(right - left, high - low), _LEAST)
        if not len(self._before):  # nothing moves: enough around the rows to know the place
            rim = max(rim, 0.12 * max(east - west, north - south))
        return left - rim, low - rim, right + rim, high + rim

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the whole plan, or the rows alone again."""
        self._whole = not self._whole
        self._box = self._frame()
        self.update()

    def _inside(self, points: Floats) -> npt.NDArray[np.bool_]:
        west, south, east, north = self._box
        return np.asarray(
            (points[:, 0] >= west)
            & (points[:, 0] <= east)
            & (points[:, 1] >= south)
            & (points[:, 1] <= north)
        )

    def _pixels(self, xy: Floats) -> Floats:
        west, south, east, north = self._box
        room = (self.width() - 2 * _RIM, self.height() - 2 * _RIM)
        scale = min(room[0] / max(east - west, 1e-9), room[1] / max(north - south, 1e-9))
        left = (self.width() - (east - west) * scale) / 2
        top = (self.height() - (north - south) * scale) / 2
        return np.column_stack([left + (xy[:, 0] - west) * scale, top + (north - xy[:, 1]) * scale])

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = THEMES[self.theme]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.border), 1))
        painter.setBrush(QColor(colors.canvas))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setClipRect(self.rect().adjusted(1, 1, -1, -1))
        for rings, own in self._shapes:
            path = QPainterPath()
            for ring in rings:
                path.addPolygon(polygon(self._pixels(ring)))
            painter.setPen(QPen(QColor(colors.boundary if own else colors.neighbour_boundary), 1))
            painter.setBrush(QColor(colors.district if own else colors.neighbour))
            painter.drawPath(path)
        self._draw_rows(painter)
        painter.end()

    def _draw_rows(self, painter: QPainter) -> None:
        colors = THEMES[self.theme]
        old = self._pixels(self._before) if len(self._before) else np.empty((0, 2))
        new = self._pixels(self._after) if len(self._after) else np.empty((0, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.muted), 1))
        if len(old) == len(new):
            near = np.abs(old - new).max(axis=1) < 4000
            for a, b in zip(old[near].tolist(), new[near].tolist(), strict=True):
                painter.drawLine(QPointF(*a), QPointF(*b))
        for x, y in old.tolist():
            painter.drawEllipse(QPointF(x, y), _DOT, _DOT)
        painter.setPen(QPen(QColor(colors.halo), 1))
        painter.setBrush(QColor(colors.accent))
        for x, y in new.tolist():
            painter.drawEllipse(QPointF(x, y), _DOT + 0.5, _DOT + 0.5)


def _box(xy: Floats) -> tuple[float, float, float, float]:
    west, south = xy.min(axis=0).tolist()
    east, north = xy.max(axis=0).tolist()
    return west, south, east, north


def districts(plan: Plan) -> list[tuple[list[Floats], bool]]:
    """Rings of every district, thinned to what a small picture shows; neighbours first.

    The last ones are kept: a job asks for them first, so that the window does not wait.
    """
    return _thinned(tuple(plan.of_kind("district")))


@lru_cache(maxsize=1)
def _thinned(layers: tuple[Layer, ...]) -> list[tuple[list[Floats], bool]]:
    out: list[tuple[list[Floats], bool]] = []
    for layer in layers:
        shapes = np.asarray(layer.frame.geometry.array, dtype=object)
        if not len(shapes):
            continue
        box = shapely.total_bounds(shapes)
        coarse = shapely.simplify(shapes, max(box[2] - box[0], box[3] - box[1]) / 600)
        for shape, role in zip(coarse, layer.column("角色"), strict=True):
            rings = [
                shapely.get_coordinates(ring)
                for part in shapely.get_parts(shape)
                if part.geom_type == "Polygon"
                for ring in shapely.get_rings(part)
            ]
            out.append((rings, role != "周边"))
    return sorted(out, key=lambda pair: pair[1])


def _projected(crs: str, degrees: tuple[Floats, Floats] | None) -> Floats:
    if degrees is None:
        return np.empty((0, 2))
    lon, lat = degrees
    fine = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) < 85)
    to = pyproj.Transformer.from_crs(GEOGRAPHIC, crs, always_xy=True)
    x, y = to.transform(np.where(fine, lon, 105.0), np.where(fine, lat, 35.0))
    xy = np.column_stack([x, y])[fine]
    return xy[np.isfinite(xy).all(axis=1)]
