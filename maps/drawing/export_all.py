"""Everything that leaves the office, in one folder: maps, page, reports, tables, provenance."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.beside import replacing
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.coverage import CoverageAsk
from maps.analysis.provenance import FILE, input_of, to_json
from maps.drawing.book import BookAsk, bind
from maps.drawing.dossier import Dossier, write_tables, write_workbook
from maps.drawing.pictures import pictures
from maps.drawing.printing import PrintAsk, compose, write
from maps.drawing.templates import TEMPLATES
from maps.drawing.web.page import write_page
from maps.drawing.word.outline import outline
from maps.drawing.word.report import write_report

REPORTS = ("设施布局", "避难场所专项规划")
MAPS, TABLES = "图", "表"
"""Folders for the maps and for the CSV files."""


@dataclass
class Done:
    """Files written, by name relative to the folder; what was left out and why."""

    folder: Path
    names: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, *paths: Path) -> None:
        self.names += [path.relative_to(self.folder).as_posix() for path in paths]


def export_all(
    made: Dossier, plan_file: Path, folder: Path, dpi: int = 200, report: Report = silent
) -> Done:
    """Write everything into a folder that exists, with a copy of the plan to rerun it from.

    A map the plan has nothing for is left out. Raises Refused when a file cannot be written
    that does not depend on what the plan holds.
    """
    done = Done(folder)
    _copy(plan_file, folder / made.ledger.plan.name)
    done.add(folder / made.ledger.plan.name)
    _maps(made, done, dpi, part(report, 0.0, 0.45))
    if made.found.district_names:
        book = folder / MAPS / f"{made.file_name}地图册.pdf"
        ask = BookAsk(date=made.date, organisation=made.organisation)
        bind(made.found.plan, ask, book, report=part(report, 0.45, 0.6))
        done.add(book)
    _reports(made, done, dpi, part(report, 0.6, 0.85))
    page = folder / f"{made.file_name}应急设施布局.html"
    write_page(made, page, part(report, 0.85, 0.93))
    workbook = folder / f"{made.file_name}应急设施表.xlsx"
    write_workbook(made, workbook, part(report, 0.93, 0.96))
    (folder / TABLES).mkdir(exist_ok=True)
    done.add(page, workbook, *write_tables(made, folder / TABLES, part(report, 0.96, 0.99)))
    _ledger(made, done)
    report(1.0, "成果已写好")
    return done


def _copy(plan_file: Path, to: Path) -> None:
    """Put a copy of the plan beside what was made of it; where it lies already, leave it."""
    if to.exists() and to.samefile(plan_file):
        return
    with replacing(to) as beside:
        shutil.copyfile(plan_file, beside)


def _maps(made: Dossier, done: Done, dpi: int, report: Report) -> None:
    folder = done.folder / MAPS
    folder.mkdir(exist_ok=True)
    found = made.found
    common = PrintAsk(landscape=None, dpi=dpi, date=made.date, organisation=made.organisation)
    asks = [replace(common, map_name=name) for name in TEMPLATES]
    jobs = []
    for ask in asks:
        if not TEMPLATES[ask.map_name].coverage:
            jobs.append((ask.map_name, ask))
            continue
        for of, status in found.coverage:
            if status == "全部":
                cover = CoverageAsk(of, found.asked.radius[of], people=found.asked.people)
                title = found.coverage[of, status].sites.facilities.kind.title
                jobs.append((f"{title}{ask.map_name}", replace(ask, coverage=cover)))
    for i, (name, ask) in enumerate(jobs):
        stretch = part(report, i / len(jobs), (i + 1) / len(jobs))
        try:
            drawn = compose(found.plan, ask, part(stretch, 0.0, 0.4))
        except Refused as refusal:
            # This plan has nothing for the map: the rest is written, and this is said.
            done.left_out[name] = str(refusal).removeprefix(f"画不了{ask.map_name}:")
            continue
        for ending, start in ((".pdf", 0.4), (".png", 0.7)):
            path = folder / f"{made.file_name}_{name}{ending}"
            write(drawn, path, dpi, part(stretch, start, start + 0.3))
            done.add(path)


def _reports(made: Dossier, done: Done, dpi: int, report: Report) -> None:
    outlines = [outline(name) for name in REPORTS]
    wanted = dict.fromkeys(name for one in outlines for name in one.pictures)
    drawn = pictures(made, wanted, dpi, part(report, 0.0, 0.7))
    for i, one in enumerate(outlines):
        stretch = part(report, 0.7 + 0.3 * i / len(outlines), 0.7 + 0.3 * (i + 1) / len(outlines))
        path = done.folder / f"{made.file_name}{one.name}.docx"
        write_report(made, one, drawn, path, stretch)
        done.add(path)


def _ledger(made: Dossier, done: Done) -> None:
    """Write down what was written: every figure, and every file with its check sum."""
    files = tuple(input_of(done.folder / name, name) for name in done.names)
    with replacing(done.folder / FILE) as beside:
        beside.write_text(to_json(replace(made.ledger, files=files)), encoding="utf-8")
    done.add(done.folder / FILE)
