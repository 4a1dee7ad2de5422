"""Questions by road in the window, by real events."""

import datetime

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from data import edits
from data.plan import Book, make_layer
from desktop import dialogs
from desktop.app import make_app
from desktop.session import Session
from desktop.window import Window
from maps.analysis.coverage import CoverageAsk
from maps.analysis.network.areas import areas
from maps.analysis.network.doctor import checkup
from maps.analysis.network.isochrone import isochrones
from maps.analysis.network.profile import OWN_SPEEDS
from maps.analysis.network.route import routes_from_nearest
from maps.analysis.network.whatif import Change, whatif
from maps.analysis.timecover import TimeAsk
from maps.drawing import style
from maps.drawing.roadfiles import write_bands
from tests.desktop import hand
from tests.desktop.plans import CRS, X, Y, small_plan
from tests.desktop.test_session import wait_for
from tests.desktop.test_window import end_window

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CAR = "救援车辆"


def roads_plan():
    """The small plan with a ring of roads, one loose end, one flood zone, two fire stations."""
    rows = [
        ("一号路", "国道", [(X - 20e3, Y + 10e3), (X, Y + 10e3)]),
        ("二号路", "国道", [(X, Y + 10e3), (X + 20e3, Y + 10e3)]),
        ("三号路", "县道", [(X - 15e3, Y + 10e3), (X - 15e3, Y + 3e3), (X + 15e3, Y + 3e3)]),
        ("四号路", "县道", [(X + 15e3, Y + 3e3), (X + 15e3, Y + 10e3)]),
        ("断头路", "村道", [(X - 5e3, Y + 16e3), (X - 5e3, Y + 10e3 + 8)]),
    ]
    roads = gpd.GeoDataFrame(
        {"名称": [r[0] for r in rows], "等级": [r[1] for r in rows]},
        geometry=[shapely.LineString(r[2]) for r in rows],
        crs=CRS,
    )
    flood = gpd.GeoDataFrame(
        {"名称": ["河滩"], "类型": ["洪水淹没"]},
        geometry=[shapely.box(X - 1e3, Y + 2e3, X + 1e3, Y + 4e3)],
        crs=CRS,
    )
    stations = gpd.GeoDataFrame(
        {"名称": ["东站", "西站"], "级别": ["一级站", "二级站"], "状态": ["现状", "现状"]},
        geometry=[shapely.Point(X + 10e3, Y + 10e3), shapely.Point(X - 10e3, Y + 10e3)],
        crs=CRS,
    )
    plan = small_plan().with_layer(make_layer("道路", "road", roads, CRS))
    plan = plan.with_layer(make_layer("灾害区", "hazard_zone", flood, CRS))
    return plan.with_layer(make_layer("消防站", "fire_station", stations, CRS))


@pytest.fixture
def window(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda window: "discard")
    make_app()
    session = Session()
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = Window(session, settings)
    made.resize(1366, 768)
    made.show()
    made.furnish()
    session.show_new(Book("路", (roads_plan(),)))
    wait_for(lambda: made.canvas.picture is not None)
    yield made
    end_window(made)


def turned(window, action):
    """The page after its command was chosen in the menu."""
    window.commands[action].trigger()
    QApplication.processEvents()
    page = window.docks.roads.page
    assert page.isVisible()
    return page


def asked(window, page):
    """Press the page's button and wait for the answer."""
    before = page.drawing
    QTest.mouseClick(page.button, LEFT)
    wait_for(lambda: page.drawing is not before and page.drawing is not None)
    QApplication.processEvents()
    return window.session.drawing


def cells(grid):
    return [
        [grid.item(i, j).text() for j in range(grid.columnCount())] for i in range(grid.rowCount())
    ]


def choose(box, data):
    box.setCurrentIndex(box.findData(data))


def test_bands_of_several_limits(window, tmp_path):
    page = turned(window, "isochrones")
    assert not window.session.drawing
    choose(page.fields.kind_box, "depot")
    page.fields.limit.setText("10, 20")
    shown = asked(window, page)
    plan = window.session.plan
    result = isochrones(plan, TimeAsk("depot", 20, vehicle=CAR), (10.0, 20.0))
    assert [row[0] for row in cells(page.table)] == ["10 分钟", "20 分钟"]
    assert [page.result.bands[i].people for i in (0, 1)] == [b.people for b in result.bands]
    assert shown.patches[1].shapes[0].equals(result.bands[0].ring)
    assert "待核实" in page.notes.text()
    # The bands are on the map, the nearer the deeper, and the key tells them.
    hand.sharp(window.canvas)
    depot = plan.layer("储备库").geometry(1)
    with_it = hand.image(window.canvas)
    window.session.show_drawing(None)
    without = hand.image(window.canvas)
    at = hand.at(window.canvas, depot.x + 1500, depot.y + 1500)
    assert with_it[at.y(), at.x()] != without[at.y(), at.x()]
    page.export(tmp_path / "圈.gpkg", lambda path: write_bands(path, page.result))
    wait_for(lambda: (tmp_path / "圈.gpkg").exists())
    assert sorted(gpd.read_file(tmp_path / "圈.gpkg")["时限"]) == [10.0, 20.0]


def ink_at(canvas, point):
    """Red, green and blue on the map at a pixel."""
    value = int(hand.image(canvas)[point.y(), point.x()])
    return np.array([value >> 16 & 255, value >> 8 & 255, value & 255], dtype=float)


def test_bands_are_kept_as_a_layer_in_one_step(window):
    session, canvas = window.session, window.canvas
    page = turned(window, "isochrones")
    choose(page.fields.kind_box, "depot")
    page.fields.limit.setText("10, 20")
    asked(window, page)
    before = session.plan
    QTest.mouseClick(page.keep, LEFT)
    layer = session.plan.layer("储备库等时圈")
    at = hand.at(canvas, X + 5e3, Y + 3350)
    assert layer.geometry(2).contains(shapely.Point(*canvas.port.world(at.x(), at.y())))
    assert (session.step, layer.kind_name, session.drawing) == (1, "reach", None)
    assert list(layer.column("时限")) == [20.0, 10.0]
    assert set(layer.column("日期")) == {datetime.date.today().isoformat()}
    assert not window.docks.roads.stale.isVisible()
    # Both bands lie over each other there, each as ``style.reach`` says.
    hand.sharp(canvas)
    shown = ink_at(canvas, at)
    session.undo()
    assert session.plan is before
    hand.sharp(canvas)
    bare = ink_at(canvas, at)
    look = style.reach("等时圈")
    ink = np.array([int(look.fill[i : i + 2], 16) for i in (1, 3, 5)])
    left = (1 - look.opacity) ** 2
    assert shown == pytest.approx(bare * left + ink * (1 - left), abs=3)
    session.redo()
    # Bare ground stays bare ground to a click; a double click takes the innermost band.
    QTest.mouseClick(canvas, LEFT, NONE, at)
    assert not session.selection
    QTest.mouseDClick(canvas, LEFT, NONE, at)
    assert session.selection == {"储备库等时圈": (2,)}
    QTest.mouseClick(page.keep, LEFT)
    assert session.plan.find("储备库等时圈 2") is not None


def test_an_old_answer_is_not_kept_and_the_areas_are(window):
    session = window.session
    page = turned(window, "station_areas")
    choose(page.fields.kind_box, "fire_station")
    asked(window, page)
    session.do("移动", edits.move_feature("消防站", 1, shapely.Point(X + 9e3, Y + 9e3)))
    assert not page.keep.isEnabled()
    assert "重新计算" in page.keep.toolTip()
    session.undo()
    QTest.mouseClick(page.keep, LEFT)
    layer = session.plan.layer("消防站责任区")
    assert list(layer.column("名称")) == ["东站责任区", "西站责任区", "到不了"]
    assert list(layer.column("面积标准").iloc[:2]) == [7, 4]


def test_a_bad_limit_is_said_beneath_the_field(window):
    page = turned(window, "isochrones")
    page.fields.limit.setText("10,快")
    QTest.mouseClick(page.button, LEFT)
    assert page.bad.isVisible()
    assert "快" in page.bad.text()
    assert page.drawing is None
    page.fields.limit.setText("0")
    QTest.mouseClick(page.button, LEFT)
    assert "大于 0" in page.bad.text()


def test_only_the_selected_ones(window):
    page = turned(window, "isochrones")
    choose(page.fields.kind_box, "depot")
    assert not page.fields.only.isEnabled()
    window.session.select("储备库", [1])
    assert page.fields.only.text() == "只算选中的 1 处"
    page.fields.only.setChecked(True)
    page.fields.limit.setText("15")
    asked(window, page)
    ask = TimeAsk("depot", 15, vehicle=CAR, only=frozenset([("储备库", 1)]))
    result = isochrones(window.session.plan, ask, (15.0,))
    assert page.result.bands[0].area_km2 == result.bands[0].area_km2


def test_land_of_each_station_against_the_standard(window):
    page = turned(window, "station_areas")
    choose(page.fields.kind_box, "fire_station")
    shown = asked(window, page)
    result = areas(window.session.plan, TimeAsk("fire_station", 60.0))
    assert [row[0] for row in cells(page.table)] == ["东站", "西站"]
    assert [row[2] for row in cells(page.table)] == ["7", "4"]
    assert all(row[1].startswith("✗") for row in cells(page.table))
    assert [a.km2 for a in page.result.areas] == [a.km2 for a in result.areas]
    assert "FIR-03" in page.notes.text()
    assert "待核实" in page.notes.text()
    assert len(shown.tags) == 2
    item = page.table.item(1, 0)
    QTest.mouseClick(page.table.viewport(), LEFT, NONE, page.table.visualItemRect(item).center())
    assert window.session.selection == {"消防站": (2,)}
    page.suburb.setChecked(True)
    asked(window, page)
    assert [row[2] for row in cells(page.table)] == ["7", "15"]


def test_the_two_nearest_for_a_place_clicked_on_the_map(window):
    page = turned(window, "route")
    choose(page.fields.kind_box, "fire_station")
    QTest.mouseClick(page.button, LEFT)
    assert "先在地图上点一个地方" in page.bad.text()
    QTest.mouseClick(page.pick, LEFT)
    assert page.pick.isChecked()
    point = hand.at(window.canvas, X + 3e3, Y + 10e3)
    QTest.mouseClick(window.canvas, LEFT, NONE, point)
    wait_for(lambda: page.drawing is not None)
    goal = window.canvas.port.world(point.x(), point.y())
    ways = routes_from_nearest(window.session.plan, TimeAsk("fire_station", 60.0), goal)
    assert [w.facility for w in ways] == ["东站", "西站"]
    assert [w.minutes for w in page.result[3]] == [w.minutes for w in ways]
    assert page.radios[0].text().startswith("最近:东站")
    assert page.drawing.lines[-1].shapes[0].equals(ways[0].line)
    QTest.mouseClick(page.radios[1], LEFT, NONE, QPoint(8, page.radios[1].height() // 2))
    assert window.session.drawing.lines[-1].shapes[0].equals(ways[1].line)
    assert cells(page.table)[-1][0] == (ways[1].via[-1].name + " 估算" * ways[1].via[-1].estimated)
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not page.pick.isChecked()
    before = page.goal
    QTest.mouseClick(window.canvas, LEFT, NONE, point + QPoint(60, 60))
    assert page.goal == before


def test_the_nearest_for_what_is_selected(window):
    page = turned(window, "route")
    choose(page.fields.kind_box, "depot")
    assert not page.take_selected.isEnabled()
    window.session.select("消防站", [2])
    QTest.mouseClick(page.take_selected, LEFT)
    wait_for(lambda: page.drawing is not None)
    assert page.place.text() == "到:西站"


def test_roads_closed_by_a_click_and_a_flooded_zone(window):
    page = turned(window, "whatif")
    choose(page.fields.kind_box, "fire_station")
    page.fields.limit.setText("12")
    QTest.mouseClick(page.button, LEFT)
    assert "先选一种情景" in page.bad.text()
    QTest.mouseClick(page.pick, LEFT)
    on_road = hand.at(window.canvas, X + 5e3, Y + 10e3)
    QTest.mouseClick(window.canvas, LEFT, NONE, on_road)
    assert page.closed == {("道路", 2)}
    assert "二号路" in page.roads.text()
    assert window.session.drawing.lines
    QTest.mouseClick(window.canvas, LEFT, NONE, on_road)
    assert not page.closed
    QTest.mouseClick(window.canvas, LEFT, NONE, on_road)
    page.zones.item(0).setCheckState(Qt.CheckState.Checked)
    page.weather.setCurrentText("雪")
    shown = asked(window, page)
    ask = TimeAsk("fire_station", 12.0)
    made = Change(
        "雪 · 封闭 1 条 · 淹没 1 处", "雪", frozenset([("道路", 2)]), frozenset([("灾害区", 1)])
    )
    outcome = whatif(window.session.plan, ask, (made,)).outcomes[0]
    assert outcome.lost
    assert page.heading.text() == "雪 · 封闭 1 条 · 淹没 1 处,12 分钟"
    assert page.headline.text() == f"少到 {outcome.lost:,.0f} 人"
    assert not page.pick.isChecked()
    assert {words for _, _, words in shown.rows} >= {"都能到", "封闭的道路"}
    assert shown.kinds[-1] == "hazard_zone"


def test_findings_are_listed_and_a_click_goes_there(window):
    page = turned(window, "roads")
    shown = asked(window, page)
    result = checkup(window.session.plan)
    assert next(f.kind for f in result.findings if not f.fixed) == "端点可疑"
    assert len(shown.marks) == sum(not f.fixed for f in result.findings)
    item = page.list.item(0)
    QTest.mouseClick(page.list.viewport(), LEFT, NONE, page.list.visualItemRect(item).center())
    finding = item.data(Qt.ItemDataRole.UserRole)
    assert window.canvas.view.x == pytest.approx(finding.x)
    assert window.canvas.view.y == pytest.approx(finding.y)
    assert set(window.session.selection["道路"]) == {fid for _, fid in finding.roads}


def test_an_edit_makes_an_answer_stale_until_it_is_asked_again(window):
    session, panel = window.session, window.docks.roads
    page = turned(window, "isochrones")
    choose(page.fields.kind_box, "depot")
    asked(window, page)
    assert not panel.stale.isVisible()
    session.do("移动", edits.move_feature("储备库", 1, shapely.Point(X + 9e3, Y + 9e3)))
    assert panel.stale.isVisible()
    assert session.is_stale(session.drawing)
    session.undo()
    assert not panel.stale.isVisible()
    session.redo()
    before = page.drawing
    QTest.mouseClick(panel.again, LEFT)
    wait_for(lambda: page.drawing is not before)
    assert not panel.stale.isVisible()


def test_a_speed_is_one_undo_step_and_makes_answers_by_road_stale(window):
    session = window.session
    rings = turned(window, "isochrones")
    choose(rings.fields.kind_box, "depot")
    rings.fields.limit.setText("20")
    asked(window, rings)
    wide = rings.result.bands[0].area_km2
    page = turned(window, "speeds")
    field = page.fields["国道"]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "35")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.book.facts[OWN_SPEEDS] == {"国道": 35.0}
    assert session.step == 1
    assert page.marks["国道"].text() == "原 80"
    rings = turned(window, "isochrones")
    assert window.docks.roads.stale.isVisible()
    asked(window, rings)
    assert rings.result.bands[0].area_km2 < wide
    assert "国道 35 km/h" in rings.notes.text()
    session.undo()
    assert OWN_SPEEDS not in session.book.facts
    assert page.fields["国道"].text() == "80"
    assert window.docks.roads.stale.isVisible()
    session.redo()
    turned(window, "speeds")
    QTest.mouseClick(page.back, LEFT)
    assert OWN_SPEEDS not in session.book.facts


def test_a_speed_that_is_none_is_refused_beneath(window):
    page = turned(window, "speeds")
    field = page.fields["村道"]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "-5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert page.bad.isVisible()
    assert window.session.step == 0


def test_the_coverage_panel_uses_the_speeds_of_the_plan(window):
    from data.scenarios import set_fact

    window.session.do_book("车速", set_fact(OWN_SPEEDS, {"国道": 35.0}))
    panel = window.docks.coverage
    choose(panel.way_box, "network")
    assert panel.ask().speeds == {"国道": 35.0}


def test_a_coverage_and_bands_are_not_on_the_map_together(window):
    session = window.session
    session.compute_coverage(CoverageAsk("depot", 5000.0))
    wait_for(lambda: session.result is not None)
    page = turned(window, "isochrones")
    asked(window, page)
    assert session.result is None
    assert session.drawing is page.drawing
    session.show_result(session.results[0])
    assert session.drawing is None
    assert session.result is not None


def test_without_roads_the_commands_say_why(window):
    session = window.session
    session.do("删除道路", edits.remove_layer("道路"))
    assert not window.commands["route"].isEnabled()
    assert "先导入道路" in window.commands["route"].toolTip()
    page = turned(window, "isochrones")
    choose(page.fields.way_box, "detour")
    choose(page.fields.kind_box, "depot")
    shown = asked(window, page)
    assert shown.title == "等时圈,估算"


def test_another_plan_forgets_the_answers(window):
    page = turned(window, "isochrones")
    asked(window, page)
    window.session.show_new(Book("又一个", (roads_plan(),)))
    assert page.drawing is None
    assert window.session.drawing is None
    assert not page.answer.isVisible()
