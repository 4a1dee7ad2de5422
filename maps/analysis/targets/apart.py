"""Checks of distance between things: 距离, 间距, 区内外."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data.geodesy import Floats
from data.kinds import kind
from maps.analysis.targets.along import along
from maps.analysis.targets.choosing import chosen_by, phrase, status_of, unknown_conditions
from maps.analysis.targets.conditions import as_number
from maps.analysis.targets.judge import (
    Finding,
    amount,
    holds,
    lacking,
    limits,
    missing_column,
    missing_layer,
)
from maps.analysis.targets.model import Rule
from maps.analysis.targets.scene import Chosen, Ints, Scene
from maps.analysis.targets.units import number

_MANY = 100
"""Features between which spacing takes longer than a frame lasts."""


def apart(rule: Rule, scene: Scene) -> Finding:
    """How far each feature is from the nearest of another kind (or from each one's own
    distance)."""
    chosen = chosen_by(rule, scene).placed
    others = scene.choose(
        rule.params["到"],
        rule.params.get("到条件", ()),
        rule.params.get("到状态", status_of(rule)),
    ).placed
    said = "、".join(str(c) for c in rule.params.get("到条件", ()))
    other = f"{f'{said}的' if said else ''}{others.table.kind.title}"
    if not len(chosen) or not len(others):
        gone = [(rule.params["对象"], phrase(rule, chosen))] if not len(chosen) else []
        gone += [(rule.params["到"], other)] if not len(others) else []
        absent = "、".join(what for _, what in gone)
        return lacking(f"图上没有{absent}", *(missing_layer(k, what) for k, what in gone))
    if "到列" in rule.params:
        return _own_distance(rule, scene, chosen, others, other)
    metres, which = _to_nearest(rule, scene, chosen, others)
    names = [others.table.name(int(w)) for w in which]
    return _distances(rule, chosen, metres, names, f"到{other}")


def _distances(
    rule: Rule, chosen: Chosen, metres: Floats, names: Sequence[str], towards: str
) -> Finding:
    """Judge one distance for each feature; the worst is the value."""
    table, features = chosen.table, chosen.sure.tolist()
    keep_away = rule.comparison in ("不少于", "多于")
    worst = int(np.argmin(metres) if keep_away else np.argmax(metres))
    first = table.name(features[worst]) + (f"到{names[worst]}" if names[worst] else "")
    value = float(metres[worst])
    bad = [k for k, m in enumerate(metres.tolist()) if not holds(rule, m, m)]
    low, high = limits(rule)
    verb, end = ("远离", "最近") if keep_away else ("靠近", "最远")
    advice = []
    for k in bad[:6]:
        gap = low - float(metres[k]) if keep_away else float(metres[k]) - high
        advice.append(
            f"{table.name(features[k])}要{verb}{names[k] or '同类'} {amount(rule, gap)}。"
        )
    size = rule.unit.size if rule.unit else 1.0
    return Finding(
        f"{len(features)} 处{phrase(rule, chosen)}{towards},{end}的是{first},{amount(rule, value)}",
        value,
        value,
        where=tuple(
            table.place(features[k], f"距{names[k] or '同类'} {amount(rule, float(metres[k]))}")
            for k in bad
        ),
        remedy="".join(advice),
        missing=unknown_conditions(rule, chosen),
        rows=tuple(
            (table.name(i), float(m) / size, name)
            for i, m, name in zip(features, metres, names, strict=True)
        ),
    )


def _own_distance(rule: Rule, scene: Scene, chosen: Chosen, others: Chosen, other: str) -> Finding:
    """Every hazard with the distance its own report gives: nothing may be within it."""
    column = rule.params["到列"]
    table, values = chosen.table, others.table.column(column)
    inside, without = [], []
    for j in others.sure.tolist():
        limit = as_number(values[j])
        if limit is None:
            without.append(j)
            continue
        only = Chosen(others.table, np.array([j]), np.empty(0, dtype=np.int64))
        metres, _ = nearest(scene, chosen, only)
        inside += [
            (int(chosen.sure[k]), j, float(m), limit) for k, m in enumerate(metres) if m < limit
        ]
    what = phrase(rule, chosen)
    why = f"{what}有 {len(inside)} 处在{other}的{column}以内"
    why += f";{len(without)} 处{other}没有填{column}" if without else ""
    places = tuple(
        table.place(i, f"距{others.table.name(j)} {number(m)} m,应不小于 {number(limit)} m")
        for i, j, m, limit in inside
    )
    if not inside and without:
        missing = missing_column(others, column)
        return Finding(
            why,
            missing=(missing,),
            remedy=missing.how,
            where=tuple(others.table.place(j) for j in without),
        )
    return Finding(
        why,
        holds=not inside,
        where=places,
        remedy="".join(f"{p.name}:{p.text}。" for p in places[:6]),
    )


def _to_nearest(
    rule: Rule, scene: Scene, chosen: Chosen, others: Chosen
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """As ``nearest``; what is known of features that stand where they stood is kept."""
    if rule.params["到"] == rule.params["对象"]:
        return nearest(scene, chosen, others)
    none = np.empty(0, dtype=np.int64)

    def measured(some: Ints) -> list[tuple[float, int]]:
        placed = Chosen(chosen.table, some, none).placed.sure
        metres, which = nearest(scene, Chosen(chosen.table, placed, none), others)
        found = dict(
            zip(placed.tolist(), zip(metres.tolist(), which.tolist(), strict=True), strict=True)
        )
        return [found.get(i, (np.inf, -1)) for i in some.tolist()]

    key = ("nearest", tuple(others.sure.tolist()))
    found = scene.by_feature((rule.params["到"],), key, chosen.table, measured)
    mine = [found[i] for i in chosen.sure.tolist()]
    return np.array([m for m, _ in mine]), np.array([w for _, w in mine], dtype=np.int64)


def nearest(scene: Scene, chosen: Chosen, others: Chosen) -> tuple[Floats, npt.NDArray[np.int64]]:
    """True metres from each chosen feature to the nearest other one, and which (position).

    Map distances order the candidates: only those within 0.3 % of the nearest on the map can
    be the nearest on the ground (the scale of a Gauss-Krüger map varies by less over a plan).
    """
    shapes, sites = chosen.table.shapes, others.table.shapes
    metres = np.full(len(chosen), np.inf)
    which = np.full(len(chosen), -1, dtype=np.int64)
    targets = sites[others.sure]
    for k, i in enumerate(chosen.sure.tolist()):
        on_map = shapely.distance(shapes[i], targets)
        near = np.flatnonzero(on_map <= np.nanmin(on_map) * 1.003 + 1e-6)
        lines = shapely.shortest_line(shapes[i], targets[near])
        lengths = _line_metres(scene, lines)
        best = int(np.argmin(lengths))
        metres[k], which[k] = lengths[best], others.sure[near[best]]
    return metres, which


def _line_metres(scene: Scene, lines: npt.NDArray[Any]) -> Floats:
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    return np.asarray(
        scene.ruler.distance(ends[:, 0, 0], ends[:, 0, 1], ends[:, 1, 0], ends[:, 1, 1])
    )


def spacing(rule: Rule, scene: Scene) -> Finding:
    """How far each is from the nearest of its own."""
    chosen = chosen_by(rule, scene).placed
    what = phrase(rule, chosen)
    if "沿" in rule.params:
        return along(rule, scene, chosen)
    if len(chosen) < 2:
        return lacking(f"图上的{what}不到 2 处", missing_layer(rule.params["对象"], what))
    x, y = chosen.table.x[chosen.sure], chosen.table.y[chosen.sure]
    metres = np.array([np.min(_to_rest(scene, x, y, k)) for k in range(len(x))])
    return _distances(rule, chosen, metres, [""] * len(x), "到最近的同类")


def takes_long(rule: Rule, scene: Scene) -> bool:
    """Whether the spacing cannot be measured anew many times a second."""
    return len(chosen_by(rule, scene)) > _MANY


def _to_rest(scene: Scene, x: Floats, y: Floats, k: int) -> Floats:
    away = np.array(scene.ruler.distance(x[k], y[k], x, y), dtype=float)
    away[k] = np.inf
    return away


def in_or_out(rule: Rule, scene: Scene) -> Finding:
    """How many features are on the wrong side of the borders of zones."""
    chosen = chosen_by(rule, scene).placed
    zones = scene.choose(rule.params["区域"], rule.params.get("区域条件", ()), "").placed
    said = "、".join(str(c) for c in rule.params.get("区域条件", ()))
    area = f"{f'{said}的' if said else ''}{kind(rule.params['区域']).title}"
    if not len(zones):
        return lacking(f"图上没有{area}", missing_layer(rule.params["区域"], area))
    if not len(chosen):
        what = phrase(rule, chosen)
        return lacking(f"图上没有{what}", missing_layer(rule.params["对象"], what))
    table = chosen.table
    hit = _zones_of(rule, scene, chosen, zones)
    want_out = rule.params["要求"] == "区外"
    bad = [k for k, zone in enumerate(hit) if (zone is not None) == want_out]
    where = []
    for k in bad:
        zone = hit[k]
        text = f"在{zones.table.name(zone)}内" if zone is not None else f"不在任何{area}内"
        where.append(table.place(int(chosen.sure[k]), text))
    side = "在" if want_out else "不在"
    verb = "移出" if want_out else "移入"
    names = "、".join(p.name for p in where[:6])
    return Finding(
        f"{len(chosen)} 处{phrase(rule, chosen)}中 {len(bad)} 处{side}{area}内",
        float(len(bad)),
        float(len(bad)),
        where=tuple(where),
        remedy=f"把{names}{'等' if len(bad) > 6 else ''}{verb}{area}。" if bad else "",
        missing=unknown_conditions(rule, chosen),
    )


def _zones_of(rule: Rule, scene: Scene, chosen: Chosen, zones: Chosen) -> list[int | None]:
    """Position of the first zone each feature touches, None for none."""
    of = rule.params["区域"]
    key = tuple(zones.sure.tolist())

    def outlines() -> npt.NDArray[Any]:
        made = shapely.make_valid(zones.table.shapes[zones.sure])
        shapely.prepare(made)
        return np.asarray(made)

    ready = scene.kept((of,), ("outlines", key), outlines)

    def touched(some: Ints) -> list[int | None]:
        shapes = chosen.table.shapes[some]
        hits = [shapely.intersects(outline, shapes) for outline in ready]
        first = np.argmax(hits, axis=0)
        return [int(zones.sure[j]) if hits[j][k] else None for k, j in enumerate(first.tolist())]

    found = scene.by_feature((of,), ("zones", key), chosen.table, touched)
    return [found[i] for i in chosen.sure.tolist()]
