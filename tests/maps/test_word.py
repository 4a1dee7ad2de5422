"""The Word report: its structure, its page, its references, and that it invents nothing."""

import itertools
import re
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from docx import Document

import main
import resources
from data import files
from data.refused import Refused
from maps.analysis.findings import Asked
from maps.drawing import pictures as drawing
from maps.drawing.dossier import Dossier, dossier
from maps.drawing.pictures import PAPER, pictures
from maps.drawing.word.fields import keep_numbers_whole
from maps.drawing.word.outline import Outline, outline, read_outline, shipped
from maps.drawing.word.page import chinese
from maps.drawing.word.punctuation import official
from maps.drawing.word.report import compose, write_report
from maps.drawing.word.writer import Picture
from tests.maps.dossiers import DATE, NAMES, full_dossier, plan_file

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
GUIDE = (
    "经济社会与应急管理发展现状",
    "应急避难场所发展现状及分析",
    "应急避难需求及资源分析",
    "规划目标与指标",
    "应急避难场所发展布局规划",
    "应急避难场所设计要求指引",
    "实施安排",
    "保障措施",
)
"""The eight parts of 应急〔2023〕135号."""

COUNTY = (
    "现状概况",
    "总则",
    "应急避难需求与资源分析",
    "规划目标与指标",
    "应急避难场所布局规划",
    "应急避难场所设计要求指引",
    "实施安排",
    "保障措施",
    "附件1 应急避难场所布局一览表",
    "附件2 应急避难场所规划图",
)
"""The contents of the published plan of 城口县 (2025–2030)."""


def picture(width: float = 261.0) -> Picture:
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (20, 12), "white").save(out, "PNG")
    return Picture(out.getvalue(), width, width * 0.6, "图名")


def written(path: Path, template: Outline, made: Dossier | None = None) -> ElementTree.Element:
    some = made or full_dossier()
    write_report(some, template, dict.fromkeys(template.pictures, picture()), path)
    with zipfile.ZipFile(path) as archive:
        return ElementTree.fromstring(archive.read("word/document.xml"))


@pytest.fixture(scope="module", params=shipped())
def report(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Outline, Path, ElementTree.Element]:
    template = outline(request.param)
    path = tmp_path_factory.mktemp("报告") / "报告.docx"
    return template, path, written(path, template)


Report = tuple[Outline, Path, ElementTree.Element]


def texts(paragraph: ElementTree.Element) -> str:
    return "".join(t.text or "" for t in paragraph.iter(f"{W}t"))


def styled(root: ElementTree.Element, style: str) -> list[str]:
    found = []
    for paragraph in root.iter(f"{W}p"):
        mark = paragraph.find(f"{W}pPr/{W}pStyle")
        if mark is not None and mark.get(f"{W}val") == style:
            found.append(texts(paragraph))
    return found


def codes(root: ElementTree.Element) -> list[str]:
    return [(e.text or "").strip() for e in root.iter(f"{W}instrText")]


def test_the_eight_parts_of_the_guide_are_there_in_order() -> None:
    assert tuple(c.title for c in outline("避难场所专项规划").chapters) == GUIDE


def test_the_contents_of_a_published_county_plan_are_reproduced(tmp_path: Path) -> None:
    root = written(tmp_path / "x.docx", outline("避难场所专项规划(含总则)"))
    chapters = styled(root, "Heading1")
    assert tuple(chapters[:-1]) == COUNTY
    listed = [t for t in styled(root, "TOC1") if t]
    assert [re.sub(r"\d+$", "", t) for t in listed[:3]] == [
        "第一章 现状概况",
        "第二章 总则",
        "第三章 应急避难需求与资源分析",
    ]
    assert listed[8].startswith("附件1")


def test_layout_report_has_its_six_chapters() -> None:
    titles = [c.title for c in outline("设施布局").chapters]
    assert titles == ["现状", "问题", "目标", "布局", "近期建设", "实施"]


def test_headings_are_those_of_the_template_and_all_are_in_the_contents(report: Report) -> None:
    template, _, root = report
    chapters, sections = styled(root, "Heading1"), styled(root, "Heading2")
    assert chapters == [official(c.title) for c in template.chapters] + ["附录 数字来源"]
    assert sections == [official(s.title) for c in template.chapters for s in c.sections]
    entries = styled(root, "TOC1") + styled(root, "TOC2")
    assert len(entries) == len(chapters) + len(sections)
    pages = [int(re.findall(r"(\d+)$", t)[0]) for t in styled(root, "TOC1")]
    assert pages == sorted(pages)
    assert pages[0] == 1
    assert sum(code.startswith("TOC ") for code in codes(root)) == 1


def test_every_table_and_picture_has_a_caption_numbered_in_order(report: Report) -> None:
    template, path, root = report
    document = Document(str(path))
    captions = styled(root, "Caption")
    tables = [c for c in captions if c.startswith("表")]
    figures = [c for c in captions if c.startswith("图")]
    assert len(tables) == len(document.tables)
    assert len(figures) == len(document.inline_shapes) == len(template.pictures)
    for sort, some in (("表", tables), ("图", figures)):
        numbers = [int(re.match(rf"{sort} (\d+)  ", c)[1]) for c in some]  # type: ignore[index]
        assert numbers == list(range(1, len(some) + 1))
    assert sum(code.startswith("SEQ ") for code in codes(root)) == len(captions)


def test_references_lead_to_bookmarks_and_say_what_these_say(report: Report) -> None:
    _, _, root = report
    marks: dict[str, str] = {}
    for paragraph in root.iter(f"{W}p"):
        inside = False
        name = ""
        for part in paragraph.iter():
            if part.tag == f"{W}bookmarkStart":
                name, inside = part.get(f"{W}name", ""), True
                marks[name] = ""
            elif part.tag == f"{W}bookmarkEnd":
                inside = False
            elif part.tag == f"{W}t" and inside:
                marks[name] += part.text or ""
    wanted = [code.split()[1] for code in codes(root) if code.startswith(("REF ", "PAGEREF "))]
    assert wanted
    assert set(wanted) <= set(marks)
    for paragraph in root.iter(f"{W}p"):
        parts = list(paragraph)
        for i, run in enumerate(parts):
            code = run.find(f"{W}instrText")
            if code is not None and (code.text or "").strip().startswith("REF "):
                assert texts(parts[i + 2]) == marks[(code.text or "").split()[1]]


def test_bookmarks_and_their_numbers_are_unique(report: Report) -> None:
    _, _, root = report
    starts = list(root.iter(f"{W}bookmarkStart"))
    for attribute in ("name", "id"):
        counts = Counter(e.get(f"{W}{attribute}") for e in starts)
        assert max(counts.values()) == 1
    ends = {e.get(f"{W}id") for e in root.iter(f"{W}bookmarkEnd")}
    assert ends == {e.get(f"{W}id") for e in starts}
    assert all(len(e.get(f"{W}name", "")) <= 40 for e in starts)


def test_page_is_that_of_an_official_document(report: Report) -> None:
    _, path, root = report
    document = Document(str(path))
    for section in document.sections:
        sizes = (round(section.page_width.mm), round(section.page_height.mm))
        if section.orientation == 0:
            margins = (section.top_margin, section.bottom_margin)
            margins += (section.left_margin, section.right_margin)
            assert sizes == (210, 297)
            assert [round(m.mm) for m in margins] == [37, 35, 28, 26]
        else:
            assert sizes == (297, 210)
            room = (section.page_width - section.left_margin - section.right_margin) / 36000
            assert room >= 260.9
    assert any(s.orientation == 1 for s in document.sections)
    normal = document.styles["Normal"]
    assert normal.font.size.pt == 16
    fonts = {
        name: document.styles[name].element.find(f".//{W}rFonts").get(f"{W}eastAsia")
        for name in ("Normal", "Title", "Heading 1", "Heading 2", "Caption")
    }
    assert list(fonts.values()) == ["仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "黑体"]
    lines = (297 - 37 - 35) / 25.4 * 72 / normal.paragraph_format.line_spacing.pt
    assert int(lines) == 22
    tight = document.styles["Body Text"].element.find(f".//{W}rPr/{W}spacing")
    character = 16 + int(tight.get(f"{W}val")) / 20
    assert int((210 - 28 - 26) / 25.4 * 72 / character) == 28
    starts = [e.get(f"{W}start") for e in root.iter(f"{W}pgNumType")]
    assert starts == ["1"]
    footer = document.sections[1].footer.paragraphs[0].text
    assert footer.replace("1", "n") == "— n —"


ORDERS = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs snapToGrid "
    "spacing ind contextualSpacing jc outlineLvl rPr sectPr",
    "sectPr": "headerReference footerReference type pgSz pgMar pgNumType cols titlePg docGrid",
    "rPr": "rStyle rFonts b bCs i iCs caps strike noProof color spacing w kern position sz szCs u",
    "tblPr": "tblStyle tblW jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook",
    "numPr": "ilvl numId",
    "lvl": "start numFmt pStyle suff lvlText lvlJc pPr rPr",
    "tcPr": "tcW gridSpan vMerge tcBorders shd vAlign",
}
"""Children in the order of the schema; Word offers to repair a file that has another."""


def test_elements_stand_in_the_order_word_demands(report: Report) -> None:
    _, path, _ = report
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist() if n.endswith(".xml")}
    for part in ("document", "styles", "numbering"):
        root = ElementTree.fromstring(parts[f"word/{part}.xml"])
        for tag, said in ORDERS.items():
            order = said.split()
            for element in root.iter(f"{W}{tag}"):
                names = [child.tag.removeprefix(W) for child in element]
                at = [order.index(name) for name in names if name in order]
                assert at == sorted(at), (part, tag, names)
    settings = [e.tag.removeprefix(W) for e in ElementTree.fromstring(parts["word/settings.xml"])]
    assert settings.index("updateFields") < settings.index("compat")
    assert settings.index("evenAndOddHeaders") < settings.index("updateFields")


def test_table_headings_are_repeated_and_rows_stay_whole(report: Report) -> None:
    _, _, root = report
    for table in root.iter(f"{W}tbl"):
        rows = table.findall(f"{W}tr")
        assert rows[0].find(f"{W}trPr/{W}tblHeader") is not None
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
        widths = {
            round(sum(int(c.find(f"{W}tcPr/{W}tcW").get(f"{W}w")) for c in row.iter(f"{W}tc")))  # type: ignore[union-attr]
            for row in rows
        }
        assert max(widths) - min(widths) <= len(rows[0])
        assert max(widths) <= 261 / 25.4 * 1440 + len(rows[0])


def test_a_note_keeps_with_the_last_row_of_its_table(report: Report) -> None:
    _, _, root = report
    body = list(next(root.iter(f"{W}body")))
    noted = 0
    for table, after in itertools.pairwise(body):
        text = "".join(one.text or "" for one in after.iter(f"{W}t"))
        if table.tag != f"{W}tbl" or not text.startswith("注："):
            continue
        last = table.findall(f"{W}tr")[-1]
        assert all(p.find(f"{W}pPr/{W}keepNext") is not None for p in last.iter(f"{W}p"))
        noted += 1
    assert noted >= 3


def test_what_nobody_knows_is_red_and_asks_to_be_written(report: Report) -> None:
    _, path, root = report
    document = Document(str(path))
    gaps = [
        run.text
        for paragraph in document.paragraphs
        for run in paragraph.runs
        if run.style.name == "待补充"
    ]
    assert str(document.styles["待补充"].font.color.rgb) == "C00000"
    assert "【待补充：编制单位】" in gaps
    assert "None" not in "".join(texts(p) for p in root.iter(f"{W}p"))
    assert "nan" not in "".join(texts(p) for p in root.iter(f"{W}p"))
    assert all(gap.startswith("【待补充：") for gap in gaps)


def test_a_plan_that_knows_nothing_gives_a_report_that_asks_for_everything(tmp_path: Path) -> None:
    from data.plan import Book, Plan
    from tests.data.books import CRS, point_layer

    path = tmp_path / "空.gpkg"
    files.save(Book("空", (Plan("现状", CRS, (point_layer(),)),)), path)
    made = dossier(files.load(path).book, Asked(), path, DATE)
    document = compose(made, outline("避难场所专项规划"), {})
    text = "\n".join(p.text for p in document.paragraphs)
    assert "【待补充：避难场所现状有效避难面积】" in text
    assert "【待补充：规划区人口】" in text
    prose = text[: text.rindex("附录 数字来源")]
    assert not re.search(r"\d+(\.\d+)?(%|万人|km²)", prose)


def test_names_are_text_whatever_they_hold(report: Report) -> None:
    _, _, root = report
    cells = {texts(p) for p in root.iter(f"{W}p")}
    if any("储备库一览" in c for c in cells):
        assert {NAMES[0], NAMES[1], NAMES[3]} <= cells


def test_the_file_names_nobody(report: Report) -> None:
    _, path, _ = report
    core = Document(str(path)).core_properties
    assert (core.author, core.last_modified_by) == ("应急布局", "应急布局")
    assert core.comments == ""
    assert f"{core.created:%Y-%m-%d}" == f"{core.modified:%Y-%m-%d}" == "2026-01-02"
    assert core.title.startswith("区0")


def test_a_map_in_a_report_is_drawn_at_the_size_it_has_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = full_dossier()
    found = pictures(made, ["没有|布局图", "分区覆盖-储备库", "人口分带-避难场所", "别的"], 50)
    assert set(found) == {"没有|布局图", "分区覆盖-储备库", "人口分带-避难场所"}
    map_ = found["没有|布局图"]
    assert (map_.width, map_.height) == drawing.SIZES[PAPER]
    from PIL import Image

    with Image.open(BytesIO(map_.png)) as image:
        assert image.width == pytest.approx(map_.width / 25.4 * 50, abs=2)
    assert found["分区覆盖-储备库"].width <= 156


def test_report_command_writes_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("maps.commands.report.pictures", lambda *_: {})
    out = tmp_path / "报告.docx"
    words = ["report", str(plan_file()), "--template", "设施布局", "-o", str(out), "--date", DATE]
    assert main.main(words) == 0
    assert "设施布局" in capsys.readouterr().out
    assert DATE in "\n".join(p.text for p in Document(str(out)).paragraphs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("章: [", "YAML"),
        ("名称: 甲", "没有“章”"),
        ("章:\n- 节: []", "没有“题”"),
        ("章:\n- 题: 甲\n  内容:\n  - 表: 乙\n    图: 丙", "一样"),
        ("章:\n- 题: 甲\n  内容:\n  - 要点: 乙", "要点“乙”"),
        ("章:\n- 题: 甲\n  内容:\n  - 没有: 乙", "不认识的“没有”"),
        ("章:\n- 题: 甲\n  内容: 乙", "写成一列"),
        ("对象: [乙]\n章:\n- 题: 甲", "没有“乙”这一类"),
        ("- 一", "名称: 内容"),
    ],
)
def test_a_template_written_wrong_is_refused_with_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "模板.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=re.escape(said)):
        read_outline(path)


def test_templates_ask_for_numbers_that_exist() -> None:
    """A slip in a key would be a red gap in every report: keys follow the ledger's patterns."""
    known = set(full_dossier().ledger.figures)
    heads = {key.split(".")[0] for key in known} | {"工程", "指标", "选址"}
    for name in shipped():
        text = resources.path(f"templates/{name}.yaml").read_text(encoding="utf-8")
        for key in re.findall(r"\{([^{}:]+)(?::万)?\}", re.sub(r"(?m)^#.*", "", text)):
            if key in ("地名", "口径", "日期", "方案"):
                continue
            head, *rest = key.split(".")
            assert head in heads, key
            if head == "覆盖":
                assert f"覆盖.储备库.{'.'.join(rest[1:])}" in known, key
            elif head not in ("工程", "指标"):
                assert key in known, key


def test_punctuation_is_full_width_beside_han_only() -> None:
    cases = {
        "人口,面积;甲:乙": "人口，面积；甲：乙",
        "4,035,967人,占88.1%": "4,035,967人，占88.1%",
        "GB 51143-2015,取3 km": "GB 51143-2015，取3 km",
        "(一)基本": "（一）基本",
        "f(x, y) = 2": "f(x, y) = 2",
        "面积(km²)": "面积（km²）",
        "人口(按七普(2020)分摊)": "人口（按七普（2020）分摊）",
        "CF-080(待核实)。": "CF-080（待核实）。",
        "12:30到": "12:30到",
        ",占": "，占",
        "": "",
    }
    assert {text: official(text) for text in cases} == cases


def test_no_line_ends_inside_the_number_of_a_target(tmp_path: Path) -> None:
    document = Document()
    for words in ("见 CF-038-2、CF-041", "GB-1 和 2018-01-14", "没有 - 号"):
        document.add_paragraph(words)
    keep_numbers_whole(document.element.body)
    document.save(tmp_path / "x.docx")
    again = Document(tmp_path / "x.docx")
    assert [p.text for p in again.paragraphs] == [
        "见 CF-038-2、CF-041",
        "GB-1 和 2018-01-14",
        "没有 - 号",
    ]
    held = [p._p.xml.count("w:noBreakHyphen") for p in again.paragraphs]
    assert held == [3, 1, 0]


def test_chinese_numerals() -> None:
    said = [
        "一",
        "二",
        "三",
        "四",
        "五",
        "六",
        "七",
        "八",
        "九",
        "十",
        "十一",
        "十二",
        "十九",
        "二十",
        "二十一",
        "三十",
        "九十九",
    ]
    numbers = [*range(1, 13), 19, 20, 21, 30, 99]
    assert [chinese(n) for n in numbers] == said
