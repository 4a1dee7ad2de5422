"""Reading the numbers back out of exported files, to see whether they are still the ledger's.

Word: the text inside the bookmarks N0012, N0012_2 …; web page: what stands in <data> elements;
workbook: the cells the 溯源 sheet points at.
"""

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from data.refused import Refused
from maps.analysis.provenance import Ledger, same, spoken

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CODE = re.compile(r"(N\d{4,})(?:_\d+)?")
_DATA = re.compile(r'<data[^>]*\bdata-id="(N\d{4,})"[^>]*>([^<]*)</data>')
_WHERE, _SOURCES = "在本工作簿的位置", "溯源"


def numbers_in(path: Path, ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    """Yield (code, what the file says, what the ledger says) of each number found in a file.

    Both are the same text when the file is right. Files of other kinds yield nothing; raises
    Refused for a file that cannot be read as what it is called.
    """
    readers = {".docx": _word, ".xlsx": _workbook, ".html": _page}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        return
    try:
        yield from reader(path, ledger)
    except (OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError) as error:
        raise Refused(f"“{path.name}”读不出来,可能已损坏。请重新导出。") from error


def _word(path: Path, ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("word/document.xml"))
    for paragraph in root.iter(f"{_W}p"):
        open_: dict[str, list[str]] = {}
        codes: dict[str, str] = {}
        for part in paragraph:
            number = part.get(f"{_W}id", "")
            if part.tag == f"{_W}bookmarkStart":
                found = _CODE.fullmatch(part.get(f"{_W}name", ""))
                if found:
                    codes[number], open_[number] = found[1], []
            elif part.tag == f"{_W}bookmarkEnd" and number in open_:
                yield _held(codes[number], "".join(open_.pop(number)), ledger)
            else:
                text = "".join(t.text or "" for t in part.iter(f"{_W}t"))
                for inside in open_.values():
                    inside.append(text)


def _page(path: Path, ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    for code, text in _DATA.findall(path.read_text(encoding="utf-8")):
        yield _held(code, html.unescape(text), ledger)


def _held(code: str, written: str, ledger: Ledger) -> tuple[str, str, str]:
    """Hold a written number against every way in which the ledger's may be written."""
    key = ledger.keys.get(code)
    if key is None:
        return code, written, "(没有这个编号)"
    figure = ledger.figures[key]
    ways = [
        spoken(figure, unit=unit, ten_thousands=large) or "未知"
        for unit in (True, False)
        for large in (False, True)
    ]
    return code, written, written if written in ways else ways[0]


def _workbook(path: Path, ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    from openpyxl import load_workbook

    book = load_workbook(path, data_only=True, read_only=False)
    if _SOURCES not in book.sheetnames:
        return
    rows = list(book[_SOURCES].iter_rows(values_only=True))
    at = rows[0].index(_WHERE)
    keys = ledger.keys
    for row in rows[1:]:
        code = str(row[0])
        for where in str(row[at] or "").split("、"):
            sheet, mark, cell = where.rpartition("!")
            if not mark or code not in keys:
                continue
            value = book[sheet][cell].value if sheet in book.sheetnames else None
            right = ledger.figures[keys[code]].value
            number = float(value) if isinstance(value, int | float) else None
            good = same(number, right)
            said = "未知" if right is None else f"{right:.12g}"
            yield code, said if good else f"{sheet}!{cell} {value}", said
