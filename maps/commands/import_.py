"""python main.py import PLAN FILE --as KIND: a file's rows into a plan, without the window.

What was found is always reported. A proposed repair of coordinates is only carried out with
``--accept-repairs``; without it nothing is imported and the exit code is 1.
"""

import argparse
from pathlib import Path
from typing import Any

from data import files
from data.imports.carrying import Outcome, carry_out
from data.imports.doctor import Finding
from data.imports.proposing import ImportAsk, Proposal, choose, propose, read_ask
from data.imports.rejects import write_rejects
from data.imports.sandbox import read_apart
from data.lock import FileLock
from data.plan import Book, Plan
from data.progress import part
from data.refused import Refused
from data.scenarios import find_scenario, go_to
from maps.commands.common import answer, json_argument, plan_argument, progress

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``import``."""
    plan_argument(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="要导入的文件")
    parser.add_argument(
        "--as", dest="kind", required=True, metavar="KIND", help="类别,如 shelter 或 避难场所"
    )
    parser.add_argument("--encoding", default="", metavar="E", help="文字编码,如 GBK(默认自动判断)")
    parser.add_argument(
        "--crs", default="", metavar="C", help="坐标系,如 GCJ-02、EPSG:4549(默认自动判断)"
    )
    parser.add_argument(
        "--column",
        nargs="+",
        action="extend",
        default=[],
        metavar="列=字段",
        help="文件的哪一列是哪个字段,如 人数=容纳人数;“列=”照原样保留",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="字段=值",
        help="文件里没有写的字段填什么,如 状态=规划",
    )
    parser.add_argument("--source", default="", metavar="名称", help="文件里的哪个图层或工作表")
    parser.add_argument("--layer", default="", metavar="图层", help="加进规划的哪个图层")
    parser.add_argument("--scenario", metavar="方案", help="哪个方案,默认是文件里的当前方案")
    parser.add_argument("--replace", action="store_true", help="换掉图层里原有的要素")
    parser.add_argument("--skip-duplicates", action="store_true", help="不导入规划里已有的")
    parser.add_argument("--accept-repairs", action="store_true", help="接受提出的坐标修复")
    parser.add_argument("--rejects", type=Path, metavar="CSV", help="把未导入的行写成一个表")
    parser.add_argument("--dry-run", action="store_true", help="只报告,不改动规划")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Import and return 0, or 1 when a proposed repair was not accepted."""
    ask = _ask(arguments)
    if arguments.dry_run:
        opened = files.load(arguments.plan, part(progress, 0.0, 0.1))
        plan = _shown(opened.book, arguments.scenario).plan
        proposal, outcome, waiting = _worked_out(plan, arguments, ask)
    else:
        with FileLock(arguments.plan):
            opened = files.load(arguments.plan, part(progress, 0.0, 0.1))
            shown = _shown(opened.book, arguments.scenario)
            proposal, outcome, waiting = _worked_out(shown.plan, arguments, ask)
            if outcome is not None and outcome.accepted and not waiting:
                changed = shown.with_plan(outcome.edit(shown.plan))
                after = go_to(opened.book.current)(changed)
                files.save(after, opened.path, stamp=opened.stamp, report=part(progress, 0.8, 1.0))
    if outcome is not None and arguments.rejects is not None:
        write_rejects(proposal.source, outcome.rejects, arguments.rejects)
    told = _told(proposal, outcome, waiting, arguments)
    answer(told, _text(told, proposal, None if waiting else outcome), arguments.json)
    return 1 if waiting else 0


def _ask(arguments: argparse.Namespace) -> ImportAsk:
    return ImportAsk(
        arguments.kind,
        arguments.encoding,
        arguments.crs,
        _pairs(arguments.column, "--column", "列=字段,例如 人数=容纳人数"),
        _pairs(arguments.set, "--set", "字段=值,例如 状态=规划"),
        arguments.source,
        arguments.layer,
        arguments.skip_duplicates,
        arguments.replace,
    )


def _pairs(words: list[str], option: str, example: str) -> dict[str, str]:
    out = {}
    for word in words:
        # A heading may hold “=”, a field cannot; a value may, its field cannot.
        name, mark, value = word.rpartition("=") if option == "--column" else word.partition("=")
        if not mark or not name.strip():
            raise Refused(f"{option} 要写成 {example},现在是“{word}”。")
        out[name.strip()] = value.strip()
    return out


def _shown(book: Book, scenario: str | None) -> Book:
    return book if scenario is None else go_to(find_scenario(book, scenario))(book)


def _worked_out(
    plan: Plan, arguments: argparse.Namespace, ask: ImportAsk
) -> tuple[Proposal, Outcome | None, bool]:
    """Return the proposal, what carrying it out would give, and whether it waits for a word.

    There is no outcome while the coordinate system is still to be chosen.
    """
    sources = read_apart(read_ask(plan, arguments.file, ask), part(progress, 0.1, 0.5))
    proposal = propose(plan, choose(sources, ask), ask)
    waiting = bool(proposal.repairs) and not arguments.accept_repairs
    if proposal.finding.state == "待选":
        return proposal, None, True
    if not proposal.decided:
        raise Refused(
            f"看不出“{proposal.source.name}”用的是哪种坐标系:{proposal.finding.evidence[0]}"
            "请用 --crs 指定,例如 --crs EPSG:4549。"
        )
    return proposal, carry_out(plan, proposal, report=part(progress, 0.5, 0.8)), waiting


def _told(
    proposal: Proposal, outcome: Outcome | None, waiting: bool, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Return the answer; of what waits for a word it tells what would be taken and what not."""
    source, finding = proposal.source, proposal.finding
    rejects = outcome.rejects if outcome is not None else ()
    reading = finding.reading
    return {
        "rows": len(source) + len(source.left_out),
        "accepted": outcome.accepted if outcome is not None else 0,
        "rejected": [{"row": r.row, "reason": r.reason} for r in rejects],
        "encoding": {"name": source.encoding.name, "sure": round(source.encoding.sure, 3)},
        "crs": {
            "name": reading.name if reading else None,
            "title": reading.words if reading else None,
            "sure": round(finding.sure, 3),
            "shift_m": finding.shift,
            "state": finding.state,
            "evidence": list(finding.evidence),
            "unsure": list(finding.unsure),
            "options": [r.name for r in finding.options],
        },
        "columns": {m.source: m.target or m.source for m in proposal.matches},
        "repairs": list(proposal.repairs),
        "applied": not waiting
        and outcome is not None
        and not arguments.dry_run
        and outcome.accepted > 0,
        "layer": outcome.layer.name if outcome is not None and not waiting else None,
        "duplicates": _doubles(outcome),
        "notes": list(outcome.notes if outcome is not None else proposal.notes),
    }


def _doubles(outcome: Outcome | None) -> list[dict[str, Any]]:
    return [
        {
            "row": d.row,
            "name": d.name,
            "layer": d.layer or None,
            "other": d.other,
            "other_name": d.other_name,
            "metres": round(d.metres, 1),
            "why": d.why,
        }
        for d in (outcome.duplicates if outcome is not None else ())
    ]


def _text(told: dict[str, Any], proposal: Proposal, outcome: Outcome | None) -> str:
    lines = [f"“{proposal.source.name}”:{told['rows']:,} 行,文字编码 {told['encoding']['name']}。"]
    lines += _place_lines(proposal.finding)
    if outcome is None:
        if proposal.repairs:
            lines.append(f"需要修复:{';'.join(proposal.repairs)}。")
            lines.append("没有导入。同意这样修复的话,加上 --accept-repairs 再运行一次。")
        else:
            lines.append("没有导入。请用 --crs 指定坐标系再运行一次。")
        return "\n".join(lines)
    if proposal.repairs:
        lines.append(f"已修复:{';'.join(proposal.repairs)}。")
    where = f"图层“{outcome.layer.name}”"
    done = "导入" if told["applied"] else "可导入"
    lines.append(f"{done} {outcome.accepted:,} 行到{where},{len(outcome.rejects):,} 行未导入。")
    lines += [f"  {r.sentence}" for r in outcome.rejects[:_SHOWN]]
    if len(outcome.rejects) > _SHOWN:
        lines.append(f"  …其余 {len(outcome.rejects) - _SHOWN:,} 行用 --rejects 写成表。")
    if outcome.duplicates:
        lines.append(f"有 {len(outcome.duplicates):,} 处像是重复,请核对。")
    return "\n".join([*lines, *(f"说明:{note}。" for note in outcome.notes)])


def _place_lines(finding: Finding) -> list[str]:
    words = finding.reading.words if finding.reading else "看不出来"
    lines = [f"坐标:{words}(把握 {finding.sure:.0%})。"]
    return lines + [f"  {text.rstrip('。')}。" for text in (*finding.evidence, *finding.unsure)]
