"""Reading the 重点工程 of a rule file, and when the document wants itself evaluated."""

from collections.abc import Mapping

from maps.analysis.targets import checks, fields
from maps.analysis.targets.model import Project, Rule, Size
from maps.analysis.targets.tree import Node

STATES = ("未开工", "在建", "完成", "停建", "未知")
"""Where a project stands."""

_FIELDS = (
    "编号",
    "名称",
    "原文",
    "行",
    "条款",
    "文件",
    "地点",
    "规模",
    "开工年",
    "完工年",
    "投资",
    "状态",
    "要素",
    "规则",
    "说明",
)


def project(node: Node, document: str, rules: Mapping[str, Rule]) -> Project:
    """One entry of “工程”; Refused for one that serves a rule which is not there."""
    entries = node.as_entries("工程")
    fields.check_names(entries, node, _FIELDS, "工程")
    name = fields.needed(entries, node, "编号", "工程").as_text("编号")
    what = f"工程“{name}”"
    served = fields.texts(entries["规则"], "规则") if "规则" in entries else ()
    for one in served:
        if one not in rules:
            raise entries["规则"].refuse(f"{what}列的规则“{one}”不在本文件里。")
    years = {
        key: fields.whole(entries[key], key)
        for key in ("开工年", "完工年")
        if key in entries and not entries[key].empty
    }
    money = entries.get("投资")
    state = fields.one_of(entries, "状态", STATES, "未知")
    if state == "完成" and years.get("完工年") is None:
        raise entries["状态"].refuse(f"{what}写了“完成”,要写“完工年”。")
    return Project(
        name,
        fields.needed(entries, node, "名称", what).as_text("名称"),
        fields.needed(entries, node, "原文", what).as_text("原文"),
        fields.source(entries, node, document, what),
        fields.texts(entries["地点"], "地点") if "地点" in entries else (),
        _sizes(entries.get("规模")),
        years.get("开工年"),
        years.get("完工年"),
        None if money is None or money.empty else fields.number(money, "投资"),
        state,
        _features(entries.get("要素")),
        served,
        fields.text(entries, "说明"),
    )


def evaluations(node: Node | None) -> tuple[tuple[str, int], ...]:
    """“{中期评估: 2023, 终期评估: 2025}”, by year."""
    if node is None or node.empty:
        return ()
    named = node.as_entries("评估").items()
    found = [(name, fields.whole(year, name)) for name, year in named]
    for (name, year), (_, at) in zip(found, named, strict=True):
        if not 1990 <= year <= 2100:
            raise at.refuse(f"“{name}”要填 1990–2100 之间的年份,现在是 {year}。")
    return tuple(sorted(found, key=lambda one: one[1]))


def _sizes(node: Node | None) -> tuple[Size, ...]:
    if node is None or node.empty:
        return ()
    out = []
    for item in node.as_list():
        entries = item.as_entries("规模")
        fields.check_names(entries, item, ("名称", "数值", "单位"), "规模")
        out.append(
            Size(
                fields.needed(entries, item, "名称", "规模").as_text("名称"),
                fields.number(fields.needed(entries, item, "数值", "规模"), "数值"),
                fields.text(entries, "单位"),
            )
        )
    return tuple(out)


def _features(node: Node | None) -> tuple[tuple[str, str], ...]:
    """“{储备库: [名称, …]}”: what a project builds on the map."""
    if node is None or node.empty:
        return ()
    spec = checks.Param("要素", "列表分项")
    found: Mapping[str, tuple[str, ...]] = fields.param(spec, node, {})
    return tuple((kind_name, one) for kind_name, names in found.items() for one in names)
