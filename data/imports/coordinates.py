"""The two encryptions of Chinese phone maps, and their inverses.

GCJ-02 (高德、腾讯、天地图以外的多数手机地图) shifts every place in China by some 300–700 m;
BD-09 (百度地图) shifts GCJ-02 once more. Neither is published: the formulas here are the ones
in common use, found by others from the maps themselves (eviltransform). They are defined on
degrees; CGCS2000 and WGS 84 differ by less than a metre and are the same thing here.

The forward formula has no closed inverse. Its shift changes slowly from place to place (its
derivative is below 0.01), so subtracting the shift of the current guess converges by a factor
of 100 and more a step; the inverse is iterated until it moves less than a millimetre.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Pair = tuple[Floats, Floats]

_A = 6378245.0
"""Semi-major axis of the Krassowsky ellipsoid, on which GCJ-02 is computed, metres."""
_EE = 0.00669342162296594323
_BD_ANGLE = np.pi * 3000.0 / 180.0
_STEPS = 30
_CLOSE = 1e-9
"""Degrees; a tenth of a millimetre."""


def inside_rule(lon: Any, lat: Any) -> npt.NDArray[np.bool_]:
    """Where the encryption applies: the rectangle the map services use for “in China”."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def to_gcj02(lon: Any, lat: Any) -> Pair:
    """CGCS2000/WGS 84 degrees → GCJ-02 degrees; outside China nothing changes."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    east, north = _shift(lon, lat)
    here = inside_rule(lon, lat)
    return np.where(here, lon + east, lon), np.where(here, lat + north, lat)


def from_gcj02(lon: Any, lat: Any) -> Pair:
    """GCJ-02 degrees → CGCS2000/WGS 84 degrees, to a millimetre."""
    return _inverse(to_gcj02, lon, lat)


def to_bd09(lon: Any, lat: Any) -> Pair:
    """CGCS2000/WGS 84 degrees → BD-09 degrees; outside China nothing changes."""
    x, y = to_gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_ANGLE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_ANGLE)
    here = inside_rule(lon, lat)
    east = radius * np.cos(angle) + 0.0065
    north = radius * np.sin(angle) + 0.006
    return np.where(here, east, x), np.where(here, north, y)


def from_bd09(lon: Any, lat: Any) -> Pair:
    """BD-09 degrees → CGCS2000/WGS 84 degrees, to a millimetre."""
    return _inverse(to_bd09, lon, lat)


def _inverse(forward: Any, lon: Any, lat: Any) -> Pair:
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    x, y = lon.copy(), lat.copy()
    for _ in range(_STEPS):
        east, north = forward(x, y)
        off_x, off_y = east - lon, north - lat
        x, y = x - off_x, y - off_y
        finite = np.isfinite(off_x) & np.isfinite(off_y)
        if not finite.any() or max(np.abs(off_x[finite]).max(), np.abs(off_y[finite]).max()) < (
            _CLOSE
        ):
            break
    # Just outside the rectangle no place maps here: such a place was never encrypted.
    here = inside_rule(lon, lat)
    return np.where(here, x, lon), np.where(here, y, lat)


def _shift(lon: Floats, lat: Floats) -> Pair:
    """The shift of GCJ-02 at a place, degrees (east, north)."""
    x, y = lon - 105.0, lat - 35.0
    pi = np.pi
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    sine = np.sin(np.radians(lat))
    magic = 1.0 - _EE * sine * sine
    east = east * 180.0 / (_A / np.sqrt(magic) * np.cos(np.radians(lat)) * pi)
    north = north * 180.0 / (_A * (1.0 - _EE) / (magic * np.sqrt(magic)) * pi)
    return east, north
