"""What every deliverable of one set is made of: findings, their ledger, the tables, the place."""

from dataclasses import dataclass
from pathlib import Path

from data import boundaries
from data.plan import Book
from data.progress import Report, part, silent
from maps.analysis.figures import ledger
from maps.analysis.findings import Asked, Findings, findings
from maps.analysis.provenance import Ledger
from maps.drawing.listings import listings
from maps.drawing.saving import file_name
from maps.drawing.sources import sources
from maps.drawing.tables import Table, with_codes, write_csv, write_xlsx


@dataclass(frozen=True, eq=False)
class Dossier:
    """``place`` is the area's name (“赤峰市”), ``date`` the day that stands on everything.

    ``organisation``: who made it (编制单位), "" to be filled in by hand.
    """

    found: Findings
    ledger: Ledger
    tables: dict[str, Table]
    place: str
    organisation: str = ""

    @property
    def date(self) -> str:
        return self.ledger.date

    @property
    def file_name(self) -> str:
        """What the names of files begin with: the place, as every system takes it."""
        return file_name(self.place)


def dossier(
    book: Book,
    asked: Asked,
    plan_file: Path,
    date: str,
    report: Report = silent,
    name: str = "",
    organisation: str = "",
) -> Dossier:
    """Work everything out. ``plan_file`` is the file the book was read from; ``name`` what the
    ledger calls it. Raises Refused for an ask that makes no sense."""
    found = findings(book, asked, part(report, 0.0, 0.97))
    record = ledger(found, plan_file, date, name)
    return Dossier(found, record, listings(found, record), place_name(found), organisation)


def place_name(found: Findings) -> str:
    """Return the area's name: the city when the plan covers all of it, else its first district,
    else the name of the book."""
    people = found.people
    if people is None or not people.districts:
        return found.book.title
    codes = {one.adcode for one in people.districts}
    known = {one.adcode: one for one in boundaries.districts()}
    cities = {known[code].city for code in codes if code in known}
    if len(cities) == 1 and (city := cities.pop()):
        whole = {one.adcode for one in known.values() if one.city == city}
        if whole <= codes:
            return city
    return people.districts[0].name


def write_workbook(made: Dossier, path: Path, report: Report = silent) -> None:
    """Write all tables and their sources as one XLSX. Raises Refused when it cannot be written."""
    report(0.0, "正在写表格…")
    tables = [with_codes(table, made.ledger) for table in made.tables.values()]
    foot = f"{made.found.book.title} {made.date}"
    title = f"{made.place}应急设施规划表"
    write_xlsx([*tables, *sources(made.ledger, made.tables)], path, title=title, foot=foot)
    report(1.0, "表格已写好")


def write_tables(made: Dossier, folder: Path, report: Report = silent) -> list[Path]:
    """Write each table as CSV into a folder; return the files."""
    written = []
    for i, (name, table) in enumerate(made.tables.items()):
        report(i / len(made.tables), f"正在写 {name}…")
        path = folder / f"{name}.csv"
        write_csv(with_codes(table, made.ledger), path)
        written.append(path)
    return written
