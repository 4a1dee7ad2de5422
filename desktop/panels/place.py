"""Add a facility by typing where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from data.degrees import parse_degrees, parse_pair
from data.kinds import KINDS, kind
from data.refused import Refused
from desktop import features
from desktop.panels.fields import GAP, column, label, scrolling, set_bad
from desktop.panels.position import ruler

if TYPE_CHECKING:
    from desktop.window import Window


class PlacePanel(QWidget):
    """Kind, name, longitude, latitude; “添加” puts it on the map and selects it."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, rows = column()
        outer.addWidget(scrolling(inside))
        rows.addWidget(label("按坐标添加", "heading"))
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.kind_box = QComboBox()
        for one in KINDS:
            if one.facility or one.name == "settlement":
                self.kind_box.addItem(one.title, one.name)
        self.name, self.lon, self.lat = QLineEdit(), QLineEdit(), QLineEdit()
        self.lon.setPlaceholderText("118.9512 或 118°57′04″")
        self.lat.setPlaceholderText("42.2694 或 42°16′10″")
        self.fields = {"经度": self.lon, "纬度": self.lat}
        pairs = (("类别", self.kind_box), ("名称", self.name), *self.fields.items())
        for row, (text, field) in enumerate(pairs):
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(field, row, 1)
        rows.addLayout(grid)
        self.bad = label("", "error", wrap=True)
        self.bad.hide()
        rows.addWidget(self.bad)
        buttons = QHBoxLayout()
        self.add_button = QPushButton("添加")
        self.add_button.setProperty("role", "primary")
        self.away = QPushButton("收起")
        buttons.addWidget(self.add_button, 1)
        buttons.addWidget(self.away)
        rows.addLayout(buttons)
        rows.addWidget(
            label("坐标用 CGCS2000 经纬度。可以把“经度,纬度”一起粘贴到经度栏。", "muted", wrap=True)
        )
        rows.addStretch(1)
        self.add_button.clicked.connect(self.add)
        self.away.clicked.connect(lambda: window.hide_panel("place"))
        self.kind_box.activated.connect(lambda index: self.begin())
        self.lon.editingFinished.connect(self._split)
        for field in (self.name, self.lon, self.lat):
            field.returnPressed.connect(self.add)

    def begin(self) -> None:
        """Propose a name and wait for the longitude."""
        plan = self.session.plan
        if plan is not None:
            self.name.setText(features.new_name(plan, self.kind_box.currentData()))
        self.lon.setFocus()

    def _split(self) -> None:
        both = parse_pair(self.lon.text())
        if both is not None:
            self.lon.setText(f"{both[0]:.6f}")
            self.lat.setText(f"{both[1]:.6f}")

    def add(self) -> None:
        """Add what the fields say, or say beneath them what is wrong."""
        plan = self.session.plan
        if plan is None:
            return
        self._split()
        degrees: dict[str, float] = {}
        for name, field in self.fields.items():
            try:
                degrees[name] = parse_degrees(field.text(), name)
            except Refused as refusal:
                set_bad(field, self.bad, str(refusal))
                field.setFocus()
                return
            set_bad(field, self.bad, "")
        x, y = ruler(plan.crs).from_lonlat(degrees["经度"], degrees["纬度"])
        kind_name = self.kind_box.currentData()
        name = self.name.text().strip() or features.new_name(plan, kind_name)
        if features.add_at(self.session, kind_name, float(x), float(y), 名称=name):
            self.lon.clear()
            self.lat.clear()
            self.window_.zoom_selection()
            self.begin()
            self.window_.message.show_text(f"已添加{kind(kind_name).title}“{name}”。", tone="note")
