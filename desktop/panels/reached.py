"""Numbers of a coverage as pictures and rows: bars by number of facilities, the district table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QTableView, QWidget

from desktop.words import UNKNOWN, exact_people, people, share
from maps.drawing.style import COVERED, COVERED_OPACITY, UNREACHED

if TYPE_CHECKING:
    from maps.analysis.coverage import Reached

Index = QModelIndex | QPersistentModelIndex
_PADDING = 4
"""Pixels that Qt leaves beside a cell's text."""

_TIMES = ("未覆盖", "1 处", "2 处", "3 处及以上")
ROW = 32


class Bars(QWidget):
    """People reached by 0, 1, 2, 3+ facilities: a bar, the people, their share."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: tuple[float | None, ...] = (None,) * 4
        self.setFixedHeight(ROW * 4)
        self.setMouseTracking(True)

    def show_numbers(self, numbers: tuple[float | None, ...]) -> None:
        self.numbers = numbers
        tips = (f"{t}:{exact_people(n)}" for t, n in zip(_TIMES, numbers, strict=True))
        self.setToolTip("\n".join(tips))
        self.setAccessibleDescription(self.toolTip())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        known = [n for n in self.numbers if n is not None]
        total = sum(known) if len(known) == len(self.numbers) else 0
        text = self.palette().color(self.palette().ColorRole.WindowText)
        groove = self.palette().color(self.palette().ColorRole.Mid)
        share_width = self.fontMetrics().horizontalAdvance("100.0%") + 8
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        for i, n in enumerate(self.numbers):
            line = QRectF(0, i * ROW, self.width(), 20)
            painter.setPen(text)
            painter.drawText(line, middle, _TIMES[i])
            painter.drawText(line.adjusted(0, 0, -share_width, 0), middle | right, people(n))
            if n is None or not total:
                continue
            painter.drawText(line, middle | right, share(n / total))
            color = QColor(COVERED if i else UNREACHED)
            color.setAlphaF(COVERED_OPACITY[i] + 0.3 if i else 1.0)
            painter.fillRect(QRectF(0, line.bottom() + 2, self.width(), 4), groove)
            painter.fillRect(QRectF(0, line.bottom() + 2, self.width() * n / total, 4), color)
        painter.end()


_Number = Callable[["Reached"], "float | None"]
_COLUMNS: tuple[tuple[str, str, _Number], ...] = (
    ("覆盖人数", "被覆盖的人数", lambda r: r.people_covered),
    ("人口%", "被覆盖的人口占本区人口的百分比", lambda r: r.share),
    ("面积%", "被覆盖的面积占本区面积的百分比", lambda r: r.area_share),
)


class _Rows(QAbstractTableModel):
    """Districts, sortable by every column; what is unknown comes last."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Reached] = []
        self.by: tuple[int, bool] | None = None

    def show_rows(self, rows: tuple[Reached, ...]) -> None:
        """Show other rows; of as many as before only those that differ are drawn anew."""
        before, after = self.rows, self._sorted(list(rows))
        if len(before) != len(after):
            self.beginResetModel()
            self.rows = after
            self.endResetModel()
            return
        self.rows = after
        other = [i for i, row in enumerate(after) if row != before[i]]
        if other:
            self.dataChanged.emit(self.index(other[0], 0), self.index(other[-1], len(_COLUMNS)))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.by = (column, order == Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        self.rows = self._sorted(self.rows)
        self.layoutChanged.emit()

    def _sorted(self, rows: list[Reached]) -> list[Reached]:
        if self.by is None or self.by[0] < 0:
            return rows
        column, down = self.by
        if column == 0:
            return sorted(rows, key=lambda r: r.name, reverse=down)
        number = _COLUMNS[column - 1][2]
        known = sorted(
            (r for r in rows if number(r) is not None), key=lambda r: number(r) or 0, reverse=down
        )
        return known + [r for r in rows if number(r) is None]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1 + len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "区县" if section == 0 else _COLUMNS[section - 1][0]
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return _COLUMNS[section - 1][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name if column == 0 else _cell(column, row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            covered, total = exact_people(row.people_covered), exact_people(row.people_total)
            return f"{row.name}:覆盖 {covered},共 {total}"
        return None


def _cell(column: int, row: Reached) -> str:
    value = _COLUMNS[column - 1][2](row)
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if column == 1 else f"{value * 100:.1f}"


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class DistrictTable(QTableView):
    """All districts at their full height (the panel scrolls)."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("districts")
        self.rows = _Rows(self)
        self.setModel(self.rows)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(False)
        header.setMinimumSectionSize(32)
        # Not “to contents”: that measures every cell again with each number of a drag.
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_rows(self, rows: tuple[Reached, ...]) -> None:
        totals = [row.people_total for row in rows]
        if totals != [row.people_total for row in self.rows.rows]:
            self._make_room(max((total or 0.0 for total in totals), default=0.0))
        more = len(rows) != self.rows.rowCount()
        self.rows.show_rows(rows)
        if more:
            self.setFixedHeight(self.horizontalHeader().sizeHint().height() + 24 * len(rows) + 2)

    def _make_room(self, most: float) -> None:
        """Columns as wide as their widest number can become: everybody, 100.0."""
        header = self.horizontalHeader()
        self.ensurePolished()
        header.ensurePolished()
        for section, text in enumerate((f"{most:,.0f}", "100.0", "100.0"), start=1):
            number = max(self.fontMetrics().horizontalAdvance(t) for t in (text, UNKNOWN))
            header.resizeSection(
                section, max(number + 2 * _PADDING, header.sectionSizeHint(section))
            )
