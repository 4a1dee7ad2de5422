"""What is not saved yet, kept so that a killed program loses at most a moment of it.

    <folder>/<machine>-<process>-<birth>-<token>/     one per open plan, only while unsaved
        base-1.gpkg      the user's file as it was when the first edit was made
        2.gpkg, 5.gpkg   one file per layer that is not in the base (of a large one: the difference)
        现状.json         the manifest: scenarios → layers → where their features are

After each edit a thread writes the layers that are not there yet (by identity)
and then puts a new manifest in the place of the old one. The user's own file
is only read. :mod:`data.recovery` finds what dead programs left.
"""

import contextlib
import datetime
import json
import os
import secrets
import shutil
import sqlite3
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from data import beside, files, gpkg, processes
from data.content import content_of
from data.delta import difference
from data.files import Stamp
from data.plan import Book, Layer, Plan
from data.recovery import FORMAT, MANIFEST, mark, remove
from data.refused import Refused


def state_folder() -> Path:
    """Return where this user's journals are: the system's place for such things."""
    home = Path.home()
    if os.name == "nt":
        place = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        place = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return place / "yingji-buju" / "未保存"


Place = dict[str, Any]
"""Where a frame is: {"base": [scenario, layer]}, {"file", "note"}, or for a large layer of which
a little changed {"file", "note", "of": another place, "removed": ids}."""

LARGE = 5000
"""Features from which on only the difference is written: more take too long to write whole."""


@dataclass(frozen=True)
class _Saved:
    """A book that is in a file: the file, its stamp, and where each frame is in the book."""

    book: Book
    path: Path
    stamp: Stamp

    def places(self) -> dict[int, Place]:
        return {
            id(layer.frame): {"base": [p, n]}
            for p, plan in enumerate(self.book.plans)
            for n, layer in enumerate(plan)
        }


class Journal:
    """Keeps one open book recoverable. Owned by whoever opened it; stop it with :meth:`close`.

    ``folder``: :func:`state_folder`, or another place. ``path``: the plan file,
    None for a new plan. Say :meth:`saved` right after opening, if the book is
    in a file, and after each save; say :meth:`record` after each edit, undo and redo.
    Before a save (and off the GUI thread) :meth:`flush`: so the journal is never behind the file.
    ``trouble`` is a sentence while nothing can be written (e.g. the disk is full), else "".
    """

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        own = processes.birth(os.getpid())
        name = f"{mark(processes.machine())}-{os.getpid()}-{mark(own)}-{secrets.token_hex(4)}"
        self.folder = folder / name
        self.path = path
        self.trouble = ""
        self._change = threading.Condition()
        self._book: Book | None = None
        self._saved: _Saved | None = None
        self._edits = 0
        self._asked = self._done = 0
        self._closing = False
        self._thread: threading.Thread | None = None
        # The rest belongs to the thread.
        self._base: tuple[_Saved, str, dict[int, Place]] | None = None
        self._written: dict[int, tuple[gpd.GeoDataFrame, Place]] = {}
        self._whole: dict[tuple[str, str], tuple[gpd.GeoDataFrame, Place]] = {}
        self._number = 0

    def saved(self, book: Book, stamp: Stamp, path: Path | None = None) -> None:
        """The file (another one, if ``path`` is given) now holds ``book``."""
        with self._change:
            self.path = path or self.path
            if self.path is None:
                raise ValueError("a saved book has a path")
            self._saved = _Saved(book, self.path, stamp)
            current = self._book if self._book is not None else book
            self._edits = 0 if current is book else 1
            self._ask(current)

    def record(self, book: Book) -> None:
        """``book`` is what the user sees now. Returns at once; written within half a second."""
        with self._change:
            self._edits += 1
            self._ask(book)

    def flush(self) -> None:
        """Wait until everything told so far is on the disk (or ``trouble`` says why not)."""
        with self._change:
            wanted = self._asked
            while self._done < wanted and self._thread is not None and self._thread.is_alive():
                self._change.wait(0.1)

    def close(self, discard: bool = False) -> None:
        """Finish writing and stop the thread.

        What is unsaved stays recoverable, unless the user gave it up (``discard``).
        """
        with self._change:
            self._closing = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if discard or self._nothing_unsaved():
            self._clear()

    def _nothing_unsaved(self) -> bool:
        return self._book is None or (self._saved is not None and self._book is self._saved.book)

    def _ask(self, book: Book) -> None:
        self._book = book
        self._asked += 1
        if self._thread is None and not self._closing and not self._nothing_unsaved():
            self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
            self._thread.start()
        self._change.notify_all()

    # -- in the thread

    def _work(self) -> None:
        while True:
            with self._change:
                while self._asked == self._done and not self._closing:
                    self._change.wait()
                if self._asked == self._done:
                    return
                asked, book, saved, edits = self._asked, self._book, self._saved, self._edits
            try:
                if book is None or (saved is not None and book is saved.book):
                    self._clear()
                else:
                    self._write(book, saved, edits)
                self.trouble = ""
            except (OSError, sqlite3.Error, UnicodeEncodeError, Refused) as error:
                why = beside.reason(error) if isinstance(error, OSError) else str(error)
                self.trouble = f"未保存的修改暂时无法备份:{why}。请尽快保存规划。"
            except BaseException:  # a bug: told by the thread's own hook
                self.trouble = "未保存的修改无法备份,程序出错了。请尽快保存规划。"
                raise
            with self._change:
                self._done = asked
                self._change.notify_all()

    def _write(self, book: Book, saved: _Saved | None, edits: int) -> None:
        if not self.folder.exists():  # the first time, or somebody tidied up
            self.folder.mkdir(parents=True)
            self._forget()
        self._copy_base(saved)
        used: dict[int, tuple[gpd.GeoDataFrame, Place]] = {}

        def place(layer: Layer, _: Plan) -> Place:
            where = self._place(layer)
            if "base" not in where:
                used[id(layer.frame)] = (layer.frame, where)
            return where

        manifest = {
            "format": FORMAT,
            "path": str(self.path.absolute()) if self.path else None,
            "stamp": asdict(saved.stamp) if saved else None,
            **content_of(book, place),
            "base": self._base[1] if self._base else None,
            "when": datetime.datetime.now().isoformat(timespec="milliseconds"),
            "edits": edits,
        }
        with beside.replacing(self.folder / MANIFEST) as written:
            written.write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
        self._written = used
        self._sweep()

    def _copy_base(self, saved: _Saved | None) -> None:
        """Copy the user's file once after each save, if it is still what was saved."""
        if saved is None or (self._base is not None and self._base[0] is saved):
            return
        self._base = None
        self._whole = {k: v for k, v in self._whole.items() if "base" not in v[1]}
        name = f"base-{self._next()}.gpkg"
        copy = self.folder / name
        try:
            shutil.copyfile(saved.path, copy)
            beside.flush(copy)
            whole = files.stamp_of(copy).sha256 == saved.stamp.sha256
            # With another program's log beside it the file alone is not what was loaded.
            whole = whole and not os.path.exists(f"{saved.path}-wal")
        except FileNotFoundError:  # moved or deleted by the user
            whole = False
        if whole:
            places = saved.places()
            self._base = (saved, name, places)
            for layer in (layer for plan in saved.book.plans for layer in plan):
                self._whole[layer.kind_name, layer.name] = (layer.frame, places[id(layer.frame)])

    def _place(self, layer: Layer) -> Place:
        """Return where the frame of a layer is, writing it if it is nowhere yet."""
        key = id(layer.frame)
        if self._base is not None and key in self._base[2]:
            return self._base[2][key]
        if key not in self._written:
            # The frame is kept too: its id would come back once it is gone.
            self._written[key] = (layer.frame, self._write_frame(layer))
        return self._written[key][1]

    def _write_frame(self, layer: Layer) -> Place:
        """Write a frame, of a large one only what differs from one that is there as a whole."""
        frame, key = layer.frame, (layer.kind_name, layer.name)
        delta, of = None, None
        if len(frame) >= LARGE and key in self._whole:
            whole, of = self._whole[key]
            delta = difference(whole, frame)
        if delta is not None and len(delta.rows) <= len(frame) / 4:
            where = self._write_file(layer.with_frame(delta.rows))
            return {**where, "of": of, "removed": delta.removed}
        where = self._write_file(layer)
        self._whole[key] = (frame, where)
        return where

    def _write_file(self, layer: Layer) -> Place:
        name = f"{self._next()}.gpkg"
        path = self.folder / name
        path.touch()
        with gpkg.writing(path) as db:
            note = gpkg.write_table(db, "t", layer.frame, layer.kind)
        beside.flush(path)
        return {"file": name, "note": note}

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _sweep(self) -> None:
        """Remove the files that the manifest no longer speaks of."""
        places = [where for _, where in self._written.values()]
        places += [where["of"] for where in places if "of" in where]
        keep = {MANIFEST, *(where["file"] for where in places if "file" in where)}
        if self._base is not None:
            keep.add(self._base[1])
        for path in self.folder.iterdir():
            if path.name not in keep:
                with contextlib.suppress(OSError):
                    path.unlink()
        self._whole = {
            key: (frame, where)
            for key, (frame, where) in self._whole.items()
            if "base" in where or where["file"] in keep
        }

    def _clear(self) -> None:
        self._forget()
        remove(self.folder)

    def _forget(self) -> None:
        self._base, self._written, self._whole = None, {}, {}
