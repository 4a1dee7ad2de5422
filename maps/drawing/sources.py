"""The provenance tables of a workbook: every figure, every computation, every file."""

from collections.abc import Mapping

from maps.analysis.provenance import Figure, Ledger
from maps.drawing.tables import Field, Table, sheet_names


def sources(ledger: Ledger, tables: Mapping[str, Table]) -> list[Table]:
    """Return the three tables; ``tables`` are the sheets before them, to say where figures are."""
    return [_figures(ledger, tables), _steps(ledger), _files(ledger)]


def _fields(*headings: str) -> tuple[Field, ...]:
    return tuple(Field(heading) for heading in headings)


def _figures(ledger: Ledger, tables: Mapping[str, Table]) -> Table:
    where = _where(ledger, tables)
    rows = tuple(
        (
            ledger.codes[key],
            key,
            _exact(one),
            one.unit,
            one.basis,
            ledger.steps[one.step].title,
            where.get(key, ""),
        )
        for key, one in ledger.figures.items()
    )
    heads = _fields("溯源编号", "是什么", "数值", "单位", "口径", "计算", "在本工作簿的位置")
    return Table("溯源", heads, rows)


def _steps(ledger: Ledger) -> Table:
    rows = tuple(
        (
            key,
            step.title,
            ";".join(f"{k}={v}" for k, v in step.parameters.items()),
            "、".join(step.inputs),
            f"python main.py {step.command}",
        )
        for key, step in ledger.steps.items()
    )
    return Table("溯源-计算", _fields("计算", "名称", "参数", "输入文件", "复算命令"), rows)


def _files(ledger: Ledger) -> Table:
    rows = [(one.name, one.sha256, f"{one.size:,}") for one in ledger.inputs]
    rows += [("程序版本", ledger.version, "")]
    rows += [(name, version, "") for name, version in ledger.libraries.items()]
    return Table("溯源-输入", _fields("文件或程序", "SHA-256 或版本", "字节"), tuple(rows))


def _exact(one: Figure) -> str:
    return "未知" if one.value is None else f"{one.value:.12g}"


def _where(ledger: Ledger, tables: Mapping[str, Table]) -> dict[str, str]:
    """Where in the workbook each figure stands: “储备库分区覆盖!C5”."""
    from openpyxl.utils import get_column_letter

    out: dict[str, list[str]] = {}
    names = sheet_names([table.title for table in tables.values()])
    for name, table in zip(names, tables.values(), strict=True):
        for r, row in enumerate(table.rows, 2):
            for c, cell in enumerate(row, 1):
                if isinstance(cell, Figure):
                    out.setdefault(cell.key, []).append(f"{name}!{get_column_letter(c)}{r}")
    return {key: "、".join(cells) for key, cells in out.items()}
