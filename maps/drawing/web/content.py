"""What the web page shows, as plain values for its script: layers, symbols, cards, bounds."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from data import boundaries
from data.kinds import KINDS, Kind, is_missing, kind
from data.plan import Layer
from data.progress import Report, part, silent
from maps.analysis.coverage import Coverage, depths
from maps.analysis.findings import Facility
from maps.analysis.provenance import Figure, spoken
from maps.analysis.targets.conditions import as_text
from maps.drawing import style, symbols
from maps.drawing.dossier import Dossier
from maps.drawing.web.raster import cells
from maps.drawing.web.shapes import Screen

Row = list[str]

PANES = ("ground", "image", "result", "zone", "line", "edge")
"""What lies over what, low first; marks lie over all of it."""

_UNREACHED = tuple(
    style.mixed(style.UNREACHED, "#ffffff", opacity) for opacity in style.UNREACHED_OPACITY
)
MOST_ROADS = 3000
"""More lines than these are too many for a phone: only the main roads are shown."""
_MAIN = ("高速", "国道", "省道")


@dataclass
class _Making:
    """The page under way: symbols met so far, and layers."""

    made: Dossier
    screen: Screen
    symbols: list[str] = field(default_factory=list)
    layers: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def symbol(self, *look: Any) -> int:
        """Return the number of a symbol; each look is stored once."""
        drawn = symbols.svg(*look)
        if drawn not in self.symbols:
            self.symbols.append(drawn)
        return self.symbols.index(drawn)

    def row(self, label: str, figure: Figure | None) -> Row:
        """Return a line of a card: label, number, code."""
        if figure is None:
            return [label, "未知"]
        return [label, spoken(figure) or "未知", self.made.ledger.codes[figure.key]]


def content(made: Dossier, report: Report = silent) -> dict[str, Any]:
    """Return everything the page's script needs, as values for JSON."""
    plan = made.found.plan
    bounds = _bounds(made)
    making = _Making(made, Screen(plan.crs, bounds))
    _ground(making)
    report(0.1, "正在画人口…")
    _people(making)
    _coverage(making, part(report, 0.3, 0.7))
    _zones(making)
    _roads(making)
    _edges(making)
    report(0.9, "正在放置设施…")
    _facilities(making)
    _settlements(making)
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


def _ground(making: _Making) -> None:
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


def _names(making: _Making, named: list[tuple[str, shapely.Geometry]], far: bool) -> dict[str, Any]:
    places = []
    for name, shape in named:
        inside = shapely.point_on_surface(shape)
        places.append([*making.screen.point(inside.x, inside.y), name])
    return {"type": "places", "name": "", "places": places, "far": far, "on": True}


def _district_card(making: _Making, name: str) -> list[Row]:
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


def _people(making: _Making) -> None:
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


def _coverage(making: _Making, report: Report) -> None:
    """For each kind: what is reached once the plan is carried out, deeper where by more."""
    found = making.made.found
    results = [(of, r) for (of, status), r in found.coverage.items() if status == "全部"]
    for i, (of, result) in enumerate(results):
        stretch = part(report, i / len(results), (i + 1) / len(results))
        _covered(making, of, result, first=i == 0, report=stretch)


def _covered(making: _Making, of: str, result: Coverage, first: bool, report: Report) -> None:
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


def _zones(making: _Making) -> None:
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


def _roads(making: _Making) -> None:
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


def _edges(making: _Making) -> None:
    """The borders over everything that is filled, so that they are always seen."""
    people = making.made.found.people
    if people is None or not people.districts:
        return
    shapes = making.screen.mesh([d.shape for d in people.districts])
    css = _css("none", 0.0, style.LIGHT.boundary, 1.2, "7 3 1.5 3") | {"fill": False}
    making.layers.append(_shape_layer("界线", shapes, "edge", css))


def _facilities(making: _Making) -> None:
    found = making.made.found
    order = {name: i for i, name in enumerate(style.LABEL_ORDER)}
    for name, rows in found.facilities.items():
        for layer_name in dict.fromkeys(row.layer for row in rows):
            layer = found.plan.layer(layer_name)
            shown = [row for row in rows if row.layer == layer_name]
            marks = [m for row in shown if (m := _mark(making, kind(name), layer, row))]
            if not marks:
                continue
            rank = order.get(name, len(order))
            of = kind(name)
            making.layers.append(
                {
                    "type": "marks",
                    "name": layer_name,
                    "title": layer_name,
                    "group": "设施",
                    "count": f"{len(marks):,} 处",
                    "rank": rank,
                    "marks": marks,
                    "symbol": making.symbol(name, "", "现状", False, layer.look.color),
                    "keys": _status_keys(making, of, layer, shown),
                    "on": layer.look.visible,
                }
            )


def _status_keys(
    making: _Making, of: Kind, layer: Layer, rows: list[Facility]
) -> list[dict[str, Any]]:
    statuses = list(dict.fromkeys(row.status for row in rows if row.lon is not None))
    keys = []
    if statuses != ["现状"]:
        for status in statuses:
            look = (of.name, "", status, False, layer.look.color)
            keys.append({"symbol": making.symbol(*look), "text": status})
    if any(row.row.get("位置精度") == "示意" for row in rows):
        look = (of.name, "", statuses[0] if statuses else "现状", True, layer.look.color)
        keys.append({"symbol": making.symbol(*look), "text": "位置为示意"})
    return keys


def _mark(making: _Making, of: Kind, layer: Layer, one: Facility) -> list[Any] | None:
    if one.lon is None or one.lat is None:
        return None
    class_ = one.row.get(of.class_column) if of.class_column else None
    grade = "" if is_missing(class_) else str(class_)
    sketched = one.row.get("位置精度") == "示意"
    look = (of.name, grade, one.status, sketched, layer.look.color)
    pixels = round(style.symbol_mm(of.name, grade) * 96 / 25.4 * (1.31 if sketched else 1.1), 1)
    name = one.row.get("名称")
    title = f"{of.title} {one.fid} 号" if is_missing(name) else str(name)
    return [
        round(one.lat, 6),
        round(one.lon, 6),
        making.symbol(*look),
        title,
        pixels,
        _card(making, of, one),
    ]


def _card(making: _Making, of: Kind, one: Facility) -> list[Row]:
    rows: list[Row] = [["类别", of.title], ["状态", one.status]]
    if one.district:
        rows.append(["所在地", one.district])
    for column in of.columns:
        value = one.row.get(column.name)
        if column.name in ("名称", "状态") or is_missing(value):
            continue
        figure = making.made.ledger.figures.get(f"{one.layer}/{one.fid}/{column.name}")
        if figure is not None:
            rows.append(making.row(column.name, figure))
        else:
            rows.append([column.name, as_text(value)])
    return rows


def _settlements(making: _Making) -> None:
    for layer in making.made.found.plan.of_kind("settlement"):
        marks = []
        for fid, shape in layer.frame.geometry.items():
            if shape is None or shape.is_empty:
                continue
            row = layer.row(int(fid))
            grade = "" if is_missing(row.get("级别")) else str(row["级别"])
            name = "居民点" if is_missing(row.get("名称")) else str(row["名称"])
            look = ("settlement", grade, "现状", False, layer.look.color)
            pixels = round(style.symbol_mm("settlement", grade) * 96 / 25.4 * 1.3, 1)
            lat, lon = making.screen.point(shape.x, shape.y)
            card = [["类别", grade or "居民点"]]
            marks.append([lat, lon, making.symbol(*look), name, pixels, card])
        if marks:
            making.layers.append(
                {
                    "type": "marks",
                    "name": layer.name,
                    "title": layer.name,
                    "group": "底图",
                    "count": f"{len(marks):,} 处",
                    "rank": 99,
                    "marks": marks,
                    "symbol": making.symbol("settlement", "", "现状", False, layer.look.color),
                    "keys": [],
                    "on": layer.look.visible and len(marks) <= 500,
                }
            )


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
