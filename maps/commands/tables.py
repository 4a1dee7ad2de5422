"""python main.py tables: every table of a plan as one workbook, or as CSV files."""

import argparse
from pathlib import Path

from data.progress import part
from data.refused import Refused
from maps.commands.common import answer, json_argument, progress
from maps.commands.deliver import arguments_for, folder_for, load_dossier
from maps.drawing.dossier import write_tables, write_workbook


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``tables``."""
    arguments_for(parser)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="X.xlsx", help="写到哪里")
    parser.add_argument("--csv", type=Path, metavar="DIR", help="另把每张表写成 CSV 放进文件夹")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the workbook and list its tables."""
    out: Path = arguments.out
    if out.suffix.lower() != ".xlsx":
        raise Refused(f"“{out.name}”要以 .xlsx 结尾。")
    made = load_dossier(arguments, part(progress, 0.0, 0.8))
    write_workbook(made, out, part(progress, 0.8, 0.95))
    if arguments.csv is not None:
        write_tables(made, folder_for(arguments.csv), part(progress, 0.95, 1.0))
    progress(1.0, "完成")
    rows = {name: len(table.rows) for name, table in made.tables.items()}
    text = f"已写出“{out}”:\n" + "\n".join(f"  {name} {n} 行" for name, n in rows.items())
    told = {"file": str(out), "tables": rows, "figures": len(made.ledger.figures)}
    answer(told, text, arguments.json)
    return 0
