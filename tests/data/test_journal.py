"""Nothing unsaved is lost, the user's file is only read, nothing is left behind."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from data import edits, files, journal, processes, recovery, scenarios
from data.files import Opened
from data.journal import Journal
from data.plan import Book
from data.recovery import Recovery, recoverable
from data.refused import Refused
from data.same import same_book
from tests.data.books import point_layer, small_book

Start = Callable[..., Journal]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def start(state: Path) -> Iterator[Start]:
    opened = []

    def make(path: Path | None = None) -> Journal:
        opened.append(Journal(state, path))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
    assert not [t for t in threading.enumerate() if t.name == "journal"]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    path = tmp_path / "规划.gpkg"
    book = scenarios.copy_scenario("方案一")(small_book())
    return Opened(book, path, files.save(book, path))


@pytest.fixture
def own(start: Start, opened: Opened) -> Journal:
    """The journal of the opened plan."""
    journal = start(opened.path)
    journal.saved(opened.book, opened.stamp)
    return journal


def edited(book: Book, n: int) -> Book:
    edit = edits.move_feature("储备库", 1, shapely.Point(500_000 + n, 4_600_000))
    return book.with_plan(edit(book.plan))


def die(one: Journal) -> None:
    """Leave everything as a killed program does: the folder is now that of a dead process."""
    one.flush()
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    first, _, *rest = one.folder.name.split("-")
    one.folder.rename(one.folder.with_name("-".join([first, str(child.pid), *rest])))


def only(state: Path) -> Recovery:
    found = recoverable(state)
    assert len(found) == 1
    return found[0]


def test_edits_come_back(own: Journal, state: Path, opened: Opened) -> None:
    path, book, stamp = opened.path, opened.book, opened.stamp
    before = path.read_bytes()
    own.flush()
    assert not state.exists()
    for n in range(5):
        book = edited(book, n + 1)
        own.record(book)
    book = scenarios.set_title("新题")(scenarios.copy_scenario("方案二")(book))
    book = book.with_plan(edits.add_layer(point_layer("库二"))(book.plan))
    book = scenarios.set_fact("读法", ["a", None])(book)
    own.record(book)
    own.flush()
    assert own.trouble == ""
    assert recoverable(state) == []  # it is still running
    die(own)
    found = only(state)
    assert same_book(found.book(), book)
    assert (found.path, found.stamp, found.edits) == (path, stamp, 6)
    assert "“规划.gpkg”" in found.describe()
    assert "6 步修改没有保存" in found.describe()
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir() if p.is_file()] == [path.name]
    shared = found.book()
    assert shared.plans[0].layers[0] is shared.plans[1].layers[0]
    found.discard()
    assert recoverable(state) == []
    assert list(state.iterdir()) == []


def test_a_new_plan_is_kept_whole(start: Start, state: Path) -> None:
    own = start()
    book = small_book("没存过")
    own.record(book)
    die(own)
    found = only(state)
    assert found.path is None
    assert "新规划“没存过”" in found.describe()
    assert not found.file_changed()
    assert same_book(found.book(), book)


def test_nothing_is_kept_of_what_is_saved(own: Journal, state: Path, opened: Opened) -> None:
    path, book, stamp = opened.path, opened.book, opened.stamp
    second = edited(book, 1)
    own.record(second)
    own.flush()
    assert own.folder.exists()
    own.record(book)  # undone
    own.flush()
    assert not own.folder.exists()
    own.record(second)
    own.flush()
    own.saved(second, files.save(second, path, stamp=stamp))
    own.flush()
    assert not own.folder.exists()
    third = edited(second, 2)
    own.record(third)
    die(own)
    assert same_book(only(state).book(), third)


def test_edits_made_during_a_save(own: Journal, state: Path, opened: Opened) -> None:
    path, book, stamp = opened.path, opened.book, opened.stamp
    second = edited(book, 1)
    own.record(second)
    own.flush()
    new = files.save(second, path, stamp=stamp)
    third = edited(second, 2)
    own.record(third)
    own.saved(second, new)
    die(own)
    found = only(state)
    assert same_book(found.book(), third)
    assert (found.edits, found.file_changed()) == (1, False)


def test_only_changed_layers_are_written(own: Journal, opened: Opened) -> None:
    book = opened.book
    for n in range(4):
        book = edited(book, n + 1)
        own.record(book)
        own.flush()
    names = sorted(p.name for p in own.folder.iterdir())
    assert len(names) == 3  # the base, one layer, the manifest
    told = json.loads((own.folder / recovery.MANIFEST).read_text("utf-8"))
    where = [entry["table"] for entry in told["layers"]]
    assert sorted("base" in w for w in where) == [False, True, True]


def test_of_a_large_layer_the_difference_is_written(
    own: Journal, state: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LARGE", 3)
    large = point_layer("大", count=40)
    book = opened.book.with_plan(edits.add_layer(large)(opened.book.plan))

    def step(edit: edits.Edit) -> int:
        nonlocal book
        book = book.with_plan(edit(book.plan))
        own.record(book)
        own.flush()
        assert own.trouble == ""
        told = json.loads((own.folder / recovery.MANIFEST).read_text("utf-8"))
        where = next(e["table"] for e in told["layers"] if e["name"] == "大")
        return len(where["removed"]) + 100 if "of" in where else 0

    here = shapely.Point(500_001, 4_600_001)
    assert step(edits.move_feature("储备库", 1, here)) == 0  # written whole
    assert step(edits.move_feature("大", 5, here)) == 100
    assert step(edits.remove_features("大", [7, 8])) == 102
    assert step(edits.set_values("大", [9], {"备注": "x"})) == 102
    files_now = len(list(own.folder.iterdir()))
    assert step(edits.set_values("大", [9], {"备注": "y"})) == 102
    assert len(list(own.folder.iterdir())) == files_now
    assert step(edits.set_values("大", range(10, 40), {"备注": "x"})) == 0  # too much: whole again
    assert step(edits.set_values("大", [9], {"备注": "z"})) == 100
    saved = files.save(book, opened.path, stamp=opened.stamp)
    own.saved(book, saved)
    assert step(edits.set_values("大", [11], {"备注": "存后"})) == 100  # of the base
    die(own)
    assert same_book(only(state).book(), book)


def test_a_file_changed_meanwhile_is_no_base(own: Journal, state: Path, opened: Opened) -> None:
    path, book = opened.path, opened.book
    files.save(small_book("别人的"), path)
    changed = edited(book, 1)
    own.record(changed)
    die(own)
    found = only(state)
    assert same_book(found.book(), changed)
    assert "后来又被改动过" in found.describe()
    path.unlink()
    assert "已不在原处" in found.describe()
    assert same_book(found.book(), changed)


def test_killed_between_saving_and_clearing(own: Journal, state: Path, opened: Opened) -> None:
    path, book, stamp = opened.path, opened.book, opened.stamp
    changed = edited(book, 1)
    own.record(changed)
    own.flush()
    files.save(changed, path, stamp=stamp)
    die(own)
    assert recoverable(state) == []
    assert list(state.iterdir()) == []


def test_closing(start: Start, state: Path, opened: Opened) -> None:
    path, book, stamp = opened.path, opened.book, opened.stamp
    for discard in (False, True):
        own = start(path)
        own.saved(book, stamp)
        own.record(edited(book, 1))
        own.close(discard)
        own.close()
        assert own.folder.exists() != discard
    own = start(path)
    own.saved(book, stamp)
    own.record(edited(book, 1))
    own.record(book)
    own.close()
    assert not own.folder.exists()
    own = start(path)
    own.close()
    own.record(book)
    own.flush()


def test_save_as(start: Start, state: Path, opened: Opened) -> None:
    path, book, stamp = opened.path, opened.book, opened.stamp
    own = start()
    own.record(book)
    with pytest.raises(ValueError, match="path"):
        own.saved(book, stamp)
    other = path.with_name("另存.gpkg")
    own.saved(book, files.save(book, other), other)
    changed = edited(book, 3)
    own.record(changed)
    die(own)
    assert only(state).path == other
    assert same_book(only(state).book(), changed)


def test_trouble_is_told_and_passes(own: Journal, state: Path, opened: Opened) -> None:
    book = opened.book
    state.write_text("a file where the folder should be")
    own.record(edited(book, 1))
    own.flush()
    assert "暂时无法备份" in own.trouble
    assert recoverable(state) == []
    state.unlink()
    changed = edited(book, 2)
    own.record(changed)
    own.flush()
    assert own.trouble == ""
    unwritable = scenarios.set_title("\ud83d")(changed)
    own.record(unwritable)
    own.flush()
    assert "暂时无法备份" in own.trouble
    die(own)
    assert same_book(only(state).book(), changed)


def test_a_folder_tidied_away_is_made_again(own: Journal, state: Path, opened: Opened) -> None:
    book = opened.book
    own.record(edited(book, 1))
    own.flush()
    recovery.remove(own.folder)
    changed = edited(edited(book, 1), 2)
    own.record(changed)
    die(own)
    assert same_book(only(state).book(), changed)


def test_spoilt_journals_never_stop_the_program(own: Journal, state: Path, opened: Opened) -> None:
    book = opened.book
    own.record(edited(book, 1))
    die(own)
    folder = only(state).folder
    manifest = folder / recovery.MANIFEST
    whole = manifest.read_bytes()
    told: list[str] = []
    broken = folder.with_name(f"{recovery.BROKEN}{folder.name}")
    for content in (
        b"",
        b"{}",
        b"[]",
        b"\xff",
        whole[:-9],
        whole.replace(b'"when": "', b'"when": "x'),
    ):
        manifest.write_bytes(content)
        told.clear()
        assert recoverable(state, told.append) == []
        assert len(told) == 1
        assert "没有恢复" in told[0]
        assert recoverable(state, told.append) == []
        assert len(told) == 1  # told once
        broken.rename(folder)
    manifest.write_bytes(whole)
    layer_file = next(p for p in folder.glob("*.gpkg") if not p.name.startswith("base"))
    for spoil in (lambda: layer_file.write_bytes(b"x" * 5000), layer_file.unlink):
        spoil()
        with pytest.raises(Refused, match="恢复不出来"):
            only(state).book()


def test_others_are_left_alone(state: Path) -> None:
    own = recovery.mark(processes.machine())
    born = recovery.mark(processes.birth(os.getpid()))
    for name in (f"{own}-{os.getpid()}-{born}-00", "ffffffff-1-00000000-00", "文件夹", "a-b-c-d"):
        (state / name).mkdir(parents=True)
    assert recoverable(state) == []
    assert len(list(state.iterdir())) == 4
    (state / f"{own}-{os.getpid()}-00000000-00").mkdir()  # our number, an earlier process
    assert recoverable(state) == []
    assert len(list(state.iterdir())) == 4


def test_latest_first(start: Start, state: Path) -> None:
    for title in ("一", "二"):
        own = start()
        own.record(small_book(title))
        die(own)
    assert [r.title for r in recoverable(state)] == ["二", "一"]


@pytest.mark.parametrize(
    ("system", "variables", "place"),
    [
        ("posix", {"XDG_STATE_HOME": "/s"}, "/s/yingji-buju/未保存"),
        ("posix", {}, "/home/u/.local/state/yingji-buju/未保存"),
        ("nt", {"LOCALAPPDATA": "/c"}, "/c/yingji-buju/未保存"),
    ],
)
def test_state_folder(
    monkeypatch: pytest.MonkeyPatch, system: str, variables: dict[str, str], place: str
) -> None:
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/u"))

    class System:
        name = system
        environ = os.environ

    monkeypatch.setattr(journal, "os", System)
    assert str(journal.state_folder()) == place


def test_a_hundred_kills(tmp_path: Path) -> None:
    """kill -9 at random moments while editing and saving; see tests/data/killed.py."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.data.killed", tmp_path, "100", "7"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["wrong"] == []
    assert told["kills"] == 100
    # The kills did hit what they were to hit.
    assert told["recovered"] > 20
    assert told["during_save"] > 5
    assert told["files"] == ["规划.gpkg"]
