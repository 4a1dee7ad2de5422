"""Do two plans say the same? (Identity is for “nothing was touched”; this is for content.)"""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from data.kinds import is_missing
from data.plan import Book, Layer, Plan


def same_book(a: Book, b: Book) -> bool:
    """True when titles, scenarios, their layers and the facts are equal."""
    return (
        (a.title, a.current, len(a.plans)) == (b.title, b.current, len(b.plans))
        and a.facts == b.facts
        and all(same_plan(x, y) for x, y in zip(a.plans, b.plans, strict=True))
    )


def same_plan(a: Plan, b: Plan) -> bool:
    """True when name, CRS and layers are equal."""
    return (a.name, a.crs, len(a.layers)) == (b.name, b.crs, len(b.layers)) and all(
        same_layer(x, y) for x, y in zip(a, b, strict=True)
    )


def same_layer(a: Layer, b: Layer) -> bool:
    """True when ids, order, columns, types, values and geometries are equal."""
    if a is b:
        return True
    said = (a.name, a.kind_name, a.basis, a.cell, a.look)
    if said != (b.name, b.kind_name, b.basis, b.cell, b.look):
        return False
    one, two = a.frame, b.frame
    if one is two:
        return True
    if one.crs != two.crs or list(one.columns) != list(two.columns):
        return False
    if not np.array_equal(one.index, two.index) or one.index.name != two.index.name:
        return False
    shapes, others = np.asarray(one.geometry.array), np.asarray(two.geometry.array)
    if not all(_same_shape(x, y) for x, y in zip(shapes, others, strict=True)):
        return False
    names = [c for c in one.columns if c != "geometry"]
    return all(_same_column(one[name], two[name]) for name in names)


def _same_shape(a: shapely.Geometry | None, b: shapely.Geometry | None) -> bool:
    if a is None or b is None:
        return a is b
    return bool(shapely.to_wkb(a, output_dimension=4) == shapely.to_wkb(b, output_dimension=4))


def _same_column(a: pd.Series, b: pd.Series) -> bool:
    if a.dtype != b.dtype:
        return False
    return all(_same_value(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True))


def _same_value(a: Any, b: Any) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b) if isinstance(a, str) and isinstance(b, str) else False
    if is_missing(a) or is_missing(b):
        return is_missing(a) and is_missing(b)
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)
