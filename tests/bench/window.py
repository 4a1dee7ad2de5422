"""Frames of the real window on a virtual screen: pan, zoom and drag by replayed mouse events.

One frame is everything from a mouse event to the pixels handed to the screen: gesture, live
numbers, panels, painting. Events come at 60 a second, so that the drawing thread works beside
them as it does under a hand. Rivals do the same drag by recomputing the coverage, or redraw all
layers in every frame as desktop GIS programs do.

The note gives the GUI thread's own work in the 95th frame of a hundred: on a machine that other
programs keep busy the time on the clock is longer than that.
"""

import dataclasses
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.gestures import drag_events, mouse, pan_events, zoom_events
from tests.bench.timing import Row

SCREEN = "1366x768x24"
FRAMES = 180
RIVAL_FRAMES = 12
PERIOD = 1 / 60


def run() -> list[Row]:
    """Measure in a process of its own under Xvfb; without Xvfb, on Qt's offscreen platform."""
    words = [sys.executable, "-m", "tests.bench.window"]
    env = dict(os.environ)
    if shutil.which("xvfb-run"):
        env.pop("QT_QPA_PLATFORM", None)
        words = ["xvfb-run", "-a", "-s", f"-screen 0 {SCREEN}", *words]
    else:
        env["QT_QPA_PLATFORM"] = "offscreen"
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]


class Bench:
    """A window on a plan, and stopwatches in it."""

    def __init__(self) -> None:
        from PySide6.QtCore import QSettings

        from desktop.app import make_app
        from desktop.canvas import frames
        from desktop.session import Session
        from desktop.window import Window

        self.app = make_app()
        self.folder = tempfile.TemporaryDirectory()
        path = str(Path(self.folder.name) / "settings.ini")
        self.session = Session()
        self.window = Window(self.session, QSettings(path, QSettings.Format.IniFormat))
        self.window.resize(1366, 768)
        self.window.show()
        self.window.furnish()
        self.spent = {"compute": 0.0, "draw": 0.0}
        self.session.live_at = self._timed("compute", self.session.live_at)  # type: ignore[method-assign]
        frames.paint = self._timed("draw", frames.paint)
        self.rows: list[Row] = []
        self.worked: list[float] = []
        """The GUI thread's milliseconds of work in each frame of the last replay."""

    def _timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*words: Any) -> Any:
            start = time.perf_counter()
            try:
                return work(*words)
            finally:
                self.spent[name] += time.perf_counter() - start

        return timed

    def show(self, plan: Any, ask: Any = None) -> None:
        """Put a plan (and a coverage) on the map and wait until it is sharp."""
        from data.plan import Book
        from data.progress import silent
        from desktop.results import Result, answer

        self.session.show_new(Book("示例", (plan,)))
        if ask is not None:
            self.session.add_result(Result(ask, plan, answer(plan, ask, silent)))
        self.idle()

    def idle(self) -> None:
        for _ in range(3):
            self.app.processEvents()
        while self.canvas.busy:
            self.app.processEvents()
            time.sleep(0.005)
        self.app.processEvents()

    @property
    def canvas(self) -> Any:
        return self.window.canvas

    # --- replaying

    def replay(
        self, events: Iterator[Any], each: Callable[[], object] = lambda: None, pace: bool = True
    ) -> list[float]:
        """Send events one by one; milliseconds of each frame."""
        from PySide6.QtWidgets import QApplication

        out = []
        self.worked = []
        due = time.perf_counter()
        for event in events:
            due += PERIOD
            start, worked = time.perf_counter(), time.thread_time()
            QApplication.sendEvent(self.canvas, event)
            each()
            self.app.processEvents()
            out.append((time.perf_counter() - start) * 1000)
            self.worked.append((time.thread_time() - worked) * 1000)
            while pace and time.perf_counter() < due:
                time.sleep(0.001)
            due = max(due, time.perf_counter() - PERIOD)
        return out

    def note(self, work: str, way: str, spent: list[float], ours: float | None, note: str) -> float:
        """Keep the median and the 95th percentile of some frames."""
        p50, p95 = _share(spent, 0.5), _share(spent, 0.95)
        base = ours or p50
        own = f"GUI thread {_share(self.worked, 0.95):.1f} ms"
        self.rows.append(Row(work, f"{way}: p50", p50, p50 / base, len(spent), None, note))
        self.rows.append(Row(work, f"{way}: p95", p95, p95 / base, len(spent), None, own))
        return p50

    def shares(self, frames: int) -> str:
        """What a frame of the last replay spent on numbers and on drawing the map."""
        per_frame = {name: value * 1000 / frames for name, value in self.spent.items()}
        return f"of it numbers {per_frame['compute']:.2f}, drawing {per_frame['draw']:.2f} ms"


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# --- the works


def wander(bench: Bench, title: str, rival: bool) -> None:
    """Pan and zoom; beside it, all layers drawn afresh in every frame."""
    from desktop.canvas import paint

    canvas = bench.canvas
    for work, events in (("pan", pan_events), ("zoom", zoom_events)):
        canvas.zoom_all()
        bench.idle()
        name = f"{work}, {title}"
        ours = bench.note(name, "cached pictures", bench.replay(events(canvas, FRAMES)), None, "")
        canvas.cancel()
        if not rival:
            continue

        def redraw() -> None:
            wish = paint.Wish(canvas.plan, bench.session.coverage, canvas.port, 1.0, canvas.theme)
            paint.picture(wish, None, lambda: None)

        spent = bench.replay(events(canvas, RIVAL_FRAMES), redraw, pace=False)
        bench.note(name, "all layers redrawn in each frame", spent, ours, "")
        canvas.cancel()


def grab(bench: Bench, events: int = 3) -> tuple[str, int, list[float], str]:
    """Press on the depot nearest the middle and begin to drag it, until numbers follow.

    Returns its layer and number, where on the screen it was, and a note on the first frame.
    """
    from PySide6.QtWidgets import QApplication

    from desktop.canvas.arranging import arranged

    canvas, plan = bench.canvas, bench.session.plan
    assert plan is not None
    canvas.zoom_all()
    bench.idle()
    layer = plan.of_kind("depot")[0]
    drawn = arranged(plan, canvas.view.mpp).of(layer)
    marks, pixels = drawn.points, drawn.pixels(canvas.port)
    middle = (canvas.width() / 2, canvas.height() / 2)
    order = sorted(range(len(pixels)), key=lambda i: math.dist(pixels[i], middle))
    chosen = next(
        i
        for i in order
        if canvas.hit(*map(round, pixels[i].tolist())) == (layer.name, marks.fids[i])
    )
    fid, start = int(marks.fids[chosen]), pixels[chosen].tolist()
    QApplication.sendEvent(canvas, mouse(canvas, "press", start[0], start[1], "LeftButton"))
    first = mouse(canvas, "move", start[0] + 9, start[1], "LeftButton")
    begun, own = bench.replay(iter([first]))[0], bench.worked[0]
    ready = time.perf_counter()
    while canvas.drag.numbers is None:  # what the drag stands on is built beside it, once
        bench.app.processEvents()
        time.sleep(0.005)
    ready = (time.perf_counter() - ready) * 1000
    bench.replay(drag_events(canvas, start, events))
    bench.spent.update(compute=0.0, draw=0.0)
    note = f"first frame {begun:.0f} ms (GUI thread {own:.0f}), numbers after {ready:.0f} ms"
    return layer.name, fid, start, note


def drag(bench: Bench, title: str) -> None:
    """Drag a facility of the shown coverage; beside it, recomputing and redrawing."""
    from data import edits
    from data.progress import silent
    from desktop.canvas import paint
    from desktop.results import answer

    canvas, session = bench.canvas, bench.session
    plan, asked = session.plan, session.result
    assert plan is not None
    assert asked is not None
    layer, fid, start, begun = grab(bench)
    spent = bench.replay(drag_events(canvas, start, FRAMES))
    note = f"{bench.shares(len(spent))}; {begun}"
    ours = bench.note(f"drag, {title}", "live", spent, None, note)

    def redraw() -> None:
        wish = paint.Wish(plan, session.coverage, canvas.port, 1.0, canvas.theme)
        paint.picture(wish, None, lambda: None)

    spent = bench.replay(drag_events(canvas, start, RIVAL_FRAMES), redraw, pace=False)
    bench.note(f"drag, {title}", "live numbers, all layers redrawn", spent, ours, "")

    def recompute() -> None:
        import shapely

        there = shapely.Point(*canvas.drag.at)
        moved = edits.move_feature(layer, fid, there)(plan)
        found = answer(moved, asked.ask, silent)
        paint.picture(paint.Wish(moved, found, canvas.port, 1.0, canvas.theme), None, lambda: None)

    slow = RIVAL_FRAMES if asked.minutes is None else 3
    spent = bench.replay(drag_events(canvas, start, slow), recompute, pace=False)
    bench.note(f"drag, {title}", "everything recomputed and redrawn", spent, ours, "")
    canvas.cancel()


def lights(bench: Bench, title: str) -> None:
    """The same drag with the plan's targets in sight; beside it, every rule judged again."""
    import shapely

    from data import edits
    from maps.analysis.targets.evaluate import check_rules

    canvas, session = bench.canvas, bench.session
    plan = session.plan
    assert plan is not None
    bench.window.show_panel("targets")
    checker = bench.window.docks.targets.checker
    while checker.checked is None or checker.busy:
        bench.app.processEvents()
        time.sleep(0.005)
    outcome, facts = checker.checked.outcome, checker.checked.book.facts
    bench.idle()
    lit: list[int] = []
    checker.lit.connect(lambda found: lit.append(0) if found is None else lit.append(1))
    layer, fid, start, begun = grab(bench)
    while not lit:  # the lights' own ground is built beside the drag as well
        bench.replay(drag_events(canvas, start, 3))
    lit.clear()
    bench.spent.update(compute=0.0, draw=0.0)
    spent = bench.replay(drag_events(canvas, start, FRAMES))
    note = (
        f"{bench.shares(len(spent))}; {begun};"
        f" all rules looked at again every {FRAMES / max(sum(lit), 1):.1f} frames"
    )
    ours = bench.note(f"drag, {title}, targets in sight", "live", spent, None, note)

    def judge() -> None:
        moved = edits.move_feature(layer, fid, shapely.Point(*canvas.drag.at))(plan)
        check_rules(moved, outcome.rules, facts)

    spent = bench.replay(drag_events(canvas, start, 3), judge, pace=False)
    bench.note(f"drag, {title}, targets in sight", "every rule judged again", spent, ours, "")
    canvas.cancel()
    bench.window.hide_panel("targets")


def big_plan() -> Any:
    """Districts of 100 000 corners, 50 000 places, 400 000 cells of people, 100 facilities."""
    import geopandas as gpd
    import numpy as np
    import shapely

    from data.plan import make_layer
    from tests.bench import workload

    plan = workload.plan(100)
    districts = workload.districts()

    def wavy(xy: np.ndarray) -> np.ndarray:
        """Bends borders; neighbours stay neighbours, since only the place decides."""
        x, y = xy.T
        return np.c_[x + 240 * np.sin(y / 410) + 60 * np.sin(y / 97), y + 240 * np.sin(x / 450)]

    fine = shapely.segmentize(np.asarray(districts.frame.geometry, dtype=object), 40.0)
    frame = districts.frame.set_geometry(shapely.transform(fine, wavy), crs=plan.crs)
    assert shapely.get_num_coordinates(np.asarray(frame.geometry)).sum() >= 100_000
    rng = np.random.default_rng(50)
    at = shapely.get_coordinates(np.asarray(workload.people().frame.geometry, dtype=object))
    at = at[rng.choice(len(at), 50_000, replace=False)]
    places = gpd.GeoDataFrame(
        {"名称": [f"村{i}" for i in range(len(at))], "级别": "村(社区)"},
        geometry=shapely.points(at),
        crs=plan.crs,
    )
    settlements = make_layer("居民点", "settlement", places, plan.crs)
    return plan.with_layer(districts.with_frame(frame)).with_layer(settlements)


def road_plan() -> Any:
    """Roads of 300 000 nodes, 400 000 cells of people, 100 depots."""
    from tests.bench import network, workload

    return workload.plan(100).with_layer(network.plan().of_kind("road")[0])


def main() -> None:
    """Print the rows as JSON."""
    from data.examples import NAMES, build
    from maps.analysis.coverage import CoverageAsk
    from maps.analysis.timecover import TimeAsk

    bench = Bench()
    for name in NAMES:
        plan = build(name).plan
        bench.show(plan)
        wander(bench, name, rival=name == NAMES[0])
        if name == NAMES[0]:
            bench.show(plan, CoverageAsk("depot", 50_000.0))
            depots = f"{name}, {len(plan.of_kind('depot')[0])} depots"
            drag(bench, f"{depots} × 50 km")
            lights(bench, f"{depots} × 50 km")
            bench.show(plan, TimeAsk("depot", 60.0))
            drag(bench, f"{depots}, 60 min by road")
    bench.show(big_plan(), CoverageAsk("depot", 20_000.0))
    title = "100 000 corners + 50 000 places + 400 000 cells"
    wander(bench, title, rival=True)
    drag(bench, f"{title}, 100 × 20 km")
    bench.show(road_plan(), TimeAsk("depot", 60.0))
    drag(bench, "300 000 road nodes + 400 000 cells, 100 depots, 60 min by road")
    bench.session.close_book()
    bench.window.close()
    bench.canvas.stop()
    bench.session.let_go()
    print(json.dumps([dataclasses.asdict(row) for row in bench.rows]))


if __name__ == "__main__":
    main()
