"""道路: everything that is asked by road instead of by radius, one page for each question.

At the top which question, below it the page. While the answer on the map no longer fits
the plan, a strip says so and offers to ask again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from desktop.panels.fields import column, label, scrolling
from desktop.panels.help import HELP, ROADS
from desktop.panels.roads_areas import AreasPage
from desktop.panels.roads_check import CheckPage
from desktop.panels.roads_page import Page
from desktop.panels.roads_rings import RingsPage
from desktop.panels.roads_route import RoutePage
from desktop.panels.roads_speeds import SpeedsPage
from desktop.panels.roads_whatif import WhatIfPage

if TYPE_CHECKING:
    from desktop.window import Window

PAGES: tuple[tuple[str, type[Page]], ...] = (
    ("rings", RingsPage),
    ("areas", AreasPage),
    ("route", RoutePage),
    ("whatif", WhatIfPage),
    ("check", CheckPage),
    ("speeds", SpeedsPage),
)


class RoadsPanel(QWidget):
    """Chooses between the pages and says when an answer is out of date."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, self.all = column()
        self.chooser = QComboBox()
        self.chooser.setAccessibleName("要算什么")
        self.all.addWidget(self.chooser)
        self._add_stale()
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._show_answer)
        self.pages: dict[str, Page] = {}
        """The pages that have been in front: each is made when it is first asked for."""
        for name, make in PAGES:
            self.chooser.addItem(make.title, name)
        self._place = self.all.count()
        self.off = QPushButton("从地图上收起")
        self.off.clicked.connect(lambda: self.session.show_drawing(None))
        self.all.addWidget(self.off)
        self.all.addStretch(1)
        self.area = scrolling(inside)
        outer.addWidget(self.area)
        self.chooser.currentIndexChanged.connect(lambda index: self._turned())
        self.session.results_changed.connect(self._show_state)
        self.session.plan_changed.connect(lambda before, after: self._show_state())
        self._front: Page | None = None
        self._turned()

    def _add_stale(self) -> None:
        self.stale = QWidget()
        self.stale.setObjectName("stale")
        self.stale.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.stale)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(label("规划或车速已改动,结果已过时。", wrap=True), 1)
        self.again = QPushButton("重新计算")
        self.again.clicked.connect(lambda: self.page.compute())
        row.addWidget(self.again)
        self.all.addWidget(self.stale)

    @property
    def page(self) -> Page:
        """The page in front."""
        name = str(self.chooser.currentData())
        if name not in self.pages:
            page = dict(PAGES)[name](self.window_)
            page.setProperty(HELP, ROADS[name])
            page.answered.connect(self._later.start)
            self.pages[name] = page
            self.all.insertWidget(self._place, page)
        return self.pages[name]

    def show_page(self, name: str) -> None:
        """Bring one question to the front."""
        self.chooser.setCurrentIndex(self.chooser.findData(name))

    def _turned(self) -> None:
        if self._front is not None:
            self._front.leave()
            self._front.hide()
        self._front = self.page
        self._front.show()
        self._front.begin()
        self._show_state()

    def _show_answer(self) -> None:
        """Scroll to the answer (its button stays in view), once it is laid out."""
        page = self.page
        top = page.y() + page.button.y()
        low = page.y() + page.answer.y() + page.answer.height()
        bar, height = self.area.verticalScrollBar(), self.area.viewport().height()
        if low > bar.value() + height:
            bar.setValue(min(top - 8, low - height))

    def _show_state(self) -> None:
        shown, mine = self.session.drawing, self.page.drawing
        stale = mine is not None and self.session.is_stale(mine)
        self.stale.setVisible(stale)
        self.page.show_stale(stale)
        self.off.setVisible(mine is not None and shown is mine and bool(mine.rows))
