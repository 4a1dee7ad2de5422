"""Numbers as the window writes them. What is not known is 未知, never 0."""

from typing import Any

from data.kinds import Column, is_missing

UNKNOWN = "未知"


def value_text(column: Column | None, value: Any) -> str:
    """Return a value as fields and table cells show it, "" for a missing one.

    Measured numbers get thousands separators; years and codes do not.
    """
    if is_missing(value):
        return ""
    if column is not None and column.type in ("number", "whole"):
        return number(float(value), grouped=bool(column.unit))
    return str(value)


def number(value: float, *, grouped: bool = True) -> str:
    """Return a number with up to four decimals, none of them an idle zero."""
    text = f"{value:{',' if grouped else ''}.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def people(value: float | None) -> str:
    """Persons as headlines say them: “403.6 万人”, below ten thousand “8,421 人”."""
    if value is None or value != value:
        return UNKNOWN
    return f"{value / 1e4:,.1f} 万人" if value >= 9_999.5 else f"{value:,.0f} 人"


def exact_people(value: float | None) -> str:
    """Persons to the last one: “4,035,967 人”."""
    return UNKNOWN if value is None or value != value else f"{value:,.0f} 人"


def share(value: float | None) -> str:
    """A share (0–1) with one decimal: “59.1%”."""
    return UNKNOWN if value is None or value != value else f"{value:.1%}"


def square_km(value: float | None) -> str:
    """An area in km²: “86,412 km²”, small ones with decimals."""
    if value is None or value != value:
        return UNKNOWN
    return f"{value:,.0f} km²" if value >= 100 else f"{value:,.2f} km²"


def km(metres: float) -> str:
    """A distance in kilometres: “50 km”, “0.5 km”."""
    return f"{number(metres / 1000)} km"
