"""Several PDFs of one page as one PDF of several pages.

Reads what :mod:`pdf` writes, and nothing else: one table of objects, no encryption, no
compressed objects. What several pages hold alike (letters, symbols) is written once.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from matplotlib.backends.backend_pdf import pdfRepr

from maps.drawing.saving import CREATOR

_CATALOG, _PAGES, _ABOUT, _FIRST = 1, 2, 3, 4
_HEAD = b"%PDF-1.4\n%\xac\xdc \xab\xba\n"
# Words in brackets may hold what looks like a reference.
_REFERENCE = re.compile(rb"\((?:[^\\()]|\\.)*\)|\b(\d+) 0 R\b", re.DOTALL)
_STREAM = b"\nstream\n"


def join(pages: Iterable[bytes], path: Path, title: str) -> None:
    """Write pages (each a PDF of one page) as one PDF, in their order."""
    bound = _Bound()
    for one in pages:
        bound.add(one)
    path.write_bytes(bound.finished(title))


class _Bound:
    """The objects of the PDF that is being made, by their new numbers."""

    def __init__(self) -> None:
        self._objects: dict[int, bytes] = {}
        self._known: dict[bytes, int] = {}
        self._pages: list[int] = []
        self._next = _FIRST

    def add(self, one: bytes) -> None:
        """Take over the objects of a PDF of one page under numbers of their own."""
        objects, root = _objects(one)
        tree = _named(objects[root], b"Pages")
        about = _named(one[one.rindex(b"trailer") :], b"Info")
        number = {root: _CATALOG, tree: _PAGES, about: _ABOUT}
        rest = [old for old in objects if old not in number]
        # What refers to nothing may be the same on other pages; the others come after it.
        for old in sorted(rest, key=lambda old: _refers(objects[old])):
            body = objects[old]
            new = None if _refers(body) else self._known.get(body)
            if new is None:
                new, self._next = self._next, self._next + 1
            number[old] = new
        for old in rest:
            if not _refers(objects[old]):
                self._known[objects[old]] = number[old]
            self._objects[number[old]] = _renumbered(objects[old], number)
        self._pages.append(number[_named(objects[tree], b"Kids")])

    def finished(self, title: str) -> bytes:
        """Return the whole PDF."""
        kids = b" ".join(b"%d 0 R" % page for page in self._pages)
        self._objects[_CATALOG] = b"<< /Type /Catalog /Pages %d 0 R >>" % _PAGES
        self._objects[_PAGES] = b"<< /Type /Pages /Kids [ %b ] /Count %d >>" % (
            kids,
            len(self._pages),
        )
        about = {"Title": title, "Creator": CREATOR, "Producer": CREATOR}
        self._objects[_ABOUT] = pdfRepr(about)
        out = [_HEAD]
        at, table = len(_HEAD), [b"0000000000 65535 f \n"]
        for number in range(1, self._next):
            written = b"%d 0 obj\n%b\nendobj\n" % (number, self._objects[number])
            table.append(b"%010d 00000 n \n" % at)
            out.append(written)
            at += len(written)
        trailer = b"<< /Size %d /Root %d 0 R /Info %d 0 R >>" % (self._next, _CATALOG, _ABOUT)
        out.append(b"xref\n0 %d\n%b" % (self._next, b"".join(table)))
        out.append(b"trailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (trailer, at))
        return b"".join(out)


def _objects(one: bytes) -> tuple[dict[int, bytes], int]:
    """Return the objects of a PDF by number, and the number of its root."""
    end = int(one[one.rindex(b"startxref") + 9 :].split()[0])
    rows = one[end : one.rindex(b"trailer")].splitlines()[2:]
    places = {i: int(row[:10]) for i, row in enumerate(rows) if row[17:18] == b"n"}
    order = sorted(places, key=places.__getitem__)
    ends = [*(places[i] for i in order[1:]), end]
    found = {}
    for i, stop in zip(order, ends, strict=True):
        body = one[places[i] : stop]
        found[i] = body[body.index(b"obj\n") + 4 : body.rindex(b"\nendobj")]
    return found, _named(one[one.rindex(b"trailer") :], b"Root")


def _named(body: bytes, name: bytes) -> int:
    """Return the number of the (first) object that a dictionary has under a name."""
    found = re.search(rb"/%b \[? ?(\d+) 0 R" % name, body)
    assert found is not None, name
    return int(found[1])


def _split(body: bytes) -> tuple[bytes, bytes]:
    head, mark, stream = body.partition(_STREAM)
    return head, mark + stream


def _refers(body: bytes) -> bool:
    return any(found[1] for found in _REFERENCE.finditer(_split(body)[0]))


def _renumbered(body: bytes, number: dict[int, int]) -> bytes:
    head, stream = _split(body)

    def other(found: re.Match[bytes]) -> bytes:
        return b"%d 0 R" % number[int(found[1])] if found[1] else found[0]

    return _REFERENCE.sub(other, head) + stream
