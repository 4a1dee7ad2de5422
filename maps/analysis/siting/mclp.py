"""The sites within whose reach most people live.

Church and ReVelle, “The maximal covering location problem”, Papers of the Regional
Science Association 32 (1974). Counting twice-reached people only: Daskin and Stern (1981).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from maps.analysis.siting.ask import Ask, Problem
from maps.analysis.siting.heuristics import exchange_cover, most_people
from maps.analysis.siting.lagrange import cover_bound, decided
from maps.analysis.siting.matrix import merged, some_columns, some_rows, weights_of
from maps.analysis.siting.mip import Mip, run
from maps.analysis.siting.reduce import needless_columns
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side

_ROUNDS = 250


@dataclass(frozen=True, eq=False)
class Reach:
    """A maximal covering question made small.

    ``base``: people the fixed sites reach. ``matrix``: merged demands not reached by them, by
    free candidates ``columns`` (numbers in the problem). ``weight``: people of each row.
    """

    base: float
    matrix: sp.csr_array
    weight: np.ndarray
    columns: np.ndarray
    whole: bool

    @property
    def step(self) -> float:
        """How far two answers are apart at least to be called different."""
        return 1.0 if self.whole else min(0.5, 1e-7 * max(1.0, float(self.weight.sum())))

    def people(self, sites: np.ndarray) -> float:
        """People reached with ``sites`` (positions in ``columns``) open."""
        is_open = np.zeros(self.matrix.shape[1])
        is_open[sites] = 1.0
        return self.base + float(self.weight[(self.matrix @ is_open) > 0].sum())


@dataclass(frozen=True, eq=False)
class Found:
    """Sites (candidate numbers of the problem, without the fixed ones), people, bound."""

    sites: np.ndarray
    people: float
    bound: float
    proven: bool


def whole_numbers(weights: np.ndarray) -> bool:
    """Whether all weights are whole, so that two answers differ by one person or none."""
    return bool(np.array_equal(weights, np.round(weights)) and weights.sum() < 2**52)


def small(matrix: sp.csr_array, weights: np.ndarray, side: Side) -> Reach:
    """Return the question without what the fixed sites decide, demands merged.

    When nothing but the number of sites counts, candidates replaced by others are left out.
    """
    fixed = np.zeros(matrix.shape[1])
    fixed[side.fixed] = 1.0
    reached = (matrix @ fixed) > 0
    base = float(weights[reached].sum())
    open_rows = np.flatnonzero(~reached & (weights > 0) & (np.diff(matrix.indptr) > 0))
    columns = side.free
    rest = some_columns(some_rows(matrix, open_rows), columns)
    first, group = merged(rest)
    weight = weights_of(group, weights[open_rows], len(first))
    rest = some_rows(rest, first)
    if side.simple:
        kept = np.flatnonzero(~needless_columns(rest))
        rest, columns = some_columns(rest, kept), columns[kept]
    return Reach(base, rest, weight, columns, whole_numbers(weights))


def mclp(problem: Problem, ask: Ask, side: Side, matrix: sp.csr_array, search: Search) -> Found:
    """Return the sites that reach the most people ``ask.times`` times."""
    weights = np.asarray(problem.weights, float)
    if ask.times > 1:
        return _several_times(matrix, weights, ask, side, search)
    reach = small(matrix, weights, side)
    if side.simple:
        limit = len(reach.columns) if side.limit is None else side.limit
        return best_reach(reach, min(limit, len(reach.columns)), search, gap=ask.gap)
    return _conditioned(reach, problem, ask, side, search)


def best_reach(
    reach: Reach,
    limit: int,
    search: Search,
    *,
    start: np.ndarray | None = None,
    gap: float = 0.0,
    ceiling: float = np.inf,
) -> Found:
    """Solve a question in which only the number of sites is limited.

    ``start``: positions of a good answer to begin with. ``ceiling``: a bound known already.
    Greedy and exchange, a Lagrangian bound, candidates it decides taken out, HiGHS on the rest.
    """
    matrix, weight = reach.matrix, reach.weight
    tick = search.tick
    total = reach.base + float(weight.sum())
    if limit >= matrix.shape[1] or len(weight) == 0:
        sites = np.arange(min(limit, matrix.shape[1]))
        people = reach.people(sites)
        search.tell(people, people)
        return Found(reach.columns[sites], people, people, True)
    begun = most_people(matrix, weight, limit) if start is None else start
    sites = exchange_cover(matrix, weight, begun, tick)
    people, bound = reach.people(sites), min(total, ceiling)
    search.tell(people, bound)
    if bound - people < reach.step:
        return Found(reach.columns[sites], people, people, True)
    relaxed = cover_bound(matrix, weight, limit, people - reach.base, reach.step, _ROUNDS, tick)
    bound = min(bound, reach.base + relaxed.bound)
    other = exchange_cover(matrix, weight, relaxed.choice, tick)
    if reach.people(other) > people:
        sites, people = other, reach.people(other)
    search.tell(people, bound)
    if bound - people < max(reach.step, gap * people):
        exact = bound - people < reach.step
        return Found(reach.columns[sites], people, people if exact else bound, True)
    shut, opened = decided(relaxed, limit, people - reach.base + reach.step * 0.999, True)
    return _rest(reach, limit, search, gap, sites, bound, shut, opened)


def _rest(
    reach: Reach,
    limit: int,
    search: Search,
    gap: float,
    sites: np.ndarray,
    bound: float,
    shut: np.ndarray,
    opened: np.ndarray,
) -> Found:
    """HiGHS on what the bound has left undecided."""
    must, may = np.flatnonzero(opened), np.flatnonzero(~shut & ~opened)
    people = reach.people(sites)
    have = np.zeros(reach.matrix.shape[1])
    have[must] = 1.0
    got = (reach.matrix @ have) > 0
    base = float(reach.weight[got].sum())
    rest = some_columns(some_rows(reach.matrix, np.flatnonzero(~got)), may)
    filled = np.flatnonzero(np.diff(rest.indptr) > 0)
    first, group = merged(some_rows(rest, filled))
    weight = weights_of(group, reach.weight[~got][filled], len(first))
    rest = some_rows(some_rows(rest, filled), first)
    room = limit - len(must)
    fits = not np.isin(sites, np.flatnonzero(shut)).any() and np.isin(must, sites).all()
    begin = np.isin(may, sites).astype(float) if fits else None
    count = sp.csr_array(np.ones((1, len(may))))
    offset = reach.base + base
    values, found_bound, optimal = _model(
        rest,
        weight,
        count,
        np.array([-np.inf]),
        np.array([float(room)]),
        np.zeros(len(may)),
        np.ones(len(may)),
        begin,
        offset,
        search,
        reach.step,
        gap,
    )
    if values is not None:
        mine = np.sort(np.concatenate((must, may[values])))
        if reach.people(mine) > people:
            sites, people = mine, reach.people(mine)
    # Answers with other decisions than those taken are no better than the one in hand.
    bound = max(people, min(bound, found_bound))
    if optimal and gap == 0:
        bound = people
    search.tell(people, bound)
    return Found(reach.columns[sites], people, bound, optimal)


def _model(
    matrix: sp.csr_array,
    weight: np.ndarray,
    rows: sp.csr_array,
    low: np.ndarray,
    high: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    begin: np.ndarray | None,
    offset: float,
    search: Search,
    step: float,
    gap: float,
    need: np.ndarray | None = None,
) -> tuple[np.ndarray | None, float, bool]:
    """Maximise the weight of rows reached (``need`` times): sites, bound, proven."""
    n, m = matrix.shape
    need = np.ones(n) if need is None else need
    width = sp.csr_array((rows.shape[0], n))
    whole = np.append(np.ones(m, bool), need > 1)
    mip = Mip(
        np.append(np.zeros(m), -weight),
        np.append(lower, np.zeros(n)),
        np.append(upper, np.ones(n)),
        whole,
        sp.csr_array(
            sp.block_array([[matrix, sp.diags_array(-need)], [rows, width]], format="csr")
            if n
            else rows
        ),
        np.append(np.zeros(n), low),
        np.append(np.full(n, np.inf), high),
    )
    start = None
    if begin is not None:
        start = np.append(begin, np.floor(np.minimum(1.0, (matrix @ begin) / need) + 1e-9))
    out = run(
        mip,
        search,
        start=start,
        gap=gap,
        whole_steps=step,
        say=lambda found, bound: (offset - found, offset - bound),
    )
    if out.values is None:
        return None, offset - out.bound, out.status == "infeasible"
    return out.values[:m] > 0.5, offset - out.bound, out.status == "optimal"


def _conditioned(reach: Reach, problem: Problem, ask: Ask, side: Side, search: Search) -> Found:
    """With a budget, distances between sites, districts …: all conditions in one model."""
    columns = reach.columns
    rows, low, high = side.rows()
    matrix = sp.csr_array(rows[:, columns])
    inside = rows[:, side.fixed] @ np.ones(len(side.fixed))
    begin = _greedy_start(reach, problem, ask, side)
    if begin is not None:
        search.tell(reach.people(np.flatnonzero(begin)), reach.base + float(reach.weight.sum()))
    values, bound, optimal = _model(
        reach.matrix,
        reach.weight,
        matrix,
        low - inside,
        high - inside,
        side.lower[columns],
        side.upper[columns],
        begin,
        reach.base,
        search,
        reach.step,
        ask.gap,
    )
    if values is None:
        if not optimal and begin is not None:
            values = begin > 0.5
        else:
            return Found(np.empty(0, np.int64), -np.inf, bound, optimal)
    people = reach.people(np.flatnonzero(values))
    search.tell(people, bound)
    return Found(columns[values], people, max(people, bound), optimal)


def _greedy_start(reach: Reach, problem: Problem, ask: Ask, side: Side) -> np.ndarray | None:
    """A first answer that meets the conditions, or None when greed does not find one."""
    m = problem.candidates
    matrix, _low, high = side.rows()
    by_column = sp.csc_array(matrix)
    owner = np.repeat(np.arange(m), np.diff(by_column.indptr))

    def allowed(is_open: np.ndarray) -> np.ndarray:
        full = side.lower.copy()
        full[reach.columns[is_open]] = 1.0
        room = high - matrix @ full
        too_much = by_column.data > room[by_column.indices] + 1e-9
        blocked = np.bincount(owner, too_much, m)
        return (blocked == 0)[reach.columns]

    price = None
    if ask.budget is not None and problem.price is not None:
        price = np.asarray(problem.price, float)[reach.columns]
    sites = most_people(
        reach.matrix, reach.weight, len(reach.columns), price=price, allowed=allowed
    )
    full = side.lower.copy()
    full[reach.columns[sites]] = 1.0
    if not side.allows(full > 0.5):
        return None
    begin = np.zeros(len(reach.columns))
    begin[sites] = 1.0
    return begin


def _several_times(
    matrix: sp.csr_array, weights: np.ndarray, ask: Ask, side: Side, search: Search
) -> Found:
    """People count who are reached by several sites."""
    fixed = np.zeros(matrix.shape[1])
    fixed[side.fixed] = 1.0
    need = ask.times - (matrix @ fixed)
    base = float(weights[need <= 0].sum())
    rest = some_columns(matrix, side.free)
    open_rows = np.flatnonzero((need > 0) & (weights > 0) & (np.diff(rest.indptr) >= need))
    rest = some_rows(rest, open_rows)
    need = need[open_rows]
    first, group = merged(rest)
    keys, inverse = np.unique(group * (ask.times + 1) + need.astype(np.int64), return_inverse=True)
    weight = weights_of(inverse, weights[open_rows], len(keys))
    small_rows = some_rows(rest, first[keys // (ask.times + 1)])
    small_need = (keys % (ask.times + 1)).astype(float)
    rows, low, high = side.rows()
    inside = rows[:, side.fixed] @ np.ones(len(side.fixed))
    values, bound, optimal = _model(
        small_rows,
        weight,
        sp.csr_array(rows[:, side.free]),
        low - inside,
        high - inside,
        np.zeros(len(side.free)),
        np.ones(len(side.free)),
        None,
        base,
        search,
        1.0 if whole_numbers(weights) else 0.0,
        ask.gap,
        small_need,
    )
    if values is None:
        return Found(np.empty(0, np.int64), -np.inf, bound, optimal)
    got = (small_rows @ values.astype(float)) >= small_need - 1e-9
    people = base + float(weight[got].sum())
    search.tell(people, bound)
    return Found(side.free[values], people, max(people, bound), optimal)
