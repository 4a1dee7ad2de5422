"""``main.py example NAME OUT.gpkg``: write one of the example plans to a file."""

import argparse
from pathlib import Path
from typing import Any

from data import examples, files
from data.lock import FileLock
from data.plan import Book
from data.progress import part
from data.refused import Refused
from maps.commands.common import answer, json_argument, progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=f"示例名称:{'、'.join(examples.NAMES)}")
    parser.add_argument("out", type=Path, metavar="OUT.gpkg", help="写到哪个文件")
    parser.add_argument("--force", action="store_true", help="文件已经存在时也写,原来的内容会丢失")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    out: Path = arguments.out
    if out.suffix.lower() != ".gpkg":
        raise Refused(f"规划文件要以 .gpkg 结尾,现在是“{out.name}”。")
    if out.exists() and not arguments.force:
        raise Refused(f"“{out}”已经存在。请换一个文件名,或加 --force 覆盖它。")
    with FileLock(out):
        book = examples.build(arguments.name, part(progress, 0.0, 0.8))
        files.save(book, out, report=part(progress, 0.8, 1.0))
    answer(_summary(book, out), _sentence(book, out), arguments.json)
    return 0


def _summary(book: Book, out: Path) -> dict[str, Any]:
    plan = book.plan
    people = sum(int(layer.frame["人口"].sum()) for layer in plan.of_kind("population"))
    return {
        "file": str(out),
        "title": book.title,
        "crs": plan.crs,
        "population_total": people,
        "layers": [
            {"name": layer.name, "kind": layer.kind_name, "count": len(layer)} for layer in plan
        ],
        "unplaced": book.facts.get(examples.UNPLACED, []),
    }


def _sentence(book: Book, out: Path) -> str:
    told = _summary(book, out)
    layers = "、".join(f"{one['name']} {one['count']}" for one in told["layers"])
    return (
        f"已写出“{out}”:{book.title},人口 {told['population_total']:,} 人(1 km 人口格网·示意)。\n"
        f"图层:{layers}。\n"
        f"另有 {len(told['unplaced'])} 项规划只写了数量、没写地点,登记为“未落位”,没有上图。"
    )
