"""The ruler against the geodesic library."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data.geodesy import CIRCLE_VERTICES, Ruler
from data.plan import best_crs
from data.refused import Refused

GEOD = pyproj.Geod(ellps="GRS80")

BOXES = {  # west, south, east, north of the five example regions, and long 绥化
    "赤峰": (116.3, 41.2, 120.9, 45.5),
    "满洲里": (117.2, 49.2, 117.9, 49.7),
    "绥化": (124.2, 45.0, 128.6, 48.1),
    "霍尔果斯": (80.2, 43.8, 80.9, 44.5),
    "康巴什": (109.5, 39.3, 110.2, 39.8),
}
RULERS = {name: Ruler(best_crs((b[0] + b[2]) / 2)) for name, b in BOXES.items()}


@pytest.mark.parametrize("name", BOXES)
def test_distances_agree_with_the_geodesic(name: str) -> None:
    west, south, east, north = BOXES[name]
    rng = np.random.default_rng(7)
    lon = rng.uniform(west, east, (2, 4000))
    lat = rng.uniform(south, north, (2, 4000))
    near = slice(0, 2000)  # half of the pairs close to each other
    lon[1, near] = lon[0, near] + rng.normal(0, 0.1, 2000)
    lat[1, near] = lat[0, near] + rng.normal(0, 0.1, 2000)
    ruler = RULERS[name]
    x, y = ruler.from_lonlat(lon, lat)
    true = GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2]
    ours = ruler.distance(x[0], y[0], x[1], y[1])
    assert np.abs(ours / true - 1).max() < 6e-6


@settings(max_examples=300, deadline=None)
@given(
    box=st.sampled_from(sorted(BOXES)),
    u=st.floats(0, 1),
    v=st.floats(0, 1),
    azimuth=st.floats(-180, 180),
    far=st.floats(10, 400_000),
)
def test_distance_of_any_pair_up_to_400_km(
    box: str, u: float, v: float, azimuth: float, far: float
) -> None:
    west, south, east, north = BOXES[box]
    lon, lat = west + u * (east - west), south + v * (north - south)
    there = GEOD.fwd(lon, lat, azimuth, far)
    ruler = RULERS[box]
    x1, y1 = ruler.from_lonlat(lon, lat)
    x2, y2 = ruler.from_lonlat(there[0], there[1])
    assert abs(ruler.distance(x1, y1, x2, y2) / far - 1) < 20e-6


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:32650", "EPSG:4527", "EPSG:2414"])
def test_scale_is_the_projections(crs: str) -> None:
    ruler = Ruler(crs)
    projection = pyproj.Proj(ruler.crs)
    lon, lat = np.meshgrid(np.linspace(114, 120, 13), np.linspace(18, 53, 11))
    true = projection.get_factors(lon, lat).meridional_scale
    x, y = projection(lon, lat)
    assert np.abs(ruler.scale(x, y) / true - 1).max() < 1e-6
    assert np.abs(ruler.inverse_scale(x, y) * true - 1).max() < 1e-6
    assert np.abs(ruler.scale(x) / true - 1).max() < 20e-6


def test_bounds_hold_and_are_close() -> None:
    ruler = RULERS["赤峰"]
    rng = np.random.default_rng(3)
    x = 500_000 + rng.uniform(-300_000, 300_000, 5000)
    y = rng.uniform(2.0e6, 5.9e6, 5000)
    reach = rng.uniform(10, 400_000, 5000)
    angle, out = rng.uniform(0, 7, 5000), reach * rng.uniform(0.01, 1, 5000)
    dx, dy = out * np.cos(angle), out * np.sin(angle)
    factor = ruler.distance(x, y, x + dx, y + dy) / np.hypot(dx, dy)
    low, high = ruler.bounds(x, reach)
    assert (low <= factor).all()
    assert (factor <= high).all()
    low, high = ruler.bounds(560_000.0, 50_000.0)
    assert high - low < 2e-4


@settings(max_examples=60, deadline=None)
@given(
    box=st.sampled_from(sorted(BOXES)),
    u=st.floats(0, 1),
    v=st.floats(0, 1),
    radius=st.floats(20, 150_000),
)
def test_circle_has_its_corners_at_the_true_distance(
    box: str, u: float, v: float, radius: float
) -> None:
    west, south, east, north = BOXES[box]
    lon, lat = west + u * (east - west), south + v * (north - south)
    ruler = RULERS[box]
    x, y = ruler.from_lonlat(lon, lat)
    disc = ruler.circle(x, y, radius)
    corners = shapely.get_coordinates(disc)[:-1]
    assert len(corners) == CIRCLE_VERTICES >= 128
    away_lon, away_lat = ruler.to_lonlat(corners[:, 0], corners[:, 1])
    same = np.full(len(corners), lon), np.full(len(corners), lat)
    true = GEOD.inv(*same, away_lon, away_lat)[2]
    assert np.abs(true / radius - 1).max() < 10e-6
    # The true disc on the ellipsoid, as a geodesic polygon of many corners.
    azimuths = np.linspace(-180, 180, 2880, endpoint=False)
    rim = GEOD.fwd(*(np.full(2880, q) for q in (lon, lat)), azimuths, np.full(2880, radius))
    whole = abs(GEOD.polygon_area_perimeter(rim[0], rim[1])[0]) / 1e6
    assert -0.0005 < ruler.area(disc) / whole - 1 < 0.00001


@pytest.mark.parametrize("name", BOXES)
def test_areas_and_lengths_agree_with_the_geodesic(name: str) -> None:
    west, south, east, north = BOXES[name]
    ruler = RULERS[name]
    rng = np.random.default_rng(11)
    shapes = []
    for _ in range(8):
        at = rng.uniform((west, south), (east, north))
        x, y = ruler.from_lonlat(*at)
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        out = rng.uniform(1_000, 120_000, 9)
        ring = np.c_[x + out * np.cos(angles), y + out * np.sin(angles)]
        hole = np.c_[x + 90 * np.cos(angles), y + 90 * np.sin(angles)]
        shapes.append(shapely.Polygon(ring, [hole]))
    shapes.append(shapely.MultiPolygon([shapely.box(x, y - 5e5, x + 5e3, y - 4.8e5), shapes[0]]))
    shapes.append(shapely.GeometryCollection([shapely.Point(x, y), shapes[-1]]))
    # Straight lines on the map are no geodesics: cut them short for the oracle.
    degrees = [
        shapely.transform(
            shapely.segmentize(s, 500), lambda c: np.column_stack(ruler.to_lonlat(*c.T))
        )
        for s in shapes
    ]
    true = [_geodesic_area(s) for s in degrees]
    assert np.allclose(ruler.area(shapes), true, rtol=2e-6, atol=1e-9)
    assert ruler.area(shapes[0]) == pytest.approx(true[0], rel=2e-6)
    lines = [shapely.get_exterior_ring(s) for s in shapes[:8]]
    long = [GEOD.geometry_length(shapely.get_exterior_ring(s)) for s in degrees[:8]]
    assert np.allclose(ruler.length(lines), long, rtol=10e-6)
    assert ruler.length(lines[0]) == pytest.approx(long[0], rel=10e-6)


def _geodesic_area(shape: shapely.Geometry) -> float:
    parts = [p for q in shapely.get_parts([shape]) for p in shapely.get_parts([q])]
    areas = [
        abs(GEOD.geometry_area_perimeter(shapely.Polygon(p.exterior))[0])
        - sum(abs(GEOD.geometry_area_perimeter(shapely.Polygon(i))[0]) for i in p.interiors)
        for p in parts
        if p.geom_type == "Polygon"
    ]
    return sum(areas) / 1e6


def test_nothing_has_no_area() -> None:
    ruler = RULERS["赤峰"]
    shapes = [None, shapely.Polygon(), shapely.Point(5e5, 4e6), shapely.box(0, 0, 1, 1)]
    assert ruler.area(shapes)[:3].tolist() == [0, 0, 0]
    assert ruler.area(None) == 0
    assert ruler.area(np.array([], dtype=object)).tolist() == []


def test_degrees_and_back() -> None:
    ruler = RULERS["霍尔果斯"]
    x, y = ruler.from_lonlat(80.41, 44.21)
    assert ruler.to_lonlat(x, y) == pytest.approx((80.41, 44.21), abs=1e-9)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "+proj=aea +lat_1=25 +lat_2=47", "赤峰"])
def test_other_coordinate_systems_are_refused(crs: str) -> None:
    with pytest.raises(Refused, match="高斯-克吕格"):
        Ruler(crs)
