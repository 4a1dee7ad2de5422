"""python main.py isochrone: what the facilities of one kind reach within 5, 10, 15 minutes."""

import argparse
from pathlib import Path
from typing import Any

from data.files import load
from data.kinds import kind
from data.progress import part
from data.refused import Refused
from maps.analysis.network.isochrone import Band, Isochrones, isochrones
from maps.analysis.timecover import MEASURES
from maps.commands import minutes
from maps.commands.accounts import number, people_text
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.drawing.roadfiles import write_bands
from maps.drawing.shapes import check_target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``isochrone``."""
    plan_argument(parser)
    minutes.selection_arguments(parser)
    parser.add_argument("--minutes", required=True, metavar="5,10,15", help="时限,分钟,可写多个")
    parser.add_argument("--each", action="store_true", help="每处设施各画一套,默认合在一起")
    minutes.facility_arguments(parser)
    minutes.travel_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="写成 .gpkg 或 .geojson")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work the areas out, write them, print the table."""
    limits = _limits(arguments.minutes)
    if arguments.output is not None:
        check_target(arguments.output)
    book = load(arguments.plan, part(progress, 0.0, 0.2)).book
    plan = book.plan
    ask = minutes.time_ask(arguments, book, max(limits))
    result = isochrones(plan, ask, limits, each=arguments.each, report=part(progress, 0.2, 1.0))
    if arguments.output is not None:
        write_bands(arguments.output, result)
    answer(as_json(result), as_text(result, arguments.output), arguments.json)
    return 0


def _limits(text: str) -> list[float]:
    words = [word for word in text.replace("，", ",").split(",") if word.strip()]
    if not words:
        raise Refused("--minutes 要写时限(分钟),例如 5,10,15。")
    return [minutes.minutes(word) for word in words]


def as_json(result: Isochrones) -> dict[str, Any]:
    """Return the bands as plain values (areas km², persons None when unknown)."""
    return {
        "of": result.ask.of,
        "measure": result.ask.measure,
        "limits": list(result.limits),
        "vehicle": result.ask.vehicle_name,
        "profile": result.ask.weather,
        "bands": [_band(band) for band in result.bands],
        "estimated": result.estimated,
        "estimated_roads": list(result.remarks.estimated_roads),
        "remarks": list(result.remarks.sentences),
        "basis": result.basis or None,
    }


def _band(band: Band) -> dict[str, Any]:
    def people(value: float | None) -> float | int | None:
        return None if value is None else number(value)

    return {
        "facility": band.facility or None,
        "minutes": band.minutes,
        "area_km2": band.area_km2,
        "people": people(band.people),
        "ring_area_km2": band.ring_km2,
        "ring_people": people(band.ring_people),
    }


def as_text(result: Isochrones, path: Path | None) -> str:
    """Return a line per band and the remarks."""
    how = f"{kind(result.ask.of).title},{MEASURES[result.ask.measure]},路况:{result.ask.weather}"
    lines = [how]
    lines += [
        f"{band.facility + ':' if band.facility else ''}{band.minutes:g} 分钟内 "
        f"{people_text(band.people)} 人,{band.area_km2:,.1f} km²"
        for band in result.bands
    ]
    lines += result.remarks.sentences
    lines.append(f"人口口径:{result.basis or '规划里没有人口图层,人口未知'}")
    if path is not None:
        lines.append(f"已写出“{path}”。")
    return "\n".join(lines)
