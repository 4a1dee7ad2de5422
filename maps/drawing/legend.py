"""The legend: what it lists, in its fixed order, and how it is drawn."""

from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.kinds import STATUSES, is_missing, kind
from maps.analysis.coverage import Coverage
from maps.drawing import lettering, samples, style, symbols
from maps.drawing.content import PLANNED, Content, Mark
from maps.drawing.paper import Box, Sheet
from maps.drawing.pen import Pen
from maps.drawing.samples import Sample
from maps.drawing.style import LIGHT, Stroke
from maps.drawing.subjects import Reach, sentences

_TITLES = {
    "depot": "储备库",
    "shelter": "避难场所",
    "rescue_team": "救援队伍",
    "monitor": "监测站",
}
"""Kinds whose class alone does not say what the thing is."""


@dataclass(frozen=True)
class Entry:
    """One line: its words and its picture (None: words alone, over the whole width)."""

    text: str
    sample: Sample | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Group:
    """A heading with its entries."""

    title: str
    entries: tuple[Entry, ...]


def groups(content: Content, page: Sheet) -> tuple[Group, ...]:
    """Return the legend of a map: 现状, 规划, 分析, 底图, each in the order of the style table."""
    found = {
        "现状": _marks(content, page, ("现状", "撤销")),
        "规划": _marks(content, page, PLANNED),
        "分析": _analysis(content),
        "底图": _base(content, page),
    }
    about = [Group("概况", tuple(Entry(words) for words in content.facts))]
    rest = [Group(t, tuple(found[t])) for t in style.LEGEND_GROUPS if found[t]]
    return (*(about if content.facts else []), *rest)


def _marks(content: Content, page: Sheet, statuses: tuple[str, ...]) -> list[Entry]:
    looks: dict[Key, Mark] = {}
    for mark in content.marks:
        if mark.kind != "settlement" and mark.status in statuses:
            key = _key(mark)
            looks.setdefault(key, mark)
    return [_mark_entry(looks[key], key[2], page) for key in sorted(looks, key=_order)]


Key = tuple[int, str, str, int, str]


def _key(mark: Mark) -> Key:
    class_ = mark.class_ if _told_by_class(mark) else ""
    place = style.LEGEND_KINDS.index(mark.kind)
    return (place, mark.level, class_, STATUSES.index(mark.status), mark.color)


def _told_by_class(mark: Mark) -> bool:
    scaled = any(k == mark.kind for k, _ in style.CLASS_SCALE)
    return bool(mark.class_) and (scaled or (mark.kind, mark.class_) in symbols.PICTURES)


def _order(key: Key) -> tuple[int, int, int, str, int, str]:
    place, level, class_, status, color = key
    danger = style.RISK_LEVELS.index(level) if level in style.RISK_LEVELS else 9
    of = kind(style.LEGEND_KINDS[place])
    column = of.column(of.class_column)
    choices = column.choices if column is not None else ()
    rank = choices.index(class_) if class_ in choices else len(choices)
    return (place, danger, rank, class_, status, color)


def _mark_entry(mark: Mark, class_: str, page: Sheet) -> Entry:
    of = kind(mark.kind)
    name = class_ + _TITLES.get(mark.kind, "") if class_ else of.title
    note = {"撤销": "(拟撤销)", "在建": "(在建)"}.get(mark.status, "")
    if mark.level:
        note = f"({mark.level}{'风险' if mark.level in style.RISK_LEVELS else ''}){note}"
    look = (mark.kind, mark.class_ if class_ else "", mark.status, False, mark.color)
    mm = style.symbol_mm(mark.kind, class_) * page.factor

    def sample(pen: Pen, box: Box) -> None:
        pen.symbols(symbols.symbol(*look), samples.middle(box), min(mm, box.height * 1.05))

    return Entry(name + note, sample)


def _analysis(content: Content) -> list[Entry]:
    out: list[Entry] = []
    subject = content.subject
    if subject.reach is not None:
        out += _covered(content, subject.reach)
    if subject.areas is not None:
        out.append(Entry("责任区(底色只作区分)", samples.ramp(list(style.STATION_TINTS[:3]))))
        if not subject.areas.left.is_empty:
            out.append(Entry("到不了", samples.swatch(LIGHT.canvas)))
    if subject.routes is not None:
        limit = f"{style.ROUTE_MINUTES:g} 分钟"
        out.append(Entry(f"疏散路线({limit}内)", samples.line(style.ROUTE)))
        if any(way.minutes > style.ROUTE_MINUTES for way in subject.routes.ways):
            out.append(Entry(f"疏散路线(超过 {limit})", samples.line(style.ROUTE_LONG)))
    out += [Entry(words) for words in sentences(subject)]
    for layer in content.people:
        if layer.cell > 0:
            values = pd.to_numeric(layer.column("人口"), errors="coerce")
            out += _population(values.to_numpy(float), layer.cell)
    return out + _kept(content) + _zones(content)


def _covered(content: Content, reach: Reach) -> list[Entry]:
    out: list[Entry] = []
    blind = content.template.subject == "blind"
    if blind:
        calm = style.mixed(style.REACHED_CALM.fill, LIGHT.district, style.REACHED_CALM.opacity)
        out.append(Entry("已覆盖", samples.swatch(calm)))
        dark = style.mixed(style.UNREACHED, LIGHT.district, style.UNREACHED_OPACITY[0])
        out.append(Entry("未覆盖(盲区)", samples.swatch(dark)))
    else:
        for n, share in style.COVERED_OPACITY.items():
            color = style.mixed(style.COVERED, LIGHT.district, share)
            words = f"{n} 处设施可达" if n < 3 else "3 处及以上可达"
            out.append(Entry(words, samples.swatch(color)))
    result = reach.result
    if result.demand.layer is not None:
        ramp = [style.mixed(style.UNREACHED, LIGHT.district, o) for o in _SHADES]
        out.append(Entry("未覆盖人口(少→多)", samples.ramp(ramp)))
    return out + [Entry(words) for words in (shortfall(result) if blind else headline(result))]


def _kept(content: Content) -> list[Entry]:
    """What was kept of answers by road: each layer by its name."""
    out, left = [], False
    for layer in content.answers:
        types = set(layer.column("类型").fillna("").astype(str))
        left |= style.LEFT_OUT in types
        if types != {style.LEFT_OUT}:
            limits = sorted({float(m) for m in layer.column("时限") if not is_missing(m)})
            words = f"({'、'.join(f'{m:g}' for m in limits)} 分钟)" if 0 < len(limits) < 5 else ""
            look = style.reach("", layer.look.color)
            out.append(Entry(layer.name + words, samples.area(look)))
    if left:
        out.append(Entry(style.LEFT_OUT, samples.area(style.reach(style.LEFT_OUT))))
    return out


def _zones(content: Content) -> list[Entry]:
    zones = {
        (str(t), str(v))
        for layer in content.zones
        for t, v in zip(
            layer.column("类型").fillna("灾害区"), layer.column("风险等级").fillna(""), strict=True
        )
    }
    levels = (*style.RISK_LEVELS, "")
    out = []
    for type_, level in sorted(
        zones, key=lambda z: (z[0], levels.index(z[1]) if z[1] in levels else 9)
    ):
        note = f"({level}风险)" if level else ""
        out.append(Entry(type_ + note, samples.area(style.hazard_zone(type_, level))))
    return out


def headline(result: Coverage) -> list[str]:
    """Return the coverage in a few short lines: how far, and what share is reached."""
    kilometres = sorted({float(r) / 1000 for r in result.sites.radius})
    out = [f"服务半径 {'、'.join(f'{k:g}' for k in kilometres)} km(直线距离)"]
    whole = result.whole
    if whole.people_covered is not None and whole.share is not None:
        out.append(f"覆盖人口 {whole.people_covered / 1e4:,.1f} 万人({whole.share:.1%})")
    elif result.demand.layer is not None:
        out.append("覆盖人口 未知(人口数据不全)")
    if whole.area_km2_covered is not None and whole.area_share is not None:
        out.append(f"覆盖面积 {whole.area_km2_covered:,.0f} km²({whole.area_share:.1%})")
    return out


def shortfall(result: Coverage) -> list[str]:
    """Return who and what is not reached, in a few short lines."""
    whole = result.whole
    out = []
    people, share = whole.people_uncovered, whole.share
    if people is not None and share is not None:
        out.append(f"盲区人口 {people / 1e4:,.1f} 万人({1 - share:.1%})")
    elif result.demand.layer is not None:
        out.append("盲区人口 未知(人口数据不全)")
    total, covered = whole.area_km2_total, whole.area_km2_covered
    if total is not None and covered is not None:
        out.append(f"盲区面积 {total - covered:,.0f} km²({(total - covered) / total:.1%})")
    return out


_SHADES = style.UNREACHED_OPACITY[::2]


def _population(values: npt.NDArray[np.float64], cell: float) -> list[Entry]:
    breaks = style.population_breaks(values)
    unit = "人/km²" if cell == 1000 else f"人/{cell:g} m 格"
    texts = [f"< {breaks[0]:,.0f}"]
    texts += [f"{a:,.0f}–{b:,.0f}" for a, b in pairwise(breaks)]
    texts.append(f"≥ {breaks[-1]:,.0f}")
    swatches = [
        Entry(t, samples.swatch(c)) for t, c in zip(texts, style.POPULATION_PAPER, strict=True)
    ]
    return [Entry(f"人口密度({unit})"), *swatches]


def _base(content: Content, page: Sheet) -> list[Entry]:
    out: list[Entry] = []
    settlements = {m.class_ for m in content.marks if m.kind == "settlement"}
    if "政府驻地" in settlements:
        out.append(_settlement("政府驻地", page))
    if settlements - {"政府驻地"}:
        out.append(_settlement("居民点", page))
    grades = {str(g) for layer in content.roads for g in layer.column("等级")}
    out += [Entry(g, samples.road(g)) for g in reversed(style.ROAD_ORDER) if g in grades]
    if grades - set(style.ROAD_ORDER):
        out.append(Entry("其他道路", samples.road("")))
    if content.districts:
        out.append(Entry("规划范围", samples.line(style.OUTLINE, band=True)))
    if len(content.districts) > 1:
        out.append(Entry("区县界", samples.line(style.BOUNDARY)))
    if any(m.sketched for m in content.marks):
        ring = symbols.symbol("settlement", "", "现状", True).paths[-1:]
        mm = 2.6 * page.factor
        mark = symbols.Symbol(ring)
        out.append(
            Entry("位置仅为示意", lambda pen, box: pen.symbols(mark, samples.middle(box), mm))
        )
    return out


def _settlement(class_: str, page: Sheet) -> Entry:
    symbol = symbols.symbol("settlement", class_)
    mm = style.symbol_mm("settlement", class_) * page.factor
    return Entry(class_, lambda pen, box: pen.symbols(symbol, samples.middle(box), mm))


LEAST_WIDTH = 48.0
"""Room for a scale bar below the entries, mm on A3."""


def _cuts(n: int, count: int) -> list[tuple[int, ...]]:
    """Return every way to cut a row of ``n`` into ``count`` parts."""
    return list(combinations(range(1, n), count - 1))


class Legend:
    """A legend laid out in one or more columns; ``width`` and ``height`` in mm."""

    def __init__(self, listed: tuple[Group, ...], page: Sheet, extra: float, most: float) -> None:
        """``extra``: mm kept free below the entries; ``most``: height not to be passed."""
        f = page.factor
        self.page, self.extra = page, extra
        self.text = page.points(style.TEXT_PT["legend"])
        self.heading = page.points(style.TEXT_PT["heading"])
        self.row, self.head, self.pad = 5.0 * f, 5.6 * f, 2.6 * f
        self.sample_width, self.gap = 7.0 * f, 1.6 * f
        room = most - extra - 2 * self.pad - 1.3 * self.head
        self.columns = self._columns(listed, room)
        self.widths = [self._width(column) for column in self.columns]
        tall = max((self._height(column) for column in self.columns), default=0.0)
        beside = self.pad * (len(self.columns) + 1)
        spare = max(0.0, LEAST_WIDTH * f - sum(self.widths) - beside)
        self.widths = [width + spare / len(self.widths) for width in self.widths]
        self.width = sum(self.widths) + beside
        self.height = tall + extra + 2 * self.pad + 1.3 * self.head

    def _columns(self, listed: tuple[Group, ...], room: float) -> list[list[Group]]:
        """Return the fewest columns that fit, whole groups in each; else groups are parted."""
        for count in range(1, len(listed) + 1):
            parted = [self._parted(listed, cuts) for cuts in _cuts(len(listed), count)]
            best = min(parted, key=lambda columns: max(self._height(c) for c in columns))
            if max(self._height(column) for column in best) <= room:
                return best
        return self._filled(listed, room)

    @staticmethod
    def _parted(listed: tuple[Group, ...], cuts: tuple[int, ...]) -> list[list[Group]]:
        return [list(listed[a:b]) for a, b in pairwise((0, *cuts, len(listed)))]

    def _filled(self, listed: tuple[Group, ...], room: float) -> list[list[Group]]:
        """Fill columns from the top; a group that does not fit goes on in the next."""
        columns: list[list[Group]] = [[]]
        for group in listed:
            rest, title = list(group.entries), group.title
            while rest:
                used = self._height(columns[-1])
                fits = int((room - used - self.head - 0.2 * self.row) // self.row)
                if fits < min(2, len(rest)) and columns[-1]:
                    columns.append([])
                    continue
                fits = max(fits, 1)
                columns[-1].append(Group(title, tuple(rest[:fits])))
                rest, title = rest[fits:], f"{group.title}(续)"
        return columns

    def _height(self, column: list[Group]) -> float:
        return sum(self.head + len(g.entries) * self.row + 0.2 * self.row for g in column)

    def _width(self, column: list[Group]) -> float:
        beside = self.sample_width + self.gap
        return max(
            lettering.width(e.text, self.text) + (beside if e.sample is not None else 0.0)
            for g in column
            for e in g.entries
        )

    def draw(self, pen: Pen, left: float, bottom: float) -> Box:
        """Draw the legend; return the strip kept free below its entries."""
        whole = Box(left, bottom, left + self.width, bottom + self.height)
        pen.box(whole, LIGHT.canvas, Stroke(LIGHT.outline, 0.15))
        top = whole.top - self.pad
        pen.text(
            (whole.left + whole.right) / 2,
            top - 0.5 * self.head,
            "图 例",
            self.heading * 1.15,
            bold=True,
            align="center",
        )
        x = left + self.pad
        for column, width in zip(self.columns, self.widths, strict=True):
            self._draw_column(pen, column, x, top - 1.3 * self.head)
            x += width + self.pad
        return Box(
            left + self.pad,
            bottom + self.pad,
            whole.right - self.pad,
            bottom + self.pad + self.extra,
        )

    def _draw_column(self, pen: Pen, column: list[Group], x: float, y: float) -> None:
        for group in column:
            pen.text(x, y - self.head / 2, group.title, self.heading, bold=True, color=LIGHT.muted)
            y -= self.head
            for entry in group.entries:
                middle = y - self.row / 2
                half = 0.42 * self.row
                start = x
                if entry.sample is not None:
                    start += self.sample_width + self.gap
                    entry.sample(pen, Box(x, middle - half, x + self.sample_width, middle + half))
                pen.text(start, middle, entry.text, self.text)
                y -= self.row
            y -= 0.2 * self.row
