"""Files as county offices have them, made from real place names: the corpus generator.

Every writer takes a folder, rows (a frame in EPSG:4490 with text and number columns) and an
encoding, and returns the path of what it wrote.
"""

import itertools
import random
import struct
import zipfile
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import shapely

from data.boundaries import districts
from data.plan import GEOGRAPHIC, Plan, make_layer

TRADITIONAL = [
    "臺北市信義區避難收容處所",
    "高雄市苓雅區國民小學",
    "新竹縣竹北市體育館",
    "花蓮縣吉安鄉活動中心",
    "宜蘭縣羅東鎮公所",
    "嘉義市東區消防隊",
    "臺南市安平區公園",
    "桃園市中壢區衛生所",
    "彰化縣鹿港鎮圖書館",
    "屏東縣恆春鎮倉庫",
    "苗栗縣頭份市應急物資儲備庫",
    "雲林縣斗六市醫院",
    "南投縣埔里鎮廣場",
    "基隆市中正區學校",
]
FACILITIES = ("避难场所", "应急物资储备库", "中心小学", "卫生院", "消防站", "体育场", "人民公园")
FOUR_BYTE = "㐂㙍䶮"
"""Rare characters of names that GB18030 writes in four bytes."""


def surveyed() -> Plan:
    """What files are imported into: a district and eight surveyed places on its diagonal."""
    box = gpd.GeoDataFrame(
        {"名称": ["红山区"], "角色": "规划区"},
        geometry=[shapely.box(118, 42, 120, 43)],
        crs=GEOGRAPHIC,
    )
    known = gpd.GeoDataFrame(
        {"名称": [f"第{i}村" for i in range(8)], "位置精度": "实测"},
        geometry=[shapely.Point(118.1 + 0.2 * i, 42.1 + 0.1 * i) for i in range(8)],
        crs=GEOGRAPHIC,
    )
    crs = "EPSG:4549"
    layers = (
        make_layer("行政区", "district", box, crs),
        make_layer("居民点", "settlement", known, crs),
    )
    return Plan("现状", crs, layers)


def names(count: int, seed: int, *, traditional: bool = False) -> list[str]:
    """Real names of places with what stands there."""
    r = random.Random(seed)
    if traditional:
        return [r.choice(TRADITIONAL) + str(i + 1) + "號" for i in range(count)]
    known = [d.name for d in districts()]
    return [r.choice(known) + r.choice(FACILITIES) for _ in range(count)]


def rows(count: int, seed: int, *, traditional: bool = False) -> gpd.GeoDataFrame:
    """Facilities around 赤峰 with the columns of an office's list."""
    r = np.random.default_rng(seed)
    title, people = ("名稱", "容納人數") if traditional else ("名称", "容纳人数")
    lon, lat = r.uniform(118.6, 119.2, count), r.uniform(42.0, 42.5, count)
    return gpd.GeoDataFrame(
        {
            title: names(count, seed, traditional=traditional),
            "备注" if not traditional else "備註": names(count, seed + 1, traditional=traditional),
            people: r.integers(100, 5000, count),
        },
        geometry=shapely.points(lon, lat),
        crs=4490,
    )


def write_csv(folder: Path, frame: gpd.GeoDataFrame, encoding: str, separator: str = ",") -> Path:
    table = pd.DataFrame(frame.drop(columns="geometry"))
    table.insert(0, "经度" if "名称" in table else "lon", frame.geometry.x.round(6))
    table.insert(1, "纬度" if "名称" in table else "lat", frame.geometry.y.round(6))
    path = folder / "list.csv"
    path.write_bytes(table.to_csv(index=False, sep=separator).encode(encoding))
    return path


def write_xlsx(folder: Path, frame: gpd.GeoDataFrame, encoding: str = "") -> Path:
    path = folder / "list.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    columns = [c for c in frame.columns if c != "geometry"]
    sheet.append(["经度", "纬度", *columns])
    for _, row in frame.iterrows():
        values = [v.item() if isinstance(v, np.generic) else v for v in row[columns]]
        sheet.append([row.geometry.x, row.geometry.y, *values])
    book.save(path)
    return path


def write_shp(folder: Path, frame: gpd.GeoDataFrame, encoding: str, *, bare: bool = False) -> Path:
    """A shapefile as ArcGIS for Chinese Windows writes it; ``bare``: without .prj and .shx."""
    path = folder / "layer.shp"
    frame[["geometry"]].assign(id=0).to_file(path, engine="pyogrio")
    write_dbf(path.with_suffix(".dbf"), frame.drop(columns="geometry"), encoding)
    path.with_suffix(".cpg").unlink()
    if bare:
        path.with_suffix(".prj").unlink()
        path.with_suffix(".shx").unlink()
    return path


def write_dbf(path: Path, table: pd.DataFrame, encoding: str, width: int = 40) -> None:
    """A .dbf by hand: names cut to ten bytes, texts cut to the width, wherever that falls."""
    fields = []
    for name in table.columns:
        text = table[name].dtype.kind not in "iuf"
        fields.append((name.encode(encoding)[:10], b"C" if text else b"N", width if text else 12))
    length = 1 + sum(size for _, _, size in fields)
    head = struct.pack("<BBBBIHH20x", 3, 126, 1, 1, len(table), 33 + 32 * len(fields), length)
    parts = [head]
    for name, sort, size in fields:
        parts.append(struct.pack("<11sc4xBB14x", name, sort, size, 0))
    parts.append(b"\r")
    for _, row in table.iterrows():
        parts.append(b" ")
        for (_, sort, size), value in zip(fields, row, strict=True):
            if sort == b"C":
                parts.append(str(value).encode(encoding)[:size].ljust(size))
            else:
                parts.append(str(value).encode().rjust(size))
    path.write_bytes(b"".join([*parts, b"\x1a"]))


def write_text_json(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    path = folder / "layer.geojson"
    path.write_bytes(frame.to_json(ensure_ascii=False, drop_id=True).encode(encoding))
    return path


def write_kml(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    path = folder / "layer.kml"
    marks = []
    title = next(c for c in frame.columns if c in ("名称", "名稱"))
    for _, row in frame.iterrows():
        marks.append(
            f"<Placemark><name>{row[title]}</name><Point><coordinates>"
            f"{row.geometry.x:.7f},{row.geometry.y:.7f},0</coordinates></Point></Placemark>"
        )
    said = encoding if encoding != "gb18030" else "GB18030"
    text = f'<?xml version="1.0" encoding="{said}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
    text += f"<Document><Folder><name>收藏</name>{''.join(marks)}</Folder></Document></kml>"
    path.write_bytes(text.encode(encoding))
    return path


def write_kmz(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    inner = write_kml(folder, frame, encoding)
    path = folder / "layer.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, "doc.kml")
    return path


def write_gpx(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    path = folder / "track.gpx"
    title = next(c for c in frame.columns if c in ("名称", "名稱"))
    points = "".join(
        f'<wpt lat="{row.geometry.y:.7f}" lon="{row.geometry.x:.7f}">'
        f"<name>{row[title]}</name></wpt>"
        for _, row in frame.iterrows()
    )
    text = f'<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">{points}</gpx>'
    path.write_bytes(text.encode(encoding))
    return path


def write_dxf(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    """Texts at their places, as a drawing of AutoCAD 2004 in Gauss-Krüger metres has them."""
    path = folder / "drawing.dxf"
    title = next(c for c in frame.columns if c in ("名称", "名稱"))
    lines = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1018"]
    lines += ["9", "$DWGCODEPAGE", "3", "ANSI_1252", "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES"]
    flat = frame.to_crs(4549)
    for _, row in flat.iterrows():
        lines += ["0", "TEXT", "8", row[title][:2], "10", f"{row.geometry.x:.3f}"]
        lines += ["20", f"{row.geometry.y:.3f}", "30", "0.0", "40", "100", "1", row[title]]
    lines += ["0", "ENDSEC", "0", "EOF", ""]
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def write_mif(
    folder: Path, frame: gpd.GeoDataFrame, encoding: str, charset: str = "Neutral"
) -> Path:
    path = folder / "layer.mif"
    columns = [c for c in frame.columns if c != "geometry"]
    head = [
        "Version 300",
        f'Charset "{charset}"',
        'Delimiter ","',
        "CoordSys Earth Projection 1, 0",
    ]
    head += [f"Columns {len(columns)}"]
    for name in columns:
        head.append(f"  {name} {'Integer' if frame[name].dtype.kind in 'iu' else 'Char(60)'}")
    points = [f"Point {p.x:.7f} {p.y:.7f}" for p in frame.geometry]
    path.write_bytes("\r\n".join([*head, "Data", "", *points, ""]).encode(encoding))
    lines = [
        ",".join(f'"{row[c]}"' if isinstance(row[c], str) else str(row[c]) for c in columns)
        for _, row in frame.iterrows()
    ]
    path.with_suffix(".mid").write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path


def write_with_gdal(folder: Path, frame: gpd.GeoDataFrame, ending: str) -> Path:
    """GeoPackage, FlatGeobuf, TopoJSON-free formats that are always UTF-8."""
    path = folder / f"layer.{ending}"
    frame.to_file(path, engine="pyogrio")
    return path


def write_topojson(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    import json

    path = folder / "layer.topojson"
    shapes = [
        {
            "type": "Point",
            "coordinates": [row.geometry.x, row.geometry.y],
            "properties": {
                c: (int(row[c]) if isinstance(row[c], np.integer) else row[c])
                for c in frame.columns
                if c != "geometry"
            },
        }
        for _, row in frame.iterrows()
    ]
    told = {"type": "GeometryCollection", "geometries": shapes}
    text = {"type": "Topology", "arcs": [], "objects": {"layer": told}}
    path.write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
    return path


def write_zip(folder: Path, part: Path, name: str = "图层") -> Path:
    """A zip of every file of a set, as Chinese Windows makes it (names in GBK, no flag)."""
    path = folder / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(part.parent.iterdir()):
            if one.stem == part.stem and one.suffix not in (".zip",):
                info = zipfile.ZipInfo("数据/" + name + one.suffix)
                archive.writestr(info, one.read_bytes())
    raw = path.read_bytes()
    path.write_bytes(raw)
    return path


# --- OpenStreetMap PBF, by hand (protocol buffers are few kinds of fields)


def _varint(value: int) -> bytes:
    out = b""
    while True:
        byte, value = value & 0x7F, value >> 7
        out += bytes([byte | (0x80 if value else 0)])
        if not value:
            return out


def _zigzag(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def write_pbf(
    folder: Path,
    nodes: list[tuple[float, float, dict[str, str]]],
    ways=(),
    *,
    packed: bool = True,
) -> Path:
    """Nodes (lon, lat, tags) and ways (positions of nodes, tags) as an .osm.pbf.

    ``packed``: compressed, as usual; without it every byte is as the format writes it.
    """
    words: list[bytes] = [b""]

    def word(text: str) -> int:
        raw = text.encode()
        if raw not in words:
            words.append(raw)
        return words.index(raw)

    points = b""
    for n, (lon, lat, tags) in enumerate(nodes, 1):
        keys = b"".join(_varint(word(k)) for k in tags)
        values = b"".join(_varint(word(v)) for v in tags.values())
        node = _field(1, _zigzag(n))
        if tags:
            node += _field(2, keys) + _field(3, values)
        node += _field(8, _zigzag(round(lat * 1e7))) + _field(9, _zigzag(round(lon * 1e7)))
        points += _field(1, node)
    drawn = b""
    for n, (refs, tags) in enumerate(ways, 1):
        keys = b"".join(_varint(word(k)) for k in tags)
        values = b"".join(_varint(word(v)) for v in tags.values())
        steps = [refs[0] + 1, *(b - a for a, b in itertools.pairwise(refs))]
        way = _field(1, n) + _field(2, keys) + _field(3, values)
        drawn += _field(3, way + _field(8, b"".join(_varint(_zigzag(s)) for s in steps)))
    table = b"".join(_field(1, w) for w in words)
    block = _field(1, table) + _field(2, points) + (_field(2, drawn) if ways else b"")
    path = folder / "extract.osm.pbf"
    with path.open("wb") as file:
        for sort, data in (
            (b"OSMHeader", _field(4, b"OsmSchema-V0.6")),
            (b"OSMData", block),
        ):
            small = _field(2, len(data)) + _field(3, zlib.compress(data))
            blob = small if packed else _field(1, data)
            head = _field(1, sort) + _field(3, len(blob))
            file.write(struct.pack(">I", len(head)) + head + blob)
    return path


def write_tif(folder: Path) -> Path:
    """A small population raster, packed."""
    import rasterio
    from rasterio.transform import Affine

    path = folder / "people.tif"
    values = np.arange(1200, dtype="float32").reshape(1, 30, 40)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=40,
        height=30,
        count=1,
        dtype="float32",
        crs="EPSG:4490",
        transform=Affine(0.01, 0, 118, 0, -0.01, 43),
        compress="deflate",
        nodata=-1,
    ) as data:
        data.write(values)
    return path
