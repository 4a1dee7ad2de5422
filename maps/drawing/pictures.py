"""Maps and charts for a page of text, drawn at the size at which they stand there.

So the scale of a map is true on the page.
"""

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from data.kinds import kind
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk
from maps.drawing.charts import Chart, before_after, by_distance, by_district, curve
from maps.drawing.dossier import Dossier
from maps.drawing.paper import SIZES
from maps.drawing.printing import PrintAsk, print_map
from maps.drawing.word.writer import Picture

PAPER = "插图"
"""The paper size of a map on a page of text lying across."""

COVER = "覆盖图-"
DISTRICTS, BANDS, CURVE = "分区覆盖-", "人口分带-", "覆盖曲线-"
"""Beginnings of the names of maps and charts that are about one kind of facility."""

TALLEST = 205.0
"""Millimetres a chart may be tall on an upright page."""


def pictures(
    made: Dossier, names: Iterable[str], dpi: int = 200, report: Report = silent
) -> dict[str, Picture]:
    """Return the pictures there can be. A name may list several, “甲|乙”: the first that can be.

    What cannot be drawn from this plan (nothing to cover with, no such map) is left out.
    """
    wanted = list(names)
    out = {}
    for i, name in enumerate(wanted):
        report(i / max(len(wanted), 1), f"正在画{name.split('|')[0]}…")
        stretch = part(report, i / len(wanted), (i + 1) / len(wanted))
        for one in name.split("|"):
            drawn = _chart(made, one, dpi) or _map(made, one, dpi, stretch)
            if drawn is not None:
                out[name] = drawn
                break
    return out


def print_ask(made: Dossier, name: str) -> PrintAsk | None:
    """Return what to print for a picture's name, None when there is no such map for this plan."""
    found = made.found
    common = PrintAsk(name, PAPER, True, date=made.date, organisation=made.organisation)
    if name.startswith(COVER):
        of = kind(name.removeprefix(COVER)).name
        if (of, "全部") not in found.coverage:
            return None
        ask = CoverageAsk(of, found.asked.radius[of], people=found.asked.people)
        return replace(common, map_name="覆盖图", coverage=ask)
    return common


def _chart(made: Dossier, name: str, dpi: int) -> Picture | None:
    """Return a chart by its name, None for other names and where there is nothing to draw."""
    for start, draw in ((DISTRICTS, _by_district), (BANDS, _by_distance), (CURVE, _curve)):
        if name.startswith(start):
            chart = draw(made, kind(name.removeprefix(start)).name)
            return None if chart is None else _picture(chart, dpi)
    return None


def _picture(chart: Chart, dpi: int) -> Picture:
    wide, tall = (float(inches) * 25.4 for inches in chart.figure.get_size_inches())
    shrunk = min(1.0, TALLEST / tall)
    return Picture(_small(chart.png(dpi)), wide * shrunk, tall * shrunk, chart.title)


def _by_district(made: Dossier, of: str) -> Chart | None:
    today, planned = (made.found.coverage.get((of, status)) for status in ("现状", "全部"))
    if planned is None or not planned.by_district:
        return None
    return by_district(planned) if today is None else before_after(today, planned)


def _by_distance(made: Dossier, of: str) -> Chart | None:
    result = made.found.coverage.get((of, "全部"))
    return None if result is None or result.demand.layer is None else by_distance(result)


def _curve(made: Dossier, of: str) -> Chart | None:
    one = next((p for p in made.found.proposals if p.of == of and p.curve), None)
    if one is None or not one.total:
        return None
    people = made.found.people
    points = [(count, persons / one.total) for count, persons in one.curve]
    basis = "" if people is None else people.basis
    return curve(points, knee=one.knee, what=kind(of).title, basis=basis)


def _map(made: Dossier, name: str, dpi: int, report: Report) -> Picture | None:
    ask = print_ask(made, name)
    if ask is None:
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "map.png"
        try:
            drawn = print_map(made.found.plan, replace(ask, dpi=dpi), path, report)
        except Refused:
            return None
        png = path.read_bytes()
    wide, tall = SIZES[PAPER]
    return Picture(_small(png), wide, tall, drawn.title)


def _small(png: bytes) -> bytes:
    """Return the picture with a palette where that loses nothing one could see on paper."""
    from PIL import Image

    image = Image.open(BytesIO(png)).convert("RGB")
    out = BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue() if out.tell() < len(png) else png
