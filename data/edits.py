"""Every change a user can make to a plan: small named verbs from plan to plan.

Each function here returns an :data:`Edit`. Calling the edit returns the next
plan, or raises Refused and nothing has happened. An edit that changes nothing
returns the plan itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from data.kinds import is_missing, kind, parse_value
from data.plan import Layer, Look, Plan, empty_frame, unique_name
from data.refused import Refused

Edit = Callable[[Plan], Plan]

_SHAPES = {
    "point": ("Point",),
    "line": ("LineString", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
}
_SHAPE_TITLES = {"point": "点", "line": "线", "polygon": "面"}


def add_feature(layer_name: str, shape: shapely.Geometry, values: Mapping[str, Any]) -> Edit:
    """Add one feature (geometry in the plan's CRS); its id is the layer's ``next_id``."""

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        _check_shape(layer, shape)
        row = {name: _checked(layer, name, value) for name, value in values.items()}
        for column in layer.kind.columns:
            if column.required and is_missing(row.get(column.name)):
                raise Refused(f"“{layer.kind.title}”的“{column.name}”不能为空。")
        row = {**{c: None for c in layer.frame.columns if c != "geometry"}, **row}
        new = gpd.GeoDataFrame(
            {k: [v] for k, v in row.items()},
            geometry=[shape],
            crs=plan.crs,
            index=pd.Index([layer.next_id], name="fid"),
        )
        return plan.with_layer(layer.with_frame(_append(layer.frame, new)))

    return edit


def move_feature(layer_name: str, fid: int, shape: shapely.Geometry) -> Edit:
    """Give one feature another geometry (in the plan's CRS)."""

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        _check_ids(layer, [fid])
        _check_shape(layer, shape)
        if layer.geometry(fid).equals_exact(shape, 0):
            return plan
        geometry = layer.frame.geometry.copy()
        geometry.loc[fid] = shape
        return plan.with_layer(layer.with_frame(layer.frame.assign(geometry=geometry)))

    return edit


def set_values(layer_name: str, ids: Iterable[int], values: Mapping[str, Any]) -> Edit:
    """Set the same attribute values on one or many features."""
    ids = list(ids)

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        _check_ids(layer, ids)
        frame = layer.frame.copy(deep=False)
        changed = False
        for name, value in values.items():
            checked = _checked(layer, name, value)
            old = layer.column(name)
            if all(_same(old.loc[fid], checked) for fid in ids):
                continue
            column = old.astype(object).where(old.notna(), None).copy()
            for fid in ids:
                column.loc[fid] = checked
            frame[name] = _typed(column, old)
            changed = True
        if not changed:
            return plan
        order = [c for c in frame.columns if c != "geometry"]
        return plan.with_layer(layer.with_frame(frame[[*order, "geometry"]]))

    return edit


def remove_features(layer_name: str, ids: Iterable[int]) -> Edit:
    """Delete features."""
    ids = list(ids)

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        _check_ids(layer, ids)
        if not ids:
            return plan
        return plan.with_layer(layer.with_frame(layer.frame.drop(index=ids)))

    return edit


def add_layer(layer: Layer, *, at: int | None = None) -> Edit:
    """Add a layer on top (or at a position counted from the bottom); its name must be free."""

    def edit(plan: Plan) -> Plan:
        if plan.find(layer.name) is not None:
            raise Refused(f"已有名为“{layer.name}”的图层,请换一个名称。")
        layers = list(plan.layers)
        layers.insert(len(layers) if at is None else at, layer)
        return replace(plan, layers=tuple(layers))

    return edit


def ensure_layer(kind_name: str) -> Edit:
    """Add an empty layer of a kind unless the plan has one already."""

    def edit(plan: Plan) -> Plan:
        if plan.of_kind(kind_name):
            return plan
        empty = empty_frame(kind_name, plan.crs)
        name = unique_name(kind(kind_name).title, (layer.name for layer in plan))
        return plan.with_layer(Layer(name, kind(kind_name).name, empty))

    return edit


def remove_layer(name: str) -> Edit:
    """Take a layer out of the plan."""
    return lambda plan: plan.without_layer(name)


def rename_layer(name: str, new: str) -> Edit:
    """Give a layer another name."""

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(name)
        wanted = new.strip()
        if wanted == name:
            return plan
        if not wanted:
            raise Refused("图层名称不能为空。")
        if plan.find(wanted) is not None:
            raise Refused(f"已有名为“{wanted}”的图层,请换一个名称。")
        renamed = replace(layer, name=wanted)
        return replace(plan, layers=tuple(renamed if x is layer else x for x in plan.layers))

    return edit


def order_layers(names: Iterable[str]) -> Edit:
    """Put the layers into this order, bottom of the map first."""
    names = list(names)

    def edit(plan: Plan) -> Plan:
        if names == [layer.name for layer in plan]:
            return plan
        if sorted(names) != sorted(layer.name for layer in plan):
            raise ValueError("order_layers needs every layer once")
        return replace(plan, layers=tuple(plan.layer(n) for n in names))

    return edit


def set_look(name: str, look: Look) -> Edit:
    """Change how a layer is shown."""

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(name)
        return plan if layer.look == look else plan.with_layer(replace(layer, look=look))

    return edit


def chain(*edits: Edit) -> Edit:
    """Several edits as one undo step."""

    def edit(plan: Plan) -> Plan:
        for one in edits:
            plan = one(plan)
        return plan

    return edit


def _append(frame: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # pd.concat warns about all-missing columns and may change their types: build column by column.
    index = frame.index.append(new.index)
    columns: dict[str, Any] = {}
    for name in [*frame.columns, *(c for c in new.columns if c not in frame.columns)]:
        if name == "geometry":
            continue
        old = frame[name].astype(object) if name in frame.columns else [None] * len(frame)
        joined = pd.Series([*old, *new[name]], index=index, dtype=object)
        joined = joined.where(joined.notna(), None)
        columns[name] = _typed(joined, frame[name]) if name in frame.columns else joined
    shapes = [*frame.geometry, *new.geometry]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=frame.crs, index=index)


def _typed(column: pd.Series, like: pd.Series) -> pd.Series:
    """Return an object column as the type ``like`` has, where every value fits it."""
    if like.dtype == object or column.isna().all():
        return column
    try:
        out = column.astype(like.dtype)
    except (TypeError, ValueError):
        numeric = pd.to_numeric(column, errors="coerce")
        return numeric if numeric.notna().eq(column.notna()).all() else column
    return out


def _check_ids(layer: Layer, ids: Iterable[int]) -> None:
    missing = [i for i in ids if i not in layer.frame.index]
    if missing:
        raise Refused(f"图层“{layer.name}”里没有编号为 {missing[0]} 的要素。")


def _check_shape(layer: Layer, shape: shapely.Geometry) -> None:
    if shape is None or shape.is_empty:
        raise Refused(f"“{layer.name}”的要素需要一个位置。")
    if shape.geom_type not in _SHAPES[layer.kind.geometry]:
        raise Refused(f"“{layer.name}”只能放{_SHAPE_TITLES[layer.kind.geometry]}要素。")
    if not shapely.is_valid(shape):
        raise Refused(f"“{layer.name}”的图形自相交或不完整:{shapely.is_valid_reason(shape)}。")


def _checked(layer: Layer, name: str, value: Any) -> Any:
    if name == "geometry":
        raise Refused("位置要用“移动”来改,不能当作属性填写。")
    column = layer.kind.column(name)
    if column is None:
        return None if is_missing(value) else value
    return parse_value(column, value)


def _same(a: Any, b: Any) -> bool:
    return (is_missing(a) and is_missing(b)) or (not is_missing(a) and a == b)
