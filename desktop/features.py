"""What the window does with features beyond one edit: new ones, copies, deleting the selection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from data import edits
from data.kinds import kind
from desktop.session import Session

if TYPE_CHECKING:
    from data.plan import Plan

_ASIDE = (500.0, 0.0)
"""Metres by which a copy lies beside its original, so that both can be seen."""


def new_name(plan: Plan, kind_name: str) -> str:
    """Return the next free “新储备库1”, “新储备库2” …"""
    start = f"新{kind(kind_name).title}"
    pattern = re.compile(re.escape(start) + r"(\d+)$")
    used = [
        int(found.group(1))
        for layer in plan.of_kind(kind_name)
        for name in layer.column("名称").dropna()
        if (found := pattern.match(str(name)))
    ]
    return f"{start}{max(used, default=0) + 1}"


def add_at(session: Session, kind_name: str, x: float, y: float, **values: Any) -> bool:
    """Add a facility at a place in plan metres and select it; returns whether it was added.

    ``values`` replace the defaults (名称 the next free one, 状态 规划).
    """
    plan = session.plan
    if plan is None:
        return False
    this = kind(kind_name)
    start = {"名称": new_name(plan, kind_name), "状态": "规划"}
    row = {k: v for k, v in {**start, **values}.items() if this.column(k) is not None}
    added: list[tuple[str, int]] = []

    def edit(plan: Plan) -> Plan:
        plan = edits.ensure_layer(kind_name)(plan)
        layer = plan.of_kind(kind_name)[-1]
        added.append((layer.name, layer.next_id))
        return edits.add_feature(layer.name, shapely.Point(x, y), row)(plan)

    if not session.do(f"添加{this.title}", edit):
        return False
    layer, fid = added[-1]
    session.select(layer, [fid])
    return True


def bounds(session: Session, layer_name: str) -> tuple[float, float, float, float]:
    """Return the box of a layer's features in plan metres; of the plan when it has none."""
    plan = session.plan
    assert plan is not None
    frames = [plan.layer(layer_name).frame] if len(plan.layer(layer_name)) else []
    boxes = [f.total_bounds for f in frames or [layer.frame for layer in plan if len(layer)]]
    if not boxes:
        return (0.0, 0.0, 1000.0, 1000.0)
    west, south = np.min(boxes, axis=0)[:2]
    east, north = np.max(boxes, axis=0)[2:]
    return float(west), float(south), float(east), float(north)


def duplicate(session: Session) -> bool:
    """Copy the selected features of one layer a little to the east and select the copies."""
    chosen = session.selected()
    if chosen is None:
        session.message.emit("选中的要素属于不同图层。请只选一个图层里的要素再复制。")
        return False
    layer, ids = chosen
    first = layer.next_id

    def edit(plan: Plan) -> Plan:
        for fid in ids:
            row = {k: v for k, v in layer.row(fid).items() if v is not None and v == v}
            if "名称" in row:
                row["名称"] = f"{row['名称']} 副本"
            shape = shapely.transform(layer.geometry(fid), lambda xy: np.add(xy, _ASIDE))
            plan = edits.add_feature(layer.name, shape, row)(plan)
        return plan

    count = f"{len(ids)} 个" if len(ids) > 1 else ""
    if not session.do(f"复制{count}{layer.kind.title}", edit):
        return False
    session.select(layer.name, range(first, first + len(ids)))
    return True


def delete(session: Session) -> bool:
    """Delete everything that is selected as one undo step."""
    chosen, plan = dict(session.selection), session.plan
    if not chosen or plan is None:
        return False
    total = sum(len(ids) for ids in chosen.values())
    one = plan.layer(next(iter(chosen))).kind.title if len(chosen) == 1 else "要素"
    text = f"删除{one}" if total == 1 else f"删除 {total} 个{one}"
    removals = (edits.remove_features(name, ids) for name, ids in chosen.items())
    return session.do(text, edits.chain(*removals))
