"""What became of a document's promises, as tables for a workbook: targets, places, projects."""

from collections import Counter
from collections.abc import Sequence

from maps.analysis.targets.consistency import Contradiction
from maps.analysis.targets.evaluate import Outcome
from maps.analysis.targets.evaluation import evaluated, evaluated_projects, evaluation_table
from maps.analysis.targets.model import VERDICTS
from maps.analysis.targets.projects import ProjectState, progress_by_year
from maps.analysis.targets.units import number
from maps.drawing.tables import Field, Table

_MONEY = ("投资“未知”:规划文本没有写明;完成投资“未知”:还没有登记。",)


def promise_tables(
    outcome: Outcome,
    projects: Sequence[ProjectState] = (),
    quarrels: Sequence[Contradiction] = (),
    years: Sequence[tuple[str, int]] = (),
) -> list[Table]:
    """Return the tables about one rule set; those that would be empty are left out.

    ``years``: (name, year) of the evaluations wanted.
    """
    found = [targets(outcome), places(outcome), figures(outcome)]
    found += [evaluation(outcome, projects, name, year) for name, year in years]
    found += [standing(projects), progress(projects, years), contradicting(quarrels)]
    return [found[0], *(one for one in found[1:] if one.rows)]


def targets(outcome: Outcome) -> Table:
    """Every statement, the gravest verdict first, with what it rests on."""
    fields = (
        Field("编号"),
        Field("分组"),
        Field("性质"),
        Field("原文"),
        Field("要求"),
        Field("实测", "number"),
        Field("单位"),
        Field("结论"),
        Field("原因"),
        Field("办法"),
        Field("读法"),
        Field("到期年"),
        Field("核实"),
        Field("出处"),
    )
    rows = tuple(
        (
            one.id,
            one.rule.topic,
            one.rule.nature,
            one.rule.quote,
            one.rule.wanted,
            one.value,
            one.unit,
            one.title,
            one.why,
            one.remedy,
            one.reading,
            _year(one.rule.year),
            "已核实" if one.rule.verified else "待核实",
            str(one.rule.source),
        )
        for one in outcome.gravest_first
    )
    counts = "、".join(f"{VERDICTS[name]} {n}" for name, n in outcome.counts.items())
    basis = dict.fromkeys(v.basis for v in outcome.verdicts if v.basis)
    notes = (
        f"{outcome.rules.title}:{len(rows)} 条,{counts}。",
        "实测“未知”:规划里没有这个数,或这一条不是用数量衡量的。",
        *(f"依据:{said}" for said in basis),
    )
    return Table("目标核对", fields, rows, notes)


def places(outcome: Outcome) -> Table:
    """Where a statement fails: one row for each place."""
    fields = (Field("编号"), Field("结论"), Field("地点"), Field("图层"), Field("情况"))
    rows = tuple(
        (one.id, one.title, place.name, place.layer, place.text)
        for one in outcome.gravest_first
        for place in one.where
    )
    return Table("不符合的地方", fields, rows)


def figures(outcome: Outcome) -> Table:
    """The figures behind the measured values, by district or feature."""
    fields = (Field("编号"), Field("项"), Field("数值", "number"), Field("说明"))
    rows = tuple(
        (one.id, name, value, remark)
        for one in outcome.gravest_first
        for name, value, remark in one.rows
    )
    return Table("分项数据", fields, rows)


def evaluation(outcome: Outcome, projects: Sequence[ProjectState], name: str, year: int) -> Table:
    """What was promised, how far it is, what is wrong and what to do, at the end of a year: the
    targets, then the 重点工程."""
    fields = (
        Field("编号"),
        Field("分组"),
        Field("目标或工程"),
        Field("到期年"),
        Field("要求"),
        Field("进展"),
        Field("结论"),
        Field("存在的问题"),
        Field("改进措施"),
        Field("出处"),
    )
    found = (*evaluation_table(outcome, year), *evaluated_projects(projects, year))
    rows = tuple(
        (
            one.id,
            one.topic,
            one.quote,
            _year(one.due),
            one.wanted,
            one.measured,
            one.verdict,
            one.gap,
            one.remedy,
            one.source,
        )
        for one in found
    )
    due = sum(not one.later for one in found)
    counted = Counter(v.title for v in evaluated(outcome))
    said = "、".join(f"{title} {counted[title]}" for title in VERDICTS.values())
    title = name if str(year) in name else f"{name}({year}年)"
    notes = (
        f"{title}:目标 {counted.total()} 条({said}),重点工程 {len(projects)} 项;"
        f"其中 {due} 项到 {year} 年底应当完成。规划以前就有的(现状、问题)不在内。",
        "进展按写出这张表时的规划量得,不是按当年的存档。",
    )
    return Table(title, fields, rows, notes)


def standing(projects: Sequence[ProjectState]) -> Table:
    """Where each 重点工程 stands."""
    fields = (
        Field("编号"),
        Field("工程名称"),
        Field("地点"),
        Field("建设内容与规模"),
        Field("开工年"),
        Field("完工年"),
        Field("投资(万元)", "number"),
        Field("进展"),
        Field("完成投资(万元)", "number"),
        Field("说明"),
        Field("图上要素"),
        Field("服务的目标"),
        Field("出处"),
    )
    rows = tuple(
        (
            one.project.id,
            one.project.name,
            "、".join(one.project.places),
            ";".join(f"{s.name} {number(s.value)} {s.unit}".strip() for s in one.project.sizes),
            _year(one.project.start),
            _year(one.project.finish),
            one.project.money,
            one.said,
            one.spent,
            one.note,
            "、".join(f"{place.name}({place.text})" for place in one.features),
            "、".join(f"{v.id} {v.title}" for v in one.verdicts),
            str(one.project.source),
        )
        for one in projects
    )
    return Table("重点工程", fields, rows, _MONEY)


def progress(
    projects: Sequence[ProjectState], evaluations: Sequence[tuple[str, int]] = ()
) -> Table:
    """How many projects are due and finished at the end of each year."""
    years = span(projects, evaluations)
    fields = (
        Field("年份"),
        Field("应完成(个)", "whole"),
        Field("其中已完成(个)", "whole"),
        Field("累计完成(个)", "whole"),
        Field("完成投资(万元)", "number"),
    )
    if years is None:
        return Table("工程进度", fields, ())
    rows = tuple(
        (str(one.year), one.due, one.due_done, one.done, one.money)
        for one in progress_by_year(tuple(projects), *years)
    )
    return Table("工程进度", fields, rows)


def span(
    projects: Sequence[ProjectState], evaluations: Sequence[tuple[str, int]] = ()
) -> tuple[int, int] | None:
    """First and last year anything starts, is due, was finished or is evaluated; None without
    projects or when no year of theirs is known."""
    known = [
        year
        for one in projects
        for year in (one.project.start, one.project.finish, one.year)
        if year is not None
    ]
    if not known:
        return None
    known += [year for _, year in evaluations]
    return min(known), max(known)


def contradicting(quarrels: Sequence[Contradiction]) -> Table:
    """Where the document contradicts itself, with both quotes."""
    fields = (Field("类别"), Field("程度"), Field("矛盾"), Field("编号"), Field("原文"))
    rows = tuple(
        (
            one.about,
            one.severity,
            one.text,
            "、".join(rule.id for rule in one.rules),
            ";".join(f"“{rule.quote}”({rule.source})" for rule in one.rules),
        )
        for one in quarrels
    )
    return Table("文本自身的矛盾", fields, rows)


def _year(year: int | None) -> str:
    return "" if year is None else str(year)
