"""What programs left unsaved that did not end properly: finding it, and getting it back.

:mod:`data.journal` says what there is in the folders and writes them.
"""

import contextlib
import datetime
import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from data import files, gpkg, processes
from data.content import book_of
from data.delta import Delta, applied
from data.files import Stamp
from data.plan import Book
from data.refused import Refused
from data.same import same_book

MANIFEST = "现状.json"
BROKEN = "读不出-"
FORMAT = 1


@dataclass(frozen=True)
class Recovery:
    """Unsaved work that a program left which did not end properly.

    ``path``: the plan file, None for a plan that was never saved; ``stamp``:
    what that file was like; ``when`` the last edit was written; ``edits`` since
    the last save. Discard it only after the recovered book is in a journal again.
    """

    folder: Path
    path: Path | None
    stamp: Stamp | None
    when: datetime.datetime
    edits: int
    title: str
    manifest: dict[str, Any]

    def book(self) -> Book:
        """Return the book as it was at the last edit. Raises Refused when it cannot be read."""
        try:
            return _book(self.folder, self.manifest)
        except (*files.DAMAGE, OSError, Refused) as error:
            raise Refused(f"{self.describe()}但备份已损坏,恢复不出来。") from error

    def file_changed(self) -> bool:
        """True when the plan file is no longer the one the edits were made on."""
        if self.path is None or self.stamp is None:
            return False
        return not files.same_file(self.path, self.stamp)

    def describe(self) -> str:
        """Return in one sentence which plan, when, and how much."""
        what = f"“{self.path.name}”({self.path.parent})" if self.path else f"新规划“{self.title}”"
        text = f"{what}有 {self.edits} 步修改没有保存,最后一次在 {self.when:%Y-%m-%d %H:%M:%S}。"
        if self.path is not None and not self.path.exists():
            return f"{text}原文件已不在原处。"
        return f"{text}这个文件后来又被改动过。" if self.file_changed() else text

    def discard(self) -> None:
        """Give the unsaved work up."""
        remove(self.folder)


def _ignore(sentence: str) -> None:
    """Tell nobody."""


def recoverable(folder: Path, tell: Callable[[str], None] = _ignore) -> list[Recovery]:
    """Return what programs left unsaved that no longer run, latest first.

    What is in its plan file after all is cleared away. What cannot be read is
    put aside and ``tell`` gets a sentence about it; it never stops the program.
    """
    found = []
    try:
        candidates = [p for p in folder.iterdir() if p.is_dir() and _left_behind(p.name)]
    except OSError:
        return []
    for place in candidates:
        if not (place / MANIFEST).exists():
            remove(place)  # killed before the first edit was written
            continue
        try:
            recovery = _recovery(place)
            in_file = _is_saved(recovery)
        except (*files.DAMAGE, OSError, Refused):
            _put_aside(place, tell)
            continue
        if in_file:
            recovery.discard()
        else:
            found.append(recovery)
    return sorted(found, key=lambda r: r.when, reverse=True)


def _left_behind(name: str) -> bool:
    """True for the folder of a process of this machine that no longer runs."""
    parts = name.split("-")
    if len(parts) != 4 or parts[0] != mark(processes.machine()) or not parts[1].isdecimal():
        return False
    born = processes.birth(int(parts[1]))
    return not born or mark(born) != parts[2]


def _recovery(place: Path) -> Recovery:
    told = json.loads((place / MANIFEST).read_text("utf-8"))
    if told["format"] > FORMAT:
        raise ValueError("written by a newer program")
    return Recovery(
        place,
        Path(told["path"]) if told["path"] else None,
        Stamp(**told["stamp"]) if told["stamp"] else None,
        datetime.datetime.fromisoformat(told["when"]),
        int(told["edits"]),
        str(told["title"]),
        told,
    )


def _is_saved(recovery: Recovery) -> bool:
    """True when the program died between saving and clearing its journal."""
    if recovery.path is None or not recovery.path.exists() or not recovery.file_changed():
        return False
    book = recovery.book()
    try:
        return same_book(files.load(recovery.path).book, book)
    except Refused:
        return False


def _book(folder: Path, told: dict[str, Any]) -> Book:
    base = files.load(folder / told["base"]).book if told["base"] else None
    frames: dict[str, gpd.GeoDataFrame] = {}

    def frame_at(where: dict[str, Any]) -> gpd.GeoDataFrame:
        if "base" in where:
            if base is None:
                raise ValueError("no base")
            plan, n = where["base"]
            return base.plans[plan].layers[n].frame
        if where["file"] not in frames:
            frame = _frame(folder / where["file"], where["note"])
            if "of" in where:
                frame = applied(frame_at(where["of"]), Delta(frame, where["removed"]))
            frames[where["file"]] = frame
        return frames[where["file"]]

    return book_of(told, frame_at)


def _frame(path: Path, note: gpkg.Note) -> gpd.GeoDataFrame:
    with contextlib.closing(sqlite3.connect(gpkg.uri(path, "mode=ro"), uri=True)) as db:
        return gpkg.read_table(db, "t", note)


def _put_aside(place: Path, tell: Callable[[str], None]) -> None:
    aside = place.with_name(f"{BROKEN}{place.name}")
    with contextlib.suppress(OSError):
        place.rename(aside)
    tell(f"有一份没有保存的修改读不出来,已放在“{aside}”,没有恢复。")


def remove(folder: Path) -> None:
    """Remove a journal; without its manifest nothing in the folder is taken for recoverable."""
    with contextlib.suppress(OSError):
        (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def mark(text: str) -> str:
    """Return a short mark of a text that may stand in a file name."""
    return f"{zlib.crc32(text.encode()):08x}"
