"""Coverage in minutes: accounts, measures, closures, weather, and what is said beside it."""

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data import edits
from data.examples import build
from data.geodesy import Ruler
from data.plan import Plan, make_layer
from data.refused import Refused
from maps.analysis import timecover as analysis
from maps.analysis.network import timers
from maps.analysis.network.profile import condition, profile, suggested_minutes
from maps.analysis.timecover import TimeAsk, TimeCover, timecover
from tests.maps.network.towns import CRS, EAST, NORTH, random_roads, road_layer


def points(kind: str, name: str, rows: list[dict[str, object]]) -> object:
    return make_layer(name, kind, gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS), CRS)


def at(x: float, y: float) -> shapely.Point:
    return shapely.Point(EAST + x, NORTH + y)


@cache
def usual_county() -> Plan:
    return county(random_roads(np.random.default_rng(3)))


def county(roads: list[dict[str, object]]) -> Plan:
    """Two districts of 5 × 10 km, random roads, five stations, 300 people points."""
    rng = np.random.default_rng(5)
    box = shapely.box
    districts = [
        {"名称": "西区", "geometry": box(EAST, NORTH, EAST + 5000, NORTH + 10_000)},
        {"名称": "东区", "geometry": box(EAST + 5000, NORTH, EAST + 10_000, NORTH + 10_000)},
        {"名称": "邻县", "角色": "周边", "geometry": box(EAST, NORTH - 9e3, EAST + 9000, NORTH)},
    ]
    stations = [
        {
            "名称": f"{i}号站",
            "状态": "现状",
            "级别": "一级站" if i % 2 else "小型站",
            "geometry": at(*p),
        }
        for i, p in enumerate(rng.uniform(0, 10_000, (5, 2)))
    ]
    people = [
        {"人口": int(n), "geometry": at(*p)}
        for n, p in zip(rng.integers(1, 500, 300), rng.uniform(0, 10_000, (300, 2)), strict=True)
    ]
    layers = (
        points("district", "行政区", districts),
        road_layer(roads),
        points("fire_station", "消防站", stations),
        points("population", "人口", people),
    )
    return Plan("现状", CRS, layers)


ASK = TimeAsk("fire_station", 8.0, vehicle="救援车辆")


def test_accounts_add_up() -> None:
    result = timecover(usual_county(), ASK)
    whole = result.whole
    assert whole.people_total == result.demand.persons.sum()
    assert whole.people_covered + whole.people_uncovered == whole.people_total
    assert sum(whole.multiplicity) == whole.people_total
    for column in ("people_total", "people_covered", "area_km2_total", "area_km2_covered"):
        parts = sum(getattr(row, column) for row in result.by_district)
        assert parts == pytest.approx(getattr(whole, column), rel=1e-12)
    assert whole.area_km2_total == pytest.approx(100, rel=1e-3)
    assert 0 < whole.share < 1


def test_covered_is_whose_quickest_station_is_within_the_limit() -> None:
    result = timecover(usual_county(), ASK)
    covered = result.minutes[0] <= ASK.minutes
    assert result.whole.people_covered == result.demand.persons[covered].sum()
    twice = (result.minutes <= ASK.minutes).sum(axis=0) == 2
    assert result.whole.multiplicity[2] == result.demand.persons[twice].sum()
    assert (result.minutes[1:] >= result.minutes[:-1]).all()


def test_readiness_shifts_every_minute() -> None:
    plain = timecover(usual_county(), ASK)
    ready = timecover(usual_county(), replace(ASK, ready_minutes={"": 2.5}))
    np.testing.assert_allclose(ready.minutes, plain.minutes + 2.5, rtol=1e-9)
    by_class = timecover(usual_county(), replace(ASK, ready_minutes={"一级站": 30.0}))
    small = np.array([g == "小型站" for g in by_class.facilities.grade])
    assert small[by_class.who[0]].mean() > small[plain.who[0]].mean()


def test_what_is_kept_between_questions_changes_no_answer() -> None:
    plan = usual_county()
    first = plan.layer("消防站")
    moved = edits.move_feature("消防站", int(first.frame.index[0]), at(9000, 9000))(plan)
    questions = [
        (one, replace(ASK, **change))
        for one in (plan, moved)
        for change in (
            {},
            {"minutes": 4.0},
            {"ready_minutes": {"": 2.0}},
            {"weather": "雪"},
            {"inbound": True},
            {"closed": frozenset([("道路", 3)])},
            {"only": frozenset([("消防站", int(first.frame.index[0]))])},
        )
    ]
    fresh = []
    for one, ask in questions:
        for kept in (analysis._kept_road, analysis._kept_costs, timers._kept_times):
            kept.cache_clear()
        fresh.append(timecover(one, ask))
    again = np.random.default_rng(2).permutation(3 * len(questions)) % len(questions)
    for i in again.tolist():
        found, expected = timecover(*questions[i]), fresh[i]
        np.testing.assert_array_equal(found.minutes, expected.minutes)
        np.testing.assert_array_equal(found.who, expected.who)
        assert found.whole == expected.whole
    different = {f.minutes.tobytes() for f in fresh}
    assert len(different) == len(questions) - 2  # other minutes alone leave the times as they are


def test_snow_slows_by_its_factor_and_never_in_town_traffic() -> None:
    plain = timecover(usual_county(), ASK)
    for edge, factor in (("middle", 0.65), ("fast", 0.70), ("slow", 0.60)):
        snow = timecover(usual_county(), replace(ASK, weather="雪", edge=edge))
        np.testing.assert_allclose(snow.minutes[0], plain.minutes[0] / factor, rtol=1e-9)
    peak = timecover(usual_county(), replace(ASK, weather="高峰"))
    np.testing.assert_allclose(peak.minutes, plain.minutes)  # no 城市道路 here


def test_own_speeds_are_used_and_named() -> None:
    fast = replace(ASK, speeds={"村道": 40.0, "县道": 80.0, "国道": 160.0})
    result = timecover(usual_county(), fast)
    plain = timecover(usual_county(), ASK)
    there = np.isfinite(plain.minutes[0])
    assert (result.minutes[0] <= plain.minutes[0])[there].all()
    assert result.minutes[0][there].mean() < 0.9 * plain.minutes[0][there].mean()
    assert "村道 40 km/h" in result.remarks.sentences[0]


def test_detour_is_the_straight_line_and_called_an_estimate() -> None:
    result = timecover(usual_county(), replace(ASK, measure="detour", vehicle="消防车"))
    ruler, near = Ruler(CRS), result.demand.nearby
    metres = np.array(
        [
            ruler.distance(x, y, near.x, near.y)
            for x, y in zip(result.facilities.x, result.facilities.y, strict=True)
        ]
    )
    np.testing.assert_allclose(
        result.minutes, np.sort(metres, axis=0)[:3] * 1.4 / (30 / 3.6) / 60, rtol=1e-12
    )
    assert result.estimated
    assert result.remarks.sentences[0].startswith("估算,不是行车时间")


def test_only_some_facilities() -> None:
    plan = usual_county()
    one = timecover(plan, replace(ASK, only=frozenset([("消防站", 2)])))
    assert one.names == ("1号站",)
    assert (one.who[0][np.isfinite(one.minutes[0])] == 0).all()
    assert not np.isfinite(one.minutes[1:]).any()
    with pytest.raises(Refused, match="请重新选择"):
        timecover(plan, replace(ASK, only=frozenset([("消防站", 99)])))


def test_a_flooded_zone_closes_the_roads_it_touches() -> None:
    lane = [{"geometry": shapely.LineString([at(0, 5000), at(10_000, 5000)]), "等级": "国道"}]
    plan = county(lane)
    zone = [
        {"名称": "淹没区", "geometry": shapely.box(EAST + 6000, NORTH, EAST + 6500, NORTH + 9e3)}
    ]
    plan = plan.with_layer(points("hazard_zone", "灾害区", zone))
    west = plan.layer("消防站").frame
    only = frozenset([("消防站", int(west.index[(west.geometry.x < EAST + 6000)][0]))])
    ask = replace(ASK, only=only)
    open_, shut = (
        timecover(plan, ask),
        timecover(plan, replace(ask, flooded=frozenset([("灾害区", 1)]))),
    )
    near, wet = shut.demand.nearby, plan.layer("灾害区").geometry(1)
    spots = shapely.points(near.x, near.y)
    drowned = shapely.intersects(wet, spots)
    halves = [shapely.LineString([at(a, 5000), at(b, 5000)]) for a, b in ((0, 6000), (6500, 1e4))]
    east = shapely.distance(halves[1], spots) < shapely.distance(halves[0], spots)
    lost = drowned | east
    assert not np.isfinite(shut.minutes[0][lost]).any()
    west = near.x < EAST + 6000
    np.testing.assert_allclose(shut.minutes[0][west], open_.minutes[0][west])
    assert np.isfinite(shut.minutes[0][~lost]).all()
    people = shut.demand.persons[lost].sum()
    assert shut.unreachable == people
    assert f"有 {people:,.0f} 人到不了" in "".join(shut.remarks.sentences)
    with pytest.raises(Refused, match="灾害区"):
        timecover(plan, replace(ask, flooded=frozenset([("灾害区", 7)])))


@pytest.mark.parametrize("measure", ["network", "friction"])
def test_who_is_in_the_water_is_not_reached_though_no_road_is_touched(measure: str) -> None:
    lane = [{"geometry": shapely.LineString([at(0, 5000), at(10_000, 5000)]), "等级": "国道"}]
    pond = [
        {"名称": "水", "geometry": shapely.box(EAST + 2000, NORTH + 6000, EAST + 4e3, NORTH + 8e3)}
    ]
    plan = county(lane).with_layer(points("hazard_zone", "灾害区", pond))
    dry = replace(ASK, measure=measure)
    flooded = replace(dry, flooded=frozenset([("灾害区", 1)]))
    before, after = timecover(plan, dry), timecover(plan, flooded)
    near = after.demand.nearby
    drowned = shapely.intersects_xy(plan.layer("灾害区").geometry(1), near.x, near.y)
    assert drowned.any()
    assert np.isfinite(before.minutes[0]).all()
    assert (np.isinf(after.minutes[0]) == drowned).all()
    assert after.unreachable == after.demand.persons[drowned].sum()


def test_islands_and_far_facilities_are_counted_in_people() -> None:
    lanes = [
        {"geometry": shapely.LineString([at(0, 2000), at(4000, 2000)]), "等级": "国道"},
        {"geometry": shapely.LineString([at(0, 8000), at(4000, 8000)]), "等级": "国道"},
    ]
    plan = county(lanes)
    far = points(
        "fire_station", "消防站", [{"名称": "远站", "状态": "现状", "geometry": at(54_000, 2000)}]
    )
    result = timecover(plan.with_layer(far), ASK)
    remarks = result.remarks
    assert remarks.islands == 2
    far = (
        shapely.distance(
            shapely.points(result.demand.nearby.x, result.demand.nearby.y),
            shapely.union_all(plan.layer("道路").frame.geometry.to_numpy()),
        )
        > 2000
    )
    assert set(result.far) == set(np.flatnonzero(far))
    assert remarks.far_people == result.demand.persons[far].sum()
    assert [round(f.metres / 1000) for f in remarks.far] == [50]
    inside = result.demand.persons[np.isfinite(result.minutes[0])].sum()
    assert remarks.far[0].people == inside
    assert remarks.stranded == result.demand.persons.sum() - inside > 0
    text = "\n".join(remarks.sentences)
    assert "“远站”离最近的道路 50.0 km" in text
    assert f"{inside:,.0f} 人最快的设施" in text
    assert "互不相连的 2 块" in text


def test_roads_of_another_region_are_refused_with_the_number_of_people() -> None:
    away = [{"geometry": shapely.LineString([at(4e5, 0), at(4.1e5, 0)]), "等级": "国道"}]
    plan = county(away)
    people = sum(plan.layer("人口").frame["人口"])
    with pytest.raises(Refused, match=f"不在一处.*39. km 以外,涉及 {people:,} 人"):
        timecover(plan, ASK)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"minutes": 0.0}, "大于 0 分钟"),
        ({"minutes": -5.0}, "大于 0 分钟"),
        ({"minutes": float("nan")}, "分钟数"),
        ({"minutes": 1e6}, "七天"),
        ({"vehicle": "飞机"}, "没有“飞机”这种出行方式"),
        ({"weather": "沙尘"}, "没有“沙尘”这种路况"),
        ({"ready_minutes": {"": -1.0}}, "准备时间"),
        ({"speeds": {"国道": 0.0}}, "车速要大于 0"),
        ({"speeds": {"国道": -40.0}}, "车速要大于 0"),
        ({"speeds": {"山路": 30.0}}, "没有“山路”这个等级"),
        ({"closed": frozenset([("道路", 999)])}, "第 999 号"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        timecover(usual_county(), replace(ASK, **change))


def test_no_roads_is_refused_but_not_needed_across_country() -> None:
    plan = usual_county()
    bare = plan.without_layer("道路")
    with pytest.raises(Refused, match="没有道路"):
        timecover(bare, ASK)
    result = timecover(bare, replace(ASK, measure="friction"))
    assert np.isfinite(result.minutes[0]).all()


def test_unknown_people_stay_unknown() -> None:
    plan = usual_county().without_layer("人口")
    result = timecover(plan, ASK)
    assert (result.whole.people_total, result.unreachable) == (None, None)
    assert result.whole.area_km2_covered > 0


def test_out_of_date_when_a_used_layer_changes() -> None:
    plan = usual_county()
    result = timecover(plan, ASK)
    same = replace(plan, name="另一个")
    assert result.holds_for(same)
    assert not result.holds_for(plan.with_layer(road_layer(random_roads(np.random.default_rng(9)))))


def test_speed_rules() -> None:
    car, dry = profile("救援车辆"), condition("晴")
    assert car.kmh("国道", 0, "", dry) == 80
    assert car.kmh("高速+国道", 0, "", dry) == 90
    assert car.kmh("国道", 60, "", dry) == 60
    assert car.kmh("国道", 120, "", dry) == 80
    assert car.kmh("县道", 0, "土路", dry) == 20
    assert car.kmh("没听说过", 0, "", dry) == 30
    assert profile("重载货车").kmh("国道", 0, "", dry) == 60
    assert profile("步行").kmh("国道", 0, "", dry) == 5
    assert profile("步行").kmh("高速", 0, "", dry) == 0
    assert profile("救援车辆", {"路外": 12.0}).offroad.kmh == 12
    assert profile("救援车辆", {"直线": 50.0}).straight.kmh == 50
    assert car.kmh("城市道路", 0, "", condition("高峰")) == pytest.approx(33.2)
    assert sum(minutes for _, minutes, _ in suggested_minutes("depot")) == 240


@pytest.fixture(scope="module")
def chifeng() -> Plan:
    return build("赤峰").plan


def six_hours(plan: Plan, *names: str, **more: object) -> TimeCover:
    depots = plan.layer("储备库").frame
    only = frozenset(("储备库", int(i)) for i in depots.index[depots["名称"].isin(names)])
    assert len(only) == len(names)
    return timecover(plan, TimeAsk("depot", 360.0, only=only, **more))


class Town:
    def __init__(self, plan: Plan, name: str) -> None:
        frame = plan.layer("居民点").frame
        point = frame.geometry[frame["名称"] == name].iloc[0]
        self.x, self.y = np.array([point.x]), np.array([point.y])


@pytest.mark.parametrize(("weather", "north", "centre"), [("晴", 1.9, 3.8), ("雪", 3.0, 5.8)])
def test_hours_by_hand_in_chifeng(chifeng: Plan, weather: str, north: float, centre: float) -> None:
    """大板 to 天山 and 赤峰 to 天山, as worked out by hand from the same road lengths."""
    tianshan = Town(chifeng, "天山镇")
    from_north = six_hours(chifeng, "北部储备库", weather=weather).timer.at(tianshan)[0][0, 0]
    from_centre = six_hours(chifeng, "中心储备库", weather=weather).timer.at(tianshan)[0][0, 0]
    assert from_north / 3600 == pytest.approx(north, abs=0.1)
    assert from_centre / 3600 == pytest.approx(centre, abs=0.2)


def test_six_hours_in_chifeng_need_the_two_branches(chifeng: Plan) -> None:
    three = ("中心储备库", "北部储备库", "南部储备库")
    handling = {"": 240.0}
    answers = {
        (w, r, n): six_hours(chifeng, *depots, weather=w, ready_minutes={"": r})
        for w in ("晴", "雪")
        for r in (0.0, 240.0)
        for n, depots in (("三库", three), ("中心", three[:1]))
    }
    share = {key: answer.whole.share for key, answer in answers.items()}
    for w in ("晴", "雪"):
        for r in (0.0, 240.0):
            assert share[w, r, "三库"] > share[w, r, "中心"]
    assert share["晴", 0.0, "三库"] > share["雪", 0.0, "三库"] > share["雪", 240.0, "三库"]
    dry = six_hours(chifeng, *three, ready_minutes=handling)
    ar = next(row for row in dry.by_district if row.name == "阿鲁科尔沁旗")
    snow = answers["雪", 240.0, "三库"]
    assert 0 < ar.share < 1
    assert next(r for r in snow.by_district if r.name == "阿鲁科尔沁旗").share == 0
    assert len(dry.remarks.estimated_roads) == len(chifeng.layer("道路"))
    assert dry.estimated


def test_a_limit_of_zero_is_not_used_and_said() -> None:
    lane = {"geometry": shapely.LineString([at(0, 5000), at(10_000, 5000)]), "等级": "国道"}
    plain, marked = (timecover(county([{**lane, "限速": v}]), ASK) for v in (None, 0.0))
    assert marked.whole == plain.whole
    assert marked.remarks.sentences[-1] == "有 1 条道路的限速不大于 0,没有采用,请改正。"
