"""What the current scenario changes against another one: people gained and lost, by district."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHeaderView, QPushButton, QTableView, QWidget

from desktop.panels.coverage import ask_words
from desktop.panels.fields import GAP, column, empty_words, label, scrolling
from desktop.words import UNKNOWN, exact_people, people, square_km

if TYPE_CHECKING:
    from desktop.window import Window
    from maps.analysis.compare import Change, Difference

Index = QModelIndex | QPersistentModelIndex
_COLUMNS: tuple[tuple[str, str, Callable[[Change], float | None]], ...] = (
    ("新增", "现在覆盖、对比方案不覆盖的人数", lambda c: c.gained),
    ("减少", "对比方案覆盖、现在不覆盖的人数", lambda c: c.lost),
    ("净变化", "新增减去减少的人数", lambda c: c.net),
)
ROW = 24


class ComparePanel(QWidget):
    """Follows the session's comparison; says how to get one while there is none."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.comparing = window.session.comparing
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, self.all = column()
        self.empty = empty_words("")
        self.answer = QWidget()
        _, rows = column(self.answer)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        self.title = label("", "heading", wrap=True)
        self.headline = label("", "headline")
        self.parts = label("", "muted", wrap=True)
        self.area = label("", "muted", wrap=True)
        self.table = ChangeTable()
        self.basis = label("", "muted", wrap=True)
        for widget in (self.title, self.headline, self.parts, self.area):
            rows.addWidget(widget)
        rows.addSpacing(GAP)
        rows.addWidget(label("分区(人)", "heading"))
        rows.addWidget(self.table)
        rows.addSpacing(GAP)
        rows.addWidget(self.basis)
        self.all.addWidget(self.empty)
        self.all.addWidget(self.answer)
        self.end = QPushButton("结束对比")
        self.end.clicked.connect(self._end)
        self.all.addWidget(self.end)
        self.all.addStretch(1)
        outer.addWidget(scrolling(inside))
        self.comparing.changed.connect(self.refresh)
        window.session.results_changed.connect(self.refresh)
        window.session.plan_changed.connect(lambda before, after: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the difference as it is now, or what is missing for one."""
        found = self.comparing.difference if self.comparing.base else None
        self.answer.setVisible(found is not None)
        self.empty.setVisible(found is None)
        self.end.setVisible(bool(self.comparing.base))
        if found is not None:
            self._show(found)
            return
        session = self.comparing.session
        if not self.comparing.base:
            words = "在左边“方案”里选一个要对比的方案。\n\n这里显示两个方案各覆盖多少人、分区增减。"
        elif session.result is None:
            words = "先在“覆盖”里计算,再看两个方案覆盖的人有什么增减。地图上可以先卷帘对比。"
        else:
            words = "正在比较两个方案…"
        self.empty.setText(words)

    def _show(self, found: Difference) -> None:
        whole = found.whole
        self.title.setText(f"“{found.after.plan.name}”比“{self.comparing.base}”")
        self.headline.setText(_signed(whole.net))
        self.headline.setToolTip(
            f"{exact_people(whole.before)} → {exact_people(whole.after)}"
            if whole.before is not None
            else "有的区没有人口数据。"
        )
        self.parts.setText(f"覆盖人口:新增 {people(whole.gained)},减少 {people(whole.lost)}。")
        self.area.setVisible(whole.km2_before is not None and whole.km2_after is not None)
        self.area.setText(
            f"覆盖面积 {square_km(whole.km2_before)} → {square_km(whole.km2_after)}。"
        )
        self.table.show_rows((*found.by_district, whole))
        basis = found.demand.basis
        words = f"{ask_words(found.after.ask)}。"
        words += f"人口依据:{basis}。" if basis else "没有人口图层,人数未知。"
        if getattr(found.after, "estimated", False):
            words += "行车时间含估算。"
        if found.outside is not None and (found.outside.gained or found.outside.lost):
            words += "区外的增减未计入。"
        self.basis.setText(words)

    def _end(self) -> None:
        self.comparing.stop()
        self.window_.hide_panel("compare")


def _signed(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    return f"{'多' if value >= 0 else '少'} {people(abs(value))}"


class ChangeTable(QTableView):
    """All districts and their sum at their full height (the panel scrolls)."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("districts")
        self.rows = _Rows(self)
        self.setModel(self.rows)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(32)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_rows(self, rows: tuple[Change, ...]) -> None:
        self.rows.show_rows(rows)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + ROW * len(rows) + 2)


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._font = parent.font()
        self.rows: tuple[Change, ...] = ()

    def show_rows(self, rows: tuple[Change, ...]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

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
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, place = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if place == 0:
                return row.name
            value = _COLUMNS[place - 1][2](row)
            if value is None:
                return UNKNOWN
            return f"{value:+,.0f}" if place == len(_COLUMNS) and value else f"{value:,.0f}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(place)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.name}:{exact_people(row.before)} → {exact_people(row.after)}"
        if role == Qt.ItemDataRole.FontRole and index.row() == len(self.rows) - 1:
            bold = QFont(self._font)
            bold.setBold(True)
            return bold
        return None


def _alignment(place: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
