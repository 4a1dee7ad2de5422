"""Why this site: what it adds, and what the next best would do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.refused import Refused
from maps.analysis.siting.ask import FIXED, NEW, Ask, Model, Problem, Siting
from maps.analysis.siting.heuristics import exchanges_of_cost, exchanges_of_cover, nearest_two
from maps.analysis.siting.matrix import as_dense, cover, nearest, some_columns
from maps.analysis.siting.resilience import Target
from maps.analysis.siting.side import conditions
from maps.analysis.siting.solve import solve


@dataclass(frozen=True, eq=False)
class Share:
    """What one site of an answer does.

    ``site``: candidate. ``gained``: persons it is the first to reach when the sites are taken
    in the order given (they add up to what the whole answer reaches beyond the fixed ones);
    without a range, persons for whom it is the nearest; with capacities, persons it takes in.
    ``alone``: persons only it reaches.
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
    if result.load is not None:
        return _by_load(result, mine)
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
    rivals = runners_up(result, order)
    out = []
    for j in order:
        rival, worse = rivals[int(j)]
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


def _by_load(result: Siting, mine: np.ndarray) -> tuple[Share, ...]:
    """With capacities: whom each site takes in; who stands in for whom is not asked."""
    assert result.load is not None
    taken = {int(j): float(result.load[j]) for j in mine}
    order = sorted(taken, key=lambda j: (-taken[j], j))
    return tuple(Share(j, taken[j], taken[j], np.empty(0), (), None, None) for j in order)


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

    lscp, backup: persons reached (twice). inf when somebody is left without a site, or (pmedian)
    without room.
    """
    weights = np.asarray(problem.weights, float)
    if problem.capacity is not None:
        return _with_room(problem, ask, sites)
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


def _with_room(problem: Problem, ask: Ask, sites: np.ndarray) -> float:
    """The same with capacities: nothing is left to choose but who goes where."""
    state = np.zeros(problem.candidates, np.int8)
    state[np.asarray(sites, np.int64)] = FIXED
    model: Model = "pmedian" if ask.model == "pmedian" else "mclp"
    plain = Ask(model, reach=ask.reach, p=0, only_reachable=ask.only_reachable)
    only = Problem(problem.cost, problem.weights, state, capacity=problem.capacity)
    try:
        return solve(only, plain).objective
    except Refused:
        return np.inf


def _worst_share(problem: Problem, reached: np.ndarray) -> float:
    weights, district = np.asarray(problem.weights, float), np.asarray(problem.district)
    inside = district >= 0
    count = int(district.max(initial=-1)) + 1
    people = np.bincount(district[inside], weights[inside], count)
    got = np.bincount(district[inside], (weights * reached)[inside], count)
    named = people > 0
    return float((got[named] / people[named]).min()) if named.any() else 0.0


def runners_up(result: Siting, sites: Sequence[int]) -> dict[int, tuple[int | None, float | None]]:
    """Return for each of ``sites`` the candidate that does best in its place, and how much worse.

    Only one-for-one exchanges with candidates where nothing stands, conditions kept. For lscp
    what counts is how many people would be left out.
    """
    problem, ask = result.problem, result.ask
    nobody: tuple[int | None, float | None] = (None, None)
    if problem.capacity is not None or ask.phases or not len(sites):
        return {int(j): nobody for j in sites}
    side = conditions(problem, ask, ask.p)
    free = np.setdiff1d(np.flatnonzero(problem.states == NEW), result.sites)
    rows = np.sort(np.asarray(sites, np.int64))
    table = _exchange_table(result, rows)
    larger = _counts_up(problem, ask)
    now = objective_of(problem, ask, result.sites)
    out: dict[int, tuple[int | None, float | None]] = {}
    for k, site in enumerate(rows):
        rest = result.sites[result.sites != site]
        may = free
        if not side.simple:
            fits = [j for j in free if side.allows(_mask(problem, rest, int(j)))]
            may = np.array(fits, np.int64)
        if len(may) == 0:
            out[int(site)] = nobody
            continue
        rival = int(may[np.argmax(table[k, may])])
        if table[k, rival] == -np.inf:
            out[int(site)] = nobody
            continue
        then = objective_of(problem, ask, np.append(rest, rival))
        worse = now - then if larger else then - now
        out[int(site)] = (rival, float(worse) if np.isfinite(worse) else None)
    return out


def _counts_up(problem: Problem, ask: Ask) -> bool:
    """Whether a larger ``objective_of`` is better."""
    return ask.model in ("mclp", "backup", "lscp") or (
        ask.model == "equity" and problem.district is not None
    )


def _mask(problem: Problem, rest: np.ndarray, more: int) -> np.ndarray:
    is_open = np.zeros(problem.candidates, bool)
    is_open[rest] = True
    is_open[more] = True
    return is_open


def _exchange_table(result: Siting, sites: np.ndarray) -> np.ndarray:
    """(k, m) the larger, the better each candidate does in the place of each of ``sites``."""
    problem, ask = result.problem, result.ask
    weights = np.asarray(problem.weights, float)
    place = np.searchsorted(result.sites, sites)
    if ask.model == "equity" and problem.district is not None:
        return _share_table(result, sites)
    if _counts_up(problem, ask):
        assert ask.reach is not None
        times = 2 if ask.model == "backup" else ask.times
        matrix = cover(problem.cost, ask.reach)
        table = exchanges_of_cover(matrix, weights, result.sites, times)[place]
        if ask.model == "backup":
            # Everybody has to stay reached once.
            short = exchanges_of_cover(matrix, np.ones(len(weights)), result.sites)[place]
            table = np.where(short < -0.5, -np.inf, table)
        return table
    cost = as_dense(problem.cost)
    if ask.model == "pmedian":
        big = 10.0 * float(cost[np.isfinite(cost)].max(initial=1.0))
        base = np.full(len(cost), np.inf)
        return exchanges_of_cost(cost, weights, result.sites, base, big)[place]
    # Only who is farther than now without the site can make the longest way longer.
    owner, first, second = nearest_two(cost, result.sites, np.full(len(cost), np.inf))
    longest = float(first[np.isfinite(first)].max(initial=0.0))
    out = np.empty((len(sites), problem.candidates))
    for k, position in enumerate(place):
        rows = np.flatnonzero((owner == position) & (second > longest))
        ways = np.minimum(cost[rows], second[rows, None])
        out[k] = -np.maximum(ways.max(axis=0, initial=0.0), longest)
    return out


def _share_table(result: Siting, sites: np.ndarray) -> np.ndarray:
    """(k, m) the worst share of a district with each candidate in the place of each site."""
    problem, ask = result.problem, result.ask
    assert ask.reach is not None
    district = np.asarray(problem.district)
    weights = np.where(district >= 0, np.asarray(problem.weights, float), 0.0)
    count = int(district.max(initial=-1)) + 1
    people = np.bincount(np.maximum(district, 0), weights, count)
    named = np.flatnonzero(people > 0)
    matrix = cover(problem.cost, ask.reach)
    out = np.empty((len(sites), problem.candidates))
    for k, site in enumerate(sites):
        is_open = np.zeros(problem.candidates)
        is_open[result.sites[result.sites != site]] = 1.0
        reached = (matrix @ is_open) > 0
        worst = np.full(problem.candidates, np.inf)
        for d in named:
            here = weights * (district == d)
            got = float(here[reached].sum()) + matrix.T @ np.where(reached, 0.0, here)
            worst = np.minimum(worst, got / people[d])
        out[k] = worst
    return out
