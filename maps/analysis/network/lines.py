"""Road layers → lines cut where they meet.

Where roads join:

- at a shared vertex, end or not, as in OpenStreetMap (positions equal to a centimetre);
- a loose end within ``tolerance`` (1 m unless told otherwise) of another end joins it; of
  another line's middle, it cuts that line there (a T-junction drawn almost right);
- lines that merely cross do not join, unless the planner asks for it;
- a bridge or tunnel joins at its own two ends only, whatever its middle touches.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from data.geodesy import Ruler
from data.kinds import SKETCHED, is_missing
from data.plan import Layer
from data.progress import Report, silent

TOLERANCE = 1.0
"""Metres within which a loose end is taken for a drawing slip and joined."""

_GRID = 0.01
Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Roads:
    """One row per drawn line (a multi-part road has several rows), in the plan's CRS.

    ``limit`` km/h and ``stated`` metres are NaN when not given; ``way`` is 0 both
    ways, 1 as drawn, -1 against; ``sketched`` lines take their stated length.
    """

    shapes: npt.NDArray[Any]
    layer: npt.NDArray[Any]
    fid: Ints
    name: npt.NDArray[Any]
    road_class: npt.NDArray[Any]
    surface: npt.NDArray[Any]
    limit: Floats
    stated: Floats
    way: npt.NDArray[np.int8]
    lifted: Bools
    sketched: Bools

    def __len__(self) -> int:
        return len(self.shapes)

    def title(self, row: int) -> str:
        """What to call a road in a sentence."""
        return str(self.name[row]) or f"{self.layer[row]} {self.fid[row]} 号"


@dataclass(frozen=True)
class Fix:
    """One thing put right while cutting: kind, place (plan CRS), rows of :class:`Roads`."""

    kind: str
    x: float
    y: float
    rows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Cut:
    """Lines cut into edges. Edge k runs over ``vertices[first[k]:last[k] + 1]``.

    ``size`` true metres, ``tail``/``head`` node numbers, ``node_xy`` (N, 2), ``road`` rows
    of ``roads``.
    """

    roads: Roads
    vertices: Floats
    first: Ints
    last: Ints
    size: Floats
    tail: Ints
    head: Ints
    road: Ints
    node_xy: Floats
    fixes: tuple[Fix, ...] = field(default=())


def gather(layers: Iterable[Layer], statuses: Sequence[str]) -> Roads:
    """Collect the roads of the layers whose 状态 is one of ``statuses`` or not given."""
    tables = [_table(layer, statuses) for layer in layers]
    empty = {name: np.zeros(0, dtype) for name, dtype in _TYPES.items()}
    columns = {
        name: np.concatenate([t[name] for t in tables]) if tables else empty[name]
        for name in _TYPES
    }
    return Roads(**columns)


_TYPES: dict[str, Any] = {
    "shapes": object,
    "layer": object,
    "fid": np.intp,
    "name": object,
    "road_class": object,
    "surface": object,
    "limit": float,
    "stated": float,
    "way": np.int8,
    "lifted": bool,
    "sketched": bool,
}


def _table(layer: Layer, statuses: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    status = layer.column("状态")
    stands = (status.isna() | status.isin(list(statuses))).to_numpy()
    frame = layer.frame if stands.all() else layer.frame[stands]
    kept = layer.with_frame(frame)
    shapes, row = _parts(np.asarray(frame.geometry, dtype=object))
    name, number = _text(kept, "名称"), _text(kept, "编号")
    way, lift = _text(kept, "单行"), _text(kept, "桥隧")
    size = shapely.length(shapes)
    whole = np.bincount(row, size, len(frame))
    share = np.divide(size, whole[row], out=np.ones(len(size)), where=whole[row] > 0)
    out = {
        "layer": np.full(len(frame), layer.name, dtype=object),
        "fid": frame.index.to_numpy(),
        "name": np.where(name == "", number, name),
        "road_class": _text(kept, "等级"),
        "surface": _text(kept, "路面"),
        "limit": _numbers(kept, "限速"),
        "stated": _numbers(kept, "里程") * 1000.0,
        "way": np.where(way == "是", 1, np.where(way == "反向", -1, 0)),
        "lifted": (lift == "桥") | (lift == "隧道"),
        "sketched": _text(kept, "位置精度") == SKETCHED,
    }
    parts = {key: value[row].astype(_TYPES[key]) for key, value in out.items()}
    parts["stated"] = parts["stated"] * share
    return {"shapes": shapes, **parts}


def _parts(shapes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints]:
    """Every single line, and the feature it is of."""
    if (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING).all():
        return shapes, np.arange(len(shapes))
    return shapely.get_parts(shapes, return_index=True)


def _text(layer: Layer, name: str) -> npt.NDArray[Any]:
    """A column as trimmed text, "" where missing (few different words, many rows)."""
    code, words = pd.factorize(layer.column(name), use_na_sentinel=False)
    return np.array(["" if is_missing(w) else str(w).strip() for w in words], dtype=object)[code]


def _numbers(layer: Layer, name: str) -> Floats:
    return pd.to_numeric(layer.column(name), errors="coerce").to_numpy(dtype=float, na_value=np.nan)


@dataclass(eq=False)
class _Pool:
    """All vertices of all lines, while they are being cut."""

    xy: Floats
    line: Ints
    spot: Ints
    cut: Bools

    def ends(self) -> Bools:
        return _starts(self.line) | _stops(self.line)


def _starts(line: Ints) -> Bools:
    return np.diff(line, prepend=-1) != 0


def _stops(line: Ints) -> Bools:
    return np.diff(line, append=-1) != 0


def cut(
    roads: Roads,
    ruler: Ruler,
    tolerance: float = TOLERANCE,
    join_crossings: bool = False,
    report: Report = silent,
) -> Cut:
    """Cut roads where they meet; see the module's text for the rules."""
    pool = _pool(roads)
    fixes: list[Fix] = []
    if join_crossings and len(pool.xy):
        report(0.2, "正在找相交的道路…")
        _insert(pool, *_crossing_points(roads, pool))
        _mark(pool, roads)
    if len(pool.xy):
        report(0.4, "正在接上差一点的端点…")
        fixes += _join_loose_ends(pool, roads, ruler, tolerance)
    report(0.8, "正在裁开相交的道路…")
    return _edges(pool, roads, tuple(fixes), ruler, tolerance)


def _pool(roads: Roads) -> _Pool:
    xy, line = shapely.get_coordinates(roads.shapes, return_index=True)
    same = np.zeros(len(xy), bool)
    same[1:] = (line[1:] == line[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    xy, line = xy[~same], line[~same]
    alone = np.bincount(line, minlength=len(roads))[line] < 2
    pool = _Pool(xy[~alone], line[~alone], np.zeros(0, np.intp), np.zeros(0, bool))
    pool.spot = _spots(pool.xy)
    _mark(pool, roads)
    return pool


def _spots(xy: Floats) -> Ints:
    """Number positions: equal to a centimetre, equal number."""
    if not len(xy):
        return np.zeros(0, np.intp)
    cell = np.rint((xy - xy.min(axis=0)) / _GRID).astype(np.int64)
    return np.unique(cell[:, 0] << 32 | cell[:, 1], return_inverse=True)[1]


def _mark(pool: _Pool, roads: Roads) -> None:
    """Set ``cut``: the vertices at which their line is cut."""
    ends = pool.ends()
    joins = ends | ~roads.lifted[pool.line]
    count = int(pool.spot.max()) + 1 if len(pool.spot) else 0
    has_end = np.bincount(pool.spot[ends], minlength=count) > 0
    uses = np.bincount(pool.spot[joins], minlength=count)
    pool.cut = joins & (has_end | (uses > 1))[pool.spot]


def _loose(pool: _Pool) -> Ints:
    """Vertices that are the end of one line and touch nothing else."""
    ends = pool.ends()
    weight = np.where(ends, 1, 2)[pool.cut]
    degree = np.bincount(pool.spot[pool.cut], weight, int(pool.spot.max()) + 1)
    return np.flatnonzero(ends & (degree[pool.spot] == 1))


def _join_loose_ends(pool: _Pool, roads: Roads, ruler: Ruler, tolerance: float) -> list[Fix]:
    loose = _loose(pool)
    if not len(loose) or tolerance <= 0:
        return []
    reach = tolerance * float(ruler.scale(pool.xy[:, 0]).max())
    fixes = _join_to_nodes(pool, loose, reach)
    loose = _loose(pool)
    if len(loose):
        fixes += _join_to_middles(pool, roads, loose, reach)
    return fixes


def _join_to_nodes(pool: _Pool, loose: Ints, reach: float) -> list[Fix]:
    at = np.flatnonzero(pool.cut)
    _, one = np.unique(pool.spot[at], return_index=True)
    at = at[one]
    distance, near = cKDTree(pool.xy[at]).query(
        pool.xy[loose], k=2, distance_upper_bound=np.nextafter(reach, np.inf)
    )
    # The nearest node of a loose end is itself; the next one is the neighbour.
    itself = at[np.minimum(near[:, 0], len(at) - 1)]
    column = np.where(pool.spot[itself] == pool.spot[loose], 1, 0)
    rows = np.arange(len(loose))
    found = np.isfinite(distance[rows, column])
    a, b = loose[found], at[near[rows, column][found]]
    other = pool.line[a] != pool.line[b]
    a, b = a[other], b[other]
    _merge(pool, pool.spot[a], pool.spot[b])
    pair = np.sort(np.column_stack([pool.line[a], pool.line[b]]), axis=1)
    _, once = np.unique(pair, axis=0, return_index=True)
    return [
        Fix(
            "端点未接上", float(pool.xy[a[k], 0]), float(pool.xy[a[k], 1]), tuple(map(int, pair[k]))
        )
        for k in once
    ]


def _merge(pool: _Pool, a: Ints, b: Ints) -> None:
    """Make spots ``a[k]`` and ``b[k]`` one."""
    count = int(pool.spot.max()) + 1
    pairs = coo_matrix((np.ones(len(a)), (a, b)), shape=(count, count))
    pool.spot = connected_components(pairs, directed=False)[1][pool.spot].astype(np.intp)


def _join_to_middles(pool: _Pool, roads: Roads, loose: Ints, reach: float) -> list[Fix]:
    rows = np.flatnonzero(~roads.lifted & (shapely.length(roads.shapes) > 0))
    tree = shapely.STRtree(roads.shapes[rows])
    points = shapely.points(pool.xy[loose])
    which, line = tree.query(points, predicate="dwithin", distance=reach)
    line = rows[line]
    other = line != pool.line[loose[which]]
    which, line = which[other], line[other]
    gap = shapely.distance(points[which], roads.shapes[line])
    order = np.lexsort((line, gap, which))
    which, line = which[order], line[order]
    best = np.diff(which, prepend=-1) != 0
    which, line = which[best], line[best]
    along = shapely.line_locate_point(roads.shapes[line], points[which])
    loose = loose[which]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(roads.shapes[line], along))
    fixes = [
        Fix("端点差一点接到路中", float(x), float(y), (int(i), int(j)))
        for (x, y), i, j in zip(xy, pool.line[loose], line, strict=True)
    ]
    inside = (along > _GRID) & (along < shapely.length(roads.shapes[line]) - _GRID)
    ends = np.where(along > _GRID, _stop_of(pool, line), _start_of(pool, line))
    spot = pool.spot[loose]
    end_spot = pool.spot[ends]
    _insert(pool, line[inside], along[inside], xy[inside], spot[inside])
    _merge(pool, spot[~inside], end_spot[~inside])
    return fixes


def _start_of(pool: _Pool, line: Ints) -> Ints:
    return np.searchsorted(pool.line, line, side="left")


def _stop_of(pool: _Pool, line: Ints) -> Ints:
    return np.searchsorted(pool.line, line, side="right") - 1


def _insert(pool: _Pool, line: Ints, along: Floats, xy: Floats, spot: Ints) -> None:
    """Put vertices into lines at planar distances ``along``, cut there, as nodes ``spot``."""
    if not len(line):
        return
    step = np.hypot(*np.diff(pool.xy, axis=0, prepend=pool.xy[:1]).T)
    step[_starts(pool.line)] = 0.0
    run = np.cumsum(step)
    have = run - run[np.flatnonzero(_starts(pool.line))][np.cumsum(_starts(pool.line)) - 1]
    order = np.lexsort((np.r_[have, along], np.r_[pool.line, line]))
    pool.xy = np.concatenate([pool.xy, xy])[order]
    pool.line = np.concatenate([pool.line, line])[order]
    pool.spot = np.concatenate([pool.spot, spot])[order]
    pool.cut = np.concatenate([pool.cut, np.ones(len(line), bool)])[order]


def crossings(shapes: npt.NDArray[Any], lifted: Bools) -> tuple[Ints, Ints, Floats]:
    """Pairs (i, j) of lines that cross in their middles, and the places (M, 2).

    Bridges and tunnels are left out. A pair that crosses twice is there twice.
    """
    rows = np.flatnonzero(~lifted)
    tree = shapely.STRtree(shapes[rows])
    a, b = tree.query(shapes[rows], predicate="crosses")
    once = a < b
    i, j = rows[a[once]], rows[b[once]]
    meet = shapely.intersection(shapes[i], shapes[j])
    parts, pair = shapely.get_parts(meet, return_index=True)
    points = shapely.get_type_id(parts) == shapely.GeometryType.POINT
    xy = shapely.get_coordinates(parts[points])
    return i[pair[points]], j[pair[points]], xy


def _crossing_points(roads: Roads, pool: _Pool) -> tuple[Ints, Floats, Floats, Ints]:
    i, j, xy = crossings(roads.shapes, roads.lifted)
    points = shapely.points(xy)
    fresh = np.ones(len(xy), bool)
    if len(xy):
        # What is a vertex of both already joins by itself.
        fresh = cKDTree(pool.xy).query(xy, distance_upper_bound=2 * _GRID)[0] > 2 * _GRID
    i, j, xy, points = i[fresh], j[fresh], xy[fresh], points[fresh]
    spot = int(pool.spot.max()) + 1 + _spots(xy)
    line = np.r_[i, j]
    along = shapely.line_locate_point(roads.shapes[line], np.r_[points, points])
    return line, along, np.concatenate([xy, xy]), np.r_[spot, spot]


def _edges(
    pool: _Pool, roads: Roads, fixes: tuple[Fix, ...], ruler: Ruler, tolerance: float
) -> Cut:
    at = np.flatnonzero(pool.cut)
    whole = pool.line[at[1:]] == pool.line[at[:-1]]
    first, last = at[:-1][whole], at[1:][whole]
    step = ruler.distance(*pool.xy[:-1].T, *pool.xy[1:].T) if len(pool.xy) else np.zeros(0)
    run = np.concatenate([[0.0], np.cumsum(step)])
    size = run[last] - run[first]
    # Two vertices of one line in one node: nothing is left of the edge between them.
    real = (pool.spot[first] != pool.spot[last]) | (size > tolerance)
    real &= size > 0
    first, last, size = first[real], last[real], size[real]
    _, where, node = np.unique(
        pool.spot[np.r_[first, last]], return_index=True, return_inverse=True
    )
    node_xy = pool.xy[np.r_[first, last]][where]
    tail, head = node[: len(first)], node[len(first) :]
    return Cut(roads, pool.xy, first, last, size, tail, head, pool.line[first], node_xy, fixes)
