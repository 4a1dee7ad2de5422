"""Carrying an import out: the rows as a layer in the plan's coordinates, and one edit.

The plan is not touched here: :attr:`Outcome.edit` does that, as one undo step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data import edits
from data.edits import Edit
from data.imports import duplicates, geometry
from data.imports.duplicates import Duplicate
from data.imports.known import NEAR, Known
from data.imports.places import Places
from data.imports.proposing import Proposal
from data.imports.readings import Reading, by_name
from data.imports.rejects import REASON, Reject, of_its_part, reason_of_sum, rejects_of
from data.imports.values import read_values
from data.kinds import SKETCHED, STATUSES, Kind, parse_value
from data.plan import GEOGRAPHIC, Layer, Plan, make_layer, unique_name
from data.progress import Report, silent
from data.refused import Refused

Floats = npt.NDArray[np.float64]

_SHOWN = 6
INSIDE = "规划区"
"""What a district on a list is unless it says otherwise."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """Accepted rows as a layer of the plan's CRS, the rejects, what looks double, the edit."""

    layer: Layer
    rows: int
    accepted: int
    rejects: tuple[Reject, ...]
    duplicates: tuple[Duplicate, ...]
    notes: tuple[str, ...]
    edit: Edit
    text: str


def carry_out(
    plan: Plan, proposal: Proposal, *, accept: bool = True, report: Report = silent
) -> Outcome:
    """Return what the import makes of the rows. The plan is not touched: the edit does that.

    ``accept``: whether the proposed repair of coordinates is carried out; without it the
    file is taken as it stands. Raises Refused when it is not known where the rows are.
    """
    finding = proposal.finding
    reading = finding.reading if accept else (finding.plain or finding.reading)
    if reading is None and proposal.nowhere:
        reading = by_name(GEOGRAPHIC)  # whichever: each row says why it has no place
    if reading is None:
        options = ";".join(r.words for r in finding.options[:4])
        raise Refused(
            f"看不出“{proposal.source.name}”用的是哪种坐标系,请指定坐标系。"
            + (f"可能是:{options}。" if options else "")
        )
    source, this = proposal.source, proposal.kind
    report(0.1, "正在换算坐标…")
    shapes, bad = _shapes(proposal, reading, plan.crs)
    report(0.4, "正在检查图形…")
    mended = geometry.mend(shapes, this)
    for place, reason in mended.bad.items():
        bad.setdefault(place, reason)
    report(0.6, "正在读各列的值…")
    fill = _fill(this, proposal.ask.fill)
    used = proposal.places.columns if proposal.places is not None else ()
    used = (*used, *(h for h in source.headings if h == REASON))
    values = read_values(source, proposal.matches, this, fill, used)
    for place, reason in values.bad.items():
        bad[place] = f"{bad[place]};{reason}" if place in bad else reason
    for place in list(bad):
        bad[place] = of_its_part(source, place, reason_of_sum(source, place, bad[place]))
    return _outcome(plan, proposal, mended, values.columns, bad, values.notes, report)


def _fill(this: Kind, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is put where a file says nothing: things on an office's list stand today."""
    status = this.column("状态")
    fill: dict[str, Any] = {"状态": STATUSES[0]} if status is not None and status.required else {}
    if this.name == "district":
        fill["角色"] = INSIDE
    for name, value in asked.items():
        column = this.column(name)
        if column is None:
            known = "、".join(c.name for c in this.columns)
            raise Refused(f"“{this.title}”没有“{name}”这个字段。可用的字段:{known}。")
        fill[name] = parse_value(column, value)
    return {name: value for name, value in fill.items() if value is not None}


def _shapes(
    proposal: Proposal, reading: Reading, crs: str
) -> tuple[npt.NDArray[np.object_], dict[int, str]]:
    """Return geometries in the plan's CRS, and rows that have none."""
    places, source = proposal.places, proposal.source
    bad: dict[int, str] = dict(places.bad) if places is not None else {}
    shapes = source.shapes if places is None else places.shapes
    known = Known(crs, None, (73.0, 3.0, 136.0, 54.0))
    if shapes is None:
        assert places is not None
        lon, lat = reading.degrees(places.x, places.y)
        x, y = _projected(lon, lat, known)
        fine = np.isfinite(x) & np.isfinite(y)
        out = np.full(len(x), None, dtype=object)
        out[fine] = shapely.points(x[fine], y[fine])
    else:
        out = np.array(shapely.force_2d(shapes), dtype=object)
        xy, owner = shapely.get_coordinates(out, return_index=True)
        xy = np.column_stack(_projected(*reading.degrees(xy[:, 0], xy[:, 1]), known))
        fine = np.ones(len(out), dtype=bool)
        fine[np.unique(owner[~np.isfinite(xy).all(axis=1)])] = False
        out[~fine] = None  # before the rest is moved: a ring that ends nowhere is no ring
        shapely.set_coordinates(out, xy[fine[owner]])
    for place in np.flatnonzero(~fine).tolist():
        bad.setdefault(place, _lost(places, place, reading))
    return out, bad


def _lost(places: Places | None, place: int, reading: Reading) -> str:
    """Why a row's coordinates are no place, as far as they show it."""
    if places is not None and places.shapes is None:
        x, y = float(places.x[place]), float(places.y[place])
        if x == 0 and y == 0:
            return "坐标是 0,0,等于没有;补上坐标"
        lon, lat = replace(reading, swapped=not reading.swapped).degrees(
            np.array([x]), np.array([y])
        )
        if _in_china(lon, lat)[0]:
            return "两个坐标像是写反了(对调后在中国范围内);改过来再导入"
    return f"坐标按{reading.title}不在中国范围内,请检查有没有写错或写反"


def _in_china(lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    return (lon >= 73) & (lon <= 136) & (lat >= 3) & (lat <= 54)


def _projected(lon: Floats, lat: Floats, known: Known) -> tuple[Floats, Floats]:
    """Plan coordinates; what does not lie in China has none."""
    here = _in_china(lon, lat)
    middle = known.metres(np.where(here, lon, 104.5), np.where(here, lat, 35.0))
    return np.where(here, middle[0], np.nan), np.where(here, middle[1], np.nan)


def _outcome(
    plan: Plan,
    proposal: Proposal,
    mended: geometry.Mended,
    columns: dict[str, Any],
    bad: dict[int, str],
    more: Sequence[str],
    report: Report,
) -> Outcome:
    source, this, ask = proposal.source, proposal.kind, proposal.ask
    keep = np.ones(len(source), dtype=bool)
    keep[list(bad)] = False
    report(0.75, "正在找重复…")
    places = np.flatnonzero(keep)
    titles = columns.get("名称")
    names = ["" if titles is None or titles[i] is None else str(titles[i]) for i in places]
    doubles = duplicates.find(mended.shapes[keep], names, source.rows[keep], this.name, plan)
    if ask.skip_duplicates:
        for one in doubles:
            if one.layer:
                place = int(places[one.place])
                keep[place] = False
                bad[place] = f"与图层“{one.layer}”里的“{one.other_name}”重复({one.why})"
    rejects = rejects_of(source, bad)
    layer = _layer(plan, proposal, mended.shapes[keep], columns, keep)
    notes = [*proposal.notes, *more, *mended.notes]
    notes += outside_notes(proposal.known, mended.shapes[keep], names, source.rows[keep], this)
    if this.name == "district":
        titles = [str(v) for v in layer.column("名称")]
        notes += geometry.district_notes(np.asarray(layer.frame.geometry.array), titles)
    report(0.95, "正在放进图层…")
    target = _target(plan, this, ask.layer)
    instead = _instead(plan, this, target, ask.replace, notes)
    text = f"导入“{source.name}”"
    edit = _adding(plan, layer, target, instead) if len(layer) else (lambda plan: plan)
    return Outcome(
        layer,
        len(source) + len(source.left_out),
        len(layer),
        rejects,
        doubles,
        tuple(dict.fromkeys(notes)),
        edit,
        text,
    )


def outside_notes(
    known: Known,
    shapes: npt.NDArray[np.object_],
    names: Sequence[str],
    rows: npt.NDArray[np.int64],
    this: Kind,
) -> tuple[str, ...]:
    """Say which rows lie outside the plan's districts (and a border's uncertainty around them).

    One of a hundred that is a digit wrong lies in another county, where nobody looks for it.
    """
    if this.geometry != "point" or this.name == "population" or not len(shapes):
        return ()
    if known.near_area is None:
        return ()
    out = np.flatnonzero(~shapely.contains(known.near_area, shapes))
    if not len(out):
        return ()
    which = "、".join(f"第 {rows[i]} 行“{names[i]}”" for i in out[:_SHOWN].tolist())
    more = "等" if len(out) > _SHOWN else ""
    km = NEAR / 1000
    return (f"{len(out):,} 行在规划区外 {km:g} km 以上,照样导入,请核对:{which}{more}",)


def _layer(
    plan: Plan,
    proposal: Proposal,
    shapes: npt.NDArray[np.object_],
    columns: dict[str, Any],
    keep: npt.NDArray[np.bool_],
) -> Layer:
    this, source = proposal.kind, proposal.source
    data = {name: _typed(values[keep], this, name) for name, values in columns.items()}
    array = gpd.array.GeometryArray(shapes, crs=plan.crs)
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=array, crs=plan.crs)
    target = _target(plan, this, proposal.ask.layer)
    name = target or unique_name(proposal.ask.layer or this.title, (x.name for x in plan))
    return make_layer(name, this.name, frame, plan.crs, basis=source.basis, cell=_cell(proposal))


def _cell(proposal: Proposal) -> float:
    return proposal.source.cell if proposal.kind.name == "population" else 0.0


def _typed(values: Any, this: Kind, name: str) -> Any:
    column = this.column(name)
    if column is not None and column.type == "whole" and not np.isnan(values).any():
        return values.astype(np.int64)
    return values


def _target(plan: Plan, this: Kind, wanted: str) -> str:
    """The layer of the plan the rows go to, "" for a new one."""
    if wanted:
        found = plan.find(wanted)
        if found is not None and found.kind_name != this.name:
            raise Refused(
                f"图层“{wanted}”是{found.kind.title},不能放{this.title}。请换一个图层名。"
            )
        return wanted if found is not None else ""
    layers = plan.of_kind(this.name)
    return layers[0].name if layers else ""


def _instead(plan: Plan, this: Kind, target: str, asked: bool, notes: list[str]) -> bool:
    """Whether the rows take the place of what the layer holds.

    Two populations would count everybody twice: a modelled one (示意) gives way to a file;
    one that is somebody's data only when that was asked for.
    """
    old = plan.find(target) if target else None
    if old is None or not len(old):
        return asked
    if asked:
        notes.append(f"图层“{target}”原有的 {len(old):,} 个要素已换成这次导入的")
        return True
    if this.name != "population":
        return False
    if SKETCHED in old.basis:
        notes.append(f"图层“{target}”原来的示意人口({len(old):,} 个点)已换成这次导入的")
        return True
    raise Refused(
        f"规划里已有人口图层“{target}”,两份人口会重复计数。请选“换掉图层里原有的”(--replace),或先删去旧的。"
    )


def _adding(plan: Plan, layer: Layer, target: str, instead: bool) -> Edit:
    """The edit that puts the rows into the plan as one step.

    What takes long is done here, for the plan as it is now; another plan is served as well.
    """
    here = plan.find(target) if target else None
    both = appended(here, layer) if here is not None and not instead else None

    def edit(plan: Plan) -> Plan:
        old = plan.find(target) if target else None
        if old is None:
            name = unique_name(layer.name, (x.name for x in plan))
            return edits.add_layer(replace(layer, name=name), at=_place(plan, layer.kind))(plan)
        if instead:
            return plan.with_layer(replace(layer, name=old.name, look=old.look))
        same = old is here and both is not None
        return plan.with_layer(old.with_frame(both if same else appended(old, layer)))

    return edit


def _place(plan: Plan, this: Kind) -> int:
    """Where a new layer lies: areas below people below lines below points."""

    def rank(kind: Kind) -> int:
        return 1 if kind.name == "population" else {"polygon": 0, "line": 2}.get(kind.geometry, 3)

    above = (n for n, layer in enumerate(plan.layers) if rank(layer.kind) > rank(this))
    return next(above, len(plan.layers))


def appended(old: Layer, new: Layer) -> gpd.GeoDataFrame:
    """Return the features of both; the new ones get the next ids."""
    index = pd.RangeIndex(old.next_id, old.next_id + len(new), name="fid")
    fresh = new.frame.set_axis(index, axis=0)
    order = [c for c in old.frame.columns if c != "geometry"]
    order += [c for c in fresh.columns if c not in order and c != "geometry"]
    columns: dict[str, Any] = {}
    ids = old.frame.index.append(index).astype("int64")
    ids.name = "fid"
    for name in order:
        columns[name] = _stacked(old, fresh, name, ids)
    shapes = np.concatenate(
        [
            np.asarray(old.frame.geometry.array, dtype=object),
            np.asarray(fresh.geometry.array, dtype=object),
        ]
    )
    array = gpd.array.GeometryArray(shapes, crs=old.frame.crs)
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=ids), geometry=array, crs=old.frame.crs)


def _stacked(old: Layer, fresh: gpd.GeoDataFrame, name: str, ids: pd.Index) -> pd.Series:
    first = old.column(name)
    if name in fresh.columns:
        second = fresh[name]
    else:
        second = pd.Series([None] * len(fresh), index=fresh.index, dtype=object)
    numeric = [s.dtype.kind in "iuf" or s.isna().all() for s in (first, second)]
    if all(numeric) and any(s.dtype.kind in "iuf" for s in (first, second)):
        joined_values = np.concatenate(
            [pd.to_numeric(s).to_numpy(dtype=float, na_value=np.nan) for s in (first, second)]
        )
        whole = all(s.dtype.kind in "iu" for s in (first, second))
        return pd.Series(joined_values.astype(np.int64) if whole else joined_values, index=ids)
    values = np.concatenate([s.astype(object).to_numpy() for s in (first, second)])
    values = np.array([None if v is None or v != v else v for v in values], dtype=object)
    return pd.Series(values, index=ids, dtype=object)
