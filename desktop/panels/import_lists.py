"""The lists of the import page: columns with what they become, rows with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from data.kinds import kind
from desktop.panels.fields import GAP, empty_words

if TYPE_CHECKING:
    from data.imports.proposing import Proposal
    from data.imports.source import Source

_SHOWN, _AT_ONCE = 1_000, 15
_EXAMPLES = 3
_ROW = 30
_WIDEST, _NARROWEST = 150, 72
_PLACES = ("经度", "纬度", "坐标", "X坐标", "Y坐标", "东坐标", "北坐标")
_HOW = {"截断": "列名被截短,按开头认出", "近义": "按近义词认出", "指定": "由您指定"}
_HOW |= {"按数值": "按里面的数认出,请核对"}


class _Combo(QComboBox):
    """A combo that leaves the wheel to the table it stands in."""

    def wheelEvent(self, event: object) -> None:
        event.ignore()  # type: ignore[attr-defined]


class ColumnsTable(QTableWidget):
    """One row per column of the file: heading, examples, what it becomes."""

    chosen = Signal(str, str)
    """(heading, field); "" keeps the column as it is."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        _quiet(self)
        self.setHorizontalHeaderLabels(["文件的列", "内容", "成为"])
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(0, _WIDEST)
        self.setColumnWidth(2, 150)
        self.verticalHeader().setDefaultSectionSize(_ROW)

    def show_columns(
        self, source: Source | None, kind_name: str = "", proposal: Proposal | None = None
    ) -> None:
        """Show a source's columns; without a proposal none of them is matched yet."""
        self.setRowCount(0)
        if source is None:
            return
        targets = {m.source: m for m in proposal.matches} if proposal else {}
        fields = [c.name for c in kind(kind_name).columns]
        if source.shapes is None:
            fields = [*_PLACES, *fields]
        self.setRowCount(len(source.headings))
        for row, heading in enumerate(source.headings):
            found = targets.get(heading)
            target = found.target if found else ""
            first = _item(heading)
            if found is not None and found.how in _HOW:
                first.setToolTip(_HOW[found.how])
            self.setItem(row, 0, first)
            unit = f"  (单位 {found.unit})" if found is not None and found.unit else ""
            self.setItem(row, 1, _item(f"{_examples(source, heading)}{unit}"))
            self.setCellWidget(row, 2, self._box(heading, target, fields))
        own = self.sizeHintForColumn(0)
        self.setColumnWidth(0, max(_NARROWEST, min(own, _WIDEST)))

    def _box(self, heading: str, target: str, fields: Sequence[str]) -> QComboBox:
        box = _Combo()
        box.addItem("照原样保留", "")
        for name in fields:
            box.addItem(name, name)
        if target and box.findData(target) < 0:
            box.addItem(target, target)
        box.setCurrentIndex(box.findData(target))
        box.activated.connect(lambda: self.chosen.emit(heading, box.currentData()))
        return box


class RowsTable(QWidget):
    """Rows of texts under headings, or a sentence saying what would be here."""

    def __init__(self, headings: Sequence[str], empty: str) -> None:
        super().__init__()
        self.column = rows = QVBoxLayout(self)
        rows.setContentsMargins(0, GAP, 0, 0)
        rows.setSpacing(GAP)
        self.empty = empty_words(empty)
        self.more = empty_words("")
        self.table = QTableWidget(0, len(headings))
        _quiet(self.table)
        self.table.setHorizontalHeaderLabels(list(headings))
        header = self.table.horizontalHeader()
        header.setVisible(len(headings) > 1)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(headings) - 1, QHeaderView.ResizeMode.Stretch)
        header.setResizeContentsPrecision(_AT_ONCE)
        self.table.setWordWrap(True)
        self._left: list[Sequence[str]] = []
        self._later = QTimer(self, singleShot=True, interval=1)
        self._later.timeout.connect(self._fill)
        rows.addWidget(self.empty)
        rows.addWidget(self.table, 1)
        rows.addWidget(self.more)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show the first thousand rows, and how many there are beyond."""
        self.empty.setVisible(not rows)
        self.table.setVisible(bool(rows))
        self.more.setVisible(len(rows) > _SHOWN)
        self.more.setText(f"…其余 {len(rows) - _SHOWN:,} 行没有列出。")
        self.table.setRowCount(0)
        self._left = list(rows[:_SHOWN])
        if len(rows) <= _AT_ONCE:
            self._fill()
        else:
            self._later.start()

    def _fill(self) -> None:
        """Put in some of the rows; the others follow, the window answers in between."""
        first, some = self.table.rowCount(), self._left[:_AT_ONCE]
        self._left = self._left[_AT_ONCE:]
        self.table.setRowCount(first + len(some))
        for place, row in enumerate(some, first):
            for column, text in enumerate(row):
                self.table.setItem(place, column, _item(text))
            self.table.resizeRowToContents(place)
        if self._left:
            self._later.start()


def _quiet(table: QTableWidget) -> None:
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    table.horizontalHeader().setHighlightSections(False)


def _item(text: str) -> QTableWidgetItem:
    made = QTableWidgetItem(text)
    made.setToolTip(text)
    return made


def _examples(source: Source, heading: str) -> str:
    """The first different values of a column."""
    seen: dict[str, None] = {}
    for place in range(min(len(source), 50)):
        text = source.text(heading, place)
        if text:
            seen[text] = None
        if len(seen) >= _EXAMPLES:
            break
    return "、".join(seen)
