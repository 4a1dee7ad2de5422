"""People's cells as a picture for the web page, in the projection of web maps."""

import base64
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pyproj

from data.plan import GEOGRAPHIC, Layer
from maps.drawing import style

PIXELS = 900
"""The longer side of the picture."""


@dataclass(frozen=True)
class Cells:
    """A picture as a data address, and its south-west and north-east corners in degrees."""

    url: str
    bounds: tuple[tuple[float, float], tuple[float, float]]
    breaks: tuple[float, ...]


def cells(
    layer: Layer, crs: str, colors: tuple[str, ...], only: npt.NDArray[np.bool_] | None = None
) -> Cells | None:
    """Return the cells of a population grid, coloured by class; None when it is no grid.

    ``only``: which of the layer's points, in the order of its frame.
    """
    if layer.cell <= 0 or not len(layer):
        return None
    frame = layer.frame if only is None else layer.frame[only]
    people = frame["人口"].to_numpy(float, na_value=np.nan)
    seen = np.isfinite(people) & (people > 0)
    if not seen.any():
        return None
    x, y = frame.geometry.x.to_numpy()[seen], frame.geometry.y.to_numpy()[seen]
    breaks = style.population_breaks(layer.column("人口").to_numpy(float, na_value=np.nan))
    grid, west, south = _grid(x, y, np.digitize(people[seen], breaks) + 1, layer.cell)
    rows, bounds = _warped(grid, west, south, layer.cell, crs)
    return Cells(_png(rows, colors), bounds, breaks)


def _grid(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    class_: npt.NDArray[np.int_],
    size: float,
) -> tuple[npt.NDArray[np.uint8], float, float]:
    """Return the classes as an array, row 0 in the south; and its lower left corner."""
    west, south = float(x.min()) - size / 2, float(y.min()) - size / 2
    column = np.floor((x - west) / size).astype(int)
    row = np.floor((y - south) / size).astype(int)
    grid = np.zeros((row.max() + 1, column.max() + 1), np.uint8)
    grid[row, column] = class_
    return grid, west, south


def _warped(
    grid: npt.NDArray[np.uint8], west: float, south: float, size: float, crs: str
) -> tuple[npt.NDArray[np.uint8], tuple[tuple[float, float], tuple[float, float]]]:
    """Return the grid sampled on even steps of longitude and of Mercator northing."""
    to_degrees = pyproj.Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)
    high, wide = grid.shape
    edge = np.linspace(0, 1, 21)
    xs, ys = west + edge * wide * size, south + edge * high * size
    around_x = np.concatenate([xs, xs, np.full(21, xs[0]), np.full(21, xs[-1])])
    around_y = np.concatenate([np.full(21, ys[0]), np.full(21, ys[-1]), ys, ys])
    lon, lat = to_degrees.transform(around_x, around_y)
    low, top = _northing(lat.min()), _northing(lat.max())
    left, right = np.radians(lon.min()), np.radians(lon.max())
    step = max(right - left, top - low) / PIXELS
    columns = left + (np.arange(max(1, round((right - left) / step))) + 0.5) * step
    rows = top - (np.arange(max(1, round((top - low) / step))) + 0.5) * step
    degrees = np.degrees(2 * np.arctan(np.exp(rows)) - np.pi / 2)
    lons, lats = np.meshgrid(np.degrees(columns), degrees)
    x, y = to_degrees.transform(lons.ravel(), lats.ravel(), direction="INVERSE")
    i = np.floor((np.asarray(y) - south) / size).astype(int)
    j = np.floor((np.asarray(x) - west) / size).astype(int)
    inside = (i >= 0) & (i < high) & (j >= 0) & (j < wide)
    out = np.zeros(lons.size, np.uint8)
    out[inside] = grid[i[inside], j[inside]]
    corners = (
        (
            float(np.degrees(2 * np.arctan(np.exp(top - len(rows) * step)) - np.pi / 2)),
            float(np.degrees(left)),
        ),
        (float(lat.max()), float(np.degrees(left + len(columns) * step))),
    )
    return out.reshape(lons.shape), corners


def _northing(latitude: float) -> float:
    return float(np.log(np.tan(np.pi / 4 + np.radians(latitude) / 2)))


def _png(rows: npt.NDArray[np.uint8], colors: tuple[str, ...]) -> str:
    """Return a PNG with a palette, class 0 transparent, as a data address."""
    from PIL import Image

    image = Image.frombytes("P", (rows.shape[1], rows.shape[0]), rows.tobytes())
    palette = [255, 255, 255]
    for color in colors:
        palette += [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    image.putpalette(palette)
    out = BytesIO()
    image.save(out, "PNG", optimize=True, transparency=0)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")
