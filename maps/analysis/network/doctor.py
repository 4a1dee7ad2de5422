"""The road doctor (道路体检): what is wrong with some roads, what was put right, what was not.

Nothing is changed in the plan: what can be put right safely is put right when the
network is built (see ``lines``), and listed as 已处理; the rest is for the planner.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from data.geodesy import Ruler
from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.network.graph import ROADS_THAT_STAND, Network, network_of
from maps.analysis.network.lines import TOLERANCE, Ints, Roads, crossings
from maps.analysis.network.profile import Profile, profile

NEAR_MISS = 20.0
"""Metres up to which a loose end is suspected of having been meant to join."""

_JOINED = 5.0 * TOLERANCE
"""Metres from where an end was joined to the crossing it makes (at a sharp angle: further)."""

KINDS = (
    "端点未接上",
    "端点差一点接到路中",
    "端点可疑",
    "重复节点",
    "没有长度",
    "重复的线",
    "孤立路网",
    "单行死路",
    "相交没有路口",
    "等级不明",
    "限速不对",
    "里程可疑",
)


@dataclass(frozen=True)
class Finding:
    """One thing found: kind (one of ``KINDS``), place (plan CRS), roads as (layer, id).

    ``fixed``: the network is built as if it were right.
    """

    kind: str
    text: str
    x: float
    y: float
    roads: tuple[tuple[str, int], ...]
    fixed: bool = False


@dataclass(frozen=True, eq=False)
class Checkup:
    """The findings, the ones put right first, and the network's size."""

    findings: tuple[Finding, ...]
    network: Network
    km: float

    def of(self, kind: str) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.kind == kind)


def checkup(
    plan: Plan, status: str = "全部", *, join: bool = False, report: Report = silent
) -> Checkup:
    """Examine the plan's roads; raises Refused when there are none."""
    if status not in ROADS_THAT_STAND:
        raise Refused(f"状态只能是{'、'.join(ROADS_THAT_STAND)}之一,现在是“{status}”。")
    network = network_of(plan, status, join=join, report=part(report, 0.0, 0.2))
    roads = network.roads
    ruler = network.ruler
    findings = _fixed(network)
    report(0.2, "正在查重复的节点和线…")
    findings += _lines(roads, ruler)
    report(0.4, "正在查断头路和孤立路网…")
    findings += _near_misses(network)
    findings += _islands(network)
    findings += _traps(network)
    report(0.6, "正在查没有路口的交叉…")
    if not join:
        findings += _crossings(network)
    report(0.8, "正在查等级、限速和里程…")
    findings += _attributes(network, profile("救援车辆"))
    report(1.0, "道路体检完成")
    order = {kind: i for i, kind in enumerate(KINDS)}
    findings.sort(key=lambda f: (not f.fixed, order[f.kind]))
    return Checkup(tuple(findings), network, float(network.length.sum()) / 1000)


def _ids(roads: Roads, rows: Iterable[int]) -> tuple[tuple[str, int], ...]:
    return tuple(dict.fromkeys((str(roads.layer[r]), int(roads.fid[r])) for r in rows))


def _named(roads: Roads, rows: Iterable[int]) -> str:
    return "、".join(dict.fromkeys(f"“{roads.title(int(r))}”" for r in rows))


def _fixed(network: Network) -> list[Finding]:
    words = {
        "端点未接上": "的端点差不到 1 米没有接上,已接上。",
        "端点差一点接到路中": "的端点差不到 1 米没有接到路中,已在那里接成路口。",
    }
    roads = network.roads
    return [
        Finding(f.kind, _named(roads, f.rows) + words[f.kind], f.x, f.y, _ids(roads, f.rows), True)
        for f in network.fixes
    ]


def _lines(roads: Roads, ruler: Ruler) -> list[Finding]:
    xy, line = shapely.get_coordinates(roads.shapes, return_index=True)
    again = np.flatnonzero((line[1:] == line[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)) + 1
    out = []
    empty = np.flatnonzero(shapely.length(roads.shapes) == 0).tolist()
    for row in empty:
        x, y = xy[np.searchsorted(line, row)] if (line == row).any() else (np.nan, np.nan)
        text = f"“{roads.title(int(row))}”没有长度,没有放进路网。"
        out.append(Finding("没有长度", text, float(x), float(y), _ids(roads, [row]), True))
    for row, first in zip(*np.unique(line[again], return_index=True), strict=True):
        if row in empty:
            continue
        count = int((line[again] == row).sum())
        text = f"“{roads.title(int(row))}”有 {count} 个重复的节点,已略去。"
        x, y = xy[again[first]]
        out.append(Finding("重复节点", text, float(x), float(y), _ids(roads, [row]), True))
    return out + _duplicates(roads)


def _duplicates(roads: Roads) -> list[Finding]:
    keys: dict[bytes, list[int]] = {}
    for row, shape in enumerate(shapely.normalize(roads.shapes)):
        keys.setdefault(shapely.to_wkb(shape, output_dimension=2), []).append(row)
    out = []
    for rows in keys.values():
        if len(rows) > 1:
            spot = shapely.line_interpolate_point(roads.shapes[rows[0]], 0.5, normalized=True)
            text = f"{_named(roads, rows)}有 {len(rows)} 条完全重叠的线,请只留一条。"
            out.append(Finding("重复的线", text, spot.x, spot.y, _ids(roads, rows)))
    return out


def _near_misses(network: Network) -> list[Finding]:
    """Loose ends that stop a little before another road."""
    degree = np.bincount(np.r_[network.tail, network.head], minlength=network.nodes)
    loose = np.flatnonzero(degree == 1)
    if not len(loose):
        return []
    edge_of = np.full(network.nodes, -1, np.intp)
    edge_of[network.tail] = np.arange(network.edges)
    at_head = network.head[degree[network.head] == 1]
    edge_of[at_head] = np.flatnonzero(degree[network.head] == 1)
    points = shapely.points(network.x[loose], network.y[loose])
    tree = shapely.STRtree(network.shapes)
    reach = NEAR_MISS * float(network.ruler.scale(network.x).max())
    which, edge = tree.query(points, predicate="dwithin", distance=reach)
    own = network.road[edge_of[loose[which]]]
    # Roads that meet this one anyway are no near miss.
    touching = _meeting(network, loose[which], edge, edge_of)
    other = (network.road[edge] != own) & ~touching
    which, edge, own = which[other], edge[other], own[other]
    gap = shapely.distance(points[which], network.shapes[edge])
    order = np.lexsort((gap, which))
    which, edge, own, gap = which[order], edge[order], own[order], gap[order]
    first = np.diff(which, prepend=-1) != 0
    out = []
    for k, e, mine, away in zip(which[first], edge[first], own[first], gap[first], strict=True):
        rows = [int(mine), int(network.road[e])]
        one, other_one = _named(network.roads, rows[:1]), _named(network.roads, rows[1:])
        text = f"{one}在离{other_one} {away:.1f} 米处断开,没有接上。"
        node = loose[k]
        x, y = float(network.x[node]), float(network.y[node])
        out.append(Finding("端点可疑", text, x, y, _ids(network.roads, rows)))
    return out


def _meeting(network: Network, node: Ints, edge: Ints, edge_of: Ints) -> np.ndarray:
    """Whether an edge shares a node with the loose end's own edge."""
    own = edge_of[node]
    far = np.where(network.tail[own] == node, network.head[own], network.tail[own])
    return np.asarray((network.tail[edge] == far) | (network.head[edge] == far))


def _groups(label: Ints) -> list[tuple[int, Ints]]:
    """(label, positions) for every label there is."""
    order = np.argsort(label, kind="stable")
    first = np.flatnonzero(np.diff(label[order], prepend=-1) != 0)
    return [(int(label[g[0]]), g) for g in np.split(order, first[1:]) if len(g)]


def _islands(network: Network) -> list[Finding]:
    of_edge = network.component[network.tail]
    km = np.bincount(of_edge, network.length) / 1000
    largest = int(np.argmax(km))
    out = []
    for island, edges in _groups(of_edge):
        if island == largest:
            continue
        rows = np.unique(network.road[edges])
        node = network.tail[edges[0]]
        text = (
            f"{_some(network.roads, rows)}共 {km[island]:.1f} km "
            f"与主路网(占全长 {km[largest] / km.sum():.0%})不相连。"
        )
        place = (float(network.x[node]), float(network.y[node]))
        out.append(Finding("孤立路网", text, *place, _ids(network.roads, rows)))
    return out


def _some(roads: Roads, rows: Ints) -> str:
    return _named(roads, rows[:3]) + (f"等 {len(rows)} 条路" if len(rows) > 3 else "")


def _traps(network: Network) -> list[Finding]:
    """Places that can be driven into and not out of, or the other way round."""
    start = np.r_[network.tail[network.along], network.head[network.against]]
    end = np.r_[network.head[network.along], network.tail[network.against]]
    count = network.nodes
    links = coo_matrix((np.ones(len(start), np.int8), (start, end)), shape=(count, count))
    strong = connected_components(links, directed=True, connection="strong")[1]
    odd = ~_main(network.component, strong)
    # Odd nodes side by side are one trap.
    both = odd[start] & odd[end]
    near = coo_matrix(
        (np.ones(both.sum(), np.int8), (start[both], end[both])), shape=(count, count)
    )
    trap = connected_components(near, directed=False)[1]
    crosses = odd[start] != odd[end]
    leaves = np.bincount(trap[start[crosses & odd[start]]], minlength=count) > 0
    enters = np.bincount(trap[end[crosses & odd[end]]], minlength=count) > 0
    touched = np.flatnonzero(odd[network.tail] | odd[network.head])
    which = np.where(
        odd[network.tail[touched]], trap[network.tail[touched]], trap[network.head[touched]]
    )
    out = []
    for name, group in _groups(which):
        rows = np.unique(network.road[touched[group]])
        words = {(True, False): "只能开出、开不进去", (False, True): "只能开进、开不出来"}
        word = words.get((bool(leaves[name]), bool(enters[name])), "进出不能循环")
        node = int(np.flatnonzero(odd & (trap == name))[0])
        place = (float(network.x[node]), float(network.y[node]))
        text = f"受单行限制,{_some(network.roads, rows)}一带{word}。"
        out.append(Finding("单行死路", text, *place, _ids(network.roads, rows)))
    return out


def _main(component: Ints, strong: Ints) -> np.ndarray:
    """Whether each node is in the largest strongly connected part of its island."""
    size = np.bincount(strong)[strong]
    order = np.lexsort((-size, component))
    first = order[np.diff(component[order], prepend=-1) != 0]
    best = np.empty(int(component.max()) + 1, np.intp)
    best[component[first]] = strong[first]
    return np.asarray(best[component] == strong)


def _crossings(network: Network) -> list[Finding]:
    """Lines that cross in their middles without a node of both, and were not joined there: an end
    drawn a hair across another line has become a junction."""
    roads = network.roads
    joined: dict[frozenset[int], list[tuple[float, float]]] = {}
    for fix in network.fixes:
        joined.setdefault(frozenset(fix.rows), []).append((fix.x, fix.y))
    i, j, xy = crossings(roads.shapes, roads.lifted)
    if not len(xy):
        return []
    corners, line = shapely.get_coordinates(roads.shapes, return_index=True)
    near = cKDTree(corners).query_ball_point(xy, 0.02)
    out = []
    for a, b, (x, y), close in zip(i, j, xy, near, strict=True):
        owners = set(line[close].tolist())
        if int(a) in owners and int(b) in owners:
            continue
        spots = joined.get(frozenset((int(a), int(b))), [])
        if any(math.hypot(x - u, y - v) <= _JOINED for u, v in spots):
            continue
        text = (
            f"{_named(roads, [a])}和{_named(roads, [b])}相交,但没有共同的节点,按立体交叉处理;"
            "若是平交路口,请在交点加节点,或勾选“相交即路口”。"
        )
        out.append(Finding("相交没有路口", text, float(x), float(y), _ids(roads, [a, b])))
    return out


def _attributes(network: Network, table: Profile) -> list[Finding]:
    roads = network.roads
    rows = network.used
    out = []
    words = roads.road_class[rows].astype(str)
    for word in np.unique(words):
        if not table.base(word):
            mine = rows[words == word]
            what = f"的等级“{word}”不在车速表里" if word else "没有填等级"
            text = f"{_some(roads, mine)}{what},按 {table.unknown:g} km/h 计。"
            out.append(Finding("等级不明", text, *_middle(roads, mine[0]), _ids(roads, mine)))
    limit = roads.limit[rows]
    for row in rows[(limit <= 0) | (limit > 130)]:
        text = f"“{roads.title(row)}”的限速 {roads.limit[row]:g} km/h 不可信,没有采用。"
        out.append(Finding("限速不对", text, *_middle(roads, row), _ids(roads, [row])))
    for row in rows[roads.stated[rows] > 0]:
        text = _stated(network, int(row))
        if text:
            out.append(Finding("里程可疑", text, *_middle(roads, row), _ids(roads, [row])))
    return out


def _middle(roads: Roads, row: int) -> tuple[float, float]:
    spot = shapely.line_interpolate_point(roads.shapes[row], 0.5, normalized=True)
    return spot.x, spot.y


def _stated(network: Network, row: int) -> str:
    """What is wrong with a stated length, "" when nothing is."""
    roads = network.roads
    stated, title = float(roads.stated[row]), f"“{roads.title(row)}”"
    drawn = float(network.ruler.length(roads.shapes[row]))
    ends = shapely.get_coordinates(roads.shapes[row])[[0, -1]]
    apart = float(network.ruler.distance(*ends[0], *ends[1]))
    if stated < 0.98 * apart:
        return f"{title}的里程 {stated / 1000:g} km 比两端的直线距离 {apart / 1000:.1f} km 还短。"
    if not roads.sketched[row] and not 0.8 < stated / drawn < 1.25:
        return (
            f"{title}的里程 {stated / 1000:g} km 与线形量得的 {drawn / 1000:.1f} km "
            "相差太大,按线形计。"
        )
    return ""
