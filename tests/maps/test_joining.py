"""PDFs by our own hand: letters that read back, pages joined without a loose end."""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from maps.drawing import lettering, pdf, symbols
from maps.drawing.joining import join
from maps.drawing.paper import Box
from maps.drawing.pen import Pen

HAN = "".join(chr(0x4E00 + i) for i in range(700))


def drawn(words: str, seed: int = 0) -> Pen:
    pen = Pen(60.0, 40.0)
    cells = np.random.default_rng(seed).integers(0, 256, (3, 4, 4), dtype=np.uint8)
    pen.picture(cells, Box(5.0, 5.0, 25.0, 20.0))
    pen.symbols(symbols.symbol("depot"), np.array([[30.0, 20.0], [40.0, 25.0]]), 5.0)
    pen.text(5.0, 30.0, words, 8.0, halo="#ffffff")
    pen.text(5.0, 35.0, words[:9], 8.0, bold=True, angle=30.0)
    return pen


def objects(raw: bytes) -> dict[int, bytes]:
    """The objects as the table at the end says; it must be right to the byte."""
    start = int(raw[raw.rindex(b"startxref") :].split()[1])
    lines = raw[start:].split(b"\n")
    assert lines[0] == b"xref"
    count = int(lines[1].split()[1])
    found = {}
    for number in range(1, count):
        row = lines[2 + number]
        assert len(row) == 19
        at = int(row[:10])
        head = b"%d 0 obj\n" % number
        assert raw[at : at + len(head)] == head
        found[number] = raw[at + len(head) : raw.index(b"endobj", at)]
    return found


def contents(raw: bytes) -> list[bytes]:
    """The commands of every page, in order."""
    held = objects(raw)
    (tree,) = (one for one in held.values() if re.search(rb"/Type /Pages\b", one))
    kids = re.search(rb"/Kids \[ ([^\]]*)\]", tree)
    assert kids is not None
    out = []
    for page in re.findall(rb"(\d+) 0 R", kids[1]):
        body = held[int(page)]
        where = re.search(rb"/Contents (\d+) 0 R", body)
        assert where is not None
        stream = held[int(where[1])].partition(b"\nstream\n")[2]
        out.append(zlib.decompress(stream[: stream.rindex(b"\nendstream")]))
    return out


def test_joined_pages_are_the_pages_and_every_reference_is_held(tmp_path: Path) -> None:
    # Titles that look like references and ends of objects must not be taken for such.
    titles = ("甲(3 0 R)", r"5 0 R \) endobj", "丙")
    pens = [drawn(words, i) for i, words in enumerate((HAN[:300], "库房 G16", "库房 (示意)"))]
    pages = [pdf.page(pen, title) for pen, title in zip(pens, titles, strict=True)]
    join(pages, tmp_path / "册.pdf", "册 7 0 R (一)")
    raw = (tmp_path / "册.pdf").read_bytes()
    assert contents(raw) == [contents(one)[0] for one in pages]
    held = objects(raw)
    for body in held.values():
        head = re.sub(rb"\((?:[^\\()]|\\.)*\)", b"", body.partition(b"\nstream\n")[0])
        assert {int(n) for n in re.findall(rb"(\d+) 0 R", head)} <= set(held)
    # What pages share is held once: a symbol's forms, a letter's glyph.
    streams = [one for one in held.values() if b"/Form" in one or b" d1" in one]
    assert len(streams) == len(set(streams))
    assert sum(map(len, pages)) > len(raw)


def test_a_page_holds_more_letters_than_one_font_and_all_read_back() -> None:
    raw = pdf.page(drawn(HAN), "字")
    meanings = {}
    for body in objects(raw).values():
        if b"/Type3" not in body:
            continue
        widths = re.search(rb"/Widths \[ ([^\]]*)\]", body)
        last = re.search(rb"/LastChar (\d+)", body)
        read = re.search(rb"/ToUnicode (\d+) 0 R", body)
        assert widths is not None
        assert last is not None
        assert read is not None
        stream = objects(raw)[int(read[1])].partition(b"stream\n")[2]
        table = zlib.decompress(stream[: stream.rindex(b"\nendstream")])
        said = re.findall(rb"<([0-9a-f]{4,})>", table.split(b"beginbfrange")[1])
        letters = [bytes.fromhex(one.decode()).decode("utf-16be") for one in said]
        assert len(letters) == int(last[1]) + 1 <= 256
        wide = [int(one) for one in widths[1].split()]
        meanings.update(zip(letters, wide, strict=True))
    assert set(HAN) <= set(meanings)
    for letter, wide in meanings.items():
        em = lettering.width(letter, 1000.0, False) / lettering.MM_PER_POINT
        assert wide == pytest.approx(em, abs=40 if letter.isascii() else 1)


def test_the_same_page_is_the_same_file_and_the_pen_is_as_before() -> None:
    pen = drawn("库房 G16")
    pen.figure.set_dpi(131)
    first = pdf.page(pen, "甲")
    assert pdf.page(pen, "甲") == first == pdf.page(drawn("库房 G16"), "甲")
    assert pen.figure.get_dpi() == 131
