"""Tables: numbers stay numbers, names stay text, what is unknown says so."""

import csv
from pathlib import Path

import openpyxl
import pytest

import main
from data import examples
from maps.analysis.coverage import CoverageAsk, coverage
from maps.commands import demo
from maps.drawing.dossier import Dossier
from maps.drawing.export_all import Done
from maps.drawing.saving import file_name
from maps.drawing.tables import (
    UNKNOWN,
    Field,
    Table,
    coverage_table,
    safe,
    width,
    write_csv,
    write_xlsx,
)

NAUGHTY = ("=1+1", "+86", "-1", "@SUM(A1)", "\tx", "平常", '=HYPERLINK("http://x")')


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_names_that_look_like_formulas_stay_text(tmp_path: Path) -> None:
    table = Table("表", (Field("名称"), Field("人口(人)", "whole")), tuple((n, 5) for n in NAUGHTY))
    write_csv(table, tmp_path / "x.csv")
    for row, name in zip(rows_of(tmp_path / "x.csv")[1:], NAUGHTY, strict=True):
        assert row[0][0] not in "=+-@\t\r"
        assert row[0].removeprefix("'") == name
    write_xlsx([table], tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["表"]
    for r, name in enumerate(NAUGHTY, 2):
        cell = sheet.cell(r, 1)
        assert (cell.value, cell.data_type) == (name, "s")
        assert cell.quotePrefix == (name[0] in "=+-@")
        assert sheet.cell(r, 2).data_type == "n"
    assert safe("a=b") == "a=b"


def test_unknown_is_said_and_never_zero(tmp_path: Path) -> None:
    fields = (Field("名称"), Field("人口(人)", "whole"), Field("率", "share"))
    table = Table("表", fields, (("甲", None, None), ("乙", 0, 0.0)), ("注",))
    write_csv(table, tmp_path / "x.csv")
    assert rows_of(tmp_path / "x.csv")[1:] == [["甲", UNKNOWN, UNKNOWN], ["乙", "0", "0.0000"]]
    write_xlsx([table], tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["表"]
    assert [c.value for c in sheet[2]] == ["甲", UNKNOWN, UNKNOWN]
    assert [c.value for c in sheet[3]] == ["乙", 0, 0]
    assert sheet["A5"].value == "注"


def test_coverage_table_adds_up_and_has_units() -> None:
    result = coverage(examples.build("绥化").plan, CoverageAsk("depot", 40_000.0))
    table = coverage_table(result)
    assert all("(" in f.heading for f in table.fields if f.form in ("whole", "number"))
    by_heading = {f.heading: i for i, f in enumerate(table.fields)}
    *parts, whole = table.rows
    for heading in ("人口(人)", "覆盖人口(人)", "面积(km²)", "覆盖面积(km²)", "未覆盖(人)"):
        i = by_heading[heading]
        assert sum(row[i] for row in parts) == pytest.approx(whole[i])
    for row in table.rows:
        assert row[by_heading["人口(人)"]] == pytest.approx(
            row[by_heading["覆盖人口(人)"]] + row[by_heading["未覆盖(人)"]]
        )
    assert any("示意" in note for note in table.notes)


def test_workbook_is_ready_to_print_and_names_nobody(tmp_path: Path) -> None:
    result = coverage(examples.build("康巴什").plan, CoverageAsk("depot", 5_000.0))
    write_xlsx([coverage_table(result)], tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    sheet = book["储备库覆盖"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:L{1 + len(result.by_district) + 1}"
    assert sheet.print_title_rows in ("1:1", "$1:$1")
    assert book.properties.creator == "应急布局"
    assert not book.properties.lastModifiedBy
    rows = list(sheet.iter_rows())
    table, below = rows[: 1 + len(result.by_district) + 1], rows[1 + len(result.by_district) + 1 :]
    assert all(cell.border.bottom.style == "thin" for row in table for cell in row)
    assert not any(cell.border.bottom.style for row in below for cell in row)


def test_a_heading_stands_on_one_line_or_on_two_about_alike(tmp_path: Path) -> None:
    headings = ("名称", "人口(人)", "另有现状未落位(处)", "规划实施后两处以上可达的人口(人)")
    fields = tuple(Field(heading) for heading in headings)
    write_xlsx([Table("表", fields, ((*"甲乙丙丁",),), ())], tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["表"]
    assert tuple(cell.value for cell in sheet[1]) == headings
    for heading, column in zip(headings, "ABCD", strict=True):
        lines = width(heading) / (sheet.column_dimensions[column].width - 1)
        assert lines <= 1 or 1.5 < lines < 2


def test_demo_fills_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def nothing(made: Dossier, plan_file: Path, folder: Path, report: object) -> Done:
        asked.append((made.found.book.title, plan_file, made.date))
        return Done(folder, ["一.pdf"], {"责任区图": "没有道路"})

    monkeypatch.setattr(demo, "EXAMPLE", "康巴什")
    monkeypatch.setattr(demo, "export_all", nothing)
    folder = tmp_path / "a" / "out"
    assert main.main(["demo", "-o", str(folder), "--date", "2026年"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "一.pdf" in told.out
    assert "责任区图:没有道路" in told.out
    assert asked == [("康巴什区应急设施布局规划(示例)", folder / "康巴什.gpkg", "2026年")]
    assert (folder / "康巴什.gpkg").is_file()
    (tmp_path / "file").write_text("")
    assert main.main(["demo", "-o", str(tmp_path / "file" / "x")]) == 2
    assert "建不了文件夹" in capsys.readouterr().err


def test_names_of_files_are_taken_by_every_system() -> None:
    assert file_name("赤峰市") == "赤峰市"
    assert file_name('甲/乙:<b>"某?县*"|\\ \n') == "甲_乙_b_某_县"
    assert file_name("../..") == "未命名"
    assert len(file_name("名" * 300).encode()) < 200
