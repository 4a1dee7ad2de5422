"""A folder of deliverables, looked at again: is every number still what the plan gives?"""

from pathlib import Path
from typing import Any

from data import files
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.figures import ledger
from maps.analysis.findings import asked_from, findings
from maps.analysis.provenance import (
    FILE,
    Difference,
    Ledger,
    changed_inputs,
    differences,
    input_of,
    read_ledger,
)
from maps.drawing.numbers import numbers_in


def recheck(folder: Path, plan_file: Path | None = None, report: Report = silent) -> dict[str, Any]:
    """Work every number of the folder out again, from ``plan_file`` or the plan that lies in it.

    Returns what came out, as ``rerun --json`` writes it. Raises Refused for a folder without
    a ledger and when the plan is not there.
    """
    then = read_ledger(folder / FILE)
    plan_file = folder / then.plan.name if plan_file is None else plan_file
    if not plan_file.is_file():
        raise Refused(
            f"没有找到规划文件“{plan_file}”。"
            "请把它放回成果文件夹,或在命令行用 --plan 指出它现在在哪里。"
        )
    book = files.load(plan_file, part(report, 0.0, 0.1)).book
    found = findings(book, asked_from(then.asked), part(report, 0.1, 0.9))
    now = ledger(found, plan_file, then.date, then.plan.name)
    return compared(folder, then, now, part(report, 0.9, 1.0))


def compared(folder: Path, then: Ledger, now: Ledger, report: Report) -> dict[str, Any]:
    """Return what came out: figures that differ, inputs and files that are not as they were."""
    report(0.0, "正在核对成果文件…")
    different = differences(then, now)
    gone, edited, wrong = [], [], []
    for one in then.files:
        path = folder / one.name
        if not path.is_file():
            gone.append(one.name)
        elif input_of(path).sha256 != one.sha256:
            edited.append(one.name)
            wrong += _wrong_numbers(path, then)
    report(1.0, "复算完成")
    return {
        "folder": str(folder),
        "figures": len(then.figures),
        "identical": not different and not wrong,
        "different": [_row(one, then) for one in different],
        "wrong_in_files": wrong,
        "inputs_changed": changed_inputs(then.inputs, now.inputs),
        "versions": {"then": then.version, "now": now.version},
        "libraries_changed": sorted(
            name for name, v in then.libraries.items() if now.libraries.get(name) != v
        ),
        "files_missing": gone,
        "files_edited": edited,
    }


def _row(one: Difference, then: Ledger) -> dict[str, Any]:
    code = then.codes.get(one.key)
    return {"code": code, "key": one.key, "then": one.then, "now": one.now, "note": one.note}


def _wrong_numbers(path: Path, then: Ledger) -> list[dict[str, Any]]:
    """Numbers in an edited Word file or web page that are not those of the ledger any more."""
    out = []
    for code, written, right in numbers_in(path, then):
        if written != right:
            out.append(
                {
                    "file": path.name,
                    "code": code,
                    "key": then.keys.get(code, ""),
                    "written": written,
                }
            )
            out[-1]["right"] = right
    return out


def sentences(values: dict[str, Any]) -> str:
    """Return the answer as lines to read."""
    lines = []
    if values["inputs_changed"]:
        lines.append(f"输入文件已不是当时的:{'、'.join(values['inputs_changed'])}。")
    if values["libraries_changed"]:
        lines.append(f"计算用的库版本不同:{'、'.join(values['libraries_changed'])}。")
    for name in values["files_missing"]:
        lines.append(f"成果文件不在了:{name}。")
    for name in values["files_edited"]:
        lines.append(f"成果文件导出后被改动过:{name}。")
    for one in values["different"]:
        note = f"({one['note']})" if one["note"] else ""
        lines.append(
            f"不同 {one['code'] or ''} {one['key']}:原 {_said(one['then'])},"
            f"现 {_said(one['now'])}{note}"
        )
    for one in values["wrong_in_files"]:
        lines.append(
            f"“{one['file']}”里 {one['code']} {one['key']} 写的是“{one['written']}”,"
            f"溯源是“{one['right']}”。"
        )
    total, bad = values["figures"], len(values["different"]) + len(values["wrong_in_files"])
    lines.append(f"{total:,} 个数全部一致。" if values["identical"] else f"有 {bad} 处不一致。")
    return "\n".join(lines)


def _said(value: float | None) -> str:
    return "未知" if value is None else f"{value:.12g}"
