"""The ways a pair of numbers can be read as a place: what the doctor chooses between.

A :class:`Reading` is one complete way from the numbers of a file to CGCS2000 degrees:

    numbers ─ swapped? ─ 度分秒 packed in one number? ─ projection ─ encrypted? ─▶ degrees

CGCS2000 and WGS 84 are the same thing here (less than a metre). Between them and Beijing 54
or Xi'an 80 there is no published transformation for most counties; PROJ's best is used and
its accuracy said.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj

from data.imports.coordinates import from_bd09, from_gcj02
from data.plan import GEOGRAPHIC
from data.refused import Refused

Floats = npt.NDArray[np.float64]

ENCRYPTIONS = {"": "", "GCJ-02": "GCJ-02(高德、腾讯等手机地图)", "BD-09": "BD-09(百度地图)"}
_DECODERS: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "GCJ-02": from_gcj02,
    "BD-09": from_bd09,
}
_NAMES = {
    "cgcs2000": GEOGRAPHIC,
    "4490": GEOGRAPHIC,
    "wgs84": "EPSG:4326",
    "wgs1984": "EPSG:4326",
    "4326": "EPSG:4326",
    "gps": "EPSG:4326",
    "webmercator": "EPSG:3857",
    "3857": "EPSG:3857",
    "900913": "EPSG:3857",
}
_ENCRYPTED_NAMES = {
    "gcj02": "GCJ-02",
    "gcj": "GCJ-02",
    "火星坐标": "GCJ-02",
    "高德": "GCJ-02",
    "腾讯": "GCJ-02",
    "bd09": "BD-09",
    "bd09ll": "BD-09",
    "bd": "BD-09",
    "百度": "BD-09",
}


@dataclass(frozen=True)
class Reading:
    """One way to read coordinates. ``crs``: what pyproj takes; ``family`` groups alternatives.

    ``family``: 声明 (as the file says), 度, 度分秒, 高斯, 墨卡托, UTM.
    """

    crs: str
    title: str
    family: str
    swapped: bool = False
    packed: bool = False
    encrypted: str = ""

    @property
    def name(self) -> str:
        """A short name, as ``--crs`` takes it."""
        code = self.encrypted or _short(self.crs)
        return code + ("+交换" if self.swapped else "") + ("+度分秒" if self.packed else "")

    @property
    def words(self) -> str:
        """The reading in words, with everything that is done."""
        steps = [self.title]
        if self.encrypted:
            steps = [ENCRYPTIONS[self.encrypted]]
        if self.packed:
            steps.append("度分秒连写")
        if self.swapped:
            steps.append("两列对调")
        return ",".join(steps)

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude (CGCS2000); NaN where the numbers are no such place."""
        if self.swapped:
            x, y = y, x
        if self.packed:
            x, y = unpacked(x), unpacked(y)
        lon, lat = to_degrees(self.crs, x, y)
        if self.encrypted:
            lon, lat = _DECODERS[self.encrypted](lon, lat)
        return lon, lat

    def encrypted_as(self, name: str) -> "Reading":
        return replace(self, encrypted=name)


def to_degrees(crs: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return CGCS2000 degrees of coordinates in a CRS, NaN where the projection has none."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    to = transformer(crs)
    if to is None:
        lon, lat = x, y
    else:
        lon, lat = to.transform(x, y)
        better = _at(crs, lon, lat)
        lon, lat = better.transform(x, y) if better is not None else (lon, lat)
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    fine = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180.5) & (np.abs(lat) <= 90)
    return np.where(fine, lon, np.nan), np.where(fine, lat, np.nan)


@lru_cache(maxsize=256)
def transformer(crs: str) -> pyproj.Transformer | None:
    """Return the way from a CRS to CGCS2000 degrees (x = east first), None when it is that."""
    if crs == GEOGRAPHIC:
        return None
    return pyproj.Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)


def _at(crs: str, lon: Floats, lat: Floats) -> pyproj.Transformer | None:
    fine = np.isfinite(lon) & np.isfinite(lat)
    if not old_datum(crs) or not np.any(fine):
        return None
    lon, lat = np.asarray(lon)[fine], np.asarray(lat)[fine]
    return _published(crs, round(float(np.median(lon))), round(float(np.median(lat))))


@lru_cache(maxsize=256)
def _published(crs: str, lon: int, lat: int) -> pyproj.Transformer | None:
    """The best published way from an old datum that holds at a place (degrees), if any.

    There are some to WGS 84 for a few basins, none to CGCS2000 by name: the same thing here.
    """
    if not old_datum(crs):
        return None
    ways = pyproj.transformer.TransformerGroup(crs, "EPSG:4326", always_xy=True).transformers
    here = [
        way
        for way in ways
        if way.accuracy >= 0
        and way.area_of_use is not None
        and way.area_of_use.west <= lon <= way.area_of_use.east
        and way.area_of_use.south <= lat <= way.area_of_use.north
    ]
    return min(here, key=lambda way: float(way.accuracy), default=None)


def unpacked(value: Floats) -> Floats:
    """Degrees of 度分秒 written as one number: 118.5704 or 1185704 for 118°57′04″."""
    value = np.asarray(value, dtype=float)
    value = np.where(np.abs(value) >= 10_000, value / 10_000, value)
    seconds = np.round(np.abs(value) * 1e4, 7)
    whole = np.floor(seconds / 1e4 + 1e-11)
    rest = seconds - whole * 1e4
    minutes = np.floor(rest / 100 + 1e-9)
    last = rest - minutes * 100
    fine = (minutes < 60) & (last < 60)
    return np.where(fine, np.sign(value) * (whole + minutes / 60 + last / 3600), np.nan)


def by_name(text: str) -> Reading:
    """Return the reading a user names: “GCJ-02”, “BD-09”, “CGCS2000”, “EPSG:4549”, “4549+交换” ….

    Raises Refused for one that is not known.
    """
    plain = text.strip()
    swapped, packed = "+交换" in plain, "+度分秒" in plain
    plain = plain.replace("+交换", "").replace("+度分秒", "").strip()
    key = "".join(c for c in plain.lower() if c.isalnum())
    if key in _ENCRYPTED_NAMES:
        return Reading(GEOGRAPHIC, "CGCS2000 经纬度", "度", swapped, packed, _ENCRYPTED_NAMES[key])
    code = _NAMES.get(key) or (f"EPSG:{key}" if key.isdigit() else plain)
    try:
        found = pyproj.CRS.from_user_input(code)
    except pyproj.exceptions.CRSError:
        raise Refused(
            f"不认识的坐标系“{text}”。可以写 CGCS2000、WGS84、GCJ-02、BD-09,"
            "或 EPSG 代码,例如 EPSG:4549(CGCS2000 高斯-克吕格,中央经线 120°E)。"
        ) from None
    if not (found.is_geographic or found.is_projected) or not _earthly(code):
        raise Refused(f"坐标系“{text}”不是地球上的平面或经纬度坐标系,请换一个。")
    return Reading(code, title_of(code), "声明", swapped, packed)


def declared(crs: str) -> Reading | None:
    """Return the reading a file declares, None for a declaration nobody can read."""
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        return None
    if known.is_bound and known.source_crs is not None:
        known = known.source_crs
    if not (known.is_geographic or known.is_projected):
        return None
    code = known.to_epsg()
    name = f"EPSG:{code}" if code else crs
    return Reading(name, title_of(crs), "声明") if _earthly(name) else None


def _earthly(crs: str) -> bool:
    """Whether there is a way from a CRS to ours: none leads from the Moon, or from nonsense."""
    try:
        transformer(crs)
    except pyproj.exceptions.ProjError:
        return False
    return True


def title_of(crs: str) -> str:
    """Return a CRS in the words of a Chinese map sheet."""
    known = pyproj.CRS.from_user_input(crs)
    code = known.to_epsg()
    if code == 4490:
        return "CGCS2000 经纬度"
    if code == 4326:
        return "WGS84 经纬度(与 CGCS2000 相差不到 1 米)"
    if code == 3857:
        return "网络墨卡托(EPSG:3857)"
    if code is not None and 4491 <= code <= 4554:
        return _gauss_title(code)
    old = old_datum(crs)
    if old and known.is_geographic:
        return f"{old} 经纬度"
    if not old:
        return "文件自带的坐标系" if known.name in ("", "unknown", "unnamed") else str(known.name)
    for first, last, same in _OLD_GAUSS:
        if code is not None and first <= code <= last:
            return _gauss_title(same + code - first).replace("CGCS2000", old)
    return f"{old} {known.name}"


@lru_cache(maxsize=256)
def old_datum(crs: str) -> str:
    """Return “北京54” or “西安80” for a CRS on one of these, else ""."""
    datum = str(getattr(pyproj.CRS.from_user_input(crs).datum, "name", "")).lower()
    if "xian" in datum:
        return "西安80"
    return "北京54" if "beijing" in datum else ""


def accuracy(crs: str, lon: float, lat: float) -> float | None:
    """Return what PROJ says of its way from an old datum at a place: metres, None when it has
    none that holds there.
    """
    way = _published(crs, round(lon), round(lat))
    return None if way is None else float(way.accuracy)


_OLD_GAUSS = (
    (2401, 2421, 4513),
    (2422, 2442, 4534),
    (21413, 21423, 4491),
    (21453, 21463, 4502),
    (2349, 2369, 4513),
    (2370, 2390, 4534),
    (2327, 2337, 4491),
    (2338, 2348, 4502),
)
"""Codes of Beijing 54 and Xi'an 80 zones, and the code of the first's CGCS2000 counterpart."""


def on_beijing54(reading: Reading) -> Reading | None:
    """Return the same Gauss-Krüger zone on Beijing 54, None for what is no such projection.

    Xi'an 80 has no counterpart here: without a datum shift (none is published) it differs
    from CGCS2000 by two metres, less than any plan's data is true to.
    """
    code = pyproj.CRS.from_user_input(reading.crs).to_epsg() or 0
    for first, last, same in _OLD_GAUSS[:4]:
        if same <= code <= same + last - first:
            title = _gauss_title(code).replace("CGCS2000", "北京54")
            return replace(reading, crs=f"EPSG:{first + code - same}", title=title)
    return None


def _gauss_title(code: int) -> str:
    if code <= 4501:
        zone = 13 + code - 4491
        return f"CGCS2000 高斯-克吕格 6°带,带号 {zone},中央经线 {6 * zone - 3}°E"
    if code <= 4512:
        return f"CGCS2000 高斯-克吕格,中央经线 {75 + 6 * (code - 4502)}°E,无带号"
    if code <= 4533:
        zone = 25 + code - 4513
        return f"CGCS2000 高斯-克吕格 3°带,带号 {zone},中央经线 {3 * zone}°E"
    return f"CGCS2000 高斯-克吕格,中央经线 {75 + 3 * (code - 4534)}°E,无带号"


def candidates(x: Floats, y: Floats, bounds: tuple[float, float, float, float]) -> list[Reading]:
    """Return the readings the sizes of the numbers allow.

    ``bounds``: west, south, east, north of the plan in degrees; central meridians farther
    than 6° from it are not tried.
    """
    out: list[Reading] = []
    for swapped in (False, True):
        a, b = (y, x) if swapped else (x, y)
        out += [replace(one, swapped=swapped) for one in _for(a, b, bounds)]
    return out


def _for(x: Floats, y: Floats, bounds: tuple[float, float, float, float]) -> Iterator[Reading]:
    east, north = float(np.nanmedian(x)), float(np.nanmedian(y))
    if abs(east) <= 180 and abs(north) <= 90:
        yield Reading(GEOGRAPHIC, "CGCS2000 经纬度", "度")
    if _packable(x) and _packable(y):
        yield Reading(GEOGRAPHIC, "CGCS2000 经纬度", "度分秒", packed=True)
    if 7.5e6 < east < 15.5e6 and 2e5 < north < 7.7e6:
        yield Reading("EPSG:3857", "网络墨卡托(EPSG:3857)", "墨卡托")
    if not 3e5 < north < 6.2e6:
        return
    zone = int(east // 1_000_000)
    if 25 <= zone <= 45:
        yield _gauss(4513 + zone - 25)
    elif 13 <= zone <= 23:
        yield _gauss(4491 + zone - 13)
    elif -3e5 < east < 1.3e6:
        for meridian in range(75, 136, 3):
            if bounds[0] - 6 <= meridian <= bounds[2] + 6:
                yield _gauss(4534 + (meridian - 75) // 3)


def _gauss(code: int) -> Reading:
    return Reading(f"EPSG:{code}", _gauss_title(code), "高斯")


def _packable(value: Floats) -> bool:
    """Whether the numbers can be 度分秒 run together: minutes and seconds below sixty."""
    fine = value[np.isfinite(value)]
    if not len(fine):
        return False
    high = float(np.max(np.abs(fine)))
    as_degrees = fine / 10_000 if high >= 10_000 else fine
    if high >= 10_000 and np.mean(np.abs(fine) < 10_000) > 0.02:
        return False
    return bool(np.all(np.abs(as_degrees) < 180) and np.all(np.isfinite(unpacked(fine))))


def _short(crs: str) -> str:
    if crs == GEOGRAPHIC:
        return "CGCS2000"
    if crs == "EPSG:4326":
        return "WGS84"
    return crs if len(crs) < 24 else pyproj.CRS.from_user_input(crs).name
