"""One frame ⇄ one feature table of a GeoPackage, through SQLite alone.

GDAL is not needed to read our own files, and would not keep everything: a
GeoPackage column has one type, a pandas column has a dtype and may mix types.
So each table comes with a *note* (plain JSON, kept by the caller): for every
column its name in the frame, its name in SQL, its dtype and, where SQL cannot
say it, how to read the values. A table edited elsewhere is read as far as the
note still fits: rows and columns that others added are kept.

Layout of a geometry value (GeoPackage 1.3, 2.1.3), little endian:

    'G' 'P' version=0 flags | srs_id int32 | [minx maxx miny maxy] | ISO WKB
"""

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from data.columns import Encoded, decode, encode
from data.kinds import Kind
from data.pieces import in_pieces
from data.plan import unique_name
from data.progress import Report, silent

Note = dict[str, Any]

APPLICATION_ID = 0x47504B47
"""“GPKG”: what makes other programs take the SQLite file for a GeoPackage."""

USER_VERSION = 10300
FIRST_OWN_SRS = 100_000
CHUNK = 50_000
"""Rows between two reports."""

_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
 srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
 organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
 table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
 description TEXT DEFAULT '',
 last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
 min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
 CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
 table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
 srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
 CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
 CONSTRAINT uk_gc_table_name UNIQUE (table_name),
 CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
 CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
"""

_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_EMPTY_TYPES = {"point": "POINT", "line": "MULTILINESTRING", "polygon": "MULTIPOLYGON"}


def uri(path: Path, options: str) -> str:
    """Return the SQLite URI of a file; also for shares (//server/share/…) and Windows drives."""
    text = path.absolute().as_posix()
    return f"file://{'' if text.startswith('/') else '/'}{quote(text)}?{options}"


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an existing empty file to be written in one go; committed at the end of the block.

    Nobody sees such a file before it is whole, so it has no journal of its own.
    """
    db = sqlite3.connect(uri(path, "mode=rw&nolock=1"), uri=True, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        create(db)
        yield db
        db.execute("COMMIT")
    finally:
        db.close()


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_name(wanted: str, taken: set[str]) -> str:
    """Return a name SQL can hold that differs from ``taken`` in more than case; note it there."""
    base = wanted.replace("\0", "").encode("utf-8", "replace").decode().strip() or "未命名"
    if base.lower().startswith(("sqlite_", "gpkg_", "rtree_")):
        base = f"_{base}"
    name, n = base, 2
    while name.casefold() in taken:
        name, n = f"{base} {n}", n + 1
    taken.add(name.casefold())
    return name


def create(db: sqlite3.Connection) -> None:
    """Make an empty database a GeoPackage."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {USER_VERSION}")
    for statement in _TABLES.split(";"):
        db.execute(statement)
    undefined = "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, 'NONE', ?, 'undefined', ?)"
    db.execute(undefined, ("Undefined cartesian SRS", -1, -1, "undefined cartesian"))
    db.execute(undefined, ("Undefined geographic SRS", 0, 0, "undefined geographic"))
    register_crs(db, pyproj.CRS("EPSG:4326"))


def register_crs(db: sqlite3.Connection, crs: pyproj.CRS) -> int:
    """Enter a coordinate system (once) and return its id."""
    match = re.fullmatch(r"EPSG:(\d+)", crs.srs, re.IGNORECASE)
    code = int(match[1]) if match else crs.to_epsg(min_confidence=100)
    text = crs.to_wkt("WKT1_GDAL")
    old = db.execute(
        "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE srs_id = ? OR definition = ?", (code, text)
    ).fetchone()
    if old:
        return int(old[0])
    if code is None:
        last = db.execute("SELECT max(srs_id) FROM gpkg_spatial_ref_sys").fetchone()[0]
        number = max(last + 1, FIRST_OWN_SRS)
        row = (crs.name, number, "NONE", number, text, None)
    else:
        number = int(code)
        row = (crs.name, number, "EPSG", number, text, None)
    db.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", row)
    return number


def write_table(
    db: sqlite3.Connection,
    table: str,
    frame: gpd.GeoDataFrame,
    kind: Kind,
    report: Report = silent,
) -> Note:
    """Write a frame (index = feature ids, CRS known) as a feature table; return its note."""
    taken = {"fid", "geom"}
    columns: list[tuple[str, str, Encoded]] = []
    for name, values in frame.items():
        if name != "geometry":
            encoded = encode(values, kind.column(str(name)))
            columns.append((str(name), sql_name(str(name), taken), encoded))
    shapes = np.asarray(frame.geometry.array, dtype=object)
    srs = register_crs(db, frame.crs)
    declared = [f"{quoted(sql)} {encoded.sql_type}" for _, sql, encoded in columns]
    _declare(db, table, declared, shapes, srs, kind)
    ids = [int(i) for i in frame.index]
    plain = [encoded.values for _, _, encoded in columns]
    marks = ", ".join("?" * (2 + len(columns)))
    for start in range(0, len(ids), CHUNK):
        rows = slice(start, start + CHUNK)
        db.executemany(
            f"INSERT INTO {quoted(table)} VALUES ({marks})",
            zip(ids[rows], _blobs(shapes[rows], srs), *(v[rows] for v in plain), strict=True),
        )
        report(min(start + CHUNK, len(ids)) / len(ids), f"正在写“{table}”…")
    note: Note = {
        "crs": frame.crs.srs,
        "columns": [{"name": n, "sql": sql, **e.note} for n, sql, e in columns],
    }
    if any(a >= b for a, b in itertools.pairwise(ids)):
        note["rows"] = ids
    return note


def _declare(
    db: sqlite3.Connection,
    table: str,
    columns: list[str],
    shapes: npt.NDArray[Any],
    srs: int,
    kind: Kind,
) -> None:
    """Make the empty table and enter it in GeoPackage's own tables."""
    shape_type = _shape_type(shapes, kind)
    own = ["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", f"geom {shape_type}"]
    db.execute(f"CREATE TABLE {quoted(table)} ({', '.join([*own, *columns])})")
    bounds: list[float | None] = [None] * 4
    if len(shapes) and not np.isnan(total := shapely.total_bounds(shapes)).any():
        bounds = [float(v) for v in total]
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
        "min_x, min_y, max_x, max_y, srs_id) VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?)",
        (table, table, kind.title, *bounds, srs),
    )
    z = 2 if len(shapes) and shapely.has_z(shapes).any() else 0
    db.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, ?, 0)",
        (table, shape_type, srs, z),
    )


def read_table(
    db: sqlite3.Connection, table: str, note: Note, report: Report = silent
) -> gpd.GeoDataFrame:
    """Return a table as the frame it was written from, with what others changed since.

    Raises sqlite3.DatabaseError, ValueError or shapely.errors.GEOSException for damage.
    """
    info = db.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    present = {row[1].casefold(): (row[1], row[2]) for row in info}
    if not {"fid", "geom"} <= present.keys():
        raise ValueError(f"{table}: no fid or geom")
    told = [c for c in note["columns"] if c["sql"].casefold() in present]
    known = {c["sql"].casefold() for c in told} | {"fid", "geom"}
    names = {"geometry", *(str(c["name"]) for c in told)}
    others = [
        {"name": unique_name(n, names), "sql": n, "type": t}
        for k, (n, t) in present.items()
        if k not in known
    ]
    columns = [*told, *others]
    fields = _fetch(db, table, [c["sql"] for c in columns], report)
    index = pd.Index(np.array(fields[0], dtype="int64"), name="fid")
    with np.errstate(invalid="ignore"):  # NaN coordinates are for the checks to tell
        shapes = in_pieces(_shapes, fields[1])
    data = {
        str(c["name"]): decode(values, c, index)
        for c, values in zip(columns, fields[2:], strict=True)
    }
    array = gpd.array.from_shapely(shapes, crs=note["crs"])
    data["geometry"] = pd.Series(array, index=index, copy=False)
    frame = gpd.GeoDataFrame(data, index=index, geometry="geometry", copy=False)
    if "rows" in note:
        kept = set(index)
        first = [i for i in note["rows"] if i in kept]
        placed = set(first)
        frame = frame.loc[[*first, *(i for i in index if i not in placed)]]
    return frame


def _shapes(blobs: Sequence[Any]) -> npt.NDArray[Any]:
    return shapely.from_wkb(np.array([_wkb(blob) for blob in blobs], dtype=object))


def copy_others(db: sqlite3.Connection, mine: set[str]) -> None:
    """Copy from the attached database ``old`` the tables that are not ``mine`` nor GeoPackage's.

    Such as the layer styles QGIS keeps in the file. A table whose name is
    taken by now is left out.
    """
    present = "SELECT lower(name) FROM main.sqlite_master WHERE type = 'table'"
    taken = {row[0] for row in db.execute(present)} | {name.lower() for name in mine}
    others = db.execute("SELECT name, sql FROM old.sqlite_master WHERE type = 'table'").fetchall()
    for name, sql in others:
        system = name.lower().startswith(("gpkg_", "sqlite_", "rtree_"))
        if system or name.lower() in taken or "VIRTUAL" in sql.upper().split("(")[0]:
            continue
        db.execute(sql)
        db.execute(f"INSERT INTO main.{quoted(name)} SELECT * FROM old.{quoted(name)}")
        for table in ("gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns"):
            same = "table_name = ?1" if table != "gpkg_spatial_ref_sys" else "?1 = ?1"
            db.execute(
                f"INSERT OR IGNORE INTO main.{table} SELECT * FROM old.{table} WHERE {same}",
                (name,),
            )


def _fetch(
    db: sqlite3.Connection, table: str, columns: Sequence[str], report: Report
) -> list[list[Any]]:
    """The values of fid, geometry and the columns, a list each."""
    total = db.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()[0]
    wanted = "".join(f", {quoted(c)}" for c in columns)
    cursor = db.execute(f"SELECT fid, geom{wanted} FROM {quoted(table)} ORDER BY fid")
    fields: list[list[Any]] = [[] for _ in range(2 + len(columns))]
    while chunk := cursor.fetchmany(CHUNK):
        for field, values in zip(fields, zip(*chunk, strict=True), strict=True):
            field.extend(values)
        report(min(len(fields[0]) / max(total, 1), 1.0), f"正在读“{table}”…")
    return fields


def _shape_type(shapes: npt.NDArray[Any], kind: Kind) -> str:
    """Return one type name for the table: the multi type as soon as one feature is multi."""
    names = {s.geom_type.upper() for s in shapes if s is not None}
    if not names:
        return _EMPTY_TYPES[kind.geometry]
    if len(names) == 1:
        return names.pop()
    singles = {n.removeprefix("MULTI") for n in names}
    return f"MULTI{singles.pop()}" if len(singles) == 1 else "GEOMETRY"


def _blobs(shapes: npt.NDArray[Any], srs: int) -> Iterator[bytes | None]:
    wkb = shapely.to_wkb(shapes, byte_order=1, flavor="iso")
    empty = shapely.is_empty(shapes)
    plain = b"GP\0\x01" + srs.to_bytes(4, "little", signed=True)
    if (shapely.get_type_id(shapes) == 0).all() and not empty.any():
        return (plain + w for w in wkb)
    boxed = b"GP\0\x03" + srs.to_bytes(4, "little", signed=True)
    nothing = b"GP\0\x11" + srs.to_bytes(4, "little", signed=True)
    boxes = np.ascontiguousarray(shapely.bounds(shapes)[:, [0, 2, 1, 3]], dtype="<f8")

    def one(i: int) -> bytes | None:
        if wkb[i] is None:
            return None
        if empty[i]:
            return nothing + wkb[i]
        return boxed + boxes[i].tobytes() + wkb[i]

    return (one(i) for i in range(len(shapes)))


def _wkb(blob: bytes | None) -> bytes | None:
    if blob is None:
        return None
    if blob[:2] != b"GP":
        raise ValueError("not a GeoPackage geometry")
    return blob[8 + _ENVELOPE_BYTES[blob[3] >> 1 & 7] :]
