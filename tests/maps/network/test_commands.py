"""The command line in minutes: whole answers, files that open again, refusals in one sentence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from data.files import save
from data.geodesy import Ruler
from data.plan import Book
from main import main
from maps.analysis.network.areas import areas
from maps.analysis.network.isochrone import isochrones
from maps.analysis.network.profile import OWN_SPEEDS
from maps.analysis.network.route import route
from maps.analysis.timecover import TimeAsk, timecover
from tests.maps.network.test_timecover import at, points, usual_county
from tests.maps.network.towns import CRS


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plan") / "县.gpkg"
    wet = shapely.box(*at(2000, 0).coords[0], *at(3000, 9000).coords[0])
    zone = points("hazard_zone", "灾害区", [{"名称": "河滩", "geometry": wet}])
    plan = usual_county().with_layer(zone)
    save(Book("县", (plan,)), file)
    return file


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main([*map(str, words), "--json", "-"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([*map(str, words)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


FIRE = ("--of", "fire_station", "--vehicle", "救援车辆")


def test_the_speeds_kept_with_the_plan_count(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*FIRE, "--minutes", 8)
    own = {"国道": 33.0, "县道": 12.0}
    file = tmp_path / "自定车速.gpkg"
    kept = {OWN_SPEEDS: {**own, "不是等级": 5, "省道": "快", "乡道": -1}}
    save(Book("县", (usual_county(),), facts=kept), file)
    got = asked(capsys, "coverage", file, *words)
    usual = asked(capsys, "coverage", path, *words)
    asked_for = TimeAsk("fire_station", 8, vehicle="救援车辆", speeds=own)
    result = timecover(usual_county(), asked_for)
    assert got["people_covered"] == pytest.approx(result.whole.people_covered)
    assert got["people_covered"] < usual["people_covered"]
    assert any("已改:国道 33 km/h、县道 12 km/h" in words for words in got["remarks"])
    back = asked(capsys, "coverage", file, *words, "--speed", "国道=80", "县道=40")
    assert back["people_covered"] == usual["people_covered"]


def test_coverage_in_minutes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    got = asked(capsys, "coverage", path, *FIRE, "--minutes", 8, "--profile", "雪", "--ready", 1)
    ask = TimeAsk("fire_station", 8, vehicle="救援车辆", weather="雪", ready_minutes={"": 1.0})
    result = timecover(usual_county(), ask)
    assert list(got)[:12] == [
        "of",
        "measure",
        "limit",
        "facilities",
        "people_total",
        "people_covered",
        "share",
        "area_km2_total",
        "area_km2_covered",
        "area_share",
        "multiplicity",
        "minutes_mean",
    ]
    assert (got["of"], got["measure"], got["limit"]) == ("fire_station", "network", 8)
    assert got["people_covered"] == result.whole.people_covered
    assert got["area_share"] == pytest.approx(result.whole.area_share)
    assert list(got["multiplicity"]) == ["0", "1", "2", "3+"]
    assert sum(got["multiplicity"].values()) == got["people_total"]
    assert got["unreachable"] == {"people": result.unreachable, "facilities": []}
    assert [row["name"] for row in got["by_district"]] == ["西区", "东区"]
    assert sum(row["people_covered"] for row in got["by_district"]) == got["people_covered"]
    assert got["estimated"] is False
    assert got["remarks"][0].startswith("按救援车辆车速表(ROA-04,待核实)")


def test_other_measures_and_choices(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limit = ("--minutes", 8)
    land = asked(capsys, "coverage", path, *FIRE, *limit, "--measure", "friction")
    road = asked(capsys, "coverage", path, *FIRE, *limit)
    assert land["people_covered"] >= road["people_covered"]
    assert land["unreachable"]["people"] == 0 < road["unreachable"]["people"]
    some = asked(capsys, "coverage", path, *FIRE, *limit, "--only", "1号站", "3号站")
    assert some["facilities"] == 2
    flooded = asked(capsys, "coverage", path, *FIRE, *limit, "--flooded", "河滩")
    assert flooded["people_covered"] < road["people_covered"]
    slow = asked(capsys, "coverage", path, *FIRE, *limit, "--profile", "雪", "--closed", 1, 2)
    assert slow["people_covered"] < road["people_covered"]


def test_text_says_what_is_counted(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", str(path), "--of", "消防站", "--minutes", "5"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("消防站 5 处,路网行车时间 5 分钟,未计准备与装卸时间,状态:全部\n")
    assert "可用 --ready 计入:接警出动 1 分钟(待核实)。" in text
    assert "按消防车车速表" in text


def test_isochrones_to_a_file(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "圈.gpkg"
    got = asked(capsys, "isochrone", path, *FIRE, "--minutes", "4,8", "-o", file)
    bands = isochrones(usual_county(), TimeAsk("fire_station", 8, vehicle="救援车辆"), [4, 8]).bands
    assert [b["people"] for b in got["bands"]] == [b.people for b in bands]
    frame = gpd.read_file(file, layer="等时圈")
    assert list(frame["时限"]) == [8, 4]
    assert frame.crs == CRS
    assert frame.geometry[1].symmetric_difference(bands[0].shape).area < 1e-3
    each = tmp_path / "each.geojson"
    asked(capsys, "isochrone", path, *FIRE, "--minutes", 4, "--each", "-o", each)
    degrees = gpd.read_file(each)
    assert len(degrees) == 5
    assert degrees.total_bounds[0] == pytest.approx(120, abs=0.2)


def test_areas_to_a_file(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "区.gpkg"
    words = ("areas", path, *FIRE, "--suburban", "1号站", "-o", file)
    got = asked(capsys, *words)
    ask = TimeAsk("fire_station", 60, vehicle="救援车辆")
    expected = areas(usual_county(), ask, suburban=frozenset([("消防站", 2)]))
    assert [a["area_km2"] for a in got["areas"]] == [a.km2 for a in expected.areas]
    assert [a["limit_km2"] for a in got["areas"]] == [2, 15, 2, 7, 2]
    assert [a["too_large"] for a in got["areas"]] == [a.too_large for a in expected.areas]
    frame = gpd.read_file(file, layer="责任区")
    total = Ruler(CRS).area(frame.geometry.to_numpy()).sum()
    assert total == pytest.approx(100, rel=1e-3)
    inner = asked(capsys, "areas", path, *FIRE, "--within-districts")
    assert {a["district"] for a in inner["areas"]} == {"西区", "东区"}


def test_route(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = usual_county()
    ruler = Ruler(CRS)
    (x0, y0), (x1, y1) = at(2000, 3000).coords[0], at(7000, 7000).coords[0]
    start, end = ruler.to_lonlat(x0, y0), ruler.to_lonlat(x1, y1)
    got = asked(
        capsys,
        "route",
        path,
        "--from",
        f"{start[0]},{start[1]}",
        "--to",
        f"{end[0]},{end[1]}",
    )
    found = route(plan, TimeAsk("depot", 60), (x0, y0), (x1, y1))
    assert got["minutes"] == pytest.approx(found.minutes, rel=1e-4)
    assert got["geometry"]["type"] == "LineString"
    assert got["geometry"]["coordinates"][0] == pytest.approx(start, abs=1e-6)
    assert sum(v["km"] for v in got["via"]) == pytest.approx(got["km"])
    metres = asked(capsys, "route", path, "--from", f"{x0},{y0}", "--to", f"{x1},{y1}")
    assert metres["minutes"] == pytest.approx(got["minutes"], rel=1e-4)
    near = asked(capsys, "route", path, "--of", "fire_station", "--to", f"{x1},{y1}", "--ready", 2)
    assert near["facility"]
    assert near["ready"] == pytest.approx(2)


def test_network(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    got = asked(capsys, "network", path, "--check")
    assert got["roads"] == len(usual_county().layer("道路"))
    assert got["unfixed"] == len([f for f in got["findings"] if not f["fixed"]]) > 0
    assert got["kinds"]["相交没有路口"] > 10
    first = next(f for f in got["findings"] if f["kind"] == "相交没有路口")
    assert len(first["roads"]) == 2
    assert first["lon"] == pytest.approx(120, abs=0.2)
    file = tmp_path / "问题.gpkg"
    asked(capsys, "network", path, "-o", file)
    assert len(gpd.read_file(file, layer="道路问题")) == got["fixed"] + got["unfixed"]
    joined = asked(capsys, "network", path, "--check", "--join-crossings")
    assert "相交没有路口" not in joined["kinds"]
    assert joined["edges"] > got["edges"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("coverage", "--of", "fire_station", "--minutes", "0"), "时限要大于 0 分钟"),
        (("coverage", "--of", "fire_station", "--minutes", "-1"), "时限要大于 0 分钟"),
        (("coverage", "--of", "fire_station", "--minutes", "abc"), "时间要填分钟数"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--radius", "9"), "只能用一个"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--profile", "霾"), "可选:晴、雪"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--band", "大"), "--band 只能是"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--measure", "x"), "measure 只能"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--closed", "G9"), "“G9”的道路"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--speed", "国道"), "名称=数字"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--speed", "国道=0"), "大于 0"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--ready", "-3"), "准备时间"),
        (("coverage", "--of", "fire_station", "--minutes", "5", "--dem", "x.tif"), "friction"),
        (("isochrone", "--of", "fire_station", "--minutes", ","), "5,10,15"),
        (("isochrone", "--of", "road", "--minutes", "5"), "不是服务设施"),
        (("areas", "--of", "fire_station", "-o", "x.txt"), ".gpkg 或 .geojson"),
        (("route", "--from", "120,41.5"), "缺少 --to"),
        (("route", "--from", "120", "--to", "120,41"), "--from 要写成 X,Y"),
        (("route", "--from", "41,120", "--to", "120,41"), "先经度后纬度"),
        (("network", "--status", "将来"), "状态只能是"),
    ],
)
def test_refusals(
    path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(capsys, words[0], path, *words[1:])


def test_no_roads_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "无路.gpkg"
    plan = usual_county().without_layer("道路")
    save(Book("县", (plan,)), file)
    for words in (
        ("coverage", file, "--of", "fire_station", "--minutes", 5),
        ("isochrone", file, "--of", "fire_station", "--minutes", 5),
        ("areas", file, "--of", "fire_station"),
        ("route", file, "--from", "120,41.5", "--to", "120.01,41.5"),
        ("network", file, "--check"),
    ):
        assert "请先导入道路图层" in refused(capsys, *words)


def test_compare(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compare", path, *FIRE, "--minutes", 8, "--readies", 0, 2, "--sets", "甲=1号站,3号站")
    got = asked(capsys, *words, "乙=1号站")
    variants = {(v["sites"], v["profile"], v["ready"]): v for v in got["variants"]}
    assert list(variants) == [(s, w, r) for s in "甲乙" for w in "晴雪" for r in (0, 2)]
    ask = TimeAsk("fire_station", 8, vehicle="救援车辆", weather="雪", ready_minutes={"": 2.0})
    one = timecover(usual_county(), replace(ask, only=frozenset([("消防站", 2)])))
    last = variants["乙", "雪", 2]
    assert last["facilities"] == ["1号站"]
    assert last["people_covered"] == one.whole.people_covered
    assert [r["share"] for r in last["by_district"]] == [r.share for r in one.by_district]
    band = next(b for b in got["bands"] if b["sites"] == "乙")
    assert band["share_band"][0] <= band["share"] <= band["share_band"][1] <= band["base_share"]
    assert band["people_lost"] > 0
    assert "组名=设施" in refused(capsys, *words, "丙")
    assert main([str(w) for w in ("compare", path, *FIRE, "--minutes", 8)]) == 0
    assert capsys.readouterr().out.startswith("8 分钟内到达的人口占比\n设施")


def test_options_that_would_count_for_nothing_are_refused(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("coverage", path, "--of", "fire_station")
    for option in (("--profile", "雪"), ("--ready", "5"), ("--measure", "detour"), ("--inbound",)):
        said = refused(capsys, *words, "--radius", 5000, *option)
        assert option[0] in said
        assert "--minutes" in said
    said = refused(capsys, *words, "--minutes", 8, "--ready-of", "没有的级=2")
    assert "没有级别是“没有的级”的消防站" in said


def test_estimates_are_named_in_every_answer(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, options in (("isochrone", ("--minutes", "5")), ("areas", ())):
        told = asked(capsys, command, path, *FIRE, *options, "--measure", "detour")
        assert told["estimated"]
        assert not asked(capsys, command, path, *FIRE, *options)["estimated"]
        file = tmp_path / f"{command}.gpkg"
        assert (
            main([command, *map(str, (path, *FIRE, *options, "--measure", "detour", "-o", file))])
            == 0
        )
        assert "直线估算时间" in capsys.readouterr().out
        assert gpd.read_file(file)["依据"].dropna().str.contains("估算").all()


def test_a_way_from_far_away_is_said_to_be_far(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far = at(5000, 60_000).coords[0]
    near = at(5000, 5000).coords[0]
    words = ("--to", f"{near[0]},{near[1]}", "--from", f"{far[0]},{far[1]}")
    told = asked(capsys, "route", path, *words)
    assert any("不在路上" in one and "请核对坐标" in one for one in told["remarks"])
    assert told["estimated"]
    home = asked(capsys, "route", path, *words[:3], f"{near[0]},{near[1]}")
    assert len(home["remarks"]) == 1
    assert "待核实" in home["remarks"][0]


def test_without_roads_or_people_nothing_is_said_that_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = usual_county()
    bare, empty = tmp_path / "无路.gpkg", tmp_path / "无人.gpkg"
    kinds = {kind: [x.name for x in plan.of_kind(kind)] for kind in ("road", "population")}
    for file, kind in ((bare, "road"), (empty, "population")):
        left = tuple(x for x in plan if x.name not in kinds[kind])
        save(Book("县", (replace(plan, layers=left),)), file)
    words = ("--of", "fire_station", "--minutes", 8)
    told = asked(capsys, "coverage", bare, *words, "--measure", "friction")
    assert told["far_facilities"] == []
    assert told["estimated"]
    assert "规划里没有道路,全程在格网上越野通行(估算" in told["remarks"][0]
    told = asked(capsys, "coverage", empty, *words)
    assert (told["unreachable"]["people"], told["far_people"]) == (None, None)
    assert not any("到不了:" in one or "人离最近" in one for one in told["remarks"])
