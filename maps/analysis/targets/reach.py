"""Checks of who is reached: 覆盖 and 最远, by true distance or by minutes on the roads."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from data.geodesy import Floats
from data.refused import Refused
from maps.analysis.demand import Demand
from maps.analysis.live import FreeGround
from maps.analysis.network.timers import ByRoad, snapper_of
from maps.analysis.network.travel import each
from maps.analysis.targets.choosing import (
    chosen_by,
    phrase,
    status_of,
    unknown_areas,
    unknown_conditions,
)
from maps.analysis.targets.judge import (
    INF,
    Finding,
    Rows,
    amount,
    holds,
    lacking,
    limits,
    missing_layer,
    missing_people,
    missing_roads,
)
from maps.analysis.targets.model import Place, Rule
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.travel import in_time, minutes_cover
from maps.analysis.targets.units import number
from maps.analysis.targets.unplaced import unplaced
from maps.analysis.timecover import TimeCover

Bools = npt.NDArray[np.bool_]
Gains = Callable[[Floats, Floats, npt.NDArray[np.int64]], Floats]
"""(x, y of candidate sites, sorted points not reached) → persons each site would reach."""

_LISTED = 12


def cover(rule: Rule, scene: Scene) -> Finding:
    """What share of the people (or of the area) is within metres or minutes."""
    chosen = chosen_by(rule, scene).placed
    by_area = rule.params.get("度量") == "面积"
    refused = cannot(rule, scene, chosen, not by_area)
    if refused is not None:
        return refused
    if "距离" in rule.params:
        if by_area:
            return _area_by_metres(rule, scene, chosen)
        metres = rule.params["距离"]
        reached = within(scene, chosen, metres)
        found = people_outside(rule, scene, chosen, missed(scene.demand, reached))
        return _advised(rule, scene, found, reached, _by_metres(scene, metres))
    limit = rule.params["时限"]
    time = _timed(rule, scene, chosen, limit)
    if isinstance(time, Finding):
        return time
    if by_area:
        inside = np.array([row.area_km2_covered or 0.0 for row in time.by_district])
        return area_outside(rule, scene, chosen, inside, basis_of(time))
    reached = in_time(time.minutes[0], limit)
    found = people_outside(rule, scene, chosen, missed(scene.demand, reached), basis_of(time))
    gains = _by_minutes(scene, time, limit - _ready(rule))
    return _advised(rule, scene, found, reached, gains)


def how_far(rule: Rule) -> str:
    """The reach of a rule in words."""
    if "距离" in rule.params:
        return f"{number(rule.params['距离'])} m(直线)以内"
    return f"{number(rule.params['时限'])} 分钟{_handling(rule)}以内"


def cannot(rule: Rule, scene: Scene, chosen: Chosen, people: bool) -> Finding | None:
    gone = unknown_areas(rule, scene)
    if gone:
        return lacking("规划里没有规则所说的区域", *gone)
    if not len(chosen):
        what = phrase(rule, chosen)
        open_ = unknown_conditions(rule, chosen)
        return lacking(f"图上没有{what}", *(open_ or (missing_layer(rule.params["对象"], what),)))
    if people and not scene.demand.known:
        return lacking("人口未知", missing_people())
    return None


def _timed(rule: Rule, scene: Scene, chosen: Chosen, limit: float) -> TimeCover | Finding:
    """Minutes on the roads; what cannot be had without roads is a lack, not an error."""
    try:
        return minutes_cover(scene, chosen, limit, rule.params, status_of(rule))
    except Refused as refused:
        return lacking(str(refused).rstrip("。"), missing_roads())


def _ready(rule: Rule) -> float:
    return float(sum((rule.params.get("准备") or {}).values()))


def _handling(rule: Rule) -> str:
    parts = rule.params.get("准备") or {}
    said = "、".join(f"{name} {minutes:g}" for name, minutes in parts.items())
    return f"(行车,加{said} 分钟)" if said else "(只算行车)"


def within(scene: Scene, chosen: Chosen, metres: float) -> Bools:
    table, some = chosen.table, chosen.sure
    radius = np.full(len(some), metres)
    counts = scene.demand.nearby.counts(table.x[some], table.y[some], radius)
    return np.asarray(counts > 0)


def people_outside(
    rule: Rule, scene: Scene, chosen: Chosen, outside: Floats, basis: str = ""
) -> Finding:
    """Judge the people not reached, by district; features that only may count could only
    reach more."""
    people = scene.demand
    every = people.everybody[:-1] if people.districts else people.everybody
    whole = float(every.sum())
    share = 100.0 * (whole - float(outside.sum())) / whole if whole else 0.0
    order = [i for i in np.argsort(-outside, kind="stable").tolist() if outside[i] > 0]
    why = f"{phrase(rule, chosen)} {len(chosen)} 处,{how_far(rule)}的人口占 {amount(rule, share)}"
    if order:
        why += f",还有 {_persons(outside.sum())} 人在外"
        why += f"(涉及 {len(order)} 个区)" if people.districts else ""
    register = unplaced(rule, scene)
    why += register.note() if order else ""
    where = tuple(
        scene.district_place(i, f"{_persons(outside[i])} 人在外")
        for i in order[:_LISTED]
        if people.districts
    )
    return Finding(
        why + basis,
        share,
        100.0 if len(chosen.maybe) or register.names else share,
        where=where,
        missing=(*unknown_conditions(rule, chosen), *register.missing(rule)),
        rows=_rows(people, every, outside),
        basis=people.basis,
    )


def _advised(rule: Rule, scene: Scene, found: Finding, reached: Bools, gains: Gains) -> Finding:
    """The finding with the place from which most of those outside could be reached."""
    assert found.low is not None
    if holds(rule, found.low, found.low) is not False:
        return found
    remedy, spot = _nearest(scene, reached, gains)
    where = found.where if spot is None else (spot, *found.where)
    return replace(found, remedy=remedy, where=where)


def basis_of(found: TimeCover) -> str:
    """How the minutes were worked out, as the end of a sentence."""
    return f";{found.remarks.basis.rstrip('。')}"


def missed(people: Demand, reached: Bools) -> Floats:
    """People not reached by district (of everybody, without districts)."""
    size = max(len(people.districts), 1)
    out = np.flatnonzero(~reached)
    persons = np.bincount(people.district[out], weights=people.persons[out], minlength=size + 1)
    return np.asarray(persons[:size], dtype=float)


def _rows(people: Demand, every: Floats, outside: Floats) -> Rows:
    return tuple(
        (d.name, 100.0 * float(n - m) / float(n) if n else None, f"{_persons(m)} 人在外")
        for d, n, m in zip(people.districts, every, outside, strict=False)
    )


def _persons(value: float) -> str:
    """Persons of a modelled grid have fractions: fewer than one is still somebody."""
    return number(round(value)) if value >= 0.5 else "不到 1"


def _nearest(scene: Scene, reached: Bools, gains: Gains) -> tuple[str, Place | None]:
    """The settlement from which most of those outside could be reached."""
    people = scene.demand
    inside = people.district < len(people.districts) if people.districts else True
    out = np.flatnonzero(~reached & inside & (people.persons > 0))
    towns = scene.table("settlement")
    usable = np.flatnonzero(np.isfinite(towns.x))
    if not len(out) or not len(usable):
        return "", None
    persons = gains(towns.x[usable], towns.y[usable], out)
    best = int(np.argmax(persons))
    total = float(people.persons[out].sum())
    if persons[best] <= 0:
        worst = out[int(np.argmax(people.persons[out]))]
        x, y = float(people.nearby.x[worst]), float(people.nearby.y[worst])
        text = f"在外的 {_persons(total)} 人从现有居民点都够不到,要在他们附近另选地点。"
        return text, Place("在外人口最多处", "", None, x, y, text)
    place = towns.place(int(usable[best]), f"可再覆盖 {_persons(persons[best])} 人")
    gain = _persons(persons[best])
    return f"在{place.name}增设一处,可再覆盖 {gain} 人(在外 {_persons(total)} 人)。", place


def _by_metres(scene: Scene, metres: float) -> Gains:
    def gains(x: Floats, y: Floats, out: npt.NDArray[np.int64]) -> Floats:
        people = scene.demand
        left = np.zeros(len(people.persons))
        left[out] = people.persons[out]
        inside = [
            people.nearby.inside(float(a), float(b), metres) for a, b in zip(x, y, strict=True)
        ]
        return np.array([left[points].sum() for points in inside])

    return gains


def _by_minutes(scene: Scene, found: TimeCover, driving: float) -> Gains:
    def gains(x: Floats, y: Floats, out: npt.NDArray[np.int64]) -> Floats:
        timer, people = found.timer, scene.demand
        if not isinstance(timer, ByRoad) or driving <= 0:
            return np.zeros(len(x))
        costs = timer.found.costs
        sites = snapper_of(costs.network, costs.profile.name).snap(x, y)
        points = timer.places(people.nearby).take(out)
        seconds = each(costs, sites, np.zeros(len(x)), points, driving * 60.0)
        return np.asarray((seconds <= driving * 60.0) @ people.persons[out])

    return gains


def _area_by_metres(rule: Rule, scene: Scene, chosen: Chosen) -> Finding:
    if not scene.districts:
        return lacking("规划里没有规划区的边界", missing_layer("district"))
    ground = free_ground(scene, chosen, rule.params["距离"])
    return area_outside(rule, scene, chosen, ground.covered_km2)


def free_ground(scene: Scene, chosen: Chosen, metres: float) -> FreeGround:
    """The planning districts, as far as the chosen features leave them."""
    table, some = chosen.table, chosen.sure
    discs = scene.ruler.circles(table.x[some], table.y[some], np.full(len(some), metres))
    shapes = np.array([d.shape for d in scene.districts], dtype=object)
    return FreeGround(scene.ruler, shapes, discs)


def area_outside(
    rule: Rule, scene: Scene, chosen: Chosen, inside: Floats, basis: str = ""
) -> Finding:
    """Judge the area reached (km² by planning district)."""
    if not scene.districts:
        return lacking("规划里没有规划区的边界", missing_layer("district"))
    totals = np.array([d.area_km2 for d in scene.districts])
    share = 100.0 * float(inside.sum()) / float(totals.sum())
    rows = tuple(
        (d.name, 100.0 * float(a) / d.area_km2, f"{number(d.area_km2 - float(a))} km² 在外")
        for d, a in zip(scene.districts, inside, strict=True)
    )
    order = np.argsort(inside - totals, kind="stable").tolist()[:_LISTED]
    why = f"{phrase(rule, chosen)} {len(chosen)} 处,{how_far(rule)}的面积占 {amount(rule, share)}"
    return Finding(
        why + basis,
        share,
        100.0 if len(chosen.maybe) else share,
        where=tuple(scene.district_place(i, rows[i][2]) for i in order),
        remedy=f"还有 {number(float((totals - inside).sum()))} km² 在外。",
        missing=unknown_conditions(rule, chosen),
        rows=rows,
    )


def farthest(rule: Rule, scene: Scene) -> Finding:
    """How long, or how far, the worst-off people have to the nearest facility."""
    chosen = chosen_by(rule, scene).placed
    refused = cannot(rule, scene, chosen, people=True)
    if refused is not None:
        return refused
    assert rule.unit is not None
    if rule.unit.dimension == "长度":
        return worst_off(rule, scene, chosen, metres_to_nearest(scene, chosen), "直线", "")
    found = _timed(rule, scene, chosen, max(limits(rule)[1], 1.0))
    if isinstance(found, Finding):
        return found
    return worst_off(rule, scene, chosen, found.minutes[0], by_minutes(rule), basis_of(found))


def by_minutes(rule: Rule) -> str:
    """What the minutes of a rule are, in words."""
    return f"行车时间{_handling(rule)}"


def worst_off(
    rule: Rule, scene: Scene, chosen: Chosen, away: Floats, said: str, basis: str
) -> Finding:
    """Judge metres or minutes from every sorted point; only where people live counts."""
    people = scene.demand
    points = where_people_live(scene)
    if not len(points):
        return lacking("规划区里没有人口", missing_people())
    theirs = away[points]
    worst = int(points[np.argmax(theirs)])
    home = int(people.district[worst])
    name = people.districts[home].name if home < len(people.districts) else "这里"
    value = float(away[worst])
    shown = amount(rule, value) if value < INF else "无路可到"
    persons = float(people.persons[points[theirs > limits(rule)[1] * (1 + 1e-12)]].sum())
    x, y = float(people.nearby.x[worst]), float(people.nearby.y[worst])
    over = _persons(persons) if persons else "0"
    shorter = ",或缩短准备环节" if rule.params.get("准备") else ""
    return Finding(
        f"最远的居民在{name},{said} {shown};超过的有 {over} 人{basis}",
        value,
        value,
        holds=False if value == INF else "number",
        where=(Place(f"{name}最远处", "", None, x, y, shown),),
        remedy=f"超出的 {over} 人要就近增设{shorter}。" if persons else "",
        missing=unknown_conditions(rule, chosen),
        basis=people.basis,
    )


def where_people_live(scene: Scene) -> npt.NDArray[np.int64]:
    """The sorted points that count when somebody is looked for: with people, in a district."""

    def points() -> npt.NDArray[np.int64]:
        people = scene.demand
        counted = people.persons > 0
        if people.districts:
            counted &= people.district < len(people.districts)
        return np.flatnonzero(counted)

    return scene.kept(("population", "district"), "where people live", points)


def metres_to_nearest(scene: Scene, chosen: Chosen) -> Floats:
    """True metres from every sorted point of the people to the nearest chosen feature."""
    nearby, table = scene.demand.nearby, chosen.table
    everyone = np.arange(len(nearby))
    out = np.full(len(nearby), INF)
    for i in chosen.sure.tolist():
        np.minimum(out, nearby.measured(float(table.x[i]), float(table.y[i]), everyone), out=out)
    return out
