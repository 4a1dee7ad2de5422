"""Every change to what a plan file holds beside its layers: scenarios, title, facts.

Small named verbs from book to book. Each returns the next book, raises Refused
and nothing has happened, or returns the book itself when nothing changes.
Layers are shared between scenarios until an edit changes them in one.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from data.plan import Book, Plan
from data.refused import Refused

Change = Callable[[Book], Book]


def set_title(title: str) -> Change:
    """Give the whole plan file another title."""

    def change(book: Book) -> Book:
        wanted = " ".join(title.split())
        if not wanted:
            raise Refused("规划的名称不能为空。")
        return book if wanted == book.title else replace(book, title=wanted)

    return change


def copy_scenario(name: str = "", of: int | None = None) -> Change:
    """Add a scenario after the others, with the layers of one there is, and go to it.

    ``of``: which one to copy, the current one when None. Without a name it is
    called 方案 1, 方案 2 …
    """

    def change(book: Book) -> Book:
        source = book.plan if of is None else _at(book, of)
        wanted = _free(book, name) if name.strip() else _next_name(book)
        return replace(
            book, plans=(*book.plans, replace(source, name=wanted)), current=len(book.plans)
        )

    return change


def add_scenario(name: str = "") -> Change:
    """Add a scenario without layers (same CRS as the current one) and go to it."""

    def change(book: Book) -> Book:
        wanted = _free(book, name) if name.strip() else _next_name(book)
        plans = (*book.plans, Plan(wanted, book.plan.crs))
        return replace(book, plans=plans, current=len(book.plans))

    return change


def rename_scenario(index: int, name: str) -> Change:
    """Give a scenario another name."""

    def change(book: Book) -> Book:
        old = _at(book, index)
        if " ".join(name.split()) == old.name:
            return book
        renamed = replace(old, name=_free(book, name))
        return replace(book, plans=_put(book.plans, index, renamed))

    return change


def remove_scenario(index: int) -> Change:
    """Take a scenario out; the last one stays."""

    def change(book: Book) -> Book:
        gone = _at(book, index)
        if len(book.plans) == 1:
            raise Refused(f"“{gone.name}”是唯一的方案,不能删除。")
        plans = book.plans[:index] + book.plans[index + 1 :]
        current = book.current - 1 if book.current > index else book.current
        return replace(book, plans=plans, current=min(current, len(plans) - 1))

    return change


def order_scenarios(order: Iterable[int]) -> Change:
    """Put the scenarios into another order, given by their present positions."""
    order = list(order)

    def change(book: Book) -> Book:
        if sorted(order) != list(range(len(book.plans))):
            raise ValueError("order_scenarios needs every position once")
        if order == sorted(order):
            return book
        plans = tuple(book.plans[i] for i in order)
        return replace(book, plans=plans, current=order.index(book.current))

    return change


def go_to(index: int) -> Change:
    """Make a scenario the current one."""

    def change(book: Book) -> Book:
        _at(book, index)
        return book if index == book.current else replace(book, current=index)

    return change


def set_fact(name: str, value: Any) -> Change:
    """Write down a small choice that belongs to the file (JSON-able); None takes it out."""

    def change(book: Book) -> Book:
        if book.facts.get(name) == value and (value is None or name in book.facts):
            return book
        rest = {k: v for k, v in book.facts.items() if k != name}
        return replace(book, facts=rest if value is None else {**rest, name: value})

    return change


def find_scenario(book: Book, name: str) -> int:
    """Return the position of the scenario called ``name``; raises Refused listing what there is."""
    for i, plan in enumerate(book.plans):
        if plan.name == name:
            return i
    have = "、".join(plan.name for plan in book.plans)
    raise Refused(f"没有名为“{name}”的方案。现有方案:{have}。")


def _at(book: Book, index: int) -> Plan:
    if not 0 <= index < len(book.plans):
        raise IndexError(index)
    return book.plans[index]


def _put(plans: tuple[Plan, ...], index: int, plan: Plan) -> tuple[Plan, ...]:
    return (*plans[:index], plan, *plans[index + 1 :])


def _free(book: Book, name: str) -> str:
    wanted = " ".join(name.split())
    if not wanted:
        raise Refused("方案的名称不能为空。")
    if any(plan.name == wanted for plan in book.plans):
        raise Refused(f"已有名为“{wanted}”的方案,请换一个名称。")
    return wanted


def _next_name(book: Book) -> str:
    taken = {plan.name for plan in book.plans}
    n = 1
    while f"方案 {n}" in taken:
        n += 1
    return f"方案 {n}"
