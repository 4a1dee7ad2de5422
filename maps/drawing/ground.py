"""The ground of a map: surroundings, districts, people; over results zones, lines, roads.

Everything is drawn simplified to what paper can show and cut a little beyond the neat line.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from data import boundaries
from data.plan import GEOGRAPHIC, Layer
from maps.drawing import style
from maps.drawing.content import PLANNED, Content
from maps.drawing.paper import Box, Fit, Sheet
from maps.drawing.pen import Pen, hatching
from maps.drawing.style import LIGHT, Stroke

Shapes = npt.NDArray[np.object_]
FINEST = 0.06
"""Detail below this many mm is left out."""
FINEST_CELL, DOT, MOST_DOTS = 0.17, 0.7, 5000
"""Smallest square and width of a dot in mm; with more dots than this they become squares."""


class Ground:
    """Draws the ground of one map on a pen."""

    def __init__(self, pen: Pen, page: Sheet, fit: Fit, content: Content) -> None:
        self.pen, self.page, self.fit, self.content = pen, page, fit, content
        self._window = shapely.box(*page.neat.grown(4.0).corners)
        self.around: list[tuple[str, shapely.Geometry]] = []
        self.districts: list[tuple[str, shapely.Geometry]] = []
        self.whole: shapely.Geometry = self._window

    def draw(self) -> None:
        """Draw surroundings, districts, people; fill ``around`` and ``districts`` (page mm)."""
        self.pen.box(self.page.neat, LIGHT.canvas)
        self._surroundings()
        self._districts()
        for layer in self.content.people:
            self._people(layer)

    def draw_over(self) -> None:
        """Draw what lies over results: zones, boundaries, roads."""
        self._kept_answers()
        self._zones()
        self._boundaries()
        self._roads()

    def on_page(self, shapes: Sequence[shapely.Geometry]) -> Shapes:
        """Return the shapes on the page, cut to the window and simplified; empty ones stay."""
        cut = shapely.clip_by_rect(self.fit.shapes(shapes), *self._window.bounds)
        return shapely.simplify(cut, FINEST)

    def _surroundings(self) -> None:
        plan = self.content.plan
        to_degrees = pyproj.Transformer.from_crs(plan.crs, GEOGRAPHIC, always_xy=True)
        corners = self.fit.to_plan(np.array(self.page.neat.corners).reshape(2, 2))
        (west, south), (east, north) = corners
        bounds = to_degrees.transform_bounds(west, south, east, north, densify_pts=11)
        found = [
            (one.name, shape)
            for one, shape in boundaries.touching(bounds)
            if one.adcode not in self.content.codes
        ]
        shapes = list(_projected([shape for _, shape in found], plan.crs))
        names = [name for name, _ in found]
        names += [name for name, _ in self.content.around]
        shapes += [shape for _, shape in self.content.around]
        drawn = self.on_page(shapes)
        if self.content.districts:
            # Districts without a known code are found again among the surroundings.
            own = shapely.union_all(self.on_page([s for _, s in self.content.districts]))
            drawn = shapely.difference(drawn, own)
        self.around = list(zip(names, drawn, strict=True))
        self.pen.area(drawn, LIGHT.neighbour)
        self.pen.lines(_lines_once(drawn, self._window), style.NEIGHBOUR_BOUNDARY)

    def _districts(self) -> None:
        drawn = self.on_page([shape for _, shape in self.content.districts])
        self.districts = [
            (name, shape) for (name, _), shape in zip(self.content.districts, drawn, strict=True)
        ]
        self.pen.area(drawn, LIGHT.district)
        if len(drawn):
            whole = self.whole = shapely.union_all(drawn, grid_size=FINEST / 4)
            band = whole.difference(whole.buffer(-style.OUTLINE_BAND.mm * self.page.factor))
            self.pen.area([band], style.OUTLINE_BAND.color)

    def _boundaries(self) -> None:
        shapes = np.array([shape for _, shape in self.districts], dtype=object)
        if not len(shapes):
            return
        self.pen.lines(_lines_once(shapes, self._window), style.BOUNDARY)
        edge = shapely.boundary(self.whole)
        self.pen.lines([shapely.clip_by_rect(edge, *self._window.bounds)], style.OUTLINE)

    def _people(self, layer: Layer) -> None:
        people = pd.to_numeric(layer.column("人口"), errors="coerce").to_numpy(float)
        shapes = layer.frame.geometry.to_numpy()
        points = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
        known = (people > 0) & np.isfinite(points).all(axis=1)
        ramp = np.array([rgba(c, 1.0) for c in style.POPULATION_PAPER], np.uint8)
        self.cells(points[known], people[known], layer.cell, ramp, self.whole)

    def cells(
        self,
        points: npt.NDArray[np.float64],
        persons: npt.NDArray[np.float64],
        cell: float,
        ramp: npt.NDArray[np.uint8],
        within: shapely.Geometry,
    ) -> None:
        """Draw persons in squares of ``cell`` metres (dots without a cell), cut to ``within``.

        ``ramp`` (5, 4): RGBA of the five classes. Cells finer than paper shows are taken
        together, and coloured by the mean of what they hold.
        """
        breaks = style.population_breaks(persons)
        low, high = self.fit.to_plan(np.array(self._window.bounds).reshape(2, 2))
        seen = ((points >= low) & (points <= high)).all(axis=1)
        points, persons = points[seen], persons[seen]
        if not len(points):
            return
        if cell <= 0 and len(points) <= MOST_DOTS:
            self._dots(points, ramp[np.searchsorted(breaks, persons, side="right")])
            return
        block = max(1, math.ceil(FINEST_CELL / (cell * self.fit.factor))) if cell > 0 else 1
        size = cell * block if cell > 0 else DOT / self.fit.factor
        least = points.min(axis=0) - (cell if cell > 0 else size) / 2
        at = np.floor((points - least) / size + 1e-6).astype(int)
        columns, rows = at.max(axis=0) + 1
        flat = (rows - 1 - at[:, 1]) * columns + at[:, 0]
        held = np.bincount(flat, persons, minlength=rows * columns).reshape(rows, columns)
        pixels = ramp[np.searchsorted(breaks, held / block**2, side="right")]
        pixels[held <= 0] = 0
        west, south = self.fit.to_page(least)
        step = size * self.fit.factor
        box = Box(west, south, west + columns * step, south + rows * step)
        self.pen.picture(pixels, box, [within])

    def _dots(self, points: npt.NDArray[np.float64], colors: npt.NDArray[np.uint8]) -> None:
        for color in np.unique(colors, axis=0):
            chosen = self.fit.to_page(points[(colors == color).all(axis=1)])
            dots = shapely.buffer(shapely.points(chosen), DOT / 2, quad_segs=3)
            self.pen.area(dots, _hex(color), color[3] / 255)

    def _kept_answers(self) -> None:
        """Isochrones and areas that were kept: one by one, deeper where they overlap."""
        for layer in self.content.answers:
            shapes = self.on_page(layer.frame.geometry.to_numpy())
            for shape, type_ in zip(shapes, layer.column("类型").fillna(""), strict=True):
                look = style.reach(str(type_), layer.look.color)
                self.pen.area([shape], look.fill, look.opacity)
                if look.stroke is not None:
                    self.pen.lines([shape], look.stroke)

    def _zones(self) -> None:
        for layer in self.content.zones:
            rows = layer.frame.assign(
                _type=layer.column("类型").fillna(""), _level=layer.column("风险等级").fillna("")
            )
            for (type_, level), part in rows.groupby(["_type", "_level"], sort=True):
                look = style.hazard_zone(str(type_), str(level))
                shapes = self.on_page(part.geometry.to_numpy())
                stronger = 4.0 if self.content.template.subject == "risk" else 1.0
                self.pen.area(shapes, look.fill, look.opacity * stronger)
                if look.hatch is not None:
                    lines = hatching(list(shapes), look.hatch.degrees, look.hatch.spacing)
                    self.pen.lines(lines, look.hatch.stroke)
                if look.stroke is not None:
                    self.pen.lines(shapes, look.stroke)

    def _roads(self) -> None:
        classes: dict[tuple[str, bool], list[shapely.Geometry]] = {}
        for layer in self.content.roads:
            shapes = self.on_page(layer.frame.geometry.to_numpy())
            grades, statuses = layer.column("等级"), layer.column("状态")
            for shape, grade, status in zip(shapes, grades, statuses, strict=True):
                if not shape.is_empty:
                    key = (str(grade), status in PLANNED)
                    classes.setdefault(key, []).append(shape)
        order = {grade: i for i, grade in enumerate(style.ROAD_ORDER)}
        ranked = sorted(classes, key=lambda k: (order.get(k[0], -1), k[1]))
        for key in ranked:
            road(self.pen, classes[key], *key, heart=False)
        for key in ranked:
            road(self.pen, classes[key], *key, heart=True)


def road(
    pen: Pen, shapes: Sequence[shapely.Geometry], grade: str, planned: bool, *, heart: bool
) -> None:
    """Draw roads of one class: the casing, or (afterwards, over all casings) the heart."""
    look = style.ROADS.get(grade, style.ROAD_OTHER)
    dash = style.ROAD_PLANNED_DASH if planned else ()
    if heart and look.heart:
        pen.lines(shapes, Stroke(LIGHT.road_heart, look.heart), cap="round")
    elif not heart:
        full = look.heart + 2 * look.casing if look.heart else look.casing
        pen.lines(shapes, Stroke(LIGHT.road_casing, full, dash))


def _projected(shapes: Sequence[shapely.Geometry], crs: str) -> Shapes:
    to_plan = pyproj.Transformer.from_crs(GEOGRAPHIC, crs, always_xy=True)
    return shapely.transform(
        np.array(shapes, dtype=object),
        lambda c: np.column_stack(to_plan.transform(c[:, 0], c[:, 1])),
    )


def _lines_once(shapes: Shapes, window: shapely.Geometry) -> list[shapely.Geometry]:
    """Return the shapes' outlines, a line that two share only once, without the window's edge.

    Dashes of a line drawn twice would fill each other's gaps.
    """
    lines = shapely.union_all(shapely.boundary(shapes[~shapely.is_empty(shapes)]))
    within = window.buffer(-1e-6)
    return [shapely.line_merge(shapely.intersection(lines, within))]


def rgba(color: str, opacity: float) -> tuple[int, int, int, int]:
    r, g, b = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return (r, g, b, round(opacity * 255))


def _hex(color: npt.NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{part:02x}" for part in color[:3])
