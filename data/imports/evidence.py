"""What speaks for a reading of coordinates: the witnesses the doctor hears, as log-likelihoods.

Each is a simple mixture (a row lies in the plan, or somewhere else; a name is where the plan
has it, more or less, or is another thing of that name), tempered so that a hundred rows
copied from one list do not count as a hundred witnesses.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data.imports.known import Known, same_name
from data.imports.readings import Reading

Floats = npt.NDArray[np.float64]

_SAMPLE = 400
_PLAN_AREA = 9e10
_CHINA_AREA = 9.6e12
_WORLD_AREA = 5.1e14
_NEAR_MENTION = 2_500.0
"""How far outside the district its text names a row may lie, metres."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What the doctor is shown of a file: a sample of its rows.

    ``x``/``y``: raw coordinates of one place per row; ``names``: what each row is called
    ("" unknown); ``texts``: everything else it says; ``lines``: raw coordinates of corners
    of lines and which line each belongs to, for comparing with roads.
    """

    x: Floats
    y: Floats
    names: Sequence[str] = ()
    texts: Sequence[str] = ()
    corners: Floats | None = None
    owner: npt.NDArray[np.int64] | None = None


def sample(count: int) -> npt.NDArray[np.int64]:
    """Return the positions of at most 400 rows spread evenly over ``count``."""
    if count <= _SAMPLE:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, _SAMPLE).astype(np.int64))


def area_score(lon: Floats, lat: Floats, x: Floats, y: Floats, known: Known) -> tuple[float, float]:
    """Log density of the rows under “they belong to this plan”, and the share that lies in it."""
    in_china = (lon > 73) & (lon < 136) & (lat > 3) & (lat < 54)
    density = np.where(in_china, 0.01 / _CHINA_AREA, 0.002 / _WORLD_AREA)
    inside = np.zeros(len(x), dtype=bool)
    if known.near_area is not None:
        fine = np.isfinite(x)
        points = shapely.points(np.where(fine, x, 0.0), np.where(fine, y, 0.0))
        around = fine & shapely.contains(known.around_area, points)
        inside = fine & around & shapely.contains(known.near_area, points)
        size = max(float(known.near_area.area), 1e6)
        ring = max(float(known.around_area.area) - size, 1e6)
        density = density + np.where(inside, 0.93 / size, 0.0)
        density = density + np.where(around & ~inside, 0.05 / ring, 0.0)
    else:
        west, south, east, north = known.bounds
        inside = (lon > west - 1) & (lon < east + 1) & (lat > south - 1) & (lat < north + 1)
        density = density + np.where(inside, 0.8 / _PLAN_AREA, 0.0)
    witnesses = min(len(x), 30)
    return float(np.mean(np.log(density)) * witnesses), float(np.mean(inside))


def mention_score(x: Floats, y: Floats, rows: Rows, known: Known) -> float:
    """Rows whose text names one of the districts should lie in it."""
    if known.mentions is None or known.area is None:
        return 0.0
    scores = []
    for place in range(len(x)):
        words = _mentioned(rows, place, known)
        if len(words) != 1 or not np.isfinite(x[place]):
            continue
        shape = known.regions[words.pop()]
        point = shapely.Point(x[place], y[place])
        share = min(0.9, float(shape.area) / max(float(known.area.area), 1.0))
        near = shapely.distance(shape, point) < _NEAR_MENTION
        scores.append(math.log(0.9 / share) if near else math.log(0.1 / max(1 - share, 0.1)))
    if not scores:
        return 0.0
    return float(np.mean(scores)) * min(len(scores), 15)


def _mentioned(rows: Rows, place: int, known: Known) -> set[str]:
    if known.mentions is None:
        return set()
    text = f"{rows.names[place] if len(rows.names) else ''} "
    text += rows.texts[place] if len(rows.texts) else ""
    found = set(known.mentions.findall(text))
    # “红山区” and “红山” are one district.
    shapes = {id(known.regions[word]): word for word in found}
    return set(shapes.values())


def name_score(x: Floats, y: Floats, rows: Rows, known: Known) -> float:
    """Things of a name the plan has should be somewhere near it (kilometres, not metres)."""
    scores = []
    for far, error in _distances(x, y, rows, known):
        wide = 2_000.0 + 2 * error
        near = math.exp(-0.5 * min((far / wide) ** 2, 1400)) / (2 * math.pi * wide**2)
        scores.append(math.log(0.8 * near + 0.2 / 1e11))
    if not scores:
        return 0.0
    # Relative to a place drawn anywhere in the plan, so that more names mean more weight.
    return float(np.mean(scores) + math.log(1e11)) * min(len(scores), 15)


def _distances(x: Floats, y: Floats, rows: Rows, known: Known) -> list[tuple[float, float]]:
    return [
        (float(np.hypot(x[i] - kx, y[i] - ky)) if np.isfinite(x[i]) else 1e9, error)
        for i, (kx, ky, error) in pairs_of(rows, known)
    ]


def pairs_of(rows: Rows, known: Known) -> list[tuple[int, tuple[float, float, float]]]:
    """Rows whose name the plan has once, at different places."""
    out: list[tuple[int, tuple[float, float, float]]] = []
    for i, name in enumerate(rows.names):
        place = known.named.get(same_name(name)) if name else None
        if place is not None and all(
            math.hypot(place[0] - p[0], place[1] - p[1]) > 50 for _, p in out
        ):
            out.append((i, place))
        if len(out) >= 60:
            break
    return out


def packed_score(rows: Rows) -> float:
    """Digits: every pair behind the point below sixty is rare unless it is minutes, seconds."""
    score = 0.0
    for value in np.concatenate([rows.x, rows.y]):
        if not np.isfinite(value):
            continue
        digits = f"{abs(value):.6f}".split(".")[1].rstrip("0")
        if abs(value) >= 10_000:
            score += 0.5
        elif len(digits) >= 4:
            score += -2 * math.log(0.6)
        elif len(digits) < 3:
            score -= 0.3
    return min(score, 25.0)


def closeness(far: float, error: float) -> float:
    """Log density (per m²) of a distance from a known place that may itself be ``error`` off."""
    tight = 0.9 if error <= 20 else 0.4 if error <= 150 else 0.2
    loose = max(error, 300.0)

    def disc(wide: float) -> float:
        return math.exp(-0.5 * min((far / wide) ** 2, 1400)) / (2 * math.pi * wide**2)

    close = 0.7 * disc(8.0 + 0.5 * min(error, 20)) + 0.3 * disc(45.0)
    return math.log(
        tight * close + (1 - tight) * (0.7 * disc(loose) + 0.3 * disc(4 * loose)) + 1e-14
    )


def line_distances(reading: Reading, rows: Rows, known: Known) -> Floats:
    """Median distance of each line's corners from the nearest surveyed road, metres."""
    if rows.corners is None or rows.owner is None or known.line_tree is None:
        return np.empty(0)
    lon, lat = reading.degrees(rows.corners[:, 0], rows.corners[:, 1])
    x, y = known.metres(lon, lat)
    fine = np.isfinite(x)
    points = shapely.points(np.where(fine, x, 0.0), np.where(fine, y, 0.0))
    _, far = known.line_tree.query_nearest(points, return_distance=True, all_matches=False)
    far = np.where(fine, far, 1e9)
    return np.array([np.median(far[rows.owner == n]) for n in np.unique(rows.owner)])


def line_fit(far: Floats) -> Any:
    return np.log(0.8 * np.exp(-far / 25) / 25 + 0.2 * np.exp(-far / 800) / 800 + 1e-9)
