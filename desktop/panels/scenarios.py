"""The scenarios of the file: which one this is, copy, rename, remove, compare with another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from data import scenarios
from desktop import theme
from desktop.comparing import DIFFERENCE, SWIPE
from desktop.panels.fields import GAP, label
from maps.drawing.style import THEMES

if TYPE_CHECKING:
    from desktop.window import Window

ROW, MOST_ROWS = 28, 5
OFF = "不对比"


class ScenariosBox(QWidget):
    """A short list under the layers; every change is one undo step."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(label("方案", "heading"), 1)
        self.copy = self._button("copy", "复制当前方案,在副本上改", self.copy_current)
        self.edit = self._button("edit", "给当前方案改名", self.rename_current)
        self.gone = self._button("delete", "删除当前方案", self.remove_current)
        for button in (self.copy, self.edit, self.gone):
            head.addWidget(button)
        column.addLayout(head)
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("方案")
        self.list.itemClicked.connect(lambda item: self._go(self.list.row(item)))
        self.list.itemActivated.connect(lambda item: self._go(self.list.row(item)))
        column.addWidget(self.list)
        self._add_compare(column)
        self.session.plan_changed.connect(lambda before, after: self.refresh())
        self.session.comparing.changed.connect(self.refresh)
        self.refresh()

    def _button(self, icon: str, words: str, run: Callable[[], None]) -> QToolButton:
        made = QToolButton()
        made.setProperty("picture", icon)
        made.setToolTip(words)
        made.setAccessibleName(words)
        made.clicked.connect(lambda checked=False: run())
        return made

    def _add_compare(self, column: QVBoxLayout) -> None:
        self.base = QComboBox()
        self.base.setAccessibleName("和哪个方案对比")
        self.base.activated.connect(self._compare)
        column.addWidget(self.base)
        self.modes = QWidget()
        row = QHBoxLayout(self.modes)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._mode = QButtonGroup(self)
        for mode, words, tip in (
            (SWIPE, "卷帘", "左边是对比的方案,右边是当前方案;拖中间的线"),
            (DIFFERENCE, "差异", "蓝色新增,橙色减少,青色不变;先计算覆盖"),
        ):
            button = QToolButton()
            button.setText(words)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setProperty("mode", mode)
            button.clicked.connect(lambda checked=False, mode=mode: self._show(mode))
            self._mode.addButton(button)
            row.addWidget(button)
        column.addWidget(self.modes)

    # --- showing

    def refresh(self) -> None:
        """Show the scenarios as they are now."""
        book, comparing = self.session.book, self.session.comparing
        plans = book.plans if book is not None else ()
        self.list.clear()
        for plan in plans:
            item = QListWidgetItem(plan.name)
            item.setToolTip(plan.name)
            self.list.addItem(item)
        if book is not None:
            self.list.setCurrentRow(book.current)
        rows = min(max(len(plans), 1), MOST_ROWS)
        self.list.setFixedHeight(rows * ROW + 2)
        several = len(plans) > 1
        self.copy.setEnabled(bool(plans))
        self.edit.setEnabled(bool(plans))
        self.gone.setEnabled(several)
        self.gone.setToolTip("删除当前方案" if several else "只有一个方案,不能删除")
        self.base.setVisible(several)
        self.modes.setVisible(several and bool(comparing.base))
        self.base.clear()
        self.base.addItem(OFF, "")
        for plan in plans:
            if book is not None and plan is not book.plan:
                self.base.addItem(f"对比“{plan.name}”", plan.name)
        self.base.setCurrentIndex(max(0, self.base.findData(comparing.base)))
        for button in self._mode.buttons():
            button.setChecked(button.property("mode") == comparing.mode)

    def dress(self, name: str) -> None:
        """Take the icons of a theme."""
        for button in (self.copy, self.edit, self.gone):
            button.setIcon(theme.icon(button.property("picture"), THEMES[name]))

    # --- changing

    def _go(self, row: int) -> None:
        book = self.session.book
        if book is not None and row != book.current:
            text = f"切换到“{book.plans[row].name}”"
            self.session.do_book(text, scenarios.go_to(row))

    def copy_current(self) -> None:
        """A copy with the next free name becomes the current scenario."""
        if self.session.plan is not None:
            self.session.do_book(f"复制“{self.session.plan.name}”", scenarios.copy_scenario())

    def rename_current(self) -> None:
        book = self.session.book
        if book is None:
            return
        name, given = QInputDialog.getText(self, "方案改名", "新的名称", text=book.plan.name)
        if given:
            self.session.do_book("方案改名", scenarios.rename_scenario(book.current, name))

    def remove_current(self) -> None:
        """Take the current scenario out (undo brings it back)."""
        book = self.session.book
        if book is not None:
            self.session.do_book(f"删除“{book.plan.name}”", scenarios.remove_scenario(book.current))

    # --- comparing

    def _compare(self) -> None:
        self.session.comparing.start(self.base.currentData())
        if self.session.comparing.base:
            self.window_.show_panel("compare")

    def _show(self, mode: str) -> None:
        self.session.comparing.show(mode)
        self.refresh()
