"""Maps packed for ECharts and lists from phone maps, read as a planner drops them."""

import json
import random
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.imports.coordinates import to_bd09, to_gcj02
from data.imports.proposing import ImportAsk, propose
from data.imports.reading import ReadAsk, read
from data.imports.source import hand_over, take_over
from data.plan import GEOGRAPHIC, Plan, make_layer
from data.refused import Refused


def packed(ring):
    """A ring of 1/1024 degrees as ECharts packs it: (text, offset)."""
    x, y = ring[0]
    out = []
    for east, north in ring:
        for step in (east - x, north - y):
            out.append(chr((step * 2 if step >= 0 else -step * 2 - 1) + 64))
        x, y = east, north
    return "".join(out), list(ring[0])


def ring(r, west, south):
    half = r.randrange(20, 90)
    corners = [(0, 0), (half, -r.randrange(9)), (half, half), (r.randrange(9), half), (0, 0)]
    return [(west + east, south + north) for east, north in corners]


def echarts(r):
    """Three districts: one ring; a ring and a hole; two parts. And what they really are."""
    first, outer, far = (ring(r, 121_700 + 300 * n, 43_200) for n in range(3))
    hole = [(outer[0][0] + east, outer[0][1] + north) for east, north in ((5, 5), (9, 5), (9, 9))]
    hole.append(hole[0])
    shapes = [("Polygon", [first]), ("Polygon", [outer, hole]), ("MultiPolygon", [[first], [far]])]
    features, truth = [], []
    for n, (sort, rings) in enumerate(shapes):
        many = sort == "MultiPolygon"
        parts = rings if many else [rings]
        texts = [[packed(one)[0] for one in part] for part in parts]
        offsets = [[packed(one)[1] for one in part] for part in parts]
        shape = {"type": sort, "coordinates": texts if many else texts[0]}
        shape["encodeOffsets"] = offsets if many else offsets[0]
        own = {"name": f"第{n}区", "cp": [118.9, 42.2]}
        features.append({"type": "Feature", "properties": own, "geometry": shape})
        plain = [[[(x / 1024, y / 1024) for x, y in one] for one in part] for part in parts]
        truth.append(shapely.MultiPolygon([shapely.Polygon(p[0], p[1:]) for p in plain]))
    return {"type": "FeatureCollection", "features": features, "UTF8Encoding": True}, truth


def source(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    work, out = folder / f"{name} 工作", folder / f"{name} 出"
    work.mkdir()
    out.mkdir()
    hand_over(read(ReadAsk(path), work), out)
    (found,) = take_over(out)
    return found


@pytest.mark.parametrize("name", ["赤峰.json", "赤峰.js"])
def test_a_map_packed_for_echarts_is_read(tmp_path, name):
    told, truth = echarts(random.Random(3))
    text = json.dumps(told, ensure_ascii=False)
    if name.endswith("js"):
        text = re.sub(r'"(\w+)":', r"\1:", text).replace("true", "!0").replace("\x7f", r"\x7f")
        text = (
            f"!function (e) {{ e.registerMap ? e.registerMap('赤峰', {text}) : 0; }}(this.echarts);"
        )
    found = source(tmp_path, name, text)
    assert list(found.columns["name"]) == ["第0区", "第1区", "第2区"]
    for shape, right in zip(found.shapes, truth, strict=True):
        assert shape.symmetric_difference(right).area < 1e-12


def test_a_damaged_map_for_echarts_is_one_sentence(tmp_path):
    told, _ = echarts(random.Random(4))
    told["features"][0]["geometry"]["encodeOffsets"] = [[]]
    with pytest.raises(Refused, match="ECharts 的地图,但读不出来"):
        source(tmp_path, "a.json", json.dumps(told))
    with pytest.raises(Refused, match="ECharts 的地图,但读不出来"):
        source(tmp_path, "b.json", json.dumps(told)[:-40])


LON, LAT = np.array([118.71, 118.8, 118.92, 118.97]), np.array([42.1, 42.21, 42.33, 42.4])


def phone_list(service):
    """An answer of each service, as its interface hands it out, in its own coordinates."""
    shift = to_bd09 if service == "百度" else to_gcj02
    x, y = (np.round(v, 6).tolist() for v in shift(LON, LAT))
    rows = []
    for n, (lon, lat) in enumerate(zip(x, y, strict=True)):
        place = f"{lon},{lat}" if service == "高德" else {"lng": lon, "lat": lat}
        rows.append({"name": f"第{n}小学", "address": [], "location": place, "photos": [{"a": 1}]})
    return {
        "高德": {"status": "1", "infocode": "10000", "pois": rows},
        "腾讯": {"status": 0, "request_id": "7", "data": rows},
        "百度": {"status": 0, "message": "ok", "results": rows},
    }[service]


def plan():
    box = gpd.GeoDataFrame(
        {"名称": ["红山区"], "角色": "规划区"}, geometry=[shapely.box(118, 41, 120, 43)], crs=4490
    )
    known = gpd.GeoDataFrame(
        {"名称": [f"第{n}小学" for n in range(4)], "位置精度": "实测"},
        geometry=shapely.points(LON, LAT),
        crs=GEOGRAPHIC,
    )
    layers = [make_layer("行政区", "district", box, "EPSG:4549")]
    return Plan(
        "现状", "EPSG:4549", (*layers, make_layer("居民点", "settlement", known, "EPSG:4549"))
    )


@pytest.mark.parametrize(
    ("service", "system"), [("高德", "GCJ-02"), ("腾讯", "GCJ-02"), ("百度", "BD-09")]
)
@pytest.mark.parametrize("witnesses", [True, False])
def test_answers_of_phone_maps_are_lists_in_their_own_coordinates(
    tmp_path, service, system, witnesses
):
    found = source(tmp_path, "点.json", json.dumps(phone_list(service), ensure_ascii=False))
    assert (len(found), found.service) == (4, service)
    own = plan() if witnesses else Plan("现状", "EPSG:4549", plan().layers[:1])
    proposal = propose(own, found, ImportAsk("settlement"))
    finding = proposal.finding
    assert {m.source: m.target for m in proposal.matches}["location"] == "坐标"
    assert (finding.state, finding.reading.encrypted) == ("建议修复", system)
    assert any(service in text for text in finding.evidence)
    lon, lat = finding.reading.degrees(proposal.places.x, proposal.places.y)
    assert np.abs(np.array([lon - LON, lat - LAT])).max() < 2e-6


def test_a_plain_list_of_objects_is_a_list(tmp_path):
    rows = [{"名称": "甲", "经度": 118.9, "纬度": 42.2, "人数": 30}, {"名称": "乙", "经度": 119}]
    found = source(tmp_path, "a.json", json.dumps(rows, ensure_ascii=False))
    assert found.headings == ["名称", "经度", "纬度", "人数"]
    assert [found.text("人数", n) for n in range(2)] == ["30", ""]
    assert list(found.rows) == [1, 2]
    assert found.service == ""


@pytest.mark.parametrize("text", ['{"a": 1}', "[1, 2]", "[]", "{", '{"a":' * 9_000])
def test_other_json_is_one_sentence(tmp_path, text):
    with pytest.raises(Refused, match=r"读不出来|没有"):
        source(tmp_path, "a.json", text)
