"""Importing through the window: dropped files, choices on the page, one undo step."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from data.files import save
from data.imports import sandbox
from data.imports.coordinates import to_gcj02
from data.plan import GEOGRAPHIC
from desktop import dialogs, importing
from desktop.importing import is_plan, page_of, take_files, whole_sets
from desktop.panels.import_page import ImportPage
from tests.desktop.plans import small_book, small_plan
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_window import opened, settings, window  # noqa: F401 - fixtures

LEFT = Qt.MouseButton.LeftButton


def write_list(folder, shift=None, name="新储备库.csv"):
    depots = small_plan().layer("储备库").frame.to_crs(GEOGRAPHIC)
    lines = ["库名,经度,纬度,人数,面积(亩)"]
    for title, point in zip(depots["名称"], depots.geometry, strict=True):
        x, y = (point.x, point.y) if shift is None else map(float, shift(point.x, point.y))
        lines.append(f"{title},{x:.7f},{y:.7f},约1.2万,15")
    lines += ["四号库,117.05,42.35,2000,30", "没有坐标的库,,,5,6", "写错的库,117.06,42.36,两三千,6"]
    path = folder / name
    path.write_bytes("\n".join(lines).encode("gbk"))
    return path


def shown(window, *paths):  # noqa: F811
    take_files(window, list(paths))
    page = page_of(window)
    wait_for(lambda: not page.flow.busy and not page.filling and (page.flow.shown is not None))
    return page


def settle(window, page):  # noqa: F811
    wait_for(lambda: not page.flow.busy and not page.filling)
    wait_for(idle(window.session))


def drop(window, paths):  # noqa: F811
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(p)) for p in paths])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 300), copy, data, LEFT, none)
    QApplication.sendEvent(window, enter)
    event = QDropEvent(QPointF(300, 300), copy, data, LEFT, none)
    QApplication.sendEvent(window, event)
    return enter.isAccepted() and event.isAccepted()


def test_dropped_list_is_shown_and_imported_as_one_step(opened, tmp_path):  # noqa: F811
    before = opened.session.plan
    assert drop(opened, [write_list(tmp_path)])
    page = page_of(opened)
    wait_for(lambda: not page.flow.busy and not page.filling and page.flow.shown is not None)
    assert opened.pages.currentWidget() is page
    assert opened.session.plan is before
    assert page.kind_box.currentData() == "depot"
    assert page.encoding_box.currentText() == "自动:GBK"
    assert page.tabs.tabText(1) == "未导入 2"
    assert page.go.text() == "导入 4 行"
    QTest.mouseClick(page.go, LEFT)
    assert len(opened.session.plan.layer("储备库")) == 7
    assert opened.session.plan.layer("储备库").frame["库房面积"].iloc[-1] == pytest.approx(20000)
    assert opened.pages.currentWidget() is opened.canvas
    assert "导入 4 行" in opened.message.text
    opened.session.undo()
    assert opened.session.plan is before


def test_a_shift_is_proposed_and_the_choice_is_the_users(opened, tmp_path):  # noqa: F811
    page = shown(opened, write_list(tmp_path, to_gcj02))
    place = page.place
    assert "GCJ-02" in place.state.text()
    assert place.repair.isVisibleTo(page)
    assert place.repair.isChecked()
    mended = page.flow.shown.outcome.layer.frame.geometry
    QTest.mouseClick(place.as_is, LEFT, pos=QPoint(8, place.as_is.height() // 2))
    settle(opened, page)
    plain = page.flow.shown.outcome.layer.frame.geometry
    assert (mended.distance(plain) > 300).all()
    QTest.mouseClick(place.repair, LEFT, pos=QPoint(8, place.repair.height() // 2))
    settle(opened, page)
    QTest.mouseClick(page.go, LEFT)
    frame = opened.session.plan.layer("储备库").frame
    old, new = frame.geometry.iloc[:3], frame.geometry.iloc[3:6]
    assert np.hypot(old.x.values - new.x.values, old.y.values - new.y.values).max() < 0.1


def test_columns_kind_and_system_can_be_chosen(opened, tmp_path):  # noqa: F811
    page = shown(opened, write_list(tmp_path))
    page.columns.chosen.emit("人数", "")
    settle(opened, page)
    assert page.flow.shown.outcome.accepted == 5
    assert page.status_box.isVisibleTo(page)
    page.status_box.setCurrentText("规划")
    page.status_box.activated.emit(page.status_box.currentIndex())
    settle(opened, page)
    assert set(page.flow.shown.outcome.layer.frame["状态"]) == {"规划"}
    page.kind_box.setCurrentIndex(page.kind_box.findData("shelter"))
    page.kind_box.activated.emit(page.kind_box.currentIndex())
    settle(opened, page)
    assert page.flow.shown.outcome.layer.kind_name == "shelter"
    page.crs_chosen = page.place.crs_chosen
    page.place.crs_chosen.emit("GCJ-02")
    settle(opened, page)
    assert page.flow.shown.proposal.finding.reading.encrypted == "GCJ-02"
    page.cancel.click()
    assert opened.pages.currentWidget() is opened.canvas


def test_another_encoding_is_shown_before_it_is_chosen(opened, tmp_path):  # noqa: F811
    page = shown(opened, write_list(tmp_path))
    words = [page.encoding_box.itemText(i) for i in range(page.encoding_box.count())]
    assert any(w.startswith("GBK  库名") for w in words)
    assert any(w.startswith("Big5") and "库名" not in w for w in words)
    page.encoding_box.setCurrentIndex(page.encoding_box.findData("Big5"))
    page.encoding_box.activated.emit(page.encoding_box.currentIndex())
    settle(opened, page)
    assert page.flow.shown.ask.encoding == "Big5"
    assert page.columns.item(0, 0).text() != "库名"
    page.cancel.click()


def test_doubles_are_listed_and_can_be_left_out(opened, tmp_path):  # noqa: F811
    page = shown(opened, write_list(tmp_path))
    assert page.tabs.tabText(2) == "像是重复 3"
    page.skip_doubles.setChecked(True)
    settle(opened, page)
    assert page.go.text() == "导入 1 行"
    page.cancel.click()


def test_rejects_are_saved_to_be_mended(opened, tmp_path):  # noqa: F811
    page = shown(opened, write_list(tmp_path))
    page.save_rejects(tmp_path / "未导入.csv")
    text = (tmp_path / "未导入.csv").read_text(encoding="utf-8-sig")
    assert "没有坐标的库" in text
    assert "写错的库" in text
    assert text.count("\n") == 3
    page.cancel.click()


def test_several_files_one_after_the_other(opened, tmp_path):  # noqa: F811
    first, second = write_list(tmp_path), write_list(tmp_path, name="另一份.csv")
    page = shown(opened, first, second)
    assert "第 1 个,共 2 个" in page.title.text()
    page.skip.click()
    wait_for(lambda: not page.flow.busy and not page.filling and page.flow.shown is not None)
    assert "第 2 个,共 2 个" in page.title.text()
    QTest.mouseClick(page.go, LEFT)
    assert page.flow.waiting == []
    assert len(opened.session.plan.layer("储备库")) == 7


def test_a_broken_file_ends_in_a_sentence_on_the_page(opened, tmp_path):  # noqa: F811
    path = tmp_path / "坏.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(300))
    page = shown(opened, path)
    assert "读不出来" in page.trouble.text()
    assert not page.tabs.isVisibleTo(page)
    assert not page.go.isEnabled()
    page.cancel.click()
    assert opened.pages.currentWidget() is opened.canvas


def test_cancel_while_a_large_file_is_read_ends_the_reading(opened, tmp_path, monkeypatch):  # noqa: F811
    path = tmp_path / "大.csv"
    path.write_text("名称,经度,纬度\n" + "甲,118.9,42.2\n" * 400_000, encoding="utf-8")
    processes, told, start = [], set(), sandbox._start
    monkeypatch.setattr(
        sandbox, "_start", lambda folder: processes.append(start(folder)) or processes[-1]
    )
    before = opened.session.plan
    take_files(opened, [path])
    page = page_of(opened)

    def heard():
        job = opened.session.jobs.shown()
        told.add(round(job.fraction, 3) if job else 0.0)
        return len(told) > 2

    wait_for(heard)
    assert processes[0].poll() is None
    QTest.mouseClick(page.cancel, LEFT)
    assert opened.pages.currentWidget() is opened.canvas
    wait_for(lambda: processes[0].poll() is not None and idle(opened.session)())
    assert opened.session.plan is before
    assert page.flow.shown is None


def test_without_a_plan_nothing_is_imported(window, tmp_path):  # noqa: F811
    take_files(window, [write_list(tmp_path)])
    assert "先打开或新建一个规划" in window.message.text
    assert window.findChild(ImportPage) is None


def test_a_plan_file_is_opened_not_imported(opened, tmp_path, monkeypatch):  # noqa: F811
    other = tmp_path / "别的.gpkg"
    save(small_book(), other)
    assert is_plan(other)
    assert not is_plan(tmp_path / "没有.gpkg")
    asked = []
    monkeypatch.setattr(dialogs, "open_path", lambda _, path: asked.append(path))
    take_files(opened, [other])
    assert asked == [other]


def test_parts_of_a_shapefile_are_one_file(tmp_path):
    parts = [tmp_path / f"路.{e}" for e in ("dbf", "prj", "shp", "shx", "cpg")]
    other = tmp_path / "a.csv"
    assert whole_sets([*parts, other]) == [parts[2], other]


def test_the_menu_asks_for_files(opened, tmp_path, monkeypatch):  # noqa: F811
    path = write_list(tmp_path)
    monkeypatch.setattr(importing.QFileDialog, "getOpenFileNames", lambda *more: ([str(path)], ""))
    opened.commands["import"].trigger()
    page = page_of(opened)
    wait_for(lambda: not page.flow.busy and not page.filling and page.flow.shown is not None)
    assert page.title.text() == "导入“新储备库.csv”"
    page.cancel.click()


def test_a_layer_is_exported_from_its_panel(opened, tmp_path):  # noqa: F811
    opened.commands["export_layer"].trigger()
    panel = opened.docks.panels["layer_export"]
    panel.layer_box.setCurrentText("储备库")
    panel.format_box.setCurrentIndex(panel.format_box.findData(".gpkg"))
    assert not panel.encoding_box.isEnabled()
    panel.format_box.setCurrentIndex(panel.format_box.findData(".shp"))
    panel.encoding_box.setCurrentIndex(panel.encoding_box.findData("GBK"))
    panel.export(tmp_path / "库.shp")
    wait_for(lambda: (tmp_path / "库.shp").exists() and idle(opened.session)())
    assert "3 个要素" in panel.result.text()
    assert (tmp_path / "库.cpg").read_text() == "GBK"
