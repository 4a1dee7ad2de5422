"""The first five steps on an example: bubbles that point at the real widgets and block nothing.

A step ends with “下一步”, or by doing what it says. The tour is offered once, when the first
example is opened from the start page; 帮助 › 五步入门 shows it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop.panels.fields import EDGE, GAP, label
from maps.drawing.style import THEMES

if TYPE_CHECKING:
    from desktop.window import Window

DONE = "tour/done"
"""The setting that says the tour has been seen or skipped."""

_WIDTH, _ARROW = 304, 8


@dataclass(frozen=True)
class Step:
    """What is said, about which widget; ``panel`` is shown first; ``by``: what the planner may
    do instead of pressing “下一步” (“select” something, “compute” a coverage)."""

    title: str
    text: str
    widget: Callable[[Window], QWidget | None]
    panel: str = ""
    by: str = ""


def _rules(window: Window) -> QWidget | None:
    return window.docks.targets.rules_box if window.docks else None


def _save_button(window: Window) -> QWidget | None:
    return window.toolbar.widgetForAction(window.commands["save"])


STEPS = (
    Step(
        "看图",
        "滚轮缩放,按住中键或空格平移。带虚线圈的设施位置是“示意”:资料只说到乡镇。",
        lambda w: w.canvas,
    ),
    Step(
        "点一处设施",
        "在图上点一处储备库。右边“属性”里是它的出处和各项数,直接改,回车生效,Ctrl+Z 撤销。",
        lambda w: w.docks.properties if w.docks else None,
        "properties",
        "select",
    ),
    Step(
        "算覆盖",
        "选储备库,按“计算覆盖”:青色够得着,橙色是够不着的人。再拖动一处规划的储备库,数字跟着走。",
        lambda w: w.docks.coverage.button if w.docks else None,
        "coverage",
        "compute",
    ),
    Step(
        "核对目标",
        "规划文本的每条承诺一盏灯。点一条,看原文、为什么、在哪里、怎样才能做到。",
        _rules,
        "targets",
    ),
    Step(
        "保存与帮助",
        "Ctrl+S 保存成一个文件;“文件”菜单里导出地图。哪里不明白,把光标放上去按 F1。",
        _save_button,
    ),
)


def offer(window: Window) -> None:
    """Start the tour with the next plan that is opened, unless it has been seen."""
    if window.settings.value(DONE) in (True, "true"):
        return
    if window.findChildren(Waiting):
        return
    waiting = Waiting(window)
    window.session.opened.connect(waiting.opened)


class Waiting(QObject):
    """Starts the tour once, when the plan is there and the panels stand."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window

    def opened(self) -> None:
        self._window.session.opened.disconnect(self.opened)
        if self._window.session.plan is not None:
            QTimer.singleShot(0, self._window, lambda: start(self._window))
        self.deleteLater()


def start(window: Window) -> Tour | None:
    """Begin the tour; needs an open plan."""
    if window.session.plan is None or window.docks is None:
        return None
    for old in window.findChildren(Tour):
        old.end()
    return Tour(window)


class Tour(QWidget):
    """The bubble of the current step, a child of the window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.step = -1
        self._target: QWidget | None = None
        self._tip = QPoint()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(EDGE + _ARROW, GAP + _ARROW, EDGE + _ARROW, GAP + _ARROW)
        rows.setSpacing(GAP)
        self.title = label("", "heading")
        self.text = label("", wrap=True)
        rows.addWidget(self.title)
        rows.addWidget(self.text)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        self.count = label("", "muted")
        self.skip_button, self.next_button = QPushButton("跳过"), QPushButton("下一步")
        self.next_button.setProperty("role", "primary")
        self.skip_button.clicked.connect(self.end)
        self.next_button.clicked.connect(self.next)
        line.addWidget(self.count)
        line.addStretch(1)
        line.addWidget(self.skip_button)
        line.addWidget(self.next_button)
        rows.addLayout(line)
        self.setFixedWidth(_WIDTH + 2 * _ARROW)
        window.installEventFilter(self)
        session = window.session
        session.selection_changed.connect(self._selected)
        session.results_changed.connect(self._computed)
        session.opened.connect(self.end)
        self.next()

    def next(self) -> None:
        """The next step; after the last one the tour is over."""
        self.step += 1
        if self.step >= len(STEPS):
            self.end()
            return
        step = STEPS[self.step]
        self._window.show_map()
        if step.panel:
            self._window.show_panel(step.panel)
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.count.setText(f"{self.step + 1} / {len(STEPS)}")
        last = self.step == len(STEPS) - 1
        self.next_button.setText("完成" if last else "下一步")
        self.skip_button.setVisible(not last)
        self._target = step.widget(self._window)
        self.show()
        self.raise_()
        self._place()
        QTimer.singleShot(0, self, self._place)  # panels just shown are laid out by then

    def end(self) -> None:
        """Close the tour and remember that it has been seen."""
        self._window.settings.setValue(DONE, True)
        self._window.removeEventFilter(self)
        session = self._window.session
        session.selection_changed.disconnect(self._selected)
        session.results_changed.disconnect(self._computed)
        session.opened.disconnect(self.end)
        self.hide()
        self.setParent(None)
        self.deleteLater()

    def _selected(self) -> None:
        if STEPS[self.step].by == "select" and self._window.session.selection:
            self._on()

    def _computed(self) -> None:
        if STEPS[self.step].by == "compute" and self._window.session.result is not None:
            self._on()

    def _on(self) -> None:
        """The next step, once, however often what was asked for is done."""
        here = self.step
        QTimer.singleShot(0, self, lambda: self.next() if self.step == here else None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        """Stand beside the target, inside the window, the arrow on its nearest edge."""
        target = self._target
        if target is None:
            return
        self.setFixedHeight(self.heightForWidth(self.width()))
        box = QRect(target.mapTo(self._window, QPoint()), target.size())
        room = self._window.rect().adjusted(GAP, GAP, -GAP, -GAP)
        size = self.size()
        middle = box.center()
        if target is self._window.canvas:
            at = QPoint(middle.x() - size.width() // 2, box.top() + EDGE)
            self._tip = QPoint(middle.x(), box.top() + EDGE + size.height() + _ARROW)
        elif box.left() - size.width() > room.left():
            top = min(max(box.top(), room.top()), room.bottom() - size.height())
            at = QPoint(box.left() - size.width(), top)
            self._tip = QPoint(box.left(), min(middle.y(), top + size.height() - 2 * EDGE))
        else:
            left = min(max(middle.x() - size.width() // 2, room.left()), room.right())
            at = QPoint(left, box.bottom())
            self._tip = QPoint(middle.x(), box.bottom())
        self.move(at)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = THEMES[self._window.theme]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(_ARROW, _ARROW, -_ARROW, -_ARROW)
        shape = QPainterPath()
        shape.addRoundedRect(body, 6, 6)
        shape = shape.united(self._arrow(body))
        painter.setPen(QPen(QColor(theme.accent), 1.5))
        painter.setBrush(QColor(theme.panel))
        painter.drawPath(shape)
        painter.end()

    def _arrow(self, body: QRectF) -> QPainterPath:
        """A small triangle on the edge of the body that is nearest to the tip."""
        tip = QPointF(self._tip - self.pos())
        path = QPainterPath()
        if tip.x() >= body.right():
            y = min(max(tip.y(), body.top() + 16), body.bottom() - 16)
            corners = ((body.right(), y - 7), (body.right() + _ARROW - 1, y), (body.right(), y + 7))
        elif tip.y() <= body.top():
            x = min(max(tip.x(), body.left() + 16), body.right() - 16)
            corners = ((x - 7, body.top()), (x, body.top() - _ARROW + 1), (x + 7, body.top()))
        else:
            x = min(max(tip.x(), body.left() + 16), body.right() - 16)
            below = body.bottom() + _ARROW - 1
            corners = ((x - 7, body.bottom()), (x, below), (x + 7, body.bottom()))
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.closeSubpath()
        return path
