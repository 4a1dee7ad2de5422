"""The status line: what is running (with a stop), place under the mouse, scale, unsaved."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from desktop.session import Session


def left_words(seconds: float | None) -> str:
    """“还需约 20 秒”, "" while that cannot be told."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"还需约 {max(1, round(seconds))} 秒"
    return f"还需约 {round(seconds / 60)} 分钟"


class Readout(QWidget):
    """A number that follows the mouse: it grows to its widest text and never moves the others.

    A label would have the whole line laid out again with every pixel the mouse moves.
    """

    _EDGE = 8

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        if text == self._text:
            return
        self._text = text
        self.setAccessibleName(text)
        wide = self.fontMetrics().horizontalAdvance(text) + 2 * self._EDGE
        if wide > self.minimumWidth():
            self.setMinimumWidth(wide)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = self.rect().adjusted(self._EDGE, 0, -self._EDGE, 0)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(
            box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._text
        )
        painter.end()


class StatusLine(QStatusBar):
    """Listens to the session's jobs; the window tells it the place and the scale."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setSizeGripEnabled(False)
        self.job = QWidget(self)
        row = QHBoxLayout(self.job)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(8)
        self.text = QLabel(self.job)
        self.bar = QProgressBar(self.job)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.bar.setRange(0, 1000)
        self.stop = QToolButton(self.job)
        self.stop.setToolTip("停止这项工作,已有的内容不受影响")
        self.stop.clicked.connect(self._stop)
        for widget in (self.text, self.bar, self.stop):
            row.addWidget(widget)
        self.job.hide()
        self.addWidget(self.job)
        self.place, self.metres, self.scale = (Readout(self) for _ in range(3))
        self.unsaved = QLabel(self)
        self.unsaved.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.unsaved.setContentsMargins(8, 0, 8, 0)
        self.place.setToolTip("鼠标所在位置:经度、纬度(CGCS2000)")
        self.metres.setToolTip("鼠标所在位置:规划坐标系里的东坐标、北坐标(米)")
        for label in (self.place, self.metres, self.scale, self.unsaved):
            self.addPermanentWidget(label)
        session.job_changed.connect(self.refresh)
        session.plan_changed.connect(lambda before, after: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        job = self.session.jobs.shown()
        self.job.setVisible(job is not None)
        if job is not None:
            words = [job.detail or job.text, left_words(job.seconds_left)]
            self.text.setText("正在停止…" if job.cancelled else " · ".join(w for w in words if w))
            self.bar.setRange(0, 1000 if job.fraction else 0)
            self.bar.setValue(round(job.fraction * 1000))
            self.stop.setEnabled(not job.cancelled)
        unsaved = self.session.unsaved
        self.unsaved.setText("" if self.session.plan is None else "未保存" if unsaved else "已保存")
        self.unsaved.setToolTip("有改动还没有写进文件" if unsaved else "")

    def show_place(self, x: float, y: float, longitude: float, latitude: float) -> None:
        """Show a place: plan metres and degrees."""
        self.place.setText(f"{longitude:.5f}°E  {latitude:.5f}°N")
        self.metres.setText(f"东 {x:,.0f} m  北 {y:,.0f} m")

    def show_scale(self, denominator: float) -> None:
        """Show the map's scale 1:denominator, to three figures."""
        digits = max(0, len(str(int(denominator))) - 3)
        self.scale.setText(f"1:{round(denominator, -digits):,.0f}")

    def _stop(self) -> None:
        job = self.session.jobs.shown()
        if job is not None:
            job.cancel()
            self.refresh()
