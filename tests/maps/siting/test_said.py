"""What site and curve say of less usual questions: classes, phases, room, money, comparisons."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import main
from data.files import save
from data.plan import Book
from data.refused import Refused
from maps.analysis.siting import Ask, Problem, solve
from maps.analysis.siting.fromplan import PlanAsk, problem_of
from maps.analysis.siting.sensitivity import sensitivity
from maps.analysis.siting.why import objective_of, shares
from tests.maps.siting import plans
from tests.maps.siting.test_commands import call, refused

_RNG = np.random.default_rng(3)
COST = _RNG.integers(1, 30, (12, 5)).astype(float)
PEOPLE = _RNG.integers(1, 40, 12).astype(float)
ROOM = np.array([60.0, 80.0, 40.0, 90.0, 70.0])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("said")
    np.savetxt(folder / "c.csv", COST, delimiter=",", fmt="%g")
    np.savetxt(folder / "w.csv", PEOPLE, fmt="%g")
    np.savetxt(folder / "room.csv", ROOM, fmt="%g")
    np.savetxt(folder / "price.csv", [5.0, 4.0, 3.0, 6.0, 2.0], fmt="%g")
    graded = plans.stations(np.array([[4_000.0, 4_000.0], [15_000.0, 9_000.0]]), 级别="二级站")
    whole = plans.usual()
    save(Book("试", (whole.with_layer(graded),)), folder / "规划.gpkg")
    return folder


@pytest.fixture
def matrix(files: Path) -> list[object]:
    return ["--matrix", files / "c.csv", "--weights", files / "w.csv"]


@pytest.fixture
def plan(files: Path) -> list[object]:
    return [files / "规划.gpkg", "--of", "fire_station"]


def told(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code = main.main([str(w) for w in words])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


def placed(sites: tuple[int, ...], reach: float) -> float:
    """People these sites can take in within reach, by a flow."""
    pairs = [(i, j) for i in range(12) for j in sites if COST[i, j] <= reach]
    if not pairs:
        return 0.0
    rows = np.zeros((17, len(pairs)))
    for k, (i, j) in enumerate(pairs):
        rows[i, k] = rows[12 + j, k] = 1.0
    return -float(linprog(-np.ones(len(pairs)), rows, np.append(PEOPLE, ROOM)).fun)


def test_with_room_each_site_says_whom_it_takes_in(
    capsys: pytest.CaptureFixture[str], matrix: list[object], files: Path
) -> None:
    words = ["site", *matrix, "--capacity", files / "room.csv", "-p", 2, "--model", "mclp"]
    found = call(capsys, *words, "--radius", 12)
    best = max(placed(two, 12.0) for two in itertools.combinations(range(5), 2))
    assert found["objective"] == pytest.approx(best)
    assert found["people_covered"] == pytest.approx(best)
    assert sum(site["people_gained"] for site in found["sites"]) == pytest.approx(best)
    for site in found["sites"]:
        assert site["people_gained"] <= site["capacity"] == ROOM[site["id"]]
    assert "安置" in told(capsys, *words, "--radius", 12)


def test_the_mean_way_is_that_of_those_who_have_room(
    capsys: pytest.CaptureFixture[str], matrix: list[object], files: Path
) -> None:
    words = ["site", *matrix, "--capacity", files / "room.csv", "-p", 5, "--model", "pmedian"]
    found = call(capsys, *words)
    assert found["mean"] == pytest.approx(found["objective"] / PEOPLE.sum())
    nearest = float(PEOPLE @ COST.min(axis=1)) / PEOPLE.sum()
    assert found["mean"] > nearest
    assert found["longest"] is None


def test_too_little_room_is_said_with_the_people_left_over() -> None:
    """Enough room in all, but not within reach of those who need it."""
    cost = np.array([[1.0, 9.0], [1.0, 9.0], [9.0, 1.0]])
    problem = Problem(cost, np.array([5.0, 6.0, 4.0]), capacity=np.array([8.0, 50.0]))
    for model in ("lscp", "pmedian"):
        with pytest.raises(Refused, match=r"要安置 15 人.*最多能安置 12 人,还差 3 人"):
            solve(problem, Ask(model, reach=2.0, p=2))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=r"数量 0 处、预算 1、.* 等条件"):
        solve(
            dataclasses.replace(problem, capacity=None, price=np.ones(2)),
            Ask("pmedian", reach=2.0, budget=1.0, p=0),
        )


def test_value_of_a_layout_with_room() -> None:
    problem = Problem(COST, PEOPLE, capacity=ROOM)
    for two in itertools.combinations(range(5), 2):
        ask = Ask("mclp", reach=12.0, p=2)
        assert objective_of(problem, ask, np.array(two)) == pytest.approx(placed(two, 12.0))
    assert objective_of(problem, Ask("pmedian", p=1), np.array([0])) == np.inf
    best = solve(problem, Ask("mclp", reach=12.0, p=2))
    assert best.load is not None
    assert {s.site: s.gained for s in shares(best)} == {j: best.load[j] for j in best.sites}


def test_where_nobody_lives_nobody_must_be_reached() -> None:
    cost = np.array([[1.0, 2.0], [np.inf, np.inf], [5.0, 1.0]])
    people = np.array([3.0, 0.0, 4.0])
    assert solve(Problem(cost, people), Ask("pmedian", p=1)).objective == 3 * 2 + 4
    room = Problem(cost, people, capacity=np.array([3.0, 4.0]))
    assert solve(room, Ask("pmedian", p=2)).objective == 3 + 4
    with pytest.raises(Refused, match="到不了"):
        solve(Problem(cost, people + 1), Ask("pmedian", p=1))


def test_a_changed_assumption_without_an_answer_is_said() -> None:
    cost = np.array([[1.0, 9.0], [9.0, 1.0]])
    found = solve(
        Problem(cost, np.array([5.0, 5.0]), capacity=np.full(2, 5.2)), Ask("pmedian", p=2)
    )
    changes = sensitivity(found, draws=5)
    assert [c.possible for c in changes].count(False) >= 1
    gone = next(c for c in changes if not c.possible)
    assert (gone.kept, gone.flips, np.isnan(gone.objective)) == (0, (0, 1), True)


def test_budget_below_the_cheapest(
    capsys: pytest.CaptureFixture[str], matrix: list[object], files: Path
) -> None:
    words = ["site", *matrix, "--price", files / "price.csv", "--model", "pmedian"]
    assert "最便宜的一处也要 2,超过预算 1.5" in refused(capsys, *words, "--budget", 1.5)
    assert call(capsys, *words, "--budget", 2)["spent"] == 2
    cheapest = told(
        capsys, "site", *matrix, "--price", files / "price.csv", "--model", "lscp", "--cheapest",
        "--radius", 25,
    )  # fmt: skip
    assert "花钱最少" in cheapest
    assert "总费用 " in cheapest


def test_who_is_reached_twice_is_told_apart(
    capsys: pytest.CaptureFixture[str], matrix: list[object]
) -> None:
    words = ["site", *matrix, "--radius", 15, "--model", "mclp", "--times", 2, "-p", 3]
    found = call(capsys, *words)
    sites = [site["id"] for site in found["sites"]]
    times = (COST[:, sites] <= 15).sum(axis=1)
    assert found["people_several"] == found["objective"] == PEOPLE[times >= 2].sum()
    assert found["people_covered"] == PEOPLE[times >= 1].sum()
    assert f"其中双重覆盖 {found['objective']:,} 人" in told(capsys, *words)


def test_phases_are_told_one_after_the_other(
    capsys: pytest.CaptureFixture[str], matrix: list[object]
) -> None:
    words = ["site", *matrix, "--radius", 10, "--model", "mclp", "--phases", "1,3"]
    found = call(capsys, *words, "--phase-weights", "5,1")
    assert sorted(site["phase"] for site in found["sites"]) == [1, 2, 2]
    first = next(site["id"] for site in found["sites"] if site["phase"] == 1)
    assert found["stages"][0] == [first]
    assert PEOPLE[COST[:, first] <= 10].sum() == max(PEOPLE @ (COST <= 10))
    text = told(capsys, *words)
    assert text.count("第 1 期 ") == 1
    assert text.count("第 2 期 ") == 2
    assert "--phases 最后一期是 3" in refused(capsys, *words, "-p", 2)
    assert "--phases" in refused(capsys, *words[:-2], "-p", 2, "--phase-weights", "1,1")


def test_new_sites_are_of_the_classes_wanted(
    capsys: pytest.CaptureFixture[str], plan: list[object]
) -> None:
    words = ["site", *plan, "--model", "mclp", "--keep", "-p", 2, "--radius-of", "二级站=3000"]
    only = call(capsys, *words, "特勤站=6000", "一级站=4000", "--classes", "一级站", "特勤站")
    assert {site["class"] for site in only["sites"]} == {"特勤站"}
    assert only["kept"] == 2
    either = call(capsys, *words)
    assert {site["class"] for site in either["sites"]} == {"二级站"}
    assert either["objective"] < only["objective"]
    assert "[特勤站]" in told(capsys, *words, "特勤站=6000")
    assert "“一级站”" in refused(capsys, *words, "--classes", "一级站")
    assert "--radius-of" in refused(
        capsys, "site", *plan, "--model", "mclp", "-p", 2, "--radius", 9, "--classes", "一级站"
    )
    assert "只用于看覆盖" in refused(
        capsys, "site", *plan, "--model", "pmedian", "-p", 2, "--radius-of", "一级站=5"
    )


def test_best_of_as_many_as_stand(capsys: pytest.CaptureFixture[str], plan: list[object]) -> None:
    words = ["site", *plan, "--model", "mclp", "--radius", 4000, "-p", 1, "--keep"]
    now = call(capsys, *words, "--compare")["current"]
    whole = plans.usual().with_layer(
        plans.stations(np.array([[4_000.0, 4_000.0], [15_000.0, 9_000.0]]))
    )
    ground = problem_of(whole, PlanAsk("fire_station", radius=4_000.0, existing="closable"))
    best = solve(ground.problem, Ask("mclp", reach=4_000.0, p=2))
    assert now["sites"] == 2
    assert now["best"]["objective"] == best.objective
    assert now["best"]["proven"] is True
    assert now["objective"] <= best.objective
    assert "同样 2 处最好能到" in told(capsys, *words, "--compare")
    assert "--compare" in refused(
        capsys, "site", *plan, "--model", "lscp", "--radius", 4000, "--compare"
    )


def test_targets_of_the_plan_that_change(
    capsys: pytest.CaptureFixture[str], plan: list[object], tmp_path: Path
) -> None:
    rules = (
        "规则集: 试\n规则:\n- {编号: A, 原文: 消防站不少于五座, 行: 1, 性质: 目标, 检查: 个数,"
        " 对象: 消防站, 比较: 不少于, 数值: 5, 单位: 个}\n"
    )
    path = tmp_path / "规则.gpkg"
    save(Book("试", (plans.usual(),), facts={"规则": rules}), path)
    words = ["--of", "fire_station", "--model", "mclp", "--radius", 4000, "-p", 2, "--rules"]
    found = call(capsys, "site", path, *words)
    assert found["rules"] == ["A 消防站不少于五座:不符合→符合"]
    assert [site["rules_changed"] for site in found["sites"]] == [[], []]
    assert "--rules" in refused(capsys, "site", plan[0], *words)


def test_every_district_before_and_after(
    capsys: pytest.CaptureFixture[str], plan: list[object]
) -> None:
    words = ["site", *plan, "--model", "equity", "--radius", 5000, "-p", 1, "--keep"]
    found = call(capsys, *words)
    assert min(row["share"] for row in found["districts"]) == pytest.approx(found["objective"])
    assert sum(row["people_covered"] for row in found["districts"]) == found["people_covered"]
    assert all(row["share_now"] <= row["share"] for row in found["districts"])
    assert "最弱的是" in told(capsys, *words)


def test_one_room_and_one_price_for_every_new_site() -> None:
    base = plans.usual()
    ask = PlanAsk("fire_station", price="30", capacity="500")
    ground = problem_of(base, ask)
    assert ground.problem.price is not None
    assert ground.problem.capacity is not None
    assert set(ground.problem.price) == {30.0}
    assert set(ground.problem.capacity) == {500.0}
    kept = problem_of(base, dataclasses.replace(ask, capacity="", existing="fixed"))
    assert kept.problem.price is not None
    assert kept.problem.price.tolist() == [30.0] * 8 + [0.0] * 3
    with pytest.raises(Refused, match="“容纳人数”空缺"):
        problem_of(base, dataclasses.replace(ask, existing="fixed"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--existing", "closable"], "--fixed"),
        (["--apart", 100], "--apart"),
        (["--minutes-of", "甲=3"], "--minutes-of"),
        (["--classes", "甲"], "--classes"),
        (["--capacity", "没有.csv"], "没有.csv"),
    ],
)
def test_what_a_matrix_cannot_tell(
    capsys: pytest.CaptureFixture[str], matrix: list[object], words: list[object], said: str
) -> None:
    whole = ["site", *matrix, "--model", "mclp", "--radius", 9, "-p", 2]
    assert said in refused(capsys, *whole, *words)


def test_a_column_of_a_matrix_may_move(
    capsys: pytest.CaptureFixture[str], matrix: list[object]
) -> None:
    words = ["site", *matrix, "--model", "mclp", "--radius", 9, "-p", 0, "--fixed", 2]
    stays, moves = call(capsys, *words), call(capsys, *words, "--existing", "relocatable")
    assert stays["objective"] == PEOPLE[COST[:, 2] <= 9].sum()
    assert moves["objective"] == max(PEOPLE @ (COST <= 9))


def test_curve_in_the_terms_of_the_question(
    capsys: pytest.CaptureFixture[str], matrix: list[object], files: Path
) -> None:
    def points(*words: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = call(capsys, "curve", *matrix, *words)["points"]
        return found

    mean = points("--model", "pmedian", "--upto", 3)
    assert mean[1]["mean"] == pytest.approx(mean[1]["objective"] / PEOPLE.sum())
    room = points("--radius", 12, "--upto", 2, "--capacity", files / "room.csv")
    assert room[0]["objective"] == pytest.approx(max(placed((j,), 12.0) for j in range(5)))
    moving = points("--radius", 9, "--fixed", 0, "--existing", "relocatable")
    assert [point["p"] for point in moving] == [1, 2, 3, 4]
    assert "每人花费" in told(
        capsys, "curve", *matrix, "--radius", 9, "--upto", 3, "--price", files / "price.csv"
    )
