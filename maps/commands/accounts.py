"""How the accounts of a coverage are written, whether it is in metres or in minutes."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from maps.analysis.coverage import Reached

UNKNOWN = "未知"
TIMES = ("0", "1", "2", "3+")


def row_values(row: Reached) -> dict[str, Any]:
    """Numbers of one district or of the whole as plain values; unknown is None."""
    return {
        "people_total": number(row.people_total),
        "people_covered": number(row.people_covered),
        "share": row.share,
        "area_km2_total": row.area_km2_total,
        "area_km2_covered": row.area_km2_covered,
    }


def whole_values(whole: Reached) -> dict[str, Any]:
    """Numbers of the whole with the area's share and how many times people are reached."""
    return {
        **row_values(whole),
        "area_share": whole.area_share,
        "multiplicity": {
            times: number(n) for times, n in zip(TIMES, whole.multiplicity, strict=True)
        },
    }


def district_values(row: Reached) -> dict[str, Any]:
    """One entry of ``by_district``."""
    return {"name": row.name, "adcode": row.adcode, **row_values(row)}


def outside_values(outside: Reached) -> dict[str, Any]:
    """People in no planning district."""
    values = row_values(outside)
    return {k: values[k] for k in ("people_total", "people_covered", "share")}


def number(value: float | None) -> float | int | None:
    """Whole persons are written without a decimal point."""
    return int(value) if value is not None and value.is_integer() else value


def lines(rows: Sequence[Reached], whole: Reached, outside: Reached | None) -> list[str]:
    """The accounts as aligned lines of text, and how many times people are reached."""
    cells: list[tuple[str, ...]] = [
        ("", "人口", "覆盖人口", "占比", "面积 km²", "覆盖 km²", "占比")
    ]
    cells += [_cells(row) for row in (*rows, whole)]
    if outside is not None:
        cells.append(_cells(outside))
    wide = [max(_width(row[i]) for row in cells) for i in range(len(cells[0]))]
    out = ["  ".join(_pad(cell, wide[i], i > 0) for i, cell in enumerate(r)) for r in cells]
    times = zip(("0 处", "1 处", "2 处", "3 处及以上"), whole.multiplicity, strict=True)
    out.append("被几处覆盖:" + ";".join(f"{n} {people_text(v)} 人" for n, v in times))
    return out


def people_text(value: float | None) -> str:
    """Persons with thousands, 未知 when unknown."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def _cells(row: Reached) -> tuple[str, ...]:
    return (
        row.name,
        people_text(row.people_total),
        people_text(row.people_covered),
        _percent(row.share),
        _square(row.area_km2_total),
        _square(row.area_km2_covered),
        _percent(row.area_share),
    )


def _square(value: float | None) -> str:
    return "—" if value is None else f"{value:,.1f}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap
