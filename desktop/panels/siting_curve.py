"""The curve of 1 … n sites as a chart one can click: a click chooses the number."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.fields import GAP, label
from desktop.panels.roads_page import Cell, Grid
from desktop.panels.siting_sites import question_words
from desktop.siting import Curve, Sought, Wish
from desktop.siting_words import worth
from desktop.words import people
from maps.drawing.style import COVERED, LOST

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 10.0, 10.0, 22.0
_HEIGHT = 168
_LEAST = 0.05


class CurveChart(QWidget):
    """Points of a curve; ``chosen`` tells the number of sites of the point clicked."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.points: tuple[tuple[int, float], ...] = ()
        self.knee: int | None = None
        self.current: int | None = None
        self._words: tuple[str, ...] = ()
        self._ends = ("", "")
        self._axis = (0.0, 1.0)
        self.setFixedHeight(_HEIGHT)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_points(
        self,
        points: tuple[tuple[int, float], ...],
        words: tuple[str, ...],
        axis: tuple[float, float],
        ends: tuple[str, str],
        knee: int | None,
    ) -> None:
        """Show (number, value) points; ``words`` say the values, ``ends`` the axis."""
        self.points, self._words, self._ends, self.knee = points, words, ends, knee
        self.current, self._axis = None, axis
        told = "\n".join(words)
        self.setAccessibleName("处数与效果曲线")
        self.setAccessibleDescription(told)
        self.update()

    def at(self, p: int) -> QPointF:
        """Where the point of a number of sites is drawn."""
        index = [n for n, _ in self.points].index(p)
        return self._places()[index]

    def _plot(self) -> QRectF:
        return QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)

    def _places(self) -> list[QPointF]:
        box = self._plot()
        low, high = self._axis
        first, last = self.points[0][0], self.points[-1][0]
        across, up = max(last - first, 1), (high - low) or 1.0
        return [
            QPointF(
                box.left() + box.width() * (p - first) / across,
                box.bottom() - box.height() * (v - low) / up,
            )
            for p, v in self.points
        ]

    def _nearest(self, x: float) -> int:
        return min(zip(self._places(), self.points, strict=True), key=lambda q: abs(q[0].x() - x))[
            1
        ][0]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.points:
            p = self._nearest(event.position().x())
            self.setToolTip(self._words[[n for n, _ in self.points].index(p)])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.points and event.button() == Qt.MouseButton.LeftButton:
            self.choose(self._nearest(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.points:
            super().keyPressEvent(event)
            return
        numbers = [n for n, _ in self.points]
        now = numbers.index(self.current) if self.current in numbers else -1
        self.choose(numbers[min(max(now + step, 0), len(numbers) - 1)])

    def choose(self, p: int) -> None:
        self.current = p
        self.update()
        self.chosen.emit(p)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.points:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, box = self.palette(), self._plot()
        muted = palette.color(palette.ColorRole.PlaceholderText)
        painter.setPen(QPen(palette.color(palette.ColorRole.Mid), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.setPen(muted)
        self._axes(painter, box)
        places = self._places()
        painter.setPen(QPen(QColor(COVERED), 1.6))
        painter.drawPolyline(QPolygonF(places))
        painter.setBrush(QColor(COVERED))
        painter.setPen(Qt.PenStyle.NoPen)
        for place in places:
            painter.drawEllipse(place, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for number, color in ((self.knee, LOST), (self.current, palette.color(
            palette.ColorRole.WindowText).name())):  # fmt: skip
            if number is not None:
                painter.setPen(QPen(QColor(color), 1.5))
                painter.drawEllipse(self.at(number), 6, 6)
        painter.end()

    def _axes(self, painter: QPainter, box: QRectF) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        low, high = self._ends
        painter.drawText(QRectF(0, box.bottom() - 8, _LEFT - 6, 16), right, low)
        painter.drawText(QRectF(0, box.top() - 8, _LEFT - 6, 16), right, high)
        middle = Qt.AlignmentFlag.AlignHCenter
        numbers = [n for n, _ in self.points]
        shown = {numbers[0], numbers[-1], *([self.knee] if self.knee is not None else [])}
        for p in shown:
            spot = QRectF(self.at(p).x() - 24, box.bottom() + 4, 48, 16)
            painter.drawText(spot, middle, f"{p}")


class CurveAnswer(QWidget):
    """The chart, what it says, and its numbers."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.all = QVBoxLayout(self)
        self.all.setContentsMargins(0, GAP, 0, 0)
        self.all.setSpacing(GAP)
        self.title = label("", "heading", wrap=True)
        self.knee = label("", "", wrap=True)
        self.chart = CurveChart()
        self.chart.chosen.connect(self.chosen)
        self.how = label("横轴是新增处数。点曲线上的一点,就按那个处数选址。", "muted", wrap=True)
        self.table = Grid(("处数", "效果", "多一处", "证明"))
        self.notes = label("", "muted", wrap=True)
        for widget in (self.title, self.chart, self.knee, self.how, self.table, self.notes):
            self.all.addWidget(widget)

    def show_curve(self, sought: Sought, curve: Curve) -> None:
        """Show a curve."""
        question = sought.question
        wish, by_time = question.wish, question.travel is not None
        weights = sought.ground.problem.weights
        total = curve.people - float(weights[curve.left_out].sum())
        values = [worth(q.objective, wish, total, by_time) for q in curve.points]
        known = [k for k, q in enumerate(curve.points) if abs(q.objective) < float("inf")]
        points = tuple((curve.points[k].p, curve.points[k].objective) for k in known)
        words = tuple(f"{curve.points[k].p} 处:{values[k]}" for k in known)
        axis = _axis([v for _, v in points], wish, total)
        ends = worth(axis[0], wish, total, by_time), worth(axis[1], wish, total, by_time)
        self.chart.show_points(points, words, axis, ends, curve.knee)
        self.title.setText(question_words(question))
        self.knee.setText(_knee(curve, values))
        self.knee.setVisible(bool(self.knee.text()))
        self.table.fill([
            (Cell(f"{q.p}"), Cell(text, q.objective), Cell(_gain(q.gain, wish, total, by_time)),
             Cell("✓" if q.status == "optimal" else f"差 {q.gap:.1%}",
                  tip="已证明最优" if q.status == "optimal" else "未证完,最多还能好这么多"))
            for q, text in zip(curve.points, values, strict=True)
        ])  # fmt: skip
        way = "路网行车时间,未计准备时间。" if by_time else "直线距离(椭球面上),不是行车时间。"
        basis = f"人口依据:{sought.ground.demand.basis or '未注明'}。"
        self.notes.setText(f"处数不含保留不动的现有设施。{way}{basis}")


def _axis(values: list[float], wish: Wish, total: float) -> tuple[float, float]:
    """The axis' low and high; shares of people span five per cent at least, or small
    differences would look large."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if wish.model == "mclp" and high - low < _LEAST * total:
        high = min(total, low + _LEAST * total)
        low = high - _LEAST * total
    return low, high


def _knee(curve: Curve, values: list[str]) -> str:
    if curve.knee is None:
        return ""
    at = [q.p for q in curve.points].index(curve.knee)
    return f"{curve.knee} 处({values[at]})是拐点,再多收益明显变小。"


def _gain(gain: float | None, wish: Wish, total: float, by_time: bool) -> str:
    if gain is None or abs(gain) == float("inf"):
        return "—"
    return people(gain) if wish.model == "mclp" else worth(gain, wish, total, by_time)
