"""Checks that count: 个数, 分区个数, 构成, 齐全, 占比."""

from collections.abc import Sequence
from dataclasses import dataclass

from data.kinds import is_missing
from maps.analysis.targets.choosing import (
    chosen_by,
    never_recorded,
    phrase,
    unknown_areas,
    unknown_conditions,
)
from maps.analysis.targets.conditions import as_text, together
from maps.analysis.targets.judge import (
    INF,
    Finding,
    amount,
    lacking,
    limits,
    missing_column,
    missing_layer,
    wants_more,
)
from maps.analysis.targets.model import Missing, Place, Rule
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.units import number
from maps.analysis.targets.unplaced import unplaced

_AROUND = 5000.0
"""Metres around a settlement that count as being there when a rule does not say (nobody's
number: what hangs on it warns and does not fail)."""


def count(rule: Rule, scene: Scene) -> Finding:
    """How many there are; those registered without a place count only where the rule says so."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    register = unplaced(rule, scene)
    extra = register.counted
    low = len(chosen) + extra
    high = low + len(chosen.maybe) + register.floating
    high = INF if never_recorded(rule, chosen) else high
    what = phrase(rule, chosen)
    why = f"图上{what}有 {number(low)} {rule.unit_name}{register.said}"
    if len(chosen.maybe):
        why += f",另有 {len(chosen.maybe)} 处因资料不全不能断定"
    why += register.note()
    short = wants_more(rule, high)
    if short and (rule.nature == "现状" or not (len(chosen.table) or extra)):
        # The document says they exist: what is short is the map, not the world.
        return _not_on_map(rule, chosen, why, low)
    where = tuple(chosen.table.place(i) for i in chosen.sure.tolist())
    remedy = ""
    if high > limits(rule)[1] or wants_more(rule, low):
        remedy = _remedy(rule, scene, chosen, low)
    if short and scene.districts:
        where = _emptiest(rule, scene, chosen)
    missing = (*unknown_conditions(rule, chosen), *register.missing(rule))
    return Finding(why, low, high, where=where, remedy=remedy, missing=missing)


def _not_on_map(rule: Rule, chosen: Chosen, why: str, low: float) -> Finding:
    title, short = chosen.table.kind.title, limits(rule)[0] - low
    how = f"把其余 {number(short)} {rule.unit_name}{title}补到图上(导入名单和坐标)。"
    return Finding(
        f"{why},文本说的是{rule.wanted}",
        missing=(Missing(chosen.table.kind.name, "", how),),
        remedy=how,
        where=tuple(chosen.table.place(i) for i in chosen.sure.tolist()),
    )


def _remedy(rule: Rule, scene: Scene, chosen: Chosen, low: float) -> str:
    short = wants_more(rule, low)
    if not short:
        over = low - limits(rule)[1]
        return f"比要求多 {number(over)} {rule.unit_name},请核对名单或改规则。" if over > 0 else ""
    first = "、".join(place.name for place in _emptiest(rule, scene, chosen)[:3])
    return f"还差 {number(short)} {rule.unit_name}" + (f",可先考虑{first}。" if first else "。")


def _emptiest(rule: Rule, scene: Scene, chosen: Chosen) -> tuple[Place, ...]:
    """Districts in scope, those with most people for each one they have first."""
    areas = rule.params.get("范围", ())
    rows = []
    for i, district in enumerate(scene.districts):
        if areas and district.name not in areas:
            continue
        have = len(chosen.of_home(i))
        people = scene.persons([i])
        rows.append((have > 0, -(people or 0.0) / max(have, 1), i, have))
    return tuple(scene.district_place(i, f"现有 {have} 处") for _, _, i, have in sorted(rows)[:12])


@dataclass(frozen=True)
class _Area:
    """One area that should have some: how many it surely has, and how many it may have."""

    place: Place
    sure: int
    maybe: int


def per_area(rule: Rule, scene: Scene) -> Finding:
    """Which areas have at least so many; the blanks are listed."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    by_town = rule.params.get("分区") == "settlement"
    areas = _towns(rule, scene, chosen) if by_town else _districts(rule, scene, chosen)
    expected = rule.params.get("应有", len(areas))
    each = rule.params.get("每区", 1)
    word = "居民点" if by_town else "区"
    if areas and not len(chosen.table):
        what = phrase(rule, chosen)
        return lacking(f"图上没有{what}", missing_layer(rule.params["对象"], what))
    if not areas:
        return lacking(
            f"图上没有规则所说的{word}", missing_layer("settlement" if by_town else "district")
        )
    size = max(expected, len(areas))
    register = unplaced(rule, scene)
    fine = sum(a.sure >= each for a in areas)
    open_ = _could(areas, each, register.floating) + size - len(areas)
    low, high = _as_asked(rule, fine, fine + open_, size)
    blanks = [a for a in areas if a.sure < each]
    many = "" if each == 1 else f"{each} 处以上的"
    all_there = size == len(areas)
    why = f"{size} 个{word}中" if all_there else f"应有 {size} 个{word},图上 {len(areas)} 个,其中"
    why += f" {fine} 个有{many}{phrase(rule, chosen)}"
    if blanks:
        why += f",空白或不足的有 {len(blanks)} 个:{_first(blanks, 12)}{register.note()}"
    missing = [*unknown_conditions(rule, chosen), *register.missing(rule)]
    if size > len(areas):
        how = f"把其余 {size - len(areas)} 个{word}补到图上。"
        missing.append(Missing("settlement" if by_town else "district", "", how))
    return Finding(
        why,
        low,
        high,
        where=tuple(a.place for a in blanks),
        remedy=_add(blanks, each),
        missing=tuple(missing),
        rows=tuple((a.place.name, float(a.sure), "" if a.sure >= each else "不足") for a in areas),
        assumed=_guessed(rule, chosen) if by_town else "",
    )


def _guessed(rule: Rule, chosen: Chosen) -> str:
    """The program's own metres, when the rule gives none and there is something to be near to."""
    some = len(chosen) + len(chosen.maybe)
    return f"居民点周围 {number(_AROUND)} m" if some and "半径" not in rule.params else ""


def _first(areas: Sequence[_Area], many: int) -> str:
    return "、".join(a.place.name for a in areas[:many]) + ("等" if len(areas) > many else "")


def _add(blanks: Sequence[_Area], each: int) -> str:
    """How many are needed where."""
    if not blanks:
        return ""
    listed = "、".join(f"{a.place.name} {each - a.sure} 处" for a in blanks[:6])
    more = "等" if len(blanks) > 6 else ""
    return f"共需增加 {sum(each - a.sure for a in blanks)} 处:{listed}{more}。"


def _could(areas: Sequence[_Area], each: int, floating: float) -> int:
    """How many of the areas that are short could have enough: what may count there, and the
    features nobody has placed, spent where the fewest are needed."""
    gaps = sorted(max(each - a.sure - a.maybe, 0) for a in areas if a.sure < each)
    out = 0
    for gap in gaps:
        if gap > floating:
            break
        floating -= gap
        out += 1
    return out


def _as_asked(rule: Rule, low: int, high: int, size: int) -> tuple[float, float]:
    if rule.unit is not None and rule.unit.dimension == "占比":
        return 100.0 * low / size, 100.0 * high / size
    return float(low), float(high)


def _districts(rule: Rule, scene: Scene, chosen: Chosen) -> list[_Area]:
    named = rule.params.get("范围", ())
    allowed = _allowed(rule, scene, "district")
    out = []
    for i, district in enumerate(scene.districts):
        if (named and district.name not in named) or district.name not in allowed:
            continue
        mine = chosen.of_home(i)
        place = scene.district_place(i, f"现有 {len(mine)} 处")
        out.append(_Area(place, len(mine), len(mine.maybe)))
    return out


def _allowed(rule: Rule, scene: Scene, of: str) -> set[str]:
    some = scene.choose(of, rule.params.get("分区条件", ()), "")
    return {some.table.name(i) for i in some.sure.tolist()}


def _towns(rule: Rule, scene: Scene, chosen: Chosen) -> list[_Area]:
    """Settlements; a feature counts for every one it lies near enough to."""
    areas = rule.params.get("范围", ())
    towns = scene.choose("settlement", rule.params.get("分区条件", ()), "", areas)
    radius = rule.params.get("半径", _AROUND)
    table = chosen.table
    out = []
    for i in towns.sure.tolist():
        x, y = towns.table.x[i], towns.table.y[i]
        near = [
            int((scene.ruler.distance(x, y, table.x[some], table.y[some]) <= radius).sum())
            for some in (chosen.sure, chosen.maybe)
        ]
        out.append(_Area(towns.table.place(i, f"{number(radius)} m 内 {near[0]} 处"), *near))
    return out


def mix(rule: Rule, scene: Scene) -> Finding:
    """How many there are of each class, by the class column the rule names."""
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    chosen = chosen_by(rule, scene)
    column, wanted = rule.params["列"], rule.params["构成"]
    values = chosen.table.column(column)
    have = [as_text(values[i]) for i in chosen.sure.tolist() if not is_missing(values[i])]
    register = unplaced(rule, scene)
    open_ = len(chosen) - len(have) + len(chosen.maybe)
    rows, short, sure, possible = [], [], True, 0.0
    for name, need in wanted.items():
        n = have.count(name)
        rows.append((name, float(n), f"要 {need:g}"))
        possible += max(need - n, 0)
        if n < need:
            sure = False
            short.append(f"{name}{need - n:g} 处")
    why = f"{phrase(rule, chosen)}按“{column}”:" + "、".join(f"{r[0]} {r[1]:g} 处" for r in rows)
    why += f";要求{'、'.join(f'{k} {v:g}' for k, v in wanted.items())}"
    why += f",另有 {open_} 处没有填“{column}”" if open_ else ""
    why += register.note()
    missing: tuple[Missing, ...] = ()
    answer: bool | None = sure
    if not sure and (open_ + register.floating >= possible or not have):
        gaps = (missing_column(chosen, column),) if open_ or not register.names else ()
        answer, missing = None, (*gaps, *register.missing(rule))
    where = tuple(chosen.table.place(i) for i in (*chosen.sure.tolist(), *chosen.maybe.tolist()))
    remedy = f"还差{'、'.join(short)}。" if short else ""
    fine = float(len(wanted) - len(short))
    return Finding(
        why,
        fine,
        fine,
        holds=answer,
        where=where,
        remedy=remedy,
        missing=missing,
        rows=tuple(rows),
        need=float(len(wanted)),
        need_unit="类",
    )


def every_value(rule: Rule, scene: Scene) -> Finding:
    """Whether every wanted value of a column appears."""
    chosen = chosen_by(rule, scene)
    column, wanted = rule.params["列"], rule.params["值"]
    values = chosen.table.column(column)
    cells = [values[i] for i in chosen.sure.tolist()]
    have = {as_text(v) for v in cells if not is_missing(v)}
    gone = [name for name in wanted if name not in have]
    open_ = sum(is_missing(v) for v in cells) + len(chosen.maybe)
    register = unplaced(rule, scene)
    what = phrase(rule, chosen)
    rows = tuple(
        (w, float(sum(as_text(v) == w for v in cells if not is_missing(v))), "") for w in wanted
    )
    why = f"{what}的“{column}”有{'、'.join(w for w in wanted if w in have) or '(无)'}"
    why += f",没有{'、'.join(gone)}" if gone else ""
    why += register.note() if gone else ""
    missing: tuple[Missing, ...] = ()
    if gone and (open_ + register.floating + register.counted >= len(gone) or not have):
        layer = () if len(chosen.table) else (missing_layer(rule.params["对象"]),)
        gaps = (missing_column(chosen, column),) if open_ else layer
        missing = (*gaps, *register.missing(rule)) or (missing_column(chosen, column),)
    fine = float(len(wanted) - len(gone))
    return Finding(
        why,
        fine,
        fine,
        holds=None if missing else not gone,
        where=tuple(chosen.table.place(i) for i in chosen.sure.tolist()),
        remedy=f"添加“{column}”为{'、'.join(gone)}的{chosen.table.kind.title}。",
        missing=missing,
        rows=rows,
        need=float(len(wanted)),
        need_unit="种",
    )


def share(rule: Rule, scene: Scene) -> Finding:
    """What part of the features meets a further condition."""
    chosen = chosen_by(rule, scene)
    if not len(chosen) + len(chosen.maybe):
        what = phrase(rule, chosen)
        return lacking(f"图上没有{what}", missing_layer(rule.params["对象"], what))
    table = chosen.table
    asked = rule.params["满足"]
    answers = [
        together([c.holds(table.column(c.column)[i]) for c in asked]) for i in chosen.sure.tolist()
    ]
    yes = answers.count(True)
    open_ = answers.count(None)
    low, high = _bounds(yes, open_, len(chosen), len(chosen.maybe))
    said = "、".join(str(c) for c in asked)
    why = f"{len(chosen)} 处{phrase(rule, chosen)}中 {yes} 处{said}"
    why += f",{open_} 处没有填" if open_ else ""
    failing = [i for i, a in zip(chosen.sure.tolist(), answers, strict=True) if not a]
    missing = [missing_column(chosen, c.column) for c in asked if _gaps(chosen, c.column)]
    remedy = f"还有 {number(len(failing))} 处不满足或没有填,当前 {amount(rule, low)}。"
    return Finding(
        why,
        low,
        high,
        where=tuple(table.place(i) for i in failing),
        remedy=remedy if failing else "",
        missing=(*missing, *unknown_conditions(rule, chosen)),
    )


def _gaps(chosen: Chosen, column: str) -> bool:
    values: Sequence[object] = chosen.table.column(column)
    return any(is_missing(values[i]) for i in chosen.sure.tolist())


def _bounds(yes: int, open_: int, sure: int, maybe: int) -> tuple[float, float]:
    """Least and greatest percentage: what is open goes against, then in favour."""
    low = 100.0 * yes / (sure + maybe)
    high = 100.0 * (yes + open_ + maybe) / (sure + maybe)
    return low, high
