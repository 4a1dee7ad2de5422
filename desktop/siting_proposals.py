"""Proposed sites beside the plan: which are taken over, whether they are still up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data import scenarios
from data.kinds import kind
from desktop.ghosts import Ghost
from maps.analysis.targets.effects import Place, planned

if TYPE_CHECKING:
    from data.plan import Book, Plan
    from desktop.session import Session
    from desktop.siting import Sought

NEAR = 0.5
"""Metres within which a facility stands on a proposed site."""


class Proposals:
    """The new sites of one answer: ghosts on the map, facilities once they are taken over."""

    def __init__(self, sought: Sought, rows: Sequence[tuple[int, str]]) -> None:
        """``rows``: candidate and what speaks for it, the best first."""
        self.sought = sought
        self.of = sought.question.of
        self.ghosts = tuple(self._ghost(site, text, k) for k, (site, text) in enumerate(rows))
        self._before = self._inputs(sought.plan)

    def _ghost(self, site: int, text: str, rank: int) -> Ghost:
        x, y = self.sought.place(site)
        title = kind(self.of).title
        by_name = bool(self.sought.ground.candidates.layer[site])
        place = self.sought.ground.candidates.name[site]
        name = f"{place}{title}" if by_name else f"拟建{title}{rank + 1}"
        return Ghost(self.of, x, y, name, text, self.sought.grade(site))

    def taken(self, plan: Plan, ghost: Ghost) -> bool:
        """Whether a facility of the kind stands there now."""
        return any(
            abs(shape.x - ghost.x) < NEAR and abs(shape.y - ghost.y) < NEAR
            for layer in plan.of_kind(self.of)
            for shape in layer.frame.geometry
            if shape is not None and not shape.is_empty
        )

    def left(self, plan: Plan) -> tuple[Ghost, ...]:
        """The proposals not taken over yet."""
        return tuple(ghost for ghost in self.ghosts if not self.taken(plan, ghost))

    def take_all(self, session: Session) -> bool:
        """Put all that are left into the plan as one undo step."""
        plan = session.plan
        left = self.left(plan) if plan is not None else ()
        title = kind(self.of).title
        return bool(left) and session.do(f"采用 {len(left)} 处{title}选址", self._put(left))

    def as_scenario(self, session: Session) -> bool:
        """Put all that are left into a copy of the scenario, as one undo step."""
        book = session.book
        left = self.left(book.plan) if book is not None else ()

        def change(book: Book) -> Book:
            copied = scenarios.copy_scenario()(book)
            return copied.with_plan(self._put(left)(copied.plan))

        return bool(left) and session.do_book("选址结果存为新方案", change)

    def _put(self, ghosts: Sequence[Ghost]) -> Any:
        return planned(self.of, [Place(g.x, g.y, g.name, g.grade) for g in ghosts])

    def stale_for(self, plan: Plan, speeds: Mapping[str, float]) -> bool:
        """Whether something other than taking over proposals has changed what they stand on."""
        travel = self.sought.question.travel
        if travel is not None and dict(travel.speeds) != dict(speeds):
            return True
        return self._inputs(plan) != self._before or plan.crs != self.sought.plan.crs

    def _inputs(self, plan: Plan) -> set[Any]:
        question = self.sought.question
        kinds = (*question.kinds, *(("settlement",) if question.candidates == "settlement" else ()))
        found: set[Any] = {
            (layer.kind_name, id(layer.frame))
            for layer in plan
            if layer.kind_name != self.of
            and (layer.kind_name in kinds or layer.name == question.candidates)
        }
        if question.existing != "ignore":
            found |= self._standing(plan)
        return found

    def _standing(self, plan: Plan) -> set[Any]:
        """Facilities of the kind that are not proposals taken over."""
        spots = {(round(g.x), round(g.y)) for g in self.ghosts}
        out = set()
        for layer in plan.of_kind(self.of):
            status = layer.column("状态")
            for fid, shape in layer.frame.geometry.items():
                if shape is None or shape.is_empty:
                    continue
                if (round(shape.x), round(shape.y)) not in spots:
                    out.add((layer.name, fid, shape.x, shape.y, str(status.loc[fid])))
        return out
