"""The one table of looks: readable, complete, and the same in files and code."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.kinds import BY_NAME, KINDS
from maps.drawing import style


@pytest.mark.parametrize("name", style.THEMES)
def test_text_stands_out_from_what_it_is_written_on(name: str) -> None:
    t = style.THEMES[name]
    pairs = [(ink, ground) for ink in (t.text, t.muted, t.error, t.warning, t.success)
             for ground in (t.window, t.panel, t.field)]  # fmt: skip
    pairs += [(t.text, t.hover), (t.selection_text, t.selection), (t.accent_text, t.accent)]
    pairs += [(t.label, ground) for ground in (t.canvas, t.district, t.neighbour, t.halo)]
    pairs += [(t.neighbour_label, t.neighbour), (t.neighbour_label, t.halo)]
    for ink, ground in pairs:
        assert style.contrast(ink, ground) >= 4.5, (name, ink, ground)
    assert style.contrast(t.accent, t.panel) >= 3


def test_contrast_of_known_pairs() -> None:
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style.contrast("#ffffff", "#ffffff") == 1
    # The darkest grey that fails 4.5:1 on white, a value every checker agrees on.
    assert style.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_labels_of_facilities_are_readable_on_the_map() -> None:
    for kind in style.SYMBOL_MM:
        ink = style.mixed(style.KIND_COLORS[kind], "#000000", 0.55)
        assert style.contrast(ink, style.LIGHT.halo) >= 4.5, kind


def test_joining_lines_and_names_stand_out_from_people_on_paper() -> None:
    darkest = style.POPULATION_PAPER[-1]
    assert style.contrast(style.LIGHT.halo, darkest) >= 3.0
    assert style.contrast(style.LIGHT.text, darkest) >= 4.5


def test_sequences_get_darker_step_by_step() -> None:
    for ramp in (
        style.POPULATION_RAMP,
        style.POPULATION_PAPER,
        [style.mixed(style.UNREACHED, "#ffffff", o) for o in style.UNREACHED_OPACITY],
        [style.mixed(style.COVERED, "#ffffff", o) for o in style.COVERED_OPACITY.values()],
    ):
        for a, b in pairwise(ramp):
            assert style.luminance(a) > style.luminance(b) * 1.05


def test_risk_colours_are_for_risk_only() -> None:
    others = {*style.KIND_COLORS.values(), *style.POPULATION_RAMP, style.COVERED}
    others |= {style.UNREACHED, style.GAINED, style.LOST}
    assert not others & set(style.RISK_COLORS.values())


def test_every_kind_has_its_place_in_every_table() -> None:
    points = {k.name for k in KINDS if k.geometry == "point"} - {"population"}
    assert set(style.SYMBOL_MM) == points
    assert set(style.LEGEND_KINDS) == set(BY_NAME)
    assert points <= set(style.Z)
    assert set(style.KIND_COLORS) == set(BY_NAME)
    grades = BY_NAME["road"].column("等级")
    assert grades is not None
    assert set(grades.choices) == set(style.ROADS) == set(style.ROAD_ORDER)
    for kind, class_ in style.CLASS_SCALE:
        column = BY_NAME[kind].column(BY_NAME[kind].class_column)
        assert column is not None
        assert class_ in column.choices


def test_a_settlement_grows_with_its_people_and_unknown_is_the_smallest_known_size() -> None:
    sizes = [style.symbol_mm("settlement", "", n) for n in (0, 9_999, 10_000, 60_000, 1e6)]
    assert sizes == sorted(sizes)
    assert style.symbol_mm("settlement", "", None) == style.symbol_mm("settlement")
    assert style.symbol_mm("settlement", "", float("nan")) == style.symbol_mm("settlement")


@given(st.lists(st.floats(0.01, 1e6), max_size=60))
def test_population_breaks_are_four_round_rising_numbers(values: list[float]) -> None:
    breaks = style.population_breaks([*values, float("nan"), 0.0])
    assert len(breaks) == 4
    assert all(a < b for a, b in pairwise(breaks))
    for b in breaks:
        assert f"{b:.0e}"[0] in "125"
        assert float(f"{b:.0e}") == pytest.approx(b)


def test_population_breaks_follow_the_quantiles() -> None:
    values = [float(n) for n in range(1, 10_001)]
    # 40 %, 65 %, 85 %, 95 % of 10 000 are 4 000, 6 500, 8 500, 9 500: rounded, then kept apart.
    assert style.population_breaks(values) == (5000.0, 10000.0, 20000.0, 50000.0)
