"""The layers of the plan, top of the map first: show and hide, order, opacity, colour."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QSlider,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from data import edits
from data.plan import Layer, Look, Plan
from desktop import theme
from desktop.panels.fields import GAP, column, label
from desktop.panels.scenarios import ScenariosBox
from maps.drawing.style import KIND_COLORS, THEMES

if TYPE_CHECKING:
    from desktop.window import Window

ROW, EYE = 30, 28
_LAYER = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class LayersPanel(QWidget):
    """Lists the layers; everything done here is an edit like any other.

    ``chosen`` tells which layer is picked in the list, "" for none.
    """

    chosen = Signal(str)

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.session = window.session
        _, outer = column(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        heading = label("图层", "heading")
        heading.setContentsMargins(GAP, 10, GAP, GAP)
        outer.addWidget(heading)
        self.list = LayerList(self)
        outer.addWidget(self.list, 1)
        self._add_look(outer)
        self.scenarios = ScenariosBox(window)
        outer.addWidget(self.scenarios)
        self.session.plan_changed.connect(self._plan_changed)
        self.list.currentItemChanged.connect(lambda now, before: self._picked())
        self.refresh()

    def _add_look(self, outer: QVBoxLayout) -> None:
        self.look = QWidget()
        row = QHBoxLayout(self.look)
        row.setContentsMargins(GAP, GAP, GAP, GAP)
        row.setSpacing(GAP)
        row.addWidget(label("浓淡", "muted"))
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(10, 100)
        self.opacity.setPageStep(10)
        self.opacity.setToolTip("所选图层的不透明度")
        self.opacity.setAccessibleName("所选图层的不透明度")
        self.opacity.sliderReleased.connect(self._set_opacity)
        self.opacity.valueChanged.connect(self._stepped)
        row.addWidget(self.opacity, 1)
        self.color = QToolButton()
        self.color.setToolTip("所选图层的颜色")
        self.color.setAccessibleName("所选图层的颜色")
        self.color.clicked.connect(self.ask_color)
        row.addWidget(self.color)
        outer.addWidget(self.look)

    # --- showing

    def _plan_changed(self, before: Plan | None, after: Plan | None) -> None:
        self.refresh()

    def refresh(self) -> None:
        plan = self.session.plan
        self.list.show_layers(list(reversed(plan.layers)) if plan else [])
        self._show_look()

    def layer(self) -> Layer | None:
        """The layer chosen in the list."""
        item = self.list.currentItem()
        return item.data(_LAYER) if item is not None else None

    def _picked(self) -> None:
        self._show_look()
        layer = self.layer()
        self.chosen.emit(layer.name if layer is not None else "")

    def _show_look(self) -> None:
        layer = self.layer()
        self.look.setVisible(layer is not None)
        if layer is None:
            return
        if not self.opacity.isSliderDown():
            self.opacity.blockSignals(True)
            self.opacity.setValue(round(layer.look.opacity * 100))
            self.opacity.blockSignals(False)
        self.color.setIcon(theme.color_icon(layer.look.color or KIND_COLORS[layer.kind_name]))

    # --- changing

    def set_look(self, layer: Layer, text: str, look: Look) -> None:
        self.session.do(f"{text}“{layer.name}”", edits.set_look(layer.name, look))

    def toggle(self, layer: Layer) -> None:
        """Show or hide a layer."""
        shown = layer.look.visible
        self.set_look(layer, "隐藏" if shown else "显示", replace(layer.look, visible=not shown))

    def reorder(self, names: list[str]) -> None:
        """Put the layers into the order of the list (top of the map first)."""
        self.session.do("调整图层顺序", edits.order_layers(reversed(names)))
        self.refresh()

    def shift(self, by: int) -> None:
        """Move the chosen layer up (-1) or down (1) in the list."""
        names = self.list.names()
        row = self.list.currentRow()
        names.insert(row + by, names.pop(row))
        self.reorder(names)

    def _stepped(self, value: int) -> None:
        if not self.opacity.isSliderDown():
            self._set_opacity()

    def _set_opacity(self) -> None:
        layer = self.layer()
        if layer is not None:
            look = replace(layer.look, opacity=self.opacity.value() / 100)
            self.set_look(layer, "调整浓淡", look)

    def ask_color(self) -> None:
        layer = self.layer()
        if layer is None:
            return
        old = QColor(layer.look.color or KIND_COLORS[layer.kind_name])
        new = QColorDialog.getColor(old, self, f"“{layer.name}”的颜色")
        if new.isValid():
            self.set_look(layer, "改颜色", replace(layer.look, color=new.name()))

    def menu(self, layer: Layer) -> QMenu:
        """What can be done with one layer."""
        menu = QMenu(self)
        menu.addAction("看整个图层", lambda: self.window_.zoom_layer(layer.name))
        menu.addAction("打开属性表", lambda: self.window_.show_table(layer.name))
        every = menu.addAction("选中全部要素")
        every.triggered.connect(
            lambda: self.session.select_all({layer.name: tuple(layer.frame.index)})
        )
        menu.addSeparator()
        labels = menu.addAction("显示名称标注")
        labels.setCheckable(True)
        labels.setChecked(layer.look.labels)
        labels.triggered.connect(
            lambda on: self.set_look(
                layer, "显示标注" if on else "隐藏标注", replace(layer.look, labels=on)
            )
        )
        menu.addAction("改颜色…", self.ask_color)
        plain = menu.addAction("恢复默认颜色")
        plain.setEnabled(bool(layer.look.color))
        plain.triggered.connect(
            lambda: self.set_look(layer, "恢复默认颜色", replace(layer.look, color=""))
        )
        menu.addSeparator()
        for text, by in (("上移一层", -1), ("下移一层", 1)):
            step = menu.addAction(text)
            row = self.list.currentRow() + by
            step.setEnabled(0 <= row < self.list.count())
            step.triggered.connect(lambda checked=False, by=by: self.shift(by))
        menu.addSeparator()
        menu.addAction("改名…", lambda: self._rename(layer))
        menu.addAction(
            "移除图层",
            lambda: self.session.do(f"移除“{layer.name}”", edits.remove_layer(layer.name)),
        )
        return menu

    def _rename(self, layer: Layer) -> None:
        name, agreed = QInputDialog.getText(self, "图层改名", "新名称", text=layer.name)
        if agreed:
            self.session.do(f"图层改名“{name}”", edits.rename_layer(layer.name, name))


class LayerList(QListWidget):
    """The rows; dragging one puts its layer above or below others."""

    def __init__(self, panel: LayersPanel) -> None:
        super().__init__(panel)
        self.panel = panel
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_RowDelegate(self))
        self.setUniformItemSizes(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.itemDoubleClicked.connect(
            lambda item: panel.window_.zoom_layer(item.data(_LAYER).name)
        )

    def show_layers(self, layers: list[Layer]) -> None:
        """Show these layers, keeping the chosen one."""
        current = self.currentItem()
        name = current.data(_LAYER).name if current is not None else None
        if self.names() != [layer.name for layer in layers]:
            self.clear()
            for _ in layers:
                self.addItem(QListWidgetItem())
        for i, layer in enumerate(layers):
            item = self.item(i)
            item.setData(_LAYER, layer)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, layer.name)
            basis = f"\n依据:{layer.basis}" if layer.basis else ""
            hidden = "" if layer.look.visible else "\n现在不显示,点左边的眼睛显示"
            item.setToolTip(f"{layer.name},{len(layer):,} 个{layer.kind.title}{basis}{hidden}")
            if layer.name == name:
                self.setCurrentItem(item)

    def dropEvent(self, event: object) -> None:
        super().dropEvent(event)  # type: ignore[arg-type]
        # The list must have finished its own move before the plan's news rearranges it.
        QTimer.singleShot(0, self, self._dropped)

    def _dropped(self) -> None:
        self.panel.reorder(self.names())

    def names(self) -> list[str]:
        """The layers as listed, top of the map first."""
        return [self.item(i).data(_LAYER).name for i in range(self.count())]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        left = event.button() == Qt.MouseButton.LeftButton
        if item is not None and left and event.position().x() < EYE:
            self.setCurrentItem(item)
            self.panel.toggle(item.data(_LAYER))
            return
        super().mousePressEvent(event)

    def _menu(self, at: QPoint) -> None:
        item = self.itemAt(at)
        if item is not None:
            self.setCurrentItem(item)
            menu = self.panel.menu(item.data(_LAYER))
            menu.exec(self.mapToGlobal(at))
            menu.deleteLater()


class _RowDelegate(QStyledItemDelegate):
    """Paints a row: eye, swatch, name, count."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        layer: Layer = index.data(_LAYER)
        view = self.parent()
        assert isinstance(view, LayerList)
        colors = THEMES[view.panel.window_.theme]
        rect: QRect = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colors.selection))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colors.hover))
        shown = layer.look.visible
        ratio = view.devicePixelRatioF()
        eye = theme.icon_pixmap(
            "visible" if shown else "hidden", colors.muted if shown else colors.disabled, 16, ratio
        )
        top = rect.top() + (rect.height() - 16) // 2
        painter.drawPixmap(rect.left() + GAP, top, eye)
        painter.setOpacity(1.0 if shown else 0.5)
        swatch = theme.feature_pixmap(layer, None, ratio)
        painter.drawPixmap(rect.left() + EYE + 4, top - 1, swatch)
        painter.setOpacity(1.0)
        count = f"{len(layer):,}"
        metrics = option.fontMetrics
        wide = metrics.horizontalAdvance(count)
        inside = rect.adjusted(EYE + 4 + theme.SWATCH + 6, 0, -GAP, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colors.muted))
        painter.drawText(inside, middle | Qt.AlignmentFlag.AlignRight, count)
        painter.setPen(QColor(colors.text if shown else colors.muted))
        room = inside.width() - wide - 4
        name = metrics.elidedText(layer.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, middle, name)
