"""Lists and layers with wrong coordinates over the five areas: the generator of the doctor's exam.

Truth is a set of places in the plan's districts, in CGCS2000 degrees. Every way of spoiling
them that offices meet is applied; each case knows the true degrees, so that a proposed
repair can be judged by where it puts the rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pyproj
import shapely

from data.edits import add_layer
from data.examples import NAMES, build
from data.imports.coordinates import to_bd09, to_gcj02
from data.imports.source import Source
from data.kinds import is_missing
from data.plan import GEOGRAPHIC, Plan, make_layer

OFFICES = ("避难场所", "储备库", "中心小学", "卫生院", "敬老院", "体育场", "村委会", "广场")


@dataclass(frozen=True, eq=False)
class Area:
    """A plan, its districts in degrees, and places it knows precisely (none in bare ones)."""

    plan: Plan
    outlines: tuple[tuple[str, Any], ...]
    anchors: tuple[tuple[str, float, float], ...] = ()
    roads: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Case:
    """A source as it would be read, the truth, and what is wrong with it ("" for nothing).

    ``hard``: what is wrong cannot be told from the plan, so that no repair is the answer.
    """

    area: Area
    source: Source
    lon: np.ndarray
    lat: np.ndarray
    wrong: str
    hard: bool = False
    about: str = field(default="")


@cache
def area(name: str, surveyed: bool) -> Area:
    """One of the five example plans, with or without surveyed places in it."""
    plan = build(name).plan
    outlines = []
    for layer in plan.of_kind("district"):
        frame = layer.frame.to_crs(GEOGRAPHIC)
        for title, role, shape in zip(frame["名称"], frame["角色"], frame.geometry, strict=True):
            if role != "周边":
                outlines.append((title, shape))
    bare = Area(plan, tuple(outlines))
    if not surveyed:
        return bare
    r = np.random.default_rng(sum(map(ord, name)))
    lon, lat, where = scattered(bare, 14, r)
    titles = [f"{where[i]}第{i + 1}{OFFICES[i % len(OFFICES)]}" for i in range(14)]
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"名称": titles, "位置精度": "实测", "级别": "村(社区)"},
        geometry=shapely.points(lon, lat),
        crs=GEOGRAPHIC,
    )
    anchors = make_layer("实测地点", "settlement", frame, plan.crs)
    known = tuple(zip(titles, lon.tolist(), lat.tolist(), strict=True))
    roads = tuple(winding(x, y, r) for x, y in zip(lon[:6], lat[:6], strict=True))
    lines = gpd.GeoDataFrame(
        {"位置精度": "实测"}, geometry=list(roads), crs=GEOGRAPHIC, index=range(6)
    )
    plan = add_layer(make_layer("实测道路", "road", lines, plan.crs))(add_layer(anchors)(plan))
    return Area(plan, tuple(outlines), known, roads)


def winding(lon: float, lat: float, r: np.random.Generator) -> Any:
    """A road of some ten kilometres from a place, with bends."""
    steps = np.cumsum(r.normal(0, 0.3, 40)) + r.uniform(0, 6)
    x = lon + np.cumsum(0.003 * np.cos(steps))
    y = lat + np.cumsum(0.0025 * np.sin(steps))
    return shapely.LineString(np.column_stack([x, y]))


def scattered(
    area: Area, count: int, r: np.random.Generator, only: int | None = None
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Places inside the districts (or one of them), and the district each lies in."""
    lon, lat, where = np.empty(count), np.empty(count), []
    for i in range(count):
        n = int(r.integers(len(area.outlines))) if only is None else only
        title, shape = area.outlines[n]
        west, south, east, north = shape.bounds
        while True:
            x, y = r.uniform(west, east), r.uniform(south, north)
            if shapely.contains_xy(shape, x, y):
                break
        lon[i], lat[i] = x, y
        where.append(title)
    return lon, lat, where


def rows(area: Area, count: int, r: np.random.Generator, *, telling: bool) -> Source:
    """True places with names and addresses; ``telling``: with things the plan knows."""
    only = int(r.integers(len(area.outlines))) if r.random() < 0.4 else None
    lon, lat, where = scattered(area, count, r, only)
    titles = [f"{OFFICES[int(r.integers(len(OFFICES)))]}{int(r.integers(900)) + 100}" for _ in lon]
    if telling and area.anchors:
        chosen = r.permutation(len(area.anchors))[: min(count, 3 + int(r.integers(5)))]
        for i, n in enumerate(chosen):
            title, x, y = area.anchors[n]
            # Not exactly there: a gate, a yard, another survey.
            titles[i], lon[i], lat[i] = title, x + r.normal(0, 1e-4), y + r.normal(0, 8e-5)
            where[i] = next(t for t, s in area.outlines if title.startswith(t))
    address = [f"{w}{int(r.integers(90)) + 1}号" if telling else "" for w in where]
    columns = {"名称": _texts(titles), "地址": _texts(address)}
    return Source(
        "清单",
        "CSV",
        {**columns, "经度": lon, "纬度": lat},
        np.arange(2, count + 2, dtype=np.int64),
    )


def _texts(values: list[str]) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _with(source: Source, x: Any, y: Any, names: tuple[str, str] = ("经度", "纬度")) -> Source:
    columns = {k: v for k, v in source.columns.items() if k not in ("经度", "纬度")}
    columns |= {names[0]: np.round(np.asarray(x), 7), names[1]: np.round(np.asarray(y), 7)}
    return replace(source, columns=columns)


def _as_shapes(source: Source, x: Any, y: Any, crs: str, form: str = "shp") -> Source:
    columns = {k: v for k, v in source.columns.items() if k not in ("经度", "纬度")}
    shapes = np.asarray(shapely.points(np.asarray(x), np.asarray(y)), dtype=object)
    return replace(source, columns=columns, shapes=shapes, crs=crs, format=form, cut=form == "shp")


def projected(code: int | str, lon: Any, lat: Any) -> tuple[Any, Any]:
    to = pyproj.Transformer.from_crs(GEOGRAPHIC, code, always_xy=True)
    return to.transform(lon, lat)


def gauss(lon: Any, *, wide: bool, prefix: bool, off: int = 0) -> int:
    """The EPSG code of the zone in the middle of the places (``off`` zones beside it)."""
    middle = float(np.mean(lon))
    if wide:
        zone = int(middle // 6) + 1 + off
        return (4491 if prefix else 4502) + zone - 13
    zone = round(middle / 3) + off
    return (4513 if prefix else 4534) + zone - 25


def beijing54(lon: Any) -> int:
    """The zone in the middle of the places, on Beijing 54, with its number."""
    return gauss(lon, wide=False, prefix=True) - 4513 + 2401


def packed(value: np.ndarray) -> np.ndarray:
    """Degrees as 度分秒 run together: 118.5704."""
    whole = np.floor(value)
    minutes = np.floor((value - whole) * 60)
    seconds = np.round(((value - whole) * 60 - minutes) * 60, 2)
    minutes, seconds = np.where(seconds >= 60, minutes + 1, minutes), seconds % 60
    return whole + minutes / 100 + seconds / 10000


def in_words(value: np.ndarray) -> np.ndarray:
    out = []
    for one in value:
        hundredths = round(one * 360000)
        minutes, rest = divmod(hundredths, 6000)
        out.append(f"{minutes // 60}°{minutes % 60}′{rest / 100:.2f}″")
    return _texts(out)


Spoiler = Callable[[Source, np.ndarray, np.ndarray], Source]


def _gauss_list(wide: bool, prefix: bool, turned: bool) -> Spoiler:
    def spoil(source: Source, lon: np.ndarray, lat: np.ndarray) -> Source:
        x, y = projected(gauss(lon, wide=wide, prefix=prefix), lon, lat)
        return (
            _with(source, y, x, ("X坐标", "Y坐标")) if turned else _with(source, x, y, ("X", "Y"))
        )

    return spoil


def _lying(said: Callable[[np.ndarray], str], code: Callable[[np.ndarray], Any]) -> Spoiler:
    def spoil(source: Source, lon: np.ndarray, lat: np.ndarray) -> Source:
        x, y = projected(code(lon), lon, lat)
        return _as_shapes(source, x, y, said(lon))

    return spoil


def _epsg(code: int) -> str:
    return f"EPSG:{code}"


WRONG: dict[str, Spoiler] = {
    "GCJ-02": lambda s, x, y: _with(s, *to_gcj02(x, y)),
    "BD-09": lambda s, x, y: _with(s, *to_bd09(x, y)),
    "GCJ-02 图层": lambda s, x, y: _as_shapes(s, *to_gcj02(x, y), "EPSG:4326"),
    "KML 里的 GCJ-02": lambda s, x, y: replace(
        _as_shapes(s, *to_gcj02(x, y), "EPSG:4326", "kml"), crs_fixed=True
    ),
    "两列对调": lambda s, x, y: _with(s, y, x),
    "对调的 GCJ-02": lambda s, x, y: _with(s, *reversed(to_gcj02(x, y))),
    "网络墨卡托": lambda s, x, y: _with(s, *projected(3857, x, y), ("X", "Y")),
    "3 度带带号": _gauss_list(False, True, False),
    "3 度带无带号": _gauss_list(False, False, False),
    "6 度带带号": _gauss_list(True, True, False),
    "6 度带无带号": _gauss_list(True, False, False),
    "3 度带带号,X 为北": _gauss_list(False, True, True),
    "3 度带无带号,X 为北": _gauss_list(False, False, True),
    "6 度带带号,X 为北": _gauss_list(True, True, True),
    "度分秒连写": lambda s, x, y: _with(s, packed(x), packed(y)),
    "缺 prj 的经纬度": lambda s, x, y: _as_shapes(s, x, y, ""),
    "缺 prj 的 3 度带": _lying(lambda x: "", lambda x: gauss(x, wide=False, prefix=True)),
    "prj 说经纬度,实为高斯": _lying(
        lambda x: "EPSG:4490", lambda x: gauss(x, wide=False, prefix=True)
    ),
    "prj 说高斯,实为经纬度": _lying(
        lambda x: _epsg(gauss(x, wide=False, prefix=False)), lambda x: 4490
    ),
    "prj 的中央经线错": _lying(
        lambda x: _epsg(gauss(x, wide=False, prefix=False, off=2)),
        lambda x: gauss(x, wide=False, prefix=False),
    ),
    "prj 说墨卡托,实为高斯": _lying(
        lambda x: "EPSG:3857", lambda x: gauss(x, wide=False, prefix=True)
    ),
    "北京54": lambda s, x, y: _with(s, *projected(beijing54(x), x, y), ("X", "Y")),
    "prj 说 CGCS2000,实为北京54": _lying(
        lambda x: _epsg(gauss(x, wide=False, prefix=True)), lambda x: beijing54(x)
    ),
    "dxf 高斯": lambda s, x, y: replace(
        _as_shapes(s, *projected(gauss(x, wide=False, prefix=False), x, y), ""), format="dxf"
    ),
}
"""What is wrong → how it is done."""

RIGHT: dict[str, Spoiler] = {
    "经纬度": lambda s, x, y: _with(s, x, y),
    "经纬度图层": lambda s, x, y: _as_shapes(s, x, y, "EPSG:4490"),
    "WGS84 KML": lambda s, x, y: replace(_as_shapes(s, x, y, "EPSG:4326", "kml"), crs_fixed=True),
    "高斯图层": _lying(
        lambda x: _epsg(gauss(x, wide=False, prefix=True)),
        lambda x: gauss(x, wide=False, prefix=True),
    ),
    "高斯无带号图层": _lying(
        lambda x: _epsg(gauss(x, wide=False, prefix=False)),
        lambda x: gauss(x, wide=False, prefix=False),
    ),
    "墨卡托图层": _lying(lambda x: "EPSG:3857", lambda x: 3857),
}

_NEEDS_ANCHORS = ("GCJ-02", "BD-09", "GCJ-02 图层", "KML 里的 GCJ-02", "对调的 GCJ-02")
_NEEDS_ANCHORS += ("北京54", "prj 说 CGCS2000,实为北京54")


def near_misses(area: Area, count: int, r: np.random.Generator) -> Source:
    """A right list whose names the plan has only roughly: 0.2–1 km off, each its own way."""
    known = []
    for layer in area.plan:
        if layer.kind_name in ("settlement", "depot", "shelter", "fire_station"):
            frame = layer.frame.to_crs(GEOGRAPHIC)
            known += [
                (str(n), p.x, p.y)
                for n, p in zip(frame["名称"], frame.geometry, strict=True)
                if not is_missing(n)
            ]
    chosen = [known[i] for i in r.permutation(len(known))[:count]]
    far, turn = r.uniform(200, 1000, len(chosen)), r.uniform(0, 2 * np.pi, len(chosen))
    lon = np.array([x for _, x, _ in chosen]) + far * np.cos(turn) / 85_000
    lat = np.array([y for _, _, y in chosen]) + far * np.sin(turn) / 111_000
    columns = {"名称": _texts([n for n, _, _ in chosen]), "经度": lon, "纬度": lat}
    return Source("清单", "CSV", columns, np.arange(2, len(chosen) + 2, dtype=np.int64))


def drawn_roads(area: Area, r: np.random.Generator, shift: Any = None) -> Source:
    """The plan's surveyed roads once more, from another survey; ``shift`` encrypts them."""
    lines = []
    for road in area.roads:
        xy = shapely.get_coordinates(road)
        xy = (xy[1:] + xy[:-1]) / 2 + r.normal(0, 4e-5, (len(xy) - 1, 2))
        if shift is not None:
            xy = np.column_stack(shift(xy[:, 0], xy[:, 1]))
        lines.append(shapely.LineString(xy))
    shapes = np.array(lines, dtype=object)
    rows = np.arange(1, len(lines) + 1, dtype=np.int64)
    return Source("道路", "shp", {}, rows, shapes, "EPSG:4326")


def cases(each: int = 1, seed: int = 0) -> Iterator[Case]:
    """Every way of being wrong, and right, over the five areas, ``each`` times."""
    for name in NAMES:
        for turn in range(each):
            for n, (title, spoil) in enumerate((WRONG | RIGHT).items()):
                r = np.random.default_rng([seed, sum(map(ord, name)), turn, n])
                telling = bool(r.random() < 0.75)
                place = area(name, telling)
                count = int(r.choice([4, 6, 10, 25, 60]))
                source = rows(place, count, r, telling=telling)
                lon, lat = source.columns["经度"], source.columns["纬度"]
                hard = title in _NEEDS_ANCHORS and not telling
                wrong = title if title in WRONG else ""
                about = f"{name}/{title}/{count}/{'有' if telling else '无'}已知地点"
                yield Case(place, spoil(source, lon, lat), lon, lat, wrong, hard, about)
            yield from _other_cases(name, turn, seed)


def _other_cases(name: str, turn: int, seed: int) -> Iterator[Case]:
    r = np.random.default_rng([seed, sum(map(ord, name)), turn, 99])
    place = area(name, True)
    for surveyed in (True, False):
        here = area(name, surveyed)
        source = near_misses(here, 12, r)
        lon, lat = source.columns["经度"], source.columns["纬度"]
        yield Case(here, source, lon, lat, "", False, f"{name}/名同位置略差/{surveyed}")
    for title, shift in (("", None), ("GCJ-02 道路", to_gcj02), ("BD-09 道路", to_bd09)):
        source = drawn_roads(place, r, shift)
        plain = drawn_roads(place, np.random.default_rng(0))
        middle = shapely.centroid(plain.shapes)
        lon, lat = shapely.get_x(middle), shapely.get_y(middle)
        yield Case(place, source, lon, lat, title, False, f"{name}/道路/{title}")
