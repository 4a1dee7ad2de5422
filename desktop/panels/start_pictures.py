"""Small pictures of the recent plans for the start page, kept beside the journal.

A picture shows the map as it was when the plan was saved or closed. It is never part of the
plan file, and those of plans that are no longer recent are thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from data.plan import Book
    from desktop.session import Session
    from desktop.window import Window

SIZE = QSize(72, 40)
"""Logical pixels of a picture on the start page; files have twice as many."""

_AFTER = 1500
"""Milliseconds after opening until the map is drawn, usually."""


def folder_of(session: Session) -> Path | None:
    """The folder of the pictures; None while no state is kept (before the journal is)."""
    return session.journals.parent / "缩略图" if session.journals is not None else None


def file_of(folder: Path, plan: Path) -> Path:
    """Where the picture of a plan file is."""
    name = hashlib.sha256(str(plan.resolve()).encode("utf-8", "surrogatepass")).hexdigest()
    return folder / f"{name[:24]}.png"


def cut(image: QImage) -> QImage:
    """The middle of a picture in the proportions of :data:`SIZE`, twice its size."""
    size = image.size()
    inner = SIZE.scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
    left, top = (size.width() - inner.width()) // 2, (size.height() - inner.height()) // 2
    part = image.copy(QRect(left, top, inner.width(), inner.height()))
    return part.scaled(
        SIZE * 2,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


class Pictures(QObject):
    """Takes the pictures of one window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._taken: tuple[Path, Book] | None = None
        self._timer = QTimer(self, interval=_AFTER, singleShot=True)
        self._timer.timeout.connect(self.keep)
        window.session.opened.connect(self._timer.start)
        window.session.job_changed.connect(self._saved)

    def _saved(self) -> None:
        """Saving is told by ``job_changed``: take a picture of what was saved, once."""
        session = self._window.session
        if session.path is None or session.unsaved or session.book is None:
            return
        if self._taken is None or self._taken != (session.path, session.book):
            self.keep()

    def keep(self) -> None:
        """Keep a picture of the open plan's map, if it is in a file and drawn."""
        window, folder = self._window, folder_of(self._window.session)
        session, canvas = window.session, window.canvas
        if folder is None or session.path is None or session.book is None:
            return
        if canvas is None or canvas.picture is None or canvas.picture.wish.plan is not session.plan:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return  # a start page without pictures is no reason to disturb anybody
        if cut(canvas.grab().toImage()).save(str(file_of(folder, session.path))):
            self._taken = session.path, session.book
            self.forget([session.path, *window.start.recent_paths()])
            window.start.show_recent()

    def forget(self, recent: Iterable[Path]) -> None:
        """Throw away the pictures of other plans than these."""
        folder = folder_of(self._window.session)
        if folder is None or not folder.is_dir():
            return
        kept = {file_of(folder, path).name for path in recent}
        for file in folder.glob("*.png"):
            if file.name not in kept:
                file.unlink(missing_ok=True)
