"""Minutes for checks: from the roads of the plan, for chosen facilities."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from maps.analysis.network.lines import Bools, Floats
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
    return cover_of(scene, time_ask(scene, chosen, minutes, params, status))


def cover_of(scene: Scene, ask: TimeAsk) -> TimeCover:
    """The answer to a question of ``time_ask``, worked out once."""
    kinds = (ask.of, "road", "district", "population")
    ready = tuple(ask.ready_minutes.items())
    key = (ask.of, ask.status, ask.vehicle, ask.weather, ready, ask.only, ask.minutes)
    return scene.kept(kinds, key, lambda: timecover(scene.plan, ask))


def in_time(minutes: Floats, limit: float) -> Bools:
    """Which of some minutes are within the limit."""
    return np.asarray(minutes * 60.0 <= limit * 60.0 + 1e-6)


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
