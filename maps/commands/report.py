"""python main.py report: the plan's text or a layout report as a Word file."""

import argparse
from pathlib import Path

from data.progress import part
from data.refused import Refused
from maps.commands.common import answer, json_argument, progress
from maps.commands.deliver import arguments_for, load_dossier
from maps.drawing.pictures import pictures
from maps.drawing.word.outline import outline, shipped
from maps.drawing.word.report import write_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``report``."""
    arguments_for(parser)
    parser.add_argument(
        "--template",
        default="设施布局",
        metavar="|".join(shipped()),
        help="用哪个模板(默认设施布局),或自己的模板文件 X.yaml",
    )
    parser.add_argument("--dpi", type=int, default=200, metavar="N", help="图的分辨率(默认 200)")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="X.docx", help="写到哪里")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    out: Path = arguments.out
    if out.suffix.lower() != ".docx":
        raise Refused(f"“{out.name}”要以 .docx 结尾。")
    template = outline(arguments.template)
    made = load_dossier(arguments, part(progress, 0.0, 0.4))
    drawn = pictures(made, template.pictures, arguments.dpi, part(progress, 0.4, 0.9))
    write_report(made, template, drawn, out, part(progress, 0.9, 1.0))
    told = {"file": str(out), "template": template.name, "pictures": sorted(drawn)}
    answer(told, f"已写出“{out}”:{template.name},图 {len(drawn)} 幅。", arguments.json)
    return 0
