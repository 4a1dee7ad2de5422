"""Questions before an action: which file, save first or not. The answers go to the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
)

from desktop.panels import start

if TYPE_CHECKING:
    from data.boundaries import DistrictName
    from data.recovery import Recovery
    from desktop.window import Window

_FILTER = "规划文件 (*.gpkg)"


def open_plan(window: Window) -> None:
    """Ask for a plan file and open it (after asking about unsaved changes)."""
    folder = str(window.session.path.parent) if window.session.path else ""
    name, _ = QFileDialog.getOpenFileName(window, "打开规划", folder, _FILTER)
    if name:
        open_path(window, Path(name))


def open_path(window: Window, path: Path) -> None:
    """Open a plan file unless it is the one that is open."""
    if window.session.path is not None and window.session.path.resolve() == path.resolve():
        window.message.show_text(f"“{path.name}”已经打开。", tone="note")
        window.show_map()
        return
    when_settled(window, lambda: window.session.open(path))


def offer_recovery(window: Window, left: list[Recovery]) -> None:
    """Offer what an earlier program left unsaved, one after the other, in the message bar."""
    if not left:
        return
    first, rest = left[0], left[1:]

    def take() -> None:
        when_settled(window, lambda: window.session.recover(first))
        offer_recovery(window, rest)

    def give_up() -> None:
        window.session.jobs.start("清理", lambda report: first.discard(), quiet=True)
        offer_recovery(window, rest)

    window.message.show_text(first.describe(), ("恢复", take), ("放弃", give_up), tone="warn")


def make_example(window: Window, name: str) -> None:
    """Build one of the examples and show it as a new plan."""
    work = start.make_example(name)
    when_settled(window, lambda: window.session.make(f"生成“{name}”示例", work))


def make_from(window: Window, district: DistrictName) -> None:
    """Make a new plan of one district."""
    work = start.make_from(district)
    when_settled(window, lambda: window.session.make(f"新建“{district.name}”规划", work))


def commit_typing() -> None:
    """Let a half-typed field hand over what it has before something depends on it."""
    field = QApplication.focusWidget()
    if isinstance(field, QLineEdit | QComboBox | QAbstractSpinBox):
        field.clearFocus()


def save(window: Window, then: Callable[[], None] = lambda: None) -> None:
    """Save to the plan's file; ask for one when it has none."""
    commit_typing()
    if window.session.path is None:
        save_as(window, then)
    else:
        window.session.save(then=then)


def save_as(window: Window, then: Callable[[], None] = lambda: None) -> None:
    """Ask for a file name and save there."""
    commit_typing()
    session = window.session
    folder = session.path.parent if session.path else Path.home()
    name, _ = QFileDialog.getSaveFileName(
        window, "另存为", str(folder / f"{session.name}.gpkg"), _FILTER
    )
    if not name:
        return
    path = Path(name if name.lower().endswith(".gpkg") else f"{name}.gpkg")

    def saved() -> None:
        window.start.remember(path)
        then()

    session.save(path, saved)


def close_plan(window: Window) -> None:
    """Close the plan (after asking about unsaved changes) and show the start page."""
    window.pictures.keep()
    when_settled(window, window.session.close_book)


def may_close(window: Window) -> bool:
    """Whether the window may close now. When a save has to come first, it closes afterwards."""
    session = window.session
    commit_typing()
    if session.saving:
        window.close_after_save = True
        return False
    if not session.unsaved or window.closing:
        return True

    def close() -> None:
        window.closing = True
        window.close()

    answer = ask_unsaved(window)
    if answer == "save":
        save(window, close)
    return answer == "discard"


def when_settled(window: Window, act: Callable[[], None]) -> None:
    """Do something that gives up the open plan, once its changes are saved or given up."""
    if not window.session.unsaved:
        act()
        return
    answer = ask_unsaved(window)
    if answer == "save":
        save(window, act)
    elif answer == "discard":
        act()


def ask_unsaved(window: Window) -> str:
    """Ask what to do with unsaved changes: “save”, “discard” or “cancel”."""
    box = QMessageBox(window)
    box.setWindowTitle("保存改动")
    box.setText(f"“{window.session.name}”有未保存的改动。")
    box.setInformativeText("不保存的话,上次保存之后的改动就没有了。")
    keep = box.addButton("保存", QMessageBox.ButtonRole.AcceptRole)
    drop = box.addButton("不保存", QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("取消", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(stay)
    box.exec()
    pressed = box.clickedButton()
    box.deleteLater()
    return "save" if pressed is keep else "discard" if pressed is drop else "cancel"


def about(window: Window) -> None:
    """Say what this program is."""
    window.message.show_text(
        "应急布局:县级应急设施布局规划工作站。全程离线,规划文件是通用的 GeoPackage。"
        "示例中的人口格网为示意,边界仅供规划示意。",
        tone="note",
    )
