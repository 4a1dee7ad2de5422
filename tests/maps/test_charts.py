"""Charts: what is drawn are the right numbers, counted here one person at a time."""

from io import BytesIO

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.patches import Rectangle
from PIL import Image
from pyproj import Geod

from data.plan import GEOGRAPHIC, Plan, make_layer
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk, coverage
from maps.drawing import charts
from maps.drawing.charts import Chart

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4549"
WEST, MIDDLE, EAST = 119.0, 119.3, 119.6


def plan(seed: int) -> Plan:
    """Two districts side by side, 150 places with people, a few depots of both statuses."""
    rng = np.random.default_rng(seed)
    shapes = [shapely.box(WEST, 42.0, MIDDLE, 42.4), shapely.box(MIDDLE, 42.0, EAST, 42.4)]
    district = gpd.GeoDataFrame(
        {"名称": ["甲县", "乙县"], "角色": ["规划区"] * 2}, geometry=shapes, crs=GEOGRAPHIC
    )
    at = rng.uniform((WEST - 0.05, 42.0), (EAST, 42.4), (150, 2))
    people = gpd.GeoDataFrame(
        {"人口": rng.integers(0, 900, 150).astype(float)},
        geometry=shapely.points(at),
        crs=GEOGRAPHIC,
    )
    spots = rng.uniform((WEST, 42.0), (EAST, 42.4), (5, 2))
    depots = gpd.GeoDataFrame(
        {"名称": list("甲乙丙丁戊"), "状态": ["现状", "现状", "规划", "规划", "撤销"]},
        geometry=shapely.points(spots),
        crs=GEOGRAPHIC,
    )
    layers = (
        make_layer("行政区", "district", district, CRS),
        make_layer("人口", "population", people, CRS, basis="手算"),
        make_layer("储备库", "depot", depots, CRS),
    )
    return Plan("现状", CRS, layers)


def nearest(of: Plan, statuses: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitudes, persons, and metres to the nearest depot, one geodesic at a time."""
    people = of.layer("人口").frame.to_crs(GEOGRAPHIC)
    depots = of.layer("储备库").frame.to_crs(GEOGRAPHIC)
    depots = depots[depots["状态"].isin(statuses)]
    metres = [
        min(GEOD.inv(p.x, p.y, d.x, d.y)[2] for d in depots.geometry) for p in people.geometry
    ]
    return (
        shapely.get_x(people.geometry.to_numpy()),
        people["人口"].to_numpy(float),
        np.array(metres),
    )


def bars(chart: Chart) -> list[Rectangle]:
    return [p for p in chart.figure.axes[0].patches if isinstance(p, Rectangle)]


def texts(chart: Chart) -> list[str]:
    axes = chart.figure.axes[0]
    return [t.get_text() for t in (*axes.texts, *chart.figure.texts)]


@pytest.mark.parametrize("seed", range(5))
def test_people_by_distance_are_counted_and_drawn(seed: int) -> None:
    of = plan(seed)
    result = coverage(of, CoverageAsk("depot", 12_000.0))
    x, persons, metres = nearest(of, ("现状", "在建", "规划"))
    persons = np.where(x >= WEST, persons, 0.0)
    edges = (3_000.0, 6_000.0, 12_000.0)
    chart = charts.by_distance(result, edges)
    wanted = [
        persons[(metres > a) & (metres <= b)].sum()
        for a, b in zip((-1.0, *edges), (*edges, np.inf), strict=True)
    ]
    assert [n for n, _ in chart.rows] == ["0–3", "3–6", "6–12", "12 以外"]
    assert [v[0] for _, v in chart.rows] == pytest.approx(wanted)
    assert [bar.get_height() * 1e4 for bar in bars(chart)] == pytest.approx(wanted)
    whole = sum(wanted)
    shares = [w.split("\n")[1] for w in texts(chart) if "\n" in w]
    assert shares == [f"{w / whole:.1%}" for w in wanted]
    assert sum(wanted) == pytest.approx(result.whole.people_total)


@pytest.mark.parametrize("seed", range(5))
def test_shares_of_districts_before_and_after_are_counted_and_drawn(seed: int) -> None:
    of = plan(seed)
    now, then = (coverage(of, CoverageAsk("depot", 9_000.0, status=s)) for s in ("现状", "全部"))
    wanted = {}
    for statuses in (("现状", "撤销"), ("现状", "在建", "规划")):
        x, persons, metres = nearest(of, statuses)
        for name, low, high in (("甲县", WEST, MIDDLE), ("乙县", MIDDLE, EAST + 1)):
            mine = (x >= low) & (x < high)
            share = persons[mine & (metres <= 9_000)].sum() / persons[mine].sum()
            wanted.setdefault(name, []).append(share)
    chart = charts.before_after(now, then)
    assert {name: list(v) for name, v in chart.rows} == {
        name: pytest.approx(v) for name, v in wanted.items()
    }
    drawn = [bar.get_width() / 100 for bar in bars(chart) if 0 < bar.get_width() < 100]
    assert sorted(drawn) == pytest.approx(
        sorted(s for v in wanted.values() for s in v if 0 < s < 1)
    )
    gains = [b - a for _, (a, b) in chart.rows]
    assert gains == sorted(gains, reverse=True)
    alone = charts.by_district(then)
    assert dict(alone.rows) == {name: (pytest.approx(v[1]),) for name, v in wanted.items()}
    assert [f"{v[0]:.1%}" for _, v in alone.rows] == [w for w in texts(alone) if "%" in w]


def test_unknown_is_said_and_never_drawn_as_nothing() -> None:
    of = plan(1)
    people = of.layer("人口")
    frame = people.frame.copy()
    inside = shapely.intersects(of.layer("行政区").geometry(1), frame.geometry.to_numpy())
    frame.loc[frame.index[inside][0], "人口"] = None
    of = of.with_layer(people.with_frame(frame))
    chart = charts.by_district(coverage(of, CoverageAsk("depot", 9_000.0)))
    assert dict(chart.rows)["甲县"] == (None,)
    assert "未知" in texts(chart)
    assert len([b for b in bars(chart) if 0 < b.get_width() < 100]) == 1
    with pytest.raises(Refused, match="没有人口图层"):
        charts.by_distance(coverage(plan(1).without_layer("人口"), CoverageAsk("depot", 9_000.0)))


def test_the_curve_goes_through_its_points_and_marks_where_more_pays_little() -> None:
    points = [(1, 0.31), (2, 0.52), (3, 0.7), (4, 0.74)]
    chart = charts.curve(points, knee=3, basis="手算")
    axes = chart.figure.axes[0]
    line = axes.lines[0]
    assert list(zip(line.get_xdata(), line.get_ydata() / 100, strict=True)) == [
        (x, pytest.approx(y)) for x, y in points
    ]
    assert any("3 处,70.0%" in w for w in texts(chart))
    assert any("手算" in w for w in texts(chart))
    low, high = axes.get_ylim()
    assert low <= 31
    assert high == 100
    with pytest.raises(Refused, match="没有点"):
        charts.curve([])


def test_different_districts_cannot_be_set_side_by_side() -> None:
    of = plan(2)
    layer = of.layer("行政区")
    one = of.with_layer(layer.with_frame(layer.frame.iloc[:1]))
    ask = CoverageAsk("depot", 9_000.0)
    with pytest.raises(Refused, match="行政区不同"):
        charts.before_after(coverage(of, ask), coverage(one, ask))


def test_charts_are_pictures_in_our_typeface_with_nothing_cut_off() -> None:
    result = coverage(plan(3), CoverageAsk("depot", 9_000.0))
    made = [
        charts.by_distance(result),
        charts.by_district(result),
        charts.before_after(result, result),
        charts.curve([(1, 0.2), (2, 0.9)], knee=1),
    ]
    for chart in made:
        with Image.open(BytesIO(chart.png(100))) as picture:
            assert picture.size[0] == pytest.approx(150 / 25.4 * 100, abs=1)
            assert picture.info["Title"] == chart.title
        assert chart.png(100) == chart.png(100)
        renderer = chart.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        page = chart.figure.bbox
        axes = chart.figure.axes[0]
        # Labels of ticks outside the limits exist, but are not drawn.
        ticks = [
            text
            for axis, k, (low, high) in (
                (axes.xaxis, 0, sorted(axes.get_xlim())),
                (axes.yaxis, 1, sorted(axes.get_ylim())),
            )
            for text in axis.get_ticklabels()
            if low <= text.get_position()[k] <= high
        ]
        for text in (*chart.figure.texts, *axes.texts, *ticks):
            assert "NotoSansCJKsc" in str(text.get_fontproperties().get_file())
            box = text.get_window_extent(renderer)
            assert box.x0 >= page.x0
            assert box.x1 <= page.x1
            assert box.y0 >= page.y0
            assert box.y1 <= page.y1
        assert chart.svg().startswith(b"<?xml")
