"""The map widget: shows the cached pictures, hands events to gestures, says where one is.

A frame is four blits and the overlay; the pictures themselves come from the drawing thread
(``render``). While one pans or zooms the old picture is shown, shifted and scaled, until the
sharp one arrives; it reaches beyond the window on all sides so that a pan finds no blank.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from data.geodesy import Ruler
from data.plan import Plan
from data.refused import Refused
from desktop.canvas import frames, identify, keys, mouse
from desktop.canvas.content import extent
from desktop.canvas.gestures import Gesture, Touch
from desktop.canvas.hit import Hit, hit
from desktop.canvas.measuring import Measuring
from desktop.canvas.moving import Drag, Placing
from desktop.canvas.paint import Picture, Wish
from desktop.canvas.render import Renderer
from desktop.canvas.swiping import Side
from desktop.canvas.view import Box, Port, View, fitting

if TYPE_CHECKING:
    from desktop.ghosts import Ghost
    from desktop.session import Session

_TOOLS = ("select", "pan", "measure_distance", "measure_area")
_CURSORS = {"select": Qt.CursorShape.ArrowCursor, "pan": Qt.CursorShape.OpenHandCursor}
_PAUSE = 90
"""Milliseconds without a turn of the wheel after which the sharp picture is drawn."""


class Canvas(QWidget):
    """The map of a session's plan; listens to the session only."""

    cursor_moved = Signal(float, float, float, float)
    """x, y in plan metres, longitude, latitude in degrees."""
    view_changed = Signal(float)
    """The scale's denominator on this screen."""
    tool_changed = Signal(str)
    message = Signal(str)
    place_requested = Signal(str, float, float)
    """A new feature is wanted: kind, x, y in plan metres."""
    open_requested = Signal(str, int)
    """Enter or double click on a feature: layer name, feature id."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.theme = "light"
        self.tool = "select"
        self.chosen = ""
        self.ruler: Ruler | None = None
        self.hovered: Hit | None = None
        self.ghost: Ghost | None = None
        self.drag: Drag | None = None
        self.settling: Drag | None = None
        self.placing: Placing | None = None
        self.band: tuple[float, float, float, float] | None = None
        self.measuring: Measuring | None = None
        self.picture: Picture | None = None
        self.space_held = False
        self.nudging = False
        self.cycle: tuple[float, float, int] | None = None
        self._settled_by: Plan | None = None
        self._view: View | None = None
        self._gesture: Gesture | None = None
        self._waiting: Gesture | None = None
        self.mouse = (0.0, 0.0)
        self._renderer = Renderer(self)
        self._renderer.ready.connect(self._take_picture)
        self.side = Side(self)
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._later.timeout.connect(self.refresh)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(200, 150)
        self.grabGesture(Qt.GestureType.PinchGesture)
        session.plan_changed.connect(self._plan_changed)
        session.selection_changed.connect(self.update)
        session.results_changed.connect(self._results_changed)
        session.job_changed.connect(self._numbers_ready)
        session.comparing.changed.connect(self._results_changed)
        session.ghosts.changed.connect(self._ghosts_changed)
        session.opened.connect(self._opened)
        self._opened()

    def sizeHint(self) -> QSize:
        return QSize(900, 640)

    # --- what is shown

    @property
    def plan(self) -> Plan:
        """The plan on the map; only asked for while there is one."""
        assert self.session.plan is not None
        return self.session.plan

    @property
    def view(self) -> View:
        """Centre and metres per pixel: keep it to come back (a bookmark)."""
        if self._view is None:
            return View(0.0, 0.0, 100.0)
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        self.show_view(view)

    @property
    def port(self) -> Port:
        return Port(self.view, float(self.width()), float(self.height()))

    @property
    def denominator(self) -> float:
        """The scale's denominator on this screen."""
        return self.view.mpp / (0.0254 / max(self.logicalDpiX(), 1))

    @property
    def busy(self) -> bool:
        """Whether a sharper picture is still to come."""
        return self._renderer.busy or self.side.renderer.busy or self._later.isActive()

    @property
    def coverage(self) -> Any:
        """What is drawn of the answers: the difference of two, else the one on the map."""
        return self.session.comparing.differing or self.session.coverage

    def show_view(self, view: View) -> None:
        if view == self._view:
            return
        zoomed = self._view is None or view.mpp != self._view.mpp
        self._view = view
        if zoomed and self.picture is not None and frames.serves(self.picture.wish, self.port):
            self._later.start()  # while the wheel turns every picture would come too late
        else:
            self.refresh()
        self.update()
        if zoomed:
            self.view_changed.emit(self.denominator)

    def set_theme(self, name: str) -> None:
        """Dress the map in “light” or “dark”."""
        if name != self.theme:
            self.theme = name
            self.refresh()
            self.update()

    def choose_layer(self, name: str) -> None:
        """Make one layer's features come first under the cursor, "" for none."""
        self.chosen = name

    def zoom_all(self) -> None:
        if self.session.plan is None:
            return
        box = extent(self.plan)
        if box is not None:
            self.zoom_to(box)

    def zoom_to(self, bounds: Box) -> None:
        """Show a box (west, south, east, north in plan metres)."""
        self.show_view(fitting(bounds, self.width(), self.height()))

    def zoom_selection(self) -> None:
        box = frames.selection_box(self.session)
        if box is not None:
            self.zoom_to(box)

    def zoom_by(self, factor: float) -> None:
        """Enlarge around the middle."""
        self.show_view(self.view.zoomed(factor))

    def zoom_in(self) -> None:
        self.zoom_by(1.5)

    def zoom_out(self) -> None:
        self.zoom_by(1 / 1.5)

    def center_on(self, x: float, y: float) -> None:
        self.show_view(View(x, y, self.view.mpp))

    def zoom_at(self, factor: float, px: float, py: float) -> None:
        """Enlarge; the place under the pixel stays where it is."""
        self.show_view(self.port.zoomed(factor, px, py).view)

    def set_tool(self, name: str) -> None:
        """Take up “select”, “pan”, “add:<kind>”, “measure_distance” or “measure_area”."""
        if name not in _TOOLS and not name.startswith("add:"):
            raise ValueError(name)
        self.cancel_all()
        self.measuring = self.placing = None
        changed = name != self.tool
        self.tool = name
        self.show_tool_cursor()
        self.update()
        if changed:
            self.tool_changed.emit(name)

    def show_tool_cursor(self) -> None:
        self.setCursor(_CURSORS.get(self.tool, Qt.CursorShape.CrossCursor))

    def stop(self) -> None:
        """End the drawing thread; nothing is drawn afterwards."""
        self.cancel_all()
        self._later.stop()
        self._renderer.stop()
        self.side.renderer.stop()

    # --- pictures

    def refresh(self) -> None:
        """Ask for a picture if the one there is does not fit (what is shown stays meanwhile)."""
        plan = self.session.plan
        if plan is None or self._view is None or not self.isVisible():
            return
        self._later.stop()
        self.side.refresh()
        dpr = self.devicePixelRatioF()
        old = self.picture.wish if self.picture else None
        if old is not None and frames.fits(old, self.port, dpr, self.theme):
            if old.plan is plan and old.coverage is self.coverage:
                return
            port = old.port
        else:
            port = frames.widened(self.port)
        self._renderer.wish(Wish(plan, self.coverage, port, dpr, self.theme))

    def _take_picture(self, picture: Picture) -> None:
        if self.session.plan is None or picture.wish.plan.crs != self.plan.crs:
            return
        self.picture = picture
        if self.settling is not None and picture.wish.plan is self.session.plan:
            self.settling = None
        self.update()
        self.refresh()

    def settle(self, drag: Drag) -> None:
        """Show a dropped facility where it is until the picture shows it there."""
        self.settling, self._settled_by = drag, self.session.plan

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frames.paint(painter, self)
        painter.end()
        self._renderer.resume()
        self.side.renderer.resume()

    # --- news from the session

    def _opened(self) -> None:
        self.cancel_all()
        self._renderer.forget()
        self.side.renderer.forget()
        self.side.picture = None
        self.placing = None
        self.picture = self.settling = self.measuring = self.hovered = None
        self._view = None
        plan = self.session.plan
        self.ruler = None
        if plan is not None:
            try:
                self.ruler = Ruler(plan.crs)
            except Refused as refusal:
                self.message.emit(str(refusal))
            if self.isVisible():
                self.zoom_all()
        self.update()

    def _plan_changed(self, before: Plan | None, after: Plan | None) -> None:
        self.hovered = None
        if self.settling is not None and self._settled_by is not after:
            self.settling = None
        if after is None or before is None or before.crs != after.crs:
            self._opened()
            return
        running = self._running(self._gesture)
        if self.drag is not None and not running and self.drag.found.layer in after.changed(before):
            self.cancel()
            self.message.emit("规划有了改动,拖动已取消。")
        self.refresh()
        self.update()

    def _numbers_ready(self) -> None:
        """The live numbers of a drag that began without them may have come meanwhile."""
        if self.drag is not None and self.drag.numbers is None and self.drag.catch_up():
            self.update()

    def _ghosts_changed(self) -> None:
        self.ghost = None
        self.update()

    def _results_changed(self) -> None:
        self.refresh()
        self.update()

    # --- gestures

    def hit(self, px: float, py: float, areas: bool = False) -> Hit | None:
        """The feature under a pixel (of the current scenario: the other one is only shown)."""
        if self.session.plan is None or self.side.covers(px):
            return None
        selected = self.session.selection
        return hit(self.plan, self.port, px, py, self.chosen, areas, selected)

    @property
    def in_gesture(self) -> bool:
        return self._gesture is not None

    @staticmethod
    def _running(gesture: Gesture | None) -> bool:
        """Whether a gesture is just being carried on (an edit it makes brings news to us)."""
        return gesture is not None and inspect.getgeneratorstate(gesture) == inspect.GEN_RUNNING

    def begin(self, gesture: Gesture, *, over: bool = False) -> None:
        """Start a gesture: everything before its first ``yield`` happens now.

        ``over``: what runs now waits until this one has ended (a pan while measuring).
        """
        if over:
            self._waiting, self._gesture = self._gesture, None
        else:
            self.cancel()
        self._gesture = gesture
        self._advance(None)

    def advance(self, touch: Touch) -> None:
        """Hand an event to the running gesture."""
        self._advance(touch)

    def _advance(self, touch: Touch | None) -> None:
        gesture = self._gesture
        if gesture is None or self._running(gesture):
            return
        try:
            next(gesture) if touch is None else gesture.send(touch)
        except StopIteration:
            if self._gesture is gesture:
                self._gesture, self._waiting = self._waiting, None

    def cancel(self) -> bool:
        """Give up the running gesture; what it had changed on the screen is put back."""
        gesture = self._gesture
        if gesture is None or self._running(gesture):
            return False
        self._gesture, self._waiting = self._waiting, None
        gesture.close()
        return True

    def cancel_all(self) -> None:
        """Give up the running gesture and one that waits for it."""
        while self.cancel():
            pass

    def touch(self, kind: str, px: float, py: float, modifiers: Any, key: int = 0) -> Touch:
        """An event as gestures take it."""
        x, y = self.port.world(px, py)
        ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        return Touch(kind, px, py, x, y, ctrl, shift, alt, key)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.session.plan is not None:
            mouse.press(self, event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self.mouse, self.cycle = (at.x(), at.y()), None
        if self.session.plan is not None:
            mouse.move(self, event)
            self._say_where(at.x(), at.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.session.plan is not None and self._gesture is not None:
            at = event.position()
            self.advance(self.touch("release", at.x(), at.y(), event.modifiers()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.session.plan is not None:
            mouse.double(self, event)

    def hover(self, found: Hit | None, ghost: Ghost | None = None) -> None:
        """Mark what is under the cursor."""
        if found != self.hovered or ghost is not self.ghost:
            self.hovered, self.ghost = found, ghost
            self.update()

    def _say_where(self, px: float, py: float) -> None:
        if self.ruler is not None:
            x, y = self.port.world(px, py)
            lon, lat = self.ruler.to_lonlat(x, y)
            self.cursor_moved.emit(x, y, float(lon), float(lat))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Right click or the menu key: everything that is at the place."""
        if self.session.plan is not None and not self.in_gesture:
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            at = QPointF(*self.mouse).toPoint() if by_key else event.pos()
            identify.menu(self, at).popup(self.mapToGlobal(at))
        event.accept()

    # --- wheel, touchpad, keyboard

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.session.plan is not None:
            mouse.wheel(self, event)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel or (
            self._gesture is not None and event.type() == QEvent.Type.MouseMove
        ):
            self._renderer.pause()  # until the frame is painted
            self.side.renderer.pause()
        if self.session.plan is not None and mouse.pinch(self, event):
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            # Tab is not an ordinary key to Qt: it would move the focus before we see it.
            if keys.tab(self, event):
                return True
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            self.refresh()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.session.plan is None or not keys.press(self, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not keys.release(self, event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        keys.let_go(self)
        super().focusOutEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hover(None)
        self.placing = None
        self.update()
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_or_refresh()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._fit_or_refresh()

    def _fit_or_refresh(self) -> None:
        if self._view is None and self.isVisible():
            self.zoom_all()
        self.refresh()
