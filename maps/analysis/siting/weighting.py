"""Fewer sites that still reach everybody: local search that weighs what is hard to reach.

Gao, Weise, Li, “An efficient local search heuristic with row weighting for the unicost set
covering problem”, EJOR 246 (2015): drop a site, then repair one demand left out after the
other; demands that stay left out grow heavier.
"""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp


class _Choice:
    """The sites in hand and what each candidate would change, in weighted rows.

    ``score``: for a closed candidate the weight of rows only it would reach, for an open one
    minus the weight of rows only it reaches. ``count``: (n,) open sites per row.
    """

    def __init__(self, matrix: sp.csr_array) -> None:
        self.rows, self.row_at = matrix.indices, matrix.indptr
        turned = sp.csc_array(matrix)
        self.cols, self.col_at = turned.indices, turned.indptr
        n, m = matrix.shape
        self.weight = np.ones(n)
        self.count = np.zeros(n, np.int64)
        self.is_open = np.zeros(m, bool)
        self.score = np.diff(self.col_at).astype(float)
        self.since = np.zeros(m, np.int64)
        self.may = np.ones(m, bool)

    def reached_by(self, site: int) -> np.ndarray:
        return self.cols[self.col_at[site] : self.col_at[site + 1]]

    def reaching(self, row: int) -> np.ndarray:
        return self.rows[self.row_at[row] : self.row_at[row + 1]]

    def entries(self, some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Candidates reaching each of some rows, and the rows' weights beside them."""
        length = self.row_at[some + 1] - self.row_at[some]
        at = np.repeat(self.row_at[some] - np.cumsum(length) + length, length)
        return self.rows[at + np.arange(int(length.sum()))], np.repeat(self.weight[some], length)

    def add_up(self, some: np.ndarray, sign: float, only_open: bool = False) -> None:
        """Add the weight of some rows to the candidates reaching them."""
        if len(some) == 0:
            return
        site, weight = self.entries(some)
        if only_open:
            keep = self.is_open[site]
            site, weight = site[keep], weight[keep]
        self.score += sign * np.bincount(site, weight, len(self.score))

    def open(self, site: int, now: int) -> None:
        mine = self.reached_by(site)
        before = self.count[mine]
        self.add_up(mine[before == 0], -1.0)
        self.add_up(mine[before == 1], 1.0, only_open=True)
        self.count[mine] += 1
        self.is_open[site] = True
        self.score[site] = -float(self.weight[mine[before == 0]].sum())
        self._stamp(site, now, mine)

    def close(self, site: int, now: int) -> None:
        mine = self.reached_by(site)
        self.count[mine] -= 1
        after = self.count[mine]
        self.is_open[site] = False
        lost = mine[after == 0]
        self.add_up(lost, 1.0)
        self.add_up(mine[after == 1], -1.0, only_open=True)
        self.score[site] = float(self.weight[lost].sum())
        self._stamp(site, now, mine)
        self.may[site] = False

    def _stamp(self, site: int, now: int, mine: np.ndarray) -> None:
        self.since[site] = now
        near, _ = self.entries(mine)
        self.may[near] = True

    def best(self, among: np.ndarray) -> int:
        """The highest score, of equal ones the one unchanged longest."""
        score = self.score[among]
        top = among[score >= score.max() - 1e-9]
        return int(top[np.argmin(self.since[top])])


def fewer_sites(
    matrix: sp.csr_array,
    start: np.ndarray,
    target: int,
    steps: int,
    tick: Callable[[], bool],
    seed: int = 1,
) -> np.ndarray:
    """Return the smallest set found that reaches every row, not larger than ``start``.

    ``start``: candidates that do. Ends when ``target`` is met, after ``steps`` exchanges, or
    when ``tick`` says that time is up.
    """
    draw = np.random.default_rng(seed)
    hand = _Choice(matrix)
    for turn, site in enumerate(start):
        hand.open(int(site), turn - len(start))
    best = np.flatnonzero(hand.is_open)
    last = -1
    for turn in range(steps):
        missing = np.flatnonzero(hand.count == 0)
        while len(missing) == 0:
            best = np.flatnonzero(hand.is_open)
            if len(best) <= max(target, 1):
                return best
            hand.close(hand.best(best), turn)
            missing = np.flatnonzero(hand.count == 0)
        if turn % 64 == 0 and tick():
            break
        among = np.flatnonzero(hand.is_open)
        among = among[among != last]
        if len(among) == 0:
            break
        hand.close(hand.best(among), turn)
        missing = np.flatnonzero(hand.count == 0)
        around = hand.reaching(int(missing[draw.integers(len(missing))]))
        allowed = around[hand.may[around]]
        last = hand.best(allowed if len(allowed) else around)
        hand.open(last, turn)
        missing = missing[hand.count[missing] == 0]
        if len(missing):
            site, _ = hand.entries(missing)
            hand.score += np.bincount(site, minlength=len(hand.score))
            hand.weight[missing] += 1.0
    if (hand.count > 0).all() and int(hand.is_open.sum()) < len(best):
        best = np.flatnonzero(hand.is_open)
    return best
