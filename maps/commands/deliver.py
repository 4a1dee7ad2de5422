"""What the commands for deliverables share: which plan, which parameters, which date."""

import argparse
from pathlib import Path

from data import files
from data.beside import reason
from data.kinds import kind
from data.progress import Report, part
from data.refused import Refused
from maps.analysis.coverage import check_radius
from maps.analysis.findings import SITES, Asked, plan_of, usual
from maps.commands.common import plan_argument, progress
from maps.commands.print import today
from maps.drawing.dossier import Dossier, dossier


def arguments_for(parser: argparse.ArgumentParser) -> None:
    """Add the plan and what the findings are made of."""
    plan_argument(parser)
    parser.add_argument("--scenario", default="", metavar="方案", help="哪个方案,默认当前方案")
    parser.add_argument("--people", default="", metavar="图层", help="有多个人口图层时用哪一个")
    parser.add_argument(
        "--radius",
        nargs="+",
        action="extend",
        default=[],
        metavar="类别=米",
        help="统计覆盖的设施和服务半径,如 储备库=50000;不写用通常的",
    )
    parser.add_argument(
        "--sites", default=str(SITES), metavar="N", help=f"每类建议新增几处,默认 {SITES},0 不算"
    )
    parser.add_argument("--date", help="成果上的日期,默认今天")
    parser.add_argument("--unit", default="", metavar="文字", help="编制单位")


def load_dossier(arguments: argparse.Namespace, report: Report = progress) -> Dossier:
    """Return what the deliverables are made of. Raises Refused for a wrong argument."""
    book = files.load(arguments.plan, part(report, 0.0, 0.1)).book
    plan = plan_of(book, arguments.scenario)
    radius = _radii(arguments.radius) or usual(plan)
    asked = Asked(radius, arguments.people, arguments.scenario, _sites(arguments.sites))
    date = today() if arguments.date is None else arguments.date
    last = part(report, 0.1, 1.0)
    return dossier(book, asked, arguments.plan, date, last, organisation=arguments.unit)


def _radii(words: list[str]) -> dict[str, float]:
    out = {}
    for word in words:
        name, mark, value = word.partition("=")
        try:
            metres = float(value)
        except ValueError:
            mark = ""
        if not mark:
            raise Refused(f"--radius 要写成 类别=米,例如 储备库=50000,现在是“{word}”。")
        check_radius(metres)
        of = kind(name.strip())
        if not of.facility:
            raise Refused(f"“{of.title}”不是服务设施,不能统计覆盖。")
        out[of.name] = metres
    return out


def _sites(text: str) -> int:
    if not text.isdecimal() or int(text) > 50:
        raise Refused(f"--sites 要填 0–50 的整数,现在是“{text}”。")
    return int(text)


def folder_for(path: Path) -> Path:
    """Make a folder if it is not there. Raises Refused when it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"建不了文件夹“{path}”:{reason(error)}。") from error
    return path
