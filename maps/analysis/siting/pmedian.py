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
from maps.analysis.siting.heuristics import exchange_cost, least_cost, nearest_two
from maps.analysis.siting.lagrange import Arcs, arcs_below, cost_bound, decided
from maps.analysis.siting.lscp import unreached
from maps.analysis.siting.matrix import Cost, as_dense, cover
from maps.analysis.siting.mclp import whole_numbers
from maps.analysis.siting.mip import Mip, run
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side

_ROUNDS, _STAGES, _FEW_LEFT = 150, 12, 3
_LARGEST = 80_000_000
_MOST_ARCS = 3_000_000
_EXACT = 1e-8


@dataclass(frozen=True, eq=False)
class Ways:
    """A p-median question: ``cost`` (n, k) of the free candidates ``columns``, people ``weight``,
    ``base`` (n,) the cost of the nearest fixed site (inf for none). Differences of the objective
    below ``step`` do not occur or do not count."""

    cost: np.ndarray
    weight: np.ndarray
    base: np.ndarray
    columns: np.ndarray
    step: float

    @property
    def big(self) -> float:
        """What being out of reach costs in a first search: more than all the rest together."""
        finite = self.cost[np.isfinite(self.cost)]
        top = float(finite.max()) if len(finite) else 1.0
        light = self.weight[self.weight > 0]
        if len(light) == 0 or np.isfinite(self.cost).all():
            return top + 1.0
        return (top + 1.0) * float(light.sum() / light.min())

    def total(self, sites: np.ndarray) -> float:
        """Weighted cost with ``sites`` (positions in ``columns``) open; inf if one is left out."""
        best = self.base
        if len(sites):
            best = np.minimum(best, self.cost[:, sites].min(axis=1))
        return float(self.weight @ best)


@dataclass(frozen=True, eq=False)
class Cheapest:
    """Sites (candidate numbers, without the fixed ones; None: nothing found), cost, bound."""

    sites: np.ndarray | None
    cost: float
    bound: float
    proven: bool


def dense(cost: Cost) -> np.ndarray:
    """Return the dense matrix, refusing one that does not fit."""
    n, m = cost.shape
    if n * m > _LARGEST:
        raise Refused(
            f"{n} 个需求点 × {m} 个候选点太多,这种目标最多能算 {_LARGEST:,} 对。"
            "请减少候选点,或把人口合并成较粗的格网。"
        )
    return as_dense(cost)


def ways(problem: Problem, ask: Ask, side: Side) -> tuple[Ways, np.ndarray]:
    """Return the question with equal demands merged, and the demands no candidate reaches."""
    everything = dense(problem.cost)
    _, lost = unreached(problem, cover(everything, np.inf), ask, 1)
    weights = np.asarray(problem.weights, float)
    counts = weights > 0
    counts[lost] = False
    rows = np.flatnonzero(counts)
    cost = everything[np.ix_(rows, side.free)]
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
    begun = least_cost(cost, weight, limit, base, big) if start is None else start
    floor = np.minimum(base, cost.min(axis=1))
    if np.isfinite(question.total(begun)):
        search.tell(question.total(begun), float(weight @ floor))
    sites = exchange_cost(cost, weight, begun, base, big, tick)
    total = question.total(sites)
    if not np.isfinite(total):
        return _rest(question, limit, search, gap, None, 0.0, _nothing_decided(cost.shape[1]))
    search.tell(total, float(weight @ floor))
    sites, bound, decisions = _squeeze(question, sites, limit, search, gap)
    total = question.total(sites)
    if total - bound < max(question.step, gap * total):
        exact = total - bound < question.step
        return Cheapest(question.columns[sites], total, total if exact else bound, True)
    return _rest(question, limit, search, gap, sites, bound, decisions)


_Decisions = tuple[np.ndarray, np.ndarray]
"""Candidates every better answer leaves shut, and those it opens, (m,) booleans each."""


def _nothing_decided(m: int) -> _Decisions:
    return np.zeros(m, bool), np.zeros(m, bool)


def _squeeze(
    question: Ways, sites: np.ndarray, limit: int, search: Search, gap: float
) -> tuple[np.ndarray, float, _Decisions]:
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
    return sites, bound, (shut, opened & ~shut)


def _first_arcs(question: Ways, sites: np.ndarray) -> tuple[Arcs, np.ndarray]:
    """The pairs that matter around an answer, and multipliers to begin with."""
    cost, weight, base = question.cost, question.weight, question.base
    _, first, second = nearest_two(cost, sites, base)
    block = np.sort(np.column_stack((cost[:, sites], base)), axis=1)
    ceiling = block[:, 3] if block.shape[1] > 3 else np.full(len(base), np.inf)
    ceiling = np.minimum(ceiling, base)
    far = np.where(np.isfinite(cost), cost, -np.inf).max(axis=1) * (1 + 1e-9) + 1e-9
    ceiling = np.where(np.isfinite(ceiling), ceiling, far)
    second = np.where(np.isfinite(second), second, ceiling)
    return arcs_below(cost, weight, ceiling), weight * (first + second) / 2


def _rest(
    question: Ways,
    limit: int,
    search: Search,
    gap: float,
    sites: np.ndarray | None,
    bound: float,
    decisions: _Decisions,
) -> Cheapest:
    """HiGHS on what the bound has left undecided."""
    shut, opened = decisions
    total = np.inf if sites is None else question.total(sites)
    must, may = np.flatnonzero(opened), np.flatnonzero(~shut & ~opened)
    base = question.base
    if len(must):
        base = np.minimum(base, question.cost[:, must].min(axis=1))
    part = Ways(question.cost[:, may], question.weight, base, may, question.step)
    count = sp.csr_array(np.ones((1, len(may))))
    room = np.array([float(limit - len(must))])
    begin = None
    if sites is not None and not shut[sites].any() and np.isin(must, sites).all():
        begin = np.isin(may, sites)
    model = assignment(part)
    if model is None:
        found = None if sites is None else question.columns[sites]
        return Cheapest(found, total, bound, False)
    mine, found_bound, optimal = model.solve(
        count, np.array([-np.inf]), room, np.zeros(len(may)), begin, search, gap
    )
    if mine is not None:
        chosen = np.sort(np.concatenate((must, may[mine])))
        if question.total(chosen) < total:
            sites, total = chosen, question.total(chosen)
    if sites is None:
        return Cheapest(None, np.inf, np.inf if optimal else bound, optimal)
    # Answers with other decisions than those taken are no better than the one in hand.
    bound = min(total, max(bound, found_bound))
    if optimal and gap == 0:
        bound = total
    search.tell(total, bound)
    return Cheapest(question.columns[sites], total, bound, optimal)


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
        None,
        search,
        gap,
    )
    if mine is None:
        return Cheapest(None, np.inf, np.inf if optimal else bound, optimal)
    total = question.total(np.flatnonzero(mine))
    search.tell(total, bound)
    return Cheapest(side.free[mine], total, min(bound, total), optimal)


@dataclass(frozen=True, eq=False)
class Assignment:
    """The exact model: open x_j, send demand i to j (z_ij ≤ x_j, each demand at most once).

    What a demand does not send goes to its fixed site; where there is none it must be sent.
    ``saved``: (a,) change of the cost per arc, ``row``/``site``: (a,), ``must``: (g,) whether a
    demand has to be sent, ``offset``: cost of sending everybody to the fixed sites.
    """

    saved: np.ndarray
    row: np.ndarray
    site: np.ndarray
    must: np.ndarray
    sites: int
    offset: float
    step: float

    def mip(self, rows: sp.csr_array, low: np.ndarray, high: np.ndarray, lower: np.ndarray) -> Mip:
        """Return the model with further ``rows`` over the candidates."""
        arcs, groups, m = len(self.saved), len(self.must), self.sites
        one, each = np.ones(arcs), np.arange(arcs)
        sent = sp.csr_array((one, (self.row, m + each)), shape=(groups, m + arcs))
        link = sp.csr_array(
            (np.append(one, -one), (np.append(each, each), np.append(self.site, m + each))),
            shape=(arcs, m + arcs),
        )
        wide = sp.csr_array(sp.hstack([rows, sp.csr_array((rows.shape[0], arcs))], format="csr"))
        return Mip(
            np.append(np.zeros(m), self.saved),
            np.append(lower, np.zeros(arcs)),
            np.ones(m + arcs),
            np.append(np.ones(m, bool), np.zeros(arcs, bool)),
            sp.csr_array(sp.vstack([sent, link, wide], format="csr")),
            np.concatenate((np.where(self.must, 1.0, 0.0), np.zeros(arcs), low)),
            np.concatenate((np.ones(groups), np.full(arcs, np.inf), high)),
        )

    def solve(
        self,
        rows: sp.csr_array,
        low: np.ndarray,
        high: np.ndarray,
        lower: np.ndarray,
        begin: np.ndarray | None,
        search: Search,
        gap: float,
    ) -> tuple[np.ndarray | None, float, bool]:
        """Return (m,) booleans of open sites (None: nothing found), bound, proven."""
        mip = self.mip(rows, low, high, lower)
        start = None if begin is None else np.append(begin, np.full(len(self.saved), np.nan))
        out = run(
            mip,
            search,
            start=start,
            gap=gap,
            whole_steps=self.step if self.step >= 1 else 0.0,
            say=lambda found, bound: (found + self.offset, bound + self.offset),
        )
        bound = out.bound + self.offset
        proven = out.status in ("optimal", "infeasible")
        if out.values is None:
            return None, bound, proven
        return out.values[: self.sites] > 0.5, bound, proven


def assignment(question: Ways) -> Assignment | None:
    """Return the exact model of a question, None when it has too many arcs.

    Demands that put the candidates cheaper than their fixed site in the same order are merged:
    whatever is open, they all go to the same one.
    """
    cost, weight, base = question.cost, question.weight, question.base
    useful = cost < base[:, None]
    if int(useful.sum()) > 4 * _MOST_ARCS:
        return None
    length = useful.sum(axis=1)
    order = np.argsort(np.where(useful, cost, np.inf), axis=1, kind="stable")
    place = np.arange(cost.shape[1])[None, :] < length[:, None]
    listed = np.where(place, order, -1)
    key = np.column_stack((listed, np.isfinite(base)))
    group = _groups(key)
    groups = int(group.max()) + 1 if len(group) else 0
    fixed = np.where(np.isfinite(base), base, 0.0)
    row, column = np.nonzero(useful)
    flat = group[row] * cost.shape[1] + column
    arcs, inverse = np.unique(flat, return_inverse=True)
    if len(arcs) > _MOST_ARCS:
        return None
    saved = np.bincount(inverse, weight[row] * (cost[row, column] - fixed[row]), len(arcs))
    must = np.zeros(groups, bool)
    must[group] = ~np.isfinite(base)
    m = cost.shape[1]
    return Assignment(
        saved, arcs // max(m, 1), arcs % max(m, 1), must, m, float(weight @ fixed), question.step
    )


def _groups(key: np.ndarray) -> np.ndarray:
    """Return (n,) numbers of equal rows of an integer matrix."""
    compact = np.ascontiguousarray(key.astype(np.int32))
    rows = compact.view(np.dtype((np.void, compact.dtype.itemsize * compact.shape[1]))).ravel()
    return np.unique(rows, return_inverse=True)[1]
