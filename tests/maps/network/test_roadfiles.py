"""Answers by road kept as layers of the plan: true numbers, nothing else changed by them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely

from data.checks import problems
from data.files import load, save
from data.geodesy import Ruler
from data.kinds import is_missing
from data.plan import Book, Layer, Plan
from data.refused import Refused
from maps.analysis.demand import demand
from maps.analysis.network.areas import Areas, areas
from maps.analysis.network.isochrone import isochrones
from maps.analysis.timecover import TimeAsk, timecover
from maps.drawing import style
from maps.drawing.content import gather
from maps.drawing.legend import groups
from maps.drawing.paper import sheet
from maps.drawing.roadfiles import areas_layer, bands_layer, kept_basis
from maps.drawing.templates import template
from tests.maps.network.test_isochrone import ASK, LIMITS, answer
from tests.maps.network.test_timecover import usual_county

DAY = "2025-06-30"


@cache
def divided() -> Areas:
    return areas(usual_county(), replace(ASK, ready_minutes={"": 2.0}))


@cache
def kept() -> tuple[Layer, Layer]:
    return bands_layer(answer(), "圈", DAY), areas_layer(divided(), "区", DAY)


def with_answers() -> Plan:
    plan = usual_county()
    for layer in kept():
        plan = plan.with_layer(layer)
    return plan


def test_bands_keep_their_numbers_the_widest_below() -> None:
    layer = kept()[0]
    ruler = Ruler(layer.frame.crs.to_string())
    assert list(layer.column("时限")) == sorted(LIMITS, reverse=True)
    for fid, band in zip(layer.frame.index, reversed(answer().bands), strict=True):
        row = layer.row(fid)
        assert (row["类型"], row["时限"], row["人口"]) == ("等时圈", band.minutes, band.people)
        assert row["日期"] == DAY
        assert row["面积"] == pytest.approx(band.area_km2, abs=1e-4)
        assert float(ruler.area(layer.geometry(fid))) == pytest.approx(band.area_km2, rel=1e-6)
        assert layer.geometry(fid).is_valid
    assert layer.basis == answer().basis


def test_areas_and_what_nobody_reaches_are_the_planning_region() -> None:
    result = areas(usual_county(), replace(ASK, measure="detour"), within_districts=True)
    far = Areas(**(vars(result) | {"left": shapely.box(0, 0, 1000, 2000), "left_km2": 2.0}))
    layer = areas_layer(far, "区", DAY)
    assert list(layer.column("类型")) == ["责任区"] * (len(layer) - 1) + ["到不了"]
    assert list(layer.column("面积标准").iloc[:-1]) == [
        a.limit_km2 for a in result.areas if not a.shape.is_empty
    ]
    whole = kept()[1]
    total = sum(d.area_km2 for d in demand(usual_county()).districts)
    assert whole.column("面积").sum() == pytest.approx(total, rel=1e-6)
    assert whole.column("人口").sum() == pytest.approx(
        sum(demand(usual_county()).everybody[:-1]), rel=1e-9
    )


def test_the_basis_says_who_how_and_what_is_estimated() -> None:
    words = kept_basis(divided())
    assert words.startswith("消防站(全部);准备时间 2 分钟;")
    assert "待核实" in words
    assert f"人口依据 {divided().basis}" in words
    straight = kept_basis(answer("detour"))
    assert "不是行车时间" in straight
    assert "估算" in straight
    only = replace(ASK, only=frozenset([("消防站", 1)]), status="现状")
    assert "消防站(现状,选定的 1 处);未计准备时间" in kept_basis(
        isochrones(usual_county(), only, (6.0,))
    )


def test_they_are_there_after_saving_and_no_problem_is_found(tmp_path: Path) -> None:
    plan = with_answers()
    save(Book("县", (plan,)), tmp_path / "县.gpkg")
    back = load(tmp_path / "县.gpkg").book.plan
    for layer in kept():
        again = back.layer(layer.name)
        assert again.kind_name == "reach"
        assert again.basis == layer.basis
        for fid in layer.frame.index:
            assert shapely.equals(again.geometry(fid), layer.geometry(fid))
            for name, value in layer.row(fid).items():
                new = again.row(fid)[name]
                assert new == value or (is_missing(new) and is_missing(value))
    assert not [p for p in problems(plan) if p.layer in ("圈", "区")]


def test_no_answer_changes_for_them() -> None:
    plan, with_them = usual_county(), with_answers()
    ask = TimeAsk("fire_station", 6.0, vehicle="救援车辆")
    before, after = timecover(plan, ask), timecover(with_them, ask)
    assert after.whole == before.whole
    assert after.by_district == before.by_district
    assert after.holds_for(plan)
    assert [d.name for d in demand(with_them).districts] == [d.name for d in demand(plan).districts]
    again = areas(with_them, replace(ASK, ready_minutes={"": 2.0}))
    assert [(a.km2, a.people) for a in again.areas] == [(a.km2, a.people) for a in divided().areas]


def test_the_paper_map_shows_them_by_name_and_thematic_maps_do_not() -> None:
    plan = with_answers()
    content = gather(plan, template("布局图"))
    assert [layer.name for layer in content.answers] == ["圈", "区"]
    listed = {g.title: [e.text for e in g.entries] for g in groups(content, sheet("A3", True))}
    assert listed["分析"] == ["圈(3、6、12 分钟)", "区", "到不了"]
    assert not gather(plan, template("责任区图")).answers
    left = plan.layer("圈").frame.assign(类型="到不了")
    only_left = plan.without_layer("区").with_layer(plan.layer("圈").with_frame(left))
    names = groups(gather(only_left, template("布局图")), sheet("A3", True))
    assert {g.title: [e.text for e in g.entries] for g in names}["分析"] == ["到不了"]
    assert style.reach("到不了", "#123456").fill == style.UNREACHED


def test_nothing_reached_is_not_kept() -> None:
    late = replace(ASK, ready_minutes={"": 60.0})
    with pytest.raises(Refused, match="哪里也到不了"):
        bands_layer(isochrones(usual_county(), late, (5.0,)), "圈", DAY)


def test_shapes_that_touch_themselves_stay_areas() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0), (-1, 0), (0, 0)])
    band = replace(answer().bands[0], shape=bow)
    made = bands_layer(replace(answer(), bands=(band,)), "圈", DAY)
    assert made.geometry(1).geom_type == "MultiPolygon"
    assert made.geometry(1).area == pytest.approx(2.0)
    assert np.all(shapely.is_valid(made.frame.geometry.to_numpy()))
