"""Full-width punctuation, as official documents have it, in text written with half-width."""

import re

_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60“”‘’《》【】〔〕、。…—·㎡²℃°]"
_WIDE = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？"}
_BESIDE = re.compile(rf"(?:(?<={_HAN})|^)[,;:!?]|[,;:!?](?=\s*{_HAN})|[,;:!?]$")


def official(text: str) -> str:
    """Return the text with ,;:!?() in full width wherever they stand beside Han characters.

    Numbers (4,035,967), times, formulas and Latin text keep theirs.
    """
    return _brackets(_BESIDE.sub(lambda found: _WIDE[found[0]], text))


def _brackets(text: str) -> str:
    out = list(text)
    open_: list[int] = []
    for i, c in enumerate(text):
        if c == "(":
            open_.append(i)
        elif c == ")" and open_:
            start = open_.pop()
            if re.search(_HAN, text[max(start - 1, 0) : i + 2]):
                out[start], out[i] = "（", "）"
    return "".join(out)
