"""Checks on named places: 落位, 迁建."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.kinds import is_missing, kind
from data.refused import Refused
from maps.analysis.coverage import Reached
from maps.analysis.facilities import Status
from maps.analysis.targets.choosing import chosen_by, phrase, unknown_conditions
from maps.analysis.targets.judge import INF, Finding, lacking
from maps.analysis.targets.model import Missing, Place, Rule
from maps.analysis.targets.scene import NOWHERE, Chosen, Scene, Table
from maps.analysis.targets.travel import minutes_cover
from maps.analysis.targets.units import number

AROUND = 10_000.0
"""Metres around a settlement that count as being there when a rule does not say: without the
outline of a township this is its reach; the example's sketched features lie within 2 km. It is
nobody's number: what hangs on it warns and does not fail (``Finding.assumed``)."""

MINUTES = 60.0
"""Minutes within which people are compared before and after a relocation, if not said."""


@dataclass(frozen=True)
class Spot:
    """A named place found on the map: districts (positions), or a settlement."""

    name: str
    districts: tuple[int, ...] = ()
    x: float = 0.0
    y: float = 0.0
    home: int = NOWHERE
    place: Place | None = None

    def reach(self, rule: Rule) -> float:
        """Metres that count as being there."""
        return float(rule.params.get("半径", AROUND))

    def guessed(self, rule: Rule) -> bool:
        """Whether it is the program that says how far the place reaches."""
        return self.place is not None and "半径" not in rule.params

    def holds(self, scene: Scene, table: Table, radius: float) -> npt.NDArray[np.bool_]:
        """Which features of a table are there: in the district, or near the settlement and in
        the same planning district as it."""
        if self.place is None:
            return np.asarray((table.home[:, None] == np.array(self.districts)).any(axis=1))
        near = scene.ruler.distance(self.x, self.y, table.x, table.y) <= radius
        return np.asarray(near if self.home == NOWHERE else near & (table.home == self.home))


def spot(scene: Scene, label: str, names: tuple[str, ...]) -> Spot | None:
    """Find a place: a list of districts, a district, or a settlement (“巴林右旗大板镇” is the
    大板镇 in 巴林右旗); None when it is not on the map."""
    listed = [d.name for d in scene.districts]
    found = tuple(listed.index(name) for name in names if name in listed)
    if found and len(found) == len(names):
        return Spot(label, found)
    towns = scene.table("settlement")
    best: tuple[int, int] | None = None
    for i in range(len(towns)):
        name = towns.name(i)
        if not label.endswith(name):
            continue
        before = label[: -len(name)]
        home = towns.home[i]
        inside = home >= 0 and before.endswith(listed[home])
        if (not before or inside) and (best is None or len(name) > best[0]):
            best = (len(name), i)
    if best is None:
        return None
    i = best[1]
    return Spot(label, (), float(towns.x[i]), float(towns.y[i]), int(towns.home[i]), towns.place(i))


def _unknown(names: list[str]) -> Missing:
    how = f"在居民点(或行政区)图层里添加{'、'.join(names)}。"
    return Missing("settlement", "名称", how)


def at_places(rule: Rule, scene: Scene) -> Finding:
    """Whether every named place has its features."""
    chosen = chosen_by(rule, scene)
    each = rule.params.get("每处", 1)
    spots = [(label, spot(scene, label, names)) for label, names in rule.params["地点"]]
    gone = [label for label, found in spots if found is None]
    rows: list[tuple[str, float | None, str]] = []
    short: list[tuple[Spot, int]] = []
    open_: list[Spot] = []
    for label, found in spots:
        if found is None:
            rows.append((label, None, "图上没有这个地方"))
            continue
        inside = found.holds(scene, chosen.table, found.reach(rule))
        sure, maybe = chosen.sure[inside[chosen.sure]], chosen.maybe[inside[chosen.maybe]]
        names = "、".join(chosen.table.name(i) for i in sure.tolist())
        rows.append((label, float(len(sure)), names or _nearest(scene, found, chosen)))
        if len(sure) + len(maybe) < each:
            short.append((found, each - len(sure)))
        elif len(sure) < each:
            open_.append(found)
    what = phrase(rule, chosen)
    fine = len(spots) - len(gone) - len(short) - len(open_)
    why = f"点名的 {len(spots)} 个地方中 {fine} 个有{what}"
    if short:
        why += f",没有的是{'、'.join(s.name for s, _ in short)}"
    why += _how_near(rule, [found for _, found in spots if found is not None])
    missing = [_unknown(gone)] if gone else []
    missing += unknown_conditions(rule, chosen) if open_ else ()
    answer = False if short else None if gone or open_ else True
    guessed = bool(short) and all(_only_guessed(rule, scene, s, chosen, each) for s, _ in short)
    return Finding(
        why,
        float(fine),
        float(fine),
        holds=answer,
        where=tuple(_place(scene, s, f"还差 {n} 处{what}") for s, n in short),
        remedy="".join(f"在{s.name}增加 {n} 处{what}。" for s, n in short),
        missing=tuple(missing),
        rows=tuple(rows),
        need=float(len(spots)),
        need_unit="个地方",
        assumed=_kilometres(AROUND) if guessed else "",
    )


def _how_near(rule: Rule, spots: list[Spot]) -> str:
    """How far a place without an outline is taken to reach, "" when all have one."""
    bare = [one for one in spots if one.place is not None]
    return f";没有画范围的地方按{_kilometres(bare[0].reach(rule))} 以内算" if bare else ""


def _kilometres(metres: float) -> str:
    return f"周围 {number(metres / 1000)} km"


def _only_guessed(rule: Rule, scene: Scene, found: Spot, chosen: Chosen, each: int) -> bool:
    """Whether a place could have enough if it only reached further: the district it lies in has."""
    if not found.guessed(rule):
        return False
    inside = found.holds(scene, chosen.table, INF)
    every = np.concatenate([chosen.sure, chosen.maybe])
    return int(inside[every].sum()) >= each


def _nearest(scene: Scene, found: Spot, chosen: Chosen) -> str:
    """The nearest feature in the district of a settlement that has none, "" without any."""
    if found.place is None:
        return ""
    inside = chosen.sure[found.holds(scene, chosen.table, INF)[chosen.sure]]
    if not len(inside):
        return ""
    table = chosen.table
    away = scene.ruler.distance(found.x, found.y, table.x[inside], table.y[inside])
    best = int(np.argmin(away))
    return f"最近的是{table.name(int(inside[best]))},距 {number(float(away[best]) / 1000)} km"


def _place(scene: Scene, found: Spot, text: str) -> Place:
    if found.place is None:
        return scene.district_place(found.districts[0], text)
    place = found.place
    return Place(place.name, place.layer, place.fid, place.x, place.y, text)


Whole = Callable[[Chosen, float, Status], Reached]
"""(features, minutes, which roads) → people and area they reach together; may be Refused."""

TIMES: tuple[tuple[str, str, Status], ...] = (
    ("从", "迁建前", "现状"),
    ("到", "迁建后", "全部"),
)
"""The ends of a relocation: their name in a rule, in words, and what stands then."""


def relocation(rule: Rule, scene: Scene, whole: Whole | None = None) -> Finding:
    """Whether a move from one place to another is on the map, and what it does to reach.

    Before: what stands at the old place (现状 or 撤销); after: what is to stand at the new
    one. People within the minutes are compared when there are roads. ``whole`` tells what
    some features reach, if not a search of its own.
    """
    of = rule.params["对象"]
    ends = []
    for key, _, status in TIMES:
        label = rule.params[key]
        found = spot(scene, label, (label,))
        if found is None:
            return lacking(f"图上没有名为“{label}”的地方", _unknown([label]))
        chosen = scene.choose(of, rule.params.get("条件", ()), status)
        inside = found.holds(scene, chosen.table, found.reach(rule))
        ends.append((found, chosen, chosen.sure[inside[chosen.sure]]))
    (old, _, before), (new, chosen, after) = ends
    away = float(scene.ruler.distance(*_xy(scene, old), *_xy(scene, new)))
    title = kind(of).title
    why = f"由{old.name}迁至{new.name},直线相距 {away / 1000:.0f} km"
    gone = [f"{s.name}没有{title}" for s, i in ((old, before), (new, after)) if not len(i)]
    if gone:
        how = f"把{title}画到图上:{old.name}的状态为“撤销”,{new.name}的状态为“规划”。"
        return lacking(f"{why};{'、'.join(gone)}", Missing(of, "状态", how))
    states = chosen.table.column("状态")
    left = [i for i in before.tolist() if is_missing(states[i]) or states[i] != "撤销"]
    rows = _compared(rule, chosen.table, (before, after), whole or _searched(scene))
    why += "".join(f";{name} {text}" for name, _, text in rows)
    why += _how_near(rule, [old, new])
    guessed = old.guessed(rule) and not any(_is_there(scene, old, chosen.table, i) for i in left)
    return Finding(
        why,
        holds=not left,
        where=tuple(chosen.table.place(i, "状态应为“撤销”") for i in left),
        remedy=f"把{old.name}的旧址改为“撤销”。" if left else "",
        rows=rows,
        basis=scene.demand.basis,
        assumed=_kilometres(AROUND) if left and guessed else "",
    )


def _is_there(scene: Scene, found: Spot, table: Table, i: int) -> bool:
    """Whether no other settlement is nearer to a feature than this one: then it is there however
    far the place reaches."""
    towns = scene.table("settlement")
    x, y = float(table.x[i]), float(table.y[i])
    away = scene.ruler.distance(x, y, towns.x, towns.y)
    mine = float(scene.ruler.distance(x, y, found.x, found.y))
    return mine <= float(np.nanmin(away))


def _xy(scene: Scene, found: Spot) -> tuple[float, float]:
    if found.place is not None:
        return found.x, found.y
    place = scene.district_place(found.districts[0])
    assert place.x is not None
    assert place.y is not None
    return place.x, place.y


def _searched(scene: Scene) -> Whole:
    def whole(chosen: Chosen, minutes: float, status: Status) -> Reached:
        return minutes_cover(scene, chosen, minutes, status=status).whole

    return whole


def _compared(
    rule: Rule, table: Table, ends: tuple[npt.NDArray[np.int64], ...], whole: Whole
) -> tuple[tuple[str, float | None, str], ...]:
    """People and area reached within the minutes before and after, where roads tell."""
    limit = rule.params.get("时限", MINUTES)
    rows = []
    for (_, name, status), which in zip(TIMES, ends, strict=True):
        try:
            found = whole(Chosen(table, which, np.empty(0, dtype=np.int64)), limit, status)
        except Refused as refused:
            return (("到达人口", None, f"没有比较({refused})"),)
        people, area = found.people_covered, found.area_km2_covered
        said = "人口未知" if people is None else f"{number(people)} 人"
        ground = "" if area is None else f"、{number(area)} km²"
        rows.append((name, people, f"{limit:g} 分钟内到达 {said}{ground}"))
    return tuple(rows)
