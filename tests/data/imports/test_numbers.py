"""Numbers as offices write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.imports.numbers import han_number, heading_unit, is_blank, parse_number

WRITTEN = [
    ("约3.2万", "人", "", 32000),
    ("1,200㎡", "㎡", "", 1200),
    ("一千", "人", "", 1000),
    ("15亩", "㎡", "", 10000),
    ("3万㎡", "㎡", "", 30000),
    ("1.2", "㎡", "万㎡", 12000),
    ("3万多人", "人", "", 30000),
    ("近五千人", "人", "", 5000),
    ("三万五", "人", "", 35000),
    ("3.2万", "㎡", "亩", 32000 * 10000 / 15),
    ("12.5公顷", "㎡", "", 125000),
    ("１２００", "人", "", 1200),
    ("一百零五", "人", "", 105),
    ("二〇二五", "", "", 2025),
    ("2025年", "", "", 2025),
    ("3000余人", "人", "", 3000),
    ("3.5千米", "km", "", 3.5),
    (3.2, "人", "万人", 32000),
    ("65%", "", "", 0.65),
    ("2.5km²", "㎡", "", 2_500_000),
    ("3万2千", "人", "", 32000),
    ("1千2百人", "人", "", 1200),
    ("1万5", "人", "", 15000),
    ("3百5十", "人", "", 350),
    ("万余人", "人", "", 10000),
    ("約一萬二千餘人", "人", "", 12000),
    ("超过500人", "人", "", 500),
    ("8辆消防车", "辆", "", 8),
    # The 万 of the heading is not taken once more for a cell that says it.
    ("3.2万", "人", "万人", 32000),
    ("3万2千", "人", "万人", 32000),
    ("五千", "人", "千人", 5000),
    ("一百二十", "人", "万人", 1_200_000),
]


@pytest.mark.parametrize(("text", "unit", "heading", "value"), WRITTEN)
def test_written_numbers(text, unit, heading, value):
    found = parse_number(text, unit, heading)
    assert found is not None
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        *("2000-3000", "2000~3000", "两三千", "abc", "1,2", "5只", "1.2.3"),
        *("万", "千", "2千3万", "不足500", "500人以下"),
        *("e308", "+e5"),
    ],
)
def test_what_is_not_one_number_is_not_guessed(text):
    assert parse_number(text, "人") is None


def test_about_is_remembered():
    assert parse_number("约300", "人").about
    assert parse_number("300余", "人").about
    assert not parse_number("300", "人").about


@pytest.mark.parametrize(
    "text", ["", "  ", "未知", "—", "/", "暂无数据", "#DIV/0!", "N/A", None, float("nan")]
)
def test_missing_is_missing(text):
    assert is_blank(text)


def test_zero_is_not_missing():
    assert not is_blank("0")
    assert not is_blank(0)


@pytest.mark.parametrize(
    ("heading", "unit", "found"),
    [
        ("占地面积(亩)", "㎡", "亩"),
        ("面积_公顷", "㎡", "公顷"),
        ("人口(万人)", "人", "万人"),
        ("面积 万㎡", "㎡", "万m2"),
        ("占地面积(平方米)", "㎡", "平方米"),
        ("建筑面积(单位:万平方米)", "㎡", "万平方米"),
        ("人数", "人", ""),
        ("占地面积", "㎡", ""),
        ("容纳人数(含临时)", "人", ""),
    ],
)
def test_units_in_headings(heading, unit, found):
    assert heading_unit(heading, unit) == found


def in_chinese(number: int) -> str:
    """An independent writer of Chinese numbers below 10^8."""
    digits = "零一二三四五六七八九"
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = "零" if 0 < low < 1000 else ""
        return in_chinese(high) + "万" + gap + (in_chinese(low) if low else "")
    out, zero = "", False
    for step, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // step % 10
        if digit:
            out += ("零" if zero else "") + digits[digit] + name
            zero = False
        elif out:
            zero = True
    return out


@given(st.integers(min_value=1, max_value=99_999_999))
def test_chinese_numbers_are_read_back(number):
    assert han_number(in_chinese(number)) == number


@given(st.integers(min_value=0, max_value=10**12))
def test_grouped_numbers_are_read_back(number):
    assert parse_number(f"{number:,}人", "人").value == number
