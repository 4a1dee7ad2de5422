"""“一主两副” on one page: the central, the northern and the southern depot of a plan.

    for each   where it is and should be, its rooms against the text, its site against building
               and landing ground, the persons it supplies
    together   who is reached in the hours promised, which districts each serves, what is missing

The page is a value: the window and the report lay it out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.kinds import is_missing
from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.targets.conditions import as_number
from maps.analysis.targets.evaluate import Outcome, check_rules
from maps.analysis.targets.model import Place, RuleSet, Verdict
from maps.analysis.targets.promise import Promise, promise
from maps.analysis.targets.scene import Chosen, Scene, Table
from maps.analysis.targets.travel import minutes_cover
from maps.analysis.targets.units import number

ROLES = ("中心储备库", "北部储备库", "南部储备库")
ROLE = "体系角色"

LANDING = 1600.0
"""㎡ a helicopter needs: a clear square of 40 m, a working assumption (DEP-18, 待核实)."""

ROOMS = ("库房面积", "生产辅助用房面积", "管理用房面积", "附属用房面积")
MEDICAL, JOINT = "药械及应急物资库面积", "辅助管理附属用房合计面积"

_CLASSES = (
    ("县级", 5_000.0, 7_000.0, 630.0, 800.0),
    ("市级", 40_000.0, 60_000.0, 2_900.0, 4_100.0),
)
"""建标121-2009 表1 (DEP-03, DEP-02): class, persons from–to, total floor area from–to in ㎡."""

_FARTHEST = 24 * 60.0


@dataclass(frozen=True)
class Landing:
    """Site area less the building's footprint, against the landing ground; ㎡, None: unknown.

    ``storeys``: fewest storeys with which it fits, None when none would.
    """

    site: float | None
    building: float | None
    free: float | None
    fits: bool | None
    storeys: int | None
    text: str


@dataclass(frozen=True)
class DepotSheet:
    """One depot. ``rooms``: (column, ㎡ or None); ``rooms_total`` their sum, None when one of
    them is unknown."""

    role: str
    name: str
    place: Place | None
    status: str
    rooms: tuple[tuple[str, float | None], ...]
    rooms_total: float | None
    building: float | None
    landing: Landing
    persons: float | None
    persons_text: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Served:
    """One district: the depot quickest for most of its people, their average minutes to it
    (driving, without handling), and the share of its people for whom it is (0–1)."""

    district: str
    depot: str
    minutes: float | None
    share: float | None


@dataclass(frozen=True)
class LayoutPage:
    """The page. ``cover``: verdicts of the rules about reach. ``served`` is empty when roads
    or people are missing (then ``served_why`` says so), and ``promise`` is too. ``missing``:
    what is still to be done or known, as sentences."""

    sheets: tuple[DepotSheet, ...]
    cover: tuple[Verdict, ...]
    served: tuple[Served, ...]
    served_why: str
    missing: tuple[str, ...]
    basis: str
    promise: Promise


def layout_page(
    plan: Plan, rules: RuleSet, facts: Mapping[str, Any], report: Report = silent
) -> LayoutPage:
    """Return the page for a plan and the rules of its document.

    Raises Refused when no depot has a role in the system (column 体系角色).
    """
    scene = Scene(plan, facts)
    table = scene.table("depot")
    roles = [r for r in ROLES if any(str(v) == r for v in table.column(ROLE))]
    if not roles:
        raise Refused(
            "储备库图层里没有填“体系角色”的储备库。请在中心、北部、南部储备库的“体系角色”列里填上。"
        )
    wanted = [rule.id for rule in rules if _about_depots(rule)]
    outcome = check_rules(plan, rules, facts, only=wanted, report=part(report, 0.0, 0.7))
    sheets = tuple(_sheet(table, role, outcome) for role in roles)
    report(0.8, "正在划分各库保障的旗县区…")
    served, why, basis = _served(scene, table)
    cover = tuple(v for v in outcome.verdicts if v.rule.check in ("覆盖", "最远"))
    report(1.0, "已完成")
    missing = _missing(sheets, cover, [r for r in ROLES if r not in roles], served, why)
    return LayoutPage(
        sheets, cover, served, why, missing, basis, _promise(scene, table, outcome, bool(served))
    )


def _about_depots(rule: Any) -> bool:
    if rule.params.get("对象") != "depot":
        return False
    return rule.check in ("覆盖", "最远") or any(
        c.column == ROLE for c in rule.params.get("条件", ())
    )


def _sheet(table: Table, role: str, outcome: Outcome) -> DepotSheet:
    i = next(i for i, v in enumerate(table.column(ROLE)) if str(v) == role)
    rooms = _rooms(table, i)
    building = as_number(table.column("建筑面积")[i])
    persons = as_number(table.column("保障人数")[i])
    status = table.column("状态")[i]
    mine = tuple(v for v in outcome.verdicts if _concerns(v, role))
    return DepotSheet(
        role,
        table.name(i),
        table.place(i),
        "未填" if is_missing(status) else str(status),
        rooms,
        _rooms_total(rooms),
        building,
        _landing(table, i, building),
        persons,
        _persons_text(persons, building),
        mine,
    )


def _concerns(found: Verdict, role: str) -> bool:
    conditions = found.rule.params.get("条件", ())
    return any(c.column == ROLE and role in c.values for c in conditions)


def _rooms(table: Table, i: int) -> tuple[tuple[str, float | None], ...]:
    """The rooms of a depot: the usual ones, those it has besides, and where only a joint figure
    is given, that one in place of the rooms it joins."""
    found = {name: as_number(table.column(name)[i]) for name in (*ROOMS, MEDICAL, JOINT)}
    joined = found[JOINT] is not None
    return tuple(
        (name, value)
        for name, value in found.items()
        if value is not None or (name in ROOMS and not (joined and name in ROOMS[1:]))
    )


def _rooms_total(rooms: tuple[tuple[str, float | None], ...]) -> float | None:
    known = [value for _, value in rooms if value is not None]
    return sum(known) if len(known) == len(rooms) else None


def _landing(table: Table, i: int, building: float | None) -> Landing:
    site = as_number(table.column("占地面积")[i])
    floors = as_number(table.column("层数")[i]) or 1.0
    if site is None or building is None:
        gone = "、".join(n for n, v in (("占地面积", site), ("建筑面积", building)) if v is None)
        return Landing(site, building, None, None, None, f"没有填{gone},不知道起降场地够不够。")
    free = site - building / floors
    fits = free >= LANDING
    storeys = None if site <= LANDING else max(1, math.ceil(building / (site - LANDING) - 1e-9))
    text = (
        f"占地 {number(site)} ㎡,{floors:g} 层建筑占 {number(building / floors)} ㎡,"
        f"余 {number(free)} ㎡;起降按 40 m × 40 m(1,600 ㎡,待核实)"
    )
    if fits:
        text += ",放得下。"
    elif storeys is None:
        text += f",放不下;占地至少要 {number(LANDING + building / floors)} ㎡。"
    else:
        more = number(LANDING + building / floors - site)
        text += f",放不下:要建成 {storeys} 层以上,或再增加占地 {more} ㎡。"
    return Landing(site, building, free, fits, storeys, text)


def _persons_text(persons: float | None, building: float | None) -> str:
    """The persons against the classes of 建标121-2009, and the class of the building."""
    if persons is None:
        return "保障人数没有填。"
    text = f"保障 {number(persons)} 人:"
    inside = [c for c in _CLASSES if c[1] <= persons <= c[2]]
    if inside:
        name, _, _, low, high = inside[0]
        text += f"属{name}库,总建筑面积标准 {number(low)}—{number(high)} ㎡(建标121-2009)。"
    else:
        below = [c[0] for c in _CLASSES if persons > c[2]]
        above = [c[0] for c in _CLASSES if persons < c[1]]
        text += (
            f"介于{below[-1]}库与{above[0]}库之间"
            if below and above
            else f"{'大于' if below else '小于'}{(below or above)[-1 if below else 0]}库的规模"
        )
        text += "(建标121-2009)。"
    if building is not None:
        sized = [c[0] for c in _CLASSES if c[3] <= building <= c[4]]
        text += f"建筑面积 {number(building)} ㎡相当于{sized[0]}库。" if sized else ""
    return text


def _served(scene: Scene, table: Table) -> tuple[tuple[Served, ...], str, str]:
    """Which depot is the quickest for most people of each district."""
    some = [i for i, v in enumerate(table.column(ROLE)) if str(v) in ROLES]
    chosen = Chosen(table, np.array(some, dtype=np.int64), np.empty(0, dtype=np.int64))
    people = scene.demand
    if not people.known or not people.districts:
        return (), "人口或规划区边界未知,不能划分各库保障的范围。", ""
    try:
        found = minutes_cover(scene, chosen, _FARTHEST)
    except Refused as refused:
        return (), f"没有可用的道路,不能按行车时间划分:{refused}", ""
    out = []
    for d, district in enumerate(people.districts):
        mine = (people.district == d) & (found.who[0] >= 0)
        weight = np.bincount(found.who[0][mine], people.persons[mine], len(found.names))
        total = float(people.everybody[d])
        if not weight.sum():
            out.append(Served(district.name, "", None, None))
            continue
        best = int(np.argmax(weight))
        to_it = mine & (found.who[0] == best)
        spent = float((found.minutes[0][to_it] * people.persons[to_it]).sum()) / float(weight[best])
        out.append(Served(district.name, found.names[best], spent, float(weight[best]) / total))
    return tuple(out), "", found.remarks.basis


def _promise(scene: Scene, table: Table, outcome: Outcome, possible: bool) -> Promise:
    """Who is reached in the promised time by all depots with a role, and by the first alone."""
    roles = [str(v) for v in table.column(ROLE)]
    depots = [i for i, role in enumerate(roles) if role in ROLES]
    if not possible:
        return Promise((), None)
    centre = min(depots, key=lambda i: ROLES.index(roles[i]))
    return promise(scene, table, depots, centre, outcome)


def _missing(
    sheets: tuple[DepotSheet, ...],
    cover: tuple[Verdict, ...],
    absent: list[str],
    served: tuple[Served, ...],
    why: str,
) -> tuple[str, ...]:
    out = [f"图上没有{role}。" for role in absent]
    for sheet in sheets:
        out += [
            f"{sheet.name}没有填{name}。"
            for name, v in sheet.rooms
            if v is None and _asked(sheet, name)
        ]
        if sheet.landing.fits is not True:
            out.append(f"{sheet.name}:{sheet.landing.text}")
        if sheet.persons is None:
            out.append(f"{sheet.name}没有填保障人数。")
        out += [f"{sheet.name}:{v.id} {v.title},{v.remedy}" for v in sheet.verdicts if v.remedy]
    out += [f"{v.id} {v.title}:{v.remedy}" for v in cover if v.remedy]
    out += [f"{s.district}没有通路到任何一处储备库。" for s in served if not s.depot]
    out += [why] if why else []
    return tuple(dict.fromkeys(out))


def _asked(sheet: DepotSheet, name: str) -> bool:
    """Whether a rule about this depot speaks of the column."""
    return any(name in v.rule.params.get("列", ()) for v in sheet.verdicts)
