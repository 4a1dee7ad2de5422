"""Maps on paper: a plan and what is asked of the map become a PDF, PNG, TIFF or SVG.

    plan, ask ──▶ content ──▶ legend, title block, locator: their sizes
                                      │
                 sheet ──▶ scale and place at which the area fits beside them
                                      │
                  ground ▸ graticule ▸ symbols and names ▸ furniture ──▶ file

The same page is drawn for every format; no clock, settings or environment enter into it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG

from data import boundaries
from data.plan import Plan, crs_title
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk
from maps.analysis.timecover import TimeAsk
from maps.drawing import detail, fonts, furniture, pdf, raster, results, roadnumbers, subjects
from maps.drawing.content import UNGRADED, Content, gather
from maps.drawing.detail import Detail
from maps.drawing.furniture import TitleBlock
from maps.drawing.ground import Ground
from maps.drawing.layout import Layout, lay_out
from maps.drawing.marking import NO_PAGES, Marking
from maps.drawing.paper import Box, Fit, Sheet
from maps.drawing.pen import Pen
from maps.drawing.saving import CREATOR, saving
from maps.drawing.subjects import Subject
from maps.drawing.templates import template

FORMATS = (".pdf", ".png", ".tif", ".tiff", ".svg")
MOST_DPI = 600
LEAST_SCALE, MOST_SCALE = 200.0, 50_000_000.0
SKETCH_REMARK = "虚线圈内的位置为示意"
BOUNDARY_REMARK = "边界仅供规划示意,不作为划界依据"


@dataclass(frozen=True)
class PrintAsk:
    """What map, on what paper, with what in the title block.

    ``landscape`` None takes whichever shows the area larger. ``scale`` fixes the scale
    denominator, None takes the largest round one that fits. ``title`` "" is made from the
    area's name. ``date`` is text: there is no clock in here. Empty values of the title
    block stay blank, to be filled in by hand. ``coverage``, ``time``: what a map of coverage,
    responsibility areas or routes shows, None for what is usual. ``detail``: crowded places
    are enlarged where there is room. ``district``: the one district the map is about.
    """

    map_name: str = "布局图"
    paper: str = "A3"
    landscape: bool | None = True
    dpi: int = 300
    title: str = ""
    date: str = ""
    organisation: str = ""
    sheet_number: str = ""
    secrecy: str = ""
    approval: str = ""
    source: str = ""
    scale: float | None = None
    coverage: CoverageAsk | None = None
    time: TimeAsk | None = None
    detail: bool = True
    district: str = ""


@dataclass(frozen=True, eq=False)
class Folio:
    """A page's place in a map book: its number, and the pages of other districts by name.

    ``facts``: sentences for the legend. ``subject``: what was worked out already.
    """

    number: str = ""
    pages: Mapping[str, int] = field(default_factory=lambda: NO_PAGES)
    facts: tuple[str, ...] = ()
    subject: Subject | None = None


LOOSE = Folio()


@dataclass(frozen=True, eq=False)
class Printed:
    """A composed page: what :func:`print_map` writes and the window's preview shows."""

    pen: Pen
    page: Sheet
    fit: Fit
    title: str
    marking: Marking
    kept: tuple[Box, ...]
    enlarged: Marking | None = None
    detail: Detail | None = None

    @property
    def names_left_out(self) -> tuple[str, ...]:
        """Names of the plan's own features for which there was no room."""
        closer = self.enlarged.dropped if self.enlarged is not None else []
        missing = dict.fromkeys((*self.marking.dropped, *closer))
        shown = self.enlarged.written if self.enlarged is not None else set()
        return tuple(name for name in missing if name not in shown | self.marking.written)


def print_map(plan: Plan, ask: PrintAsk, path: Path, report: Report = silent) -> Printed:
    """Compose the map and write it to ``path``, whose ending names the format.

    Written beside and then put in place. Raises Refused for an unknown format, paper, map
    or resolution, for a plan with nothing in it, and when the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise Refused(f"“{path.name}”的格式不认识。请用 {'、'.join(FORMATS)} 之一作扩展名。")
    if not 50 <= ask.dpi <= MOST_DPI:
        raise Refused(f"分辨率要在 50–{MOST_DPI} dpi 之间,现在是 {ask.dpi}。")
    if ask.scale is not None and not LEAST_SCALE <= ask.scale <= MOST_SCALE:
        raise Refused(
            f"比例尺分母要在 {LEAST_SCALE:,.0f}–{MOST_SCALE:,.0f} 之间,现在是 {ask.scale:g}。"
        )
    made = compose(plan, ask, part(report, 0.0, 0.5))
    report(0.5, "正在写出文件…")
    write(made, path, ask.dpi, part(report, 0.5, 1.0))
    return made


def write(made: Printed, path: Path, dpi: int = 300, report: Report = silent) -> None:
    """Write a composed page; a target that is open elsewhere is refused with another name."""
    words = {"Title": made.title, "Software": CREATOR}
    ending = path.suffix.lower()
    with saving(path) as beside:
        if ending == ".png":
            raster.write_png(beside, made.pen, dpi, words, report)
        elif ending in (".tif", ".tiff"):
            raster.write_tiff(beside, made.pen, dpi, words, report)
        else:
            _write_vector(made, beside, ending)
        # The last chance to cancel: after this the file is in its place.
        report(1.0, f"正在保存 {path.name}")


_FAMILIES = f"'{fonts.FAMILY}', 'Source Han Sans SC', 'Microsoft YaHei', SimHei, sans-serif"
"""For a viewer without our typeface: all of these set a Chinese character one em wide."""


def _write_vector(made: Printed, path: Path, ending: str) -> None:
    if ending == ".svg":
        about = {"Title": made.title, "Creator": CREATOR, "Date": None}
        out = StringIO()
        # Text stays text, to be searched and edited. Without a salt the names inside the file
        # are random, and no two exports alike.
        with matplotlib.rc_context({"svg.hashsalt": CREATOR, "svg.fonttype": "none"}):
            FigureCanvasSVG(made.pen.figure).print_svg(out, metadata=about)
        drawn = out.getvalue().replace(f"'{fonts.FAMILY}'", _FAMILIES)
        path.write_text(drawn, encoding="utf-8")
        return
    path.write_bytes(pdf.page(made.pen, made.title))


def compose(plan: Plan, ask: PrintAsk, report: Report = silent, *, folio: Folio = LOOSE) -> Printed:
    """Return the page, drawn but not yet written. ``folio``: its place in a map book."""
    shown = template(ask.map_name)
    wanted = subjects.asked(plan, shown, ask.coverage, ask.time)
    subject = folio.subject
    if subject is None:
        subject = subjects.work_out(plan, shown, wanted, part(report, 0.0, 0.4))
    shown = replace(
        shown,
        title=subjects.title(shown, wanted),
        kinds=subjects.kinds_of(shown, wanted),
        statuses=subjects.statuses_of(shown, wanted),
    )
    captions = None
    if shown.subject == "index":
        captions = {name: f"第 {page} 页" for name, page in folio.pages.items()}
    content = gather(plan, shown, subject, ask.district, folio.facts, captions)
    report(0.4, "正在排版…")
    rows = len(block(ask, None, plan.crs).rows)
    layout = lay_out(content, ask.paper, ask.landscape, ask.scale, rows)
    return _draw(content, ask, layout, folio, part(report, 0.5, 1.0))


def _draw(content: Content, ask: PrintAsk, layout: Layout, folio: Folio, report: Report) -> Printed:
    page, placed = layout.page, layout.fit
    pen = Pen(page.width, page.height)
    pen.inside(page.neat)
    report(0.0, "正在画底图…")
    ground = Ground(pen, page, placed, content)
    ground.draw()
    results.draw(ground)
    ground.draw_over()
    results.draw_over(ground)
    report(0.3, "正在放置符号与注记…")
    kept = list(layout.boxes.values())
    busy = [*kept]
    marking = Marking(pen, page, placed, content, pages=folio.pages)
    marking.arrange(ground.districts, ground.around, kept)
    closer = detail.find(content, page, placed, marking, kept) if ask.detail else None
    if closer is not None:
        kept.append(closer.box)
        marking = Marking(pen, page, placed, content, closer.extent, folio.pages)
        busy += [closer.box, detail.note_box(page, closer, [*kept, *marking.places])]
        marking.arrange(ground.districts, ground.around, busy)
    pen.inside(None)
    if not content.template.public:
        furniture.graticule(pen, page, placed, content.plan.crs, kept)
    pen.inside(page.neat)
    if closer is not None:
        detail.mark_extent(pen, page, closer, busy[-1])
    marking.draw()
    roadnumbers.draw(pen, page, ground, content, marking, busy)
    pen.inside(None)
    enlarged = None
    if closer is not None:
        report(0.6, "正在画放大图…")
        enlarged = detail.draw(pen, page, closer, content)
    report(0.9, "正在画图框与图例…")
    name = _furnish(pen, content, ask, layout, folio)
    report(1.0, "图已画好")
    return Printed(pen, page, placed, name, marking, tuple(kept), enlarged, closer)


def _furnish(pen: Pen, content: Content, ask: PrintAsk, layout: Layout, folio: Folio) -> str:
    """Draw what surrounds the map; return the title."""
    page, placed, boxes = layout.page, layout.fit, layout.boxes
    crs = content.plan.crs
    strip = layout.legend.draw(pen, boxes["legend"].left, boxes["legend"].bottom)
    furniture.scale_bar(pen, page, placed, strip)
    if layout.locator is not None:
        layout.locator.draw(pen, page, boxes["locator"])
    furniture.north(pen, page, boxes["north"], placed, crs)
    block(ask, placed, crs).draw(pen, page, boxes["block"])
    furniture.frame(pen, page)
    name = ask.title or content.place_name + content.template.title
    furniture.title(pen, page, name, subtitle(content))
    furniture.notes(pen, page, _sources(content, ask), _remark(content))
    if folio.number:
        furniture.page_number(pen, page, folio.number)
    return name


def subtitle(content: Content) -> str:
    """Return what stands below the title: what was asked, or how to read the colours."""
    if content.template.subject != "risk":
        return subjects.subtitle(content.subject)
    unknown = sum(mark.level == UNGRADED for mark in content.marks)
    some = f";{unknown} 处未填风险等级,为灰色" if unknown else ""
    return f"红橙黄蓝为重大、较大、一般、低风险{some}"


def block(ask: PrintAsk, placed: Fit | None, crs: str) -> TitleBlock:
    """Return the 图签 of a map; one for everybody says only who made it and when."""
    scale = "" if placed is None else furniture.numeric_scale(placed.denominator)
    if template(ask.map_name).public:
        made = (("编制单位", ask.organisation),)
        return TitleBlock((made, (("日期", ask.date),), (("审图号", ask.approval),)))
    return TitleBlock(
        (
            (("编制单位", ask.organisation),),
            (("坐标系", crs_title(crs)),),
            (("比例尺", scale), ("日期", ask.date)),
            (("图号", ask.sheet_number), ("密级", ask.secrecy)),
            (("审图号", ask.approval),),
        )
    )


def _sources(content: Content, ask: PrintAsk) -> list[str]:
    parts = []
    if content.districts or content.around:
        parts.append(f"行政界线:{boundaries.SOURCE}")
    parts += [f"人口:{basis}" for basis in content.people_bases]
    if ask.source:
        parts.insert(0, ask.source)
    lines = [f"资料来源:{';'.join(parts)}。"] if parts else ["资料来源:本规划文件。"]
    return lines


def _remark(content: Content) -> str:
    words = [BOUNDARY_REMARK]
    if any(m.sketched for m in content.marks):
        words.append(SKETCH_REMARK)
    if any("示意" in basis for basis in content.people_bases):
        words.append("人口格网为示意数据")
    return ";".join(words) + "。"


def with_defaults(plan: Plan, ask: PrintAsk) -> PrintAsk:
    """Return the ask with what its map needs, when it was not given. Raises Refused as compose."""
    wanted = subjects.asked(plan, template(ask.map_name), ask.coverage, ask.time)
    if isinstance(wanted, CoverageAsk):
        return replace(ask, coverage=wanted)
    return replace(ask, time=wanted)


def papers() -> Iterable[str]:
    """Return the names of the paper sizes, small to large."""
    return ("A4", "A3", "A2", "A1", "A0")
