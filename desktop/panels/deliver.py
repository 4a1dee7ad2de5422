"""What leaves the office: all in one folder, or one file; and a folder looked at again."""

from __future__ import annotations

import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from data.kinds import kind
from data.refused import Refused
from desktop.delivering import PAGE, WORKBOOK, Wish, check, everything, one
from desktop.panels.fields import GAP, UnitEdit, column, label, scrolling

if TYPE_CHECKING:
    from data.plan import Plan
    from desktop.window import Window

_WHAT = (
    "各种图(PDF 和图片)、地图册、网页、Word 规划文本和布局报告、Excel 和 CSV 表格,"
    "连同规划文件和每个数的来源,写进一个文件夹。"
)
_SAVE_FIRST = "规划有没保存的改动。单独的一份要能从规划文件复算,请先保存;整套成果不用。"
_WORD = "Word:"
_MOST_SITES = 50


class DeliverPanel(QWidget):
    """Asks what is common to all deliverables and starts the work with the plan as it is."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside, rows = column()
        outer.addWidget(scrolling(inside))
        rows.addWidget(label("导出成果", "heading"))
        rows.addWidget(label(_WHAT, "muted", wrap=True))
        self._add_fields(rows)
        self._add_buttons(rows)
        self._add_single(rows)
        self._add_check(rows)
        rows.addStretch(1)
        self.session.plan_changed.connect(lambda before, after: self._changed())
        self.session.job_changed.connect(self._allow)
        self._changed()

    def _add_fields(self, rows: QVBoxLayout) -> None:
        self.grid = QGridLayout()
        self.grid.setSpacing(GAP)
        self.grid.setColumnStretch(1, 1)
        self.organisation, self.date = QLineEdit(), QLineEdit()
        today = datetime.date.today()
        self.date.setText(f"{today.year}年{today.month}月{today.day}日")
        self.organisation.setText(str(self.window_.settings.value("export/organisation", "")))
        self.people = QComboBox()
        self.sites = UnitEdit("处")
        self.sites.setText("3")
        self.sites.setToolTip("每类设施建议新增几处;0 不算")
        self.dpi = QComboBox()
        for dpi, words in ((150, "150(草图)"), (200, "200(常用)"), (300, "300(印刷)")):
            self.dpi.addItem(words, dpi)
        self.dpi.setCurrentIndex(1)
        self.radius: dict[str, UnitEdit] = {}
        self.names: dict[QWidget, QLabel] = {}
        self._row("编制单位", self.organisation)
        self._row("日期", self.date)
        self._row("人口图层", self.people)
        self._row("建议新增", self.sites)
        self._row("图片 dpi", self.dpi)
        rows.addLayout(self.grid)

    def _row(self, words: str, field: QWidget) -> None:
        row = self.grid.rowCount()
        self.names[field] = label(words, "muted")
        self.grid.addWidget(self.names[field], row, 0)
        self.grid.addWidget(field, row, 1)

    def _add_buttons(self, rows: QVBoxLayout) -> None:
        buttons = QHBoxLayout()
        self.button = QPushButton("全部写进一个文件夹…")
        self.button.setProperty("role", "primary")
        self.away = QPushButton("收起")
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.away)
        rows.addLayout(buttons)
        self.button.clicked.connect(self._ask_folder)
        self.away.clicked.connect(lambda: self.window_.hide_panel("deliver"))

    def _add_single(self, rows: QVBoxLayout) -> None:
        rows.addWidget(label("只要一份", "heading"))
        self.what = QComboBox()
        self.one_button = QPushButton("写出…")
        line = QHBoxLayout()
        line.addWidget(self.what, 1)
        line.addWidget(self.one_button)
        rows.addLayout(line)
        self.reason = label(_SAVE_FIRST, "muted", wrap=True)
        rows.addWidget(self.reason)
        self.one_button.clicked.connect(self._ask_file)

    def _add_check(self, rows: QVBoxLayout) -> None:
        rows.addWidget(label("核对", "heading"))
        words = "把一个成果文件夹里的每个数重算一遍,说明是否一致、哪些不同。"
        rows.addWidget(label(words, "muted", wrap=True))
        self.check_button = QPushButton("核对成果文件夹…")
        rows.addWidget(self.check_button)
        self.checked = label("", wrap=True)
        rows.addWidget(self.checked)
        self.check_button.clicked.connect(self._ask_checked)

    def begin(self) -> None:
        self.organisation.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed()

    # --- what the plan has

    def _changed(self) -> None:
        """Show the fields this plan needs: only while the panel is seen."""
        plan = self.session.plan
        if plan is None or not self.isVisible():
            return
        if not self.what.count():
            from maps.drawing.word.outline import shipped

            self.what.addItems([*(_WORD + name for name in shipped()), PAGE, WORKBOOK])
        people = [layer.name for layer in plan.of_kind("population")]
        if people != [self.people.itemText(i) for i in range(self.people.count())]:
            self.people.clear()
            self.people.addItems(people)
        several = len(people) > 1
        self.people.setVisible(several)
        self.names[self.people].setVisible(several)
        self._radii(plan)
        self._allow()

    def _radii(self, plan: Plan) -> None:
        from maps.analysis.findings import usual

        found = usual(plan)
        for name, metres in found.items():
            if name not in self.radius:
                field = self.radius[name] = UnitEdit("km")
                field.setText(f"{metres / 1000:g}")
                field.setToolTip("服务半径,直线距离")
                self._row(f"{kind(name).title}半径", field)
        for name, field in self.radius.items():
            field.setVisible(name in found)
            self.names[field].setVisible(name in found)

    def _allow(self) -> None:
        saved = self.session.path is not None and not self.session.unsaved
        self.one_button.setEnabled(saved)
        self.reason.setVisible(not saved)

    def wish(self) -> Wish:
        """What the fields ask for. Raises Refused, naming the field."""
        from maps.analysis.coverage import check_radius

        radius = {}
        for name, field in self.radius.items():
            if field.isHidden():
                continue
            try:
                radius[name] = float(field.text()) * 1000
            except ValueError:
                raise Refused(
                    f"{kind(name).title}的服务半径要填公里数,现在是“{field.text()}”。"
                ) from None
            check_radius(radius[name])
        sites = self.sites.text().strip()
        if not sites.isdecimal() or int(sites) > _MOST_SITES:
            raise Refused(f"建议新增要填 0–{_MOST_SITES} 的整数,现在是“{sites}”。")
        several = self.people.count() > 1
        return Wish(
            radius,
            self.people.currentText() if several else "",
            int(sites),
            self.organisation.text().strip(),
            self.date.text().strip(),
            self.dpi.currentData(),
        )

    def _ready(self) -> Wish | None:
        """The wish, or None when a field is wrong and was said to be."""
        self.window_.settings.setValue("export/organisation", self.organisation.text().strip())
        try:
            return self.wish()
        except Refused as refusal:
            self.session.message.emit(str(refusal))
            return None

    # --- everything

    @property
    def _folder(self) -> Path:
        return self.session.path.parent if self.session.path else Path.home()

    def _ask_folder(self) -> None:
        where = QFileDialog.getExistingDirectory(self, "成果放在哪里", str(self._folder))
        if where:
            self.export_all(Path(where) / f"{self.session.name}-成果")

    def export_all(self, folder: Path) -> None:
        """Write everything into ``folder`` in the background."""
        book, wish = self.session.book, self._ready()
        if book is None or wish is None:
            return

        def done(made: Any) -> None:
            missing = "、".join(made.left_out)
            more = f";没有{missing}(规划里缺少要用的内容)" if missing else ""
            words = f"成果已写到“{folder}”,共 {len(made.names)} 个文件{more}。"
            answer = ("打开文件夹", lambda: _open(folder))
            self.window_.message.show_text(words, answer, tone="note")

        work = partial(everything, book, self.session.path, self.session.unsaved, wish, folder)
        self.session.jobs.start(f"写出成果“{folder.name}”", work, done)

    # --- one

    def _ask_file(self) -> None:
        what = self.what.currentText()
        ending = {PAGE: ".html", WORKBOOK: ".xlsx"}.get(what, ".docx")
        start = self._folder / f"{self.session.name}{what.removeprefix(_WORD)}{ending}"
        name, _ = QFileDialog.getSaveFileName(
            self, f"写出{what}", str(start), f"{what} (*{ending})"
        )
        if name:
            self.export(Path(name if name.lower().endswith(ending) else f"{name}{ending}"))

    def export(self, path: Path) -> None:
        """Write the chosen one into ``path`` in the background."""
        plan_file, wish = self.session.path, self._ready()
        if plan_file is None or wish is None:
            return

        def done(words: str) -> None:
            said = f"已写出“{path.name}”,在“{path.parent}”里:{words}"
            answer = ("打开", lambda: _open(path))
            self.window_.message.show_text(said, answer, tone="note")

        what = self.what.currentText().removeprefix(_WORD)
        work = partial(one, what, plan_file, wish, path)
        self.session.jobs.start(f"写出“{path.name}”", work, done)

    # --- look again

    def _ask_checked(self) -> None:
        where = QFileDialog.getExistingDirectory(self, "核对哪个成果文件夹", str(self._folder))
        if where:
            self.check(Path(where))

    def check(self, folder: Path) -> None:
        """Work every number of a folder out again, in the background, and say what came out."""
        self.checked.setText("")
        work = partial(check, folder)
        self.session.jobs.start(f"核对“{folder.name}”", work, self.checked.setText)


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
