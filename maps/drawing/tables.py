"""Tables that leave the program: CSV and XLSX, units in the headings, text never a formula."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.beside import replacing
from maps.analysis.coverage import Coverage, Reached

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

UNKNOWN = "未知"

_FORMATS = {"whole": "#,##0", "number": "#,##0.0", "share": "0.0%", "text": "@"}


@dataclass(frozen=True)
class Field:
    """A column: heading with its unit, and how its values are shown."""

    heading: str
    form: str = "text"


@dataclass(frozen=True)
class Table:
    """A titled table; None in a number column is 未知. ``notes`` stand below it."""

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


def write_csv(table: Table, path: Path) -> None:
    """Write UTF-8 with a byte order mark (Excel and WPS show Chinese then), numbers bare."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([field.heading for field in table.fields])
    for row in table.rows:
        writer.writerow([_plain(v, f) for v, f in zip(row, table.fields, strict=True)])
    with replacing(path) as beside:
        beside.write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode("utf-8"))


def _plain(value: Any, field: Field) -> str:
    if field.form == "text":
        return safe("" if value is None else str(value))
    if value is None:
        return UNKNOWN
    digits = {"whole": 0, "number": 1, "share": 4}[field.form]
    return f"{value:.{digits}f}"


def write_xlsx(tables: Sequence[Table], path: Path) -> None:
    """Write one sheet per table: formats, filter, frozen heading, print set-up."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for table in tables:
        _sheet(book.create_sheet(table.title[:31]), table)
    book.properties.creator = "应急布局"
    with replacing(path) as beside, beside.open("wb") as file:
        book.save(file)


def _sheet(sheet: "Worksheet", table: Table) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for column, field in enumerate(table.fields, 1):
        cell = sheet.cell(1, column, field.heading)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EEF0")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        width = max(10.0, 2.2 * len(field.heading) if column > 1 else 18.0)
        sheet.column_dimensions[get_column_letter(column)].width = min(width, 22.0)
    for r, row in enumerate(table.rows, 2):
        for c, (value, field) in enumerate(zip(row, table.fields, strict=True), 1):
            _fill(sheet.cell(r, c), value, field)
    for r, note in enumerate(table.notes, len(table.rows) + 3):
        _fill(sheet.cell(r, 1), note, Field(""))
        sheet.cell(r, 1).number_format = "General"
    last = get_column_letter(len(table.fields))
    sheet.auto_filter.ref = f"A1:{last}{len(table.rows) + 1}"
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _fill(cell: Any, value: Any, field: Field) -> None:
    if field.form != "text" and value is not None:
        cell.value = float(value)
        cell.number_format = _FORMATS[field.form]
        return
    text = UNKNOWN if field.form != "text" else ("" if value is None else str(value))
    cell.value = text
    # openpyxl takes “=…” for a formula: say that it is text, and that it was meant so.
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@")
    cell.number_format = _FORMATS["text"]
