"""Small plans for the tests of rules, and rules written as a planner writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from data.plan import Layer, Plan, make_layer
from maps.analysis.targets.evaluate import check_rules
from maps.analysis.targets.loader import rules_from_text
from maps.analysis.targets.model import RuleSet, Verdict

CRS = "EPSG:4549"
GEOD = pyproj.Geod(ellps="GRS80")
WEST, SOUTH, SIDE = 400_000.0, 4_650_000.0, 20_000.0
NAMES = ("甲区", "乙区", "丙县", "丁县")


def layer(kind: str, shapes: Sequence[Any], title: str = "", **columns: Sequence[Any]) -> Layer:
    frame = gpd.GeoDataFrame(dict(columns), geometry=list(shapes), crs=CRS)
    return make_layer(title or kind, kind, frame, CRS, basis="试" if kind == "population" else "")


def at(x: float, y: float) -> shapely.Point:
    """A place, km east and north of the corner of the first district."""
    return shapely.Point(WEST + x * 1000, SOUTH + y * 1000)


def box(x: float, y: float, wide: float, high: float) -> shapely.Polygon:
    return shapely.box(
        WEST + x * 1000, SOUTH + y * 1000, WEST + (x + wide) * 1000, SOUTH + (y + high) * 1000
    )


def districts() -> Layer:
    """Four squares of 20 km in a row of two by two: 甲区 乙区 below, 丙县 丁县 above."""
    shapes = [box(0, 0, 20, 20), box(20, 0, 20, 20), box(0, 20, 20, 20), box(20, 20, 20, 20)]
    return layer("district", shapes, "行政区", 名称=NAMES, 角色=["规划区"] * 4)


def people(spots: Sequence[tuple[float, float, float]]) -> Layer:
    """Points (km east, km north, persons), and one without anybody in each district: a
    district without a point is one nobody knows the people of."""
    spots = [*spots, (10, 10, 0), (30, 10, 0), (10, 30, 0), (30, 30, 0)]
    shapes = [at(x, y) for x, y, _ in spots]
    return layer("population", shapes, "人口", 人口=[n for _, _, n in spots])


def plan(*layers: Layer) -> Plan:
    return Plan("现状", CRS, (districts(), *layers))


def rule_set(text: str, head: str = "") -> RuleSet:
    """Rules from the fields of one (“检查: 个数\\n对象: 储备库\\n…”)."""
    fields = "\n".join(f"  {line}" for line in text.strip().splitlines())
    usual = "" if "性质:" in text else "  性质: 目标\n"
    return rules_from_text(
        f"规则集: 试\n{head}规则:\n- 编号: R\n  原文: 话\n  行: 1\n{usual}{fields}\n"
    )


def judged(of: Plan, text: str, facts: Mapping[str, Any] | None = None, head: str = "") -> Verdict:
    """The verdict of one rule about a plan."""
    return check_rules(of, rule_set(text, head), facts or {}).verdicts[0]


def metres(a: shapely.Point, b: shapely.Point) -> float:
    """The geodesic between two places, by PROJ."""
    lonlat = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    one, other = lonlat.transform(a.x, a.y), lonlat.transform(b.x, b.y)
    return float(GEOD.inv(*one, *other)[2])


def scattered(rng: np.random.Generator, count: int) -> list[shapely.Point]:
    return [at(x, y) for x, y in rng.uniform(0, 40, (count, 2))]
