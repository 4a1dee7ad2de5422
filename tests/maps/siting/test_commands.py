"""site, curve and resilience as they are typed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import main
from data.files import save
from data.plan import Book
from maps.analysis.coverage import CoverageAsk, coverage
from tests.maps.siting import plans

COST = "0,4,9\n4,0,9\n9,9,0\n9,8,1\n"


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "规划.gpkg"
    save(Book("试", (plans.usual(),)), path)
    return path


@pytest.fixture
def matrix(tmp_path: Path) -> list[str]:
    (tmp_path / "c.csv").write_text(COST, encoding="utf-8")
    (tmp_path / "w.csv").write_text("10\n20\n30\n5\n", encoding="utf-8")
    return ["--matrix", str(tmp_path / "c.csv"), "--weights", str(tmp_path / "w.csv")]


def call(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    code = main.main([str(w) for w in (*words, "--json", "-")])
    out, err = capsys.readouterr()
    assert code == 0, err
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code = main.main([str(w) for w in words])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    return err


def test_site_on_a_bare_matrix(capsys: pytest.CaptureFixture[str], matrix: list[str]) -> None:
    found = call(capsys, "site", *matrix, "--model", "mclp", "--radius", 4, "-p", 1)
    assert found["status"] == "optimal"
    assert (found["objective"], found["bound"], found["gap"]) == (35, 35, 0)
    assert [site["id"] for site in found["sites"]] == [2]
    assert (found["people_covered"], found["people_total"]) == (35, 65)
    assert found["share"] == pytest.approx(35 / 65)
    assert found["sites"][0]["runner_up"] in ("0", "1")
    assert found["sites"][0]["runner_up_worse"] == 5
    far = call(capsys, "site", *matrix, "--model", "pmedian", "-p", 2)
    assert far["objective"] == 10 * 4 + 5
    assert far["share"] is None
    center = call(capsys, "site", *matrix, "--model", "pcenter", "-p", 2)
    assert center["objective"] == 4
    every = call(capsys, "site", *matrix, "--model", "lscp", "--minutes", 4)
    assert (every["objective"], every["measure"]) == (2, "minutes")


def test_site_with_headings_and_fixed_columns(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = "点,甲,乙,丙\n一,0,4,9\n二,4,0,9\n三,9,inf,0\n"
    (tmp_path / "c.csv").write_bytes(text.encode("gb18030"))
    (tmp_path / "w.csv").write_text("点,人口\n一,1\n二,2\n三,4\n", encoding="utf-8-sig")
    words = ["--matrix", tmp_path / "c.csv", "--weights", tmp_path / "w.csv"]
    found = call(
        capsys, "site", *words, "--model", "mclp", "--radius", 1, "-p", 1, "--fixed", "乙", "--keep"
    )
    assert [site["id"] for site in found["sites"]] == ["丙"]
    assert (found["kept"], found["people_covered"]) == (1, 6)


def test_curve_and_resilience_on_a_matrix(
    capsys: pytest.CaptureFixture[str], matrix: list[str]
) -> None:
    found = call(capsys, "curve", *matrix, "--radius", 1)
    assert [q["objective"] for q in found["points"]] == [35, 55, 65]
    assert [q["gain"] for q in found["points"]] == [35, 20, 10]
    assert [q["sites"] for q in found["points"]] == [[2], [1, 2], [0, 1, 2]]
    lost = call(capsys, "resilience", *matrix, "--radius", 4, "--target", 0.9)
    assert [loss["people_lost"] for loss in lost["losses"]] == [35, 0, 0]
    assert lost["losses"][0]["targets_failed"] == ["全域"]
    assert lost["worst_pair"]["people_lost"] == 35
    two = call(capsys, "resilience", *matrix, "--radius", 1, "--sites", "0", "1")
    assert two["losses"][0]["repair"]["id"] == 2


def test_site_in_a_plan(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    words = ["site", plan_file, "--of", "消防站", "--model", "mclp", "--radius", 5000]
    found = call(capsys, *words, "-p", 2, "--keep", "--target", 0.5, "--sensitivity")
    assert found["kept"] == 3
    assert len(found["sites"]) == 2
    assert {"id", "name", "lon", "lat", "people_gained"} <= found["sites"][0].keys()
    assert found["sites"][0]["id"].startswith("居民点:")
    own = coverage(plans.usual(), CoverageAsk("fire_station", 5000.0)).whole
    assert found["current"]["people_covered"] == own.people_covered
    gained = sum(site["people_gained"] for site in found["sites"])
    assert found["people_covered"] == own.people_covered + gained
    assert found["share"] == pytest.approx(found["people_covered"] / found["people_total"])
    assert found["basis"] == "人口格网·示意"
    assert len(found["sensitivity"]) == 5
    same = call(capsys, *words)
    assert same["p"] <= 3
    assert same["current"]["sites"] == 3


def test_other_questions_to_a_plan(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    words = ["site", plan_file, "--of", "fire_station"]
    center = call(capsys, *words, "--model", "pcenter", "-p", 2)
    median = call(capsys, *words, "--model", "pmedian", "-p", 2)
    assert median["mean"] <= center["mean"]
    assert center["longest"] <= median["longest"]
    assert center["objective"] == pytest.approx(center["longest"])
    fair = call(capsys, *words, "--model", "equity", "-p", 2, "--radius", 6000)
    most = call(capsys, *words, "--model", "mclp", "-p", 2, "--radius", 6000)
    assert len(fair["levels"]) == 2
    assert fair["people_covered"] <= most["people_covered"]
    grid = call(capsys, *words, "--model", "lscp", "--radius", 9000, "--candidates", "grid:4000")
    assert grid["people_covered"] == grid["people_total"]
    assert grid["candidates"] == 25
    each = call(
        capsys,
        *words,
        "--model",
        "mclp",
        "--radius",
        5000,
        "-p",
        2,
        "--at-least",
        1,
        "--apart",
        3000,
    )
    assert len(each["sites"]) == 2
    near, far = call(capsys, *words, "--model", "mclp", "--radius", 5000, "--phases", "1,3")[
        "stages"
    ]
    assert len(near) == 1
    assert set(near) < set(far)
    classes = call(
        capsys, *words, "--model", "mclp", "-p", 2, "--radius-of", "一级站=6000", "二级站=2000"
    )
    assert {site["class"] for site in classes["sites"]} == {"一级站"}


def test_curve_and_resilience_in_a_plan(
    capsys: pytest.CaptureFixture[str], plan_file: Path
) -> None:
    found = call(capsys, "curve", plan_file, "--of", "fire_station", "--radius", 5000)
    assert [q["p"] for q in found["points"]] == list(range(1, 9))
    reached = [q["objective"] for q in found["points"]]
    assert reached == sorted(reached)
    lost = call(capsys, "resilience", plan_file, "--of", "fire_station", "--radius", 5000)
    own = coverage(plans.usual(), CoverageAsk("fire_station", 5000.0)).whole
    assert lost["people_covered"] == own.people_covered
    assert len(lost["losses"]) == 3
    for loss in lost["losses"]:
        assert loss["share_after"] == pytest.approx(
            (lost["people_covered"] - loss["people_lost"]) / lost["people_total"]
        )


def test_roads_one_by_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from tests.maps.siting.test_fromplan import crossroads

    path = tmp_path / "路.gpkg"
    save(Book("试", (plans.plan(*crossroads()),)), path)  # type: ignore[arg-type]
    words = ["resilience", path, "--of", "fire_station", "--minutes", 8]
    found = call(capsys, *words, "--roads", "全部")
    assert len(found["roads"]) == 4
    assert found["roads"][0]["people_lost"] >= found["roads"][-1]["people_lost"]
    bridge = call(capsys, *words, "--roads", "桥")
    assert [road["name"] for road in bridge["roads"]] == ["路1(2 号)"]
    used = call(capsys, *words, "--roads", "most-used:2")
    assert len(used["roads"]) == 2
    assert all(road["people_using"] > 0 for road in used["roads"])
    told = {road["name"]: road["people_lost"] for road in found["roads"]}
    assert all(road["people_lost"] == told[road["name"]] for road in used["roads"])
    at_corners = call(
        capsys,
        "site", path, "--of", "fire_station", "--model", "mclp", "--radius", 4000, "-p", 1,
        "--candidates", "junction",
    )  # fmt: skip
    assert [site["id"] for site in at_corners["sites"]] == ["junction:1"]
    sited = call(
        capsys, "site", path, "--of", "fire_station", "--model", "mclp", "--minutes", 4, "-p", 1
    )
    assert sited["measure"] == "minutes"
    assert sited["people_covered"] > 0
    nearest = call(
        capsys, "site", path, "--of", "fire_station", "--model", "pmedian", "--minutes", 4, "-p", 2
    )
    assert nearest["mean"] < nearest["longest"]


def test_texts(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    words = [str(plan_file), "--of", "fire_station", "--radius", "5000"]
    assert main.main(["site", *words, "--model", "mclp", "-p", "2", "--keep", "--sensitivity"]) == 0
    assert "已证明最优" in capsys.readouterr().out
    assert main.main(["curve", *words]) == 0
    assert "每多一处" in capsys.readouterr().out
    assert main.main(["resilience", *words]) == 0
    assert "最怕同时失去" in capsys.readouterr().out


def test_what_is_refused(
    capsys: pytest.CaptureFixture[str], plan_file: Path, matrix: list[str], tmp_path: Path
) -> None:
    site = ["site", plan_file, "--of", "fire_station"]
    bad: list[tuple[list[object], str]] = [
        ([*site, "--model", "x"], "--model"),
        ([*site, "--model", "mclp", "-p", 2], "服务距离"),
        ([*site, "--model", "mclp", "-p", "a", "--radius", 5], "-p"),
        ([*site, "--model", "mclp", "-p", 1.5, "--radius", 5], "整数"),
        ([*site, "--model", "mclp", "-p", 99, "--radius", 5], "99"),
        ([*site, "--model", "mclp", "-p", 2, "--radius", "x"], "数字"),
        ([*site, "--model", "mclp", "-p", 2, "--radius", 5, "--minutes", 5], "只能给一个"),
        ([*site, "--model", "mclp", "-p", 2, "--minutes", 5], "道路"),
        ([*site, "--model", "lscp", "--radius", 500], "到不了"),
        ([*site, "--model", "mclp", "--radius", 500, "--existing", "x"], "--existing"),
        ([*site, "--model", "mclp", "--radius", 500, "--candidates", "无"], "无"),
        ([*site, "--model", "mclp", "--radius", 500, "--target", 3], "0–1"),
        (["site", plan_file, "--model", "mclp", "--radius", 500], "--of"),
        (["site", "--model", "mclp", "--radius", 500], "规划文件"),
        (["site", plan_file, *matrix, "--model", "mclp"], "只能给一个"),
        (["site", *matrix, "--model", "mclp", "--radius", 5, "--fixed", "9"], "没有名为"),
        (["site", "--matrix", tmp_path / "no.csv", "--model", "lscp", "--radius", 5], "读不了"),
        (["curve", *matrix, "--model", "lscp", "--radius", 5], "--model"),
        (["curve", *matrix, "--radius", 5, "--upto", 0], "--upto"),
        (["resilience", *matrix], "--radius"),
        (["resilience", plan_file, "--of", "fire_station", "--radius", 5, "--keep"], "--keep"),
        (
            ["resilience", plan_file, "--of", "fire_station", "--radius", 5, "--roads", "全部"],
            "--minutes",
        ),
    ]
    for words, said in bad:
        assert said in refused(capsys, *words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "空的"),
        ("1,2\n3\n", "空缺"),
        ("1,2\n3,4,5\n", "列数"),
        ("1,2\n3,x\n", "“x”不是数字"),
        ("1,2\n3,-4\n", "负数"),
        ("a,b\n1,2,3\n", "表头"),
    ],
)
def test_bad_matrices(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    words = ["site", "--matrix", tmp_path / "c.csv", "--model", "mclp", "--radius", 5, "-p", 1]
    assert said in refused(capsys, *words)


def test_a_missing_weight_is_not_nobody(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, matrix: list[str]
) -> None:
    (tmp_path / "w.csv").write_text("10\n\n30\n5\n", encoding="utf-8")
    said = refused(capsys, "site", *matrix, "--model", "mclp", "--radius", 5, "-p", 1)
    assert "第 2 行" in said
    assert "未知" in said


def test_matrix_numbers(tmp_path: Path) -> None:
    from maps.commands.matrices import read_matrix, read_vector

    (tmp_path / "c.csv").write_text(",a,b\nx,1,inf\ny,3,4\n", encoding="utf-8")
    values, names = read_matrix(tmp_path / "c.csv")
    assert np.array_equal(values, np.array([[1, np.inf], [3, 4]]))
    assert names == ("a", "b")
    (tmp_path / "v.csv").write_text("w\n1\n\n2\n", encoding="utf-8")
    assert np.isnan(read_vector(tmp_path / "v.csv")).tolist() == [False, True, False]
