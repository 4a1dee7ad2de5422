"""The open plan: the only object that views listen to, and the only door for changes.

    gesture ─▶ session.do(text, edit) ─▶ History ─▶ plan_changed(before, after) ─▶ every view

Views compare ``before`` and ``after`` layer by layer, by identity. Long work
runs through ``session.jobs`` on the plan as it was when it was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from data.history import History, Step
from data.progress import Report, silent
from data.refused import Refused
from desktop.comparing import Comparing
from desktop.filed import Filed, fresh, opened, recovered, saved
from desktop.ghosts import Ghosts
from desktop.jobs import Job, Jobs
from desktop.results import Result, answer, live, speeds

if TYPE_CHECKING:  # geopandas is loaded after the window is on the screen
    from data.edits import Edit
    from data.plan import Book, Layer, Plan
    from data.recovery import Recovery
    from desktop.drawings import Drawing
    from desktop.results import Answer, Ask
    from maps.analysis.live import Live, LiveNumbers
    from maps.analysis.network.live import LiveTime

_LOOK = 2000
"""Milliseconds after an edit at which the journal is asked whether it could be written."""

_FEW = 8
"""Facilities up to which a drag is prepared at once: that takes less than a frame."""

Selection = Mapping[str, tuple[int, ...]]
"""Selected feature ids by layer name; layers without any are left out."""


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
    dragging = Signal(object)
    """(layer, fid, x, y) in plan metres while a facility is dragged; None when the drag ends."""

    def __init__(self, journals: Path | None = None, parent: QObject | None = None) -> None:
        """``journals``: the folder for what a killed program leaves; None keeps no journal."""
        super().__init__(parent)
        self.journals = journals
        self.jobs = Jobs(self.message.emit, self)
        self.jobs.changed.connect(self.job_changed)
        self._look = QTimer(self, interval=_LOOK, singleShot=True)
        self._look.timeout.connect(self.tell_trouble)
        self.history: History[Book] | None = None
        self._filed = Filed()
        self._trouble = ""
        self._asked = 0
        self._bringing: Job | None = None
        self._saving = False
        self.selection: Selection = {}
        self.results: list[Result] = []
        self.result: Result | None = None
        self.drawing: Drawing | None = None
        self._live: Live | LiveTime | None = None
        self._live_of: tuple[str, int] | None = None
        self._preparing: Job | None = None
        self.comparing = Comparing(self)
        self.ghosts = Ghosts(self)

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

    @property
    def path(self) -> Path | None:
        """The plan file, None while the book is in none."""
        return self._filed.path

    @property
    def saving(self) -> bool:
        return self._saving

    def open(self, path: Path) -> None:
        """Load a plan file and show it; what was open before is closed."""
        self._bring(f"打开“{path.name}”", lambda report: opened(path, self.journals, report))

    def make(self, text: str, work: Callable[[Report], Book]) -> None:
        """Build a book off the GUI thread and show it as a new plan."""

        def made(report: Report) -> tuple[Book, Filed, str]:
            book = work(report)
            return book, fresh(book, self.journals), ""

        self._bring(text, made, "新建")

    def recover(self, recovery: Recovery) -> None:
        """Bring back what a killed program left unsaved, and show it."""
        mine = self._filed

        def work(report: Report) -> tuple[Book, Filed, str]:
            return recovered(recovery, self.journals, mine)

        self._bring("恢复未保存的规划", work, "恢复")

    def show_new(self, book: Book, text: str = "新建") -> None:
        """Show a book that is in no file yet."""
        self._replace(book, fresh(book, self.journals), text)

    def close_book(self) -> None:
        """Show no plan. What was unsaved is given up."""
        self._replace(None, Filed(), "")

    def _bring(
        self, text: str, work: Callable[[Report], tuple[Book, Filed, str]], step: str = "打开"
    ) -> None:
        """Get a book off the GUI thread and show it; whoever asks last gets his."""
        before, self._asked = self.book, self._asked + 1
        mine = self._asked

        def done(answer: tuple[Book, Filed, str]) -> None:
            book, filed, sentence = answer
            if mine == self._asked and self.book is before:
                self._replace(book, filed, step)
            else:
                self.jobs.start("关闭", lambda report: filed.let_go(), quiet=True)
                if mine == self._asked:
                    sentence = f"{text}期间规划又有了改动,为了不丢失,没有替换。请保存后再试。"
            if sentence:
                self.message.emit(sentence)

        if self._bringing is not None:
            self._bringing.cancel()
        self._bringing = self.jobs.start(text, work, done)

    def _replace(self, book: Book | None, filed: Filed, text: str) -> None:
        before, old = self.plan, self._filed
        self._filed = filed
        self.history = History(book, text) if book is not None else None
        if self.history is not None and text != "打开":
            self.history.mark_unsaved()
        self.results, self.result, self.drawing = [], None, None
        if old.lock is not filed.lock:
            old.unlock()
        # Waiting for the journal's last word must not hold up the window.
        self.jobs.start("关闭", lambda report: old.end_journal(), quiet=True)
        self._shown(before)
        self.results_changed.emit()
        self.opened.emit()

    def save(self, path: Path | None = None, then: Callable[[], None] = lambda: None) -> bool:
        """Write the book as it is now, to its own file or to another one; ``then`` after success.

        Returns False when nothing was started: no file name yet, or a save is running.
        """
        target = path or self.path
        if self.history is None or target is None or self._saving:
            return False
        history, book, filed = self.history, self.history.value, self._filed

        def done(answer: Filed) -> None:
            self._saving = False
            if self.history is history:
                self._filed = answer
                history.mark_saved(book)
                self.job_changed.emit()
            else:
                answer.let_go()
            then()

        def failed() -> None:
            self._saving = False

        self._saving = True
        work = partial(saved, book, filed, target)
        self.jobs.start(f"保存“{target.name}”", work, done, failed=failed)
        return True

    def let_go(self) -> None:
        """Give up the file's lock and the journal (when the program ends as it should)."""
        self._filed.let_go()

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
        self._filed.record(after)
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
        self._filed.record(self.history.value)
        self._shown(before)

    def tell_trouble(self) -> None:
        """Say once when unsaved work can no longer be kept recoverable."""
        if self._filed.trouble != self._trouble:
            self._trouble = self._filed.trouble
            if self._trouble:
                self.message.emit(self._trouble)

    def _shown(self, before: Plan | None) -> None:
        self._look.start()
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
    def coverage(self) -> Answer | None:
        """The coverage on the map."""
        return self.result.coverage if self.result else None

    def compute_coverage(self, ask: Ask) -> None:
        """Work out a coverage by radius or by road on the plan as it is now; show it when done."""
        plan = self.plan
        if plan is None:
            return

        def done(found: Answer) -> None:
            self.add_result(Result(ask, plan, found))

        self.jobs.start("计算覆盖", partial(answer, plan, ask), done)

    def add_result(self, result: Result) -> None:
        """Show a new result; it replaces an older answer to the same question."""
        self.results = [*(old for old in self.results if old.ask != result.ask), result][-20:]
        self.show_result(result)

    def show_result(self, result: Result | None) -> None:
        """Put one of the results (or none) on the map and into the panel."""
        self.result = result
        if result is not None and self.drawing is not None and self.drawing.patches:
            self.drawing = None  # two answers about areas would hide one another
        self._live, self._live_of = None, None
        self.results_changed.emit()

    def show_drawing(self, drawing: Drawing | None) -> None:
        """Put an answer that is not a coverage on the map, or take it off."""
        self.drawing = drawing
        if drawing is not None and drawing.patches:
            self.show_result(None)  # two answers about areas would hide one another
        else:
            self.results_changed.emit()

    # --- while a facility is dragged

    def live_at(self, layer: str, fid: int, x: float, y: float) -> LiveNumbers | None:
        """Return the shown result's numbers with one facility at (x, y) in plan metres.

        Emits ``live_changed`` with them. None when no coverage is shown, it is out of
        date, the facility does not count in it, or (with many facilities) the drag is
        still being prepared.
        """
        self.dragging.emit((layer, fid, x, y))
        if self._live_of != (layer, fid):
            self._live, self._live_of = None, (layer, fid)
            self._start_live(layer, fid)
        if self._live is None:
            return None
        numbers = self._live.at(x, y)
        self.live_changed.emit(numbers)
        return numbers

    def live_end(self) -> None:
        """The drag is over (released or given up): back to the result as it is."""
        self.dragging.emit(None)
        shown = self._live is not None
        self._live, self._live_of = None, None
        if self._preparing is not None:
            self._preparing.cancel()
        if shown:
            self.live_changed.emit(None)

    def _start_live(self, layer: str, fid: int) -> None:
        result, plan = self.result, self.plan
        if result is None or plan is None or self.is_stale(result):
            return
        if plan.layer(layer).kind_name != result.ask.of:
            return

        def take(ready: Live | LiveTime) -> None:
            if ready.counts and self._live_of == (layer, fid) and self.plan is plan:
                self._live = ready
                self.job_changed.emit()  # a hand that rests hears of it, too

        work = partial(live, plan, result.ask, layer, fid)
        if result.minutes is None and len(result.coverage.facilities) <= _FEW:
            take(work(silent))
        else:
            self._preparing = self.jobs.start("准备拖动", work, take, quiet=True)

    def is_stale(self, result: Result | Drawing) -> bool:
        """True when a layer or a speed it depends on is no longer what it was made from."""
        if self.history is None or result.stale_for(self.history.value.plan):
            return True
        return result.speeds is not None and dict(result.speeds) != speeds(self.history.value)
