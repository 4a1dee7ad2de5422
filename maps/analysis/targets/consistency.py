"""The document against itself: sums, two numbers for one thing, units.

Everything is found from the data of the rules: 总项 and 含于 link parts to wholes, 指标键 links
statements about the same number. A statement claims a range of values in a dimension; ranges
that do not meet contradict each other, ranges that differ are two targets for one thing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

from maps.analysis.targets.model import Rule, RuleSet
from maps.analysis.targets.units import BASE, bounds, number

Severity = Literal["错误", "警告", "提示"]
_ORDER: tuple[Severity, ...] = ("错误", "警告", "提示")


@dataclass(frozen=True)
class Contradiction:
    """Statements of one document that do not go together, and why (one sentence)."""

    about: Literal["分项与合计", "包含关系", "同一指标", "单位"]
    severity: Severity
    rules: tuple[Rule, ...]
    text: str

    @property
    def quotes(self) -> tuple[str, ...]:
        """“quote”(document line) of each statement."""
        return tuple(f"“{rule.quote}”({rule.source})" for rule in self.rules)


@dataclass(frozen=True)
class Claim:
    """A range of values a statement asks for, in base units of a dimension (or a unit's name
    for numbers that are only written); ``unit``, ``size``: how it is said."""

    dimension: str
    low: float
    high: float
    unit: str = field(default="", compare=False)
    size: float = field(default=1.0, compare=False)

    def meets(self, other: "Claim") -> bool:
        ends = (self.low, self.high, other.low, other.high)
        slack = 1e-9 * max(1.0, *(abs(end) for end in ends if abs(end) != float("inf")))
        return self.low <= other.high + slack and other.low <= self.high + slack

    def same(self, other: "Claim") -> bool:
        return self.low == other.low and self.high == other.high

    def __str__(self) -> str:
        unit = self.unit or BASE.get(self.dimension, self.dimension)  # type: ignore[call-overload]
        low, high = self.low / self.size, self.high / self.size
        if low == high:
            return f"{number(low)} {unit}".strip()
        if high == float("inf"):
            return f"不少于 {number(low)} {unit}".strip()
        if low == float("-inf"):
            return f"不超过 {number(high)} {unit}".strip()
        return f"{number(low)}—{number(high)} {unit}".strip()


def contradictions(
    rules: RuleSet, facts: Mapping[str, Any], residents: float | None = None
) -> tuple[Contradiction, ...]:
    """Return what does not go together, the gravest first.

    ``facts`` choose the readings; ``residents`` turns shares of the people into persons.
    """
    read = [rule.read_as(facts, rules.readings) for rule in rules]
    found = [
        *_parts(read),
        *_within(read),
        *_same_indicator(read, residents),
        *_units_differ(read),
        *_units_missing(read),
    ]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.severity)))


def claims(rule: Rule, residents: float | None = None) -> tuple[Claim, ...]:
    """The ranges a rule asks for: its number, the time or distance of its reach, its classes."""
    out = []
    if rule.threshold is not None and rule.comparison != "变化":
        low, high, _, _ = bounds(rule.comparison, rule.threshold)
        size = 1.0 if rule.unit is None else rule.unit.size
        dimension = rule.unit_name if rule.unit is None else rule.unit.dimension
        people = rule.params.get("人口") or residents
        if rule.check in ("储备", "容量") and dimension == "占比" and people:
            size *= people / 100.0
            out.append(Claim("人", low * size, high * size))
        else:
            of = "人" if dimension == "数" and rule.unit_name.endswith("人") else dimension
            out.append(Claim(of, low * size, high * size, rule.unit_name, size))
    elif rule.comparison == "变化" and isinstance(rule.threshold, float):
        since = rule.params.get("基准年", "")
        out.append(Claim(f"%(比{since}年)", rule.threshold, rule.threshold))
    out += _reach(rule)
    if rule.check == "齐全":
        count = float(len(rule.params["值"]))
        out.append(Claim("数", count, count, "种"))
    if rule.check == "构成":
        out.append(Claim("数", float(sum(rule.params["构成"].values())), float("inf")))
    return tuple(out)


def _reach(rule: Rule) -> list[Claim]:
    """The time or distance of a rule of cover, in hours or kilometres where they are whole."""
    out = []
    for name, dimension, unit, size in (
        ("时限", "时间", "小时", 60.0),
        ("距离", "长度", "km", 1000.0),
    ):
        if rule.check == "覆盖" and name in rule.params:
            limit = float(rule.params[name])
            shown = (unit, size) if limit % size == 0 else ("", 1.0)
            out.append(Claim(dimension, float("-inf"), limit, *shown))
    return out


def _only(rule: Rule) -> Claim | None:
    found = claims(rule)
    return found[0] if found else None


def _parts(rules: Sequence[Rule]) -> Iterator[Contradiction]:
    """All parts of a whole together against the whole."""
    by_id = {rule.id: rule for rule in rules}
    groups: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.part_of:
            groups[rule.part_of].append(rule)
    for total_id, parts in groups.items():
        total, pieces = _only(by_id[total_id]), [_only(part) for part in parts]
        if total is None or any(p is None or p.dimension != total.dimension for p in pieces):
            continue
        some = [p for p in pieces if p is not None]
        together = Claim(total.dimension, sum(p.low for p in some), sum(p.high for p in some))
        listed = "+".join(str(p) for p in some)
        whole = (by_id[total_id], *parts)
        if not together.meets(total):
            gap = abs(total.low - together.low)
            unit = BASE.get(total.dimension, total.dimension)  # type: ignore[call-overload]
            text = f"分项相加为{together}({listed}),与合计{total}相差 {number(gap)} {unit}"
            yield Contradiction("分项与合计", "错误", whole, text)
        elif together.low > total.low and total.high == float("inf") == together.high:
            text = f"分项相加为{together}({listed}),合计只要求{total},两者不一致"
            yield Contradiction("分项与合计", "警告", whole, text)


def _within(rules: Sequence[Rule]) -> Iterator[Contradiction]:
    """A part that is larger than what it is said to be part of."""
    by_id = {rule.id: rule for rule in rules}
    for rule in rules:
        if not rule.within:
            continue
        inner, outer = _only(rule), _only(by_id[rule.within])
        if inner is None or outer is None or inner.dimension != outer.dimension:
            continue
        if inner.low > outer.high:
            pair = (by_id[rule.within], rule)
            yield Contradiction("包含关系", "错误", pair, f"其中的{inner}超过了整体的{outer}")


def _groups(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    groups: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.indicator:
            groups[rule.indicator].append(rule)
    yield from (group for group in groups.values() if len(group) > 1)


def _same_indicator(rules: Sequence[Rule], residents: float | None) -> Iterator[Contradiction]:
    """Two numbers for the same thing, time and nature."""
    for group in _groups(rules):
        for one, other in combinations(group, 2):
            if (one.nature == "现状") != (other.nature == "现状") or one.year != other.year:
                continue
            for a in claims(one, residents):
                for b in claims(other, residents):
                    if a.dimension == b.dimension and not a.same(b):
                        yield _two(one, other, a, b)


def _two(one: Rule, other: Rule, a: Claim, b: Claim) -> Contradiction:
    pair, key = (one, other), one.indicator
    if not a.meets(b):
        return Contradiction("同一指标", "错误", pair, f"“{key}”前后矛盾:{a}与{b}不能同时成立")
    stricter = b if b.low > a.low or b.high < a.high else a
    severity: Severity = "提示" if a.high == b.high or a.low == b.low else "警告"
    text = f"“{key}”有两个数:{a}与{b};同时成立时以{stricter}为准"
    return Contradiction("同一指标", severity, pair, text)


def _units_differ(rules: Sequence[Rule]) -> Iterator[Contradiction]:
    """The same indicator written in units that cannot be compared."""
    for group in _groups(rules):
        seen: dict[str, Rule] = {}
        for rule in group:
            if rule.check != "指标" or rule.threshold is None or rule.comparison == "变化":
                continue
            dimension = rule.unit.dimension if rule.unit is not None else rule.unit_name
            if dimension not in seen and seen and dimension:
                first = next(iter(seen.values()))
                units = f"{first.unit_name or '没有单位'}与{rule.unit_name}"
                text = f"“{rule.indicator}”的单位不一致:{units}"
                yield Contradiction("单位", "警告", (first, rule), text)
            seen.setdefault(dimension, rule)


def _units_missing(rules: Sequence[Rule]) -> Iterator[Contradiction]:
    for rule in rules:
        if rule.threshold is not None and not rule.unit_name:
            text = f"{rule.wanted},文本没有写单位"
            yield Contradiction("单位", "提示", (rule,), text)
