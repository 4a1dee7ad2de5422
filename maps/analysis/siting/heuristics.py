"""Good answers at once: greedy choice and exchange, as the start of every exact search.

Teitz and Bart, “Heuristic methods for estimating the generalized vertex median of a
weighted graph”, Operations Research 16 (1968); Resende and Werneck, “A fast swap-based local
search procedure for location problems”, Annals of Operations Research 150 (2007).
"""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from maps.analysis.siting.matrix import some_columns

Allowed = Callable[[np.ndarray], np.ndarray]
"""From the (m,) open candidates to the (m,) candidates that may still be opened."""


def _column_sums(matrix: sp.csr_array, weight: np.ndarray) -> np.ndarray:
    """(m,) sum over the rows of ``weight`` in each column."""
    rows = np.repeat(weight, np.diff(matrix.indptr))
    return np.bincount(matrix.indices, rows, matrix.shape[1])


def cover_all(matrix: sp.csr_array, price: np.ndarray | None = None) -> np.ndarray:
    """Return candidates that reach every row (each row must have one): greedy, then thinned."""
    by_column = sp.csc_array(matrix)
    start, rows = by_column.indptr, by_column.indices
    price = np.ones(matrix.shape[1]) if price is None else np.maximum(price, 1e-12)
    times = np.zeros(matrix.shape[0], np.int64)
    value = np.diff(start).astype(float)
    chosen: list[int] = []
    while True:
        best = int(np.argmax(value / price))
        if value[best] <= 0:
            break
        chosen.append(best)
        mine = rows[start[best] : start[best + 1]]
        fresh = mine[times[mine] == 0]
        times[mine] += 1
        for row in fresh:
            value[matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]] -= 1
    for site in sorted(chosen, key=lambda j: (-price[j], start[j + 1] - start[j])):
        mine = rows[start[site] : start[site + 1]]
        if (times[mine] > 1).all():
            times[mine] -= 1
            chosen.remove(site)
    return np.array(sorted(chosen), np.int64)


def most_people(
    matrix: sp.csr_array,
    weight: np.ndarray,
    limit: int,
    *,
    price: np.ndarray | None = None,
    allowed: Allowed | None = None,
) -> np.ndarray:
    """Choose up to ``limit`` candidates one by one, each reaching the most people not yet reached.

    With ``price`` the most people per unit of price.
    """
    m = matrix.shape[1]
    by_column = sp.csc_array(matrix)
    value = _column_sums(matrix, weight)
    reached = np.zeros(matrix.shape[0], bool)
    is_open = np.zeros(m, bool)
    per = None if price is None else np.maximum(price, 1e-12)
    for _ in range(limit):
        score = value if per is None else value / per
        may = ~is_open if allowed is None else allowed(is_open) & ~is_open
        best = int(np.argmax(np.where(may, score, -1.0)))
        if not may[best] or value[best] <= 0:
            break
        is_open[best] = True
        mine = by_column.indices[by_column.indptr[best] : by_column.indptr[best + 1]]
        fresh = mine[~reached[mine]]
        reached[fresh] = True
        length = np.diff(matrix.indptr)[fresh]
        at = np.repeat(matrix.indptr[fresh] - np.cumsum(length) + length, length)
        columns = matrix.indices[at + np.arange(int(length.sum()))]
        value -= np.bincount(columns, np.repeat(weight[fresh], length), m)
    return np.flatnonzero(is_open)


def exchanges_of_cover(
    matrix: sp.csr_array, weight: np.ndarray, sites: np.ndarray, times: int = 1
) -> np.ndarray:
    """Return (p, m): people won by opening each candidate in the place of each of ``sites``.

    ``sites``: rising. People count who are reached ``times`` times. Candidates that are open
    already hold -inf.
    """
    m, p = matrix.shape[1], len(sites)
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    weight_of_entry = weight[row]
    mine = some_columns(matrix, sites)
    have = np.diff(mine.indptr)
    value = np.bincount(matrix.indices, weight_of_entry * (have == times - 1)[row], m)
    # Rows that fall short by one when one of their sites goes, once for each of those.
    held = np.repeat(np.arange(len(have)), have)
    tight, slack = have[held] == times, have[held] == times - 1
    lost = np.bincount(mine.indices[tight], weight[held[tight]], p)
    back = np.zeros((p, m))
    for sign, which in ((1.0, tight), (-1.0, slack)):
        rows, owner = held[which], mine.indices[which].astype(np.int64)
        length = np.diff(matrix.indptr)[rows]
        at = np.repeat(matrix.indptr[rows] - np.cumsum(length) + length, length)
        entry = at + np.arange(int(length.sum()))
        flat = np.repeat(owner, length) * m + matrix.indices[entry]
        back += sign * np.bincount(flat, weight_of_entry[entry], p * m).reshape(p, m)
    change = value[None, :] + back - lost[:, None]
    change[:, sites] = -np.inf
    return change


def exchange_cover(
    matrix: sp.csr_array, weight: np.ndarray, sites: np.ndarray, tick: Callable[[], bool]
) -> np.ndarray:
    """Swap one site for another as long as more people are reached; the best swap each time.

    Ends early, with what it has, when ``tick`` says that time is up.
    """
    m = matrix.shape[1]
    sites = np.sort(np.asarray(sites, np.int64))
    least = 1e-9 * max(1.0, float(weight.sum()))
    while len(sites) and not tick():
        change = exchanges_of_cover(matrix, weight, sites)
        best = int(np.argmax(change))
        if change.flat[best] <= least:
            break
        sites[best // m] = best % m
        sites = np.sort(sites)
    return sites


def nearest_two(
    cost: np.ndarray, sites: np.ndarray, base: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (n,) the cheapest of ``sites`` (position; -1: ``base``), its cost, the second cost.

    ``base``: (n,) the cost of what is open anyway (inf for nothing).
    """
    block = np.column_stack((cost[:, sites], base))
    owner = block.argmin(axis=1)
    rows = np.arange(len(base))
    first = block[rows, owner]
    block[rows, owner] = np.inf
    return np.where(owner == len(sites), -1, owner), first, block.min(axis=1)


def least_cost(
    cost: np.ndarray, weight: np.ndarray, limit: int, base: np.ndarray, big: float
) -> np.ndarray:
    """Choose ``limit`` candidates one by one, each saving the most weighted cost.

    ``cost``: (n, m); infinite costs count as ``big``. A saving can only shrink as more sites are
    open, so only candidates whose last known saving leads are computed again.
    """
    turned = np.ascontiguousarray(np.minimum(cost, big).T)
    now = np.minimum(base, big)
    saving = np.array([float(weight @ np.maximum(now - column, 0.0)) for column in turned])
    chosen: list[int] = []
    known = np.zeros(len(saving), np.int64)
    for turn in range(min(limit, len(saving))):
        while True:
            best = int(np.argmax(saving))
            if known[best] == turn:
                break
            saving[best] = float(weight @ np.maximum(now - turned[best], 0.0))
            known[best] = turn
        chosen.append(best)
        now = np.minimum(now, turned[best])
        saving[best] = -np.inf
    return np.array(sorted(chosen), np.int64)


def exchanges_of_cost(
    cost: np.ndarray, weight: np.ndarray, sites: np.ndarray, base: np.ndarray, big: float
) -> np.ndarray:
    """Return (p, m): weighted cost saved by opening each candidate in the place of each site.

    ``sites``: rising. Candidates that are open already hold -inf.
    """
    m, p = cost.shape[1], len(sites)
    owner, first, second = nearest_two(cost, sites, np.minimum(base, big))
    first, second = np.minimum(first, big), np.minimum(second, big)
    near = np.flatnonzero((cost < second[:, None]).ravel())
    row, column = near // m, near % m
    value = cost.ravel()[near]
    saving = np.bincount(column, np.maximum(first[row] - value, 0.0) * weight[row], m)
    held = owner >= 0
    lost = np.bincount(owner[held], (weight * (second - first))[held], p)
    mine = held[row]
    row, column, value = row[mine], column[mine], value[mine]
    left = weight[row] * (second[row] - np.maximum(value, first[row]))
    back = np.bincount(owner[row] * m + column, left, p * m).reshape(p, m)
    change = np.asarray(saving[None, :] + back - lost[:, None], float)
    change[:, sites] = -np.inf
    return change


def exchange_cost(
    cost: np.ndarray,
    weight: np.ndarray,
    sites: np.ndarray,
    base: np.ndarray,
    big: float,
    tick: Callable[[], bool],
) -> np.ndarray:
    """Swap one site for another as long as the weighted cost falls; the best swap each time.

    Ends early, with what it has, when ``tick`` says that time is up.
    """
    m = cost.shape[1]
    sites = np.sort(np.asarray(sites, np.int64))
    while len(sites) and not tick():
        change = exchanges_of_cost(cost, weight, sites, base, big)
        now = np.minimum(base, cost[:, sites].min(axis=1))
        best = int(np.argmax(change))
        if change.flat[best] <= 1e-9 * max(1.0, float(weight @ np.minimum(now, big))):
            break
        sites[best // m] = best % m
        sites = np.sort(sites)
    return sites
