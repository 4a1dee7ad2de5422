"""What the commands share: arguments, JSON on stdout, progress on stderr."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from data.beside import reason, replacing
from data.refused import Refused


def plan_argument(parser: argparse.ArgumentParser) -> None:
    """Add the plan file (positional ``PLAN``)."""
    parser.add_argument("plan", type=Path, metavar="PLAN", help="规划文件 (.gpkg)")


def json_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--json FILE``, "-" for stdout."""
    parser.add_argument("--json", metavar="FILE", help="把结果写成 JSON,“-”为标准输出")


def answer(value: dict[str, Any], text: str, target: str | None) -> None:
    """Write the result: as JSON to ``target``, else ``text`` on stdout."""
    if target is None:
        print(text)
        return
    written = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    if target == "-":
        if not sys.stdout.isatty():
            # Programs read JSON as UTF-8, whatever the console speaks (GBK on Chinese Windows).
            sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        print(written)
        return
    path = Path(target)
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        # A pipe or device (/dev/stdout, >(…)): nothing there to be replaced.
        try:
            path.write_text(written + "\n", encoding="utf-8")
        except OSError as error:
            raise Refused(f"写不了“{target}”:{reason(error)}。") from error
        return
    with replacing(path) as beside:
        beside.write_text(written + "\n", encoding="utf-8")


def progress(done: float, text: str) -> None:
    """Report on stderr: one line that rewrites itself on a terminal, nothing into a pipe."""
    if sys.stderr.isatty():
        end = "\n" if done >= 1 else ""
        print(f"\r\033[K{done:4.0%} {text}", end=end, file=sys.stderr, flush=True)
