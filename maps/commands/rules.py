"""python main.py rules: look at rules, search the standards, check a rule file."""

import argparse
from pathlib import Path
from typing import Any

from data.beside import reason
from data.files import load
from data.progress import part
from data.refused import Refused
from maps.analysis.targets.consistency import Contradiction, contradictions
from maps.analysis.targets.editing import copied
from maps.analysis.targets.loader import DOCUMENT, load_rules, rules_of, shipped, standards
from maps.analysis.targets.model import Rule, RuleSet
from maps.analysis.targets.scene import Scene
from maps.analysis.targets.search import search
from maps.commands.common import answer, json_argument, progress
from maps.commands.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``rules``."""
    parser.add_argument("--validate", type=Path, metavar="FILE", help="检查规则文件写得对不对")
    parser.add_argument("--file", type=Path, metavar="FILE", help="看这个规则文件")
    parser.add_argument("--plan", type=Path, metavar="PLAN", help="看这个规划所依据的规则")
    parser.add_argument("--standards", action="store_true", help="只看标准规范")
    parser.add_argument("--search", default="", metavar="词", help="查原文、标准名、条款")
    parser.add_argument(
        "--copy", nargs=3, metavar=("FILE", "规划名称", "OUT"), help="把规则复制给另一份规划文本"
    )
    parser.add_argument("--contradictions", action="store_true", help="找文本自己前后不一致的地方")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, search or validate rules; with --contradictions 1 when the text contradicts itself."""
    if arguments.validate is not None:
        rules = load_rules(arguments.validate)
        answer(_validated(rules), _validated_text(rules), arguments.json)
        return 0
    if arguments.copy is not None:
        rules = _copy(*arguments.copy)
        answer(_validated(rules), f"已写出。{_validated_text(rules)}", arguments.json)
        return 0
    sets, facts, residents = _chosen(arguments)
    if arguments.contradictions:
        found = [c for rules in sets for c in contradictions(rules, facts, residents)]
        told = {"contradictions": [_contradiction(c) for c in found]}
        answer(told, _contradictions_text(found), arguments.json)
        return 1 if any(c.severity == "错误" for c in found) else 0
    rows = search(sets, arguments.search)
    told = {"rules": [_row(rule) for rule in rows]}
    answer(told, _list_text(rows, arguments.search), arguments.json)
    return 0


def _chosen(
    arguments: argparse.Namespace,
) -> tuple[tuple[RuleSet, ...], dict[str, Any], float | None]:
    """Rule sets, facts and residents to look at."""
    if arguments.file is not None:
        return (load_rules(arguments.file),), {}, None
    if arguments.plan is None:
        return (standards() if arguments.standards else (*shipped(), *standards())), {}, None
    book = load(arguments.plan, part(progress, 0.0, 1.0)).book
    own = rules_of(book)
    if own is None:
        said = book.facts.get(DOCUMENT) or "(没有登记)"
        raise Refused(f"规划文件“{said}”没有现成的规则,请用 --file 指定规则文件。")
    residents = Scene(book.plan, book.facts).persons()
    return (own,), dict(book.facts), residents


def _copy(source: str, title: str, target: str) -> RuleSet:
    """Write the rules of a file for another document; an existing file is not overwritten."""
    load_rules(Path(source))
    text = copied(Path(source).read_text(encoding="utf-8-sig"), title, name=Path(source).name)
    out = Path(target)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Refused(f"“{target}”已经存在,没有覆盖。请换一个文件名。") from error
    except OSError as error:
        raise Refused(f"写不了“{target}”:{reason(error)}。") from error
    return load_rules(out)


def _validated(rules: RuleSet) -> dict[str, Any]:
    return {
        "title": rules.title,
        "document": rules.document,
        "rules": len(rules),
        "readings": len(rules.readings),
        "projects": len(rules.projects),
        "unverified": [rule.id for rule in rules if not rule.verified],
    }


def _validated_text(rules: RuleSet) -> str:
    unverified = sum(not rule.verified for rule in rules)
    return (
        f"“{rules.title}”写法正确:{len(rules)} 条规则(待核实 {unverified} 条)、"
        f"{len(rules.readings)} 处读法、{len(rules.projects)} 项工程。"
    )


def _contradiction(found: Contradiction) -> dict[str, Any]:
    return {
        "about": found.about,
        "severity": found.severity,
        "rules": [rule.id for rule in found.rules],
        "text": found.text,
        "quotes": list(found.quotes),
    }


def _contradictions_text(found: list[Contradiction]) -> str:
    lines = [f"前后不一致 {len(found)} 处" if found else "没有发现前后不一致的地方。"]
    for one in found:
        lines.append(f"{one.severity}({one.about}):{one.text}")
        lines += [f"    {quote}" for quote in one.quotes]
    return "\n".join(lines)


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "quote": rule.quote,
        "source": str(rule.source),
        "check": rule.check,
        "wanted": rule.wanted or None,
        "verified": rule.verified,
        "status": rule.nature,
        "due_year": rule.year,
    }


def _list_text(rows: tuple[Rule, ...], words: str) -> str:
    if not rows:
        return f"没有包含“{words}”的规则。"
    cells = [["编号", "检查", "要求", "核实", "出处", "原文"]]
    for rule in rows:
        mark = "已核实" if rule.verified else "待核实"
        cells.append([rule.id, rule.check, rule.wanted, mark, str(rule.source), rule.quote])
    return "\n".join(table(cells))
