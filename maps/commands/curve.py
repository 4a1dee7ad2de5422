"""python main.py curve: what 1, 2, 3 … sites reach, and where more stop paying."""

import argparse
from dataclasses import replace
from typing import Any

from data.progress import part
from data.refused import Refused
from maps.analysis.siting import Ask, Unreachable
from maps.analysis.siting.curve import Curve, curve
from maps.commands.choosing import (
    Source,
    finite,
    number,
    persons,
    plainer,
    source,
    source_arguments,
    whole,
)
from maps.commands.common import answer, json_argument, progress

MODELS = ("mclp", "pmedian", "pcenter")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``curve``."""
    source_arguments(parser)
    add = parser.add_argument
    add("--model", default="mclp", metavar="|".join(MODELS), help="选址目标,默认 mclp")
    add("--upto", default="30", metavar="N", help="从 1 处算到几处,默认 30")
    add("--only-reachable", action="store_true", help="任何候选点都到不了的人不计入要求")
    add("--fixed", nargs="+", action="extend", default=[], metavar="列", help="矩阵中已有设施的列")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work the curve out and print it."""
    if arguments.model not in MODELS:
        raise Refused(f"--model 只能是{'、'.join(MODELS)}之一,现在是“{arguments.model}”。")
    given = source(arguments, part(progress, 0.0, 0.3), cover=arguments.model == "mclp")
    upto = whole(arguments.upto, "--upto") or 0
    if upto < 1:
        raise Refused(f"--upto 至少是 1,现在是 {upto}。")
    counted = int((given.problem.states != 1).sum())
    seconds = number(arguments.time, "--time") or 0.0
    ask = Ask(
        arguments.model,
        reach=given.reach,
        only_reachable=arguments.only_reachable,
        seconds=seconds,
    )
    try:
        result = curve(
            replace(given.problem, capacity=None),
            ask,
            range(1, min(upto, counted) + 1),
            part(progress, 0.3, 1.0),
        )
    except Unreachable as refusal:
        raise plainer(refusal, given) from refusal
    values = as_json(result, given)
    answer(values, as_text(values), arguments.json)
    return 0


def as_json(result: Curve, given: Source) -> dict[str, Any]:
    """Return the curve as plain values; ``gain``: better than the point before by so much."""
    share = result.ask.model == "mclp" and result.people > 0
    points = [
        {
            "p": q.p,
            "status": q.status,
            "objective": finite(q.objective),
            "bound": finite(q.bound),
            "gap": finite(q.gap),
            "share": q.objective / result.people if share else None,
            "gain": finite(q.gain),
            "spent": finite(q.spent),
            "cost_per_person": finite(q.per_person),
            "sites": [given.site(j)["id"] for j in q.sites],
        }
        for q in result.points
    ]
    return {
        "model": result.ask.model,
        "measure": given.measure,
        "limit": given.limit,
        "points": points,
        "knee": result.knee,
        "people_total": persons(result.people),
        "left_out": len(result.left_out),
        "seconds": round(result.seconds, 3),
        "basis": given.basis,
    }


def as_text(values: dict[str, Any]) -> str:
    """Return the curve as lines to read."""
    lines = ["处数  目标值  占比  每多一处"]
    for point in values["points"]:
        share = "—" if point["share"] is None else f"{point['share']:.1%}"
        gain = "—" if point["gain"] is None else f"{point['gain']:,.0f}"
        mark = "" if point["status"] == "optimal" else f"  (最多还差 {point['gap']:.2%})"
        knee = "  ← 拐点" if point["p"] == values["knee"] else ""
        lines.append(f"{point['p']:>4}  {point['objective']:,.0f}  {share}  {gain}{mark}{knee}")
    lines.append(f"人口口径:{values['basis'] or '矩阵的权重'};用时 {values['seconds']:.2f} 秒")
    return "\n".join(lines)
