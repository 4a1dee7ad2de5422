"""What the help says: entries in ``resources/help/*.yaml``, each with its clauses of standards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import yaml

import resources
from data.kinds import KINDS, Column

COLUMN, PANEL = "列.", "面板."
"""What ids of columns and of panels begin with."""

_GROUPS = (("panels", PANEL, "面板"), ("numbers", "", "数字"), ("columns", COLUMN, "属性列"))


@dataclass(frozen=True)
class Entry:
    """One thing explained. ``clauses``: ids in resources/standards; ``more``: words to find it."""

    id: str
    group: str
    title: str
    meaning: str
    formula: str = ""
    clauses: tuple[str, ...] = ()
    more: str = ""


@dataclass(frozen=True)
class Clause:
    """A clause of a standard as the help cites it."""

    id: str
    source: str
    quote: str
    verified: bool


@cache
def entries() -> dict[str, Entry]:
    """Every entry by id, in the order of the files; columns without one of their own added."""
    out: dict[str, Entry] = {}
    for file, prefix, group in _GROUPS:
        text = resources.path(f"help/{file}.yaml").read_text(encoding="utf-8")
        for row in yaml.safe_load(text):
            entry = _entry(row, prefix, group)
            if entry.id in out:
                raise ValueError(f"{file}.yaml: {entry.id} twice")
            out[entry.id] = entry
    for kind in KINDS:
        for column in kind.columns:
            out.setdefault(COLUMN + column.name, _plain(column))
    return out


def _entry(row: dict[str, object], prefix: str, group: str) -> Entry:
    name = str(row["编号"])
    clauses = row.get("标准") or []
    assert isinstance(clauses, list)
    title = str(row.get("标题") or name)
    return Entry(
        prefix + name,
        group,
        title,
        str(row["意思"]),
        str(row.get("算法") or ""),
        tuple(str(one) for one in clauses),
        str(row.get("别名") or ""),
    )


def _plain(column: Column) -> Entry:
    """What can be said of a column that only holds words."""
    kinds = "、".join(k.title for k in KINDS if k.column(column.name) is not None)
    said = f"{kinds}的属性。" + (f"{column.note}。" if column.note else "")
    if column.choices:
        allowed = "、".join(column.choices)
        said += f"可以填:{allowed}{'等' if column.open_choice else ''}。"
    said += "必须填。" if column.required else "不知道就空着,空着就是未知。"
    return Entry(COLUMN + column.name, "属性列", column.name, said)


def limits(name: str) -> str:
    """The unit and the allowed range of a column in words, "" for a text column."""
    for kind in KINDS:
        column = kind.column(name)
        if column is None or column.type == "text":
            continue
        unit = f"单位 {column.unit}。" if column.unit else ""
        low = f"不小于 {column.low:g}。" if column.low is not None else ""
        high = f"不大于 {column.high:g}。" if column.high is not None else ""
        return unit + low + high
    return ""


@cache
def clauses() -> dict[str, Clause]:
    """The clauses of the standards by id (reads the rule files the first time)."""
    from maps.analysis.targets.loader import standards

    return {
        rule.id: Clause(rule.id, str(rule.source), rule.quote, rule.verified)
        for rules in standards()
        for rule in rules
    }


def search(words: str) -> list[Entry]:
    """Entries in which every word appears, best first: in the title, as pinyin, in the text."""
    from desktop.actions import matches

    wanted = words.lower().split()
    ranked = []
    for at, entry in enumerate(entries().values()):
        text = f"{entry.meaning}{entry.formula}{entry.more}{' '.join(entry.clauses)}".lower()
        ranks = [_rank(entry, text, word, matches) for word in wanted]
        if None not in ranks:
            ranked.append((max((r for r in ranks if r is not None), default=0), at, entry))
    return [entry for _, _, entry in sorted(ranked, key=lambda found: found[:2])]


def _rank(entry: Entry, text: str, word: str, matches: object) -> int | None:
    assert callable(matches)
    rank = matches(f"{entry.title} {entry.more}".strip(), word)
    if rank is not None:
        return int(rank)
    return 9 if word in text else None
