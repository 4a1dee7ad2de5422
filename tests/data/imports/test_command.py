"""python main.py import and export, as another program runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from data.files import load, save
from data.imports.coordinates import to_gcj02
from data.plan import GEOGRAPHIC, Book
from tests.data.imports.corpus import surveyed

ROOT = Path(__file__).resolve().parents[3]
CRS = "EPSG:4549"
KEYS = ("rows", "accepted", "rejected", "encoding", "crs", "columns", "repairs")


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "规划.gpkg"
    save(Book("试", (surveyed(),)), path)
    return path


def run(*words):
    done = subprocess.run(
        [sys.executable, "main.py", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def shelters(folder, shift=None, encoding="gbk"):
    lines = ["场所名称,经度,纬度,人数"]
    for i in range(8):
        x, y = 118.1 + 0.2 * i, 42.1 + 0.1 * i
        if shift is not None:
            x, y = (float(v) for v in shift(x, y))
        lines.append(f"第{i}村,{x:.7f},{y:.7f},{100 + i}")
    lines.append("坏行,,,5")
    path = folder / "避难场所.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def test_import_reports_and_adds(plan_file, tmp_path):
    code, out, err = run("import", plan_file, shelters(tmp_path), "--as", "shelter", "--json", "-")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert set(KEYS) <= set(told)
    assert (told["rows"], told["accepted"]) == (9, 8)
    assert told["rejected"] == [{"row": 10, "reason": "没有坐标;补上经度、纬度"}]
    assert told["encoding"]["name"] == "GBK"
    assert told["crs"]["name"] == "CGCS2000"
    assert told["columns"] == {
        "场所名称": "名称",
        "经度": "经度",
        "纬度": "纬度",
        "人数": "容纳人数",
    }
    assert told["repairs"] == []
    frame = load(plan_file).book.plan.layer("避难场所").frame
    assert frame["容纳人数"].tolist() == [100 + i for i in range(8)]


def test_a_repair_waits_for_consent(plan_file, tmp_path):
    path = shelters(tmp_path, to_gcj02)
    before = plan_file.read_bytes()
    words = ("import", plan_file, path, "--as", "shelter", "--json", "-")
    code, out, _ = run(*words)
    told = json.loads(out)
    assert code == 1
    assert len(told["repairs"]) == 1
    assert told["crs"]["name"] == "GCJ-02"
    assert 300 < told["crs"]["shift_m"] < 800
    assert told["rows"] == told["accepted"] + len(told["rejected"])
    assert (told["accepted"], told["applied"], told["layer"]) == (8, False, None)
    assert plan_file.read_bytes() == before
    code, out, _ = run(*words, "--accept-repairs")
    assert code == 0
    assert json.loads(out)["accepted"] == 8
    frame = load(plan_file).book.plan.layer("避难场所").frame.to_crs(GEOGRAPHIC)
    assert frame.geometry.x.iloc[0] == pytest.approx(118.1, abs=1e-6)


def test_dry_run_changes_nothing(plan_file, tmp_path):
    before = plan_file.read_bytes()
    code, out, _ = run(
        "import", plan_file, shelters(tmp_path), "--as", "shelter", "--dry-run", "--json", "-"
    )
    assert code == 0
    assert json.loads(out)["accepted"] == 8
    assert plan_file.read_bytes() == before


def test_columns_encoding_and_values_by_hand(plan_file, tmp_path):
    rejects = tmp_path / "未导入.csv"
    code, out, _ = run(
        "import", plan_file, shelters(tmp_path), "--as", "避难场所", "--encoding", "GB18030",
        "--column", "人数=有效避难面积", "--set", "状态=规划", "--rejects", rejects, "--json", "-",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["columns"]["人数"] == "有效避难面积"
    frame = load(plan_file).book.plan.layer("避难场所").frame
    assert frame["有效避难面积"].tolist() == [100.0 + i for i in range(8)]
    assert set(frame["状态"]) == {"规划"}
    assert "坏行" in rejects.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--as", "飞碟"], "没有“飞碟”这一类要素"),
        (["--as", "shelter", "--encoding", "火星文"], "不认识的文字编码"),
        (["--as", "shelter", "--crs", "火星"], "不认识的坐标系"),
        (["--as", "shelter", "--column", "没有=名称"], "没有“没有”这一列"),
        (["--as", "shelter", "--column", "无等号"], "--column 要写成"),
        (["--as", "road"], "未导入"),
    ],
)
def test_bad_words_are_one_sentence(plan_file, tmp_path, more, said):
    before = plan_file.read_bytes()
    code, out, err = run("import", plan_file, shelters(tmp_path), *more)
    assert said in (err if code == 2 else out)
    assert "Traceback" not in err
    assert plan_file.read_bytes() == before


def test_missing_file(plan_file):
    code, _, err = run("import", plan_file, "没有.xlsx", "--as", "shelter")
    assert code == 2
    assert err.count("\n") == 1
    assert "没有" in err


def test_export_and_import_again(plan_file, tmp_path):
    code, out, err = run(
        "export", plan_file, "--layer", "居民点", "-o", tmp_path / "点.shp", "--encoding", "GBK",
        "--crs", "EPSG:4490", "--json", "-",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert json.loads(out)["count"] == 8
    code, out, _ = run(
        "import", plan_file, tmp_path / "点.shp", "--as", "settlement", "--dry-run", "--json", "-"
    )
    told = json.loads(out)
    assert (code, told["accepted"], told["encoding"]["name"]) == (0, 8, "GBK")
    assert len(told["duplicates"]) == 8
    assert run("export", plan_file, "--layer", "没有", "-o", tmp_path / "a.csv")[0] == 2


def test_relative_names_from_another_folder(plan_file, tmp_path):
    shelters(tmp_path)
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "main.py"), "import", plan_file.name, "避难场所.csv"),
            *("--as", "shelter", "--dry-run", "--json", "-"),
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accepted"] == 8
