"""What is wrong with a plan, as sentences with layer and feature id.

Each check looks at one thing and yields :class:`Problem`; :func:`problems` runs
them all. Nothing is repaired here. Sentences name the thing and say what to do.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from data.degrees import BOUNDS
from data.kinds import BACKGROUND, SHAPE_TITLES, SHAPES, Column
from data.plan import GEOGRAPHIC, Layer, Plan

Severity = Literal["错误", "警告", "提示"]
SEVERITIES: tuple[Severity, ...] = ("错误", "警告", "提示")

MANY = 20
"""From so many features with the same fault in a layer on, one sentence tells of the rest."""

SLIVER_KM2 = 0.05
"""Overlaps and gaps up to this size are drawing accuracy, not mistakes."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. ``layer`` "" and ``id`` None: it concerns the plan or the layer.

    错误: results will be wrong or the thing is left out; 警告: probably a mistake;
    提示: something is not known or not there.
    """

    layer: str
    id: int | None
    message: str
    severity: Severity


def problems(plan: Plan) -> list[Problem]:
    """Return everything that is wrong with a plan, worst first, else in the order of its layers."""
    found: list[Problem] = list(_missing_layers(plan))
    for layer in plan:
        for check in (_ids, _shapes, _places_in_country, _values):
            found += _few(layer, list(check(layer, plan)))
    found += _twins(plan)
    found += _districts(plan)
    for layer in plan:
        if layer.kind.facility:
            found += _few(layer, list(_outside(layer, plan)))
    return sorted(found, key=lambda p: SEVERITIES.index(p.severity))


def _few(layer: Layer, found: list[Problem]) -> Iterator[Problem]:
    """Pass on at most MANY of one layer and severity from one check; count the rest."""
    for severity in SEVERITIES:
        same = [p for p in found if p.severity == severity]
        yield from same[:MANY]
        if len(same) > MANY:
            rest = len(same) - MANY
            text = f"“{layer.name}”另有 {rest} 处同类问题没有列出,请先改好上面的。"
            yield Problem(layer.name, None, text, severity)


def title_of(layer: Layer, fid: int) -> str:
    """Return how a sentence names a feature: layer, name if it has one, id."""
    name = layer.frame["名称"].get(fid) if "名称" in layer.frame.columns else None
    if isinstance(name, str) and name.strip():
        return f"“{layer.name}”的“{' '.join(name.split())}”(编号 {fid})"
    return f"“{layer.name}”编号 {fid} 的要素"


def _missing_layers(plan: Plan) -> Iterator[Problem]:
    planned = any((_roles(layer) != BACKGROUND).any() for layer in plan.of_kind("district"))
    if not planned:
        yield Problem(
            "",
            None,
            "没有规划区,无法按区统计。请导入行政区边界;已有的都是“周边”时,把要规划的“角色”改为“规划区”。",
            "警告",
        )
    if not any(len(layer) for layer in plan.of_kind("population")):
        yield Problem(
            "", None, "没有人口图层,覆盖人口无法计算,只能算面积。请导入人口点或人口栅格。", "警告"
        )
    if not any(len(layer) for layer in plan if layer.kind.facility):
        yield Problem("", None, "还没有任何设施。请在图上添加,或从表格、图层导入。", "提示")


def _ids(layer: Layer, plan: Plan) -> Iterator[Problem]:
    index = layer.frame.index
    for fid in index[index.duplicated()].unique():
        text = f"“{layer.name}”里有几个要素的编号都是 {fid}。请删去重复的,或重新导入这个图层。"
        yield Problem(layer.name, int(fid), text, "错误")


def _shapes(layer: Layer, plan: Plan) -> Iterator[Problem]:
    shapes = _array(layer)
    title = SHAPE_TITLES[layer.kind.geometry]
    nothing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for fid in layer.frame.index[nothing]:
        text = f"{title_of(layer, fid)}没有位置,图上看不到,也不参与计算。请补上位置或删除它。"
        yield Problem(layer.name, int(fid), text, "错误")
    for fid, shape in zip(layer.frame.index[~nothing], shapes[~nothing], strict=True):
        if shape.geom_type not in SHAPES[layer.kind.geometry]:
            text = f"{title_of(layer, fid)}应当是{title},现在不是。请重新绘制或删除它。"
            yield Problem(layer.name, int(fid), text, "错误")
    if layer.kind.geometry == "polygon":
        for fid in layer.frame.index[~nothing & ~shapely.is_valid(shapes)]:
            why = shapely.is_valid_reason(layer.geometry(fid))
            where = why.partition("[")[2].rstrip("]")
            near = f"(在 {where} 附近)" if where else ""
            text = (
                f"{title_of(layer, fid)}的边界自相交{near},面积和归属会算错。"
                "请重新绘制,或换用正确的边界文件再导入。"
            )
            yield Problem(layer.name, int(fid), text, "错误")


def _places_in_country(layer: Layer, plan: Plan) -> Iterator[Problem]:
    shapes = _array(layer)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    boxes = shapely.bounds(shapes[there])
    if not len(boxes) or layer.frame.crs is None:
        return
    to_degrees = pyproj.Transformer.from_crs(layer.frame.crs, GEOGRAPHIC, always_xy=True)
    whole = np.array([[*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]])
    if _in_china(to_degrees, whole).all():
        return
    inside = _in_china(to_degrees, boxes)
    swapped = _in_china(to_degrees, boxes[:, [1, 0, 3, 2]])
    for fid, right, turned in zip(layer.frame.index[there], inside, swapped, strict=True):
        if right:
            continue
        advice = (
            "东坐标和北坐标(经度和纬度)像是填反了,请对调后改正。"
            if turned
            else "请检查坐标和导入时选的坐标系。"
        )
        text = f"{title_of(layer, fid)}的位置不在中国范围内,{advice}"
        yield Problem(layer.name, int(fid), text, "错误")


def _in_china(
    to_degrees: pyproj.Transformer, boxes: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """True for each (minx, miny, maxx, maxy) whose corners all lie in the country."""
    inside = np.ones(len(boxes), dtype=bool)
    for x, y in ((0, 1), (0, 3), (2, 1), (2, 3)):
        lon, lat = to_degrees.transform(boxes[:, x], boxes[:, y])
        for degrees, (low, high) in ((lon, BOUNDS["经度"]), (lat, BOUNDS["纬度"])):
            inside &= (degrees >= low) & (degrees <= high)
    return inside


def _values(layer: Layer, plan: Plan) -> Iterator[Problem]:
    for column in layer.kind.columns:
        values = layer.column(column.name)
        missing = values.isna()
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
            missing |= values.map(lambda v: isinstance(v, str) and not v.strip()).astype(bool)
        if column.required:
            for fid in layer.frame.index[missing]:
                text = f"{title_of(layer, fid)}没有填“{column.name}”。请在属性里补上。"
                yield Problem(layer.name, int(fid), text, "错误")
        present = values[~missing]
        if column.type in ("number", "whole"):
            yield from _numbers(layer, column, present)
        elif column.choices and not column.open_choice:
            allowed = "、".join(column.choices)
            for fid in present.index[~present.isin(column.choices)]:
                title, value = title_of(layer, fid), present[fid]
                text = f"{title}的“{column.name}”是“{value}”,只能是{allowed}之一。请改正。"
                yield Problem(layer.name, int(fid), text, "错误")


def _numbers(layer: Layer, column: Column, values: pd.Series) -> Iterator[Problem]:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    faults = [(~np.isfinite(numbers), "不是数字,请改成数字")]
    if column.low is not None:
        faults.append((numbers < column.low, f"小于 {column.low:g},请改正"))
    if column.high is not None:
        faults.append((numbers > column.high, f"大于 {column.high:g},请改正"))
    if column.type == "whole":
        faults.append((np.isfinite(numbers) & (numbers != np.round(numbers)), "不是整数,请改正"))
    for wrong, words in faults:
        for fid in values.index[wrong]:
            text = f"{title_of(layer, fid)}的“{column.heading}”是“{values[fid]}”,{words}。"
            yield Problem(layer.name, int(fid), text, "错误")


def _twins(plan: Plan) -> Iterator[Problem]:
    """Facilities of one kind and name within a metre of each other."""
    seen: dict[tuple[str, str, int, int], str] = {}
    for layer in plan:
        if not layer.kind.facility or "名称" not in layer.frame.columns:
            continue
        found = []
        for fid, name, shape in zip(
            layer.frame.index, layer.frame["名称"], _array(layer), strict=True
        ):
            if not isinstance(name, str) or shape is None or shape.is_empty:
                continue
            x, y = shape.centroid.x, shape.centroid.y
            # Twins may lie across the edge of a square metre: all nine squares are looked up.
            squares = itertools.product((-1, 0, 1), repeat=2)
            keys = [(layer.kind_name, name, round(x) + i, round(y) + j) for i, j in squares]
            first = next((seen[k] for k in keys if k in seen), None)
            if first is None:
                seen[(layer.kind_name, name, round(x), round(y))] = title_of(layer, fid)
                continue
            text = f"{title_of(layer, fid)}与{first}同名同位置,会被算两次。请删去其中一个。"
            found.append(Problem(layer.name, int(fid), text, "警告"))
        yield from _few(layer, found)


def _districts(plan: Plan) -> Iterator[Problem]:
    codes: dict[str, str] = {}
    for layer in plan.of_kind("district"):
        inside = _roles(layer) != BACKGROUND
        for fid in layer.frame.index[inside]:
            if pd.isna(layer.column("人口")[fid]):
                text = f"{title_of(layer, fid)}的人口未知,按人口的比例算不出来。知道后请补上。"
                yield Problem(layer.name, int(fid), text, "提示")
        for fid, code in layer.column("代码").items():
            if not isinstance(code, str) or not code.strip():
                continue
            title = title_of(layer, int(str(fid)))
            if code in codes:
                text = f"{title}与{codes[code]}的代码都是 {code}。请改正其中一个。"
                yield Problem(layer.name, int(str(fid)), text, "警告")
            codes.setdefault(code, title)
    yield from _coverage_of_land(plan)


def _coverage_of_land(plan: Plan) -> Iterator[Problem]:
    """Overlaps between planning districts, and holes that no district fills."""
    owned: list[tuple[Layer, int, Any]] = []
    others: list[Any] = []
    for layer in plan.of_kind("district"):
        for fid, role, shape in zip(layer.frame.index, _roles(layer), _array(layer), strict=True):
            if shape is None or shape.is_empty or not shape.is_valid:
                continue
            others.append(shape)
            if role != BACKGROUND:
                owned.append((layer, int(fid), shape))
    if len(owned) < 2:
        return
    shapes = np.array([shape for _, _, shape in owned], dtype=object)
    tree = shapely.STRtree(shapes)
    yield from _overlaps(owned, shapes, tree)
    yield from _gaps(owned[0][0], np.array(others, dtype=object), tree)


def _overlaps(
    owned: list[tuple[Layer, int, Any]], shapes: npt.NDArray[Any], tree: shapely.STRtree
) -> Iterator[Problem]:
    for i, j in tree.query(shapes, predicate="intersects").T:
        if i >= j:
            continue
        size = shapely.intersection(shapes[i], shapes[j]).area / 1e6
        if size > SLIVER_KM2:
            (layer, fid, _), (other, twin, _) = owned[j], owned[i]
            text = (
                f"{title_of(layer, fid)}与{title_of(other, twin)}重叠约 {size:,.1f} km²,"
                "那里的人口会被算到其中一个区。请修正边界。"
            )
            yield Problem(layer.name, fid, text, "警告")


def _gaps(layer: Layer, districts: npt.NDArray[Any], tree: shapely.STRtree) -> Iterator[Problem]:
    """Holes in the land of all districts that border on one of ours (those in ``tree``)."""
    for part in shapely.get_parts(shapely.union_all(districts)):
        for ring in part.interiors:
            hole = shapely.Polygon(ring)
            ours = len(tree.query(hole, predicate="intersects"))
            if hole.area / 1e6 <= SLIVER_KM2 or not ours:
                continue
            x, y = hole.representative_point().coords[0]
            text = (
                f"行政区之间有一块约 {hole.area / 1e6:,.1f} km² 的空隙"
                f"(东 {x:.0f}、北 {y:.0f} 附近)不属于任何区。如果不是邻县的飞地,请修正边界。"
            )
            yield Problem(layer.name, None, text, "警告")


def _outside(layer: Layer, plan: Plan) -> Iterator[Problem]:
    areas = [
        shape
        for one in plan.of_kind("district")
        for shape in _array(one)
        if shape is not None and not shape.is_empty and shape.is_valid
    ]
    if not areas:
        return
    shapes = _array(layer)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    hit, _ = shapely.STRtree(np.array(areas, dtype=object)).query(
        shapes[there], predicate="intersects"
    )
    outside = np.ones(int(there.sum()), dtype=bool)
    outside[hit] = False
    for fid in layer.frame.index[there][outside]:
        text = f"{title_of(layer, fid)}不在任何行政区里。请检查它的位置,或补上那里的行政区。"
        yield Problem(layer.name, int(fid), text, "警告")


def _roles(layer: Layer) -> pd.Series:
    return layer.column("角色").map(lambda v: v.strip() if isinstance(v, str) else "")


def _array(layer: Layer) -> npt.NDArray[Any]:
    return np.asarray(layer.frame.geometry.array, dtype=object)
