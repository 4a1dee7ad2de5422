"""What one must know to read an answer in minutes: estimates, far places, cut-off people."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.plan import Plan
from data.refused import Refused
from maps.analysis.demand import Demand
from maps.analysis.facilities import Facilities
from maps.analysis.network.friction import Across
from maps.analysis.network.graph import Network
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.profile import Condition, Profile
from maps.analysis.network.snap import FAR, Places
from maps.analysis.network.timers import ByRoad, Timer, snapper_of

ELSEWHERE = 50_000.0
"""Metres: with nothing of the plan nearer to a road, the roads are another region's."""


@dataclass(frozen=True)
class FarFacility:
    """A facility away from the roads: metres to the nearest, persons it is the quickest for."""

    name: str
    metres: float
    people: float | None


@dataclass(frozen=True)
class Remarks:
    """Sentences to print beside an answer, and the facts they are made of.

    ``estimated_roads``: sketched roads whose times are estimates. ``unclassed`` roads
    have no known class, ``bad_limits`` a limit that is not above zero (not used).
    ``cut_off``: facilities that reach nobody. ``far_people``:
    persons more than ``FAR`` metres from a road (None: unknown). ``stranded``: persons to
    whom there is no way; ``…_places``: how many places of people these are, told where
    nobody knows how many live there. ``islands``: separate parts of the network.
    """

    basis: str
    estimated_roads: tuple[str, ...] = ()
    unclassed: int = 0
    bad_limits: int = 0
    far: tuple[FarFacility, ...] = ()
    cut_off: tuple[str, ...] = ()
    far_people: float | None = 0.0
    stranded: float | None = 0.0
    islands: int = 1
    stranded_places: int = 0
    far_places: int = 0

    def estimated(self, measure: str) -> bool:
        """Whether the minutes must be called 估算: straight lines, open country, sketches."""
        return measure != "network" or bool(self.estimated_roads)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The remarks in words, most important first."""
        out = [self.basis]
        parts = f"路网分成互不相连的 {self.islands} 块"
        if self.stranded or (self.stranded is None and self.stranded_places):
            who = _who(self.stranded, self.stranded_places)
            out.append(f"有 {who}到不了:他们与任何设施都没有通路({parts};封闭、淹没也算不通)。")
        elif self.stranded is None and self.islands > 1:
            out.append(f"{parts},人口未知,不知道有多少人到不了。")
        for one in self.far:
            out.append(
                f"“{one.name}”离最近的道路 {one.metres / 1000:.1f} km,"
                f"路外一段按估算计入;它是 {_count(one.people)} 人最快的设施。"
            )
        if self.cut_off:
            out.append(f"到不了任何人的设施:{'、'.join(self.cut_off)}。")
        if self.far_people or (self.far_people is None and self.far_places):
            out.append(
                f"有 {_who(self.far_people, self.far_places)}离最近的道路超过 {FAR / 1000:g} km,"
                "他们到道路的一段是估算。"
            )
        if self.estimated_roads:
            out.append(
                "下列道路是示意线,里程取资料所列,行车时间为估算:"
                f"{'、'.join(self.estimated_roads)}。"
            )
        if self.unclassed:
            out.append(f"有 {self.unclassed} 条道路没有填等级,按表中“未知”车速计。")
        if self.bad_limits:
            out.append(f"有 {self.bad_limits} 条道路的限速不大于 0,没有采用,请改正。")
        return tuple(out)


def remarks(
    plan: Plan,
    profile: Profile,
    condition: Condition,
    timer: Timer,
    chosen: Facilities,
    names: tuple[str, ...],
    people: Demand,
    seconds: Floats,
    who: Ints,
) -> Remarks:
    """Work out the remarks; raises Refused when the roads lie in another region."""
    inside = _inside(people)
    lost = inside & ~np.isfinite(seconds[0])
    stranded, lost_places = _sum(people, lost), int(lost.sum())
    idle = np.bincount(who[who >= 0], minlength=len(names)) == 0
    silent = np.flatnonzero(idle).tolist()
    if not isinstance(timer, ByRoad | Across):
        basis = _straight_basis(profile, condition)
        return Remarks(basis, stranded=stranded, stranded_places=lost_places)
    costs = timer.found.costs if isinstance(timer, ByRoad) else timer.costs
    network = costs.network
    homes = timer.places(people.nearby)
    sites = snapper_of(network, profile.name).snap(chosen.x, chosen.y)
    _check_region(plan, network, homes, sites, people)
    # Where there is no road at all nobody is far from one: the basis says so.
    away = np.flatnonzero((sites.gap > FAR) & np.isfinite(sites.gap))
    out_there = inside & (homes.gap > FAR) if isinstance(timer, ByRoad) else np.zeros(1, bool)
    return Remarks(
        _road_basis(profile, condition, isinstance(timer, Across), bool(network.edges)),
        estimated_roads=_sketched(network),
        unclassed=_unclassed(network, profile),
        bad_limits=int((network.roads.limit <= 0).sum()),
        far=tuple(
            FarFacility(names[i], float(sites.gap[i]), _sum(people, inside & (who[0] == i)))
            for i in away
        ),
        cut_off=tuple(names[i] for i in silent if not _reaches(timer, i)),
        far_people=0.0 if isinstance(timer, Across) else _sum(people, out_there),
        stranded=stranded,
        islands=int(network.component.max(initial=-1)) + 1,
        stranded_places=lost_places,
        far_places=int(out_there.sum()),
    )


def _reaches(timer: Timer, facility: int) -> bool:
    """Whether a facility gets to any junction (it may be outdone everywhere by others)."""
    if isinstance(timer, Across):
        return True
    assert isinstance(timer, ByRoad)
    places = timer.found.facilities
    if places.edge[facility] < 0:
        return False
    to_a, to_b = timer.found.costs.from_point(
        places.edge[facility : facility + 1], places.fraction[facility : facility + 1]
    )
    return bool(np.isfinite(to_a).any() or np.isfinite(to_b).any())


def _check_region(
    plan: Plan, network: Network, homes: Places, sites: Places, people: Demand
) -> None:
    if not network.edges:
        return
    nearest = min(homes.gap.min(initial=np.inf), sites.gap.min(initial=np.inf))
    if nearest <= ELSEWHERE:
        return
    layers = "、".join(f"“{name}”" for name in dict.fromkeys(network.roads.layer))
    who = _sum(people, _inside(people))
    raise Refused(
        f"道路图层{layers}和规划区不在一处:最近的道路也在 {nearest / 1000:.0f} km 以外,"
        f"涉及 {_count(who)} 人。请检查道路的坐标系,或导入本地的道路。"
    )


def _inside(people: Demand) -> npt.NDArray[np.bool_]:
    if not people.districts:
        return np.ones(len(people.nearby), bool)
    return np.asarray(people.district < len(people.districts))


def _sum(people: Demand, where: npt.NDArray[np.bool_]) -> float | None:
    if people.layer is None or not people.known:
        return None
    return float(people.persons[where].sum())


def _who(people: float | None, places: int) -> str:
    return f"{places:,} 处人口点(人数未知)" if people is None else f"{people:,.0f} 人"


def _count(people: float | None) -> str:
    return "(人口未知)" if people is None else f"{people:,.0f}"


def _sketched(network: Network) -> tuple[str, ...]:
    rows = network.used[network.roads.sketched[network.used]]
    return tuple(dict.fromkeys(network.roads.title(int(r)) for r in rows))


def _unclassed(network: Network, profile: Profile) -> int:
    return sum(count for name, count in _classes(network) if not profile.base(name))


@lru_cache(maxsize=4)
def _classes(network: Network) -> tuple[tuple[str, int], ...]:
    """How many roads in use each class has."""
    code, names = pd.factorize(network.roads.road_class[network.used])
    return tuple(zip(names.tolist(), np.bincount(code, minlength=len(names)).tolist(), strict=True))


def _weather(condition: Condition) -> str:
    if condition.middle == 1:
        return f"路况:{condition.name}"
    where = "城市道路" if condition.roads else "全部道路"
    return f"路况:{condition.name}({where}车速 × {condition.middle:g},{condition.source})"


def _road_basis(profile: Profile, condition: Condition, cross: bool, roads: bool) -> str:
    off = profile.offroad
    if not roads:
        return (
            f"规划里没有道路,全程在格网上越野通行(估算,平地 {off.kmh:g} km/h,"
            f"{profile.name},待核实);{_weather(condition)}。"
        )
    if cross:
        return (
            f"按{profile.basis}计算行车时间;道路以外在格网上越野通行(估算);{_weather(condition)}。"
        )
    return (
        f"按{profile.basis}计算行车时间;到道路的一段按 {off.kmh:g} km/h、"
        f"直线 × {off.detour:g} 估算;{_weather(condition)}。"
    )


def _straight_basis(profile: Profile, condition: Condition) -> str:
    leg = profile.straight
    return (
        f"估算,不是行车时间:直线距离 × 绕行系数 {leg.detour:g} ÷ {leg.kmh:g} km/h"
        f"({profile.name},待核实);{_weather(condition)}。"
    )
