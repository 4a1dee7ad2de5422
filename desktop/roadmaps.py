"""How answers by road look on the map: each becomes a ``Drawing``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely

from data.plan import Plan
from desktop.drawings import Drawing, Line, Mark, Patch, Tag
from desktop.words import people, square_km
from maps.analysis.network.areas import Areas
from maps.analysis.network.doctor import Checkup, Finding
from maps.analysis.network.isochrone import Isochrones
from maps.analysis.network.remarks import Remarks
from maps.analysis.network.route import Route
from maps.analysis.network.whatif import Outcome
from maps.analysis.timecover import MEASURES, TimeAsk, TimeCover, zones
from maps.drawing import style
from maps.drawing.tints import tints

DEEPEST, PALEST = 0.62, 0.16
"""Opacity of the first band of isochrones and of the last."""
FIXED, OPEN = style.COVERED, "#b45309"
"""Findings that were put right, and those for the planner."""
CLOSED = ""
"""The ink of the map itself, pale on a dark one."""
FIRST, SECOND = style.ROUTE.color, "#5f6b76"


def _kinds(ask: TimeAsk) -> tuple[str, ...]:
    road = ("road",) if ask.measure != "detour" else ()
    wet = ("hazard_zone",) if ask.flooded else ()
    return (ask.of, "population", "district", *road, *wet)


def how(ask: TimeAsk) -> str:
    """How the minutes are told: “路网行车时间 · 救援车辆 · 雪”."""
    ready = [m for m in ask.ready_minutes.values() if m]
    words = [MEASURES[ask.measure], ask.vehicle_name, ask.weather]
    return " · ".join([*words, *([f"准备 {ready[0]:g} 分钟"] if ready else [])])


def opacities(count: int) -> list[float]:
    """Opacity of each of so many bands, the nearest deepest."""
    if count == 1:
        return [(DEEPEST + PALEST) / 2]
    return [DEEPEST + (PALEST - DEEPEST) * i / (count - 1) for i in range(count)]


def rings(result: Isochrones) -> Drawing:
    """Bands of travel time, the nearest deepest; one set for each facility lies over the next."""
    shares = dict(zip(result.limits, opacities(len(result.limits)), strict=True))
    patches = []
    for limit in sorted(result.limits, reverse=True):
        shapes = tuple(b.ring for b in result.bands if b.minutes == limit and not b.ring.is_empty)
        if shapes:
            patches.append(Patch(shapes, style.COVERED, shares[limit], style.COVERED_EDGE.color))
    rows = tuple((style.COVERED, shares[limit], f"{limit:g} 分钟内") for limit in result.limits)
    return Drawing(
        f"等时圈{',估算' if result.estimated else ''}",
        result.plan,
        _kinds(result.ask),
        how(result.ask),
        rows,
        tuple(patches),
        speeds=result.ask.speeds,
    )


def areas(result: Areas) -> Drawing:
    """A tint for each station's area, neighbours apart; too large ones ringed in orange."""
    kept = [area for area in result.areas if not area.shape.is_empty]
    tint = dict(zip([a.fid for a in result.areas], tints(result), strict=True))
    patches = [
        Patch(
            tuple(a.shape for a in kept if tint[a.fid] == number),
            color,
            0.85,
            style.STATION_EDGE.color,
        )
        for number, color in enumerate(style.STATION_TINTS)
    ]
    rows = [(style.STATION_TINTS[0], 0.85, "每站一色,只作区分")]
    if not result.left.is_empty:
        patches.append(Patch((result.left,), style.UNREACHED, 0.3))
        rows.append((style.UNREACHED, 0.3, "到不了"))
    large = [a for a in kept if a.too_large]
    if large:
        rows.append((style.LOST, 1.0, "面积超出标准(待核实)"))
    tags = []
    for area in sorted(kept, key=lambda a: -a.km2):
        west, south, east, north = area.shape.bounds
        spot = result.plan.layer(area.layer).geometry(area.fid)
        said = (f"{square_km(area.km2)}{' 超出' if area.too_large else ''}", people(area.people))
        tags.append(Tag(spot.x, spot.y, said, min(east - west, north - south)))
    edges = tuple(shapely.boundary(a.shape) for a in large)
    return Drawing(
        f"责任区{',估算' if result.estimated else ''}",
        result.plan,
        _kinds(result.ask),
        how(result.ask),
        tuple(rows),
        tuple(p for p in patches if p.shapes),
        (Line(edges, style.LOST, 1.6, halo=False),) if edges else (),
        tags=tuple(tags),
        speeds=result.ask.speeds,
    )


def routes(
    plan: Plan, ask: TimeAsk, ways: Sequence[Route], goal: tuple[float, float], first: int
) -> Drawing:
    """The ways to a place; the one numbered ``first`` on top in full colour."""
    starts = [way.line.coords[0] for way in ways]
    order = [i for i in range(len(ways)) if i != first] + [first]
    names = ("最近", "第二近")
    estimate = any(w.estimated for w in ways)
    rows = tuple(
        (FIRST if i == first else SECOND, 1.0, f"{names[i]}:{ways[i].minutes:,.0f} 分钟")
        for i in range(len(ways))
    )
    return Drawing(
        "到这里的路线" + (",含估算" if estimate else ""),
        plan,
        _kinds(ask),
        how(ask),
        rows,
        lines=tuple(
            Line((ways[i].line,), FIRST if i == first else SECOND, 4.0 if i == first else 3.0)
            for i in order
        ),
        marks=(
            *(
                Mark(starts[i][0], starts[i][1], str(i + 1), FIRST if i == first else SECOND)
                for i in reversed(order)
            ),
            Mark(*goal, "×", style.LIGHT.highlight),
        ),
        speeds=ask.speeds,
    )


def change(
    base: TimeCover,
    outcome: Outcome,
    still: shapely.Geometry,
    beyond: tuple[shapely.Geometry, shapely.Geometry],
) -> Drawing:
    """What is reached either way, what is lost and what is gained; what was closed."""
    lost, gained = beyond
    ask, plan = outcome.answer.ask, base.plan
    # Where nothing can be quicker, slivers between two outlines are no gain.
    if not (outcome.later < -1e-9).any():
        gained = shapely.Polygon()
    patches = (
        Patch((still,), style.COVERED, 0.28, style.COVERED_EDGE.color),
        Patch((lost,), style.LOST, 0.5),
        Patch((gained,), style.GAINED, 0.4),
    )
    rows = [(style.COVERED, 0.28, "都能到"), (style.LOST, 0.5, "情景下超时或到不了")]
    if not gained.is_empty:
        rows.append((style.GAINED, 0.4, "情景下才能到"))
    lines = []
    closed = tuple(plan.layer(name).geometry(fid) for name, fid in sorted(ask.closed))
    wet = tuple(shapely.boundary(zone) for zone in zones(plan, ask.flooded))
    if closed:
        lines.append(Line(closed, CLOSED, 3.5, dashed=True))
        rows.append((CLOSED, 1.0, "封闭的道路"))
    if wet:
        lines.append(Line(wet, style.GAINED, 2.0))
        rows.append((style.GAINED, 1.0, "淹没的灾害区边线"))
    return Drawing(
        f"情景:{outcome.change.name}",
        plan,
        _kinds(ask),
        f"{ask.minutes:g} 分钟,{how(ask)}",
        tuple(rows),
        tuple(p for p in patches if not p.shapes[0].is_empty),
        tuple(lines),
        speeds=ask.speeds,
    )


def findings(plan: Plan, result: Checkup, shown: Sequence[Finding]) -> Drawing:
    """A triangle for each finding that is the planner's, a disc for each that was put right."""
    placed = [f for f in shown if f.x == f.x]
    rows = []
    if any(not f.fixed for f in result.findings):
        rows.append((OPEN, 1.0, f"待处理 {sum(not f.fixed for f in result.findings):,} 处"))
    if any(f.fixed for f in result.findings):
        rows.append((FIXED, 1.0, f"计算时已处理 {sum(f.fixed for f in result.findings):,} 处"))
    marks = [Mark(f.x, f.y, "✓" if f.fixed else "!", FIXED if f.fixed else OPEN) for f in placed]
    return Drawing("路网检查", plan, ("road",), "", tuple(rows), marks=tuple(marks))


def closures(plan: Plan, closed: frozenset[tuple[str, int]]) -> Drawing:
    """Roads chosen to be closed, before anything is worked out."""
    shapes = tuple(
        plan.layer(name).geometry(fid)
        for name, fid in sorted(closed)
        if plan.find(name) is not None and fid in plan.layer(name).frame.index
    )
    return Drawing(
        "情景",
        plan,
        ("road",),
        "还没有计算",
        ((CLOSED, 1.0, "封闭的道路"),),
        lines=(Line(shapes, CLOSED, 3.5, dashed=True),) if shapes else (),
    )


def briefly(remarks: Remarks) -> tuple[str, ...]:
    """The remarks for a narrow panel: of many estimated roads the first three and how many."""
    roads = remarks.estimated_roads
    if len(roads) > 4:
        roads = (*roads[:3], f"{roads[3]}等 {len(roads)} 条")
    return replace(remarks, estimated_roads=roads).sentences


def people_words(value: float | None) -> str:
    """People in a narrow table cell: “12.3 万”, “8,421”."""
    return people(value).removesuffix("人").removesuffix(" ")
