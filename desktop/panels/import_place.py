"""The right side of the import page: where the rows lie, what is wrong, the repair to accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from desktop.panels.fields import GAP, column, label, scrolling
from desktop.panels.import_map import ImportMap
from desktop.words import number

if TYPE_CHECKING:
    from data.imports.doctor import Finding
    from data.plan import Plan

_USUAL = (
    ("CGCS2000 经纬度", "CGCS2000"),
    ("GCJ-02(高德、腾讯)", "GCJ-02"),
    ("BD-09(百度)", "BD-09"),
    ("CGCS2000 经纬度,两列对调", "CGCS2000+交换"),
    ("网络墨卡托", "EPSG:3857"),
)


class PlaceColumn(QWidget):
    """Map, finding in words, accept or not, another coordinate system."""

    accepted = Signal(bool)
    crs_chosen = Signal(str)

    def __init__(self, theme: str) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GAP)
        self.map = ImportMap(theme)
        inside, words = column()
        words.setContentsMargins(0, 0, 0, 0)
        self.state = label("", "heading", wrap=True)
        self.evidence = label("", "muted", wrap=True)
        self.unsure = label("", "muted", wrap=True)
        self.repair = QRadioButton("按建议修复")
        self.as_is = QRadioButton("照文件原样")
        self.repair.toggled.connect(self._toggled)
        choice = QHBoxLayout()
        choice.setSpacing(GAP)
        choice.addWidget(self.repair)
        choice.addWidget(self.as_is)
        choice.addStretch(1)
        self.crs_box = QComboBox()
        self.crs_box.activated.connect(lambda: self.crs_chosen.emit(self.crs_box.currentData()))
        words.addWidget(self.state)
        words.addLayout(choice)
        words.addWidget(self.evidence)
        words.addWidget(self.unsure)
        words.addStretch(1)
        rows.addWidget(self.map, 1)
        rows.addWidget(scrolling(inside), 1)
        self.crs_label = label("坐标系", "muted")
        rows.addWidget(self.crs_label)
        rows.addWidget(self.crs_box)
        self.clear()

    @property
    def theme(self) -> str:
        return self.map.theme

    @theme.setter
    def theme(self, name: str) -> None:
        self.map.theme = name

    def clear(self) -> None:
        """Show nothing yet."""
        for one in (self.state, self.evidence, self.unsure):
            one.setText("")
        for widget in (self.repair, self.as_is, self.crs_box, self.crs_label):
            widget.hide()

    def show_finding(self, plan: Plan, finding: Finding | None, accept: bool, chosen: str) -> None:
        """Show what was found out of the coordinates; ``chosen``: the user's own system."""
        self.map.show_finding(plan, finding, accept)
        self._fill_systems(plan, finding, chosen)
        if finding is None:
            self.state.setText("")
            self.evidence.setText("")
            self.unsure.setText("")
            self.repair.hide()
            self.as_is.hide()
            return
        self.state.setText(_state_words(finding))
        outside = self.map.outside
        lines = [*finding.evidence]
        if outside:
            lines.append(f"有 {outside:,} 个抽样点在小图之外")
        self.evidence.setText("\n".join(line.rstrip("。") + "。" for line in lines))
        self.unsure.setText("\n".join(line.rstrip("。") + "。" for line in finding.unsure))
        proposed = finding.state == "建议修复"
        self.repair.setVisible(proposed)
        self.as_is.setVisible(proposed and finding.plain is not None)
        for button, on in ((self.repair, accept), (self.as_is, not accept)):
            button.blockSignals(True)
            button.setChecked(on)
            button.blockSignals(False)

    def _fill_systems(self, plan: Plan, finding: Finding | None, chosen: str) -> None:
        self.crs_box.clear()
        self.crs_box.addItem("自动判断", "")
        names = {name for _, name in _USUAL}
        for title, name in _USUAL:
            self.crs_box.addItem(title, name)
        options = list(finding.options) if finding else []
        if finding is not None and finding.reading is not None:
            options.append(finding.reading)
        for reading in options:
            if reading.name not in names:
                names.add(reading.name)
                self.crs_box.addItem(reading.words, reading.name)
        from data.plan import crs_title

        if plan.crs not in names:
            self.crs_box.addItem(crs_title(plan.crs), plan.crs)
        if chosen and self.crs_box.findData(chosen) < 0:
            self.crs_box.addItem(chosen, chosen)
        self.crs_box.setCurrentIndex(max(0, self.crs_box.findData(chosen)))
        self.crs_box.show()
        self.crs_label.show()

    def _toggled(self, on: bool) -> None:
        self.accepted.emit(on)


def _state_words(finding: Finding) -> str:
    """One sentence: what the coordinates are, or what should be repaired."""
    if finding.state == "建议修复":
        moved = "" if finding.shift is None else f",移动约 {_far(finding.shift)}"
        return f"坐标要修复:{finding.repair}{moved}(把握 {finding.sure:.0%})。"
    if finding.state == "待选":
        return "坐标有几种读法都说得通,请在下面选一种。"
    if finding.reading is None:
        return "看不出用的是哪种坐标系,请在下面选一种。"
    return f"坐标没有发现问题:{finding.reading.words}。"


def _far(metres: float) -> str:
    return (
        f"{number(round(metres))} 米" if metres < 10_000 else f"{number(round(metres / 1000))} 千米"
    )
