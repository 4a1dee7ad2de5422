"""The tables of a set of deliverables: what findings say, as rows whose numbers are figures."""

from collections.abc import Collection, Container, Iterable
from typing import Any

from data.kinds import KINDS, STATUSES, Kind, is_missing, kind
from maps.analysis.figures import TIMES
from maps.analysis.findings import Facility, Findings
from maps.analysis.provenance import Ledger
from maps.analysis.targets.conditions import as_text
from maps.analysis.targets.units import number
from maps.drawing.tables import Field, Table

SKETCH_NOTE = "位置精度为“示意”的,位置只表示所在地区,不能用于定点。"
BOUNDARY_NOTE = "行政边界仅供规划示意,不作为划界依据。"
UNPLACED = "未落位设施"


def listings(found: Findings, ledger: Ledger) -> dict[str, Table]:
    """Return every table by name, those without rows left out, in the order of the workbook."""
    made: list[tuple[str, Table]] = [("行政区", districts(found, ledger))]
    made.append(("设施数量", stock(found, ledger)))
    for name, rows in found.facilities.items():
        made.append((f"{kind(name).title}一览", inventory(kind(name), rows, ledger)))
    made.append((UNPLACED, unplaced(found)))
    for name in found.asked.radius:
        if (name, "全部") in found.coverage:
            made.append((f"{kind(name).title}覆盖", covered(found, name, ledger)))
    made.append(("指标", targets(found, ledger)))
    made.append(("问题", problems(found, ledger)))
    made.append(("重点工程", projects(found, ledger)))
    made.append(("拟选址", proposals(found, ledger)))
    return {name: table for name, table in made if table.rows}


def districts(found: Findings, ledger: Ledger) -> Table:
    """Return people and area by district."""
    get = ledger.figures.get
    fields = (
        Field("行政区"),
        Field("代码"),
        Field("人口(人)", "whole"),
        Field("面积(km²)", "number"),
        Field("人口密度(人/km²)", "number"),
    )
    if found.people is None or not found.people.districts:
        return Table("行政区人口与面积", fields, ())
    rows: list[tuple[Any, ...]] = [
        (
            name,
            one.adcode or "",
            *(get(f"行政区.{name}.{what}") for what in ("人口", "面积", "人口密度")),
        )
        for name, one in zip(found.district_names, found.people.districts, strict=True)
    ]
    rows.append(("合计", "", get("规划区.人口"), get("规划区.面积"), get("规划区.人口密度")))
    notes = (_basis(found), "面积按行政边界在椭球面上量算,与公布面积可能不同。" + BOUNDARY_NOTE)
    return Table("行政区人口与面积", fields, tuple(rows), notes)


def _basis(found: Findings) -> str:
    basis = found.people.basis if found.people is not None else ""
    return f"人口口径:{basis}。" if basis else "规划里没有可用的人口图层,人口未知。"


def stock(found: Findings, ledger: Ledger) -> Table:
    """Return how many facilities of each kind and status there are, and how many lack a place."""
    get = ledger.figures.get
    fields = (
        Field("类别"),
        *(Field(f"{status}(处)", "whole") for status in STATUSES),
        Field("位置为示意(处)", "whole"),
        Field("另有现状未落位(处)", "whole"),
        Field("另有规划未落位(处)", "whole"),
    )
    kinds = [of for of in KINDS if of.facility and _has_any(found, of)]
    rows = tuple(
        (
            of.title,
            *(get(f"{of.title}.状态.{status}.数量") for status in STATUSES),
            get(f"{of.title}.全部.示意.数量"),
            get(f"{of.title}.现状.未落位.数量"),
            get(f"{of.title}.规划.未落位.数量"),
        )
        for of in kinds
    )
    note = "未落位:规划文本写到、尚未放到图上的设施;“未知”是文本没有写数量。"
    return Table("各类设施数量", fields, rows, (note,))


def _has_any(found: Findings, of: Kind) -> bool:
    return of.name in found.facilities or any(e.get("kind") == of.name for e in found.unplaced)


def inventory(of: Kind, rows: Iterable[Facility], ledger: Ledger) -> Table:
    """Return the 一览表 of a kind: every facility, existing first, columns that say something."""
    some = tuple(rows)
    shown = [
        c
        for c in of.columns
        if c.name not in ("名称", "状态", "来源", "备注", "位置精度")
        and any(not is_missing(one.row.get(c.name)) for one in some)
    ]
    fields = (
        Field("序号"),
        Field("名称"),
        Field("状态"),
        Field("所在地"),
        *(Field(c.heading, _form(c.unit, c.type)) for c in shown),
        Field("经度(°)"),
        Field("纬度(°)"),
        Field("位置精度"),
        Field("来源"),
        Field("备注"),
    )
    body = []
    for i, one in enumerate(some, 1):
        cells = [
            ledger.figures.get(f"{one.layer}/{one.fid}/{c.name}")
            if c.unit
            else _text(one.row.get(c.name))
            for c in shown
        ]
        degrees = ["" if d is None else f"{d:.5f}" for d in (one.lon, one.lat)]
        tail = [_text(one.row.get(name)) for name in ("位置精度", "来源", "备注")]
        head = (str(i), _text(one.row.get("名称")), one.status, one.district)
        body.append((*head, *cells, *degrees, *tail))
    sketched = any(one.row.get("位置精度") == "示意" for one in some)
    notes = ("坐标:CGCS2000 经纬度。",) + ((SKETCH_NOTE,) if sketched else ())
    return Table(f"{of.title}一览表", fields, tuple(body), notes)


def _form(unit: str, type_: str) -> str:
    return "text" if not unit else "whole" if type_ == "whole" else "number"


def _text(value: Any) -> str:
    return "" if is_missing(value) else as_text(value)


def unplaced(found: Findings) -> Table:
    """Return what the document mentions and nobody has put on the map."""
    fields = tuple(Field(name) for name in ("类别", "名称", "数量", "单位", "状态", "来源", "备注"))
    rows = tuple(
        (
            kind(str(e["kind"])).title,
            *(_text(e.get(name)) for name in ("名称",)),
            "文本未写" if is_missing(e.get("数量")) else _text(e["数量"]),
            *(_text(e.get(name)) for name in ("单位", "状态", "来源", "备注")),
        )
        for e in found.unplaced
        if e.get("kind")
    )
    return Table("未落位设施", fields, rows, ("规划文本写到、没有地点的设施,未参加覆盖计算。",))


def covered(found: Findings, of: str, ledger: Ledger) -> Table:
    """Return the coverage of a kind by district: today and once the plan is carried out."""
    title = kind(of).title
    today = (of, "现状") in found.coverage
    fields = (
        Field("行政区"),
        Field("人口(人)", "whole"),
        *((Field("现状覆盖人口(人)", "whole"), Field("现状覆盖率", "share")) if today else ()),
        Field("规划覆盖人口(人)", "whole"),
        Field("规划覆盖率", "share"),
        *(Field(f"规划{times}(人)", "whole") for times in TIMES[1:]),
        Field("规划未覆盖(人)", "whole"),
        Field("面积(km²)", "number"),
        Field("规划覆盖面积(km²)", "number"),
        Field("面积覆盖率", "share"),
    )
    result = found.coverage[of, "全部"]
    names = [*found.district_names, "合计"]
    if result.outside is not None:
        names.append("区外")
    whole = ("人口", "覆盖人口", "人口覆盖率", *TIMES[1:], "未覆盖人口")
    rows = []
    for name in names:
        cells = [ledger.figures[f"覆盖.{title}.全部.{name}.{what}"] for what in whole]
        if today:
            now = f"覆盖.{title}.现状.{name}"
            cells[1:1] = [ledger.figures[f"{now}.{what}"] for what in whole[1:3]]
        for what in ("面积", "覆盖面积", "面积覆盖率"):
            cells.append(ledger.figures[f"覆盖.{title}.全部.{name}.{what}"])
        rows.append((name, *cells))
    radius = found.asked.radius[of] / 1000
    notes = (
        f"{title}服务半径 {radius:g} km,为椭球面上的直线距离,不是行车距离。规划:规划实施后都有的。",
        _basis(found),
    )
    return Table(f"{title}分区覆盖", fields, tuple(rows), notes)


def targets(found: Findings, ledger: Ledger, only: Container[str] | None = None) -> Table:
    """Return every statement of the plan's document (those with an id in ``only``) and what
    became of it."""
    fields = (
        Field("编号"),
        Field("分组"),
        Field("原文"),
        Field("要求"),
        Field("实测", "number"),
        Field("单位"),
        Field("结论"),
        Field("原因"),
        Field("办法"),
        Field("年份"),
        Field("出处"),
    )
    if found.outcome is None:
        return Table("指标核对", fields, ())
    rows = tuple(
        (
            one.id,
            one.rule.topic,
            one.rule.quote,
            one.rule.wanted,
            ledger.figures[f"指标.{one.id}.实测"],
            one.unit,
            one.title,
            one.why,
            one.remedy,
            "" if one.rule.year is None else str(one.rule.year),
            str(one.rule.source),
        )
        for one in found.outcome.gravest_first
        if only is None or one.id in only
    )
    readings = dict.fromkeys(v.reading for v in found.outcome.verdicts if v.reading)
    notes = tuple(f"采用的读法:{said}" for said in readings)
    return Table("指标核对", fields, rows, notes)


def problems(found: Findings, ledger: Ledger) -> Table:
    """Return the statements that do not hold, and the places they name."""
    fields = (
        Field("编号"),
        Field("结论"),
        Field("问题"),
        Field("要求"),
        Field("实测", "number"),
        Field("单位"),
        Field("办法"),
    )
    some = found.outcome.gravest_first if found.outcome is not None else ()
    rows = tuple(
        (
            one.id,
            one.title,
            one.why,
            one.rule.wanted,
            ledger.figures[f"指标.{one.id}.实测"],
            one.unit,
            one.remedy,
        )
        for one in some
        if one.verdict in ("fail", "warn")
    )
    return Table("需要解决的问题", fields, rows)


def projects(
    found: Findings,
    ledger: Ledger,
    subjects: tuple[str, ...] = (),
    only: Collection[str] = (),
) -> Table:
    """Return the 重点工程 of the document and where each stands: all, or those that build a
    kind of ``subjects`` or serve a rule of ``only``."""
    fields = (
        Field("编号"),
        Field("工程名称"),
        Field("地点"),
        Field("建设内容与规模"),
        Field("开工年"),
        Field("完工年"),
        Field("投资(万元)", "number"),
        Field("进展"),
        Field("出处"),
    )
    rows = tuple(
        (
            one.project.id,
            one.project.name,
            "、".join(one.project.places),
            ";".join(f"{s.name} {number(s.value)} {s.unit}" for s in one.project.sizes),
            _year(one.project.start),
            _year(one.project.finish),
            ledger.figures[f"工程.{one.project.id}.投资"],
            one.state,
            str(one.project.source),
        )
        for one in found.projects
        if not subjects
        or {name for name, _ in one.project.features} & set(subjects)
        or set(one.project.rules) & set(only)
    )
    return Table("重点工程", fields, rows, ("投资“未知”:规划文本没有写明。",))


def _year(year: int | None) -> str:
    return "" if year is None else str(year)


def proposals(found: Findings, ledger: Ledger, subjects: tuple[str, ...] = ()) -> Table:
    """Return the proposed sites of every kind (of ``subjects``), the one that reaches most
    people first."""
    fields = (
        Field("类别"),
        Field("序号"),
        Field("建议位置"),
        Field("经度(°)"),
        Field("纬度(°)"),
        Field("服务半径(km)", "number"),
        Field("新增覆盖人口(人)", "whole"),
        Field("只有它覆盖的人口(人)", "whole"),
        Field("次优位置"),
    )
    rows = []
    shown = [one for one in found.proposals if not subjects or one.of in subjects]
    for proposal in shown:
        title = kind(proposal.of).title
        for i, site in enumerate(proposal.sites, 1):
            rows.append(
                (
                    title,
                    str(i),
                    site.name,
                    f"{site.lon:.5f}",
                    f"{site.lat:.5f}",
                    proposal.radius / 1000,
                    ledger.figures[f"选址.{title}.{i}.新增人口"],
                    ledger.figures[f"选址.{title}.{i}.独有人口"],
                    site.runner_up,
                )
            )
    notes = [
        "以居民点为候选,在保留现有和规划设施的前提下使覆盖人口最多,已证明最优;"
        "是方案比选的起点,落位须经现场踏勘和用地核实。"
    ]
    for proposal in shown:
        if proposal.why_not:
            notes.append(f"{kind(proposal.of).title}:{proposal.why_not}")
    return Table("建议新增位置", fields, tuple(rows), tuple(notes))
