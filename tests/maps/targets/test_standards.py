"""The standards that come with the program: complete, marked, and searched."""

import re

import pytest

from maps.analysis.targets.checks import REFERENCE
from maps.analysis.targets.loader import shipped, standards
from maps.analysis.targets.model import FORCES, Rule
from maps.analysis.targets.search import search
from tests.maps.targets.worlds import at, layer, plan

EVERY = {rule.id: rule for rules in standards() for rule in rules}

ENTRIES = {"DEP": 18, "SHE": 26, "FIR": 15, "FOR": 4, "HAZ": 10, "WAR": 3, "ROA": 8}
"""How many entries of each group were read; 84 together."""


def statement(rule_id: str) -> str:
    return "-".join(rule_id.split("-")[:2])


def test_every_entry_is_there_once() -> None:
    ids = {statement(i) for i in EVERY}
    assert ids == {f"{g}-{n:02d}" for g, last in ENTRIES.items() for n in range(1, last + 1)}
    assert sum(len(rules) for rules in standards()) == len(EVERY)


@pytest.mark.parametrize("rule", EVERY.values(), ids=EVERY.keys())
def test_each_has_standard_clause_mark_and_force(rule: Rule) -> None:
    assert rule.source.document
    assert rule.source.clause
    assert rule.force in FORCES
    assert rule.topic
    assert not re.search(r"[A-Za-z]{5,} [a-z]{3,}", rule.quote + rule.note), "Chinese, please"


def test_what_was_recalled_or_is_a_draft_is_not_verified() -> None:
    recalled = {"DEP-04", "DEP-07", "DEP-08", "DEP-09", "SHE-12", "SHE-15", "SHE-16", "FIR-06",
                "FIR-13", "HAZ-10", "WAR-02"}  # fmt: skip
    for rule in EVERY.values():
        if statement(rule.id) in recalled and rule.check != REFERENCE:
            assert not rule.verified, rule.id
    for name in ("DEP-02", "DEP-03", "SHE-02", "SHE-04", "SHE-06", "FIR-03", "FIR-05", "FIR-12"):
        assert EVERY[name].verified


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("DEP-02", "2,900—4,100 ㎡"),
        ("DEP-03", "630—800 ㎡"),
        ("SHE-02", "多于 2,000 ㎡"),
        ("SHE-02-2", "多于 1.5 ㎡/人"),
        ("SHE-04", "不少于 15 %"),
        ("SHE-06", "不少于 30 m"),
        ("SHE-12", "不少于 1,000 m"),
        ("FIR-05-2", "不少于 300 m"),
        ("FIR-12", "不超过 120 m"),
        ("HAZ-06", "不少于 1,000 m"),
    ],
)
def test_numbers(name: str, wanted: str) -> None:
    assert EVERY[name].wanted == wanted


def test_numbers_in_parameters() -> None:
    assert EVERY["FIR-03"].params["上限"] == {"特勤站": 7, "一级站": 7, "二级站": 4, "小型站": 2}
    assert EVERY["FIR-01"].params["时限"] == 5
    assert EVERY["FIR-01"].params["准备"] == {"接警出动": 1}
    assert EVERY["DEP-11"].params["时限"] == 720
    assert EVERY["DEP-12"].params["时限"] == 600
    assert EVERY["SHE-04"].params["逐区"] is True


def test_a_site_against_the_standards() -> None:
    from maps.analysis.targets.evaluate import check_rules

    stations = layer("fire_station", [at(1, 1)], 名称=["站"], 状态=["规划"], 级别=["一级站"])
    works = layer("hazard_site", [at(1, 1.25)], 名称=["厂"], 状态=["现状"], 类型=["危化品企业"])
    of = plan(stations, works)
    fire = next(rules for rules in standards() if "FIR-05-2" in rules.by_id)
    found = check_rules(of, fire, {}, only=["FIR-04-2", "FIR-05-2"]).by_id
    assert found["FIR-04-2"].verdict == "pass"
    assert found["FIR-05-2"].verdict == "fail"
    assert [p.name for p in found["FIR-05-2"].where] == ["站"]


def test_search_finds_all_words_in_any_order_and_case() -> None:
    found = {r.id for r in search(standards(), "15% 固定")}
    assert "SHE-04" in found
    assert found == {r.id for r in search(standards(), "固定 15%")}
    assert {r.id for r in search(standards(), "gb 50974")} >= {"FIR-12", "FIR-13"}
    assert len(search(standards())) == len(EVERY)
    assert search(standards(), "没有这样的词") == ()
    brute = [
        rule.id
        for rule in EVERY.values()
        if rule.force == "强制" and "避难" in f"{rule.quote} {rule.source} {rule.topic} {rule.note}"
    ]
    assert [rule.id for rule in search(standards(), "避难 强制")] == brute
    assert "SHE-04" in brute
    unsure = [rule.id for rule in EVERY.values() if not rule.verified]
    assert [rule.id for rule in search(standards(), "待核实")] == unsure


def test_what_lies_within_a_radius_of_our_own_only_warns() -> None:
    """A document says “every village”, never how near: the metres are a working assumption."""
    everything = [rule for rules in (*shipped(), *standards()) for rule in rules]
    near = [r for r in everything if r.check == "分区个数" and r.params.get("分区") == "settlement"]
    assert len(near) > 10
    assert not [rule.id for rule in near if rule.verified]
