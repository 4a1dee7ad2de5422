"""A reproducible 1 km population grid out of one census figure per district.

No open population raster may be shipped with the program, so the examples carry a
grid that is made here, the same on every machine, and that adds up exactly to the
census of each district. It is a sketch (示意) and says so wherever it is shown.

    people of a district = urban part + rest
    urban part  people × urban share, around the seat: exp(−(d / R)²), with R (at least
                1 km) such that the fullest cell gets 8 000 persons: about how densely
                built-up county towns are lived in
    rest        over the whole district in proportion to
                1 + 4 · Σ weight · exp(−d_town / 6 km) + exp(−d_road / 8 km)

``d`` are distances from the cell's centre to the seat, to each town whose place is
known and to the nearest trunk road. The urban people are all put around the seat: how
many live in the other towns is not known. The reach of a road is wide because the example's
roads are straight lines between towns, some kilometres from the real ones.

Cells are 1 km squares on the plan's grid; a cell belongs to the district its centre
lies inside, so that counting points by polygon gives each district its census figure.
Persons are whole: quotas are cut down to integers and the missing persons go to the
cells with the largest remainders. What is not known is not guessed: an unknown urban
share leaves everybody in “rest”, an unknown census figure gives no cells at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from data.plan import Layer, make_layer
from data.progress import Report, silent

CELL = 1000.0
"""Edge of a cell in metres."""

BASIS = "1 km 人口格网·示意(按七普2020分摊)"

TOWN_DENSITY = 8000.0
LEAST_TOWN_RADIUS, MOST_TOWN_RADIUS = 1000.0, 100_000.0
TOWN_PULL, TOWN_REACH = 4.0, 6000.0
ROAD_PULL, ROAD_REACH = 1.0, 8000.0


@dataclass(frozen=True)
class Home:
    """A district whose people are spread.

    ``area`` is its (Multi)Polygon in the plan's CRS; ``people`` the census figure or
    None when unknown; ``urban_share`` 0–1 or None; ``seat`` (x, y) in metres or None.
    """

    area: shapely.Geometry
    people: int | None
    urban_share: float | None = None
    seat: tuple[float, float] | None = None


@dataclass(frozen=True)
class Pull:
    """What draws the people outside the seats: towns and trunk roads.

    ``towns`` is an array (n, 3) of x, y in metres and weight; ``roads`` a line
    geometry in the plan's CRS or None.
    """

    towns: np.ndarray
    roads: shapely.Geometry | None = None


def population_layer(
    name: str, homes: Sequence[Home], pull: Pull, crs: str, report: Report = silent
) -> Layer:
    """Return the population layer: cell centres with whole persons, only cells with people."""
    centres = _centres([home.area for home in homes])
    points, persons = [], []
    for i, (home, xy) in enumerate(zip(homes, centres, strict=True)):
        report(i / max(len(homes), 1), "正在生成人口格网…")
        if not home.people:
            continue
        counts = apportion(home.people, _shares(home, xy, pull))
        points.append(xy[counts > 0])
        persons.append(counts[counts > 0])
    xy = np.concatenate(points) if points else np.empty((0, 2))
    counts = np.concatenate(persons) if persons else np.empty(0, dtype=np.int64)
    # From north to south and west to east, as one reads: the order of districts leaves no trace.
    order = np.lexsort((xy[:, 0], -xy[:, 1]))
    frame = gpd.GeoDataFrame({"人口": counts[order]}, geometry=shapely.points(xy[order]), crs=crs)
    report(1.0, "人口格网已生成")
    return make_layer(name, "population", frame, crs, basis=BASIS, cell=CELL)


def apportion(total: int, shares: np.ndarray) -> np.ndarray:
    """Split ``total`` persons by ``shares`` (n ≥ 1, not negative, not all 0) into whole numbers.

    Largest remainder; equal remainders are served in the order of the array. The
    result (int64) adds up to ``total`` exactly.
    """
    quota = total * (shares / shares.sum())
    counts = np.floor(quota).astype(np.int64)
    # Rounded so that the last bits, which differ between machines, do not decide who comes first.
    order = np.argsort(-np.round(quota - counts, 9), kind="stable")
    counts[order[: total - int(counts.sum())]] += 1
    return counts


def _centres(areas: Sequence[shapely.Geometry]) -> list[np.ndarray]:
    """Return for each area the (n, 2) cell centres that lie inside it and no other area.

    An area too small to hold a centre gets one point of its own inside it.
    """
    found = []
    for area in areas:
        west, south, east, north = np.floor(np.array(area.bounds) / CELL).astype(np.int64)
        columns, rows = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
        cells = np.column_stack([columns.ravel(), rows.ravel()])
        shapely.prepare(area)
        inside = shapely.contains_xy(area, *((cells + 0.5) * CELL).T)
        found.append(cells[inside])
    every, times = np.unique(np.concatenate(found), axis=0, return_counts=True)
    shared = {tuple(cell) for cell in every[times > 1].tolist()}
    centres = []
    for area, cells in zip(areas, found, strict=True):
        if shared:
            own = [tuple(cell) not in shared for cell in cells.tolist()]
            cells = cells[np.array(own, dtype=bool)]
        inner = area.representative_point()
        centres.append((cells + 0.5) * CELL if len(cells) else np.array([[inner.x, inner.y]]))
    return centres


def _shares(home: Home, xy: np.ndarray, pull: Pull) -> np.ndarray:
    """Return the share (adding up to 1) of a district's people in each of its cells."""
    rest = _rest(xy, pull)
    if home.seat is None or not home.urban_share:
        return rest
    squared = (xy[:, 0] - home.seat[0]) ** 2 + (xy[:, 1] - home.seat[1]) ** 2
    # From the nearest cell, which so has weight 1: a seat outside would leave 0 everywhere.
    squared -= squared.min()
    town = _kernel(squared, (home.people or 0) * home.urban_share)
    return home.urban_share * town / town.sum() + (1 - home.urban_share) * rest


def _kernel(squared: np.ndarray, people: float) -> np.ndarray:
    """Return exp(−(d / R)²) of squared distances (m²), R such that the fullest cell gets 8 000."""
    low, high = LEAST_TOWN_RADIUS, MOST_TOWN_RADIUS
    for _ in range(50):
        radius = (low + high) / 2
        if people > TOWN_DENSITY * np.exp(-squared / radius**2).sum():
            low = radius
        else:
            high = radius
    return np.exp(-squared / high**2)


def _rest(xy: np.ndarray, pull: Pull) -> np.ndarray:
    weight = np.ones(len(xy))
    for x, y, mass in pull.towns:
        distance = np.hypot(xy[:, 0] - x, xy[:, 1] - y)
        weight += TOWN_PULL * mass * np.exp(-distance / TOWN_REACH)
    if pull.roads is not None and not pull.roads.is_empty:
        distance = shapely.distance(shapely.points(xy), pull.roads)
        weight += ROAD_PULL * np.exp(-distance / ROAD_REACH)
    return weight / weight.sum()
