"""Where the rows of a list are: one or two columns of coordinates, however they are written.

    118.9512 42.2694 · 118°57′04.3″ · 东经118度57分4秒 · E118.9512 · 118.9512,42.2694 ·
    118.57.04.3 · 118-57-04 · {"lng":118.95,"lat":42.27} · POINT(118.95 42.27) ·
    4681905.355 413770.347 · 39,413,770.35

Here writing is turned into pairs of numbers; what coordinate system the numbers are in is
the doctor's question (``data.imports.doctor``).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from data.imports.columns import Match
from data.imports.numbers import is_blank, plain_numbers
from data.imports.source import Cells, Source, cell_text

Floats = npt.NDArray[np.float64]

_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_ALLOWED = re.compile(r"[-+\d.\s°º˚度分秒′'’‘″\"”“:d东西南北经纬向ewnsEWNS,]*")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_LONGEST = 300
"""Characters; whatever is longer is no coordinate, and patterns take long over it."""
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff]")
"""What is copied along from web pages and phones and has no width."""
_POINTED = re.compile(r"(?<![\d.\-])(\d{1,3})([.\-])(\d{1,2})\2(\d{1,2}(?:\.\d+)?)(?![\d.\-])")
_MARKED = re.compile(r"[°º˚度分秒′'’‘″\"”“:d]")
_LABELS = re.compile(
    r"(?:(?:经度|纬度|坐标|longitude|latitude|lng|lon|lat)\s*[=:：为]?|[xy]\s*[=:：为])\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Places:
    """Raw coordinates of the rows of a list.

    ``x``/``y``: what the columns say is east (longitude) and north (latitude); NaN where a
    row has none. ``minutes``: which rows were written in 度分秒. ``named``: the headings say
    longitude and latitude (not just X and Y). ``bad``: position of a row → why it has none.
    ``columns``: the headings used. ``shapes``: geometries when a column held WKT.
    """

    x: Floats
    y: Floats
    minutes: npt.NDArray[np.bool_]
    named: bool
    bad: dict[int, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    shapes: npt.NDArray[np.object_] | None = None


def read_places(source: Source, matches: Sequence[Match]) -> Places | None:
    """Return the coordinates of a list, None when no column says where its rows are."""
    by_target = {m.target: m.source for m in matches}
    for east, north, named in (
        ("经度", "纬度", True),
        ("东坐标", "北坐标", False),
        ("X坐标", "Y坐标", False),
    ):
        if east in by_target and north in by_target:
            return _two(source, by_target[east], by_target[north], named)
    if "坐标" in by_target:
        return _one(source, by_target["坐标"])
    if "图形" in by_target:
        return _drawn(source, by_target["图形"])
    return None


def parse_angle(text: str) -> tuple[float, bool] | None:
    """Return (value, whether in 度分秒) of one coordinate, None for what is no coordinate."""
    if len(text) > _LONGEST:
        return None
    text = _seen(text).replace("，", ",").strip()
    text = _POINTED.sub(r"\1°\3′\4″", _LABELS.sub("", text))
    if _GROUPED.fullmatch(text):
        return float(text.replace(",", "")), False
    if not text or not _ALLOWED.fullmatch(text) or "," in text:
        return None
    parts = _NUMBER.findall(text)
    if not 1 <= len(parts) <= 3:
        return None
    numbers = [float(p) for p in parts]
    negative = text.startswith("-") or bool(re.search(r"[西南wsWS]", text))
    if len(parts) > 1 and not _dms_marks(text, parts):
        return None
    if any(n >= 60 for n in numbers[1:]) or any(n != int(n) for n in numbers[:-1]):
        return None
    value = sum(n / 60**i for i, n in enumerate(numbers))
    return (-value if negative else value), len(parts) > 1


def parse_pair(text: str) -> tuple[float, float, bool] | None:
    """Return (first, second, whether in 度分秒) of two coordinates in one text, else None."""
    if len(text) > _LONGEST:
        return None
    text = re.sub(r'"(\w+)"\s*:', r"\1:", _seen(text).strip().strip("[](){}"))
    drawn = re.match(r"(?i)point\s*z?\s*\(?\s*(.*)", text)
    text = (drawn.group(1) if drawn else text).strip("() ")
    labels = _LABELS.findall(text)
    text = _LABELS.sub(" ", text)
    halves = [h for h in re.split(r"[,;、|/\t，；\n]+", text) if h.strip()]
    if len(halves) == 3 and not any(_MARKED.search(h) for h in halves):
        halves = halves[:2]  # a height behind it
    if len(halves) == 1:
        halves = _halved(text)
    if len(halves) != 2:
        return None
    first, second = parse_angle(halves[0]), parse_angle(halves[1])
    if first is None or second is None:
        return None
    turned = bool(re.search(r"[北nN]", halves[0])) or bool(re.search(r"[东eE]", halves[1]))
    if turned or (len(labels) == 2 and labels[0].lower().startswith(("纬", "lat"))):
        first, second = second, first
    return first[0], second[0], first[1] or second[1]


def _seen(text: str) -> str:
    """Text in half-width characters, without those that cannot be seen."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def _halved(text: str) -> list[str]:
    """Two coordinates with nothing but blanks or a word between them."""
    behind = re.fullmatch(r"(\d[^A-Za-z东西南北]*[EWNSewns东西南北])\s*(\d.*)", text)
    if behind:
        return [behind.group(1), behind.group(2)]
    word = re.match(r"(.*?\d[^东西南北EWNSewns]*)([东西南北EWNSewns].*)", text)
    if word and len(_NUMBER.findall(word.group(2))) >= 1:
        first, second = word.group(1), word.group(2)
        if re.fullmatch(r"[EWNSewns]\s*", second[:1] + " ") and not _NUMBER.search(second[1:]):
            return text.split()
        return [first, second]
    pieces = text.split()
    return pieces if len(pieces) == 2 else []


def _dms_marks(text: str, parts: Sequence[str]) -> bool:
    """Whether several numbers are one angle: marks between them, or only blanks."""
    return bool(_MARKED.search(text)) or len(text.split()) == len(parts)


def _two(source: Source, east: str, north: str, named: bool) -> Places:
    x, x_minutes, x_bad = numbers_of(source.columns[east])
    y, y_minutes, y_bad = numbers_of(source.columns[north])
    bad: dict[int, str] = {}
    for place in np.flatnonzero(np.isnan(x) | np.isnan(y)).tolist():
        bad[place] = _why(source, place, ((east, x, x_bad), (north, y, y_bad)))
    return Places(x, y, x_minutes | y_minutes, named, bad, (east, north))


def _why(
    source: Source, place: int, columns: Sequence[tuple[str, Floats, npt.NDArray[np.bool_]]]
) -> str:
    for heading, _, unreadable in columns:
        if unreadable[place]:
            return (
                f"“{heading}”写作“{source.text(heading, place)}”,看不懂;"
                "写成 118.9512 或 118°57′04″ 这样"
            )
    empty = [heading for heading, values, _ in columns if np.isnan(values[place])]
    if len(empty) == len(columns):
        return f"没有坐标;补上{'、'.join(empty)}"
    return f"缺{'、'.join(empty)};补上后可再导入"


def numbers_of(cells: Cells) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return values, which were in 度分秒, and which could not be read."""
    none = np.zeros(len(cells), dtype=bool)
    if cells.dtype != object:
        values = cells.astype(float)
        return np.where(np.isfinite(values), values, np.nan), none, none
    values = plain_numbers(cells)
    values[~np.isfinite(values)] = np.nan
    minutes, unreadable = none.copy(), none.copy()
    for place in np.flatnonzero(np.isnan(values)).tolist():
        text = cell_text(cells[place]).strip()
        if not text or is_blank(text):
            continue
        found = parse_angle(text)
        if found is None:
            unreadable[place] = True
        else:
            values[place], minutes[place] = found
    return values, minutes, unreadable


def _one(source: Source, heading: str) -> Places:
    cells = source.columns[heading]
    x, y = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    minutes = np.zeros(len(cells), dtype=bool)
    bad: dict[int, str] = {}
    for place, cell in enumerate(cells):
        text = cell_text(cell).strip()
        found = parse_pair(text) if text else None
        if found is not None:
            x[place], y[place], minutes[place] = found
        elif text:
            bad[place] = (
                f"“{heading}”写作“{text[:40]}”,看不懂;写成 118.9512,42.2694 这样(先经度后纬度)"
            )
        else:
            bad[place] = f"没有坐标;补上“{heading}”"
    return Places(x, y, minutes, False, bad, (heading,))


def _drawn(source: Source, heading: str) -> Places:
    cells = source.columns[heading]
    shapes = np.full(len(cells), None, dtype=object)
    bad: dict[int, str] = {}
    for place, cell in enumerate(cells):
        text = re.sub(r"^SRID=\d+;", "", cell_text(cell).strip())
        try:
            if text:
                hexed = re.fullmatch(r"[0-9A-Fa-f]{18,}", text)
                shapes[place] = shapely.from_wkb(text) if hexed else shapely.from_wkt(text)
            else:
                bad[place] = f"没有图形;补上“{heading}”"
        except shapely.errors.GEOSException:
            bad[place] = f"“{heading}”不是完整的 WKT 图形"
    empty = np.zeros(len(cells), dtype=bool)
    nothing = np.full(len(cells), np.nan)
    return Places(nothing, nothing.copy(), empty, False, bad, (heading,), shapes)
