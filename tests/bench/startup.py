"""From the command to a window, to a usable map, to a command's first work; fresh processes.

    window   the window is exposed on the (virtual) screen
    map      the 赤峰 plan is open and its sharp picture is on the canvas
    command  ``main.py info`` and ``coverage`` have told their first progress, and have ended

Beside it: the same libraries imported before anything is shown, as programs of this kind
usually do, an empty Qt window, and QGIS where it is installed. The processes take turns.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.rivals import missing
from tests.bench.timing import Row
from tests.desktop.screen import virtual_screen

ROUNDS = 5

WINDOW = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, os.getcwd())
from desktop import app
from PySide6.QtCore import QTimer
qt = app.make_app()
told = []

def look():
    window = next((w for w in qt.topLevelWidgets() if w.objectName() == "window"), None)
    if window is None:
        return
    handle = window.windowHandle()
    if not told and handle is not None and handle.isExposed():
        told.append(time.time())
    canvas = window.canvas
    if told and canvas is not None and canvas.picture is not None and not canvas.busy:
        print(told[0], time.time(), flush=True)
        os._exit(0)

timer = QTimer(interval=2)
timer.timeout.connect(look)
timer.start()
app.start(Path(sys.argv[1]))
"""

USUAL = """
import os, sys, time
import geopandas, matplotlib.pyplot, folium, scipy.spatial
from PySide6 import QtWidgets
app = QtWidgets.QApplication([])
window = QtWidgets.QMainWindow()
window.show()
while not window.windowHandle().isExposed():
    app.processEvents()
print(time.time(), flush=True)
os._exit(0)
"""
EMPTY = USUAL.replace("import geopandas, matplotlib.pyplot, folium, scipy.spatial\n", "")


def run() -> list[Row]:
    """Start each several times in turn; a row for each moment."""
    with tempfile.TemporaryDirectory() as folder, virtual_screen() as display:
        place = Path(folder)
        plan = place / "赤峰.gpkg"
        subprocess.run([sys.executable, "main.py", "example", "赤峰", str(plan)], check=True)
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment = {
            **kept,  # what was compiled at the first start stays compiled, as it does for users
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "YINGJI_SETTINGS": str(place / "settings.ini"),
            "YINGJI_JOURNAL": str(place / "journal"),
        }
        return _measured(plan, environment)


def _measured(plan: Path, environment: dict[str, str]) -> list[Row]:
    def shown(program: str, *words: str) -> list[float]:
        began = time.time()
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return [(float(at) - began) * 1000 for at in done.stdout.split()]

    def command(*words: str) -> list[float]:
        began = time.perf_counter()
        ran = subprocess.Popen(
            [sys.executable, "main.py", *words],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert ran.stderr is not None
        ran.stderr.read(1)
        first = time.perf_counter() - began
        ran.stderr.read()
        assert ran.wait() == 0
        return [first * 1000, (time.perf_counter() - began) * 1000]

    asked = ("coverage", str(plan), "--of", "depot", "--radius", "50000", "--json", "-")
    ways: dict[str, Callable[[], list[float]]] = {
        "ours": lambda: shown(WINDOW, str(plan)),
        "usual": lambda: shown(USUAL),
        "empty": lambda: shown(EMPTY),
        "info": lambda: command("info", str(plan), "--json", "-"),
        "coverage": lambda: command(*asked),
    }
    spent: dict[str, list[list[float]]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, way in ways.items():
            took = way()
            if turn:
                spent[name].append(took)
    medians = {
        name: [statistics.median(column) for column in zip(*runs, strict=True)]
        for name, runs in spent.items()
    }
    return _rows(medians, environment)


def _rows(medians: dict[str, list[float]], environment: dict[str, str]) -> list[Row]:
    ours, window = medians["ours"], "from the command to a window on the screen"

    def row(work: str, way: str, ms: float, base: float, note: str = "") -> Row:
        return Row(work, way, ms, ms / base, ROUNDS, None, note)

    out = [
        row(window, "ours", ours[0], ours[0], "aim 700 ms"),
        row(window, "all libraries imported first, empty window", medians["usual"][0], ours[0]),
        row(window, "an empty Qt window", medians["empty"][0], ours[0]),
        _qgis(window, ours[0], environment),
        row("from the command to a usable 赤峰", "ours", ours[1], ours[1], "aim 2 000 ms"),
    ]
    for name in ("info", "coverage"):
        first, whole = medians[name]
        work = f"command line, {name} of 赤峰"
        out.append(row(work, "ours: first work told", first, first, "aim 1 000 ms"))
        out.append(row(work, "ours: ended", whole, first))
    return out


def _qgis(work: str, ours: float, environment: dict[str, str]) -> Row:
    """QGIS from its start to the moment its window runs a script given to it."""
    way = "QGIS, an empty window"
    program = shutil.which("qgis.bin") or shutil.which("qgis")
    if program is None:
        return missing(work, way)
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        script, told = Path(folder, "quit.py"), Path(folder, "told")
        script.write_text(
            f"import os, time\nopen({str(told)!r}, 'w').write(str(time.time()))\nos._exit(0)\n"
        )
        for _ in range(ROUNDS):
            began = time.time()
            words = ["--nologo", "--noversioncheck", "--profiles-path", folder]
            subprocess.run(
                [program, *words, "--code", str(script)],
                env={**environment, "HOME": folder},
                capture_output=True,
                check=False,
            )
            spent.append((float(told.read_text()) - began) * 1000)
    ms = statistics.median(spent)
    return Row(work, way, ms, ms / ours, ROUNDS)
