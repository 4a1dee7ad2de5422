"""Where symbols are drawn so that none lies on another; true places are never altered.

At a small scale all facilities of a town share a pixel. The most important one stays at its
place, each further one goes to the nearest free spot around its own. What finds none within
:data:`FAR` is counted in a badge (“+5”) on the nearest symbol. The answer depends on the plan
and the scale only: a pan moves nothing, and zooming in brings every symbol home.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from data.plan import Layer, Plan
from desktop.canvas.content import Check, Points, is_marks, kept, points
from desktop.canvas.view import Floats, Port
from maps.drawing import style, symbols

FAR = 64.0
"""Pixels a symbol may be moved from its place."""
MOST = 1500
"""With more symbols than this in the plan they all stay where they are."""
_STEP = 3.0
_GAP = 0.5
_KEPT = 6
"""Scales of one plan whose arrangement is remembered."""
_SMALL, _SMALLER = 250.0, 0.84
"""Metres per pixel from which symbols are drawn smaller, and how much."""


_FEW = 3
"""Symbols that find their spot between two calls of ``check``: about a millisecond."""

_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Marks:
    """One layer's symbols at one scale, rows as in ``points``.

    ``off`` (n, 2): pixels right and down from the true place; ``reach`` (n,): half widths in
    pixels; ``shown`` (n,): False for those that are only counted in a badge.
    """

    points: Points
    off: Floats
    reach: Floats
    shown: npt.NDArray[np.bool_]

    def pixels(self, port: Port) -> Floats:
        """Where each symbol is drawn (n, 2)."""
        return port.pixels(self.points.xy) + self.off


@dataclass(frozen=True)
class Badge:
    """How many symbols had no room at a place.

    ``at``: plan metres of the symbol that carries it, ``off`` pixels from there to the badge;
    ``members``: layer and id of those it counts.
    """

    at: tuple[float, float]
    off: tuple[float, float]
    members: tuple[tuple[str, int], ...]

    def pixel(self, port: Port) -> tuple[float, float]:
        x, y = port.px(*self.at)
        return x + self.off[0], y + self.off[1]


@dataclass(frozen=True, eq=False)
class Arrangement:
    """All symbols of a plan at one scale; ``size`` is how large they are against the table."""

    size: float
    layers: dict[str, Marks]
    badges: tuple[Badge, ...]

    def of(self, layer: Layer) -> Marks:
        """The symbols of a layer; at their true places when the layer takes no part."""
        found = self.layers.get(layer.name)
        if found is None or found.points is not points(layer):
            found = _home(layer, self.size)
        return found


def arranged(plan: Plan, mpp: float, check: Check = lambda: None) -> Arrangement:
    """Return where the plan's symbols are drawn at ``mpp`` metres per pixel.

    ``check`` is called every few symbols: it may wait, or raise to give up.
    """
    known: OrderedDict[float, Arrangement] = kept(plan, "arranged", OrderedDict)
    with _lock:
        found = known.get(mpp)
    if found is None:
        found = _arrange(plan, mpp, check)
        with _lock:
            found = known.setdefault(mpp, found)
            if len(known) > _KEPT:
                known.popitem(last=False)
    return found


def _home(layer: Layer, size: float) -> Marks:
    found = points(layer)
    # A town's dot stands for its people: it keeps its size.
    reach = found.reach * (1.0 if layer.kind_name == "settlement" else size)
    return Marks(found, np.zeros_like(found.xy), reach, np.ones(len(found.xy), dtype=bool))


def _arrange(plan: Plan, mpp: float, check: Check) -> Arrangement:
    size = _SMALLER if mpp >= _SMALL else 1.0
    layers = [
        x
        for x in plan
        if is_marks(x) and x.look.visible and x.look.opacity > 0 and x.kind_name != "settlement"
    ]
    layers = [x for x in layers if len(points(x).xy)]
    homes = [_home(x, size) for x in layers]
    count = [len(m.reach) for m in homes]
    if not 1 < sum(count) <= MOST:
        return Arrangement(size, {}, ())
    at = np.concatenate([m.points.xy for m in homes]) / mpp * [1.0, -1.0]
    reach = np.concatenate([m.reach * _grown(m.points) for m in homes]) + _GAP / 2
    of = np.repeat(np.arange(len(layers)), count)
    rank = np.array([style.Z.get(x.kind_name, 0) for x in layers])[of]
    order = np.lexsort((np.arange(len(of)), -reach, -rank))
    # Relative to one of them: eastings with a zone prefix leave no digits for pixels' parts.
    spots, shown = _spots(at - at[0], reach, order, check)
    off = spots - (at - at[0])
    ends = np.cumsum(count)[:-1]
    parts = zip(np.split(off, ends), np.split(shown, ends), strict=True)
    out = {
        x.name: Marks(home.points, o, home.reach, s)
        for x, home, (o, s) in zip(layers, homes, parts, strict=True)
    }
    fids = np.concatenate([m.points.fids for m in homes])
    xy = np.concatenate([m.points.xy for m in homes])
    names = [x.name for x in layers]
    return Arrangement(size, out, _badges(spots, off, xy, reach, shown, names, of, fids))


def _grown(found: Points) -> Floats:
    """How far each symbol reaches beyond its half width (a dashed ring around it)."""
    looks, which = found.looks
    return np.array([symbols.symbol(*look[:5]).reach for look in looks])[which]


def _spots(
    at: Floats, reach: Floats, order: npt.NDArray[np.intp], check: Check
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Spots (n, 2) for discs of radius ``reach`` so that none overlaps, and who got one."""
    spots, shown = at.copy(), np.ones(len(at), dtype=bool)
    pairs = cKDTree(at).query_pairs(2 * float(reach.max()), output_type="ndarray")
    near = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T) < reach[pairs].sum(axis=1)
    crowded = np.zeros(len(at), dtype=bool)
    crowded[pairs[near].ravel()] = True
    done = ~crowded
    tries = _tries()
    for n, i in enumerate(order[crowded[order]]):
        if n % _FEW == 0:
            check()
        away = np.hypot(*(spots - at[i]).T)
        others = np.flatnonzero(done & (away < FAR + reach[i] + reach))
        spot = _free(at[i] + tries, spots[others], reach[others] + reach[i])
        if spot is None:
            shown[i] = False
        else:
            spots[i], done[i] = spot, True
    return spots, shown


def _free(tries: Floats, others: Floats, least: Floats) -> Floats | None:
    """The first of the spots to try that is ``least`` away from each of the others."""
    for first, last in ((0, 1), (1, 200), (200, len(tries))):
        some = tries[first:last]
        apart = ((some[:, None, :] - others) ** 2).sum(axis=2) >= least**2
        free = np.flatnonzero(apart.all(axis=1))
        if len(free):
            return np.asarray(some[free[0]])
    return None


@lru_cache(maxsize=1)
def _tries() -> Floats:
    """Where to look for room, nearest first: a lattice of triangles around (0, 0)."""
    rows = np.arange(-FAR, FAR + 1, _STEP * np.sqrt(0.75))
    rows -= rows[np.abs(rows).argmin()]
    columns = np.arange(-np.ceil(FAR / _STEP), np.ceil(FAR / _STEP) + 1) * _STEP
    x, y = np.meshgrid(columns, rows)
    x += np.where(np.round(rows / (_STEP * np.sqrt(0.75))) % 2, _STEP / 2, 0)[:, None]
    out = np.column_stack([x.ravel(), y.ravel()])
    away = np.round(np.hypot(*out.T), 6)
    turn = np.round(np.arctan2(out[:, 1], out[:, 0]), 6)
    return np.asarray(out[np.lexsort((turn, away))][np.sort(away) <= FAR])


def _badges(
    spots: Floats,
    off: Floats,
    xy: Floats,
    reach: Floats,
    shown: npt.NDArray[np.bool_],
    names: list[str],
    of: npt.NDArray[np.intp],
    fids: npt.NDArray[np.int64],
) -> tuple[Badge, ...]:
    """One badge on each symbol that is the nearest to some for which there was no room."""
    hidden = np.flatnonzero(~shown)
    if not len(hidden):
        return ()
    there = np.flatnonzero(shown)
    # The outermost symbol near them: a badge in the middle would hide another symbol.
    _, nearest = cKDTree(spots[there]).query(spots[hidden])
    members: dict[Hashable, list[tuple[str, int]]] = {}
    for i, host in zip(hidden, there[nearest], strict=True):
        members.setdefault(int(host), []).append((names[of[i]], int(fids[i])))
    out = []
    for host, some in members.items():
        assert isinstance(host, int)
        corner = off[host] + reach[host] * 0.7 * np.array([1.0, -1.0])
        place = float(xy[host, 0]), float(xy[host, 1])
        out.append(Badge(place, (float(corner[0]), float(corner[1])), tuple(some)))
    return tuple(out)
