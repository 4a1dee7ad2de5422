"""The vocabulary: complete, free of contradictions, strict about what is typed."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.kinds import (
    BY_NAME,
    BY_TITLE,
    KINDS,
    STATUS_SETS,
    STATUSES,
    Column,
    is_missing,
    kind,
    parse_value,
)
from data.refused import Refused

PROMISED = [
    *("district", "depot", "shelter", "fire_station", "rescue_team", "hazard_site", "hazard_zone"),
    *("settlement", "population", "road", "hydrant", "watchtower", "monitor", "siren", "medical"),
    *("other", "reach"),
]


def test_the_promised_kinds_are_there() -> None:
    assert set(PROMISED) == set(BY_NAME)
    for name in PROMISED:
        assert kind(name) is kind(BY_NAME[name].title)


def test_an_unknown_kind_is_refused_with_the_list() -> None:
    with pytest.raises(Refused, match="飞机场") as caught:
        kind("飞机场")
    assert all(name in str(caught.value) for name in PROMISED)


def test_titles_names_and_columns_are_unique() -> None:
    assert len(BY_TITLE) == len(BY_NAME) == len(KINDS)
    for one in KINDS:
        names = [c.name for c in one.columns]
        assert len(names) == len(set(names)), one.name
        assert not one.class_column or one.column(one.class_column) is not None
        assert not one.facility or (one.geometry == "point" and one.column("状态") is not None)


def test_status_sets_cover_every_status() -> None:
    assert set().union(*STATUS_SETS.values()) == set(STATUSES)


@pytest.mark.parametrize(
    "value", [None, "", "  ", math.nan, np.nan, pd.NaT, pd.NA, np.datetime64("NaT")]
)
def test_missing(value: object) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, 0.0, False, "0", "nan", [], math.inf])
def test_not_missing(value: object) -> None:
    assert not is_missing(value)


WHOLE = Column("人数", "whole", "人", low=0)
NUMBER = Column("面积", "number", low=0, high=100)


@pytest.mark.parametrize(
    ("column", "value", "parsed"),
    [
        (WHOLE, "1,200", 1200),
        (WHOLE, "1，200，300", 1200300),
        (WHOLE, 3.0, 3),
        (WHOLE, " 12 ", 12),
        (WHOLE, "１２", 12),
        (WHOLE, "", None),
        (NUMBER, "2.5", 2.5),
        (NUMBER, np.float32(0.5), 0.5),
        (Column("a"), "  甲 ", "甲"),
        (Column("d", "date"), "2025-06-30", "2025-06-30"),
        (Column("c", choices=("甲", "乙")), "乙", "乙"),
        (Column("c", choices=("甲",), open_choice=True), "丙", "丙"),
    ],
)
def test_parse(column: Column, value: object, parsed: object) -> None:
    out = parse_value(column, value)
    assert out == parsed
    assert type(out) is type(parsed)


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        (WHOLE, "1.5", "整数"),
        (WHOLE, "abc", "数字"),
        (WHOLE, "1,20", "数字"),
        (WHOLE, -1, "不能小于 0人"),
        (NUMBER, 101, "不能大于 100"),
        (NUMBER, "inf", "有限"),
        (NUMBER, True, "数字"),
        (Column("a", required=True), " ", "“a”不能为空"),
        (Column("d", "date"), "2025-6-31", "日期"),
        (Column("c", choices=("甲", "乙")), "丙", "甲、乙之一"),
    ],
)
def test_parse_refuses(column: Column, value: object, word: str) -> None:
    with pytest.raises(Refused, match=word):
        parse_value(column, value)


@given(st.integers(0, 10**12))
def test_grouped_digits_are_read_back(number: int) -> None:
    assert parse_value(WHOLE, f"{number:,}") == number
