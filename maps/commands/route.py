"""python main.py route: the quickest way between two places, or from the quickest facility."""

import argparse
import math
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping

from data.files import load
from data.geodesy import Ruler
from data.kinds import kind
from data.plan import Plan
from data.progress import part
from data.refused import Refused
from maps.analysis.network.profile import OFF_ROAD
from maps.analysis.network.route import Route, route, route_from_nearest
from maps.analysis.network.snap import FAR
from maps.analysis.timecover import TimeAsk
from maps.commands import minutes
from maps.commands.common import answer, json_argument, plan_argument, progress

ANY_KIND, ANY_LIMIT = "depot", 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``route``."""
    plan_argument(parser)
    add = parser.add_argument
    add("--from", dest="start", metavar="X,Y", help="起点:经度,纬度(度)或规划坐标(米)")
    add("--to", dest="end", required=True, metavar="X,Y", help="终点:经度,纬度(度)或规划坐标(米)")
    add("--of", metavar="KIND", help="不给起点时,从这一类设施中最快的一处出发")
    add("--class", dest="classes", action="append", default=[], metavar="C", help="只用这一级别")
    add("--only", nargs="+", action="extend", default=[], metavar="名称", help="只用这几处设施")
    add("--ready", default="0", metavar="MIN", help="出动、装卸等准备时间,分钟,默认 0")
    add("--status", default="全部", metavar="现状|规划|全部", help="哪些设施和道路")
    minutes.travel_arguments(parser)
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Find the way and print it."""
    if (arguments.start is None) == (arguments.of is None):
        raise Refused("请用 --from 给出起点,或用 --of 指定从哪一类设施出发,二者给一个。")
    end = _numbers(arguments.end, "--to")
    start = None if arguments.start is None else _numbers(arguments.start, "--from")
    book = load(arguments.plan, part(progress, 0.0, 0.5)).book
    plan = book.plan
    of = kind(arguments.of).name if arguments.of else ANY_KIND
    ask = TimeAsk(
        of,
        ANY_LIMIT,
        status=arguments.status,
        classes=tuple(arguments.classes),
        ready_minutes={"": minutes.minutes(arguments.ready)},
        only=minutes.named(plan, of, arguments.only),
        **minutes.travel(arguments, book),
    )
    goal = _place(plan, end, "--to")
    if start is None:
        found = route_from_nearest(plan, ask, goal)
    else:
        found = route(plan, ask, _place(plan, start, "--from"), goal)
    progress(1.0, "路线已找到")
    notes = remarks(found, ask)
    values = {**as_json(found, plan), "remarks": notes}
    answer(values, "\n".join([as_text(found), *notes]), arguments.json)
    return 0


def _numbers(text: str, option: str) -> tuple[float, float]:
    words = text.replace("，", ",").split(",")
    try:
        x, y = (float(word) for word in words)
    except ValueError:
        raise Refused(f"{option} 要写成 X,Y,例如 118.95,42.27,现在是“{text}”。") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Refused(f"{option} 要写成 X,Y,例如 118.95,42.27,现在是“{text}”。")
    return x, y


def _place(plan: Plan, xy: tuple[float, float], option: str) -> tuple[float, float]:
    x, y = xy
    if abs(x) > 360 or abs(y) > 360:
        return x, y
    if not (70 <= x <= 140 and 0 <= y <= 60):
        raise Refused(
            f"{option} 的经纬度 {x:g},{y:g} 不在中国范围内,请检查是否写反(先经度后纬度)。"
        )
    east, north = Ruler(plan.crs).from_lonlat(x, y)
    return float(east), float(north)


def as_json(found: Route, plan: Plan) -> dict[str, Any]:
    """Return the way as plain values; ``geometry`` is GeoJSON in degrees."""
    ruler = Ruler(plan.crs)
    line = shapely.LineString(zip(*ruler.to_lonlat(*np.array(found.line.coords).T), strict=True))
    return {
        "minutes": found.minutes,
        "km": found.km,
        "facility": found.facility or None,
        "ready": found.ready,
        "estimated": found.estimated,
        "geometry": mapping(line),
        "via": [
            {
                "name": via.name,
                "class": via.road_class or None,
                "km": via.km,
                "minutes": via.minutes,
                "estimated": via.estimated,
            }
            for via in found.via
        ],
    }


def remarks(found: Route, ask: TimeAsk) -> list[str]:
    """What the minutes stand on, and long stretches away from any road."""
    leg = ask.profile.leg(ask.profile.offroad, ask.condition)
    out = [f"按{ask.profile.basis}计算;路况:{ask.weather}。"]
    ends = [via for via in found.via if via.name == OFF_ROAD]
    out += [
        f"有一段 {via.km:,.1f} km 不在路上(这一端离最近的道路超过 {FAR / 1000:g} km),"
        f"按直线 × {leg.detour:g}、{leg.kmh:g} km/h 估算;请核对坐标。"
        for via in ends
        if via.km * 1000 > FAR * leg.detour
    ]
    if any(via.estimated for via in found.via if via.name != OFF_ROAD):
        out.append("标“估算”的路是示意线,里程取资料所列,行车时间为估算。")
    return out


def as_text(found: Route) -> str:
    """Return the way in words, stretch by stretch."""
    head = f"{found.minutes:.1f} 分钟,{found.km:.1f} km"
    if found.facility:
        ready = f"(含准备 {found.ready:.1f} 分钟)" if found.ready > 0 else ""
        head = f"从“{found.facility}”出发,{head}{ready}"
    lines = [head]
    for via in found.via:
        word = ",估算" if via.estimated else ""
        grade = f"({via.road_class})" if via.road_class else ""
        lines.append(f"  {via.name}{grade}:{via.km:.1f} km,{via.minutes:.1f} 分钟{word}")
    return "\n".join(lines)
