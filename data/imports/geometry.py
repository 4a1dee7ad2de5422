"""Shapes as a kind needs them: the right sort, flat, valid; and what was changed, said.

A polygon whose ring crosses itself is made valid by its structure (a hole stays a hole); how
much area that changed is told. Gaps and overlaps between districts are found and told, not
mended: which of two neighbours is right is not ours to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from data.kinds import Kind

Shapes = npt.NDArray[np.object_]

_TYPES = {"point": (0,), "line": (1, 5), "polygon": (3, 6)}
_WORDS = {
    0: "点",
    1: "线",
    2: "线",
    3: "面",
    4: "多点",
    5: "多段线",
    6: "多面",
    7: "混合图形",
}
_TITLES = {"point": "点", "line": "线", "polygon": "面"}
_SLIVER = 1_000.0
"""Overlaps and gaps below this many square metres are rounding, not geography."""


@dataclass(frozen=True, eq=False)
class Mended:
    """Shapes after repair; ``bad``: position → why a row has none; ``notes``: what was changed."""

    shapes: Shapes
    bad: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def mend(shapes: Shapes, kind: Kind) -> Mended:
    """Return shapes of the kind's sort (in any plane coordinates). The array is not altered."""
    out = shapely.force_2d(shapes)
    out = np.array(out, dtype=object)
    bad: dict[int, str] = {}
    notes: list[str] = []
    for place in np.flatnonzero(shapely.is_missing(out) | shapely.is_empty(out)).tolist():
        bad[place] = "没有图形"
        out[place] = None
    _drop_endless(out, bad)
    if kind.geometry == "point":
        _to_points(out, bad, notes)
    elif kind.geometry == "line":
        _to_lines(out, bad, notes)
    else:
        _to_polygons(out, bad, notes)
    return Mended(out, bad, tuple(notes))


def _drop_endless(out: Shapes, bad: dict[int, str]) -> None:
    xy, owner = shapely.get_coordinates(out, return_index=True)
    for place in np.unique(owner[~np.isfinite(xy).all(axis=1)]).tolist():
        bad[place] = "坐标不是有限的数"
        out[place] = None


def _to_points(out: Shapes, bad: dict[int, str], notes: list[str]) -> None:
    sorts = shapely.get_type_id(out)
    single = (sorts == 4) & (shapely.get_num_geometries(out) == 1)
    out[single] = shapely.get_geometry(out[single], 0)
    for place in np.flatnonzero((sorts == 4) & ~single).tolist():
        bad[place] = "一行有多个点;请拆成几行"
        out[place] = None
    areas = np.isin(sorts, (3, 6))
    if areas.any():
        out[areas] = shapely.point_on_surface(shapely.make_valid(out[areas]))
        notes.append(f"{int(areas.sum())} 个面取面内一点作位置")
    for place in np.flatnonzero(np.isin(sorts, (1, 2, 5, 7))).tolist():
        bad[place] = f"是{_WORDS[int(sorts[place])]},这一类要点"
        out[place] = None


def _to_lines(out: Shapes, bad: dict[int, str], notes: list[str]) -> None:
    sorts = shapely.get_type_id(out)
    rings = np.isin(sorts, (2,))
    out[rings] = [shapely.LineString(shapely.get_coordinates(r)) for r in out[rings]]
    areas = np.isin(sorts, (3, 6))
    if areas.any():
        out[areas] = shapely.boundary(out[areas])
        notes.append(f"{int(areas.sum())} 个面取轮廓线")
    lengths = shapely.length(out)
    wrong = np.isin(sorts, (0, 4, 7)) | ((lengths == 0) & ~shapely.is_missing(out))
    for place in np.flatnonzero(wrong).tolist():
        zero = sorts[place] not in (0, 4, 7)
        bad[place] = "线没有长度" if zero else f"是{_WORDS[int(sorts[place])]},这一类要线"
        out[place] = None


def _to_polygons(out: Shapes, bad: dict[int, str], notes: list[str]) -> None:
    sorts = shapely.get_type_id(out)
    closed = np.isin(sorts, (1, 2)) & shapely.is_closed(out) & (shapely.get_num_points(out) > 3)
    out[closed] = [shapely.Polygon(shapely.get_coordinates(ring)) for ring in out[closed]]
    if closed.any():
        notes.append(f"{int(closed.sum())} 条闭合线当作面")
    out[sorts == 7] = [_areas_of(one) for one in out[sorts == 7]]
    wrong = ~np.isin(shapely.get_type_id(out), (3, 6)) & ~shapely.is_missing(out)
    for place in np.flatnonzero(wrong).tolist():
        bad[place] = f"是{_WORDS[int(sorts[place])]},这一类要面"
        out[place] = None
    broken = ~shapely.is_valid(out) & ~shapely.is_missing(out)
    if not broken.any():
        return
    before = np.abs(shapely.area(out[broken]))
    fixed = _made_valid(out[broken])
    gone = shapely.is_empty(fixed) | shapely.is_missing(fixed)
    places = np.flatnonzero(broken)
    out[places] = fixed
    for place in places[gone].tolist():
        bad[place] = "面没有面积(边界自相重叠)"
        out[place] = None
    change = shapely.area(fixed[~gone]) - before[~gone]
    share = np.abs(change) / np.maximum(before[~gone], 1e-12)
    if len(share):
        notes.append(f"{len(share)} 个面的边界自相交,已修复;面积变化最大 {float(share.max()):.2%}")


def _made_valid(shapes: Shapes) -> Shapes:
    """Return valid areas; by structure, and where that leaves a fault (coordinates so close that
    rounding makes rings cross again) by lines or by an empty buffer.
    """
    fixed = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    fixed = np.array([_areas_of(one) for one in fixed], dtype=object)
    for again in (shapely.make_valid, lambda x: shapely.buffer(x, 0)):
        still = ~shapely.is_valid(fixed) & ~shapely.is_missing(fixed)
        for place in np.flatnonzero(still).tolist():
            fixed[place] = _areas_of(again(fixed[place]))
    return fixed


def _areas_of(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """The polygons in a shape, as one."""
    if shape is None or shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    flat = [q for p in parts for q in shapely.get_parts(p)]
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else shapely.MultiPolygon(flat)


def district_notes(shapes: Shapes, names: Sequence[str]) -> tuple[str, ...]:
    """Say where districts overlap, leave gaps, have several parts or holes (plan metres)."""
    notes: list[str] = []
    whole = np.array([s for s in shapes if s is not None], dtype=object)
    titles = [n for n, s in zip(names, shapes, strict=True) if s is not None]
    if not len(whole):
        return ()
    notes += _overlaps(whole, titles)
    union = shapely.union_all(whole)
    rings = [shapely.Polygon(r) for p in shapely.get_parts(union) for r in p.interiors]
    gaps = [g for g in rings if g.area > _SLIVER]
    if gaps:
        sizes = sum(g.area for g in gaps) / 1e6
        notes.append(f"行政区之间有 {len(gaps)} 处空隙,共 {sizes:,.3f} km²,没有改动,请核对")
    parts = [(t, len(shapely.get_parts(s))) for t, s in zip(titles, whole, strict=True)]
    several = [f"{t}({n} 块)" for t, n in parts if n > 1]
    if several:
        notes.append(f"由多块组成,照样保留:{'、'.join(several[:6])}")
    holes = sum(len(p.interiors) for s in whole for p in shapely.get_parts(s))
    if holes:
        notes.append(f"有 {holes} 个内洞(飞地、湖泊等),照样保留")
    return tuple(notes)


def _overlaps(whole: Shapes, titles: Sequence[str]) -> list[str]:
    tree = shapely.STRtree(whole)
    first, second = tree.query(whole, predicate="intersects")
    keep = first < second
    first, second = first[keep], second[keep]
    if not len(first):
        return []
    sizes = shapely.area(shapely.intersection(whole[first], whole[second]))
    big = np.flatnonzero(sizes > _SLIVER)
    big = big[np.argsort(-sizes[big])]
    if not len(big):
        return []
    worst = "、".join(
        f"{titles[first[i]]}与{titles[second[i]]}({sizes[i] / 1e6:,.3f} km²)" for i in big[:4]
    )
    return [f"行政区有 {len(big)} 处重叠,没有改动,请核对:{worst}"]
