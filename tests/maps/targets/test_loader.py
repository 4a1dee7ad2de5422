"""Rule files: what is read from a right one, and where a wrong one is refused."""

import re
from pathlib import Path

import pytest

import resources
from data.refused import Refused
from maps.analysis.targets import units
from maps.analysis.targets.checks import CHECKS
from maps.analysis.targets.loader import load_rules, rules_from_text
from maps.analysis.targets.tree import LARGEST, read_text

GUIDE = resources.path("plans/写法.md").read_text(encoding="utf-8")
HEAD = "规则集: 试\n规则:\n"
RULE = """- 编号: R1
  原文: 建成3个
  行: 20
  检查: 个数
  对象: 储备库
  比较: 等于
  数值: 3
  单位: 个
"""


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def test_guide_shows_every_check_and_is_right() -> None:
    rules = rules_from_text(example(), "写法.md")
    assert {rule.check for rule in rules} == {check.name for check in CHECKS}
    assert rules.by_id["A16"].threshold == 1.5
    assert rules.by_id["A16"].unit is not None
    assert rules.by_id["A16"].unit.to_base(1.5) == 15_000
    assert rules.by_id["A11"].params["准备"] == {"响应集结": 60, "装车": 90, "卸车分发": 90}
    assert rules.projects[0].features == (("depot", "北部储备库"),)
    assert rules.projects[0].money is None


def test_guide_names_every_field_it_uses() -> None:
    for check in CHECKS:
        assert f"检查: {check.name}" in example()


def test_readings_replace_what_they_say() -> None:
    rules = rules_from_text(example())
    rule = rules.by_id["A03"]
    both = rule.read_as({}, rules.readings)
    assert "范围" not in both.params
    once = rule.read_as({"读法": {"中心城区口径": "不算"}}, rules.readings)
    assert once.params["范围"] == ("丙县", "丁县")
    assert rule.read_as({"读法": {"中心城区口径": "没有这个"}}, rules.readings) == both


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("检查: 个数", "检查: 数一数"), 6, "没有“数一数”这种检查"),
        (("单位: 个", "单位: 公里"), 10, "单位不能是“公里”"),
        (("单位: 个", "单位: 坨"), 10, "单位不能是“坨”"),
        (("数值: 3", "数值: 三"), 9, "要填数字"),
        (("数值: 3", "数值: [1, 2]"), 9, "要写一段文字"),
        (("数值: 3", "数值: nan"), 9, "要填数字"),
        (("对象: 储备库", "对象: 仓库"), 7, "没有“仓库”这一类要素"),
        (("比较: 等于", "比较: 大约"), 8, "只能是"),
        (("比较: 等于", "比较: 变化"), 8, "只用于"),
        (("比较: 等于", "比较: 介于"), 9, "[小, 大]"),
        (("行: 20", "行: 二十"), 5, "要填数字"),
        (("  行: 20\n", ""), 3, "缺少出处"),
        (("  原文: 建成3个\n", ""), 3, "缺少“原文”"),
        (("  对象: 储备库\n", ""), 3, "缺少“对象”"),
        (("  单位: 个\n", ""), 3, "缺少“单位”"),
        (("对象: 储备库", "对像: 储备库"), 7, "是不是“对象”"),
        (("单位: 个", "单位: 个\n  条件: {级别: {大约: 3}}"), 11, "不认识“大约”"),
        (("单位: 个", "单位: 个\n  状态: 将来"), 11, "只能是"),
        (("单位: 个", "单位: 个\n  总项: R9"), 11, "不是本文件里的规则编号"),
        (("单位: 个", "单位: 个\n  总项: R1"), 11, "这一条自己"),
        (("单位: 个", "单位: 个\n  单位: 处"), 11, "写了两次(第 10 行已有)"),
        (("单位: 个", "单位: 个\n\t说明: 话"), 11, "制表符"),
        (("单位: 个", "单位: !!python/object:os.system 个"), 10, "类型标记"),
        (("单位: 个", "单位: !!str 个"), 10, "类型标记"),
        (("单位: 个", "单位: &u 个"), 10, "锚点"),
        (("单位: 个", "单位: *u"), 10, "引用"),
        (("单位: 个", "单位: '个"), 11, "引号没有成对"),
        (("单位: 个", "单位: [个"), 11, "没有成对"),
        (("单位: 个", "单位: 个: 处"), 10, "冒号"),
        (("单位: 个", "单位: 个\n 乱: 缩进"), 11, ""),
    ],
)
def test_mistakes_are_refused_with_their_line(
    change: tuple[str, str], line: int, says: str
) -> None:
    text = HEAD + RULE.replace(*change)
    assert change[0] in HEAD + RULE
    with pytest.raises(Refused) as refused:
        rules_from_text(text, "甲.yaml")
    assert f"“甲.yaml”第 {line} 行" in str(refused.value)
    assert says in str(refused.value)


def test_same_number_twice_is_refused_with_both_lines() -> None:
    with pytest.raises(Refused, match=r"第 11 行:编号“R1”重复\(第 3 行已有\)"):
        rules_from_text(HEAD + RULE + RULE)


@pytest.mark.parametrize("word", ["", "[]", "规则集: 一\n---\n规则集: 二\n", "- 一\n- 二\n"])
def test_what_is_no_rule_file_is_refused(word: str) -> None:
    with pytest.raises(Refused, match="第 "):
        rules_from_text(word)


def test_bombs_end_at_once() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    with pytest.raises(Refused, match="第 1 行:用了锚点"):
        read_text("\n".join(layers), "弹")
    with pytest.raises(Refused, match="第 1 行:层次太深"):
        read_text("[" * 100_000, "弹")
    with pytest.raises(Refused, match="没有读取"):
        read_text("x" * (LARGEST + 1), "弹")


def test_files_too_large_or_in_another_encoding(tmp_path: Path) -> None:
    large = tmp_path / "大.yaml"
    with large.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(Refused, match="第 1 行:文件有 105 MB"):
        load_rules(large)
    other = tmp_path / "国标码.yaml"
    other.write_bytes("规则集: 试\n规则: 一".encode("gbk"))
    with pytest.raises(Refused, match="第 1 行:不是 UTF-8"):
        load_rules(other)
    with pytest.raises(Refused, match="读不了"):
        load_rules(tmp_path / "没有.yaml")
    right = tmp_path / "对.yaml"
    right.write_bytes(b"\xef\xbb\xbf" + (HEAD + RULE).encode())
    assert load_rules(right).path == str(right)
    control = tmp_path / "控制符.yaml"
    control.write_text(HEAD + RULE + "\x01", encoding="utf-8")
    with pytest.raises(Refused, match="第 11 行"):
        load_rules(control)
    with pytest.raises(Refused, match="它是文件夹"):
        load_rules(tmp_path)


def test_scalars_stay_what_was_written() -> None:
    text = HEAD + RULE.replace("原文: 建成3个", "原文: 0805").replace("编号: R1", "编号: no")
    rule = rules_from_text(text).rules[0]
    assert (rule.id, rule.quote) == ("no", "0805")


@pytest.mark.parametrize(
    ("name", "dimension", "size"),
    [
        ("㎡", "面积", 1),
        ("万㎡", "面积", 10_000),
        ("亩", "面积", 2000 / 3),
        ("公顷", "面积", 10_000),
        ("km²", "面积", 1e6),
        ("小时", "时间", 60),
        ("万人", "数", 10_000),
        ("‰", "占比", 0.1),
        ("km", "长度", 1000),
    ],
)
def test_units(name: str, dimension: str, size: float) -> None:
    unit = units.unit(name)
    assert unit is not None
    assert (unit.dimension, unit.size) == (dimension, pytest.approx(size))


@pytest.mark.parametrize(
    ("comparison", "threshold", "yes", "no"),
    [
        ("等于", 3, (3, 3 + 1e-12), (2, 4)),
        ("不少于", 3, (3, 9), (2.9,)),
        ("不超过", 3, (3, -1), (3.1,)),
        ("多于", 3, (3.1,), (3, 2)),
        ("少于", 3, (2.9,), (3, 4)),
        ("约", 100, (90, 110, 100), (89.9, 110.1)),
        ("介于", (1, 2), (1, 1.5, 2), (0.9, 2.1)),
    ],
)
def test_comparisons(
    comparison: str,
    threshold: units.Threshold,
    yes: tuple[float, ...],
    no: tuple[float, ...],
) -> None:
    for value in yes:
        assert units.meets(value, comparison, threshold)
        assert units.certain(value, value, comparison, threshold) is True
    for value in no:
        assert not units.meets(value, comparison, threshold)
        assert units.certain(value, value, comparison, threshold) is False


def test_certain_is_what_every_number_between_says() -> None:
    for comparison in ("等于", "不少于", "不超过", "多于", "少于", "约"):
        for low in range(8):
            for high in range(low, 8):
                every = {units.meets(n / 4, comparison, 3) for n in range(4 * low, 4 * high + 1)}
                expected = every.pop() if len(every) == 1 else None
                assert units.certain(low, high, comparison, 3) is expected
