"""What is under the cursor, and views by name."""

import numpy as np
import shapely
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from data import edits
from data.files import load, save
from desktop.bookmarks import Bookmark, bookmarks, keep, remove
from desktop.canvas.hit import Hit
from desktop.canvas.identify import everything, reached_by
from desktop.canvas.view import Port, View
from maps.analysis.coverage import CoverageAsk, coverage
from tests.desktop import hand
from tests.desktop.plans import X, Y, small_plan


def port(x, y, mpp=20.0):
    return Port(View(x, y, mpp), 800.0, 600.0)


def test_every_thing_at_a_place_is_named_the_uppermost_first():
    plan = edits.move_feature("储备库", 1, shapely.Point(X + 5e3, Y + 10e3))(small_plan())
    found = everything(plan, port(X + 5e3, Y + 10e3), 400, 300)
    assert [one.hit for one in found[:3]] == [
        Hit("储备库", 1),
        Hit("道路", 1),
        Hit("行政区", 1),
    ]
    assert found[0].text == "储备库“一号库”(市级、现状)"
    assert "人口格网·示意" in found[3].text
    hidden = edits.set_look("道路", small_plan().layer("道路").look.__class__(visible=False))(plan)
    assert [one.hit for one in everything(hidden, port(X + 5e3, Y + 10e3), 400, 300)][1] == Hit(
        "行政区", 1
    )


def test_people_are_those_of_the_cell_and_unknown_is_said():
    plan = small_plan()
    layer = plan.layer("人口")
    grid = plan.with_layer(layer.__class__(layer.name, "population", layer.frame, "格网", 1000.0))
    first = layer.geometry(1)
    for dx, dy, persons in ((0, 0, "10"), (499, -499, "10"), (501, 0, None)):
        here = port(first.x + dx, first.y + dy)
        text = everything(grid, here, 400, 300)[-1].text
        assert text == (f"1 km 格 {persons} 人(格网)" if persons else "这里没有居住人口记录(格网)")
    unknown = layer.frame.assign(人口=[None] + [10.0] * 399)
    gap = grid.with_layer(grid.layer("人口").with_frame(unknown))
    assert everything(gap, port(first.x, first.y), 400, 300)[-1].text == "人口未知(格网)"


def test_how_many_reach_a_place_against_every_distance():
    plan = small_plan()
    answer = coverage(plan, CoverageAsk("depot", 9000.0))
    ruler = answer.demand.ruler
    for x, y in np.random.default_rng(3).uniform((X - 20e3, Y), (X + 20e3, Y + 20e3), (60, 2)):
        away = [ruler.distance(x, y, g.x, g.y) for g in plan.layer("储备库").frame.geometry]
        words = reached_by(answer, x, y)
        assert f"在 {sum(a <= 9000 for a in away)} 处" in words
        assert f"{min(away) / 1000:,.1f} km" in words
    assert reached_by(None, X, Y) == ""


def test_a_right_click_lists_what_is_there_and_opens_it(canvas, session):
    asked = []
    canvas.open_requested.connect(lambda *what: asked.append(what))
    at = hand.spot(canvas, "储备库", 2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, canvas.mapToGlobal(at))
    QApplication.sendEvent(canvas, event)
    menu = canvas.findChild(QMenu)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts[0].startswith("储备库“二号库”")
    assert texts[-1].startswith("复制坐标 116.9")
    menu.actions()[0].trigger()
    assert asked == [("储备库", 2)]
    assert session.selection == {"储备库": (2,)}
    menu.actions()[-1].trigger()
    assert QApplication.clipboard().text() in texts[-1]
    menu.close()


def test_no_menu_while_something_is_dragged(canvas):
    start = hand.spot(canvas, "储备库", 1)
    hand.press(canvas, start)
    hand.move(canvas, start + QPoint(40, 20))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, start, canvas.mapToGlobal(start))
    QApplication.sendEvent(canvas, event)
    assert canvas.findChild(QMenu) is None
    canvas.cancel_all()


def test_bookmarks_are_kept_in_the_file_and_undone(session, tmp_path):
    assert keep(session, Bookmark(" 城区 ", X, Y, 12.5))
    assert keep(session, Bookmark("全市", X + 1, Y + 2, 700.0))
    assert keep(session, Bookmark("城区", X + 9, Y, 10.0)), "the same name is replaced"
    assert [m.name for m in bookmarks(session.book)] == ["全市", "城区"]
    save(session.book, tmp_path / "规划.gpkg")
    assert bookmarks(load(tmp_path / "规划.gpkg").book) == bookmarks(session.book)
    assert remove(session, "全市")
    assert bookmarks(session.book) == (Bookmark("城区", X + 9, Y, 10.0),)
    session.undo()
    assert len(bookmarks(session.book)) == 2
    heard = []
    session.message.connect(heard.append)
    assert not keep(session, Bookmark("  ", X, Y, 1.0))
    assert heard == ["书签的名称不能为空。"]
    assert bookmarks(None) == ()
