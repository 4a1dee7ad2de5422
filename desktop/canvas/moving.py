"""A facility under the hand: where it is, what it snaps to, and what that would mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QImage

from data.plan import Plan
from desktop.canvas import reach
from desktop.canvas.atlas import blank
from desktop.canvas.content import Look, points
from desktop.canvas.hit import Hit, Snap
from desktop.canvas.outlines import pixels_of

if TYPE_CHECKING:
    from desktop.canvas.paint import Picture
    from desktop.session import Session


class Drag:
    """One facility while it is dragged; nothing of it is in the plan.

    ``numbers`` are the session's live ones at ``at`` (None without a coverage to follow);
    ``before`` the same at the start.
    """

    def __init__(self, session: Session, plan: Plan, found: Hit) -> None:
        self.session = session
        self.found = found
        self.layer = plan.layer(found.layer)
        marks = points(self.layer)
        i = int(np.flatnonzero(marks.fids == found.fid)[0])
        looks, which = marks.looks
        self.look: Look = looks[which[i]]
        self.name = str(marks.names[i])
        self.start = float(marks.xy[i, 0]), float(marks.xy[i, 1])
        self.at = self.start
        self.snap: Snap | None = None
        self.before: Any = session.live_at(found.layer, found.fid, *self.start)
        self.numbers: Any = self.before
        self._area: _Area | None = None

    def to(self, x: float, y: float, near: Snap | None) -> None:
        """Be at a place, or at what it snaps to."""
        self.snap = near
        self.at = (near.x, near.y) if near else (x, y)
        self.numbers = self.session.live_at(self.found.layer, self.found.fid, *self.at)

    def area(self, picture: Picture) -> QImage | None:
        """The reached area with the facility here, in place of ``picture.cover.image``."""
        if self.numbers is None or picture.cover is None:
            return None
        if self._area is None or self._area.picture is not picture:
            self._area = _Area(picture, self)
        return self._area.at(self.numbers)


class _Area:
    def __init__(self, picture: Picture, drag: Drag) -> None:
        assert picture.cover is not None
        cover, port = picture.cover, picture.wish.port
        self.picture = picture
        self.image = blank(port.width, port.height, 1.0)
        pixels = pixels_of(self.image)
        self._moving = reach.Moving(cover.keys, cover.counts, drag.before.disc, port, pixels)

    def at(self, numbers: Any) -> QImage:
        self._moving.at(numbers.disc)
        return self.image
