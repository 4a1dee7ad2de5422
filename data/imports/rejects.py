"""Rows that could not be taken: each with its reason, and as a list to mend and import again."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.beside import replacing
from data.imports.source import Source

REASON = "未导入原因"
"""The heading of the reason in a list of rejects; a list read in again ignores it."""


_SUM = re.compile(r"(本页)?(合计|总计|小计|共计|总和)([:：(（].*)?")
_FOOT = re.compile(
    r"(注|备注|说明|附注|填表人?|制表人?|审核人?|填报(单位|人|日期|时间)|联系(人|电话)|数据来源|统计时间)[:：]"
)


@dataclass(frozen=True)
class Reject:
    """Row ``row`` (its number in the file) was not imported; ``place``: its position."""

    row: int
    place: int
    reason: str

    @property
    def sentence(self) -> str:
        return f"第 {self.row} 行:{self.reason}。"


def rejects_of(source: Source, bad: dict[int, str]) -> tuple[Reject, ...]:
    """Return the refused rows in the file's order, those refused while reading among them."""
    out = [Reject(int(source.rows[place]), place, reason) for place, reason in bad.items()]
    out += [Reject(row, -1, reason) for row, reason in source.left_out]
    return tuple(sorted(out, key=lambda r: (r.row, r.place)))


def reason_of_sum(source: Source, place: int, reason: str) -> str:
    """Say that a row without a place is the list's sum, when it says so itself."""
    words = [source.text(heading, place) for heading in source.headings[:4]]
    words = [re.sub(r"\s", "", word) for word in words]
    if any(_SUM.fullmatch(word) for word in words):
        return "是合计行,不是一处地点"
    if next((_FOOT.match(word) for word in words if word), None):
        return "是表后的说明,不是一处地点"
    return reason


def of_its_part(source: Source, place: int, reason: str) -> str:
    """Say in which sheet or layer the row stands, when several were put together."""
    if not source.part:
        return reason
    return f"({source.text(source.part, place)}){reason}"


def write_rejects(source: Source, rejects: Sequence[Reject], path: Path) -> None:
    """Write the refused rows with their reasons (.csv with a UTF-8 mark, so that Excel and WPS
    show it right), to be mended and imported again. Raises Refused when it cannot be written.
    """
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow([*source.headings, REASON])
    for reject in rejects:
        if reject.place >= 0:
            cells = [as_text(source.text(h, reject.place)) for h in source.headings]
        else:
            cells = [""] * len(source.headings)
        lines.writerow([*cells, f"第 {reject.row} 行:{reject.reason}"])
    with replacing(path) as written:
        written.write_bytes(("\ufeff" + text.getvalue()).encode("utf-8"))


def as_text(cell: str) -> str:
    """Return a cell that a spreadsheet takes for text: a formula would be carried out."""
    if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not _number(cell)):
        return "'" + cell
    return cell


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
