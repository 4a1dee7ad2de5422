"""Vector files through GDAL, with the judgement on top left to us: text is taken as bytes.

GDAL believes what a file says of its encoding; half of the office's shapefiles say nothing
or lie. Every text is therefore read as Latin-1, which keeps each byte as one character, and
the encoding is decided from the bytes of all names and cells together.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import shapely
import yaml

import resources
from data.imports.encoding import Guess, chosen, decide, decode
from data.imports.headings import without_controls
from data.imports.preparing import beside, copied_set, prepared, with_plain_prj
from data.imports.source import Cells, Source
from data.progress import Report, part, silent
from data.refused import Refused

MOST_FEATURES = 3_000_000
_CHUNK = 100_000
_BYTES = "ISO-8859-1"
_LAYERS = 400
_FIXED = {"kml", "gpx", "pbf"}
_KML_OWN = {
    "id",
    "begin",
    "end",
    "altitudemode",
    "tessellate",
    "extrude",
    "visibility",
    "draworder",
    "icon",
    "timestamp",
    "snippet",
    "gx_media_links",
}
_DXF_OWN = {"paperspace", "subclasses", "entityhandle", "linetype", "extendedentity"}
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')

_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.CRSError,
    pyogrio.errors.GeometryError,
    shapely.errors.GEOSException,
    RuntimeError,
    ValueError,
    OSError,
    UnicodeError,
    UnboundLocalError,  # pyogrio's own, for a coordinate system that GDAL cannot write
)


def read_vector(
    path: Path,
    form: str,
    title: str,
    folder: Path,
    encoding: str = "",
    kind_title: str = "",
    bounds: tuple[float, float, float, float] | None = None,
    report: Report = silent,
) -> list[Source]:
    """Return every layer of a file that has features.

    ``form``: a key of ``sniff.TITLES``; ``title`` names it to the user. ``folder``: for
    working copies. ``kind_title`` and ``bounds`` (degrees) limit what is taken of an
    OpenStreetMap extract. Raises Refused for what GDAL cannot read.
    """
    ready = prepared(path, form, folder, encoding)
    path = ready.path
    _configure(path.stat().st_size)
    notes: tuple[str, ...] = ()
    if form == "shp":
        path = with_plain_prj(path, folder)
    if form == "shp" and not _readable_crs(path):
        path, notes = copied_set(path, folder, without=".prj"), ("坐标系说明(.prj)读不懂,当作没有",)
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    except _ERRORS as error:
        raise _unreadable(title, str(error)) from None
    if len(layers) > _LAYERS:
        raise Refused(f"“{title}”里有 {len(layers)} 个图层,太多了。请先拆开。")
    out: list[Source] = []
    for n, (layer, where) in enumerate(_wanted(layers, form, kind_title)):
        options: dict[str, Any] = {"where": where} if where else {}
        if form == "pbf" and bounds is not None:
            options["bbox"] = bounds
        inner = part(report, n / len(layers), (n + 1) / len(layers))
        text = "UTF-8" if ready.guess else encoding
        try:
            source = _layer(path, layer, form, title, text, options, inner)
        except _ERRORS as error:
            raise _unreadable(title, str(error)) from None
        if source is None:
            continue
        if ready.guess is not None:
            columns = {ready.names.get(name, name): c for name, c in source.columns.items()}
            source = replace(source, encoding=ready.guess, raw=ready.raw, columns=columns)
        out.append(replace(source, notes=(*source.notes, *notes)))
    return out


def _readable_crs(path: Path) -> bool:
    """Whether the .prj beside a shapefile says anything; a spoiled one must not cost the rest."""
    prj = beside(path, ".prj")
    if prj is None:
        return True
    try:
        pyproj.CRS.from_wkt(prj.read_text(encoding="utf-8", errors="replace"))
    except pyproj.exceptions.CRSError:
        return False
    return True


def _unreadable(title: str, message: str) -> Refused:
    low = message.lower()
    if "memory" in low or "allocate" in low:
        return Refused(f"“{title}”声明的数据大得不合常理,没有读。文件可能已损坏。")
    return Refused(f"“{title}”读不出来:文件不完整,或内容与它的类型不符。请重新导出或重新复制一份。")


def _configure(size: int) -> None:
    # An OSM extract's index, in memory as far as this goes: each opening clears that much.
    kept = min(200, 8 + size // 250_000)
    pyogrio.set_gdal_config_options(
        {
            "SHAPE_RESTORE_SHX": "YES",
            "DXF_ENCODING": _BYTES,
            "DXF_MAX_BSPLINE_CONTROL_POINTS": "5000",
            "OGR_SQLITE_JOURNAL": "OFF",
            "GDAL_DISABLE_READDIR_ON_OPEN": "NO",
            "OSM_USE_CUSTOM_INDEXING": "YES",
            "OSM_MAX_TMPFILE_SIZE": str(kept),
            "OGR_GEOJSON_MAX_OBJ_SIZE": "500",
            # Nothing in a file may send the program to the network.
            "GDAL_HTTP_TIMEOUT": "1",
            "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        }
    )


def _wanted(layers: Sequence[str], form: str, kind_title: str) -> Iterator[tuple[str, str]]:
    if form != "pbf":
        hidden = ("layer_styles", "qgis_projects")
        yield from ((name, "") for name in layers if name not in hidden)
        return
    table = yaml.safe_load(resources.path("imports/osm.yaml").read_text(encoding="utf-8"))
    own = table.get(kind_title) or dict.fromkeys(("points", "lines", "multipolygons"), "")
    for name in layers:
        if name in own:
            yield name, own[name] or "name IS NOT NULL"


# --- reading


def _layer(
    path: Path,
    layer: str,
    form: str,
    title: str,
    encoding: str,
    options: Mapping[str, Any],
    report: Report,
) -> Source | None:
    info = pyogrio.read_info(
        path, layer=layer, encoding=_encoding(form), force_feature_count=form != "pbf"
    )
    declared = int(info.get("features") or -1)
    if declared > MOST_FEATURES:
        raise Refused(
            f"“{title}”声明有 {declared:,} 个要素,超过 {MOST_FEATURES:,} 个,太大了。"
            "请拆成几个文件。"
        )
    metas, wkbs, columns, count = _chunks(path, layer, form, title, declared, options, report)
    if not count:
        return None
    fields = [_raw(str(name)) for name in metas["fields"]]
    guess = _decided(fields, columns, encoding, path, form)
    headings = _headings(fields, guess.name)
    cells = {
        heading: _cells(column, guess.name)
        for heading, column in zip(headings, columns, strict=True)
    }
    cells = _useful(_tags(cells) if form == "pbf" else cells, form)
    shapes = _shapes(wkbs, count)
    crs = str(metas.get("crs") or "") if shapes is not None else ""
    return Source(
        title if layer in (path.stem, title, "entities") else f"{title} {layer}",
        form,
        cells,
        np.arange(1, count + 1, dtype=np.int64),
        shapes,
        crs,
        form in _FIXED,
        guess,
        _some_raw(fields, columns),
        cut=form == "shp",
    )


def _chunks(
    path: Path,
    layer: str,
    form: str,
    title: str,
    declared: int,
    options: Mapping[str, Any],
    report: Report,
) -> tuple[dict[str, Any], list[Any], list[Any], int]:
    """Read in pieces, so that progress can be told; formats without random access in one."""
    pieces: list[tuple[Any, list[Any]]] = []
    meta: dict[str, Any] = {}
    count = 0
    step = _CHUNK if form in ("shp", "gpkg", "fgb") and declared > _CHUNK else None
    while True:
        told = f"正在读“{title}”" + (f"({count:,} / {declared:,})…" if declared > 0 else "…")
        report(min(0.95, count / declared) if declared > 0 else 0.1, told)
        meta, _, wkb, columns = pyogrio.raw.read(
            path,
            layer=layer,
            encoding=_encoding(form),
            skip_features=count,
            max_features=step,
            datetime_as_string=True,
            **options,
        )
        here = len(wkb) if wkb is not None else (len(columns[0]) if len(columns) else 0)
        pieces.append((wkb, list(columns)))
        count += here
        if step is None or here < step:
            break
        if count > MOST_FEATURES:
            raise Refused(f"“{title}”的要素超过 {MOST_FEATURES:,} 个,太大了。请拆成几个文件。")
    columns = [
        np.concatenate([piece[1][n] for piece in pieces]) for n in range(len(meta["fields"]))
    ]
    return meta, [piece[0] for piece in pieces], columns, count


def _shapes(wkbs: list[Any], count: int) -> Any:
    if any(wkb is None for wkb in wkbs):
        return None
    # Rings that do not close and the like: better no shape for that row than none for all.
    shapes = shapely.from_wkb(np.concatenate(wkbs), on_invalid="ignore")
    shapes = np.asarray(shapes, dtype=object)
    return None if shapely.is_missing(shapes).all() else shapes


def _encoding(form: str) -> str:
    """DXF is turned from Latin-1 into UTF-8 by GDAL itself (see ``_configure``)."""
    return "UTF-8" if form == "dxf" else _BYTES


def _raw(text: str) -> bytes:
    """The bytes a Latin-1 reading stands for; b"" for text that is decoded already."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b""


def _decided(
    fields: list[bytes], columns: list[Any], encoding: str, path: Path, form: str
) -> Guess:
    if encoding:
        return Guess(chosen(encoding), 1.0)
    pieces = [name for name in fields if not name.isascii()]
    for column in columns:
        if column.dtype == object:
            seen = dict.fromkeys(v for v in column[:20_000] if isinstance(v, str))
            pieces += [_raw(v) for v in list(seen)[:4_000] if not v.isascii()]
    cpg = beside(path, ".cpg") if form in ("shp", "mapinfo") else None
    said = cpg.read_bytes()[:40].decode("ascii", "ignore").strip() if cpg else ""
    return decide(pieces, said or ("UTF-8" if form not in ("shp", "dxf", "mapinfo") else ""))


def _headings(fields: list[bytes], name: str) -> list[str]:
    """Names of columns: a last character cut in half is left out, doubles are numbered."""
    out: list[str] = []
    for place, raw in enumerate(fields):
        heading = without_controls(decode(raw, name, cut=True)) or f"列{place + 1}"
        base, n = heading, 2
        while heading in out:
            heading, n = f"{base}_{n}", n + 1
        out.append(heading)
    return out


def _cells(column: Any, name: str) -> Cells:
    kind = column.dtype.kind
    if kind in "iuf":
        return np.asarray(column, dtype=float)
    if kind == "b":
        return _texts(["是" if v else "否" for v in column])
    if kind == "M":
        return _texts(["" if np.isnat(v) else str(v).replace("T", " ") for v in column])
    known: dict[str, str] = {}
    out = np.empty(len(column), dtype=object)
    for place, value in enumerate(column):
        if value is None:
            out[place] = ""
        elif isinstance(value, str):
            text = known.get(value)
            if text is None:
                raw = _raw(value)
                text = decode(raw, name, cut=True).strip() if raw else value
                known[value] = text
            out[place] = text
        else:
            out[place] = "" if isinstance(value, bytes) else str(value)
    return out


def _texts(values: list[str]) -> Cells:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _useful(cells: dict[str, Cells], form: str) -> dict[str, Cells]:
    """KML and DXF bring columns of their own that are empty or only about drawing."""
    if form not in ("kml", "gpx", "dxf", "pbf"):
        return cells
    cells = {h: _without_tags(c) if h == "description" else c for h, c in cells.items()}
    hidden = {"kml": _KML_OWN, "dxf": _DXF_OWN}.get(form, set())
    return {
        heading: column
        for heading, column in cells.items()
        if heading.lower() not in hidden
        and not (all(v == "" for v in column) if column.dtype == object else np.isnan(column).all())
    }


def _without_tags(cells: Cells) -> Cells:
    """Descriptions as text: phones and Google Earth write small web pages into them."""
    if cells.dtype != object or not any(_MARKUP.search(text) for text in cells):
        return cells
    texts = (re.sub(r"(?i)<(br|/tr|/p|/div)\b[^<>]*>", " ", text) for text in cells)
    return _texts([" ".join(html.unescape(_MARKUP.sub("", t)).split()) for t in texts])


def _tags(cells: dict[str, Cells]) -> dict[str, Cells]:
    """Pull the wanted tags of OpenStreetMap objects out of the column that holds the rest."""
    packed = cells.get("other_tags")
    table = yaml.safe_load(resources.path("imports/osm.yaml").read_text(encoding="utf-8"))
    if packed is None:
        return cells
    found = [dict(_TAG.findall(text)) for text in packed]
    out = dict(cells)
    for tag in table["标签"]:
        values = [one.get(tag, "") for one in found]
        if any(values) and tag not in out:
            out[tag] = _texts(values)
    return {name: column for name, column in out.items() if name != "osm_way_id"}


def _some_raw(fields: list[bytes], columns: list[Any]) -> tuple[bytes, ...]:
    """Names and a few cells with more than ASCII, for a preview in another encoding."""
    out = [name for name in fields if not name.isascii()]
    for column in columns:
        if column.dtype == object:
            texts = dict.fromkeys(v for v in column[:300] if isinstance(v, str) and v)
            out += [_raw(v) for v in list(texts)[:6] if not v.isascii()]
    return tuple(out[:60])
