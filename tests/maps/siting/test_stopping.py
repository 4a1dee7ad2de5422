"""A search that is stopped hands over the best it has, with a bound that holds."""

import numpy as np
import pytest

from data.refused import Refused
from maps.analysis.siting import Ask, Problem, solve
from maps.analysis.siting.curve import curve
from maps.analysis.siting.sensitivity import compare


def _problem(seed: int = 5, n: int = 260, m: int = 24) -> Problem:
    rng = np.random.default_rng(seed)
    xy, at = rng.uniform(0, 10, (n, 2)), rng.uniform(0, 10, (m, 2))
    cost = np.hypot(xy[:, :1] - at[None, :, 0], xy[:, 1:] - at[None, :, 1])
    return Problem(cost, rng.integers(1, 90, n).astype(float), district=rng.integers(0, 4, n))


def _now() -> bool:
    return True


@pytest.mark.parametrize(
    ("ask", "larger"),
    [
        (Ask("mclp", reach=1.6, p=6), True),
        (Ask("mclp", reach=2.5, p=6, times=2), True),
        (Ask("lscp", reach=2.4, only_reachable=True), False),
        (Ask("pmedian", p=6), False),
        (Ask("pcenter", p=6), False),
        (Ask("equity", reach=2.0, p=6), True),
        (Ask("mclp", reach=1.6, phases=(2, 6)), True),
    ],
    ids=["mclp", "twice", "lscp", "pmedian", "pcenter", "equity", "phases"],
)
def test_stopped_at_once_the_bound_still_holds(ask: Ask, larger: bool) -> None:
    problem = _problem()
    best = solve(problem, ask)
    assert best.status == "optimal"
    try:
        found = solve(problem, ask, stop=_now)
    except Refused as refusal:
        # Whoever is stopped before there is any answer says so.
        assert "停止时还没有找到" in str(refusal)  # noqa: PT017 - either end is right
        return
    sense = 1 if larger else -1
    slack = 1e-9 * abs(best.objective)
    assert sense * found.objective <= sense * best.objective + slack
    assert sense * found.bound >= sense * best.objective - slack


def test_the_answer_seen_is_the_least_that_is_handed_over() -> None:
    problem, seen = _problem(9, 900, 60), []

    def stop() -> bool:
        return len(seen) >= 1

    ask = Ask("mclp", reach=1.3, p=9)
    found = solve(problem, ask, watch=seen.append, stop=stop)
    assert found.objective >= seen[0].objective
    assert found.bound >= solve(problem, ask).objective


def test_a_stopped_curve_keeps_the_numbers_it_has() -> None:
    problem, seen = _problem(), []

    def stop() -> bool:
        return len(seen) >= 3

    for model in ("mclp", "pmedian", "pcenter"):
        seen.clear()
        reach = 1.6 if model == "mclp" else None
        found = curve(problem, Ask(model, reach=reach), range(1, 11), watch=seen.append, stop=stop)
        whole = curve(problem, Ask(model, reach=reach), range(1, 4))
        assert [point.p for point in found.points] == [1, 2, 3]
        assert [p.objective for p in found.points] == pytest.approx(
            [p.objective for p in whole.points]
        )


def test_a_stopped_comparison_keeps_the_planners_own_number() -> None:
    problem = _problem()
    ask = Ask("mclp", reach=1.6, p=5)
    whole = compare(problem, ask, [0, 1, 2, 3, 4])
    found = compare(problem, ask, [0, 1, 2, 3, 4], stop=_now)
    assert found.mine == whole.mine
    assert found.bound >= whole.best
