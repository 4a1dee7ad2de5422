"""First answers and bounds of large questions: true, in order, and not far off."""

import itertools

import numpy as np
import pytest

from data.progress import silent
from maps.analysis.siting import Ask, Problem, solve
from maps.analysis.siting.ask import unwatched
from maps.analysis.siting.pcenter import _Growing
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import conditions


def test_the_first_answers_of_large_questions_are_bounded_and_right() -> None:
    rng = np.random.default_rng(41)
    xy = rng.uniform(0, 100, (4_800, 2))
    at = xy[rng.choice(len(xy), 210, replace=False)]
    cost = np.hypot(xy[:, :1] - at[None, :, 0], xy[:, 1:] - at[None, :, 1])
    cost[rng.random(cost.shape) < 0.02] = np.inf
    weights = rng.integers(1, 50, len(xy)).astype(float)
    for model in ("pmedian", "pcenter"):
        result = solve(Problem(cost, weights), Ask(model, p=6, seconds=1.0))
        nearest = cost[:, result.sites].min(axis=1)
        told = float(weights @ nearest) if model == "pmedian" else float(nearest.max())
        assert result.objective == pytest.approx(told)
        assert all(step.bound <= result.objective * (1 + 1e-9) for step in result.steps)
        assert all(step.objective >= result.bound * (1 - 1e-9) for step in result.steps)
        assert result.steps[0].objective <= (1.3 if model == "pmedian" else 2.0) * result.objective


def test_a_few_demands_bound_the_longest_way_of_all() -> None:
    rng = np.random.default_rng(43)
    for _ in range(25):
        xy, at = rng.uniform(0, 10, (40, 2)), rng.uniform(0, 10, (9, 2))
        cost = np.hypot(xy[:, :1] - at[None, :, 0], xy[:, 1:] - at[None, :, 1])
        problem, p = Problem(cost, np.ones(40)), int(rng.integers(1, 4))
        ask = Ask("pcenter", p=p)
        best = min(
            cost[:, list(sites)].min(axis=1).max() for sites in itertools.combinations(range(9), p)
        )
        rows = rng.choice(40, 8, replace=False)
        search = Search(5.0, silent, unwatched, -1)
        side = conditions(problem, ask, p)
        begun = np.arange(p)
        growing = _Growing(cost, p, side, search, begun, float(cost[:, begun].min(axis=1).max()))
        found = growing.center(rows, 0.0)
        assert found.proven
        assert found.longest == found.bound == pytest.approx(best)
        assert found.longest == cost[:, found.sites].min(axis=1).max()
        assert len(found.sites) == p


def test_a_stopped_search_for_the_longest_way_keeps_a_true_bound() -> None:
    rng = np.random.default_rng(47)
    for _ in range(25):
        xy, at = rng.uniform(0, 10, (60, 2)), rng.uniform(0, 10, (12, 2))
        cost = np.hypot(xy[:, :1] - at[None, :, 0], xy[:, 1:] - at[None, :, 1])
        problem, p = Problem(cost, np.ones(60)), 3
        best = min(
            cost[:, list(sites)].min(axis=1).max() for sites in itertools.combinations(range(12), p)
        )
        search = Search(1e-9, silent, unwatched, -1)
        side = conditions(problem, Ask("pcenter", p=p), p)
        begun = np.arange(p)
        longest = float(cost[:, begun].min(axis=1).max())
        low = float(cost.min(axis=1).max())
        found = _Growing(cost, p, side, search, begun, longest).center(np.arange(5), low)
        assert low <= found.bound <= best * (1 + 1e-12) <= found.longest * (1 + 1e-9)
        assert found.longest == cost[:, found.sites].min(axis=1).max()
