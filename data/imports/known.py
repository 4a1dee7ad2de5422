"""What a plan knows about where things are: the evidence the doctor weighs a reading by.

Districts say where the plan is, their names in a row say in which one it should lie; named
settlements and facilities say where that name is, each as well as its 位置精度 says; surveyed
roads and borders say where lines run. Everything is in the plan's own metres.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from data.kinds import is_missing
from data.plan import GEOGRAPHIC, Layer, Plan

Floats = npt.NDArray[np.float64]

NEAR = 2_000.0
"""A border on our maps is true to about this, metres: nothing is concluded from less."""
AROUND = 30_000.0
_MOST_NAMES = 60_000
_ERROR = re.compile(r"误差约?\s*([\d.]+)\s*(km|m|公里|千米|米)")
_SUFFIXES = re.compile(r"(特别行政区|自治州|自治县|自治旗|新区|地区|林区|县|市|区|旗|盟)$")


@dataclass(frozen=True)
class Known:
    """The evidence one plan holds.

    ``area``: the plan's districts as one shape (None without any); ``bounds``: its west,
    south, east, north in degrees; ``named``: name → (x, y, how far off it may be, metres);
    ``regions``: name of a district → its shape; ``lines``: surveyed roads, borders.
    """

    crs: str
    area: shapely.Geometry | None
    bounds: tuple[float, float, float, float]
    named: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    regions: dict[str, shapely.Geometry] = field(default_factory=dict)
    lines: tuple[shapely.Geometry, ...] = ()

    @cached_property
    def _to_plan(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(GEOGRAPHIC, self.crs, always_xy=True)

    def metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return plan coordinates of degrees; far from the plan's meridian they are inf."""
        fine = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon - self._middle) < 40)
        fine &= np.abs(lat) < 80
        x, y = self._to_plan.transform(np.where(fine, lon, self._middle), np.where(fine, lat, 0.0))
        return np.where(fine, x, np.inf), np.where(fine, y, np.inf)

    @property
    def _middle(self) -> float:
        return (self.bounds[0] + self.bounds[2]) / 2

    @cached_property
    def near_area(self) -> Any:
        """The plan's area with a rim as wide as borders are uncertain, ready for many questions."""
        if self.area is None:
            return None
        rim = self.area.simplify(NEAR / 4).buffer(NEAR)
        shapely.prepare(rim)
        return rim

    @cached_property
    def around_area(self) -> Any:
        if self.area is None:
            return None
        wide = self.area.simplify(NEAR).buffer(AROUND)
        shapely.prepare(wide)
        return wide

    @cached_property
    def line_tree(self) -> shapely.STRtree | None:
        return shapely.STRtree(list(self.lines)) if self.lines else None

    @cached_property
    def mentions(self) -> re.Pattern[str] | None:
        """Finds names of districts in a text, the longest first."""
        words = sorted(self.regions, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, words))) if words else None


def known_of(plan: Plan) -> Known:
    """Return what the plan knows. Layers are read, never changed."""
    regions, area = _districts(plan)
    bounds = _bounds(plan, area)
    return Known(plan.crs, area, bounds, _named(plan), regions, _lines(plan))


def same_name(text: str) -> str:
    """Return a name as names are compared."""
    return re.sub(r"[\s()（）·\-_.,，、“”\"']+", "", text).lower()


def _districts(plan: Plan) -> tuple[dict[str, shapely.Geometry], shapely.Geometry | None]:
    regions: dict[str, list[shapely.Geometry]] = {}
    inside: list[shapely.Geometry] = []
    for layer in plan.of_kind("district"):
        roles, names = layer.column("角色"), layer.column("名称")
        for role, name, shape in zip(roles, names, layer.frame.geometry, strict=True):
            if shape is None or shape.is_empty:
                continue
            if is_missing(role) or role != "周边":
                inside.append(shape)
            if not is_missing(name):
                for word in {str(name), _SUFFIXES.sub("", str(name))}:
                    if len(word) >= 2:
                        regions.setdefault(word, []).append(shape)
    # A word that means two districts says nothing.
    alone = {word: shapes[0] for word, shapes in regions.items() if len(shapes) == 1}
    if not inside:
        return alone, None
    return alone, shapely.union_all(shapely.buffer(shapely.simplify(inside, 100.0), 50.0))


def _bounds(plan: Plan, area: shapely.Geometry | None) -> tuple[float, float, float, float]:
    box = None if area is None else area.bounds
    if box is None:
        boxes = [layer.frame.total_bounds for layer in plan if len(layer)]
        boxes = [b for b in boxes if np.isfinite(b).all()]
        if boxes:
            every = np.array(boxes)
            box = (*every[:, :2].min(axis=0), *every[:, 2:].max(axis=0))
    if box is None:
        middle = pyproj.CRS.from_user_input(plan.crs).area_of_use
        if middle is None:
            return (73.0, 18.0, 135.0, 54.0)
        return (middle.west, middle.south, middle.east, middle.north)
    back = pyproj.Transformer.from_crs(plan.crs, GEOGRAPHIC, always_xy=True)
    west, south, east, north = back.transform_bounds(*box)
    return west, south, east, north


def _named(plan: Plan) -> dict[str, tuple[float, float, float]]:
    found: dict[str, tuple[float, float, float]] = {}
    twice: set[str] = set()
    for layer in plan:
        if layer.kind_name in ("population", "road", "hazard_zone", "reach") or not len(layer):
            continue
        if len(layer) > _MOST_NAMES:
            continue  # hydrants by the hundred thousand are not landmarks
        errors = _errors(layer)
        middles = shapely.centroid(layer.frame.geometry.array)
        places = shapely.get_coordinates(middles, include_z=False)
        if len(places) != len(layer):
            continue
        for name, (x, y), error in zip(layer.column("名称"), places, errors, strict=True):
            if is_missing(name):
                continue
            word = same_name(str(name))
            if len(word) < 2 or word in twice:
                continue
            if word in found and np.hypot(found[word][0] - x, found[word][1] - y) > 50:
                twice.add(word)
                del found[word]
            else:
                found[word] = (float(x), float(y), error)
    return found


_PRECISE = {"实测": 15.0, "地址": 100.0, "乡镇": 3_000.0, "示意": 5_000.0}


def _errors(layer: Layer) -> list[float]:
    """How far each feature may be from where it is drawn, metres."""
    if layer.kind_name == "district":
        return [1_000.0] * len(layer)
    out = []
    for precision, source in zip(layer.column("位置精度"), layer.column("来源"), strict=True):
        error = _PRECISE.get(str(precision), 300.0)
        told = _ERROR.search(str(source)) if not is_missing(source) else None
        if told:
            far = float(told.group(1)) * (1.0 if told.group(2) in ("m", "米") else 1000.0)
            error = max(error, far)
        out.append(error)
    return out


def _lines(plan: Plan) -> tuple[shapely.Geometry, ...]:
    """Roads that were surveyed: drawn ones (示意) and straight links say nothing."""
    lines: list[shapely.Geometry] = []
    for layer in plan.of_kind("road"):
        shapes = np.asarray(layer.frame.geometry.array, dtype=object)
        drawn = layer.column("位置精度").isin(["示意", "乡镇"]).to_numpy()
        corners = shapely.get_num_coordinates(shapes)
        lines += list(shapes[~drawn & (corners > 2)])
    return tuple(lines)
