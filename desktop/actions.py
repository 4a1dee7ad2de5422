"""Every command of the window, once: menu, toolbar, shortcut and palette are made from this table.

``why_not`` says why a command cannot be used now ("" when it can); the sentence
is the tooltip of the greyed command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from data.kinds import KINDS
from desktop import bookmarks, dialogs, importing, tour
from desktop.session import Session

if TYPE_CHECKING:
    from desktop.window import Window

MENUS = ("文件", "编辑", "视图", "添加", "分析", "帮助")


@dataclass(frozen=True)
class Action:
    """One command.

    ``bar`` is its place in the toolbar: "" none, "icon", or "text" beside the icon; ``gap``
    puts a line before it in menu and toolbar; ``tool`` names the canvas tool it takes up;
    ``asks`` says that a question follows.
    """

    id: str
    text: str
    menu: str
    run: Callable[[Window], object]
    why_not: Callable[[Session], str] = lambda session: ""
    shortcut: str = ""
    icon: str = ""
    bar: str = ""
    gap: bool = False
    tool: str = ""
    asks: bool = False

    @property
    def title(self) -> str:
        """The text as menus show it: “…” where a question follows."""
        return f"{self.text}…" if self.asks else self.text


def _plan(session: Session) -> str:
    return "" if session.plan is not None else "先打开或新建一个规划。"


def _selected(session: Session) -> str:
    return _plan(session) or ("" if session.selection else "先在地图或属性表里选中要素。")


def _undo(session: Session) -> str:
    return _plan(session) or ("" if session.step > 0 else "没有可以撤销的步骤。")


def _redo(session: Session) -> str:
    more = session.step + 1 < len(session.steps)
    return _plan(session) or ("" if more else "没有可以重做的步骤。")


def _unsaved(session: Session) -> str:
    return _plan(session) or ("" if session.unsaved else "没有未保存的改动。")


def _result(session: Session) -> str:
    return _plan(session) or ("" if session.result else "地图上没有覆盖结果。")


def _scenarios(session: Session) -> str:
    several = session.book is not None and len(session.book.plans) > 1
    return _plan(session) or ("" if several else "只有一个方案;先复制当前方案。")


def _tool(name: str) -> Callable[[Window], object]:
    return lambda window: window.take_tool(name)


def _roads(session: Session) -> str:
    plan = session.plan
    if plan is not None and not any(len(layer) for layer in plan.of_kind("road")):
        return "规划里没有道路,请先导入道路图层。"
    return _plan(session)


def _by_road(page: str) -> Callable[[Window], object]:
    """Bring one page of the roads panel to the front."""

    def run(window: Window) -> None:
        if window.docks is not None:
            window.show_map()
            window.docks.show("roads")
            window.docks.roads.show_page(page)

    return run


def _siting(page: str) -> Callable[[Window], object]:
    """Bring one page of the siting panel to the front."""

    def run(window: Window) -> None:
        if window.docks is not None:
            window.show_map()
            window.docks.show("siting")
            window.docks.siting.show_page(page)

    return run


def _help(window: Window) -> None:
    from desktop.panels import help  # loads geopandas: not before the window is on the screen

    help.show_context(window)


def _duplicate(window: Window) -> None:
    from desktop import features  # loads geopandas: not before the window is on the screen

    features.duplicate(window.session)


def _delete(window: Window) -> None:
    from desktop import features

    features.delete(window.session)


def _adding() -> Iterator[Action]:
    for kind in KINDS:
        if kind.facility or kind.name == "settlement":
            tool = f"add:{kind.name}"
            yield Action(tool, f"添加{kind.title}", "添加", _tool(tool), _plan, tool=tool)


ACTIONS: tuple[Action, ...] = (
    Action("new", "新建规划", "文件", lambda w: w.show_start(), shortcut="Ctrl+N", asks=True),
    Action(
        "open",
        "打开",
        "文件",
        dialogs.open_plan,
        shortcut="Ctrl+O",
        icon="open",
        bar="icon",
        asks=True,
    ),
    Action(
        "save",
        "保存",
        "文件",
        dialogs.save,
        _unsaved,
        shortcut="Ctrl+S",
        icon="save",
        bar="icon",
    ),
    Action("save_as", "另存为", "文件", dialogs.save_as, _plan, shortcut="Ctrl+Shift+S", asks=True),
    Action(
        "import",
        "导入数据",
        "文件",
        importing.ask_files,
        _plan,
        shortcut="Ctrl+I",
        icon="import",
        gap=True,
        asks=True,
    ),
    Action(
        "export_layer",
        "导出图层",
        "文件",
        lambda w: w.show_panel("layer_export"),
        _plan,
        icon="export",
        asks=True,
    ),
    Action(
        "print",
        "导出地图",
        "文件",
        lambda w: w.show_panel("export"),
        _plan,
        shortcut="Ctrl+P",
        icon="print",
        gap=True,
        asks=True,
    ),
    Action(
        "deliver",
        "导出成果",
        "文件",
        lambda w: w.show_panel("deliver"),
        _plan,
        shortcut="Ctrl+E",
        icon="report",
        bar="text",
        asks=True,
    ),
    Action("close", "关闭规划", "文件", dialogs.close_plan, _plan, shortcut="Ctrl+W", gap=True),
    Action("quit", "退出", "文件", lambda w: w.close(), shortcut="Ctrl+Q"),
    Action(
        "undo",
        "撤销",
        "编辑",
        lambda w: w.session.undo(),
        _undo,
        shortcut="Ctrl+Z",
        icon="undo",
        bar="icon",
        gap=True,
    ),
    Action(
        "redo",
        "重做",
        "编辑",
        lambda w: w.session.redo(),
        _redo,
        shortcut="Ctrl+Y",
        icon="redo",
        bar="icon",
    ),
    Action(
        "duplicate",
        "复制一份",
        "编辑",
        _duplicate,
        _selected,
        shortcut="Ctrl+D",
        gap=True,
    ),
    Action("delete", "删除所选", "编辑", _delete, _selected, shortcut="Delete"),
    Action("deselect", "取消选择", "编辑", lambda w: w.session.select_all({}), _selected, gap=True),
    Action(
        "select",
        "选择与移动",
        "视图",
        _tool("select"),
        _plan,
        shortcut="V",
        icon="select",
        bar="icon",
        gap=True,
        tool="select",
    ),
    Action(
        "pan",
        "平移地图",
        "视图",
        _tool("pan"),
        _plan,
        shortcut="H",
        icon="pan",
        bar="icon",
        tool="pan",
    ),
    Action(
        "measure",
        "量距离",
        "视图",
        _tool("measure_distance"),
        _plan,
        shortcut="M",
        icon="measure-distance",
        bar="icon",
        tool="measure_distance",
    ),
    Action(
        "measure_area",
        "量面积",
        "视图",
        _tool("measure_area"),
        _plan,
        shortcut="Shift+M",
        icon="measure-area",
        bar="icon",
        tool="measure_area",
    ),
    Action(
        "zoom_all",
        "看全图",
        "视图",
        lambda w: w.zoom_all(),
        _plan,
        shortcut="Home",
        icon="zoom-all",
        bar="icon",
        gap=True,
    ),
    Action(
        "zoom_selection",
        "看所选",
        "视图",
        lambda w: w.zoom_selection(),
        _selected,
        shortcut="F",
        icon="zoom-selection",
        bar="icon",
    ),
    Action(
        "bookmarks", "视图书签", "视图", bookmarks.open_menu, _plan, shortcut="Ctrl+B", asks=True
    ),
    Action("zoom_in", "放大", "视图", lambda w: w.zoom_by(1.5), _plan, shortcut="Ctrl++"),
    Action("zoom_out", "缩小", "视图", lambda w: w.zoom_by(1 / 1.5), _plan, shortcut="Ctrl+-"),
    Action(
        "table",
        "属性表",
        "视图",
        lambda w: w.toggle_panel("table"),
        _plan,
        shortcut="F6",
        icon="table",
        gap=True,
    ),
    Action("theme", "浅色/深色", "视图", lambda w: w.switch_theme(), shortcut="F9"),
    Action("reset_layout", "恢复默认布局", "视图", lambda w: w.reset_layout()),
    *_adding(),
    Action(
        "add_at",
        "按坐标添加",
        "添加",
        lambda w: w.show_panel("place"),
        _plan,
        shortcut="Ctrl+Shift+A",
        icon="add",
        bar="text",
        gap=True,
        asks=True,
    ),
    Action(
        "coverage",
        "计算覆盖",
        "分析",
        lambda w: w.compute_coverage(),
        _plan,
        shortcut="Ctrl+R",
        icon="coverage",
        bar="text",
        gap=True,
    ),
    Action("clear_coverage", "不显示覆盖", "分析", lambda w: w.session.show_result(None), _result),
    Action(
        "copy_scenario",
        "复制当前方案",
        "分析",
        lambda w: w.copy_scenario(),
        _plan,
        icon="scenarios",
        gap=True,
    ),
    Action(
        "compare",
        "对比方案",
        "分析",
        lambda w: w.show_panel("compare"),
        _scenarios,
        icon="compare",
    ),
    Action("charts", "图表", "分析", lambda w: w.show_panel("charts"), _plan),
    Action(
        "siting",
        "选址",
        "分析",
        _siting("sites"),
        _plan,
        icon="siting",
        bar="text",
        asks=True,
    ),
    Action("curve", "放几处合适", "分析", _siting("curve"), _plan, asks=True),
    Action("losses", "失去一处会怎样", "分析", _siting("loss"), _plan, asks=True),
    Action(
        "targets",
        "核对规划目标",
        "分析",
        lambda w: w.show_panel("targets"),
        _plan,
        shortcut="Ctrl+T",
        icon="targets",
        gap=True,
    ),
    Action(
        "isochrones",
        "等时圈",
        "分析",
        _by_road("rings"),
        _plan,
        icon="travel-time",
        gap=True,
        asks=True,
    ),
    Action("station_areas", "责任区", "分析", _by_road("areas"), _plan, asks=True),
    Action("route", "最近设施与路线", "分析", _by_road("route"), _roads, icon="route", asks=True),
    Action("whatif", "道路情景对比", "分析", _by_road("whatif"), _roads, asks=True),
    Action("roads", "路网检查", "分析", _by_road("check"), _roads, asks=True),
    Action("speeds", "车速表", "分析", _by_road("speeds"), _plan, asks=True),
    Action("problems", "检查问题", "分析", lambda w: w.show_panel("problems"), _plan, gap=True),
    Action("help", "帮助内容", "帮助", _help, shortcut="F1", icon="help"),
    Action("tour", "五步入门", "帮助", tour.start, _plan),
    Action(
        "palette",
        "查找命令",
        "帮助",
        lambda w: w.show_palette(),
        shortcut="Ctrl+K",
        icon="search",
        asks=True,
    ),
    Action("about", "关于应急布局", "帮助", dialogs.about),
)

BY_ID = {action.id: action for action in ACTIONS}


@cache
def initials(text: str) -> str:
    """Return the pinyin initials of a Chinese text: “计算覆盖” → “jsfg”."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


@cache
def pinyin(text: str) -> str:
    """Return the whole pinyin without tones: “计算覆盖” → “jisuanfugai”."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(text)).lower()


def matches(text: str, typed: str) -> int | None:
    """How well ``text`` answers what was typed: 0 best, None not at all.

    Every word typed must be found: as Chinese, as initials or as pinyin.
    """
    worst = 0
    for word in typed.lower().split():
        if text.lower().startswith(word):
            rank = 0
        elif word in text.lower():
            rank = 1
        elif initials(text).startswith(word):
            rank = 2
        elif word in initials(text) or pinyin(text).startswith(word):
            rank = 3
        else:
            return None
        worst = max(worst, rank)
    return worst


def found(typed: str) -> list[Action]:
    """Return the commands for what was typed into the palette, best first."""
    ranked = [(matches(a.text, typed), i, a) for i, a in enumerate(ACTIONS)]
    hits = sorted((rank, i, a) for rank, i, a in ranked if rank is not None)
    return [a for _, _, a in hits]
