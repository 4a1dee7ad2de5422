"""Undo and redo: a row of values with a finger on the current one."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Step(Generic[T]):
    """A state and the words for the edit that led to it."""

    text: str
    value: T


class History(Generic[T]):
    """States in order, with a limit; no Qt, no code per edit.

    Parameters: ``first`` the opened state, ``limit`` how many states are kept.
    """

    def __init__(self, first: T, text: str = "打开", limit: int = 200) -> None:
        self.steps: list[Step[T]] = [Step(text, first)]
        self.index = 0
        self.limit = limit
        self._saved: T | None = first

    @property
    def value(self) -> T:
        return self.steps[self.index].value

    @property
    def unsaved(self) -> bool:
        return self.value is not self._saved

    def do(self, text: str, value: T) -> bool:
        """Put ``value`` after the current state, dropping what was undone.

        The same object again is no edit: returns False and changes nothing.
        """
        if value is self.value:
            return False
        del self.steps[self.index + 1 :]
        self.steps.append(Step(text, value))
        del self.steps[: -self.limit]
        self.index = len(self.steps) - 1
        return True

    def go(self, index: int) -> None:
        """Move the finger to a state in the row."""
        if not 0 <= index < len(self.steps):
            raise IndexError(index)
        self.index = index

    @property
    def undo_text(self) -> str:
        return self.steps[self.index].text if self.index > 0 else ""

    @property
    def redo_text(self) -> str:
        return self.steps[self.index + 1].text if self.index + 1 < len(self.steps) else ""

    def undo(self) -> bool:
        if self.index == 0:
            return False
        self.index -= 1
        return True

    def redo(self) -> bool:
        if self.index + 1 >= len(self.steps):
            return False
        self.index += 1
        return True

    def mark_saved(self, value: T | None = None) -> None:
        """Remember that ``value`` (the current state) is what the file holds."""
        self._saved = self.value if value is None else value

    def mark_unsaved(self) -> None:
        """Remember that no state here is in a file (a recovered or new plan)."""
        self._saved = None
