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

_HALVINGS = 9

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
    reached: Reached, bounds: tuple[float, float, float, float], cell: float
) -> shapely.Geometry:
    """Return the area where ``reached`` inside ``bounds``, with its holes.

    The grid is laid at multiples of ``cell``; beyond ``bounds`` nothing is reached.
    """
    west, south, east, north = bounds
    columns = int(np.ceil((east - west) / cell)) + 3
    rows = int(np.ceil((north - south) / cell)) + 3
    x = west + np.arange(-1.0, columns - 1) * cell
    y = south + np.arange(-1.0, rows - 1) * cell
    inside = np.zeros((rows, columns), bool)
    gx, gy = np.meshgrid(x[1:-1], y[1:-1])
    inside[1:-1, 1:-1] = reached(gx.ravel(), gy.ravel()).reshape(gx.shape)
    if not inside.any():
        return shapely.Polygon()
    across = _crossings(inside, x, y, reached, along_x=True)
    up = _crossings(inside, x, y, reached, along_x=False)
    segments = _segments(inside, across, up)
    return shapely.build_area(shapely.multilinestrings(shapely.linestrings(segments)))


def _crossings(
    inside: Bools, x: npt.NDArray[Any], y: npt.NDArray[Any], reached: Reached, along_x: bool
) -> npt.NDArray[np.float64]:
    """For every grid line between neighbours, the last inside place (NaN where none leaves)."""
    a = inside[:, :-1] if along_x else inside[:-1]
    b = inside[:, 1:] if along_x else inside[1:]
    row, column = np.nonzero(a != b)
    ax, ay = x[column], y[row]
    bx = x[column + 1] if along_x else ax
    by = ay if along_x else y[row + 1]
    first = a[row, column]
    in_x, in_y = np.where(first, ax, bx), np.where(first, ay, by)
    out_x, out_y = np.where(first, bx, ax), np.where(first, by, ay)
    for _ in range(_HALVINGS):
        mid_x, mid_y = (in_x + out_x) / 2, (in_y + out_y) / 2
        hit = reached(mid_x, mid_y)
        in_x, in_y = np.where(hit, mid_x, in_x), np.where(hit, mid_y, in_y)
        out_x, out_y = np.where(hit, out_x, mid_x), np.where(hit, out_y, mid_y)
    places = np.full((*a.shape, 2), np.nan)
    places[row, column] = np.column_stack([in_x, in_y])
    return places


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
