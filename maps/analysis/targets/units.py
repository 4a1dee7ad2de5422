"""Units and comparisons of rules: what is measured in what, and when a number is enough."""

import re
from dataclasses import dataclass
from typing import Literal

Dimension = Literal["数", "长度", "面积", "时间", "占比", "人均面积"]

BASE: dict[Dimension, str] = {
    "数": "个",
    "长度": "m",
    "面积": "㎡",
    "时间": "分钟",
    "占比": "%",
    "人均面积": "㎡/人",
}
"""The unit in which checks measure."""

_SIZES: dict[str, tuple[Dimension, float]] = {
    "m": ("长度", 1),
    "米": ("长度", 1),
    "km": ("长度", 1000),
    "公里": ("长度", 1000),
    "千米": ("长度", 1000),
    "㎡": ("面积", 1),
    "m2": ("面积", 1),
    "m²": ("面积", 1),
    "平方米": ("面积", 1),
    "亩": ("面积", 2000 / 3),
    "公顷": ("面积", 10_000),
    "hm²": ("面积", 10_000),
    "km2": ("面积", 1_000_000),
    "km²": ("面积", 1_000_000),
    "平方公里": ("面积", 1_000_000),
    "平方千米": ("面积", 1_000_000),
    "min": ("时间", 1),
    "分钟": ("时间", 1),
    "h": ("时间", 60),
    "小时": ("时间", 60),
    "天": ("时间", 1440),
    "%": ("占比", 1),
    "‰": ("占比", 0.1),
    "㎡/人": ("人均面积", 1),
}
_COUNTED = (
    "个 处 座 支 套 张 辆 台 部 件 名 家 条 项 级 类 片 块 顶 床 栋 起 次 份 区 站 队 人 所 口 眼 "
    "根 艘 架 幅 倍 街道 社区 村 旗县区 县市区 乡镇 网格 人次 场 遍 篇 图 色 套图 类图"
)
_SIZES |= dict.fromkeys(_COUNTED.split(), ("数", 1.0))
_TENS = re.compile(r"^(万|亿)(.+)$")


@dataclass(frozen=True)
class Unit:
    """A unit: what is written, what it measures, and how many base units it is."""

    name: str
    dimension: Dimension
    size: float

    def from_base(self, value: float) -> float:
        return value / self.size

    def to_base(self, value: float) -> float:
        return value * self.size


def unit(name: str) -> Unit | None:
    """The unit called ``name``, with 万 and 亿 before it allowed; None for an unknown one."""
    tens = _TENS.match(name)
    if name in _SIZES:
        return Unit(name, *_SIZES[name])
    if tens and tens[2] in _SIZES:
        dimension, size = _SIZES[tens[2]]
        return Unit(name, dimension, size * (1e4 if tens[1] == "万" else 1e8))
    return None


def names(dimensions: tuple[Dimension, ...]) -> str:
    """The usual units of some dimensions, for messages."""
    few = {
        "数": "个、处、座、支、辆、人、万人",
        "长度": "m、km",
        "面积": "㎡、万㎡、亩、公顷、km²",
        "时间": "分钟、小时、天",
        "占比": "%、‰",
        "人均面积": "㎡/人",
    }
    return "、".join(few[d] for d in dimensions)


COMPARISONS = ("等于", "不少于", "不超过", "多于", "少于", "约", "介于", "变化")
"""How a measured number is held against the rule's; “变化” is for indicators only: relative
to the baseline in percent, a negative number asks for at least that decrease."""

ABOUT = 0.10
"""“约” is met within a tenth; the text gives no tolerance, so the share is our reading."""

Threshold = float | tuple[float, float]

_SLACK = 1e-9


def bounds(comparison: str, threshold: Threshold) -> tuple[float, float, bool, bool]:
    """Lowest and highest number that meets a comparison, and whether each end itself does."""
    inf = float("inf")
    if isinstance(threshold, tuple):
        return threshold[0], threshold[1], True, True
    about = abs(threshold) * ABOUT
    return {
        "等于": (threshold, threshold, True, True),
        "不少于": (threshold, inf, True, False),
        "不超过": (-inf, threshold, False, True),
        "多于": (threshold, inf, False, False),
        "少于": (-inf, threshold, False, False),
        "约": (threshold - about, threshold + about, True, True),
    }[comparison]


def meets(value: float, comparison: str, threshold: Threshold) -> bool:
    """Whether ``value`` is enough; equal to a billionth counts as equal."""
    low, high, with_low, with_high = bounds(comparison, threshold)
    inf = float("inf")
    # An endless value must not make the slack endless: it would be equal to anything.
    slack = _SLACK * max(abs(value), 1.0) if abs(value) != inf else _SLACK
    above = value >= low - slack if with_low else value > low + slack
    below = value <= high + slack if with_high else value < high - slack
    return (above or low == -inf) and (below or high == inf)


def certain(low: float, high: float, comparison: str, threshold: Threshold) -> bool | None:
    """Whether every number from ``low`` to ``high`` meets it (True), none (False), or some (None).

    For values known only between two bounds, as when attributes are missing.
    """
    if meets(low, comparison, threshold) and meets(high, comparison, threshold):
        return True
    need_low, need_high, with_low, with_high = bounds(comparison, threshold)
    slack = _SLACK * max(abs(low), abs(high) if high != float("inf") else 0.0, 1.0)
    under = high < need_low - slack or (not with_low and high <= need_low + slack)
    over = low > need_high + slack or (not with_high and low >= need_high - slack)
    return False if under or over else None


def spoken(comparison: str, threshold: Threshold, unit_name: str) -> str:
    """The requirement in words: “不少于 5,000 ㎡”."""
    if isinstance(threshold, tuple):
        return f"{number(threshold[0])}—{number(threshold[1])} {unit_name}".strip()
    if comparison == "变化":
        word = "下降" if threshold < 0 else "提高"
        return f"{word} {number(abs(threshold))} {unit_name} 以上".strip()
    return f"{comparison} {number(threshold)} {unit_name}".strip()


def number(value: float) -> str:
    """A number as people read it: thousands separated, at most two decimals, no empty ones;
    below one, three figures."""
    if value == float("inf"):
        return "无穷大"
    if 0.001 <= abs(value) < 1:
        return f"{value:.3g}"
    places = 0 if abs(value) >= 1e5 or value == round(value) else 2
    text = f"{value:,.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.3g}" if text in ("0", "-0") and value else text
