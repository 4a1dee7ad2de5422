"""What every model shares: which candidates may be open, and how many, where, at what price."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from data.refused import Refused
from maps.analysis.siting.ask import CLOSABLE, FIXED, NEW, RELOCATABLE, Ask, Problem

_EVERYBODY = ("lscp", "backup", "pmedian", "pcenter")
"""Models without an answer when there is no site at all."""
_Add = Callable[[sp.csr_array, np.ndarray, np.ndarray], None]


@dataclass(frozen=True, eq=False)
class Side:
    """The conditions on the choice of sites, m candidates.

    ``lower``/``upper``: (m,) 0 or 1. ``counted``: (m,) whether the site counts in ``limit``
    (None: as many as needed). ``matrix`` (r, m), ``low``, ``high``: further rows. ``simple``:
    there is nothing but FIXED sites and the number, so that any two columns may be exchanged.
    """

    lower: np.ndarray
    upper: np.ndarray
    counted: np.ndarray
    limit: int | None
    matrix: sp.csr_array
    low: np.ndarray
    high: np.ndarray
    simple: bool

    @property
    def fixed(self) -> np.ndarray:
        """Candidates that are open whatever is decided."""
        return np.flatnonzero(self.lower > 0)

    @property
    def free(self) -> np.ndarray:
        """Candidates about which there is a choice."""
        return np.flatnonzero((self.lower == 0) & (self.upper > 0))

    def rows(self, with_limit: bool = True) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
        """Return all conditions as rows over the m candidates, the number first."""
        if self.limit is None or not with_limit:
            return self.matrix, self.low, self.high
        count = sp.csr_array(self.counted.astype(float)[None, :])
        both = sp.csr_array(sp.vstack([count, self.matrix], format="csr"))
        return both, np.append(-np.inf, self.low), np.append(float(self.limit), self.high)

    def allows(self, is_open: np.ndarray) -> bool:
        """Whether a choice, (m,) booleans, meets every condition."""
        matrix, low, high = self.rows()
        value = matrix @ is_open.astype(float)
        inside = (is_open >= self.lower) & (is_open <= self.upper)
        return bool(inside.all() and (value >= low - 1e-9).all() and (value <= high + 1e-9).all())


def conditions(problem: Problem, ask: Ask, p: int | None) -> Side:
    """Return the conditions of a question; ``p`` is the number of sites (None: no limit).

    Raises Refused for what cannot be met whatever is chosen.
    """
    state = problem.states
    m = problem.candidates
    lower = (state == FIXED).astype(float)
    counted = state != FIXED
    relocatable = int((state == RELOCATABLE).sum())
    limit = None if p is None else p + relocatable
    available = int(counted.sum())
    if p is not None and p < 0:
        raise Refused(f"要选的数量不能是负数,现在是 {p}。")
    if limit is not None and limit > available:
        raise Refused(
            f"要选 {limit} 处,可供选择的候选点只有 {available} 个。请减少数量或增加候选点。"
        )
    blocks: list[sp.csr_array] = []
    low: list[np.ndarray] = []
    high: list[np.ndarray] = []

    def add(matrix: sp.csr_array, at_least: np.ndarray, at_most: np.ndarray) -> None:
        blocks.append(matrix)
        low.append(at_least)
        high.append(at_most)

    _money(problem, ask, add)
    _districts(problem, ask, limit, add)
    _apart(problem, add)
    _places(problem, add)
    if relocatable and ask.moves is not None:
        row = sp.csr_array((state == RELOCATABLE).astype(float)[None, :])
        add(row, np.array([relocatable - ask.moves], float), np.array([np.inf]))
    matrix = sp.csr_array(sp.vstack(blocks, format="csr")) if blocks else sp.csr_array((0, m))
    simple = not blocks and bool(np.isin(state, (NEW, FIXED, CLOSABLE)).all())
    none = np.empty(0)
    return Side(
        lower,
        np.ones(m),
        counted,
        limit,
        matrix,
        np.concatenate(low) if low else none,
        np.concatenate(high) if high else none,
        simple,
    )


def prices(problem: Problem) -> np.ndarray:
    """Return (m,) the prices, refusing missing or negative ones."""
    if problem.price is None:
        raise Refused("按费用选址需要每个候选点的费用,现在没有给。")
    price = np.asarray(problem.price, float)
    bad = np.flatnonzero(~np.isfinite(price) | (price < 0))
    if len(bad):
        raise Refused(f"有 {len(bad)} 个候选点的费用空缺或是负数(例如第 {bad[0] + 1} 个),请补上。")
    return price


def _money(problem: Problem, ask: Ask, add: _Add) -> None:
    if ask.budget is None:
        return
    price = prices(problem)
    needed = float(price[problem.states == FIXED].sum())
    if ask.budget < needed:
        raise Refused(f"保留的设施就要 {needed:g},超过预算 {ask.budget:g}。请提高预算。")
    cheapest = float(price.min())
    nothing = not (problem.states == FIXED).any() and bool((np.asarray(problem.weights) > 0).any())
    if ask.model in _EVERYBODY and nothing and cheapest > ask.budget:
        raise Refused(f"最便宜的一处也要 {cheapest:g},超过预算 {ask.budget:g}。请提高预算。")
    add(sp.csr_array(price[None, :]), np.array([-np.inf]), np.array([float(ask.budget)]))


def _districts(problem: Problem, ask: Ask, limit: int | None, add: _Add) -> None:
    if not ask.at_least:
        return
    if problem.site_district is None:
        raise Refused("要求每个区至少几处,需要知道候选点各在哪个区。")
    where = np.asarray(problem.site_district)
    stays = np.bincount(where[(problem.states == FIXED) & (where >= 0)], minlength=1)
    needed = sum(
        max(0, least - (int(stays[district]) if district < len(stays) else 0))
        for district, least in ask.at_least.items()
    )
    if limit is not None and needed > limit:
        raise Refused(
            f"各区要求的最少数量还差 {needed} 处,总共只选 {limit} 处。请增加数量或放宽各区要求。"
        )
    for district, least in sorted(ask.at_least.items()):
        inside = where == district
        if int(inside.sum()) < least:
            raise Refused(
                f"第 {district + 1} 个区要求至少 {least} 处,区内只有 {int(inside.sum())} 个候选点。"
            )
        add(
            sp.csr_array(inside.astype(float)[None, :]),
            np.array([float(least)]),
            np.array([np.inf]),
        )


def _apart(problem: Problem, add: _Add) -> None:
    """At most one of each pair. FIXED sites that are too close to each other stay as they are."""
    if problem.apart is None or len(problem.apart) == 0:
        return
    pairs = np.asarray(problem.apart, np.int64)
    fixed = problem.states == FIXED
    pairs = pairs[~(fixed[pairs[:, 0]] & fixed[pairs[:, 1]])]
    k = len(pairs)
    matrix = sp.csr_array(
        (np.ones(2 * k), (np.repeat(np.arange(k), 2), pairs.ravel())),
        shape=(k, problem.candidates),
    )
    add(matrix, np.full(k, -np.inf), np.ones(k))


def _places(problem: Problem, add: _Add) -> None:
    """At most one class at each place."""
    if problem.place is None:
        return
    place = np.asarray(problem.place, np.int64)
    numbers, counts = np.unique(place[place >= 0], return_counts=True)
    shared = numbers[counts > 1]
    if len(shared) == 0:
        return
    row = np.searchsorted(shared, place)
    row = np.minimum(row, len(shared) - 1)
    inside = np.flatnonzero((place >= 0) & (shared[row] == place))
    matrix = sp.csr_array(
        (np.ones(len(inside)), (row[inside], inside)), shape=(len(shared), problem.candidates)
    )
    fixed = matrix @ (problem.states == FIXED).astype(float)
    add(matrix, np.full(len(shared), -np.inf), np.maximum(1.0, fixed))
