"""Where legend, title block, north arrow and locator go so that the map can be largest."""

import itertools
import math
from dataclasses import dataclass

from maps.drawing import furniture
from maps.drawing.content import Content
from maps.drawing.furniture import Locator, TitleBlock
from maps.drawing.legend import Legend, groups
from maps.drawing.paper import Box, Fit, Sheet, fit, sheet

LEGEND_SHARES = (0.62, 0.36)
"""How much of the neat line's height a legend may take, before it gets another column."""
LEGEND_CORNERS = ("lower left", "upper left", "upper right")


@dataclass(frozen=True, eq=False)
class Layout:
    """The boxes inside the neat line, and how the area lies between them."""

    page: Sheet
    fit: Fit
    legend: Legend
    locator: Locator | None
    boxes: dict[str, Box]


def lay_out(
    content: Content, paper: str, landscape: bool | None, scale: float | None, rows: int
) -> Layout:
    """Return the layout at which the map is largest; ``landscape`` None tries both ways.

    ``rows``: of the title block. ``scale`` fixes the scale denominator.
    """
    if landscape is None:
        ways = [_one_way(content, sheet(paper, way), scale, rows) for way in (True, False)]
        return min(ways, key=lambda layout: _badness(layout.fit)[:2])
    return _one_way(content, sheet(paper, landscape), scale, rows)


def _one_way(content: Content, page: Sheet, scale: float | None, rows: int) -> Layout:
    """Try a tall and a wide legend in each corner; take what lets the map be largest."""
    listed = groups(content, page)
    strip = 12.0 * page.factor
    inset = furniture.locator(content)
    best: Layout | None = None
    for share, corner in itertools.product(LEGEND_SHARES, LEGEND_CORNERS):
        legend = Legend(listed, page, strip, share * page.neat.height)
        boxes = _corners(page, legend, inset, corner, rows)
        # Only a scale as large as the best one so far is of interest.
        free = best is not None and not best.fit.hidden
        most = best.fit.denominator if best is not None and free else math.inf
        found = fit(content.seen, content.plan.crs, page, list(boxes.values()), scale, most)
        if best is None or _badness(found) < _badness(best.fit):
            best = Layout(page, found, legend, inset, boxes)
    assert best is not None
    return best


def _badness(found: Fit) -> tuple[float, float, float]:
    return (found.hidden, found.denominator, found.aside)


def _corners(
    page: Sheet, legend: Legend, inset: Locator | None, corner: str, rows: int
) -> dict[str, Box]:
    """Return the boxes inside the neat line: legend, title block, north arrow, locator."""
    neat, f = page.neat, page.factor
    off = 3.0 * f
    wide, tall = TitleBlock(((("", ""),),) * rows).size(page)
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
