"""The parts of WordprocessingML that python-docx has no words for: fields, bookmarks, fonts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn


def element(name: str, /, **attributes: Any) -> Any:
    """Return ``<w:name w:attribute="…"/>``."""
    out = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        out.set(qn(f"w:{key}"), str(value))
    return out


def field(paragraph: Any, code: str, shown: str, style: str | None = None) -> None:
    """Add a field with what it shows until it is brought up to date."""
    _mark(paragraph, "begin")
    run = paragraph.add_run()
    text = element("instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {code} "
    run._r.append(text)
    _mark(paragraph, "separate")
    paragraph.add_run(shown, style)
    _mark(paragraph, "end")


def open_field(paragraph: Any, code: str) -> None:
    """Begin a field whose result spans paragraphs; :func:`close_field` ends it."""
    _mark(paragraph, "begin")
    run = paragraph.add_run()
    text = element("instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {code} "
    run._r.append(text)
    _mark(paragraph, "separate")


def close_field(paragraph: Any) -> None:
    """End the field begun by :func:`open_field`."""
    _mark(paragraph, "end")


def _mark(paragraph: Any, kind: str) -> None:
    paragraph.add_run()._r.append(element("fldChar", fldCharType=kind))


_JOINT = re.compile(r"(?<=[A-Z])-(?=\d)|(?<=[A-Z]-\d\d\d)-(?=\d)")
"""The hyphens of a target's number: CF-038-2."""


def keep_numbers_whole(body: Any) -> None:
    """Let no line end inside a target's number (CF-038-2): its hyphens become such that hold."""
    for text in list(body.iter(qn("w:t"))):
        first, *rest = _JOINT.split(text.text or "")
        if not rest:
            continue
        text.text = first
        text.set(qn("xml:space"), "preserve")
        last = text
        for words in rest:
            for one in (element("noBreakHyphen"), element("t")):
                last.addnext(one)
                last = one
            last.text = words
            last.set(qn("xml:space"), "preserve")


class Bookmarks:
    """Numbers bookmarks through a document and keeps their names unique."""

    def __init__(self) -> None:
        self._count = 0
        self._used: dict[str, int] = {}

    def name(self, wanted: str) -> str:
        """Return the name, with “_2”, “_3” … where it is used again."""
        n = self._used[wanted] = self._used.get(wanted, 0) + 1
        return wanted if n == 1 else f"{wanted}_{n}"

    @contextmanager
    def around(self, paragraph: Any, wanted: str) -> Iterator[None]:
        """Put a bookmark around the runs added inside the block."""
        self._count += 1
        number = self._count
        paragraph._p.append(element("bookmarkStart", id=number, name=self.name(wanted)))
        yield
        paragraph._p.append(element("bookmarkEnd", id=number))


def link(paragraph: Any, anchor: str) -> Any:
    """Return a hyperlink element to a bookmark, already in the paragraph; runs go into it."""
    out = element("hyperlink", anchor=anchor, history="1")
    paragraph._p.append(out)
    return out


def east_asian(font_owner: Any, name: str, latin: str = "Times New Roman") -> None:
    """Set the Han and the Latin font of a style or run."""
    font_owner.font.name = latin
    properties = font_owner._element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:ascii"), latin)
    fonts.set(qn("w:hAnsi"), latin)
    fonts.set(qn("w:eastAsia"), name)
