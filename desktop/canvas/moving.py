"""A facility under the hand: where it is, what it snaps to, and what that would mean."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QImage

from data.plan import Plan
from desktop.canvas import reach
from desktop.canvas.arranging import arranged
from desktop.canvas.atlas import blank
from desktop.canvas.cells import Sampled
from desktop.canvas.content import PX_PER_MM, Look, points, sized
from desktop.canvas.hit import Hit, Snap, snap
from desktop.canvas.outlines import pixels_of
from desktop.canvas.view import Box, Port, Standing
from maps.drawing import style

if TYPE_CHECKING:
    from desktop.canvas.dragged import Told
    from desktop.canvas.paint import Picture
    from desktop.ghosts import Ghost
    from desktop.session import Session


class Drag:
    """One facility while it is dragged; nothing of it is in the plan.

    ``start``: its true place; ``shown``: where its symbol was drawn, among others perhaps
    beside it. ``numbers`` are the session's live ones at ``at`` (None without a coverage to
    follow, or while it is still being prepared); ``before``: people covered at the start.
    """

    def __init__(self, session: Session, plan: Plan, found: Hit, standing: Standing) -> None:
        self.session = session
        self.found = found
        self.layer = plan.layer(found.layer)
        where = arranged(plan, standing.port.view.mpp)
        marks, mine = where.of(self.layer), points(self.layer)
        i = int(np.flatnonzero(mine.fids == found.fid)[0])
        looks, which = mine.looks
        size = 1.0 if self.layer.kind_name == "settlement" else where.size
        self.look: Look = sized(looks[which[i]], size)
        self.name = str(mine.names[i])
        self.start = float(mine.xy[i, 0]), float(mine.xy[i, 1])
        self.shown = standing.port.world(*marks.pixels(standing.port)[i].tolist())
        self.at = self.start
        self.snap: Snap | None = None
        self.numbers: Any = session.live_at(found.layer, found.fid, *self.start)
        self.coverage = session.coverage
        self.before = session.coverage.whole.people_covered if session.coverage else None
        self.told: Told | None = None
        self.painted: Told | None = None
        """What is said of it where it is, and what was on the screen last (see ``dragged``)."""
        self._area: _Area | None = None

    def to(self, x: float, y: float, near: Snap | None) -> None:
        """Be at a place, or at what it snaps to."""
        self.snap = near
        self.at = (near.x, near.y) if near else (x, y)
        self.catch_up()

    def catch_up(self) -> bool:
        """Ask for the numbers here; whether there are any now."""
        self.numbers = self.session.live_at(self.found.layer, self.found.fid, *self.at)
        self.coverage = self.session.coverage
        self.told = None
        return self.numbers is not None

    def area(self, picture: Picture) -> QImage | None:
        """The reached area with the facility here, in place of ``picture.cover.image``."""
        if self.numbers is None or picture.cover is None:
            return None
        shown = picture.wish.coverage
        if (shown.after if reach.is_difference(shown) else shown) is not self.coverage:
            return None  # another result was just put on the map
        if self._area is None or self._area.picture is not picture:
            self._area = _Area(picture, self)
        return self._area.at(self.numbers)

    def colored(self, picture: Picture) -> Box:
        """Left, top, right and bottom of what :meth:`area` changed, in its pixels."""
        assert self._area is not None
        assert self._area.picture is picture
        return self._area.box


class Settling:
    """A dropped facility, shown where it was dropped until the pictures show it there.

    ``recounted``: whether the answer on the map is being worked out anew; until it is there
    the area shown while dragging stays, which is the same.
    """

    def __init__(self, drag: Drag, plan: Plan, recounted: bool) -> None:
        self.drag, self.plan = drag, plan
        self.recounted = recounted and drag.numbers is not None

    def covers(self, picture: Picture) -> bool:
        """Whether the symbol on the picture is still the one at the old place."""
        return picture.wish.plan is not self.plan

    def over(self, picture: Picture) -> bool:
        """Whether the picture shows everything as it is now."""
        return not self.covers(picture) and not (
            self.recounted and self.drag.area(picture) is not None
        )

    def heed(self, session: Session) -> None:
        """Wait no longer for a new answer when nothing works on one and none has come."""
        if session.jobs.shown() is None and session.coverage is self.drag.coverage:
            self.recounted = False


@dataclass(frozen=True)
class Placing:
    """A new feature under the cursor, before the click: where (plan metres) and how it looks."""

    at: tuple[float, float]
    snap: Snap | None
    look: Look


def placing(kind: str, plan: Plan, port: Port, x: float, y: float, free: bool) -> Placing:
    """What a click at (x, y) would place; ``free``: without snapping."""
    near = None if free else snap(plan, port, x, y)
    look = (kind, "", "规划", False, "", style.symbol_mm(kind) * PX_PER_MM)
    return Placing((near.x, near.y) if near else (x, y), near, look)


def ghost_look(ghost: Ghost) -> Look:
    """How a proposal looks: like a planned facility."""
    return (ghost.kind, "", "规划", False, "", style.symbol_mm(ghost.kind) * PX_PER_MM)


def ghost_at(ghosts: tuple[Ghost, ...], port: Port, px: float, py: float) -> Ghost | None:
    """The proposal under a pixel, the nearest of several."""
    near = [
        (away, i)
        for i, ghost in enumerate(ghosts)
        if (away := math.dist(port.px(ghost.x, ghost.y), (px, py))) <= ghost_look(ghost)[-1] / 2 + 5
    ]
    return ghosts[min(near)[1]] if near else None


class _Area:
    def __init__(self, picture: Picture, drag: Drag) -> None:
        assert picture.cover is not None
        cover, port = picture.cover, picture.wish.port
        self.picture = picture
        self.image = blank(port.width, port.height, 1.0)
        pixels = pixels_of(self.image)
        shown = picture.wish.coverage
        differs = reach.is_difference(shown)
        coverage = shown.after if differs else shown
        size = int(port.width), int(port.height)
        self._stamp: Callable[[Any], Any]
        if reach.by_road(coverage):
            # Three facilities at most are known by cell: who else reaches it, the drag knows.
            sampled = Sampled(coverage, port, *size)
            others = sampled.values(drag.numbers.others)
            began = np.zeros(len(drag.numbers.others), dtype=np.uint8)
            began[drag.numbers.began] = 1
            mine = sampled.values(began)
            self._stamp = lambda numbers: sampled.stamp(numbers.cells)
        else:
            row = coverage.facilities.find(drag.found.layer, drag.found.fid)
            old = reach.discs_of(coverage)[row]
            mine = np.minimum(reach.counted([old], port, *size), 1)
            others = cover.counts - mine
            self._stamp = lambda numbers: reach.stamp(numbers.disc, port, *size)
        self._numbers: Any = None
        self._moving = (
            reach.Moving.changed(cover.keys, others, pixels)
            if differs
            else reach.Moving.reached(cover.keys, others, mine, pixels)
        )

    def at(self, numbers: Any) -> QImage:
        if numbers is not self._numbers:
            self._numbers = numbers
            self._moving.at(self._stamp(numbers))
        return self.image

    @property
    def box(self) -> Box:
        rows, columns = self._moving.box
        return (columns.start, rows.start, columns.stop, rows.stop)
