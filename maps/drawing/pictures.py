"""Maps made for a page of text: drawn at the size at which they stand there, scale kept true."""

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from data.kinds import kind
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk
from maps.drawing.dossier import Dossier
from maps.drawing.paper import SIZES
from maps.drawing.printing import PrintAsk, print_map
from maps.drawing.word.writer import Picture

PAPER = "插图"
"""The paper size of a map on a page of text lying across."""

COVER = "覆盖图-"


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
            ask = print_ask(made, one)
            if ask is not None and (drawn := _draw(made, ask, dpi, stretch)) is not None:
                out[name] = drawn
                break
    return out


def print_ask(made: Dossier, name: str) -> PrintAsk | None:
    """Return what to print for a picture's name, None when there is no such map for this plan."""
    found = made.found
    if name.startswith(COVER):
        of = kind(name.removeprefix(COVER)).name
        if (of, "全部") not in found.coverage:
            return None
        ask = CoverageAsk(of, found.asked.radius[of], people=found.asked.people)
        return PrintAsk("覆盖图", PAPER, True, date=made.date, coverage=ask)
    return PrintAsk(name, PAPER, True, date=made.date)


def _draw(made: Dossier, ask: PrintAsk, dpi: int, report: Report) -> Picture | None:
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
