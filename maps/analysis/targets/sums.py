"""Checks on attributes: 合计, 各处数值, 储备."""

from collections.abc import Sequence
from dataclasses import dataclass

from maps.analysis.targets.choosing import chosen_by, phrase, unknown_areas, unknown_conditions
from maps.analysis.targets.conditions import as_number
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
from maps.analysis.targets.model import Rule
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.units import number, unit


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


def no_features(rule: Rule, chosen: Chosen) -> Finding:
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
        return no_features(rule, chosen)
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
        return no_features(rule, chosen)
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
        return no_features(rule, chosen)
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
