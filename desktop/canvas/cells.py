"""Coverage by travel time on the map: the cells its area is counted on, as pixels.

Travel time has no outline that could be computed exactly; area is counted on sample cells
(``maps.analysis.network.ground``). The map shows those very cells, so that what is coloured is
what the numbers say.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from desktop.canvas.content import kept
from desktop.canvas.view import Port
from maps.analysis.network.ground import Ground, ground

Keys = npt.NDArray[np.uint8]
Box = tuple[slice, slice]


def reached(coverage: Any) -> Keys:
    """By cell, how many of the quickest facilities reach it in time (0–3)."""

    def count() -> Keys:
        cells = ground(coverage.demand)
        if not len(cells.x):
            return np.zeros(0, dtype=np.uint8)
        limit = coverage.ask.minutes * 60.0 + 1e-6
        return np.asarray((coverage.timer.at(cells)[0] <= limit).sum(axis=0), dtype=np.uint8)

    return kept(coverage, "cells", count)


class Sampled:
    """The cells under the pixels of a port."""

    def __init__(self, coverage: Any, port: Port, width: int, height: int) -> None:
        self._cells: Ground = ground(coverage.demand)
        cells, (west, _, _, north) = self._cells, port.bounds
        mpp = port.view.mpp * port.width / width
        rows, columns = cells.shape
        x = (west + (np.arange(width) + 0.5) * mpp - cells.west) / cells.cell
        y = (cells.north - north + (np.arange(height) + 0.5) * mpp) / cells.cell
        # What lies beyond the grid is looked up in one more row and column, always 0.
        self._column = np.where((x >= 0) & (x < columns), np.floor(x), columns).astype(np.intp)
        self._row = np.where((y >= 0) & (y < rows), np.floor(y), rows).astype(np.intp)

    def _grid(self, of: npt.NDArray[Any], values: npt.NDArray[Any]) -> Keys:
        rows, columns = self._cells.shape
        out = np.zeros((rows + 1, columns + 1), dtype=np.uint8)
        out[self._cells.row[of], self._cells.column[of]] = values
        return out

    def values(self, by_cell: npt.NDArray[Any]) -> Keys:
        """The value of the cell at each pixel (height, width), 0 outside the districts."""
        grid = self._grid(np.arange(len(by_cell)), by_cell)
        return np.asarray(np.take(np.take(grid, self._column, axis=1), self._row, axis=0))

    def stamp(self, some: npt.NDArray[Any]) -> tuple[Box, npt.NDArray[np.bool_]] | None:
        """The box of pixels in which some cells lie, and which pixels of it they cover."""
        if not len(some):
            return None
        rows, columns = self._cells.row[some], self._cells.column[some]
        high = np.flatnonzero((self._row >= rows.min()) & (self._row <= rows.max()))
        wide = np.flatnonzero((self._column >= columns.min()) & (self._column <= columns.max()))
        if not len(high) or not len(wide):
            return None
        box = slice(int(high[0]), int(high[-1]) + 1), slice(int(wide[0]), int(wide[-1]) + 1)
        grid = self._grid(some, np.ones(len(some)))
        seen = np.take(grid, self._column[box[1]], axis=1)
        return box, np.take(seen, self._row[box[0]], axis=0).astype(bool)


def edges(counts: Keys) -> npt.NDArray[np.bool_]:
    """Pixels of reached ground with a neighbour that is not reached."""
    inside = counts > 0
    out = np.zeros_like(inside)
    out[1:] |= inside[1:] & ~inside[:-1]
    out[:-1] |= inside[:-1] & ~inside[1:]
    out[:, 1:] |= inside[:, 1:] & ~inside[:, :-1]
    out[:, :-1] |= inside[:, :-1] & ~inside[:, 1:]
    return out
