"""``main.py demo -o DIR``: the 赤峰 example and everything that is made of it, in one folder."""

import argparse
from pathlib import Path

from data import examples, files
from data.lock import FileLock
from data.progress import part
from maps.analysis.findings import Asked, usual
from maps.commands.common import answer, json_argument, progress
from maps.commands.deliver import folder_for
from maps.commands.export_all import lines
from maps.commands.print import today
from maps.drawing.dossier import dossier
from maps.drawing.export_all import export_all

EXAMPLE = "赤峰"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``demo``."""
    parser.add_argument("-o", "--out", type=Path, default=Path("out"), metavar="DIR", help="文件夹")
    parser.add_argument("--date", help="成果上的日期,默认今天")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write everything and list it."""
    folder = folder_for(arguments.out)
    book = examples.build(EXAMPLE, part(progress, 0.0, 0.05))
    plan_file = folder / f"{EXAMPLE}.gpkg"
    with FileLock(plan_file):
        files.save(book, plan_file, report=part(progress, 0.05, 0.1))
    date = today() if arguments.date is None else arguments.date
    asked = Asked(usual(book.plan))
    made = dossier(book, asked, plan_file, date, part(progress, 0.1, 0.2))
    done = export_all(made, plan_file, folder, report=part(progress, 0.2, 1.0))
    told = {"folder": str(folder), "files": done.names, "left_out": done.left_out}
    answer(told, lines(folder, done), arguments.json)
    return 0
