"""Export the map: paper, direction, resolution, name; written in the background."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from data.progress import Report
from desktop.panels.fields import GAP, column, label, scrolling

if TYPE_CHECKING:
    from maps.drawing.printing import PrintAsk

    from desktop.window import Window

_PAPERS = ("A4", "A3", "A2", "A1", "A0")
_FORMATS = "PDF 文件 (*.pdf);;PNG 图片 (*.png);;SVG 矢量图 (*.svg)"


class ExportPanel(QWidget):
    """Fills a PrintAsk and starts the export with the plan as it is when pressed."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, rows = column()
        outer.addWidget(scrolling(inside))
        rows.addWidget(label("导出布局图", "heading"))
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.map_name = QLineEdit("布局图")
        self.paper, self.turn, self.dpi = QComboBox(), QComboBox(), QComboBox()
        self.paper.addItems(_PAPERS)
        self.paper.setCurrentText("A3")
        self.turn.addItem("横向", True)
        self.turn.addItem("纵向", False)
        for dpi, words in ((150, "150(草图)"), (300, "300(印刷)"), (600, "600(精细)")):
            self.dpi.addItem(words, dpi)
        self.dpi.setCurrentIndex(1)
        self.dpi.setToolTip("PNG 图片每英寸的像素数;PDF 和 SVG 是矢量的")
        pairs = (
            ("图名", self.map_name),
            ("纸张", self.paper),
            ("方向", self.turn),
            ("分辨率", self.dpi),
        )
        for row, (text, field) in enumerate(pairs):
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(field, row, 1)
        rows.addLayout(grid)
        buttons = QHBoxLayout()
        self.button = QPushButton("导出…")
        self.button.setProperty("role", "primary")
        self.away = QPushButton("收起")
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.away)
        rows.addLayout(buttons)
        rows.addWidget(label("导出的是按下按钮时的规划,导出期间可以继续编辑。", "muted", wrap=True))
        rows.addStretch(1)
        self.button.clicked.connect(self._ask_file)
        self.away.clicked.connect(lambda: window.hide_panel("export"))

    def begin(self) -> None:
        self.map_name.setFocus()
        self.map_name.selectAll()

    def ask(self) -> PrintAsk:
        """What the fields ask for."""
        from maps.drawing.printing import PrintAsk

        return PrintAsk(
            map_name=self.map_name.text().strip() or "布局图",
            paper=self.paper.currentText(),
            landscape=self.turn.currentData(),
            dpi=self.dpi.currentData(),
        )

    def _ask_file(self) -> None:
        folder = self.session.path.parent if self.session.path else Path.home()
        start = folder / f"{self.session.name}{self.ask().map_name}.pdf"
        name, chosen = QFileDialog.getSaveFileName(self, "导出布局图", str(start), _FORMATS)
        if name:
            path = Path(name)
            self.export(path if path.suffix else path.with_suffix(_suffix(chosen)))

    def export(self, path: Path) -> None:
        """Write the map into ``path`` (.pdf, .png or .svg) in the background."""
        plan, ask = self.session.plan, self.ask()
        if plan is None:
            return

        def work(report: Report) -> None:
            from maps.drawing.printing import print_map

            print_map(plan, ask, path, report)

        def done(answer: None) -> None:
            self.window_.message.show_text(
                f"已导出“{path.name}”,在“{path.parent}”里。", tone="note"
            )

        self.session.jobs.start(f"导出“{path.name}”", work, done)


def _suffix(chosen: str) -> str:
    return next(s for s in (".png", ".svg", ".pdf") if s in chosen or s == ".pdf")
