"""Export a map: which one, paper, resolution, what stands in the title block; in the background."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from data.progress import Report
from desktop.panels.fields import GAP, column, label, scrolling
from maps.drawing.content import TEMPLATES

if TYPE_CHECKING:
    from desktop.window import Window

_PAPERS = ("A4", "A3", "A2", "A1", "A0")
_FORMATS = "PDF 文件 (*.pdf);;PNG 图片 (*.png);;SVG 矢量图 (*.svg);;TIFF 图片 (*.tif)"
_BLOCK = {
    "title": ("标题", "空着就用地名加图名"),
    "organisation": ("编制单位", ""),
    "date": ("日期", ""),
    "sheet_number": ("图号", ""),
    "secrecy": ("密级", ""),
    "approval": ("审图号", ""),
    "source": ("资料来源", ""),
}
_KEPT = ("organisation", "secrecy")
"""What is the same on the next map: kept in the settings."""


class ExportPanel(QWidget):
    """Fills a PrintAsk and starts the export with the plan as it is when pressed."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, rows = column()
        self._add_fields(rows)
        self._add_buttons(rows)
        rows.addStretch(1)
        outer.addWidget(scrolling(inside))
        self.session.results_changed.connect(self._show_coverage)
        self._show_coverage()

    def _add_fields(self, rows: QVBoxLayout) -> None:
        rows.addWidget(label("导出布局图", "heading"))
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.map, self.paper, self.turn, self.dpi = (QComboBox() for _ in range(4))
        self.map.addItems(list(TEMPLATES))
        self.map.activated.connect(lambda index: self._show_coverage())
        self.paper.addItems(_PAPERS)
        self.paper.setCurrentText("A3")
        for words, way in (("自动", None), ("横向", True), ("纵向", False)):
            self.turn.addItem(words, way)
        for dpi, words in ((150, "150(草图)"), (300, "300(印刷)"), (600, "600(精细)")):
            self.dpi.addItem(words, dpi)
        self.dpi.setCurrentIndex(1)
        self.dpi.setToolTip("图片每英寸的像素数;PDF 和 SVG 是矢量的,不受影响")
        boxes = {"图": self.map, "纸张": self.paper, "方向": self.turn, "分辨率": self.dpi}
        for text, box in boxes.items():
            grid.addWidget(label(text, "muted"), grid.rowCount(), 0)
            grid.addWidget(box, grid.rowCount() - 1, 1)
        grid.addWidget(label("图签", "heading"), grid.rowCount(), 0, 1, 2)
        self.block: dict[str, QLineEdit] = {}
        for name, (text, hint) in _BLOCK.items():
            field = QLineEdit()
            field.setPlaceholderText(hint)
            grid.addWidget(label(text, "muted"), grid.rowCount(), 0)
            grid.addWidget(field, grid.rowCount() - 1, 1)
            self.block[name] = field
        today = datetime.date.today()
        self.block["date"].setText(f"{today.year}年{today.month}月")
        for name in _KEPT:
            self.block[name].setText(str(self.window_.settings.value(f"export/{name}", "")))
        rows.addLayout(grid)

    def _add_buttons(self, rows: QVBoxLayout) -> None:
        self.coverage_words = label("", "muted", wrap=True)
        rows.addWidget(self.coverage_words)
        buttons = QHBoxLayout()
        self.button = QPushButton("导出…")
        self.button.setProperty("role", "primary")
        self.away = QPushButton("收起")
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.away)
        rows.addLayout(buttons)
        rows.addWidget(label("导出的是按下按钮时的规划,导出期间可以继续编辑。", "muted", wrap=True))
        self.button.clicked.connect(self._ask_file)
        self.away.clicked.connect(lambda: self.window_.hide_panel("export"))

    def begin(self) -> None:
        self.map.setFocus()

    def _show_coverage(self) -> None:
        """A coverage map needs a coverage: say which one it takes, or how to get one."""
        wanted = TEMPLATES[self.map.currentText()].coverage
        result = self.session.result
        missing = wanted and (result is None or result.minutes is not None)
        words = "先在“覆盖”里计算,再导出覆盖图。" if missing else "画上地图上现在的覆盖结果。"
        if missing and result is not None:
            words = "覆盖图画的是服务半径:先在“覆盖”里按服务半径计算,再导出。"
        self.coverage_words.setText(words)
        self.coverage_words.setVisible(wanted)
        self.button.setEnabled(not missing)
        self.button.setToolTip(words if missing else "")

    def fields(self) -> dict[str, Any]:
        """What the fields ask for, by the names of PrintAsk (it loads matplotlib: in the job)."""
        name = self.map.currentText()
        result = self.session.result if TEMPLATES[name].coverage else None
        return {
            "map_name": name,
            "paper": self.paper.currentText(),
            "landscape": self.turn.currentData(),
            "dpi": self.dpi.currentData(),
            "coverage": result.ask if result is not None else None,
            **{key: field.text().strip() for key, field in self.block.items()},
        }

    def _ask_file(self) -> None:
        for name in _KEPT:
            self.window_.settings.setValue(f"export/{name}", self.block[name].text().strip())
        folder = self.session.path.parent if self.session.path else Path.home()
        start = folder / f"{self.session.name}{self.map.currentText()}.pdf"
        name, chosen = QFileDialog.getSaveFileName(self, "导出布局图", str(start), _FORMATS)
        if name:
            path = Path(name)
            self.export(path if path.suffix else path.with_suffix(_suffix(chosen)))

    def export(self, path: Path) -> None:
        """Write the map into ``path`` in the background; its ending names the format."""
        plan = self.session.plan
        if plan is None:
            return
        fields = self.fields()

        def work(report: Report) -> None:
            from maps.drawing.printing import PrintAsk, print_map

            print_map(plan, PrintAsk(**fields), path, report)

        def done(answer: None) -> None:
            words = f"已导出“{path.name}”,在“{path.parent}”里。"
            self.window_.message.show_text(words, tone="note")

        self.session.jobs.start(f"导出“{path.name}”", work, done)


def _suffix(chosen: str) -> str:
    return next((s for s in (".png", ".svg", ".tif") if s in chosen), ".pdf")
