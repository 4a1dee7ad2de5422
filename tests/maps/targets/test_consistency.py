"""The document against itself: found from the data, in random files as in 赤峰's."""

import math

import numpy as np
import pytest

from maps.analysis.targets.consistency import Contradiction, claims, contradictions
from maps.analysis.targets.loader import rules_from_text, shipped
from maps.analysis.targets.model import RuleSet
from tests.maps.targets.worlds import rule_set


def written(*rules: str) -> RuleSet:
    """Rules, each as its fields in one line of YAML flow."""
    usual = "原文: 话, 行: 1"
    return rules_from_text("规则集: 试\n规则:\n" + "".join(f"- {{{usual}, {r}}}\n" for r in rules))


def found(*rules: str, residents: float | None = None) -> tuple[Contradiction, ...]:
    return contradictions(written(*rules), {}, residents)


def area(name: str, comparison: str, value: float, more: str = "", unit: str = "㎡") -> str:
    return (
        f"编号: {name}, 检查: 合计, 对象: 储备库, 列: 建筑面积, 比较: {comparison}, "
        f"数值: {value}, 单位: {unit}{', ' + more if more else ''}"
    )


def test_parts_and_whole() -> None:
    whole, half = area("T", "等于", 15_800), "总项: T"
    (one,) = found(whole, area("A", "等于", 2000, half), area("B", "等于", 0.18, half, "万㎡"))
    assert (one.about, one.severity) == ("分项与合计", "错误")
    assert [r.id for r in one.rules] == ["T", "A", "B"]
    assert "3,800 ㎡" in one.text
    assert "相差 12,000 ㎡" in one.text
    assert not found(whole, area("A", "等于", 15_000, half), area("B", "等于", 800, half))
    least = found(
        area("T", "不少于", 5), area("A", "不少于", 3, half), area("B", "不少于", 5, half)
    )
    assert [c.severity for c in least] == ["警告"]
    assert not found(area("T", "约", 4000), area("A", "不少于", 3700, half))
    assert found(area("T", "约", 4000), area("A", "不少于", 4500, half))


@pytest.mark.parametrize("seed", range(30))
def test_parts_against_trying_numbers(seed: int) -> None:
    """Bounds of a whole and its parts go together exactly when some numbers meet them all."""
    rng = np.random.default_rng(seed)
    words = ("等于", "不少于", "不超过")
    total, word = int(rng.integers(0, 12)), str(rng.choice(words))
    parts = [(str(rng.choice(words)), int(rng.integers(0, 6))) for _ in range(2)]
    texts = [area(f"P{i}", w, v, "总项: T") for i, (w, v) in enumerate(parts)]
    clash = any(c.severity == "错误" for c in found(area("T", word, total), *texts))
    meets = {
        "等于": lambda a, b: a == b,
        "不少于": lambda a, b: a >= b,
        "不超过": lambda a, b: a <= b,
    }
    span = range(-40, 41)
    possible = any(
        meets[parts[0][0]](a, parts[0][1])
        and meets[parts[1][0]](b, parts[1][1])
        and meets[word](a + b, total)
        for a in span
        for b in span
    )
    assert clash == (not possible)


def test_a_part_larger_than_what_includes_it() -> None:
    yard = area("Y", "等于", 385)
    assert not found(yard, area("S", "等于", 176, "含于: Y"))
    (one,) = found(yard, area("S", "等于", 400, "含于: Y"))
    assert (one.about, one.severity) == ("包含关系", "错误")


def indicator(name: str, comparison: str, value: object, unit: str = '"%"', more: str = "") -> str:
    return (
        f"编号: {name}, 检查: 指标, 年份: 2025, 指标键: 键, 比较: {comparison}, 数值: {value}, "
        f"单位: {unit}{', ' + more if more else ''}"
    )


def test_two_targets_for_one_thing() -> None:
    (two,) = found(indicator("A", "不少于", 95), indicator("B", "等于", 100))
    assert two.severity == "警告"
    assert "不少于 95 %" in two.text
    assert "100 %" in two.text
    (same_side,) = found(indicator("A", "不少于", 95), indicator("B", "不少于", 98))
    assert same_side.severity == "提示"
    (clash,) = found(indicator("A", "等于", 2), indicator("B", "等于", 3))
    assert clash.severity == "错误"
    assert not found(indicator("A", "等于", 2), indicator("B", "等于", 2))
    other_year = indicator("B", "等于", 3).replace("2025", "2023")
    assert not found(indicator("A", "等于", 2), other_year)
    existing = indicator("B", "等于", 3, more="性质: 现状")
    assert not found(indicator("A", "等于", 2), existing)
    assert found(indicator("A", "变化", -20, more="基准年: 2020"),
                 indicator("B", "变化", -25, more="基准年: 2020"))  # fmt: skip
    assert not found(indicator("A", "变化", -20, more="基准年: 2015"),
                     indicator("B", "变化", -25, more="基准年: 2020"))  # fmt: skip


def reach(name: str, comparison: str, value: object, unit: str, more: str, key: str) -> str:
    return (
        f"编号: {name}, 年份: 2025, {more}, 比较: {comparison}, 数值: {value}, "
        f"单位: {unit}, 指标键: {key}"
    )


def test_relief_in_eight_ten_and_twenty_four_hours() -> None:
    far = "检查: 最远, 对象: 储备库"
    some = found(
        reach("A", "不少于", 70, '"%"', "检查: 覆盖, 对象: 储备库, 时限: 600", "救助"),
        reach("B", "不超过", 8, "小时", far, "救助"),
        reach("C", "不超过", 24, "小时", far, "救助"),
    )
    pairs = {tuple(r.id for r in c.rules) for c in some}
    assert pairs == {("A", "B"), ("A", "C"), ("B", "C")}
    assert "不超过 10 小时与不超过 8 小时" in some[0].text


def test_levels_and_numbers_of_classes() -> None:
    levels = "年份: 2025, 检查: 齐全, 对象: 储备库, 列: 级别, 指标键: 级"
    two = f"编号: A, {levels}, 值: [县级, 乡镇级]"
    (one,) = found(two, f"编号: B, {levels}, 值: [县级, 乡镇级, 村级]")
    assert one.severity == "错误"
    count = reach("A", "不少于", 5, "处", "检查: 个数, 对象: 避难场所", "场所")
    mix = "编号: B, 年份: 2025, 检查: 构成, 对象: 避难场所, 列: 国标类别, 指标键: 场所"
    (one,) = found(count, mix + ", 构成: {Ⅰ类: 1, Ⅱ类: 2, Ⅲ类: 5}")
    assert "不少于 5 处" in one.text
    assert "不少于 8 个" in one.text


def test_stock_against_population() -> None:
    stock = "检查: 储备, 对象: 储备库"
    share = reach("A", "不少于", 10, '"%"', stock, "人")
    persons = reach("B", "不少于", 1.5, "万人", stock, "人")
    assert not found(share, persons)
    (one,) = found(share, persons, residents=118_796)
    assert one.severity == "提示"
    assert "11,879.6 人" in one.text
    assert "以不少于 1.5 万人为准" in one.text
    assert found(share + ", 人口: 200000", persons)[0].text.endswith("以不少于 20,000 人为准")


def test_units() -> None:
    different = found(indicator("A", "不超过", 1, "人/百万人"), indicator("B", "不超过", 2))
    assert [c.about for c in different] == ["单位"]
    (missing,) = found(indicator("A", "不超过", 30, '""'))
    assert (missing.about, missing.severity) == ("单位", "提示")
    between = indicator("A", "介于", "[1, 2]", '""')
    assert found(between)[0].text.startswith("1—2,文本没有写单位")


def test_claims_of_every_comparison() -> None:
    inf = math.inf
    for word, value, low, high in (
        ("等于", 2, 20_000, 20_000),
        ("不少于", 2, 20_000, inf),
        ("不超过", 2, -inf, 20_000),
        ("约", 2, 18_000, 22_000),
        ("介于", "[1, 2]", 10_000, 20_000),
    ):
        text = f"检查: 合计\n对象: 储备库\n列: 保障人数\n比较: {word}\n数值: {value}\n单位: 万人"
        (one,) = claims(rule_set(text).rules[0])
        assert (one.dimension, one.low, one.high) == ("人", low, high)


def test_chifeng_contradicts_itself_in_its_training_base_and_in_a_unit() -> None:
    rules = next(r for r in shipped() if r.document.startswith("赤峰"))
    some = contradictions(rules, {}, 4_035_967)
    assert [(c.about, c.severity) for c in some] == [("分项与合计", "错误"), ("单位", "警告")]
    assert [r.id for r in some[0].rules] == ["CF-097", "CF-098", "CF-099"]
    assert "15800平方米" in some[0].quotes[0]
    assert "第 122 行" in some[0].quotes[0]
