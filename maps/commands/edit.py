"""python main.py add | move | remove: edits without the window.

The file is locked while it is changed, and written beside before it takes the
old one's place; when something is refused, nothing has changed.
"""

import argparse
from typing import Any

import shapely

from data import edits, files
from data.degrees import parse_degrees
from data.edits import Edit
from data.geodesy import Ruler
from data.kinds import SHAPE_TITLES, Kind, kind
from data.lock import FileLock
from data.plan import Book, Layer, Plan
from data.progress import part
from data.refused import Refused
from data.scenarios import find_scenario, go_to
from maps.commands.common import answer, json_argument, plan_argument, progress

NEW_STATUS = "规划"
"""What a facility is that is added without a status: a proposal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command the parser is for."""
    command = parser.prog.split()[-1]
    plan_argument(parser)
    if command == "add":
        parser.add_argument("--kind", required=True, metavar="KIND", help="类别,如 depot 或 储备库")
        parser.add_argument("--name", metavar="N", help="名称")
        parser.add_argument("--layer", metavar="图层", help="加进哪个图层(默认是这一类最上面的)")
        parser.add_argument(
            "--set",
            nargs="+",
            action="extend",
            default=[],
            metavar="列=值",
            help="其他属性,如 状态=现状 级别=县级",
        )
    else:
        parser.add_argument("--kind", metavar="KIND", help="类别,如 depot 或 储备库")
        parser.add_argument("--layer", metavar="图层", help="图层名称")
        parser.add_argument("--id", metavar="编号", help="要素编号")
        parser.add_argument("--name", metavar="N", help="要素名称")
    if command != "remove":
        parser.add_argument("--lon", required=True, metavar="X", help="经度,度(CGCS2000)")
        parser.add_argument("--lat", required=True, metavar="Y", help="纬度,度(CGCS2000)")
    parser.add_argument("--scenario", metavar="方案", help="哪个方案,默认是文件里的当前方案")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Carry out one edit and save the file."""
    make = {"add": _add, "move": _move, "remove": _remove}[arguments.command]
    with FileLock(arguments.plan):
        opened = files.load(arguments.plan, part(progress, 0.0, 0.5))
        shown = opened.book
        if arguments.scenario is not None:
            shown = go_to(find_scenario(shown, arguments.scenario))(shown)
        edit, told, text = make(arguments, shown.plan)
        after = _back_to(opened.book, shown.with_plan(edit(shown.plan)))
        files.save(after, opened.path, stamp=opened.stamp, report=part(progress, 0.5, 1.0))
    answer(told, text, arguments.json)
    return 0


def _back_to(book: Book, changed: Book) -> Book:
    """Return the changed book with the scenario shown that was shown before."""
    return go_to(book.current)(changed)


def _add(arguments: argparse.Namespace, plan: Plan) -> tuple[Edit, dict[str, Any], str]:
    this = kind(arguments.kind)
    if this.geometry != "point":
        what = SHAPE_TITLES[this.geometry]
        raise Refused(f"“{this.title}”是{what},不能按一个坐标添加。请在窗口里绘制,或导入图层。")
    shape = _place(arguments, plan)
    prepared = plan if arguments.layer is not None else edits.ensure_layer(this.name)(plan)
    if arguments.layer is None:
        layer = prepared.of_kind(this.name)[-1]
    else:
        layer = plan.layer(arguments.layer)
        if layer.kind_name != this.name:
            raise Refused(f"图层“{layer.name}”放的是{layer.kind.title},不是{this.title}。")
    values = _row(arguments, this, layer)
    fid = layer.next_id

    def edit(_: Plan) -> Plan:
        return edits.add_feature(layer.name, shape, values)(prepared)

    name = values.get("名称")
    told = {"name": name, "id": fid, "layer": layer.name}
    return edit, told, f"已在“{layer.name}”里添加{_named(name, fid)}。"


def _row(arguments: argparse.Namespace, this: Kind, layer: Layer) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if this.column("状态") is not None:
        values["状态"] = NEW_STATUS
    if arguments.name is not None:
        if this.column("名称") is None:
            raise Refused(f"“{this.title}”没有名称,请去掉 --name。")
        values["名称"] = arguments.name.strip()
    for word in arguments.set:
        name, mark, value = word.partition("=")
        name = name.strip()
        if not mark or not name:
            raise Refused(f"--set 要写成 列=值,例如 状态=现状,现在是“{word}”。")
        if this.column(name) is None and (name == "geometry" or name not in layer.frame.columns):
            known = "、".join(c.name for c in this.columns)
            raise Refused(f"“{this.title}”没有“{name}”这一列。可用的列:{known}。")
        values[name] = value
    return values


def _move(arguments: argparse.Namespace, plan: Plan) -> tuple[Edit, dict[str, Any], str]:
    layer, fid = _chosen(arguments, plan)
    shape = _place(arguments, plan)
    told = _told(layer, fid)
    text = f"已把“{layer.name}”里的{_named(told['name'], fid)}移到新位置。"
    return edits.move_feature(layer.name, fid, shape), told, text


def _remove(arguments: argparse.Namespace, plan: Plan) -> tuple[Edit, dict[str, Any], str]:
    layer, fid = _chosen(arguments, plan)
    told = _told(layer, fid)
    text = f"已从“{layer.name}”里删除{_named(told['name'], fid)}。"
    return edits.remove_features(layer.name, [fid]), told, text


def _place(arguments: argparse.Namespace, plan: Plan) -> shapely.Point:
    lon = parse_degrees(arguments.lon, "经度")
    lat = parse_degrees(arguments.lat, "纬度")
    x, y = Ruler(plan.crs).from_lonlat(lon, lat)
    return shapely.Point(x, y)


def _chosen(arguments: argparse.Namespace, plan: Plan) -> tuple[Layer, int]:
    """Return the one feature that --kind/--layer and --id/--name tell."""
    if arguments.kind is None and arguments.layer is None:
        raise Refused("请用 --kind 或 --layer 说明是哪一类或哪个图层的要素。")
    if (arguments.id is None) == (arguments.name is None):
        raise Refused("请用 --id 或 --name(只用一个)说明是哪一个要素。")
    if arguments.layer is not None:
        layers: tuple[Layer, ...] = (plan.layer(arguments.layer),)
    else:
        layers = plan.of_kind(arguments.kind)
    if arguments.kind is not None:
        this = kind(arguments.kind)
        if not layers:
            raise Refused(f"规划里没有{this.title}图层。")
        if layers[0].kind_name != this.name:
            raise Refused(f"图层“{layers[0].name}”放的是{layers[0].kind.title},不是{this.title}。")
    found = [(layer, fid) for layer in layers for fid in _matching(layer, arguments)]
    where = "、".join(f"“{layer.name}”" for layer in layers)
    what = f"编号为 {arguments.id}" if arguments.id is not None else f"名为“{arguments.name}”"
    if not found:
        raise Refused(f"{where}里没有{what}的要素。用 info 命令可查看规划里有什么。")
    if len(found) > 1:
        which = "、".join(f"“{layer.name}”编号 {fid}" for layer, fid in found[:8])
        raise Refused(
            f"{what}的要素有 {len(found)} 个:{which}。请用 --layer 和 --id 指明是哪一个。"
        )
    return found[0]


def _matching(layer: Layer, arguments: argparse.Namespace) -> list[int]:
    if arguments.id is None:
        names = layer.column("名称")
        return [int(i) for i in layer.frame.index[names == arguments.name.strip()]]
    try:
        fid = int(arguments.id)
    except ValueError:
        raise Refused(f"--id 要填要素的编号(整数),现在是“{arguments.id}”。") from None
    return [fid] if fid in layer.frame.index else []


def _told(layer: Layer, fid: int) -> dict[str, Any]:
    name = layer.column("名称")[fid]
    return {"name": name if isinstance(name, str) else None, "id": fid, "layer": layer.name}


def _named(name: Any, fid: int) -> str:
    return f"“{name}”(编号 {fid})" if name else f"编号 {fid} 的要素"
