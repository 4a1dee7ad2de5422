"""``main.py demo -o DIR``: the 赤峰 example's plan, maps and tables in one folder."""

import argparse
from pathlib import Path

from data import examples, files
from data.lock import FileLock
from data.plan import Plan
from data.progress import Report, part
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk, coverage
from maps.commands.common import answer, json_argument, progress
from maps.commands.print import today
from maps.drawing.printing import PrintAsk, print_map
from maps.drawing.tables import coverage_table, write_csv, write_xlsx

EXAMPLE = "赤峰"
ASK = CoverageAsk("depot", 50_000.0)
"""What the example's coverage map and table show: all depots, 50 km."""

MAPS = ("布局图", "现状图", "覆盖图")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``demo``."""
    parser.add_argument("-o", "--out", type=Path, default=Path("out"), metavar="DIR", help="文件夹")
    parser.add_argument("--date", help="图签里的日期,默认今天")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write everything and list it."""
    folder: Path = arguments.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"建不了文件夹“{folder}”:{error.strerror}。请换一个位置。") from error
    book = examples.build(EXAMPLE, part(progress, 0.0, 0.2))
    plan_file = folder / f"{EXAMPLE}.gpkg"
    with FileLock(plan_file):
        files.save(book, plan_file, report=part(progress, 0.2, 0.3))
    date = today() if arguments.date is None else arguments.date
    written = [plan_file, *_maps(book.plan, folder, date, part(progress, 0.3, 0.9))]
    written += _tables(book.plan, folder, part(progress, 0.9, 1.0))
    names = [path.name for path in written]
    text = f"已写到“{folder}”:\n" + "\n".join(f"  {name}" for name in names)
    answer({"folder": str(folder), "files": names}, text, arguments.json)
    return 0


def _maps(plan: Plan, folder: Path, date: str, report: Report) -> list[Path]:
    written = []
    for i, name in enumerate(MAPS):
        ask = PrintAsk(name, landscape=None, dpi=200, date=date)
        if name == "覆盖图":
            ask = PrintAsk(name, landscape=None, dpi=200, date=date, coverage=ASK)
        for j, ending in enumerate((".pdf", ".png")):
            path = folder / f"{EXAMPLE}_{name}{ending}"
            step = (i + j / 2) / len(MAPS)
            print_map(plan, ask, path, part(report, step, step + 0.5 / len(MAPS)))
            written.append(path)
    return written


def _tables(plan: Plan, folder: Path, report: Report) -> list[Path]:
    table = coverage_table(coverage(plan, ASK, report))
    paths = [folder / f"{EXAMPLE}_储备库覆盖{ending}" for ending in (".csv", ".xlsx")]
    write_csv(table, paths[0])
    write_xlsx([table], paths[1])
    return paths
