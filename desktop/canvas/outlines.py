"""From numpy arrays to Qt's shapes without a Python call per vertex."""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import shiboken6
from PySide6.QtCore import QByteArray, QDataStream, QIODevice
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPolygonF

from desktop.canvas.content import Check
from desktop.canvas.view import Floats, Port
from maps.drawing import symbols

_VoidPtr: Any = shiboken6.VoidPtr
"""The stubs know neither its size argument nor that it is a buffer."""

_ELEMENT = np.dtype([("type", ">i4"), ("x", ">f8"), ("y", ">f8")])
_BIT = 200
"""Corners that are drawn in one go."""
_QT_TYPE = {symbols.MOVE: 0, symbols.LINE: 1}


def polygon(pixels: Floats) -> QPolygonF:
    """A Qt polygon of points (n, 2)."""
    out = QPolygonF()
    out.resize(len(pixels))
    if len(pixels):
        memory: Any = _VoidPtr(out.data(), len(pixels) * 16, True)
        np.frombuffer(memory, dtype=np.float64)[:] = pixels.ravel()
    return out


def path(pixels: Floats, starts: npt.NDArray[np.intp]) -> QPainterPath:
    """A path of straight parts; ``starts`` are the rows where a part begins (0 first).

    Filled by odd-even, so that holes need no order. Qt reads its own stream format at C speed.
    """
    out = QPainterPath()
    if not len(pixels):
        return out
    rows = np.empty(len(pixels), dtype=_ELEMENT)
    rows["type"] = 1
    rows["type"][starts] = 0
    rows["x"], rows["y"] = pixels[:, 0], pixels[:, 1]
    return _streamed(rows, int(starts[-1]))


def _streamed(rows: npt.NDArray[np.void], last_start: int) -> QPainterPath:
    head = np.array([len(rows)], ">i4").tobytes()
    tail = np.array([last_start, 0], ">i4").tobytes()
    memory = QByteArray(head + rows.tobytes() + tail)
    stream = QDataStream(memory, QIODevice.OpenModeFlag.ReadOnly)
    out = QPainterPath()
    stream >> out
    return out


def symbol_path(
    codes: npt.NDArray[np.uint8], points: npt.NDArray[np.float64], scale: float
) -> QPainterPath:
    """A path of ``maps.drawing.symbols`` (moves, lines, cubic curves), ``scale`` times as large."""
    out = QPainterPath()
    at = 0
    scaled = points * scale
    while at < len(codes):
        code = codes[at]
        if code == symbols.MOVE:
            out.moveTo(*scaled[at])
        elif code == symbols.LINE:
            out.lineTo(*scaled[at])
        elif code == symbols.CURVE:
            out.cubicTo(*scaled[at], *scaled[at + 1], *scaled[at + 2])
            at += 2
        else:
            out.closeSubpath()
        at += 1
    return out


def rings(shapes: npt.NDArray[np.object_], port: Port) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Pixels and starts of all rings and lines of some geometries, ready for :func:`path`."""
    parts = shapely.get_parts(shapes)
    of_type = shapely.get_type_id(parts)
    areas = parts[of_type == shapely.GeometryType.POLYGON]
    lines = parts[of_type == shapely.GeometryType.LINESTRING]
    parts = np.concatenate([shapely.get_rings(areas), lines])
    xy, part = shapely.get_coordinates(parts, return_index=True)
    if not len(xy):
        return np.zeros((0, 2)), np.zeros(0, np.intp)
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    return port.pixels(xy), starts


def stroke(painter: QPainter, shapes: npt.NDArray[np.object_], port: Port, check: Check) -> None:
    """Draw lines (and rings) with the painter's pen, one after the other, a bit at a time.

    Qt holds the interpreter while it draws: a coast of thousands of corners in one go would
    keep a frame waiting.
    """
    for i in range(len(shapes)):
        xy, starts = rings(clipped(shapes[i : i + 1], port), port)
        check()
        for first, last in pairwise([*starts.tolist(), len(xy)]):
            # A bit ends on the corner with which the next begins.
            for k in range(first, last - 1, _BIT):
                painter.drawPolyline(polygon(xy[k : min(k + _BIT + 1, last)]))
                check()


def clipped(shapes: npt.NDArray[np.object_], port: Port) -> npt.NDArray[np.object_]:
    """Only what is within the port (and 8 pixels around it, where a stroke may reach in)."""
    west, south, east, north = port.bounds
    rim = 8 * port.view.mpp
    box = (west - rim, south - rim, east + rim, north + rim)
    bounds = shapely.bounds(shapes)
    seen = (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0])
    seen &= (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
    out = shapes[seen]
    within = (bounds[seen, 0] >= box[0]) & (bounds[seen, 2] <= box[2])
    within &= (bounds[seen, 1] >= box[1]) & (bounds[seen, 3] <= box[3])
    if not within.all():
        out = out.copy()
        out[~within] = shapely.clip_by_rect(out[~within], *box)
    return np.asarray(out, dtype=object)


def pixels_of(image: QImage) -> npt.NDArray[np.uint32]:
    """The pixels of a 32-bit image as a writable array (height, width); the image owns them."""
    flat = np.frombuffer(image.bits(), dtype=np.uint32)
    return flat.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()]
