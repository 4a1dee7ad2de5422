"""Numbers under the hand are those of a full recomputation, at every place of every drag."""

import numpy as np
import pytest
import shapely

from data import edits
from data.plan import Plan
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk, coverage
from maps.analysis.live import Live, LiveNumbers
from tests.maps.test_coverage import (
    CRS,
    RULER,
    SOUTH,
    WEST,
    depots,
    districts,
    people,
    random_plan,
    squares,
)


def same_numbers(live: LiveNumbers, plan: Plan, ask: CoverageAsk, before: np.ndarray) -> None:
    full = coverage(plan, ask)
    assert live.demand is full.demand
    assert (live.tally == full.demand.tally(full.counts)).all()
    assert live.people_covered == full.whole.people_covered
    assert live.share == full.whole.share
    assert live.multiplicity == full.whole.multiplicity
    rows = zip((*live.by_district, live.whole), (*full.by_district, full.whole), strict=True)
    for mine, theirs in rows:
        assert mine.people_total == theirs.people_total
        assert mine.people_covered == theirs.people_covered
        assert mine.area_km2_total == theirs.area_km2_total
        assert mine.area_km2_covered == pytest.approx(theirs.area_km2_covered, rel=1e-9, abs=1e-6)
    assert live.outside == full.outside
    after = full.counts > 0
    assert np.sort(live.gained).tolist() == np.flatnonzero(after & ~before).tolist()
    assert np.sort(live.lost).tolist() == np.flatnonzero(before & ~after).tolist()


def moved(plan: Plan, fid: int, x: float, y: float) -> Plan:
    return edits.move_feature("储备库", fid, shapely.Point(x, y))(plan)


@pytest.mark.parametrize("seed", range(30))
def test_drags_equal_full_recomputation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = random_plan(seed, points=300, sites=int(rng.integers(1, 9)))
    ask = CoverageAsk("depot", float(rng.uniform(300, 30_000)), {"市级": 25_000.0}, (), "现状")
    layer = plan.layer("储备库")
    before = coverage(plan, ask).counts > 0
    for fid in layer.frame.index[:3]:
        live = Live(plan, ask, "储备库", int(fid))
        for dx, dy in rng.uniform(-30_000, 90_000, (6, 2)):
            x, y = WEST + dx, SOUTH + dy
            same_numbers(live.at(x, y), moved(plan, int(fid), x, y), ask, before)


def test_thousands_of_places_against_plain_distances() -> None:
    rng = np.random.default_rng(5)
    plan = random_plan(8, points=250, sites=6)
    ask = CoverageAsk("depot", 12_000.0)
    full = coverage(plan, ask)
    nearby, persons = full.demand.nearby, full.demand.persons
    for position, fid in enumerate(full.sites.facilities.fid):
        live = Live(plan, ask, "储备库", fid)
        others = sum(
            (RULER.distance(x, y, nearby.x, nearby.y) <= 12_000.0).astype(int)
            for i, (x, y) in enumerate(zip(full.sites.x, full.sites.y, strict=True))
            if i != position
        )
        x, y = full.sites.x[position], full.sites.y[position]
        for step in range(700):  # a hand's path: small steps, now and then a jump
            far = 60_000 if step % 50 == 49 else 600
            x, y = x + rng.uniform(-far, far), y + rng.uniform(-far, far)
            reached = others + (RULER.distance(x, y, nearby.x, nearby.y) <= 12_000.0)
            inside = full.demand.district < len(full.demand.districts)
            numbers = live.at(x, y)
            assert numbers.people_covered == persons[inside & (reached > 0)].sum()
            assert numbers.multiplicity == tuple(
                persons[inside & (np.minimum(reached, 3) == k)].sum() for k in range(4)
            )
            changed = (reached > 0) != (full.counts > 0)
            both = np.concatenate([numbers.gained, numbers.lost])
            assert np.sort(both).tolist() == np.flatnonzero(changed).tolist()


def test_many_people_and_facilities() -> None:
    rng = np.random.default_rng(9)
    plan = random_plan(9, points=60_000, sites=60)
    ask = CoverageAsk("depot", 4_000.0, {"市级": 9_000.0}, (), "全部")
    result = coverage(plan, ask)
    fid = result.sites.facilities.fid[4]
    live = Live(plan, ask, "储备库", fid)
    x, y = result.sites.x[4], result.sites.y[4]
    for _ in range(150):
        x, y = x + rng.uniform(-2_000, 2_000), y + rng.uniform(-2_000, 2_000)
        same_numbers(live.at(x, y), moved(plan, fid, x, y), ask, result.counts > 0)


def test_back_home_nothing_has_changed() -> None:
    plan = random_plan(3)
    ask = CoverageAsk("depot", 9_000.0)
    result = coverage(plan, ask)
    live = Live(plan, ask, "储备库", result.sites.facilities.fid[0])
    live.at(WEST, SOUTH)
    home = live.at(result.sites.x[0], result.sites.y[0])
    assert len(home.gained) == len(home.lost) == 0
    assert home.people_covered == result.whole.people_covered
    disc = RULER.circle(result.sites.x[0], result.sites.y[0], live.radius)
    assert home.disc.equals(disc)


def test_what_does_not_count_changes_nothing() -> None:
    plan = Plan(
        "现状",
        CRS,
        (
            districts(*squares()),
            people([WEST + 1e3], [SOUTH + 1e3], [4]),
            depots([WEST, WEST + 9e3], [SOUTH, SOUTH], 状态=["现状", "规划"]),
        ),
    )
    ask = CoverageAsk("depot", 5_000.0, status="现状")
    live = Live(plan, ask, "储备库", 2)
    assert not live.counts
    numbers = live.at(WEST + 1e3, SOUTH + 1e3)
    full = coverage(plan, ask)
    assert (numbers.whole, numbers.by_district) == (full.whole, full.by_district)
    assert numbers.disc.is_empty
    assert len(numbers.gained) == len(numbers.lost) == 0


def test_without_people_or_districts() -> None:
    bare = Plan("现状", CRS, (depots([WEST, WEST + 7e3], [SOUTH, SOUTH]),))
    ask = CoverageAsk("depot", 5_000.0)
    for plan in (bare, bare.with_layer(districts(*squares()))):
        numbers = Live(plan, ask, "储备库", 1).at(WEST + 2e3, SOUTH + 2e3)
        full = coverage(moved(plan, 1, WEST + 2e3, SOUTH + 2e3), ask)
        assert numbers.people_covered is None
        assert numbers.share is None
        assert numbers.whole.area_km2_covered == pytest.approx(full.whole.area_km2_covered)


def test_a_bad_ask_is_refused_before_the_drag() -> None:
    with pytest.raises(Refused, match="大于 0"):
        Live(random_plan(1), CoverageAsk("depot", 0.0), "储备库", 1)
