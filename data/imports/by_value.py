"""Which columns of a list hold its places when no heading says so: by what is in them.

Survey programs write “点号,编码,东,北,高程” without any headings. One column alone with
numbers that are longitudes of the plan, and one alone with its latitudes (or eastings and
northings), cannot well be anything else; where two could be, nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from data.imports.columns import KEEP, Match
from data.imports.known import Known
from data.imports.places import numbers_of
from data.imports.source import Source, cell_text
from data.kinds import Kind

Floats = npt.NDArray[np.float64]

HOW = "按数值"
_RIM = 1.0
"""Degrees around the plan in which a place of its list may lie."""
_DEGREE = 111_000.0
_MOST = 0.9
"""The share of a column's cells that must be such numbers."""


def placed_by_value(
    source: Source, matches: Sequence[Match], kind: Kind, known: Known
) -> tuple[Match, ...]:
    """Return the matches with the two columns of the places, unchanged when they do not show.

    In a list without headings the first column of different texts is taken for the names.
    """
    free = {m.source: numbers_of(source.columns[m.source])[0] for m in matches if not m.target}
    west, south, east, north = known.bounds
    lon = _alone(free, west - _RIM, east + _RIM)
    lat = _alone(free, south - _RIM, north + _RIM)
    ways = [(lon, lat, "经度", "纬度")]
    up = _alone(free, (south - _RIM) * _DEGREE, (north + _RIM) * _DEGREE)
    for low, high in ((1e5, 9e5), (13e6, 24e6), (25e6, 46e6)):
        ways.append((_alone(free, low, high), up, "东坐标", "北坐标"))
    for first, second, x, y in ways:
        if first and second and first != second:
            found = {first: x, second: y}
            out = [
                replace(m, target=found[m.source], how=HOW) if m.source in found else m
                for m in matches
            ]
            return tuple(_named(source, out, kind))
    return tuple(matches)


def _alone(columns: dict[str, Floats], low: float, high: float) -> str:
    """The only column whose numbers lie between two values, "" for none or several."""
    fits = [
        heading
        for heading, values in columns.items()
        if len(values) and np.mean((values >= low) & (values <= high)) >= _MOST
    ]
    return fits[0] if len(fits) == 1 else ""


def _named(source: Source, matches: list[Match], kind: Kind) -> list[Match]:
    """Give a list without headings its names: the first column of texts that differ."""
    if kind.column("名称") is None or any(m.target not in (KEEP, *_TARGETS) for m in matches):
        return matches
    if not all(m.source.startswith("列 ") for m in matches):
        return matches
    for place, one in enumerate(matches):
        texts = {cell_text(cell).strip() for cell in source.columns[one.source]} - {""}
        words = sum(not text.replace(".", "").isdigit() for text in texts)
        if one.target == KEEP and words > 0.5 * len(source) and len(texts) > 0.5 * len(source):
            matches[place] = replace(one, target="名称", how=HOW)
            break
    return matches


_TARGETS = ("经度", "纬度", "东坐标", "北坐标")
