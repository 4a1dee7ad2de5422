"""Charts of the answer on the map, the same ones that the report prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QWidget

from data.progress import Report
from data.refused import Refused
from desktop.panels.fields import GAP, column, empty_words, label, scrolling
from maps.analysis.coverage import Coverage

if TYPE_CHECKING:
    from desktop.jobs import Job
    from desktop.window import Window
    from maps.drawing.charts import Chart

_DPI = 200
"""Fine enough for print; the panel's picture is scaled to the panel."""
_NARROW = 70.0
"""Width in mm of the chart in the panel: its words are legible there. Files get the report's."""
_EMPTY = "先在“覆盖”里按服务半径计算,这里画出按旗县区、按距离的图。"
_BY_ROAD = "图表按服务半径的结果来画。现在显示的是路程时间的结果,请在“覆盖”里按服务半径再算一次。"
_NOTHING_COMPARED = "先在左边“方案”里选一个对比方案,再按服务半径计算覆盖。"

Draw = Callable[["float | None"], "Chart"]
"""Draws a chart so many mm wide, None: as wide as the report's."""
Drawn = tuple[bytes, str]
"""A PNG picture, or b"" and the reason why there is none."""


class ChartsPanel(QWidget):
    """Draws in the background, and only while somebody looks."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, rows = column()
        outer.addWidget(scrolling(inside))
        self.box = QComboBox()
        for title, name in (
            ("各旗县区覆盖人口比例", "district"),
            ("人口按到最近设施的距离", "distance"),
            ("两个方案前后对照", "compare"),
        ):
            self.box.addItem(title, name)
        self.empty = empty_words(_EMPTY)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.stale = label("规划已改动,这张图是改动前的结果。", "muted", wrap=True)
        self.save_button = QPushButton("保存图片…")
        for widget in (self.box, self.empty, self.picture, self.stale, self.save_button):
            rows.addWidget(widget)
        rows.addSpacing(GAP)
        rows.addStretch(1)
        self.png = b""
        self._draw: Draw | None = None
        self._looking = False
        self._job: Job | None = None
        self._whole = QPixmap()
        self.box.currentIndexChanged.connect(self.refresh)
        self.save_button.clicked.connect(self._ask_file)
        self.session.results_changed.connect(self.refresh)
        self.session.comparing.changed.connect(self.refresh)
        self.session.plan_changed.connect(lambda before, after: self._show_stale())
        self.refresh()

    def begin(self) -> None:
        self.box.setFocus()

    def seen(self, visible: bool) -> None:
        """The panel has come to the front, or gone behind another one."""
        self._looking = visible
        if visible:
            self.refresh()

    def refresh(self) -> None:
        """Draw the chosen chart of the present answer, or say what is missing for it."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._take((b"", self._missing()))
        if not self._looking or self._missing():
            return
        self.empty.setText("正在画图…")
        draw = self._chart()
        self._job = self.session.jobs.start(
            "图表", lambda report: _drawn(draw, report), self._done, quiet=True
        )
        self._draw = draw

    def _missing(self) -> str:
        """Why the chosen chart cannot be drawn now, "" when it can."""
        result = self.session.result
        if self.box.currentData() == "compare":
            found = self.session.comparing.difference if self.session.comparing.base else None
            return "" if found and isinstance(found.after, Coverage) else _NOTHING_COMPARED
        if result is None:
            return _EMPTY
        return "" if isinstance(result.coverage, Coverage) else _BY_ROAD

    def _chart(self) -> Draw:
        """What draws the chosen chart, from values that do not change any more."""
        chosen, session = self.box.currentData(), self.session
        found = session.comparing.difference
        answer = session.result.coverage if session.result is not None else None

        def draw(width: float | None) -> Chart:
            from maps.drawing import charts

            wide = charts.WIDTH if width is None else width

            if chosen == "compare":
                assert found is not None
                assert isinstance(found.before, Coverage)
                assert isinstance(found.after, Coverage)
                names = (found.before.plan.name, found.after.plan.name)
                return charts.before_after(found.before, found.after, names, wide)
            assert isinstance(answer, Coverage)
            if chosen == "district":
                return charts.by_district(answer, wide)
            return charts.by_distance(answer, width=wide)

        return draw

    def _done(self, drawn: Drawn) -> None:
        self._job = None
        self._take(drawn)

    def _take(self, drawn: Drawn) -> None:
        self.png, words = drawn
        self._whole = QPixmap()
        if self.png:
            self._whole.loadFromData(self.png)
        self.empty.setText(words)
        self.empty.setVisible(not self.png)
        self.picture.setVisible(bool(self.png))
        self.save_button.setVisible(bool(self.png))
        self._fit()
        self._show_stale()

    def _show_stale(self) -> None:
        result = self.session.result
        old = bool(self.png) and result is not None and self.session.is_stale(result)
        self.stale.setVisible(old)

    def _fit(self) -> None:
        if self._whole.isNull():
            self.picture.clear()
            return
        ratio = self.devicePixelRatioF()
        wide = max(120, self.box.width())
        small = self._whole.scaledToWidth(
            round(wide * ratio), Qt.TransformationMode.SmoothTransformation
        )
        small.setDevicePixelRatio(ratio)
        self.picture.setPixmap(small)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def _ask_file(self) -> None:
        folder = self.session.path.parent if self.session.path else Path.home()
        start = folder / f"{self.box.currentText()}.png"
        name, _ = QFileDialog.getSaveFileName(self, "保存图片", str(start), "PNG 图片 (*.png)")
        if name:
            path = Path(name)
            self.save(path if path.suffix.lower() == ".png" else Path(f"{name}.png"))

    def save(self, path: Path) -> None:
        """Write the chart that is shown into ``path`` in the background."""
        draw = self._draw
        if draw is None:
            return

        def work(report: Report) -> None:
            from maps.drawing.saving import saving

            report(0.0, "正在画图…")
            picture = draw(None).png(_DPI)
            with saving(path) as beside:
                beside.write_bytes(picture)

        self.session.jobs.start(f"保存“{path.name}”", work)


def _drawn(draw: Draw, report: Report) -> Drawn:
    report(0.0, "正在画图…")
    try:
        return draw(_NARROW).png(_DPI), ""
    except Refused as refusal:
        return b"", str(refusal)
