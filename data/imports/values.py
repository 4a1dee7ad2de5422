"""Cells of a file → values of the kind's columns, or the reason why a row cannot be taken.

A number may be written as offices write it (``data.imports.numbers``); a choice may be
written in other words (``columns.choice``). A cell that says something we cannot read is
never dropped silently: its row is refused with the cell quoted.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from data.imports import columns as headings
from data.imports.columns import Match
from data.imports.numbers import Number, is_blank, parse_number, plain_numbers
from data.imports.source import Cells, Source, cell_text
from data.kinds import Column, Kind

_MOST = 1e15
"""No number of persons, square metres or yuan is greater; beyond, whole numbers are not exact."""
_YEAR_COLUMN = "建成年份"
_YEAR = re.compile(r"(?<!\d)((?:18|19|20|21)\d{2})(?:(?:0[1-9]|1[0-2])(?:[0-3]\d)?)?(?!\d)")


@dataclass(frozen=True, eq=False)
class Values:
    """Columns of values by our names (others under their own heading), and refused rows.

    ``bad``: position of a row → reasons. ``notes``: what was converted or filled in.
    """

    columns: dict[str, Any]
    bad: dict[int, str]
    notes: tuple[str, ...]


def read_values(
    source: Source,
    matches: Sequence[Match],
    kind: Kind,
    fill: Mapping[str, Any],
    used: Sequence[str] = (),
) -> Values:
    """Return the values of every row.

    ``fill``: values for columns the file does not have or leaves empty; ``used``: headings
    already used for places, left out here.
    """
    bad: dict[int, str] = {}
    notes: list[str] = []
    out: dict[str, Any] = {}
    targets = {m.target: m for m in matches if m.target and kind.column(m.target)}
    for column in kind.columns:
        found = targets.get(column.name)
        if found is not None:
            cells = source.columns[found.source]
            out[column.name] = _column(cells, column, found, source, bad, notes)
        if column.name in fill:
            _fill(out, column, fill[column.name], len(source), notes)
        if column.required:
            _refuse_missing(out, column, len(source), found, bad)
    for one in matches:
        if one.target not in out and one.source not in used:
            name = one.source
            while name in out or name == "geometry":
                name += "_原"
            out[name] = _kept(source.columns[one.source])
    return Values(out, bad, tuple(notes))


def _column(
    cells: Cells,
    column: Column,
    found: Match,
    source: Source,
    bad: dict[int, str],
    notes: list[str],
) -> Any:
    if column.type in ("number", "whole"):
        return _numbers(cells, column, found, source, bad, notes)
    return _texts(cells, column, found, source, bad)


def _numbers(
    cells: Cells,
    column: Column,
    found: Match,
    source: Source,
    bad: dict[int, str],
    notes: list[str],
) -> npt.NDArray[np.float64]:
    values = np.full(len(cells), np.nan)
    about = 0
    easy = np.zeros(len(cells), dtype=bool)
    if not found.unit:  # plain numbers in our own unit, all at once
        quick = plain_numbers(cells)
        easy = np.isfinite(quick) & ((column.name != _YEAR_COLUMN) | (quick < 10_000))
        values[easy] = quick[easy]
    known: dict[Any, Number | None] = {}
    for place in np.flatnonzero(~easy).tolist():
        cell = cells[place]
        if is_blank(cell):
            continue
        if column.name == _YEAR_COLUMN and _year(cell):
            values[place] = _year(cell)
            continue
        if cell not in known:
            known[cell] = parse_number(cell, column.unit, found.unit)
        number = known[cell]
        if number is None:
            _refuse(bad, place, f"“{found.source}”写作“{cell_text(cell)[:30]}”,不是一个数")
            continue
        values[place] = number.value
        about += number.about
    if column.name == _YEAR_COLUMN:
        _check_years(values, found, source, bad)
    _check_range(values, column, found, bad)
    if found.unit and found.unit not in (column.unit, "m2", "平方米"):
        notes.append(f"“{found.source}”由{found.unit}换算成{column.unit}")
    if about:
        notes.append(f"“{found.source}”有 {about:,} 个约数(约、余、左右),按所写的数导入")
    return values


def _year(cell: Any) -> float:
    """The year in a date, however it is written (“2020.5”, “建于2020年”, 20200501), 0 for none."""
    found = _YEAR.search(cell_text(cell))
    return float(found.group(1)) if found else 0.0


def _check_years(
    values: npt.NDArray[np.float64], found: Match, source: Source, bad: dict[int, str]
) -> None:
    """Make years of numbers like 2020.5; refuse what is none (days counted by a spreadsheet)."""
    with np.errstate(invalid="ignore"):
        fine = (values >= 1800) & (values < 2200)
    values[fine] = np.floor(values[fine])
    for place in np.flatnonzero(~fine & np.isfinite(values)).tolist():
        _refuse(bad, place, f"“{found.source}”写作“{source.text(found.source, place)}”,不是年份")
        values[place] = np.nan


def _check_range(
    values: npt.NDArray[np.float64], column: Column, found: Match, bad: dict[int, str]
) -> None:
    with np.errstate(invalid="ignore"):
        low = values < column.low if column.low is not None else np.zeros(len(values), bool)
        high = values > column.high if column.high is not None else np.zeros(len(values), bool)
        broken = np.isfinite(values) & (values != np.round(values))
    with np.errstate(invalid="ignore"):
        low |= values < -_MOST
        high |= values > _MOST
    for place in np.flatnonzero(low).tolist():
        least = -_MOST if column.low is None else column.low
        _refuse(bad, place, f"“{found.source}”是 {values[place]:g},不能小于 {least:g}")
    for place in np.flatnonzero(high).tolist():
        most = _MOST if column.high is None else column.high
        _refuse(bad, place, f"“{found.source}”是 {values[place]:g},不能大于 {most:g}")
    if column.type == "whole":
        for place in np.flatnonzero(broken & ~low & ~high).tolist():
            _refuse(bad, place, f"“{found.source}”是 {values[place]:g},要填整数")


def _texts(
    cells: Cells, column: Column, found: Match, source: Source, bad: dict[int, str]
) -> npt.NDArray[np.object_]:
    out = np.full(len(cells), None, dtype=object)
    known: dict[str, str] = {}
    for place, cell in enumerate(cells):
        text = cell_text(cell).strip()
        if not text:
            continue
        if text not in known:
            known[text] = _meant(column, text)
        value = known[text]
        if column.choices and not column.open_choice and value not in column.choices:
            allowed = "、".join(column.choices)
            _refuse(bad, place, f"“{found.source}”写作“{text[:30]}”,只能是{allowed}之一")
            continue
        if column.type == "date":
            value = _date(text)
            if not value:
                _refuse(bad, place, f"“{found.source}”写作“{text[:30]}”,要写成 2025-06-30 这样")
                continue
        out[place] = value
    return out


def _meant(column: Column, text: str) -> str:
    return headings.choice(column.name, text, column.choices) if column.choices else text


def _date(text: str) -> str:
    found = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})", text)
    if not found:
        return ""
    try:
        return datetime.date(*map(int, found.groups())).isoformat()
    except ValueError:
        return ""


def _fill(out: dict[str, Any], column: Column, value: Any, rows: int, notes: list[str]) -> None:
    """Put a value into the rows that have none, and say so."""
    if column.type in ("number", "whole"):
        cells = out.get(column.name, np.full(rows, np.nan))
        empty = np.isnan(cells)
    else:
        cells = out.get(column.name, np.full(rows, None, dtype=object))
        empty = np.array([v is None for v in cells], dtype=bool)
    if empty.any():
        out[column.name] = np.where(empty, value, cells)
        notes.append(f"{int(empty.sum()):,} 行没有写“{column.name}”,填为“{value}”")


def _refuse_missing(
    out: dict[str, Any], column: Column, rows: int, found: Match | None, bad: dict[int, str]
) -> None:
    cells = out.get(column.name)
    if cells is None:
        missing = np.ones(rows, dtype=bool)
    elif column.type in ("number", "whole"):
        missing = np.isnan(cells)
    else:
        missing = np.array([v is None for v in cells], dtype=bool)
    where = f"补上“{found.source}”" if found else f"指定哪一列是“{column.name}”"
    for place in np.flatnonzero(missing).tolist():
        if place not in bad:
            _refuse(bad, place, f"没有{column.name};{where}")


def _refuse(bad: dict[int, str], place: int, reason: str) -> None:
    bad[place] = f"{bad[place]};{reason}" if place in bad else reason


def _kept(cells: Cells) -> Any:
    """A column of the file that is none of ours: numbers stay numbers, empty text is missing."""
    if cells.dtype != object:
        return cells.astype(float)
    out = np.array([cell if cell != "" else None for cell in cells], dtype=object)
    return out
