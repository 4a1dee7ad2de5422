"""The map widget: shows the cached pictures, hands events to gestures, says where one is.

A frame is the sheets of a cached picture and the overlay; the pictures themselves come from
the drawing thread (``render``). While one pans or zooms the old picture is shown, shifted and
scaled, until the sharp one arrives; it reaches beyond the window on all sides so that a pan
finds no blank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
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
from desktop.canvas import frames, keys, mouse
from desktop.canvas.content import extent
from desktop.canvas.gestures import touched
from desktop.canvas.hands import Hands
from desktop.canvas.hit import Hit, hit
from desktop.canvas.measuring import Measuring
from desktop.canvas.moving import Drag, Placing, Settling
from desktop.canvas.paint import Picture
from desktop.canvas.pictures import Pictures
from desktop.canvas.swiping import Side
from desktop.canvas.view import Box, Port, Standing, View, fitting

if TYPE_CHECKING:
    from desktop.ghosts import Ghost
    from desktop.session import Session

_TOOLS = ("select", "pan", "measure_distance", "measure_area")


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
        self.settling: Settling | None = None
        self.placing: Placing | None = None
        self.band: tuple[float, float, float, float] | None = None
        self.measuring: Measuring | None = None
        self.space_held = False
        self.nudging = False
        self.cycle: tuple[float, float, int] | None = None
        self._view: View | None = None
        self.mouse = (0.0, 0.0)
        self.hands = Hands()
        self.pictures = Pictures(self, self._wanted)
        self.pictures.taken.connect(self._settled)
        self.side = Side(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(200, 150)
        self.grabGesture(Qt.GestureType.PinchGesture)
        session.plan_changed.connect(self._plan_changed)
        session.selection_changed.connect(self.update)
        session.results_changed.connect(self._results_changed)
        session.job_changed.connect(self._job_changed)
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
        return self._view or View(0.0, 0.0, 100.0)

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
        return self.pictures.busy or self.side.pictures.busy

    @property
    def coverage(self) -> Any:
        """What is drawn of the answers: the difference of two, else the one on the map."""
        return self.session.comparing.differing or self.session.coverage

    def show_view(self, view: View) -> None:
        if view == self._view:
            return
        zoomed = self._view is None or view.mpp != self._view.mpp
        self._view = view
        for pictures in (self.pictures, self.side.pictures):
            pictures.zoomed() if zoomed else pictures.refresh()
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
        self.setCursor(mouse.cursor(self.tool))

    def stop(self) -> None:
        """End the drawing thread; nothing is drawn afterwards."""
        self.cancel_all()
        self.pictures.stop()
        self.side.pictures.stop()

    # --- pictures

    @property
    def picture(self) -> Picture | None:
        """The newest picture of the plan."""
        return self.pictures.picture

    def _wanted(self) -> tuple[Plan, Any] | None:
        plan = self.session.plan
        if plan is None or self._view is None or not self.isVisible():
            return None
        return plan, self.coverage

    def refresh(self) -> None:
        """Ask for pictures where those there are do not fit (what is shown stays meanwhile)."""
        self.pictures.refresh()
        self.side.pictures.refresh()

    @property
    def standing(self) -> Standing:
        """How the symbols on the screen stand."""
        return frames.standing(self)

    def _settled(self, picture: Picture) -> None:
        if self.settling is not None and self.settling.over(picture):
            self.settling = None
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frames.paint(painter, self)
        painter.end()
        self.pictures.resume()
        self.side.pictures.resume()

    # --- news from the session

    def _opened(self) -> None:
        self.cancel_all()
        self.pictures.forget()
        self.side.pictures.forget()
        self.placing = self.settling = self.measuring = self.hovered = None
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
        if self.settling is not None and self.settling.plan is not after:
            self.settling = None
        if after is None or before is None or before.crs != after.crs:
            self._opened()
            return
        acting = self.hands.acting
        if self.drag is not None and not acting and self.drag.found.layer in after.changed(before):
            self.cancel()
            self.message.emit("规划有了改动,拖动已取消。")
        self.refresh()
        self.update()

    def _job_changed(self) -> None:
        """The live numbers of a drag may have come meanwhile; or no new answer is to come."""
        if self.drag is not None and self.drag.numbers is None and self.drag.catch_up():
            self.update()
        if self.settling is not None and self.picture is not None:
            self.settling.heed(self.session)
            self._settled(self.picture)

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
        standing, selected = self.standing, self.session.selection
        at = standing.back(px, py)
        return hit(self.plan, standing.port, *at, self.chosen, areas, selected)

    @property
    def in_gesture(self) -> bool:
        return self.hands.busy

    def cancel(self) -> bool:
        """Give up the running gesture; what it had changed on the screen is put back."""
        return self.hands.cancel()

    def cancel_all(self) -> None:
        """Give up the running gesture and one that waits for it."""
        self.hands.cancel_all()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.session.plan is not None:
            mouse.press(self, event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self.mouse, self.cycle = (at.x(), at.y()), None
        if self.session.plan is not None:
            mouse.move(self, event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.session.plan is not None and self.hands.busy:
            at = event.position()
            self.hands.advance(touched(self, "release", at.x(), at.y(), event.modifiers()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.session.plan is not None:
            mouse.double(self, event)

    def hover(self, found: Hit | None, ghost: Ghost | None = None) -> None:
        """Mark what is under the cursor."""
        if found != self.hovered or ghost is not self.ghost:
            self.hovered, self.ghost = found, ghost
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Right click or the menu key: everything that is at the place."""
        if self.session.plan is not None and not self.in_gesture:
            mouse.menu(self, event)
        event.accept()

    # --- wheel, touchpad, keyboard

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.session.plan is not None:
            mouse.wheel(self, event)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel or (
            self.hands.busy and event.type() == QEvent.Type.MouseMove
        ):
            self.pictures.pause()  # until the frame is painted
            self.side.pictures.pause()
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
