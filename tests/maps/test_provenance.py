"""Every number has a source, is right, and comes out again; what was altered is found."""

import json
import shlex
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyproj
import pytest

import main
from data import files
from data.progress import Cancelled
from data.refused import Refused
from maps.analysis.findings import Asked, asked_from, findings
from maps.analysis.provenance import (
    FILE,
    Figure,
    differences,
    input_of,
    read_ledger,
    spoken,
    to_json,
)
from maps.drawing import export_all as exporting
from maps.drawing.numbers import numbers_in
from tests.data.books import CRS
from tests.maps.dossiers import DATE, NAMES, RADIUS, full_book, full_dossier, plan_file

FILES = ("区0设施布局.docx", "区0应急设施布局.html", "区0应急设施表.xlsx")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything of the small plan, with one map only: maps have tests of their own."""
    folder = tmp_path_factory.mktemp("成果")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "TEMPLATES", {"布局图": exporting.TEMPLATES["布局图"]})
        patch.setattr(exporting, "bind", lambda plan, ask, path, report: path.write_bytes(b"%PDF"))
        words = ["export-all", str(plan_file()), "-o", str(folder), "--date", DATE, "--dpi", "50"]
        words += ["--radius", "depot=20000", "shelter=3000"]
        assert main.main(words) == 0
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy that a test may alter."""
    return Path(shutil.copytree(exported, tmp_path / "成果"))


def rerun(
    folder: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main.main(["rerun", str(folder), "--json", "-", *more])
    return code, json.loads(capsys.readouterr().out)


def test_counts_and_coverage_agree_with_counting_by_hand() -> None:
    figures = full_dossier().ledger.figures
    plan = full_book().plan
    depots = plan.layer("储备库").frame
    for status in ("现状", "在建", "规划", "撤销"):
        count = int((depots["状态"] == status).sum())
        assert figures[f"储备库.状态.{status}.数量"].value == count
    today = depots[depots["状态"].isin(["现状", "撤销"])]
    assert figures["储备库.现状.建筑面积"].value == pytest.approx(today["建筑面积"].sum())
    # One planned depot has no 保障人数: the sum is unknown, never the sum of the rest.
    assert figures["储备库.规划.保障人数"].value is None
    assert figures["避难场所.现状.未落位.数量"].value is None
    assert figures["储备库.规划.未落位.数量"].value == 3
    people = plan.layer("人口").frame
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    lon, lat = to_degrees.transform(people.geometry.x.to_numpy(), people.geometry.y.to_numpy())
    stands = depots[depots["状态"] != "撤销"]
    times = np.zeros(len(people), int)
    for point in stands.geometry:
        x, y = to_degrees.transform(point.x, point.y)
        _, _, metres = pyproj.Geod(ellps="GRS80").inv(lon, lat, np.full_like(lon, x), lat * 0 + y)
        times += metres <= RADIUS["depot"]
    persons = people["人口"].to_numpy(float)
    head = "覆盖.储备库.全部.合计"
    assert figures[f"{head}.覆盖人口"].value == persons[times > 0].sum()
    assert figures[f"{head}.人口覆盖率"].value == persons[times > 0].sum() / persons.sum()
    assert figures[f"{head}.2处可达"].value == persons[times == 2].sum()
    assert figures[f"{head}.未覆盖人口"].value == persons[times == 0].sum()
    assert figures["规划区.人口"].value == persons.sum()


def test_every_figure_has_a_step_and_its_command_gives_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = full_dossier().ledger
    assert all(figure.step in ledger.steps for figure in ledger.figures.values())
    assert len(set(ledger.codes.values())) == len(ledger.figures)
    monkeypatch.chdir(plan_file().parent)
    for key, step in ledger.steps.items():
        name, *_ = words = shlex.split(step.command)
        if name == "coverage":
            assert main.main([*words, "--json", "-"]) == 0
            told = json.loads(capsys.readouterr().out)
            _, of, status = key.split(".")
            title = {"depot": "储备库", "shelter": "避难场所"}[of]
            figure = ledger.figures[f"覆盖.{title}.{status}.合计.覆盖人口"]
            assert told["people_covered"] == figure.value
        elif name == "site":
            assert main.main([*words, "--json", "-"]) == 0
            told = json.loads(capsys.readouterr().out)
            title = {"depot": "储备库", "shelter": "避难场所"}[key.split(".")[1]]
            if (reached := ledger.figures.get(f"选址.{title}.新增后.覆盖人口")) is not None:
                assert told["people_covered"] == pytest.approx(reached.value)
        elif name == "curve":
            assert main.main([*words, "--json", "-"]) == 0
            title = {"depot": "储备库", "shelter": "避难场所"}[key.split(".")[1]]
            for point in json.loads(capsys.readouterr().out)["points"]:
                figure = ledger.figures[f"曲线.{title}.新增{point['p']}处.覆盖率"]
                assert point["share"] == pytest.approx(figure.value)
        else:
            assert main.main(words) == 0
            assert "测试规划" in capsys.readouterr().out


def test_a_ledger_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    ledger = full_dossier().ledger
    path = tmp_path / FILE
    path.write_text(to_json(ledger), encoding="utf-8")
    again = read_ledger(path)
    assert differences(ledger, again) == ()
    assert to_json(again) == path.read_text(encoding="utf-8")
    assert asked_from(again.asked) == Asked(RADIUS)
    for broken in ("", "[]", "{}", path.read_text(encoding="utf-8")[:-20]):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(Refused):
            read_ledger(path)


def test_unknown_and_nought_are_different_numbers() -> None:
    ledger = full_dossier().ledger
    key = "储备库.规划.保障人数"
    other = {**ledger.figures, key: Figure(key, 0.0, "whole", "人", "清点", "各处合计")}
    changed = type(ledger)(
        ledger.title, ledger.plan, other, ledger.steps, ledger.inputs, ledger.asked
    )
    assert [(d.key, d.then, d.now) for d in differences(ledger, changed)] == [(key, None, 0.0)]


def test_findings_are_the_same_twice() -> None:
    book = files.load(plan_file()).book
    one, two = (findings(book, Asked(RADIUS)) for _ in range(2))
    assert [p.sites for p in one.proposals] == [p.sites for p in two.proposals]


def test_rerun_says_identical(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = rerun(folder, capsys)
    assert code == 0
    assert told["identical"] is True
    assert told["different"] == told["wrong_in_files"] == told["files_edited"] == []
    assert told["inputs_changed"] == told["files_missing"] == []
    assert told["figures"] == len(full_dossier().ledger.figures)
    assert main.main(["rerun", str(folder)]) == 0
    assert "全部一致" in capsys.readouterr().out


def test_rerun_finds_a_plan_that_was_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = full_book()
    layer = book.plan.layer("储备库")
    fewer = book.with_plan(book.plan.with_layer(layer.with_frame(layer.frame.drop(index=4))))
    files.save(fewer, folder / "测试规划.gpkg")
    code, told = rerun(folder, capsys)
    assert code == 1
    assert told["inputs_changed"] == ["测试规划.gpkg"]
    found = {row["key"]: row for row in told["different"]}
    assert (found["储备库.状态.在建.数量"]["then"], found["储备库.状态.在建.数量"]["now"]) == (1, 0)
    assert found["储备库/4/建筑面积"]["now"] is None
    code, _ = rerun(folder, capsys, "--plan", str(plan_file()))
    assert code == 0


def test_rerun_finds_numbers_altered_in_the_files(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = read_ledger(folder / FILE)
    share = ledger.figures["覆盖.储备库.全部.合计.人口覆盖率"]
    code_ = ledger.codes[share.key]
    said = str(spoken(share))
    with zipfile.ZipFile(folder / FILES[0]) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    body = members["word/document.xml"].decode()
    at = body.index(f'w:name="{code_}"')
    body = body[:at] + body[at:].replace(said, "99.9%", 1)
    with zipfile.ZipFile(folder / FILES[0], "w") as archive:
        for name, content in members.items():
            archive.writestr(name, body if name == "word/document.xml" else content)
    page = (folder / FILES[1]).read_text(encoding="utf-8")
    (folder / FILES[1]).write_text(page.replace(f">{said}</data>", ">98.7%</data>"), "utf-8")
    book = openpyxl.load_workbook(folder / FILES[2])
    book["行政区人口与面积"]["C2"].value = 1
    book.save(folder / FILES[2])
    code, told = rerun(folder, capsys)
    assert code == 1
    assert told["different"] == []
    assert sorted(told["files_edited"]) == sorted(FILES)
    wrong = {(row["file"], row["key"], row["written"]) for row in told["wrong_in_files"]}
    assert (FILES[0], share.key, "99.9%") in wrong
    assert (FILES[1], share.key, "98.7%") in wrong
    assert (FILES[2], "行政区.区0.人口", "行政区人口与面积!C2 1") in wrong
    assert len(wrong) == 3


@pytest.mark.parametrize("name", FILES)
def test_the_files_carry_the_numbers_of_the_ledger(exported: Path, name: str) -> None:
    ledger = read_ledger(exported / FILE)
    found = list(numbers_in(exported / name, ledger))
    assert len(found) > 5
    assert all(written == right for _, written, right in found)


def test_no_file_names_a_machine_a_person_or_a_folder(exported: Path) -> None:
    ledger = read_ledger(exported / FILE)
    assert {one.name for one in ledger.files} | {FILE} == {
        path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()
    }
    secrets = [str(exported), str(plan_file().parent), str(Path.home()), str(Path.cwd())]
    for path in exported.rglob("*.*"):
        parts = {path.name: path.read_bytes()}
        if path.suffix in (".docx", ".xlsx"):
            with zipfile.ZipFile(path) as archive:
                parts |= {name: archive.read(name) for name in archive.namelist()}
        for name, content in parts.items():
            for secret in secrets:
                assert secret.encode() not in content, (path.name, name)


def test_the_folder_holds_what_it_takes_and_says_what_is_left_out(exported: Path) -> None:
    names = {path.relative_to(exported).as_posix() for path in exported.rglob("*")}
    assert {*FILES, "测试规划.gpkg", "图/区0_布局图.pdf", "图/区0_布局图.png"} <= names
    assert "区0避难场所专项规划.docx" in names
    assert "表/储备库一览.csv" in names
    assert input_of(exported / "测试规划.gpkg").sha256 == input_of(plan_file()).sha256


def test_the_workbook_has_every_facility_and_no_formula(exported: Path) -> None:
    book = openpyxl.load_workbook(exported / FILES[2])
    sheet = book["储备库一览表"]
    headings = [cell.value for cell in sheet[1]]
    assert "建筑面积(㎡)" in headings
    assert headings[-1] == "溯源编号"
    names = {sheet.cell(r, headings.index("名称") + 1).value for r in range(2, 8)}
    assert names == set(NAMES)
    assert all(c.data_type != "f" for one in book for row in one.iter_rows() for c in row)
    for one in book:
        assert one.auto_filter.ref
        assert one.freeze_panes == "B2"
        assert one.page_setup.orientation == "landscape"
    listed = [row[0] for row in book["溯源"].iter_rows(min_row=2, values_only=True)]
    assert listed == list(read_ledger(exported / FILE).codes.values())


def test_a_locked_target_offers_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "表.xlsx"
    target.write_bytes(b"old")

    def locked(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr("data.beside.os.replace", locked)
    assert main.main(["tables", str(plan_file()), "-o", str(target), "--sites", "0"]) == 2
    said = capsys.readouterr().err
    assert "表(2).xlsx" in said
    assert "正被另一个程序打开" in said
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["表.xlsx"]


def test_a_cancelled_export_leaves_no_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: float, text: str) -> None:
        if text.startswith("正在拼装网页"):
            raise Cancelled

    monkeypatch.setattr(exporting, "TEMPLATES", {})
    monkeypatch.setattr(exporting, "bind", lambda *_, **__: None)
    monkeypatch.setattr(exporting, "pictures", lambda *_: {})
    monkeypatch.setattr(exporting.Done, "add", lambda *_: None)
    with pytest.raises(Cancelled):
        exporting.export_all(full_dossier(), plan_file(), tmp_path, 50, stop)
    names = {path.name for path in tmp_path.iterdir()}
    assert FILE not in names
    assert FILES[0] in names
    assert FILES[1] not in names
    assert not any(name.endswith(".tmp") for name in names)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tables", "PLAN", "-o", "x.doc"), ".xlsx"),
        (("tables", "PLAN", "-o", "x.xlsx", "--radius", "储备库"), "类别=米"),
        (("tables", "PLAN", "-o", "x.xlsx", "--radius", "道路=5"), "不是服务设施"),
        (("tables", "PLAN", "-o", "x.xlsx", "--radius", "储备库=-5"), "服务半径"),
        (("tables", "PLAN", "-o", "x.xlsx", "--sites", "many"), "--sites"),
        (("web", "PLAN", "-o", "x.txt"), ".html"),
        (("report", "PLAN", "-o", "x.txt"), ".docx"),
        (("report", "PLAN", "-o", "x.docx", "--template", "没有"), "可用的模板"),
        (("rerun", "."), "成果文件夹"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = str(plan_file())
    assert main.main([plan if word == "PLAN" else word for word in words]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_leaves_no_folder_behind(tmp_path: Path) -> None:
    words = ["export-all", str(plan_file()), "-o", str(tmp_path / "成果"), "--sites", "多"]
    assert main.main(words) == 2
    assert main.main(["export-all", str(tmp_path / "没有.gpkg"), "-o", str(tmp_path / "成果")]) == 2
    assert not (tmp_path / "成果").exists()
