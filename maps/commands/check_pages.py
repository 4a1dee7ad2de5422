"""What ``check`` shows besides the verdicts: the depots on one page, the evaluation of a year."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from data.plan import Plan
from maps.analysis.targets.evaluate import Outcome
from maps.analysis.targets.evaluation import evaluation_table
from maps.analysis.targets.layout import DepotSheet, LayoutPage
from maps.analysis.targets.model import VERDICTS
from maps.analysis.targets.projects import (
    UNTOLD,
    progress_by_year,
    project_states,
)
from maps.analysis.targets.units import number
from maps.commands.table import table

UNKNOWN = "未知"
_FIVE_YEARS = 5
_WRONG = (VERDICTS["fail"], VERDICTS["warn"])


def depots_json(page: LayoutPage) -> dict[str, Any]:
    """The page as plain values: ㎡, persons, minutes of driving, shares 0–1; unknown is None."""
    return {
        "sheets": [_sheet(sheet) for sheet in page.sheets],
        "cover": [{"id": v.id, "verdict": v.verdict, "value": v.value} for v in page.cover],
        "served": [asdict(row) for row in page.served],
        "served_why": page.served_why or None,
        "in_time": [
            {
                "depots": list(row.depots),
                "profile": row.weather,
                "limit": row.limit,
                "ready": row.handling,
                "people_covered": row.people,
                "share": row.share,
                "by_district": [{"name": n, "share": s} for n, s in row.by_district],
            }
            for row in page.promise.rows
        ],
        "in_time_remarks": []
        if page.promise.remarks is None
        else list(page.promise.remarks.sentences),
        "missing": list(page.missing),
        "basis": page.basis or None,
    }


def _sheet(sheet: DepotSheet) -> dict[str, Any]:
    place = sheet.place
    return {
        "role": sheet.role,
        "name": sheet.name,
        "status": sheet.status,
        "where": None if place is None else {"layer": place.layer, "id": place.fid},
        "rooms": dict(sheet.rooms),
        "rooms_total": sheet.rooms_total,
        "building": sheet.building,
        "site": sheet.landing.site,
        "landing_free": sheet.landing.free,
        "landing_fits": sheet.landing.fits,
        "landing_storeys": sheet.landing.storeys,
        "persons": sheet.persons,
        "verdicts": {v.id: v.verdict for v in sheet.verdicts},
    }


def depots_text(page: LayoutPage) -> list[str]:
    """The page as lines."""
    lines = ["", "“一主两副”储备库"]
    for sheet in page.sheets:
        said = ", ".join(f"{name} {_square(value)}" for name, value in sheet.rooms)
        lines += [
            f"{sheet.role}:{sheet.name}({sheet.status})",
            f"    用房 {said};合计 {_square(sheet.rooms_total)},建筑面积 {_square(sheet.building)}",
            f"    起降 {sheet.landing.text}",
            f"    物资 {sheet.persons_text}",
        ]
    lines += [f"{v.id} {v.title}:{v.why}" for v in page.cover]
    rows = [["旗县区", "最快的库", "平均行车", "占人口"]]
    for row in page.served:
        spent = UNKNOWN if row.minutes is None else f"{row.minutes:.0f} 分钟"
        share = UNKNOWN if row.share is None else f"{row.share:.1%}"
        rows.append([row.district, row.depot or "(没有通路)", spent, share])
    lines += table(rows, right=frozenset({2, 3})) if page.served else [page.served_why]
    lines += _in_time(page)
    return [*lines, "还缺什么:", *(f"    {one}" for one in page.missing)]


def _in_time(page: LayoutPage) -> list[str]:
    """The share of each district's people reached in the promised time, a column an answer."""
    found = page.promise.rows
    if page.promise.remarks is None:
        return []
    heads = [f"{r.who} {r.weather}{' 含装卸' if r.handling else ''}" for r in found]
    rows = [["旗县区", *heads], ["合计", *(_share(row.share) for row in found)]]
    for d, (name, _) in enumerate(found[0].by_district):
        rows.append([name, *(_share(row.by_district[d][1]) for row in found)])
    return [
        f"{found[0].limit:g} 分钟以内的人口"
        f"(“含装卸”连响应集结、装车、卸车 {max(row.handling for row in found):g} 分钟一起算):",
        *table(rows, right=frozenset(range(1, len(heads) + 1))),
        *page.promise.remarks.sentences,
    ]


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1%}"


def _square(value: float | None) -> str:
    return UNKNOWN if value is None else f"{number(value)} ㎡"


def evaluation_json(
    plan: Plan, outcomes: list[Outcome], facts: Mapping[str, Any], year: int
) -> dict[str, Any]:
    """Targets and projects at the end of a year, and the projects' progress up to it."""
    states = [s for outcome in outcomes for s in project_states(plan, outcome, facts)]
    progress = progress_by_year(tuple(states), year - _FIVE_YEARS + 1, year)
    return {
        "year": year,
        "targets": [asdict(row) for outcome in outcomes for row in evaluation_table(outcome, year)],
        "projects": [
            {
                "id": state.project.id,
                "name": state.project.name,
                "source": str(state.project.source),
                "places": list(state.project.places),
                "sizes": [asdict(size) for size in state.project.sizes],
                "start": state.project.start,
                "finish": state.project.finish,
                "money": state.project.money,
                "state": state.state,
                "finished": state.year,
                "spent": state.spent,
                "overdue": state.overdue(year),
                "features": [
                    {"layer": p.layer, "id": p.fid, "name": p.name} for p in state.features
                ],
                "absent": list(state.absent),
                "targets": {v.id: v.verdict for v in state.verdicts},
            }
            for state in states
        ],
        "progress": [asdict(row) for row in progress],
    }


def evaluation_text(found: dict[str, Any], year: int) -> list[str]:
    """The evaluation as lines."""
    lines = ["", f"{year} 年底评估"]
    rows = [["编号", "到期", "要求", "实测", "结论"]]
    for one in found["targets"]:
        due = "" if one["due"] is None else str(one["due"])
        rows.append([one["id"], due, one["wanted"], one["measured"], one["verdict"]])
    lines += table(rows, right=frozenset({3}))
    wrong = [one for one in found["targets"] if one["verdict"].startswith(_WRONG)]
    lines += ["", "存在的问题和改进措施:"] if wrong else []
    for one in wrong:
        lines.append(f"{one['id']} {one['verdict']}:{one['gap']}")
        lines += [f"    改进:{one['remedy']}"] if one["remedy"] else []
    rows = [["重点工程", "完工年", "状态", "目标达到"]]
    for one in found["projects"]:
        met = list(one["targets"].values()).count("pass")
        late = ",已逾期" if one["overdue"] else ""
        rows.append(
            [
                one["name"],
                "" if one["finish"] is None else str(one["finish"]),
                "未登记" if one["state"] == UNTOLD else one["state"] + late,
                f"{met}/{len(one['targets'])}",
            ]
        )
    lines += ["", *table(rows)]
    rows = [["年", "到期工程", "其中完成", "累计完成", "完成投资(万元)"]]
    for one in found["progress"]:
        money = UNKNOWN if one["money"] is None else number(one["money"])
        rows.append([str(one[k]) for k in ("year", "due", "due_done", "done")] + [money])
    return [*lines, "", *table(rows, right=frozenset({1, 2, 3, 4}))]
