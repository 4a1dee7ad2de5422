"""What an answer looks like on the map: areas, lines, marks, words, and a key to the colours.

Plain values without Qt. A panel makes one and hands it to ``session.show_drawing``; the map
draws whatever is shown there (see ``desktop.canvas.drawn``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.plan import Plan


@dataclass(frozen=True)
class Patch:
    """Areas in one colour, under roads and symbols; ``edge`` "" draws no outline."""

    shapes: tuple[Any, ...]
    color: str
    opacity: float
    edge: str = ""


@dataclass(frozen=True)
class Line:
    """Lines in one colour ("" the map's own ink) over the roads, ``px`` pixels wide.

    ``halo`` lifts them off the ground.
    """

    shapes: tuple[Any, ...]
    color: str
    px: float
    dashed: bool = False
    halo: bool = True


@dataclass(frozen=True)
class Mark:
    """A small sign at a place: “!” triangle, “✓” disc, “×” cross, “1” … a numbered disc."""

    x: float
    y: float
    sign: str
    color: str


@dataclass(frozen=True)
class Tag:
    """A few words below a place, the important ones first: later ones give way.

    ``room``: metres the area they tell of is wide or high, whichever is less.
    """

    x: float
    y: float
    rows: tuple[str, ...]
    room: float


@dataclass(frozen=True, eq=False)
class Drawing:
    """What one answer shows on the map, and what it was made from.

    ``rows`` of the key are colour, opacity and words, ``basis`` what the answer stands on
    (估算 when it is one). ``kinds``: kinds of layers it depends on; ``speeds``: the
    planner's own speeds it was worked out with, None when speeds do not matter.
    """

    title: str
    plan: Plan
    kinds: tuple[str, ...]
    basis: str = ""
    rows: tuple[tuple[str, float, str], ...] = ()
    patches: tuple[Patch, ...] = ()
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    tags: tuple[Tag, ...] = ()
    speeds: Mapping[str, float] | None = field(default=None)

    def stale_for(self, plan: Plan) -> bool:
        """Whether ``plan`` has other features in a layer the answer depends on."""
        return self.plan.crs != plan.crs or self._inputs(self.plan) != self._inputs(plan)

    def _inputs(self, plan: Plan) -> set[tuple[str, int]]:
        return {(x.kind_name, id(x.frame)) for x in plan if x.kind_name in self.kinds}
