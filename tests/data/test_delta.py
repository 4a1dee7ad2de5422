"""The difference between two frames leads from one to the other."""

from collections.abc import Callable

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data import edits
from data.delta import applied, difference
from data.plan import Plan
from data.refused import Refused
from data.same import same_layer
from tests.data.books import CRS, layers, point_layer

HERE = shapely.Point(500_500, 4_600_500)


def test_only_what_changed_is_in_it() -> None:
    plan = Plan("现状", CRS, (point_layer(count=50, 人口=pd.Series(range(50))),))
    after = edits.chain(
        edits.move_feature("储备库", 7, HERE),
        edits.set_values("储备库", [9], {"备注": "x", "人口": 77}),
        edits.remove_features("储备库", [3, 4]),
        edits.add_feature("储备库", HERE, {"名称": "新", "状态": "规划", "人口": 3}),
    )(plan)
    old, new = plan.layers[0], after.layers[0]
    delta = difference(old.frame, new.frame)
    assert delta is not None
    assert list(delta.rows.index) == [7, 9, 51]
    assert delta.removed == [3, 4]
    assert same_layer(new.with_frame(applied(old.frame, delta)), new)


def test_no_difference() -> None:
    frame = point_layer().frame
    delta = difference(frame, frame.copy(deep=False))
    assert delta is not None
    assert (len(delta.rows), delta.removed) == (0, [])
    assert same_layer(point_layer().with_frame(applied(frame, delta)), point_layer())


@pytest.mark.parametrize(
    "other",
    [
        lambda f: f.assign(新列=1),
        lambda f: f.assign(名称=f["名称"].astype(object)),
        lambda f: f.iloc[::-1],
        lambda f: f.to_crs("EPSG:4490"),
        lambda f: pd.concat([f.iloc[1:], f.iloc[:1]]),
    ],
)
def test_what_is_too_different(other: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    frame = point_layer().frame
    assert difference(frame, other(frame)) is None


def test_columns_of_a_type_that_cannot_be_compared() -> None:
    frame = point_layer().frame.astype({"状态": "category"})
    assert difference(frame, frame) is None


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.data())
def test_any_edits(data: st.DataObject) -> None:
    before = data.draw(layers("一"))
    plan = Plan("现状", CRS, (before,))
    for _ in range(data.draw(st.integers(0, 4))):
        ids = list(plan.layers[0].frame.index)
        chosen = data.draw(st.lists(st.sampled_from(ids or [1]), max_size=2, unique=True))
        columns = [c for c in plan.layers[0].frame.columns if c != "geometry"] or ["x"]
        values = {data.draw(st.sampled_from(columns)): data.draw(st.sampled_from([None, "a", 2]))}
        shape = before.frame.geometry.iloc[0] if len(before) else HERE
        edit = data.draw(
            st.sampled_from(
                [
                    edits.set_values("一", chosen, values),
                    edits.remove_features("一", chosen),
                    edits.add_feature("一", shape, {"名称": "x", "状态": "现状", "人口": 1}),
                ]
            )
        )
        try:
            plan = edit(plan)
        except Refused:
            continue
    delta = difference(before.frame, plan.layers[0].frame)
    if delta is not None:
        out = applied(before.frame, delta)
        assert isinstance(out, gpd.GeoDataFrame)
        assert same_layer(before.with_frame(out), plan.layers[0])
