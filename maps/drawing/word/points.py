"""Lists in a report that are made from the findings: problems, targets, projects, sites."""

from collections.abc import Callable, Mapping, Sequence

from data.kinds import kind
from maps.analysis.findings import Findings
from maps.analysis.provenance import Ledger
from maps.analysis.targets.evaluate import depends_on
from maps.analysis.targets.loader import standards
from maps.analysis.targets.model import Rule, Verdict
from maps.drawing.tables import Field, Table
from maps.drawing.word.writer import Gap, Number, Part, Statement

Line = Sequence[Part] | Statement

MOST = 12
"""How many lines a list has at most; the tables hold all of them."""

_ASIDE = ("现状", "问题")


def about(rule: Rule, subjects: tuple[str, ...]) -> bool:
    """Whether a rule is about some kinds (every rule is, for none)."""
    if not subjects:
        return True
    titles = tuple(kind(name).title for name in subjects)
    of = rule.params.get("对象")
    named = any(title in rule.quote or title in rule.topic for title in titles)
    return of in subjects or (named and not (set(depends_on(rule)) - {*subjects, "district"}))


def rules_about(found: Findings, subjects: tuple[str, ...]) -> frozenset[str]:
    """Ids of the rules of the plan's document about some kinds."""
    if found.outcome is None:
        return frozenset()
    return frozenset(r.id for r in found.outcome.rules if about(r, subjects))


def standard_table(subjects: tuple[str, ...]) -> Table:
    """Return what the standards ask of some kinds."""
    fields = tuple(Field(name) for name in ("编号", "标准", "条款", "要求", "效力", "核实"))
    rows = tuple(
        (
            rule.id,
            rule.source.document,
            rule.source.clause,
            rule.quote,
            rule.force,
            "已核实" if rule.verified else "待核实",
        )
        for rules in standards()
        for rule in rules
        if subjects and about(rule, subjects)
    )
    kept: dict[str, tuple[str, ...]] = {}
    for row in rows:
        # Several checks of one clause share its text: it is shown once.
        kept.setdefault(row[3], row)
    note = "“待核实”的条款引自转载或记忆,使用前须与标准原文核对。"
    return Table("相关标准主要要求", fields, tuple(kept.values()), (note,))


def points(name: str, found: Findings, ledger: Ledger, subjects: tuple[str, ...]) -> list[Line]:
    """Return the lines of a list; a red gap when there is nothing to say it from."""
    return _MAKERS[name](found, ledger, subjects)


def _problems(found: Findings, ledger: Ledger, subjects: tuple[str, ...]) -> list[Line]:
    wanted = rules_about(found, subjects)
    if found.outcome is None:
        return [[Gap("存在的主要问题(规划文件没有登记可用的规划文本规则)")]]
    bad = [v for v in found.outcome.gravest_first if v.verdict in ("fail", "warn")]
    some = [v for v in bad if v.id in wanted]
    lines: list[Line] = [
        Statement(f"{i}.{_problem(v)}", f"指标.{v.id}.实测") for i, v in enumerate(some[:MOST], 1)
    ]
    lacking = [v for v in found.outcome.verdicts if v.verdict == "needs_data" and v.id in wanted]
    if lacking:
        names = "、".join(v.id for v in lacking[:MOST]) + ("等" if len(lacking) > MOST else "")
        lines.append([f"另有 {len(lacking)} 条因缺少资料不能判断({names}):", _how(lacking)])
    return lines or [["对照规划文本,没有发现不符合的条目。"]]


def _problem(one: Verdict) -> str:
    text = one.why.rstrip("。") + "。"
    if one.remedy:
        text += f"办法:{one.remedy.rstrip('。')}。"
    return f"{text}({one.id})"


def _how(lacking: Sequence[Verdict]) -> Gap:
    wanted = dict.fromkeys(
        f"{kind(m.kind).title}的{m.column}" if m.column and m.kind else m.how.rstrip("。")
        for v in lacking
        for m in v.missing
    )
    return Gap("、".join(list(wanted)[:6]) or "有关资料")


def _targets(found: Findings, ledger: Ledger, subjects: tuple[str, ...]) -> list[Line]:
    wanted = rules_about(found, subjects)
    if found.outcome is None:
        return [[Gap("规划目标(规划文件没有登记可用的规划文本规则)")]]
    some = [v for v in found.outcome.verdicts if v.id in wanted and v.rule.nature not in _ASIDE]
    lines: list[Line] = []
    for i, one in enumerate(some[:MOST], 1):
        year = f"({one.rule.year}年)" if one.rule.year else ""
        text = f"{i}.{one.rule.quote.rstrip('。')}{year}。目前结论:{one.title}。({one.id})"
        lines.append(Statement(text, f"指标.{one.id}.实测"))
    if len(some) > MOST:
        lines.append([f"其余 {len(some) - MOST} 条见指标核对表。"])
    return lines or [[Gap("规划目标")]]


def _projects(found: Findings, ledger: Ledger, subjects: tuple[str, ...]) -> list[Line]:
    wanted = rules_about(found, subjects)
    lines: list[Line] = []
    for one in found.projects:
        what = one.project
        if subjects and not (
            {k for k, _ in what.features} & set(subjects) or wanted & set(what.rules)
        ):
            continue
        parts: list[Part] = [f"{len(lines) + 1}.{what.name}。{what.quote.rstrip('。')}。"]
        if what.money is not None:
            parts += ["投资", Number(ledger.figures[f"工程.{what.id}.投资"]), "。"]
        else:
            parts.append(Gap("投资"))
        if one.absent:
            parts.append(f"尚未落到图上:{'、'.join(one.absent)}。")
        lines.append(parts)
    return lines[:MOST] or [[Gap("重点工程")]]


def _sites(found: Findings, ledger: Ledger, subjects: tuple[str, ...]) -> list[Line]:
    lines: list[Line] = []
    for one in found.proposals:
        title = kind(one.of).title
        if subjects and one.of not in subjects:
            continue
        if not one.sites:
            lines.append([f"{title}:{one.why_not}"])
            continue
        get = ledger.figures
        head = f"选址.{title}"
        lines.append(
            [
                f"{title}:在保留现有和规划设施的前提下,建议新增",
                Number(get[f"{head}.数量"]),
                f"({'、'.join(site.name for site in one.sites)}),覆盖人口由",
                Number(get[f"{head}.原有.覆盖人口"], True),
                "提高到",
                Number(get[f"{head}.新增后.覆盖人口"], True),
                ",覆盖率由",
                Number(get[f"{head}.原有.覆盖率"]),
                "提高到",
                Number(get[f"{head}.新增后.覆盖率"]),
                "。候选点为居民点,方案已证明最优,落位须现场踏勘并核实用地。",
            ]
        )
    return lines or [[Gap("建议新增位置(没有可计算的设施或人口)")]]


def _documents(found: Findings, ledger: Ledger, subjects: tuple[str, ...]) -> list[Line]:
    names = []
    if found.outcome is not None:
        names.append(found.outcome.rules.document)
    names += [
        rule.source.document for rules in standards() for rule in rules if about(rule, subjects)
    ]
    shown = [name for name in dict.fromkeys(names) if name]
    return [[f"{i}.{name}。"] for i, name in enumerate(shown[: 2 * MOST], 1)]


def _gaps(found: Findings, ledger: Ledger, subjects: tuple[str, ...]) -> list[Line]:
    """The three districts each kind reaches least, once the plan is carried out."""
    lines: list[Line] = []
    for (of, status), result in found.coverage.items():
        if status != "全部" or (subjects and of not in subjects):
            continue
        known = [
            (row.people_uncovered, name)
            for name, row in zip(found.district_names, result.by_district, strict=True)
            if row.people_uncovered
        ]
        worst = sorted(known, reverse=True)[:3]
        if not worst:
            continue
        parts: list[Part] = [f"规划实施后{kind(of).title}未覆盖人口最多的是"]
        for i, (_, name) in enumerate(worst):
            head = f"覆盖.{kind(of).title}.全部.{name}"
            parts += ["、" if i else "", name, "("]
            parts += [Number(ledger.figures[f"{head}.未覆盖人口"]), ",覆盖率"]
            parts += [Number(ledger.figures[f"{head}.人口覆盖率"]), ")"]
        lines.append([*parts, "。"])
    return lines


_MAKERS: Mapping[str, Callable[[Findings, Ledger, tuple[str, ...]], list[Line]]] = {
    "问题": _problems,
    "目标": _targets,
    "工程": _projects,
    "选址": _sites,
    "依据": _documents,
    "缺口": _gaps,
}
