"""The table of commands: complete, findable, and never greyed without a reason."""

import re

import pytest
from PySide6.QtGui import QKeySequence

from data.examples import NAMES
from data.kinds import KINDS
from desktop.actions import ACTIONS, MENUS, found, initials, matches, pinyin
from desktop.panels.start import EXAMPLES, load_entries, search
from desktop.session import Session
from resources import path
from tests.desktop.plans import small_book
from tests.desktop.test_session import end


def test_ids_texts_and_shortcuts_are_given_once():
    for values in (
        [a.id for a in ACTIONS],
        [a.text for a in ACTIONS],
        [a.shortcut for a in ACTIONS if a.shortcut],
    ):
        assert len(values) == len(set(values))


def test_every_command_has_a_menu_a_picture_that_exists_and_a_key_that_qt_knows(qapp):
    for action in ACTIONS:
        assert action.menu in MENUS
        assert not action.icon or path(f"icons/{action.icon}.svg").is_file()
        assert not action.bar or action.icon
        if action.shortcut:
            assert QKeySequence(action.shortcut).toString(), action.id


def test_everything_people_need_can_be_added():
    tools = {a.tool for a in ACTIONS}
    for kind in KINDS:
        assert (f"add:{kind.name}" in tools) == (kind.facility or kind.name == "settlement")


def test_a_greyed_command_says_why(qapp):
    session = Session()
    reasons = {a.id: a.why_not(session) for a in ACTIONS}
    assert reasons["open"] == ""
    for name in ("save", "undo", "delete", "coverage", "print", "add:depot"):
        assert reasons[name] == "先打开或新建一个规划。"
    session.show_new(small_book())
    reasons = {a.id: a.why_not(session) for a in ACTIONS}
    assert reasons["coverage"] == reasons["add:depot"] == reasons["save"] == ""
    for name in ("undo", "redo", "delete", "duplicate", "zoom_selection", "clear_coverage"):
        assert re.search(r"^.+。$", reasons[name])
    session.select("储备库", [1])
    assert not next(a for a in ACTIONS if a.id == "delete").why_not(session)
    end(session)


def test_pinyin():
    assert initials("计算覆盖") == "jsfg"
    assert pinyin("覆盖") == "fugai"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("覆盖", "coverage"),
        ("jsfg", "coverage"),
        ("JSFG", "coverage"),
        ("jisuan", "coverage"),
        ("计算 覆盖", "coverage"),
        ("tjcbk", "add:depot"),
        ("储备库", "add:depot"),
        ("cx", "undo"),
        ("dcdt", "print"),
    ],
)
def test_the_palette_finds_a_command(typed, first):
    assert found(typed)[0].id == first


def test_the_palette_shows_all_for_nothing_and_nothing_for_nonsense():
    assert found("") == list(ACTIONS)
    assert found("没有这个") == []
    assert matches("计算覆盖", "覆盖 没有") is None


def test_the_start_page_offers_the_examples_there_are():
    assert tuple(EXAMPLES) == NAMES


@pytest.fixture(scope="module")
def entries():
    return load_entries(lambda done, text: None)


@pytest.mark.parametrize(
    ("typed", "adcode"),
    [("敖汉", "150430"), ("ahq", "150430"), ("aohan", "150430"), ("150430", "150430"),
     ("赤峰 红山", "150402"), ("kbs", "150603")],
)  # fmt: skip
def test_any_district_is_found(entries, typed, adcode):
    assert len(entries) > 2800
    assert adcode in [e.district.adcode for e in search(entries, typed)[:10]]


def test_districts_of_one_name_are_told_apart(entries):
    twins = search(entries, "鼓楼区")
    assert len(twins) > 1
    assert len({e.title for e in twins}) == len(twins)
