"""The independent check every answer passes before it is shown.

Written from the definitions, on the original matrix, sharing no code with the solvers: a slip
in merging, fixing or modelling shows here as :class:`WrongAnswer` and never as a number.
"""

import numpy as np

from maps.analysis.siting.ask import FIXED, RELOCATABLE, Ask, Problem, Siting, WrongAnswer
from maps.analysis.siting.matrix import Pairs

_CLOSE = 1e-6
_BLOCK = 131_072
"""Costs looked at in one go: what a cache holds."""


def check(result: Siting) -> None:
    """Recompute the objective and every condition; raises WrongAnswer."""
    problem, ask = result.problem, result.ask
    sites = result.sites
    if len(np.unique(sites)) != len(sites) or (
        len(sites) and (sites.min() < 0 or sites.max() >= problem.candidates)
    ):
        raise WrongAnswer("the sites are not distinct candidates")
    is_open = np.zeros(problem.candidates, bool)
    is_open[sites] = True
    _conditions(problem, ask, is_open)
    for earlier, later in zip(result.stages, result.stages[1:], strict=False):
        if not np.isin(earlier, later).all():
            raise WrongAnswer("a phase gives up what an earlier one built")
    expected = _objective(result, is_open)
    _same(result.objective, expected, "objective")
    larger = ask.model in ("mclp", "backup") or (
        ask.model == "equity" and problem.district is not None
    )
    slack = _CLOSE * max(1.0, abs(result.objective))
    wrong = (
        result.bound < result.objective - slack
        if larger
        else (result.bound > result.objective + slack)
    )
    if wrong:
        raise WrongAnswer(f"bound {result.bound} and objective {result.objective} contradict")
    if result.status == "optimal" and ask.gap == 0 and result.gap > 10 * _CLOSE:
        raise WrongAnswer(f"called proven with a gap of {result.gap}")


def _same(given: float, expected: float, what: str) -> None:
    if not abs(given - expected) <= _CLOSE * max(1.0, abs(expected)):
        raise WrongAnswer(f"{what} is {expected}, the answer says {given}")


def _conditions(problem: Problem, ask: Ask, is_open: np.ndarray) -> None:
    state = problem.states
    if not is_open[state == FIXED].all():
        raise WrongAnswer("a site that stays was closed")
    counted = int((is_open & (state != FIXED)).sum())
    p = ask.phases[-1] if ask.phases else ask.p
    if p is not None and counted > p + int((state == RELOCATABLE).sum()):
        raise WrongAnswer(f"{counted} sites, {p} were allowed")
    if ask.budget is not None and problem.price is not None:
        spent = float(np.asarray(problem.price)[is_open].sum())
        if spent > ask.budget * (1 + _CLOSE) + _CLOSE:
            raise WrongAnswer(f"{spent} spent of {ask.budget}")
    if ask.moves is not None and int((~is_open & (state == RELOCATABLE)).sum()) > ask.moves:
        raise WrongAnswer("more sites moved than allowed")
    for district, least in ask.at_least.items():
        have = int(is_open[np.asarray(problem.site_district) == district].sum())
        if have < least:
            raise WrongAnswer(f"district {district} has {have} of {least} sites")
    if problem.apart is not None:
        for a, b in np.asarray(problem.apart):
            if is_open[a] and is_open[b] and not (state[a] == FIXED and state[b] == FIXED):
                raise WrongAnswer(f"candidates {a} and {b} are too close to each other")
    if problem.place is not None:
        taken = np.asarray(problem.place)[is_open & (state != FIXED)]
        stays = np.asarray(problem.place)[state == FIXED]
        taken = taken[taken >= 0]
        if len(np.unique(taken)) != len(taken) or np.isin(taken, stays).any():
            raise WrongAnswer("two classes at one place")


def _within(problem: Problem, ask: Ask, is_open: np.ndarray) -> np.ndarray:
    """(n,) how many open sites reach each demand."""
    n, m = problem.demands, problem.candidates
    reach = np.broadcast_to(np.asarray(ask.reach, float), (m,))
    if isinstance(problem.cost, Pairs):
        pairs = problem.cost
        good = is_open[pairs.site] & (pairs.cost <= reach[pairs.site])
        return np.bincount(pairs.rows[good], minlength=n)
    sites = np.flatnonzero(is_open)
    times = np.empty(n, np.int64)
    step = max(1, _BLOCK // m)
    for first in range(0, n, step):
        block = problem.cost[first : first + step].take(sites, axis=1)
        good = (block <= reach[sites]) & (block < np.inf)
        times[first : first + step] = good.sum(axis=1)
    return times


def _least(problem: Problem, is_open: np.ndarray) -> np.ndarray:
    """(n,) cost to the nearest open site, inf for none."""
    best = np.full(problem.demands, np.inf)
    if isinstance(problem.cost, Pairs):
        pairs = problem.cost
        good = is_open[pairs.site]
        np.minimum.at(best, pairs.rows[good], pairs.cost[good])
        return best
    for j in np.flatnonzero(is_open):
        best = np.minimum(best, problem.cost[:, j])
    return best


def _objective(result: Siting, is_open: np.ndarray) -> float:
    problem, ask = result.problem, result.ask
    weights = np.asarray(problem.weights, float)
    counts = np.ones(problem.demands, bool)
    counts[result.left_out] = False
    if problem.capacity is not None:
        return _with_capacity(result, is_open, counts)
    if ask.phases:
        return _phases(result, counts)
    if ask.model == "mclp":
        return float(weights[_within(problem, ask, is_open) >= ask.times].sum())
    if ask.model in ("lscp", "backup"):
        return _everybody(result, is_open, counts)
    if ask.model == "equity" and problem.district is not None:
        got = _within(problem, ask, is_open) > 0
        district = np.asarray(problem.district)
        shares = [
            float(weights[(district == d) & got].sum() / weights[district == d].sum())
            for d in np.unique(district[district >= 0])
            if weights[district == d].sum() > 0
        ]
        return min(shares)
    best = _least(problem, is_open)[counts]
    if not np.isfinite(best[weights[counts] > 0]).all():
        raise WrongAnswer("somebody is left without a site")
    if ask.model == "pmedian":
        return _paid(weights[counts], best)
    return float(best.max()) if len(best) else 0.0


def _paid(weights: np.ndarray, best: np.ndarray) -> float:
    """Weighted cost of those who live there; where nobody lives the way may have no end."""
    some = weights > 0
    return float(weights[some] @ best[some])


def _everybody(result: Siting, is_open: np.ndarray, counts: np.ndarray) -> float:
    problem, ask = result.problem, result.ask
    times = _within(problem, ask, is_open)
    if (times[counts] < (1 if ask.model == "backup" else ask.times)).any():
        raise WrongAnswer("somebody is not reached")
    if ask.model == "backup":
        weights = np.asarray(problem.weights, float)
        return float(weights[counts & (times >= 2)].sum())
    counted = is_open & (problem.states != FIXED)
    if ask.priced:
        return float(np.asarray(problem.price, float)[counted].sum())
    return float(counted.sum())


def _phases(result: Siting, counts: np.ndarray) -> float:
    problem, ask = result.problem, result.ask
    weights = np.asarray(problem.weights, float)
    share = np.array(ask.phase_weights or (1.0,) * len(ask.phases), float)
    values = []
    for p, sites in zip(ask.phases, result.stages, strict=True):
        is_open = np.zeros(problem.candidates, bool)
        is_open[sites] = True
        counted = int((is_open & (problem.states != FIXED)).sum())
        if counted > p + int((problem.states == RELOCATABLE).sum()):
            raise WrongAnswer("a phase has too many sites")
        if ask.model == "mclp":
            values.append(float(weights[_within(problem, ask, is_open) > 0].sum()))
        else:
            best = _least(problem, is_open)[counts]
            values.append(_paid(weights[counts], best))
    return float(share @ np.array(values) / share.sum())


def _with_capacity(result: Siting, is_open: np.ndarray, counts: np.ndarray) -> float:
    """Whether who goes where is allowed and adds up, and what it costs."""
    problem, ask, served, sent = result.problem, result.ask, result.served, result.sent
    assert served is not None
    assert sent is not None
    demand, site, persons = sent
    weights = np.asarray(problem.weights, float)
    if (persons < 0).any() or not is_open[site].all():
        raise WrongAnswer("somebody is sent to a site that is not open")
    cost = _cost_of(problem, demand, site)
    reach = np.inf if ask.reach is None else np.asarray(ask.reach, float)
    limit = np.broadcast_to(reach, (problem.candidates,))[site]
    if not (np.isfinite(cost) & (cost <= limit)).all():
        raise WrongAnswer("somebody is sent out of reach")
    there = np.bincount(demand, persons, problem.demands)
    if not np.allclose(there, served, rtol=1e-5, atol=_CLOSE):
        raise WrongAnswer("the people served are not those who are sent")
    if (served > weights * (1 + _CLOSE) + _CLOSE).any():
        raise WrongAnswer("more people served than there are")
    if ask.model != "mclp" and not np.allclose(served[counts], weights[counts], rtol=1e-5):
        raise WrongAnswer("somebody is not served")
    room = np.asarray(problem.capacity, float)
    if (np.bincount(site, persons, problem.candidates) > room * (1 + _CLOSE) + 1e-4).any():
        raise WrongAnswer("the people served do not fit into the sites")
    if ask.model == "lscp":
        return float((is_open & (problem.states != FIXED)).sum())
    if ask.model == "mclp":
        return float(served.sum())
    total = float(persons @ cost)
    if abs(total - result.objective) > 1e-4 * max(1.0, abs(result.objective)):
        raise WrongAnswer(f"objective is {total}, the answer says {result.objective}")
    return result.objective


def _cost_of(problem: Problem, demand: np.ndarray, site: np.ndarray) -> np.ndarray:
    """The cost of some pairs, inf where a pair is not listed."""
    if not isinstance(problem.cost, Pairs):
        return problem.cost[demand, site]
    pairs, m = problem.cost, problem.candidates
    have = pairs.rows * m + pairs.site
    order = np.argsort(have)
    wanted = demand * m + site
    at = np.minimum(np.searchsorted(have, wanted, sorter=order), max(len(have) - 1, 0))
    out = np.full(len(wanted), np.inf)
    listed = have[order[at]] == wanted if len(have) else np.zeros(len(wanted), bool)
    out[listed] = pairs.cost[order[at[listed]]]
    return out
