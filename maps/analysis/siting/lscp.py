"""The fewest (or cheapest) sites that reach everybody.

Toregas, Swain, ReVelle, Bergman, “The location of emergency service facilities”,
Operations Research 19 (1971).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from data.refused import Refused
from maps.analysis.siting.ask import Ask, Problem, Unreachable
from maps.analysis.siting.heuristics import cover_all
from maps.analysis.siting.matrix import merged, some_columns, some_rows
from maps.analysis.siting.mip import Enough, Mip, Outcome, never, run
from maps.analysis.siting.reduce import covering_kernel, parts
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side, prices


@dataclass(frozen=True, eq=False)
class Covering:
    """Sites (beside the fixed ones) that meet every need, None when there are none.

    ``count``/``bound``: their number or price and a proven lower bound of it.
    """

    sites: np.ndarray | None
    count: float
    bound: float

    @property
    def proven(self) -> bool:
        return self.sites is not None and self.bound >= self.count - 1e-6


def unreached(
    problem: Problem, matrix: sp.csr_array, ask: Ask, times: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return demands (rows) that can be reached ``times`` times and those that cannot.

    Raises Unreachable for the second, unless ``ask.only_reachable``.
    """
    short = np.diff(matrix.indptr) < times
    lost = np.flatnonzero(short)
    if len(lost) and not ask.only_reachable:
        people = float(problem.weights[lost].sum())
        shown = "、".join(str(r + 1) for r in lost[:5]) + (" …" if len(lost) > 5 else "")
        how = "任何候选点都到不了" if times == 1 else f"能到达的候选点不足 {times} 个"
        raise Unreachable(
            f"有 {len(lost)} 个需求点、{people:,.0f} 人{how}(第 {shown} 个)。"
            "请放宽距离或时间、在附近增加候选点,或只要求覆盖能到达的人。",
            lost,
        )
    return np.flatnonzero(~short), lost


def fewest(
    matrix: sp.csr_array,
    need: np.ndarray,
    side: Side,
    search: Search,
    price: np.ndarray | None = None,
    target: int | None = None,
    patience: float | None = None,
) -> Covering:
    """Choose the fewest (or cheapest) sites so that each row is reached ``need`` times.

    ``matrix``: (n, m) cover, ``need``: (n,) whole numbers. Fixed sites of ``side`` help and are
    not counted. With ``target`` the search ends as soon as it is met or shown out of reach, or
    after ``patience`` seconds.
    """
    fixed = np.zeros(matrix.shape[1])
    fixed[side.fixed] = 1.0
    still = need - (matrix @ fixed).astype(np.int64)
    open_rows = np.flatnonzero(still > 0)
    if side.simple and (len(open_rows) == 0 or still.max() == 1):
        matrix = some_columns(some_rows(matrix, open_rows), side.free)
        return _plain(matrix, side.free, search, price, target, patience)
    rows = some_rows(matrix, open_rows)
    return _conditioned(rows, need[open_rows], side, search, price, target, patience)


def _plain(
    matrix: sp.csr_array,
    candidates: np.ndarray,
    search: Search,
    price: np.ndarray | None,
    target: int | None,
    patience: float | None,
) -> Covering:
    """Every row once, nothing else: reduce, fall apart, solve the parts."""
    if (np.diff(matrix.indptr) == 0).any():
        return Covering(None, np.inf, np.inf)
    first, _ = merged(matrix)
    own = None if price is None else price[candidates]
    kernel, columns = covering_kernel(some_rows(matrix, first), own)
    cost = np.ones(len(columns)) if own is None else own[columns]
    pieces = parts(kernel)
    chosen: list[np.ndarray] = []
    count = bound = 0.0
    for done, (rows, inside) in enumerate(pieces):
        if target is not None and bound + len(pieces) - done > target:
            return Covering(None, np.inf, bound + len(pieces) - done)
        if len(inside) == 1:
            chosen.append(inside)
            count += float(cost[inside[0]])
            bound += float(cost[inside[0]])
            continue
        piece = some_columns(some_rows(kernel, rows), inside)
        # The last part only has to show whether it fits into what the others leave over.
        room = None if target is None or done + 1 < len(pieces) else target - round(count)
        sites, own_count, own_bound = _part(
            piece, cost[inside], search, room, price is None, patience
        )
        chosen.append(inside[sites])
        count += own_count
        bound += own_bound
    sites = np.concatenate(chosen) if chosen else np.empty(0, np.int64)
    return Covering(np.sort(candidates[columns[sites]]), count, bound)


def _part(
    matrix: sp.csr_array,
    cost: np.ndarray,
    search: Search,
    room: int | None,
    whole: bool,
    patience: float | None,
) -> tuple[np.ndarray, float, float]:
    start = np.zeros(matrix.shape[1])
    start[cover_all(matrix, None if whole else cost)] = 1.0
    have = float(cost @ start)
    if room is not None and have <= room:
        return np.flatnonzero(start), have, 0.0
    enough: Enough = never
    if room is not None:
        limit = room

        def enough(objective: float, bound: float) -> bool:
            return objective <= limit + 1e-6 or bound > limit + 1e-6

    n, m = matrix.shape
    mip = Mip(
        cost,
        np.zeros(m),
        np.ones(m),
        np.ones(m, bool),
        matrix,
        np.ones(n),
        np.full(n, np.inf),
    )
    step = 1.0 if whole else 0.0
    out = run(mip, search, start=start, whole_steps=step, enough=enough, seconds=patience)
    return _rounded(out, start, cost, whole)


def _rounded(
    out: Outcome, start: np.ndarray, cost: np.ndarray, whole: bool
) -> tuple[np.ndarray, float, float]:
    values = start if out.values is None else out.values
    sites = np.flatnonzero(values > 0.5)
    count = float(cost[sites].sum())
    bound = count if out.status == "optimal" else max(0.0, out.bound)
    if whole:
        bound = float(np.ceil(bound - 1e-6))
    return sites, count, min(bound, count)


def _conditioned(
    matrix: sp.csr_array,
    need: np.ndarray,
    side: Side,
    search: Search,
    price: np.ndarray | None,
    target: int | None,
    patience: float | None,
) -> Covering:
    """With conditions on the sites, or more than once: one model over all candidates."""
    n, m = matrix.shape
    cost = side.counted.astype(float) if price is None else np.where(side.counted, price, 0.0)
    if n:
        first, group = merged(matrix)
        strictest = np.zeros(len(first), np.int64)
        np.maximum.at(strictest, group, need)
        matrix, need, n = some_rows(matrix, first), strictest, len(first)
    rows, low, high = side.rows(with_limit=price is not None or target is None)
    mip = Mip(
        cost,
        side.lower,
        side.upper,
        np.ones(m, bool),
        sp.csr_array(sp.vstack([matrix, rows], format="csr")),
        np.append(need.astype(float), low),
        np.append(np.full(n, np.inf), high),
    )
    enough: Enough = never
    if target is not None:
        limit = target

        def enough(objective: float, bound: float) -> bool:
            return objective <= limit + 1e-6 or bound > limit + 1e-6

    step = 1.0 if price is None else 0.0
    out = run(mip, search, whole_steps=step, enough=enough, seconds=patience)
    if out.status == "infeasible":
        return Covering(None, np.inf, np.inf)
    whole = price is None
    bound = float(np.ceil(out.bound - 1e-6)) if whole and np.isfinite(out.bound) else out.bound
    if out.values is None:
        return Covering(None, np.inf, max(0.0, bound))
    sites = np.flatnonzero((out.values > 0.5) & (side.lower == 0))
    count = float(cost[sites].sum())
    return Covering(sites, count, count if out.status == "optimal" else max(0.0, bound))


def lscp(
    problem: Problem, ask: Ask, side: Side, matrix: sp.csr_array, search: Search
) -> tuple[Covering, np.ndarray]:
    """Return the fewest (priced: cheapest) sites reaching everybody, and the demands left out."""
    kept, lost = unreached(problem, matrix, ask, ask.times)
    price = prices(problem) if ask.priced else None
    need = np.full(len(kept), ask.times, np.int64)
    found = fewest(some_rows(matrix, kept), need, side, search, price)
    if found.sites is None:
        if np.isfinite(found.bound):
            raise Refused(
                f"在 {search.seconds:g} 秒内没有找到满足全部条件的布局,也没有证明它不存在。"
                "请延长求解时间或放宽条件。"
            )
        raise Refused(
            "没有任何布局能同时满足覆盖所有人和其他条件。请放宽数量、预算、间距或各区要求。"
        )
    if side.limit is not None and len(found.sites) > side.limit:
        raise Refused(
            f"{side.limit} 处不够:要覆盖所有能到达的人至少要 {found.bound:g} 处"
            f"(已找到 {found.count:g} 处的布局)。请增加数量或放宽距离。"
        )
    search.tell(found.count, found.bound)
    return found, lost
