"""Edits: each does its one thing, never alters what it was given, and can be undone."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data import edits
from data.edits import Edit
from data.history import History
from data.plan import Layer, Look, Plan
from data.refused import Refused
from data.same import same_layer
from tests.data.books import CRS, layers, point_layer, small_book

HERE = shapely.Point(500_500, 4_600_500)


@pytest.fixture
def plan() -> Plan:
    return small_book().plan


def column(plan: Plan, name: str, layer: str = "储备库") -> list[Any]:
    values = plan.layer(layer).frame[name].astype(object)
    return values.where(values.notna(), None).tolist()


def test_add(plan: Plan) -> None:
    values = {"名称": " 新库 ", "状态": "规划", "占地面积": "1,200", "电话": "0476"}
    after = edits.add_feature("储备库", HERE, values)(plan)
    row = after.layer("储备库").row(4)
    assert (row["名称"], row["状态"], row["占地面积"], row["电话"]) == (
        "新库",
        "规划",
        1200.0,
        "0476",
    )
    assert after.layer("储备库").geometry(4).equals(HERE)
    assert column(after, "电话") == [None, None, None, "0476"]
    assert column(after, "名称")[:3] == ["甲0", "甲1", "甲2"]
    assert after.layer("储备库").frame.crs == CRS
    assert list(after.layer("储备库").frame.columns)[-1] == "geometry"
    assert after.layer("行政区") is plan.layer("行政区")


def test_add_to_an_empty_layer() -> None:
    plan = edits.ensure_layer("避难场所")(Plan("现状", CRS))
    assert edits.ensure_layer("shelter")(plan) is plan
    plan = edits.add_feature("避难场所", HERE, {"名称": "广场", "状态": "现状", "容纳人数": 5})(
        plan
    )
    assert plan.layer("避难场所").row(1)["容纳人数"] == 5
    assert plan.layer("避难场所").next_id == 2


@pytest.mark.parametrize(
    ("values", "shape", "word"),
    [
        ({"名称": "x"}, HERE, "“状态”不能为空"),
        ({"状态": "现状"}, HERE, "“名称”不能为空"),
        ({"名称": "x", "状态": "在用"}, HERE, "现状、在建、规划、撤销"),
        ({"名称": "x", "状态": "现状", "占地面积": "大"}, HERE, "数字"),
        ({"名称": "x", "状态": "现状", "geometry": HERE}, HERE, "移动"),
        ({"名称": "x", "状态": "现状"}, shapely.box(0, 0, 1, 1), "只能放点"),
        ({"名称": "x", "状态": "现状"}, shapely.Point(), "需要一个位置"),
    ],
)
def test_add_refuses(plan: Plan, values: dict[str, Any], shape: Any, word: str) -> None:
    with pytest.raises(Refused, match=word):
        edits.add_feature("储备库", shape, values)(plan)


def test_move(plan: Plan) -> None:
    after = edits.move_feature("储备库", 2, HERE)(plan)
    assert after.layer("储备库").geometry(2).equals(HERE)
    assert after.layer("储备库").geometry(1) is plan.layer("储备库").geometry(1)
    assert plan.layer("储备库").geometry(2).x == 501_000
    assert edits.move_feature("储备库", 2, shapely.Point(500_500, 4_600_500))(after) is after
    with pytest.raises(Refused, match="编号为 9"):
        edits.move_feature("储备库", 9, HERE)(plan)
    crossed = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(Refused, match="自相交"):
        edits.move_feature("行政区", 1, crossed)(plan)


def test_move_several_as_one_step(plan: Plan) -> None:
    there = shapely.Point(1, 1)
    after = edits.move_features("储备库", {3: there, 1: HERE})(plan)
    assert [after.layer("储备库").geometry(i) for i in (1, 3)] == [HERE, there]
    assert after.layer("储备库").geometry(2).x == 501_000
    assert edits.move_features("储备库", {})(plan) is plan


def test_move_what_had_no_place() -> None:
    frame = point_layer().frame
    lost = frame.set_geometry(gpd.GeoSeries([None, *frame.geometry[1:]], frame.index, crs=CRS))
    plan = Plan("现状", CRS, (point_layer().with_frame(lost),))
    assert edits.move_feature("储备库", 1, HERE)(plan).layer("储备库").geometry(1) == HERE


def test_set_values(plan: Plan) -> None:
    after = edits.set_values("储备库", [1, 3], {"名称": "乙", "保障人数": "300"})(plan)
    assert column(after, "名称") == ["乙", "甲1", "乙"]
    assert column(after, "保障人数") == [300, None, 300]
    assert edits.set_values("储备库", [1], {"名称": "乙"})(after) is after
    assert edits.set_values("储备库", [], {"名称": "乙"})(plan) is plan
    cleared = edits.set_values("储备库", [1], {"保障人数": ""})(after)
    assert column(cleared, "保障人数") == [None, None, 300]
    with pytest.raises(Refused, match="“状态”不能为空"):
        edits.set_values("储备库", [1], {"状态": None})(plan)
    assert column(edits.set_values("储备库", [2], {"新列": [1, 2]})(plan), "新列")[1] == [1, 2]


@pytest.mark.parametrize(
    ("values", "new", "dtype"),
    [
        ([1, 2, 3], 4, "int64"),
        ([1, 2, 3], 4.5, "float64"),
        ([1, 2, 3], None, "float64"),
        ([1, 2, 3], "四", "object"),
        ([1.5, 2.5, np.nan], 4, "float64"),
        ([1.5, 2.5, np.nan], None, "float64"),
        ([1.5, 2.5, np.nan], "四", "object"),
        (["a", None, "c"], "四", "str"),
        (["a", None, "c"], None, "str"),
        (["a", None, "c"], 4, "object"),
        ([True, False, True], False, "bool"),
        ([True, False, True], None, "object"),
        ([True, False, True], 4, "object"),
        ([None, None, None], 4, "object"),
    ],
)
def test_columns_keep_their_type_where_the_value_fits(
    values: list[Any], new: Any, dtype: str
) -> None:
    plan = Plan("现状", CRS, (point_layer(外来=pd.Series(values)),))
    changed = edits.set_values("储备库", [2], {"外来": new})(plan)
    added = edits.add_feature("储备库", HERE, {"名称": "x", "状态": "现状", "外来": new})(plan)
    plain = [None if v != v else v for v in values]
    assert column(changed, "外来") == [plain[0], new, plain[2]]
    assert column(added, "外来") == [*plain, new]
    if new != plain[1]:
        assert str(changed.layer("储备库").frame["外来"].dtype) == dtype
    assert str(added.layer("储备库").frame["外来"].dtype) == dtype


@pytest.mark.parametrize(
    ("dtype", "new", "after"),
    [
        ("int64", 4, "int64"),
        ("int64", None, "float64"),
        ("int64", "四", "object"),
        ("float64", 4, "float64"),
        ("bool", True, "bool"),
        ("bool", None, "object"),
        ("str", "四", "str"),
        ("datetime64[ns]", None, "datetime64[ns]"),
        ("object", 4, "object"),
    ],
)
def test_the_first_feature_of_an_emptied_layer_fits_its_columns(
    dtype: str, new: Any, after: str
) -> None:
    emptied = point_layer(count=0, 外来=pd.Series([], dtype=dtype))
    assert str(emptied.frame["外来"].dtype) == dtype
    values = {"名称": "x", "状态": "现状", "外来": new}
    grown = edits.add_feature("储备库", HERE, values)(Plan("现状", CRS, (emptied,)))
    assert column(grown, "外来") == [new]
    assert str(grown.layer("储备库").frame["外来"].dtype) == after


def test_remove(plan: Plan) -> None:
    after = edits.remove_features("储备库", [1, 3])(plan)
    assert list(after.layer("储备库").frame.index) == [2]
    assert edits.remove_features("储备库", [])(plan) is plan
    with pytest.raises(Refused, match="编号为 7"):
        edits.remove_features("储备库", [1, 7])(plan)
    empty = edits.remove_features("储备库", [2])(after)
    assert (
        edits.add_feature("储备库", HERE, {"名称": "x", "状态": "现状"})(empty)
        .layer("储备库")
        .row(1)["名称"]
        == "x"
    )


def test_layers_come_go_and_change_places(plan: Plan) -> None:
    two = edits.add_layer(point_layer("库二"))(plan)
    assert [x.name for x in two] == ["行政区", "储备库", "库二"]
    assert next(x.name for x in edits.add_layer(point_layer("库二"), at=0)(plan)) == "库二"
    with pytest.raises(Refused, match="已有"):
        edits.add_layer(point_layer("库二"))(two)
    ordered = edits.order_layers(["库二", "行政区", "储备库"])(two)
    assert [x.name for x in ordered] == ["库二", "行政区", "储备库"]
    assert edits.order_layers(["库二", "行政区", "储备库"])(ordered) is ordered
    with pytest.raises(ValueError, match="every layer once"):
        edits.order_layers(["库二"])(two)
    renamed = edits.rename_layer("库二", " 库三 ")(two)
    assert [x.name for x in renamed] == ["行政区", "储备库", "库三"]
    assert edits.rename_layer("库三", "库三")(renamed) is renamed
    for wrong, word in (("", "不能为空"), ("行政区", "已有")):
        with pytest.raises(Refused, match=word):
            edits.rename_layer("库三", wrong)(renamed)
    assert [x.name for x in edits.remove_layer("行政区")(plan)] == ["储备库"]


def test_look_and_replace(plan: Plan) -> None:
    look = Look(color="#123456")
    after = edits.set_look("储备库", look)(plan)
    assert after.layer("储备库").look == look
    assert after.layer("储备库").frame is plan.layer("储备库").frame
    assert edits.set_look("储备库", look)(after) is after
    other = point_layer(count=1)
    assert edits.replace_layer(other)(plan).layer("储备库") is other
    assert edits.replace_layer(plan.layer("储备库"))(plan) is plan
    with pytest.raises(Refused, match="没有名为"):
        edits.replace_layer(point_layer("x"))(plan)


def test_a_chain_is_all_or_nothing(plan: Plan) -> None:
    both = edits.chain(edits.remove_features("储备库", [1]), edits.move_feature("储备库", 1, HERE))
    with pytest.raises(Refused, match="编号为 1"):
        both(plan)
    assert len(plan.layer("储备库")) == 3


_values = st.none() | st.text(max_size=3) | st.integers(-5, 5) | st.floats(0, 9) | st.booleans()


def _a_shape(layer: Layer, n: int) -> shapely.Geometry:
    x, y = 500_000 + n, 4_600_000 + 2 * n
    if layer.kind.geometry == "point":
        return shapely.Point(x, y)
    if layer.kind.geometry == "line":
        return shapely.LineString([(x, y), (x + 5, y)])
    return shapely.box(x, y, x + 5, y + 5)


@st.composite
def _an_edit(draw: st.DrawFn, plan: Plan) -> Edit:
    layer = draw(st.sampled_from(plan.layers))
    ids = draw(st.lists(st.sampled_from([*layer.frame.index, 1]), max_size=3, unique=True))
    shape = _a_shape(layer, draw(st.integers(0, 9)))
    names = [c for c in layer.frame.columns if c != "geometry"] + ["新列"]
    values = {draw(st.sampled_from(names)): draw(_values)}
    required = {"名称": "x", "状态": "现状", "人口": 1}
    makers: list[Callable[[], Edit]] = [
        lambda: edits.add_feature(layer.name, shape, required | values),
        lambda: edits.move_features(layer.name, dict.fromkeys(ids, shape)),
        lambda: edits.set_values(layer.name, ids, values),
        lambda: edits.remove_features(layer.name, ids),
        lambda: edits.rename_layer(layer.name, draw(st.sampled_from(["甲", "乙"]))),
        lambda: edits.order_layers(draw(st.permutations([x.name for x in plan]))),
        lambda: edits.set_look(layer.name, Look(opacity=draw(st.floats(0, 1)))),
        lambda: edits.ensure_layer(draw(st.sampled_from(["siren", "road"]))),
    ]
    return draw(st.sampled_from(makers))()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.data())
def test_any_edits_leave_the_past_alone_and_undo_to_the_same_object(data: st.DataObject) -> None:
    first = Plan("现状", CRS, (data.draw(layers("一")), data.draw(layers("二"))))
    history = History(first)
    told = {id(first): first.layers}
    copies: dict[int, tuple[Layer, Layer]] = {}
    _keep_copies(first, copies)
    for _ in range(data.draw(st.integers(1, 6))):
        edit = data.draw(_an_edit(history.value))
        try:
            after = edit(history.value)
        except Refused:
            continue
        told.setdefault(id(after), after.layers)
        _keep_copies(after, copies)
        history.do("改", after)
    states = [step.value for step in history.steps]
    for state in states:
        assert [id(layer) for layer in state] == [id(layer) for layer in told[id(state)]]
        assert all(id(layer) in copies for layer in state)
    for layer, copy in copies.values():
        assert same_layer(layer, copy)
    while history.undo():
        pass
    assert history.value is first
    while history.redo():
        pass
    assert history.value is states[-1]


def _keep_copies(plan: Plan, copies: dict[int, tuple[Layer, Layer]]) -> None:
    """Keep of each layer that is new a copy that shares no array with it (and the layer, by whose
    id it is found: a layer that several plans share is copied as the first of them had it)."""
    for layer in plan:
        if id(layer) in copies:
            continue
        shapes = np.array([None, *layer.frame.geometry.array], dtype=object)[1:]
        array = gpd.array.GeometryArray(shapes.copy(), crs=layer.frame.crs)
        frame = layer.frame.copy(deep=True).assign(geometry=array)
        copy = layer.with_frame(frame)
        assert same_layer(copy, layer)
        copies[id(layer)] = (layer, copy)
