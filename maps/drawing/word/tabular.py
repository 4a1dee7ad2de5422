"""Tables in Word: widths by content, heading repeated on every page, numbers to the right."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm

from maps.analysis.provenance import Figure, spoken
from maps.drawing.tables import UNKNOWN, Field, Table, width
from maps.drawing.word.fields import element
from maps.drawing.word.page import ACROSS, LONG, TYPE_AREA
from maps.drawing.word.punctuation import official

WIDE = LONG - ACROSS[2] - ACROSS[3]
CHARACTER_MM = 10.5 / 72 * 25.4
LINE_MM = 15.0 / 72 * 25.4
PADDING_MM = 2.6
MARGIN_MM = 1.0
LEAST, MOST = 10.6, 80.0
"""Width of a column in mm: at least, and at most what it asks for by itself."""

Write = Callable[[Any, Figure], None]


@dataclass(frozen=True)
class Shape:
    """What the columns of a table ask for, mm: not less than ``needs``, at best ``wants``."""

    needs: tuple[float, ...]
    wants: tuple[float, ...]

    def widths(self, room: float) -> tuple[float, ...]:
        """Return column widths that fill ``room`` mm."""
        needs, wants = sum(self.needs), sum(self.wants)
        if needs >= room:
            return tuple(n * room / needs for n in self.needs)
        if wants <= room:
            return tuple(w * room / wants for w in self.wants)
        share = (room - needs) / (wants - needs)
        return tuple(n + (w - n) * share for n, w in zip(self.needs, self.wants, strict=True))


def shape(table: Table) -> Shape:
    """Return how wide the columns of a table should be."""
    needs, wants = [], []
    for i, one in enumerate(table.fields):
        cells = [text_of(row[i], one) for row in table.rows]
        longest = max((_mm(text) for text in cells), default=0.0)
        heading = _mm(one.heading)
        solid = longest if one.form != "text" else _unbroken(cells)
        need = max(solid, min(heading, 3 * CHARACTER_MM)) + PADDING_MM
        needs.append(max(need, LEAST))
        wants.append(max(needs[-1], min(max(longest, heading * 0.6) + PADDING_MM, MOST)))
    return Shape(tuple(needs), tuple(wants))


def landscape(table: Table) -> bool:
    """Whether the table is set across: its columns need it, or it is long and wants it."""
    asks = shape(table)
    if sum(asks.needs) > TYPE_AREA[0]:
        return True
    tall = height(table, asks.widths(TYPE_AREA[0])) > 0.8 * TYPE_AREA[1]
    return tall and sum(asks.wants) > TYPE_AREA[0] * 1.3


def _mm(text: str) -> float:
    """Width of a text in mm. Letters and digits of the fonts that stand in for Times are wider
    than half a character."""
    han = width(text) - len(text)
    wide = han + text.count("%")
    return (wide + (len(text) - wide) * 0.6) * CHARACTER_MM


def _unbroken(cells: Sequence[str]) -> float:
    """Width in mm below which words of letters and digits would be broken, within reason."""
    words = (_mm(word[:14]) for text in cells for word in re.findall(r"[!-~]+", text))
    few = min(max((_mm(text) for text in cells), default=0.0), 4 * CHARACTER_MM)
    return max(max(words, default=0.0), few)


def text_of(cell: Any, one: Field) -> str:
    """Return what a cell shows."""
    if isinstance(cell, Figure):
        return spoken(cell, unit=False) or UNKNOWN
    if cell is None:
        return UNKNOWN if one.form != "text" else ""
    if one.form == "text":
        return str(cell)
    return spoken(Figure("", float(cell), one.form), unit=False) or ""  # type: ignore[arg-type]


def height(table: Table, widths: Sequence[float]) -> float:
    """Return about how tall the table is, mm."""
    rows = [[one.heading for one in table.fields]]
    rows += [[text_of(c, f) for c, f in zip(row, table.fields, strict=True)] for row in table.rows]
    total = 0.0
    for row in rows:
        lines = 1
        for text, wide in zip(row, widths, strict=True):
            room = max(1, int((wide - PADDING_MM) / CHARACTER_MM))
            lines = max(lines, math.ceil(width(text) / 2 / room))
        total += lines * LINE_MM + 0.7
    return total


def write(document: Any, table: Table, widths: Sequence[float], number: Write) -> None:
    """Add the table; ``number`` writes a figure into a paragraph."""
    made = document.add_table(len(table.rows) + 1, len(table.fields), style="Table Grid")
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    made.autofit = False
    margins = element("tblCellMar")
    for side in ("left", "right"):
        margins.append(element(side, w=round(MARGIN_MM / 25.4 * 1440), type="dxa"))
    # The parts of a table's properties have a fixed order: the margins come before the look.
    made._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)
    _set_widths(made, widths)
    # One pass over the cells in document order: asking python-docx for cell (r, c) is slow.
    rows = [list(row.iterchildren(qn("w:tc"))) for row in made._tbl.iterchildren(qn("w:tr"))]
    for row in made.rows:
        row._tr.get_or_add_trPr().append(element("cantSplit"))
    made.rows[0]._tr.get_or_add_trPr().append(element("tblHeader"))
    from docx.table import _Cell

    # A style set by its name is looked up in all of the document's styles, for every cell again.
    heads, text = (document.styles[name].style_id for name in ("表头", "表中文字"))
    for cell, one, wide in zip(rows[0], table.fields, widths, strict=True):
        _set_width(cell, wide)
        paragraph = _Cell(cell, made).paragraphs[0]
        paragraph._p.style = heads
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(official(one.heading))
    for cells, row in zip(rows[1:], table.rows, strict=True):
        for cell, value, one, wide in zip(cells, row, table.fields, widths, strict=True):
            _set_width(cell, wide)
            paragraph = _Cell(cell, made).paragraphs[0]
            paragraph._p.style = text
            _fill(paragraph, value, one, number)
    for cell in rows[-1] if table.notes else ():  # a note never stands alone on the next page
        _Cell(cell, made).paragraphs[0].paragraph_format.keep_with_next = True


def _fill(paragraph: Any, value: Any, one: Field, number: Write) -> None:
    if one.form != "text":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if isinstance(value, Figure) and value.value is not None:
        number(paragraph, value)
        return
    paragraph.add_run(official(text_of(value, one)))


def _set_widths(made: Any, widths: Sequence[float]) -> None:
    for column, wide in zip(made.columns, widths, strict=True):
        column.width = Mm(wide)


def _set_width(cell: Any, wide: float) -> None:
    cell.width = Mm(wide)
