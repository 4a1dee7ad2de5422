"""JSON of the web that is no GeoJSON: maps packed for ECharts, lists that phone maps hand out.

{"UTF8Encoding": true, "features": […"coordinates": ["@@A@…"], "encodeOffsets": [[x, y]]…]}
echarts.registerMap('赤峰', {…})                                   ─▶ GeoJSON
[{"name": "…", "location": "118.95,42.27"}, …]
{"status": "1", "pois": [{"name": "…", "location": {"lng": …, "lat": …}}, …]}  ─▶ a list
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data.imports.encoding import Guess, chosen, decide, decode
from data.imports.headings import MOST_COLUMNS, without_controls
from data.imports.source import Source
from data.imports.tables import MOST_CELLS, column
from data.progress import Report, silent
from data.refused import Refused

_OWN = re.compile(
    r'"type"\s*:\s*"(Feature|FeatureCollection|GeometryCollection|Topology|(Multi)?(Point|'
    r'LineString|Polygon))"|"(esriGeometry\w*|geometryType|displayFieldName)"'
)
"""What the formats say of themselves that GDAL reads."""
_HEAD = 20_000
_CALL = re.compile(r"registerMap\(\s*(\"[^\"]*\"|'[^']*')\s*,\s*\{")
_SCRIPT = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<before>[{,]\s*)(?P<name>[A-Za-z_]\w*)\s*:|![01](?!\w)'
)
_SCALE = 1024.0
_DEEPEST = 5
_SIGNS = (
    ("高德", {"infocode"}),
    ("高德", {"pois", "suggestion"}),
    ("腾讯", {"data", "request_id"}),
    ("百度", {"results", "result_type"}),
    ("百度", {"results", "message", "status"}),
)
"""Which service hands out an answer with these keys at its top."""
_OF_ROWS = (("腾讯", "ad_info"), ("百度", "street_id"), ("高德", "adcode"))
"""The same for the rows, where a list was taken out of its answer."""


# --- maps packed for ECharts


def is_packed(data: bytes) -> bool:
    """Whether a JSON (or script) file holds a map packed for ECharts."""
    return b"encodeOffsets" in data or b"registerMap" in data[:_HEAD]


def unpacked(text: str, name: str) -> str:
    """Return the GeoJSON of a map for ECharts. Raises Refused for one that is damaged."""
    call = _CALL.search(text)
    try:
        found, _ = json.JSONDecoder().raw_decode(_quoted(text[call.end() - 1 :]) if call else text)
        for feature in found["features"]:
            shape = feature.get("geometry") or {}
            if shape.get("encodeOffsets"):
                scale = float(found.get("UTF8Scale") or _SCALE)
                coordinates, offsets = shape["coordinates"], shape.pop("encodeOffsets")
                shape["coordinates"] = _decoded(coordinates, offsets, scale)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise Refused(
            f"“{name}”像是 ECharts 的地图,但读不出来:文件不完整。请重新导出,或另存为 GeoJSON。"
        ) from None
    return json.dumps(found, ensure_ascii=False)


def _quoted(script: str) -> str:
    """An object as a script writes it, as JSON: names quoted, !0 for true."""

    def plain(found: re.Match[str]) -> str:
        if found["text"]:
            return re.sub(r"\\x([0-9A-Fa-f]{2})", r"\\u00\1", found["text"])
        if found["name"]:
            return f'{found["before"]}"{found["name"]}":'
        return "true" if found[0] == "!0" else "false"

    return _SCRIPT.sub(plain, script)


def _decoded(packed: Any, offsets: Any, scale: float) -> Any:
    """A ring (or rings, or polygons) of coordinates: differences in zigzag, one letter each."""
    if not isinstance(packed, str):
        return [_decoded(one, own, scale) for one, own in zip(packed, offsets, strict=True)]
    steps = [((ord(c) - 64) >> 1) ^ -((ord(c) - 64) & 1) for c in packed]
    x, y = int(offsets[0]), int(offsets[1])
    out = []
    for east, north in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + east, y + north
        out.append([x / scale, y / scale])
    return out


# --- lists


def read_list(path: Path, encoding: str = "", report: Report = silent) -> list[Source]:
    """Return the list of places in a JSON file, [] for one that has none or is GeoJSON."""
    with path.open("rb") as file:
        if _OWN.search(file.read(_HEAD).decode("latin-1")):
            return []  # most files: the rest of a large one need not be read for this
    data = path.read_bytes()
    guess = Guess(chosen(encoding), 1.0) if encoding else decide([data], whole=True)
    text = decode(data, guess.name).lstrip("\ufeff")
    if _OWN.search(text[:_HEAD]) or is_packed(data):
        return []
    report(0.3, f"正在读“{path.name}”…")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    rows = max(_lists(found, _DEEPEST), key=len, default=[])
    if not rows:
        return []
    headings = list(dict.fromkeys(key for row in rows for key in row))[:MOST_COLUMNS]
    if len(headings) * len(rows) > MOST_CELLS:
        raise Refused(f"“{path.name}”里的表太大了。请拆成几个文件。")
    columns = {}
    for heading in headings:
        shown = without_controls(heading) or "无名"
        while shown in columns:
            shown += "_2"
        columns[shown] = column([_cell(row.get(heading)) for row in rows])
    raw = tuple(p for p in re.split(rb'["\r\n]+', data[:200_000]) if not p.isascii())[:40]
    numbers = np.arange(1, len(rows) + 1, dtype=np.int64)
    service = _service(found, rows[0])
    return [Source(path.stem, "JSON", columns, numbers, encoding=guess, raw=raw, service=service)]


def _lists(value: Any, depth: int) -> Iterator[list[dict[str, Any]]]:
    """Every list of objects in a JSON value."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield value
    elif isinstance(value, dict) and depth:
        for inner in value.values():
            yield from _lists(inner, depth - 1)


def _cell(value: Any) -> Any:
    """A value as a cell: an object or a list of numbers is a place, written in one cell."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 1e300 else str(value)
    if isinstance(value, list):
        plain = all(isinstance(one, str | int | float) for one in value)
        return ",".join(map(str, value)) if plain else json.dumps(value, ensure_ascii=False)
    both = {str(key).lower(): inner for key, inner in value.items()}
    for east, north in (("lng", "lat"), ("lon", "lat"), ("longitude", "latitude"), ("x", "y")):
        if east in both and north in both:
            return f"{both[east]},{both[north]}"
    return json.dumps(value, ensure_ascii=False)


def _service(found: Any, row: dict[str, Any]) -> str:
    """The map service whose answer this is, "" for none that is known."""
    if isinstance(found, dict):
        for name, keys in _SIGNS:
            if keys <= set(found):
                return name
    return next((name for name, key in _OF_ROWS if key in row), "")
