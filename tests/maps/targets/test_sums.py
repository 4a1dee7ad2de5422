"""合计, 各处数值, 储备, 容量: by hand, and against plain sums."""

import numpy as np
import pytest

from data.plan import Layer
from tests.maps.targets.worlds import NAMES, at, judged, layer, people, plan, scattered


def depots(**columns: list[object]) -> Layer:
    count = len(next(iter(columns.values())))
    shapes = [at(1 + i, 1) for i in range(count)]
    usual = {"名称": [f"库{i}" for i in range(count)], "状态": ["现状"] * count}
    return layer("depot", shapes, "储备库", **{**usual, **columns})


SUM = "检查: 合计\n对象: 储备库\n列: 占地面积\n比较: %s\n数值: %s\n单位: %s"


@pytest.mark.parametrize(
    ("unit", "value"), [("㎡", 30_000), ("万㎡", 3), ("公顷", 3), ("亩", 45), ("km²", 0.03)]
)
def test_sum_in_any_unit(unit: str, value: float) -> None:
    of = plan(depots(占地面积=[10_000, 12_000, 8_000]))
    found = judged(of, SUM % ("等于", value, unit))
    assert found.verdict == "pass"
    assert found.value == pytest.approx(value)
    assert judged(of, SUM % ("多于", value, unit)).verdict == "fail"


def test_sum_with_gaps_is_open_upwards_only() -> None:
    of = plan(depots(占地面积=[10_000, None, 8_000]))
    assert judged(of, SUM % ("不少于", 18_000, "㎡")).verdict == "pass"
    assert judged(of, SUM % ("不超过", 17_999, "㎡")).verdict == "fail"
    for comparison, number in (("不少于", 18_001), ("等于", 18_000), ("约", 18_000)):
        found = judged(of, SUM % (comparison, number, "㎡"))
        assert found.verdict == "needs_data"
        assert found.value is None
        assert [p.name for p in found.where] == ["库1"]
        assert found.missing[0].column == "占地面积"
    short = judged(plan(depots(占地面积=[10_000, 8_000])), SUM % ("不少于", 2.5, "公顷"))
    assert (short.verdict, short.remedy) == ("fail", "还差 0.7 公顷。")
    assert judged(plan(), SUM % ("不少于", 1, "㎡")).verdict == "needs_data"


def test_sum_of_a_column_of_ones_own_with_its_unit() -> None:
    of = plan(depots(预留用地=[1.5, 2.5]))
    text = (SUM % ("等于", 40_000, "㎡")).replace("占地面积", "预留用地\n列单位: 公顷")
    assert judged(of, text).verdict == "pass"
    assert judged(of, text.replace("公顷", "亩")).verdict == "fail"


EACH = "检查: 各处数值\n对象: 储备库\n列: %s\n比较: %s\n数值: %s\n单位: ㎡"


def test_each_one_has_to_be_enough() -> None:
    of = plan(depots(库房面积=[2000, 1990, 2500]))
    found = judged(of, EACH % ("库房面积", "不少于", 2000))
    assert (found.verdict, found.value) == ("fail", 1990)
    assert [p.name for p in found.where] == ["库1"]
    assert found.remedy == "库1还差 10 ㎡。"
    assert judged(of, EACH % ("库房面积", "不少于", 1990)).verdict == "pass"
    most = judged(of, EACH % ("库房面积", "不超过", 2400))
    assert (most.verdict, most.value, most.remedy) == ("fail", 2500, "库2多出 100 ㎡。")
    assert judged(of, EACH % ("库房面积", "约", 2200)).verdict == "fail"
    assert judged(of, EACH % ("库房面积", "介于", "[1990, 2500]")).verdict == "pass"


def test_columns_added_and_gaps() -> None:
    of = plan(depots(库房面积=[2000, 1500], 管理用房面积=[500, None]))
    both = EACH % ("[库房面积, 管理用房面积]", "不少于", 1500)
    assert judged(of, both).verdict == "pass"
    open_ = judged(of, both.replace("1500", "1600"))
    assert open_.verdict == "needs_data"
    assert open_.missing[0].column == "管理用房面积"
    assert judged(of, both.replace("1500", "2600")).verdict == "fail"


def test_fewer_features_than_there_should_be() -> None:
    of = plan(depots(库房面积=[2000]))
    found = judged(of, EACH % ("库房面积", "不少于", 2000) + "\n处数: 2")
    assert found.verdict == "needs_data"
    assert "应有 2 处,图上只有 1 处" in found.why
    worse = judged(of, EACH % ("库房面积", "不少于", 2001) + "\n处数: 2")
    assert worse.verdict == "fail"
    nothing = "条件: {体系角色: 中心储备库}\n" + EACH % ("库房面积", "不少于", 1)
    assert (
        judged(plan(depots(体系角色=["北部储备库"], 库房面积=[9])), nothing).verdict == "needs_data"
    )


def test_rounded_mu() -> None:
    text = "检查: 各处数值\n对象: 储备库\n列: 占地面积\n比较: 不少于\n数值: 50\n单位: 亩"
    for area, verdict in ((33_333, "pass"), (33_334, "pass"), (33_332, "fail")):
        found = judged(plan(depots(占地面积=[area])), text)
        assert found.verdict == verdict
        assert found.value == (50 if area == 33_333 else pytest.approx(area * 3 / 2000))


def test_per_person() -> None:
    sites = layer(
        "shelter",
        [at(1, 1), at(2, 1)],
        名称=["一", "二"],
        状态=["现状"] * 2,
        有效避难面积=[3000, 3000],
        容纳人数=[2000, 1999],
    )
    text = (
        "检查: 各处数值\n对象: 避难场所\n列: 有效避难面积\n除以: 容纳人数\n"
        "比较: 多于\n数值: 1.5\n单位: ㎡/人"
    )
    found = judged(plan(sites), text)
    assert found.verdict == "fail"
    assert [p.name for p in found.where] == ["一"]
    blank = layer("shelter", [at(1, 1)], 名称=["三"], 状态=["现状"], 有效避难面积=[3000])
    assert judged(plan(blank), text).verdict == "needs_data"


STOCK = "检查: 储备\n对象: 储备库\n比较: 不少于\n数值: %s\n单位: %s"


def test_stock_in_persons_and_of_the_residents() -> None:
    of = plan(depots(保障人数=[9_000, 6_000]), people([(1, 1, 100_000), (25, 25, 50_000)]))
    assert judged(of, STOCK % (1.5, "万人")).verdict == "pass"
    found = judged(of, STOCK % (1.6, "万人"))
    assert (found.verdict, found.value, found.remedy) == ("fail", 1.5, "还差 0.1 万人。")
    share = judged(of, STOCK % (10, '"%"'))
    assert (share.verdict, share.value) == ("pass", pytest.approx(10))
    more = judged(of, STOCK % (12, '"%"'))
    assert (more.verdict, more.remedy) == ("fail", "还差 3,000 人的物资。")
    told = judged(of, STOCK % (12, '"%"') + "\n人口: 118796")
    assert told.value == pytest.approx(15_000 / 1187.96)
    assert judged(plan(depots(保障人数=[1])), STOCK % (1, '"%"')).verdict == "needs_data"
    gap = plan(depots(保障人数=[9_000, None]))
    assert judged(gap, STOCK % (9_000, "人")).verdict == "pass"
    assert judged(gap, STOCK % (9_001, "人")).verdict == "needs_data"


def shelters(rows: list[tuple[float, float, str | None, float | None, float | None]]) -> Layer:
    """km east, km north, 固定类别, 有效避难面积, 容纳人数."""
    return layer(
        "shelter",
        [at(r[0], r[1]) for r in rows],
        "避难场所",
        名称=[f"场{i}" for i in range(len(rows))],
        状态=["现状"] * len(rows),
        固定类别=[r[2] for r in rows],
        有效避难面积=[r[3] for r in rows],
        容纳人数=[r[4] for r in rows],
    )


ROOM = "检查: 容量\n对象: 避难场所\n比较: 不少于\n数值: %s\n单位: %s"
EVERYBODY = people([(1, 1, 1000), (25, 1, 2000), (1, 25, 3000), (25, 25, 4000)])


def test_room_for_the_whole_and_in_every_district() -> None:
    of = plan(shelters([(1, 1, "中心", None, 900), (25, 1, "紧急", None, 600)]), EVERYBODY)
    found = judged(of, ROOM % (15, '"%"'))
    assert (found.verdict, found.value) == ("pass", 15)
    assert found.basis == "试"
    each = judged(of, ROOM % (15, '"%"') + "\n逐区: 是")
    assert (each.verdict, each.value) == ("fail", 0)
    assert [p.name for p in each.where] == ["丙县", "丁县"]
    assert [row[:2] for row in each.rows] == list(zip(NAMES, [90, 30, 0, 0], strict=True))
    assert each.remedy == (
        "丙县还差 450 人(有效避难面积 675—2,025 ㎡,按人均 1.5—4.5 ㎡);"
        "丁县还差 600 人(有效避难面积 900—2,700 ㎡,按人均 1.5—4.5 ㎡)。"
    )
    fixed = judged(of, ROOM % (15, '"%"') + "\n条件: {固定类别: [中心, 长期固定]}")
    assert (fixed.verdict, fixed.value) == ("fail", 9)
    some = judged(of, ROOM % (50, '"%"') + "\n范围: [甲区, 乙区]")
    assert (some.verdict, some.value) == ("pass", 50)
    assert judged(of, ROOM % (0.15, "万人")).verdict == "pass"


def test_room_by_area_and_class() -> None:
    rows = [(1.0, 1.0, "长期固定", 9_000.0, None), (25.0, 1.0, "短期固定", 999.0, None)]
    of = plan(shelters(rows), EVERYBODY)
    text = ROOM % (24.99, '"%"') + "\n人均列: 固定类别\n人均: {短期固定: 2, 长期固定: 4.5}"
    found = judged(of, text)
    assert (found.verdict, found.value) == ("pass", pytest.approx(100 * (2000 + 499) / 10_000))
    short = judged(of, text.replace("24.99", "30"))
    assert short.remedy == "合计还差 501 人(有效避难面积 1,002—2,254.5 ㎡,按人均 2—4.5 ㎡)。"


def test_unknown_room_and_people() -> None:
    of = plan(shelters([(1, 1, "中心", None, None), (25, 1, "中心", None, 1500)]), EVERYBODY)
    assert judged(of, ROOM % (15, '"%"')).verdict == "pass"
    found = judged(of, ROOM % (16, '"%"'))
    assert found.verdict == "needs_data"
    assert "容纳人数" in [m.column for m in found.missing]
    nobody = plan(shelters([(1, 1, "中心", None, 5)]))
    assert judged(nobody, ROOM % (1, '"%"')).missing[0].kind == "population"
    unknown = plan(shelters([(1, 1, "中心", None, 5)]), people([(1, 1, 5), (25, 25, float("nan"))]))
    assert judged(unknown, ROOM % (1, '"%"')).verdict == "needs_data"
    assert judged(plan(EVERYBODY), ROOM % (1, '"%"')).verdict == "needs_data"


@pytest.mark.parametrize("seed", range(6))
def test_room_against_plain_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spots, homes = scattered(rng, 30), scattered(rng, 60)
    room = rng.integers(100, 4000, 30).astype(float)
    persons = rng.integers(500, 3000, 60).astype(float)
    of = plan(
        layer("shelter", spots, 名称=["场"] * 30, 状态=["现状"] * 30, 容纳人数=room),
        layer("population", homes, 人口=persons),
    )
    shapes = of.layer("行政区").frame.geometry
    shares = [
        100
        * sum(r for p, r in zip(spots, room, strict=True) if shape.contains(p))
        / sum(n for p, n in zip(homes, persons, strict=True) if shape.contains(p))
        for shape in shapes
    ]
    found = judged(of, ROOM % (60, '"%"') + "\n逐区: 是")
    assert [row[1] for row in found.rows] == pytest.approx(shares)
    assert found.value == pytest.approx(min(shares))
    assert (found.verdict == "pass") == (min(shares) >= 60)
    assert {p.name for p in found.where} == {
        n for n, s in zip(NAMES, shares, strict=True) if s < 60
    }
