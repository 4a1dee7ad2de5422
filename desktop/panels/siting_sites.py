"""The answer of a siting: how good, which sites, what each adds, what it hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QItemSelectionModel, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from data.kinds import kind
from desktop.panels.fields import GAP, label
from desktop.panels.roads_fields import STATUS_WORDS
from desktop.panels.roads_page import Cell, Grid
from desktop.siting import Found, Question
from desktop.siting_proposals import Proposals
from desktop.siting_words import range_words, standing_of, worth
from desktop.words import exact_people, number, people, share
from maps.analysis.targets.effects import words as effect_words
from maps.analysis.timecover import MEASURES

if TYPE_CHECKING:
    from desktop.ghosts import Ghost
    from desktop.window import Window
    from maps.analysis.siting.sensitivity import Change
    from maps.analysis.siting.why import Share
    from maps.analysis.targets.effects import Effects

_MOST_LINES = 6


class SitesAnswer(QWidget):
    """Shows one answer and takes its proposals over."""

    firmness_wanted = Signal()
    rules_wanted = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_, self.session = window, window.session
        self.found: Found | None = None
        self.proposals: Proposals | None = None
        self.all = QVBoxLayout(self)
        self.all.setContentsMargins(0, GAP, 0, 0)
        self.all.setSpacing(GAP)
        self.title = label("", "heading", wrap=True)
        self.headline = label("", "headline")
        self.status = label("", "", wrap=True)
        self.facts = label("", "muted", wrap=True)
        self.own = label("", "", wrap=True)
        self.table = Grid(("新增地点", "新增人数", "采用"))
        self.table.itemSelectionChanged.connect(self._picked)
        self._buttons()
        self.why = label("", "muted", wrap=True)
        self.lifted_head = label("旗县覆盖人口", "heading")
        self.lifted = Grid(("旗县", "现有%", "新增后%"))
        self.firm = QPushButton("检验:距离 ±20%、人口 ±10%")
        self.firm.clicked.connect(self.firmness_wanted)
        self.firm_words = label("", "muted", wrap=True)
        self.rules = QPushButton("看哪些规划目标因此改变")
        self.rules.setToolTip("把新增的放进规划再核对一遍目标,规划本身不变。")
        self.rules.clicked.connect(self.rules_wanted)
        self.rule_words = label("", "muted", wrap=True)
        self.basis = label("", "muted", wrap=True)
        for widget in (self.title, self.headline, self.status, self.facts, self.own, self.table,
                       self.buttons, self.why, self.lifted_head, self.lifted, self.rules,
                       self.rule_words, self.firm, self.firm_words, self.basis):  # fmt: skip
            self.all.addWidget(widget)

    def _buttons(self) -> None:
        self.buttons = QWidget()
        row = QHBoxLayout(self.buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        self.take, self.take_all = QPushButton("采用所选"), QPushButton("全部采用")
        self.as_scenario = QPushButton("存为新方案")
        self.take.setToolTip("把表中选中的一处放进规划(状态:规划),可以撤销。")
        self.take_all.setToolTip("把还没采用的都放进规划,一步撤销。")
        self.as_scenario.setToolTip("复制当前方案,把还没采用的放进新方案里,再与原方案对比。")
        self.take.clicked.connect(self._take_chosen)
        self.take_all.clicked.connect(self._take_all)
        self.as_scenario.clicked.connect(self._as_scenario)
        for button in (self.take, self.take_all, self.as_scenario):
            button.setStyleSheet("padding: 4px 6px;")
            row.addWidget(button, 1)

    # --- what is shown

    def show_found(self, found: Found) -> None:
        """Show an answer and put its sites on the map."""
        self.found = found
        siting, question = found.siting, found.sought.question
        by_time = question.travel is not None
        rows = [(s.site, f"{_phase(found, s)}{_verb(found)} {people(s.gained)}") for s in found.new]
        self.proposals = Proposals(found.sought, rows)
        self.title.setText(question_words(question))
        self.headline.setText(_headline(found))
        self.status.setText(standing_of(siting, question.wish, found.people, by_time) + "。")
        self.facts.setText("\n".join(_facts(found)))
        self.own.setText(_own(found))
        self.own.setVisible(bool(self.own.text()))
        self.why.setText("\n".join(_why(found)))
        self.why.setVisible(bool(self.why.text()))
        self._show_lifted(found)
        self.firm.setEnabled(True)
        self.firm_words.hide()
        self.rules.setVisible(bool(found.new))
        self.rule_words.hide()
        self.basis.setText(basis_words(found))
        self.session.ghosts.show(self.proposals.ghosts)
        self.show_rows()

    def show_rows(self) -> None:
        """The table of sites, each with whether it has been taken over."""
        found, proposals, plan = self.found, self.proposals, self.session.plan
        if found is None or proposals is None or plan is None:
            return
        chosen = self.table.currentRow()
        rows = []
        pairs = zip(found.new, proposals.ghosts, strict=True)
        for n, (share_, ghost) in enumerate(pairs, 1):
            name = found.sought.name(share_.site)
            done = proposals.taken(plan, ghost)
            rows.append((
                Cell(f"{n} {_phase(found, share_)}{name}", tip=_tip(found, share_)),
                Cell(f"{share_.gained:,.0f}", share_.gained, exact_people(share_.gained)),
                Cell("已采用" if done else "未采用"),
            ))  # fmt: skip
        self.table.blockSignals(True)
        self.table.fill(rows)
        self.table.setCurrentCell(
            max(0, chosen) if rows else -1, 0, QItemSelectionModel.SelectionFlag.ClearAndSelect
            | QItemSelectionModel.SelectionFlag.Rows,
        )  # fmt: skip
        self.table.blockSignals(False)
        self._show_buttons()
        self.table.setVisible(bool(rows))
        self.buttons.setVisible(bool(rows))

    def _show_buttons(self) -> None:
        plan, proposals = self.session.plan, self.proposals
        if plan is None or proposals is None:
            return
        left = proposals.left(plan)
        self.take.setEnabled(self._chosen() in left)
        self.take_all.setEnabled(bool(left))
        self.as_scenario.setEnabled(bool(left))

    def _show_lifted(self, found: Found) -> None:
        room = found.served is not None
        now = [] if room else found.sought.district_shares(found.kept)
        then = [] if room else found.sought.district_shares(found.siting.sites)
        rows = []
        for (name, total, a), (_, _, b) in zip(now, then, strict=True):
            if total > 0 and b != a:
                rows.append((b - a, name, a / total, b / total))
        rows.sort(key=lambda row: -row[0])
        self.lifted_head.setVisible(bool(rows))
        self.lifted.setVisible(bool(rows))
        self.lifted.fill([
            (Cell(name, tip=f"{name}:多覆盖 {exact_people(gain)}"),
             Cell(f"{a * 100:.1f}", a), Cell(f"{b * 100:.1f}", b))
            for gain, name, a, b in rows
        ])  # fmt: skip

    def show_firmness(self, changes: tuple[Change, ...]) -> None:
        """Say which sites stay the choice when range or people differ."""
        assert self.found is not None
        count = len(self.found.shares)
        lines = []
        for change in changes:
            names = "、".join(self.found.sought.name(j) for j in change.flips[:4])
            names += " 等" if len(change.flips) > 4 else ""
            kept = f"{change.name}:{change.kept}/{count} 处不变"
            words = f"{kept},换掉{names}" if change.flips else f"{change.name}:全部不变"
            if not change.possible:
                words = f"{change.name}:没有可行的布局"
            lines.append(words + ("。" if change.proven else "(未证完)。"))
        self.firm_words.setText("\n".join(lines))
        self.firm_words.show()

    def show_rule_changes(self, told: Effects) -> None:
        """Say which targets change with all new sites, and with each alone."""
        assert self.found is not None
        lines = [effect_words(effect) + "。" for effect in told.together]
        if not lines:
            lines = ["规划目标的结论都不变。"]
        for n, (one, alone) in enumerate(zip(self.found.new, told.alone, strict=True), 1):
            if alone:
                ids = "、".join(effect.before.id for effect in alone)
                lines.append(f"{n} {self.found.sought.name(one.site)}一处就改变 {ids}。")
        self.rule_words.setText("\n".join(lines))
        self.rule_words.show()

    # --- taking over

    def _chosen(self) -> Ghost | None:
        row = self.table.currentRow()
        if self.proposals is None or not 0 <= row < len(self.proposals.ghosts):
            return None
        return self.proposals.ghosts[row]

    def _picked(self) -> None:
        """A row was chosen: bring its place into view."""
        ghost = self._chosen()
        if ghost is not None and self.window_.canvas is not None:
            self.window_.canvas.center_on(ghost.x, ghost.y)
        self._show_buttons()

    def _take_chosen(self) -> None:
        ghost = self._chosen()
        if ghost is not None:
            self.session.ghosts.accept(ghost)

    def _take_all(self) -> None:
        if self.proposals is not None:
            self.proposals.take_all(self.session)

    def _as_scenario(self) -> None:
        if self.proposals is not None:
            self.proposals.as_scenario(self.session)


def question_words(question: Question) -> str:
    """A question in words: “储备库 · 覆盖最多的人 · 50 km · 新增 3 处”."""
    title, wish = kind(question.of).title, question.wish
    words = [title, wish.words]
    if question.limit is not None:
        if question.travel is not None:
            words.append(f"{MEASURES['network']} {number(question.limit)} 分钟")
            words += [question.travel.vehicle_name, question.travel.weather]
        else:
            words.append(f"直线 {number(question.limit / 1000)} km")
    if question.p is not None:
        words.append(f"新增 {question.p} 处")
    if question.soon:
        words.append(f"近期 {question.soon} 处")
    if question.at_least:
        words.append(f"各区至少 {question.at_least} 处")
    if question.room:
        words.append(f"每处 {question.room:,} 人")
    if question.moves is not None and question.existing == "relocatable":
        words.append(f"最多迁 {question.moves} 处")
    if question.radii:
        by_time = question.travel is not None
        words.append("、".join(range_words(name, v, by_time) for name, v in question.radii))
    if question.budget is not None:
        words.append(f"总费用不超过 {number(question.budget)}")
    if question.status != "全部":
        words.append(STATUS_WORDS[question.status])
    return " · ".join(words)


def _headline(found: Found) -> str:
    """The number the objective is about."""
    question = found.sought.question
    value = worth(found.objective, question.wish, found.people, question.travel is not None)
    before = {"lscp": "共需 ", "pmedian": "平均 ", "pcenter": "最远 ", "equity": "最弱 "}
    if question.wish.times > 1 or question.wish.model == "backup":
        return f"双重覆盖 {value}"
    if found.served is not None and question.wish.model == "mclp":
        return f"安置 {value}"
    return before.get(question.wish.model, "覆盖 ") + value


def _facts(found: Found) -> list[str]:
    """People reached before and after, sites kept and closed, who is left out."""
    sought, siting = found.sought, found.siting
    total, lines = sought.people, []
    then, now = sought.covered(siting.sites), sought.covered(found.kept)
    if found.served is not None:
        words = f"安置 {people(found.served)},占 {people(total)}的 {share(found.served / total)}。"
        return [words, *_less(found)]
    if then is not None and now is not None:
        at = "时限内" if sought.question.travel is not None else "半径内"
        words = f"{at}覆盖 {people(then)},占 {people(total)}的 {share(then / total)}"
        lines.append(f"{words};现有 {share(now / total)}。" if len(found.kept) else f"{words}。")
    return lines + _less(found)


def _less(found: Found) -> list[str]:
    """What is given up, and who is left out."""
    sought, siting, lines = found.sought, found.siting, []
    if len(siting.closed):
        names = [sought.name(int(j)) for j in siting.closed]
        more = " 等" if len(names) > _MOST_LINES else ""
        lines.append(f"不再需要 {len(names)} 处:{'、'.join(names[:_MOST_LINES])}{more}。")
    if not found.new:
        lines.append("没有要新增的地点。")
    if len(siting.left_out):
        weights = np.asarray(siting.problem.weights, float)
        left = float(weights[siting.left_out].sum())
        lines.append(f"任何候选点都到不了、未计入的有 {exact_people(left)}。")
    return lines


def _own(found: Found) -> str:
    """“您的布局 87.2%,同样数量最好 91.0%(已证明)”."""
    own = found.own
    if own is None or not np.isfinite([own.mine, own.best]).all():
        return ""
    question = found.sought.question
    wish, by_time = question.wish, question.travel is not None
    mine, best = (worth(v, wish, found.people, by_time) for v in (own.mine, own.best))
    proof = "已证明" if own.proven else f"界限 {worth(own.bound, wish, found.people, by_time)}"
    return f"您的布局 {found.own_sites} 处:{mine};同样数量最好 {best}({proof})。"


def _why(found: Found) -> list[str]:
    """For each site the second best, and the districts that reach the goal with it."""
    lines = []
    for n, one in enumerate(found.new[:_MOST_LINES], 1):
        words = []
        if one.runner_up is not None:
            words.append(f"其次是{found.sought.name(one.runner_up)}{_worse(found, one)}")
        if one.met:
            words.append(f"使{'、'.join(one.met)}达到 {share(found.sought.question.goal)}")
        if words:
            lines.append(f"{n} {';'.join(words)}。")
    return lines


def _worse(found: Found, one: Share) -> str:
    wish = found.sought.question.wish
    if one.worse is None:
        return ""
    if one.worse <= 0:
        return "(一样好)"
    if wish.model in ("mclp", "backup", "lscp"):
        return f"(少 {people(one.worse)})"
    if wish.model == "equity":
        return f"(低 {one.worse * 100:.1f} 个百分点)"
    by_time = found.sought.question.travel is not None
    return f"(长 {worth(one.worse, wish, found.people, by_time)})"


def _verb(found: Found) -> str:
    return "新增" if found.served is None else "安置"


def _phase(found: Found, one: Share) -> str:
    """“近期 ” or “远期 ” of a site of a plan in two phases."""
    return {0: "", 1: "近期 "}.get(found.phase(one.site), "远期 ")


def _tip(found: Found, one: Share) -> str:
    """What a site adds in which districts."""
    lines = [f"{found.sought.name(one.site)}:{_verb(found)} {exact_people(one.gained)}"]
    if found.served is not None:
        return lines[0]
    lines.append(f"只靠它的 {exact_people(one.alone)}")
    for name, n in zip(found.sought.ground.districts, one.by_district, strict=False):
        if n > 0:
            lines.append(f"{name} {exact_people(float(n))}")
    return "\n".join(lines)


def basis_words(found: Found) -> str:
    """What the numbers stand on."""
    ground, question = found.sought.ground, found.sought.question
    words = [f"{len(ground.candidates):,} 个候选点(含现有)。"]
    if ground.excluded:
        words.append(f"在灾害区或安全距离内、排除 {ground.excluded:,} 个。")
    if question.travel is None:
        words.append("距离是椭球面上的直线距离,不是行车时间。")
    else:
        words.append("时间是路网行车时间,未计准备时间,车速为估算。")
    if found.own is not None and question.existing != "ignore":
        words.append("比较布局时现有设施都可重选。")
    words.append(f"人口依据:{ground.demand.basis or '未注明'}。")
    if ground.demand.unknown:
        words.append(f"有 {ground.demand.unknown:,} 处人口未知,未计入。")
    words.append(f"用时 {found.siting.seconds:.1f} 秒。")
    return "".join(words)
