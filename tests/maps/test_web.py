"""The web page: it asks nothing of any network, runs nothing of the plan, and is right."""

import html
import json
import math
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

import main
from data import examples, files
from data.plan import Book, Look, Plan, make_layer
from data.refused import Refused
from maps.analysis.findings import Asked, usual
from maps.analysis.provenance import spoken
from maps.drawing import style
from maps.drawing.dossier import dossier
from maps.drawing.numbers import numbers_in
from maps.drawing.web.content import content
from maps.drawing.web.page import page, write_page
from maps.drawing.web.raster import _grid, _warped
from maps.drawing.web.shapes import Screen
from tests.data.books import CRS, point_layer
from tests.maps.dossiers import DATE, NAMES, full_dossier, people_layer

NAMESPACE = "http://www.w3.org/"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


class Seen(HTMLParser):
    """Every tag with its attributes, and the text of each script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._script = tag == "script"
        if self._script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def text() -> str:
    return page(full_dossier())


@pytest.fixture(scope="module")
def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(text)
    return parser


@pytest.fixture(scope="module")
def data(seen: Seen) -> dict[str, Any]:
    script = next(s for s in seen.scripts if s.lstrip().startswith('{"panes"'))
    return dict(json.loads(script))


def layer(data: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in data["layers"] if one["name"] == name)


def test_nothing_is_fetched_from_anywhere(text: str, seen: Seen) -> None:
    addresses = set(re.findall(r"(?:https?|ftp|wss?):\\?/\\?/[^\s\"'<>)\\]*", text))
    assert all(address.startswith(NAMESPACE) for address in addresses)
    assert addresses
    for tag, attributes in seen.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        for name in ("src", "href", "data", "action", "srcset"):
            assert name not in attributes, (tag, attributes)
    for inside in re.findall(r"url\(([^)]*)\)", text):
        assert inside.strip("\"'").startswith(("data:", "#"))
    assert "@import" not in text
    assert "sourceMappingURL" not in text
    for call in ("fetch(", "XMLHttpRequest", "importScripts", "navigator.sendBeacon"):
        assert call not in text
    assert re.search(r"""["'`]//[a-z]""", text) is None


def test_kept_answers_are_on_the_page_as_on_the_map() -> None:
    made = full_dossier()
    square = shapely.box(420_000, 4_540_000, 440_000, 4_560_000)
    rows = gpd.GeoDataFrame(
        {"名称": ["甲 60 分钟", "到不了"], "类型": ["等时圈", "到不了"], "时限": [60.0, None],
         "人口": [12345.0, None], "面积": [400.0, 9.5], "日期": ["2025-06-30"] * 2},
        geometry=[square, shapely.buffer(square, -5000)], crs=CRS,
    )  # fmt: skip
    kept = make_layer("圈", "reach", rows, CRS, look=Look(visible=False, color="#123456"))
    plan = made.found.plan.with_layer(kept)
    shown = content(replace(made, found=replace(made.found, plan=plan)))
    reached, left = layer(shown, "圈"), layer(shown, "圈到不了")
    assert (reached["on"], reached["style"]["fillColor"]) == (False, "#123456")
    assert left["style"]["fillColor"] == style.UNREACHED
    facts = [
        ["时限", "60 分钟"],
        ["面积", "400 km²"],
        ["人口", "12,345 人"],
        ["日期", "2025-06-30"],
    ]
    assert reached["cards"] == [["甲 60 分钟", facts]]
    assert left["cards"] == [["到不了", [["面积", "9.5 km²"], ["日期", "2025-06-30"]]]]


def test_names_are_text_and_run_nothing(seen: Seen, data: dict[str, Any]) -> None:
    assert [tag for tag, _ in seen.tags].count("script") == len(seen.scripts)
    assert all(tag != "img" for tag, _ in seen.tags)
    assert not any(name.startswith("on") for _, attributes in seen.tags for name in attributes)
    names = {mark[3] for mark in layer(data, "储备库")["marks"]}
    assert names == set(NAMES)
    holding = [script for script in seen.scripts if "alert(" in script]
    assert len(holding) == 1
    assert json.loads(holding[0])["layers"] == data["layers"]
    # In the text of the page itself they cannot end the element they are in.
    assert "<" not in holding[0]


HAND = """<script>
window.alert = function () { window.ran = true; };
setTimeout(function () {
  var input = document.querySelector("#find input"), told = {};
  told.marks = document.querySelectorAll(".mark").length;
  input.value = "alert";
  input.dispatchEvent(new Event("input"));
  var items = document.querySelectorAll("#found li");
  told.found = Array.prototype.map.call(items, function (li) { return li.textContent; });
  items[0].click();
  setTimeout(function () {
    told.card = document.querySelector(".leaflet-popup-content").textContent;
    told.wide = document.documentElement.scrollWidth - window.innerWidth;
    told.asked = performance.getEntriesByType("resource").map(function (r) { return r.name; });
    told.ran = Boolean(window.ran);
    document.title = JSON.stringify(told);
  }, 1500);
}, 500);
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_without_a_network_shows_finds_and_runs_nothing(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "页.html"
    file.write_text(text.replace("</html>", HAND + "</html>"), encoding="utf-8")
    words = [str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    words += ["--proxy-server=127.0.0.1:9", f"--user-data-dir={tmp_path / 'profile'}"]
    words += ["--window-size=500,850", "--virtual-time-budget=6000", file.as_uri()]
    made = subprocess.run(words, capture_output=True, check=True, timeout=120).stdout.decode()
    told = json.loads(html.unescape(re.findall(r"<title>(.*?)</title>", made, re.DOTALL)[0]))
    assert told["marks"] >= len(NAMES)
    assert any(NAMES[0] in one for one in told["found"])
    assert "alert(" in told["card"]
    assert not told["ran"]
    assert told["asked"] == []
    assert told["wide"] <= 0


def test_own_script_never_writes_text_of_the_plan_as_markup() -> None:
    script = (Path(main.__file__).parent / "resources/templates/web.js").read_text("utf-8")
    markup = re.findall(r"innerHTML = ([^;]+);", script)
    assert markup
    assert all(value.startswith("data.symbols[") for value in markup)
    for word in ("insertAdjacentHTML", "document.write", "eval(", "outerHTML", "new Function"):
        assert word not in script


def test_it_says_its_date_sources_and_that_borders_are_indicative(text: str) -> None:
    for words in (DATE, "边界仅供规划示意", "人口格网·示意", "测试规划.gpkg", "位置为示意"):
        assert words in text
    assert 'lang="zh-CN"' in text
    assert text.count("<title>") == 1
    assert "initial-scale=1.0" in text
    assert "user-scalable=no" not in text


def test_the_same_dossier_gives_the_same_page(text: str) -> None:
    assert page(full_dossier()) == text


def test_numbers_are_those_of_the_ledger(text: str, data: dict[str, Any], tmp_path: Path) -> None:
    made = full_dossier()
    path = tmp_path / "x.html"
    path.write_text(text, encoding="utf-8")
    found = list(numbers_in(path, made.ledger))
    assert len(found) >= 4
    assert all(written == right for _, written, right in found)
    (cards,) = [one["cards"] for one in data["layers"] if one["name"] == "行政区"]
    coded = 0
    for name, rows in cards:
        for _, said, *code in rows:
            if code:
                key = made.ledger.keys[code[0]]
                assert f".{name}." in key
                assert said == spoken(made.ledger.figures[key])
                coded += 1
    assert coded == 2 * (2 + 4)


def test_marks_stand_where_the_facilities_are(data: dict[str, Any]) -> None:
    frame = full_dossier().found.plan.layer("储备库").frame
    there = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    lon, lat = there.transform(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
    by_name = {mark[3]: mark for mark in layer(data, "储备库")["marks"]}
    for name, x, y in zip(frame["名称"], lon, lat, strict=True):
        assert by_name[name][:2] == pytest.approx([y, x], abs=1e-6)
        assert data["symbols"][by_name[name][2]].startswith("<svg")
    (south, west), (north, east) = data["bounds"]
    assert south < min(lat) < max(lat) < north
    assert west < min(lon) < max(lon) < east


def test_an_example_is_small_and_keeps_its_borders(tmp_path: Path) -> None:
    path = tmp_path / "赤峰.gpkg"
    book = examples.build("赤峰")
    files.save(book, path)
    made = dossier(files.load(path).book, Asked(usual(book.plan), sites=0), path, DATE)
    size = write_page(made, tmp_path / "x.html")
    assert size == (tmp_path / "x.html").stat().st_size
    assert size < 5_000_000
    people = made.found.people
    assert people is not None
    shown = next(x for x in content(made)["layers"] if x["name"] == "行政区")["shapes"]
    shapes = [shapely.geometry.shape(f["geometry"]) for f in shown["features"]]
    back = pyproj.Transformer.from_crs("EPSG:4490", made.found.plan.crs, always_xy=True)
    for simple, district in zip(shapes, people.districts, strict=True):
        plan_shape = shapely.transform(
            simple, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1]))
        )
        assert plan_shape.is_valid
        moved = plan_shape.symmetric_difference(district.shape).area / district.shape.length
        assert moved < 100.0


def test_neighbours_still_share_their_border() -> None:
    rng = np.random.default_rng(3)
    wave = np.column_stack([np.linspace(0, 1e5, 800), 5e4 + rng.normal(0, 300, 800)])
    low = shapely.Polygon([*wave, (1e5, 0), (0, 0)])
    high = shapely.Polygon([*wave, (1e5, 1e5), (0, 1e5)])
    shift = np.array([450_000.0, 4_600_000.0])
    both = shapely.transform(np.array([low, high]), lambda xy: xy + shift)
    screen = Screen(CRS, (450_000.0, 4_600_000.0, 1_150_000.0, 4_700_000.0))
    one, other = (shapely.geometry.shape(shape) for shape in screen.mesh(list(both)))
    assert shapely.get_num_coordinates(one) < 700
    assert one.intersection(other).area == pytest.approx(0.0, abs=1e-12)
    assert one.union(other).geom_type == "Polygon"


@pytest.mark.parametrize("seed", range(3))
def test_people_stand_in_the_picture_where_they_live(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 1000.0
    i, j = np.meshgrid(np.arange(70), np.arange(90))
    x = 420_500.0 + i.ravel() * size
    y = 4_600_500.0 + j.ravel() * size
    class_ = rng.integers(1, 6, x.size)
    grid, west, south = _grid(x, y, class_, size)
    rows, ((low, left), (top, right)) = _warped(grid, west, south, size, CRS)
    there = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    lon, lat = there.transform(x, y)

    def northing(degrees: np.ndarray) -> np.ndarray:
        return np.asarray(np.arctanh(np.sin(np.radians(degrees))))

    down = (northing(np.array(top)) - northing(lat)) / (
        northing(np.array(top)) - northing(np.array(low))
    )
    row = np.floor(down * rows.shape[0]).astype(int)
    column = np.floor((np.asarray(lon) - left) / (right - left) * rows.shape[1]).astype(int)
    assert (rows[row, column] == class_).all()
    assert math.isclose(right - left, 70 * 1000 / 111_320 / math.cos(math.radians(42)), rel_tol=0.1)


def test_every_cell_with_people_is_coloured_and_the_empty_one_is_not() -> None:
    frame = people_layer().frame
    breaks = style.population_breaks(frame["人口"])
    seen = frame["人口"] > 0
    grid, _, _ = _grid(
        frame.geometry.x.to_numpy()[seen],
        frame.geometry.y.to_numpy()[seen],
        np.digitize(frame["人口"].to_numpy()[seen], breaks) + 1,
        5000.0,
    )
    assert (grid > 0).sum() == seen.sum() == len(frame) - 1


def test_what_is_too_much_for_a_phone_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("maps.drawing.web.content.MOST_ROADS", 0)
    monkeypatch.setattr("maps.drawing.web.marks.MOST_SETTLEMENTS", 3)
    values = content(full_dossier())
    assert len(layer(values, "道路")["shapes"]["features"]) == 1
    assert len(layer(values, "居民点")["marks"]) == 4
    assert len(values["remarks"]) == 2
    monkeypatch.setattr("maps.drawing.web.content._MAIN", ("高速",))
    monkeypatch.setattr("maps.drawing.web.marks._TOWNS", ("政府驻地",))
    names = {one["name"] for one in content(full_dossier())["layers"]}
    assert not names & {"道路", "居民点"}


def test_a_plan_without_people_or_districts_has_a_page_too(tmp_path: Path) -> None:
    path = tmp_path / "少.gpkg"
    files.save(Book("少", (Plan("现状", CRS, (point_layer(),)),)), path)
    made = dossier(files.load(path).book, Asked({"depot": 20_000.0}), path, DATE)
    text = page(made)
    assert "甲0" in text
    assert "未知" in text


def test_an_empty_plan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "空.gpkg"
    files.save(Book("空", (Plan("现状", CRS),)), path)
    made = dossier(files.load(path).book, Asked(), path, DATE)
    with pytest.raises(Refused, match="没有可画的内容"):
        write_page(made, tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    from data.progress import Cancelled

    def stop(done: float, text: str) -> None:
        if done > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_page(full_dossier(), tmp_path / "x.html", stop)
    assert list(tmp_path.iterdir()) == []
