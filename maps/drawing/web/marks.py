"""Facilities and settlements on the web page: symbols that stand at a place and have a card."""

from collections.abc import Hashable
from typing import Any

import shapely

from data.kinds import Kind, is_missing, kind
from data.plan import Layer
from maps.analysis.findings import Facility
from maps.analysis.targets.conditions import as_text
from maps.drawing import style
from maps.drawing.web.making import Making, Row

MOST_SETTLEMENTS = 2000
"""More than these a phone draws slowly: villages are left out."""
_TOWNS = ("政府驻地", "乡镇", "街道", "园区")


def facilities(making: Making) -> None:
    """Add a layer of symbols for every layer of facilities."""
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
    making: Making, of: Kind, layer: Layer, rows: list[Facility]
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


def _mark(making: Making, of: Kind, layer: Layer, one: Facility) -> list[Any] | None:
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


def _card(making: Making, of: Kind, one: Facility) -> list[Row]:
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


def settlements(making: Making) -> None:
    """Add the settlements, without villages when there are very many."""
    for layer in making.made.found.plan.of_kind("settlement"):
        shown = layer.frame
        if len(shown) > MOST_SETTLEMENTS:
            shown = shown[layer.column("级别").isin(_TOWNS)]
            making.remarks.append(f"“{layer.name}”太多,网页上不画村(社区)。")
        rows = shown.drop(columns="geometry").to_dict("records")
        marks = [
            _settlement(making, layer, row, shape)
            for row, shape in zip(rows, shown.geometry, strict=True)
            if shape is not None and not shape.is_empty
        ]
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
                    "on": layer.look.visible,
                }
            )


def _settlement(
    making: Making, layer: Layer, row: dict[Hashable, Any], shape: shapely.Point
) -> list[Any]:
    grade = "" if is_missing(row.get("级别")) else str(row["级别"])
    name = "居民点" if is_missing(row.get("名称")) else str(row["名称"])
    look = ("settlement", grade, "现状", False, layer.look.color)
    pixels = round(style.symbol_mm("settlement", grade) * 96 / 25.4 * 1.3, 1)
    lat, lon = making.screen.point(shape.x, shape.y)
    return [lat, lon, making.symbol(*look), name, pixels, [["类别", grade or "居民点"]]]
