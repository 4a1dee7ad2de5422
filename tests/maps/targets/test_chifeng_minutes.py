"""赤峰: the verdicts that hang on minutes, worked out again from the saved file alone.

geopandas reads the GeoPackage as any other program would, PROJ measures, networkx searches
the roads; speeds are written here by hand. Nothing of the program's analysis is used.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import pytest

from data.files import save
from maps.analysis.targets.evaluate import check_rules
from maps.analysis.targets.model import Verdict
from tests.maps.targets.test_chifeng import OWN, book, rules

KMH = {"高速": 100, "国道": 80, "省道": 60, "县道": 40, "城市道路": 40}
OFF_ROAD = 1.3 * 3.6 / 20
"""Seconds a metre from a road to a place: straight line × 1.3 at 20 km/h."""
GEOD = pyproj.Geod(ellps="GRS80")
DONE, TODAY = ("现状", "在建", "规划"), ("现状", "撤销")

Points = np.ndarray
"""(n, 2) eastings and northings."""


class SavedPlan:
    """The saved file: 23 roads between towns, each of its stated length however it is drawn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        roads = self.read("道路")
        self.degrees = pyproj.Transformer.from_crs(roads.crs, "EPSG:4490", always_xy=True)
        lines = [np.asarray(line.coords) for line in roads.geometry]
        self.ends = np.array([(line[0], line[-1]) for line in lines])
        self.legs = [(i, *leg) for i, line in enumerate(lines) for leg in self.pieces(line)]
        self.seconds = np.array(
            [km * 3600 / KMH[c] for km, c in zip(roads["里程"], roads["等级"], strict=True)]
        )
        people = self.read("人口")
        people = people.reset_index(drop=True)
        home = gpd.sjoin(people, self.districts(), predicate="within")
        home = home[~home.index.duplicated()]
        self.persons, self.home = people.loc[home.index, "人口"].to_numpy(), home["名称"].to_numpy()
        here = people.loc[home.index].geometry
        self.joined = self.join(np.column_stack([here.x, here.y]))

    def pieces(self, line: Points) -> list[tuple[Points, Points, float, float]]:
        """Straight pieces of a road: both ends, and how far along the road they are (0 … 1)."""
        run = np.r_[0.0, np.cumsum(self.metres(line[:-1], line[1:]))]
        run /= run[-1]
        return list(zip(line[:-1], line[1:], run[:-1], run[1:], strict=True))

    def read(self, layer: str) -> gpd.GeoDataFrame:
        return gpd.read_file(self.path, layer=layer)

    def districts(self) -> gpd.GeoDataFrame:
        every = self.read("行政区")
        return every.loc[every["角色"] == "规划区", ["名称", "geometry"]]

    def facilities(self, layer: str, statuses: tuple[str, ...]) -> gpd.GeoDataFrame:
        every = self.read(layer)
        return every[every["状态"].isin(statuses)]

    def near(self, layer: str, statuses: tuple[str, ...], town: str) -> Points:
        """Forest squads within 10 km of a town."""
        towns = self.read("居民点").set_index("名称").geometry
        some = self.facilities(layer, statuses)
        some = some[some["级别"] == "森林消防"]
        spots = np.column_stack([some.geometry.x, some.geometry.y])
        away = self.metres(spots, np.broadcast_to([towns[town].x, towns[town].y], spots.shape))
        return spots[away <= 10_000]

    def metres(self, a: Points, b: Points) -> np.ndarray:
        one, other = self.degrees.transform(*a.T), self.degrees.transform(*b.T)
        return np.asarray(GEOD.inv(*one, *other)[2])

    def join(self, spots: Points) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Nearest road of every spot (each against each), how far along it, seconds to it."""
        best = np.full(len(spots), np.inf)
        road, share, foot = np.zeros(len(spots), int), np.zeros(len(spots)), spots.copy()
        for i, a, b, low, high in self.legs:
            along = np.clip((spots - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            at = a + along[:, None] * (b - a)
            away = np.hypot(*(spots - at).T)
            closer = away < best
            best[closer], road[closer] = away[closer], i
            share[closer] = (low + along * (high - low))[closer]
            foot[closer] = at[closer]
        return road, share, self.metres(spots, foot) * OFF_ROAD

    def minutes(self, facilities: Points, ready: float = 0.0) -> np.ndarray:
        """Minutes from the quickest of some facilities to everybody in a planning district."""
        graph = nx.MultiDiGraph()
        towns = [[tuple(xy) for xy in np.round(self.ends[:, side], 2)] for side in (0, 1)]
        for a, b, seconds in zip(*towns, self.seconds, strict=True):
            graph.add_edge(a, b, weight=seconds)
            graph.add_edge(b, a, weight=seconds)
        road, share, off = self.joined
        direct = np.full(len(road), np.inf)
        for i, f, leg in zip(*self.join(facilities), strict=True):
            leave = ready * 60 + leg
            graph.add_edge("from", towns[0][i], weight=leave + f * self.seconds[i])
            graph.add_edge("from", towns[1][i], weight=leave + (1 - f) * self.seconds[i])
            along = leave + np.abs(share - f) * self.seconds[i]
            direct = np.where(road == i, np.minimum(direct, along), direct)
        found = nx.single_source_dijkstra_path_length(graph, "from")
        ends = [np.array([found.get(town, np.inf) for town in side]) for side in towns]
        by_start = ends[0][road] + share * self.seconds[road]
        by_stop = ends[1][road] + (1 - share) * self.seconds[road]
        return (np.minimum.reduce([by_start, by_stop, direct]) + off) / 60


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> SavedPlan:
    path = tmp_path_factory.mktemp("赤峰") / "赤峰.gpkg"
    save(book(), path)
    return SavedPlan(path)


@pytest.mark.parametrize(("option", "ready"), [("含集结装卸", 240.0), ("只算行车", 0.0)])
def test_six_hours_from_every_depot(saved: SavedPlan, option: str, ready: float) -> None:
    depots = saved.facilities("储备库", DONE)
    minutes = saved.minutes(np.column_stack([depots.geometry.x, depots.geometry.y]), ready)
    share = 100 * saved.persons[minutes <= 360].sum() / saved.persons.sum()
    slowest = minutes[saved.persons > 0].max()
    cover, worst = verdicts(option)["CF-057"], verdicts(option)["CF-057-2"]
    assert cover.value == pytest.approx(share, abs=1e-9)
    assert worst.value == pytest.approx(slowest / 60)
    expected = "pass" if slowest <= 360 else "warn" if ready else "fail"
    assert option in cover.reading
    assert cover.verdict == worst.verdict == expected
    outside = {name: saved.persons[(minutes > 360) & (saved.home == name)].sum() for name in OWN}
    inside = {n: 100 * (1 - outside[n] / saved.persons[saved.home == n].sum()) for n in OWN}
    assert {row[0]: row[1] for row in cover.rows} == pytest.approx(inside, abs=1e-9)
    assert {place.name for place in cover.where[1:]} == {n for n in OWN if outside[n] > 0}


@cache
def verdicts(option: str) -> Mapping[str, Verdict]:
    """The program's own answers under one reading of 六小时."""
    facts = {**book().facts, "读法": {"六小时口径": option}}
    ids = ["CF-057", "CF-057-2", "CF-062", "CF-063"]
    return check_rules(book().plan, rules(), facts, only=ids).by_id


@pytest.mark.parametrize(
    ("rule", "old", "new"), [("CF-062", "黑里河镇", "天义镇"), ("CF-063", "旺业甸", "锦山镇")]
)
def test_who_is_reached_before_and_after_a_move(
    saved: SavedPlan, rule: str, old: str, new: str
) -> None:
    found = verdicts("只算行车")[rule]
    told = {name: people for name, people, _ in found.rows}
    for name, town, statuses in (("迁建前", old, TODAY), ("迁建后", new, DONE)):
        squads = saved.near("救援队伍", statuses, town)
        assert len(squads) == 1
        reached = saved.persons[saved.minutes(squads) <= 60].sum()
        assert told[name] == pytest.approx(reached, rel=1e-9)
    assert found.verdict == "pass"
