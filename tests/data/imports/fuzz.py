"""Thousands of broken files of every format through the import, counted.

    make fuzz EACH=2000
    python -m tests.data.imports.fuzz --each 2000 [--seed 7] [--only csv shp] [--keep FOLDER]
    python -m tests.data.imports.fuzz --only csv --number 137 --seed 7      one file, what it did

Every file is read in a forked process with the limits of the reading process, handed over as
the reading process does it, and then asked what it means for a plan and carried out, as the
window does it. It has to end in rows or in one Chinese sentence. What only the limits or
a crash inside a library ended is read again through ``read_apart``, which must live and say
one sentence. Everything else is a fault, listed with its number; exit code 1.
"""

import argparse
import faulthandler
import gc
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import data.imports.raster  # loaded once, not in each forked process
import data.imports.vector  # noqa: F401
from data.imports import sandbox
from data.imports.carrying import carry_out
from data.imports.proposing import ImportAsk, choose, fitness, likely_kind, propose
from data.imports.reading import ReadAsk, read
from data.imports.sandbox import Limits, read_apart
from data.imports.source import Source, hand_over, take_over
from data.kinds import kind
from data.plan import Plan
from data.refused import Refused
from tests.data.imports.broken import GOOD, broken, good
from tests.data.imports.corpus import surveyed

CONTAINED = ("memory", "time", "crash")
"""Ends of the reading process that become its general sentence."""
SENTENCE = 220
_LIMITS = Limits(memory=1_600_000_000, seconds=20, quiet=20, written=500_000_000)
_HANGS = 60
"""Seconds of the clock after which a process that uses no time hangs."""
_BATCH = 20
"""Files that one process reads, as long as none ends it."""
_TOLD = "how.json"
_READ, _REFUSED, _FAULT, _PANIC = 0, 1, 3, 4
_BY_CODE = {_READ: "read", _REFUSED: "refused", _FAULT: "fault"}
_ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")
_UNSEEN = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029]")
_QUOTED = re.compile(r"“[^”]*”|现有的列:.*|有:.*", re.DOTALL)


@dataclass(frozen=True)
class Broken:
    """A broken file in a folder of its own."""

    form: str
    number: int
    path: Path


@dataclass(frozen=True)
class End:
    """How one file ended: read, refused, memory, time, crash, hang or fault, and what was said."""

    form: str
    number: int
    how: str
    said: str
    seconds: float


def run(
    files: Iterable[tuple[str, int]],
    seed: int,
    folder: Path,
    jobs: int = 1,
    keep: Path | None = None,
) -> Iterator[End]:
    """Make and read the broken files of some formats and numbers; yield how each ended.

    ``keep``: a folder for those that ended in a fault or were contained.
    """
    own = surveyed()
    _warm(own, folder)
    rest = iter(files)
    working: deque[tuple[int, list[Broken]]] = deque()
    while some := list(islice(rest, _BATCH)):
        batch = [Broken(form, n, broken(form, n, seed, folder)) for form, n in some]
        working.append((_forked(batch, own), batch))
        while len(working) >= jobs:
            yield from _ended(*working.popleft(), own, keep)
    while working:
        yield from _ended(*working.popleft(), own, keep)


def _warm(own: Plan, folder: Path) -> None:
    """Read every good file once: what is loaded and kept now is not loaded in each fork.

    (But OSM: its reader keeps a gigabyte of address space that every fork would copy.)
    """
    for form in GOOD:
        for n, path in enumerate(good(form, folder)):
            here = folder / f"warm{form}{n}"
            if form == "pbf" or here.exists():
                continue
            here.mkdir()
            code, said = _imported(path, own, here)
            if code != _READ:
                raise ValueError(f"{path}: {said}")
    gc.freeze()


def _forked(batch: list[Broken], own: Plan) -> int:
    """Read files one after the other in a process of their own; return its number.

    Beside each file it leaves how that ended; none is beside the file that ended the process.
    """
    child = os.fork()
    if child:
        return child
    try:
        faulthandler.disable()
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        for one in batch:
            begun = time.monotonic()
            sandbox._confine(replace(_LIMITS, seconds=time.process_time() + _LIMITS.seconds))
            signal.alarm(_HANGS)
            try:
                code, said = _imported(one.path, own, one.path.parent)
            except Exception:  # noqa: BLE001 - a fault is what is looked for
                code, said = _FAULT, traceback.format_exc()
            signal.alarm(0)
            told = json.dumps([code, time.monotonic() - begun, said])
            (one.path.parent / _TOLD).write_text(told, encoding="utf-8")
        os._exit(0)
    finally:
        os._exit(_PANIC)  # what is no Exception: a library in Rust that broke


def _ended(child: int, batch: list[Broken], own: Plan, keep: Path | None) -> Iterator[End]:
    """Yield how each file of a process ended; those after one that ended it get another."""
    begun = time.monotonic()
    _, status = os.waitpid(child, 0)
    for n, one in enumerate(batch):
        told = one.path.parent / _TOLD
        if told.exists():
            code, seconds, said = json.loads(told.read_text(encoding="utf-8"))
            yield _end(one, _BY_CODE[code], said, seconds, keep)
            continue
        yield _end(one, _how(status), "", time.monotonic() - begun, keep)
        if batch[n + 1 :]:
            yield from _ended(_forked(batch[n + 1 :], own), batch[n + 1 :], own, keep)
        return


def _imported(path: Path, own: Plan, folder: Path) -> tuple[int, str]:
    """Read a file and import it; return how it ended and what was said, in this process."""
    try:
        sources = _read(path, folder)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # the command line would print them
            return _READ, _carried_out(own, sources, path)
    except Refused as refusal:
        said = str(refusal)
        return (_REFUSED if is_sentence(said) else _FAULT), said


def _read(path: Path, folder: Path) -> list[Source]:
    """As the reading process does, and the other one takes it over."""
    work, out = folder / "work", folder / "out"
    work.mkdir()
    out.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            hand_over(read(ReadAsk(path), work), out)
        except (MemoryError, OverflowError):
            os._exit(sandbox._OUT_OF_MEMORY)
    return take_over(out)


def _carried_out(own: Plan, sources: list[Source], path: Path) -> str:
    """As the window does it: the likely kind, the source that fits it best, its rows."""
    ask = ImportAsk(likely_kind(sources, path.stem))
    this = kind(ask.kind_name)
    joint = {s.format for s in sources} <= {"kml", "gpx", "pbf"}
    best = max(sources, key=lambda s: (fitness(s, this), len(s)))
    source = choose(sources, ask) if joint or len(sources) == 1 else best
    proposal = propose(own, source, ask)
    outcome = carry_out(own, proposal)
    if outcome.accepted + len(outcome.rejects) != outcome.rows:
        raise AssertionError("accepted + rejected ≠ rows")
    outcome.edit(own)
    return f"{outcome.accepted} / {outcome.rows}"


def is_sentence(said: str) -> bool:
    """Whether a refusal is one short Chinese sentence (or two), apart from what it quotes."""
    bare = _QUOTED.sub("", said)
    chinese = bool(re.search(r"[一-鿿]{2}", said)) and not _ENGLISH.search(bare)
    short = len(bare) < SENTENCE and len(said) < 3 * SENTENCE
    return chinese and short and said.endswith("。") and not _UNSEEN.search(said)


def _end(one: Broken, how: str, said: str, seconds: float, keep: Path | None) -> End:
    if how in CONTAINED:
        said = _apart(one.path)
        how = how if is_sentence(said) else "fault"
    own = one.path.parent
    if keep is not None and how not in ("read", "refused"):
        shutil.rmtree(keep / own.name, ignore_errors=True)
        shutil.copytree(own, keep / own.name)
    shutil.rmtree(own)
    return End(one.form, one.number, how, said, seconds)


def _how(status: int) -> str:
    if not os.WIFSIGNALED(status):
        codes = {sandbox._OUT_OF_MEMORY: "memory", _PANIC: "crash"}
        return codes.get(os.WEXITSTATUS(status), "fault")
    by = os.WTERMSIG(status)
    names: dict[int, str] = {signal.SIGKILL: "memory", signal.SIGXCPU: "time"}
    return "hang" if by == signal.SIGALRM else names.get(by, "crash")


def _apart(path: Path) -> str:
    """What the import itself says of a file that its reading process does not survive."""
    try:
        return f"{len(read_apart(ReadAsk(path), limits=_LIMITS))} 个来源读出来了。"
    except Refused as refusal:
        return str(refusal)


# --- as a command


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=200, help="files of each format")
    parser.add_argument("--seed", type=int, default=None, help="another one, other files")
    parser.add_argument("--first", type=int, default=0, help="the first number")
    parser.add_argument("--only", nargs="+", choices=sorted(GOOD), default=list(GOOD))
    parser.add_argument("--number", type=int, help="one file, and all it said")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="a folder for files that did not end well")
    arguments = parser.parse_args()
    seed = int(time.time()) if arguments.seed is None else arguments.seed
    if arguments.keep is not None:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    one = arguments.number
    numbers = range(arguments.first, arguments.first + arguments.each) if one is None else [one]
    print(f"seed {seed}, {len(numbers)} of each format")
    print(_row("format", ["files", "read", "refused", *CONTAINED, "hang", "fault", "slowest"]))
    faults: list[End] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        for form in arguments.only:
            ends = []
            files = ((form, n) for n in numbers)
            for end in run(files, seed, Path(name), arguments.jobs, arguments.keep):
                ends.append(end)
                if one is not None:
                    print(end.said)
            print(_counted(form, ends), flush=True)
            bad = [end for end in ends if end.how in ("fault", "hang")]
            faults += bad
            for end in bad:
                last = (end.said.strip().splitlines() or [""])[-1][:200]
                print(f"  {end.how}: --only {form} --number {end.number} --seed {seed}: {last}")
    print(f"{len(faults)} faults")
    return 1 if faults else 0


def _counted(form: str, ends: list[End]) -> str:
    count = Counter(end.how for end in ends)
    numbers: list[Any] = [len(ends), count["read"], count["refused"]]
    numbers += [count[how] for how in (*CONTAINED, "hang", "fault")]
    slowest = max(ends, key=lambda end: end.seconds)
    return _row(form, [*numbers, f"{slowest.seconds:.1f} s"]) + f" (number {slowest.number})"


def _row(first: str, cells: list[Any]) -> str:
    return f"{first:9}" + "".join(f"{cell:>9}" for cell in cells)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
