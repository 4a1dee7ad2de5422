"""The web page: one HTML file that opens anywhere and asks nothing of any network.

folium makes the map; Leaflet, which it would fetch, is written into the page instead. Values
of the plan travel as JSON in an element no browser runs, and the script puts them in as text.
"""

import base64
import html
import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

import resources
from data.kinds import kind
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.provenance import Figure, spoken
from maps.drawing.dossier import Dossier
from maps.drawing.saving import CREATOR, saving
from maps.drawing.web.content import content, sources

BOUNDARY = "边界仅供规划示意,不作为划界依据"
_ADDRESS = re.compile(r"https?://(?!www\.w3\.org/)[^\s\"'<>)]*")
_COMMENT = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_PICTURE = re.compile(r"url\(([^)]+)\)")


def write_page(made: Dossier, path: Path, report: Report = silent) -> int:
    """Write the page and return its size in bytes. Raises Refused when it cannot be written."""
    if not any(len(layer) for layer in made.found.plan):
        raise Refused(f"方案“{made.found.plan.name}”里还没有任何要素,没有可画的内容。")
    text = page(made, part(report, 0.0, 0.9)).encode("utf-8")
    with saving(path) as beside:
        beside.write_bytes(text)
    report(1.0, "网页已写好")
    return len(text)


def page(made: Dossier, report: Report = silent) -> str:
    """Return the page."""
    import folium

    values = content(made, part(report, 0.0, 0.9))
    report(0.9, "正在拼装网页…")
    map_ = folium.Map(tiles=None, attribution_control=False, attributionControl=False)
    map_._id = "plan"
    map_.default_js, map_.default_css = [], []
    root = map_.get_root()
    root.title = f"{made.place}应急设施布局"
    drawn = root.render()
    return _assembled(drawn, made, values)


def _assembled(drawn: str, made: Dossier, values: dict[str, Any]) -> str:
    """Put our own parts into folium's page: head, the frame around the map, data, script."""
    title = html.escape(f"{made.place}应急设施布局")
    head = (
        f"<title>{title}</title>\n"
        f'<meta name="generator" content="{CREATOR}"/>\n'
        "<style>\n" + _leaflet_css() + "</style>\n<style>\n" + _own("web.css") + "</style>\n"
        "<script>\n" + _leaflet() + "\n</script>\n"
    )
    # What a phone may not do by itself (zoom the page) it must be allowed to do.
    drawn = drawn.replace(", maximum-scale=1.0, user-scalable=no", "")
    drawn = re.sub(
        r"initial-scale=1\.0,\s*maximum-scale=1\.0,\s*user-scalable=no", "initial-scale=1.0", drawn
    )
    drawn = re.sub(r"<title>.*?</title>", "", drawn, flags=re.DOTALL)
    drawn = drawn.replace("<html>", '<html lang="zh-CN">', 1)
    drawn = drawn.replace("</head>", head + "</head>", 1)
    opening = drawn.index('<div class="folium-map"')
    closing = drawn.index("</div>", opening) + len("</div>")
    frame = _frame(title, made, values).replace("MAP-HERE", drawn[opening:closing])
    drawn = drawn[:opening] + frame + drawn[closing:]
    data = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        data = data.replace(mark, f"\\u{ord(mark):04x}")
    script = _own("web.js").replace("(MAP)", "(map_plan)")
    tail = f'<script type="application/json" id="data">{data}</script>\n'
    return drawn.replace("</html>", f"{tail}<script>\n{script}</script>\n</html>", 1)


def _frame(title: str, made: Dossier, values: dict[str, Any]) -> str:
    said = "".join(
        f'<p class="note">{html.escape(one)}</p>' for one in (*sources(made), *values["remarks"])
    )
    return f"""<div id="page">
<header id="bar"><h1>{title}</h1>
<button class="tool" id="more" type="button">图层</button>
<div id="find"><input type="search" placeholder="查找地名、设施" aria-label="查找地名、设施"/>
<ul id="found"></ul></div>
<button class="tool" id="measure" type="button" aria-pressed="false">量距</button>
<button class="tool" id="home" type="button">全图</button></header>
<aside id="side"><div id="layers"></div>
<h2>主要数字</h2>{_numbers(made)}
<h2>资料来源</h2>{said}<p class="note">{BOUNDARY}。</p>
<p class="note">日期:{html.escape(made.date)};{CREATOR} {made.ledger.version}</p></aside>
<main id="map">MAP-HERE<div id="foot">{html.escape(made.date)} · {BOUNDARY}</div></main>
</div>"""


def _numbers(made: Dossier) -> str:
    figures = made.ledger.figures
    rows = [("规划区人口", figures.get("规划区.人口")), ("规划区面积", figures.get("规划区.面积"))]
    for of, status in made.found.coverage:
        title = kind(of).title
        word = "现状" if status == "现状" else "规划后"
        share = figures[f"覆盖.{title}.{status}.合计.人口覆盖率"]
        rows.append((f"{title}{word}覆盖人口占比", share))
    told = "".join(
        f"<tr><td>{html.escape(label)}</td><td>{_number(made, figure)}</td></tr>"
        for label, figure in rows
    )
    return f"<table>{told}</table>"


def _number(made: Dossier, figure: Figure | None) -> str:
    if figure is None:
        return "未知"
    code = made.ledger.codes[figure.key]
    text = html.escape(spoken(figure) or "未知")
    value = "" if figure.value is None else f' value="{figure.value:.12g}"'
    return f'<data data-id="{code}" title="溯源编号 {code}"{value}>{text}</data>'


def _own(name: str) -> str:
    return resources.path(f"templates/{name}").read_text(encoding="utf-8")


def _package(name: str) -> Path:
    found = importlib.metadata.distribution("XStatic-Leaflet")
    return Path(str(found.locate_file(f"xstatic/pkg/leaflet/data/{name}")))


def _leaflet() -> str:
    """Leaflet's script, without the addresses it carries in comments and in its attribution."""
    text = _package("leaflet.js").read_text(encoding="utf-8")
    return _ADDRESS.sub("", _COMMENT.sub("", text)).replace("</script", "<\\/script")


def _leaflet_css() -> str:
    """Leaflet's styles, with their few small pictures inside."""

    def inside(found: re.Match[str]) -> str:
        picture = _package(found[1].strip("\"'"))
        if not picture.is_file():
            return found[0]
        coded = base64.b64encode(picture.read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{coded})"

    text = _package("leaflet.css").read_text(encoding="utf-8")
    return _ADDRESS.sub("", _PICTURE.sub(inside, text))
