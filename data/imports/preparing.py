"""A vector file before GDAL sees it: a copy has what is missing, and text in UTF-8."""

import re
import shutil
from pathlib import Path

from data.imports.encoding import Guess, chosen, decide, decode
from data.refused import Refused

_UTF8_FORMATS = {"kml", "gpx", "geojson", "topojson"}
_XML = {"kml", "gpx"}


def prepared(
    path: Path, form: str, folder: Path, encoding: str
) -> tuple[Path, tuple[Guess, tuple[bytes, ...]] | None]:
    """Return the file to open: a working copy where something has to be put right first.

    With it the encoding and some bytes of the text, when that was found out on the way.
    """
    if form == "shp" and not beside(path, ".shx"):
        return copied_set(path, folder), None
    if form in _UTF8_FORMATS:
        return _as_utf8(path, form, folder, encoding)
    return path, None


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


def _as_utf8(
    path: Path, form: str, folder: Path, encoding: str
) -> tuple[Path, tuple[Guess, tuple[bytes, ...]]]:
    """Text formats in another encoding than UTF-8 are rewritten; XML with entities is refused."""
    data = path.read_bytes()
    guess = Guess(chosen(encoding), 1.0) if encoding else decide([data], whole=True)
    known = (guess, tuple(p for p in re.split(rb"[<>\r\n\"]+", data) if not p.isascii())[:40])
    if form in _XML and (b"<!" in data or guess.name.startswith("UTF-16")):
        text = decode(data, guess.name)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise Refused(
                f"“{path.name}”里有实体定义,可能会把内存撑满,没有读。请用导出它的软件重新导出。"
            )
    if guess.name == "UTF-8" and not data.startswith(b"\xef\xbb\xbf") and not _declares(data):
        return path, known
    text = decode(data, guess.name).lstrip("\ufeff")
    text = re.sub(r"(<\?xml[^>]*?)\s+encoding\s*=\s*(\"[^\"]*\"|'[^']*')", r"\1", text, count=1)
    copy = folder / f"utf8{path.suffix}"
    copy.write_text(text, encoding="utf-8")
    return copy, known


def _declares(data: bytes) -> bool:
    """Whether an XML head names an encoding other than UTF-8 (the bytes were found to be UTF-8)."""
    found = re.search(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", data[:300])
    return bool(found) and found is not None and found.group(1).lower() not in (b"utf-8", b"utf8")
