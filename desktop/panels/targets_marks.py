"""The lights of the targets: told apart by shape first, then by colour.

pass        disc with a tick        needs_data  hollow triangle with a question mark
fail        square with a cross     attest      ring
warn        triangle with a mark
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtGui import QPixmap

from desktop.theme import svg_pixmap
from maps.drawing.style import THEMES, VERDICTS, mixed

if TYPE_CHECKING:
    from maps.analysis.targets.model import VerdictName

ORDER: tuple[VerdictName, ...] = ("fail", "warn", "needs_data", "attest", "pass")
"""The lights as the panel counts them, the gravest first."""

_HUES: dict[VerdictName, str] = {
    "pass": VERDICTS["达标"].color,
    "fail": VERDICTS["不达标"].color,
    "warn": VERDICTS["待核实"].color,
    "needs_data": VERDICTS["待核实"].color,
    "attest": VERDICTS["无法判断"].color,
}
_HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18" fill="none">'
_SHAPES: dict[VerdictName, str] = {
    "pass": '<circle cx="9" cy="9" r="7.5" fill="HUE"/>'
    '<path d="M5.4 9.3 L8 11.8 L12.7 6.6" stroke="HEART" stroke-width="1.8"/>',
    "fail": '<rect x="2" y="2" width="14" height="14" rx="2" fill="HUE"/>'
    '<path d="M6 6 L12 12 M12 6 L6 12" stroke="HEART" stroke-width="1.8"/>',
    "warn": '<path d="M9 1.5 L17 16 L1 16 Z" fill="HUE"/>'
    '<path d="M9 6.5 L9 11 M9 12.8 L9 14.4" stroke="HEART" stroke-width="1.8"/>',
    "needs_data": '<path d="M9 2.8 L16 15.3 L2 15.3 Z" stroke="HUE" stroke-width="1.6"/>'
    '<path d="M7.2 9 Q7.3 7.4 9 7.4 Q10.8 7.4 10.7 8.9 Q10.6 10 9 10.7 L9 11.6 M9 12.8 L9 14"'
    ' stroke="HUE" stroke-width="1.3"/>',
    "attest": '<circle cx="9" cy="9" r="6.3" stroke="HUE" stroke-width="2"/>',
}


def hue(name: VerdictName, theme: str) -> str:
    """The colour of a light, lighter on a dark ground."""
    return mixed("#ffffff", _HUES[name], 0.5) if theme == "dark" else _HUES[name]


@cache
def light(name: VerdictName, theme: str, ratio: float, size: int = 16) -> QPixmap:
    """Return the light of a verdict, ``size`` logical pixels wide at ``ratio`` pixels each."""
    source = f"{_HEAD}{_SHAPES[name]}</svg>".replace("HUE", hue(name, theme))
    made = svg_pixmap(source.replace("HEART", THEMES[theme].panel), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    return made
