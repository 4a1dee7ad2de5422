"""The five examples: sums, places, sources and counts against the plan documents."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import yaml

import main
import resources
from data import boundaries, examples, files
from data.kinds import BY_TITLE, is_missing, parse_value
from data.plan import Book, Plan
from data.refused import Refused

ROOT = Path(__file__).resolve().parents[2]

CENSUS_2020 = {
    "赤峰": {
        "红山区": 469079,
        "元宝山区": 284990,
        "松山区": 706312,
        "阿鲁科尔沁旗": 240360,
        "巴林左旗": 277522,
        "巴林右旗": 155027,
        "林西县": 186663,
        "克什克腾旗": 186143,
        "翁牛特旗": 333970,
        "喀喇沁旗": 262792,
        "宁城县": 484397,
        "敖汉旗": 448712,
    },
    "满洲里": {"满洲里市": 150508, "扎赉诺尔区": 84424},
    "绥化": {
        "北林区": 698025,
        "望奎县": 286848,
        "兰西县": 308684,
        "青冈县": 287557,
        "庆安县": 260592,
        "明水县": 198271,
        "绥棱县": 211907,
        "安达市": 357535,
        "肇东市": 666532,
        "海伦市": 480216,
    },
    "霍尔果斯": {"霍尔果斯市": 71466},
    "康巴什": {"康巴什区": 118796},
}
TOTALS = {
    "赤峰": 4_035_967,
    "满洲里": 234_932,
    "绥化": 3_756_167,
    "霍尔果斯": 71_466,
    "康巴什": 118_796,
}


@pytest.fixture(scope="module")
def books() -> dict[str, Book]:
    return {name: examples.build(name) for name in examples.NAMES}


@pytest.fixture(scope="module")
def chifeng(books: dict[str, Book]) -> Plan:
    return books["赤峰"].plan


def planned(plan: Plan) -> gpd.GeoDataFrame:
    frame = plan.layer("行政区").frame
    return frame[frame["角色"] == "规划区"]


def points(plan: Plan) -> list:
    return [layer for layer in plan if layer.kind.geometry == "point"]


@pytest.mark.parametrize("name", examples.NAMES)
def test_people_add_up_to_the_census_of_each_district(name: str, books: dict[str, Book]) -> None:
    plan = books[name].plan
    people = plan.layer("人口")
    inside = gpd.sjoin(people.frame, planned(plan)[["名称", "geometry"]], predicate="within")
    assert len(inside) == len(people)
    assert inside.groupby("名称")["人口"].sum().to_dict() == CENSUS_2020[name]
    assert people.frame["人口"].sum() == TOTALS[name]
    assert (people.frame["人口"] >= 1).all()
    assert people.cell == 1000
    assert "示意" in people.basis


@pytest.mark.parametrize("name", examples.NAMES)
def test_districts_tell_both_areas_and_the_census(name: str, books: dict[str, Book]) -> None:
    frame = planned(books[name].plan)
    assert frame.set_index("名称")["人口"].to_dict() == CENSUS_2020[name]
    assert frame["公布面积"].isna().tolist() == [n == "扎赉诺尔区" for n in frame["名称"]]
    assert frame["城镇化率"].isna().tolist() == [n == "扎赉诺尔区" for n in frame["名称"]]
    drawn = frame.geometry.area / 1e6
    known = frame["公布面积"].notna()
    assert (abs(drawn[known] / frame["公布面积"][known] - 1) < 0.12).all()
    around = books[name].plan.layer("行政区").frame.query("角色 == '周边'")
    assert len(around) >= 2
    assert around["人口"].isna().all()
    assert around.geometry.distance(frame.geometry.union_all()).max() < 1


@pytest.mark.parametrize("name", examples.NAMES)
def test_every_facility_lies_inside_the_plan(name: str, books: dict[str, Book]) -> None:
    plan = books[name].plan
    area = planned(plan).geometry.union_all()
    for layer in points(plan):
        assert layer.frame.geometry.within(area).all(), layer.name


@pytest.mark.parametrize("name", examples.NAMES)
def test_no_two_features_hide_each_other(name: str, books: dict[str, Book]) -> None:
    shapes = [
        shape
        for layer in points(books[name].plan)
        if layer.kind_name != "population"
        for shape in layer.frame.geometry
    ]
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="dwithin", distance=200)
    assert set(left[left != right]) == set()


@pytest.mark.parametrize("name", examples.NAMES)
def test_every_feature_says_where_it_comes_from(name: str, books: dict[str, Book]) -> None:
    book = books[name]
    document = book.facts["规划文件"]
    for layer in book.plan:
        if layer.kind_name == "population":
            continue
        frame = layer.frame
        assert not frame["来源"].map(is_missing).any(), layer.name
        if layer.kind.facility:
            told = frame["来源"].str.startswith(document + " 第")
            assert told.all(), layer.name
            # No plan gives coordinates: nothing is known better than a town, and says so.
            assert frame["位置精度"].eq("示意").all()
            vague = frame["备注"].map(is_missing)
            assert not vague.any(), frame.loc[vague, "名称"].tolist()


@pytest.mark.parametrize("name", examples.NAMES)
def test_values_are_what_the_kinds_allow(name: str, books: dict[str, Book]) -> None:
    for layer in books[name].plan:
        assert layer.frame.index.name == "fid"
        for column in layer.kind.columns:
            for value in layer.frame[column.name].head(500):
                checked = parse_value(column, value)
                assert is_missing(value) if checked is None else checked == value


@pytest.mark.parametrize("name", examples.NAMES)
def test_unplaced_things_are_listed_with_source_and_known_kind(
    name: str, books: dict[str, Book]
) -> None:
    book = books[name]
    unplaced = book.facts[examples.UNPLACED]
    assert json.loads(json.dumps(unplaced)) == unplaced
    for one in unplaced:
        assert one["kind"] in {k.name for k in BY_TITLE.values()}
        assert one["名称"]
        assert one["状态"] in ("现状", "规划")
        assert one["来源"].startswith(book.facts["规划文件"])
        assert one["数量"] is None or one["数量"] > 0


def test_sources_name_lines_and_facts_of_their_own_plan() -> None:
    for name in examples.NAMES:
        told = yaml.safe_load(resources.path(f"examples/{name}.yaml").read_text("utf-8"))
        marks = {"赤峰": "CF", "满洲里": "MZL", "绥化": "SH", "霍尔果斯": "HGS", "康巴什": "KBS"}
        for title, entries in told.items():
            if title not in BY_TITLE and title != "未落位":
                continue
            for one in entries:
                if "依据" not in one:
                    continue
                assert re.match(r"第\d+(、\d+)*行", one["依据"]), one["名称"]
                ids = re.findall(r"[A-Z]+(?=-\d{3})", one["依据"])
                assert set(ids) <= {marks[name]}, one["名称"]


def test_the_same_file_gives_the_same_plan(books: dict[str, Book]) -> None:
    for name in ("霍尔果斯", "满洲里"):
        one, other = books[name].plan, examples.build(name).plan
        assert [layer.name for layer in one] == [layer.name for layer in other]
        for layer in one:
            assert layer.frame.equals(other.layer(layer.name).frame)


def test_layers_lie_in_order_from_the_base_map_up(chifeng: Plan) -> None:
    names = [layer.name for layer in chifeng]
    wanted = [
        "行政区",
        "人口",
        "道路",
        "危险源",
        "居民点",
        "监测站",
        "救援队伍",
        "消防站",
        "避难场所",
        "储备库",
    ]
    assert [n for n in names if n in wanted] == wanted


def test_depots_of_chifeng(chifeng: Plan) -> None:
    frame = chifeng.layer("储备库").frame
    counts = Counter(zip(frame["级别"], frame["状态"], strict=True))
    assert counts == {
        ("市级", "现状"): 2,
        ("县级", "现状"): 11,
        ("市级", "规划"): 3,
        ("县级", "规划"): 8,
    }
    homes = gpd.sjoin(
        frame, planned(chifeng)[["名称", "geometry"]], predicate="within", rsuffix="district"
    )
    county = homes[(homes["级别"] == "县级")]
    today = county.loc[county["状态"] == "现状", "名称_district"]
    assert set(today) == set(CENSUS_2020["赤峰"]) - {"红山区"}
    assert set(county.loc[county["状态"] == "规划", "名称_district"]) == {
        "阿鲁科尔沁旗",
        "巴林右旗",
        "敖汉旗",
        "林西县",
        "翁牛特旗",
        "喀喇沁旗",
        "红山区",
        "松山区",
    }
    # A county depot lies in the county it is named after.
    assert all(
        name.startswith(home)
        for name, home in zip(county["名称_left"], county["名称_district"], strict=True)
    )


def test_one_main_and_two_branch_depots(chifeng: Plan) -> None:
    frame = chifeng.layer("储备库").frame
    frame = frame[frame["体系角色"].notna()].set_index("体系角色")
    main = frame.loc["中心储备库"]
    assert main[["建筑面积", "库房面积", "室外货场面积"]].tolist() == [10000, 3321, 385]
    assert (
        sum(main[["库房面积", "辅助管理附属用房合计面积", "药械及应急物资库面积"]])
        == 3321 + 754 + 6240
    )
    assert is_missing(main["占地面积"])
    assert is_missing(main["保障人数"])
    parts = ["占地面积", "建筑面积", "库房面积", "生产辅助用房面积", "管理用房面积", "附属用房面积"]
    for role, town in (("北部储备库", "大板镇"), ("南部储备库", "天义镇")):
        branch = frame.loc[role]
        assert branch[parts].tolist() == [5000, 4000, 2000, 1000, 500, 200]
        assert branch["保障人数"] == 10000
        assert branch["位置精度"] == "示意"
        assert "写明设在该镇" in branch["备注"]
        assert _away(chifeng, branch.geometry, town) < 2000
    assert set(frame["直升机起降"]) == {"有"}
    assert set(frame["状态"]) == {"规划"}


def _away(plan: Plan, shape: shapely.Point, place: str) -> float:
    towns = plan.layer("居民点").frame.set_index("名称")
    return float(shape.distance(towns.geometry[place]))


def test_forest_squads_before_and_after(chifeng: Plan) -> None:
    frame = chifeng.layer("救援队伍").frame
    squads = frame[frame["级别"] == "森林消防"].set_index("名称")
    moves = {"宁城县": ("黑里河镇", "天义镇"), "喀喇沁旗": ("旺业甸", "锦山镇")}
    for county, (old, new) in moves.items():
        before = squads.loc[f"森林消防{county}中队(现营区)"]
        after = squads.loc[f"森林消防{county}中队(新营区)"]
        assert (before["状态"], after["状态"]) == ("撤销", "规划")
        assert _away(chifeng, before.geometry, old) < 2000
        assert _away(chifeng, after.geometry, new) < 2000
        assert after["迁自"].startswith(county + old)
        assert after["营房面积"] == 4000
        assert after["营区面积"] == pytest.approx(50 * 2000 / 3, abs=1)
    assert squads.loc["森林消防克什克腾旗中队", "状态"] == "现状"
    assert "美林镇" in chifeng.layer("居民点").frame.set_index("名称").loc["旺业甸", "备注"]


def test_what_the_plans_count_without_a_place_is_not_on_the_map(books: dict[str, Book]) -> None:
    def counted(name: str, kind_name: str, status: str) -> int:
        listed = books[name].facts[examples.UNPLACED]
        layers = books[name].plan.of_kind(kind_name)
        placed = sum(int((layer.frame["状态"] == status).sum()) for layer in layers)
        return placed + sum(
            one["数量"] or 0 for one in listed if one["kind"] == kind_name and one["状态"] == status
        )

    assert counted("赤峰", "fire_station", "现状") == 3 + 7 + 12
    assert counted("赤峰", "shelter", "现状") == 6 + 66
    assert counted("赤峰", "monitor", "现状") == 29 + 3 + 4
    assert counted("绥化", "fire_station", "现状") == 12
    assert counted("绥化", "fire_station", "规划") == 5 + 5
    assert counted("绥化", "depot", "现状") == 5
    assert counted("绥化", "hydrant", "规划") == 250
    assert counted("康巴什", "shelter", "现状") == 3
    assert counted("康巴什", "shelter", "规划") == 1 + 2 + 5
    assert counted("康巴什", "hydrant", "规划") == 150
    assert counted("满洲里", "depot", "现状") == 2
    fire = books["赤峰"].plan.layer("消防站").frame
    assert Counter(fire["级别"]) == {"一级专职队": 3, "二级专职队": 7, "志愿消防队": 12}
    assert set(fire["位置精度"]) == {"示意"}
    planned_depots = books["绥化"].plan.layer("储备库").frame
    assert Counter(planned_depots["级别"]) == {"市级": 2, "县级": 10}
    teams = books["满洲里"].plan.layer("救援队伍").frame.set_index("级别")["人数"]
    assert (teams["国家综合性"], teams["半专业"]) == (76, 244)


def test_roads_are_straight_between_towns_and_not_longer_than_stated(chifeng: Plan) -> None:
    roads = chifeng.layer("道路").frame
    towns = shapely.union_all(chifeng.layer("居民点").frame.geometry.to_numpy())
    assert len(roads) == 23
    for line, stated in zip(roads.geometry, roads["里程"], strict=True):
        assert towns.distance(shapely.Point(line.coords[0])) == 0
        assert towns.distance(shapely.Point(line.coords[-1])) == 0
        assert line.length / 1000 < stated
    assert set(roads["位置精度"]) == {"示意"}
    assert len({line.wkb for line in roads.geometry}) == len(roads)
    assert roads["来源"].str.contains("可信度").all()


def test_unknown_example_is_refused_with_the_five_names() -> None:
    with pytest.raises(Refused, match="赤峰、满洲里、绥化、霍尔果斯、康巴什"):
        examples.build("北京")


def test_a_new_plan_of_any_districts() -> None:
    book = examples.new_from_districts(["110101", "110102"], " 东西城 ")
    plan = book.plan
    assert book.title == "东西城"
    assert plan.crs == "EPSG:4548"
    frame = plan.layer("行政区").frame
    assert planned(plan)["代码"].tolist() == ["110101", "110102"]
    assert set(frame["代码"]) == {"110101", "110102", *boundaries.neighbours(["110101", "110102"])}
    assert frame["人口"].map(is_missing).all()
    assert not plan.of_kind("population")
    assert {layer.kind_name for layer in plan} >= {"depot", "shelter", "fire_station", "road"}
    assert all(layer.frame.empty for layer in plan if layer.kind_name != "district")


@pytest.mark.parametrize(
    ("codes", "title"), [([], "空"), (["150402", "999999"], "错"), (["150402"], "  ")]
)
def test_a_new_plan_needs_known_districts_and_a_title(codes: list, title: str) -> None:
    with pytest.raises(Refused):
        examples.new_from_districts(codes, title)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("位置: 康巴什城区", "位置: 康巴什成区", "康巴什成区"),
        ("状态: 现状, 位置", "状态: 现壮, 位置", "现壮"),
        ("级别: 县级, 状态: 现状", "级别: 县级, 状态: [", "写法"),
        ("规划文件: 康巴什", "规划文档: 康巴什", "规划文件"),
        ("止: 东胜城区", "止: 东胜", "东胜"),
        ("依据: 第914行 KBS-188", "备注2: 无", "依据"),
    ],
)
def test_a_mistake_in_an_edited_file_is_named(
    old: str, new: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = resources.path("examples/康巴什.yaml").read_text("utf-8")
    assert old in text
    edited = tmp_path / "康巴什.yaml"
    edited.write_text(text.replace(old, new, 1), "utf-8")
    monkeypatch.setattr(resources, "path", lambda name: edited)
    with pytest.raises(Refused, match=says):
        examples.build("康巴什")


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the program's main function: the same, without starting Python again."""
    code = main.main(list(words))
    out = capsys.readouterr()
    return code, out.out, out.err


def test_command_writes_the_plan_once(
    tmp_path: Path, books: dict[str, Book], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "康巴什.gpkg"
    done = run("example", "康巴什", str(out), "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["population_total"] == 118_796
    assert told["crs"] == "EPSG:4546"
    assert told["unplaced"] == books["康巴什"].facts[examples.UNPLACED]
    saved = files.load(out).book
    assert saved.title == told["title"] == "康巴什区应急设施布局规划(示例)"
    for layer in books["康巴什"].plan:
        assert saved.plan.layer(layer.name).frame.equals(layer.frame)

    before = out.read_bytes()
    code, said, refused = call(capsys, "example", "康巴什", str(out))
    assert (code, said) == (2, "")
    assert "--force" in refused
    assert out.read_bytes() == before
    code, said, refused = call(capsys, "example", "霍尔果斯", str(out), "--force")
    assert (code, refused) == (0, "")
    assert "71,466" in said
    assert files.load(out).book.title.startswith("霍尔果斯")
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("北京", "x.gpkg"), "康巴什"),
        (("赤峰", "x.shp"), ".gpkg"),
        (("赤峰", "没有/x.gpkg"), "文件夹"),
    ],
)
def test_command_refuses_in_one_sentence(
    words: tuple, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, "example", words[0], str(tmp_path / words[1]))
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
