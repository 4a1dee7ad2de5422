"""Thousands of random drags by road: what is shown while dragging is what a release leaves.

Area cells are made few: the rules are the same, and an answer takes milliseconds.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from data.edits import move_feature
from maps.analysis import timecover as module
from maps.analysis.network import live as live_module
from maps.analysis.network.ground import ground
from maps.analysis.network.live import LiveTime
from maps.analysis.timecover import timecover
from tests.maps.network.test_timecover import ASK, at, county
from tests.maps.network.towns import random_roads

FEW = partial(ground, cells=400)
DRAGS = 250


@pytest.mark.parametrize("seed", range(8))
def test_what_is_shown_while_dragging_is_what_a_release_leaves(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ground", FEW)
    monkeypatch.setattr(live_module, "ground", FEW)
    rng = np.random.default_rng(seed)
    plan = county(random_roads(rng, junctions=int(rng.integers(8, 40))))
    ask = replace(
        ASK,
        minutes=float(rng.uniform(2, 15)),
        weather=str(rng.choice(["晴", "雪"])),
        ready_minutes={"": float(rng.choice([0.0, 1.0]))},
    )
    fid = int(rng.integers(1, 6))
    live = LiveTime(plan, ask, "消防站", fid)
    limit = ask.minutes * 60 + 1e-6
    place = rng.uniform(0, 10_000, 2)
    for step in range(DRAGS):
        # A hand's path: small steps, now and then a jump, now and then off the map.
        place = place + rng.normal(0, 150, 2) if step % 9 else rng.uniform(-3000, 13_000, 2)
        spot = at(*place)
        numbers = live.at(spot.x, spot.y)
        moved = timecover(move_feature("消防站", fid, spot)(plan), ask)
        assert numbers.whole == moved.whole
        assert numbers.by_district == moved.by_district
        assert numbers.outside == moved.outside
        cells = FEW(moved.demand)
        reached = (moved.timer.at(cells)[0] <= limit).sum(axis=0)
        mine = np.zeros(len(cells.x), dtype=int)
        mine[numbers.cells] = 1
        assert np.array_equal(np.minimum(numbers.others + mine, 3), reached)
