"""Rules, rule sets and verdicts as values.

    RuleSet ── readings   where the text can be read in two ways
            ── rules      one statement each: quote, source, how it is checked
            ── projects   重点工程: place, size, year, money, what it serves

    Rule + scene + facts ──▶ Verdict   pass | fail | warn | needs_data | attest

``facts`` are ``Book.facts``; the program writes nothing there by itself. Names in it:
“读法” {reading id: option}, “确认” {rule id: {结果, 说明, 日期, 人}}, “指标” {indicator:
{year: value}}, “工程” {project id: {状态, 年份, 说明}}, “未落位” (see ``data.examples``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from maps.analysis.targets.units import Threshold, Unit, spoken

VerdictName = Literal["pass", "fail", "warn", "needs_data", "attest"]

VERDICTS: dict[VerdictName, str] = {
    "fail": "不符合",
    "warn": "提醒",
    "needs_data": "缺资料",
    "attest": "待人工确认",
    "pass": "符合",
}
"""The verdicts and their names, the gravest first."""

NATURES = ("现状", "目标", "工程", "要求", "问题")
"""What a statement is: existing, target, project, requirement, problem."""

FORCES = ("强制", "推荐", "政策", "资料")
"""How a clause of a standard binds: mandatory, recommended, policy, for information only."""

READINGS, ATTESTED, INDICATORS, PROJECTS = "读法", "确认", "指标", "工程"
"""Names in ``Book.facts``."""

Params = Mapping[str, Any]


def told(facts: Mapping[str, Any], name: str, key: str) -> Any:
    """One entry of one of the book's facts, None when it is not there (or not as it should be:
    a plan file may come from another program)."""
    section = facts.get(name)
    return section.get(key) if isinstance(section, Mapping) else None


def _none() -> Params:
    return MappingProxyType({})


@dataclass(frozen=True)
class Source:
    """Where a statement stands: document, and line of its text or clause."""

    document: str
    line: int | None = None
    clause: str = ""

    def __str__(self) -> str:
        where = f"第 {self.line} 行" if self.line is not None else self.clause
        return f"{self.document} {where}".strip()


@dataclass(frozen=True)
class Rule:
    """One statement of a plan or standard and how it is checked.

    ``check`` is a name in ``checks.CHECKS``, ``params`` what that kind takes (names as in the
    file, already read: kinds as English names, areas as tuples …). ``comparison``,
    ``threshold`` and ``unit`` say what is enough; the threshold is in ``unit`` and None when
    the kind needs no number. ``by_reading``: what replaces the above under each option of
    ``reading``. ``indicator``: statements with the same key speak about the same number;
    ``part_of``: id of the statement of which this one and its like are all the parts;
    ``within``: id of the statement whose number includes this one's. ``force``: of FORCES,
    for clauses of standards.
    """

    id: str
    quote: str
    source: Source
    check: str
    params: Params = field(default_factory=_none)
    comparison: str = ""
    threshold: Threshold | None = None
    unit: Unit | None = None
    unit_name: str = ""
    nature: str = "目标"
    year: int | None = None
    verified: bool = True
    place: str = ""
    topic: str = ""
    note: str = ""
    reading: str = ""
    by_reading: Mapping[str, "Rule"] = field(default_factory=_none)
    indicator: str = ""
    part_of: str = ""
    within: str = ""
    force: str = ""
    line: int = 0

    @property
    def wanted(self) -> str:
        """The requirement in words, "" for a rule without a number."""
        if self.threshold is None:
            return ""
        return spoken(self.comparison, self.threshold, self.unit_name)

    def read_as(self, facts: Mapping[str, Any], readings: Mapping[str, "Reading"]) -> "Rule":
        """This rule under the reading chosen in ``facts`` (the first option when none is)."""
        if not self.reading:
            return self
        return self.by_reading.get(readings[self.reading].chosen(facts).name, self)


@dataclass(frozen=True)
class Option:
    name: str
    text: str = ""


@dataclass(frozen=True)
class Reading:
    """A place where the text can be understood in several ways; the planner decides."""

    id: str
    question: str
    options: tuple[Option, ...]
    quote: str = ""

    def chosen(self, facts: Mapping[str, Any]) -> Option:
        """The option named in ``facts``, the first one when there is none."""
        name = told(facts, READINGS, self.id)
        return next((o for o in self.options if o.name == name), self.options[0])


@dataclass(frozen=True)
class Size:
    """One number of a project: “总建筑面积 10000 ㎡”."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Project:
    """One 重点工程. ``money`` in 万元, None when the text gives none.

    ``features``: (kind, name) of what it builds on the map. ``rules``: ids it serves.
    """

    id: str
    name: str
    quote: str
    source: Source
    places: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    start: int | None = None
    finish: int | None = None
    money: float | None = None
    state: str = ""
    features: tuple[tuple[str, str], ...] = ()
    rules: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class RuleSet:
    """The rules of one document (``kind`` “规划”) or of several standards (“标准”).

    ``document`` is what ``Book.facts["规划文件"]`` must say for these to be its own rules.
    ``path`` is where they were read ("" for text). ``evaluations``: (name, year) of those the
    document promises, “中期评估” and the like.
    """

    title: str
    document: str
    kind: Literal["规划", "标准"]
    rules: tuple[Rule, ...]
    readings: Mapping[str, Reading] = field(default_factory=_none)
    projects: tuple[Project, ...] = ()
    region: str = ""
    path: str = ""
    evaluations: tuple[tuple[str, int], ...] = ()

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @property
    def topics(self) -> tuple[str, ...]:
        """Groups in the order in which they first appear."""
        return tuple(dict.fromkeys(rule.topic for rule in self.rules))


@dataclass(frozen=True)
class Place:
    """Somewhere to go on the map: a feature (``layer``, ``fid``), or a spot, or a district.

    ``x``, ``y`` in the plan's CRS when known; ``text`` says what is wrong there.
    """

    name: str
    layer: str = ""
    fid: int | None = None
    x: float | None = None
    y: float | None = None
    text: str = ""


@dataclass(frozen=True)
class Missing:
    """What is not there: the column (or the features) of a kind, and how to add it."""

    kind: str
    column: str
    how: str


@dataclass(frozen=True)
class Verdict:
    """What became of one rule.

    ``value`` and ``threshold`` in ``unit``; None when there is no number. ``why`` is a
    sentence for every verdict. ``remedy`` says what would make it pass ("" when it does).
    ``rows``: figures by district or feature behind the value (name, value, remark).
    """

    rule: Rule
    verdict: VerdictName
    value: float | None
    why: str
    where: tuple[Place, ...] = ()
    remedy: str = ""
    missing: tuple[Missing, ...] = ()
    rows: tuple[tuple[str, float | None, str], ...] = ()
    reading: str = ""
    basis: str = ""
    threshold: Threshold | None = None
    unit: str = ""

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def title(self) -> str:
        """The verdict in Chinese."""
        return VERDICTS[self.verdict]
