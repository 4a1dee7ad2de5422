"""Whole pages against pictures that somebody has looked at, with room for another rasteriser.

After a change that is meant to be seen: ``python -m tests.maps.test_golden`` draws the
pictures anew; look at them before they are committed.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.progress import silent
from maps.analysis.coverage import CoverageAsk
from maps.drawing.printing import PrintAsk, compose
from maps.drawing.raster import pixels
from tests.maps.test_themes import towns

FOLDER = Path(__file__).with_name("golden")
DPI = 60
PAGES = {
    "layout": PrintAsk("布局图", "A4", True, date="2026年1月", organisation="甲单位"),
    "shelters": PrintAsk("避难场所分布图", "A4", False, date="2026年1月"),
    "blind": PrintAsk("盲区图", "A4", True, coverage=CoverageAsk("shelter", 12_000.0)),
    "routes": PrintAsk("疏散转移路线图", "A4", False),
}


def drawn(name: str) -> np.ndarray:
    return pixels(compose(towns(7), PAGES[name]).pen, DPI, silent)


def off(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Mean difference of two pictures (0–255), and the share of pixels that clearly differ."""
    gap = np.abs(a.astype(int) - b.astype(int)).max(axis=2)
    return float(gap.mean()), float((gap > 60).mean())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_it_did(name: str) -> None:
    with Image.open(FOLDER / f"{name}.png") as image:
        golden = np.asarray(image.convert("RGB"))
    made = drawn(name)
    assert made.shape == golden.shape
    mean, differing = off(made, golden)
    assert mean < 1.0
    assert differing < 0.004


def test_a_moved_legend_would_be_noticed() -> None:
    made = drawn("layout")
    mean, differing = off(made, np.roll(made, 6, axis=1))
    assert mean > 1.0
    assert differing > 0.004


if __name__ == "__main__":
    for page in PAGES:
        Image.fromarray(drawn(page)).quantize(128).save(FOLDER / f"{page}.png", optimize=True)
