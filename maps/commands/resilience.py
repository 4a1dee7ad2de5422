"""python main.py resilience: what the loss of each facility, of two, or of a road means."""

import argparse
from typing import Any

import numpy as np

from data.progress import part
from data.refused import Refused
from maps.analysis.siting import FIXED, Problem
from maps.analysis.siting.byroad import closed_roads, most_used, road_names, today
from maps.analysis.siting.fromplan import metres_to
from maps.analysis.siting.resilience import (
    Closure,
    Loss,
    Resilience,
    Target,
    closures,
    resilience,
)
from maps.commands.choosing import (
    Source,
    by_district,
    column_of,
    finite,
    number,
    persons,
    source,
    source_arguments,
)
from maps.commands.common import answer, json_argument, progress

ROADS = {"全部": "", "桥": "桥", "隧道": "隧道"}
MOST_USED = "most-used:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``resilience``."""
    source_arguments(parser)
    add = parser.add_argument
    add("--sites", nargs="+", action="extend", default=[], metavar="列", help="矩阵中哪些列是设施")
    add("--target", metavar="SHARE", help="覆盖率指标,0–1;失去哪一处会使哪些区不达标")
    add(
        "--roads",
        metavar=f"{'|'.join(ROADS)}|{MOST_USED}1000",
        help="与 --minutes 同用:逐条封闭道路、桥或隧道,或使用人数最多的若干条",
    )
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Take the facilities away one by one and print what is lost."""
    if arguments.existing or arguments.keep:
        raise Refused("resilience 总是从已有设施算起,不用写 --keep 或 --existing。")
    arguments.keep = arguments.matrix is None
    given = source(arguments, part(progress, 0.0, 0.5), cover=True)
    if given.reach is None:
        raise Refused("请用 --radius 给出服务半径(米),或用 --minutes 给出服务时间(分钟)。")
    sites = _sites(arguments, given)
    targets = _targets(arguments, given)
    report = part(progress, 0.5, 0.7 if arguments.roads else 1.0)
    ways = _ways(given, sites)
    result = resilience(
        given.problem, given.reach, sites, targets=targets, ways=ways, report=report
    )
    roads = _roads(arguments, given, sites, targets) if arguments.roads else None
    values = as_json(result, given, roads)
    answer(values, as_text(values), arguments.json)
    return 0


def _ways(given: Source, sites: np.ndarray) -> np.ndarray | None:
    """Costs from everybody to every facility, also beyond the range."""
    if given.ground is None or given.time_ask is not None:
        return None
    found = given.ground.candidates
    return metres_to(given.ground, found.x[sites], found.y[sites])


def _sites(arguments: argparse.Namespace, given: Source) -> np.ndarray:
    if given.ground is None:
        words = arguments.sites or list(given.names)
        return np.array([column_of(w, given.names) for w in words], np.int64)
    if arguments.sites:
        raise Refused("--sites 只能与 --matrix 同用。")
    return np.flatnonzero(given.problem.states == FIXED)


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


def _roads(
    arguments: argparse.Namespace, given: Source, sites: np.ndarray, targets: list[Target]
) -> tuple[list[Closure], dict[str, float]]:
    """The effect of closing each road, and the persons who use each where that was counted."""
    only, count = _which(arguments.roads)
    if given.time_ask is None or given.ground is None or given.reach is None:
        raise Refused("--roads 要与 --minutes 同用:道路中断只影响行车时间。")
    ground, ask = given.ground, given.time_ask
    roads = road_names(ground.plan, only)
    if not roads:
        raise Refused(f"道路图层里没有“桥隧”为“{only}”的道路。")
    x, y = ground.candidates.x[sites], ground.candidates.y[sites]
    now = today(ground.plan, ask, ground, x, y)
    used: dict[str, float] = {}
    if count is not None:
        ranked = most_used(now, roads, ground.problem.weights, count)
        roads = [(name, road) for name, road, _ in ranked]
        used = {name: people for name, _, people in ranked}
    alone = Problem(now.minutes[:, None], given.problem.weights, district=given.problem.district)
    found = closures(
        alone,
        given.reach,
        [0],
        closed_roads(ground.plan, ask, ground, x, y, roads, now),
        targets=targets,
        report=part(progress, 0.7, 1.0),
        count=len(roads),
    )
    return found, used


def _which(word: str) -> tuple[str, int | None]:
    """Which roads are closed one by one: 桥, 隧道 or "" for all; how many of the most used."""
    if word in ROADS:
        return ROADS[word], None
    number_ = word.removeprefix(MOST_USED)
    if number_ != word and number_.isascii() and number_.isdigit() and int(number_) > 0:
        return "", int(number_)
    shown = "、".join(ROADS)
    raise Refused(
        f"--roads 只能是{shown}之一,或 {MOST_USED}1000(使用人数最多的 1000 条),现在是“{word}”。"
    )


def as_json(
    result: Resilience, given: Source, roads: tuple[list[Closure], dict[str, float]] | None
) -> dict[str, Any]:
    """Return the answer as plain values; losses with the worst first, shares 0–1.

    ``longer``: metres or minutes more, on average, for those whose nearest facility is lost.
    """
    total = float(np.asarray(given.problem.weights).sum())
    fix = {
        repair.lost: None
        if repair.site is None
        else {**given.site(repair.site), "people": persons(repair.people)}
        for repair in result.repairs
    }
    out = {
        "measure": given.measure,
        "limit": given.limit,
        "facilities": len(result.losses),
        "people_total": persons(total),
        "people_covered": persons(result.reached),
        "share": result.reached / total if total > 0 else None,
        "losses": [
            {**_loss(loss, result, given, total), "repair": fix[loss.sites]}
            for loss in result.losses
        ],
        "worst_pair": None
        if result.worst_pair is None
        else _loss(result.worst_pair, result, given, total),
        "basis": given.basis,
    }
    if roads is not None:
        closed, used = roads
        out["roads"] = [
            {
                "name": c.name,
                **({"people_using": persons(used[c.name])} if c.name in used else {}),
                "people_lost": persons(c.people),
                "by_district": by_district(given, c.by_district),
                "targets_failed": list(c.failed),
                "longer": finite(c.longer),
                "cut_off": persons(c.cut_off),
            }
            for c in closed
        ]
    return out


def _loss(loss: Loss, result: Resilience, given: Source, total: float) -> dict[str, Any]:
    left = result.reached - loss.people
    return {
        "sites": [given.site(j) for j in loss.sites],
        "people_lost": persons(loss.people),
        "share_after": left / total if total > 0 else None,
        "by_district": by_district(given, loss.by_district),
        "targets_failed": list(loss.failed),
        "longer": finite(loss.longer),
    }


def as_text(values: dict[str, Any]) -> str:
    """Return the answer as lines to read."""
    lines = [f"{values['facilities']} 处设施,覆盖 {values['people_covered']:,.0f} 人"]
    for loss in values["losses"]:
        repair = loss["repair"]
        mend = f";最好的补救:{repair['name']},补回 {repair['people']:,.0f} 人" if repair else ""
        failed = f";不再达标:{'、'.join(loss['targets_failed'])}" if loss["targets_failed"] else ""
        lines.append(
            f"  失去{loss['sites'][0]['name']}:少覆盖 {loss['people_lost']:,.0f} 人{failed}{mend}"
        )
    pair = values["worst_pair"]
    if pair is not None:
        names = "和".join(site["name"] for site in pair["sites"])
        lines.append(f"最怕同时失去{names}:少覆盖 {pair['people_lost']:,.0f} 人")
    for road in values.get("roads", []):
        if road["people_lost"] or road["cut_off"]:
            using = f"({road['people_using']:,.0f} 人经过)" if "people_using" in road else ""
            lines.append(
                f"  {road['name']}{using}中断:{road['people_lost']:,.0f} 人超出时限,"
                f"{road['cut_off']:,.0f} 人无路可走"
            )
    lines.append(f"人口口径:{values['basis'] or '矩阵的权重'}")
    return "\n".join(lines)
