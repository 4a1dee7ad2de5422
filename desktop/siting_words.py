"""What an answer of the siting panel is worth and how sure it is, in words. No Qt here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from desktop.words import number

if TYPE_CHECKING:
    from desktop.siting import Wish
    from maps.analysis.siting import Siting, Step


class News:
    """The latest moment of a running search; written by its thread, read by the window.

    ``enough``: the window wants the best found so far; read by the search.
    """

    def __init__(self) -> None:
        self.step: Step | None = None
        self.people: float | None = None
        self.enough = False

    def stop(self) -> bool:
        return self.enough

    def __call__(self, step: Step) -> None:
        self.step = step


def searching(news: News, wish: Wish, by_time: bool) -> str:
    """The best so far and what is proven, while a search runs; "" before there is any."""
    step = news.step
    if step is None:
        return ""
    best, bound = (worth(v, wish, news.people, by_time) for v in (step.objective, step.bound))
    word = "上限" if wish.model in ("mclp", "backup", "equity") else "下限"
    return f"已找到 {best},{word} {bound}"


def worth(value: float, wish: Wish, total: float | None, by_time: bool) -> str:
    """An objective in words: a share of the people, sites, a mean or a longest way."""
    if not np.isfinite(value):
        return "未定"
    if wish.model == "lscp":
        return f"{value:,.0f} 处"
    if wish.model == "equity":
        return f"{value:.1%}"
    if wish.model in ("mclp", "backup"):
        return f"{value / total:.1%}" if total else f"{value:,.0f} 人"
    if wish.model == "pmedian":
        if not total:
            return "未定"
        value = value / total
    return f"{value:,.1f} 分钟" if by_time else f"{value / 1000:,.1f} km"


def standing_of(siting: Siting, wish: Wish, total: float, by_time: bool) -> str:
    """The status in words: “已证明最优”, or how much better the best could be at most."""
    if siting.status == "optimal":
        return "已证明最优"
    gap = abs(siting.bound - siting.objective)
    if not np.isfinite(gap):
        return "未证完,离最优多远还不知道"
    if wish.model == "lscp":
        return f"未证完,最多还能少 {int(np.floor(gap + 1e-9))} 处"
    if wish.model in ("mclp", "backup"):
        return f"未证完,最多还能多 {gap / total:.1%}" if total else "未证完"
    if wish.model == "equity":
        return f"未证完,最多还能高 {gap * 100:.1f} 个百分点"
    less = worth(gap, wish, total, by_time)
    return f"未证完,最多还能短 {less}"


def range_words(name: str, value: float, by_time: bool) -> str:
    """“市级 80 km”."""
    return f"{name} {number(value)} 分钟" if by_time else f"{name} {number(value / 1000)} km"
