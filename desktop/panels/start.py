"""The start page: plans worked on lately, the five examples, a new plan from any district."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from data.progress import Report
from desktop.panels.fields import EDGE, GAP, empty_words, label
from desktop.panels.start_pictures import SIZE, file_of, folder_of
from desktop.session import Session

if TYPE_CHECKING:
    from data.boundaries import DistrictName
    from data.plan import Book

EXAMPLES = {
    "赤峰": "地级市,一主两副储备库、避难场所、消防站、森林消防",
    "满洲里": "边境口岸市,含扎赉诺尔区",
    "绥化": "地级市,消防站与消火栓、乡镇 161 个",
    "霍尔果斯": "边境口岸市,避难场所覆盖全体居民",
    "康巴什": "城区,三份规划合在一起",
}
"""The examples of ``data.examples`` (not imported here: it loads geopandas)."""

RECENT = 6
_WIDTH = 720
_TEXT = 208
"""Pixels for the name of a recent plan, and for its folder."""
_SHOWN = 60


@dataclass(frozen=True)
class Entry:
    """A district with what can be typed to find it."""

    district: DistrictName
    title: str
    initials: str
    pinyin: str


class StartPage(QWidget):
    """Shown while no plan is open."""

    example_wanted = Signal(str)
    path_wanted = Signal(str)
    district_wanted = Signal(object)
    file_wanted = Signal()

    def __init__(self, session: Session, settings: QSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.settings = settings
        self.entries: list[Entry] | None = None
        self._asked = False
        outer = QHBoxLayout(self)
        # Above the heading there is room for the message bar, which lies over the page.
        outer.setContentsMargins(EDGE, 48, EDGE, EDGE)
        page = QWidget()
        page.setMaximumWidth(_WIDTH)
        outer.addStretch(1)
        outer.addWidget(page, 8)
        outer.addStretch(1)
        rows = QVBoxLayout(page)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GAP)
        rows.addWidget(label("应急布局", "headline"))
        rows.addWidget(label("应急设施布局规划:画得出、算得清、交得了稿。全程离线。", "muted"))
        rows.addSpacing(EDGE)
        columns = QHBoxLayout()
        columns.setSpacing(40)
        rows.addLayout(columns, 1)
        columns.addLayout(self._plans(), 1)
        columns.addLayout(self._new(), 1)

    def _plans(self) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(label("最近的规划", "heading"))
        self.recent = QVBoxLayout()
        self.recent.setSpacing(0)
        left.addLayout(self.recent)
        self.open_button = QPushButton("打开规划文件…")
        self.open_button.clicked.connect(self.file_wanted)
        left.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        left.addSpacing(EDGE)
        left.addWidget(label("示例", "heading"))
        grid = QGridLayout()
        grid.setSpacing(GAP)
        self.examples: dict[str, QPushButton] = {}
        for i, (name, about) in enumerate(EXAMPLES.items()):
            button = QPushButton(name)
            button.setToolTip(f"{name}:{about}。数据为示意。")
            button.clicked.connect(lambda checked=False, name=name: self.example_wanted.emit(name))
            grid.addWidget(button, i // 3, i % 3)
            self.examples[name] = button
        left.addLayout(grid)
        left.addWidget(
            label(
                "示例用真实边界和七普人口,设施取自公开规划,位置不确切的标“示意”。",
                "muted",
                wrap=True,
            )
        )
        left.addStretch(1)
        self.show_recent()
        return left

    def _new(self) -> QVBoxLayout:
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(label("从行政区新建", "heading"))
        self.words = QLineEdit()
        self.words.setPlaceholderText("区县名称、拼音首字母或代码,如 敖汉、ahq、150430")
        self.words.textChanged.connect(self.show_found)
        right.addWidget(self.words)
        self.found = QListWidget()
        self.found.setFrameShape(QFrame.Shape.NoFrame)
        self.found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.found.itemActivated.connect(self._chosen)
        self.found.itemClicked.connect(self._chosen)
        self.hint = empty_words(
            "输入几个字,从全国 2 800 多个县级行政区里选一个,得到带边界和周边的新规划。"
        )
        right.addWidget(self.hint)
        right.addWidget(self.found, 1)
        self.found.hide()
        right.addStretch(0)
        self.words.returnPressed.connect(self._first)
        return right

    # --- recent plans

    def remember(self, path: Path) -> None:
        """Put a plan at the head of the recent ones."""
        names = [str(path), *(n for n in self._names() if n != str(path))]
        if names[:RECENT] != self._names():
            self.settings.setValue("recent", names[:RECENT])
            self.show_recent()

    def recent_paths(self) -> list[Path]:
        """The recent plans, the latest first."""
        return [Path(name) for name in self._names()]

    def _names(self) -> list[str]:
        names: Any = self.settings.value("recent", [])
        return [names] if isinstance(names, str) else [str(n) for n in names or ()]

    def show_recent(self) -> None:
        """List the recent plans, each with the picture of its map when there is one."""
        while (item := self.recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        names = self._names()
        for name in names:
            self.recent.addWidget(self._recent_button(Path(name)))
        if not names:
            self.recent.addWidget(empty_words("打开或保存过的规划会列在这里。"))

    def _recent_button(self, path: Path) -> QPushButton:
        button = QPushButton()
        button.setProperty("role", "recent")
        metrics = button.fontMetrics()
        middle, right = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideRight
        name = metrics.elidedText(path.stem, right, _TEXT)
        button.setText(f"{name}\n{metrics.elidedText(str(path.parent), middle, _TEXT)}")
        button.setToolTip(str(path))
        button.setAccessibleName(path.stem)
        button.setIconSize(QSize(SIZE.width() + GAP, SIZE.height()))
        button.setIcon(self._picture(path))
        button.clicked.connect(lambda checked=False: self.path_wanted.emit(str(path)))
        return button

    def _picture(self, path: Path) -> QIcon:
        """The picture of a plan with room beside it; a plain area while there is none."""
        folder = folder_of(self.session)
        found = QPixmap()
        if folder is not None and file_of(folder, path).is_file():
            found.load(str(file_of(folder, path)))
        if found.isNull():
            found = QPixmap(SIZE * 2)
            found.fill(self.palette().color(QPalette.ColorRole.Mid))
        spaced = QPixmap(QSize(SIZE.width() + GAP, SIZE.height()) * 2)
        spaced.fill(Qt.GlobalColor.transparent)
        painter = QPainter(spaced)
        painter.drawPixmap(0, 0, found)
        painter.end()
        return QIcon(spaced)

    # --- a new plan from a district

    def focus_new(self) -> None:
        self.words.setFocus()

    def show_found(self, typed: str) -> None:
        """List the districts that answer what was typed."""
        if self.entries is None:
            self._load()
        hits = search(self.entries or [], typed)
        self.found.clear()
        for entry in hits[:_SHOWN]:
            item = QListWidgetItem(entry.title)
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.found.addItem(item)
        if self.entries is None:
            self.hint.setText("正在读取行政区名录…")
        elif typed.strip() and not hits:
            self.hint.setText(f"没有找到“{typed.strip()}”。换几个字,或输入六位代码。")
        elif len(hits) > _SHOWN:
            self.hint.setText(f"共 {len(hits):,} 个,再输几个字可以缩小范围。")
        else:
            self.hint.setText(
                "选一个区县,点一下就新建。" if hits else "输入几个字,从全国的县级行政区里选。"
            )
        self.found.setVisible(bool(hits))

    def _load(self) -> None:
        if self._asked:
            return
        self._asked = True
        self.session.jobs.start("读取行政区名录", load_entries, self._loaded, quiet=True)

    def _loaded(self, entries: list[Entry]) -> None:
        self.entries = entries
        QTimer.singleShot(0, self, lambda: self.show_found(self.words.text()))

    def _first(self) -> None:
        if self.found.count():
            self._chosen(self.found.item(0))

    def _chosen(self, item: QListWidgetItem) -> None:
        entry: Entry = item.data(Qt.ItemDataRole.UserRole)
        self.district_wanted.emit(entry.district)


def load_entries(report: Report) -> list[Entry]:
    """Return every district of the country with its pinyin (takes a second the first time)."""
    from data.boundaries import districts
    from desktop.actions import initials, pinyin

    all_ = districts()
    out = []
    for i, one in enumerate(all_):
        if i % 200 == 0:
            report(i / len(all_), "正在读取行政区名录…")
        parts = dict.fromkeys(p for p in (one.province, one.city, one.name) if p)
        out.append(Entry(one, " ".join(parts), initials(one.name), pinyin(one.name)))
    return out


def search(entries: list[Entry], typed: str) -> list[Entry]:
    """Return the districts for what was typed, whose own name begins so first."""
    words = typed.lower().split()
    if not words:
        return []

    def rank(entry: Entry) -> int | None:
        name, worst = entry.district.name, 0
        for word in words:
            if name.startswith(word) or entry.district.adcode.startswith(word):
                here = 0
            elif word in name or entry.initials.startswith(word):
                here = 1
            elif word in entry.title or entry.pinyin.startswith(word):
                here = 2
            else:
                return None
            worst = max(worst, here)
        return worst

    ranked = [(r, i) for i, e in enumerate(entries) if (r := rank(e)) is not None]
    return [entries[i] for _, i in sorted(ranked)]


def make_example(name: str) -> Callable[[Report], Book]:
    """Work for a job: one of the five examples."""

    def work(report: Report) -> Book:
        from data.examples import build

        return build(name, report)

    return work


def make_from(district: DistrictName) -> Callable[[Report], Book]:
    """Work for a job: a new plan of one district with its surroundings."""

    def work(report: Report) -> Book:
        from data.examples import new_from_districts

        return new_from_districts([district.adcode], f"{district.name}应急设施布局", report)

    return work
