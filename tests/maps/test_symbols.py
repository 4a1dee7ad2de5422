"""Symbols: every kind and status has a picture of its own, in grey print too."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import resources
from data.kinds import BY_NAME, STATUSES
from maps.drawing import style, symbols
from maps.drawing.pen import Pen
from maps.drawing.symbols import CLOSE, CURVE, LINE, MOVE

LOOKS = [(kind, "") for kind in style.SYMBOL_MM] + list(symbols.PICTURES)
FACILITIES = [look for look in LOOKS if BY_NAME[look[0]].facility]


def grey(kind: str, class_: str, status: str, sketched: bool = False) -> npt.NDArray[np.float64]:
    """The symbol as 40 × 40 grey values 0–1 on white, as a black-and-white printer shows it."""
    pen = Pen(10.0, 10.0)
    pen.symbols(symbols.symbol(kind, class_, status, sketched), np.array([[5.0, 5.0]]), 7.0)
    pen.figure.set_dpi(101.6)
    canvas = FigureCanvasAgg(pen.figure)
    canvas.draw()
    rgb = np.asarray(canvas.buffer_rgba())[:, :, :3] / 255.0
    return rgb @ np.array([0.299, 0.587, 0.114])


def test_every_kind_and_status_differs_in_grey() -> None:
    shown = {(k, c, s): grey(k, c, s) for k, c in FACILITIES for s in STATUSES}
    for a, b in combinations(shown, 2):
        # One per cent of the symbol's square fully changed is a figure one can tell apart.
        difference = np.abs(shown[a] - shown[b]).sum() / 28**2
        assert difference > 0.02, (a, b, difference)


def test_half_built_is_planned_above_and_existing_below() -> None:
    for kind, class_ in FACILITIES:
        what, half, white = (grey(kind, class_, s) for s in ("现状", "在建", "规划"))
        above, below = slice(0, 18), slice(22, 40)
        assert np.abs(half - white)[above].mean() < 0.6 * np.abs(half - what)[above].mean()
        assert np.abs(half - what)[below].mean() < 0.6 * np.abs(half - white)[below].mean()


def test_an_indicative_position_has_a_dashed_ring_around_the_same_symbol() -> None:
    for kind, class_ in LOOKS:
        plain = symbols.symbol(kind, class_, "规划")
        ringed = symbols.symbol(kind, class_, "规划", True)
        assert len(ringed.paths) == len(plain.paths) + 2
        assert [p.fill for p in ringed.paths[1:-1]] == [p.fill for p in plain.paths]
        ring = ringed.paths[-1]
        assert ring.dash
        assert not ring.fill
        inside = max(float(np.hypot(*p.points.T).max()) for p in plain.paths)
        assert ringed.reach > symbols.RING
        assert inside <= 1.42


def winding(parts: list[npt.NDArray[np.float64]], x: float, y: float) -> tuple[int, int]:
    """Winding number and number of crossings to the right of a point, by plain counting."""
    turns = crossings = 0
    for ring in parts:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if (y0 <= y) != (y1 <= y):
                at = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
                if at > x:
                    crossings += 1
                    turns += 1 if y1 > y0 else -1
    return turns, crossings


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(look))
def test_both_fill_rules_give_the_same_picture(look: tuple[str, str]) -> None:
    for path in symbols.symbol(*look, "现状").paths:
        parts = symbols.flat((path.codes, path.points))
        for x in np.linspace(-0.93, 0.93, 21):
            for y in np.linspace(-0.931, 0.929, 21):
                turns, crossings = winding(parts, float(x), float(y))
                assert (turns != 0) == (crossings % 2 == 1), (x, y)


def area(parts: list[npt.NDArray[np.float64]]) -> float:
    return float(
        sum(
            np.dot(r[:, 0], np.roll(r[:, 1], -1)) - np.dot(np.roll(r[:, 0], -1), r[:, 1])
            for r in parts
        )
        / 2
    )


def test_the_two_halves_make_the_whole() -> None:
    for name in sorted(p.stem for p in resources.path("symbols").glob("*.svg")):
        for path in symbols._picture(name):
            if not len(path[0]):
                continue
            lower, upper = symbols._half(path, lower=True), symbols._half(path, lower=False)
            whole = area(symbols.flat(path))
            parts = area(symbols.flat(lower)) + area(symbols.flat(upper))
            assert parts == pytest.approx(whole)
            assert lower[1].size == 0 or lower[1][:, 1].min() >= -1e-12
            assert upper[1].size == 0 or upper[1][:, 1].max() <= 1e-12


def test_a_curve_is_followed_to_within_a_hundredth() -> None:
    points = np.concatenate(symbols.flat(symbols._circle(1.0), steps=16))
    assert np.abs(np.hypot(*points.T) - 1.0).max() < 3e-4


def test_parser_reads_the_subset_and_refuses_the_rest() -> None:
    codes, points = symbols._parse("M0-1L.5 1 1,1C1 2 3 4 5 6Z")
    assert codes.tolist() == [MOVE, LINE, LINE, CURVE, CURVE, CURVE, CLOSE]
    assert points.tolist() == [[0, -1], [0.5, 1], [1, 1], [1, 2], [3, 4], [5, 6], [0, -1]]
    for bad in ("M0 0 A1 1 0 0 1 1 1", "m0 0 l1 1", "M0 0 H1", "1 1"):
        with pytest.raises(ValueError, match="subset"):
            symbols._parse(bad)


def test_files_are_drawn_in_the_colours_of_the_table() -> None:
    for kind, class_ in LOOKS:
        name = symbols.PICTURES.get((kind, class_), kind)
        root = ElementTree.parse(resources.path(f"symbols/{name}.svg")).getroot()
        fills = {e.attrib["class"]: e.attrib["fill"] for e in root}
        assert fills["body"] == style.KIND_COLORS[kind]
        assert fills.get("glyph", "#ffffff") == style.GLYPH_COLORS.get(kind, "#ffffff")
    used = {symbols.PICTURES.get(look, look[0]) for look in LOOKS}
    assert used == {p.stem for p in resources.path("symbols").glob("*.svg")}


def test_icons_stay_in_their_box() -> None:
    names = sorted(p.stem for p in resources.path("icons").glob("*.svg"))
    assert len(names) > 40
    for name in names:
        for codes, points in symbols.icon(name):
            assert codes[0] == MOVE, name
            assert np.abs(points).max() <= 1.0, name


def test_a_layer_colour_and_unknown_words() -> None:
    painted = symbols.symbol("depot", color="#123456").paths
    assert any(p.fill == "#123456" for p in painted)
    same = symbols.symbol("depot", "没有这一级", "没有这种状态").paths
    assert [p.fill for p in same] == [p.fill for p in symbols.symbol("depot").paths]
    with pytest.raises(KeyError):
        symbols.symbol("road")


def test_svg_for_the_web_is_one_element_with_every_path() -> None:
    for kind, class_ in LOOKS:
        root = ElementTree.fromstring(symbols.svg(kind, class_, "在建", True))
        assert root.tag.endswith("svg")
        assert len(root) == len(symbols.symbol(kind, class_, "在建", True).paths)


def test_style_and_symbols_load_neither_matplotlib_nor_qt() -> None:
    words = (
        "import sys, maps.drawing.style, maps.drawing.symbols, maps.drawing.labels,"
        " maps.drawing.fonts;"
        "print([m for m in ('matplotlib', 'PySide6', 'geopandas') if m in sys.modules])"
    )
    home = Path(resources.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, cwd=home, check=True
    )
    assert done.stdout.strip() == "[]"
