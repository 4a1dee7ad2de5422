"""p-median with room, the way of large questions, against linear programs and exact models."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import linprog

from data.refused import Refused
from maps.analysis.siting import Ask, Problem, assigned, roomy, solve
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import conditions
from tests.maps.siting.test_models import instance


def town(seed: int, n: int = 300, m: int = 7, p: int = 3, out: float = 0.1) -> Problem:
    """People in a square, some places out of reach, little more room than needed."""
    rng = np.random.default_rng(seed)
    people, sites = rng.random((n, 2)) * 100, rng.random((m, 2)) * 100
    cost = np.hypot(*(people[:, None] - sites[None]).transpose(2, 0, 1))
    cost[(rng.random((n, m)) < out) & (cost > 40)] = np.inf
    weight = np.round(rng.lognormal(2, 1, n)) + 1
    room = rng.uniform(0.8, 1.2, m)
    room *= 1.15 * weight.sum() / np.sort(room)[:p].sum()
    return Problem(cost, weight, capacity=room)


def asked(problem: Problem, p: int = 3) -> roomy.Roomy:
    side = conditions(problem, Ask("pmedian", p=p), p)
    return roomy.Roomy(problem.cost, problem.weights, problem.capacity, side)  # type: ignore[arg-type]


def whole_program(question: roomy.Roomy, sites: np.ndarray) -> float | None:
    """The least cost of sending everybody to some sites, all in one linear program."""
    cost = question.cost[:, sites]
    row, site = np.nonzero(np.isfinite(cost))
    load = np.zeros((len(sites), len(row)))
    load[site, np.arange(len(row))] = question.weight[row]
    sent = np.zeros((len(cost), len(row)))
    sent[row, np.arange(len(row))] = 1.0
    found = linprog(
        question.weight[row] * cost[row, site],
        A_ub=load,
        b_ub=question.room[sites],
        A_eq=sent,
        b_eq=np.ones(len(cost)),
    )
    return float(found.fun) if found.status == 0 else None


@pytest.mark.parametrize("seed", range(12))
def test_people_are_shared_out_as_by_one_great_program(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roomy, "_CONTESTED", 5)  # the smallest program that has to grow
    question = asked(town(seed))
    sites = np.random.default_rng(seed).choice(7, 3 + seed % 3, replace=False)
    sites.sort()
    expected, found = whole_program(question, sites), roomy.share_out(question, sites)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert found.cost == pytest.approx(expected, rel=1e-8)
    assert np.bincount(found.row, found.persons) == pytest.approx(question.weight)
    load = np.bincount(found.site, found.persons, 7)
    assert (load <= question.room * (1 + 1e-9)).all()


def test_no_room_for_all_is_found_out() -> None:
    question = asked(town(1))
    assert roomy.share_out(question, np.array([2])) is None


@pytest.mark.parametrize("seed", range(8))
def test_every_price_gives_a_bound(seed: int) -> None:
    problem = town(seed, n=60, m=6, p=2)
    best = solve(problem, Ask("pmedian", p=3))
    assert best.status == "optimal"
    question = asked(problem)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        price = rng.random(60) * rng.choice([10.0, 50.0, 120.0])
        assert roomy.relaxed(question, price)[0] <= best.objective * (1 + 1e-9)
    known = roomy.share_out(question, best.sites)
    assert known is not None
    search = Search(20.0, lambda done, text: None, lambda step: None, -1)
    price = roomy._prices(question, known, roomy._first(question, known), search, 400)
    found = roomy.relaxed(question, price)[0]
    assert 0.9 * best.objective <= found <= best.objective * (1 + 1e-9)


def test_bounds_hold_with_further_conditions() -> None:
    rng = np.random.default_rng(5)
    tried = 0
    for _ in range(120):
        problem = instance(rng, most=5)
        if not isinstance(problem.cost, np.ndarray) or not np.isfinite(problem.cost).all():
            continue
        problem = dataclasses.replace(
            problem,
            weights=problem.weights + 1,
            capacity=np.full(problem.candidates, problem.weights.sum() + 20.0),
        )
        counted = int((problem.states != 1).sum()) - int((problem.states == 3).sum())
        ask = Ask("pmedian", p=max(0, counted - 1), budget=14.0)
        try:
            best = solve(problem, ask)
            side = conditions(problem, ask, ask.p)
        except Refused:
            continue
        question = roomy.Roomy(problem.cost, problem.weights, problem.capacity, side)  # type: ignore[arg-type]
        for _ in range(10):
            price = rng.random(problem.demands) * 25
            assert roomy.relaxed(question, price)[0] <= best.objective + 1e-6
        tried += 1
    assert tried >= 8


@pytest.mark.parametrize("wanted", [1, 10, 64])
def test_groups_are_reached_by_the_same_sites(wanted: int) -> None:
    problem = town(3, out=0.4)
    group = roomy.groups(problem.cost, problem.weights, wanted)  # type: ignore[arg-type]
    finite = np.isfinite(problem.cost)
    patterns = len(np.unique(finite, axis=0))
    assert set(group) == set(range(max(wanted, patterns)))
    for number in range(group.max() + 1):
        assert len(np.unique(finite[group == number], axis=0)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_many_people_find_a_choice_near_the_best(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roomy, "_GROUPS", (20, 60))
    problem = town(seed, n=400)
    best = solve(problem, Ask("pmedian", p=3, seconds=60.0))
    monkeypatch.setattr(assigned, "_MANY", 0)
    monkeypatch.setattr(assigned, "_LINKED", 0)  # groups and prices alone
    found = solve(problem, Ask("pmedian", p=3, seconds=60.0))
    assert best.status == "optimal"
    assert found.bound <= best.objective * (1 + 1e-7)
    assert best.objective * (1 - 1e-7) <= found.objective <= best.objective * 1.03
    assert found.gap < 0.06


def test_too_little_room_is_said_with_numbers_for_many_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assigned, "_MANY", 0)
    cost = np.array([[1.0, np.inf], [2.0, 9.0], [3.0, np.inf], [np.inf, 4.0]])
    problem = Problem(cost, np.array([5.0, 6.0, 4.0, 3.0]), capacity=np.array([8.0, 50.0]))
    with pytest.raises(Refused, match=r"要安置 18 人.*最多能安置 17 人,还差 1 人"):
        solve(problem, Ask("pmedian", p=2))
