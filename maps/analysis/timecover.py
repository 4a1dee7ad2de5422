"""Who is reached in how many minutes: the time twin of ``maps.analysis.coverage``.

The rules for people and districts are those of ``maps.analysis.demand``; the minutes
come from ``maps.analysis.network``. A straight line is never called travel time: with
``measure="detour"`` every text says 估算.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

from data.geodesy import Ruler
from data.kinds import is_missing
from data.plan import Layer, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import Reached, accounts
from maps.analysis.demand import Demand, demand
from maps.analysis.facilities import Facilities, Status, choose
from maps.analysis.network.costs import Costs, FeatureId, costs
from maps.analysis.network.friction import across
from maps.analysis.network.graph import Aside, Network, network_of
from maps.analysis.network.ground import Ground, ground
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.profile import (
    Condition,
    Profile,
    condition,
    profile,
    usual_vehicle,
)
from maps.analysis.network.remarks import Remarks, remarks
from maps.analysis.network.snap import FAR, Places
from maps.analysis.network.terrain import Terrain, even
from maps.analysis.network.timers import ByRoad, Straight, Timer, snapper_of
from maps.analysis.network.travel import reach

Measure = Literal["network", "detour", "friction"]
MEASURES: dict[Measure, str] = {
    "network": "路网行车时间",
    "detour": "直线估算时间",
    "friction": "路网与越野时间",
}
RANKS = 3
LONGEST = 7 * 24 * 60.0
"""Minutes: a limit beyond a week is a slip of the pen."""


@dataclass(frozen=True)
class TimeAsk:
    """Which facilities, how many minutes, how one travels.

    ``vehicle`` "" takes the usual one of the kind; ``weather`` a name of
    ``profile.conditions()``, ``edge`` its middle or the fast or slow end of its band.
    ``ready_minutes`` by class ("" for the rest) is spent before the wheels turn or at
    the end: 接警出动, 装卸. ``closed`` roads and ``flooded`` hazard zones by layer and
    id; ``only`` these facilities when not empty. ``inbound``: from the people to the
    facility. ``speeds``: the planner's own km/h by road class. ``join``: lines that
    merely cross are junctions. ``terrain``: what the friction measure crosses.
    """

    of: str
    minutes: float
    status: Status = "全部"
    classes: tuple[str, ...] = ()
    vehicle: str = ""
    weather: str = "晴"
    edge: Literal["middle", "fast", "slow"] = "middle"
    ready_minutes: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    measure: Measure = "network"
    closed: frozenset[FeatureId] = frozenset()
    flooded: frozenset[FeatureId] = frozenset()
    only: frozenset[FeatureId] = frozenset()
    inbound: bool = False
    speeds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    join: bool = False
    terrain: Terrain | None = None
    people: str = ""

    @property
    def vehicle_name(self) -> str:
        return self.vehicle or usual_vehicle(self.of)

    @property
    def profile(self) -> Profile:
        return profile(self.vehicle_name, self.speeds)

    @property
    def condition(self) -> Condition:
        return condition(self.weather).at(self.edge)


@dataclass(frozen=True, eq=False)
class TimeCover:
    """The answer to an ask about a plan.

    ``minutes``/``who`` (3, n): the three quickest facilities of each sorted point of
    ``demand.nearby`` (infinite and -1 where there is no way). ``whole``, ``by_district``,
    ``outside`` as in ``Coverage``; ``average`` people-weighted minutes by district to
    the quickest facility, then of the whole (NaN when nobody known is reached).
    ``unreachable``: persons to whom there is no way at all (None: unknown).
    ``names`` of the facilities; ``remarks`` what one must know to read the numbers.
    """

    ask: TimeAsk
    plan: Plan
    facilities: Facilities
    names: tuple[str, ...]
    demand: Demand
    timer: Timer
    minutes: Floats
    who: Ints
    whole: Reached
    by_district: tuple[Reached, ...]
    outside: Reached | None
    average: Floats
    unreachable: float | None
    remarks: Remarks

    @property
    def basis(self) -> str:
        """Where the numbers of people come from, "" when there are none."""
        return self.demand.basis

    @property
    def estimated(self) -> bool:
        """Whether the minutes must be called 估算."""
        return self.remarks.estimated(self.ask.measure)

    @property
    def far(self) -> Ints:
        """Sorted points more than ``FAR`` metres from a road, whose last leg is an estimate."""
        if not isinstance(self.timer, ByRoad):
            return np.zeros(0, np.intp)
        return np.flatnonzero(self.timer.places(self.demand.nearby).gap > FAR)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers the answer was made from."""
        used = [layer for name in self._kinds for layer in self.plan.of_kind(name)]
        return (*used, *self.demand.layers)

    @property
    def _kinds(self) -> list[str]:
        """Kinds whose layers the answer depends on, but for the population."""
        kinds = [self.ask.of, "district"]
        if self.ask.measure != "detour":
            kinds.append("road")
        if self.ask.flooded:
            kinds.append("hazard_zone")
        return kinds

    def holds_for(self, plan: Plan) -> bool:
        """Whether the answer is still right for ``plan``: it used no layer that has changed."""
        if plan is self.plan:
            return True
        kinds = (*self._kinds, "population")
        now, then = ([id(x) for k in kinds for x in p.of_kind(k)] for p in (plan, self.plan))
        return plan.crs == self.plan.crs and now == then


def timecover(plan: Plan, ask: TimeAsk, report: Report = silent) -> TimeCover:
    """Return who is reached within ``ask.minutes``, by district and how many times over.

    Raises Refused for an ask that makes no sense, for a plan without roads (unless
    ``measure="detour"``) and for roads that lie in another region.
    """
    check_minutes(ask.minutes)
    chosen = facilities_of(plan, ask)
    people = demand(plan, ask.people, part(report, 0.0, 0.2))
    timer = timer_of(plan, ask, chosen, people, part(report, 0.2, 0.8))
    names = titles(plan, chosen)
    report(0.8, "正在把人口接到道路上…")
    seconds, who = timer.at(people.nearby)
    notes = remarks(plan, ask.profile, ask.condition, timer, chosen, names, people, seconds, who)
    report(0.85, "正在按区汇总…")
    limit = ask.minutes * 60.0 + 1e-6
    reached = (seconds <= limit).sum(axis=0, dtype=np.int32)
    areas = None
    if people.districts:
        cells: Ground = ground(people)
        areas = cells.by_district(timer.at(cells)[0][0] <= limit, len(people.districts))
    rows, whole, outside = accounts(people, people.tally(reached, RANKS + 1), areas)
    report(1.0, "行车时间已算出")
    return TimeCover(
        ask,
        plan,
        chosen,
        names,
        people,
        timer,
        seconds / 60.0,
        who,
        whole,
        rows,
        outside,
        _average(people, seconds[0] / 60.0),
        _people(people, ~np.isfinite(seconds[0])),
        notes,
    )


def check_minutes(minutes: float) -> None:
    """Raise Refused unless ``minutes`` can be a limit."""
    if not isinstance(minutes, int | float | np.number) or not math.isfinite(minutes):
        raise Refused(f"时限要填分钟数,现在是“{minutes}”。")
    if minutes <= 0:
        raise Refused(f"时限要大于 0 分钟,现在是 {minutes:g}。")
    if minutes > LONGEST:
        raise Refused(f"时限不能超过 {LONGEST:g} 分钟(七天),现在是 {minutes:g};单位是分钟。")


def facilities_of(plan: Plan, ask: TimeAsk) -> Facilities:
    """The facilities that count, those of ``ask.only`` when given; else Refused."""
    chosen = choose(plan, ask.of, ask.classes, ask.status)
    if not ask.only:
        return chosen
    keep = [
        i for i, key in enumerate(zip(chosen.layer, chosen.fid, strict=True)) if key in ask.only
    ]
    if not keep:
        raise Refused(f"所选的{chosen.kind.title}都不在这次分析的级别和状态里,请重新选择。")
    return Facilities(
        chosen.kind,
        chosen.x[keep],
        chosen.y[keep],
        tuple(chosen.grade[i] for i in keep),
        tuple(chosen.layer[i] for i in keep),
        tuple(chosen.fid[i] for i in keep),
    )


def ready_seconds(ask: TimeAsk, grades: tuple[str, ...]) -> Floats:
    """Seconds of readiness and handling per facility; Refused for a negative number."""
    for name, minutes in ask.ready_minutes.items():
        if not (math.isfinite(minutes) and minutes >= 0):
            which = f"“{name}”的" if name else ""
            raise Refused(f"{which}准备时间要填不小于 0 的分钟数,现在是 {minutes:g}。")
    rest = ask.ready_minutes.get("", 0.0)
    return np.array([ask.ready_minutes.get(g, rest) * 60.0 for g in grades], dtype=float)


def timer_of(
    plan: Plan,
    ask: TimeAsk,
    chosen: Facilities,
    people: Demand,
    report: Report = silent,
    ranks: int = RANKS,
) -> Timer:
    """What tells the minutes of an ask, for the ``ranks`` quickest facilities."""
    ready = ready_seconds(ask, chosen.grade)
    who, weather = ask.profile, ask.condition
    if ask.measure == "detour":
        leg = who.leg(who.straight, weather)
        return Straight(Ruler(plan.crs), leg, chosen.x, chosen.y, ready, ranks)
    cross = ask.measure == "friction"
    network = network_of(
        plan, ask.status, join=ask.join, needed=not cross, report=part(report, 0.0, 0.4)
    )
    wet = zones(plan, ask.flooded)
    cost = _kept_costs(
        network,
        ask.vehicle_name,
        tuple(ask.speeds.items()),
        ask.weather,
        ask.edge,
        ask.closed,
        tuple(wet),
    )
    cost = cost.turned if ask.inbound else cost
    then = part(report, 0.4, 1.0)
    if not cross:
        at = chosen.x.tobytes(), chosen.y.tobytes()
        return _kept_road(cost, who.name, *at, ready.tobytes(), ranks, Aside(then))
    if not people.districts:
        raise Refused("规划里没有规划区的边界,不知道越野要算多大范围。请先添加行政区。")
    places: Places = snapper_of(network, who.name).snap(chosen.x, chosen.y)
    grid = ground(people)
    land = (ask.terrain or even(grid, who.offroad.kmh)).without(wet)
    return across(cost, land, grid, places, ready, ranks, then)


# The next question is often about the same facilities: other minutes, other people, a map.
@lru_cache(maxsize=4)
def _kept_road(
    cost: Costs, vehicle: str, x: bytes, y: bytes, ready: bytes, ranks: int, aside: Aside
) -> ByRoad:
    """The search from facilities given by the bytes of their places and seconds."""
    places = snapper_of(cost.network, vehicle).snap(np.frombuffer(x), np.frombuffer(y))
    return ByRoad(reach(cost, places, np.frombuffer(ready), ranks, report=aside.report))


# What does not depend on the facilities is kept: the next question is often the same roads.
@lru_cache(maxsize=6)
def _kept_costs(
    network: Network,
    vehicle: str,
    speeds: tuple[tuple[str, float], ...],
    weather: str,
    edge: str,
    closed: frozenset[FeatureId],
    flooded: tuple[shapely.Geometry, ...],
) -> Costs:
    who, when = profile(vehicle, dict(speeds)), condition(weather).at(edge)
    return costs(network, who, when, sorted(closed), flooded)


def zones(plan: Plan, wanted: frozenset[FeatureId]) -> list[shapely.Geometry]:
    """Outlines of hazard zones by layer and id; Refused for one that is not there."""
    out = []
    for name, fid in sorted(wanted):
        layer = plan.layer(name)
        if fid not in layer.frame.index:
            raise Refused(f"图层“{name}”里没有编号为 {fid} 的灾害区。")
        out.append(shapely.make_valid(layer.geometry(fid)))
    return out


def titles(plan: Plan, chosen: Facilities) -> tuple[str, ...]:
    """Names of facilities, “消防站 3 号” for one without."""
    out = []
    columns: dict[str, Any] = {name: plan.layer(name).column("名称") for name in set(chosen.layer)}
    for name, fid in zip(chosen.layer, chosen.fid, strict=True):
        value = columns[name].loc[fid]
        out.append(f"{name} {fid} 号" if is_missing(value) else str(value))
    return tuple(out)


def _people(people: Demand, where: npt.NDArray[np.bool_]) -> float | None:
    """Persons of the whole at the points ``where``, None when unknown."""
    if not people.known:
        return None
    inside = people.district < len(people.districts) if people.districts else np.full(1, True)
    return float(people.persons[where & inside].sum())


def _average(people: Demand, minutes: Floats) -> Floats:
    """People-weighted mean minutes by district, then of the whole; who is not reached is out."""
    known = np.isfinite(minutes)
    size = len(people.districts) + 1
    weight = np.bincount(people.district[known], people.persons[known], size)
    spent = np.bincount(people.district[known], people.persons[known] * minutes[known], size)
    if people.districts:
        weight[-1], spent[-1] = weight[:-1].sum(), spent[:-1].sum()
    return np.divide(spent, weight, out=np.full(size, np.nan), where=weight > 0)
