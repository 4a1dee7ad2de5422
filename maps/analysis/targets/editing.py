"""Rule files changed as text: comments and order stay, only what was meant is another.

Every change is read again before it is handed back: what would not be a right rule file is
refused, with its line.
"""

import re

from data.refused import Refused
from maps.analysis.targets.loader import rules_from_text
from maps.analysis.targets.model import RuleSet
from maps.analysis.targets.tree import Node, read_text

HEAD = ("规则集", "文件", "地区")


def with_field(text: str, rule_id: str, field: str, value: str, name: str = "规则") -> str:
    """Return the text with one field of a rule written anew (added when it is not there).

    ``value`` as it is to stand in the file (“5000”, “[1, 2]”, “待核实”, “{级别: 市级}”).
    Raises Refused for an unknown rule, for a field that stretches over several lines, and for
    what would make the file wrong.
    """
    if "\n" in value:
        raise Refused("一项内容要写在一行里。")
    lines = text.split("\n")
    rule = _rule(read_text(text, name), rule_id)
    assert rule.entries is not None
    at = rule.lines["编号"] - 1
    flow = lines[rule.line - 1].lstrip().startswith("- {")
    if field in rule.entries:
        start, last = rule.lines[field] - 1, rule.entries[field].line - 1
        new = _replaced(lines[start], field, value, flow) if start == last else None
        if new is None:
            raise rule.entries[field].refuse(f"“{field}”写在几行里,请在文件里直接改。")
        lines[start] = new
    elif flow:
        lines[at] = re.sub(r"(编号:\s*[^,}]+)", rf"\1, {field}: {_safe(value)}", lines[at], count=1)
    else:
        indent = len(lines[at]) - len(lines[at].lstrip("- "))
        lines.insert(at + 1, f"{' ' * indent}{field}: {value}")
    out = "\n".join(lines)
    changed = rules_from_text(out, name)
    _only_that(read_text(out, name), rules_from_text(text, name), changed, rule_id, field, value)
    return out


def copied(text: str, title: str, region: str = "", name: str = "规则") -> str:
    """Return the rules for another document: its title, its region, the same rules."""
    if not title.strip():
        raise Refused("请写出规划文本的名称。")
    values = {"规则集": title.strip(), "文件": title.strip(), "地区": region.strip()}
    known = read_text(text, name).as_entries("规则文件")
    lines = text.split("\n")
    for field in HEAD:
        if field in known:
            line = known[field].line - 1
            lines[line] = f"{field}: {_quoted(values[field])}"
    out = "\n".join(lines)
    rules_from_text(out, name)
    return out


def _rule(root: Node, rule_id: str) -> Node:
    listed = root.as_entries("规则文件").get("规则")
    for node in listed.as_list() if listed is not None else ():
        entries = node.as_entries("规则")
        if "编号" in entries and entries["编号"].text == rule_id:
            return node
    raise Refused(f"没有编号为“{rule_id}”的规则。")


def _only_that(
    root: Node, before: RuleSet, after: RuleSet, rule_id: str, field: str, value: str
) -> None:
    """Refuse a change that went elsewhere: the field's name may stand inside a quotation."""
    entries = _rule(root, rule_id).as_entries("规则")
    found = entries[field]
    written = found.text is None or found.text == value.strip("\"'")
    others = [r.id for r in before if r.id != rule_id] == [r.id for r in after if r.id != rule_id]
    if not (written and others):
        raise found.refuse(f"“{field}”要在文件里直接改。")


def _replaced(line: str, field: str, value: str, flow: bool) -> str | None:
    """The line with the field's value another; a comment behind it stays."""
    if not flow:
        found = re.match(rf"^(\s*(?:- )?{re.escape(field)}:\s*)(.*?)(\s+#.*)?$", line)
        return f"{found[1].rstrip()} {value}{found[3] or ''}" if found else None
    inside = re.search(rf"(?:^|[{{,])\s*{re.escape(field)}:\s*", line)
    if inside is None:
        return None
    end = _end_of_value(line, inside.end())
    return line[: inside.end()] + _safe(value) + line[end:]


def _end_of_value(line: str, start: int) -> int:
    """Where a value inside {…} ends: the next comma or brace outside quotes and brackets."""
    depth, quote = 0, ""
    for i in range(start, len(line)):
        char = line[i]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and i == start:
            quote = char
        elif char in "[{":
            depth += 1
        elif char in "]}" and depth:
            depth -= 1
        elif char == "}" or (char == "," and not depth):
            return i
    return len(line)


def _safe(value: str) -> str:
    """A value that can stand inside {…}."""
    plain = value.startswith(("[", "{", '"', "'"))
    return value if plain or not re.search(r"[,\[\]{}]|: |^[%&*!|>@`#-]", value) else _quoted(value)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
