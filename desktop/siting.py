"""What the siting panel asks the engine, and what it keeps of the answers. No Qt here.

Question ─▶ Sought (the plan as a problem) ─▶ Found | Curve (what a loss means: ``siting_losses``)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.plan import Book, Plan
from data.progress import Report, part, silent
from data.refused import Refused
from desktop.siting_words import News
from maps.analysis.facilities import Status
from maps.analysis.siting import (
    CLOSABLE,
    FIXED,
    NEW,
    RELOCATABLE,
    Ask,
    Siting,
    Unreachable,
    solve,
)
from maps.analysis.siting.ask import Model
from maps.analysis.siting.byroad import SLACK, by_road
from maps.analysis.siting.curve import Curve, curve
from maps.analysis.siting.fromplan import Existing, Ground, PlanAsk, problem_of
from maps.analysis.siting.places import standing
from maps.analysis.siting.resilience import Target
from maps.analysis.siting.sensitivity import Change, Comparison, compare, sensitivity
from maps.analysis.siting.solve import reached_times
from maps.analysis.siting.why import Share, shares
from maps.analysis.targets.effects import Effects, Place, effects
from maps.analysis.timecover import TimeAsk

COMPARE_SECONDS = 20.0
"""How long at most the planner's own layout is compared with the best."""


@dataclass(frozen=True)
class Wish:
    """An objective in plain words. ``times``: by how many sites a person has to be reached."""

    name: str
    words: str
    model: Model
    times: int = 1
    cover: bool = True
    counted: bool = True
    curve: bool = False


WISHES = (
    Wish("most", "覆盖最多的人", "mclp", curve=True),
    Wish("fewest", "用最少的点覆盖全部", "lscp", counted=False),
    Wish("mean", "平均路程最短", "pmedian", cover=False, curve=True),
    Wish("longest", "最远的人最近", "pcenter", cover=False, curve=True),
    Wish("twice", "双重覆盖的人最多", "mclp", times=2),
    Wish("backup", "覆盖全部,再尽量双重覆盖", "backup", counted=False),
    Wish("fair", "最弱的旗县优先", "equity"),
)
WISH = {wish.name: wish for wish in WISHES}
EXISTING: dict[Existing, str] = {
    "fixed": "保留不动",
    "closable": "可以关闭",
    "relocatable": "可以迁移",
    "ignore": "不算在内",
}


@dataclass(frozen=True)
class Question:
    """What the fields say.

    ``limit``: metres, or minutes when ``travel`` says how one travels; None where the objective
    needs none. ``p`` or ``budget`` with ``price`` (a column of the candidates). ``goal``: a share
    (0–1) of the people, to tell which districts reach it. ``at_least``: so many in every
    district. ``soon``: of the ``p`` new ones so many are built first. ``room``: persons a new
    site takes in (0: as many as come). ``radii``: (class, metres or minutes) for classes with a
    range of their own, which new ones then are of; ``limit`` holds for all others. ``moves``: how
    many of those that may move do so at most.
    """

    of: str
    wish: Wish
    limit: float | None
    candidates: str
    p: int | None = None
    budget: float | None = None
    price: str = ""
    existing: Existing = "fixed"
    status: Status = "全部"
    avoid: bool = True
    apart: float = 0.0
    only_reachable: bool = True
    seconds: float = 30.0
    goal: float | None = None
    travel: TimeAsk | None = None
    at_least: int = 0
    soon: int = 0
    room: int = 0
    radii: tuple[tuple[str, float], ...] = ()
    moves: int | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of layers an answer depends on, beside the kind itself and the candidates."""
        roads = self.travel is not None or self.candidates == "junction"
        road = ("road",) if roads else ()
        return ("population", "district", *(("hazard_zone", "hazard_site") if self.avoid else ()),
                *road)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sought:
    """A question as a problem: ``reach`` within which a person counts as reached, or None; one
    per candidate where classes have ranges of their own."""

    question: Question
    plan: Plan
    ground: Ground
    reach: float | np.ndarray | None

    def name(self, candidate: int) -> str:
        found = self.ground.candidates
        grade = found.grade[candidate] if self.question.radii else ""
        return f"{found.name[candidate]}({grade})" if grade else found.name[candidate]

    def grade(self, candidate: int) -> str:
        """The class a new site at a candidate is of, "" where classes are not asked about."""
        return self.ground.candidates.grade[candidate] if self.question.radii else ""

    def place(self, candidate: int) -> tuple[float, float]:
        """Where a candidate is, in plan metres."""
        found = self.ground.candidates
        return float(found.x[candidate]), float(found.y[candidate])

    @property
    def people(self) -> float:
        return float(np.asarray(self.ground.problem.weights, float).sum())

    @property
    def targets(self) -> list[Target]:
        """The goal of the whole and of every district."""
        goal = self.question.goal
        if goal is None or self.reach is None:
            return []
        each = [Target(name, goal, k) for k, name in enumerate(self.ground.districts)]
        held = np.bincount(self._district, self.ground.problem.weights, len(each)) if each else ()
        return [Target("全域", goal), *(t for t, n in zip(each, held, strict=True) if n > 0)]

    @property
    def _district(self) -> np.ndarray:
        assert self.ground.problem.district is not None
        return np.asarray(self.ground.problem.district, np.int64)

    def district_shares(self, sites: np.ndarray) -> list[tuple[str, float, float]]:
        """(district, people, people reached by ``sites``); nothing without districts or reach."""
        if self.reach is None or not self.ground.districts:
            return []
        weights = np.asarray(self.ground.problem.weights, float)
        times = reached_times(self.ground.problem, self.reach, sites)
        count = len(self.ground.districts)
        people = np.bincount(self._district, weights, count)
        got = np.bincount(self._district, weights * (times > 0), count)
        return [(n, float(a), float(b)) for n, a, b in
                zip(self.ground.districts, people, got, strict=True)]  # fmt: skip

    def covered(self, sites: np.ndarray) -> float | None:
        """Persons within reach of the sites, None without a reach."""
        if self.reach is None:
            return None
        weights = np.asarray(self.ground.problem.weights, float)
        return float(weights[reached_times(self.ground.problem, self.reach, sites) > 0].sum())


@dataclass(frozen=True, eq=False)
class Found:
    """An answer: the sites, what each does, and the planner's own layout beside the best."""

    sought: Sought
    siting: Siting
    shares: tuple[Share, ...]
    own: Comparison | None
    own_sites: int

    @property
    def people(self) -> float:
        """Persons the answer is about: everybody but those no candidate reaches."""
        weights = np.asarray(self.siting.problem.weights, float)
        return float(weights.sum() - weights[self.siting.left_out].sum())

    @property
    def objective(self) -> float:
        """What the answer is worth; of a plan in phases, what the last one is."""
        if self.siting.stages:
            return self.siting.levels[-1]
        return self.siting.objective

    @property
    def served(self) -> float | None:
        """Persons there is room for, None when room is not asked about."""
        if self.siting.load is None or self.siting.served is None:
            return None
        return float(self.siting.served.sum())

    def phase(self, site: int) -> int:
        """In which phase a site is built, from 1; 0 without phases."""
        stages = self.siting.stages
        return 1 + sum(site not in stage for stage in stages) if stages else 0

    @property
    def kept(self) -> np.ndarray:
        """What stands today, as candidates."""
        return np.flatnonzero(self.siting.problem.states != NEW)

    @property
    def new(self) -> list[Share]:
        """The proposed new sites, the one that gains most first."""
        state = self.siting.problem.states
        return [share for share in self.shares if state[share.site] == NEW]


def seek(plan: Plan, question: Question, report: Report = silent) -> Sought:
    """Return the question as a problem. Raises Refused."""
    by_time = question.travel is not None
    limit = None if question.limit is None else question.limit + (SLACK if by_time else 0.0)
    existing = question.existing
    if existing != "ignore" and not stands(plan, question):
        existing = "ignore"
    ask = PlanAsk(
        question.of,
        question.candidates,
        limit if question.wish.cover else None,
        {name: value + (SLACK if by_time else 0.0) for name, value in question.radii},
        existing=existing,
        status=question.status,
        avoid=question.avoid,
        apart=question.apart,
        price=question.price,
        capacity=str(question.room) if question.room else "",
    )
    told = by_road(plan, question.travel) if question.travel is not None else None
    try:
        ground = problem_of(plan, ask, report, told)
        return Sought(question, plan, ground, ground.reach if question.radii else limit)
    except Refused as refusal:
        raise Refused(plain(str(refusal))) from refusal


def stands(plan: Plan, question: Question) -> bool:
    """Whether any facility of the kind and status stands."""
    try:
        return len(standing(plan, question.of, question.status, FIXED)) > 0
    except Refused:
        return False


def find(plan: Plan, question: Question, news: News, report: Report = silent) -> Found:
    """Return the best sites, what each does, and how good the present layout is."""
    sought = seek(plan, question, part(report, 0.0, 0.3))
    news.people = sought.people
    ask = _ask(sought)
    siting = _say(
        sought,
        lambda: solve(sought.ground.problem, ask, part(report, 0.3, 0.8), news, news.stop),
    )
    report(0.8, "正在计算每处的作用…")
    each = shares(siting, sought.targets)
    own, count = _own(sought, ask, news, part(report, 0.8, 1.0))
    return Found(sought, siting, each, own, count)


def _ask(sought: Sought) -> Ask:
    question, wish = sought.question, sought.question.wish
    districts = range(len(sought.ground.districts))
    if question.at_least and not districts:
        raise Refused("规划里没有行政区,不能要求各区至少几处。请先添加行政区,或清空“各区至少”。")
    return Ask(
        wish.model,
        reach=sought.reach,
        p=question.p if wish.counted else None,
        phases=(question.soon, question.p) if question.soon and question.p else (),
        at_least=dict.fromkeys(districts, question.at_least) if question.at_least else {},
        budget=question.budget,
        moves=question.moves if question.existing == "relocatable" else None,
        times=wish.times,
        only_reachable=question.only_reachable,
        seconds=question.seconds,
    )


def _own(sought: Sought, ask: Ask, news: News, report: Report) -> tuple[Comparison | None, int]:
    """What stands today beside the best choice of as many sites, where that can be told."""
    problem = sought.ground.problem
    stands = np.flatnonzero(problem.states != NEW)
    if not len(stands) or not sought.question.wish.curve:
        return None, 0
    free = replace(problem, state=np.where(problem.states == NEW, NEW, CLOSABLE), price=None)
    report(0.0, "正在与现有布局比较…")
    plain = replace(ask, seconds=min(ask.seconds, COMPARE_SECONDS), phases=(), at_least={})
    try:
        return compare(free, plain, stands, report, news.stop), len(stands)
    except Refused:
        return None, 0  # the answer itself stands; there is nothing to compare it with


def draw_curve(
    plan: Plan, question: Question, upto: int, news: News, report: Report = silent
) -> tuple[Sought, Curve]:
    """Return the problem and its curve: the best of 1 … ``upto`` sites. Raises Refused."""
    if not question.wish.curve:
        can = "、".join(f"“{wish.words}”" for wish in WISHES if wish.curve)
        raise Refused(f"曲线只能按{can}计算,请先改选目标。")
    sought = seek(plan, question, part(report, 0.0, 0.3))
    news.people = sought.people
    problem = replace(sought.ground.problem, price=None)
    most = int((problem.states != FIXED).sum() - (problem.states == RELOCATABLE).sum())
    ask = replace(_ask(sought), p=None, budget=None, phases=())
    counts = range(1, min(upto, most) + 1)
    found = _say(
        sought, lambda: curve(problem, ask, counts, part(report, 0.3, 1.0), news, news.stop)
    )
    return sought, found


def rule_changes(book: Book, found: Found, report: Report = silent) -> Effects:
    """Return which verdicts about the plan's targets change with the new sites."""
    sought = found.sought
    places = [
        Place(*sought.place(one.site), sought.name(one.site), sought.grade(one.site))
        for one in found.new
    ]
    return effects(book.with_plan(sought.plan), sought.question.of, places, report=report)


def firmness(found: Found, report: Report = silent) -> tuple[Change, ...]:
    """Return what stays of an answer with the range ±20 % and people ±10 %."""
    return sensitivity(found.siting, report=report)


def _say(sought: Sought, run: Callable[[], Any]) -> Any:
    """Run the engine; its refusals in the words of the window."""
    try:
        return run()
    except Unreachable as refusal:
        raise Refused(_where(sought, refusal.rows)) from refusal
    except Refused as refusal:
        raise Refused(plain(str(refusal))) from refusal


def _where(sought: Sought, rows: np.ndarray) -> str:
    """How many people no candidate reaches, and where they live."""
    ground = sought.ground
    people = np.asarray(ground.problem.weights, float)[rows]
    where = ""
    if ground.districts and ground.problem.district is not None:
        each = np.bincount(ground.problem.district[rows], people, len(ground.districts))
        order = [k for k in np.argsort(-each) if each[k] > 0][:4]
        where = "、".join(f"{ground.districts[k]} {each[k]:,.0f} 人" for k in order)
        where = f"分布:{where}。"
    return (
        f"有 {len(rows):,} 处、{people.sum():,.0f} 人是任何候选点都到不了的。{where}"
        "请放宽距离或时间、换更密的候选点,或勾选“到不了的人不计入”。"
    )


def plain(sentence: str) -> str:
    """A sentence of the engine without the spelling of the command line."""
    for said, meant in (
        ("用 --candidates grid:5000 改用网格", "在“候选”里改选“网格”"),
        ("例如 grid:5000", "例如网格"),
        ("加 --only-reachable 只要求覆盖能到达的人", "勾选“到不了的人不计入”"),
        ("--at-least 需要", "“各区至少”需要"),
    ):
        sentence = sentence.replace(said, meant)
    return sentence
