"""The map book: every district on its page, pages that name each other, nothing left half done."""

import json
import re
import zlib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
import shapely
from matplotlib.text import Text

import main
from data import examples, files
from data.plan import Plan
from data.progress import Cancelled
from data.refused import Refused
from maps.drawing import book
from maps.drawing.book import BookAsk, Bound, bind
from maps.drawing.pen import Pen
from tests.maps.test_themes import CRS, towns

ASK = BookAsk(organisation="甲单位", date="2026年1月", landscape=None)


@cache
def plan_of(name: str) -> Plan:
    return examples.build(name).plan


@cache
def whole() -> tuple[Path, Bound, tuple[tuple[str, Pen], ...]]:
    """The book of 赤峰, and the pages as they were drawn."""
    path = Path(mkdtemp()) / "册.pdf"
    drawn: list[tuple[str, Pen]] = []
    usual, let_go = book._writer, Pen.let_go

    def keeping(made):
        write = usual(made)

        def both(title, pen):
            drawn.append((title, pen))
            write(title, pen)

        return both

    book._writer, Pen.let_go = keeping, lambda pen: None
    try:
        bound = bind(plan_of("赤峰"), ASK, path)
    finally:
        book._writer, Pen.let_go = usual, let_go
    return path, bound, tuple(drawn)


def words(pen: Pen) -> list[str]:
    return [t.get_text() for t in pen.figure.artists if isinstance(t, Text)]


def pages_in(path: Path) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", path.read_bytes()))


def page_sizes(path: Path) -> set[bytes]:
    return set(re.findall(rb"/MediaBox \[ ([\d. ]+) \]", path.read_bytes()))


def read_back(path: Path) -> set[str]:
    """Every character the fonts of a PDF can be read back to (their ToUnicode tables)."""
    found: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.S):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        for targets in re.findall(rb"(?m)^<[0-9a-f]+> <[0-9a-f]+> \[(.*)\]$", text):
            for target in re.findall(rb"<([0-9a-f]+)>", targets):
                found.add(bytes.fromhex(target.decode()).decode("utf-16-be"))
    return found


def districts(plan: Plan) -> dict[str, shapely.Geometry]:
    frame = plan.of_kind("district")[0].frame.query("角色 != '周边'")
    return dict(zip(frame["名称"], frame.geometry, strict=True))


def test_the_book_of_chifeng_has_every_map_and_every_district() -> None:
    path, bound, drawn = whole()
    assert pages_in(path) == len(bound.pages) == len(drawn) >= 21
    assert bound.pages[:3] == ("封面", "赤峰市分幅索引图", "图幅目录")
    assert bound.left_out == ()
    wanted = [f"{name}应急设施布局图" for name in districts(plan_of("赤峰"))]
    assert list(bound.pages[-12:]) == wanted
    assert len(page_sizes(path)) == 1
    raw = path.read_bytes()
    for private in (b"matplotlib", b"CreationDate", str(path.parent).encode()):
        assert private not in raw


def test_pages_are_numbered_and_index_and_list_point_to_them() -> None:
    _, bound, drawn = whole()
    for number, (title, pen) in enumerate(drawn, 1):
        if number > 1:
            assert f"— {number} —" in words(pen), title
    index, listed = words(drawn[1][1]), words(drawn[2][1])
    names = districts(plan_of("赤峰"))
    for name in names:
        page = bound.pages.index(f"{name}应急设施布局图") + 1
        assert index[index.index(name) + 1] == f"第 {page} 页"
        assert listed[listed.index(f"{name}应急设施布局图") - 1] == str(page)
    numbers = [int(w) for w in listed if w.isdecimal()]
    assert numbers == [2, *range(4, len(bound.pages) + 1)]


def test_a_districts_page_shows_its_own_and_refers_to_its_neighbours() -> None:
    _, bound, drawn = whole()
    plan = plan_of("赤峰")
    names = districts(plan)
    depots = plan.layer("储备库").frame
    for name, shape in names.items():
        page = bound.pages.index(f"{name}应急设施布局图")
        said = words(drawn[page][1])
        assert f"{name}应急设施布局图" in said
        own = sum(
            int(shapely.intersects(shape, p) and status != "撤销")
            for one in plan
            if one.kind.facility
            for p, status in zip(one.frame.geometry, one.column("状态"), strict=True)
        )
        assert f"应急设施 {own} 处" in said
        references = {
            said[i - 1]: int(re.sub(r"\D", "", w)) for i, w in enumerate(said) if w.startswith("→")
        }
        assert name not in references
        assert references or len(names) == 1
        for other, number in references.items():
            assert bound.pages[number - 1] == f"{other}应急设施布局图"
        far = depots[depots.geometry.distance(shape) > 20_000]["名称"]
        assert not set(far) & {"".join(said)}


def test_the_lists_of_people_are_those_of_the_plan() -> None:
    _, _, drawn = whole()
    listed = words(drawn[2][1])
    plan = plan_of("赤峰")
    people = plan.layer("人口").frame
    for name, shape in districts(plan).items():
        inside = people.geometry.intersects(shape)
        persons = people["人口"].astype(float)[inside].sum()
        at = listed.index(f"{name}应急设施布局图")
        told = float(listed[at + 2].split()[0].replace(",", ""))
        assert told == pytest.approx(persons / 1e4, abs=0.06)


def test_text_of_the_book_can_be_selected_and_both_weights_are_embedded() -> None:
    path, _, drawn = whole()
    raw = path.read_bytes()
    names = set(re.findall(rb"/(?:BaseFont|Name|FontName) /([A-Z]{6}\+NotoSansCJKsc-\w+)", raw))
    assert {n.split(b"-")[1] for n in names} == {b"Regular", b"Bold"}
    wanted = {c for _, pen in drawn for w in words(pen) for c in w if "\u4e00" <= c <= "\u9fff"}
    assert wanted <= read_back(path)


def test_pages_apart_are_the_same_pages(tmp_path: Path) -> None:
    ask = BookAsk("A4", maps=("布局图", "盲区图"))
    bound = bind(plan_of("康巴什"), ask, tmp_path / "a.pdf", tmp_path / "页")
    apart = sorted((tmp_path / "页").iterdir())
    assert [p.stem.split("_", 1)[1] for p in apart] == list(bound.pages)
    assert all(pages_in(p) == 1 for p in apart)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "页"]
    bind(plan_of("康巴什"), ask, tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_what_the_plan_cannot_give_is_left_out_and_said(tmp_path: Path) -> None:
    plan = towns(5).without_layer("road")
    bound = bind(plan, BookAsk("A4"), tmp_path / "x.pdf")
    assert dict(bound.left_out).keys() == {"责任区图", "风险四色图", "疏散转移路线图"}
    assert all("画不了疏散" not in why for _, why in bound.left_out)
    assert bound.pages[-1] == "甲县应急设施布局图"


def test_cancelling_and_refusing_leave_nothing(tmp_path: Path) -> None:
    seen: list[float] = []

    def stop(done: float, text: str) -> None:
        seen.append(done)
        if done > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        bind(towns(6), BookAsk("A4"), tmp_path / "x.pdf", tmp_path / "页", stop)
    assert seen == sorted(seen)
    for plan, name, ask, why in (
        (towns(6), "x.png", ASK, "要存成 .pdf"),
        (Plan("空", CRS, (towns(6).layers[1],)), "x.pdf", ASK, "没有规划区"),
        (towns(6), "x.pdf", BookAsk("B5"), "没有“B5”这种纸"),
        (towns(6), "x.pdf", BookAsk(maps=("地形图",)), "没有“地形图”这种图"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=why):
            bind(plan, ask, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_book_command_writes_and_answers(tmp_path: Path, capsys) -> None:
    plan = tmp_path / "p.gpkg"
    files.save(examples.build("康巴什"), plan)
    out = tmp_path / "册.pdf"
    words_ = [
        "book",
        str(plan),
        "-o",
        str(out),
        "--paper",
        "A4",
        "--maps",
        "布局图",
        "避难场所分布图",
    ]
    assert main.main([*words_, "--date", "", "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    whole_, own = ["康巴什区应急设施布局图"] * 2
    assert told["pages"] == ["封面", "康巴什区分幅索引图", "图幅目录", whole_, own]
    assert told["left_out"][0]["map"] == "避难场所分布图"
    assert main.main(words_) == 0
    assert "共 5 页" in capsys.readouterr().out
    assert main.main(["book", str(plan), "-o", str(tmp_path / "x.docx")]) == 2
