"""The properties panel: what the selected features are, and a field for each attribute.

One feature or many of one layer are edited alike: a field shows the common value
or “多个值”, and what is typed goes to all of them as one undo step. A value that
is refused stays in the field with the sentence beneath it; the plan is untouched.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from data import edits
from data.kinds import Column, is_missing, parse_value
from data.plan import Layer
from data.refused import Refused
from desktop import theme
from desktop.panels.fields import (
    EDGE,
    GAP,
    LongEdit,
    UnitEdit,
    column,
    empty_words,
    label,
    scrolling,
    set_bad,
)
from desktop.panels.position import PositionFields
from desktop.words import value_text

if TYPE_CHECKING:
    from desktop.window import Window

LABEL_WIDTH = 106
LONG = ("来源", "备注")
"""Attributes that are written out over several lines."""
WIDE = ("名称", "地址", *LONG)
"""Attributes that take the whole width, under their name."""
MANY = "(多个值)"
_NOTHING = "在地图上点一个要素,这里显示它的属性,可以直接修改。\n\n按住 Ctrl 点,可以选多个一起改。"
_MIXED = "选中的要素属于不同图层。只选一个图层里的要素,就可以一起修改属性。"


class PropertiesPanel(QWidget):
    """Shows and edits the attributes of the selection."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.session = window.session
        self.fields: dict[str, Field] = {}
        self._shape: tuple[Any, ...] = ()
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.empty = empty_words(_NOTHING)
        self.empty.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        outer.addWidget(self.empty)
        self.head = _Head()
        outer.addWidget(self.head)
        self.body = QWidget()
        self.rows = QVBoxLayout(self.body)
        self.area = scrolling(self.body)
        self.rows.setContentsMargins(EDGE, 0, GAP, EDGE)
        self.form = QWidget()
        self.rows.addWidget(self.form)
        self.position = PositionFields(self.session)
        self.rows.addWidget(self.position)
        self.rows.addStretch(1)
        outer.addWidget(self.area, 1)
        self.session.selection_changed.connect(self.refresh)
        self.session.plan_changed.connect(lambda before, after: self.refresh())
        self.refresh()

    # --- showing

    def refresh(self) -> None:
        """Show the selection as it is now."""
        chosen = self.session.selected()
        self.empty.setVisible(chosen is None)
        self.empty.setText(_MIXED if self.session.selection else _NOTHING)
        self.head.setVisible(chosen is not None)
        self.area.setVisible(chosen is not None)
        if chosen is None:
            return
        layer, ids = chosen
        columns = _columns(layer)
        shape = (layer.name, layer.kind_name, columns)
        if shape != self._shape:
            self._shape = shape
            self._build(columns)
        self.head.show_features(layer, ids)
        for name, field in self.fields.items():
            field.show_value(*_common(layer, ids, name))
        self.position.show_features(layer, ids)

    def _build(self, columns: tuple[Column, ...]) -> None:
        old = self.form
        self.form = QWidget()
        grid = QGridLayout(self.form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.fields = {}
        for i, one in enumerate(columns):
            name = label(one.name, "muted", wrap=True)
            name.setFixedWidth(LABEL_WIDTH)
            name.setToolTip(one.note)
            name.setAlignment(Qt.AlignmentFlag.AlignVCenter)
            field = Field(one, self._set)
            field.edit.setToolTip(one.note)
            grid.addWidget(name, 3 * i, 0)
            if one.name in WIDE:
                grid.addWidget(field.edit, 3 * i + 1, 0, 1, 2)
            else:
                grid.addWidget(field.edit, 3 * i, 1)
            grid.addWidget(field.message, 3 * i + 2, 0, 1, 2)
            self.fields[one.name] = field
        self.rows.replaceWidget(old, self.form)
        old.hide()
        old.deleteLater()

    def focus_name(self) -> None:
        """Put the cursor into the name, all of it selected: the next thing to type."""
        field = self.fields.get("名称")
        if field is not None and isinstance(field.edit, QLineEdit):
            self.area.ensureWidgetVisible(field.edit)
            QTimer.singleShot(0, field.edit, partial(_focus_all, field.edit))

    # --- editing

    def _set(self, one: Column, text: str) -> str:
        """Give the selected features a value; returns the sentence when it is refused."""
        chosen = self.session.selected()
        if chosen is None:
            return ""
        layer, ids = chosen
        try:
            value = parse_value(one, text)
        except Refused as refusal:
            return str(refusal)
        self.session.do(f"修改{one.name}", edits.set_values(layer.name, ids, {one.name: value}))
        return ""


class _Head(QWidget):
    """Symbol, name of the kind, and which features these are."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(EDGE, GAP, EDGE, GAP)
        row.setSpacing(GAP)
        self.symbol = QLabel()
        self.title = label("", "heading")
        self.which = label("", "muted")
        row.addWidget(self.symbol)
        row.addWidget(self.title)
        row.addStretch(1)
        row.addWidget(self.which)

    def show_features(self, layer: Layer, ids: tuple[int, ...]) -> None:
        self.title.setText(layer.kind.title)
        self.which.setText(f"编号 {ids[0]}" if len(ids) == 1 else f"已选 {len(ids):,} 个")
        self.which.setToolTip(f"图层“{layer.name}”")
        self.symbol.setPixmap(theme.feature_pixmap(layer, ids[0], self.devicePixelRatioF()))


class Field:
    """One attribute: a line or a list to choose from, and the sentence beneath it."""

    def __init__(self, one: Column, commit: Any) -> None:
        self.column = one
        self._commit = commit
        self.message = label("", "error", wrap=True)
        self.message.hide()
        self.edit: QWidget
        if one.choices:
            self.edit = self._list(one)
        elif one.name in LONG:
            text = LongEdit()
            text.editing_finished.connect(self._written)
            self.edit = text
        else:
            line = UnitEdit(one.unit)
            line.editingFinished.connect(self._typed)
            self.edit = line
        self.edit.setProperty("help", f"列.{one.name}")

    def _list(self, one: Column) -> QComboBox:
        box = QComboBox()
        box.setEditable(one.open_choice)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(4)
        box.addItems([*([] if one.required else [""]), *one.choices])
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        box.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        box.activated.connect(lambda index: self._try(box.currentText()))
        line = box.lineEdit()
        if line is not None:
            line.editingFinished.connect(self._typed)
        return box

    @property
    def line(self) -> QLineEdit | None:
        """The line that is typed in, None for a fixed list and a long text."""
        if isinstance(self.edit, QComboBox):
            return self.edit.lineEdit()
        return self.edit if isinstance(self.edit, QLineEdit) else None

    def show_value(self, value: Any, many: bool) -> None:
        """Show a value (or that there are several), unless something refused stands there."""
        line = self.line
        if line is not None and line.isModified() and line.hasFocus():
            return
        set_bad(self.edit, self.message, "")
        text = "" if many else value_text(self.column, value)
        if isinstance(self.edit, LongEdit):
            if self.edit.toPlainText() != text:
                self.edit.setPlainText(text)
            self.edit.document().setModified(False)
            self.edit.setPlaceholderText(MANY if many else "")
        if isinstance(self.edit, QComboBox):
            index = self.edit.findText(text)
            self.edit.setCurrentIndex(index)
            if self.edit.isEditable():
                self.edit.setEditText(text)
            self.edit.setPlaceholderText(MANY if many else "")
        if line is not None:
            if line.text() != text:
                line.setText(text)
                line.setCursorPosition(0)
            line.setModified(False)
            line.setPlaceholderText(MANY if many else "")

    def _written(self) -> None:
        assert isinstance(self.edit, LongEdit)
        if self.edit.document().isModified():
            self.edit.document().setModified(False)
            set_bad(self.edit, self.message, self._commit(self.column, self.edit.toPlainText()))

    def _typed(self) -> None:
        line = self.line
        if line is not None and line.isModified():
            self._try(line.text())

    def _try(self, text: str) -> None:
        line = self.line
        if line is not None:
            line.setModified(False)
        sentence = self._commit(self.column, text)
        set_bad(self.edit, self.message, sentence)


def _columns(layer: Layer) -> tuple[Column, ...]:
    """The kind's columns, then the layer's own (kept as text)."""
    known = {c.name for c in layer.kind.columns}
    own = (c for c in layer.frame.columns if c not in known and c != "geometry")
    return (*layer.kind.columns, *(Column(str(name)) for name in own))


def _common(layer: Layer, ids: tuple[int, ...], name: str) -> tuple[Any, bool]:
    """The value all these features share, or (None, True) when they differ."""
    values = layer.column(name).loc[list(ids)]
    first = values.iloc[0]
    if len(ids) == 1:
        return first, False
    missing = values.isna()
    same = missing.all() if is_missing(first) else not missing.any() and (values == first).all()
    return (first, False) if same else (None, True)


def _focus_all(line: QLineEdit) -> None:
    line.setFocus()
    line.selectAll()
