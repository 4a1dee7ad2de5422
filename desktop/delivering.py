"""What leaves the office, made from the window, each in a process of its own (no Qt in here).

    wish + plan file ──▶ dossier ──▶ one file (Word, web page, workbook), or the whole folder

They do what the commands ``export-all``, ``report``, ``web`` and ``tables`` do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.beside import reason
from data.progress import Report, part
from data.refused import Refused
from desktop.apart import apart

if TYPE_CHECKING:
    from data.plan import Book
    from maps.drawing.dossier import Dossier
    from maps.drawing.export_all import Done

PAGE, WORKBOOK = "网页", "Excel 表格"


@dataclass(frozen=True)
class Wish:
    """What the panel asks for. ``radius``: metres by kind; ``sites``: new sites for each."""

    radius: Mapping[str, float]
    people: str = ""
    sites: int = 3
    organisation: str = ""
    date: str = ""
    dpi: int = 200


def everything(
    book: Book, own: Path | None, unsaved: bool, wish: Wish, folder: Path, report: Report
) -> Done:
    """Write every deliverable of ``book`` into ``folder``, with the plan they are made from.

    ``own``: the file the book is kept in. While it has changes that are not in there
    (``unsaved``) the folder gets the plan as it is now; the own file stays as it is.
    """
    from data.files import save
    from maps.drawing.saving import file_name

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"建不了文件夹“{folder}”:{reason(error)}。") from error
    source = own
    here = part(report, 0.0, 0.03)
    if source is None or unsaved:
        name = file_name(book.title) if own is None else own.stem
        source = folder / f"{name}.gpkg"
        if own is not None and source.exists() and source.samefile(own):
            raise Refused("这个文件夹里放着正在编辑的规划。请先保存规划,或换一个文件夹。")
        save(book, source, report=here)
    done: Done = apart(_folder, source, wish, folder, report=part(report, 0.03, 1.0))
    return done


def _folder(source: Path, wish: Wish, folder: Path, report: Report) -> Done:
    from maps.drawing.export_all import export_all

    made = _dossier(source, wish, part(report, 0.0, 0.15))
    return export_all(made, source, folder, wish.dpi, part(report, 0.15, 1.0))


def one(what: str, plan_file: Path, wish: Wish, out: Path, report: Report) -> str:
    """Write one deliverable: :data:`PAGE`, :data:`WORKBOOK`, or a Word file by its template."""
    said: str = apart(_one, what, plan_file, wish, out, report=report)
    return said


def _one(what: str, plan_file: Path, wish: Wish, out: Path, report: Report) -> str:
    made = _dossier(plan_file, wish, part(report, 0.0, 0.5))
    last = part(report, 0.5, 1.0)
    if what == PAGE:
        from maps.drawing.web.page import write_page

        return f"{write_page(made, out, last) / 1e6:.1f} MB,断网也能打开。"
    if what == WORKBOOK:
        from maps.drawing.dossier import write_workbook

        write_workbook(made, out, last)
        return f"{len(made.tables)} 张表。"
    from maps.drawing.pictures import pictures
    from maps.drawing.word.outline import outline
    from maps.drawing.word.report import write_report

    template = outline(what)
    drawn = pictures(made, template.pictures, wish.dpi, part(last, 0.0, 0.8))
    write_report(made, template, drawn, out, part(last, 0.8, 1.0))
    return f"图 {len(drawn)} 幅;没有的数写“待补充”,红字。"


def check(folder: Path, report: Report) -> str:
    """Work every number of a folder of deliverables out again; return in words what came out."""
    said: str = apart(_check, folder, report=report)
    return said


def _check(folder: Path, report: Report) -> str:
    from maps.drawing.rechecking import recheck, sentences

    return sentences(recheck(folder, None, report))


def _dossier(plan_file: Path, wish: Wish, report: Report) -> Dossier:
    from data.files import load
    from maps.analysis.findings import Asked
    from maps.drawing.dossier import dossier

    book = load(plan_file, part(report, 0.0, 0.1)).book
    asked = Asked(wish.radius, wish.people, "", wish.sites)
    last = part(report, 0.1, 1.0)
    return dossier(book, asked, plan_file, wish.date, last, organisation=wish.organisation)
