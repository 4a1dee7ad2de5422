"""The sites with the least total way: everybody goes to the nearest, weighted by people.

Hakimi, “Optimum locations of switching centers”, Operations Research 12 (1964); ReVelle and
Swain, “Central facilities location”, Geographical Analysis 2 (1970). Bound, exchange and fixing
of candidates by the bound after Beasley (1993); demands that rank the remaining candidates
alike are one demand in the exact model.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from data.refused import Refused
from maps.analysis.siting.ask import Ask, Problem
from maps.analysis.siting.assignment import Ways, assignment
from maps.analysis.siting.heuristics import exchange_cost, least_cost, nearest_two
from maps.analysis.siting.lagrange import Arcs, arcs_below, cost_bound, decided
from maps.analysis.siting.lscp import unreached
from maps.analysis.siting.matrix import Cost, as_dense, check_size, cover
from maps.analysis.siting.mclp import whole_numbers
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side
from maps.analysis.siting.tree import Node, Table, search_tree

_ROUNDS, _STAGES, _FEW_LEFT = 150, 12, 3
_LARGE, _DRAWN, _GLANCE = 1_000_000, 2_000, 20
"""Pairs from which on a sample of so many demands gives the first answer; steps to its bound."""
_EXACT = 1e-8


_Decisions = tuple[np.ndarray, np.ndarray]
"""Candidates every better answer leaves shut, and those it opens, (m,) booleans each."""


@dataclass(frozen=True, eq=False)
class Cheapest:
    """Sites (candidate numbers, without the fixed ones; None: nothing found), cost, bound."""

    sites: np.ndarray | None
    cost: float
    bound: float
    proven: bool


def dense(cost: Cost) -> np.ndarray:
    """Return the dense matrix, refusing one that does not fit."""
    check_size(*cost.shape)
    return as_dense(cost)


def ways(problem: Problem, ask: Ask, side: Side) -> tuple[Ways, np.ndarray]:
    """Return the question with equal demands merged, and the demands no candidate reaches."""
    everything = dense(problem.cost)
    lost = np.empty(0, np.int64)
    if not np.isfinite(everything.min(axis=1)).all():
        _, lost = unreached(problem, cover(everything, np.inf), ask, 1, people=True)
    weights = np.asarray(problem.weights, float)
    counts = weights > 0
    counts[lost] = False
    rows = np.flatnonzero(counts)
    all_of_it = len(rows) == everything.shape[0] and len(side.free) == everything.shape[1]
    cost = everything if all_of_it else everything[np.ix_(rows, side.free)]
    base = np.full(len(rows), np.inf)
    if len(side.fixed):
        base = everything[np.ix_(rows, side.fixed)].min(axis=1)
    finite = cost[np.isfinite(cost)]
    whole = whole_numbers(weights) and np.array_equal(finite, np.round(finite))
    first, weight = _equal_rows(cost, base, weights[rows])
    ceiling = float(weights.sum()) * (float(finite.max()) if len(finite) else 1.0)
    return Ways(
        cost[first], weight, base[first], side.free, 1.0 if whole else _EXACT * ceiling
    ), lost


def _equal_rows(
    cost: np.ndarray, base: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return representatives of demands with the same costs, and their added people."""
    n, m = cost.shape
    plain = np.where(np.isfinite(cost), cost, -1.0)
    draw = np.random.default_rng(20240404).random(m)
    key = plain @ draw + np.where(np.isfinite(base), base, -1.0)
    order = np.argsort(key, kind="stable")
    new = np.ones(n, bool)
    close = np.flatnonzero(np.abs(np.diff(key[order])) <= 1e-9 * np.abs(key[order[1:]]))
    a, b = order[close], order[close + 1]
    new[close + 1] = (plain[a] != plain[b]).any(axis=1) | (base[a] != base[b])
    group = np.empty(n, np.int64)
    group[order] = np.cumsum(new) - 1
    first = order[new]
    return first, np.bincount(group, weight, len(first))


def pmedian(problem: Problem, ask: Ask, side: Side, search: Search) -> tuple[Cheapest, np.ndarray]:
    """Return the sites with the least weighted cost, and the demands left out."""
    question, lost = ways(problem, ask, side)
    if side.simple:
        limit = len(side.free) if side.limit is None else side.limit
        return least(question, min(limit, len(side.free)), search, gap=ask.gap), lost
    return conditioned(question, side, search, gap=ask.gap), lost


def least(
    question: Ways,
    limit: int,
    search: Search,
    *,
    start: np.ndarray | None = None,
    gap: float = 0.0,
) -> Cheapest:
    """Solve a question in which only the number of sites is limited.

    ``start``: positions of a good answer to begin with.
    """
    cost, weight, base = question.cost, question.weight, question.base
    if limit >= cost.shape[1] or len(weight) == 0:
        sites = np.arange(min(limit, cost.shape[1]))
        total = question.total(sites)
        found = sites if np.isfinite(total) else None
        search.tell(total, total)
        return Cheapest(None if found is None else question.columns[found], total, total, True)

    tick = search.tick
    big = question.big
    begun = _sampled(question, limit, search) if start is None else start
    if begun is None:
        begun = least_cost(cost, weight, limit, base, big)
    floor = np.minimum(base, cost.min(axis=1))
    if np.isfinite(question.total(begun)):
        search.tell(question.total(begun), float(weight @ floor))
        search.tell(None, _first_bound(question, begun, limit, search))
    sites = exchange_cost(cost, weight, begun, base, big, tick)
    total = question.total(sites)
    if not np.isfinite(total):
        return _without_start(question, limit, search, gap)
    search.tell(total, float(weight @ floor))
    sites, bound, decisions, price = _squeeze(question, sites, limit, search, gap)
    total = question.total(sites)
    if total - bound < max(question.step, gap * total):
        exact = total - bound < question.step
        return Cheapest(question.columns[sites], total, total if exact else bound, True)
    return _by_tree(question, limit, search, sites, bound, decisions, price, gap)


def _sampled(question: Ways, limit: int, search: Search) -> np.ndarray | None:
    """A good answer from a sample of a large question, None when there is nothing to gain.

    Demands are drawn by people, so that each drawn one stands for equally many.
    """
    cost, weight, base = question.cost, question.weight, question.base
    if cost.size < _LARGE or len(weight) < 2 * _DRAWN:
        return None
    draw = np.random.default_rng(20240404)
    rows, times = np.unique(
        draw.choice(len(weight), _DRAWN, p=weight / weight.sum()), return_counts=True
    )
    few, many, ground, big = cost[rows], times.astype(float), base[rows], question.big
    begun = least_cost(few, many, limit, ground, big)
    sites = exchange_cost(few, many, begun, ground, big, search.tick)
    return sites if np.isfinite(question.total(sites)) else None


def _first_bound(question: Ways, sites: np.ndarray, limit: int, search: Search) -> float:
    """A bound in a few steps, so that the first answer is not shown without one."""
    if question.cost.size < _LARGE:
        return -np.inf
    arcs, price = _first_arcs(question, sites)
    total = question.total(sites)
    shut = np.zeros(question.cost.shape[1], bool)
    tick = search.tick
    relaxed = cost_bound(arcs, price, limit, total, question.step, _GLANCE, tick, shut)
    return min(total, relaxed.bound)


def _by_tree(
    question: Ways,
    limit: int,
    search: Search,
    sites: np.ndarray,
    bound: float,
    decisions: _Decisions,
    price: np.ndarray,
    gap: float,
) -> Cheapest:
    """Branch on what the bound has left undecided."""
    shut, opened = decisions
    table = Table(
        question.cost, question.weight, question.base, _ceiling(question, sites), question.step
    )
    must = tuple(int(j) for j in np.flatnonzero(opened))
    left = np.flatnonzero(~shut & ~opened)
    root = Node(bound, must, left, limit - len(must), price)

    def improve(choice: np.ndarray) -> np.ndarray:
        cost, weight, base = question.cost, question.weight, question.base
        return exchange_cost(cost, weight, choice, base, question.big, search.tick)

    sites, found, proven = search_tree(table, root, sites, search, gap, improve)
    total = question.total(sites)
    # A node of the tree may be bounded worse than the root was.
    bound = min(total, max(bound, found))
    search.tell(total, bound)
    return Cheapest(question.columns[sites], total, bound, proven)


def _nothing_decided(m: int) -> _Decisions:
    return np.zeros(m, bool), np.zeros(m, bool)


def _squeeze(
    question: Ways, sites: np.ndarray, limit: int, search: Search, gap: float
) -> tuple[np.ndarray, float, _Decisions, np.ndarray]:
    """Bound, better answer, fewer candidates, again, as long as it helps.

    Candidates that no better answer opens leave the relaxation, which makes it tighter and
    faster; what is left out is no better than the answer in hand, so the bound stays one.
    """
    cost, weight, base = question.cost, question.weight, question.base
    m = cost.shape[1]
    arcs, price = _first_arcs(question, sites)
    shut, opened = _nothing_decided(m)
    total, bound = question.total(sites), 0.0
    for turn in range(_STAGES):
        relaxed = cost_bound(
            arcs,
            price,
            limit,
            total,
            question.step,
            _ROUNDS,
            search.tick,
            shut,
            1.0 if turn == 0 else 0.4,
        )
        other = exchange_cost(cost, weight, relaxed.choice, base, question.big, search.tick)
        better = question.total(other)
        if better < total:
            sites, total = other, better
        before, bound = bound, max(bound, min(total, relaxed.bound))
        search.tell(total, bound)
        if total - bound < max(question.step, gap * total) or search.tick():
            break
        more_shut, opened = decided(relaxed, limit, total - question.step * 0.999, False)
        fewer = int((more_shut & ~shut).sum())
        shut = shut | more_shut
        still = m - int(shut.sum()) - limit
        if still <= _FEW_LEFT or (fewer < 0.05 * still and bound - before < 0.05 * (total - bound)):
            break
        arcs, price = arcs.without(shut), relaxed.price
    return sites, bound, (shut, opened & ~shut), relaxed.price


def _first_arcs(question: Ways, sites: np.ndarray) -> tuple[Arcs, np.ndarray]:
    """The pairs that matter around an answer, and multipliers to begin with."""
    cost, weight, base = question.cost, question.weight, question.base
    _, first, second = nearest_two(cost, sites, base)
    ceiling = _ceiling(question, sites)
    second = np.where(np.isfinite(second), second, ceiling)
    return arcs_below(cost, weight, ceiling), weight * (first + second) / 2


def _ceiling(question: Ways, sites: np.ndarray) -> np.ndarray:
    """(n,) above which costs cannot matter much: that of the third nearest site in hand."""
    cost, base = question.cost, question.base
    block = np.sort(np.column_stack((cost[:, sites], base)), axis=1)
    ceiling = block[:, 2] if block.shape[1] > 2 else np.full(len(base), np.inf)
    ceiling = np.minimum(ceiling, base)
    far = np.where(np.isfinite(cost), cost, -np.inf).max(axis=1) * (1 + 1e-9) + 1e-9
    return np.where(np.isfinite(ceiling), ceiling, far)


def _without_start(question: Ways, limit: int, search: Search, gap: float) -> Cheapest:
    """HiGHS on the whole question: no answer is at hand that reaches everybody."""
    model = assignment(question)
    if model is None:
        return Cheapest(None, np.inf, 0.0, False)
    m = question.cost.shape[1]
    mine, bound, proven = model.solve(
        sp.csr_array(np.ones((1, m))),
        np.array([-np.inf]),
        np.array([float(limit)]),
        np.zeros(m),
        search,
        gap,
    )
    if mine is None:
        return Cheapest(None, np.inf, np.inf if proven else bound, proven)
    total = question.total(np.flatnonzero(mine))
    search.tell(total, bound)
    return Cheapest(question.columns[mine], total, min(total, bound), proven)


def conditioned(question: Ways, side: Side, search: Search, *, gap: float = 0.0) -> Cheapest:
    """Solve with all conditions of ``side`` in one model."""
    model = assignment(question)
    if model is None:
        raise Refused(
            f"{len(question.weight)} 个需求点 × {len(question.columns)} 个候选点"
            "加上附加条件超出了能精确求解的规模。请减少候选点,或把人口合并成较粗的格网。"
        )
    rows, low, high = side.rows()
    inside = rows[:, side.fixed] @ np.ones(len(side.fixed))
    mine, bound, optimal = model.solve(
        sp.csr_array(rows[:, side.free]),
        low - inside,
        high - inside,
        np.zeros(len(side.free)),
        search,
        gap,
    )
    if mine is None:
        return Cheapest(None, np.inf, np.inf if optimal else bound, optimal)
    total = question.total(np.flatnonzero(mine))
    search.tell(total, bound)
    return Cheapest(side.free[mine], total, min(bound, total), optimal)
