"""Responsibility areas: the quickest station, in one piece, nothing lost, measured by standard."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import shapely
from scipy.ndimage import label as pieces

from data.plan import Plan
from data.refused import Refused
from maps.analysis.demand import demand
from maps.analysis.network.areas import Areas, areas, contiguous, limit_km2, regions_of
from maps.analysis.network.ground import Ground, ground
from maps.analysis.timecover import TimeAsk, facilities_of, timer_of
from tests.maps.network.test_timecover import at, county, points, usual_county
from tests.maps.network.towns import EAST, NORTH

ASK = TimeAsk("fire_station", 5.0, vehicle="消防车")


@cache
def answer(within: bool = False) -> Areas:
    return areas(usual_county(), ASK, within_districts=within)


@cache
def chequered_county() -> Plan:
    """Streets every kilometre, some faster than others, joined at every corner."""
    stops = range(0, 10_001, 1000)
    rows = []
    for k in stops:
        grade = "国道" if k % 4000 == 0 else "村道"
        rows.append({"geometry": shapely.LineString([at(k, y) for y in stops]), "等级": grade})
        rows.append({"geometry": shapely.LineString([at(x, k) for x in stops]), "等级": grade})
    return county(rows)


@pytest.mark.parametrize("within", [False, True])
def test_areas_and_what_is_left_are_exactly_the_districts(within: bool) -> None:
    result = answer(within)
    people = demand(usual_county())
    shapes = [a.shape for a in result.areas] + [result.left]
    assert sum(s.area for s in shapes) == pytest.approx(people.ground.area, rel=1e-9)
    assert shapely.union_all(shapes).symmetric_difference(people.ground).area < 1.0
    for i, one in enumerate(shapes):
        for other in shapes[:i]:
            assert one.intersection(other).area < 1e-3
    total = sum(a.people for a in result.areas) + result.left_people
    assert total == pytest.approx(people.persons.sum())
    assert sum(a.km2 for a in result.areas) + result.left_km2 == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("within", [False, True])
def test_every_area_is_in_one_piece(within: bool) -> None:
    for area in answer(within).areas:
        assert area.shape.geom_type == "Polygon" or area.shape.is_empty


def test_a_place_belongs_to_its_quickest_station_but_for_what_was_detached() -> None:
    plan = chequered_county()
    chosen = facilities_of(plan, ASK)
    people = demand(plan)
    grid = ground(people)
    timer = timer_of(plan, ASK, chosen, people)
    seconds, who = timer.at(grid)
    inner = np.zeros(len(grid.x), bool)
    right = np.zeros(len(grid.x), bool)
    spots = shapely.points(grid.x, grid.y)
    for i, area in enumerate(areas(plan, ASK).areas):
        deep = shapely.buffer(area.shape, -3 * grid.cell)
        shapely.prepare(deep)
        mine = shapely.contains(deep, spots)
        inner |= mine
        right[mine] = (who[0] == i)[mine]
    assert inner.mean() > 0.6
    wrong = inner & ~right & np.isfinite(seconds[0])
    assert wrong.mean() < 0.05
    # Whoever is not with the quickest lay detached: his piece does not hold the station's cell.
    table = np.full(grid.shape, -1)
    table[grid.row, grid.column] = who[0]
    for k in np.flatnonzero(wrong)[::50]:
        name = who[0][k]
        row = int((grid.north - chosen.y[name]) // grid.cell)
        column = int((chosen.x[name] - grid.west) // grid.cell)
        group = pieces(table == name)[0]
        home = group[row, column] or np.bincount(group[group > 0]).argmax()
        assert group[grid.row[k], grid.column[k]] != home


def test_districts_are_respected_when_asked() -> None:
    plan = usual_county()
    people = demand(plan)
    for area in answer(True).areas:
        own = next(d for d in people.districts if d.name == area.district)
        assert area.shape.difference(own.shape).area < 1e-3


def test_a_district_without_a_station_is_left_over() -> None:
    plan = usual_county()
    stations = plan.layer("消防站").frame
    west = frozenset(("消防站", int(i)) for i in stations.index[stations.geometry.x < EAST + 5000])
    result = areas(plan, replace(ASK, only=west), within_districts=True)
    east = demand(plan).districts[1].shape
    assert result.left.intersection(east).area == pytest.approx(east.area)
    people = demand(plan)
    cut_off = people.persons[shapely.intersects_xy(result.left, people.nearby.x, people.nearby.y)]
    assert result.left_people == pytest.approx(cut_off.sum())
    assert result.left_people >= people.persons[people.district == 1].sum()


def cells(table: np.ndarray) -> Ground:
    row, column = (v.ravel() for v in np.indices(table.shape))
    ones = np.ones(table.size)
    ids = np.zeros(table.size, np.intp)
    return Ground(
        column + 0.5, -(row + 0.5), ids, ones, row, column, 1.0, 0.0, 0.0, table.shape, ones
    )


@pytest.mark.parametrize("seed", range(8))
def test_detached_pieces_are_given_away_and_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(-1, 4, (6, 6))
    table = np.kron(coarse, np.ones((4, 4), int))
    noise = rng.random(table.shape) < 0.1
    table[noise] = rng.integers(0, 4, noise.sum())
    seats = np.array([int(rng.choice(np.flatnonzero(table.ravel() == k))) for k in range(4)])
    out = contiguous(cells(table), table.ravel(), np.zeros(table.size, np.intp), seats)
    after = out.reshape(table.shape)
    assert ((after < 0) == (table < 0)).all()
    # Land cut off by land that is nobody's cannot be given away: look at each land alone.
    land = pieces(table >= 0)[0]
    for k in range(4):
        before, now = pieces(table == k)[0], pieces(after == k)[0]
        home = before == before.ravel()[seats[k]]
        assert (after[home] == k).all()
        here = land == land.ravel()[seats[k]]
        assert len(np.unique(now[here & (after == k)])) == 1


@pytest.mark.parametrize("seed", range(30))
def test_regions_are_the_cells_that_touch_by_a_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(-1, rng.integers(1, 5), rng.integers(1, 13, 2)).astype(np.int32)
    values, shapes = regions_of(table)
    assert shapely.is_valid(shapes).all()
    expected = []
    for value in np.unique(table):
        numbered, count = pieces(table == value)
        for number in range(1, count + 1):
            row, column = np.nonzero(numbered == number)
            cells = shapely.union_all(shapely.box(column, row, column + 1, row + 1))
            expected.append((int(value), cells))
    assert len(shapes) == len(expected)
    for value, shape in zip(values, shapes, strict=True):
        assert any(v == value and shape.equals(cells) for v, cells in expected)


def test_the_standard() -> None:
    grades = ("一级站", "二级站", "小型站", "特勤站")
    assert [limit_km2("fire_station", g) for g in grades] == [7, 4, 2, 7]
    assert limit_km2("fire_station", "一级站", suburban=True) == 15
    assert limit_km2("fire_station", "志愿消防队") is None
    assert limit_km2("depot", "市级") is None
    for area in answer().areas:
        assert area.too_large is (area.km2 > area.limit_km2)
    near = areas(usual_county(), ASK, suburban=frozenset([("消防站", 2)]))
    assert [a.limit_km2 for a in near.areas] == [2, 15, 2, 7, 2]
    assert "第十四条" in near.clause


def test_two_stations_on_one_road_share_it_in_the_middle() -> None:
    lane = [{"geometry": shapely.LineString([at(0, 5000), at(10_000, 5000)]), "等级": "国道"}]
    rows = [
        {"名称": n, "状态": "现状", "级别": "一级站", "geometry": at(x, 5000)}
        for n, x in (("甲", 1000), ("乙", 7000))
    ]
    plan = county(lane).with_layer(points("fire_station", "消防站", rows))
    first, second = areas(plan, ASK).areas
    assert first.km2 == pytest.approx(40, rel=0.01)
    assert second.km2 == pytest.approx(60, rel=0.01)
    later = areas(plan, replace(ASK, ready_minutes={"": 0.0})).areas
    assert later[0].km2 == first.km2
    assert first.shape.bounds[2] == pytest.approx(EAST + 4000, abs=60)
    assert first.shape.bounds[1] == pytest.approx(NORTH, abs=1)


def test_no_districts_is_said() -> None:
    plan = usual_county().without_layer("行政区")
    with pytest.raises(Refused, match="没有规划区的边界"):
        areas(plan, ASK)
