"""One QApplication for all window tests; silence and cleanliness are checked after each.

A warning from Qt, a thread, a running timer or a visible window left behind fails the test
that caused it.
"""

import gc
import os
import threading
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from desktop.canvas import Canvas
from desktop.session import Session
from maps.drawing import fonts
from tests.desktop import hand
from tests.desktop.plans import small_book

_QUIET = (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
_OFFSCREEN = "This plugin does not support "
"""What only the screenless platform says, of sizes, raising and grabbing."""
_MUCH = 20_000
"""New objects after which what earlier tests left is collected."""


@pytest.fixture(scope="session")
def qapp():
    """The application, with the map's typeface."""
    app = QApplication.instance() or QApplication(["test"])
    for path in (fonts.regular(), fonts.bold()):
        QFontDatabase.addApplicationFont(str(path))
    return app


@pytest.fixture
def session(qapp):
    """The open small plan."""
    made = Session()
    made.show_new(small_book())
    yield made
    made.jobs.wait()
    made.let_go()


@pytest.fixture
def canvas(session):
    """The map of the session, shown and sharp."""
    made = Canvas(session)
    made.resize(800, 600)
    made.show()
    hand.sharp(made)
    yield made
    made.stop()
    made.close()


@pytest.fixture(autouse=True)
def _clean(qapp):
    """Fail the test on a word from Qt, and on what it leaves behind.

    Windows of earlier tests are collected between tests and never by a worker thread that
    happens to allocate: Qt's objects must die where they live (see ``desktop.garbage``).
    """
    gc.disable()
    said = []

    def hear(kind, context, text):
        if kind not in _QUIET and not text.startswith(_OFFSCREEN):
            said.append(text)

    threads = set(threading.enumerate())
    windows = {id(w) for w in qapp.topLevelWidgets() if w.isVisible()}
    before = qInstallMessageHandler(hear)
    yield
    _settle(qapp)
    if gc.get_count()[0] > _MUCH:
        gc.collect()
    qInstallMessageHandler(before)
    deadline = time.monotonic() + 10
    while left := [t for t in threading.enumerate() if t not in threads and _matters(t)]:
        assert time.monotonic() < deadline, f"threads left behind: {left}"
        time.sleep(0.01)
    open_windows = [w for w in qapp.topLevelWidgets() if w.isVisible() and id(w) not in windows]
    for window in open_windows:
        window.hide()
    assert not open_windows, f"windows left open: {open_windows}"
    timers = [t for t in _timers(qapp) if t.isActive() and not t.isSingleShot()]
    assert not timers, f"timers left running: {timers}"
    assert not said, f"Qt said: {said}"


def _matters(thread):
    # Threads of Qt's own pool that touched Python show up as dummies until they expire.
    return thread.is_alive() and not isinstance(thread, threading._DummyThread)


def _settle(app):
    for _ in range(3):
        app.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _timers(app):
    found = list(app.findChildren(QTimer))
    for widget in app.topLevelWidgets():
        if widget.isVisible():
            found += widget.findChildren(QTimer)
    return found
