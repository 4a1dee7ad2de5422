"""python main.py check and rules, as a planner calls them."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import main
from data.files import save
from data.plan import Book
from tests.maps.targets.worlds import at, layer, people, plan

RULES = """规则集: 试点县规划
文件: 试点县“十四五”规划
读法:
- 编号: 口径
  问题: 算不算在建的?
  选项: [算, 不算]
规则:
- {编号: A, 原文: 建成2个库, 行: 3, 检查: 个数, 对象: 储备库, 比较: 不少于, 数值: 2, 单位: 个,
   读法: 口径, 按读法: {算: {}, 不算: {状态: 现状}}}
- {编号: B, 原文: 每区有库, 行: 4, 核实: 待核实, 检查: 分区个数, 对象: 储备库}
- {编号: C, 原文: 有文件, 条款: 第五条, 检查: 人工}
- {编号: D, 原文: 面积, 行: 5, 检查: 合计, 对象: 储备库, 列: 占地面积, 比较: 介于,
   数值: [1, 2], 单位: 公顷}
- {编号: E, 原文: 只供查阅, 行: 6, 检查: 查阅}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    depots = layer(
        "depot", [at(1, 1), at(25, 1)], "储备库", 名称=["一", "二"], 状态=["现状", "在建"]
    )
    path = tmp_path / "县.gpkg"
    save(Book("试点县", (plan(depots, people([(1, 1, 9)])),)), path)
    return path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "规则.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main.main([str(w) for w in words])
    said = capsys.readouterr()
    return code, said.out, said.err


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(capsys, *words, "--json", "-")
    return code, json.loads(out)


def test_check_as_json(book: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(capsys, "check", book, "--rules", rules)
    assert code == 0
    assert found["plan"] == "试点县"
    assert found["counts"] == {"attest": 1, "fail": 0, "needs_data": 1, "pass": 1, "warn": 1}
    by_id = {row["id"]: row for row in found["rules"]}
    assert list(by_id) == ["A", "B", "C", "D"]
    assert by_id["A"]["verdict"] == "pass"
    assert (by_id["A"]["value"], by_id["A"]["threshold"], by_id["A"]["unit"]) == (2, 2, "个")
    assert by_id["A"]["reading"] == "算不算在建的?——算"
    assert by_id["A"]["source"] == "试点县“十四五”规划 第 3 行"
    assert by_id["B"]["verified"] is False
    assert [p["name"] for p in by_id["B"]["where"]] == ["丙县", "丁县"]
    assert by_id["B"]["where"][0]["layer"] == "行政区"
    assert by_id["B"]["where"][0]["id"] == 3
    assert "共需增加 2 处" in by_id["B"]["remedy"]
    assert by_id["C"]["source"].endswith("第五条")
    assert by_id["D"]["threshold"] == [1, 2]
    assert by_id["D"]["missing"][0]["column"] == "占地面积"


def test_check_writes_a_workbook(
    book: Path, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "表.xlsx"
    code, text, _ = run(capsys, "check", book, "--rules", rules, "--evaluate", 2023, "-o", out)
    assert code == 0
    assert f"已写出“{out}”" in text
    sheets = openpyxl.load_workbook(out)
    assert [row[0].value for row in sheets["2023年底评估"]][1:5] == ["A", "B", "C", "D"]
    assert "存在的问题和改进措施:\nB 提醒:" in text
    code, _, err = run(capsys, "check", book, "--rules", rules, "-o", tmp_path / "表.docx")
    assert code == 2
    assert "文件名要以 .xlsx 结尾" in err


def test_one_failure_ends_with_one(
    book: Path, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = told(capsys, "check", book, "--rules", rules, "--read", "口径=不算")
    assert code == 1
    assert found["rules"][0]["verdict"] == "fail"
    assert found["rules"][0]["value"] == 1
    code, out, _ = run(capsys, "check", book, "--rules", rules, "--read", "口径=不算")
    assert code == 1
    assert "不符合 1、提醒 1、缺资料 1、待人工确认 1、符合 0" in out
    assert "采用的读法:算不算在建的?——不算" in out
    assert "原文:“建成2个库”(试点县“十四五”规划 第 3 行)" in out
    code, _ = told(capsys, "check", book, "--rules", rules, "--read", "口径=不算", "--only", "B")
    assert code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--read", "口径"), "读法=选项"),
        (("--read", "别的=算"), "可用的读法:口径"),
        (("--read", "口径=也许"), "选项有:算、不算"),
        (("--only", "Z"), "没有编号为Z的规则"),
    ],
)
def test_wrong_words_are_refused(
    words: tuple[str, ...],
    says: str,
    book: Path,
    rules: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, err = run(capsys, "check", book, "--rules", rules, *words)
    assert code == 2
    assert says in err


def test_a_plan_without_a_document_is_told_what_there_is(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "check", book)
    assert code == 2
    assert "规划里没有登记“规划文件”" in err
    assert "赤峰市“十四五”应急体系建设规划" in err


def test_standards_instead(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(capsys, "check", book, "--standards", "--only", "DEP-03", "SHE-04")
    assert code == 0
    assert len(found["rule_sets"]) >= 4
    by_id = {row["id"]: row for row in found["rules"]}
    assert set(by_id) == {"DEP-03", "SHE-04"}
    assert by_id["SHE-04"]["source"] == "GB 55028-2022 4.2.2"
    assert by_id["SHE-04"]["verdict"] == "needs_data"


def test_validating(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(capsys, "rules", "--validate", rules)
    assert code == 0
    assert (found["rules"], found["readings"], found["unverified"]) == (5, 1, ["B"])
    wrong = tmp_path / "错.yaml"
    wrong.write_text(RULES.replace("检查: 人工", "检查: 看看"), encoding="utf-8")
    code, out, err = run(capsys, "rules", "--validate", wrong)
    assert (code, out) == (2, "")
    assert "“错.yaml”第 11 行" in err
    assert "没有“看看”这种检查" in err


def test_listing_and_searching(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = told(capsys, "rules", "--file", rules, "--search", "每区")
    assert [row["id"] for row in found["rules"]] == ["B"]
    _, every = told(capsys, "rules", "--standards", "--search", "gb 55028 人均")
    assert {row["id"] for row in every["rules"]} >= {"SHE-05"}
    code, out, _ = run(capsys, "rules", "--standards", "--search", "没有的词")
    assert code == 0
    assert "没有包含“没有的词”的规则" in out


def test_contradictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "矛盾.yaml"
    common = "原文: 话, 行: 1, 检查: 指标, 年份: 2025, 指标键: 键, 比较: 等于"
    text = f"规则集: 试\n规则:\n- {{编号: A, {common}, 数值: 2, 单位: 家}}\n"
    path.write_text(text, encoding="utf-8")
    assert told(capsys, "rules", "--file", path, "--contradictions") == (0, {"contradictions": []})
    path.write_text(text + f"- {{编号: B, {common}, 数值: 1, 单位: 家}}\n", encoding="utf-8")
    code, found = told(capsys, "rules", "--file", path, "--contradictions")
    assert code == 1
    assert found["contradictions"][0]["rules"] == ["A", "B"]
    assert len(found["contradictions"][0]["quotes"]) == 2


def test_depots_and_evaluation_beside_the_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    depots = layer(
        "depot",
        [at(5, 5), at(25, 25)],
        "储备库",
        名称=["一", "二"],
        状态=["规划"] * 2,
        体系角色=["北部储备库", "南部储备库"],
        占地面积=[5000, None],
        建筑面积=[4000, 4000],
    )
    path = tmp_path / "县.gpkg"
    save(Book("县", (plan(depots),), facts={"工程": {"P": {"状态": "完成", "年份": 2024}}}), path)
    rules = tmp_path / "规则.yaml"
    projects = "工程:\n- {编号: P, 名称: 储备工程, 原文: 建库, 行: 9, 完工年: 2025, 规则: [A]}\n"
    rules.write_text(RULES + projects, encoding="utf-8")
    words = ("check", path, "--rules", rules, "--depots", "--evaluate", 2025)
    code, found = told(capsys, *words)
    assert code == 0
    assert [s["landing_fits"] for s in found["depots"]["sheets"]] == [False, None]
    assert found["depots"]["sheets"][0]["landing_storeys"] == 2
    assert "图上没有中心储备库。" in found["depots"]["missing"]
    (project,) = found["evaluation"]["projects"]
    assert (project["state"], project["finished"], project["targets"]) == (
        "完成",
        2024,
        {"A": "pass"},
    )
    assert [y["done"] for y in found["evaluation"]["progress"]] == [0, 0, 0, 1, 1]
    assert [row["id"] for row in found["evaluation"]["targets"]] == ["A", "B", "C", "D"]
    assert found["statements"] == {"decided": 2, "needs_data": 1, "attest": 1}
    _, text, _ = run(capsys, *words)
    assert "要建成 2 层以上" in text
    assert "储备工程" in text
    assert "2025 年底评估" in text


def test_a_copy_for_another_plan(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "新.yaml"
    code, found = told(capsys, "rules", "--copy", rules, "某旗规划", out)
    assert code == 0
    assert (found["title"], found["document"], found["rules"]) == ("某旗规划", "某旗规划", 5)
    code, _, err = run(capsys, "rules", "--copy", rules, "某旗规划", out)
    assert code == 2
    assert "已经存在" in err
