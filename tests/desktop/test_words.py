"""Numbers as the window writes them."""

import pytest

from data.kinds import kind
from desktop import words


@pytest.mark.parametrize(
    ("value", "text"),
    [(4_035_967, "403.6 万人"), (9_999.4, "9,999 人"), (9_999.5, "1.0 万人"), (0, "0 人"),
     (None, "未知"), (float("nan"), "未知")],
)  # fmt: skip
def test_people(value, text):
    assert words.people(value) == text


def test_exact_figures_and_shares():
    assert words.exact_people(4_035_967.0) == "4,035,967 人"
    assert words.exact_people(None) == "未知"
    assert words.share(0.59149) == "59.1%"
    assert words.share(None) == "未知"
    assert words.square_km(86_412.4) == "86,412 km²"
    assert words.square_km(3.14159) == "3.14 km²"
    assert words.km(50_000) == "50 km"
    assert words.km(150) == "0.15 km"


def test_years_have_no_separators_and_areas_do():
    depot = kind("depot")
    assert words.value_text(depot.column("建成年份"), 2025.0) == "2025"
    assert words.value_text(depot.column("占地面积"), 12345.678) == "12,345.678"
    assert words.value_text(depot.column("占地面积"), None) == ""
    assert words.value_text(None, "字") == "字"
