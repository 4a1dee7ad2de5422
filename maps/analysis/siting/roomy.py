"""The shortest total way with limited room, for more demands than the exact model can take.

Demands that cost about the same to reach from everywhere are put into groups, each group is
sent out as one (what is feasible for groups is feasible for people), and HiGHS chooses the
sites. For the chosen sites people are then shared out exactly, one by one: by prices of room,
and by a linear program over those whose best site hangs on the prices. Prices also give a
proven bound (Lagrangian relaxation of “everybody is sent somewhere”; the site problems are
continuous knapsacks): Beasley, “Lagrangean heuristics for location problems”, EJOR 65 (1993).
"""

import heapq
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from maps.analysis.siting.mip import Mip, run
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side

_GROUPS = (200, 1500, 6000)
"""Groups of a first, quick choice of sites, and of later ones."""
_ARCS = 100_000
_CONTESTED = 2000
_QUICK = 5.0
"""Seconds for the first choice of sites."""
_MOMENTUM, _PATIENCE = 0.7, 12
_ROUNDS, _FINAL = 400, 60
"""Rounds for the prices of groups, and of people in the end."""


@dataclass(frozen=True, eq=False)
class Shared:
    """Who is sent where: the open ``sites``; (k,) ``row``, ``site`` (candidate number) and
    ``persons``; the total ``cost``; (m,) ``price`` of room per person at each open site."""

    sites: np.ndarray
    row: np.ndarray
    site: np.ndarray
    persons: np.ndarray
    cost: float
    price: np.ndarray


@dataclass(frozen=True, eq=False)
class Roomy:
    """The question: ``cost`` (n, m), inf out of reach, persons ``weight`` (n,) > 0, ``room``
    (m,) persons, the conditions ``side``."""

    cost: np.ndarray
    weight: np.ndarray
    room: np.ndarray
    side: Side


def choose(question: Roomy, search: Search, gap: float) -> tuple[Shared | None, float]:
    """Return the best choice found, with everybody shared out, and a proven lower bound."""
    best: Shared | None = None
    bound, price = -np.inf, np.zeros(len(question.weight))
    for wanted in _GROUPS:
        wanted = max(50, min(wanted, _ARCS // max(1, question.cost.shape[1])))
        group = groups(question.cost, question.weight, wanted)
        whole = sums(group, question.weight)
        mean = _means(question.cost, question.weight, group, whole)
        small = Roomy(mean, whole, question.room, question.side)
        sites = _sites(small, search, best, gap)
        if sites is not None:
            shared = share_out(question, sites)
            if shared is not None and (best is None or shared.cost < best.cost):
                best = shared
                search.tell(best.cost, bound if np.isfinite(bound) else 0.0)
        if best is None or search.tick():
            continue
        rough = _prices(small, best, _first(small, best), search, _ROUNDS)
        base = _first(question, best)
        lifted = base + (rough - sums(group, question.weight * base) / whole)[group]
        for told in (base, lifted):
            found = relaxed(question, told)[0]
            if found > bound:
                bound, price = found, told
        search.tell(best.cost, bound)
        if best.cost - bound <= gap * abs(best.cost):
            return best, bound
    if best is not None and search.left > 0:
        bound = relaxed(question, _prices(question, best, price, search, _FINAL))[0]
        search.tell(best.cost, bound)
    return best, bound


def sums(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """(g,) the sum of a value over each group."""
    return np.bincount(group, value)


def _means(
    cost: np.ndarray, weight: np.ndarray, group: np.ndarray, whole: np.ndarray
) -> np.ndarray:
    return np.column_stack([sums(group, weight * cost[:, j]) / whole for j in range(cost.shape[1])])


def groups(cost: np.ndarray, weight: np.ndarray, wanted: int) -> np.ndarray:
    """(n,) group numbers: demands of one group are reached by the same candidates at about the
    same cost. Whichever group would lose most by being one is cut in two, again and again."""
    finite = np.isfinite(cost)
    pattern = np.unique(np.packbits(finite, axis=1), axis=0, return_inverse=True)[1].ravel()
    group = np.zeros(len(cost), np.int64)
    heap: list[tuple[float, int, np.ndarray, int]] = []

    def put(number: int, rows: np.ndarray) -> None:
        group[rows] = number
        block = cost[rows][:, finite[rows[0]]]
        spread = block.max(axis=0) - block.min(axis=0)
        column = np.flatnonzero(finite[rows[0]])[int(np.argmax(spread))]
        heapq.heappush(heap, (-float(spread.max() * weight[rows].sum()), number, rows, column))

    order = np.argsort(pattern, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(pattern[order])) + 1):
        put(len(heap), rows)
    while len(heap) < wanted and heap[0][0] < 0:
        _, number, rows, column = heapq.heappop(heap)
        rows = rows[np.argsort(cost[rows, column], kind="stable")]
        half = np.cumsum(weight[rows])
        cut = int(np.clip(np.searchsorted(half, half[-1] / 2), 1, len(rows) - 1))
        put(number, rows[:cut])
        put(len(heap), rows[cut:])
    return group


def _sites(small: Roomy, search: Search, known: Shared | None, gap: float) -> np.ndarray | None:
    """Candidates to open, by the exact model over groups; from a known choice where there is."""
    row, site = np.nonzero(np.isfinite(small.cost))
    n, m = small.cost.shape
    arcs, one = len(row), np.ones(len(row))
    each = np.arange(arcs)
    sent = sp.csr_array((one, (row, each)), shape=(n, arcs))
    load = sp.csr_array((small.weight[row], (site, each)), shape=(m, arcs))
    gate = sp.csr_array((-one, (each, site)), shape=(arcs, m))
    room = np.minimum(small.room, float(small.weight.sum()))
    extra, low, high = small.side.rows()
    blocks: list[list[sp.sparray | None]] = [
        [None, sent],
        [-sp.diags_array(room), load],
        [extra, None],
        [gate, sp.eye_array(arcs)],
    ]
    mip = Mip(
        np.append(np.zeros(m), small.weight[row] * small.cost[row, site]),
        np.append(small.side.lower, np.zeros(arcs)),
        np.append(small.side.upper, np.ones(arcs)),
        np.append(np.ones(m, bool), np.zeros(arcs, bool)),
        sp.csr_array(sp.block_array(blocks, format="csr")),
        np.concatenate((np.ones(n), np.full(m, -np.inf), low, np.full(arcs, -np.inf))),
        np.concatenate((np.ones(n), np.zeros(m), high, np.zeros(arcs))),
    )
    start = None
    if known is not None:
        start = np.full(m + arcs, np.nan)
        start[:m] = small.side.lower
        start[known.sites] = 1.0
    share = _QUICK if known is None else 0.4 * search.left
    out = run(
        mip,
        search,
        start=start,
        gap=max(gap, 1e-4),
        seconds=share,
        say=lambda found, bound: (found if np.isfinite(found) else None, 0.0),
    )
    return None if out.values is None else np.flatnonzero(out.values[:m] > 0.5)


def share_out(question: Roomy, sites: np.ndarray) -> Shared | None:
    """Send everybody to open ``sites`` at the least total cost; None where they do not fit.

    Exact: who is not in the linear program goes where its prices say, and nobody outside it
    would go elsewhere by the prices it ends with.
    """
    cost, weight = question.cost[:, sites], question.weight
    room = question.room[sites]
    n, k = cost.shape
    if np.isinf(cost).all(axis=1).any():
        return None
    price = np.zeros(k)
    inside = np.zeros(n, bool)
    wanted = min(n, _CONTESTED)
    while True:
        told = cost + price
        goes = told.argmin(axis=1)
        if k > 1:
            nearly = np.partition(told, 1, axis=1)
            margin = nearly[:, 1] - nearly[:, 0]
            inside[np.argpartition(margin, wanted - 1)[:wanted]] = True
        else:
            inside[:] = True
        outside = np.flatnonzero(~inside)
        left = room - np.bincount(goes[outside], weight[outside], k)
        rows = np.flatnonzero(inside)
        flow = _linear(cost[rows], weight[rows], left) if (left >= 0).all() else None
        if flow is None and inside.all():
            return None
        if flow is None:
            wanted = min(n, 2 * wanted)
            if len(outside):
                price = price + _dearer(cost, weight, room, goes)
            continue
        row, site, persons, price = flow
        told = cost[outside] + price
        here = told[np.arange(len(outside)), goes[outside]]
        moved = outside[told.min(axis=1) < here - 1e-9 * np.maximum(1.0, np.abs(here))]
        if len(moved) == 0:
            break
        inside[moved] = True
        wanted = min(n, 2 * wanted)
    row = np.concatenate((outside, rows[row]))
    site = np.concatenate((goes[outside], site))
    persons = np.concatenate((weight[outside], persons))
    every = np.zeros(question.cost.shape[1])
    every[sites] = price
    return Shared(sites, row, sites[site], persons, float(persons @ cost[row, site]), every)


def _dearer(cost: np.ndarray, weight: np.ndarray, room: np.ndarray, goes: np.ndarray) -> np.ndarray:
    """(k,) what to add to the prices of sites that too many want to go to: as much as sends the
    surplus away, one after the other who has the shortest way elsewhere."""
    k = cost.shape[1]
    out = np.zeros(k)
    for j in np.flatnonzero(np.bincount(goes, weight, k) > room):
        mine = np.flatnonzero(goes == j)
        other = np.delete(cost[mine], j, axis=1).min(axis=1) - cost[mine, j]
        order = np.argsort(other)
        gone = np.cumsum(weight[mine][order])
        surplus = gone[-1] - room[j]
        last = order[min(int(np.searchsorted(gone, surplus)), len(order) - 1)]
        out[j] = max(0.0, other[last]) if np.isfinite(other[last]) else 0.0
    return out


def _linear(
    cost: np.ndarray, weight: np.ndarray, room: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Row, site, persons of the cheapest way to send some people, and the prices of room."""
    row, site = np.nonzero(np.isfinite(cost))
    n, k = cost.shape
    each, one = np.arange(len(row)), np.ones(len(row))
    found = linprog(
        weight[row] * cost[row, site],
        A_ub=sp.csr_array((weight[row], (site, each)), shape=(k, len(row))),
        b_ub=room,
        A_eq=sp.csr_array((one, (row, each)), shape=(n, len(row))),
        b_eq=np.ones(n),
        bounds=(0, 1),
        method="highs-ds",
    )
    if found.status != 0:
        return None
    some = found.x > 1e-12
    price = np.maximum(0.0, -np.asarray(found.ineqlin.marginals))
    return row[some], site[some], weight[row[some]] * found.x[some], price


def _first(question: Roomy, known: Shared) -> np.ndarray:
    """(n,) what sending one person costs at the prices of a known choice."""
    sites = known.sites
    return np.asarray((question.cost[:, sites] + known.price[sites]).min(axis=1))


def relaxed(
    question: Roomy, price: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, list[np.ndarray]]:
    """A lower bound from any prices (n,) per person: bound, (m,) what each candidate saves, those
    it would open, and the persons (n,) each of these would take."""
    m = question.cost.shape[1]
    saves, takes = np.zeros(m), []
    for j in range(m):
        gain = price - question.cost[:, j]
        rows = np.flatnonzero(gain > 0)
        rows = rows[np.argsort(-gain[rows], kind="stable")]
        full = np.cumsum(question.weight[rows])
        persons = np.minimum(
            question.weight[rows],
            np.maximum(0.0, question.room[j] - (full - question.weight[rows])),
        )
        saves[j] = float(persons @ gain[rows])
        taken = np.zeros(len(price))
        taken[rows] = persons
        takes.append(taken)
    chosen = _cheapest(saves, question.side)
    bound = float(question.weight @ price - saves[chosen].sum())
    return bound, saves, chosen, [takes[j] for j in chosen]


def _cheapest(saves: np.ndarray, side: Side) -> np.ndarray:
    """Candidates the conditions allow that save most together."""
    if side.simple:
        free = side.free[np.argsort(-saves[side.free], kind="stable")]
        free = free[saves[free] > 0][: len(free) if side.limit is None else side.limit]
        return np.union1d(side.fixed, free)
    matrix, low, high = side.rows()
    m = len(saves)
    out = run(
        Mip(-saves, side.lower, side.upper, np.ones(m, bool), matrix, low, high),
        Search(10.0, lambda done, text: None, lambda step: None, -1),
    )
    if out.values is None or out.status != "optimal":
        return np.flatnonzero(side.upper > 0)  # opening everything saves at least as much
    return np.flatnonzero(out.values > 0.5)


def _prices(
    question: Roomy, known: Shared, first: np.ndarray, search: Search, rounds: int
) -> np.ndarray:
    """(n,) prices that give a good bound, by subgradients from ``first``."""
    price, best = first.copy(), first.copy()
    top, theta, stall = -np.inf, 1.0, 0
    motion = np.zeros(len(price))
    for turn in range(rounds):
        bound, _, _, takes = relaxed(question, price)
        if bound > top + 1e-9 * abs(bound):
            top, best, stall = bound, price, 0
        else:
            stall += 1
            if stall >= _PATIENCE:
                theta, stall, price = theta * 0.6, 0, best
                if theta < 1e-3:
                    break
                continue
        taken = np.sum(takes, axis=0) if takes else np.zeros(len(price))
        motion = (1.0 - taken / question.weight) + _MOMENTUM * motion
        size = float(question.weight @ (motion * motion))
        if size == 0 or known.cost <= bound:
            break
        price = price + theta * (known.cost - bound) / size * motion
        if turn % 10 == 0 and search.tick():
            break
    return best
