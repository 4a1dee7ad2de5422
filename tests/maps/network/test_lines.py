"""Where roads join and where they do not."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from data.geodesy import Ruler
from data.plan import Plan
from data.progress import Cancelled
from data.refused import Refused
from maps.analysis.network.graph import Network, build, network_of
from maps.analysis.network.lines import gather
from tests.maps.network.towns import CRS, line, road_layer, roads_plan


def net(*rows: dict[str, object], **options: object) -> Network:
    return build(gather([road_layer(list(rows))], ("现状",)), CRS, **options)


def islands(network: Network) -> int:
    return len(np.unique(network.component))


def road(*points: tuple[float, float], **more: object) -> dict[str, object]:
    return {"geometry": line(*points), **more}


def test_shared_ends_join() -> None:
    network = net(road((0, 0), (100, 0)), road((100, 0), (200, 50)))
    assert islands(network) == 1
    assert network.nodes == 3
    assert network.core == 2
    assert len(network.chain_first) - 1 == 1


def test_a_vertex_shared_by_two_middles_is_a_junction() -> None:
    network = net(road((0, 0), (100, 0), (200, 0)), road((100, -50), (100, 0), (100, 50)))
    assert (network.edges, network.core, islands(network)) == (4, 5, 1)


def test_a_mere_crossing_is_no_junction() -> None:
    cross = [road((0, 0), (200, 0)), road((100, -50), (100, 50))]
    assert islands(net(*cross)) == 2
    asked = net(*cross, join=True)
    assert (asked.edges, islands(asked)) == (4, 1)


@pytest.mark.parametrize("lift", ["桥", "隧道"])
def test_bridges_and_tunnels_join_at_their_ends_only(lift: str) -> None:
    above = road((0, 0), (100, 0), (200, 0), 桥隧=lift)
    below = road((100, -50), (100, 0), (100, 50))
    assert islands(net(above, below)) == 2
    assert islands(net(above, below, join=True)) == 2
    touching = road((100, 0.4), (100, 50))
    assert islands(net(above, touching)) == 2
    after = road((200, 0), (300, 0))
    assert islands(net(above, after)) == 1


def test_a_loose_end_within_a_metre_of_an_end_joins() -> None:
    near = net(road((0, 0), (100, 0)), road((100.9, 0), (200, 0)))
    assert islands(near) == 1
    assert [(f.kind, f.rows) for f in near.fixes] == [("端点未接上", (0, 1))]
    far = net(road((0, 0), (100, 0)), road((101.1, 0), (200, 0)))
    assert islands(far) == 2
    assert far.fixes == ()


def test_a_loose_end_within_a_metre_of_a_middle_cuts_it() -> None:
    network = net(road((0, 0), (200, 0)), road((80, 0.7), (80, 90)))
    assert (network.edges, islands(network)) == (3, 1)
    assert [f.kind for f in network.fixes] == ["端点差一点接到路中"]
    lengths = np.sort(network.length)
    np.testing.assert_allclose(lengths, [80, 89.3, 120], rtol=1e-4)
    assert islands(net(road((0, 0), (200, 0)), road((80, 1.2), (80, 90)))) == 2


def test_a_loose_end_beside_its_own_line_stays_loose() -> None:
    hook = net(road((0, 0), (100, 0), (100, 50), (50, 50), (50, 0.5)))
    assert (hook.edges, hook.fixes) == (1, ())


def test_repeated_vertices_and_lines_without_length_do_no_harm() -> None:
    network = net(
        road((0, 0), (0, 0), (100, 0), (100, 0), (200, 0)),
        {"geometry": shapely.LineString([line((50, 50), (51, 50)).coords[0]] * 2)},
    )
    assert (network.edges, len(network.vertices)) == (1, 3)


def test_lengths_are_true_metres() -> None:
    rows = [road((150_000, 0), (150_000, 3000), (154_000, 3000))]
    network = net(*rows)
    assert network.length.sum() == pytest.approx(Ruler(CRS).length(rows[0]["geometry"]), abs=1e-6)
    assert network.length.sum() < 7000 * 0.9998


def test_a_sketched_road_is_as_long_as_stated_a_surveyed_one_as_drawn() -> None:
    sketch = road((0, 0), (4000, 0), (6000, 0), 里程=9.0, 位置精度="示意")
    branch = road((4000, 0), (4000, 500))
    survey = road((0, 100), (6000, 100), 里程=9.0, 位置精度="实测")
    network = net(sketch, branch, survey)
    by_road = np.bincount(network.road, network.length)
    assert by_road == pytest.approx([9000, 500, 6000], rel=1e-5)
    first = sorted(network.length[network.road == 0])
    assert first == pytest.approx([3000, 6000], rel=1e-6)


def test_edges_of_a_chain_follow_each_other() -> None:
    rng = np.random.default_rng(5)
    xs = np.cumsum(rng.uniform(50, 200, 40))
    points = [(float(x), float(rng.normal(0, 30))) for x in xs]
    rows = [road(a, b) if rng.random() < 0.5 else road(b, a) for a, b in pairwise(points)]
    rng.shuffle(rows)
    network = net(*rows)
    assert len(network.chain_first) == 2
    assert (network.head[:-1] == network.tail[1:]).all()
    for e, shape in enumerate(network.shapes):
        start, end = shape.coords[0], shape.coords[-1]
        assert start == (network.x[network.tail[e]], network.y[network.tail[e]])
        assert end == (network.x[network.head[e]], network.y[network.head[e]])


def test_planned_and_closed_down_roads() -> None:
    rows = [
        road((0, 0), (100, 0), 状态="现状"),
        road((100, 0), (200, 0), 状态="规划"),
        road((0, 0), (0, 100), 状态="撤销"),
        road((0, 0), (0, -100)),
    ]
    plan = roads_plan(*rows)
    assert sorted(network_of(plan, "现状").roads.fid) == [1, 3, 4]
    assert sorted(network_of(plan, "全部").roads.fid) == [1, 2, 4]


def test_the_network_is_kept_with_the_layers() -> None:
    plan = roads_plan(road((0, 0), (100, 0)))
    same = Plan("另一个方案", CRS, plan.layers)
    assert network_of(plan) is network_of(same)
    other = Plan("改了路", CRS, (road_layer([road((0, 0), (100, 10))]),))
    assert network_of(plan) is not network_of(other)


def test_building_tells_how_far_it_is_and_can_be_stopped() -> None:
    plan = roads_plan(road((0, 0), (100, 0)), road((50, -50), (50, 50)), road((99.5, 0), (200, 0)))
    told: list[float] = []

    def stop(done: float, text: str) -> None:
        told.append(done)
        if done >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        network_of(plan, join=True, report=stop)
    assert len(told) > 3
    assert told == sorted(told)
    # What was stopped is not kept: the next question gets the whole network.
    whole: list[str] = []
    network = network_of(plan, join=True, report=lambda done, text: whole.append(text))
    assert network.edges == 5
    assert len(whole) > len(told)
    # And who asks again, with another ear, gets the same one.
    assert network_of(plan, join=True) is network


def test_no_roads_is_said() -> None:
    with pytest.raises(Refused, match="没有道路"):
        network_of(Plan("空", CRS))
    with pytest.raises(Refused, match="没有“现状”时能走的路"):
        network_of(roads_plan(road((0, 0), (9, 0), 状态="规划")), "现状")


def test_missing_and_empty_shapes_and_several_parts() -> None:
    several = shapely.MultiLineString([line((0, 0), (100, 0)), line((100, 0), (100, 300))])
    rows = [
        {"geometry": several, "里程": 0.8, "位置精度": "示意"},
        {"geometry": None},
        {"geometry": shapely.LineString()},
    ]
    network = net(*rows)
    assert (network.edges, islands(network)) == (2, 1)
    assert network.length == pytest.approx([200, 600], rel=1e-5)
    assert set(network.roads.fid[network.road]) == {1}
