"""Where the name of an area stands: the middle of the widest circle inside its largest part."""

from functools import lru_cache

import numpy as np
import shapely

_FINE, _NEAR = 1 / 1000, 1 / 500
"""Shares of an area's extent: below the first its outline is let go, the middle is found to
within the second."""


# Names are arranged two or three times a page, about the same areas.
@lru_cache(maxsize=256)
def widest(shape: shapely.Geometry) -> tuple[float, float, float]:
    """Return x, y and radius of the circle, in the shape's own units.

    Where the circle of the simplified outline has its middle outside the shape itself (a thin
    strip), some place inside is returned, with radius 0.
    """
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    west, south, east, north = shapely.bounds(largest)
    size = max(east - west, north - south)
    plain = shapely.simplify(largest, size * _FINE)
    circle = shapely.maximum_inscribed_circle(plain, tolerance=size * _NEAR)
    (x, y), (ex, ey) = shapely.get_coordinates(circle)
    if not shapely.intersects_xy(largest, x, y):
        ((x, y),) = shapely.get_coordinates(shapely.point_on_surface(largest))
        return float(x), float(y), 0.0
    return float(x), float(y), float(np.hypot(ex - x, ey - y))
