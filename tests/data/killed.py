"""python -m tests.data.killed FOLDER KILLS SEED: kill a working program again and again.

Each round forks a child that opens the plan, edits it with a journal and saves
now and then, telling what it does through a pipe; the parent kills it (SIGKILL)
a random time after its birth, its first edit, the begin of a save, a flush or the
end of a save (so a busy machine hits the same places), then looks at what is there:

- the user's file loads, and is the state of a save that was begun;
- what can be recovered (or the file) is no older than what was flushed, or
  told to the journal more than a second before the kill.

The state with number n is recognised in four places, so that a mixture of two
states would be noticed. Prints what happened as JSON.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from data import edits, files, journal, scenarios
from data.lock import FileLock
from data.plan import Book, Plan, make_layer
from data.recovery import recoverable
from tests.data.books import CRS, district_layer, point_layer

PROMISE = 1.0
"""Seconds of work that may be lost."""

PEOPLE = 1200
"""Features of the layer of which only differences are written."""

AFTER = ("", "edit", "save ", "flushed", "saved ")
"""What the child has said when the time until its death begins, in turn."""


def first_book() -> Book:
    x, y = np.random.default_rng(0).uniform(0, 1000, (2, PEOPLE))
    shapes = gpd.points_from_xy(500_000 + x, 4_600_000 + y)
    frame = gpd.GeoDataFrame({"人口": np.ones(PEOPLE)}, geometry=shapes, crs=CRS)
    people = make_layer("人口", "population", frame, CRS)
    return state(Book("杀不死", (Plan("现状", CRS, (district_layer(), people, point_layer())),)), 0)


def state(book: Book, n: int) -> Book:
    """Return the book with the number written in four places."""
    plan = edits.chain(
        edits.move_feature("储备库", 1, shapely.Point(500_000 + n, 4_600_000)),
        edits.set_values("行政区", [1], {"备注": str(n)}),
        edits.set_values("人口", [PEOPLE], {"人口": n}),
    )(book.plan)
    return scenarios.set_fact("n", n)(book.with_plan(plan))


def number(book: Book) -> int:
    """Return the number of the state; raises ValueError for a mixture."""
    told = {
        int(book.facts["n"]),
        int(book.plan.layer("行政区").row(1)["备注"]),
        int(book.plan.layer("储备库").geometry(1).x) - 500_000,
        int(book.plan.layer("人口").row(PEOPLE)["人口"]),
    }
    if len(told) != 1 or len(book.plan.layer("人口")) != PEOPLE:
        raise ValueError(f"a mixture: {told}")
    return told.pop()


def work(path: Path, folder: Path, pipe: int, seed: int, after: str) -> None:
    """Edit and save for ever; what the parent waits for comes after the first edit."""

    def tell(word: str, n: int) -> None:
        os.write(pipe, f"{word} {n} {time.monotonic()}\n".encode())

    dice = random.Random(seed)
    FileLock(path).acquire()
    opened = files.load(path)
    book, stamp = opened.book, opened.stamp
    own = journal.Journal(folder, path)
    own.saved(book, stamp)
    stamps = [stamp]
    saver: threading.Thread | None = None

    def save(book: Book, n: int) -> None:
        own.flush()
        tell("save", n)
        stamps.append(files.save(book, path, stamp=stamps[-1]))
        own.saved(book, stamps[-1])
        tell("saved", n)

    n = number(book)
    tell("open", n)
    while True:
        n += 1
        book = state(book, n)
        own.record(book)
        tell("edit", n)
        do = after if after in ("save ", "saved ", "flushed") else _next(dice)
        after = ""
        if do.startswith("save") and (saver is None or not saver.is_alive()):
            saver = threading.Thread(target=save, args=(book, n))
            saver.start()
        elif do == "flushed":
            own.flush()
            tell("flushed", n)
        time.sleep(dice.random() * 0.02)


def _next(dice: random.Random) -> str:
    return dice.choices(("save ", "flushed", ""), (3, 2, 5))[0]


def one_kill(
    path: Path, folder: Path, seed: int, seconds: float, after: str
) -> tuple[list[Any], float]:
    """Let a child work for a while and kill it; return what it told and when it was killed.

    The seconds count from when the child first says ``after``, from its birth when "".
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            work(path, folder, writing, seed, after)
        finally:
            os._exit(3)
    os.close(writing)
    heard = b""
    while after.encode() not in heard and (more := os.read(reading, 4096)):
        heard += more
    time.sleep(seconds)
    killed = time.monotonic()
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the child ended by itself")
    with os.fdopen(reading, "rb") as stream:
        text = (heard + stream.read()).decode()
    lines = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [(word, int(n), float(at)) for word, n, at in lines], killed


def look(told: list[Any], killed: float, path: Path, folder: Path) -> dict[str, Any]:
    """Compare what is there with what was told; "wrong" is a sentence when it is less."""
    before = max((n for word, n, _ in told if word in ("open", "saved")), default=None)
    begun = [n for word, n, _ in told if word == "save"]
    sure = [n for word, n, _ in told if word in ("open", "flushed", "saved")]
    sure += [n for word, n, at in told if word == "edit" and at < killed - PROMISE]
    in_file = number(files.load(path).book)
    wrong = []
    if before is not None and (in_file < before or in_file not in {before, *begun}):
        wrong.append(f"file holds {in_file}, saved {before}, begun {begun[-3:]}")
    found = recoverable(folder, wrong.append)
    there = in_file
    if found:
        there = number(found[0].book())
        if there < in_file:
            wrong.append(f"recovered {there}, older than the file's {in_file}")
        found[0].discard()
    if len(found) > 1:
        wrong.append("several journals of one program")
    if sure and there < max(sure):
        wrong.append(f"lost: {there} is there, {max(sure)} was sure")
    saving = bool(begun) and begun[-1] not in [n for word, n, _ in told if word == "saved"]
    return {"wrong": wrong, "recovered": bool(found), "during_save": saving}


def main(folder: Path, kills: int, seed: int) -> None:
    journal.LARGE = 1000  # the people count as a large layer here
    dice = random.Random(seed)
    path, journals = folder / "规划.gpkg", folder / "state"
    files.save(first_book(), path)
    out: dict[str, Any] = {"kills": 0, "recovered": 0, "during_save": 0, "wrong": []}
    for n in range(kills):
        after = AFTER[n % len(AFTER)]
        seconds = PROMISE + 0.3 if n % 25 == 24 else dice.uniform(0.0, 0.2 if n % 5 < 2 else 0.05)
        told, killed = one_kill(path, journals, dice.randrange(2**32), seconds, after)
        seen = look(told, killed, path, journals)
        out["kills"] += 1
        out["recovered"] += seen["recovered"]
        out["during_save"] += seen["during_save"]
        out["wrong"] += [f"kill {n}: {sentence}" for sentence in seen["wrong"]]
    with FileLock(path):
        files.save(files.load(path).book, path)
    out["files"] = sorted(p.name for p in folder.iterdir() if p.is_file())
    print(json.dumps(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
