"""Scenarios, title and facts of a plan file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import scenarios
from data.plan import Book, Plan
from data.refused import Refused
from tests.data.books import CRS, small_book


def names(book: Book) -> list[str]:
    return [plan.name for plan in book.plans]


def test_a_copy_shares_its_layers() -> None:
    book = scenarios.copy_scenario()(small_book())
    assert names(book) == ["现状", "方案 1"]
    assert book.current == 1
    assert book.plans[0].layers[0] is book.plans[1].layers[0]
    assert names(scenarios.copy_scenario("二", of=0)(book)) == ["现状", "方案 1", "二"]
    assert scenarios.add_scenario()(book).plan.layers == ()
    assert scenarios.add_scenario()(book).plan.crs == CRS


def test_names_are_unique_and_not_empty() -> None:
    book = scenarios.copy_scenario("甲")(small_book())
    assert names(scenarios.rename_scenario(1, " 乙  案 ")(book)) == ["现状", "乙 案"]
    assert scenarios.rename_scenario(1, "甲")(book) is book
    for change in (
        scenarios.rename_scenario(0, "甲"),
        scenarios.copy_scenario("甲"),
        scenarios.add_scenario("现状"),
    ):
        with pytest.raises(Refused, match="已有"):
            change(book)
    with pytest.raises(Refused, match="不能为空"):
        scenarios.rename_scenario(0, " ")(book)
    assert scenarios.find_scenario(book, "甲") == 1
    with pytest.raises(Refused, match="现状、甲"):
        scenarios.find_scenario(book, "丙")


def test_the_last_scenario_stays() -> None:
    with pytest.raises(Refused, match="唯一"):
        scenarios.remove_scenario(0)(small_book())


@given(st.integers(2, 5), st.data())
def test_the_current_scenario_stays_current(count: int, data: st.DataObject) -> None:
    plans = tuple(Plan(str(i), CRS) for i in range(count))
    book = Book("题", plans, data.draw(st.integers(0, count - 1)))
    order = data.draw(st.permutations(range(count)))
    assert scenarios.order_scenarios(order)(book).plan is book.plan
    gone = data.draw(st.integers(0, count - 1))
    after = scenarios.remove_scenario(gone)(book)
    assert len(after.plans) == count - 1
    if gone != book.current:
        assert after.plan is book.plan
    to = data.draw(st.integers(0, count - 1))
    assert scenarios.go_to(to)(book).plan is plans[to]
    assert scenarios.go_to(book.current)(book) is book


def test_title_and_facts() -> None:
    book = small_book()
    assert scenarios.set_title(" 新  题 ")(book).title == "新 题"
    assert scenarios.set_title(book.title)(book) is book
    with pytest.raises(Refused, match="不能为空"):
        scenarios.set_title(" ")(book)
    told = scenarios.set_fact("读法", {"条": 1})(book)
    assert told.facts == {"读法": {"条": 1}}
    assert book.facts == {}
    assert scenarios.set_fact("读法", {"条": 1})(told) is told
    assert scenarios.set_fact("读法", None)(told).facts == {}
    assert scenarios.set_fact("无", None)(book) is book
