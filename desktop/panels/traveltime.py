"""The part of the coverage question that is about minutes: limit, vehicle, weather, readiness."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from data.kinds import Column, kind, parse_value
from data.refused import Refused
from desktop.panels.fields import GAP, UnitEdit, label, set_bad
from desktop.words import number, people, share
from maps.analysis.facilities import Status
from maps.analysis.network.profile import conditions, suggested_minutes, usual_vehicle, vehicles
from maps.analysis.timecover import LONGEST, MEASURES, Measure, TimeAsk

if TYPE_CHECKING:
    from maps.analysis.timecover import TimeCover

FIRST_MINUTES = {"depot": 120.0, "fire_station": 15.0, "rescue_team": 60.0, "shelter": 30.0}
"""What the field starts with: something to change, not a rule."""
OTHER_MINUTES = 30.0
_LIMIT = Column("时限", "number", "分钟", low=0, high=LONGEST, required=True)
_READY = Column("准备时间", "number", "分钟", low=0, high=LONGEST)


class TravelFields(QWidget):
    """Fields for a limit in minutes; ``compute`` is called on Enter."""

    def __init__(self, compute: Callable[[], None], bad: QLabel) -> None:
        super().__init__()
        self._bad = bad
        self._of = ""
        self._minutes: dict[str, tuple[str, str]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.limit, self.ready = UnitEdit("分钟"), UnitEdit("分钟")
        self.vehicle, self.weather = QComboBox(), QComboBox()
        self.vehicle.addItems(vehicles())
        self.weather.addItems(conditions())
        rows = (
            ("时限", self.limit),
            ("出行", self.vehicle),
            ("路况", self.weather),
            ("准备时间", self.ready),
        )
        for row, (text, field) in enumerate(rows):
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(field, row, 1)
        for field in (self.limit, self.ready):
            field.returnPressed.connect(compute)

    def show_kind(self, of: str) -> None:
        """Offer what is usual for a kind of facility; what was typed for it before comes back."""
        if of == self._of:
            return
        if self._of:
            self._minutes[self._of] = self.limit.text(), self.ready.text()
        self._of = of
        usual = number(FIRST_MINUTES.get(of, OTHER_MINUTES)), "0"
        limit, ready = self._minutes.get(of, usual)
        self.limit.setText(limit)
        self.ready.setText(ready)
        self.vehicle.setCurrentText(usual_vehicle(of))
        offered = [f"{name} {minutes:g} 分钟" for name, minutes, _ in suggested_minutes(of)]
        words = "接警、集结、装卸等不在路上的时间,计入时限。"
        if offered:
            words += f"可参考:{'、'.join(offered)}(待核实)。"
        self.ready.setToolTip(words)

    def ask(
        self, of: str, measure: Measure, classes: tuple[str, ...], status: Status
    ) -> TimeAsk | None:
        """What the fields ask for; None, with the sentence beneath, when one is wrong."""
        values = []
        for column, field in ((_LIMIT, self.limit), (_READY, self.ready)):
            try:
                value = parse_value(column, field.text()) or 0.0
                if column is _LIMIT and not value:
                    raise Refused("“时限”要大于 0 分钟。")
            except Refused as refusal:
                set_bad(field, self._bad, str(refusal))
                field.setFocus()
                return None
            set_bad(field, self._bad, "")
            values.append(float(value))
        limit, ready = values
        return TimeAsk(
            of,
            limit,
            status,
            classes,
            self.vehicle.currentText(),
            self.weather.currentText(),
            ready_minutes={"": ready} if ready else {},
            measure=measure,
        )


def time_words(ask: TimeAsk, status: str) -> str:
    """A question in words: “储备库 · 路网行车时间 120 分钟 · 救援车辆 · 雪 · 全部建成后”."""
    ready = ask.ready_minutes.get("", 0.0)
    return " · ".join(
        (
            kind(ask.of).title,
            f"{MEASURES[ask.measure]} {ask.minutes:g} 分钟",
            *([f"只算{'、'.join(ask.classes)}"] if ask.classes else []),
            ask.vehicle_name,
            ask.weather,
            f"准备 {ready:g} 分钟" if ready else "未计准备时间",
            status,
        )
    )


def time_basis(answer: TimeCover) -> str:
    """What the numbers stand on, the most important first."""
    words = [f"{len(answer.facilities):,} 处设施。"]
    if answer.estimated:
        words.append("行车时间含估算。" if answer.ask.measure == "network" else "时间为估算。")
    mean = float(answer.average[-1])
    if mean == mean:
        words.append(f"人均 {mean:,.0f} 分钟。")
    words += answer.remarks.sentences
    words.append(f"人口依据:{answer.basis}。" if answer.basis else "没有人口图层,人数未知。")
    if answer.demand.unknown:
        words.append(f"有 {answer.demand.unknown:,} 处人口未知。")
    if answer.outside is not None and answer.outside.people_total:
        words.append(f"区外 {people(answer.outside.people_total)}未计入。")
    if answer.unreachable and answer.whole.people_total:
        lost = share(answer.unreachable / answer.whole.people_total)
        words.append(f"没有通路的人占 {lost}。")
    if answer.demand.districts:
        words.append("面积按网格估算。")
    return "".join(words)
