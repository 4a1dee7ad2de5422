"""Start Qt, show the window at once, load the libraries behind it, open the plan."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QSettings, Qt, QTimer, QTranslator
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from data.progress import Report
from data.refused import Refused
from desktop import dialogs, theme
from desktop.crash import Crashes
from desktop.display import has_display
from desktop.garbage import GuiThreadCollector
from desktop.session import Session
from desktop.window import Window
from maps.drawing import fonts

if TYPE_CHECKING:
    from data.recovery import Recovery

ORGANISATION, PROGRAM = "yingji-buju", "yingji-buju"


def start(path: Path | None) -> int:
    """Open the window, on a plan if ``path`` is given; returns the exit code when it is closed."""
    if not has_display():
        raise Refused(
            "没有可用的显示器,打不开窗口。请在桌面环境里运行,或用命令行(main.py -h 查看命令)。"
        )
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal; the journal has all
    app = make_app()
    crashes = Crashes(app)
    crashes.install()
    session = Session()
    collector = GuiThreadCollector(app, lambda: at_rest(session))
    window = Window(session, open_settings())
    window.show_first()
    furnish(window, path, collector.freeze)
    code = app.exec()
    session.jobs.cancel_all()
    session.jobs.wait()
    session.let_go()
    collector.stop()
    return code


def at_rest(session: Session) -> bool:
    """Whether nothing is being worked out and no mouse button is held."""
    return not session.jobs.running and not QApplication.mouseButtons()


def make_app() -> QApplication:
    """Return the one QApplication: our typeface, Chinese texts of Qt's own dialogs."""
    QLocale.setDefault(QLocale(QLocale.Language.Chinese, QLocale.Country.China))
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = QApplication(sys.argv[:1])
    app.setApplicationName(PROGRAM)
    app.setOrganizationName(ORGANISATION)
    app.setStyle("Fusion")
    for file in (fonts.regular(), fonts.bold()):
        QFontDatabase.addApplicationFont(str(file))
    font = QFont(theme.FAMILY)
    font.setPixelSize(theme.BODY)
    app.setFont(font)
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load("qtbase_zh_CN", folder):
        app.installTranslator(translator)
    return app


def open_settings() -> QSettings:
    """The user's settings; YINGJI_SETTINGS names another file (for tests and screenshots)."""
    other = os.environ.get("YINGJI_SETTINGS")
    if other:
        return QSettings(other, QSettings.Format.IniFormat)
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, ORGANISATION, PROGRAM)


def journal_folder() -> Path:
    """Where unsaved work is kept; YINGJI_JOURNAL names another place (for tests)."""
    other = os.environ.get("YINGJI_JOURNAL")
    if other:
        return Path(other)
    from data.journal import state_folder

    return state_folder()


def furnish(window: Window, path: Path | None, loaded: Callable[[], None] = lambda: None) -> None:
    """Load the libraries on another thread, then put in map and panels and open the plan.

    What an earlier program left unsaved is offered in the message bar. ``loaded`` is called
    when everything is in.
    """

    def work(report: Report) -> tuple[Path, list[Recovery]]:
        import desktop.canvas
        import desktop.docks  # noqa: F401 - loading them here keeps the window answering
        from data.recovery import recoverable

        folder = journal_folder()
        return folder, recoverable(folder)

    def done(answer: tuple[Path, list[Recovery]]) -> None:
        window.session.journals, left = answer
        steps = window.furnishing()

        def step() -> None:
            try:
                next(steps)
            except StopIteration:
                loaded()
                dialogs.offer_recovery(window, left)
                if path is not None:
                    window.session.open(path)
            else:
                # Not 0: such a step would come before mouse and keys, one after the other.
                QTimer.singleShot(1, window, step)

        step()

    if path is not None:
        window.show_opening()
    window.session.jobs.start("正在打开…", work, done, quiet=path is None)
