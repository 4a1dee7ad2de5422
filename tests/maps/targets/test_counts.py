"""个数, 分区个数, 构成, 齐全, 占比: by hand, and against counting row by row."""

import numpy as np
import pytest

from data.plan import Layer
from tests.maps.targets.worlds import NAMES, at, judged, layer, people, plan, scattered


def shelters(*rows: tuple[float, float, str | None, str]) -> Layer:
    """Shelters: km east, km north, class, status."""
    return layer(
        "shelter",
        [at(x, y) for x, y, _, _ in rows],
        "避难场所",
        名称=[f"场{i}" for i in range(len(rows))],
        国标类别=[c for _, _, c, _ in rows],
        状态=[s for _, _, _, s in rows],
    )


COUNT = "检查: 个数\n对象: 避难场所\n条件: {国标类别: Ⅰ类}\n比较: 不少于\n数值: %s\n单位: 处"


def test_count_counts_what_stands_when_the_plan_is_done() -> None:
    rows = [(1, 1, "Ⅰ类", s) for s in ("现状", "在建", "规划", "撤销")]
    of = plan(shelters(*rows, (1, 2, "Ⅱ类", "现状")))
    assert judged(of, COUNT % 3).verdict == "pass"
    assert judged(of, COUNT % 3).value == 3
    assert judged(of, COUNT % 4).verdict == "fail"
    assert judged(of, COUNT % 2 + "\n状态: 现状").value == 2
    assert judged(of, COUNT % 2 + "\n状态: 规划").value == 2


def test_what_exists_is_short_on_the_map_not_in_the_world() -> None:
    of = plan(shelters((1, 1, "Ⅰ类", "现状")))
    found = judged(of, "性质: 现状\n" + COUNT % 5)
    assert found.verdict == "needs_data"
    assert "其余 4 处" in found.remedy
    assert judged(of, "性质: 现状\n" + (COUNT % 0).replace("不少于", "等于")).verdict == "fail"


def test_unknown_class_leaves_it_open_only_where_it_matters() -> None:
    of = plan(shelters((1, 1, "Ⅰ类", "现状"), (1, 2, None, "现状"), (1, 3, None, "规划")))
    assert judged(of, COUNT % 1).verdict == "pass"
    found = judged(of, COUNT % 3)
    assert found.verdict == "needs_data"
    assert found.missing[0].column == "国标类别"
    assert "2 处" in found.missing[0].how
    assert judged(of, COUNT % 4).verdict == "fail"
    exactly = (COUNT % 1).replace("不少于", "不超过")
    assert judged(of, exactly).verdict == "needs_data"


def test_unplaced_is_counted_only_by_name_and_said() -> None:
    entry = {"kind": "shelter", "名称": "各旗县场所", "数量": 66, "单位": "处", "状态": "现状"}
    facts = {"未落位": [entry]}
    of = plan(shelters((1, 1, "Ⅰ类", "现状")))
    text = "检查: 个数\n对象: 避难场所\n比较: 等于\n数值: 67\n单位: 处"
    named = judged(of, text + "\n未落位: 各旗县", facts)
    assert (named.verdict, named.value) == ("pass", 67)
    assert "其中 66 处未落位" in named.why
    silent = judged(of, text, facts)
    assert silent.verdict == "needs_data"
    assert "66 处只登记、没有落位" in silent.why
    more = judged(of, text.replace("67", "68"), facts)
    assert more.verdict == "fail"
    planned = {"未落位": [{**entry, "状态": "规划"}]}
    assert judged(of, text, planned).verdict == "fail"
    other_class = {"未落位": [{**entry, "名称": "Ⅱ类场所"}]}
    assert judged(of, COUNT % 2, other_class).verdict == "fail"


def test_count_inside_named_districts() -> None:
    of = plan(shelters((1, 1, "Ⅰ类", "现状"), (25, 1, "Ⅰ类", "现状"), (25, 25, "Ⅰ类", "现状")))
    found = judged(of, COUNT % 3 + "\n范围: [甲区, 丁县]")
    assert (found.verdict, found.value) == ("fail", 2)
    assert {p.name for p in found.where} == {"甲区", "丁县"}
    named = judged(of, COUNT % 2 + "\n范围: 城区", head="名单: {城区: [甲区, 乙区]}\n")
    assert named.verdict == "pass"
    gone = judged(of, COUNT % 1 + "\n范围: [戊区]")
    assert gone.verdict == "needs_data"
    assert "戊区" in gone.remedy


def test_remedy_names_districts_without_any_and_with_most_people() -> None:
    of = plan(
        shelters((1, 1, "Ⅰ类", "现状")),
        people([(1, 1, 900), (25, 1, 50), (1, 25, 70), (25, 25, 60)]),
    )
    found = judged(of, COUNT % 3)
    assert found.remedy == "还差 2 处,可先考虑丙县、丁县、乙区。"


EACH = "检查: 分区个数\n对象: 避难场所\n条件: {国标类别: Ⅰ类}\n每区: %s"


def test_every_district_and_the_blanks() -> None:
    of = plan(shelters((1, 1, "Ⅰ类", "现状"), (2, 1, "Ⅰ类", "现状"), (25, 25, "Ⅰ类", "规划")))
    found = judged(of, EACH % 1)
    assert (found.verdict, found.value, found.threshold) == ("fail", 50, 100)
    assert [p.name for p in found.where] == ["乙区", "丙县"]
    assert [row[:2] for row in found.rows] == list(zip(NAMES, [2, 0, 0, 1], strict=True))
    assert found.remedy.startswith("共需增加 2 处:乙区 1 处、丙县 1 处")
    assert judged(of, EACH % 1 + '\n比较: 不少于\n数值: 50\n单位: "%"').verdict == "pass"
    assert judged(of, EACH % 1 + "\n比较: 不少于\n数值: 3\n单位: 个").verdict == "fail"
    assert judged(of, EACH % 2 + "\n比较: 等于\n数值: 1\n单位: 个").verdict == "pass"
    inside = judged(of, EACH % 1 + "\n范围: [甲区, 丁县]")
    assert inside.verdict == "pass"


def test_districts_with_gaps_in_the_data() -> None:
    open_ = plan(shelters((1, 1, "Ⅰ类", "现状"), (25, 1, None, "现状"), (1, 25, "Ⅰ类", "现状"),
                          (25, 25, "Ⅰ类", "现状")))  # fmt: skip
    assert judged(open_, EACH % 1).verdict == "needs_data"
    assert judged(open_, EACH % 2).verdict == "fail"
    assert judged(plan(), EACH % 1).verdict == "needs_data"
    entry = {"kind": "shelter", "名称": "其余", "数量": 2, "状态": "现状"}
    three = plan(shelters((1, 1, "Ⅰ类", "现状"), (25, 1, "Ⅰ类", "现状")))
    assert judged(three, EACH % 1, {"未落位": [entry]}).verdict == "needs_data"
    assert judged(three, EACH % 1, {"未落位": [{**entry, "数量": 1}]}).verdict == "fail"


@pytest.mark.parametrize("seed", range(8))
def test_districts_against_containment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spots = scattered(rng, 25)
    grades = rng.choice(["Ⅰ类", "Ⅱ类"], 25)
    of = plan(layer("shelter", spots, 名称=["场"] * 25, 国标类别=grades, 状态=["现状"] * 25))
    shapes = of.layer("行政区").frame.geometry
    counts = [
        sum(shape.contains(p) and g == "Ⅰ类" for p, g in zip(spots, grades, strict=True))
        for shape in shapes
    ]
    for each in (1, 3, 4):
        found = judged(of, EACH % each)
        assert [row[1] for row in found.rows] == counts
        assert found.value == 100 * sum(n >= each for n in counts) / 4
        assert (found.verdict == "pass") == all(n >= each for n in counts)


def test_settlements_near_enough() -> None:
    towns = layer(
        "settlement",
        [at(1, 1), at(30, 30), at(5, 5)],
        "居民点",
        名称=["大镇", "小镇", "某村"],
        级别=["乡镇", "乡镇", "村(社区)"],
    )
    of = plan(shelters((1, 4.9, "Ⅰ类", "现状")), towns)
    text = EACH % 1 + "\n分区: 居民点\n分区条件: {级别: [乡镇, 街道]}"
    found = judged(of, text + "\n半径: 4000")
    assert (found.verdict, found.value) == ("fail", 50)
    assert [p.name for p in found.where] == ["小镇"]
    ours = judged(of, text)
    assert (ours.verdict, ours.value) == ("warn", 50), "nobody has said how near is near"
    assert "居民点周围 5,000 m 是程序的假设" in ours.why
    assert judged(of, text + "\n半径: 3890").value == 0
    some = judged(of, text + '\n半径: 4000\n应有: 4\n比较: 不少于\n数值: 75\n单位: "%"')
    assert some.verdict == "needs_data"
    assert "其余 2 个居民点" in some.remedy
    assert "应有 4 个居民点,图上 2 个,其中 1 个有" in some.why
    most = judged(of, text + '\n半径: 4000\n应有: 4\n比较: 不少于\n数值: 76\n单位: "%"')
    assert most.verdict == "fail"


MIX = "检查: 构成\n对象: 避难场所\n列: 国标类别\n构成: {Ⅰ类: 1, Ⅱ类: 2}"


def test_class_mix() -> None:
    right = plan(shelters((1, 1, "Ⅰ类", "现状"), (1, 2, "Ⅱ类", "现状"), (1, 3, "Ⅱ类", "规划")))
    assert judged(right, MIX).verdict == "pass"
    short = plan(shelters((1, 1, "Ⅰ类", "现状"), (1, 2, "Ⅱ类", "现状"), (1, 3, "Ⅲ类", "规划")))
    found = judged(short, MIX)
    assert (found.verdict, found.value, found.threshold) == ("fail", 1, 2)
    assert found.remedy == "还差Ⅱ类1 处。"
    assert found.rows == (("Ⅰ类", 1, "要 1"), ("Ⅱ类", 1, "要 2"))
    open_ = plan(shelters((1, 1, "Ⅰ类", "现状"), (1, 2, "Ⅱ类", "现状"), (1, 3, None, "规划")))
    assert judged(open_, MIX).verdict == "needs_data"
    two_short = plan(shelters((1, 2, "Ⅱ类", "现状"), (1, 3, None, "规划")))
    assert judged(two_short, MIX).verdict == "fail"


def test_the_rule_says_which_classes_are_meant() -> None:
    of = plan(
        layer(
            "shelter",
            [at(1, 1), at(2, 2)],
            名称=["一", "二"],
            状态=["现状", "现状"],
            国标类别=["Ⅰ类", "Ⅰ类"],
            固定类别=["中心", "短期固定"],
        )
    )
    text = "检查: 构成\n对象: 避难场所\n列: %s\n构成: {%s: 2}"
    assert judged(of, text % ("国标类别", "Ⅰ类")).verdict == "pass"
    assert judged(of, text % ("固定类别", "中心")).verdict == "fail"


def test_every_value_appears() -> None:
    depots = layer(
        "depot", [at(1, 1), at(2, 2)], 名称=["一", "二"], 级别=["县级", "县级"], 状态=["现状"] * 2
    )
    text = "检查: 齐全\n对象: 储备库\n列: 级别\n值: [县级, 乡镇级]"
    found = judged(plan(depots), text)
    assert (found.verdict, found.value, found.threshold) == ("fail", 1, 2)
    assert "乡镇级" in found.remedy
    more = layer("depot", [at(3, 3)], "更多", 名称=["三"], 级别=["乡镇级"], 状态=["规划"])
    assert judged(plan(depots, more), text).verdict == "pass"
    blank = layer("depot", [at(3, 3)], "更多", 名称=["三"], 级别=[None], 状态=["规划"])
    assert judged(plan(depots, blank), text).verdict == "needs_data"
    assert judged(plan(), text).verdict == "needs_data"


def test_share_of_features() -> None:
    ponds = layer(
        "hazard_site",
        [at(i, 1) for i in range(4)],
        名称=list("一二三四"),
        类型=["尾矿库", "尾矿库", "尾矿库", "煤矿"],
        状态=["现状"] * 4,
        在线监测=["有", "无", None, "有"],
    )
    text = (
        "检查: 占比\n对象: 危险源\n条件: {类型: 尾矿库}\n满足: {在线监测: 有}\n"
        '比较: 不少于\n数值: %s\n单位: "%%"'
    )
    of = plan(ponds)
    assert judged(of, text % 33).verdict == "pass"
    assert judged(of, text % 34).verdict == "needs_data"
    found = judged(of, text % 67)
    assert found.verdict == "fail"
    assert [p.name for p in found.where] == ["二", "三"]
    assert judged(plan(), text % 1).verdict == "needs_data"


@pytest.mark.parametrize("seed", range(6))
def test_conditions_against_plain_python(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    count = 40
    staff = [None if v < 4 else float(v) for v in rng.integers(0, 40, count)]
    names = [f"{w}{i}" for i, w in enumerate(rng.choice(["甲站", "乙站", "丙队"], count))]
    of = plan(layer("fire_station", scattered(rng, count), 名称=names, 人数=staff,
                    状态=["现状"] * count))  # fmt: skip
    text = "检查: 个数\n对象: 消防站\n条件: %s\n比较: 等于\n数值: %s\n单位: 个"
    sure = sum(s is not None and s > 20 and "站" in n for s, n in zip(staff, names, strict=True))
    maybe = sum(s is None and "站" in n for s, n in zip(staff, names, strict=True))
    where = "{人数: {多于: 20}, 名称: {含: 站}}"
    for n in (sure - 1, sure, sure + maybe, sure + maybe + 1):
        found = judged(of, text % (where, n))
        possible = sure <= n <= sure + maybe
        assert (found.verdict == "fail") == (not possible)
        assert (found.verdict == "pass") == (possible and not maybe)
    neither = sum(n[:2] not in ("甲站", "乙站") for n in names)
    assert judged(of, text % ("{名称: {不含: [甲站, 乙站]}}", neither)).verdict == "pass"
    empty = sum(s is None for s in staff)
    assert judged(of, text % ("{人数: {已填: 否}}", empty)).verdict == "pass"
    assert judged(of, text % ("{人数: {已填: 是}}", count - empty)).verdict == "pass"
