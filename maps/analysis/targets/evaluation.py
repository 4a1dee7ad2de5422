"""Mid-term and final evaluation of a plan: what was promised, what is, what is wrong, what to do.

赤峰 (第五章第四节): “在2023年、2025年底分别对本规划执行情况进行中期和终期评估,分析规划实施进展
情况、存在问题并提出改进措施”.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maps.analysis.targets.evaluate import Outcome
from maps.analysis.targets.model import RuleSet, Verdict
from maps.analysis.targets.projects import UNTOLD, ProjectState
from maps.analysis.targets.units import number

_PAST = ("现状", "问题")
_NAMED = 6


@dataclass(frozen=True)
class EvaluationRow:
    """One line of an evaluation: what was promised, what is, what is wrong, what to do.

    ``later``: whether it is only due after the year of the evaluation.
    """

    id: str
    topic: str
    quote: str
    source: str
    due: int | None
    wanted: str
    measured: str
    verdict: str
    gap: str
    remedy: str
    later: bool


def evaluations(rules: RuleSet) -> tuple[tuple[str, int], ...]:
    """(name, year) of the evaluations a document promises; else one when its last target is due
    (none for rules without years)."""
    if rules.evaluations:
        return rules.evaluations
    due = [r.year for r in rules if r.year is not None and r.nature not in _PAST]
    return (("终期评估", max(due)),) if due else ()


def evaluated(outcome: Outcome) -> tuple[Verdict, ...]:
    """The verdicts that an evaluation is about: not those on what existed before the plan."""
    return tuple(v for v in outcome.verdicts if v.rule.nature not in _PAST)


def evaluation_table(outcome: Outcome, year: int) -> tuple[EvaluationRow, ...]:
    """Return the table for an evaluation at the end of ``year``; a target due later says so."""
    rows = []
    for found in evaluated(outcome):
        rule = found.rule
        measured = "" if found.value is None else f"{number(found.value)} {found.unit}".strip()
        later = rule.year is not None and rule.year > year
        rows.append(
            EvaluationRow(
                rule.id,
                rule.topic,
                rule.quote,
                str(rule.source),
                rule.year,
                rule.wanted,
                measured,
                f"{found.title}({rule.year} 年到期)" if later else found.title,
                "" if found.verdict == "pass" else found.why,
                found.remedy,
                later,
            )
        )
    return tuple(rows)


def evaluated_projects(states: Sequence[ProjectState], year: int) -> tuple[EvaluationRow, ...]:
    """Return the 重点工程 in the same table: how far each is, which of its targets are open."""
    return tuple(_project_row(one, year) for one in states)


def _project_row(one: ProjectState, year: int) -> EvaluationRow:
    project = one.project
    later = project.finish is not None and project.finish > year
    done = one.done_by(year)
    said = [one.said, *([f"完成投资 {number(one.spent)} 万元"] if one.spent is not None else [])]
    if one.features or one.absent:
        all_of_it = len(one.features) + len(one.absent)
        said.append(f"图上 {all_of_it} 处要素中 {one.standing} 处已建成")
    if one.note:
        said.append(one.note)
    verdict = "完成" if done else "逾期" if one.overdue(year) else "没有登记进展"
    if not done and one.state != UNTOLD and not one.overdue(year):
        verdict = "进行中" if one.state != "停建" else "停建"
    open_ = [v for v in one.verdicts if v.verdict != "pass"]
    gap = [f"图上没有{'、'.join(one.absent)}"] if one.absent else []
    if open_:
        names = "、".join(f"{v.id} {v.title}" for v in open_[:_NAMED])
        more = "等" if len(open_) > _NAMED else ""
        gap.append(f"所服务的 {len(one.verdicts)} 条目标中 {one.met} 条符合,其余:{names}{more}")
    register = "在“重点工程”里登记进展。" if one.state == UNTOLD else ""
    return EvaluationRow(
        project.id,
        "重点工程",
        project.name,
        str(project.source),
        project.finish,
        ";".join(f"{s.name} {number(s.value)} {s.unit}".strip() for s in project.sizes),
        ";".join(said),
        f"{verdict}({project.finish} 年到期)" if later and not done else verdict,
        ";".join(gap),
        register,
        later,
    )
