"""The made-up prefecture the benchmarks work on: the size of 赤峰, the same on every machine.

90 000 km² in 12 districts, 100 m cells of which 400 000 are populated (4.04 million people in
12 towns, 161 townships and 9 000 villages), facilities scattered where people live.
"""

import functools

import geopandas as gpd
import numpy as np
import shapely

from data.plan import Layer, Plan, make_layer

CRS = "EPSG:4548"
WEST, SOUTH, COLUMNS, ROWS, CELL = 440_000.0, 4_575_000.0, 3700, 4500, 100.0
POPULATED, PEOPLE = 400_000, 4_040_000


@functools.cache
def outline() -> shapely.Polygon:
    """The border: a wavy blob of 90 000 km²."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    out = 1 + 0.16 * np.cos(2 * angle + 0.6) + 0.07 * np.cos(3 * angle + 1.9)
    middle = (WEST + COLUMNS * CELL / 2, SOUTH + ROWS * CELL / 2)
    ring = np.c_[middle[0] + 142e3 * out * np.cos(angle), middle[1] + 205e3 * out * np.sin(angle)]
    shape = shapely.Polygon(ring)
    grown = np.sqrt(90_000e6 / shape.area)
    return shapely.transform(shape, lambda xy: middle + (xy - middle) * grown)


@functools.cache
def districts() -> Layer:
    """Twelve districts: the nearest-seat cells of the outline, with a corner every 500 m."""
    rng = np.random.default_rng(12)
    seats = _inside(rng, 12)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(seats), extend_to=outline())
    )
    shapes = shapely.segmentize(shapely.intersection(cells, outline()), 500.0)
    names = [f"区{i + 1}" for i in range(len(shapes))]
    frame = gpd.GeoDataFrame({"名称": names, "角色": "规划区"}, geometry=shapes, crs=CRS)
    return make_layer("行政区", "district", frame, CRS)


@functools.cache
def _settled() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Populated cells (rising numbers), their persons, and how much of a centre each is.

    The last adds up the towns, townships and villages that spread into the cell, a town's heart
    counting a thousand times what a village does.
    """
    rng = np.random.default_rng(4)
    spread = np.repeat([2_800.0, 900.0, 320.0], (12, 161, 9000))
    places = _inside(rng, len(spread))
    weight = np.repeat([2600.0, 260.0, 28.0], (12, 161, 9000)) * rng.lognormal(0, 0.5, len(spread))
    pull = np.repeat([60.0, 2.2, 0.055], (12, 161, 9000))
    pull[:12] *= np.arange(1, 13) ** -0.75 * 12**0.3
    found, centre = np.empty(0, dtype=np.int64), np.empty(0)
    while len(found) < POPULATED:
        who = np.repeat(np.arange(len(spread)), rng.poisson(weight))
        at = places[who] + rng.normal(0, 1, (len(who), 2)) * spread[who, None]
        inside = shapely.contains_xy(outline(), *at.T)
        cell = ((at[inside] - (WEST, SOUTH)) // CELL).astype(np.int64)
        number = np.concatenate([found, cell[:, 1] * COLUMNS + cell[:, 0]])
        found, which = np.unique(number, return_inverse=True)
        centre = np.bincount(which, np.concatenate([centre, pull[who[inside]]]))
    kept = np.sort(rng.choice(len(found), POPULATED, replace=False))
    return found[kept], rng.lognormal(0, 1.2, POPULATED), centre[kept]


@functools.cache
def people() -> Layer:
    """The populated cells' centres with their persons."""
    kept, persons, _ = _settled()
    x, y = WEST + (kept % COLUMNS + 0.5) * CELL, SOUTH + (kept // COLUMNS + 0.5) * CELL
    frame = gpd.GeoDataFrame(
        {"人口": persons * (PEOPLE / persons.sum())}, geometry=shapely.points(x, y), crs=CRS
    )
    return make_layer("人口", "population", frame, CRS, basis="人口格网·示意", cell=CELL)


@functools.cache
def crowded() -> np.ndarray:
    """Persons of the same cells, a third of them living in one cell of a hundred."""
    _, persons, centre = _settled()
    here = (centre**0.9 + 0.02) * persons ** (0.7 / 1.2)
    return np.asarray(here * (PEOPLE / here.sum()))


@functools.cache
def facilities(count: int) -> Layer:
    """Facilities near people."""
    rng = np.random.default_rng(count)
    xy = shapely.get_coordinates(people().frame.geometry.to_numpy())
    at = xy[rng.choice(len(xy), count, replace=False)] + rng.normal(0, 2_000, (count, 2))
    names = [f"库{i + 1}" for i in range(count)]
    frame = gpd.GeoDataFrame({"名称": names, "状态": "现状"}, geometry=shapely.points(at), crs=CRS)
    return make_layer("储备库", "depot", frame, CRS)


def plan(count: int) -> Plan:
    """A plan with everything above and ``count`` facilities."""
    return Plan("现状", CRS, (districts(), people(), facilities(count)))


def _inside(rng: np.random.Generator, count: int) -> np.ndarray:
    west, south, east, north = outline().bounds
    at = rng.uniform((west, south), (east, north), (count * 3, 2))
    return at[shapely.contains_xy(outline(), *at.T)][:count]
