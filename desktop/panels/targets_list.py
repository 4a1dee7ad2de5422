"""The targets as a list: groups with their counts, a light and two lines for each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QPainter, QPalette
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.panels.fields import EDGE, GAP
from desktop.panels.targets_marks import ORDER, light
from maps.analysis.targets.model import VERDICTS, Verdict, VerdictName
from maps.analysis.targets.units import number

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from maps.analysis.targets.consistency import Contradiction
    from maps.analysis.targets.model import Rule

Index = QModelIndex | QPersistentModelIndex
GROUP, ROW = 32, 48
_ELIDE = Qt.TextElideMode.ElideRight


@dataclass(frozen=True)
class Shown:
    """What the filters leave: all verdicts when they are empty."""

    verdicts: frozenset[VerdictName] = frozenset()
    nature: str = ""
    topic: str = ""
    words: str = ""

    def takes(self, found: Verdict) -> bool:
        if self.verdicts and found.verdict not in self.verdicts:
            return False
        return self._speaks_of(found.rule, found.why)

    def takes_clause(self, rule: Rule) -> bool:
        """The same for a clause that is only there to be read: it has no verdict."""
        return not self.verdicts and self._speaks_of(rule, "")

    def _speaks_of(self, rule: Rule, why: str) -> bool:
        if self.nature and rule.nature != self.nature:
            return False
        if self.topic and rule.topic != self.topic:
            return False
        text = f"{rule.id} {rule.quote} {rule.place} {rule.source} {rule.topic} {why}".lower()
        text += " 已核实" if rule.verified else " 待核实"
        return all(word in text for word in self.words.lower().split())


def measured(found: Verdict) -> str:
    """The measured value with its unit: “2 处”, "" when there is none.

    Shares have one decimal, more only where rounding would make a failing one look enough.
    """
    if found.value is None:
        return ""
    rounded = round(found.value, 1)
    plain = found.unit == "%" and (rounded == found.value or rounded != found.threshold)
    text = f"{rounded:.1f}" if plain else number(found.value)
    return f"{text} {found.unit}".strip()


def figures(found: Verdict) -> str:
    """“2 处,要求 3 处”, as much of it as there is."""
    value, wanted = measured(found), found.rule.wanted
    space = " " if wanted[:1].isdigit() else ""
    return ",".join(part for part in (value, f"要求{space}{wanted}" if wanted else "") if part)


def second_line(found: Verdict) -> str:
    """“CF-017 · 2 处,要求 3 处 · 2025 年”."""
    year = f"{found.rule.year} 年" if found.rule.year is not None else ""
    mark = "" if found.rule.verified else "待核实"
    return " · ".join(part for part in (found.id, figures(found), year, mark) if part)


@dataclass(frozen=True)
class Line:
    """A row: a light and two lines of text. ``what`` is what it stands for."""

    key: str
    light: VerdictName | None
    first: str
    second: str
    tip: str
    what: Any = field(compare=False)


def line_of(found: Verdict, *, stale: bool = False) -> Line:
    """The row of a target."""
    second = second_line(found)
    return Line(
        found.id,
        found.verdict,
        found.rule.quote,
        f"待重新核对 · {second}" if stale else second,
        f"{found.title}:{found.rule.quote}",
        found,
    )


def line_of_clause(rule: Rule) -> Line:
    """The row of a clause that is read, not checked: no light."""
    return Line(rule.id, None, rule.quote, str(rule.source), rule.quote, rule)


def line_of_contradiction(found: Contradiction) -> Line:
    """The row of what does not go together inside the document."""
    ids = "、".join(rule.id for rule in found.rules)
    name: VerdictName = "attest" if found.severity == "提示" else "warn"
    key, second = f"{found.about} {ids}", f"{found.about} · {ids}"
    first = f"{found.rules[0].quote}:{found.text}" if len(found.rules) == 1 else found.text
    return Line(key, name, first, second, first, found)


class Rows(QAbstractListModel):
    """Group headings (str) and lines."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[str | Line] = []
        self._now: Mapping[str, Line] = {}

    def show_rows(self, rows: list[str | Line]) -> None:
        """Show other rows; the cursor stays when they are the same ones with other lights."""
        if [_key(row) for row in rows] == [_key(row) for row in self.rows]:
            self.rows = rows
            self._repaint()
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def show_drag(self, now: Mapping[str, Line]) -> None:
        """Other lights while a feature is dragged; ``{}`` brings the usual ones back."""
        before, self._now = self._now, now
        for row, found in enumerate(self.rows):
            if isinstance(found, str):
                continue
            if before.get(found.key, found) != now.get(found.key, found):
                self.dataChanged.emit(self.index(row), self.index(row))

    def _repaint(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))

    def line(self, row: int) -> Line | None:
        """The line in a row as it is now, None for a heading."""
        found = self.rows[row]
        return None if isinstance(found, str) else self._now.get(found.key, found)

    def row_of(self, key: str) -> int | None:
        keys = [None if isinstance(row, str) else row.key for row in self.rows]
        return keys.index(key) if key in keys else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.line(index.row())
        if role == Qt.ItemDataRole.UserRole:
            return line
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.tip if line is not None else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.rows[index.row()] if line is None else f"{line.tip}({line.second})"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and isinstance(self.rows[index.row()], str):
            return Qt.ItemFlag.ItemIsEnabled
        return super().flags(index)


def _key(row: str | Line) -> str:
    return row if isinstance(row, str) else row.key


class _Painter(QStyledItemDelegate):
    """Draws one row: the light, the first line, the second one paler beneath it."""

    def __init__(self, parent: LineList) -> None:
        super().__init__(parent)
        self.list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        heading = index.data(Qt.ItemDataRole.UserRole) is None
        return QSize(0, GROUP if heading else ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: Line | None = index.data(Qt.ItemDataRole.UserRole)
        box = QRect(option.rect)
        painter.save()
        if line is None:
            self._paint_heading(painter, box, str(index.data()))
        else:
            panel = QStyle.PrimitiveElement.PE_PanelItemViewItem
            self.list.style().drawPrimitive(panel, option, painter, self.list)
            self._paint_line(painter, box, line)
        painter.restore()

    def _paint_heading(self, painter: QPainter, box: QRect, text: str) -> None:
        font = QFont(self.list.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.list.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(box.adjusted(EDGE, 4, -GAP, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_line(self, painter: QPainter, box: QRect, line: Line) -> None:
        if line.light is not None:
            ratio = self.list.devicePixelRatioF()
            mark = light(line.light, self.list.theme, ratio)
            painter.drawPixmap(box.left() + EDGE, box.top() + 6, mark)
        left = 40 if line.light is not None else EDGE
        upper = QRect(box.left() + left, box.top() + 4, box.width() - left - 12, 20)
        roles = QPalette.ColorRole
        for text, role, where in (
            (line.first, roles.WindowText, upper),
            (line.second, roles.PlaceholderText, upper.translated(0, 20)),
        ):
            painter.setPen(self.list.palette().color(role))
            short = painter.fontMetrics().elidedText(text, _ELIDE, where.width())
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, short)


class LineList(QListView):
    """The list; ``picked`` tells what the line under the cursor stands for, None for nothing."""

    picked = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.theme = "light"
        self.rows = Rows(self)
        self.setModel(self.rows)
        self.setItemDelegate(_Painter(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(name)
        self.selectionModel().currentChanged.connect(self._current)

    def _current(self, now: QModelIndex, before: QModelIndex) -> None:
        line = now.data(Qt.ItemDataRole.UserRole) if now.isValid() else None
        self.picked.emit(None if line is None else line.what)

    def pick(self, key: str) -> bool:
        """Put the cursor on a line; whether it is in the list."""
        row = self.rows.row_of(key)
        if row is None:
            return False
        index = self.rows.index(row)
        self.setCurrentIndex(index)
        self.scrollTo(index)
        return True


def grouped(
    verdicts: tuple[Verdict, ...],
    shown: Shown,
    stale: frozenset[str] = frozenset(),
    others: tuple[Contradiction, ...] = (),
    clauses: tuple[Rule, ...] = (),
) -> list[str | Line]:
    """Headings with rules beneath, in the order of the rules; the gravest first in a group.

    ``clauses`` are the rules that are only there to be read; they come last.
    """
    kept = [found for found in verdicts if shown.takes(found)]
    out: list[str | Line] = []
    for topic in dict.fromkeys(v.rule.topic for v in verdicts):
        mine = [v for v in kept if v.rule.topic == topic]
        if mine:
            passed = sum(v.verdict == "pass" for v in mine)
            out.append(f"{topic or '其他'}  {VERDICTS['pass']} {passed:,} / {len(mine):,}")
            mine.sort(key=lambda v: ORDER.index(v.verdict))
            out += [line_of(v, stale=v.id in stale) for v in mine]
    words = shown.words.lower().split()
    quarrels = [c for c in others if all(word in c.text.lower() for word in words)]
    if quarrels and not (shown.verdicts or shown.nature or shown.topic):
        out += [f"文本自身的矛盾  {len(quarrels):,} 条", *map(line_of_contradiction, quarrels)]
    read = [rule for rule in clauses if shown.takes_clause(rule)]
    if read:
        out += [f"只供查阅的条文  {len(read):,} 条", *map(line_of_clause, read)]
    return out
