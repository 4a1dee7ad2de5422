"""What of a layer the canvas needs, as flat arrays, made once per layer and kept with it.

An edit makes a new layer object; every other layer is the same object as before and finds
its arrays again. Both the GUI thread (hit test) and the drawing thread ask here.
"""

import threading
import weakref
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.kinds import SKETCHED
from data.pieces import in_pieces
from data.plan import Layer, Plan
from desktop.canvas.view import Floats
from maps.drawing import style
from maps.drawing.middle import widest

PX_PER_MM = 96 / 25.4
_MANY = 200
Ints = npt.NDArray[np.int64]
T = TypeVar("T")

_kept: weakref.WeakKeyDictionary[Any, dict[Hashable, Any]] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


Check = Callable[[], None]
"""Called between bits of work: it may wait, or raise when the picture is no longer wanted."""


def kept(owner: Any, key: Hashable, make: Callable[[], T]) -> T:
    """Return what was made for ``owner`` (a layer, a coverage) under ``key``, making it once."""
    with _lock:
        found = _kept.setdefault(owner, {}).get(key)
    if found is None:
        found = make()
        with _lock:
            found = _kept.setdefault(owner, {}).setdefault(key, found)
    return found


def has(owner: Any, key: Hashable) -> bool:
    """Whether that was made already."""
    with _lock:
        return key in _kept.get(owner, {})


class Points:
    """The points of a layer: ``xy`` (n, 2), ``fids`` (n,), which symbol each has, names.

    Features without a place and those the layer's filter hides are left out.
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = replace(layer)  # what is kept with a layer must not keep it alive
        shapes = np.asarray(layer.frame.geometry, dtype=object)
        shown = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & filtered(layer)
        self.shown = np.flatnonzero(shown)
        self.xy: Floats = in_pieces(shapely.get_coordinates, shapes[shown])
        self.fids: Ints = layer.frame.index.to_numpy(dtype=np.int64)[shown]

    @cached_property
    def people(self) -> Floats:
        """Persons at each point, NaN where not known."""
        return _numbers(self.layer, "人口")[self.shown]

    @cached_property
    def names(self) -> npt.NDArray[np.object_]:
        return _texts(self.layer, "名称")[self.shown]

    @cached_property
    def grades(self) -> npt.NDArray[np.object_]:
        """Each point's class ("" when missing)."""
        column = self.layer.kind.class_column
        return _texts(self.layer, column)[self.shown] if column else _blank(len(self.shown))

    @cached_property
    def looks(self) -> tuple["list[Look]", Ints]:
        """The different looks there are, and which of them each point has."""
        status = _texts(self.layer, "状态")[self.shown]
        sketched = _texts(self.layer, "位置精度")[self.shown] == SKETCHED
        if self.layer.kind_name == "settlement":
            steps = np.array([1, 10_000, 50_000, 200_000, 500_000])
            size = np.where(
                np.isnan(self.people), -1, np.digitize(np.nan_to_num(self.people), steps)
            )
        else:
            size = np.zeros(len(self.shown), dtype=np.int64)
        codes = [pd.factorize(v)[0] for v in (self.grades, status, sketched, size)]
        mixed = np.ravel_multi_index(codes, [int(c.max(initial=0)) + 1 for c in codes])
        _, first, which = np.unique(mixed, return_index=True, return_inverse=True)
        kind, color = self.layer.kind_name, self.layer.look.color
        looks: list[Look] = []
        for i in first:
            people = float(self.people[i]) if kind == "settlement" else None
            width = style.symbol_mm(kind, str(self.grades[i]), people) * PX_PER_MM
            looks.append(
                (kind, str(self.grades[i]), str(status[i]), bool(sketched[i]), color, width)
            )
        return looks, np.asarray(which, dtype=np.int64)

    @cached_property
    def reach(self) -> Floats:
        """Half the width of each point's symbol in pixels."""
        looks, which = self.looks
        return np.array([look[-1] / 2 for look in looks])[which] if looks else np.zeros(0)


Look = tuple[str, str, str, bool, str, float]
"""Kind, class, status, sketched, colour of its own, width in pixels."""


def sized(look: Look, size: float) -> Look:
    """The same symbol ``size`` times as large."""
    return (*look[:-1], look[-1] * size)


class Shapes:
    """Lines or polygons of a layer: ``shapes`` (n,), ``fids`` (n,), simplified per zoom level."""

    def __init__(self, layer: Layer) -> None:
        self.layer = replace(layer)  # what is kept with a layer must not keep it alive
        shapes = np.asarray(layer.frame.geometry, dtype=object)
        shown = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & filtered(layer)
        self.shown = np.flatnonzero(shown)
        self.shapes = shapes[shown]
        self.fids: Ints = layer.frame.index.to_numpy(dtype=np.int64)[shown]
        self._levels: dict[int, npt.NDArray[np.object_]] = {}

    def simplified(self, mpp: float) -> npt.NDArray[np.object_]:
        """The shapes without what is finer than half a pixel."""
        level = int(np.floor(np.log2(mpp)))
        found = self._levels.get(level)
        if found is None:
            found = shapely.simplify(self.shapes, 0.5 * 2.0**level, preserve_topology=False)
            self._levels[level] = found
        return found

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    @cached_property
    def names(self) -> npt.NDArray[np.object_]:
        return _texts(self.layer, "名称")[self.shown]

    @cached_property
    def anchors(self) -> Floats:
        """A place inside each polygon for its name (n, 2); of many, any place inside will do."""
        if len(self.shapes) > _MANY:
            return shapely.get_coordinates(shapely.point_on_surface(self.shapes))
        return np.array([widest(shape)[:2] for shape in self.shapes]).reshape(-1, 2)

    def column(self, name: str) -> npt.NDArray[np.object_]:
        """A text column of the shown features, "" where missing."""
        return _texts(self.layer, name)[self.shown]


def points(layer: Layer) -> Points:
    return kept(layer, "points", lambda: Points(layer))


def shapes(layer: Layer) -> Shapes:
    return kept(layer, "shapes", lambda: Shapes(layer))


def is_marks(layer: Layer) -> bool:
    """Whether the layer is drawn as symbols (points that are not a mass of people)."""
    return layer.kind.geometry == "point" and layer.kind_name != "population"


def extent(plan: Plan) -> tuple[float, float, float, float] | None:
    """The box around the planning districts, else around everything; None when empty."""
    districts = [x for x in plan.of_kind("district") if len(x)]
    for layers in (districts, list(plan.layers)):
        boxes = []
        for layer in layers:
            inside = layer.column("角色").ne("周边").to_numpy() if layers is districts else True
            box = shapely.bounds(np.asarray(layer.frame.geometry, dtype=object))
            box = box[inside & ~np.isnan(box).any(axis=1)]
            if len(box):
                boxes.append([*box[:, :2].min(axis=0), *box[:, 2:].max(axis=0)])
        if boxes:
            low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
            return float(low[0]), float(low[1]), float(high[2]), float(high[3])
    return None


def filtered(layer: Layer) -> npt.NDArray[np.bool_]:
    """Which features the layer's filter lets through."""
    if layer.look.filter is None:
        return np.ones(len(layer), dtype=bool)
    column, values = layer.look.filter
    return np.asarray(layer.column(column).isin(list(values)), dtype=bool)


def _texts(layer: Layer, column: str) -> npt.NDArray[np.object_]:
    values = layer.column(column).astype(object)
    return np.asarray(values.where(values.notna(), ""), dtype=object)


def _numbers(layer: Layer, column: str) -> Floats:
    return np.asarray(pd.to_numeric(layer.column(column), errors="coerce"), dtype=np.float64)


def _blank(size: int) -> npt.NDArray[np.object_]:
    out = np.empty(size, dtype=object)
    out[:] = ""
    return out
