"""选址: where the next facilities should stand, how many are worth it, what if one fails.

At the top which question, below its fields, below the answer. While a search runs its best
answer so far is told; an answer the plan has left behind says so.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from desktop.panels.fields import GAP, column, empty_words, label, scrolling
from desktop.panels.siting_curve import CurveAnswer
from desktop.panels.siting_fields import SitingFields
from desktop.panels.siting_loss import LossAnswer
from desktop.panels.siting_sites import SitesAnswer
from desktop.results import speeds
from desktop.siting import Found, Question, draw_curve, find, firmness, rule_changes
from desktop.siting_losses import Lost, lose
from desktop.siting_proposals import Proposals
from desktop.siting_words import News, searching

if TYPE_CHECKING:
    from desktop.jobs import Job
    from desktop.window import Window

PAGES = (("sites", "选最好的地点"), ("curve", "放几处合适"), ("loss", "失去一处会怎样"))
VERBS = {"sites": "计算选址", "curve": "计算曲线", "loss": "计算影响"}
HINTS = {
    "sites": "选设施、目标、距离和处数,再按“计算选址”。\n\n最好的地点会用虚线显示在地图上,"
    "点一下就放进规划;这里说明每处多覆盖多少人、离最优还差多少。",
    "curve": "按“计算曲线”,这里会画出新增 1 处到多处各能做到多好,并标出再多就不划算的拐点。",
    "loss": "按“计算影响”,这里会列出失去每一处现有设施少覆盖多少人、最怕同时失去哪两处、"
    "在哪里补救最好。",
}


class SitingPanel(QWidget):
    """Asks the siting questions and shows their answers."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_, self.session = window, window.session
        self._job: Job | None = None
        self._news: News | None = None
        self._asked: Question | None = None
        self._made: dict[str, Proposals] = {}
        self._hidden = False
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, self.all = column()
        self.chooser = QComboBox()
        self.chooser.setAccessibleName("要算什么")
        for name, title in PAGES:
            self.chooser.addItem(title, name)
        self.all.addWidget(self.chooser)
        self._add_question()
        self._add_answers()
        self.all.addStretch(1)
        self.area = scrolling(inside)
        outer.addWidget(self.area)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._to_answer)
        self.chooser.currentIndexChanged.connect(lambda index: self._turned())
        self.session.plan_changed.connect(lambda before, after: self._plan_changed())
        self.session.job_changed.connect(self._job_changed)
        self.session.opened.connect(self.forget)
        self._turned()

    def _add_question(self) -> None:
        self.bad = label("", "error", wrap=True)
        self.bad.hide()
        self.fields = SitingFields(self.session, self.compute, self.bad)
        self.all.addWidget(self.fields)
        self.all.addWidget(self.bad)
        self.button, self.stop = QPushButton(), QPushButton("停止")
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.compute)
        self.stop.clicked.connect(self._stop)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.button, 1)
        row.addWidget(self.stop)
        self.all.addLayout(row)
        self.live = label("", "muted", wrap=True)
        self.all.addWidget(self.live)
        self.stop.hide()
        self.live.hide()

    def _add_answers(self) -> None:
        self.stale = QWidget()
        self.stale.setObjectName("stale")
        self.stale.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.stale)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(label("规划或车速已改动,结果已过时。", wrap=True), 1)
        self.again = QPushButton("重新计算")
        self.again.clicked.connect(self.compute)
        row.addWidget(self.again)
        self.empty = empty_words("")
        self.sites = SitesAnswer(self.window_)
        self.curve = CurveAnswer()
        self.loss = LossAnswer(self.window_)
        self.answers: dict[str, QWidget] = {
            "sites": self.sites, "curve": self.curve, "loss": self.loss,
        }  # fmt: skip
        self.off = QPushButton("从地图上收起")
        self.off.clicked.connect(self._toggle_ghosts)
        for widget in (self.stale, self.empty, *self.answers.values(), self.off):
            self.all.addWidget(widget)
        self.curve.chosen.connect(self._choose_count)
        self.sites.firmness_wanted.connect(self._check_firmness)
        self.sites.rules_wanted.connect(self._check_rules)
        self.session.ghosts.changed.connect(self._show_state)

    # --- which question

    @property
    def page(self) -> str:
        return str(self.chooser.currentData())

    def show_page(self, name: str) -> None:
        """Bring one question to the front."""
        self.chooser.setCurrentIndex(self.chooser.findData(name))

    def _turned(self) -> None:
        self.fields.show_page(self.page)
        self._show_state()

    def _show_state(self) -> None:
        """Which answer is seen, whether it is out of date, which buttons there are."""
        page, made = self.page, self._made.get(self.page)
        for name, answer in self.answers.items():
            answer.setVisible(name == page and made is not None)
        self.empty.setText(HINTS[page])
        self.empty.setVisible(made is None)
        self.button.setText(VERBS[page])
        self.button.setEnabled(self.session.plan is not None and self._job is None)
        plan, book = self.session.plan, self.session.book
        stale = (
            made is not None
            and plan is not None
            and book is not None
            and made.stale_for(plan, speeds(book))
        )
        self.stale.setVisible(stale)
        mine = self._made.get("sites")
        left = mine.left(plan) if mine is not None and plan is not None else ()
        self.off.setVisible(page == "sites" and bool(left))
        self.off.setText("从地图上收起" if self.session.ghosts.items else "在地图上显示")

    def _plan_changed(self) -> None:
        """Proposals taken over leave the map, those undone come back."""
        made, plan = self._made.get("sites"), self.session.plan
        if made is not None and plan is not None:
            if not self._hidden:
                self.session.ghosts.show(made.left(plan))
            self.sites.show_rows()
        self._show_state()

    # --- asking

    def compute(self) -> None:
        """Put the question to the plan as it is now."""
        plan = self.session.plan
        question = self.fields.ask() if plan is not None and self._job is None else None
        if plan is None or question is None:
            return
        page, news = self.page, News()
        highest = self.fields.highest() if page == "curve" else 0
        closing = self.fields.closing() if page == "loss" else ("", 0)
        if highest is None or closing is None:
            return

        def work(report: Any) -> Any:
            if page == "curve":
                return draw_curve(plan, question, highest, news, report)
            if page == "loss":
                return lose(plan, question, *closing, report)
            return find(plan, question, news, report)

        def done(answer: Any) -> None:
            if self.session.plan is not None and self.session.plan.crs == plan.crs:
                self._take(page, answer)

        self._begin(VERBS[page], work, done, question, news)

    def _begin(
        self, text: str, work: Any, done: Any, question: Question | None, news: News | None
    ) -> None:
        opened = self.session.history

        def ended(answer: Any) -> None:
            self._end()
            if self.session.history is opened:
                done(answer)

        self._asked, self._news = question, news
        self.bad.hide()
        self._job = self.session.jobs.start(text, work, ended, failed=self._end)
        self._job_changed()
        self._show_state()

    def _end(self) -> None:
        self._job, self._news = None, None
        self._job_changed()
        self._show_state()

    def _stop(self) -> None:
        """First the best found so far is wanted; asked again, or with nothing found, none."""
        if self._job is None:
            return
        news = self._news
        if news is not None and news.step is not None and not news.enough:
            news.enough = True
            self._job_changed()
        else:
            self._job.cancel()

    def _job_changed(self) -> None:
        """Tell what the running search has found so far."""
        job = self._job
        self.stop.setVisible(job is not None)
        self.live.setVisible(job is not None)
        if job is None:
            return
        words = [job.detail or "正在准备…"]
        ending = self._news is not None and self._news.enough
        self.stop.setText("放弃" if ending else "停止")
        self.stop.setToolTip(
            "不要结果了。" if ending else "已找到布局时,停下来给出目前最好的和最多还差多少。"
        )
        asked, news = self._asked, self._news
        if asked is not None and news is not None:
            words.append(searching(news, asked.wish, asked.travel is not None))
        self.live.setText("\n".join(word for word in words if word))

    def _take(self, page: str, answer: Any) -> None:
        """Show an answer."""
        if isinstance(answer, Found):
            self._hidden = False
            self.sites.show_found(answer)
            assert self.sites.proposals is not None
            self._made[page] = self.sites.proposals
        elif isinstance(answer, Lost):
            self.loss.show_lost(answer)
            self._made[page] = Proposals(answer.sought, ())
        else:
            sought, curve = answer
            self.curve.show_curve(sought, curve)
            self._made[page] = Proposals(sought, ())
        self._show_state()
        self._later.start()

    def _choose_count(self, p: int) -> None:
        """A point of the curve was clicked: the best sites of that number."""
        if self._job is not None:
            return
        self.fields.by.setCurrentIndex(self.fields.by.findData("count"))
        self.fields.count.setText(str(p))
        self.show_page("sites")
        self.compute()

    def _check_firmness(self) -> None:
        found = self.sites.found
        if found is None or self._job is not None:
            return

        def done(changes: Any) -> None:
            if self.sites.found is found:
                self.sites.show_firmness(changes)

        self._begin("检验选址", partial(firmness, found), done, None, None)

    def _check_rules(self) -> None:
        found, book = self.sites.found, self.session.book
        if found is None or book is None or self._job is not None:
            return

        def done(told: Any) -> None:
            if self.sites.found is found:
                self.sites.show_rule_changes(told)

        self._begin("核对规划目标", partial(rule_changes, book, found), done, None, None)

    def _to_answer(self) -> None:
        """Scroll to the answer, the button still in view."""
        answer = self.answers[self.page]
        bar, height = self.area.verticalScrollBar(), self.area.viewport().height()
        if answer.y() + answer.height() > bar.value() + height:
            bar.setValue(min(self.button.y() - GAP, answer.y() + answer.height() - height))

    def _toggle_ghosts(self) -> None:
        made, plan = self._made.get("sites"), self.session.plan
        self._hidden = bool(self.session.ghosts.items)
        if made is not None and plan is not None:
            self.session.ghosts.show(() if self._hidden else made.left(plan))

    def forget(self) -> None:
        """Another plan is open: no answer any more."""
        if self._job is not None:
            self._job.cancel()
        self._made.clear()
        self.sites.found = self.sites.proposals = None
        self._show_state()
