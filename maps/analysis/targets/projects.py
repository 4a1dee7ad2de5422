"""重点工程: where each project stands, progress by year, mid-term and final evaluation.

What a project *is* stands in the rule file; where it *stands* is registered in the plan's book
(“工程”: {id: {状态, 年份, 完成投资, 说明}}). The map adds what it shows of its features.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.kinds import is_missing
from data.plan import Plan
from maps.analysis.targets.conditions import as_number
from maps.analysis.targets.evaluate import Outcome
from maps.analysis.targets.model import PROJECTS, Place, Project, Verdict, told
from maps.analysis.targets.scene import Scene

DONE, UNTOLD = "完成", "未知"
_STANDS = "现状"


@dataclass(frozen=True)
class ProjectState:
    """One project today. ``year``: when it was finished, if it is (registered, or the year of
    the rule file when that says it is finished). ``spent`` in 万元.

    ``features``: what it builds, as found on the map (status in ``text``); ``absent``: names
    that are not there; ``standing``: how many of the features stand today. ``verdicts``: of
    the rules it serves.
    """

    project: Project
    state: str
    year: int | None
    spent: float | None
    note: str
    features: tuple[Place, ...]
    absent: tuple[str, ...]
    standing: int
    verdicts: tuple[Verdict, ...]

    @property
    def met(self) -> int:
        """How many of the rules it serves hold."""
        return sum(v.verdict == "pass" for v in self.verdicts)

    @property
    def said(self) -> str:
        """The state in words: “2024 年完成”, “在建”, “未登记”."""
        if self.state == DONE and self.year is not None:
            return f"{self.year} 年完成"
        return "未登记" if self.state == UNTOLD else self.state

    def done_by(self, year: int) -> bool:
        """Whether it was finished by the end of ``year``."""
        return self.state == DONE and self.year is not None and self.year <= year

    def overdue(self, year: int) -> bool:
        """Whether it should be finished by the end of ``year`` and is known not to be."""
        due = self.project.finish
        return due is not None and due <= year and self.state not in (DONE, UNTOLD)


def project_states(
    plan: Plan, outcome: Outcome, facts: Mapping[str, Any]
) -> tuple[ProjectState, ...]:
    """Return where each project of the rules of ``outcome`` stands."""
    scene = Scene(plan, facts)
    return tuple(_state(project, scene, outcome, facts) for project in outcome.rules.projects)


def _state(
    project: Project, scene: Scene, outcome: Outcome, facts: Mapping[str, Any]
) -> ProjectState:
    said = told(facts, PROJECTS, project.id)
    kept: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    features, absent = [], []
    standing = 0
    for kind_name, name in project.features:
        table = scene.table(kind_name)
        at = next((i for i in range(len(table)) if table.name(i) == name), None)
        if at is None:
            absent.append(name)
            continue
        status = table.column("状态")[at]
        standing += str(status) == _STANDS
        features.append(table.place(at, "状态未填" if is_missing(status) else str(status)))
    state = str(kept.get("状态") or project.state)
    year = as_number(kept.get("年份"))
    if year is None and state == DONE and "状态" not in kept:
        year = project.finish
    return ProjectState(
        project,
        state,
        None if year is None else int(year),
        as_number(kept.get("完成投资")),
        str(kept.get("说明") or ""),
        tuple(features),
        tuple(absent),
        standing,
        tuple(outcome.by_id[r] for r in project.rules if r in outcome.by_id),
    )


@dataclass(frozen=True)
class YearProgress:
    """One year: projects due by its end, of them finished, all finished; money in 万元 of the
    finished (None when a sum is not known)."""

    year: int
    due: int
    due_done: int
    done: int
    money: float | None


def progress_by_year(
    states: tuple[ProjectState, ...], first: int, last: int
) -> tuple[YearProgress, ...]:
    """Return the progress at the end of each year from ``first`` to ``last``."""
    out = []
    for year in range(first, last + 1):
        done = [s for s in states if s.done_by(year)]
        due = [s for s in states if s.project.finish is not None and s.project.finish <= year]
        spent = [s.project.money if s.spent is None else s.spent for s in done]
        known = [m for m in spent if m is not None]
        money = sum(known) if len(known) == len(spent) else None
        out.append(YearProgress(year, len(due), sum(s in done for s in due), len(done), money))
    return tuple(out)
