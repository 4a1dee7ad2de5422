"""Whether so many sites reach everybody: against trying all choices; stopped and cancelled."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from data.progress import Cancelled, silent
from maps.analysis.siting import Ask, Problem, solve
from maps.analysis.siting.ask import unwatched
from maps.analysis.siting.covertree import enough
from maps.analysis.siting.matrix import cover, some_rows
from maps.analysis.siting.search import Search


def spread(rng: np.random.Generator, n: int, m: int, reach: float) -> sp.csr_array:
    """People and sites spread over a square of 10 × 10; only those somebody reaches."""
    people, sites = rng.random((n, 2)) * 10, rng.random((m, 2)) * 10
    cost = np.hypot(*(people[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    matrix = cover(cost, reach)
    return some_rows(matrix, np.flatnonzero(np.diff(matrix.indptr)))


def search(seconds: float = 20.0, report=silent) -> Search:  # type: ignore[no-untyped-def]
    return Search(seconds, report, unwatched, -1)


def test_every_limit_is_decided_right() -> None:
    rng = np.random.default_rng(5)
    for _ in range(60):
        matrix = spread(rng, int(rng.integers(3, 40)), int(rng.integers(3, 13)), 3.0)
        n, m = matrix.shape
        if n == 0:
            continue
        within = matrix.toarray() > 0
        fewest = next(
            k
            for k in range(1, m + 1)
            if any(within[:, c].any(axis=1).all() for c in itertools.combinations(range(m), k))
        )
        for limit in range(fewest + 2):
            found = enough(matrix, limit, search())
            assert (found.sites is not None) == (limit >= fewest)
            assert found.bound <= fewest
            if found.sites is None:
                assert found.bound == limit + 1
            else:
                assert len(found.sites) <= limit
                assert within[:, found.sites].any(axis=1).all()


@pytest.fixture(scope="module")
def hard() -> sp.csr_array:
    """A cover for which this takes far longer than these tests."""
    return spread(np.random.default_rng(8), 1_500, 1_500, 0.7)


def test_time_that_is_up_is_no_verdict(hard: sp.csr_array) -> None:
    clock = search()
    found = enough(hard, 75, clock, 0.3)
    assert found.sites is None
    assert found.bound <= 75
    assert clock.passed < 10.0


def test_cancelled_within_a_linear_program(hard: sp.csr_array) -> None:
    asked = 0

    def report(done: float, text: str) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        enough(hard, 75, search(30.0, report))
    assert asked == 2


def test_center_beside_fixed_sites_and_ties() -> None:
    """Whole costs with many ties, everybody reached already, more allowed than there are."""
    rng = np.random.default_rng(6)
    for turn in range(60):
        n, m = int(rng.integers(1, 25)), int(rng.integers(2, 11))
        cost = rng.integers(0, 5, (n, m)).astype(float)
        if turn % 3 == 0:
            cost[rng.random((n, m)) < 0.2] = np.inf
            cost[:, 0] = np.minimum(cost[:, 0], 6.0)
        state = rng.choice([0, 0, 1, 2], m)
        free = np.flatnonzero(state != 1)
        p = int(rng.integers(1, len(free) + 1)) if len(free) else 0
        stays = np.flatnonzero(state == 1)
        ways = [
            cost[:, np.append(stays, more).astype(int)].min(axis=1).max()
            for more in itertools.combinations(free, p)
        ]
        if not np.isfinite(min(ways)):
            continue
        found = solve(Problem(cost, np.ones(n), state), Ask("pcenter", p=p))
        assert (found.status, found.objective, found.bound) == ("optimal", min(ways), min(ways))
