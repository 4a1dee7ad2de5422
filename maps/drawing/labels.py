"""Where names and symbols go so that nothing lies on anything else. Pure arrays.

Used by paper (millimetres, y up) and window (pixels, y down) alike: the caller hands in
text extents and gets positions back. The same input gives the same picture.

:func:`place` is greedy in order of importance: each label takes the first free of its
candidate positions, and a label with none gives way (it is left out). :func:`spread` moves
symbols that share a place apart, as little as it takes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Request:
    """A label that wants a place.

    ``x``, ``y``: the point it names. ``width``, ``height``: extent of its text. ``reach``:
    half the width of the symbol at the point. ``rank``: importance, low first. ``inside``:
    the name of an area, to be set over the point rather than beside it; ``room`` is then
    how far (x, y) it may stray. ``may_leave``: it may be set apart, joined by a line.
    """

    x: float
    y: float
    width: float
    height: float
    reach: float = 0.0
    rank: int = 0
    inside: bool = False
    room: tuple[float, float] = (0.0, 0.0)
    may_leave: bool = True


@dataclass(frozen=True)
class Placed:
    """The centre of a label's box; ``far`` when it needs a line to what it names."""

    x: float
    y: float
    far: bool = False


# Beside the point, best first: unit steps (x, y up) and whether the box is centred there.
_BESIDE = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
# Over an area's middle: a grid, from the middle outward.
_GRID = np.array([(x, y) for x in np.linspace(-1, 1, 9) for y in np.linspace(-1, 1, 9)])
_INSIDE = _GRID[np.argsort(np.hypot(_GRID[:, 0], _GRID[:, 1]), kind="stable")]
_TURNS = np.deg2rad(np.arange(16) * 22.5 + 11.25)
_FAR = np.column_stack([np.cos(_TURNS), np.sin(_TURNS)])
_RINGS = (0.3, 0.6, 1.0, 1.5, 2.1, 2.8)


def place(
    requests: Sequence[Request],
    obstacles: Floats | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    *,
    gap: float = 0.4,
    far: float = 0.0,
    y_down: bool = False,
    check: Callable[[], None] = lambda: None,
) -> list[Placed | None]:
    """Return a place for each request, None for those that give way.

    ``obstacles`` (n, 4): boxes (x0, y0, x1, y1) that stay free of labels, such as symbols.
    ``bounds``: the box all labels stay in. ``gap``: room between a symbol and its label.
    ``far``: how far off a label may be set when there is no room beside its point (0: not).
    ``check`` is called every few labels: it may wait, or raise to give up.
    """
    boxes = np.empty(
        (len(requests) * (1 + _BEADS) + (0 if obstacles is None else len(obstacles)), 4)
    )
    taken = 0
    if obstacles is not None and len(obstacles):
        taken = len(obstacles)
        boxes[:taken] = obstacles
    taken_by_symbols = taken
    up = -1.0 if y_down else 1.0
    out: list[Placed | None] = [None] * len(requests)
    for number, i in enumerate(sorted(range(len(requests)), key=lambda k: (requests[k].rank, k))):
        if number % _FEW == 0:
            check()
        request = requests[i]
        centres, near = _candidates(request, gap, far, up)
        half = np.array([request.width, request.height]) / 2
        tried = np.hstack([centres - half, centres + half])
        free = _free(tried, boxes[:taken], bounds)
        chosen = _first(free[:near])
        if chosen is None and len(centres) > near:
            beads = _beads(request, centres, half)
            apart = near + np.flatnonzero(free[near:])
            # Best a joining line that crosses nothing; else one that crosses symbols only.
            for first in (0, taken_by_symbols):
                rest = boxes[first:taken]
                chosen = next((int(k) for k in apart if _clear(beads[k], rest)), None)
                if chosen is not None:
                    break
        if chosen is None:
            continue
        boxes[taken] = tried[chosen]
        taken += 1
        if chosen >= near:
            # Later labels keep off the line that joins this one to its point.
            boxes[taken : taken + _BEADS] = np.tile(beads[chosen], 2)
            taken += _BEADS
        x, y = centres[chosen]
        out[i] = Placed(float(x), float(y), chosen >= near)
    return out


_BEADS = 12
_FEW = 4
"""Labels placed between two calls of ``check``: about a millisecond."""


def _beads(request: Request, centres: Floats, half: Floats) -> Floats:
    """Return points (k, _BEADS, 2) along the lines that would join each candidate to its point."""
    point = np.array([request.x, request.y])
    ends = np.clip(point, centres - half, centres + half)
    way = ends - point
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    first = np.minimum(1.0, 1.1 * request.reach / length)
    share = first[:, None] + (0.97 - first)[:, None] * np.linspace(0, 1, _BEADS)
    return point + way[:, None, :] * share[:, :, None]


def _clear(beads: Floats, boxes: Floats) -> bool:
    x, y = beads[:, 0, None], beads[:, 1, None]
    hit = (x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])
    return not bool(hit.any())


def _first(free: npt.NDArray[np.bool_]) -> int | None:
    found = np.flatnonzero(free)
    return int(found[0]) if len(found) else None


def _free(
    tried: Floats, boxes: Floats, bounds: tuple[float, float, float, float] | None
) -> npt.NDArray[np.bool_]:
    free = np.ones(len(tried), bool)
    if bounds is not None:
        free &= (tried[:, 0] >= bounds[0]) & (tried[:, 1] >= bounds[1])
        free &= (tried[:, 2] <= bounds[2]) & (tried[:, 3] <= bounds[3])
    if len(boxes):
        a, b = tried[:, None, :], boxes[None, :, :]
        hit = (a[..., 0] < b[..., 2]) & (a[..., 2] > b[..., 0])
        hit &= (a[..., 1] < b[..., 3]) & (a[..., 3] > b[..., 1])
        free &= ~hit.any(axis=1)
    return free


def _candidates(r: Request, gap: float, far: float, up: float) -> tuple[Floats, int]:
    """Return centres to try, best first, and how many of them lie right at the point."""
    point = np.array([r.x, r.y])
    half = np.array([r.width, r.height]) / 2
    if r.inside:
        out = [_INSIDE * np.array(r.room)]
    else:
        out = [np.array([_beside(step, half, r.reach + gap) for step in _BESIDE])]
    near = len(out[0])
    if far > 0 and r.may_leave:
        out += [_FAR * (r.reach + gap + far * ring + half) for ring in _RINGS]
    return point + np.concatenate(out) * np.array([1.0, up]), near


def _beside(step: tuple[int, int], half: Floats, off: float) -> tuple[float, float]:
    sx, sy = step
    if sx and sy:
        # At a corner of a round-ish symbol the label can come closer.
        return sx * (0.75 * off + half[0]), sy * (0.75 * off + half[1])
    return sx * (off + half[0]), sy * (off + half[1])


def spread(
    points: Floats,
    reach: Floats,
    fixed: npt.NDArray[np.bool_] | None = None,
    *,
    limit: float = np.inf,
    steps: int = 80,
) -> Floats:
    """Return positions (n, 2) at which round symbols of radius ``reach`` (n,) do not overlap.

    Points that have room stay exactly where they are. ``fixed`` ones never move. No point
    moves further than ``limit``; where that leaves no room, symbols overlap.
    """
    n = len(points)
    if n < 2:
        return points.copy()
    moving = np.ones(n, bool) if fixed is None else ~fixed
    at = points.copy()
    widest = 2 * float(reach.max())
    # Points in exactly one place have no direction to part in: give each its own, in order.
    turn = np.arange(n) * 2.399963
    nudge = np.column_stack([np.cos(turn), np.sin(turn)]) * 1e-3 * widest
    for _ in range(steps):
        pairs = cKDTree(at).query_pairs(widest, output_type="ndarray")
        if len(pairs):
            i, j = pairs.T
            apart = at[j] - at[i]
            distance = np.hypot(apart[:, 0], apart[:, 1])
            lack = reach[i] + reach[j] - distance
            keep = (lack > 1e-9) & (moving[i] | moving[j])
            i, j, apart, distance, lack = (v[keep] for v in (i, j, apart, distance, lack))
        if not len(pairs) or not len(lack):
            break
        same = distance < 1e-6 * widest
        apart[same] = (nudge[j] - nudge[i])[same]
        apart /= np.hypot(apart[:, 0], apart[:, 1])[:, None]
        both = moving[i] & moving[j]
        push = np.zeros((n, 2))
        np.add.at(push, i, -apart * (lack * np.where(both, 0.5, moving[i]))[:, None])
        np.add.at(push, j, apart * (lack * np.where(both, 0.5, moving[j]))[:, None])
        at += push
        off = at - points
        length = np.hypot(off[:, 0], off[:, 1])
        over = length > limit
        at[over] = points[over] + off[over] * (limit / length[over])[:, None]
    return at
