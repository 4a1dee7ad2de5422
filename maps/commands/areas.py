"""python main.py areas: responsibility areas, every place to its quickest station."""

import argparse
from pathlib import Path
from typing import Any

from data.files import load
from data.kinds import kind
from data.progress import part
from maps.analysis.network.areas import Area, Areas, areas
from maps.analysis.timecover import MEASURES
from maps.commands import minutes
from maps.commands.accounts import number, people_text
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.drawing.roadfiles import AREA_VERDICTS, write_areas
from maps.drawing.shapes import check_target

ANY_LIMIT = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``areas``."""
    plan_argument(parser)
    minutes.selection_arguments(parser)
    parser.add_argument("--within-districts", action="store_true", help="责任区不跨行政区")
    parser.add_argument(
        "--suburban",
        nargs="+",
        action="extend",
        default=[],
        metavar="名称",
        help="按城市近郊区的面积标准衡量的站",
    )
    minutes.facility_arguments(parser)
    minutes.travel_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="写成 .gpkg 或 .geojson")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Divide the land, write it, print the table."""
    if arguments.output is not None:
        check_target(arguments.output)
    book = load(arguments.plan, part(progress, 0.0, 0.2)).book
    plan = book.plan
    # Everybody belongs to somebody, however late he comes: the limit of the ask is not used.
    ask = minutes.time_ask(arguments, book, ANY_LIMIT)
    result = areas(
        plan,
        ask,
        within_districts=arguments.within_districts,
        suburban=minutes.named(plan, ask.of, arguments.suburban),
        report=part(progress, 0.2, 1.0),
    )
    if arguments.output is not None:
        write_areas(arguments.output, result)
    answer(as_json(result), as_text(result, arguments.output), arguments.json)
    return 0


def as_json(result: Areas) -> dict[str, Any]:
    """Return the areas as plain values."""
    return {
        "of": result.ask.of,
        "measure": result.ask.measure,
        "areas": [_area(area) for area in result.areas],
        "unserved": {"area_km2": result.left_km2, "people": _people(result.left_people)},
        "clause": result.clause or None,
        "estimated": result.estimated,
        "estimated_roads": list(result.remarks.estimated_roads),
        "remarks": list(result.remarks.sentences),
        "basis": result.basis or None,
    }


def _area(area: Area) -> dict[str, Any]:
    return {
        "name": area.name,
        "layer": area.layer,
        "id": area.fid,
        "class": area.grade or None,
        "district": area.district or None,
        "area_km2": area.km2,
        "people": _people(area.people),
        "limit_km2": area.limit_km2,
        "too_large": area.too_large,
    }


def _people(value: float | None) -> float | int | None:
    return None if value is None else number(value)


def as_text(result: Areas, path: Path | None) -> str:
    """Return a line per station, what is left over, and the remarks."""
    how = f"{kind(result.ask.of).title},按{MEASURES[result.ask.measure]},路况:{result.ask.weather}"
    lines = [how]
    for area in result.areas:
        limit = f",标准 {area.limit_km2:g} km²" if area.limit_km2 else ""
        lines.append(
            f"{area.name}({area.grade or '未填级别'}):{area.km2:,.1f} km²,"
            f"{people_text(area.people)} 人{limit},{AREA_VERDICTS[area.too_large]}"
        )
    if result.left_km2 > 0:
        lines.append(f"到不了:{result.left_km2:,.1f} km²,{people_text(result.left_people)} 人")
    if result.clause:
        lines.append(f"面积标准:{result.clause},待核实。")
    lines += result.remarks.sentences
    lines.append(f"人口口径:{result.basis or '规划里没有人口图层,人口未知'}")
    if path is not None:
        lines.append(f"已写出“{path}”。")
    return "\n".join(lines)
