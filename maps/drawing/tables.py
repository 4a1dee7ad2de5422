"""Tables that leave the program: CSV and XLSX, units in the headings, text never a formula."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maps.analysis.coverage import Coverage, Reached
from maps.analysis.provenance import Figure, Ledger
from maps.drawing.saving import CREATOR, saving

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

UNKNOWN = "未知"

SOURCE = "溯源编号"
"""Heading of the column that says where the numbers of a row come from."""

_FORMATS = {"whole": "#,##0", "number": "#,##0.0", "share": "0.0%", "text": "@"}
_ONE_LINE = 18
_WIDEST = 32.0
_LINE_PT, _MOST_LINES = 15.0, 12
_A3_FROM = 170.0
"""Width of a sheet in digits from which it is printed on A3."""


@dataclass(frozen=True)
class Field:
    """A column: heading with its unit, and how its values are shown."""

    heading: str
    form: str = "text"


@dataclass(frozen=True)
class Table:
    """A titled table; None in a number column is 未知. ``notes`` stand below it.

    A cell is text, a number, or a :class:`~maps.analysis.provenance.Figure`: a number that
    says where it comes from.
    """

    title: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()


def coverage_table(result: Coverage) -> Table:
    """Return the coverage by district, with the whole (and 区外, if any) below."""
    fields = (
        Field("行政区"),
        Field("代码"),
        Field("人口(人)", "whole"),
        Field("覆盖人口(人)", "whole"),
        Field("人口覆盖率", "share"),
        Field("面积(km²)", "number"),
        Field("覆盖面积(km²)", "number"),
        Field("面积覆盖率", "share"),
        Field("1处可达(人)", "whole"),
        Field("2处可达(人)", "whole"),
        Field("3处及以上可达(人)", "whole"),
        Field("未覆盖(人)", "whole"),
    )
    rows = [_row(one) for one in (*result.by_district, result.whole)]
    if result.outside is not None:
        rows.append(_row(result.outside))
    title = result.sites.facilities.kind.title
    kilometres = "、".join(f"{r / 1000:g}" for r in sorted(set(result.sites.radius.tolist())))
    notes = [
        f"{title} {len(result.sites)} 处,状态:{result.ask.status},"
        f"服务半径 {kilometres} km(椭球面直线距离)。",
        f"人口口径:{result.basis or '规划里没有人口图层,人口未知'}。",
    ]
    return Table(f"{title}覆盖", fields, tuple(rows), tuple(notes))


def _row(one: Reached) -> tuple[Any, ...]:
    none, once, twice, more = one.multiplicity
    return (
        one.name,
        one.adcode or "",
        one.people_total,
        one.people_covered,
        one.share,
        one.area_km2_total,
        one.area_km2_covered,
        one.area_share,
        once,
        twice,
        more,
        none,
    )


def safe(text: str) -> str:
    """Return text that no spreadsheet program takes for a formula: “=1+1” becomes “'=1+1”."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def value_of(cell: Any) -> Any:
    """Return what a cell shows: a figure's value, anything else as it is."""
    return cell.value if isinstance(cell, Figure) else cell


def codes_of(cells: Sequence[Any], codes: Mapping[str, str]) -> str:
    """Return the codes of the figures among some cells, runs shortened: “N0012–N0018、N0030”."""
    found = sorted({codes[cell.key] for cell in cells if isinstance(cell, Figure)})
    runs: list[list[str]] = []
    for code in found:
        if runs and int(code[1:]) == int(runs[-1][-1][1:]) + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    return "、".join(run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def with_codes(table: Table, ledger: Ledger) -> Table:
    """Return the table with a column for the sources, when it has any figures."""
    if not any(isinstance(cell, Figure) for row in table.rows for cell in row):
        return table
    rows = tuple((*row, codes_of(row, ledger.codes)) for row in table.rows)
    return Table(table.title, (*table.fields, Field(SOURCE)), rows, table.notes)


def write_csv(table: Table, path: Path) -> None:
    """Write UTF-8 with a byte order mark (Excel and WPS show Chinese then), numbers bare."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([safe(field.heading) for field in table.fields])
    for row in table.rows:
        writer.writerow([_plain(value_of(v), f) for v, f in zip(row, table.fields, strict=True)])
    with saving(path) as beside:
        beside.write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode("utf-8"))


def _plain(value: Any, field: Field) -> str:
    if field.form == "text":
        return safe("" if value is None else str(value))
    if value is None:
        return UNKNOWN
    digits = {"whole": 0, "number": 1, "share": 4}[field.form]
    return f"{value:.{digits}f}"


def sheet_names(titles: Sequence[str]) -> list[str]:
    """Return names Excel takes: at most 31 characters, none of []:*?/\\, no two alike."""
    out: list[str] = []
    for title in titles:
        name = re.sub(r"[\[\]:*?/\\]", "-", title).strip("'")[:31] or "表"
        n = 2
        while name.lower() in (taken.lower() for taken in out):
            tail = f"({n})"
            name, n = name[: 31 - len(tail)] + tail, n + 1
        out.append(name)
    return out


def write_xlsx(tables: Sequence[Table], path: Path, *, title: str = "", foot: str = "") -> None:
    """Write one sheet per table: formats, filter, frozen heading, print set-up.

    ``title`` goes into the file's properties, ``foot`` to the lower left of each printed page.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    names = sheet_names([table.title for table in tables])
    for name, table in zip(names, tables, strict=True):
        _sheet(book.create_sheet(name), table, foot)
    book.properties.creator = CREATOR
    book.properties.title = title or None
    with saving(path) as beside, beside.open("wb") as file:
        book.save(file)


def _sheet(sheet: "Worksheet", table: Table, foot: str) -> None:
    from openpyxl.styles import Border, Side
    from openpyxl.utils import get_column_letter

    _heading(sheet, table)
    for r, row in enumerate(table.rows, 2):
        for c, (value, field) in enumerate(zip(row, table.fields, strict=True), 1):
            _fill(sheet.cell(r, c), value_of(value), field)
        sheet.row_dimensions[r].height = _LINE_PT * _lines(sheet, row)
    side = Side(style="thin", color="B8C0C2")
    for cells in sheet.iter_rows(max_row=len(table.rows) + 1, max_col=len(table.fields)):
        for cell in cells:
            cell.border = Border(left=side, right=side, top=side, bottom=side)
    for r, note in enumerate(table.notes, len(table.rows) + 3):
        _fill(sheet.cell(r, 1), note, Field(""))
        sheet.cell(r, 1).number_format = "General"
    last = get_column_letter(len(table.fields))
    sheet.auto_filter.ref = f"A1:{last}{len(table.rows) + 1}"
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    wide = sum(column.width for column in sheet.column_dimensions.values())
    sheet.page_setup.paperSize = 8 if wide > _A3_FROM else 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.center.text = f"&B{table.title.replace('&', '&&')}"
    sheet.oddFooter.left.text = foot.replace("&", "&&")
    sheet.oddFooter.right.text = "第 &P 页,共 &N 页"


def _heading(sheet: "Worksheet", table: Table) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for column, field in enumerate(table.fields, 1):
        cell = sheet.cell(1, column, field.heading)
        _fill(cell, field.heading, Field(""))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EEF0")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        shown = [str(value_of(row[column - 1]) or "") for row in table.rows[:200]]
        widest = max((width(text) for text in shown), default=0.0) if field.form == "text" else 0
        wide = width(field.heading)
        # On one line, or on two about alike: else the second may be the bracket alone.
        width_ = max(11.0, wide + 2 if wide <= _ONE_LINE else 0.55 * wide + 2, widest + 2)
        sheet.column_dimensions[get_column_letter(column)].width = min(width_, _WIDEST)
    sheet.row_dimensions[1].height = 30


def _lines(sheet: "Worksheet", row: Sequence[Any]) -> int:
    """How many lines the longest wrapped cell of a row needs; not every program works it out."""
    most = 1
    for column, cell in zip(sheet.column_dimensions.values(), row, strict=True):
        if isinstance(cell, str):
            most = max(most, math.ceil(width(cell) / (column.width - 2)))
    return min(most, _MOST_LINES)


def width(text: str) -> float:
    """Return the width of a text in digits of the sheet's font: a Han character is two."""
    return float(sum(2 if ord(c) > 0x2E7F else 1 for c in text))


def _fill(cell: Any, value: Any, field: Field) -> None:
    from openpyxl.styles import Alignment

    if field.form != "text" and value is not None:
        cell.value = float(value)
        cell.number_format = _FORMATS[field.form]
        cell.alignment = Alignment(horizontal="right", vertical="center")
        return
    text = UNKNOWN if field.form != "text" else ("" if value is None else str(value))
    # Control characters cannot be in an XML file at all.
    cell.value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
    # openpyxl takes “=…” for a formula: say that it is text, and that it was meant so.
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@")
    cell.number_format = _FORMATS["text"]
    long = field.heading and width(text) > _WIDEST - 2
    right = field.form != "text"
    cell.alignment = Alignment(
        horizontal="right" if right else None, vertical="center", wrap_text=bool(long)
    )
