"""How wide Chinese and Latin text is in the map's typeface, and where it may break."""

import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from matplotlib.ft2font import FT2Font, LoadFlags

from maps.drawing import fonts
from maps.drawing.style import MM_PER_POINT

ASCENT, DESCENT = 0.86, 0.14
"""What Han characters take above and below the baseline, in ems."""

LINE_HEIGHT = 1.22
"""From baseline to baseline, in ems."""

_OPENERS = ("应急", "储备", "物资", "消防", "避难", "救援", "森林", "综合", "中心", "训练")


_ALONE = threading.Lock()
"""Held while a face is used: preview and export are drawn at the same time, and a face that two
threads load characters into gives wrong ones or none."""


@lru_cache(maxsize=2)
def _face(bold: bool) -> FT2Font:
    return FT2Font(str(fonts.bold() if bold else fonts.regular()))


@lru_cache(maxsize=8192)
def _advance(character: str, bold: bool) -> float:
    with _ALONE:
        face = _face(bold)
        glyph = face.load_char(ord(character), LoadFlags.NO_SCALE)
        return glyph.horiAdvance / face.units_per_EM


@dataclass(frozen=True, eq=False)
class Outline:
    """A letter in thousandths of an em, y up: how far the next one stands, and its path.

    ``points`` (n, 2), ``codes`` (n,): as matplotlib's; both empty for a blank.
    """

    advance: float
    points: npt.NDArray[np.float64]
    codes: npt.NDArray[np.uint8]


@lru_cache(maxsize=8192)
def outline(character: str, bold: bool) -> Outline:
    """Return the outline of a letter of the typeface."""
    with _ALONE:
        face = _face(bold)
        unit = 1000 / face.units_per_EM
        glyph = face.load_char(ord(character), LoadFlags.NO_SCALE)
        points, codes = face.get_path()
        # The path comes in 64ths.
        return Outline(glyph.horiAdvance * unit, points * 64 * unit, codes.astype(np.uint8))


def width(text: str, points: float, bold: bool = False) -> float:
    """Return the width in mm of a line of text set in ``points``."""
    return sum(_advance(c, bold) for c in shown(text)) * points * MM_PER_POINT


@lru_cache(maxsize=8192)
def shown(text: str) -> str:
    """Return the text with what the typeface does not have as “□”, on one line."""
    flat = " ".join(str(text).split())
    with _ALONE:
        face = _face(False)
        return "".join(c if face.get_char_index(ord(c)) else "□" for c in flat)


def wrapped(text: str, most: int) -> tuple[str, ...]:
    """Return a name as one line, or as two of about the same length when over ``most`` ems.

    A break never parts Latin words or figures.
    """
    text = shown(text)
    ems = [_advance(c, False) for c in text]
    total = sum(ems)
    if total <= most:
        return (text,)
    best, at, run = total, 0, 0.0
    for i in range(1, len(text)):
        run += ems[i - 1]
        latin = text[i - 1].isascii() and text[i].isascii() and text[i - 1 : i + 1].isalnum()
        opening, closing = text[i - 1] in "(（“《", text[i] in ")）”》、，。·"
        if latin or opening or closing:
            continue
        # Before a bracket or one of these words is a natural place: better than an even split.
        natural = text[i] in "(（" or text.startswith(_OPENERS, i)
        bonus = 2.2 if natural and not text.startswith(_OPENERS, i - 1) else 0.0
        if abs(2 * run - total) - bonus < best:
            best, at = abs(2 * run - total) - bonus, i
    return (text[:at].rstrip(), text[at:].lstrip()) if at else (text,)
