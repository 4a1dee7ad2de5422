"""The check of a plan against its promises, kept current in the background.

    a layer or a decision changes ─▶ the rules that depend on it are out of date
    a short pause ─▶ only these are judged again (a job) ─▶ ``changed``
    a facility is dragged ─▶ ``lit``: the lights at that place, nothing enters the outcome

Rule files are read in the job, too: the window never waits for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from data.plan import Book, Plan
from data.progress import Report, part
from data.refused import Refused
from desktop.jobs import Job
from desktop.panels.targets_drag import Drag
from maps.analysis.network.profile import OWN_SPEEDS
from maps.analysis.targets.consistency import Contradiction, contradictions
from maps.analysis.targets.evaluate import Outcome, check_rules, depends_on
from maps.analysis.targets.loader import DOCUMENT, OWN_RULES, rules_from_text, shipped, standards
from maps.analysis.targets.model import (
    ATTESTED,
    INDICATORS,
    READINGS,
    Rule,
    RuleSet,
    Verdict,
    told,
)
from maps.analysis.targets.scene import Scene
from maps.analysis.targets.unplaced import UNPLACED

if TYPE_CHECKING:
    from desktop.session import Session

PAUSE = 700
"""Milliseconds after an edit before the rules are judged again."""

OWN, STANDARDS = "own", "standards"
"""Keys of the plan's own rules and of the national standards; documents have their name."""

STANDARDS_TITLE = "国家标准与规范"

_FOR_ALL = {UNPLACED, OWN_SPEEDS}
"""Facts of a book on which the verdict of any rule may depend."""


@lru_cache(maxsize=4)
def own_rules(text: str) -> RuleSet:
    """The rules a plan carries itself; Refused with the line for what is wrong."""
    return rules_from_text(text, "本县规则")


def choices(book: Book) -> dict[str, RuleSet]:
    """Every rule set the plan can be checked against, by key; its own ones first."""
    out: dict[str, RuleSet] = {}
    if book.facts.get(OWN_RULES):
        out[OWN] = own_rules(str(book.facts[OWN_RULES]))
    out |= {rules.document: rules for rules in shipped()}
    out[STANDARDS] = _all_standards()
    return out


@lru_cache(maxsize=1)
def _all_standards() -> RuleSet:
    sets = standards()
    rules = tuple(rule for one in sets for rule in one)
    readings = {name: reading for one in sets for name, reading in one.readings.items()}
    return RuleSet(STANDARDS_TITLE, STANDARDS_TITLE, "标准", rules, readings)


def usual(book: Book, sets: Mapping[str, RuleSet]) -> str:
    """The key of the rules a plan is checked against by itself."""
    if OWN in sets:
        return OWN
    document = str(book.facts.get(DOCUMENT) or "")
    return document if document in sets else STANDARDS


@dataclass(frozen=True, eq=False)
class Checked:
    """What a job brings back."""

    book: Book
    sets: Mapping[str, RuleSet]
    key: str
    outcome: Outcome
    quarrels: tuple[Contradiction, ...]
    """Where the document contradicts itself."""


class Checker(QObject):
    """Verdicts about the session's plan; works only while somebody looks (``watch``)."""

    changed = Signal()
    """Other verdicts, other rules, or some of the verdicts are out of date now."""
    lit = Signal(object)
    """LiveVerdicts while a feature is dragged; None when the drag is over."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self.checked: Checked | None = None
        self.stale: frozenset[str] = frozenset()
        self.refusal = ""
        self.wanted = ""
        """The key the user chose; "" for the plan's usual rules."""
        self.people = ""
        """The population layer the user chose, when the plan has several."""
        self.watched = False
        self._job: Job | None = None
        self._timer = QTimer(self, interval=PAUSE, singleShot=True)
        self._timer.timeout.connect(self.check)
        self._drag = Drag(self)
        session.plan_changed.connect(self._plan_changed)
        session.opened.connect(self._opened)
        session.dragging.connect(self._drag.follow)

    @property
    def outcome(self) -> Outcome | None:
        return self.checked.outcome if self.checked else None

    @property
    def busy(self) -> bool:
        """Whether a check runs or is about to."""
        return self._job is not None or self._timer.isActive()

    def watch(self, watched: bool) -> None:
        """Somebody looks at the verdicts (then what is out of date is judged) or no longer."""
        self.watched = watched
        if not watched or self.busy or self.session.book is None:
            return
        checked = self.checked
        if checked is None or self.stale or _other_rules(checked.book, self.session.book):
            self.check()

    def choose(self, key: str) -> None:
        """Check against other rules from now on."""
        self.wanted = key
        self.check(everything=True)

    def count_people(self, layer: str) -> None:
        """Count the people of this population layer from now on."""
        self.people = layer
        self.check(everything=True)

    def _opened(self) -> None:
        self.wanted, self.people = "", ""
        self.checked, self.stale, self.refusal = None, frozenset(), ""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.changed.emit()
        if self.watched:
            self._timer.start()

    def _plan_changed(self, before: Plan | None, after: Plan | None) -> None:
        book, checked = self.session.book, self.checked
        if book is None:
            return
        if checked is None:
            self._later()
            return
        stale = out_of_date(checked.outcome, checked.book, book)
        if stale != self.stale:
            self.stale = stale
            self.changed.emit()
        if stale or _other_rules(checked.book, book):
            self._later()
        else:
            self._timer.stop()

    def _later(self) -> None:
        if self.watched:
            self._timer.start()

    def check(self, *, everything: bool = False) -> None:
        """Judge what is out of date (or everything) on the plan as it is now."""
        book = self.session.book
        self._timer.stop()
        if book is None:
            return
        if self._job is not None:
            self._job.cancel()
        old = None if everything else self.checked
        stale, wanted, people = self.stale, self.wanted, self.people

        def work(report: Report) -> Checked:
            return check(book, wanted, people, old, stale, report)

        def done(found: Checked) -> None:
            self._job = None
            self.checked, self.refusal = found, ""
            now = self.session.book
            self.stale = out_of_date(found.outcome, found.book, now) if now else frozenset()
            if self.stale or (now is not None and _other_rules(found.book, now)):
                self._later()
            self.changed.emit()

        job = self.session.jobs.start("检查目标", guarded(work), quiet=old is not None)

        def ended(answer: Checked | str) -> None:
            if self._job is not job:
                return
            if isinstance(answer, str):
                self._job, self.checked, self.refusal = None, None, answer
                self.stale = frozenset()
                self.changed.emit()
            else:
                done(answer)

        def failed() -> None:
            if self._job is job:
                self._job = None
                self.changed.emit()

        job.done, job.failed = ended, failed
        self._job = job
        self.changed.emit()


def guarded(work: Callable[[Report], Checked]) -> Callable[[Report], Checked | str]:
    """The same work, with a refusal as a sentence: the panel shows it in place."""

    def run(report: Report) -> Checked | str:
        try:
            return work(report)
        except Refused as refusal:
            return str(refusal)

    return run


def check(
    book: Book,
    wanted: str,
    people: str,
    old: Checked | None,
    stale: frozenset[str],
    report: Report,
) -> Checked:
    """Judge a book's plan; with ``old`` only the rules in ``stale``."""
    sets = choices(book)
    key = wanted if wanted in sets else usual(book, sets)
    rules, plan = sets[key], book.plan
    report(0.02, f"正在检查“{rules.title}”…")
    stretch = part(report, 0.02, 1.0)
    known = {} if old is None or old.key != key else _still_right(old.outcome, rules, stale)
    only = [rule.id for rule in rules if rule.id not in known]
    people = people if plan.find(people) is not None else ""
    judged = check_rules(plan, rules, book.facts, people=people, only=only, report=stretch).by_id
    every = (judged.get(rule.id) or known.get(rule.id) for rule in rules)
    verdicts = tuple(found for found in every if found is not None)
    outcome = Outcome(plan, rules, verdicts, dict(book.facts))
    residents = Scene(plan, book.facts, people).persons()
    return Checked(book, sets, key, outcome, contradictions(rules, book.facts, residents))


def _still_right(old: Outcome, rules: RuleSet, stale: frozenset[str]) -> dict[str, Verdict]:
    """The verdicts that need not be worked out again: of rules that say what they said."""
    if old.rules.readings != rules.readings:
        return {}
    return {
        found.id: found
        for found in old.verdicts
        if found.id not in stale
        and found.id in rules.by_id
        and replace(old.rules.by_id[found.id], line=0) == replace(rules.by_id[found.id], line=0)
    }


def _other_rules(then: Book, now: Book) -> bool:
    return any(then.facts.get(name) != now.facts.get(name) for name in (OWN_RULES, DOCUMENT))


def out_of_date(outcome: Outcome, then: Book, now: Book) -> frozenset[str]:
    """Ids of the rules whose verdict may be another for the book as it is ``now``."""
    if then is now:
        return frozenset()
    kinds = _changed_kinds(then.plan, now.plan)
    keys = {
        name for name in {*then.facts, *now.facts} if then.facts.get(name) != now.facts.get(name)
    }
    rules = [outcome.rules.by_id[v.id] for v in outcome.verdicts]
    if keys & _FOR_ALL:
        return frozenset(rule.id for rule in rules)
    read, said = (_differing(then, now, name) for name in (READINGS, ATTESTED))
    return frozenset(
        rule.id
        for rule in rules
        if rule.reading in read
        or rule.id in said
        or (INDICATORS in keys and _speaks_of_indicators(rule))
        or depends_on(rule) & kinds
    )


def _speaks_of_indicators(rule: Rule) -> bool:
    return any(one.check == "指标" for one in (rule, *rule.by_reading.values()))


def _differing(then: Book, now: Book, name: str) -> set[str]:
    """The entries of a fact that are others now; of what another program wrote there, none."""
    old, new = (book.facts.get(name) for book in (then, now))
    keys = {key for one in (old, new) if isinstance(one, Mapping) for key in one}
    return {key for key in keys if told(then.facts, name, key) != told(now.facts, name, key)}


def _changed_kinds(before: Plan, after: Plan) -> set[str]:
    """Kinds with other features than before: a new colour or name changes no verdict."""
    old = {(layer.kind_name, id(layer.frame)) for layer in before}
    new = {(layer.kind_name, id(layer.frame)) for layer in after}
    return {kind for kind, _ in old ^ new}


def with_fact(book: Book, name: str, value: Any) -> Book:
    """The book with one fact set, or with None taken away."""
    facts = {key: old for key, old in book.facts.items() if key != name}
    return replace(book, facts=facts if value is None else {**facts, name: value})
