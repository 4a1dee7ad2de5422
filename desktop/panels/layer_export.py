"""Export one layer for other programs: format, encoding, coordinates; written in the background."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from data.progress import Report
from desktop.panels.fields import GAP, column, label, scrolling

if TYPE_CHECKING:
    from data.imports.exports import Exported
    from data.plan import Plan
    from desktop.window import Window

_FORMATS = (
    ("Shapefile", ".shp"),
    ("GeoPackage", ".gpkg"),
    ("GeoJSON", ".geojson"),
    ("KML(手机地图)", ".kml"),
    ("Excel 表", ".xlsx"),
    ("CSV 表", ".csv"),
)
_ENCODED = (".shp", ".csv")
_SYSTEMS = (
    ("自动", "", "表格、GeoJSON、KML 用经纬度,其余用规划的坐标系"),
    ("CGCS2000 经纬度", "CGCS2000", "与 WGS84 相差不到 1 米"),
    ("GCJ-02(高德、腾讯)", "GCJ-02", "在高德、腾讯地图上位置才对"),
    ("BD-09(百度)", "BD-09", "在百度地图上位置才对"),
    ("网络墨卡托", "EPSG:3857", ""),
)


class LayerExportPanel(QWidget):
    """Asks which layer and how; the layer is the one of the plan as it is when pressed."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, rows = column()
        outer.addWidget(scrolling(inside))
        rows.addWidget(label("导出图层", "heading"))
        self.layer_box, self.format_box = QComboBox(), QComboBox()
        self.encoding_box, self.system_box = QComboBox(), QComboBox()
        for title, ending in _FORMATS:
            self.format_box.addItem(title, ending)
        self.encoding_box.addItem("UTF-8", "UTF-8")
        self.encoding_box.addItem("GBK(旧版软件)", "GBK")
        for place, (title, name, tip) in enumerate(_SYSTEMS):
            self.system_box.addItem(title, name)
            self.system_box.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        for row, (text, box) in enumerate(
            (
                ("图层", self.layer_box),
                ("格式", self.format_box),
                ("编码", self.encoding_box),
                ("坐标系", self.system_box),
            )
        ):
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(box, row, 1)
        rows.addLayout(grid)
        buttons = QHBoxLayout()
        self.button = QPushButton("导出…")
        self.button.setProperty("role", "primary")
        self.away = QPushButton("收起")
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.away)
        rows.addLayout(buttons)
        self.result = label("", "muted", wrap=True)
        rows.addWidget(self.result)
        rows.addStretch(1)
        self.format_box.currentIndexChanged.connect(self._format_changed)
        self.button.clicked.connect(self._ask_file)
        self.away.clicked.connect(lambda: window.hide_panel("layer_export"))
        self.session.plan_changed.connect(self._plan_changed)
        self._format_changed()
        self._plan_changed(None, self.session.plan)

    def begin(self) -> None:
        self.layer_box.setFocus()

    def _plan_changed(self, before: Plan | None, after: Plan | None) -> None:
        names = [layer.name for layer in reversed(after.layers)] if after is not None else []
        if names != [self.layer_box.itemText(i) for i in range(self.layer_box.count())]:
            chosen = self.layer_box.currentText()
            self.layer_box.clear()
            self.layer_box.addItems(names)
            self.layer_box.setCurrentIndex(max(0, self.layer_box.findText(chosen)))
        self.button.setEnabled(bool(names))

    def _format_changed(self) -> None:
        ending = self.format_box.currentData()
        self.encoding_box.setEnabled(ending in _ENCODED)
        self.encoding_box.setToolTip("" if ending in _ENCODED else "这种格式总是 UTF-8")

    def _ask_file(self) -> None:
        folder = self.session.path.parent if self.session.path else Path.home()
        ending = self.format_box.currentData()
        start = folder / f"{self.layer_box.currentText()}{ending}"
        kind = f"{self.format_box.currentText()} (*{ending})"
        name, _ = QFileDialog.getSaveFileName(self, "导出图层", str(start), kind)
        if name:
            path = Path(name)
            self.export(path if path.suffix.lower() == ending else Path(f"{name}{ending}"))

    def export(self, path: Path) -> None:
        """Write the chosen layer into ``path`` in the background."""
        plan = self.session.plan
        layer = plan.find(self.layer_box.currentText()) if plan is not None else None
        if layer is None:
            return
        crs = self.system_box.currentData()
        encoding = self.encoding_box.currentData() if self.encoding_box.isEnabled() else ""
        self.result.setText("")

        def work(report: Report) -> Exported:
            from data.imports.exports import export_layer

            return export_layer(layer, path, crs=crs, encoding=encoding, report=report)

        self.session.jobs.start(f"导出“{path.name}”", work, self._done)

    def _done(self, done: Exported) -> None:
        said = f"已导出“{done.path.name}”:{done.count:,} 个要素,坐标系 {done.crs}。"
        self.result.setText("\n".join([said, *(f"{note}。" for note in done.notes)]))
        self.window_.message.show_text(said, tone="note")
