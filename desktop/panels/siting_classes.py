"""Ranges by class: a class with a tick has a range of its own, and new sites may be of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from data.kinds import is_missing, kind
from data.plan import Plan
from desktop.panels.fields import GAP, UnitEdit


class ClassRanges(QWidget):
    """A row for each class of a kind; ``entered`` when Enter is pressed in a field."""

    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(GAP)
        self.grid.setColumnStretch(1, 1)
        self.rows: dict[str, tuple[QCheckBox, UnitEdit]] = {}
        self._typed: dict[tuple[str, str], str] = {}
        self._of, self._unit = "", "km"

    def show_kind(self, plan: Plan | None, of: str, unit: str) -> None:
        """Offer the classes of a kind, the usual ones and those the plan has."""
        wanted = classes_of(plan, of)
        if (self._of, self._unit, list(self.rows)) == (of, unit, wanted):
            return
        for name, (tick, field) in self.rows.items():
            self._typed[self._of, name + self._unit] = field.text() if tick.isChecked() else ""
            for widget in (tick, field):
                self.grid.removeWidget(widget)
                widget.deleteLater()
        self._of, self._unit, self.rows = of, unit, {}
        for row, name in enumerate(wanted):
            tick, field = QCheckBox(name), UnitEdit(unit)
            field.setText(self._typed.get((of, name + unit), ""))
            field.setAccessibleName(f"{name}的范围")
            tick.setChecked(bool(field.text()))
            field.setEnabled(tick.isChecked())
            tick.toggled.connect(field.setEnabled)
            field.returnPressed.connect(self.entered)
            self.grid.addWidget(tick, row, 0)
            self.grid.addWidget(field, row, 1)
            self.rows[name] = tick, field

    def ticked(self) -> list[tuple[str, UnitEdit]]:
        """The classes with a tick and their fields."""
        return [(name, field) for name, (tick, field) in self.rows.items() if tick.isChecked()]


def classes_of(plan: Plan | None, of: str) -> list[str]:
    """The classes of a kind: those it usually has, then others the plan has."""
    what = kind(of)
    column = what.column(what.class_column) if what.class_column else None
    if column is None:
        return []
    layers = plan.of_kind(of) if plan is not None else ()
    own = (v for layer in layers for v in layer.column(what.class_column).unique())
    return list(dict.fromkeys([*column.choices, *(str(v) for v in own if not is_missing(v))]))
