"""Who works on a file is told; what the dead left behind is taken over."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from data import lock, processes
from data.lock import FileLock, Held
from data.refused import Refused


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "规划.gpkg"


def written(path: Path, **values: object) -> Path:
    """A lock file that says it is from this machine, except for ``values``."""
    told = {
        "machine": processes.machine(),
        "user": "张三",
        "pid": os.getpid(),
        "birth": processes.birth(os.getpid()),
        "started": "2026-07-01T08:30:00",
        "token": "x",
    }
    file = path.with_name(f".{path.name}.lock")
    file.write_text(json.dumps(told | values))
    return file


def test_taken_and_given_back(path: Path) -> None:
    own = FileLock(path)
    own.acquire()
    own.acquire()
    assert own.file.name == ".规划.gpkg.lock"
    assert json.loads(own.file.read_text())["pid"] == os.getpid()
    with pytest.raises(Held, match="本机的另一个"):
        FileLock(path).acquire()
    own.release()
    own.release()
    assert list(path.parent.iterdir()) == []
    with FileLock(path):
        assert own.file.exists()
    assert not own.file.exists()


def test_another_machine_is_named(path: Path) -> None:
    file = written(path, machine="应急局-03", pid=1)
    with pytest.raises(Held) as caught:
        FileLock(path).acquire()
    for word in ("规划.gpkg", "应急局-03", "张三", "2026-07-01 08:30", file.name):
        assert word in str(caught.value)
    assert file.exists()


def test_the_dead_are_taken_over(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    for values in (
        {"pid": child.pid},
        {"birth": "another start"},  # the number came back to another process
        {"pid": "?"},
        {"pid": -5},
    ):
        written(path, **values)
        with FileLock(path) as own:
            assert json.loads(own.file.read_text())["token"] != "x"
    for content in (b"", b"{", b"\xff\xfe", b"[1]"):
        path.with_name(f".{path.name}.lock").write_bytes(content)
        with FileLock(path):
            pass
    assert list(path.parent.iterdir()) == []


def test_only_the_own_lock_is_removed(path: Path) -> None:
    own = FileLock(path)
    own.acquire()
    file = written(path, machine="别的电脑")
    own.release()
    assert json.loads(file.read_text())["machine"] == "别的电脑"


def test_a_lock_that_changed_is_put_back(path: Path) -> None:
    file = written(path)
    content = file.read_bytes()
    FileLock(path)._put_aside(b"what was there before")
    assert file.read_bytes() == content
    assert [p.name for p in path.parent.iterdir()] == [file.name]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="不存在"):
        FileLock(tmp_path / "无" / "规划.gpkg").acquire()


def test_links_lead_to_the_same_lock(path: Path) -> None:
    path.touch()
    link = path.with_name("链接.gpkg")
    link.symlink_to(path)
    with FileLock(link), pytest.raises(Held):
        FileLock(path).acquire()


def test_long_names(tmp_path: Path) -> None:
    with FileLock(tmp_path / ("长" * 83 + ".gpkg")) as own:
        assert own.file.exists()


def test_one_of_many_gets_it(path: Path) -> None:
    """Eight processes at once, over a lock left by a dead one: exactly one wins."""
    written(path, birth="long ago")
    go = path.parent / "go"
    code = (
        "import sys, time; from pathlib import Path; from data.lock import FileLock, Held\n"
        f"while not Path({str(go)!r}).exists(): time.sleep(0.001)\n"
        f"own = FileLock({str(path)!r})\n"
        "try: own.acquire(); print('mine', flush=True); sys.stdin.read()\n"
        "except Held: print('held', flush=True)"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    go.touch()
    said = Counter[str]()
    for child in children:
        assert child.stdout is not None
        said[child.stdout.readline().strip()] += 1
    assert said == {"mine": 1, "held": 7}
    for child in children:
        child.communicate()


def test_processes() -> None:
    mark = processes.birth(os.getpid())
    assert mark
    assert processes.alive(os.getpid(), mark)
    assert not processes.alive(os.getpid(), f"{mark}0")
    assert processes.alive(os.getpid(), "?")
    assert processes.birth(0) == processes.birth(-1) == processes.birth(2**31 - 5) == ""


def test_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not tell when a process began, that it runs is enough."""

    def fails(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", fails)
    assert processes.birth(os.getpid()) == "?"
    assert processes.alive(os.getpid(), "any")
    assert not processes.alive(2**31 - 5, "any")


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    def fails() -> str:
        raise KeyError("uid")

    monkeypatch.setattr(lock.getpass, "getuser", fails)
    with FileLock(path), pytest.raises(Held, match="未知用户"):
        FileLock(path).acquire()
