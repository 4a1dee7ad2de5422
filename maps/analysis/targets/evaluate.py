"""Rules and a plan in, verdicts out.

rule ── read as the planner chose ── evaluator of its kind ──▶ Finding ──▶ Verdict
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from data.kinds import KINDS
from data.plan import Plan
from data.progress import Report, part, silent
from maps.analysis.targets import apart, capacity, counts, places, reach, records, sums, zones
from maps.analysis.targets.checks import BY_NAME, REFERENCE
from maps.analysis.targets.judge import Finding, verdict
from maps.analysis.targets.model import VERDICTS, Rule, RuleSet, Verdict, VerdictName
from maps.analysis.targets.scene import Scene

EVALUATORS: Mapping[str, Callable[[Rule, Scene], Finding]] = {
    "个数": counts.count,
    "分区个数": counts.per_area,
    "构成": counts.mix,
    "齐全": counts.every_value,
    "占比": counts.share,
    "合计": sums.total,
    "各处数值": sums.each,
    "储备": sums.stock,
    "容量": capacity.capacity,
    "覆盖": reach.cover,
    "最远": reach.farthest,
    "距离": apart.apart,
    "间距": apart.spacing,
    "区内外": apart.in_or_out,
    "区内人口": zones.people_inside,
    "图斑覆盖": zones.mapped,
    "辖区面积": zones.beats,
    "长度": zones.length,
    "面积": zones.surface,
    "落位": places.at_places,
    "迁建": places.relocation,
    "数据完整": records.complete,
    "指标": records.indicator,
    "人工": records.by_hand,
}

_PEOPLED = ("覆盖", "最远", "容量", "储备", "区内人口", "迁建", "个数")
_BY_DISTRICT = ("分区个数", "落位", "图斑覆盖")
_PLACED = (
    "分区个数",
    "落位",
    "覆盖",
    "最远",
    "距离",
    "间距",
    "区内外",
    "迁建",
    "辖区面积",
)
_TIMED = ("覆盖", "最远", "迁建")


@dataclass(frozen=True, eq=False)
class Outcome:
    """Verdicts of a rule set about a plan, in the order of the rules, with the book's facts."""

    plan: Plan
    rules: RuleSet
    verdicts: tuple[Verdict, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Verdict]:
        return {v.id: v for v in self.verdicts}

    def still_true(
        self, plan: Plan, rules: RuleSet, facts: Mapping[str, Any]
    ) -> dict[str, Verdict]:
        """The verdicts that hold for another plan too: same rules and facts, and no layer of a
        kind they depend on is another object."""
        if rules is not self.rules or dict(facts) != self.facts or plan.crs != self.plan.crs:
            return {}
        kinds = {layer.kind_name for of in (plan, self.plan) for layer in of}
        same = {k for k in kinds if _ids(plan, k) == _ids(self.plan, k)}
        changed = kinds - same
        return {v.id: v for v in self.verdicts if not depends_on(self.rules.by_id[v.id]) & changed}

    @property
    def counts(self) -> dict[VerdictName, int]:
        """How many of each verdict."""
        found = Counter(v.verdict for v in self.verdicts)
        return {name: found.get(name, 0) for name in VERDICTS}

    @property
    def tally(self) -> dict[str, int]:
        """Statements (not rules: “SH-013-2” is a second number of SH-013) that the data decide,
        that need data, and that a person must attest. What needs data in one part needs data."""
        worst: dict[str, int] = {}
        ranks = {"needs_data": 2, "attest": 1}
        for found in self.verdicts:
            name = statement_of(found.id)
            worst[name] = max(worst.get(name, 0), ranks.get(found.verdict, 0))
        ranked = Counter(worst.values())
        return {"decided": ranked[0], "needs_data": ranked[2], "attest": ranked[1]}

    @property
    def by_topic(self) -> dict[str, tuple[Verdict, ...]]:
        """Verdicts in groups, both in the order of the rules."""
        return {
            topic: tuple(v for v in self.verdicts if v.rule.topic == topic)
            for topic in self.rules.topics
        }

    @property
    def gravest_first(self) -> tuple[Verdict, ...]:
        order = list(VERDICTS)
        return tuple(sorted(self.verdicts, key=lambda v: order.index(v.verdict)))


def _ids(plan: Plan, kind_name: str) -> list[int]:
    return [id(layer) for layer in plan.of_kind(kind_name)]


def to_read(rules: RuleSet) -> tuple[Rule, ...]:
    """Return the rules that are there to be read and searched, and check nothing."""
    return tuple(rule for rule in rules if rule.check == REFERENCE)


def statement_of(rule_id: str) -> str:
    """The statement a rule belongs to: its id without the number of a further part."""
    parts = rule_id.split("-")
    return "-".join(parts[:2]) if len(parts) > 2 and parts[-1].isdigit() else rule_id


def check_rules(
    plan: Plan,
    rules: RuleSet,
    facts: Mapping[str, Any],
    *,
    people: str = "",
    only: Sequence[str] | None = None,
    before: Outcome | None = None,
    report: Report = silent,
) -> Outcome:
    """Return the verdict of every rule (of those with an id in ``only``) that checks anything.

    ``facts``: those of the plan's book. ``people``: the population layer, when there are
    several. ``before``: an earlier outcome whose verdicts stand where nothing they depend on is
    another. Raises Refused for a plan that cannot be measured at all, or with several
    population layers and none named.
    """
    scene = Scene(plan, facts, people, part(report, 0.0, 0.1))
    _ = scene.demand
    kept = before.still_true(plan, rules, facts) if before is not None else {}
    wanted = [
        rule for rule in rules if rule.check != REFERENCE and (only is None or rule.id in only)
    ]
    out = []
    for i, rule in enumerate(wanted):
        report(0.1 + 0.9 * i / max(len(wanted), 1), f"正在检查 {rule.id}…")
        out.append(kept.get(rule.id) or judge(rule, rules, scene))
    report(1.0, "检查完成")
    return Outcome(plan, rules, tuple(out), dict(facts))


def judge(rule: Rule, rules: RuleSet, scene: Scene) -> Verdict:
    """The verdict of one rule, read as the planner chose."""
    chosen = rule.read_as(scene.facts, rules.readings)
    return conclude(rule, chosen, EVALUATORS[chosen.check](chosen, scene), rules, scene)


def conclude(rule: Rule, chosen: Rule, found: Finding, rules: RuleSet, scene: Scene) -> Verdict:
    """The verdict on what was found about ``rule``, read as ``chosen``."""
    reading = ""
    if rule.reading:
        where = rules.readings[rule.reading]
        reading = f"{where.question}——{where.chosen(scene.facts).name}"
    out = verdict(chosen, found, scene.facts, reading)
    if chosen.check == "人工" and out.verdict == "needs_data":
        out = replace(out, verdict="attest", missing=())
    return out


def moves_matter(rule: Rule) -> bool:
    """Whether the verdict depends on where features are, not only on what is written in them."""
    return any(
        one.check in _PLACED or "范围" in one.params or bool(one.params.get("逐区"))
        for one in (rule, *rule.by_reading.values())
    )


def depends_on(rule: Rule) -> frozenset[str]:
    """Names of the kinds whose features can change the verdict of a rule (under any reading)."""
    out: set[str] = set()
    for one in (rule, *rule.by_reading.values()):
        params = one.params
        out |= {params[name] for name in ("对象", "到", "区域", "分区", "沿") if name in params}
        out |= {*params.get("图层", ())} if one.check == "数据完整" else set()
        out |= {*params.get("必填", {})}
        if not BY_NAME[one.check].spatial:
            continue
        if "范围" in params or one.check in _BY_DISTRICT or one.check in _PEOPLED:
            out.add("district")
        if one.check in _PEOPLED:
            out.add("population")
        if one.check == "辖区面积":  # the built-up area may be a layer of any kind of area
            out |= {k.name for k in KINDS if k.geometry == "polygon"}
        if one.check in ("落位", "迁建", "覆盖"):
            out.add("settlement")
        if one.check in _TIMED and "距离" not in params:
            out.add("road")
    return frozenset(out)
