"""Things that look like one thing twice: the same name within 100 m, or the same place.

They are shown, never merged: two posts at one gate are two posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from data.imports.known import same_name
from data.kinds import is_missing
from data.plan import Layer, Plan

NEAR = 100.0
SAME = 1.0
_MOST = 5_000
_NEAREST = 9


@dataclass(frozen=True)
class Duplicate:
    """``row`` of the file resembles ``other``: a row of the file, or a feature of the plan.

    ``place``: position of the row among the rows looked at. ``layer``: "" for the file
    itself. ``metres`` apart; ``why``: 同名 or 同位置.
    """

    place: int
    row: int
    name: str
    layer: str
    other: int
    other_name: str
    metres: float
    why: str


def find(
    shapes: npt.NDArray[np.object_],
    names: Sequence[str],
    rows: npt.NDArray[np.int64],
    kind_name: str,
    plan: Plan,
) -> tuple[Duplicate, ...]:
    """Return duplicates among points (plan metres) and with the plan's layers of the kind."""
    if not len(shapes) or kind_name == "population":
        return ()
    points = shapely.get_coordinates(shapely.centroid(shapes))
    if len(points) != len(shapes):
        return ()
    out = _between(points, names, rows, points, names, rows, "", own=True)
    for layer in plan.of_kind(kind_name):
        out += _with_layer(points, names, rows, layer)
    return tuple(out[:_MOST])


def _with_layer(
    points: npt.NDArray[np.float64],
    names: Sequence[str],
    rows: npt.NDArray[np.int64],
    layer: Layer,
) -> list[Duplicate]:
    if not len(layer):
        return []
    theirs = shapely.get_coordinates(shapely.centroid(layer.frame.geometry.array))
    if len(theirs) != len(layer):
        return []
    titles = ["" if is_missing(n) else str(n) for n in layer.column("名称")]
    ids = np.asarray(layer.frame.index, dtype=np.int64)
    return _between(points, names, rows, theirs, titles, ids, layer.name)


def _between(
    points: npt.NDArray[np.float64],
    names: Sequence[str],
    rows: npt.NDArray[np.int64],
    theirs: npt.NDArray[np.float64],
    titles: Sequence[str],
    ids: npt.NDArray[np.int64],
    layer: str,
    own: bool = False,
) -> list[Duplicate]:
    # The nearest few of each are enough: in a file with thousands of rows at one place a
    # search by distance alone would find millions of pairs.
    few = min(_NEAREST, len(theirs))
    far, other = cKDTree(theirs).query(points, k=few, distance_upper_bound=NEAR)
    far, other = far.reshape(len(points), few), other.reshape(len(points), few)
    mine, rank = np.nonzero(np.isfinite(far))
    far, other = far[mine, rank], other[mine, rank]
    if own:
        keep = mine > other
        mine, other, far = mine[keep], other[keep], far[keep]
    plain = [same_name(n) for n in names]
    known = plain if own else [same_name(n) for n in titles]
    out: list[Duplicate] = []
    for a, b, metres in zip(mine.tolist(), other.tolist(), far.tolist(), strict=True):
        same = bool(plain[a]) and plain[a] == known[b]
        if same or metres < SAME:
            why = "同名" if same else "同位置"
            out.append(
                Duplicate(a, int(rows[a]), names[a], layer, int(ids[b]), titles[b], metres, why)
            )
        if len(out) >= _MOST:
            break
    return out
