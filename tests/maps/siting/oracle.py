"""The slow, obvious answers: try every choice of sites."""

import itertools
from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog

from maps.analysis.siting import CLOSABLE, FIXED, NEW, RELOCATABLE, Ask, Problem
from maps.analysis.siting.matrix import as_dense


def choices(problem: Problem, ask: Ask, p: int | None) -> Iterator[np.ndarray]:
    """Every (m,) choice that meets the conditions."""
    m = problem.candidates
    for bits in itertools.product((False, True), repeat=m):
        is_open = np.array(bits)
        if _meets(problem, ask, is_open, p):
            yield is_open


def _meets(problem: Problem, ask: Ask, is_open: np.ndarray, p: int | None) -> bool:
    state = problem.states
    if any(state[j] == FIXED and not is_open[j] for j in range(len(state))):
        return False
    moved = sum(1 for j in range(len(state)) if state[j] == RELOCATABLE and not is_open[j])
    new = sum(1 for j in np.flatnonzero(is_open) if state[j] in (NEW, CLOSABLE))
    if p is not None and new > p + moved:
        return False
    if ask.moves is not None and moved > ask.moves:
        return False
    if (
        problem.price is not None
        and ask.budget is not None
        and float(problem.price[is_open].sum()) > ask.budget + 1e-9
    ):
        return False
    for district, least in ask.at_least.items():
        if int(is_open[np.asarray(problem.site_district) == district].sum()) < least:
            return False
    if problem.apart is not None:
        for a, b in problem.apart:
            if is_open[a] and is_open[b] and not (state[a] == FIXED and state[b] == FIXED):
                return False
    if problem.place is not None:
        for here in set(problem.place[problem.place >= 0].tolist()):
            group = problem.place == here
            if (is_open & group).sum() > max(1, (group & (state == FIXED)).sum()):
                return False
    return True


def reached(problem: Problem, ask: Ask, is_open: np.ndarray) -> np.ndarray:
    """(n,) how many open sites reach each demand, one pair at a time."""
    cost = as_dense(problem.cost)
    reach = np.broadcast_to(np.asarray(ask.reach, float), (problem.candidates,))
    return np.array(
        [
            sum(1 for j in np.flatnonzero(is_open) if np.isfinite(row[j]) and row[j] <= reach[j])
            for row in cost
        ]
    )


def value(problem: Problem, ask: Ask, is_open: np.ndarray) -> tuple[float, ...] | None:
    """What a choice is worth, larger is better, lexicographic; None when it is not an answer."""
    weights = problem.weights
    if problem.capacity is not None:
        return _with_capacity(problem, ask, is_open)
    if ask.model == "mclp":
        return (float(weights[reached(problem, ask, is_open) >= ask.times].sum()),)
    if ask.model in ("lscp", "backup"):
        times = reached(problem, ask, is_open)
        if (times < (ask.times if ask.model == "lscp" else 1)).any():
            return None
        counted = is_open & (problem.states != FIXED)
        if ask.model == "lscp" and ask.priced:
            return (-float(np.asarray(problem.price)[counted].sum()),)
        twice = float(weights[times >= 2].sum())
        if ask.model == "lscp":
            return (-float(counted.sum()),)
        return (twice,) if ask.p is not None else (-float(counted.sum()), twice)
    if ask.model == "equity" and problem.district is not None:
        got = reached(problem, ask, is_open) > 0
        shares = []
        for d in sorted(set(problem.district.tolist()) - {-1}):
            here = problem.district == d
            if weights[here].sum() > 0:
                shares.append(float(weights[here & got].sum() / weights[here].sum()))
        return tuple(sorted(shares))
    least = as_dense(problem.cost)[:, is_open].min(axis=1, initial=np.inf)
    total = sum(float(w * d) for w, d in zip(weights, least, strict=True) if w > 0)
    if ask.model == "pmedian":
        return (-total,) if np.isfinite(total) else None
    if not np.isfinite(least).all():
        return None
    return (-float(least.max()),) if ask.model == "pcenter" else (-float(least.max()), -total)


def _with_capacity(problem: Problem, ask: Ask, is_open: np.ndarray) -> tuple[float, ...] | None:
    cost = as_dense(problem.cost).copy()
    reach = np.inf if ask.reach is None else ask.reach
    cost[~(cost <= reach)] = np.inf
    n, m = cost.shape
    pairs = [(i, j) for i in range(n) for j in range(m) if is_open[j] and np.isfinite(cost[i, j])]
    counted = float((is_open & (problem.states != FIXED)).sum())
    if not pairs:
        if ask.model == "mclp":
            return (0.0,)
        return (-counted,) if problem.weights.sum() == 0 and ask.model == "lscp" else None
    room = np.asarray(problem.capacity)
    load = np.zeros((m, len(pairs)))
    sent = np.zeros((n, len(pairs)))
    for k, (i, j) in enumerate(pairs):
        load[j, k] = 1.0
        sent[i, k] = 1.0
    prices = {"mclp": [-1.0] * len(pairs), "lscp": [0.0] * len(pairs)}
    objective = prices.get(ask.model) or [cost[i, j] for i, j in pairs]
    if ask.model == "mclp":
        flow = linprog(objective, np.vstack((load, sent)), np.append(room, problem.weights))
        return (-float(flow.fun),)
    flow = linprog(objective, load, room, sent, problem.weights)
    if flow.status != 0:
        return None
    return (-counted,) if ask.model == "lscp" else (-float(flow.fun),)


def best(problem: Problem, ask: Ask) -> tuple[float, ...] | None:
    """The best value of all choices, None when there is no answer."""
    values = [
        v
        for is_open in choices(problem, ask, ask.p)
        if (v := value(problem, ask, is_open)) is not None
    ]
    return max(values) if values else None


def best_phases(problem: Problem, ask: Ask) -> float | None:
    """The best weighted mean over all growing rows of choices (larger is better)."""
    share = np.array(ask.phase_weights or (1.0,) * len(ask.phases))
    share = share / share.sum()
    plain = Ask(ask.model, reach=ask.reach)
    known: dict[bytes, float | None] = {}
    for is_open in choices(problem, plain, None):
        worth = value(problem, plain, is_open)
        known[is_open.tobytes()] = None if worth is None else worth[0]
    limited = [list(choices(problem, plain, p)) for p in ask.phases]
    limited[-1] = list(choices(problem, ask, ask.phases[-1]))
    top: float | None = None
    for row in itertools.product(*limited):
        if any((a & ~b).any() for a, b in itertools.pairwise(row)):
            continue
        each = [known[one.tobytes()] for one in row]
        if any(w is None for w in each):
            continue
        mean = float(sum(s * w for s, w in zip(share, each, strict=True) if w is not None))
        top = mean if top is None else max(top, mean)
    return top
