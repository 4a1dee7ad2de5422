"""Distances and areas measured on the map: true ones, on the ellipsoid."""

from itertools import pairwise

import shapely

from data.geodesy import Ruler


class Measuring:
    """The corners clicked so far (plan metres) and where the mouse is."""

    def __init__(self, ruler: Ruler, area: bool) -> None:
        self.ruler = ruler
        self.area = area
        self.corners: list[tuple[float, float]] = []
        self.hover: tuple[float, float] | None = None

    def add(self, x: float, y: float) -> None:
        if not self.corners or self.corners[-1] != (x, y):
            self.corners.append((x, y))

    def take_back(self) -> None:
        if len(self.corners) > 1:
            self.corners.pop()

    @property
    def path(self) -> list[tuple[float, float]]:
        """The corners, and the mouse as the last one while measuring."""
        if self.hover is None or self.hover == self.corners[-1]:
            return list(self.corners)
        return [*self.corners, self.hover]

    @property
    def metres(self) -> float:
        """True length of the path (of the closed ring when an area is measured)."""
        path = self.path
        if self.area and len(path) > 2:
            path = [*path, path[0]]
        return sum(float(self.ruler.distance(*a, *b)) for a, b in pairwise(path))

    @property
    def km2(self) -> float:
        """True area inside the path, 0 for fewer than three corners."""
        path = self.path
        if len(path) < 3:
            return 0.0
        return float(self.ruler.area(shapely.make_valid(shapely.Polygon(path))))

    @property
    def text(self) -> str:
        if not self.area:
            return f"距离 {length(self.metres)}"
        return f"面积 {surface(self.km2)},周长 {length(self.metres)}"


def length(metres: float) -> str:
    """Metres as a planner writes them."""
    if metres < 1000:
        return f"{metres:.0f} m"
    return f"{metres / 1000:,.2f} km" if metres < 100_000 else f"{metres / 1000:,.1f} km"


def surface(km2: float) -> str:
    """km² as a planner writes them: ㎡, 公顷 or km²."""
    if km2 < 0.01:
        return f"{km2 * 1e6:,.0f} ㎡"
    return f"{km2 * 100:,.2f} 公顷" if km2 < 1 else f"{km2:,.2f} km²"
