"""Names and symbols do not lie on each other: laws against plain pairwise oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.drawing.labels import Placed, Request, _candidates, place, spread

Box = tuple[float, float, float, float]
near = st.floats(0, 60)
request = st.builds(
    Request,
    x=near,
    y=near,
    width=st.floats(2, 15),
    height=st.floats(1, 4),
    reach=st.floats(0, 2),
    rank=st.integers(0, 3),
    inside=st.booleans(),
    room=st.tuples(st.floats(0, 4), st.floats(0, 4)),
    may_leave=st.booleans(),
)
obstacle = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), near, near, near, near)


def box_of(r: Request, p: Placed) -> Box:
    return (p.x - r.width / 2, p.y - r.height / 2, p.x + r.width / 2, p.y + r.height / 2)


def overlap(a: Box, b: Box) -> bool:
    eps = 1e-9
    return a[0] < b[2] - eps and b[0] < a[2] - eps and a[1] < b[3] - eps and b[1] < a[3] - eps


@given(st.lists(request, max_size=14), st.lists(obstacle, max_size=3), st.sampled_from([0.0, 5.0]))
def test_nothing_placed_overlaps_anything(
    requests: list[Request], obstacles: list[Box], far: float
) -> None:
    bounds = (-5.0, -5.0, 65.0, 65.0)
    blocked = np.array(obstacles, float).reshape(-1, 4)
    placed = place(requests, blocked, bounds, far=far)
    boxes = [box_of(r, p) for r, p in zip(requests, placed, strict=True) if p is not None]
    for i, a in enumerate(boxes):
        assert not any(overlap(a, b) for b in boxes[i + 1 :])
        assert not any(overlap(a, b) for b in obstacles)
        assert a[0] >= bounds[0]
        assert a[1] >= bounds[1]
        assert a[2] <= bounds[2]
        assert a[3] <= bounds[3]


@given(st.lists(request, max_size=12))
def test_a_label_gives_way_only_to_more_important_ones(requests: list[Request]) -> None:
    placed = place(requests)
    order = sorted(range(len(requests)), key=lambda i: (requests[i].rank, i))
    before: list[Box] = []
    for i in order:
        r, p = requests[i], placed[i]
        centres, _ = _candidates(r, 0.4, 0.0, 1.0)
        free = [
            c for c in centres if not any(overlap(box_of(r, Placed(c[0], c[1])), b) for b in before)
        ]
        if p is None:
            assert not free
        else:
            assert (p.x, p.y) == pytest.approx(tuple(free[0]))
            before.append(box_of(r, p))


@given(st.lists(request, max_size=10), st.sampled_from([0.0, 6.0]))
def test_paper_and_window_place_alike(requests: list[Request], far: float) -> None:
    """y up on paper and y down in a window are mirror pictures of each other."""
    flipped = [
        Request(r.x, -r.y, r.width, r.height, r.reach, r.rank, r.inside, r.room, r.may_leave)
        for r in requests
    ]
    # The grid of positions inside an area is tried in one order only: leave those out.
    if any(r.inside for r in requests):
        return
    up, down = place(requests, far=far), place(flipped, far=far, y_down=True)
    for a, b in zip(up, down, strict=True):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            assert (a.x, a.y, a.far) == pytest.approx((b.x, -b.y, b.far))


def test_a_label_stands_right_of_its_symbol_and_off_it() -> None:
    (found,) = place([Request(10, 20, 8, 3, reach=2)], gap=0.5)
    assert found == Placed(10 + 2 + 0.5 + 4, 20)


def test_without_room_beside_it_a_label_is_set_apart_and_joined() -> None:
    wall = np.array([[-8.0, -8.0, 8.0, 8.0]])
    ask = Request(0, 0, 6, 2, reach=1)
    assert place([ask], wall) == [None]
    (found,) = place([ask], wall, far=8.0)
    assert found is not None
    assert found.far
    assert place([Request(0, 0, 6, 2, reach=1, may_leave=False)], wall, far=8.0) == [None]


spots = st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30)), min_size=1, max_size=14)


@given(spots, st.floats(0.3, 1.5))
def test_spread_symbols_do_not_overlap(points: list[tuple[float, float]], size: float) -> None:
    at = np.array(points)
    reach = np.full(len(at), size)
    moved = spread(at, reach, steps=2000)
    for i in range(len(at)):
        for j in range(i):
            assert np.hypot(*(moved[i] - moved[j])) >= 2 * size - 1e-3 * size


def test_what_has_room_or_is_fixed_stays_where_it_is() -> None:
    at = np.array([[0.0, 0.0], [0.0, 0.0], [0.5, 0.0], [50.0, 50.0]])
    fixed = np.array([True, False, False, False])
    moved = spread(at, np.ones(4), fixed, steps=500)
    assert (moved[0] == at[0]).all()
    assert (moved[3] == at[3]).all()
    assert np.hypot(*(moved[1] - moved[0])) >= 2 - 1e-6


def test_no_symbol_moves_further_than_the_limit_and_the_input_is_not_altered() -> None:
    at = np.zeros((30, 2))
    moved = spread(at, np.ones(30), limit=2.5)
    assert np.hypot(*moved.T).max() <= 2.5 + 1e-9
    assert (at == 0).all()
    again = spread(np.zeros((30, 2)), np.ones(30), limit=2.5)
    assert (moved == again).all()
