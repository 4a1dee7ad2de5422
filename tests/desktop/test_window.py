"""The whole window by real events: what a planner does, from opening to closing."""

import threading

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QImage, QInputMethodEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from data import edits
from data.files import load, save
from desktop import dialogs
from desktop import session as session_module
from desktop.app import make_app
from desktop.session import Session
from desktop.window import Window
from maps.analysis.coverage import CoverageAsk
from maps.drawing.printing import PrintAsk, print_map
from tests.desktop.plans import X, Y, small_book
from tests.desktop.test_session import end, idle, wait_for

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def window(qapp, settings, monkeypatch):
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda window: "discard")
    make_app()
    session = Session()
    made = Window(session, settings)
    made.resize(1366, 768)
    made.show()
    made.furnish()
    QApplication.processEvents()
    yield made
    end_window(made)


def end_window(window):
    window.closing = True
    window.close()
    session = window.session
    window.deleteLater()
    end(session)
    QApplication.processEvents()


@pytest.fixture
def opened(window, tmp_path):
    path = tmp_path / "规划.gpkg"
    save(small_book(), path)
    window.session.open(path)
    wait_for(lambda: window.session.plan is not None)
    wait_for(lambda: window.canvas.picture is not None)
    return window


def pixel(window, x, y):
    px, py = window.canvas.port.px(x, y)
    return QPoint(round(px), round(py))


def press(canvas, at):
    send(canvas, QEvent.Type.MouseButtonPress, at, LEFT)


def move(canvas, at):
    send(canvas, QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)


def release(canvas, at):
    send(canvas, QEvent.Type.MouseButtonRelease, at, LEFT)


def send(canvas, kind, at, button):
    held = LEFT if kind != QEvent.Type.MouseButtonRelease else Qt.MouseButton.NoButton
    where = QPointF(at)
    event = QMouseEvent(kind, where, QPointF(canvas.mapToGlobal(at)), button, held, NONE)
    QApplication.sendEvent(canvas, event)
    QApplication.processEvents()


def click(canvas, at):
    QTest.mouseClick(canvas, LEFT, NONE, at)
    QApplication.processEvents()


def run(window, name):
    """Trigger a command as menu and shortcut do."""
    command = window.commands[name]
    assert command.isEnabled(), command.toolTip()
    command.trigger()
    QApplication.processEvents()


def field(window, name):
    return window.docks.properties.fields[name]


def write(widget, text):
    """Type as a Chinese input method does: it hands over the finished words."""
    for part in text:
        event = QInputMethodEvent()
        event.setCommitString(part)
        QApplication.sendEvent(widget, event)


def type_into(edit, text):
    edit.setFocus()
    edit.selectAll()
    write(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_without_a_plan_there_is_the_start_page_and_no_panel(window):
    assert window.pages.currentWidget() is window.start
    assert not any(dock.isVisible() for dock in window.docks.docks.values())
    assert not window.commands["coverage"].isEnabled()
    assert "先打开或新建" in window.commands["coverage"].toolTip()


def test_an_opened_plan_fills_map_and_panels(opened):
    assert opened.pages.currentWidget() is opened.canvas
    shown = {name for name, dock in opened.docks.docks.items() if not dock.isHidden()}
    assert shown == {"layers", "properties", "coverage", "targets", "problems", "history"}
    rows = opened.docks.layers.list
    names = [rows.item(i).data(Qt.ItemDataRole.UserRole).name for i in range(rows.count())]
    assert names == ["储备库", "道路", "人口", "行政区"]
    assert opened.windowTitle() == "规划 - 应急布局"


def test_the_map_has_two_thirds_of_the_width(opened):
    assert opened.width() == 1366
    assert opened.canvas.width() >= 1366 * 2 / 3


def test_a_click_selects_and_the_panel_shows_what_it_is(opened):
    click(opened.canvas, pixel(opened, X + 5e3, Y + 5e3))
    assert opened.session.selection == {"储备库": (1,)}
    assert field(opened, "名称").line.text() == "一号库"
    assert field(opened, "占地面积").line.text() == "12,000"
    position = opened.docks.properties.position.fields
    assert position["东坐标"].text() == f"{X + 5e3:,.1f}"


def test_editing_an_attribute_is_one_undo_step(opened):
    opened.session.select("储备库", [1])
    before = opened.session.plan
    type_into(field(opened, "名称").edit, "中心库")
    assert opened.session.plan.layer("储备库").row(1)["名称"] == "中心库"
    assert [s.text for s in opened.session.steps] == ["打开", "修改名称"]
    run(opened, "undo")
    assert opened.session.plan is before
    assert field(opened, "名称").line.text() == "一号库"


def test_a_refused_value_stays_with_the_sentence_beneath_it(opened):
    opened.session.select("储备库", [1])
    before = opened.session.plan
    one = field(opened, "占地面积")
    type_into(one.edit, "很大")
    assert opened.session.plan is before
    assert one.line.text() == "很大"
    assert one.message.isVisible()
    assert "占地面积" in one.message.text()
    type_into(one.edit, "13,500")
    assert not one.message.isVisible()
    assert opened.session.plan.layer("储备库").row(1)["占地面积"] == 13500


def test_several_features_are_edited_at_once(opened):
    opened.session.select("储备库", [1, 2, 3])
    assert field(opened, "级别").line.placeholderText() == "(多个值)"
    assert field(opened, "备注").edit.toPlainText() == ""
    type_into(field(opened, "保障人数").edit, "5000")
    assert opened.session.plan.layer("储备库").column("保障人数").tolist() == [5000] * 3
    assert len(opened.session.steps) == 2


def test_coordinates_are_typed_as_degrees_or_metres(opened):
    opened.session.select("储备库", [1])
    fields = opened.docks.properties.position.fields
    type_into(fields["东坐标"], f"{X + 7000}")
    assert opened.session.plan.layer("储备库").geometry(1).x == X + 7000
    type_into(fields["纬度"], "42°20′30″")
    assert fields["纬度"].text() == "42.341667"
    type_into(fields["经度"], "42.3")
    assert "填反" in opened.docks.properties.position.message.text()
    assert len(opened.session.steps) == 3


def test_a_drag_moves_a_depot_and_the_numbers_follow(opened):
    opened.session.compute_coverage(CoverageAsk("depot", 8000.0))
    wait_for(lambda: opened.session.coverage is not None)
    panel = opened.docks.coverage
    before, shown = opened.session.plan, panel.headline.toolTip()
    start, end = pixel(opened, X + 5e3, Y + 5e3), pixel(opened, X + 12e3, Y + 13e3)
    press(opened.canvas, start)
    for part in (0.3, 0.6, 1.0):
        move(opened.canvas, start + (end - start) * part)
    assert opened.session.plan is before, "nothing enters the plan before the hand lets go"
    live = panel.headline.toolTip()
    assert live != shown
    release(opened.canvas, end)
    assert opened.session.plan is not before
    wait_for(lambda: not opened.session.is_stale(opened.session.result))
    assert panel.headline.toolTip() == live, "the answer worked out anew is the one shown before"
    assert panel.stale.isHidden()
    opened.session.go(0)
    assert opened.session.plan is before


def test_esc_during_a_drag_puts_everything_back(opened):
    before = opened.session.plan
    start = pixel(opened, X + 5e3, Y + 5e3)
    press(opened.canvas, start)
    move(opened.canvas, start + QPoint(60, 40))
    QTest.keyClick(opened.canvas, Qt.Key.Key_Escape)
    release(opened.canvas, start + QPoint(60, 40))
    assert opened.session.plan is before
    assert len(opened.session.steps) == 1


def test_adding_by_click_then_typing_the_name(opened):
    run(opened, "add:shelter")
    assert opened.canvas.tool == "add:shelter"
    assert opened.commands["add:shelter"].isChecked()
    click(opened.canvas, pixel(opened, X + 15e3, Y + 16e3))
    layer, ids = opened.session.selected()
    assert (layer.kind_name, layer.row(ids[0])["名称"]) == ("shelter", "新避难场所1")
    assert layer.row(ids[0])["状态"] == "规划"
    assert opened.canvas.tool == "select"
    name = field(opened, "名称").edit
    wait_for(lambda: name.hasSelectedText())
    write(name, "体育场")
    run(opened, "save")
    wait_for(idle(opened.session))
    saved = load(opened.session.path).book.plan.layer("避难场所")
    assert saved.row(1)["名称"] == "体育场", "what was being typed is saved too"


def test_adding_by_coordinates(opened):
    run(opened, "add_at")
    place = opened.docks.panels["place"]
    assert place.name.text() == "新储备库1"
    place.lon.setText("117")
    place.lat.setText("42.3 度又")
    place.add_button.click()
    assert place.bad.isVisible()
    assert len(opened.session.steps) == 1
    place.lon.clear()
    place.lon.setFocus()
    write(place.lon, "117.05,42.33")
    place.lat.setFocus()
    assert (place.lon.text(), place.lat.text()) == ("117.050000", "42.330000")
    QTest.keyClick(place.lat, Qt.Key.Key_Return)
    layer, ids = opened.session.selected()
    assert layer.row(ids[0])["名称"] == "新储备库1"
    lon, lat = opened.canvas.ruler.to_lonlat(*layer.geometry(ids[0]).coords[0])
    assert (lon, lat) == pytest.approx((117.05, 42.33), abs=1e-8)


def test_duplicate_delete_and_undo_all(opened):
    first = opened.session.plan
    opened.session.select("储备库", [1, 3])
    run(opened, "duplicate")
    layer, ids = opened.session.selected()
    assert ids == (4, 5)
    assert layer.row(4)["名称"] == "一号库 副本"
    run(opened, "delete")
    assert len(opened.session.plan.layer("储备库")) == 3
    assert not opened.commands["delete"].isEnabled()
    run(opened, "undo")
    run(opened, "undo")
    assert opened.session.plan is first
    assert not opened.session.unsaved
    history = opened.docks.panels["history"].list
    assert [history.item(i).text() for i in range(history.count())] == [
        "删除 2 个储备库",
        "复制2 个储备库",
        "打开",
    ]


def test_the_coverage_panel_asks_and_answers(opened):
    panel = opened.docks.coverage
    run(opened, "coverage")
    wait_for(lambda: opened.session.coverage is not None)
    assert opened.session.coverage.ask == CoverageAsk("depot", 50_000.0)
    assert panel.headline.text() == "4,000 人"
    panel.rows["县级"].check.click()
    panel.rows["市级"].field.setText("8")
    panel.compute()
    wait_for(lambda: len(opened.session.results) == 2)
    assert opened.session.coverage.ask.classes == ("市级",)
    assert opened.session.coverage.ask.radius == 8000.0
    whole = opened.session.coverage.whole
    assert panel.headline.toolTip() == f"覆盖 {whole.people_covered:,.0f} 人"
    assert panel.districts.rows.rowCount() == 2
    assert "示意" in panel.basis.text()


@pytest.mark.parametrize(("typed", "words"), [("0", "大于 0"), ("-1", "不能小于"), ("abc", "数字")])
def test_a_radius_that_makes_no_sense_is_told_beneath(opened, typed, words):
    panel = opened.docks.coverage
    panel.rows["市级"].field.setText(typed)
    panel.compute()
    assert words in panel.bad.text()
    assert not panel.bad.isHidden()
    assert not opened.session.jobs.running


def test_the_district_table_sorts(opened):
    opened.session.compute_coverage(CoverageAsk("depot", 8000.0))
    wait_for(lambda: opened.session.coverage is not None)
    rows = opened.docks.coverage.districts.rows
    for order, reverse in (
        (Qt.SortOrder.AscendingOrder, False),
        (Qt.SortOrder.DescendingOrder, True),
    ):
        rows.sort(1, order)
        numbers = [r.people_covered for r in rows.rows]
        assert numbers == sorted(numbers, reverse=reverse)


def test_layers_are_hidden_ordered_and_told_apart(opened):
    panel = opened.docks.layers
    layer = opened.session.plan.layer("人口")
    panel.toggle(layer)
    assert not opened.session.plan.layer("人口").look.visible
    panel.reorder(["道路", "储备库", "人口", "行政区"])
    assert [x.name for x in opened.session.plan] == ["行政区", "人口", "储备库", "道路"]
    panel.list.model().moveRow(QModelIndex(), 0, QModelIndex(), 4)
    panel.list._dropped()
    assert [x.name for x in opened.session.plan] == ["道路", "行政区", "人口", "储备库"]
    panel.list.setCurrentRow(3)
    panel.shift(-1)
    assert panel.list.names() == ["储备库", "人口", "道路", "行政区"]
    panel.list.setCurrentRow(2)
    panel.opacity.setValue(40)
    assert opened.session.plan.layer("道路").look.opacity == 0.4
    opened.session.go(0)
    assert opened.session.plan.layer("人口") is layer


def test_the_table_and_the_map_share_the_selection(opened):
    run(opened, "table")
    table = opened.docks.table
    table.show_layer("储备库")
    table.view.selectRow(1)
    assert opened.session.selection == {"储备库": (2,)}
    opened.session.select("储备库", [1, 3])
    rows = sorted(i.row() for i in table.view.selectionModel().selectedRows())
    assert rows == [0, 2]
    cell = table.model.index(0, [c.name for c in table.model.columns].index("名称"))
    assert table.model.setData(cell, "甲库")
    assert opened.session.plan.layer("储备库").row(1)["名称"] == "甲库"
    assert table.model.data(cell) == "甲库"
    area = table.model.index(0, [c.name for c in table.model.columns].index("占地面积"))
    assert not table.model.setData(area, "很大")
    assert "占地面积" in opened.message.text


def test_every_refusal_comes_to_the_message_bar_and_can_be_closed(opened):
    opened.session.message.emit("没有道路,不能按时间计算。")
    assert opened.message.isVisible()
    assert opened.message.text == "没有道路,不能按时间计算。"
    opened.message.close_button.click()
    assert not opened.message.isVisible()


def test_problems_are_listed_and_lead_to_the_place(opened):
    here = opened.session.plan.layer("储备库").geometry(1)
    opened.session.do("移动", edits.move_feature("储备库", 2, here))
    opened.session.do("改名", edits.set_values("储备库", [2], {"名称": "一号库"}))
    panel = opened.docks.panels["problems"]
    wait_for(lambda: panel.checked is opened.session.plan and panel.list.count() > 0)
    items = [panel.list.item(i) for i in range(panel.list.count())]
    about = next(i for i in items if i.data(Qt.ItemDataRole.UserRole).id is not None)
    problem = about.data(Qt.ItemDataRole.UserRole)
    panel.list.itemClicked.emit(about)
    assert opened.session.selection == {problem.layer: (problem.id,)}


def test_the_palette_runs_a_command_found_by_initials(opened):
    run(opened, "palette")
    box = opened.palette_box
    write(box.line, "kqt")
    assert box.list.item(0).text().startswith("视图 › 看全图")
    write(box.line, "x")
    assert box.list.count() == 0
    box.line.clear()
    write(box.line, "sxb")
    QTest.keyClick(box.line, Qt.Key.Key_Return)
    assert not box.isVisible()
    assert opened.docks.docks["table"].isVisible()


def test_a_greyed_command_in_the_palette_says_why_and_does_nothing(opened):
    run(opened, "palette")
    box = opened.palette_box
    write(box.line, "重做")
    assert "没有可以重做的步骤" in box.list.item(0).text()
    QTest.keyClick(box.line, Qt.Key.Key_Return)
    assert box.isVisible()
    box.hide()


def test_save_close_and_open_again_is_the_same_plan(opened):
    path = opened.session.path
    opened.session.select("储备库", [1])
    type_into(field(opened, "名称").edit, "中心库")
    assert opened.windowTitle().startswith("* ")
    run(opened, "save")
    wait_for(idle(opened.session))
    assert not opened.windowTitle().startswith("*")
    kept = opened.session.plan
    run(opened, "close")
    assert opened.session.plan is None
    assert opened.pages.currentWidget() is opened.start
    dialogs.open_path(opened, path)
    wait_for(lambda: opened.session.plan is not None)
    for layer in opened.session.plan:
        assert layer.frame.equals(kept.layer(layer.name).frame)


def test_closing_asks_about_unsaved_changes(opened, monkeypatch):
    opened.session.do("改名", edits.set_values("储备库", [1], {"名称": "新名"}))
    answers = iter(["cancel", "save"])
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda window: next(answers))
    assert not opened.close()
    assert opened.isVisible()
    opened.close()
    wait_for(lambda: not opened.isVisible())
    assert load(opened.session.path).book.plan.layer("储备库").row(1)["名称"] == "新名"


def test_closing_during_a_save_waits_for_it(opened, monkeypatch):
    opened.session.do("改名", edits.set_values("储备库", [1], {"名称": "新名"}))
    write, closed = session_module.saved, threading.Event()

    def slowly(*words):
        assert closed.wait(20)
        return write(*words)

    monkeypatch.setattr(session_module, "saved", slowly)
    run(opened, "save")
    assert opened.session.saving
    assert not opened.close()
    closed.set()
    wait_for(lambda: not opened.isVisible())
    assert load(opened.session.path).book.plan.layer("储备库").row(1)["名称"] == "新名"


def test_layout_and_theme_are_remembered_and_can_be_reset(opened, settings, qapp):
    run(opened, "table")
    opened.docks.hide("history")
    run(opened, "theme")
    opened.docks.remember()
    other = Window(Session(), settings)
    other.resize(1366, 768)
    other.show()
    other.furnish()
    try:
        assert other.theme == "dark"
        other.session.show_new(small_book())
        assert not other.docks.docks["table"].isHidden()
        assert other.docks.docks["history"].isHidden()
        other.reset_layout()
        assert other.docks.docks["table"].isHidden()
        assert not other.docks.docks["history"].isHidden()
    finally:
        end_window(other)
        opened.use_theme("light")


def test_a_map_is_exported_in_the_background(opened, tmp_path):
    run(opened, "print")
    panel = opened.docks.panels["export"]
    panel.paper.setCurrentText("A4")
    panel.block["organisation"].setText("应急管理局")
    panel.export(tmp_path / "布局图.pdf")
    opened.session.do("改名", edits.set_values("储备库", [1], {"名称": "导出期间改的"}))
    wait_for(lambda: "已导出" in opened.message.text, 60)
    assert (tmp_path / "布局图.pdf").read_bytes().startswith(b"%PDF")
    panel.export(tmp_path / "布局图.docx")
    wait_for(idle(opened.session))
    assert "格式不认识" in opened.message.text


def test_a_coverage_map_takes_the_coverage_shown_and_says_so(opened):
    panel = opened.docks.panels["export"]
    panel.map.setCurrentText("覆盖分析图")
    assert "还没有计算覆盖" in panel.what.text()
    assert panel.fields()["coverage"] is None
    opened.session.compute_coverage(CoverageAsk("depot", 8000.0))
    wait_for(lambda: opened.session.coverage is not None)
    assert "现在的覆盖结果" in panel.what.text()
    assert panel.fields()["coverage"] == CoverageAsk("depot", 8000.0)
    panel.map.setCurrentText("布局图")
    assert panel.fields()["coverage"] is None


def test_the_preview_is_the_page_that_is_exported(opened, tmp_path):
    run(opened, "print")
    panel = opened.docks.panels["export"]
    panel.paper.setCurrentText("A4")
    panel.preview.refresh()
    wait_for(lambda: panel.preview.picture is not None and idle(opened.session)(), 60)
    assert "1:" in panel.preview_words.text()
    shown = panel.preview.picture.toImage()
    fields = {**panel.fields(), "dpi": 96}
    print_map(opened.session.plan, PrintAsk(**fields), tmp_path / "x.png")
    written = QImage(str(tmp_path / "x.png"))
    assert shown.convertToFormat(QImage.Format.Format_RGB32) == written.convertToFormat(
        QImage.Format.Format_RGB32
    )
    large = panel.preview.enlarge()
    assert large.isVisible()
    large.close()


def test_a_map_this_plan_cannot_give_says_why_in_its_place(opened):
    run(opened, "print")
    panel = opened.docks.panels["export"]
    panel.map.setCurrentText("风险四色图")
    wait_for(lambda: "危险源" in panel.preview.page.trouble and idle(opened.session)(), 60)
    assert panel.preview.picture is None


def test_the_map_book_is_exported_with_its_pages_apart(opened, tmp_path):
    run(opened, "print")
    panel = opened.docks.panels["export"]
    panel.map.setCurrentText("地图册")
    panel.paper.setCurrentText("A4")
    panel.separate.setChecked(True)
    assert not panel.dpi.isEnabled()
    panel.export(tmp_path / "册.pdf")
    wait_for(lambda: "已导出" in opened.message.text, 120)
    pages = int(opened.message.text.split("共 ")[1].split(" 页")[0])
    assert pages >= 6
    assert len(list((tmp_path / "册").glob("*.pdf"))) == pages


DIALOGS = {"open", "import", "save_as", "quit", "close", "new", "palette"}
"""Commands that wait for an answer or leave the plan."""


@pytest.mark.parametrize("seed", range(3))
def test_rapid_random_clicking_leaves_a_valid_plan(opened, seed):
    """Mouse, keys and commands in any order; what is left can be saved and undone to the start."""
    import random

    chance, canvas, session = random.Random(seed), opened.canvas, opened.session
    first = session.plan
    usable = [name for name in opened.commands if name not in DIALOGS]
    keys = [
        Qt.Key.Key_Escape,
        Qt.Key.Key_Tab,
        Qt.Key.Key_Return,
        Qt.Key.Key_Delete,
        Qt.Key.Key_Left,
    ]
    for _ in range(250):
        at = QPoint(chance.randrange(canvas.width()), chance.randrange(canvas.height()))
        what = chance.random()
        if what < 0.25:
            press(canvas, at)
        elif what < 0.5:
            move(canvas, at)
        elif what < 0.75:
            release(canvas, at)
        elif what < 0.85:
            QTest.keyClick(QApplication.focusWidget() or canvas, chance.choice(keys))
        else:
            command = opened.commands[chance.choice(usable)]
            if command.isEnabled():
                command.trigger()
        if chance.random() < 0.1:
            QApplication.processEvents()
    canvas.cancel()
    opened.use_theme("light")
    wait_for(idle(session))
    for layer in session.plan:
        assert layer.frame.index.is_unique
        assert layer.frame.geometry.is_valid.all()
    session.go(0)
    assert session.plan is first


@pytest.mark.parametrize(("width", "words"), [(700, 0), (911, 3), (1366, 5)])
def test_every_tool_stays_in_sight_whatever_the_room(window, width, words):
    bar = window.toolbar
    window.resize(width, 600)

    def inside():
        last = bar.button("palette").geometry()
        return bar.width() == width and last.right() <= width and bar.button("palette").isVisible()

    wait_for(inside)
    for command in bar.actions():
        assert bar.widgetForAction(command).geometry().right() <= width, command.text()
    names = ("palette", "deliver", "siting", "coverage", "add_at")
    beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    assert sum(bar.button(name).toolButtonStyle() == beside for name in names) == words
    assert all(bar.button(name).toolTip() for name in names)
