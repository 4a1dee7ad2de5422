"""Everything under the cursor: each feature, the people of the cell, what reaches the place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from data.kinds import is_missing
from data.plan import Layer, Plan
from desktop.canvas import reach
from desktop.canvas.arranging import arranged
from desktop.canvas.content import is_marks, points, shapes
from desktop.canvas.hit import LINE_REACH, POINT_REACH, Hit, distances
from desktop.canvas.view import Port
from maps.drawing import style

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas

MOST = 12
"""Features listed at one place."""


@dataclass(frozen=True)
class Found:
    """One thing at a place: what it is in words, and the feature when it is one."""

    text: str
    hit: Hit | None = None


def everything(plan: Plan, port: Port, px: float, py: float) -> list[Found]:
    """The features at a pixel, the uppermost first; then the people of its cell."""
    found: list[tuple[int, Found]] = []
    for layer in plan:
        if layer.look.visible and len(layer) and layer.kind_name != "population":
            rank = style.Z.get(layer.kind_name, 0)
            for fid in _features(plan, layer, port, px, py):
                found.append((rank, Found(_title(layer, fid), Hit(layer.name, fid))))
    found.sort(key=lambda pair: -pair[0])
    out = [one for _, one in found[:MOST]]
    place = port.world(px, py)
    for layer in plan.of_kind("population"):
        if layer.look.visible and len(layer):
            out.append(Found(_people(layer, port, *place)))
    return out


def _features(plan: Plan, layer: Layer, port: Port, px: float, py: float) -> list[int]:
    if is_marks(layer):
        marks = arranged(plan, port.view.mpp).of(layer)
        away = distances(marks, port, px, py)
        near = np.flatnonzero(away <= np.maximum(marks.reach + 1, POINT_REACH))
        return [int(i) for i in marks.points.fids[near[np.argsort(away[near], kind="stable")]]]
    found, place = shapes(layer), shapely.Point(*port.world(px, py))
    if layer.kind.geometry == "line":
        near = found.tree.query(place, predicate="dwithin", distance=LINE_REACH * port.view.mpp)
    else:
        near = found.tree.query(place, predicate="intersects")
    return sorted(int(i) for i in found.fids[near])


def _title(layer: Layer, fid: int) -> str:
    row = layer.row(fid)
    name = row.get("名称")
    words = layer.kind.title if is_missing(name) else f"{layer.kind.title}“{name}”"
    notes = [str(row[c]) for c in ("级别", "状态", "等级") if not is_missing(row.get(c))]
    return f"{words}({'、'.join(notes)})" if notes else words


def _people(layer: Layer, port: Port, x: float, y: float) -> str:
    """The persons of the cell at a place, or of the nearest point when there are no cells."""
    marks, basis = points(layer), layer.basis or layer.name
    half = layer.cell / 2 if layer.cell else POINT_REACH * port.view.mpp
    off = np.abs(marks.xy - (x, y))
    inside = np.flatnonzero((off <= half).all(axis=1))
    if not len(inside):
        return f"这里没有居住人口记录({basis})"
    persons = marks.people[inside]
    if np.isnan(persons).any():
        return f"人口未知({basis})"
    where = f"{layer.cell / 1000:g} km 格" if layer.cell else "附近"
    return f"{where} {persons.sum():,.0f} 人({basis})"


def reached_by(coverage: Any, x: float, y: float) -> str:
    """What the answer on the map says of a place, by radius; "" for others."""
    if coverage is None or reach.by_road(coverage) or reach.is_difference(coverage):
        return ""
    away = coverage.demand.ruler.distance(coverage.sites.x, coverage.sites.y, x, y)
    count = int((away <= coverage.sites.radius).sum())
    nearest = float(away.min()) / 1000
    return f"在 {count} 处设施的服务半径内,最近的直线 {nearest:,.1f} km"


def menu(canvas: Canvas, at: QPoint) -> QMenu:
    """A menu of what is at a pixel: a feature is selected and opened, coordinates are copied."""
    made = QMenu(canvas)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    px, py = float(at.x()), float(at.y())
    x, y = canvas.port.world(px, py)
    plan, standing = canvas.plan, canvas.standing
    for one in everything(plan, standing.port, *standing.back(px, py)):
        action = made.addAction(one.text)
        if one.hit is None:
            action.setEnabled(False)
        else:
            action.triggered.connect(lambda checked=False, hit=one.hit: _open(canvas, hit))
    words = reached_by(canvas.coverage, x, y)
    if words:
        made.addAction(words).setEnabled(False)
    if canvas.ruler is not None:
        lon, lat = (float(v) for v in canvas.ruler.to_lonlat(x, y))
        made.addSeparator()
        text = f"{lon:.6f}, {lat:.6f}"
        copy = made.addAction(f"复制坐标 {text}")
        copy.triggered.connect(lambda checked=False: QGuiApplication.clipboard().setText(text))
    return made


def _open(canvas: Canvas, hit: Hit) -> None:
    layer = canvas.plan.find(hit.layer)
    if layer is not None and hit.fid in layer.frame.index:
        canvas.session.select(hit.layer, [hit.fid])
        canvas.open_requested.emit(*hit)
