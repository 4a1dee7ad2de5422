"""What a map shows beyond the plan itself: coverage, responsibility areas, routes.

Worked out once from the plan; the page is drawn from the answer.
"""

from dataclasses import dataclass

import shapely

from data.kinds import STATUS_SETS, kind
from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import Coverage, CoverageAsk, coverage, depths
from maps.analysis.findings import usual
from maps.analysis.network.areas import Areas, areas
from maps.analysis.network.evacuation import Evacuation, evacuation
from maps.analysis.timecover import MEASURES, TimeAsk
from maps.drawing.style import ROUTE_MINUTES
from maps.drawing.templates import Template

STATIONS = ("fire_station", "rescue_team", "depot", "medical")
"""Kinds to which land belongs, the likeliest first."""

_ANY_LIMIT = 60.0
_STATUS_WORDS = {"现状": "现状设施", "规划": "新增设施", "全部": "规划实施后"}


@dataclass(frozen=True, eq=False)
class Reach:
    """A coverage result and its area by depth: reached by ≥ 1, ≥ 2, ≥ 3 facilities."""

    result: Coverage
    depths: tuple[shapely.Geometry, ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """At most one answer; a map without one shows the plan alone."""

    reach: Reach | None = None
    areas: Areas | None = None
    routes: Evacuation | None = None

    @property
    def basis(self) -> str:
        """Where numbers of people come from, "" without any."""
        found = self.areas if self.reach is None else self.reach.result
        return "" if found is None else found.basis


NOTHING = Subject()


def asked(
    plan: Plan, shown: Template, cover: CoverageAsk | None, time: TimeAsk | None
) -> CoverageAsk | TimeAsk | None:
    """Return what is to be worked out for a map: what was asked, else what is usual.

    Raises Refused when the plan has nothing the map could be about.
    """
    if shown.coverage:
        return cover or usual_coverage(plan, shown)
    if shown.subject == "areas":
        return time or _usual_stations(plan)
    if shown.subject == "routes":
        return time or TimeAsk("shelter", _ANY_LIMIT, vehicle="救援车辆", inbound=True)
    if shown.subject == "risk" and not _any(plan, "hazard_site", "hazard_zone"):
        raise Refused("规划里没有危险源和灾害区,画不了风险四色图。请先添加或导入。")
    if shown.subject == "shelters" and not _standing(plan, "shelter"):
        raise Refused("规划里没有现状的避难场所,画不了避难场所分布图。请先添加或导入避难场所。")
    return None


def usual_coverage(plan: Plan, shown: Template) -> CoverageAsk:
    """Return the coverage of a map nobody specified: depots, else what else has a usual radius."""
    found = usual(plan)
    if not found:
        raise Refused(
            f"规划里没有储备库、避难场所、消防站,画不了{shown.name}。请先添加,或指定算哪类设施。"
        )
    of, radius = next(iter(found.items()))
    return CoverageAsk(of, radius)


def _usual_stations(plan: Plan) -> TimeAsk:
    of = next((name for name in STATIONS if _any(plan, name)), "")
    if not of:
        raise Refused("规划里没有消防站、救援队伍等驻点,画不了责任区图。请先添加消防站。")
    return TimeAsk(of, _ANY_LIMIT)


def _any(plan: Plan, *kinds: str) -> bool:
    return any(len(layer) for name in kinds for layer in plan.of_kind(name))


def _standing(plan: Plan, of: str) -> bool:
    return any(
        layer.column("状态").fillna("现状").eq("现状").any()
        for layer in plan.of_kind(of)
        if len(layer)
    )


def work_out(
    plan: Plan, shown: Template, ask: CoverageAsk | TimeAsk | None, report: Report = silent
) -> Subject:
    """Return the answer a map is drawn from. Raises Refused, naming the map, when there is none."""
    if ask is None:
        return NOTHING
    try:
        if isinstance(ask, CoverageAsk):
            result = coverage(plan, ask, part(report, 0.0, 0.6))
            return Subject(Reach(result, tuple(depths(result, report=part(report, 0.6, 1.0)))))
        if shown.subject == "areas":
            return Subject(areas=areas(plan, ask, report=report))
        return Subject(routes=evacuation(plan, ask, report))
    except Refused as refusal:
        raise Refused(f"画不了{shown.name}:{refusal}") from refusal


def kinds_of(shown: Template, ask: CoverageAsk | TimeAsk | None) -> tuple[str, ...]:
    """Return the kinds of facility shown: those the analysis counts."""
    return shown.kinds if ask is None else (kind(ask.of).name,)


def statuses_of(shown: Template, ask: CoverageAsk | TimeAsk | None) -> tuple[str, ...]:
    return shown.statuses if ask is None else STATUS_SETS.get(ask.status, shown.statuses)


def title(shown: Template, ask: CoverageAsk | TimeAsk | None) -> str:
    """Return what follows the area's name in the title."""
    if ask is None or shown.subject == "routes":
        return shown.title
    return shown.title.replace("应急设施", kind(ask.of).title)


def subtitle(subject: Subject) -> str:
    """Return in one line what was asked, "" for a map of the plan alone."""
    if subject.reach is not None:
        ask = subject.reach.result.ask
        far = sorted({float(r) / 1000 for r in subject.reach.result.sites.radius})
        words = "、".join(f"{k:g}" for k in far)
        return _joined(ask.of, ask.status, f"服务半径 {words} km(直线距离)")
    if subject.areas is not None:
        time = subject.areas.ask
        estimated = ",道路为示意,时间为估算" if subject.areas.remarks.estimated_roads else ""
        how = f"按{MEASURES[time.measure]}最短划分({time.vehicle_name}{estimated})"
        return _joined(time.of, time.status, how)
    if subject.routes is not None:
        time = subject.routes.ask
        estimated = ",道路为示意,时间为估算" if subject.routes.estimated else ""
        how = f"居民点到最快可达的避难场所,{time.vehicle_name}路网行车时间{estimated}"
        return f"{how};{_STATUS_WORDS[time.status]}"
    return ""


def _joined(of: str, status: str, how: str) -> str:
    return f"{kind(of).title}({_STATUS_WORDS[status]}),{how}"


def sentences(subject: Subject) -> list[str]:
    """Return the answer in a few short lines for the legend."""
    if subject.areas is not None:
        return _area_sentences(subject.areas)
    if subject.routes is not None:
        return _route_sentences(subject.routes)
    return []


def _area_sentences(found: Areas) -> list[str]:
    served = [area for area in found.areas if area.km2 > 0]
    mean = sum(area.km2 for area in served) / max(1, len(served))
    out = [f"共 {len(served)} 个责任区,平均 {mean:,.0f} km²"]
    limits = [area for area in served if area.too_large is not None]
    if limits:
        large = sum(bool(area.too_large) for area in limits)
        out.append(f"超过面积标准的 {large} 个(标准待核实)")
    if found.left_km2 > 0.5:
        out.append(f"到不了的面积 {found.left_km2:,.0f} km²")
    return out


def _route_sentences(found: Evacuation) -> list[str]:
    out = []
    if found.ways:
        late = sum(way.minutes > ROUTE_MINUTES for way in found.ways)
        longest = max(found.ways, key=lambda way: way.minutes)
        out.append(f"共 {len(found.ways)} 条,其中超过 {ROUTE_MINUTES:g} 分钟的 {late} 条")
        out.append(f"最长:{longest.origin},{longest.km:,.0f} km,{longest.minutes:,.0f} 分钟")
    if found.stranded:
        some = "、".join(found.stranded[:3]) + ("等" if len(found.stranded) > 3 else "")
        out.append(f"没有通路:{some}({len(found.stranded)} 处)")
    return out
