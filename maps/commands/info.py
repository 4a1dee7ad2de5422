"""python main.py info: what a plan file holds and what is wrong with it."""

import argparse
import math
from typing import Any

from data.checks import Problem, problems
from data.files import load
from data.geodesy import Ruler
from data.kinds import BACKGROUND, SHAPE_TITLES, is_missing
from data.plan import Book, Layer, Plan, crs_title
from data.progress import part
from data.scenarios import find_scenario
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.commands.table import table

UNKNOWN = "未知"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``info``."""
    plan_argument(parser)
    parser.add_argument("--scenario", metavar="方案", help="哪个方案,默认是文件里的当前方案")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what the plan holds."""
    book = load(arguments.plan, part(progress, 0.0, 0.7)).book
    plan = book.plan
    if arguments.scenario is not None:
        plan = book.plans[find_scenario(book, arguments.scenario)]
    found = problems(plan)
    told = as_json(book, plan, found)
    progress(1.0, "完成")
    answer(told, as_text(book, plan, told, found), arguments.json)
    return 0


def as_json(book: Book, plan: Plan, found: list[Problem]) -> dict[str, Any]:
    """Return the answer as plain values: persons, km² on the ellipsoid; unknown is None."""
    return {
        "title": book.title,
        "crs": plan.crs,
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind_name,
                "geometry": layer.kind.geometry,
                "count": len(layer),
            }
            for layer in plan
        ],
        "districts": [row for layer in plan.of_kind("district") for row in _districts(layer)],
        "population_total": population_total(plan),
        "problems": [{"layer": p.layer, "id": p.id, "message": p.message} for p in found],
    }


def population_total(plan: Plan) -> float | int | None:
    """Return the persons in all population layers, None where nobody is known."""
    known = [
        float(v)
        for layer in plan.of_kind("population")
        for v in layer.column("人口").tolist()
        if isinstance(v, int | float) and not is_missing(v)
    ]
    return _number(math.fsum(known)) if known else None


def _districts(layer: Layer) -> list[dict[str, Any]]:
    frame = layer.frame[layer.column("角色") != BACKGROUND]
    areas = Ruler(layer.frame.crs).area(frame.geometry.to_numpy())
    chosen = layer.with_frame(frame)
    return [
        {
            "name": _plain(name),
            "adcode": _plain(code),
            "population": _number(people),
            "area_km2": round(float(area), 3),
            "official_area_km2": _number(official),
        }
        for name, code, people, area, official in zip(
            chosen.column("名称"),
            chosen.column("代码"),
            chosen.column("人口"),
            areas,
            chosen.column("公布面积"),
            strict=True,
        )
    ]


def _plain(value: Any) -> str | None:
    return None if is_missing(value) else str(value)


def _number(value: Any) -> float | int | None:
    """Return a plain number: whole where it is whole to a millionth, None where not known."""
    if is_missing(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return round(number) if abs(number - round(number)) < 1e-6 else number


def as_text(book: Book, plan: Plan, told: dict[str, Any], found: list[Problem]) -> str:
    """Return the answer as short tables."""
    others = "" if len(book.plans) == 1 else f"(共 {len(book.plans)} 个方案)"
    lines = [f"{book.title}  方案:{plan.name}{others}", f"坐标系:{crs_title(plan.crs)}", ""]
    rows = [["图层", "类别", "图形", "数量"]]
    rows += [
        [x.name, x.kind.title, SHAPE_TITLES[x.kind.geometry], f"{len(x):,}"]
        for x in reversed(plan.layers)
    ]
    lines += table(rows, right=frozenset({3}))
    if told["districts"]:
        rows = [["行政区", "代码", "人口", "面积 km²", "公布面积 km²"]]
        rows += [
            [
                d["name"] or "(无名称)",
                d["adcode"] or "",
                _text(d["population"], 0),
                _text(d["area_km2"], 1),
                _text(d["official_area_km2"], 1),
            ]
            for d in told["districts"]
        ]
        lines += ["", *table(rows, right=frozenset({2, 3, 4}))]
    basis = "、".join(sorted({x.basis for x in plan.of_kind("population") if x.basis}))
    lines += [
        "",
        f"人口图层合计:{_text(told['population_total'], 0)} 人{f'({basis})' * bool(basis)}",
    ]
    lines.append(f"问题:{len(found)} 个" if found else "没有发现问题。")
    lines += [f"  {p.severity}:{p.message}" for p in found]
    return "\n".join(lines)


def _text(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:,.{digits}f}"
