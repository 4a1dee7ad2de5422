"""The outline of “reached in time” for any way of telling time.

Marching squares over a grid of asked places. Where a grid line leaves the reached
ground, the place of leaving is found by halving the stretch again and again, and the
vertex is put on the last place found *inside*: so every vertex is reached in time, also
where time jumps (from one road's land to another's). Between vertices the outline is
straight and can be wrong by less than a cell.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from maps.analysis.network.lines import Bools, Floats, Ints

Reached = Callable[[Floats, Floats], Bools]
"""Whether places (x, y arrays in the plan's CRS) are reached."""

_HALVINGS = 5

# Sides of a square: 0 top, 1 right, 2 bottom, 3 left. Corners: bit 1 top left, 2 top right,
# 4 bottom right, 8 bottom left. Opposite corners alone are kept apart.
_CASES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    5: ((3, 0), (1, 2)),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    10: ((0, 1), (2, 3)),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}


def outline(
    reached: Reached,
    bounds: tuple[float, float, float, float],
    cell: float,
    maybe: Reached | None = None,
) -> shapely.Geometry:
    """Return the area where ``reached`` inside ``bounds``, with its holes.

    The grid is laid at multiples of ``cell``; beyond ``bounds`` nothing is reached.
    ``maybe`` is asked first for the whole grid, row by row: what it rules out is not
    asked about.
    """
    west, south, east, north = bounds
    columns = int(np.ceil((east - west) / cell)) + 3
    rows = int(np.ceil((north - south) / cell)) + 3
    x = west + np.arange(-1.0, columns - 1) * cell
    y = south + np.arange(-1.0, rows - 1) * cell
    inside = np.zeros((rows, columns), bool)
    gx, gy = np.meshgrid(x[1:-1], y[1:-1])
    asked = np.ones(gx.size, bool) if maybe is None else maybe(gx.ravel(), gy.ravel())
    hit = np.zeros(gx.size, bool)
    hit[asked] = reached(gx.ravel()[asked], gy.ravel()[asked])
    inside[1:-1, 1:-1] = hit.reshape(gx.shape)
    if not inside.any():
        return shapely.Polygon()
    across, up = _crossings(inside, x, y, reached)
    segments = _segments(inside, across, up)
    return shapely.build_area(shapely.multilinestrings(shapely.linestrings(segments)))


def _crossings(
    inside: Bools, x: npt.NDArray[Any], y: npt.NDArray[Any], reached: Reached
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For every grid line between neighbours, across and up, the last inside place (else NaN)."""
    pairs = []
    for down, right in ((0, 1), (1, 0)):
        a = inside[: inside.shape[0] - down, : inside.shape[1] - right]
        row, column = np.nonzero(a != inside[down:, right:])
        ends = (x[column], y[row]), (x[column + right], y[row + down])
        pairs.append((a, row, column, ends))
    first = np.concatenate([a[row, column] for a, row, column, _ in pairs])
    one, other = (np.concatenate([np.array(ends[k]) for *_, ends in pairs], axis=1) for k in (0, 1))
    within, beyond = np.where(first, one, other), np.where(first, other, one)
    for _ in range(_HALVINGS):
        middle = (within + beyond) / 2
        hit = reached(*middle)
        within, beyond = np.where(hit, middle, within), np.where(hit, beyond, middle)
    out, done = [], 0
    for a, row, column, _ in pairs:
        places = np.full((*a.shape, 2), np.nan)
        places[row, column] = within[:, done : done + len(row)].T
        done += len(row)
        out.append(places)
    return out[0], out[1]


def _segments(inside: Bools, across: Floats, up: Floats) -> npt.NDArray[np.float64]:
    """Pieces of outline (n, 2, 2), square by square."""
    # Rows grow northwards: “top” is the higher row.
    kind: Ints = (
        inside[1:, :-1] * 1 + inside[1:, 1:] * 2 + inside[:-1, 1:] * 4 + inside[:-1, :-1] * 8
    )
    sides = (across[1:], up[:, 1:], across[:-1], up[:, :-1])
    parts = []
    for case, pairs in _CASES.items():
        row, column = np.nonzero(kind == case)
        for start, end in pairs:
            piece = np.stack([sides[start][row, column], sides[end][row, column]], axis=1)
            parts.append(piece)
    pieces = np.concatenate(parts)
    # An outline that touches a grid place from two sides has pieces without length.
    return pieces[(pieces[:, 0] != pieces[:, 1]).any(axis=1)]
