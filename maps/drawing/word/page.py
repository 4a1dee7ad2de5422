"""Page and styles of an official document, as GB/T 9704-2012 sets them.

A4; margins 37 mm above, 35 below, 28 left, 26 right; 22 lines of 28 characters of 三号仿宋;
page numbers 四号 between dashes, outside. Headings: 第一章 in 黑体, (一) in 楷体. Maps and wide
tables lie across, in sections of their own.
"""

import math
from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import (
    WD_ALIGN_PARAGRAPH,
    WD_LINE_SPACING,
    WD_TAB_ALIGNMENT,
    WD_TAB_LEADER,
)
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from maps.drawing.word.fields import east_asian, element, field

SONG, HEI, KAI, FANG = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"
NUMBERS = "宋体"

LONG, SHORT = 297.0, 210.0
TOP, BOTTOM, LEFT, RIGHT = 37.0, 35.0, 28.0, 26.0
LINES, CHARACTERS = 22, 28
TYPE_AREA = (SHORT - LEFT - RIGHT, LONG - TOP - BOTTOM)
"""Width and height of the text on an upright page, mm."""

ACROSS = (18.0, 18.0, 18.0, 18.0)
"""Margins of a page lying across: above, below, left, right, mm."""

BODY_PT = 16.0
LINE_PT = math.floor(TYPE_AREA[1] / 25.4 * 72 / LINES * 20) / 20
"""三号 type; as many lines as the page is to have, in twentieths of a point as Word counts."""

RED = RGBColor(0xC0, 0x00, 0x00)
_FREE = ("表中文字", "表头", "表注", "封面", "目录标题")
MISSING = "待补充"
"""Character style of what the program does not know and the planner has to write."""


def set_up(document: Any) -> None:
    """Give a fresh document its page, styles, numbering and settings."""
    section = document.sections[0]
    upright(section)
    _styles(document)
    _numbering(document)
    document.settings.odd_and_even_pages_header_footer = True
    _update_on_opening(document.settings.element)


def _update_on_opening(settings: Any) -> None:
    """Ask Word to bring contents and references up to date; elements have a fixed order."""
    wish = element("updateFields", val="true")
    after = ("hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids")
    for name in after:
        found = settings.find(qn(f"w:{name}"))
        if found is not None:
            found.addprevious(wish)
            return
    settings.append(wish)


def upright(section: Any) -> None:
    """Make a section portrait A4 with the margins and the grid of an official document."""
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(SHORT), Mm(LONG)
    _margins(section, TOP, BOTTOM, LEFT, RIGHT)
    section.footer_distance = Mm(BOTTOM - 7 - 5)
    _grid(section)


def across(section: Any) -> None:
    """Make a section landscape A4 for maps and wide tables."""
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(LONG), Mm(SHORT)
    _margins(section, *ACROSS)
    section.footer_distance = Mm(8)
    _grid(section, False)


def _margins(section: Any, top: float, bottom: float, left: float, right: float) -> None:
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.left_margin, section.right_margin = Mm(left), Mm(right)


def _grid(section: Any, on: bool = True) -> None:
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    # Only the lines are held by the grid: 28 characters a line come from the spacing of the
    # body text, which WPS, Word and LibreOffice all set alike (a character grid they do not).
    pitch = round(LINE_PT * 20)
    grid = element("docGrid", type="lines", linePitch=pitch) if on else element("docGrid")
    section._sectPr.append(grid)


def new_section(document: Any, landscape: bool) -> Any:
    """Begin a new page of the other orientation."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    for counted in section._sectPr.findall(qn("w:pgNumType")):
        section._sectPr.remove(counted)
    _hide_break(document)
    (across if landscape else upright)(section)
    return section


def _hide_break(document: Any) -> None:
    """Let the end of a section sit in its last paragraph: one of its own may begin a page."""
    # The body ends in the properties of the new section; before them is the break's paragraph.
    holder = document.element.body[-2]
    before = holder.getprevious()
    if before is not None and before.tag == qn("w:p"):
        before.get_or_add_pPr().append(holder.pPr.find(qn("w:sectPr")))
        document.element.body.remove(holder)
        return
    paragraph = document.paragraphs[-1]
    paragraph.style = document.styles["节尾"]


def number_pages(section: Any, first: int | None) -> None:
    """Put “— 1 —” outside below; ``first`` starts to count anew."""
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.style = section.part.document.styles["Footer"]
        paragraph.alignment = side
        indent = Pt(14)
        paragraph.paragraph_format.right_indent = indent
        paragraph.paragraph_format.left_indent = indent
        paragraph.add_run("— ")
        field(paragraph, "PAGE", "1")
        paragraph.add_run(" —")
    if first is not None:
        section._sectPr.find(qn("w:cols")).addprevious(element("pgNumType", start=first))


def _styles(document: Any) -> None:
    styles = document.styles
    normal = styles["Normal"]
    normal.font.size = Pt(BODY_PT)
    east_asian(normal, FANG)
    form = normal.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_PT)
    form.space_before = form.space_after = Pt(0)
    body = styles["Body Text"]
    tight = (TYPE_AREA[0] / 25.4 * 72 / CHARACTERS - BODY_PT) * 20
    body._element.get_or_add_rPr().append(element("spacing", val=math.floor(tight)))
    body.paragraph_format.first_line_indent = Pt(2 * BODY_PT)
    body.paragraph_format.space_after = Pt(0)
    body.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    body.paragraph_format.widow_control = True
    _heading(styles["Title"], SONG, 22, WD_ALIGN_PARAGRAPH.CENTER, before=0, line=34)
    _heading(styles["Heading 1"], HEI, 16, WD_ALIGN_PARAGRAPH.CENTER, before=0)
    styles["Heading 1"].paragraph_format.space_after = Pt(LINE_PT)
    _heading(styles["Heading 2"], KAI, 16, WD_ALIGN_PARAGRAPH.LEFT, before=0)
    styles["Heading 2"].paragraph_format.first_line_indent = Pt(2 * BODY_PT)
    _heading(styles["Caption"], HEI, 12, WD_ALIGN_PARAGRAPH.CENTER, before=6, line=18)
    styles["Caption"].paragraph_format.keep_with_next = False
    _plain(styles, "Footer", "Footer", NUMBERS, 14, 18)
    _plain(styles, "表中文字", "Normal", FANG, 10.5, 15)
    _plain(styles, "表头", "表中文字", HEI, 10.5, 15)
    _plain(styles, "表注", "Normal", FANG, 9, 13)
    _plain(styles, "封面", "Normal", KAI, 16, 30, WD_ALIGN_PARAGRAPH.CENTER)
    _plain(styles, "目录标题", "Normal", SONG, 22, 40, WD_ALIGN_PARAGRAPH.CENTER)
    _plain(styles, "节尾", "表注", FANG, 1, 1)
    for name in (*_FREE, "节尾", "Title", "Caption"):
        _off_grid(styles[name])
    picture = _plain(styles, "图", "Normal", FANG, 12, 0, WD_ALIGN_PARAGRAPH.CENTER)
    picture.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    picture.paragraph_format.keep_with_next = True
    _off_grid(picture)
    for level in (1, 2):
        _contents(styles, level)
        _off_grid(styles[f"toc {level}"])
    missing = styles.add_style(MISSING, WD_STYLE_TYPE.CHARACTER)
    missing.font.color.rgb = RED


def _off_grid(style: Any) -> None:
    """Let a style's lines be as far apart as it says itself."""
    properties = style._element.get_or_add_pPr()
    off = element("snapToGrid", val="0")
    for name in ("spacing", "ind", "contextualSpacing", "jc", "outlineLvl"):
        found = properties.find(qn(f"w:{name}"))
        if found is not None:
            found.addprevious(off)
            return
    properties.append(off)


def _heading(style: Any, font: str, size: float, side: Any, before: float, line: float = 0) -> None:
    style.font.size, style.font.bold, style.font.italic = Pt(size), False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    east_asian(style, font)
    form = style.paragraph_format
    form.alignment = side
    form.space_before, form.space_after = Pt(before), Pt(0)
    form.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    form.line_spacing = Pt(line or LINE_PT)
    form.keep_with_next = True
    # The template's title has a rule below it.
    for border in style._element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)


def _plain(
    styles: Any, name: str, base: str, font: str, size: float, line: float, side: Any = None
) -> Any:
    known = [style.name for style in styles]
    style = styles[name] if name in known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name != base:
        style.base_style = styles[base]
    style.font.size = Pt(size)
    east_asian(style, font)
    if line:
        style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        style.paragraph_format.line_spacing = Pt(line)
    if side is not None:
        style.paragraph_format.alignment = side
    return style


def _contents(styles: Any, level: int) -> None:
    style = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
    style.element.styleId = f"TOC{level}"
    style.base_style = styles["Normal"]
    style.font.size = Pt(14)
    east_asian(style, HEI if level == 1 else FANG)
    form = style.paragraph_format
    form.left_indent = Pt(28 * (level - 1))
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(25)
    form.tab_stops.add_tab_stop(Mm(TYPE_AREA[0]), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _numbering(document: Any) -> None:
    """Number headings 第一章 and (一) by themselves."""
    numbering = document.part.numbering_part.element
    abstract = element("abstractNum", abstractNumId=90)
    abstract.append(element("multiLevelType", val="multilevel"))
    levels = (("第%1章", "Heading1"), ("（%2）", "Heading2"))
    for level, (text, style) in enumerate(levels):
        one = element("lvl", ilvl=level)
        one.append(element("start", val=1))
        one.append(element("numFmt", val="chineseCountingThousand"))
        one.append(element("pStyle", val=style))
        one.append(element("suff", val="space" if level == 0 else "nothing"))
        one.append(element("lvlText", val=text))
        one.append(element("lvlJc", val="left"))
        abstract.append(one)
    first = numbering.find(qn("w:num"))
    (numbering.append if first is None else first.addprevious)(abstract)
    number = element("num", numId=90)
    number.append(element("abstractNumId", val=90))
    numbering.append(number)
    for level in (0, 1):
        properties = document.styles[f"Heading {level + 1}"]._element.get_or_add_pPr()
        numbered = properties.get_or_add_numPr()
        if level:
            numbered.append(element("ilvl", val=level))
        numbered.append(element("numId", val=90))


_DIGITS = "零一二三四五六七八九"


def chinese(n: int) -> str:
    """Return 1–99 as 一, 十二, 三十."""
    tens, ones = divmod(n, 10)
    if tens == 0:
        return _DIGITS[ones]
    head = "" if tens == 1 else _DIGITS[tens]
    return f"{head}十{_DIGITS[ones] if ones else ''}"
