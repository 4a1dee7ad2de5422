"""A Word report: a template filled with findings.

Outline ─┐
Dossier ─┼─▶ labels of tables and pictures ─▶ Writer ─▶ .docx
pictures ┘
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from data.progress import Report, silent
from maps.analysis.provenance import Figure, spoken
from maps.drawing.dossier import Dossier
from maps.drawing.listings import projects, proposals, targets
from maps.drawing.saving import saving
from maps.drawing.tables import Field, Table, codes_of
from maps.drawing.word.outline import SLOT, Outline, Piece, Section
from maps.drawing.word.page import TYPE_AREA
from maps.drawing.word.points import points, rules_about, standard_table
from maps.drawing.word.tabular import landscape
from maps.drawing.word.writer import Gap, Number, Part, Picture, Reference, Statement, Writer

ANNEX = "附件"
SOURCES = "附录 数字来源"
REMARK = "行政边界仅供规划示意,不作为划界依据。"


def write_report(
    made: Dossier,
    template: Outline,
    pictures: Mapping[str, Picture],
    path: Path,
    report: Report = silent,
) -> None:
    """Write the report. Raises Refused when the file cannot be written."""
    report(0.0, "正在写报告…")
    document = compose(made, template, pictures, report)
    with saving(path) as beside, beside.open("wb") as file:
        document.save(file)
    report(1.0, "报告已写好")


def compose(
    made: Dossier, template: Outline, pictures: Mapping[str, Picture], report: Report = silent
) -> Any:
    """Return the report as a python-docx document."""
    return _Composer(made, template, pictures).write(report)


class _Composer:
    def __init__(self, made: Dossier, template: Outline, pictures: Mapping[str, Picture]) -> None:
        self._made, self._template, self._pictures = made, template, pictures
        self._tables = _tables(made, template.subjects)
        self._labels: dict[str, Reference] = {}
        self._number_labels()
        self._writer = Writer(made.ledger, self._labels)
        self._shown: set[str] = set()
        self._later: list[Callable[[], None]] = []

    def write(self, report: Report) -> Any:
        title = "".join(str(p) for p in self._parts(self._template.title) if isinstance(p, str))
        self._writer.cover(
            title,
            (
                [f"编制依据:{self._template.basis}"],
                [self._made.organisation or Gap("编制单位")],
                [self._made.date],
            ),
        )
        chapters = self._template.chapters
        for i, chapter in enumerate(chapters):
            report(i / (len(chapters) + 1), f"正在写“{chapter.title}”…")
            self._writer.chapter(chapter.title, not chapter.title.startswith(ANNEX))
            self._pieces(chapter)
            for section in chapter.sections:
                self._writer.section(section.title)
                self._pieces(section)
            self._turned()
        self._annex()
        return self._writer.finish(title)

    def _number_labels(self) -> None:
        """Give every table and picture that will stand somewhere its number."""
        counts = {"表": 0, "图": 0}
        for piece in self._in_order():
            there = (("表", piece.table, self._tables), ("图", piece.picture, self._pictures))
            for sort, name, have in there:
                key = f"{sort}:{name}"
                if name and name in have and key not in self._labels:
                    counts[sort] += 1
                    mark = "T" if sort == "表" else "P"
                    label = f"{sort} {counts[sort]}"
                    self._labels[key] = Reference(label, f"_Ref{mark}{counts[sort]:03d}")
        for name in ("溯源计算", "溯源数字"):
            counts["表"] += 1
            label = f"表 {counts['表']}"
            self._labels[f"表:{name}"] = Reference(label, f"_RefT{counts['表']:03d}")

    def _in_order(self) -> Iterator[Piece]:
        """All pieces as they will stand: in each chapter what lies across comes last."""
        for chapter in self._template.chapters:
            pieces = [p for s in (chapter, *chapter.sections) for p in s.pieces]
            yield from sorted(pieces, key=self._lies_across)

    def _lies_across(self, piece: Piece) -> bool:
        table, picture = self._tables.get(piece.table), self._pictures.get(piece.picture)
        if table is not None:
            return landscape(_narrowed(table, piece.columns))
        return picture is not None and picture.width > TYPE_AREA[0]

    def _pieces(self, section: Section) -> None:
        for piece in section.pieces:
            if piece.text:
                self._text(piece)
            elif piece.table:
                self._table(piece)
            elif piece.picture:
                self._picture(piece.picture)
            elif piece.points:
                self._points(piece.points)
            else:
                self._writer.paragraph([Gap(piece.gap)])

    def _text(self, piece: Piece) -> None:
        text = piece.text
        if piece.condition:
            figure = self._made.ledger.figures.get(piece.condition)
            if figure is None or not figure.value:
                text = piece.instead
        if text:
            self._writer.paragraph(self._parts(text))

    def _points(self, name: str) -> None:
        made = self._made
        for line in points(name, made.found, made.ledger, self._template.subjects):
            if isinstance(line, Statement):
                self._writer.statement(line)
            else:
                self._writer.paragraph(line)

    def _table(self, piece: Piece) -> None:
        key = f"表:{piece.table}"
        table = self._tables.get(piece.table)
        if table is None:
            self._writer.paragraph([Gap(f"{piece.table}表(规划文件里还没有这方面的内容)")])
        elif key not in self._shown:
            self._shown.add(key)
            shown = _narrowed(table, piece.columns)
            if landscape(shown):
                self._later.append(lambda: self._writer.table(key, shown))
            else:
                self._writer.table(key, shown)

    def _picture(self, name: str) -> None:
        key = f"图:{name}"
        if name in self._pictures and key not in self._shown:
            self._shown.add(key)
            picture = self._pictures[name]
            if picture.width > TYPE_AREA[0]:
                self._later.append(lambda: self._writer.picture(key, picture))
            else:
                self._writer.picture(key, picture)

    def _turned(self) -> None:
        """Put what lies across behind the chapter's text: pages are turned once, not often."""
        for put in self._later:
            put()
        self._later.clear()

    def _parts(self, text: str) -> list[Part]:
        out: list[Part] = []
        at = 0
        for slot in SLOT.finditer(text):
            out.append(text[at : slot.start()])
            out.append(self._slot(slot[1]))
            at = slot.end()
        return [p for p in (*out, text[at:]) if p != ""]

    def _slot(self, name: str) -> Part:
        made = self._made
        known = {
            "地名": made.place,
            "日期": made.date,
            "方案": made.found.plan.name,
            "口径": made.found.people.basis if made.found.people is not None else "",
        }
        if name in known:
            return known[name] or Gap(name)
        if name.startswith(("表:", "图:")):
            return self._labels.get(name) or Gap(name[2:].split("|")[0])
        key, _, form = name.partition(":")
        figure = made.ledger.figures.get(key)
        if figure is None or figure.value is None:
            return Gap(key.replace(".", ""))
        return Number(figure, form == "万")

    def _annex(self) -> None:
        """Say where the numbers come from, and how to have them again."""
        writer, ledger = self._writer, self._made.ledger
        used = list(dict.fromkeys(figure.key for figure in writer.numbers))
        cells = {figure.key for figure in writer.cells}
        writer.chapter(SOURCES, False)
        writer.paragraph(
            [
                "文中每个由计算得到的数都带有书签,书签名就是溯源编号(在“插入—书签”里可以看到)。"
                f"数据取自规划文件“{ledger.plan.name}”(SHA-256 前 16 位 {ledger.plan.sha256[:16]}),"
                f"程序版本 {ledger.version}。{REMARK}"
            ]
        )
        writer.table("表:溯源计算", _steps_table(self._made, used, cells))
        writer.table("表:溯源数字", _used_table(self._made, used))


def _tables(made: Dossier, subjects: tuple[str, ...]) -> dict[str, Table]:
    """The tables of the dossier, narrowed to what the report is about."""
    out = dict(made.tables)
    if not subjects:
        return out
    only = rules_about(made.found, subjects)
    narrowed = {
        "指标": targets(made.found, made.ledger, only),
        "重点工程": projects(made.found, made.ledger, subjects, only),
        "拟选址": proposals(made.found, made.ledger, subjects),
        "标准要求": standard_table(subjects),
    }
    for name, table in narrowed.items():
        out.pop(name, None)
        if table.rows:
            out[name] = table
    return out


def _narrowed(table: Table, columns: tuple[str, ...]) -> Table:
    """The table with only some columns; headings it does not have are passed over."""
    headings = [one.heading for one in table.fields]
    at = [headings.index(name) for name in columns if name in headings]
    if not at:
        return table
    rows = tuple(tuple(row[i] for i in at) for row in table.rows)
    return Table(table.title, tuple(table.fields[i] for i in at), rows, table.notes)


def _steps_table(made: Dossier, used: list[str], cells: set[str]) -> Table:
    ledger = made.ledger
    heads = ("计算", "参数", "复算命令", "正文中的数", "表中的数")
    fields = tuple(Field(name) for name in heads)
    by_step: dict[str, list[Figure]] = {}
    in_tables: Counter[str] = Counter(ledger.figures[key].step for key in cells)
    for key in used:
        by_step.setdefault(ledger.figures[key].step, []).append(ledger.figures[key])
    for step in in_tables:
        by_step.setdefault(step, [])
    rows = tuple(
        (
            ledger.steps[step].title,
            ";".join(f"{k}={v}" for k, v in ledger.steps[step].parameters.items()),
            f"python main.py {ledger.steps[step].command}",
            codes_of(figures, ledger.codes),
            f"{in_tables[step]} 个" if in_tables[step] else "",
        )
        for step, figures in by_step.items()
    )
    return Table("数字由哪些计算得到", fields, rows)


def _used_table(made: Dossier, used: list[str]) -> Table:
    ledger = made.ledger
    fields = tuple(Field(name) for name in ("溯源编号", "是什么", "数值", "口径"))
    rows = tuple(
        (
            ledger.codes[key],
            key,
            spoken(ledger.figures[key]) or "未知",
            ledger.figures[key].basis,
        )
        for key in sorted(used, key=lambda k: ledger.codes[k])
    )
    note = "表中的数见同一文件夹中的“溯源.json”和表格里的“溯源”。"
    return Table("正文主要数字", fields, rows, (note,))
