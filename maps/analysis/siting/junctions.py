"""Road junctions as places where a facility may stand."""

import numpy as np
import shapely

from data.plan import Plan
from data.refused import Refused
from maps.analysis.demand import Demand
from maps.analysis.network.graph import Network, network_of
from maps.analysis.network.lines import Floats, Ints

_MEETING = 3
"""Ends of road that make a junction; where two meet, one road goes on as another."""

_NAMED = 2


def spacing(source: str) -> float:
    """Return the metres of “junction:metres”, 0 for “junction”."""
    if source == "junction":
        return 0.0
    try:
        step = float(source.removeprefix("junction:"))
    except ValueError:
        step = float("nan")
    if not (np.isfinite(step) and step >= 10):
        raise Refused(
            "路口候选点要写成 junction,或 junction:2000(每 2000 米见方最多取一个),"
            f"现在是“{source}”。"
        )
    return step


def junctions(plan: Plan, people: Demand, step: float) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Return the places (m,) x, y and names of the junctions in the planning districts.

    With ``step`` at most one of every square of so many metres: where the most roads meet.
    Raises Refused when there are none.
    """
    network = network_of(plan)
    nodes, meeting = _meeting(network)
    x, y = network.x[nodes], network.y[nodes]
    if people.districts:
        shapely.prepare(people.ground)
        inside = shapely.contains_xy(people.ground, x, y)
        nodes, meeting, x, y = nodes[inside], meeting[inside], x[inside], y[inside]
    if len(nodes) == 0:
        raise Refused("规划区内没有三条以上道路相交的路口可作候选。请检查道路,或换一种候选来源。")
    if step > 0:
        square = np.column_stack((x // step, y // step))
        order = np.lexsort((np.arange(len(x)), -meeting))
        _, first = np.unique(square[order], axis=0, return_index=True)
        kept = np.sort(order[first])
        nodes, x, y = nodes[kept], x[kept], y[kept]
    return x, y, _names(network, nodes)


def _meeting(network: Network) -> tuple[Ints, Ints]:
    """Junctions where at least three ends of road meet, and how many do."""
    ends = np.bincount(network.a, minlength=network.core) + np.bincount(
        network.b, minlength=network.core
    )
    nodes = np.flatnonzero(ends >= _MEETING)
    return nodes, ends[nodes]


def _names(network: Network, nodes: Ints) -> tuple[str, ...]:
    """“路口 3(国道 305、县道 12)”: with the names of the roads that meet, where they have one."""
    place = np.full(network.nodes, -1, np.intp)
    place[nodes] = np.arange(len(nodes))
    at = np.r_[place[network.tail], place[network.head]]
    road = np.r_[network.road, network.road]
    roads: list[list[str]] = [[] for _ in nodes]
    for k, row in zip(at[at >= 0].tolist(), road[at >= 0].tolist(), strict=True):
        name = str(network.roads.name[row] or "")
        if name and name not in roads[k]:
            roads[k].append(name)
    return tuple(
        f"路口 {k + 1}" + (f"({'、'.join(sorted(met)[:_NAMED])})" if met else "")
        for k, met in enumerate(roads)
    )
