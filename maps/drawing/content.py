"""What of a plan a map shows: gathered once, before anything is laid out or drawn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

from data import boundaries
from data.kinds import SKETCHED, is_missing
from data.plan import Layer, Plan
from data.refused import Refused
from maps.drawing import style
from maps.drawing.subjects import NOTHING, Subject
from maps.drawing.templates import Template

PLANNED = ("在建", "规划")


@dataclass(frozen=True)
class Mark:
    """One point that gets a symbol: plan coordinates in metres, width ``mm`` on A3.

    ``caption``: a second line below the name. ``level``: its 风险等级, told in the legend.
    """

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
    caption: str = ""
    level: str = ""

    @property
    def look(self) -> tuple[str, str, str, bool, str]:
        """Arguments of ``symbols.symbol``."""
        return (self.kind, self.class_, self.status, self.sketched, self.color)


@dataclass(frozen=True, eq=False)
class Content:
    """What is on the map. Geometries are in the plan's CRS.

    ``districts``: name → area of the planning area; ``around``: name → area of what the
    plan itself holds as surroundings; ``codes``: the codes of all of these. ``focus``: the
    one district the map is about ("": all). ``facts``: sentences for the legend.
    ``captions``: a second line below the names of districts.
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
    answers: tuple[Layer, ...]
    people: tuple[Layer, ...]
    subject: Subject = NOTHING
    focus: str = ""
    facts: tuple[str, ...] = ()
    captions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def area(self) -> shapely.Geometry:
        """What must be seen whole: the planning area, else everything there is."""
        if self.districts:
            return shapely.union_all([shape for _, shape in self.districts])
        bounds = [layer.frame.total_bounds for layer in self.plan if len(layer)]
        west, south = np.min([b[:2] for b in bounds], axis=0)
        east, north = np.max([b[2:] for b in bounds], axis=0)
        return shapely.box(west, south, east, north).buffer(500.0, join_style="mitre")

    @cached_property
    def seen(self) -> shapely.Geometry:
        """The area, with the places just beyond its line that have a symbol of their own."""
        beside = _within(list(self.marks), self.area) if self.districts else []
        if not beside:
            return self.area
        west, south, east, north = self.area.bounds
        about = 0.012 * float(np.hypot(east - west, north - south))
        discs = shapely.buffer(shapely.points([(m.x, m.y) for m in beside]), about)
        return shapely.union_all([self.area, *discs])

    @property
    def sketched(self) -> bool:
        """True when something shown is only indicative."""
        demo = any(SKETCHED in basis for basis in self.people_bases)
        return demo or any(mark.sketched for mark in self.marks)

    @property
    def people_bases(self) -> tuple[str, ...]:
        """Where the numbers of people that the map shows come from."""
        bases = [layer.basis for layer in self.people if layer.basis]
        if self.subject.basis:
            bases.append(self.subject.basis)
        return tuple(dict.fromkeys(bases))

    @cached_property
    def place_name(self) -> str:
        """The area's name: the city when the plan covers all of it, else its first district."""
        if not self.districts:
            return self.plan.name
        if self.focus:
            return self.focus
        known = {one.adcode: one for one in boundaries.districts()}
        cities = {known[c].city for c in self.planning_codes if c in known}
        if len(cities) == 1 and (city := cities.pop()):
            whole = {one.adcode for one in known.values() if one.city == city}
            if whole <= set(self.planning_codes):
                return city
        return self.districts[0][0]


def _blind_spots(shown: Template, subject: Subject) -> dict[str, str]:
    """Return by district how many are not reached, where the map is about them."""
    if subject.reach is None or shown.subject != "blind":
        return {}
    left = {row.name: row.people_uncovered for row in subject.reach.result.by_district}
    return {name: f"盲区 {_persons(n)}" for name, n in left.items() if n is not None and n >= 0.5}


def _persons(count: float) -> str:
    return f"{count / 1e4:,.1f} 万人" if count >= 1e4 else f"{count:,.0f} 人"


def gather(
    plan: Plan,
    shown: Template,
    subject: Subject = NOTHING,
    focus: str = "",
    facts: tuple[str, ...] = (),
    captions: Mapping[str, str] | None = None,
) -> Content:
    """Return what a map of this sort shows of the plan, or of its one district ``focus``.

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
            name = _text(layer, "名称", fid)
            outside = roles[fid] == "周边" or (focus and name != focus)
            (around if outside else districts).append((name, shape))
            codes.append(_text(layer, "代码", fid))
            if not outside:
                planning.append(codes[-1])
    if focus and not districts:
        raise Refused(f"规划里没有名为“{focus}”的行政区。")
    visible = [_filtered(layer) for layer in plan if layer.look.visible and len(layer)]
    marks = [m for layer in visible for m in _marks(layer, shown)]
    if focus:
        marks = _within(marks, shapely.union_all([shape for _, shape in districts]))
    risk = shown.subject in ("", "risk")
    return Content(
        plan,
        shown,
        tuple(districts),
        tuple(around),
        frozenset(codes),
        tuple(planning),
        tuple(marks),
        tuple(layer for layer in visible if layer.kind_name == "road"),
        tuple(layer for layer in visible if layer.kind_name == "hazard_zone" and risk),
        tuple(layer for layer in visible if layer.kind_name == "reach" and not shown.subject),
        tuple(layer for layer in visible if layer.kind_name == "population" and shown.population),
        subject,
        focus,
        facts,
        _blind_spots(shown, subject) if captions is None else captions,
    )


_BESIDE = 3000.0
"""Metres beyond a district's line to which its own page shows what stands there."""


def _within(marks: list[Mark], ground: shapely.Geometry) -> list[Mark]:
    wide = ground.buffer(_BESIDE)
    inside = shapely.intersects_xy(wide, [m.x for m in marks], [m.y for m in marks])
    return [m for m, near in zip(marks, inside, strict=True) if near]


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
    hidden = not shown.facilities or bool(shown.kinds and of.name not in shown.kinds)
    if of.facility and hidden:
        return
    names = _texts(layer, "名称")
    statuses = _texts(layer, "状态")
    precisions = _texts(layer, "位置精度")
    classes = _texts(layer, of.class_column) if of.class_column else [""] * len(layer)
    levels = _levels(layer, shown)
    captions = _captions(layer, shown)
    people = pd.to_numeric(layer.column("人口"), errors="coerce") if settlement else None
    shapes = layer.frame.geometry.to_numpy()
    xs, ys = shapely.get_x(shapes), shapely.get_y(shapes)
    larger = 1.0 if settlement else shown.symbols
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
            style.risk(levels[i]) if levels[i] else layer.look.color,
            float(xs[i]),
            float(ys[i]),
            names[i],
            style.symbol_mm(of.name, classes[i], count) * larger,
            layer.look.labels,
            captions[i],
            levels[i],
        )


UNGRADED = "未定级"


def _levels(layer: Layer, shown: Template) -> list[str]:
    """Return the 风险等级 of each feature where the map is about risk, else ""."""
    if shown.subject != "risk" or layer.kind_name != "hazard_site":
        return [""] * len(layer)
    return [level or UNGRADED for level in _texts(layer, "风险等级")]


def _captions(layer: Layer, shown: Template) -> list[str]:
    """Return what a shelter's label says of its room on the map for everybody."""
    if shown.subject != "shelters" or layer.kind_name != "shelter":
        return [""] * len(layer)
    room = pd.to_numeric(layer.column("容纳人数"), errors="coerce")
    return [f"可容纳 {n:,.0f} 人" if n > 0 else "" for n in room]


def _texts(layer: Layer, column: str) -> list[str]:
    return ["" if is_missing(v) else str(v) for v in layer.column(column)]
