"""The coordinate doctor's exam, and what it says when it cannot tell."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import shapely
from pyproj import Geod

from data.imports.coordinates import to_gcj02
from data.imports.doctor import examine
from data.imports.evidence import Rows
from data.imports.known import known_of
from data.imports.proposing import ImportAsk, propose
from data.imports.readings import by_name, declared, to_degrees, unpacked
from data.plan import Plan
from data.refused import Refused
from tests.data.imports import wrong_files
from tests.data.imports.wrong_files import area, cases, packed, projected, rows

GEOD = Geod(ellps="GRS80")
FAR = 1_500.0
MOON = (
    'GEOGCS["GCS_Moon",DATUM["D_Moon",SPHEROID["Moon",1737400,0]],PRIMEM["Reference_Meridian",0],'
    'UNIT["Degree",0.0174532925199433]]'
)


@cache
def known(place):
    return known_of(place.plan)


def ask(case):
    return ImportAsk("road" if case.source.name == "道路" else "settlement")


def metres_off(case, proposal):
    """How far the proposed reading puts the worst row from the truth."""
    if case.source.shapes is not None:
        middle = shapely.centroid(case.source.shapes)
        x, y = shapely.get_x(middle), shapely.get_y(middle)
    else:
        x, y = proposal.places.x, proposal.places.y
    lon, lat = proposal.finding.reading.degrees(x, y)
    if not np.isfinite(lon).all():
        return np.inf
    return float(GEOD.inv(lon, lat, case.lon, case.lat)[2].max())


def near_enough(case, finding, off):
    if case.source.name == "道路":
        return off < 50
    # What the plan cannot tell was said, not repaired: the rest of the repair still has to fit.
    open_question = case.hard and any("看不出来" in text for text in finding.unsure)
    return off < (FAR if open_question else 2.0)


def test_exam_over_the_five_areas():
    proposed, wrong, false, silent = 0, [], [], []
    wrong_files_seen = right_files_seen = 0
    for case in cases(each=3):
        proposal = propose(case.area.plan, case.source, ask(case), known(case.area))
        finding = proposal.finding
        wrong_files_seen += bool(case.wrong)
        right_files_seen += not case.wrong
        if finding.state == "建议修复":
            proposed += 1
            if not case.wrong:
                false.append((case.about, finding.repair))
            elif not near_enough(case, finding, metres_off(case, proposal)):
                wrong.append((case.about, finding.repair))
        elif case.wrong and not case.hard:
            silent.append((case.about, finding.state))
    assert wrong_files_seen >= 300
    assert right_files_seen >= 60
    assert not false
    assert len(wrong) <= 0.02 * proposed, wrong
    assert len(silent) <= 0.05 * wrong_files_seen, silent


def test_without_precise_places_an_encryption_is_not_invented():
    place = area("赤峰", False)
    r = np.random.default_rng(5)
    source = rows(place, 20, r, telling=False)
    shifted = wrong_files.WRONG["GCJ-02"](source, source.columns["经度"], source.columns["纬度"])
    finding = propose(place.plan, shifted, ImportAsk("settlement"), known(place)).finding
    assert finding.state == "正常"
    assert any("GCJ-02" in text and "看不出来" in text for text in finding.unsure)


def test_shift_and_evidence_are_told():
    place = area("绥化", True)
    r = np.random.default_rng(6)
    source = rows(place, 12, r, telling=True)
    lon, lat = source.columns["经度"], source.columns["纬度"]
    shifted = wrong_files.WRONG["BD-09"](source, lon, lat)
    finding = propose(place.plan, shifted, ImportAsk("settlement"), known(place)).finding
    assert finding.reading.encrypted == "BD-09"
    away = GEOD.inv(lon, lat, finding.before[0], finding.before[1])[2]
    assert finding.shift == pytest.approx(np.median(away), abs=1)
    assert finding.sure > 0.95
    assert any("同名地点" in text for text in finding.evidence)


def test_several_readings_fit_and_none_is_chosen():
    """A bare easting in a wide plan: two central meridians put it inside, nothing tells which."""
    wide = shapely.box(116.0, 41.0, 122.0, 45.0)
    place = known(area("赤峰", False))
    x, y = projected(4549, np.array([119.95, 120.0, 120.05]), np.array([43.0, 43.1, 43.2]))
    to = shapely.transform(wide, lambda xy: np.column_stack(projected(4549, xy[:, 0], xy[:, 1])))
    open_plan = replace(place, area=to, bounds=wide.bounds, named={}, regions={}, lines=())
    finding = examine(Rows(x, y), open_plan, None, missing=True)
    assert finding.state == "待选"
    assert {"EPSG:4548", "EPSG:4549"} <= {r.crs for r in finding.options}
    assert finding.reading is None


def test_names_that_are_each_off_in_their_own_way_are_no_encryption():
    """Two of these agree with GCJ-02 by accident; most lie farther from their namesakes by it."""
    (case,) = [
        case
        for case in list(wrong_files._other_cases("康巴什", 1, 11))[:2]
        if case.about.endswith("False")
    ]
    proposal = propose(case.area.plan, case.source, ask(case), known(case.area))
    assert proposal.finding.state == "正常"
    assert any("看不出来" in text for text in proposal.finding.unsure)


def test_numbers_that_are_no_place():
    place = known(area("赤峰", False))
    finding = examine(Rows(np.array([1.0, 2.0]), np.array([5e8, 6e8])), place, None)
    assert finding.state == "不明"
    nothing = examine(Rows(np.array([np.nan]), np.array([np.nan])), place, None)
    assert nothing.state == "不明"


@pytest.mark.parametrize(("code", "datum"), [(2382, "西安80"), (2434, "北京54")])
def test_old_datums_are_taken_as_declared_and_their_doubt_is_told(code, datum):
    place = area("赤峰", True)
    source = rows(place, 8, np.random.default_rng(7), telling=True)
    lon, lat = source.columns["经度"], source.columns["纬度"]
    x, y = projected(code, lon, lat)
    layer = wrong_files._as_shapes(source, x, y, f"EPSG:{code}")
    finding = propose(place.plan, layer, ImportAsk("settlement"), known(place)).finding
    assert finding.state == "正常"
    assert any(datum in text and "看不出来" in text for text in finding.unsure)


def test_empty_plan_still_answers():
    finding = examine(
        Rows(np.array([118.9, 118.8]), np.array([42.2, 42.3])),
        known_of(Plan("空", "EPSG:4549")),
        None,
    )
    assert finding.state == "正常"


def test_named_readings():
    assert by_name("高德").encrypted == "GCJ-02"
    assert by_name("bd09").encrypted == "BD-09"
    assert by_name("4549").crs == "EPSG:4549"
    assert by_name("CGCS2000+交换").swapped
    for reading in (by_name("GCJ-02"), by_name("EPSG:4549"), by_name("WGS84+交换")):
        assert by_name(reading.name).name == reading.name
    with pytest.raises(Refused, match="不认识的坐标系“火星”"):
        by_name("火星")


def test_a_declaration_nobody_can_read_is_none():
    assert declared("GARBAGE[1]") is None
    assert declared(MOON) is None
    with pytest.raises(Refused, match="不是地球上的"):
        by_name(MOON)
    assert declared("EPSG:4549").crs == "EPSG:4549"


def test_packed_degrees_are_read_back():
    r = np.random.default_rng(8)
    lon = r.uniform(73, 135, 1000)
    assert np.abs(unpacked(packed(lon)) - lon).max() < 0.006 / 3600
    assert np.isnan(unpacked(np.array([118.6512])))[0]
    assert unpacked(np.array([1185704.0]))[0] == pytest.approx(118 + 57 / 60 + 4 / 3600)


def test_degrees_of_every_gauss_zone_are_read_back():
    for code, meridian in ((4513 + 40 - 25, 120), (4534 + 15, 120), (4491 + 20 - 13, 117)):
        lon, lat = np.array([meridian - 1.0, meridian + 1.0]), np.array([42.0, 43.0])
        back = to_degrees(f"EPSG:{code}", *projected(code, lon, lat))
        assert np.abs(np.array(back) - np.array([lon, lat])).max() < 1e-9


def test_encrypted_outside_the_names_is_the_users_word():
    place = area("赤峰", False)
    source = rows(place, 5, np.random.default_rng(9), telling=False)
    lon, lat = source.columns["经度"], source.columns["纬度"]
    shifted = wrong_files._with(source, *to_gcj02(lon, lat))
    told = propose(place.plan, shifted, ImportAsk("settlement", crs="GCJ-02"), known(place))
    assert not told.repairs
    back = told.finding.reading.degrees(told.places.x, told.places.y)
    assert GEOD.inv(*back, lon, lat)[2].max() < 0.1


def test_a_few_known_names_among_thousands_are_found():
    place = area("赤峰", True)
    r = np.random.default_rng(11)
    source = rows(place, 3000, r, telling=True)
    lon, lat = source.columns["经度"], source.columns["纬度"]
    shuffled = r.permutation(3000)
    source = source.take(shuffled)
    shifted = wrong_files._with(source, *to_gcj02(lon[shuffled], lat[shuffled]))
    finding = propose(place.plan, shifted, ImportAsk("settlement"), known(place)).finding
    assert finding.reading.encrypted == "GCJ-02"
