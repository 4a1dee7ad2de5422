"""The map by keyboard.

arrows         pan (Shift: further)     Tab, Shift+Tab   the next thing near the cursor
+ −            zoom                     Enter            open what is selected
0 Home         everything               Alt+arrows       shift the selected facility
space          pan while held           Esc              give up; then the select tool
[ ]            shift the divider between two scenarios
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from desktop.canvas import gestures, hit

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas

_ARROWS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_PAN = 64
_LARGER = 1.5
_SHIFTS = {Qt.Key.Key_BracketLeft: -0.05, Qt.Key.Key_BracketRight: 0.05}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def press(canvas: Canvas, event: QKeyEvent) -> bool:
    """Handle a key; False when it is none of ours."""
    key = event.key()
    if key == Qt.Key.Key_Escape:
        return _escape(canvas)
    if canvas.in_gesture:
        touch = gestures.touched(canvas, "key", *canvas.mouse, event.modifiers(), key)
        canvas.hands.advance(touch)
        return key in (*_ARROWS, *_ENTER, Qt.Key.Key_Backspace)
    if key in _ARROWS:
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            touch = gestures.touched(canvas, "key", *canvas.mouse, event.modifiers(), key)
            canvas.hands.begin(gestures.nudge(canvas, touch))
        else:
            far = 4 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = (step * _PAN * far for step in _ARROWS[Qt.Key(key)])
            canvas.show_view(canvas.port.moved(dx, dy).view)
    elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        canvas.zoom_by(_LARGER)
    elif key == Qt.Key.Key_Minus:
        canvas.zoom_by(1 / _LARGER)
    elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
        canvas.zoom_all()
    elif key in _SHIFTS and canvas.side.on:
        canvas.side.shift(canvas.side.share + _SHIFTS[Qt.Key(key)])
    elif key == Qt.Key.Key_Space:
        canvas.space_held = True
        canvas.setCursor(Qt.CursorShape.OpenHandCursor)
    elif key in _ENTER:
        for name, ids in canvas.session.selection.items():
            canvas.open_requested.emit(name, ids[0])
            break
    else:
        return False
    return True


def release(canvas: Canvas, event: QKeyEvent) -> bool:
    """Handle the letting go of a key; False when it is none of ours."""
    if event.isAutoRepeat():
        return False
    if event.key() == Qt.Key.Key_Space:
        canvas.space_held = False
        if not canvas.in_gesture:
            canvas.show_tool_cursor()
        return True
    if event.key() == Qt.Key.Key_Alt and canvas.nudging:
        canvas.hands.advance(gestures.touched(canvas, "release", *canvas.mouse, event.modifiers()))
        return True
    return False


def let_go(canvas: Canvas) -> None:
    """The keyboard went elsewhere: what was held is held no more, a nudge is done."""
    canvas.space_held = False
    if canvas.nudging:
        canvas.hands.advance(
            gestures.touched(canvas, "release", *canvas.mouse, Qt.KeyboardModifier.NoModifier)
        )


def tab(canvas: Canvas, event: QKeyEvent) -> bool:
    """Select the next thing near the cursor; False when there is none (the focus moves on)."""
    if event.key() not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) or canvas.session.plan is None:
        return False
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier or canvas.in_gesture:
        return False
    px, py = canvas.mouse
    near = hit.around(canvas.plan, canvas.port, px, py)
    if not near:
        return False
    step = -1 if event.key() == Qt.Key.Key_Backtab else 1
    if canvas.cycle is None or canvas.cycle[:2] != (px, py):
        at = 0 if step > 0 else len(near) - 1
    else:
        at = (canvas.cycle[2] + step) % len(near)
    canvas.cycle = (px, py, at)
    found = near[at]
    canvas.session.select(found.layer, [found.fid])
    row = canvas.plan.layer(found.layer).row(found.fid)
    canvas.message.emit(f"{canvas.plan.layer(found.layer).kind.title}“{row.get('名称') or ''}”")
    return True


def _escape(canvas: Canvas) -> bool:
    if canvas.cancel():
        return True
    if canvas.measuring is not None:
        canvas.measuring = None
        canvas.update()
    elif canvas.tool != "select":
        canvas.set_tool("select")
    elif canvas.session.selection:
        canvas.session.select_all({})
    else:
        return False
    return True
