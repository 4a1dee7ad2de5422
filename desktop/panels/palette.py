"""Ctrl+K: find a command by Chinese, by pinyin or by pinyin initials, and carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout

from desktop.actions import Action, found
from desktop.panels.fields import GAP

if TYPE_CHECKING:
    from desktop.window import Window

WIDTH, ROWS, ROW = 480, 10, 28


class Palette(QFrame):
    """A line to type in and the commands that answer it, best first."""

    def __init__(self, window: Window) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.window_ = window
        self.setObjectName("palette")
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        self.line = QLineEdit()
        self.line.setPlaceholderText("输入命令的汉字、拼音或首字母,如 jsfg")
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self.show_found)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(lambda item: self.run(item))

    def open_over(self, window: Window) -> None:
        """Come up in the upper middle of the window."""
        self.line.clear()
        self.show_found("")
        left = (window.width() - WIDTH) // 2
        self.move(window.mapToGlobal(QPoint(left, 64)))
        self.show()
        self.line.setFocus()

    def show_found(self, typed: str) -> None:
        self.list.clear()
        for action in found(typed):
            reason = action.why_not(self.window_.session)
            words = f"{action.menu} › {action.text}"
            key = f"    {action.shortcut}" if action.shortcut else ""
            item = QListWidgetItem(f"{words}    {reason}" if reason else f"{words}{key}")
            item.setData(Qt.ItemDataRole.UserRole, action)
            if reason:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                item.setForeground(self.palette().color(self.palette().ColorRole.PlaceholderText))
            self.list.addItem(item)
        usable = (
            i
            for i in range(self.list.count())
            if self.list.item(i).flags() & Qt.ItemFlag.ItemIsEnabled
        )
        self.list.setCurrentRow(next(usable, -1))
        self.list.setFixedHeight(min(ROWS, max(1, self.list.count())) * ROW)
        self.adjustSize()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._step(1 if key == Qt.Key.Key_Down else -1)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _step(self, by: int) -> None:
        row = self.list.currentRow() + by
        while 0 <= row < self.list.count():
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                self.list.setCurrentRow(row)
                return
            row += by

    def run(self, item: QListWidgetItem | None) -> None:
        """Carry out a command; a greyed one does nothing (its reason stands beside it)."""
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        action: Action = item.data(Qt.ItemDataRole.UserRole)
        self.hide()
        action.run(self.window_)
