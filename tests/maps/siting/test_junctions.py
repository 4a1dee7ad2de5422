"""Road junctions as candidates: where three or more ends of road meet, inside the districts."""

import dataclasses

import numpy as np
import pytest

from data.refused import Refused
from maps.analysis.siting import Ask, solve
from maps.analysis.siting.fromplan import PlanAsk, problem_of
from tests.maps.siting import plans
from tests.maps.siting.test_closing import CORNER, streets


def test_junctions_are_where_three_streets_meet() -> None:
    for seed in range(4):
        at, ends, plan = streets(np.random.default_rng([61, seed]), 0.0)
        degree = np.bincount(ends.ravel(), minlength=len(at))
        expected = at[degree >= 3]
        ground = problem_of(plan, PlanAsk("fire_station", "junction", radius=4_000.0))
        found = np.column_stack((ground.candidates.x, ground.candidates.y)) - CORNER
        away = np.hypot(*(found[:, None] - expected[None]).transpose(2, 0, 1))
        assert len(found) == len(expected)
        assert (away.min(axis=0) < 1e-6).all()
        assert ground.candidates.ids()[0] == "junction:1"
        one = int(away[0].argmin())
        roads = [
            f"路{k}" for k in np.flatnonzero((ends == np.flatnonzero(degree >= 3)[one]).any(1))
        ]
        assert ground.candidates.name[0] == f"路口 1({'、'.join(sorted(roads)[:2])})"
        result = solve(ground.problem, Ask("mclp", reach=4_000.0, p=3))
        assert len(result.sites) == 3


def test_thinned_junctions_are_one_in_a_square() -> None:
    _, _, plan = streets(np.random.default_rng(67), 0.0)
    every = problem_of(plan, PlanAsk("fire_station", "junction", radius=4_000.0)).candidates
    few = problem_of(plan, PlanAsk("fire_station", "junction:6000", radius=4_000.0)).candidates
    squares = {(x // 6000, y // 6000) for x, y in zip(every.x, every.y, strict=True)}
    told = [(x // 6000, y // 6000) for x, y in zip(few.x, few.y, strict=True)]
    assert sorted(told) == sorted(squares)
    assert {*zip(few.x, few.y, strict=True)} <= {*zip(every.x, every.y, strict=True)}


def test_refusals() -> None:
    _, _, plan = streets(np.random.default_rng(68), 0.0)
    with pytest.raises(Refused, match="junction:2000"):
        problem_of(plan, PlanAsk("fire_station", "junction:nah", radius=1.0))
    bare = dataclasses.replace(
        plan, layers=tuple(layer for layer in plan.layers if layer.kind_name != "road")
    )
    with pytest.raises(Refused, match="没有道路"):
        problem_of(bare, PlanAsk("fire_station", "junction", radius=1.0))
    alone = plans.plan(
        plans.districts(),
        plans.people(np.random.default_rng(1)),
        plans.roads([[(0.0, 0.0), (9e3, 9e3)]]),
    )
    with pytest.raises(Refused, match="路口"):
        problem_of(alone, PlanAsk("fire_station", "junction", radius=1.0))
