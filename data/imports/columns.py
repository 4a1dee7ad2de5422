"""Which column of a file is which column of the kind: headings by synonym, never by position.

A heading is compared without case, blanks, underscores, numbering and a unit in brackets.
An exact name beats a synonym, a synonym of the kind beats a general one, and the beginning
of a name counts only where ten bytes (the limit of a .dbf) cut it. Every column of the file
goes to at most one of ours; whatever fits nothing is kept under its own heading.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

import resources
from data.imports.numbers import heading_unit
from data.kinds import KINDS, Kind
from data.kinds import kind as find_kind
from data.refused import Refused

PLACE = ("经度", "纬度", "东坐标", "北坐标", "X坐标", "Y坐标", "坐标", "图形")
"""What a column can say about where a row is."""

_LISTED, _NAMED = 20, 16
"""How many columns a sentence lists, and how many characters of each."""

KEEP = ""
"""The target of a column that is kept as it is."""

_BRACKETS = re.compile(r"[(\[【〔（][^()\[\]【】〔〕（）]*[)\]】〕）]")
_NUMBERING = re.compile(r"^(\d+|[一二三四五六七八九十]+)[.、．]\s*")
_JUNK = re.compile(r"[\s_\-*#:：.、。/\\|'\"“”]+")
_DATUM = "wgs84|wgs|cgcs2000|国家2000|2000|84|gcj02|gcj|bd09ll|bd09|bd|gps|高德|百度|腾讯|火星|地图"
_ABOUT_PLACE = (
    re.compile("°|(?<=[经纬度])[en]$"),
    re.compile(f"°|(?<=[经纬度])[en]|{_DATUM}|中心点|中心|大地|十进制|度数|东经|北纬"),
)
"""What may stand before or behind 经度, 坐标 … in a heading and says nothing of which it is."""


@dataclass(frozen=True)
class Match:
    """Where a column of the file goes.

    ``target``: one of the kind's columns, one of :data:`PLACE`, or "" (kept as it is).
    ``how``: 同名, 近义, 截断, 指定 or ""; ``unit``: the unit its heading names, "" for ours.
    """

    source: str
    target: str
    how: str = ""
    unit: str = ""


def plain(heading: str) -> str:
    """Return a heading as it is compared."""
    text = unicodedata.normalize("NFKC", str(heading)).strip().lower()
    text = _NUMBERING.sub("", text).translate(_simplified())
    bare = _JUNK.sub("", _BRACKETS.sub("", text))
    return bare or _JUNK.sub("", text)


def match(
    headings: Sequence[str],
    kind: Kind,
    chosen: Mapping[str, str] | None = None,
    *,
    cut: bool = False,
) -> tuple[Match, ...]:
    """Return where each column goes, in the file's order.

    ``chosen``: what the user decided (heading → target, "" to keep). ``cut``: headings
    may be cut to ten bytes. Raises Refused for a choice that names no such column.
    """
    chosen = dict(chosen or {})
    _check(chosen, headings, kind)
    taken = {target for target in chosen.values() if target}
    ranked: list[tuple[int, int, str]] = []
    for place, heading in enumerate(headings):
        if heading not in chosen:
            ranked += [(rank, place, target) for target, rank in _ranks(heading, kind, cut).items()]
    found: dict[int, tuple[str, int]] = {}
    for rank, place, target in sorted(ranked):
        if place not in found and target not in taken:
            found[place] = (target, rank)
            taken.add(target)
    out = []
    for place, heading in enumerate(headings):
        if heading in chosen:
            target, how = chosen[heading], "指定"
        else:
            target, rank = found.get(place, (KEEP, 9))
            how = "" if not target else "同名" if rank == 0 else "截断" if rank >= 4 else "近义"
        out.append(Match(heading, target, how, _unit(heading, target, kind)))
    return tuple(out)


def known_heading(heading: str) -> bool:
    """True for a heading that some kind has a column for."""
    return bool(_place(heading)) or plain(heading) in _all_words()


def choice(column: str, value: str, choices: Sequence[str]) -> str:
    """Return which of the choices a written value means, or the value itself."""
    if value in choices:
        return value
    known = _values().get(column, {})
    # As written first: “-1” is another word than “1”.
    for asked in (value.strip().lower(), plain(value)):
        for meant, words in known.items():
            if asked in words:
                return meant
    return next((c for c in choices if plain(c) == asked), value)


def have_columns(headings: Sequence[str]) -> str:
    """The sentence that lists what columns there are, the first twenty, each cut to be read."""
    short = [h if len(h) <= _NAMED else f"{h[: _NAMED - 1]}…" for h in headings[:_LISTED]]
    more = f"等 {len(headings)} 列" if len(headings) > _LISTED else ""
    return f"现有的列:{'、'.join(short) or '(无)'}{more}。"


def _check(chosen: Mapping[str, str], headings: Sequence[str], kind: Kind) -> None:
    known = [c.name for c in kind.columns]
    for heading, target in chosen.items():
        if heading not in headings:
            raise Refused(f"文件里没有“{heading}”这一列。{have_columns(headings)}")
        if target and target not in known and target not in PLACE:
            raise Refused(
                f"“{kind.title}”没有“{target}”这个字段。"
                f"可用的字段:{'、'.join([*known, '经度', '纬度', '坐标'])}。"
            )
    targets = [t for t in chosen.values() if t]
    twice = next((t for t in targets if targets.count(t) > 1), None)
    if twice:
        raise Refused(f"有两列都指定为“{twice}”,请只留一列。")


def _ranks(heading: str, kind: Kind, cut: bool) -> dict[str, int]:
    """How well a heading fits each target (0 best); targets it does not fit are left out."""
    own = {c.name for c in kind.columns}
    asked = plain(heading)
    ranks: dict[str, int] = {}
    if heading.strip() in own:
        return {heading.strip(): 0}
    for target, rank in _words(kind.name).get(asked, ()):
        ranks[target] = min(rank, ranks.get(target, 9))
    place = _place(heading)
    if place:
        ranks[place] = 1
    if not ranks:
        ranks = _without_unit(heading, kind)
    if not ranks:
        ranks = _by_ending(asked, own, kind.name)
    if not ranks and cut:
        ranks = _by_beginning(heading, asked, kind)
    return ranks


def _without_unit(heading: str, kind: Kind) -> dict[str, int]:
    """“面积亩”, “容纳人数/人”, “AREA_HA”: what the heading is without the unit at its end."""
    for unit in sorted({c.unit for c in kind.columns if c.unit}):
        tail = heading_unit(heading, unit)
        text = unicodedata.normalize("NFKC", heading).strip()
        if not tail or not text.endswith(tail):
            continue
        found = _words(kind.name).get(plain(text.removesuffix(tail)), ())
        fits = {t: rank for t, rank in found if getattr(kind.column(t), "unit", "") == unit}
        if fits:
            return fits
    return {}


def _by_ending(asked: str, own: set[str], kind_name: str) -> dict[str, int]:
    """“避难场所容纳人数” is 容纳人数, “应急避难场所级别” (by 避难场所级别) 级别; “联系地址” is
    not taken for more than it says.
    """
    fits = [name for name in own if len(name) >= 3 and asked.endswith(name)]
    if fits:
        return {max(fits, key=len): 3}
    words = [w for w in _words(kind_name) if len(w) >= 5 and asked.endswith(w) and not w.isascii()]
    if words:
        return {target: 3 for target, _ in _words(kind_name)[max(words, key=len)]}
    return {"名称": 3} if "名称" in own and len(asked) > 2 and asked.endswith("名称") else {}


def _by_beginning(heading: str, asked: str, kind: Kind) -> dict[str, int]:
    """A name whose ten bytes (in GBK or UTF-8) are what is left of one of ours."""
    stem = re.sub(r"_\d{1,2}$", "", heading.strip())
    asked = plain(stem) or asked
    if len(asked) < 2 or not (7 <= len(stem.encode("gb18030")) <= 10 or _utf8_cut(stem)):
        return {}
    fits = [c.name for c in kind.columns if plain(c.name).startswith(asked)]
    fits = [name for name in fits if name != asked]
    if len(fits) == 1:
        return {fits[0]: 4}
    words = {t for word, ts in _words(kind.name).items() if word.startswith(asked) for t, _ in ts}
    words |= {t for word, t in _places().items() if word.startswith(asked)}
    if not fits and len(words) == 1:
        return {words.pop(): 5}
    return {name: 4 + n for n, name in enumerate(fits[:1])}


def _utf8_cut(stem: str) -> bool:
    """Ten bytes of UTF-8 hold three Chinese characters and one byte of the next."""
    return 9 <= len(stem.encode("utf-8")) <= 10


def _unit(heading: str, target: str, kind: Kind) -> str:
    column = kind.column(target) if target else None
    if column is None or column.type not in ("number", "whole"):
        return ""
    return heading_unit(heading, column.unit)


def _place(heading: str) -> str:
    """Which of :data:`PLACE` a heading means, "" for none."""
    asked = _place_plain(heading)
    ways = (asked, *(idle.sub("", asked) for idle in _ABOUT_PLACE))
    return next((_places()[way] for way in ways if way in _places()), "")


def _place_plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", str(heading)).strip().lower()
    text = re.sub(r"\((°|度|十进制|小数|度分秒|m|米|wgs84|cgcs2000|2000|gcj02|bd09)\)", "", text)
    return _JUNK.sub("", _BRACKETS.sub("", text)).replace(",", "").translate(_simplified())


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.path("imports/synonyms.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """Characters of headings in traditional writing → simplified."""
    old, new = _table()["繁简"]
    return dict(zip(map(ord, old), new, strict=True))


@lru_cache(maxsize=32)
def _words(kind_name: str) -> dict[str, tuple[tuple[str, int], ...]]:
    """Compared heading → (target, rank) for one kind."""
    this = find_kind(kind_name)
    own = {c.name for c in this.columns}
    out: dict[str, dict[str, int]] = {}
    for column in this.columns:
        out.setdefault(plain(column.name), {})[column.name] = 0
    for section, rank in ((kind_name, 1), ("全部", 2)):
        for target, words in (_table().get(section) or {}).items():
            if target in own:
                for word in words:
                    fits = out.setdefault(plain(word), {})
                    fits[target] = min(rank, fits.get(target, 9))
    return {word: tuple(fits.items()) for word, fits in out.items()}


@lru_cache(maxsize=1)
def _all_words() -> frozenset[str]:
    return frozenset(word for this in KINDS for word in _words(this.name))


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    return {_place_plain(w): t for t, words in _table()["坐标"].items() for w in words}


@lru_cache(maxsize=1)
def _values() -> dict[str, dict[str, set[str]]]:
    values = {
        column: {
            meant: {str(w).lower() if str(w).startswith("-") else plain(str(w)) for w in words}
            for meant, words in choices.items()
        }
        for column, choices in _table()["值"].items()
    }
    roads = {meant: {plain(w) for w in words} for meant, words in _table()["道路等级"].items()}
    return values | {"等级": roads}
