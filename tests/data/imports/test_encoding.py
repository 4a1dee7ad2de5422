"""Encodings decided from bytes: a corpus of real place names over all formats, 99 % right."""

import random

import pytest

from data.boundaries import districts
from data.imports.encoding import Guess, chosen, decide, decode, named
from data.imports.reading import ReadAsk, read
from data.imports.tables import read_text
from data.refused import Refused
from tests.data.imports import corpus

TEXT = ("utf-8", "utf-8-sig", "gbk", "gb18030", "big5", "utf-16")
BYTES = ("utf-8", "gbk", "gb18030", "big5")
WRITERS = {
    "csv": (corpus.write_csv, TEXT),
    "tab": (lambda d, f, e: corpus.write_csv(d, f, e, "\t"), TEXT),
    "shp": (corpus.write_shp, BYTES),
    "bare shp": (lambda d, f, e: corpus.write_shp(d, f, e, bare=True), BYTES),
    "zip": (lambda d, f, e: corpus.write_zip(d, corpus.write_shp(d, f, e)), BYTES),
    "geojson": (corpus.write_text_json, TEXT),
    "kml": (corpus.write_kml, TEXT),
    "kmz": (corpus.write_kmz, TEXT),
    "gpx": (corpus.write_gpx, ("utf-8", "utf-8-sig", "gbk", "big5")),
    "dxf": (corpus.write_dxf, BYTES),
    "mif": (corpus.write_mif, BYTES),
    "mif said": (lambda d, f, e: corpus.write_mif(d, f, e, "WindowsSimpChinese"), ("gbk",)),
    "mif lies": (lambda d, f, e: corpus.write_mif(d, f, e, "WindowsLatin1"), ("gbk", "utf-8")),
    "xlsx": (corpus.write_xlsx, ("",)),
    "gpkg": (lambda d, f, e: corpus.write_with_gdal(d, f, "gpkg"), ("",)),
    "topojson": (lambda d, f, e: corpus.write_topojson(d, f), ("",)),
}


def readable(folder, writer, encoding, rows, seed):
    """Whether a file's names come back as they were, whole and without a spoiled character."""
    (folder / "work").mkdir(parents=True)
    frame = corpus.rows(rows, seed, traditional=encoding == "big5")
    path = writer(folder, frame, encoding)
    source = read(ReadAsk(path), folder / "work")[0]
    cells = [list(c) for c in source.columns.values() if c.dtype == object]
    spoiled = any("�" in text for column in cells for text in column)
    return list(frame.iloc[:, 0]) in cells and not spoiled


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
def test_99_of_100_files_are_read_right(tmp_path):
    seen, wrong = 0, []
    for name, (writer, encodings) in WRITERS.items():
        for encoding in encodings:
            for seed, rows in enumerate((1, 2, 5, 20)):
                folder = tmp_path / f"{name}{encoding}{seed}"
                if not readable(folder, writer, encoding, rows, seed * 7 + len(name)):
                    wrong.append((name, encoding, rows))
                seen += 1
    assert seen > 200
    assert len(wrong) <= 0.01 * seen, wrong


def test_names_of_every_county_alone():
    wrong = []
    for one in districts():
        for encoding in ("utf-8", "gbk"):
            found = decide([one.name.encode(encoding)])
            if decode(one.name.encode(encoding), found.name) != one.name:
                wrong.append((one.name, encoding, found))
    assert len(wrong) <= 0.005 * 2 * len(districts()), wrong[:20]


def test_rare_characters_are_gb18030():
    cells = [(n + corpus.FOUR_BYTE[0]).encode("gb18030") for n in corpus.names(5, 1)]
    found = decide(cells)
    assert found.name == "GB18030"
    assert decode(cells[0], found.name).endswith(corpus.FOUR_BYTE[0])


def test_a_lying_declaration_does_not_win():
    cells = [n.encode("gbk") for n in corpus.names(8, 2)]
    assert decide(cells, "UTF-8").name == "GBK"
    assert decide([n.encode() for n in corpus.names(8, 2)], "GBK").name == "UTF-8"


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "big5"])
def test_characters_cut_in_half_do_no_harm(encoding):
    r = random.Random(3)
    names = corpus.names(20, 4, traditional=encoding == "big5")
    cut = [n.encode(encoding)[: r.randrange(5, 12)] for n in names]
    found = decide(cut)
    assert (
        decode(cut[0], found.name, cut=True)
        == names[0][: len(decode(cut[0], found.name, cut=True))]
    )
    for name, piece in zip(names, cut, strict=True):
        text = decode(piece, found.name, cut=True)
        assert name.startswith(text)
        assert "�" not in text


def test_ascii_needs_no_decision():
    assert decide([b"name", b"lon"]) == Guess("UTF-8", 1.0)


def test_the_user_decides(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("名称,经度,纬度\n红山区,118.9,42.2\n".encode("gbk"))
    assert read_text(path)[0].encoding.name == "GBK"
    forced = read_text(path, "Big5")[0]
    assert forced.encoding == Guess("Big5", 1.0)
    assert "红山区" not in forced.columns[forced.headings[0]]


def test_unknown_encoding_is_refused():
    assert named("cp936") == "GBK"
    with pytest.raises(Refused, match="不认识的文字编码“火星文”"):
        chosen("火星文")


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_one_spoiled_byte_does_not_spoil_the_file(tmp_path, encoding):
    lines = [f"{name},118.9,42.2" for name in corpus.names(20, 6)]
    raw = bytearray("\n".join(["名称,经度,纬度", *lines]).encode(encoding))
    raw[raw.index(lines[9].encode(encoding)) + 1] = 0x20
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    found = read_text(path)[0]
    right = [name for name in found.columns["名称"] if f"{name},118.9,42.2" in lines]
    assert len(right) == 19


def test_a_page_of_ascii_before_the_first_chinese_word(tmp_path):
    path = tmp_path / "a.csv"
    head = "name,lon,lat\n" + "abc,118.9,42.2\n" * 40_000
    path.write_bytes((head + "红山区避难场所,118.9,42.2\n").encode("gbk"))
    found = read_text(path)[0]
    assert found.encoding.name == "GBK"
    assert found.columns["name"][-1] == "红山区避难场所"
