"""One pandas column ⇄ one SQL column, losing nothing.

SQL columns have one of the GeoPackage types; the note says how to get the
pandas column back: ``dtype``, ``as`` for values SQL has no type for, ``odd``
for single values that do not fit the rest of their column.
"""

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.kinds import Column, is_missing

_INT64 = range(-(2**63), 2**63)
_EXACT = range(-(2**53), 2**53 + 1)
_HINTS = {"text": "TEXT", "number": "DOUBLE", "whole": "INTEGER", "date": "DATE"}


@dataclass(frozen=True)
class Encoded:
    """A column as SQL gets it: declared type, one plain value (or None) a row, the note."""

    sql_type: str
    values: list[Any]
    note: dict[str, Any]


def encode(series: pd.Series, known: Column | None = None) -> Encoded:
    """Return a column for SQL. ``known`` gives the type of a column without values."""
    dtype = series.dtype
    note: dict[str, Any] = {"dtype": str(dtype)}
    if isinstance(dtype, np.dtype) and dtype.kind == "b":
        return Encoded("BOOLEAN", series.astype("int64").tolist(), note)
    if isinstance(dtype, np.dtype) and dtype.kind in "iu" and dtype != np.uint64:
        return Encoded("INTEGER", series.tolist(), note)
    if isinstance(dtype, np.dtype) and dtype.kind == "f":
        numbers: list[Any] = series.tolist()
        if series.isna().any():
            numbers = [None if v != v else v for v in numbers]
        if known is not None and known.type == "whole" and all(map(_whole, numbers)):
            # Pandas makes whole numbers with gaps floats; other programs shall see them whole.
            return Encoded("INTEGER", [None if v is None else int(v) for v in numbers], note)
        return Encoded("DOUBLE", numbers, note)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        texts = [None if v is pd.NaT else _stamp_text(v) for v in series]
        return Encoded("DATETIME", texts, note)
    return _encode_objects(series, known, note)


def _encode_objects(series: pd.Series, known: Column | None, note: dict[str, Any]) -> Encoded:
    values = [v if isinstance(v, str) or not is_missing(v) else None for v in series.astype(object)]
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    types = {type(v) for v in values if v is not None}
    if not types:
        return Encoded(_HINTS[known.type] if known else "TEXT", values, note)
    if types == {str}:
        return Encoded("DATE" if known and known.type == "date" else "TEXT", values, note)
    if types == {bool}:
        return Encoded(
            "BOOLEAN", [None if v is None else int(v) for v in values], note | _as("bool")
        )
    if types == {int} and all(v is None or v in _INT64 for v in values):
        return Encoded("INTEGER", values, note)
    if types == {float} or (
        types == {int, float} and all(v in _EXACT for v in values if type(v) is int)
    ):
        return Encoded("DOUBLE", values, note)
    if types == {bytes}:
        return Encoded("BLOB", values, note)
    if types == {datetime.date}:
        return Encoded("DATE", [v and v.isoformat() for v in values], note | _as("date"))
    texts = [None if v is None else _text(v) for v in values]
    odd = {str(i): _tagged(v) for i, v in zip(series.index, values, strict=True) if _is_odd(v)}
    return Encoded("TEXT", texts, note | {"odd": odd})


def _whole(value: float | None) -> bool:
    """True for a number that comes back the same from a whole one (−0.0 does not)."""
    if value is None:
        return True
    return value.is_integer() and abs(value) <= _EXACT[-1] and str(value) != "-0.0"


def decode(values: Sequence[Any], note: dict[str, Any], index: pd.Index) -> pd.Series:
    """Return the pandas column; a value that no longer fits its note is kept as it is."""
    known = note.get("as")
    items: list[Any] = list(values)
    if known == "bool":
        items = [bool(v) if v in (0, 1) else v for v in items]
    elif known == "date":
        items = [_date(v) for v in items]
    odd = note.get("odd", {})
    places = {int(fid): n for n, fid in enumerate(index)} if odd else {}
    for fid, tagged in odd.items():
        at, value = places.get(int(fid)), _untagged(*tagged)
        if at is not None and items[at] == _text(value):
            items[at] = value
    dtype = note.get("dtype") or _dtype_of(note.get("type", ""))
    return _restore(items, dtype, index)


def _restore(items: list[Any], dtype: str, index: pd.Index) -> pd.Series:
    plain = pd.Series(items, index=index, dtype=object)
    if dtype == "object":
        return plain
    try:
        if dtype.startswith("datetime64"):
            return _stamps(plain, dtype)
        if dtype == "bool" and not all(v in (0, 1) for v in items):
            return plain
        return plain.astype(pd.api.types.pandas_dtype(dtype))
    except (TypeError, ValueError, OverflowError):
        return plain


def _stamps(texts: pd.Series, dtype: str) -> pd.Series:
    utc = pd.to_datetime(texts, utc=True, format="ISO8601")
    wanted = pd.api.types.pandas_dtype(dtype)
    zone = getattr(wanted, "tz", None)
    return (utc.dt.tz_localize(None) if zone is None else utc.dt.tz_convert(zone)).astype(wanted)


def _stamp_text(stamp: pd.Timestamp) -> str:
    """Return a time as GeoPackage has it; a time without a zone is written as if in UTC."""
    utc = stamp if stamp.tzinfo is None else stamp.tz_convert("UTC").tz_localize(None)
    whole = utc.nanosecond == 0 and utc.microsecond % 1000 == 0
    return f"{utc.isoformat(timespec='milliseconds' if whole else 'auto')}Z"


def _dtype_of(sql_type: str) -> str:
    """Return the dtype for a column somebody else added."""
    return "float64" if sql_type.upper() in ("REAL", "DOUBLE", "FLOAT") else "object"


def _as(name: str) -> dict[str, str]:
    return {"as": name}


def _date(value: Any) -> Any:
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _is_odd(value: Any) -> bool:
    return value is not None and not isinstance(value, str)


def _tagged(value: Any) -> list[Any]:
    """Return [type, value] as JSON can hold it; what JSON has no word for becomes its text."""
    if isinstance(value, datetime.datetime):
        return ["time", value.isoformat()]
    if isinstance(value, datetime.date):
        return ["date", value.isoformat()]
    try:
        return ["json", json.loads(json.dumps(value))]
    except (TypeError, ValueError):
        return ["json", str(value)]


def _untagged(tag: str, value: Any) -> Any:
    if tag == "time":
        return datetime.datetime.fromisoformat(value)
    return datetime.date.fromisoformat(value) if tag == "date" else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict | tuple | bool | int | float):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
