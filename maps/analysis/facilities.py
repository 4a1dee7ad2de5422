"""Which facilities an analysis counts: by kind, class and status."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from data.geodesy import Floats
from data.kinds import STATUS_SETS, Kind, is_missing, kind
from data.plan import Layer, Plan
from data.refused import Refused

Status = Literal["现状", "规划", "全部"]


@dataclass(frozen=True, eq=False)
class Facilities:
    """Facilities of one kind: places (metres, plan CRS), classes ("" when missing), and which
    feature of which layer each is; all of equal length, never empty."""

    kind: Kind
    x: Floats
    y: Floats
    grade: tuple[str, ...]
    layer: tuple[str, ...]
    fid: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.x)

    def find(self, layer: str, fid: int) -> int | None:
        """Position of one feature, None when it does not count."""
        pairs = zip(self.layer, self.fid, strict=True)
        return next((i for i, pair in enumerate(pairs) if pair == (layer, fid)), None)


def choose(
    plan: Plan, of: str, classes: tuple[str, ...] = (), status: Status = "全部"
) -> Facilities:
    """Return the facilities of kind ``of`` in all layers of the kind.

    ``classes``: only these values of the kind's class column, () for all. ``status``: a key of
    STATUS_SETS; a facility without a 状态 counts as standing today. Features without a place
    are left out. Raises Refused when nothing is left, or for a kind, class or status that
    does not exist.
    """
    what = kind(of)
    if not what.facility:
        raise Refused(
            f"“{what.title}”不是服务设施,不能计算覆盖。请选储备库、避难场所、消防站等设施。"
        )
    if status not in STATUS_SETS:
        raise Refused(f"状态只能是{'、'.join(STATUS_SETS)}之一,现在是“{status}”。")
    check_classes(plan, what, classes)
    rows = [
        (layer.name, *row)
        for layer in plan.of_kind(what.name)
        for row in _features(layer, what)
        if row[3] in STATUS_SETS[status] and (not classes or row[2] in classes)
    ]
    if not rows:
        raise Refused(_nothing(plan, what, classes, status))
    names, ids, shapes, grades, _ = zip(*rows, strict=True)
    places = np.array(shapes, dtype=object)
    return Facilities(what, shapely.get_x(places), shapely.get_y(places), grades, names, ids)


def check_classes(plan: Plan, of: Kind, classes: tuple[str, ...]) -> None:
    """Raise Refused, listing the classes there are, unless the kind has all of ``classes``."""
    if not classes:
        return
    column = of.column(of.class_column)
    if column is None:
        raise Refused(f"“{of.title}”不分级,不能按级别选择或给半径。")
    present = {row[2] for layer in plan.of_kind(of.name) for row in _features(layer, of)}
    known = list(dict.fromkeys([*column.choices, *sorted(present - {""})]))
    for name in classes:
        if name not in known:
            raise Refused(f"{of.title}的{column.name}里没有“{name}”。可用的有:{'、'.join(known)}。")


def _features(layer: Layer, of: Kind) -> list[tuple[int, shapely.Point, str, str]]:
    """Features with a place: id, point, class ("" when missing), status."""
    grades = layer.column(of.class_column) if of.class_column else [""] * len(layer)
    rows = zip(
        layer.frame.index.tolist(),
        np.asarray(layer.frame.geometry, dtype=object),
        ["" if is_missing(g) else str(g) for g in grades],
        ["现状" if is_missing(s) else str(s) for s in layer.column("状态")],
        strict=True,
    )
    return [row for row in rows if row[1] is not None and not row[1].is_empty]


def _nothing(plan: Plan, of: Kind, classes: tuple[str, ...], status: str) -> str:
    if not any(len(layer) for layer in plan.of_kind(of.name)):
        return f"规划里还没有{of.title},请先添加。"
    words = [f"状态属于“{status}”"] if status != "全部" else []
    if classes:
        words.append(f"{of.class_column}为{'、'.join(classes)}")
    return f"规划里没有{'、'.join(words) or '仍在使用'}的{of.title},请换一个状态或级别。"
