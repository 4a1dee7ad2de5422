"""Finding rules by words: the standards browser."""

from collections.abc import Iterable

from maps.analysis.targets.model import Rule, RuleSet


def search(sets: Iterable[RuleSet], words: str = "") -> tuple[Rule, ...]:
    """Return the rules in which every one of the words (parted by spaces) appears.

    Looked at: id, quote, document, clause, topic, note, kind of check. Upper and lower case
    are the same. No words: all rules.
    """
    wanted = words.lower().split()
    every = [rule for rules in sets for rule in rules]
    return tuple(rule for rule in every if all(word in _text(rule) for word in wanted))


def _text(rule: Rule) -> str:
    parts = (rule.id, rule.quote, str(rule.source), rule.topic, rule.note, rule.check, rule.place)
    return " ".join(parts).lower()
