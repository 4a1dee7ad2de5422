"""The answer to “what if one fails”: each facility, the worst pair, the repair; cut roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from data.kinds import kind
from desktop.panels.fields import GAP, label
from desktop.panels.roads_page import Cell, Grid
from desktop.siting_losses import Cut, Lost
from desktop.siting_words import range_words
from desktop.words import exact_people, number, people, share
from maps.analysis.timecover import MEASURES

if TYPE_CHECKING:
    from desktop.window import Window
    from maps.analysis.siting.resilience import Loss, Repair

_MOST, _MOST_ROADS = 4, 50
"""How many districts a line names, how many roads the table has."""


class LossAnswer(QWidget):
    """A row for each facility, the worst first; a click goes there."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.lost: Lost | None = None
        self._felt: list[Cut] = []
        self.all = QVBoxLayout(self)
        self.all.setContentsMargins(0, GAP, 0, 0)
        self.all.setSpacing(GAP)
        self.title = label("", "heading", wrap=True)
        self.now = label("", "muted", wrap=True)
        self.table = Grid(("失去", "少覆盖人数"), sortable=True)
        self.table.itemSelectionChanged.connect(self._picked)
        self.detail = label("", "", wrap=True)
        self.pair = label("", "", wrap=True)
        self.cuts_head = label("道路中断", "heading")
        self.cuts_now = label("", "muted", wrap=True)
        self.cuts = Grid(("中断的路", "超出时限人数"), sortable=True)
        self.cuts.itemSelectionChanged.connect(self._cut_picked)
        self.cut_detail = label("", "", wrap=True)
        self.basis = label("", "muted", wrap=True)
        for widget in (self.title, self.now, self.pair, self.detail, self.table, self.cuts_head,
                       self.cuts_now, self.cut_detail, self.cuts, self.basis):  # fmt: skip
            self.all.addWidget(widget)

    def show_lost(self, lost: Lost) -> None:
        """Show what the loss of each facility means."""
        self.lost = lost
        sought, answer = lost.sought, lost.answer
        question = sought.question
        by_time = question.travel is not None
        assert question.limit is not None
        limit = number(question.limit if by_time else question.limit / 1000)
        how = f"{MEASURES['network']} {limit} 分钟" if by_time else f"直线 {limit} km"
        if question.radii:
            how += ",".join(["", *(range_words(n, v, by_time) for n, v in question.radii)])
        self.title.setText(f"{kind(question.of).title} · 失去一处 · {how}")
        part = share(answer.reached / sought.people) if sought.people else "未知"
        count = len(answer.losses)
        self.now.setText(f"现在 {count:,} 处覆盖 {people(answer.reached)},占 {part}。")
        rows = []
        for n, (loss, repair) in enumerate(zip(answer.losses, answer.repairs, strict=True)):
            first = Cell(sought.name(loss.sites[0]), tip=self._words(loss, repair))
            first.setData(256, n)
            rows.append((
                first,
                Cell(f"{loss.people:,.0f}", loss.people, exact_people(loss.people)),
            ))  # fmt: skip
        self.table.blockSignals(True)
        self.table.fill(rows)
        self.table.clearSelection()
        self.table.blockSignals(False)
        self.detail.setText("点一行看失去它影响哪些旗县、在哪里补救最好。")
        self.pair.setText(self._pair(answer.worst_pair))
        self.pair.setVisible(bool(self.pair.text()))
        self._show_cuts(lost.cuts)
        way = (
            "路网行车时间,未计准备时间,车速为估算。"
            if by_time
            else "直线距离(椭球面上),不是行车时间。"
        )
        self.basis.setText(f"{way}人口依据:{sought.ground.demand.basis or '未注明'}。")

    def _show_cuts(self, cuts: tuple[Cut, ...] | None) -> None:
        """The roads of which some closure costs somebody his way, the worst first."""
        for widget in (self.cuts_head, self.cuts_now, self.cut_detail, self.cuts):
            widget.setVisible(cuts is not None)
        self._felt = [c for c in cuts or () if c.closure.people > 0 or c.closure.cut_off > 0]
        if cuts is None:
            return
        words = f"逐条封闭了 {len(cuts):,} 条,"
        if not self._felt:
            words += "封闭哪一条都没有人因此超出时限或无路可走。"
        else:
            words += f"其中 {len(self._felt):,} 条会使人超出时限或无路可走"
            more = len(self._felt) > _MOST_ROADS
            words += f",下面是最重的 {_MOST_ROADS} 条。" if more else "。"
        self.cuts_now.setText(words)
        rows = []
        for n, cut in enumerate(self._felt[:_MOST_ROADS]):
            first = Cell(cut.name, tip=self._cut_words(cut))
            first.setData(256, n)
            lost = cut.closure.people
            rows.append((first, Cell(f"{lost:,.0f}", lost, exact_people(lost))))
        self.cuts.blockSignals(True)
        self.cuts.fill(rows)
        self.cuts.clearSelection()
        self.cuts.blockSignals(False)
        self.cuts.setVisible(bool(rows))
        self.cut_detail.setText("点一行看封闭它影响哪些旗县。" if rows else "")
        self.cut_detail.setVisible(bool(rows))

    def _cut_picked(self) -> None:
        item = self.cuts.item(self.cuts.currentRow(), 0)
        if item is None:
            return
        cut = self._felt[int(item.data(256))]
        self.cut_detail.setText(self._cut_words(cut))
        if self.window_.canvas is not None:
            self.window_.canvas.center_on(cut.x, cut.y)

    def _cut_words(self, cut: Cut) -> str:
        """What one closed road means."""
        closure = cut.closure
        lines = [f"封闭{cut.name}:{exact_people(closure.people)}超出时限。"]
        lines += self._where(closure.by_district, closure.failed)
        if closure.cut_off > 0:
            lines.append(f"{exact_people(closure.cut_off)}没有别的路可走。")
        if cut.using > 0:
            lines.append(f"现在有 {exact_people(cut.using)}经它去最近的设施。")
        return "\n".join(lines)

    def _picked(self) -> None:
        item = self.table.item(self.table.currentRow(), 0)
        if self.lost is None or item is None:
            return
        n = int(item.data(256))
        loss, repair = self.lost.answer.losses[n], self.lost.answer.repairs[n]
        self.detail.setText(self._words(loss, repair))
        x, y = self.lost.sought.place(loss.sites[0])
        if self.window_.canvas is not None:
            self.window_.canvas.center_on(x, y)

    def _words(self, loss: Loss, repair: Repair) -> str:
        """What one loss means, and what repairs it."""
        assert self.lost is not None
        sought = self.lost.sought
        lines = [f"失去{sought.name(loss.sites[0])}:少覆盖 {exact_people(loss.people)}。"]
        lines += self._more(loss)
        if repair.site is None:
            lines.append("候选点里没有能补回人数的。")
        else:
            place = sought.name(repair.site)
            lines.append(f"最好的补救:{place},补回 {exact_people(repair.people)}。")
        return "\n".join(lines)

    def _more(self, loss: Loss) -> list[str]:
        """Districts, goals and longer ways of one loss."""
        assert self.lost is not None
        sought = self.lost.sought
        lines = self._where(loss.by_district, loss.failed)
        if loss.longer is not None and sought.question.travel is None:
            lines.append(f"以它为最近的人,直线距离平均远 {loss.longer / 1000:,.1f} km。")
        return lines

    def _where(self, by_district: np.ndarray, failed: tuple[str, ...]) -> list[str]:
        """The districts hit most, and the goals no longer met."""
        assert self.lost is not None
        names, lines = self.lost.sought.ground.districts, []
        pairs = sorted(zip(by_district, names, strict=False), key=lambda pair: -pair[0])
        hit = [f"{name} {n:,.0f} 人" for n, name in pairs if n > 0]
        if hit:
            lines.append("、".join(hit[:_MOST]) + (" 等。" if len(hit) > _MOST else "。"))
        if failed:
            lines.append(f"不再达标:{'、'.join(failed)}。")
        return lines

    def _pair(self, loss: Loss | None) -> str:
        if loss is None or self.lost is None:
            return ""
        names = "和".join(self.lost.sought.name(j) for j in loss.sites)
        return f"最怕同时失去{names}:少覆盖 {people(loss.people)}。"
