"""From what a check found to a verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from data.kinds import kind
from maps.analysis.targets.model import ATTESTED, Missing, Place, Rule, Verdict, VerdictName, told
from maps.analysis.targets.scene import Chosen
from maps.analysis.targets.units import Unit, certain, number

INF = float("inf")
Rows = tuple[tuple[str, float | None, str], ...]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    ``low`` … ``high``: the value in base units of the rule's dimension; apart when attributes
    are missing, both None when there is no number. ``holds``: whether it is enough, None for
    not known (then ``missing`` says what is needed); “number” leaves it to the value.
    ``why`` says what was found, without judging; ``remedy`` what would make it pass.
    ``need``, ``need_unit``: what the value must reach, for kinds of check without a number
    of their own. ``assumed``: on which number of the program's own, that stands in neither
    the document nor the rule, it hangs that this does not hold ("" when on none): such a
    number can warn, never fail.
    """

    why: str
    low: float | None = None
    high: float | None = None
    holds: bool | Literal["number"] | None = "number"
    where: tuple[Place, ...] = ()
    remedy: str = ""
    missing: tuple[Missing, ...] = ()
    rows: Rows = ()
    basis: str = ""
    need: float | None = None
    need_unit: str = ""
    assumed: str = ""


def lacking(why: str, *missing: Missing, where: tuple[Place, ...] = ()) -> Finding:
    """A finding that cannot be decided."""
    remedy = "".join(m.how for m in missing)
    return Finding(why, holds=None, where=where, missing=missing, remedy=remedy)


def holds(rule: Rule, low: float, high: float) -> bool | None:
    """Whether a value between ``low`` and ``high`` (base units) is enough for the rule."""
    assert rule.threshold is not None
    low, high = _in_unit(rule, low), _in_unit(rule, high)
    return certain(low, high, rule.comparison, rule.threshold)


def _in_unit(rule: Rule, value: float) -> float:
    """A value in base units, in the rule's unit."""
    size = 1.0 if rule.unit is None else rule.unit.size
    if rule.threshold is not None and size != round(size) and size > 1:
        # 50 亩 are 33 333.3 ㎡: written down as whole ㎡ they are still 50 亩.
        said = rule.threshold if isinstance(rule.threshold, tuple) else (rule.threshold,)
        return next((end for end in said if abs(value - end * size) < 0.5), value / size)
    return value / size


def amount(rule: Rule, value: float) -> str:
    """A value in base units, written in the rule's unit."""
    size = 1.0 if rule.unit is None else rule.unit.size
    return f"{number(value / size)} {rule.unit_name}".strip()


def limits(rule: Rule) -> tuple[float, float]:
    """What the rule asks for, lowest and highest, in base units."""
    assert rule.threshold is not None
    size = 1.0 if rule.unit is None else rule.unit.size
    both = rule.threshold if isinstance(rule.threshold, tuple) else (rule.threshold,) * 2
    return both[0] * size, both[1] * size


def wants_more(rule: Rule, value: float) -> float:
    """How much is missing to the rule's least, in base units; 0 when nothing is."""
    if rule.comparison in ("不超过", "少于"):
        return 0.0
    return max(limits(rule)[0] - value, 0.0)


def missing_column(chosen: Chosen, column: str, unit: Unit | None = None) -> Missing:
    """That a column has gaps, and how to fill them."""
    title = chosen.table.kind.title
    known = chosen.table.kind.column(column)
    in_unit = (known.unit if known else "") or (unit.name if unit else "")
    said = f"(单位:{in_unit})" if in_unit else ""
    return Missing(
        chosen.table.kind.name,
        column,
        f"在“{title}”图层填“{column}”列{said},没有这一列就先添加。",
    )


def missing_layer(kind_name: str, what: str = "") -> Missing:
    """That a kind of thing is not on the map at all, and how to add it."""
    title = kind(kind_name).title
    return Missing(kind_name, "", f"在图上添加{what or title}(导入表格或点选位置)。")


def missing_people() -> Missing:
    return Missing("population", "人口", "导入人口格网或居民点人口,或补上各区人口。")


def missing_roads() -> Missing:
    return Missing("road", "", "导入道路(有“等级”列),行车时间才能计算。")


def verdict(rule: Rule, found: Finding, facts: Mapping[str, Any], reading: str = "") -> Verdict:
    """Judge: what does not hold is a failure only when the rule's number is verified."""
    name = _name(rule, found)
    value = None if found.low is None else found.low
    if found.low is not None and found.high is not None and found.low != found.high:
        # A value known only between two bounds is none, unless either decides the verdict.
        value = found.low if name != "needs_data" else None
    if value is not None and abs(value) == INF:
        value = None
    out = Verdict(
        rule,
        name,
        None if value is None else _in_unit(rule, value),
        _sentence(rule, found, name),
        found.where if name != "pass" else (),
        _remedy(found, name),
        found.missing if name == "needs_data" else (),
        found.rows,
        reading,
        found.basis,
        rule.threshold if found.need is None else found.need,
        rule.unit_name if found.need is None else found.need_unit,
    )
    return _attested(out, facts) if name in ("needs_data", "attest") else out


def _name(rule: Rule, found: Finding) -> VerdictName:
    answer = found.holds
    if answer == "number":
        known = found.low is not None and found.high is not None and rule.threshold is not None
        answer = holds(rule, found.low, found.high) if known else None  # type: ignore[arg-type]
    if answer is None:
        return "needs_data"
    if answer:
        return "pass"
    sure = rule.verified and rule.nature != "问题" and not found.assumed
    return "fail" if sure else "warn"


def _remedy(found: Finding, name: VerdictName) -> str:
    if name == "needs_data" and found.missing:
        return "".join(dict.fromkeys(_hows(found.missing)))
    return "" if name == "pass" else found.remedy


def _hows(missing: tuple[Missing, ...]) -> Iterator[str]:
    """How to add what is missing; several columns of one layer in one sentence."""
    columns: dict[str, list[str]] = {}
    for gap in missing:
        columns.setdefault(gap.kind, []).append(gap.column)
    for gap in missing:
        together = list(dict.fromkeys(c for c in columns[gap.kind] if c))
        if len(together) < 2 or not gap.column or not gap.kind:
            yield gap.how
        else:
            names = "".join(f"“{c}”" for c in together)
            yield f"在“{kind(gap.kind).title}”图层填{names}列,没有的列先添加。"


def _sentence(rule: Rule, found: Finding, name: VerdictName) -> str:
    text = found.why
    if rule.wanted and name in ("pass", "fail", "warn"):
        text += f";要求{rule.wanted}"
    if name == "warn" and not rule.verified:
        text += "。这条规则的数还待核实,只作提醒"
    if name == "warn" and found.assumed:
        text += f"。{found.assumed} 是程序的假设,文本没有写,只作提醒"
    return text + "。"


def _attested(found: Verdict, facts: Mapping[str, Any]) -> Verdict:
    """What a person has attested, with note and date, decides where the program cannot."""
    said = told(facts, ATTESTED, found.rule.id)
    if not isinstance(said, Mapping) or said.get("结果") not in ("符合", "不符合"):
        return found
    who = "、".join(str(said[k]) for k in ("人", "日期") if said.get(k))
    note = f":{said['说明']}" if said.get("说明") else ""
    right = said["结果"] == "符合"
    name: VerdictName = "pass" if right else "fail" if found.rule.verified else "warn"
    return Verdict(
        found.rule,
        name,
        found.value,
        f"人工确认{said['结果']}{f'({who})' if who else ''}{note}。",
        () if right else found.where,
        "" if right else found.remedy,
        reading=found.reading,
        threshold=found.threshold,
        unit=found.unit,
    )
