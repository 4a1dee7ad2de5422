"""The message bar on the map's upper edge: one sentence, perhaps with buttons, closable.

It lies over the map, so that nothing shifts when it comes and goes.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

NOTE_MS = 8000
"""How long news stays by itself; what was refused stays until it is closed."""

Answer = tuple[str, Callable[[], object]]


class MessageBar(QWidget):
    """Shows the latest sentence; hidden while there is none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        parent.installEventFilter(self)
        self.setObjectName("message")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 4, 8, 4)
        self._row.setSpacing(8)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._row.addWidget(self.label, 1)
        self.close_button = QToolButton(self)
        self.close_button.setToolTip("关闭这条消息")
        self.close_button.clicked.connect(self.clear)
        self._row.addWidget(self.close_button)
        self._buttons: list[QPushButton] = []
        self._timer = QTimer(self, interval=NOTE_MS, singleShot=True)
        self._timer.timeout.connect(self.clear)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence on show, "" when there is none."""
        return "" if self.isHidden() else self.label.text()

    def show_text(self, text: str, *answers: Answer, tone: str = "error") -> None:
        """Show a sentence with buttons; pressing one closes the bar first.

        ``tone``: “error” for what was refused, “warn” for a question, “note” for news.
        """
        self._drop_buttons()
        self.label.setText(text)
        self.setProperty("tone", tone)
        self.style().polish(self)
        for title, act in answers:
            button = QPushButton(title, self)
            button.clicked.connect(lambda checked=False, act=act: self._answer(act))
            self._row.insertWidget(self._row.count() - 1, button)
            self._buttons.append(button)
        self.show()
        self._place()
        if tone == "note" and not answers:
            self._timer.start()
        else:
            self._timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None and not self.isHidden():
            self.setGeometry(0, 0, parent.width(), self.heightForWidth(parent.width()))
            self.raise_()

    def show_error(self, text: str) -> None:
        self.show_text(text)

    def show_note(self, text: str) -> None:
        self.show_text(text, tone="note")

    def clear(self) -> None:
        self._drop_buttons()
        self.hide()

    def _answer(self, act: Callable[[], object]) -> None:
        self.clear()
        act()

    def _drop_buttons(self) -> None:
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
