"""Putting an exported file in its place; one that is open elsewhere gets another name offered."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from data.beside import replacing
from data.refused import Refused

CREATOR = "应急布局"
"""What exported files name as their author: the program, never a person or a machine."""


@contextlib.contextmanager
def saving(path: Path) -> Iterator[Path]:
    """Give a hidden file beside ``path`` to write to, which then takes its place.

    Raises Refused when ``path`` cannot be replaced (open in Word or Excel, read-only), naming
    a free name beside it.
    """
    try:
        with replacing(path) as beside:
            yield beside
    except Refused as refusal:
        if path.is_file():
            raise Refused(f"{refusal}也可以另存为“{other_name(path).name}”。") from refusal
        raise


def other_name(path: Path) -> Path:
    """Return the first free name of “报告(2).docx”, “报告(3).docx” …"""
    n = 2
    while (other := path.with_stem(f"{path.stem}({n})")).exists():
        n += 1
    return other
