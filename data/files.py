"""One plan file: a GeoPackage that other programs open, ⇄ a :class:`~data.plan.Book`.

    应用_规划          格式 | 标题 | 规划 (JSON: scenarios → layers → tables, looks, bases, facts)
    行政区, 储备库 …    one feature table per layer, Chinese columns, fid = feature id
    储备库@方案一       the table of a layer that a scenario has in its own version

A layer that several scenarios share is stored once and is one object again
after loading. A file is written beside the old one, flushed to the disk and
then put in its place in one step: at any moment there is a whole file.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj
import shapely

from data import beside, gpkg
from data.content import book_of, content_of
from data.plan import Book, Layer, Plan
from data.progress import Report, part, silent
from data.refused import Refused

FORMAT = 1
"""The format number this program writes."""

Migration = Callable[[sqlite3.Connection, dict[str, Any]], dict[str, Any]]

MIGRATIONS: dict[int, Migration] = {}
"""From format n to n + 1: gets a copy of the file in memory (to alter tables) and its content."""

TABLE = "应用_规划"
_MAGIC = b"SQLite format 3\0"

_IN_USE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_PATIENCE = 2.0
"""Seconds to wait for another program that is just writing to the file."""

# What reading a file raises when its bytes or its content are not what was written.
DAMAGE = (
    sqlite3.Error,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    shapely.errors.ShapelyError,
    pyproj.exceptions.CRSError,
)


@dataclass(frozen=True)
class Stamp:
    """What a file was like when it was read or written: size, time, content."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class Opened:
    """A loaded plan file."""

    book: Book
    path: Path
    stamp: Stamp


def stamp_of(path: Path) -> Stamp:
    """Return the stamp of a file as it is now; raises OSError."""
    with path.open("rb") as file:
        info = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Stamp(info.st_size, info.st_mtime_ns, digest)


def same_file(path: Path, stamp: Stamp) -> bool:
    """True while the file still has the content of ``stamp`` (a missing file has not)."""
    try:
        info = path.stat()
        if (info.st_size, info.st_mtime_ns) == (stamp.size, stamp.mtime_ns):
            return True
        return info.st_size == stamp.size and stamp_of(path).sha256 == stamp.sha256
    except OSError:
        return False


def load(path: str | Path, report: Report = silent) -> Opened:
    """Read a plan file.

    Raises Refused for what is missing, empty, cut short, damaged, of another
    program, or written by a newer version of this one.
    """
    path = Path(path)
    stamp = _check_readable(path)
    try:
        with _connected(path) as db:
            report(0.0, f"正在打开“{path.name}”…")
            number, content = _content(db, path)
            if number < FORMAT:
                with contextlib.closing(sqlite3.connect(":memory:")) as copy:
                    db.backup(copy)
                    for old in range(number, FORMAT):
                        content = MIGRATIONS[old](copy, content)
                    book = _read_book(copy, content, path, report)
            else:
                book = _read_book(db, content, path, report)
    except DAMAGE as error:
        if getattr(error, "sqlite_errorname", "").startswith(_IN_USE):
            raise Refused(
                f"“{path.name}”正被另一个程序占用着,现在读不了。请在那个程序里关闭它再打开。"
            ) from error
        raise _damaged(path) from error
    return Opened(book, path, stamp)


def save(
    book: Book, path: str | Path, *, stamp: Stamp | None = None, report: Report = silent
) -> Stamp:
    """Write a plan file beside the old one and put it in its place; return the new stamp.

    ``stamp``: what the file was like when it was loaded or last saved; when
    somebody else has changed it since, Refused is raised and nothing is written.
    Raises Refused, with the old file as it was, when it cannot be written.
    """
    path = Path(path)

    def check() -> None:
        if stamp is not None and os.path.exists(path) and not same_file(path, stamp):
            raise Refused(
                f"“{path.name}”在打开之后被别的程序或别的人改动过。"
                "为了不覆盖那些改动,没有保存;请用“另存为”换一个名称。"
            )

    _settle(path)
    check()
    with beside.replacing(path) as written:
        try:
            write_book(book, written, report, path if stamp is not None else None)
        except UnicodeEncodeError as error:
            raise Refused(
                f"有一处文字里含有无法保存的字符(“{_around(error)}”),请改掉它再保存。"
            ) from error
        check()
        fresh = stamp_of(written)
    return fresh


def write_book(book: Book, path: Path, report: Report = silent, before: Path | None = None) -> None:
    """Write a book into a file that is empty so far; raises OSError or sqlite3.Error.

    What other programs keep in the file ``before`` (styles, tables of their own) is taken over.
    """
    with gpkg.writing(path) as db:
        content = _write_layers(db, book, report)
        _write_content(db, content)
        if before is not None and before.exists():
            # Another database cannot be attached inside a transaction.
            db.execute("COMMIT")
            db.execute("ATTACH ? AS old", (gpkg.uri(before, "mode=ro"),))
            db.execute("BEGIN")
            _keep_others(db)


def _write_layers(db: sqlite3.Connection, book: Book, report: Report) -> dict[str, Any]:
    tables: dict[str, dict[str, Any]] = {}
    table_of: dict[int, str] = {}
    taken = {TABLE.casefold()}
    total = len({id(layer.frame) for plan in book.plans for layer in plan})

    def place(layer: Layer, plan: Plan) -> str:
        key = id(layer.frame)
        if key not in table_of:
            name = layer.name
            if name.casefold() in taken and plan is not book.plans[0]:
                name = f"{layer.name}@{plan.name}"
            table = gpkg.sql_name(name, taken)
            step = part(report, len(table_of) / total, (len(table_of) + 1) / total)
            tables[table] = gpkg.write_table(db, table, layer.frame, layer.kind, step)
            table_of[key] = table
        return table_of[key]

    return {**content_of(book, place), "tables": tables}


def _write_content(db: sqlite3.Connection, content: dict[str, Any]) -> None:
    db.execute(
        f"CREATE TABLE {gpkg.quoted(TABLE)} "
        "(id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, 项目 TEXT NOT NULL, 内容 TEXT NOT NULL)"
    )
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
        "VALUES (?, 'attributes', ?, '应急布局规划文件,请勿手工修改', 0)",
        (TABLE, TABLE),
    )
    rows = [
        ("格式", str(FORMAT)),
        ("标题", content["title"]),
        ("规划", json.dumps(content, ensure_ascii=False)),
    ]
    db.executemany(f"INSERT INTO {gpkg.quoted(TABLE)} (项目, 内容) VALUES (?, ?)", rows)


def _keep_others(db: sqlite3.Connection) -> None:
    row = db.execute(f"SELECT 内容 FROM old.{gpkg.quoted(TABLE)} WHERE 项目 = '规划'").fetchone()
    gpkg.copy_others(db, {TABLE, *json.loads(row[0])["tables"]})


def _settle(path: Path) -> None:
    """Finish what another program left half done beside the file.

    Taking the place of a file whose write-ahead log is still beside it would
    let the old log be applied to the new file. Raises Refused while another
    program has the file open.
    """
    path = Path(os.path.realpath(path))
    logs = [path.with_name(f"{path.name}{end}") for end in ("-wal", "-journal")]
    if not any(os.path.exists(log) for log in logs):
        return
    try:
        with contextlib.closing(
            sqlite3.connect(gpkg.uri(path, "mode=rw"), uri=True, timeout=0)
        ) as db:
            db.execute("PRAGMA journal_mode = DELETE").fetchall()
            db.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error:
        pass
    if any(os.path.exists(log) for log in logs):
        raise Refused(
            f"“{path.name}”正被另一个程序打开着(例如 QGIS),现在保存会弄坏它。"
            "请在那个程序里关闭它,或用“另存为”换一个名称。"
        )


def _check_readable(path: Path) -> Stamp:
    """Return the stamp; raises Refused for what is not even a SQLite file."""
    try:
        if path.is_dir():
            raise Refused(f"“{path}”是文件夹,不是规划文件。请选择其中的 .gpkg 文件。")
        stamp = stamp_of(path)
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError as error:
        raise Refused(f"找不到“{path}”,请检查文件名和位置。") from error
    except OSError as error:
        raise Refused(f"打不开“{path}”:{beside.reason(error)}。") from error
    if not head:
        raise Refused(f"“{path.name}”是空文件,不是规划文件。")
    if head[:16] != _MAGIC[: len(head)]:
        raise Refused(f"“{path.name}”不是规划文件(不是 GeoPackage 格式)。")
    page = int.from_bytes(head[16:18], "big")
    page = 65536 if page == 1 else page
    wal = path.with_name(f"{path.name}-wal")
    if len(head) < 100 or (
        stamp.size < page * int.from_bytes(head[28:32], "big") and not wal.exists()
    ):
        raise Refused(f"“{path.name}”不完整,可能没有复制或下载完。请重新复制一份,或打开它的备份。")
    return stamp


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for reading; what migrations alter is a copy in memory, never the file."""
    with path.open("rb") as file:
        ahead = file.read(20)[18:] == b"\2\2"
    # Left in write-ahead mode by a program that has closed it: SQLite would put new logs beside it.
    alone = ahead and not os.path.exists(f"{path}-wal")
    options = "mode=ro&immutable=1" if alone else "mode=ro"
    db = sqlite3.connect(gpkg.uri(path, options), uri=True, isolation_level=None, timeout=_PATIENCE)
    try:
        yield db
    finally:
        db.close()


def _content(db: sqlite3.Connection, path: Path) -> tuple[int, dict[str, Any]]:
    """Return the file's format number and what it says of itself."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    if TABLE not in tables:
        what = "GeoPackage 数据文件" if "gpkg_contents" in tables else "数据库文件"
        raise Refused(
            f"“{path.name}”是{what},但不是本程序的规划文件。"
            "要用其中的数据,请先新建或打开一个规划,再用“导入数据”把它的图层加进来。"
        )
    told = dict(db.execute(f"SELECT 项目, 内容 FROM {gpkg.quoted(TABLE)}").fetchall())
    number = int(told["格式"])
    if number > FORMAT:
        raise Refused(
            f"“{path.name}”是更新版本的程序保存的(文件格式 {number},本程序认识到 {FORMAT})。"
            "请升级程序再打开。"
        )
    return number, json.loads(told["规划"]) | {"title": told["标题"]}


def _read_book(db: sqlite3.Connection, content: dict[str, Any], path: Path, report: Report) -> Book:
    have = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    frames = {}
    for n, (table, note) in enumerate(content["tables"].items()):
        if table not in have:
            raise Refused(
                f"“{path.name}”里缺少图层表“{table}”,可能被别的程序删除或改名了。"
                "请在那个程序里改回来,或打开备份。"
            )
        step = part(report, n / len(content["tables"]), (n + 1) / len(content["tables"]))
        frames[table] = gpkg.read_table(db, table, note, step)
    return book_of(content, frames.__getitem__)


def _damaged(path: Path) -> Refused:
    return Refused(f"“{path.name}”已损坏,读不出来。请打开它的备份,或从最近一次另存的文件继续。")


def _around(error: UnicodeEncodeError) -> str:
    text = error.object[max(0, error.start - 8) : error.end + 8]
    return text.encode("utf-8", "replace").decode()
