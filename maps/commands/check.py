"""python main.py check: whether a plan keeps what its document promises."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.files import load
from data.plan import Book, Plan
from data.progress import part
from data.refused import Refused
from data.scenarios import find_scenario
from maps.analysis.targets.consistency import contradictions
from maps.analysis.targets.evaluate import Outcome, check_rules
from maps.analysis.targets.evaluation import evaluations
from maps.analysis.targets.layout import layout_page
from maps.analysis.targets.loader import DOCUMENT, load_rules, rules_of, shipped, standards
from maps.analysis.targets.model import READINGS, VERDICTS, RuleSet, Verdict
from maps.analysis.targets.projects import project_states
from maps.analysis.targets.units import number
from maps.commands.check_pages import (
    depots_json,
    depots_text,
    evaluation_json,
    evaluation_text,
)
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.commands.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check``."""
    plan_argument(parser)
    parser.add_argument("--rules", type=Path, metavar="FILE", help="规则文件;不写用规划文本自己的")
    parser.add_argument("--standards", action="store_true", help="改查标准规范的选址规则")
    parser.add_argument("--scenario", metavar="方案", help="哪个方案,默认是文件里的当前方案")
    parser.add_argument(
        "--read",
        action="append",
        default=[],
        metavar="读法=选项",
        help="有歧义的地方按哪种读法,可写多次;不写用规划里选定的",
    )
    parser.add_argument("--only", nargs="+", metavar="编号", help="只查这些规则")
    parser.add_argument("--depots", action="store_true", help="只印“一主两副”储备库一页")
    parser.add_argument(
        "--evaluate", type=int, metavar="年", help="只印某年底的评估表和重点工程进度"
    )
    parser.add_argument("--people", default="", metavar="图层", help="有多个人口图层时用哪一个")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="表.xlsx",
        help="目标表、评估表、工程表写成一个 Excel 文件",
    )
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check the rules; 1 when one does not hold."""
    book = load(arguments.plan, part(progress, 0.0, 0.2)).book
    plan = book.plan
    if arguments.scenario is not None:
        plan = book.plans[find_scenario(book, arguments.scenario)]
    sets = _rule_sets(arguments, book)
    facts = {**book.facts, **_readings(arguments.read, book, sets)}
    _known_ids(arguments.only, sets)
    outcomes = []
    for i, rules in enumerate(sets):
        stretch = part(progress, 0.2 + 0.8 * i / len(sets), 0.2 + 0.8 * (i + 1) / len(sets))
        outcomes.append(
            check_rules(
                plan, rules, facts, people=arguments.people, only=arguments.only, report=stretch
            )
        )
    paged = arguments.depots or arguments.evaluate is not None
    told, lines = as_json(book, outcomes), [as_text(book, outcomes, listed=not paged)]
    if arguments.evaluate is not None:
        told["evaluation"] = evaluation_json(plan, outcomes, facts, arguments.evaluate)
        lines += evaluation_text(told["evaluation"], arguments.evaluate)
    if arguments.depots:
        page = layout_page(plan, sets[0], facts)
        told["depots"] = depots_json(page)
        lines += depots_text(page)
    if arguments.out is not None:
        _write(arguments.out, plan, outcomes, facts, arguments.evaluate)
        lines.append(f"已写出“{arguments.out}”。")
    answer(told, "\n".join(lines), arguments.json)
    return 1 if any(o.counts["fail"] for o in outcomes) else 0


def _write(
    path: Path, plan: Plan, outcomes: list[Outcome], facts: Mapping[str, Any], year: int | None
) -> None:
    """Write the workbook; with several rule sets every sheet bears the name of its own."""
    from maps.drawing.promises import promise_tables
    from maps.drawing.tables import write_xlsx

    if path.suffix.lower() != ".xlsx":
        raise Refused(f"目标表写成 Excel 工作簿,文件名要以 .xlsx 结尾,现在是“{path.name}”。")
    tables = []
    for one in outcomes:
        years = evaluations(one.rules)
        if year is not None:
            years = (next((e for e in years if e[1] == year), (f"{year}年底评估", year)),)
        states, quarrels = project_states(plan, one, facts), contradictions(one.rules, facts)
        for table_ in promise_tables(one, states, quarrels, years):
            title = f"{one.rules.title}·{table_.title}" if len(outcomes) > 1 else table_.title
            tables.append(replace(table_, title=title))
    write_xlsx(tables, path, title=f"{'、'.join(o.rules.title for o in outcomes)}:目标核对")


def _rule_sets(arguments: argparse.Namespace, book: Book) -> tuple[RuleSet, ...]:
    if arguments.rules is not None:
        return (load_rules(arguments.rules),)
    if arguments.standards:
        return standards()
    own = rules_of(book)
    if own is None:
        known = "、".join(f"“{rules.document}”" for rules in shipped())
        said = book.facts.get(DOCUMENT)
        why = f"规划文件“{said}”没有现成的规则" if said else "规划里没有登记“规划文件”"
        raise Refused(f"{why}(现有:{known})。请用 --rules 指定规则文件,或用 --standards 查标准。")
    return (own,)


def _readings(words: list[str], book: Book, sets: tuple[RuleSet, ...]) -> dict[str, Any]:
    chosen = dict(book.facts.get(READINGS) or {})
    known = {name: reading for rules in sets for name, reading in rules.readings.items()}
    for word in words:
        name, mark, option = word.partition("=")
        if not mark or name not in known:
            names = "、".join(known) or "(没有)"
            raise Refused(f"--read 要写成 读法=选项,可用的读法:{names};现在是“{word}”。")
        options = [o.name for o in known[name].options]
        if option not in options:
            raise Refused(f"读法“{name}”的选项有:{'、'.join(options)};现在是“{option}”。")
        chosen[name] = option
    return {READINGS: chosen}


def _known_ids(only: list[str] | None, sets: tuple[RuleSet, ...]) -> None:
    gone = [name for name in only or () if all(name not in rules.by_id for rules in sets)]
    if gone:
        raise Refused(f"没有编号为{'、'.join(gone)}的规则。用 python main.py rules 查看编号。")


def as_json(book: Book, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the verdicts as plain values: numbers in the rule's unit, unknown is None."""
    found = [v for outcome in outcomes for v in outcome.verdicts]
    return {
        "plan": book.title,
        "rule_sets": [outcome.rules.title for outcome in outcomes],
        "rules": [_row(v) for v in found],
        "counts": {name: sum(v.verdict == name for v in found) for name in sorted(VERDICTS)},
        "statements": {
            name: sum(outcome.tally[name] for outcome in outcomes)
            for name in ("decided", "needs_data", "attest")
        },
    }


def _row(found: Verdict) -> dict[str, Any]:
    rule, threshold = found.rule, found.threshold
    return {
        "id": found.id,
        "check": rule.check,
        "verdict": found.verdict,
        "value": found.value,
        "comparison": rule.comparison or None,
        "threshold": list(threshold) if isinstance(threshold, tuple) else threshold,
        "unit": found.unit or None,
        "where": [
            {"name": p.name, "layer": p.layer or None, "id": p.fid, "x": p.x, "y": p.y}
            for p in found.where
        ],
        "quote": rule.quote,
        "source": str(rule.source),
        "verified": rule.verified,
        "why": found.why,
        "remedy": found.remedy or None,
        "reading": found.reading or None,
        "missing": [{"kind": m.kind, "column": m.column, "how": m.how} for m in found.missing],
        "due_year": rule.year,
        "status": rule.nature,
        "basis": found.basis or None,
    }


def as_text(book: Book, outcomes: list[Outcome], *, listed: bool = True) -> str:
    """Return a table of verdicts, the gravest first, and what to do about them.

    Without ``listed`` only how many there are of each.
    """
    lines = [book.title]
    for outcome in outcomes:
        counts = outcome.counts
        said = "、".join(f"{VERDICTS[name]} {n}" for name, n in counts.items())
        lines += ["", f"{outcome.rules.title}:{len(outcome.verdicts)} 条规则,{said}"]
        tally = outcome.tally
        lines.append(
            f"按文本的说法计 {sum(tally.values())} 条:现有数据能判定 {tally['decided']} 条,"
            f"缺资料 {tally['needs_data']} 条,要人工确认 {tally['attest']} 条"
        )
        if not listed:
            continue
        rows = [["编号", "结论", "实测", "要求"]]
        for found in outcome.gravest_first:
            value = "" if found.value is None else f"{number(found.value)} {found.unit}".strip()
            rows.append([found.id, found.title, value, found.rule.wanted])
        lines += table(rows, right=frozenset({2, 3}))
        lines += ["", *_details(outcome)]
    return "\n".join(lines)


def _details(outcome: Outcome) -> list[str]:
    out = []
    for found in outcome.gravest_first:
        if found.verdict in ("fail", "warn"):
            out.append(f"{found.id} {found.title}:{found.why}")
            out += [f"    原文:“{found.rule.quote}”({found.rule.source})"]
            out += [f"    办法:{found.remedy}"] if found.remedy else []
    readings = dict.fromkeys(v.reading for v in outcome.verdicts if v.reading)
    out += [f"采用的读法:{said}" for said in readings]
    return out
