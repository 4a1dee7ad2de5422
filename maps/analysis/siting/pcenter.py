"""The sites that make the longest way as short as possible.

Hakimi (1964); solved as Minieka, “The m-center problem”, SIAM Review 12 (1970): a radius is
possible when as many sites as allowed reach everybody within it, and only costs that occur
in the matrix need to be tried. What a few demands far apart cannot have, all cannot have: they
give a first bound at once (Chen and Chen, “New relaxation-based algorithms for the optimal
solution of the continuous and discrete p-center problems”, Computers & Operations Research 36
(2009)).
"""

from dataclasses import dataclass

import numpy as np

from data.refused import Refused
from maps.analysis.siting.ask import Ask, Problem
from maps.analysis.siting.heuristics import least_cost
from maps.analysis.siting.linear import SLACK
from maps.analysis.siting.lscp import fewest, unreached
from maps.analysis.siting.matrix import cover
from maps.analysis.siting.pmedian import dense
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side

_ROUNDS = ((60.0, 0.02), (20.0, 0.004), (6.0, 0.0005), (1.0, 0.0))
"""A radius may take the time left divided by the first; radii closer than the second, as a share
of the longest way, are not told apart."""
_ADDED = 20
"""Demands added at once."""
_TRIES = 2
"""How often some are asked before all are."""


@dataclass(frozen=True, eq=False)
class Center:
    """Sites (candidate numbers, without the fixed ones), longest cost, proven lower bound."""

    sites: np.ndarray
    longest: float
    bound: float
    proven: bool


def _farthest_first(cost: np.ndarray, now: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Serve the worst-off demand by its nearest candidate, again and again (Gonzalez 1985).

    ``now``: (n,) cost of what is open. Returns up to ``count`` demands and their candidates.
    """
    chosen: list[tuple[int, int]] = []
    while len(chosen) < count:
        worst = int(np.argmax(now))
        site = int(np.argmin(cost[worst]))
        if cost[worst, site] >= now[worst]:
            break
        chosen.append((worst, site))
        now = np.minimum(now, cost[:, site])
    return chosen


def pcenter(problem: Problem, ask: Ask, side: Side, search: Search) -> tuple[Center, np.ndarray]:
    """Return the sites with the shortest longest way, and the demands left out."""
    everything = dense(problem.cost)
    lost = np.empty(0, np.int64)
    if not np.isfinite(everything.min(axis=1)).all():
        _, lost = unreached(problem, cover(everything, np.inf), ask, 1)
    cost = everything if len(lost) == 0 else np.delete(everything, lost, axis=0)
    if len(cost) == 0:
        search.tell(0.0, 0.0)
        return Center(np.empty(0, np.int64), 0.0, 0.0, True), lost
    fixed, free = side.fixed, side.free
    base = cost[:, fixed].min(axis=1) if len(fixed) else np.full(len(cost), np.inf)
    best = base if len(free) == 0 else np.minimum(base, cost[:, free].min(axis=1))
    low = float(best.max())
    limit = len(free) if side.limit is None else side.limit
    if side.simple and len(free):
        turns = _farthest_first(cost[:, free], base, 3 * limit)
        first = free[np.unique(np.array([site for _, site in turns[:limit]], np.int64))]
        longest = _longest(cost, first, side)
        if np.isfinite(longest):
            search.tell(longest, low)
            rows = np.unique([*(row for row, _ in turns), int(np.argmax(best))])
            return _Growing(cost, limit, side, search, first, longest).center(rows, low), lost
    values = np.unique(cost[(cost >= low) & np.isfinite(cost)])
    return _bisect(cost, values, limit, side, search), lost


class _Growing:
    """Bisection over a few demands, to which those are added that its answers leave out.

    What some demands cannot have, all cannot have; an answer for some that does for all is one.
    ``sites``/``high``: the best answer in hand and its longest way.
    """

    def __init__(
        self,
        cost: np.ndarray,
        limit: int,
        side: Side,
        search: Search,
        sites: np.ndarray,
        high: float,
    ) -> None:
        self.cost, self.limit, self.side, self.search = cost, limit, side, search
        self.sites, self.high = sites, high
        self.nearest = cost.argmin(axis=1)

    def center(self, rows: np.ndarray, low: float) -> Center:
        """Begin with the demands ``rows`` and the bound ``low``; the answer with its proof.

        Each round looks from both sides: for answers a radius not decided in its share of the
        time counts as impossible, for the bound as possible. A later round gives them more.
        """
        values = np.unique(self.cost[(self.cost >= low) & (self.cost <= self.high)])
        shown = -1
        for share, close in _ROUNDS:
            for hopeful in (True, False):
                tried, end = shown, int(np.searchsorted(values, self.high))
                while end - tried > 1 and not self.search.tick():
                    if close and values[end] - values[max(tried, 0)] < close * self.high:
                        break
                    middle = (tried + end) // 2
                    until = self.search.passed + self.search.left / share
                    rows, possible = self._decide(float(values[middle]), rows, until)
                    end = min(end, int(np.searchsorted(values, self.high)))
                    if possible is False:
                        tried = shown = middle
                        self.search.tell(self.high, float(values[middle + 1]))
                    elif possible is None and not hopeful:
                        tried = middle
                    else:
                        end = min(end, middle)
        top = int(np.searchsorted(values, self.high))
        bound = self.high if shown >= top - 1 else float(values[shown + 1])
        sites = self.sites
        if len(sites) < self.limit:
            # Stopped early, the sites left over may still shorten the longest way.
            sites = _filled(self.cost, sites, self.side, self.limit)
        longest = _longest(self.cost, sites, self.side)
        self.search.tell(longest, bound)
        return Center(sites, longest, bound, bound >= longest)

    def _decide(
        self, radius: float, rows: np.ndarray, end: float
    ) -> tuple[np.ndarray, bool | None]:
        """Whether all can be reached within ``radius`` (None: not known), and the rows asked."""
        for turn in range(_TRIES + 1):
            asked = self.cost[rows] if turn < _TRIES else self.cost
            seconds = max(0.02, end - self.search.passed)
            found = fewest(
                cover(asked, radius), np.ones(len(asked), np.int64), self.side, self.search,
                target=self.limit, patience=seconds,
            )  # fmt: skip
            if found.bound > self.limit + SLACK:
                return rows, False
            if found.sites is None or found.count > self.limit + SLACK:
                return rows, None
            now = _ways(self.cost, found.sites, self.side)
            longest = float(now.max())
            if longest < self.high:
                self.sites, self.high = found.sites, longest
                self.search.tell(longest, self.search.bound)
            if longest <= radius:
                return rows, True
            if self.search.tick() or self.search.passed >= end:
                return rows, None
            rows = np.union1d(rows, self._left_out(now, radius))
        return rows, None

    def _left_out(self, now: np.ndarray, radius: float) -> np.ndarray:
        """Demands beyond ``radius``, each farthest when those before it are served."""
        rows: list[int] = []
        while len(rows) < _ADDED:
            worst = int(np.argmax(now))
            if now[worst] <= radius:
                break
            rows.append(worst)
            now = np.minimum(now, self.cost[:, self.nearest[worst]])
        return np.array(rows, np.int64)


def _bisect(cost: np.ndarray, values: np.ndarray, limit: int, side: Side, search: Search) -> Center:
    """Search the sorted possible radii, all demands and conditions in each model."""
    sites: np.ndarray | None = None
    shown, upper = -1, len(values)
    need = np.ones(len(cost), np.int64)
    for share, _ in _ROUNDS:
        # What its share of the time has not decided gets more in a later round.
        tried = shown
        while upper - tried > 1 and not search.tick():
            middle = (tried + upper) // 2
            seconds = max(0.05, search.left / share)
            reach = cover(cost, float(values[middle]))
            found = fewest(reach, need, side, search, target=limit, patience=seconds)
            if found.sites is not None and found.count <= limit + SLACK:
                sites = found.sites
                upper = int(np.searchsorted(values, _longest(cost, sites, side)))
                search.tell(float(values[upper]), float(values[0]))
                continue
            tried = middle
            if found.bound > limit + SLACK:
                shown = middle
                search.tell(None, float(values[min(shown + 1, len(values) - 1)]))
    if sites is None:
        raise _none(limit, shown >= len(values) - 1, search)
    high = _longest(cost, sites, side)
    bound = high if shown >= upper - 1 else float(values[shown + 1])
    search.tell(high, bound)
    return Center(sites, high, bound, shown >= upper - 1)


def _none(limit: int, shown: bool, search: Search) -> Refused:
    """What to say when no radius is possible (``shown``), or none was found in time."""
    if not shown:
        return Refused(f"在 {search.seconds:g} 秒内没有找到可行的布局,请延长求解时间。")
    return Refused(
        f"在给定条件下选 {limit} 处不能到达所有人。请增加数量、放宽条件,或只要求覆盖能到达的人。"
    )


def _ways(cost: np.ndarray, sites: np.ndarray, side: Side) -> np.ndarray:
    """(n,) cost to the nearest of ``sites`` and of the fixed ones."""
    return np.asarray(cost[:, np.union1d(sites, side.fixed)].min(axis=1, initial=np.inf))


def _longest(cost: np.ndarray, sites: np.ndarray, side: Side) -> float:
    return float(_ways(cost, sites, side).max())


def _filled(cost: np.ndarray, sites: np.ndarray, side: Side, limit: int) -> np.ndarray:
    """Sites left over when fewer do: where they shorten the ways of all most, one by one."""
    have = np.union1d(sites, side.fixed)
    now = cost[:, have].min(axis=1, initial=np.inf)
    rest = np.setdiff1d(side.free, sites)
    block = cost[:, rest]
    if not np.isfinite(now).all():
        return sites
    more = least_cost(block, np.ones(len(cost)), limit - len(sites), now, float(now.max()))
    return np.union1d(sites, rest[more])
