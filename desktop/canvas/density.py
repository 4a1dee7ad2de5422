"""People as a density: cells of a grid in five classes, sampled for each pixel.

The grid is the layer's own when its points are centres of cells; other points are gathered
into cells of one kilometre. Where a pixel is larger than a cell, 2 × 2 cells are added up
until it is not, so that the picture shows the mean density and not a sample of it.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from data.plan import Layer
from desktop.canvas.content import kept, points
from desktop.canvas.view import Floats, Port
from maps.drawing import style

GATHERED = 1000.0
"""Cell in metres for points that are not a grid."""

_MOST_CELLS = 64_000_000


class Density:
    """A layer's people as a pyramid of grids, rows from north to south.

    ``breaks``: persons per km² between the five classes.
    """

    def __init__(self, layer: Layer) -> None:
        places = points(layer)
        self.basis = layer.basis
        known = np.isfinite(places.people) & (places.people > 0)
        xy, persons = places.xy[known], places.people[known]
        self.cell = layer.cell or GATHERED
        self.west = self.north = 0.0
        self.levels: list[npt.NDArray[np.float32]] = []
        if len(xy):
            self._fill(xy, persons, bool(layer.cell))
        per_km2 = self.levels[0][self.levels[0] > 0] if self.levels else np.zeros(0)
        step = max(1, len(per_km2) // 20_000)
        self.breaks = style.population_breaks(np.sort(per_km2)[::step])

    def _fill(self, xy: Floats, persons: Floats, grid: bool) -> None:
        size = np.ptp(xy, axis=0)
        while (size[0] / self.cell + 2) * (size[1] / self.cell + 2) > _MOST_CELLS:
            self.cell *= 2
        half = self.cell / 2 if grid else 0.0
        self.west, self.north = float(xy[:, 0].min() - half), float(xy[:, 1].max() + half)
        column = np.floor((xy[:, 0] - self.west) / self.cell).astype(np.int64)
        row = np.floor((self.north - xy[:, 1]) / self.cell).astype(np.int64)
        shape = int(row.max()) + 1, int(column.max()) + 1
        flat = np.bincount(row * shape[1] + column, persons, minlength=shape[0] * shape[1])
        km2 = (self.cell / 1000) ** 2
        self.levels = [(flat.reshape(shape) / km2).astype(np.float32)]
        while min(self.levels[-1].shape) > 32:
            self.levels.append(_halved(self.levels[-1]))

    @lru_cache(maxsize=8)  # noqa: B019 - lives as long as the layer it is kept with
    def _classes(self, level: int) -> npt.NDArray[np.uint8]:
        """0 nobody, 1–5 the classes."""
        grid = self.levels[level]
        return np.where(grid > 0, np.digitize(grid, self.breaks) + 1, 0).astype(np.uint8)

    def classes(self, port: Port, width: int, height: int) -> npt.NDArray[np.uint8]:
        """The class at each pixel (height, width) of the port: 0 nobody, 1–5 few to many."""
        out = np.zeros((height, width), dtype=np.uint8)
        if not self.levels:
            return out
        mpp = port.view.mpp * port.width / width
        level = int(np.clip(np.floor(np.log2(max(mpp / self.cell, 1.0))), 0, len(self.levels) - 1))
        cell = self.cell * 2**level
        west, _, _, north = port.bounds
        x = (west - self.west + (np.arange(width) + 0.5) * mpp) / cell
        y = (self.north - north + (np.arange(height) + 0.5) * mpp) / cell
        grid = self._classes(level)
        columns, rows = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        a, b = np.searchsorted(columns, [0, grid.shape[1]])
        c, d = np.searchsorted(rows, [0, grid.shape[0]])
        if a < b and c < d:
            seen = grid[rows[c] : rows[d - 1] + 1]
            # Rows that repeat (a cell is many pixels high) are sampled once.
            picked = np.take(seen, columns[a:b], axis=1)
            out[c:d, a:b] = np.take(picked, rows[c:d] - rows[c], axis=0)
        return out


def density(layer: Layer) -> Density:
    return kept(layer, "density", lambda: Density(layer))


def ramp(theme: style.Theme) -> tuple[str, ...]:
    """Colours of the five classes, few to many: on a dark ground many people shine."""
    if style.luminance(theme.canvas) > 0.5:
        return style.POPULATION_RAMP
    shares = (0.16, 0.3, 0.46, 0.64, 0.82)
    return tuple(style.mixed("#b9a6e8", theme.district, share) for share in shares)


def _halved(grid: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Mean of 2 × 2 cells (what lies beyond the edge counts as nobody)."""
    high, wide = -(-grid.shape[0] // 2), -(-grid.shape[1] // 2)
    padded = np.zeros((high * 2, wide * 2), dtype=np.float32)
    padded[: grid.shape[0], : grid.shape[1]] = grid
    return padded.reshape(high, 2, wide, 2).mean(axis=(1, 3))
