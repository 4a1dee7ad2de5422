"""The fewest (or cheapest) sites that reach everybody.

Toregas, Swain, ReVelle, Bergman, “The location of emergency service facilities”,
Operations Research 19 (1971).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from data.refused import Refused
from maps.analysis.siting.ask import Ask, Problem, Unreachable
from maps.analysis.siting.covertree import enough
from maps.analysis.siting.heuristics import cover_all
from maps.analysis.siting.matrix import merged, some_columns, some_rows
from maps.analysis.siting.mip import Enough, Mip, Outcome, never, run
from maps.analysis.siting.reduce import apart, covering_kernel, parts
from maps.analysis.siting.search import Search
from maps.analysis.siting.side import Side, prices
from maps.analysis.siting.weighting import fewer_sites

_SMALL = 60
_FEW, _MANY = 300, 2000
_LARGE, _GLANCE = 300, 100
"""Candidates of a part from which on its first answer is improved, in so many steps."""
_AT_ONCE = 3.0
"""Seconds HiGHS gets before local search looks for fewer sites; most parts are proven in less."""


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
    problem: Problem, matrix: sp.csr_array, ask: Ask, times: int, *, people: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return demands (rows) that can be reached ``times`` times and those that cannot.

    Raises Unreachable for the second, unless ``ask.only_reachable``. ``people``: demands where
    nobody lives need not be reached.
    """
    short = np.diff(matrix.indptr) < times
    if people:
        short &= np.asarray(problem.weights, float) > 0
    lost = np.flatnonzero(short)
    if len(lost) and not ask.only_reachable:
        persons = float(problem.weights[lost].sum())
        shown = "、".join(str(r + 1) for r in lost[:5]) + (" …" if len(lost) > 5 else "")
        how = "任何候选点都到不了" if times == 1 else f"能到达的候选点不足 {times} 个"
        raise Unreachable(
            f"有 {len(lost)} 个需求点、{persons:,.0f} 人{how}(第 {shown} 个)。"
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
    proof: bool = True,
) -> Covering:
    """Choose the fewest (or cheapest) sites so that each row is reached ``need`` times.

    ``matrix``: (n, m) cover, ``need``: (n,) whole numbers. Fixed sites of ``side`` help and are
    not counted. With ``target`` the search ends as soon as it is met or shown out of reach, or
    after ``patience`` seconds. Without ``proof`` only a good answer is looked for, if nothing
    but the number is asked for.
    """
    fixed = np.zeros(matrix.shape[1])
    fixed[side.fixed] = 1.0
    still = need - (matrix @ fixed).astype(np.int64)
    open_rows = np.flatnonzero(still > 0)
    if side.simple and (len(open_rows) == 0 or still.max() == 1):
        matrix = some_columns(some_rows(matrix, open_rows), side.free)
        return _plain(matrix, side.free, search, price, target, patience, proof)
    rows = some_rows(matrix, open_rows)
    return _conditioned(rows, need[open_rows], side, search, price, target, patience)


def _plain(
    matrix: sp.csr_array,
    candidates: np.ndarray,
    search: Search,
    price: np.ndarray | None,
    target: int | None,
    patience: float | None,
    proof: bool,
) -> Covering:
    """Every row once, nothing else: reduce, fall apart, solve the parts."""
    if (np.diff(matrix.indptr) == 0).any():
        return Covering(None, np.inf, np.inf)
    first, _ = merged(matrix)
    own = None if price is None else price[candidates]
    kernel, columns = covering_kernel(some_rows(matrix, first), own)
    cost = np.ones(len(columns)) if own is None else own[columns]
    if target is not None and (least := apart(kernel, target)) > target:
        return Covering(None, np.inf, float(least))
    pieces = parts(kernel)
    chosen: list[np.ndarray] = []
    count = bound = 0.0
    for done, (rows, inside) in enumerate(pieces):
        still = len(pieces) - done
        if target is not None and bound + still > target:
            return Covering(None, np.inf, bound + still)
        if len(inside) == 1:
            chosen.append(inside)
            count += float(cost[inside[0]])
            bound += float(cost[inside[0]])
            continue
        piece = some_columns(some_rows(kernel, rows), inside)
        # The last part only has to show whether it fits into what the others leave over.
        room = None if target is None or still > 1 else target - round(count)
        part = _Part(
            piece, cost[inside], price is None, room, (count, bound) if still == 1 else None
        )
        sites, own_count, own_bound = part.solve(search, patience, proof)
        chosen.append(inside[sites])
        count += own_count
        bound += own_bound
    sites = np.concatenate(chosen) if chosen else np.empty(0, np.int64)
    return Covering(np.sort(candidates[columns[sites]]), count, bound)


@dataclass(frozen=True, eq=False)
class _Part:
    """One independent part: every row of ``matrix`` needs one of its columns.

    ``unit``: all sites cost 1. ``room``: how many would do. ``others``: number and bound of the
    parts already done, when this is the last one (for the live display).
    """

    matrix: sp.csr_array
    cost: np.ndarray
    unit: bool
    room: int | None
    others: tuple[float, float] | None

    def solve(
        self, search: Search, patience: float | None, proof: bool
    ) -> tuple[np.ndarray, float, float]:
        """Return sites, their number or price, and its bound."""
        sites = cover_all(self.matrix, None if self.unit else self.cost)
        self._tell(search, sites)
        whole = proof and self.room is None
        if whole:
            brief = _AT_ONCE if patience is None else min(_AT_ONCE, patience)
            if self.matrix.shape[1] >= _LARGE:
                sites = self._fewer(sites, _GLANCE, search)
                self._tell(search, sites)
            sites, count, bound = self._prove(search, sites, brief)
            if bound >= count - 1e-6 or search.tick():
                return sites, count, bound
        if proof and self.unit and self.room is not None and not self._fits(sites):
            # The linear program tells at once what is far out of reach.
            found = enough(self.matrix, self.room, search, patience)
            if found.sites is not None:
                sites = found.sites
            elif found.bound > self.room or search.tick():
                return sites, float(len(sites)), float(min(found.bound, len(sites)))
            sites = self._fewer(sites, _FEW, search)
            return sites, float(len(sites)), float(min(found.bound, len(sites)))
        sites = self._fewer(sites, _MANY if whole else _FEW, search)
        if self._fits(sites) or not proof:
            return sites, float(self.cost[sites].sum()), 0.0
        self._tell(search, sites)
        return self._prove(search, sites, patience)

    def _fewer(self, sites: np.ndarray, steps: int, search: Search) -> np.ndarray:
        if not self.unit or self.matrix.shape[1] < _SMALL or self._fits(sites):
            return sites
        return fewer_sites(self.matrix, sites, self.room or 0, steps, search.tick)

    def _fits(self, sites: np.ndarray) -> bool:
        return self.room is not None and float(self.cost[sites].sum()) <= self.room

    def _tell(self, search: Search, sites: np.ndarray) -> None:
        if self.others is not None and self.room is None:
            search.tell(self.others[0] + float(self.cost[sites].sum()), self.others[1])

    def _prove(
        self, search: Search, sites: np.ndarray, seconds: float | None
    ) -> tuple[np.ndarray, float, float]:
        n, m = self.matrix.shape
        start = np.zeros(m)
        start[sites] = 1.0
        mip = Mip(
            self.cost,
            np.zeros(m),
            np.ones(m),
            np.ones(m, bool),
            self.matrix,
            np.ones(n),
            np.full(n, np.inf),
        )
        say = None
        if self.others is not None and self.room is None:
            done, shown = self.others

            def say(found: float, bound: float) -> tuple[float, float]:
                return found + done, bound + shown

        out = run(
            mip,
            search,
            start=start,
            whole_steps=1.0 if self.unit else 0.0,
            enough=_decides(self.room),
            say=say,
            seconds=seconds,
        )
        return _rounded(out, start, self.cost, self.unit)


def _decides(limit: int | None) -> Enough:
    """End the search when it is clear whether ``limit`` sites do."""
    if limit is None:
        return never
    return lambda objective, bound: objective <= limit + 1e-6 or bound > limit + 1e-6


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
    step = 1.0 if price is None else 0.0
    out = run(mip, search, whole_steps=step, enough=_decides(target), seconds=patience)
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
