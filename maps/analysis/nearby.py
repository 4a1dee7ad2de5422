"""Which points lie within a true distance of which places, without measuring every pair.

    Points are sorted into square buckets, row by row; a bucket, and a run of buckets in a
    row, is one slice of the sorted arrays. Of the rows a disc meets,

        row   · · t t S S S S t t · ·      S: wholly inside the disc, counted as a slice
                                            t: crossed by its rim, each point measured

    so the work follows the rim, not the area.

Whether a measured point is inside is ``Ruler.distance(place, point) <= radius``, bit for
bit; a bucket is only taken as inside or outside by bounds that hold for every scale in it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.geodesy import Floats, Ruler
from data.progress import Report, silent

Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]

_POINTS_PER_BUCKET = 2.0
_PAIRS_AT_A_TIME = 2_000_000
_ONE = np.int32(1)  # of the counts' own type: np.add.at is thirty times as fast with it


@dataclass(frozen=True)
class Slices:
    """Runs ``start[i]:stop[i]`` of the sorted points, each of one place ``owner[i]``."""

    owner: Ints
    start: Ints
    stop: Ints

    def expand(self) -> tuple[Ints, Ints]:
        """Every member: (place, sorted point), run after run."""
        size = self.stop - self.start
        first = np.cumsum(size) - size
        total = int(size.sum())
        point = np.arange(total) + np.repeat(self.start - first, size)
        return np.repeat(self.owner, size), point

    def of(self, low: int, high: int) -> "Slices":
        """The runs of places ``low`` … ``high`` − 1 (runs are ordered by place)."""
        a, b = np.searchsorted(self.owner, (low, high))
        return Slices(self.owner[a:b], self.start[a:b], self.stop[a:b])


class Nearby:
    """Points kept ready for questions about discs.

    ``x``, ``y``: metres in the ruler's CRS. ``order`` is the sorting: the sorted arrays are
    ``x[order]`` and so on, and every answer speaks of sorted points.
    """

    def __init__(self, ruler: Ruler, x: Floats, y: Floats) -> None:
        self.ruler = ruler
        wide, high = (float(np.ptp(v)) if len(v) else 0.0 for v in (x, y))
        even = np.sqrt(wide * high * _POINTS_PER_BUCKET / max(len(x), 1))
        self._size = max(float(even), max(wide, high) / 4096, 1.0)
        self._west, self._south = (float(v.min()) if len(v) else 0.0 for v in (x, y))
        self._columns = int(wide // self._size) + 1
        self._rows = int(high // self._size) + 1
        bucket = self._row(y) * self._columns + self._column(x)
        self.order = np.argsort(bucket, kind="stable")
        sizes = np.bincount(bucket, minlength=self._rows * self._columns)
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self.x, self.y = x[self.order], y[self.order]
        self.half = ruler.inverse_scale(self.x, self.y) / 2

    def __len__(self) -> int:
        return len(self.x)

    def counts(self, x: Floats, y: Floats, radius: Floats, report: Report = silent) -> Counts:
        """How many of the discs reach each sorted point (int32)."""
        if not len(x):
            return np.zeros(len(self), dtype=np.int32)
        sure, rim = self._split(x, y, radius)
        steps = np.zeros(len(self) + 1, dtype=np.int32)
        np.add.at(steps, sure.start, _ONE)
        np.subtract.at(steps, sure.stop, _ONE)
        out = np.cumsum(steps[:-1], dtype=np.int32)
        for low, high in _batches(rim, len(x)):
            report(low / len(x), "正在计算到达的人口…")
            place, point = rim.of(low, high).expand()
            hit = point[self._within(place, point, x, y, radius)]
            np.add.at(out, hit, _ONE)
        return out

    def inside(self, x: float, y: float, radius: float) -> Ints:
        """The sorted points within one disc, in no particular order."""
        places = tuple(np.array([v], dtype=float) for v in (x, y, radius))
        sure, rim = self._split(*places)
        place, point = rim.expand()
        return np.concatenate([sure.expand()[1], point[self._within(place, point, *places)]])

    def measured(self, x: float, y: float, points: Ints) -> Floats:
        """True distance in metres from one place to these sorted points."""
        here = float(self.ruler.inverse_scale(x, y)) / 2
        dx, dy = self.x[points] - x, self.y[points] - y
        return np.asarray(self.ruler.stretch(dx, dy, self.half[points] + here))

    def _within(
        self, place: Ints, point: Ints, x: Floats, y: Floats, radius: Floats
    ) -> npt.NDArray[np.bool_]:
        here = self.ruler.inverse_scale(x, y) / 2
        dx, dy = self.x[point] - x[place], self.y[point] - y[place]
        away = self.ruler.stretch(dx, dy, self.half[point] + here[place])
        return np.asarray(away <= radius[place])

    def _split(self, x: Floats, y: Floats, radius: Floats) -> tuple[Slices, Slices]:
        """Runs surely inside, and runs to be measured; the rest is surely outside."""
        outer, inner = self._reach(x, radius)
        low = _between(self._row(y - outer), 0, self._rows)
        high = _between(self._row(y + outer) + 1, low, self._rows)
        place, row = Slices(np.arange(len(x)), low, high).expand()
        south = self._south + row * self._size - y[place]  # of the strip, seen from the place
        near = np.maximum(np.maximum(south, -south - self._size), 0.0)
        far = np.maximum(np.abs(south), np.abs(south + self._size))
        wide = _leg(outer[place], near)
        sure = _leg(inner[place], far)
        at = x[place]
        a = _between(self._column(at - wide), 0, self._columns)
        d = _between(self._column(at + wide) + 1, a, self._columns)
        b = _between(self._column(at - sure) + 1, a, d)
        c = _between(self._column(at + sure), b, d)
        b, c = np.where(sure > 0, b, a), np.where(sure > 0, c, a)
        base = row * self._columns
        one, two, three, four = (self._starts[base + k] for k in (a, b, c, d))
        middle = three > two
        rim_owner = np.stack([place, place], axis=1).ravel()
        rim_start = np.stack([one, three], axis=1).ravel()
        rim_stop = np.stack([two, four], axis=1).ravel()
        some = rim_stop > rim_start
        return (
            Slices(place[middle], two[middle], three[middle]),
            Slices(rim_owner[some], rim_start[some], rim_stop[some]),
        )

    def _reach(self, x: Floats, radius: Floats) -> tuple[Floats, Floats]:
        """Planar distances beyond which nothing, and within which everything is in reach."""
        rough = 2.0 * radius / self.ruler.bounds(x, 0.0)[0]
        low, high = self.ruler.bounds(x, rough)
        slack = 1e-9
        return radius / low * (1 + slack) + 1e-6, radius / high * (1 - slack) - 1e-6

    def _column(self, x: Floats) -> Ints:
        return np.floor((x - self._west) / self._size).astype(np.int64)

    def _row(self, y: Floats) -> Ints:
        return np.floor((y - self._south) / self._size).astype(np.int64)


def _between(values: Ints, low: Ints | int, high: Ints | int) -> Ints:
    return np.minimum(np.maximum(values, low), high)  # np.clip, without its overhead


def _leg(long: Floats, other: Floats) -> Floats:
    """The other leg of a right triangle, 0 where there is none."""
    return np.sqrt(np.maximum(np.square(np.maximum(long, 0.0)) - np.square(other), 0.0))


def _batches(rim: Slices, places: int) -> list[tuple[int, int]]:
    """Stretches of places with a bounded number of pairs to measure."""
    each = np.bincount(rim.owner, weights=rim.stop - rim.start, minlength=places)
    batch = (np.cumsum(each) // _PAIRS_AT_A_TIME).astype(np.int64)
    edges = np.flatnonzero(np.diff(batch)) + 1
    return list(zip([0, *edges.tolist()], [*edges.tolist(), places], strict=True))
