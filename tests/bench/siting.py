"""Siting: ours, spopt (where it is installed), and the same model given to HiGHS as it stands.

Demands are populated cells of the made-up prefecture, most people living in few of them, drawn
by persons to the power 0.3; candidates are some of them. One row is of people spread evenly, a
harder covering. Every way starts from the cost matrix and includes building its model; ours also
from the pairs within reach alone, which is what the program makes of a plan. Whoever is not done
after LIMIT seconds is stopped; its answer then is the best it has.
spopt is no dependency of the program: without it, its rows say 未安装 and hold no time.
"""

import functools
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
import shapely

from maps.analysis.siting import Ask, Pairs, Problem, Siting, Step, solve
from maps.analysis.siting.curve import curve
from maps.analysis.siting.matrix import pairs_from
from maps.analysis.siting.resilience import resilience
from tests.bench import workload
from tests.bench.timing import Row, race

REACH = 10_000.0
LIMIT = 20.0
PLAIN = "HiGHS, the model as it stands"
CBC = "spopt with CBC, building its model included"
SPOPT_HIGHS = "spopt with HiGHS, building its model included"
MOST_PAIRS = 6_500_000
"""Demands × candidates up to which spopt builds its model within minutes and memory."""
MOST_ASSIGNED = 100_000
"""The same for p-median and p-center, whose models hold a variable and a row for each pair."""
OURS = "ours: proven best"
OURS_PAIRS = "ours: from the pairs within reach"
SPOPT_HERE = all(importlib.util.find_spec(name) is not None for name in ("spopt", "pulp"))


@functools.cache
def instance(demands: int, candidates: int, *, even: bool = False) -> Problem:
    """Planar metres between drawn cells, whole persons."""
    rng = np.random.default_rng([demands, candidates])
    frame = workload.people().frame
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    each = frame["人口"].to_numpy() if even else workload.crowded()
    chance, persons = each**0.3, np.ceil(each)
    drawn = rng.choice(len(xy), demands, replace=False, p=chance / chance.sum())
    chosen = rng.choice(drawn, candidates, replace=False)
    a, b = xy[drawn], xy[chosen]
    cost = np.hypot(a[:, :1] - b[None, :, 0], a[:, 1:] - b[None, :, 1])
    return Problem(cost, persons[drawn])


def run() -> list[Row]:
    """Every model and size; the curve; the loss of each of sixty facilities."""
    rows: list[Row] = []
    for demands, candidates in ((10_000, 500), (10_000, 2_000)):
        rows += _compare("lscp", demands, candidates, None)
    rows += _compare("lscp", 10_000, 2_000, None, even=True)
    for demands, candidates in ((20_000, 100), (20_000, 300), (50_000, 500), (10_000, 2_000)):
        rows += _compare("mclp", demands, candidates, 15)
    for demands, candidates in ((1_000, 100), (2_000, 200), (10_000, 500)):
        rows += _compare("pmedian", demands, candidates, 20)
    for demands, candidates in ((1_000, 100), (10_000, 500)):
        rows += _compare("pcenter", demands, candidates, 20)
    return rows + _curve() + _losses()


def _compare(
    model: str, demands: int, candidates: int, p: int | None, *, even: bool = False
) -> list[Row]:
    problem = instance(demands, candidates, even=even)
    ask = Ask(
        model,  # type: ignore[arg-type]
        reach=REACH,
        p=p,
        only_reachable=True,
        seconds=LIMIT,
    )
    result, first = _watched(problem, ask)
    note = f"{first}; {_status(result)}"
    ways: dict[str, Callable[[], Any]] = {OURS: lambda: solve(problem, ask).objective}
    notes = {OURS: note}
    if model in ("lscp", "mclp"):
        near = replace(problem, cost=_within_reach(np.asarray(problem.cost)))
        ways[OURS_PAIRS] = lambda: solve(near, ask).objective
    if model in ("lscp", "mclp") or (model == "pmedian" and demands * candidates <= 400_000):
        ways[PLAIN] = lambda: _plain(problem, ask)
    most = MOST_PAIRS if model in ("lscp", "mclp") else MOST_ASSIGNED
    missing = "" if demands * candidates <= most else f"未跑:{demands * candidates:,} 对,模型过大"
    missing = missing if SPOPT_HERE else "未安装"
    if not missing:
        ways[CBC] = lambda: _spopt(problem, ask, highs=False)
        ways[SPOPT_HIGHS] = lambda: _spopt(problem, ask, highs=True)
    slow = {PLAIN: 1, CBC: 1, SPOPT_HIGHS: 1}
    if result.seconds > 3:
        slow |= {OURS: 1, OURS_PAIRS: 1}
    title = f"{model} {candidates} × {demands:,}" + (f", p = {p}" if p else "")
    title += ", people spread evenly" if even else ""
    rows = race(title, ways, rounds=3, slow=slow, notes=notes)
    if missing:
        rows += [Row(title, way, np.nan, np.nan, 0, None, missing) for way in (CBC, SPOPT_HIGHS)]
    return rows


def _within_reach(cost: np.ndarray) -> Pairs:
    rows, sites = np.nonzero(cost <= REACH)
    return pairs_from(rows, sites, cost[rows, sites], *cost.shape)


def _watched(problem: Problem, ask: Ask) -> tuple[Siting, str]:
    """Solve once; and what was shown first, and last within the first second."""
    result = solve(problem, ask)
    whole = Step(result.objective, result.bound, result.seconds)
    steps = result.steps or (whole,)
    early = [step for step in steps if step.seconds <= 1.0] or [steps[0]]
    said = f"first answer {steps[0].seconds * 1000:.0f} ms, {_gap(steps[0]):.1%} off"
    if early[-1] is not steps[0]:
        said += f"; {_gap(early[-1]):.1%} off after {early[-1].seconds * 1000:.0f} ms"
    return result, said


def _gap(step: Step) -> float:
    return abs(step.bound - step.objective) / max(abs(step.objective), 1e-9)


def _status(result: Siting) -> str:
    if result.status == "optimal":
        return "proven"
    return f"{result.gap:.2%} off after {result.seconds:.0f} s"


def _curve() -> list[Row]:
    problem = instance(20_000, 300)
    ask = Ask("mclp", reach=REACH, seconds=LIMIT)
    counts = range(1, 31)
    proven = sum(q.status == "optimal" for q in curve(problem, ask, counts).points)

    def one_by_one() -> float:
        return sum(
            solve(problem, Ask("mclp", reach=REACH, p=p, seconds=LIMIT)).objective for p in counts
        )

    return race(
        "mclp 300 × 20,000, every p from 1 to 30",
        {
            "ours: the curve": lambda: sum(q.objective for q in curve(problem, ask, counts).points),
            "ours: thirty separate questions": one_by_one,
        },
        rounds=3,
        notes={"ours: the curve": f"{proven} of 30 proven"},
    )


def _losses() -> list[Row]:
    problem = instance(50_000, 500)
    sites = np.arange(60)

    def slowly() -> float:
        within = problem.cost[:, sites] <= REACH  # type: ignore[index]
        worst = 0.0
        before = float(problem.weights[within.any(axis=1)].sum())
        for k in range(len(sites)):
            rest = np.delete(within, k, axis=1)
            worst = max(worst, before - float(problem.weights[rest.any(axis=1)].sum()))
        return worst

    return race(
        "loss of each of 60 facilities, 50,000 demands",
        {
            "ours: with pairs, targets and the best repair of 440": lambda: (
                resilience(problem, REACH, sites).losses[0].people
            ),
            "numpy, one after the other, single losses only": slowly,
        },
        rounds=3,
    )


def _plain(problem: Problem, ask: Ask) -> float:
    """The textbook model in one call, every demand a row: objective reached within the limit."""
    cost, weights = np.asarray(problem.cost), problem.weights
    if ask.model == "pmedian":
        return _plain_median(cost, weights, ask)
    within = sp.csr_matrix(cost <= REACH)
    kept = np.diff(within.indptr) > 0
    within, weights = within[kept].astype(float), weights[kept]
    n, m = within.shape
    if ask.model == "lscp":
        return _highs(np.ones(m), within, np.ones(n), np.full(n, np.inf), np.ones(m, bool))
    count = sp.csr_matrix(np.append(np.ones(m), np.zeros(n))[None, :])
    matrix = sp.vstack([sp.hstack([within, -sp.identity(n)]), count]).tocsr()
    return -_highs(
        np.append(np.zeros(m), -weights),
        matrix,
        np.append(np.zeros(n), -np.inf),
        np.append(np.full(n, np.inf), float(ask.p or 0)),
        np.append(np.ones(m, bool), np.zeros(n, bool)),
    )


def _plain_median(cost: np.ndarray, weights: np.ndarray, ask: Ask) -> float:
    n, m = cost.shape
    k = n * m
    row, column, each = np.repeat(np.arange(n), m), np.tile(np.arange(m), n), np.arange(k)
    one = np.ones(k)
    sent = sp.csr_matrix((one, (row, m + each)), shape=(n, m + k))
    both = (np.append(each, each), np.append(column, m + each))
    gate = sp.csr_matrix((np.append(one, -one), both), shape=(k, m + k))
    count = sp.csr_matrix(np.append(np.ones(m), np.zeros(k))[None, :])
    p = float(ask.p or 0)
    return _highs(
        np.append(np.zeros(m), (cost * weights[:, None]).ravel()),
        sp.vstack([sent, gate, count]).tocsr(),
        np.concatenate((np.ones(n), np.zeros(k), [p])),
        np.concatenate((np.ones(n), np.full(k, np.inf), [p])),
        np.append(np.ones(m, bool), np.zeros(k, bool)),
    )


def _highs(
    objective: np.ndarray,
    matrix: sp.csr_matrix,
    low: np.ndarray,
    high: np.ndarray,
    whole: np.ndarray,
) -> float:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = objective
    lp.col_lower_, lp.col_upper_ = np.zeros(len(objective)), np.ones(len(objective))
    lp.row_lower_, lp.row_upper_ = low, high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(w)] for w in whole]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", LIMIT)
    solver.passModel(lp)
    solver.run()
    return float(solver.getInfo().objective_function_value)


def _spopt(problem: Problem, ask: Ask, *, highs: bool) -> float:
    # Loaded by name: neither is among the program's libraries.
    pulp, locate = importlib.import_module("pulp"), importlib.import_module("spopt.locate")
    cost = np.asarray(problem.cost)
    make = pulp.HiGHS if highs else pulp.PULP_CBC_CMD
    solver = make(msg=False, timeLimit=LIMIT)
    if ask.model == "lscp":
        cost = cost[(cost <= REACH).any(axis=1)]
        model = locate.LSCP.from_cost_matrix(cost, REACH)
    elif ask.model == "mclp":
        model = locate.MCLP.from_cost_matrix(cost, problem.weights, REACH, ask.p)
    elif ask.model == "pmedian":
        model = locate.PMedian.from_cost_matrix(cost, problem.weights, ask.p)
    else:
        model = locate.PCenter.from_cost_matrix(cost, ask.p)
    # spopt refuses to read an answer that the time limit has cut off: asked of the model instead,
    # which then may hold no answer at all but the bound of the linear program.
    model.problem.solve(solver)
    if model.problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return np.nan
    return float(pulp.value(model.problem.objective) or np.nan)
