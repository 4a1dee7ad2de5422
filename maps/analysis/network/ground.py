"""The planning districts as a grid of sample places: what area is measured on by time.

Travel time has no outline that could be intersected exactly, so area is counted on
cells. The cells of a district share its true area equally: a district that is wholly
reached counts in full.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import shapely

from maps.analysis.demand import Demand
from maps.analysis.network.lines import Floats, Ints

CELLS = 60_000
"""About how many cells the planning districts are divided into."""

SMALLEST, LARGEST = 20.0, 2000.0


@dataclass(frozen=True, eq=False)
class Ground:
    """Cells whose centre lies in a planning district.

    ``x``/``y`` centres in the plan's CRS, ``district`` positions in the demand's
    districts, ``km2`` true area each stands for. Cell (row, column) of a centre is
    counted from ``west``/``north``, ``cell`` metres wide; ``total`` true km² by district.
    """

    x: Floats
    y: Floats
    district: Ints
    km2: Floats
    row: Ints
    column: Ints
    cell: float
    west: float
    north: float
    shape: tuple[int, int]
    total: Floats

    def by_district(self, inside: np.ndarray, districts: int) -> Floats:
        """True km² of the cells where ``inside``, by district."""
        return self.areas(np.bincount(self.district[inside], minlength=districts))

    def areas(self, hit: Ints) -> Floats:
        """True km² by district when so many cells of each are inside."""
        # A district whose every cell is inside counts with its own area, to the last bit.
        share = self.total * (hit / np.maximum(self.cells, 1))
        return np.where(hit == self.cells, self.total, share)

    @cached_property
    def cells(self) -> Ints:
        """Number of cells by district."""
        return np.bincount(self.district, minlength=len(self.total))


@lru_cache(maxsize=4)
def ground(people: Demand, cells: int = CELLS) -> Ground:
    """Divide the planning districts of ``people`` into about ``cells`` cells."""
    total = sum(d.area_km2 for d in people.districts)
    cell = min(max(math.sqrt(total * 1e6 / max(cells, 1)), SMALLEST), LARGEST)
    shapes = [d.shape for d in people.districts]
    if not shapes:
        none, ids = np.zeros(0), np.zeros(0, np.intp)
        return Ground(none, none, ids, none, ids, ids, cell, 0.0, 0.0, (0, 0), none)
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    columns, rows = math.ceil((east - west) / cell), math.ceil((north - south) / cell)
    label = np.full((rows, columns), -1, np.intp)
    for i, shape in enumerate(shapes):
        _label(label, i, shape, west, north, cell)
    row, column = np.nonzero(label >= 0)
    district = label[row, column]
    count = np.bincount(district, minlength=len(shapes))
    areas = np.array([d.area_km2 for d in people.districts])
    each = areas / np.maximum(count, 1)
    x, y = west + (column + 0.5) * cell, north - (row + 0.5) * cell
    return Ground(
        x, y, district, each[district], row, column, cell, west, north, (rows, columns), areas
    )


def _label(
    label: np.ndarray, i: int, shape: shapely.Geometry, west: float, north: float, cell: float
) -> None:
    """Write ``i`` into the free cells whose centre is in the shape, at least into one."""
    left, bottom, right, top = shapely.bounds(shape)
    c0, c1 = int((left - west) // cell), int((right - west) // cell) + 1
    r0, r1 = int((north - top) // cell), int((north - bottom) // cell) + 1
    c1, r1 = min(c1, label.shape[1]), min(r1, label.shape[0])
    x, y = np.meshgrid(
        west + (np.arange(c0, c1) + 0.5) * cell, north - (np.arange(r0, r1) + 0.5) * cell
    )
    shapely.prepare(shape)
    inside = shapely.intersects_xy(shape, x, y) & (label[r0:r1, c0:c1] < 0)
    if not inside.any():  # a district smaller than a cell still has one
        middle = shapely.point_on_surface(shape)
        row, column = int((north - middle.y) // cell), int((middle.x - west) // cell)
        label[min(row, label.shape[0] - 1), min(column, label.shape[1] - 1)] = i
        return
    label[r0:r1, c0:c1][inside] = i
