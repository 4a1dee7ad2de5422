"""The exact p-median model, for questions with more conditions than the number of sites."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from maps.analysis.siting.mip import Mip, run
from maps.analysis.siting.search import Search

_MOST_ARCS = 3_000_000


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
        search: Search,
        gap: float,
    ) -> tuple[np.ndarray | None, float, bool]:
        """Return (m,) booleans of open sites (None: nothing found), bound, proven."""
        mip = self.mip(rows, low, high, lower)
        out = run(
            mip,
            search,
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
