"""python main.py site: where the next facilities should stand, proven or with the gap."""

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from data.progress import part
from data.refused import Refused
from maps.analysis.siting import (
    CLOSABLE,
    FIXED,
    MODELS,
    NEW,
    Ask,
    Problem,
    Siting,
    Unreachable,
    solve,
)
from maps.analysis.siting.byroad import by_road
from maps.analysis.siting.fromplan import Ground, metres_to, problem_of
from maps.analysis.siting.matrix import nearest
from maps.analysis.siting.places import Candidates, standing
from maps.analysis.siting.resilience import Target
from maps.analysis.siting.sensitivity import compare, sensitivity
from maps.analysis.siting.solve import reached_times
from maps.analysis.siting.why import objective_of, shares
from maps.analysis.targets.effects import Place, effects, words
from maps.analysis.targets.loader import rules_of
from maps.commands.choosing import (
    Source,
    by_district,
    finite,
    number,
    persons,
    plainer,
    source,
    source_arguments,
    whole,
)
from maps.commands.common import answer, json_argument, progress
from maps.commands.site_words import as_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``site``."""
    source_arguments(parser)
    add = parser.add_argument
    add("--model", required=True, metavar="|".join(MODELS), help="选址目标")
    add("-p", metavar="N", help="选几处(保留的不算);不写时与已有设施一样多")
    add("--budget", metavar="B", help="总费用不超过多少,要有 --price")
    add("--cheapest", action="store_true", help="lscp:找最便宜的而不是最少的,要有 --price")
    add("--times", default="1", metavar="N", help="要被几处覆盖才算(lscp、mclp),默认 1")
    add("--at-least", default=None, metavar="N", help="每个区至少几处")
    add("--moves", metavar="N", help="可迁移的设施最多迁几处")
    add("--phases", default="", metavar="2,5", help="分期:近期、远期累计各几处")
    add("--phase-weights", default="", metavar="2,1", help="各期的轻重,默认一样")
    add("--only-reachable", action="store_true", help="任何候选点都到不了的人不计入要求")
    add("--fixed", nargs="+", action="extend", default=[], metavar="列", help="矩阵中已有设施的列")
    add("--target", metavar="SHARE", help="覆盖率指标,0–1;说明每处让哪些区达标")
    add("--compare", action="store_true", help="再算与已有设施同样多时最好能到多少")
    add("--rules", action="store_true", help="再核对规划目标:每处使哪些目标的结论改变")
    add("--sensitivity", action="store_true", help="再算距离 ±20%%、人口 ±10%% 时选址变不变")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Choose the sites and print them."""
    model = arguments.model
    if model not in MODELS:
        raise Refused(f"--model 只能是{'、'.join(MODELS)}之一,现在是“{model}”。")
    cover = model in ("lscp", "mclp", "backup") or model == "equity"
    given = source(arguments, part(progress, 0.0, 0.4), cover=cover and _has_range(arguments))
    stands = _standing(given, arguments)
    ask = _ask(arguments, given, stands)
    if arguments.compare:
        _comparable(ask, given, stands)
    if arguments.rules and (given.book is None or rules_of(given.book) is None):
        raise Refused("--rules 要有登记了“规划文件”或自带规则的规划。")
    problem = given.problem
    if model == "equity" and ask.reach is None:
        problem = replace(problem, district=None)
    try:
        result = solve(problem, ask, part(progress, 0.4, 0.9))
    except Unreachable as refusal:
        raise plainer(refusal, given) from refusal
    values = as_json(result, given, arguments, stands)
    if arguments.rules:
        values["rules"] = _rules(given, values)
    if arguments.compare:
        values["current"] = {**(values["current"] or {}), "best": _best_of_as_many(given, ask)}
    answer(values, as_text(values), arguments.json)
    return 0


def _has_range(arguments: argparse.Namespace) -> bool:
    given = (arguments.radius, arguments.minutes, arguments.radius_of, arguments.minutes_of)
    return any(given)


def _ask(arguments: argparse.Namespace, given: Source, stands: Candidates | None) -> Ask:
    p = whole(arguments.p, "-p")
    phases = tuple(whole(w, "--phases") or 0 for w in _words(arguments.phases))
    if p is not None and phases and p != phases[-1]:
        raise Refused(f"-p 是 {p},--phases 最后一期是 {phases[-1]}:两者要一样,或只写 --phases。")
    weights = tuple(number(w, "--phase-weights") or 0.0 for w in _words(arguments.phase_weights))
    if weights and not phases:
        raise Refused("--phase-weights 要与 --phases 同用。")
    budget = number(arguments.budget, "--budget")
    counts = arguments.model in ("mclp", "pmedian", "pcenter", "equity")
    if p is None and counts and budget is None and not phases:
        if stands is None:
            raise Refused("请用 -p 给出要选几处,或用 --budget 给出预算。")
        p = len(stands)
    least = whole(arguments.at_least, "--at-least")
    at_least: dict[int, int] = {}
    if least:
        if given.ground is None or not given.ground.districts:
            raise Refused("--at-least 需要规划里有行政区。")
        at_least = dict.fromkeys(range(len(given.ground.districts)), least)
    return Ask(
        arguments.model,
        reach=given.reach,
        p=p,
        budget=budget,
        priced=arguments.cheapest,
        times=whole(arguments.times, "--times") or 0,
        at_least=at_least,
        moves=whole(arguments.moves, "--moves"),
        phases=phases,
        phase_weights=weights,
        only_reachable=arguments.only_reachable,
        seconds=number(arguments.time, "--time") or 0.0,
    )


def _words(text: str) -> list[str]:
    return [word for word in text.replace("，", ",").split(",") if word.strip()]


def _standing(given: Source, arguments: argparse.Namespace) -> Candidates | None:
    """What stands already, None for a bare matrix and when nothing does."""
    if given.ground is None:
        return None
    try:
        return standing(given.ground.plan, given.ground.ask.of, arguments.status, FIXED)
    except Refused:
        return None


def as_json(
    result: Siting, given: Source, arguments: argparse.Namespace, stands: Candidates | None
) -> dict[str, Any]:
    """Return the answer as plain values; unknown is None, shares and gap are 0–1.

    ``objective``/``bound`` are in the terms of the model: sites or cost (lscp), persons (mclp,
    backup), person·metres or person·minutes (pmedian), metres or minutes (pcenter), share
    (equity between districts). ``people_gained`` of the sites add up to what they reach beyond
    what stays (with capacities: whom each takes in); ``people_only``: reached by no other site.
    ``people_several``: reached as often as was asked for. ``spent``: the sum of all prices.
    ``districts``: persons reached with the answer, and with what stays of today alone.
    """
    problem, weights = result.problem, np.asarray(result.problem.weights, float)
    several = covered = covered_people(problem, result.ask, result.sites)
    if result.served is not None:
        several = float(result.served.sum())
        covered = several if result.load is not None else covered
    total = float(weights.sum())
    targets = _targets(arguments, given)
    chosen = _sites(result, given, targets)
    spent = None if problem.price is None else float(np.asarray(problem.price)[result.sites].sum())
    out: dict[str, Any] = {
        "status": result.status,
        "proven": result.status == "optimal",
        "model": result.ask.model,
        "of": None if given.ground is None else given.ground.ask.of,
        "objective": finite(result.objective),
        "bound": finite(result.bound),
        "gap": finite(result.gap),
        "measure": given.measure,
        "limit": given.limit,
        "p": len(chosen),
        "times": result.ask.times,
        "cheapest": result.ask.priced,
        "spent": finite(spent),
        "room": result.load is not None,
        "sites": chosen,
        "kept": int((problem.states[result.sites] == FIXED).sum()),
        "closed": [given.site(int(j)) for j in result.closed],
        "people_covered": persons(covered),
        "people_several": persons(several),
        "people_total": persons(total),
        "share": covered / total if covered is not None and total > 0 else None,
        "districts": _districts(result, given),
        "seconds": round(result.seconds, 3),
        "levels": [finite(v) for v in result.levels],
        "stages": [[given.site(int(j))["id"] for j in stage] for stage in result.stages],
        "left_out": {
            "points": len(result.left_out),
            "people": persons(float(weights[result.left_out].sum())),
        },
        "current": None if stands is None else _current(result, given, stands),
        "basis": given.basis,
    }
    out.update(_way(result))
    if given.ground is not None:
        out["candidates"] = problem.candidates
        out["excluded"] = given.ground.excluded
        out["unknown_points"] = given.ground.demand.unknown
    if arguments.sensitivity:
        out["sensitivity"] = _changes(result, given)
    return out


def _sites(result: Siting, given: Source, targets: list[Target]) -> list[dict[str, Any]]:
    """The chosen sites and what each does, the one that gains most first."""
    chosen = []
    for share in shares(result, targets):
        values = given.site(share.site)
        values["people_gained"] = persons(share.gained)
        values["people_only"] = persons(share.alone)
        values["new"] = bool(result.problem.states[share.site] == NEW)
        if result.problem.price is not None:
            values["price"] = finite(float(result.problem.price[share.site]))
        if result.problem.capacity is not None:
            values["capacity"] = finite(float(result.problem.capacity[share.site]))
        if result.stages:
            values["phase"] = 1 + sum(share.site not in stage for stage in result.stages)
        values["by_district"] = by_district(given, share.by_district)
        if targets:
            values["targets_met"] = list(share.met)
        rival = None if share.runner_up is None else given.site(share.runner_up)
        values["runner_up"] = None if rival is None else rival["name"]
        values["runner_up_worse"] = finite(share.worse)
        chosen.append(values)
    return chosen


def covered_people(problem: Problem, ask: Ask, sites: np.ndarray) -> float | None:
    """Persons within range of the sites, None without a range."""
    if ask.reach is None:
        return None
    return objective_of(problem, Ask("mclp", reach=ask.reach), sites)


def _way(result: Siting) -> dict[str, Any]:
    """Mean and longest way to the nearest site, where the model looks at it."""
    if result.ask.model not in ("pmedian", "pcenter") and result.ask.reach is not None:
        return {}
    weights = np.asarray(result.problem.weights, float)
    if result.load is not None:
        # Not everybody is taken in at the nearest: the mean is that of the answer itself.
        served = 0.0 if result.served is None else float(result.served.sum())
        median = result.ask.model == "pmedian" and served > 0
        return {"mean": finite(result.objective / served) if median else None, "longest": None}
    _, cost = nearest(result.problem.cost, result.sites)
    there = np.isfinite(cost) & (weights > 0)
    people = float(weights[there].sum())
    mean = float((weights[there] * cost[there]).sum()) / people if people > 0 else None
    return {"mean": finite(mean), "longest": finite(float(cost[there].max(initial=0.0)))}


def _districts(result: Siting, given: Source) -> list[dict[str, Any]]:
    """Who is reached in every district that has people; nothing without districts or range."""
    problem, reach = result.problem, result.ask.reach
    if given.ground is None or problem.district is None or reach is None:
        return []
    weights, where = np.asarray(problem.weights, float), np.asarray(problem.district)
    names = given.ground.districts
    stays = np.flatnonzero(problem.states != NEW)
    then = weights * (reached_times(problem, reach, result.sites) > 0)
    if result.load is not None and result.served is not None:
        then = result.served
    now = weights * (reached_times(problem, reach, stays) > 0)
    people, after, before = (np.bincount(where, v, len(names)) for v in (weights, then, now))
    known = len(stays) > 0 and result.load is None
    return [
        {
            "name": names[k],
            "people": persons(float(people[k])),
            "people_covered": persons(float(after[k])),
            "share": float(after[k] / people[k]),
            "share_now": float(before[k] / people[k]) if known else None,
        }
        for k in range(len(names))
        if people[k] > 0
    ]


def _rules(given: Source, values: dict[str, Any]) -> list[str]:
    """Which verdicts change with all new sites together; into each new site those with it alone."""
    assert given.ground is not None
    assert given.book is not None
    found = given.ground.candidates
    number_of = {name: j for j, name in enumerate(found.ids())}
    new = [site for site in values["sites"] if site["new"]]
    spots = [number_of[site["id"]] for site in new]
    by_class = bool(given.ground.ask.radii)
    places = [
        Place(float(found.x[j]), float(found.y[j]), found.name[j], found.grade[j] * by_class)
        for j in spots
    ]
    ask = given.ground.ask
    told = effects(given.book, ask.of, places, people=ask.people, report=part(progress, 0.9, 1.0))
    for site, alone in zip(new, told.alone, strict=True):
        site["rules_changed"] = [words(effect) for effect in alone]
    return [words(effect) for effect in told.together]


def _targets(arguments: argparse.Namespace, given: Source) -> list[Target]:
    share = number(arguments.target, "--target")
    if share is None:
        return []
    if not 0 < share <= 1:
        raise Refused(f"--target 是 0–1 之间的覆盖率,例如 0.9,现在是 {share:g}。")
    out = [Target("全域", share)]
    if given.ground is not None:
        out += [Target(name, share, k) for k, name in enumerate(given.ground.districts)]
    return out


def _current(result: Siting, given: Source, stands: Candidates) -> dict[str, Any] | None:
    """What stands today in the terms of the same question; None where that cannot be told."""
    ground, ask = given.ground, result.ask
    assert ground is not None
    if result.problem.capacity is not None:
        return None
    cost = _costs_of(ground, given, stands)
    reach = ask.reach
    if isinstance(reach, np.ndarray):
        own = [ground.ask.radii.get(g, ground.ask.radius) for g in stands.grade]
        if any(v is None for v in own):
            return None
        reach = np.array(own, float)
    now = Problem(cost, result.problem.weights, district=result.problem.district)
    mine = replace(ask, reach=reach)
    every = np.arange(len(stands))
    covered = covered_people(now, mine, every)
    total = float(np.asarray(now.weights).sum())
    value = objective_of(now, mine, every) if ask.model not in ("lscp", "backup") else None
    return {
        "sites": len(stands),
        "objective": finite(value),
        "people_covered": persons(covered),
        "share": covered / total if covered is not None and total > 0 else None,
    }


def _comparable(ask: Ask, given: Source, stands: Candidates | None) -> None:
    """Refuse to compare what cannot be, before anything is searched for."""
    if stands is None:
        raise Refused("--compare 要有规划和已有设施,现在没有已有设施可比。")
    if (
        ask.model not in ("mclp", "pmedian", "pcenter", "equity")
        or given.problem.capacity is not None
    ):
        raise Refused("--compare 只用于 mclp、pmedian、pcenter、equity,不能与 --capacity 同用。")


def _best_of_as_many(given: Source, ask: Ask) -> dict[str, Any]:
    """The best choice of as many sites as stand today, what stands being candidates too."""
    ground = given.ground
    assert ground is not None
    told = None if given.time_ask is None else by_road(ground.plan, given.time_ask)
    free = problem_of(ground.plan, replace(ground.ask, existing="closable", price=""), minutes=told)
    reach = ask.reach if ground.reach is None else free.reach
    problem = free.problem
    if ask.model == "equity" and reach is None:
        problem = replace(problem, district=None)
    plain = replace(ask, reach=reach, phases=(), phase_weights=(), moves=None)
    stands = np.flatnonzero(problem.states == CLOSABLE)
    found = compare(problem, plain, stands, part(progress, 0.9, 1.0))
    covered = covered_people(problem, plain, np.array(found.sites, np.int64))
    total = float(np.asarray(problem.weights).sum())
    return {
        "objective": finite(found.best),
        "bound": finite(found.bound),
        "proven": found.proven,
        "share": covered / total if covered is not None and total > 0 else None,
    }


def _costs_of(ground: Ground, given: Source, places: Candidates) -> np.ndarray:
    if given.time_ask is None:
        return metres_to(ground, places.x, places.y)
    return by_road(ground.plan, given.time_ask)(places.x, places.y, ground, lambda d, t: None)


def _changes(result: Siting, given: Source) -> list[dict[str, Any]]:
    return [
        {
            "change": change.name,
            "objective": finite(change.objective),
            "as_planned": finite(change.as_planned),
            "proven": change.proven,
            "possible": change.possible,
            "kept": change.kept,
            "dropped": [given.site(j)["name"] for j in change.flips],
        }
        for change in sensitivity(result, report=part(progress, 0.9, 1.0))
    ]
