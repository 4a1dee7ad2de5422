"""Verdicts kept current while one point feature is dragged.

    once            every rule, and which kinds each depends on
    before a drag   of the rules of reach: what the *other* facilities reach (``prepare``; it
                    takes as long as a calculation, so it belongs in the background)
    at each place   only the rules that depend on the moved kind, on a scene that shares
                    everything but the moved feature

A verdict at any place is the one a full check gives there, but for two things: it has no advice
where to build, and the longest minutes are only told as “everybody in time” or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from data.geodesy import Floats
from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.live import LiveNumbers
from maps.analysis.network.live import LiveTime
from maps.analysis.targets.choosing import chosen_by, status_of
from maps.analysis.targets.evaluate import (
    Outcome,
    check_rules,
    conclude,
    depends_on,
    judge,
    moves_matter,
)
from maps.analysis.targets.judge import Finding, limits
from maps.analysis.targets.model import VERDICTS, Rule, RuleSet, Verdict, VerdictName
from maps.analysis.targets.reach import (
    area_outside,
    cannot,
    metres_to_nearest,
    missed,
    people_outside,
    within,
    worst_off,
)
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.travel import time_ask

_SLOW = ("迁建", "辖区面积")
"""Kinds of check that take longer than a frame: they wait for the hand to let go."""


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


@dataclass
class _Drag:
    """What is kept while one feature is dragged: by rule id, what the others reach."""

    layer: str
    fid: int
    times: dict[str, LiveTime] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    metres: dict[str, Floats] = field(default_factory=dict)


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
        self._kinds = {rule.id: depends_on(rule) for rule in self._rules}
        self._drag: _Drag | None = None

    def affected(self, layer: str) -> tuple[Rule, ...]:
        """The rules whose verdict can change when a feature of a layer moves."""
        kind_name = self.plan.layer(layer).kind_name
        return tuple(
            rule for rule in self._rules if kind_name in self._kinds[rule.id] and moves_matter(rule)
        )

    def prepare(self, layer: str, fid: int, report: Report = silent) -> None:
        """Work out what the others reach, so that rules of reach can follow this feature."""
        drag = _Drag(layer, fid)
        shared: dict[Any, LiveTime] = {}
        for i, rule in enumerate(wanted := self._of_reach(layer)):
            stretch = part(report, i / len(wanted), (i + 1) / len(wanted))
            if self._scene.demand.known:
                self._keep(drag, rule, chosen_by(rule, self._scene).placed, shared, stretch)
        self._drag = drag
        report(1.0, "可以拖动")

    def after_move(self, layer: str, fid: int, x: float, y: float) -> LiveVerdicts:
        """Return the verdicts with one point feature at ``x``, ``y`` (metres, plan CRS).

        Rules of reach follow when ``prepare`` has been called for this feature.
        """
        scene = self._scene.moved(layer, fid, x, y)
        drag = (
            self._drag
            if self._drag and (self._drag.layer, self._drag.fid) == (layer, fid)
            else None
        )
        verdicts: dict[str, Verdict] = {}
        later = set()
        numbers: dict[int, LiveNumbers] = {}
        for rule in self.affected(layer):
            read = rule.read_as(scene.facts, self.rules.readings)
            if read.check in _SLOW or "沿" in read.params or _areas_by_metres(read):
                later.add(rule.id)
            elif read.check in ("覆盖", "最远"):
                found = None if drag is None else _followed(read, scene, drag, x, y, numbers)
                if found is None:
                    later.add(rule.id)
                else:
                    verdicts[rule.id] = conclude(rule, read, found, self.rules, scene)
            else:
                verdicts[rule.id] = judge(rule, self.rules, scene)
        return LiveVerdicts(verdicts, frozenset(later), self.outcome)

    def _of_reach(self, layer: str) -> list[Rule]:
        read = [r.read_as(self._scene.facts, self.rules.readings) for r in self.affected(layer)]
        kind_name = self.plan.layer(layer).kind_name
        return [
            rule
            for rule in read
            if rule.check in ("覆盖", "最远") and rule.params["对象"] == kind_name
        ]

    def _keep(
        self, drag: _Drag, rule: Rule, chosen: Chosen, shared: dict[Any, LiveTime], report: Report
    ) -> None:
        others = _without(chosen, drag.layer, drag.fid)
        minutes = _minutes(rule)
        if minutes is not None:
            if "范围" in rule.params:
                return  # the feature may leave the area: only a full check knows
            ask = time_ask(self._scene, chosen, minutes, rule.params, status_of(rule))
            ready = tuple(ask.ready_minutes.items())
            key = (ask.of, ask.status, ask.vehicle, ask.weather, ask.only, minutes, ready)
            if key not in shared:
                try:
                    shared[key] = LiveTime(self.plan, ask, drag.layer, drag.fid, report)
                except Refused:
                    return  # without roads the full check says what is missing
            drag.times[rule.id] = shared[key]
        elif rule.check == "最远":
            drag.metres[rule.id] = metres_to_nearest(self._scene, others)
        elif not _areas_by_metres(rule):
            drag.counts[rule.id] = within(self._scene, others, rule.params["距离"])


def _minutes(rule: Rule) -> float | None:
    """The limit of a rule about minutes, None for one about metres."""
    if rule.check == "覆盖":
        limit: float | None = rule.params.get("时限")
        return limit
    assert rule.unit is not None
    return limits(rule)[1] if rule.unit.dimension == "时间" else None


def _areas_by_metres(rule: Rule) -> bool:
    return rule.check == "覆盖" and "距离" in rule.params and rule.params.get("度量") == "面积"


def _without(chosen: Chosen, layer: str, fid: int) -> Chosen:
    mine = chosen.table.find(layer, fid)
    return replace(chosen, sure=chosen.sure[chosen.sure != (-1 if mine is None else mine)])


def _followed(
    rule: Rule, scene: Scene, drag: _Drag, x: float, y: float, numbers: dict[int, LiveNumbers]
) -> Finding | None:
    """What a rule of reach finds with the feature elsewhere, None when only a full check can."""
    chosen = chosen_by(rule, scene).placed
    refused = cannot(rule, scene, chosen, rule.params.get("度量") != "面积")
    if refused is not None:
        return refused
    mine = chosen.table.find(drag.layer, drag.fid)
    counts = mine is not None and mine in chosen.sure
    if rule.id in drag.times:
        live = drag.times[rule.id]
        if id(live) not in numbers:
            numbers[id(live)] = live.at(x, y)
        return _by_time(rule, scene, chosen, numbers[id(live)])
    nearby = scene.demand.nearby
    if rule.id in drag.counts:
        reached = drag.counts[rule.id]
        if counts:
            reached = reached.copy()
            reached[nearby.inside(x, y, rule.params["距离"])] = True
        return people_outside(rule, scene, chosen, missed(scene.demand, reached))
    if rule.id in drag.metres:
        away = drag.metres[rule.id]
        if counts:
            away = np.minimum(away, nearby.measured(x, y, np.arange(len(nearby))))
        return worst_off(rule, scene, chosen, away, "直线", "")
    return None


def _by_time(rule: Rule, scene: Scene, chosen: Chosen, now: LiveNumbers) -> Finding:
    if rule.params.get("度量") == "面积":
        return area_outside(rule, scene, chosen, now.covered_km2)
    size = max(len(scene.demand.districts), 1)
    outside = now.tally[:size, 0]
    if rule.check == "覆盖":
        return people_outside(rule, scene, chosen, outside)
    persons = float(outside.sum())
    return Finding(
        f"超过的有 {persons:,.0f} 人(最远的时间松手后给出)",
        holds=persons <= 0,
        remedy="松手后给出最远处。" if persons else "",
        basis=scene.demand.basis,
    )
