"""python main.py compare: one limit in minutes under several circumstances, side by side."""

import argparse
from dataclasses import replace
from typing import Any

from data.files import load
from data.plan import Plan
from data.progress import part
from data.refused import Refused
from maps.analysis.network.costs import FeatureId
from maps.analysis.network.variants import Variant, variants
from maps.analysis.network.whatif import Change, band, whatif
from maps.commands import accounts, minutes
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.commands.table import table

ALL = "全部设施"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``compare``."""
    plan_argument(parser)
    minutes.selection_arguments(parser)
    add = parser.add_argument
    add("--minutes", required=True, metavar="T", help="时限,分钟")
    add("--profiles", nargs="+", default=["晴", "雪"], metavar="路况", help="几种路况,默认 晴 雪")
    add("--readies", nargs="+", default=["0"], metavar="MIN", help="几个准备时间,分钟,默认 0")
    add(
        "--sets",
        nargs="+",
        default=[],
        metavar="组名=设施,设施",
        help="几组设施,如 三库=中心储备库,北部储备库 中心=中心储备库;默认全部",
    )
    minutes.facility_arguments(parser)
    minutes.travel_arguments(parser)
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work the variants out and print them by district."""
    limit = minutes.minutes(arguments.minutes)
    book = load(arguments.plan, part(progress, 0.0, 0.2)).book
    plan = book.plan
    ask = minutes.time_ask(arguments, book, limit)
    ready = [minutes.minutes(word) for word in arguments.readies]
    sets = _sets(plan, ask.of, arguments.sets) or {ALL: ask.only}
    found = variants(plan, ask, sets, arguments.profiles, ready, part(progress, 0.2, 0.7))
    values = as_json(found)
    rest = part(progress, 0.7, 1.0)
    changes = tuple(Change(w, weather=w) for w in arguments.profiles if w != ask.weather)
    if changes:
        values["bands"] = []
        for name, only in sets.items():
            outcome = whatif(plan, replace(ask, only=only), changes, rest)
            for one in outcome.outcomes:
                values["bands"].append(
                    {
                        "sites": name,
                        "profile": one.change.name,
                        "base_share": outcome.base.whole.share,
                        "share": one.answer.whole.share,
                        "share_band": band(one.slow.whole, one.fast.whole),
                        "people_lost": one.lost,
                    }
                )
    answer(values, as_text(found, values), arguments.json)
    return 0


def _sets(plan: Plan, of: str, words: list[str]) -> dict[str, frozenset[FeatureId]]:
    out = {}
    for word in words:
        name, mark, rest = word.partition("=")
        names = [n for n in rest.replace("，", ",").split(",") if n.strip()]
        if not mark or not name.strip() or not names:
            raise Refused(f"“{word}”写法不对,要写成 组名=设施,设施。")
        out[name.strip()] = minutes.named(plan, of, [n.strip() for n in names])
    return out


def as_json(found: tuple[Variant, ...]) -> dict[str, Any]:
    """Return every variant with its accounts by district."""
    first = found[0].answer
    return {
        "of": first.ask.of,
        "measure": first.ask.measure,
        "limit": first.ask.minutes,
        "variants": [
            {
                "sites": v.sites,
                "facilities": list(v.answer.names),
                "profile": v.weather,
                "ready": v.ready,
                **accounts.whole_values(v.answer.whole),
                "by_district": [accounts.district_values(r) for r in v.answer.by_district],
            }
            for v in found
        ],
        "estimated_roads": list(first.remarks.estimated_roads),
        "remarks": list(first.remarks.sentences),
        "basis": first.basis or None,
    }


def as_text(found: tuple[Variant, ...], values: dict[str, Any]) -> str:
    """Return shares by district, a column per variant."""
    first = found[0].answer
    head = [f"{first.ask.minutes:g} 分钟内到达的人口占比"]
    sites = ["设施", *(v.sites for v in found)]
    weather = ["路况", *(v.weather for v in found)]
    ready = ["准备(分钟)", *(f"{v.ready:g}" for v in found)]
    rows = [sites, weather, ready]
    for i, row in enumerate(first.by_district):
        rows.append([row.name, *(_share(v.answer.by_district[i].share) for v in found)])
    rows.append(["合计", *(_share(v.answer.whole.share) for v in found)])
    lines = head + table(rows, frozenset(range(1, len(found) + 1)))
    for one in values.get("bands", []):
        if one["share_band"]:
            low, high = one["share_band"]
            lines.append(
                f"{one['sites']},{one['profile']}(准备时间按 --ready):{_share(one['share'])}"
                f"(车速取慢端、快端时 {_share(low)}–{_share(high)});"
                f"平时 {_share(one['base_share'])}"
            )
    lines += first.remarks.sentences
    lines.append(f"人口口径:{first.basis or '规划里没有人口图层,人口未知'}")
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "未知" if value is None else f"{value:.1%}"
