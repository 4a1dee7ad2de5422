"""Small plans to choose sites in."""

import geopandas as gpd
import numpy as np
import shapely

from data.plan import Layer, Plan, make_layer

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 4_600_000.0


def _points(name: str, kind: str, xy: np.ndarray, **columns: object) -> Layer:
    shapes = gpd.points_from_xy(WEST + xy[:, 0], SOUTH + xy[:, 1])
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    return make_layer(name, kind, frame, CRS, basis="人口格网·示意" if kind == "population" else "")


def people(rng: np.random.Generator, count: int = 60) -> Layer:
    xy = rng.uniform(0, 20_000, (count, 2))
    return _points("人口", "population", xy, 人口=rng.integers(1, 500, count))


def districts() -> Layer:
    """Two districts side by side, 10 × 20 km each."""
    shapes = [
        shapely.box(WEST + k * 10_000, SOUTH, WEST + (k + 1) * 10_000, SOUTH + 20_000)
        for k in range(2)
    ]
    frame = gpd.GeoDataFrame({"名称": ["东区", "西区"], "角色": "规划区"}, geometry=shapes, crs=CRS)
    return make_layer("行政区", "district", frame, CRS)


def settlements(xy: np.ndarray, **columns: object) -> Layer:
    names = [f"村{i}" for i in range(len(xy))]
    return _points("居民点", "settlement", xy, 名称=names, **columns)


def stations(xy: np.ndarray, **columns: object) -> Layer:
    names = [f"站{i}" for i in range(len(xy))]
    values = {"名称": names, "状态": ["现状"] * len(xy), **columns}
    return _points("消防站", "fire_station", xy, **values)


def hazards(xy: np.ndarray, distance: list[float | None]) -> Layer:
    names = [f"源{i}" for i in range(len(xy))]
    return _points("危险源", "hazard_site", xy, 名称=names, 状态="现状", 安全距离=distance)


def flood(shape: shapely.Polygon) -> Layer:
    frame = gpd.GeoDataFrame({"名称": ["洪水"]}, geometry=[shape], crs=CRS)
    return make_layer("灾害区", "hazard_zone", frame, CRS)


def roads(lines: list[list[tuple[float, float]]], **columns: object) -> Layer:
    shapes = [shapely.LineString([(WEST + x, SOUTH + y) for x, y in line]) for line in lines]
    values = {"名称": [f"路{i}" for i in range(len(lines))], "等级": "县道", **columns}
    return make_layer("道路", "road", gpd.GeoDataFrame(values, geometry=shapes, crs=CRS), CRS)


def plan(*layers: Layer) -> Plan:
    return Plan("现状", CRS, layers)


def usual(seed: int = 1) -> Plan:
    """People in two districts, eight settlements, three stations."""
    rng = np.random.default_rng(seed)
    return plan(
        districts(),
        people(rng),
        settlements(rng.uniform(1_000, 19_000, (8, 2)), 人口=100),
        stations(rng.uniform(1_000, 19_000, (3, 2))),
    )
