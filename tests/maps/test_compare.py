"""Gained and lost people against one distance at a time, and against the difference of answers."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data import edits
from data.geodesy import Ruler
from data.plan import Plan, make_layer
from data.refused import Refused
from maps.analysis.compare import compare
from maps.analysis.coverage import CoverageAsk, coverage
from maps.analysis.timecover import TimeAsk, timecover

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_680_000.0


def layer(name: str, kind: str, shapes: object, **columns: object) -> object:
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    return make_layer(name, kind, frame, CRS)


def plan(rng: np.random.Generator, sites: int, *, gaps: bool = False) -> Plan:
    """Three districts in a row, people in and beside them, a road along the middle."""
    boxes = [shapely.box(X + i * 10e3, Y, X + (i + 1) * 10e3, Y + 12e3) for i in range(3)]
    at = rng.uniform((X - 4e3, Y - 2e3), (X + 32e3, Y + 14e3), (250, 2))
    people = [None if gaps and p[0] < X + 5e3 else float(n)
              for p, n in zip(at, rng.integers(0, 90, 250), strict=True)]  # fmt: skip
    depots = rng.uniform((X, Y), (X + 30e3, Y + 12e3), (sites, 2))
    road = [shapely.LineString([(X - 4e3, Y + 6e3), (X + 34e3, Y + 6e3)])]
    return Plan(
        "现状",
        CRS,
        (
            layer("行政区", "district", boxes, 名称=["西区", "中区", "东区"]),
            layer("人口", "population", shapely.points(at), 人口=people),
            layer("道路", "road", road, 等级=["国道"]),
            layer("库", "depot", shapely.points(depots), 状态=["现状"] * sites),
        ),
    )


def moved(base: Plan, rng: np.random.Generator, number: int) -> Plan:
    out = base
    for fid in rng.choice(base.layer("库").frame.index, number, replace=False):
        place = shapely.Point(rng.uniform(X, X + 30e3), rng.uniform(Y, Y + 12e3))
        out = edits.move_feature("库", int(fid), place)(out)
    return out


@pytest.mark.parametrize("seed", range(12))
def test_everybody_gained_and_lost_against_plain_distances(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = plan(rng, 6)
    other = moved(one, rng, 3)
    ask = CoverageAsk("depot", float(rng.uniform(1500, 7000)))
    found = compare(coverage(one, ask), coverage(other, ask))
    ruler = Ruler(CRS)
    places = shapely.get_coordinates(np.asarray(one.layer("人口").frame.geometry))
    persons = one.layer("人口").frame["人口"].to_numpy(float)
    district = np.clip(np.floor((places[:, 0] - X) / 10e3), 0, 2).astype(int)
    inside = (places >= (X, Y)).all(axis=1) & (places <= (X + 30e3, Y + 12e3)).all(axis=1)

    def near(of: Plan) -> np.ndarray:
        sites = shapely.get_coordinates(np.asarray(of.layer("库").frame.geometry))
        away = [[ruler.distance(*a, *b) for b in sites] for a in places]
        return (np.array(away) <= ask.radius).any(axis=1)

    was, now = near(one), near(other)
    for i, row in enumerate(found.by_district):
        here = inside & (district == i)
        assert row.gained == persons[here & now & ~was].sum()
        assert row.lost == persons[here & was & ~now].sum()
    assert found.outside.gained == persons[~inside & now & ~was].sum()
    assert found.outside.lost == persons[~inside & was & ~now].sum()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("way", ["radius", "network", "detour"])
def test_gained_and_lost_add_up(seed: int, way: str) -> None:
    rng = np.random.default_rng(100 + seed)
    one = plan(rng, 5)
    other = moved(one, rng, 2)
    if way == "radius":
        ask = CoverageAsk("depot", 4000.0)
        first, second = coverage(one, ask), coverage(other, ask)
    else:
        slow = TimeAsk("depot", 9.0, measure=way)
        first, second = timecover(one, slow), timecover(other, slow)
    found = compare(first, second)
    for row, a, b in zip(
        (found.whole, *found.by_district),
        (first.whole, *first.by_district),
        (second.whole, *second.by_district),
        strict=True,
    ):
        assert (row.before, row.after) == (a.people_covered, b.people_covered)
        assert row.after - row.before == row.gained - row.lost == row.net
    for column in ("before", "after", "gained", "lost"):
        total = sum(getattr(row, column) for row in found.by_district)
        assert total == getattr(found.whole, column)
    assert not (found.gained & found.lost).any()
    back = compare(second, first)
    assert (back.whole.gained, back.whole.lost) == (found.whole.lost, found.whole.gained)


def test_a_plan_against_itself_has_no_difference() -> None:
    one = plan(np.random.default_rng(1), 4)
    ask = CoverageAsk("depot", 4000.0)
    found = compare(coverage(one, ask), coverage(one, ask))
    assert (found.whole.gained, found.whole.lost) == (0, 0)
    assert not found.gained.any()


def test_unknown_people_stay_unknown() -> None:
    rng = np.random.default_rng(2)
    one = plan(rng, 4, gaps=True)
    ask = CoverageAsk("depot", 4000.0)
    found = compare(coverage(one, ask), coverage(moved(one, rng, 2), ask))
    assert found.by_district[0].gained is None
    assert found.by_district[0].net is None
    assert found.whole.gained is None
    assert found.by_district[2].gained is not None


def test_without_districts_the_whole_is_everybody() -> None:
    rng = np.random.default_rng(3)
    one = plan(rng, 4).without_layer("行政区")
    ask = CoverageAsk("depot", 4000.0)
    found = compare(coverage(one, ask), coverage(moved(one, rng, 3), ask))
    assert found.by_district == ()
    assert found.outside is None
    assert found.whole.net == found.whole.after - found.whole.before != 0


def test_what_cannot_be_compared_is_refused() -> None:
    rng = np.random.default_rng(4)
    one = plan(rng, 4)
    ask = CoverageAsk("depot", 4000.0)
    first = coverage(one, ask)
    with pytest.raises(Refused, match="条件不一样"):
        compare(first, coverage(one, replace(ask, radius=5000.0)))
    others = plan(rng, 4).layer("人口")
    with pytest.raises(Refused, match="人口图层不一样"):
        compare(first, coverage(one.with_layer(others), ask))
    fewer = edits.remove_features("行政区", [3])(one)
    with pytest.raises(Refused, match="行政区不一样"):
        compare(first, coverage(fewer, ask))
