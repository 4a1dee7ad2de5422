"""python -m tests.bench [PART …]: run parts (all without a name), print, write out/bench.json."""

import dataclasses
import importlib
import json
import math
import os
import pkgutil
import platform
import sys
from pathlib import Path
from typing import Any

import tests.bench
from tests.bench.timing import Row, table

OUT = Path("out/bench.json")
SHARED = ("rivals", "timing", "workload")


def parts() -> list[str]:
    """Names of the parts: the modules here but those the parts share."""
    names = [m.name for m in pkgutil.iter_modules(tests.bench.__path__)]
    return sorted(n for n in names if not n.startswith("_") and n not in SHARED)


def _plain(row: Row) -> dict[str, Any]:
    """A row for the file; what could not be run is null."""
    values = dataclasses.asdict(row)
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in values.items()}


def main(wanted: list[str]) -> int:
    """Run the wanted parts; the numbers of the other parts stay in the file."""
    unknown = [name for name in wanted if name not in parts()]
    if unknown:
        print(f"no part {unknown[0]!r}; there are: {', '.join(parts())}", file=sys.stderr)
        return 2
    kept = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    for name in wanted or parts():
        print(f"\n== {name}", flush=True)
        module = importlib.import_module(f"tests.bench.{name}")
        rows: list[Row] = module.run()
        print(table(rows), flush=True)
        kept[name] = [_plain(row) for row in rows]
        kept["machine"] = {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
        }
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"\n{OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
