"""Which part of the plane is on the screen: the view, and pixels ⇄ plan metres.

Pixels are Qt's logical ones, from the upper left corner, y down. Everything is drawn
relative to the centre of the view: at eastings near 40 500 000 a 32-bit scene is off by
metres, a difference of two doubles is not.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

FINEST, COARSEST = 0.05, 50_000.0
"""Metres per pixel within which one can zoom."""


@dataclass(frozen=True)
class View:
    """Centre in plan metres and metres per logical pixel: what a bookmark keeps."""

    x: float
    y: float
    mpp: float

    def zoomed(self, factor: float) -> "View":
        """The same centre, ``factor`` times as large, within the limits."""
        return replace(self, mpp=min(max(self.mpp / factor, FINEST), COARSEST))


@dataclass(frozen=True)
class Port:
    """A view on a rectangle of ``width`` × ``height`` logical pixels."""

    view: View
    width: float
    height: float

    def px(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of a place."""
        view = self.view
        return (x - view.x) / view.mpp + self.width / 2, (view.y - y) / view.mpp + self.height / 2

    def pixels(self, xy: Floats) -> Floats:
        """Pixels (n, 2) of places (n, 2)."""
        view = self.view
        out = np.empty_like(xy, dtype=np.float64)
        out[:, 0] = (xy[:, 0] - view.x) / view.mpp + self.width / 2
        out[:, 1] = (view.y - xy[:, 1]) / view.mpp + self.height / 2
        return out

    def world(self, px: float, py: float) -> tuple[float, float]:
        """Place under a pixel."""
        view = self.view
        return (
            view.x + (px - self.width / 2) * view.mpp,
            view.y - (py - self.height / 2) * view.mpp,
        )

    @property
    def bounds(self) -> Box:
        """West, south, east, north in plan metres."""
        west, north = self.world(0, 0)
        east, south = self.world(self.width, self.height)
        return west, south, east, north

    def contains(self, other: "Port") -> bool:
        """Whether all of ``other`` lies within this one (a hair's breadth allowed)."""
        a, b, hair = self.bounds, other.bounds, 0.01 * self.view.mpp
        inside = a[0] <= b[0] + hair and a[1] <= b[1] + hair
        return inside and a[2] >= b[2] - hair and a[3] >= b[3] - hair

    def moved(self, dx: float, dy: float) -> "Port":
        """The content shifted by pixels (to the right, down)."""
        view = self.view
        shifted = replace(view, x=view.x - dx * view.mpp, y=view.y + dy * view.mpp)
        return replace(self, view=shifted)

    def zoomed(self, factor: float, px: float, py: float) -> "Port":
        """``factor`` times as large, the place under the pixel staying where it is."""
        x, y = self.world(px, py)
        view = self.view.zoomed(factor)
        centre = replace(
            view,
            x=x - (px - self.width / 2) * view.mpp,
            y=y + (py - self.height / 2) * view.mpp,
        )
        return replace(self, view=centre)


@dataclass(frozen=True)
class Standing:
    """How symbols stand on the screen: as on ``port``, all of it drawn ``scale`` times as large.

    While one zooms the picture of another scale is shown; its symbols lie elsewhere (each keeps
    its size, and its room beside the others) than they will when the sharp one is there.
    """

    port: Port
    scale: float = 1.0

    @classmethod
    def of(cls, port: Port, mpp: float) -> "Standing":
        """On ``port``, a picture drawn for ``mpp`` metres per pixel being shown."""
        scale = mpp / port.view.mpp
        return cls(
            Port(replace(port.view, mpp=mpp), port.width / scale, port.height / scale), scale
        )

    def pixels(self, pixels: Floats) -> Floats:
        """Where pixels (n, 2) of ``port`` are in the window."""
        return pixels * self.scale

    def back(self, px: float, py: float) -> tuple[float, float]:
        """Which pixel of ``port`` a pixel of the window shows."""
        return px / self.scale, py / self.scale


def fitting(bounds: Box, width: float, height: float, margin: float = 32.0) -> View:
    """The view that shows a box, with ``margin`` pixels around it."""
    west, south, east, north = bounds
    room = max(width - 2 * margin, 16.0), max(height - 2 * margin, 16.0)
    mpp = max((east - west) / room[0], (north - south) / room[1], 1.0)
    return View((west + east) / 2, (south + north) / 2, min(mpp, COARSEST))


def scale_bar(mpp: float, longest: float) -> tuple[float, str]:
    """The round length (1, 2 or 5 × a power of ten metres) of at most ``longest`` pixels.

    Returns its length in pixels and its text.
    """
    room = mpp * longest
    power = 10.0 ** np.floor(np.log10(room))
    metres = float(next(step * power for step in (5, 2, 1) if step * power <= room * (1 + 1e-9)))
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    return metres / mpp, text
