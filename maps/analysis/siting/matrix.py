"""Cost matrices, dense or sparse, and what follows from them without any solving.

Everything that asks “who is within reach” works on a *cover*: a boolean CSR
matrix, demands by candidates. Demands reached by the same candidates are one
row with added weights; no model that only asks who is reached can tell them apart.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from data.refused import Refused

MOST_PAIRS = 40_000_000


@dataclass(frozen=True, eq=False)
class Pairs:
    """A sparse cost matrix: only pairs that reach each other, in CSR order by demand.

    ``start``: (n + 1,) row starts; ``site``: (k,) candidate numbers; ``cost``: (k,) floats;
    ``sites``: m. A pair that is not listed has infinite cost; a listed cost of 0 is a cost of 0.
    """

    start: np.ndarray
    site: np.ndarray
    cost: np.ndarray
    sites: int

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.start) - 1, self.sites

    @property
    def rows(self) -> np.ndarray:
        """(k,) the demand of every pair."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def only(self, rows: np.ndarray) -> "Pairs":
        """Return the pairs of some demands (int array), in that order."""
        taken, start = _take(self.start, rows)
        return Pairs(start, self.site[taken], self.cost[taken], self.sites)


Cost = np.ndarray | Pairs


def pairs_from(rows: np.ndarray, sites: np.ndarray, cost: np.ndarray, n: int, m: int) -> Pairs:
    """Return :class:`Pairs` from unordered triplets (k,), each pair listed once."""
    order = np.lexsort((sites, rows))
    start = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=start[1:])
    return Pairs(start, sites[order].astype(np.int32), cost[order].astype(float), m)


def as_pairs(cost: Cost) -> Pairs:
    """Return the finite pairs of a cost matrix."""
    if isinstance(cost, Pairs):
        return cost
    rows, sites = np.nonzero(np.isfinite(cost))
    start = np.zeros(cost.shape[0] + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=cost.shape[0]), out=start[1:])
    return Pairs(start, sites.astype(np.int32), cost[rows, sites].astype(float), cost.shape[1])


def as_dense(cost: Cost) -> np.ndarray:
    """Return the (n, m) matrix with inf where there is no pair."""
    if not isinstance(cost, Pairs):
        return cost
    out = np.full(cost.shape, np.inf)
    out[cost.rows, cost.site] = cost.cost
    return out


def columns(cost: Cost, sites: np.ndarray) -> np.ndarray:
    """Return the (n, k) dense costs of some candidates."""
    sites = np.asarray(sites, np.int64)
    if not isinstance(cost, Pairs):
        return cost[:, sites]
    place = np.full(cost.sites, -1, np.int64)
    place[sites] = np.arange(len(sites))
    column = place[cost.site]
    wanted = column >= 0
    out = np.full((cost.shape[0], len(sites)), np.inf)
    out[cost.rows[wanted], column[wanted]] = cost.cost[wanted]
    return out


def nearest(cost: Cost, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) the nearest of ``sites`` (candidate number, -1 for none) and its cost."""
    n = cost.shape[0]
    if len(sites) == 0:
        return np.full(n, -1), np.full(n, np.inf)
    block = columns(cost, sites)
    place = block.argmin(axis=1)
    best = block[np.arange(n), place]
    return np.where(np.isfinite(best), np.asarray(sites)[place], -1), best


def cover(cost: Cost, reach: float | np.ndarray) -> sp.csr_array:
    """Return who is reached: (n, m) CSR of ones where cost ≤ reach (a cost equal to it counts).

    ``reach`` is one number or one per candidate.
    """
    if isinstance(cost, Pairs):
        limit = reach if np.ndim(reach) == 0 else np.asarray(reach)[cost.site]
        keep = cost.cost <= limit
        start = np.concatenate(([0], np.cumsum(keep)))[cost.start]
        return _ones(start, cost.site[keep], cost.shape)
    within = cost <= (reach if np.ndim(reach) == 0 else np.asarray(reach)[None, :])
    if np.isinf(reach).any():
        within &= np.isfinite(cost)
    flat = np.flatnonzero(within)
    m = max(cost.shape[1], 1)
    start = np.searchsorted(flat, np.arange(cost.shape[0] + 1) * m)
    return _ones(start, (flat % m).astype(np.int32), cost.shape)


def _ones(start: np.ndarray, site: np.ndarray, shape: tuple[int, int]) -> sp.csr_array:
    kind = np.int32 if len(site) < 2**31 - 1 else np.int64
    out = sp.csr_array(
        (np.ones(len(site)), site.astype(kind, copy=False), start.astype(kind)), shape=shape
    )
    out.has_sorted_indices = True
    out.has_canonical_format = True
    return out


def _take(start: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of the entries of ``rows`` and the new row starts."""
    length = np.diff(start)[rows]
    new = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(length, out=new[1:])
    return np.repeat(start[rows] - new[:-1], length) + np.arange(new[-1]), new


def some_rows(matrix: sp.csr_array, rows: np.ndarray) -> sp.csr_array:
    """Return rows of a cover (int array)."""
    taken, start = _take(matrix.indptr.astype(np.int64), rows)
    return _ones(start, matrix.indices[taken], (len(rows), matrix.shape[1]))


def some_columns(matrix: sp.csr_array, wanted: np.ndarray) -> sp.csr_array:
    """Return columns of a cover (rising int array), renumbered."""
    place = np.full(matrix.shape[1], -1, np.int32)
    place[wanted] = np.arange(len(wanted), dtype=np.int32)
    site = place[matrix.indices]
    keep = site >= 0
    total = np.concatenate(([0], np.cumsum(keep)))
    return _ones(total[matrix.indptr], site[keep], (matrix.shape[0], len(wanted)))


def merged(matrix: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Group identical rows of a cover.

    Returns (g,) one representative row per group and (n,) each row's group. Rows are grouped
    by two random sums of their columns and then compared entry by entry, so that a clash of
    the sums can never join different rows.
    """
    n, m = matrix.shape
    draws = np.random.default_rng(20240404).random((m, 2))
    sums = matrix @ draws
    if n == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.lexsort((sums[:, 1], sums[:, 0]))
    new = np.ones(n, bool)
    new[1:] = (sums[order[1:]] != sums[order[:-1]]).any(axis=1)
    length = np.diff(matrix.indptr)
    new[1:] |= length[order[1:]] != length[order[:-1]]
    first = order[new]
    group = np.empty(n, np.int64)
    group[order] = np.cumsum(new) - 1
    same = some_rows(matrix, first[group]).indices == matrix.indices
    if not same.all():
        row = np.repeat(np.arange(n), length)[~same]
        different = np.unique(row)
        group[different] = len(first) + np.arange(len(different))
        first = np.concatenate((first, different))
    return first, group


def weights_of(group: np.ndarray, weights: np.ndarray, groups: int) -> np.ndarray:
    """Return (g,) the added weights of each group."""
    return np.bincount(group, weights, groups)


def check_numbers(cost: Cost, weights: np.ndarray, what: str = "成本矩阵") -> None:
    """Refuse a cost matrix or weights that cannot be computed with, naming the entries."""
    values = cost.cost if isinstance(cost, Pairs) else cost
    n, m = cost.shape
    if m == 0:
        raise Refused(f"{what}里没有候选点。请换一种候选来源,或放宽排除条件。")
    if n == 0:
        raise Refused(f"{what}里没有需求点。请先放入人口数据。")
    good = values >= 0  # not so for negative ones and NaN
    if not good.all():
        bad = ~good
        where = np.argwhere(bad)[0]
        place = f"第 {where[0] + 1} 行第 {where[1] + 1} 列" if len(where) == 2 else "其中一处"
        raise Refused(
            f"{what}里有 {int(bad.sum())} 个值是负数或空缺(例如{place}),到不了的请写 inf。"
        )
    if len(weights) != n:
        raise Refused(f"{what}有 {n} 个需求点,人口却有 {len(weights)} 个,两者要一一对应。")
    _check_weights(weights)


def check_size(demands: int, candidates: int) -> None:
    """Refuse more pairs than fit into memory several times over."""
    if demands * candidates > MOST_PAIRS:
        raise Refused(
            f"{demands:,} 个需求点 × {candidates:,} 个候选点太多,"
            f"这种目标最多能算 {MOST_PAIRS:,} 对。请减少候选点,或用较粗的人口格网。"
        )


def _check_weights(weights: np.ndarray) -> None:
    unknown = np.flatnonzero(~np.isfinite(weights))
    if len(unknown):
        raise Refused(
            f"有 {len(unknown)} 个需求点的人口未知(第 {_list(unknown)} 行)。"
            "未知不等于 0:请补上,或先把这些点排除在外。"
        )
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        first = negative[0]
        raise Refused(
            f"有 {len(negative)} 个需求点的人口是负数"
            f"(第 {_list(negative)} 行,例如 {weights[first]:g}),请改正。"
        )


def _list(rows: np.ndarray) -> str:
    shown = "、".join(str(r + 1) for r in rows[:5])
    return shown + (" …" if len(rows) > 5 else "")
