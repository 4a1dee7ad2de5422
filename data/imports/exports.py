"""A layer back out, for other programs: SHP, GeoPackage, GeoJSON, KML, CSV, XLSX.

In any coordinate system, GCJ-02 and BD-09 among them (for a phone map). What a format cannot
hold is said: ten-byte column names are shortened without cutting a character in half, and a
character the encoding does not have is refused, not replaced by “?”. In tables a cell that
begins with = + - @ stays text: a spreadsheet would carry it out.
"""

import csv
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pyproj
import shapely

from data.beside import replacing
from data.imports.coordinates import to_bd09, to_gcj02
from data.imports.encoding import chosen
from data.imports.readings import Reading, by_name, title_of
from data.imports.rejects import as_text
from data.imports.source import cell_text
from data.kinds import is_missing
from data.plan import GEOGRAPHIC, Layer
from data.progress import Report, silent
from data.refused import Refused

ENDINGS = (".shp", ".gpkg", ".geojson", ".kml", ".csv", ".xlsx")
_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".kml": "LIBKML", ".shp": "ESRI Shapefile"}
_DEGREES = (".geojson", ".kml", ".csv", ".xlsx")
_ENCRYPT: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "GCJ-02": to_gcj02,
    "BD-09": to_bd09,
}
_SHEET_ROWS = 1_048_575
_OTHERWISE = {"²": "2", "³": "3", "㎡": "m2", "\u00a0": " ", "•": "·", "−": "-", "–": "-"}
_OTHERWISE |= dict.fromkeys("\u200b\u200c\u200d\ufeff\u2060", "")
_TEXT_BYTES = 254
_NAME_BYTES = 10


@dataclass(frozen=True)
class Exported:
    """What was written: where, how many features, in which coordinates, and what was lost."""

    path: Path
    count: int
    crs: str
    notes: tuple[str, ...]


def export_layer(
    layer: Layer,
    path: Path,
    *,
    crs: str = "",
    encoding: str = "",
    report: Report = silent,
) -> Exported:
    """Write a layer; the ending of ``path`` decides the format.

    ``crs`` as ``readings.by_name`` takes it; without it degrees (CGCS2000) for GeoJSON, KML
    and tables, the plan's own for the others. ``encoding``: of a shapefile or CSV (UTF-8).
    Raises Refused for an unknown ending, an empty layer, a character the encoding lacks.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        known = "、".join(e[1:] for e in ENDINGS)
        raise Refused(f"不能导出成“{path.suffix or path.name}”。可用的格式:{known}。")
    if not len(layer):
        raise Refused(f"图层“{layer.name}”里没有要素,没有可导出的内容。")
    text = chosen(encoding) if encoding else "UTF-8"
    reading = by_name(crs) if crs else None
    if ending == ".kml" and reading is not None and not _plain_degrees(reading):
        raise Refused("KML 只能用经纬度(WGS84)。请去掉坐标系,或换一种格式。")
    report(0.1, "正在换算坐标…")
    frame, system = _in_crs(layer, reading, degrees=ending in _DEGREES)
    notes: list[str] = []
    report(0.4, f"正在写“{path.name}”…")
    if ending in (".csv", ".xlsx"):
        _write_table(layer, frame, path, text, reading, notes)
    elif ending == ".shp":
        _write_shp(layer, frame, path, text, notes)
    else:
        _write_vector(layer, frame, path, ending)
    report(1.0, f"已写出“{path.name}”")
    return Exported(path, len(frame), system, tuple(notes))


def _plain_degrees(reading: Reading) -> bool:
    return pyproj.CRS.from_user_input(reading.crs).is_geographic


def _in_crs(
    layer: Layer, reading: Reading | None, *, degrees: bool
) -> tuple[gpd.GeoDataFrame, str]:
    """Return the features in the wanted coordinates, and the name of these."""
    if reading is None:
        target = GEOGRAPHIC if degrees else str(layer.frame.crs)
        return layer.frame.to_crs(target), title_of(target)
    frame = layer.frame.to_crs(reading.crs)
    if not reading.encrypted:
        return frame, reading.title
    change = _ENCRYPT[reading.encrypted]
    shapes = shapely.transform(
        np.asarray(frame.geometry.array, dtype=object),
        lambda xy: np.column_stack(change(xy[:, 0], xy[:, 1])),
    )
    array = gpd.array.GeometryArray(shapes, crs=GEOGRAPHIC)
    return frame.assign(geometry=array), reading.encrypted


# --- tables


def _write_table(
    layer: Layer,
    frame: gpd.GeoDataFrame,
    path: Path,
    encoding: str,
    reading: Reading | None,
    notes: list[str],
) -> None:
    columns = [str(c) for c in frame.columns if c != "geometry"]
    places = _place_cells(frame, reading)
    headings = [*columns, *places]
    rows = [
        [*(_plain(v) for v in row), *(cells[n] for cells in places.values())]
        for n, row in enumerate(frame[columns].itertuples(index=False, name=None))
    ]
    if path.suffix.lower() == ".csv":
        _write_csv(path, headings, rows, encoding, notes)
    else:
        _write_xlsx(path, layer.name, headings, rows)
    risky = sum(isinstance(v, str) and as_text(v) != v for row in rows for v in row)
    if risky:
        notes.append(f"{risky} 格以 = + - @ 开头,按文字写出")


def _place_cells(frame: gpd.GeoDataFrame, reading: Reading | None) -> dict[str, list[Any]]:
    shapes = frame.geometry
    if not (shapes.geom_type == "Point").all():
        return {"图形": [shapely.to_wkt(s, rounding_precision=7) for s in shapes]}
    degrees = reading is None or _plain_degrees(reading)
    names = ("经度", "纬度") if degrees else ("东坐标", "北坐标")
    digits = 7 if degrees else 3
    taken = {str(c) for c in frame.columns}
    first, second = (n if n not in taken else f"{n}_导出" for n in names)
    return {
        first: [round(v, digits) for v in shapes.x.tolist()],
        second: [round(v, digits) for v in shapes.y.tolist()],
    }


def _plain(value: Any) -> Any:
    """A value as a cell: missing is empty, numbers stay numbers, the rest is text."""
    if is_missing(value):
        return ""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value if isinstance(value, int | float) else str(value)


def _write_csv(
    path: Path,
    headings: Sequence[str],
    rows: Sequence[Sequence[Any]],
    encoding: str,
    notes: list[str],
) -> None:
    codec = {"UTF-8": "utf-8-sig", "GBK": "gbk", "GB18030": "gb18030", "Big5": "big5"}
    plain = codec.get(encoding, encoding)
    texts = (value for row in rows for value in row if isinstance(value, str))
    changed = sum(_spelled(text, plain) != text for text in texts)
    rows = [[_spelled(v, plain) if isinstance(v, str) else v for v in row] for row in rows]
    headings = [_spelled(heading, plain) for heading in headings]
    if changed:
        notes.append(_spelled_words(changed, encoding))
    with replacing(path) as written:
        try:
            with written.open("w", encoding=plain, newline="") as file:
                lines = csv.writer(file)
                lines.writerow([as_text(h) for h in headings])
                for row in rows:
                    lines.writerow([as_text(v) if isinstance(v, str) else v for v in row])
        except UnicodeEncodeError as error:
            raise _lacking(encoding, error) from None


def _spelled(text: str, codec: str) -> str:
    """The text with signs the encoding lacks written otherwise (“km²” is “km2” in GBK).

    Only signs that have a usual other spelling; a character of a name is never replaced.
    """
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return "".join(c if _has(c, codec) else _OTHERWISE.get(c, c) for c in text)
    return text


def _spelled_words(cells: int, encoding: str) -> str:
    return f"{cells} 格里有 {encoding} 没有的符号,换了写法(如“km²”写成“km2”)"


def _has(sign: str, codec: str) -> bool:
    return sign.encode(codec, "ignore") != b""


def _lacking(encoding: str, error: UnicodeEncodeError) -> Refused:
    piece = error.object[error.start : error.start + 1]
    return Refused(f"{encoding} 里没有“{piece}”这个字,写不出来。请改用 UTF-8。")


def _write_xlsx(
    path: Path, title: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    if len(rows) > _SHEET_ROWS:
        raise Refused(f"XLSX 一张表最多 {_SHEET_ROWS:,} 行,这里有 {len(rows):,} 行。请导出成 CSV。")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in r"[]:*?/\\")[:31] or "图层")
    sheet.freeze_panes = "A2"
    for row in (headings, *rows):
        sheet.append([_cell(sheet, value) for value in row])
    with replacing(path) as written:
        book.save(written)


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767]
    if text[:1] not in ("=", "+", "-", "@"):
        return text
    cell = openpyxl.cell.WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


# --- vector files


def _write_vector(layer: Layer, frame: gpd.GeoDataFrame, path: Path, ending: str) -> None:
    frame = _writable(frame)
    options: dict[str, Any] = {"layer": layer.name}
    if ending == ".kml":
        # KML means WGS 84 by “longitude, latitude”; the same thing as CGCS2000 here.
        frame = frame.set_crs("EPSG:4326", allow_override=True)
        pyogrio.set_gdal_config_options({"LIBKML_NAME_FIELD": "名称"})
    if ending == ".geojson":
        options |= {"COORDINATE_PRECISION": "8", "SIGNIFICANT_FIGURES": "17"}
    with tempfile.TemporaryDirectory(prefix="yjbj-export-") as folder:
        made = Path(folder) / f"layer{ending}"
        pyogrio.write_dataframe(frame, made, driver=_DRIVERS[ending], **options)
        with replacing(path) as written:
            shutil.copyfile(made, written)


def _writable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with every column of one type: numbers, or text with None."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        if name == "geometry":
            continue
        cells = frame[name]
        if cells.dtype.kind in "iufb":
            columns[str(name)] = cells
            continue
        numbers = [v for v in cells if not is_missing(v)]
        if numbers and all(
            isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in numbers
        ):
            columns[str(name)] = pd.to_numeric(cells)
        else:
            texts = [None if is_missing(v) else cell_text(v) for v in cells]
            columns[str(name)] = pd.Series(texts, index=frame.index, dtype=object)
    return gpd.GeoDataFrame(columns, geometry=frame.geometry, crs=frame.crs)


def _write_shp(
    layer: Layer, frame: gpd.GeoDataFrame, path: Path, encoding: str, notes: list[str]
) -> None:
    if encoding not in ("UTF-8", "GBK", "GB18030", "Big5"):
        raise Refused(f"Shapefile 不能用 {encoding}。请用 GBK 或 UTF-8。")
    codec = {"UTF-8": "utf-8", "Big5": "big5"}.get(encoding, "gbk")
    label = {"UTF-8": "UTF-8", "Big5": "BIG5"}.get(encoding, "GBK")
    frame = _writable(frame)
    names = _short_names([str(c) for c in frame.columns if c != "geometry"], codec, encoding)
    changed = [f"{old}→{new}" for old, new in names.items() if old != new]
    if changed:
        notes.append(f"Shapefile 的列名最多 {_NAME_BYTES} 字节,已缩短:{'、'.join(changed)}")
    frame = _fitting(frame, codec, encoding, notes).rename(columns=names)
    with tempfile.TemporaryDirectory(prefix="yjbj-export-") as folder:
        made = Path(folder) / "layer.shp"
        pyogrio.write_dataframe(frame, made, driver=_DRIVERS[".shp"], encoding=label)
        made.with_suffix(".cpg").write_text(label, encoding="ascii")
        _put_set(made, path)


def _short_names(names: Sequence[str], codec: str, encoding: str) -> dict[str, str]:
    """Names of at most ten bytes, whole characters only, no two alike."""
    out: dict[str, str] = {}
    for name in names:
        short, n = _cut(name, codec, encoding, _NAME_BYTES), 1
        while short.lower() in {s.lower() for s in out.values()}:
            tail = f"_{n}"
            short = _cut(name, codec, encoding, _NAME_BYTES - len(tail)) + tail
            n += 1
        out[name] = short
    return out


def _cut(text: str, codec: str, encoding: str, size: int) -> str:
    try:
        return text.encode(codec)[:size].decode(codec, "ignore")
    except UnicodeEncodeError as error:
        raise _lacking(encoding, error) from None


def _fitting(
    frame: gpd.GeoDataFrame, codec: str, encoding: str, notes: list[str]
) -> gpd.GeoDataFrame:
    """Texts cut to what a .dbf holds, between characters; said how many."""
    shortened = spelled = 0
    columns: dict[str, Any] = {}
    for name in frame.columns:
        if name == "geometry" or frame[name].dtype.kind in "iufb":
            continue
        cells = []
        for value in frame[name]:
            said = None if value is None else _spelled(value, codec)
            kept = None if said is None else _cut(said, codec, encoding, _TEXT_BYTES)
            spelled += said != value
            shortened += kept != said
            cells.append(kept)
        columns[name] = pd.Series(cells, index=frame.index, dtype=object)
    if spelled:
        notes.append(_spelled_words(spelled, encoding))
    if shortened:
        notes.append(f"{shortened} 格文字超过 {_TEXT_BYTES} 字节,已截短")
    return frame.assign(**columns)


def _put_set(made: Path, path: Path) -> None:
    """Put the files of a set beside each other; the .shp last, so that a set is never half new."""
    for part in sorted(made.parent.iterdir(), key=lambda p: p.suffix == ".shp"):
        with replacing(path.with_suffix(part.suffix)) as written:
            shutil.copyfile(part, written)
    for stale in (".sbn", ".sbx", ".qix"):
        old = path.with_suffix(stale)
        if old.exists():
            os.unlink(old)
