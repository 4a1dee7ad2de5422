"""Writing a file so that there is always a whole one: beside, flushed, then put in its place."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from data import processes
from data.refused import Refused

_REASONS = {
    errno.ENOSPC: "磁盘已满,请腾出空间或换一个磁盘",
    errno.EDQUOT: "磁盘配额已用完,请腾出空间或换一个磁盘",
    errno.EFBIG: "超过了允许的文件大小,请换一个磁盘",
    errno.EACCES: "没有权限,或文件正被另一个程序打开;请关闭那个程序,或换一个位置",
    errno.EPERM: "没有权限,请换一个位置",
    errno.EROFS: "所在的磁盘是只读的,请换一个位置",
    errno.ENOENT: "所在的文件夹不存在,请先建立它,或换一个位置",
    errno.ENOTDIR: "所在的位置不是文件夹,请换一个位置",
    errno.EISDIR: "它是一个文件夹,请换一个名称",
    errno.ENAMETOOLONG: "名称太长,请换一个短一些的名称",
    errno.EBUSY: "文件正被另一个程序打开,请先关闭那个程序",
    errno.EIO: "磁盘读写出错,请检查磁盘或网络连接",
    errno.EEXIST: "那里已有同名的文件,请换一个名称",
    errno.EINVAL: "名称里有这个磁盘不允许的字符,请换一个名称",
    errno.EMFILE: "打开的文件太多,请关闭一些再试",
    **dict.fromkeys(
        (errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETUNREACH),
        "网络位置没有应答,请检查网络连接",
    ),
}


def reason(error: OSError | sqlite3.Error) -> str:
    """Return in Chinese why the system refused, and what to do."""
    if isinstance(error, OSError):
        return _REASONS.get(error.errno or 0, error.strerror or str(error))
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return _REASONS[errno.ENOSPC]
    if name.startswith("SQLITE_IOERR"):
        return "磁盘已满或读写出错,请检查磁盘空间和网络连接"
    return f"写文件时出错({error})"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give an empty hidden file beside ``path`` to write to; afterwards it takes its place.

    When the block raises, ``path`` stays as it was and the hidden file is
    removed. OSError and sqlite3.Error become Refused, naming ``path`` and why.
    """
    path = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a directory", str(path))
        _sweep(path.parent)
        temporary = _fresh(path.parent)
        yield temporary
        if path.exists():
            shutil.copymode(path, temporary)
        flush(temporary)
        os.replace(temporary, path)
        temporary = None
        _flush_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        kept = "原来的文件没有变。" if os.path.isfile(path) else ""
        raise Refused(f"写不了“{path}”:{reason(error)}。{kept}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _host_mark() -> str:
    # A short ASCII mark: the name must stay legal and short however the machine is called.
    return f"{zlib.crc32(processes.machine().encode()):08x}"


def _fresh(folder: Path) -> Path:
    # Not derived from the target's name: a long Chinese name plus a suffix may be too long.
    path = folder / f".yjbj-{_host_mark()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    return path


def _sweep(folder: Path) -> None:
    """Remove what a killed process of this machine left in the folder."""
    pattern = re.compile(rf"\.yjbj-{_host_mark()}-(\d+)-[0-9a-f]+\.tmp")
    for name in os.listdir(folder):
        match = pattern.fullmatch(name)
        if match and not processes.birth(int(match[1])):
            with contextlib.suppress(OSError):
                (folder / name).unlink()


def flush(path: Path) -> None:
    """Have a file's content put on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot flush a folder; the file itself is safe by now.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
