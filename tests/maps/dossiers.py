"""A small plan with everything in it, and the dossier made of it, for the tests of deliverables."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import geopandas as gpd
import numpy as np
import shapely

from data import files
from data.plan import Book, Layer, Plan, make_layer
from maps.analysis.findings import Asked
from maps.drawing.dossier import Dossier, dossier
from tests.data.books import CRS, district_layer

DATE = "2026年1月2日"
NAMES = (
    "<script>alert(1)</script>",
    "=1+1",
    "</script>`${alert(2)}`&amp;",
    "中心库",
    "名" * 40,
    "@SUM(A1)",
)
"""Names of the depots: what a careless page or sheet would run."""

RADIUS = {"depot": 20_000.0, "shelter": 3_000.0}


def _points(name: str, kind: str, rows: list[dict[str, object]], at: list[tuple[float, float]]):  # type: ignore[no-untyped-def]
    shapes = [shapely.Point(*xy) for xy in at]
    return make_layer(name, kind, gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS), CRS)


def people_layer() -> Layer:
    """A 5 km grid over two districts, one cell of it without people."""
    rng = np.random.default_rng(5)
    x, y = np.meshgrid(np.arange(402_500, 598_000, 5_000), np.arange(4_502_500, 4_698_000, 5_000))
    count = rng.integers(1, 3_000, x.size).astype(float)
    count[7] = 0.0
    frame = gpd.GeoDataFrame(
        {"人口": count}, geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=CRS
    )
    return make_layer("人口", "population", frame, CRS, basis="人口格网·示意", cell=5_000.0)


def full_book() -> Book:
    """Two districts, people, six depots, a shelter, settlements, a hazard, a road."""
    status = ("现状", "现状", "规划", "在建", "撤销", "现状")
    depots = [
        {
            "名称": name,
            "状态": state,
            "级别": "县级",
            "建筑面积": 100.5 * (i + 1),
            "保障人数": None if i == 2 else 1000 * i,
            "位置精度": "示意" if i == 1 else "实测",
        }
        for i, (name, state) in enumerate(zip(NAMES, status, strict=True))
    ]
    at = [(420_000.0 + 27_000 * i, 4_540_000.0 + 21_000 * i) for i in range(6)]
    towns = [{"名称": f"镇{i}", "级别": "乡镇"} for i in range(4)]
    places = [(410_000.0 + 50_000 * i, 4_690_000.0 - 40_000 * i) for i in range(4)]
    road = gpd.GeoDataFrame(
        {"名称": ["国道"], "等级": ["国道"]},
        geometry=[shapely.LineString([(410_000, 4_520_000), (590_000, 4_680_000)])],
        crs=CRS,
    )
    plan = Plan(
        "现状",
        CRS,
        (
            district_layer((1000, 2000)),
            people_layer(),
            make_layer("道路", "road", road, CRS),
            _points("危险源", "hazard_site", [{"名称": "危", "状态": "现状"}], [(500e3, 4_600e3)]),
            _points("居民点", "settlement", towns, places),
            _points("避难场所", "shelter", [{"名称": "园", "状态": "现状"}], [(430e3, 4_545e3)]),
            _points("储备库", "depot", depots, at),
        ),
    )
    facts = {
        "未落位": [
            {"kind": "shelter", "名称": "某处", "数量": None, "状态": "现状"},
            {"kind": "depot", "名称": "几处", "数量": 3, "状态": "规划"},
        ]
    }
    return Book("测试规划", (plan,), facts=facts)


@cache
def plan_file() -> Path:
    """The plan as a file, in a folder of its own."""
    path = Path(mkdtemp(prefix="dossier")) / "测试规划.gpkg"
    files.save(full_book(), path)
    return path


@cache
def full_dossier() -> Dossier:
    book = files.load(plan_file()).book
    return dossier(book, Asked(RADIUS), plan_file(), DATE)
