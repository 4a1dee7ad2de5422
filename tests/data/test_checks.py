"""Every fault is named; a good plan is not complained of."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.checks import MANY, Problem, problems
from data.geodesy import Ruler
from data.plan import Layer, Plan, make_layer
from tests.data.books import CRS, district_layer, point_layer


def people_layer(count: int = 2) -> Layer:
    shapes = [shapely.Point(450_000 + i, 4_600_000) for i in range(count)]
    frame = gpd.GeoDataFrame({"人口": [1.5] * count}, geometry=shapes, crs=CRS)
    return make_layer("人口", "population", frame, CRS)


def plan_of(*layers: Layer) -> Plan:
    """A plan with nothing wrong, and these layers on top or in their place."""
    good = Plan("现状", CRS, (district_layer((5, 6)), people_layer(), point_layer()))
    for layer in layers:
        good = good.with_layer(layer)
    return good


def told(plan: Plan) -> list[tuple[str, int | None, str]]:
    return [(p.layer, p.id, p.severity) for p in problems(plan)]


def only(plan: Plan) -> Problem:
    found = problems(plan)
    assert len(found) == 1, [p.message for p in found]
    return found[0]


def with_shapes(layer: Layer, *shapes: Any) -> Layer:
    array = gpd.array.from_shapely(np.array([*shapes, None], dtype=object)[:-1], crs=CRS)
    return layer.with_frame(layer.frame.assign(geometry=array))


def test_a_good_plan_has_no_problems() -> None:
    assert problems(plan_of()) == []


def test_missing_layers() -> None:
    found = problems(Plan("现状", CRS))
    assert [p.severity for p in found] == ["警告", "警告", "提示"]
    assert "规划区" in found[0].message
    assert "人口" in found[1].message
    around = district_layer((5, 6))
    around = around.with_frame(around.frame.assign(角色="周边"))
    assert "规划区" in only(plan_of(around)).message
    unsaid = around.with_frame(around.frame.assign(角色=None))
    assert problems(plan_of(unsaid)) == []  # not said to be around: planned for


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("名称", ["甲0", None, "甲2"], "没有填“名称”"),
        ("名称", ["甲0", " ", "甲2"], "没有填“名称”"),
        ("状态", ["现状", None, "规划"], "没有填“状态”"),
        ("状态", ["现状", "在用", "规划"], "是“在用”,只能是现状、在建、规划、撤销之一"),
        ("占地面积", [1, -5.0, None], "是“-5.0”,小于 0"),
        ("占地面积", [1, "大", None], "是“大”,不是数字"),
        ("占地面积", [1, np.inf, None], "不是数字"),
        ("保障人数", [1, 2.5, None], "是“2.5”,不是整数"),
        ("直升机起降", ["有", "可能", "无"], "只能是有、无之一"),
    ],
)
def test_values(column: str, values: list[Any], words: str) -> None:
    layer = point_layer(**{column: pd.Series(values, dtype=object)})
    problem = only(plan_of(layer))
    assert (problem.layer, problem.id, problem.severity) == ("储备库", 2, "错误")
    assert words in problem.message
    assert "编号 2" in problem.message


def test_a_name_of_several_lines_stays_one_sentence() -> None:
    layer = point_layer(名称=["a", "乙\n 库", "c"], 状态=["现状", None, "现状"])
    assert "“乙 库”(编号 2)没有填“状态”" in only(plan_of(layer)).message


def test_open_choices_and_unknown_columns_are_free() -> None:
    assert problems(plan_of(point_layer(级别="旗县级", 电话=-1))) == []


def test_shapes() -> None:
    crossed = shapely.Polygon([(4e5, 45e5), (5e5, 47e5), (5e5, 45e5), (4e5, 47e5)])
    layer = with_shapes(district_layer((5, 6)), crossed, district_layer().geometry(2))
    first = problems(plan_of(layer))[0]
    assert (first.id, first.severity) == (1, "错误")
    assert "自相交" in first.message
    assert "450000 4600000" in first.message
    here = shapely.Point(5e5, 4.6e6)
    lost = with_shapes(point_layer(), None, shapely.Point(), here)
    assert [(p.id, "没有位置" in p.message) for p in problems(plan_of(lost))] == [
        (1, True),
        (2, True),
    ]
    wrong = with_shapes(point_layer(), here, shapely.LineString([here, (5e5, 4.61e6)]), here)
    assert "应当是点" in next(p for p in problems(plan_of(wrong)) if p.severity == "错误").message


def test_places_outside_the_country() -> None:
    good = shapely.Point(5e5, 4.6e6)
    turned = with_shapes(point_layer(), good, shapely.Point(4.6e6, 5.2e5), shapely.Point(0, 0))
    found = [p for p in problems(plan_of(turned)) if "中国" in p.message]
    assert [p.id for p in found] == [2, 3]
    assert "填反" in found[0].message
    assert "坐标系" in found[1].message


def test_outside_every_district() -> None:
    x, y = Ruler(CRS).from_lonlat(112.0, 40.0)
    good = shapely.Point(5e5, 4.6e6)
    layer = with_shapes(point_layer(), good, shapely.Point(x, y), shapely.Point(6e5, 4.7e6))
    problem = only(plan_of(layer))
    assert (problem.id, problem.severity) == (2, "警告")
    assert "不在任何行政区里" in problem.message


def test_twins() -> None:
    near = [shapely.Point(5e5 + d, 4.6e6) for d in (0, 0.9, 300)]
    layer = with_shapes(point_layer(名称="同名"), *near)
    problem = only(plan_of(layer))
    assert (problem.id, problem.severity) == (2, "警告")
    assert "编号 1" in problem.message
    other = with_shapes(point_layer("库二", 名称="同名"), *near)
    assert len(problems(plan_of(layer, other))) == 4
    shelters = with_shapes(point_layer("避难场所", "shelter", 名称="同名"), *near)
    assert [p.layer for p in problems(plan_of(layer, shelters))] == ["储备库", "避难场所"]


def test_districts() -> None:
    unknown = only(plan_of(district_layer((5, None))))
    assert (unknown.id, unknown.severity) == (2, "提示")
    assert "人口未知" in unknown.message
    codes = district_layer((5, 6))
    codes = codes.with_frame(codes.frame.assign(代码="150402"))
    assert "代码都是 150402" in only(plan_of(codes)).message


def test_overlap_and_gap() -> None:
    base = district_layer((5, 6))
    left, right = base.geometry(1), base.geometry(2)
    over = shapely.box(499_000, 4_500_000, 600_000, 4_700_000)
    problem = only(plan_of(with_shapes(base, left, over)))
    assert "重叠约 200.0 km²" in problem.message
    assert (problem.id, problem.severity) == (2, "警告")
    tiny = shapely.box(499_999.9, 4_500_000, 600_000, 4_700_000)
    assert problems(plan_of(with_shapes(base, left, tiny))) == []
    hole = left.difference(shapely.box(420_000, 4_520_000, 430_000, 4_530_000))
    gap = only(plan_of(with_shapes(base, hole, right)))
    assert "约 100.0 km² 的空隙" in gap.message
    assert gap.id is None


def test_holes_among_neighbours_are_not_ours() -> None:
    base = district_layer((5, 6, 7))
    ring = shapely.box(600_000, 4_500_000, 700_000, 4_700_000).difference(
        shapely.box(620_000, 4_520_000, 630_000, 4_530_000)
    )
    layer = with_shapes(base, base.geometry(1), base.geometry(2), ring)
    roles = pd.Series(["规划区", "规划区", "周边"], index=layer.frame.index)
    assert problems(plan_of(layer.with_frame(layer.frame.assign(角色=roles)))) == []


def test_a_flood_of_the_same_fault_is_summed_up() -> None:
    layer = point_layer(count=MANY + 30, 状态="在用")
    found = problems(plan_of(layer))
    assert len(found) == MANY + 1
    assert "另有 30 处" in found[-1].message
    assert found[-1].id is None


def test_worst_first() -> None:
    plan = plan_of(point_layer(状态="在用"), district_layer((5, None)))
    assert [severity for _, _, severity in told(plan)] == ["错误"] * 3 + ["提示"]


def test_ids_that_repeat() -> None:
    layer = point_layer()
    twice = layer.with_frame(layer.frame.set_axis(pd.Index([1, 2, 2], name="fid")))
    assert ("储备库", 2, "错误") in told(plan_of(twice))
