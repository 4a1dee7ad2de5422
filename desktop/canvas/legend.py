"""What the colours on the map mean: small keys in its corner."""

from typing import Any, NamedTuple

from data.plan import Plan
from desktop.canvas.content import has
from desktop.canvas.density import Density, density, ramp
from maps.drawing import style


class Block(NamedTuple):
    """A heading and its rows of colour and words."""

    title: str
    rows: list[tuple[str, str]]


def entries(plan: Plan, result: Any, theme: style.Theme) -> list[Block]:
    """The keys of what is on the map now."""
    out = []
    for layer in plan.of_kind("population"):
        # A density that is not worked out yet is on no picture either: no key for it.
        if layer.look.visible and len(layer) and has(layer, "density"):
            out.append(_people(density(layer), theme))
    if result is not None:
        out.append(_reached(theme))
    return out


def _people(found: Density, theme: style.Theme) -> Block:
    low = [0.0, *found.breaks]
    words = [f"{a:,g}–{b:,g}" for a, b in zip(low[:-1], low[1:], strict=True)]
    words[0] = f"不足 {found.breaks[0]:,g}"
    words.append(f"{found.breaks[-1]:,g} 以上")
    basis = f"({found.basis})" if found.basis else ""
    rows = list(zip(ramp(theme), words, strict=True))
    return Block(f"人口密度 人/km²{basis}", rows)


def _reached(theme: style.Theme) -> Block:
    rows = [
        (style.mixed(style.COVERED, theme.district, style.COVERED_OPACITY[n]), words)
        for n, words in ((1, "1 个设施可达"), (2, "2 个"), (3, "3 个及以上"))
    ]
    return Block("覆盖", [*rows, (style.UNREACHED, "未覆盖的人口")])
