"""Why this site: what it adds, what the next best would do, and what the answer hangs on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.progress import Report, part, silent
from maps.analysis.siting.ask import FIXED, NEW, Ask, Problem, Siting
from maps.analysis.siting.matrix import cover, nearest, some_columns
from maps.analysis.siting.resilience import Target
from maps.analysis.siting.side import conditions
from maps.analysis.siting.solve import solve

_LARGER = ("mclp", "backup")


@dataclass(frozen=True, eq=False)
class Share:
    """What one site of an answer does.

    ``site``: candidate. ``gained``: persons it is the first to reach when the sites are taken
    in the order given (they add up to what the whole answer reaches beyond the fixed ones);
    without a range, persons for whom it is the nearest. ``alone``: persons only it reaches.
    ``by_district``: (d,) gained persons by district. ``met``: targets that hold with it and
    not without it. ``runner_up``: the candidate that would lose least in its place (None: no
    other is free), ``worse``: by how much the objective would be worse with it.
    """

    site: int
    gained: float
    alone: float
    by_district: np.ndarray
    met: tuple[str, ...]
    runner_up: int | None
    worse: float | None


def shares(result: Siting, targets: Sequence[Target] = ()) -> tuple[Share, ...]:
    """Return what each site that is not FIXED does, the one that gains most first."""
    problem, ask = result.problem, result.ask
    state = problem.states
    mine = result.sites[state[result.sites] != FIXED]
    fixed = result.sites[state[result.sites] == FIXED]
    weights = np.asarray(problem.weights, float)
    if ask.reach is None:
        who, _ = nearest(problem.cost, result.sites)
        order = sorted(mine, key=lambda j: (-float(weights[who == j].sum()), j))
        firsts = {int(j): who == j for j in order}
        times = np.ones(problem.demands, np.int64)
        reached = {int(j): who == j for j in order}
    else:
        order, firsts, times, reached = _in_turn(problem, ask, mine, fixed)
    out = []
    for j in order:
        rival, worse = runner_up(result, int(j))
        first = firsts[int(j)]
        alone = reached[int(j)] & (times == 1)
        out.append(
            Share(
                int(j),
                float(weights[first].sum()),
                float(weights[alone].sum()),
                _by_district(problem, first),
                _met(problem, times > 0, alone, targets),
                rival,
                worse,
            )
        )
    return tuple(out)


def _in_turn(
    problem: Problem, ask: Ask, mine: np.ndarray, fixed: np.ndarray
) -> tuple[list[int], dict[int, np.ndarray], np.ndarray, dict[int, np.ndarray]]:
    """Take the sites greedily: order, who each is the first to reach, times, who each reaches."""
    assert ask.reach is not None
    weights = np.asarray(problem.weights, float)
    matrix = cover(problem.cost, ask.reach)

    def of(site: int) -> np.ndarray:
        one = some_columns(matrix, np.array([site]))
        return np.diff(one.indptr) > 0

    reached = {int(j): of(int(j)) for j in mine}
    times = np.zeros(problem.demands, np.int64)
    for site in [*fixed]:
        times += of(int(site))
    done = times > 0
    for site in reached:
        times += reached[site]
    order: list[int] = []
    firsts: dict[int, np.ndarray] = {}
    left = set(reached)
    while left:
        best = max(sorted(left), key=lambda j: float(weights[reached[j] & ~done].sum()))
        firsts[best] = reached[best] & ~done
        done = done | reached[best]
        order.append(best)
        left.remove(best)
    return order, firsts, times, reached


def _by_district(problem: Problem, mask: np.ndarray) -> np.ndarray:
    if problem.district is None:
        return np.empty(0)
    district = np.asarray(problem.district)
    count = int(district.max(initial=-1)) + 1
    inside = mask & (district >= 0)
    return np.bincount(district[inside], np.asarray(problem.weights)[inside], count)


def _met(
    problem: Problem, reached: np.ndarray, alone: np.ndarray, targets: Sequence[Target]
) -> tuple[str, ...]:
    weights = np.asarray(problem.weights, float)
    out = []
    for target in targets:
        inside = np.ones(len(weights), bool)
        if target.district is not None:
            inside = np.asarray(problem.district) == target.district
        need = target.share * float(weights[inside].sum()) - 1e-9
        with_it = float(weights[inside & reached].sum())
        without = float(weights[inside & reached & ~alone].sum())
        if with_it >= need > without:
            out.append(target.name)
    return tuple(out)


def objective_of(problem: Problem, ask: Ask, sites: np.ndarray) -> float:
    """Return what a given choice is worth in the terms of ``ask``; conditions are not looked at.

    lscp, backup: persons reached (twice). inf when somebody is left without a site.
    """
    weights = np.asarray(problem.weights, float)
    if ask.model in ("mclp", "backup", "lscp") or (
        ask.model == "equity" and problem.district is not None
    ):
        assert ask.reach is not None
        is_open = np.zeros(problem.candidates)
        is_open[sites] = 1.0
        times = np.rint(cover(problem.cost, ask.reach) @ is_open)
        if ask.model == "equity":
            return _worst_share(problem, times > 0)
        return float(weights[times >= (2 if ask.model == "backup" else ask.times)].sum())
    _, cost = nearest(problem.cost, np.asarray(sites, np.int64))
    if ask.model == "pmedian":
        return float((weights[weights > 0] * cost[weights > 0]).sum())
    return float(cost.max(initial=0.0))


def _worst_share(problem: Problem, reached: np.ndarray) -> float:
    weights, district = np.asarray(problem.weights, float), np.asarray(problem.district)
    inside = district >= 0
    count = int(district.max(initial=-1)) + 1
    people = np.bincount(district[inside], weights[inside], count)
    got = np.bincount(district[inside], (weights * reached)[inside], count)
    named = people > 0
    return float((got[named] / people[named]).min()) if named.any() else 0.0


def runner_up(result: Siting, site: int) -> tuple[int | None, float | None]:
    """Return the candidate that does best in the place of ``site`` and how much worse it is.

    Only one-for-one exchanges with candidates where nothing stands, conditions kept.
    """
    problem, ask = result.problem, result.ask
    if problem.capacity is not None or ask.phases:
        return None, None
    side = conditions(problem, ask, ask.p)
    rest = result.sites[result.sites != site]
    free = np.setdiff1d(np.flatnonzero(problem.states == NEW), result.sites)
    if not side.simple:
        free = np.array([j for j in free if side.allows(_mask(problem, rest, int(j)))], np.int64)
    if len(free) == 0:
        return None, None
    values = _exchange_values(problem, ask, rest, free)
    larger = ask.model in ("mclp", "backup", "lscp") or (
        ask.model == "equity" and problem.district is not None
    )
    best = int(np.argmax(values) if larger else np.argmin(values))
    now = objective_of(problem, ask, result.sites)
    worse = now - float(values[best]) if larger else float(values[best]) - now
    return int(free[best]), worse if np.isfinite(worse) else None


def _mask(problem: Problem, rest: np.ndarray, more: int) -> np.ndarray:
    is_open = np.zeros(problem.candidates, bool)
    is_open[rest] = True
    is_open[more] = True
    return is_open


def _exchange_values(problem: Problem, ask: Ask, rest: np.ndarray, free: np.ndarray) -> np.ndarray:
    """(k,) what ``rest`` with each of ``free`` is worth."""
    weights = np.asarray(problem.weights, float)
    if ask.model == "mclp" and ask.times == 1 and ask.reach is not None:
        matrix = cover(problem.cost, ask.reach)
        is_open = np.zeros(problem.candidates)
        is_open[rest] = 1.0
        reached = (matrix @ is_open) > 0
        gain = matrix.T @ np.where(reached, 0.0, weights)
        return float(weights[reached].sum()) + gain[free]
    return np.array([objective_of(problem, ask, np.append(rest, j)) for j in free])


@dataclass(frozen=True, eq=False)
class Change:
    """The answer under one changed assumption.

    ``name``: what was changed. ``objective``: of the best answer then. ``as_planned``: of the
    sites planned now, then. ``kept``: how many of the new sites stay the choice. ``flips``:
    which conclusions change: sites that drop out, as candidate numbers.
    """

    name: str
    objective: float
    as_planned: float
    proven: bool
    kept: int
    flips: tuple[int, ...]


def sensitivity(
    result: Siting,
    *,
    reach_change: float = 0.2,
    people_change: float = 0.1,
    seed: int = 0,
    draws: int = 3,
    report: Report = silent,
) -> tuple[Change, ...]:
    """Solve again with the range ± 20 % and people ± 10 %, and say what stays.

    All people changed alike changes no choice; so each district's people (each demand's, without
    districts) are changed by a factor of its own, drawn between the limits, ``draws`` times.
    """
    problem, ask = result.problem, result.ask
    cases: list[tuple[str, Callable[[], tuple[Problem, Ask]]]] = []
    if ask.reach is not None:
        for sign in (-1, 1):
            factor = 1 + sign * reach_change
            cases.append(
                (f"服务距离或时间 {sign * reach_change:+.0%}", _with_reach(result, factor))
            )
    rng = np.random.default_rng(seed)
    for turn in range(draws):
        factors = _factors(problem, rng, people_change)
        name = f"人口在 ±{people_change:.0%} 内变动(第 {turn + 1} 次)"
        cases.append((name, _with_people(result, factors)))
    mine = set(result.sites[problem.states[result.sites] != FIXED].tolist())
    out = []
    for k, (name, make) in enumerate(cases):
        changed, again = make()
        inner = part(report, k / len(cases), (k + 1) / len(cases))
        found = solve(changed, again, inner)
        now = set(found.sites.tolist())
        planned = objective_of(changed, again, result.sites)
        gone = tuple(sorted(mine - now))
        proven = found.status == "optimal"
        out.append(Change(name, found.objective, planned, proven, len(mine & now), gone))
    return tuple(out)


def _with_reach(result: Siting, factor: float) -> Callable[[], tuple[Problem, Ask]]:
    def make() -> tuple[Problem, Ask]:
        reach = result.ask.reach
        assert reach is not None
        wider = reach * factor
        # A narrower range leaves people out; that is an answer here, not a refusal.
        return result.problem, replace(result.ask, reach=wider, only_reachable=True)

    return make


def _factors(problem: Problem, rng: np.random.Generator, change: float) -> np.ndarray:
    if problem.district is None:
        return rng.uniform(1 - change, 1 + change, problem.demands)
    district = np.asarray(problem.district)
    each = rng.uniform(1 - change, 1 + change, int(district.max(initial=-1)) + 2)
    return each[district]


def _with_people(result: Siting, factors: np.ndarray) -> Callable[[], tuple[Problem, Ask]]:
    def make() -> tuple[Problem, Ask]:
        weights = np.asarray(result.problem.weights, float) * factors
        return replace(result.problem, weights=weights), result.ask

    return make


@dataclass(frozen=True)
class Comparison:
    """A planner's own layout beside the best with as many sites.

    ``mine``/``best``: objectives in the terms of the ask; ``bound``: proven limit of the best.
    """

    mine: float
    best: float
    bound: float
    proven: bool
    sites: tuple[int, ...]


def compare(
    problem: Problem, ask: Ask, sites: Sequence[int] | np.ndarray, report: Report = silent
) -> Comparison:
    """Return how far ``sites`` (candidates that count in ``p``; FIXED ones stay) are from the best.

    “Yours 87.2 %, the best with the same number 91.0 %, proven.”
    """
    own = np.asarray(sites, np.int64)
    fixed = np.flatnonzero(problem.states == FIXED)
    counted = np.setdiff1d(own, fixed)
    found = solve(problem, replace(ask, p=len(counted), budget=None), report)
    return Comparison(
        objective_of(problem, ask, np.union1d(own, fixed)),
        found.objective,
        found.bound,
        found.status == "optimal",
        tuple(int(s) for s in found.sites),
    )
