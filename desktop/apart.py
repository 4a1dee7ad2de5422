"""Long work in a process of its own, so that the window keeps all of Python to itself.

    job's thread ──(function and arguments)──▶ new process
                 ◀──(progress … answer or refusal)──
                 ──(stop)──▶ heeded at its next report

A thread shares Python's lock with the window: drawing dozens of pages in one makes every
gesture wait. What goes over is small: names of files and plain values, never a plan.
"""

import contextlib
import multiprocessing
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from data.progress import Cancelled, Report
from data.refused import Refused

_WAKE, _TOLD_EVERY, _PATIENCE = 0.1, 0.05, 20.0
"""Seconds: between two looks for news, between two reports, for a stopped process to end."""


def apart(work: Callable[..., Any], *arguments: Any, report: Report) -> Any:
    """Return ``work(*arguments, report)``, called in another process.

    ``work`` is a function of a module. Raises its Refused, and Cancelled from ``report``, after
    which the process has ended.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(there, work, arguments), daemon=True)
    process.start()
    there.close()
    told = (0.0, "正在准备…")
    try:
        while True:
            report(*told)
            if not here.poll(_WAKE):
                continue
            try:
                kind, value = here.recv()
            except EOFError:
                raise Refused(
                    "做这件事的进程意外结束了,多半是内存不够。请关掉别的程序再试。"
                ) from None
            if kind == "answer":
                return value
            if kind == "refused":
                raise Refused(value)
            if kind == "bug":
                raise RuntimeError(value)
            told = value
    finally:
        _end(process, here)


def _end(process: Any, here: Connection) -> None:
    with contextlib.suppress(OSError):
        here.send("stop")
    process.join(_PATIENCE)
    if process.is_alive():
        process.terminate()
        process.join()
    here.close()


def _run(there: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """In the new process: do the work, and say how far it is and how it ended."""
    last = 0.0

    def report(done: float, text: str) -> None:
        nonlocal last
        if there.poll():
            raise Cancelled
        if time.monotonic() - last >= _TOLD_EVERY:
            last = time.monotonic()
            there.send(("progress", (done, text)))

    try:
        ended = ("answer", work(*arguments, report))
    except Cancelled:
        return
    except Refused as refusal:
        ended = ("refused", str(refusal))
    except Exception:  # noqa: BLE001 - handed to the window, which shows it as a bug
        ended = ("bug", traceback.format_exc())
    # The window may be gone: then nobody wants to know.
    with contextlib.suppress(OSError):
        there.send(ended)
