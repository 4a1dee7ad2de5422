"""情景: roads closed, zones under water, snow, night, traffic, beside the answer as it is."""

from __future__ import annotations

from functools import partial
from typing import Any

import shapely
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
)

from data.geodesy import Ruler
from data.kinds import is_missing
from data.plan import Plan
from data.progress import Report, part
from desktop.canvas.hit import hit
from desktop.drawings import Drawing
from desktop.panels.fields import GAP, label
from desktop.panels.roads_fields import RoadFields
from desktop.panels.roads_page import Cell, Grid, Page, PickButton, Work
from desktop.roadmaps import briefly, change, closures
from desktop.words import exact_people, people, share
from maps.analysis.network.isochrone import reached_area
from maps.analysis.network.profile import conditions
from maps.analysis.network.whatif import Change, Outcome, WhatIf, band, whatif
from maps.analysis.timecover import TimeAsk, TimeCover

SAME = "不变"
Feature = tuple[str, int]


class WhatIfPage(Page):
    """Asks what a closure or a slower road does to who is reached in time."""

    title, verb, job = "情景对比", "对比情景", "对比情景"
    hint = (
        "选路况,点封闭的道路,勾选淹没的灾害区,再按“对比情景”。\n\n"
        "地图上会显示情景下超时或到不了的地方,这里显示比平时少到多少人。"
    )

    def add_fields(self) -> None:
        self.closed: frozenset[Feature] = frozenset()
        self.fields = RoadFields(
            self.session, self.compute, self.bad, limits="one", measures=("network", "friction")
        )
        self.all.addWidget(self.fields)
        self.all.addWidget(label("情景", "heading"))
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.weather = QComboBox()
        self.weather.addItems([SAME, *conditions()[1:]])
        grid.addWidget(label("路况变为", "muted"), 0, 0)
        grid.addWidget(self.weather, 0, 1)
        self.pick = PickButton(
            "点道路封闭", self.window_, "点一条道路封闭它,再点一次放开;按 Esc 结束。"
        )
        self.pick.picked.connect(self._picked)
        self.open_all = QPushButton("全部放开")
        self.open_all.clicked.connect(lambda: self.close_roads(frozenset()))
        grid.addWidget(self.pick, 1, 0)
        grid.addWidget(self.open_all, 1, 1)
        self.all.addLayout(grid)
        self.roads = label("", "muted", wrap=True)
        self.all.addWidget(self.roads)
        self.zones_title = label("淹没的灾害区(碰到的道路不通)", "muted", wrap=True)
        self.zones = QListWidget()
        self.zones.setFrameShape(QFrame.Shape.NoFrame)
        self.zones.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.all.addWidget(self.zones_title)
        self.all.addWidget(self.zones)
        self.session.plan_changed.connect(lambda before, after: self._fill(after))
        self._fill(self.session.plan)

    def add_answer(self) -> None:
        self.heading = label("", "heading", wrap=True)
        self.headline = label("", "headline")
        self.words = label("", "muted", wrap=True)
        self.table = Grid(("区县", "平时%", "情景%"), sortable=True)
        self.notes = label("", "muted", wrap=True)
        for widget in (self.heading, self.headline, self.words, self.table, self.notes):
            self.rows.addWidget(widget)

    # --- the scenario

    def _fill(self, plan: Plan | None) -> None:
        """The plan's hazard zones; closed roads that are gone are open again."""
        ticked = self.flooded
        rows = [
            ((layer.name, int(fid)), _name(plan, layer.name, int(fid)))
            for layer in (plan.of_kind("hazard_zone") if plan is not None else ())
            for fid in layer.frame.index
        ]
        self.zones.clear()
        for key, text in rows:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Checked if key in ticked else Qt.CheckState.Unchecked
            item.setCheckState(state)
            self.zones.addItem(item)
        self.zones.setFixedHeight(min(len(rows), 5) * max(self.zones.sizeHintForRow(0), 24) + 4)
        self.zones.setVisible(bool(rows))
        self.zones_title.setVisible(bool(rows))
        kept = {
            (name, fid)
            for name, fid in self.closed
            if plan is not None
            and plan.find(name) is not None
            and fid in plan.layer(name).frame.index
        }
        self.closed = frozenset(kept)
        self._say_closed()

    @property
    def flooded(self) -> frozenset[Feature]:
        """The ticked hazard zones."""
        items = (self.zones.item(i) for i in range(self.zones.count()))
        return frozenset(
            tuple(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        )

    def _picked(self, x: float, y: float) -> None:
        plan, canvas = self.session.plan, self.window_.canvas
        if plan is None or canvas is None:
            return
        roads = Plan(plan.name, plan.crs, plan.of_kind("road"))
        found = hit(roads, canvas.port, *canvas.port.px(x, y))
        if found is None:
            self.window_.message.show_note("这里没有道路。放大后点在道路的线上。")
            return
        self.close_roads(self.closed ^ {(found.layer, found.fid)})

    def close_roads(self, closed: frozenset[Feature]) -> None:
        """Set which roads are closed, and show them."""
        self.closed = closed
        self._say_closed()
        if self.session.plan is not None:
            self.redraw(closures(self.session.plan, closed))
            self.answer.hide()

    def _say_closed(self) -> None:
        plan = self.session.plan
        names = [_name(plan, *key) for key in sorted(self.closed)] if plan is not None else []
        self.roads.setText(
            f"封闭 {len(names)} 条:{'、'.join(dict.fromkeys(names))}" if names else ""
        )
        self.roads.setVisible(bool(names))
        self.open_all.setEnabled(bool(names))

    def leave(self) -> None:
        self.pick.setChecked(False)

    def forget(self) -> None:
        super().forget()
        self.closed = frozenset()
        self._fill(self.session.plan)

    # --- the answer

    def question(self, plan: Plan) -> Work | None:
        limits = self.fields.minutes()
        ask = self.fields.ask(limits[0]) if limits else None
        if ask is None:
            return None
        self.pick.setChecked(False)
        weather = self.weather.currentText()
        made = Change(
            self._scenario(), "" if weather == SAME else weather, self.closed, self.flooded
        )
        if not made.name:
            self.bad.setText("先选一种情景:换路况、点封闭的道路,或勾选淹没的灾害区。")
            self.bad.show()
            return None
        self.bad.hide()
        return partial(_answer, plan, ask, made)

    def _scenario(self) -> str:
        """The scenario in words: “雪 · 封闭 2 条 · 淹没 1 处”."""
        weather = self.weather.currentText()
        return " · ".join(
            [
                *([weather] if weather != SAME else []),
                *([f"封闭 {len(self.closed)} 条"] if self.closed else []),
                *([f"淹没 {len(self.flooded)} 处"] if self.flooded else []),
            ]
        )

    def show_answer(self, answer: Any) -> Drawing:
        base: TimeCover
        outcome: Outcome
        base, outcome, still, lost, gained = answer
        self.result = base, outcome
        after = outcome.answer
        self.heading.setText(f"{outcome.change.name},{base.ask.minutes:g} 分钟")
        if outcome.lost is None:
            self.headline.setText("人数未知")
        else:
            self.headline.setText(
                f"少到 {people(outcome.lost)}" if outcome.lost else "没有少到的人"
            )
        self.headline.setToolTip(exact_people(outcome.lost))
        self.words.setText("\n".join(_sentences(base, outcome)))
        rows = zip(
            base.by_district, after.by_district, outcome.slow.by_district,
            outcome.fast.by_district, strict=True,
        )  # fmt: skip
        self.table.fill(
            [
                (
                    Cell(a.name),
                    Cell(_percent(a.share), a.share or 0.0, exact_people(a.people_covered)),
                    Cell(
                        f"{_percent(b.share)}{_band_words(slow, fast)}",
                        b.share or 0.0,
                        f"{exact_people(b.people_covered)};括号里是慢端与快端",
                    ),
                )
                for a, b, slow, fast in rows
            ]
        )
        basis = f"人口依据:{base.basis}。" if base.basis else "没有人口图层,人数未知。"
        self.notes.setText("\n".join([*briefly(after.remarks), basis]))
        return change(base, outcome, still, (lost, gained))


def _answer(plan: Plan, ask: TimeAsk, made: Change, report: Report) -> Any:
    """The base answer, the scenario's, and the areas reached by both, no more, only now."""
    found: WhatIf = whatif(plan, ask, (made,), part(report, 0.0, 0.8))
    ruler, limit = Ruler(plan.crs), ask.minutes * 60.0
    report(0.8, "正在画两种情况能到的地方…")
    ours = shapely.union_all([district.shape for district in found.base.demand.districts])
    before = reached_area(found.base.timer, limit, ruler)
    report(0.9, "正在画两种情况能到的地方…")
    outcome = found.outcomes[0]
    after = reached_area(outcome.answer.timer, limit, ruler)
    if not ours.is_empty:  # what lies beyond is not counted either
        before, after = shapely.intersection(before, ours), shapely.intersection(after, ours)
    still = shapely.intersection(before, after)
    lost, gained = shapely.difference(before, after), shapely.difference(after, before)
    return found.base, outcome, still, lost, gained


def _sentences(base: TimeCover, outcome: Outcome) -> list[str]:
    after = outcome.answer
    out = [f"平时 {share(base.whole.share)},情景 {share(after.whole.share)}"]
    ends = band(outcome.slow.whole, outcome.fast.whole)
    if ends is not None and ends[1] - ends[0] > 5e-4:
        out[0] += f"(慢端 {share(ends[0])},快端 {share(ends[1])})"
    if outcome.gained:
        out.append(f"另有 {people(outcome.gained)}情景下反而更快到达。")
    means = float(base.average[-1]), float(after.average[-1])
    if all(m == m for m in means):
        out.append(f"人均 {means[0]:,.0f} 分钟 → {means[1]:,.0f} 分钟。")
    if after.unreachable and after.unreachable > (base.unreachable or 0.0):
        out.append(f"{people(after.unreachable)}没有通路。")
    return out


def _percent(value: float | None) -> str:
    return "未知" if value is None else f"{value * 100:.1f}"


def _band_words(slow: Any, fast: Any) -> str:
    """The band around a share: “ (97–99)”, nothing when it is none."""
    ends = band(slow, fast)
    if ends is None:
        return ""
    low, high = (f"{end * 100:.0f}" for end in ends)
    return "" if low == high else f" ({low}–{high})"


def _name(plan: Plan | None, layer: str, fid: int) -> str:
    if plan is None:
        return ""
    row = plan.layer(layer).row(fid)
    for column in ("名称", "编号"):
        if not is_missing(row.get(column)):
            return str(row[column])
    return f"{plan.layer(layer).kind.title} {fid} 号"
