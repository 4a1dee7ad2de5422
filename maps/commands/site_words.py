"""The answer of ``site`` as lines to read."""

from typing import Any

TITLES = {
    "lscp": "覆盖所有人用最少的设施",
    "mclp": "覆盖的人最多",
    "pmedian": "总路程最短",
    "pcenter": "最远的人最近",
    "backup": "人人覆盖,尽量多的人双重覆盖",
    "equity": "先照顾覆盖最差的区",
}

_UNITS = {"minutes": " 分钟", "radius": " 米", "matrix": ""}


def as_text(values: dict[str, Any]) -> str:
    """Return the answer as lines to read."""
    lines = [f"选址({_title(values)}):{values['p']} 处,{_state(values)}"]
    lines += _people(values) + _ways(values) + _money(values) + _now(values)
    lines += _sites(values) + _worst(values)
    if values["closed"]:
        names = "、".join(site["name"] for site in values["closed"])
        lines.append(f"不再需要的现有设施:{names}")
    if values["left_out"]["points"]:
        left = values["left_out"]
        lines.append(f"任何候选点都到不了、未计入的:{left['points']} 处 {left['people']:,.0f} 人")
    if values.get("excluded"):
        lines.append(f"因灾害区或安全距离排除的候选点:{values['excluded']} 个")
    if "rules" in values:
        lines.append("规划目标的结论" + ("因此改变:" if values["rules"] else "都不变"))
        lines += [f"  {said}" for said in values["rules"]]
    for change in values.get("sensitivity", []):
        dropped = "、".join(change["dropped"]) or "无"
        said = f"换掉 {dropped}" if change["possible"] else "没有可行的布局"
        lines.append(f"{change['change']}:{said}")
    lines.append(f"人口口径:{values['basis'] or '矩阵的权重'};用时 {values['seconds']:.2f} 秒")
    return "\n".join(lines)


def _title(values: dict[str, Any]) -> str:
    if values["cheapest"]:
        return "覆盖所有人花钱最少"
    if values["times"] > 1:
        return f"{TITLES[values['model']]},被 {values['times']} 处覆盖才算"
    return TITLES[values["model"]]


def _state(values: dict[str, Any]) -> str:
    if values["proven"]:
        return "已证明最优"
    if values["gap"] is None:
        return "到时限为止最好的,离最优多远还不知道"
    return f"到时限为止最好的,离证明的界限 {values['gap']:.2%}"


def _people(values: dict[str, Any]) -> list[str]:
    if values["share"] is None:
        return []
    people, total = values["people_covered"], values["people_total"]
    verb = "安置" if values["room"] else "覆盖"
    lines = [f"{verb} {people:,.0f} 人,占 {values['share']:.1%}(共 {total:,.0f} 人)"]
    if values["model"] == "backup" or values["times"] > 1:
        what = "双重覆盖" if max(values["times"], 2) == 2 else f"被 {values['times']} 处覆盖"
        more = values["people_several"]
        lines.append(f"其中{what} {more:,.0f} 人,占 {more / total:.1%}" if total else "")
    return lines


def _ways(values: dict[str, Any]) -> list[str]:
    if values.get("mean") is None:
        return []
    unit = _UNITS[values["measure"]]
    where = "安置处" if values["room"] else "最近设施"
    line = f"到{where}平均 {values['mean']:,.1f}{unit}"
    if values["longest"] is not None:
        line += f",最远 {values['longest']:,.1f}{unit}"
    return [line]


def _money(values: dict[str, Any]) -> list[str]:
    return [] if values["spent"] is None else [f"总费用 {values['spent']:,g}"]


def _now(values: dict[str, Any]) -> list[str]:
    """What stands today, and the best choice of as many."""
    now = values["current"]
    if now is None:
        return []
    lines = []
    if now["share"] is not None:
        lines.append(f"现有 {now['sites']} 处覆盖 {now['share']:.1%}")
    best = now.get("best")
    if best is not None:
        proof = "已证明" if best["proven"] else "未证完"
        if best["share"] is not None and now["share"] is not None:
            said = f"最好能到 {best['share']:.1%},现有布局少 {best['share'] - now['share']:.1%}"
        elif now["objective"] is None:
            said = f"最好的目标值是 {best['objective']:,g}"
        else:
            said = f"最好的目标值是 {best['objective']:,g},现有布局是 {now['objective']:,g}"
        lines.append(f"同样 {now['sites']} 处{said}({proof})")
    return lines


def _sites(values: dict[str, Any]) -> list[str]:
    lines = []
    verb = "安置" if values["room"] else "新增"
    for site in values["sites"]:
        grade = f"[{site['class']}]" if site.get("class") else ""
        where = f" ({site['lon']}, {site['lat']})" if site["lon"] is not None else ""
        phase = f"第 {site['phase']} 期 " if "phase" in site else ""
        rival = f";其次是{site['runner_up']}" if site["runner_up"] else ""
        met = site.get("targets_met")
        done = f";使{'、'.join(met)}达标" if met else ""
        people = f"{verb} {site['people_gained']:,.0f} 人"
        lines.append(f"  {phase}{site['name']}{grade}{where}:{people}{done}{rival}")
    return lines


def _worst(values: dict[str, Any]) -> list[str]:
    """The worst-off district, for those who asked for it."""
    rows = [row for row in values["districts"] if row["share"] is not None]
    if values["model"] != "equity" or not rows:
        return []
    worst = min(rows, key=lambda row: row["share"])
    now = "" if worst["share_now"] is None else f"(现有 {worst['share_now']:.1%})"
    return [f"最弱的是{worst['name']}:覆盖 {worst['share']:.1%}{now}"]
