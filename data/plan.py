"""The plan: an immutable value.

    Book ── plans (scenarios: 现状, 方案一 …) ── Plan ── layers ── Layer ── frame

Nothing here changes in place. Every ``with_…`` returns a new value in which
each layer that did not change is *the same object* as before; results, views
and the journal compare layers by identity.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from data.kinds import Kind, kind
from data.refused import Refused

GEOGRAPHIC = "EPSG:4490"
"""CGCS2000 longitude/latitude: what “degrees” means everywhere in the program."""

SKETCH_NOTE = "示意"
FIRST_SCENARIO = "现状"


@dataclass(frozen=True)
class Look:
    """How a layer is shown; part of the plan, since colleagues share the file.

    ``color`` is "#rrggbb" or "" for the kind's own; ``opacity`` is 0–1;
    ``filter`` keeps the features whose ``column`` is one of the values.
    """

    visible: bool = True
    opacity: float = 1.0
    color: str = ""
    filter: tuple[str, tuple[str, ...]] | None = None
    labels: bool = True


@dataclass(frozen=True, eq=False)
class Layer:
    """Features of one kind.

    ``frame`` is a GeoDataFrame in the plan's CRS, indexed by feature id (unique
    positive ints, index name ``fid``), with a column ``geometry`` and Chinese
    attribute columns. It is read-only: whoever needs other values makes another
    layer. ``basis`` says where numbers come from (“人口格网·示意”); ``cell`` is
    the cell size in metres when the points are centres of a grid, else 0.
    """

    name: str
    kind_name: str
    frame: gpd.GeoDataFrame
    basis: str = ""
    cell: float = 0.0
    look: Look = field(default_factory=Look)

    @property
    def kind(self) -> Kind:
        return kind(self.kind_name)

    def __len__(self) -> int:
        return len(self.frame)

    def with_frame(self, frame: gpd.GeoDataFrame) -> "Layer":
        """Return this layer with other features."""
        return replace(self, frame=frame)

    def column(self, name: str) -> pd.Series:
        """Return the column, all missing when the layer does not have it."""
        if name in self.frame.columns:
            return self.frame[name]
        return pd.Series([None] * len(self.frame), index=self.frame.index, name=name, dtype=object)

    def row(self, fid: int) -> dict[str, Any]:
        """Return one feature's attributes, without its geometry."""
        return {str(k): v for k, v in self.frame.drop(columns="geometry").loc[fid].items()}

    def geometry(self, fid: int) -> shapely.Geometry:
        return self.frame.geometry.loc[fid]

    @cached_property
    def next_id(self) -> int:
        """The id the next new feature gets."""
        return int(self.frame.index.max()) + 1 if len(self.frame) else 1


@dataclass(frozen=True, eq=False)
class Plan:
    """One scenario: a name, a projected CRS in metres for everything, layers.

    Layers are ordered from the bottom of the map to the top; names are unique.
    """

    name: str
    crs: str
    layers: tuple[Layer, ...] = ()

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def layer(self, name: str) -> Layer:
        """Return the layer called ``name``; raises Refused when there is none."""
        found = self.find(name)
        if found is None:
            have = "、".join(layer.name for layer in self.layers) or "(无)"
            raise Refused(f"规划里没有名为“{name}”的图层。现有图层:{have}。")
        return found

    def find(self, name: str) -> Layer | None:
        return next((layer for layer in self.layers if layer.name == name), None)

    def of_kind(self, name: str) -> tuple[Layer, ...]:
        """Return the layers of a kind (English or Chinese name), bottom first."""
        wanted = kind(name).name
        return tuple(layer for layer in self.layers if layer.kind_name == wanted)

    def with_layer(self, layer: Layer) -> "Plan":
        """Return the plan with the layer of the same name replaced, or added on top."""
        if self.find(layer.name) is None:
            return replace(self, layers=(*self.layers, layer))
        return replace(
            self, layers=tuple(layer if old.name == layer.name else old for old in self.layers)
        )

    def without_layer(self, name: str) -> "Plan":
        gone = self.layer(name)
        return replace(self, layers=tuple(layer for layer in self.layers if layer is not gone))

    def changed(self, other: "Plan | None") -> set[str]:
        """Names of layers that are not the same object in both plans."""
        if other is None:
            return {layer.name for layer in self.layers}
        mine = {layer.name: layer for layer in self.layers}
        theirs = {layer.name: layer for layer in other.layers}
        return {n for n in mine.keys() | theirs.keys() if mine.get(n) is not theirs.get(n)}


@dataclass(frozen=True, eq=False)
class Book:
    """What one plan file holds: a title and one or more scenarios.

    ``facts`` are small choices that belong to the file (readings of an
    ambiguous clause, attestations …): JSON-able values by name.
    """

    title: str
    plans: tuple[Plan, ...]
    current: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        return self.plans[self.current]

    def with_plan(self, plan: Plan) -> "Book":
        """Return the book with its current scenario replaced (itself if the same)."""
        if plan is self.plan:
            return self
        plans = tuple(plan if i == self.current else old for i, old in enumerate(self.plans))
        return replace(self, plans=plans)


def empty_frame(kind_name: str, crs: str) -> gpd.GeoDataFrame:
    """Return a frame of no features with the kind's columns."""
    columns: dict[str, Any] = {c.name: [] for c in kind(kind_name).columns}
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    frame.index = pd.Index([], dtype="int64", name="fid")
    return frame


def make_layer(
    name: str,
    kind_name: str,
    frame: gpd.GeoDataFrame,
    crs: str,
    *,
    basis: str = "",
    cell: float = 0.0,
    look: Look | None = None,
) -> Layer:
    """Return a layer from any frame with a CRS: reprojected, indexed from 1, columns completed.

    The frame handed in is not altered. An integer index of unique positive ids
    named ``fid`` is kept. Raises Refused when the frame has no CRS.
    """
    if frame.crs is None:
        raise Refused(f"图层“{name}”没有坐标系,请先指定它用的坐标系。")
    out = frame.to_crs(crs)
    if out.geometry.name != "geometry":
        out = out.rename_geometry("geometry")
    if out.index.name != "fid" or not out.index.is_unique:
        out = out.set_axis(pd.RangeIndex(1, len(out) + 1, name="fid"), axis=0)
    for column in kind(kind_name).columns:
        if column.name not in out.columns:
            out = out.assign(**{column.name: None})
    known = [c.name for c in kind(kind_name).columns]
    rest = [c for c in out.columns if c not in known and c != "geometry"]
    out = out[[*known, *rest, "geometry"]]
    return Layer(name, kind(kind_name).name, out, basis, cell, look or Look())


def best_crs(longitude: float) -> str:
    """Return the CGCS2000 3-degree Gauss-Krüger CRS (no zone prefix) nearest to a longitude.

    EPSG:4534 (75°E) … EPSG:4554 (135°E). Raises Refused outside China.
    """
    if not 73 <= longitude <= 136:
        raise Refused(f"经度 {longitude:.4f}° 不在中国范围内(73°–136°),请检查坐标。")
    zone = min(max(round(longitude / 3), 25), 45)
    return f"EPSG:{4534 + zone - 25}"


def crs_title(crs: str) -> str:
    """Return the CRS in the words a Chinese map sheet uses."""
    info = pyproj.CRS.from_user_input(crs)
    code = info.to_epsg()
    if code is not None and 4534 <= code <= 4554:
        return f"CGCS2000 高斯-克吕格 3°带,中央经线 {75 + 3 * (code - 4534)}°E"
    return str(info.name)


def unique_name(wanted: str, taken: Iterable[str]) -> str:
    """Return ``wanted``, or “wanted 2”, “wanted 3” … when it is taken."""
    names = set(taken)
    if wanted not in names:
        return wanted
    n = 2
    while f"{wanted} {n}" in names:
        n += 1
    return f"{wanted} {n}"
