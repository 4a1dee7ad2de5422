"""落位, 迁建, 数据完整, 指标, 人工: by hand."""

import pytest
import shapely

from data.plan import Layer
from maps.analysis.timecover import TimeAsk, timecover
from tests.maps.targets.worlds import at, judged, layer, metres, people, plan

TOWNS = layer(
    "settlement",
    [at(5, 5), at(25, 25), at(30, 5)],
    "居民点",
    名称=["大板镇", "天义镇", "板镇"],
    级别=["乡镇"] * 3,
)


def depots(*rows: tuple[float, float, str | None]) -> Layer:
    return layer(
        "depot",
        [at(x, y) for x, y, _ in rows],
        "储备库",
        名称=[f"库{i}" for i in range(len(rows))],
        状态=["规划"] * len(rows),
        级别=[c for _, _, c in rows],
    )


PLACED = "检查: 落位\n对象: 储备库\n条件: {级别: 市级}\n地点: [%s]"


def test_named_places() -> None:
    of = plan(TOWNS, depots((5, 6, "市级"), (25, 26, "县级"), (31, 5, "市级")))
    found = judged(of, PLACED % "大板镇, 天义镇")
    assert (found.verdict, found.value, found.threshold, found.unit) == ("fail", 1, 2, "个地方")
    assert [p.name for p in found.where] == ["天义镇"]
    assert found.remedy == "在天义镇增加 1 处级别为市级的储备库。"
    assert judged(of, PLACED % "甲区大板镇").verdict == "pass"
    assert judged(of, PLACED % "乙区大板镇").verdict == "needs_data"
    assert judged(of, PLACED % "乙区").verdict == "pass"
    assert judged(of, PLACED % "丙县").verdict == "fail"
    assert judged(of, PLACED % "城区", head="名单: {城区: [丙县, 甲区]}\n").verdict == "pass"
    assert judged(of, PLACED % "大板镇" + "\n每处: 2").verdict == "fail"
    gone = judged(of, PLACED % "大板镇, 无此镇")
    assert gone.verdict == "needs_data"
    assert "无此镇" in gone.remedy
    assert judged(of, PLACED % "丙县, 无此镇").verdict == "fail"


def test_how_near_a_settlement() -> None:
    of = plan(TOWNS, depots((5, 8, "市级")))
    away = metres(at(5, 5), at(5, 8))
    for radius, verdict in ((away + 1, "pass"), (away - 1, "fail")):
        assert judged(of, PLACED % "大板镇" + f"\n半径: {radius}").verdict == verdict
    over_the_border = plan(TOWNS, depots((19.9, 19.9, "市级")))
    assert judged(over_the_border, PLACED % "天义镇" + "\n半径: 9000").verdict == "fail"


def test_a_reach_that_the_program_assumes_only_warns() -> None:
    """Its depot is 12 km away in the same district: nobody has said how far a town reaches."""
    of = plan(TOWNS, depots((17, 5, "市级"), (25, 26, "市级")))
    found = judged(of, PLACED % "大板镇, 天义镇")
    assert (found.verdict, found.value) == ("warn", 1)
    assert found.why.endswith("周围 10 km 是程序的假设,文本没有写,只作提醒。")
    assert found.rows[0] == ("大板镇", 0.0, "最近的是库0,距 12 km")
    assert judged(of, PLACED % "大板镇" + "\n半径: 10000").verdict == "fail", "the rule says so"
    assert judged(of, PLACED % "大板镇, 丙县").verdict == "fail", "a district has its outline"
    assert judged(of, PLACED % "大板镇" + "\n每处: 2").verdict == "fail", "nowhere near are two"
    right = judged(of, PLACED % "天义镇")
    assert right.verdict == "pass"
    assert "没有画范围的地方按周围 10 km 以内算" in right.why


def test_unknown_class_at_a_place() -> None:
    of = plan(TOWNS, depots((5, 6, None)))
    found = judged(of, PLACED % "大板镇")
    assert (found.verdict, found.missing[0].column) == ("needs_data", "级别")


def squads(old: str, new: str) -> Layer:
    return layer(
        "rescue_team",
        [at(5, 6), at(25, 26)],
        "救援队伍",
        名称=["旧", "新"],
        状态=[old, new],
        级别=["森林消防"] * 2,
    )


MOVE = "检查: 迁建\n对象: 救援队伍\n条件: {级别: 森林消防}\n从: 大板镇\n到: 天义镇\n时限: 20"
ROAD = layer(
    "road",
    [shapely.LineString([at(0, 6), at(25, 6), at(25, 40)])],
    "道路",
    等级=["国道"],
    状态=["现状"],
)


def test_relocation_is_on_the_map() -> None:
    right = judged(plan(TOWNS, squads("撤销", "规划")), MOVE)
    assert right.verdict == "pass"
    assert "没有比较" in right.why
    stays = judged(plan(TOWNS, squads("现状", "规划")), MOVE)
    assert (stays.verdict, [p.name for p in stays.where]) == ("fail", ["旧"])
    assert judged(plan(TOWNS), MOVE).verdict == "needs_data"
    unknown = judged(plan(squads("撤销", "规划")), MOVE)
    assert "大板镇" in unknown.why


def test_another_squad_between_two_towns_only_warns() -> None:
    """Nearer to 丁镇 than to 大板镇, but within ten kilometres of both."""
    near = layer(
        "settlement", [at(5, 5), at(25, 25), at(12, 5)], "居民点", 名称=["大板镇", "天义镇", "丁镇"]
    )
    third = layer(
        "rescue_team",
        [at(5, 6), at(25, 26), at(11, 5)],
        "救援队伍",
        名称=["旧", "新", "别的"],
        状态=["撤销", "规划", "现状"],
        级别=["森林消防"] * 3,
    )
    found = judged(plan(near, third), MOVE)
    assert (found.verdict, [p.name for p in found.where]) == ("warn", ["别的"])
    assert "周围 10 km 是程序的假设" in found.why
    assert judged(plan(near, third), MOVE + "\n半径: 10000").verdict == "fail"


def test_before_and_after_a_relocation() -> None:
    crowd = people([(3, 6, 100), (25, 30, 40), (25, 24, 60)])
    of = plan(TOWNS, squads("撤销", "规划"), ROAD, crowd)
    found = judged(of, MOVE)
    assert found.verdict == "pass"
    expected = []
    for fid, status in ((1, "现状"), (2, "全部")):
        ask = TimeAsk("rescue_team", 20, status, only=frozenset([("救援队伍", fid)]))  # type: ignore[arg-type]
        expected.append(timecover(of, ask).whole.people_covered)
    assert [row[1] for row in found.rows] == expected == [100, 100]
    away = metres(at(5, 5), at(25, 25)) / 1000
    assert f"直线相距 {away:.0f} km" in found.why


def test_database_is_complete() -> None:
    of = plan(TOWNS, depots((5, 6, "市级"), (25, 26, None)))
    text = "检查: 数据完整\n图层: [储备库, 居民点]"
    assert judged(of, text).verdict == "pass"
    wanted = text + "\n必填: {储备库: [名称, 级别], 居民点: [人口]}"
    found = judged(of, wanted)
    assert found.verdict == "fail"
    assert found.value == pytest.approx(100 * 3 / 7)
    assert "储备库的级别(1 处)" in found.why
    assert "居民点的人口(3 处)" in found.why
    assert [p.name for p in found.where] == ["库1", "大板镇", "天义镇", "板镇"]
    assert judged(of, wanted + '\n比较: 不少于\n数值: 42\n单位: "%"').verdict == "pass"
    empty = judged(of, "检查: 数据完整\n图层: [储备库, 避难场所]")
    assert (empty.verdict, empty.missing[0].kind) == ("needs_data", "shelter")


RATE = '年份: 2025\n检查: 指标\n基准年: 2020\n%s比较: 变化\n数值: %s\n单位: "%%"\n指标键: 死亡率'


def test_indicators_against_their_baseline() -> None:
    of = plan()
    facts = {"指标": {"死亡率": {"2020": 0.04, "2023": 0.031, "2025": 0.029}}}
    found = judged(of, RATE % ("", -25), facts)
    assert (found.verdict, found.value) == ("pass", pytest.approx(-27.5))
    assert judged(of, RATE % ("", -28), facts).verdict == "fail"
    middle = {"指标": {"死亡率": {"2020": 0.04, "2023": 0.031}}}
    half = judged(of, RATE % ("", -25), middle)
    assert (half.verdict, half.value) == ("fail", pytest.approx(-22.5))
    assert "2023 年" in half.why
    assert (
        judged(of, RATE % ("", 10), {"指标": {"死亡率": {"2020": 10, "2025": 11}}}).verdict
        == "pass"
    )
    assert judged(of, RATE % ("", -25)).verdict == "needs_data"
    no_base = judged(of, RATE % ("", -25), {"指标": {"死亡率": {"2025": 1}}})
    assert "2020年" in no_base.remedy
    told = judged(of, RATE % ("基准值: 0.04\n", -25), {"指标": {"死亡率": {"2025": 0.03}}})
    assert told.verdict == "pass"


def test_indicators_against_a_number() -> None:
    text = "年份: 2025\n检查: 指标\n比较: 不超过\n数值: 1\n单位: 人/百万人\n指标键: 因灾死亡率"
    for value, verdict in ((1, "pass"), (1.2, "fail"), ("不详", "needs_data")):
        facts = {"指标": {"因灾死亡率": {"2025": value}}}
        assert judged(plan(), text, facts).verdict == verdict
    known = text.replace("比较", "现状年: 2022\n现状值: 2\n比较", 1)
    assert judged(plan(), known).verdict == "fail"
    after_due = {"指标": {"因灾死亡率": {"2025": 0.5, "2030": 3}}}
    assert judged(plan(), text, after_due).value == 0.5
    promille = text.replace("人/百万人", "‰").replace("数值: 1", "数值: 0.5")
    assert judged(plan(), promille, {"指标": {"因灾死亡率": {"2025": 0.5}}}).verdict == "pass"
    assert judged(plan(), promille, {"指标": {"因灾死亡率": {"2025": 0.6}}}).verdict == "fail"


def test_a_person_attests_with_note_and_date() -> None:
    text = "检查: 人工\n要点: 成立文件"
    assert judged(plan(), text).verdict == "attest"
    said = {"结果": "符合", "说明": "赤政办发〔2023〕5号", "日期": "2023-06-30", "人": "王"}
    found = judged(plan(), text, {"确认": {"R": said}})
    assert found.verdict == "pass"
    assert "王、2023-06-30" in found.why
    assert "赤政办发〔2023〕5号" in found.why
    against = {**said, "结果": "不符合"}
    assert judged(plan(), text, {"确认": {"R": against}}).verdict == "fail"
    assert judged(plan(), "核实: 待核实\n" + text, {"确认": {"R": against}}).verdict == "warn"
    assert judged(plan(), text, {"确认": {"R": {"结果": "也许"}}}).verdict == "attest"


def test_a_person_cannot_overrule_what_was_measured() -> None:
    of = plan(depots((5, 6, "市级")))
    text = "检查: 个数\n对象: 储备库\n比较: 等于\n数值: %s\n单位: 个"
    yes = {"确认": {"R": {"结果": "符合"}}}
    assert judged(of, text % 2, yes).verdict == "fail"
    assert judged(plan(), text % 2, yes).verdict == "pass"


def test_unverified_rules_warn_and_never_fail() -> None:
    of = plan(depots((5, 6, "市级")))
    text = "核实: 待核实\n检查: 个数\n对象: 储备库\n比较: 等于\n数值: %s\n单位: 个"
    assert judged(of, text % 1).verdict == "pass"
    found = judged(of, text % 2)
    assert found.verdict == "warn"
    assert "待核实" in found.why
