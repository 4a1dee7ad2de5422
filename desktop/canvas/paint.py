"""The cached pictures of the map, drawn off the GUI thread.

    ground   districts, people
    cover    what the shown coverage reaches, and people it does not reach
    lines    hazard zones, boundaries, roads
    marks    facilities, places, names

Four pictures of the same port lie over each other; an edit or a new result redraws only the
one it concerns. Nothing here touches a widget.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from data.plan import Layer, Plan
from desktop.canvas import atlas, cells, density, reach, roads
from desktop.canvas.arranging import Arrangement, arranged
from desktop.canvas.content import PX_PER_MM, Check, Shapes, is_marks, kept, shapes, sized
from desktop.canvas.naming import draw_names
from desktop.canvas.outlines import clipped, path, pixels_of, polygon, rings, stroke
from desktop.canvas.view import Port
from maps.drawing import style

MANY = 1500
"""Symbols of one layer in one picture; more than that are dots."""


@dataclass(frozen=True, eq=False)
class Wish:
    """What is to be drawn: a plan (and coverage) on a port at a density in a theme."""

    plan: Plan
    coverage: Any
    port: Port
    dpr: float
    theme: str

    @property
    def frame(self) -> tuple[Port, float, str]:
        return self.port, self.dpr, self.theme


@dataclass(frozen=True, eq=False)
class Cover:
    """The picture of a coverage, and what a drag needs of it. One pixel is a logical pixel."""

    image: QImage
    counts: reach.Keys
    keys: reach.Keys


@dataclass(frozen=True, eq=False)
class Picture:
    """The answer to a wish."""

    wish: Wish
    ground: QImage
    cover: Cover | None
    lines: QImage
    marks: QImage


def picture(wish: Wish, old: Picture | None, check: Check) -> Picture:
    """Draw what ``wish`` asks for, taking from ``old`` what is still right."""
    plan, same = wish.plan, old is not None and old.wish.frame == wish.frame
    before = old.wish.plan if same and old is not None else None
    changed = plan.changed(before)
    kinds = {x.kind_name for p in (plan, before) if p is not None for x in p if x.name in changed}
    if before is not None and [x.name for x in plan] != [x.name for x in before]:
        kinds |= {x.kind_name for x in plan}
    keep = old if before is not None else None
    ground = keep.ground if keep and not kinds & {"district", "population"} else None
    if keep and (keep.wish.coverage is None) != (wish.coverage is None):
        ground = None
    lines = (
        keep.lines if keep and not kinds & {"district", "hazard_zone", "road", "reach"} else None
    )
    marks = keep.marks if keep and not any(_names(kind) for kind in kinds) else None
    cover = keep.cover if keep and keep.wish.coverage is wish.coverage else None
    ground = ground or _ground(wish, check)
    check()
    lines = lines or _lines(wish, check)
    check()
    marks = marks or _marks(wish, check)
    check()
    if cover is None and wish.coverage is not None:
        cover = _cover(wish, check)
    return Picture(wish, ground, cover, lines, marks)


def _names(kind: str) -> bool:
    return kind not in ("population", "road", "hazard_zone", "reach")


def visible(plan: Plan, *kinds: str) -> list[Layer]:
    """The shown layers of some kinds, bottom first."""
    return [x for x in plan if x.kind_name in kinds and x.look.visible and x.look.opacity > 0]


def _ground(wish: Wish, check: Check) -> QImage:
    theme = style.THEMES[wish.theme]
    out = atlas.opaque(wish.port.width, wish.port.height, wish.dpr, theme.canvas)
    check()
    with QPainter(out) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for layer in visible(wish.plan, "district"):
            found = shapes(layer)
            around = found.column("角色") == "周边"
            for which, color in ((around, theme.neighbour), (~around, layer_color(layer, theme))):
                painter.setBrush(QColor(color))
                painter.setOpacity(layer.look.opacity)
                for part in _singly(found.simplified(wish.port.view.mpp)[which]):
                    painter.drawPath(path(*rings(clipped(part, wish.port), wish.port)))
                    check()
        # Results own the colour: with a coverage the people appear in it, reached or not.
        for layer in visible(wish.plan, "population") if wish.coverage is None else []:
            painter.setOpacity(layer.look.opacity)
            painter.drawImage(QPointF(0, 0), _people(layer, wish, theme, check))
            check()
    return out


def layer_color(layer: Layer, theme: style.Theme) -> str:
    return layer.look.color or theme.district


def _people(layer: Layer, wish: Wish, theme: style.Theme, check: Check) -> QImage:
    width, height = int(wish.port.width), int(wish.port.height)
    ramp = density.ramp(theme)
    colors = np.array([0, *(reach.argb(color, 0.85) for color in ramp)], dtype=np.uint32)
    image = atlas.blank(width, height, 1.0)
    check()
    classes = density.density(layer).classes(wish.port, width, height)
    check()
    reach.looked_up(colors, classes, pixels_of(image), check)
    return image


def _cover(wish: Wish, check: Check) -> Cover:
    coverage, port = wish.coverage, wish.port
    width, height = int(port.width), int(port.height)
    image = atlas.blank(width, height, 1.0)
    check()
    if reach.is_difference(coverage):
        before, after = (_counts(x, port, width, height) for x in (coverage.before, coverage.after))
        keys = reach.differing(before, after, _outside(coverage, port, width, height))
        reach.recolored(keys, pixels_of(image), check)
        return Cover(image, after, keys)
    counts = _counts(coverage, port, width, height)
    check()
    people = np.zeros_like(counts)
    if coverage.demand.layer is not None:
        people = density.density(coverage.demand.layer).classes(port, width, height)
        check()
    outside = _outside(coverage, port, width, height)
    check()
    keys = reach.still(counts, outside, people)
    check()
    reach.colored(keys, pixels_of(image), check)
    if reach.by_road(coverage):
        pixels_of(image)[cells.edges(counts)] = reach.argb(style.COVERED_EDGE.color, 0.8)
        return Cover(image, counts, keys)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(style.COVERED_EDGE.color), 1.1))
        edges = _simple(coverage, "edge", port, lambda: shapely.boundary(coverage.area))
        stroke(painter, edges, port, check)
    return Cover(image, counts, keys)


def _counts(coverage: Any, port: Port, width: int, height: int) -> reach.Keys:
    """How many facilities reach each pixel (height, width)."""
    if reach.by_road(coverage):
        return cells.Sampled(coverage, port, width, height).values(cells.reached(coverage))
    near, _ = reach.discs_near(coverage, port)
    return reach.counted(near, port, width, height)


def _outside(coverage: Any, port: Port, width: int, height: int) -> npt.NDArray[np.bool_]:
    """Pixels outside the planning districts (none when the plan has no districts)."""
    people = coverage.demand
    if people.ground.is_empty:
        return np.zeros((height, width), dtype=bool)
    image = atlas.blank(width, height, 1.0)
    painter = QPainter(image)
    parts = _simple(people, "ground", port, lambda: people.ground)
    painter.fillPath(path(*rings(clipped(parts, port), port)), QColor("#ffffff"))
    painter.end()
    return pixels_of(image) == 0


def _lines(wish: Wish, check: Check) -> QImage:
    theme, port = style.THEMES[wish.theme], wish.port
    out = atlas.blank(port.width, port.height, wish.dpr)
    with QPainter(out) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for layer in visible(wish.plan, "reach"):
            painter.setOpacity(layer.look.opacity)
            _kept_answers(painter, shapes(layer), port, check)
        for layer in visible(wish.plan, "hazard_zone"):
            painter.setOpacity(layer.look.opacity)
            _zones(painter, shapes(layer), port)
            check()
        for layer in visible(wish.plan, "district"):
            painter.setOpacity(layer.look.opacity)
            _boundaries(painter, shapes(layer), theme, port, check)
        for layer in visible(wish.plan, "road"):
            painter.setOpacity(layer.look.opacity)
            roads.draw(painter, shapes(layer), theme, port, check)
    return out


def _kept_answers(painter: QPainter, found: Shapes, port: Port, check: Check) -> None:
    """Isochrones and responsibility areas that were kept: one by one, deeper where they overlap."""
    parts = _singly(found.simplified(port.view.mpp))
    for part, type_ in zip(parts, found.column("类型"), strict=True):
        area = style.reach(str(type_), found.layer.look.color)
        soft = QColor(area.fill)
        soft.setAlphaF(area.opacity)
        painter.setBrush(soft)
        painter.setPen(QPen(QColor(area.stroke.color if area.stroke else area.fill), 1.2))
        painter.drawPath(path(*rings(clipped(part, port), port)))
        check()


def _zones(painter: QPainter, found: Shapes, port: Port) -> None:
    simple = found.simplified(port.view.mpp)
    types, levels = found.column("类型"), found.column("风险等级")
    for type_, level in sorted(set(zip(types, levels, strict=True))):
        area = style.hazard_zone(type_, level)
        which = (types == type_) & (levels == level)
        outline = path(*rings(clipped(simple[which], port), port))
        fill = QColor(found.layer.look.color or area.fill)
        line = QColor(found.layer.look.color or (area.stroke.color if area.stroke else area.fill))
        soft = QColor(fill)
        soft.setAlphaF(area.opacity)
        painter.fillPath(outline, soft)
        pattern = {0.0: Qt.BrushStyle.HorPattern, 90.0: Qt.BrushStyle.VerPattern}.get(
            area.hatch.degrees if area.hatch else 45.0,
            Qt.BrushStyle.BDiagPattern
            if not area.hatch or area.hatch.degrees == 45.0
            else Qt.BrushStyle.FDiagPattern,
        )
        hatch = QColor(line)
        hatch.setAlphaF(0.45)
        painter.fillPath(outline, QBrush(hatch, pattern))
        painter.strokePath(outline, QPen(line, 1.4))


def _boundaries(
    painter: QPainter, found: Shapes, theme: style.Theme, port: Port, check: Check
) -> None:
    around = found.column("角色") == "周边"
    for which, color, line in (
        (around, theme.neighbour_boundary, style.NEIGHBOUR_BOUNDARY),
        (~around, theme.boundary, style.BOUNDARY),
    ):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(color), max(1.0, line.mm * PX_PER_MM)))
        stroke(painter, shapely.boundary(found.simplified(port.view.mpp)[which]), port, check)
    painter.setPen(QPen(QColor(theme.outline), style.OUTLINE.mm * PX_PER_MM))
    stroke(painter, _region(found, port), port, check)


def _region(found: Shapes, port: Port) -> npt.NDArray[np.object_]:
    """The outline of the planning districts together."""

    def make() -> shapely.Geometry:
        mine = found.shapes[found.column("角色") != "周边"]
        return shapely.boundary(shapely.union_all(mine))

    return _simple(found.layer, "region", port, make)


def _simple(
    owner: Any, name: str, port: Port, make: Callable[[], shapely.Geometry]
) -> npt.NDArray[np.object_]:
    """The parts of a shape without what is finer than half a pixel, kept with its owner."""
    whole = kept(owner, name, make)
    level = float(2.0 ** np.floor(np.log2(port.view.mpp)))

    def simplify() -> npt.NDArray[np.object_]:
        return np.asarray(shapely.simplify(shapely.get_parts(whole), 0.5 * level), dtype=object)

    return kept(owner, (name, level), simplify)


def _marks(wish: Wish, check: Check) -> QImage:
    port = wish.port
    out = atlas.blank(port.width, port.height, wish.dpr)
    check()
    with QPainter(out) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        layers = [x for x in wish.plan if is_marks(x) and x.look.visible and x.look.opacity > 0]
        where = arranged(wish.plan, port.view.mpp, check)
        check()
        _hairs(painter, where, wish)
        for layer in sorted(layers, key=lambda x: style.Z.get(x.kind_name, 0)):
            painter.setOpacity(layer.look.opacity)
            _symbols(painter, layer, where, wish, check)
        painter.setOpacity(1.0)
        theme = style.THEMES[wish.theme]
        for badge in where.badges:
            words = f"+{len(badge.members)}"
            image = atlas.badge(words, theme.panel, theme.text, wish.dpr)
            atlas.draw(painter, image, *badge.pixel(port))
        draw_names(painter, wish.plan, port, wish.dpr, style.THEMES[wish.theme], check)
    return out


def _hairs(painter: QPainter, where: Arrangement, wish: Wish) -> None:
    """A thin line from each symbol that had to move to the place it stands for."""
    color = QColor(style.THEMES[wish.theme].muted)
    for marks in where.layers.values():
        away = np.hypot(*marks.off.T)
        moved = marks.shown & (away > np.maximum(3.0, 0.7 * marks.reach))
        homes, ends = wish.port.pixels(marks.points.xy[moved]), marks.pixels(wish.port)[moved]
        painter.setPen(QPen(color, 0.8))
        painter.drawLines([QLineF(*row) for row in np.hstack([homes, ends]).tolist()])
        painter.setPen(QPen(color, 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(polygon(homes))


def _symbols(painter: QPainter, layer: Layer, where: Arrangement, wish: Wish, check: Check) -> None:
    marks, port = where.of(layer), wish.port
    found, pixels = marks.points, marks.pixels(port)
    rim = 24
    seen = np.flatnonzero(
        (pixels > -rim).all(axis=1)
        & (pixels < [port.width + rim, port.height + rim]).all(axis=1)
        & marks.shown
    )
    if not len(seen):
        return
    looks, which = found.looks
    if len(seen) > MANY:
        _dots(painter, pixels[seen], layer, wish)
        return
    size = 1.0 if layer.kind_name == "settlement" else where.size
    images = {i: atlas.symbol(sized(looks[i], size), wish.dpr) for i in np.unique(which[seen])}
    order = seen[np.argsort(pixels[seen, 1], kind="stable")]  # the southern ones in front
    for n, i in enumerate(order):
        atlas.draw(painter, images[which[i]], pixels[i, 0], pixels[i, 1])
        if n % 25 == 0:
            check()


def _dots(painter: QPainter, pixels: npt.NDArray[np.float64], layer: Layer, wish: Wish) -> None:
    """A mass of points as small dots, one per pixel at most."""
    color = layer.look.color or style.KIND_COLORS[layer.kind_name]
    width, height = int(wish.port.width), int(wish.port.height)
    image = atlas.blank(width, height, 1.0)
    target = pixels_of(image)
    taken = np.zeros((height // 2 + 1, width // 2 + 1), dtype=bool)
    at = pixels.astype(np.int64) // 2
    at = at[((at >= 1) & (at < [width // 2 - 2, height // 2 - 2])).all(axis=1)]
    taken[at[:, 1], at[:, 0]] = True
    y, x = np.nonzero(taken)
    x, y = x * 2, y * 2
    rim, core = np.uint32(reach.argb("#ffffff", 0.75)), np.uint32(reach.argb(color))
    for dx, dy in ((-1, 0), (-1, 1), (0, -1), (1, -1), (2, 0), (2, 1), (0, 2), (1, 2)):
        target[y + dy, x + dx] = rim
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        target[y + dy, x + dx] = core
    painter.drawImage(QRectF(0, 0, width, height), image)


def _singly(items: npt.NDArray[np.object_]) -> list[npt.NDArray[np.object_]]:
    return [items[i : i + 1] for i in range(len(items))]
