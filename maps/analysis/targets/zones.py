"""Checks of area and length: 区内人口, 图斑覆盖, 辖区面积, 长度, 面积."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data.geodesy import Floats
from data.kinds import is_missing, kind
from data.plan import Layer
from maps.analysis.targets.choosing import chosen_by, phrase, unknown_conditions
from maps.analysis.targets.conditions import as_text
from maps.analysis.targets.judge import (
    Finding,
    amount,
    holds,
    lacking,
    limits,
    missing_column,
    missing_layer,
    missing_people,
    wants_more,
)
from maps.analysis.targets.model import Missing, Rule
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.units import number

BUILT_UP = "建成区"
"""The layer in which responsible areas are drawn when a rule names none."""

_FINE = 50_000
"""Vertices of an outline that takes longer to cut than a frame lasts."""


def _zones(rule: Rule, scene: Scene) -> tuple[Chosen, str]:
    zones = scene.choose(rule.params["区域"], rule.params.get("区域条件", ()), "").placed
    said = "、".join(str(c) for c in rule.params.get("区域条件", ()))
    return zones, f"{f'{said}的' if said else ''}{kind(rule.params['区域']).title}"


def _union(zones: Chosen) -> shapely.Geometry:
    return shapely.union_all(shapely.make_valid(zones.table.shapes[zones.sure]))


def people_inside(rule: Rule, scene: Scene) -> Finding:
    """How many people, or what share of them, live in the zones."""
    zones, what = _zones(rule, scene)
    if not len(zones):
        return lacking(f"图上没有{what}", missing_layer(rule.params["区域"], what))
    people = scene.demand
    if not people.known:
        return lacking("人口未知", missing_people())
    union = _union(zones)
    shapely.prepare(union)
    counted = people.district < len(people.districts) if people.districts else True
    inside = shapely.intersects_xy(union, people.nearby.x, people.nearby.y) & counted
    persons = float(people.persons[inside].sum())
    whole = float((people.everybody[:-1] if people.districts else people.everybody).sum())
    share = rule.unit is not None and rule.unit.dimension == "占比"
    value = 100.0 * persons / whole if share and whole else persons
    shown = f"(占 {amount(rule, value)})" if share else ""
    return Finding(
        f"{len(zones)} 片{what}内住着 {number(round(persons))} 人{shown}",
        value,
        value,
        where=tuple(zones.table.place(i) for i in zones.sure.tolist()),
        remedy=f"其中 {number(round(persons))} 人需要搬迁避让或工程治理。" if persons else "",
        basis=people.basis,
    )


def mapped(rule: Rule, scene: Scene) -> Finding:
    """What part of the planning area the zones cover: whether a map has been made in full."""
    zones, what = _zones(rule, scene)
    if not len(zones):
        return lacking(f"图上没有{what}", missing_layer(rule.params["区域"], what))
    if not scene.districts:
        return lacking("规划里没有规划区的边界", missing_layer("district"))
    shapes = np.array([d.shape for d in scene.districts], dtype=object)
    inside = np.asarray(scene.ruler.area(shapely.intersection(shapes, _union(zones))))
    totals = np.array([d.area_km2 for d in scene.districts])
    share = min(100.0 * float(inside.sum()) / float(totals.sum()), 100.0)
    # Borders drawn twice never meet to the metre: a ten-thousandth is not a gap.
    share = 100.0 if share > 99.99 else share
    gaps = [i for i in range(len(totals)) if inside[i] < totals[i] * 0.9999]
    return Finding(
        f"{what}盖住规划区面积的 {amount(rule, share)}",
        share,
        share,
        where=tuple(
            scene.district_place(i, f"{number(float(totals[i] - inside[i]))} km² 没有图斑")
            for i in gaps
        ),
        remedy=f"还有 {number(float((totals - inside).sum()))} km² 没有图斑。" if gaps else "",
    )


def beats(rule: Rule, scene: Scene) -> Finding:
    """How large the area is that has each station as its nearest, inside the built-up area."""
    chosen = chosen_by(rule, scene).placed
    what = phrase(rule, chosen)
    if not len(chosen):
        return lacking(f"图上没有{what}", missing_layer(rule.params["对象"], what))
    name = rule.params.get("图层", BUILT_UP)
    layer = scene.find(name)
    if layer is None or not len(layer) or layer.kind.geometry != "polygon":
        how = f"添加名为“{name}”的面图层(城市建设用地或建成区范围),责任区在它里面划分。"
        return lacking(f"没有“{name}”图层,不能划分责任区", Missing("district", "", how))
    ground = built_up(scene, layer)
    sizes = _shares(scene, chosen, ground)
    allowed = [_allowed(rule, chosen, i) for i in chosen.sure.tolist()]
    table = chosen.table
    bad = [
        k for k, (s, a) in enumerate(zip(sizes, allowed, strict=True)) if a is not None and s > a
    ]
    open_ = [k for k, a in enumerate(allowed) if a is None]
    worst = int(np.argmax([s / a if a else 0.0 for s, a in zip(sizes, allowed, strict=True)]))
    rows = tuple(
        (table.name(int(i)), s / 1e6, "未定级" if a is None else f"上限 {a / 1e6:g} km²")
        for i, s, a in zip(chosen.sure, sizes, allowed, strict=True)
    )
    missing = (missing_column(chosen, table.kind.class_column),) if open_ and not bad else ()
    return Finding(
        f"{len(sizes)} 处{what}的责任区,超过上限的 {len(bad)} 处;"
        f"{rows[worst][0]} {sizes[worst] / 1e6:.1f} km²",
        sizes[worst],
        sizes[worst],
        holds=False if bad else None if open_ else True,
        where=tuple(table.place(int(chosen.sure[k]), f"{sizes[k] / 1e6:.1f} km²") for k in bad),
        remedy="".join(
            f"{rows[k][0]}的责任区要分出 {(sizes[k] - (allowed[k] or 0)) / 1e6:.1f} km²。"
            for k in bad[:6]
        ),
        missing=missing,
        rows=rows,
    )


def _allowed(rule: Rule, chosen: Chosen, i: int) -> float | None:
    """The limit of one station in ㎡: of its class, or the rule's number; None without class."""
    by_class = rule.params.get("上限")
    if by_class is None:
        return limits(rule)[1]
    grade: Any = chosen.table.column(chosen.table.kind.class_column)[i]
    found = None if is_missing(grade) else by_class.get(as_text(grade))
    return None if found is None else float(found) * 1e6


@dataclass(frozen=True, eq=False)
class BuiltUp:
    """The ground that responsible areas share: its separate parts, ㎡ of each, what finds them.

    ``cut``: parts by cell (its outline as bytes) from the last time; most cells are the same
    ones while one station is dragged.
    """

    scene: Scene
    whole: shapely.Geometry
    parts: npt.NDArray[Any]
    sizes: Floats
    tree: shapely.STRtree
    cut: dict[bytes, float]

    def within(self, cells: list[shapely.Geometry]) -> list[float]:
        """㎡ of the ground in each cell."""
        keys = [shapely.to_wkb(cell) for cell in cells]
        found = {
            key: self.cut[key] if key in self.cut else self._in(cell)
            for key, cell in zip(keys, cells, strict=True)
        }
        self.cut.clear()
        self.cut.update(found)
        return [found[key] for key in keys]

    def _in(self, cell: shapely.Geometry) -> float:
        shapely.prepare(cell)
        some = np.sort(self.tree.query(cell, predicate="intersects"))
        inside = shapely.covers(cell, self.parts[some])
        crossed = shapely.intersection(self.parts[some[~inside]], cell)
        rest = np.sum(self.scene.ruler.area(crossed)) * 1e6 if len(crossed) else 0.0
        return float(self.sizes[some[inside]].sum() + rest)


def built_up(scene: Scene, layer: Layer) -> BuiltUp:
    """The ground of a layer, made ready once."""

    def make() -> BuiltUp:
        shapes = shapely.make_valid(np.asarray(layer.frame.geometry, dtype=object))
        whole = shapely.union_all(shapes)
        parts = shapely.get_parts(whole)
        sizes = np.atleast_1d(scene.ruler.area(parts)) * 1e6
        return BuiltUp(scene, whole, parts, sizes, shapely.STRtree(parts), {})

    return scene.kept((layer.kind_name,), ("built up", layer.name), make)


def takes_long(rule: Rule, scene: Scene) -> bool:
    """Whether the responsible areas cannot be drawn anew many times a second."""
    layer = scene.find(rule.params.get("图层", BUILT_UP))
    if layer is None:
        return False
    shapes = np.asarray(layer.frame.geometry, dtype=object)

    def vertices() -> int:
        return int(shapely.get_num_coordinates(shapes).sum())

    return scene.kept((layer.kind_name,), ("vertices", layer.name), vertices) > _FINE


def _shares(scene: Scene, chosen: Chosen, ground: BuiltUp) -> list[float]:
    """㎡ of the ground nearest to each station (on the map)."""
    table, some = chosen.table, chosen.sure
    points = shapely.points(table.x[some], table.y[some])
    around = shapely.union_all([ground.whole.envelope, shapely.multipoints(points)]).envelope
    return ground.within(_voronoi(points, around))


def _voronoi(points: npt.NDArray[Any], around: shapely.Geometry) -> list[shapely.Geometry]:
    """The cell of each point; stations at the same spot share one equally (each gets all)."""
    if len(points) == 1:
        return [around.buffer(1.0)]
    faces = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=around.buffer(1.0))
    )
    tree = shapely.STRtree(faces)
    return [faces[int(tree.nearest(point))] for point in points]


def length(rule: Rule, scene: Scene) -> Finding:
    """The total length of lines."""
    return _measured(rule, scene, "长", lambda shapes: scene.ruler.length(shapes))


def surface(rule: Rule, scene: Scene) -> Finding:
    """The total area of polygons."""
    return _measured(rule, scene, "面积", lambda shapes: scene.ruler.area(shapes) * 1e6)


def _measured(rule: Rule, scene: Scene, word: str, measure: Any) -> Finding:
    chosen = chosen_by(rule, scene).placed
    what = phrase(rule, chosen)
    if not len(chosen):
        return lacking(f"图上没有{what}", missing_layer(rule.params["对象"], what))
    value = float(np.sum(measure(chosen.table.shapes[chosen.sure])))
    short = wants_more(rule, value)
    over = (
        ""
        if holds(rule, value, value) or short
        else f"比要求多 {amount(rule, value - limits(rule)[1])}。"
    )
    return Finding(
        f"{len(chosen)} 处{what}共{word} {amount(rule, value)}",
        value,
        float("inf") if len(chosen.maybe) else value,
        where=tuple(chosen.table.place(i) for i in chosen.sure.tolist()),
        remedy=f"还差 {amount(rule, short)}。" if short else over,
        missing=unknown_conditions(rule, chosen),
    )
