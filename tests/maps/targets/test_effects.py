"""What facilities more change in the verdicts: against a full check of the plan with them."""

import pytest

from data.plan import Book
from data.refused import Refused
from maps.analysis.targets.effects import Place, effects, planned, words
from maps.analysis.targets.evaluate import check_rules
from maps.analysis.targets.loader import OWN_RULES, rules_of
from tests.maps.targets import worlds
from tests.maps.targets.worlds import at

RULES = """规则集: 试
规则:
- {编号: A, 原文: 每个区都有消防站, 行: 1, 性质: 目标, 检查: 分区个数, 对象: 消防站}
- {编号: B, 原文: 消防站不少于三座, 行: 2, 性质: 目标, 检查: 个数, 对象: 消防站,
   比较: 不少于, 数值: 3, 单位: 个}
- {编号: C, 原文: 站间不少于五公里, 行: 3, 性质: 目标, 检查: 间距, 对象: 消防站,
   比较: 不少于, 数值: 5, 单位: km}
- {编号: D, 原文: 储备库不少于一座, 行: 4, 性质: 目标, 检查: 个数, 对象: 储备库,
   比较: 不少于, 数值: 1, 单位: 个}
"""


@pytest.fixture
def book() -> Book:
    stations = worlds.layer(
        "fire_station", [at(5, 5), at(25, 5)], 名称=["一站", "二站"], 状态=["现状"] * 2
    )
    plan = worlds.plan(stations, worlds.people([(3, 3, 100), (30, 30, 50)]))
    return Book("试", (plan,), facts={OWN_RULES: RULES})


def spots(*places: tuple[float, float]) -> list[Place]:
    return [Place(at(x, y).x, at(x, y).y, f"新站{k}") for k, (x, y) in enumerate(places)]


def test_each_place_and_all_are_those_of_a_full_check(book: Book) -> None:
    places = spots((5, 25), (25, 25), (6, 6))
    told = effects(book, "fire_station", places)
    rules = rules_of(book)
    assert rules is not None
    now = {v.id: v.verdict for v in check_rules(book.plan, rules, book.facts).verdicts}

    def slowly(some: list[tuple[float, float, str]]) -> dict[str, str]:
        plan = planned("fire_station", some)(book.plan)
        then = check_rules(plan, rules, book.facts).verdicts
        return {v.id: v.verdict for v in then if v.verdict != now[v.id]}

    found = [{e.before.id: e.after.verdict for e in row} for row in (*told.alone, told.together)]
    assert found == [slowly([place]) for place in places] + [slowly(places)]
    assert now["A"] == "fail"
    assert {e.before.id for e in told.together if e.fixed} == {"A", "B"}
    assert {e.before.id for e in told.together if not e.fixed} == {"C"}
    assert words(told.together[0]) == "A 每个区都有消防站:不符合→符合"
    assert len(book.plan.layer("fire_station").frame) == 2


def test_a_plan_without_rules_says_so(book: Book) -> None:
    with pytest.raises(Refused, match="没有登记"):
        effects(Book("试", (book.plan,)), "fire_station", spots((5, 25)))
