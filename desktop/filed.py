"""Where the open book is kept: its file, what the file was like, our lock, its journal.

The functions here run in jobs (off the GUI thread) and know nothing of Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.progress import Report, silent
from data.refused import Refused

if TYPE_CHECKING:
    from data.files import Stamp
    from data.journal import Journal
    from data.lock import FileLock
    from data.plan import Book
    from data.recovery import Recovery


@dataclass(frozen=True, eq=False)
class Filed:
    """``path`` None: in no file yet. ``lock`` not taken: somebody else's, only to look at."""

    path: Path | None = None
    stamp: Stamp | None = None
    lock: FileLock | None = None
    journal: Journal | None = None

    def record(self, book: Book) -> None:
        """Tell the journal what the user sees now (returns at once)."""
        if self.journal is not None:
            self.journal.record(book)

    @property
    def trouble(self) -> str:
        """What keeps the journal from being written, "" when nothing does."""
        return self.journal.trouble if self.journal is not None else ""

    def unlock(self) -> None:
        """Give the lock back: at once, so that the file can be opened again."""
        if self.lock is not None:
            self.lock.release()

    def let_go(self) -> None:
        """Give up lock and journal: the book was saved, or the user gave its changes up.

        Waits for the journal's last word.
        """
        self.unlock()
        self.end_journal()

    def end_journal(self) -> None:
        """Stop the journal; there is nothing to recover any more."""
        if self.journal is not None:
            self.journal.close(discard=True)


def opened(path: Path, journals: Path | None, report: Report = silent) -> tuple[Book, Filed, str]:
    """Load a plan file under its lock and begin a journal.

    A file that somebody else holds is loaded all the same, to look at; the third
    value is the sentence that says so, else "". Raises Refused for what is no plan.
    """
    from data.files import load
    from data.lock import FileLock

    lock, held = FileLock(path), ""
    try:
        lock.acquire()
    except Refused as refusal:
        held = f"{refusal}现在只能查看。"
    try:
        found = load(path, report)
    except BaseException:
        lock.release()
        raise
    journal = _journal(journals, path)
    if journal is not None:
        journal.saved(found.book, found.stamp, path)
    return found.book, Filed(path, found.stamp, lock, journal), held


def saved(book: Book, filed: Filed, path: Path, report: Report = silent) -> Filed:
    """Write the book to its own file or to another one; return where it is kept now.

    Raises Refused when it cannot be written or somebody else holds the file;
    then everything is as before.
    """
    from data.files import save
    from data.lock import FileLock

    own = path == filed.path
    lock = filed.lock if own and filed.lock is not None else FileLock(path)
    lock.acquire()
    try:
        if filed.journal is not None:
            filed.journal.flush()
        stamp = save(book, path, stamp=filed.stamp if own else None, report=report)
    except BaseException:
        if lock is not filed.lock:
            lock.release()
        raise
    if filed.lock is not None and filed.lock is not lock:
        filed.lock.release()
    if filed.journal is not None:
        filed.journal.saved(book, stamp, path)
    return replace(filed, path=path, stamp=stamp, lock=lock)


def fresh(book: Book, journals: Path | None) -> Filed:
    """Begin a journal for a book that is in no file yet."""
    journal = _journal(journals, None)
    if journal is not None:
        journal.record(book)
    return Filed(journal=journal)


def recovered(recovery: Recovery, journals: Path | None, mine: Filed) -> tuple[Book, Filed, str]:
    """Bring back what a killed program left unsaved; its remains go once it is in a journal again.

    ``mine``: what is open now; the lock of the same file is taken over. The third value is a
    sentence when the plan file is somebody else's now, else "".
    """
    from data.lock import FileLock

    book, held = recovery.book(), ""
    lock = FileLock(recovery.path) if recovery.path is not None else None
    if recovery.path == mine.path and mine.lock is not None:
        lock = mine.lock
    if lock is not None:
        try:
            lock.acquire()
        except Refused as refusal:
            held = f"{refusal}恢复的内容请另存为别的名称。"
    journal = _journal(journals, recovery.path)
    if journal is not None:
        journal.record(book)
        journal.flush()
        if not journal.trouble:
            recovery.discard()
    return book, Filed(recovery.path, recovery.stamp, lock, journal), held


def _journal(folder: Path | None, path: Path | None) -> Journal | None:
    from data.journal import Journal

    return Journal(folder, path) if folder is not None else None
