"""The population model against a plain loop over cells, and the laws it must keep."""

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data import people
from data.people import Home, Pull
from data.progress import Cancelled

CRS = "EPSG:4549"
NO_TOWNS = np.empty((0, 3))
NOTHING = Pull(NO_TOWNS)


def square(west: float, south: float, size: float) -> shapely.Polygon:
    return shapely.box(west, south, west + size, south + size)


def counts_by_cell(layer: Any) -> dict[tuple[float, float], int]:
    frame = layer.frame
    return {(p.x, p.y): int(n) for p, n in zip(frame.geometry, frame["人口"], strict=True)}


@given(
    st.integers(0, 3_000_000),
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=60).filter(
        lambda shares: sum(shares) > 1e-3
    ),
)
def test_apportion_adds_up_and_stays_within_one_of_the_quota(total: int, shares: list) -> None:
    counts = people.apportion(total, np.array(shares))
    assert counts.sum() == total
    assert (counts >= 0).all()
    quota = [total * (s / math.fsum(shares)) for s in shares]
    assert all(abs(c - q) < 1 + 1e-6 for c, q in zip(counts.tolist(), quota, strict=True))


def test_apportion_gives_the_rest_to_the_largest_remainders_then_in_order() -> None:
    assert people.apportion(10, np.array([1.0, 1.0, 1.0])).tolist() == [4, 3, 3]
    assert people.apportion(10, np.array([0.25, 0.26, 0.49])).tolist() == [2, 3, 5]
    assert people.apportion(1, np.array([1.0, 2.0])).tolist() == [0, 1]
    assert people.apportion(0, np.array([1.0, 2.0])).tolist() == [0, 0]


def slow_shares(home: Home, cells: list, towns: list, road: shapely.Geometry | None) -> list:
    """The model as the module's head describes it, one cell at a time."""
    rest = []
    for x, y in cells:
        weight = 1.0
        for tx, ty, mass in towns:
            weight += 4 * mass * math.exp(-math.dist((x, y), (tx, ty)) / 6000)
        if road is not None:
            weight += math.exp(-shapely.Point(x, y).distance(road) / 8000)
        rest.append(weight)
    rest = [w / sum(rest) for w in rest]
    if home.urban_share is None or home.seat is None:
        return rest
    squares = [math.dist(cell, home.seat) ** 2 for cell in cells]
    nearest = min(squares)
    urban = home.people * home.urban_share

    def kernel(radius: float) -> list:
        return [math.exp((nearest - s) / radius**2) for s in squares]

    # The smallest radius from 1 km up, in steps of a metre, that crowds nobody above 8 000.
    radius = 1000.0
    while urban / sum(kernel(radius)) > 8000 and radius < 100_000:
        radius += 1
    town = kernel(radius)
    share = home.urban_share
    return [share * t / sum(town) + (1 - share) * r for t, r in zip(town, rest, strict=True)]


@pytest.mark.parametrize("seed", range(8))
def test_one_district_agrees_with_a_loop_over_its_cells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(400_000, 500_000, 2)
    size = float(rng.uniform(4000, 20_000))
    area = square(*corner, size).difference(square(*(corner + size / 2), size / 3))
    seat = tuple((corner + rng.uniform(-0.2, 1.2, 2) * size).tolist())
    home = Home(
        area,
        int(rng.integers(100, 250_000)),
        [None, 0.0, 0.4, 0.9, 1.0][seed % 5],
        None if seed == 7 else seat,
    )
    towns = [[*seat, 1.0], [*(corner + rng.uniform(0, 1, 2) * size).tolist(), 0.5]]
    road = shapely.LineString([corner, corner + size]) if seed % 2 else None
    got = counts_by_cell(people.population_layer("人口", [home], Pull(np.array(towns), road), CRS))
    cells = [
        (x * 1000 + 500.0, y * 1000 + 500.0)
        for y in range(int(corner[1] // 1000), int((corner[1] + size) // 1000) + 1)
        for x in range(int(corner[0] // 1000), int((corner[0] + size) // 1000) + 1)
        if area.contains(shapely.Point(x * 1000 + 500, y * 1000 + 500))
    ]
    shares = slow_shares(home, cells, towns, road)
    assert sum(got.values()) == home.people
    assert set(got) <= set(cells)
    for cell, share in zip(cells, shares, strict=True):
        # The loop finds the radius to a metre only.
        assert got.get(cell, 0) == pytest.approx(home.people * share, abs=1.001, rel=3e-3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(0, 200_000)),
            st.one_of(st.none(), st.floats(0, 1)),
            st.floats(300, 9000),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_each_district_adds_up_counted_by_polygon(told: list) -> None:
    areas, homes, west = [], [], 500_123.0
    for number, share, size in told:
        area = square(west, 4_600_321.0, size)
        west += size
        areas.append(area)
        homes.append(Home(area, number, share, (area.centroid.x, area.centroid.y)))
    layer = people.population_layer("人口", homes, NOTHING, CRS)
    frame = gpd.GeoDataFrame({"n": range(len(areas))}, geometry=areas, crs=CRS)
    inside = gpd.sjoin(layer.frame, frame, predicate="within")
    assert len(inside) == len(layer)
    assert (layer.frame["人口"] > 0).all()
    for i, (number, _, _) in enumerate(told):
        assert inside.loc[inside["n"] == i, "人口"].sum() == (number or 0)


def test_unknown_population_gives_no_cells_beside_a_known_one() -> None:
    known = Home(square(500_000, 4_600_000, 5000), 700)
    unknown = Home(square(505_000, 4_600_000, 5000), None, 0.5, (507_000.0, 4_602_000.0))
    layer = people.population_layer("人口", [unknown, known], NOTHING, CRS)
    assert layer.frame["人口"].sum() == 700
    assert layer.frame.geometry.x.max() < 505_000


def test_nobody_is_put_on_a_centre_that_two_districts_claim() -> None:
    left = Home(square(500_000, 4_600_000, 4000), 1000)
    right = Home(square(502_000, 4_600_000, 4000), 3000)
    layer = people.population_layer("人口", [left, right], NOTHING, CRS)
    inside = [layer.frame.geometry.within(home.area) for home in (left, right)]
    assert not (inside[0] & inside[1]).any()
    assert [int(layer.frame.loc[i, "人口"].sum()) for i in inside] == [1000, 3000]


def test_a_district_without_a_cell_centre_keeps_its_people_inside() -> None:
    area = square(500_600, 4_600_600, 300)
    layer = people.population_layer("人口", [Home(area, 1234, 0.5, (0.0, 0.0))], NOTHING, CRS)
    assert layer.frame["人口"].tolist() == [1234]
    assert area.contains(layer.geometry(1))


def test_cells_lie_on_the_grid_and_say_what_they_are() -> None:
    home = Home(square(500_000, 4_600_000, 30_000), 400_000, 1.0, (515_000.0, 4_615_000.0))
    layer = people.population_layer("人口", [home], NOTHING, CRS)
    frame = layer.frame
    assert layer.cell == 1000
    assert "示意" in layer.basis
    assert "七普2020" in layer.basis
    assert set(frame.geometry.x % 1000) == set(frame.geometry.y % 1000) == {500.0}
    assert frame["人口"].dtype == np.int64
    assert frame["人口"].max() == pytest.approx(people.TOWN_DENSITY, abs=1)
    away = frame.geometry.distance(shapely.Point(home.seat))
    assert away[frame["人口"].idxmax()] < 1000


def test_order_of_districts_leaves_no_trace() -> None:
    homes = [
        Home(square(500_000 + 7300 * i, 4_600_000, 7300), 9001 * (i + 1), 0.3, (505_000.0, 4.6e6))
        for i in range(4)
    ]
    pull = Pull(np.array([[505_000.0, 4_601_000.0, 1.0]]))
    one = people.population_layer("人口", homes, pull, CRS).frame
    other = people.population_layer("人口", homes[::-1], pull, CRS).frame
    assert one.equals(other)


def test_cancelling_gives_no_layer() -> None:
    def stop(done: float, text: str) -> None:
        if done >= 0.5:
            raise Cancelled

    homes = [Home(square(500_000 + 5000 * i, 4_600_000, 5000), 10) for i in range(4)]
    with pytest.raises(Cancelled):
        people.population_layer("人口", homes, NOTHING, CRS, stop)
