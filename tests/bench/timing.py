"""How the benchmarks measure: rivals take turns in one process, medians are compared."""

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One way of doing one piece of work.

    ``ms``: median milliseconds of ``rounds`` runs (NaN: could not be run); ``times``: how
    many times as long as the first way of the same work (ours); ``answer``: the number it
    came to, if one; ``note``: what the reader must know to compare.
    """

    work: str
    way: str
    ms: float
    times: float
    rounds: int
    answer: float | None = None
    note: str = ""


def race(
    work: str,
    ways: Mapping[str, Callable[[], Any]],
    *,
    rounds: int = 7,
    slow: Mapping[str, int] | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Row]:
    """Time the ways of doing one piece of work and return a row each, ours (the first) first.

    Every round runs each way once, so that what else the machine does falls on all alike;
    one round before is not counted. ``slow`` names ways that take only so many rounds (and
    no warming up). A way that returns a number has it printed beside, to be compared.
    """
    limit = dict(slow or {})
    spent: dict[str, list[float]] = {name: [] for name in ways}
    answers: dict[str, Any] = {}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            warming = turn == 0
            if (warming and name in limit) or len(spent[name]) >= limit.get(name, rounds):
                continue
            gc.collect()
            gc.disable()
            start = time.perf_counter()
            answers[name] = way()
            took = time.perf_counter() - start
            gc.enable()
            if not warming:
                spent[name].append(took * 1000)
    medians = {name: statistics.median(values) for name, values in spent.items()}
    ours = next(iter(medians.values()))
    return [
        Row(
            work,
            name,
            medians[name],
            medians[name] / ours,
            len(spent[name]),
            float(answers[name]) if isinstance(answers[name], int | float) else None,
            (notes or {}).get(name, ""),
        )
        for name in ways
    ]


def table(rows: list[Row]) -> str:
    """The rows as aligned text, one block per piece of work."""
    lines: list[str] = []
    work = ""
    for row in rows:
        if row.work != work:
            work = row.work
            lines.append(f"\n{work}")
        if math.isnan(row.ms):
            lines.append(f"  {row.way:<58}{row.note}")
            continue
        answer = "" if row.answer is None else f"{row.answer:>16,.0f}"
        lines.append(
            f"  {row.way:<58}{row.ms:>12,.3f} ms {row.times:>9,.1f} ×{answer}  {row.note}".rstrip()
        )
    return "\n".join(lines)
