"""What an answer hangs on, and how far the planner's own layout is from the best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.siting.ask import FIXED, Ask, Problem, Siting
from maps.analysis.siting.search import Stop, never
from maps.analysis.siting.solve import solve
from maps.analysis.siting.why import objective_of


@dataclass(frozen=True, eq=False)
class Change:
    """The answer under one changed assumption.

    ``name``: what was changed. ``objective``: of the best answer then. ``as_planned``: of the
    sites planned now, then. ``kept``: how many of the new sites stay the choice. ``flips``:
    which conclusions change: sites that drop out, as candidate numbers. ``possible``: whether
    there is an answer at all then; without, the objective is NaN.
    """

    name: str
    objective: float
    as_planned: float
    proven: bool
    kept: int
    flips: tuple[int, ...]
    possible: bool = True


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
        planned = objective_of(changed, again, result.sites)
        try:
            found = solve(changed, again, inner)
        except Refused:
            gone = tuple(sorted(mine))
            out.append(Change(name, np.nan, planned, True, 0, gone, False))
            continue
        now = set(found.sites.tolist())
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
    problem: Problem,
    ask: Ask,
    sites: Sequence[int] | np.ndarray,
    report: Report = silent,
    stop: Stop = never,
) -> Comparison:
    """Return how far ``sites`` (candidates that count in ``p``; FIXED ones stay) are from the best.

    “Yours 87.2 %, the best with the same number 91.0 %, proven.”
    """
    own = np.asarray(sites, np.int64)
    fixed = np.flatnonzero(problem.states == FIXED)
    counted = np.setdiff1d(own, fixed)
    found = solve(problem, replace(ask, p=len(counted), budget=None), report, stop=stop)
    return Comparison(
        objective_of(problem, ask, np.union1d(own, fixed)),
        found.objective,
        found.bound,
        found.status == "optimal",
        tuple(int(s) for s in found.sites),
    )
