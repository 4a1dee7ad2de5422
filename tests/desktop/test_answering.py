"""Long work leaves the window free: no turn of its event loop costs the GUI thread 50 ms.

The plan is large enough that a walk over its people on the GUI thread would be noticed.
The tests look at processor time, which does not depend on what else the machine does.
"""

import contextlib
import gc

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from data.plan import Book, Plan, make_layer
from desktop.app import at_rest as at_rest_now
from desktop.app import make_app
from desktop.garbage import GuiThreadCollector
from desktop.importing import page_of, take_files
from desktop.session import Session
from desktop.window import Window
from maps.analysis.coverage import CoverageAsk
from maps.analysis.provenance import FILE
from maps.analysis.timecover import TimeAsk
from tests.desktop.plans import CRS, X, Y, small_plan
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_window import end_window
from tests.desktop.watchdog import Watchdog

MOST = 50.0
"""Milliseconds the window may not answer."""
PEOPLE = 60_000


@pytest.fixture(scope="module")
def large():
    """The small plan with 60 000 inhabited places and a net of 3 000 stretches of road."""
    rng = np.random.default_rng(8)
    where = rng.uniform((X - 20e3, Y), (X + 20e3, Y + 20e3), (PEOPLE, 2))
    people = gpd.GeoDataFrame(
        {"人口": rng.uniform(1.0, 40.0, PEOPLE)}, geometry=shapely.points(where), crs=CRS
    )
    across, up = X + np.linspace(-20e3, 20e3, 41), Y + np.linspace(0.0, 20e3, 41)
    east, north = np.meshgrid(across, up)
    nodes = np.dstack([east, north])
    ends = [(nodes[:, :-1], nodes[:, 1:]), (nodes[:-1], nodes[1:])]
    pairs = [np.stack([a.reshape(-1, 2), b.reshape(-1, 2)], axis=1) for a, b in ends]
    lines = shapely.linestrings(np.concatenate(pairs))
    road = gpd.GeoDataFrame(
        {"名称": ["乡道"] * len(lines), "等级": "乡道"}, geometry=lines, crs=CRS
    )
    small = small_plan()
    layers = {
        "人口": make_layer("人口", "population", people, CRS, basis="人口格网·示意"),
        "道路": make_layer("道路", "road", road, CRS),
    }
    return Plan("现状", CRS, tuple(layers.get(x.name, x) for x in small))


@pytest.fixture(scope="module")
def watched(qapp, large, tmp_path_factory):
    """One window for all tests here, on the large plan, at rest."""
    make_app()
    file = tmp_path_factory.mktemp("answering") / "settings.ini"
    made = Window(Session(), QSettings(str(file), QSettings.Format.IniFormat))
    made.resize(1366, 768)
    made.show()
    made.furnish()
    made.session.show_new(Book("大规划", (large,)))
    at_rest(made)
    yield made
    end_window(made)


def at_rest(window):
    wait_for(lambda: idle(window.session)() and not window.canvas.busy, 120)
    QApplication.processEvents()


@contextlib.contextmanager
def free(window):
    """What is done inside, and all that follows from it, never keeps the window busy.

    Garbage is collected as in the program.
    """
    dog = Watchdog()
    collector = GuiThreadCollector(window, lambda: at_rest_now(window.session))
    collector.freeze()
    dog.start()
    try:
        yield
        at_rest(window)
        turns = dog.turns
        wait_for(lambda: dog.turns > turns + 20)  # what was put off comes, too
    finally:
        dog.stop()
        collector.stop()
        gc.disable()
        collector.deleteLater()
    assert dog.most < MOST, dog.busiest[0]


def test_while_a_plan_is_opened_and_saved(watched, tmp_path):
    session = watched.session
    book = session.book
    with free(watched):
        assert session.save(tmp_path / "大规划.gpkg")
    with free(watched):
        session.open(tmp_path / "大规划.gpkg")
        wait_for(lambda: session.book is not book)
    assert len(session.plan.layer("人口")) == PEOPLE


def test_while_people_are_imported(watched, tmp_path):
    page = page_of(watched)
    show(page, places(tmp_path / "三行.csv", 3))  # the page's first time is a few letters more
    page.cancel.click()
    file = places(tmp_path / "居民点.csv", 20_000)
    with free(watched):
        show(page, file)
    with free(watched):
        page.go.click()
    assert len(watched.session.plan.layer("居民点")) == 18_000
    watched.session.undo()


def places(file, rows):
    """A list of villages; every tenth has no place and is left out with a reason."""
    lonlat = np.random.default_rng(9).uniform((116.8, 42.3), (117.2, 42.4), (rows, 2))
    lonlat[::10] = 999.0
    lines = [f"村{i},{x:.6f},{y:.6f},{i % 300}" for i, (x, y) in enumerate(lonlat.tolist())]
    file.write_text("\n".join(["名称,经度,纬度,人口", *lines]), encoding="utf-8")
    return file


def show(page, file):
    take_files(page.window_, [file])
    wait_for(lambda: page.flow.shown is not None and not page.flow.busy and not page.filling, 60)


def test_while_a_network_is_built_and_coverage_worked_out(watched):
    session = watched.session
    for ask in (CoverageAsk("depot", 8_000.0), TimeAsk("depot", 20.0)):
        with free(watched):
            session.compute_coverage(ask)
            wait_for(lambda: session.result is not None and session.result.ask is ask, 60)  # noqa: B023
    assert session.result.coverage.whole.people_covered > 0


def test_while_map_and_layer_are_exported(watched, tmp_path):
    watched.show_panel("export")
    at_rest(watched)
    watched.docks.panels["export"].paper.setCurrentText("A4")
    with free(watched):
        watched.docks.panels["export"].export(tmp_path / "图.pdf")
    watched.show_panel("layer_export")
    panel = watched.docks.panels["layer_export"]
    panel.layer_box.setCurrentText("人口")
    panel.format_box.setCurrentIndex(panel.format_box.findData(".csv"))
    with free(watched):
        panel.export(tmp_path / "人口.csv")
    assert (tmp_path / "图.pdf").stat().st_size > 10_000
    assert (tmp_path / "人口.csv").stat().st_size > PEOPLE * 10


def test_while_deliverables_are_begun_and_stopped(watched, tmp_path):
    session = watched.session
    watched.show_panel("deliver")
    watched.docks.panels["deliver"].sites.setText("0")
    at_rest(watched)
    with free(watched):
        watched.docks.panels["deliver"].export_all(tmp_path / "成果")
        wait_for(lambda: session.jobs.running and session.jobs.shown().fraction > 0.031, 120)
        session.jobs.shown().cancel()
    assert (tmp_path / "成果").is_dir()
    assert not (tmp_path / "成果" / FILE).exists()
