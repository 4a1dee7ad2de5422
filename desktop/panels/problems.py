"""What is wrong with the plan, as sentences; a click goes to the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QWidget

from data.plan import Plan
from data.progress import Report
from desktop import theme
from desktop.panels.fields import EDGE, GAP, column, empty_words, label
from maps.drawing.style import THEMES

if TYPE_CHECKING:
    from data.checks import Problem
    from desktop.window import Window

_WAIT = 600
"""Milliseconds after an edit before the plan is checked again."""
_ORDER = ("错误", "警告", "提示")


class ProblemsPanel(QWidget):
    """Checks the plan in the background after each edit; ``counted`` tells how many there are."""

    counted = Signal(int)

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self.checked: Plan | None = None
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.summary = label("", "muted", wrap=True)
        self.summary.setContentsMargins(EDGE, GAP, EDGE, GAP)
        self.empty = empty_words(
            "没有发现问题。\n\n名称、数值、位置、重复等有不对的地方时会列在这里。"
        )
        self.empty.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        outer.addWidget(self.summary)
        outer.addWidget(self.empty)
        outer.addWidget(self.list, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.check)
        self.session.plan_changed.connect(self._plan_changed)
        self.show_problems([])
        self._timer.start(_WAIT)

    def _plan_changed(self, before: Plan | None, after: Plan | None) -> None:
        self._timer.start(_WAIT)

    def check(self) -> None:
        """Check the plan as it is now; the answer for an older plan is not shown."""
        plan = self.session.plan
        self.checked = plan
        if plan is None:
            self.show_problems([])
            return

        def work(report: Report) -> list[Problem]:
            from data.checks import problems

            return problems(plan)

        def done(found: list[Problem]) -> None:
            if plan is self.session.plan:
                self.show_problems(found)

        self.session.jobs.start("检查规划", work, done, quiet=True)

    def show_problems(self, found: list[Problem]) -> None:
        """List the problems, errors first."""
        self.counted.emit(len(found))
        self.list.clear()
        self.empty.setVisible(not found)
        counts = [(s, sum(p.severity == s for p in found)) for s in _ORDER]
        self.summary.setText("、".join(f"{n:,} 条{s}" for s, n in counts if n))
        self.summary.setVisible(bool(found))
        colors = THEMES[self.window_.theme]
        tones = {"错误": colors.error, "警告": colors.warning, "提示": colors.muted}
        for problem in sorted(found, key=lambda p: _ORDER.index(p.severity)):
            item = QListWidgetItem(problem.message)
            item.setIcon(theme.severity_icon(problem.severity, tones[problem.severity]))
            item.setToolTip(f"{problem.severity}:{problem.message}\n点一下,到出问题的地方")
            item.setData(Qt.ItemDataRole.UserRole, problem)
            self.list.addItem(item)

    def _go(self, item: QListWidgetItem) -> None:
        problem: Problem = item.data(Qt.ItemDataRole.UserRole)
        plan = self.session.plan
        layer = plan.find(problem.layer) if plan else None
        if layer is None:
            return
        if problem.id is None or problem.id not in layer.frame.index:
            self.window_.zoom_layer(layer.name)
            return
        self.session.select(layer.name, [problem.id])
        self.window_.zoom_selection()
