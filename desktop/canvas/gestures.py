"""What the hand does, told in order: one generator per gesture.

Before the first ``yield`` is the press, the loop is the moving, the tail is the release.
Esc (or anything that ends a gesture early) closes the generator; what must be put back is
put back in ``finally``. Nothing enters the plan before the hand lets go.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from PySide6.QtCore import Qt

from data import edits
from desktop.canvas import dragged
from desktop.canvas.content import points
from desktop.canvas.hit import Hit, inside, movable, snap
from desktop.canvas.measuring import Measuring
from desktop.canvas.moving import Drag, Settling, ghost_at, placing

if TYPE_CHECKING:
    from desktop.canvas.canvas import Canvas

STILL = 4.0
"""Pixels the mouse may stray between press and release of a click."""


@dataclass(frozen=True)
class Touch:
    """One event of a gesture: “press”, “move”, “release”, “double”, “key”; pixels and metres."""

    kind: str
    px: float
    py: float
    x: float
    y: float
    ctrl: bool = False
    shift: bool = False
    alt: bool = False
    key: int = 0


def touched(
    canvas: Canvas, kind: str, px: float, py: float, modifiers: Qt.KeyboardModifier, key: int = 0
) -> Touch:
    """An event on a canvas as gestures take it."""
    ctrl, shift, alt = (
        bool(modifiers & one)
        for one in (
            Qt.KeyboardModifier.ControlModifier,
            Qt.KeyboardModifier.ShiftModifier,
            Qt.KeyboardModifier.AltModifier,
        )
    )
    return Touch(kind, px, py, *canvas.port.world(px, py), ctrl, shift, alt, key)


Gesture = Generator[None, Touch, None]


def select(canvas: Canvas, press: Touch) -> Gesture:
    """Click selects (Ctrl adds or takes away); a drag moves a facility or draws a box."""
    ghost = ghost_at(canvas.session.ghosts.items, canvas.port, press.px, press.py)
    found = None if ghost else canvas.hit(press.px, press.py)
    while True:
        touch = yield
        if touch.kind == "release":
            if ghost is not None:
                canvas.session.ghosts.accept(ghost)
            else:
                click(canvas, found, touch.ctrl)
            return
        if abs(touch.px - press.px) > STILL or abs(touch.py - press.py) > STILL:
            break
    layer = canvas.plan.layer(found.layer) if found else None
    if found and layer is not None and movable(layer, canvas.chosen):
        yield from move(canvas, found, press, touch)
    else:
        yield from box(canvas, press, touch)


def click(canvas: Canvas, found: Hit | None, add: bool) -> None:
    """Select what was clicked; on empty ground nothing, unless Ctrl keeps it."""
    session = canvas.session
    if found is None:
        if not add:
            session.select_all({})
        return
    if add:
        chosen = {name: list(ids) for name, ids in session.selection.items()}
        ids = chosen.setdefault(found.layer, [])
        ids.remove(found.fid) if found.fid in ids else ids.append(found.fid)
        session.select_all({name: tuple(ids) for name, ids in chosen.items()})
    else:
        session.select(found.layer, [found.fid])


def move(canvas: Canvas, found: Hit, press: Touch, touch: Touch) -> Gesture:
    """Drag a facility; it snaps to places and roads unless Ctrl is held."""
    drag = Drag(canvas.session, canvas.plan, found, canvas.standing)
    # What the hand holds is the symbol, also one that is drawn beside its place.
    off = drag.shown[0] - press.x, drag.shown[1] - press.y
    canvas.drag = drag
    try:
        while touch.kind != "release":
            if touch.kind == "move":
                place = touch.x + off[0], touch.y + off[1]
                drag.to(*place, None if touch.ctrl else snap(canvas.plan, canvas.port, *place))
                dragged.repaint(canvas, drag)
            touch = yield
            # Not before the first frame is on the screen: the panels take their time to follow.
            canvas.session.select(found.layer, [found.fid])
        drop(canvas, drag)
    finally:
        end_drag(canvas)


def drop(canvas: Canvas, drag: Drag) -> None:
    """Put the dragged facility where it is now: one undo step."""
    layer = canvas.plan.layer(drag.found.layer)
    text = f"移动{layer.kind.title}“{drag.name}”" if drag.name else f"移动{layer.kind.title}"
    shape = shapely.Point(*drag.at)
    canvas.session.live_end()  # the edit ends the live numbers: who shows them hears it first
    result = canvas.session.result
    follows = result is not None and not canvas.session.is_stale(result)
    if canvas.session.do(text, edits.move_feature(layer.name, drag.found.fid, shape)):
        recounted = result is not None and follows and layer.kind_name == result.ask.of
        canvas.settling = Settling(drag, canvas.plan, recounted)
        if result is not None and recounted:
            # What was shown while dragging was right: it stays, worked out anew.
            canvas.session.compute_coverage(result.ask)


def end_drag(canvas: Canvas) -> None:
    canvas.drag, canvas.nudging = None, False
    canvas.session.live_end()
    canvas.update()


def box(canvas: Canvas, press: Touch, touch: Touch) -> Gesture:
    """Select what lies in a box; Ctrl adds to what is selected."""
    try:
        while touch.kind != "release":
            canvas.band = (press.px, press.py, touch.px, touch.py)
            canvas.update()
            touch = yield
        west, east = sorted((press.x, touch.x))
        south, north = sorted((press.y, touch.y))
        chosen = inside(canvas.plan, (west, south, east, north), canvas.chosen)
        if touch.ctrl:
            for name, ids in canvas.session.selection.items():
                chosen[name] = tuple(dict.fromkeys([*ids, *chosen.get(name, ())]))
        canvas.session.select_all(chosen)
    finally:
        canvas.band = None
        canvas.update()


def pan(canvas: Canvas, press: Touch) -> Gesture:
    """The map follows the hand; Esc brings it back."""
    start = canvas.port
    canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
    released = False
    try:
        while True:
            touch = yield
            moved = start.moved(round(touch.px - press.px), round(touch.py - press.py))
            canvas.show_view(moved.view)
            if touch.kind == "release":
                released = True
                return
    finally:
        canvas.show_tool_cursor()
        if not released:
            canvas.show_view(start.view)


def add(canvas: Canvas, press: Touch) -> Gesture:
    """A click asks for a new feature at the place (snapped unless Ctrl is held)."""
    touch = press
    while touch.kind != "release":
        touch = yield
    if abs(touch.px - press.px) <= 2 * STILL and abs(touch.py - press.py) <= 2 * STILL:
        kind = canvas.tool.removeprefix("add:")
        x, y = placing(kind, canvas.plan, canvas.port, touch.x, touch.y, touch.ctrl).at
        canvas.place_requested.emit(kind, x, y)


def measure(canvas: Canvas, press: Touch) -> Gesture:
    """Each click is a corner; double click or Enter ends, Esc clears."""
    ruler = canvas.ruler
    if ruler is None:
        return
    measuring = Measuring(ruler, area=canvas.tool == "measure_area")
    canvas.measuring = measuring
    done = False
    try:
        measuring.add(press.x, press.y)
        while not done:
            touch = yield
            if touch.kind == "press":
                measuring.add(touch.x, touch.y)
            elif touch.kind == "move":
                measuring.hover = (touch.x, touch.y)
            elif touch.kind == "key" and touch.key == Qt.Key.Key_Backspace:
                measuring.take_back()
            elif touch.kind == "double" or (
                touch.kind == "key" and touch.key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            ):
                done = True
            canvas.update()
        measuring.hover = None
        canvas.message.emit(measuring.text)
    finally:
        if not done:
            canvas.measuring = None
        canvas.update()


_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


def nudge(canvas: Canvas, press: Touch) -> Gesture:
    """Alt and arrows shift the selected facility; letting go of Alt is one undo step."""
    found = the_movable(canvas)
    if found is None:
        canvas.message.emit("先选中一个设施,再用 Alt 加方向键微调它的位置。")
        return
    drag = Drag(canvas.session, canvas.plan, found, canvas.standing)
    canvas.drag, canvas.nudging = drag, True
    touch = press
    try:
        while touch.kind != "release":
            if touch.kind == "key" and touch.key in _STEPS:
                dx, dy = _STEPS[Qt.Key(touch.key)]
                step = canvas.view.mpp * (10 if touch.shift else 1)
                drag.to(drag.at[0] + dx * step, drag.at[1] + dy * step, None)
                dragged.repaint(canvas, drag)
            touch = yield
        drop(canvas, drag)
    finally:
        end_drag(canvas)


def the_movable(canvas: Canvas) -> Hit | None:
    """The one selected feature that may be moved, if it is just one."""
    pairs = [(name, i) for name, ids in canvas.session.selection.items() for i in ids]
    if len(pairs) != 1:
        return None
    layer = canvas.plan.layer(pairs[0][0])
    if not movable(layer, canvas.chosen) or pairs[0][1] not in points(layer).fids:
        return None
    return Hit(*pairs[0])
