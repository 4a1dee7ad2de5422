"""The main window: which panel sits where. No logic: commands come from ``desktop.actions``.

    menu
    toolbar
    layers │ message bar          │ properties ⋅ coverage ⋅ problems ⋅ history
           │ map (or start page)  │ (and, when asked for: place, export)
           │ attribute table (when asked for)
    status line

The bare window is shown first; the panels and the map are put in by ``furnish``
once the libraries they need are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import dialogs, importing, theme, tour
from desktop.actions import ACTIONS, MENUS, Action
from desktop.panels.message import MessageBar
from desktop.panels.start import StartPage
from desktop.panels.start_pictures import Pictures
from desktop.panels.status import StatusLine
from desktop.session import Session
from desktop.toolbar import Toolbar
from maps.drawing.style import THEMES

if TYPE_CHECKING:
    from desktop.canvas import Canvas
    from desktop.docks import Docks

TITLE = "应急布局"


class Window(QMainWindow):
    """The window of one session; ``settings`` keeps its layout, theme and recent plans."""

    def __init__(self, session: Session, settings: QSettings) -> None:
        super().__init__()
        self.session: Session = session
        self.settings = settings
        self.canvas: Canvas | None = None
        self.docks: Docks | None = None
        self.palette_box: QWidget | None = None
        self.closing = False
        self.close_after_save = False
        self.setWindowTitle(TITLE)
        self.setObjectName("window")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.commands = {action.id: self._command(action) for action in ACTIONS}
        self._tools = QActionGroup(self)
        for action in ACTIONS:
            if action.tool:
                self.commands[action.id].setCheckable(True)
                self._tools.addAction(self.commands[action.id])
        self._fill_menus()
        self.toolbar = Toolbar(self.commands, self)
        self.addToolBar(self.toolbar)
        self._fill_middle()
        self.setStatusBar(StatusLine(session, self))
        self.use_theme(str(settings.value("theme", "light")))
        session.message.connect(self.message.show_error)
        for signal in (
            session.plan_changed,
            session.selection_changed,
            session.results_changed,
            session.job_changed,
        ):
            signal.connect(self.refresh)
        session.opened.connect(self._show_opened)
        self.drops = importing.Drops(self)
        self.pictures = Pictures(self)
        self.refresh()

    # --- building

    def _command(self, action: Action) -> QAction:
        command = QAction(action.title, self)
        if action.shortcut:
            command.setShortcut(QKeySequence(action.shortcut))
        command.triggered.connect(lambda checked=False: action.run(self))
        self.addAction(command)
        return command

    def _fill_menus(self) -> None:
        for title in MENUS:
            menu = self.menuBar().addMenu(title)
            menu.setToolTipsVisible(True)
            for action in ACTIONS:
                if action.menu == title:
                    if action.gap and not menu.isEmpty():
                        menu.addSeparator()
                    menu.addAction(self.commands[action.id])

    def _fill_middle(self) -> None:
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.message = MessageBar(middle)
        self.pages = QStackedWidget(middle)
        self.opening = QLabel("正在打开…", self.pages)
        self.opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.opening.setProperty("role", "muted")
        self.start = StartPage(self.session, self.settings, self.pages)
        self.start.file_wanted.connect(lambda: dialogs.open_plan(self))
        self.start.path_wanted.connect(lambda name: dialogs.open_path(self, Path(name)))
        self.start.example_wanted.connect(self._make_example)
        self.start.district_wanted.connect(lambda chosen: dialogs.make_from(self, chosen))
        for page in (self.start, self.opening):
            self.pages.addWidget(page)
        column.addWidget(self.pages)
        self.setCentralWidget(middle)

    def furnish(self) -> None:
        """Put in the panels and the map (their libraries are loaded by now)."""
        for _ in self.furnishing():
            pass

    def furnishing(self) -> Iterator[None]:
        """The same in short steps, between which the window answers."""
        from desktop.canvas import Canvas
        from desktop.docks import Docks
        from desktop.panels import help

        canvas = Canvas(self.session, self.pages)
        self.pages.addWidget(canvas)
        yield
        docks = Docks(self)
        yield from docks.furnish()
        self.canvas, self.docks = canvas, docks
        self.setWindowIcon(theme.app_icon())
        status = self.statusBar()
        assert isinstance(status, StatusLine)
        canvas.cursor_moved.connect(status.show_place)
        canvas.view_changed.connect(status.show_scale)
        canvas.tool_changed.connect(self.show_tool)
        canvas.message.connect(self.message.show_note)
        canvas.place_requested.connect(self._add)
        canvas.open_requested.connect(lambda layer, fid: self.show_panel("properties"))
        docks.layers.chosen.connect(canvas.choose_layer)
        self.show_tool(canvas.tool)
        help.attach(self)
        yield
        self.use_theme(self.theme)
        self.start.show_recent()
        yield
        if self.pages.currentWidget() is not self.opening or self.session.plan is not None:
            self._show_opened()

    # --- showing

    def refresh(self) -> None:
        """Enable what can be used now; what cannot says why."""
        for action in ACTIONS:
            command = self.commands[action.id]
            reason = action.why_not(self.session)
            command.setEnabled(not reason)
            key = f"({action.shortcut})" if action.shortcut else ""
            command.setToolTip(f"{action.text}:{reason}" if reason else f"{action.text} {key}")
            command.setStatusTip("")
        self.toolbar.add_button.setEnabled(self.session.plan is not None)
        self.toolbar.add_button.setToolTip("添加设施或居民点:选一类,再在地图上点位置")
        name = self.session.name
        star = "* " if self.session.unsaved else ""
        self.setWindowTitle(f"{star}{name} - {TITLE}" if name else TITLE)
        waiting = self.pages.currentWidget() is self.opening and self.docks is not None
        if waiting and self.session.jobs.shown() is None:
            self._show_opened()
        if self.close_after_save and not self.session.saving:
            self.close_after_save = False
            self.close()

    def _make_example(self, name: str) -> None:
        tour.offer(self)
        dialogs.make_example(self, name)

    def _show_opened(self) -> None:
        has_plan = self.session.plan is not None
        if has_plan and self.canvas is not None:
            self.pages.setCurrentWidget(self.canvas)
        else:
            self.pages.setCurrentWidget(self.start)
        if self.session.path is not None:
            self.start.remember(self.session.path)
        if self.docks is not None:
            self.docks.show_for(has_plan)

    def show_first(self) -> None:
        """Show the bare window, where it was last time or filling the screen."""
        geometry = self.settings.value("window/geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            self.setGeometry(self.screen().availableGeometry())
            self.setWindowState(Qt.WindowState.WindowMaximized)
        self.show()

    def show_opening(self) -> None:
        """Say that a plan is being opened."""
        self.pages.setCurrentWidget(self.opening)

    def show_map(self) -> None:
        if self.canvas is not None and self.session.plan is not None:
            self.pages.setCurrentWidget(self.canvas)

    def show_start(self) -> None:
        """Show the start page (also over an open plan, which stays open)."""
        self.pages.setCurrentWidget(self.start)
        self.start.focus_new()

    def show_panel(self, name: str) -> None:
        if self.docks is not None:
            self.docks.show(name)

    def hide_panel(self, name: str) -> None:
        if self.docks is not None:
            self.docks.hide(name)

    def show_table(self, layer: str) -> None:
        """Open the attribute table on a layer."""
        if self.docks is not None:
            self.docks.show("table")
            self.docks.table.show_layer(layer)

    def compute_coverage(self) -> None:
        """Show the coverage panel and put its question."""
        if self.docks is not None:
            self.docks.show("coverage")
            self.docks.coverage.compute()

    def _add(self, kind: str, x: float, y: float) -> None:
        """Add what was clicked for, and wait for its name."""
        from desktop import features

        if self.docks is not None and features.add_at(self.session, kind, x, y):
            self.take_tool("select")
            self.docks.show("properties")
            self.docks.properties.focus_name()

    def copy_scenario(self) -> None:
        if self.docks is not None:
            self.docks.layers.scenarios.copy_current()

    def toggle_panel(self, name: str) -> None:
        if self.docks is not None:
            self.docks.toggle(name)

    def reset_layout(self) -> None:
        if self.docks is not None:
            self.docks.reset()

    def take_tool(self, name: str) -> None:
        if self.canvas is not None and self.session.plan is not None:
            self.pages.setCurrentWidget(self.canvas)
            self.canvas.set_tool(name)
            self.canvas.setFocus()

    def show_tool(self, name: str) -> None:
        """Tick the tool the canvas is using."""
        for action in ACTIONS:
            if action.tool == name:
                self.commands[action.id].setChecked(True)

    def zoom_all(self) -> None:
        if self.canvas is not None:
            self.canvas.zoom_all()

    def zoom_selection(self) -> None:
        if self.canvas is not None:
            self.canvas.zoom_selection()

    def zoom_layer(self, name: str) -> None:
        from desktop import features

        if self.canvas is not None and self.session.plan is not None:
            self.show_map()
            self.canvas.zoom_to(features.bounds(self.session, name))

    def zoom_by(self, factor: float) -> None:
        if self.canvas is not None:
            self.canvas.zoom_by(factor)

    def show_palette(self) -> None:
        from desktop.panels.palette import Palette

        if self.palette_box is None:
            self.palette_box = Palette(self)
        assert isinstance(self.palette_box, Palette)
        self.palette_box.open_over(self)

    def switch_theme(self) -> None:
        self.use_theme("dark" if self.theme == "light" else "light")

    def use_theme(self, name: str) -> None:
        """Dress window, icons and map in “light” or “dark”."""
        self.theme = name if name in THEMES else "light"
        self.settings.setValue("theme", self.theme)
        colors = THEMES[self.theme]
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, self.theme)
        for action in ACTIONS:
            if action.icon:
                self.commands[action.id].setIcon(theme.icon(action.icon, colors))
            elif action.tool.startswith("add:") and self.canvas is not None:
                picture = theme.symbol_icon(action.tool.removeprefix("add:"), "规划")
                self.commands[action.id].setIcon(picture)
        self.toolbar.add_button.setIcon(theme.icon("add", colors))
        status = self.statusBar()
        assert isinstance(status, StatusLine)
        status.stop.setIcon(theme.icon("stop", colors))
        self.message.close_button.setIcon(theme.icon("close", colors))
        if self.canvas is not None:
            self.canvas.set_theme(self.theme)
        if self.docks is not None:
            self.docks.layers.scenarios.dress(self.theme)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not dialogs.may_close(self):
            event.ignore()
            return
        if self.docks is not None:
            self.docks.remember()
        self.pictures.keep()
        if self.canvas is not None:
            self.canvas.stop()
        event.accept()
