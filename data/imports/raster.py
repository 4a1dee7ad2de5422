"""GeoTIFF: persons per cell → points with 人口 and a cell size; masks → areas.

The file is read block by block, so that a gigabyte stays within memory. Values of “no data”
and below zero are not people; scale and offset are applied; the sum of what is handed on is
the sum of the file's cells, exactly as far as floating point goes. More than a million
populated cells are put together into larger ones (2×2, 3×3 …): sums stay, which is said.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.features
import shapely
from affine import Affine
from pyproj import CRS, Geod
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from data.imports.encoding import Guess
from data.imports.source import Source
from data.progress import Report, silent
from data.refused import Refused

Floats = npt.NDArray[np.float64]

MOST_POINTS = 1_000_000
_BLOCK = 2048
_STEPS = (1, 2, 4, 8, 16, 32, 64)
"""How many cells by how many are put together; all divide the block."""
_MASK_CELLS = 100_000_000
_MOST_AREAS = 20_000
_TALLEST = 20_000_000_000


def read_raster(
    path: Path,
    geometry: str,
    bounds: tuple[float, float, float, float] | None = None,
    report: Report = silent,
) -> list[Source]:
    """Return one source: populated cells as points, or (``geometry`` "polygon") the areas of a
    mask. ``bounds`` (degrees) is taken alone when the whole has more than a million cells.

    Raises Refused for a damaged file, one without a place, or no cell with a value.
    """
    try:
        with rasterio.open(path) as data:
            if data.width * data.height > _TALLEST:
                raise Refused(
                    f"“{path.name}”声明的栅格大得不合常理({data.width:,}×{data.height:,})。"
                )
            if data.transform == Affine.identity() and data.crs is None:
                raise Refused(f"“{path.name}”没有位置信息,只是一张图片。请用带坐标的 GeoTIFF。")
            if geometry == "polygon":
                return [_areas(data, path, report)]
            if geometry != "point":
                raise Refused("栅格不能导入成线。")
            return [_people(data, path, bounds, report)]
    except (rasterio.errors.RasterioError, OSError, ValueError, MemoryError):
        raise Refused(f"“{path.name}”读不出来:文件不完整,或不是 GeoTIFF。") from None


def _people(
    data: Any, path: Path, bounds: tuple[float, float, float, float] | None, report: Report
) -> Source:
    notes: list[str] = []
    box = Window(0, 0, data.width, data.height)
    counts, negative = _counted(data, box, report)
    near = _window(data, bounds)
    if counts[1] > MOST_POINTS and near is not None:
        box = near
        counts, negative = _counted(data, box, report)
        notes.append("栅格比规划区大得多,只取规划区周围约 30 km 以内")
    count = counts[1]
    if count == 0:
        raise Refused(f"“{path.name}”里没有大于 0 的格子。")
    step = next((s for s in _STEPS if counts[s] <= MOST_POINTS), _STEPS[-1])
    if step > 1:
        notes.append(f"有人的格子有 {count:,} 个,每 {step}×{step} 格合成一格,人数之和不变")
    if negative:
        notes.append(f"{negative:,} 个格子的值小于 0,当作没有数据")
    if data.count > 1:
        notes.append(f"有 {data.count} 个波段,只取第 1 个")
    x, y, people = _collected(data, box, step, report)
    crs = data.crs.to_wkt() if data.crs else ""
    cell = _cell_size(data, float(np.mean(x)), float(np.mean(y))) * step
    notes.append(
        f"{len(people):,} 个有人的格子,合计 {math.fsum(people):,.0f} 人,格宽约 {cell:,.0f} 米"
    )
    return Source(
        path.stem,
        "tif",
        {"人口": people},
        np.arange(1, len(people) + 1, dtype=np.int64),
        shapely.points(x, y),
        crs,
        encoding=Guess("UTF-8", 1.0),
        cell=cell,
        basis=f"人口格网({path.name})",
        notes=tuple(notes),
    )


def _counted(data: Any, box: Window, report: Report) -> tuple[dict[int, int], int]:
    """How many cells are populated, by how many are put together; how many lie below zero."""
    counts = dict.fromkeys(_STEPS, 0)
    negative = 0
    for part, _, values in _blocks(data, box):
        report(0.4 * part, "正在数有人的格子…")
        with np.errstate(invalid="ignore"):
            here = values > 0
            negative += int(np.count_nonzero(values < 0))
        for step in _STEPS:
            if step > 1:
                here = _paired(here)
            counts[step] += int(np.count_nonzero(here))
    return counts, negative


def _paired(here: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which 2×2 cells hold anything (an odd last row or column stands alone)."""
    rows, columns = here.shape
    padded = np.zeros((rows + rows % 2, columns + columns % 2), dtype=bool)
    padded[:rows, :columns] = here
    pairs = padded[0::2] | padded[1::2]
    return np.asarray(pairs[:, 0::2] | pairs[:, 1::2])


def _collected(data: Any, box: Window, step: int, report: Report) -> tuple[Floats, Floats, Floats]:
    """Centres and persons of populated cells; with ``step`` > 1 of groups of cells.

    Windows begin at multiples of every step, so no group is cut by a window.
    """
    xs, ys, all_people = [], [], []
    for part, window, values in _blocks(data, box):
        report(0.4 + 0.6 * part, "正在读有人的格子…")
        values = np.where(np.isfinite(values) & (values > 0), values, 0.0)
        if step > 1:
            rows, columns = values.shape
            padded = np.zeros((-(-rows // step) * step, -(-columns // step) * step))
            padded[:rows, :columns] = values
            shape = (padded.shape[0] // step, step, padded.shape[1] // step, step)
            values = padded.reshape(shape).sum(axis=(1, 3))
        row, column = np.nonzero(values)
        x, y = _applied(
            data.transform,
            window.col_off + (column + 0.5) * step,
            window.row_off + (row + 0.5) * step,
        )
        xs.append(x)
        ys.append(y)
        all_people.append(values[row, column])
    return np.concatenate(xs), np.concatenate(ys), np.concatenate(all_people)


def _window(data: Any, bounds: tuple[float, float, float, float] | None) -> Window | None:
    """The part of the raster within bounds in degrees; None without any, or when it is all."""
    if bounds is None or data.crs is None:
        return None
    west, south, east, north = transform_bounds("EPSG:4326", data.crs, *bounds)
    x, y = np.array([west, west, east, east]), np.array([south, north, south, north])
    column, row = _applied(~data.transform, x, y)
    left, top = max(0.0, np.floor(column.min())), max(0.0, np.floor(row.min()))
    right, bottom = max(0.0, np.ceil(column.max())), max(0.0, np.ceil(row.max()))
    right, bottom = min(right, data.width), min(bottom, data.height)
    if right <= left or bottom <= top or (right - left, bottom - top) == data.shape[::-1]:
        return None
    return Window(int(left), int(top), int(right - left), int(bottom - top))


def _blocks(data: Any, box: Window) -> Iterator[tuple[float, Window, Floats]]:
    """Yield (share done, window, values with NaN for no data) over a part of the first band."""
    scale, offset = data.scales[0], data.offsets[0]
    tall, wide = -(-box.height // _BLOCK), -(-box.width // _BLOCK)
    for n in range(tall * wide):
        down, right = n // wide * _BLOCK, n % wide * _BLOCK
        window = Window(
            box.col_off + right,
            box.row_off + down,
            min(_BLOCK, box.width - right),
            min(_BLOCK, box.height - down),
        )
        read = data.read(1, window=window, masked=True)
        values = np.ma.filled(read.astype(np.float64), np.nan)
        if scale != 1.0 or offset != 0.0:
            values = values * scale + offset
        yield n / (tall * wide), window, values


def _applied(step: Affine, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return step.a * x + step.b * y + step.c, step.d * x + step.e * y + step.f


def _cell_size(data: Any, x: float, y: float) -> float:
    """The width of a square cell of the same area in the middle of the people, metres."""
    step = data.transform
    if data.crs is None or CRS.from_user_input(data.crs.to_wkt()).is_projected:
        return math.sqrt(abs(step.determinant)) * (1.0 if data.crs is None else _unit(data))
    geod = Geod(ellps="GRS80")
    _, _, wide = geod.inv(x, y, x + math.hypot(step.a, step.d), y)
    _, _, tall = geod.inv(x, y, x, y + math.hypot(step.b, step.e))
    return math.sqrt(wide * tall)


def _unit(data: Any) -> float:
    return float(CRS.from_user_input(data.crs.to_wkt()).axis_info[0].unit_conversion_factor)


def _areas(data: Any, path: Path, report: Report) -> Source:
    """Areas of equal value above zero."""
    if data.width * data.height > _MASK_CELLS:
        raise Refused(f"“{path.name}”的栅格太大,不能转成面。请先裁剪到规划区。")
    report(0.2, "正在把格子连成面…")
    values = data.read(1, masked=True)
    fine = ~np.ma.getmaskarray(values)
    plain = np.ma.filled(values, 0)
    if plain.dtype.kind == "f":
        fine &= np.isfinite(plain)
        plain = np.where(fine, plain, 0).astype(np.float32)
    elif plain.dtype.itemsize > 4 or (plain.dtype.kind == "u" and plain.dtype.itemsize == 4):
        plain = plain.astype(np.float32)
    elif plain.dtype == np.int8:
        plain = plain.astype(np.int16)
    shapes: list[Any] = []
    worth: list[float] = []
    found = rasterio.features.shapes(plain, mask=fine & (plain > 0), transform=data.transform)
    for shape, value in found:
        shapes.append(shapely.geometry.shape(shape))
        worth.append(float(value))
        if len(shapes) > _MOST_AREAS:
            raise Refused(f"“{path.name}”分成了 {_MOST_AREAS:,} 块以上,太碎,不像是范围图。")
    if not shapes:
        raise Refused(f"“{path.name}”里没有大于 0 的格子。")
    names = np.empty(len(shapes), dtype=object)
    names[:] = [f"{path.stem} {n}" for n in range(1, len(shapes) + 1)]
    boxes = np.empty(len(shapes), dtype=object)
    boxes[:] = shapes
    return Source(
        path.stem,
        "tif",
        {"名称": names, "栅格值": np.array(worth)},
        np.arange(1, len(shapes) + 1, dtype=np.int64),
        boxes,
        data.crs.to_wkt() if data.crs else "",
        encoding=Guess("UTF-8", 1.0),
        notes=(f"{len(shapes)} 块大于 0 的范围转成了面,名称由文件名加序号而来",),
    )
