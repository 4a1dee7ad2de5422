"""Radius coverage and dragging: ours, the usual Python way, and the best library."""

import dataclasses
import itertools
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from maps.analysis.coverage import CoverageAsk, coverage, depths, sites
from maps.analysis.demand import demand
from maps.analysis.live import Live
from tests.bench import workload
from tests.bench.timing import Row, race

TOTAL_ONLY = "planar distance, total only"
GEOPANDAS = "geopandas buffer + union_all + sjoin"
TREE = "scipy cKDTree.query_ball_point (tree kept)"


def run() -> list[Row]:
    """Coverage of 16, 100 and 1000 facilities, the first answer, and drags."""
    rows = [row for at in ((16, 5e3), (100, 5e3), (100, 20e3), (1000, 5e3)) for row in _cover(*at)]
    rows += _first(100, 5e3)
    for radius in (20e3, 50e3):
        rows += _drag(100, radius)
    return rows


def _cover(count: int, radius: float) -> list[Row]:
    plan, ask = workload.plan(count), CoverageAsk("depot", radius)
    served = demand(plan)

    def numbers() -> float:
        chosen = sites(plan, ask)
        times = served.nearby.counts(chosen.x, chosen.y, chosen.radius)
        return float(served.tally(times)[:-1, 1:].sum())

    def whole() -> float:
        return coverage(plan, ask).whole.people_covered or 0.0

    result = coverage(plan, ask)
    return race(
        f"{count} × {radius / 1000:g} km, {workload.POPULATED:,} populated cells",
        {
            "ours: people by district and multiplicity": numbers,
            "ours: the same and true areas by district": whole,
            "ours: areas reached 1, 2, 3 times, to draw": lambda: len(depths(result)) and None,
            GEOPANDAS: _geopandas(count, radius),
            TREE: _tree(count, radius),
        },
        slow={GEOPANDAS: 5},
        notes={GEOPANDAS: TOTAL_ONLY, TREE: TOTAL_ONLY},
    )


def _geopandas(count: int, radius: float) -> Callable[[], float]:
    people, places = workload.people().frame, workload.facilities(count).frame
    people.sindex  # noqa: B018 - built once and kept by geopandas, as ours is

    def way() -> float:
        reach = gpd.GeoDataFrame(geometry=[places.buffer(radius).union_all()], crs=people.crs)
        return float(gpd.sjoin(people, reach, predicate="within")["人口"].sum())

    return way


def _tree(count: int, radius: float) -> Callable[[], float]:
    people = workload.people().frame
    tree = cKDTree(shapely.get_coordinates(people.geometry.to_numpy()))
    persons = people["人口"].to_numpy()
    places = shapely.get_coordinates(workload.facilities(count).frame.geometry.to_numpy())

    def way() -> float:
        reached = np.zeros(len(persons), dtype=bool)
        for found in tree.query_ball_point(places, radius, return_sorted=False):
            reached[found] = True
        return float(persons[reached].sum())

    return way


def _first(count: int, radius: float) -> list[Row]:
    """Nothing kept: index, districts and all, as after opening a plan."""
    ask = CoverageAsk("depot", radius)

    def ours() -> float:
        fresh = workload.plan(count)
        for layer in fresh.layers[:2]:  # other objects: nothing is found again
            fresh = fresh.with_layer(dataclasses.replace(layer))
        return coverage(fresh, ask).whole.people_covered or 0.0

    def usual() -> float:
        people = workload.people().frame.copy()
        areas = workload.districts().frame[["名称", "geometry"]]
        labelled = gpd.sjoin(people, areas, predicate="within")[["名称", "人口", "geometry"]]
        places = workload.facilities(count).frame
        reach = gpd.GeoDataFrame(geometry=[places.buffer(radius).union_all()], crs=people.crs)
        reached = gpd.sjoin(labelled, reach, predicate="within")
        return float(reached.groupby("名称")["人口"].sum().sum())

    names = ("ours: everything, from a plan just opened", "geopandas sjoin twice + groupby")
    return race(
        f"first answer by district, {count} × {radius / 1000:g} km",
        dict(zip(names, (ours, usual), strict=True)),
        rounds=5,
        slow={names[1]: 3},
        notes={names[1]: "planar distance, no areas"},
    )


def _drag(count: int, radius: float) -> list[Row]:
    """Frames of one drag in steps of 500 m, every way at the same places."""
    plan, ask = workload.plan(count), CoverageAsk("depot", radius)
    live = Live(plan, ask, "储备库", 1)
    people, places = workload.people().frame, workload.facilities(count).frame.copy()
    home = places.geometry.iloc[0]
    persons = people["人口"].to_numpy()
    xy = shapely.get_coordinates(people.geometry.to_numpy())
    tree = cKDTree(xy)
    other = shapely.get_coordinates(places.geometry.to_numpy())[1:]
    taken = np.zeros(len(persons), dtype=bool)
    for found in tree.query_ball_point(other, radius, return_sorted=False):
        taken[found] = True
    base = float(persons[taken].sum())
    frames = {name: itertools.count(1) for name in ("live", "again", "geopandas", "tree")}

    def place(name: str) -> tuple[float, float]:
        step = next(frames[name]) % 60
        return home.x + 400.0 * step, home.y + 300.0 * step

    def ours() -> float:
        numbers = live.at(*place("live"))
        return (numbers.whole.people_covered or 0.0) + 0 * len(numbers.by_district)

    def again() -> float:
        moved = places.geometry.copy()
        moved.iloc[0] = shapely.Point(place("again"))
        layer = workload.facilities(count).with_frame(places.assign(geometry=moved))
        return coverage(plan.with_layer(layer), ask).whole.people_covered or 0.0

    def usual() -> float:
        moved = places.geometry.copy()
        moved.iloc[0] = shapely.Point(place("geopandas"))
        reach = gpd.GeoDataFrame(geometry=[moved.buffer(radius).union_all()], crs=people.crs)
        return float(gpd.sjoin(people, reach, predicate="within")["人口"].sum())

    def ball() -> float:
        found = np.array(tree.query_ball_point(place("tree"), radius, return_sorted=False), int)
        return base + float(persons[found[~taken[found]]].sum())

    ways = {
        "ours: live, districts, multiplicity, gained/lost, true area": ours,
        "ours: everything again": again,
        GEOPANDAS + " again": usual,
        "scipy query_ball_point of the moved disc": ball,
    }
    return race(
        f"one frame of a drag, {count} × {radius / 1000:g} km",
        ways,
        rounds=21,
        slow={GEOPANDAS + " again": 5},
        notes={
            GEOPANDAS + " again": TOTAL_ONLY,
            "scipy query_ball_point of the moved disc": TOTAL_ONLY,
        },
    )
