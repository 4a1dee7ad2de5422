"""The middle of an area: inside, and hardly less room around it than at the best place."""

import numpy as np
import pytest
import shapely

from maps.drawing.middle import widest


def some_shape(seed: int) -> shapely.Geometry:
    rng = np.random.default_rng(seed)
    blobs = shapely.buffer(shapely.points(rng.uniform(0, 900, (9, 2))), rng.uniform(30, 220, 9))
    return shapely.difference(shapely.union_all(blobs), shapely.box(400, 0, 430, 700))


@pytest.mark.parametrize("seed", range(12))
def test_no_place_of_a_grid_has_more_room(seed: int) -> None:
    shape = some_shape(seed)
    x, y, radius = widest(shape)
    largest = max(shapely.get_parts(shape), key=shapely.area)
    edge = shapely.boundary(largest)
    assert shapely.intersects_xy(largest, x, y)
    assert shapely.distance(edge, shapely.Point(x, y)) == pytest.approx(radius, abs=2.5)
    grid = shapely.points(np.stack(np.meshgrid(np.arange(0, 900, 6), np.arange(0, 900, 6)), -1))
    inside = shapely.intersects(largest, grid)
    assert radius >= shapely.distance(edge, grid[inside]).max() - 5.0


def test_a_strip_thinner_than_what_is_let_go_still_has_its_name_inside() -> None:
    bow = shapely.LineString([(np.cos(a) * 1000, np.sin(a) * 1000) for a in np.arange(0, 3, 0.001)])
    strip = shapely.buffer(bow, 0.05)
    x, y, radius = widest(strip)
    assert shapely.intersects_xy(strip, x, y)
    assert radius < 5.0
