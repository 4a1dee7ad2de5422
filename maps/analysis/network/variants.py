"""One question under several circumstances: which depots, what weather, with what handling.

Made for “6 小时保障”: the same limit from three depots and from the central one alone,
dry and in snow, with and without the time for mustering, loading and unloading.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.network.costs import FeatureId
from maps.analysis.timecover import TimeAsk, TimeCover, timecover


@dataclass(frozen=True, eq=False)
class Variant:
    """One circumstance and its answer: ``sites`` name of the set of facilities."""

    sites: str
    weather: str
    ready: float
    answer: TimeCover


def variants(
    plan: Plan,
    ask: TimeAsk,
    sites: Mapping[str, frozenset[FeatureId]],
    weathers: Sequence[str] = ("晴", "雪"),
    ready: Sequence[float] = (0.0,),
    report: Report = silent,
) -> tuple[Variant, ...]:
    """Answer ``ask`` for every set of facilities, weather and readiness (minutes), in that order.

    An empty set of facilities stands for all of them. Raises Refused when there is
    nothing to vary, and as ``timecover`` does.
    """
    if not (sites and weathers and ready):
        raise Refused("请至少给一组设施、一种路况和一个准备时间。")
    wanted = [(s, w, r) for s in sites for w in weathers for r in ready]
    out = []
    for i, (name, weather, minutes) in enumerate(wanted):
        one = replace(ask, only=sites[name], weather=weather, ready_minutes={"": float(minutes)})
        inner = part(report, i / len(wanted), (i + 1) / len(wanted))
        out.append(Variant(name, weather, float(minutes), timecover(plan, one, inner)))
    return tuple(out)
