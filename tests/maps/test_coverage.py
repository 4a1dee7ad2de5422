"""Coverage against brute force: geodesics for people, sampling and circles for areas."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import main
from data import edits
from data.files import save
from data.geodesy import Ruler
from data.plan import Book, Layer, Plan, make_layer
from data.progress import Cancelled
from data.refused import Refused
from maps.analysis.coverage import Coverage, CoverageAsk, coverage, depths
from maps.analysis.demand import demand
from maps.analysis.nearby import Nearby
from maps.commands.coverage import as_json, as_text

CRS = "EPSG:4549"
GEOD = pyproj.Geod(ellps="GRS80")
RULER = Ruler(CRS)
WEST, SOUTH = 380_000.0, 4_700_000.0  # 120 km west of the central meridian


def districts(*shapes: shapely.Geometry, **columns: list[object]) -> Layer:
    count = len(shapes)
    values = {
        "名称": [f"区{i}" for i in range(count)],
        "代码": [f"15040{i}" for i in range(count)],
        "角色": ["规划区"] * count,
        **columns,
    }
    frame = gpd.GeoDataFrame(values, geometry=list(shapes), crs=CRS)
    return make_layer("行政区", "district", frame, CRS)


def people(x: object, y: object, persons: object, name: str = "人口") -> Layer:
    frame = gpd.GeoDataFrame({"人口": persons}, geometry=gpd.points_from_xy(x, y), crs=CRS)
    return make_layer(name, "population", frame, CRS, basis="人口格网·示意")


def depots(x: object, y: object, **columns: object) -> Layer:
    count = len(list(x))  # type: ignore[call-overload]
    values = {"名称": [f"库{i}" for i in range(count)], "状态": ["现状"] * count, **columns}
    frame = gpd.GeoDataFrame(values, geometry=gpd.points_from_xy(x, y), crs=CRS)
    return make_layer("储备库", "depot", frame, CRS)


def squares(size: float = 30_000.0) -> list[shapely.Polygon]:
    """2 × 2 squares in a row of rows, side by side."""
    return [
        shapely.box(
            WEST + i * size, SOUTH + j * size, WEST + (i + 1) * size, SOUTH + (j + 1) * size
        )
        for j, i in itertools.product(range(2), range(2))
    ]


def random_plan(seed: int, points: int = 400, sites: int = 7) -> Plan:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-5_000, 65_000, (2, points))
    fx, fy = rng.uniform(-20_000, 80_000, (2, sites))
    persons = rng.choice([rng.integers(0, 500, points), rng.uniform(0, 50, points)])
    grades = rng.choice(["市级", "县级", "乡镇级"], sites)
    status = rng.choice(["现状", "在建", "规划", "撤销"], sites)
    status[0] = "现状"
    roles = rng.permutation(["规划区", "规划区", "规划区", "周边"]).tolist()
    return Plan(
        "现状",
        CRS,
        (
            districts(*squares(), 角色=roles),
            people(WEST + x, SOUTH + y, persons),
            depots(WEST + fx, SOUTH + fy, 级别=grades, 状态=status),
        ),
    )


def lonlat(layer: Layer) -> np.ndarray:
    return shapely.get_coordinates(layer.frame.to_crs("EPSG:4490").geometry)


STANDING = {
    "现状": {"现状", "撤销"},
    "规划": {"在建", "规划"},
    "全部": {"现状", "在建", "规划"},
}


def brute(plan: Plan, radii: dict[str, float], status: str) -> tuple[np.ndarray, int]:
    """Times each point of the population layer is reached, by geodesics; facilities used."""
    layer = plan.layer("储备库")
    points = lonlat(plan.layer("人口"))
    counts = np.zeros(len(points), dtype=int)
    used = 0
    for (lon, lat), (_, row) in zip(lonlat(layer), layer.frame.iterrows(), strict=True):
        if row["状态"] not in STANDING[status]:
            continue
        used += 1
        start = np.full(len(points), lon), np.full(len(points), lat)
        away = GEOD.inv(*start, points[:, 0], points[:, 1])[2]
        radius = radii[row["级别"]]
        assert (np.abs(away - radius) > 1e-5 * radius).all(), "another seed: too close to tell"
        counts += away <= radius
    return counts, used


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("status", ["现状", "规划", "全部"])
def test_people_against_geodesics(seed: int, status: str) -> None:
    plan = random_plan(seed)
    rng = np.random.default_rng(1000 + seed)
    own = {"市级": float(rng.uniform(500, 60_000)), "县级": float(rng.uniform(500, 30_000))}
    rest = float(rng.uniform(100, 15_000))
    ask = CoverageAsk("depot", rest, own, (), status)  # type: ignore[arg-type]
    try:
        result = coverage(plan, ask)
    except Refused:
        assert not set(plan.layer("储备库").frame["状态"]) & STANDING[status]
        return
    counts, used = brute(plan, {**own, "乡镇级": rest}, status)
    assert len(result.sites) == used
    assert (result.counts == counts[result.demand.nearby.order]).all()
    check_people(plan, result, counts)
    nearest = result.nearest()
    assert (np.isfinite(nearest) == (result.counts > 0)).all()


def check_people(plan: Plan, result: Coverage, counts: np.ndarray) -> None:
    frame = plan.layer("人口").frame
    persons = frame["人口"].to_numpy()
    areas = plan.layer("行政区").frame
    areas = areas[areas["角色"] == "规划区"]
    taken = np.zeros(len(persons), dtype=bool)
    for row, (_, district) in zip(result.by_district, areas.iterrows(), strict=True):
        inside = frame.geometry.intersects(district.geometry).to_numpy() & ~taken
        taken |= inside
        assert row.name == district["名称"]
        assert row.people_total == pytest.approx(persons[inside].sum(), abs=1e-6)
        assert row.people_covered == pytest.approx(persons[inside & (counts > 0)].sum(), abs=1e-6)
        for k, n in enumerate(row.multiplicity):
            at = inside & (np.minimum(counts, 3) == k)
            assert n == pytest.approx(persons[at].sum(), abs=1e-6)
        # The accounts are exact to the last bit, whatever fractions of persons there are.
        assert row.people_covered + row.people_uncovered == row.people_total
    whole = result.whole
    assert sum(r.people_total for r in result.by_district) == whole.people_total
    assert sum(r.people_covered for r in result.by_district) == whole.people_covered
    assert sum(whole.multiplicity) == whole.people_total
    assert whole.people_covered + whole.people_uncovered == whole.people_total
    assert whole.share == whole.people_covered / whole.people_total
    outside = persons[~taken].sum()
    assert result.outside.people_total == pytest.approx(outside, abs=1e-6)
    assert result.outside.people_covered == pytest.approx(
        persons[~taken & (counts > 0)].sum(), abs=1e-6
    )


@pytest.mark.parametrize("seed", range(6))
def test_areas_against_sampling(seed: int) -> None:
    plan = random_plan(seed)
    ask = CoverageAsk("depot", 9_000.0, {"市级": 21_000.0, "县级": 14_000.0})
    result = coverage(plan, ask)
    step = 250.0
    grid = np.arange(step / 2, 60_000, step)
    x, y = (v.ravel() for v in np.meshgrid(WEST + grid, SOUTH + grid))
    true_km2 = (step * RULER.inverse_scale(x, y)) ** 2 / 1e6
    times = np.zeros(len(x), dtype=int)
    for fx, fy, radius in zip(result.sites.x, result.sites.y, result.sites.radius, strict=True):
        times += RULER.distance(fx, fy, x, y) <= radius
    total = np.zeros(4)
    for row, district in zip(result.by_district, result.demand.districts, strict=True):
        inside = shapely.contains_xy(district.shape, x, y)
        covered = true_km2[inside & (times > 0)].sum()
        assert row.area_km2_total == pytest.approx(true_km2[inside].sum(), rel=1e-6)
        assert row.area_km2_covered == pytest.approx(covered, abs=4.0)
        assert 0 <= row.area_share <= 1
        total += [true_km2[inside & (times >= k)].sum() for k in range(4)]
    assert sum(r.area_km2_covered for r in result.by_district) == pytest.approx(
        result.whole.area_km2_covered
    )
    assert RULER.area(result.area) == pytest.approx(result.whole.area_km2_covered, rel=1e-9)
    levels = depths(result)
    assert RULER.area(levels) == pytest.approx(total[1:], abs=8.0)


def test_one_circle_is_a_circle() -> None:
    plan = Plan("现状", CRS, (depots([WEST], [SOUTH]),))
    result = coverage(plan, CoverageAsk("depot", 20_000.0))
    assert result.whole.area_km2_covered == pytest.approx(np.pi * 400, rel=5e-4)
    assert result.whole.area_km2_total is None
    assert result.whole.area_share is None
    assert [round(a) for a in RULER.area(depths(result))] == [1256, 0, 0]


def test_the_radius_itself_is_within() -> None:
    x, y = WEST + 11_111.0, SOUTH + 7_777.0
    plan = Plan("现状", CRS, (people([x], [y], [5]), depots([WEST], [SOUTH])))
    away = float(RULER.distance(WEST, SOUTH, x, y))
    assert coverage(plan, CoverageAsk("depot", away)).whole.people_covered == 5
    short = float(np.nextafter(away, 0))
    assert coverage(plan, CoverageAsk("depot", short)).whole.people_covered == 0


def test_facilities_outside_reach_in() -> None:
    square = shapely.box(WEST, SOUTH, WEST + 10_000, SOUTH + 10_000)
    plan = Plan(
        "现状",
        CRS,
        (
            districts(square),
            people([WEST + 100], [SOUTH + 5_000], [7]),
            depots([WEST - 3_000], [SOUTH + 5_000]),
        ),
    )
    result = coverage(plan, CoverageAsk("depot", 4_000.0))
    assert result.whole.people_covered == 7
    assert 0 < result.whole.area_km2_covered < 10
    assert result.outside is None


def test_without_people_everything_about_people_is_unknown() -> None:
    plan = Plan("现状", CRS, (districts(*squares()), depots([WEST + 9e3], [SOUTH + 9e3])))
    result = coverage(plan, CoverageAsk("depot", 5_000.0))
    for row in (result.whole, *result.by_district):
        assert row.people_total is None
        assert row.people_covered is None
        assert row.share is None
        assert row.multiplicity == (None,) * 4
        assert row.area_km2_total > 800
    assert result.outside is None
    assert as_json(result)["multiplicity"] == {"0": None, "1": None, "2": None, "3+": None}
    assert as_json(result)["basis"] is None
    assert "未知" in as_text(result)


def test_an_unknown_part_makes_itself_and_the_whole_unknown() -> None:
    x, y = WEST + np.array([1e3, 2e3, 31e3]), SOUTH + np.array([1e3, 2e3, 1e3])
    layers = (people(x, y, [10.0, None, 4.0]), depots([WEST], [SOUTH]))
    # 区0 has a point without a figure, 区2 and 区3 have no points: 区2 says it has nobody.
    areas = districts(*squares(), 人口=[99, None, 0, None])
    result = coverage(Plan("现状", CRS, (areas, *layers)), CoverageAsk("depot", 5_000.0))
    assert [r.people_total for r in result.by_district] == [None, 4, 0, None]
    # 区3 says how many live there, but not where: that is not 0 either.
    told = coverage(
        Plan("现状", CRS, (districts(*squares(), 人口=[99, None, 0, 70]), *layers)),
        CoverageAsk("depot", 5_000.0),
    )
    assert [r.people_total for r in told.by_district] == [None, 4, 0, None]
    assert told.whole.people_total is None
    assert result.by_district[2].share is None  # nobody: no share either
    assert result.whole.people_total is None
    assert result.demand.unknown == 1
    assert "1 个人口点没有人口数" in as_text(result)


def test_background_districts_are_not_counted() -> None:
    x, y = WEST + np.array([1e3, 31e3]), SOUTH + np.array([1e3, 1e3])
    areas = districts(*squares()[:2], 角色=["规划区", "周边"])
    plan = Plan("现状", CRS, (areas, people(x, y, [3, 9]), depots([WEST + 31e3], [SOUTH])))
    result = coverage(plan, CoverageAsk("depot", 5_000.0))
    assert [r.name for r in result.by_district] == ["区0"]
    assert (result.whole.people_total, result.whole.people_covered) == (3, 0)
    assert (result.outside.people_total, result.outside.people_covered) == (9, 9)
    assert as_json(result)["outside"] == {"people_total": 9, "people_covered": 9, "share": 1.0}
    assert "区外" in as_text(result)


def test_json_has_exactly_the_agreed_keys() -> None:
    square = shapely.box(WEST - 10_000, SOUTH - 10_000, WEST + 70_000, SOUTH + 70_000)
    plan = random_plan(1).without_layer("行政区").with_layer(districts(square))
    out = as_json(coverage(plan, CoverageAsk("储备库", 8_000.0)))
    assert " ".join(out) == (
        "of measure limit facilities people_total people_covered share area_km2_total "
        "area_km2_covered area_share multiplicity by_district basis"
    )
    assert " ".join(out["by_district"][0]) == (
        "name adcode people_total people_covered share area_km2_total area_km2_covered"
    )
    assert (out["of"], out["measure"], out["limit"]) == ("depot", "radius", 8000.0)
    assert out["basis"] == "人口格网·示意"
    assert out["by_district"][0]["adcode"] == "150400"
    json.dumps(out, allow_nan=False)
    own = as_json(coverage(plan, CoverageAsk("depot", 1e3, {"市级": 2e4})))
    assert own["limit"] == {"市级": 2e4, "": 1e3}


def test_text_is_a_table() -> None:
    plan = random_plan(3)
    lines = as_text(coverage(plan, CoverageAsk("depot", 8_000.0, {"市级": 2e4}))).splitlines()
    assert lines[0].startswith("储备库 ")
    assert "市级 20 km、其余 8 km" in lines[0]
    assert [line.split()[0] for line in lines[2:7]][-2:] == ["合计", "区外"]
    assert any("人口格网·示意" in line for line in lines)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (CoverageAsk("depot", 0.0), "大于 0"),
        (CoverageAsk("depot", -1.0), "大于 0"),
        (CoverageAsk("depot", float("nan")), "大于 0"),
        (CoverageAsk("depot", float("inf")), "大于 0"),
        (CoverageAsk("depot", "abc"), "大于 0"),  # type: ignore[arg-type]
        (CoverageAsk("depot", 9e5), "单位是米"),
        (CoverageAsk("depot", 5e3, {"市级": 0.0}), "大于 0"),
        (CoverageAsk("depot", 5e3, {"特级": 1.0}), "没有“特级”"),
        (CoverageAsk("depot", None, {"市级": 1e3}), "没有给服务半径"),
        (CoverageAsk("depot", 5e3, {}, ("特级",)), "没有“特级”"),
        (CoverageAsk("depot", 5e3, {}, ("中央",)), "级别为中央"),
        (CoverageAsk("watchtower", 5e3, {}, ("高",)), "不分级"),
        (CoverageAsk("shelter", 5e3), "还没有避难场所"),
        (CoverageAsk("road", 5e3), "不是服务设施"),
        (CoverageAsk("warehouse", 5e3), "warehouse"),
        (CoverageAsk("depot", 5e3, {}, (), "将来"), "状态只能是"),  # type: ignore[arg-type]
        (CoverageAsk("depot", 5e3, people="常住人口"), "没有名为“常住人口”"),
    ],
)
def test_what_makes_no_sense_is_refused(ask: CoverageAsk, words: str) -> None:
    with pytest.raises(Refused, match=words):
        coverage(random_plan(2), ask)


def test_two_population_layers_are_not_added_up() -> None:
    plan = random_plan(2)
    both = plan.with_layer(people([WEST], [SOUTH], [5], "常住人口"))
    with pytest.raises(Refused, match="重复计数"):
        coverage(both, CoverageAsk("depot", 5e3))
    one = coverage(both, CoverageAsk("depot", 5e3, people="人口"))
    assert one.whole == coverage(plan, CoverageAsk("depot", 5e3)).whole


def test_labels_are_made_once_and_answers_know_when_they_are_old() -> None:
    plan = random_plan(4)
    ask = CoverageAsk("depot", 9e3)
    result = coverage(plan, ask)
    moved = edits.move_feature("储备库", 1, shapely.Point(WEST, SOUTH))(plan)
    assert demand(moved) is demand(plan) is result.demand
    assert result.holds_for(plan)
    assert not result.holds_for(moved)
    other = edits.ensure_layer("shelter")(plan)
    assert result.holds_for(other)
    changed = edits.set_values("行政区", [1], {"备注": "改"})(plan)
    assert demand(changed) is not demand(plan)
    assert demand(changed).nearby is demand(plan).nearby
    assert {layer.name for layer in result.layers} == {"储备库", "行政区", "人口"}


def test_cancelling_leaves_no_answer() -> None:
    def stop(done: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        coverage(random_plan(5), CoverageAsk("depot", 9e3), stop)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    points=st.integers(0, 300),
    spread=st.sampled_from([0.0, 1.0, 900.0, 40_000.0, 300_000.0]),
    radius=st.floats(1.0, 390_000.0),
)
def test_nearby_is_the_ruler(seed: int, points: int, spread: float, radius: float) -> None:
    rng = np.random.default_rng(seed)
    x = WEST + np.round(rng.normal(0, 1, points) * spread, -2)  # on a grid: many on one spot
    y = SOUTH + np.round(rng.normal(0, 1, points) * spread, -2)
    nearby = Nearby(RULER, x, y)
    fx, fy = WEST + rng.normal(0, 1, 5) * spread, SOUTH + rng.normal(0, 1, 5) * spread
    radii = radius * rng.uniform(0.1, 1, 5)
    hits = [RULER.distance(*at, x, y) <= r for *at, r in zip(fx, fy, radii, strict=True)]
    assert (nearby.counts(fx, fy, radii) == np.sum(hits, axis=0)[nearby.order]).all()
    one = np.sort(nearby.order[nearby.inside(fx[0], fy[0], radii[0])])
    assert one.tolist() == np.flatnonzero(hits[0]).tolist()


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command line in its own process; Qt must not be loaded by it."""
    code = (
        "import sys, main; done = main.main(sys.argv[1:]); "
        "assert not any(m.startswith('PySide6') for m in sys.modules); sys.exit(done)"
    )
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=root, check=False
    )


def test_command_line(tmp_path: Path) -> None:
    plan, path = random_plan(6), tmp_path / "规划.gpkg"
    save(Book("试验", (plan,)), path)
    words = ("coverage", str(path), "--of", "储备库")
    done = run(*words, "--radius", "9000", "--radius-of", "市级=20000", "县级=15000", "--json", "-")
    ask = CoverageAsk("depot", 9e3, {"市级": 2e4, "县级": 1.5e4})
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == as_json(coverage(plan, ask))
    only = run(*words, "--radius", "9000", "--class", "市级", "--class", "县级", "--status", "现状")
    ask = CoverageAsk("depot", 9e3, {}, ("市级", "县级"), "现状")
    assert (only.returncode, only.stderr) == (0, "")
    assert only.stdout == as_text(coverage(plan, ask)) + "\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--radius", "abc"], "现在是“abc”"),
        (["--radius", "0"], "大于 0"),
        (["--radius", "-1"], "大于 0"),
        (["--radius", "nan"], "大于 0"),
        ([], "请用 --radius"),
        (["--radius-of", "市级"], "级别=米"),
        (["--radius-of", "市级=远"], "现在是“远”"),
        (["--radius", "5", "--status", "将来"], "状态只能是"),
    ],
)
def test_command_line_refuses_in_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "规划.gpkg"
    save(Book("试验", (random_plan(6),)), path)
    assert main.main(["coverage", str(path), "--of", "depot", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 1
