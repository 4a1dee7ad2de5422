"""Document templates: what a report is called, its chapters, and what stands in each.

A template is YAML (resources/templates, or the planner's own file). A chapter (章) has
sections (节), a section has content (内容), one of:

    段: text with numbers {储备库.现状.数量}, {规划区.人口:万}, names {地名}, references {表:行政区}
    若: a number that must be known and not 0 for the 段 to be written; 否则: what stands instead
    表: name of a table, 列: only these headings;  图: name of a map or chart
    要点: a list made from the findings (问题, 目标, 工程, 选址, 依据)
    待补: what the planner has to write himself, shown in red
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import resources
from data.beside import reason
from data.kinds import kind
from data.refused import Refused

LISTS = ("问题", "目标", "工程", "选址", "依据", "缺口")
SLOT = re.compile(r"\{([^{}]+)\}")

_HEAD = ("名称", "标题", "依据", "对象", "章")
_SECTION = ("题", "内容", "节")
_PIECE = ("段", "若", "否则", "表", "列", "图", "要点", "待补")


@dataclass(frozen=True)
class Piece:
    """One thing in a section; exactly one of text, table, picture, points, gap is not ""."""

    text: str = ""
    condition: str = ""
    instead: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    picture: str = ""
    points: str = ""
    gap: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; chapters have sections, sections may not."""

    title: str
    pieces: tuple[Piece, ...] = ()
    sections: tuple["Section", ...] = ()


@dataclass(frozen=True)
class Outline:
    """A template. ``subjects``: kinds it is about (English names), all for none. Chapters
    called 附件… are not numbered with the others."""

    name: str
    title: str
    basis: str
    subjects: tuple[str, ...]
    chapters: tuple[Section, ...]

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the pictures it wants, each once."""
        pieces = (p for c in self.chapters for s in (c, *c.sections) for p in s.pieces)
        return tuple(dict.fromkeys(p.picture for p in pieces if p.picture))


def shipped() -> tuple[str, ...]:
    """Return the names of the templates that come with the program."""
    return tuple(sorted(p.stem for p in resources.path("templates").glob("*.yaml")))


def outline(name: str) -> Outline:
    """Return a template that comes with the program, or the one in a file (“….yaml”).

    Raises Refused for an unknown name and for a file that is not written as it should be.
    """
    if name in shipped():
        return read_outline(resources.path(f"templates/{name}.yaml"))
    if name.lower().endswith((".yaml", ".yml")):
        return read_outline(Path(name))
    raise Refused(
        f"没有“{name}”这个模板。可用的模板:{'、'.join(shipped())},或给出一个 .yaml 文件。"
    )


def read_outline(path: Path) -> Outline:
    """Read a template file."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"读不了模板“{path.name}”:{reason(error)}。") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(f"模板“{path.name}”不是写法正确的 YAML:{error}。") from error
    where = f"模板“{path.name}”"
    head = _entries(found, _HEAD, where)
    chapters = tuple(_section(one, where, True) for one in _list(head.get("章"), where, "章"))
    if not chapters:
        raise Refused(f"{where}里没有“章”。")
    texts = {key: _str(head.get(key), where, key) for key in _HEAD[:3]}
    subjects = tuple(
        kind(_str(one, where, "对象")).name for one in _list(head.get("对象"), where, "对象")
    )
    name = texts["名称"] or path.stem
    return Outline(name, texts["标题"] or name, texts["依据"], subjects, chapters)


def _section(found: Any, where: str, chapter: bool) -> Section:
    entries = _entries(found, _SECTION if chapter else _SECTION[:2], where)
    title = _str(entries.get("题"), where, "题")
    if not title:
        raise Refused(f"{where}里有一个章节没有“题”。")
    here = f"{where}“{title}”"
    pieces = tuple(_piece(one, here) for one in _list(entries.get("内容"), here, "内容"))
    inside = tuple(_section(one, here, False) for one in _list(entries.get("节"), here, "节"))
    return Section(title, pieces, inside)


def _piece(found: Any, where: str) -> Piece:
    if isinstance(found, str):
        return Piece(text=found)
    entries = _entries(found, _PIECE, where)
    which = [key for key in ("段", "表", "图", "要点", "待补") if key in entries]
    if len(which) != 1:
        raise Refused(
            f"{where}的一项内容要写段、表、图、要点、待补中的一样,现在是{which or '空'}。"
        )
    points = _str(entries.get("要点"), where, "要点")
    if points and points not in LISTS:
        raise Refused(f"{where}的要点“{points}”不认识,可用的:{'、'.join(LISTS)}。")
    return Piece(
        _str(entries.get("段"), where, "段"),
        _str(entries.get("若"), where, "若"),
        _str(entries.get("否则"), where, "否则"),
        _str(entries.get("表"), where, "表"),
        tuple(_str(one, where, "列") for one in _list(entries.get("列"), where, "列")),
        _str(entries.get("图"), where, "图"),
        points,
        _str(entries.get("待补"), where, "待补"),
    )


def _entries(found: Any, known: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Refused(f"{where}里应当写“名称: 内容”的地方写成了“{str(found)[:30]}”。")
    strange = [str(key) for key in found if key not in known]
    if strange:
        raise Refused(f"{where}里有不认识的“{strange[0]}”,这里可用:{'、'.join(known)}。")
    return {str(key): value for key, value in found.items()}


def _list(found: Any, where: str, name: str) -> list[Any]:
    if found is None:
        return []
    if not isinstance(found, list):
        raise Refused(f"{where}的“{name}”要写成一列(每项前加“- ”)。")
    return found


def _str(found: Any, where: str, name: str) -> str:
    if isinstance(found, dict | list):
        raise Refused(f"{where}的“{name}”要写成一句话。")
    return "" if found is None else str(found).strip()
