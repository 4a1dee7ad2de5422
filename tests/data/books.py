"""Small plans for the tests, and a hypothesis strategy for odd ones."""

import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from data.kinds import KINDS, kind
from data.plan import Book, Layer, Look, Plan, make_layer

CRS = "EPSG:4549"


def point_layer(
    name: str = "储备库", kind_name: str = "depot", count: int = 3, **columns: Any
) -> Layer:
    """A layer of points on a diagonal, named 甲0, 甲1 …, 现状."""
    data: dict[str, Any] = {"名称": [f"甲{i}" for i in range(count)], "状态": ["现状"] * count}
    data |= columns
    shapes = [shapely.Point(500_000 + 1000 * i, 4_600_000 + 500 * i) for i in range(count)]
    return make_layer(name, kind_name, gpd.GeoDataFrame(data, geometry=shapes, crs=CRS), CRS)


def district_layer(people: tuple[int | None, ...] = (1000, None)) -> Layer:
    """Squares of 100 km side by side from 400 km east, named 区0, 区1 …"""
    shapes: list[shapely.Geometry] = [
        shapely.box(400_000 + 100_000 * i, 4_500_000, 500_000 + 100_000 * i, 4_700_000)
        for i in range(len(people))
    ]
    data = {
        "名称": [f"区{i}" for i in range(len(people))],
        "代码": [f"15040{i}" for i in range(len(people))],
        "角色": ["规划区"] * len(people),
        "人口": pd.Series(people, dtype=object),
    }
    frame = gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)
    return make_layer("行政区", "district", frame, CRS)


def small_book(title: str = "测试规划") -> Book:
    plan = Plan("现状", CRS, (district_layer(), point_layer()))
    return Book(title, (plan,))


_names = st.text(
    st.one_of(st.sampled_from("aA\"'/\\;库 %_.\n🚒"), st.characters(codec="utf-8")),
    max_size=12,
)
_texts = st.none() | st.text(st.characters(codec="utf-8"), max_size=20)
_numbers = st.floats(allow_nan=False) | st.integers(-(2**70), 2**70)
_anything = st.one_of(
    st.none(),
    st.booleans(),
    _numbers,
    _texts,
    st.dates(),
    st.lists(st.integers(0, 9), max_size=2),
)


def _column(draw: st.DrawFn, count: int) -> pd.Series:
    kinds = ("text", "object", "float", "float32", "int", "bool", "time", "date", "Int64", "blob")
    chosen = draw(st.sampled_from(kinds))

    def some(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    times = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))
    match chosen:
        case "text":
            return pd.Series(some(_texts), dtype="str")
        case "float":
            return pd.Series(some(st.floats(allow_nan=True)), dtype="float64")
        case "float32":
            return pd.Series(some(st.floats(width=32)), dtype="float32")
        case "int":
            return pd.Series(some(st.integers(-(2**63), 2**63 - 1)), dtype="int64")
        case "bool":
            return pd.Series(some(st.booleans()), dtype="bool")
        case "time":
            zone = draw(st.sampled_from(["datetime64[us]", "datetime64[ms, Asia/Shanghai]"]))
            stamps = pd.Series(some(st.none() | times), dtype="datetime64[us]")
            stamps = stamps if zone.endswith("us]") else stamps.dt.tz_localize("UTC")
            return stamps.astype(zone)
        case "date":
            return pd.Series(some(st.none() | st.dates()), dtype=object)
        case "Int64":
            return pd.Series(some(st.none() | st.integers(-9, 9)), dtype="Int64")
        case "blob":
            return pd.Series(some(st.none() | st.binary(max_size=4)), dtype=object)
    return pd.Series(some(_anything), dtype=object)


def _shape(draw: st.DrawFn, geometry: str) -> shapely.Geometry | None:
    if draw(st.integers(0, 9)) == 0:
        return None
    x, y = draw(st.floats(3e5, 7e5)), draw(st.floats(4e6, 5e6))
    if geometry == "point":
        return shapely.Point(x, y, 7.5) if draw(st.booleans()) else shapely.Point(x, y)
    line = shapely.LineString([(x, y), (x + 10, y + 1), (x + 3, y + 5)])
    area = shapely.box(x, y, x + 100, y + 50)
    if geometry == "line":
        return draw(st.sampled_from([line, shapely.MultiLineString([line])]))
    return draw(st.sampled_from([area, shapely.MultiPolygon([area]), shapely.Polygon()]))


@st.composite
def layers(draw: st.DrawFn, name: str) -> Layer:
    kind_name = draw(st.sampled_from([k.name for k in KINDS]))
    count = draw(st.integers(0, 4))
    ids = draw(
        st.lists(st.integers(1, 2**62), min_size=count, max_size=count, unique=True)
        | st.just(list(range(1, count + 1)))
    )
    taken = {"geometry"}
    columns = {}
    for wanted in draw(
        st.lists(_names | st.sampled_from(["fid", "geom", "名称", "人口", "建成年份"]), max_size=4)
    ):
        if wanted not in taken:
            taken.add(wanted)
            columns[wanted] = _column(draw, count).set_axis(pd.Index(ids, dtype="int64"))
    shapes = np.array([_shape(draw, kind(kind_name).geometry) for _ in ids] + [None])[:-1]
    index = pd.Index(np.array(ids, dtype="int64"), name="fid")
    frame = gpd.GeoDataFrame(
        pd.DataFrame(columns, index=index), geometry=gpd.array.from_shapely(shapes, crs=CRS)
    )
    frame.index.name = "fid"
    look = Look(
        draw(st.booleans()),
        draw(st.floats(0, 1)),
        draw(st.sampled_from(["", "#ff0000"])),
        draw(st.none() | st.tuples(_names, st.lists(_names, max_size=2).map(tuple))),
    )
    return Layer(name, kind_name, frame, draw(_names), draw(st.sampled_from([0.0, 100.0])), look)


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Any book: odd names, odd columns, shared and unshared layers."""
    names = draw(st.lists(_names, max_size=4, unique=True))
    pool = [draw(layers(name)) for name in names]
    plans = []
    for n in range(draw(st.integers(1, 3))):
        own = [
            draw(layers(x.name)) if draw(st.booleans()) else x
            for x in draw(st.permutations(pool))
            if draw(st.booleans())
        ]
        plans.append(Plan(f"方案{n}", CRS, tuple(own)))
    facts = draw(st.dictionaries(_names, st.none() | _names | st.integers(0, 9), max_size=2))
    return Book(draw(_names), tuple(plans), draw(st.integers(0, len(plans) - 1)), facts)
