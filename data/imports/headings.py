"""The headings of a list: which row they are in, what two rows of them mean together.

Office lists put one heading over several columns (“经度” over 度, 分 and 秒; “坐标” over
经度 and 纬度; “面积” over 占地 and 建筑) and name those in the row below; the row after that may
give the units, or number the columns. A list in two halves on one page has them twice.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.imports.columns import known_heading, plain
from data.imports.numbers import is_unit
from data.imports.source import Cells, cell_text

MOST_COLUMNS = 2_000
_LOOK = 30
"""In how many rows from the top the headings are looked for."""

_MARKS = {"度": "°", "分": "′", "秒": "″"}
_PART = re.compile(r"(.*?)[\s_\-—:：/]*[(\[（【]?(度|分|秒|°|′|″)[)\]）】]?")
_UNIT = re.compile(r"[(\[（【][^()\[\]（）【】]*[)\]）】]\s*$")
_ANGLE_UNITS = (
    "°",
    "度",
    "度分秒",
    "′",
    "″",
    "米",
    "m",
    "E",
    "N",
    "(°)",
    "（°）",
    "(度)",
    "（度）",
)
_AXES = {
    "经度": ("经度", "东经", "经"),
    "纬度": ("纬度", "北纬", "纬"),
}


def heading_rows(grid: Sequence[Sequence[Any]]) -> tuple[int, int] | None:
    """Return the first row of headings and how many rows they take (1 or 2)."""
    best = _heading_row(grid)
    if best is None:
        return None
    if best + 1 < len(grid) and _groups(_texts(grid[best]), _texts(grid[best + 1])):
        return best, 2
    if best > 0:
        above, here = _texts(grid[best - 1]), _texts(grid[best])
        groups = _groups(above, here)
        # A title stands over everything; headings of two rows also name columns by themselves.
        if groups and any(text and n not in groups for n, text in enumerate(above)):
            return best - 1, 2
    return best, 1


def _heading_row(grid: Sequence[Sequence[Any]]) -> int | None:
    """The row most like headings: many different short texts, words we know, data below."""
    best, score = None, 0.0
    for n, row in enumerate(grid[:_LOOK]):
        texts = [cell_text(cell).strip() for cell in row]
        filled = [t for t in texts if t]
        if not filled or len(filled) < min(2, max(len(r) for r in grid[: n + 1])):
            continue
        words = [t for t in filled if not _numeric(t) and len(t) <= 40]
        known = sum(known_heading(t) for t in filled)
        here = len(set(words)) / max(len(r) for r in grid[:_LOOK]) + 1.5 * known - 0.02 * n
        here -= 1.5 * sum(_numeric(t) for t in filled) / len(filled)
        if here > score:
            best, score = n, here
    return best


def rows_of_units(grid: Sequence[Sequence[Any]], first: int) -> tuple[list[str], int]:
    """Return the units that the rows from ``first`` on give each column, and how many such rows
    there are: rows of units alone (“°, °, 亩, 万人”), rows that only number the columns.
    """
    units: list[str] = []
    rows = 0
    for row in grid[first : first + 2]:
        texts = _texts(row)
        filled = [text for text in texts if text]
        numbered = len(filled) > 2 and filled == [str(n + 1) for n in range(len(filled))]
        if filled and all(text in _ANGLE_UNITS or is_unit(text) for text in filled):
            units = [text.strip("()（）") for text in texts]
        elif not numbered:
            break
        rows += 1
    return units, rows


def side_by_side(grid: Sequence[Sequence[Any]], top: int, height: int) -> list[list[int]]:
    """Return the places of the columns of each half (third …) of a list that has all its
    headings twice (three times …) side by side; [] for any other list.
    """
    if height != 1:
        return []
    written = [(place, text) for place, text in enumerate(_texts(grid[top])) if text]
    texts = [text for _, text in written]
    for times in (2, 3, 4):
        size = len(texts) // times
        whole = size * times == len(texts) and size > 1 and len(set(texts[:size])) == size
        if whole and texts == texts[:size] * times:
            places = [place for place, _ in written]
            return [places[n * size : (n + 1) * size] for n in range(times)]
    return []


def without_headings(grid: Sequence[Sequence[Any]]) -> bool:
    """True for rows of data from the first on, two of whose columns hold numbers throughout."""
    rows = [_texts(row) for row in grid[:_LOOK]]
    width = max((len(row) for row in rows), default=0)
    for row in rows:
        row += [""] * (width - len(row))
    numeric = [sum(_numeric(row[n]) for row in rows) for n in range(width)]
    return sum(count == len(rows) for count in numeric) >= 2


def headings(grid: Sequence[Sequence[Any]], top: int, height: int) -> tuple[list[str], list[int]]:
    """Return a name for every column that has one, and its place.

    ``top``, ``height``: what :func:`heading_rows` found. The names are made unique.
    """
    written = _texts(grid[top])
    if height == 2:
        below = _texts(grid[top + 1])
        groups = _groups(written, below)
        written += [""] * (len(below) - len(written))
        written = [
            _joined(groups[n], below[n]) if n in groups else t for n, t in enumerate(written)
        ]
    units, _ = rows_of_units(grid, top + height)
    names: list[str] = []
    used: list[int] = []
    for place, name in enumerate(written[:MOST_COLUMNS]):
        if not name:
            continue
        unit = units[place] if place < len(units) else ""
        name = name if not unit or _UNIT.search(name) else f"{name}({unit})"
        base, n = name, 2
        while name in names:
            name, n = f"{base}_{n}", n + 1
        names.append(name)
        used.append(place)
    return names, used


def _texts(row: Sequence[Any]) -> list[str]:
    return [without_controls(cell_text(cell)) for cell in row]


def without_controls(text: str) -> str:
    """A heading in one line, without what no screen shows."""
    return " ".join(re.sub(r"[\s\0-\x1f\x7f-\x9f]+", " ", text).split())


def _groups(first: Sequence[str], below: Sequence[str]) -> dict[int, str]:
    """Return which columns stand under a heading over several, and its text; {} if none do.

    The row below is one of headings when it names every column of each such group, and
    says nothing, or the same again (a cell merged downwards), under all the others.
    """
    width = max((n + 1 for n, text in enumerate(below) if text), default=0)
    first = [*first, *[""] * (width - len(first))]
    below = [*below, *[""] * (len(first) - len(below))]
    groups: dict[int, str] = {}
    over, begun = "", 0
    for n, text in enumerate(first):
        if text:
            over, begun = text, n
        elif over and below[n]:
            groups |= {begun: over, n: over}
    for n, text in enumerate(below):
        if n in groups and (not text or _numeric(text) or len(text) > 20):
            return {}
        if n not in groups and text and text != first[n]:
            return {}
    return groups


def _joined(over: str, name: str) -> str:
    """“占地” under “面积(亩)” is 占地(亩), “建筑” is 建筑面积(亩), “度” under “经度” 经度度."""
    unit = _UNIT.search(over)
    written = unit[0] if unit and not _UNIT.search(name) else ""
    bare = _UNIT.sub("", over).strip()
    for whole in (name, f"{name}{bare}", f"{bare}{name}"):
        if known_heading(whole) and len(plain(whole)) > 1:
            return f"{whole}{written}"
    return f"{bare}{name}{written}"


def _numeric(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[\d.,]+%?", text))


def join_angles(columns: dict[str, Cells]) -> tuple[dict[str, Cells], list[str]]:
    """Put degrees, minutes and seconds that have a column each into one; say so in a note.

    “经度度, 经度分, 经度秒” (also “东经(度)” …) become one column of 118°57′4″. A row
    without degrees has no angle; minutes or seconds left blank are none.
    """
    parts: dict[str, dict[str, str]] = {}
    for heading in columns:
        found = _PART.fullmatch(heading.strip())
        axis = next((a for a, words in _AXES.items() if found and plain(found[1]) in words), "")
        if found and axis:
            mark = _MARKS.get(found[2], found[2])
            parts.setdefault(axis, {}).setdefault(mark, heading)
    whole = {axis: own for axis, own in parts.items() if "°" in own and "′" in own}
    if set(whole) != set(_AXES):
        return columns, []
    out: dict[str, Cells] = {}
    gone = {heading for own in whole.values() for heading in own.values()}
    for heading, cells in columns.items():
        axis = next((a for a, own in whole.items() if own["°"] == heading), "")
        if axis:
            out[_free(axis, columns, gone)] = _angles(columns, whole[axis])
        elif heading not in gone:
            out[heading] = cells
    return out, ["度、分、秒分写的几列已合成“经度”“纬度”"]


def _free(name: str, columns: dict[str, Cells], gone: set[str]) -> str:
    while name in columns and name not in gone:
        name += "_度分秒"
    return name


def _angles(columns: dict[str, Cells], own: dict[str, str]) -> Cells:
    texts = [
        [cell_text(cell).strip().rstrip(mark + "度分秒") for cell in columns[heading]]
        for mark, heading in sorted(own.items(), key=lambda item: "°′″".index(item[0]))
    ]
    out = np.empty(len(texts[0]), dtype=object)
    out[:] = [
        "".join(f"{text}{mark}" for text, mark in zip(row, "°′″", strict=False) if text)
        if row[0]
        else ""
        for row in zip(*texts, strict=True)
    ]
    return out
