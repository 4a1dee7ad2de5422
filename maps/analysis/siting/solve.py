"""One door to all models: check the question, solve it, check the answer, hand it over."""

import numpy as np
import scipy.sparse as sp

from data.progress import Report, silent
from data.refused import Refused
from maps.analysis.siting import verify
from maps.analysis.siting.ask import MODELS, Ask, Problem, Siting, Watch, unwatched
from maps.analysis.siting.assigned import Answer, backup, capacitated, nothing_found
from maps.analysis.siting.lscp import lscp
from maps.analysis.siting.matrix import check_numbers, columns, cover
from maps.analysis.siting.mclp import mclp
from maps.analysis.siting.pcenter import pcenter
from maps.analysis.siting.pmedian import pmedian
from maps.analysis.siting.search import Search, Stop, never
from maps.analysis.siting.side import Side, conditions
from maps.analysis.siting.staged import fair_districts, fair_people, phased

_LARGER = ("mclp", "backup")
_NEEDS_REACH = ("lscp", "mclp", "backup")
_NOBODY = np.empty(0, np.int64)


def solve(
    problem: Problem,
    ask: Ask,
    report: Report = silent,
    watch: Watch = unwatched,
    stop: Stop = never,
) -> Siting:
    """Return the best choice of sites, or the best found within the time with its gap.

    ``report`` is called about ten times a second and cancels by raising; ``watch`` gets every
    new best answer and bound; ``stop`` ends the search early, with the best found so far, as the
    time limit does. Raises Refused for a question that has no answer as it is put
    (:class:`Unreachable` names the demands nobody reaches). Deterministic, but for where a time
    limit cuts the search off.
    """
    check(problem, ask)
    larger = ask.model in _LARGER or (ask.model == "equity" and problem.district is not None)
    search = Search(ask.seconds, report, watch, 1 if larger else -1, stop)
    search.tick("正在整理数据…")
    p = ask.phases[-1] if ask.phases else ask.p
    side = conditions(problem, ask, p)
    answer, stages, lost = _answer(problem, ask, side, search)
    result = Siting(
        problem,
        ask,
        "optimal" if answer.proven else "time_limit",
        np.asarray(answer.sites, np.int64),
        answer.objective,
        answer.bound,
        search.passed,
        tuple(search.steps),
        stages,
        _served(problem, ask, answer),
        lost,
        answer.levels,
        answer.load,
        answer.sent,
    )
    verify.check(result)
    report(1.0, "完成")
    return result


def check(problem: Problem, ask: Ask) -> None:
    """Refuse a question that lacks something or contradicts itself."""
    if ask.model not in MODELS:
        raise Refused(f"没有“{ask.model}”这种选址目标,可用:{'、'.join(MODELS)}。")
    check_numbers(problem.cost, np.asarray(problem.weights, float))
    if ask.model in _NEEDS_REACH and ask.reach is None:
        raise Refused("这种选址目标需要服务距离(米)或服务时间(分钟)。")
    if ask.reach is not None:
        _check_reach(np.asarray(ask.reach, float), problem.candidates)
    if ask.model == "equity" and problem.district is not None and ask.reach is None:
        raise Refused("比较各区的覆盖率需要服务距离(米)或服务时间(分钟)。")
    _check_number(ask)
    if ask.times < 1:
        raise Refused(f"需要被到达的次数至少是 1,现在是 {ask.times}。")
    if ask.seconds <= 0:
        raise Refused(f"求解时间要大于 0 秒,现在是 {ask.seconds:g}。")
    if problem.capacity is not None and (
        ask.model not in ("lscp", "mclp", "pmedian") or ask.times > 1 or ask.phases
    ):
        raise Refused(
            "有容量限制时,目标只能是覆盖最多(mclp)、用最少的点(lscp)或总路程最短(pmedian),"
            "不能再加双重覆盖或分期。"
        )


def _check_reach(reach: np.ndarray, candidates: int) -> None:
    if np.isnan(reach).any() or (reach < 0).any():
        raise Refused("服务距离或时间不能是负数或空缺。")
    if reach.ndim and reach.shape != (candidates,):
        raise Refused(f"服务距离有 {len(reach)} 个,候选点有 {candidates} 个,两者要一一对应。")


def _check_number(ask: Ask) -> None:
    if ask.phases:
        if ask.model not in ("mclp", "pmedian") or ask.times > 1:
            raise Refused("分期选址目前只能用于 mclp(覆盖人口最多)和 pmedian(总路程最短)。")
        if list(ask.phases) != sorted(ask.phases):
            raise Refused("各期的数量是累计数,后一期不能少于前一期。")
        if ask.phase_weights and len(ask.phase_weights) != len(ask.phases):
            raise Refused("各期的权重要与期数一样多。")
        if ask.phase_weights and (min(ask.phase_weights) < 0 or sum(ask.phase_weights) <= 0):
            raise Refused("各期的权重不能是负数,也不能全是 0。")
        return
    if ask.model in ("mclp", "pmedian", "pcenter", "equity"):
        if ask.p is None and ask.budget is None:
            raise Refused("请给出要选几处(-p),或给出预算(--budget)。")
    elif ask.model == "lscp" and ask.p is not None and ask.p < 0:
        raise Refused("数量上限不能是负数。")


def _answer(
    problem: Problem, ask: Ask, side: Side, search: Search
) -> tuple[Answer, tuple[np.ndarray, ...], np.ndarray]:
    if ask.phases:
        matrix = cover(problem.cost, ask.reach) if ask.reach is not None else None
        return phased(problem, ask, side, matrix if ask.model == "mclp" else None, search)
    if problem.capacity is not None:
        answer, lost = capacitated(problem, ask, side, search)
        return answer, (), lost
    if ask.model == "pmedian":
        best, lost = pmedian(problem, ask, side, search)
        if best.sites is None:
            raise nothing_found(best.proven, search, ask)
        sites = np.union1d(best.sites, side.fixed)
        return Answer(sites, best.cost, best.bound, best.proven), (), lost
    if ask.model == "pcenter":
        center, lost = pcenter(problem, ask, side, search)
        sites = np.union1d(center.sites, side.fixed)
        return Answer(sites, center.longest, center.bound, center.proven), (), lost
    if ask.model == "equity" and problem.district is None:
        answer, lost = fair_people(problem, ask, side, search)
        return answer, (), lost
    return _covering(problem, ask, side, search)


def _covering(
    problem: Problem, ask: Ask, side: Side, search: Search
) -> tuple[Answer, tuple[np.ndarray, ...], np.ndarray]:
    assert ask.reach is not None
    matrix = cover(problem.cost, ask.reach)
    if ask.model == "equity":
        return fair_districts(problem, ask, side, matrix, search), (), _NOBODY
    if ask.model == "backup":
        answer, lost = backup(problem, ask, side, matrix, search)
        return answer, (), lost
    if ask.model == "lscp":
        found, lost = lscp(problem, ask, side, matrix, search)
        assert found.sites is not None
        sites = np.union1d(found.sites, side.fixed)
        served = _reached(problem, matrix, sites, ask.times)
        return Answer(sites, found.count, found.bound, found.proven, (), served), (), lost
    most = mclp(problem, ask, side, matrix, search)
    if not np.isfinite(most.people):
        raise nothing_found(most.proven, search, ask)
    sites = np.union1d(most.sites, side.fixed)
    served = _reached(problem, matrix, sites, ask.times)
    return Answer(sites, most.people, most.bound, most.proven, (), served), (), _NOBODY


def _reached(problem: Problem, matrix: sp.csr_array, sites: np.ndarray, times: int) -> np.ndarray:
    """(n,) persons of each demand who are reached ``times`` times."""
    is_open = np.zeros(problem.candidates)
    is_open[sites] = 1.0
    return np.where(matrix @ is_open >= times, np.asarray(problem.weights, float), 0.0)


def _served(problem: Problem, ask: Ask, answer: Answer) -> np.ndarray | None:
    if answer.served is not None:
        return answer.served
    if ask.reach is None:
        return None
    times = 2 if ask.model == "backup" else ask.times
    enough = reached_times(problem, ask.reach, answer.sites) >= times
    return np.where(enough, np.asarray(problem.weights, float), 0.0)


def reached_times(problem: Problem, reach: float | np.ndarray, sites: np.ndarray) -> np.ndarray:
    """(n,) by how many of ``sites`` each demand is reached."""
    chosen = np.asarray(sites, np.int64)
    limit = reach if np.ndim(reach) == 0 else np.asarray(reach)[chosen]
    block = columns(problem.cost, chosen)
    return np.asarray(((block <= limit) & (block < np.inf)).sum(axis=1))
