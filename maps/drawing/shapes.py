"""Writing results that are shapes: a GeoPackage in the plan's CRS, GeoJSON in degrees."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import shapely

from data.beside import replacing
from data.plan import GEOGRAPHIC
from data.refused import Refused

FORMATS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON"}


def check_target(path: Path) -> None:
    """Raise Refused, before any work, for a file name that says no known format."""
    if path.suffix.lower() not in FORMATS:
        raise Refused(f"“{path.name}”的格式不认识,请把输出文件命名为 .gpkg 或 .geojson。")


def write_shapes(
    path: Path, layer: str, rows: Sequence[dict[str, Any]], shapes: Sequence[Any], crs: str
) -> None:
    """Write one layer of results, beside and then in place; areas become multi-polygons."""
    check_target(path)
    driver = FORMATS[path.suffix.lower()]
    if not rows:
        raise Refused(f"没有可写的要素,没有写出“{path.name}”。")
    many = [_multi(shape) for shape in shapes]
    frame = gpd.GeoDataFrame(list(rows), geometry=many, crs=crs)
    if driver == "GeoJSON":
        frame = frame.to_crs(GEOGRAPHIC)
    written = io.BytesIO()
    pyogrio.write_dataframe(frame, written, driver=driver, layer=layer)
    with replacing(path) as beside:
        beside.write_bytes(written.getvalue())


def _multi(shape: shapely.Geometry) -> shapely.Geometry:
    if shape.geom_type == "Polygon":
        return shapely.MultiPolygon([] if shape.is_empty else [shape])
    return shape
