"""One target in full: quote and source, what was measured, where it fails, what would help.

What only the planner decides is decided here, too: how an ambiguous clause is read, what is
attested by hand, the value of an indicator; and of a plan's own rules the number itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from data.plan import Book
from data.refused import Refused
from desktop.panels.fields import GAP, LongEdit, column, empty_words, label, scrolling
from desktop.panels.targets_list import measured
from desktop.panels.targets_marks import light
from maps.analysis.targets.decisions import (
    OUTCOMES,
    with_attestation,
    with_indicator,
    with_reading,
    without_attestation,
)
from maps.analysis.targets.model import ATTESTED, INDICATORS, Place, RuleSet, Verdict, told
from maps.analysis.targets.units import number

if TYPE_CHECKING:
    from desktop.window import Window
    from maps.analysis.targets.consistency import Contradiction
    from maps.analysis.targets.model import Rule

PLACES, FIGURES = 12, 16
"""So many places and figures are listed; of more the number is told."""

EMPTY = "点一条目标,这里显示原文、出处、实测数、为什么,以及怎样才能做到。"


class TargetDetail(QWidget):
    """Shows one verdict; ``edit_own`` is called with (rule, field, value) for own rules."""

    def __init__(self, window: Window, edit_own: Callable[[Rule, dict[str, str]], None]) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        self._edit_own = edit_own
        self._shown: Any = None
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.inside: QWidget | None = None
        self.area = scrolling(column()[0])
        outer.addWidget(self.area)
        self.clear()

    # --- what is shown

    def clear(self, words: str = EMPTY) -> None:
        self._shown = words
        rows = self._begin()
        rows.addWidget(empty_words(words))
        rows.addStretch(1)

    def show_contradiction(self, found: Contradiction) -> None:
        """Two statements of one document that do not go together, with both quotes."""
        if self._shown == found:
            return
        self._shown = found
        rows = self._begin()
        rows.addWidget(label(f"文本自身的矛盾:{found.about}", "heading", wrap=True))
        rows.addWidget(selectable(found.text))
        for rule in found.rules:
            rows.addSpacing(GAP)
            rows.addWidget(selectable(f"“{rule.quote}”"))
            rows.addWidget(label(f"{rule.id} · {rule.source}", "muted", wrap=True))
        rows.addStretch(1)

    def show_clause(self, rule: Rule) -> None:
        """A clause that is only there to be read."""
        if self._shown == rule:
            return
        self._shown = rule
        rows = self._begin()
        rows.addWidget(label(f"条文 {rule.id}(只供查阅,不检查)", "heading", wrap=True))
        rows.addWidget(selectable(f"“{rule.quote}”"))
        rows.addWidget(label(_source_words(rule), "muted", wrap=True))
        if rule.note:
            rows.addWidget(label(rule.note, "muted", wrap=True))
        rows.addStretch(1)

    def show_verdict(self, found: Verdict, rules: RuleSet, *, own: bool) -> None:
        """Show a verdict; nothing is touched (half-typed notes stay) when it is the same one."""
        book = self.session.book
        assert book is not None
        said = told(book.facts, ATTESTED, found.id)
        if self._shown == (found, said, own, self.window_.theme):
            return
        self._shown = (found, said, own, self.window_.theme)
        rule, read = rules.by_id[found.id], found.rule
        rows = self._begin()
        self._add_head(rows, found)
        rows.addWidget(selectable(f"“{rule.quote}”"))
        rows.addWidget(label(_source_words(read), "muted", wrap=True))
        _add_figures(rows, found)
        rows.addWidget(selectable(found.why))
        if rule.reading:
            self._add_reading(rows, rule, rules, book)
        self._add_places(rows, found.where)
        _add_section(rows, "怎样才能做到", [found.remedy] if found.remedy else [])
        hows = [m.how for m in found.missing if m.how not in found.remedy]
        _add_section(rows, "还缺的资料", hows)
        _add_rows(rows, found)
        if rule.check == "指标":
            self._add_indicator(rows, rule, book)
        if found.verdict == "attest" or rule.check == "人工" or said:
            self._add_attestation(rows, rule, said)
        if own:
            self._add_own(rows, rule)
        notes = [rule.note, f"依据:{found.basis}" if found.basis else ""]
        for note in filter(None, notes):
            rows.addWidget(label(note, "muted", wrap=True))
        rows.addStretch(1)

    def _begin(self) -> QVBoxLayout:
        """A fresh column in the scroll area."""
        inside, rows = column()
        margins = rows.contentsMargins()
        rows.setContentsMargins(margins.left(), GAP, GAP, GAP)
        rows.setSpacing(GAP)
        self.area.setWidget(inside)  # the old one is deleted by Qt
        self.inside = inside
        return rows

    def _add_head(self, rows: QVBoxLayout, found: Verdict) -> None:
        line = QHBoxLayout()
        line.setSpacing(GAP)
        mark = QLabel()
        mark.setPixmap(light(found.verdict, self.window_.theme, self.devicePixelRatioF()))
        line.addWidget(mark)
        line.addWidget(label(found.title, "heading"))
        line.addStretch(1)
        line.addWidget(label(found.id, "muted"))
        rows.addLayout(line)

    def _add_places(self, rows: QVBoxLayout, places: tuple[Place, ...]) -> None:
        if not places:
            return
        rows.addWidget(label("在哪里", "heading"))
        box = QVBoxLayout()
        box.setSpacing(0)
        for place in places[:PLACES]:
            can_go = place.fid is not None or place.x is not None
            text = f"{place.name}  {place.text}" if place.text else place.name
            button = PlaceLink(text)
            button.setEnabled(can_go)
            button.setToolTip(f"{text}\n点一下,到地图上看" if can_go else f"{text}\n图上没有位置")
            button.clicked.connect(lambda checked=False, place=place: self.go(place))
            box.addWidget(button)
        rows.addLayout(box)
        if len(places) > PLACES:
            rows.addWidget(label(f"还有 {len(places) - PLACES:,} 处。", "muted"))

    def go(self, place: Place) -> None:
        """Show a place on the map, selected when it is a feature."""
        plan, canvas = self.session.plan, self.window_.canvas
        layer = plan.find(place.layer) if plan is not None and place.layer else None
        if layer is not None and place.fid in layer.frame.index:
            assert place.fid is not None
            self.session.select(layer.name, [place.fid])
            self.window_.show_map()
            self.window_.zoom_selection()
        elif place.x is not None and place.y is not None and canvas is not None:
            self.window_.show_map()
            canvas.zoom_to((place.x - 2e3, place.y - 2e3, place.x + 2e3, place.y + 2e3))

    # --- what the planner decides

    def _add_reading(self, rows: QVBoxLayout, rule: Rule, rules: RuleSet, book: Book) -> None:
        reading = rules.readings[rule.reading]
        rows.addWidget(label("读法", "heading"))
        rows.addWidget(label(reading.question, wrap=True))
        box = QComboBox()
        box.setObjectName("reading")
        for option in reading.options:
            box.addItem(option.name)
            box.setItemData(box.count() - 1, option.text, Qt.ItemDataRole.ToolTipRole)
        chosen = reading.chosen(book.facts)
        box.setCurrentText(chosen.name)
        box.textActivated.connect(
            lambda name: self.session.do_book(
                f"读法:{name}", lambda book: with_reading(book, reading, name)
            )
        )
        rows.addWidget(box)
        if chosen.text:
            rows.addWidget(label(chosen.text, "muted", wrap=True))

    def _add_attestation(self, rows: QVBoxLayout, rule: Rule, said: Any) -> None:
        rows.addWidget(label("人工确认", "heading"))
        said = said if isinstance(said, Mapping) else {}
        result, note, day = QComboBox(), LongEdit(), QLineEdit()
        result.addItems(OUTCOMES)
        result.setCurrentText(str(said.get("结果") or OUTCOMES[0]))
        note.setPlaceholderText("依据哪份文件、看到了什么")
        note.setPlainText(str(said.get("说明") or ""))
        today = QDate.currentDate().toString(Qt.DateFormat.ISODate)
        day.setText(str(said.get("日期") or today))
        for widget, name in ((result, "attest_result"), (note, "attest_note"), (day, "attest_day")):
            widget.setObjectName(name)
        rows.addLayout(form(("结果", result), ("说明", note), ("日期", day)))
        sure = QPushButton("确认")
        sure.setObjectName("attest")
        sure.clicked.connect(
            lambda: self.session.do_book(
                f"人工确认 {rule.id}",
                lambda book: with_attestation(
                    book, rule.id, result.currentText(), note.toPlainText(), day.text()
                ),
            )
        )
        buttons = [sure]
        if said:
            back = QPushButton("撤回确认")
            back.setObjectName("attest_back")
            back.clicked.connect(
                lambda: self.session.do_book(
                    f"撤回确认 {rule.id}", lambda book: without_attestation(book, rule.id)
                )
            )
            buttons.append(back)
        rows.addLayout(row_of(buttons))

    def _add_indicator(self, rows: QVBoxLayout, rule: Rule, book: Book) -> None:
        name = rule.indicator or rule.id
        known = told(book.facts, INDICATORS, name)
        rows.addWidget(label(f"登记“{name}”的数值", "heading", wrap=True))
        if isinstance(known, Mapping) and known:
            said = "、".join(f"{year} 年 {v}" for year, v in known.items())
            rows.addWidget(label(f"已登记:{said}", "muted", wrap=True))
        year, value = QLineEdit(str(rule.year or "")), QLineEdit()
        year.setObjectName("indicator_year")
        value.setObjectName("indicator_value")
        value.setPlaceholderText("不填就是取消登记")
        unit = f"数值({rule.unit_name})" if rule.unit_name else "数值"
        rows.addLayout(form(("年份", year), (unit, value)))
        sure = QPushButton("登记")
        sure.setObjectName("indicator")

        def change(book: Book) -> Book:
            when = number_in(year.text(), "年份")
            if when is None:
                raise Refused("请填指标的年份,如 2025。")
            return with_indicator(book, name, int(when), number_in(value.text(), "数值"))

        sure.clicked.connect(lambda: self.session.do_book(f"登记指标“{name}”", change))
        rows.addLayout(row_of([sure]))

    def _add_own(self, rows: QVBoxLayout, rule: Rule) -> None:
        rows.addWidget(label("改这条规则", "heading"))
        value, unit, year = QLineEdit(), QLineEdit(rule.unit_name), QLineEdit(str(rule.year or ""))
        value.setText(_threshold_text(rule))
        for field, name in ((value, "own_value"), (unit, "own_unit"), (year, "own_year")):
            field.setObjectName(name)
        rows.addLayout(form(("数值", value), ("单位", unit), ("年份", year)))
        sure = QPushButton("改规则")
        sure.setObjectName("own")
        old = {"数值": value.text(), "单位": unit.text(), "年份": year.text()}

        def press() -> None:
            now = {"数值": value.text(), "单位": unit.text(), "年份": year.text()}
            self._edit_own(rule, {k: v.strip() for k, v in now.items() if v.strip() != old[k]})

        sure.clicked.connect(press)
        rows.addLayout(row_of([sure]))


class PlaceLink(QPushButton):
    """A place to go to; a long remark is shortened, the tooltip has all of it."""

    def __init__(self, text: str, width: int = 236) -> None:
        super().__init__()
        self.setProperty("role", "link")
        self.setToolTip(text)
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width))


def _add_figures(rows: QVBoxLayout, found: Verdict) -> None:
    """Measured value and requirement, side by side."""
    wanted = found.rule.wanted
    value = measured(found)
    if not value and not wanted:
        return
    grid = QGridLayout()
    grid.setHorizontalSpacing(GAP)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(1, 1)
    for at, (name, text) in enumerate((("实测", value or "未知"), ("要求", wanted or "见原文"))):
        figure = label(text, "heading", wrap=True)
        figure.setProperty("help", f"目标{name}")
        grid.addWidget(label(name, "muted"), 0, at)
        grid.addWidget(figure, 1, at)
    rows.addLayout(grid)


def _add_section(rows: QVBoxLayout, title: str, texts: Iterable[str]) -> None:
    texts = list(dict.fromkeys(texts))
    if texts:
        rows.addWidget(label(title, "heading"))
        for text in texts:
            rows.addWidget(selectable(text))


def _add_rows(rows: QVBoxLayout, found: Verdict) -> None:
    """The figures behind the value, by district or feature."""
    if not found.rows:
        return
    rows.addWidget(label("分项", "heading"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(GAP)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
    for i, (name, value, remark) in enumerate(found.rows[:FIGURES]):
        grid.addWidget(label(name, wrap=True), 2 * i, 0, Qt.AlignmentFlag.AlignTop)
        figure = label("未知" if value is None else number(value))
        figure.setProperty("help", "目标分项")
        grid.addWidget(figure, 2 * i, 1, right)
        if remark:
            grid.addWidget(label(remark, "muted", wrap=True), 2 * i + 1, 0, 1, 2)
    rows.addLayout(grid)
    if len(found.rows) > FIGURES:
        rows.addWidget(label(f"还有 {len(found.rows) - FIGURES:,} 项,导出目标表可看全。", "muted"))


def _source_words(rule: Rule) -> str:
    mark = "数字已核实" if rule.verified else "数字待核实:只提醒,不判不符合"
    year = f"{rule.year} 年" if rule.year is not None else ""
    parts = (str(rule.source), rule.force, rule.nature, year, mark)
    return " · ".join(part for part in parts if part)


def _threshold_text(rule: Rule) -> str:
    if rule.threshold is None:
        return ""
    if isinstance(rule.threshold, tuple):
        return f"[{', '.join(f'{v:.12g}' for v in rule.threshold)}]"
    return f"{rule.threshold:.12g}"


def number_in(text: str, name: str) -> float | None:
    """What was typed as a number; None for nothing."""
    clean = text.strip().replace(",", "").replace(",", "")
    if not clean:
        return None
    try:
        return float(clean)
    except ValueError:
        raise Refused(f"“{name}”要填数字,现在是“{text.strip()}”。") from None


def selectable(text: str) -> QLabel:
    made = label(text, wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def form(*fields: tuple[str, QWidget]) -> QGridLayout:
    grid = QGridLayout()
    grid.setSpacing(GAP)
    grid.setColumnStretch(1, 1)
    for row, (name, field) in enumerate(fields):
        grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(field, row, 1)
    return grid


def row_of(buttons: Iterable[QPushButton]) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(GAP)
    for button in buttons:
        line.addWidget(button)
    line.addStretch(1)
    return line
