"""Mixed-integer models as arrays, and HiGHS to solve them.

A model is handed over in one call, never row by row: for 10 000 demands the time to
build a model row by row is two orders above the time to solve it. HiGHS: Huangfu and
Hall, “Parallelizing the dual revised simplex method”, Math. Prog. Comp. 10 (2018).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
import scipy.sparse as sp

from maps.analysis.siting.search import Search

_EVENTS = (
    highspy.cb.HighsCallbackType.kCallbackMipInterrupt,
    highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution,
    highspy.cb.HighsCallbackType.kCallbackSimplexInterrupt,
    highspy.cb.HighsCallbackType.kCallbackIpmInterrupt,
)
_IN_TREE = set(_EVENTS[:2])


@dataclass(frozen=True, eq=False)
class Mip:
    """Minimise ``objective`` · v with rows between their limits; k columns, r rows.

    ``whole``: (k,) which columns are integers. ``matrix``: (r, k) CSR.
    """

    objective: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    whole: np.ndarray
    matrix: sp.csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of it. ``values`` is None when nothing feasible was found.

    “stopped”: the ``enough`` of the caller was reached. Objective and bound are those of
    the minimisation (bound -inf when none was proven).
    """

    status: Literal["optimal", "infeasible", "time_limit", "stopped"]
    values: np.ndarray | None
    objective: float
    bound: float


Enough = Callable[[float, float], bool]
Say = Callable[[float, float], tuple[float | None, float]]


def never(objective: float, bound: float) -> bool:
    """Search until the proof or the time limit."""
    return False


def run(
    mip: Mip,
    search: Search,
    *,
    start: np.ndarray | None = None,
    gap: float = 0.0,
    whole_steps: float = 0.0,
    enough: Enough = never,
    say: Say | None = None,
    seconds: float | None = None,
) -> Outcome:
    """Solve a model.

    ``start``: (k,) a feasible point to begin from (NaN: to be found by the solver).
    ``whole_steps``: two different objectives differ by at least this much (1 when all weights
    are whole), so a smaller gap is a proof.
    ``enough(objective, bound)`` ends the search early. ``say`` turns objective and bound of
    the minimisation into those of the question, for the live display. Raises whatever
    ``report`` or ``watch`` raised.
    """
    if mip.matrix.shape[1] == 0:
        return _empty(mip)
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "mip_rel_gap": gap,
        "mip_abs_gap": max(1e-6, 0.999 * whole_steps),
        "time_limit": max(0.01, search.left if seconds is None else min(seconds, search.left)),
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    _pass(solver, mip)
    if start is not None:
        known = np.flatnonzero(np.isfinite(start))
        solver.setSolution(len(known), known.astype(np.int32), np.asarray(start, float)[known])
    ear = _Ear(search, enough, say)
    solver.setCallback(ear.heard, None)
    for event in _EVENTS:
        solver.startCallback(event)
    solver.run()
    if ear.raised is not None:
        raise ear.raised
    return _outcome(solver, mip, ear.halted)


class _Ear:
    """Hears what HiGHS does: tells it to the search, and stops HiGHS when asked to."""

    def __init__(self, search: Search, enough: Enough, say: Say | None) -> None:
        self.search, self.enough, self.say = search, enough, say
        self.raised: BaseException | None = None
        self.halted = False

    def heard(self, kind: int, text: str, out: Any, into: Any, data: object) -> None:
        try:
            if self.raised is None and not self.halted:
                self._news(highspy.cb.HighsCallbackType(kind), out)
        except BaseException as stop:  # noqa: BLE001 - must not travel through C++; run raises it
            self.raised = stop
        if self.raised is not None or self.halted or self.search.left <= 0:
            into.user_interrupt = True

    def _news(self, kind: highspy.cb.HighsCallbackType, out: Any) -> None:
        if kind not in _IN_TREE:
            self.search.tick()
            return
        found, bound = float(out.mip_primal_bound), float(out.mip_dual_bound)
        if self.say is not None:
            self.search.tell(*self.say(found, bound))
        else:
            self.search.tick()
        self.halted = self.enough(found, bound)


def _pass(solver: highspy.Highs, mip: Mip) -> None:
    rows, columns = mip.matrix.shape
    none_i, none_f = np.zeros(0, np.int32), np.zeros(0)
    whole = mip.whole.astype(np.int32) if mip.whole.any() else none_i
    if len(whole):
        status = solver.passModel(
            columns,
            rows,
            mip.matrix.nnz,
            0,
            int(highspy.MatrixFormat.kRowwise),
            0,
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.asarray(mip.objective, float),
            np.asarray(mip.lower, float),
            np.asarray(mip.upper, float),
            np.asarray(mip.row_lower, float),
            np.asarray(mip.row_upper, float),
            mip.matrix.indptr[:-1].astype(np.int32),
            mip.matrix.indices.astype(np.int32),
            mip.matrix.data.astype(float),
            none_i,
            none_i,
            none_f,
            whole,
        )
    else:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = columns, rows
        lp.col_cost_ = np.asarray(mip.objective, float)
        lp.col_lower_, lp.col_upper_ = mip.lower, mip.upper
        lp.row_lower_, lp.row_upper_ = mip.row_lower, mip.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = mip.matrix.indptr
        lp.a_matrix_.index_ = mip.matrix.indices
        lp.a_matrix_.value_ = mip.matrix.data.astype(float)
        status = solver.passModel(lp)
    if status == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS rejected the model")


def _outcome(solver: highspy.Highs, mip: Mip, halted: bool) -> Outcome:
    status = solver.getModelStatus()
    kinds = highspy.HighsModelStatus
    info = solver.getInfo()
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Outcome("infeasible", None, math.inf, math.inf)
    known = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(solver.getSolution().col_value) if known else None
    objective = float(info.objective_function_value) if known else math.inf
    if status == kinds.kOptimal:
        bound = float(info.mip_dual_bound) if mip.whole.any() else objective
        return Outcome("optimal", values, objective, min(bound, objective))
    if status not in (
        kinds.kTimeLimit,
        kinds.kInterrupt,
        kinds.kObjectiveTarget,
        kinds.kObjectiveBound,
        kinds.kSolutionLimit,
    ):
        raise RuntimeError(f"HiGHS ended with {solver.modelStatusToString(status)}")
    bound = float(info.mip_dual_bound) if mip.whole.any() else -math.inf
    return Outcome("stopped" if halted else "time_limit", values, objective, bound)


def _empty(mip: Mip) -> Outcome:
    fits = (mip.row_lower <= 0).all() and (mip.row_upper >= 0).all()
    if not fits:
        return Outcome("infeasible", None, math.inf, math.inf)
    return Outcome("optimal", np.zeros(0), 0.0, 0.0)
