"""What was worked out: the question, the plan it was put to, the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.plan import Plan
    from maps.analysis.coverage import Coverage, CoverageAsk


@dataclass(frozen=True, eq=False)
class Result:
    """One entry of the results; it remembers the plan it was made from."""

    ask: CoverageAsk
    plan: Plan
    coverage: Coverage

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of layers the answer depends on."""
        return (self.ask.of, "population", "district")

    def stale_for(self, plan: Plan) -> bool:
        """Whether ``plan`` has other features in a layer the answer depends on.

        Only features count, by identity: another colour, name or order leaves a result as it is.
        """
        return self._inputs(self.plan) != self._inputs(plan)

    def _inputs(self, plan: Plan) -> set[tuple[str, int]]:
        return {(x.kind_name, id(x.frame)) for x in plan if x.kind_name in self.kinds}
