"""Symbols and names on the paper map: nothing lies on anything else, names give way by rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import shapely

from maps.drawing import labels, lettering, style, symbols
from maps.drawing.content import Content, Mark
from maps.drawing.labels import Placed, Request
from maps.drawing.middle import widest
from maps.drawing.paper import Box, Fit, Sheet
from maps.drawing.pen import Pen
from maps.drawing.style import LIGHT, MM_PER_POINT, Stroke

Floats = npt.NDArray[np.float64]

MANY = 600
"""With more symbols than this they are not moved apart: there is no room anyway."""

NO_PAGES: Mapping[str, int] = MappingProxyType({})

_LEADER = Stroke("#8b8a86", 0.1)
_FACILITY_EMS = 9
_AROUND_RANK = 50


@dataclass(frozen=True)
class Words:
    """A label's text and how it is set."""

    lines: tuple[str, ...]
    points: float
    bold: bool = False
    color: str = LIGHT.label

    @property
    def width(self) -> float:
        return max(lettering.width(line, self.points, self.bold) for line in self.lines)

    @property
    def room(self) -> tuple[float, float]:
        """Width and height with the air a label needs around it."""
        return self.width + 0.1 * self.points, self.height + 0.06 * self.points

    @property
    def height(self) -> float:
        em = self.points * MM_PER_POINT
        return em * (1.0 + (len(self.lines) - 1) * lettering.LINE_HEIGHT)


def mark_size(mark: Mark, page: Sheet) -> float:
    """Return the width of a mark's symbol in mm on this sheet."""
    return mark.mm * page.factor


class Marking:
    """Places and draws the marks and all names of one map."""

    def __init__(
        self,
        pen: Pen,
        page: Sheet,
        fit: Fit,
        content: Content,
        hidden: Box | None = None,
        pages: Mapping[str, int] = NO_PAGES,
        far: float = 7.0,
    ) -> None:
        """``hidden``: facilities in this box (mm) are left to the detail map that shows it.

        ``pages``: the page of a map book on which a neighbour is, told with its name.
        ``far``: how far (mm on A3) a name may be set apart from its symbol, roughly.
        """
        self.pen, self.page, self.fit, self.content = pen, page, fit, content
        self.hidden, self.pages, self.far = hidden, pages, far
        inside = [m for m in content.marks if self._on_sheet(m)]
        self.marks = sorted(inside, key=lambda m: style.Z[m.kind])
        self.home = self._positions()
        self.reach = np.array(
            [mark_size(m, page) / 2 * symbols.symbol(*m.look).reach for m in self.marks]
        )
        self.at = self._apart()
        self.boxes: list[tuple[float, float, float, float]] = []
        self.dropped: list[str] = []
        self.unnamed: set[int] = set()
        self._arranged: list[tuple[Words, Request, Placed | None]] = []
        self._joined: list[shapely.Geometry] = []

    def _positions(self) -> Floats:
        if not self.marks:
            return np.empty((0, 2))
        return self.fit.to_page(np.array([(m.x, m.y) for m in self.marks]))

    def _on_sheet(self, mark: Mark) -> bool:
        x, y = self.fit.to_page(np.array([[mark.x, mark.y]]))[0]
        neat = self.page.neat
        if not (neat.left < x < neat.right and neat.bottom < y < neat.top):
            return False
        box = self.hidden
        if box is None or mark.kind == "settlement":
            return True
        return not (box.left < x < box.right and box.bottom < y < box.top)

    def _apart(self) -> Floats:
        if not 0 < len(self.marks) <= MANY:
            return self.home
        fixed = np.array([m.kind == "settlement" for m in self.marks])
        return labels.spread(self.home, self.reach, fixed, limit=16.0 * self.page.factor)

    def arrange(
        self,
        districts: Sequence[tuple[str, shapely.Geometry]],
        around: Sequence[tuple[str, shapely.Geometry]],
        kept: Sequence[Box],
    ) -> None:
        """Find places for all names; ``kept`` are boxes on the page that stay free of them."""
        own = self._marks()
        asked = [*self._districts(districts), *(pair for _, pair in own), *self._around(around)]
        half = self.reach[:, None] * 0.94
        obstacles = np.vstack([np.hstack([self.at - half, self.at + half]), _boxes(kept, 1.0)])
        neat = self.page.neat.grown(-1.0).corners
        gap, far = 0.35 * self.page.factor, self.far * self.page.factor
        requests = [request for _, request in asked]
        placed = labels.place(requests, obstacles, neat, gap=gap, far=far)
        self._arranged = [(w, r, p) for (w, r), p in zip(asked, placed, strict=True)]
        first = len(asked) - len(own) - len(self._around(around))
        names = placed[first : first + len(own)]
        self.unnamed = {i for (i, _), place in zip(own, names, strict=True) if place is None}
        self.dropped = [
            "".join(w.lines) for w, r, p in self._arranged if p is None and r.rank < _AROUND_RANK
        ]
        self._joined = [
            line
            for w, r, p in self._arranged
            if p is not None and p.far and (line := _leader(r, w, p)) is not None
        ]

    def draw(self) -> None:
        """Draw symbols and the names that found a place."""
        self._leaders()
        self._symbols()
        self.pen.lines(self._joined, _LEADER)
        for word, request, place in self._arranged:
            if place is not None:
                self._write(request, word, place)

    @property
    def written(self) -> set[str]:
        """The names that found a place."""
        return {"".join(w.lines) for w, _, place in self._arranged if place is not None}

    @property
    def places(self) -> list[Box]:
        """Boxes of all symbols."""
        at = np.hstack([self.at - self.reach[:, None], self.at + self.reach[:, None]])
        return [Box(*b) for b in at]

    @property
    def taken(self) -> list[Box]:
        """Boxes of all symbols, names and joining lines, once drawn."""
        lines = [Box(*bounds) for bounds in shapely.bounds(np.array(self._joined, dtype=object))]
        return [*self.places, *(Box(*b) for b in self.boxes), *lines]

    def _leaders(self) -> None:
        """Join a symbol that had to move with the place it stands for."""
        away = np.hypot(*(self.at - self.home).T) if len(self.marks) else np.empty(0)
        moved = away > np.maximum(0.8, 0.6 * self.reach)
        ends = np.stack([self.home[moved], self.at[moved]], axis=1)
        self.pen.lines(shapely.linestrings(ends), _LEADER)
        dots = shapely.buffer(shapely.points(self.home[moved]), 0.22 * self.page.factor)
        self.pen.area(dots, "#55585c")

    def _symbols(self) -> None:
        start = 0
        looks = [(m.look, mark_size(m, self.page)) for m in self.marks]
        for end in range(1, len(looks) + 1):
            if end == len(looks) or looks[end] != looks[start]:
                look, mm = looks[start]
                self.pen.symbols(symbols.symbol(*look), self.at[start:end], mm)
                start = end

    def _districts(
        self, districts: Sequence[tuple[str, shapely.Geometry]]
    ) -> list[tuple[Words, Request]]:
        points = self.page.points(style.TEXT_PT["district"])
        out = []
        for name, shape in districts:
            if name and not shape.is_empty:
                lines = [name, self.content.captions.get(name, "")]
                shown = tuple(lettering.shown(line) for line in lines if line)
                words = Words(shown, points, True, style.DISTRICT_LABEL)
                out.append((words, _inside(words, shape, 0)))
        return out

    def _around(
        self, around: Sequence[tuple[str, shapely.Geometry]]
    ) -> list[tuple[Words, Request]]:
        points = self.page.points(style.TEXT_PT["neighbour"])
        out = []
        for name, shape in around:
            seen = _seen(shape, self.page.neat) if name else shape
            if name and not seen.is_empty:
                page = self.pages.get(name)
                lines = [name] if page is None else [name, f"→ 第 {page} 页"]
                shown = tuple(lettering.shown(line) for line in lines)
                words = Words(shown, points, False, LIGHT.neighbour_label)
                request = _inside(words, seen, _AROUND_RANK)
                if max(request.room) >= words.height:
                    out.append((words, request))
        return out

    def _marks(self) -> list[tuple[int, tuple[Words, Request]]]:
        """Return which mark, its words and what place they want."""
        order = {name: i for i, name in enumerate(style.LABEL_ORDER)}
        out = []
        for i, (mark, (x, y), reach) in enumerate(
            zip(self.marks, self.at, self.reach, strict=True)
        ):
            if not mark.name or not mark.labelled:
                continue
            words = self._words(mark)
            seat = mark.kind == "settlement" and mark.class_ == "政府驻地"
            rank = order["seat"] if seat else order.get(mark.kind, 20)
            request = Request(float(x), float(y), *words.room, reach, rank)
            out.append((i, (words, request)))
        return out

    def _words(self, mark: Mark) -> Words:
        if mark.kind == "settlement":
            seat = mark.class_ == "政府驻地"
            size = self.page.points(style.TEXT_PT["seat" if seat else "settlement"])
            return Words(lettering.wrapped(mark.name, 12), size, seat)
        color = style.mixed(mark.color or style.KIND_COLORS[mark.kind], "#000000", 0.55)
        larger = 1.25 if self.content.template.public else 1.0
        size = self.page.points(style.TEXT_PT["facility"] * larger)
        lines = lettering.wrapped(mark.name, _FACILITY_EMS)
        lines += (mark.caption,) if mark.caption else ()
        return Words(lines, size, False, color)

    def _write(self, request: Request, words: Words, place: Placed) -> None:
        w, h = words.width, words.height
        self.boxes.append((place.x - w / 2, place.y - h / 2, place.x + w / 2, place.y + h / 2))
        em = words.points * MM_PER_POINT
        align, x = "center", place.x
        if not request.inside and abs(place.x - request.x) > w / 4:
            right = place.x > request.x
            align, x = ("left", place.x - w / 2) if right else ("right", place.x + w / 2)
        for i, line in enumerate(words.lines):
            y = place.y + h / 2 - em / 2 - i * lettering.LINE_HEIGHT * em
            self.pen.text(
                x,
                y,
                line,
                words.points,
                bold=words.bold,
                color=words.color,
                align=align,
                halo=LIGHT.halo,
            )


def _inside(words: Words, shape: shapely.Geometry, rank: int) -> Request:
    """Return the request of an area's name: about the widest free spot of the area."""
    x, y, radius = widest(shape)
    room = (max(1.0, radius - words.width / 3), max(1.0, radius * 0.8))
    own = rank == 0
    return Request(x, y, *words.room, 0.0, rank, True, room, own)


@lru_cache(maxsize=256)
def _seen(shape: shapely.Geometry, box: Box) -> shapely.Geometry:
    return shape.intersection(shapely.box(*box.corners))


def _boxes(kept: Sequence[Box], air: float) -> Floats:
    return np.array([box.grown(air).corners for box in kept]).reshape(-1, 4)


def _leader(request: Request, words: Words, place: Placed) -> shapely.Geometry | None:
    """Return the line from a symbol to a label set apart from it."""
    half = np.array([words.width, words.height]) / 2
    point, centre = np.array([request.x, request.y]), np.array([place.x, place.y])
    end = np.clip(point, centre - half, centre + half)
    way = end - point
    length = float(np.hypot(*way))
    if length <= request.reach:
        return None
    return shapely.LineString([point + way * (request.reach / length), end])
