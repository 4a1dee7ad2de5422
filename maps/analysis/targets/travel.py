"""Minutes for checks: from the roads of the plan, for chosen facilities."""

from collections.abc import Hashable, Mapping
from typing import Any, Literal

import numpy as np

from maps.analysis.network.ground import ground
from maps.analysis.network.lines import Bools
from maps.analysis.network.profile import own_speeds
from maps.analysis.targets.scene import Chosen, Scene
from maps.analysis.timecover import TimeAsk, TimeCover, timecover

Status = Literal["现状", "规划", "全部"]


def minutes_cover(
    scene: Scene,
    chosen: Chosen,
    minutes: float,
    params: Mapping[str, Any] | None = None,
    status: str = "全部",
) -> TimeCover:
    """Who is reached by the chosen facilities in so many minutes, handling included.

    Raises Refused as ``timecover`` does, above all when the plan has no roads. ``params``:
    准备, 车辆 and 天气 as a rule has them. The planner's own speeds count.
    """
    ask = time_ask(scene, chosen, minutes, params, status)
    kinds = (ask.of, "road", "district", "population")
    return scene.kept(kinds, key_of(ask), lambda: timecover(scene.plan, ask))


def key_of(ask: TimeAsk) -> Hashable:
    """What tells two questions of one scene apart."""
    ready = tuple(ask.ready_minutes.items())
    return (ask.of, ask.status, ask.vehicle, ask.weather, ready, ask.only, ask.minutes)


def in_time(found: TimeCover) -> Bools:
    """Which sorted points of the people are reached within the minutes asked for."""
    return np.asarray(found.minutes[0] * 60.0 <= found.ask.minutes * 60.0 + 1e-6)


def cells_in_time(found: TimeCover) -> Bools:
    """The same for the cells on which area is counted (``network.ground``)."""
    cells = ground(found.demand)
    return np.asarray(found.timer.at(cells)[0][0] <= found.ask.minutes * 60.0 + 1e-6)


def time_ask(
    scene: Scene,
    chosen: Chosen,
    minutes: float,
    params: Mapping[str, Any] | None = None,
    status: str = "全部",
) -> TimeAsk:
    """The question behind ``minutes_cover``."""
    said = params or {}
    table = chosen.table
    ready = float(sum((said.get("准备") or {}).values()))
    usual: Status = status if status in ("现状", "规划") else "全部"  # type: ignore[assignment]
    return TimeAsk(
        table.kind.name,
        minutes,
        usual,
        vehicle=said.get("车辆", ""),
        weather=said.get("天气", "晴"),
        ready_minutes={"": ready} if ready else {},
        only=frozenset((table.layer[i], table.fid[i]) for i in chosen.sure.tolist()),
        people=scene.people,
        speeds=own_speeds(scene.facts),
    )
