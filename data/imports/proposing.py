"""What a file means for a plan: which layer of it, which column is which, where its rows are.

    sandbox.read_apart  ─▶ Source   what is in the file
    propose             ─▶ Proposal what it means here: columns, coordinates, what looks wrong
    carrying.carry_out  ─▶ Outcome  the rows as a layer, the rejects, the edit (one undo step)

Nothing enters the plan before its edit is carried out, and a proposed repair of coordinates
is only carried out when it was accepted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data.imports.by_value import placed_by_value
from data.imports.columns import Match, have_columns, match, plain
from data.imports.doctor import Finding, as_told, examine
from data.imports.evidence import Rows, sample
from data.imports.known import Known, known_of, same_name
from data.imports.places import Places, read_places
from data.imports.reading import ReadAsk
from data.imports.readings import by_name, declared
from data.imports.rejects import REASON
from data.imports.source import Source
from data.kinds import KINDS, Kind, kind
from data.plan import Plan
from data.refused import Refused

Floats = npt.NDArray[np.float64]

_SAYS_CRS = ("shp", "dxf", "mapinfo", "gpkg", "fgb", "tif")
"""Formats that ought to say their coordinate system: when one does not, it is missing."""

_SYSTEM_HEADINGS = ("坐标系", "坐标系统", "坐标类型", "坐标系名称", "坐标来源", "coordsys", "crs")
_RUNS = (" track_points", " route_points")
EVERY = "全部"
"""The name of all sheets or layers of a file that fit, one under the other."""
_SERVICES = {
    "GCJ-02": re.compile(r"gcj|高德|腾讯|火星", re.IGNORECASE),
    "BD-09": re.compile(r"bd-?_?09|百度|(?<![a-z])bd(?![a-z])|baidu", re.IGNORECASE),
}
_MOST_NAMES = 200_000
_WITNESSES = 60


@dataclass(frozen=True)
class ImportAsk:
    """What the user decided; everything left out is found out.

    ``kind_name``; ``encoding``; ``crs`` as ``readings.by_name`` takes it; ``columns``:
    heading → field; ``fill``: values for fields the file does not give; ``source``: name of
    the layer or sheet; ``layer``: name of the plan's layer to add to ("" the kind's);
    ``skip_duplicates``: leave out rows the plan has already; ``replace``: put the rows in the
    place of what the layer holds instead of adding to it.
    """

    kind_name: str
    encoding: str = ""
    crs: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    layer: str = ""
    skip_duplicates: bool = False
    replace: bool = False


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a source means for a plan. ``repairs``: sentences that must be accepted first."""

    ask: ImportAsk
    source: Source
    kind: Kind
    matches: tuple[Match, ...]
    places: Places | None
    finding: Finding
    repairs: tuple[str, ...]
    notes: tuple[str, ...]
    known: Known

    @property
    def decided(self) -> bool:
        """Whether it is known where the rows are."""
        return self.finding.reading is not None or self.nowhere

    @property
    def nowhere(self) -> bool:
        """Whether not one row has a place: then no coordinate system is asked for."""
        shapes = self.source.shapes if self.places is None else self.places.shapes
        if shapes is None and self.places is not None:
            return not bool(np.any(np.isfinite(self.places.x) & np.isfinite(self.places.y)))
        return bool(np.all(shapely.is_missing(shapes) | shapely.is_empty(shapes)))


def read_ask(plan: Plan, path: Path, ask: ImportAsk) -> ReadAsk:
    """Return what to ask the reading process for."""
    this = kind(ask.kind_name)
    west, south, east, north = known_of(plan).bounds
    rim = 0.3
    around = (west - rim, south - rim, east + rim, north + rim)
    return ReadAsk(path, ask.encoding, this.geometry, this.title, around)


def choose(sources: Sequence[Source], ask: ImportAsk) -> Source:
    """Return the source asked for, or the one that fits the kind.

    Layers of one KML, GPX or OSM file are put together. Raises Refused, listing them, when
    several fit.
    """
    this = kind(ask.kind_name)
    fits = [s for s in sources if fitness(s, this) > 0]
    best = max((fitness(s, this) for s in fits), default=0)
    fits = [s for s in fits if fitness(s, this) == best]
    if this.geometry == "point" and any(s.name.endswith(" waypoints") for s in fits):
        # The points of a track are how it runs, not places of their own.
        fits = [s for s in fits if not s.name.endswith(_RUNS)]
    if ask.source == EVERY and len(fits) > 1:
        return joined(fits)
    if ask.source:
        found = [s for s in sources if ask.source in (s.name, s.name.split(" ")[-1])]
        if not found:
            have = "、".join(s.name for s in sources)
            raise Refused(f"文件里没有名为“{ask.source}”的图层或工作表。有:{have}。")
        return found[0]
    if len(fits) > 1 and {s.format for s in fits} <= {"kml", "gpx", "pbf"}:
        return joined(fits)
    if len(fits) > 1:
        have = "、".join(s.name for s in fits)
        raise Refused(
            f"文件里有几个图层或工作表,请指定导入哪一个(--source):{have}。"
            f"要一起导入,写 --source {EVERY}。"
        )
    return fits[0] if fits else max(sources, key=len)


def fitness(source: Source, this: Kind) -> int:
    """How well a source's shapes and columns fit a kind: 0 not at all."""
    if not len(source):
        return 0
    found = {m.target for m in match(source.headings, this, cut=source.cut)}
    known = len(found - {""}) > 0
    if source.shapes is None:
        return 2 if found & {"经度", "坐标", "X坐标", "东坐标", "图形"} else int(known)
    sorts = set(np.unique(shapely.get_type_id(source.shapes)).tolist())
    own = {"point": {0, 4}, "line": {1, 2, 5}, "polygon": {3, 6}}[this.geometry]
    if sorts & own:
        return 3
    return 1 if this.geometry == "point" and sorts & {3, 6} else int(bool(sorts & {1, 2, 7}))


def joined(sources: Sequence[Source]) -> Source:
    """Return sources one under the other, with a column 图层 (工作表) naming each."""
    headings = list(dict.fromkeys(h for s in sources for h in s.headings))
    columns: dict[str, Any] = {}
    sheets = all(s.shapes is None for s in sources)
    part = "工作表" if sheets else "图层"
    part = part if part not in headings else f"{part}_文件"
    for heading in headings:
        parts = []
        for source in sources:
            cells = source.columns.get(heading)
            blank = np.full(len(source), "", dtype=object)
            parts.append(blank if cells is None else cells.astype(object))
        columns[heading] = np.concatenate(parts)
    if len(sources) > 1:
        names = [np.full(len(s), s.name, dtype=object) for s in sources]
        columns[part] = np.concatenate(names)
    left = tuple(one for s in sources for one in s.left_out)
    if sheets:
        rows = np.concatenate([s.rows for s in sources])
        notes = tuple(dict.fromkeys(f"{s.name}:{note}" for s in sources for note in s.notes))
        return replace(
            sources[0], columns=columns, rows=rows, part=part, notes=notes, left_out=left
        )
    shapes = np.concatenate([s.shapes for s in sources if s.shapes is not None])
    count = sum(len(s) for s in sources)
    rows = np.arange(1, count + 1, dtype=np.int64)
    return replace(sources[0], columns=columns, rows=rows, shapes=shapes, left_out=left)


# --- what it means


def propose(plan: Plan, source: Source, ask: ImportAsk, known: Known | None = None) -> Proposal:
    """Return what a source means for the plan. Raises Refused when no row can have a place."""
    this = kind(ask.kind_name)
    known = known or known_of(plan)
    chosen = dict(ask.columns)
    chosen |= {h: "" for h in source.headings if h == REASON}
    matches = match(source.headings, this, chosen, cut=source.cut)
    if source.format == "dxf" and _unnamed(this, matches) and "Layer" not in chosen:
        # A drawing has no other name for its shapes than the layer they are on.
        layer = {"Layer": "名称"} if "Layer" in source.headings else {}
        matches = match(source.headings, this, {**chosen, **layer})
    places = None
    notes = source.notes
    if source.shapes is None:
        places = read_places(source, matches)
        if places is None:
            matches = placed_by_value(source, matches, this, known)
            places = read_places(source, matches)
            if places is not None:
                both = "、".join(f"“{heading}”" for heading in places.columns)
                notes += (f"没有写着坐标的列名;{both}的数合于规划区,当作坐标,请核对",)
        if places is None:
            raise Refused(
                f"“{source.name}”里没有坐标:没有找到经度、纬度两列,也没有写着坐标的一列。"
                f"请指定哪一列是经度、纬度或坐标。{have_columns(source.headings)}"
            )
    finding, repairs = _diagnose(source, places, matches, known, ask)
    return Proposal(ask, source, this, matches, places, finding, tuple(repairs), notes, known)


def _unnamed(this: Kind, matches: Sequence[Match]) -> bool:
    return this.column("名称") is not None and all(m.target != "名称" for m in matches)


def _diagnose(
    source: Source,
    places: Places | None,
    matches: Sequence[Match],
    known: Known,
    ask: ImportAsk,
) -> tuple[Finding, list[str]]:
    rows = _rows(source, places, matches, known)
    said = declared(source.crs) if source.crs else None
    if ask.crs:
        finding = as_told(rows, known, by_name(ask.crs), said)
        return finding, []
    missing = said is None and source.format in _SAYS_CRS
    drawn = places is not None and places.shapes is not None
    finding = examine(
        rows,
        known,
        said,
        fixed=source.crs_fixed,
        missing=missing and not drawn,
        written=_written_of(source, places),
    )
    repairs = [finding.repair] if finding.state == "建议修复" else []
    if places is not None and places.minutes.any():
        count = int(places.minutes.sum())
        repairs.insert(0, f"{count} 行的度分秒换算成度")
    return finding, repairs


def _written_of(source: Source, places: Places | None) -> tuple[str, str]:
    """The map service a list itself names as the origin of its coordinates, and where it does:
    in the headings of the coordinates (“高德经度”), or in a column 坐标系 that says one thing.
    """
    said = [(heading, f"列名“{heading}”") for heading in (places.columns if places else ())]
    if source.service:
        said.append((source.service, f"文件是{source.service}地图接口的格式,这"))
    for heading, cells in source.columns.items():
        if plain(heading) in _SYSTEM_HEADINGS and cells.dtype == object:
            words = {str(cell).strip() for cell in cells if str(cell).strip()}
            said += [(word, f"“{heading}”一列写的“{word}”") for word in words if len(words) == 1]
    for text, where in said:
        for name, sign in _SERVICES.items():
            if sign.search(text):
                return name, where
    return "", ""


def _rows(source: Source, places: Places | None, matches: Sequence[Match], known: Known) -> Rows:
    """What the doctor is shown: a sample of the rows, those the plan knows by name among them."""
    shapes = source.shapes if places is None else places.shapes
    if shapes is None:
        assert places is not None
        there = np.flatnonzero(np.isfinite(places.x) & np.isfinite(places.y))
    else:
        there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if not len(there):
        nothing = np.full(1, np.nan)
        return Rows(nothing, nothing)
    title = next((m.source for m in matches if m.target == "名称"), None)
    keep = there[sample(len(there))]
    keep = np.union1d(keep, _known_rows(source, title, there, known))
    corners = owner = None
    if shapes is not None:
        x, y = _centres(shapes[keep])
        corners, owner = _corners(shapes[keep])
    else:
        assert places is not None
        x, y = places.x[keep], places.y[keep]
    names, texts = _words(source, title, keep)
    return Rows(x, y, names, texts, corners, owner)


def _known_rows(
    source: Source, title: str | None, there: npt.NDArray[Any], known: Known
) -> npt.NDArray[Any]:
    """Positions of at most sixty rows whose name the plan has."""
    found: list[int] = []
    if title is None or not known.named:
        return np.array(found, dtype=there.dtype)
    for place in there[:_MOST_NAMES].tolist():
        if same_name(source.text(title, place)) in known.named:
            found.append(place)
            if len(found) >= _WITNESSES:
                break
    return np.array(found, dtype=there.dtype)


def _centres(shapes: npt.NDArray[np.object_]) -> tuple[Floats, Floats]:
    """A place for each shape: its centroid, or the middle of its box where rings cross."""
    boxes = shapely.bounds(shapes)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    fine = shapely.is_valid(shapes)
    middles = shapely.centroid(shapes[fine])
    x[fine], y[fine] = shapely.get_x(middles), shapely.get_y(middles)
    return x, y


def _corners(shapes: npt.NDArray[np.object_]) -> tuple[Any, Any]:
    """Corners of lines, at most twenty of each, for comparing with roads."""
    lines = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (1, 2, 5)))
    if not len(lines):
        return None, None
    xy, owner = shapely.get_coordinates(shapes[lines], return_index=True)
    keep = np.zeros(len(xy), dtype=bool)
    for n in np.unique(owner):
        own = np.flatnonzero(owner == n)
        keep[own[:: max(1, len(own) // 20)]] = True
    return xy[keep], owner[keep].astype(np.int64)


def _words(
    source: Source, title: str | None, keep: npt.NDArray[Any]
) -> tuple[list[str], list[str]]:
    names = [source.text(title, i).strip() if title else "" for i in keep.tolist()]
    written = [
        h
        for h, cells in source.columns.items()
        if cells.dtype == object and h != title and h != REASON
    ]
    texts = [" ".join(source.text(h, i) for h in written[:12])[:400] for i in keep.tolist()]
    return names, texts


def likely_kind(sources: Sequence[Source], name: str) -> str:
    """Return the name of the kind a file most likely holds; ``name``: the file's own name.

    A kind's title in the file's, a sheet's or a heading's name counts most, then how many
    columns fit that are particular to the kind.
    """
    words = " ".join([name, *(s.name for s in sources)])
    headings = [h for s in sources for h in s.headings]
    best, score = "other", _TELLING
    for this in KINDS:
        here = max((_likeness(s, this) for s in sources), default=0.0)
        here += 6.0 * any(
            w in words for w in (this.title, this.title[:3], *_ALSO.get(this.name, ()))
        )
        here += 3.0 * any(this.title[:3] in h for h in headings)
        if here > score:
            best, score = this.name, here
    return best


def _likeness(source: Source, this: Kind) -> float:
    fit = fitness(source, this)
    if fit == 0 or (source.shapes is not None and fit < 3):
        return 0.0
    if source.shapes is None and this.geometry != "point" and "图形" not in _targets(source, this):
        return 0.0
    found = _targets(source, this)
    if this.name == "reach" and not found & _KEPT:
        return 0.0
    own = {c.name for c in this.columns} - _COMMON
    raster = 5.0 * (source.format == "tif" and this.name in ("population", "hazard_zone"))
    return raster + len(found & own) + 0.2 * len(found & _COMMON)


def _targets(source: Source, this: Kind) -> set[str]:
    return {m.target for m in match(source.headings, this, cut=source.cut) if m.target}


_ALSO = {"reach": ("等时圈", "责任区")}
"""Further words that name a kind."""
_KEPT = {"时限", "面积标准"}
"""Columns that only an answer by road has; areas, people and a date are on any map."""
_TELLING = 0.5
"""What names and remarks alone add up to says nothing of the kind."""
_COMMON = {"名称", "状态", "级别", "类型", "备注", "来源", "地址", "建成年份", "位置精度", "人数"}
"""Columns most kinds have: they tell little."""
