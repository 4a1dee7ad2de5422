"""Proposed places on the map that are not in the plan: shown dashed, taken over by a click.

    session.ghosts.show([Ghost("depot", x, y, "候选 1", "多覆盖 3.2 万人")])

Whoever proposes (a siting panel) shows them and takes them away; each one taken over is one
undo step and leaves the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from data.kinds import kind

if TYPE_CHECKING:
    from desktop.session import Session


@dataclass(frozen=True)
class Ghost:
    """One proposal: kind name, place in plan metres, its name, what speaks for it, its class."""

    kind: str
    x: float
    y: float
    name: str = ""
    text: str = ""
    grade: str = ""


class Ghosts(QObject):
    """The proposals of one session."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.items: tuple[Ghost, ...] = ()
        session.opened.connect(self.clear)

    def show(self, ghosts: Iterable[Ghost]) -> None:
        """Show these proposals and no others."""
        wanted = tuple(ghosts)
        if wanted != self.items:
            self.items = wanted
            self.changed.emit()

    def clear(self) -> None:
        self.show(())

    def accept(self, ghost: Ghost) -> bool:
        """Put one proposal into the plan as a planned facility; whether it is there now."""
        from desktop import features  # loads geopandas: not before the window is on the screen

        named = {"名称": ghost.name} if ghost.name else {}
        if ghost.grade:
            named[kind(ghost.kind).class_column] = ghost.grade
        if not features.add_at(self.session, ghost.kind, ghost.x, ghost.y, **named):
            return False
        self.show(one for one in self.items if one is not ghost)
        return True
