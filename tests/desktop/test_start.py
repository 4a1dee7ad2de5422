"""The start page: recent plans with pictures kept in the state folder, examples, districts."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from data.files import load, save
from data.plan import Book
from desktop.panels.start import EXAMPLES, RECENT, search
from desktop.panels.start_pictures import SIZE, cut, file_of, folder_of
from tests.desktop.hand import sharp
from tests.desktop.plans import small_book, small_plan
from tests.desktop.test_panels import cut_off
from tests.desktop.test_session import idle, wait_for
from tests.desktop.test_window import settings, window  # noqa: F401 - fixtures

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def kept(window, tmp_path):  # noqa: F811
    """The window with a state folder, and a saved plan open and drawn."""
    window.session.journals = tmp_path / "state" / "未保存"
    path = tmp_path / "甲县.gpkg"
    save(small_book(), path)
    window.session.open(path)
    wait_for(lambda: window.session.plan is not None)
    sharp(window.canvas)
    window._path = path
    return window


def cards(window):  # noqa: F811
    layout = window.start.recent
    widgets = (layout.itemAt(i).widget() for i in range(layout.count()))
    return [w for w in widgets if isinstance(w, QPushButton)]


def test_saving_keeps_a_picture_beside_the_journal_and_not_in_the_plan(kept, tmp_path):
    session = kept.session
    session.do_book("改名", lambda book: Book("乙县", book.plans))
    before = load(kept._path).book
    session.save()
    wait_for(lambda: not session.saving and not session.unsaved)
    file = file_of(folder_of(session), kept._path)
    wait_for(file.is_file)
    assert file.is_relative_to(tmp_path / "state")
    assert file.stat().st_size < 40_000
    picture = QImage(str(file))
    assert picture.size() == SIZE * 2
    shades = {picture.pixelColor(x, y).name() for x in range(0, 144, 3) for y in range(0, 80, 3)}
    assert len(shades) > 3
    assert [layer.name for layer in before.plan] == [layer.name for layer in small_plan()]
    wait_for(idle(session))


def test_closing_keeps_a_picture_and_the_card_opens_the_plan(kept):
    kept.pictures.keep()
    file = file_of(folder_of(kept.session), kept._path)
    assert file.is_file()
    kept.commands["close"].trigger()
    wait_for(idle(kept.session))
    card = cards(kept)[0]
    assert card.text().startswith("甲县\n")
    assert card.toolTip() == str(kept._path)
    shown = card.icon().pixmap(card.iconSize()).toImage()
    wanted = QImage(str(file)).scaledToHeight(shown.height())
    for x, y in ((10, 10), (30, 20), (50, 30)):
        assert abs(shown.pixelColor(x, y).red() - wanted.pixelColor(x, y).red()) < 60
    QTest.mouseClick(card, LEFT)
    wait_for(lambda: kept.session.plan is not None)
    wait_for(idle(kept.session))


def test_pictures_of_plans_no_longer_recent_go(kept):
    kept.pictures.keep()
    folder = folder_of(kept.session)
    other = folder / "别的.png"
    other.write_bytes(b"png")
    kept.pictures.keep()
    assert not other.exists()
    assert [f.name for f in folder.glob("*.png")] == [file_of(folder, kept._path).name]


def test_without_a_state_folder_nothing_is_written(window, tmp_path):  # noqa: F811
    path = tmp_path / "甲县.gpkg"
    save(small_book(), path)
    window.session.open(path)
    wait_for(lambda: window.session.plan is not None)
    sharp(window.canvas)
    window.pictures.keep()
    assert folder_of(window.session) is None
    assert [f.name for f in tmp_path.iterdir() if f.suffix == ".png"] == []


def test_a_broken_picture_is_no_reason_to_stop(kept):
    kept.pictures.keep()
    file_of(folder_of(kept.session), kept._path).write_bytes(b"no picture")
    kept.start.show_recent()
    assert not cards(kept)[0].icon().isNull()


def test_the_middle_is_cut_out_in_the_right_proportions():
    image = QImage(1000, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    for x in range(400, 600):
        for y in range(300):
            image.setPixelColor(x, y, QColor("#0000ff"))
    small = cut(image)
    assert small.size() == SIZE * 2
    assert small.pixelColor(small.width() // 2, 40).blue() > 200
    assert small.pixelColor(2, 40).red() > 200


def test_recent_plans_are_few_the_latest_first_and_not_cut_off(window):  # noqa: F811
    for i in range(RECENT + 3):
        window.start.remember(
            Path(f"/一个很长的文件夹名称/{'很长的' * 12}/第{i}个县的应急布局规划.gpkg")
        )
    assert len(cards(window)) == RECENT
    assert cards(window)[0].text().startswith(f"第{RECENT + 2}个县")
    window.start.remember(Path(cards(window)[3].toolTip()))
    assert cards(window)[0].text().startswith(f"第{RECENT - 1}个县")
    window.show_start()
    wait_for(lambda: not cut_off(window.start), 3)
    assert window.start.height() >= window.start.minimumSizeHint().height()


def test_every_example_has_its_button_and_says_what_it_is(window):  # noqa: F811
    heard = []
    window.start.example_wanted.disconnect()
    window.start.example_wanted.connect(heard.append)
    for button in window.start.examples.values():
        assert "示意" in button.toolTip()
        QTest.mouseClick(button, LEFT)
    assert heard == list(EXAMPLES)


def test_a_district_is_found_by_name_pinyin_and_code(window):  # noqa: F811
    window.start.show_found("ahq")
    wait_for(lambda: window.start.entries is not None)
    entries = window.start.entries
    for typed in ("敖汉", "ahq", "aohanqi", "150430"):
        assert search(entries, typed)[0].district.adcode == "150430"
    assert search(entries, "  ") == []
    heard = []
    window.start.district_wanted.disconnect()
    window.start.district_wanted.connect(heard.append)
    window.start.words.setText("ahq")
    QTest.keyClick(window.start.words, Qt.Key.Key_Return)
    assert heard[0].name == "敖汉旗"
