"""Files that mean harm, and thousands of broken ones: one sentence each, and life goes on."""

import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely

from data.imports import sandbox
from data.imports.archive import unpack
from data.imports.reading import ReadAsk, read
from data.imports.sandbox import Limits, read_apart
from data.imports.source import Source, hand_over, take_over
from data.progress import Cancelled
from data.refused import Refused
from tests.data.imports import corpus
from tests.data.imports.broken import GOOD, broken
from tests.data.imports.hostile import hostile, traversal

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


def test_a_coordinate_system_with_a_chinese_name_is_read(tmp_path):
    path = corpus.write_shp(tmp_path, corpus.rows(5, 3), "gbk")
    prj = path.with_suffix(".prj")
    named = prj.read_text().replace("GCS_China_Geodetic_Coordinate_System_2000", "国家2000坐标系")
    prj.write_bytes(named.encode("gbk"))
    found = read_apart(ReadAsk(path))[0]
    assert len(found) == 5
    assert "CGCS2000" in found.crs


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks the processes that read")
@pytest.mark.filterwarnings("ignore")
def test_broken_files_are_read_or_refused(tmp_path):
    """A few of the thousands of ``make fuzz``, in every format."""
    from tests.data.imports.fuzz import run

    files = [(form, n) for form in GOOD for n in range(9)]
    ends = list(run(files, 20, tmp_path))
    assert len(ends) == len(files) > 160
    count = Counter(end.how for end in ends)
    assert not [end for end in ends if end.how in ("fault", "hang")]
    assert count["read"] > 10
    assert count["refused"] > 30
    # Inside the libraries, contained by the process:
    assert count["memory"] + count["time"] + count["crash"] <= 10


def test_the_same_number_is_the_same_damage(tmp_path):
    made = [broken("csv", n, 1, tmp_path / t) for t in "ab" for n in (3, 4, 5)]
    first, second = [p.read_bytes() for p in made[:3]], [p.read_bytes() for p in made[3:]]
    assert first == second
    assert len(set(first)) == 3


def test_numbers_without_end_are_no_numbers(tmp_path):
    square = shapely.box(118, 42, 119, 43)
    endless = shapely.Polygon([(118, 42), (119, 42), (1e308, 43), (118, 42)])
    source = Source(
        "面",
        "shp",
        {"人口": np.array([1.0, np.inf, -np.inf])},
        np.arange(1, 4),
        np.array([square, endless, shapely.Point(np.nan, 42)], dtype=object),
    )
    hand_over([source], tmp_path)
    (found,) = take_over(tmp_path)
    assert [found.text("人口", n) for n in range(3)] == ["1", "", ""]
    assert list(shapely.is_missing(found.shapes)) == [False, True, True]
    assert found.shapes[0].equals(square)
    assert "2 个图形的坐标大得不是任何地方" in found.notes[0]


def test_a_database_of_spoiled_words_is_refused(tmp_path):
    path = corpus.write_with_gdal(tmp_path, corpus.rows(3, 1), "gpkg")
    path.write_bytes(path.read_bytes().replace(b"gpkg_contents", b"gpkg_content\x89"))
    with pytest.raises(Refused, match="读不出来"):
        read(ReadAsk(path), tmp_path)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "数据.csv").mkdir()
    with pytest.raises(Refused, match="是一个文件夹"):
        read(ReadAsk(tmp_path / "数据.csv"), tmp_path)
