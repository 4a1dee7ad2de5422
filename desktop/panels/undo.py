"""The undo history as a list: every step, the current one marked; a click goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QWidget

from desktop.panels.fields import EDGE, column, empty_words

if TYPE_CHECKING:
    from desktop.window import Window


class UndoPanel(QWidget):
    """Shows ``session.steps``; undone steps are pale and can be gone back to."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.empty = empty_words("每做一步修改,这里就多一行。点一行,就回到那一步。")
        self.empty.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda item: self._go(self.list.row(item)))
        self.list.itemActivated.connect(lambda item: self._go(self.list.row(item)))
        outer.addWidget(self.empty)
        outer.addWidget(self.list, 1)
        self.session.plan_changed.connect(lambda before, after: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the steps as they are now, the latest on top."""
        steps, now = self.session.steps, self.session.step
        self.empty.setVisible(len(steps) < 2)
        self.list.clear()
        for i, step in reversed(list(enumerate(steps))):
            item = QListWidgetItem(step.text)
            font = QFont(self.list.font())
            font.setBold(i == now)
            item.setFont(font)
            item.setData(Qt.ItemDataRole.UserRole, i)
            if i > now:
                item.setForeground(self.palette().color(self.palette().ColorRole.PlaceholderText))
                item.setToolTip("已撤销,点一下重做到这一步")
            else:
                item.setToolTip("现在在这一步" if i == now else "点一下回到这一步")
            self.list.addItem(item)
        if steps:
            self.list.setCurrentRow(len(steps) - 1 - now)

    def _go(self, row: int) -> None:
        self.session.go(self.list.item(row).data(Qt.ItemDataRole.UserRole))
