"""Checks that do not measure the map: 数据完整, 指标, 人工."""

from collections.abc import Mapping
from typing import Any

from data.kinds import is_missing, kind
from maps.analysis.targets.conditions import as_number
from maps.analysis.targets.judge import Finding, holds, lacking, missing_layer
from maps.analysis.targets.model import INDICATORS, Missing, Place, Rule, told
from maps.analysis.targets.scene import Scene
from maps.analysis.targets.units import number

_PER_KIND = 20


def complete(rule: Rule, scene: Scene) -> Finding:
    """Whether the layers have features and the wanted columns are filled."""
    wanted = rule.params.get("必填", {})
    kinds = tuple(dict.fromkeys((*rule.params["图层"], *wanted)))
    empty = [name for name in kinds if not len(scene.table(name))]
    filled = cells = 0
    where: list[Place] = []
    gaps: list[str] = []
    rows: list[tuple[str, float | None, str]] = []
    for name in kinds:
        table = scene.table(name)
        columns = wanted.get(name) or [c.name for c in table.kind.columns if c.required]
        mine, missing, places = _filled(table, columns)
        filled, cells = filled + mine, cells + len(table) * len(columns)
        where += places[:_PER_KIND]
        gaps += [f"{table.kind.title}的{c}({n} 处)" for c, n in missing.items() if n]
        mine_of = len(table) * len(columns)
        share = 100.0 * mine / mine_of if mine_of else 100.0 if len(table) else None
        rows.append((table.kind.title, share, f"{len(table)} 处"))
    titles = "、".join(kind(name).title for name in kinds)
    if empty:
        names = "、".join(kind(name).title for name in empty)
        why = f"资料库要有{titles};图上还没有{names}"
        return Finding(
            why,
            missing=tuple(missing_layer(name) for name in empty),
            remedy=f"添加{names}。",
            where=tuple(where),
            rows=tuple(rows),
        )
    value = 100.0 * filled / cells if cells else 100.0
    why = f"{titles}共 {cells} 个应填项,填了 {number(value)} %"
    why += f",没有填的:{'、'.join(gaps[:6])}{'等' if len(gaps) > 6 else ''}" if gaps else ""
    return Finding(
        why,
        value,
        value,
        where=tuple(where),
        remedy=f"补填{'、'.join(gaps[:6])}。" if gaps else "",
        rows=tuple(rows),
    )


def _filled(table: Any, columns: Any) -> tuple[int, dict[str, int], list[Place]]:
    """How many cells are filled, how many gaps by column, and the features with gaps."""
    missing = dict.fromkeys(columns, 0)
    places = []
    for i in range(len(table)):
        gone = [c for c in columns if is_missing(table.column(c)[i])]
        for c in gone:
            missing[c] += 1
        if gone:
            places.append(table.place(i, f"没有填{'、'.join(gone)}"))
    return len(table) * len(columns) - sum(missing.values()), missing, places


def indicator(rule: Rule, scene: Scene) -> Finding:
    """A number kept by hand: baseline, current value, target, due year."""
    key = rule.indicator or rule.id
    history = _history(rule, scene, key)
    base_year = rule.params.get("基准年")
    current = _current(rule, history)
    due = f"{rule.year}年" if rule.year else "到期年"
    how = f"在“指标”里填“{key}”的{due}(或最近一年)数值。"
    if current is None:
        return lacking(f"“{key}”没有现状值", Missing("", key, how))
    year, value = current
    said = f"“{key}”{year} 年为 {number(value)}"
    if rule.comparison != "变化":
        return Finding(f"{said} {rule.unit_name}".strip(), value, value, holds=_plain(rule, value))
    base = history.get(base_year) if base_year is not None else None
    if base is None or base == 0:
        word = f"{base_year}年" if base_year else "基准年"
        how = f"在“指标”里填“{key}”的{word}基准值。"
        return lacking(f"“{key}”没有{word}的基准值,不能算变化", Missing("", key, how))
    change = 100.0 * (value - base) / abs(base)
    assert isinstance(rule.threshold, float)
    fine = (
        change <= rule.threshold + 1e-9 if rule.threshold < 0 else change >= rule.threshold - 1e-9
    )
    word = "下降" if change < 0 else "上升"
    why = f"{said},比 {base_year} 年({number(base)}){word} {number(abs(change))} %"
    target = base * (1 + rule.threshold / 100.0)
    return Finding(why, change, change, holds=fine, remedy=f"要到 {number(target)} 才够。")


def _history(rule: Rule, scene: Scene, key: str) -> dict[int, float]:
    """Known values by year: of the rule file, overlaid by what the plan's book says."""
    out: dict[int, float] = {}
    for year_name, value_name in (("基准年", "基准值"), ("现状年", "现状值")):
        year, value = rule.params.get(year_name), rule.params.get(value_name)
        if value is not None:
            out[year if year is not None else rule.year or 0] = value
    kept = told(scene.facts, INDICATORS, key)
    for said, value in kept.items() if isinstance(kept, Mapping) else ():
        known = as_number(value)
        if known is not None and str(said).isdigit():
            out[int(said)] = known
    return out


def _current(rule: Rule, history: dict[int, float]) -> tuple[int, float] | None:
    """The value of the due year, else the latest one after the baseline."""
    if rule.year is not None and rule.year in history:
        return rule.year, history[rule.year]
    later = [y for y in history if y != rule.params.get("基准年")]
    before_due = [y for y in later if rule.year is None or y <= rule.year] or later
    return (max(before_due), history[max(before_due)]) if before_due else None


def _plain(rule: Rule, value: float) -> bool | None:
    """Indicators are typed in in the rule's own unit."""
    if rule.threshold is None:
        return True
    size = 1.0 if rule.unit is None else rule.unit.size
    return holds(rule, value * size, value * size)


def by_hand(rule: Rule, scene: Scene) -> Finding:
    """What a person must attest; what is asked is said."""
    asked = rule.params.get("要点") or "是否做到"
    return Finding(f"程序看不出来,请人工确认:{asked}")
