"""Noto Sans CJK SC, the one typeface of window and map, from the package mpl-font.

The package is found by its metadata and never imported (importing it would change
matplotlib's settings behind our back). Both weights are registered by path, in Qt by the
desktop and in matplotlib here, so that window and map look the same on every machine.
"""

from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

FAMILY = "Noto Sans CJK SC"


@lru_cache(maxsize=1)
def regular() -> Path:
    """Return the path of Noto Sans CJK SC Regular."""
    return _font("Regular")


@lru_cache(maxsize=1)
def bold() -> Path:
    """Return the path of Noto Sans CJK SC Bold."""
    return _font("Bold")


def _font(weight: str) -> Path:
    name = f"mpl_font/fonts/noto/NotoSansCJKsc-{weight}.otf"
    return Path(str(distribution("mpl-font").locate_file(name)))


@lru_cache(maxsize=1)
def register_matplotlib() -> tuple[Any, Any]:
    """Make both weights known to matplotlib; return their FontProperties (regular, bold).

    Settings of matplotlib are not touched: whoever draws passes the properties.
    """
    from matplotlib.font_manager import FontProperties, fontManager

    for path in (regular(), bold()):
        fontManager.addfont(path)
    return (
        FontProperties(family=FAMILY, fname=regular()),
        FontProperties(family=FAMILY, weight="bold", fname=bold()),
    )
