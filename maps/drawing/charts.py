"""Charts of results, in one style: for reports, and for the window.

Each chart keeps the numbers it draws (``rows``), so that a table beside it and a test see
the same. A number nobody knows is left out of the drawing and said in words, never 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from data.kinds import kind
from data.refused import Refused
from maps.analysis.coverage import Coverage, Reached
from maps.drawing import fonts, style
from maps.drawing.saving import CREATOR
from maps.drawing.style import LIGHT

WIDTH, HEIGHT = 150.0, 84.0
"""Size in mm of a chart in a column of text."""

_NARROW = 100.0
"""A chart less wide (mm) has shorter names under its bars."""

_BAR, _TRACK, _BEFORE = style.COVERED, "#e9ecee", "#a9b4bc"
_SIZE, _SMALL, _HEAD = 8.0, 6.5, 9.5


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn chart. ``rows``: what is drawn, a name and its numbers (None: unknown)."""

    title: str
    figure: Figure
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]

    def png(self, dpi: int = 200) -> bytes:
        """Return the chart as a PNG picture."""
        out = BytesIO()
        FigureCanvasAgg(self.figure).print_figure(
            out, format="png", dpi=dpi, metadata={"Software": CREATOR, "Title": self.title}
        )
        return out.getvalue()

    def svg(self) -> bytes:
        """Return the chart as SVG."""
        out = BytesIO()
        about = {"Title": self.title, "Creator": CREATOR, "Date": None}
        FigureCanvasSVG(self.figure).print_figure(out, format="svg", metadata=about)
        return out.getvalue()


def curve(
    points: Sequence[tuple[int, float]],
    *,
    knee: int | None = None,
    what: str = "储备库",
    basis: str = "",
    width: float = WIDTH,
) -> Chart:
    """Return the coverage curve: share of people reached (0–1) by the number of sites.

    ``points`` rise in their number. ``knee``: the number after which more sites bring little.
    Raises Refused without points.
    """
    if not points:
        raise Refused("曲线上没有点,请先计算曲线。")
    title = f"新增{what}数量与覆盖人口比例"
    figure, axes = _axes(title, basis, width, HEIGHT)
    x, y = np.array(points, dtype=float).T
    axes.plot(x, 100 * y, color=_BAR, lw=1.6, marker="o", ms=3.2, clip_on=False)
    axes.set_ylim(min(80.0, np.floor(10 * y.min()) * 10), 100.0)
    axes.set_xlim(min(x.min(), 0.0) if x.min() == 0 else x.min() - 0.3, x.max() + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}%"))
    _label(axes, "新增处数(处)", "覆盖人口比例")
    axes.grid(axis="y", color=_TRACK, lw=0.6)
    if knee is not None and knee in x:
        share = float(y[list(x).index(knee)])
        axes.plot([knee], [100 * share], "o", ms=7.5, mfc="none", mec=style.LOST, mew=1.3)
        words = f"{knee} 处,{share:.1%}\n再多收益明显变小"
        axes.annotate(
            words,
            (knee, 100 * share),
            xytext=(8, -10),
            textcoords="offset points",
            va="top",
            color=LIGHT.text,
            **_font(_SMALL),
        )
    return Chart(title, figure, tuple((f"{p}", (s,)) for p, s in points))


def distance_bands(result: Coverage, edges: Sequence[float] = ()) -> tuple[float, ...]:
    """Return bounds in metres of the bands: those given, else five up to the largest radius."""
    if edges:
        return tuple(sorted(edges))
    top = float(result.sites.radius.max())
    return tuple(top * i / 5 for i in range(1, 6))


def by_distance(result: Coverage, edges: Sequence[float] = (), width: float = WIDTH) -> Chart:
    """Return people by the true straight-line distance to the nearest facility that reaches them.

    ``edges`` in metres, rising, none beyond the facilities' radius; the last bar is everybody
    further away. Raises Refused when the plan has no people.
    """
    if result.demand.layer is None:
        raise Refused("规划里没有人口图层,画不了人口按距离的分布。请先添加人口。")
    bounds = distance_bands(result, edges)
    near = result.nearest()
    inside = result.demand.district < max(1, len(result.demand.districts))
    persons = result.demand.persons * inside
    held = [float(persons[(near > a) & (near <= b)].sum()) for a, b in pairwise((-1.0, *bounds))]
    held.append(float(persons[near > bounds[-1]].sum()))
    names = [f"{a / 1000:g}–{b / 1000:g}" for a, b in pairwise((0.0, *bounds))]
    names.append(f"{bounds[-1] / 1000:g} 以外")
    title = f"人口按到最近{kind(result.ask.of).title}距离的分布"
    figure, axes = _axes(title, result.basis, width, HEIGHT)
    colors = [_BAR] * len(bounds) + [style.UNREACHED]
    axes.bar(range(len(held)), [h / 1e4 for h in held], width=0.62, color=colors)
    short = [f"≤{b / 1000:g}" for b in bounds] + [f">{bounds[-1] / 1000:g}"]
    axes.set_xticks(range(len(held)), short if width < _NARROW else names)
    top = max(max(held) / 1e4, 1e-9)
    axes.set_ylim(0, top * 1.16)
    whole = sum(held)
    for i, n in enumerate(held):
        share = f"\n{n / whole:.1%}" if whole else ""
        words = f"{n / 1e4:,.1f}{share}"
        axes.text(i, n / 1e4 + top * 0.015, words, ha="center", va="bottom", **_font(_SMALL))
    _label(axes, "到最近一处的直线距离(km)", "人口(万人)")
    axes.set_yticks([])
    return Chart(title, figure, tuple((n, (h,)) for n, h in zip(names, held, strict=True)))


def by_district(result: Coverage, width: float = WIDTH) -> Chart:
    """Return the share of people reached in every district, the highest first."""
    rows = sorted(_known(result), key=lambda row: -(row.share or 0.0))
    return _shares(
        f"各区县{kind(result.ask.of).title}覆盖人口比例",
        [(row.name, (row.share,)) for row in rows] + _unknown(result, 1),
        result,
        (),
        width,
    )


def before_after(
    before: Coverage,
    after: Coverage,
    names: tuple[str, str] = ("现状", "规划实施后"),
    width: float = WIDTH,
) -> Chart:
    """Return both shares of every district, the largest gain first.

    Raises Refused when the two do not count the same districts.
    """
    then = {row.name: row for row in before.by_district or (before.whole,)}
    now = {row.name: row for row in after.by_district or (after.whole,)}
    if set(then) != set(now):
        raise Refused("两个结果的行政区不同,不能前后对照。")
    pairs = [(name, (then[name].share, now[name].share)) for name in now]
    pairs.sort(key=lambda p: -((p[1][1] or 0.0) - (p[1][0] or 0.0)))
    title = f"{kind(after.ask.of).title}覆盖人口比例:{names[0]}与{names[1]}"
    return _shares(title, pairs, after, names, width)


def _known(result: Coverage) -> list[Reached]:
    return [row for row in result.by_district or (result.whole,) if row.share is not None]


def _unknown(result: Coverage, size: int) -> list[tuple[str, tuple[float | None, ...]]]:
    nothing: tuple[float | None, ...] = (None,) * size
    rows = result.by_district or (result.whole,)
    return [(row.name, nothing) for row in rows if row.share is None]


def _shares(
    title: str,
    rows: Sequence[tuple[str, tuple[float | None, ...]]],
    result: Coverage,
    names: Sequence[str],
    width: float,
) -> Chart:
    """Draw one or two bars a row, each with its share; “未知” where nobody knows."""
    each = len(rows[0][1])
    pitch = 6.2 if each == 1 else 8.6
    head = 8.0 + 5.0 * each
    figure, axes = _axes(title, result.basis, width, 15.0 + head + pitch * len(rows), head)
    tall = 0.62 / each
    colors = [_BAR] if each == 1 else [_BEFORE, _BAR]
    for i, (_, shares) in enumerate(rows):
        for k, share in enumerate(shares):
            y = i + (k - (each - 1) / 2) * tall
            axes.barh(y, 100.0, tall * 0.86, color=_TRACK, lw=0)
            if share is not None:
                axes.barh(y, 100 * share, tall * 0.86, color=colors[k], lw=0)
            words = "未知" if share is None else f"{share:.1%}"
            axes.text(101.0, y, words, va="center", **_font(_SMALL))
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 108)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25%", "50%", "75%", "100%"])
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_fontproperties(_font(_SIZE)["fontproperties"])
    axes.spines[["left", "bottom"]].set_visible(False)
    for k, name in enumerate(names):
        axes.barh([0], [0], color=colors[k], label=name)
    if names:
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=2,
            frameon=False,
            handlelength=1.2,
            prop=_font(_SIZE)["fontproperties"],
        )
    return Chart(title, figure, tuple(rows))


def _axes(
    title: str, basis: str, width: float, height: float, head: float = 12.0
) -> tuple[Figure, Axes]:
    """Return a figure of ``width`` × ``height`` mm with its title, basis and calm axes.

    ``head``: mm kept for the title and a legend below it.
    """
    figure = Figure(figsize=(width / 25.4, height / 25.4), facecolor="white", dpi=100)
    figure.text(0.5, 1 - 4.2 / height, title, ha="center", va="center", **_font(_HEAD, True))
    if basis:
        where = 1 - 3.0 / width
        words = f"人口口径:{basis}"
        figure.text(where, 2.6 / height, words, ha="right", color=LIGHT.muted, **_font(_SMALL))
    left, right, low = 24.0, 10.0, 15.0
    axes = figure.add_axes(
        (left / width, low / height, 1 - (left + right) / width, 1 - (low + head) / height)
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LIGHT.boundary)
    axes.tick_params(length=0, pad=4, colors=LIGHT.text)
    axes.set_axisbelow(True)
    return figure, axes


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, color=LIGHT.muted, **_font(_SIZE))
    axes.set_ylabel(y, color=LIGHT.muted, **_font(_SIZE))
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_fontproperties(_font(_SIZE)["fontproperties"])


def _font(points: float, bold: bool = False) -> dict[str, Any]:
    regular, heavy = fonts.register_matplotlib()
    own = (heavy if bold else regular).copy()
    own.set_size(points)
    return {"fontproperties": own}
