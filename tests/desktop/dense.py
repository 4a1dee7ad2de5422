"""Shows the small plan on a screen of some density (its own process: Qt asks once) and checks it.

python -m tests.desktop.dense 1.5
"""

import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_SCALE_FACTOR"] = sys.argv[1]

from PySide6.QtWidgets import QApplication

from desktop.canvas import Canvas
from desktop.session import Session
from tests.desktop import hand
from tests.desktop.plans import small_book

app = QApplication([])
session = Session()
session.show_new(small_book())
canvas = Canvas(session)
canvas.resize(500, 400)
canvas.show()
hand.sharp(canvas)
dpr = canvas.devicePixelRatioF()
picture = canvas.picture
assert picture is not None
for image in (picture.ground, picture.lines, picture.marks):
    assert image.devicePixelRatio() == dpr
    assert image.width() == round(picture.wish.port.width * dpr)
shown = hand.image(canvas)
assert shown.shape == (round(400 * dpr), round(500 * dpr))
# What is hit lies where it is drawn: the depot's blue is at its pixel.
at = hand.spot(canvas, "储备库", 1)
x, y = round(at.x() * dpr), round(at.y() * dpr)
around = shown[y - 6 : y + 6, x - 6 : x + 6] & 0xFFFFFF
assert ((around & 0xFF) > (around >> 16) + 60).any()
canvas.stop()
session.let_go()
print(f"{dpr:g} sharp")
