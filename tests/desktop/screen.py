"""A virtual screen for real windows."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator


@contextlib.contextmanager
def virtual_screen(width: int = 1366, height: int = 768) -> Iterator[str]:
    """Start an X server without a monitor; yields its DISPLAY."""
    if shutil.which("Xvfb") is None:
        raise FileNotFoundError("Xvfb is missing; .ci/system-libs test installs it")
    reading, writing = os.pipe()
    size = f"{width}x{height}x24"
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
