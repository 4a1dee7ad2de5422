"""How long work tells where it is, and how it is stopped.

A computation that may take long has a parameter ``report: Report = silent``.
It calls ``report(done, text)`` between chunks, with ``done`` from 0.0 to 1.0
and a short Chinese text. Whoever waits cancels by raising :class:`Cancelled`
from inside ``report``: an exception, so that a partial answer can never be
taken for a whole one.
"""

from collections.abc import Callable

Report = Callable[[float, str], None]


class Cancelled(Exception):
    """The user stopped the work. There is no answer."""


def silent(done: float, text: str) -> None:
    """Report to nobody."""


def part(report: Report, start: float, end: float) -> Report:
    """Return a report whose 0…1 is the stretch ``start``…``end`` of ``report``."""

    def inner(done: float, text: str) -> None:
        report(start + (end - start) * done, text)

    return inner
