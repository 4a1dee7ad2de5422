"""Broken files of every format, without end: the generator, not the files.

A number is a file: ``broken("csv", 137, seed, folder)`` writes the same damage every time.
Good files of each format (points, lines, areas; sets of several files; packed and plain) are
cut short, overwritten, doubled, shuffled, given absurd numbers; what is packed is also
unpacked, damaged inside and packed again, so that not every file ends at a checksum.
"""

import io
import json
import random
import re
import shutil
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from tests.data.imports import corpus
from tests.data.imports.old_sheet import write_xls

Good = Callable[[Path], Path]

_HEAD = 200
"""The first bytes, where formats keep their counts and offsets."""
_NUMBERS = (0, 1, 2**15 - 1, 2**16 - 1, 10**8, 2**31 - 1, 2**31, 2**32 - 1)
_WORDS = (
    *("0", "-1", "1e308", "-1e308", "1e-320", "nan", "inf", "99999999999999999999", "10000000000"),
    *("", "null", '"', "'", "<", ">", "]]>", "&#0;", "&amp;", "\0", "�", "\ud800", "٣", "=1+1"),
    *("[" * 200, "(" * 200, "9" * 400, "," * 300, "\n" * 50, "118°57′", "EMPTY", "é" * 5_000),
)
_STARTS = (b"", b"PK\x03\x04", b"SQLite format 3\0", b"fgb\x03fgb\x01", b"II*\0", b"<?xml ")
_STARTS += (
    b"{",
    b"[",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xff\xfe",
    b"\0\0\0\x0d\n\tOSMHeader",
)
_PACKED = ("xlsx", "ods", "kmz", "zip")
_TEXTS = (
    ".csv",
    ".txt",
    ".json",
    ".js",
    ".geojson",
    ".topojson",
    ".kml",
    ".gpx",
    ".dxf",
    ".mif",
    ".mid",
)
_TEXTS += (".tab", ".prj", ".cpg", ".xml", ".html", ".rels", ".htm")


def areas() -> gpd.GeoDataFrame:
    """Districts as an office has them: a hole, two parts, a ring that crosses itself."""
    holed = shapely.box(118.7, 42.0, 118.9, 42.2).difference(
        shapely.box(118.75, 42.05, 118.8, 42.1)
    )
    parts = shapely.MultiPolygon(
        [shapely.box(119, 42, 119.1, 42.1), shapely.box(119.2, 42, 119.3, 42.1)]
    )
    bow = shapely.Polygon([(118.7, 42.3), (118.9, 42.4), (118.9, 42.3), (118.7, 42.4)])
    frame = {"名称": ["红山区", "松山区", "元宝山区"], "面积": [12.5, 3.0, 7.25]}
    return gpd.GeoDataFrame(frame, geometry=[holed, parts, bow], crs=4490)


def roads() -> gpd.GeoDataFrame:
    """Lines with heights, one of two parts."""
    one = shapely.LineString(
        [(118.7 + 0.02 * i, 42.1 + 0.01 * (i % 3), 500.0 + i) for i in range(9)]
    )
    two = shapely.MultiLineString([[(118.8, 42.2), (118.9, 42.3)], [(119, 42.2), (119.1, 42.3)]])
    frame = {"名称": ["国道", "县道"], "等级": ["二级", "三级"]}
    return gpd.GeoDataFrame(frame, geometry=[one, shapely.force_3d(two)], crs=4490)


def _drawn(frame: Callable[[], gpd.GeoDataFrame], ending: str) -> Good:
    if ending != "kml":
        return lambda folder: corpus.write_with_gdal(folder, frame(), ending)

    def write(folder: Path) -> Path:  # the driver of this ending writes a folder
        pyogrio.write_dataframe(frame(), folder / "layer.kml", driver="KML")
        return folder / "layer.kml"

    return write


def _texted(write: Callable[..., Path], *more: str) -> Good:
    return lambda folder: write(folder, corpus.rows(12, 5), *more)


def _dxf(folder: Path) -> Path:
    path = folder / "drawing.dxf"
    pyogrio.write_dataframe(roads()[["geometry"]].to_crs(4549), path, driver="DXF")
    return path


def _gpx(folder: Path) -> Path:
    path = folder / "track.gpx"
    named = (
        roads().explode(ignore_index=True).rename(columns={"名称": "name"})[["name", "geometry"]]
    )
    options = {"FORCE_GPX_TRACK": "YES"}
    pyogrio.write_dataframe(named, path, driver="GPX", layer="tracks", layer_options=options)
    return path


def _topojson(folder: Path) -> Path:
    path = folder / "layer.topojson"
    path.write_text(
        '{"type":"Topology","transform":{"scale":[0.001,0.001],"translate":[118.7,42.0]},'
        '"arcs":[[[0,0],[100,0],[0,100]],[[100,100],[-100,0],[0,-100]]],"objects":{"区":{"type":'
        '"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0,1]],"properties":'
        '{"名称":"红山区"}},{"type":"LineString","arcs":[0],"properties":{"名称":"界"}}]}}}',
        encoding="utf-8",
    )
    return path


def _answer(folder: Path) -> Path:
    """What a phone map's interface hands out."""
    path = folder / "answer.json"
    rows = [{"name": f"第{i}站", "location": f"118.{i},42.{i}", "tel": []} for i in range(1, 9)]
    path.write_text(json.dumps({"infocode": "10000", "pois": rows}), encoding="utf-8")
    return path


def _packed(folder: Path) -> Path:
    """A map for ECharts, as a script."""
    path = folder / "map.js"
    shape = '{type:"Polygon",coordinates:["@@@ÈÇ@@ÇÈ@"],encodeOffsets:[[121700,43200]]}'
    one = f'{{type:"Feature",properties:{{name:"红山区"}},geometry:{shape}}}'
    path.write_text(
        f'e.registerMap("赤峰",{{features:[{one}],type:"FeatureCollection",UTF8Encoding:!0}})',
        encoding="utf-8",
    )
    return path


def _words(folder: Path) -> Path:
    """A list as it is typed: a title, two rows of headings, 度分秒, words for numbers."""
    path = folder / "list.txt"
    path.write_text(
        "避难场所一览表\n名称\t坐标\t\t容纳人数\t面积(亩)\n\t经度\t纬度\t\t\n"
        "第一中学\t118°57′04″\t42°16′10″\t约3.2万\t1,200㎡\n人民公园\t118.57.04\t42-16-10\t一千\t3亩\n"
        "合计\t\t\t33000\t\n",
        encoding="utf-8",
    )
    return path


def _page(folder: Path) -> Path:
    path = folder / "list.xls"
    rows = "".join(
        f"<tr><td>第{i}站<td>{118.7 + i / 50}</td><td>42.{i}</td></tr>" for i in range(9)
    )
    page = f"<html><table><tr><th>名称</th><th>经度</th><th>纬度</th></tr>{rows}</table></html>"
    path.write_bytes(page.encode("gbk"))
    return path


def _book(folder: Path) -> Path:
    """Two sheets, merged cells, dates and a formula."""
    import datetime

    import openpyxl

    path = folder / "book.xlsx"
    book = openpyxl.Workbook()
    for name in ("红山区", "松山区"):
        sheet = book.create_sheet(name)
        sheet.append(["名称", "经度", "纬度", "建成", "人数"])
        for i in range(6):
            sheet.append([f"第{i}站", 118.7 + i / 50, 42.1, datetime.date(2020, 1, 1 + i), "=1+1"])
        sheet.merge_cells("A2:A4")
    book.save(path)
    return path


def _ods(folder: Path) -> Path:
    path = folder / "list.ods"
    frame = corpus.rows(12, 5)
    table = pd.DataFrame(
        {"经度": frame.geometry.x, "纬度": frame.geometry.y, "名称": frame["名称"]}
    )
    pyogrio.write_dataframe(table, path, driver="ODS")
    return path


def _raster(**more: object) -> Good:
    def write(folder: Path) -> Path:
        import rasterio
        from rasterio.transform import Affine

        path = folder / "mask.tif"
        values = (np.arange(64 * 64).reshape(1, 64, 64) % 7 > 4).astype("uint8")
        shape = {"width": 64, "height": 64, "count": 1, "dtype": "uint8", "crs": "EPSG:4549"}
        step = Affine(100, 0, 460_000, 0, -100, 4_680_000)
        with rasterio.open(path, "w", driver="GTiff", transform=step, **shape, **more) as data:
            data.write(values)
        return path

    return write


def _table(folder: Path) -> Path:
    """A .dbf without its shapefile."""
    path = folder / "list.dbf"
    frame = corpus.rows(12, 5)
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(经度=118.9, 纬度=42.2)
    corpus.write_dbf(path, table, "gbk")
    return path


def _osm(folder: Path) -> Path:
    path = folder / "extract.osm"
    nodes = "".join(
        f'<node id="{i}" lat="42.{i}" lon="118.9"><tag k="name" v="第{i}村"/></node>'
        for i in range(1, 6)
    )
    way = '<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>'
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{nodes}{way}</osm>', encoding="utf-8")
    return path


def _extract(*, packed: bool) -> Good:
    nodes = [(118.9 + i / 100, 42.2, {"name": f"第{i}村", "place": "village"}) for i in range(5)]
    nodes += [(118.8 + i / 100, 42.1 + i / 100, {}) for i in range(4)]
    ways = [([6, 7, 8, 9], {"highway": "primary", "name": "国道"})]
    return lambda folder: corpus.write_pbf(folder, nodes, ways, packed=packed)


GOOD: dict[str, tuple[Good, ...]] = {
    "shp": (
        _texted(corpus.write_shp, "gbk"),
        lambda d: corpus.write_shp(d, corpus.rows(12, 6), "utf-8", bare=True),
        _drawn(areas, "shp"),
        _drawn(roads, "shp"),
        _table,
    ),
    "zip": (
        lambda d: corpus.write_zip(d, corpus.write_shp(d, corpus.rows(12, 5), "gbk")),
        lambda d: corpus.write_zip(d, _drawn(areas, "shp")(d)),
        lambda d: corpus.write_zip(d, corpus.write_csv(d, corpus.rows(12, 5), "gbk")),
    ),
    "gpkg": (_drawn(lambda: corpus.rows(12, 5), "gpkg"), _drawn(areas, "gpkg")),
    "geojson": (
        _texted(corpus.write_text_json, "utf-8"),
        _drawn(areas, "geojson"),
        _answer,
        _packed,
    ),
    "topojson": (lambda d: corpus.write_topojson(d, corpus.rows(12, 5)), _topojson),
    "kml": (
        _texted(corpus.write_kml, "utf-8"),
        _texted(corpus.write_kml, "gbk"),
        _drawn(areas, "kml"),
    ),
    "kmz": (_texted(corpus.write_kmz, "utf-8"),),
    "gpx": (_texted(corpus.write_gpx, "utf-8"), _gpx),
    "dxf": (_texted(corpus.write_dxf, "gbk"), _dxf),
    "fgb": (_drawn(lambda: corpus.rows(12, 5), "fgb"), _drawn(areas, "fgb"), _drawn(roads, "fgb")),
    "tab": (_drawn(lambda: corpus.rows(12, 5), "tab"), _drawn(areas, "tab")),
    "mif": (_texted(corpus.write_mif, "gbk"), _drawn(areas, "mif"), _drawn(roads, "mif")),
    "csv": (_texted(corpus.write_csv, "gbk"), _texted(corpus.write_csv, "utf-16", ";")),
    "txt": (_words, _texted(corpus.write_csv, "utf-8", "\t")),
    "xlsx": (_texted(corpus.write_xlsx), _book),
    "xls": (write_xls, _page),
    "ods": (_ods,),
    "tif": (
        corpus.write_tif,
        _raster(),
        _raster(compress="lzw", tiled=True, blockxsize=16, blockysize=16),
    ),
    "pbf": (_extract(packed=True), _extract(packed=False), _osm),
}
"""Every format → how its good files are made, each in a folder of its own."""


@cache
def good(form: str, folder: Path) -> tuple[Path, ...]:
    """The good files of a format, written once below ``folder``."""
    out = []
    for n, write in enumerate(GOOD[form]):
        own = folder / "good" / f"{form}{n}"
        own.mkdir(parents=True)
        path = write(own)
        out.append(path)
    return tuple(out)


def broken(form: str, number: int, seed: int, folder: Path) -> Path:
    """Write the broken file of a number into an empty folder ``folder/<form><number>``."""
    r = random.Random(f"{seed} {form} {number}")
    originals = good(form, folder)
    source = originals[number % len(originals)]
    own = folder / f"{form}{number}"
    own.mkdir()
    path = own / source.name
    for part in source.parent.iterdir():
        if part.stem == source.stem:
            shutil.copyfile(part, own / part.name)
    if r.random() < 0.08:
        path.write_bytes(noise(r))
        return path
    hurt = path if r.random() < 0.6 else r.choice(sorted(own.iterdir()))
    data = hurt.read_bytes()
    for _ in range(r.choice((1, 1, 1, 2, 4))):
        data = _damaged(data, hurt.suffix.lower(), form, r)
    hurt.write_bytes(data)
    if r.random() < 0.05 and hurt != path:
        hurt.unlink()
    return path


def _damaged(data: bytes, ending: str, form: str, r: random.Random) -> bytes:
    if ending[1:] in _PACKED and data[:2] == b"PK" and r.random() < 0.7:
        return _inside(data, form, r)
    plain = ending in _TEXTS or (ending == ".xls" and data[:1] == b"<")
    if plain and data and r.random() < 0.5:
        return _misspelt(data, r)
    return mutated(data, r)


def _inside(data: bytes, form: str, r: random.Random) -> bytes:
    """One member of an archive damaged, and all packed again; a good archive of a bad file."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            names = old.namelist()
            hurt = r.choice(names) if names else ""
            for name in names:
                inner = old.read(name)
                if name == hurt:
                    inner = _damaged(inner, Path(name).suffix.lower(), form, r)
                    if r.random() < 0.05:
                        continue
                new.writestr(name, inner)
    except (zipfile.BadZipFile, zipfile.zlib.error, ValueError, NotImplementedError, OSError):  # type: ignore[attr-defined]
        return mutated(data, r)  # damaged before
    return out.getvalue()


def _misspelt(data: bytes, r: random.Random) -> bytes:
    """A number or a word of a text replaced by one nobody expects."""
    sort = r.choices((rb"-?\d+(?:\.\d+)?", rb"[A-Za-z_]+", rb"[\"<>{}\[\]:,;]"), (6, 3, 1))[0]
    found = list(re.finditer(sort, data))
    if not found:
        return mutated(data, r)
    for _ in range(r.choice((1, 1, 3))):
        one = r.choice(found)
        word = r.choice((*_WORDS, data[one.start() : one.end()].decode("latin-1") * 3))
        data = data[: one.start()] + word.encode("utf-8", "surrogatepass") + data[one.end() :]
    return data


def mutated(data: bytes, r: random.Random) -> bytes:
    """One damage to bytes: cut short, changed, a number of a header, a piece doubled, swapped,
    taken out, overwritten.
    """
    kind = r.randrange(8)
    raw = bytearray(data)
    if not raw:
        return noise(r)
    if kind == 0:
        return bytes(raw[: r.randrange(len(raw) + 1)])
    at = r.randrange(min(len(raw), _HEAD) if r.random() < 0.4 else len(raw))
    if kind == 1:
        for _ in range(r.choice([1, 2, 8, 64])):
            raw[r.randrange(len(raw))] = r.randrange(256)
    elif kind == 2:
        raw[at] ^= 1 << r.randrange(8)
    elif kind == 3:
        size, mark = r.choice([(2, "H"), (4, "I"), (4, "I"), (8, "Q")])
        number = r.choice(_NUMBERS) & (256**size - 1)
        raw[at : at + size] = struct.pack(r.choice("<>") + mark, number)
    elif kind == 4:
        piece = raw[at : at + r.randrange(1, 200)]
        raw[at:at] = piece * r.choice([1, 3, 500])
    elif kind == 5:
        del raw[at : at + r.randrange(1, 400)]
    elif kind == 6:
        size = r.choice([16, 16, 512])
        other = r.randrange(len(raw))
        raw[at : at + size], raw[other : other + size] = (
            raw[other : other + size],
            raw[at : at + size],
        )
    else:
        raw[at : at + 32] = r.randbytes(32)
    return bytes(raw)


def noise(r: random.Random) -> bytes:
    """Random bytes, most behind the first bytes of a real format."""
    return r.choice(_STARTS) + r.randbytes(r.choice([0, 1, 20, 500, 5_000]))
