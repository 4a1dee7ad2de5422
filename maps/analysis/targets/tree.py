"""YAML a planner wrote, as a tree in which everything knows its line.

Only the plain part of YAML is read: mappings, lists and text. Tags, anchors and aliases,
several documents, tabs as indentation, doubled keys, very large or very deep files are
refused with their line. Every scalar stays the text it was written as; what it must be
(a number, a year, one of some words) is decided by who asks for it, so that “0805” or
“no” never turn into something else on the way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from data.beside import reason
from data.refused import Refused

LARGEST = 4 * 1024 * 1024
"""Bytes: a rule file is text written by hand; all five plans together have half a megabyte."""

DEEPEST = 20
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(eq=False)
class Node:
    """A scalar (``text``), a list (``items``) or a mapping (``entries``), and its line (from 1).

    ``file`` is what error messages call the file. ``quoted``: a scalar written in quotes
    or as a block, so that an empty one is meant to be empty.
    """

    file: str
    line: int
    text: str | None = None
    quoted: bool = False
    items: list["Node"] | None = None
    entries: dict[str, "Node"] | None = None
    lines: dict[str, int] = field(default_factory=dict)

    def refuse(self, message: str) -> Refused:
        """Return the refusal of this node: file, line, ``message``."""
        return refusal(self.file, self.line, message)

    @property
    def empty(self) -> bool:
        """Whether nothing was written here (also “~” and “null”)."""
        return self.text is not None and not self.quoted and self.text in ("", "~", "null")

    def as_text(self, what: str) -> str:
        """The text of a scalar, trimmed; Refused for a list, a mapping or nothing."""
        if self.text is None:
            raise self.refuse(f"“{what}”要写一段文字,不能写成列表或分项。")
        if not self.text.strip() and not self.quoted:
            raise self.refuse(f"“{what}”没有写内容。")
        return self.text.strip()

    def as_list(self) -> list["Node"]:
        """The items of a list; a single scalar or mapping counts as a list of one."""
        return self.items if self.items is not None else [self]

    def as_entries(self, what: str) -> dict[str, "Node"]:
        if self.entries is None:
            raise self.refuse(f"“{what}”要写成“名称: 内容”的分项。")
        return self.entries


def refusal(file: str, line: int, message: str) -> Refused:
    return Refused(f"规则文件“{file}”第 {line} 行:{message}")


def read_file(path: Path) -> Node:
    """Return the tree of a file; Refused for one that is missing, too large or not UTF-8."""
    name = path.name
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise refusal(name, 1, f"文件有 {size / 1e6:.0f} MB,规则文件不应超过 4 MB,没有读取。")
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise Refused(f"读不了规则文件“{path}”:没有这个文件,请检查文件名和位置。") from error
    except IsADirectoryError as error:
        raise Refused(f"读不了规则文件“{path}”:它是文件夹,请指明里面的文件。") from error
    except OSError as error:
        raise Refused(f"读不了规则文件“{path}”:{reason(error)}。") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refusal(name, line, "不是 UTF-8 编码,请用“UTF-8”另存后再试。") from None
    return read_text(text, name)


def read_text(text: str, name: str) -> Node:
    """Return the tree of YAML text; ``name`` is what error messages call the file."""
    if len(text) > LARGEST:
        raise refusal(name, 1, "内容超过 4 MB,没有读取。")
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise refusal(name, number, "用了制表符(Tab)缩进,请改成空格。")
    try:
        return _build(yaml.parse(text, Loader=_LOADER), name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.line + 1 if mark else 1
        raise refusal(name, at, f"写法不对({_problem(error)}),请检查缩进、冒号和引号。") from None
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, max(int(error.position), 0)) + 1
        raise refusal(name, at, "有看不见的控制字符,请删去。") from None


def _problem(error: yaml.MarkedYAMLError) -> str:
    said = f"{error.context or ''} {error.problem or ''}"
    for english, chinese in (
        ("mapping values are not allowed", "这里不能再出现冒号"),
        ("could not find expected ':'", "缺少冒号"),
        ("did not find expected '-'", "列表的“-”没有对齐"),
        ("did not find expected key", "缩进没有对齐"),
        ("expected <block end>", "缩进没有对齐"),
        ("quoted scalar", "引号没有成对"),
        ("flow sequence", "方括号没有成对"),
        ("flow mapping", "花括号没有成对"),
        ("cannot start any token", "有不能用在行首的符号"),
    ):
        if english in said:
            return chinese
    return "看不懂这一行"


def _build(events: Iterator[Any], name: str) -> Node:
    """Build the tree without recursion, refusing what the plain part of YAML has not."""
    root: Node | None = None
    open_: list[Node] = []
    keys: list[Node | None] = []
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                raise refusal(name, line, "一个文件里只能有一份规则(多了一个“---”)。")
            continue
        if isinstance(event, yaml.AliasEvent):
            raise refusal(name, line, "用了引用(*名称),规则文件里不允许,请把内容写全。")
        if isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
            keys.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        node = _node(event, name, line)
        if open_:
            _attach(open_[-1], keys, node)
        else:
            root = node
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append(node)
            keys.append(None)
            if len(open_) > DEEPEST:
                raise refusal(name, line, f"层次太深(超过 {DEEPEST} 层),请检查括号和缩进。")
    if root is None:
        raise refusal(name, 1, "文件是空的。")
    return root


def _node(event: Any, name: str, line: int) -> Node:
    if event.anchor is not None:
        raise refusal(name, line, f"用了锚点(&{event.anchor}),规则文件里不允许,请把内容写全。")
    if event.tag not in (None, "!"):
        raise refusal(name, line, f"用了类型标记({event.tag}),规则文件里不允许,请删去。")
    if isinstance(event, yaml.ScalarEvent):
        return Node(name, line, text=event.value, quoted=event.style not in (None, ""))
    if isinstance(event, yaml.SequenceStartEvent):
        return Node(name, line, items=[])
    return Node(name, line, entries={})


def _attach(parent: Node, keys: list[Node | None], node: Node) -> None:
    """Put a node into its list, or take it as the key or the value of its mapping."""
    if parent.items is not None:
        parent.items.append(node)
        return
    assert parent.entries is not None
    key = keys[-1]
    if key is None:
        if node.text is None:
            raise node.refuse("冒号左边只能是一个名称。")
        if node.text in parent.entries:
            first = parent.lines[node.text]
            raise node.refuse(f"“{node.text}”写了两次(第 {first} 行已有),请删去一个。")
        keys[-1] = node
        return
    assert key.text is not None
    parent.entries[key.text] = node
    parent.lines[key.text] = key.line
    keys[-1] = None
