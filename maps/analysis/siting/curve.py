"""The whole curve: what 1, 2, 3 … sites can reach, and where more sites stop paying."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.progress import Report, silent
from data.refused import Refused
from maps.analysis.siting.ask import Ask, Problem, Step, Watch, gap_of, unwatched
from maps.analysis.siting.assignment import Ways
from maps.analysis.siting.heuristics import most_people
from maps.analysis.siting.matrix import cover
from maps.analysis.siting.mclp import Reach, best_reach, small
from maps.analysis.siting.pmedian import least, ways
from maps.analysis.siting.search import Search, Stop, never
from maps.analysis.siting.side import conditions
from maps.analysis.siting.solve import check, solve


@dataclass(frozen=True)
class Point:
    """The best choice of ``p`` sites beside the fixed ones.

    ``objective``: persons reached (mclp), weighted cost (pmedian), longest cost (pcenter).
    ``bound``: proven; equal when ``status`` is "optimal". ``gain``: better than one site fewer
    by so much. ``sites``: candidates chosen, without the fixed ones. ``spent``: the sum of
    their prices, ``per_person``: price of the step from one site fewer per person gained
    (mclp); None without prices.
    """

    p: int
    status: Literal["optimal", "time_limit"]
    objective: float
    bound: float
    gain: float | None
    sites: tuple[int, ...]
    spent: float | None = None
    per_person: float | None = None

    @property
    def gap(self) -> float:
        return gap_of(self.objective, self.bound)


@dataclass(frozen=True, eq=False)
class Curve:
    """All points, rising in ``p``. ``knee``: the ``p`` after which more sites bring least.

    ``people``: everybody, for shares. ``left_out``: demands no candidate reaches (pmedian).
    """

    problem: Problem
    ask: Ask
    points: tuple[Point, ...]
    knee: int | None
    people: float
    left_out: np.ndarray
    seconds: float


def curve(
    problem: Problem,
    ask: Ask,
    counts: Sequence[int],
    report: Report = silent,
    watch: Watch = unwatched,
    stop: Stop = never,
) -> Curve:
    """Solve mclp, pmedian or pcenter for every number of sites in ``counts`` (rising).

    Data are made ready once, and each number starts from the answer of the one before, which
    also bounds it. ``ask.seconds`` is the time for the whole curve, ``ask.p`` is
    ignored. ``report`` cancels by raising; ``stop`` ends the curve with the numbers done so far.
    """
    if ask.model not in ("mclp", "pmedian", "pcenter"):
        raise Refused("曲线只能对 mclp、pmedian、pcenter 这三种目标计算。")
    wanted = sorted(set(counts))
    if not wanted or wanted[0] < 1:
        raise Refused("曲线至少要算 1 处,可供选择的候选点不够。请增加候选点。")
    ready = Ask(ask.model, reach=ask.reach, p=wanted[-1], times=ask.times, seconds=ask.seconds)
    check(problem, ready)
    larger = ask.model == "mclp"
    clock = Search(ask.seconds, report, watch, 1 if larger else -1, stop)
    side = conditions(problem, ready, wanted[-1])
    lost = np.empty(0, np.int64)
    if side.simple and problem.capacity is None and larger and ask.times == 1:
        reach = small(cover(problem.cost, _range(ask)), np.asarray(problem.weights, float), side)
        found = _cover_points(reach, wanted, clock)
    elif side.simple and problem.capacity is None and ask.model == "pmedian":
        question, lost = ways(problem, ask, side)
        found = _cost_points(question, wanted, clock)
    else:
        found, lost = _one_by_one(problem, ask, wanted, clock)
    points = _with_money(problem, larger, found)
    people = float(np.asarray(problem.weights, float).sum())
    report(1.0, "曲线已算出")
    return Curve(problem, ask, points, knee(points), people, lost, clock.passed)


def _range(ask: Ask) -> float | np.ndarray:
    assert ask.reach is not None
    return ask.reach


def _share_of_time(clock: Search, still: int) -> float:
    """Seconds for the next point: twice its even share, the easy ones leave time over."""
    return max(0.05, min(clock.left, 2.0 * clock.left / still))


def _cover_points(reach: Reach, wanted: list[int], clock: Search) -> list[Point]:
    out: list[Point] = []
    before = np.empty(0, np.int64)
    place = {int(c): k for k, c in enumerate(reach.columns)}
    top = np.inf
    for k, p in enumerate(wanted):
        if out and clock.stop():
            break
        clock.tick(f"正在计算 {p} 处…")
        limit = min(p, len(reach.columns))
        search = _part(clock, _share_of_time(clock, len(wanted) - k), 1)
        ceiling = np.inf
        if out and p == out[-1].p + 1:
            # Without its weakest site an answer of p still reaches (p - 1)/p of what it adds.
            added = (out[-1].bound - reach.base) * p / (p - 1)
            ceiling = min(reach.base + added, out[-1].bound + top)
        found = best_reach(
            reach, limit, search, start=_grown(reach, before, limit), ceiling=ceiling
        )
        if p == 1 and found.proven:
            top = found.bound - reach.base
        before = np.array([place[int(s)] for s in found.sites], np.int64)
        gain = found.people - (out[-1].objective if out else reach.base)
        sites = tuple(int(s) for s in found.sites)
        status: Literal["optimal", "time_limit"] = "optimal" if found.proven else "time_limit"
        out.append(Point(p, status, found.people, found.bound, gain, sites))
        clock.show(found.people, found.bound)
    return out


def _grown(reach: Reach, before: np.ndarray, limit: int) -> np.ndarray:
    """The last answer and, added greedily, as many as are missing; or greed alone if better."""
    alone = most_people(reach.matrix, reach.weight, limit)
    if len(before) == 0:
        return alone
    kept = np.zeros(reach.matrix.shape[1])
    kept[before] = 1.0
    left = reach.weight * ((reach.matrix @ kept) == 0)
    more = most_people(reach.matrix, left, max(0, limit - len(before)))
    both = np.union1d(before, more)[: max(limit, len(before))]
    return both if reach.people(both) >= reach.people(alone) else alone


def _cost_points(question: Ways, wanted: list[int], clock: Search) -> list[Point]:
    out: list[Point] = []
    for k, p in enumerate(wanted):
        if out and clock.stop():
            break
        clock.tick(f"正在计算 {p} 处…")
        search = _part(clock, _share_of_time(clock, len(wanted) - k), -1)
        found = least(question, min(p, len(question.columns)), search)
        if found.sites is None:
            continue
        gain = out[-1].objective - found.cost if out else None
        sites = tuple(int(s) for s in found.sites)
        status: Literal["optimal", "time_limit"] = "optimal" if found.proven else "time_limit"
        out.append(Point(p, status, found.cost, found.bound, gain, sites))
        clock.show(found.cost, found.bound)
    if not out:
        raise Refused(f"选 {wanted[-1]} 处仍不能到达所有人,请增加数量。")
    return out


def _one_by_one(
    problem: Problem, ask: Ask, wanted: list[int], clock: Search
) -> tuple[list[Point], np.ndarray]:
    """With conditions: each number is a question of its own."""
    out: list[Point] = []
    lost = np.empty(0, np.int64)
    for k, p in enumerate(wanted):
        if out and clock.stop():
            break
        seconds = _share_of_time(clock, len(wanted) - k)
        single = Ask(
            ask.model,
            reach=ask.reach,
            p=p,
            budget=ask.budget,
            times=ask.times,
            at_least=ask.at_least,
            moves=ask.moves,
            only_reachable=ask.only_reachable,
            seconds=seconds,
        )
        clock.tick(f"正在计算 {p} 处…")
        try:
            found = solve(problem, single, _through(clock), stop=clock.stop)
        except Refused:
            # Too few sites to meet the conditions; more may do.
            if k + 1 == len(wanted) and not out:
                raise
            continue
        lost = found.left_out
        gain = abs(found.objective - out[-1].objective) if out else None
        new = found.sites[problem.states[found.sites] != 1]
        sites = tuple(int(s) for s in new)
        out.append(Point(p, found.status, found.objective, found.bound, gain, sites))
        clock.show(found.objective, found.bound)
    return out, lost


def _part(clock: Search, seconds: float, sense: int) -> Search:
    """A search for one point that reports through the clock of the whole."""

    def watch(step: Step) -> None:
        clock.tick()

    return Search(seconds, _through(clock), watch, sense, clock.stop)


def _through(clock: Search) -> Report:
    """A report that only keeps the clock of the whole going."""

    def report(done: float, text: str) -> None:
        clock.tick(text)

    return report


def _with_money(problem: Problem, larger: bool, points: list[Point]) -> tuple[Point, ...]:
    if problem.price is None:
        return tuple(points)
    price = np.asarray(problem.price, float)
    out: list[Point] = []
    for point in points:
        spent = float(price[list(point.sites)].sum())
        more = spent - (out[-1].spent or 0.0) if out else spent
        gain = point.gain or 0.0
        each = more / gain if larger and gain > 0 else None
        out.append(
            Point(
                point.p,
                point.status,
                point.objective,
                point.bound,
                point.gain,
                point.sites,
                spent,
                each,
            )
        )
    return tuple(out)


def knee(points: Sequence[Point]) -> int | None:
    """Return the ``p`` whose point lies farthest from the line between the first and the last.

    Both axes scaled to 0–1 (Satopää et al., “Finding a kneedle in a haystack”, 2011, without
    smoothing: the curve is not noisy). None for fewer than three points or a flat curve.
    """
    if len(points) < 3:
        return None
    x = np.array([q.p for q in points], float)
    y = np.array([q.objective for q in points], float)
    if y[-1] == y[0]:
        return None
    away = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    best = int(np.argmax(away))
    return points[best].p if away[best] > 1e-9 else None
