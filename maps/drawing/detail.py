"""A detail map: where symbols crowd, a piece of the map is drawn again, enlarged, in a free place.

names left out, symbols pushed aside ──▶ the extent that needs it
area, legend, title block            ──▶ the largest free box on the sheet
box ÷ extent                         ──▶ a round scale
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from data.geodesy import Ruler
from maps.drawing import furniture, results, style
from maps.drawing.content import Content
from maps.drawing.ground import Ground
from maps.drawing.marking import Marking
from maps.drawing.paper import Box, Fit, Sheet, denominators
from maps.drawing.pen import Pen
from maps.drawing.style import LIGHT, Stroke

Floats = npt.NDArray[np.float64]

LEAST_CROWD = 3
"""So many symbols pushed aside or without a name make a detail worth while."""
LEAST_GAIN = 2.0
"""A detail enlarges at least so many times."""
_LINK, _CORE, _PAD, _LEAST_EXTENT = 9.0, 11.0, 2.0, 9.0
_MOSTLY = 0.85
_WIDTHS = np.arange(120.0, 49.0, -5.0)
_SHAPES = (0.8, 1.0, 0.65, 1.25)
_STEP = 2.0
_HEAD = 6.0


@dataclass(frozen=True, eq=False)
class Detail:
    """What is enlarged: ``extent`` on the main map, ``box`` on the page, how it lies there."""

    box: Box
    extent: Box
    fit: Fit
    title: str

    def sheet(self, page: Sheet) -> Sheet:
        """The page as the detail sees it: its neat line is the box below the heading."""
        head = _HEAD * page.factor
        neat = Box(self.box.left, self.box.bottom, self.box.right, self.box.top - head)
        return replace(page, neat=neat)


def find(
    content: Content, page: Sheet, fit: Fit, marking: Marking, kept: Sequence[Box]
) -> Detail | None:
    """Return the detail the map needs, None when it needs none or has no room for one."""
    crowd = _crowd(marking, page)
    if crowd is None:
        return None
    extent, count = crowd
    # A few symbols need no large box.
    most = 50.0 + 5.0 * count
    box = _free_box(content, page, fit, marking, kept, most)
    if box is None:
        return None
    head = _HEAD * page.factor
    wide, tall = box.width, box.height - head
    gain = min(wide / extent.width, tall / extent.height)
    scales = [d for d in denominators(fit.denominator / gain) if d <= fit.denominator / LEAST_GAIN]
    if not scales:
        return None
    middle = np.array([(extent.left + extent.right) / 2, (extent.bottom + extent.top) / 2])
    metres = fit.to_plan(middle[None, :])[0]
    factor = 1000.0 / scales[0] / float(Ruler(content.plan.crs).scale(*metres))
    centre = np.array([(box.left + box.right) / 2, box.bottom + tall / 2])
    origin = metres - centre / factor
    # What the box shows may be more than what crowds: all of it is marked on the main map.
    half = np.array([wide, tall]) / 2 * (fit.factor / factor)
    seen = Box(*(middle - half), *(middle + half))
    where = Fit(scales[0], factor, (float(origin[0]), float(origin[1])))
    return Detail(box, seen, where, _title(marking, middle))


def _title(marking: Marking, middle: Floats) -> str:
    named = [
        (float(np.hypot(*(at - middle))), mark.name)
        for mark, at in zip(marking.marks, marking.home, strict=True)
        if mark.kind == "settlement" and mark.name
    ]
    near = min(named, default=(np.inf, ""))
    return f"{near[1]}一带放大图" if near[0] < 20.0 else "局部放大图"


def _crowd(marking: Marking, page: Sheet) -> tuple[Box, int] | None:
    """Return the extent (page mm) where symbols crowd most and how many, None where none do."""
    f = page.factor
    chosen = [i for i, m in enumerate(marking.marks) if m.kind != "settlement"]
    if len(chosen) < LEAST_CROWD:
        return None
    home = marking.home[chosen]
    away = np.hypot(*(marking.at[chosen] - home).T) > marking.reach[chosen]
    unnamed = np.array([i in marking.unnamed for i in chosen])
    trouble = 1.0 * away + 2.0 * unnamed
    pairs = cKDTree(home).query_pairs(_LINK * f, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), tuple(pairs.T)), shape=(len(chosen),) * 2)
    group = connected_components(links, directed=False)[1]
    score = np.bincount(group, trouble)
    best = group == int(np.argmax(score))
    if (trouble[best] > 0).sum() < LEAST_CROWD:
        return None
    centre = np.average(home[best], axis=0, weights=trouble[best] + 1e-6)
    off = np.hypot(*(home[best] - centre).T)
    core = home[best][off <= _tight(off, trouble[best], _CORE * f)]
    low, high = core.min(axis=0) - _PAD * f, core.max(axis=0) + _PAD * f
    middle = (low + high) / 2
    half = np.maximum((high - low) / 2, _LEAST_EXTENT * f / 2)
    return Box(*(middle - half), *(middle + half)), len(core)


def _tight(off: Floats, trouble: Floats, most: float) -> float:
    """Return the least radius with most of what is in trouble within ``most`` mm of the middle."""
    near = off <= most
    order = np.argsort(off[near])
    held = np.cumsum(trouble[near][order])
    return float(off[near][order][np.searchsorted(held, _MOSTLY * held[-1])])


def _free_box(
    content: Content, page: Sheet, fit: Fit, marking: Marking, kept: Sequence[Box], most: float
) -> Box | None:
    """Return the largest box up to ``most`` mm wide beside the area that nothing is in."""
    f = page.factor
    step = _STEP * f
    field = page.neat.grown(-3.0 * f)
    x = np.arange(field.left + step / 2, field.right, step)
    y = np.arange(field.bottom + step / 2, field.top, step)
    around = shapely.buffer(shapely.simplify(fit.shapes([content.area])[0], 0.5), 2.5 * f)
    about = [shapely.box(*box.grown(3.0 * f).corners) for box in kept]
    about += list(shapely.buffer(shapely.points(marking.at), 9.0 * f)) if len(marking.at) else []
    taken = shapely.union_all([around, *about])
    shapely.prepare(taken)
    blocked = shapely.intersects_xy(taken, *np.meshgrid(x, y))
    sums = np.zeros((len(y) + 1, len(x) + 1))
    sums[1:, 1:] = blocked.cumsum(axis=0).cumsum(axis=1)
    tries = sorted(((w * w * s, w, s) for w in _WIDTHS if w <= most for s in _SHAPES), reverse=True)
    for _, wide, shape in tries:
        columns, rows = round(wide * f / step), round(wide * shape * f / step)
        if columns > len(x) or rows > len(y):
            continue
        held = sums[rows:, columns:] - sums[:-rows, columns:]
        held = held - sums[rows:, :-columns] + sums[:-rows, :-columns]
        free = np.argwhere(held == 0)
        if len(free):
            row, column = _outermost(free, held.shape)
            left, bottom = field.left + column * step, field.bottom + row * step
            return Box(left, bottom, left + columns * step, bottom + rows * step)
    return None


def _outermost(free: npt.NDArray[np.intp], shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the place furthest out: nearest to a corner of the sheet."""
    rows, columns = free.T
    off = np.minimum(rows, shape[0] - 1 - rows) + np.minimum(columns, shape[1] - 1 - columns)
    row, column = free[int(np.argmin(off))]
    return int(row), int(column)


def draw(pen: Pen, page: Sheet, detail: Detail, content: Content) -> Marking:
    """Draw the detail and its heading; return its marks and names."""
    own = detail.sheet(page)
    pen.inside(own.neat)
    ground = Ground(pen, own, detail.fit, content)
    ground.draw()
    results.draw(ground)
    ground.draw_over()
    results.draw_over(ground)
    # There is room around a crowd: names may go further out than on the main map.
    marking = Marking(pen, own, detail.fit, content, far=12.0)
    marking.arrange(ground.districts, ground.around, ())
    marking.draw()
    pen.inside(None)
    box, f = detail.box, page.factor
    head = Box(box.left, own.neat.top, box.right, box.top)
    pen.box(head, LIGHT.canvas)
    pen.box(box, "", Stroke(LIGHT.outline, 0.25))
    pen.lines([shapely.LineString([(box.left, head.bottom), (box.right, head.bottom)])], _RULE)
    size = page.points(style.TEXT_PT["legend"])
    y = (head.bottom + head.top) / 2
    pen.text(box.left + 2.0 * f, y, detail.title, size, bold=True)
    words = furniture.numeric_scale(detail.fit.denominator)
    pen.text(box.right - 2.0 * f, y, words, size, align="right")
    return marking


_RULE = Stroke(LIGHT.boundary, 0.12)
_NOTE = "见放大图"


def mark_extent(pen: Pen, page: Sheet, detail: Detail, note: Box) -> None:
    """Show on the main map what the detail enlarges; names are written over the line."""
    pen.inside(page.neat)
    pen.box(detail.extent, "", style.DETAIL)
    middle = ((note.left + note.right) / 2, (note.bottom + note.top) / 2)
    size = page.points(style.TEXT_PT["small"])
    pen.text(*middle, _NOTE, size, bold=True, align="center", halo=LIGHT.halo)


def note_box(page: Sheet, detail: Detail, taken: Sequence[Box]) -> Box:
    """Return where the words at the extent stand, off the boxes ``taken`` where there is room.

    Names keep off them.
    """
    extent, gap = detail.extent, 0.3
    wide, tall = 12.0 * page.factor, 3.2 * page.factor
    x, y = (extent.left + extent.right - wide) / 2, (extent.bottom + extent.top - tall) / 2
    over, under = extent.top + gap, extent.bottom - gap - tall
    left, right = extent.left - gap - wide, extent.right + gap
    ends = (extent.left, extent.right - wide)
    rows = [(at, side) for side in (over, under) for at in (x, *ends)]
    places = [Box(at, low, at + wide, low + tall) for at, low in (*rows, (right, y), (left, y))]
    for place in places:
        if page.neat.holds(place) and not any(place.meets(box) for box in taken):
            return place
    return places[0]
