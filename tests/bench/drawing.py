"""A printed map: ours with everything on it, and the usual plot of every vertex and point."""

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
from maps.drawing.printing import PrintAsk, print_map
from tests.bench import workload
from tests.bench.timing import Row, race

PLOT = "geopandas plot of every layer, unsimplified, no furniture"
NOTE = "no legend, scale, graticule, names or symbols"


def run() -> list[Row]:
    """The bench prefecture with 400 000 points, and the 赤峰 example, as picture and PDF."""
    crowded = workload.plan(100)
    with tempfile.TemporaryDirectory() as folder:
        return [
            *_maps("12 districts, 400 000 points, A4 300 dpi", crowded, "A4", Path(folder)),
            *_maps("赤峰 example, A3 300 dpi", examples.build("赤峰").plan, "A3", Path(folder)),
        ]


def _maps(work: str, plan: Plan, paper: str, folder: Path) -> list[Row]:
    rows: list[Row] = []
    for ending in ("png", "pdf"):
        path = folder / f"ours.{ending}"
        ask = PrintAsk("现状图", paper, True, 300)
        rows += race(
            f"{work}, {ending.upper()}",
            {
                "ours: frame, legend, names, symbols, graticule": lambda a=ask, p=path: (
                    print_map(plan, a, p) and None
                ),
                PLOT: _plot(plan, paper, folder / f"plot.{ending}"),
            },
            rounds=3,
            slow={PLOT: 2},
            notes={PLOT: NOTE},
        )
    return rows


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
                axes.scatter(*xy.T, c=frame["人口"].astype(float), s=0.2)
            else:
                gpd.GeoSeries(frame.geometry).plot(ax=axes, aspect="equal")
        canvas.print_figure(path, dpi=300)

    return way
