"""Losses, pairs and repairs against taking the facilities away one by one."""

import itertools

import numpy as np
import pytest

from data.refused import Refused
from maps.analysis.siting import Problem
from maps.analysis.siting.matrix import as_dense
from maps.analysis.siting.resilience import Target, closures, pair_losses, resilience
from tests.maps.siting.test_models import instance


def people(problem: Problem, sites: list[int], reach: float, district: int | None = None) -> float:
    cost = as_dense(problem.cost)
    total = 0.0
    for i in range(problem.demands):
        where = problem.district if problem.district is not None else [None] * problem.demands
        if district is not None and where[i] != district:
            continue
        if any(cost[i, j] <= reach for j in sites):
            total += float(problem.weights[i])
    return total


def with_districts(rng: np.random.Generator) -> Problem:
    one = instance(rng, conditions=False, most=6)
    district = rng.integers(-1, 3, one.demands)
    district[0] = 2
    return Problem(one.cost, one.weights, district=district)


def test_losses_pairs_and_repairs() -> None:
    rng = np.random.default_rng(31)
    for _ in range(40):
        problem = with_districts(rng)
        m = problem.candidates
        sites = np.sort(rng.choice(m, int(rng.integers(1, m + 1)), replace=False)).tolist()
        reach = float(rng.integers(2, 16))
        all_people = float(problem.weights.sum())
        before = people(problem, sites, reach)
        targets = [Target("全", before / max(all_people, 1e-9) * 0.999)]
        result = resilience(problem, reach, sites, targets=targets)
        assert result.reached == pytest.approx(before)
        for loss, repair in zip(result.losses, result.repairs, strict=True):
            rest = [j for j in sites if j != loss.sites[0]]
            gone = before - people(problem, rest, reach)
            assert loss.people == pytest.approx(gone, abs=1e-9)
            for d in range(3):
                mine = people(problem, sites, reach, d) - people(problem, rest, reach, d)
                assert loss.by_district[d] == pytest.approx(mine, abs=1e-9)
            need = targets[0].share * all_people
            assert bool(loss.failed) == (before >= need > before - gone + 1e-9)
            others = [j for j in range(m) if j not in sites]
            left = people(problem, rest, reach)
            best = max((people(problem, [*rest, j], reach) - left for j in others), default=0.0)
            assert repair.people == pytest.approx(best, abs=1e-9)
            assert (repair.site is None) == (best == 0)
        assert [x.people for x in result.losses] == sorted(
            (x.people for x in result.losses), reverse=True
        )
        if len(sites) > 1:
            assert result.worst_pair is not None
            table = pair_losses(problem, reach, sites)
            worst = 0.0
            for a, b in itertools.combinations(range(len(sites)), 2):
                rest = [j for k, j in enumerate(sites) if k not in (a, b)]
                gone = before - people(problem, rest, reach)
                assert table[a, b] == table[b, a] == pytest.approx(gone, abs=1e-9)
                worst = max(worst, gone)
            assert result.worst_pair.people == pytest.approx(worst, abs=1e-9)


def test_who_loses_the_nearest_goes_to_the_second() -> None:
    cost = np.array([[1.0, 4.0], [2.0, np.inf]])
    result = resilience(Problem(cost, np.array([10.0, 30.0])), 3.0, [0, 1])
    loss = next(x for x in result.losses if x.sites == (0,))
    assert loss.longer == 3.0
    assert loss.people == 40.0


def test_closed_roads() -> None:
    cost = np.array([[1.0, 9.0], [2.0, 5.0], [3.0, 3.0]])
    problem = Problem(cost, np.array([10.0, 20.0, 30.0]), district=np.array([0, 0, 1]))
    shut = cost.copy()
    shut[1, 0] = np.inf
    cut = np.full_like(cost, np.inf)
    cut[1:] = cost[1:]
    found = closures(
        problem,
        4.0,
        [0, 1],
        [("东桥", shut), ("西桥", lambda: cut)],
        targets=[Target("全域", 0.9)],
    )
    assert [c.name for c in found] == ["东桥", "西桥"]
    east, west = found
    assert (east.people, east.cut_off, east.failed) == (20.0, 0.0, ("全域",))
    assert east.longer == pytest.approx(20 * 3 / 60)
    assert (west.people, west.cut_off) == (10.0, 10.0)
    assert west.by_district.tolist() == [10.0, 0.0]
    nearest = [("东桥", shut.min(axis=1))]
    assert closures(problem, 4.0, [0, 1], nearest)[0].people == 20.0


def test_refusals() -> None:
    problem = Problem(np.ones((2, 2)), np.ones(2))
    with pytest.raises(Refused, match="没有设施"):
        resilience(problem, 1.0, [])
    with pytest.raises(Refused, match="大小"):
        closures(problem, 1.0, [0], [("桥", np.ones((3, 2)))])
