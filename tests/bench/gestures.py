"""The hand's gestures as Qt events, to be replayed on the canvas."""

import math
from collections.abc import Iterator
from typing import Any


def mouse(canvas: Any, kind: str, x: float, y: float, button: str) -> Any:
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent

    of = {
        "press": QEvent.Type.MouseButtonPress,
        "move": QEvent.Type.MouseMove,
        "release": QEvent.Type.MouseButtonRelease,
    }
    which = getattr(Qt.MouseButton, button)
    at = QPointF(round(x), round(y))
    where = QPointF(canvas.mapToGlobal(at.toPoint()))
    # Ctrl: no snapping, so that every frame is another place.
    return QMouseEvent(of[kind], at, where, which, which, Qt.KeyboardModifier.ControlModifier)


def pan_events(canvas: Any, frames: int) -> Iterator[Any]:
    """The middle button held, the hand going round and ever further."""
    x, y = canvas.width() / 2, canvas.height() / 2
    yield mouse(canvas, "press", x, y, "MiddleButton")
    for i in range(frames):
        angle, away = i / 14, min(i * 3, 260)
        yield mouse(
            canvas, "move", x + away * math.cos(angle), y + away * math.sin(angle), "MiddleButton"
        )
    yield mouse(canvas, "release", x, y, "MiddleButton")


def zoom_events(canvas: Any, frames: int) -> Iterator[Any]:
    """The wheel, a third of a notch a frame, in and out again."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent

    at = QPoint(canvas.width() // 3, canvas.height() // 3)
    for i in range(frames):
        turn = 40 if (i // 30) % 2 == 0 else -40
        yield QWheelEvent(
            QPointF(at),
            QPointF(canvas.mapToGlobal(at)),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )


def drag_events(canvas: Any, start: list[float], frames: int) -> Iterator[Any]:
    """A facility held and led around, ten pixels a frame."""
    x, y = start
    for i in range(frames):
        angle = i / 18
        away = min(10.0 * i, 180.0)
        px = min(max(x + away * math.cos(angle), 5), canvas.width() - 5)
        py = min(max(y + away * math.sin(angle), 5), canvas.height() - 5)
        yield mouse(canvas, "move", px, py, "LeftButton")
