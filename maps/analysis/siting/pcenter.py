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
from maps.analysis.siting.lscp import Covering, fewest, unreached
from maps.analysis.siting.matrix import cover
from maps.analysis.siting.pmedian import dense
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side

_PATIENCE, _BRIEF = 0.1, 1.0
"""Seconds a radius, and all radii together, may take when only a few demands are asked about."""


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
    sites: np.ndarray | None = None
    high = np.inf
    if side.simple and len(free):
        turns = _farthest_first(cost[:, free], base, 3 * limit)
        first = free[np.unique(np.array([site for _, site in turns[:limit]], np.int64))]
        longest = _longest(cost, first, side)
        if np.isfinite(longest):
            search.tell(longest, low)
            few = np.unique([*(row for row, _ in turns), int(np.argmax(best))])
            sites, high, low = _few_demands(cost, few, limit, side, search, first, low)
    values = np.unique(cost[(cost >= low) & (cost <= high) & np.isfinite(cost)])
    return _bisect(cost, values, limit, side, search, sites), lost


def _few_demands(
    cost: np.ndarray,
    rows: np.ndarray,
    limit: int,
    side: Side,
    search: Search,
    sites: np.ndarray,
    low: float,
) -> tuple[np.ndarray, float, float]:
    """Bisect the radius of some demands (``rows``) only.

    What they cannot have is a bound for all; every answer for them is tried on all. Returns
    sites, their longest way and the bound, none worse than ``sites`` and ``low``.
    """
    few = cost[rows]
    values = np.unique(few[np.isfinite(few)])
    high = _longest(cost, sites, side)
    values = values[(values >= low) & (values < high)]
    need = np.ones(len(rows), np.int64)
    bottom, top, end = 0, len(values), search.passed + _BRIEF
    while bottom < top and search.passed < end and not search.tick():
        middle = (bottom + top) // 2
        reach = cover(few, values[middle])
        found = fewest(reach, need, side, search, target=limit, patience=_PATIENCE)
        if found.bound > limit + 1e-6:
            bottom = middle + 1
            low = float(values[bottom]) if bottom < len(values) else high
            search.tell(high, low)
            continue
        top = middle
        if found.sites is not None and found.count <= limit + 1e-9:
            longest = _longest(cost, found.sites, side)
            if longest < high:
                sites, high = found.sites, longest
                search.tell(high, low)
    return sites, high, low


def _bisect(
    cost: np.ndarray,
    values: np.ndarray,
    limit: int,
    side: Side,
    search: Search,
    sites: np.ndarray | None,
) -> Center:
    """Search the sorted possible radii; nothing below ``values[0]`` is possible.

    ``sites``: an answer that reaches everybody within ``values[-1]``. Radii that could not be
    decided in their share of the time count as impossible for the search, not for the bound.
    """
    shown = -1
    upper = len(values) - (0 if sites is None else 1)
    need = np.ones(len(cost), np.int64)

    def within(radius: float, patience: float, proof: bool) -> Covering:
        reach = cover(cost, radius)
        return fewest(reach, need, side, search, target=limit, patience=patience, proof=proof)

    def settle(found: Covering) -> bool:
        nonlocal sites, upper
        if found.sites is None or found.count > limit + 1e-9:
            return False
        sites = found.sites
        upper = int(np.searchsorted(values, _longest(cost, sites, side)))
        search.tell(float(values[upper]), float(values[0]))
        return True

    # First a good answer without proofs, then proofs from the easy radii to the hard ones.
    hope = -1
    while side.simple and upper - hope > 1 and not search.tick():
        middle = (hope + upper) // 2
        if not settle(within(float(values[middle]), search.left, False)):
            hope = middle
    for share in (4.0, 1.0):
        # What its share of the time has not decided gets all that is left, in a second round.
        tried = shown
        while upper - tried > 1 and not search.tick():
            middle = (tried + upper) // 2
            found = within(float(values[middle]), max(0.05, search.left / share), True)
            if settle(found):
                continue
            tried = middle
            if found.bound > limit + 1e-6:
                shown = middle
                search.tell(None, float(values[min(shown + 1, len(values) - 1)]))
    if sites is None:
        raise _none(limit, shown >= len(values) - 1, search)
    high = _longest(cost, sites, side)
    if side.simple and len(sites) < limit:
        sites = _filled(cost, sites, side, limit)
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


def _longest(cost: np.ndarray, sites: np.ndarray, side: Side) -> float:
    return float(cost[:, np.union1d(sites, side.fixed)].min(axis=1, initial=np.inf).max())


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
