"""Across country and on roads: against a graph put together cell by cell and solved by networkx."""

import math
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import rasterio
import shapely

from data.geodesy import Ruler
from data.refused import Refused
from maps.analysis.network.costs import costs
from maps.analysis.network.friction import Across, across
from maps.analysis.network.graph import build
from maps.analysis.network.ground import Ground
from maps.analysis.network.lines import gather
from maps.analysis.network.profile import condition, profile
from maps.analysis.network.snap import Snapper, joinable
from maps.analysis.network.terrain import Terrain, read_heights, tobler
from tests.maps.network.towns import CRS, EAST, KMH, NORTH, _node, random_roads, road_layer

CELL, ROWS, COLUMNS = 700.0, 15, 16
WEST, TOP = EAST - 400.0, NORTH + 10_100.0
RULER = Ruler(CRS)


class Spots:
    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = x, y


def grid() -> Ground:
    row, column = (v.ravel() for v in np.indices((ROWS, COLUMNS)))
    x, y = WEST + (column + 0.5) * CELL, TOP - (row + 0.5) * CELL
    ones = np.ones(len(x))
    return Ground(
        x, y, np.zeros(len(x), np.intp), ones, row, column, CELL, WEST, TOP, (ROWS, COLUMNS), ones
    )


def centre(row: int, column: int) -> tuple[float, float]:
    return WEST + (column + 0.5) * CELL, TOP - (row + 0.5) * CELL


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(RULER.distance(*a, *b))


class Country:
    """The same country, arc by arc."""

    def __init__(self, land: Terrain, rows: list[dict[str, object]], offroad: float) -> None:
        self.land, self.rows, self.offroad = land, rows, offroad
        self.graph = nx.DiGraph()

    def link(self, a: object, b: object, seconds: float) -> None:
        have = self.graph.get_edge_data(a, b)
        if have is None or have["weight"] > seconds:
            self.graph.add_edge(a, b, weight=seconds)

    def cells(self) -> None:
        for r in range(ROWS):
            for c in range(COLUMNS):
                for dr in (-1, 0, 1):
                    for dc in (-1, 0, 1):
                        self._step(r, c, r + dr, c + dc)

    def _free(self, r: int, c: int) -> bool:
        return 0 <= r < ROWS and 0 <= c < COLUMNS and self.land.kmh[r, c] > 0

    def _step(self, r: int, c: int, r2: int, c2: int) -> None:
        if (r, c) == (r2, c2) or not (self._free(r, c) and self._free(r2, c2)):
            return
        if r != r2 and c != c2 and not (self._free(r, c2) or self._free(r2, c)):
            return
        metres = distance(centre(r, c), centre(r2, c2))
        if self.land.heights is None:
            hours = metres / 1000 * (1 / self.land.kmh[r, c] + 1 / self.land.kmh[r2, c2]) / 2
        else:
            rise = (self.land.heights[r2, c2] - self.land.heights[r, c]) / metres
            hours = metres / 1000 / (6 * math.exp(-3.5 * abs(rise + 0.05)) * 0.6)
        self.link((r, c), (r2, c2), hours * 3600)

    def cell_of(self, xy: tuple[float, float]) -> tuple[tuple[int, int], float] | None:
        r, c = int((TOP - xy[1]) // CELL), int((xy[0] - WEST) // CELL)
        if not self._free(r, c):
            return None
        kmh = self.land.kmh[r, c]
        if self.land.heights is not None:
            kmh = 6 * math.exp(-3.5 * 0.05) * 0.6
        return (r, c), distance(xy, centre(r, c)) * 3.6 / kmh

    def roads(self, stops: dict[int, list[tuple[float, object]]], leave: set[object]) -> None:
        """Roads with a node every cell and at the places' feet; ``leave`` feet meet the land."""
        for e, row in enumerate(self.rows):
            shape = row["geometry"]
            pieces = max(1, math.ceil(shape.length / CELL))
            points = [(j / pieces, ("stop", e, j)) for j in range(1, pieces)]
            ends = [(0.0, _node(shape.coords[0])), (1.0, _node(shape.coords[-1]))]
            every = sorted([ends[0], *points, *stops.get(e, []), ends[1]], key=lambda p: p[0])
            seconds = RULER.length(shape) * 3.6 / KMH[row["等级"]]
            for (f, a), (g, b) in pairwise(every):
                if row["单行"] != "反向" or g == f:
                    self.link(a, b, (g - f) * seconds)
                if row["单行"] != "是" or g == f:
                    self.link(b, a, (g - f) * seconds)
            for f, node in every:
                spot = shape.interpolate(f, normalized=True)
                home = self.cell_of((spot.x, spot.y))
                if home is not None and (node not in self.all_feet or node in leave):
                    self.link(node, home[0], home[1])
                    self.link(home[0], node, home[1])

    def solve(self, x: np.ndarray, y: np.ndarray, sources: int, ready: np.ndarray) -> np.ndarray:
        stops: dict[int, list[tuple[float, object]]] = {}
        feet, legs = [], []
        for k, (px, py) in enumerate(zip(x, y, strict=True)):
            point = shapely.Point(px, py)
            gaps = [row["geometry"].distance(point) for row in self.rows]
            e = int(np.argmin(gaps))
            shape = self.rows[e]["geometry"]
            along = shape.project(point)
            spot = shape.interpolate(along)
            stops.setdefault(e, []).append((along / shape.length, ("foot", k)))
            feet.append(("foot", k))
            legs.append(distance((px, py), (spot.x, spot.y)) * 1.3 * 3.6 / self.offroad)
        self.all_feet = set(feet)
        self.cells()
        self.roads(stops, set(feet[:sources]))
        for k, (px, py) in enumerate(zip(x, y, strict=True)):
            home = self.cell_of((float(px), float(py)))
            if k < sources:
                self.graph.add_edge(("from", k), feet[k], weight=legs[k])
                if home is not None:
                    self.graph.add_edge(("from", k), home[0], weight=home[1])
            else:
                self.graph.add_edge(feet[k], ("to", k), weight=legs[k])
                if home is not None:
                    self.graph.add_edge(home[0], ("to", k), weight=home[1])
        out = []
        for k in range(sources):
            found = nx.single_source_dijkstra_path_length(self.graph, ("from", k))
            out.append([ready[k] + found.get(("to", t), np.inf) for t in range(sources, len(x))])
        return np.array(out)


def solved(seed: int, heights: bool) -> tuple[Across, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = random_roads(rng, 9)
    network = build(gather([road_layer(rows)], ("现状",)), CRS)
    kmh = rng.choice([0.0, 3.0, 8.0, 20.0], (ROWS, COLUMNS), p=[0.25, 0.25, 0.25, 0.25])
    up = np.cumsum(rng.normal(0, 40, (ROWS, COLUMNS)), axis=1) if heights else None
    land = Terrain(WEST, TOP, CELL, kmh, up)
    who = profile("救援车辆")
    cost = costs(network, who, condition("晴"))
    x = EAST + rng.uniform(-1500, 11_000, 45)
    y = NORTH + rng.uniform(-1500, 11_000, 45)
    ready = rng.uniform(0, 900, 4)
    places = Snapper(network, joinable(network, who)).snap(x, y)
    found = across(cost, land, grid(), places.take(np.arange(4)), ready, 2)
    seconds, names = found.at(Spots(x[4:], y[4:]))
    every = Country(land, rows, who.offroad.kmh).solve(x, y, 4, ready)
    return found, seconds, names, every


@pytest.mark.parametrize("heights", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_two_quickest_over_land_and_road(seed: int, heights: bool) -> None:
    _, seconds, names, every = solved(seed, heights)
    order = np.argsort(every, axis=0, kind="stable")[:2]
    expected = np.take_along_axis(every, order, 0)
    np.testing.assert_allclose(seconds, expected, rtol=1e-7, atol=1e-4)
    reached = np.isfinite(expected)
    own = np.take_along_axis(every, np.where(reached, names, 0), 0)
    np.testing.assert_allclose(own[reached], expected[reached], rtol=1e-7, atol=1e-4)
    assert reached.any()


def test_without_roads_one_goes_straight_over_even_ground() -> None:
    network = build(gather([], ("现状",)), CRS)
    cost = costs(network, profile("救援车辆"), condition("雪"))
    places = Snapper(network, np.zeros(0, bool)).snap(*(np.array([v]) for v in centre(7, 1)))
    found = across(cost, None, grid(), places, np.zeros(1), 1)
    x, y = centre(7, 11)
    seconds = found.at(Spots(np.array([x]), np.array([y])))[0][0]
    metres = distance(centre(7, 1), (x, y))
    assert seconds == pytest.approx(metres * 3.6 / (20.0 * 0.65), rel=1e-6)


def test_a_flooded_zone_is_walked_round() -> None:
    network = build(gather([], ("现状",)), CRS)
    cost = costs(network, profile("救援车辆"), condition("晴"))
    places = Snapper(network, np.zeros(0, bool)).snap(*(np.array([v]) for v in centre(7, 1)))
    wall = shapely.box(WEST + 5 * CELL, TOP - 12 * CELL, WEST + 6 * CELL, TOP)
    dry = Terrain(WEST, TOP, CELL, np.full((ROWS, COLUMNS), 20.0))
    goal = Spots(*(np.array([v]) for v in centre(7, 11)))
    straight = across(cost, dry, grid(), places, np.zeros(1), 1).at(goal)[0][0, 0]
    round_it = across(cost, dry.without([wall]), grid(), places, np.zeros(1), 1).at(goal)[0][0, 0]
    assert round_it > straight * 1.2
    wet = Spots(*(np.array([v]) for v in centre(7, 5)))
    inside = across(cost, dry.without([wall]), grid(), places, np.zeros(1), 1).at(wet)[0][0, 0]
    assert not np.isfinite(inside)


def test_tobler() -> None:
    assert tobler(np.array([0.0, -0.05, 0.2])) == pytest.approx([5.037, 6.0, 2.501], abs=1e-3)


def test_heights_from_a_geotiff(tmp_path: Path) -> None:
    path = tmp_path / "dem.tif"
    values = np.add.outer(np.arange(40.0) * -10, np.arange(40.0) * 3).astype("float32")
    where = rasterio.Affine(600, 0, WEST - 5000, 0, -600, TOP + 5000)
    size = {"height": 40, "width": 40, "count": 1}
    options = {"driver": "GTiff", "dtype": "float32", "crs": CRS, **size}
    with rasterio.open(path, "w", transform=where, **options) as file:
        file.write(values, 1)
    heights = read_heights(path, CRS, grid())
    x, y = centre(4, 6)
    column, row = (x - (WEST - 5000)) / 600 - 0.5, (TOP + 5000 - y) / 600 - 0.5
    assert heights[4, 6] == pytest.approx(-10 * row + 3 * column, abs=0.5)
    small = tmp_path / "small.tif"
    where = rasterio.Affine(10, 0, WEST, 0, -10, TOP)
    with rasterio.open(small, "w", transform=where, **options) as file:
        file.write(values, 1)
    with pytest.raises(Refused, match="没有盖住规划区"):
        read_heights(small, CRS, grid())
    with pytest.raises(Refused, match="读不了高程文件"):
        read_heights(tmp_path / "none.tif", CRS, grid())
