"""The reached area as pixels: how many facilities reach each one, and people not reached.

A disc is turned into one span per pixel row; +1 where a span begins, −1 behind its end, and
one running sum along the rows counts all discs at once. While one facility is dragged, the
others' counts stay as they are (:class:`Moving`): a frame adds one disc and looks up colours.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from desktop.canvas.content import kept
from desktop.canvas.view import Floats, Port
from maps.drawing import style

Keys = npt.NDArray[np.uint8]
_OLD, _OUTSIDE, _NEW = 4, 8, 16
"""Bits of a pixel's key above the number of others (0–3): under the disc as it was, outside
the planning districts, under the disc as it is now."""

_BIN = 4
"""Pixels: people not reached are gathered into squares of this size."""


def argb(color: str, opacity: float = 1.0) -> int:
    """A premultiplied 32-bit pixel."""
    red, green, blue = (round(int(color[i : i + 2], 16) * opacity) for i in (1, 3, 5))
    return round(255 * opacity) << 24 | red << 16 | green << 8 | blue


def _table() -> npt.NDArray[np.uint32]:
    out = np.zeros(32, dtype=np.uint32)
    for key in range(32):
        others, new, old = key & 3, bool(key & _NEW), bool(key & _OLD)
        count = min(others + new, 3)
        opacity = style.COVERED_OPACITY[count] if count else 0.0
        color = style.COVERED
        if new and not old and not others:
            color, opacity = style.GAINED, 0.34
        elif old and not new and not others:
            color, opacity = style.LOST, 0.26
        out[key] = argb(color, opacity * (0.35 if key & _OUTSIDE else 1.0))
    return out


_COLORS = _table()


def still(counts: Keys, outside: npt.NDArray[np.bool_]) -> Keys:
    """Keys of a picture in which nothing moves."""
    keys = np.minimum(counts, 3)
    keys[outside] |= _OUTSIDE
    return keys


def colored(keys: Keys, out: npt.NDArray[np.uint32]) -> None:
    """Look up the colours of keys."""
    np.take(_COLORS, keys, out=out, mode="clip")


def spans(
    disc: shapely.Polygon, port: Port, width: int, height: int
) -> tuple[int, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First pixel row and, for each row from there, first column inside and first behind.

    ``disc`` is convex; a pixel is inside when its middle is.
    """
    xy = port.pixels(shapely.get_coordinates(disc)) * (width / port.width)
    xy = xy[:-1]
    xy = np.roll(xy, -int(xy[:, 1].argmin()), axis=0)
    bottom = int(xy[:, 1].argmax())
    one, other = xy[: bottom + 1], np.concatenate([xy[bottom:], xy[:1]])[::-1]
    first = max(0, int(np.ceil(xy[0, 1] - 0.5)))
    last = min(height - 1, int(np.ceil(xy[bottom, 1] - 0.5)) - 1)
    rows = np.arange(first, last + 1)
    a = np.interp(rows + 0.5, one[:, 1], one[:, 0])
    b = np.interp(rows + 0.5, other[:, 1], other[:, 0])
    left = np.clip(np.ceil(np.minimum(a, b) - 0.5), 0, width).astype(np.int64)
    right = np.clip(np.ceil(np.maximum(a, b) - 0.5), 0, width).astype(np.int64)
    return first, left, right


def counted(discs: list[shapely.Polygon], port: Port, width: int, height: int) -> Keys:
    """How many discs (at most 255) lie over each pixel (height, width)."""
    steps = np.zeros(height * (width + 1), dtype=np.int16)
    for disc in discs:
        first, left, right = spans(disc, port, width, height)
        base = (first + np.arange(len(left))) * (width + 1)
        steps[base + left] += 1
        steps[base + right] -= 1
    sums = np.cumsum(steps.reshape(height, width + 1)[:, :width], axis=1, dtype=np.int16)
    return np.minimum(sums, 255).astype(np.uint8)


def discs_near(coverage: Any, port: Port) -> tuple[list[shapely.Polygon], list[int]]:
    """The discs that reach into the port, and which facilities they belong to."""
    discs = discs_of(coverage)
    west, south, east, north = port.bounds
    box = shapely.bounds(discs)
    near = (box[:, 0] < east) & (box[:, 2] > west) & (box[:, 1] < north) & (box[:, 3] > south)
    which = np.flatnonzero(near)
    return [discs[i] for i in which], which.tolist()


def discs_of(coverage: Any) -> npt.NDArray[np.object_]:
    """The disc of each facility of a coverage, in its order."""
    return kept(coverage, "discs", lambda: coverage.sites.discs(coverage.demand.ruler))


class Dots:
    """People not reached, gathered into squares of a few pixels of one picture."""

    def __init__(self, xy: Floats, persons: Floats, port: Port, width: int, height: int) -> None:
        pixels = port.pixels(xy) * (width / port.width)
        seen = (pixels >= 1).all(axis=1) & (pixels < [width - 2, height - 2]).all(axis=1)
        seen &= persons > 0
        pixels, persons = pixels[seen], persons[seen]
        across = width // _BIN + 1
        bins = (pixels[:, 1] // _BIN).astype(np.int64) * across + (pixels[:, 0] // _BIN).astype(
            np.int64
        )
        filled, which = np.unique(bins, return_inverse=True)
        self.persons = np.bincount(which, persons) if len(filled) else np.zeros(0)
        weight = np.maximum(self.persons, 1e-9)
        self.x, self.y = (
            (np.bincount(which, persons * pixels[:, i]) / weight).astype(np.int64)
            if len(filled)
            else np.zeros(0, np.int64)
            for i in (0, 1)
        )
        top = np.quantile(self.persons, 0.98) if len(filled) else 1.0
        self.strength = np.sqrt(np.minimum(self.persons / max(float(top), 1e-9), 1.0))

    def stamp(self, out: npt.NDArray[np.uint32], free: Keys | None = None) -> None:
        """Set the dots into a picture; only where ``free`` (keys) says nobody reaches."""
        alive = self.strength > 0.12
        if free is not None:
            alive &= (free[self.y, self.x] & (_NEW | 3)) == 0
        x, y, strength = self.x[alive], self.y[alive], self.strength[alive]
        shades = np.array([argb(style.UNREACHED, a) for a in np.linspace(0.25, 0.95, 8)], np.uint32)
        color = shades[np.minimum((strength * 8).astype(np.int64), 7)]
        for dy in (0, 1):
            for dx in (0, 1):
                out[y + dy, x + dx] = color
        strong = strength > 0.6
        x, y, color = x[strong], y[strong], color[strong]
        for dx, dy in ((-1, 0), (-1, 1), (0, -1), (1, -1), (2, 0), (2, 1), (0, 2), (1, 2)):
            out[y + dy, x + dx] = color


class Moving:
    """The reached area of one picture while one facility is dragged.

    ``counts``: all facilities'; ``old``: the disc where the drag began; ``out``: the pixels
    (height, width) that :meth:`at` fills.
    """

    def __init__(
        self,
        counts: Keys,
        outside: npt.NDArray[np.bool_],
        old: shapely.Polygon,
        port: Port,
        out: npt.NDArray[np.uint32],
    ) -> None:
        self.port = port
        self.height, self.width = counts.shape
        mine = self._mask(old)
        self.keys = np.minimum(counts - mine, 3)
        self.keys[outside] |= _OUTSIDE
        self.keys |= mine * np.uint8(_OLD)
        self.base = np.empty(counts.shape, dtype=np.uint32)
        colored(self.keys, self.base)
        self.out = out
        self.out[:] = self.base

    def _mask(self, disc: shapely.Polygon) -> Keys:
        return np.minimum(counted([disc], self.port, self.width, self.height), 1)

    def at(self, disc: shapely.Polygon, dots: Dots) -> None:
        """Fill the pixels with the facility's disc somewhere else."""
        np.copyto(self.out, self.base)
        first, left, right = spans(disc, self.port, self.width, self.height)
        keys = self.keys
        if len(left) and left.min() < right.max():
            box = slice(first, first + len(left)), slice(int(left.min()), int(right.max()))
            columns = np.arange(box[1].start, box[1].stop)
            inside = (columns >= left[:, None]) & (columns < right[:, None])
            lit = self.keys[box] | (inside * np.uint8(_NEW))
            self.out[box] = _COLORS[lit]
            keys = self.keys.copy()
            keys[box] = lit
        dots.stamp(self.out, keys)
