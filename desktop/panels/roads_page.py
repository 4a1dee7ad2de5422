"""What the pages of the roads panel have in common: fields, a button, an answer, a drawing."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from data import edits
from data.plan import unique_name
from data.progress import Report
from data.refused import Refused
from desktop.canvas.picking import Picking
from desktop.drawings import Drawing
from desktop.panels.fields import GAP, empty_words, label

if TYPE_CHECKING:
    from data.plan import Layer, Plan
    from desktop.jobs import Job
    from desktop.window import Window

Work = Callable[[Report], Any]


class Page(QWidget):
    """One question by road. A page says what to work out and how the answer is shown."""

    answered = Signal()
    """An answer is shown: bring it into view."""

    title = ""
    verb = "计算"
    job = ""
    hint = ""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self.drawing: Drawing | None = None
        self.keep: QPushButton | None = None
        self._job: Job | None = None
        self.all = QVBoxLayout(self)
        self.all.setContentsMargins(0, 0, 0, 0)
        self.all.setSpacing(GAP)
        self.bad = label("", "error", wrap=True)
        self.bad.hide()
        self.add_fields()
        self.all.addWidget(self.bad)
        self.button = QPushButton(self.verb)
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.compute)
        self.all.addWidget(self.button)
        self.empty = empty_words(self.hint)
        self.all.addWidget(self.empty)
        self.answer = QWidget()
        self.rows = QVBoxLayout(self.answer)
        self.rows.setContentsMargins(0, GAP, 0, 0)
        self.rows.setSpacing(GAP)
        self.add_answer()
        self.all.addWidget(self.answer)
        self.answer.hide()
        self.all.addStretch(1)
        self.session.opened.connect(self.forget)

    # --- what a page is made of

    def add_fields(self) -> None:
        """Put the question's fields into ``all``."""

    def add_answer(self) -> None:
        """Put the answer's widgets into ``rows``."""

    def question(self, plan: Plan) -> Work | None:
        """What is to be worked out; None, with the sentence beneath the field, when one is bad."""
        raise NotImplementedError

    def show_answer(self, answer: Any) -> Drawing:
        """Fill the answer's widgets and return what the map shows."""
        raise NotImplementedError

    # --- asking

    def compute(self) -> None:
        """Put the question to the plan as it is now; an unfinished older question is given up."""
        plan = self.session.plan
        work = self.question(plan) if plan is not None else None
        if work is None:
            return

        def done(answer: Any) -> None:
            self._job = None
            if self.session.plan is not None and self.session.plan.crs == plan_crs:
                self.take(answer)

        plan_crs = plan.crs if plan is not None else ""
        if self._job is not None:
            self._job.cancel()
        self._job = self.session.jobs.start(self.job, work, done, failed=self._failed)

    def _failed(self) -> None:
        self._job = None

    def take(self, answer: Any) -> None:
        """Show an answer in the panel and on the map."""
        self.drawing = self.show_answer(answer)
        self.empty.hide()
        self.answer.show()
        self.session.show_drawing(self.drawing)
        self.answered.emit()

    def redraw(self, drawing: Drawing) -> None:
        """Show the same answer otherwise on the map."""
        self.drawing = drawing
        self.session.show_drawing(drawing)

    def forget(self) -> None:
        """Another plan is open: no answer any more."""
        if self._job is not None:
            self._job.cancel()
        self.drawing = None
        self.answer.hide()
        self.empty.show()

    def begin(self) -> None:
        """The page comes to the front: its answer is on the map again."""
        if self.drawing is not None:
            self.session.show_drawing(self.drawing)

    def leave(self) -> None:
        """Another page comes to the front."""

    # --- keeping and exporting

    def add_saving(self, export: QPushButton, keep: Callable[[], None]) -> None:
        """The row of what can be done with an answer: into the plan, or into a file."""
        self.keep = QPushButton("存成图层")
        self.keep.clicked.connect(keep)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.keep, 1)
        row.addWidget(export, 1)
        self.rows.addLayout(row)
        self.show_stale(False)

    def show_stale(self, stale: bool) -> None:
        """An answer to an older plan is not put into the plan of today."""
        if self.keep is not None:
            self.keep.setEnabled(not stale)
            self.keep.setToolTip(
                "结果已过时,先重新计算。"
                if stale
                else "把结果作为一个图层放进规划,可以撤销。它不再随规划改动。"
            )

    def keep_layer(self, title: str, make: Callable[[str, str], Layer]) -> None:
        """Put the answer into the plan as a layer: ``make`` takes its name and today's date."""
        plan = self.session.plan
        if plan is None:
            return
        name = unique_name(title, (layer.name for layer in plan))
        try:
            layer = make(name, datetime.date.today().isoformat())
        except Refused as refusal:
            self.session.message.emit(str(refusal))
            return
        if self.session.do(f"存成图层“{name}”", edits.add_layer(layer)):
            # The layer shows the same: the answer above it would only make it darker.
            self.session.show_drawing(None)
            self.window_.message.show_text(f"已存成图层“{name}”,在左边的图层里。", tone="note")

    def ask_file(self, title: str, write: Callable[[Path], None]) -> None:
        """Ask for a file and write it in the background."""
        folder = self.session.path.parent if self.session.path else Path.home()
        name, chosen = QFileDialog.getSaveFileName(
            self,
            f"导出{title}",
            str(folder / f"{title}.gpkg"),
            "GeoPackage (*.gpkg);;GeoJSON (*.geojson)",
        )
        if name:
            path = Path(name)
            if path.suffix.lower() not in (".gpkg", ".geojson"):
                path = Path(f"{name}{'.geojson' if 'geojson' in chosen else '.gpkg'}")
            self.export(path, write)

    def export(self, path: Path, write: Callable[[Path], None]) -> None:
        """Write ``path`` in the background and say so."""

        def done(answer: Any) -> None:
            self.window_.message.show_text(f"已导出“{path.name}”。", tone="note")

        self.session.jobs.start(f"导出“{path.name}”", lambda report: write(path), done)


class PickButton(QPushButton):
    """Asks for places on the map while it is down; ``picked`` tells each one (plan metres)."""

    picked = Signal(float, float)

    def __init__(self, text: str, window: Window, words: str) -> None:
        super().__init__(text)
        self._window, self._words = window, words
        self._asking: Picking | None = None
        self.setCheckable(True)
        self.setToolTip(words)
        self.toggled.connect(self._toggled)

    def _toggled(self, on: bool) -> None:
        canvas = self._window.canvas
        if canvas is None:
            return
        if self._asking is None:
            self._asking = Picking(canvas, self)
            self._asking.picked.connect(self.picked)
            self._asking.ended.connect(lambda: self.setChecked(False))
        if on:
            self._window.show_map()
            self._asking.begin()
            self._window.message.show_note(self._words)
        else:
            self._asking.end()


class Cell(QTableWidgetItem):
    """A cell that is sorted by its number, not by its words."""

    def __init__(self, text: str, number: float | None = None, tip: str = "") -> None:
        super().__init__(text)
        self.number = number
        self.setToolTip(tip or text)
        side = Qt.AlignmentFlag.AlignLeft if number is None else Qt.AlignmentFlag.AlignRight
        self.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        if isinstance(other, Cell) and self.number is not None and other.number is not None:
            return self.number < other.number
        return super().__lt__(other)


class Grid(QTableWidget):
    """A quiet table at its full height (the panel scrolls); the first column takes what is left."""

    def __init__(self, heads: Sequence[str], *, sortable: bool = False) -> None:
        super().__init__(0, len(heads))
        self.setObjectName("districts")
        self._sortable = sortable
        for column, text in enumerate(heads):
            head = QTableWidgetItem(text)
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, head)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(False)
        header.setMinimumSectionSize(32)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def fill(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Show these rows, in this order until a head is clicked."""
        self.setSortingEnabled(False)
        self.setRowCount(len(rows))
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                self.setItem(i, j, cell)
        if self._sortable:
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.setSortingEnabled(True)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + 24 * len(rows) + 2)
