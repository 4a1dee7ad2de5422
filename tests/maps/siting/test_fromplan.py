"""From a plan to a problem: distances, who counts, what is excluded, classes, minutes."""

import dataclasses

import numpy as np
import pyproj
import pytest
import shapely

from data.refused import Refused
from maps.analysis.coverage import CoverageAsk, coverage
from maps.analysis.siting import FIXED, NEW, Ask, solve
from maps.analysis.siting.byroad import SLACK, by_road, closed_roads, nearest_minutes, road_names
from maps.analysis.siting.fromplan import PlanAsk, problem_of
from maps.analysis.siting.matrix import Pairs, as_dense
from maps.analysis.siting.resilience import closures, resilience
from maps.analysis.siting.why import objective_of
from maps.analysis.timecover import TimeAsk, timecover
from tests.maps.siting import plans

GEOD = pyproj.Geod(ellps="GRS80")


def test_costs_are_true_metres_and_everybody_is_there() -> None:
    plan = plans.usual()
    ground = problem_of(plan, PlanAsk("fire_station"))
    degrees = pyproj.Transformer.from_crs(plans.CRS, "EPSG:4490", always_xy=True)
    lon, lat = degrees.transform(ground.x, ground.y)
    for j in range(len(ground.candidates)):
        here = degrees.transform(ground.candidates.x[j], ground.candidates.y[j])
        n = len(lon)
        true = GEOD.inv(np.full(n, here[0]), np.full(n, here[1]), lon, lat)[2]
        assert as_dense(ground.problem.cost)[:, j] == pytest.approx(true, rel=2e-5, abs=0.05)
    total = plan.layer("人口").frame["人口"].sum()
    assert ground.problem.weights.sum() == total
    assert ground.problem.candidates == 8


def test_pairs_within_range_are_those_of_the_whole_matrix() -> None:
    plan = plans.usual()
    every = as_dense(problem_of(plan, PlanAsk("fire_station")).problem.cost)
    near = problem_of(plan, PlanAsk("fire_station", radius=6_000.0)).problem.cost
    assert isinstance(near, Pairs)
    assert np.array_equal(as_dense(near), np.where(every <= 6_000.0, every, np.inf))


def test_what_stands_reaches_what_coverage_says() -> None:
    plan = plans.usual()
    ground = problem_of(plan, PlanAsk("fire_station", radius=5_000.0, existing="fixed"))
    fixed = np.flatnonzero(ground.problem.states == FIXED)
    assert len(fixed) == 3
    mine = objective_of(ground.problem, Ask("mclp", reach=5_000.0), fixed)
    assert mine == coverage(plan, CoverageAsk("fire_station", 5_000.0)).whole.people_covered
    better = solve(ground.problem, Ask("mclp", reach=5_000.0, p=2))
    assert better.objective > mine
    assert set(fixed) <= set(better.sites)


def test_people_outside_the_districts_do_not_count() -> None:
    plan = plans.usual()
    one = plan.layer("行政区")
    half = plan.with_layer(one.with_frame(one.frame.iloc[:1]))
    ground = problem_of(half, PlanAsk("fire_station"))
    inside = plan.layer("人口").frame
    inside = inside[inside.geometry.x <= plans.WEST + 10_000]
    assert ground.problem.weights.sum() == inside["人口"].sum()
    assert ground.problem.district is not None
    assert (np.asarray(ground.problem.district) == 0).all()
    where = ground.problem.site_district
    assert where is not None
    assert np.array_equal(where == 0, ground.candidates.x <= plans.WEST + 10_000)


def test_no_site_in_danger() -> None:
    xy = np.array([[1_000.0, 1_000.0], [5_000.0, 5_000.0], [5_500.0, 5_000.0], [9_000.0, 9_000.0]])
    zone = shapely.box(plans.WEST, plans.SOUTH, plans.WEST + 1_000, plans.SOUTH + 1_000)
    plan = plans.usual().with_layer(plans.settlements(xy))
    plan = plan.with_layer(plans.flood(zone))
    danger = np.array([[5_000.0, 5_000.0], [9_000.0, 9_000.0]])
    plan = plan.with_layer(plans.hazards(danger, [499.0, None]))
    ground = problem_of(plan, PlanAsk("fire_station"))
    assert ground.candidates.name == ("村2", "村3")
    assert ground.excluded == 2
    assert problem_of(plan, PlanAsk("fire_station", avoid=False)).problem.candidates == 4
    wide = plan.with_layer(plans.hazards(danger, [20_000.0, None]))
    with pytest.raises(Refused, match="安全距离"):
        problem_of(wide, PlanAsk("fire_station"))


def test_grid_lies_in_the_districts() -> None:
    ground = problem_of(plans.usual(), PlanAsk("fire_station", "grid:2000"))
    assert len(ground.candidates) == 100
    assert ground.candidates.ids()[:2] == ["grid:1", "grid:2"]
    x, y = ground.candidates.x - plans.WEST, ground.candidates.y - plans.SOUTH
    assert (x.min(), x.max(), y.min(), y.max()) == (1_000, 19_000, 1_000, 19_000)


def test_classes_share_a_place_and_have_their_own_range() -> None:
    ask = PlanAsk("fire_station", radii={"一级站": 6_000.0, "二级站": 3_000.0}, existing="fixed")
    with pytest.raises(Refused, match="没有给服务距离"):
        problem_of(plans.usual(), ask)
    ground = problem_of(plans.usual(), dataclasses.replace(ask, radius=4_000.0))
    assert len(ground.candidates) == 8 * 2 + 3
    assert isinstance(ground.reach, np.ndarray)
    assert ground.reach.tolist() == [6_000.0, 3_000.0] * 8 + [4_000.0] * 3
    assert ground.candidates.grade[:2] == ("一级站", "二级站")
    best = solve(ground.problem, Ask("mclp", reach=ground.reach, p=8))
    chosen = best.sites[ground.problem.states[best.sites] == NEW]
    places = {(ground.candidates.x[j], ground.candidates.y[j]) for j in chosen}
    assert len(places) == len(chosen)


def test_distance_between_sites() -> None:
    xy = np.array([[0.0, 0.0], [900.0, 0.0], [2_000.0, 0.0]]) + 5_000
    plan = plans.usual().with_layer(plans.settlements(xy))
    pairs = problem_of(plan, PlanAsk("fire_station", apart=1_000.0)).problem.apart
    assert pairs is not None
    assert sorted(map(tuple, pairs.tolist())) == [(0, 1)]


def test_prices_and_capacities_come_from_columns() -> None:
    xy = np.array([[1_000.0, 1_000.0], [5_000.0, 5_000.0]])
    plan = plans.usual().with_layer(plans.settlements(xy, 造价=[3.0, 5.0], 容量=[10, None]))
    ground = problem_of(plan, PlanAsk("fire_station", price="造价", existing="fixed"))
    assert ground.problem.price is not None
    assert ground.problem.price.tolist() == [3.0, 5.0, 0.0, 0.0, 0.0]
    with pytest.raises(Refused, match="“容量”空缺"):
        problem_of(plan, PlanAsk("fire_station", capacity="容量"))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (PlanAsk("road"), "不是服务设施"),
        (PlanAsk("fire_station", "grid:x"), "grid:500"),
        (PlanAsk("fire_station", "grid:10"), "候选点"),
        (PlanAsk("fire_station", "行政区"), "不是点图层"),
        (PlanAsk("fire_station", "没有的"), "没有的"),
        (PlanAsk("fire_station", radius=-5.0), "半径"),
        (PlanAsk("fire_station", apart=-1.0), "间距"),
        (PlanAsk("shelter", existing="fixed"), "避难场所"),
    ],
)
def test_refusals(ask: PlanAsk, words: str) -> None:
    with pytest.raises(Refused, match=words):
        problem_of(plans.usual(), ask)


def test_no_people_and_no_settlements() -> None:
    with pytest.raises(Refused, match="没有人口图层"):
        problem_of(plans.usual().without_layer("人口"), PlanAsk("fire_station"))
    with pytest.raises(Refused, match="没有居民点"):
        problem_of(plans.usual().without_layer("居民点"), PlanAsk("fire_station"))


def crossroads() -> tuple[object, ...]:
    """A cross of roads, people and candidates along it, two stations."""
    arm = np.linspace(500, 9_500, 19)
    along = np.concatenate(
        (np.column_stack((arm, np.full(19, 5_000.0))), np.column_stack((np.full(19, 5_000.0), arm)))
    )
    rng = np.random.default_rng(2)
    crowd = plans._points("人口", "population", along, 人口=rng.integers(1, 90, len(along)))
    lines = [
        [(0.0, 5_000.0), (5_000.0, 5_000.0)],
        [(5_000.0, 5_000.0), (10_000.0, 5_000.0)],
        [(5_000.0, 0.0), (5_000.0, 5_000.0)],
        [(5_000.0, 5_000.0), (5_000.0, 10_000.0)],
    ]
    return (
        crowd,
        plans.settlements(along[::6] + 10.0),
        plans.stations(np.array([[1_000.0, 5_000.0], [5_000.0, 9_000.0]])),
        plans.roads(lines, 桥隧=["否", "桥", "否", "否"]),
    )


def test_minutes_are_those_of_the_roads() -> None:
    plan = plans.plan(*crossroads())  # type: ignore[arg-type]
    ask = TimeAsk("fire_station", 6.0)
    minutes = by_road(plan, ask)
    wanted = PlanAsk("fire_station", radius=6.0 + SLACK, existing="fixed")
    ground = problem_of(plan, wanted, minutes=minutes)
    fixed = np.flatnonzero(ground.problem.states == FIXED)
    told = timecover(plan, ask)
    result = resilience(ground.problem, 6.0 + SLACK, fixed)
    assert result.reached == told.whole.people_covered
    row = np.argsort(ground.points)
    nearest = as_dense(ground.problem.cost)[:, fixed].min(axis=1)[row]
    quick = told.minutes[0][np.sort(ground.points)]
    assert nearest[np.isfinite(nearest)] == pytest.approx(quick[np.isfinite(nearest)])


def test_closing_a_road() -> None:
    plan = plans.plan(*crossroads())  # type: ignore[arg-type]
    ask = TimeAsk("fire_station", 8.0)
    ground = problem_of(
        plan,
        PlanAsk("fire_station", radius=8.0 + SLACK, existing="fixed"),
        minutes=by_road(plan, ask),
    )
    fixed = np.flatnonzero(ground.problem.states == FIXED)
    x, y = ground.candidates.x[fixed], ground.candidates.y[fixed]
    assert [name for name, _ in road_names(plan, "桥")] == ["路1(2 号)"]
    every = road_names(plan)
    base = nearest_minutes(plan, ask, ground, x, y)
    problem = dataclasses.replace(ground.problem, cost=base[:, None], state=None)
    effects = closures(problem, 8.0 + SLACK, [0], closed_roads(plan, ask, ground, x, y, every))
    before = timecover(plan, ask).whole.people_covered
    assert before is not None
    for effect in effects:
        which = next(road for name, road in every if name == effect.name)
        shut = dataclasses.replace(ask, closed=frozenset({which}))
        after = timecover(plan, shut).whole.people_covered
        assert after is not None
        assert effect.people == before - after
    assert effects[0].people > 0
