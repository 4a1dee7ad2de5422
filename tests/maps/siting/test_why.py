"""What each site adds, the runner-up, the planner's own layout, and what the answer hangs on."""

import dataclasses

import numpy as np
import pytest

from data.refused import Refused
from maps.analysis.siting import Ask, Problem, Siting, solve
from maps.analysis.siting.resilience import Target
from maps.analysis.siting.sensitivity import compare, sensitivity
from maps.analysis.siting.why import runners_up, shares
from tests.maps.siting import oracle
from tests.maps.siting.test_models import instance


def answers(model: str, seed: int) -> list[Siting]:
    rng = np.random.default_rng([seed, len(model)])
    out = []
    for _ in range(25):
        problem = instance(rng, conditions=False)
        if (problem.states != 1).sum() < 2:
            continue
        ask = Ask(model, reach=9.0, p=2, only_reachable=True)  # type: ignore[arg-type]
        try:
            out.append(solve(problem, ask))
        except Refused:
            continue
    assert len(out) > 8
    return out


def test_gains_add_up_and_alone_is_what_is_lost() -> None:
    for result in answers("mclp", 37):
        problem, ask = result.problem, result.ask
        given = shares(result)
        is_open = np.zeros(problem.candidates, bool)
        is_open[result.sites] = True
        fixed = problem.states == 1
        base = oracle.value(problem, ask, fixed)
        assert base is not None
        assert sum(s.gained for s in given) == pytest.approx(result.objective - base[0])
        for share in given:
            without = is_open.copy()
            without[share.site] = False
            left = oracle.value(problem, ask, without)
            assert left is not None
            assert share.alone == pytest.approx(result.objective - left[0])


@pytest.mark.parametrize("model", ["mclp", "pmedian", "pcenter", "backup"])
def test_runner_up_is_the_best_exchange(model: str) -> None:
    for result in answers(model, 41):
        problem = result.problem
        for site in result.sites[problem.states[result.sites] != 1]:
            rival, worse = runners_up(result, [int(site)])[int(site)]
            others = [
                j
                for j in range(problem.candidates)
                if problem.states[j] == 0 and j not in result.sites
            ]
            values = []
            for j in others:
                is_open = np.zeros(problem.candidates, bool)
                is_open[result.sites] = True
                is_open[site], is_open[j] = False, True
                value = oracle.value(problem, result.ask, is_open)
                if value is not None:
                    values.append(value[0])
            if not others:
                assert rival is None
            elif values and worse is not None:
                up = model in ("mclp", "backup")
                mine = result.objective if up else -result.objective
                assert worse == pytest.approx(mine - max(values), abs=1e-6)
                assert worse >= -1e-6


def test_targets_a_site_turns_green() -> None:
    cost = np.array([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 0.0]])
    problem = Problem(cost, np.array([10.0, 20.0, 5.0]), district=np.array([0, 1, 1]))
    result = solve(problem, Ask("mclp", reach=1.0, p=2))
    found = shares(result, [Target("一区全覆盖", 1.0, 0), Target("全县八成", 0.8)])
    assert [(s.site, s.gained) for s in found] == [(1, 20.0), (0, 10.0)]
    assert found[0].met == ("全县八成",)
    assert found[1].met == ("一区全覆盖", "全县八成")
    assert found[1].by_district.tolist() == [10.0, 0.0]
    assert (found[1].runner_up, found[1].worse) == (2, 5.0)


def test_own_layout_beside_the_best() -> None:
    cost = np.array([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 0.0]])
    problem = Problem(cost, np.array([10.0, 20.0, 5.0]))
    found = compare(problem, Ask("mclp", reach=1.0), [0, 2])
    assert (found.mine, found.best, found.proven) == (15.0, 30.0, True)
    assert found.sites == (0, 1)


def test_sensitivity_says_which_sites_drop_out() -> None:
    # Candidate 0 reaches 30 people within 10 m, candidate 1 reaches 40 within 11 m.
    cost = np.array([[10.0, np.inf], [np.inf, 11.0]])
    problem = Problem(cost, np.array([30.0, 40.0]))
    result = solve(problem, Ask("mclp", reach=10.0, p=1))
    assert result.sites.tolist() == [0]
    less, more, *people = sensitivity(result, draws=2)
    assert more.name == "服务距离或时间 +20%"
    assert (more.objective, more.as_planned, more.flips) == (40.0, 30.0, (0,))
    assert less.objective == 0.0
    assert all(change.flips == () and change.kept == 1 for change in people)


def test_same_seed_same_answer() -> None:
    result = answers("mclp", 43)[0]
    wide = dataclasses.replace(result)
    first, second = sensitivity(result, seed=5), sensitivity(wide, seed=5)
    assert [c.objective for c in first] == [c.objective for c in second]
