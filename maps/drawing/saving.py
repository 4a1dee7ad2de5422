"""Putting an exported file in its place; one that is open elsewhere gets another name offered."""

import contextlib
import re
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


_LONGEST = 60
"""Characters: as UTF-8, with an ending, well under the 255 bytes that file systems allow."""


def file_name(words: str) -> str:
    """Return words as the beginning of a file name that every system takes."""
    plain = re.sub(r'[\\/:*?"<>|\s\x00-\x1f\u200e\u200f\u202a-\u202e]+', "_", words)
    return plain[:_LONGEST].strip("._") or "未命名"


def other_name(path: Path) -> Path:
    """Return the first free name of “报告(2).docx”, “报告(3).docx” …"""
    n = 2
    while (other := path.with_stem(f"{path.stem}({n})")).exists():
        n += 1
    return other
