"""What surrounds the map on the sheet: frame, graticule, scale, north, locator, title block."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from data import boundaries
from data.plan import GEOGRAPHIC
from data.refused import Refused
from maps.drawing import lettering, style
from maps.drawing.content import Content
from maps.drawing.paper import Box, Fit, Sheet
from maps.drawing.pen import Pen
from maps.drawing.style import LIGHT, MM_PER_POINT, Stroke

Floats = npt.NDArray[np.float64]

_MINUTES = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300)
_THIN = Stroke(LIGHT.text, 0.15)
_GRATICULE = Stroke("#8fa3b0", 0.1)
_BAR_STEPS = (0.8, 1.0, 2.0, 4.0, 5.0, 8.0)


def frame(pen: Pen, page: Sheet) -> None:
    """Draw the neat line and the frame around it."""
    pen.box(page.neat, "", Stroke(LIGHT.text, 0.2))
    pen.box(page.frame, "", Stroke(LIGHT.text, 0.5))


def graticule(pen: Pen, page: Sheet, fit: Fit, crs: str, kept: Sequence[Box]) -> None:
    """Draw meridians and parallels, with their degrees between neat line and frame."""
    to_degrees = pyproj.Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)
    (west, south), (east, north) = fit.to_plan(np.array(page.neat.corners).reshape(2, 2))
    w, s, e, n = to_degrees.transform_bounds(west, south, east, north, densify_pts=21)
    step = _interval(e - w, n - s)
    to_plan = pyproj.Transformer.from_crs(GEOGRAPHIC, crs, always_xy=True)
    neat = shapely.box(*page.neat.corners)
    holes = shapely.union_all([shapely.box(*box.corners) for box in kept])

    def line(lon: Floats, lat: Floats) -> shapely.Geometry:
        x, y = to_plan.transform(lon, lat)
        return shapely.LineString(fit.to_page(np.column_stack([x, y]))).intersection(neat)

    along = np.linspace(0.0, 1.0, 40)
    meridians = {m: line(np.full(40, m / 60), s + (n - s) * along) for m in _multiples(w, e, step)}
    parallels = {p: line(w + (e - w) * along, np.full(40, p / 60)) for p in _multiples(s, n, step)}
    drawn = [*meridians.values(), *parallels.values()]
    pen.lines([one.difference(holes) for one in drawn], _GRATICULE)
    _degrees(pen, page, meridians, parallels, step)


def _degrees(
    pen: Pen,
    page: Sheet,
    meridians: dict[int, shapely.Geometry],
    parallels: dict[int, shapely.Geometry],
    step: int,
) -> None:
    size = page.points(style.TEXT_PT["graticule"])
    neat = page.neat
    band = (neat.left - page.frame.left) / 2
    for minutes, line in meridians.items():
        words = _angle(minutes, step) + "E"
        half = lettering.width(words, size) / 2
        for x, y in _ends(line):
            if neat.left + half < x < neat.right - half:
                for edge, sign in ((neat.bottom, -1), (neat.top, 1)):
                    if abs(y - edge) < 0.01:
                        pen.text(x, edge + sign * band, words, size, align="center")
    for minutes, line in parallels.items():
        words = _angle(minutes, step) + "N"
        half = lettering.width(words, size) / 2
        for x, y in _ends(line):
            if neat.bottom + half < y < neat.top - half:
                for edge, sign in ((neat.left, -1), (neat.right, 1)):
                    if abs(x - edge) < 0.01:
                        middle = _upright(edge + sign * band, y, half)
                        pen.text(*middle, words, size, angle=90.0)


def _upright(x: float, y: float, half: float) -> tuple[float, float]:
    # Turned by 90° a line runs upward from its left end.
    return x, y - half


def _ends(line: shapely.Geometry) -> Floats:
    parts = [part for part in shapely.get_parts(line) if part.geom_type == "LineString"]
    ends = [shapely.get_coordinates(part)[[0, -1]] for part in parts]
    return np.concatenate(ends) if ends else np.empty((0, 2))


def _interval(width: float, height: float) -> int:
    """Return minutes between lines so that the longer side is crossed four to eight times."""
    span = max(width, height) * 60
    return next((m for m in _MINUTES if span / m <= 8), _MINUTES[-1])


def _multiples(low: float, high: float, step: int) -> range:
    return range(math.ceil(low * 60 / step) * step, math.floor(high * 60 / step) * step + 1, step)


def _angle(minutes: int, step: int) -> str:
    if step % 60 == 0:
        return f"{minutes // 60}°"
    return f"{minutes // 60}°{minutes % 60:02d}′"


def title(pen: Pen, page: Sheet, words: str, below: str = "") -> None:
    """Write the map's title centred above the frame, and a line of small words below it.

    What is too long for the sheet is set smaller, at last shortened.
    """
    size = page.points(style.TEXT_PT["title"])
    fits = page.frame.width / max(lettering.width(words, size, bold=True), 1e-9)
    middle = (page.frame.left + page.frame.right) / 2
    room = page.height - 10.0 * page.factor - page.frame.top
    lift = (3.6 if below else 1.2) * page.factor
    y = page.frame.top + room / 2 + lift
    pen.text(middle, y, words, size * min(1.0, fits), bold=True, align="center")
    if below:
        small = page.points(style.TEXT_PT["subtitle"])
        small = max(6.0, small * min(1.0, page.frame.width / lettering.width(below, small)))
        below = shortened(below, small, page.frame.width)
        y = page.frame.top + 3.4 * page.factor
        pen.text(middle, y, below, small, color=LIGHT.muted, align="center")


def shortened(words: str, points: float, room: float) -> str:
    """Return the words, cut with “…” to what ``room`` mm hold."""
    while words and lettering.width(words, points) > room:
        words = words[:-2] + "…" if words.endswith("…") else words[:-1] + "…"
    return words


def page_number(pen: Pen, page: Sheet, number: str) -> None:
    """Write the page's number in a map book, centred below everything."""
    size = page.points(style.TEXT_PT["block"])
    middle = (page.frame.left + page.frame.right) / 2
    pen.text(middle, 5.0 * page.factor, number, size, color=LIGHT.muted, align="center")


def scale_bar(pen: Pen, page: Sheet, fit: Fit, strip: Box) -> None:
    """Draw the numeric scale and a bar of a round number of kilometres in ``strip``."""
    size = page.points(style.TEXT_PT["legend"])
    most = min(strip.width - lettering.width("00 km", size), 46.0 * page.factor)
    metres = bar_metres(fit.denominator, most)
    length = metres * 1000.0 / fit.denominator
    left = strip.left + (strip.width - length) / 2
    base = strip.bottom + 1.2 * page.factor
    tall = 1.2 * page.factor
    parts = 4
    for i in range(parts):
        part = Box(left + i * length / parts, base, left + (i + 1) * length / parts, base + tall)
        pen.box(part, LIGHT.text if i % 2 == 0 else LIGHT.canvas, Stroke(LIGHT.text, 0.1))
    small = page.points(style.TEXT_PT["small"])
    for share in (0.0, 0.5, 1.0):
        words = f"{metres * share / 1000:g}"
        x, y = left + share * length, base + tall + 0.75 * small * MM_PER_POINT
        pen.text(x, y, words, small, align="center")
        if share == 1.0:
            beside = x + lettering.width(words, small) / 2 + 0.4 * page.factor
            pen.text(beside, y, "km", small)
    pen.text(
        (strip.left + strip.right) / 2,
        base + tall + small * MM_PER_POINT * 1.5 + 0.75 * size * MM_PER_POINT,
        numeric_scale(fit.denominator),
        size,
        bold=True,
        align="center",
    )


def bar_metres(denominator: float, most: float) -> float:
    """Return the round length in metres whose bar is at most ``most`` mm at 1:denominator."""
    longest = most * denominator / 1000.0
    power = 10.0 ** math.floor(math.log10(longest))
    return max(s * power for s in _BAR_STEPS if s * power <= longest * (1 + 1e-9))


def numeric_scale(denominator: float) -> str:
    """Return “1:1 500 000”."""
    return "1:" + f"{denominator:,.0f}".replace(",", " ")


def north(pen: Pen, page: Sheet, box: Box, fit: Fit, crs: str) -> None:
    """Draw an arrow to true north as it is in the middle of the sheet."""
    f = page.factor
    info = pyproj.Proj(crs)
    to_degrees = pyproj.Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)
    middle = fit.to_plan(np.array([(page.width / 2, page.height / 2)]))[0]
    lon, lat = to_degrees.transform(*middle)
    turn = -math.radians(float(info.get_factors(lon, lat).meridian_convergence))
    x, y = (box.left + box.right) / 2, box.bottom + 1.0 * f

    def turned(points: Sequence[tuple[float, float]]) -> shapely.Geometry:
        cos, sin = math.cos(turn), math.sin(turn)
        return shapely.Polygon(
            [(x + f * (px * cos + py * sin), y + f * (-px * sin + py * cos)) for px, py in points]
        )

    right = turned([(0, 2.2), (2.6, 0), (0, 9.5)])
    left = turned([(0, 2.2), (-2.6, 0), (0, 9.5)])
    pen.area([right], LIGHT.text)
    pen.area([left], LIGHT.canvas)
    pen.lines([left, right], _THIN)
    size = page.points(style.TEXT_PT["heading"])
    pen.text(x, y + 11.6 * f, "北", size, bold=True, align="center", halo=LIGHT.halo)


@dataclass(frozen=True)
class TitleBlock:
    """What stands in the 图签; empty values are left as blank lines to be filled in by hand."""

    rows: tuple[tuple[tuple[str, str], ...], ...]

    def size(self, page: Sheet) -> tuple[float, float]:
        return 76.0 * page.factor, 5.6 * page.factor * len(self.rows)

    def draw(self, pen: Pen, page: Sheet, box: Box) -> None:
        f = page.factor
        pen.box(box, LIGHT.canvas, Stroke(LIGHT.text, 0.3))
        size = page.points(style.TEXT_PT["block"])
        tall = box.height / len(self.rows)
        key = 15.5 * f
        y = box.top
        rules = []
        for row in self.rows:
            wide = box.width / len(row)
            for i, (name, value) in enumerate(row):
                left = box.left + i * wide
                pen.text(
                    left + key / 2, y - tall / 2, name, size, color=LIGHT.muted, align="center"
                )
                self._value(pen, Box(left + key, y - tall, left + wide, y), value, size)
                rules.append(shapely.LineString([(left + key, y), (left + key, y - tall)]))
                if i:
                    rules.append(shapely.LineString([(left, y), (left, y - tall)]))
            y -= tall
            if y > box.bottom + 0.01:
                rules.append(shapely.LineString([(box.left, y), (box.right, y)]))
        pen.lines(rules, Stroke(LIGHT.boundary, 0.12))

    def _value(self, pen: Pen, box: Box, value: str, size: float) -> None:
        room = box.width - 1.4
        width = lettering.width(value, size)
        if width > room:
            size = max(6.0, size * room / width)
        value = shortened(value, size, room)
        pen.text(box.left + 0.9, (box.bottom + box.top) / 2, value, size)


@dataclass(frozen=True, eq=False)
class Locator:
    """A small map of the province with the planning area in it (degrees)."""

    name: str
    province: shapely.Geometry
    area: shapely.Geometry

    def size(self, page: Sheet) -> tuple[float, float]:
        west, south, east, north = self.province.bounds
        squeeze = math.cos(math.radians((south + north) / 2))
        wide, tall = (east - west) * squeeze, north - south
        unit = min(44.0 / wide, 36.0 / tall) * page.factor
        return wide * unit + 4 * page.factor, tall * unit + 8 * page.factor

    def draw(self, pen: Pen, page: Sheet, box: Box) -> None:
        f = page.factor
        pen.box(box, LIGHT.canvas, Stroke(LIGHT.outline, 0.15))
        west, south, _, north = self.province.bounds
        squeeze = math.cos(math.radians((south + north) / 2))
        unit = (box.height - 8 * f) / (north - south)

        def on_page(c: Floats) -> Floats:
            x = (c[:, 0] - west) * squeeze * unit + box.left + 2 * f
            return np.column_stack([x, (c[:, 1] - south) * unit + box.bottom + 6 * f])

        province = shapely.simplify(shapely.transform(self.province, on_page), 0.12)
        area = shapely.simplify(shapely.transform(self.area, on_page), 0.08)
        pen.area([province], LIGHT.district)
        pen.lines([province], Stroke(LIGHT.boundary, 0.15))
        if shapely.area(area) < 6.0 * f * f:
            x, y = shapely.get_coordinates(shapely.centroid(area))[0]
            pen.lines([shapely.Point(x, y).buffer(2.0 * f)], Stroke(style.LOCATOR, 0.25))
        pen.area([area], style.LOCATOR)
        pen.text(
            (box.left + box.right) / 2,
            box.bottom + 2.8 * f,
            f"在{self.name}的位置",
            page.points(style.TEXT_PT["small"]),
            color=LIGHT.muted,
            align="center",
        )


def locator(content: Content) -> Locator | None:
    """Return the locator, None when the districts have no known code or fill their province."""
    known = {one.adcode: one.province for one in boundaries.districts()}
    provinces = {known.get(code, "") for code in content.planning_codes}
    if len(provinces) != 1 or not (name := provinces.pop()):
        return None
    try:
        province = boundaries.province_boundary(content.planning_codes[0])
    except Refused:
        return None
    to_degrees = pyproj.Transformer.from_crs(content.plan.crs, GEOGRAPHIC, always_xy=True)
    area = shapely.transform(
        content.area, lambda c: np.column_stack(to_degrees.transform(c[:, 0], c[:, 1]))
    )
    return Locator(name, province, area) if area.area < 0.5 * province.area else None


def notes(pen: Pen, page: Sheet, left: Sequence[str], right: str) -> None:
    """Write the small lines below the frame: sources on the left, one remark on the right."""
    size = page.points(style.SMALLEST_PT)
    step = size * MM_PER_POINT * 1.35
    y = page.frame.bottom - 2.0 * max(1.0, page.factor) - size * MM_PER_POINT / 2
    room = page.frame.width
    for line in left:
        space = room - (lettering.width(right, size) + 4.0 if line is left[0] else 0.0)
        words = shortened(line, size, space)
        pen.text(page.frame.left, y, words, size, color=LIGHT.muted)
        if line is left[0]:
            pen.text(page.frame.right, y, right, size, color=LIGHT.muted, align="right")
        y -= step
