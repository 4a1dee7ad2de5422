"""A stranger's file is read in a process of its own: what it breaks, it breaks there.

    this process ──(request.json, a temporary folder)──▶ python -m data.imports.sandbox
                 ◀──(progress lines; source.json, source.npz in the folder)──

The reading process has limits on memory and time (set by itself on Linux; time is watched
from here everywhere), no pickles come back, and however it ends (killed, crashed, out of
memory) there is one sentence to show.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from data.imports.reading import ReadAsk
from data.imports.source import Source, hand_over, take_over
from data.progress import Cancelled, Report, silent
from data.refused import Refused

ROOT = Path(__file__).resolve().parents[2]
_WAKE = 0.1
_PROGRESS, _REFUSED = "进度 ", "拒绝 "


@dataclass(frozen=True)
class Limits:
    """``memory``: bytes of address space; ``seconds``: with no news, and in all.

    A file of 1 GB may take minutes; one that brings no news for long hangs.
    """

    memory: int = 3_500_000_000
    seconds: float = 1_800.0
    quiet: float = 300.0
    written: int = 8_000_000_000


USUAL = Limits()


def read_apart(ask: ReadAsk, report: Report = silent, limits: Limits = USUAL) -> list[Source]:
    """Read a file in a process of its own and return what it holds.

    Raises Refused in one sentence whatever the file does; Cancelled (from ``report``) ends
    the process at once.
    """
    with tempfile.TemporaryDirectory(prefix="yjbj-import-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        request = {**asdict(ask), "path": os.path.abspath(ask.path), "limits": asdict(limits)}
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        (folder / "out").mkdir()
        process = _start(folder)
        try:
            refusal = _listen(process, ask, report, limits)
        finally:
            _end(process)
        if refusal:
            raise Refused(refusal)
        if process.returncode != 0:
            raise Refused(_why(ask.path.name, process.returncode))
        report(0.97, "正在整理…")
        try:
            return take_over(folder / "out")
        except (OSError, ValueError, KeyError):
            raise Refused(_why(ask.path.name, 1)) from None


def _start(folder: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return subprocess.Popen(
        [sys.executable, "-m", "data.imports.sandbox", str(folder)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        creationflags=hidden,
    )


def _listen(process: "subprocess.Popen[str]", ask: ReadAsk, report: Report, limits: Limits) -> str:
    """Pass the progress on until the process ends; return its refusal, "" for none."""
    assert process.stdout is not None
    begun = heard = time.monotonic()
    done, text, refusal = 0.0, f"正在打开“{ask.path.name}”…", ""
    for line in _lines(process.stdout):
        now = time.monotonic()
        if line:
            heard = now
        if line.startswith(_PROGRESS):
            done, text = _progress(line, done, text)
        elif line.startswith(_REFUSED):
            refusal = json.loads(line.removeprefix(_REFUSED))
        if now - begun > limits.seconds or now - heard > limits.quiet:
            return f"读“{ask.path.name}”用的时间太长,没有继续。文件可能已损坏;请拆小后再导入。"
        report(0.95 * done, text)
    try:
        process.wait(timeout=limits.quiet)
    except subprocess.TimeoutExpired:
        return f"读“{ask.path.name}”用的时间太长,没有继续。文件可能已损坏;请拆小后再导入。"
    return refusal


def _progress(line: str, done: float, text: str) -> tuple[float, str]:
    try:
        told = json.loads(line.removeprefix(_PROGRESS))
        return float(told[0]), str(told[1])
    except (ValueError, TypeError, IndexError):
        return done, text


def _lines(stream: IO[str]) -> Iterator[str]:
    """The lines of a pipe, and "" every tenth of a second while there is none."""
    lines: queue.Queue[str | None] = queue.Queue()

    def pump() -> None:
        for line in stream:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=_WAKE)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _why(name: str, code: int) -> str:
    if code in (-signal.SIGKILL if hasattr(signal, "SIGKILL") else -9, 137, _OUT_OF_MEMORY):
        return f"读“{name}”要的内存太多,没有继续。文件可能已损坏;请拆小后再导入。"
    if hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU:
        return f"读“{name}”用的时间太长,没有继续。文件可能已损坏;请拆小后再导入。"
    return f"“{name}”读不出来:文件已损坏,或内容与它的类型不符。请重新导出或重新复制一份。"


# --- the reading process

_OUT_OF_MEMORY = 12


def _main(folder: Path) -> int:
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    limits = Limits(**request.pop("limits"))
    _confine(limits)
    warnings.simplefilter("ignore")
    _without_frames()
    bounds = request.pop("bounds")
    ask = ReadAsk(Path(request.pop("path")), bounds=tuple(bounds) if bounds else None, **request)
    from data.imports.reading import read

    last = 0.0

    def report(done: float, text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > _WAKE:
            last = now
            _say(_PROGRESS, [done, text])

    work = folder / "files"
    work.mkdir()
    try:
        sources = read(ask, work, report)
        hand_over(sources, folder / "out")
    except Refused as refusal:
        _say(_REFUSED, str(refusal))
    except (MemoryError, OverflowError):
        return _OUT_OF_MEMORY
    except Cancelled:
        return 1
    return 0


def _without_frames() -> None:
    """Keep pyogrio from loading geopandas and pandas, which it would do if it can: nothing is
    read into frames here, and they are two thirds of the time this process takes to begin.
    """
    for name in ("geopandas", "pandas", "pyarrow"):
        sys.modules[name] = None  # type: ignore[assignment]


def _say(what: str, value: Any) -> None:
    print(what + json.dumps(value, ensure_ascii=False), flush=True)


def _confine(limits: Limits) -> None:
    """Set what the system can limit; where it cannot (Windows), time is watched from outside."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, int(limits.seconds)),
        (resource.RLIMIT_FSIZE, limits.written),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        within = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (within, hard))


if __name__ == "__main__":
    # Threads of a crashed library must not keep the process: leave without their consent.
    code = _main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(code)
