"""The pages of a map book that are no maps: the cover and the list of pages."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from maps.drawing import furniture, lettering, style
from maps.drawing.paper import Sheet
from maps.drawing.pen import Pen
from maps.drawing.style import LIGHT, MM_PER_POINT, Stroke

_RULE = Stroke(LIGHT.boundary, 0.15)
_STRONG = Stroke(LIGHT.text, 0.4)


@dataclass(frozen=True)
class Row:
    """One line of the list of pages: number, title, and what is said of a district."""

    page: int
    title: str
    area: str = ""
    people: str = ""
    facilities: str = ""


def cover(page: Sheet, title: str, organisation: str, date: str, notes: Sequence[str]) -> Pen:
    """Return the cover: title, “地图册”, who and when; ``notes`` in small print at the foot."""
    pen = Pen(page.width, page.height)
    f = page.factor
    middle = page.width / 2
    pen.box(page.frame.grown(4.0 * f), "", Stroke(LIGHT.text, 0.5))
    pen.box(page.frame.grown(2.6 * f), "", Stroke(LIGHT.text, 0.15))
    size = page.points(style.TEXT_PT["cover"])
    room = page.frame.width - 30.0 * f
    size *= min(1.0, room / max(lettering.width(title, size, True), 1e-9))
    y = page.height * 0.64
    pen.text(middle, y, title, size, bold=True, align="center")
    below = y - size * MM_PER_POINT - 4.0 * f
    rule = shapely.LineString([(middle - 30.0 * f, below), (middle + 30.0 * f, below)])
    pen.lines([rule], Stroke(LIGHT.accent, 0.8))
    pen.text(
        middle,
        below - 12.0 * f,
        "地 图 册",
        page.points(style.TEXT_PT["title"]) * 1.1,
        align="center",
        color=LIGHT.muted,
    )
    words = page.points(style.TEXT_PT["heading"] * 1.5)
    y = page.height * 0.2
    for line in (organisation, date):
        pen.text(middle, y, line, words, align="center")
        y -= words * MM_PER_POINT * 1.9
    small = page.points(style.TEXT_PT["small"])
    y = page.frame.bottom + 2.0 * f + (len(notes) - 1) * small * MM_PER_POINT * 1.6
    for line in notes:
        shown = furniture.shortened(line, small, room)
        pen.text(middle, y, shown, small, align="center", color=LIGHT.muted)
        y -= small * MM_PER_POINT * 1.6
    return pen


_COLUMNS = (("页", 0.09), ("图名", 0.49), ("面积", 0.14), ("人口", 0.14), ("设施", 0.14))
MOST_ROWS = 44


def contents(page: Sheet, rows: Sequence[Row], notes: Sequence[str], number: str) -> Pen:
    """Return the list of pages, in two columns when it is long; ``notes`` stand below it."""
    pen = Pen(page.width, page.height)
    f = page.factor
    furniture.title(pen, page, "图 幅 目 录")
    small = page.points(style.TEXT_PT["small"])
    foot = page.frame.bottom + len(notes) * small * MM_PER_POINT * 1.7 + 3.0 * f
    room = page.frame.top - foot
    columns = 1 if len(rows) <= MOST_ROWS else 2
    each = -(-len(rows) // columns)
    gap = 8.0 * f
    wide = min((page.frame.width - gap * (columns - 1)) / columns, 210.0 * f)
    left = page.width / 2 - (wide * columns + gap * (columns - 1)) / 2
    tall = min(8.2 * f, room / (each + 1))
    for c in range(columns):
        part = rows[c * each : (c + 1) * each]
        _table(pen, page, part, left + c * (wide + gap), wide, tall)
    y = foot - 3.0 * f
    for line in notes:
        pen.text(left, y, furniture.shortened(line, small, page.frame.right - left), small)
        y -= small * MM_PER_POINT * 1.7
    furniture.page_number(pen, page, number)
    return pen


def _table(
    pen: Pen, page: Sheet, rows: Sequence[Row], left: float, wide: float, tall: float
) -> None:
    top = page.frame.top
    size = min(page.points(style.TEXT_PT["heading"]), tall * 0.62 / MM_PER_POINT)
    edges = [left]
    for _, share in _COLUMNS:
        edges.append(edges[-1] + share * wide)
    rules = [top - tall * (i + 1) for i in range(1, len(rows) + 1)]
    lines = [shapely.LineString([(left, y), (left + wide, y)]) for y in rules]
    pen.lines(lines, _RULE)
    for y in (top, top - tall):
        pen.lines([shapely.LineString([(left, y), (left + wide, y)])], _STRONG)
    heads = [name for name, _ in _COLUMNS]
    cells = [heads, *([str(r.page), r.title, r.area, r.people, r.facilities] for r in rows)]
    for i, row in enumerate(cells):
        y = top - tall * (i + 0.5)
        for k, words in enumerate(row):
            if k == 1:
                words = furniture.shortened(words, size, edges[k + 1] - edges[k] - 2.0)
                pen.text(edges[k] + 2.0, y, words, size, bold=i == 0)
            else:
                pen.text(edges[k + 1] - 2.0, y, words, size, bold=i == 0, align="right")
