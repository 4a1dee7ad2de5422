"""python main.py curve: what 1, 2, 3 … sites reach, and where more stop paying."""

import argparse
from typing import Any

import numpy as np

from data.progress import part
from data.refused import Refused
from maps.analysis.siting import FIXED, RELOCATABLE, Ask, Unreachable
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
    # Each that may move raises the number allowed by itself.
    states = given.problem.states
    counted = int((states != FIXED).sum() - (states == RELOCATABLE).sum())
    seconds = number(arguments.time, "--time") or 0.0
    ask = Ask(
        arguments.model,
        reach=given.reach,
        only_reachable=arguments.only_reachable,
        seconds=seconds,
    )
    try:
        result = curve(
            given.problem,
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
    weights = np.asarray(result.problem.weights, float)
    there = result.people - float(weights[result.left_out].sum())
    mean = result.ask.model == "pmedian" and there > 0
    points = [
        {
            "p": q.p,
            "status": q.status,
            "objective": finite(q.objective),
            "bound": finite(q.bound),
            "gap": finite(q.gap),
            "share": q.objective / result.people if share else None,
            "mean": finite(q.objective / there) if mean else None,
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
    what = {"mclp": "覆盖人数", "pmedian": "平均路程", "pcenter": "最远路程"}[values["model"]]
    lines = [f"处数  {what}  占比  每多一处"]
    before: float | None = None
    for point in values["points"]:
        value = point["objective"] if point["mean"] is None else point["mean"]
        share = "—" if point["share"] is None else f"{point['share']:.1%}"
        gain = point["gain"]
        if point["mean"] is not None:
            gain, before = None if before is None else before - value, value
        gain = "—" if gain is None else f"{gain:,.0f}"
        if point["cost_per_person"] is not None:
            gain += f"(每人花费 {point['cost_per_person']:,.4g})"
        mark = "" if point["status"] == "optimal" else f"  (最多还差 {point['gap']:.2%})"
        knee = "  ← 拐点" if point["p"] == values["knee"] else ""
        lines.append(f"{point['p']:>4}  {value:,.0f}  {share}  {gain}{mark}{knee}")
    lines.append(f"人口口径:{values['basis'] or '矩阵的权重'};用时 {values['seconds']:.2f} 秒")
    return "\n".join(lines)
