"""Checks on attributes: 合计, 各处数值, 储备, 容量."""

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
    Rows,
    amount,
    holds,
    lacking,
    limits,
    missing_column,
    missing_layer,
    missing_people,
    wants_more,
)
from maps.analysis.targets.model import Missing, Place, Rule
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.units import number, unit
from maps.analysis.targets.unplaced import Unplaced, unplaced


@dataclass(frozen=True)
class _Cell:
    """One feature's number in base units: ``known`` part, and the columns that are empty."""

    position: int
    known: float
    gaps: tuple[str, ...]


def _cells(rule: Rule, chosen: Chosen, columns: Sequence[str]) -> list[_Cell]:
    sizes = [_column_size(rule, chosen, name) for name in columns]
    values = [chosen.table.column(name) for name in columns]
    out = []
    for i in chosen.sure.tolist():
        numbers = [as_number(column[i]) for column in values]
        known = sum(n * s for n, s in zip(numbers, sizes, strict=True) if n is not None)
        gaps = tuple(c for c, n in zip(columns, numbers, strict=True) if n is None)
        out.append(_Cell(i, known, gaps))
    return out


def _per(rule: Rule, chosen: Chosen, cells: list[_Cell]) -> list[_Cell]:
    """The cells divided by another column, when the rule says so."""
    divisor = rule.params.get("除以")
    if divisor is None:
        return cells
    values = chosen.table.column(divisor)
    out = []
    for cell in cells:
        by = as_number(values[cell.position])
        if not by:
            out.append(_Cell(cell.position, 0.0, (*cell.gaps, divisor)))
        else:
            out.append(_Cell(cell.position, cell.known / by, cell.gaps))
    return out


def _column_size(rule: Rule, chosen: Chosen, column: str) -> float:
    """Base units of one of the column's units: as the rule says, as the kind says, else 1."""
    known = chosen.table.kind.column(column)
    said = rule.params.get("列单位") or (known.unit if known is not None else "")
    found = unit(said) if said else None
    fits = found is not None and rule.unit is not None and found.dimension == rule.unit.dimension
    return found.size if found is not None and fits else 1.0


def _no_features(rule: Rule, chosen: Chosen) -> Finding:
    what = phrase(rule, chosen)
    where = tuple(chosen.table.place(i) for i in chosen.maybe.tolist())
    open_ = unknown_conditions(rule, chosen)
    return lacking(
        f"图上没有{what}", *(open_ or (missing_layer(rule.params["对象"], what),)), where=where
    )


def total(rule: Rule, scene: Scene) -> Finding:
    """The sum of a column (or of several)."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    if not len(chosen):
        return _no_features(rule, chosen)
    return _sum(rule, chosen, rule.params["列"], 1.0)


def _sum(rule: Rule, chosen: Chosen, columns: Sequence[str], per: float, of: str = "") -> Finding:
    """The sum over features divided by ``per``; a gap leaves it open upwards."""
    cells = _cells(rule, chosen, columns)
    low = sum(c.known for c in cells) / per
    empty = [c for c in cells if c.gaps]
    high = INF if empty or len(chosen.maybe) else low
    names = "、".join(columns)
    why = f"{len(cells)} 处{phrase(rule, chosen)}的{names}合计 {amount(rule, low)}{of}"
    why += f",有 {len(empty)} 处没有填" if empty else ""
    if not holds(rule, low, low) and rule.comparison in ("等于", "约") and low > limits(rule)[1]:
        why += ",比文本多"
    short = wants_more(rule, low)
    where = tuple(chosen.table.place(c.position) for c in empty or cells)
    gaps = dict.fromkeys(g for c in empty for g in c.gaps)
    return Finding(
        why,
        low,
        high,
        where=where,
        remedy=f"还差 {amount(rule, short)}。" if short else "",
        missing=(*(missing_column(chosen, g) for g in gaps), *unknown_conditions(rule, chosen)),
        rows=_rows(chosen, cells, rule),
    )


def _rows(chosen: Chosen, cells: Sequence[_Cell], rule: Rule) -> Rows:
    size = 1.0 if rule.unit is None or rule.unit.dimension == "占比" else rule.unit.size
    return tuple(
        (
            chosen.table.name(c.position),
            c.known / size if c.known or not c.gaps else None,
            f"没有填{'、'.join(c.gaps)}" if c.gaps else "",
        )
        for c in cells
    )


def each(rule: Rule, scene: Scene) -> Finding:
    """Whether every single feature's number is enough; the worst one is the value."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    if not len(chosen):
        return _no_features(rule, chosen)
    table, columns = chosen.table, rule.params["列"]
    cells = _per(rule, chosen, _cells(rule, chosen, columns))
    answers = {c.position: holds(rule, c.known, INF if c.gaps else c.known) for c in cells}
    bad = [c for c in cells if answers[c.position] is False]
    open_ = [c for c in cells if answers[c.position] is None]
    known = [c for c in cells if not c.gaps]
    worst = max(known, key=lambda c: _distance(rule, c.known)).known if known else None
    absent = max(rule.params.get("处数", 1) - len(cells), 0)
    names = "+".join(columns) + (f"÷{rule.params['除以']}" if "除以" in rule.params else "")
    why = f"{phrase(rule, chosen)}的{names}:" + "、".join(
        f"{table.name(c.position)} {'没有填' if c.gaps else amount(rule, c.known)}"
        for c in cells[:8]
    )
    why += "等" if len(cells) > 8 else ""
    missing = [missing_column(chosen, g) for g in dict.fromkeys(g for c in open_ for g in c.gaps)]
    if absent:
        why += f";应有 {rule.params['处数']} 处,图上只有 {len(cells)} 处"
        missing.append(missing_layer(rule.params["对象"], phrase(rule, chosen)))
    answer = False if bad else None if open_ or absent or len(chosen.maybe) else True
    listed = bad or open_
    return Finding(
        why,
        worst,
        worst,
        holds=answer,
        where=tuple(table.place(c.position, _gap(rule, c)) for c in listed),
        remedy="".join(f"{table.name(c.position)}{_gap(rule, c)}。" for c in bad),
        missing=(*missing, *unknown_conditions(rule, chosen)),
        rows=_rows(chosen, cells, rule),
    )


def _distance(rule: Rule, value: float) -> float:
    """How far a value is from what the rule asks for, 0 or less when it is met."""
    low, high = limits(rule)
    if rule.comparison in ("不少于", "多于"):
        return low - value
    if rule.comparison in ("不超过", "少于"):
        return value - high
    return max(low - value, value - high)


def _gap(rule: Rule, cell: _Cell) -> str:
    if cell.gaps:
        return f"没有填{'、'.join(cell.gaps)}"
    low, high = limits(rule)
    if cell.known < low:
        return f"还差 {amount(rule, low - cell.known)}"
    return f"多出 {amount(rule, cell.known - high)}"


def stock(rule: Rule, scene: Scene) -> Finding:
    """Persons the stocks can supply, in persons or as a share of the residents."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    if not len(chosen):
        return _no_features(rule, chosen)
    columns = rule.params.get("列", ("保障人数",))
    if rule.unit is None or rule.unit.dimension == "数":
        return _sum(rule, chosen, columns, 1.0)
    residents = rule.params.get("人口") or scene.persons()
    if not residents:
        return lacking("常住人口未知", missing_people())
    said = f"(常住人口 {number(residents)} 人)"
    found = _sum(rule, chosen, columns, residents / 100.0, said)
    persons = wants_more(rule, found.low or 0.0) * residents / 100.0
    remedy = f"还差 {number(persons)} 人的物资。" if persons else ""
    return Finding(
        found.why, found.low, found.high, where=found.where, remedy=remedy, missing=found.missing,
        rows=found.rows,
    )  # fmt: skip


@dataclass(frozen=True)
class _Room:
    """Places in shelters: those known, and whether more may be there."""

    persons: float
    open: bool


def capacity(rule: Rule, scene: Scene) -> Finding:
    """Persons who find room, against the people; for the whole or in every district."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    if not len(chosen.table):
        return _no_features(rule, chosen)
    if rule.unit is not None and rule.unit.dimension == "数":
        return _room_alone(rule, chosen, unplaced(rule, scene))
    areas = rule.params.get("范围", ())
    positions = [i for i, d in enumerate(scene.districts) if not areas or d.name in areas]
    register = unplaced(rule, scene)
    groups = [[i] for i in positions] if rule.params.get("逐区") else [positions]
    rows: list[tuple[str, float | None, str]] = []
    lows, highs, where, remedies = [], [], [], []
    open_ = False
    for group in groups:
        people = scene.persons(group)
        if not people:
            return lacking("人口未知,不能与容量比较", missing_people())
        name = scene.districts[group[0]].name if len(group) == 1 else "合计"
        room = _room(rule, _within(chosen, group), register.floating > 0)
        low, high = (
            100.0 * room.persons / people,
            INF if room.open else 100.0 * room.persons / people,
        )
        lows.append(low)
        highs.append(high)
        open_ = open_ or room.open
        rows.append((name, low, f"{number(room.persons)} 人 / {number(people)} 人"))
        if not holds(rule, low, high):
            short = (limits(rule)[0] - low) / 100.0 * people
            text = f"{name}还差 {number(math.ceil(short - 1e-6))} 人{_square(rule, short)}"
            remedies.append(text)
            where += [scene.district_place(i, text) for i in group] if len(group) == 1 else []
    worst = min(range(len(lows)), key=lambda i: lows[i])
    judged = [holds(rule, low, high) for low, high in zip(lows, highs, strict=True)]
    answer = False if False in judged else None if None in judged else True
    why = f"{phrase(rule, chosen)}可容纳人数占人口 {amount(rule, lows[worst])}({rows[worst][0]}"
    why += f",{rows[worst][2]})"
    why += register.note()
    if len(groups) > 1:
        why += f";{judged.count(True)} 个区达到,{len(judged) - judged.count(True)} 个区没有"
    missing = _room_gaps(rule, chosen) if open_ else ()
    return Finding(
        why,
        lows[worst],
        lows[worst],
        holds=answer,
        where=tuple(where),
        remedy=";".join(remedies[:6]) + ("。" if remedies else ""),
        missing=(*missing, *unknown_conditions(rule, chosen), *register.missing(rule)),
        rows=tuple(rows),
        basis=scene.demand.basis,
    )


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
        where=_places(chosen, empty or chosen.sure.tolist()),
        remedy=f"还差 {number(short)} 人{_square(rule, short)}。" if short else "",
        missing=(
            *_room_gaps(rule, chosen),
            *unknown_conditions(rule, chosen),
            *register.missing(rule),
        ),
    )


def _places(chosen: Chosen, positions: Sequence[int]) -> tuple[Place, ...]:
    return tuple(chosen.table.place(i) for i in positions)


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
    return 0.0 if not each_one else float(area // each_one)


def _room_gaps(rule: Rule, chosen: Chosen) -> tuple[Missing, ...]:
    columns = ["容纳人数"]
    if "人均" in rule.params:
        columns = ["有效避难面积", rule.params.get("人均列", "国标类别")]
    table = chosen.table
    gaps = [c for c in columns if any(is_missing(table.column(c)[i]) for i in chosen.sure.tolist())]
    return tuple(missing_column(chosen, c) for c in gaps)


def _square(rule: Rule, persons: float) -> str:
    """The square metres that would hold so many persons, when the rule says how many each."""
    per = rule.params.get("人均")
    if not per:
        return ""
    sizes = sorted({v for v in per.values() if v > 0})
    ends = sizes if len(sizes) < 3 else [sizes[0], sizes[-1]]
    areas = "—".join(number(persons * v) for v in ends)
    each_one = "—".join(f"{v:g}" for v in ends)
    return f"(有效避难面积 {areas} ㎡,按人均 {each_one} ㎡)"
