"""The linear program of set covering, kept warm while columns are opened and shut.

HiGHS goes on from the last basis with the dual simplex, and stops as soon as the bound passes
what is allowed. What it says is checked: the bound is added up again from the multipliers, so
that no tolerance of the solver can pass for a proof.
"""

from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
import scipy.sparse as sp

from maps.analysis.siting.search import Search

SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Best fractional choice: its number of columns, (m,) shares, (m,) reduced costs."""

    worth: float
    share: np.ndarray
    dearer: np.ndarray


class Covering:
    """Fewest columns of ``matrix`` (n, m), fractions allowed, that reach every row.

    ``limit``: nothing above it is of interest. ``end``: ``search.passed`` at which to stop.
    """

    def __init__(self, matrix: sp.csr_array, limit: int, search: Search, end: float) -> None:
        self.turned = sp.csr_array(matrix.T, dtype=float)
        self.limit, self.search, self.end = limit, search, end
        self._raised: BaseException | None = None
        self._columns = np.arange(matrix.shape[1], dtype=np.int32)
        self._solver = _program(matrix)
        self._solver.setOptionValue("objective_bound", limit + 10 * SLACK)
        self._solver.setCallback(self._heard, None)
        self._solver.startCallback(highspy.cb.HighsCallbackType.kCallbackSimplexInterrupt)

    @property
    def late(self) -> bool:
        return self.search.tick() or self.search.passed >= self.end

    def solve(self, lower: np.ndarray, upper: np.ndarray) -> Relaxed | Literal["too many", "late"]:
        """Solve between (m,) bounds of 0 and 1; raises what ``report`` raised.

        “too many”: more than ``limit`` are needed, also in whole numbers.
        """
        self._solver.changeColsBounds(len(self._columns), self._columns, lower, upper)
        self._solver.run()
        if self._raised is not None:
            raise self._raised
        status, kinds = self._solver.getModelStatus(), highspy.HighsModelStatus
        if status == kinds.kInterrupt:
            return "late"
        if status == kinds.kInfeasible:
            return "too many"
        if status not in (kinds.kOptimal, kinds.kObjectiveBound):
            raise RuntimeError(f"HiGHS ended with {self._solver.modelStatusToString(status)}")
        answer = self._solver.getSolution()
        worth, dearer = self._proven(np.array(answer.row_dual), lower, upper)
        if worth > self.limit + SLACK:
            return "too many"
        if status == kinds.kObjectiveBound:
            return self._without_bound(lower, upper)
        return Relaxed(worth, np.array(answer.col_value), dearer)

    def _proven(
        self, price: np.ndarray, lower: np.ndarray, upper: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """The bound that multipliers (n,) give by weak duality, and the reduced costs."""
        price = np.maximum(price, 0.0)
        dearer = 1.0 - self.turned @ price
        chosen = np.where(dearer < 0, upper, lower)
        return float(price.sum() + dearer @ chosen), dearer

    def _without_bound(
        self, lower: np.ndarray, upper: np.ndarray
    ) -> Relaxed | Literal["too many", "late"]:
        """Once more to the end, where stopping early left no multipliers that prove it."""
        self._solver.setOptionValue("objective_bound", np.inf)
        again = self.solve(lower, upper)
        self._solver.setOptionValue("objective_bound", self.limit + 10 * SLACK)
        return again

    def _heard(self, kind: int, text: str, out: Any, into: Any, data: object) -> None:
        try:
            stop = self._raised is not None or self.late
        except BaseException as wish:  # noqa: BLE001 - must not travel through C++; solve raises it
            self._raised, stop = wish, True
        if stop:
            into.user_interrupt = True


def _program(matrix: sp.csr_array) -> highspy.Highs:
    rows, columns = matrix.shape
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows
    lp.col_cost_ = np.ones(columns)
    lp.col_lower_, lp.col_upper_ = np.zeros(columns), np.ones(columns)
    lp.row_lower_, lp.row_upper_ = np.ones(rows), np.full(rows, np.inf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = np.ones(matrix.nnz)
    solver = highspy.Highs()
    for name, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        # The simplex starts from the basis in hand; without presolve it may.
        "presolve": "off",
    }.items():
        solver.setOptionValue(name, value)
    if solver.passModel(lp) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS rejected the model")
    return solver
