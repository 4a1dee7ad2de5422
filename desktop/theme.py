"""How the window looks: one style sheet made from a theme of ``maps.drawing.style``, and icons."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from data.kinds import SKETCHED, kind
from maps.drawing.style import KIND_COLORS, SYMBOL_MM, THEMES, Theme, mixed
from resources import path

if TYPE_CHECKING:
    from data.plan import Layer

FAMILY = "Noto Sans CJK SC"
BODY, HEADLINE = 13, 22
"""The two sizes of type, in pixels; headings are bold body."""

ICON = 20
"""Edge of an icon in pixels at 100 %."""
THEME_TITLES = {"light": "浅色", "dark": "深色"}

_SHEET = Template(
    """
QWidget { color: $text; background: transparent; }
QMainWindow, QDialog, #page { background: $window; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QToolTip { color: $text; background: $panel; border: 1px solid $border; padding: 4px; }

QMenuBar { background: $window; padding: 0 4px; }
QMenuBar::item { padding: 4px 8px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; border: 1px solid $border; padding: 4px 0; }
QMenu::item { padding: 5px 24px 5px 8px; margin: 0 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $disabled; background: transparent; }
QMenu::separator { height: 1px; background: $border; margin: 4px 0; }
QMenu::icon { padding-left: 8px; }

QToolBar { background: $window; border: none; border-bottom: 1px solid $border;
  padding: 0 8px 4px 8px; spacing: 2px; }
QToolBar::separator { width: 1px; background: $border; margin: 6px 6px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px;
  padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:disabled { color: $disabled; }
QToolButton::menu-indicator { image: none; width: 0; }

QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; }

#column, #palette { background: $panel; }
#palette { border: 1px solid $border; }
QScrollArea { border: none; }

QTabWidget::pane { border: none; }
QTabBar { background: $panel; border-top: none; }
QTabBar::tab { background: transparent; color: $muted; padding: 8px 0 6px 0; margin: 0 8px;
  border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; font-weight: bold; }
QTabBar::tab:hover { color: $text; }
QTabBar::scroller { width: 44px; }
QTabBar::tear { width: 0; image: none; }
QTabBar QToolButton { background: $panel; border: none; border-radius: 0; padding: 0; }
QTabBar QToolButton:hover { background: $hover; }
QTabBar QToolButton::left-arrow { image: url("$left"); width: 10px; height: 10px; }
QTabBar QToolButton::right-arrow { image: url("$right"); width: 10px; height: 10px; }

QLabel[role="heading"] { font-weight: bold; }
QLabel[role="headline"] { font-size: ${headline}px; font-weight: bold; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="error"] { color: $error; }
#message { background: $error_ground; border-bottom: 1px solid $border; }
#message[tone="note"] { background: $note_ground; }
#message[tone="warn"], #stale { background: $warn_ground; }

QPushButton { background: $panel; border: 1px solid $border; border-radius: 4px; padding: 4px 12px;
  min-height: 20px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:disabled { color: $disabled; background: $window; }
QPushButton:default, QPushButton[role="primary"] { background: $accent; color: $accent_text;
  border-color: $accent; }
QPushButton[role="primary"]:disabled { background: $window; color: $disabled;
  border-color: $border; }
QPushButton[role="link"] { background: transparent; border: none; color: $accent; padding: 4px 0;
  text-align: left; }
QPushButton[role="recent"] { background: transparent; border: none; text-align: left;
  padding: 4px 0; min-height: 40px; }
QPushButton[role="recent"]:hover { background: $hover; }
QPushButton[role="card"] { text-align: left; padding: 8px 16px; }

QLineEdit, QPlainTextEdit, QComboBox, QSpinBox, QDoubleSpinBox { background: $field;
  border: 1px solid $border; border-radius: 4px; padding: 2px 6px; min-height: 22px;
  selection-background-color: $accent; selection-color: $accent_text; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QSpinBox:focus { border-color: $accent; }
QLineEdit[bad="true"] { border-color: $error; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled { background: $window; color: $muted; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url("$arrow"); width: 10px; height: 10px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; outline: none;
  selection-background-color: $selection; selection-color: $text; }
QSpinBox::up-button, QSpinBox::down-button { width: 0; }

QCheckBox, QRadioButton { background: transparent; spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $disabled; border-radius: 3px;
  background: $panel; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QCheckBox::indicator:disabled { border-color: $border; }
QRadioButton::indicator { width: 12px; height: 12px; border: 1px solid $disabled;
  border-radius: 7px; background: $panel; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 4px solid $accent; }
QRadioButton::indicator:disabled { border-color: $border; }

QListView, QTreeView, QTableView { background: $panel; alternate-background-color: $panel;
  border: none; outline: none; selection-background-color: $selection; selection-color: $text;
  gridline-color: $border; }
QListView::item { padding: 4px 8px; }
QListView::item:hover, QTreeView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected { background: $selection; color: $text; }
QHeaderView { background: $panel; }
QTableView::item { padding: 0 4px; }
QHeaderView::section { background: $panel; color: $muted; border: none;
  border-bottom: 1px solid $border; padding: 4px 7px; }
QHeaderView::section:vertical { border: none; padding: 0 8px; }
#districts::item { padding: 0; }
#districts QHeaderView::section { padding: 4px 3px; }
QAbstractScrollArea::corner { background: $panel; border: none; }
QTableCornerButton::section { background: $panel; border: none; }

QSplitter::handle { image: none; border-bottom: 1px solid $border; }

QProgressBar { background: $selection; border: none; border-radius: 3px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider::groove:horizontal { height: 4px; background: $selection; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
  background: $accent; }

QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $disabled; }
QScrollBar[idle="true"]::handle { background: transparent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""
)


def style_sheet(name: str) -> str:
    """Return the window's one style sheet in the colours of a theme (“light”, “dark”)."""
    theme = THEMES[name]
    return _SHEET.substitute(
        asdict(theme),
        headline=HEADLINE,
        error_ground=mixed(theme.error, theme.panel, 0.12),
        warn_ground=mixed(theme.warning, theme.panel, 0.16),
        note_ground=mixed(theme.accent, theme.panel, 0.12),
        arrow=path(f"theme/arrow-{name}.svg").as_posix(),
        left=path(f"theme/left-{name}.svg").as_posix(),
        right=path(f"theme/right-{name}.svg").as_posix(),
        tick=path(f"theme/tick-{name}.svg").as_posix(),
    )


def apply(app: QApplication, name: str) -> None:
    """Dress the whole program in one theme."""
    theme = THEMES[name]
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, color in (
        (roles.Window, theme.window),
        (roles.Base, theme.field),
        (roles.AlternateBase, theme.panel),
        (roles.Button, theme.panel),
        (roles.Text, theme.text),
        (roles.WindowText, theme.text),
        (roles.ButtonText, theme.text),
        (roles.PlaceholderText, theme.muted),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.accent_text),
        (roles.ToolTipBase, theme.panel),
        (roles.ToolTipText, theme.text),
        (roles.Link, theme.accent),
        (roles.Mid, theme.border),
    ):
        palette.setColor(role, QColor(color))
    sheet = style_sheet(name)
    if sheet != app.styleSheet():  # dressing every widget again takes a tenth of a second
        app.setPalette(palette)
        app.setStyleSheet(sheet)


@cache
def icon(name: str, theme: Theme) -> QIcon:
    """Return ``resources/icons/<name>.svg`` in the theme's text colours, crisp at any scale.

    Its grey becomes the text colour, the disabled one when greyed.
    """
    source = path(f"icons/{name}.svg").read_text(encoding="utf-8")
    return QIcon(Drawn(source.replace("#333", theme.text), source.replace("#333", theme.disabled)))


class Drawn(QIconEngine):
    """Draws SVG text in the size that is asked for, once for each size."""

    def __init__(self, source: str, greyed: str = "") -> None:
        super().__init__()
        self._sources = (source, greyed or source)
        self._made: dict[tuple[int, bool], QPixmap] = {}

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        asked = (min(size.width(), size.height()), mode == QIcon.Mode.Disabled)
        if asked not in self._made:
            self._made[asked] = svg_pixmap(self._sources[asked[1]], asked[0])
        return self._made[asked]

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        drawn = self.pixmap(rect.size() * ratio, mode, state)
        drawn.setDevicePixelRatio(ratio)
        painter.drawPixmap(rect, drawn)

    def clone(self) -> Drawn:
        return Drawn(*self._sources)


def svg_pixmap(source: str, pixels: int) -> QPixmap:
    """Draw SVG text into a square picture of so many physical pixels."""
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return pixmap


@cache
def icon_pixmap(name: str, color: str, size: int, ratio: float) -> QPixmap:
    """Return an icon of ``size`` logical pixels in one colour."""
    source = path(f"icons/{name}.svg").read_text(encoding="utf-8").replace("#333", color)
    made = svg_pixmap(source, round(size * ratio))
    made.setDevicePixelRatio(ratio)
    return made


def color_icon(color: str) -> QIcon:
    """Return a square of one colour."""
    return QIcon(svg_pixmap(_SQUARE.replace("COLOR", color), 3 * ICON))


def symbol_icon(
    kind: str, status: str = "现状", class_: str = "", sketched: bool = False, color: str = ""
) -> QIcon:
    """Return a facility's map symbol as an icon."""
    from maps.drawing.symbols import svg

    return QIcon(Drawn(svg(kind, class_, status, sketched, color)))


def app_icon() -> QIcon:
    """Return the program's icon, the depot symbol, in the sizes task bars and title bars take."""
    from maps.drawing.symbols import svg

    source = svg("depot", "", "现状", sketched=False, color="")
    made = QIcon()
    for pixels in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(svg_pixmap(source, pixels))
    return made


def feature_pixmap(layer: Layer, fid: int | None, ratio: float) -> QPixmap:
    """Return the swatch of a layer, or of one of its features: symbol, line or area.

    ``ratio`` is the screen's pixels per logical pixel; the swatch is ``SWATCH`` wide.
    """
    kind = layer.kind
    row = layer.row(fid) if fid is not None else {}
    class_ = str(row.get(kind.class_column) or "")
    status = str(row.get("状态") or "现状")
    sketched = row.get("位置精度") == SKETCHED
    return _swatch(kind.name, class_, status, sketched, layer.look.color, ratio)


@cache
def _swatch(
    name: str, class_: str, status: str, sketched: bool, color: str, ratio: float
) -> QPixmap:
    if name in SYMBOL_MM:
        from maps.drawing.symbols import svg

        source = svg(name, class_, status, sketched, color)
    else:
        source = _SWATCHES[kind(name).geometry].replace("COLOR", color or KIND_COLORS[name])
    made = svg_pixmap(source, round(SWATCH * ratio))
    made.setDevicePixelRatio(ratio)
    return made


def severity_icon(severity: str, color: str) -> QIcon:
    """Return the sign of a problem: told by shape (✗ square, ! triangle, ○ ring), then colour."""
    return QIcon(svg_pixmap(_SEVERITIES[severity].replace("COLOR", color), 3 * ICON))


_SEVERITIES = {
    "错误": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    '<rect x="2" y="2" width="14" height="14" rx="2" fill="COLOR"/>'
    '<path d="M6 6 L12 12 M12 6 L6 12" stroke="#fff" stroke-width="1.8"/></svg>',
    "警告": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    '<path d="M9 1.5 L17 16 L1 16 Z" fill="COLOR"/>'
    '<path d="M9 6.5 L9 11 M9 12.8 L9 14.4" stroke="#fff" stroke-width="1.8"/></svg>',
    "提示": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    '<circle cx="9" cy="9" r="6" fill="none" stroke="COLOR" stroke-width="2"/></svg>',
}

SWATCH = 18
_SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    '<rect x="1.5" y="1.5" width="15" height="15" rx="2" fill="COLOR" stroke="#8c959f"/></svg>'
)
_SWATCHES = {
    "polygon": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    '<rect x="2.5" y="4.5" width="13" height="9" fill="COLOR" fill-opacity="0.25" '
    'stroke="COLOR"/></svg>',
    "line": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    '<path d="M2 13 C6 4 11 14 16 5" fill="none" stroke="COLOR" stroke-width="2"/></svg>',
    "point": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    '<g fill="COLOR"><circle cx="5" cy="6" r="2"/><circle cx="11.5" cy="5" r="1.6"/>'
    '<circle cx="8" cy="12" r="2.4"/><circle cx="14" cy="11" r="1.8"/></g></svg>',
}
