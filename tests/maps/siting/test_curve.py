"""The curve against one question per number; its knee; the money."""

import dataclasses

import numpy as np
import pytest

from data.progress import Cancelled
from data.refused import Refused
from maps.analysis.siting import Ask, Problem, solve
from maps.analysis.siting.curve import Point, curve, knee
from tests.maps.siting.test_models import instance


@pytest.mark.parametrize("model", ["mclp", "pmedian", "pcenter"])
def test_every_point_is_the_best_for_its_number(model: str) -> None:
    rng = np.random.default_rng([23, len(model)])
    compared = 0
    for _ in range(25):
        problem = instance(rng, conditions=False)
        counted = int((problem.states != 1).sum())
        if counted == 0:
            continue
        ask = Ask(model, reach=8.0, only_reachable=True)  # type: ignore[arg-type]
        try:
            whole = curve(problem, ask, range(1, counted + 1))
        except Refused:
            with pytest.raises(Refused):
                solve(problem, dataclasses.replace(ask, p=counted))
            continue
        for point in whole.points:
            alone = solve(problem, dataclasses.replace(ask, p=point.p))
            assert point.status == "optimal"
            assert point.objective == pytest.approx(alone.objective, rel=1e-6, abs=1e-6)
            assert len(point.sites) <= point.p
            compared += 1
    assert compared > 40


def test_with_conditions_every_point_meets_them() -> None:
    rng = np.random.default_rng(29)
    problem = instance(rng)
    apart = np.array([[0, 1]])
    problem = dataclasses.replace(problem, apart=apart, state=np.zeros(problem.candidates, int))
    whole = curve(problem, Ask("mclp", reach=10.0), [1, 2])
    assert [p.p for p in whole.points] == [1, 2]
    assert not {0, 1} <= set(whole.points[1].sites)


def test_gain_and_price_of_a_person() -> None:
    cost = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 0.0]])
    problem = Problem(cost, np.array([10.0, 20.0, 5.0]), price=np.array([50.0, 100.0]))
    points = curve(problem, Ask("mclp", reach=1.0), [1, 2]).points
    assert [p.objective for p in points] == [25.0, 35.0]
    assert [p.gain for p in points] == [25.0, 10.0]
    assert [p.spent for p in points] == [100.0, 150.0]
    assert [p.per_person for p in points] == [4.0, 5.0]


def test_knee_is_where_the_curve_bends() -> None:
    def points(values: list[float]) -> list[Point]:
        return [Point(i + 1, "optimal", v, v, None, ()) for i, v in enumerate(values)]

    assert knee(points([10, 80, 90, 95, 100])) == 2
    assert knee(points([100, 40, 30, 28, 27])) == 2
    assert knee(points([10, 20, 30, 40])) is None
    assert knee(points([5, 5, 5])) is None
    assert knee(points([1, 2])) is None


def test_cancelled_means_no_curve() -> None:
    problem = instance(np.random.default_rng(3), conditions=False)

    def stop(done: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        curve(problem, Ask("mclp", reach=9.0), [1, 2], stop)


@pytest.mark.parametrize(("model", "counts"), [("lscp", [1]), ("mclp", []), ("mclp", [0, 1])])
def test_refuses_what_has_no_curve(model: str, counts: list[int]) -> None:
    problem = Problem(np.ones((2, 2)), np.ones(2))
    with pytest.raises(Refused):
        curve(problem, Ask(model, reach=1.0), counts)  # type: ignore[arg-type]
