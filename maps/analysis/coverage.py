"""Who is within reach of the facilities: people, area, by district, and how many times.

Distance is the straight line on the ellipsoid; a person exactly at the radius is reached.
Facilities outside the districts count too: they reach in. The rules for people and
districts are those of ``maps.analysis.demand``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data.geodesy import Floats, Ruler
from data.kinds import Kind, kind
from data.plan import Layer, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.demand import Demand, demand
from maps.analysis.facilities import Facilities, Status, check_classes, choose
from maps.analysis.nearby import Counts

LONGEST = 400_000.0
"""Radius in metres up to which distances are good to 20 ppm."""

OUTSIDE = "区外"


@dataclass(frozen=True)
class CoverageAsk:
    """Which facilities, how far.

    ``of``: kind name. ``radius``: metres for every facility whose class is not in ``radii``
    (None: each class has its own). ``classes``: only these values of the kind's class column,
    () for all. ``status``: a key of ``data.kinds.STATUS_SETS``; a facility without a 状态
    counts as standing today. ``people``: name of the population layer if there are several.
    """

    of: str
    radius: float | None = None
    radii: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    classes: tuple[str, ...] = ()
    status: Status = "全部"
    people: str = ""


@dataclass(frozen=True, eq=False)
class Sites:
    """The facilities that count and the radius of each in metres, arrays of equal length."""

    facilities: Facilities
    radius: Floats

    @property
    def x(self) -> Floats:
        return self.facilities.x

    @property
    def y(self) -> Floats:
        return self.facilities.y

    def __len__(self) -> int:
        return len(self.radius)

    def discs(self, ruler: Ruler) -> npt.NDArray[Any]:
        """The disc of each, polygons in the plan's CRS."""
        return ruler.circles(self.x, self.y, self.radius)


@dataclass(frozen=True)
class Reached:
    """Numbers of one district, of the whole, or of 区外; None is unknown.

    ``multiplicity``: persons reached by 0, 1, 2, and 3 or more facilities.
    """

    name: str
    adcode: str | None
    people_total: float | None
    people_covered: float | None
    multiplicity: tuple[float | None, float | None, float | None, float | None]
    area_km2_total: float | None
    area_km2_covered: float | None

    @property
    def people_uncovered(self) -> float | None:
        return self.multiplicity[0]

    @property
    def share(self) -> float | None:
        """Covered part of the people, 0–1."""
        return _share(self.people_covered, self.people_total)

    @property
    def area_share(self) -> float | None:
        """Covered part of the area, 0–1."""
        return _share(self.area_km2_covered, self.area_km2_total)


@dataclass(frozen=True, eq=False)
class Coverage:
    """The answer to an ask about a plan.

    ``counts``: discs reaching each sorted point of ``demand.nearby``. ``whole``: all planning
    districts; ``by_district`` adds up to it; ``outside``: people in none of them (None when
    there are none). ``area``: what is reached of the planning districts, in the plan's CRS
    (of everything, when there are no districts).
    """

    ask: CoverageAsk
    plan: Plan
    sites: Sites
    demand: Demand
    counts: Counts
    whole: Reached
    by_district: tuple[Reached, ...]
    outside: Reached | None
    area: shapely.Geometry

    @property
    def facilities(self) -> Facilities:
        """The facilities that count."""
        return self.sites.facilities

    @property
    def basis(self) -> str:
        """Where the numbers of people come from, "" when there are none."""
        return self.demand.basis

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers the answer was made from."""
        return (
            *self.plan.of_kind(self.ask.of),
            *self.plan.of_kind("district"),
            *self.demand.layers,
        )

    def holds_for(self, plan: Plan) -> bool:
        """Whether the answer is still right for ``plan``: it used no layer that has changed."""
        if plan is self.plan:
            return True
        kinds = (self.ask.of, "district", "population")
        now, then = ([id(x) for k in kinds for x in p.of_kind(k)] for p in (plan, self.plan))
        return plan.crs == self.plan.crs and now == then

    def nearest(self) -> Floats:
        """True metres from each sorted point to the nearest facility that reaches it, else inf."""
        out = np.full(len(self.demand.nearby), np.inf)
        for x, y, radius in zip(self.sites.x, self.sites.y, self.sites.radius, strict=True):
            points = self.demand.nearby.inside(x, y, radius)
            out[points] = np.minimum(out[points], self.demand.nearby.measured(x, y, points))
        return out


def coverage(plan: Plan, ask: CoverageAsk, report: Report = silent) -> Coverage:
    """Return who and what the facilities of ``ask`` reach in ``plan``.

    Raises Refused for an ask that makes no sense (kind, class, status, radius, no facility).
    """
    chosen = sites(plan, ask)
    people = demand(plan, ask.people, part(report, 0.0, 0.3))
    counts = people.nearby.counts(chosen.x, chosen.y, chosen.radius, part(report, 0.3, 0.6))
    report(0.6, "正在计算到达的面积…")
    union = shapely.union_all(chosen.discs(people.ruler))
    shapes = np.array([d.shape for d in people.districts], dtype=object)
    report(0.8, "正在按区统计面积…")
    inside = shapely.intersection(shapes, union) if len(shapes) else np.array([union])
    report(0.9, "正在汇总…")
    tally, covered_km2 = people.tally(counts), people.ruler.area(inside)
    by_district, whole, outside = accounts(people, tally, covered_km2)
    reached = shapely.intersection(people.ground, union) if len(shapes) else union
    report(1.0, "覆盖已算出")
    return Coverage(ask, plan, chosen, people, counts, whole, by_district, outside, reached)


def depths(result: Coverage, upto: int = 3, report: Report = silent) -> list[shapely.Geometry]:
    """What is reached by at least 1, 2, … ``upto`` facilities, as ``result.area`` is.

    Families of discs are merged two by two, neighbours first: at least k in both together is
    at least i in one and k − i in the other.
    """
    discs = result.sites.discs(result.demand.ruler)
    near = np.lexsort((result.sites.y, np.floor(result.sites.x / (2 * result.sites.radius.max()))))
    families = [[disc] for disc in discs[near]]
    merged, merges = 0, len(families)
    while len(families) > 1:
        pairs = zip(families[::2], families[1::2], strict=False)
        rest = families[-1:] if len(families) % 2 else []
        families = []
        for one, other in pairs:
            report(merged / merges, "正在划分重复覆盖的范围…")
            families.append(_merge(one, other, upto))
            merged += 1
        families += rest
    found = families[0] + [shapely.Polygon()] * (upto - len(families[0]))
    return [result.area, *(shapely.intersection(result.area, deeper) for deeper in found[1:])]


def _merge(
    one: list[shapely.Geometry], other: list[shapely.Geometry], upto: int
) -> list[shapely.Geometry]:
    out = []
    for k in range(1, min(upto, len(one) + len(other)) + 1):
        parts = [family[k - 1] for family in (one, other) if k <= len(family)]
        for i in range(max(1, k - len(other)), min(k - 1, len(one)) + 1):
            parts.append(shapely.intersection(one[i - 1], other[k - i - 1]))
        out.append(shapely.union_all(parts))
    while out[-1].is_empty:
        out.pop()
    return out


def sites(plan: Plan, ask: CoverageAsk) -> Sites:
    """Return the facilities that count for ``ask``, each with its radius; else Refused."""
    for radius in (ask.radius, *ask.radii.values()):
        if radius is not None:
            check_radius(radius)
    check_classes(plan, kind(ask.of), tuple(ask.radii))
    chosen = choose(plan, ask.of, ask.classes, ask.status)
    return Sites(chosen, np.array([_radius(chosen.kind, ask, grade) for grade in chosen.grade]))


def check_radius(radius: float) -> None:
    """Raise Refused unless ``radius`` is a number of metres that a distance can have."""
    number = isinstance(radius, int | float | np.number)
    if not number or not math.isfinite(radius) or radius <= 0:
        shown = f"{radius:g}" if number else radius
        raise Refused(f"服务半径要填大于 0 的米数,现在是“{shown}”。")
    if radius > LONGEST:
        raise Refused(
            f"服务半径不能超过 {LONGEST / 1000:g} 公里,"
            f"现在是 {round(radius / 1000, 3):,} 公里;单位是米。"
        )


def accounts(
    people: Demand, tally: Floats, covered_km2: Floats | None = None
) -> tuple[tuple[Reached, ...], Reached, Reached | None]:
    """Return districts, whole and 区外.

    ``tally``: persons by district (区外 last) and multiplicity, (n + 1, 4). ``covered_km2``:
    reached area by district, one number when the plan has none; without it areas are None.
    """
    persons = tally.tolist()
    rows = tuple(
        _reached(d.name, d.adcode, n, d.known)
        for d, n in zip(people.districts, persons, strict=False)
    )
    inside = tally[:-1].sum(axis=0).tolist() if rows else persons[-1]
    whole = _reached("合计", None, inside, people.known)
    outside = None
    if people.anyone_outside:
        outside = _reached(OUTSIDE, None, persons[-1], people.known_outside)
    if covered_km2 is None:
        return rows, whole, outside
    return *with_areas(people, rows, whole, covered_km2), outside


def with_areas(
    people: Demand, rows: tuple[Reached, ...], whole: Reached, covered_km2: Floats
) -> tuple[tuple[Reached, ...], Reached]:
    """Return districts and whole with their areas; ``covered_km2`` as for ``accounts``."""
    covered = covered_km2.tolist()
    if not rows:
        return rows, replace(whole, area_km2_covered=covered[0])
    totals = [d.area_km2 for d in people.districts]
    covered = [min(c, total) for c, total in zip(covered, totals, strict=True)]
    full = tuple(
        replace(row, area_km2_total=total, area_km2_covered=c)
        for row, total, c in zip(rows, totals, covered, strict=True)
    )
    return full, replace(whole, area_km2_total=sum(totals), area_km2_covered=sum(covered))


def _reached(name: str, adcode: str | None, persons: list[float], known: bool) -> Reached:
    if not known:
        return Reached(name, adcode, None, None, (None, None, None, None), None, None)
    none, one, two, more = persons
    covered = one + two + more
    return Reached(name, adcode, none + covered, covered, (none, one, two, more), None, None)


def _share(of: float | None, total: float | None) -> float | None:
    return None if of is None or not total else of / total


def _radius(of: Kind, ask: CoverageAsk, grade: str) -> float:
    radius = ask.radii.get(grade, ask.radius)
    if radius is None:
        which = f"{of.class_column}为“{grade}”的" if grade else f"没有填{of.class_column}的"
        raise Refused(f"{which}{of.title}没有给服务半径,请给出它的半径或一个通用的半径。")
    return float(radius)
