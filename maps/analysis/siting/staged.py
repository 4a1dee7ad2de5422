"""Answers found in several steps: the worst-off first, and plans in phases.

Worst-off first, lexicographic: Ogryczak and Śliwiński, “On direct methods for lexicographic
min-max optimization” (2006): maximise the sum of the k smallest shares for k = 1, 2, …,
each time keeping what was reached before.
"""

import numpy as np
import scipy.sparse as sp

from data.refused import Refused
from maps.analysis.siting.ask import Ask, Problem
from maps.analysis.siting.assigned import Answer, nothing_found
from maps.analysis.siting.assignment import Ways, assignment
from maps.analysis.siting.matrix import merged, some_rows, weights_of
from maps.analysis.siting.mip import Mip, run
from maps.analysis.siting.pcenter import pcenter
from maps.analysis.siting.pmedian import conditioned, dense, ways
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side

_SCALE = 100.0
_KEEP = 1e-6


def fair_districts(
    problem: Problem, ask: Ask, side: Side, matrix: sp.csr_array, search: Search
) -> Answer:
    """Raise the reached share of the worst-off district, then of the next, and so on."""
    district = np.asarray(problem.district)
    weights = np.where(district >= 0, np.asarray(problem.weights, float), 0.0)
    count = int(district.max()) + 1 if (district >= 0).any() else 0
    people = np.bincount(np.maximum(district, 0), weights, max(count, 1))
    named = np.flatnonzero(people > 0)
    if len(named) == 0:
        raise Refused("没有一个行政区里有人口,无法比较各区的覆盖率。")
    counted = np.flatnonzero((weights > 0) & (np.diff(matrix.indptr) > 0))
    rows = some_rows(matrix, counted)
    head, group = merged(rows)
    key, inverse = np.unique(group * count + district[counted], return_inverse=True)
    weight = weights_of(inverse, weights[counted], len(key))
    small, where = some_rows(rows, head[key // max(count, 1)]), key % max(count, 1)
    stages = _Shares(small, weight, np.searchsorted(named, where), people[named], side)
    sums: list[float] = []
    values: np.ndarray | None = None
    first_bound, proven = 1.0, True
    for k in range(1, len(named) + 1):
        out = run(stages.mip(sums, k), search, start=stages.point(values, k))
        if out.values is None:
            if values is None:
                raise nothing_found(out.status == "infeasible", search, ask)
            proven = False
            break
        values = out.values[: problem.candidates]
        sums.append(-out.objective)
        if k == 1:
            first_bound = -out.bound / _SCALE
            search.tell(-out.objective / _SCALE, first_bound)
        if out.status != "optimal":
            proven = False
            break
    assert values is not None
    is_open = (values > 0.5).astype(float)
    share = np.sort(stages.shares(is_open))
    bound = max(float(share[0]), first_bound) if not proven else float(share[0])
    return Answer(
        np.flatnonzero(is_open), float(share[0]), bound, proven, tuple(float(s) for s in share)
    )


class _Shares:
    """The models of the successive stages: x, u (reached), and per stage r and slacks."""

    def __init__(
        self,
        matrix: sp.csr_array,
        weight: np.ndarray,
        district: np.ndarray,
        people: np.ndarray,
        side: Side,
    ):
        self.matrix, self.side = matrix, side
        self.weight, self.district, self.people = weight, district, people
        n = matrix.shape[0]
        self.share = sp.csr_array(
            (_SCALE * weight / people[district], (district, np.arange(n))), shape=(len(people), n)
        )

    def shares(self, is_open: np.ndarray) -> np.ndarray:
        """(d,) share of the people of each district that are reached, 0–1."""
        got = (self.matrix @ is_open) > 0
        return np.bincount(self.district, self.weight * got, len(self.people)) / self.people

    def mip(self, sums: list[float], k: int) -> Mip:
        """Maximise the sum of the k smallest shares; ``sums``: what the earlier stages reached."""
        n, m = self.matrix.shape
        d = len(self.people)
        extra, low, high = self.side.rows()
        wide = m + n + k * (1 + d)
        blocks: list[sp.csr_array] = [
            _padded(sp.hstack([self.matrix, -sp.eye_array(n)]), wide),
            _padded(extra, wide),
        ]
        below, above = [np.zeros(n), low], [np.full(n, np.inf), high]
        for stage in range(k):
            at = m + n + stage * (1 + d)
            # slack_d ≥ r - share_d
            left = sp.hstack([sp.csr_array((d, m)), self.share, sp.csr_array((d, stage * (1 + d)))])
            mine = sp.hstack([left, sp.csr_array(-np.ones((d, 1))), sp.eye_array(d)])
            blocks.append(_padded(mine, wide))
            below.append(np.zeros(d))
            above.append(np.full(d, np.inf))
            if stage < len(sums):
                columns = np.arange(at, at + 1 + d)
                value = np.append(float(stage + 1), -np.ones(d))
                row = sp.csr_array((value, (np.zeros(1 + d, int), columns)), shape=(1, wide))
                blocks.append(row)
                below.append(np.array([sums[stage] - _KEEP]))
                above.append(np.array([np.inf]))
        objective = np.zeros(wide)
        last = m + n + (k - 1) * (1 + d)
        objective[last] = -float(k)
        objective[last + 1 :] = 1.0
        upper = np.concatenate((self.side.upper, np.ones(n), np.full(k * (1 + d), _SCALE)))
        return Mip(
            objective,
            np.append(self.side.lower, np.zeros(wide - m)),
            upper,
            np.append(np.ones(m, bool), np.zeros(wide - m, bool)),
            sp.csr_array(sp.vstack(blocks, format="csr")),
            np.concatenate(below),
            np.concatenate(above),
        )

    def point(self, values: np.ndarray | None, k: int) -> np.ndarray | None:
        """A start for stage k from the sites of the stage before."""
        if values is None:
            return None
        rest = self.matrix.shape[0] + k * (1 + len(self.people))
        return np.append(np.round(values), np.full(rest, np.nan))


def _padded(block: sp.sparray, wide: int) -> sp.csr_array:
    out = sp.csr_array(block)
    return sp.csr_array((out.data, out.indices, out.indptr), shape=(out.shape[0], wide))


def fair_people(
    problem: Problem, ask: Ask, side: Side, search: Search
) -> tuple[Answer, np.ndarray]:
    """Shorten the longest way first, then, keeping it, the total way of all."""
    center, lost = pcenter(problem, ask, side, search)
    limit = center.longest * (1 + 1e-12)
    cut = np.where(dense(problem.cost) <= limit, dense(problem.cost), np.inf)
    cut[lost] = np.inf
    bounded = Problem(cut, problem.weights, problem.state)
    ready = Ask("pmedian", p=ask.p, only_reachable=True)
    question, _ = ways(bounded, ready, side)
    # Demands without people still must not be farther than the longest way.
    empty = np.setdiff1d(np.flatnonzero(np.asarray(problem.weights) <= 0), lost)
    if len(empty):
        question = _with_empty(question, cut, empty, side)
    best = conditioned(question, side, search)
    if best.sites is None:
        sites, proven = np.union1d(center.sites, side.fixed), False
        total = question.total(np.flatnonzero(np.isin(side.free, center.sites)))
    else:
        sites, proven, total = np.union1d(best.sites, side.fixed), best.proven, best.cost
    levels = (center.longest, total)
    done = proven and center.proven
    return Answer(sites.astype(np.int64), center.longest, center.bound, done, levels), lost


def _with_empty(question: Ways, cut: np.ndarray, empty: np.ndarray, side: Side) -> Ways:
    base = np.full(len(empty), np.inf)
    if len(side.fixed):
        base = cut[np.ix_(empty, side.fixed)].min(axis=1)
    return Ways(
        np.vstack((question.cost, cut[np.ix_(empty, side.free)])),
        np.append(question.weight, np.zeros(len(empty))),
        np.append(question.base, base),
        question.columns,
        question.step,
    )


def phased(
    problem: Problem, ask: Ask, side: Side, matrix: sp.csr_array | None, search: Search
) -> tuple[Answer, tuple[np.ndarray, ...], np.ndarray]:
    """Plan in phases: each phase keeps what the one before built, all chosen together.

    The objective is the mean over the phases, weighted by ``phase_weights``. Conditions other
    than the numbers hold for the last phase.
    """
    count = len(ask.phases)
    share = np.array(ask.phase_weights or (1.0,) * count, float)
    share = share / share.sum()
    lost = np.empty(0, np.int64)
    if ask.model == "mclp":
        assert matrix is not None
        block, offset = _reached_block(problem, side, matrix), 0.0
        sense = -1.0
    else:
        question, lost = ways(problem, ask, side)
        block, offset = _sent_block(question, side)
        sense = 1.0
    mip = _joined(block, ask.phases, share, side)
    out = run(
        mip,
        search,
        gap=ask.gap,
        say=lambda found, bound: (sense * (found + offset), sense * (bound + offset)),
    )
    if out.values is None:
        raise nothing_found(out.status == "infeasible", search, ask)
    m, wide = problem.candidates, block.matrix.shape[1]
    stages = tuple(np.flatnonzero(out.values[t * wide : t * wide + m] > 0.5) for t in range(count))
    levels = tuple(
        sense * (float(block.objective @ out.values[t * wide : (t + 1) * wide]) + offset)
        for t in range(count)
    )
    objective = float(share @ np.array(levels))
    bound = objective if out.status == "optimal" else sense * (out.bound + offset)
    return (
        Answer(stages[-1], objective, bound, out.status == "optimal", levels),
        stages,
        lost,
    )


def _reached_block(problem: Problem, side: Side, matrix: sp.csr_array) -> Mip:
    weights = np.asarray(problem.weights, float)
    rows = np.flatnonzero((weights > 0) & (np.diff(matrix.indptr) > 0))
    head, group = merged(some_rows(matrix, rows))
    small = some_rows(some_rows(matrix, rows), head)
    n, m = small.shape
    return Mip(
        np.append(np.zeros(m), -weights_of(group, weights[rows], len(head))),
        np.append(side.lower, np.zeros(n)),
        np.append(side.upper, np.ones(n)),
        np.append(np.ones(m, bool), np.zeros(n, bool)),
        sp.csr_array(sp.hstack([small, -sp.eye_array(n)], format="csr")),
        np.zeros(n),
        np.full(n, np.inf),
    )


def _sent_block(question: Ways, side: Side) -> tuple[Mip, float]:
    model = assignment(question)
    if model is None:
        raise Refused("分期选址的规模太大,请减少候选点或把人口合并成较粗的格网。")
    m = len(side.lower)
    arcs = len(model.saved)
    empty = sp.csr_array((0, model.sites))
    inner = model.mip(empty, np.empty(0), np.empty(0), np.zeros(model.sites))
    place = np.append(question.columns, m + np.arange(arcs))
    wide = inner.matrix.tocoo()
    matrix = sp.csr_array(
        (wide.data, (wide.row, place[wide.col])), shape=(inner.matrix.shape[0], m + arcs)
    )
    block = Mip(
        np.append(np.zeros(m), model.saved),
        np.append(side.lower, np.zeros(arcs)),
        np.append(side.upper, np.ones(arcs)),
        np.append(np.ones(m, bool), np.zeros(arcs, bool)),
        matrix,
        inner.row_lower,
        inner.row_upper,
    )
    return block, model.offset


def _joined(block: Mip, phases: tuple[int, ...], share: np.ndarray, side: Side) -> Mip:
    """One block per phase, its number of sites, and x of a phase ≤ x of the next."""
    count, m, wide = len(phases), len(side.lower), block.matrix.shape[1]
    moved = (side.limit or 0) - phases[-1]
    number = _padded(sp.csr_array(side.counted.astype(float)[None, :]), wide)
    same = _padded(sp.eye_array(m), wide)
    extra, low, high = side.rows(with_limit=False)
    rows: list[sp.sparray] = [
        sp.block_diag([block.matrix] * count),
        sp.block_diag([number] * count),
    ]
    below = [np.tile(block.row_lower, count), np.full(count, -np.inf)]
    above = [np.tile(block.row_upper, count), np.array([float(p + moved) for p in phases])]
    for t in range(count - 1):
        cells: list[sp.sparray | None] = [sp.csr_array((m, wide)) for _ in range(count)]
        cells[t], cells[t + 1] = same, -same
        rows.append(sp.hstack(cells))
        below.append(np.full(m, -np.inf))
        above.append(np.zeros(m))
    last = sp.csr_array((extra.shape[0], (count - 1) * wide))
    rows.append(sp.hstack([last, _padded(extra, wide)]))
    return Mip(
        np.concatenate([s * block.objective for s in share]),
        np.tile(block.lower, count),
        np.tile(block.upper, count),
        np.tile(block.whole, count),
        sp.csr_array(sp.vstack(rows, format="csr")),
        np.concatenate([*below, low]),
        np.concatenate([*above, high]),
    )
