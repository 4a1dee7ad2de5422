"""Asking in minutes: what ``coverage``, ``isochrone``, ``areas`` and ``route`` share."""

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from data.kinds import STATUS_SETS, Kind, is_missing, kind
from data.plan import Book, Plan
from data.refused import Refused
from maps.analysis.demand import demand
from maps.analysis.network.costs import FeatureId
from maps.analysis.network.ground import ground
from maps.analysis.network.profile import (
    conditions,
    own_speeds,
    suggested_minutes,
    vehicles,
)
from maps.analysis.network.terrain import even, read_heights
from maps.analysis.timecover import MEASURES, TimeAsk, TimeCover
from maps.commands import accounts

_BANDS = {"中": "middle", "快": "fast", "慢": "slow"}


def travel_arguments(parser: argparse.ArgumentParser) -> None:
    """Add who travels, in which weather, over which roads."""
    add = parser.add_argument
    add("--profile", default="晴", metavar="|".join(conditions()), help="路况,默认 晴")
    add("--band", default="中", metavar="|".join(_BANDS), help="路况降速幅度取中、快端或慢端")
    add("--vehicle", default="", metavar="|".join(vehicles()), help="出行方式,默认按设施类别")
    add("--speed", nargs="+", action="extend", default=[], metavar="等级=km/h", help="自定车速")
    add(
        "--closed",
        nargs="+",
        action="extend",
        default=[],
        metavar="道路",
        help="封闭的道路:要素编号、名称或路线编号,可写多个",
    )
    add(
        "--flooded",
        nargs="+",
        action="extend",
        default=[],
        metavar="灾害区",
        help="淹没的灾害区(编号或名称),它碰到的道路不通",
    )
    add("--join-crossings", action="store_true", help="线形相交但没有共同节点处也当作路口")


def facility_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which facilities, their readiness, and how minutes are told."""
    add = parser.add_argument
    add("--ready", default="0", metavar="MIN", help="出动、装卸等准备时间,分钟,默认 0")
    add(
        "--ready-of",
        nargs="+",
        action="extend",
        default=[],
        metavar="级别=MIN",
        help="某一级别自己的准备时间,可写多个",
    )
    add("--only", nargs="+", action="extend", default=[], metavar="名称", help="只用这几处设施")
    add(
        "--measure",
        default="network",
        metavar="|".join(MEASURES),
        help="network 走路网(默认),detour 直线估算,friction 路网加越野",
    )
    add("--inbound", action="store_true", help="算从人到设施(避难、就医),默认从设施到人")
    add("--dem", type=Path, metavar="TIF", help="高程 GeoTIFF;与 friction 同用,按坡度步行")


def selection_arguments(parser: argparse.ArgumentParser) -> None:
    """Add kind, classes, status and people."""
    add = parser.add_argument
    add("--of", required=True, metavar="KIND", help="设施类别,如 fire_station 或 消防站")
    add("--class", dest="classes", action="append", default=[], metavar="C", help="只用这一级别")
    add("--status", default="全部", metavar="|".join(STATUS_SETS), help="现状、规划或全部(默认)")
    add("--people", default="", metavar="图层", help="有多个人口图层时用哪一个")


def given(arguments: argparse.Namespace) -> list[str]:
    """The options of this module that were given, as they are written."""
    parser = argparse.ArgumentParser(add_help=False)
    facility_arguments(parser)
    travel_arguments(parser)
    usual = vars(parser.parse_args([]))
    return [
        f"--{name.replace('_', '-')}"
        for name, value in usual.items()
        if getattr(arguments, name) != value
    ]


def time_ask(arguments: argparse.Namespace, book: Book, limit: float) -> TimeAsk:
    """Put an ask together; raises Refused for what cannot be understood."""
    if arguments.measure not in MEASURES:
        raise Refused(f"--measure 只能是{'、'.join(MEASURES)}之一,现在是“{arguments.measure}”。")
    plan, of = book.plan, kind(arguments.of)
    own = pairs(arguments.ready_of, "--ready-of 一级站=2")
    _check_classes(plan, of, own)
    ready = {"": minutes(arguments.ready), **own}
    terrain = None
    if arguments.dem is not None:
        if arguments.measure != "friction":
            raise Refused("--dem 要和 --measure friction 一起用。")
        grid = ground(demand(plan, arguments.people))
        terrain = even(grid, 1.0, read_heights(arguments.dem, plan.crs, grid))
    return TimeAsk(
        of=of.name,
        minutes=limit,
        status=arguments.status,
        classes=tuple(arguments.classes),
        ready_minutes=ready,
        measure=arguments.measure,
        only=named(plan, of.name, arguments.only),
        inbound=arguments.inbound,
        terrain=terrain,
        people=arguments.people,
        **travel(arguments, book),
    )


def _check_classes(plan: Plan, of: Kind, named: Iterable[str]) -> None:
    """Refuse a class that no facility of the kind has: its minutes would count for nobody."""
    words = (v for layer in plan.of_kind(of.name) for v in layer.column(of.class_column))
    known = dict.fromkeys(str(v) for v in words if not is_missing(v))
    for name in named:
        if name not in known:
            raise Refused(
                f"没有级别是“{name}”的{of.title}。现有的级别:{'、'.join(known) or '(都没有填)'}。"
            )


def travel(arguments: argparse.Namespace, book: Book) -> dict[str, Any]:
    """The part of an ask that says how one travels; the plan file's own speeds count."""
    if arguments.band not in _BANDS:
        raise Refused(f"--band 只能是{'、'.join(_BANDS)}之一,现在是“{arguments.band}”。")
    return {
        "vehicle": arguments.vehicle,
        "weather": arguments.profile,
        "edge": _BANDS[arguments.band],
        "speeds": {**own_speeds(book.facts), **pairs(arguments.speed, "--speed 国道=70")},
        "closed": named(book.plan, "road", arguments.closed),
        "flooded": named(book.plan, "hazard_zone", arguments.flooded),
        "join": arguments.join_crossings,
    }


def minutes(text: str) -> float:
    """Return the minutes a word says."""
    try:
        return float(text)
    except ValueError:
        raise Refused(f"时间要填分钟数,现在是“{text}”。") from None


def pairs(words: Sequence[str], example: str) -> dict[str, float]:
    """Return {name: number} from “name=number” words."""
    out = {}
    for word in words:
        name, mark, value = word.partition("=")
        try:
            out[name.strip()] = float(value)
        except ValueError:
            mark = ""
        if not mark or not name.strip():
            raise Refused(f"“{word}”写法不对,要写成 名称=数字,例如 {example}。")
    return out


def named(plan: Plan, kind_name: str, words: Sequence[str]) -> frozenset[FeatureId]:
    """Features by id, name or road number; raises Refused for a word that fits nothing."""
    found: set[FeatureId] = set()
    for word in words:
        hits = {
            (layer.name, int(fid))
            for layer in plan.of_kind(kind_name)
            for fid, name, numbers in zip(
                layer.frame.index, layer.column("名称"), layer.column("编号"), strict=True
            )
            if word in (str(fid), str(name)) or word in _numbers(numbers)
        }
        if not hits:
            raise Refused(f"没有编号或名称是“{word}”的{kind(kind_name).title}。")
        found |= hits
    return frozenset(found)


def _numbers(value: Any) -> list[str]:
    """Road numbers in a cell such as “G303、G305”."""
    return [] if is_missing(value) else re.split(r"[、,，;；/\s]+", str(value))


def cover_values(result: TimeCover) -> dict[str, Any]:
    """Return the answer as plain values; unknown is None, shares are 0–1, ``limit`` minutes."""
    ask, remarks = result.ask, result.remarks
    rows = [
        {**accounts.district_values(row), "minutes_mean": _finite(mean)}
        for row, mean in zip(result.by_district, result.average, strict=False)
    ]
    out = {
        "of": result.facilities.kind.name,
        "measure": ask.measure,
        "limit": ask.minutes,
        "facilities": len(result.facilities),
        **accounts.whole_values(result.whole),
        "minutes_mean": _finite(result.average[-1]),
        "by_district": rows,
        "basis": result.basis or None,
        "unreachable": {
            "people": None if result.unreachable is None else accounts.number(result.unreachable),
            "facilities": list(remarks.cut_off),
        },
        "vehicle": ask.vehicle_name,
        "profile": ask.weather,
        "ready": dict(ask.ready_minutes),
        "estimated": result.estimated,
        "estimated_roads": list(remarks.estimated_roads),
        "far_facilities": [
            {"name": f.name, "metres": f.metres, "people": f.people} for f in remarks.far
        ],
        "far_people": remarks.far_people,
        "remarks": list(remarks.sentences),
    }
    if result.outside is not None:
        out["outside"] = accounts.outside_values(result.outside)
    return out


def _finite(value: float) -> float | None:
    return float(value) if value == value else None


def cover_text(result: TimeCover) -> str:
    """Return the answer as a small table and the sentences one needs to read it rightly."""
    ask = result.ask
    title = result.facilities.kind.title
    ready = [
        f"{name or '准备时间'} {value:g} 分钟" for name, value in ask.ready_minutes.items() if value
    ]
    head = [
        f"{title} {len(result.facilities)} 处",
        f"{MEASURES[ask.measure]} {ask.minutes:g} 分钟",
        *(["含" + "、".join(ready)] if ready else ["未计准备与装卸时间"]),
        f"状态:{ask.status}",
    ]
    out = [",".join(head)]
    out += accounts.lines(result.by_district, result.whole, result.outside)
    if not ready and suggested_minutes(ask.of):
        words = [f"{name} {value:g} 分钟" for name, value, _ in suggested_minutes(ask.of)]
        out.append(f"可用 --ready 计入:{'、'.join(words)}(待核实)。")
    out += result.remarks.sentences
    out.append(f"人口口径:{result.basis or '规划里没有人口图层,人口未知'}")
    return "\n".join(out)
