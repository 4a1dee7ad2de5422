"""Which encoding a text is in, decided from its bytes.

Names of columns and cells in office files come as UTF-8, GBK (GB18030), Big5 or UTF-16,
whatever the file says about itself. The decision weighs three things:

- what is impossible: bytes that the encoding cannot have. A character cut in half at the
  end of a piece does not count: fixed-width fields and ten-byte column names cut so.
- how Chinese looks: real text is mostly made of common characters (a table of those usual
  in place names and office words, simplified and traditional, in
  ``resources/imports/characters.yaml``, and the first levels of GB 2312 and Big5); the
  wrong one of GBK and Big5 yields rare ones.
- what the file declares (.cpg, code page), which only tips a balance.

GBK and its extension GB18030 are read by the same decoder; “GB18030” is said when a
four-byte character occurs.
"""

import codecs
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import yaml

import resources
from data.refused import Refused

ENCODINGS = ("UTF-8", "GBK", "GB18030", "Big5", "UTF-16LE", "UTF-16BE")
"""What can be found and chosen."""

_CODECS = {
    "UTF-8": "utf-8",
    "GBK": "gb18030",
    "GB18030": "gb18030",
    "Big5": "big5hkscs",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "Latin-1": "latin-1",
}
_SAMPLE = 400_000
_LOOKED_AT = 20_000
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16LE"),
    (codecs.BOM_UTF16_BE, "UTF-16BE"),
)
_CONTROLS = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_HAN = re.compile(rb"[\xe4-\xe9][\x80-\xbf][\x80-\xbf]")
_FOUR = re.compile(rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]")
_LOOKS = {"common": 3.0, "usual": 0.4, "rare": -3.0, "odd": -5.0}
"""Log-odds of a character of each sort being real text rather than a wrong reading."""


@dataclass(frozen=True)
class Guess:
    """An encoding and how sure it is (0–1); ``declared``: what the file said, "" for nothing."""

    name: str
    sure: float
    declared: str = ""

    @property
    def title(self) -> str:
        return f"{self.name}({'确定' if self.sure >= 0.99 else f'把握 {self.sure:.0%}'})"


def named(text: str) -> str:
    """Return the encoding a user or a file calls ``text`` in our words, "" for an unknown one."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    if plain in ("utf8", "utf8sig", "65001", "cp65001", "utf8bom"):
        return "UTF-8"
    if plain in (
        "gbk",
        "gb2312",
        "cp936",
        "936",
        "ansi936",
        "hzgb2312",
        "euccn",
        "ms936",
        "windowssimpchinese",
    ):
        return "GBK"
    if plain in ("gb18030", "54936"):
        return "GB18030"
    if plain in ("big5", "cp950", "950", "big5hkscs", "ansi950", "windowstradchinese"):
        return "Big5"
    if plain in ("utf16", "utf16le", "1200", "unicode"):
        return "UTF-16LE"
    return "UTF-16BE" if plain in ("utf16be", "1201") else ""


def chosen(text: str) -> str:
    """Return the encoding the user asked for; raises Refused for an unknown one."""
    name = named(text)
    if not name:
        raise Refused(f"不认识的文字编码“{text}”。可用的编码:{'、'.join(ENCODINGS)}。")
    return name


def decode(piece: bytes, name: str, *, cut: bool = False) -> str:
    """Return a piece of text; ``cut``: its last character may be cut in half and is then left out.

    What the encoding cannot have becomes “�”.
    """
    codec = _CODECS[name]
    if not cut:
        return piece.decode(codec, errors="replace")
    text = codecs.getincrementaldecoder(codec)(errors="replace").decode(piece, final=False)
    return text


def is_binary(text: str) -> bool:
    """Whether text begins as no text does: more than one control character in fifty."""
    begin = text[:_LOOKED_AT]
    return len(_CONTROLS.findall(begin)) > 0.02 * len(begin)


def decide(pieces: Sequence[bytes], declared: str = "", *, whole: bool = False) -> Guess:
    """Return the encoding of pieces of text that belong to one file (cells, names).

    ``whole``: the pieces are one file from its first byte, so that a byte order mark
    counts and UTF-16 is possible; cells of a table are never UTF-16.
    """
    said = named(declared)
    if whole and pieces:
        for mark, name in _MARKS:
            if pieces[0].startswith(mark):
                return Guess(name, 1.0, said)
        wide = _utf16(pieces[0])
        if wide:
            return Guess(wide, 0.999, said)
    sample = _sampled(pieces)
    if not sample:
        return Guess(said or "UTF-8", 1.0, said)
    if _possible(sample, "UTF-8"):
        # Real GBK or Big5 text that is valid UTF-8 by accident is a matter of a few characters.
        many = sum(len(re.findall(rb"[\xc2-\xf4][\x80-\xbf]+", piece)) for piece in sample)
        other = max(_looks(sample, "GBK"), _looks(sample, "Big5"))
        own = _looks(sample, "UTF-8") + 4.0 * many + _tip(said, "UTF-8")
        return Guess("UTF-8", _sigmoid(own - other), said)
    if _nearly_utf8(sample):
        return _damaged(sample, said)
    scores = {
        name: _looks(sample, name) + _tip(said, name)
        for name in ("GBK", "Big5")
        if _possible(sample, name)
    }
    if not scores:
        return _damaged(sample, said)
    best = max(scores, key=lambda name: scores[name])
    rest = [score for name, score in scores.items() if name != best]
    sure = _sigmoid(scores[best] - max(rest)) if rest else 0.999
    if best == "GBK" and any(_FOUR.search(piece) for piece in sample):
        best = "GB18030"
    return Guess(best, sure, said)


def _nearly_utf8(sample: list[bytes]) -> bool:
    """Whether it is UTF-8 but for a few spoiled bytes: GBK has hardly a character that is one
    of UTF-8's, and would make nonsense of the whole file.
    """
    whole = sum(len(_HAN.findall(piece)) for piece in sample)
    spoiled = sum(decode(piece, "UTF-8", cut=True).count("�") for piece in sample)
    return whole >= 5 * spoiled


def _damaged(sample: list[bytes], said: str) -> Guess:
    """No encoding fits everywhere: the one that spoils the least, and little sureness."""

    def spoiled(name: str) -> tuple[int, float]:
        text = "".join(decode(piece, name, cut=True) for piece in sample)
        return text.count("�"), -_looks(sample, name)

    best = min(("UTF-8", "GBK", "Big5"), key=spoiled)
    total = max(1, sum(len(decode(piece, best, cut=True)) for piece in sample))
    return Guess(best, max(0.3, 0.9 - 5 * spoiled(best)[0] / total), said)


def _tip(said: str, name: str) -> float:
    same = said == name or (said == "GB18030" and name == "GBK")
    return 1.5 if same else 0.0


def _sampled(pieces: Iterable[bytes]) -> list[bytes]:
    """The different pieces with anything but ASCII, up to a limit."""
    out: dict[bytes, None] = {}
    size = 0
    for piece in pieces:
        if piece.isascii() or piece in out:
            continue
        # From the first byte that says anything: a long file may begin with a page of ASCII.
        first = _HIGH.search(piece)
        assert first is not None
        part = piece[first.start() : first.start() + _SAMPLE]
        out[part] = None
        size += len(part)
        if size > _SAMPLE:
            break
    return list(out)


def _possible(sample: list[bytes], name: str) -> bool:
    codec = codecs.getincrementaldecoder(_CODECS[name])
    try:
        for piece in sample:
            codec(errors="strict").decode(piece, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _utf16(head: bytes) -> str:
    """UTF-16 without a mark: line ends and commas have a zero beside them, and it decodes."""
    head = head[:20_000]
    head = head[: len(head) // 2 * 2]
    if len(head) < 4 or b"\0" not in head:
        return ""
    low, high = head[0::2].count(0), head[1::2].count(0)
    name = "UTF-16LE" if high > low else "UTF-16BE"
    try:
        text = head.decode(_CODECS[name])
    except UnicodeDecodeError:
        return ""
    fine = sum(c.isprintable() or c in "\r\n\t" for c in text)
    return name if fine >= 0.98 * len(text) and max(low, high) > 0.01 * len(text) else ""


def _looks(sample: list[bytes], name: str) -> float:
    """Log-odds that the pieces, read in this encoding, are real Chinese text."""
    common, usual = _common(), _usual(name)
    total = 0.0
    for piece in sample:
        for c in decode(piece, name, cut=True)[:_LOOKED_AT]:
            if c < "\x80":
                continue
            if c in common:
                total += _LOOKS["common"]
            elif c in usual:
                total += _LOOKS["usual"]
            elif "\u3400" <= c <= "\u9fff":
                total += _LOOKS["rare"]
            elif c in _PUNCTUATION:
                total += 0.5
            else:
                total += _LOOKS["odd"]
    return total


_PUNCTUATION = frozenset(
    "，。、；：？！“”‘’（）《》〈〉【】〔〕—…·～￥㎡℃°′″×±≥≤№ⅠⅡⅢⅣⅤ①②③④⑤⑥⑦⑧⑨⑩　０１２３４５６７８９"
)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    text = resources.path("imports/characters.yaml").read_text(encoding="utf-8")
    return frozenset("".join(yaml.safe_load(text).values())) - set(" \n")


@lru_cache(maxsize=4)
def _usual(name: str) -> frozenset[str]:
    """The first-level characters of GB 2312 or Big5 (both for UTF-8)."""
    gb = "".join(bytes((a, b)).decode("gb2312", "ignore") for a in _span(0xB0, 0xD7) for b in _GB)
    big = "".join(bytes((a, b)).decode("big5", "ignore") for a in _span(0xA4, 0xC6) for b in _BIG)
    return frozenset({"GBK": gb, "Big5": big}.get(name, gb + big))


def _span(low: int, high: int) -> range:
    return range(low, high + 1)


_GB = _span(0xA1, 0xFE)
_BIG = [*_span(0x40, 0x7E), *_span(0xA1, 0xFE)]


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, x))))
