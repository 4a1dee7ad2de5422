"""Everything the deliverables say about a plan, worked out once.

    book, what is asked ──▶ counts, coverage, verdicts, projects, proposals ──▶ Findings

Report, tables and web page read the same findings, and every number of them is a figure
with a source (``maps.analysis.figures``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from data.kinds import KINDS, STATUS_SETS, STATUSES, Kind, is_missing, kind
from data.plan import Book, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from data.scenarios import find_scenario
from maps.analysis.coverage import Coverage, CoverageAsk, coverage
from maps.analysis.demand import Demand, demand
from maps.analysis.siting import Ask, Unreachable, solve
from maps.analysis.siting.ask import FIXED, NEW
from maps.analysis.siting.curve import curve
from maps.analysis.siting.fromplan import Ground, PlanAsk, problem_of
from maps.analysis.siting.why import shares
from maps.analysis.targets.evaluate import Outcome, check_rules
from maps.analysis.targets.loader import rules_of
from maps.analysis.targets.projects import ProjectState, project_states
from maps.analysis.targets.unplaced import UNPLACED

USUAL_RADIUS = {
    "depot": (50_000.0, "本成果采用的参数"),
    "shelter": (3_000.0, "GB 51143-2015 固定避难场所服务半径2—3 km,取3 km"),
    "fire_station": (2_400.0, "建标152-2017 条文说明:4分钟行程,车速36 km/h、曲度系数1.3"),
}
"""Metres and where they come from, for kinds whose radius nobody gave."""

SITES = 3
CURVE_TO = 10
"""Up to how many new sites the curve goes."""
SECONDS = 60.0
"""How long a proposal may be searched for; one that is not proven by then is not shown."""


@dataclass(frozen=True)
class Asked:
    """What findings are made of. ``radius``: metres by kind of facility, in the order in which
    they are reported; ``people`` and ``scenario`` "" take the only or current one;
    ``sites``: how many new sites are proposed per kind, 0 for none."""

    radius: Mapping[str, float] = field(default_factory=dict)
    people: str = ""
    scenario: str = ""
    sites: int = SITES

    def values(self) -> dict[str, Any]:
        """The ask as plain values, which :func:`asked_from` reads again."""
        return {
            "服务半径": dict(self.radius),
            "人口图层": self.people,
            "方案": self.scenario,
            "新增选址": self.sites,
        }


def asked_from(values: Mapping[str, Any]) -> Asked:
    """Return what :meth:`Asked.values` wrote. Raises Refused for other values."""
    try:
        radius = {kind(name).name: float(metres) for name, metres in values["服务半径"].items()}
        return Asked(radius, str(values["人口图层"]), str(values["方案"]), int(values["新增选址"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("溯源文件里的“参数”不完整或已损坏。请重新导出成果。") from error


@dataclass(frozen=True)
class Facility:
    """One facility of the plan: which feature, its attributes, the planning district it stands
    in ("" for none), longitude and latitude (None without a place)."""

    layer: str
    fid: int
    row: Mapping[str, Any]
    district: str
    lon: float | None
    lat: float | None

    @property
    def status(self) -> str:
        value = self.row.get("状态")
        return "现状" if is_missing(value) else str(value)


@dataclass(frozen=True)
class Site:
    """A proposed site: persons it reaches beyond what stands and the sites before it."""

    name: str
    lon: float
    lat: float
    gained: float
    alone: float
    runner_up: str


@dataclass(frozen=True, eq=False)
class Proposal:
    """New sites of a kind within ``radius`` metres, proven best; ``why_not`` instead of sites.

    ``curve``: number of new sites and persons reached then, each proven best, from 0 on
    (empty when some could not be proven). ``knee``: the number after which more bring little.
    """

    of: str
    radius: float
    sites: tuple[Site, ...] = ()
    before: float | None = None
    after: float | None = None
    total: float | None = None
    curve: tuple[tuple[int, float], ...] = ()
    knee: int | None = None
    why_not: str = ""


@dataclass(frozen=True, eq=False)
class Findings:
    """What is known and worked out about one plan.

    ``facilities`` by kind, every kind that has any, in the order of the vocabulary.
    ``coverage``: by (kind, status). ``outcome`` None when the plan follows no document whose
    rules are known. ``people`` None when the plan's people cannot be counted (``no_people``
    says why).
    """

    book: Book
    plan: Plan
    asked: Asked
    people: Demand | None
    no_people: str
    facilities: Mapping[str, tuple[Facility, ...]]
    coverage: Mapping[tuple[str, str], Coverage]
    outcome: Outcome | None
    projects: tuple[ProjectState, ...]
    proposals: tuple[Proposal, ...]

    @property
    def unplaced(self) -> tuple[Mapping[str, Any], ...]:
        """What the document counts and nobody has placed."""
        return tuple(self.book.facts.get(UNPLACED) or ())

    @cached_property
    def district_names(self) -> tuple[str, ...]:
        """A name of its own for every planning district: with its code where names repeat."""
        if self.people is None:
            return ()
        names = [d.name for d in self.people.districts]
        return tuple(
            f"{d.name}({d.adcode or i})" if names.count(d.name) > 1 else d.name
            for i, d in enumerate(self.people.districts, 1)
        )


def plan_of(book: Book, scenario: str) -> Plan:
    """Return a scenario of the book, the current one for ""."""
    return book.plans[find_scenario(book, scenario)] if scenario else book.plan


def usual(plan: Plan) -> dict[str, float]:
    """Return the radius by kind for the kinds of which the plan has facilities with a place."""
    return {
        name: radius
        for name, (radius, _) in USUAL_RADIUS.items()
        if any(_placed(layer.frame.geometry) for layer in plan.of_kind(name))
    }


def _placed(shapes: Any) -> bool:
    return any(shape is not None and not shape.is_empty for shape in shapes)


def findings(book: Book, asked: Asked, report: Report = silent) -> Findings:
    """Work out everything. Raises Refused for an ask that makes no sense."""
    plan = plan_of(book, asked.scenario)
    report(0.0, "正在清点设施…")
    people, no_people = _people(plan, asked, part(report, 0.0, 0.1))
    outcome = _outcome(book, plan, asked, part(report, 0.35, 0.65))
    return Findings(
        book,
        plan,
        asked,
        people,
        no_people,
        {of.name: found for of in KINDS if (found := _facilities(plan, of, people))},
        _coverages(plan, asked, part(report, 0.1, 0.35)),
        outcome,
        project_states(plan, outcome, book.facts) if outcome is not None else (),
        _proposals(plan, asked, people, part(report, 0.65, 1.0)),
    )


def _people(plan: Plan, asked: Asked, report: Report) -> tuple[Demand | None, str]:
    try:
        return demand(plan, asked.people, report), ""
    except Refused as refusal:
        if asked.people:
            raise
        return None, str(refusal)


def _facilities(plan: Plan, of: Kind, people: Demand | None) -> tuple[Facility, ...]:
    if not of.facility:
        return ()
    out = []
    for layer in plan.of_kind(of.name):
        shapes = np.asarray(layer.frame.geometry, dtype=object)
        x, y = shapely.get_x(shapes), shapely.get_y(shapes)
        there = np.isfinite(x)
        lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
        if people is not None and there.any():
            lon[there], lat[there] = people.ruler.to_lonlat(x[there], y[there])
        names = _districts_of(people, x, y)
        rows = layer.frame.drop(columns="geometry").to_dict("records")
        for i, (fid, row) in enumerate(zip(layer.frame.index, rows, strict=True)):
            where = (float(lon[i]), float(lat[i])) if np.isfinite(lon[i]) else (None, None)
            values = {str(k): v for k, v in row.items()}
            out.append(Facility(layer.name, int(fid), values, names[i], *where))
    order = {status: i for i, status in enumerate(("现状", "在建", "规划", "撤销"))}
    return tuple(sorted(out, key=lambda one: order.get(one.status, len(STATUSES))))


def _districts_of(people: Demand | None, x: np.ndarray, y: np.ndarray) -> list[str]:
    names = [""] * len(x)
    for district in people.districts if people is not None else ():
        for i in np.flatnonzero(shapely.intersects_xy(district.shape, x, y)):
            names[i] = names[i] or district.name
    return names


def _coverages(plan: Plan, asked: Asked, report: Report) -> dict[tuple[str, str], Coverage]:
    """What each kind reaches today and once everything stands, where anything does."""
    out = {}
    wanted = [(of, status) for of in asked.radius for status in ("现状", "全部")]
    for i, (of, status) in enumerate(wanted):
        ask = CoverageAsk(of, asked.radius[of], status=status, people=asked.people)  # type: ignore[arg-type]
        if not _any(plan, of, status):
            continue
        stretch = part(report, i / len(wanted), (i + 1) / len(wanted))
        out[of, status] = coverage(plan, ask, stretch)
    return out


def _any(plan: Plan, of: str, status: str) -> bool:
    """Whether a facility of the kind with a place counts for the status."""
    for layer in plan.of_kind(of):
        states = ["现状" if is_missing(s) else str(s) for s in layer.column("状态")]
        for state, shape in zip(states, layer.frame.geometry, strict=True):
            if state in STATUS_SETS[status] and shape is not None and not shape.is_empty:
                return True
    return False


def _outcome(book: Book, plan: Plan, asked: Asked, report: Report) -> Outcome | None:
    rules = rules_of(book)
    if rules is None:
        return None
    return check_rules(plan, rules, book.facts, people=asked.people, report=report)


def _proposals(
    plan: Plan, asked: Asked, people: Demand | None, report: Report
) -> tuple[Proposal, ...]:
    if asked.sites <= 0 or people is None:
        return ()
    out = []
    for i, (of, radius) in enumerate(asked.radius.items()):
        stretch = part(report, i / len(asked.radius), (i + 1) / len(asked.radius))
        try:
            out.append(_proposal(plan, of, radius, asked, stretch))
        except (Unreachable, Refused) as refusal:
            out.append(Proposal(of, radius, why_not=str(refusal)))
    report(1.0, "成果数据已备好")
    return tuple(out)


def _proposal(plan: Plan, of: str, radius: float, asked: Asked, report: Report) -> Proposal:
    existing: Any = "fixed" if _any(plan, of, "全部") else "ignore"
    ask = PlanAsk(of, radius=radius, existing=existing, people=asked.people)
    ground = problem_of(plan, ask, part(report, 0.0, 0.3))
    few = min(asked.sites, int((ground.problem.states == NEW).sum()))
    if few == 0:
        return Proposal(of, radius, why_not="规划里没有可作候选的居民点。")
    found = solve(
        ground.problem,
        Ask("mclp", reach=ground.reach, p=few, seconds=SECONDS),
        part(report, 0.3, 0.8),
    )
    if found.status != "optimal":
        why = f"在 {SECONDS:g} 秒内未能证明最优,未列入。可用 site 命令单独计算。"
        return Proposal(of, radius, why_not=why)
    stays = found.sites[ground.problem.states[found.sites] == FIXED]
    total = float(np.asarray(ground.problem.weights).sum())
    chosen = [s for s in shares(found) if s.gained >= 0.5]
    gained = sum(s.gained for s in chosen)
    after = found.objective
    sites = tuple(_site(ground, s) for s in chosen)
    why = "" if sites else "现有和规划的设施已覆盖候选点能覆盖的所有人,新增没有作用。"
    before = after - gained if len(stays) else 0.0
    line, knee = _curve(ground, before, part(report, 0.8, 1.0)) if sites else ((), None)
    return Proposal(of, radius, sites, before, after, total, line, knee, why)


def _curve(
    ground: Ground, before: float, report: Report
) -> tuple[tuple[tuple[int, float], ...], int | None]:
    """How many people more and more new sites reach; nothing unless all of it is proven."""
    new = int((ground.problem.states == NEW).sum())
    ask = Ask("mclp", reach=ground.reach, seconds=SECONDS)
    found = curve(ground.problem, ask, range(1, min(CURVE_TO, new) + 1), report)
    if any(point.status != "optimal" for point in found.points):
        return (), None
    return ((0, before), *((p.p, p.objective) for p in found.points)), found.knee


def _site(ground: Ground, share: Any) -> Site:
    lon, lat = ground.lonlat(np.array([share.site]))
    rival = "" if share.runner_up is None else ground.candidates.name[share.runner_up]
    return Site(
        ground.candidates.name[share.site],
        float(lon[0]),
        float(lat[0]),
        float(share.gained),
        float(share.alone),
        rival,
    )


def rule_files(found: Findings) -> tuple[str, ...]:
    """Paths of the rule files the findings stand on, for their check sums."""
    if found.outcome is None or not found.outcome.rules.path:
        return ()
    return (found.outcome.rules.path,)
