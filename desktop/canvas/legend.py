"""What the colours on the map mean: small keys in its corner."""

from itertools import pairwise
from typing import Any, NamedTuple

from data.plan import Plan
from desktop.canvas.content import has
from desktop.canvas.density import Density, density, ramp
from desktop.canvas.reach import CHANGES, UNREACHED_OPACITY, is_difference, strength
from maps.drawing import style


class Block(NamedTuple):
    """A heading, what it stands on, and rows of colour and words."""

    title: str
    basis: str
    rows: tuple[tuple[str, str], ...]


def entries(plan: Plan, coverage: Any, theme: style.Theme) -> tuple[Block, ...]:
    """The keys of what is on the map now."""
    if coverage is not None:
        return _reached(coverage, theme)
    # A density that is not worked out yet is on no picture either: no key for it.
    layers = [x for x in plan.of_kind("population") if x.look.visible and has(x, "density")]
    return tuple(
        Block("人口密度(人/km²)", x.basis, _classes(density(x), ramp(theme)))
        for x in layers
        if len(x)
    )


def _classes(found: Density, colors: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    breaks = found.breaks
    words = [f"{a:,g}–{b:,g}" for a, b in pairwise(breaks)]
    words = [f"不足 {breaks[0]:,g}", *words, f"{breaks[-1]:,g} 及以上"]
    return tuple(zip(colors, words, strict=True))


def _way(ask: Any) -> str:
    """How “reached” is measured; a straight line is never called travel time."""
    from maps.analysis.timecover import MEASURES, TimeAsk  # not before there is an answer

    if not isinstance(ask, TimeAsk):
        return "按直线距离"
    return f"{MEASURES[ask.measure]} {ask.minutes:g} 分钟"


def _reached(coverage: Any, theme: style.Theme) -> tuple[Block, ...]:
    dim = strength(theme)
    if is_difference(coverage):
        keys = tuple(
            (style.mixed(color, theme.district, share * dim), words)
            for color, share, words in CHANGES
        )
        title = f"与“{coverage.before.plan.name}”的差异"
        return (Block(title, _way(coverage.after.ask), keys),)
    rows = tuple(
        (style.mixed(style.COVERED, theme.district, style.COVERED_OPACITY[n] * dim), words)
        for n, words in ((1, "1 个设施可达"), (2, "2 个"), (3, "3 个及以上"))
    )
    out = [Block("覆盖次数", _way(coverage.ask), rows)]
    people = coverage.demand.layer
    if people is not None and has(people, "density"):
        colors = tuple(
            style.mixed(style.UNREACHED, theme.district, share * dim)
            for share in UNREACHED_OPACITY[1:]
        )
        out.append(Block("未覆盖人口(人/km²)", people.basis, _classes(density(people), colors)))
    return tuple(out)
