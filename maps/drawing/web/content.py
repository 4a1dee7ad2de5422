"""What the web page shows, as plain values for its script: layers, symbols, cards, bounds."""

import itertools
from typing import Any

import numpy as np
import shapely

from data import boundaries
from data.kinds import KINDS, is_missing, kind
from data.plan import Layer
from data.progress import Report, part, silent
from maps.analysis.coverage import Coverage, depths
from maps.drawing import style
from maps.drawing.dossier import Dossier
from maps.drawing.middle import widest
from maps.drawing.web.making import Making, Row
from maps.drawing.web.marks import facilities, settlements
from maps.drawing.web.raster import cells
from maps.drawing.web.shapes import Screen

PANES = ("ground", "image", "result", "zone", "line", "edge")
"""What lies over what, low first; marks lie over all of it."""

_UNREACHED = tuple(
    style.mixed(style.UNREACHED, "#ffffff", opacity) for opacity in style.UNREACHED_OPACITY
)
MOST_ROADS = 3000
"""More lines than these are too many for a phone: only the main roads are shown."""
_MAIN = ("高速", "国道", "省道")


def content(made: Dossier, report: Report = silent) -> dict[str, Any]:
    """Return everything the page's script needs, as values for JSON."""
    plan = made.found.plan
    bounds = _bounds(made)
    making = Making(made, Screen(plan.crs, bounds))
    _ground(making)
    report(0.1, "正在画人口…")
    _people(making)
    _coverage(making, part(report, 0.3, 0.7))
    _answers(making)
    _zones(making)
    _roads(making)
    _edges(making)
    report(0.9, "正在放置设施…")
    settlements(making)
    facilities(making)
    lonlat = [making.screen.point(x, y) for x in bounds[::2] for y in bounds[1::2]]
    south, west = np.min(lonlat, axis=0).tolist()
    north, east = np.max(lonlat, axis=0).tolist()
    span = max(north - south, (east - west) * 0.75)
    return {
        "panes": PANES,
        "bounds": [[south, west], [north, east]],
        "names_from": int(np.clip(np.floor(np.log2(360 / span)) + 1, 8, 15)),
        "symbols": making.symbols,
        "layers": making.layers,
        "remarks": making.remarks,
    }


def _bounds(made: Dossier) -> tuple[float, float, float, float]:
    people = made.found.people
    if people is not None and people.districts:
        west, south, east, north = shapely.total_bounds(
            np.array([d.shape for d in people.districts], dtype=object)
        )
    else:
        parts = [layer.frame.total_bounds for layer in made.found.plan if len(layer)]
        west, south = np.nanmin([p[:2] for p in parts], axis=0) - 500
        east, north = np.nanmax([p[2:] for p in parts], axis=0) + 500
    return float(west), float(south), float(east), float(north)


def _shape_layer(
    name: str, shapes: list[dict[str, Any]], pane: str, css: dict[str, Any], **more: Any
) -> dict[str, Any]:
    features = [
        {"type": "Feature", "id": i, "properties": {}, "geometry": one}
        for i, one in enumerate(shapes)
    ]
    return {
        "type": "areas",
        "name": name,
        "pane": pane,
        "style": css,
        "shapes": {"type": "FeatureCollection", "features": features},
        "on": True,
        **more,
    }


def _ground(making: Making) -> None:
    """Neighbours grey, planning districts pale, each with a card of its numbers."""
    found = making.made.found
    around = [
        (str(layer.column("名称")[fid]), shape)
        for layer in found.plan.of_kind("district")
        for fid, shape in layer.frame.geometry.items()
        if layer.column("角色")[fid] == "周边"
    ]
    if around:
        look = style.NEIGHBOUR_BOUNDARY
        css = _css(style.LIGHT.neighbour, 1.0, look.color, 1.0)
        shapes = making.screen.mesh([shape for _, shape in around])
        making.layers.append(_shape_layer("周边", shapes, "ground", css))
        making.layers.append(_names(making, around, far=True))
    people = found.people
    if people is None or not people.districts:
        return
    css = _css(style.LIGHT.district, 1.0, "none", 0.0)
    shapes = making.screen.mesh([d.shape for d in people.districts])
    cards = [[name, _district_card(making, name)] for name in found.district_names]
    layer = _shape_layer("行政区", shapes, "ground", css, cards=cards, find=True)
    making.layers.append(layer)
    named = [(n, d.shape) for n, d in zip(found.district_names, people.districts, strict=True)]
    making.layers.append(_names(making, named, far=False))


def _css(fill: str, opacity: float, line: str, width: float, dash: str = "") -> dict[str, Any]:
    return {
        "fillColor": fill,
        "fillOpacity": opacity,
        "color": line,
        "weight": width,
        "stroke": width > 0,
        "dashArray": dash,
    }


def _names(making: Making, named: list[tuple[str, shapely.Geometry]], far: bool) -> dict[str, Any]:
    places = []
    for name, shape in named:
        x, y, _ = widest(shape)
        places.append([*making.screen.point(x, y), name])
    return {"type": "places", "name": "", "places": places, "far": far, "on": True}


def _district_card(making: Making, name: str) -> list[Row]:
    figures = making.made.ledger.figures
    rows = [
        making.row("人口", figures.get(f"行政区.{name}.人口")),
        making.row("面积(量算)", figures.get(f"行政区.{name}.面积")),
    ]
    for of, status in making.made.found.coverage:
        title = kind(of).title
        word = "现状" if status == "现状" else "规划后"
        share = figures.get(f"覆盖.{title}.{status}.{name}.人口覆盖率")
        rows.append(making.row(f"{title}{word}覆盖", share))
    return rows


def _people(making: Making) -> None:
    found = making.made.found
    layer = found.people.layer if found.people is not None else None
    if layer is None:
        return
    drawn = cells(layer, found.plan.crs, style.POPULATION_RAMP)
    if drawn is None:
        return
    keys = _class_keys(drawn.breaks, style.POPULATION_RAMP)
    making.layers.append(
        _image(
            drawn, "人口", f"人口(每格 {layer.cell / 1000:g} km)", style.POPULATION_RAMP[3], keys
        )
    )


def _class_keys(breaks: tuple[float, ...], colors: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the legend of people's classes, few to many."""
    edges = [f"{b:,.0f}" for b in breaks]
    texts = [f"{edges[0]} 人以下", *(f"{a}–{b} 人" for a, b in itertools.pairwise(edges))]
    texts.append(f"{edges[-1]} 人以上")
    return [{"color": c, "text": t} for c, t in zip(colors, texts, strict=True)]


def _image(drawn: Any, name: str, title: str, color: str, keys: list[Any]) -> dict[str, Any]:
    return {
        "type": "image",
        "name": name,
        "title": title,
        "group": "人口与覆盖",
        "pane": "image",
        "url": drawn.url,
        "bounds": drawn.bounds,
        "opacity": 0.9,
        "color": color,
        "edge": color,
        "keys": keys,
        "on": False,
    }


def _coverage(making: Making, report: Report) -> None:
    """For each kind: what is reached once the plan is carried out, deeper where by more."""
    found = making.made.found
    results = [(of, r) for (of, status), r in found.coverage.items() if status == "全部"]
    for i, (of, result) in enumerate(results):
        stretch = part(report, i / len(results), (i + 1) / len(results))
        _covered(making, of, result, first=i == 0, report=stretch)


def _covered(making: Making, of: str, result: Coverage, first: bool, report: Report) -> None:
    title = kind(of).title
    radius = making.made.found.asked.radius[of] / 1000
    bands = [b for b in depths(result, report=report) if not b.is_empty]
    shapes = [making.screen.one(b) for b in bands]
    # Laid over each other: each band adds what makes the sum look as the style says.
    css = _css(style.COVERED, 0.2, style.COVERED_EDGE.color, 0.6)
    keys = [
        {"color": style.mixed(style.COVERED, "#ffffff", 1 - 0.8**n), "text": text}
        for n, text in zip((1, 2, 3), ("1 处可达", "2 处可达", "3 处及以上可达"), strict=True)
    ]
    making.layers.append(
        _shape_layer(
            f"{title}覆盖",
            shapes,
            "result",
            css,
            title=f"{title} {radius:g} km 覆盖(规划后)",
            group="人口与覆盖",
            color=style.mixed(style.COVERED, "#ffffff", 0.4),
            edge=style.COVERED,
            keys=keys if first else [],
        )
        | {"on": first}
    )
    layer = result.demand.layer
    if layer is None:
        return
    alone = np.zeros(len(layer), bool)
    alone[result.demand.nearby.order] = result.counts == 0
    drawn = cells(layer, making.made.found.plan.crs, _UNREACHED, alone)
    if drawn is not None:
        keys = _class_keys(drawn.breaks, _UNREACHED)
        name = f"{title}未覆盖"
        making.layers.append(_image(drawn, name, f"{name}的人口", style.UNREACHED, keys))


def _answers(making: Making) -> None:
    """Isochrones and responsibility areas that were kept, on when the plan shows them."""
    for layer in making.made.found.plan.of_kind("reach"):
        types = layer.column("类型").fillna("").astype(str).to_numpy()
        for left in (False, True):
            at = np.flatnonzero((types == style.LEFT_OUT) == left)
            if not len(at):
                continue
            look = style.reach(style.LEFT_OUT if left else "", layer.look.color)
            edge = look.stroke.color if look.stroke is not None else look.fill
            making.layers.append(
                _shape_layer(
                    f"{layer.name}{style.LEFT_OUT}" if left else layer.name,
                    [making.screen.one(layer.frame.geometry.iloc[i]) for i in at],
                    "zone",
                    _css(look.fill, look.opacity, edge, 1.2),
                    cards=[_answer_card(layer, int(i)) for i in at],
                    find=True,
                    title=f"{layer.name} {style.LEFT_OUT}" if left else layer.name,
                    group="分析范围",
                    color=style.mixed(look.fill, "#ffffff", look.opacity),
                    edge=edge,
                    on=layer.look.visible,
                )
            )


def _answer_card(layer: Layer, i: int) -> list[Any]:
    """Name and facts of one kept area, each with its unit."""
    row = layer.frame.iloc[i]
    facts = []
    for column in layer.kind.columns[2:]:
        value = row[column.name]
        if not is_missing(value):
            if column.type == "number":
                digits = f"{value:,.0f}" if column.unit == "人" else f"{value:,g}"
                text = f"{digits} {column.unit}"
            else:
                text = str(value)
            facts.append([column.name, text])
    name = row["名称"]
    return ["" if is_missing(name) else str(name), facts]


def _zones(making: Making) -> None:
    for layer in making.made.found.plan.of_kind("hazard_zone"):
        if not len(layer):
            continue
        levels = ["" if is_missing(v) else str(v) for v in layer.column("风险等级")]
        names = ["" if is_missing(v) else str(v) for v in layer.column("名称")]
        for level in dict.fromkeys(levels):
            at = [i for i, one in enumerate(levels) if one == level]
            color = style.RISK_COLORS.get(level, style.RISK_UNKNOWN)
            shapes = [making.screen.one(layer.frame.geometry.iloc[i]) for i in at]
            cards = [[names[i], [["风险等级", level or "未填"]]] for i in at]
            making.layers.append(
                _shape_layer(
                    f"{layer.name}{level}",
                    shapes,
                    "zone",
                    _css(color, 0.3, color, 1.2),
                    cards=cards,
                    find=True,
                    title=f"{layer.name} {level or '等级未填'}",
                    group="风险",
                    color=color,
                    edge=color,
                )
            )


def _roads(making: Making) -> None:
    for layer in making.made.found.plan.of_kind("road"):
        grades = ["" if is_missing(v) else str(v) for v in layer.column("等级")]
        kept = list(range(len(layer)))
        if len(kept) > MOST_ROADS:
            kept = [i for i in kept if grades[i] in _MAIN]
            making.remarks.append(f"“{layer.name}”线段太多,网页上只画高速、国道、省道。")
        if not kept:
            continue
        shapes = [making.screen.one(layer.frame.geometry.iloc[i]) for i in kept]
        names = layer.column("名称")
        cards = [
            [
                "道路" if is_missing(names.iloc[i]) else str(names.iloc[i]),
                [["等级", grades[i] or "未填"]],
            ]
            for i in kept
        ]
        color = style.LIGHT.road_casing
        css = _css("none", 0.0, color, 1.8) | {"fill": False}
        making.layers.append(
            _shape_layer(
                layer.name, shapes, "line", css, cards=cards, title=layer.name,
                group="底图", color=color, edge=color,
            )
        )  # fmt: skip


def _edges(making: Making) -> None:
    """The borders over everything that is filled, so that they are always seen."""
    people = making.made.found.people
    if people is None or not people.districts:
        return
    shapes = making.screen.mesh([d.shape for d in people.districts])
    css = _css("none", 0.0, style.LIGHT.boundary, 1.2, "7 3 1.5 3") | {"fill": False}
    making.layers.append(_shape_layer("界线", shapes, "edge", css))


def sources(made: Dossier) -> list[str]:
    """Return what the page says about where its content comes from."""
    found = made.found
    out = [f"规划文件:{made.ledger.plan.name}({found.book.title},方案“{found.plan.name}”)"]
    if found.people is not None and found.people.basis:
        out.append(f"人口:{found.people.basis}")
    if any(len(layer) for layer in found.plan.of_kind("district")):
        out.append(f"行政界线:{boundaries.SOURCE}")
    kinds = {k.name for k in KINDS if k.facility}
    if any(r.row.get("位置精度") == "示意" for k in kinds for r in found.facilities.get(k, ())):
        out.append("虚线圈内的位置为示意,不能用于定点")
    return out
