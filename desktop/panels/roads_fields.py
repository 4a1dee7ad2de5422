"""The fields every question by road shares: who sets out, how one travels, within what time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QWidget

from data.kinds import KINDS, STATUS_SETS, Column, kind, parse_value
from data.plan import Plan
from data.refused import Refused
from desktop.panels.fields import GAP, UnitEdit, label, set_bad
from maps.analysis.network.profile import (
    conditions,
    own_speeds,
    suggested_minutes,
    usual_vehicle,
    vehicles,
)
from maps.analysis.timecover import LONGEST, MEASURES, Measure, TimeAsk

if TYPE_CHECKING:
    from desktop.session import Session

FIRST_LIMITS = {
    "fire_station": "5,10,15",
    "depot": "60,120,360",
    "shelter": "10,15,30",
    "rescue_team": "30,60,120",
}
OTHER_LIMITS = "15,30,60"
"""What the time fields start with (minutes): something to change, not a rule."""
STATUS_WORDS = {"全部": "全部建成后", "现状": "只算现状", "规划": "只算在建和规划"}
_LIMIT = Column("时限", "number", "分钟", low=0, high=LONGEST, required=True)
_READY = Column("准备时间", "number", "分钟", low=0, high=LONGEST)
ANY = 60.0
"""The limit of an ask whose limit is not used."""


class RoadFields(QWidget):
    """``limits``: "" no field, “one” or “many” minutes; ``measures``: ways of telling time."""

    def __init__(
        self,
        session: Session,
        compute: Callable[[], None],
        bad: QLabel,
        *,
        limits: str = "",
        measures: tuple[Measure, ...] = (),
        choose: bool = True,
    ) -> None:
        super().__init__()
        self.session, self._bad, self._limits = session, bad, limits
        self._of = ""
        self._typed: dict[str, tuple[str, str]] = {}
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(GAP)
        self.grid.setColumnStretch(1, 1)
        self.kind_box, self.status_box, self.way_box = QComboBox(), QComboBox(), QComboBox()
        self.vehicle, self.weather = QComboBox(), QComboBox()
        self.limit, self.ready = UnitEdit("分钟"), UnitEdit("分钟")
        self.only = QCheckBox("只算选中的")
        for name in STATUS_SETS:
            self.status_box.addItem(STATUS_WORDS[name], name)
        self.status_box.setCurrentIndex(self.status_box.findData("全部"))
        for name in measures:
            self.way_box.addItem(MEASURES[name], name)
        self.vehicle.addItems(vehicles())
        self.weather.addItems(conditions())
        self.add("设施", self.kind_box)
        if choose:
            self.grid.addWidget(self.only, self.grid.rowCount(), 1)
        self.add("状态", self.status_box)
        if measures:
            self.add("按", self.way_box)
        if limits:
            self.add("时限", self.limit)
        for text, field in (
            ("出行", self.vehicle), ("路况", self.weather), ("准备时间", self.ready)
        ):  # fmt: skip
            self.add(text, field)
        if limits == "many":
            self.limit.setToolTip("可写几个时限,用逗号分开,例如 5,10,15")
        for edit in (self.limit, self.ready):
            edit.returnPressed.connect(compute)
        self.kind_box.currentIndexChanged.connect(lambda index: self._show_kind())
        session.plan_changed.connect(lambda before, after: self.fill(after))
        session.selection_changed.connect(self._show_selected)
        self.fill(session.plan)

    def add(self, text: str, field: QWidget) -> None:
        """One more row."""
        row = self.grid.rowCount()
        self.grid.addWidget(label(text, "muted"), row, 0)
        self.grid.addWidget(field, row, 1)

    def fill(self, plan: Plan | None) -> None:
        """Offer the kinds of facilities the plan has."""
        counts = {
            k.name: sum(len(layer) for layer in plan.of_kind(k.name)) if plan else 0
            for k in KINDS
            if k.facility
        }
        wanted = [(f"{kind(name).title} {n:,} 处", name) for name, n in counts.items() if n]
        box = self.kind_box
        if wanted != [(box.itemText(i), box.itemData(i)) for i in range(box.count())]:
            chosen = box.currentData()
            box.blockSignals(True)
            box.clear()
            for text, name in wanted:
                box.addItem(text, name)
            box.setCurrentIndex(max(0, box.findData(chosen)))
            box.blockSignals(False)
        box.setEnabled(bool(wanted))
        self._show_kind()

    def _show_kind(self) -> None:
        """Offer what is usual for the kind; what was typed for it before comes back."""
        of = self.kind_box.currentData() or ""
        if of != self._of:
            if self._of:
                self._typed[self._of] = self.limit.text(), self.ready.text()
            self._of = of
            first = FIRST_LIMITS.get(of, OTHER_LIMITS)
            usual = first if self._limits == "many" else first.split(",")[-1]
            limit, ready = self._typed.get(of, (usual, "0"))
            self.limit.setText(limit)
            self.ready.setText(ready)
            if of:
                self.vehicle.setCurrentText(usual_vehicle(of))
                self._say_ready(of)
        self._show_selected()

    def _say_ready(self, of: str) -> None:
        offered = [f"{name} {minutes:g} 分钟" for name, minutes, _ in suggested_minutes(of)]
        words = "接警、集结、装卸等不在路上的时间,计入时限。"
        if offered:
            words += f"可参考:{'、'.join(offered)}(待核实)。"
        self.ready.setToolTip(words)

    @property
    def selected(self) -> frozenset[tuple[str, int]]:
        """The selected facilities of the chosen kind."""
        plan = self.session.plan
        found = set()
        for name, ids in self.session.selection.items():
            layer = plan.find(name) if plan is not None else None
            if layer is not None and layer.kind_name == self._of:
                found |= {(name, fid) for fid in ids}
        return frozenset(found)

    def _show_selected(self) -> None:
        count = len(self.selected)
        self.only.setText(f"只算选中的 {count:,} 处" if count else "只算选中的")
        self.only.setEnabled(bool(count))
        self.only.setToolTip("" if count else "先在地图上选中这一类的一处或几处设施。")

    def say(self, field: QWidget, sentence: str) -> None:
        """Mark a field as wrong with the sentence beneath, or clear the mark."""
        set_bad(field, self._bad, sentence)
        if sentence:
            field.setFocus()

    def minutes(self) -> tuple[float, ...] | None:
        """The limits, ascending; None, with the sentence beneath, when one is wrong."""
        words = [w for w in re.split(r"[,,、\s]+", self.limit.text().strip()) if w]
        out = set()
        try:
            for word in words if self._limits == "many" and words else [self.limit.text()]:
                value = parse_value(_LIMIT, word)
                if not value:
                    raise Refused("“时限”要大于 0 分钟。")
                out.add(float(value))
        except Refused as refusal:
            self.say(self.limit, str(refusal))
            return None
        self.say(self.limit, "")
        return tuple(sorted(out))

    def ask(self, limit: float = ANY) -> TimeAsk | None:
        """What the fields ask for; None, with the sentence beneath, when one is wrong."""
        if not self._of:
            self._bad.setText("规划里还没有设施,请先添加。")
            self._bad.show()
            return None
        try:
            ready = float(parse_value(_READY, self.ready.text()) or 0.0)
        except Refused as refusal:
            self.say(self.ready, str(refusal))
            return None
        self.say(self.ready, "")
        book = self.session.book
        return TimeAsk(
            self._of,
            limit,
            self.status_box.currentData(),
            (),
            self.vehicle.currentText(),
            self.weather.currentText(),
            ready_minutes={"": ready} if ready else {},
            measure=self.way_box.currentData() or "network",
            only=self.selected if self.only.isChecked() else frozenset(),
            speeds=own_speeds(book.facts) if book is not None else {},
        )
