"""One real window on a real (virtual) screen: the program as it is started by a planner."""

import os
import subprocess
import sys
import textwrap

import pytest

from data.files import save
from tests.desktop.plans import small_book
from tests.desktop.screen import virtual_screen

PROGRAM = """
    import sys, time
    from pathlib import Path
    from PySide6.QtCore import QPoint, Qt, qInstallMessageHandler
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    said = []
    qInstallMessageHandler(lambda kind, context, text: said.append(text))
    from desktop import app

    def until(condition):
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            QApplication.processEvents()
            time.sleep(0.005)

    def planner():
        window = next(w for w in qt.topLevelWidgets() if w.objectName() == "window")
        until(lambda: window.canvas is not None and window.canvas.picture is not None)
        until(lambda: not window.canvas.busy)
        canvas, session = window.canvas, window.session
        x, y = session.plan.layer("储备库").geometry(1).coords[0]
        at = QPoint(*map(round, canvas.port.px(x, y)))
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
        assert session.selection == {"储备库": (1,)}, session.selection
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at)
        for step in range(1, 11):
            QTest.mouseMove(canvas, at + QPoint(4 * step, 3 * step))
            QApplication.processEvents()
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at + QPoint(40, 30))
        assert len(session.steps) == 2, [s.text for s in session.steps]
        window.commands["coverage"].trigger()
        until(lambda: session.coverage is not None)
        window.commands["save"].trigger()
        until(lambda: not session.unsaved)
        window.grab().save(sys.argv[2])
        covered = session.coverage.whole.people_covered
        print(window.width(), window.height(), canvas.width(), covered)
        window.close()

    qt = app.make_app()
    from PySide6.QtCore import QTimer
    QTimer.singleShot(0, planner)
    code = app.start(Path(sys.argv[1]))
    print("code", code)
    print("said", said)
"""


@pytest.fixture
def screen():
    """The DISPLAY of a virtual screen of 1366 × 768."""
    with virtual_screen() as display:
        yield display


def test_a_real_window_from_start_to_end(screen, tmp_path):
    plan, picture = tmp_path / "规划.gpkg", tmp_path / "window.png"
    save(small_book(), plan)
    environment = {
        **os.environ,
        "DISPLAY": screen,
        "QT_QPA_PLATFORM": "xcb",
        "YINGJI_SETTINGS": str(tmp_path / "settings.ini"),
        "YINGJI_JOURNAL": str(tmp_path / "journal"),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(plan), str(picture)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    size, code, said = done.stdout.splitlines()
    width, height, map_width, covered = map(float, size.split())
    assert (width, height) == (1366, 768)
    assert map_width >= width * 2 / 3
    assert covered > 0
    assert code == "code 0"
    assert said == "said []"
    assert done.stderr == ""
    assert picture.stat().st_size > 10_000
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == [], "the lock is gone"
