"""One file, whatever it is, to its sources. Runs in the reading process (``sandbox``)."""

from dataclasses import dataclass
from pathlib import Path

from data.imports import archive, tables, web_json
from data.imports.sniff import TITLES, sniff
from data.imports.source import Source
from data.progress import Report, part, silent
from data.refused import Refused


@dataclass(frozen=True)
class ReadAsk:
    """What to read: a file, how to decode its text ("" decided from the bytes), what for.

    ``geometry``: point, line or polygon (a raster becomes one of them); ``kind_title`` and
    ``bounds`` (west, south, east, north in degrees) limit what is taken of an OSM extract.
    """

    path: Path
    encoding: str = ""
    geometry: str = "point"
    kind_title: str = ""
    bounds: tuple[float, float, float, float] | None = None


def read(ask: ReadAsk, folder: Path, report: Report = silent) -> list[Source]:
    """Return what a file holds, at least one source. ``folder``: an empty one to work in.

    Raises Refused for a missing, unknown, damaged or empty file.
    """
    report(0.0, f"正在打开“{ask.path.name}”…")
    sources = _read(ask, ask.path, folder, report)
    if sources and not any(len(s) or s.left_out for s in sources):
        raise Refused(f"“{ask.path.name}”只有表头,没有数据行,没有可导入的内容。")
    sources = [s for s in sources if len(s) or s.left_out]
    if not sources:
        raise Refused(f"“{ask.path.name}”里没有要素,没有可导入的内容。")
    return sources


def _read(ask: ReadAsk, path: Path, folder: Path, report: Report) -> list[Source]:
    sort = sniff(path)
    if sort.format == "csv":
        return tables.read_text(path, ask.encoding, report)
    if sort.format == "html":
        return tables.read_html(path, ask.encoding, report)
    if sort.format in ("xlsx", "xls", "ods"):
        return tables.read_sheets(path, report)
    if sort.format == "tif":
        from data.imports.raster import read_raster  # a second GDAL: only when it is needed

        return read_raster(path, ask.geometry, ask.bounds, report)
    if sort.format in ("zip", "kmz"):
        return _unpacked(ask, path, sort.format, folder, report)
    if sort.format == "geojson" and (listed := web_json.read_list(path, ask.encoding, report)):
        return listed
    from data.imports.vector import read_vector

    own = folder / "work"
    own.mkdir(exist_ok=True)
    return read_vector(
        sort.main,
        sort.format,
        path.stem,
        own,
        ask.encoding,
        ask.kind_title,
        ask.bounds,
        report,
    )


def _unpacked(ask: ReadAsk, path: Path, form: str, folder: Path, report: Report) -> list[Source]:
    report(0.05, f"正在解压“{path.name}”…")
    inside = folder / "unpacked"
    inside.mkdir(exist_ok=True)
    files = archive.unpack(path, inside)
    if form == "kmz":
        files = [f for f in files if f.suffix.lower() == ".kml"][:1]
    else:
        files = [f for f in files if _begins_set(f, files)]
    if not files:
        known = "、".join(t for k, t in TITLES.items() if k not in ("zip", "kmz", "html"))
        raise Refused(f"“{path.name}”里没有可以导入的文件({known})。")
    out: list[Source] = []
    for n, one in enumerate(files):
        own = folder / f"one{n}"
        own.mkdir(exist_ok=True)
        out += _read(ask, one, own, part(report, n / len(files), (n + 1) / len(files)))
    return out


def _begins_set(path: Path, files: list[Path]) -> bool:
    """Whether a member of an archive is a file of its own, not a part of a set, and known."""
    from data.imports.sniff import ENDINGS

    ending = path.suffix.lower()
    form = ENDINGS.get(ending, "")
    if form in ("", "zip", "kmz"):
        return False
    if form == "shp":
        whole = any(f.stem == path.stem and f.suffix.lower() == ".shp" for f in files)
        return ending == ".shp" or (ending == ".dbf" and not whole)
    if form == "mapinfo":
        return ending in (".tab", ".mif")
    return ending not in (".txt", ".dat") or len(files) == 1
