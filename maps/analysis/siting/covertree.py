"""Do so many sites reach everybody? Proof by branching on a demand that few sites can reach.

One of the sites that reach a demand must be open: each part of the search opens one of them and
shuts those tried before it. Parts are bounded by the linear program, kept warm from part to part,
which also shuts what is too dear for the number allowed. For demands spread over a plane this
takes tens of parts where branching on single sites takes minutes (compare Balas and Carrera, “A
dynamic subgradient-based branch-and-bound procedure for set covering”, Operations Research 44
(1996)).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from maps.analysis.siting.linear import SLACK, Covering, Relaxed
from maps.analysis.siting.search import Search

_Part = tuple[np.ndarray, np.ndarray]
"""(m,) bounds of 0 and 1: open from the first, shut by the second."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """``sites``: columns that reach every row, no more than asked for; None: none were found.

    ``bound``: so many are needed at least; above the number asked for, it is impossible.
    """

    sites: np.ndarray | None
    bound: int


def enough(
    matrix: sp.csr_array, limit: int, search: Search, seconds: float | None = None
) -> Verdict:
    """Return whether ``limit`` columns of a cover reach all its rows (each has a column)."""
    brief = search.left if seconds is None else min(seconds, search.left)
    program = Covering(matrix, limit, search, search.passed + brief)
    m = matrix.shape[1]
    # Each part makes those it falls into one by one: a stack of as many as the search is deep.
    stack: list[Iterator[_Part]] = [iter([(np.zeros(m), np.ones(m))])]
    bound = 0
    while stack:
        part = next(stack[-1], None)
        if part is None:
            stack.pop()
            continue
        lower, upper = part
        found = program.solve(lower, upper)
        if found == "late" or program.late:
            return Verdict(None, bound)
        if not isinstance(found, Relaxed):
            continue
        if bound == 0:
            bound = int(np.ceil(found.worth - SLACK))
        whole = found.share > 1 - SLACK
        if ((matrix @ whole.astype(float)) > 0.5).all():
            return Verdict(np.flatnonzero(whole), bound)
        stack.append(_parts(matrix, found, lower, upper, limit))
    return Verdict(None, limit + 1)


def _parts(
    matrix: sp.csr_array, found: Relaxed, lower: np.ndarray, upper: np.ndarray, limit: int
) -> Iterator[_Part]:
    """The parts a part falls into, the most promising first; none when a row cannot be reached."""
    too_dear = (lower < 0.5) & (found.worth + found.dearer > limit + SLACK)
    upper = np.where(too_dear, 0.0, upper)
    free = (upper > 0.5) & (lower < 0.5)
    choice = matrix @ free.astype(float)
    choice[(matrix @ lower) > 0.5] = np.inf
    row = int(np.argmin(choice))
    columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
    columns = columns[free[columns]]
    columns = columns[np.lexsort((found.dearer[columns], -found.share[columns]))]
    for column in columns:
        opened = lower.copy()
        opened[column] = 1.0
        yield opened, upper.copy()
        upper[column] = 0.0
