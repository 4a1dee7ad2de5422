"""Views of the map by name, kept with the plan file: colleagues find the same places.

menu(window)   the names to go to, “记住现在的视图”, and taking one out
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QInputDialog, QMenu

from desktop.session import Session

if TYPE_CHECKING:
    from data.plan import Book
    from desktop.window import Window

FACT = "视图书签"


@dataclass(frozen=True)
class Bookmark:
    """A view by name: centre in plan metres, metres per pixel."""

    name: str
    x: float
    y: float
    mpp: float


def bookmarks(book: Book | None) -> tuple[Bookmark, ...]:
    """The bookmarks of a file, in the order they were made."""
    rows = book.facts.get(FACT, []) if book is not None else []
    return tuple(
        Bookmark(str(r["name"]), float(r["x"]), float(r["y"]), float(r["mpp"])) for r in rows
    )


def keep(session: Session, mark: Bookmark) -> bool:
    """Remember a view; one of the same name is replaced. One undo step."""
    name = " ".join(mark.name.split())
    if not name:
        session.message.emit("书签的名称不能为空。")
        return False
    kept = [one for one in bookmarks(session.book) if one.name != name]
    return _set(session, f"记住视图“{name}”", [*kept, Bookmark(name, mark.x, mark.y, mark.mpp)])


def remove(session: Session, name: str) -> bool:
    """Forget a view. One undo step."""
    kept = [one for one in bookmarks(session.book) if one.name != name]
    return _set(session, f"删除书签“{name}”", kept)


def _set(session: Session, text: str, marks: list[Bookmark]) -> bool:
    from data.scenarios import set_fact  # loads geopandas: not before the window is on the screen

    rows = [{"name": m.name, "x": m.x, "y": m.y, "mpp": m.mpp} for m in marks]
    return session.do_book(text, set_fact(FACT, rows or None))


def menu(window: Window) -> QMenu:
    """The bookmarks to choose from, and what can be done with them."""
    made = QMenu(window)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    marks = bookmarks(window.session.book)
    for mark in marks:
        made.addAction(mark.name).triggered.connect(
            lambda checked=False, mark=mark: _go(window, mark)
        )
    if marks:
        made.addSeparator()
    made.addAction("记住现在的视图…").triggered.connect(lambda checked=False: _ask(window))
    if marks:
        gone = made.addMenu("删除书签")
        for mark in marks:
            gone.addAction(mark.name).triggered.connect(
                lambda checked=False, mark=mark: remove(window.session, mark.name)
            )
    return made


def open_menu(window: Window) -> None:
    """Show the bookmarks over the upper left corner of the map."""
    if window.canvas is not None:
        menu(window).popup(window.canvas.mapToGlobal(QPoint(8, 8)))


def _go(window: Window, mark: Bookmark) -> None:
    from desktop.canvas import View

    if window.canvas is not None:
        window.show_map()
        window.canvas.view = View(mark.x, mark.y, mark.mpp)


def _ask(window: Window) -> None:
    if window.canvas is None:
        return
    view = window.canvas.view
    name, given = QInputDialog.getText(window, "记住现在的视图", "名称")
    if given:
        keep(window.session, Bookmark(name, view.x, view.y, view.mpp))
