"""车速表: km/h by road class, the planner's own ones kept in the plan file."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from data.kinds import Column, parse_value
from data.refused import Refused
from data.scenarios import set_fact
from desktop.panels.fields import GAP, UnitEdit, label, set_bad
from desktop.panels.roads_page import Page
from desktop.words import number
from maps.analysis.network.profile import (
    OWN_SPEEDS,
    condition,
    conditions,
    own_speeds,
    speed_source,
    speed_table,
)

_SPEED = Column("车速", "number", "km/h", low=1, high=160, required=True)


class SpeedsPage(Page):
    """The speeds all questions by road use; every change is one undo step."""

    title = "车速表"

    def add_fields(self) -> None:
        self.button_hidden = True
        self.all.addWidget(label("车速表", "heading"))
        self.all.addWidget(
            label(f"各级道路的行车速度,待核实。来源:{speed_source()}。", "muted", wrap=True)
        )
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.setColumnStretch(0, 1)
        self.fields: dict[str, UnitEdit] = {}
        self.marks = {}
        for row, (name, kmh) in enumerate(speed_table().items()):
            field = UnitEdit("km/h")
            field.setFixedWidth(96)
            field.setAccessibleName(f"{name}车速")
            field.editingFinished.connect(lambda name=name: self._typed(name))
            self.marks[name] = label("", "muted")
            grid.addWidget(label(name), row, 0)
            grid.addWidget(self.marks[name], row, 1)
            grid.addWidget(field, row, 2)
            field.setToolTip(f"表中为 {kmh:g} km/h,待核实")
            self.fields[name] = field
        self.all.addWidget(form)
        self.session.plan_changed.connect(lambda before, after: self._fill())

    def add_answer(self) -> None:
        self.button.hide()
        self.empty.hide()
        self.back = QPushButton("恢复表中的车速")
        self.back.clicked.connect(lambda: self._keep({}, "恢复表中的车速"))
        self.all.addWidget(self.back)
        self.all.addWidget(label("路况", "heading"))
        for name in conditions()[1:]:
            row = condition(name)
            mark = "" if row.verified else ",待核实"
            self.all.addWidget(
                label(
                    f"{name}:车速乘 {row.middle:g}(慢端 {row.slow:g},快端 {row.fast:g});"
                    f"{row.source}{mark}。",
                    "muted",
                    wrap=True,
                )
            )
        self._fill()

    def forget(self) -> None:
        self._fill()

    def compute(self) -> None:
        """There is nothing to work out on this page."""

    def _own(self) -> dict[str, float]:
        book = self.session.book
        return own_speeds(book.facts) if book is not None else {}

    def _fill(self) -> None:
        own, table = self._own(), speed_table()
        for name, field in self.fields.items():
            field.setText(number(own.get(name, table[name])))
            field.setEnabled(self.session.book is not None)
            set_bad(field, self.bad, "")
            self.marks[name].setText(f"原 {table[name]:g}" if name in own else "")
        if hasattr(self, "back"):
            self.back.setEnabled(bool(own))
            self.back.setToolTip("" if own else "现在用的就是表中的车速。")

    def _typed(self, name: str) -> None:
        field, own, usual = self.fields[name], self._own(), speed_table()[name]
        try:
            value = float(parse_value(_SPEED, field.text()))
        except Refused as refusal:
            set_bad(field, self.bad, str(refusal))
            return
        set_bad(field, self.bad, "")
        if value == own.get(name, usual):
            field.setText(number(value))
            return
        kept = {k: v for k, v in own.items() if k != name}
        if value != usual:
            kept[name] = value
        self._keep(kept, f"{name}车速改为 {value:g} km/h")

    def _keep(self, speeds: dict[str, float], text: str) -> None:
        self.session.do_book(text, set_fact(OWN_SPEEDS, speeds or None))
