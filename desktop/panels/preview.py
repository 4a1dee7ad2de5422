"""The page that an export would write, as a picture: small in the panel, large on a click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QDialog, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from data.progress import Report
from data.refused import Refused

if TYPE_CHECKING:
    from data.plan import Plan
    from desktop.jobs import Job
    from desktop.session import Session

_WAIT = 350
"""Milliseconds without another change before a picture is drawn."""
_LARGE_DPI = 96.0
_TALLEST = 296
"""Pixels: the export button stays in sight on a small screen."""
_EMPTY = "打开规划后,这里显示要导出的图。"

Fields = Callable[[], "dict[str, Any]"]


@dataclass(frozen=True, eq=False)
class Page:
    """A drawn page: pixels (rows, columns, 3) at :data:`_LARGE_DPI`, or why there is none."""

    pixels: Any = None
    words: str = ""
    trouble: str = ""


def draw(plan: Plan, fields: dict[str, Any], report: Report) -> Page:
    """Draw the page the export would write, at the resolution of a screen."""
    from maps.drawing.printing import PrintAsk, compose
    from maps.drawing.raster import pixels

    try:
        made = compose(plan, PrintAsk(**fields), report)
    except Refused as refusal:
        return Page(trouble=str(refusal))
    left_out = len(made.names_left_out)
    scale = f"1:{made.fit.denominator:,.0f}"
    words = f"比例尺 {scale}" + (f";{left_out} 个名称没有位置" if left_out else "")
    drawn = pixels(made.pen, _LARGE_DPI, report)
    made.pen.let_go()
    return Page(drawn, words)


class Preview(QWidget):
    """Shows the page; redrawn in the background when something changed while it is seen."""

    shown_ = Signal()

    def __init__(self, session: Session, fields: Fields) -> None:
        super().__init__()
        self.session = session
        self._fields = fields
        self._job: Job | None = None
        self._picture: QPixmap | None = None
        self._drawn: tuple[Any, dict[str, Any]] | None = None
        self.page = Page(words=_EMPTY)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(180)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("点一下放大")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT)
        self._timer.timeout.connect(self._start)

    def refresh(self) -> None:
        """Draw the page again soon, if anybody sees it."""
        if self.isVisible():
            self._timer.start()

    def _start(self) -> None:
        plan = self.session.plan
        if plan is None or not self.isVisible():
            return
        fields = self._fields()
        if self._drawn == (plan, fields):
            return
        if self._job is not None:
            self._job.cancel()
        self._drawn = (plan, fields)

        def ended() -> None:
            self._job = None

        self._job = self.session.jobs.start(
            "预览", lambda report: draw(plan, fields, report), self._show, failed=ended, quiet=True
        )
        self.update()

    def _show(self, page: Page) -> None:
        self._job = None
        self.page = page
        self._picture = None
        if page.pixels is not None:
            rows, columns = page.pixels.shape[:2]
            image = QImage(
                page.pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888
            )
            # A copy of its own: the array may go before the picture.
            self._picture = QPixmap.fromImage(image.copy())
            self._fit()
        self.update()
        self.shown_.emit()

    def _fit(self) -> None:
        if self._picture is None:
            return
        tall = round(self.width() * self._picture.height() / max(1, self._picture.width()))
        self.setFixedHeight(max(120, min(tall, _TALLEST)))

    @property
    def picture(self) -> QPixmap | None:
        return self._picture

    def stop(self) -> None:
        """Give up the picture that is being drawn."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
        self._drawn = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        inside = self.rect().adjusted(0, 0, -1, -1)
        if self._picture is not None:
            ratio = self.devicePixelRatioF()
            small = self._picture.scaled(
                inside.size() * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            small.setDevicePixelRatio(ratio)
            size = QSize(round(small.width() / ratio), round(small.height() / ratio))
            x, y = (inside.width() - size.width()) // 2, (inside.height() - size.height()) // 2
            painter.drawPixmap(x, y, small)
            painter.setPen(self.palette().mid().color())
            painter.drawRect(x, y, size.width() - 1, size.height() - 1)
        else:
            painter.setPen(self.palette().placeholderText().color())
            words = self.page.trouble or ("正在画预览…" if self._job else self.page.words)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(inside.adjusted(8, 8, -8, -8), int(flags), words)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._picture is not None:
            self.enlarge()

    def enlarge(self) -> QDialog:
        """Show the page at the size it has on paper, in a window that can stay open."""
        assert self._picture is not None
        box = QDialog(self.window())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("预览")
        area = QScrollArea()
        sheet = QLabel()
        sheet.setPixmap(self._picture)
        area.setWidget(sheet)
        area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(area)
        most = self.window().size()
        size = self._picture.size() + QSize(24, 24)
        box.resize(size.boundedTo(most * 0.9))
        box.show()
        return box
