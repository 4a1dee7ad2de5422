"""Tables about a document's promises: every rule, every place, progress counted plainly."""

from dataclasses import replace

import pytest

from data.examples import build
from maps.analysis.targets.consistency import contradictions
from maps.analysis.targets.evaluate import check_rules
from maps.analysis.targets.evaluation import evaluations
from maps.analysis.targets.loader import rules_of
from maps.analysis.targets.projects import project_states
from maps.drawing.promises import (
    contradicting,
    evaluation,
    places,
    progress,
    promise_tables,
    span,
    targets,
)

TOLD = (
    {"状态": "完成", "年份": 2023, "完成投资": 120},
    {"状态": "完成", "年份": 2025},
    {"状态": "在建"},
)


@pytest.fixture(scope="module")
def found():
    book = build("霍尔果斯")
    rules = rules_of(book)
    ids = [project.id for project in rules.projects]
    facts = {**book.facts, "工程": dict(zip(ids, TOLD, strict=False))}
    outcome = check_rules(book.plan, rules, facts)
    return outcome, project_states(book.plan, outcome, facts), facts


def test_every_rule_stands_in_the_table_once_with_its_verdict(found):
    outcome, _, _ = found
    table = targets(outcome)
    assert sorted(row[0] for row in table.rows) == sorted(v.id for v in outcome.verdicts)
    for row in table.rows:
        verdict = outcome.by_id[row[0]]
        assert len(row) == len(table.fields)
        assert row[5] == verdict.value
        assert row[7] == verdict.title
        assert row[12] == ("已核实" if verdict.rule.verified else "待核实")
    for name, n in outcome.counts.items():
        assert sum(outcome.by_id[r[0]].verdict == name for r in table.rows) == n


def test_every_place_has_its_row(found):
    outcome, _, _ = found
    wanted = {(v.id, p.name, p.text) for v in outcome.verdicts for p in v.where}
    assert {(row[0], row[2], row[4]) for row in places(outcome).rows} == wanted


def test_an_evaluation_has_every_target_and_project_and_counts_them(found):
    outcome, states, _ = found
    year = evaluations(outcome.rules)[-1][1]
    table = evaluation(outcome, states, "终期评估", year)
    theirs = [v for v in outcome.verdicts if v.rule.nature not in ("现状", "问题")]
    assert [r[0] for r in table.rows] == [v.id for v in theirs] + [s.project.id for s in states]
    assert all(len(row) == len(table.fields) for row in table.rows)
    assert table.title == f"终期评估({year}年)"
    for title in {v.title for v in theirs}:
        assert f"{title} {sum(v.title == title for v in theirs)}" in table.notes[0]
    titles = [t.title for t in promise_tables(outcome, states, years=evaluations(outcome.rules))]
    assert titles.count(table.title) == 1
    assert evaluation(outcome, states, "2023年底评估", 2023).title == "2023年底评估"


def test_progress_is_counted_year_by_year(found):
    _, states, _ = found
    first, last = span(states)
    rows = progress(states).rows
    assert [int(row[0]) for row in rows] == list(range(first, last + 1))
    for year, due, due_done, done, money in rows:
        finished = [s for s in states if s.state == "完成" and s.year <= int(year)]
        owed = [s for s in states if s.project.finish and s.project.finish <= int(year)]
        assert (due, done) == (len(owed), len(finished))
        assert due_done == len([s for s in owed if s in finished])
        spent = [s.spent if s.spent is not None else s.project.money for s in finished]
        assert money == (None if None in spent else sum(spent))


def test_without_years_there_is_no_progress(found):
    _, states, _ = found
    bare = [
        replace(s, year=None, project=replace(s.project, start=None, finish=None)) for s in states
    ]
    assert span(bare) is None
    assert progress(bare).rows == ()


def test_contradictions_name_both_quotes_and_empty_tables_are_left_out(found):
    outcome, states, facts = found
    quarrels = contradictions(outcome.rules, facts)
    table = contradicting(quarrels)
    assert len(table.rows) == len(quarrels)
    for row, one in zip(table.rows, quarrels, strict=True):
        assert all(rule.quote in row[4] for rule in one.rules)
    titles = [t.title for t in promise_tables(outcome, states, quarrels)]
    assert titles[0] == "目标核对"
    assert all(t.rows for t in promise_tables(outcome, states, quarrels))
    assert "重点工程" not in [t.title for t in promise_tables(outcome)]
