"""“一主两副” on one page: the three depots, whom they reach, whom each serves, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from data.plan import Plan
from data.progress import Report
from data.refused import Refused
from desktop.panels.fields import GAP, column, empty_words, label, scrolling
from desktop.panels.targets_detail import PlaceLink, form, selectable
from desktop.panels.targets_list import figures
from desktop.panels.targets_marks import light
from desktop.roadmaps import briefly
from desktop.words import share
from maps.analysis.targets.layout import DepotSheet, LayoutPage, layout_page
from maps.analysis.targets.promise import Promise
from maps.analysis.targets.units import number

if TYPE_CHECKING:
    from desktop.panels.targets_detail import TargetDetail
    from desktop.window import Window
    from maps.analysis.targets.model import RuleSet, Verdict

EMPTY = (
    "中心、北部、南部储备库合在一页:在哪里、各库房多大、放不放得下直升机、保障多少人,"
    "六小时能到哪些人,各保障哪些旗县,还差什么。"
)


class DepotsPage(QWidget):
    """Worked out when asked for; says so when the plan has changed since."""

    def __init__(self, window: Window, detail: TargetDetail) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self._goes = detail.go
        self.page: LayoutPage | None = None
        self.plan: Plan | None = None
        self.rules: RuleSet | None = None
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self.area = scrolling(column()[0])
        rows.addWidget(self.area)
        self.show_words(EMPTY)

    def show_words(self, words: str) -> None:
        rows = self._begin()
        rows.addWidget(empty_words(words))
        button = QPushButton("算出这一页")
        button.setObjectName("work_out")
        button.setEnabled(self.rules is not None)
        button.clicked.connect(self.work_out)
        rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch(1)

    def use(self, rules: RuleSet | None) -> None:
        """The rules the page is about; another plan or document makes the old page go."""
        plan = self.session.plan
        if rules is not self.rules or plan is None:
            self.rules, self.page, self.plan = rules, None, None
            self.show_words(EMPTY)
        elif self.page is not None and plan is not self.plan:
            self.show_page()

    def work_out(self) -> None:
        """Work the page out on the plan as it is now."""
        book, rules = self.session.book, self.rules
        if book is None or rules is None:
            return

        def work(report: Report) -> LayoutPage | str:
            try:
                return layout_page(book.plan, rules, book.facts, report)
            except Refused as refusal:
                return str(refusal)

        def done(found: LayoutPage | str) -> None:
            if rules is not self.rules:
                return
            if isinstance(found, str):
                self.show_words(found)
            else:
                self.page, self.plan = found, book.plan
                self.show_page()

        self.session.jobs.start("整理“一主两副”", work, done)

    def show_page(self) -> None:
        page = self.page
        assert page is not None
        rows = self._begin()
        if self.session.plan is not self.plan:
            rows.addWidget(label("规划已改动,这一页已过时。", "error", wrap=True))
            again = QPushButton("重新计算")
            again.clicked.connect(self.work_out)
            rows.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        for sheet in page.sheets:
            self._add_sheet(rows, sheet)
        rows.addWidget(label("能到多少人", "heading"))
        for found in page.cover:
            self._add_verdict(rows, found)
        rows.addSpacing(GAP)
        _add_promise(rows, page.promise)
        rows.addWidget(label("各保障哪些旗县", "heading"))
        _add_served(rows, page)
        rows.addSpacing(GAP)
        rows.addWidget(label("还差什么", "heading"))
        for text in page.missing or ("没有发现欠缺。",):
            rows.addWidget(selectable(text))
        if page.basis:
            rows.addSpacing(GAP)
            rows.addWidget(label(page.basis, "muted", wrap=True))
        rows.addStretch(1)

    def _add_sheet(self, rows: QVBoxLayout, sheet: DepotSheet) -> None:
        rows.addWidget(label(sheet.role, "heading"))
        if sheet.place is not None:
            place = sheet.place
            link = PlaceLink(f"{sheet.name}  {sheet.status}")
            link.clicked.connect(lambda: self._goes(place))
            rows.addWidget(link)
        said = [(name, _square(value)) for name, value in sheet.rooms]
        said += [("各库房合计", _square(sheet.rooms_total)), ("建筑面积", _square(sheet.building))]
        rows.addLayout(form(*((name, _right(text)) for name, text in said)))
        rows.addWidget(selectable(sheet.landing.text))
        rows.addWidget(selectable(sheet.persons_text))
        for found in sheet.verdicts:
            self._add_verdict(rows, found)
        rows.addSpacing(GAP)

    def _add_verdict(self, rows: QVBoxLayout, found: Verdict) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        mark = QLabel()
        mark.setPixmap(light(found.verdict, self.window_.theme, self.devicePixelRatioF()))
        grid.addWidget(mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label(f"{found.id} {found.title}", wrap=True), 0, 1)
        grid.addWidget(label(figures(found) or found.why, "muted", wrap=True), 1, 1)
        rows.addLayout(grid)

    def _begin(self) -> QVBoxLayout:
        inside, rows = column()
        rows.setContentsMargins(16, GAP, GAP, GAP)
        self.area.setWidget(inside)
        return rows


def _add_promise(rows: QVBoxLayout, promise: Promise) -> None:
    """Two tables, with handling and without: districts down, depots and weather across."""
    for handling in sorted({row.handling for row in promise.rows}, reverse=True):
        mine = [row for row in promise.rows if row.handling == handling]
        hours = f"{mine[0].limit / 60:g} 小时内到达的人口 %"
        how = f"含集结装卸 {handling:g} 分钟" if handling else "只算行车"
        rows.addWidget(label(f"{hours}({how})", "heading", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        right = Qt.AlignmentFlag.AlignRight
        for at, one in enumerate(mine, start=1):
            if at == 1 or one.depots != mine[at - 2].depots:
                across = sum(other.depots == one.depots for other in mine)
                grid.addWidget(label(one.who, "muted", wrap=True), 0, at, 1, across, right)
            grid.addWidget(label(one.weather, "muted"), 1, at, right)
            shares = [one.share, *(value for _, value in one.by_district)]
            for line, value in enumerate(shares, start=2):
                figure = label("未知" if value is None else f"{100 * value:.1f}")
                figure.setProperty("help", "六小时到达")
                grid.addWidget(figure, line, at, right)
        grid.addWidget(label("旗县区", "muted"), 1, 0)
        for line, name in enumerate(["合计", *(n for n, _ in mine[0].by_district)], start=2):
            grid.addWidget(label(name, wrap=True), line, 0)
        rows.addLayout(grid)
        rows.addSpacing(GAP)
    if promise.remarks is not None:
        rows.addWidget(label("\n".join(briefly(promise.remarks)), "muted", wrap=True))
        rows.addSpacing(GAP)


def _add_served(rows: QVBoxLayout, page: LayoutPage) -> None:
    if not page.served:
        rows.addWidget(label(page.served_why, "muted", wrap=True))
        return
    grid = QGridLayout()
    grid.setHorizontalSpacing(GAP)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    right = Qt.AlignmentFlag.AlignRight
    for at, name in enumerate(("旗县区", "储备库", "分钟", "人口")):
        grid.addWidget(label(name, "muted"), 0, at, right if at > 1 else Qt.AlignmentFlag.AlignLeft)
    for i, one in enumerate(page.served, start=1):
        minutes = "未知" if one.minutes is None else f"{one.minutes:,.0f}"
        grid.addWidget(label(one.district, wrap=True), i, 0)
        grid.addWidget(label(one.depot.removesuffix("储备库") or "到不了"), i, 1)
        for at, text in ((2, minutes), (3, share(one.share))):
            figure = label(text)
            figure.setProperty("help", "储备库保障")
            grid.addWidget(figure, i, at, right)
    rows.addLayout(grid)
    note = "每个旗县区最快到多数人的储备库、平均行车分钟数,以及由它最快保障的人口占比。"
    rows.addWidget(label(note, "muted", wrap=True))


def _square(value: float | None) -> str:
    return "未填" if value is None else f"{number(value)} ㎡"


def _right(text: str) -> QLabel:
    made = label(text)
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    return made
