"""The sheet: paper sizes, where things go on it, and the scale at which an area fits.

Everything is millimetres on the page, x to the right and y up from the lower left corner.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from data.geodesy import Ruler
from data.refused import Refused

Floats = npt.NDArray[np.float64]

SIZES = {
    "插图": (261.0, 162.0),
    "A4": (297.0, 210.0),
    "A3": (420.0, 297.0),
    "A2": (594.0, 420.0),
    "A1": (841.0, 594.0),
    "A0": (1189.0, 841.0),
}
"""Long and short side, mm: ISO 216, and a map on a page of text lying across."""

_STEPS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.5, 8.0)


@dataclass(frozen=True)
class Box:
    """A rectangle on the page."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    def grown(self, by: float) -> "Box":
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)

    def meets(self, other: "Box") -> bool:
        """True when the two lie over each other."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, other: "Box") -> bool:
        """True when all of the other lies within this one."""
        across = self.left < other.left and other.right < self.right
        return across and self.bottom < other.bottom and other.top < self.top

    @property
    def corners(self) -> tuple[float, float, float, float]:
        return (self.left, self.bottom, self.right, self.top)


@dataclass(frozen=True)
class Sheet:
    """A page with its neat line. ``factor`` enlarges symbols and text on large paper."""

    width: float
    height: float
    factor: float
    neat: Box
    frame: Box

    def points(self, size: float) -> float:
        """Return a text size of the style table for this sheet, never under 6 pt."""
        return max(6.0, size * self.factor)


def sheet(paper: str, landscape: bool) -> Sheet:
    """Return the page: equal margins, room for the title above and two source lines below.

    Raises Refused for a paper size that is not known.
    """
    if paper not in SIZES:
        raise Refused(f"没有“{paper}”这种纸。可用的纸张:{'、'.join(SIZES)}。")
    long, short = SIZES[paper]
    width, height = (long, short) if landscape else (short, long)
    # The eye is further from a large sheet: text and symbols grow with it, but less than it.
    factor = (long / SIZES["A3"][0]) ** 0.75
    margin = 10.0 * factor
    title, notes, band = 13.0 * factor, 8.0 * max(1.0, factor), 5.0 * factor
    frame = Box(margin, margin + notes, width - margin, height - margin - title)
    return Sheet(width, height, factor, frame.grown(-band), frame)


def denominators(least: float) -> list[float]:
    """Return the round scale denominators from ``least`` upward, over two decades."""
    power = math.floor(math.log10(least))
    steps = [s * 10.0**p for p in range(power, power + 3) for s in _STEPS]
    return [s for s in steps if s >= least * (1 - 1e-9)]


@dataclass(frozen=True)
class Fit:
    """How plan coordinates come to lie on the page: mm = (metres − origin) · ``factor`` + neat.

    ``denominator`` is the scale that is printed; ``factor`` mm per map metre is made so that
    *true* distances have that scale in the middle of the area (a Gauss-Krüger map stretches
    distances by up to 0.9 ‰ within its zone). ``hidden``: mm² of the area under the boxes or
    off the sheet; ``aside``: mm from the middle of the neat line to the middle of the area.
    """

    denominator: float
    factor: float
    origin: tuple[float, float]
    hidden: float = 0.0
    aside: float = 0.0

    def to_page(self, metres: Floats) -> Floats:
        """Return (n, 2) plan coordinates in mm on the page."""
        return (metres - np.array(self.origin)) * self.factor

    def to_plan(self, mm: Floats) -> Floats:
        return mm / self.factor + np.array(self.origin)

    def shapes(self, shapes: Sequence[shapely.Geometry] | npt.NDArray[np.object_]) -> npt.NDArray:
        """Return geometries in mm on the page."""
        return shapely.transform(np.asarray(shapes, dtype=object), self.to_page)


def fit(
    area: shapely.Geometry,
    crs: str,
    page: Sheet,
    kept: Sequence[Box],
    scale: float | None = None,
    most: float = math.inf,
) -> Fit:
    """Return the largest round scale at which ``area`` lies in the neat line, off the boxes.

    ``area`` (plan CRS, metres) is what must be seen whole; ``kept`` are boxes on the page
    (legend, title block …) it must not run under. ``scale`` fixes the denominator. When no
    scale keeps every box free, the one with the area inside the neat line is taken. Denominators
    above ``most`` are not asked about: ``hidden`` is then infinite.
    """
    west, south, east, north = area.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    stretch = float(Ruler(crs).scale(middle[0], middle[1]))
    neat = page.neat.grown(-4.0 * page.factor)
    small = area.simplify(max(east - west, north - south) / 400)
    least = 1000.0 * max((east - west) / neat.width, (north - south) / neat.height) / stretch
    boxes = shapely.union_all([shapely.box(*b.grown(1.5 * page.factor).corners) for b in kept])
    candidates = denominators(least) if scale is None else [scale]
    loose = 1.7
    for denominator in candidates:
        if scale is None and denominator > min(candidates[0] * loose, most):
            break
        factor = 1000.0 / denominator / stretch
        found = _free_place(small, factor, middle, neat, boxes)
        if found is not None:
            return _fit(denominator, factor, middle, found, neat)
    denominator = candidates[0]
    factor = 1000.0 / denominator / stretch
    if most < math.inf:
        return Fit(denominator, factor, middle, math.inf)
    centre, hidden = _least_covered(small, factor, middle, neat, boxes)
    return replace(_fit(denominator, factor, middle, centre, neat), hidden=hidden)


def _fit(
    denominator: float,
    factor: float,
    middle: tuple[float, float],
    at: tuple[float, float],
    neat: Box,
) -> Fit:
    origin = (middle[0] - at[0] / factor, middle[1] - at[1] / factor)
    centre = ((neat.left + neat.right) / 2, (neat.bottom + neat.top) / 2)
    return Fit(denominator, factor, origin, aside=math.dist(at, centre))


def _places(
    shape: shapely.Geometry, factor: float, middle: tuple[float, float], neat: Box
) -> tuple[shapely.Geometry, Floats]:
    """Return the area in mm around (0, 0) and page positions for its middle, central first."""
    about = shapely.transform(shape, lambda c: (c - np.array(middle)) * factor)
    west, south, east, north = about.bounds
    slack_x = max(0.0, neat.width - (east - west)) / 2
    slack_y = max(0.0, neat.height - (north - south)) / 2
    steps = np.linspace(-1, 1, 11)
    grid = np.array([(x * slack_x, y * slack_y) for x in steps for y in steps])
    order = np.argsort(np.hypot(grid[:, 0], grid[:, 1]), kind="stable")
    centre = np.array([(neat.left + neat.right) / 2, (neat.bottom + neat.top) / 2])
    return about, grid[order] + centre


def _free_place(
    shape: shapely.Geometry,
    factor: float,
    middle: tuple[float, float],
    neat: Box,
    boxes: shapely.Geometry,
) -> tuple[float, float] | None:
    about, places = _places(shape, factor, middle, neat)
    west, south, east, north = about.bounds
    if east - west > neat.width * 1.0001 or north - south > neat.height * 1.0001:
        return None
    shapely.prepare(about)
    for x, y in places:
        moved = shapely.transform(boxes, lambda c, x=x, y=y: c - np.array([x, y]))
        if not about.intersects(moved):
            return float(x), float(y)
    return None


def _least_covered(
    shape: shapely.Geometry,
    factor: float,
    middle: tuple[float, float],
    neat: Box,
    boxes: shapely.Geometry,
) -> tuple[tuple[float, float], float]:
    about, places = _places(shape, factor, middle, neat)
    sheet = shapely.box(*neat.corners)
    hidden = []
    for place in places:
        moved = shapely.transform(about, lambda c, p=place: c + p)
        hidden.append(moved.intersection(boxes).area + moved.difference(sheet).area)
    x, y = places[int(np.argmin(hidden))]
    return (float(x), float(y)), float(min(hidden))
