"""Reading the fields of a rule from the tree: each type of parameter, refused with its line."""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from data.kinds import STATUS_SETS, kind
from data.refused import Refused
from maps.analysis.targets.checks import Param
from maps.analysis.targets.conditions import NUMERIC, OPERATORS, Condition, Conditions
from maps.analysis.targets.model import Source
from maps.analysis.targets.tree import Node

_NUMBER = re.compile(r"^[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$")
_GROUPED = re.compile(r"^[+-]?\d{1,3}([,，]\d{3})+(\.\d+)?$")
_YES = {"是": True, "否": False}

Areas = Mapping[str, tuple[str, ...]]


def check_names(entries: Mapping[str, Node], owner: Node, known: Iterable[str], what: str) -> None:
    """Refuse the first field that is not known, naming the nearest one that is."""
    names = tuple(known)
    for name in entries:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1, 0.5)
            hint = f"是不是“{near[0]}”?" if near else f"可以写的有:{'、'.join(names)}。"
            line = owner.lines.get(name, owner.line)
            raise Node(owner.file, line).refuse(f"{what}里不认识“{name}”。{hint}")


def text(entries: Mapping[str, Node], name: str, usual: str = "") -> str:
    """An optional text."""
    node = entries.get(name)
    return usual if node is None or node.empty else node.as_text(name)


def needed(entries: Mapping[str, Node], owner: Node, name: str, what: str) -> Node:
    node = entries.get(name)
    if node is None or node.empty:
        raise owner.refuse(f"{what}缺少“{name}”,请补上。")
    return node


def number(node: Node, name: str) -> float:
    """A finite number; 1,200 is one."""
    said = node.as_text(name)
    if _GROUPED.match(said):
        said = said.replace(",", "").replace("，", "")
    if not _NUMBER.match(said) or not math.isfinite(float(said)):
        raise node.refuse(f"“{name}”要填数字,现在是“{said}”。")
    return float(said)


def whole(node: Node, name: str) -> int:
    value = number(node, name)
    if value != round(value):
        raise node.refuse(f"“{name}”要填整数,现在是“{node.text}”。")
    return round(value)


def choice(node: Node, name: str, allowed: Iterable[str]) -> str:
    said, options = node.as_text(name), tuple(allowed)
    if said not in options:
        raise node.refuse(f"“{name}”只能是{'、'.join(options)}之一,现在是“{said}”。")
    return said


def texts(node: Node, name: str) -> tuple[str, ...]:
    """A list of texts, or one."""
    found = tuple(item.as_text(name) for item in node.as_list())
    if not found:
        raise node.refuse(f"“{name}”的列表是空的。")
    return found


def one_of(entries: Mapping[str, Node], name: str, allowed: tuple[str, ...], usual: str) -> str:
    """An optional word out of ``allowed``."""
    node = entries.get(name)
    return usual if node is None or node.empty else choice(node, name, allowed)


def source(entries: Mapping[str, Node], node: Node, document: str, what: str) -> Source:
    """Where the statement stands; one of 行 and 条款 is needed."""
    line, clause = entries.get("行"), text(entries, "条款")
    if (line is None or line.empty) and not clause:
        raise node.refuse(f"{what}缺少出处:请写“行”(规划文本的行号)或“条款”。")
    at = None if line is None or line.empty else whole(line, "行")
    return Source(text(entries, "文件", document), at, clause)


def param(spec: Param, node: Node, areas: Areas) -> Any:
    """The value of one parameter of a check, of the type its specification says."""
    name = spec.name
    if spec.type == "数字":
        return _positive(node, name, number(node, name))
    if spec.type == "整数":
        return whole(node, name)
    if spec.type == "是否":
        return _YES[choice(node, name, _YES)]
    if spec.type == "设施":
        return _kind(node, name)
    if spec.type == "多个设施":
        return tuple(_kind(item, name) for item in node.as_list())
    if spec.type == "条件":
        return conditions(node, name)
    if spec.type == "状态":
        return choice(node, name, STATUS_SETS)
    if spec.type == "区域":
        return _areas(node, name, areas)
    if spec.type == "地点":
        return tuple((said, areas.get(said, (said,))) for said in texts(node, name))
    if spec.type == "数表":
        table = {key: number(value, key) for key, value in node.as_entries(name).items()}
        for key, value in node.as_entries(name).items():
            if table[key] < 0:
                raise value.refuse(f"“{key}”不能小于 0。")
        return MappingProxyType(table)
    if spec.type == "列表分项":
        found = {
            _kind_named(node, key): texts(value, key)
            for key, value in node.as_entries(name).items()
        }
        return MappingProxyType(found)
    if spec.type == "多个文字":
        return texts(node, name)
    return choice(node, name, spec.choices) if spec.choices else node.as_text(name)


def conditions(node: Node, name: str) -> Conditions:
    """“{列: 值}”, “{列: [值, 值]}” or “{列: {不少于: 数}}”."""
    out = []
    for column, value in node.as_entries(name).items():
        if value.entries is None:
            out.append(Condition(column, "等于", texts(value, column)))
            continue
        if not value.entries:
            raise value.refuse(f"“{column}”的条件没有写内容。")
        for operator, limit in value.entries.items():
            if operator not in OPERATORS:
                raise limit.refuse(f"条件里不认识“{operator}”。可以写的有:{'、'.join(OPERATORS)}。")
            out.append(Condition(column, operator, _limit(operator, limit)))
    return tuple(out)


def _limit(operator: str, node: Node) -> tuple[str | float, ...]:
    if operator == "已填":
        return (choice(node, operator, _YES),)
    if operator in NUMERIC:
        return (number(node, operator),)
    return texts(node, operator)


def _positive(node: Node, name: str, value: float) -> float:
    if value <= 0:
        raise node.refuse(f"“{name}”要大于 0,现在是 {value:g}。")
    return value


def _kind(node: Node, name: str) -> str:
    return _kind_named(node, node.as_text(name))


def _kind_named(node: Node, said: str) -> str:
    try:
        return kind(said).name
    except Refused as refused:
        raise node.refuse(str(refused)) from None


def _areas(node: Node, name: str, areas: Areas) -> tuple[str, ...]:
    found: list[str] = []
    for said in texts(node, name):
        found.extend(areas.get(said, (said,)))
    return tuple(dict.fromkeys(found))
