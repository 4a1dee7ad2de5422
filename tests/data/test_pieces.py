"""Work in pieces gives what work in one go gives."""

import numpy as np
import pytest
import shapely

from data.pieces import PIECE, in_pieces


@pytest.mark.parametrize("count", [0, 1, PIECE, PIECE + 1, 2 * PIECE + 7])
def test_pieces_are_put_together_again(count: int) -> None:
    asked: list[int] = []

    def squares(values: np.ndarray) -> np.ndarray:
        asked.append(len(values))
        return values * values

    numbers = np.arange(count)
    assert np.array_equal(in_pieces(squares, numbers), numbers * numbers)
    assert sum(asked) == count
    assert max(asked) <= PIECE


def test_rows_of_several_numbers_stay_rows() -> None:
    points = shapely.points(np.random.default_rng(1).random((PIECE + 3, 2)))
    xy = in_pieces(shapely.get_coordinates, points)
    assert np.array_equal(xy, shapely.get_coordinates(points))
