"""Maps on paper: a plan and what is asked of the map become a PDF, PNG, TIFF or SVG.

    plan, ask ──▶ content ──▶ legend, title block, locator: their sizes
                                      │
                 sheet ──▶ scale and place at which the area fits beside them
                                      │
                  ground ▸ graticule ▸ symbols and names ▸ furniture ──▶ file

The same page is drawn for every format; no clock, settings or environment enter into it.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG

from data import boundaries
from data.beside import replacing
from data.plan import Plan, crs_title
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk, coverage, depths
from maps.drawing import furniture, raster
from maps.drawing.content import Content, Reach, gather, template
from maps.drawing.furniture import Locator, TitleBlock
from maps.drawing.ground import Ground
from maps.drawing.legend import Legend, groups
from maps.drawing.marking import Marking
from maps.drawing.paper import Box, Fit, Sheet, fit, sheet
from maps.drawing.pen import Pen

FORMATS = (".pdf", ".png", ".tif", ".tiff", ".svg")
MOST_DPI = 600
LEAST_SCALE, MOST_SCALE = 200.0, 50_000_000.0
CREATOR = "应急布局"
SKETCH_REMARK = "虚线圈内的位置为示意"
BOUNDARY_REMARK = "边界仅供规划示意,不作为划界依据"


LEGEND_SHARES = (0.62, 0.36)
"""How much of the neat line's height a legend may take, before it gets another column."""
LEGEND_CORNERS = ("lower left", "upper left", "upper right")


@dataclass(frozen=True)
class PrintAsk:
    """What map, on what paper, with what in the title block.

    ``landscape`` None takes whichever shows the area larger. ``scale`` fixes the scale
    denominator, None takes the largest round one that fits. ``title`` "" is made from the
    area's name. ``date`` is text: there is no clock in here. Empty values of the title
    block stay blank, to be filled in by hand.
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


@dataclass(frozen=True, eq=False)
class Printed:
    """A composed page: what :func:`print_map` writes and the window's preview shows."""

    pen: Pen
    page: Sheet
    fit: Fit
    title: str
    marking: Marking
    kept: tuple[Box, ...]

    @property
    def names_left_out(self) -> tuple[str, ...]:
        """Names of the plan's own features for which there was no room."""
        return tuple(self.marking.dropped)


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
    try:
        with replacing(path) as beside:
            if ending == ".png":
                raster.write_png(beside, made.pen, dpi, words, report)
            elif ending in (".tif", ".tiff"):
                raster.write_tiff(beside, made.pen, dpi, words, report)
            else:
                _write_vector(made, beside, ending)
            # The last chance to cancel: after this the file is in its place.
            report(1.0, f"正在保存 {path.name}")
    except Refused as refusal:
        if path.exists() and path.is_file():
            raise Refused(f"{refusal}也可以另存为“{_other_name(path).name}”。") from refusal
        raise


def _write_vector(made: Printed, path: Path, ending: str) -> None:
    if ending == ".svg":
        about = {"Title": made.title, "Creator": CREATOR, "Date": None}
        # Without a salt the names inside the file are random, and no two exports alike.
        with matplotlib.rc_context({"svg.hashsalt": CREATOR}):
            FigureCanvasSVG(made.pen.figure).print_svg(path, metadata=about)
        return
    info = {"Title": made.title, "Creator": CREATOR, "Producer": CREATOR, "CreationDate": None}
    FigureCanvasPdf(made.pen.figure).print_pdf(path, metadata=info)


def _other_name(path: Path) -> Path:
    n = 2
    while (other := path.with_stem(f"{path.stem}({n})")).exists():
        n += 1
    return other


def compose(plan: Plan, ask: PrintAsk, report: Report = silent) -> Printed:
    """Return the page, drawn but not yet written."""
    shown = template(ask.map_name)
    if shown.coverage and ask.coverage is not None:
        shown = shown.for_coverage(ask.coverage)
    reach = _reach(plan, ask.coverage, part(report, 0.0, 0.4))
    content = gather(plan, shown, reach)
    report(0.4, "正在排版…")
    landscape = _best_way(content, ask) if ask.landscape is None else ask.landscape
    layout = _layout(content, ask, landscape)
    return _draw(content, ask, layout, part(report, 0.5, 1.0))


def _reach(plan: Plan, ask: CoverageAsk | None, report: Report) -> Reach | None:
    if ask is None:
        return None
    result = coverage(plan, ask, part(report, 0.0, 0.6))
    return Reach(result, tuple(depths(result, report=part(report, 0.6, 1.0))))


@dataclass(frozen=True, eq=False)
class _Layout:
    page: Sheet
    fit: Fit
    legend: Legend
    locator: Locator | None
    boxes: dict[str, Box]


def _layout(content: Content, ask: PrintAsk, landscape: bool) -> _Layout:
    """Try a tall and a wide legend in each corner; take what lets the map be largest."""
    page = sheet(ask.paper, landscape)
    listed = groups(content, page)
    strip = 12.0 * page.factor
    inset = furniture.locator(content)
    best: _Layout | None = None
    for share, corner in itertools.product(LEGEND_SHARES, LEGEND_CORNERS):
        legend = Legend(listed, page, strip, share * page.neat.height)
        boxes = _corners(page, legend, inset, corner)
        found = fit(content.area, content.plan.crs, page, list(boxes.values()), ask.scale)
        if best is None or _badness(found) < _badness(best.fit):
            best = _Layout(page, found, legend, inset, boxes)
    assert best is not None
    return best


def _badness(found: Fit) -> tuple[float, float, float]:
    return (found.hidden, found.denominator, found.aside)


def _corners(page: Sheet, legend: Legend, inset: Locator | None, corner: str) -> dict[str, Box]:
    """Return the boxes inside the neat line: legend, title block, north arrow, locator."""
    neat, f = page.neat, page.factor
    off = 3.0 * f
    wide, tall = _block_rows_size(page)
    boxes = {
        "block": Box(
            neat.right - off - wide, neat.bottom + off, neat.right - off, neat.bottom + off + tall
        )
    }
    north_top = neat.top - off
    boxes["north"] = Box(neat.right - off - 9 * f, north_top - 15 * f, neat.right - off, north_top)
    low = corner.startswith("lower")
    if corner == "upper right":
        right = neat.right - off
        top = boxes["north"].bottom - off
        boxes["legend"] = Box(right - legend.width, top - legend.height, right, top)
    else:
        left = neat.left + off
        bottom = neat.bottom + off if low else neat.top - off - legend.height
        boxes["legend"] = Box(left, bottom, left + legend.width, bottom + legend.height)
    if inset is not None:
        iw, ih = inset.size(page)
        left = neat.left + off
        bottom = neat.bottom + off if corner == "upper left" else neat.top - off - ih
        boxes["locator"] = Box(left, bottom, left + iw, bottom + ih)
    return boxes


def _block_rows_size(page: Sheet) -> tuple[float, float]:
    return TitleBlock(((("", ""),),) * 5).size(page)


def _best_way(content: Content, ask: PrintAsk) -> bool:
    lying, upright = (_layout(content, ask, way).fit for way in (True, False))
    return _badness(lying)[:2] <= _badness(upright)[:2]


def _draw(content: Content, ask: PrintAsk, layout: _Layout, report: Report) -> Printed:
    page, placed, boxes = layout.page, layout.fit, layout.boxes
    crs = content.plan.crs
    pen = Pen(page.width, page.height)
    pen.inside(page.neat)
    report(0.0, "正在画底图…")
    ground = Ground(pen, page, placed, content)
    ground.draw()
    kept = list(boxes.values())
    pen.inside(None)
    furniture.graticule(pen, page, placed, crs, kept)
    pen.inside(page.neat)
    report(0.5, "正在放置符号与注记…")
    marking = Marking(pen, page, placed, content)
    marking.draw(ground.districts, ground.around, kept)
    pen.inside(None)
    report(0.9, "正在画图框与图例…")
    strip = layout.legend.draw(pen, boxes["legend"].left, boxes["legend"].bottom)
    furniture.scale_bar(pen, page, placed, strip)
    if layout.locator is not None:
        layout.locator.draw(pen, page, boxes["locator"])
    furniture.north(pen, page, boxes["north"], placed, crs)
    block(ask, placed, crs).draw(pen, page, boxes["block"])
    furniture.frame(pen, page)
    name = ask.title or content.place_name + content.template.title
    furniture.title(pen, page, name)
    furniture.notes(pen, page, _sources(content, ask), _remark(content))
    report(1.0, "图已画好")
    return Printed(pen, page, placed, name, marking, tuple(kept))


def block(ask: PrintAsk, placed: Fit, crs: str) -> TitleBlock:
    """Return the 图签 of a map."""
    return TitleBlock(
        (
            (("编制单位", ask.organisation),),
            (("坐标系", crs_title(crs)),),
            (("比例尺", furniture.numeric_scale(placed.denominator)), ("日期", ask.date)),
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


def default_coverage(plan: Plan) -> CoverageAsk | None:
    """Return the ask of a coverage map nobody specified: depots within 50 km, if any stand."""
    if any(len(layer) for layer in plan.of_kind("depot")):
        return CoverageAsk("depot", 50_000.0)
    return None


def with_defaults(plan: Plan, ask: PrintAsk) -> PrintAsk:
    """Return the ask with the coverage its map needs, when none was given."""
    if template(ask.map_name).coverage and ask.coverage is None:
        return replace(ask, coverage=default_coverage(plan))
    return ask


def papers() -> Iterable[str]:
    """Return the names of the paper sizes, small to large."""
    return ("A4", "A3", "A2", "A1", "A0")
