"""Rules of one's own: copied from a document, changed number by number, written to a file.

A plan's own rules are text in its book, so that they travel with it and every change can be
undone. The text is a rule file like those that come with the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from data.beside import reason
from data.plan import Book
from data.progress import Report
from data.refused import Refused
from desktop.panels.fields import GAP, label
from desktop.panels.targets_check import own_rules, with_fact
from desktop.panels.targets_detail import form, row_of
from maps.analysis.targets.editing import copied, with_field
from maps.analysis.targets.loader import OWN_RULES, load_rules

if TYPE_CHECKING:
    from desktop.window import Window
    from maps.analysis.targets.model import Rule, RuleSet

_FILTER = "规则文件 (*.yaml *.yml)"


class CopyForm(QWidget):
    """Title and region of the copy; shown in the panel when it is asked for."""

    def __init__(self, done: Callable[[str, str], None]) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 0, 16, GAP)
        rows.setSpacing(GAP)
        self.words = label("", wrap=True)
        self.title, self.region = QLineEdit(), QLineEdit()
        self.region.setPlaceholderText("如 某省某市某县")
        rows.addWidget(self.words)
        rows.addLayout(form(("名称", self.title), ("地区", self.region)))
        sure, back = QPushButton("复制"), QPushButton("取消")
        sure.setProperty("role", "primary")
        sure.clicked.connect(lambda: done(self.title.text(), self.region.text()))
        back.clicked.connect(self.hide)
        self.title.returnPressed.connect(sure.click)
        rows.addLayout(row_of([sure, back]))
        self.hide()

    def ask(self, rules: RuleSet, book: Book) -> None:
        """Ask for title and region, with the plan's title to start from."""
        self.words.setText(
            f"把“{rules.title}”的 {len(rules):,} 条规则复制到这份规划里,再逐条改成自己的数。"
        )
        self.title.setText(f"{book.title}目标")
        self.region.setText("")
        self.show()
        self.title.setFocus()
        self.title.selectAll()


def copy_rules(window: Window, rules: RuleSet, title: str, region: str) -> bool:
    """Put a copy of a rule file into the plan's book as one undo step."""

    def change(book: Book) -> Book:
        text = Path(rules.path).read_text(encoding="utf-8")
        return with_fact(book, OWN_RULES, copied(text, title, region))

    return window.session.do_book(f"复制规则“{rules.title}”", change)


def drop_rules(window: Window) -> None:
    """Take the plan's own rules away (undo brings them back)."""
    window.session.do_book("去掉本县规则", lambda book: with_fact(book, OWN_RULES, None))


def change_rule(window: Window, rule: Rule, values: Mapping[str, str]) -> None:
    """Change numbers of one of the plan's own rules; what is wrong is refused with its line."""

    def change(book: Book) -> Book:
        text = str(book.facts[OWN_RULES])
        for field, value in values.items():
            if not value:
                raise Refused(f"“{field}”不能留空。不想改就保持原来的值。")
            text = with_field(text, rule.id, field, value, "本县规则")
        return with_fact(book, OWN_RULES, text)

    if values:
        window.session.do_book(f"改规则 {rule.id}", change)


def read_file(window: Window) -> None:
    """Ask for a rule file and take its rules into the plan."""
    name, _ = QFileDialog.getOpenFileName(window, "读入规则文件", "", _FILTER)
    if name:
        take_file(window, Path(name))


def take_file(window: Window, path: Path) -> None:
    """Read a rule file (off the GUI thread); refused with its line when it is wrong."""

    def work(report: Report) -> str:
        load_rules(path)
        text = path.read_text(encoding="utf-8-sig")
        own_rules(text)
        return text

    def done(text: str) -> None:
        window.session.do_book(
            f"读入规则“{path.name}”", lambda book: with_fact(book, OWN_RULES, text)
        )

    window.session.jobs.start("读入规则文件", work, done)


def write_file(window: Window, rules: RuleSet) -> None:
    """Ask where to, write the rules as a file and open it in the system's editor."""
    book = window.session.book
    if book is None:
        return
    name, _ = QFileDialog.getSaveFileName(window, "写成规则文件", f"{rules.title}.yaml", _FILTER)
    if not name:
        return
    path = Path(name if name.lower().endswith((".yaml", ".yml")) else f"{name}.yaml")
    window.session.jobs.start("写规则文件", partial(save_text, book, rules, path))
    open_it = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path)))
    window.message.show_text(
        f"已写出“{path.name}”。改好以后用“读入规则文件”放回规划。", ("打开", open_it), tone="note"
    )


def save_text(book: Book, rules: RuleSet, path: Path, report: Report) -> None:
    """Write a rule set as text: of a shipped one its file, of own rules the book's text."""
    own = book.facts.get(OWN_RULES)
    text = Path(rules.path).read_text(encoding="utf-8") if rules.path else str(own)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"写不了“{path}”:{reason(error)}。") from error
