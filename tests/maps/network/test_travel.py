"""Minutes by road against networkx: random networks, whole answers compared."""

import networkx as nx
import numpy as np
import pytest
import shapely

from maps.analysis.network.costs import Costs, costs
from maps.analysis.network.graph import Network, build, hilbert
from maps.analysis.network.lines import gather
from maps.analysis.network.profile import condition, profile
from maps.analysis.network.snap import Snapper, joinable, legs
from maps.analysis.network.travel import each, reach
from tests.maps.network.towns import CRS, EAST, NORTH, Oracle, line, random_roads, road_layer

FACILITIES, PEOPLE = 6, 60


def town(seed: int) -> tuple[list[dict[str, object]], Network, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = random_roads(rng)
    network = build(gather([road_layer(rows)], ("现状",)), CRS)
    x = EAST + rng.uniform(-500, 10_500, FACILITIES + PEOPLE)
    y = NORTH + rng.uniform(-500, 10_500, FACILITIES + PEOPLE)
    return rows, network, x, y


def dry(network: Network, vehicle: str = "救援车辆", **more: object) -> Costs:
    return costs(network, profile(vehicle), condition("晴"), **more)


def table(rows: list[dict[str, object]], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Seconds on the road by networkx, (facilities, people)."""
    oracle = Oracle(rows, x, y)
    targets = range(FACILITIES, FACILITIES + PEOPLE)
    return np.array([oracle.seconds(f, targets) for f in range(FACILITIES)])


@pytest.mark.parametrize("seed", range(12))
def test_three_quickest_facilities_are_those_of_networkx(seed: int) -> None:
    rows, network, x, y = town(seed)
    cost = dry(network)
    places = Snapper(network, joinable(network, cost.profile)).snap(x, y)
    ready = np.random.default_rng(seed).uniform(0, 600, FACILITIES)
    facilities = places.take(np.arange(FACILITIES))
    people = places.take(np.arange(FACILITIES, len(places)))

    found = reach(cost, facilities, ready, k=3)
    seconds, who = found.at_places(people)

    off = legs(places, cost)
    every = table(rows, x, y) + (ready + off[:FACILITIES])[:, None] + off[FACILITIES:]
    order = np.argsort(every, axis=0, kind="stable")[:3]
    expected = np.take_along_axis(every, order, 0)
    np.testing.assert_allclose(seconds, expected, rtol=1e-9, atol=1e-6)
    reached = np.isfinite(expected)
    assert (who[~reached] == -1).all()
    own = np.take_along_axis(every, np.where(reached, who, 0), 0)
    np.testing.assert_allclose(own[reached], expected[reached], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_matrix_of_single_searches_is_that_of_networkx(seed: int) -> None:
    rows, network, x, y = town(seed)
    cost = dry(network)
    places = Snapper(network, joinable(network, cost.profile)).snap(x, y)
    off = legs(places, cost)
    found = each(
        cost,
        places.take(np.arange(FACILITIES)),
        np.zeros(FACILITIES),
        places.take(np.arange(FACILITIES, len(places))),
    )
    expected = table(rows, x, y) + off[:FACILITIES, None] + off[FACILITIES:]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_towards_the_facility_is_the_graph_turned_round(seed: int) -> None:
    rows, network, x, y = town(seed)
    cost = dry(network)
    places = Snapper(network, joinable(network, cost.profile)).snap(x, y)
    found = each(
        cost.turned,
        places.take(np.arange(FACILITIES)),
        np.zeros(FACILITIES),
        places.take(np.arange(FACILITIES, len(places))),
    )
    off = legs(places, cost)
    oracle = Oracle(rows, x, y)
    oracle.graph = oracle.graph.reverse()
    targets = range(FACILITIES, FACILITIES + PEOPLE)
    expected = np.array([oracle.seconds(f, targets) for f in range(FACILITIES)])
    expected += off[:FACILITIES, None] + off[FACILITIES:]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_closed_roads_are_edges_taken_out(seed: int) -> None:
    rows, network, x, y = town(seed)
    rng = np.random.default_rng(seed)
    shut = rng.choice(len(rows), 8, replace=False)
    cost = dry(network, closed=[("道路", int(i) + 1) for i in shut])
    places = Snapper(network, joinable(network, cost.profile)).snap(x, y)
    found = each(
        cost,
        places.take(np.arange(FACILITIES)),
        np.zeros(FACILITIES),
        places.take(np.arange(FACILITIES, len(places))),
    )
    # Who had joined a closed road goes on from there to the nearest open one.
    before = Oracle(rows, x, y)
    stuck = np.isin(before.edge, shut)
    feet = [
        rows[e]["geometry"].interpolate(rows[e]["geometry"].project(shapely.Point(p, q)))
        for e, p, q in zip(before.edge, x, y, strict=True)
    ]
    open_rows = [row for i, row in enumerate(rows) if i not in shut]
    oracle = Oracle(
        open_rows,
        np.where(stuck, shapely.get_x(feet), x),
        np.where(stuck, shapely.get_y(feet), y),
    )
    off = (oracle.gap + np.where(stuck, before.gap, 0.0)) * 1.3 * 3.6 / 20
    targets = range(FACILITIES, FACILITIES + PEOPLE)
    expected = np.array([oracle.seconds(f, targets) for f in range(FACILITIES)])
    expected += off[:FACILITIES, None] + off[FACILITIES:]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_contraction_changes_no_distance(seed: int) -> None:
    """All pairs of junctions: the searched graph against every edge as it was drawn."""
    _, network, _, _ = town(seed)
    cost = dry(network)
    whole = nx.MultiDiGraph()
    for e in range(network.edges):
        t, h = int(network.tail[e]), int(network.head[e])
        if network.along[e]:
            whole.add_edge(t, h, weight=cost.seconds[e])
        if network.against[e]:
            whole.add_edge(h, t, weight=cost.seconds[e])
    small = nx.from_scipy_sparse_array(cost.matrix, create_using=nx.DiGraph)
    assert network.core < network.nodes
    for source in range(network.core):
        a = nx.single_source_dijkstra_path_length(whole, source) if source in whole else {source: 0}
        b = nx.single_source_dijkstra_path_length(small, source)
        a = {k: v for k, v in a.items() if k < network.core}
        assert a.keys() == b.keys()
        assert a == pytest.approx(b, rel=1e-9, abs=1e-6)


def test_a_ring_without_a_junction_is_travelled_both_ways() -> None:
    ring = line((0, 0), (4000, 0), (4000, 4000), (0, 4000), (0, 0))
    rows: list[dict[str, object]] = [{"geometry": ring, "等级": "村道", "单行": "否"}]
    network = build(gather([road_layer(rows)], ("现状",)), CRS)
    cost = dry(network)
    snapper = Snapper(network, joinable(network, cost.profile))
    station = snapper.snap(np.array([EAST + 3000.0]), np.array([NORTH]))
    people = snapper.snap(
        np.array([EAST + 4000.0, EAST, EAST]), np.array([NORTH + 1000, NORTH + 1000, NORTH + 4000])
    )
    minutes = reach(cost, station, np.zeros(1)).at_places(people)[0][0] / 60
    assert minutes == pytest.approx([6.0, 12.0, 21.0], rel=1e-3)


def test_hilbert_neighbours_are_neighbours() -> None:
    x, y = np.meshgrid(np.arange(16.0), np.arange(16.0))
    order = np.argsort(hilbert(np.column_stack([x.ravel(), y.ravel()]), bits=4))
    step = np.abs(np.diff(x.ravel()[order])) + np.abs(np.diff(y.ravel()[order]))
    assert (step == 1).all()
