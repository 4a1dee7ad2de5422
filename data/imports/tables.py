"""Lists: CSV and text with any separator, and sheets of XLSX, XLS and ODS.

Office lists have titles above their headings, blank rows, merged cells and sums below. The
row of headings is found, not assumed to be the first; the row numbers a user sees are kept.
"""

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import python_calamine

from data.imports.encoding import Guess, chosen, decide, decode, is_binary
from data.imports.headings import (
    MOST_COLUMNS,
    heading_rows,
    headings,
    join_angles,
    rows_of_units,
    side_by_side,
    without_headings,
)
from data.imports.source import Source, cell_text
from data.progress import Report, part, silent
from data.refused import Refused

MOST_ROWS = 3_000_000
MOST_CELLS = 60_000_000
_TOLD = 20_000
"""Lines between two words about progress."""
_SEPARATORS = ",\t;|，；"
_FULL_WIDTH = {"，": ",", "；": ";"}


Grid = list[list[Any]]


def read_text(path: Path, encoding: str = "", report: Report = silent) -> list[Source]:
    """Read a CSV or text file; ``encoding`` overrides the one decided from the bytes."""
    data = path.read_bytes()
    if not data.strip(b"\0\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise Refused(f"“{path.name}”是空的。")
    guess = Guess(chosen(encoding), 1.0) if encoding else decide([data], whole=True)
    report(0.2, f"文字编码:{guess.name}")
    text = decode(data, guess.name).lstrip("\ufeff")
    if text.count("\0") > 0.01 * len(text) or is_binary(text):
        raise Refused(f"“{path.name}”不是文本文件,里面是二进制内容。")
    notes = []
    spoiled = text.count("�")
    if spoiled:
        notes.append(f"有 {spoiled} 个字按 {guess.name} 读不出来,请检查文字编码")
    grid, numbers = _split(text.replace("\0", ""), path.name, report)
    sources = _source(path.stem, "CSV", grid, numbers, guess, notes, part(report, 0.6, 1.0))
    raw = tuple(line for line in data[:200_000].splitlines() if not line.isascii())[:40]
    return [replace(source, raw=raw) for source in sources]


def read_sheets(path: Path, report: Report = silent) -> list[Source]:
    """Read every sheet that has headings and rows."""
    sources: list[Source] = []
    try:
        with path.open("rb") as file:  # by its content: an .xlsx may be called .xls or .et
            book = python_calamine.load_workbook(file)
        sheets = _sheets(book, path, report)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        sheets = _sheets_by_gdal(path, str(error))
    for name, grid, notes in sheets:
        title = path.stem if len(sheets) == 1 else f"{path.stem} {name}"
        sources += _source(title, path.suffix[1:].upper(), grid, None, Guess("UTF-8", 1.0), notes)
    if not sources:
        raise Refused(f"“{path.name}”里没有带表头的数据。第一行(或前几行)要有列名。")
    return sources


def read_html(path: Path, encoding: str = "", report: Report = silent) -> list[Source]:
    """Read the tables of a web page, or of XML that old Excel wrote: office systems hand out
    both under the name .xls.
    """
    data = path.read_bytes()
    guess = Guess(chosen(encoding), 1.0) if encoding else decide([data], whole=True)
    report(0.3, f"文字编码:{guess.name}")
    reader = _TableReader()
    reader.feed(decode(data, guess.name).lstrip("\ufeff"))
    reader.close()
    raw = tuple(p for p in re.split(rb"[<>\r\n]+", data[:200_000]) if not p.isascii())[:40]
    grids = [grid for grid in reader.tables if len(grid) > 1]
    sources: list[Source] = []
    for n, grid in enumerate(grids):
        title = path.stem if len(grids) == 1 else f"{path.stem} 表{n + 1}"
        sources += _source(title, "HTML", grid, None, guess, [])
    if not sources:
        raise Refused(f"“{path.name}”里没有带表头的数据。第一行(或前几行)要有列名。")
    return [replace(source, raw=raw) for source in sources]


class _TableReader(HTMLParser):
    """Rows of cells of every table (HTML: tr, td, th; Excel's XML: Row, Cell)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Grid] = []
        self._cell: list[str] | None = None
        self._count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("table", "worksheet", "tr", "row", "td", "th", "cell"):
            self._end_cell()  # pages leave their cells open
        if tag in ("table", "worksheet"):
            self.tables.append([])
        elif tag in ("tr", "row") and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th", "cell") and self.tables and self.tables[-1]:
            row = self.tables[-1][-1]
            self._count += 1
            if self._count > MOST_CELLS or len(row) > MOST_COLUMNS:
                raise Refused("网页里的表太大了。请另存为 XLSX 再导入。")
            index = dict(attrs).get("ss:index") or ""
            while index.isdigit() and len(row) < min(int(index), MOST_COLUMNS) - 1:
                row.append("")
            row.append("")
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag.rpartition(":")[2] in ("td", "th", "cell", "tr", "row", "table"):
            self._end_cell()

    def _end_cell(self) -> None:
        if self._cell is not None:
            self.tables[-1][-1][-1] = " ".join("".join(self._cell).split())
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def _sheets(book: Any, path: Path, report: Report) -> list[tuple[str, Grid, list[str]]]:
    out = []
    names = list(book.sheet_names)
    for n, name in enumerate(names):
        report(0.1 + 0.8 * n / max(1, len(names)), f"正在读工作表“{name}”…")
        try:
            sheet = book.get_sheet_by_name(name)
        except python_calamine.WorksheetNotFound:
            continue  # a chart
        _check_size(sheet.total_height, sheet.total_width, path.name)
        grid = sheet.to_python(skip_empty_area=False)
        notes = _fill_merged(grid, list(sheet.merged_cell_ranges or []))
        out.append((name, grid, notes))
    return out


def _sheets_by_gdal(path: Path, message: str) -> list[tuple[str, Grid, list[str]]]:
    """Workbooks that programs other than office suites wrote, through GDAL's plainer reader."""
    import pyogrio  # seldom needed, and a second to load

    refusal = Refused(f"“{path.name}”读不出来:{_why(message)}。")
    out: list[tuple[str, Grid, list[str]]] = []
    try:
        for name, _ in pyogrio.list_layers(path):
            options = {"HEADERS": "DISABLE", "FIELD_TYPES": "STRING"}
            meta, _, _, columns = pyogrio.raw.read(path, layer=name, **options)
            _check_size(len(columns[0]) if len(columns) else 0, len(meta["fields"]), path.name)
            grid = [["" if v is None else v for v in row] for row in zip(*columns, strict=True)]
            out.append((str(name), grid, []))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError):
        raise refusal from None
    except (pyogrio.errors.FeatureError, RuntimeError, OSError):
        raise refusal from None
    if path.suffix.lower() not in (".ods", ".xlsx", ".xls"):
        raise refusal
    return out


def _why(message: str) -> str:
    low = message.lower()
    if "password" in low or "encrypt" in low:
        return "文件有密码,请先在表格软件里去掉密码"
    return "文件不完整或不是表格文件,请在表格软件里另存一份再导入"


def _check_size(height: int, width: int, name: str) -> None:
    if height > MOST_ROWS or width > MOST_COLUMNS * 10 or height * width > MOST_CELLS:
        raise Refused(
            f"“{name}”的表有 {height:,} 行 × {width:,} 列,太大了。"
            "请删去多余的空行空列,或拆成几个文件。"
        )


def _fill_merged(grid: Grid, merged: Sequence[Any]) -> list[str]:
    """Cells merged downwards repeat their value on every row they stand for."""
    filled = 0
    for (top, left), (bottom, _) in merged:
        if bottom <= top or left >= MOST_COLUMNS or bottom - top > 5_000 or top >= len(grid):
            continue
        value = grid[top][left] if left < len(grid[top]) else ""
        for row in grid[top + 1 : bottom + 1]:
            if left < len(row) and row[left] in ("", None):
                row[left] = value
                filled += 1
    return [f"合并单元格已按行补上({filled} 格)"] if filled else []


def _split(text: str, name: str, report: Report) -> tuple[Grid, list[int]]:
    """Return the rows and the line each begins on."""
    separator = _separator(text)
    if separator in _FULL_WIDTH:
        text, separator = text.replace(separator, _FULL_WIDTH[separator]), _FULL_WIDTH[separator]
    if separator == " ":
        text = "\n".join(" ".join(line.split()) for line in text.splitlines())
    grid: Grid = []
    numbers: list[int] = []
    csv.field_size_limit(1_000_000)
    stream = io.StringIO(text, newline="")
    lines = csv.reader(stream, delimiter=separator, strict=False)
    before = 0
    try:
        for row in lines:
            if len(row) > MOST_COLUMNS:
                raise Refused(f"“{name}”第 {before + 1} 行有 {len(row):,} 列,不像是表格。")
            if lines.line_num - before > 1 and _swallowed(row, grid, separator):
                return _line_by_line(text, separator)
            if any(cell.strip() for cell in row):
                grid.append(list(row))
                numbers.append(before + 1)
            before = lines.line_num
            if len(grid) > MOST_ROWS:
                raise Refused(f"“{name}”超过 {MOST_ROWS:,} 行,太大了。请拆成几个文件再导入。")
            if lines.line_num % _TOLD == 0:
                report(0.2 + 0.4 * stream.tell() / len(text), f"已读 {len(grid):,} 行…")
    except csv.Error:
        raise Refused(f"“{name}”第 {before + 1} 行起读不出来:引号不成对,或一格太长。") from None
    return grid, numbers


def _separator(text: str) -> str:
    """The separator that splits the first lines most evenly."""
    lines = [line for line in text[:100_000].splitlines()[:60] if line.strip()]
    if len(lines) > 1 and len(text) > 100_000:
        lines = lines[:-1]
    best, score = ",", 0.0
    for mark in _SEPARATORS:
        counts = Counter(len(row) - 1 for row in csv.reader(lines, delimiter=mark, strict=False))
        counts.pop(0, None)
        if counts:
            often, times = counts.most_common(1)[0]
            here = times / len(lines) + 0.01 * min(often, 20)
            best, score = (mark, here) if here > score + 1e-9 else (best, score)
    if not score:
        counts = Counter(len(line.split()) for line in lines)
        often, times = counts.most_common(1)[0] if counts else (0, 0)
        return " " if often > 1 and times >= 0.8 * len(lines) else best
    return best


def _swallowed(row: Sequence[str], grid: Grid, separator: str) -> bool:
    """Whether a cell holds whole rows: a quotation mark that is never closed."""
    wide = max((len(other) for other in grid), default=0)
    lines = (line for cell in row for line in cell.splitlines()[1:])
    return wide > 1 and any(line.count(separator) >= wide - 1 for line in lines)


def _line_by_line(text: str, separator: str) -> tuple[Grid, list[int]]:
    """Every line a row; in one with an odd number of quotation marks they are left out."""
    grid: Grid = []
    numbers: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        odd = line.count('"') % 2
        row = next(csv.reader([line.replace('"', "") if odd else line], delimiter=separator), [])
        if any(cell.strip() for cell in row):
            grid.append(row[:MOST_COLUMNS])
            numbers.append(number)
        if len(grid) > MOST_ROWS:
            raise Refused(f"表超过 {MOST_ROWS:,} 行,太大了。请拆成几个文件再导入。")
    return grid, numbers


def _source(
    name: str,
    form: str,
    grid: Grid,
    numbers: Sequence[int] | None,
    guess: Guess,
    notes: Sequence[str],
    report: Report = silent,
) -> list[Source]:
    if numbers is None:
        numbers = range(1, len(grid) + 1)
    found = heading_rows(grid)
    said = list(notes)
    if without_headings(grid):
        numbers, found = [0, *numbers], (0, 1)
        grid = [[f"列 {n + 1}" for n in range(max(map(len, grid)))], *grid]
        said.append("没有表头,列名由“列 1”起编号")
    if found is None:
        if form != "CSV":
            return []
        raise Refused(f"“{name}”里没有带表头的数据。第一行(或前几行)要有列名。")
    top, height = found
    names, used = headings(grid, top, height)
    first = top + height + rows_of_units(grid, top + height)[1]
    halves = side_by_side(grid, top, height)
    if halves:
        numbers, grid = _one_below_the_other(numbers, grid, first, halves)
        names, used = names[: len(halves[0])], list(range(len(halves[0])))
        top, height, first = 0, 1, 1
        said.append(f"左右并排的 {len(halves)} 组列已上下接成一组")
    heads = [[cell_text(cell).strip() for cell in row] for row in grid[top:first]]
    body = []
    for place, (number, row) in enumerate(zip(numbers[first:], grid[first:], strict=True)):
        if place % _TOLD == 0:
            report(0.5 * place / len(grid), "正在整理各行…")
        written = any(cell_text(cell).strip() for cell in row)
        if written and not any(_repeats(row, head) for head in heads):
            body.append((number, row))
    width = min(max((len(row) for _, row in body), default=0), MOST_COLUMNS)
    for place in sorted(set(range(width)) - set(used)):  # what has no heading is kept all the same
        if any(cell_text(row[place]).strip() for _, row in body if place < len(row)):
            names.append(f"第 {place + 1} 列(无表头)")
            used.append(place)
    columns = {}
    for done, (heading, place) in enumerate(zip(names, used, strict=True)):
        report(0.5 + 0.5 * done / len(names), f"正在整理“{heading}”…")
        columns[heading] = column([row[place] if place < len(row) else "" for _, row in body])
    rows = np.array([number for number, _ in body], dtype=np.int64)
    columns, joined = join_angles(columns)
    said += joined
    if height > 1:
        said.append("两行表头已合成一行")
    if top > 0:
        said.append(f"表头在第 {numbers[top]} 行,它上面的文字没有导入")
    return [Source(name, form, columns, rows, encoding=guess, notes=tuple(said))]


def _one_below_the_other(
    numbers: Sequence[int], grid: Grid, first: int, halves: Sequence[Sequence[int]]
) -> tuple[list[int], Grid]:
    """Return row numbers and rows, the heading first, of a list printed in halves."""
    out: Grid = [[grid[first - 1][place] for place in halves[0]]]
    own = [numbers[first - 1]]
    for half in halves:
        for number, row in zip(numbers[first:], grid[first:], strict=True):
            out.append([row[place] if place < len(row) else "" for place in half])
            own.append(number)
    return own, out


def _repeats(row: Sequence[Any], heading: Sequence[str]) -> bool:
    """Printed lists repeat their headings on every page."""
    first = next((place for place, text in enumerate(heading) if text), 0)
    if first >= len(row) or cell_text(row[first]).strip() != heading[first]:
        return False  # nearly always, and half a million rows are asked
    texts = [cell_text(cell).strip() for cell in row]
    return sum(bool(t) for t in texts) > 1 and texts == heading


def column(cells: list[Any]) -> np.ndarray:
    """A column of floats when every cell is a number, else of texts."""
    if cells and all(isinstance(c, int | float) and not isinstance(c, bool) for c in cells):
        return np.array(cells, dtype=float)
    out = np.empty(len(cells), dtype=object)
    out[:] = [_written(cell) for cell in cells]
    return out


def _clock(cell: datetime.timedelta | datetime.time) -> str:
    """“42:16:10”: what is typed for 度分秒 a table takes for a time of more than a day."""
    if isinstance(cell, datetime.time):
        cell = datetime.timedelta(
            hours=cell.hour,
            minutes=cell.minute,
            seconds=cell.second,
            microseconds=cell.microsecond,
        )
    minutes, seconds = divmod(round(cell.total_seconds(), 3), 60)
    return f"{int(minutes // 60)}:{int(minutes % 60):02d}:{seconds:06.3f}".rstrip("0").rstrip(".")


def _written(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime.timedelta | datetime.time):
        return _clock(cell)
    if hasattr(cell, "isoformat"):
        text = str(cell.isoformat(sep=" ")) if hasattr(cell, "hour") else str(cell.isoformat())
        return text.removesuffix(" 00:00:00")
    text = cell_text(cell).strip()
    # The mark by which a list keeps a cell from being taken for a formula is not its text.
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text
