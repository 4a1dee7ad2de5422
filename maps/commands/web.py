"""python main.py web: a plan as one web page that opens offline, on a phone as well."""

import argparse
from pathlib import Path

from data.progress import part
from data.refused import Refused
from maps.commands.common import answer, json_argument, progress
from maps.commands.deliver import arguments_for, load_dossier
from maps.drawing.web.page import write_page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``web``."""
    arguments_for(parser)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="X.html", help="写到哪里")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the page."""
    out: Path = arguments.out
    if out.suffix.lower() not in (".html", ".htm"):
        raise Refused(f"“{out.name}”要以 .html 结尾。")
    made = load_dossier(arguments, part(progress, 0.0, 0.6))
    size = write_page(made, out, part(progress, 0.6, 1.0))
    answer(
        {"file": str(out), "bytes": size}, f"已写出“{out}”,{size / 1e6:.1f} MB。", arguments.json
    )
    return 0
