"""python main.py rerun DIR: work every number of a set of deliverables out again."""

import argparse
from pathlib import Path

from maps.commands.common import answer, json_argument, progress
from maps.drawing.rechecking import recheck, sentences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``rerun``."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="成果文件夹(里面有溯源.json)")
    parser.add_argument("--plan", type=Path, metavar="PLAN", help="规划文件;不写用文件夹里的")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work everything out again; 1 when a number differs."""
    values = recheck(arguments.folder, arguments.plan, progress)
    answer(values, sentences(values), arguments.json)
    return 0 if values["identical"] else 1
