"""The canvas without a window: views, paths, hits, snapping, reach, density, measuring."""

import gc
import weakref

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from data.geodesy import Ruler
from data.plan import Layer, Look, Plan, make_layer
from desktop.canvas import arranging, atlas, outlines, reach
from desktop.canvas.arranging import arranged
from desktop.canvas.content import points
from desktop.canvas.density import Density
from desktop.canvas.hit import POINT_REACH, SAME, around, hit, inside, snap
from desktop.canvas.measuring import Measuring, length, surface
from desktop.canvas.view import COARSEST, FINEST, Port, View, fitting, scale_bar
from tests.desktop.plans import CRS, X, Y, small_plan

FAR = 40_500_000.0
"""An easting with a zone prefix: what single precision cannot hold."""


def port(mpp=50.0, width=800.0, height=600.0, x=X, y=Y + 10e3):
    return Port(View(x, y, mpp), width, height)


def facilities(count, seed, kind="depot", name="点", x=X, y=Y, size=20e3):
    rng = np.random.default_rng(seed)
    at = rng.uniform((x, y), (x + size, y + size), (count, 2))
    frame = gpd.GeoDataFrame(
        {"名称": [f"{name}{i}" for i in range(count)], "状态": ["现状"] * count},
        geometry=shapely.points(at),
        crs=CRS,
    )
    return make_layer(name, kind, frame, CRS)


# --- the view


def test_pixels_and_metres_are_each_others_inverse_far_from_the_origin():
    here = Port(View(FAR + 0.123, 4_700_000.456, 0.07), 801.0, 603.0)
    for px, py in ((0, 0), (801, 603), (17.25, 400.5)):
        assert here.px(*here.world(px, py)) == pytest.approx((px, py), abs=1e-5)
    rows = here.pixels(np.array([here.world(17.25, 400.5)]))
    assert rows[0] == pytest.approx((17.25, 400.5), abs=1e-5)


def test_zooming_keeps_the_place_under_the_pixel_also_at_the_limits():
    here = port()
    for factor in (1.25, 0.3, 1e9, 1e-9):
        after = here.zoomed(factor, 123, 456)
        assert after.world(123, 456) == pytest.approx(here.world(123, 456), abs=1e-4)
        assert FINEST <= after.view.mpp <= COARSEST


def test_fitting_shows_the_whole_box_and_no_more_than_needed():
    box = (X, Y, X + 40e3, Y + 10e3)
    west, south, east, north = Port(fitting(box, 800, 600), 800, 600).bounds
    assert np.all(np.array([west, south]) < box[:2])
    assert np.all(np.array([east, north]) > box[2:])
    assert (east - west) < 40e3 * 1.1


@pytest.mark.parametrize("mpp", [0.06, 1.0, 3.7, 99.0, 640.0, 49_000.0])
def test_the_scale_bar_is_round_and_true(mpp):
    width, words = scale_bar(mpp, 140)
    number, unit = words.split()
    metres = float(number) * (1000 if unit == "km" else 1)
    assert width * mpp == pytest.approx(metres)
    assert 140 / 2.51 <= width <= 140.0001
    assert f"{metres:e}"[0] in "125"


# --- Qt's shapes from arrays


def test_a_path_has_every_vertex_and_holes_stay_open(qapp):
    ring = np.array([[10.0, 10], [90, 10], [90, 90], [10, 90], [10, 10]])
    hole = np.array([[40.0, 40], [60, 40], [60, 60], [40, 60], [40, 40]])
    made = outlines.path(np.vstack([ring, hole]), np.array([0, 5]))
    assert made.elementCount() == 10
    assert [(made.elementAt(i).x, made.elementAt(i).y) for i in (0, 2, 5)] == [
        (10, 10),
        (90, 90),
        (40, 40),
    ]
    assert made.contains(QPointF(20, 20))
    assert not made.contains(QPointF(50, 50))


def test_a_polygon_is_its_points(qapp):
    at = np.random.default_rng(1).uniform(-5, 5, (50, 2))
    made = outlines.polygon(at)
    assert np.array_equal([(p.x(), p.y()) for p in made], at)
    assert len(outlines.polygon(np.zeros((0, 2)))) == 0


def test_clipped_shapes_look_the_same_inside_the_port(qapp):
    rng = np.random.default_rng(3)
    here = port(mpp=20.0, width=200.0, height=150.0)
    star = shapely.Polygon(
        [
            (X + r * np.cos(a), Y + 10e3 + r * np.sin(a))
            for a, r in zip(np.linspace(0, 6.2, 300), rng.uniform(800, 9000, 300), strict=True)
        ]
    )
    pictures = []
    for shapes in (np.array([star]), outlines.clipped(np.array([star]), here)):
        image = QImage(200, 150, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        painter.fillPath(outlines.path(*outlines.rings(shapes, here)), QColor("#000000"))
        painter.end()
        pictures.append(outlines.pixels_of(image).copy())
    assert (pictures[0] > 0).any()
    assert (pictures[0] != pictures[1]).mean() < 0.002


# --- what is under the cursor


def test_a_click_takes_the_nearest_symbol_against_every_distance():
    layers = (
        facilities(150, 1),
        facilities(80, 2, "shelter", "场所"),
        facilities(60, 3, "settlement", "村"),
    )
    plan, here = Plan("现状", CRS, layers), port(mpp=30.0, x=X + 10e3)
    rng = np.random.default_rng(4)
    found = 0
    drawn = {layer.name: arranged(plan, 30.0).of(layer) for layer in layers}
    assert not arranged(plan, 30.0).badges
    for px, py in rng.uniform((0, 0), (800, 600), (600, 2)):
        away = {}
        for name, marks in drawn.items():
            for i, (ax, ay) in enumerate(marks.pixels(here)):
                distance = np.hypot(ax - px, ay - py)
                if distance <= max(marks.reach[i] + 1, POINT_REACH):
                    away[name, int(marks.points.fids[i])] = distance
        got = hit(plan, here, px, py)
        if not away:
            assert got is None
        else:
            found += 1
            assert away[tuple(got)] <= min(away.values()) + SAME
    assert found > 50


def test_of_symbols_on_one_spot_the_selected_then_the_upper_kind_is_taken():
    def layer(kind, name):
        spot = gpd.GeoDataFrame({"名称": [name]}, geometry=[shapely.Point(X, Y)], crs=CRS)
        return make_layer(name, kind, spot, CRS)

    plan = Plan("现状", CRS, (layer("depot", "库"), layer("settlement", "站")))
    here = port(y=Y)
    assert hit(plan, here, 400, 300) == ("库", 1)
    assert hit(plan, here, 400, 300, selected={"站": (1,)}) == ("站", 1)
    assert hit(plan, here, 400, 300, chosen="站") == ("站", 1)
    hidden = Layer("库", "depot", plan.layer("库").frame, look=Look(visible=False))
    assert hit(plan.with_layer(hidden), here, 400, 300) == ("站", 1)


def test_roads_are_hit_near_their_line_and_districts_only_when_asked():
    plan, here = small_plan(), port()
    y = here.px(X, Y + 10e3)[1]
    assert hit(plan, here, 500, y + 4) == ("道路", 1)
    assert hit(plan, here, 500, y + 12) is None
    assert hit(plan, here, 500, y + 12, areas=True) == ("行政区", 1)
    assert hit(plan, here, 300, y + 12, chosen="行政区") == ("行政区", 2)


def test_a_box_holds_exactly_what_lies_in_it():
    plan = Plan("现状", CRS, (facilities(300, 7), facilities(200, 8, "settlement", "村")))
    rng = np.random.default_rng(9)
    for _ in range(30):
        x, y = np.sort(rng.uniform(0, 20e3, (2, 2)), axis=1)
        box = (X + x[0], Y + y[0], X + x[1], Y + y[1])
        for chosen, name in (("", "点"), ("村", "村")):
            marks = points(plan.layer(name))
            wanted = {
                int(f)
                for f, (px, py) in zip(marks.fids, marks.xy, strict=True)
                if box[0] <= px <= box[2] and box[1] <= py <= box[3]
            }
            assert set(inside(plan, box, chosen).get(name, ())) == wanted


def test_tab_goes_from_near_to_far():
    plan, here = Plan("现状", CRS, (facilities(50, 11),)), port(mpp=30.0, x=X + 10e3)
    marks = points(plan.layers[0])
    found = around(plan, here, 200, 100)
    away = [np.hypot(*(np.array(here.px(*marks.xy[h.fid - 1])) - (200, 100))) for h in found]
    assert away == sorted(away)
    assert len(found) == min(40, sum(0 <= a <= 800 and 0 <= b <= 600 for a, b in
                                     here.pixels(marks.xy)))  # fmt: skip


def test_snapping_takes_places_before_roads_and_nothing_beyond_ten_pixels():
    town = gpd.GeoDataFrame({"名称": ["镇"]}, geometry=[shapely.Point(X, Y + 10_100)], crs=CRS)
    plan, here = small_plan(), port(mpp=50.0)
    with_town = plan.with_layer(make_layer("居民点", "settlement", town, CRS))
    on_road = snap(plan, here, X + 3000, Y + 10e3 + 9.9 * 50)
    assert (on_road.x, on_road.y, on_road.name) == (X + 3000, Y + 10e3, "一号路")
    assert on_road.line is not None
    assert snap(plan, here, X + 3000, Y + 10e3 + 10.1 * 50) is None
    assert snap(with_town, here, X + 300, Y + 10e3)[:3] == (X, Y + 10_100, "镇")


# --- symbols that share a place


def town(count, kind="depot", name="库", spread=800.0, seed=21, x=X, y=Y):
    return facilities(count, seed, kind, name, x, y, spread)


def drawn(plan, mpp, here):
    """Middle, true pixel, radius and layer and id of each symbol on the map."""
    where = arranged(plan, mpp)
    out = []
    for layer in plan:
        marks = where.of(layer)
        homes, at = here.pixels(marks.points.xy), marks.pixels(here)
        for i in np.flatnonzero(marks.shown):
            out.append((at[i], homes[i], marks.reach[i], (layer.name, int(marks.points.fids[i]))))
    return out, where


@pytest.mark.parametrize("mpp", [2.0, 30.0, 90.0, 400.0, 743.0, 2000.0])
def test_no_symbol_lies_on_another_and_none_gets_lost(mpp):
    layers = (town(24), town(22, "fire_station", "站", seed=5), town(9, "shelter", "所", seed=6))
    plan = Plan("现状", CRS, layers)
    here = Port(View(X, Y, mpp), 900.0, 640.0)
    shown, where = drawn(plan, mpp, here)
    for n, (at, _, half, _) in enumerate(shown):
        for other, _, far, _ in shown[:n]:
            assert np.hypot(*(at - other)) >= half + far
    assert all(np.hypot(*(at - home)) <= arranging.FAR + 1e-6 for at, home, _, _ in shown)
    counted = [member for badge in where.badges for member in badge.members]
    everybody = [(x.name, int(i)) for x in layers for i in x.frame.index]
    assert sorted(counted + [name for *_, name in shown]) == sorted(everybody)


def test_a_crowd_is_counted_and_the_count_can_be_hit():
    plan = Plan("现状", CRS, (town(300, spread=50.0),))
    here = Port(View(X, Y, 500.0), 900.0, 640.0)
    shown, where = drawn(plan, 500.0, here)
    counted = [member for badge in where.badges for member in badge.members]
    assert 20 < len(shown) < 300
    assert len(shown) + len(counted) == 300
    badge = where.badges[0]
    assert hit(plan, here, *badge.pixel(here)) == badge.members[0]


def test_the_important_one_stays_and_who_has_room_is_not_moved():
    lone = town(1, name="远", x=X + 60e3)
    plan = Plan("现状", CRS, (town(6, "monitor", "测"), town(1, seed=1), lone))
    where = arranged(plan, 300.0)
    assert not where.of(plan.layer("库")).off.any()
    assert not where.of(lone).off.any()
    assert where.of(plan.layer("测")).off.any()
    assert not arranged(plan, 1.0).of(plan.layer("测")).off.any()


def test_the_arrangement_knows_the_plan_and_the_scale_only():
    one, same = (Plan("现状", CRS, (town(40), town(30, "shelter", "所", seed=3))) for _ in "ab")
    first, second = arranged(one, 500.0), arranged(same, 500.0)
    assert arranged(one, 500.0) is first
    for name in ("库", "所"):
        assert np.array_equal(first.layers[name].off, second.layers[name].off)
    far = [make_layer(x.name, x.kind_name, x.frame.translate(xoff=36e6).to_frame("geometry")
                      .assign(名称=x.frame["名称"], 状态="现状").set_crs(CRS), CRS)
           for x in one]  # fmt: skip
    shifted = arranged(Plan("现状", CRS, tuple(far)), 500.0)
    assert np.allclose(shifted.layers["库"].off, first.layers["库"].off, atol=1e-4)


def test_a_click_finds_every_symbol_where_it_is_drawn():
    plan = Plan("现状", CRS, (town(20), town(20, "fire_station", "站", seed=9)))
    here = Port(View(X, Y, 600.0), 900.0, 640.0)
    shown, _ = drawn(plan, 600.0, here)
    for at, _, _, name in shown:
        assert hit(plan, here, *at) == name


def test_what_is_kept_with_a_layer_does_not_keep_it_alive():
    layer = town(5)
    seen = weakref.ref(layer)
    points(layer).looks  # noqa: B018 - made and kept
    del layer
    gc.collect()
    assert seen() is None


# --- the reached area


def test_counts_of_discs_against_every_pixel():
    ruler, here = Ruler(CRS), port(mpp=37.0, width=160.0, height=120.0)
    rng = np.random.default_rng(5)
    at = rng.uniform((X - 4e3, Y + 6e3), (X + 4e3, Y + 14e3), (12, 2))
    discs = list(ruler.circles(at[:, 0], at[:, 1], rng.uniform(200, 5000, 12)))
    got = reach.counted(discs, here, 160, 120)
    rows, columns = np.mgrid[0:120, 0:160]
    x, y = here.world(columns + 0.5, rows + 0.5)
    wanted = np.zeros((120, 160), int)
    for disc in discs:
        wanted += shapely.contains_xy(disc, x, y)
    assert wanted.max() > 2
    assert (got != wanted).mean() < 1e-3  # a pixel's middle exactly on an edge may fall either way


def test_a_moved_disc_gives_the_picture_drawn_afresh():
    ruler, here = Ruler(CRS), port(mpp=60.0, width=200.0, height=150.0)
    others = [ruler.circle(X - 2e3, Y + 9e3, 3e3), ruler.circle(X + 1e3, Y + 11e3, 2500)]
    old = ruler.circle(X, Y + 10e3, 2000)
    counts = reach.counted([*others, old], here, 200, 150)
    outside = np.zeros(counts.shape, bool)
    outside[:, :30] = True
    people = (np.indices(counts.shape).sum(axis=0) % 6).astype(np.uint8)
    keys = reach.still(counts, outside, people)
    out = np.empty(counts.shape, np.uint32)
    mine = reach.counted([old], here, 200, 150)
    moving = reach.Moving.reached(keys, counts - mine, mine, out)

    def at(disc):
        moving.at(reach.stamp(disc, here, 200, 150))

    at(ruler.circle(X + 3e3, Y + 12e3, 2000))
    at(old)
    back = np.empty(counts.shape, np.uint32)
    reach.colored(keys, back)
    assert np.array_equal(out, back)
    new = ruler.circle(X - 3e3, Y + 8e3, 2000)
    at(new)
    after = reach.counted([*others, new], here, 200, 150)
    free = (reach.counted([old], here, 200, 150) == 0) & (reach.counted(others, here, 200, 150) > 0)
    fresh = np.empty(counts.shape, np.uint32)
    reach.colored(reach.still(after, outside, people), fresh)
    assert free.sum() > 500
    assert np.array_equal(out[free], fresh[free])
    elsewhere = ruler.circle(X + 500e3, Y, 2000)
    at(elsewhere)
    lost = (counts > 0) & (reach.counted(others, here, 200, 150) == 0)
    assert lost.any()
    assert (out[lost] != back[lost]).all()


# --- people


def people_layer(at, persons, cell):
    frame = gpd.GeoDataFrame({"人口": persons}, geometry=shapely.points(at), crs=CRS)
    return make_layer("人口", "population", frame, CRS, basis="示意", cell=cell)


def test_each_pixel_shows_the_class_of_its_cell():
    rng = np.random.default_rng(6)
    cells = np.unique(rng.integers(0, 30, (200, 2)), axis=0)
    at = (X, Y) + cells * 1000.0
    persons = rng.lognormal(3, 2, len(cells))
    made = Density(people_layer(at, persons, 1000.0))
    here = Port(View(X + 15e3, Y + 15e3, 130.0), 300.0, 250.0)
    got = made.classes(here, 300, 250)
    by_cell = {tuple(c): p for c, p in zip(cells.tolist(), persons, strict=True)}
    for px, py in rng.integers(0, 250, (400, 2)):
        x, y = here.world(px + 0.5, py + 0.5)
        cell = int(np.floor((x - X) / 1000 + 0.5)), int(np.floor((y - Y) / 1000 + 0.5))
        person = by_cell.get(cell)
        wanted = 0 if person is None else np.digitize(np.float32(person), made.breaks) + 1
        assert got[py, px] == wanted


def test_zoomed_out_the_density_is_the_mean_and_nobody_is_lost():
    at = (X, Y) + np.stack(np.meshgrid(np.arange(130.0), np.arange(97.0)), -1).reshape(-1, 2) * 100
    persons = np.random.default_rng(8).uniform(0.1, 9, len(at))
    made = Density(people_layer(at, persons, 100.0))
    for level, grid in enumerate(made.levels):
        km2 = (made.cell * 2**level / 1000) ** 2
        assert grid.sum(dtype=float) * km2 == pytest.approx(persons.sum(), rel=1e-4)
    assert made.levels[-1].shape < (64, 64)


def test_unknown_people_are_nobodys_colour_and_an_empty_layer_draws_nothing():
    at = np.array([[X, Y], [X + 1000, Y]])
    made = Density(people_layer(at, [None, 50.0], 1000.0))
    here = Port(View(X + 500, Y, 10.0), 200.0, 100.0)
    classes = made.classes(here, 200, 100)
    assert set(classes[50, :99]) == {0}
    assert set(classes[50, 101:]) != {0}
    none = Density(people_layer(np.zeros((0, 2)), [], 1000.0))
    assert not none.classes(here, 200, 100).any()


# --- measuring


def test_distance_is_the_geodesic():
    geod = pyproj.Geod(ellps="GRS80")
    ruler = Ruler(CRS)
    corners = [(X, Y), (X + 71e3, Y + 13e3), (X - 40e3, Y + 90e3)]
    measuring = Measuring(ruler, area=False)
    for corner in corners:
        measuring.add(*corner)
    lon, lat = ruler.to_lonlat(*np.array(corners).T)
    assert measuring.metres == pytest.approx(geod.line_length(lon, lat), rel=2e-5)
    assert measuring.text == f"距离 {measuring.metres / 1000:,.1f} km"
    measuring.hover = (X, Y)
    assert measuring.metres > geod.line_length(lon, lat) * 1.3
    measuring.take_back()
    assert len(measuring.corners) == 2


def test_area_is_true_and_a_crossed_ring_does_not_break_it():
    ruler = Ruler(CRS)
    ring = np.array([(X, Y), (X + 30e3, Y), (X + 30e3, Y + 20e3), (X, Y + 20e3)])
    measuring = Measuring(ruler, area=True)
    for corner in ring:
        measuring.add(*map(float, corner))
    lon, lat = ruler.to_lonlat(*shapely.get_coordinates(shapely.segmentize(
        shapely.Polygon(ring), 500)).T)  # fmt: skip
    true = abs(pyproj.Geod(ellps="GRS80").polygon_area_perimeter(lon, lat)[0])
    assert measuring.km2 == pytest.approx(true / 1e6, rel=2e-5)
    crossed = Measuring(ruler, area=True)
    for i in (0, 2, 1, 3):
        crossed.add(*map(float, ring[i]))
    assert crossed.km2 == pytest.approx(measuring.km2 / 2, rel=1e-3)


def test_lengths_and_areas_read_as_in_the_planners_documents():
    assert [length(m) for m in (12.4, 999, 12_346, 123_456)] == [
        "12 m",
        "999 m",
        "12.35 km",
        "123.5 km",
    ]
    assert [surface(a) for a in (0.0012, 0.5, 12.5)] == ["1,200 ㎡", "50.00 公顷", "12.50 km²"]


# --- names


def test_a_halo_surrounds_the_letters_and_nothing_else(qapp):
    image = atlas.text("应急", 14, False, "#000000", "#ff0000", 1.0)
    pixels = outlines.pixels_of(image)
    alpha, red = pixels >> 24, (pixels >> 16) & 255
    assert alpha[0].max() < 60
    assert ((alpha > 200) & (red < 40)).sum() > 40  # ink
    assert ((alpha > 200) & (red > 200)).sum() > 60  # halo
    assert (red <= alpha).all()  # premultiplied


def test_long_names_are_parted_before_a_word():
    assert atlas.lines("赤峰市救灾物资储备库") == ["赤峰市救灾物资储备库"]
    assert atlas.lines("满洲里市救灾物资储备中心库") == ["满洲里市救灾物资", "储备中心库"]
    assert "".join(atlas.lines("一二三四五六七八九十一二三")) == "一二三四五六七八九十一二三"
