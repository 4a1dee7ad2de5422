"""Headings matched to the kind's columns; values read, filled and refused."""

import numpy as np
import pytest

from data.imports.columns import choice, known_heading, match
from data.imports.source import Source
from data.imports.values import read_values
from data.kinds import KINDS, STATUSES, kind
from data.refused import Refused


def targets(headings, kind_name, **more):
    return {m.source: m.target for m in match(headings, kind(kind_name), **more)}


@pytest.mark.parametrize("one", KINDS, ids=lambda k: k.name)
def test_every_column_is_found_by_its_own_name(one):
    names = [c.name for c in one.columns]
    assert targets(names, one.name) == {n: n for n in names}


@pytest.mark.parametrize(
    ("heading", "kind_name", "target"),
    [
        ("库名", "depot", "名称"),
        ("场所名称", "shelter", "名称"),
        ("NAME", "fire_station", "名称"),
        ("人数", "shelter", "容纳人数"),
        ("人数", "depot", "保障人数"),
        ("人数", "fire_station", "人数"),
        ("capacity", "shelter", "容纳人数"),
        ("可容纳人数(人)", "shelter", "容纳人数"),
        ("面积(亩)", "shelter", "占地面积"),
        ("有效避难面积(平方米)", "shelter", "有效避难面积"),
        ("常住人口(万人)", "district", "人口"),
        ("fclass", "road", "等级"),
        ("Lng", "shelter", "经度"),
        ("经纬度(WGS84)", "shelter", "坐标"),
        ("X坐标", "shelter", "X坐标"),
        ("面积亩", "shelter", "占地面积"),
        ("用地(亩)", "shelter", "占地面积"),
        ("AREA_HA", "shelter", "占地面积"),
        ("容纳人数/人", "shelter", "容纳人数"),
        ("容納人數", "shelter", "容纳人数"),
        ("LNG_WGS", "shelter", "经度"),
        ("经度_GCJ02", "shelter", "经度"),
        ("百度坐标", "shelter", "坐标"),
        ("北纬N", "shelter", "纬度"),
        ("东经°", "shelter", "经度"),
        ("纬度，经度", "shelter", "坐标"),
        ("横坐标Y", "shelter", "东坐标"),
        ("地图", "shelter", ""),
        ("联系电话", "shelter", ""),
    ],
)
def test_synonyms(heading, kind_name, target):
    assert targets([heading], kind_name) == {heading: target}


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_cut_to_ten_bytes(encoding):
    for one in KINDS:
        for column in one.columns:
            raw = column.name.encode(encoding)
            cut = raw[:10].decode(encoding, "ignore")
            alike = [c for c in one.columns if c.name.encode(encoding)[:10] == raw[:10]]
            if len(raw) > 10 and len(alike) == 1:
                own = {c.name.encode(encoding)[:10] for c in one.columns}
                same = [c for c in one.columns if c.name.startswith(cut)]
                if len(same) == 1 and len(own) > 0:
                    assert targets([cut], one.name, cut=True) == {cut: column.name}


def test_each_column_of_ours_is_given_once():
    found = match(["名称", "场所名称", "name"], kind("shelter"))
    assert [m.target for m in found] == ["名称", "", ""]


def test_the_users_choice_wins_and_is_checked():
    headings = ["甲", "名称"]
    assert targets(headings, "shelter", chosen={"甲": "名称"}) == {"甲": "名称", "名称": ""}
    assert targets(headings, "shelter", chosen={"名称": ""})["名称"] == ""
    with pytest.raises(Refused, match="没有“乙”这一列"):
        match(headings, kind("shelter"), {"乙": "名称"})
    with pytest.raises(Refused, match="没有“床位”这个字段"):
        match(headings, kind("shelter"), {"甲": "床位"})
    with pytest.raises(Refused, match="两列都指定"):
        match(headings, kind("shelter"), {"甲": "名称", "名称": "名称"})


def test_known_headings():
    assert known_heading("容纳人数(人)")
    assert known_heading("经度")
    assert not known_heading("赤峰市应急避难场所一览表")


@pytest.mark.parametrize(
    ("column", "text", "meant"),
    [
        ("状态", "已建成", "现状"),
        ("状态", "拟建", "规划"),
        ("状态", "施工中", "在建"),
        ("国标类别", "Ⅱ类", "Ⅱ类"),
    ],
)
def test_choices_in_other_words(column, text, meant):
    choices = STATUSES if column == "状态" else ("Ⅰ类", "Ⅱ类", "Ⅲ类")
    assert choice(column, text, choices) == meant


def source(**columns):
    cells = {}
    for name, values in columns.items():
        array = np.empty(len(values), dtype=object)
        array[:] = values
        cells[name] = array
    count = len(next(iter(cells.values())))
    return Source("表", "CSV", cells, np.arange(2, count + 2))


def values(data, kind_name="shelter", **fill):
    this = kind(kind_name)
    return read_values(data, match(data.headings, this), this, fill)


def test_units_and_written_numbers():
    data = source(
        名称=["甲", "乙", "丙"],
        **{"面积(亩)": ["15", "30", "3万㎡"], "容纳人数": ["约1.2万", "一千", ""]},
    )
    found = values(data, 状态="现状")
    assert np.allclose(found.columns["占地面积"], [10000, 20000, 30000])
    assert np.allclose(found.columns["容纳人数"], [12000, 1000, np.nan], equal_nan=True)
    assert not found.bad
    assert any("亩换算成㎡" in note for note in found.notes)
    assert any("约数" in note for note in found.notes)


def test_what_cannot_be_read_is_refused_with_the_cell():
    data = source(名称=["甲", "", "丙", "丁"], 容纳人数=["2000-3000", "5", "-3", "3.5"])
    found = values(data, 状态="现状")
    assert set(found.bad) == {0, 1, 2, 3}
    assert "2000-3000" in found.bad[0]
    assert "没有名称" in found.bad[1]
    assert "不能小于 0" in found.bad[2]
    assert "整数" in found.bad[3]


def test_missing_is_never_zero():
    found = values(source(名称=["甲", "乙"], 容纳人数=["未知", "0"]), 状态="现状")
    assert np.isnan(found.columns["容纳人数"][0])
    assert found.columns["容纳人数"][1] == 0


def test_fill_only_where_nothing_stands():
    found = values(source(名称=["甲", "乙"], 状态=["拟建", ""]), 状态="现状")
    assert list(found.columns["状态"]) == ["规划", "现状"]
    assert any("1 行没有写“状态”" in note for note in found.notes)


def test_unmatched_columns_are_kept():
    found = values(source(名称=["甲"], 联系人=["张三"]), 状态="现状")
    assert list(found.columns["联系人"]) == ["张三"]


def test_closed_choice_refuses_what_it_does_not_know():
    found = values(source(名称=["甲"], 状态=["不好说"]))
    assert "只能是现状、在建、规划、撤销之一" in found.bad[0]


@pytest.mark.parametrize(
    ("column", "text", "meant"),
    [
        ("单行", "yes", "是"),
        ("单行", "1", "是"),
        ("单行", "B", "否"),
        ("单行", "-1", "反向"),
        ("桥隧", "viaduct", "桥"),
        ("等级", "motorway_link", "高速"),
    ],
)
def test_words_of_road_data(column, text, meant):
    choices = kind("road").column(column).choices
    assert choice(column, text, choices) == meant
