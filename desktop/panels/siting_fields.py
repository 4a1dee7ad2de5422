"""The fields of the siting question: what, how near, how many, from which places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QPushButton, QWidget

from data.kinds import KINDS, STATUS_SETS, Column, kind, parse_value
from data.plan import Plan
from data.refused import Refused
from desktop.panels.coverage import FIRST_KM, OTHER_KM
from desktop.panels.fields import GAP, UnitEdit, label, offer, set_bad
from desktop.panels.roads_fields import STATUS_WORDS
from desktop.panels.siting_classes import ClassRanges
from desktop.panels.traveltime import FIRST_MINUTES, OTHER_MINUTES
from desktop.siting import EXISTING, WISH, WISHES, Question
from desktop.siting_losses import MOST, ROADS
from desktop.words import number
from maps.analysis.network.profile import conditions, own_speeds, usual_vehicle, vehicles
from maps.analysis.timecover import LONGEST, MEASURES, TimeAsk

if TYPE_CHECKING:
    from desktop.session import Session

GRID, SETTLEMENT, JUNCTION = "grid", "settlement", "junction"
_PHASED, _ROOMY = ("most", "mean"), ("most", "fewest", "mean")
"""Objectives that can be reached in phases, and those with a limited room per site."""
FIRST_GRID = 10.0
"""Kilometres between the points of a grid, to begin with."""
_RADIUS = Column("服务半径", "number", "km", low=0, required=True)
_LIMIT = Column("时限", "number", "分钟", low=0, high=LONGEST, required=True)
_COUNT = Column("新增处数", "whole", "处", low=1, required=True)
_UPTO = Column("最多处数", "whole", "处", low=1, required=True)
_BUDGET = Column("预算", "number", "", low=0, required=True)
_GRID = Column("网格间隔", "number", "km", low=0, required=True)
_APART = Column("最小间距", "number", "km", low=0)
_GOAL = Column("达标线", "number", "%", low=0, high=100)
_EACH = Column("各区至少", "whole", "处", low=1)
_SOON = Column("近期先建", "whole", "处", low=1)
_ROOM = Column("每处容量", "whole", "人", low=1)
_MOVES = Column("最多迁移", "whole", "处", low=1)
_ROADS = Column("封闭条数", "whole", "条", low=1, required=True)
_SECONDS = Column("计算限时", "number", "秒", low=0, required=True)


class SitingFields(QWidget):
    """What to ask; ``compute`` is called on Enter, ``bad`` shows what is wrong."""

    def __init__(self, session: Session, compute: Callable[[], None], bad: QLabel) -> None:
        super().__init__()
        self.session, self._bad = session, bad
        self._of = ""
        self._page = "sites"
        self._typed: dict[str, tuple[str, str]] = {}
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(GAP)
        self.grid.setColumnStretch(1, 1)
        self._rows: dict[QWidget, QLabel] = {}
        self._make_boxes()
        self._make_edits()
        self._lay_out()
        for edit in self.findChildren(UnitEdit):
            edit.returnPressed.connect(compute)
        self.classes.entered.connect(compute)
        self.graded.toggled.connect(lambda on: self.show_fitting())
        for box in (self.wish, self.way, self.by, self.places, self.existing, self.roads):
            box.currentIndexChanged.connect(lambda index: self.show_fitting())
        self.of.currentIndexChanged.connect(lambda index: self._show_kind())
        self.more.toggled.connect(lambda on: self.show_fitting())
        session.plan_changed.connect(lambda before, after: self.fill(after))
        self.fill(session.plan)

    def _make_boxes(self) -> None:
        self.of, self.wish, self.way, self.by = (QComboBox() for _ in range(4))
        self.vehicle, self.weather, self.places, self.price = (QComboBox() for _ in range(4))
        self.existing, self.status, self.roads = QComboBox(), QComboBox(), QComboBox()
        for name, words in ROADS.items():
            self.roads.addItem(words, name)
        self.roads.setToolTip("一条一条地封闭,看多少人因此超出时限、多少人无路可走。")
        for wish in WISHES:
            self.wish.addItem(wish.words, wish.name)
        self.way.addItem("服务半径(直线距离)", "")
        self.way.addItem(MEASURES["network"], "network")
        self.by.addItem("新增处数", "count")
        self.by.addItem("总费用", "budget")
        self.vehicle.addItems(vehicles())
        self.weather.addItems(conditions())
        for name, words in EXISTING.items():
            self.existing.addItem(words, name)
        self.existing.setToolTip("规划里这一类设施怎么对待。可以关闭、迁移时,它们也计入处数。")
        for state in STATUS_SETS:
            self.status.addItem(STATUS_WORDS[state], state)
        self.status.setCurrentIndex(self.status.findData("全部"))
        for box in (self.of, self.places, self.price):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )

    def _make_edits(self) -> None:
        self.radius, self.limit = UnitEdit("km"), UnitEdit("分钟")
        self.count, self.upto, self.budget = UnitEdit("处"), UnitEdit("处"), UnitEdit()
        self.step, self.apart = UnitEdit("km"), UnitEdit("km")
        self.goal, self.seconds = UnitEdit("%"), UnitEdit("秒")
        self.each, self.soon, self.room = UnitEdit("处"), UnitEdit("处"), UnitEdit("人")
        self.moves, self.cuts = UnitEdit("处"), UnitEdit("条")
        self.moves.setPlaceholderText("不限")
        self.moves.setToolTip("现有设施里最多有几处可以换地方,其余原地不动。")
        self.cuts.setText("1000")
        self.classes = ClassRanges()
        for edit, text in (
            (self.count, "3"), (self.upto, "12"), (self.step, number(FIRST_GRID)),
            (self.seconds, "30"),
        ):  # fmt: skip
            edit.setText(text)
        self.apart.setPlaceholderText("不限")
        self.goal.setPlaceholderText("不看")
        self.each.setPlaceholderText("不限")
        self.each.setToolTip("每个旗县至少有几处,保留的现有设施也算。")
        self.soon.setPlaceholderText("不分期")
        self.soon.setToolTip("新增的里面近期先建几处;近期和远期一起选,近期的是远期的一部分。")
        self.room.setPlaceholderText("不限")
        self.room.setToolTip("每处新设施最多安置多少人;现有的按表里的“容纳人数”。")
        self.goal.setToolTip("填一个覆盖率,例如 90,结果里会说明每处让哪些旗县达到。")
        self.seconds.setToolTip("到时还没证明最优,就给出已找到的最好结果和最多还差多少。")
        self.avoid = QCheckBox("避开灾害区和安全距离")
        self.avoid.setChecked(True)
        self.only = QCheckBox("到不了的人不计入")
        self.only.setChecked(True)
        self.only.setToolTip("不勾选时,只要有人是任何候选点都到不了的,就不给结果并说明在哪里。")
        self.graded = QCheckBox("按级别分别给")
        self.graded.setToolTip("勾选的级别各有自己的范围,新设施从中选;没勾选的用上面的。")
        self.more = QPushButton("更多条件")
        self.more.setProperty("role", "link")
        self.more.setCheckable(True)

    def _lay_out(self) -> None:
        for text, field in (
            ("设施", self.of), ("目标", self.wish), ("按", self.way), ("半径", self.radius),
            ("时限", self.limit), ("出行", self.vehicle), ("路况", self.weather),
            ("限定", self.by), ("新增", self.count), ("预算", self.budget),
            ("费用列", self.price), ("最多", self.upto), ("候选", self.places),
            ("间隔", self.step), ("现有设施", self.existing), ("最多迁移", self.moves),
            ("道路中断", self.roads), ("封闭条数", self.cuts), ("", self.more),
            ("", self.graded), ("", self.classes),
            ("近期先建", self.soon), ("各区至少", self.each), ("每处容量", self.room),
            ("状态", self.status), ("最小间距", self.apart), ("达标线", self.goal),
            ("计算限时", self.seconds), ("", self.avoid), ("", self.only),
        ):  # fmt: skip
            row = self.grid.rowCount()
            name = label(text, "muted")
            self._rows[field] = name
            self.grid.addWidget(name, row, 0)
            self.grid.addWidget(field, row, 1)

    # --- what is offered

    def fill(self, plan: Plan | None) -> None:
        """Offer every kind of facility, and the places the plan has."""
        counts = {
            k.name: sum(len(layer) for layer in plan.of_kind(k.name)) if plan else 0
            for k in KINDS
            if k.facility
        }
        first = sorted(counts, key=lambda name: not counts[name])
        offer(self.of, [(f"{kind(n).title} {counts[n]:,} 处", n) for n in first])
        layers = [] if plan is None else [x for x in plan if x.kind.geometry == "point" and len(x)]
        offered = [("居民点", SETTLEMENT)] if plan and plan.of_kind(SETTLEMENT) else []
        offered.append(("网格", GRID))
        if plan and plan.of_kind("road"):
            offered.append(("道路交叉口", JUNCTION))
        skip = (SETTLEMENT, "population")
        offered += [(f"图层“{x.name}”", x.name) for x in layers if x.kind_name not in skip]
        offer(self.places, offered)
        self._show_kind()

    def _show_kind(self) -> None:
        """Offer what is usual for the kind; what was typed for it before comes back."""
        of = self.of.currentData() or ""
        if of and of != self._of:
            if self._of:
                self._typed[self._of] = self.radius.text(), self.limit.text()
            self._of = of
            usual = number(FIRST_KM.get(of, OTHER_KM)), number(FIRST_MINUTES.get(of, OTHER_MINUTES))
            radius, limit = self._typed.get(of, usual)
            self.radius.setText(radius)
            self.limit.setText(limit)
            self.vehicle.setCurrentText(usual_vehicle(of))
        self.show_fitting()

    def show_page(self, page: str) -> None:
        """Show the fields of one question: “sites”, “curve” or “loss”."""
        self._page = page
        self.show_fitting()

    def show_fitting(self) -> None:
        """Show the fields the question has, and no others."""
        wish = WISH[self.wish.currentData()]
        loss, curve = self._page == "loss", self._page == "curve"
        by_time, more = bool(self.way.currentData()), self.more.isChecked()
        counted = not loss and not curve and wish.counted
        budget = counted and self.by.currentData() == "budget"
        grid = self.places.currentData() == GRID
        ranged = wish.cover or loss
        self.classes.show_kind(self.session.plan, self._of or "depot", "分钟" if by_time else "km")
        graded = more and ranged and bool(self.classes.rows)
        for field, on in (
            (self.wish, not loss), (self.graded, graded),
            (self.classes, graded and self.graded.isChecked()),
            (self.moves, not loss and self.existing.currentData() == "relocatable"),
            (self.roads, loss and by_time),
            (self.cuts, loss and by_time and self.roads.currentData() == MOST),
            (self.radius, not by_time), (self.limit, by_time),
            (self.vehicle, by_time), (self.weather, by_time), (self.count, counted and not budget),
            (self.by, counted and more), (self.budget, budget), (self.price, budget),
            (self.upto, curve), (self.step, grid), (self.existing, not loss),
            (self.soon, counted and more and not budget and wish.name in _PHASED),
            (self.each, more and not loss),
            (self.room, more and not loss and wish.name in _ROOMY),
            (self.status, more), (self.apart, more and not loss), (self.goal, more),
            (self.seconds, more and not loss), (self.avoid, more), (self.only, more and not loss),
        ):  # fmt: skip
            field.setVisible(on)
            self._rows[field].setVisible(on)
        parted = graded and self.graded.isChecked()
        self._rows[self.radius].setText("其余级别" if parted else "半径")
        self._rows[self.limit].setText("其余级别" if parted else "时限")
        self.more.setText("收起更多条件" if more else "更多条件")
        if budget:
            self._offer_prices()
        self._rows[self.places].setText("补救候选" if loss else "候选")
        self._bad.hide()

    def _offer_prices(self) -> None:
        """Columns of the candidates that hold numbers."""
        plan, source = self.session.plan, self.places.currentData()
        layers = []
        if plan is not None and source not in (GRID, JUNCTION):
            layers = (
                list(plan.of_kind(SETTLEMENT)) if source == SETTLEMENT else [plan.layer(source)]
            )
        names = [
            name
            for name in (layers[0].frame.columns if layers else ())
            if name != "geometry"
            and pd.to_numeric(layers[0].column(name), errors="coerce").notna().any()
        ]
        offer(self.price, [(name, name) for name in names])

    # --- what is asked

    def highest(self) -> int | None:
        """Up to how many sites the curve goes; None, with the sentence beneath, when wrong."""
        value = self._value(_UPTO, self.upto)
        return None if value is None else int(value)

    def ask(self) -> Question | None:
        """What the fields say; None, with the sentence beneath, when one is wrong."""
        if not self._of:
            return None
        wish = WISH["most"] if self._page == "loss" else WISH[self.wish.currentData()]
        by_time = bool(self.way.currentData())
        limit = self._value(_LIMIT, self.limit) if by_time else self._value(_RADIUS, self.radius)
        source = self._source()
        if limit is None or source is None:
            return None
        radii = self._radii()
        if radii is None:
            return None
        amounts = self._amounts(wish.counted and self._page == "sites")
        rest = self._rest()
        if amounts is None or rest is None:
            return None
        p, budget = amounts
        apart, goal, seconds = rest
        more = self._more()
        if more is None:
            return None
        each, soon, room, moves = more
        furthest = max([limit, *radii.values()]) if wish.cover else LONGEST
        return Question(
            self._of, wish, limit if by_time else limit * 1000, source,
            p, budget, self.price.currentData() if budget is not None else "",
            self.existing.currentData(), self.status.currentData(), self.avoid.isChecked(),
            apart, self.only.isChecked(), seconds, goal,
            self._travel(furthest) if by_time else None, each, soon, room,
            tuple((n, v if by_time else v * 1000) for n, v in radii.items()), moves or None,
        )  # fmt: skip

    def closing(self) -> tuple[str, int] | None:
        """Which roads are closed one by one and how many; None when the number is wrong."""
        if self.roads.isHidden() or not self.roads.currentData():
            return "", 0
        if self.cuts.isHidden():
            return self.roads.currentData(), 0
        count = self._value(_ROADS, self.cuts)
        return None if count is None else (self.roads.currentData(), int(count))

    def _radii(self) -> dict[str, float] | None:
        """The ranges by class as typed, none without; None when one is wrong."""
        out: dict[str, float] = {}
        if self.classes.isHidden():
            return out
        column = _LIMIT if self.way.currentData() else _RADIUS
        for name, field in self.classes.ticked():
            value = self._value(replace(column, name=name), field)
            if value is None:
                return None
            out[name] = value
        if not out:
            self._bad.setText("请至少勾选一个级别并填它的范围,或取消“按级别分别给”。")
            self._bad.show()
            return None
        return out

    def _value(self, column: Column, field: UnitEdit) -> float | None:
        """A number above zero; None, with the sentence beneath, when it is not one."""
        try:
            value = parse_value(column, field.text())
            if not value:
                raise Refused(
                    f"“{column.name}”要大于 0{' ' + column.unit if column.unit else ''}。"
                )
        except Refused as refusal:
            set_bad(field, self._bad, str(refusal))
            field.setFocus()
            return None
        set_bad(field, self._bad, "")
        return float(value)

    def _source(self) -> str | None:
        source: str = self.places.currentData()
        if source != GRID:
            return source
        step = self._value(_GRID, self.step)
        return None if step is None else f"grid:{step * 1000:g}"

    def _amounts(self, counted: bool) -> tuple[int | None, float | None] | None:
        if not counted:
            return None, None
        if self.by.currentData() == "budget":
            if not self.price.currentData():
                self._bad.setText("候选点没有写着费用的数字列,请改用“新增处数”或换候选图层。")
                self._bad.show()
                return None
            value = self._value(_BUDGET, self.budget)
            return None if value is None else (None, value)
        value = self._value(_COUNT, self.count)
        return None if value is None else (int(value), None)

    def _more(self) -> list[int] | None:
        """In every district, first, room of each, moves: 0 where empty or not offered."""
        out = []
        for column, field in (
            (_EACH, self.each), (_SOON, self.soon), (_ROOM, self.room), (_MOVES, self.moves),
        ):  # fmt: skip
            value = 0.0
            if not field.isHidden() and field.text().strip():
                found = self._value(column, field)
                if found is None:
                    return None
                value = found
            out.append(int(value))
        return out

    def _rest(self) -> tuple[float, float | None, float] | None:
        out: list[float | None] = []
        for column, field in ((_APART, self.apart), (_GOAL, self.goal)):
            value = self._value(column, field) if field.text().strip() else 0.0
            if value is None:
                return None
            out.append(value or None)
        seconds = self._value(_SECONDS, self.seconds)
        if seconds is None:
            return None
        apart, goal = out
        return (apart or 0.0) * 1000, None if goal is None else goal / 100, seconds

    def _travel(self, furthest: float) -> TimeAsk:
        book = self.session.book
        return TimeAsk(
            self._of,
            furthest,
            self.status.currentData(),
            vehicle=self.vehicle.currentText(),
            weather=self.weather.currentText(),
            speeds=own_speeds(book.facts) if book is not None else {},
        )
