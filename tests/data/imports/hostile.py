"""Files that mean harm: the generator. Each must end in one sentence."""

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl

_SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main"><dimension ref="A1:C100000000"/><sheetData>{}</sheetData></worksheet>'
)
_ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 if n else str()};" * 12}">' for n in range(9))
    + "]>"
)


def hostile(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write every hostile file into a folder; yield what it is and its path."""
    yield "zip bomb", _zip_bomb(folder / "bomb.zip")
    yield "nested names", traversal(folder / "traversal.zip")
    yield "xlsx of 10^8 declared rows", _sheet(folder / "declared.xlsx", "")
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    near = '<row r="1"><c r="A1"><v>1</v></c></row>'
    yield "xlsx with a cell at the far end", _sheet(folder / "far.xlsx", near + far)
    yield "xlsx bomb", _sheet(folder / "bomb.xlsx", "<row/>" + " " * 120_000_000)
    yield "dbf of 10^8 declared rows", _dbf(folder / "rows.dbf")
    yield "shp of a huge declared size", _shp(folder / "huge.shp")
    kml = f'{_ENTITIES}<kml xmlns="http://www.opengis.net/kml/2.2"><name>&a8;</name></kml>'
    yield "entity bomb in KML", _text(folder / "entities.kml", kml)
    gpx = f'{_ENTITIES}<gpx version="1.1"><metadata><name>&a8;</name></metadata></gpx>'
    yield "entity bomb in GPX", _text(folder / "entities.gpx", gpx)
    wide = f"{_ENTITIES}<kml><name>&a8;</name></kml>".encode("utf-16")
    yield "entity bomb in UTF-16", _bytes(folder / "wide.kml", wide)
    steal = '<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml><name>&x;</name></kml>'
    yield "external entity", _text(folder / "external.kml", steal)
    yield "deep JSON", _text(folder / "deep.geojson", '{"type":' + "[" * 500_000)
    yield (
        "deep polygons",
        _text(
            folder / "nested.geojson",
            '{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":'
            + "[" * 20_000
            + "]" * 20_000
            + "}}",
        ),
    )
    yield "one endless line", _bytes(folder / "line.csv", b"a" * 8_000_000)
    yield "endless quotes", _bytes(folder / "quotes.csv", b'name,lon,lat\n"' + b"x,\n" * 800_000)
    yield (
        "too many columns",
        _bytes(folder / "columns.csv", b"lon,lat" + b",a" * 500_000 + b"\n1,2"),
    )
    yield "huge TIFF", _tiff(folder / "huge.tif")
    yield "empty", _bytes(folder / "empty.xlsx", b"")
    yield "only zeros", _bytes(folder / "zeros.csv", bytes(100_000))


def _bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _text(path: Path, text: str) -> Path:
    return _bytes(path, text.encode())


def _zip_bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("a.csv", b"0" * 120_000_000)
    return path


def traversal(path: Path) -> Path:
    """An archive whose names lead outside."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../evil.csv", "/tmp/evil.csv", "..\\..\\evil.csv", "C:\\evil.csv"):
            archive.writestr(name, "x")
    return path


def _sheet(path: Path, inner: str) -> Path:
    """A workbook in order but for its one sheet."""
    whole = io.BytesIO()
    openpyxl.Workbook().save(whole)
    with (
        zipfile.ZipFile(whole) as good,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name in good.namelist():
            if name == "xl/worksheets/sheet1.xml":
                archive.writestr(name, _SHEET.format(inner))
            else:
                archive.writestr(name, good.read(name))
    return path


def _dbf(path: Path) -> Path:
    head = struct.pack("<BBBBIHH20x", 3, 126, 1, 1, 100_000_000, 65, 41)
    field = struct.pack("<11sc4xBB14x", b"NAME", b"C", 40, 0)
    return _bytes(path, head + field + b"\r" + b" " * 41)


def _shp(path: Path) -> Path:
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 2_000_000_000) + struct.pack(
        "<2i8d", 1000, 5, *[0.0] * 8
    )
    body = struct.pack(">2i", 1, 1_000_000_000) + struct.pack(
        "<i4d2i", 5, 0, 0, 1, 1, 500_000_000, 2_000_000_000
    )
    return _bytes(path, head + body)


def _tiff(path: Path) -> Path:
    """A TIFF that declares 2^31 × 2^31 cells in one strip."""
    out = io.BytesIO()
    tags = [(256, 4, 2**31 - 1), (257, 4, 2**31 - 1), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 200), (277, 3, 1), (278, 4, 2**31 - 1), (279, 4, 100)]
    out.write(struct.pack("<2sHIH", b"II", 42, 8, len(tags)))
    for tag, sort, value in tags:
        out.write(struct.pack("<HHII", tag, sort, 1, value))
    out.write(struct.pack("<I", 0) + bytes(400))
    return _bytes(path, out.getvalue())
