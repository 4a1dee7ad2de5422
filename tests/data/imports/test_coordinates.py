"""GCJ-02 and BD-09: the forward formula, and an inverse that brings every place back."""

import math

import numpy as np
import pytest
from pyproj import Geod

from data.imports.coordinates import from_bd09, from_gcj02, inside_rule, to_bd09, to_gcj02

GEOD = Geod(ellps="GRS80")


def slow_gcj(lon, lat):
    """The published formula, written out once more for one place."""
    a, ee = 6378245.0, 0.00669342162296594323
    x, y = lon - 105.0, lat - 35.0
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    magic = 1 - ee * math.sin(math.radians(lat)) ** 2
    north = north * 180 / (a * (1 - ee) / (magic * math.sqrt(magic)) * math.pi)
    east = east * 180 / (a / math.sqrt(magic) * math.cos(math.radians(lat)) * math.pi)
    return lon + east, lat + north


def places(seed, count=5000):
    r = np.random.default_rng(seed)
    return r.uniform(73.5, 135, count), r.uniform(3.5, 53.5, count)


def metres(lon, lat, lon2, lat2):
    return GEOD.inv(lon, lat, lon2, lat2)[2]


def test_forward_is_the_published_formula():
    lon, lat = places(1, 300)
    fast = np.column_stack(to_gcj02(lon, lat))
    slow = np.array([slow_gcj(x, y) for x, y in zip(lon, lat, strict=True)])
    assert np.abs(fast - slow).max() < 1e-12


def test_known_pair_of_beijing():
    # Tian'anmen as the map services' own example has it.
    assert np.allclose(to_gcj02(116.404, 39.915), (116.41024449916938, 39.91640428150164))
    assert np.allclose(to_bd09(116.404, 39.915), (116.41662724378733, 39.922699552216216))


@pytest.mark.parametrize(
    ("there", "back"), [(to_gcj02, from_gcj02), (to_bd09, from_bd09)], ids=["GCJ", "BD"]
)
def test_inverse_brings_every_place_back_to_a_millimetre(there, back):
    lon, lat = places(2)
    again = back(*there(lon, lat))
    assert metres(lon, lat, *again).max() < 0.001
    forth = there(*back(lon, lat))
    assert metres(lon, lat, *forth).max() < 0.001


def test_shift_is_what_people_see():
    lon, lat = places(3)
    gcj, bd = metres(lon, lat, *to_gcj02(lon, lat)), metres(lon, lat, *to_bd09(lon, lat))
    assert gcj.min() > 30
    assert gcj.max() < 1_200
    assert 300 < np.median(gcj) < 700
    assert 900 < np.median(bd) < 1_500


def test_outside_china_nothing_moves():
    lon, lat = np.array([0.0, 2.35, 139.7, -74.0]), np.array([0.0, 48.86, 35.7, 40.7])
    assert not inside_rule(lon, lat).any()
    for change in (to_gcj02, to_bd09, from_gcj02, from_bd09):
        x, y = change(lon, lat)
        assert (x == lon).all()
        assert (y == lat).all()


def test_missing_places_stay_missing():
    x, y = from_gcj02(np.array([118.0, np.nan]), np.array([42.0, np.nan]))
    assert np.isfinite(x[0])
    assert np.isnan([x[1], y[1]]).all()
