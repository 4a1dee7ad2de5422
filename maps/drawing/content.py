"""What of a plan a map shows: gathered once, before anything is laid out or drawn."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

from data import boundaries
from data.kinds import SKETCHED, STATUS_SETS, STATUSES, is_missing, kind
from data.plan import Layer, Plan
from data.refused import Refused
from maps.analysis.coverage import Coverage, CoverageAsk
from maps.drawing import style

PLANNED = ("在建", "规划")


@dataclass(frozen=True)
class Template:
    """One sort of map: what it shows and how it is called.

    ``statuses``: facilities shown; ``kinds``: kinds of facility shown (empty: all);
    ``title``: what follows the area's name.
    """

    name: str
    title: str
    statuses: tuple[str, ...] = STATUSES
    kinds: tuple[str, ...] = ()
    population: bool = False
    coverage: bool = False

    def for_coverage(self, ask: CoverageAsk) -> "Template":
        """Return the template narrowed to the facilities the analysis counts."""
        title = f"{kind(ask.of).title}覆盖分析图"
        statuses = STATUS_SETS.get(ask.status, self.statuses)
        return replace(self, title=title, kinds=(kind(ask.of).name,), statuses=statuses)


TEMPLATES = {
    t.name: t
    for t in (
        Template("布局图", "应急设施布局图"),
        Template("现状图", "应急设施现状图", ("现状", "撤销"), population=True),
        Template("覆盖图", "应急设施覆盖分析图", coverage=True),
    )
}


def template(name: str) -> Template:
    """Return a map template; raises Refused, listing those there are."""
    if name not in TEMPLATES:
        raise Refused(f"没有“{name}”这种图。可用的图:{'、'.join(TEMPLATES)}。")
    return TEMPLATES[name]


@dataclass(frozen=True)
class Mark:
    """One point that gets a symbol: plan coordinates in metres, width ``mm`` on A3."""

    kind: str
    class_: str
    status: str
    sketched: bool
    color: str
    x: float
    y: float
    name: str
    mm: float
    labelled: bool

    @property
    def look(self) -> tuple[str, str, str, bool, str]:
        """Arguments of ``symbols.symbol``."""
        return (self.kind, self.class_, self.status, self.sketched, self.color)


@dataclass(frozen=True, eq=False)
class Reach:
    """A coverage result and its area by depth: reached by ≥ 1, ≥ 2, ≥ 3 facilities."""

    result: Coverage
    depths: tuple[shapely.Geometry, ...]


@dataclass(frozen=True, eq=False)
class Content:
    """What is on the map. Geometries are in the plan's CRS.

    ``districts``: name → area of the planning area; ``around``: name → area of what the
    plan itself holds as surroundings; ``codes``: the codes of all of these.
    """

    plan: Plan
    template: Template
    districts: tuple[tuple[str, shapely.Geometry], ...]
    around: tuple[tuple[str, shapely.Geometry], ...]
    codes: frozenset[str]
    planning_codes: tuple[str, ...]
    marks: tuple[Mark, ...]
    roads: tuple[Layer, ...]
    zones: tuple[Layer, ...]
    people: tuple[Layer, ...]
    reach: Reach | None = None

    @cached_property
    def area(self) -> shapely.Geometry:
        """What must be seen whole: the planning area, else everything there is."""
        if self.districts:
            return shapely.union_all([shape for _, shape in self.districts])
        bounds = [layer.frame.total_bounds for layer in self.plan if len(layer)]
        west, south = np.min([b[:2] for b in bounds], axis=0)
        east, north = np.max([b[2:] for b in bounds], axis=0)
        return shapely.box(west, south, east, north).buffer(500.0, join_style="mitre")

    @property
    def sketched(self) -> bool:
        """True when something shown is only indicative."""
        demo = any(SKETCHED in basis for basis in self.people_bases)
        return demo or any(mark.sketched for mark in self.marks)

    @property
    def people_bases(self) -> tuple[str, ...]:
        """Where the numbers of people that the map shows come from."""
        bases = [layer.basis for layer in self.people if layer.basis]
        if self.reach is not None and self.reach.result.basis:
            bases.append(self.reach.result.basis)
        return tuple(dict.fromkeys(bases))

    @cached_property
    def place_name(self) -> str:
        """The area's name: the city when the plan covers all of it, else its first district."""
        if not self.districts:
            return self.plan.name
        known = {one.adcode: one for one in boundaries.districts()}
        cities = {known[c].city for c in self.planning_codes if c in known}
        if len(cities) == 1 and (city := cities.pop()):
            whole = {one.adcode for one in known.values() if one.city == city}
            if whole <= set(self.planning_codes):
                return city
        return self.districts[0][0]


def gather(plan: Plan, shown: Template, reach: Reach | None = None) -> Content:
    """Return what a map of this sort shows of the plan.

    Layers switched off in the plan are left out, filters of layers hold. Raises Refused
    when there is nothing to draw.
    """
    if not any(len(layer) for layer in plan):
        raise Refused(f"方案“{plan.name}”里还没有任何要素,没有可画的内容。请先导入或添加要素。")
    districts: list[tuple[str, shapely.Geometry]] = []
    around: list[tuple[str, shapely.Geometry]] = []
    codes: list[str] = []
    planning: list[str] = []
    for layer in plan.of_kind("district"):
        roles = layer.column("角色")
        for fid, shape in layer.frame.geometry.items():
            outside = roles[fid] == "周边"
            (around if outside else districts).append((_text(layer, "名称", fid), shape))
            codes.append(_text(layer, "代码", fid))
            if not outside:
                planning.append(codes[-1])
    visible = [_filtered(layer) for layer in plan if layer.look.visible and len(layer)]
    marks = [m for layer in visible for m in _marks(layer, shown)]
    return Content(
        plan,
        shown,
        tuple(districts),
        tuple(around),
        frozenset(codes),
        tuple(planning),
        tuple(marks),
        tuple(layer for layer in visible if layer.kind_name == "road"),
        tuple(layer for layer in visible if layer.kind_name == "hazard_zone"),
        tuple(layer for layer in visible if layer.kind_name == "population" and shown.population),
        reach,
    )


def _filtered(layer: Layer) -> Layer:
    if layer.look.filter is None:
        return layer
    column, values = layer.look.filter
    return layer.with_frame(layer.frame[layer.column(column).isin(values)])


def _text(layer: Layer, column: str, fid: int) -> str:
    value = layer.column(column)[fid]
    return "" if is_missing(value) else str(value)


def _marks(layer: Layer, shown: Template) -> Iterable[Mark]:
    of = layer.kind
    if of.name not in style.SYMBOL_MM:
        return
    settlement = of.name == "settlement"
    if shown.kinds and of.facility and of.name not in shown.kinds:
        return
    names = _texts(layer, "名称")
    statuses = _texts(layer, "状态")
    precisions = _texts(layer, "位置精度")
    classes = _texts(layer, of.class_column) if of.class_column else [""] * len(layer)
    people = pd.to_numeric(layer.column("人口"), errors="coerce") if settlement else None
    shapes = layer.frame.geometry.to_numpy()
    xs, ys = shapely.get_x(shapes), shapely.get_y(shapes)
    for i in range(len(layer)):
        status = statuses[i] or "现状"
        if np.isnan(xs[i]) or (of.facility and status not in shown.statuses):
            continue
        count = None if people is None else float(people.iloc[i])
        yield Mark(
            of.name,
            classes[i],
            status,
            precisions[i] == SKETCHED and not settlement,
            layer.look.color,
            float(xs[i]),
            float(ys[i]),
            names[i],
            style.symbol_mm(of.name, classes[i], count),
            layer.look.labels,
        )


def _texts(layer: Layer, column: str) -> list[str]:
    return ["" if is_missing(v) else str(v) for v in layer.column(column)]
