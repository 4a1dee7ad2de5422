"""The panels around the map: made once, shown, hidden, moved, remembered.

Each panel is a dock without a title bar of its own: the right ones are tabs,
the others begin with their heading. Pulled out of the window a panel gets the
system's title bar, so that it can be put back.

A panel that is not there by default is made when it is first asked for: widgets nobody has
seen would cost the start, and every change of the theme, most of their time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from desktop.panels import help
from desktop.panels.charts import ChartsPanel
from desktop.panels.compare import ComparePanel
from desktop.panels.coverage import CoveragePanel
from desktop.panels.deliver import DeliverPanel
from desktop.panels.export import ExportPanel
from desktop.panels.help import HelpPanel
from desktop.panels.layer_export import LayerExportPanel
from desktop.panels.layers import LayersPanel
from desktop.panels.place import PlacePanel
from desktop.panels.problems import ProblemsPanel
from desktop.panels.properties import PropertiesPanel
from desktop.panels.roads import RoadsPanel
from desktop.panels.siting import SitingPanel
from desktop.panels.table import TablePanel
from desktop.panels.targets import TargetsPanel
from desktop.panels.undo import UndoPanel

if TYPE_CHECKING:
    from desktop.window import Window

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
LEFT_WIDTH, RIGHT_WIDTH, TABLE_HEIGHT = 168, 284, 232
LAYOUT_VERSION = 2


@dataclass(frozen=True)
class Place:
    """Where a panel sits; ``always`` ones are on show by default."""

    name: str
    title: str
    area: Qt.DockWidgetArea
    make: Callable[[Window], QWidget]
    always: bool = True


PLACES = (
    Place("layers", "图层", LEFT, LayersPanel),
    Place("properties", "属性", RIGHT, PropertiesPanel),
    Place("coverage", "覆盖", RIGHT, CoveragePanel),
    Place("targets", "目标", RIGHT, TargetsPanel),
    Place("compare", "对比", RIGHT, ComparePanel, always=False),
    Place("charts", "图表", RIGHT, ChartsPanel, always=False),
    Place("problems", "问题", RIGHT, ProblemsPanel),
    Place("history", "历史", RIGHT, UndoPanel),
    Place("roads", "道路", RIGHT, RoadsPanel, always=False),
    Place("siting", "选址", RIGHT, SitingPanel, always=False),
    Place("place", "坐标", RIGHT, PlacePanel, always=False),
    Place("export", "导出", RIGHT, ExportPanel, always=False),
    Place("deliver", "成果", RIGHT, DeliverPanel, always=False),
    Place("layer_export", "导出图层", RIGHT, LayerExportPanel, always=False),
    Place("help", "帮助", RIGHT, HelpPanel, always=False),
    Place("table", "属性表", BOTTOM, TablePanel, always=False),
)


_TABS = 8
"""Panels whose tabs all have room beside the map on a small screen; the tabs of more scroll."""


class Panels(Mapping[str, QWidget]):
    """The panels by the names of :data:`PLACES`; one that is not there yet is made when read."""

    def __init__(self, make: Callable[[str], QWidget]) -> None:
        self._make = make
        self.made: dict[str, QWidget] = {}

    def __getitem__(self, name: str) -> QWidget:
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return (place.name for place in PLACES)

    def __len__(self) -> int:
        return len(PLACES)


class Docks:
    """The docks of one window, by the names of :data:`PLACES`."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.panels = Panels(self._make)
        self.docks: dict[str, QDockWidget] = {}
        self._wanted: set[str] = {p.name for p in PLACES if p.always}
        window.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.GroupedDragging
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
        window.setDocumentMode(True)

    def furnish(self) -> Iterator[None]:
        """Make the docks, and those panels that are there by default, one with each step."""
        for place in PLACES:
            self._add(place)
        yield
        for place in PLACES:
            if place.always:
                self.panels[place.name]  # made by being read
                yield
        problems = self.panels["problems"]
        assert isinstance(problems, ProblemsPanel)
        title = self.docks["problems"].setWindowTitle
        problems.counted.connect(lambda n: title(f"问题 {n:,}" if n else "问题"))
        self.arrange()
        self.restore()

    def _add(self, place: Place) -> None:
        """Put in an empty dock."""
        dock = QDockWidget(place.title, self.window)
        dock.setObjectName(place.name)
        dock.setTitleBarWidget(QWidget(dock))
        dock.topLevelChanged.connect(lambda floats, dock=dock: _title(dock, floats))
        dock.visibilityChanged.connect(lambda visible, name=place.name: self._seen(name, visible))
        self.docks[place.name] = dock

    def _seen(self, name: str, visible: bool) -> None:
        """A panel has come to the front, or gone behind another one."""
        panel = self.panels[name] if visible else self.panels.made.get(name)
        seen = getattr(panel, "seen", None)
        if seen is not None:  # a panel that works only while somebody looks at it
            seen(visible)

    def _make(self, name: str) -> QWidget:
        place = next(p for p in PLACES if p.name == name)
        panel = place.make(self.window)
        help.mark(name, panel)
        self.docks[name].setWidget(panel)
        return panel

    def arrange(self) -> None:
        """Put every panel where it belongs by default."""
        first: QDockWidget | None = None
        for place in PLACES:
            dock = self.docks[place.name]
            dock.setFloating(False)
            self.window.addDockWidget(place.area, dock)
            if place.area == RIGHT:
                if first is not None:
                    self.window.tabifyDockWidget(first, dock)
                first = first or dock
            dock.setVisible(place.always and self.window.session.plan is not None)
        self.docks["properties"].raise_()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.window.resizeDocks(
            [self.docks["layers"], self.docks["properties"]], [LEFT_WIDTH, RIGHT_WIDTH], horizontal
        )
        self.window.resizeDocks([self.docks["table"]], [TABLE_HEIGHT], vertical)
        self._quiet_tabs()

    def _quiet_tabs(self) -> None:
        for bar in self.window.findChildren(QTabBar):
            bar.setExpanding(False)
            bar.setDrawBase(False)
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(bar.count() > _TABS)

    @property
    def layers(self) -> LayersPanel:
        panel = self.panels["layers"]
        assert isinstance(panel, LayersPanel)
        return panel

    @property
    def properties(self) -> PropertiesPanel:
        panel = self.panels["properties"]
        assert isinstance(panel, PropertiesPanel)
        return panel

    @property
    def coverage(self) -> CoveragePanel:
        panel = self.panels["coverage"]
        assert isinstance(panel, CoveragePanel)
        return panel

    @property
    def targets(self) -> TargetsPanel:
        panel = self.panels["targets"]
        assert isinstance(panel, TargetsPanel)
        return panel

    @property
    def roads(self) -> RoadsPanel:
        panel = self.panels["roads"]
        assert isinstance(panel, RoadsPanel)
        return panel

    @property
    def siting(self) -> SitingPanel:
        panel = self.panels["siting"]
        assert isinstance(panel, SitingPanel)
        return panel

    @property
    def table(self) -> TablePanel:
        panel = self.panels["table"]
        assert isinstance(panel, TablePanel)
        return panel

    def show_for(self, has_plan: bool) -> None:
        """Without a plan the panels are put away; with one they are back as they were."""
        for place in PLACES:
            dock = self.docks[place.name]
            if not has_plan:
                dock.hide()
            elif place.name in self._wanted:
                dock.show()
        if has_plan:
            self.docks["properties"].raise_()
            self._quiet_tabs()

    def show(self, name: str) -> None:
        """Bring one panel to the front."""
        self._wanted.add(name)
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        self._quiet_tabs()
        begin = getattr(self.panels[name], "begin", None)
        if begin is not None:
            begin()

    def hide(self, name: str) -> None:
        self._wanted.discard(name)
        self.docks[name].hide()
        self._quiet_tabs()

    def toggle(self, name: str) -> None:
        if self.docks[name].isVisible():
            self.hide(name)
        else:
            self.show(name)

    # --- remembered from one start to the next

    def remember(self) -> None:
        """Keep the layout in the settings (only with a plan open: else all is put away)."""
        settings = self.window.settings
        settings.setValue("window/geometry", self.window.saveGeometry())
        if self.window.session.plan is not None:
            settings.setValue("window/layout", self.window.saveState(LAYOUT_VERSION))
            settings.setValue("window/panels", sorted(self._wanted))

    def restore(self) -> None:
        """Take up the remembered layout, if there is one of this version."""
        settings = self.window.settings
        layout = settings.value("window/layout")
        if layout is not None and self.window.restoreState(layout, LAYOUT_VERSION):
            wanted: Any = settings.value("window/panels", [])
            names = [wanted] if isinstance(wanted, str) else list(wanted)
            self._wanted = {n for n in names if n in self.docks}
        self._quiet_tabs()

    def reset(self) -> None:
        """Forget the remembered layout and arrange everything as on the first day."""
        for key in ("window/layout", "window/panels", "window/geometry"):
            self.window.settings.remove(key)
        self._wanted = {p.name for p in PLACES if p.always}
        self.arrange()


def _title(dock: QDockWidget, floats: bool) -> None:
    dock.setTitleBarWidget(None if floats else QWidget(dock))  # type: ignore[arg-type]
