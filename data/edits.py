"""Every change a user can make to a plan: small named verbs from plan to plan.

Each function here returns an :data:`Edit`. Calling the edit returns the next
plan, or raises Refused and nothing has happened. An edit that changes nothing
returns the plan itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.kinds import SHAPE_TITLES, SHAPES, is_missing, kind, parse_value
from data.plan import Layer, Look, Plan, empty_frame, unique_name
from data.refused import Refused

Edit = Callable[[Plan], Plan]


def add_feature(layer_name: str, shape: shapely.Geometry, values: Mapping[str, Any]) -> Edit:
    """Add one feature (geometry in the plan's CRS); its id is the layer's ``next_id``."""

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        _check_shape(layer, shape)
        row = {name: _checked(layer, name, value) for name, value in values.items()}
        for column in layer.kind.columns:
            if column.required and is_missing(row.get(column.name)):
                raise Refused(f"“{layer.kind.title}”的“{column.name}”不能为空。")
        return plan.with_layer(layer.with_frame(_append(layer, row, shape)))

    return edit


def move_feature(layer_name: str, fid: int, shape: shapely.Geometry) -> Edit:
    """Give one feature another geometry (in the plan's CRS)."""
    return move_features(layer_name, {fid: shape})


def move_features(layer_name: str, shapes: Mapping[int, shapely.Geometry]) -> Edit:
    """Give features of one layer other geometries (feature id → geometry), as one step."""

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        places = _places(layer, shapes)
        for shape in shapes.values():
            _check_shape(layer, shape)
        old = np.asarray(layer.frame.geometry.array, dtype=object)
        new = old.copy()
        for place, shape in zip(places, shapes.values(), strict=True):
            if old[place] is None or not old[place].equals_exact(shape, 0):
                new[place] = shape
        if all(new[place] is old[place] for place in places):
            return plan
        array = gpd.array.GeometryArray(new, crs=layer.frame.crs)
        return plan.with_layer(layer.with_frame(layer.frame.assign(geometry=array)))

    return edit


def set_values(layer_name: str, ids: Iterable[int], values: Mapping[str, Any]) -> Edit:
    """Set the same attribute values on one or many features."""
    ids = list(ids)

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        places = _places(layer, ids)
        changed: dict[str, pd.Series] = {}
        for name, value in values.items():
            checked = _checked(layer, name, value)
            old = layer.column(name)
            if not all(_same(one, checked) for one in old.iloc[places]):
                changed[name] = _with_value(old, places, checked)
        if not changed:
            return plan
        frame = layer.frame.assign(**changed)
        order = [c for c in frame.columns if c != "geometry"]
        return plan.with_layer(layer.with_frame(frame[[*order, "geometry"]]))

    return edit


def remove_features(layer_name: str, ids: Iterable[int]) -> Edit:
    """Delete features."""
    ids = list(ids)

    def edit(plan: Plan) -> Plan:
        layer = plan.layer(layer_name)
        _places(layer, ids)
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


def replace_layer(layer: Layer) -> Edit:
    """Put a layer in the place of the one with the same name."""

    def edit(plan: Plan) -> Plan:
        return plan if plan.layer(layer.name) is layer else plan.with_layer(layer)

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


def _append(layer: Layer, row: Mapping[str, Any], shape: shapely.Geometry) -> gpd.GeoDataFrame:
    frame = layer.frame
    index = frame.index.append(pd.Index([layer.next_id], dtype="int64", name="fid"))
    columns = [str(c) for c in frame.columns if c != "geometry"]
    joined = {name: _longer(frame[name], row.get(name), index) for name in columns}
    for name in row:
        if name not in joined:
            joined[name] = _longer(layer.column(name), row[name], index)
    shapes = _lengthened(np.asarray(frame.geometry.array, dtype=object), shape)
    array = gpd.array.GeometryArray(shapes, crs=frame.crs)
    joined["geometry"] = pd.Series(array, index=index, copy=False)
    # With the geometry as one of the columns geopandas takes them over without a copy.
    return gpd.GeoDataFrame(joined, index=index, geometry="geometry", copy=False)


def _lengthened(old: npt.NDArray[Any], value: Any) -> npt.NDArray[Any]:
    out = np.empty(len(old) + 1, dtype=object)
    out[:-1] = old
    out[-1] = value
    return out


def _longer(old: pd.Series, value: Any, index: pd.Index) -> pd.Series:
    """Return a column with one more value, of the same dtype where the value fits it."""
    missing = is_missing(value)
    if old.dtype == object:
        values = _lengthened(old.to_numpy(), None if missing else value)
        return pd.Series(values, index=index, dtype=object, copy=False)
    if missing and old.dtype.kind in "biu":  # no gap so far, and this dtype has no room for one
        old = old.astype(object) if old.dtype.kind == "b" else old.astype("float64")
        return _longer(old, value, index)
    # Any value of the right type keeps the place; a column without rows has none to repeat,
    # and a plain number or yes/no column has no empty value to take instead.
    last = old.iloc[:1]
    if not len(old):
        last = pd.Series([0 if old.dtype.kind in "biufc" else None]).astype(old.dtype)
    longer = pd.concat([old, last]).set_axis(index)
    return _with_value(longer, np.array([len(old)]), value)


def _with_value(old: pd.Series, places: npt.NDArray[np.intp], value: Any) -> pd.Series:
    """Return a column with one value at some places, of the same dtype where it fits it."""
    out = old.copy()
    missing = is_missing(value)
    if out.dtype != object and not (missing and out.dtype.kind in "biu"):
        try:
            out.iloc[places] = None if missing else value
            return out
        except (TypeError, ValueError):
            pass
    if _is_number(value) and out.dtype.kind in "iuf":
        out = out.astype("float64")
    elif out.dtype != object:
        out = out.astype(object).where(out.notna(), None)
    values = out.to_numpy(copy=True)
    for place in places:  # one by one: a list as a value would be spread over the places
        values[place] = None if missing else value
    return pd.Series(values, index=old.index, name=old.name, dtype=out.dtype, copy=False)


def _is_number(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, int | float) and not isinstance(value, bool))


def _places(layer: Layer, ids: Iterable[int]) -> npt.NDArray[np.intp]:
    """Return the row positions of features; raises Refused for an id that is not there."""
    wanted = list(ids)
    places = layer.frame.index.get_indexer(pd.Index(wanted, dtype="int64"))
    if (places < 0).any():
        missing = wanted[int(np.argmin(places))]
        raise Refused(f"图层“{layer.name}”里没有编号为 {missing} 的要素。")
    return np.asarray(places, dtype=np.intp)


def _check_shape(layer: Layer, shape: shapely.Geometry) -> None:
    if shape is None or shape.is_empty:
        raise Refused(f"“{layer.name}”的要素需要一个位置。")
    if shape.geom_type not in SHAPES[layer.kind.geometry]:
        raise Refused(f"“{layer.name}”只能放{SHAPE_TITLES[layer.kind.geometry]}要素。")
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
