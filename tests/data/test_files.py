"""The plan file: nothing lost, everything refused in a sentence, the old file never hurt."""

import errno
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings

from data import beside, files, gpkg
from data.edits import move_feature
from data.plan import Book, Plan, make_layer
from data.progress import Cancelled
from data.refused import Refused
from data.same import same_book
from tests.data.books import CRS, books, point_layer, small_book


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "规划 1.gpkg"
    files.save(small_book(), path)
    return path


def left_behind(path: Path) -> list[str]:
    return [p.name for p in path.parent.iterdir() if p != path]


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(books())
def test_load_gives_back_what_was_saved(tmp_path: Path, book: Book) -> None:
    path = tmp_path / "任意.gpkg"
    stamp = files.save(book, path)
    opened = files.load(path)
    assert opened.stamp == stamp
    assert same_book(book, opened.book)
    again = tmp_path / "再.gpkg"
    files.save(opened.book, again)
    assert same_book(opened.book, files.load(again).book)
    first = [x for p in book.plans for x in p]
    second = [x for p in opened.book.plans for x in p]
    for i, a in enumerate(first):
        for j, b in enumerate(first):
            assert (a is b) == (second[i] is second[j])
            assert (a.frame is b.frame) == (second[i].frame is second[j].frame)


def test_same_book_sees_small_differences() -> None:
    book = small_book()
    moved = move_feature("储备库", 2, shapely.Point(1, 2))(book.plan)
    assert not same_book(book, book.with_plan(moved))
    depot = book.plan.layer("储备库")
    for frame in (
        depot.frame.assign(备注="x"),
        depot.frame.iloc[::-1],
        depot.frame.assign(状态=pd.Series(["现状"] * 3, index=depot.frame.index, dtype=object)),
        depot.frame.iloc[:2],
    ):
        other = book.with_plan(book.plan.with_layer(depot.with_frame(frame)))
        assert not same_book(book, other)


def test_whole_numbers_with_gaps_are_whole_for_others_too(tmp_path: Path) -> None:
    layer = point_layer()
    for years, shown in (([2019.0, None, 2025.0], "int64"), ([2019.0, None, -0.0], "float64")):
        frame = layer.frame.assign(建成年份=years)
        path = tmp_path / f"{shown}.gpkg"
        book = Book("题", (Plan("现状", CRS, (layer.with_frame(frame),)),))
        files.save(book, path)
        info = pyogrio.read_info(path, layer="储备库")
        assert dict(zip(info["fields"], info["dtypes"], strict=True))["建成年份"] == shown
        assert same_book(files.load(path).book, book)


def test_other_programs_read_it(plan_file: Path) -> None:
    names = dict(pyogrio.list_layers(plan_file))
    assert names == {"行政区": "Polygon", "储备库": "Point", "应用_规划": None}
    seen = pyogrio.read_dataframe(plan_file, layer="储备库", fid_as_index=True, use_arrow=False)
    book = files.load(plan_file).book
    assert list(seen["名称"]) == list(book.plan.layer("储备库").frame["名称"])
    assert list(seen.index) == [1, 2, 3]
    assert seen.crs == CRS
    assert (seen.geometry.values == book.plan.layer("储备库").frame.geometry.values).all()
    info = pyogrio.read_info(plan_file, layer="储备库")
    assert info["fid_column"] == "fid"
    assert info["geometry_name"] == "geom"
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert types["保障人数"] in ("int64", "int32")
    assert types["占地面积"] == "float64"


@pytest.mark.skipif(not shutil.which("ogrinfo"), reason="gdal-bin is not installed")
def test_ogrinfo_has_nothing_to_complain_of(plan_file: Path) -> None:
    done = subprocess.run(
        ["ogrinfo", "-so", "-al", str(plan_file)], capture_output=True, text=True, check=True
    )
    assert "Warning" not in done.stdout + done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    assert "Feature Count: 3" in done.stdout
    assert "储备库" in done.stdout


def test_table_names_say_which_scenario(tmp_path: Path) -> None:
    book = small_book()
    other = move_feature("储备库", 1, shapely.Point(500_000, 4_610_000))(book.plan)
    other = Plan("方案一", CRS, other.layers)
    path = tmp_path / "x.gpkg"
    files.save(Book("题", (book.plan, other), 1), path)
    assert set(pyogrio.list_layers(path)[:, 0]) == {
        "行政区",
        "储备库",
        "储备库@方案一",
        "应用_规划",
    }
    again = files.load(path).book
    assert again.plan.name == "方案一"
    assert again.plans[0].layers[0] is again.plans[1].layers[0]


def test_a_crs_without_a_number(tmp_path: Path) -> None:
    crs = "+proj=tmerc +lat_0=0 +lon_0=119.25 +k=1 +x_0=500000 +ellps=GRS80 +units=m +type=crs"
    frame = gpd.GeoDataFrame({"名称": ["a"]}, geometry=[shapely.Point(5e5, 4.6e6)], crs=crs)
    layer = make_layer("点", "other", frame, crs)
    path = tmp_path / "x.gpkg"
    files.save(Book("题", (Plan("现状", crs, (layer,)),)), path)
    assert same_book(files.load(path).book, Book("题", (Plan("现状", crs, (layer,)),)))
    assert "119.25" in pyogrio.read_info(path, layer="点")["crs"]


def test_edits_made_in_another_program_come_in(plan_file: Path) -> None:
    with sqlite3.connect(plan_file) as db:
        db.execute("UPDATE 储备库 SET 名称 = '改名', 占地面积 = 12.5 WHERE fid = 2")
        db.execute("INSERT INTO 储备库 (geom, 名称) SELECT geom, '新库' FROM 储备库 WHERE fid = 1")
        db.execute("ALTER TABLE 储备库 ADD COLUMN 电话 TEXT")
        db.execute("ALTER TABLE 储备库 ADD COLUMN 高度 REAL")
        db.execute("UPDATE 储备库 SET 电话 = '0476', 高度 = 1.5 WHERE fid = 4")
        db.execute("DELETE FROM 储备库 WHERE fid = 3")
    db.close()
    frame = files.load(plan_file).book.plan.layer("储备库").frame
    assert list(frame.index) == [1, 2, 4]
    assert list(frame["名称"]) == ["甲0", "改名", "新库"]
    assert frame["占地面积"].loc[2] == 12.5
    assert frame["电话"].loc[4] == "0476"
    assert frame["高度"].dtype == "float64"
    assert list(frame.columns)[-1] == "geometry"


def test_what_others_keep_in_the_file_survives_a_save(plan_file: Path) -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs="EPSG:3857")
    pyogrio.write_dataframe(frame, plan_file, layer="他人的图层")
    with sqlite3.connect(plan_file) as db:
        db.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)")
        db.execute("INSERT INTO layer_styles VALUES (1, '<qgis/>')")
    db.close()
    opened = files.load(plan_file)
    assert [x.name for x in opened.book.plan] == ["行政区", "储备库"]
    stamp = files.save(opened.book, plan_file, stamp=opened.stamp)
    files.save(opened.book, plan_file, stamp=stamp)
    kept = pyogrio.read_dataframe(plan_file, layer="他人的图层", use_arrow=False)
    assert kept.crs == "EPSG:3857"
    assert list(kept["a"]) == [1]
    with sqlite3.connect(plan_file) as db:
        assert db.execute("SELECT styleQML FROM layer_styles").fetchall() == [("<qgis/>",)]
    db.close()
    assert same_book(files.load(plan_file).book, opened.book)


def test_a_file_changed_by_somebody_else_is_not_overwritten(plan_file: Path) -> None:
    opened = files.load(plan_file)
    os.utime(plan_file, (1, 1))
    stamp = files.save(opened.book, plan_file, stamp=opened.stamp)
    with sqlite3.connect(plan_file) as db:
        db.execute("UPDATE 储备库 SET 名称 = '别人'")
    db.close()
    theirs = plan_file.read_bytes()
    with pytest.raises(Refused, match="改动过"):
        files.save(opened.book, plan_file, stamp=stamp)
    assert plan_file.read_bytes() == theirs
    files.save(opened.book, plan_file.with_name("另存.gpkg"), stamp=stamp)
    assert files.load(plan_file.with_name("另存.gpkg")).book.title == "测试规划"
    assert left_behind(plan_file) == ["另存.gpkg"]


def test_a_file_open_in_another_program_is_left_alone(plan_file: Path) -> None:
    opened = files.load(plan_file)
    other = sqlite3.connect(plan_file)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("UPDATE 储备库 SET 名称 = '正在改'")
    other.commit()
    assert set(files.load(plan_file).book.plan.layer("储备库").frame["名称"]) == {"正在改"}
    with pytest.raises(Refused, match="另一个程序"):
        files.save(opened.book, plan_file, stamp=opened.stamp)
    other.close()
    changed = files.load(plan_file)
    files.save(opened.book, plan_file, stamp=changed.stamp)
    assert same_book(files.load(plan_file).book, opened.book)


def test_a_file_another_program_is_writing(
    plan_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0.1)
    other = sqlite3.connect(plan_file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Refused, match="占用"):
        files.load(plan_file)
    other.execute("UPDATE 储备库 SET 名称 = '半途'")
    with pytest.raises(Refused, match="另一个程序"):
        files.save(small_book(), plan_file)
    other.execute("COMMIT")
    other.close()
    assert set(files.load(plan_file).book.plan.layer("储备库").frame["名称"]) == {"半途"}


def test_missing_and_foreign_files(tmp_path: Path, plan_file: Path) -> None:
    def refusal(path: Path) -> str:
        with pytest.raises(Refused) as caught:
            files.load(path)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "找不到" in refusal(tmp_path / "没有.gpkg")
    assert "文件夹" in refusal(tmp_path)
    (tmp_path / "空.gpkg").touch()
    assert "空文件" in refusal(tmp_path / "空.gpkg")
    (tmp_path / "文本.gpkg").write_text("名称,经度\n" * 50)
    assert "不是规划文件" in refusal(tmp_path / "文本.gpkg")
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs="EPSG:4326")
    pyogrio.write_dataframe(frame, tmp_path / "别的.gpkg")
    assert "导入" in refusal(tmp_path / "别的.gpkg")
    with sqlite3.connect(tmp_path / "库.gpkg") as db:
        db.execute("CREATE TABLE a (b)")
    db.close()
    assert "不是本程序" in refusal(tmp_path / "库.gpkg")
    assert "找不到" in refusal(plan_file / "里面.gpkg") or "打不开" in refusal(
        plan_file / "里.gpkg"
    )


def test_a_file_cut_short_anywhere_is_refused(plan_file: Path, tmp_path: Path) -> None:
    content = plan_file.read_bytes()
    cut = tmp_path / "半.gpkg"
    places = {*range(0, 120), *range(120, len(content), 509), len(content) - 1}
    for length in sorted(places):
        cut.write_bytes(content[:length])
        with pytest.raises(Refused):
            files.load(cut)


def test_a_file_with_spoilt_bytes_loads_or_is_refused(plan_file: Path, tmp_path: Path) -> None:
    content = plan_file.read_bytes()
    spoilt = tmp_path / "坏.gpkg"
    refused = 0
    for at in range(100, len(content) - 16, 397):
        spoilt.write_bytes(content[:at] + b"\xff" * 16 + content[at + 16 :])
        try:
            files.load(spoilt)
        except Refused:
            refused += 1
    assert refused > 10


def set_content(path: Path, item: str, text: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute("UPDATE 应用_规划 SET 内容 = ? WHERE 项目 = ?", (text, item))
    db.close()


def test_newer_and_unknown_content(plan_file: Path) -> None:
    with sqlite3.connect(plan_file) as db:
        told = dict(db.execute("SELECT 项目, 内容 FROM 应用_规划").fetchall())
    db.close()
    set_content(plan_file, "格式", "2")
    with pytest.raises(Refused, match="升级程序"):
        files.load(plan_file)
    set_content(plan_file, "格式", "1")
    set_content(plan_file, "规划", told["规划"].replace('"depot"', '"spaceport"'))
    with pytest.raises(Refused, match=r"spaceport.*升级程序"):
        files.load(plan_file)
    for text in ("", "{", "[]", "{}", told["规划"].replace('"current": 0', '"current": 7')):
        set_content(plan_file, "规划", text)
        with pytest.raises(Refused, match="损坏"):
            files.load(plan_file)
    set_content(plan_file, "规划", told["规划"])
    with sqlite3.connect(plan_file) as db:
        db.execute("ALTER TABLE 储备库 RENAME TO 别名")
    db.close()
    with pytest.raises(Refused, match="缺少图层表“储备库”"):
        files.load(plan_file)


def test_older_formats_migrate(plan_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan_file.read_bytes()

    def titles(db: sqlite3.Connection, content: dict[str, Any]) -> dict[str, Any]:
        db.execute("UPDATE 储备库 SET 备注 = '迁移'")
        return content | {"title": content["title"] + "+2"}

    def facts(db: sqlite3.Connection, content: dict[str, Any]) -> dict[str, Any]:
        return content | {"title": content["title"] + "+3", "facts": {"a": 1}}

    monkeypatch.setattr(files, "FORMAT", 3)
    monkeypatch.setattr(files, "MIGRATIONS", {1: titles, 2: facts})
    opened = files.load(plan_file)
    assert opened.book.title == "测试规划+2+3"
    assert opened.book.facts == {"a": 1}
    assert set(opened.book.plan.layer("储备库").frame["备注"]) == {"迁移"}
    assert plan_file.read_bytes() == before
    files.save(opened.book, plan_file, stamp=opened.stamp)
    assert files.load(plan_file).book.title == "测试规划+2+3"


def test_every_format_before_this_one_can_be_read() -> None:
    assert sorted(files.MIGRATIONS) == list(range(1, files.FORMAT))


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "磁盘已满"),
        (errno.EACCES, "没有权限"),
        (errno.EROFS, "只读"),
        (errno.EIO, "磁盘读写出错"),
    ],
)
def test_the_system_refuses_while_saving(
    plan_file: Path, monkeypatch: pytest.MonkeyPatch, number: int, word: str
) -> None:
    before = plan_file.read_bytes()

    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    for module, name in ((os, "replace"), (os, "fsync"), (beside, "_fresh")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fails)
            with pytest.raises(Refused, match=word) as caught:
                files.save(small_book("新"), plan_file)
            assert "规划 1.gpkg" in str(caught.value)
        assert plan_file.read_bytes() == before
        assert left_behind(plan_file) == []


def test_a_full_disk_while_saving(plan_file: Path) -> None:
    """A limit on file size stands for a full disk: the write really fails half way."""
    before = plan_file.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        with pytest.raises(Refused, match="磁盘"):
            files.save(small_book("新"), plan_file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert plan_file.read_bytes() == before
    assert left_behind(plan_file) == []


def test_a_folder_nobody_may_write_to(plan_file: Path) -> None:
    """As another user, since root may write everywhere."""
    if os.getuid() != 0:
        pytest.skip("needs root to become another user")
    before = plan_file.read_bytes()
    for folder in plan_file.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(0o755)
    code = (
        "import os,sys; sys.path.insert(0, os.getcwd());"
        "from pathlib import Path; from data import files; from data.refused import Refused\n"
        "os.setuid(65534)\n"
        f"path = Path({str(plan_file)!r}); opened = files.load(path)\n"
        "try: files.save(opened.book, path, stamp=opened.stamp)\n"
        "except Refused as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "没有权限" in done.stdout
    assert plan_file.read_bytes() == before
    assert left_behind(plan_file) == []


def test_bad_targets(tmp_path: Path) -> None:
    for target, word in (
        (tmp_path, "文件夹"),
        (tmp_path / "没有" / "x.gpkg", "不存在"),
        (tmp_path / ("长" * 100 + ".gpkg"), "太长"),
    ):
        with pytest.raises(Refused, match=word):
            files.save(small_book(), target)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_text_is_named(tmp_path: Path) -> None:
    book = small_book("坏字\ud83d在这里")
    with pytest.raises(Refused, match="坏字"):
        files.save(book, tmp_path / "x.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_cancelling_a_save_leaves_the_old_file(plan_file: Path) -> None:
    before = plan_file.read_bytes()

    def cancel(done: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        files.save(small_book("新"), plan_file, report=cancel)
    assert plan_file.read_bytes() == before
    assert left_behind(plan_file) == []
    with pytest.raises(Cancelled):
        files.load(plan_file, cancel)


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    told: list[float] = []
    path = tmp_path / "x.gpkg"
    files.save(small_book(), path, report=lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    told.clear()
    files.load(path, lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


def test_links_and_rights_stay(plan_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "链接.gpkg"
    link.symlink_to(plan_file)
    plan_file.chmod(0o640)
    files.save(small_book("新"), link)
    assert link.is_symlink()
    assert files.load(plan_file).book.title == "新"
    assert plan_file.stat().st_mode & 0o777 == 0o640


def test_leftovers_of_a_killed_program_are_swept(plan_file: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = beside._fresh(plan_file.parent)
    (plan_file.parent / mine.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-")).touch()
    (plan_file.parent / ".yjbj-00000000-1-ab.tmp").touch()
    files.save(small_book(), plan_file)
    assert sorted(left_behind(plan_file)) == sorted([mine.name, ".yjbj-00000000-1-ab.tmp"])


def test_loading_needs_no_gdal() -> None:
    code = "import sys; import data.files; print(any(m.startswith('pyogrio') for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_sql_names_differ_by_more_than_case() -> None:
    taken: set[str] = set()
    names = [gpkg.sql_name(n, taken) for n in ("A", "a", "", "  ", "sqlite_x", "a\0", "É", "é")]
    assert len({n.casefold() for n in names}) == len(names)
    assert names[0] == "A"
    assert all(n and "\0" not in n and not n.startswith("sqlite_") for n in names)


def test_content_is_readable_chinese(plan_file: Path) -> None:
    with sqlite3.connect(plan_file) as db:
        told = dict(db.execute("SELECT 项目, 内容 FROM 应用_规划").fetchall())
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()
    assert told["格式"] == str(files.FORMAT)
    assert "储备库" in told["规划"]
    assert json.loads(told["规划"])["scenarios"][0]["name"] == "现状"


def test_layers_that_differ_only_in_case(tmp_path: Path) -> None:
    layers = tuple(point_layer(name) for name in ("Depot", "depot", "DEPOT", "应用_规划"))
    book = Book("题", (Plan("现状", CRS, layers),))
    files.save(book, tmp_path / "x.gpkg")
    assert same_book(files.load(tmp_path / "x.gpkg").book, book)
