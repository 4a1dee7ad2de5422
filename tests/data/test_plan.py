"""The plan as a value."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from data.kinds import kind
from data.plan import (
    Book,
    Plan,
    best_crs,
    crs_title,
    empty_frame,
    make_layer,
    unique_name,
)
from data.refused import Refused
from tests.data.books import CRS, district_layer, point_layer, small_book


def test_an_unchanged_layer_is_the_same_object() -> None:
    plan = small_book().plan
    other = plan.with_layer(point_layer(count=2))
    assert other.layer("行政区") is plan.layer("行政区")
    assert plan.changed(other) == {"储备库"}
    assert plan.changed(plan) == set()
    assert plan.changed(None) == {"行政区", "储备库"}
    assert plan.without_layer("储备库").changed(plan) == {"储备库"}


def test_layers_are_found_by_name_and_kind() -> None:
    plan = small_book().plan
    assert plan.of_kind("储备库") == plan.of_kind("depot") == (plan.layers[1],)
    assert plan.find("x") is None
    with pytest.raises(Refused, match="行政区、储备库"):
        plan.layer("x")


def test_with_plan_changes_the_current_scenario_only() -> None:
    a, b = Plan("a", CRS), Plan("b", CRS)
    book = Book("题", (a, b), 1)
    assert book.with_plan(b) is book
    c = Plan("c", CRS)
    assert book.with_plan(c).plans == (a, c)


def test_make_layer_completes_and_does_not_alter() -> None:
    frame = gpd.GeoDataFrame({"备用": [1]}, geometry=[shapely.Point(119, 42)], crs="EPSG:4490")
    before = frame.copy()
    layer = make_layer("库", "储备库", frame, CRS)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    known = [c.name for c in kind("depot").columns]
    assert list(layer.frame.columns) == [*known, "备用", "geometry"]
    assert layer.kind_name == "depot"
    assert list(layer.frame.index) == [1]
    assert layer.frame.crs == CRS
    assert layer.geometry(1).x == pytest.approx(417_500, abs=1000)
    assert layer.row(1)["备用"] == 1
    assert "geometry" not in layer.row(1)
    assert layer.column("没有").isna().all()


def test_make_layer_keeps_ids_and_needs_a_crs() -> None:
    layer = district_layer()
    kept = make_layer("x", "district", layer.frame.iloc[[1]], CRS)
    assert list(kept.frame.index) == [2]
    with pytest.raises(Refused, match="坐标系"):
        make_layer("x", "district", gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]), CRS)


def test_empty_frames() -> None:
    frame = empty_frame("road", CRS)
    assert len(frame) == 0
    assert frame.crs == CRS
    assert frame.index.name == "fid"


@pytest.mark.parametrize(
    ("longitude", "crs"),
    [(119, "EPSG:4549"), (135.08, "EPSG:4554"), (73.5, "EPSG:4534"), (80.4, "EPSG:4536")],
)
def test_best_crs(longitude: float, crs: str) -> None:
    assert best_crs(longitude) == crs
    assert "3°带" in crs_title(crs)


@pytest.mark.parametrize("longitude", [42.0, 72.9, 136.5, -119.0])
def test_no_crs_outside_the_country(longitude: float) -> None:
    with pytest.raises(Refused, match="不在中国范围内"):
        best_crs(longitude)


def test_best_crs_is_the_nearest_meridian() -> None:
    for tenth in range(735, 1360):
        title = crs_title(best_crs(tenth / 10))
        meridian = int(title.split("中央经线 ")[1].split("°")[0])
        assert abs(meridian - tenth / 10) <= 1.5 + 1e-9


def test_unique_name() -> None:
    assert unique_name("a", []) == "a"
    assert unique_name("a", ["a", "a 2"]) == "a 3"
