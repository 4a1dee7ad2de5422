"""python main.py coverage: who and how much area the facilities of one kind reach."""

import argparse
from typing import Any

from data.files import load
from data.kinds import STATUS_SETS
from data.progress import part
from data.refused import Refused
from maps.analysis.coverage import Coverage, CoverageAsk, coverage
from maps.analysis.timecover import timecover
from maps.commands import accounts, minutes
from maps.commands.common import answer, json_argument, plan_argument, progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``coverage``."""
    plan_argument(parser)
    parser.add_argument("--of", required=True, metavar="KIND", help="设施类别,如 depot 或 储备库")
    parser.add_argument("--radius", metavar="METRES", help="服务半径,米(椭球面上的直线距离)")
    parser.add_argument(
        "--radius-of",
        nargs="+",
        action="extend",
        default=[],
        metavar="级别=米",
        help="某一级别自己的服务半径,可写多个",
    )
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="C",
        help="只统计这一级别(类别)的设施,可写多次",
    )
    parser.add_argument(
        "--status",
        default="全部",
        metavar="|".join(STATUS_SETS),
        help="现状:今天有的;规划:在建与规划的;全部:规划实施后都有的(默认)",
    )
    parser.add_argument("--people", default="", metavar="图层", help="有多个人口图层时用哪一个")
    group = parser.add_argument_group("按行车时间(与 --radius 二选一)")
    group.add_argument("--minutes", metavar="T", help="时限,分钟")
    minutes.facility_arguments(parser)
    minutes.travel_arguments(parser)
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work the coverage out and print it."""
    if arguments.minutes is not None:
        return _in_minutes(arguments)
    ask = _ask(arguments)
    plan = load(arguments.plan, part(progress, 0.0, 0.3)).book.plan
    result = coverage(plan, ask, part(progress, 0.3, 1.0))
    answer(as_json(result), as_text(result), arguments.json)
    return 0


def _in_minutes(arguments: argparse.Namespace) -> int:
    if arguments.radius is not None or arguments.radius_of:
        raise Refused("--minutes 和 --radius 只能用一个:一个按时间算,一个按距离算。")
    limit = minutes.minutes(arguments.minutes)
    book = load(arguments.plan, part(progress, 0.0, 0.3)).book
    ask = minutes.time_ask(arguments, book, limit)
    result = timecover(book.plan, ask, part(progress, 0.3, 1.0))
    answer(minutes.cover_values(result), minutes.cover_text(result), arguments.json)
    return 0


def as_json(result: Coverage) -> dict[str, Any]:
    """Return the answer as plain values; unknown is None, shares are 0–1.

    ``limit`` is the radius in metres, or metres by class when classes have their own ("" for
    the rest). ``outside`` (people in no planning district, not part of the whole) is there
    only when there are such people.
    """
    ask, whole = result.ask, result.whole
    limit: Any = ask.radius
    if ask.radii:
        limit = {**ask.radii, **({} if ask.radius is None else {"": ask.radius})}
    out = {
        "of": result.sites.facilities.kind.name,
        "measure": "radius",
        "limit": limit,
        "facilities": len(result.sites),
        **accounts.whole_values(whole),
        "by_district": [accounts.district_values(row) for row in result.by_district],
        "basis": result.basis or None,
    }
    if result.outside is not None:
        out["outside"] = accounts.outside_values(result.outside)
    return out


def as_text(result: Coverage) -> str:
    """Return the answer as a small table and the lines one needs to read it rightly."""
    title = result.sites.facilities.kind.title
    lines = [f"{title} {len(result.sites)} 处,{_limits(result.ask)},状态:{result.ask.status}"]
    lines += accounts.lines(result.by_district, result.whole, result.outside)
    lines.append(f"人口口径:{result.basis or '规划里没有人口图层,人口未知'}")
    if result.demand.unknown:
        lines.append(f"有 {result.demand.unknown} 个人口点没有人口数,所在区的人口按未知处理。")
    if result.outside is not None:
        lines.append("区外:不在任何规划区内的人口,不计入合计。")
    return "\n".join(lines)


def _ask(arguments: argparse.Namespace) -> CoverageAsk:
    timed = minutes.given(arguments)
    if timed:
        raise Refused(
            f"{'、'.join(timed)} 只在按时间计算时有用,而现在没有 --minutes。"
            "请加上 --minutes,或去掉这些参数按半径计算。"
        )
    radii: dict[str, float] = {}
    for word in arguments.radius_of:
        name, mark, value = word.partition("=")
        if not mark or not name.strip():
            raise Refused(f"--radius-of 要写成 级别=米,例如 市级=50000,现在是“{word}”。")
        radii[name.strip()] = _metres(value)
    radius = None if arguments.radius is None else _metres(arguments.radius)
    if radius is None and not radii:
        raise Refused("请用 --radius 给出服务半径(米),例如 --radius 50000;按时间算则用 --minutes。")
    return CoverageAsk(
        arguments.of, radius, radii, tuple(arguments.classes), arguments.status, arguments.people
    )


def _metres(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(f"服务半径要填数字(米),现在是“{text}”。") from None


def _limits(ask: CoverageAsk) -> str:
    own = [f"{name} {radius / 1000:g} km" for name, radius in ask.radii.items()]
    if ask.radius is not None:
        own.append(f"{'其余' if own else '半径'} {ask.radius / 1000:g} km")
    return "、".join(own)
