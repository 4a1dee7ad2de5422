"""GeoTIFF: every person counted once, whatever the blocks, gaps, scale and size."""

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from data.imports import raster
from data.imports.raster import read_raster
from data.imports.reading import ReadAsk, read
from data.imports.sniff import sniff
from data.refused import Refused

# Said by rasterio of itself.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")


def write(path, values, *, crs="EPSG:4490", step=0.01, nodata=None, corner=(118.0, 43.0), **more):
    scale = more.pop("scale", None)
    with rasterio.open(
        path,
        "w",
        driver=more.pop("driver", "GTiff"),
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype=values.dtype,
        crs=crs,
        transform=from_origin(*corner, step, step),
        nodata=nodata,
        **more,
    ) as data:
        data.write(values[None])
        if scale:
            data.scales, data.offsets = (scale[0],), (scale[1],)
    return path


def people(seed, shape=(37, 53)):
    r = np.random.default_rng(seed)
    values = r.uniform(0, 50, shape).astype("float32")
    values[r.random(shape) < 0.6] = 0
    return values


def test_every_cell_becomes_a_point_at_its_centre(tmp_path):
    values = people(1)
    found = read_raster(write(tmp_path / "a.tif", values), "point")[0]
    rows, columns = np.nonzero(values)
    assert np.array_equal(found.columns["人口"], values[rows, columns].astype(float))
    assert np.allclose(shapely.get_x(found.shapes), 118 + (columns + 0.5) * 0.01)
    assert np.allclose(shapely.get_y(found.shapes), 43 - (rows + 0.5) * 0.01)
    assert 820 < found.cell < 1130


def test_gaps_and_negative_values_are_nobody(tmp_path):
    values = people(2)
    values[0, :5], values[1, :4] = -9999, -3
    values[2, :3] = np.nan
    found = read_raster(write(tmp_path / "a.tif", values, nodata=-9999), "point")[0]
    fine = np.isfinite(values) & (values > 0)
    assert found.columns["人口"].sum() == pytest.approx(values[fine].sum(dtype=float))
    assert any("4 个格子的值小于 0" in note for note in found.notes)


def test_scale_and_offset_are_applied(tmp_path):
    values = (np.arange(30).reshape(5, 6)).astype("int16")
    found = read_raster(write(tmp_path / "a.tif", values, scale=(0.5, 1.0)), "point")[0]
    assert found.columns["人口"].sum() == pytest.approx((values * 0.5 + 1).sum())


@pytest.mark.parametrize("most", [5, 40, 300])
@pytest.mark.parametrize("block", [64, 128])
def test_too_many_cells_are_put_together_with_their_sums(tmp_path, monkeypatch, most, block):
    monkeypatch.setattr(raster, "MOST_POINTS", most)
    monkeypatch.setattr(raster, "_BLOCK", block)
    values = people(3, (133, 171))
    found = read_raster(write(tmp_path / "a.tif", values), "point")[0]
    assert found.columns["人口"].sum() == pytest.approx(values.sum(dtype=float))
    assert len(found) <= max(most, 9)
    assert any("合成一格" in note for note in found.notes)
    step = next(int(n.split("每 ")[1].split("×")[0]) for n in found.notes if "合成一格" in n)
    slow = {}
    for (row, column), value in np.ndenumerate(values):
        if value > 0:
            key = (row // step, column // step)
            slow[key] = slow.get(key, 0.0) + float(value)
    assert len(slow) == len(found)
    assert sorted(slow.values()) == pytest.approx(sorted(found.columns["人口"]))


def test_only_the_plans_part_of_a_huge_raster(tmp_path, monkeypatch):
    monkeypatch.setattr(raster, "MOST_POINTS", 500)
    values = people(4, (100, 100))
    path = write(tmp_path / "a.tif", values)
    bounds = (118.2, 42.5, 118.5, 42.7)
    found = read_raster(path, "point", bounds)[0]
    inside = values[30:50, 20:50]
    assert found.columns["人口"].sum() == pytest.approx(inside.sum(dtype=float), rel=0.15)
    assert any("只取规划区周围" in note for note in found.notes)


def test_a_mask_becomes_areas(tmp_path):
    values = np.zeros((20, 30), "uint8")
    values[2:6, 3:9], values[10:15, 20:25] = 1, 2
    found = read_raster(write(tmp_path / "淹没.tif", values), "polygon")[0]
    assert sorted(found.columns["栅格值"]) == [1.0, 2.0]
    areas = shapely.area(found.shapes) / 0.01**2
    assert sorted(np.round(areas)) == [24.0, 25.0]
    assert list(found.columns["名称"]) == ["淹没 1", "淹没 2"]


def test_projected_cells_have_their_size_in_metres(tmp_path):
    values = people(5)
    path = write(tmp_path / "a.tif", values, crs="EPSG:4549", step=250.0, corner=(4e5, 47e5))
    assert read_raster(path, "point")[0].cell == pytest.approx(250)


def test_a_grid_inside_a_geopackage_is_the_same_people(tmp_path):
    values = people(7)
    values[:, 0] = 0
    grid = write(tmp_path / "人口.gpkg", values, crs="EPSG:4326", driver="GPKG")
    assert sniff(grid).format == "tif"
    found = read(ReadAsk(grid), tmp_path)[0]
    same = read_raster(write(tmp_path / "a.tif", values, crs="EPSG:4326"), "point")[0]
    assert len(found) == len(same) > 0
    assert list(found.columns["人口"]) == pytest.approx(list(same.columns["人口"]))
    there = shapely.get_coordinates(found.shapes) - shapely.get_coordinates(same.shapes)
    assert abs(there).max() < 1e-9


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_has_no_place_or_no_people_is_refused(tmp_path):
    with pytest.raises(Refused, match="没有大于 0 的格子"):
        read_raster(write(tmp_path / "a.tif", np.zeros((4, 4), "float32")), "point")
    with rasterio.open(
        tmp_path / "b.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8"
    ) as data:
        data.write(np.ones((1, 4, 4), "uint8"))
    with pytest.raises(Refused, match="没有位置信息"):
        read_raster(tmp_path / "b.tif", "point")
    with pytest.raises(Refused, match="不能导入成线"):
        read_raster(write(tmp_path / "c.tif", people(6)), "line")
    (tmp_path / "d.tif").write_bytes(b"II*\0" + bytes(50))
    with pytest.raises(Refused, match="读不出来"):
        read_raster(tmp_path / "d.tif", "point")
