"""A hand on the canvas: real Qt events, and waiting until the map is sharp."""

import time

import numpy as np
import shapely
from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.canvas.arranging import arranged
from desktop.canvas.outlines import pixels_of

NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def sharp(canvas, seconds=20.0):
    """Wait until the last picture wished for is on the canvas."""
    deadline = time.monotonic() + seconds
    while canvas.busy or canvas.picture is None or canvas.picture.wish.plan is not canvas.plan:
        assert time.monotonic() < deadline, "no picture came"
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
    QApplication.processEvents()


def at(canvas, x, y):
    """The whole pixel nearest to a place."""
    px, py = canvas.port.px(x, y)
    return QPoint(round(px), round(py))


def spot(canvas, layer, fid):
    """The whole pixel nearest to a feature's symbol."""
    marks = arranged(canvas.plan, canvas.view.mpp).of(canvas.plan.layer(layer))
    row = int(np.flatnonzero(marks.points.fids == fid)[0])
    px, py = marks.pixels(canvas.port)[row]
    return QPoint(round(px), round(py))


def held(canvas, layer, fid, point):
    """How far (plan metres) a facility is moved from where it is let go when taken here."""
    marks = arranged(canvas.plan, canvas.view.mpp).of(canvas.plan.layer(layer))
    row = int(np.flatnonzero(marks.points.fids == fid)[0])
    x, y = canvas.port.world(*marks.pixels(canvas.port)[row].tolist())
    taken = place(canvas, point)
    return x - taken.x, y - taken.y


def place(canvas, point):
    """The place under a pixel."""
    return shapely.Point(*canvas.port.world(point.x(), point.y()))


def press(canvas, point, button=LEFT, modifiers=NONE):
    QTest.mousePress(canvas, button, modifiers, point)


def release(canvas, point, button=LEFT, modifiers=NONE):
    QTest.mouseRelease(canvas, button, modifiers, point)


def move(canvas, point, button=LEFT, modifiers=NONE):
    """Move with the button held (QTest's own move knows no modifiers)."""
    where = QPointF(point)
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        where,
        QPointF(canvas.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        button,
        modifiers,
    )
    QApplication.sendEvent(canvas, event)


def drag(canvas, start, end, button=LEFT, modifiers=NONE, steps=6):
    """Press at one pixel, move in steps, let go at the other."""
    press(canvas, start, button, modifiers)
    for i in range(1, steps + 1):
        move(canvas, start + (end - start) * i / steps, button, modifiers)
    release(canvas, end, button, modifiers)


def key(canvas, code, modifiers, kind=QKeyEvent.Type.KeyPress):
    """One key event and no other (QTest presses and lets go of the modifier each time)."""
    QApplication.sendEvent(canvas, QKeyEvent(kind, code, modifiers))


def wheel(canvas, point, notches, pixels=0):
    event = QWheelEvent(
        QPointF(point),
        QPointF(canvas.mapToGlobal(point)),
        QPoint(0, pixels),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def apart(one, other):
    """The largest difference of a colour channel (0–255) at each pixel."""
    shifts = np.array([0, 8, 16], dtype=np.uint32)
    a, b = ((x[..., None] >> shifts & 255).astype(int) for x in (one, other))
    return np.abs(a - b).max(axis=-1)


def image(canvas):
    """What the canvas shows, as pixels (height, width)."""
    grabbed = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return pixels_of(grabbed).copy()
