"""Every model against trying all choices, on random small cases with all sorts of conditions."""

import dataclasses

import numpy as np
import pytest

from data.refused import Refused
from maps.analysis.siting import Ask, Problem, assigned, solve
from maps.analysis.siting.matrix import as_pairs
from tests.maps.siting import oracle


def instance(rng: np.random.Generator, *, conditions: bool = True, most: int = 7) -> Problem:
    """A random problem: equal demands, far pairs, people 0 to 30, all kinds of candidates."""
    n, m = int(rng.integers(2, 12)), int(rng.integers(2, most + 1))
    cost = rng.integers(0, 20, (n, m)).astype(float)
    if rng.random() < 0.5:
        cost += rng.random((n, m))
    cost[rng.random((n, m)) < 0.15] = np.inf
    cost[rng.integers(0, n, 3)] = cost[rng.integers(0, n, 3)]
    weights = rng.integers(0, 30, n).astype(float)
    if rng.random() < 0.3:
        weights = weights + np.round(rng.random(n), 3)
    state = rng.choice([0, 0, 0, 1, 2, 3], m) if rng.random() < 0.5 else np.zeros(m, int)
    if not conditions:
        state = rng.choice([0, 0, 0, 1], m) if rng.random() < 0.5 else np.zeros(m, int)
    problem = Problem(as_pairs(cost) if rng.random() < 0.3 else cost, weights, state)
    if not conditions:
        return problem
    more: dict[str, np.ndarray] = {"price": rng.integers(1, 9, m).astype(float)}
    if rng.random() < 0.4:
        pairs = [(a, b) for a in range(m) for b in range(a) if rng.random() < 0.2]
        more["apart"] = np.array(pairs, int).reshape(-1, 2)
    if rng.random() < 0.3:
        more["place"] = rng.integers(-1, 3, m)
    more["site_district"] = rng.integers(0, 2, m)
    return dataclasses.replace(problem, **more)


def question(rng: np.random.Generator, problem: Problem, model: str, conditions: bool) -> Ask:
    m = problem.candidates
    counted = int((problem.states != 1).sum())
    relocatable = int((problem.states == 3).sum())
    p: int | None = int(rng.integers(0, counted - relocatable + 1))
    if model in ("lscp", "backup") and rng.random() < 0.5:
        p = None
    reach: float | np.ndarray = float(rng.integers(3, 18))
    if rng.random() < 0.3:
        reach = rng.integers(2, 18, m).astype(float)
    more: dict[str, object] = {}
    if conditions:
        if rng.random() < 0.3:
            more["budget"] = float(rng.integers(5, 30))
            if p is not None and rng.random() < 0.5 and model not in ("lscp", "backup"):
                p = None
        if rng.random() < 0.3:
            more["at_least"] = {0: 1}
        if relocatable and rng.random() < 0.5:
            more["moves"] = int(rng.integers(0, 2))
        if model == "lscp" and rng.random() < 0.4:
            more["priced"] = True
    if model in ("lscp", "mclp") and rng.random() < 0.25:
        more["times"] = 2
    return Ask(model, reach=reach, p=p, seconds=20.0, **more)  # type: ignore[arg-type]


def compare(problem: Problem, ask: Ask) -> bool:
    """Assert that the answer is the oracle's; return whether there is one."""
    expected = oracle.best(problem, ask)
    try:
        result = solve(problem, ask)
    except Refused:
        assert expected is None
        return False
    assert expected is not None
    assert result.status == "optimal"
    assert result.gap <= 1e-6
    is_open = np.zeros(problem.candidates, bool)
    is_open[result.sites] = True
    mine = oracle.value(problem, ask, is_open)
    assert mine == pytest.approx(expected, rel=1e-6, abs=1e-6)
    main = expected[-1] if ask.model == "backup" else expected[0]
    assert result.objective == pytest.approx(abs(main), rel=1e-6, abs=1e-6)
    return True


@pytest.mark.parametrize("model", ["lscp", "mclp", "pmedian", "pcenter", "backup", "equity"])
@pytest.mark.parametrize("conditions", [False, True])
def test_model_finds_the_best_of_all_choices(model: str, conditions: bool) -> None:
    rng = np.random.default_rng([7, len(model), ord(model[1]), conditions])
    answered = 0
    for _ in range(40):
        problem = instance(rng, conditions=conditions)
        answered += compare(problem, question(rng, problem, model, conditions))
    assert answered >= 8


def test_equity_between_districts_is_lexicographic() -> None:
    rng = np.random.default_rng(11)
    answered = 0
    for _ in range(40):
        problem = instance(rng, conditions=bool(rng.integers(0, 2)))
        district = rng.integers(-1, 4, problem.demands)
        district[0] = 0
        problem.weights[0] += 1
        problem = dataclasses.replace(problem, district=district)
        answered += compare(problem, question(rng, problem, "equity", False))
    assert answered >= 20


@pytest.mark.parametrize(
    ("model", "many"),
    [("lscp", False), ("mclp", False), ("pmedian", False), ("pmedian", True)],
)
def test_capacity(model: str, many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if many:  # the way of large questions: groups and prices first, then the exact model
        monkeypatch.setattr(assigned, "_MANY", 0)
    rng = np.random.default_rng([13, len(model)])
    answered = 0
    for _ in range(25):
        problem = instance(rng, conditions=bool(rng.integers(0, 2)), most=5)
        room = rng.integers(0, 120, problem.candidates).astype(float)
        room[rng.random(len(room)) < 0.2] = np.inf
        problem = dataclasses.replace(problem, capacity=room)
        counted = int((problem.states != 1).sum()) - int((problem.states == 3).sum())
        reach = None if model == "pmedian" and rng.random() < 0.5 else 15.0
        ask = Ask(model, reach=reach, p=None if model == "lscp" else counted)  # type: ignore[arg-type]
        finite = np.where(np.isfinite(room), room, 1e6)
        expected = oracle.best(dataclasses.replace(problem, capacity=finite), ask)
        try:
            result = solve(problem, ask)
        except Refused:
            assert expected is None
            continue
        assert expected is not None
        assert abs(result.objective) == pytest.approx(abs(expected[0]), rel=1e-6, abs=1e-5)
        answered += 1
    assert answered >= 5


@pytest.mark.parametrize("model", ["mclp", "pmedian"])
def test_phases_are_chosen_together(model: str) -> None:
    rng = np.random.default_rng([17, len(model)])
    answered = 0
    for _ in range(25):
        problem = instance(rng, conditions=False, most=6)
        counted = int((problem.states != 1).sum())
        phases = (min(1, counted), min(3, counted))
        ask = Ask(model, reach=9.0, phases=phases, phase_weights=(1.0, 2.0))  # type: ignore[arg-type]
        expected = oracle.best_phases(problem, ask)
        try:
            result = solve(problem, ask)
        except Refused:
            assert expected is None
            continue
        assert expected is not None
        assert result.objective == pytest.approx(abs(expected), rel=1e-6, abs=1e-6)
        assert set(result.stages[0]) <= set(result.stages[1])
        answered += 1
    assert answered >= 10
