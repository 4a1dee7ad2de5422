"""Road numbers in small boxes on their roads, where nothing else stands."""

import re

import numpy as np
import shapely

from data.kinds import is_missing
from maps.drawing import lettering, style
from maps.drawing.content import Content
from maps.drawing.ground import Ground
from maps.drawing.marking import Marking
from maps.drawing.paper import Box, Sheet
from maps.drawing.pen import Pen
from maps.drawing.style import LIGHT, MM_PER_POINT

GRADES = ("高速", "国道", "省道")
_SHARES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)


def draw(
    pen: Pen, page: Sheet, ground: Ground, content: Content, marking: Marking, kept: list[Box]
) -> list[tuple[str, Box]]:
    """Draw each number once where it has room; return what was drawn."""
    size = page.points(style.TEXT_PT["small"])
    taken = [*kept, *marking.taken]
    out: list[tuple[str, Box]] = []
    limits = page.neat.grown(-1.5)
    for number, line in _lines(content, ground):
        wide = lettering.width(number, size) + 1.2 * page.factor
        tall = size * MM_PER_POINT + 0.7 * page.factor
        if shapely.length(line) < 2.5 * wide:
            continue
        for share in _SHARES:
            x, y = shapely.get_coordinates(
                shapely.line_interpolate_point(line, share, normalized=True)
            )[0]
            box = Box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
            if limits.holds(box) and not any(box.meets(other) for other in taken):
                taken.append(box)
                out.append((number, box))
                break
    for number, box in out:
        pen.box(box, LIGHT.canvas, style.ROAD_NUMBER)
        middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        pen.text(*middle, number, size, color=LIGHT.muted, align="center")
    return out


def _lines(content: Content, ground: Ground) -> list[tuple[str, shapely.Geometry]]:
    """Return numbers with the longest piece of their roads on the page, motorways first."""
    rows: dict[tuple[int, str], list[shapely.Geometry]] = {}
    for layer in content.roads:
        whole = ground.on_page(layer.frame.geometry.to_numpy())
        seen = shapely.clip_by_rect(whole, *ground.page.neat.corners)
        grades, numbers = layer.column("等级"), layer.column("编号")
        for shape, grade, number in zip(seen, grades, numbers, strict=True):
            if grade in GRADES and not is_missing(number) and not shape.is_empty:
                key = (GRADES.index(grade), _words(str(number), content.template.public))
                rows.setdefault(key, []).append(shape)
    out = []
    for (_, number), shapes in sorted(rows.items(), key=lambda row: row[0]):
        parts = shapely.get_parts(shapely.line_merge(shapely.union_all(shapes)))
        out.append((number, parts[int(np.argmax(shapely.length(parts)))]))
    return out


def _words(number: str, public: bool) -> str:
    """Return a number as it is shown; remarks in brackets are for planners only."""
    number = number.strip()
    return re.sub(r"[(（].*?[)）]", "", number) if public else number
