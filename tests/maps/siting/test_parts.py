"""The pieces under the models: merging, reducing, bounds, local search, HiGHS, the final check."""

import dataclasses
import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from data.progress import Cancelled, silent
from data.refused import Refused
from maps.analysis.siting import Ask, Problem, Siting, Step, Unreachable, WrongAnswer, solve, verify
from maps.analysis.siting.ask import unwatched
from maps.analysis.siting.heuristics import (
    cover_all,
    exchange_cost,
    exchange_cover,
    least_cost,
    most_people,
)
from maps.analysis.siting.lagrange import arcs_below, cost_bound, cover_bound, decided
from maps.analysis.siting.matrix import (
    as_dense,
    as_pairs,
    check_size,
    columns,
    cover,
    merged,
    nearest,
)
from maps.analysis.siting.mip import Mip, run
from maps.analysis.siting.reduce import (
    apart,
    covering_kernel,
    needless_columns,
    needless_rows,
    parts,
)
from maps.analysis.siting.search import Search
from maps.analysis.siting.tree import Node, Table, search_tree
from maps.analysis.siting.weighting import fewer_sites


def random_cover(rng: np.random.Generator, most: int = 9) -> sp.csr_array:
    n, m = int(rng.integers(1, 3 * most)), int(rng.integers(1, most))
    dense = rng.random((n, m)) < rng.uniform(0.1, 0.6)
    return cover(np.where(dense, 0.0, np.inf), 1.0)


def fewest(matrix: sp.csr_array) -> int | None:
    """Size of the smallest set of columns reaching every row, by trying."""
    dense = matrix.toarray() > 0
    for k in range(dense.shape[1] + 1):
        for chosen in itertools.combinations(range(dense.shape[1]), k):
            if dense[:, list(chosen)].any(axis=1).all():
                return k
    return None


def test_cover_dense_and_sparse_are_the_same() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        cost = rng.integers(0, 9, (6, 5)).astype(float)
        cost[rng.random((6, 5)) < 0.3] = np.inf
        cost[2] = np.inf
        for reach in (4.0, np.inf, rng.integers(0, 9, 5).astype(float)):
            slow = np.isfinite(cost) & (cost <= reach)
            assert np.array_equal(cover(cost, reach).toarray() > 0, slow)
            assert np.array_equal(cover(as_pairs(cost), reach).toarray() > 0, slow)
        assert np.array_equal(as_dense(as_pairs(cost)), cost)
        some = np.array([3, 1])
        assert np.array_equal(columns(as_pairs(cost), some), cost[:, some])
        who, best = nearest(as_pairs(cost), some)
        assert np.array_equal(best, cost[:, some].min(axis=1))
        assert (who == -1).tolist() == np.isinf(best).tolist()


def test_merged_rows_are_equal_and_different_rows_are_not_merged() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        matrix = random_cover(rng, 5)
        dense = matrix.toarray()
        first, group = merged(matrix)
        assert np.array_equal(dense[first][group], dense)
        assert len(first) == len(np.unique(dense, axis=0))


def test_rows_and_columns_that_fall_away() -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        matrix = random_cover(rng)
        dense = matrix.toarray() > 0
        n, m = dense.shape
        rows, cols = needless_rows(matrix), needless_columns(matrix)
        for k in range(n):
            others = [i for i in range(n) if i != k and dense[i].any()]
            over = [i for i in others if not (dense[i] & ~dense[k]).any()]
            strict = [i for i in over if dense[i].sum() < dense[k].sum() or i < k]
            assert rows[k] == bool(strict)
        for j in range(m):
            within = [k for k in range(m) if k != j and not (dense[:, j] & ~dense[:, k]).any()]
            better = [k for k in within if dense[:, k].sum() > dense[:, j].sum() or k < j]
            assert cols[j] == (bool(better) or not dense[:, j].any())
        few = needless_rows(matrix, effort=3)
        assert not (few & ~rows).any()


def test_the_kernel_needs_as_many_sites() -> None:
    rng = np.random.default_rng(4)
    for _ in range(60):
        matrix = random_cover(rng)
        whole = fewest(matrix)
        if whole is None:
            continue
        kernel, names = covering_kernel(matrix)
        assert fewest(kernel) == whole
        assert apart(kernel, 99) <= whole
        assert apart(kernel, 0) <= 1
        split = 0
        for rows, cols in parts(kernel):
            piece = kernel.toarray()[np.ix_(rows, cols)]
            assert piece.sum() == kernel.toarray()[rows].sum()
            split += fewest(sp.csr_array(piece)) or 0
        assert split == whole
        assert set(names) <= set(range(matrix.shape[1]))


def test_searches_give_answers_that_hold() -> None:
    rng = np.random.default_rng(5)
    for _ in range(40):
        matrix = random_cover(rng)
        best = fewest(matrix)
        if not best:
            continue
        dense = matrix.toarray() > 0
        greedy = cover_all(matrix)
        search = fewer_sites(matrix, greedy, 0, 200, lambda: False)
        for sites in (greedy, search):
            assert dense[:, sites].any(axis=1).all()
        assert best <= len(search) <= len(greedy)
        assert len(search) == best
        weight = rng.integers(1, 9, dense.shape[0]).astype(float)
        first = most_people(matrix, weight, 2)
        better = exchange_cover(matrix, weight, first, lambda: False)
        assert (
            weight[dense[:, better].any(axis=1)].sum() >= weight[dense[:, first].any(axis=1)].sum()
        )


def test_bounds_are_bounds_and_decisions_hold() -> None:
    rng = np.random.default_rng(6)
    for _ in range(60):
        matrix = random_cover(rng)
        dense = matrix.toarray() > 0
        m = dense.shape[1]
        weight = rng.integers(1, 30, dense.shape[0]).astype(float)
        limit = int(rng.integers(1, m + 1))
        worth = {
            c: float(weight[dense[:, list(c)].any(axis=1)].sum())
            for c in itertools.combinations(range(m), limit)
        }
        best = max(worth.values())
        known = float(rng.choice(list(worth.values())))
        relaxed = cover_bound(matrix, weight, limit, known, 1e-6, 60, lambda: False)
        assert relaxed.bound >= best - 1e-6
        shut, opened = decided(relaxed, limit, known + 1e-6, True)
        for chosen, value in worth.items():
            if value > known + 1e-5:
                assert not shut[list(chosen)].any()
                assert opened[[j for j in range(m) if j not in chosen]].sum() == 0


def test_cost_bounds_are_bounds() -> None:
    rng = np.random.default_rng(7)
    for _ in range(60):
        n, m = int(rng.integers(2, 12)), int(rng.integers(2, 8))
        cost = rng.integers(1, 50, (n, m)).astype(float)
        weight = rng.integers(1, 30, n).astype(float)
        limit = int(rng.integers(1, m + 1))
        worth = {
            c: float(weight @ cost[:, list(c)].min(axis=1))
            for c in itertools.combinations(range(m), limit)
        }
        best = min(worth.values())
        base, big = np.full(n, np.inf), 1e4
        sites = exchange_cost(
            cost, weight, least_cost(cost, weight, limit, base, big), base, big, lambda: False
        )
        known = worth[tuple(sites.tolist())]
        assert known >= best
        arcs = arcs_below(cost, weight, cost.max(axis=1) + 1)
        nothing = np.zeros(m, bool)
        first = weight * cost[:, sites].min(axis=1)
        relaxed = cost_bound(arcs, first, limit, known, 1e-6, 80, lambda: False, nothing)
        assert relaxed.bound <= best + 1e-6
        shut, opened = decided(relaxed, limit, known - 1e-6, False)
        for chosen, value in worth.items():
            if value < known - 1e-5:
                assert not shut[list(chosen)].any()
                assert opened[[j for j in range(m) if j not in chosen]].sum() == 0


def test_highs_says_what_it_found() -> None:
    search = Search(10.0, silent, unwatched, -1)
    one = sp.csr_array(np.array([[1.0, 1.0]]))
    whole = np.ones(2, bool)
    unit = np.ones(2)

    def model(low: float, high: float, integers: np.ndarray) -> Mip:
        limits = np.array([low]), np.array([high])
        return Mip(np.array([1.0, 3.0]), np.zeros(2), unit, integers, one, *limits)

    best = run(model(1.5, np.inf, whole), search)
    assert (best.status, best.objective, best.bound) == ("optimal", 4.0, 4.0)
    linear = run(model(1.5, np.inf, ~whole), search)
    assert (linear.status, linear.objective) == ("optimal", 2.5)
    assert run(model(3.0, np.inf, whole), search).status == "infeasible"
    none = np.empty(0)
    nothing = Mip(none, none, none, none > 0, sp.csr_array((1, 0)), unit[:1], unit[:1])
    assert run(nothing, search).status == "infeasible"


def hard(n: int = 150, m: int = 90) -> Problem:
    """A covering question that takes HiGHS a while."""
    rng = np.random.default_rng(8)
    a, b = rng.random((n, 2)), rng.random((m, 2))
    return Problem(np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)), np.ones(n))


@pytest.mark.parametrize("model", ["lscp", "mclp", "pmedian", "pcenter", "equity"])
def test_cancelled_means_no_answer(model: str) -> None:
    calls = []

    def stop(done: float, text: str) -> None:
        calls.append(text)
        if len(calls) > 1:
            raise Cancelled

    ask = Ask(model, reach=0.12, p=12, only_reachable=True)  # type: ignore[arg-type]
    if model == "lscp":
        ask = dataclasses.replace(ask, p=None)
    with pytest.raises(Cancelled):
        solve(hard(), ask, stop)


def test_cancelled_from_inside_the_solver() -> None:
    problem = dataclasses.replace(hard(), capacity=np.full(90, 12.0))

    def watch(step: Step) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        solve(problem, Ask("mclp", reach=0.2, p=9), watch=watch)


def test_a_time_limit_gives_an_answer_with_its_gap() -> None:
    problem = hard(400, 200)
    seen: list[Step] = []
    result = solve(
        problem, Ask("lscp", reach=0.09, only_reachable=True, seconds=0.05), watch=seen.append
    )
    assert result.bound <= result.objective
    assert result.status == ("optimal" if result.gap == 0 else "time_limit")
    assert list(result.steps) == seen
    for before, after in itertools.pairwise(seen):
        assert after.objective <= before.objective
        assert after.bound >= before.bound


def test_same_question_same_answer() -> None:
    ask = Ask("mclp", reach=0.1, p=8)
    first, second = solve(hard(), ask), solve(hard(), ask)
    assert np.array_equal(first.sites, second.sites)


def valid() -> Siting:
    cost = np.array([[0.0, 5.0], [5.0, 0.0], [9.0, 2.0]])
    return solve(Problem(cost, np.array([4.0, 5.0, 6.0])), Ask("mclp", reach=2.0, p=1))


@pytest.mark.parametrize(
    "change",
    [
        {"objective": 12.0, "bound": 12.0},
        {"bound": 10.0},
        {"sites": np.array([0])},
        {"sites": np.array([0, 1]), "objective": 15.0, "bound": 15.0},
        {"sites": np.array([7])},
        {"sites": np.array([1, 1])},
        {"bound": 13.0},
    ],
)
def test_a_wrong_answer_is_caught(change: dict[str, object]) -> None:
    result = valid()
    verify.check(result)
    with pytest.raises(WrongAnswer):
        verify.check(dataclasses.replace(result, **change))  # type: ignore[arg-type]


def test_conditions_are_checked_on_the_answer() -> None:
    result = valid()
    both = {"sites": np.array([0, 1]), "objective": 15.0, "bound": 15.0}
    ask = Ask("mclp", reach=2.0, p=2)
    ok = dataclasses.replace(result, ask=ask, **both)  # type: ignore[arg-type]
    verify.check(ok)
    broken: list[tuple[dict[str, object], dict[str, object]]] = [
        ({"apart": np.array([[0, 1]])}, {}),
        ({"place": np.array([3, 3])}, {}),
        ({"price": np.array([3.0, 4.0])}, {"budget": 6.0}),
        ({"site_district": np.array([0, 0])}, {"at_least": {1: 1}}),
    ]
    for facts, wishes in broken:
        wrong = dataclasses.replace(
            ok,
            problem=dataclasses.replace(ok.problem, **facts),  # type: ignore[arg-type]
            ask=dataclasses.replace(ask, **wishes),  # type: ignore[arg-type]
        )
        with pytest.raises(WrongAnswer):
            verify.check(wrong)


def small(**facts: object) -> Problem:
    cost = np.array([[1.0, 2.0, np.inf], [2.0, 1.0, np.inf], [np.inf, np.inf, 9.0]])
    return Problem(cost, np.array([10.0, 20.0, 30.0]), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("problem", "ask", "words"),
    [
        (small(), Ask("mclp", reach=5.0, p=4), "要选 4 处,可供选择的候选点只有 3 个"),
        (small(), Ask("mclp", reach=5.0, p=-1), "不能是负数"),
        (small(), Ask("mclp", reach=5.0), "请给出要选几处"),
        (small(), Ask("mclp", p=1), "服务距离"),
        (small(), Ask("mclp", reach=-5.0, p=1), "不能是负数"),
        (small(), Ask("mclp", reach=np.ones(2), p=1), "一一对应"),
        (small(), Ask("best", reach=5.0, p=1), "best"),  # type: ignore[arg-type]
        (small(), Ask("lscp", reach=5.0, times=3), "不足 3 个"),
        (small(), Ask("lscp", reach=9.0, p=1), "1 处不够"),
        (small(), Ask("pmedian", p=1), "没有任何布局"),
        (small(), Ask("pcenter", p=1), "不能到达所有人"),
        (small(), Ask("mclp", reach=5.0, budget=3.0), "费用"),
        (small(price=np.array([1.0, np.nan, 2.0])), Ask("mclp", reach=5.0, budget=3.0), "空缺"),
        (
            small(price=np.ones(3), state=np.array([1, 1, 0])),
            Ask("mclp", reach=5.0, budget=1.0),
            "预算",
        ),
        (small(capacity=np.full(3, 10.0)), Ask("lscp", reach=9.0), "还差 30 人"),
        (
            small(capacity=np.array([1.0, -1.0, 2.0])),
            Ask("mclp", reach=9.0, p=1),
            "容量空缺或是负数",
        ),
        (small(capacity=np.full(3, 10.0)), Ask("pcenter", p=1), "容量限制"),
        (small(), Ask("mclp", reach=5.0, at_least={0: 1}, p=1), "哪个区"),
        (
            small(site_district=np.array([0, 0, 0])),
            Ask("mclp", reach=5.0, at_least={1: 2}, p=2),
            "第 2 个区要求至少 2 处,区内只有 0 个",
        ),
        (
            small(site_district=np.array([0, 1, 1]), state=np.array([0, 0, 1])),
            Ask("mclp", reach=5.0, at_least={0: 1, 1: 2}, p=1),
            "还差 2 处,总共只选 1 处",
        ),
        (small(), Ask("mclp", reach=5.0, phases=(3, 1)), "累计"),
        (small(), Ask("lscp", reach=5.0, phases=(1, 3)), "分期"),
        (small(), Ask("mclp", reach=5.0, p=1, seconds=0.0), "求解时间"),
        (small(), Ask("mclp", reach=5.0, p=1, times=0), "至少是 1"),
        (Problem(np.ones((2, 0)), np.ones(2)), Ask("mclp", reach=5.0, p=1), "没有候选点"),
        (Problem(np.ones((0, 2)), np.ones(0)), Ask("mclp", reach=5.0, p=1), "没有需求点"),
        (Problem(-np.ones((2, 2)), np.ones(2)), Ask("mclp", reach=5.0, p=1), "负数或空缺"),
        (Problem(np.ones((2, 2)), np.ones(3)), Ask("mclp", reach=5.0, p=1), "一一对应"),
        (Problem(np.ones((2, 2)), np.array([1.0, np.nan])), Ask("mclp", reach=5.0, p=1), "未知"),
        (Problem(np.ones((2, 2)), np.array([1.0, -4.0])), Ask("mclp", reach=5.0, p=1), "负数"),
    ],
)
def test_bad_questions_are_refused_plainly(problem: Problem, ask: Ask, words: str) -> None:
    with pytest.raises(Refused, match=words):
        solve(problem, ask)


def test_who_cannot_be_reached_is_named() -> None:
    with pytest.raises(Unreachable, match="1 个需求点、30 人") as told:
        solve(small(), Ask("lscp", reach=5.0))
    assert told.value.rows.tolist() == [2]
    rest = solve(small(), Ask("lscp", reach=5.0, only_reachable=True))
    assert rest.left_out.tolist() == [2]
    assert rest.objective == 1.0


def test_branching_proves_the_best() -> None:
    rng = np.random.default_rng(9)
    for _ in range(40):
        n, m = int(rng.integers(4, 14)), int(rng.integers(4, 9))
        cost = rng.integers(1, 50, (n, m)).astype(float)
        weight = rng.integers(1, 30, n).astype(float)
        base = np.where(rng.random(n) < 0.3, rng.integers(1, 50, n), 60).astype(float)
        limit = int(rng.integers(2, m))
        best = min(
            float(weight @ np.minimum(base, cost[:, list(c)].min(axis=1)))
            for c in itertools.combinations(range(m), limit)
        )
        table = Table(cost, weight, base, np.full(n, 61.0), 1.0)
        root = Node(0.0, (), np.arange(m), limit, weight * 5.0)
        search = Search(10.0, silent, unwatched, -1)
        start = np.arange(limit)
        sites, bound, proven = search_tree(table, root, start, search, 0.0, lambda c: c)
        assert proven
        assert table.total(sites) == bound == best
        assert len(sites) <= limit
        rough, least, _ = search_tree(table, root, start, search, 0.2, lambda c: c)
        assert least <= best <= table.total(rough)
        assert table.total(rough) - least <= 0.2 * table.total(rough) + 1.0


def test_too_many_pairs_are_refused_with_their_number() -> None:
    with pytest.raises(Refused, match="100,000 个需求点 × 1,000 个候选点太多"):
        check_size(100_000, 1_000)
