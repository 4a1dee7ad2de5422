"""Seeded defects are found, where they are, and nothing else is."""

from collections import Counter
from itertools import pairwise

import pytest
import shapely

from data.plan import Plan
from data.refused import Refused
from maps.analysis.network.doctor import KINDS, Checkup, checkup
from tests.maps.network.towns import CRS, EAST, NORTH, line, roads_plan


def sound() -> list[dict[str, object]]:
    """Streets every 100 m over 400 × 400 m, joined at every corner, drawn corner to corner."""
    stops = range(0, 401, 100)
    rows = []
    for k in stops:
        for a in stops[:-1]:
            rows.append({"geometry": line((k, a), (k, a + 100)), "等级": "县道", "名称": f"纵{k}"})
            rows.append({"geometry": line((a, k), (a + 100, k)), "等级": "县道", "名称": f"横{k}"})
    return rows


def examine(*seeded: dict[str, object], **options: object) -> Checkup:
    return checkup(roads_plan(*sound(), *({"等级": "县道", **s} for s in seeded)), **options)


def test_sound_roads_have_no_findings() -> None:
    result = examine()
    assert result.findings == ()
    assert result.km == pytest.approx(4.0, rel=1e-4)


@pytest.mark.parametrize(
    ("seed", "expected", "where"),
    [
        ([{"geometry": line((400.6, 400), (900, 400))}], {"端点未接上": True}, (400.6, 400)),
        ([{"geometry": line((250, 400.8), (250, 800))}], {"端点差一点接到路中": True}, (250, 400)),
        ([{"geometry": line((250, 399.6), (250, 800))}], {"端点差一点接到路中": True}, (250, 400)),
        ([{"geometry": line((247, 399.8), (280, 402))}], {"端点差一点接到路中": True}, (247, 400)),
        (
            [{"geometry": line((250, 412), (250, 800))}],
            {"端点可疑": False, "孤立路网": False},
            None,
        ),
        (
            [{"geometry": line((400, 400), (450, 450), (450, 450), (600, 500))}],
            {"重复节点": True},
            (450, 450),
        ),
        ([{"geometry": line((0, 0), (0, 100))}], {"重复的线": False}, (0, 50)),
        ([{"geometry": line((100, 0), (0, 0))}], {"重复的线": False}, (50, 0)),
        ([{"geometry": line((2000, 0), (3000, 0))}], {"孤立路网": False}, (2000, 0)),
        (
            [{"geometry": line((400, 400), (900, 900)), "单行": "是"}],
            {"单行死路": False},
            (900, 900),
        ),
        (
            [{"geometry": line((400, 400), (900, 900)), "单行": "反向"}],
            {"单行死路": False},
            (900, 900),
        ),
        ([{"geometry": line((0, 0), (50, 50), (100, 0))}], {}, None),
        (
            [{"geometry": line((0, 100), (50, 150), (150, 170), (200, 100))}],
            {"相交没有路口": False},
            (100, 160),
        ),
        ([{"geometry": line((0, 0), (-500, 0)), "等级": "马道"}], {"等级不明": False}, (-250, 0)),
        ([{"geometry": line((0, 0), (-500, 0)), "等级": None}], {"等级不明": False}, (-250, 0)),
        ([{"geometry": line((0, 0), (-500, 0)), "限速": 0}], {"限速不对": False}, (-250, 0)),
        ([{"geometry": line((0, 0), (-500, 0)), "限速": 900}], {"限速不对": False}, (-250, 0)),
        ([{"geometry": line((0, 0), (-500, 0)), "里程": 0.4}], {"里程可疑": False}, (-250, 0)),
        ([{"geometry": line((0, 0), (-500, 0)), "里程": 2}], {"里程可疑": False}, (-250, 0)),
        (
            [{"geometry": line((0, 0), (-500, 0)), "里程": 2, "位置精度": "示意"}],
            {},
            None,
        ),
    ],
)
def test_each_seeded_defect_is_found_and_nothing_else(
    seed: list[dict[str, object]],
    expected: dict[str, bool],
    where: tuple[float, float] | None,
) -> None:
    result = examine(*seed)
    assert {f.kind: f.fixed for f in result.findings} == expected
    assert len(result.findings) == len(expected)
    seeded = ("道路", len(sound()) + 1)
    for finding in result.findings:
        assert seeded in finding.roads
        assert finding.kind in KINDS
        if where is not None:
            assert (finding.x - EAST, finding.y - NORTH) == pytest.approx(where, abs=1e-6)


def test_what_was_put_right_is_in_the_network() -> None:
    result = examine({"geometry": line((400.6, 400), (900, 400))})
    assert result.network.component.max() == 0
    assert result.findings[0].fixed
    joined = examine({"geometry": line((0, 100), (50, 150), (150, 170), (200, 100))}, join=True)
    assert joined.findings == ()


def test_a_line_without_length_is_named() -> None:
    dot = shapely.LineString([line((5, 5), (6, 6)).coords[0]] * 2)
    result = examine({"geometry": dot, "名称": "一点"})
    assert [f.kind for f in result.findings] == ["没有长度"]
    assert "“一点”没有长度" in result.findings[0].text


def test_a_bridge_over_a_street_is_no_missing_junction() -> None:
    over = {"geometry": line((0, 100), (50, 150), (150, 170), (200, 100)), "桥隧": "桥"}
    assert examine(over).findings == ()


def test_many_defects_at_once() -> None:
    seeds = [{"geometry": line((x, 412), (x, 500))} for x in range(10, 400, 40)]
    seeds += [{"geometry": line((2000 + k, 0), (2000 + k, 90))} for k in range(0, 500, 50)]
    count = Counter(f.kind for f in examine(*seeds).findings)
    assert count["端点可疑"] == 10
    assert count["孤立路网"] == 20


def test_a_long_one_way_tail_is_one_trap() -> None:
    points = [(400 + 50 * k, 400) for k in range(8)]
    tail = [{"geometry": line(a, b), "单行": "是"} for a, b in pairwise(points)]
    traps = examine(*tail).of("单行死路")
    assert len(traps) == 1
    assert "只能开进、开不出来" in traps[0].text


def test_no_roads_and_wrong_status() -> None:
    with pytest.raises(Refused, match="没有道路"):
        checkup(Plan("空", CRS))
    with pytest.raises(Refused, match="状态只能是"):
        checkup(roads_plan(*sound()), "将来")
