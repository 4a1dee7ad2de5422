"""Comparisons: when a number, or a number known only between two bounds, is enough."""

import itertools

import pytest

from maps.analysis.targets.units import COMPARISONS, certain, meets

INF = float("inf")
PLAIN = [c for c in COMPARISONS if c not in ("介于", "变化")]


@pytest.mark.parametrize(
    ("comparison", "low", "expected"),
    [
        ("等于", 76, None),  # what is not filled in may add to it
        ("约", 76, None),
        ("不少于", 80, True),
        ("不少于", 76, True),
        ("不少于", 70, None),
        ("多于", 76, None),
        ("多于", 77, True),
        ("不超过", 0, None),
        ("不超过", 77, False),
        ("少于", 76, False),
    ],
)
def test_a_number_open_upwards(comparison: str, low: float, expected: bool | None) -> None:
    assert certain(low, INF, comparison, 76) is expected


def test_certain_is_what_every_whole_number_between_says() -> None:
    for comparison, low, high in itertools.product(PLAIN, range(8, 13), range(8, 13)):
        if low > high:
            continue
        every = {meets(value, comparison, 10) for value in range(low, high + 1)}
        expected = every.pop() if len(every) == 1 else None
        found = certain(low, high, comparison, 10)
        # Between two whole numbers lie others: a bound just outside may still leave it open.
        assert found is expected or (found is None and low != high)
