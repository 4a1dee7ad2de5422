"""N-1 and beyond: what is lost with a facility, with two, with a road, and what repairs most.

Persons reached are counted from how often each demand is reached: who is reached once hangs
on one facility, who is reached twice on a pair.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from data.progress import Report, silent
from data.refused import Refused
from maps.analysis.siting.ask import Problem
from maps.analysis.siting.matrix import (
    Cost,
    columns,
    cover,
    some_columns,
    some_rows,
)


@dataclass(frozen=True)
class Target:
    """A share of the people that has to be reached: of one district, or (None) of all."""

    name: str
    share: float
    district: int | None = None


@dataclass(frozen=True, eq=False)
class Loss:
    """What happens when some facilities (candidate numbers) are lost.

    ``people``: persons no longer reached. ``by_district``: (d,) the same by district.
    ``failed``: targets met before and no longer. ``longer``: mean additional cost of those who
    still get somewhere, per person (None when nobody does).
    """

    sites: tuple[int, ...]
    people: float
    by_district: np.ndarray
    failed: tuple[str, ...]
    longer: float | None


@dataclass(frozen=True, eq=False)
class Repair:
    """The one addition that wins back most after a loss: candidate (None: none helps), persons."""

    lost: tuple[int, ...]
    site: int | None
    people: float


@dataclass(frozen=True, eq=False)
class Resilience:
    """``reached``: persons reached now; ``losses``: one per facility, the worst first;
    ``worst_pair``: of all pairs; ``repairs``: by loss, in the same order."""

    reached: float
    by_district: np.ndarray
    losses: tuple[Loss, ...]
    worst_pair: Loss | None
    repairs: tuple[Repair, ...]


@dataclass(frozen=True, eq=False)
class Closure:
    """The effect of one scenario (a closed road, a bridge): persons no longer reached, by
    district, targets failed, mean additional cost per person still reached, persons with no
    way at all any more."""

    name: str
    people: float
    by_district: np.ndarray
    failed: tuple[str, ...]
    longer: float | None
    cut_off: float


@dataclass(frozen=True, eq=False)
class _Now:
    """The state before anything is lost."""

    matrix: sp.csr_array
    times: np.ndarray
    weights: np.ndarray
    district: np.ndarray
    people: np.ndarray
    reached: np.ndarray
    targets: tuple[Target, ...]

    def districts(self, mask: np.ndarray) -> np.ndarray:
        return np.bincount(self.district[mask], self.weights[mask], len(self.people) + 1)[
            : len(self.people)
        ]

    def failed(self, lost: float, by_district: np.ndarray) -> tuple[str, ...]:
        """Targets met before that are not after losing these persons."""
        total, now = float(self.weights.sum()), float(self.weights[self.times > 0].sum())
        out = []
        for target in self.targets:
            if target.district is None:
                need, before, after = target.share * total, now, now - lost
            else:
                need = target.share * self.people[target.district]
                before = self.reached[target.district]
                after = before - by_district[target.district]
            slack = 1e-9 * max(1.0, need)
            if before >= need - slack and after < need - slack:
                out.append(target.name)
        return tuple(out)


def _now(
    problem: Problem,
    reach: float | np.ndarray,
    sites: np.ndarray,
    targets: Sequence[Target],
) -> _Now:
    matrix = some_columns(cover(problem.cost, reach), sites)
    weights = np.asarray(problem.weights, float)
    times = np.diff(matrix.indptr)
    count = 0
    district = np.zeros(len(weights), np.int64)
    if problem.district is not None:
        district = np.asarray(problem.district, np.int64)
        count = int(district.max(initial=-1)) + 1
        district = np.where(district < 0, count, district)
    people = np.bincount(district, weights, count + 1)[:count]
    reached = np.bincount(district, weights * (times > 0), count + 1)[:count]
    for target in targets:
        if target.district is not None and not 0 <= target.district < count:
            raise Refused(f"指标“{target.name}”所指的行政区里没有人口。")
    return _Now(matrix, times, weights, district, people, reached, tuple(targets))


def resilience(
    problem: Problem,
    reach: float | np.ndarray,
    sites: Sequence[int] | np.ndarray,
    *,
    targets: Sequence[Target] = (),
    additions: np.ndarray | None = None,
    ways: np.ndarray | None = None,
    report: Report = silent,
) -> Resilience:
    """Return what the loss of each of ``sites`` and of the worst pair means, and what repairs it.

    ``additions``: candidates that may be added (all others by default). ``ways``: (n, k) costs
    to ``sites`` (rising), when the problem lists only pairs within range: how much longer the
    way gets is told from these.
    """
    chosen = np.unique(np.asarray(sites, np.int64))
    if len(chosen) == 0:
        raise Refused("没有设施,谈不上失去其中一处。请先放入设施。")
    report(0.0, "正在计算逐个失去的影响…")
    now = _now(problem, reach, chosen, targets)
    ways = columns(problem.cost, chosen) if ways is None else ways
    losses = _single(now, chosen, _two_nearest(ways))
    report(0.4, "正在比较每两处…")
    pair = _pair(now, chosen, ways) if len(chosen) > 1 else None
    report(0.6, "正在寻找最好的补救…")
    if additions is None:
        additions = np.setdiff1d(np.arange(problem.candidates), chosen)
    repairs = _repairs(problem, reach, now, losses, np.asarray(additions, np.int64))
    order = sorted(range(len(losses)), key=lambda k: (-losses[k].people, losses[k].sites))
    report(1.0, "完成")
    return Resilience(
        float(now.weights[now.times > 0].sum()),
        now.reached,
        tuple(losses[k] for k in order),
        pair,
        tuple(repairs[k] for k in order),
    )


def _two_nearest(ways: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) position of the nearest site, its cost, the cost of the second."""
    block = ways.copy()
    rows = np.arange(len(block))
    owner = block.argmin(axis=1)
    first = block[rows, owner]
    block[rows, owner] = np.inf
    return owner, first, block.min(axis=1)


def _single(
    now: _Now, sites: np.ndarray, near: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> list[Loss]:
    k, d = len(sites), len(now.people)
    once = np.flatnonzero(now.times == 1)
    holder = now.matrix.indices[now.matrix.indptr[once]]
    people = np.bincount(holder, now.weights[once], k)
    flat = np.bincount(holder * (d + 1) + now.district[once], now.weights[once], k * (d + 1))
    table = np.asarray(flat.reshape(k, d + 1)[:, :d], float)
    owner, first, second = near
    moved = np.isfinite(second)
    detour = (second[moved] - first[moved]) * now.weights[moved]
    extra = np.bincount(owner[moved], detour, k)
    movers = np.bincount(owner[moved], now.weights[moved], k)
    out = []
    for j in range(k):
        longer = float(extra[j] / movers[j]) if movers[j] > 0 else None
        failed = now.failed(float(people[j]), table[j])
        out.append(Loss((int(sites[j]),), float(people[j]), table[j], failed, longer))
    return out


def pair_losses(
    problem: Problem, reach: float | np.ndarray, sites: Sequence[int] | np.ndarray
) -> np.ndarray:
    """Return (k, k) persons lost with each pair of ``sites`` (rising); the diagonal: with one."""
    chosen = np.unique(np.asarray(sites, np.int64))
    return _pairs(_now(problem, reach, chosen, ()), len(chosen))


def _pairs(now: _Now, k: int) -> np.ndarray:
    start, column = now.matrix.indptr, now.matrix.indices
    once = np.flatnonzero(now.times == 1)
    single = np.bincount(column[start[once]], now.weights[once], k)
    twice = np.flatnonzero(now.times == 2)
    a, b = column[start[twice]].astype(np.int64), column[start[twice] + 1].astype(np.int64)
    both = np.bincount(a * k + b, now.weights[twice], k * k).reshape(k, k)
    out = np.asarray(single[:, None] + single[None, :] + both + both.T, float)
    out[np.arange(k), np.arange(k)] = single
    return out


def _pair(now: _Now, sites: np.ndarray, ways: np.ndarray) -> Loss:
    k = len(sites)
    table = _pairs(now, k)
    table[np.tril_indices(k)] = -1.0
    a, b = divmod(int(np.argmax(table)), k)
    both = np.zeros(k)
    both[[a, b]] = 1.0
    gone = (now.times > 0) & ((now.matrix @ both) >= now.times)
    by_district = now.districts(gone)
    people = float(now.weights[gone].sum())
    rest = np.setdiff1d(np.arange(k), [a, b])
    before = ways.min(axis=1)
    after = ways[:, rest].min(axis=1, initial=np.inf)
    moved = np.isfinite(after) & (after > before)
    movers = float(now.weights[moved].sum())
    extra = float((now.weights[moved] * (after[moved] - before[moved])).sum())
    longer = extra / movers if movers > 0 else None
    return Loss(
        (int(sites[a]), int(sites[b])), people, by_district, now.failed(people, by_district), longer
    )


def _repairs(
    problem: Problem,
    reach: float | np.ndarray,
    now: _Now,
    losses: Sequence[Loss],
    additions: np.ndarray,
) -> list[Repair]:
    """Persons each addition reaches who are not reached after the loss, the most for each loss.

    Only demands reached once or never can be won: those never reached count for every loss.
    """
    if len(additions) == 0:
        return [Repair(loss.sites, None, 0.0) for loss in losses]
    open_rows = np.flatnonzero((now.times <= 1) & (now.weights > 0))
    more = some_columns(some_rows(cover(problem.cost, reach), open_rows), additions)
    k = len(losses)
    holder = np.full(len(open_rows), k)
    once = now.times[open_rows] == 1
    holder[once] = now.matrix.indices[now.matrix.indptr[open_rows[once]]]
    row = np.repeat(np.arange(len(open_rows)), np.diff(more.indptr))
    flat = np.bincount(
        holder[row] * len(additions) + more.indices,
        now.weights[open_rows][row],
        (k + 1) * len(additions),
    ).reshape(k + 1, len(additions))
    out = []
    for j, loss in enumerate(losses):
        won = flat[j] + flat[k]
        best = int(np.argmax(won))
        site = int(additions[best]) if won[best] > 0 else None
        out.append(Repair(loss.sites, site, float(won[best])))
    return out


def closures(
    problem: Problem,
    reach: float | np.ndarray,
    sites: Sequence[int] | np.ndarray,
    scenarios: Iterable[tuple[str, Cost | Callable[[], Cost]]],
    *,
    targets: Sequence[Target] = (),
    report: Report = silent,
    count: int | None = None,
) -> list[Closure]:
    """Return the effect of each scenario, the worst first.

    A scenario is a name and the costs under it, or a function that works them out when its turn
    comes (so that a thousand matrices need not be held at once): the (n, m) matrix, of which
    only the columns of ``sites`` are looked at, or (n,) costs to the nearest of ``sites``.
    ``count``: how many there are, for the progress.
    """
    chosen = np.unique(np.asarray(sites, np.int64))
    now = _now(problem, reach, chosen, targets)
    before = columns(problem.cost, chosen).min(axis=1, initial=np.inf)
    limit = reach if np.ndim(reach) == 0 else np.asarray(reach)[chosen]
    out = []
    for turn, (name, given) in enumerate(scenarios):
        report(turn / count if count else 0.0, f"正在计算“{name}”中断的影响…")
        cost = given() if callable(given) else given
        after, within = _under(problem, name, cost, chosen, limit)
        gone = (now.times > 0) & ~within
        by_district = now.districts(gone)
        people = float(now.weights[gone].sum())
        still = np.isfinite(after) & np.isfinite(before)
        movers = float(now.weights[still].sum())
        extra = float((now.weights[still] * (after[still] - before[still])).sum())
        out.append(
            Closure(
                name,
                people,
                by_district,
                now.failed(people, by_district),
                extra / movers if movers > 0 else None,
                float(now.weights[np.isfinite(before) & ~np.isfinite(after)].sum()),
            )
        )
    report(1.0, "完成")
    return sorted(out, key=lambda c: (-c.people, -(c.longer or 0.0), c.name))


def _under(
    problem: Problem, name: str, cost: Cost, sites: np.ndarray, limit: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) cost to the nearest site under a scenario, and whether anybody gets there in time."""
    if cost.shape == (problem.demands,) and np.ndim(limit) == 0:
        vector = np.asarray(cost)
        return vector, np.asarray(vector <= limit)
    if cost.shape != problem.cost.shape:
        raise Refused(f"“{name}”的成本矩阵大小与原来的不同。")
    block = columns(cost, sites)
    return block.min(axis=1, initial=np.inf), np.asarray((block <= limit).any(axis=1))
