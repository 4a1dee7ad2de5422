"""帮助: what every number, column and panel means, how it is worked out, on which clause it rests.

F1 opens the entry of the field with the cursor, of the number under the mouse, else of the
panel. A widget says which entry is its own by the property “help”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QLineEdit,
    QSplitter,
    QTableView,
    QWidget,
)

from data.kinds import Column
from desktop.panels.fields import EDGE, GAP, column, label, scrolling
from desktop.panels.help_entries import COLUMN, PANEL, Entry, clauses, entries, limits, search
from desktop.panels.targets_list import Line, LineList

if TYPE_CHECKING:
    from desktop.window import Window

HELP = "help"
"""The property of a widget that names its entry."""

FIRST = f"{PANEL}目录"

NUMBERS = {
    "coverage": {
        "title": "服务半径",
        "headline": "覆盖人口",
        "of_people": "人口覆盖率",
        "of_area": "覆盖面积",
        "bars": "重复覆盖",
        "districts": "分区覆盖",
        "basis": "人口依据",
        "classes": "服务半径",
        "travel": "行车时限",
        "kind_box": "要素个数",
    },
    "compare": {
        "headline": "新增人口",
        "parts": "新增人口",
        "area": "覆盖面积",
        "table": "新增人口",
        "basis": "人口依据",
    },
    "targets": {
        "head": "目标结论",
        "list": "目标结论",
        "detail": "目标结论",
        "projects": "工程进度",
        "depots": "储备库合计",
    },
    "problems": {"summary": "问题条数"},
}
"""Which number of a panel (by the name of the widget that shows it) is explained where."""

ROADS = {
    "rings": "等时圈",
    "areas": "责任区",
    "route": "最快路线",
    "whatif": "断路影响",
    "check": "路网体检",
    "speeds": "行车速度",
}
"""The pages of the panel “道路”."""

STATUS = {"place": "经纬度", "metres": "平面坐标", "scale": "比例尺"}


def mark(name: str, panel: QWidget) -> None:
    """Tell the widgets of a panel that show numbers which entry is theirs."""
    for part, entry in NUMBERS.get(name, {}).items():
        getattr(panel, part).setProperty(HELP, entry)


def attach(window: Window) -> None:
    """Tell status line, map and start page which entries are theirs."""
    for name, entry in STATUS.items():
        getattr(window.statusBar(), name).setProperty(HELP, entry)
    if window.canvas is not None:
        window.canvas.setProperty(HELP, f"{PANEL}canvas")
    window.start.setProperty(HELP, f"{PANEL}start")


def entry_of(widget: QWidget | None) -> str:
    """The id of the entry for a widget: its own, its column's, its panel's, "" for none."""
    inner = widget
    while widget is not None:
        own = widget.property(HELP)
        if own:
            return str(own)
        one = getattr(widget, "column", None)
        if isinstance(one, Column):
            return COLUMN + one.name
        if isinstance(widget, QTableView):
            found = _of_table(widget)
            if found:
                return found
        if isinstance(widget, QDockWidget):
            return PANEL + widget.objectName()
        widget = widget.parentWidget()
    return FIRST if inner is not None else ""


def _of_table(view: QTableView) -> str:
    """The entry of the column with the cursor in the attribute table."""
    columns = getattr(view.model(), "columns", None)
    at = view.currentIndex().column()
    if isinstance(columns, list | tuple) and 0 <= at < len(columns):
        one = columns[at]
        return COLUMN + one.name if isinstance(one, Column) else ""
    return ""


def wanted_entry() -> str:
    """What F1 is asked about now: the field with the cursor, the number under the mouse, the
    panel. A field that has an entry of its own comes first: the hand is on it."""
    focused = entry_of(QApplication.focusWidget())
    if focused and not focused.startswith(PANEL):
        return focused
    under = QApplication.widgetAt(QCursor.pos())
    pointed = entry_of(under) if isinstance(under, QWidget) and under.isVisible() else ""
    if pointed and not pointed.startswith(PANEL):
        return pointed
    return focused or pointed or FIRST


def show_context(window: Window) -> None:
    """F1: open the help at what it is asked about."""
    show(window, wanted_entry())


def show(window: Window, entry: str) -> None:
    """Open the help at an entry (at the table of contents when there is none of this id)."""
    if window.docks is None:
        return
    window.docks.show("help")
    panel = window.docks.panels["help"]
    assert isinstance(panel, HelpPanel)
    panel.show_entry(entry if entry in entries() else FIRST)


class HelpPanel(QWidget):
    """A search line, what was found, the chosen entry."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        _, outer = column(self)
        outer.setContentsMargins(0, GAP, 0, 0)
        outer.setSpacing(GAP)
        head, inside = column()
        inside.setContentsMargins(EDGE, 0, EDGE, 0)
        self.words = QLineEdit()
        self.words.setPlaceholderText("查说明,如 覆盖率、bzrs、SHE-04")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(self.look_up)
        self.words.returnPressed.connect(self._first)
        inside.addWidget(self.words)
        outer.addWidget(head)
        self.nothing = label("没有找到。换几个字试试。", "muted", wrap=True)
        self.nothing.setContentsMargins(EDGE, 0, EDGE, 0)
        outer.addWidget(self.nothing)
        self.list = LineList("帮助条目")
        self.list.picked.connect(self._picked)
        self.area = scrolling(column()[0])
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(GAP)
        self.split.addWidget(self.list)
        self.split.addWidget(self.area)
        self.split.setSizes([200, 300])
        outer.addWidget(self.split, 1)
        self.shown: Entry | None = None
        self.look_up("")
        self.show_entry(FIRST)

    def look_up(self, words: str) -> None:
        """List the entries for what was typed."""
        rows: list[str | Line] = []
        found = search(words)
        for entry in found:
            if not words.strip() and entry.group not in rows:
                rows.append(entry.group)
            rows.append(_line(entry))
        self.list.rows.show_rows(rows)
        self.nothing.setVisible(not found)

    def show_entry(self, name: str) -> None:
        """Show one entry, also when the words leave it out."""
        if not self.list.pick(name):
            self.words.clear()
            self.list.pick(name)
        self._show(entries()[name])

    def _first(self) -> None:
        lines = [row for row in self.list.rows.rows if not isinstance(row, str)]
        if lines:
            self.list.pick(lines[0].key)

    def _picked(self, entry: Entry | None) -> None:
        if entry is not None:
            self._show(entry)

    def _show(self, entry: Entry) -> None:
        if entry is self.shown:
            return
        self.shown = entry
        inside, rows = column()
        rows.setContentsMargins(EDGE, GAP, GAP, GAP)
        rows.addWidget(label(entry.title, "heading", wrap=True))
        rows.addWidget(_text(entry.meaning))
        limit = limits(entry.title) if entry.id.startswith(COLUMN) else ""
        if limit:
            rows.addWidget(label(limit, "muted", wrap=True))
        if entry.formula:
            rows.addWidget(label("怎么算", "heading"))
            rows.addWidget(_text(entry.formula))
        if entry.clauses:
            rows.addWidget(label("依据的条文", "heading"))
        for name in entry.clauses:
            clause = clauses()[name]
            mark = "数字已核实" if clause.verified else "数字待核实"
            rows.addWidget(_text(clause.quote))
            rows.addWidget(label(f"{clause.source} · {name} · {mark}", "muted", wrap=True))
        rows.addStretch(1)
        self.area.setWidget(inside)


def _line(entry: Entry) -> Line:
    return Line(entry.id, None, entry.title, entry.meaning, f"{entry.title}:{entry.meaning}", entry)


def _text(words: str) -> QLabel:
    made = label(words, wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
