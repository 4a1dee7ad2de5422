"""Conditions on columns, three-valued: true, false, or not known because the value is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.kinds import is_missing
from maps.analysis.targets.units import meets

NUMERIC = ("不少于", "不超过", "多于", "少于")
OPERATORS = ("等于", "不等于", "含", "不含", *NUMERIC, "已填")


@dataclass(frozen=True)
class Condition:
    """“``column`` ``operator`` ``values``”; 等于 and 含 are met by any one of the values.

    Numbers for 不少于 不超过 多于 少于, “是”/“否” for 已填, else texts.
    """

    column: str
    operator: str
    values: tuple[str | float, ...]

    def holds(self, value: Any) -> bool | None:
        """Whether a value meets the condition; None when it is missing and would be needed."""
        missing = is_missing(value)
        if self.operator == "已填":
            return (not missing) == (self.values[0] == "是")
        if missing:
            return None
        if self.operator in NUMERIC:
            number = as_number(value)
            limit = self.values[0]
            assert isinstance(limit, float)
            return None if number is None else meets(number, self.operator, limit)
        text = as_text(value)
        texts = [str(v) for v in self.values]
        if self.operator in ("含", "不含"):
            return any(v in text for v in texts) == (self.operator == "含")
        return (text in texts) == (self.operator == "等于")

    def __str__(self) -> str:
        values = "或".join(str(v) if isinstance(v, str) else f"{v:g}" for v in self.values)
        if self.operator == "已填":
            return f"{self.column}{'已填' if values == '是' else '未填'}"
        word = "为" if self.operator == "等于" else self.operator
        return f"{self.column}{word}{values}"


Conditions = tuple[Condition, ...]


def together(answers: Sequence[bool | None]) -> bool | None:
    """Whether all hold: false as soon as one fails, unknown when only known ones hold."""
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def as_number(value: Any) -> float | None:
    """The number in a cell, None for missing or for text that is none."""
    if is_missing(value):
        return None
    try:
        number = float(str(value).replace(",", "").replace("，", ""))
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None


def as_text(value: Any) -> str:
    """A cell as text; 3.0 is “3”, as planners write it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
