"""Importing files through the window: one file after the other, nothing in the plan before 导入.

    files ─▶ read (another process) ─▶ proposal + outcome (a job) ─▶ the page shows them
                                          ▲                             │ a choice changes
                                          └─────────────────────────────┘

An answer that is not of the latest question is dropped. 导入 carries out the outcome's edit as
one undo step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog

from data.progress import Report, part
from data.refused import Refused

if TYPE_CHECKING:
    from data.imports.carrying import Outcome
    from data.imports.proposing import ImportAsk, Proposal
    from data.imports.source import Source
    from desktop.jobs import Job
    from desktop.window import Window

FILTER = (
    "可导入的文件 (*.xlsx *.xls *.ods *.csv *.txt *.shp *.zip *.gpkg *.geojson *.json *.topojson "
    "*.js *.kml *.kmz *.gpx *.dxf *.fgb *.tab *.mif *.tif *.tiff *.pbf);;所有文件 (*)"
)
_SETS = (".shp", ".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".xml", ".qix")


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows of one file: its sources, and what the current choices give.

    ``trouble``: why there is no proposal or no outcome, as a sentence.
    """

    path: Path
    sources: tuple[Source, ...]
    ask: ImportAsk
    proposal: Proposal | None = None
    outcome: Outcome | None = None
    trouble: str = ""


class Importing(QObject):
    """The files waiting to be imported, and what is known of the first."""

    changed = Signal()
    finished = Signal()
    """No file is left."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window_ = window
        self.session = window.session
        self.waiting: list[Path] = []
        self.total = 0
        self.shown: Shown | None = None
        self.accept = True
        self.busy = ""
        self._job: Job | None = None
        self._turn = 0

    # --- the row of files

    def begin(self, paths: Sequence[Path]) -> None:
        """Import files, one after the other (after those that are waiting)."""
        fresh = [p for p in whole_sets(paths) if p not in self.waiting]
        idle = not self.waiting
        self.waiting += fresh
        self.total = len(self.waiting) if idle else self.total + len(fresh)
        if idle and fresh:
            self.read()

    @property
    def number(self) -> int:
        """Which of the files is shown, from 1."""
        return self.total - len(self.waiting) + 1

    def next(self) -> None:
        """Leave the shown file and go on to the next."""
        self._turn += 1
        self.waiting = self.waiting[1:]
        self.shown = None
        if self.waiting:
            self.read()
        else:
            self.total, self.busy = 0, ""
            self.finished.emit()

    def stop(self) -> None:
        """Give up all files."""
        self._turn += 1
        if self._job is not None:
            self._job.cancel()
        self.waiting, self.shown, self.total, self.busy = [], None, 0, ""
        self.finished.emit()

    # --- questions

    def read(self, ask: ImportAsk | None = None) -> None:
        """Read the first waiting file; ``ask`` carries choices made already."""
        path, plan = self.waiting[0], self.session.plan
        if plan is None:
            return
        if ask is None:
            self.accept = True

        def work(report: Report) -> Shown:
            from data.imports.proposing import ImportAsk, likely_kind, read_ask
            from data.imports.sandbox import read_apart
            from desktop.panels.import_map import districts

            districts(plan)  # the page draws them: kept by now
            wanted = ask or ImportAsk("other")
            try:
                found = read_apart(read_ask(plan, path, wanted), part(report, 0.0, 0.8))
            except Refused as refusal:
                return Shown(path, (), wanted, trouble=str(refusal))
            sources = tuple(found)
            if ask is None:
                wanted = replace(wanted, kind_name=likely_kind(sources, path.stem))
            return worked_out(plan, Shown(path, sources, wanted), part(report, 0.8, 1.0))

        self._start(f"正在读“{path.name}”…", work)

    def change(self, **choices: Any) -> None:
        """Change what is asked for and work it out again."""
        shown, plan = self.shown, self.session.plan
        if shown is None or plan is None:
            return
        ask = replace(shown.ask, **choices)
        again = {"encoding"} | ({"kind_name"} if _reads_by_kind(shown) else set())
        if again & set(choices):
            self.read(ask)
            return
        if "kind_name" in choices:
            ask = replace(ask, columns={}, layer="", fill={})
        if "source" in choices:
            ask = replace(ask, columns={})
        accept = self.accept

        def work(report: Report) -> Shown:
            return worked_out(plan, replace(shown, ask=ask), report, accept=accept)

        self._start("正在核对…", work)

    def set_accept(self, accept: bool) -> None:
        """Take the proposed repair of the coordinates, or the file as it stands."""
        if accept != self.accept:
            self.accept = accept
            self.change()

    def _start(self, text: str, work: Any) -> None:
        self._turn += 1
        turn = self._turn
        if self._job is not None:
            self._job.cancel()
        self.busy = text
        self.changed.emit()

        def done(shown: Shown) -> None:
            if turn == self._turn:
                self.busy, self.shown, self._job = "", shown, None
                self.changed.emit()

        def failed() -> None:
            if turn == self._turn:
                self.busy, self._job = "", None
                self.changed.emit()

        self._job = self.session.jobs.start(text.rstrip("…"), work, done, failed=failed)

    # --- the answer

    def carry_out(self) -> None:
        """Put the rows into the plan as one undo step, and go on to the next file."""
        shown = self.shown
        if shown is None or shown.outcome is None or not shown.outcome.accepted:
            return
        outcome = shown.outcome
        if self.session.do(outcome.text, outcome.edit):
            left = f",{len(outcome.rejects):,} 行未导入" if outcome.rejects else ""
            self.window_.message.show_text(
                f"已从“{shown.path.name}”导入 {outcome.accepted:,} 行到图层"
                f"“{outcome.layer.name}”{left}。可以撤销。",
                tone="note",
            )
        self.next()


def worked_out(plan: Any, shown: Shown, report: Report, *, accept: bool = True) -> Shown:
    """Return what the choices give for the plan (runs off the GUI thread)."""
    from data.imports.carrying import carry_out
    from data.imports.proposing import choose, fitness, propose
    from data.kinds import kind

    ask = shown.ask
    try:
        if not ask.source and len(shown.sources) > 1:
            this = kind(ask.kind_name)
            best = max(shown.sources, key=lambda s: (fitness(s, this), len(s)))
            joint = {s.format for s in shown.sources} <= {"kml", "gpx", "pbf"}
            source = choose(shown.sources, ask) if joint else best
        else:
            source = choose(shown.sources, ask)
        proposal = propose(plan, source, ask)
    except Refused as refusal:
        return replace(shown, proposal=None, outcome=None, trouble=str(refusal))
    try:
        outcome = carry_out(plan, proposal, accept=accept, report=report)
    except Refused as refusal:
        return replace(shown, proposal=proposal, outcome=None, trouble=str(refusal))
    return replace(shown, proposal=proposal, outcome=outcome, trouble="")


def _reads_by_kind(shown: Shown) -> bool:
    """Whether another kind means reading the file anew (rasters, OSM extracts)."""
    return any(s.format in ("tif", "pbf") for s in shown.sources) or not shown.sources


def whole_sets(paths: Sequence[Path]) -> list[Path]:
    """Return the files with the parts of a shapefile as one (its .shp where it is there)."""
    out: dict[str, Path] = {}
    for path in paths:
        ending = path.suffix.lower()
        is_part = ending in _SETS
        key = str(path.with_suffix("") if is_part else path)
        if key not in out or ending == ".shp":
            out[key] = path
    return list(out.values())


# --- the window's doors: menu and drag-and-drop


def ask_files(window: Window) -> None:
    """Ask for files and import them."""
    session = window.session
    folder = str(session.path.parent) if session.path else ""
    names, _ = QFileDialog.getOpenFileNames(window, "导入数据", folder, FILTER)
    if names:
        take_files(window, [Path(name) for name in names])


def take_files(window: Window, paths: Sequence[Path]) -> None:
    """Import dropped or chosen files; a plan file alone is opened instead."""
    from desktop import dialogs

    plans = [p for p in paths if is_plan(p)]
    if plans and len(paths) == 1:
        dialogs.open_path(window, plans[0])
        return
    data = [p for p in paths if p not in plans]
    if window.session.plan is None:
        window.message.show_text("先打开或新建一个规划,再导入文件。", tone="note")
    elif data:
        page_of(window).begin(data)


def page_of(window: Window) -> Any:
    """Return the window's import page, made when first needed."""
    from desktop.panels.import_page import ImportPage

    page = window.findChild(ImportPage)
    return page if page is not None else ImportPage(window)


def is_plan(path: Path) -> bool:
    """Whether a file is one of this program's plans."""
    import contextlib
    import sqlite3

    from data.files import TABLE

    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return False
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
            asked = "SELECT 1 FROM sqlite_master WHERE name = ?"
            return db.execute(asked, (TABLE,)).fetchone() is not None
    except sqlite3.Error:
        return False


class Drops(QObject):
    """Takes files that are dropped anywhere on the window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window_ = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.DragEnter, QEvent.Type.DragMove):
            assert isinstance(event, QDragEnterEvent) or hasattr(event, "mimeData")
            if dropped(event):
                event.acceptProposedAction()  # type: ignore[attr-defined]
                return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            paths = dropped(event)
            if paths:
                event.acceptProposedAction()
                take_files(self.window_, paths)
                return True
        return False


def dropped(event: Any) -> list[Path]:
    """Return the local files of a drag."""
    urls = event.mimeData().urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
