"""python main.py export PLAN --layer NAME -o X.shp: a layer for other programs."""

import argparse
from pathlib import Path

from data import files
from data.imports.exports import export_layer
from data.kinds import BY_NAME, BY_TITLE
from data.plan import Layer, Plan
from data.progress import part
from data.scenarios import find_scenario, go_to
from maps.commands.common import answer, json_argument, plan_argument, progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``export``."""
    plan_argument(parser)
    parser.add_argument("--layer", required=True, metavar="图层", help="图层名称或类别")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="X",
        help="写到哪里:.shp .gpkg .geojson .kml .csv .xlsx",
    )
    parser.add_argument("--encoding", default="", metavar="E", help="GBK 或 UTF-8(默认 UTF-8)")
    parser.add_argument(
        "--crs", default="", metavar="C", help="坐标系,如 CGCS2000、EPSG:4549、GCJ-02"
    )
    parser.add_argument("--scenario", metavar="方案", help="哪个方案,默认是文件里的当前方案")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the layer and say what could not be kept."""
    book = files.load(arguments.plan, part(progress, 0.0, 0.3)).book
    if arguments.scenario is not None:
        book = go_to(find_scenario(book, arguments.scenario))(book)
    done = export_layer(
        _layer(book.plan, arguments.layer),
        arguments.output,
        crs=arguments.crs,
        encoding=arguments.encoding,
        report=part(progress, 0.3, 1.0),
    )
    told = {
        "path": str(done.path),
        "count": done.count,
        "crs": done.crs,
        "notes": list(done.notes),
    }
    lines = [f"已写出“{done.path}”:{done.count:,} 个要素,坐标系 {done.crs}。"]
    answer(told, "\n".join([*lines, *(f"说明:{n}。" for n in done.notes)]), arguments.json)
    return 0


def _layer(plan: Plan, name: str) -> Layer:
    """The layer of that name, or the only one of that kind."""
    if plan.find(name) is None and (name in BY_NAME or name in BY_TITLE):
        layers = plan.of_kind(name)
        if layers:
            return layers[0]
    return plan.layer(name)
