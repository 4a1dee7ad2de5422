"""What more facilities would do to the verdicts: which statements they fix, which they break."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import shapely

from data import edits
from data.kinds import kind
from data.plan import Book, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.targets.evaluate import Outcome, check_rules
from maps.analysis.targets.loader import rules_of
from maps.analysis.targets.model import Verdict


class Place(NamedTuple):
    """Where a facility comes to stand, in plan metres, its name and class ("": none given)."""

    x: float
    y: float
    name: str
    grade: str = ""


@dataclass(frozen=True, eq=False)
class Effect:
    """A statement whose verdict is another with a facility more."""

    before: Verdict
    after: Verdict

    @property
    def fixed(self) -> bool:
        """Whether it holds now and did not before."""
        return self.after.verdict == "pass"


@dataclass(frozen=True, eq=False)
class Effects:
    """``alone``: of each place by itself, in their order; ``together``: of all of them."""

    alone: tuple[tuple[Effect, ...], ...]
    together: tuple[Effect, ...]


def planned(kind_name: str, places: Sequence[Place]) -> edits.Edit:
    """Return the edit that adds planned facilities of a kind (状态: 规划)."""
    this = kind(kind_name)

    def edit(plan: Plan) -> Plan:
        plan = edits.ensure_layer(kind_name)(plan)
        layer = plan.of_kind(kind_name)[-1].name
        for place in places:
            row = {"名称": place.name, "状态": "规划"}
            if place.grade and this.class_column:
                row[this.class_column] = place.grade
            row = {k: v for k, v in row.items() if this.column(k) is not None}
            plan = edits.add_feature(layer, shapely.Point(place.x, place.y), row)(plan)
        return plan

    return edit


def effects(
    book: Book,
    kind_name: str,
    places: Sequence[Place],
    *,
    people: str = "",
    report: Report = silent,
) -> Effects:
    """Return which verdicts of the plan's own rules change with planned facilities at places.

    ``people``: the population layer, when there are several. Only rules that depend on the kind
    are judged again. Raises Refused when the plan has no rules.
    """
    rules = rules_of(book)
    if rules is None:
        raise Refused("这个规划没有登记“规划文件”,也没有自己的规则,说不出哪些目标因此达到。")
    report(0.0, "正在核对现在的目标…")
    now = check_rules(book.plan, rules, book.facts, people=people, report=part(report, 0.0, 0.4))

    def of(some: Sequence[Place], inner: Report) -> tuple[Effect, ...]:
        plan = planned(kind_name, some)(book.plan)
        then = check_rules(plan, rules, book.facts, people=people, before=now, report=inner)
        return _differing(now, then)

    count = len(places) + 1
    alone = []
    for k, place in enumerate(places):
        inner = part(report, 0.4 + 0.6 * k / count, 0.4 + 0.6 * (k + 1) / count)
        alone.append(of([place], inner))
    if len(places) == 1:
        return Effects(tuple(alone), alone[0])
    return Effects(tuple(alone), of(places, part(report, 0.4 + 0.6 * (count - 1) / count, 1.0)))


def _differing(now: Outcome, then: Outcome) -> tuple[Effect, ...]:
    old = now.by_id
    return tuple(
        Effect(old[found.id], found)
        for found in then.verdicts
        if found.verdict != old[found.id].verdict
    )


def words(effect: Effect) -> str:
    """“CF-007 覆盖率不低于 95%:不符合→符合”."""
    before, after = effect.before, effect.after
    said = before.rule.quote if len(before.rule.quote) <= 24 else before.rule.quote[:23] + "…"
    return f"{before.id} {said}:{before.title}→{after.title}"
