"""A page as a picture, drawn and written in horizontal bands, so that memory stays bounded.

A0 at 300 dpi is 14 043 × 9 933 pixels: as one RGBA buffer half a gigabyte, and as much again
for every copy made of it. Here a band of at most :data:`BAND_PIXELS` is drawn, encoded,
written and forgotten. PNG and TIFF both take rows as they come.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from data.progress import Report
from maps.drawing.pen import Pen

BAND_PIXELS = 24_000_000

_PNG = b"\x89PNG\r\n\x1a\n"
Pixels = npt.NDArray[np.uint8]


def size(pen: Pen, dpi: float) -> tuple[int, int]:
    """Return the page's width and height in pixels."""
    return round(pen.width / 25.4 * dpi), round(pen.height / 25.4 * dpi)


def bands(pen: Pen, dpi: float, report: Report, most: int = BAND_PIXELS) -> Iterator[Pixels]:
    """Yield the page from the top as arrays (rows, width, 3), RGB."""
    width, height = size(pen, dpi)
    rows = max(1, min(height, most // width))
    figure = pen.figure
    figure.set_dpi(dpi)
    mm = 25.4 / dpi
    try:
        for top in range(0, height, rows):
            report(top / height, "正在画图…")
            tall = min(rows, height - top)
            figure.set_size_inches(width / dpi, tall / dpi)
            pen.begin_at(pen.height - (top + tall) * mm)
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            drawn = np.asarray(canvas.buffer_rgba())
            # The page is opaque: alpha is 255 everywhere and need not be kept.
            yield np.ascontiguousarray(drawn[:, :, :3])
    finally:
        figure.set_size_inches(pen.width / 25.4, pen.height / 25.4)
        pen.begin_at(0.0)


def pixels(pen: Pen, dpi: float, report: Report) -> Pixels:
    """Return the whole page as an array (rows, columns, 3): what a PNG of it would hold."""
    return np.concatenate(list(bands(pen, dpi, report)))


def write_png(path: Path, pen: Pen, dpi: float, words: dict[str, str], report: Report) -> None:
    """Write the page as PNG, 24-bit colour, with its resolution and ``words`` as text."""
    width, height = size(pen, dpi)
    with path.open("wb") as file:
        file.write(_PNG)
        _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        per_metre = round(dpi / 0.0254)
        _chunk(file, b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
        for key, value in words.items():
            text = key.encode("latin-1") + b"\0\0\0\0\0" + value.encode("utf-8")
            _chunk(file, b"iTXt", text)
        packer = zlib.compressobj(4)
        before = np.zeros(width * 3, np.uint8)
        for band in bands(pen, dpi, report):
            flat = band.reshape(len(band), -1)
            # Filter 2 (“up”): rows of a map are mostly like the one above.
            lines = np.empty((len(flat), width * 3 + 1), np.uint8)
            lines[:, 0] = 2
            lines[0, 1:] = flat[0] - before
            np.subtract(flat[1:], flat[:-1], out=lines[1:, 1:])
            before = flat[-1].copy()
            data = packer.compress(lines.data.cast("B"))
            if data:
                _chunk(file, b"IDAT", data)
        _chunk(file, b"IDAT", packer.flush())
        _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


_STRIP_ROWS = 64


def write_tiff(path: Path, pen: Pen, dpi: float, words: dict[str, str], report: Report) -> None:
    """Write the page as baseline TIFF (RGB, deflate, strips of 64 rows) with its resolution."""
    width, height = size(pen, dpi)
    with path.open("wb") as file:
        file.write(b"II*\0\0\0\0\0")
        offsets: list[int] = []
        counts: list[int] = []
        rest = np.empty((0, width, 3), np.uint8)
        for band in bands(pen, dpi, report):
            rest = np.concatenate([rest, band])
            whole = len(rest) - len(rest) % _STRIP_ROWS
            for row in range(0, whole, _STRIP_ROWS):
                _strip(file, rest[row : row + _STRIP_ROWS], offsets, counts)
            rest = rest[whole:].copy()
        if len(rest):
            _strip(file, rest, offsets, counts)
        _directory(file, width, height, dpi, words, offsets, counts)


def _strip(file: BinaryIO, rows: Pixels, offsets: list[int], counts: list[int]) -> None:
    # Predictor 2: each pixel minus the one on its left.
    changed = rows.copy()
    changed[:, 1:] -= rows[:, :-1]
    data = zlib.compress(changed.tobytes(), 4)
    offsets.append(file.tell())
    counts.append(len(data))
    file.write(data)


def _directory(
    file: BinaryIO,
    width: int,
    height: int,
    dpi: float,
    words: dict[str, str],
    offsets: list[int],
    counts: list[int],
) -> None:
    short, long, ratio, text = 3, 4, 5, 2
    description = words.get("Title", "").encode() + b"\0"
    software = words.get("Software", "").encode() + b"\0"
    resolution = struct.pack("<II", round(dpi * 1000), 1000)
    entries: list[tuple[int, int, int, bytes]] = [
        (256, long, 1, struct.pack("<I", width)),
        (257, long, 1, struct.pack("<I", height)),
        (258, short, 3, struct.pack("<HHH", 8, 8, 8)),
        (259, short, 1, struct.pack("<H", 8)),
        (262, short, 1, struct.pack("<H", 2)),
        (270, text, len(description), description),
        (273, long, len(offsets), struct.pack(f"<{len(offsets)}I", *offsets)),
        (277, short, 1, struct.pack("<H", 3)),
        (278, long, 1, struct.pack("<I", _STRIP_ROWS)),
        (279, long, len(counts), struct.pack(f"<{len(counts)}I", *counts)),
        (282, ratio, 1, resolution),
        (283, ratio, 1, resolution),
        (296, short, 1, struct.pack("<H", 2)),
        (305, text, len(software), software),
        (317, short, 1, struct.pack("<H", 2)),
    ]
    out: list[bytes] = []
    for tag, kind, count, data in entries:
        if len(data) > 4:
            file.write(b"\0" * (file.tell() % 2))
            place = struct.pack("<I", file.tell())
            file.write(data)
        else:
            place = data.ljust(4, b"\0")
        out.append(struct.pack("<HHI", tag, kind, count) + place)
    file.write(b"\0" * (file.tell() % 2))
    start = file.tell()
    file.write(struct.pack("<H", len(out)) + b"".join(out) + b"\0\0\0\0")
    file.seek(4)
    file.write(struct.pack("<I", start))
