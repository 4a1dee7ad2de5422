"""Geometry for a screen: simplified to what can be seen, in degrees, few digits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
import shapely

from data.plan import GEOGRAPHIC

FINEST, COARSEST = 5.0, 100.0
"""Metres to which outlines are simplified, for a small and for a large area."""

STEPS = 4000
"""The longer side of the area in units of the simplification."""


class Screen:
    """Turns geometry of a plan into GeoJSON degrees; ``tolerance`` in metres."""

    def __init__(self, crs: str, bounds: tuple[float, float, float, float]) -> None:
        west, south, east, north = bounds
        self.tolerance = min(max(max(east - west, north - south) / STEPS, FINEST), COARSEST)
        self._digits = 5 if self.tolerance < 10 else 4
        self._there = pyproj.Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)

    def mesh(self, shapes: Sequence[shapely.Geometry]) -> list[dict[str, Any]]:
        """Simplify areas that share borders, so that they still share them."""
        array = np.array(shapes, dtype=object)
        if len(array) and shapely.coverage_is_valid(array):
            array = shapely.coverage_simplify(array, self.tolerance)
        else:
            array = shapely.simplify(array, self.tolerance)
        return [self._json(one) for one in array]

    def one(self, shape: shapely.Geometry) -> dict[str, Any]:
        """Simplify one geometry; holes and parts nobody would see go."""
        simple = shapely.simplify(shape, self.tolerance)
        return self._json(simple if not simple.is_empty else shape)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return latitude and longitude of a place, as Leaflet wants them."""
        lon, lat = self._there.transform(x, y)
        return round(lat, 6), round(lon, 6)

    def _json(self, shape: shapely.Geometry) -> dict[str, Any]:
        turned = shapely.transform(shape, self._degrees)
        found: dict[str, Any] = shapely.geometry.mapping(turned)
        return {"type": found["type"], "coordinates": _rounded(found["coordinates"], self._digits)}

    def _degrees(self, metres: np.ndarray) -> np.ndarray:
        return np.column_stack(self._there.transform(metres[:, 0], metres[:, 1]))


def _rounded(part: Any, digits: int) -> Any:
    if isinstance(part, float | int):
        return round(part, digits)
    return [_rounded(one, digits) for one in part]
