"""How each kind and each result looks: plain values, one table for window, paper and web.

Lengths are millimetres on paper (the window takes 1 mm as 96/25.4 pixels), text sizes are
points, colours are "#rrggbb", opacities 0–1. Imports neither Qt nor matplotlib.

The map itself is nearly colourless, so that facilities (shape first, colour second) and
results own the colour. Red, orange, yellow and blue as a series mean risk and nothing else;
gained and lost are blue and orange, never green against red.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy.typing as npt

MM_PER_POINT = 25.4 / 72


@dataclass(frozen=True)
class Stroke:
    """A line: colour, width in mm, dash pattern in mm (empty is solid)."""

    color: str
    mm: float
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Hatch:
    """Parallel lines inside an area: degrees from the horizontal, distance and line in mm."""

    degrees: float
    spacing: float
    stroke: Stroke


@dataclass(frozen=True)
class Area:
    """A polygon: fill ("" for none), its opacity, outline, hatching."""

    fill: str
    opacity: float = 1.0
    stroke: Stroke | None = None
    hatch: Hatch | None = None


@dataclass(frozen=True)
class RoadStyle:
    """A road class: width of the white heart and of the grey casing on each side, mm.

    ``heart`` 0 draws a single grey line of width ``casing``.
    """

    heart: float
    casing: float


@dataclass(frozen=True)
class Theme:
    """Colours of one appearance: the window's own and the base map's."""

    window: str
    panel: str
    field: str
    border: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_text: str
    hover: str
    selection: str
    selection_text: str
    error: str
    warning: str
    success: str
    canvas: str
    district: str
    neighbour: str
    boundary: str
    neighbour_boundary: str
    outline: str
    road_heart: str
    road_casing: str
    label: str
    neighbour_label: str
    halo: str
    highlight: str


LIGHT = Theme(
    window="#f4f5f6",
    panel="#ffffff",
    field="#ffffff",
    border="#d5d8dc",
    text="#1f2328",
    muted="#59636e",
    disabled="#8c959f",
    accent="#0b6e75",
    accent_text="#ffffff",
    hover="#e8ecef",
    selection="#d3e9ea",
    selection_text="#12343a",
    error="#b42318",
    warning="#8a5300",
    success="#0b6e75",
    canvas="#ffffff",
    district="#f7f5ef",
    neighbour="#fbfbfa",
    boundary="#9b9a94",
    neighbour_boundary="#d6d5d1",
    outline="#6f6e69",
    road_heart="#ffffff",
    road_casing="#8f8c84",
    label="#2b2b29",
    neighbour_label="#6e6d69",
    halo="#ffffff",
    highlight="#d6006c",
)

DARK = Theme(
    window="#1c2024",
    panel="#24292e",
    field="#1f2428",
    border="#3b4249",
    text="#e6e9ec",
    muted="#a7b0b9",
    disabled="#77818b",
    accent="#46b8bd",
    accent_text="#0d2426",
    hover="#2f363d",
    selection="#1d4a4f",
    selection_text="#e9fbfb",
    error="#ff9a8f",
    warning="#f0c36a",
    success="#5fcdd1",
    canvas="#1a1d20",
    district="#2a2e31",
    neighbour="#202326",
    boundary="#6c7277",
    neighbour_boundary="#3a3f44",
    outline="#8f969c",
    road_heart="#4a5056",
    road_casing="#15181a",
    label="#e4e4e0",
    neighbour_label="#9ba1a6",
    halo="#22262a",
    highlight="#ff6fb5",
)

THEMES = {"light": LIGHT, "dark": DARK}

KIND_COLORS = {
    "depot": "#1d5fa6",
    "shelter": "#1f8a4c",
    "fire_station": "#c0272d",
    "rescue_team": "#c0272d",
    "medical": "#1f6fd0",
    "hazard_site": "#f2a516",
    "settlement": "#5c5f66",
    "monitor": "#6a4fa3",
    "hydrant": "#c0272d",
    "watchtower": "#7a5230",
    "siren": "#8a3f8f",
    "other": "#4d5a68",
    "district": "#9b9a94",
    "hazard_zone": "#a4540c",
    "population": "#7d6b9e",
    "road": "#a8a6a0",
    "reach": "#0a6f72",
}
"""A kind's own colour, where the layer's ``look.color`` is empty."""

GLYPH_COLORS = {"hazard_site": "#3a2400"}
"""Colour of the figure inside a filled symbol; white where not named."""

SYMBOL_MM = {
    "depot": 4.6,
    "shelter": 3.8,
    "fire_station": 4.0,
    "rescue_team": 4.0,
    "medical": 3.8,
    "hazard_site": 3.6,
    "settlement": 1.6,
    "monitor": 3.0,
    "hydrant": 2.0,
    "watchtower": 3.4,
    "siren": 3.0,
    "other": 3.8,
}
"""Width of a kind's symbol on an A3 sheet and in the window."""

CLASS_SCALE = {
    ("depot", "中央"): 1.3,
    ("depot", "省级"): 1.3,
    ("depot", "市级"): 1.25,
    ("depot", "乡镇级"): 0.75,
    ("fire_station", "特勤站"): 1.2,
    ("fire_station", "小型站"): 0.85,
    ("fire_station", "政府专职队"): 0.85,
    ("fire_station", "志愿消防队"): 0.75,
    ("fire_station", "微型站"): 0.65,
    ("medical", "三级医院"): 1.15,
    ("medical", "卫生院"): 0.8,
    ("medical", "急救站"): 0.8,
    ("shelter", "Ⅰ类"): 1.2,
    ("settlement", "政府驻地"): 1.6,
}
"""Classes whose symbol is larger or smaller than its kind's."""

_SETTLEMENT_STEPS = ((500_000, 1.7), (200_000, 1.45), (50_000, 1.2), (10_000, 1.0))


def symbol_mm(kind: str, class_: str = "", population: float | None = None) -> float:
    """Return the symbol's width in mm; a settlement's dot grows with its people."""
    size = SYMBOL_MM[kind] * CLASS_SCALE.get((kind, class_), 1.0)
    if kind == "settlement" and population is not None and population == population:
        size *= next((s for least, s in _SETTLEMENT_STEPS if population >= least), 0.85)
    return size


ROADS = {
    "高速": RoadStyle(0.5, 0.2),
    "国道": RoadStyle(0.46, 0.14),
    "省道": RoadStyle(0.36, 0.12),
    "县道": RoadStyle(0.22, 0.1),
    "城市道路": RoadStyle(0.22, 0.1),
    "乡道": RoadStyle(0.0, 0.2),
    "村道": RoadStyle(0.0, 0.12),
}
ROAD_OTHER = RoadStyle(0.0, 0.15)
ROAD_PLANNED_DASH = (1.6, 0.9)
ROAD_ORDER = ("村道", "乡道", "城市道路", "县道", "省道", "国道", "高速")
"""Drawn in this order, the most important on top."""

DISTRICT_LABEL = "#5a574f"
LOCATOR = "#b0524a"

BOUNDARY = Stroke(LIGHT.boundary, 0.2, (2.4, 0.8, 0.4, 0.8))
NEIGHBOUR_BOUNDARY = Stroke(LIGHT.neighbour_boundary, 0.15, (1.6, 0.8))
OUTLINE = Stroke(LIGHT.outline, 0.4)
OUTLINE_BAND = Stroke("#e6e0d3", 2.0)
"""A pale band along the inside of the planning area's edge."""

RISK_LEVELS = ("重大", "较大", "一般", "低")
RISK_COLORS = {"重大": "#d7301f", "较大": "#f08c2e", "一般": "#f3d23b", "低": "#3a7fc4"}
RISK_UNKNOWN = "#b9b7b1"


def risk(level: str) -> str:
    """Return the colour of a 风险等级, grey for one that is not known."""
    return RISK_COLORS.get(level, RISK_UNKNOWN)


_ZONE_HATCH = {"化工园区": 45.0, "洪水淹没": 0.0, "地质灾害": 135.0, "森林火险": 90.0}

COVERED = "#0c8a8c"
COVERED_OPACITY = {1: 0.24, 2: 0.40, 3: 0.56}
"""Opacity of the covered area by number of facilities that reach it (3 is “3 and more”)."""
COVERED_EDGE = Stroke("#0a6f72", 0.2)
UNREACHED = "#e2762b"
UNREACHED_OPACITY = (0.22, 0.38, 0.55, 0.75, 0.95)
"""Five classes of people not reached, few to many."""
REACHED_CALM = Area("#dfe9e8", 0.75)
"""Where a map is about those not reached, the rest is only hinted at."""
STATION_TINTS = ("#cfe3e2", "#e6dcec", "#efe6d2", "#d9e3f0", "#e3e8d3", "#f0dcd6", "#dcdcdc")
"""Fills that tell neighbouring responsibility areas apart; they mean nothing else."""
STATION_EDGE = Stroke("#4d6a78", 0.3)
ROUTE = Stroke("#7a3fa0", 0.7)
ROUTE_LONG = Stroke("#7a3fa0", 0.45, (1.8, 1.2))
ROUTE_MINUTES = 60.0
"""A route longer than this is drawn dashed: that far nobody is brought in time."""
DETAIL = Stroke("#1f2328", 0.25)
ROAD_NUMBER = Stroke("#8f8c84", 0.12)
GAINED = "#2f6fb3"
LOST = "#d9731a"

POPULATION_RAMP = ("#efecf4", "#d5cee2", "#b0a4c8", "#8574ab", "#574583")
"""Five classes, few to many."""
POPULATION_PAPER = ("#efecf4", "#ddd7e8", "#c7bdd9", "#ada0c8", "#9182b5")
"""The same behind facilities on paper: names in every colour stay readable over a town."""


def population_breaks(values: npt.ArrayLike) -> tuple[float, ...]:
    """Return four round, rising bounds between the five classes of the ramp.

    The bounds are 1, 2 or 5 times a power of ten near the 40, 65, 85 and 95 %
    quantiles of the known positive values (persons per cell or place).
    """
    import numpy as np  # the window is on the screen before numpy is loaded

    numbers = np.asarray(values, float)
    known = np.sort(numbers[numbers > 0])
    if not len(known):
        return (10.0, 50.0, 200.0, 1000.0)
    out: list[float] = []
    for share in (0.40, 0.65, 0.85, 0.95):
        value = _round_125(float(known[min(len(known) - 1, int(share * len(known)))]))
        while out and value <= out[-1]:
            value = _round_125(value * 2.0)
        out.append(value)
    return tuple(out)


def _round_125(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    step = min((1, 2, 5, 10), key=lambda s: abs(math.log(s * power / value)))
    return step * power


@dataclass(frozen=True)
class Verdict:
    """How the answer of a rule looks: a sign, the shape behind it, a colour."""

    sign: str
    shape: str
    color: str


VERDICTS = {
    "达标": Verdict("✓", "disc", "#0b6e75"),
    "不达标": Verdict("✗", "square", "#b3460a"),
    "待核实": Verdict("!", "triangle", "#8a5300"),
    "无法判断": Verdict("○", "ring", "#59636e"),
}

LEGEND_GROUPS = ("现状", "规划", "分析", "底图")
LEGEND_KINDS = (
    "depot",
    "shelter",
    "fire_station",
    "rescue_team",
    "medical",
    "other",
    "hydrant",
    "watchtower",
    "monitor",
    "siren",
    "hazard_site",
    "hazard_zone",
    "reach",
    "settlement",
    "road",
    "district",
    "population",
)
"""Order of the kinds inside each legend group."""

Z = {
    "neighbour": 0,
    "district": 10,
    "population": 20,
    "covered": 30,
    "unreached": 35,
    "reach": 38,
    "hazard_zone": 40,
    "boundary": 50,
    "road": 60,
    "outline": 70,
    "settlement": 80,
    "hydrant": 90,
    "monitor": 91,
    "siren": 92,
    "watchtower": 93,
    "hazard_site": 94,
    "other": 95,
    "medical": 96,
    "shelter": 97,
    "rescue_team": 98,
    "fire_station": 99,
    "depot": 100,
    "label": 200,
    "selection": 210,
    "frame": 300,
}
"""What lies over what, low first."""

LABEL_ORDER = ("district", "seat", "depot", "fire_station", "rescue_team", "shelter", "medical")
"""Labels give way in this order (the first stays); kinds not named come last."""

TEXT_PT = {
    "cover": 40.0,
    "title": 20.0,
    "subtitle": 8.5,
    "heading": 9.0,
    "district": 9.5,
    "seat": 8.0,
    "facility": 6.6,
    "settlement": 6.4,
    "neighbour": 7.5,
    "legend": 7.5,
    "block": 7.0,
    "graticule": 6.5,
    "small": 6.0,
}
"""Text sizes on an A3 sheet. Nothing is ever set below ``SMALLEST_PT``."""
SMALLEST_PT = 6.0
HALO_MM = 0.45


LEFT_OUT = "到不了"
"""The 类型 of kept land that nobody reaches."""


def hazard_zone(type_: str, level: str) -> Area:
    """Return how a hazard zone is drawn: outline and hatching in the colour of its risk."""
    color = RISK_COLORS.get(level, KIND_COLORS["hazard_zone"])
    hatch = Hatch(_ZONE_HATCH.get(type_, 45.0), 1.4, Stroke(color, 0.18))
    return Area(color, 0.10, Stroke(color, 0.3), hatch)


def reach(type_: str, color: str = "") -> Area:
    """Return how a kept answer by road is drawn: a pale tint, deeper where several overlap.

    ``color``: the layer's own. Where nobody gets to is never in the colour of what is reached.
    """
    if type_ == LEFT_OUT:
        return Area(UNREACHED, 0.16, Stroke(UNREACHED, 0.25))
    return Area(color or COVERED, 0.16, Stroke(color or KIND_COLORS["reach"], 0.25))


def luminance(color: str) -> float:
    """Relative luminance of "#rrggbb", 0–1 (WCAG 2.1)."""

    def linear(part: str) -> float:
        c = int(part, 16) / 255
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(color[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours, 1–21 (WCAG 2.1)."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def mixed(color: str, with_: str, share: float) -> str:
    """Return ``color`` laid over ``with_`` at opacity ``share``."""
    parts = [
        round(int(color[i : i + 2], 16) * share + int(with_[i : i + 2], 16) * (1 - share))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{p:02x}" for p in parts)
