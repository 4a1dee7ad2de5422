"""The import page: one file, what was found in it, and nothing in the plan before 导入.

file · kind · sheet · encoding
┌ columns │ not imported │ doubles │ notes ┐  ┌ small map ┐
│                                          │  │ where it is, what is wrong, the repair
└──────────────────────────────────────────┘  └───────────┘
what 导入 will do                                  取消  导入
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from data.imports.encoding import ENCODINGS, decode
from data.imports.proposing import EVERY
from data.imports.rejects import write_rejects
from data.kinds import KINDS, STATUSES, kind
from data.refused import Refused
from desktop.importing import Importing, Shown
from desktop.panels.fields import EDGE, GAP, empty_words, label
from desktop.panels.import_lists import ColumnsTable, RowsTable
from desktop.panels.import_place import PlaceColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from data.imports.duplicates import Duplicate
    from desktop.window import Window

_PREVIEW = 16
_PREVIEW_WIDTH = 280


class ImportPage(QWidget):
    """Shows :class:`Importing`; its choices go back there."""

    def __init__(self, window: Window) -> None:
        super().__init__(window.pages)
        self.window_ = window
        self.session = window.session
        self.flow = Importing(window)
        self.setObjectName("column")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(EDGE, GAP, EDGE, GAP)
        rows.setSpacing(GAP)
        rows.addLayout(self._top())
        self.trouble = empty_words("")
        rows.addWidget(self.trouble)
        middle = QHBoxLayout()
        middle.setSpacing(EDGE)
        middle.addWidget(self._lists(), 3)
        self.place = PlaceColumn(window.theme)
        middle.addWidget(self.place, 2)
        rows.addLayout(middle, 1)
        rows.addLayout(self._bottom())
        self.place.accepted.connect(self.flow.set_accept)
        self.place.crs_chosen.connect(lambda name: self.flow.change(crs=name))
        self._left: list[Callable[[Shown], None]] = []
        self._later = QTimer(self, singleShot=True, interval=1)
        self._later.timeout.connect(self._fill)
        self.flow.changed.connect(self.refresh)
        self.flow.finished.connect(self._leave)
        self.session.opened.connect(self.flow.stop)
        window.pages.addWidget(self)

    # --- building

    def _top(self) -> QVBoxLayout:
        self.title = label("", "heading")
        self.kind_box, self.source_box, self.encoding_box = QComboBox(), QComboBox(), QComboBox()
        for one in KINDS:
            self.kind_box.addItem(one.title, one.name)
        self.kind_label = label("导入为", "muted")
        self.source_label, self.encoding_label = label("工作表", "muted"), label("编码", "muted")
        self.status_label, self.status_box = label("状态", "muted"), QComboBox()
        self.status_box.addItems(STATUSES)
        self.status_box.setToolTip("文件里没有写状态的,算哪一种")
        self.status_box.activated.connect(
            lambda: self.flow.change(fill={"状态": self.status_box.currentText()})
        )
        self.kind_box.activated.connect(
            lambda: self.flow.change(kind_name=self.kind_box.currentData())
        )
        self.source_box.activated.connect(
            lambda: self.flow.change(source=self.source_box.currentData())
        )
        self.encoding_box.activated.connect(
            lambda: self.flow.change(encoding=self.encoding_box.currentData())
        )
        for box in (self.source_box, self.encoding_box):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        self.source_box.setMinimumContentsLength(16)
        self.encoding_box.setMinimumContentsLength(9)
        self.encoding_box.view().setMinimumWidth(_PREVIEW_WIDTH)
        choices = QHBoxLayout()
        choices.setSpacing(GAP)
        for text, box in (
            (self.kind_label, self.kind_box),
            (self.source_label, self.source_box),
            (self.encoding_label, self.encoding_box),
            (self.status_label, self.status_box),
        ):
            choices.addWidget(text)
            choices.addWidget(box)
            choices.addSpacing(GAP)
        choices.addStretch(1)
        top = QVBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self.title)
        top.addLayout(choices)
        return top

    def _lists(self) -> QTabWidget:
        self.columns = ColumnsTable()
        self.columns.chosen.connect(self._column_chosen)
        self.rejects = RowsTable(("行", "原因"), "所有行都可以导入。")
        self.doubles = RowsTable(
            ("行", "名称", "与哪一个像"),
            "没有像是重复的。同名且在 100 米内,或位置相同,会列在这里。",
        )
        self.notes = RowsTable(
            ("说明",), "没有要说明的。换算了单位、补了空格、修了图形时会列在这里。"
        )
        self.keep_rejects = QPushButton("把未导入的行另存为表…")
        self.keep_rejects.setProperty("role", "link")
        self.keep_rejects.clicked.connect(self._ask_rejects)
        self.rejects.column.addWidget(self.keep_rejects)
        self.skip_doubles = QCheckBox("不导入规划里已有的")
        self.skip_doubles.toggled.connect(self._skip_toggled)
        self.doubles.column.addWidget(self.skip_doubles)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.tabBar().setDrawBase(False)
        for widget, title in (
            (self.columns, "列"),
            (self.rejects, "未导入"),
            (self.doubles, "像是重复"),
            (self.notes, "说明"),
        ):
            self.tabs.addTab(widget, title)
        return self.tabs

    def _bottom(self) -> QHBoxLayout:
        self.summary = label("", wrap=True)
        self.replace = QCheckBox("换掉图层里原有的")
        self.replace.toggled.connect(self._replace_toggled)
        self.cancel, self.skip = QPushButton("取消"), QPushButton("跳过这个文件")
        self.go = QPushButton("导入")
        self.go.setProperty("role", "primary")
        self.cancel.clicked.connect(self.flow.stop)
        self.skip.clicked.connect(self.flow.next)
        self.go.clicked.connect(self.flow.carry_out)
        bottom = QHBoxLayout()
        bottom.setSpacing(GAP)
        bottom.addWidget(self.summary, 1)
        bottom.addWidget(self.replace)
        for button in (self.cancel, self.skip, self.go):
            bottom.addWidget(button)
        return bottom

    # --- doors

    def begin(self, paths: Sequence[Path]) -> None:
        """Show the page and begin with the first file."""
        self.window_.pages.setCurrentWidget(self)
        self.flow.begin(paths)
        self.refresh()

    def _leave(self) -> None:
        if self.window_.pages.currentWidget() is self:
            if self.session.plan is not None:
                self.window_.show_map()
            else:
                self.window_.show_start()

    # --- showing

    def refresh(self) -> None:
        """Show what is known of the file now."""
        shown, busy = self.flow.shown, self.flow.busy
        path = self.flow.waiting[0] if self.flow.waiting else None
        many = f"(第 {self.flow.number} 个,共 {self.flow.total} 个)" if self.flow.total > 1 else ""
        self.title.setText(f"导入“{path.name}”{many}" if path else "")
        self.skip.setVisible(self.flow.total > 1)
        ready = shown is not None and not busy
        boxes = (self.kind_box, self.source_box, self.encoding_box, self.status_box)
        asked: tuple[QWidget, ...] = (*boxes, self.tabs, self.place)
        for widget in asked:
            widget.setEnabled(ready)
        self.go.setEnabled(False)
        unread = shown is not None and not shown.sources and not busy
        self.trouble.setText(shown.trouble if shown is not None and unread else "")
        self.trouble.setVisible(unread)
        parts: tuple[QWidget, ...] = (self.kind_label, self.kind_box, self.tabs, self.place)
        for part in parts:
            part.setVisible(shown is not None and not unread)
        if shown is None or busy:
            self.summary.setText(busy or "没有读出内容。")
            if shown is None:
                self._show_nothing()
            return
        self._show_choices(shown)
        self._show_outcome(shown)
        self._left = [self._show_columns, self._show_rows, self._show_place]
        self._later.start()

    @property
    def filling(self) -> bool:
        """Whether a part of what is known has still to be shown."""
        return self._later.isActive()

    def _fill(self) -> None:
        """Show the next part: all at once would keep the window from answering."""
        shown = self.flow.shown
        if shown is None or self.flow.busy or not self._left:
            return
        self._left.pop(0)(shown)
        if self._left:
            self._later.start()

    def _show_place(self, shown: Shown) -> None:
        plan = self.session.plan
        if plan is not None:
            self.place.theme = self.window_.theme
            finding = shown.proposal.finding if shown.proposal else None
            self.place.show_finding(plan, finding, self.flow.accept, shown.ask.crs)

    def _show_nothing(self) -> None:
        self.replace.hide()
        for box in (self.source_box, self.source_label, self.encoding_box, self.encoding_label):
            box.hide()
        self.status_box.hide()
        self.status_label.hide()
        self.columns.show_columns(None)
        for rows in (self.rejects, self.doubles, self.notes):
            rows.show_rows([])
        self.place.clear()
        self._count_tabs(0, 0, 0)

    def _show_choices(self, shown: Shown) -> None:
        self.kind_box.setCurrentIndex(self.kind_box.findData(shown.ask.kind_name))
        source = shown.proposal.source if shown.proposal else None
        self.source_box.clear()
        for one in shown.sources:
            self.source_box.addItem(f"{one.name}({len(one):,} 行)", one.name)
        several = len(shown.sources) > 1
        if several and all(one.shapes is None for one in shown.sources):
            self.source_box.addItem("全部,上下接成一张", EVERY)
        if source is not None:
            wanted = EVERY if shown.ask.source == EVERY else source.name
            self.source_box.setCurrentIndex(self.source_box.findData(wanted))
        self.source_box.setVisible(several)
        self.source_label.setVisible(several)
        self._show_encodings(shown)
        status = kind(shown.ask.kind_name).column("状态")
        told = {m.target for m in shown.proposal.matches} if shown.proposal else {"状态"}
        unsaid = status is not None and status.required and "状态" not in told
        for widget in (self.status_label, self.status_box):
            widget.setVisible(unsaid)
        self.status_box.setCurrentText(str(shown.ask.fill.get("状态", STATUSES[0])))

    def _show_encodings(self, shown: Shown) -> None:
        """Every encoding with how the file's own first words look in it."""
        source = shown.proposal.source if shown.proposal else None
        if source is None and shown.sources:
            source = shown.sources[0]
        raw = source.raw if source is not None else ()
        for box in (self.encoding_box, self.encoding_label):
            box.setVisible(bool(raw))
        self.encoding_box.clear()
        if source is None or not raw:
            return
        sample = next((r for r in raw if 4 <= len(r) <= 60), raw[0])[:60]
        self.encoding_box.addItem(f"自动:{source.encoding.name}", "")
        for name in ENCODINGS:
            if name.startswith("UTF-16") and source.encoding.name != name:
                continue
            words = decode(sample, name, cut=True).replace("\r", " ").replace("\n", " ")
            self.encoding_box.addItem(f"{name}  {words[:_PREVIEW]}", name)
        self.encoding_box.setCurrentIndex(max(0, self.encoding_box.findData(shown.ask.encoding)))

    def _show_columns(self, shown: Shown) -> None:
        proposal = shown.proposal
        source = proposal.source if proposal else (shown.sources[0] if shown.sources else None)
        self.columns.show_columns(source, shown.ask.kind_name, proposal)

    def _show_rows(self, shown: Shown) -> None:
        proposal, outcome = shown.proposal, shown.outcome
        rejects = outcome.rejects if outcome else ()
        self.rejects.show_rows([(f"{r.row:,}", r.reason) for r in rejects])
        self.keep_rejects.setVisible(bool(rejects))
        doubles = outcome.duplicates if outcome else ()
        self.doubles.show_rows([(f"{d.row:,}", d.name, _double_words(d)) for d in doubles])
        inside = any(d.layer for d in doubles) or shown.ask.skip_duplicates
        self.skip_doubles.setVisible(inside)
        self.skip_doubles.blockSignals(True)
        self.skip_doubles.setChecked(shown.ask.skip_duplicates)
        self.skip_doubles.blockSignals(False)
        notes = outcome.notes if outcome else (proposal.notes if proposal else ())
        self.notes.show_rows([(note,) for note in notes])
        self._count_tabs(len(rejects), len(doubles), len(notes))

    def _count_tabs(self, rejects: int, doubles: int, notes: int) -> None:
        for place, (title, count) in enumerate(
            (("列", 0), ("未导入", rejects), ("像是重复", doubles), ("说明", notes))
        ):
            self.tabs.setTabText(place, f"{title} {count:,}" if count else title)

    def _show_outcome(self, shown: Shown) -> None:
        outcome = shown.outcome
        self.replace.setVisible(_can_replace(self, shown))
        if outcome is None:
            self.summary.setText(shown.trouble if shown.sources else "")
            self.go.setText("导入")
            return
        words = f"共 {outcome.rows:,} 行,可导入 {outcome.accepted:,} 行到图层“{outcome.layer.name}”"
        if outcome.rejects:
            words += f",{len(outcome.rejects):,} 行不导入(见“未导入”)"
        others = _others(shown)
        words += f"。文件里另有 {others} 张表没有选,在上面选" if others else ""
        self.summary.setText(f"{words}。")
        self.go.setText(f"导入 {outcome.accepted:,} 行" if outcome.accepted else "导入")
        self.go.setEnabled(outcome.accepted > 0)

    # --- choices

    def _column_chosen(self, heading: str, target: str) -> None:
        shown = self.flow.shown
        if shown is None:
            return
        columns = {h: t for h, t in shown.ask.columns.items() if not target or t != target}
        columns[heading] = target
        self.flow.change(columns=columns)

    def _skip_toggled(self, on: bool) -> None:
        self.flow.change(skip_duplicates=on)

    def _replace_toggled(self, on: bool) -> None:
        self.flow.change(replace=on)

    def _ask_rejects(self) -> None:
        shown = self.flow.shown
        if shown is None:
            return
        start = str(shown.path.with_name(f"{shown.path.stem} 未导入.csv"))
        name, _ = QFileDialog.getSaveFileName(self, "另存未导入的行", start, "CSV 表 (*.csv)")
        if name:
            self.save_rejects(Path(name))

    def save_rejects(self, path: Path) -> None:
        """Write the rows that are not imported, with reasons, to be mended and imported again."""
        shown = self.flow.shown
        if shown is None or shown.proposal is None or shown.outcome is None:
            return
        try:
            write_rejects(shown.proposal.source, shown.outcome.rejects, path)
        except Refused as refusal:
            self.session.message.emit(str(refusal))
            return
        self.window_.message.show_text(
            f"未导入的行写在“{path.name}”里,改好后可以单独再导入。", tone="note"
        )


def _double_words(double: Duplicate) -> str:
    where = f"文件第 {double.other:,} 行"
    if double.layer:
        where = f"规划里的“{double.other_name}”"
    return f"{double.why},相距 {double.metres:,.0f} 米:{where}"


def _others(shown: Shown) -> int:
    """How many of the file's sheets with rows are not what will be imported."""
    tables = sum(source.shapes is None for source in shown.sources)
    whole = shown.ask.source == EVERY or tables < len(shown.sources)
    return 0 if whole else tables - 1


def _can_replace(page: ImportPage, shown: Shown) -> bool:
    """Whether the layer the rows go to has something in it that could be replaced."""
    plan = page.session.plan
    layers = plan.of_kind(shown.ask.kind_name) if plan else ()
    return any(len(layer) for layer in layers) and bool(shown.sources)
