"""The reached area as pixels: how many facilities reach each one, and people whom none reaches.

A disc is turned into one span per pixel row; +1 where a span begins, −1 behind its end, and
one running sum along the rows counts all discs at once. While one facility is dragged, the
others' counts stay as they are (:class:`Moving`): a frame adds one disc and looks up colours.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from desktop.canvas.content import Check, kept
from desktop.canvas.view import Port
from maps.drawing import style

Keys = npt.NDArray[np.uint8]
Box = tuple[slice, slice]
_ROWS = 100
"""Rows of pixels between two calls of ``check``."""
_OLD, _OUTSIDE, _NEW, _PEOPLE = 4, 8, 16, 5
"""Above the number of others that reach a pixel (0–3, two bits) its key has bits for: under the
disc as it was, outside the planning districts, under the disc as it is now; and from bit
``_PEOPLE`` on the class of its people's density (0 nobody, 1–5)."""

UNREACHED_OPACITY = (0.0, 0.2, 0.36, 0.52, 0.7, 0.9)
"""Of people whom nobody reaches, by class."""


GAINED_OPACITY, LOST_OPACITY = 0.34, 0.2
"""Of ground that a facility reaches here and did not before, and the reverse."""
CHANGES = (
    (style.GAINED, 0.55, "新增覆盖"),
    (style.LOST, 0.55, "不再覆盖"),
    (style.COVERED, 0.28, "都覆盖"),
)
"""Colours, opacities and names on a map of two answers' difference."""


def argb(color: str, opacity: float = 1.0) -> int:
    """A premultiplied 32-bit pixel."""
    red, green, blue = (round(int(color[i : i + 2], 16) * opacity) for i in (1, 3, 5))
    return round(255 * opacity) << 24 | red << 16 | green << 8 | blue


def _table() -> npt.NDArray[np.uint32]:
    out = np.zeros(256, dtype=np.uint32)
    for key in range(256):
        others, new, old = key & 3, bool(key & _NEW), bool(key & _OLD)
        count, people = min(others + new, 3), min(key >> _PEOPLE, 5)
        opacity, color = style.COVERED_OPACITY.get(count, 0.0), style.COVERED
        if new and not old and not others:
            color, opacity = style.GAINED, GAINED_OPACITY
        elif not count:
            color = style.LOST if old else style.UNREACHED
            opacity = max(UNREACHED_OPACITY[people], LOST_OPACITY if old else 0.0)
        out[key] = argb(color, opacity * (0.35 if key & _OUTSIDE and count else 1.0))
        if key & _OUTSIDE and not count and not old:
            out[key] = 0  # people outside the districts are not counted
    return out


_COLORS = _table()
_WAS, _IS, _BEYOND, _WILL = 1, 2, 4, 8
"""Bits of a difference's keys: reached in the one answer, in the other, outside the planning
districts, and under the facility that is being dragged in the other."""


def _change_table() -> npt.NDArray[np.uint32]:
    out = np.zeros(16, dtype=np.uint32)
    for key in range(16):
        change = {_WAS: CHANGES[1], _IS: CHANGES[0], _WAS | _IS: CHANGES[2]}.get(
            key & _WAS | (_IS if key & (_IS | _WILL) else 0)
        )
        if change is not None:
            out[key] = argb(change[0], change[1] * (0.35 if key & _BEYOND else 1.0))
    return out


_CHANGES = _change_table()


def still(counts: Keys, outside: npt.NDArray[np.bool_], people: Keys) -> Keys:
    """Keys of a picture in which nothing moves; ``people``: density class of each pixel."""
    keys = np.minimum(counts, 3)
    keys[outside] |= _OUTSIDE
    keys |= people << _PEOPLE
    return keys


def looked_up(
    colors: npt.NDArray[np.uint32], keys: Keys, out: npt.NDArray[np.uint32], check: Check
) -> None:
    """Fill pixels with the colours of keys, a few rows at a time: numpy holds the interpreter."""
    for row in range(0, len(keys), _ROWS):
        some = slice(row, row + _ROWS)
        np.take(colors, keys[some], out=out[some], mode="clip")
        check()


def colored(keys: Keys, out: npt.NDArray[np.uint32], check: Check = lambda: None) -> None:
    """Look up the colours of keys."""
    looked_up(_COLORS, keys, out, check)


def strength(theme: style.Theme) -> float:
    """Opacity of the whole picture: on a dark map the same colours shout."""
    return 1.0 if style.luminance(theme.canvas) > 0.5 else 0.72


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


def by_road(coverage: Any) -> bool:
    """Whether a coverage is one by travel time: it has cells instead of discs."""
    return hasattr(coverage, "timer")


def is_difference(coverage: Any) -> bool:
    """Whether it is two answers compared."""
    return hasattr(coverage, "gained")


def differing(before: Keys, after: Keys, outside: npt.NDArray[np.bool_]) -> Keys:
    """Keys of two answers' difference from how many facilities reach each pixel.

    People whom neither reaches are left out: their orange would be taken for a loss.
    """
    keys = (before > 0) * np.uint8(_WAS) | (after > 0) * np.uint8(_IS)
    return np.asarray(keys | outside * np.uint8(_BEYOND))


def recolored(keys: Keys, out: npt.NDArray[np.uint32], check: Check = lambda: None) -> None:
    """Look up the colours of a difference's keys."""
    looked_up(_CHANGES, keys, out, check)


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


def stamp(
    disc: shapely.Polygon, port: Port, width: int, height: int
) -> tuple[Box, npt.NDArray[np.bool_]] | None:
    """The box of pixels in which a disc lies, and which pixels of it the disc covers."""
    first, left, right = spans(disc, port, width, height)
    if not len(left) or left.min() >= right.max():
        return None
    box = slice(first, first + len(left)), slice(int(left.min()), int(right.max()))
    columns = np.arange(box[1].start, box[1].stop)
    return box, (columns >= left[:, None]) & (columns < right[:, None])


class Moving:
    """The reached area of one picture while one facility is dragged.

    ``keys``: what each pixel would be without the facility; ``new``: the bit it has under the
    facility; ``colors``: of every key; ``out``: the pixels (height, width) :meth:`at` fills.
    """

    def __init__(
        self, keys: Keys, new: int, colors: npt.NDArray[np.uint32], out: npt.NDArray[np.uint32]
    ) -> None:
        self.out = out
        self._keys, self._new, self._colors = keys, np.uint8(new), colors
        self._base = np.empty(keys.shape, dtype=np.uint32)
        np.take(colors, keys, out=self._base, mode="clip")
        self.out[:] = self._base
        self.box: Box = (slice(0, 0), slice(0, 0))
        """Rows and columns of the pixels that are not as without the facility."""

    @classmethod
    def reached(
        cls, still: Keys, others: Keys, mine: Keys, out: npt.NDArray[np.uint32]
    ) -> "Moving":
        """Of one answer: ``still``, the keys of its picture; ``others``: how many of the others
        reach each pixel; ``mine``: 1 where the facility reached when the drag began."""
        keys = (still & np.uint8(0xF8)) | np.minimum(others, 3) | mine * np.uint8(_OLD)
        return cls(keys, _NEW, _COLORS, out)

    @classmethod
    def changed(cls, still: Keys, others: Keys, out: npt.NDArray[np.uint32]) -> "Moving":
        """Of a difference, ``still`` its keys, while a facility of the later answer is dragged."""
        keys = (still & np.uint8(_WAS | _BEYOND)) | (others > 0) * np.uint8(_IS)
        return cls(keys, _WILL, _CHANGES, out)

    def at(self, stamped: tuple[Box, npt.NDArray[np.bool_]] | None) -> None:
        """Fill the pixels with what the facility reaches somewhere else (None: nothing)."""
        self.out[self.box] = self._base[self.box]
        if stamped is None:
            self.box = (slice(0, 0), slice(0, 0))
            return
        box, inside = stamped
        keys = self._keys[box] | (inside * self._new)
        self.out[box] = np.take(self._colors, keys, mode="clip")
        self.box = box
