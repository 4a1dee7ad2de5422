"""Which process on which machine: for locks and recovery that outlive their owner."""

import ctypes
import functools
import os
import socket
from pathlib import Path


@functools.cache
def machine() -> str:
    """Return this machine's name."""
    return socket.gethostname() or "本机"


def birth(pid: int) -> str:
    """Return a mark of the running process with this id, "" when there is none.

    A process id comes back after a restart; the mark does not, where the
    system tells when a process began (Linux, Windows). Elsewhere it is "?".
    """
    if pid <= 0:
        return ""
    if os.name == "nt":
        return _birth_on_windows(pid)
    try:
        # Field 22, counted behind the command name, which may hold blanks and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return "" if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    except OSError:
        return "?" if _signalled(pid) else ""


def alive(pid: int, mark: str) -> bool:
    """True while the process that had this id and mark runs on this machine."""
    now = birth(pid)
    return bool(now) and (now == mark or "?" in (now, mark))


def _signalled(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _birth_on_windows(pid: int) -> str:
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return "?" if kernel.GetLastError() == 5 else ""  # 5: it runs, but is somebody else's
    try:
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(ctypes.c_void_p(handle), ctypes.byref(code))
        if code.value != 259:  # STILL_ACTIVE
            return ""
        times = [ctypes.c_ulonglong() for _ in range(4)]
        kernel.GetProcessTimes(ctypes.c_void_p(handle), *(ctypes.byref(t) for t in times))
        return str(times[0].value)
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
