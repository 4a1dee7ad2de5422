"""覆盖, 最远: against PROJ's geodesics and against the analysis they stand on."""

import math

import numpy as np
import pytest
import shapely

from data.plan import Plan
from maps.analysis.coverage import CoverageAsk, coverage
from maps.analysis.timecover import TimeAsk, timecover
from tests.maps.targets.worlds import at, judged, layer, metres, people, plan, scattered


def random_plan(seed: int, *more: object) -> tuple[Plan, list[shapely.Point], np.ndarray]:
    rng = np.random.default_rng(seed)
    homes, persons = scattered(rng, 150), rng.integers(0, 90, 150).astype(float)
    depots = scattered(rng, 4)
    return (
        plan(
            layer("population", homes, "人口", 人口=persons),
            layer(
                "depot",
                depots,
                "储备库",
                名称=list("一二三四"),
                状态=["现状"] * 4,
                级别=["市级", "县级", "县级", "县级"],
            ),
            *more,  # type: ignore[arg-type]
        ),
        homes,
        persons,
    )


COVER = '检查: 覆盖\n对象: 储备库\n%s\n比较: 不少于\n数值: %s\n单位: "%%"'


@pytest.mark.parametrize("seed", range(8))
def test_people_within_metres_against_geodesics(seed: int) -> None:
    of, homes, persons = random_plan(seed)
    sites = of.layer("储备库").frame.geometry
    away = np.array([min(metres(home, site) for site in sites) for home in homes])
    for radius in (3_000, 7_000, 15_000):
        share = 100 * persons[away <= radius].sum() / persons.sum()
        found = judged(of, COVER % (f"距离: {radius}", 50))
        assert found.value == pytest.approx(share)
        assert (found.verdict == "pass") == (share >= 50)
    county = [metres(home, sites.iloc[0]) <= 7_000 for home in homes]
    some = judged(of, COVER % ("距离: 7000\n条件: {级别: 市级}", 0))
    assert some.value == pytest.approx(100 * persons[county].sum() / persons.sum())


@pytest.mark.parametrize("seed", range(5))
def test_the_worst_off_against_geodesics(seed: int) -> None:
    of, homes, persons = random_plan(seed)
    sites = of.layer("储备库").frame.geometry
    away = [
        min(metres(home, site) for site in sites)
        for home, n in zip(homes, persons, strict=True)
        if n > 0
    ]
    text = "检查: 最远\n对象: 储备库\n比较: 不超过\n数值: %s\n单位: km"
    found = judged(of, text % (max(away) / 1000 - 0.01))
    assert found.verdict == "fail"
    assert found.value == pytest.approx(max(away) / 1000, rel=2e-5)
    spot = found.where[0]
    assert spot.x is not None
    assert spot.y is not None
    near = min(metres(shapely.Point(spot.x, spot.y), site) for site in sites)
    assert near == pytest.approx(max(away), rel=2e-5)
    assert judged(of, text % (max(away) / 1000 + 0.01)).verdict == "pass"


def test_outside_is_told_by_district_and_the_best_place_is_named() -> None:
    of = plan(
        people([(1, 1, 100), (25, 1, 30), (26, 1, 40), (1, 25, 5)]),
        layer("depot", [at(1, 1)], 名称=["库"], 状态=["现状"]),
        layer("settlement", [at(24, 1), at(1, 26), at(39, 39)], 名称=["东镇", "北镇", "远镇"]),
    )
    found = judged(of, COVER % ("距离: 3000", 90))
    assert found.verdict == "fail"
    assert found.value == pytest.approx(100 * 100 / 175)
    assert [p.name for p in found.where] == ["东镇", "乙区", "丙县"]
    assert found.where[1].text == "70 人在外"
    assert found.remedy == "在东镇增设一处,可再覆盖 70 人(在外 75 人)。"
    hopeless = judged(of, COVER % ("距离: 500", 90))
    assert "从现有居民点都够不到" in hopeless.remedy
    assert hopeless.where[0].name == "在外人口最多处"


def test_area_within_metres() -> None:
    of, _, _ = random_plan(1)
    found = judged(of, COVER % ("距离: 9000\n度量: 面积", 99))
    known = coverage(of, CoverageAsk("depot", 9000.0))
    assert known.whole.area_share is not None
    assert found.value == pytest.approx(100 * known.whole.area_share)
    shares = [100 * (r.area_share or 0) for r in known.by_district]
    assert [row[1] for row in found.rows] == pytest.approx(shares)


def test_nothing_to_measure_with() -> None:
    of = plan(layer("depot", [at(1, 1)], 名称=["库"], 状态=["现状"]))
    assert judged(of, COVER % ("距离: 900", 1)).missing[0].kind == "population"
    assert judged(plan(people([(1, 1, 9)])), COVER % ("距离: 900", 1)).missing[0].kind == "depot"
    roadless = plan(people([(1, 1, 9)]), layer("depot", [at(1, 1)], 名称=["库"], 状态=["现状"]))
    found = judged(roadless, COVER % ("时限: 30", 1))
    assert (found.verdict, found.missing[0].kind) == ("needs_data", "road")
    gone = judged(roadless, COVER % ("距离: 900\n范围: [戊区]", 1))
    assert (gone.verdict, gone.missing[0].kind) == ("needs_data", "district")
    unsure = plan(
        people([(1, 1, 9), (30, 30, 9)]),
        layer("depot", [at(1, 1), at(30, 30)], 名称=["库", "无级"], 级别=["县级", None]),
    )
    text = COVER % ("距离: 900\n条件: {级别: 县级}", 80)
    assert judged(unsure, text).verdict == "needs_data"
    assert judged(unsure, text.replace("80", "50")).verdict == "pass"


ROADS = layer(
    "road",
    [
        shapely.LineString([at(0, 10), at(20, 10), at(40, 10)]),
        shapely.LineString([at(20, 0), at(20, 10), at(20, 30), at(20, 40)]),
        shapely.LineString([at(20, 30), at(40, 30)]),
    ],
    "道路",
    名称=["东西路", "南北路", "北路"],
    等级=["国道", "省道", "县道"],
    状态=["现状"] * 3,
)


@pytest.mark.parametrize("seed", range(3))
def test_people_within_minutes_with_handling(seed: int) -> None:
    of, _, _ = random_plan(seed, ROADS)
    where = "时限: 90\n准备: {集结: 20, 装车: 25}\n车辆: 重载货车\n天气: 雪"
    ask = TimeAsk("depot", 90, vehicle="重载货车", weather="雪", ready_minutes={"": 45.0})
    known = timecover(of, ask)
    assert known.whole.share is not None
    found = judged(of, COVER % (where, 101))
    assert found.value == pytest.approx(100 * known.whole.share)
    assert "加集结 20、装车 25 分钟" in found.why
    area = judged(of, COVER % (where + "\n度量: 面积", 101))
    assert known.whole.area_share is not None
    assert area.value == pytest.approx(100 * known.whole.area_share)
    slow = judged(
        of,
        "检查: 最远\n对象: 储备库\n准备: {集结: 45}\n车辆: 重载货车\n天气: 雪\n"
        "比较: 不超过\n数值: 1\n单位: 小时",
    )
    lived = known.demand.persons > 0
    worst = known.minutes[0][lived].max()
    assert math.isfinite(worst)
    assert slow.value == pytest.approx(worst / 60)
    assert slow.verdict == ("pass" if worst <= 60 else "fail")


def test_a_place_for_another_is_searched_on_the_roads() -> None:
    of = plan(
        people([(2, 10, 10), (38, 10, 500), (38, 30, 60)]),
        layer("depot", [at(2, 10)], 名称=["库"], 状态=["现状"]),
        layer("settlement", [at(30, 10), at(30, 30)], 名称=["路边镇", "北边镇"]),
        ROADS,
    )
    found = judged(of, COVER % ("时限: 15", 90))
    assert found.verdict == "fail"
    assert found.remedy == "在路边镇增设一处,可再覆盖 500 人(在外 560 人)。"


def test_no_way_at_all_is_no_number() -> None:
    island = layer(
        "road",
        [
            shapely.LineString([at(0, 10), at(10, 10)]),
            shapely.LineString([at(30, 30), at(40, 30)]),
        ],
        "道路",
        等级=["国道", "国道"],
    )
    of = plan(
        people([(2, 10, 10), (38, 30, 7)]),
        layer("depot", [at(2, 10)], 名称=["库"], 状态=["现状"]),
        island,
    )
    found = judged(of, "检查: 最远\n对象: 储备库\n比较: 不超过\n数值: 9\n单位: 小时")
    assert (found.verdict, found.value) == ("fail", None)
    assert "无路可到" in found.why
