"""What the siting panel asks about losses: a facility fails, a road is cut. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import shapely

from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from desktop.siting import WISH, Question, Sought, seek, stands
from maps.analysis.network.costs import FeatureId
from maps.analysis.siting import FIXED, Problem
from maps.analysis.siting.byroad import closed_roads, most_used, road_names, today
from maps.analysis.siting.fromplan import metres_to
from maps.analysis.siting.resilience import Closure, Resilience, closures, resilience

MOST = "most"
ROADS = {"": "不看", MOST: "逐条封闭用得最多的", "桥": "逐座封闭桥", "隧道": "逐座封闭隧道"}
"""Which roads are closed one by one."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A road closed: what it is called and means, where it is, persons who use it today."""

    name: str
    closure: Closure
    x: float
    y: float
    using: float


@dataclass(frozen=True, eq=False)
class Lost:
    """What the loss of each facility means, and of each road that was asked about."""

    sought: Sought
    answer: Resilience
    cuts: tuple[Cut, ...] | None = None


def lose(
    plan: Plan, question: Question, roads: str = "", count: int = 0, report: Report = silent
) -> Lost:
    """Return what the loss of each facility that stands means.

    ``roads``: which roads are closed one by one (a key of ``ROADS``), of the most used ``count``.
    Raises Refused.
    """
    wanted = replace(question, existing="fixed", wish=WISH["most"], room=0, soon=0)
    if not stands(plan, wanted):
        raise Refused("规划里没有这类设施,谈不上失去其中一处。请先添加,或换一种状态。")
    if roads and question.radii:
        raise Refused("封闭道路时各级别只能用同一个时限。请取消“按级别分别给”,或不看道路中断。")
    sought = seek(plan, wanted, part(report, 0.0, 0.3 if roads else 0.6))
    if sought.reach is None:
        raise Refused("请填服务半径或时限:失去一处少覆盖多少人,要看多远算覆盖。")
    found = sought.ground.candidates
    sites = np.flatnonzero(sought.ground.problem.states == FIXED)
    ways = None
    if question.travel is None:
        ways = metres_to(sought.ground, found.x[sites], found.y[sites])
    answer = resilience(
        sought.ground.problem,
        sought.reach,
        sites,
        targets=sought.targets,
        ways=ways,
        report=part(report, 0.3 if roads else 0.6, 0.4 if roads else 1.0),
    )
    cuts = None
    if roads and question.travel is not None:
        cuts = _cut(sought, sites, roads, count, part(report, 0.4, 1.0))
    return Lost(sought, answer, cuts)


def _cut(
    sought: Sought, sites: np.ndarray, roads: str, count: int, report: Report
) -> tuple[Cut, ...]:
    """Close roads one by one: those that matter first."""
    plan, ground, ask = sought.plan, sought.ground, sought.question.travel
    assert ask is not None
    named = road_names(plan, "" if roads == MOST else roads)
    if not named:
        raise Refused(f"道路图层里没有“桥隧”为“{roads}”的道路。" if roads != MOST else "没有道路。")
    x, y = ground.candidates.x[sites], ground.candidates.y[sites]
    report(0.0, "正在统计各条路上有多少人经过…")
    now = today(plan, ask, ground, x, y)
    ranked = most_used(now, named, ground.problem.weights, count if roads == MOST else len(named))
    chosen = [(name, road) for name, road, _ in ranked]
    if roads != MOST:
        chosen = named
    using = {name: people for name, _, people in ranked}
    alone = Problem(now.minutes[:, None], ground.problem.weights, district=ground.problem.district)
    told = closures(
        alone,
        sought.reach if sought.reach is not None else np.inf,
        [0],
        closed_roads(plan, ask, ground, x, y, chosen, now),
        targets=sought.targets,
        report=part(report, 0.1, 1.0),
        count=len(chosen),
    )
    place = _middle_of(plan)
    where = dict(chosen)
    return tuple(Cut(c.name, c, *place(where[c.name]), using.get(c.name, 0.0)) for c in told)


def _middle_of(plan: Plan) -> Callable[[FeatureId], tuple[float, float]]:
    def place(road: FeatureId) -> tuple[float, float]:
        layer, fid = road
        middle = shapely.line_interpolate_point(
            shapely.get_geometry(plan.layer(layer).geometry(fid), 0), 0.5, normalized=True
        )
        return float(middle.x), float(middle.y)

    return place
