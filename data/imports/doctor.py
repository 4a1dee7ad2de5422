"""The coordinate doctor: which reading of a file's numbers fits what the plan knows.

Two questions, one after the other.

1. *Roughly where?* Every reading the numbers allow (degrees, 度分秒 run together, Gauss-Krüger
   of each zone, Web Mercator, each also with its columns swapped, and what the file itself
   says) puts the rows somewhere. Weighed: how many lie in the plan's districts, whether a
   row lies in the district its text names, how far a row is from the thing of its name.
2. *Shifted by a map service, or an old datum?* GCJ-02 and BD-09 move everything by 300–1 500 m,
   Beijing 54 by some 80 m: less than a border is true to. Only things of the same name, each
   known well enough, and surveyed roads can tell; without at least two of them the answer is
   “看不出来”, never a guess.

The witnesses are in ``data.imports.evidence``. Nothing is changed here: the answer is a
:class:`Finding`, and whoever asked decides.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

from data.imports.evidence import (
    Rows,
    area_score,
    closeness,
    line_distances,
    line_fit,
    mention_score,
    name_score,
    packed_score,
    pairs_of,
)
from data.imports.known import Known
from data.imports.readings import (
    ENCRYPTIONS,
    Reading,
    accuracy,
    candidates,
    old_datum,
    on_beijing54,
)
from data.imports.wording import fit_words, repair_words, sizes

Floats = npt.NDArray[np.float64]

SURE = 0.95
"""How sure a repair must be to be proposed."""
_PRIOR = {"声明": 0.95, "度": 0.9, "高斯": 0.9, "墨卡托": 0.3, "度分秒": 0.01}
_SWAPPED = 0.05
_FINE = {"": 1.0, "GCJ-02": 0.06, "BD-09": 0.03, "北京54": 0.03}
"""Prior weights of what may shift a file by less than districts can tell."""
_TOLD = 50.0
"""That of what the list itself names, which without any other witness is enough."""
_OUTSIDE = 0.6
"""How sure it can be at most when no row lies in the plan's districts."""
_WITNESSES = 2


@dataclass(frozen=True, eq=False)
class Finding:
    """What was found out about a file's coordinates.

    ``state``: 正常 (as it is), 建议修复 (``reading`` differs from ``plain``), 待选 (several
    readings fit equally), 不明 (none fits). ``plain``: what the file says or what its numbers
    are without any repair, None when that cannot be told. ``sure``: 0–1. ``shift``: median
    metres between before and after, None when there is no before. ``evidence``: sentences.
    ``unsure``: what cannot be told. ``before``/``after``: degrees of the sampled rows.
    """

    state: str
    reading: Reading | None
    plain: Reading | None
    sure: float
    shift: float | None
    repair: str
    evidence: tuple[str, ...]
    unsure: tuple[str, ...]
    options: tuple[Reading, ...] = ()
    before: tuple[Floats, Floats] | None = None
    after: tuple[Floats, Floats] | None = None


@dataclass(frozen=True, eq=False)
class _Tried:
    """One reading with where it puts the rows and how well that fits."""

    reading: Reading
    lon: Floats
    lat: Floats
    x: Floats
    y: Floats
    score: float
    inside: float


def examine(
    rows: Rows,
    known: Known,
    said: Reading | None,
    *,
    fixed: bool = False,
    missing: bool = False,
    written: tuple[str, str] = ("", ""),
) -> Finding:
    """Return what the coordinates are.

    ``said``: the reading the file declares, None for nothing. ``fixed``: the format allows
    no other, so that it cannot be missing or wrong. ``missing``: the format ought to say and
    this file does not, so that even plain degrees are a repair. ``written``: the map service
    the list names as their origin, and where it says so; known places may contradict it.
    """
    fine = np.isfinite(rows.x) & np.isfinite(rows.y)
    if not fine.any():
        return Finding("不明", None, said, 0.0, None, "", ("没有一行有可用的坐标。",), ())
    rough = _rough(rows, known, said, fixed)
    if not rough:
        return Finding("不明", None, None, 0.0, None, "", (f"{sizes(rows)}。",), ())
    shares = _shares([t.score for t in rough])
    best, sure = rough[0], shares[0]
    plain = _plain(rough, said, missing)
    rivals = [t for t, p in zip(rough, shares, strict=True) if p > (1 - SURE) / 2]
    if plain is None and sure < SURE:
        return _undecided(rivals, rows, known, best)
    if plain is not None and best is not plain and not _clearly(best, plain, sure):
        best, sure = plain, max(shares[rough.index(plain)], 0.5)
    return _with_encryption(best, plain, sure, rows, known, said, written)


def as_told(rows: Rows, known: Known, told: Reading, said: Reading | None) -> Finding:
    """Return the user's own word as a finding: it is taken, and how well it fits is told."""
    lon, lat = told.degrees(rows.x, rows.y)
    x, y = known.metres(lon, lat)
    words = ["坐标系由用户指定"]
    if known.near_area is not None:
        fine = np.isfinite(x)
        points = shapely.points(np.where(fine, x, 0.0), np.where(fine, y, 0.0))
        share = float(np.mean(fine & shapely.contains(known.near_area, points)))
        words.append(f"{share:.0%} 的要素落在规划区内")
    return Finding("正常", told, said, 1.0, None, "", tuple(words), (), after=(lon, lat))


# --- 1. roughly where


def _rough(rows: Rows, known: Known, said: Reading | None, fixed: bool) -> list[_Tried]:
    """Every reading with its score, the best first; the same place only once."""
    readings = candidates(rows.x, rows.y, known.bounds)
    if said is not None:
        readings = [r for r in readings if r.crs != said.crs or r.packed]
        if fixed:
            readings = []
        readings = [said, replace(said, swapped=True), *readings]
    tried: list[_Tried] = []
    for reading in readings:
        one = _try(reading, rows, known, said)
        if one is None:
            continue
        if not any(_same_place(one, other) for other in tried):
            tried.append(one)
    return sorted(tried, key=lambda t: -t.score)


def _try(reading: Reading, rows: Rows, known: Known, said: Reading | None) -> _Tried | None:
    lon, lat = reading.degrees(rows.x, rows.y)
    if not np.isfinite(lon).any():
        return None
    x, y = known.metres(lon, lat)
    area, inside = area_score(lon, lat, x, y, known)
    score = math.log(_prior(reading, said)) + area
    score += mention_score(x, y, rows, known) + name_score(x, y, rows, known)
    if reading.packed:
        score += packed_score(rows)
    return _Tried(reading, lon, lat, x, y, score, inside)


def _prior(reading: Reading, said: Reading | None) -> float:
    weight = _PRIOR.get(reading.family, 0.1)
    if said is not None and reading.family != "声明":
        weight *= 0.05
    if reading.swapped and reading.family in ("声明", "度", "墨卡托", "度分秒"):
        weight *= _SWAPPED  # in Gauss-Krüger either order is usual
    return weight


def _same_place(one: _Tried, other: _Tried) -> bool:
    both = np.isfinite(one.lon) & np.isfinite(other.lon)
    if both.sum() != max(np.isfinite(one.lon).sum(), np.isfinite(other.lon).sum()):
        return False
    off = np.hypot(one.lon[both] - other.lon[both], one.lat[both] - other.lat[both])
    return bool(np.max(off, initial=0.0) < 1e-5)


def _plain(rough: list[_Tried], said: Reading | None, missing: bool) -> _Tried | None:
    """The reading that changes nothing: what the file says, or degrees as they stand."""
    if said is not None:
        return next((t for t in rough if t.reading == said), None)
    if missing:
        return None
    return next((t for t in rough if t.reading.family == "度" and not t.reading.swapped), None)


def _clearly(best: _Tried, plain: _Tried, sure: float) -> bool:
    """Whether another reading is so much better that it is proposed."""
    if sure >= SURE:
        return True
    return sure > 0.7 and plain.inside < 0.05 and best.inside > 0.9


def _undecided(rivals: list[_Tried], rows: Rows, known: Known, best: _Tried) -> Finding:
    if best.inside == 0 and known.area is not None:
        words = (f"{sizes(rows)}。", "按哪一种读法都不落在规划的行政区里。")
        return Finding(
            "不明", None, None, 0.0, None, "", words, (), tuple(t.reading for t in rivals)
        )
    titles = "、".join(t.reading.words for t in rivals[:4])
    return Finding(
        "待选",
        None,
        None,
        0.0,
        None,
        "",
        (f"{sizes(rows)}。", f"这几种读法都落在规划区内:{titles}。"),
        ("看不出是哪一种,请指定坐标系。",),
        tuple(t.reading for t in rivals),
        None,
        (best.lon, best.lat),
    )


# --- 2. shifted by a map service


def _with_encryption(
    best: _Tried,
    plain: _Tried | None,
    sure: float,
    rows: Rows,
    known: Known,
    said: Reading | None,
    written: tuple[str, str],
) -> Finding:
    pairs = [(i, p) for i, p in pairs_of(rows, known) if np.isfinite(best.x[i])]
    variants = _variants(best.reading)
    scores, residuals = {}, {}
    for name, reading in variants.items():
        x, y = known.metres(*reading.degrees(rows.x, rows.y))
        far = np.array([np.hypot(x[i] - p[0], y[i] - p[1]) for i, p in pairs])
        fits = [closeness(d, p[2]) for d, (_, p) in zip(far, pairs, strict=True)]
        residuals[name] = far
        scores[name] = (np.array(fits), line_distances(reading, rows, known))
    told = written[0] if written[0] in variants else ""
    chosen, chance = _choose(scores, told)
    if chosen and (
        chance < SURE
        or (chosen != told and _witnesses(residuals, chosen, scores) < _WITNESSES)
        or (chosen != told and _farther(residuals[""], residuals[chosen]))
    ):
        chosen = ""
    reading = variants[chosen]
    unsure = _cannot_tell(reading, chosen, pairs, residuals, scores, best)
    found = _finding(best, plain, reading, sure * (chance if chosen else 1.0), rows, known)
    return replace(
        found,
        repair=repair_words(reading, said or found.plain) if found.repair else "",
        evidence=(
            *([f"{written[1]}说明它来自 {ENCRYPTIONS[told]}"] if told else []),
            *found.evidence,
            *fit_words(residuals, scores, chosen),
        ),
        unsure=unsure,
    )


def _farther(before: Floats, after: Floats) -> bool:
    """Whether most known places lie farther off than before: then a few agree by accident."""
    return len(before) > 0 and float(np.median(after)) > 1.1 * float(np.median(before))


def _variants(reading: Reading) -> dict[str, Reading]:
    """The reading as it is, and shifted by what districts cannot tell."""
    out = {"": reading}
    if reading.encrypted:
        return out
    for name in ENCRYPTIONS:
        if name:
            out[name] = reading.encrypted_as(name)
    old = on_beijing54(reading)
    return out | ({"北京54": old} if old is not None else {})


def _choose(scores: dict[str, tuple[Floats, Floats]], told: str) -> tuple[str, float]:
    total = {}
    for name, (fits, off) in scores.items():
        base_fits, base_off = scores[""]
        gain = float(np.clip(fits - base_fits, -4, 4)[:20].sum()) if len(fits) else 0.0
        if len(off):
            gain += float(np.clip(line_fit(off) - line_fit(base_off), -2, 2)[:15].sum())
        total[name] = math.log(_TOLD if name == told and told else _FINE[name]) + gain
    names = list(total)
    shares = _shares([total[n] for n in names])
    place = int(np.argmax(shares))
    return names[place], shares[place]


def _witnesses(
    residuals: dict[str, Floats], chosen: str, scores: dict[str, tuple[Floats, Floats]]
) -> int:
    """How many named places and lines speak for the choice: it fits them far better."""
    far, base = residuals[chosen], residuals[""]
    named = int(np.sum(far < 0.35 * base)) if len(far) else 0
    off, base_off = scores[chosen][1], scores[""][1]
    return named + (int(np.sum(off < 0.35 * base_off)) if len(off) else 0)


def _cannot_tell(
    reading: Reading,
    chosen: str,
    pairs: list[tuple[int, tuple[float, float, float]]],
    residuals: dict[str, Floats],
    scores: dict[str, tuple[Floats, Floats]],
    best: _Tried,
) -> tuple[str, ...]:
    """What the evidence leaves open, in words."""
    unsure = []
    far, off = residuals[""], scores[""][1]
    near = float(np.median(far)) if len(far) >= _WITNESSES else math.inf
    on_roads = float(np.median(off)) if len(off) >= _WITNESSES else math.inf
    if not chosen and near > 120 and on_roads > 60:
        why = "没有足够准的同名地点或实测道路可比" if not pairs else "同名地点自身的误差不比它小"
        unsure.append(f"是否带 GCJ-02、BD-09 偏移(约 0.3–1.5 km)看不出来:{why}")
    old = old_datum(reading.crs)
    if old:
        lon, lat = float(np.nanmedian(best.lon)), float(np.nanmedian(best.lat))
        stated = accuracy(reading.crs, lon, lat)
        how = "这里没有公开的转换参数,按同一经纬度处理"
        how = how if stated is None else f"用 PROJ 的转换,精度约 {stated:g} 米"
        unsure.append(f"{old}到 CGCS2000:{how};百米以内的差别看不出来")
    elif reading.family == "高斯" and near > 20:
        unsure.append(
            "北京54、西安80 与 CGCS2000 的差别(百米以内)小于资料精度,看不出来;按 CGCS2000 处理"
        )
    return tuple(unsure)


# --- words


def _finding(
    best: _Tried,
    plain: _Tried | None,
    reading: Reading,
    sure: float,
    rows: Rows,
    known: Known,
) -> Finding:
    lon, lat = reading.degrees(rows.x, rows.y)
    same = plain is not None and reading == plain.reading
    evidence = []
    if known.area is not None:
        share = f"{best.inside:.0%} 的要素落在规划区内"
        evidence.append(share if best.inside else "全部要素都在规划区之外")
    shift = None
    if plain is not None and not same:
        shift = _median_shift(plain.lon, plain.lat, lon, lat)
        if known.area is not None and plain.inside < best.inside:
            evidence.append(f"原样只有 {plain.inside:.0%} 落在规划区内")
    return Finding(
        "正常" if same else "建议修复",
        reading,
        plain.reading if plain else None,
        min(sure, 0.99 if best.inside or known.area is None else _OUTSIDE),
        shift,
        "" if same else reading.title,
        tuple(evidence),
        (),
        before=(plain.lon, plain.lat) if plain is not None and not same else None,
        after=(lon, lat),
    )


def _median_shift(lon: Floats, lat: Floats, lon2: Floats, lat2: Floats) -> float | None:
    both = np.isfinite(lon) & np.isfinite(lon2)
    both &= (np.abs(lat) <= 90) & (np.abs(lat2) <= 90)
    if not both.any():
        return None
    _, _, far = Geod(ellps="GRS80").inv(lon[both], lat[both], lon2[both], lat2[both])
    return round(float(np.median(far)), 1)


def _shares(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    weights = [math.exp(max(s - top, -700.0)) for s in scores]
    return [w / sum(weights) for w in weights]
