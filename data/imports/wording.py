"""The coordinate doctor's findings in words: the repair, how well it fits, what the numbers are."""

import numpy as np
import numpy.typing as npt

from data.imports.evidence import Rows
from data.imports.readings import ENCRYPTIONS, Reading
from data.plan import GEOGRAPHIC

Floats = npt.NDArray[np.float64]


def repair_words(reading: Reading, plain: Reading | None) -> str:
    """What a repair does to coordinates that were taken for ``plain``."""
    steps = []
    if plain is not None and plain.family == "声明" and reading.crs != plain.crs:
        steps.append(f"文件声明的坐标系“{plain.title}”不对,改按{reading.title}")
    elif (plain is None or reading.crs != plain.crs) and not (
        reading.crs == GEOGRAPHIC and (reading.swapped or reading.packed)
    ):
        steps.append(f"按{reading.title}换算")
    if reading.packed:
        steps.append("把连写的度分秒换算成度")
    if reading.swapped and reading.family != "高斯":
        steps.append("经度和纬度两列对调")
    elif reading.swapped:
        steps.append("X 是北、Y 是东,按此对调")
    if reading.encrypted:
        steps.append(f"由 {ENCRYPTIONS[reading.encrypted]} 换算到 CGCS2000")
    return ";".join(steps)


def fit_words(
    residuals: dict[str, Floats], scores: dict[str, tuple[Floats, Floats]], chosen: str
) -> tuple[str, ...]:
    """How far known places and surveyed roads are, as the file stands and as ``chosen``.

    ``residuals``: variant → metres to the places of the same name; ``scores``: variant →
    (how well these fit, metres of each line to the nearest road).
    """
    out = []
    far = residuals[""]
    if len(far):
        words = f"{len(far)} 个同名地点,原样相差中位数 {np.median(far):,.0f} 米"
        if chosen:
            words += f",换算后 {np.median(residuals[chosen]):,.0f} 米"
        out.append(words)
    off = scores[""][1]
    if len(off):
        words = f"{len(off)} 条线到最近的道路,原样中位数 {np.median(off):,.0f} 米"
        if chosen:
            words += f",换算后 {np.median(scores[chosen][1]):,.0f} 米"
        out.append(words)
    return tuple(out)


def sizes(rows: Rows) -> str:
    """The size of the numbers, for who has to find out what they are."""
    x, y = rows.x[np.isfinite(rows.x)], rows.y[np.isfinite(rows.y)]
    words = [f"{v:,.4f}" if abs(v) < 1000 else f"{v:,.0f}" for v in (np.median(x), np.median(y))]
    return f"两个坐标的大小约为 {words[0]} 和 {words[1]}"
