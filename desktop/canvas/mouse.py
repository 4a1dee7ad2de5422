"""Which gesture a press begins, and what a free mouse shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent

from desktop.canvas import gestures
from desktop.canvas.moving import placing

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas
    from desktop.canvas.gestures import Touch


def press(canvas: Canvas, event: QMouseEvent) -> None:
    """Begin the gesture of the button and the tool."""
    touch = _touch(canvas, "press", event)
    button = event.button()
    left = button == Qt.MouseButton.LeftButton
    measuring = canvas.in_gesture and canvas.measuring is not None
    if button == Qt.MouseButton.MiddleButton or (left and (canvas.space_held or _pans(canvas))):
        if canvas.in_gesture and not measuring:
            return  # the other hand is dragging something
        canvas.begin(gestures.pan(canvas, touch), over=measuring)
    elif button == Qt.MouseButton.RightButton:
        canvas.cancel()
    elif left and measuring:
        canvas.advance(touch)
    elif left and canvas.tool.startswith("add:"):
        canvas.begin(gestures.add(canvas, touch))
    elif left and canvas.tool.startswith("measure"):
        canvas.begin(gestures.measure(canvas, touch))
    elif left:
        canvas.begin(gestures.select(canvas, touch))


def _pans(canvas: Canvas) -> bool:
    return canvas.tool == "pan"


def move(canvas: Canvas, event: QMouseEvent) -> None:
    """Go on with the gesture; without one, show what a click would take or place."""
    touch = _touch(canvas, "move", event)
    if canvas.in_gesture:
        canvas.advance(touch)
    elif canvas.tool == "select":
        canvas.hover(canvas.hit(touch.px, touch.py))
    if canvas.tool.startswith("add:"):
        kind = canvas.tool.removeprefix("add:")
        canvas.placing = placing(kind, canvas.plan, canvas.port, touch.x, touch.y, touch.ctrl)
        canvas.update()


def double(canvas: Canvas, event: QMouseEvent) -> None:
    """End a measurement; with the select tool, open what is there (also a district)."""
    if event.button() != Qt.MouseButton.LeftButton:
        return
    touch = _touch(canvas, "double", event)
    if canvas.in_gesture and canvas.measuring is not None:
        canvas.advance(touch)
    elif canvas.tool == "select":
        found = canvas.hit(touch.px, touch.py, areas=True)
        if found is not None:
            canvas.session.select(found.layer, [found.fid])
            canvas.open_requested.emit(*found)
    else:
        press(canvas, event)


def _touch(canvas: Canvas, kind: str, event: QMouseEvent) -> Touch:
    at = event.position()
    return canvas.touch(kind, at.x(), at.y(), event.modifiers())
