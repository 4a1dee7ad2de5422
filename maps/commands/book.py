"""``main.py book PLAN -o X.pdf [--separate DIR]``: the plan as a book of maps."""

import argparse
from pathlib import Path

from data import files
from data.progress import part
from maps.commands.common import answer, json_argument, plan_argument, progress
from maps.commands.print import today
from maps.drawing.book import BookAsk, Bound, bind
from maps.drawing.paper import SIZES
from maps.drawing.templates import TEMPLATES

_BLOCK = (
    ("--title", "title", "书名,默认由地名组成"),
    ("--unit", "organisation", "编制单位"),
    ("--secrecy", "secrecy", "密级"),
    ("--approval", "approval", "审图号"),
    ("--source", "source", "资料来源,写在图下"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``book``."""
    plan_argument(parser)
    add = parser.add_argument
    add("-o", "--out", required=True, type=Path, metavar="X.pdf", help="写到哪个 PDF")
    add("--separate", type=Path, metavar="DIR", help="每一页再单独存一个 PDF,放在这个文件夹")
    add("--paper", default="A3", metavar="|".join(SIZES), help="纸张(默认 A3)")
    add(
        "--maps",
        nargs="+",
        action="extend",
        default=[],
        metavar="图",
        help=f"收入哪些全域图,默认全部:{'、'.join(TEMPLATES)}",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--landscape", action="store_true", help="横放;不指定则取图幅较大的一种")
    way.add_argument("--portrait", action="store_true", help="竖放")
    add("--date", help="封面和图签里的日期,默认今天")
    for flag, name, text in _BLOCK:
        add(flag, dest=name, default="", metavar="文字", help=text)
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw the book and write it."""
    ask = BookAsk(
        paper=arguments.paper,
        landscape=True if arguments.landscape else False if arguments.portrait else None,
        date=today() if arguments.date is None else arguments.date,
        maps=tuple(arguments.maps),
        **{name: getattr(arguments, name) for _, name, _ in _BLOCK},
    )
    plan = files.load(arguments.plan, part(progress, 0.0, 0.05)).book.plan
    bound = bind(plan, ask, arguments.out, arguments.separate, part(progress, 0.05, 1.0))
    values = {
        "file": str(arguments.out),
        "separate": None if arguments.separate is None else str(arguments.separate),
        "pages": list(bound.pages),
        "left_out": [{"map": name, "reason": why} for name, why in bound.left_out],
    }
    answer(values, as_text(bound, arguments.out, arguments.separate), arguments.json)
    return 0


def as_text(bound: Bound, out: Path, separate: Path | None) -> str:
    """Return what was written, and which maps are not in it and why."""
    lines = [f"已写出“{out}”,共 {len(bound.pages)} 页。"]
    if separate is not None:
        lines.append(f"每页另存在“{separate}”。")
    lines += [f"未收入{name}:{why}" for name, why in bound.left_out]
    return "\n".join(lines)
