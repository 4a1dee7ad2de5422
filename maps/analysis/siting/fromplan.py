"""From a plan to a siting problem: who lives where, where one may build, how far it is.

Demand are the people of the planning districts (the rules of ``maps.analysis.demand``);
candidates are settlements, the points of a layer, or a grid, without those in hazard zones
or within the safety distance of a hazard. What stands already joins them as candidates that
stay, may be closed, or may move.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
import shapely

from data.geodesy import Floats, Ruler
from data.kinds import kind
from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import check_radius
from maps.analysis.demand import Demand, demand
from maps.analysis.facilities import Status
from maps.analysis.siting.ask import CLOSABLE, FIXED, NEW, RELOCATABLE, Problem
from maps.analysis.siting.matrix import Cost, check_size, pairs_from
from maps.analysis.siting.places import Candidates, both, in_danger, places, some, standing

Existing = Literal["ignore", "fixed", "closable", "relocatable"]
STATES: Mapping[Existing, int] = MappingProxyType(
    {"fixed": FIXED, "closable": CLOSABLE, "relocatable": RELOCATABLE}
)

_ROOM = "容纳人数"
"""Column of what stands with the people it takes in."""

Minutes = Callable[[Floats, Floats, "Ground", Report], np.ndarray]
"""Minutes from places (x, y) to the people of a ground: (n, k), infinite where there is no way."""


@dataclass(frozen=True)
class PlanAsk:
    """What a siting problem is made of.

    ``of``: kind of facility. ``candidates``: “settlement”, “junction” or “junction:2000” (at most
    one in such a square), the name of a point layer, or “grid:500” (metres between points).
    ``radius``: metres, beyond which pairs are not needed; None keeps all pairs (pmedian,
    pcenter). ``radii``: by class, each class a candidate of its own at every place;
    ``classes``: those that new sites may be of (all of ``radii`` when empty).
    ``existing``: what becomes of facilities of ``status`` that stand; ``avoid``: no new site in
    hazard zones or within safety distances; ``apart``: metres between sites; ``price``,
    ``capacity``: a column of the candidates' layers with numbers, or one number for every new
    site (what stands then costs nothing and has the 容纳人数 it says).
    """

    of: str
    candidates: str = "settlement"
    radius: float | None = None
    radii: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    existing: Existing = "ignore"
    status: Status = "全部"
    avoid: bool = True
    apart: float = 0.0
    price: str = ""
    capacity: str = ""
    people: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Ground:
    """A siting problem and what its rows and columns stand for.

    ``points``: (n,) positions of the demands among the sorted points of ``demand.nearby``.
    ``reach``: the range of each candidate, None without. ``excluded``: candidates left out
    because of hazards.
    """

    problem: Problem
    plan: Plan
    ask: PlanAsk
    demand: Demand
    points: np.ndarray
    candidates: Candidates
    reach: float | np.ndarray | None
    excluded: int

    @property
    def x(self) -> Floats:
        """(n,) eastings of the demands."""
        return self.demand.nearby.x[self.points]

    @property
    def y(self) -> Floats:
        """(n,) northings of the demands."""
        return self.demand.nearby.y[self.points]

    @property
    def districts(self) -> tuple[str, ...]:
        return tuple(d.name for d in self.demand.districts)

    def lonlat(self, sites: np.ndarray) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of candidates."""
        return self.demand.ruler.to_lonlat(self.candidates.x[sites], self.candidates.y[sites])


def problem_of(
    plan: Plan, ask: PlanAsk, report: Report = silent, minutes: Minutes | None = None
) -> Ground:
    """Return the siting problem of a plan.

    ``minutes`` gives times instead of distances; ``ask.radius`` then is in minutes. Raises
    Refused when there are no people or no candidates, and for an ask that makes no sense.
    """
    what = kind(ask.of)
    if not what.facility:
        raise Refused(f"“{what.title}”不是服务设施,不能选址。请选储备库、避难场所、消防站等。")
    _check_ranges(ask, minutes is not None)
    people = demand(plan, ask.people, part(report, 0.0, 0.2))
    points = _served(people)
    found, excluded = _candidates(plan, ask, people)
    found, reach, place = _classes(ask, found)
    shell = Ground(
        Problem(np.empty((0, 0)), np.empty(0)), plan, ask, people, points, found, reach, excluded
    )
    if minutes is not None:
        cost: Cost = minutes(found.x, found.y, shell, part(report, 0.2, 0.9))
    else:
        cost = _metres(shell, part(report, 0.2, 0.9))
    site_district = _district_of(people, found)
    problem = Problem(
        cost,
        people.persons[points],
        found.state,
        _numbers(plan, found, ask.price, "", 0.0),
        _numbers(plan, found, ask.capacity, _ROOM, np.nan),
        people.district[points] if people.districts else None,
        site_district if people.districts else None,
        _too_close(people.ruler, found, ask.apart, place),
        place,
    )
    report(1.0, "选址数据已备好")
    return Ground(problem, plan, ask, people, points, found, reach, excluded)


def _check_ranges(ask: PlanAsk, minutes: bool) -> None:
    for value in (ask.radius, *ask.radii.values()):
        if value is not None and not minutes:
            check_radius(value)
        elif value is not None and not value > 0:
            raise Refused(f"服务时间要填大于 0 的分钟数,现在是 {value:g}。")
    strange = [name for name in ask.classes if name not in ask.radii and ask.radius is None]
    if strange or (ask.classes and not ask.radii):
        named = "、".join(strange or ask.classes)
        raise Refused(f"新设施可选的级别“{named}”没有给服务距离,请按级别给出。")
    if ask.apart < 0:
        raise Refused(f"设施之间的最小间距不能是负数,现在是 {ask.apart:g} 米。")


def _served(people: Demand) -> np.ndarray:
    """Sorted points with people in the planning districts (anywhere, when there are none)."""
    if people.layer is None:
        raise Refused("规划里没有人口图层,无法选址。请先导入或生成人口数据。")
    wanted = people.persons > 0
    if people.districts:
        wanted &= people.district < len(people.districts)
    points = np.flatnonzero(wanted)
    if len(points) == 0:
        raise Refused(
            f"人口图层“{people.layer.name}”在规划区内没有人口大于 0 的点。请检查人口数据和行政区。"
        )
    return points


def _candidates(plan: Plan, ask: PlanAsk, people: Demand) -> tuple[Candidates, int]:
    """New places after exclusion, then what stands; and how many were excluded."""
    new = places(plan, ask.candidates, people)
    excluded = 0
    if ask.avoid:
        bad = in_danger(plan, people.ruler, new.x, new.y)
        excluded = int(bad.sum())
        new = some(new, np.flatnonzero(~bad))
    if ask.existing == "ignore":
        if len(new) == 0:
            raise Refused(_none_left(ask, excluded))
        return new, excluded
    stands = standing(plan, ask.of, ask.status, STATES[ask.existing])
    if len(new) + len(stands) == 0:
        raise Refused(_none_left(ask, excluded))
    return both(new, stands), excluded


def _none_left(ask: PlanAsk, excluded: int) -> str:
    if excluded:
        return (
            f"“{ask.candidates}”的 {excluded} 个候选点全部在灾害区或安全距离之内,没有可用的。"
            "请换一种候选来源。"
        )
    return f"“{ask.candidates}”里没有候选点。请先添加,或换一种候选来源,例如 grid:5000。"


def _classes(
    ask: PlanAsk, found: Candidates
) -> tuple[Candidates, float | np.ndarray | None, np.ndarray | None]:
    """With ranges by class: one candidate per class at each new place, and one place number."""
    if not ask.radii:
        return found, ask.radius, None
    names = list(ask.classes or ask.radii)
    m = len(found)
    new = np.flatnonzero(found.state == NEW)
    old = np.flatnonzero(found.state != NEW)
    rows = np.concatenate((np.repeat(new, len(names)), old))
    grades = [names[k % len(names)] for k in range(len(new) * len(names))]
    grades += [found.grade[i] for i in old]
    reach = np.empty(len(rows))
    for k, grade in enumerate(grades):
        value = ask.radii.get(grade, ask.radius)
        if value is None:
            raise Refused(
                f"级别“{grade or '(空)'}”没有给服务距离,请给出它的,或一个其余级别通用的距离。"
            )
        reach[k] = value
    place = np.where(np.arange(len(rows)) < len(new) * len(names), rows, m)
    place[place == m] = -1
    many = some(found, rows)
    classed = replace(many, grade=tuple(grades))
    return classed, reach, place


def _metres(ground: Ground, report: Report) -> Cost:
    """True metres on the ellipsoid: all pairs, or those within the longest range."""
    found, people = ground.candidates, ground.demand
    n, m = len(ground.points), len(found)
    if ground.reach is None:
        check_size(n, m)
        cost = np.empty((n, m))
        for j in range(m):
            if j % 64 == 0:
                report(j / m, "正在计算距离…")
            cost[:, j] = people.nearby.measured(found.x[j], found.y[j], ground.points)
        return cost
    limit = np.broadcast_to(np.asarray(ground.reach, float), (m,))
    row_of = np.full(len(people.nearby), -1, np.int64)
    row_of[ground.points] = np.arange(n)
    rows, sites, values = [], [], []
    for j in range(m):
        if j % 64 == 0:
            report(j / m, "正在计算距离…")
        near = people.nearby.inside(found.x[j], found.y[j], limit[j])
        near = near[row_of[near] >= 0]
        rows.append(row_of[near])
        sites.append(np.full(len(near), j))
        values.append(people.nearby.measured(found.x[j], found.y[j], near))
    return pairs_from(np.concatenate(rows), np.concatenate(sites), np.concatenate(values), n, m)


def metres_to(ground: Ground, x: Floats, y: Floats) -> np.ndarray:
    """Return (n, k) true metres from other places to the demands of a ground."""
    nearby = ground.demand.nearby
    out = np.empty((len(ground.points), len(x)))
    for j in range(len(x)):
        out[:, j] = nearby.measured(x[j], y[j], ground.points)
    return out


def _numbers(
    plan: Plan, found: Candidates, word: str, own: str, standing_value: float
) -> np.ndarray | None:
    """(m,) numbers of a column of the candidates' layers, which grid points have none of; or one
    number for all that is new, and for what stands that of the column ``own``."""
    if not word:
        return None
    out = np.full(len(found), np.nan)
    each = _number(word)
    column, read = word, np.ones(len(found), bool)
    if each is not None:
        column, read = own, found.state != NEW
        out[~read] = each
    layers = {found.layer[k] for k in np.flatnonzero(read) if found.layer[k]} if column else ()
    series = {n: pd.to_numeric(plan.layer(n).column(column), errors="coerce") for n in layers}
    for k in np.flatnonzero(read):
        if found.layer[k] in series:
            out[k] = float(series[found.layer[k]].loc[found.fid[k]])
    if np.isfinite(standing_value):
        out[(found.state != NEW) & ~np.isfinite(out)] = standing_value
    missing = np.flatnonzero(~np.isfinite(out))
    if len(missing):
        first = found.name[int(missing[0])]
        raise Refused(f"有 {len(missing)} 个候选点的“{column}”空缺(例如“{first}”),请补上后再算。")
    return out


def _number(word: str) -> float | None:
    """The number a word is, None for the name of a column."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _district_of(people: Demand, found: Candidates) -> np.ndarray:
    out = np.full(len(found), -1, np.int64)
    for k in reversed(range(len(people.districts))):
        shape = people.districts[k].shape
        out[shapely.intersects_xy(shape, found.x, found.y)] = k
    return out


def _too_close(
    ruler: Ruler, found: Candidates, apart: float, place: np.ndarray | None
) -> np.ndarray | None:
    """Pairs of candidates nearer to each other than ``apart`` true metres."""
    if apart <= 0 or len(found) < 2:
        return None
    from scipy.spatial import cKDTree

    # Map metres and true metres differ by well under one per cent in any plan CRS.
    tree = cKDTree(np.column_stack((found.x, found.y)))
    pairs = tree.query_pairs(apart * 1.01, output_type="ndarray")
    a, b = pairs[:, 0], pairs[:, 1]
    near = ruler.distance(found.x[a], found.y[a], found.x[b], found.y[b]) < apart
    if place is not None:
        near &= (place[a] < 0) | (place[a] != place[b])
    return pairs[near]
