"""Rule files into rule sets; what is wrong in one is refused in Chinese with its line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import resources
from data.plan import Book
from maps.analysis.targets import checks, fields, units
from maps.analysis.targets.checks import Check
from maps.analysis.targets.model import (
    FORCES,
    NATURES,
    Option,
    Reading,
    Rule,
    RuleSet,
)
from maps.analysis.targets.plan_projects import evaluations, project
from maps.analysis.targets.tree import Node, read_file, read_text
from maps.analysis.targets.units import COMPARISONS, Threshold, Unit

DOCUMENT = "规划文件"
"""The name in ``Book.facts`` of the plan document a plan follows."""

OWN_RULES = "规则"
"""The name in ``Book.facts`` of a plan's own rules, as the text of a rule file."""

_SET = ("规则集", "文件", "类型", "地区", "名单", "读法", "评估", "规则", "工程")
_RULE = (
    "编号",
    "原文",
    "行",
    "条款",
    "文件",
    "性质",
    "年份",
    "核实",
    "地区",
    "分组",
    "检查",
    "比较",
    "数值",
    "单位",
    "说明",
    "读法",
    "按读法",
    "指标键",
    "总项",
    "含于",
    "效力",
)


def load_rules(path: Path) -> RuleSet:
    """Return the rules in a file. Raises Refused with file and line for anything wrong."""
    return replace(_rule_set(read_file(path)), path=str(path))


def rules_from_text(text: str, name: str = "规则") -> RuleSet:
    """Return the rules in YAML text; ``name`` is what messages call it."""
    return _rule_set(read_text(text, name))


@cache
def shipped() -> tuple[RuleSet, ...]:
    """The rule sets of the plan documents that come with the program, by file name."""
    return tuple(load_rules(path) for path in sorted(resources.path("plans").glob("*.yaml")))


@cache
def standards() -> tuple[RuleSet, ...]:
    """The rule sets of standards that come with the program, by file name."""
    return tuple(load_rules(path) for path in sorted(resources.path("standards").glob("*.yaml")))


def rules_of(book: Book) -> RuleSet | None:
    """The rules of a plan: its own text (``Book.facts["规则"]``), else the shipped rules of the
    document it follows, None when there are neither."""
    own = book.facts.get(OWN_RULES)
    if own:
        return rules_from_text(str(own), f"{book.title}的规则")
    document = str(book.facts.get(DOCUMENT) or "")
    return next((rules for rules in shipped() if rules.document == document), None)


@dataclass(frozen=True)
class _Head:
    """What the rules of a file share."""

    document: str
    areas: fields.Areas
    readings: Mapping[str, Reading]


def _rule_set(root: Node) -> RuleSet:
    entries = root.as_entries("规则文件")
    fields.check_names(entries, root, _SET, "规则文件")
    title = fields.needed(entries, root, "规则集", "规则文件").as_text("规则集")
    document = fields.text(entries, "文件", title)
    sort: Literal["规划", "标准"] = "规划"
    if "类型" in entries and fields.choice(entries["类型"], "类型", ("规划", "标准")) == "标准":
        sort = "标准"
    readings = _unique(entries.get("读法"), _reading)
    head = _Head(document, _areas(entries.get("名单")), MappingProxyType(readings))
    listed = fields.needed(entries, root, "规则", "规则文件")
    rules = _unique(listed, lambda node: _rule(node, head))
    for node in listed.as_list():
        _check_links(node, rules)
    projects = _unique(entries.get("工程"), lambda node: project(node, document, rules))
    return RuleSet(
        title,
        document,
        sort,
        tuple(rules.values()),
        head.readings,
        tuple(projects.values()),
        fields.text(entries, "地区"),
        evaluations=evaluations(entries.get("评估")),
    )


def _unique(listed: Node | None, read: Any) -> dict[str, Any]:
    """Read the items of a list, each with an 编号 nobody else has."""
    found: dict[str, Any] = {}
    first: dict[str, int] = {}
    if listed is None or listed.empty:
        return found
    for node in listed.as_list():
        one = read(node)
        if one.id in found:
            at = node.as_entries("编号")["编号"]
            raise at.refuse(f"编号“{one.id}”重复(第 {first[one.id]} 行已有),请改成别的编号。")
        found[one.id] = one
        first[one.id] = node.line
    return found


def _areas(node: Node | None) -> fields.Areas:
    if node is None or node.empty:
        return MappingProxyType({})
    return {name: fields.texts(value, name) for name, value in node.as_entries("名单").items()}


def _reading(node: Node) -> Reading:
    entries = node.as_entries("读法")
    fields.check_names(entries, node, ("编号", "问题", "原文", "选项"), "读法")
    options = []
    for item in fields.needed(entries, node, "选项", "读法").as_list():
        if item.entries is None:
            options.append(Option(item.as_text("选项")))
            continue
        fields.check_names(item.entries, item, ("名称", "说明"), "选项")
        name = fields.needed(item.entries, item, "名称", "选项").as_text("名称")
        options.append(Option(name, fields.text(item.entries, "说明")))
    if len({o.name for o in options}) < max(len(options), 2):
        raise node.refuse("读法要有两个以上名称不同的选项。")
    return Reading(
        fields.needed(entries, node, "编号", "读法").as_text("编号"),
        fields.needed(entries, node, "问题", "读法").as_text("问题"),
        tuple(options),
        fields.text(entries, "原文"),
    )


def _rule(node: Node, head: _Head) -> Rule:
    entries = node.as_entries("规则")
    name = fields.needed(entries, node, "编号", "规则").as_text("编号")
    what = f"规则“{name}”"
    check = _check(fields.needed(entries, node, "检查", what))
    fields.check_names(entries, node, (*_RULE, *(p.name for p in check.params)), what)
    params = _params(entries, node, check, head.areas, what)
    comparison, threshold, unit, unit_name = _wanted(entries, node, check, params, what)
    year = entries.get("年份")
    rule = Rule(
        name,
        fields.needed(entries, node, "原文", what).as_text("原文"),
        fields.source(entries, node, head.document, what),
        check.name,
        params,
        comparison,
        threshold,
        unit,
        unit_name,
        fields.one_of(entries, "性质", NATURES, "目标"),
        None if year is None or year.empty else fields.whole(year, "年份"),
        fields.one_of(entries, "核实", ("已核实", "待核实"), "已核实") == "已核实",
        fields.text(entries, "地区"),
        fields.text(entries, "分组"),
        fields.text(entries, "说明"),
        indicator=fields.text(entries, "指标键"),
        part_of=fields.text(entries, "总项"),
        within=fields.text(entries, "含于"),
        force=fields.one_of(entries, "效力", FORCES, ""),
        line=node.line,
    )
    return _with_readings(rule, entries, node, head)


def _check(node: Node) -> Check:
    said = node.as_text("检查")
    if said not in checks.BY_NAME:
        known = "、".join(checks.BY_NAME)
        raise node.refuse(f"没有“{said}”这种检查。可以写的有:{known}。")
    return checks.BY_NAME[said]


def _params(
    entries: Mapping[str, Node], node: Node, check: Check, areas: fields.Areas, what: str
) -> Mapping[str, Any]:
    found = {}
    for spec in check.params:
        value = entries.get(spec.name)
        if value is None or value.empty:
            if spec.required:
                raise node.refuse(f"{what}的检查“{check.name}”缺少“{spec.name}”,请补上。")
            continue
        found[spec.name] = fields.param(spec, value, areas)
    if check.name == "覆盖" and ("距离" in found) == ("时限" in found):
        raise node.refuse(f"{what}要写“距离”(米)或“时限”(分钟)中的一个,也只能写一个。")
    return MappingProxyType(found)


def _wanted(
    entries: Mapping[str, Node], node: Node, check: Check, params: Mapping[str, Any], what: str
) -> tuple[str, Threshold | None, Unit | None, str]:
    """Comparison, threshold and unit; what a kind usually wants when it may go unsaid."""
    given = [n for n in ("比较", "数值", "单位") if n in entries]
    if check.number == "不" or (check.name == "距离" and "到列" in params):
        if given:
            raise entries[given[0]].refuse(f"检查“{check.name}”这样写时不需要“{given[0]}”。")
        return "", None, None, ""
    value = entries.get("数值")
    if value is None or value.empty:
        if check.number == "要" or (check.name in ("距离", "辖区面积") and "上限" not in params):
            raise node.refuse(f"{what}的检查“{check.name}”缺少“数值”,请补上。")
        if check.usual is None:
            return "", None, None, fields.text(entries, "单位")
        comparison, number, unit_name = check.usual
        return comparison, number, units.unit(unit_name), unit_name
    compared = fields.needed(entries, node, "比较", what)
    comparison = fields.choice(compared, "比较", COMPARISONS)
    unit, unit_name = _unit(entries, node, check, what)
    return comparison, _threshold(value, comparison, compared, check), unit, unit_name


def _threshold(value: Node, comparison: str, compared: Node, check: Check) -> Threshold:
    if comparison == "变化" and check.name not in checks.ANY_UNIT:
        raise compared.refuse("“变化”只用于检查“指标”。")
    if comparison != "介于":
        return fields.number(value, "数值")
    if value.items is None or len(value.items) != 2:
        raise value.refuse("“介于”的数值要写成 [小, 大]。")
    low, high = (fields.number(item, "数值") for item in value.items)
    if low > high:
        raise value.refuse(f"“介于”的两个数要小的在前,现在是 {low:g}、{high:g}。")
    return low, high


def _unit(
    entries: Mapping[str, Node], node: Node, check: Check, what: str
) -> tuple[Unit | None, str]:
    """The unit; of indicators any text, or "" in quotes when the document gives none."""
    said = entries.get("单位")
    if said is None or (said.empty and not said.quoted):
        raise node.refuse(f'{what}缺少“单位”;文件里没有写单位的,写成 单位: ""。')
    name = said.as_text("单位")
    unit = units.unit(name)
    if check.name in checks.ANY_UNIT:
        return unit, name
    if unit is None or unit.dimension not in check.dimensions:
        right = units.names(check.dimensions)
        raise said.refuse(f"检查“{check.name}”的单位不能是“{name}”,可以是:{right}。")
    return unit, name


def _with_readings(rule: Rule, entries: Mapping[str, Node], node: Node, head: _Head) -> Rule:
    """Add what the rule becomes under each option of its reading."""
    named, listed = entries.get("读法"), entries.get("按读法")
    if named is None and listed is None:
        return rule
    if named is None or listed is None:
        raise node.refuse(f"规则“{rule.id}”的“读法”和“按读法”要一起写。")
    reading = head.readings.get(named.as_text("读法"))
    if reading is None:
        raise named.refuse(f"文件的“读法”里没有“{named.text}”。")
    options = {o.name for o in reading.options}
    found = {}
    for option, changes in listed.as_entries("按读法").items():
        if option not in options:
            raise changes.refuse(f"读法“{reading.id}”没有选项“{option}”。")
        merged = {k: v for k, v in entries.items() if k not in ("读法", "按读法")}
        replaced = {} if changes.empty else changes.as_entries(option)
        one = Node(node.file, node.line, entries={**merged, **replaced})
        one.lines = {**node.lines, **changes.lines}
        found[option] = replace(_rule(one, head), reading=reading.id)
    return replace(rule, reading=reading.id, by_reading=MappingProxyType(found))


def _check_links(node: Node, rules: Mapping[str, Rule]) -> None:
    entries = node.as_entries("规则")
    for name in ("总项", "含于"):
        other = fields.text(entries, name)
        if other and other not in rules:
            raise entries[name].refuse(f"{name}“{other}”不是本文件里的规则编号。")
        if other and other == fields.text(entries, "编号"):
            raise entries[name].refuse(f"{name}写的是这一条自己,请写另一条的编号。")
