"""The open plan: the only object that views listen to, and the only door for changes.

    gesture ─▶ session.do(text, edit) ─▶ History ─▶ plan_changed(before, after) ─▶ every view

Views compare ``before`` and ``after`` layer by layer, by identity. Long work
runs through ``session.jobs`` on the plan as it was when it was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from data.history import History, Step
from data.progress import Report
from data.refused import Refused
from desktop.jobs import Jobs

if TYPE_CHECKING:  # geopandas is loaded after the window is on the screen
    from data.edits import Edit
    from data.files import Opened, Stamp
    from data.lock import FileLock
    from data.plan import Book, Layer, Plan
    from maps.analysis.coverage import Coverage, CoverageAsk
    from maps.analysis.live import Live, LiveNumbers

Selection = Mapping[str, tuple[int, ...]]
"""Selected feature ids by layer name; layers without any are left out."""


@dataclass(frozen=True, eq=False)
class Result:
    """What was worked out: the question, the plan it was put to, the answer."""

    ask: CoverageAsk
    plan: Plan
    coverage: Coverage

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of layers the answer depends on."""
        return (self.ask.of, "population", "district")


class Session(QObject):
    """The open book with its history, selection, results and jobs."""

    plan_changed = Signal(object, object)
    """(before, after): plans, None where no plan is open."""
    selection_changed = Signal()
    results_changed = Signal()
    job_changed = Signal()
    """A job started, moved or ended; also when “unsaved” may have changed without an edit."""

    opened = Signal()
    """Another file is shown (after its plan_changed): zoom to it, forget old views."""
    message = Signal(str)
    """One sentence for the message bar."""
    live_changed = Signal(object)
    """The numbers of the shown result while a facility is dragged; None when the drag ends."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = Jobs(self.message.emit, self)
        self.jobs.changed.connect(self.job_changed)
        self.history: History[Book] | None = None
        self.path: Path | None = None
        self._stamp: Stamp | None = None
        self._lock: FileLock | None = None
        self._saving = False
        self.selection: Selection = {}
        self.results: list[Result] = []
        self.result: Result | None = None
        self._live: Live | None = None
        self._live_of: tuple[str, int] | None = None

    # --- what is open

    @property
    def book(self) -> Book | None:
        return self.history.value if self.history else None

    @property
    def plan(self) -> Plan | None:
        return self.history.value.plan if self.history else None

    @property
    def unsaved(self) -> bool:
        return self.history is not None and self.history.unsaved

    @property
    def steps(self) -> list[Step[Book]]:
        """The undo history, oldest first; ``step`` is the current one."""
        return self.history.steps if self.history else []

    @property
    def step(self) -> int:
        return self.history.index if self.history else 0

    @property
    def name(self) -> str:
        """What the title bar calls the open plan."""
        if self.history is None:
            return ""
        return self.path.stem if self.path else self.history.value.title

    # --- files

    def open(self, path: Path) -> None:
        """Load a plan file and show it; what was open before is closed."""

        def work(report: Report) -> tuple[FileLock, Opened, str]:
            from data.files import load
            from data.lock import FileLock

            lock, held = FileLock(path), ""
            try:
                lock.acquire()
            except Refused as refusal:
                held = f"{refusal}现在只能查看。"
            try:
                return lock, load(path, report), held
            except BaseException:
                lock.release()
                raise

        def done(answer: tuple[FileLock, Opened, str]) -> None:
            lock, opened, held = answer
            self._replace(opened.book, opened.path, opened.stamp, lock)
            if held:
                self.message.emit(held)

        self.jobs.start(f"打开“{path.name}”", work, done)

    def show_new(self, book: Book, *, text: str = "新建") -> None:
        """Show a book that is in no file yet."""
        self._replace(book, None, None, None, text=text)
        assert self.history is not None
        self.history.mark_unsaved()
        self.job_changed.emit()

    def make(self, text: str, work: Callable[[Report], Book]) -> None:
        """Build a book off the GUI thread and show it as a new plan."""
        self.jobs.start(text, work, self.show_new)

    def close_book(self) -> None:
        """Show no plan. What was unsaved is given up."""
        self._replace(None, None, None, None)

    @property
    def saving(self) -> bool:
        return self._saving

    def let_go(self) -> None:
        """Give the file's lock back (when the program ends)."""
        if self._lock is not None:
            self._lock.release()

    def save(self, path: Path | None = None, then: Callable[[], None] = lambda: None) -> bool:
        """Write the book as it is now, to its own file or to another one; ``then`` after success.

        Returns False when nothing was started: no file name yet, or a save is running.
        """
        target = path or self.path
        if self.history is None or target is None or self._saving:
            return False
        history, moved = self.history, target != self.path
        book = history.value
        stamp, lock = (None, None) if moved else (self._stamp, self._lock)

        def work(report: Report) -> tuple[FileLock, Stamp]:
            from data.files import save
            from data.lock import FileLock

            own = lock or FileLock(target)
            own.acquire()
            try:
                return own, save(book, target, stamp=stamp, report=report)
            except BaseException:
                if own is not lock:
                    own.release()
                raise

        def done(answer: tuple[FileLock, Stamp]) -> None:
            self._saving = False
            if self.history is history:
                self._saved(book, target, *answer)
            else:
                answer[0].release()
            then()

        def failed() -> None:
            self._saving = False

        self._saving = True
        self.jobs.start(f"保存“{target.name}”", work, done, failed=failed)
        return True

    def _saved(self, book: Book, path: Path, lock: FileLock, stamp: Stamp) -> None:
        assert self.history is not None
        if self._lock is not None and self._lock is not lock:
            self._lock.release()
        self.path, self._stamp, self._lock = path, stamp, lock
        self.history.mark_saved(book)
        self.job_changed.emit()

    def _replace(
        self,
        book: Book | None,
        path: Path | None,
        stamp: Stamp | None,
        lock: FileLock | None,
        text: str = "打开",
    ) -> None:
        before = self.plan
        if self._lock is not None:
            self._lock.release()
        self.path, self._stamp, self._lock = path, stamp, lock
        self.history = History(book, text) if book is not None else None
        self.results, self.result = [], None
        self._shown(before)
        self.results_changed.emit()
        self.opened.emit()

    # --- changes

    def do(self, text: str, edit: Edit) -> bool:
        """Carry out an edit on the plan as one undo step called ``text``.

        Returns whether something changed. A Refused goes to the message bar.
        """
        return self.do_book(text, lambda book: book.with_plan(edit(book.plan)))

    def do_book(self, text: str, change: Callable[[Book], Book]) -> bool:
        """Carry out a change of the whole book (scenarios, title, facts) as one undo step."""
        if self.history is None:
            return False
        before = self.history.value
        try:
            after = change(before)
        except Refused as refusal:
            self.message.emit(str(refusal))
            return False
        if not self.history.do(text, after):
            return False
        self._shown(before.plan)
        return True

    def undo(self) -> None:
        self.go(self.step - 1)

    def redo(self) -> None:
        self.go(self.step + 1)

    def go(self, index: int) -> None:
        """Show another state of the undo history (nothing happens outside of it)."""
        if self.history is None or not 0 <= index < len(self.steps) or index == self.step:
            return
        before = self.history.value.plan
        self.history.go(index)
        self._shown(before)

    def _shown(self, before: Plan | None) -> None:
        self._live, self._live_of = None, None
        self._drop_selection_of_gone()
        self.plan_changed.emit(before, self.plan)

    # --- selection

    def select(self, layer: str, ids: Iterable[int], *, add: bool = False) -> None:
        """Select features of one layer; ``add`` keeps what else is selected."""
        kept = dict(self.selection) if add else {}
        kept[layer] = tuple(dict.fromkeys([*kept.get(layer, ()), *ids]))
        self.select_all(kept)

    def select_all(self, selection: Selection) -> None:
        """Select exactly these features; ``{}`` selects nothing."""
        wanted = {name: tuple(int(i) for i in ids) for name, ids in selection.items() if len(ids)}
        if wanted != self.selection:
            self.selection = wanted
            self.selection_changed.emit()

    def selected(self) -> tuple[Layer, tuple[int, ...]] | None:
        """The layer and ids when all selected features are of one layer, else None."""
        if self.plan is None or len(self.selection) != 1:
            return None
        name, ids = next(iter(self.selection.items()))
        return self.plan.layer(name), ids

    def _drop_selection_of_gone(self) -> None:
        kept = {}
        for name, ids in self.selection.items():
            layer = self.plan.find(name) if self.plan else None
            if layer is not None:
                kept[name] = tuple(i for i in ids if i in layer.frame.index)
        self.select_all(kept)

    # --- results

    @property
    def coverage(self) -> Coverage | None:
        """The coverage on the map."""
        return self.result.coverage if self.result else None

    def compute_coverage(self, ask: CoverageAsk) -> None:
        """Work out a coverage on the plan as it is now; shows it when done."""
        plan = self.plan
        if plan is None:
            return

        def work(report: Report) -> Coverage:
            from maps.analysis.coverage import coverage

            return coverage(plan, ask, report)

        self.jobs.start("计算覆盖", work, lambda answer: self.add_result(Result(ask, plan, answer)))

    def add_result(self, result: Result) -> None:
        """Show a new result; it replaces an older answer to the same question."""
        self.results = [*(old for old in self.results if old.ask != result.ask), result][-20:]
        self.show_result(result)

    def show_result(self, result: Result | None) -> None:
        """Put one of the results (or none) on the map and into the panel."""
        self.result = result
        self._live, self._live_of = None, None
        self.results_changed.emit()

    # --- while a facility is dragged

    def live_at(self, layer: str, fid: int, x: float, y: float) -> LiveNumbers | None:
        """Return the shown result's numbers with one facility at (x, y) in plan metres.

        Emits ``live_changed`` with them. None when no coverage is shown, it is out of
        date, or the facility does not count in it.
        """
        if self._live_of != (layer, fid):
            self._live = self._start_live(layer, fid)
            self._live_of = (layer, fid)
        if self._live is None:
            return None
        numbers = self._live.at(x, y)
        self.live_changed.emit(numbers)
        return numbers

    def live_end(self) -> None:
        """The drag is over (released or given up): back to the result as it is."""
        shown = self._live is not None
        self._live, self._live_of = None, None
        if shown:
            self.live_changed.emit(None)

    def _start_live(self, layer: str, fid: int) -> Live | None:
        result, plan = self.result, self.plan
        if result is None or plan is None or self.is_stale(result):
            return None
        if plan.layer(layer).kind_name != result.ask.of:
            return None
        from maps.analysis.live import Live

        live = Live(plan, result.ask, layer, fid)
        return live if live.counts else None

    def is_stale(self, result: Result) -> bool:
        """True when a layer the result depends on is no longer what it was made from.

        Only features count: another colour or order leaves a result as it is.
        """
        return self.plan is None or _inputs(result.plan, result.kinds) != _inputs(
            self.plan, result.kinds
        )


def _inputs(plan: Plan, kinds: Iterable[str]) -> set[tuple[str, int]]:
    wanted = set(kinds)
    return {(x.kind_name, id(x.frame)) for x in plan if x.kind_name in wanted}
