"""What a file was found to hold, before any judgement: columns of cells, shapes, what it says.

A :class:`Source` crosses from the reading process to this one through a folder of plain
arrays and JSON (never pickled objects: the reading process had a stranger's file in hand).
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data.imports.encoding import Guess
from data.pieces import in_pieces

Cells = npt.NDArray[Any]
"""One column: an object array of str ("" for missing), or a float array (NaN for missing)."""

_META, _ARRAYS = "source.json", "source.npz"
_FARTHEST = 1e12
"""Coordinates beyond are none, in whatever unit: millimetres around the globe are 4e10."""


@dataclass(frozen=True, eq=False)
class Source:
    """One table or layer of a file.

    ``columns``: heading → cells, all of the same length. ``rows``: the number of each row
    as its program shows it (line of a sheet, number of a feature). ``shapes``: object
    array of geometries (None where a row has none), or None for a table without any.
    ``crs``: what the file says about its coordinates ("" for nothing), WKT or a code.
    ``crs_fixed``: the format allows no other (KML, GPX …). ``raw``: the bytes of column
    names and a few cells, from which the encoding was decided. ``cell``: grid cell in
    metres when the points are a raster's. ``notes``: what was done on reading.
    ``left_out``: rows the file has that were refused while reading (number, reason).
    ``part``: the heading under which each row's sheet stands, when several were put together
    (their rows keep their own numbers). ``service``: the map service whose answer the file is.
    """

    name: str
    format: str
    columns: dict[str, Cells]
    rows: npt.NDArray[np.int64]
    shapes: npt.NDArray[Any] | None = None
    crs: str = ""
    crs_fixed: bool = False
    encoding: Guess = field(default_factory=lambda: Guess("UTF-8", 1.0))
    raw: tuple[bytes, ...] = ()
    cut: bool = False
    cell: float = 0.0
    basis: str = ""
    notes: tuple[str, ...] = ()
    left_out: tuple[tuple[int, str], ...] = ()
    part: str = ""
    service: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def headings(self) -> list[str]:
        return list(self.columns)

    def text(self, heading: str, place: int) -> str:
        """Return one cell as text, "" for a missing one."""
        return cell_text(self.columns[heading][place])

    def take(self, keep: npt.NDArray[Any]) -> "Source":
        """Return the source with only some rows (mask or positions)."""
        columns = {name: cells[keep] for name, cells in self.columns.items()}
        shapes = None if self.shapes is None else self.shapes[keep]
        return replace(self, columns=columns, rows=self.rows[keep], shapes=shapes)


def cell_text(value: Any) -> str:
    """Return a cell as text: no idle “.0”, "" for a missing one."""
    if isinstance(value, float | np.floating):
        if value != value:
            return ""
        number = float(value)
        whole = abs(number) < 1e15 and number == int(number)
        return str(int(number)) if whole else repr(number)
    return str(value)


def hand_over(sources: list[Source], folder: Path) -> None:
    """Write sources into a folder, for the process that asked."""
    for n, source in enumerate(sources):
        own = folder / str(n)
        own.mkdir()
        _write(source, own)


def take_over(folder: Path) -> list[Source]:
    """Read what :func:`hand_over` wrote."""
    return [_read(own) for own in sorted(folder.iterdir(), key=lambda p: int(p.name))]


def _write(source: Source, folder: Path) -> None:
    arrays: dict[str, Any] = {"rows": source.rows}
    kinds = []
    for n, cells in enumerate(source.columns.values()):
        if cells.dtype == object:
            # One long text is far quicker to write and to split than a list of JSON strings.
            joined = "\0".join(str(v).replace("\0", "") for v in cells)
            arrays[f"c{n}"] = np.frombuffer(joined.encode("utf-8", "replace"), dtype=np.uint8)
            kinds.append("text")
        else:
            arrays[f"c{n}"] = cells.astype(float)
            kinds.append("number")
    if source.shapes is not None:
        packed = shapely.to_wkb(source.shapes)
        present = np.array([p is not None for p in packed], dtype=bool)
        arrays["present"] = present
        arrays["sizes"] = np.array([len(p) for p in packed if p is not None], dtype=np.int64)
        arrays["wkb"] = np.frombuffer(b"".join(p for p in packed if p is not None), dtype=np.uint8)
    meta = {
        "name": source.name,
        "format": source.format,
        "headings": source.headings,
        "kinds": kinds,
        "crs": source.crs,
        "crs_fixed": source.crs_fixed,
        "encoding": [source.encoding.name, source.encoding.sure, source.encoding.declared],
        "raw": [piece.hex() for piece in source.raw],
        "cut": source.cut,
        "cell": source.cell,
        "basis": source.basis,
        "notes": source.notes,
        "left_out": source.left_out,
        "service": source.service,
    }
    np.savez(folder / _ARRAYS, **arrays)
    (folder / _META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")


def _read(folder: Path) -> Source:
    meta = json.loads((folder / _META).read_text(encoding="utf-8"))
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        rows = arrays["rows"]
        columns: dict[str, Cells] = {}
        for n, (heading, sort) in enumerate(zip(meta["headings"], meta["kinds"], strict=True)):
            cells = arrays[f"c{n}"]
            if sort == "text":
                words = cells.tobytes().decode("utf-8").split("\0") if len(rows) else []
                cells = np.empty(len(words), dtype=object)
                cells[:] = words
            else:
                cells = np.where(np.isfinite(cells), cells, np.nan)
            columns[heading] = cells
        shapes, nowhere = _shapes(arrays) if "wkb" in arrays else (None, 0)
    notes = [f"{nowhere:,} 个图形的坐标大得不是任何地方,当作没有图形"] if nowhere else []
    return Source(
        meta["name"],
        meta["format"],
        columns,
        rows,
        shapes,
        meta["crs"],
        meta["crs_fixed"],
        Guess(*meta["encoding"]),
        tuple(bytes.fromhex(piece) for piece in meta["raw"]),
        meta["cut"],
        meta["cell"],
        meta["basis"],
        (*meta["notes"], *notes),
        tuple((int(row), str(why)) for row, why in meta["left_out"]),
        service=meta["service"],
    )


def _shapes(arrays: Any) -> tuple[npt.NDArray[Any], int]:
    """Return the shapes, None for those that lie nowhere, and how many these are.

    One endless coordinate would end every computation over all rows.
    """
    present, packed = arrays["present"], arrays["wkb"].tobytes()
    ends = np.cumsum(arrays["sizes"])
    starts = ends - arrays["sizes"]
    pieces = [packed[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    out = np.full(len(present), None, dtype=object)
    out[present] = in_pieces(shapely.from_wkb, pieces)
    xy, owner = shapely.get_coordinates(out, return_index=True)
    with np.errstate(invalid="ignore"):
        nowhere = np.unique(owner[~(np.abs(xy) < _FARTHEST).all(axis=1)])
    out[nowhere] = None
    return out, len(nowhere)
