"""Above the targets: how many of each light, the words searched for, the filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QIcon
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop.panels.fields import EDGE, GAP
from desktop.panels.targets_list import Shown
from desktop.panels.targets_marks import ORDER, light
from desktop.theme import icon
from maps.analysis.targets.model import NATURES, VERDICTS
from maps.drawing.style import THEMES

if TYPE_CHECKING:
    from maps.analysis.targets.model import VerdictName


class TargetsFilter(QWidget):
    """``shown`` is what is asked for; ``changed`` tells when it is something else."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(EDGE, 0, EDGE, 0)
        rows.setSpacing(GAP)
        rows.addLayout(self._lights())
        self.words = QLineEdit()
        self.words.setPlaceholderText("查编号、原文、地点、待核实")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda text: self._changed())
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.words, 1)
        line.addWidget(self._button())
        rows.addLayout(line)
        self.shown = Shown()

    def _lights(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(4)
        self.lights: dict[VerdictName, QToolButton] = {}
        for name in ORDER:
            button = QToolButton()
            button.setCheckable(True)
            button.setIconSize(QSize(16, 16))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setToolTip(f"{VERDICTS[name]}:点一下只看这些")
            button.setAccessibleName(VERDICTS[name])
            button.toggled.connect(lambda on: self._changed())
            self.lights[name] = button
            line.addWidget(button)
        line.addStretch(1)
        return line

    def _button(self) -> QToolButton:
        """A button whose menu chooses one 性质 and one 分组."""
        self.button = QToolButton()
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setToolTip("按性质、分组筛选")
        self.button.setAccessibleName("筛选")
        self.button.setCheckable(True)
        self.menu = QMenu(self.button)
        self.button.setMenu(self.menu)
        self.natures, self.topics = QActionGroup(self), QActionGroup(self)
        _fill(self.menu, self.natures, [("全部性质", ""), *((name, name) for name in NATURES)])
        self.menu.addSeparator()
        for group in (self.natures, self.topics):
            group.triggered.connect(lambda action: self._changed())
        return self.button

    def show_topics(self, topics: Iterable[str]) -> None:
        """Offer the groups of a document."""
        topics = list(topics)
        if self.topics.actions() and topics == [a.data() for a in self.topics.actions()][1:]:
            return
        for action in self.topics.actions():
            self.topics.removeAction(action)
            self.menu.removeAction(action)
            action.deleteLater()
        _fill(self.menu, self.topics, [("全部分组", ""), *((t or "其他", t) for t in topics)])
        self._changed()

    def dress(self, theme: str) -> None:
        """Draw the lights in a theme's colours (not at every frame of a drag)."""
        ratio = self.devicePixelRatioF()
        self.button.setIcon(icon("filter", THEMES[theme]))
        for name, button in self.lights.items():
            button.setIcon(QIcon(light(name, theme, ratio)))

    def show_counts(self, counts: Mapping[VerdictName, int]) -> None:
        """Show how many of each light there are."""
        for name, button in self.lights.items():
            text = f"{counts.get(name, 0):,}"
            if button.text() != text:
                button.setText(text)

    def clear(self) -> None:
        """Show everything."""
        for button in self.lights.values():
            button.setChecked(False)
        self.words.clear()
        for group in (self.natures, self.topics):
            group.actions()[0].setChecked(True)
        self._changed()

    def _changed(self) -> None:
        chosen = frozenset(name for name, button in self.lights.items() if button.isChecked())
        now = Shown(chosen, _chosen(self.natures), _chosen(self.topics), self.words.text())
        self.button.setChecked(bool(now.nature or now.topic))
        if now != self.shown:
            self.shown = now
            self.changed.emit()


def _fill(menu: QMenu, group: QActionGroup, named: list[tuple[str, str]]) -> None:
    """Add choices of which one holds; the first holds at first."""
    for text, data in named:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setData(data)
        group.addAction(action)
    group.actions()[0].setChecked(True)


def _chosen(group: QActionGroup) -> str:
    action = group.checkedAction()
    return str(action.data()) if action is not None else ""
