"""python main.py export-all: everything that leaves the office, in one folder."""

import argparse
import shlex
from pathlib import Path

from data.progress import part
from maps.commands.common import answer, json_argument, progress
from maps.commands.deliver import arguments_for, folder_for, load_dossier
from maps.drawing.export_all import Done, export_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``export-all``."""
    arguments_for(parser)
    parser.add_argument("--dpi", type=int, default=200, metavar="N", help="图的分辨率(默认 200)")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="文件夹")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write everything and list it."""
    made = load_dossier(arguments, part(progress, 0.0, 0.15))
    folder = folder_for(arguments.out)
    done = export_all(made, arguments.plan, folder, arguments.dpi, part(progress, 0.15, 1.0))
    told = {"folder": str(folder), "files": done.names, "left_out": done.left_out}
    answer(told, lines(folder, done), arguments.json)
    return 0


def lines(folder: Path, done: Done) -> str:
    """Return what was written, and what was not and why, as lines to read."""
    told = [f"已写到“{folder}”:", *(f"  {name}" for name in done.names)]
    told += [f"没有写 {name}:{why}" for name, why in done.left_out.items()]
    told.append(f"复算:python main.py rerun {shlex.quote(str(folder))}")
    return "\n".join(told)
