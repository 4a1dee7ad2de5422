"""The little pictures of a legend: each draws itself into the box it is given."""

from collections.abc import Callable

import numpy as np
import shapely

from maps.drawing import style
from maps.drawing.ground import road as draw_road
from maps.drawing.paper import Box
from maps.drawing.pen import Pen, hatching
from maps.drawing.style import LIGHT, Stroke

Sample = Callable[[Pen, Box], None]


def middle(box: Box) -> np.ndarray:
    return np.array([[(box.left + box.right) / 2, (box.bottom + box.top) / 2]])


def swatch(color: str) -> Sample:
    def sample(pen: Pen, box: Box) -> None:
        inner = Box(
            box.left, box.bottom + 0.18 * box.height, box.right, box.top - 0.18 * box.height
        )
        pen.box(inner, color, Stroke(LIGHT.boundary, 0.1))

    return sample


def ramp(colors: list[str]) -> Sample:
    def sample(pen: Pen, box: Box) -> None:
        step = box.width / len(colors)
        low, high = box.bottom + 0.18 * box.height, box.top - 0.18 * box.height
        for i, color in enumerate(colors):
            pen.box(Box(box.left + i * step, low, box.left + (i + 1) * step, high), color)
        pen.box(Box(box.left, low, box.right, high), "", Stroke(LIGHT.boundary, 0.1))

    return sample


def area(look: style.Area) -> Sample:
    def sample(pen: Pen, box: Box) -> None:
        shape = shapely.box(
            box.left, box.bottom + 0.1 * box.height, box.right, box.top - 0.1 * box.height
        )
        pen.area([shape], look.fill, look.opacity)
        if look.hatch is not None:
            pen.lines(hatching([shape], look.hatch.degrees, look.hatch.spacing), look.hatch.stroke)
        if look.stroke is not None:
            pen.lines([shape], look.stroke)

    return sample


def line(stroke: Stroke, band: bool = False) -> Sample:
    def sample(pen: Pen, box: Box) -> None:
        y = (box.bottom + box.top) / 2
        if band:
            low = Box(box.left, y - style.OUTLINE_BAND.mm, box.right, y)
            pen.box(low, style.OUTLINE_BAND.color)
        pen.lines([shapely.LineString([(box.left, y), (box.right, y)])], stroke)

    return sample


def road(grade: str) -> Sample:
    def sample(pen: Pen, box: Box) -> None:
        y = (box.bottom + box.top) / 2
        line = [shapely.LineString([(box.left, y), (box.right, y)])]
        draw_road(pen, line, grade, False, heart=False)
        draw_road(pen, line, grade, False, heart=True)

    return sample
