"""Verdicts kept current while one point feature is dragged.

    once            every rule, and which kinds each depends on
    before a drag   of the rules of reach: what the *other* facilities reach (``prepare``; it
                    takes as long as a calculation, so it belongs in the background)
    at each place   only the rules that depend on the moved kind, on a scene that shares
                    everything but the moved feature

A verdict at any place is the one a full check gives there, only without advice where to build.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data.plan import Plan
from data.progress import Report, silent
from maps.analysis.targets import apart, zones
from maps.analysis.targets.evaluate import (
    EVALUATORS,
    Outcome,
    check_rules,
    conclude,
    depends_on,
    moves_matter,
)
from maps.analysis.targets.following import FOLLOWED, Following
from maps.analysis.targets.judge import Finding
from maps.analysis.targets.model import VERDICTS, Rule, RuleSet, Verdict, VerdictName
from maps.analysis.targets.scene import Scene

_LONG: Mapping[str, Callable[[Rule, Scene], bool]] = {
    "间距": apart.takes_long,
    "辖区面积": zones.takes_long,
}
"""Kinds of check that may take longer than a frame: then they wait for the hand to let go."""


@dataclass(frozen=True, eq=False)
class LiveVerdicts:
    """Verdicts with one feature elsewhere.

    ``verdicts``: of the rules that depend on it, by id. ``later``: ids of those that wait for
    the end of the drag (their verdict is still the one from before). ``before``: all verdicts
    from before the drag.
    """

    verdicts: Mapping[str, Verdict]
    later: frozenset[str]
    before: Outcome

    @property
    def changed(self) -> tuple[Verdict, ...]:
        """Verdicts that differ from before."""
        old = self.before.by_id
        return tuple(v for i, v in self.verdicts.items() if v.verdict != old[i].verdict)

    @property
    def counts(self) -> dict[VerdictName, int]:
        """How many of each verdict, all rules together."""
        names = [self.verdicts.get(v.id, v).verdict for v in self.before.verdicts]
        return {name: names.count(name) for name in VERDICTS}


class LiveTargets:
    """The verdicts of ``rules`` about ``plan``, ready to follow a drag.

    ``outcome``: the verdicts of this plan when they are known already. Raises what
    ``check_rules`` raises.
    """

    def __init__(
        self,
        plan: Plan,
        rules: RuleSet,
        facts: Mapping[str, Any] | None = None,
        *,
        people: str = "",
        outcome: Outcome | None = None,
        report: Report = silent,
    ) -> None:
        self.plan, self.rules = plan, rules
        self._scene = Scene(plan, facts or {}, people)
        self.outcome = outcome or check_rules(
            plan, rules, facts or {}, people=people, report=report
        )
        self._rules = [rules.by_id[v.id] for v in self.outcome.verdicts]
        self._affected: dict[str, tuple[tuple[Rule, Rule], ...]] = {}
        self._following: Following | None = None

    def affected(self, layer: str) -> tuple[Rule, ...]:
        """The rules whose verdict can change when a feature of a layer moves."""
        return tuple(rule for rule, _ in self._read(layer))

    def _read(self, layer: str) -> tuple[tuple[Rule, Rule], ...]:
        """The affected rules, each with itself as the planner reads it."""
        kind_name = self.plan.layer(layer).kind_name
        if kind_name not in self._affected:
            self._affected[kind_name] = tuple(
                (rule, rule.read_as(self._scene.facts, self.rules.readings))
                for rule in self._rules
                if kind_name in depends_on(rule) and moves_matter(rule)
            )
        return self._affected[kind_name]

    def prepare(self, layer: str, fid: int, report: Report = silent) -> None:
        """Work out what the others reach, so that rules of reach can follow this feature."""
        following = Following(self._scene, layer, fid)
        wanted = [read for _, read in self._read(layer) if read.check in FOLLOWED]
        for i, rule in enumerate(wanted):
            report(i / len(wanted), f"正在准备 {rule.id}…")
            following.prepare(rule)
        self._following = following
        report(1.0, "可以拖动")

    def after_move(self, layer: str, fid: int, x: float, y: float) -> LiveVerdicts:
        """Return the verdicts with one point feature at ``x``, ``y`` (metres, plan CRS).

        Rules of reach follow when ``prepare`` has been called for this feature.
        """
        *_, found = self.steps(layer, fid, x, y)
        assert found is not None
        return found

    def steps(self, layer: str, fid: int, x: float, y: float) -> Iterator[LiveVerdicts | None]:
        """As :meth:`after_move`, a rule at a time: None after each, the verdicts at the end."""
        if self.plan.layer(layer).kind_name == "population":  # everybody would be counted anew
            later = frozenset(rule.id for rule in self.affected(layer))
            yield LiveVerdicts({}, later, self.outcome)
            return
        scene = self._scene.moved(layer, fid, x, y)
        ready = self._following
        if ready is not None and (ready.layer, ready.fid) != (layer, fid):
            ready = None
        verdicts: dict[str, Verdict] = {}
        waiting = set()
        for rule, read in self._read(layer):
            found = self._found(read, scene, ready, x, y)
            if found is None:
                waiting.add(rule.id)
            else:
                verdicts[rule.id] = conclude(rule, read, found, self.rules, scene)
            yield None
        yield LiveVerdicts(verdicts, frozenset(waiting), self.outcome)

    def _found(
        self, rule: Rule, scene: Scene, ready: Following | None, x: float, y: float
    ) -> Finding | None:
        """What a rule finds in ``scene``; None when that has to wait."""
        if rule.check in FOLLOWED:
            return None if ready is None else ready.find(rule, scene, x, y)
        if rule.check in _LONG and _LONG[rule.check](rule, self._scene):
            return None
        return EVALUATORS[rule.check](rule, scene)
