"""Export a map or the map book: which one, paper, resolution, title block; in the background."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
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
from desktop.panels.preview import Preview
from maps.drawing.templates import TEMPLATES, template

if TYPE_CHECKING:
    from data.plan import Plan
    from desktop.window import Window

BOOK = "地图册"
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
_WHAT = {
    "覆盖分析图": "覆盖范围和重复覆盖",
    "盲区图": "谁没有被覆盖到:面积和人口",
    "责任区图": "每个地方归哪个站管",
    "风险四色图": "危险源、灾害区按风险等级着色",
    "避难场所分布图": "给公众看的现状避难场所",
    "疏散转移路线图": "居民点到避难场所怎么走",
    BOOK: "封面、索引、全域各图、每个区县一页,合成一个 PDF",
}


class ExportPanel(QWidget):
    """Fills a PrintAsk and starts the export with the plan as it is when pressed."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, rows = column()
        rows.addWidget(label("导出地图", "heading"))
        self._add_choices(rows)
        self.preview = Preview(self.session, self.fields)
        rows.addWidget(self.preview)
        self.preview_words = label("", "muted", wrap=True)
        rows.addWidget(self.preview_words)
        self._add_buttons(rows)
        self._add_block(rows)
        rows.addStretch(1)
        outer.addWidget(scrolling(inside))
        self.session.results_changed.connect(self._changed)
        self.session.plan_changed.connect(lambda before, after: self._changed())
        self.preview.shown_.connect(lambda: self.preview_words.setText(self.preview.page.words))
        self._changed()

    def _add_choices(self, rows: QVBoxLayout) -> None:
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.map, self.paper, self.turn, self.dpi = (QComboBox() for _ in range(4))
        self.map.addItems([*TEMPLATES, BOOK])
        self.paper.addItems(_PAPERS)
        self.paper.setCurrentText("A3")
        for words, way in (("自动", None), ("横向", True), ("纵向", False)):
            self.turn.addItem(words, way)
        for dpi, words in ((150, "150(草图)"), (300, "300(印刷)"), (600, "600(精细)")):
            self.dpi.addItem(words, dpi)
        self.dpi.setCurrentIndex(1)
        self.dpi.setToolTip("图片每英寸的像素数;PDF 和 SVG 是矢量的,不受影响")
        boxes = {"图": self.map, "纸张": self.paper, "方向": self.turn, "分辨率": self.dpi}
        for i, (text, box) in enumerate(boxes.items()):
            grid.addWidget(label(text, "muted"), i, 0)
            grid.addWidget(box, i, 1)
            box.currentIndexChanged.connect(lambda index: self._changed())
        rows.addLayout(grid)
        self.what = label("", "muted", wrap=True)
        rows.addWidget(self.what)

    def _add_block(self, rows: QVBoxLayout) -> None:
        rows.addWidget(label("图签", "heading"))
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.setColumnStretch(1, 1)
        self.block: dict[str, QLineEdit] = {}
        for i, (name, (text, hint)) in enumerate(_BLOCK.items()):
            field = QLineEdit()
            field.setPlaceholderText(hint)
            grid.addWidget(label(text, "muted"), i, 0)
            grid.addWidget(field, i, 1)
            self.block[name] = field
            field.editingFinished.connect(self.preview.refresh)
        today = datetime.date.today()
        self.block["date"].setText(f"{today.year}年{today.month}月")
        for name in _KEPT:
            self.block[name].setText(str(self.window_.settings.value(f"export/{name}", "")))
        rows.addLayout(grid)

    def _add_buttons(self, rows: QVBoxLayout) -> None:
        self.separate = QCheckBox("每页另存一个 PDF")
        self.separate.setToolTip("放在与地图册同名的文件夹里")
        rows.addWidget(self.separate)
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
        self.preview.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.preview.refresh()

    @property
    def is_book(self) -> bool:
        return self.map.currentText() == BOOK

    def _changed(self) -> None:
        """Say what the map shows, and show it."""
        words = _WHAT.get(self.map.currentText(), "")
        if not self.is_book and template(self.map.currentText()).coverage:
            words += ";" + self._coverage_words()
        self.what.setText(words)
        self.what.setVisible(bool(words))
        self.separate.setVisible(self.is_book)
        self.dpi.setEnabled(not self.is_book)
        self.preview.refresh()

    def _coverage_words(self) -> str:
        result = self.session.result
        if result is None:
            return "还没有计算覆盖,按通常的半径算,写在图名下面"
        if result.minutes is not None:
            return "现在的结果按时间算,这张图画服务半径:按通常的半径算,写在图名下面"
        return "画上地图上现在的覆盖结果"

    def fields(self) -> dict[str, Any]:
        """What the fields ask for, by the names of PrintAsk (it loads matplotlib: in the job)."""
        shown = template("布局图" if self.is_book else self.map.currentText())
        result = self.session.result
        by_radius = result is not None and result.minutes is None
        return {
            "map_name": shown.name,
            "paper": self.paper.currentText(),
            "landscape": self.turn.currentData(),
            "dpi": self.dpi.currentData(),
            "coverage": result.ask if result and by_radius and shown.coverage else None,
            **{key: field.text().strip() for key, field in self.block.items()},
        }

    def _ask_file(self) -> None:
        for name in _KEPT:
            self.window_.settings.setValue(f"export/{name}", self.block[name].text().strip())
        folder = self.session.path.parent if self.session.path else Path.home()
        start = folder / f"{self.session.name}{self.map.currentText()}.pdf"
        formats = _FORMATS.split(";;")[0] if self.is_book else _FORMATS
        name, chosen = QFileDialog.getSaveFileName(self, "导出地图", str(start), formats)
        if name:
            path = Path(name)
            self.export(path if path.suffix else path.with_suffix(_suffix(chosen)))

    def export(self, path: Path) -> None:
        """Write the map, or the book, into ``path`` in the background."""
        plan = self.session.plan
        if plan is None:
            return

        def done(answer: str) -> None:
            words = f"已导出“{path.name}”,在“{path.parent}”里。{answer}"
            self.window_.message.show_text(words, tone="note")

        write = self._book if self.is_book else self._one
        self.session.jobs.start(f"导出“{path.name}”", write(plan, path), done)

    def _one(self, plan: Plan, path: Path) -> Any:
        fields = self.fields()

        def work(report: Report) -> str:
            from maps.drawing.printing import PrintAsk, print_map

            print_map(plan, PrintAsk(**fields), path, report).pen.let_go()
            return ""

        return work

    def _book(self, plan: Plan, path: Path) -> Any:
        fields = self.fields()
        for name in ("map_name", "dpi", "sheet_number", "coverage"):
            del fields[name]
        result = self.session.result
        if result is not None and result.minutes is None:
            fields["coverage"] = result.ask
        folder = path.with_suffix("") if self.separate.isChecked() else None

        def work(report: Report) -> str:
            from maps.drawing.book import BookAsk, bind

            bound = bind(plan, BookAsk(**fields), path, folder, report)
            missing = "、".join(name for name, _ in bound.left_out)
            more = f",没有{missing}(规划里缺少要用的内容)" if missing else ""
            return f"共 {len(bound.pages)} 页{more}。"

        return work


def _suffix(chosen: str) -> str:
    return next((s for s in (".png", ".svg", ".tif") if s in chosen), ".pdf")
