"""Printed maps: ours with everything on it, the usual plot of every vertex and point, QGIS.

QGIS takes part where it is installed: the same layers with its default symbols in a layout
with nothing but the map, exported by its own Python. Where it is not, a row says so.
"""

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from data import examples
from data.plan import Plan
from maps.drawing.book import BookAsk, bind
from maps.drawing.printing import PrintAsk, print_map
from tests.bench import workload
from tests.bench.rivals import missing, qgis_python
from tests.bench.timing import Row, race

PLOT = "geopandas plot of every layer, unsimplified, no furniture"
NOTE = "no legend, scale, graticule, names or symbols"


def run() -> list[Row]:
    """The bench prefecture with 400 000 points and the 赤峰 example, singly and as a book."""
    crowded = workload.plan(100)
    example = examples.build("赤峰").plan
    with tempfile.TemporaryDirectory() as folder:
        return [
            *_maps("12 districts, 400 000 points, A4 300 dpi", crowded, "A4", Path(folder)),
            *_maps("赤峰 example, A3 300 dpi", example, "A3", Path(folder)),
            *_book(example, Path(folder)),
            *_qgis(crowded, example, Path(folder)),
        ]


def _maps(work: str, plan: Plan, paper: str, folder: Path) -> list[Row]:
    rows: list[Row] = []
    for ending in ("png", "pdf"):
        path = folder / f"ours.{ending}"
        ask = PrintAsk("现状图", paper, True, 300)
        rows += race(
            f"{work}, {ending.upper()}",
            {
                "ours: frame, legend, names, symbols, graticule": _ours(plan, ask, path),
                PLOT: _plot(plan, paper, folder / f"plot.{ending}"),
            },
            rounds=3,
            slow={PLOT: 2},
            notes={PLOT: NOTE},
        )
    return rows


def _ours(plan: Plan, ask: PrintAsk, path: Path) -> Callable[[], None]:
    def way() -> None:
        print_map(plan, ask, path)

    return way


def _plot(plan: Plan, paper: str, path: Path) -> Callable[[], None]:
    size = {"A4": (297, 210), "A3": (420, 297)}[paper]

    def way() -> None:
        figure = Figure(figsize=(size[0] / 25.4, size[1] / 25.4), dpi=300)
        canvas = FigureCanvasPdf(figure) if path.suffix == ".pdf" else FigureCanvasAgg(figure)
        axes = figure.add_axes((0.05, 0.05, 0.9, 0.9))
        for layer in plan:
            frame = layer.frame
            if not len(frame):
                continue
            if layer.kind_name == "population":
                xy = shapely.get_coordinates(frame.geometry.to_numpy())
                axes.scatter(xy[:, 0], xy[:, 1], c=frame["人口"].astype(float), s=0.2)
            else:
                gpd.GeoSeries(frame.geometry).plot(ax=axes, aspect="equal")
        canvas.print_figure(path, dpi=300)

    return way


def _book(plan: Plan, folder: Path) -> list[Row]:
    """The book of 23 pages, and as many plots of every layer."""
    path = folder / "book.pdf"
    plot = _plot(plan, "A3", folder / "page.pdf")
    pages = len(bind(plan, BookAsk(), path).pages)

    def plots() -> int:
        for _ in range(pages):
            plot()
        return pages

    def ours() -> int:
        return len(bind(plan, BookAsk(), path).pages)

    name = f"{pages} plots of every layer"
    ways = {"ours: cover, index, 8 maps of the whole, 12 of districts": ours, name: plots}
    return race("赤峰 example, map book A3, PDF", ways, rounds=1, slow={name: 1})


_QGIS = """
import json, sys, time
from qgis.core import *
about = json.load(open(sys.argv[1]))
app = QgsApplication([], False)
app.initQgis()
start = time.perf_counter()
project = QgsProject.instance()
layers = [QgsVectorLayer(f, "x", "ogr") for f in about["layers"]]
assert all(one.isValid() for one in layers)
project.addMapLayers(layers)
project.setCrs(layers[0].crs())
wide, tall = about["size"]
for extent, out in about["pages"]:
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(wide, tall))
    box = QgsLayoutItemMap(layout)
    box.attemptMove(QgsLayoutPoint(5, 5))
    box.attemptResize(QgsLayoutSize(wide - 10, tall - 10))
    box.setLayers(layers)
    box.setExtent(QgsRectangle(*extent))
    layout.addLayoutItem(box)
    exporter = QgsLayoutExporter(layout)
    if out.endswith(".pdf"):
        done = exporter.exportToPdf(out, QgsLayoutExporter.PdfExportSettings())
    else:
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 300
        done = exporter.exportToImage(out, settings)
    assert done == 0
print((time.perf_counter() - start) * 1000)
"""


def _qgis(crowded: Plan, example: Plan, folder: Path) -> list[Row]:
    """A map and a book by QGIS, its start and reading our files left out."""
    one, book = (
        "12 districts, 400 000 points, A4 300 dpi, PNG by QGIS",
        "赤峰 example, book by QGIS",
    )
    way = "QGIS layout export, default symbols, the map alone"
    pages = len(bind(example, BookAsk(), folder / "book.pdf").pages)
    many = f"QGIS layout export of {pages} pages to PDF, default symbols"
    python = qgis_python()
    if python is None:
        return [missing(one, way), missing(book, many)]
    ask, path = PrintAsk("现状图", "A4", True, 300), folder / "q.png"
    ours = race(one, {"ours": _ours(crowded, ask, path)}, rounds=3)
    spent = _by_qgis(python, crowded, (297, 210), [""], "png", folder / "one", 3)
    rows = [*ours, Row(one, way, spent, spent / ours[0].ms, 3, note=NOTE)]
    names = [str(n) for n in example.layer("行政区").frame.query("角色 != '周边'")["名称"]]
    shown = [*[""] * (pages - len(names)), *names]
    ours = race(book, {"ours": lambda: bind(example, BookAsk(), folder / "b.pdf")}, rounds=1)
    spent = _by_qgis(python, example, (297, 420), shown, "pdf", folder / "many", 1)
    return [*rows, *ours, Row(book, many, spent, spent / ours[0].ms, 1, note=NOTE)]


def _by_qgis(
    python: str,
    plan: Plan,
    size: tuple[int, int],
    shown: list[str],
    ending: str,
    folder: Path,
    rounds: int,
) -> float:
    """Return QGIS's median milliseconds for pages of a district each ("": of all of them)."""
    folder.mkdir()
    layers = []
    # The first layer lies on top: points over lines over areas.
    for i, layer in enumerate(reversed([one for one in plan if len(one)])):
        path = folder / f"{i}.gpkg"
        gpd.GeoDataFrame(geometry=layer.frame.geometry.to_numpy(), crs=plan.crs).to_file(path)
        layers.append(str(path))
    districts = plan.of_kind("district")[0].frame
    pages = []
    for i, name in enumerate(shown):
        about = districts[districts["名称"] == name] if name else districts
        pages.append((about.total_bounds.tolist(), str(folder / f"{i}.{ending}")))
    script, about_file = folder / "worker.py", folder / "about.json"
    script.write_text(_QGIS, encoding="utf-8")
    told = {"layers": layers, "size": size, "pages": pages}
    about_file.write_text(json.dumps(told), encoding="utf-8")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    spent = []
    for _ in range(rounds):
        found = subprocess.run(
            [python, str(script), str(about_file)],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
        spent.append(float(found.stdout.split()[-1]))
    return statistics.median(spent)
