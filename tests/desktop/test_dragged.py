"""While a facility is dragged only what changes is painted: the screen is as if all were."""

import random

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QApplication, QWidget

from desktop.canvas.outlines import pixels_of
from desktop.results import Result, answer
from maps.analysis.coverage import CoverageAsk
from maps.analysis.timecover import TimeAsk
from tests.desktop import hand
from tests.desktop.test_session import wait_for


class Screen:
    """What is on the screen when only the pixels are painted that the canvas asks for."""

    def __init__(self, canvas, monkeypatch):
        self.canvas, self.asked = canvas, []
        self.image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)

        def update(*where):
            self.asked.append(where[0] if where else canvas.rect())
            QWidget.update(canvas, *where)

        monkeypatch.setattr(canvas, "update", update)

    def painted(self):
        """Paint what was asked for; how many pixels that were."""
        QApplication.processEvents()
        region = QRegion()
        for box in self.asked:
            region += QRegion(box)
        self.asked.clear()
        box = region.boundingRect()
        self.canvas.render(self.image, box.topLeft(), QRegion(box))
        return box.width() * box.height()

    def differs(self):
        """Pixels that are not as in a picture painted as a whole."""
        whole = hand.image(self.canvas)
        return np.argwhere(hand.apart(pixels_of(self.image), whole) > 1)


@pytest.mark.parametrize("nearer", [1.0, 3.0])
@pytest.mark.parametrize(
    "ask", [None, CoverageAsk("depot", 3_000.0), TimeAsk("depot", 6.0, measure="detour")]
)
def test_the_screen_during_a_drag_is_as_painted_afresh(canvas, session, monkeypatch, ask, nearer):
    if ask is not None:
        session.add_result(Result(ask, session.plan, answer(session.plan, ask, lambda *_: None)))
    canvas.center_on(*canvas.port.world(hand.spot(canvas, "储备库", 1).x(), 300))
    canvas.zoom_by(nearer)
    hand.sharp(canvas)
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(9, 0))
    session.jobs.wait()
    QApplication.processEvents()
    hand.move(canvas, start + QPoint(10, 0))
    QApplication.processEvents()
    if ask is not None:  # what the drag stands on is built beside it
        wait_for(lambda: canvas.drag.numbers is not None)
    screen = Screen(canvas, monkeypatch)
    dice = random.Random(7)
    all_pixels = canvas.width() * canvas.height()
    least = all_pixels
    at = start
    for i in range(40):
        at += QPoint(dice.randint(-40, 40), dice.randint(-40, 40))
        if not QRect(QPoint(), canvas.size()).contains(at):
            at = start
        free = hand.CTRL if i % 3 else hand.NONE
        hand.move(canvas, at, modifiers=free)
        least = min(least, screen.painted())
        assert not len(screen.differs()), f"move {i} to {at}"
    assert least < all_pixels / (2 if nearer == 1.0 else 1.2)
    hand.release(canvas, at)
    screen.painted()
    assert not len(screen.differs())
