"""What lies under the cursor, inside a box, or near a place."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import shapely

from data.plan import Layer, Plan
from desktop.canvas.arranging import Badge, Marks, arranged
from desktop.canvas.content import Points, Shapes, is_marks, points, shapes
from desktop.canvas.view import Box, Floats, Port
from maps.drawing import style

LINE_REACH = 5.0
"""Pixels from a line within which it is hit."""
POINT_REACH = 7.0
"""Pixels from a point within which it is hit, however small its symbol."""
SNAP_REACH = 10.0
BADGE_REACH = 11.0, 8.0
WIDE = {"reach": 1, "district": 2}
"""Kinds that cover so much of the map that a click on bare ground must not choose them, and
in which order they are asked when they may be chosen."""
SAME = 3.0
"""Pixels within which two symbols are equally near: one lies on the other."""


class Hit(NamedTuple):
    layer: str
    fid: int


class Snap(NamedTuple):
    """A place to snap to: plan metres, what it is, and the line it lies on (pixels) if one."""

    x: float
    y: float
    name: str
    line: Floats | None


def movable(layer: Layer, chosen: str = "") -> bool:
    """Whether a drag on the map may move this layer's features."""
    return layer.kind.geometry == "point" and (layer.kind.facility or layer.name == chosen)


def hit(
    plan: Plan,
    port: Port,
    px: float,
    py: float,
    chosen: str = "",
    areas: bool = False,
    selected: Mapping[str, tuple[int, ...]] | None = None,
) -> Hit | None:
    """Return the feature at a pixel: the nearest symbol, else a line, else a hazard zone.

    Of symbols as near as the nearest (3 pixels more or less) a selected one counts, else the
    one drawn on top. ``chosen``: a layer's name; its
    features come first, whatever they are. ``areas``: districts and kept answers too.
    """
    seen = [x for x in plan if x.look.visible]
    first = [x for x in seen if x.name == chosen]
    for layers in (first, seen):
        found = _symbol(plan, layers, port, px, py, selected or {})
        found = found or _line(layers, port, px, py)
        found = found or _area(layers, port, px, py, areas or layers is first)
        if found is not None:
            return found
    return None


def badge(plan: Plan, port: Port, px: float, py: float) -> Badge | None:
    """Return the badge (“+5”) at a pixel."""
    for one in arranged(plan, port.view.mpp).badges:
        x, y = one.pixel(port)
        if abs(px - x) <= BADGE_REACH[0] and abs(py - y) <= BADGE_REACH[1]:
            return one
    return None


def _symbol(
    plan: Plan,
    layers: list[Layer],
    port: Port,
    px: float,
    py: float,
    selected: Mapping[str, tuple[int, ...]],
) -> Hit | None:
    counted = badge(plan, port, px, py)
    names = {x.name for x in layers}
    if counted is not None and counted.members[0][0] in names:
        return Hit(*counted.members[0])
    near: list[tuple[float, tuple[bool, int, float, int], Hit]] = []
    where = arranged(plan, port.view.mpp)
    for layer in layers:
        if not is_marks(layer) or not len(layer):
            continue
        marks = where.of(layer)
        found, away = marks.points, distances(marks, port, px, py)
        for i in np.flatnonzero(away <= np.maximum(marks.reach + 1, POINT_REACH)):
            at = Hit(layer.name, int(found.fids[i]))
            # Drawn by kind, and within a layer the southern ones in front.
            order = style.Z.get(layer.kind_name, 0), -float(found.xy[i, 1])
            mine = at.fid in selected.get(at.layer, ())
            near.append((float(away[i]), (mine, *order, int(i)), at))
    if not near:
        return None
    limit = min(away for away, _, _ in near) + SAME
    return max((order, at) for away, order, at in near if away <= limit)[1]


def distances(marks: Marks, port: Port, px: float, py: float) -> Floats:
    """Pixels from (px, py) to where each symbol is drawn; infinite for what is not."""
    away = np.hypot(*(marks.pixels(port) - (px, py)).T)
    return np.where(marks.shown, away, np.inf)


def _line(layers: list[Layer], port: Port, px: float, py: float) -> Hit | None:
    place = shapely.Point(*port.world(px, py))
    for layer in reversed(layers):
        if layer.kind.geometry == "line" and len(layer):
            found = shapes(layer)
            near = found.tree.query_nearest(
                place, max_distance=LINE_REACH * port.view.mpp, all_matches=False
            )
            if len(near):
                return Hit(layer.name, int(found.fids[near[0]]))
    return None


def _area(layers: list[Layer], port: Port, px: float, py: float, wide: bool) -> Hit | None:
    place = shapely.Point(*port.world(px, py))
    areas = [x for x in layers if x.kind.geometry == "polygon" and len(x)]
    for layer in sorted(areas, key=lambda x: WIDE.get(x.kind_name, 0)):
        if layer.kind_name in WIDE and not wide:
            continue
        found = shapes(layer)
        inside = found.tree.query(place, predicate="intersects")
        if len(inside):
            return Hit(layer.name, int(found.fids[inside].max()))
    return None


def inside(plan: Plan, box: Box, chosen: str = "") -> dict[str, tuple[int, ...]]:
    """Return the features in a box (plan metres, border included) by layer.

    With a chosen layer its features (lines and areas when wholly inside), else facilities.
    """
    out = {}
    for layer in plan:
        wanted = layer.name == chosen if chosen else layer.kind.facility
        if not (wanted and layer.look.visible and len(layer)):
            continue
        found: Points | Shapes
        if layer.kind.geometry == "point":
            found = points(layer)
            low = high = found.xy
        else:
            found = shapes(layer)
            bounds = shapely.bounds(found.shapes)
            low, high = bounds[:, :2], bounds[:, 2:]
        within = (low >= box[:2]).all(axis=1) & (high <= box[2:]).all(axis=1)
        if within.any():
            out[layer.name] = tuple(found.fids[within].tolist())
    return out


def around(plan: Plan, port: Port, px: float, py: float, most: int = 40) -> list[Hit]:
    """Facilities and places on the screen, the nearest to a pixel first."""
    found: list[tuple[float, Hit]] = []
    where = arranged(plan, port.view.mpp)
    for layer in plan:
        if not (is_marks(layer) and layer.look.visible and len(layer)):
            continue
        marks = where.of(layer)
        pixels = marks.pixels(port)
        seen = (pixels >= 0).all(axis=1) & (pixels <= [port.width, port.height]).all(axis=1)
        away = distances(marks, port, px, py)
        which = np.flatnonzero(seen & marks.shown)
        which = which[np.argsort(away[which], kind="stable")[:most]]
        fids = marks.points.fids
        found += [(float(away[i]), Hit(layer.name, int(fids[i]))) for i in which]
    return [at for _, at in sorted(found, key=lambda pair: pair[0])[:most]]


def snap(plan: Plan, port: Port, x: float, y: float) -> Snap | None:
    """Return what a place within 10 pixels of (x, y) snaps to: a settlement, else a road."""
    limit = SNAP_REACH * port.view.mpp
    best, out = limit, None
    for layer in plan.of_kind("settlement"):
        if not layer.look.visible or not len(layer):
            continue
        marks = points(layer)
        away = np.hypot(marks.xy[:, 0] - x, marks.xy[:, 1] - y)
        if len(away) and away.min() <= best:
            i = int(away.argmin())
            best = float(away[i])
            name = str(marks.names[i]) or layer.kind.title
            out = Snap(float(marks.xy[i, 0]), float(marks.xy[i, 1]), name, None)
    return out or _road_snap(plan, port, x, y, limit)


def _road_snap(plan: Plan, port: Port, x: float, y: float, limit: float) -> Snap | None:
    place = shapely.Point(x, y)
    out = None
    for layer in plan.of_kind("road"):
        if not layer.look.visible or not len(layer):
            continue
        roads = shapes(layer)
        near, away = roads.tree.query_nearest(
            place, max_distance=limit, return_distance=True, all_matches=False
        )
        if not len(near):
            continue
        limit = float(away[0])
        line = roads.shapes[near[0]]
        foot = line.interpolate(line.project(place))
        name = str(roads.names[near[0]]) or layer.kind.title
        box = shapely.clip_by_rect(line, *port.bounds)
        parts = [p for p in shapely.get_parts(box) if p.geom_type == "LineString"]
        shown = min(parts, key=lambda p: shapely.distance(p, foot), default=None)
        pixels = port.pixels(shapely.get_coordinates(shown)) if shown is not None else None
        out = Snap(foot.x, foot.y, name, pixels)
    return out
