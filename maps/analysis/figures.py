"""Findings as figures: each number with a key, a unit, and the step that made it.

Keys are read from left to right: “储备库.现状.数量”, “覆盖.储备库.全部.敖汉旗.覆盖人口”,
“指标.CF-080.实测”, “工程.CF-P01.投资”, “选址.储备库.1.新增人口”, and for what the plan file
itself says about a feature “储备库/12/建筑面积”.
"""

import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from data.kinds import KINDS, STATUSES, Kind, is_missing, kind
from maps.analysis.coverage import Coverage, Reached
from maps.analysis.findings import Facility, Findings, Proposal, rule_files
from maps.analysis.provenance import (
    Figure,
    Form,
    Input,
    Ledger,
    Step,
    input_of,
    libraries,
    version,
)
from maps.analysis.targets.conditions import as_number
from maps.analysis.targets.model import VERDICTS

GROUPS = {"现状": ("现状", "撤销"), "规划": ("在建", "规划"), "全部": ("现状", "在建", "规划")}
"""The groups in which facilities are counted beside their single statuses."""

REACHED: tuple[tuple[str, str, Form, str], ...] = (
    ("人口", "people_total", "whole", "人"),
    ("覆盖人口", "people_covered", "whole", "人"),
    ("人口覆盖率", "share", "share", ""),
    ("未覆盖人口", "people_uncovered", "whole", "人"),
    ("面积", "area_km2_total", "number", "km²"),
    ("覆盖面积", "area_km2_covered", "number", "km²"),
    ("面积覆盖率", "area_share", "share", ""),
)
"""Numbers of a coverage: name, attribute of ``Reached``, form, unit."""

BANDS = 5

TIMES = ("0处可达", "1处可达", "2处可达", "3处及以上可达")


def ledger(found: Findings, plan_file: Path, date: str, name: str = "") -> Ledger:
    """Return all figures of the findings with their sources.

    ``plan_file`` is what was read, ``name`` what it is called in the ledger ("" as it is
    called). Raises Refused when a file cannot be read for its check sum.
    """
    read = input_of(plan_file, name)
    rules = tuple(input_of(Path(path)) for path in rule_files(found))
    steps = dict(_steps(found, read.name, rules))
    figures: dict[str, Figure] = {}
    for figure in _figures(found):
        figures.setdefault(figure.key, figure)
    return Ledger(
        found.book.title,
        read,
        figures,
        steps,
        (read, *rules),
        found.asked.values(),
        date,
        version(),
        libraries(),
    )


def _steps(found: Findings, plan: str, rules: tuple[Input, ...]) -> Iterator[tuple[str, Step]]:
    more, file = _more(found), plan
    plan = shlex.quote(plan)
    yield "清点", Step("清点规划文件里的要素", {}, f"info {plan}{more}", (file,))
    register = {"登记": "未落位"}
    yield "登记", Step("规划文本提到、尚未落位的设施", register, f"info {plan}{more}", (file,))
    people = f" --people {shlex.quote(found.asked.people)}" if found.asked.people else ""
    for (of, status), result in found.coverage.items():
        radius = found.asked.radius[of]
        yield (
            f"覆盖.{of}.{status}",
            Step(
                f"{kind(of).title}覆盖(椭球面直线距离)",
                {"对象": kind(of).title, "服务半径(m)": radius, "状态": status}
                | ({"人口图层": result.demand.layer.name} if result.demand.layer else {}),
                f"coverage {plan} --of {of} --radius {radius:g} --status {status}{people}",
                (file,),
            ),
        )
    if found.outcome is not None:
        title = found.outcome.rules.title
        names = (file, *(one.name for one in rules))
        command = f"check {plan}{more}{people}"
        yield "指标", Step("规划文本逐条检查", {"规则集": title}, command, names)
        yield "文本", Step("规划文本写明的数", {"规则集": title}, f"rules --plan {plan}", names)
    for one in found.proposals:
        yield f"选址.{one.of}", _siting_step(one, plan, file, people)
        if one.curve:
            yield f"曲线.{one.of}", _curve_step(one, plan, file, people)


def _siting_step(one: Proposal, plan: str, file: str, people: str) -> Step:
    return Step(
        f"{kind(one.of).title}新增选址(覆盖的人最多,已证明最优)",
        {"候选": "居民点", "服务半径(m)": one.radius, "新增处数": len(one.sites)},
        f"site {plan} --of {one.of} --model mclp -p {max(len(one.sites), 1)} "
        f"--radius {one.radius:g} --existing fixed{people}",
        (file,),
    )


def _curve_step(one: Proposal, plan: str, file: str, people: str) -> Step:
    upto = one.curve[-1][0]
    return Step(
        f"{kind(one.of).title}新增数量与覆盖人口(每点已证明最优)",
        {"候选": "居民点", "服务半径(m)": one.radius, "最多新增": upto},
        f"curve {plan} --of {one.of} --upto {upto} --radius {one.radius:g} "
        f"--existing fixed{people}",
        (file,),
    )


def _more(found: Findings) -> str:
    return f" --scenario {shlex.quote(found.asked.scenario)}" if found.asked.scenario else ""


def _figures(found: Findings) -> Iterator[Figure]:
    yield from _districts(found)
    for sort in KINDS:
        if sort.facility:
            yield from _stock(found, sort)
    for (of, status), result in found.coverage.items():
        yield from _coverage(found, of, status, result)
        yield from _bands(found, of, status, result)
    yield from _verdicts(found)
    yield from _projects(found)
    for proposal in found.proposals:
        yield from _proposal(found, proposal)
    for of_name, rows in found.facilities.items():
        for row in rows:
            yield from _attributes(kind(of_name), row)


def _districts(found: Findings) -> Iterator[Figure]:
    people = found.people
    if people is None:
        return
    basis = people.basis
    everybody = people.everybody.tolist()
    names = found.district_names
    yield Figure("规划区.区数", len(names), "whole", "个", "清点")
    known = people.known and bool(names)
    total = sum(everybody[:-1]) if known else None
    yield Figure("规划区.人口", total, "whole", "人", "清点", basis)
    area = sum(d.area_km2 for d in people.districts) if names else None
    yield Figure("规划区.面积", area, "number", "km²", "清点", "按行政边界在椭球面上量算")
    dense = None if total is None or not area else total / area
    yield Figure("规划区.人口密度", dense, "number", "人/km²", "清点", basis)
    for name, one, persons in zip(names, people.districts, everybody, strict=False):
        count = persons if one.known else None
        yield Figure(f"行政区.{name}.人口", count, "whole", "人", "清点", basis)
        yield Figure(f"行政区.{name}.面积", one.area_km2, "number", "km²", "清点")
        dense = None if count is None or not one.area_km2 else count / one.area_km2
        yield Figure(f"行政区.{name}.人口密度", dense, "number", "人/km²", "清点", basis)


def _stock(found: Findings, of: Kind) -> Iterator[Figure]:
    rows = found.facilities.get(of.name, ())
    for status in STATUSES:
        count = sum(row.status == status for row in rows)
        yield Figure(f"{of.title}.状态.{status}.数量", count, "whole", "处", "清点")
    for group, statuses in GROUPS.items():
        some = [row for row in rows if row.status in statuses]
        yield Figure(f"{of.title}.{group}.数量", len(some), "whole", "处", "清点")
        shown = sum(row.row.get("位置精度") == "示意" for row in some)
        yield Figure(f"{of.title}.{group}.示意.数量", shown, "whole", "处", "清点")
        for column in of.columns:
            if column.type in ("number", "whole") and column.unit:
                values = [as_number(row.row.get(column.name)) for row in some]
                known = [v for v in values if v is not None]
                whole = sum(known) if known and len(known) == len(values) else None
                key = f"{of.title}.{group}.{column.name}"
                form: Form = "whole" if column.type == "whole" else "number"
                yield Figure(key, whole, form, column.unit, "清点", "各处合计")
        yield from _unplaced(found, of, group, statuses)


def _unplaced(found: Findings, of: Kind, group: str, statuses: tuple[str, ...]) -> Iterator[Figure]:
    entries = [
        entry
        for entry in found.unplaced
        if entry.get("kind") == of.name and str(entry.get("状态") or "现状") in statuses
    ]
    counts = [as_number(entry.get("数量")) for entry in entries]
    known = [c for c in counts if c is not None]
    total = sum(known) if len(known) == len(counts) else None
    yield Figure(f"{of.title}.{group}.未落位.数量", total, "whole", "处", "登记")


def _coverage(found: Findings, of: str, status: str, result: Coverage) -> Iterator[Figure]:
    step = f"覆盖.{of}.{status}"
    head = f"覆盖.{kind(of).title}.{status}"
    yield Figure(f"{head}.服务半径", found.asked.radius[of] / 1000, "number", "km", step)
    yield Figure(f"{head}.设施.数量", len(result.sites), "whole", "处", step)
    rows: list[tuple[str, Reached]] = [
        *zip(found.district_names, result.by_district, strict=True),
        ("合计", result.whole),
    ]
    if result.outside is not None:
        rows.append(("区外", result.outside))
    for name, row in rows:
        for title, attribute, form, unit in REACHED:
            value = getattr(row, attribute)
            yield Figure(f"{head}.{name}.{title}", value, form, unit, step, result.basis)
        for title, count in zip(TIMES, row.multiplicity, strict=True):
            yield Figure(f"{head}.{name}.{title}", count, "whole", "人", step, result.basis)


def _bands(found: Findings, of: str, status: str, result: Coverage) -> Iterator[Figure]:
    """People by the distance to the nearest facility that reaches them, in fifths of the radius."""
    people = result.demand
    if people.layer is None:
        return
    near = result.nearest()
    persons = people.persons * (people.district < max(1, len(people.districts)))
    step = found.asked.radius[of] / BANDS
    edges = [-1.0, *(step * i for i in range(1, BANDS + 1))]
    for low, high in pairwise(edges):
        inside = float(persons[(near > low) & (near <= high)].sum())
        key = f"分带.{kind(of).title}.{status}.{max(low, 0) / 1000:g}–{high / 1000:g}km"
        yield Figure(key, inside, "whole", "人", f"覆盖.{of}.{status}", result.basis)


def _verdicts(found: Findings) -> Iterator[Figure]:
    if found.outcome is None:
        return
    for name, count in found.outcome.counts.items():
        yield Figure(f"指标.{VERDICTS[name]}.数量", count, "whole", "条", "指标")
    yield Figure("指标.全部.数量", len(found.outcome.verdicts), "whole", "条", "指标")
    for one in found.outcome.verdicts:
        value = one.value if one.value is None or abs(one.value) != float("inf") else None
        yield Figure(f"指标.{one.id}.实测", value, "number", one.unit, "指标", one.basis)


def _projects(found: Findings) -> Iterator[Figure]:
    money = []
    for one in found.projects:
        what = one.project
        money.append(what.money)
        yield Figure(f"工程.{what.id}.投资", what.money, "number", "万元", "文本")
        for size in what.sizes:
            key = f"工程.{what.id}.规模.{size.name}"
            yield Figure(key, size.value, "number", size.unit, "文本")
    if found.projects:
        known = [m for m in money if m is not None]
        total = sum(known) if len(known) == len(money) else None
        yield Figure("工程.数量", len(money), "whole", "项", "文本")
        yield Figure("工程.合计.投资", total, "number", "万元", "文本")
        done = sum(one.state == "完成" for one in found.projects)
        yield Figure("工程.完成.数量", done, "whole", "项", "文本")


def _proposal(found: Findings, one: Proposal) -> Iterator[Figure]:
    head, step = f"选址.{kind(one.of).title}", f"选址.{one.of}"
    basis = found.people.basis if found.people is not None else ""
    yield Figure(f"{head}.数量", len(one.sites), "whole", "处", step)
    if not one.sites or not one.total:
        return
    before, after = one.before, one.after
    for name, value in (("原有", before), ("新增后", after)):
        yield Figure(f"{head}.{name}.覆盖人口", value, "whole", "人", step, basis)
        share = None if value is None else value / one.total
        yield Figure(f"{head}.{name}.覆盖率", share, "share", "", step, basis)
    for i, site in enumerate(one.sites, 1):
        yield Figure(f"{head}.{i}.新增人口", site.gained, "whole", "人", step, basis)
        yield Figure(f"{head}.{i}.独有人口", site.alone, "whole", "人", step, basis)
    title = kind(one.of).title
    for count, persons in one.curve:
        key = f"曲线.{title}.新增{count}处.覆盖率"
        yield Figure(key, persons / one.total, "share", "", f"曲线.{one.of}", basis)


def _attributes(of: Kind, one: Facility) -> Iterator[Figure]:
    for column in of.columns:
        if not column.unit or is_missing(one.row.get(column.name)):
            continue
        value = as_number(one.row[column.name])
        form: Form = "whole" if column.type == "whole" else "number"
        key = f"{one.layer}/{one.fid}/{column.name}"
        yield Figure(key, value, form, column.unit, "清点", str(one.row.get("来源") or ""))
