"""Files that mean harm, and thousands of broken ones: one sentence each, and life goes on."""

import faulthandler
import os
import random
import time
from pathlib import Path

import pytest

import data.imports.raster  # loaded once, not in each forked process
import data.imports.vector  # noqa: F401
from data.imports import sandbox
from data.imports.archive import unpack
from data.imports.reading import ReadAsk, read
from data.imports.sandbox import Limits, read_apart
from data.progress import Cancelled
from data.refused import Refused
from tests.data.imports import corpus
from tests.data.imports.hostile import ENDINGS, hostile, mutated, noise, traversal
from tests.data.imports.old_sheet import write_xls

SENTENCE = 220


def outcome(path):
    """The sentence a file ends in, "" when it was read."""
    try:
        read_apart(ReadAsk(path))
    except Refused as refusal:
        return str(refusal)
    return ""


def test_hostile_files_end_in_one_sentence(tmp_path):
    for what, path in hostile(tmp_path):
        said = outcome(path)
        assert said, what
        assert len(said) < SENTENCE, what
        assert "Traceback" not in said
        assert "\n" not in said
        path.unlink()
    assert not Path("/tmp/evil.csv").exists()
    assert not (tmp_path.parent / "evil.csv").exists()


def test_no_name_in_an_archive_leads_outside(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    taken = unpack(traversal(tmp_path / "a.zip"), inside)
    assert len(taken) >= 2
    assert all(inside in one.parents for one in taken)
    assert not list(tmp_path.glob("evil*"))


def test_a_good_file_comes_back_whole(tmp_path):
    frame = corpus.rows(200, 1)
    path = corpus.write_shp(tmp_path, frame, "gbk")
    told = []
    found = read_apart(ReadAsk(path), lambda done, text: told.append(done))[0]
    assert list(found.columns["名称"]) == list(frame["名称"])
    assert found.shapes[0].equals(frame.geometry.iloc[0])
    assert told == sorted(told)


def test_a_missing_index_is_not_written_into_the_users_folder(tmp_path):
    path = corpus.write_shp(tmp_path, corpus.rows(5, 2), "gbk", bare=True)
    before = sorted(p.name for p in tmp_path.iterdir())
    assert len(read_apart(ReadAsk(path))[0]) == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_spoiled_prj_does_not_cost_the_rest(tmp_path):
    path = corpus.write_shp(tmp_path, corpus.rows(5, 3), "gbk")
    path.with_suffix(".prj").write_bytes(b'GEOGCS["\xff\x00broken')
    found = read_apart(ReadAsk(path))[0]
    assert len(found) == 5
    assert found.crs == ""
    assert any(".prj" in note for note in found.notes)


def test_cancelling_ends_the_process_at_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("名称,经度,纬度\n" + "甲,118.9,42.2\n" * 400_000, encoding="utf-8")
    begun = time.monotonic()

    def stop(done, text):
        raise Cancelled

    with pytest.raises(Cancelled):
        read_apart(ReadAsk(path), stop)
    assert time.monotonic() - begun < 5


def test_too_little_memory_and_time_are_sentences(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("名称,经度,纬度\n" + "甲,118.9,42.2\n" * 600_000, encoding="utf-8")
    with pytest.raises(Refused, match=r"读不出来|内存"):
        read_apart(ReadAsk(path), limits=Limits(memory=300_000_000))
    with pytest.raises(Refused, match="时间太长"):
        read_apart(ReadAsk(path), limits=Limits(seconds=0.3))


@pytest.mark.parametrize("name", ["没有.xlsx", "没有.shp", "没有.prj"])
def test_missing_files(tmp_path, name):
    with pytest.raises(Refused, match="没有"):
        read(ReadAsk(tmp_path / name), tmp_path)


def test_unknown_files_list_what_is_known(tmp_path):
    path = tmp_path / "a.docx1"
    path.write_bytes(b"\x01\x02" * 50)
    with pytest.raises(Refused, match="可以导入:Shapefile"):
        read(ReadAsk(path), tmp_path)


def test_the_end_of_a_crashed_process_is_told():
    assert "内存" in sandbox._why("a.shp", -9)
    assert "时间" in sandbox._why("a.shp", -24)
    assert "已损坏" in sandbox._why("a.shp", -11)


def seeds(folder):
    """One good file of each format."""
    frame = corpus.rows(12, 5)
    out = []
    for name, writer in (
        ("csv", lambda d: corpus.write_csv(d, frame, "gbk")),
        ("shp", lambda d: corpus.write_shp(d, frame, "gbk")),
        ("geojson", lambda d: corpus.write_text_json(d, frame, "utf-8")),
        ("topojson", lambda d: corpus.write_topojson(d, frame)),
        ("kml", lambda d: corpus.write_kml(d, frame, "utf-8")),
        ("kmz", lambda d: corpus.write_kmz(d, frame, "utf-8")),
        ("gpx", lambda d: corpus.write_gpx(d, frame, "utf-8")),
        ("dxf", lambda d: corpus.write_dxf(d, frame, "gbk")),
        ("mif", lambda d: corpus.write_mif(d, frame, "gbk")),
        ("gpkg", lambda d: corpus.write_with_gdal(d, frame, "gpkg")),
        ("fgb", lambda d: corpus.write_with_gdal(d, frame, "fgb")),
        ("xlsx", lambda d: corpus.write_xlsx(d, frame)),
        ("xls", write_xls),
        ("pbf", lambda d: corpus.write_pbf(d, [(118.9, 42.2, {"name": "甲", "place": "town"})])),
        ("zip", lambda d: corpus.write_zip(d, corpus.write_shp(d, frame, "gbk"))),
        ("tif", corpus.write_tif),
    ):
        own = folder / name
        own.mkdir()
        out.append(writer(own))
    return out


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks one process per file")
@pytest.mark.filterwarnings("ignore")
def test_broken_files_are_read_or_refused(tmp_path):
    """Each file in a fork with the same limits as the reading process: what ends otherwise than
    in rows or a refusal is what ``read_apart`` would turn into its general sentence."""
    r = random.Random(20)
    good = seeds(tmp_path)
    ends = {"read": 0, "refused": 0, "crashed": 0}
    for n in range(160):
        folder = tmp_path / f"n{n}"
        folder.mkdir()
        if r.random() < 0.15:
            path = folder / f"x.{r.choice(ENDINGS)}"
            path.write_bytes(noise(r))
        else:
            source = good[n % len(good)]
            for part in source.parent.iterdir():
                if part.stem == source.stem:
                    (folder / part.name).write_bytes(part.read_bytes())
            path = folder / source.name
            hurt = r.choice(sorted(folder.iterdir())) if r.random() < 0.4 else path
            hurt.write_bytes(mutated(hurt.read_bytes(), r))
        ends[_forked(path, folder)] += 1
    assert ends["read"] > 10
    assert ends["refused"] > 30
    assert ends["crashed"] <= 10  # inside the libraries, contained by the process


def _forked(path, folder):
    child = os.fork()
    if child == 0:
        code = 3
        try:
            sandbox._confine(Limits(memory=1_200_000_000, seconds=20))
            faulthandler.disable()
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 2)
            work = folder / "work"
            work.mkdir()
            read(ReadAsk(path), work)
            code = 0
        except Refused as refusal:
            code = 1 if len(str(refusal)) < SENTENCE else 3
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return "read"
    return "refused" if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 1 else "crashed"


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "数据.csv").mkdir()
    with pytest.raises(Refused, match="是一个文件夹"):
        read(ReadAsk(tmp_path / "数据.csv"), tmp_path)
