"""Longitude and latitude as people write them: decimal degrees or 度分秒.

118.9512   118°57′04.3″   东经118°57′   118 57 4.3   118度57分4.3秒   118.9512E
"""

import re

from data.refused import Refused

BOUNDS = {"经度": (73.0, 136.0), "纬度": (3.0, 54.0)}
"""Degrees inside which a place in China lies."""

_ABROAD = {"经度": "西Ww", "纬度": "南S"}
_OTHER = {"经度": "北纬Nn", "纬度": "东经Ee"}
"""What is said of a half of the earth without China, and of the other of the two angles."""

_MARKS = re.compile(r"[东西南北经纬EWNSewns度分秒°ºd′'’″\"”:\s]+")
_NUMBER = re.compile(r"\d+(\.\d+)?")


def parse_degrees(text: str, name: str) -> float:
    """Return the decimal degrees written in ``text``.

    ``name`` is “经度” or “纬度”. Raises Refused for what is no angle, minutes or
    seconds of 60 and more, a letter that says otherwise (W, or N in a 经度), and
    what does not lie in China.
    """
    written = text.strip()
    _check_letters(written, name)
    parts = [p for p in _MARKS.split(written.replace("，", " ").replace("．", ".")) if p]
    if not 1 <= len(parts) <= 3 or not all(_NUMBER.fullmatch(p) for p in parts):
        example = "118.9512 或 118°57′04″" if name == "经度" else "42.2694 或 42°16′10″"
        raise Refused(f"{name}要写成 {example} 这样,现在是“{written}”。")
    numbers = [float(p) for p in parts]
    if any(n >= 60 for n in numbers[1:]):
        raise Refused(f"{name}“{written}”里的分和秒都要小于 60。")
    if any(n != int(n) for n in numbers[:-1]):
        raise Refused(f"{name}“{written}”里只有最后一个数可以带小数。")
    value = sum(n / 60**i for i, n in enumerate(numbers))
    check_degrees(value, name)
    return value


def _check_letters(written: str, name: str) -> None:
    if any(letter in written for letter in _OTHER[name]):
        other = "纬度" if name == "经度" else "经度"
        raise Refused(f"{name}一栏填的“{written}”是{other},经度和纬度像是填反了。")
    if any(letter in written for letter in _ABROAD[name]):
        raise Refused(f"{name}“{written}”不在中国范围内:中国在东经、北纬。请检查有没有写错。")


def check_degrees(value: float, name: str) -> None:
    """Raise Refused unless a longitude (“经度”) or latitude (“纬度”) lies in China."""
    low, high = BOUNDS[name]
    if low <= value <= high:
        return
    other = "纬度" if name == "经度" else "经度"
    other_low, other_high = BOUNDS[other]
    hint = "经度和纬度像是填反了。" if other_low <= value <= other_high else "请检查有没有写错。"
    raise Refused(f"{name} {value:g}° 不在中国范围内({low:g}°–{high:g}°),{hint}")


def parse_pair(text: str) -> tuple[float, float] | None:
    """Return (longitude, latitude) when ``text`` holds both, e.g. pasted; None when it does not."""
    halves = [h for h in re.split(r"[,，;；\t]+", text.strip()) if h.strip()]
    if len(halves) == 1:
        halves = text.split()
    if len(halves) != 2:
        return None
    if any(letter in halves[0] for letter in _OTHER["经度"]):
        halves.reverse()  # “42.27N, 118.95E”: the letters say which is which
    try:
        return parse_degrees(halves[0], "经度"), parse_degrees(halves[1], "纬度")
    except Refused:
        return None


def in_minutes(value: float, name: str) -> str:
    """Return degrees as 118°57′04.3″E: tenths of a second are 3 m on the ground."""
    letter = "E" if name == "经度" else "N"
    tenths = round(abs(value) * 36000)
    minutes, tenth = divmod(tenths, 600)
    degrees, minute = divmod(minutes, 60)
    return f"{degrees}°{minute:02d}′{tenth / 10:04.1f}″{letter}"
