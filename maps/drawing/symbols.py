"""Symbols and icons as plain path commands, read from our own small SVG files.

One file per picture in resources/symbols (kinds) and resources/icons (toolbar). The files
use a small part of SVG only: ``<path d="…">`` with absolute M, L, C and Z. So the same file
serves the window (QPainterPath), paper (matplotlib Path), the web page and the legend, and
none of them needs an SVG library. Holes run the other way round than what they are cut
from, so that the even-odd and the non-zero fill rule give the same picture.

A kind's file holds a ``body`` (the shape that says the kind) and a ``glyph`` (the figure in
it). The status is made from these two, so that it too is told by shape::

    现状  body filled, glyph cut out in white
    规划  white heart, outline and glyph in the kind's colour
    在建  lower half as 现状, upper half as 规划
    撤销  pale body, struck out
    示意  (position only indicative) a dashed ring around any of them
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

import resources
from maps.drawing import style

MOVE, LINE, CURVE, CLOSE = 1, 2, 4, 79
"""Path codes, the numbers matplotlib uses: a curve takes three rows, each with CURVE."""

RING = 1.34
"""Radius of the dashed ring, in half widths of the symbol."""

_WHITE = "#ffffff"
PICTURES = {
    ("rescue_team", "森林消防"): "rescue_team-forest",
    ("settlement", "政府驻地"): "settlement-seat",
    ("monitor", "气象"): "monitor-weather",
    ("monitor", "水文"): "monitor-water",
    ("monitor", "视频"): "monitor-video",
    ("monitor", "地震"): "monitor-quake",
    ("monitor", "地质灾害"): "monitor-slope",
    ("monitor", "矿山"): "monitor-mine",
    ("other", "指挥中心"): "other-command",
    ("other", "机场"): "other-airport",
    ("other", "培训基地"): "other-training",
    ("other", "体验馆"): "other-hall",
}
"""Classes with a picture of their own."""


@dataclass(frozen=True, eq=False)
class Painted:
    """One path and its paint.

    ``codes`` (n,) uint8 and ``points`` (n, 2) float: MOVE, LINE and CLOSE take one row,
    CURVE (cubic) three; a CLOSE row's point is without meaning. x to the right, y *down*
    (as SVG and Qt), the symbol fills −1…1. ``fill``/``stroke`` "" for none; ``width`` and
    ``dash`` in the same unit (half the symbol's width).
    """

    codes: npt.NDArray[np.uint8]
    points: npt.NDArray[np.float64]
    fill: str = ""
    stroke: str = ""
    width: float = 0.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Symbol:
    """Painted paths, to be drawn in order. ``reach`` is the half width with everything on it."""

    paths: tuple[Painted, ...]
    reach: float = 1.0


_Path = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]


@lru_cache(maxsize=1024)
def symbol(
    kind: str, class_: str = "", status: str = "现状", sketched: bool = False, color: str = ""
) -> Symbol:
    """Return the picture of a facility, settlement or other point of a kind.

    ``color`` "#rrggbb" replaces the kind's own. A class without a picture of its own shows
    the kind's; a status that is not one of ``data.kinds.STATUSES`` counts as 现状. Raises
    KeyError for a kind that has no symbol (areas, roads, population).
    """
    if kind not in style.SYMBOL_MM:
        raise KeyError(kind)
    body, glyph = _picture(PICTURES.get((kind, class_), kind))
    color = color or style.KIND_COLORS[kind]
    ink = style.GLYPH_COLORS.get(kind, _WHITE)
    make = {"规划": _planned, "在建": _building, "撤销": _closed}.get(status, _existing)
    paths = make(body, glyph, color, ink)
    if not sketched:
        return Symbol(paths, 1.1)
    circle = _circle(RING)
    # White below the dashes: the ring must also be seen on dark ground.
    under = Painted(*circle, stroke=_WHITE, width=0.19)
    ring = Painted(*circle, stroke="#55585c", width=0.13, dash=(0.32, 0.26))
    return Symbol((under, *paths, ring), RING + 0.1)


def _existing(body: _Path, glyph: _Path, color: str, ink: str) -> tuple[Painted, ...]:
    out = [Painted(*body, stroke=_WHITE, width=0.2), Painted(*body, fill=color)]
    if len(glyph[0]):
        out.append(Painted(*glyph, fill=ink))
    return tuple(out)


def _planned(body: _Path, glyph: _Path, color: str, ink: str) -> tuple[Painted, ...]:
    dark = _readable(color)
    out = [
        Painted(*body, stroke=_WHITE, width=0.34),
        Painted(*body, fill=_WHITE, stroke=dark, width=0.17),
    ]
    if len(glyph[0]):
        out.append(Painted(*glyph, fill=dark))
    return tuple(out)


def _building(body: _Path, glyph: _Path, color: str, ink: str) -> tuple[Painted, ...]:
    dark = _readable(color)
    out = [
        Painted(*body, stroke=_WHITE, width=0.34),
        Painted(*body, fill=_WHITE),
        Painted(*_half(body, lower=True), fill=color),
        Painted(*body, stroke=dark, width=0.17),
    ]
    if len(glyph[0]):
        out.append(Painted(*_half(glyph, lower=False), fill=dark))
        out.append(Painted(*_half(glyph, lower=True), fill=ink))
    return tuple(out)


def _closed(body: _Path, glyph: _Path, color: str, ink: str) -> tuple[Painted, ...]:
    dark = _readable(color)
    cross = _lines(((-1.0, -1.0), (1.0, 1.0)), ((-1.0, 1.0), (1.0, -1.0)))
    out = [
        Painted(*body, stroke=_WHITE, width=0.28),
        Painted(*body, fill=style.mixed(color, _WHITE, 0.16), stroke=dark, width=0.1),
    ]
    out.append(Painted(*cross, stroke=_WHITE, width=0.34))
    out.append(Painted(*cross, stroke="#33363a", width=0.17))
    if len(glyph[0]):
        # Over the cross: what is to be closed must still be told.
        out.append(Painted(*glyph, stroke=_WHITE, width=0.16))
        out.append(Painted(*glyph, fill=dark))
    return tuple(out)


def _readable(color: str) -> str:
    """Return the colour, darkened until it stands 3:1 on white: outlines and glyphs need it."""
    while style.contrast(color, _WHITE) < 3.0:
        color = style.mixed(color, "#000000", 0.92)
    return color


@lru_cache(maxsize=64)
def icon(name: str) -> tuple[_Path, ...]:
    """Return a toolbar icon's strokes (resources/icons) as (codes, points), −1…1, y down.

    To be stroked with round caps and joins, width ``ICON_WIDTH``, in the text colour.
    """
    root = ElementTree.parse(resources.path(f"icons/{name}.svg")).getroot()
    parsed = [_parse(e.attrib["d"]) for e in root.iter("{http://www.w3.org/2000/svg}path")]
    return tuple((codes, points / 12.0 - 1.0) for codes, points in parsed)


ICON_WIDTH = 1.6 / 12.0


@lru_cache(maxsize=64)
def _picture(name: str) -> tuple[_Path, _Path]:
    root = ElementTree.parse(resources.path(f"symbols/{name}.svg")).getroot()
    found = {
        e.attrib["class"]: _parse(e.attrib["d"])
        for e in root.iter("{http://www.w3.org/2000/svg}path")
    }
    nothing = (np.zeros(0, np.uint8), np.zeros((0, 2)))
    return found["body"], found.get("glyph", nothing)


_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)")
_TAKES = {"M": (1, MOVE), "L": (1, LINE), "C": (3, CURVE), "Z": (0, CLOSE)}


def _parse(d: str) -> _Path:
    """Return a path's codes and points. Raises ValueError for other commands than M L C Z."""
    tokens = _TOKEN.findall(d)
    codes: list[int] = []
    points: list[tuple[float, float]] = []
    start, at, command = (0.0, 0.0), 0, ""
    while at < len(tokens):
        if tokens[at].isalpha():
            command = tokens[at]
            at += 1
        if command not in _TAKES:
            raise ValueError(f"path command {command!r} is outside the subset M L C Z")
        pairs, code = _TAKES[command]
        values = [float(t) for t in tokens[at : at + 2 * pairs]]
        at += 2 * pairs
        rows = list(zip(values[::2], values[1::2], strict=True)) or [start]
        if code == MOVE:
            start = rows[0]
        codes += [code] * len(rows)
        points += rows
        command = {"M": "L", "Z": ""}.get(command, command)
    return np.array(codes, np.uint8), np.array(points, np.float64).reshape(-1, 2)


def flat(path: _Path, steps: int = 8) -> list[npt.NDArray[np.float64]]:
    """Return a path's parts as point rows (n, 2), each curve as ``steps`` straight pieces."""
    codes, points = path
    t = np.arange(1, steps + 1)[:, None] / steps
    parts: list[list[npt.NDArray[np.float64]]] = []
    at = 0
    while at < len(codes):
        if codes[at] == MOVE:
            parts.append([points[at][None, :]])
        elif codes[at] == LINE:
            parts[-1].append(points[at][None, :])
        elif codes[at] == CURVE:
            a, (b, c, d) = parts[-1][-1][-1], points[at : at + 3]
            s = 1 - t
            parts[-1].append(s**3 * a + 3 * s**2 * t * b + 3 * s * t**2 * c + t**3 * d)
            at += 2
        at += 1
    return [np.concatenate(p) for p in parts]


def _half(path: _Path, *, lower: bool) -> _Path:
    """Return what of a filled path lies below (or above) the middle, by Sutherland–Hodgman."""
    codes: list[int] = []
    points: list[npt.NDArray[np.float64]] = []
    for ring in flat(path):
        inside = ring[:, 1] >= 0 if lower else ring[:, 1] <= 0
        kept: list[npt.NDArray[np.float64]] = []
        for i in range(len(ring)):
            a, b = ring[i - 1], ring[i]
            if inside[i - 1] != inside[i]:
                kept.append(a + (b - a) * (a[1] / (a[1] - b[1])))
            if inside[i]:
                kept.append(b)
        if len(kept) >= 3:
            codes += [MOVE] + [LINE] * (len(kept) - 1) + [CLOSE]
            points += [*kept, kept[0]]
    return np.array(codes, np.uint8), np.array(points, np.float64).reshape(-1, 2)


def _circle(radius: float) -> _Path:
    k = radius * 0.5522847498
    r = radius
    points = [
        (r, 0), (r, k), (k, r), (0, r), (-k, r), (-r, k), (-r, 0),
        (-r, -k), (-k, -r), (0, -r), (k, -r), (r, -k), (r, 0), (r, 0),
    ]  # fmt: skip
    codes = [MOVE] + [CURVE] * 12 + [CLOSE]
    return np.array(codes, np.uint8), np.array(points, np.float64)


def _lines(*lines: tuple[tuple[float, float], ...]) -> _Path:
    codes = [code for line in lines for code in [MOVE] + [LINE] * (len(line) - 1)]
    return np.array(codes, np.uint8), np.array([p for line in lines for p in line], np.float64)


def svg(
    kind: str, class_: str = "", status: str = "现状", sketched: bool = False, color: str = ""
) -> str:
    """Return the symbol as one self-contained ``<svg>`` element for a web page."""
    drawn = symbol(kind, class_, status, sketched, color)
    r = max(drawn.reach, 1.1)
    inside = "".join(_svg_path(p) for p in drawn.paths)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-r:g} {-r:g} {2 * r:g} {2 * r:g}">'
        f"{inside}</svg>"
    )


def _svg_path(path: Painted) -> str:
    words: list[str] = []
    at = 0
    while at < len(path.codes):
        code, rows = int(path.codes[at]), 3 if path.codes[at] == CURVE else 1
        pairs = " ".join(f"{x:.3g} {y:.3g}" for x, y in path.points[at : at + rows])
        words.append("Z" if code == CLOSE else {MOVE: "M", LINE: "L", CURVE: "C"}[code] + pairs)
        at += rows
    paint = f'fill="{path.fill or "none"}"'
    if path.stroke:
        paint += f' stroke="{path.stroke}" stroke-width="{path.width:g}"'
    if path.dash:
        paint += f' stroke-dasharray="{" ".join(f"{d:g}" for d in path.dash)}"'
    return f'<path {paint} d="{"".join(words)}"/>'
