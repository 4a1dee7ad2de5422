"""Check of room against people: 容量, for the whole or in every district."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.kinds import is_missing
from maps.analysis.targets.choosing import chosen_by, phrase, unknown_areas, unknown_conditions
from maps.analysis.targets.conditions import as_number, as_text
from maps.analysis.targets.judge import (
    INF,
    Finding,
    amount,
    holds,
    lacking,
    limits,
    missing_column,
    missing_people,
    wants_more,
)
from maps.analysis.targets.model import Missing, Rule
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.sums import no_features
from maps.analysis.targets.units import number
from maps.analysis.targets.unplaced import Unplaced, unplaced

USUAL_SIZES = (1.5, 4.5)
"""㎡ a person, from GB 21734 (SHE-02) to long stays in GB 51143 (SHE-15, 待核实): between these
the missing ground is told when a rule does not say how much each one needs."""


@dataclass(frozen=True)
class _Room:
    """Places in shelters: those known, and whether more may be there."""

    persons: float
    open: bool


@dataclass(frozen=True)
class _Group:
    """Some districts together: name, their positions, people, room and its share of them (%)."""

    name: str
    positions: tuple[int, ...]
    people: float
    room: _Room

    @property
    def low(self) -> float:
        return 100.0 * self.room.persons / self.people

    @property
    def high(self) -> float:
        return INF if self.room.open else self.low

    def short(self, rule: Rule) -> int:
        """Persons without room."""
        return max(math.ceil((limits(rule)[0] - self.low) / 100.0 * self.people - 1e-6), 0)

    def text(self, rule: Rule) -> str:
        return f"{self.name}还差 {number(self.short(rule))} 人{_square(rule, self.short(rule))}"


def capacity(rule: Rule, scene: Scene) -> Finding:
    """Persons who find room, against the people; for the whole or in every district."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    if not len(chosen.table):
        return no_features(rule, chosen)
    register = unplaced(rule, scene)
    if rule.unit is not None and rule.unit.dimension == "数":
        return _room_alone(rule, chosen, register)
    groups = _groups(rule, scene, chosen, register.floating > 0)
    if not groups:
        return lacking("人口未知,不能与容量比较", missing_people())
    worst = min(groups, key=lambda g: g.low)
    judged = [holds(rule, g.low, g.high) for g in groups]
    short = [g for g, fine in zip(groups, judged, strict=True) if not fine]
    why = f"{phrase(rule, chosen)}可容纳人数占人口 {amount(rule, worst.low)}({worst.name},"
    why += f"{number(worst.room.persons)} 人 / {number(worst.people)} 人){register.note()}"
    if len(groups) > 1:
        why += f";{judged.count(True)} 个区达到,{len(short)} 个区没有"
    single = [(g, g.positions[0]) for g in short if len(g.positions) == 1]
    gaps = _room_gaps(rule, chosen) if any(g.room.open for g in groups) else ()
    return Finding(
        why,
        worst.low,
        worst.low,
        holds=False if False in judged else None if None in judged else True,
        where=tuple(scene.district_place(i, g.text(rule)) for g, i in single),
        remedy=";".join(g.text(rule) for g in short[:6]) + ("。" if short else ""),
        missing=(*gaps, *unknown_conditions(rule, chosen), *register.missing(rule)),
        rows=tuple(
            (g.name, g.low, f"{number(g.room.persons)} 人 / {number(g.people)} 人") for g in groups
        ),
        basis=scene.demand.basis,
    )


def _groups(rule: Rule, scene: Scene, chosen: Chosen, floating: bool) -> list[_Group]:
    """Each district in scope, or all of them as one; none when somewhere people are unknown."""
    areas = rule.params.get("范围", ())
    positions = [i for i, d in enumerate(scene.districts) if not areas or d.name in areas]
    parted = [[i] for i in positions] if rule.params.get("逐区") else [positions]
    out = []
    for group in parted:
        people = scene.persons(group)
        if not people:
            return []
        name = scene.districts[group[0]].name if len(group) == 1 else "合计"
        room = _room(rule, _within(chosen, group), floating)
        out.append(_Group(name, tuple(group), people, room))
    return out


def _room_alone(rule: Rule, chosen: Chosen, register: Unplaced) -> Finding:
    room = _room(rule, chosen, register.floating > 0)
    short = wants_more(rule, room.persons)
    empty = [i for i in chosen.sure.tolist() if _persons(rule, chosen, i) is None]
    why = f"{phrase(rule, chosen)}可容纳 {amount(rule, room.persons)}"
    why += (f",有 {len(empty)} 处的容量未知" if empty else "") + register.note()
    return Finding(
        why,
        room.persons,
        INF if room.open else room.persons,
        where=tuple(chosen.table.place(i) for i in empty or chosen.sure.tolist()),
        remedy=f"还差 {number(short)} 人{_square(rule, short)}。" if short else "",
        missing=(
            *_room_gaps(rule, chosen),
            *unknown_conditions(rule, chosen),
            *register.missing(rule),
        ),
    )


def _within(chosen: Chosen, group: Sequence[int]) -> Chosen:
    home = chosen.table.home
    return Chosen(
        chosen.table,
        chosen.sure[[home[i] in group for i in chosen.sure.tolist()]],
        chosen.maybe[[home[i] in group for i in chosen.maybe.tolist()]],
    )


def _room(rule: Rule, chosen: Chosen, floating: bool = False) -> _Room:
    found = [_persons(rule, chosen, i) for i in chosen.sure.tolist()]
    known = [p for p in found if p is not None]
    return _Room(sum(known), floating or len(known) < len(found) or len(chosen.maybe) > 0)


def _persons(rule: Rule, chosen: Chosen, i: int) -> float | None:
    """Persons one shelter holds: area by its class's square metres each, or its own figure."""
    table, per = chosen.table, rule.params.get("人均")
    if per is None:
        return as_number(table.column("容纳人数")[i])
    area = as_number(table.column("有效避难面积")[i])
    grade: Any = table.column(rule.params.get("人均列", "国标类别"))[i]
    if area is None or is_missing(grade):
        return None
    each_one = per.get(as_text(grade))
    return 0.0 if not each_one else float(math.floor(area / each_one + 1e-9))


def _room_gaps(rule: Rule, chosen: Chosen) -> tuple[Missing, ...]:
    columns = ["容纳人数"]
    if "人均" in rule.params:
        columns = ["有效避难面积", rule.params.get("人均列", "国标类别")]
    table = chosen.table
    gaps = [c for c in columns if any(is_missing(table.column(c)[i]) for i in chosen.sure.tolist())]
    return tuple(missing_column(chosen, c) for c in gaps)


def _square(rule: Rule, persons: float) -> str:
    """The square metres that would hold so many persons."""
    per = rule.params.get("人均") or {}
    sizes = sorted({v for v in per.values() if v > 0}) or list(USUAL_SIZES)
    ends = sizes if len(sizes) < 3 else [sizes[0], sizes[-1]]
    areas = "—".join(number(persons * v) for v in ends)
    each_one = "—".join(f"{v:g}" for v in ends)
    return f"(有效避难面积 {areas} ㎡,按人均 {each_one} ㎡)"
