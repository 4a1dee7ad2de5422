"""python main.py coverage: who and how much area the facilities of one kind reach."""

import argparse
import unicodedata
from typing import Any

from data.files import load
from data.kinds import STATUS_SETS
from data.progress import part
from data.refused import Refused
from maps.analysis.coverage import Coverage, CoverageAsk, Reached, coverage
from maps.commands.common import answer, json_argument, plan_argument, progress

UNKNOWN = "未知"


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
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work the coverage out and print it."""
    ask = _ask(arguments)
    plan = load(arguments.plan, part(progress, 0.0, 0.3)).book.plan
    result = coverage(plan, ask, part(progress, 0.3, 1.0))
    answer(as_json(result), as_text(result), arguments.json)
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
    people = {k: v for k, v in _row(whole).items() if k.startswith("people") or k == "share"}
    out = {
        "of": result.sites.facilities.kind.name,
        "measure": "radius",
        "limit": limit,
        "facilities": len(result.sites),
        **people,
        "area_km2_total": whole.area_km2_total,
        "area_km2_covered": whole.area_km2_covered,
        "area_share": whole.area_share,
        "multiplicity": {
            times: _number(n)
            for times, n in zip(("0", "1", "2", "3+"), whole.multiplicity, strict=True)
        },
        "by_district": [
            {"name": row.name, "adcode": row.adcode, **_row(row)} for row in result.by_district
        ],
        "basis": result.basis or None,
    }
    if result.outside is not None:
        outside = _row(result.outside)
        out["outside"] = {k: outside[k] for k in ("people_total", "people_covered", "share")}
    return out


def as_text(result: Coverage) -> str:
    """Return the answer as a small table and the lines one needs to read it rightly."""
    title = result.sites.facilities.kind.title
    rows: list[tuple[str, ...]] = [("", "人口", "覆盖人口", "占比", "面积 km²", "覆盖 km²", "占比")]
    rows += [_cells(row) for row in (*result.by_district, result.whole)]
    if result.outside is not None:
        rows.append(_cells(result.outside))
    wide = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [f"{title} {len(result.sites)} 处,{_limits(result.ask)},状态:{result.ask.status}"]
    lines += ["  ".join(_pad(cell, wide[i], i > 0) for i, cell in enumerate(r)) for r in rows]
    times = zip(("0 处", "1 处", "2 处", "3 处及以上"), result.whole.multiplicity, strict=True)
    lines.append("被几处覆盖:" + ";".join(f"{n} {_people(v)} 人" for n, v in times))
    lines.append(f"人口口径:{result.basis or '规划里没有人口图层,人口未知'}")
    if result.demand.unknown:
        lines.append(f"有 {result.demand.unknown} 个人口点没有人口数,所在区的人口按未知处理。")
    if result.outside is not None:
        lines.append("区外:不在任何规划区内的人口,不计入合计。")
    return "\n".join(lines)


def _ask(arguments: argparse.Namespace) -> CoverageAsk:
    radii: dict[str, float] = {}
    for word in arguments.radius_of:
        name, mark, value = word.partition("=")
        if not mark or not name.strip():
            raise Refused(f"--radius-of 要写成 级别=米,例如 市级=50000,现在是“{word}”。")
        radii[name.strip()] = _metres(value)
    radius = None if arguments.radius is None else _metres(arguments.radius)
    if radius is None and not radii:
        raise Refused("请用 --radius 给出服务半径(米),例如 --radius 50000。")
    return CoverageAsk(
        arguments.of, radius, radii, tuple(arguments.classes), arguments.status, arguments.people
    )


def _metres(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(f"服务半径要填数字(米),现在是“{text}”。") from None


def _row(row: Reached) -> dict[str, Any]:
    return {
        "people_total": _number(row.people_total),
        "people_covered": _number(row.people_covered),
        "share": row.share,
        "area_km2_total": row.area_km2_total,
        "area_km2_covered": row.area_km2_covered,
    }


def _number(value: float | None) -> float | int | None:
    """Whole persons are written without a decimal point."""
    return int(value) if value is not None and value.is_integer() else value


def _cells(row: Reached) -> tuple[str, ...]:
    return (
        row.name,
        _people(row.people_total),
        _people(row.people_covered),
        _percent(row.share),
        _square(row.area_km2_total),
        _square(row.area_km2_covered),
        _percent(row.area_share),
    )


def _people(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _square(value: float | None) -> str:
    return "—" if value is None else f"{value:,.1f}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _limits(ask: CoverageAsk) -> str:
    own = [f"{name} {radius / 1000:g} km" for name, radius in ask.radii.items()]
    if ask.radius is not None:
        own.append(f"{'其余' if own else '半径'} {ask.radius / 1000:g} km")
    return "、".join(own)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap
