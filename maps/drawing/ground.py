"""The ground of a map: surroundings, districts, people, what is reached, zones, roads.

Everything is drawn simplified to what paper can show and cut a little beyond the neat line.
"""

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


class Ground:
    """Draws the ground of one map on a pen."""

    def __init__(self, pen: Pen, page: Sheet, fit: Fit, content: Content) -> None:
        self.pen, self.page, self.fit, self.content = pen, page, fit, content
        self._window = shapely.box(*page.neat.grown(4.0).corners)
        self.around: list[tuple[str, shapely.Geometry]] = []
        self.districts: list[tuple[str, shapely.Geometry]] = []
        self._whole: shapely.Geometry = self._window

    def draw(self) -> None:
        """Draw everything below the symbols; fill ``around`` and ``districts`` (page mm)."""
        self.pen.box(self.page.neat, LIGHT.canvas)
        self._surroundings()
        self._districts()
        for layer in self.content.people:
            self._people(layer)
        if self.content.reach is not None:
            self._reached()
        self._zones()
        self._boundaries()
        self._roads()

    def _on_page(self, shapes: Sequence[shapely.Geometry]) -> Shapes:
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
        drawn = self._on_page(shapes)
        self.around = list(zip(names, drawn, strict=True))
        self.pen.area(drawn, LIGHT.neighbour)
        self.pen.lines(_lines_once(drawn, self._window), style.NEIGHBOUR_BOUNDARY)

    def _districts(self) -> None:
        drawn = self._on_page([shape for _, shape in self.content.districts])
        self.districts = [
            (name, shape) for (name, _), shape in zip(self.content.districts, drawn, strict=True)
        ]
        self.pen.area(drawn, LIGHT.district)
        if len(drawn):
            whole = self._whole = shapely.union_all(drawn, grid_size=FINEST / 4)
            band = whole.difference(whole.buffer(-style.OUTLINE_BAND.mm * self.page.factor))
            self.pen.area([band], style.OUTLINE_BAND.color)

    def _boundaries(self) -> None:
        shapes = np.array([shape for _, shape in self.districts], dtype=object)
        if not len(shapes):
            return
        self.pen.lines(_lines_once(shapes, self._window), style.BOUNDARY)
        edge = shapely.boundary(self._whole)
        self.pen.lines([shapely.clip_by_rect(edge, *self._window.bounds)], style.OUTLINE)

    def _people(self, layer: Layer) -> None:
        people = pd.to_numeric(layer.column("人口"), errors="coerce").to_numpy(float)
        points = shapely.get_coordinates(layer.frame.geometry.to_numpy())
        known = people > 0
        breaks = style.population_breaks(people[known])
        ramp = np.array([_rgba(c, 1.0) for c in style.POPULATION_RAMP], np.uint8)
        colors = ramp[np.searchsorted(breaks, people[known], side="right")]
        self._cells(points[known], colors, layer.cell, self._whole)

    def _reached(self) -> None:
        reach = self.content.reach
        assert reach is not None
        result = reach.result
        depths = self._on_page(reach.depths)
        outside = (result.counts == 0) & (result.demand.persons > 0)
        outside &= result.demand.district < max(1, len(result.demand.districts))
        persons = result.demand.persons[outside]
        if len(persons) and result.demand.layer is not None:
            nearby = result.demand.nearby
            steps = np.searchsorted(style.population_breaks(persons), persons, side="right")
            ramp = np.array([_rgba(style.UNREACHED, o) for o in style.UNREACHED_OPACITY], np.uint8)
            points = np.column_stack([nearby.x[outside], nearby.y[outside]])
            beyond = self._whole.difference(depths[0])
            self._cells(points, ramp[steps], result.demand.layer.cell, beyond)
        for i, shape in enumerate(depths):
            only = shape.difference(depths[i + 1]) if i + 1 < len(depths) else shape
            self.pen.area([only], style.COVERED, style.COVERED_OPACITY[i + 1])
        self.pen.lines([shapely.boundary(depths[0])], style.COVERED_EDGE)

    def _cells(
        self,
        points: npt.NDArray[np.float64],
        colors: npt.NDArray[np.uint8],
        cell: float,
        within: shapely.Geometry,
    ) -> None:
        """Draw squares of ``cell`` metres (dots without a cell) in RGBA, cut to ``within``."""
        if not len(points):
            return
        if cell <= 0:
            for color in np.unique(colors, axis=0):
                chosen = self.fit.to_page(points[(colors == color).all(axis=1)])
                dots = shapely.buffer(shapely.points(chosen), 0.35, quad_segs=3)
                self.pen.area(dots, _hex(color), color[3] / 255)
            return
        least = points.min(axis=0) - cell / 2
        at = np.floor((points - least) / cell + 1e-6).astype(int)
        columns, rows = at.max(axis=0) + 1
        pixels = np.zeros((rows, columns, 4), np.uint8)
        pixels[rows - 1 - at[:, 1], at[:, 0]] = colors
        west, south = self.fit.to_page(least)
        step = cell * self.fit.factor
        box = Box(west, south, west + columns * step, south + rows * step)
        self.pen.picture(pixels, box, [within])

    def _zones(self) -> None:
        for layer in self.content.zones:
            rows = layer.frame.assign(
                _type=layer.column("类型").fillna(""), _level=layer.column("风险等级").fillna("")
            )
            for (type_, level), part in rows.groupby(["_type", "_level"], sort=True):
                look = style.hazard_zone(str(type_), str(level))
                shapes = self._on_page(part.geometry.to_numpy())
                self.pen.area(shapes, look.fill, look.opacity)
                if look.hatch is not None:
                    lines = hatching(list(shapes), look.hatch.degrees, look.hatch.spacing)
                    self.pen.lines(lines, look.hatch.stroke)
                if look.stroke is not None:
                    self.pen.lines(shapes, look.stroke)

    def _roads(self) -> None:
        classes: dict[tuple[str, bool], list[shapely.Geometry]] = {}
        for layer in self.content.roads:
            shapes = self._on_page(layer.frame.geometry.to_numpy())
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


def _rgba(color: str, opacity: float) -> tuple[int, int, int, int]:
    r, g, b = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return (r, g, b, round(opacity * 255))


def _hex(color: npt.NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{part:02x}" for part in color[:3])
