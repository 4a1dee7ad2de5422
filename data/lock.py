"""Who is working on a plan file: a small lock file beside it, ``.<name>.lock``.

Works between programs and, over a network share, between machines. It only
speaks between instances of this program; others are noticed by the file's
stamp when saving.
"""

import contextlib
import datetime
import getpass
import json
import os
import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from data import beside, processes
from data.refused import Refused

_SETTLE = 0.5
"""Seconds after which a lock file that nobody finishes writing counts as left behind."""


class Held(Refused):
    """Somebody else is working on the file; it can still be looked at."""


class FileLock:
    """The right to save one plan file. Use :meth:`acquire`/:meth:`release` or ``with``."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(os.path.realpath(path))
        name = f".{self.path.name}.lock"
        if len(name.encode()) > 255:
            name = f".{self.path.name[:60]}.lock"
        self.file = self.path.with_name(name)
        self._token = ""

    def acquire(self) -> None:
        """Take the lock.

        Raises Held naming the machine, the user and since when; raises Refused
        when the folder cannot be written to. What a dead process of this
        machine left behind is taken over.
        """
        if self._token:
            return
        token = secrets.token_hex(8)
        deadline = time.monotonic() + _SETTLE
        while not self._created(token):
            holder, seen = self._holder()
            if holder is None and seen is not None and time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            if holder is not None and _may_be_working(holder):
                raise Held(self._words(holder))
            self._put_aside(seen)
        self._token = token

    def release(self) -> None:
        """Give the lock back; somebody else's is left alone."""
        if not self._token:
            return
        holder, _ = self._holder()
        if holder is not None and holder.get("token") == self._token:
            with contextlib.suppress(OSError):
                self.file.unlink()
        self._token = ""

    def __enter__(self) -> "FileLock":
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _created(self, token: str) -> bool:
        text = json.dumps(
            {
                "machine": processes.machine(),
                "user": _user(),
                "pid": os.getpid(),
                "birth": processes.birth(os.getpid()),
                "started": datetime.datetime.now().isoformat(timespec="seconds"),
                "token": token,
            },
            ensure_ascii=False,
        )
        try:
            handle = os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        except OSError as error:
            raise Refused(
                f"不能在“{self.path.parent}”里编辑“{self.path.name}”:{beside.reason(error)}。"
            ) from error
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
        except OSError as error:
            with contextlib.suppress(OSError):
                self.file.unlink()
            raise Refused(f"不能编辑“{self.path.name}”:{beside.reason(error)}。") from error
        return True

    def _holder(self) -> tuple[dict[str, Any] | None, bytes | None]:
        """Return who holds the lock (None: cannot be told) and the bytes that say so."""
        try:
            content = self.file.read_bytes()
        except OSError:
            return None, None
        try:
            told = json.loads(content)
        except ValueError:
            return None, content
        whole = isinstance(told, dict) and isinstance(told.get("pid"), int)
        return (told if whole else None), content

    def _put_aside(self, seen: bytes | None) -> None:
        """Remove the lock file that says ``seen``; one that was written since is put back."""
        aside = self.file.with_name(f".{secrets.token_hex(6)}.lock.old")
        try:
            os.rename(self.file, aside)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Refused(
                f"“{self.file.name}”是以前留下的锁,但删不掉:{beside.reason(error)}。"
            ) from error
        with contextlib.suppress(OSError):
            if aside.read_bytes() != seen:
                os.link(aside, self.file)
        with contextlib.suppress(OSError):
            aside.unlink()

    def _words(self, holder: dict[str, Any]) -> str:
        name, since = self.path.name, str(holder.get("started", "")).replace("T", " ")[:16]
        who = str(holder.get("user", ""))
        if holder.get("machine") == processes.machine():
            return (
                f"“{name}”正在本机的另一个应急布局窗口或命令里编辑"
                f"({who},{since} 起)。请在那里保存并关闭,或另存为别的名称。"
            )
        return (
            f"“{name}”正由电脑“{holder.get('machine', '')}”上的 {who} 编辑({since} 起)。"
            f"请等对方关闭,或另存为别的名称;如果确知对方已经关闭,可删除同一文件夹里的“{self.file.name}”。"
        )


def _may_be_working(holder: dict[str, Any]) -> bool:
    if holder.get("machine") != processes.machine():
        return True
    return processes.alive(holder["pid"], str(holder.get("birth", "?")))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "未知用户"
