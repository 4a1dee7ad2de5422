"""Rules of reach while one feature is dragged: 覆盖, 最远, 迁建.

What the *others* reach does not change during a drag: it is worked out at the first look and
kept by rule; a further look adds what the dragged feature reaches from where it is.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from data.geodesy import Floats
from data.refused import Refused
from maps.analysis.coverage import Reached
from maps.analysis.facilities import Status
from maps.analysis.network.ground import ground
from maps.analysis.network.lines import Bools
from maps.analysis.targets.choosing import chosen_by, status_of
from maps.analysis.targets.driving import Driving
from maps.analysis.targets.judge import Finding, lacking, limits, missing_roads
from maps.analysis.targets.model import Rule
from maps.analysis.targets.places import MINUTES, TIMES, Whole, relocation, spot
from maps.analysis.targets.reach import (
    area_outside,
    basis_of,
    by_minutes,
    cannot,
    free_ground,
    metres_to_nearest,
    missed,
    people_outside,
    where_people_live,
    within,
    worst_off,
)
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.travel import in_time, time_ask

T = TypeVar("T")

FOLLOWED = ("覆盖", "最远", "迁建")


class Following:
    """One feature under the hand; ``scene`` has it where it was."""

    def __init__(self, scene: Scene, layer: str, fid: int) -> None:
        self.layer, self.fid = layer, fid
        self._scene = scene
        self._kind = scene.plan.layer(layer).kind_name
        self._driving = Driving(scene, layer, fid)
        self._kept: dict[str, Any] = {}
        self._found: dict[str, Finding] = {}

    def prepare(self, rule: Rule) -> None:
        """Work out what does not change, for a rule as the planner reads it."""
        shape = self._scene.plan.layer(self.layer).geometry(self.fid)
        if rule.check == "迁建":
            self._expect(rule)
        self.find(rule, self._scene, float(shape.x), float(shape.y))

    def find(self, rule: Rule, scene: Scene, x: float, y: float) -> Finding:
        """What a rule finds in ``scene``, where the feature is at ``x``, ``y``."""
        if rule.check == "迁建":
            return relocation(rule, scene, self._whole(x, y))
        if rule.params["对象"] == self._kind:
            return self._reach(rule, scene, x, y)
        # All that may change is where to build, and that is not said during a drag.
        if rule.id not in self._found:
            self._found[rule.id] = self._reach(rule, scene, x, y)
        return self._found[rule.id]

    def _expect(self, rule: Rule) -> None:
        """Make ready for what may come to stand at either end of a relocation."""
        scene, drive = self._scene, self._driving
        of, limit = rule.params["对象"], rule.params.get("时限", MINUTES)
        if of != self._kind and not self._an_end(rule):
            return
        for _, _, status in TIMES:
            chosen = scene.choose(of, rule.params.get("条件", ()), status).placed
            ask = time_ask(scene, chosen, limit, status=status)
            if of == self._kind:  # who else stands there does not change
                ask = replace(ask, only=ask.only & {(self.layer, self.fid)})
            with suppress(Refused):  # what is missing, the relocation says
                drive.expect(ask, drive.people)
                drive.expect(ask, drive.cells)

    def _an_end(self, rule: Rule) -> bool:
        """Whether the feature under the hand is the old or the new place."""
        labels = [rule.params[key] for key, _, _ in TIMES]
        ends = [spot(self._scene, label, (label,)) for label in labels]
        places = [end.place for end in ends if end is not None]
        return any(p and (p.layer, p.fid) == (self.layer, self.fid) for p in places)

    def _whole(self, x: float, y: float) -> Whole:
        def whole(chosen: Chosen, minutes: float, status: Status) -> Reached:
            return self._driving.whole(chosen, minutes, status, x, y)

        return whole

    def _reach(self, rule: Rule, scene: Scene, x: float, y: float) -> Finding:
        chosen = chosen_by(rule, scene).placed
        by_area = rule.params.get("度量") == "面积"
        refused = cannot(rule, scene, chosen, not by_area)
        if refused is not None:
            return refused
        minutes = _minutes(rule)
        if minutes is not None:
            try:
                return self._by_time(rule, scene, chosen, minutes, (x, y))
            except Refused as refusal:
                return lacking(str(refusal).rstrip("。"), missing_roads())
        if rule.check == "最远":
            return worst_off(rule, scene, chosen, self._metres(rule, chosen, x, y), "直线", "")
        if by_area:
            return self._area(rule, scene, chosen, x, y)
        reached = self._within(rule, chosen, x, y)
        return people_outside(rule, scene, chosen, missed(scene.demand, reached))

    def _by_time(
        self, rule: Rule, scene: Scene, chosen: Chosen, limit: float, at: tuple[float, float]
    ) -> Finding:
        people, drive = scene.demand, self._driving
        ask = time_ask(scene, chosen, limit, rule.params, status_of(rule))
        basis = self._once(rule, lambda: basis_of(drive.cover(ask)))
        if rule.params.get("度量") == "面积":
            inside = in_time(drive.minutes(ask, drive.cells, *at, limit), limit)
            areas = ground(people).by_district(inside, len(people.districts))
            return area_outside(rule, scene, chosen, areas, basis)
        if rule.check == "覆盖":
            reached = in_time(drive.minutes(ask, drive.people, *at, limit), limit)
            return people_outside(rule, scene, chosen, missed(people, reached), basis)
        # Beyond what the worst-off have to the others the dragged one is nobody's quickest.
        longest = drive.longest(ask, where_people_live(scene))
        away = drive.minutes(ask, drive.people, *at, longest)
        return worst_off(rule, scene, chosen, away, by_minutes(rule), basis)

    def _metres(self, rule: Rule, chosen: Chosen, x: float, y: float) -> Floats:
        away = self._once(rule, lambda: metres_to_nearest(self._scene, self._others(chosen)))
        if not self._counts(chosen):
            return away
        nearby = self._scene.demand.nearby
        return np.minimum(away, nearby.measured(x, y, np.arange(len(nearby))))

    def _within(self, rule: Rule, chosen: Chosen, x: float, y: float) -> Bools:
        metres = rule.params["距离"]
        reached = self._once(rule, lambda: within(self._scene, self._others(chosen), metres))
        if self._counts(chosen):
            reached = reached.copy()
            reached[self._scene.demand.nearby.inside(x, y, metres)] = True
        return reached

    def _area(self, rule: Rule, scene: Scene, chosen: Chosen, x: float, y: float) -> Finding:
        metres = rule.params["距离"]
        rest = self._once(rule, lambda: free_ground(self._scene, self._others(chosen), metres))
        inside = rest.covered_km2
        if self._counts(chosen):
            inside = rest.with_disc(scene.ruler.circle(x, y, metres))
        return area_outside(rule, scene, chosen, inside)

    def _once(self, rule: Rule, make: Callable[[], T]) -> T:
        """What the others give to a rule."""
        if rule.id not in self._kept:
            self._kept[rule.id] = make()
        found: T = self._kept[rule.id]
        return found

    def _position(self, chosen: Chosen) -> int:
        mine = chosen.table.find(self.layer, self.fid)
        return -1 if mine is None else mine

    def _counts(self, chosen: Chosen) -> bool:
        return self._position(chosen) in chosen.sure

    def _others(self, chosen: Chosen) -> Chosen:
        return replace(chosen, sure=chosen.sure[chosen.sure != self._position(chosen)])


def _minutes(rule: Rule) -> float | None:
    """The limit of a rule about minutes, None for one about metres."""
    if rule.check == "覆盖":
        limit: float | None = rule.params.get("时限")
        return limit
    assert rule.unit is not None
    return max(limits(rule)[1], 1.0) if rule.unit.dimension == "时间" else None
