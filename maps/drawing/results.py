"""What was worked out, drawn over the ground: reached, not reached, whose land, which way out."""

import numpy as np
import shapely

from maps.analysis.network.areas import Areas
from maps.drawing import style
from maps.drawing.ground import Ground, rgba
from maps.drawing.style import LIGHT
from maps.drawing.subjects import Reach
from maps.drawing.tints import tints


def draw(ground: Ground) -> None:
    """Draw the areas of the map's subject, below boundaries and roads."""
    subject = ground.content.subject
    if subject.reach is not None:
        if ground.content.template.subject == "blind":
            _blind(ground, subject.reach)
        else:
            _covered(ground, subject.reach)
    if subject.areas is not None:
        _areas(ground, subject.areas)


def draw_over(ground: Ground) -> None:
    """Draw what lies over the roads: routes, the busiest and shortest on top."""
    routes = ground.content.subject.routes
    if routes is None or not routes.ways:
        return
    lines = ground.on_page([way.line for way in routes.ways])
    late = np.array([way.minutes > style.ROUTE_MINUTES for way in routes.ways])
    for chosen, stroke in ((late, style.ROUTE_LONG), (~late, style.ROUTE)):
        if chosen.any():
            # A stretch that several routes share is drawn once: dashes would fill each other.
            once = shapely.line_merge(shapely.union_all(lines[chosen]))
            if stroke is style.ROUTE_LONG and (~late).any():
                once = once.difference(shapely.union_all(lines[~late]).buffer(0.3))
            ground.pen.lines([once], stroke, cap="round")


def _covered(ground: Ground, reach: Reach) -> None:
    depths = ground.on_page(reach.depths)
    _left_out(ground, reach, depths[0])
    for i, shape in enumerate(depths):
        only = shape.difference(depths[i + 1]) if i + 1 < len(depths) else shape
        ground.pen.area([only], style.COVERED, style.COVERED_OPACITY[i + 1])
    ground.pen.lines([shapely.boundary(depths[0])], style.COVERED_EDGE)


def _blind(ground: Ground, reach: Reach) -> None:
    reached = ground.on_page([reach.depths[0]])[0]
    beyond = ground.whole.difference(reached)
    ground.pen.area([beyond], style.UNREACHED, style.UNREACHED_OPACITY[0])
    _left_out(ground, reach, reached)
    calm = style.REACHED_CALM
    ground.pen.area([reached.intersection(ground.whole)], calm.fill, calm.opacity)
    ground.pen.lines([shapely.boundary(reached)], style.COVERED_EDGE)


def _left_out(ground: Ground, reach: Reach, reached: shapely.Geometry) -> None:
    """Draw the people who are not reached."""
    result = reach.result
    outside = (result.counts == 0) & (result.demand.persons > 0)
    outside &= result.demand.district < max(1, len(result.demand.districts))
    persons = result.demand.persons[outside]
    if len(persons) and result.demand.layer is not None:
        nearby = result.demand.nearby
        ramp = np.array([rgba(style.UNREACHED, o) for o in style.UNREACHED_OPACITY], np.uint8)
        points = np.column_stack([nearby.x[outside], nearby.y[outside]])
        beyond = ground.whole.difference(reached)
        ground.cells(points, persons, result.demand.layer.cell, ramp, beyond)


def _areas(ground: Ground, found: Areas) -> None:
    shapes = ground.on_page([area.shape for area in found.areas])
    for tint in range(len(style.STATION_TINTS)):
        mine = [s for s, t in zip(shapes, tints(found), strict=True) if t == tint]
        ground.pen.area(mine, style.STATION_TINTS[tint])
    ground.pen.area(ground.on_page([found.left]), LIGHT.canvas)
    seen = shapes[~shapely.is_empty(shapes)]
    if len(seen):
        lines = shapely.union_all(shapely.boundary(seen))
        ground.pen.lines([shapely.line_merge(lines)], style.STATION_EDGE)
