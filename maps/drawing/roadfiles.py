"""Answers by road as layers, of the plan or for other programs: isochrones, areas, findings.

A kept answer is a layer of kind “reach”: plain areas with their numbers and what they were
worked out from. It does not follow the plan any more.
"""

from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from data.kinds import BY_NAME
from data.plan import Layer, Plan, make_layer
from data.refused import Refused
from maps.analysis.network.areas import Areas
from maps.analysis.network.doctor import Checkup
from maps.analysis.network.isochrone import Isochrones
from maps.drawing.shapes import write_shapes
from maps.drawing.style import LEFT_OUT

AREA_VERDICTS = {True: "超出", False: "不超", None: "无标准"}


def write_bands(path: Path, result: Isochrones) -> None:
    """Write a polygon per band (areas km²), the widest below so that all can be seen."""
    bands = sorted(result.bands, key=lambda band: -band.minutes)
    rows = [
        {
            "设施": band.facility or "全部",
            "时限": band.minutes,
            "面积km2": band.area_km2,
            "人口": band.people,
            "依据": result.remarks.basis,
        }
        for band in bands
    ]
    write_shapes(path, "等时圈", rows, [band.shape for band in bands], result.plan.crs)


def bands_layer(result: Isochrones, name: str, date: str) -> Layer:
    """Return isochrones as a layer of the plan called ``name``, the widest first (below).

    ``date`` as 2025-06-30. Raises Refused when nothing is reached at all.
    """
    bands = sorted(result.bands, key=lambda band: -band.minutes)
    rows = [
        {
            "名称": f"{band.facility or BY_NAME[result.ask.of].title}{band.minutes:g} 分钟",
            "类型": "等时圈",
            "设施": band.facility or BY_NAME[result.ask.of].title,
            "时限": band.minutes,
            "面积": round(band.area_km2, 4),
            "人口": band.people,
        }
        for band in bands
    ]
    return _kept(name, rows, [band.shape for band in bands], result, date)


def areas_layer(result: Areas, name: str, date: str) -> Layer:
    """Return responsibility areas, and what nobody reaches, as a layer called ``name``."""
    kept = [area for area in result.areas if not area.shape.is_empty]
    rows: list[dict[str, Any]] = [
        {
            "名称": f"{area.name}责任区",
            "类型": "责任区",
            "设施": area.name,
            "行政区": area.district or None,
            "面积": round(area.km2, 4),
            "人口": area.people,
            "面积标准": area.limit_km2,
        }
        for area in kept
    ]
    shapes = [area.shape for area in kept]
    if not result.left.is_empty:
        rows.append(
            {
                "名称": LEFT_OUT,
                "类型": LEFT_OUT,
                "面积": round(result.left_km2, 4),
                "人口": result.left_people,
            }
        )
        shapes.append(result.left)
    return _kept(name, rows, shapes, result, date)


def _kept(
    name: str,
    rows: list[dict[str, Any]],
    shapes: list[Any],
    result: Isochrones | Areas,
    date: str,
) -> Layer:
    solid = [_solid(shape) for shape in shapes]
    kept = [i for i, shape in enumerate(solid) if not shape.is_empty]
    if not kept:
        raise Refused("在这些时限里哪里也到不了,没有可存的范围。请放宽时限再计算。")
    stands_on = {"依据": kept_basis(result), "日期": date}
    frame = gpd.GeoDataFrame(
        [rows[i] | stands_on for i in kept],
        geometry=[solid[i] for i in kept],
        crs=result.plan.crs,
    )
    return make_layer(name, "reach", frame, result.plan.crs, basis=result.basis)


def _solid(shape: shapely.Geometry) -> shapely.Geometry:
    """The shape's polygons: mending one that touches itself may leave lines behind."""
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shape)))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def kept_basis(result: Isochrones | Areas) -> str:
    """What a kept answer stands on, in words: who sets out, how one travels, estimates."""
    ask = result.ask
    who = f"选定的 {len(ask.only):,} 处" if ask.only else "、".join(ask.classes)
    words = [f"{BY_NAME[ask.of].title}({ask.status}{',' if who else ''}{who})"]
    ready = [f"{name}{minutes:g} 分钟" for name, minutes in ask.ready_minutes.items() if minutes]
    words.append(f"准备时间 {'、'.join(ready)}" if ready else "未计准备时间")
    words.append(result.remarks.basis.removesuffix("。"))
    if result.remarks.estimated_roads:
        words.append("含示意的道路,行车时间为估算")
    words.append(f"人口依据 {result.basis}" if result.basis else "没有人口图层")
    return ";".join(words)


def write_areas(path: Path, result: Areas) -> None:
    """Write a polygon per station, and what nobody reaches."""
    kept = [area for area in result.areas if not area.shape.is_empty]
    rows: list[dict[str, Any]] = [
        {
            "名称": area.name,
            "级别": area.grade,
            "行政区": area.district,
            "面积km2": area.km2,
            "人口": area.people,
            "面积标准km2": area.limit_km2,
            "结论": AREA_VERDICTS[area.too_large],
            "依据": result.remarks.basis,
        }
        for area in kept
    ]
    shapes = [area.shape for area in kept]
    if not result.left.is_empty:
        rows.append({"名称": "到不了", "面积km2": result.left_km2, "人口": result.left_people})
        shapes.append(result.left)
    write_shapes(path, "责任区", rows, shapes, result.plan.crs)


def write_findings(path: Path, result: Checkup, plan: Plan) -> None:
    """Write a point per finding that has a place."""
    placed = [f for f in result.findings if f.x == f.x]
    rows = [
        {
            "问题": f.kind,
            "说明": f.text,
            "已处理": "是" if f.fixed else "否",
            "道路": "、".join(f"{layer}:{fid}" for layer, fid in f.roads),
        }
        for f in placed
    ]
    write_shapes(path, "道路问题", rows, [shapely.Point(f.x, f.y) for f in placed], plan.crs)
