"""Ways out: from every place where people live or danger lies to the quickest shelter by road."""

from dataclasses import dataclass

import numpy as np
import shapely

from data.kinds import BACKGROUND, is_missing
from data.plan import Layer, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.demand import demand
from maps.analysis.network.lines import Floats
from maps.analysis.network.route import way
from maps.analysis.network.snap import Places
from maps.analysis.network.timers import ByRoad, snapper_of
from maps.analysis.timecover import TimeAsk, facilities_of, timer_of, titles

MOST = 400
"""More origins than this are no plan of routes any more."""


@dataclass(frozen=True)
class Way:
    """One route: ``line`` in the plan's CRS from the origin to the shelter.

    ``estimated``: a road on it is only sketched, or a part lies off the roads.
    """

    origin: str
    shelter: str
    line: shapely.LineString
    minutes: float
    km: float
    estimated: bool


@dataclass(frozen=True, eq=False)
class Evacuation:
    """All routes, in the order of their origins; ``stranded``: origins without any way."""

    ask: TimeAsk
    plan: Plan
    ways: tuple[Way, ...]
    stranded: tuple[str, ...]

    @property
    def estimated(self) -> bool:
        return any(one.estimated for one in self.ways)


def evacuation(plan: Plan, ask: TimeAsk, report: Report = silent) -> Evacuation:
    """Return the quickest way from each settlement and hazard zone to a shelter of ``ask``.

    ``ask.inbound`` must be set: people drive to the shelter. Its limit is not used. Raises
    Refused without origins, shelters or roads, and for more than :data:`MOST` origins.
    """
    if not ask.inbound or ask.measure != "network":
        raise Refused("疏散转移路线要沿道路、从人算到避难场所。")
    chosen = facilities_of(plan, ask)
    names, at = origins(plan)
    if not names:
        raise Refused("规划里没有居民点,也没有灾害区,不知道从哪里疏散。请先添加居民点。")
    if len(names) > MOST:
        raise Refused(
            f"有 {len(names):,} 个居民点和灾害区,疏散路线最多画 {MOST} 条。"
            "请先用图层筛选留下要疏散的居民点。"
        )
    timer = timer_of(plan, ask, chosen, demand(plan, ask.people), part(report, 0.0, 0.5), ranks=1)
    assert isinstance(timer, ByRoad)
    found = timer.found
    places = snapper_of(found.costs.network, found.costs.profile.name).snap(*at.T)
    who = found.at_places(places)[1][0]
    shelters = titles(plan, chosen)
    ways, stranded = [], []
    for i, name in enumerate(names):
        report(0.5 + 0.5 * i / len(names), f"正在找 {name} 的疏散路线…")
        best = int(who[i])
        route = None
        if best >= 0:
            # The costs are turned round: what they lead from is what people drive to.
            route = way(found.costs, _pair(found.facilities, best, places, i))
        if route is None:
            stranded.append(name)
            continue
        line = shapely.reverse(route.line)
        ways.append(Way(name, shelters[best], line, route.minutes, route.km, route.estimated))
    report(1.0, "疏散路线已找到")
    return Evacuation(ask, plan, tuple(ways), tuple(stranded))


def _pair(shelters: Places, best: int, places: Places, i: int) -> Places:
    one, other = shelters.take(np.array([best])), places.take(np.array([i]))
    columns = ("x", "y", "edge", "fraction", "gap")
    return Places(*(np.concatenate([getattr(one, c), getattr(other, c)]) for c in columns))


def origins(plan: Plan) -> tuple[list[str], Floats]:
    """Return names and places (n, 2) of the settlements and hazard zones of the planning area."""
    names: list[str] = []
    points: list[tuple[float, float]] = []
    ground = _ground(plan)
    for kind in ("settlement", "hazard_zone"):
        for layer in plan.of_kind(kind):
            layer = _filtered(layer)
            titles_ = layer.column("名称")
            for fid, shape in layer.frame.geometry.items():
                if shape is None or shape.is_empty:
                    continue
                point = shapely.point_on_surface(shape)
                if ground is None or shapely.intersects(ground, point):
                    name = titles_[fid]
                    names.append(f"{layer.name} {fid} 号" if is_missing(name) else str(name))
                    points.append((point.x, point.y))
    return names, np.array(points, dtype=float).reshape(-1, 2)


def _ground(plan: Plan) -> shapely.Geometry | None:
    shapes = [
        shape
        for layer in plan.of_kind("district")
        for shape, role in zip(layer.frame.geometry, layer.column("角色"), strict=True)
        if role != BACKGROUND
    ]
    if not shapes:
        return None
    ground = shapely.union_all(np.array(shapes, dtype=object))
    shapely.prepare(ground)
    return ground


def _filtered(layer: Layer) -> Layer:
    if layer.look.filter is None:
        return layer
    column, values = layer.look.filter
    return layer.with_frame(layer.frame[layer.column(column).isin(values)])
