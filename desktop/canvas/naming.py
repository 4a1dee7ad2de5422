"""Names on the map: who is named at this zoom, and where, so that no two overlap."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
import shapely
from PySide6.QtGui import QImage, QPainter

from data.plan import Plan
from desktop.canvas import atlas
from desktop.canvas.arranging import arranged
from desktop.canvas.content import Check, is_marks, shapes
from desktop.canvas.view import Port
from maps.drawing import style
from maps.drawing.labels import Request, place

MOST = 260
"""Names tried in one picture."""

_UNNAMED = ("hydrant", "monitor", "siren", "watchtower")
"""Kinds that get a name only when one is close to them."""
_CLOSE = 40.0
"""Metres per pixel: below, everything may be named."""
_TOWNS, _FACILITIES = 260.0, 420.0


class _Name(NamedTuple):
    request: Request
    image: QImage
    weight: float


def draw_names(
    painter: QPainter,
    plan: Plan,
    port: Port,
    dpr: float,
    theme: style.Theme,
    check: Check,
) -> None:
    """Place and draw the names of districts, places and facilities in the port."""
    names = []
    for name in chain(_districts(plan, port, dpr, theme), _marks(plan, port, dpr, theme)):
        names.append(name)
        check()
    names.sort(key=lambda n: (n.request.rank, -n.weight))
    names = names[:MOST]
    check()
    bounds = (0.0, 0.0, float(port.width), float(port.height))
    placed = place(
        [n.request for n in names],
        _obstacles(plan, port),
        bounds,
        gap=1.0,
        y_down=True,
        check=check,
    )
    check()
    for name, spot in zip(names, placed, strict=True):
        if spot is not None:
            atlas.draw(painter, name.image, spot.x, spot.y)


def _name(
    words: str,
    x: float,
    y: float,
    rank: int,
    look: tuple[float, bool, str, float],
    halo: str,
    dpr: float,
    reach: float = 0.0,
    weight: float = 0.0,
    room: tuple[float, float] | None = None,
) -> _Name:
    pixels, bold, color, spacing = look
    image = atlas.text(words, pixels, bold, color, halo, dpr, spacing)
    width, height = image.width() / dpr - 4, image.height() / dpr - 4
    request = Request(
        x, y, width, height, reach, rank, room is not None, room if room else (0.0, 0.0)
    )
    return _Name(request, image, weight)


def _districts(plan: Plan, port: Port, dpr: float, theme: style.Theme) -> Iterator[_Name]:
    for layer in plan.of_kind("district"):
        if not (layer.look.visible and layer.look.labels) or not len(layer):
            continue
        found = shapes(layer)
        around = found.column("角色") == "周边"
        at = port.pixels(found.anchors)
        box = shapely.bounds(found.simplified(port.view.mpp)) / port.view.mpp
        for i, (x, y) in enumerate(at):
            wide, high = box[i, 2] - box[i, 0], box[i, 3] - box[i, 1]
            words = str(found.names[i])
            if not words or wide < 14 * len(words) or high < 20 or not _seen(x, y, port):
                continue
            color = theme.neighbour_label if around[i] else theme.boundary
            dark = style.mixed(color, theme.label, 0.55)
            look = (12.0, False, color, 1.0) if around[i] else (14.0, True, dark, 2.0)
            halo = theme.neighbour if around[i] else theme.district
            room = (wide * 0.18, high * 0.18)
            rank = 20 if around[i] else 0
            yield _name(words, x, y, rank, look, halo, dpr, 0.0, wide * high, room)


def _marks(plan: Plan, port: Port, dpr: float, theme: style.Theme) -> Iterator[_Name]:
    where = arranged(plan, port.view.mpp)
    for layer in plan:
        if not (is_marks(layer) and layer.look.visible and layer.look.labels):
            continue
        marks = where.of(layer)
        found, pixels = marks.points, marks.pixels(port)
        seen = np.flatnonzero(
            (pixels > 0).all(axis=1)
            & (pixels < [port.width, port.height]).all(axis=1)
            & marks.shown
        )
        kind = layer.kind_name
        if kind == "settlement":
            town = found.grades[seen]
            shown = (town == "政府驻地") | (port.view.mpp < _CLOSE)
            shown |= (port.view.mpp < _TOWNS) & np.isin(town, ["乡镇", "街道", "园区"])
            seen = seen[shown]
        elif port.view.mpp > (_CLOSE if kind in _UNNAMED else _FACILITIES):
            continue
        if len(seen) > MOST:
            weight = np.nan_to_num(found.people[seen])
            seen = seen[np.argsort(-weight, kind="stable")[:MOST]]
        for i in seen:
            words = str(found.names[i])
            if not words:
                continue
            seat = kind == "settlement" and found.grades[i] == "政府驻地"
            look, rank = _look(kind, seat, theme)
            people = float(np.nan_to_num(found.people[i])) if kind == "settlement" else 0.0
            x, y = pixels[i].tolist()
            half = float(marks.reach[i]) + 1
            yield _name(words, x, y, rank, look, theme.halo, dpr, half, people)


def _look(kind: str, seat: bool, theme: style.Theme) -> tuple[tuple[float, bool, str, float], int]:
    if seat:
        return (13.0, True, theme.label, 0.0), 1
    if kind == "settlement":
        return (11.0, False, theme.neighbour_label, 0.0), 15
    order = style.LABEL_ORDER
    return (12.0, False, theme.label, 0.0), order.index(kind) if kind in order else 12


def _seen(x: float, y: float, port: Port) -> bool:
    return bool(0 < x < port.width and 0 < y < port.height)


def _obstacles(plan: Plan, port: Port) -> np.ndarray:
    """Boxes of the symbols, which no name may cover."""
    boxes = [np.zeros((0, 4))]
    where = arranged(plan, port.view.mpp)
    for layer in plan:
        if not (is_marks(layer) and layer.look.visible) or not len(layer):
            continue
        marks = where.of(layer)
        pixels = marks.pixels(port)
        seen = (pixels > 0).all(axis=1) & (pixels < [port.width, port.height]).all(axis=1)
        seen &= marks.shown
        if seen.sum() > 1500:
            continue
        half = marks.reach[seen, None]
        boxes.append(np.hstack([pixels[seen] - half, pixels[seen] + half]))
    return np.concatenate(boxes)
