"""Which features a rule speaks about, and how that is said."""

from typing import Any

from data.kinds import is_missing
from maps.analysis.targets.model import Missing, Rule
from maps.analysis.targets.scene import Chosen, Scene


def status_of(rule: Rule) -> str:
    """What counts: what the rule says, else what stands today for a statement about today."""
    said: str | None = rule.params.get("状态")
    return said or ("现状" if rule.nature in ("现状", "问题") else "全部")


def chosen_by(rule: Rule, scene: Scene) -> Chosen:
    """The features of 对象 that the rule's conditions, status and areas leave."""
    params = rule.params
    return scene.choose(
        params["对象"], params.get("条件", ()), status_of(rule), params.get("范围", ())
    )


def phrase(rule: Rule, chosen: Chosen) -> str:
    """“级别为市级的储备库(现状)”: what was looked at."""
    said = "、".join(str(c) for c in rule.params.get("条件", ()))
    has_status = chosen.table.kind.column("状态") is not None
    status = f"({status_of(rule)})" if has_status and status_of(rule) != "全部" else ""
    return f"{f'{said}的' if said else ''}{chosen.table.kind.title}{status}"


def unknown_conditions(rule: Rule, chosen: Chosen) -> tuple[Missing, ...]:
    """The condition columns that leave it open whether some features count."""
    if not len(chosen.maybe):
        return ()
    title = chosen.table.kind.title
    out = []
    for condition in rule.params.get("条件", ()):
        values: Any = chosen.table.column(condition.column)
        gaps = sum(is_missing(values[i]) for i in chosen.maybe.tolist())
        if gaps:
            how = f"给 {gaps} 处{title}填上“{condition.column}”。"
            out.append(Missing(chosen.table.kind.name, condition.column, how))
    return tuple(out)


def never_recorded(rule: Rule, chosen: Chosen) -> bool:
    """Whether a condition asks for a column that no feature of the kind has filled, though there
    are features: how many more there are is then not known either."""
    columns = [chosen.table.column(c.column) for c in rule.params.get("条件", ())]
    return len(chosen.table) > 0 and any(all(map(is_missing, column)) for column in columns)


def unknown_areas(rule: Rule, scene: Scene) -> tuple[Missing, ...]:
    """Areas the rule names that the plan has no district for."""
    names = {district.name for district in scene.districts}
    gone = [name for name in rule.params.get("范围", ()) if name not in names]
    if not gone:
        return ()
    how = f"在行政区图层里添加{'、'.join(gone)}(或改规则里的“范围”)。"
    return (Missing("district", "名称", how),)
