"""重点工程: where each stands, what it builds on the map, which targets it serves; by year."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from data.plan import Book
from data.refused import Refused
from desktop.panels.fields import GAP, column, empty_words, label, scrolling
from desktop.panels.targets_detail import PlaceLink, form, number_in, row_of, selectable
from desktop.panels.targets_list import Line, LineList
from desktop.panels.targets_marks import light
from maps.analysis.targets.decisions import with_project_state
from maps.analysis.targets.evaluation import evaluated, evaluations
from maps.analysis.targets.model import VERDICTS, VerdictName
from maps.analysis.targets.plan_projects import STATES
from maps.analysis.targets.projects import (
    UNTOLD,
    ProjectState,
    progress_by_year,
    project_states,
)
from maps.analysis.targets.units import number
from maps.drawing.promises import span

if TYPE_CHECKING:
    from desktop.panels.targets_detail import TargetDetail
    from desktop.window import Window
    from maps.analysis.targets.evaluate import Outcome

_LIGHTS: dict[str, VerdictName] = {
    "完成": "pass",
    "停建": "fail",
    "在建": "warn",
    "未开工": "attest",
    "未知": "needs_data",
}


class ProjectsPage(QWidget):
    """The list of projects above, the chosen one (or the progress by year) beneath."""

    target_wanted = Signal(str)
    export_wanted = Signal()

    def __init__(self, window: Window, detail: TargetDetail) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self._goes = detail.go
        self.states: tuple[ProjectState, ...] = ()
        self.outcome: Outcome | None = None
        self._shown: Any = None
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self.empty = empty_words("这份规划文本的规则里没有列重点工程。")
        self.empty.setContentsMargins(16, GAP, 16, GAP)
        self.list = LineList("重点工程")
        self.list.picked.connect(self._picked)
        self.area = scrolling(column()[0])
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.list)
        self.split.addWidget(self.area)
        self.split.setHandleWidth(GAP)
        self.split.setSizes([200, 300])
        rows.addWidget(self.empty)
        rows.addWidget(self.split, 1)

    def show_outcome(self, outcome: Outcome | None) -> None:
        """Show the projects of the rules as the plan's book has them now."""
        book = self.session.book
        self.states, self.outcome = (), outcome
        if outcome is not None and book is not None and outcome.rules.projects:
            self.states = project_states(book.plan, outcome, book.facts)
        self.empty.setVisible(not self.states)
        self.split.setVisible(bool(self.states))
        self.list.theme = self.window_.theme
        self.list.rows.show_rows([_line(one) for one in self.states])
        current = self.list.currentIndex()
        line = current.data(Qt.ItemDataRole.UserRole) if current.isValid() else None
        self._picked(None if line is None else line.what)

    def overview(self) -> None:
        """Leave the chosen project for the progress by year and the evaluations."""
        self.list.clearSelection()
        self.list.setCurrentIndex(QModelIndex())
        self._picked(None)

    def _picked(self, one: ProjectState | None) -> None:
        shown = (one, self.states, self.outcome, self.window_.theme)
        if shown == self._shown:
            return
        self._shown = shown
        inside, rows = column()
        rows.setContentsMargins(16, GAP, GAP, GAP)
        self.area.setWidget(inside)
        if one is None:
            self._add_progress(rows)
        else:
            self._add_project(rows, one)
        rows.addStretch(1)

    def _add_progress(self, rows: QVBoxLayout) -> None:
        wanted = evaluations(self.outcome.rules) if self.outcome is not None else ()
        years = span(self.states, wanted)
        rows.addWidget(label("各年进度", "heading"))
        if years is None:
            rows.addWidget(empty_words("文本没有写开工、完工年份;登记进展后这里显示各年进度。"))
            return
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        right = Qt.AlignmentFlag.AlignRight
        for at, name in enumerate(("年末", "应完成", "已完成", "投资(万元)")):
            grid.setColumnStretch(at, 1)
            grid.addWidget(label(name, "muted"), 0, at, right if at else Qt.AlignmentFlag.AlignLeft)
        for i, row in enumerate(progress_by_year(self.states, *years), start=1):
            money = "未知" if row.money is None else number(row.money)
            texts = (str(row.year), f"{row.due:,}", f"{row.done:,}", money)
            for at, text in enumerate(texts):
                side = right if at else Qt.AlignmentFlag.AlignLeft
                grid.addWidget(label(text), i, at, side)
        rows.addLayout(grid)
        rows.addWidget(label("点一个工程,看它在图上建什么、服务哪些目标。", "muted", wrap=True))
        for name, year in wanted:
            self._add_evaluation(rows, name, year)
        if wanted:
            button = QPushButton("导出评估表(Excel)…")
            button.setObjectName("evaluation")
            button.clicked.connect(self.export_wanted)
            rows.addLayout(row_of([button]))

    def _add_evaluation(self, rows: QVBoxLayout, name: str, year: int) -> None:
        """How the targets and projects stand, and how many were due by the end of a year."""
        assert self.outcome is not None
        rows.addWidget(label(f"{year} 年底{name}", "heading"))
        found = evaluated(self.outcome)
        due = sum((v.rule.year or year) <= year for v in found)
        known = Counter(v.title for v in found)
        said = "、".join(f"{title} {known[title]:,}" for title in VERDICTS.values() if known[title])
        owed = [s for s in self.states if s.project.finish is None or s.project.finish <= year]
        done = sum(s.done_by(year) for s in self.states)
        late = sum(s.overdue(year) for s in owed)
        untold = sum(s.state == UNTOLD for s in owed)
        lines = (
            ("目标", f"{len(found):,} 条,到期的 {due:,} 条;{said}"),
            (
                "工程",
                f"{len(self.states):,} 项,到期的 {len(owed):,} 项;"
                f"完成 {done:,}、逾期 {late:,}、到期而未登记 {untold:,}",
            ),
        )
        rows.addLayout(form(*((title, label(text, wrap=True)) for title, text in lines)))

    def _add_project(self, rows: QVBoxLayout, one: ProjectState) -> None:
        project = one.project
        back = PlaceLink("各年进度和评估")
        back.setObjectName("overview")
        back.clicked.connect(self.overview)
        rows.addWidget(back)
        rows.addWidget(label(project.name, "heading", wrap=True))
        rows.addWidget(selectable(f"“{project.quote}”"))
        rows.addWidget(label(f"{project.id} · {project.source}", "muted", wrap=True))
        said = [
            ("地点", "、".join(project.places)),
            ("规模", ";".join(f"{s.name} {number(s.value)} {s.unit}" for s in project.sizes)),
            ("工期", _years(one)),
            ("投资", "文本没有写" if project.money is None else f"{number(project.money)} 万元"),
        ]
        rows.addLayout(form(*((name, label(text, wrap=True)) for name, text in said if text)))
        if one.features or one.absent:
            rows.addWidget(label("图上的要素", "heading"))
        for place in one.features:
            button = PlaceLink(f"{place.name}  {place.text}")
            button.clicked.connect(lambda checked=False, place=place: self._goes(place))
            rows.addWidget(button)
        for name in one.absent:
            rows.addWidget(label(f"{name}:图上没有", "muted", wrap=True))
        self._add_state(rows, one)
        if one.verdicts:
            met = f"符合 {one.met:,} / {len(one.verdicts):,}"
            rows.addWidget(label(f"服务的目标  {met}", "heading"))
        for found in one.verdicts:
            rows.addLayout(self._target(found.id, found.verdict, found.rule.quote))
        if project.note:
            rows.addWidget(label(project.note, "muted", wrap=True))

    def _target(self, name: str, verdict: VerdictName, quote: str) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setColumnStretch(1, 1)
        mark = QLabel()
        mark.setPixmap(light(verdict, self.window_.theme, self.devicePixelRatioF()))
        link = PlaceLink(f"{name}  {quote}", 208)
        link.clicked.connect(lambda: self.target_wanted.emit(name))
        grid.addWidget(mark, 0, 0)
        grid.addWidget(link, 0, 1)
        return grid

    def _add_state(self, rows: QVBoxLayout, one: ProjectState) -> None:
        rows.addWidget(label("登记进展", "heading"))
        state, year, spent, note = QComboBox(), QLineEdit(), QLineEdit(), QLineEdit()
        state.addItems(STATES)
        state.setCurrentText(one.state)
        year.setText(str(one.year or ""))
        year.setPlaceholderText("完成时填")
        spent.setText("" if one.spent is None else number(one.spent))
        note.setText(one.note)
        for widget, name in (
            (state, "project_state"),
            (year, "project_year"),
            (spent, "project_spent"),
            (note, "project_note"),
        ):
            widget.setObjectName(name)
        fields = (("状态", state), ("完成年份", year), ("完成投资(万元)", spent), ("说明", note))
        rows.addLayout(form(*fields))

        def change(book: Book) -> Book:
            when = number_in(year.text(), "完成年份")
            if when is not None and not 1990 <= when <= 2100:
                raise Refused(f"完成年份要在 1990–2100 之间,现在是“{year.text()}”。")
            return with_project_state(
                book,
                one.project.id,
                state.currentText(),
                None if when is None else int(when),
                number_in(spent.text(), "完成投资"),
                note.text(),
            )

        sure = QPushButton("登记")
        sure.setObjectName("project")
        text = f"登记工程“{one.project.name}”"
        sure.clicked.connect(lambda: self.session.do_book(text, change))
        rows.addLayout(row_of([sure]))


def _line(one: ProjectState) -> Line:
    project = one.project
    met = f"目标 {one.met:,}/{len(one.verdicts):,}" if one.verdicts else ""
    parts = (one.said, "" if one.year is not None else _years(one), "、".join(project.places), met)
    second = " · ".join(part for part in parts if part)
    tip = f"{project.id} {project.name}"
    return Line(project.id, _LIGHTS[one.state], project.name, second, tip, one)


def _years(one: ProjectState) -> str:
    start, finish = one.project.start, one.project.finish
    if one.year is not None:
        return f"{one.year} 年完成"
    if start is None and finish is None:
        return ""
    if start is None or finish is None:
        return f"到 {finish} 年" if finish is not None else f"{start} 年起"
    return f"{start}—{finish} 年"
