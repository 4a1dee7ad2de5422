"""Minutes by road: ours, networkx, and scipy alone, on 300 000 nodes and 760 000 arcs."""

import functools
import itertools
import math

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from data.geodesy import Ruler
from data.plan import Layer, Plan, make_layer
from maps.analysis.network.costs import Costs, costs
from maps.analysis.network.graph import Network, build, network_of
from maps.analysis.network.isochrone import reached_area, side_by_side
from maps.analysis.network.lines import gather
from maps.analysis.network.live import LiveTime
from maps.analysis.network.profile import condition, profile
from maps.analysis.network.snap import Places, Snapper, joinable
from maps.analysis.network.timers import ByRoad, snapper_of
from maps.analysis.network.travel import reach
from maps.analysis.timecover import TimeAsk, timecover
from tests.bench import workload
from tests.bench.rivals import ByScipy, pandana_nearest, qgis_areas
from tests.bench.timing import Row, race

NODES, STREETS = 300_000, 380_000
DEMANDS, FACILITIES = 100_000, 100
KMH = {"国道": 80.0, "省道": 60.0, "县道": 40.0, "村道": 20.0}
HALF_HOUR = 1800.0
EACH = 8_000


@functools.cache
def town() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Junctions (n, 2), both ends of every street, and its class: a bent grid in the outline."""
    rng = np.random.default_rng(9)
    step = np.sqrt(90_000e6 / NODES)
    west, south, east, north = workload.outline().bounds
    x, y = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
    inside = shapely.contains_xy(workload.outline(), x, y)
    number = np.full(x.shape, -1)
    number[inside] = np.arange(inside.sum())
    at = np.column_stack([x[inside], y[inside]]) + rng.normal(0, 0.18 * step, (inside.sum(), 2))
    row, column = np.indices(x.shape)
    rank = [
        np.where(k % 64 == 7, 0, np.where(k % 16 == 7, 1, np.where(k % 4 == 3, 2, 3)))
        for k in (row, column)
    ]
    a = np.r_[number[:, :-1].ravel(), number[:-1].ravel()]
    b = np.r_[number[:, 1:].ravel(), number[1:].ravel()]
    grade = np.r_[rank[0][:, :-1].ravel(), rank[1][:-1].ravel()]
    real = np.flatnonzero((a >= 0) & (b >= 0))
    # Large roads stay, lanes are thinned out to the wanted number; the order tells nothing.
    keep = real[np.argsort(rng.random(len(real)) + (grade[real] == 3))[:STREETS]]
    keep = rng.permutation(keep)
    # As in a file: neighbours do not have neighbouring numbers.
    mixed = rng.permutation(len(at))
    at[mixed], a, b = at.copy(), mixed[a], mixed[b]
    return at, a[keep], b[keep], np.array(list(KMH))[grade[keep]]


@functools.cache
def plan() -> Plan:
    """Roads, and people and depots that stand exactly at junctions (so that all can agree)."""
    at, a, b, grade = town()
    lines = shapely.linestrings(np.stack([at[a], at[b]], axis=1))
    roads = gpd.GeoDataFrame({"等级": grade}, geometry=lines, crs=workload.CRS)
    rng = np.random.default_rng(10)
    used = np.unique(np.r_[a, b])
    homes, depots = rng.choice(used, DEMANDS, False), rng.choice(used, FACILITIES, False)
    return Plan(
        "现状",
        workload.CRS,
        (
            workload.districts(),
            make_layer("道路", "road", roads, workload.CRS),
            _points("population", "人口", at[homes], {"人口": rng.integers(1, 100, DEMANDS)}),
            _points("depot", "储备库", at[depots], {"状态": ["现状"] * FACILITIES}),
        ),
    )


def _points(kind: str, name: str, at: np.ndarray, columns: dict[str, object]) -> Layer:
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points(at), crs=workload.CRS)
    return make_layer(name, kind, frame, workload.CRS)


def run() -> list[Row]:
    """Building, the quickest of 100, the three quickest, dragging, areas."""
    nearest = [*_nearest(None), *_nearest(HALF_HOUR)]
    return [*_build(), *nearest, *_again(), *_three(), *_drag(), *_areas()]


def _seconds() -> np.ndarray:
    """Seconds of every street, worked out apart from ours."""
    at, a, b, grade = town()
    metres = Ruler(workload.CRS).distance(*at[a].T, *at[b].T)
    return np.asarray(metres) * 3.6 / np.array([KMH[g] for g in grade])


def _build() -> list[Row]:
    layer = plan().layer("道路")

    def ours() -> float:
        network = build(gather([layer], ("现状",)), workload.CRS)
        return float(len(np.r_[network.tail, network.head]))

    def whole() -> float:
        network = build(gather([layer], ("现状",)), workload.CRS)
        cost = costs(network, profile("救援车辆"), condition("晴"))
        homes = shapely.get_coordinates(plan().layer("人口").frame.geometry.to_numpy())
        Snapper(network, joinable(network, cost.profile)).snap(*homes.T)
        return float(cost.matrix.nnz)

    def usual() -> float:
        graph = nx.Graph()
        for shape, t in zip(layer.frame.geometry, _seconds(), strict=True):
            first, *_, last = shape.coords
            graph.add_edge(first, last, weight=t)
        return 2.0 * graph.number_of_edges()

    name = "networkx, joined by equal coordinates"
    return race(
        f"roads to a network: {STREETS:,} lines",
        {
            "ours: junctions, T-junctions, chains": ours,
            "ours: and costs, 100 000 snapped": whole,
            name: usual,
        },
        rounds=3,
        slow={name: 1},
    )


@functools.cache
def _ours() -> tuple[Network, Costs, Places, Places, np.ndarray]:
    network = network_of(plan())
    cost = costs(network, profile("救援车辆"), condition("晴"))
    snapper = snapper_of(network, "救援车辆")
    homes, depots = (
        snapper.snap(*shapely.get_coordinates(plan().layer(name).frame.geometry.to_numpy()).T)
        for name in ("人口", "储备库")
    )
    return network, cost, homes, depots, plan().layer("人口").frame["人口"].to_numpy(float)


@functools.cache
def _theirs() -> tuple[nx.Graph, csr_matrix, np.ndarray, np.ndarray]:
    """networkx graph and scipy matrix in the order of the file; nodes of homes and depots."""
    at, a, b, _ = town()
    t = _seconds()
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(a.tolist(), b.tolist(), t.tolist(), strict=True))
    matrix = csr_matrix((np.r_[t, t], (np.r_[a, b], np.r_[b, a])), shape=(len(at), len(at)))
    where = {tuple(p): i for i, p in enumerate(at.tolist())}
    homes, depots = (
        np.array([where[tuple(p)] for p in shapely.get_coordinates(layer.frame.geometry).tolist()])
        for layer in (plan().layer("人口"), plan().layer("储备库"))
    )
    return graph, matrix, homes, depots


def _nearest(limit: float | None) -> list[Row]:
    _, cost, homes, depots, persons = _ours()
    graph, matrix, home_nodes, depot_nodes = _theirs()
    furthest = np.inf if limit is None else limit
    ready = np.zeros(len(depots))

    def ours() -> float:
        seconds = reach(cost, depots, ready, 1, furthest).at_places(homes, keep=True)[0][0]
        return float(persons[seconds <= HALF_HOUR].sum())

    def scipy_alone() -> float:
        found = dijkstra(matrix, indices=depot_nodes, min_only=True, limit=furthest)
        return float(persons[found[home_nodes] <= HALF_HOUR].sum())

    def usual() -> float:
        found = nx.multi_source_dijkstra_path_length(graph, set(depot_nodes.tolist()), cutoff=limit)
        seconds = np.array([found.get(h, np.inf) for h in home_nodes.tolist()])
        return float(persons[seconds <= HALF_HOUR].sum())

    found = dijkstra(matrix, indices=depot_nodes, min_only=True, limit=furthest)[home_nodes]
    mine = reach(cost, depots, ready, 1, furthest).at_places(homes, keep=True)[0][0]
    # The rival's limit cuts what lies beyond, ours does at places a little later.
    within = found <= furthest
    assert np.allclose(mine[within], found[within], rtol=1e-7)
    assert not (mine[~within] <= furthest).any()
    name = "networkx multi_source_dijkstra"
    title = "no limit" if limit is None else f"limit {limit / 60:g} min"
    work = f"quickest of {FACILITIES} facilities for {DEMANDS:,} places, {title}"
    rows = race(
        work,
        {
            "ours: seconds and which facility": ours,
            "scipy dijkstra, order of the file": scipy_alone,
            name: usual,
        },
        slow={name: 2},
        notes={"scipy dijkstra, order of the file": "places must be junctions; not which facility"},
    )
    assert len({row.answer for row in rows}) == 1, "the ways must agree to the last person"
    if limit is None:
        return rows
    at, a, b, _ = town()
    places = (at, a, b, _seconds())
    return [
        *rows,
        pandana_nearest(work, places, home_nodes, depot_nodes, persons, limit, rows[0].ms),
    ]


def _again() -> list[Row]:
    """The same facilities asked about once more, each time with other minutes."""
    graph, _, home_nodes, depot_nodes = _theirs()
    persons = plan().layer("人口").frame["人口"].to_numpy(float)
    limits = itertools.cycle([20.0, 30.0, 40.0, 50.0])
    timecover(plan(), TimeAsk("depot", 60.0))

    def ours() -> None:
        timecover(plan(), TimeAsk("depot", next(limits)))

    def usual() -> None:
        limit = next(limits) * 60
        found = nx.multi_source_dijkstra_path_length(graph, set(depot_nodes.tolist()), cutoff=limit)
        sum(p for h, p in zip(home_nodes.tolist(), persons, strict=True) if h in found)

    name = "networkx multi_source_dijkstra, total alone"
    return race(
        f"the same {FACILITIES} facilities again, other minutes",
        {"ours: three quickest, by district, remarks": ours, name: usual},
        rounds=21,
        slow={name: 2},
    )


def _three() -> list[Row]:
    _, cost, homes, depots, persons = _ours()
    _, matrix, home_nodes, depot_nodes = _theirs()
    ready = np.zeros(len(depots))

    def ours() -> float:
        seconds = reach(cost, depots, ready, 3).at_places(homes, keep=True)[0]
        return float(persons[seconds[2] <= HALF_HOUR].sum())

    def one_by_one() -> float:
        best = np.full((4, len(home_nodes)), np.inf)
        for node in depot_nodes:
            best[3] = dijkstra(matrix, indices=node)[home_nodes]
            best.sort(axis=0)
        return float(persons[best[2] <= HALF_HOUR].sum())

    name = "scipy, a search per facility"
    rows = race(
        "the three quickest facilities of every place, no limit",
        {"ours: a search per rank": ours, name: one_by_one},
        rounds=5,
        slow={name: 1},
    )
    assert len({row.answer for row in rows}) == 1, "the ways must agree to the last person"
    return rows


def _drag() -> list[Row]:
    ask = TimeAsk("depot", 60.0)
    live = LiveTime(plan(), ask, "储备库", 1)
    graph, _, home_nodes, _ = _theirs()
    at = town()[0]
    start = plan().layer("储备库").geometry(1)
    path = itertools.cycle(
        [(start.x + 300 * k, start.y + 200 * k) for k in [*range(60), *range(60, 0, -1)]]
    )
    persons = plan().layer("人口").frame["人口"].to_numpy(float)
    node = int(np.argmin(np.hypot(*(at - (start.x, start.y)).T)))

    def frame() -> None:
        live.at(*next(path))

    def usual() -> float:
        found = nx.single_source_dijkstra_path_length(graph, node, cutoff=3600)
        return float(
            sum(p for h, p in zip(home_nodes.tolist(), persons, strict=True) if h in found)
        )

    name = "networkx single_source_dijkstra, total of one facility"
    whole = "ours: everything again (timecover)"
    rows = race(
        "one facility dragged on roads, 60 min, all numbers by district",
        {"ours: one frame": frame, whole: lambda: timecover(plan(), ask) and None, name: usual},
        rounds=101,
        slow={name: 2, whole: 3},
    )
    return rows


ORIGINS = 1000
TEN_MINUTES = 600.0
OFF_ROAD = 1.3 * 3.6 / 20
"""Seconds a metre off the road takes: straight line × 1.3 at 20 km/h, as in the speed table."""


def _areas() -> list[Row]:
    _, cost, _, _, _ = _ours()
    graph, matrix, _, _ = _theirs()
    at, a, b, _ = town()
    used = np.unique(np.r_[a, b])
    nodes = np.random.default_rng(11).choice(used, ORIGINS, False)
    starts = snapper_of(cost.network, "救援车辆").snap(*at[nodes].T)
    ruler = Ruler(workload.CRS)
    by_scipy = ByScipy(at, a, b, _seconds(), matrix)
    sizes: dict[str, list[float]] = {}

    def drawn(k: int) -> shapely.Geometry:
        found = reach(cost, starts.take(np.array([k])), np.zeros(1), 1, TEN_MINUTES)
        return reached_area(ByRoad(found), TEN_MINUTES, ruler, EACH)

    def ours() -> float:
        sizes["ours"] = [shape.area / 1e6 for shape in side_by_side(drawn, ORIGINS)]
        return sum(sizes["ours"])

    def same() -> float:
        sizes["same"] = [by_scipy.area(n, TEN_MINUTES, OFF_ROAD, EACH) for n in nodes.tolist()]
        return sum(sizes["same"])

    def usual() -> float:
        total = 0.0
        for node in nodes.tolist():
            found = nx.single_source_dijkstra_path_length(graph, node, cutoff=TEN_MINUTES)
            part = graph.subgraph(found)
            lines = [shapely.LineString([at[a], at[b]]) for a, b in part.edges]
            total += shapely.union_all(shapely.buffer(lines, 500.0)).area / 1e6 if lines else 0.0
        return total

    name = "networkx subgraph, buffered 500 m"
    alone = "scipy + shapely, the same definition in cells"
    work = f"{ORIGINS:,} areas of 10 minutes, one origin each"
    way = "ours: partial edges, every vertex in time"
    rows = race(
        work,
        {way: ours, alone: same, name: usual},
        rounds=1,
        slow={way: 1, alone: 1, name: 1},
        notes={
            alone: "stepped outlines; the sum within 2 %, as asserted",
            name: "another definition: whole edges only, a guess off the road",
        },
    )
    assert math.isclose(sum(sizes["ours"]), sum(sizes["same"]), rel_tol=0.02)
    apart = np.abs(np.array(sizes["ours"]) / np.array(sizes["same"]) - 1)
    assert np.quantile(apart, 0.9) < 0.05
    roads = (
        plan()
        .layer("道路")
        .frame[["geometry", "等级"]]
        .assign(kmh=lambda frame: frame["等级"].map(KMH))
    )
    return [*rows, qgis_areas(work, roads, at[nodes], rows[0].ms)]
