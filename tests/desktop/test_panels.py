"""How the panels look at 1366 × 768: nothing cut off, contrast, crash dialog, recovery."""

import subprocess
import sys
import textwrap

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QTabBar,
    QWidget,
)

from data import edits
from data.recovery import recoverable
from desktop import dialogs, theme
from desktop.crash import Crashes
from desktop.docks import PLACES
from desktop.panels.status import left_words
from desktop.session import Session
from maps.analysis.coverage import CoverageAsk
from maps.drawing.style import THEMES, contrast, mixed
from tests.desktop.plans import small_book
from tests.desktop.test_session import end, idle, wait_for
from tests.desktop.test_window import opened, settings, window  # noqa: F401 - fixtures


def _dock(widget):
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def cut_off(top):
    """The visible texts under a widget for which there is not enough room."""
    found = []
    for widget in top.findChildren(QWidget):
        dock = _dock(widget)
        if not widget.isVisible() or (dock is not None and dock.visibleRegion().isEmpty()):
            continue
        text = ""
        if isinstance(widget, QLabel) and widget.text():
            text = widget.text()
            if widget.wordWrap():
                fits = widget.heightForWidth(widget.width()) <= widget.height()
            else:
                fits = widget.sizeHint().width() <= widget.width()
        elif isinstance(widget, QAbstractButton) and widget.text():
            text = widget.text()
            fits = widget.sizeHint().width() <= widget.width()
        elif isinstance(widget, QComboBox) and widget.currentText():
            text = widget.currentText()
            fits = widget.fontMetrics().horizontalAdvance(text) + 28 <= widget.width()
        elif isinstance(widget, QLineEdit) and widget.placeholderText() and not widget.text():
            text = widget.placeholderText()
            fits = widget.fontMetrics().horizontalAdvance(text) + 14 <= widget.width()
        elif isinstance(widget, QTabBar) and widget.count():
            text = " ".join(widget.tabText(i) for i in range(widget.count()))
            fits = widget.sizeHint().width() <= widget.width()
        if text and not fits:
            found.append(f"{type(widget).__name__} “{text}” {widget.size()}")
    return found


@pytest.mark.parametrize(
    "name", ["properties", "coverage", "problems", "history", "place", "export", "deliver", "table"]
)
def test_nothing_is_cut_off_at_1366_by_768(opened, name):  # noqa: F811
    opened.session.compute_coverage(CoverageAsk("depot", 8000.0))
    wait_for(lambda: opened.session.coverage is not None)
    opened.session.select("储备库", [1])
    opened.session.do("改名", edits.set_values("储备库", [1], {"备注": "很长的一段话。" * 12}))
    opened.docks.show("export")
    opened.docks.show("place")
    opened.docks.show(name)
    for _ in range(5):  # layouts inside layouts settle one after the other
        QApplication.processEvents()
    assert opened.size() == QSize(1366, 768)
    assert cut_off(opened) == []


def test_many_panels_do_not_push_the_map_aside(opened):  # noqa: F811
    names = [place.name for place in PLACES if place.area == Qt.DockWidgetArea.RightDockWidgetArea]
    for name in names:
        opened.docks.show(name)
    for _ in range(5):
        QApplication.processEvents()
    assert opened.canvas.width() > opened.width() / 2
    for name in names[3:]:
        opened.docks.hide(name)
    for _ in range(5):
        QApplication.processEvents()
    assert cut_off(opened) == []


def test_the_start_page_fits_a_small_screen(window):  # noqa: F811
    window.start.words.setText("ahq")
    wait_for(lambda: window.start.entries is not None and window.start.found.count() > 0)
    assert window.size() == QSize(1366, 768)
    assert cut_off(window) == []


def test_a_long_message_is_shown_whole_and_moves_nothing(opened):  # noqa: F811
    before = opened.canvas.geometry()
    opened.session.message.emit("这一句说清楚是哪一个要素、哪里不对、下一步怎么办。" * 6)
    QApplication.processEvents()
    assert cut_off(opened.message) == []
    assert opened.canvas.geometry() == before


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read_in_both_themes(name):
    colors = THEMES[name]
    grounds = [colors.window, colors.panel, colors.field, colors.hover]
    notes = [
        mixed(tone, colors.panel, share)
        for tone, share in ((colors.error, 0.12), (colors.warning, 0.16), (colors.accent, 0.12))
    ]
    for ground in (*grounds, *notes, colors.selection):
        assert contrast(colors.text, ground) >= 4.5
    for ground in grounds:
        assert contrast(colors.muted, ground) >= 4.5
        assert contrast(colors.error, ground) >= 4.5
    assert contrast(colors.accent_text, colors.accent) >= 4.5


def test_icons_are_drawn_for_the_scale_of_the_screen(qapp):
    made = theme.icon("save", THEMES["light"])
    for percent in (100, 125, 150, 175, 200):
        wanted = theme.ICON * percent // 100
        assert made.pixmap(QSize(theme.ICON, theme.ICON), percent / 100).width() == wanted


def test_time_left_in_words():
    assert left_words(None) == ""
    assert left_words(0.2) == "还需约 1 秒"
    assert left_words(59) == "还需约 59 秒"
    assert left_words(150) == "还需约 2 分钟"


def test_a_job_is_shown_with_a_stop_button(opened):  # noqa: F811
    status = opened.statusBar()

    def work(report):
        while True:
            report(0.25, "正在算第 1 步…")

    opened.session.jobs.start("算", work)
    wait_for(lambda: status.text.text() == "正在算第 1 步…")
    assert status.job.isVisible()
    assert status.bar.value() == 250
    status.stop.click()
    wait_for(lambda: not status.job.isVisible())
    assert opened.message.text == ""


def test_a_crash_shows_one_dialog_with_text_to_copy(qapp):
    crashes = Crashes(qapp)
    try:
        raise ZeroDivisionError("在测试里")
    except ZeroDivisionError as error:
        crashes._caught(type(error), error, error.__traceback__)
        crashes._caught(type(error), error, error.__traceback__)
    wait_for(lambda: crashes.dialog is not None)
    QApplication.processEvents()
    dialog = crashes.dialog
    assert dialog.text.toPlainText().count("ZeroDivisionError: 在测试里") == 2
    copy = next(b for b in dialog.findChildren(QAbstractButton) if b.text() == "复制")
    copy.click()
    assert "ZeroDivisionError" in QGuiApplication.clipboard().text()
    dialog.close()
    wait_for(lambda: crashes.dialog is None)
    crashes.deleteLater()


def test_what_was_unsaved_is_offered_and_comes_back(opened, tmp_path):  # noqa: F811
    journals = tmp_path / "journal"
    _killed(journals)
    left = recoverable(journals)
    assert len(left) == 1
    opened.session.journals = journals
    dialogs.offer_recovery(opened, left)
    assert "小规划" in opened.message.text
    button = next(b for b in opened.message.findChildren(QAbstractButton) if b.text() == "恢复")
    button.click()
    wait_for(idle(opened.session))
    assert opened.session.plan.layer("储备库").row(1)["名称"] == "没来得及保存"
    assert opened.session.unsaved
    assert not recoverable(journals), "it is in this program's journal now"


def test_what_was_unsaved_can_be_given_up(opened, tmp_path):  # noqa: F811
    journals = tmp_path / "journal"
    _killed(journals)
    plan = opened.session.plan
    dialogs.offer_recovery(opened, recoverable(journals))
    button = next(b for b in opened.message.findChildren(QAbstractButton) if b.text() == "放弃")
    button.click()
    wait_for(idle(opened.session))
    assert not recoverable(journals)
    assert opened.session.plan is plan
    assert opened.message.text == ""


def _killed(journals):
    """A program that edits a new plan and dies before saving."""
    program = f"""
        import os, pathlib
        from data import edits
        from data.journal import Journal
        from tests.desktop.plans import small_book

        book = small_book()
        journal = Journal(pathlib.Path({str(journals)!r}))
        edit = edits.set_values("储备库", [1], {{"名称": "没来得及保存"}})
        journal.record(book.with_plan(edit(book.plan)))
        journal.flush()
        os._exit(9)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert done.returncode == 9


def test_a_session_keeps_a_journal_and_clears_it_when_saved(qapp, tmp_path):
    session = Session(tmp_path / "journal")
    session.show_new(small_book())
    session.do("改名", edits.set_values("储备库", [1], {"名称": "新名"}))

    def folders():
        return [p for p in (tmp_path / "journal").iterdir() if p.is_dir()]

    wait_for(lambda: (tmp_path / "journal").exists() and folders())
    session.save(tmp_path / "规划.gpkg")
    wait_for(idle(session))
    wait_for(lambda: not folders())
    session.do("改名", edits.set_values("储备库", [1], {"名称": "又一个"}))
    wait_for(lambda: folders())
    session.close_book()
    wait_for(idle(session))
    assert not folders(), "given up"
    end(session)


def test_the_window_shows_before_the_heavy_libraries_are_loaded():
    program = """
        import sys
        import desktop.app
        heavy = {"numpy", "pandas", "geopandas", "shapely", "pyproj", "matplotlib", "scipy"}
        print(sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_without_a_display_there_is_one_line_and_exit_2():
    program = "import sys, main; sys.exit(main.main([]))"
    environment = {"PATH": "/usr/bin", "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "显示器" in done.stderr


def test_the_map_and_its_panels_come_without_what_only_paper_and_imports_need():
    program = """
        import sys
        import desktop.canvas, desktop.docks
        heavy = {"matplotlib", "rasterio", "folium", "openpyxl", "docx"}
        print(sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
