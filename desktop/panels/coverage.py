"""The coverage panel: what to ask, and what came out of it.

Above the question (kind, status, radius by class, a button), below the answer
(people, area, how many facilities reach them, by district, basis). While a
facility is dragged the numbers follow; an answer whose layers have changed
says so and offers to be worked out again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from data.kinds import KINDS, STATUS_SETS, Column, is_missing, kind, parse_value
from data.plan import Plan
from data.refused import Refused
from desktop.panels.fields import GAP, UnitEdit, column, empty_words, label, scrolling, set_bad
from desktop.panels.reached import Bars, DistrictTable
from desktop.panels.traveltime import TravelFields, time_basis, time_words
from desktop.words import exact_people, km, number, people, share, square_km
from maps.analysis.coverage import CoverageAsk
from maps.analysis.network.profile import own_speeds
from maps.analysis.timecover import MEASURES, TimeAsk, TimeCover

if TYPE_CHECKING:
    from desktop.window import Window
    from maps.analysis.coverage import Coverage, Reached

FIRST_KM = {
    "depot": 50.0,
    "shelter": 2.0,
    "fire_station": 5.0,
    "rescue_team": 50.0,
    "medical": 15.0,
    "hydrant": 0.15,
    "watchtower": 15.0,
    "siren": 0.5,
}
"""What the radius field starts with (km): something to change, not a rule."""
OTHER_KM = 10.0
UNCLASSED = "未填级别"
_RADIUS = Column("服务半径", "number", "km", low=0, required=True)
_STATUS_WORDS = {"全部": "全部建成后", "现状": "只算现状", "规划": "只算在建和规划"}


class CoveragePanel(QWidget):
    """Asks for a coverage and shows the answer."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self._of = ""
        self._km: dict[tuple[str, str], float] = {}
        self.rows: dict[str, Row] = {}
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, self.all = column()
        self._add_question()
        self._add_answer()
        self.all.addStretch(1)
        outer.addWidget(scrolling(inside))
        self.session.plan_changed.connect(self._plan_changed)
        self.session.results_changed.connect(self.show_result)
        self.session.live_changed.connect(self._live)
        self._plan_changed(None, self.session.plan)
        self.show_result()

    # --- the question

    def _add_question(self) -> None:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.kind_box, self.status_box, self.way_box = QComboBox(), QComboBox(), QComboBox()
        self.way_box.addItem("服务半径(直线距离)", "")
        self.way_box.addItem(MEASURES["network"], "network")
        self.way_box.addItem(MEASURES["detour"], "detour")
        for name in STATUS_SETS:
            self.status_box.addItem(_STATUS_WORDS[name], name)
        self.status_box.setCurrentIndex(self.status_box.findData("全部"))
        boxes = (("设施", self.kind_box), ("状态", self.status_box), ("按", self.way_box))
        for row, (text, box) in enumerate(boxes):
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(box, row, 1)
        self.way_box.currentIndexChanged.connect(lambda index: self._show_way())
        self.kind_box.activated.connect(lambda index: self._fill_classes())
        self.all.addWidget(form)
        self.classes = QWidget()
        self.classes_grid = QGridLayout(self.classes)
        self.classes_grid.setContentsMargins(0, 0, 0, 0)
        self.classes_grid.setSpacing(GAP)
        self.classes_grid.setColumnStretch(0, 1)
        self.all.addWidget(self.classes)
        self.bad = label("", "error", wrap=True)
        self.bad.hide()
        self.travel = TravelFields(self.compute, self.bad)
        self.all.addWidget(self.travel)
        self.all.addWidget(self.bad)
        self.button: QPushButton = QPushButton("计算覆盖")
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.compute)
        self.all.addWidget(self.button)

    def _plan_changed(self, before: Plan | None, after: Plan | None) -> None:
        self._fill_kinds(after)
        self._show_stale()

    def _fill_kinds(self, plan: Plan | None) -> None:
        chosen = self.kind_box.currentData()
        counts = {
            k.name: sum(len(layer) for layer in plan.of_kind(k.name)) if plan else 0
            for k in KINDS
            if k.facility
        }
        wanted = [(name, f"{kind(name).title} {n:,} 处") for name, n in counts.items() if n]
        have = [
            (self.kind_box.itemData(i), self.kind_box.itemText(i))
            for i in range(self.kind_box.count())
        ]
        if wanted != have:
            self.kind_box.clear()
            for name, text in wanted:
                self.kind_box.addItem(text, name)
            self.kind_box.setCurrentIndex(max(0, self.kind_box.findData(chosen)))
        self.kind_box.setEnabled(bool(wanted))
        self.button.setEnabled(bool(wanted))
        self.button.setToolTip("" if wanted else "规划里还没有设施,请先添加。")
        self._fill_classes()

    def _fill_classes(self) -> None:
        """One row for each class the plan has, else one row for all."""
        plan, of = self.session.plan, self.kind_box.currentData()
        counts = _classes(plan, of) if plan is not None and of else {}
        if {name: row.count for name, row in self.rows.items()} == counts and self._of == of:
            return
        self._of = of
        for row in self.rows.values():
            row.remove()
        self.rows = {}
        for i, (name, count) in enumerate(counts.items()):
            start = self._km.get((of, name), FIRST_KM.get(of, OTHER_KM))
            row = Row(name, count, start, alone=len(counts) == 1)
            self.classes_grid.addWidget(row.check, i, 0)
            self.classes_grid.addWidget(row.field, i, 1)
            row.check.toggled.connect(self._ticked)
            row.field.returnPressed.connect(self.compute)
            self.rows[name] = row
        self._show_way()

    def _show_way(self) -> None:
        """Radii, or the fields about minutes."""
        by_time = bool(self.way_box.currentData())
        self.travel.setVisible(by_time)
        self.travel.show_kind(self._of)
        self.classes.setVisible(not by_time or len(self.rows) > 1)
        for row in self.rows.values():
            row.field.setVisible(not by_time)
        self.bad.hide()

    def _ticked(self) -> None:
        """Facilities without a class can only be counted together with all classes."""
        rest = self.rows.get("")
        if rest is not None and len(self.rows) > 1:
            everything = all(r.check.isChecked() for name, r in self.rows.items() if name)
            rest.check.setChecked(everything)
            rest.field.setEnabled(everything)

    def compute(self) -> None:
        """Put the question to the plan as it is now."""
        ask = self.ask()
        if ask is not None:
            self.session.compute_coverage(ask)

    def ask(self) -> CoverageAsk | TimeAsk | None:
        """What the fields ask for; None, with the sentence beneath, when one is wrong."""
        way = self.way_box.currentData()
        if not way:
            return self._ask_radius()
        chosen = tuple(name for name, row in self.rows.items() if row.check.isChecked())
        if not chosen:
            self._say_nothing()
            return None
        classes = () if len(chosen) == len(self.rows) else chosen
        ask = self.travel.ask(self._of, way, classes, self.status_box.currentData())
        book = self.session.book
        if ask is None or book is None:
            return None
        return replace(ask, speeds=own_speeds(book.facts))

    def _say_nothing(self) -> None:
        self.bad.setText("至少勾选一个级别。")
        self.bad.show()

    def _ask_radius(self) -> CoverageAsk | None:
        radii: dict[str, float] = {}
        for name, row in self.rows.items():
            if not row.check.isChecked():
                continue
            try:
                value = parse_value(_RADIUS, row.field.text())
                if value == 0:
                    raise Refused("“服务半径”要大于 0 km。")
            except Refused as refusal:
                set_bad(row.field, self.bad, str(refusal))
                row.field.setFocus()
                return None
            set_bad(row.field, self.bad, "")
            self._km[self._of, name] = value
            radii[name] = value * 1000
        if not radii:
            self._say_nothing()
            return None
        classes = () if len(radii) == len(self.rows) else tuple(radii)
        general = radii.pop("", None)
        if len(set(radii.values())) == 1 and general in (None, *radii.values()):
            general, radii = next(iter(radii.values())), {}
        return CoverageAsk(self._of, general, radii, classes, self.status_box.currentData())

    # --- the answer

    def _add_answer(self) -> None:
        self.empty = empty_words(
            "选一类设施、填服务半径或时限,再按“计算覆盖”。\n\n地图上会显示服务范围,"
            "这里显示覆盖多少人、多大面积,以及分区统计。"
        )
        self.stale = QWidget()
        self.stale.setObjectName("stale")
        self.stale.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.stale)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(label("规划已改动,结果已过时。", wrap=True), 1)
        self.again = QPushButton("重新计算")
        self.again.clicked.connect(self._compute_again)
        row.addWidget(self.again)
        self.answer = QWidget()
        _, inside = column(self.answer)
        inside.setContentsMargins(0, GAP, 0, 0)
        inside.setSpacing(4)
        self.title = label("", "heading", wrap=True)
        self.headline = label("", "headline")
        self.of_people = label("", "muted", wrap=True)
        self.of_area = label("", "muted", wrap=True)
        self.bars = Bars()
        self.districts = DistrictTable()
        self.basis = label("", "muted", wrap=True)
        inside.addWidget(self.title)
        inside.addWidget(self.headline)
        inside.addWidget(self.of_people)
        inside.addWidget(self.of_area)
        inside.addSpacing(GAP)
        inside.addWidget(label("同时被几处设施覆盖", "heading"))
        inside.addWidget(self.bars)
        inside.addSpacing(GAP)
        inside.addWidget(label("分区", "heading"))
        inside.addWidget(self.districts)
        inside.addSpacing(GAP)
        inside.addWidget(self.basis)
        for widget in (self.empty, self.stale, self.answer):
            self.all.addWidget(widget)

    def show_result(self) -> None:
        """Show the session's current result, or how to get one."""
        coverage = self.session.coverage
        self.empty.setVisible(coverage is None)
        self.answer.setVisible(coverage is not None)
        self._show_stale()
        if coverage is None:
            return
        self.title.setText(ask_words(coverage.ask))
        self._show_numbers(coverage.whole, coverage.by_district)
        self.basis.setText(_basis(coverage))

    def _show_numbers(self, whole: Reached, rows: tuple[Reached, ...]) -> None:
        self.headline.setText(people(whole.people_covered))
        self.headline.setToolTip(f"覆盖 {exact_people(whole.people_covered)}")
        self.of_people.setText(
            f"覆盖人口,占 {people(whole.people_total)}的 {share(whole.share)}"
            if whole.people_total is not None
            else "人口未知:有的区没有人口数据。"
        )
        self.of_people.setToolTip(f"总人口 {exact_people(whole.people_total)}")
        covered = f"覆盖面积 {square_km(whole.area_km2_covered)}"
        part = f",占 {share(whole.area_share)}" if whole.area_km2_total else ""
        self.of_area.setText(covered + part)
        self.bars.show_numbers(whole.multiplicity)
        self.districts.show_rows(rows)

    def _live(self, numbers: Any) -> None:
        coverage = self.session.coverage
        if coverage is None:
            return
        shown = coverage if numbers is None else numbers
        self._show_numbers(shown.whole, shown.by_district)

    def _show_stale(self) -> None:
        result = self.session.result
        self.stale.setVisible(result is not None and self.session.is_stale(result))

    def _compute_again(self) -> None:
        if self.session.result is not None:
            self.session.compute_coverage(self.session.result.ask)


class Row:
    """A class of facilities: whether it counts, and its radius."""

    def __init__(self, name: str, count: int, start: float, *, alone: bool) -> None:
        self.count = count
        self.check = QCheckBox("服务半径" if alone else f"{name or UNCLASSED} {count:,}")
        self.check.setChecked(True)
        self.check.setEnabled(not alone and bool(name))
        if alone:
            self.check.setStyleSheet("QCheckBox::indicator { width: 0; border: none; }")
        self.field = UnitEdit("km")
        self.field.setFixedWidth(88)
        self.field.setText(number(start))
        self.check.toggled.connect(self.field.setEnabled)

    def remove(self) -> None:
        for widget in (self.check, self.field):
            widget.hide()
            widget.deleteLater()


def _classes(plan: Plan, of: str) -> dict[str, int]:
    """How many facilities each class has, in the order of the kind's choices; "" unclassed."""
    this = kind(of)
    total = sum(len(layer) for layer in plan.of_kind(of))
    known = this.column(this.class_column)
    if known is None:
        return {"": total}
    found: dict[str, int] = {}
    for layer in plan.of_kind(of):
        for value in layer.column(known.name):
            name = "" if is_missing(value) else str(value)
            found[name] = found.get(name, 0) + 1
    order = {name: i for i, name in enumerate(known.choices)}
    return dict(
        sorted(found.items(), key=lambda item: (not item[0], order.get(item[0], 99), item[0]))
    )


def ask_words(ask: CoverageAsk | TimeAsk) -> str:
    """A question in words: “储备库 · 50 km · 全部建成后”."""
    if isinstance(ask, TimeAsk):
        return time_words(ask, _STATUS_WORDS[ask.status])
    radii = [km(ask.radius)] if ask.radius is not None else []
    radii += [f"{name} {km(radius)}" for name, radius in ask.radii.items()]
    classes = [f"只算{'、'.join(ask.classes)}"] if ask.classes else []
    return " · ".join((kind(ask.of).title, "、".join(radii), *classes, _STATUS_WORDS[ask.status]))


def _basis(coverage: Coverage | TimeCover) -> str:
    if isinstance(coverage, TimeCover):
        return time_basis(coverage)
    words = [f"{len(coverage.sites):,} 处设施,直线距离(椭球面上)。"]
    basis = coverage.demand.basis
    words.append(f"人口依据:{basis}。" if basis else "规划里没有人口图层,人数未知。")
    if coverage.demand.unknown:
        words.append(f"有 {coverage.demand.unknown:,} 处人口未知。")
    if coverage.outside is not None and coverage.outside.people_total:
        words.append(f"区外 {people(coverage.outside.people_total)}未计入。")
    return "".join(words)
