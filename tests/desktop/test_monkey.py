"""Ten thousand random events on the map: the plan stays valid and Qt has nothing to say.

Mouse, wheel, keys and tools at random, between them undo and redo, answers by radius and by
road, scenarios copied, left and compared, proposals shown. What Qt says fails the test (see
``conftest``).
"""

import numpy as np
import pytest
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from data import scenarios
from data.checks import problems
from data.files import load, save
from desktop.canvas import Canvas
from desktop.comparing import DIFFERENCE, SWIPE
from desktop.ghosts import Ghost
from desktop.session import Session
from maps.analysis.coverage import CoverageAsk
from maps.analysis.timecover import TimeAsk
from tests.desktop import hand
from tests.desktop.plans import X, Y, small_book

EVENTS = 10_000
KEYS = (
    Qt.Key.Key_Escape,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
    Qt.Key.Key_Left,
    Qt.Key.Key_Down,
    Qt.Key.Key_Plus,
    Qt.Key.Key_Minus,
    Qt.Key.Key_Return,
    Qt.Key.Key_0,
    Qt.Key.Key_Space,
    Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight,
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Alt,
)
TOOLS = ("select", "select", "select", "pan", "measure_distance", "measure_area", "add:depot")
BUTTONS = (hand.LEFT, hand.LEFT, hand.LEFT, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton)
MODIFIERS = (hand.NONE, hand.NONE, hand.CTRL, Qt.KeyboardModifier.AltModifier)
FEW = 6
"""Scenarios kept at most: the monkey copies faster than it forgets."""


class Monkey:
    """A hand that knows nothing."""

    def __init__(self, canvas, seed):
        self.canvas, self.session = canvas, canvas.session
        self.rng = np.random.default_rng(seed)
        self.acts = (
            [self.press] * 20
            + [self.move] * 36
            + [self.release] * 20
            + [self.key] * 10
            + [self.wheel] * 6
            + [self.tool] * 4
            + [self.history] * 2
        )

    def pick(self, some):
        return some[int(self.rng.integers(len(some)))]

    def at(self):
        marks = self.session.plan.layer("储备库").frame.geometry
        if self.rng.random() < 0.6 and len(marks):  # near something that can be taken
            spot = self.pick(list(marks))
            point = hand.at(self.canvas, spot.x, spot.y)
            if abs(point.x()) < 5000 and abs(point.y()) < 5000:
                return point
        return QPoint(int(self.rng.integers(0, 600)), int(self.rng.integers(0, 450)))

    def press(self):
        hand.press(self.canvas, self.at(), self.pick(BUTTONS), self.pick(MODIFIERS))

    def move(self):
        hand.move(self.canvas, self.at(), self.pick(BUTTONS), self.pick(MODIFIERS))

    def release(self):
        hand.release(self.canvas, self.at(), self.pick(BUTTONS), self.pick(MODIFIERS))

    def key(self):
        kinds = (QKeyEvent.Type.KeyPress, QKeyEvent.Type.KeyRelease)
        hand.key(self.canvas, self.pick(KEYS), self.pick(MODIFIERS), self.pick(kinds))

    def wheel(self):
        hand.wheel(self.canvas, self.at(), int(self.rng.integers(-2, 3)))

    def tool(self):
        self.canvas.set_tool(self.pick(TOOLS))

    def history(self):
        self.session.undo() if self.rng.random() < 0.5 else self.session.redo()

    def seldom(self):
        """What happens once in a while."""
        session, rng = self.session, self.rng
        what = int(rng.integers(0, 8))
        if what == 0:
            session.compute_coverage(CoverageAsk("depot", float(rng.uniform(2e3, 9e3))))
        elif what == 1:
            session.compute_coverage(TimeAsk("depot", float(rng.uniform(5, 40))))
        elif what == 2 and len(session.book.plans) < FEW:
            session.do_book("复制", scenarios.copy_scenario())
        elif what == 3:
            session.do_book("切换", scenarios.go_to(int(rng.integers(len(session.book.plans)))))
        elif what == 4:
            session.comparing.start(self.pick([*(p.name for p in session.book.plans), ""]))
        elif what == 5:
            session.comparing.show(self.pick((SWIPE, DIFFERENCE)))
        elif what == 6:
            place = X + float(rng.uniform(-9e3, 9e3)), Y + float(rng.uniform(0, 2e4))
            session.ghosts.show([Ghost("shelter", *place, "候选")])
        else:
            self.canvas.set_theme(self.pick(("light", "dark")))
            self.canvas.zoom_all()

    def act(self):
        self.pick(self.acts)()
        if self.rng.random() < 0.01:
            self.seldom()
        if self.rng.random() < 0.04:
            QApplication.processEvents()


@pytest.fixture
def canvas(qapp):
    session = Session()
    session.show_new(small_book())
    made = Canvas(session)
    made.resize(600, 450)
    made.show()
    hand.sharp(made)
    yield made
    made.stop()
    made.close()
    session.jobs.cancel_all()
    session.jobs.wait()
    session.let_go()


def test_ten_thousand_random_events_leave_a_valid_plan(canvas, tmp_path):
    session = canvas.session
    changes = []
    session.plan_changed.connect(lambda before, after: changes.append(after))
    monkey = Monkey(canvas, 2026)
    for _ in range(EVENTS):
        monkey.act()
    canvas.cancel_all()
    assert len(changes) > 150, "the monkey did move things"
    for plan in session.book.plans:
        assert {x.name for x in plan} >= {"行政区", "人口", "道路", "储备库"}
        for layer in plan:
            shapes = np.asarray(layer.frame.geometry, dtype=object)
            assert layer.frame.index.is_unique
            assert not shapely.is_missing(shapes).any()
            assert shapely.is_valid(shapes).all()
            assert np.isfinite(shapely.get_coordinates(shapes)).all()
        for fixed in ("行政区", "人口", "道路"):
            assert len(plan.layer(fixed)) == len(small_book().plan.layer(fixed))
        assert not [p for p in problems(plan) if p.severity == "错误"]
    save(session.book, tmp_path / "规划.gpkg")
    back = load(tmp_path / "规划.gpkg").book
    assert [p.name for p in back.plans] == [p.name for p in session.book.plans]
    session.go(0)
    first, start = session.plan.layer("储备库"), small_book().plan.layer("储备库")
    assert shapely.equals(first.frame.geometry, start.frame.geometry).all()
