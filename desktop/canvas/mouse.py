"""Mouse, wheel and fingers: which gesture a press begins, what a free mouse shows, zooming."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

from desktop.canvas import gestures, identify
from desktop.canvas.gestures import touched
from desktop.canvas.moving import ghost_at, placing
from desktop.canvas.swiping import swipe

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas
    from desktop.canvas.gestures import Touch

_CURSORS = {"select": Qt.CursorShape.ArrowCursor, "pan": Qt.CursorShape.OpenHandCursor}
_NOTCH = 1.25
"""How much one notch of the wheel enlarges."""


def cursor(tool: str) -> Qt.CursorShape:
    """The cursor of a tool."""
    return _CURSORS.get(tool, Qt.CursorShape.CrossCursor)


def press(canvas: Canvas, event: QMouseEvent) -> None:
    """Begin the gesture of the button and the tool."""
    touch = _touch(canvas, "press", event)
    button = event.button()
    left = button == Qt.MouseButton.LeftButton
    measuring = canvas.in_gesture and canvas.measuring is not None
    if button == Qt.MouseButton.MiddleButton or (left and (canvas.space_held or _pans(canvas))):
        if canvas.in_gesture and not measuring:
            return  # the other hand is dragging something
        canvas.hands.begin(gestures.pan(canvas, touch), over=measuring)
    elif button == Qt.MouseButton.RightButton:
        canvas.cancel()
    elif left and not canvas.in_gesture and canvas.side.near(touch.px):
        canvas.hands.begin(swipe(canvas, touch))
    elif left and measuring:
        canvas.hands.advance(touch)
    elif left and canvas.tool.startswith("add:"):
        canvas.hands.begin(gestures.add(canvas, touch))
    elif left and canvas.tool.startswith("measure"):
        canvas.hands.begin(gestures.measure(canvas, touch))
    elif left and canvas.side.covers(touch.px):
        canvas.hands.begin(gestures.pan(canvas, touch))  # nothing there can be taken
    elif left:
        canvas.hands.begin(gestures.select(canvas, touch))


def _pans(canvas: Canvas) -> bool:
    return canvas.tool == "pan"


def move(canvas: Canvas, event: QMouseEvent) -> None:
    """Go on with the gesture; without one, show what a click would take or place."""
    touch = _touch(canvas, "move", event)
    if canvas.in_gesture:
        canvas.hands.advance(touch)
    elif canvas.tool == "select":
        ghost = ghost_at(canvas.session.ghosts.items, canvas.port, touch.px, touch.py)
        canvas.hover(None if ghost else canvas.hit(touch.px, touch.py), ghost)
    if not canvas.in_gesture and canvas.side.on and not canvas.space_held:
        if canvas.side.near(touch.px):
            canvas.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            canvas.show_tool_cursor()
    if canvas.tool.startswith("add:"):
        kind = canvas.tool.removeprefix("add:")
        canvas.placing = placing(kind, canvas.plan, canvas.port, touch.x, touch.y, touch.ctrl)
        canvas.update()
    if canvas.ruler is not None:
        x, y = canvas.port.world(touch.px, touch.py)  # a pan has moved the map meanwhile
        lon, lat = canvas.ruler.to_lonlat(x, y)
        canvas.cursor_moved.emit(x, y, float(lon), float(lat))


def menu(canvas: Canvas, event: QContextMenuEvent) -> None:
    """Show what is at the place; asked for by key, at the mouse."""
    by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
    at = QPointF(*canvas.mouse).toPoint() if by_key else event.pos()
    identify.menu(canvas, at).popup(canvas.mapToGlobal(at))


def double(canvas: Canvas, event: QMouseEvent) -> None:
    """End a measurement; with the select tool, open what is there (also a district)."""
    if event.button() != Qt.MouseButton.LeftButton:
        return
    touch = _touch(canvas, "double", event)
    if canvas.in_gesture and canvas.measuring is not None:
        canvas.hands.advance(touch)
    elif canvas.tool == "select":
        found = canvas.hit(touch.px, touch.py, areas=True)
        if found is not None:
            canvas.session.select(found.layer, [found.fid])
            canvas.open_requested.emit(*found)
    else:
        press(canvas, event)


def wheel(canvas: Canvas, event: QWheelEvent) -> None:
    """Wheel and touchpad zoom around the cursor."""
    turn = event.angleDelta().y() or event.angleDelta().x() or event.pixelDelta().y()
    if turn:
        at = event.position()
        canvas.zoom_at(_NOTCH ** (turn / 120), at.x(), at.y())


def pinch(canvas: Canvas, event: QEvent) -> bool:
    """Two fingers zoom around the place between them; False when it is no such event."""
    if isinstance(event, QNativeGestureEvent):
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        canvas.zoom_at(math.exp(event.value()), event.position().x(), event.position().y())
        return True
    if isinstance(event, QGestureEvent):
        gesture = event.gesture(Qt.GestureType.PinchGesture)
        if isinstance(gesture, QPinchGesture):
            at = canvas.mapFromGlobal(gesture.hotSpot())
            canvas.zoom_at(gesture.scaleFactor(), at.x(), at.y())
            return True
    return False


def _touch(canvas: Canvas, kind: str, event: QMouseEvent) -> Touch:
    at = event.position()
    return touched(canvas, kind, at.x(), at.y(), event.modifiers())
