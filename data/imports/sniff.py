"""What sort of file it is, from its first bytes; the ending decides only where bytes do not."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from data.beside import reason
from data.refused import Refused

TITLES = {
    "shp": "Shapefile",
    "gpkg": "GeoPackage",
    "geojson": "GeoJSON",
    "topojson": "TopoJSON",
    "kml": "KML",
    "kmz": "KMZ",
    "gpx": "GPX",
    "dxf": "DXF",
    "fgb": "FlatGeobuf",
    "mapinfo": "MapInfo",
    "csv": "CSV",
    "xlsx": "XLSX",
    "xls": "XLS",
    "ods": "ODS",
    "html": "网页表格",
    "tif": "GeoTIFF",
    "pbf": "OSM PBF",
    "zip": "压缩文件",
}
ENDINGS = {
    ".shp": "shp",
    ".shx": "shp",
    ".dbf": "shp",
    ".prj": "shp",
    ".cpg": "shp",
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".topojson": "topojson",
    ".kml": "kml",
    ".kmz": "kmz",
    ".gpx": "gpx",
    ".dxf": "dxf",
    ".fgb": "fgb",
    ".tab": "mapinfo",
    ".mif": "mapinfo",
    ".mid": "mapinfo",
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".dat": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".et": "xls",
    ".xls": "xls",
    ".ods": "ods",
    ".tif": "tif",
    ".tiff": "tif",
    ".pbf": "pbf",
    ".osm": "pbf",
    ".zip": "zip",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


_OTHERS = (
    (b"Rar!", "", "是 RAR 压缩文件,这里打不开。请先解压,再导入里面的文件。"),
    (b"7z\xbc\xaf", "", "是 7z 压缩文件,这里打不开。请先解压,再导入里面的文件。"),
    (b"AC10", "", "是 DWG 图,这里打不开。请在 CAD 软件里另存为 DXF 再导入。"),
    (b"%PDF", "", "是 PDF,读不出表格和坐标。请导入原来的表格文件。"),
    (b"PK", ".docx", "是 Word 文档。请把里面的表复制到 Excel 或 WPS 表格,存成 XLSX 再导入。"),
    (_OLE, ".doc", "是 Word 文档。请把里面的表复制到 Excel 或 WPS 表格,存成 XLSX 再导入。"),
    (b"\0\x01\0\0Standard", "", "是 Access 数据库。请在里面把表导出成 XLSX 再导入。"),
)
"""What is often sent and cannot be read here: first bytes, ending ("" any), what to do."""


@dataclass(frozen=True)
class Sort:
    """A format (a key of :data:`TITLES`) and, for a shapefile's part, its main file."""

    format: str
    main: Path


def sniff(path: Path) -> Sort:
    """Return what a file is. Raises Refused for a missing, empty or unknown one."""
    ending = path.suffix.lower()
    if ENDINGS.get(ending) in ("shp", "mapinfo"):
        return Sort(ENDINGS[ending], _main(path))
    head = _head(path)
    _refuse_others(head, path)
    if ending == ".dat" and any(path.with_suffix(e).exists() for e in (".tab", ".TAB")):
        return sniff(_main(path.with_suffix(".tab")))
    found = _by_bytes(head, path) or ENDINGS.get(ending, "")
    if found in ("xls", "xlsx", "ods") and not head.startswith((b"PK", _OLE)):
        found = "csv"  # programs write plain text and call it .xls
    if not found:
        known = "、".join(title for key, title in TITLES.items() if key != "html")
        raise Refused(f"不认识“{path.name}”这种文件。可以导入:{known}。")
    return Sort(found, path)


def _refuse_others(head: bytes, path: Path) -> None:
    for start, ending, sentence in _OTHERS:
        if head.startswith(start) and ending in ("", path.suffix.lower()):
            raise Refused(f"“{path.name}”{sentence}")


def _main(path: Path) -> Path:
    """The file of a shapefile or MapInfo set that is opened, whichever part was given."""
    mapinfo = ENDINGS[path.suffix.lower()] == "mapinfo"
    mains = (".tab", ".mif") if mapinfo else (".shp", ".dbf")
    if path.suffix.lower() in mains:
        _head(path)
        return path
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        beside = []
    for ending in mains:
        for other in beside:
            if other.stem == path.stem and other.suffix.lower() == ending:
                return other
    wanted = "、".join(path.stem + ending for ending in mains)
    raise Refused(f"“{path.name}”旁边没有 {wanted}。请把同名的几个文件放在一起再导入。")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise Refused(f"没有“{path}”这个文件。请检查位置和名称。") from None
    except IsADirectoryError:
        raise Refused(f"“{path.name}”是一个文件夹。请选里面的文件再导入。") from None
    except OSError as error:
        raise Refused(f"“{path.name}”打不开:{reason(error)}。") from None
    if not head:
        raise Refused(f"“{path.name}”是空的。")
    return head


def _by_bytes(head: bytes, path: Path) -> str:
    for start, found in (
        (b"SQLite format 3\0", "gpkg"),
        (b"fgb", "fgb"),
        (b"II*\0", "tif"),
        (b"MM\0*", "tif"),
        (b"II+\0", "tif"),
        (b"MM\0+", "tif"),
        (_OLE, "xls"),
    ):
        if head.startswith(start):
            return _packaged(path) if found == "gpkg" else found
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head, path)
    if b"OSMHeader" in head[:64]:
        return "pbf"
    return _by_text(head)


def _packaged(path: Path) -> str:
    """Tell a GeoPackage that holds one grid of numbers, and no features, from all others."""
    wanted = "SELECT data_type FROM gpkg_contents"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as base:
            kinds = [str(row[0]) for row in base.execute(wanted).fetchmany(1000)]
    except (sqlite3.Error, UnicodeError):
        return "gpkg"  # whoever reads it says what is wrong with it
    grids = [kind for kind in kinds if kind in ("tiles", "2d-gridded-coverage")]
    if "features" in kinds or not grids:
        return "gpkg"
    if len(grids) > 1:
        raise Refused(
            f"“{path.name}”里有 {len(grids)} 个栅格,看不出要哪一个。请把要的那个另存为 GeoTIFF。"
        )
    return "tif"


def _zipped(head: bytes, path: Path) -> str:
    by_ending = ENDINGS.get(path.suffix.lower(), "zip")
    if by_ending in ("kmz", "xlsx", "ods", "zip"):
        return by_ending
    if b"opendocument.spreadsheet" in head:
        return "ods"
    return "xlsx" if b"[Content_Types].xml" in head or b"xl/" in head else "zip"


def _by_text(head: bytes) -> str:
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "ignore")
    text = text.lstrip("\ufeff\xef\xbb\xbf \r\n\t")
    low = text[:2000].lower()
    if low.startswith(("{", "[")):
        return "topojson" if '"topology"' in low else "geojson"
    if "registermap" in low:
        return "geojson"  # a script that hands a map to ECharts
    if low.startswith("<"):
        for word, found in (("<kml", "kml"), ("<gpx", "gpx"), ("<osm", "pbf")):
            if word in low:
                return found
        pages = ("<table", "<html", "urn:schemas-microsoft-com:office:")
        return "html" if any(word in low for word in pages) else ""
    return ""
