"""What only the planner knows or decides, kept in the plan's book.

Each function returns a new book; ``Book.facts`` stay JSON-able values (names in ``model``).
"""

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data.plan import Book
from data.refused import Refused
from maps.analysis.targets.model import ATTESTED, INDICATORS, PROJECTS, READINGS, Reading, told
from maps.analysis.targets.plan_projects import STATES

OUTCOMES = ("符合", "不符合")


def with_reading(book: Book, reading: Reading, option: str) -> Book:
    """Choose how an ambiguous clause is read; Refused for an option it does not have."""
    names = [o.name for o in reading.options]
    if option not in names:
        raise Refused(f"读法“{reading.id}”的选项有:{'、'.join(names)};没有“{option}”。")
    return _with(book, READINGS, reading.id, option)


def with_attestation(
    book: Book, rule_id: str, outcome: str, note: str, date: str, who: str = ""
) -> Book:
    """Attest a rule by hand; a note and a date (2025-06-30) are needed."""
    if outcome not in OUTCOMES:
        raise Refused(f"人工确认的结果只能是{'或'.join(OUTCOMES)},现在是“{outcome}”。")
    if not note.strip():
        raise Refused("人工确认要写说明:依据哪份文件、看到了什么。")
    said = {"结果": outcome, "说明": note.strip(), "日期": _day(date), "人": who.strip()}
    return _with(book, ATTESTED, rule_id, {k: v for k, v in said.items() if v})


def without_attestation(book: Book, rule_id: str) -> Book:
    """Take an attestation back (the same book when there is none)."""
    return _with(book, ATTESTED, rule_id, None)


def with_indicator(book: Book, indicator: str, year: int, value: float | None) -> Book:
    """Enter an indicator's value of a year; None takes it away."""
    if not 1990 <= year <= 2100:
        raise Refused(f"指标的年份要在 1990–2100 之间,现在是 {year}。")
    known = told(book.facts, INDICATORS, indicator)
    years = dict(known) if isinstance(known, Mapping) else {}
    years.pop(str(year), None)
    if value is not None:
        if value != value or abs(value) == float("inf"):
            raise Refused(f"“{indicator}”的数值要填有限的数字。")
        years[str(year)] = value
    return _with(book, INDICATORS, indicator, dict(sorted(years.items())) or None)


def with_project_state(
    book: Book,
    project_id: str,
    state: str,
    year: int | None = None,
    spent: float | None = None,
    note: str = "",
) -> Book:
    """Register where a project stands; ``spent`` in 万元. A finished one needs its year."""
    if state not in STATES:
        raise Refused(f"工程状态只能是{'、'.join(STATES)}之一,现在是“{state}”。")
    if state == "完成" and year is None:
        raise Refused("工程登记为“完成”时要写完成的年份。")
    if spent is not None and not 0 <= spent < float("inf"):
        raise Refused(f"完成投资要填不小于 0 的万元数,现在是 {spent:g}。")
    said = {"状态": state, "年份": year, "完成投资": spent, "说明": note.strip()}
    kept = {k: v for k, v in said.items() if v not in (None, "")}
    return _with(book, PROJECTS, project_id, kept)


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise Refused(f"日期要写成 2025-06-30 这样,现在是“{text}”。") from None


def _with(book: Book, name: str, key: str, value: Any) -> Book:
    """Set (or with None remove) one entry of one of the book's facts."""
    section = book.facts.get(name)
    old = dict(section) if isinstance(section, Mapping) else {}
    new = {k: v for k, v in old.items() if k != key}
    if value is not None:
        new[key] = value
    if new == old:
        return book
    facts = {k: v for k, v in book.facts.items() if k != name}
    return replace(book, facts={**facts, name: new} if new else facts)
