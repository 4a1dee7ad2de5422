"""Spacing along lines: the stretches of road between one hydrant and the next.

A feature stands on every line within reach; on every part of a line the features are put in
order, and the stretch between neighbours is measured on the ground. A line with fewer
than two has no stretch; how many such lines there are is said.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.ops import substring

from maps.analysis.targets.choosing import phrase, status_of, unknown_conditions
from maps.analysis.targets.judge import (
    Finding,
    amount,
    holds,
    lacking,
    limits,
    missing_layer,
)
from maps.analysis.targets.model import Place, Rule
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.targets.units import number

_BESIDE = 30.0
"""Metres from a line within which a feature counts as standing on it."""


@dataclass(frozen=True)
class _Gap:
    """A stretch between two neighbours (positions in the table), true metres."""

    first: int
    second: int
    metres: float
    middle: shapely.Point


def along(rule: Rule, scene: Scene, chosen: Chosen) -> Finding:
    """The longest stretch between neighbours along the lines of a kind."""
    lines = scene.choose(rule.params["沿"], (), status_of(rule)).placed
    what = phrase(rule, chosen)
    if not len(lines):
        return lacking(f"图上没有{lines.table.kind.title}", missing_layer(rule.params["沿"]))
    if len(chosen) < 2:
        return lacking(f"图上的{what}不到 2 处", missing_layer(rule.params["对象"], what))
    parts = shapely.get_parts(lines.table.shapes[lines.sure])
    groups = _on_lines(chosen, parts, rule.params.get("离线", _BESIDE))
    gaps = [gap for k, group in groups.items() for gap in _gaps(scene, chosen, parts[k], group)]
    without = len(parts) - sum(len(group) > 1 for group in groups.values())
    title = lines.table.kind.title
    if not gaps:
        how = f"{what}离{title}都超过 {rule.params.get('离线', _BESIDE):g} m,或每条路上不到 2 处"
        return lacking(how, missing_layer(rule.params["对象"], what))
    worst = max(gaps, key=lambda gap: gap.metres)
    bad = [gap for gap in gaps if not holds(rule, gap.metres, gap.metres)]
    why = f"沿{title}相邻的{what}有 {len(gaps)} 段,最长 {amount(rule, worst.metres)}"
    why += f"({_pair(chosen, worst)})" + (f";{without} 条上不到 2 处" if without else "")
    beside = len(chosen) - len({i for group in groups.values() for i in group})
    why += (
        f";{beside} 处离{title}超过 {rule.params.get('离线', _BESIDE):g} m,没有算" if beside else ""
    )
    return Finding(
        why,
        worst.metres,
        worst.metres,
        where=tuple(_place(chosen, gap, amount(rule, gap.metres)) for gap in bad),
        remedy=_remedy(rule, bad),
        missing=unknown_conditions(rule, chosen),
        assumed=f"“离线”的 {_BESIDE:g} m" if beside and "离线" not in rule.params else "",
        rows=tuple(
            (_pair(chosen, gap), gap.metres / (rule.unit.size if rule.unit else 1.0), "")
            for gap in gaps
        ),
    )


def _on_lines(chosen: Chosen, parts: np.ndarray, beside: float) -> dict[int, list[int]]:
    """Features (positions in the table) by line part; one at a junction stands on several."""
    tree = shapely.STRtree(parts)
    points = chosen.table.shapes[chosen.sure]
    which, line = tree.query(points, predicate="dwithin", distance=beside)
    out: dict[int, list[int]] = {}
    for k, i in zip(line.tolist(), chosen.sure[which].tolist(), strict=True):
        out.setdefault(k, []).append(i)
    return out


def _gaps(scene: Scene, chosen: Chosen, line: shapely.LineString, group: list[int]) -> list[_Gap]:
    """The stretches of one line between its features, in order."""
    spots = shapely.line_locate_point(line, chosen.table.shapes[group])
    order = np.argsort(spots, kind="stable")
    out = []
    for a, b in pairwise(order.tolist()):
        stretch = substring(line, float(spots[a]), float(spots[b]))
        middle = shapely.line_interpolate_point(line, float(spots[a] + spots[b]) / 2)
        metres = 0.0 if stretch.geom_type == "Point" else float(scene.ruler.length(stretch))
        out.append(_Gap(group[a], group[b], metres, middle))
    return out


def _pair(chosen: Chosen, gap: _Gap) -> str:
    return f"{chosen.table.name(gap.first)}—{chosen.table.name(gap.second)}"


def _place(chosen: Chosen, gap: _Gap, text: str) -> Place:
    table = chosen.table
    x, y = float(gap.middle.x), float(gap.middle.y)
    return Place(_pair(chosen, gap), table.layer[gap.first], table.fid[gap.first], x, y, text)


def _remedy(rule: Rule, bad: list[_Gap]) -> str:
    """How many more it takes between neighbours that are too far apart."""
    if not bad or rule.comparison not in ("不超过", "少于"):
        return ""
    each = limits(rule)[1]
    more = sum(int(np.ceil(gap.metres / each - 1e-9)) - 1 for gap in bad)
    return f"{len(bad)} 段过长,其间共需增设 {number(more)} 处。"
