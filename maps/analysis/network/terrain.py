"""What is crossed where there is no road: speeds on a grid, heights from a GeoTIFF."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from data.refused import Refused
from maps.analysis.network.ground import Ground
from maps.analysis.network.lines import Floats

OFF_PATH = 0.6
"""Tobler's factor for walking away from paths (ROA-07)."""


def tobler(slope: Floats) -> Floats:
    """Walking speed in km/h on a slope (rise over run, signed; ROA-07)."""
    return np.asarray(6.0 * np.exp(-3.5 * np.abs(np.asarray(slope) + 0.05)))


@dataclass(frozen=True, eq=False)
class Terrain:
    """A grid of ``kmh`` (rows from the north, columns from the west; 0 is impassable).

    ``west``/``north`` edges and ``cell`` in metres of the plan's CRS. With ``heights``
    (metres, same grid) one walks by Tobler's rule off the path and ``kmh`` only says
    where one can.
    """

    west: float
    north: float
    cell: float
    kmh: Floats
    heights: Floats | None = None

    def without(self, zones: list[shapely.Geometry]) -> "Terrain":
        """The same ground with the cells inside some zones impassable."""
        if not zones:
            return self
        rows, columns = self.kmh.shape
        x = self.west + (np.arange(columns) + 0.5) * self.cell
        y = self.north - (np.arange(rows) + 0.5) * self.cell
        zone = shapely.union_all(np.asarray(zones, dtype=object))
        shapely.prepare(zone)
        wet = shapely.intersects_xy(zone, *np.meshgrid(x, y))
        return Terrain(self.west, self.north, self.cell, np.where(wet, 0.0, self.kmh), self.heights)


def even(grid: Ground, kmh: float, heights: Floats | None = None) -> Terrain:
    """Terrain of one speed over the whole box around the planning districts."""
    return Terrain(grid.west, grid.north, grid.cell, np.full(grid.shape, kmh), heights)


def read_heights(path: Path, crs: str, grid: Ground) -> Floats:
    """Heights (metres) from a GeoTIFF on the cells of ``grid``, bilinear.

    Raises Refused for a file that is no raster, has no CRS or does not cover the grid.
    """
    import rasterio  # a fifth of a second that only a file of heights needs
    from rasterio import Affine
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    out = np.full(grid.shape, np.nan)
    target = Affine(grid.cell, 0.0, grid.west, 0.0, -grid.cell, grid.north)
    try:
        with rasterio.open(path) as source:
            if source.crs is None:
                raise Refused(f"高程文件“{path.name}”没有坐标系,请先为它指定坐标系。")
            reproject(
                rasterio.band(source, 1),
                out,
                dst_transform=target,
                dst_crs=crs,
                dst_nodata=np.nan,
                resampling=Resampling.bilinear,
            )
    except rasterio.errors.RasterioIOError:
        raise Refused(f"读不了高程文件“{path}”,请选一个 GeoTIFF 文件。") from None
    known = np.isfinite(out[grid.row, grid.column])
    if not known.all():
        share = 1 - known.mean()
        raise Refused(f"高程文件“{path.name}”没有盖住规划区的 {share:.0%},请换一个范围更大的文件。")
    return np.where(np.isfinite(out), out, np.nanmean(out))
