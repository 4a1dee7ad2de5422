"""The attribute table: one layer's features, sorted, filtered, edited, selected with the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from data import edits
from data.kinds import Column
from data.plan import Layer, Plan
from desktop import theme
from desktop.panels.fields import GAP, label
from desktop.panels.frame_model import FrameModel
from maps.drawing.style import THEMES

if TYPE_CHECKING:
    from desktop.window import Window

_WAIT = 200
"""Milliseconds after the last key before the filter is applied."""
_SAMPLE = 200
"""Rows looked at to find a column's width."""


class TablePanel(QWidget):
    """Shows the layer of the selection, or the one chosen in the list."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self.setObjectName("column")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(self._head())
        self.model = FrameModel(self._commit, self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSortingEnabled(True)
        self.view.setWordWrap(False)
        self.view.setShowGrid(False)
        self.view.verticalHeader().setDefaultSectionSize(26)
        self.view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.view.horizontalHeader().setSectionsMovable(True)
        self.view.horizontalHeader().setHighlightSections(False)
        self.view.verticalHeader().setHighlightSections(False)
        self.view.setCornerButtonEnabled(False)
        self.view.horizontalHeader().setResizeContentsPrecision(_SAMPLE)
        outer.addWidget(self.view, 1)
        self._hearing = False
        self.view.selectionModel().selectionChanged.connect(self._selected_here)
        self.model.modelReset.connect(self._counted)
        self.model.modelReset.connect(self._show_selection)
        self.model.layoutChanged.connect(self._show_selection)
        self.session.plan_changed.connect(self._plan_changed)
        self.session.selection_changed.connect(self._show_selection)
        self._plan_changed(None, self.session.plan)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(GAP, 4, GAP, 4)
        row.setSpacing(GAP)
        self.layers = QComboBox()
        self.layers.setMinimumWidth(160)
        self.layers.activated.connect(lambda index: self.show_layer(self.layers.currentText()))
        self.words = QLineEdit()
        self.words.setPlaceholderText("筛选:输入文字或数字,多个词用空格隔开")
        self.words.setClearButtonEnabled(True)
        self.words.setMinimumWidth(280)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.model.filter(self.words.text()))
        self.words.textChanged.connect(lambda text: self._timer.start(_WAIT))
        self.count = label("", "muted")
        self.away = QToolButton()
        self.away.setIcon(theme.icon("close", THEMES[self.window_.theme]))
        self.away.setToolTip("收起属性表")
        self.away.clicked.connect(lambda: self.window_.hide_panel("table"))
        for widget in (self.layers, self.words, self.count):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.away)
        return row

    # --- showing

    def begin(self) -> None:
        """Come up with the layer of the selection."""
        if len(self.session.selection) == 1:
            self.show_layer(next(iter(self.session.selection)))

    def show_layer(self, name: str) -> None:
        plan = self.session.plan
        layer = plan.find(name) if plan is not None else None
        if layer is None:
            return
        self.layers.setCurrentText(name)
        if self.model.layer is None or self.model.layer.name != name:
            self.words.clear()
            self._timer.stop()
            self.view.horizontalHeader().setSortIndicator(
                -1, self.view.horizontalHeader().sortIndicatorOrder()
            )
            self.model.show_layer(layer)
            self._fit_columns()
        else:
            self.model.show_layer(layer)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._plan_changed(None, self.session.plan)
        self._show_selection()

    def _plan_changed(self, before: Plan | None, after: Plan | None) -> None:
        if not self.isVisible() and after is not None:
            return  # a table nobody sees costs nothing; it catches up when shown
        names = [layer.name for layer in reversed(after.layers)] if after else []
        shown = self.model.layer.name if self.model.layer is not None else ""
        if [self.layers.itemText(i) for i in range(self.layers.count())] != names:
            self.layers.clear()
            self.layers.addItems(names)
        if not names:
            self.model.show_layer(None)
            return
        first = (
            next((x.name for x in reversed(after.layers) if x.kind.facility), names[0])
            if after
            else ""
        )
        self.show_layer(shown if shown in names else first)

    def _fit_columns(self) -> None:
        self.view.resizeColumnsToContents()
        for i in range(self.model.columnCount()):
            self.view.setColumnWidth(i, min(max(self.view.columnWidth(i) + 8, 64), 240))

    def _counted(self) -> None:
        layer = self.model.layer
        total, shown = len(layer) if layer is not None else 0, self.model.rowCount()
        self.count.setText(f"{total:,} 行" if shown == total else f"{shown:,} / {total:,} 行")

    # --- selection, both ways

    def _selected_here(self) -> None:
        layer = self.model.layer
        if self._hearing or layer is None:
            return
        rows = [index.row() for index in self.view.selectionModel().selectedRows()]
        self._hearing = True
        self.session.select_all({layer.name: self.model.ids_at(rows)})
        self._hearing = False

    def _show_selection(self) -> None:
        layer = self.model.layer
        if self._hearing or layer is None:
            return
        ids = self.session.selection.get(layer.name, ())
        rows = sorted(row for fid in ids if (row := self.model.row_of(fid)) is not None)
        chosen = QItemSelection()
        last = max(0, self.model.columnCount() - 1)
        for start, end in _runs(rows):
            chosen.select(self.model.index(start, 0), self.model.index(end, last))
        self._hearing = True
        self.view.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._hearing = False
        if rows:
            self.view.scrollTo(self.model.index(rows[0], 0))

    def _commit(self, layer: Layer, fid: int, one: Column, text: str) -> bool:
        return self.session.do(
            f"修改{one.name}", edits.set_values(layer.name, [fid], {one.name: text})
        )


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Sorted rows as unbroken stretches (first, last)."""
    out: list[tuple[int, int]] = []
    for row in rows:
        if out and row == out[-1][1] + 1:
            out[-1] = (out[-1][0], row)
        else:
            out.append((row, row))
    return out
