"""Backup cover and limited capacities: who is reached twice, and for whom there is room.

Hogan and ReVelle, “Concepts and applications of backup coverage”, Management Science 32
(1986); Current and Storbeck, “Capacitated covering models”, Environment and Planning B 15
(1988). The people of one demand may be sent to several sites.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from data.refused import Refused
from maps.analysis.siting.ask import Ask, Problem
from maps.analysis.siting.lscp import fewest, unreached
from maps.analysis.siting.matrix import as_pairs, cover, merged, some_rows, weights_of
from maps.analysis.siting.mclp import whole_numbers
from maps.analysis.siting.mip import Mip, run
from maps.analysis.siting.roomy import Roomy, choose
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side

_LINKED = 400_000
_MANY = 20_000
"""Pairs from which on a p-median with capacities is looked for by groups of demands first."""


Sent = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Demand, candidate, persons: (k,) each."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Sites (fixed ones included), objective, bound, proven, levels, persons served per demand,
    with capacities (m,) persons each candidate takes in and who goes where."""

    sites: np.ndarray
    objective: float
    bound: float
    proven: bool
    levels: tuple[float, ...] = ()
    served: np.ndarray | None = None
    load: np.ndarray | None = None
    sent: Sent | None = None


def _conditions(ask: Ask) -> str:
    """What was asked for, with its numbers: “数量 3 处、预算 20”."""
    p = ask.phases[-1] if ask.phases else ask.p
    words = [f"数量 {p} 处"] if p is not None else []
    if ask.budget is not None:
        words.append(f"预算 {ask.budget:g}")
    if ask.reach is not None:
        words.append("服务距离或时间")
    if ask.at_least:
        words.append(f"各区最少数量(共 {sum(ask.at_least.values())} 处)")
    if ask.moves is not None:
        words.append(f"最多迁 {ask.moves} 处")
    return f"{'、'.join(words)} 等条件" if words else "条件"


def nothing_found(optimal: bool, search: Search, ask: Ask) -> Refused:
    """What to say when a search ends without an answer."""
    if optimal:
        return Refused(
            f"没有任何布局能同时满足{_conditions(ask)}。"
            "请放宽数量、预算、容量、间距、各区要求中的一项,或增加候选点。"
        )
    if search.stop():
        return Refused("停止时还没有找到满足全部条件的布局。请多等一会儿,或放宽条件。")
    return Refused(
        f"在 {search.seconds:g} 秒内没有找到满足全部条件的布局,也没有证明它不存在。"
        "请延长求解时间或放宽条件。"
    )


def backup(
    problem: Problem, ask: Ask, side: Side, matrix: sp.csr_array, search: Search
) -> tuple[Answer, np.ndarray]:
    """Reach everybody once, and as many people as possible twice.

    Without ``p`` with as few sites as everybody needs (the fewest come first).
    """
    kept, lost = unreached(problem, matrix, ask, 1)
    rows = some_rows(matrix, kept)
    weights = np.asarray(problem.weights, float)[kept]
    limit, proven = side.limit, True
    start: np.ndarray | None = None
    if limit is None:
        first = fewest(rows, np.ones(len(kept), np.int64), side, search)
        if first.sites is None:
            raise nothing_found(not np.isfinite(first.bound), search, ask)
        limit, proven = round(first.count), first.proven
        start = side.lower.copy()
        start[first.sites] = 1.0
    head, group = merged(rows)
    small, weight = some_rows(rows, head), weights_of(group, weights, len(head))
    begin = None
    if start is not None:
        begin = np.append(start, np.minimum(1.0, small @ start - 1.0))
    out = run(
        _twice(small, weight, side, limit),
        search,
        start=begin,
        gap=ask.gap,
        whole_steps=1.0 if whole_numbers(weights) else 0.0,
        say=lambda found, bound: (-found, -bound),
    )
    if out.values is None:
        raise nothing_found(out.status == "infeasible", search, ask)
    is_open = (out.values[: problem.candidates] > 0.5).astype(float)
    people = float(weight[(small @ is_open) >= 2].sum())
    used = float(is_open[side.counted].sum())
    bound = people if out.status == "optimal" else max(people, -out.bound)
    done = proven and out.status == "optimal"
    return Answer(np.flatnonzero(is_open), people, bound, done, (used, people)), lost


def _twice(matrix: sp.csr_array, weight: np.ndarray, side: Side, limit: int) -> Mip:
    """Open x, reach every row, count u for rows reached twice."""
    n, m = matrix.shape
    extra, low, high = side.rows(with_limit=False)
    count = sp.csr_array(side.counted.astype(float)[None, :])
    blocks: list[list[sp.sparray | None]] = [
        [matrix, -sp.eye_array(n)],
        [count, None],
        [extra, None],
    ]
    return Mip(
        np.append(np.zeros(m), -weight),
        np.append(side.lower, np.zeros(n)),
        np.append(side.upper, np.ones(n)),
        np.append(np.ones(m, bool), np.zeros(n, bool)),
        sp.csr_array(sp.block_array(blocks, format="csr")),
        np.concatenate((np.ones(n), [-np.inf], low)),
        np.concatenate((np.full(n, np.inf), [float(limit)], high)),
    )


def capacitated(
    problem: Problem, ask: Ask, side: Side, search: Search
) -> tuple[Answer, np.ndarray]:
    """lscp, mclp and pmedian with a limited number of people per site."""
    reach = np.inf if ask.reach is None else ask.reach
    matrix = cover(problem.cost, reach)
    kept = np.flatnonzero(np.diff(matrix.indptr) > 0)
    lost = np.empty(0, np.int64)
    if ask.model != "mclp":
        kept, lost = unreached(problem, matrix, ask, 1, people=True)
    weights = np.asarray(problem.weights, float)
    kept = kept[weights[kept] > 0]
    room = capacities(problem)
    if ask.model != "mclp":
        _enough_room(room, float(weights[kept].sum()), side)
    rows = some_rows(matrix, kept)
    if ask.model == "pmedian":
        return _nearest_with_room(problem, ask, side, kept, rows, room, search), lost
    head, group = merged(rows)
    small, weight = some_rows(rows, head), weights_of(group, weights[kept], len(head))
    mip = _flow(ask, side, small, weight, np.minimum(room, float(weight.sum())), None)
    sense = -1.0 if ask.model == "mclp" else 1.0
    step = 1.0 if ask.model == "lscp" else 0.0
    out = run(
        mip,
        search,
        gap=ask.gap,
        whole_steps=step,
        say=lambda found, bound: (sense * found, sense * bound),
    )
    if out.values is None:
        if out.status == "infeasible" and ask.model != "mclp":
            lacking = _too_small(ask, side, rows, weights[kept], room, search)
            raise lacking or nothing_found(True, search, ask)
        raise nothing_found(out.status == "infeasible", search, ask)
    m = problem.candidates
    share = sp.csr_array((out.values[m:], small.indices, small.indptr), shape=small.shape)
    sites = np.flatnonzero(out.values[:m] > 0.5)
    sent = _persons(share[group], sites, kept, weights)
    objective = sense * out.objective
    if ask.model == "lscp":
        objective = float(np.round(objective))
    proven = out.status == "optimal"
    bound = objective if proven else sense * out.bound
    return _answer(problem, sites, objective, bound, proven, sent), lost


def _persons(share: sp.csr_array, sites: np.ndarray, kept: np.ndarray, weights: np.ndarray) -> Sent:
    """Who goes where, from the shares of the demands ``kept`` per candidate (CSR).

    Solvers send a millionth to a site that is a millionth open: what goes to others than
    ``sites`` is no share.
    """
    row = np.repeat(np.arange(share.shape[0]), np.diff(share.indptr))
    whole = np.maximum(1.0, np.bincount(row, share.data, share.shape[0]))
    some = (share.data > 0) & np.isin(share.indices, sites)
    row, site = row[some], share.indices[some]
    return kept[row], site, weights[kept[row]] * share.data[some] / whole[row]


def _answer(
    problem: Problem, sites: np.ndarray, objective: float, bound: float, proven: bool, sent: Sent
) -> Answer:
    demand, site, persons = sent
    served = np.bincount(demand, persons, problem.demands)
    load = np.bincount(site, persons, problem.candidates)
    return Answer(sites, objective, bound, proven, (), served, load, sent)


def _nearest_with_room(
    problem: Problem,
    ask: Ask,
    side: Side,
    kept: np.ndarray,
    rows: sp.csr_array,
    room: np.ndarray,
    search: Search,
) -> Answer:
    """pmedian: by groups of demands first where there are many, exactly where there are not."""
    weights, m = np.asarray(problem.weights, float), problem.candidates
    weight, paid = weights[kept], _costs(problem, kept, rows)
    row = np.repeat(np.arange(len(kept)), np.diff(rows.indptr))
    known, bound = None, -np.inf
    if rows.nnz > _MANY:
        lacking = _too_small(ask, side, rows, weight, room, search)
        if lacking is not None:
            raise lacking
        dense = np.full(rows.shape, np.inf)
        dense[row, rows.indices] = paid
        most = np.minimum(room, float(weight.sum()))
        known, bound = choose(Roomy(dense, weight, most, side), search, ask.gap)
    start = None
    if known is not None:
        start = np.full(m + rows.nnz, np.nan)
        start[:m] = 0.0
        start[np.union1d(known.sites, side.fixed)] = 1.0
    if rows.nnz <= _LINKED and search.left > 0:
        mip = _flow(ask, side, rows, weight, np.minimum(room, float(weight.sum())), paid)
        out = run(mip, search, gap=ask.gap, start=start, say=lambda found, low: (found, low))
        if out.values is None and known is None:
            if out.status == "infeasible":
                lacking = _too_small(ask, side, rows, weight, room, search)
                raise lacking or nothing_found(True, search, ask)
            raise nothing_found(False, search, ask)
        bound = max(bound, out.bound)
        if out.values is not None and (known is None or out.objective <= known.cost):
            share = sp.csr_array((out.values[m:], rows.indices, rows.indptr), shape=rows.shape)
            sites = np.flatnonzero(out.values[:m] > 0.5)
            cost, proven = out.objective, out.status == "optimal"
            low = cost if proven else min(bound, cost)
            sent = _persons(share, sites, kept, weights)
            return _answer(problem, sites, cost, low, proven, sent)
    if known is None:
        raise nothing_found(False, search, ask)
    sites = np.union1d(known.sites, side.fixed)
    proven = known.cost - bound <= 1e-9 * abs(known.cost)
    sent = (kept[known.row], known.site, known.persons)
    return _answer(problem, sites, known.cost, min(bound, known.cost), proven, sent)


def _too_small(
    ask: Ask,
    side: Side,
    rows: sp.csr_array,
    weights: np.ndarray,
    room: np.ndarray,
    search: Search,
) -> Refused | None:
    """How many people there is room for at most; None when there is for all."""
    most = replace(ask, model="mclp")
    head, group = merged(rows)
    weight = weights_of(group, weights, len(head))
    people = float(weight.sum())
    mip = _flow(most, side, some_rows(rows, head), weight, np.minimum(room, people), None)
    out = run(mip, search, seconds=0.3 * search.left)
    if out.values is None:
        return nothing_found(out.status == "infeasible", search, ask)
    if out.objective <= -people * (1 - 1e-9):
        return None
    if out.status != "optimal" and ask.model == "pmedian":
        return None  # not known
    word = "最多" if out.status == "optimal" else "已知的布局最多"
    return Refused(
        f"容量不够:要安置 {people:,.0f} 人,在给定的{_conditions(ask)}下{word}能安置 "
        f"{-out.objective:,.0f} 人,还差 {people + out.objective:,.0f} 人。"
        "请增加数量或容量、放宽距离,或增加候选点。"
    )


def capacities(problem: Problem) -> np.ndarray:
    """Return (m,) capacities in persons, refusing missing or negative ones."""
    room = np.asarray(problem.capacity, float)
    bad = np.flatnonzero(np.isnan(room) | (room < 0))
    if len(bad):
        raise Refused(f"有 {len(bad)} 个候选点的容量空缺或是负数(例如第 {bad[0] + 1} 个),请补上。")
    return room


def _enough_room(room: np.ndarray, people: float, side: Side) -> None:
    mine = np.sort(room[side.free])[::-1]
    most = float(room[side.fixed].sum() + mine[: side.limit].sum())
    if most < people - 1e-9:
        which = "全部候选点" if side.limit is None else f"容量最大的 {side.limit} 处"
        raise Refused(
            f"容量不够:要安置 {people:,.0f} 人,{which}加上保留的设施只能容纳 {most:,.0f} 人,"
            f"还差 {people - most:,.0f} 人。请增加数量或容量。"
        )


def _costs(problem: Problem, kept: np.ndarray, matrix: sp.csr_array) -> np.ndarray:
    """Return the cost of every entry of a cover of the demands ``kept``."""
    pairs = as_pairs(problem.cost).only(kept)
    m = problem.candidates
    have = pairs.rows * m + pairs.site
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.argsort(have)
    return pairs.cost[order[np.searchsorted(have[order], row * m + matrix.indices)]]


def _flow(
    ask: Ask,
    side: Side,
    matrix: sp.csr_array,
    weight: np.ndarray,
    room: np.ndarray,
    paid: np.ndarray | None,
) -> Mip:
    """Open x, send the share z of a demand along each pair within reach."""
    n, m = matrix.shape
    arcs = matrix.nnz
    row = np.repeat(np.arange(n), np.diff(matrix.indptr))
    each, one = np.arange(arcs), np.ones(arcs)
    sent = sp.csr_array((one, (row, each)), shape=(n, arcs))
    load = sp.csr_array((weight[row], (matrix.indices, each)), shape=(m, arcs))
    extra, low, high = side.rows()
    blocks: list[list[sp.sparray | None]] = [
        [None, sent],
        [-sp.diags_array(room), load],
        [extra, None],
    ]
    below = [np.zeros(n) if ask.model == "mclp" else np.ones(n), np.full(m, -np.inf), low]
    above = [np.ones(n), np.zeros(m), high]
    if arcs <= _LINKED:
        gate = sp.csr_array((-one, (each, matrix.indices)), shape=(arcs, m))
        blocks.append([gate, sp.eye_array(arcs)])
        below.append(np.full(arcs, -np.inf))
        above.append(np.zeros(arcs))
    value, gain = np.zeros(m), np.zeros(arcs)
    if ask.model == "lscp":
        value = side.counted.astype(float)
    elif ask.model == "mclp":
        gain = -weight[row]
    elif paid is not None:
        gain = weight[row] * paid
    return Mip(
        np.append(value, gain),
        np.append(side.lower, np.zeros(arcs)),
        np.append(side.upper, np.ones(arcs)),
        np.append(np.ones(m, bool), np.zeros(arcs, bool)),
        sp.csr_array(sp.block_array(blocks, format="csr")),
        np.concatenate(below),
        np.concatenate(above),
    )
