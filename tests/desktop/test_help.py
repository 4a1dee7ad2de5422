"""Help by F1: every number and column has an entry, every clause exists, F1 finds the right one."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from data.kinds import KINDS
from desktop.panels import help
from desktop.panels.help_entries import COLUMN, PANEL, clauses, entries, limits, search
from desktop.panels.reached import Bars
from maps.analysis.coverage import CoverageAsk
from tests.desktop.plans import small_book
from tests.desktop.test_panels import cut_off
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_targets_panel import RULES, judged
from tests.desktop.test_window import settings, window  # noqa: F401 - fixtures

KEY = Qt.Key.Key_F1


@pytest.fixture
def shown(window):  # noqa: F811
    """The window with the small plan, a coverage and judged targets; the mouse out of the way."""
    window.session.show_new(replace(small_book(), facts={"规则": RULES}))
    window.session.compute_coverage(CoverageAsk("depot", 8000.0))
    wait_for(lambda: window.session.coverage is not None)
    window.docks.show("targets")
    judged(window.docks.targets)
    QCursor.setPos(QPoint(2000, 2000))
    return window


def asked(window, widget):  # noqa: F811
    """Press F1 with the focus on a widget; the id of the entry shown."""
    widget.setFocus()
    QApplication.processEvents()
    QTest.keyClick(widget, KEY)
    QApplication.processEvents()
    return window.docks.panels["help"].shown.id


def test_every_clause_cited_is_in_the_standards():
    cited = {name for entry in entries().values() for name in entry.clauses}
    assert cited
    assert cited <= set(clauses())


def test_every_column_of_every_kind_has_an_entry_and_numbers_say_how():
    for kind in KINDS:
        for column in kind.columns:
            entry = entries()[COLUMN + column.name]
            assert entry.meaning
            if column.type in ("number", "whole"):
                assert entry.formula, column.name
                assert entry.meaning != "", column.name
                assert not column.unit or column.unit in limits(column.name)


def test_every_panel_has_an_entry(window):  # noqa: F811
    for name in window.docks.panels:
        assert PANEL + name in entries(), name


def test_every_number_on_the_panels_leads_to_its_own_entry(shown):
    targets = shown.docks.targets
    for panel in ("coverage", "targets"):
        shown.docks.show(panel)
        for rule in ("T4", "T8"):
            targets.show_target(rule)
        QApplication.processEvents()
        place = shown.docks.panels[panel]
        numbers = [
            w
            for w in place.findChildren(QWidget)
            if w.isVisible()
            and ((isinstance(w, QLabel) and any(c.isdigit() for c in w.text())) or type(w) is Bars)
        ]
        assert len(numbers) >= 4
        wrong = [
            w.text() if isinstance(w, QLabel) else "bars"
            for w in numbers
            if help.entry_of(w) not in entries() or help.entry_of(w).startswith(PANEL)
        ]
        assert wrong == []
    status = shown.statusBar()
    for name in help.STATUS:
        assert not help.entry_of(getattr(status, name)).startswith(PANEL)


def test_every_named_number_exists(shown):
    named = [entry for names in help.NUMBERS.values() for entry in names.values()]
    assert {*named, *help.STATUS.values(), *help.ROADS.values(), "目标实测", "目标要求"} <= set(
        entries()
    )


def test_f1_in_a_field_explains_its_column(shown):
    shown.session.select("储备库", [1])
    shown.docks.show("properties")
    fields = [w for w in shown.docks.properties.findChildren(QWidget) if w.property("help")]
    field = next(w for w in fields if w.property("help") == "列.占地面积")
    assert asked(shown, field) == "列.占地面积"
    texts = [w.text() for w in shown.docks.panels["help"].findChildren(QLabel)]
    assert any("㎡" in text for text in texts)
    assert any("待核实" in text for text in texts)


def test_f1_in_the_table_explains_the_column_with_the_cursor(shown):
    shown.show_table("储备库")
    table = shown.docks.table
    at = [c.name for c in table.model.columns].index("占地面积")
    table.view.setCurrentIndex(table.model.index(0, at))
    assert asked(shown, table.view) == "列.占地面积"


def test_f1_on_the_map_and_on_a_list(shown):
    assert asked(shown, shown.canvas) == "面板.canvas"
    shown.docks.show("targets")
    assert asked(shown, shown.docks.targets.list) == "目标结论"


def test_the_number_under_the_mouse_is_explained_when_the_focus_says_nothing(shown, monkeypatch):
    shown.docks.show("coverage")
    headline = shown.docks.coverage.headline
    monkeypatch.setattr(QApplication, "widgetAt", lambda *at: headline)
    assert asked(shown, shown.canvas) == "覆盖人口"


def test_search_by_words_pinyin_and_clause(shown):
    shown.docks.show("help")
    panel = shown.docks.panels["help"]
    QTest.keyClicks(panel.words, "fgrk")
    QTest.keyClick(panel.words, Qt.Key.Key_Return)
    assert panel.shown.title == "覆盖人口"
    panel.words.setText("SHE-04")
    assert [row.key for row in panel.list.rows.rows] == ["列.容纳人数"]
    panel.words.setText("没有这样的词")
    assert panel.nothing.isVisible()
    panel.words.clear()
    groups = [row for row in panel.list.rows.rows if isinstance(row, str)]
    assert groups == ["面板", "数字", "属性列"]


def test_what_is_found_holds_every_word():
    for words in ("面积", "人 区", "待核实", "she-1"):
        for entry in search(words):
            text = f"{entry.title}{entry.more}{entry.meaning}{entry.formula}{entry.clauses}".lower()
            assert all(word in text for word in words.split())
    assert len(search("")) == len(entries())


def test_nothing_is_cut_off(shown):
    shown.docks.show("help")
    for name in ("覆盖人口", "列.有效避难面积", "面板.targets"):
        help.show(shown, name)
        assert shown.docks.panels["help"].shown.id == name
        wait_for(lambda: not cut_off(shown.docks.panels["help"]), 3)
    wait_for(idle(shown.session))
