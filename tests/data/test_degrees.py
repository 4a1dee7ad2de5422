"""Angles as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.degrees import in_minutes, parse_degrees, parse_pair
from data.refused import Refused


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("118.9512", 118.9512),
        ("118.9512°", 118.9512),
        ("东经118.9512", 118.9512),
        ("118°57′", 118.95),
        ("118°57'4.3\"", 118 + 57 / 60 + 4.3 / 3600),
        ("118°57′04.3″E", 118 + 57 / 60 + 4.3 / 3600),
        ("118 57 4.3", 118 + 57 / 60 + 4.3 / 3600),
        ("118度57分4.3秒", 118 + 57 / 60 + 4.3 / 3600),
        ("E118:57:04", 118 + 57 / 60 + 4 / 3600),
    ],
)
def test_longitudes(text, value):
    assert parse_degrees(text, "经度") == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("", "经度", "要写成"),
        ("abc", "经度", "要写成"),
        ("118.9.1", "经度", "要写成"),
        ("1 2 3 4", "经度", "要写成"),
        ("-118", "经度", "要写成"),
        ("118°75′", "经度", "小于 60"),
        ("118.5°30′", "经度", "只有最后一个数"),
        ("42.2", "经度", "填反"),
        ("118.9", "纬度", "填反"),
        ("172", "经度", "写错"),
        ("118.95W", "经度", "东经、北纬"),
        ("西经118°57′", "经度", "东经、北纬"),
        ("南纬42.2", "纬度", "东经、北纬"),
        ("118.95N", "经度", "填反"),
        ("东经42.2", "纬度", "填反"),
        ("约118", "经度", "要写成"),
    ],
)
def test_what_is_no_place_in_china_is_refused(text, name, words):
    with pytest.raises(Refused, match=words):
        parse_degrees(text, name)


@pytest.mark.parametrize(
    "text",
    [
        "118.95,42.27",
        "118.95，42.27",
        " 118.95\t42.27 ",
        "118°57′ 42°16′12″",
        "E118.95;N42.27",
        "42.27N,118.95E",
    ],
)
def test_a_pair_pasted_at_once(text):
    lon, lat = parse_pair(text)
    assert lon == pytest.approx(118.95)
    assert lat == pytest.approx(42.27)


@pytest.mark.parametrize("text", ["118.95", "118 57 4", "42.27,118.95", "a,b", ""])
def test_no_pair(text):
    assert parse_pair(text) is None


@given(st.floats(73, 136), st.sampled_from(["经度"]))
def test_written_and_read_again_to_a_tenth_of_a_second(value, name):
    text = in_minutes(value, name)
    assert "60.0″" not in text
    assert "60′" not in text
    if 73 <= round(value * 36000) / 36000 <= 136:
        assert abs(parse_degrees(text, name) - value) <= 0.05 / 3600 + 1e-9
