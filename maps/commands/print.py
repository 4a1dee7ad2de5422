"""``main.py print PLAN --map 布局图 --paper A3 -o X.pdf``: a plan's map as a file."""

import argparse
import datetime
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from data import files
from data.kinds import STATUS_SETS, kind
from data.progress import part
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk
from maps.analysis.facilities import Status
from maps.analysis.timecover import TimeAsk
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.drawing.paper import SIZES
from maps.drawing.printing import FORMATS, PrintAsk, Printed, print_map, with_defaults
from maps.drawing.templates import TEMPLATES, template

_BLOCK = (
    ("--title", "title", "图名,默认由地名与图种组成"),
    ("--unit", "organisation", "编制单位"),
    ("--number", "sheet_number", "图号"),
    ("--secrecy", "secrecy", "密级"),
    ("--approval", "approval", "审图号"),
    ("--source", "source", "资料来源,写在图下"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``print``."""
    plan_argument(parser)
    parser.add_argument(
        "--map", default="布局图", metavar="|".join(TEMPLATES), help="哪一种图(默认布局图)"
    )
    parser.add_argument("--paper", default="A3", metavar="|".join(SIZES), help="纸张(默认 A3)")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--landscape", action="store_true", help="横放;不指定则取图幅较大的一种")
    way.add_argument("--portrait", action="store_true", help="竖放")
    parser.add_argument("--dpi", default="300", metavar="N", help="图片分辨率,50–600(默认 300)")
    parser.add_argument("--scale", metavar="N", help="比例尺分母,如 500000;默认取放得下的最大整数")
    parser.add_argument(
        "--of", metavar="KIND", help="覆盖、盲区、责任区图:算哪类设施(默认储备库;责任区为消防站)"
    )
    parser.add_argument("--radius", metavar="METRES", help="覆盖、盲区图:服务半径,米(默认 50000)")
    parser.add_argument(
        "--status",
        default="全部",
        metavar="|".join(STATUS_SETS),
        help="覆盖、盲区、责任区、路线图:算哪些状态的设施",
    )
    parser.add_argument("--date", help="图签里的日期,默认今天")
    for flag, name, text in _BLOCK:
        parser.add_argument(flag, dest=name, default="", metavar="文字", help=text)
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        type=Path,
        metavar="X.pdf",
        help=f"写到哪个文件({'、'.join(FORMATS)})",
    )
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw the map and write it."""
    ask = _ask(arguments)
    plan = files.load(arguments.plan, part(progress, 0.0, 0.2)).book.plan
    ask = _of_status(with_defaults(plan, ask), arguments.status)
    made = print_map(plan, ask, arguments.out, part(progress, 0.2, 1.0))
    answer(_values(made, ask, arguments.out), _sentence(made, ask, arguments.out), arguments.json)
    return 0


def _ask(arguments: argparse.Namespace) -> PrintAsk:
    landscape = True if arguments.landscape else False if arguments.portrait else None
    return PrintAsk(
        map_name=arguments.map,
        paper=arguments.paper.upper(),
        landscape=landscape,
        dpi=round(_number("--dpi", arguments.dpi)),
        date=today() if arguments.date is None else arguments.date,
        scale=None if arguments.scale is None else _number("--scale", arguments.scale),
        coverage=_coverage(arguments),
        time=_time(arguments),
        **{name: getattr(arguments, name) for _, name, _ in _BLOCK},
    )


def _coverage(arguments: argparse.Namespace) -> CoverageAsk | None:
    if arguments.of is None and arguments.radius is None:
        return None
    if template(arguments.map).timed:
        return None
    radius = 50_000.0 if arguments.radius is None else _number("--radius", arguments.radius)
    return CoverageAsk(arguments.of or "depot", radius, status=arguments.status)


def _time(arguments: argparse.Namespace) -> TimeAsk | None:
    """Return whose land a map of responsibility areas shows, None for the usual stations."""
    if arguments.of is None or template(arguments.map).subject != "areas":
        return None
    return TimeAsk(kind(arguments.of).name, 60.0, status=arguments.status)


def _of_status(ask: PrintAsk, status: Status) -> PrintAsk:
    """Return the ask for facilities of this status, whatever it works out."""
    if ask.coverage is not None:
        ask = replace(ask, coverage=replace(ask.coverage, status=status))
    if ask.time is not None:
        ask = replace(ask, time=replace(ask.time, status=status))
    return ask


def _number(flag: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Refused(f"{flag} 要填数字,现在是“{text}”。")
    return number


def today() -> str:
    """Return today's date as a title block shows it."""
    day = datetime.date.today()
    return f"{day.year}年{day.month}月{day.day}日"


def _values(made: Printed, ask: PrintAsk, out: Path) -> dict[str, Any]:
    page = made.page
    return {
        "file": str(out),
        "map": ask.map_name,
        "title": made.title,
        "paper": ask.paper,
        "landscape": page.width > page.height,
        "width_mm": page.width,
        "height_mm": page.height,
        "scale": made.fit.denominator,
        "names_left_out": list(made.names_left_out),
    }


def _sentence(made: Printed, ask: PrintAsk, out: Path) -> str:
    way = "横" if made.page.width > made.page.height else "竖"
    words = f"已写出“{out}”:{made.title},{ask.paper} {way}幅,1:{made.fit.denominator:,.0f}。"
    left_out = made.names_left_out
    if left_out:
        some = "、".join(left_out[:8])
        more = "等" if len(left_out) > 8 else ""
        words += (
            f"\n有 {len(left_out)} 个名称没有位置,未标注:{some}{more}。换大一号的纸可以标出更多。"
        )
    return words
