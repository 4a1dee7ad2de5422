"""The five example plans, and new plans for any districts.

An example is written by hand in ``resources/examples/<name>.yaml`` (its head says how
to read it); here it is put together with the outlines and the population model:

    YAML ── 行政区, 驻地 ──▶ outlines by code, neighbours (周边) around them
         ── 居民点, 道路 ──▶ points; straight lines between named points
         ── 储备库, …    ──▶ points at the named place, each moved aside a little
         ── 未落位       ──▶ ``Book.facts["未落位"]``: counted in the plan text, placed nowhere

Nothing is placed that the plan text does not place: what is known only by town lies at
that town and is marked 示意. Several such features at one town would hide each other,
so the k-th of a town is moved √k · 400 m, each turned by the golden angle; a spot
outside the town's district is left out. The same file always gives the same plan.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
import yaml

import resources
from data import boundaries, people
from data.edits import ensure_layer
from data.kinds import (
    BY_TITLE,
    PRECISIONS,
    SKETCHED,
    STATUSES,
    Column,
    Kind,
    is_missing,
    kind,
    parse_value,
)
from data.plan import FIRST_SCENARIO, GEOGRAPHIC, Book, Layer, Plan, best_crs, make_layer
from data.progress import Report, part, silent
from data.refused import Refused

NAMES = ("赤峰", "满洲里", "绥化", "霍尔果斯", "康巴什")

UNPLACED = "未落位"
"""The name in ``Book.facts`` of what the plan text counts but does not place."""

INSIDE, AROUND = "规划区", "周边"

_ORDER = (
    "district",
    "population",
    "road",
    "hazard_zone",
    "hazard_site",
    "settlement",
    "monitor",
    "siren",
    "hydrant",
    "watchtower",
    "other",
    "rescue_team",
    "fire_station",
    "medical",
    "shelter",
    "depot",
)
_EMPTY_IN_NEW_PLANS = (
    "road",
    "hazard_site",
    "settlement",
    "rescue_team",
    "fire_station",
    "medical",
    "shelter",
    "depot",
)

_STEP = 400.0
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_BOW = 0.04
"""How far a second road between the same two towns is bent aside, as a share of its length."""

Entry = Mapping[str, Any]


def build(name: str, report: Report = silent) -> Book:
    """Return the example plan called ``name`` (one of :data:`NAMES`).

    Raises Refused for an unknown name, listing the five, and for a mistake in a
    YAML file that somebody has changed.
    """
    if name not in NAMES:
        raise Refused(f"没有名为“{name}”的示例。可用的示例:{'、'.join(NAMES)}。")
    report(0.0, f"正在读取{name}的资料…")
    told = _read(name)
    codes = [str(_need(one, "代码")) for one in told["行政区"]]
    report(0.1, "正在查找行政区边界…")
    outlines = _outlines(codes)
    crs = best_crs(_middle(outlines[outlines["角色"] == INSIDE]))
    base = _Base(told, outlines.to_crs(crs), crs)
    layers = [base.districts(), base.settlements(), base.roads()]
    layers += [
        base.facilities(BY_TITLE[title], entries)
        for title, entries in told.items()
        if title in BY_TITLE and BY_TITLE[title].facility
    ]
    layers.append(base.population(part(report, 0.3, 0.9)))
    ordered = tuple(sorted(layers, key=lambda layer: _ORDER.index(layer.kind_name)))
    facts = {"规划文件": told["规划文件"], UNPLACED: base.unplaced()}
    report(1.0, f"{name}示例已生成")
    return Book(told["标题"], (Plan(FIRST_SCENARIO, crs, ordered),), facts=facts)


def new_from_districts(adcodes: Iterable[str], title: str, report: Report = silent) -> Book:
    """Return a plan of any districts: their outlines, what lies around, empty layers.

    There is no population layer: how many people live there is not known. Raises
    Refused when no code is given or one is unknown.
    """
    codes = list(dict.fromkeys(adcodes))
    if not codes:
        raise Refused("还没有选行政区。请至少选一个县级行政区。")
    if not title.strip():
        raise Refused("规划的标题不能为空。")
    report(0.0, "正在查找行政区边界…")
    outlines = _outlines(codes)
    crs = best_crs(_middle(outlines[outlines["角色"] == INSIDE]))
    outlines["来源"] = boundaries.SOURCE
    plan = Plan(FIRST_SCENARIO, crs, (make_layer("行政区", "district", outlines, crs),))
    for kind_name in _EMPTY_IN_NEW_PLANS:
        plan = ensure_layer(kind_name)(plan)
    report(1.0, "新规划已建好")
    return Book(title.strip(), (plan,))


def _outlines(codes: Sequence[str]) -> gpd.GeoDataFrame:
    """Return 名称, 代码, 角色, outlines in degrees: the plan's districts, then those around."""
    around = boundaries.neighbours(codes)
    every = [*codes, *around]
    return gpd.GeoDataFrame(
        {
            "名称": [boundaries.district(code).name for code in every],
            "代码": every,
            "角色": [INSIDE] * len(codes) + [AROUND] * len(around),
        },
        geometry=[boundaries.boundary(code) for code in every],
        crs=GEOGRAPHIC,
    )


def _middle(frame: gpd.GeoDataFrame) -> float:
    west, _, east, _ = frame.total_bounds
    return float(west + east) / 2


def _read(name: str) -> dict[str, Any]:
    path = resources.path(f"examples/{name}.yaml")
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "格式"
        raise Refused(f"示例文件“{path.name}”{where}写法不对,请对照文件开头的说明改正。") from error
    for key in ("标题", "规划文件", "人口来源", "行政区"):
        _need(told, key)
    return dict(told)


def _need(entry: Entry, key: str) -> Any:
    if is_missing(entry.get(key)):
        name = entry.get("名称", "")
        raise Refused(f"示例文件里{f'“{name}”' if name else ''}缺少“{key}”,请补上。")
    return entry[key]


@dataclass
class _Base:
    """The parts of one example while it is put together.

    ``outlines`` in the plan's CRS; ``places`` are the named points facilities refer
    to; ``taken`` counts how many features each place has got so far.
    """

    told: Entry
    outlines: gpd.GeoDataFrame
    crs: str
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._project = pyproj.Transformer.from_crs(GEOGRAPHIC, self.crs, always_xy=True)
        self._areas = self.outlines.loc[self.outlines["角色"] == INSIDE, "geometry"].to_numpy()
        seats = [_need(one, "驻地") for one in self.told["行政区"]]
        for one in [*seats, *self.told.get("居民点", [])]:
            self.places[_need(one, "名称")] = self._point(one)

    def _point(self, entry: Entry) -> tuple[float, float]:
        x, y = self._project.transform(_need(entry, "经度"), _need(entry, "纬度"))
        return float(x), float(y)

    def districts(self) -> Layer:
        known = {str(one["代码"]): one for one in self.told["行政区"]}
        rows = []
        for name, code, role in self.outlines[["名称", "代码", "角色"]].itertuples(index=False):
            one = known.get(code, {})
            source = f"公布面积来源:{one['面积来源']}" if one.get("面积来源") else None
            rows.append(
                {
                    "名称": name,
                    "代码": code,
                    "角色": role,
                    "人口": one.get("人口"),
                    "人口来源": self.told["人口来源"] if one.get("人口") is not None else None,
                    "公布面积": one.get("公布面积"),
                    "城镇化率": one.get("城镇化率"),
                    "来源": boundaries.SOURCE,
                    "备注": ";".join(text for text in (one.get("备注"), source) if text) or None,
                }
            )
        return _layer(kind("district"), rows, list(self.outlines.geometry), self.crs)

    def settlements(self) -> Layer:
        rows: list[dict[str, Any]] = [
            {
                "名称": one["驻地"]["名称"],
                "级别": "政府驻地",
                "位置精度": "地址",
                "来源": "政府驻地坐标(DataV 由 GCJ-02 换算,误差约0.5 km)",
                "备注": f"{boundaries.district(str(one['代码'])).name}驻地",
            }
            for one in self.told["行政区"]
        ]
        rows += [
            {"位置精度": SKETCHED, **{k: v for k, v in one.items() if k not in ("经度", "纬度")}}
            for one in self.told.get("居民点", [])
        ]
        shapes = [shapely.Point(self.places[row["名称"]]) for row in rows]
        return _layer(kind("settlement"), rows, shapes, self.crs)

    def roads(self) -> Layer:
        nodes = self.places | {
            one["名称"]: self._point(one) for one in self.told.get("路网节点", [])
        }
        rows, shapes, times = [], [], dict[frozenset[str], int]()
        for entry in self.told.get("道路", []):
            one = {**self.told.get("道路默认", {}), **entry}
            ends = [str(_need(one, "起")), str(_need(one, "止"))]
            for end in ends:
                if end not in nodes:
                    raise Refused(f"示例文件里道路的端点“{end}”不是驻地、居民点或路网节点。")
            pair = frozenset(ends)
            a, b = sorted(nodes[end] for end in ends)
            shapes.append(_road_line(a, b, times.get(pair, 0)))
            times[pair] = times.get(pair, 0) + 1
            number = one.get("编号")
            rows.append(
                {
                    "名称": f"{number + ' ' if number else ''}{ends[0]}—{ends[1]}",
                    "等级": one.get("等级"),
                    "编号": number,
                    "状态": STATUSES[0],
                    "里程": one.get("里程"),
                    "位置精度": SKETCHED,
                    "来源": f"里程:{_need(one, '里程来源')}(可信度{_need(one, '可信度')})",
                    "备注": one.get("备注"),
                }
            )
        return _layer(kind("road"), rows, shapes, self.crs)

    def facilities(self, of: Kind, entries: Sequence[Entry]) -> Layer:
        rows, shapes = [], []
        for one in entries:
            shapes.append(self._place(one))
            kept = {k: v for k, v in one.items() if k not in _PLACING}
            row = {"位置精度": SKETCHED, **kept, "来源": self._source(one)}
            if row["位置精度"] not in PRECISIONS:
                raise Refused(f"示例文件里“{one['名称']}”的位置精度“{row['位置精度']}”不认识。")
            rows.append(row)
        return _layer(of, rows, shapes, self.crs)

    def _source(self, entry: Entry) -> str:
        return f"{self.told['规划文件']} {_need(entry, '依据')}"

    def _place(self, entry: Entry) -> shapely.Point:
        """Return where a facility is drawn: its own coordinates, or a spot at its place."""
        if "经度" in entry:
            return shapely.Point(self._point(entry))
        place = str(_need(entry, "位置"))
        if place not in self.places:
            raise Refused(
                f"示例文件里“{entry.get('名称')}”的位置“{place}”不是驻地或居民点,请改正。"
            )
        x, y = self.places[place]
        home = next(area for area in self._areas if shapely.contains_xy(area, x, y))
        x, y = x + entry.get("偏东", 0), y + entry.get("偏北", 0)
        while True:
            k = self.taken[place] = self.taken.get(place, 0) + 1
            angle, away = k * _GOLDEN_ANGLE, _STEP * math.sqrt(k)
            spot = shapely.Point(x + away * math.sin(angle), y + away * math.cos(angle))
            if home.contains(spot):
                return spot

    def population(self, report: Report) -> Layer:
        homes = [
            people.Home(
                area, one.get("人口"), one.get("城镇化率"), self.places[one["驻地"]["名称"]]
            )
            for one, area in zip(self.told["行政区"], self._areas, strict=True)
        ]
        towns = np.array([[x, y, 1.0] for x, y in self.places.values()])
        lines = shapely.MultiLineString(list(self.roads().frame.geometry))
        return people.population_layer("人口", homes, people.Pull(towns, lines), self.crs, report)

    def unplaced(self) -> list[dict[str, Any]]:
        return [
            {
                "kind": kind(_need(one, "类别")).name,
                "名称": _need(one, "名称"),
                "数量": one.get("数量"),
                "单位": one.get("单位"),
                "状态": one.get("状态"),
                "来源": self._source(one),
                "备注": one.get("备注"),
            }
            for one in self.told.get(UNPLACED, [])
        ]


_PLACING = ("位置", "依据", "经度", "纬度", "偏东", "偏北")


def _checked(column: Column, row: Entry) -> Any:
    try:
        return parse_value(column, row.get(column.name))
    except Refused as refusal:
        raise Refused(f"示例文件里“{row.get('名称', '')}”:{refusal}") from refusal


def _road_line(a: tuple[float, float], b: tuple[float, float], nth: int) -> shapely.LineString:
    """Return a straight line, or for a second, third … road between two towns a bent one."""
    if nth == 0:
        return shapely.LineString([a, b])
    aside = _BOW * nth
    middle = ((a[0] + b[0]) / 2 - aside * (b[1] - a[1]), (a[1] + b[1]) / 2 + aside * (b[0] - a[0]))
    return shapely.LineString([a, middle, b])


def _layer(of: Kind, rows: Sequence[Entry], shapes: Sequence[shapely.Geometry], crs: str) -> Layer:
    """Return a layer of checked rows; numbers become numeric columns with NaN for unknown."""
    known = [column.name for column in of.columns]
    extra = list(dict.fromkeys(k for row in rows for k in row if k not in known))
    columns: dict[str, pd.Series] = {}
    for name in [*known, *extra]:
        column = of.column(name)
        values = [row.get(name) for row in rows]
        if column is not None:
            values = [_checked(column, row) for row in rows]
        series = pd.Series(values, dtype=object)
        if any(isinstance(v, int | float) for v in values):
            series = pd.to_numeric(series)
        columns[name] = series
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    return make_layer(of.title, of.name, frame, crs)
