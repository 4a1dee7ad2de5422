"""Numbers as offices write them: “约3.2万”, “1,200㎡”, “一千二百人”, “15亩”, “3 万㎡”.

A number is what stands, times the 万/千/亿 behind it, in the unit behind that; a unit in the
column's heading counts when the cell has none. What is not one number (“2000–3000”) is
refused, not guessed; “未知”, “—”, “无数据” are missing values, not zeros.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from data.kinds import is_missing
from data.pieces import in_pieces

MISSING = frozenset(
    word
    for line in (
        "未知 不详 不明 不清楚 暂无 暂无数据 暂缺 缺 缺失 待定 待核 待补 待统计 无",
        "无数据 无资料 无统计 未统计 未填 未填报 未提供 未测 尚未统计",
        "- -- --- — —— – / \\ * ? n/a na nan null none nil #n/a #value! #ref! #div/0! #name?",
    )
    for word in line.split()
)
"""Texts that stand for “not known” in a column of numbers, in lower case."""

_UNITS = {
    "㎡": {
        "㎡": 1.0,
        "m2": 1.0,
        "m²": 1.0,
        "平方米": 1.0,
        "平米": 1.0,
        "平方": 1.0,
        "平": 1.0,
        "sqm": 1.0,
        "亩": 10000 / 15,
        "公顷": 1e4,
        "ha": 1e4,
        "hm2": 1e4,
        "hm²": 1e4,
        "km2": 1e6,
        "km²": 1e6,
        "平方千米": 1e6,
        "平方公里": 1e6,
    },
    "km²": {
        "km2": 1.0,
        "km²": 1.0,
        "平方千米": 1.0,
        "平方公里": 1.0,
        "公顷": 0.01,
        "ha": 0.01,
        "hm2": 0.01,
        "亩": 1 / 1500,
        "㎡": 1e-6,
        "m2": 1e-6,
        "m²": 1e-6,
        "平方米": 1e-6,
    },
    "m": {"m": 1.0, "米": 1.0, "公尺": 1.0, "km": 1e3, "公里": 1e3, "千米": 1e3, "cm": 0.01},
    "km": {"km": 1.0, "公里": 1.0, "千米": 1.0, "m": 1e-3, "米": 1e-3, "里": 0.5, "华里": 0.5},
    "km/h": {"km/h": 1.0, "公里/小时": 1.0, "千米/小时": 1.0, "公里/时": 1.0, "kmh": 1.0},
    "人": dict.fromkeys(("人", "名", "位", "口", "人次", "ren", "persons", "people"), 1.0),
    "辆": dict.fromkeys(("辆", "台", "部", "辆车", "台车", "部车", "辆消防车", "台消防车"), 1.0),
    "张": dict.fromkeys(("张", "床", "个", "张床"), 1.0),
    "": {"年": 1.0, "%": 0.01, "％": 0.01},
}
_TIMES = {"十": 10.0, "百": 100.0, "千": 1e3, "万": 1e4, "萬": 1e4, "百万": 1e6, "千万": 1e7}
_TIMES |= {"亿": 1e8, "億": 1e8, "k": 1e3, "w": 1e4}

_ABOUT = re.compile(
    r"^(大约|大概|近约|约为|约|近|将近|共计|共|合计|总计|计|为|~|≈|≥|>=|>|不少于|不低于|至少|超过|多于|逾)+"
)
_AFTER = re.compile(r"(左右|上下|以上|多|余|有余|许|\+|\(.*\)|[。;,])+$")
_ARABIC = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_SIMPLE = str.maketrans("約萬億餘兩畝頃將", "约万亿余两亩顷将")
_MORE = ("余", "多", "餘")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_DIGITS |= {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
_STEPS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}
_HAN = re.compile("[" + "".join([*_DIGITS, *_STEPS, *_BIG]) + "]+")
_MIXED = re.compile(r"(?:\d+(?:\.\d+)?[十百千万亿]){2,}\d*|\d+[百千万亿]\d+")
"""“3万2千”, “1千2百”, “1万5”: figures and steps by turns."""


@dataclass(frozen=True)
class Number:
    """What a cell says. ``about``: it was written as approximate (“约”, “余”)."""

    value: float
    about: bool = False
    unit: str = ""


def is_unit(text: str) -> bool:
    """True for a text that is only a unit: “亩”, “(万人)”, “单位:㎡”."""
    bare = unicodedata.normalize("NFKC", text).replace("单位", "").strip(" ()[]【】〔〕:").lower()
    return bool(bare) and any(_factor(bare, unit) is not None for unit in _UNITS)


def is_blank(value: Any) -> bool:
    """True for a missing value, also one written in words (“未知”, “—”)."""
    return is_missing(value) or (isinstance(value, str) and value.strip().lower() in MISSING)


def plain_numbers(cells: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """What is a number as it stands, NaN for the rest."""
    import pandas as pd  # the process that reads files does without it

    return in_pieces(
        lambda some: np.array(pd.to_numeric(pd.Series(some), errors="coerce"), np.float64), cells
    )


def parse_number(value: Any, unit: str = "", heading_unit: str = "") -> Number | None:
    """Return the number in a cell in ``unit`` (as ``data.kinds`` writes units).

    ``heading_unit``: the unit the column's heading gives (“亩”, “万人”), used when the
    cell has none of its own. None when the cell is not one number in such a unit.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        factor = _factor(heading_unit, unit)
        return None if factor is None else Number(_clean(value * factor))
    text = unicodedata.normalize("NFKC", str(value)).strip().replace(" ", "").replace("'", "")
    text = text.replace("，", ",").replace("m²", "m2").replace("平方公尺", "平方米")
    text = text.translate(_SIMPLE)
    bare = _ABOUT.sub("", text)
    about = bare != text
    number, rest = _leading(bare)
    if number is None:
        return None
    trimmed = _AFTER.sub("", rest)
    loose = re.sub(r"[多余餘]", "", trimmed)
    about = about or trimmed != rest or loose != trimmed
    if loose in _TIMES or not loose:
        # “3.2万” under a heading in 亩: the 万 belongs to the number, the unit to the heading;
        # under one in 万人 it is that 万 once more.
        factor = _factor(_stepless(heading_unit, bare), unit)
        factor = None if factor is None else factor * _TIMES.get(loose, 1.0)
    else:
        factor = _factor(loose, unit)
    return None if factor is None else Number(_clean(number * factor), about, loose)


def heading_unit(heading: str, unit: str) -> str:
    """Return the unit a column heading names for a quantity measured in ``unit``, or "".

    “占地面积(亩)”, “面积_公顷”, “人口(万人)”, “面积 万㎡”.
    """
    text = unicodedata.normalize("NFKC", heading).strip()
    inside = re.findall(r"[(\[【〔:/]\s*(?:单位[::]?)?\s*([^()\[\]【】〔〕]+?)\s*[)\]】〕]?$", text)
    tails = inside + re.split(r"[_\s\-]+", text)[1:]
    known = sorted(_UNITS.get(unit, {}), key=len, reverse=True)
    for tail in tails:
        if tail and _factor(tail, unit) is not None:
            return tail
    for name in known:  # “面积亩”, without any mark
        for times in ("百万", "千万", "万", "千", ""):
            if len(times + name) > 1 and text.endswith(times + name) and text != times + name:
                return times + name
    if unit and not inside and text.endswith("亩") and "亩" in _UNITS.get(unit, {}):
        return "亩"
    return ""


def _factor(written: str, unit: str) -> float | None:
    """How many ``unit`` one of the written unit is (“万㎡” → 10 000 ㎡); "" is the unit itself."""
    written = unicodedata.normalize("NFKC", written).strip().lower()
    if not written:
        return 1.0
    known = _UNITS.get(unit, {unit.lower(): 1.0} if unit else _UNITS[""])
    if written in known or written == unit.lower():
        return known.get(written, 1.0)
    for times in ("百万", "千万", "万", "萬", "千", "百", "亿", "億"):
        if written.startswith(times):
            rest = written[len(times) :]
            if not rest:
                return _TIMES[times]
            if rest in known or rest == unit.lower():
                return _TIMES[times] * known.get(rest, 1.0)
    normal = unicodedata.normalize("NFKC", unit).lower()
    return 1.0 if written == normal else None


def _stepless(written: str, cell: str) -> str:
    """A heading's unit (“万人”) without its 万, when the cell says it (“3.2万”, “三万”)."""
    times = re.match(r"(百万|千万|[百千万萬亿億])", written)
    steps = [_TIMES.get(c, 0.0) for c in cell if c in "百千万萬亿億"]
    figures = any(c.isdigit() for c in cell)  # “一百二十” under 万人 says no 万
    if times and steps and (figures or max(steps) >= _TIMES[times[0]]):
        return written[times.end() :]
    return written


def _leading(text: str) -> tuple[float | None, str]:
    """Return the number at the start of the text and what follows it."""
    mixed = _MIXED.match(text)
    if mixed:
        value = _by_turns(mixed.group())
        return (None, text) if value is None else (value, text[mixed.end() :])
    found = _ARABIC.match(text)
    if found and any(c.isdigit() for c in found.group().lower().partition("e")[0]):
        if found.end() < len(text) and text[found.end()] in ",.":
            follows = text[found.end() + 1 : found.end() + 2]
            if follows.isdigit():
                return None, text
        return float(found.group().replace(",", "")), text[found.end() :]
    han = _HAN.match(text)
    if han and (han.group() not in ("百", "千", "万", "亿") or text[han.end() :][:1] in _MORE):
        value = han_number(han.group())
        return (None, text) if value is None else (float(value), text[han.end() :])
    return None, text


def _by_turns(text: str) -> float | None:
    """The sum of “3万2千” (each step below the last), None for steps that do not fall.

    A single figure at the end counts tenths of the step before it, as in speech (“1万5”).
    """
    total, last = 0.0, 10.0**9
    for figure, step in re.findall(r"(\d+(?:\.\d+)?)([十百千万亿]?)", text):
        times = _TIMES[step] if step else last / 10 if len(figure) == 1 else 1.0
        if times >= last or float(figure) * times >= last:
            return None
        total, last = total + float(figure) * times, times
    return total


def han_number(text: str) -> int | None:
    """Return a whole number written in Chinese (“一千二百”, “三万五”, “二〇二五”), else None."""
    if not text or any(c not in _DIGITS and c not in _STEPS and c not in _BIG for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, section, digit, last = 0, 0, None, 1
    for c in text:
        if c in _DIGITS:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[c]
            last = 1 if c in "零〇" else last
        elif c in _STEPS:
            section += (1 if digit is None else digit) * _STEPS[c]
            digit, last = None, _STEPS[c]
        else:
            section += digit if digit is not None else int(section == total == 0)
            total = (total + section) * _BIG[c] if c == "亿" else total + section * _BIG[c]
            section, digit, last = 0, None, _BIG[c]
    # “三万五” is 35 000: a digit right behind a step counts tenths of that step.
    return total + section + (digit or 0) * (last // 10 if last > 1 else 1)


def _clean(value: float) -> float:
    """Return the value without the dust of a multiplication (3.2 × 10 000 is 32 000)."""
    near = round(value, 6)
    return near if abs(near - value) < 1e-7 * max(1.0, abs(value)) else value
