"""Finding rules by words: the standards browser."""

from collections.abc import Iterable

from maps.analysis.targets.model import Rule, RuleSet


def search(sets: Iterable[RuleSet], words: str = "") -> tuple[Rule, ...]:
    """Return the rules in which every one of the words (parted by spaces) appears.

    Looked at: id, quote, document, clause, topic, note, kind of check, force (强制 …), mark
    (已核实, 待核实). Upper and lower case
    are the same. No words: all rules.
    """
    wanted = words.lower().split()
    every = [rule for rules in sets for rule in rules]
    return tuple(rule for rule in every if all(word in _text(rule) for word in wanted))


def _text(rule: Rule) -> str:
    mark = "已核实" if rule.verified else "待核实"
    parts = [rule.id, rule.quote, str(rule.source), rule.topic, rule.note, rule.check, rule.place]
    parts += [rule.force, mark]
    return " ".join(parts).lower()
