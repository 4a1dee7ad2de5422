"""Small plans made by hand for the window's tests."""

import geopandas as gpd
import shapely

from data.plan import Book, Plan, make_layer

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_680_000.0
"""A place near 117°E, 42.3°N in the plan's metres."""


def small_plan() -> Plan:
    """Two districts side by side, three depots, a road, a grid of 400 people points."""
    districts = gpd.GeoDataFrame(
        {
            "名称": ["东区", "西区"],
            "代码": ["150402", "150403"],
            "人口": [2000, 2000],
            "角色": ["规划区", "规划区"],
        },
        geometry=[shapely.box(X, Y, X + 20e3, Y + 20e3), shapely.box(X - 20e3, Y, X, Y + 20e3)],
        crs=CRS,
    )
    depots = gpd.GeoDataFrame(
        {
            "名称": ["一号库", "二号库", "三号库"],
            "状态": ["现状", "规划", "现状"],
            "级别": ["市级", "县级", "县级"],
            "占地面积": [12000.0, 800.0, None],
        },
        geometry=[
            shapely.Point(X + 5e3, Y + 5e3),
            shapely.Point(X - 5e3, Y + 5e3),
            shapely.Point(X - 15e3, Y + 15e3),
        ],
        crs=CRS,
    )
    road = gpd.GeoDataFrame(
        {"名称": ["一号路"], "等级": ["国道"]},
        geometry=[shapely.LineString([(X - 20e3, Y + 10e3), (X + 20e3, Y + 10e3)])],
        crs=CRS,
    )
    places = [
        shapely.Point(X - 19e3 + 2e3 * i, Y + 1e3 + 1e3 * j) for i in range(20) for j in range(20)
    ]
    people = gpd.GeoDataFrame({"人口": [10.0] * 400}, geometry=places, crs=CRS)
    layers = (
        make_layer("行政区", "district", districts, CRS),
        make_layer("人口", "population", people, CRS, basis="人口格网·示意"),
        make_layer("道路", "road", road, CRS),
        make_layer("储备库", "depot", depots, CRS),
    )
    return Plan("现状", CRS, layers)


def small_book() -> Book:
    return Book("小规划", (small_plan(),))


def large_layer(rows: int) -> Plan:
    """One layer of so many settlements, names and people in a mixed order."""
    frame = gpd.GeoDataFrame(
        {
            "名称": [f"村{(i * 7919) % rows:06d}" for i in range(rows)],
            "级别": ["村(社区)" if i % 3 else None for i in range(rows)],
            "人口": [float((i * 31) % 5000) if i % 10 else None for i in range(rows)],
        },
        geometry=shapely.points([X + i for i in range(rows)], [Y] * rows),
        crs=CRS,
    )
    return Plan("现状", CRS, (make_layer("居民点", "settlement", frame, CRS),))
