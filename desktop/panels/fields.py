"""Small pieces the panels are put together from: headings, columns, fields with units."""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QVBoxLayout,
    QWidget,
)

GAP, EDGE = 8, 16


def label(text: str, role: str = "", *, wrap: bool = False) -> QLabel:
    """A label in one of the roles of the style sheet: heading, headline, muted, error."""
    made = QLabel(text)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


def empty_words(text: str) -> QLabel:
    """What an empty panel says: what will appear here and how."""
    made = label(text, "muted", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignTop)
    return made


def column(inside: QWidget | None = None) -> tuple[QWidget, QVBoxLayout]:
    """A white column with the panels' margins, and its layout."""
    made = inside or QWidget()
    made.setObjectName("column")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    layout = QVBoxLayout(made)
    layout.setContentsMargins(EDGE, GAP, EDGE, GAP)
    layout.setSpacing(GAP)
    return made, layout


def scrolling(inside: QWidget) -> QScrollArea:
    """A column that scrolls up and down only; its bar stands in the right margin."""
    layout = inside.layout()
    if layout is not None:
        margins = layout.contentsMargins()
        layout.setContentsMargins(margins.left(), margins.top(), GAP, margins.bottom())
    area = QScrollArea()
    area.setObjectName("column")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    area.setWidget(inside)
    bar = area.verticalScrollBar()
    bar.rangeChanged.connect(lambda low, high: _show_idle(bar, high <= low))
    _show_idle(bar, True)
    return area


def _show_idle(bar: QScrollBar, idle: bool) -> None:
    """Leave the bar's place free, so that nothing shifts, but show no handle to pull in vain."""
    if bar.property("idle") is not idle:
        bar.setProperty("idle", idle)
        bar.style().polish(bar)


def set_bad(field: QWidget, message: QLabel, sentence: str) -> None:
    """Mark a field as wrong with the sentence beneath it, or clear the mark with ""."""
    message.setText(sentence)
    message.setVisible(bool(sentence))
    if bool(field.property("bad")) != bool(sentence):
        field.setProperty("bad", bool(sentence))
        field.style().polish(field)


def offer(box: QComboBox, wanted: list[tuple[str, str]]) -> None:
    """Offer these; what was chosen stays chosen."""
    if wanted == [(box.itemText(i), box.itemData(i)) for i in range(box.count())]:
        return
    chosen = box.currentData() if box.count() > 1 else None
    box.blockSignals(True)
    box.clear()
    for text, data in wanted:
        box.addItem(text, data)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.blockSignals(False)


class LongEdit(QPlainTextEdit):
    """A text of several lines that is as high as what it says; handed over when left."""

    editing_finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        lines = max(1, min(12, round(self.document().size().height())))
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 14)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.editing_finished.emit()


class UnitEdit(QLineEdit):
    """A line to type in, with the unit shown inside it at the right."""

    def __init__(self, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit = unit
        if unit:
            self.setTextMargins(0, 0, self.fontMetrics().horizontalAdvance(unit) + 4, 0)
            self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.unit:
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.palette().ColorRole.PlaceholderText))
        inside = QRect(self.rect()).adjusted(0, 0, -8, 0)
        painter.drawText(
            inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.unit
        )
        painter.end()
