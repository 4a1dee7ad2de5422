"""Making a covering question smaller without changing its answer.

Toregas and ReVelle, “Binary logic solutions to a class of location problem”,
Geographical Analysis 5 (1973): a demand that is reached whenever another one is, and a
candidate that reaches nothing another one does not, can be left out.
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from maps.analysis.siting.matrix import merged, some_columns, some_rows

_CHUNK = 1_000_000
_EFFORT = 4_000_000
_ENOUGH = 0.02
"""Share of rows and columns: a round that takes no more away is the last."""
# Fibonacci hashing: spreads column numbers evenly over 64 marks.
_SPREAD = np.uint64(11400714819323198485)


def _bits(matrix: sp.csr_array) -> np.ndarray:
    """Return the rows of a cover as bit sets, (n, words) uint64."""
    n, m = matrix.shape
    words = max(1, -(-m // 64))
    out = np.zeros(n * words, np.uint64)
    row = np.repeat(np.arange(n, dtype=np.int64), np.diff(matrix.indptr))
    key = row * words + (matrix.indices >> 6)
    if len(key):
        starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
        one = np.left_shift(np.uint64(1), (matrix.indices & 63).astype(np.uint64))
        out[key[starts]] = np.bitwise_or.reduceat(one, starts)
    return out.reshape(n, words)


def _subset_pairs(
    matrix: sp.csr_array, effort: int, fresh: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs (i, k), i ≠ k, of non-empty rows with row i a subset of row k.

    All of them, unless more than ``effort`` pairs would have to be compared: then those of the
    shortest rows i, which are in most others. ``fresh``: (n,) booleans, which rows i are asked.
    """
    length = np.diff(matrix.indptr)
    by_column = sp.csc_array(matrix)
    size = np.diff(by_column.indptr)
    some = np.flatnonzero(length > 0)
    filled = some if fresh is None else some[fresh[some]]
    if len(filled) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # Whoever contains row i contains its rarest column: only the rows of that one are asked.
    key = size[matrix.indices].astype(np.int64) * matrix.shape[1] + matrix.indices
    rarest = np.zeros(matrix.shape[0], np.int64)
    rarest[some] = np.minimum.reduceat(key, matrix.indptr[some]) % matrix.shape[1]
    rarest = rarest[filled]
    asked = size[rarest].astype(np.int64)
    if int(asked.sum()) > effort:
        short = np.argsort(length[filled], kind="stable")
        short = np.sort(short[np.cumsum(asked[short]) <= effort])
        filled, rarest, asked = filled[short], rarest[short], asked[short]
    if len(filled) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    concerned = np.zeros(matrix.shape[1])
    concerned[rarest] = 1.0
    rows = np.flatnonzero(matrix @ concerned)
    bits = _bits(some_rows(matrix, rows))
    at = np.empty(matrix.shape[0], np.int64)
    at[rows] = np.arange(len(rows))
    mark = np.left_shift(
        np.uint64(1), (matrix.indices.astype(np.uint64) * _SPREAD) >> np.uint64(58)
    )
    sign = np.zeros(matrix.shape[0], np.uint64)
    sign[some] = np.bitwise_or.reduceat(mark, matrix.indptr[some])
    found: list[tuple[np.ndarray, np.ndarray]] = []
    ends = np.cumsum(asked)
    first = 0
    while first < len(filled):
        last = max(first + 1, int(np.searchsorted(ends, ends[first] + _CHUNK)))
        now = slice(first, last)
        i = np.repeat(filled[now], asked[now])
        offset = np.arange(len(i)) - np.repeat(
            ends[now] - asked[now] - (ends[first] - asked[first]), asked[now]
        )
        k = by_column.indices[np.repeat(by_column.indptr[rarest[now]], asked[now]) + offset]
        keep = (length[k] >= length[i]) & (i != k) & ((sign[i] & ~sign[k]) == 0)
        i, k = i[keep], k[keep]
        inside = ~(bits[at[i]] & ~bits[at[k]]).any(axis=1)
        found.append((i[inside], k[inside].astype(np.int64)))
        first = last
    return (np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]))


def needless_rows(
    matrix: sp.csr_array, effort: int = _EFFORT, fresh: np.ndarray | None = None
) -> np.ndarray:
    """Return (n,) booleans: demands met whenever another demand is met (set covering).

    Of equal rows the first is kept. ``effort``: pairs of rows compared at most; with fewer
    than there are, some such demands may go unnoticed. ``fresh``: (n,) booleans, the other
    demands that are asked about (those that have lost candidates since all were).
    """
    i, k = _subset_pairs(matrix, effort, fresh)
    length = np.diff(matrix.indptr)
    out = np.zeros(matrix.shape[0], bool)
    out[k[(length[k] > length[i]) | (k > i)]] = True
    return out


def needless_columns(
    matrix: sp.csr_array, price: np.ndarray | None = None, fresh: np.ndarray | None = None
) -> np.ndarray:
    """Return (m,) booleans: candidates another, not dearer one replaces, and empty ones.

    Of equal candidates the first is kept. ``fresh``: (m,) booleans, the candidates asked about
    (those that have lost demands since all were).
    """
    turned = sp.csr_array(matrix.T)
    turned.sort_indices()
    i, k = _subset_pairs(turned, _EFFORT, fresh)
    length = np.diff(turned.indptr)
    out = length == 0
    if price is None:
        out[i[(length[k] > length[i]) | (k < i)]] = True
        return out
    equal = (length[k] == length[i]) & (price[k] == price[i])
    out[i[(price[k] <= price[i]) & (~equal | (k < i))]] = True
    return out


def covering_kernel(
    matrix: sp.csr_array, price: np.ndarray | None = None
) -> tuple[sp.csr_array, np.ndarray]:
    """Reduce a set covering question until next to nothing more falls away.

    Returns the smaller cover and (k,) the candidates its columns stand for.
    """
    columns = np.arange(matrix.shape[1])
    # Only what has lost something since all were compared can newly lie within another.
    fresh_rows = np.ones(matrix.shape[0], bool)
    fresh_columns = np.ones(matrix.shape[1], bool)
    while True:
        before = matrix.shape
        own = None if price is None else price[columns]
        gone = needless_columns(matrix, own, fresh_columns)
        if gone.any():
            fresh_rows |= (matrix @ gone.astype(float)) > 0
            kept = np.flatnonzero(~gone)
            matrix, columns = some_columns(matrix, kept), columns[kept]
            first, group = merged(matrix)
            fresh_rows = np.bincount(group, fresh_rows, len(first)) > 0
            matrix = some_rows(matrix, first)
        needless = needless_rows(matrix, fresh=fresh_rows)
        fresh_columns = (matrix.T @ needless.astype(float)) > 0
        matrix = some_rows(matrix, np.flatnonzero(~needless))
        fresh_rows = np.zeros(matrix.shape[0], bool)
        if sum(before) - sum(matrix.shape) <= _ENOUGH * sum(before):
            return matrix, columns


def apart(matrix: sp.csr_array, enough: int) -> int:
    """Return how many rows were found no two of which share a column; at most ``enough`` + 1.

    Each of them needs a site of its own: a bound of the number of sites, at once.
    """
    used = np.zeros(matrix.shape[1], bool)
    count = 0
    for row in np.argsort(np.diff(matrix.indptr), kind="stable"):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        if not used[columns].any():
            used[columns] = True
            count += 1
            if count > enough:
                break
    return count


def parts(matrix: sp.csr_array) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the independent parts of a cover: (rows, columns) of each, smallest first."""
    n, _m = matrix.shape
    both = sp.block_array([[None, matrix], [matrix.T, None]], format="csr")
    count, label = connected_components(both, directed=False)
    rows = np.argsort(label[:n], kind="stable")
    columns = np.argsort(label[n:], kind="stable")
    row_ends = np.searchsorted(label[:n][rows], np.arange(count + 1))
    column_ends = np.searchsorted(label[n:][columns], np.arange(count + 1))
    out = [
        (rows[row_ends[c] : row_ends[c + 1]], columns[column_ends[c] : column_ends[c + 1]])
        for c in range(count)
    ]
    return sorted((part for part in out if len(part[0])), key=lambda part: len(part[1]))
