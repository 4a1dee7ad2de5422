"""What the document counts and nobody has placed: ``Book.facts["未落位"]``.

A rule may count such features by name (its 未落位), and then says so, when they stand today;
those of that name that are still to come leave the answer open: nobody has chosen a place for
them. Without such names everything that stands today leaves it open: it exists, only not on
the map.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.kinds import STATUS_SETS, is_missing, kind
from maps.analysis.targets.choosing import status_of
from maps.analysis.targets.conditions import as_number, together
from maps.analysis.targets.model import Missing, Rule
from maps.analysis.targets.scene import Scene, counts_for

UNPLACED = "未落位"


@dataclass(frozen=True)
class Unplaced:
    """``counted``: features that stand today and the rule counts by name. ``floating``: others
    that may count (infinite when the document gives no number). ``names`` of the latter."""

    counted: float
    floating: float
    names: tuple[str, ...]

    @property
    def said(self) -> str:
        return f"(其中 {self.counted:g} 处未落位)" if self.counted else ""

    def note(self) -> str:
        """Half a sentence about the floating ones, "" without any."""
        if not self.names:
            return ""
        known = self.floating != float("inf")
        many = f" {self.floating:g} 处" if known else "若干"
        return f",另有{many}只登记、没有落位({'、'.join(self.names[:3])})"

    def missing(self, rule: Rule) -> tuple[Missing, ...]:
        """What it takes to know."""
        if not self.names:
            return ()
        title = kind(rule.params["对象"]).title
        how = f"把登记为“未落位”的{title}({'、'.join(self.names[:3])})放到图上,填好类别。"
        return (Missing(rule.params["对象"], "", how),)


def unplaced(rule: Rule, scene: Scene) -> Unplaced:
    """What the register says about the features of a rule."""
    wanted = rule.params.get("未落位", ())
    status = status_of(rule)
    counted, floating, names = 0.0, 0.0, []
    listed = scene.facts.get(UNPLACED)
    for entry in listed if isinstance(listed, list | tuple) else ():
        if not isinstance(entry, Mapping) or entry.get("kind") != rule.params["对象"]:
            continue
        state = "现状" if is_missing(entry.get("状态")) else str(entry["状态"])
        if state not in STATUS_SETS[status]:
            continue
        name, many = str(entry.get("名称", "")), as_number(entry.get("数量"))
        named = any(word in name for word in wanted)
        if named and state == "现状":
            counted += many or 0.0
        elif named or (not wanted and state == "现状" and _may_count(rule, entry)):
            floating += float("inf") if many is None else many
            names.append(name)
    return Unplaced(counted, floating, tuple(names))


def _may_count(rule: Rule, entry: Mapping[str, Any]) -> bool:
    answers = [
        counts_for(condition, _value(rule, entry, condition.column))
        for condition in rule.params.get("条件", ())
    ]
    return together(answers) is not False


def _value(rule: Rule, entry: Mapping[str, Any], column: str) -> Any:
    """What the register says about a column; a class that stands in the name is the class."""
    if not is_missing(entry.get(column)):
        return entry[column]
    known = kind(rule.params["对象"]).column(column)
    if known is None:
        return None
    named = [choice for choice in known.choices if choice in str(entry.get("名称", ""))]
    return named[0] if len(named) == 1 else None
