"""The answer to “what if one fails”: each facility, the worst pair, what repairs most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from data.kinds import kind
from desktop.panels.fields import GAP, label
from desktop.panels.roads_page import Cell, Grid
from desktop.siting import Lost
from desktop.words import exact_people, number, people, share
from maps.analysis.timecover import MEASURES

if TYPE_CHECKING:
    from desktop.window import Window
    from maps.analysis.siting.resilience import Loss, Repair

_MOST = 4
"""How many districts a line names."""


class LossAnswer(QWidget):
    """A row for each facility, the worst first; a click goes there."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.lost: Lost | None = None
        self.all = QVBoxLayout(self)
        self.all.setContentsMargins(0, GAP, 0, 0)
        self.all.setSpacing(GAP)
        self.title = label("", "heading", wrap=True)
        self.now = label("", "muted", wrap=True)
        self.table = Grid(("失去", "少覆盖人数"), sortable=True)
        self.table.itemSelectionChanged.connect(self._picked)
        self.detail = label("", "", wrap=True)
        self.pair = label("", "", wrap=True)
        self.basis = label("", "muted", wrap=True)
        for widget in (self.title, self.now, self.pair, self.detail, self.table, self.basis):
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
        way = (
            "路网行车时间,未计准备时间,车速为估算。"
            if by_time
            else "直线距离(椭球面上),不是行车时间。"
        )
        self.basis.setText(f"{way}人口依据:{sought.ground.demand.basis or '未注明'}。")

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
        sought, lines = self.lost.sought, []
        names = sought.ground.districts
        pairs = sorted(zip(loss.by_district, names, strict=False), key=lambda pair: -pair[0])
        hit = [f"{name} {n:,.0f} 人" for n, name in pairs if n > 0]
        if hit:
            lines.append("、".join(hit[:_MOST]) + (" 等。" if len(hit) > _MOST else "。"))
        if loss.failed:
            lines.append(f"不再达标:{'、'.join(loss.failed)}。")
        if loss.longer is not None and sought.question.travel is None:
            lines.append(f"以它为最近的人,直线距离平均远 {loss.longer / 1000:,.1f} km。")
        return lines

    def _pair(self, loss: Loss | None) -> str:
        if loss is None or self.lost is None:
            return ""
        names = "和".join(self.lost.sought.name(j) for j in loss.sites)
        return f"最怕同时失去{names}:少覆盖 {people(loss.people)}。"
