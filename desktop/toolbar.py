"""The one row of tools: every command stays in sight, with fewer words where room is short."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from desktop import theme
from desktop.actions import ACTIONS

_WITH_WORDS = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_ICON_ALONE = Qt.ToolButtonStyle.ToolButtonIconOnly

_GIVING = ("palette", "deliver", "siting", "coverage", "add_at")
"""Commands whose words go when the row is too short, the first of them first."""


class Toolbar(QToolBar):
    """The commands that :data:`ACTIONS` puts there, the button that adds things, the palette."""

    def __init__(self, commands: Mapping[str, QAction], parent: QWidget) -> None:
        super().__init__("工具栏", parent)
        self.commands = commands
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(theme.ICON, theme.ICON))
        for action in ACTIONS:
            if not action.bar:
                continue
            if action.id == "add_at":
                self.addSeparator()
                self.add_button = self._adding()
                self.addWidget(self.add_button)
            elif action.gap:
                self.addSeparator()
            self.addAction(commands[action.id])
            if action.bar == "text":
                self.button(action.id).setToolButtonStyle(_WITH_WORDS)
        space = QWidget(self)
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.addAction(commands["palette"])
        self.button("palette").setToolButtonStyle(_WITH_WORDS)

    def button(self, name: str) -> QToolButton:
        """The button of a command."""
        found = self.widgetForAction(self.commands[name])
        assert isinstance(found, QToolButton)
        return found

    def _adding(self) -> QToolButton:
        button = QToolButton(self)
        button.setText("添加")
        button.setToolButtonStyle(_WITH_WORDS)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        for action in ACTIONS:
            if action.tool.startswith("add:"):
                menu.addAction(self.commands[action.id])
        button.setMenu(menu)
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._fit()

    def _fit(self) -> None:
        """Take the words from as many buttons as must be, so that none falls off the end."""
        buttons = [self.button(name) for name in _GIVING]
        for button in buttons:
            button.setToolButtonStyle(_WITH_WORDS)
        for button in buttons:
            if self.sizeHint().width() <= self.width():
                return
            button.setToolButtonStyle(_ICON_ALONE)
