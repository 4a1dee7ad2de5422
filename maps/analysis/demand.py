"""Who is to be served: the planning districts and the people in them, made ready once.

Rules that every number stands on:

- Districts whose 角色 is 周边 are background. All others are planning districts; a person
  belongs to the first one (in layer order) that contains his point, border included.
- The whole is the planning districts together. People outside all of them are kept apart
  as 区外. A plan without planning districts has one whole: all its people.
- A number nobody knows is None. A district is unknown when a point in it has no figure, or
  when it has no points although nobody said that nobody lives there (人口 0); one unknown
  part makes the whole unknown.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.geodesy import Floats, Ruler
from data.kinds import BACKGROUND, is_missing
from data.plan import Layer, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.nearby import Counts, Nearby


@dataclass(frozen=True, eq=False)
class District:
    """One planning district: name, code, shape in the plan's CRS, true km².

    ``known``: whether its number of people is (see the rules above).
    """

    name: str
    adcode: str | None
    shape: shapely.Geometry
    area_km2: float
    known: bool


@dataclass(frozen=True, eq=False)
class Demand:
    """People and districts of one plan.

    ``nearby`` holds the people's points; ``persons`` (persons at each *sorted* point, 0 where
    unknown) and ``district`` (position in ``districts``, ``len(districts)`` for 区外) go with
    it. ``layer`` is None when the plan has no population: then there are no points.
    ``unknown``: points without a figure, 区外 included.
    """

    ruler: Ruler
    layer: Layer | None
    nearby: Nearby
    persons: Floats
    district: npt.NDArray[np.int64]
    districts: tuple[District, ...]
    known_outside: bool
    unknown: int

    @property
    def known(self) -> bool:
        """Whether the number of people in the whole is known."""
        parts = [d.known for d in self.districts] or [self.known_outside]
        return self.layer is not None and all(parts)

    @cached_property
    def anyone_outside(self) -> bool:
        """Whether there are districts, and points in none of them."""
        return bool(self.districts) and bool((self.district == len(self.districts)).any())

    @property
    def basis(self) -> str:
        """Where the numbers of people come from, "" without any."""
        return "" if self.layer is None else self.layer.basis or self.layer.name

    @cached_property
    def ground(self) -> shapely.Geometry:
        """The planning districts as one shape."""
        return shapely.union_all(np.array([d.shape for d in self.districts], dtype=object))

    @property
    def layers(self) -> tuple[Layer, ...]:
        return () if self.layer is None else (self.layer,)

    @cached_property
    def everybody(self) -> Floats:
        """Persons by district, 区外 last."""
        rows = len(self.districts) + 1
        sums = np.bincount(self.district, weights=self.persons, minlength=rows)
        return np.asarray(sums, dtype=float)

    def tally(self, counts: Counts, size: int = 4) -> Floats:
        """Persons by district (区外 last) and how often they are reached: 0, 1 … ``size`` − 1.

        ``counts``: how often each sorted point is reached; ``size`` − 1 stands for more as
        well. Only those reached are looked at; the rest is what they leave of everybody,
        exactly (see ``_whole_parts``). Shape (districts + 1, size).
        """
        reached = np.flatnonzero(counts)
        flat = self.district[reached] * size + np.minimum(counts[reached], size - 1)
        cells = len(self.everybody) * size
        out: Floats = np.zeros((len(self.everybody), size))
        out.ravel()[:] = np.bincount(flat, weights=self.persons[reached], minlength=cells)
        out[:, 0] = self.everybody - out.sum(axis=1)
        return out


@dataclass(frozen=True, eq=False)
class _Points:
    nearby: Nearby
    persons: Floats
    unknown: npt.NDArray[np.bool_]


T = TypeVar("T")


class _Kept(Generic[T]):
    """The last few things made from layers, found again by the layers' identity."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: list[tuple[tuple[Any, ...], T]] = []
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        with self._lock:
            for known, value in self._items:
                if len(known) == len(key) and all(
                    a is b or (isinstance(a, str) and a == b)
                    for a, b in zip(known, key, strict=True)
                ):
                    return value
        value = make()
        with self._lock:
            self._items.append((key, value))
            del self._items[: -self._size]
        return value


_points: _Kept[_Points] = _Kept(2)
_demands: _Kept[Demand] = _Kept(4)


def demand(plan: Plan, people: str = "", report: Report = silent) -> Demand:
    """Return who is to be served in ``plan``; kept while its layers stay the same objects.

    ``people`` names the population layer; it may be left out when there is only one.
    Raises Refused when there are several, or when the CRS measures no distances.
    """
    layer = _people_layer(plan, people)
    shapes = plan.of_kind("district")
    return _demands.get((plan.crs, layer, *shapes), lambda: _make(plan.crs, layer, shapes, report))


def _people_layer(plan: Plan, name: str) -> Layer | None:
    layers = [layer for layer in plan.of_kind("population") if len(layer)]
    if name:
        layers = [layer for layer in plan.of_kind("population") if layer.name == name]
        if not layers:
            raise Refused(f"规划里没有名为“{name}”的人口图层。")
    if len(layers) > 1:
        names = "、".join(f"“{layer.name}”" for layer in layers)
        raise Refused(f"规划里有 {len(layers)} 个人口图层({names}),相加会重复计数,请指明用哪一个。")
    return layers[0] if layers else None


def _make(crs: str, layer: Layer | None, shapes: tuple[Layer, ...], report: Report) -> Demand:
    ruler = Ruler(crs)
    points = _points.get((crs, layer), lambda: _read(ruler, layer))
    rows = [row for one in shapes for row in _planning(one)]
    outlines = [outline for outline, _ in rows]
    label = _label(points.nearby, outlines, part(report, 0.2, 1.0))
    size = len(rows) + 1
    some = np.bincount(label, minlength=size) > 0
    gaps = np.bincount(label[points.unknown], minlength=size) > 0
    areas = ruler.area(np.array(outlines, dtype=object))
    districts = tuple(
        District(
            str(row["名称"]),
            None if is_missing(row.get("代码")) else str(row["代码"]),
            outline,
            float(areas[i]),
            layer is not None and not bool(gaps[i]) and (bool(some[i]) or _nobody(row.get("人口"))),
        )
        for i, (outline, row) in enumerate(rows)
    )
    return Demand(
        ruler,
        layer,
        points.nearby,
        points.persons,
        label,
        districts,
        layer is not None and not bool(gaps[-1]),
        int(points.unknown.sum()),
    )


def _planning(layer: Layer) -> list[tuple[shapely.Geometry, dict[str, Any]]]:
    """Outline and attributes of the planning districts of a layer."""
    outlines = shapely.make_valid(np.asarray(layer.frame.geometry, dtype=object))
    rows = layer.frame.drop(columns="geometry").to_dict("records")
    return [
        (outline, {str(k): v for k, v in row.items()})
        for outline, row in zip(outlines, rows, strict=True)
        if row.get("角色") != BACKGROUND and outline is not None and not outline.is_empty
    ]


def _nobody(people: Any) -> bool:
    """Whether a district's own figure says that it has no people."""
    return not is_missing(people) and people == 0


def _read(ruler: Ruler, layer: Layer | None) -> _Points:
    if layer is None:
        nothing = np.empty(0)
        return _Points(Nearby(ruler, nothing, nothing), nothing, np.empty(0, dtype=bool))
    shapes = np.asarray(layer.frame.geometry, dtype=object)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    if not np.isfinite(x).all():
        gone = int((~np.isfinite(x)).sum())
        raise Refused(f"人口图层“{layer.name}”有 {gone} 个点没有位置,请补上位置或删去后再计算。")
    given = pd.to_numeric(layer.column("人口"), errors="coerce").to_numpy(float)
    unknown = ~(given >= 0)
    nearby = Nearby(ruler, x, y)
    persons = _whole_parts(np.where(unknown, 0.0, given))
    return _Points(nearby, persons[nearby.order], unknown[nearby.order])


def _whole_parts(persons: Floats) -> Floats:
    """Round to a power of two so fine that no sum of these numbers is ever rounded.

    Persons of a modelled grid have fractions. With every value a multiple of 2⁻ᵏ and the
    total below 2⁵²⁻ᵏ, floating-point sums are exact in any order: covered and uncovered add
    up to the total to the last bit, and so does a drag. Whole persons stay as they are; for
    four million people k is 29.
    """
    total = float(persons.sum())
    if not np.isfinite(total):
        raise Refused("人口图层里有无穷大的人口数,请改正后再计算。")
    fine = 2.0 ** (51 - max(int(np.ceil(np.log2(max(total, 1.0)))), 0))
    return np.asarray(np.rint(persons * fine) / fine)


def _label(
    nearby: Nearby, outlines: list[shapely.Geometry], report: Report
) -> npt.NDArray[np.int64]:
    """Position of the first outline that contains each point; their number where none does."""
    label = np.full(len(nearby), len(outlines), dtype=np.int64)
    open_ = np.arange(len(nearby))
    for i, outline in enumerate(outlines):
        report(i / len(outlines), "正在把人口归到各区…")
        west, south, east, north = shapely.bounds(outline)
        x, y = nearby.x[open_], nearby.y[open_]
        near = open_[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
        shapely.prepare(outline)
        label[near[shapely.intersects_xy(outline, nearby.x[near], nearby.y[near])]] = i
        open_ = open_[label[open_] == len(outlines)]
    return label
