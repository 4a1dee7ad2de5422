"""Drawing on a page in millimetres: areas, lines, symbols and text, by matplotlib.

Everything is put on the figure itself, in millimetres, so that a length on paper is what the
numbers say. No Axes: making and clearing one takes longer than a plain page. Never pyplot, no
settings of matplotlib are changed.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, TransformedBbox

from maps.drawing import fonts, lettering
from maps.drawing.paper import Box
from maps.drawing.style import HALO_MM, MM_PER_POINT, Stroke
from maps.drawing.symbols import Painted, Symbol

Floats = npt.NDArray[np.float64]


class Pen:
    """Puts artists on a page of ``width`` × ``height`` mm.

    ``clip`` (set with :meth:`inside`) keeps what follows inside a box; ``z`` rises with
    every call, so that what is drawn later lies on top.
    """

    def __init__(self, width: float, height: float) -> None:
        self.figure = Figure(figsize=(width / 25.4, height / 25.4), facecolor="white")
        self._inches = Affine2D().scale(1 / 25.4)
        self._place = self._inches + self.figure.dpi_scale_trans
        self.width, self.height = width, height
        self._regular, self._bold = fonts.register_matplotlib()
        self._inside: Box | None = None
        self._clip: TransformedBbox | None = None
        self._z = 0

    def let_go(self) -> None:
        """Give up what was drawn; nothing can be done with the page afterwards.

        A figure and its artists hold one another: left to Python's garbage collector a page's
        tens of thousands of objects stop the whole program for a tenth of a second.
        """
        self.figure.clear()

    def begin_at(self, bottom: float) -> None:
        """Let the figure's lower edge be ``bottom`` mm up the page: a band of it is drawn."""
        self._inches.clear().scale(1 / 25.4).translate(0.0, -bottom / 25.4)

    def inside(self, box: Box | None) -> None:
        """Clip what is drawn from now on to ``box``; None clips nothing."""
        self._inside, self._clip = box, None
        if box is not None:
            limits = Bbox.from_extents(*box.corners)
            self._clip = TransformedBbox(limits, self._place)

    def _add(self, artist: Artist) -> None:
        self._z += 1
        artist.set_zorder(self._z)
        artist.set_clip_on(self._clip is not None)
        artist.set_clip_box(self._clip)
        if not artist.is_transform_set():
            artist.set_transform(self._place)
        self.figure.add_artist(artist)

    def area(self, shapes: Iterable[shapely.Geometry], fill: str, opacity: float = 1.0) -> None:
        """Fill polygons (mm) without outline, as one path."""
        path = polygon_path(shapes)
        if path is not None:
            self._add(PathPatch(path, facecolor=fill, edgecolor="none", alpha=opacity, lw=0))

    def lines(self, shapes: Iterable[shapely.Geometry], stroke: Stroke, cap: str = "butt") -> None:
        """Draw lines, and polygons as their outlines (mm)."""
        path = line_path(shapes)
        if path is None:
            return
        dash = tuple(d / stroke.mm for d in stroke.dash)
        self._add(
            PathPatch(
                path,
                fill=False,
                edgecolor=stroke.color,
                linewidth=stroke.mm / MM_PER_POINT,
                linestyle=(0, dash) if dash else "solid",
                capstyle=cap,
                joinstyle="round",
            )
        )

    def box(self, box: Box, fill: str = "", stroke: Stroke | None = None) -> None:
        """Draw a rectangle."""
        self._add(
            Rectangle(
                (box.left, box.bottom),
                box.width,
                box.height,
                facecolor=fill or "none",
                edgecolor=stroke.color if stroke else "none",
                linewidth=stroke.mm / MM_PER_POINT if stroke else 0,
                joinstyle="miter",
            )
        )

    def symbols(self, symbol: Symbol, at: Floats, mm: float) -> None:
        """Draw a symbol of width ``mm`` at every point of ``at`` (n, 2)."""
        half = mm / 2
        size = Affine2D().scale(half / 25.4, -half / 25.4) + self.figure.dpi_scale_trans
        for painted in symbol.paths:
            artist = PathCollection(
                [_path(painted)],
                offsets=at,
                offset_transform=self._place,
                facecolors=painted.fill or "none",
                edgecolors=painted.stroke or "none",
                linewidths=painted.width * half / MM_PER_POINT,
                linestyles=[(0, tuple(d / painted.width for d in painted.dash))]
                if painted.dash
                else "solid",
            )
            artist.set_transform(size)
            self._add(artist)

    def picture(
        self,
        pixels: npt.NDArray[np.uint8],
        box: Box,
        within: Iterable[shapely.Geometry] = (),
    ) -> None:
        """Draw an RGBA picture (rows from the top) over ``box``, pixels as sharp squares.

        Polygons in ``within`` (mm), if there are any, cut it to their outline.
        """
        cells = _Cells(pixels, box)
        shapes = np.array(list(within), dtype=object)
        if len(shapes):
            # SVG cuts to one thing only: the outline is cut to the box first.
            inside = shapely.box(*(self._inside or box).corners)
            outline = polygon_path(shapely.intersection(shapes, inside))
            if outline is None:
                return
            cells.set_clip_path(outline, self._place)
        self._add(cells)
        cells.set_clip_on(True)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        points: float,
        *,
        bold: bool = False,
        color: str = "#1f2328",
        align: str = "left",
        angle: float = 0.0,
        halo: str = "",
    ) -> None:
        """Write one line: ``x`` its left end, middle or right end, ``y`` its middle.

        With ``halo`` (a colour) the letters' outlines are laid below, as a shape of their
        own: the text itself stays text that can be selected and searched.
        """
        words = lettering.shown(words)
        if not words:
            return
        em = points * MM_PER_POINT
        half = lettering.width(words, points, bold) / 2
        shift = {"left": 0.0, "center": -half, "right": -2 * half}[align]
        down = (lettering.ASCENT - lettering.DESCENT) / 2 * em
        turn = np.deg2rad(angle)
        left = x + shift * np.cos(turn) + down * np.sin(turn)
        base = y + shift * np.sin(turn) - down * np.cos(turn)
        font = self._bold if bold else self._regular
        if halo:
            self._halo(words, (left, base), points, angle, halo, bold)
        line = _Line(
            left,
            base,
            words,
            color=color,
            fontproperties=font,
            fontsize=points,
            rotation=angle,
            rotation_mode="anchor",
            va="baseline",
            ha="left",
            parse_math=False,
        )
        self._add(line)
        # Words are never cut: what has no room is not written.
        line.set_clip_on(False)

    def _halo(
        self,
        words: str,
        at: tuple[float, float],
        points: float,
        angle: float,
        color: str,
        bold: bool,
    ) -> None:
        place = Affine2D().scale(points * MM_PER_POINT).rotate_deg(angle).translate(*at)
        path = _outlines(words, bold).transformed(place)
        width = 2 * HALO_MM / MM_PER_POINT * (points / 8.0)
        self._add(
            PathPatch(
                path,
                facecolor=color,
                edgecolor=color,
                lw=width,
                joinstyle="round",
                capstyle="round",
            )
        )


class _Line(Text):
    """One line of text whose left end and baseline are known: nothing to measure or to align."""

    def draw(self, renderer: Any) -> None:
        """Draw the text; what lies off the canvas (another band of the page) is passed over."""
        x, y = self.get_transform().transform(self.get_position())
        width, height = renderer.get_canvas_width_height()
        reach = 1.5 * len(self.get_text()) * renderer.points_to_pixels(self.get_fontsize())
        if not (-reach < x < width + reach and -reach < y < height + reach):
            return
        if renderer.flipy():
            y = height - y
        gc = renderer.new_gc()
        gc.set_foreground(self.get_color())
        font, angle = self.get_fontproperties(), self.get_rotation()
        renderer.draw_text(gc, x, y, self.get_text(), font, angle, ismath=False, mtext=self)
        gc.restore()


class _Cells(Artist):
    """A picture of sharp squares, of which only what falls on the canvas is ever made.

    matplotlib resamples the whole of an image through floating point: at A0 that is
    gigabytes. Vector formats get the picture as it is.
    """

    def __init__(self, pixels: npt.NDArray[np.uint8], box: Box) -> None:
        super().__init__()
        self._pixels, self._box = pixels, box

    def draw(self, renderer: Any) -> None:
        """Draw the squares."""
        corners = np.array(self._box.corners).reshape(2, 2)
        (x0, y0), (x1, y1) = self.get_transform().transform(corners)
        gc = renderer.new_gc()
        gc.set_clip_rectangle(self.get_clip_box())
        gc.set_clip_path(self.get_clip_path())
        # Renderers take the bottom row first.
        if renderer.option_scale_image():
            size = Affine2D().scale(x1 - x0, y1 - y0)
            renderer.draw_image(gc, x0, y0, self._pixels[::-1], size)
        else:
            self._draw_pixels(renderer, gc, (x0, y0, x1, y1))
        gc.restore()

    def _draw_pixels(self, renderer: Any, gc: Any, box: tuple[float, float, float, float]) -> None:
        x0, y0, x1, y1 = box
        rows, columns = self._pixels.shape[:2]
        width, height = renderer.get_canvas_width_height()
        x = np.arange(max(0, round(x0)), min(round(width), round(x1)))
        y = np.arange(max(0, round(y0)), min(round(height), round(y1)))
        if len(x) and len(y):
            column = ((x + 0.5 - x0) / (x1 - x0) * columns).astype(int).clip(0, columns - 1)
            row = ((y1 - y - 0.5) / (y1 - y0) * rows).astype(int).clip(0, rows - 1)
            renderer.draw_image(gc, x[0], y[0], self._pixels[row[:, None], column])


@lru_cache(maxsize=1024)
def _path(painted: Painted) -> Path:
    return Path(painted.points, painted.codes)


@lru_cache(maxsize=4096)
def _outlines(words: str, bold: bool) -> Path:
    """Return the outlines of a line of text, one unit high: maps of a book share their names."""
    letters = [lettering.outline(one, bold) for one in words]
    starts = np.cumsum([0.0, *(one.advance for one in letters[:-1])])
    ahead = np.column_stack([starts, np.zeros(len(starts))])
    points = [one.points + shift for one, shift in zip(letters, ahead, strict=True)]
    return Path(np.concatenate(points) / 1000, np.concatenate([one.codes for one in letters]))


def polygon_path(shapes: Iterable[shapely.Geometry]) -> Path | None:
    """Return all polygons among the shapes as one compound path, None when there are none."""
    parts = shapely.get_parts(np.array(list(shapes), dtype=object))
    parts = parts[shapely.get_type_id(parts) == 3]
    parts = parts[~shapely.is_empty(parts)]
    if not len(parts):
        return None
    # Shells one way round, holes the other: every viewer fills the same.
    parts = shapely.orient_polygons(parts)
    _, points, (rings, _) = shapely.to_ragged_array(parts)
    codes = np.full(len(points), Path.LINETO, np.uint8)
    codes[rings[:-1]] = Path.MOVETO
    codes[rings[1:] - 1] = Path.CLOSEPOLY
    return Path(points, codes)


def line_path(shapes: Iterable[shapely.Geometry]) -> Path | None:
    """Return every line, and every ring of every polygon, as one path; None without any."""
    parts = shapely.get_parts(np.array(list(shapes), dtype=object))
    kinds = shapely.get_type_id(parts)
    lines = np.concatenate([parts[kinds == 1], shapely.get_rings(parts[kinds == 3])])
    points, index = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return None
    codes = np.full(len(points), Path.LINETO, np.uint8)
    codes[np.flatnonzero(np.diff(index, prepend=-1))] = Path.MOVETO
    return Path(points, codes)


def hatching(
    shapes: Sequence[shapely.Geometry], degrees: float, spacing: float
) -> list[shapely.Geometry]:
    """Return parallel lines ``spacing`` mm apart, cut to the shapes (mm)."""
    whole = shapely.union_all(np.array(shapes, dtype=object))
    if whole.is_empty:
        return []
    west, south, east, north = whole.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    reach = float(np.hypot(east - west, north - south)) / 2 + spacing
    turn = np.deg2rad(degrees)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    # Counted from the page's corner, so that hatches of neighbouring areas line up.
    first = np.ceil((middle @ across - reach) / spacing)
    steps = np.arange(first, (middle @ across + reach) / spacing) * spacing
    foot = across * steps[:, None] + along * (middle @ along)
    ends = np.stack([foot - along * reach, foot + along * reach], axis=1)
    cut = shapely.intersection(shapely.linestrings(ends), whole)
    return [line for line in cut if shapely.length(line) > 0]
