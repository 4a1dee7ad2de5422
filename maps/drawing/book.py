"""The map book: cover, index, maps of the whole area, one page for each district, in one PDF.

1  cover
2  index map: which district is on which page
3  list of pages
4… maps of the whole, those this plan can give
…  one map for each district; its neighbours name their own pages
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from data.beside import reason
from data.kinds import KINDS, is_missing
from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk
from maps.analysis.demand import Demand, demand
from maps.analysis.timecover import TimeAsk
from maps.drawing import leaves, pdf, subjects
from maps.drawing.content import gather
from maps.drawing.joining import join
from maps.drawing.layout import lay_out
from maps.drawing.leaves import Row
from maps.drawing.paper import Sheet, sheet
from maps.drawing.pen import Pen
from maps.drawing.printing import BOUNDARY_REMARK, Folio, PrintAsk, block, compose
from maps.drawing.saving import file_name, saving
from maps.drawing.subjects import Subject
from maps.drawing.templates import DISTRICT, INDEX, TEMPLATES, template

FIRST_MAP = 4
"""The page of the first map of the whole: cover, index and list come before it."""


@dataclass(frozen=True)
class BookAsk:
    """What goes into the book and into its title blocks.

    ``title`` "" is made from the area's name. ``landscape`` None takes the way the whole area
    lies larger; all pages lie the same way. ``maps`` of the whole area, () for all. The rest
    is as in ``PrintAsk``.
    """

    paper: str = "A3"
    landscape: bool | None = None
    title: str = ""
    organisation: str = ""
    date: str = ""
    secrecy: str = ""
    approval: str = ""
    source: str = ""
    maps: tuple[str, ...] = ()
    coverage: CoverageAsk | None = None
    time: TimeAsk | None = None


@dataclass(frozen=True)
class Bound:
    """A written book: the titles of its pages in order, and maps the plan could not give."""

    pages: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class _Leaf:
    """A map of the book that is still to be drawn."""

    row: Row
    map_name: str
    district: str = ""
    subject: Subject = subjects.NOTHING

    @property
    def title(self) -> str:
        return self.row.title


Writer = Callable[[str, Pen], None]


def bind(
    plan: Plan, ask: BookAsk, path: Path, separate: Path | None = None, report: Report = silent
) -> Bound:
    """Write the book to ``path``; with ``separate`` every page as a file of its own as well.

    Nothing is left behind by a cancelled run. Raises Refused for a plan without districts,
    for an unknown map or paper, and when a file cannot be written.
    """
    if path.suffix.lower() != ".pdf":
        raise Refused(f"地图册要存成 .pdf,现在是“{path.name}”。")
    names = _districts(plan)
    if not names:
        raise Refused("规划里没有规划区的行政区,编不了分区的地图册。请先添加行政区。")
    title = ask.title or _place(plan) + "应急设施布局"
    made: list[tuple[str, bytes]] = []
    with saving(path) as beside:
        bound = _pages(plan, replace(ask, title=title), _writer(made), report)
        join((page for _, page in made), beside, f"{title}地图册")
        report(1.0, f"正在保存 {path.name}")
        if separate is not None:
            _hand_over(made, separate)
    return bound


def _writer(made: list[tuple[str, bytes]]) -> Writer:
    """Return what makes each page a PDF of its own: the book and the separate files are these."""

    def write(title: str, pen: Pen) -> None:
        made.append((title, pdf.page(pen, title)))
        pen.let_go()

    return write


def _hand_over(made: list[tuple[str, bytes]], folder: Path) -> None:
    """Put the separate pages in their place, each as a whole."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"建不了文件夹“{folder}”:{reason(error)}。") from error
    for number, (title, page) in enumerate(made, 1):
        with saving(folder / f"{number:02d}_{file_name(title)}.pdf") as beside:
            beside.write_bytes(page)


def _pages(plan: Plan, ask: BookAsk, write: Writer, report: Report) -> Bound:
    report(0.0, "正在计算各图要用的结果…")
    whole, left_out = _whole(plan, ask, part(report, 0.0, 0.3))
    people = _people(plan)
    districts = _by_district(plan, people, FIRST_MAP + len(whole))
    pages = {leaf.district: leaf.row.page for leaf in districts}
    page = sheet(ask.paper, _lies(plan, ask))
    index = _Leaf(Row(2, f"{_place(plan)}{INDEX.title}"), INDEX.name)
    notes = [f"未收入{name}:{why}" for name, why in left_out]
    rows = [leaf.row for leaf in (index, *whole, *districts)]
    front = leaves.cover(page, ask.title, ask.organisation, ask.date, _imprint(people))
    write("封面", front)
    drawn = ["封面"]
    for i, leaf in enumerate((index, *whole, *districts)):
        report(0.3 + 0.68 * i / (1 + len(whole) + len(districts)), f"正在画{leaf.title}…")
        write(leaf.title, _draw(plan, ask, leaf, page, pages))
        drawn.append(leaf.title)
        if leaf is index:
            write("图幅目录", leaves.contents(page, rows, notes, "— 3 —"))
            drawn.append("图幅目录")
    return Bound(tuple(drawn), tuple(left_out))


def _draw(plan: Plan, ask: BookAsk, leaf: _Leaf, page: Sheet, pages: Mapping[str, int]) -> Pen:
    wanted = PrintAsk(
        leaf.map_name,
        ask.paper,
        page.width > page.height,
        title=leaf.title,
        date=ask.date,
        organisation=ask.organisation,
        sheet_number=f"{leaf.row.page}",
        secrecy=ask.secrecy,
        approval=ask.approval,
        source=ask.source,
        coverage=ask.coverage,
        time=_time(leaf.map_name, ask.time),
        district=leaf.district,
    )
    facts = _facts(leaf.row) if leaf.district else ()
    known = pages if leaf.map_name in (INDEX.name, DISTRICT.name) else {}
    folio = Folio(f"— {leaf.row.page} —", known, facts, leaf.subject)
    return compose(plan, wanted, folio=folio).pen


def _time(name: str, ask: TimeAsk | None) -> TimeAsk | None:
    """Return the ask about minutes where it is of the right kind: ways out have their own."""
    return ask if template(name).subject == "areas" else None


def _whole(plan: Plan, ask: BookAsk, report: Report) -> tuple[list[_Leaf], list[tuple[str, str]]]:
    """Return the maps of the whole area, and those the plan cannot give with the reason."""
    found: list[_Leaf] = []
    left_out: list[tuple[str, str]] = []
    place = _place(plan)
    names = [template(name).name for name in ask.maps] or list(TEMPLATES)
    known: list[tuple[CoverageAsk, Subject]] = []
    for i, name in enumerate(names):
        shown = template(name)
        step = part(report, i / len(names), (i + 1) / len(names))
        try:
            wanted = subjects.asked(plan, shown, ask.coverage, _time(name, ask.time))
            # Coverage and blind spots show one and the same answer.
            again = next((s for a, s in known if a == wanted), None)
            subject = again or subjects.work_out(plan, shown, wanted, step)
        except Refused as refusal:
            left_out.append((name, str(refusal).removeprefix(f"画不了{name}:")))
            continue
        if isinstance(wanted, CoverageAsk):
            known.append((wanted, subject))
        title = place + subjects.title(shown, wanted)
        row = Row(FIRST_MAP + len(found), title)
        found.append(_Leaf(row, name, "", subject))
    return found, left_out


def _by_district(plan: Plan, people: Demand | None, first: int) -> list[_Leaf]:
    counts = _facilities(plan)
    out = []
    for i, (name, shape) in enumerate(_districts(plan).items()):
        km2 = None
        persons: float | None = None
        if people is not None:
            k = next(k for k, d in enumerate(people.districts) if d.shape.equals(shape))
            km2 = people.districts[k].area_km2
            if people.layer is not None and people.districts[k].known:
                persons = float(people.everybody[k])
        number = sum(bool(shapely.intersects(shape, p)) for p in counts)
        row = Row(
            first + i,
            f"{name}{DISTRICT.title}",
            "" if km2 is None else f"{km2:,.0f} km²",
            "未知" if persons is None else f"{persons / 1e4:,.1f} 万人",
            f"{number} 处",
        )
        out.append(_Leaf(row, DISTRICT.name, name))
    return out


def _facts(row: Row) -> tuple[str, ...]:
    area = [f"面积 {row.area}(按边界量算)"] if row.area else []
    return (*area, f"人口 {row.people}", f"应急设施 {row.facilities}")


def _facilities(plan: Plan) -> npt.NDArray[np.object_]:
    """Return the places of all facilities that are not to be closed."""
    shapes: list[shapely.Geometry] = []
    for of in KINDS:
        for layer in plan.of_kind(of.name) if of.facility else ():
            kept = layer.column("状态").ne("撤销").to_numpy()
            shapes += [s for s in layer.frame.geometry[kept] if s is not None and not s.is_empty]
    return np.array(shapes, dtype=object)


def _people(plan: Plan) -> Demand | None:
    try:
        return demand(plan)
    except Refused:
        # Several layers of people and nobody said which: the book then says 未知.
        return None


def _districts(plan: Plan) -> dict[str, shapely.Geometry]:
    """Return the planning districts by name, in the order of the plan."""
    out: dict[str, shapely.Geometry] = {}
    for layer in plan.of_kind("district"):
        names, roles = layer.column("名称"), layer.column("角色")
        for fid, shape in layer.frame.geometry.items():
            if roles[fid] != "周边" and not is_missing(names[fid]):
                out[str(names[fid])] = shape
    return out


def _place(plan: Plan) -> str:
    return gather(plan, INDEX).place_name


def _lies(plan: Plan, ask: BookAsk) -> bool:
    if ask.landscape is not None:
        return ask.landscape
    content = gather(plan, template("布局图"))
    rows = len(block(PrintAsk("布局图"), None, plan.crs).rows)
    page = lay_out(content, ask.paper, None, None, rows).page
    return page.width > page.height


def _imprint(people: Demand | None) -> list[str]:
    basis = people.basis if people is not None else ""
    return [*([f"人口:{basis}。"] if basis else []), f"{BOUNDARY_REMARK}。"]
