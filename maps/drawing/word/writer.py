"""A document being written: headings, text with numbers and references, tables, pictures.

The writer knows which page it is on, as nearly as counting lines tells it, so that the table
of contents has page numbers before Word has ever opened the file (Word then sets them right).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from maps.analysis.provenance import Figure, Ledger, spoken
from maps.drawing.tables import UNKNOWN, Table, width
from maps.drawing.word import page, tabular
from maps.drawing.word.fields import (
    Bookmarks,
    close_field,
    field,
    keep_numbers_whole,
    link,
    open_field,
)
from maps.drawing.word.punctuation import official


@dataclass(frozen=True)
class Number:
    """A figure inside a text; ``ten_thousands`` writes it in 万."""

    figure: Figure
    ten_thousands: bool = False


@dataclass(frozen=True)
class Reference:
    """“表 3” inside a text: the label and its bookmark."""

    label: str
    bookmark: str


@dataclass(frozen=True)
class Gap:
    """What is not known, in red."""

    what: str

    @property
    def shown(self) -> str:
        return official(f"【待补充:{self.what}】")


Part = str | Number | Reference | Gap


@dataclass(frozen=True)
class Statement:
    """A sentence worked out as a whole; ``key``: the figure it is about."""

    text: str
    key: str


@dataclass(frozen=True)
class Picture:
    """A picture as PNG bytes with its size on the page in mm and what it is called."""

    png: bytes
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class _Entry:
    level: int
    text: str
    bookmark: str
    page: int


class Writer:
    """Writes one document; ``labels`` are “表 1” and “图 1” by name, known beforehand."""

    def __init__(self, ledger: Ledger, labels: Mapping[str, Reference]) -> None:
        self.document = Document()
        self._ledger = ledger
        self._labels = labels
        self._bookmarks = Bookmarks()
        self._landscape = False
        self._page, self._used = 1, 0.0
        self._entries: list[_Entry] = []
        self._chapters = self._sections = 0
        self._contents: Any = None
        self.numbers: list[Figure] = []
        self.cells: list[Figure] = []
        page.set_up(self.document)

    def cover(self, title: str, lines: Sequence[Sequence[Part]]) -> None:
        """Write the cover, then the place of the contents, then begin the body at page 1."""
        for _ in range(5):
            self.document.add_paragraph(style="封面")
        self.document.add_paragraph(official(title), style="Title")
        for _ in range(9):
            self.document.add_paragraph(style="封面")
        for parts in lines:
            self._fill(self.document.add_paragraph(style="封面"), parts)
        last = self.document.add_paragraph(style="封面")
        last.add_run().add_break(WD_BREAK.PAGE)
        self.document.add_paragraph("目  录", style="目录标题")
        self._contents = self.document.add_paragraph(style="toc 1")
        section = page.new_section(self.document, False)
        page.number_pages(section, 1)

    def chapter(self, title: str, numbered: bool = True) -> None:
        """Begin a chapter on a new upright page."""
        fresh = self._landscape
        self._turn(False)
        if self._entries and not fresh:
            self._new_page()
        paragraph = self.document.add_paragraph(style="Heading 1")
        if self._entries and not fresh:
            paragraph.paragraph_format.page_break_before = True
        self._sections = 0
        self._chapters += numbered
        text = f"第{page.chinese(self._chapters)}章 {title}" if numbered else title
        if not numbered:
            _unnumbered(paragraph)
        self._title(paragraph, title, text, 1)
        self._take(2)

    def section(self, title: str) -> None:
        """Begin a section."""
        self._turn(False)
        self._room(2)
        self._sections += 1
        paragraph = self.document.add_paragraph(style="Heading 2")
        self._title(paragraph, title, f"（{page.chinese(self._sections)}）{title}", 2)
        self._take(1)

    def _title(self, paragraph: Any, title: str, listed: str, level: int) -> None:
        bookmark = f"_Toc{9000 + len(self._entries)}"
        with self._bookmarks.around(paragraph, bookmark):
            paragraph.add_run(official(title))
        self._entries.append(_Entry(level, listed, bookmark, self._page))

    def paragraph(self, parts: Sequence[Part]) -> None:
        """Write a paragraph of text, numbers, references and gaps."""
        self._turn(False)
        paragraph = self.document.add_paragraph(style="Body Text")
        written = self._fill(paragraph, parts)
        self._take(math.ceil((width(written) / 2 + 2) / page.CHARACTERS))

    def statement(self, one: Statement) -> None:
        """Write a sentence; its bookmark is the code of its figure and “_s”."""
        self._turn(False)
        paragraph = self.document.add_paragraph(style="Body Text")
        with self._bookmarks.around(paragraph, f"{self._ledger.codes[one.key]}_s"):
            paragraph.add_run(official(one.text))
        self._take(math.ceil((width(one.text) / 2 + 2) / page.CHARACTERS))

    def table(self, name: str, table: Table) -> None:
        """Write a captioned table, across the page when its columns need it."""
        shape = tabular.shape(table)
        self._turn(tabular.landscape(table))
        room = tabular.WIDE if self._landscape else page.TYPE_AREA[0]
        self._room(4 if not self._landscape else 6)
        self._caption(name, table.title, above=True)
        widths = shape.widths(room)
        tabular.write(self.document, table, widths, self._cell)
        for i, note in enumerate(table.notes, 1):
            below = self.document.add_paragraph(official(f"注:{note}"), style="表注")
            below.paragraph_format.keep_with_next = i < len(table.notes)
        self._take_mm(tabular.height(table, widths) + 5 * len(table.notes), head=8)
        if not table.notes:
            self.document.add_paragraph(style="表注")

    def picture(self, name: str, picture: Picture) -> None:
        """Write a captioned picture, across the page when it is wider than the text."""
        self._turn(picture.width > page.TYPE_AREA[0] + 0.5)
        full = self._height()
        need = (picture.height + 9) / full * self._lines()
        self._room(min(need, self._lines()))
        paragraph = self.document.add_paragraph(style="图")
        run = paragraph.add_run()
        shown = run.add_picture(BytesIO(picture.png), Mm(picture.width), Mm(picture.height))
        shown._inline.docPr.set("descr", picture.title)
        shown._inline.docPr.set("name", name)
        self._caption(name, picture.title, above=False)
        self._take(need)

    def finish(self, title: str) -> Any:
        """Write the contents into their place, name the document, and return it."""
        self._write_contents()
        keep_numbers_whole(self.document.element.body)
        core = self.document.core_properties
        core.author = core.last_modified_by = "应急布局"
        core.title, core.comments, core.keywords = title, "", ""
        # The empty document that python-docx begins with says it was made in 2013.
        core.created = core.modified = _day(self._ledger.date)
        return self.document

    def _caption(self, name: str, title: str, above: bool) -> None:
        sort, where = name.split(":", 1)[0], self._labels[name]
        paragraph = self.document.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = above
        with self._bookmarks.around(paragraph, where.bookmark):
            paragraph.add_run(f"{sort} ")
            field(paragraph, f"SEQ {sort} \\* ARABIC", where.label.split(" ")[1])
        paragraph.add_run(f"  {official(title)}")

    def _fill(self, paragraph: Any, parts: Sequence[Part]) -> str:
        """Write parts into a paragraph and return them as plain text."""
        out = []
        for one in parts:
            if isinstance(one, Number):
                self.numbers.append(one.figure)
                text = spoken(one.figure, ten_thousands=one.ten_thousands) or UNKNOWN
                out.append(self._marked(paragraph, one.figure, text))
            elif isinstance(one, Reference):
                field(paragraph, f"REF {one.bookmark} \\h", one.label)
                out.append(one.label)
            elif isinstance(one, Gap):
                paragraph.add_run(one.shown, page.MISSING)
                out.append(one.shown)
            else:
                paragraph.add_run(official(one))
                out.append(one)
        return "".join(out)

    def _cell(self, paragraph: Any, figure: Figure) -> None:
        """Write a number of a table."""
        self.cells.append(figure)
        self._marked(paragraph, figure, spoken(figure, unit=False) or UNKNOWN)

    def _marked(self, paragraph: Any, figure: Figure, text: str) -> str:
        with self._bookmarks.around(paragraph, self._ledger.codes[figure.key]):
            paragraph.add_run(text)
        return text

    def _turn(self, landscape: bool) -> None:
        """Begin a section of the other orientation when it is needed."""
        if landscape == self._landscape:
            return
        page.new_section(self.document, landscape)
        self._landscape = landscape
        self._new_page()

    def _height(self) -> float:
        if self._landscape:
            return page.SHORT - page.ACROSS[0] - page.ACROSS[1]
        return page.TYPE_AREA[1]

    def _lines(self) -> float:
        return self._height() / (page.LINE_PT / 72 * 25.4)

    def _new_page(self) -> None:
        self._page += 1
        self._used = 0.0

    def _room(self, lines: float) -> None:
        if self._used + lines > self._lines() + 0.01 and self._used:
            self._new_page()

    def _take(self, lines: float) -> None:
        self._used += lines
        while self._used > self._lines() + 0.01:
            self._used -= self._lines()
            self._page += 1

    def _take_mm(self, mm: float, head: float) -> None:
        self._take((mm + head) / (page.LINE_PT / 72 * 25.4))

    def _write_contents(self) -> None:
        first = self._contents
        open_field(first, 'TOC \\o "1-2" \\h \\z \\u')
        before = first
        for i, entry in enumerate(self._entries):
            paragraph = first
            if i:
                paragraph = self.document.add_paragraph(style=f"toc {entry.level}")
                before._p.addnext(paragraph._p)
            before = paragraph
            self._entry(paragraph, entry)
        close_field(before)
        # The section of cover and contents ends after the last entry.
        ending = first._p.pPr.find(qn("w:sectPr"))
        if before is not first and ending is not None:
            before._p.get_or_add_pPr().append(ending)

    def _entry(self, paragraph: Any, entry: _Entry) -> None:
        """“第一章 现状 …… 3”, all of it a link to the heading."""
        start = len(paragraph._p)
        paragraph.add_run(entry.text)
        paragraph.add_run("\t")
        field(paragraph, f"PAGEREF {entry.bookmark} \\h", str(entry.page))
        runs = list(paragraph._p)[start:]
        holder = link(paragraph, entry.bookmark)
        for run in runs:
            holder.append(run)


def _day(words: str) -> datetime:
    """Return the day that stands on the document; one that is no date tells nothing: 1970."""
    found = re.match(r"(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?", words)
    if found is None:
        return datetime(1970, 1, 1)
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return datetime(1970, 1, 1)


def _unnumbered(paragraph: Any) -> None:
    """Take the automatic number from one heading."""
    numbered = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    numbered.get_or_add_numId().set(qn("w:val"), "0")
    paragraph.paragraph_format.first_line_indent = Pt(0)
