"""What the planner decides, and rule files changed as text."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

import resources
from data.plan import Book
from data.refused import Refused
from maps.analysis.targets.decisions import (
    with_attestation,
    with_indicator,
    with_project_state,
    with_reading,
    without_attestation,
)
from maps.analysis.targets.editing import copied, with_field
from maps.analysis.targets.evaluate import check_rules, statement_of
from maps.analysis.targets.loader import rules_from_text, rules_of
from maps.analysis.targets.model import Option, Reading, Rule
from tests.maps.targets.worlds import plan

READING = Reading("口径", "怎么算?", (Option("一"), Option("二")))
BOOK = Book("县", (plan(),))


def test_decisions_are_kept_as_plain_values() -> None:
    book = with_reading(BOOK, READING, "二")
    book = with_attestation(book, "R1", "符合", " 文件〔2023〕5号 ", "2023-06-30", "王")
    book = with_indicator(book, "死亡率", 2023, 0.03)
    book = with_indicator(book, "死亡率", 2020, 0.04)
    book = with_project_state(book, "P1", "完成", 2024, 3200.0, "已验收")
    assert BOOK.facts == {}
    assert json.loads(json.dumps(book.facts)) == {
        "读法": {"口径": "二"},
        "确认": {
            "R1": {"结果": "符合", "说明": "文件〔2023〕5号", "日期": "2023-06-30", "人": "王"}
        },
        "指标": {"死亡率": {"2020": 0.04, "2023": 0.03}},
        "工程": {"P1": {"状态": "完成", "年份": 2024, "完成投资": 3200.0, "说明": "已验收"}},
    }
    assert READING.chosen(book.facts).name == "二"
    assert READING.chosen({}).name == "一"
    assert with_reading(book, READING, "二") is book
    gone = with_indicator(with_indicator(book, "死亡率", 2020, None), "死亡率", 2023, None)
    assert "指标" not in gone.facts
    assert "确认" not in without_attestation(book, "R1").facts
    assert without_attestation(BOOK, "R1") is BOOK


@pytest.mark.parametrize(
    ("decide", "says"),
    [
        (lambda: with_reading(BOOK, READING, "三"), "选项有:一、二"),
        (lambda: with_attestation(BOOK, "R", "大概", "话", "2023-01-01"), "只能是符合或不符合"),
        (lambda: with_attestation(BOOK, "R", "符合", " ", "2023-01-01"), "要写说明"),
        (lambda: with_attestation(BOOK, "R", "符合", "话", "2023年"), "2025-06-30"),
        (lambda: with_indicator(BOOK, "率", 23, 1.0), "1990"),
        (lambda: with_indicator(BOOK, "率", 2023, float("nan")), "有限的数字"),
        (lambda: with_project_state(BOOK, "P", "快了"), "只能是未开工"),
        (lambda: with_project_state(BOOK, "P", "完成"), "年份"),
        (lambda: with_project_state(BOOK, "P", "在建", spent=-1), "不小于 0"),
    ],
)
def test_decisions_that_make_no_sense(decide: Callable[[], Book], says: str) -> None:
    with pytest.raises(Refused, match=re.escape(says)):
        decide()


def test_a_plan_may_carry_its_own_rules() -> None:
    text = "规则集: 自己的\n规则:\n- {编号: R, 原文: 话, 行: 1, 检查: 人工}\n"
    own = replace(BOOK, facts={"规则": text, "规划文件": "赤峰市“十四五”应急体系建设规划"})
    found = rules_of(own)
    assert found is not None
    assert found.title == "自己的"
    with pytest.raises(Refused, match="“县的规则”第 3 行"):
        rules_of(replace(BOOK, facts={"规则": text.replace("人工", "手工")}))
    assert rules_of(BOOK) is None


def shipped(name: str) -> str:
    text = resources.path(f"plans/{name}").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    return found[1] if found else text


def plain(rule: Rule) -> Rule:
    """The rule without where it stands in its file."""
    read = {name: replace(one, line=0) for name, one in rule.by_reading.items()}
    return replace(rule, line=0, by_reading=read)


@pytest.mark.parametrize("name", ["写法.md", "chifeng.yaml"])
def test_a_number_changed_changes_nothing_else(name: str) -> None:
    text = shipped(name)
    before = {r.id: plain(r) for r in rules_from_text(text)}
    numbered = [r for r in before.values() if isinstance(r.threshold, float) and _written(text, r)]
    assert len(numbered) > 10
    for rule in numbered[:: 1 if name == "写法.md" else 9]:
        out = with_field(text, rule.id, "数值", "77.5")
        after = {r.id: plain(r) for r in rules_from_text(out)}
        assert after[rule.id].threshold == 77.5
        assert {k: v for k, v in after.items() if k != rule.id} == {
            k: v for k, v in before.items() if k != rule.id
        }
        pairs = zip(text.split("\n"), out.split("\n"), strict=True)
        assert sum(a != b for a, b in pairs) == 1
        comments = re.findall(r"#.*", text)
        assert re.findall(r"#.*", out) == comments


def _written(text: str, rule: Rule) -> bool:
    """Whether the rule's number stands in the file (some kinds have a usual one)."""
    block = re.search(rf"编号: {re.escape(rule.id)}[,\n](.*?)(?=\n- |\Z)", text, re.DOTALL)
    return block is not None and "数值:" in block[1]


BLOCK = (
    "规则集: 试\n规则:\n- 编号: R\n  原文: 话 # 照抄\n  行: 1\n  检查: 个数\n  对象: 储备库\n"
    + ("  比较: 等于 # 比\n  数值: 3\n  单位: 个\n")
)
FLOW = (
    '规则集: 试\n规则:\n- {编号: R, 原文: "话,{数值: 9}", 行: 1, 检查: 个数, 对象: 储备库,\n'
    "   条件: {级别: [市级, 县级]}, 比较: 等于, 数值: 3, 单位: 个} # 尾\n"
)


@pytest.mark.parametrize("text", [BLOCK, FLOW], ids=["block", "flow"])
def test_fields_changed_and_added(text: str) -> None:
    def rule(field: str, value: str) -> Rule:
        return rules_from_text(with_field(text, "R", field, value)).rules[0]

    assert rule("比较", "不少于").comparison == "不少于"
    assert rule("原文", "新的原文").quote == "新的原文"
    assert rule("核实", "待核实").verified is False
    assert rule("说明", "有,逗号").note == "有,逗号"
    assert rule("条件", "{级别: 乡镇级}").params["条件"][0].values == ("乡镇级",)
    assert rule("年份", "2030").year == 2030
    assert rule("数值", "5").threshold == 5
    assert "# " in with_field(text, "R", "数值", "5")


@pytest.mark.parametrize("text", [BLOCK, FLOW], ids=["block", "flow"])
@pytest.mark.parametrize(
    ("rule_id", "field", "value", "says"),
    [
        ("R", "数值", "很多", "要填数字"),
        ("R", "检查", "看看", "没有“看看”这种检查"),
        ("R", "数值", "1\n2", "写在一行里"),
        ("X", "数值", "1", "没有编号为“X”"),
        ("R", "不认识", "1", "不认识“不认识”"),
        ("R", "单位", "km", "单位不能是"),
    ],
)
def test_changes_that_would_be_wrong(
    text: str, rule_id: str, field: str, value: str, says: str
) -> None:
    with pytest.raises(Refused, match=re.escape(says)):
        with_field(text, rule_id, field, value)


def test_a_copy_for_another_county() -> None:
    text = shipped("chifeng.yaml")
    out = copied(text, "某旗“十四五”应急体系建设规划", "内蒙古某旗")
    old, new = rules_from_text(text), rules_from_text(out)
    assert (new.title, new.document, new.region) == (
        "某旗“十四五”应急体系建设规划",
        "某旗“十四五”应急体系建设规划",
        "内蒙古某旗",
    )
    assert [r.id for r in new] == [r.id for r in old]
    assert new.rules[0].source.document == new.document
    assert out.count("\n") == text.count("\n")
    with pytest.raises(Refused, match="名称"):
        copied(text, " ")


def test_statements_are_counted_once() -> None:
    assert [statement_of(i) for i in ("CF-034", "CF-034-2", "A", "SHE-02-3")] == [
        "CF-034",
        "CF-034",
        "A",
        "SHE-02",
    ]
    text = "规则集: 试\n规则:\n" + "".join(
        f"- {{编号: {i}, 原文: 话, 行: 1, {check}}}\n"
        for i, check in (
            ("X-1", "检查: 人工"),
            ("X-2", "检查: 个数, 对象: 储备库, 比较: 不少于, 数值: 1, 单位: 个"),
            ("X-3", "检查: 个数, 对象: 储备库, 比较: 等于, 数值: 0, 单位: 个"),
            ("X-3-2", "检查: 人工"),
        )
    )
    outcome = check_rules(plan(), rules_from_text(text), {})
    assert outcome.tally == {"decided": 0, "needs_data": 1, "attest": 2}
    assert sum(outcome.counts.values()) == 4
