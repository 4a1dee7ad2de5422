"""Text tables for a terminal in which Han characters are two columns wide."""

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Return the columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Return lines with aligned cells; the columns in ``right`` are aligned to the right."""
    if not rows:
        return []
    wide = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for i, cell in enumerate(row):
            blank = " " * (wide[i] - width(cell))
            cells.append(f"{blank}{cell}" if i in right else f"{cell}{blank}")
        lines.append("  ".join(cells).rstrip())
    return lines
