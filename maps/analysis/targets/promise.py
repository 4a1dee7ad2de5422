"""Who the depots reach in the hours promised: in the dry and in snow, with and without handling.

Once from all depots of the system and once from the central one alone, so that “一主两副” can
be judged. Handling does not change the way: it is taken off the hours.
"""

from dataclasses import dataclass, replace

import numpy as np

from maps.analysis.network.remarks import Remarks
from maps.analysis.targets.evaluate import Outcome
from maps.analysis.targets.model import Rule
from maps.analysis.targets.scene import Chosen, Scene, Table
from maps.analysis.targets.travel import minutes_cover

WEATHERS = ("晴", "雪")


@dataclass(frozen=True)
class InTime:
    """One answer. ``depots`` by name; ``handling`` minutes, part of the ``limit`` in minutes.

    ``people`` reached and their ``share`` of all (0–1); ``by_district`` name and share, None
    where nobody lives.
    """

    depots: tuple[str, ...]
    weather: str
    limit: float
    handling: float
    people: float
    share: float | None
    by_district: tuple[tuple[str, float | None], ...]

    @property
    def who(self) -> str:
        """“3 处”, or the name of the only one."""
        return f"{len(self.depots)} 处" if len(self.depots) > 1 else f"只有{self.depots[0]}"


@dataclass(frozen=True)
class Promise:
    """All answers: those of all depots first, then of the central one; ``remarks``: what the
    minutes stand on, roads that are only sketched by name."""

    rows: tuple[InTime, ...]
    remarks: Remarks | None


def promise(
    scene: Scene, table: Table, depots: list[int], centre: int, outcome: Outcome
) -> Promise:
    """Work the answers out; no rows when no rule promises minutes or nobody is known.

    ``depots``: rows of ``table``, ``centre`` one of them. Raises Refused without roads.
    """
    people = scene.demand
    told = _told(outcome)
    if told is None or not people.known or not people.districts:
        return Promise((), None)
    limit, handling = told
    inside = people.district < len(people.districts)
    whole = float(people.everybody[:-1].sum())
    rows: list[InTime] = []
    remarks: Remarks | None = None
    groups = [depots] if len(depots) == 1 else [depots, [centre]]
    for group in groups:
        chosen = Chosen(table, np.array(group, dtype=np.int64), np.empty(0, dtype=np.int64))
        for weather in WEATHERS:
            found = minutes_cover(scene, chosen, limit, {"天气": weather})
            remarks = _both(remarks, found.remarks)
            for spent in (0.0, handling) if handling else (0.0,):
                there = inside & (found.minutes[0] * 60.0 <= (limit - spent) * 60.0 + 1e-6)
                weight = np.bincount(
                    people.district[there], people.persons[there], len(people.districts)
                )
                total = float(weight.sum())
                rows.append(
                    InTime(
                        found.names,
                        weather,
                        limit,
                        spent,
                        total,
                        total / whole if whole else None,
                        tuple(
                            (d.name, float(w / n) if n else None)
                            for d, w, n in zip(
                                people.districts, weight, people.everybody, strict=False
                            )
                        ),
                    )
                )
    return Promise(tuple(rows), remarks)


def _both(before: Remarks | None, now: Remarks) -> Remarks:
    """The first answer's remarks, with the weather of the others put to its basis."""
    if before is None:
        return now
    weather = now.basis.rpartition(";")[2]
    if weather in before.basis:
        return before
    return replace(before, basis=f"{before.basis.removesuffix('。')};{weather}")


def _told(outcome: Outcome) -> tuple[float, float] | None:
    """Minutes promised for depots and the handling in them, by whichever reading has some."""
    for verdict in outcome.verdicts:
        rule = verdict.rule
        if rule.check == "覆盖" and "时限" in rule.params:
            readings = (rule, *rule.by_reading.values())
            return float(rule.params["时限"]), max(_handling(one) for one in readings)
    return None


def _handling(rule: Rule) -> float:
    return float(sum((rule.params.get("准备") or {}).values()))
