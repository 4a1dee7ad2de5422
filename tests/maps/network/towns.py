"""Small random road networks, and the same networks as plain networkx graphs (the oracle)."""

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from data.geodesy import Ruler
from data.plan import Layer, Plan, make_layer

CRS = "EPSG:4549"
EAST, NORTH = 500_000.0, 4_600_000.0
KMH = {"国道": 80.0, "县道": 40.0, "村道": 20.0}


def road_layer(rows: list[dict[str, object]], name: str = "道路") -> Layer:
    """A road layer from dicts with “geometry” and any of the kind's columns."""
    return make_layer(name, "road", gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS), CRS)


def roads_plan(*rows: dict[str, object]) -> Plan:
    return Plan("测试", CRS, (road_layer(list(rows)),))


def line(*points: tuple[float, float]) -> shapely.LineString:
    """A line through points in metres from the tests' own origin."""
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def random_roads(rng: np.random.Generator, junctions: int = 30) -> list[dict[str, object]]:
    """Roads between random junctions: bends, one-way streets, parallels, roads in pieces."""
    at = rng.uniform(0, 10_000, (junctions, 2))
    rows = []
    for _ in range(int(junctions * 1.7)):
        i, j = rng.choice(junctions, 2, replace=False)
        bends = np.linspace(at[i], at[j], int(rng.integers(2, 6)))
        bends[1:-1] += rng.normal(0, 300, bends[1:-1].shape)
        pieces = _pieces(rng, bends)
        way = str(rng.choice(["否", "否", "是", "反向"]))
        grade = str(rng.choice(list(KMH)))
        for piece in pieces:
            flip = rng.random() < 0.3
            rows.append(
                {
                    "geometry": line(*(piece[::-1] if flip else piece)),
                    "等级": grade,
                    "单行": _turned(way) if flip else way,
                }
            )
    return rows


def _pieces(rng: np.random.Generator, bends: np.ndarray) -> list[list[tuple[float, float]]]:
    """A road drawn in one piece, or cut at its bends into several features."""
    points = [tuple(p) for p in bends]
    if rng.random() < 0.5:
        return [points]
    return [[a, b] for a, b in pairwise(points)]


def _turned(way: str) -> str:
    return {"是": "反向", "反向": "是"}.get(way, way)


class Oracle:
    """The network with every place put in as a node; junctions are equal end points."""

    def __init__(self, rows: list[dict[str, object]], x: np.ndarray, y: np.ndarray) -> None:
        self.rows = rows
        self.ruler = Ruler(CRS)
        self.gap = np.empty(len(x))
        self.edge = np.empty(len(x), int)
        on: dict[int, list[tuple[float, object]]] = {}
        shapes = [row["geometry"] for row in rows]
        for k in range(len(x)):
            point = shapely.Point(x[k], y[k])
            distance = [s.distance(point) for s in shapes]
            e = self.edge[k] = int(np.argmin(distance))
            along = shapes[e].project(point)
            foot = shapes[e].interpolate(along)
            self.gap[k] = self.ruler.distance(x[k], y[k], foot.x, foot.y)
            on.setdefault(e, []).append((along / shapes[e].length, ("place", k)))
        self.graph = nx.MultiDiGraph()
        for e, row in enumerate(rows):
            self._add(e, row, on.get(e, []))

    def _add(self, e: int, row: dict[str, object], places: list[tuple[float, object]]) -> None:
        shape = row["geometry"]
        seconds = self.ruler.length(shape) * 3.6 / KMH[row["等级"]]
        stops = [
            (0.0, _node(shape.coords[0])),
            *sorted(places, key=lambda p: p[0]),
            (1.0, _node(shape.coords[-1])),
        ]
        for (f, a), (g, b) in pairwise(stops):
            if (g - f) * seconds < 1e-7:  # at the junction itself
                self.graph.add_edge(a, b, weight=0.0, road=-1)
                self.graph.add_edge(b, a, weight=0.0, road=-1)
                continue
            if row["单行"] != "反向":
                self.graph.add_edge(a, b, weight=(g - f) * seconds, road=e)
            if row["单行"] != "是":
                self.graph.add_edge(b, a, weight=(g - f) * seconds, road=e)

    def seconds(self, source: int, targets: range) -> np.ndarray:
        """Seconds on the road from place ``source`` to places, infinite where there is no way."""
        found = nx.single_source_dijkstra_path_length(self.graph, ("place", source))
        return np.array([found.get(("place", t), np.inf) for t in targets])


def _node(xy: tuple[float, float]) -> tuple[int, int]:
    return round(xy[0] * 100), round(xy[1] * 100)
