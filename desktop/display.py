"""Whether a window can be shown. Qt ends the whole program when no screen answers, so it is
asked for beforehand (and by ``make run``, which then makes the example's maps instead)."""

import os
import re
import socket
import sys
from pathlib import Path

_PATIENCE = 3.0
"""Seconds to wait for a screen on another machine."""


def has_display() -> bool:
    """Whether Qt will find a screen: one is named, and somebody answers there."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return _wayland() or _x11()


def _wayland() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(name) and _answers(socket.AF_UNIX, str(Path(folder) / str(name)))


def _x11() -> bool:
    display = os.environ.get("DISPLAY")
    if not display:
        return False
    found = re.fullmatch(r"([^:/]*):(\d+)(\.\d+)?", display)
    if found is None:
        return True  # a way of writing it that is not known here: Qt may know it
    host, number = found[1], int(found[2])
    if host not in ("", "unix"):
        return _answers(socket.AF_INET, (host, 6000 + number))
    place = f"/tmp/.X11-unix/X{number}"
    return _answers(socket.AF_UNIX, f"\0{place}") or _answers(socket.AF_UNIX, place)


def _answers(family: socket.AddressFamily, place: str | tuple[str, int]) -> bool:
    with socket.socket(family) as asked:
        asked.settimeout(_PATIENCE)
        try:
            asked.connect(place)
        except (OSError, ValueError, OverflowError):
            return False
        return True
