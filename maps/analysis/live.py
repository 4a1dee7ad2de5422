"""Coverage kept current while one facility is dragged.

    before the drag   how often the *others* reach each point; what they leave of each district
    at each place     the points within the one disc: each is reached once more than by the
                      others; what the disc adds to the area is its part of what they leave

Nothing is carried over from one place to the next, so nothing drifts: the people at any
place are those of a full recomputation to the last bit, the area to rounding.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from data.geodesy import Floats, Ruler
from data.plan import Plan
from data.progress import Report, part, silent
from maps.analysis.coverage import CoverageAsk, Reached, Sites, accounts, sites
from maps.analysis.demand import Demand, demand
from maps.analysis.nearby import Counts, Ints


@dataclass(frozen=True, eq=False)
class LiveNumbers:
    """Coverage with the facility at one place (x, y metres in the plan's CRS).

    ``tally``: persons by district (区外 last) and multiplicity 0, 1, 2, 3+. ``gained`` and
    ``lost``: sorted points of ``demand.nearby`` that are reached here and were not where the
    drag began, and the reverse. ``disc``: what the facility itself reaches. ``covered_km2``:
    reached area by district (one number when the plan has no districts).
    """

    x: float
    y: float
    demand: Demand
    tally: Floats
    gained: Ints
    lost: Ints
    disc: shapely.Polygon
    covered_km2: Floats

    @property
    def people_covered(self) -> float | None:
        return self.whole.people_covered

    @property
    def share(self) -> float | None:
        return self.whole.share

    @property
    def multiplicity(self) -> tuple[float | None, ...]:
        return self.whole.multiplicity

    @property
    def whole(self) -> Reached:
        return self._rows[1]

    @property
    def by_district(self) -> tuple[Reached, ...]:
        return self._rows[0]

    @property
    def outside(self) -> Reached | None:
        return self._rows[2]

    @cached_property
    def _rows(self) -> tuple[tuple[Reached, ...], Reached, Reached | None]:
        return accounts(self.demand, self.tally, self.covered_km2)


class Live:
    """One facility of ``plan`` under the hand, asked about with ``ask``.

    ``counts`` says whether the facility is one of those asked for; if not, dragging it
    changes nothing. Raises what ``coverage`` raises.
    """

    def __init__(
        self, plan: Plan, ask: CoverageAsk, layer_name: str, fid: int, report: Report = silent
    ) -> None:
        self.plan, self.ask = plan, ask
        chosen = sites(plan, ask)
        self.demand = demand(plan, ask.people, part(report, 0.0, 0.6))
        mine = chosen.facilities.find(layer_name, fid)
        self.counts = mine is not None
        others = np.arange(len(chosen)) != mine
        self.radius = 0.0 if mine is None else float(chosen.radius[mine])
        self._times = np.minimum(self._counted(chosen, others, part(report, 0.6, 0.9)), 3)
        self._tally = self.demand.tally(self._times)
        shapes = np.array([d.shape for d in self.demand.districts], dtype=object)
        self._ground = FreeGround(
            self.demand.ruler, shapes, chosen.discs(self.demand.ruler)[others]
        )
        self._only = np.empty(0, dtype=np.int64)  # points reached by this facility alone
        if mine is not None:
            start = self._within(float(chosen.x[mine]), float(chosen.y[mine]))
            self._only = start[self._times[start] == 0]
        self._here = np.zeros(len(self._times), dtype=bool)
        report(1.0, "可以拖动")

    def at(self, x: float, y: float) -> LiveNumbers:
        """Return the numbers with the facility at ``x``, ``y`` (metres in the plan's CRS)."""
        if not self.counts:
            none = np.empty(0, dtype=np.int64)
            empty = shapely.Polygon()
            return LiveNumbers(
                x, y, self.demand, self._tally, none, none, empty, self._ground.covered_km2
            )
        points = self._within(x, y)
        disc = self.demand.ruler.circle(x, y, self.radius)
        gained, lost = self._changed(points)
        return LiveNumbers(
            x, y, self.demand, self._with(points), gained, lost, disc, self._ground.with_disc(disc)
        )

    def _counted(self, chosen: Sites, which: npt.NDArray[np.bool_], report: Report) -> Counts:
        places = chosen.x[which], chosen.y[which], chosen.radius[which]
        return self.demand.nearby.counts(*places, report)

    def _within(self, x: float, y: float) -> Ints:
        return self.demand.nearby.inside(x, y, self.radius)

    def _with(self, points: Ints) -> Floats:
        """The others' tally, with these points reached once more."""
        flat = self.demand.district[points] * 4 + self._times[points]
        size = self._tally.size
        moved = np.bincount(flat, weights=self.demand.persons[points], minlength=size)
        moved = moved.reshape(self._tally.shape)[:, :3]
        tally = self._tally.copy()
        tally[:, :3] -= moved
        tally[:, 1:] += moved
        return tally

    def _changed(self, points: Ints) -> tuple[Ints, Ints]:
        """Points gained and lost against the place where the drag began."""
        only = points[self._times[points] == 0]
        self._here[only] = True
        lost = self._only[~self._here[self._only]]
        self._here[self._only] = False
        gained = only[self._here[only]]
        self._here[only] = False
        return gained, lost


class FreeGround:
    """What some discs leave of shapes (of everything, without any), ready for one more disc."""

    def __init__(
        self, ruler: Ruler, shapes: npt.NDArray[np.object_], discs: npt.NDArray[np.object_]
    ) -> None:
        self._ruler = ruler
        union = shapely.union_all(discs)
        self.covered_km2 = np.atleast_1d(
            ruler.area(shapely.intersection(shapes, union) if len(shapes) else union)
        )
        self._whole = None if len(shapes) else union
        self._free = shapely.difference(shapes, union)
        self._boxes = shapely.bounds(self._free)

    def with_disc(self, disc: shapely.Polygon) -> Floats:
        """Area of every shape (one number without shapes) in any of the discs, km²."""
        if self._whole is not None:
            both = shapely.difference(disc, self._whole)
            return np.asarray(self.covered_km2 + self._ruler.area(both))
        west, south, east, north = disc.bounds
        box = self._boxes
        near = (box[:, 0] < east) & (box[:, 2] > west) & (box[:, 1] < north) & (box[:, 3] > south)
        out = self.covered_km2.copy()
        out[near] += self._ruler.area(shapely.intersection(self._free[near], disc))
        return out
