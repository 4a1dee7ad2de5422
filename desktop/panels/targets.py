"""The targets panel: the promises of a plan document beside the map, each with its light.

    rules        which document (or the national standards); copy, read, write, Excel
    lights       how many of each; a click shows only these
    list         by group, searched and filtered
    detail       the chosen one: quote, measured, why, where, what would help, decisions

Two more pages of the same rules: 重点工程 and “一主两副”.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from data.progress import Report
from desktop.panels import targets_rules
from desktop.panels.fields import EDGE, GAP, column, empty_words
from desktop.panels.targets_check import OWN, Checked, Checker
from desktop.panels.targets_detail import TargetDetail
from desktop.panels.targets_filter import TargetsFilter
from desktop.panels.targets_layout import DepotsPage
from desktop.panels.targets_list import LineList, grouped, line_of
from desktop.panels.targets_projects import ProjectsPage
from maps.analysis.targets.evaluate import to_read
from maps.analysis.targets.evaluation import evaluations
from maps.analysis.targets.live import LiveVerdicts
from maps.analysis.targets.model import Verdict
from maps.drawing.promises import promise_tables
from maps.drawing.tables import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desktop.window import Window
    from maps.analysis.targets.model import VerdictName

PAGES = ("目标", "重点工程", "一主两副")
_ROOM = 224
"""Pixels the combo has for a document's name; its tooltip has all of it."""
_LISTED, _PICKED = (320, 120), (168, 336)
"""Heights of list and detail before and after a target is picked."""


class TargetsPanel(QWidget):
    """Shows what a :class:`Checker` finds."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self.checker = Checker(window.session, self)
        _, outer = column(self)
        outer.setContentsMargins(0, GAP, 0, 0)
        outer.setSpacing(GAP)
        self._dressed = window.theme
        self._picked: Any = None
        self.pages = QStackedWidget()
        self.detail = TargetDetail(window, partial(targets_rules.change_rule, window))
        self.projects = ProjectsPage(window, self.detail)
        self.depots = DepotsPage(window, self.detail)
        self.copy_form = targets_rules.CopyForm(self._copy)
        self._add_rules(outer)
        outer.addWidget(self.copy_form)
        self._add_switch(outer)
        self.pages.addWidget(self._targets_page())
        self.pages.addWidget(self.projects)
        self.pages.addWidget(self.depots)
        outer.addWidget(self.pages, 1)
        self.projects.target_wanted.connect(self.show_target)
        self.projects.export_wanted.connect(self.export)
        self.checker.changed.connect(self.refresh)
        self.checker.lit.connect(self._lit)
        self.session.plan_changed.connect(lambda before, after: self._show_pages())
        self.refresh()

    # --- building

    def _add_rules(self, outer: QVBoxLayout) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(EDGE, 0, EDGE, 0)
        line.setSpacing(GAP)
        self.rules_box = QComboBox()
        self.rules_box.setAccessibleName("按哪份文本核对")
        self.rules_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.rules_box.activated.connect(
            lambda index: self.checker.choose(str(self.rules_box.itemData(index)))
        )
        more = QToolButton()
        more.setText("更多")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        menu.setToolTipsVisible(True)
        self.commands = {
            "excel": menu.addAction("导出目标表、评估表(Excel)…", self.export),
            "copy": menu.addAction("复制为本县规则…", self._ask_copy),
            "write": menu.addAction("写成规则文件…", self._write),
            "read": menu.addAction("读入规则文件…", lambda: targets_rules.read_file(self.window_)),
            "drop": menu.addAction("去掉本县规则", lambda: targets_rules.drop_rules(self.window_)),
        }
        more.setMenu(menu)
        self.more = more
        line.addWidget(self.rules_box, 1)
        outer.addLayout(line)
        self.people_box = QComboBox()
        self.people_box.setAccessibleName("按哪个人口图层")
        self.people_box.activated.connect(
            lambda index: self.checker.count_people(str(self.people_box.itemData(index)))
        )
        self.people_row = QWidget()
        row = QHBoxLayout(self.people_row)
        row.setContentsMargins(EDGE, 0, EDGE, 0)
        row.addWidget(self.people_box)
        outer.addWidget(self.people_row)

    def _add_switch(self, outer: QVBoxLayout) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(EDGE, 0, EDGE, 0)
        line.setSpacing(0)
        self.switch = QButtonGroup(self)
        for i, title in enumerate(PAGES):
            button = QToolButton()
            button.setText(title)
            button.setCheckable(True)
            button.setChecked(i == 0)
            self.switch.addButton(button, i)
            line.addWidget(button)
        line.addStretch(1)
        line.addWidget(self.more)
        self.switch.idClicked.connect(self.show_page)
        outer.addLayout(line)

    def _targets_page(self) -> QWidget:
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GAP)
        self.head = TargetsFilter()
        self.head.changed.connect(self._filter)
        rows.addWidget(self.head)
        self.empty = empty_words("")
        self.empty.setContentsMargins(EDGE, 0, EDGE, 0)
        rows.addWidget(self.empty)
        self.list = LineList("目标")
        self.list.picked.connect(self._pick)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.list)
        self.split.addWidget(self.detail)
        self.split.setHandleWidth(GAP)
        self.split.setSizes(_LISTED)
        rows.addWidget(self.split, 1)
        return page

    # --- showing

    def seen(self, visible: bool) -> None:
        """The panel has come to the front, or gone behind another one."""
        self.checker.watch(visible)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._dressed != self.window_.theme:
            self._dressed = self.window_.theme
            # Not now: Qt is going through the widgets one by one to dress them, and
            # crashes on those that a refresh would take away under its hands.
            QTimer.singleShot(0, self, self.refresh)

    def show_page(self, index: int) -> None:
        """Show one of :data:`PAGES`."""
        button = self.switch.button(index)
        button.setChecked(True)
        self.pages.setCurrentIndex(index)
        self._show_pages()

    def show_target(self, rule_id: str) -> None:
        """Show one rule in list and detail, whatever the filters hide."""
        self.show_page(0)
        if not self.list.pick(rule_id):
            self.head.clear()
            self.list.pick(rule_id)
        self.list.setFocus()

    def refresh(self) -> None:
        """Show what the checker knows now."""
        checked, checker = self.checker.checked, self.checker
        self._fill_rules(checked)
        self._fill_people()
        self.head.dress(self.window_.theme)
        self.head.show_topics(checked.outcome.rules.topics if checked is not None else ())
        self.head.setVisible(checked is not None)
        self.split.setVisible(checked is not None)
        self.empty.setVisible(checked is None)
        if checked is None:
            self.empty.setText(
                checker.refusal or ("正在核对…" if checker.busy else "打开一个规划,这里逐条核对。")
            )
            self.detail.clear()
        self._show_counts(checked.outcome.counts if checked is not None else {})
        self._filter()
        self._show_pages()

    def _show_pages(self) -> None:
        """The other two pages follow when they can be seen."""
        outcome = self.checker.outcome
        shown = self.pages.currentIndex()
        if shown == 1:
            self.projects.show_outcome(outcome)
        elif shown == 2:
            self.depots.use(outcome.rules if outcome is not None else None)

    def _fill_rules(self, checked: Checked | None) -> None:
        sets = checked.sets if checked is not None else {}
        wanted = [(key, rules.title) for key, rules in sets.items()]
        have = [
            (box.itemData(i), box.itemData(i, Qt.ItemDataRole.ToolTipRole))
            for box in (self.rules_box,)
            for i in range(box.count())
        ]
        if wanted != have:
            self.rules_box.clear()
            for key, title in wanted:
                name = f"本县:{title}" if key == OWN else title
                elide = Qt.TextElideMode.ElideRight
                short = self.rules_box.fontMetrics().elidedText(name, elide, _ROOM)
                self.rules_box.addItem(short, key)
                at = self.rules_box.count() - 1
                self.rules_box.setItemData(at, title, Qt.ItemDataRole.ToolTipRole)
        if checked is not None:
            self.rules_box.setCurrentIndex(self.rules_box.findData(checked.key))
            self.rules_box.setToolTip(checked.outcome.rules.title)
        self.rules_box.setEnabled(checked is not None)
        for name, command in self.commands.items():
            command.setEnabled(checked is not None or name in ("read", "drop"))
        if checked is not None:
            own, paper = OWN in sets, bool(checked.outcome.rules.path)
            self.commands["drop"].setEnabled(own)
            self.commands["copy"].setEnabled(paper)
            self.commands["write"].setEnabled(paper or checked.key == OWN)
            why = "" if paper else "只能复制一份规划文本的规则。"
            self.commands["copy"].setToolTip(why)

    def _fill_people(self) -> None:
        """Which people are counted is asked only of a plan with several population layers."""
        plan = self.session.plan
        names = [layer.name for layer in plan.of_kind("population")] if plan is not None else []
        self.people_row.setVisible(len(names) > 1)
        if names != [self.people_box.itemData(i) for i in range(1, self.people_box.count())]:
            self.people_box.clear()
            self.people_box.addItem("请选人口图层", "")
            for name in names:
                self.people_box.addItem(f"人口:{name}", name)
        self.people_box.setCurrentIndex(max(0, self.people_box.findData(self.checker.people)))

    def _show_counts(self, counts: Mapping[VerdictName, int]) -> None:
        self.head.show_counts(counts)

    def _filter(self) -> None:
        checked, shown = self.checker.checked, self.head.shown
        verdicts = checked.outcome.verdicts if checked is not None else ()
        quarrels = checked.quarrels if checked is not None else ()
        self.list.theme = self.window_.theme
        clauses = to_read(checked.outcome.rules) if checked is not None else ()
        self.list.rows.show_rows(grouped(verdicts, shown, self.checker.stale, quarrels, clauses))
        self._show_detail()

    def _pick(self, found: Any) -> None:
        if found is not None:
            if self._picked is None:
                self.split.setSizes(_PICKED)
            self._picked = found.id if isinstance(found, Verdict) else found
            self._show_detail()

    def _show_detail(self) -> None:
        checked, picked = self.checker.checked, self._picked
        if checked is None:
            return
        if isinstance(picked, str) and picked in checked.outcome.by_id:
            found = checked.outcome.by_id[picked]
            self.detail.show_verdict(found, checked.outcome.rules, own=checked.key == OWN)
        elif picked is not None and picked in checked.quarrels:
            self.detail.show_contradiction(picked)
        elif checked is not None and picked in to_read(checked.outcome.rules):
            self.detail.show_clause(picked)
        else:
            self._picked = None
            self.detail.clear()

    def _lit(self, found: LiveVerdicts | None) -> None:
        """Only lights and counts move while a feature is dragged."""
        outcome = self.checker.outcome
        if outcome is None:
            return
        if found is None:
            self._show_counts(outcome.counts)
            self.list.rows.show_drag({})
            return
        self._show_counts(found.counts)
        now = {name: line_of(v) for name, v in found.verdicts.items()}
        later = {name: line_of(outcome.by_id[name], stale=True) for name in found.later}
        self.list.rows.show_drag(now | later)

    # --- the menu

    def export(self) -> None:
        """Ask for a file and write the targets as a workbook."""
        checked = self.checker.checked
        if checked is None:
            return
        folder = self.session.path.parent if self.session.path else Path.home()
        start = str(folder / f"{self.session.name}-目标核对.xlsx")
        name, _ = QFileDialog.getSaveFileName(self, "导出目标表", start, "Excel 工作簿 (*.xlsx)")
        if name:
            self.write(Path(name if name.lower().endswith(".xlsx") else f"{name}.xlsx"))

    def write(self, path: Path) -> None:
        """Write the workbook in the background."""
        checked, plan = self.checker.checked, self.session.plan
        assert checked is not None
        outcome, facts = checked.outcome, self.session.book.facts if self.session.book else {}

        def work(report: Report) -> None:
            from maps.analysis.targets.projects import project_states

            report(0.1, "正在整理目标表…")
            states = project_states(outcome.plan, outcome, facts)
            years = evaluations(outcome.rules)
            tables = promise_tables(outcome, states, checked.quarrels, years)
            report(0.5, "正在写工作簿…")
            write_xlsx(tables, path, title=f"{outcome.rules.title}:目标核对")

        def done(nothing: None) -> None:
            note = "" if plan is checked.book.plan else "(按上次核对的规划)"
            self.window_.message.show_note(f"目标表已写到“{path.name}”{note}。")

        self.session.jobs.start("导出目标表", work, done)

    def _ask_copy(self) -> None:
        book, outcome = self.session.book, self.checker.outcome
        if book is not None and outcome is not None:
            self.copy_form.ask(outcome.rules, book)

    def _copy(self, title: str, region: str) -> None:
        outcome = self.checker.outcome
        if outcome is None:
            return
        if targets_rules.copy_rules(self.window_, outcome.rules, title, region):
            self.copy_form.hide()
            self.checker.choose(OWN)

    def _write(self) -> None:
        outcome = self.checker.outcome
        if outcome is not None:
            targets_rules.write_file(self.window_, outcome.rules)
