"""The promises of a plan document, and whether a plan keeps them.

resources/plans/*.yaml       one rule for each statement of a document (how to write them:
resources/standards/*.yaml   resources/plans/写法.md, an example of every kind of check)

loader      rule files ──▶ RuleSet (model); tree, fields, checks, units say what is right
scene       plan ──▶ tables of features by kind, their district, the people
evaluate    RuleSet + plan + facts ──▶ Outcome of Verdicts: pass fail warn needs_data attest
            (counts, sums, reach, apart, zones, places, records hold the kinds of check)
live        the same while one feature is dragged
consistency the document against itself
layout      “一主两副” on one page
projects    重点工程, progress by year, mid-term and final evaluation
decisions   what the planner decides: readings, attestations, indicators, project states
editing     a number of a rule changed in the file's text; a copy for another county
search      rules by words: the standards browser
"""
