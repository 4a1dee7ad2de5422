"""Rivals that need not be here: pandana and QGIS, and isochrones by scipy alone.

What is not installed gets a row that says so.
"""

import importlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from rasterio import Affine
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from tests.bench.timing import Row

MISSING = "未安装"


def missing(work: str, way: str) -> Row:
    """The row of a rival that is not installed."""
    return Row(work, way, math.nan, math.nan, 0, None, MISSING)


def pandana_nearest(
    work: str,
    town: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    homes: np.ndarray,
    depots: np.ndarray,
    persons: np.ndarray,
    limit: float,
    ours: float,
) -> Row:
    """Persons whose quickest depot is within ``limit`` seconds, by pandana's contraction."""
    way = "pandana nearest_pois (limit asked for, graph kept)"
    try:
        pandana = importlib.import_module("pandana")
    except ImportError:
        return missing(work, way)
    at, a, b, seconds = town
    weights = pd.DataFrame({"t": seconds})
    network = pandana.Network(
        pd.Series(at[:, 0]), pd.Series(at[:, 1]), pd.Series(a), pd.Series(b), weights, twoway=True
    )
    network.set_pois("depot", limit, 1, pd.Series(at[depots, 0]), pd.Series(at[depots, 1]))
    start = time.perf_counter()
    found = network.nearest_pois(limit, "depot", num_pois=1)[1].to_numpy()[homes]
    ms = (time.perf_counter() - start) * 1000
    answer = float(persons[found < limit].sum())
    return Row(work, way, ms, ms / ours, 1, answer, "single precision; building not counted")


def qgis_python() -> str | None:
    """Return a Python that has QGIS, None without one."""
    for name in (sys.executable, shutil.which("python3"), "/usr/bin/python3"):
        if name is None or not Path(name).exists():
            continue
        found = subprocess.run([name, "-c", "import qgis.core"], capture_output=True, check=False)
        if found.returncode == 0:
            return name
    return None


_SERVICE_AREAS = """
import json, sys, time
from qgis.core import *
about = json.load(open(sys.argv[1]))
app = QgsApplication([], False)
app.initQgis()
sys.path.append(QgsApplication.pkgDataPath() + "/python/plugins")
import processing
from processing.core.Processing import Processing
Processing.initialize()
roads, starts = (QgsVectorLayer(about[name], name, "ogr") for name in ("roads", "starts"))
assert roads.isValid() and starts.isValid()
start = time.perf_counter()
found = processing.run("native:serviceareafromlayer", {
    "INPUT": roads, "STRATEGY": 1, "SPEED_FIELD": "kmh", "DEFAULT_SPEED": 30,
    "START_POINTS": starts, "TRAVEL_COST2": about["hours"], "OUTPUT_LINES": "memory:"})
assert found["OUTPUT_LINES"].featureCount() == starts.featureCount()
print((time.perf_counter() - start) * 1000)
"""


def qgis_areas(work: str, roads: gpd.GeoDataFrame, depots: np.ndarray, ours: float) -> Row:
    """Service areas by QGIS's own Python; its graph, built in a run with one depot, left out."""
    way = "QGIS native:serviceareafromlayer"
    python = qgis_python()
    if python is None:
        return missing(work, way)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        roads.to_file(place / "roads.gpkg")
        (place / "worker.py").write_text(_SERVICE_AREAS, encoding="utf-8")
        spent = []
        for count in (1, len(depots)):
            points = gpd.GeoDataFrame(geometry=shapely.points(depots[:count]), crs=roads.crs)
            points.to_file(place / f"from{count}.gpkg")
            told = {
                "roads": str(place / "roads.gpkg"),
                "starts": str(place / f"from{count}.gpkg"),
                "hours": 10 / 60,
            }
            (place / "about.json").write_text(json.dumps(told), encoding="utf-8")
            done = subprocess.run(
                [python, str(place / "worker.py"), str(place / "about.json")],
                text=True,
                check=True,
                capture_output=True,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            )
            spent.append(float(done.stdout.split()[-1]))
    ms = (spent[1] - spent[0]) * len(depots) / (len(depots) - 1)
    return Row(work, way, ms, ms / ours, 1, None, "lines, no polygons; building its graph left out")


class ByScipy:
    """Isochrones of the same definition with scipy, shapely and rasterio, cell by cell.

    A cell belongs to the area when its middle does: walking straight to the nearest street
    and driving from there takes no longer than the limit.
    """

    def __init__(
        self, at: np.ndarray, a: np.ndarray, b: np.ndarray, seconds: np.ndarray, matrix: csr_matrix
    ) -> None:
        self.at, self.a, self.b, self.seconds, self.matrix = at, a, b, seconds, matrix
        self.lines = shapely.linestrings(np.stack([at[a], at[b]], axis=1))
        self.length = shapely.length(self.lines)
        self.tree = shapely.STRtree(self.lines)

    def area(self, node: int, limit: float, per_metre: float, squares: int) -> float:
        """km² reached from a node within ``limit`` seconds."""
        found = dijkstra(self.matrix, indices=node, limit=limit)
        hit = np.flatnonzero(np.isfinite(found))
        reach = (limit - found[hit]) / per_metre
        west, south = (self.at[hit] - reach[:, None]).min(axis=0)
        east, north = (self.at[hit] + reach[:, None]).max(axis=0)
        cell = max(math.sqrt((east - west) * (north - south) / squares), 25.0)
        columns, rows = math.ceil((east - west) / cell), math.ceil((north - south) / cell)
        x, y = np.meshgrid(
            west + (np.arange(columns) + 0.5) * cell, north - (np.arange(rows) + 0.5) * cell
        )
        points = shapely.points(x.ravel(), y.ravel())
        edge = self.tree.nearest(points)
        along = shapely.line_locate_point(self.lines[edge], points)
        gap = shapely.distance(self.lines[edge], points)
        share = along / self.length[edge]
        drive = np.minimum(
            found[self.a[edge]] + share * self.seconds[edge],
            found[self.b[edge]] + (1 - share) * self.seconds[edge],
        )
        inside = (drive + gap * per_metre <= limit).reshape(rows, columns)
        shape = Affine(cell, 0, west, 0, -cell, north)
        parts = rasterio.features.shapes(inside.astype(np.uint8), inside, transform=shape)
        return float(shapely.area([shapely.geometry.shape(s) for s, _ in parts]).sum()) / 1e6
