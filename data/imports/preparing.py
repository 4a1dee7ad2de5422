"""A vector file before GDAL sees it: a copy has what is missing, and text in UTF-8."""

import html
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from data.imports.encoding import Guess, chosen, decide, decode
from data.imports.web_json import is_packed, unpacked
from data.refused import Refused

_UTF8_FORMATS = {"kml", "gpx", "geojson", "topojson"}
_XML = {"kml", "gpx"}
_CHARSET = re.compile(rb'(\bcharset\s+"?)(\w+)', re.IGNORECASE)
_KML_NAME = re.compile(
    r"(<(?:\w+:)?(?:Data|SimpleField|SimpleData)\b[^<>]*?\bname\s*=\s*[\"'])([^\"'<>]*)([\"'])"
)


@dataclass(frozen=True)
class Prepared:
    """The file to open. ``guess`` and ``raw``: the encoding and some bytes of its text, when
    these were found out on the way; ``names``: what columns of the copy are really called.
    """

    path: Path
    guess: Guess | None = None
    raw: tuple[bytes, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def prepared(path: Path, form: str, folder: Path, encoding: str) -> Prepared:
    """Return the file to open: a working copy where something has to be put right first."""
    if form == "shp" and not beside(path, ".shx"):
        return Prepared(copied_set(path, folder))
    if form == "mapinfo":
        return Prepared(_neutral(path, folder))
    if form in _UTF8_FORMATS:
        return _as_utf8(path, form, folder, encoding)
    return Prepared(path)


def _neutral(path: Path, folder: Path) -> Path:
    """A copy of a MapInfo set that names no character set: GDAL would turn GBK that is called
    WindowsLatin1 into nonsense. What it names is kept beside it as in a .cpg.
    """
    head = path.read_bytes()
    found = _CHARSET.search(head)
    if found is None or found.group(2).lower() == b"neutral":
        return path
    own = folder / "set"
    own.mkdir(exist_ok=True)
    for ending in (".dat", ".map", ".id", ".ind", ".mid"):
        part = beside(path, ending)
        if part is not None:
            shutil.copyfile(part, own / f"file{ending}")
    (own / "file.cpg").write_bytes(found.group(2))
    copy = own / f"file{path.suffix.lower()}"
    copy.write_bytes(_CHARSET.sub(rb"\1Neutral", head))
    return copy


def beside(path: Path, ending: str) -> Path | None:
    return next(
        (p for p in (path.with_suffix(ending), path.with_suffix(ending.upper())) if p.exists()),
        None,
    )


def copied_set(path: Path, folder: Path, *, without: str = "") -> Path:
    """Return the main file of a copy of a shapefile's set, perhaps without one of its parts.

    GDAL writes a missing .shx beside the .shp: into a copy, not into the user's folder.
    """
    own = folder / f"set{without}"
    own.mkdir(exist_ok=True)
    for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
        part = path if path.suffix.lower() == ending else beside(path, ending)
        if part is not None and ending != without:
            shutil.copyfile(part, own / f"file{ending}")
    return own / f"file{path.suffix.lower()}"


def with_plain_prj(path: Path, folder: Path) -> Path:
    """Return the main file of a shapefile whose .prj is ASCII: the file itself, or a copy.

    A coordinate system with a Chinese name is written in GBK, which GDAL's callers cannot read.
    """
    prj = beside(path, ".prj")
    if prj is None or prj.read_bytes().isascii():
        return path
    copy = copied_set(path, folder)
    text = prj.read_bytes().decode("gb18030", "replace")
    copy.with_suffix(".prj").write_text(re.sub(r"[^\0-\x7f]", "_", text), encoding="ascii")
    return copy


def _as_utf8(path: Path, form: str, folder: Path, encoding: str) -> Prepared:
    """Text formats in another encoding than UTF-8 are rewritten; XML with entities is refused."""
    data = path.read_bytes()
    guess = Guess(chosen(encoding), 1.0) if encoding else decide([data], whole=True)
    raw = tuple(p for p in re.split(rb"[<>\r\n\"]+", data) if not p.isascii())[:40]
    if form in _XML and (b"<!" in data or guess.name.startswith("UTF-16")):
        text = decode(data, guess.name)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise Refused(
                f"“{path.name}”里有实体定义,可能会把内存撑满,没有读。请用导出它的软件重新导出。"
            )
    packed = form == "geojson" and is_packed(data)
    fine = (
        not packed
        and guess.name == "UTF-8"
        and not data.startswith(b"\xef\xbb\xbf")
        and not _declares(data)
    )
    if fine and not (form == "kml" and b"ExtendedData" in data):
        return Prepared(path, guess, raw)
    text = decode(data, guess.name).lstrip("\ufeff")
    text = re.sub(r"(<\?xml[^>]*?)\s+encoding\s*=\s*(\"[^\"]*\"|'[^']*')", r"\1", text, count=1)
    text = unpacked(text, path.name) if packed else text
    names: dict[str, str] = {}
    if form == "kml":
        text, names = _ascii_names(text)
    copy = folder / ("utf8.geojson" if packed else f"utf8{path.suffix}")
    copy.write_text(text, encoding="utf-8")
    return Prepared(copy, guess, raw, names)


def _ascii_names(text: str) -> tuple[str, dict[str, str]]:
    """Give the columns of a KML plain names, and tell what they are really called.

    GDAL makes “____” of every Chinese name, and one column of two that are equally long.
    """
    plain: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        name = html.unescape(found.group(2)).strip()
        if name.isascii():
            return found.group(0)
        return found.group(1) + plain.setdefault(name, f"yjbj_{len(plain)}_x") + found.group(3)

    text = _KML_NAME.sub(rename, text)
    return text, {new: old for old, new in plain.items()}


def _declares(data: bytes) -> bool:
    """Whether an XML head names an encoding other than UTF-8 (the bytes were found to be UTF-8)."""
    found = re.search(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", data[:300])
    return bool(found) and found is not None and found.group(1).lower() not in (b"utf-8", b"utf8")
