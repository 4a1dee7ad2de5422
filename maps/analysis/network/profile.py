"""How fast: road classes, vehicles, weather. Tables in ``resources/speeds``.

Every table says where a number comes from; what was not read in a printed source
is called 待核实 in the texts that go with a result.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import yaml

from data.refused import Refused
from resources import path

_MIXED = re.compile(r"[+/、]")
DEFAULT_VEHICLES = {"fire_station": "消防车", "shelter": "步行"}
USUAL_VEHICLE = "救援车辆"
OFF_ROAD, STRAIGHT = "路外", "直线"
OWN_SPEEDS = "车速"
"""The name in ``Book.facts`` of the planner's own speeds: {class: km/h}."""


@dataclass(frozen=True)
class Leg:
    """A way that is not on the network: speed in km/h, detour factor on the straight line."""

    kmh: float
    detour: float

    def seconds(self, metres: np.ndarray) -> np.ndarray:
        """Seconds for straight-line distances in metres."""
        return np.asarray(metres) * (self.detour * 3.6 / self.kmh)


@dataclass(frozen=True)
class Condition:
    """Weather or time of day: factors on the speed; ``roads`` empty means everywhere."""

    name: str
    middle: float = 1.0
    fast: float = 1.0
    slow: float = 1.0
    roads: tuple[str, ...] = ()
    source: str = ""
    verified: bool = False

    def at(self, edge: str) -> "Condition":
        """Return the “fast” or “slow” edge of the band as a condition of its own."""
        factor = {"fast": self.fast, "middle": self.middle, "slow": self.slow}[edge]
        return replace(self, middle=factor, fast=factor, slow=factor)


@dataclass(frozen=True)
class Profile:
    """Who travels. Speeds in km/h by road class; see ``vehicles.yaml`` for the words."""

    name: str
    speeds: Mapping[str, float]
    unknown: float
    surface_caps: Mapping[str, float]
    also: Mapping[str, str]
    offroad: Leg
    straight: Leg
    factor: float = 1.0
    walking: float = 0.0
    forbidden: frozenset[str] = frozenset()
    no_access: frozenset[str] = frozenset()
    source: str = ""
    changed: tuple[str, ...] = field(default=())

    @property
    def on_foot(self) -> bool:
        return self.walking > 0

    def base(self, road_class: str) -> tuple[str, ...]:
        """Return the table's classes a road class stands for (two for “高速+国道”), or ()."""
        found = []
        for part in _MIXED.split(road_class):
            name = self.also.get(part.strip(), part.strip())
            if name in self.speeds:
                found.append(name)
        return tuple(found)

    def kmh(self, road_class: str, limit: float, surface: str, condition: Condition) -> float:
        """Return the speed on a road in km/h; 0 where this traveller may not go.

        ``limit`` in km/h (NaN: none) only ever lowers the table's speed.
        """
        classes = self.base(road_class)
        if self.forbidden.intersection(classes):
            return 0.0
        if self.on_foot:
            speed = self.walking
        else:
            known = [self.speeds[c] for c in classes]
            speed = sum(known) / len(known) if known else self.unknown
            speed = min(speed, limit) if limit > 0 else speed
            speed = min(speed, self.surface_caps.get(surface, speed)) * self.factor
        slowed = not condition.roads or bool(set(condition.roads).intersection(classes))
        return speed * (condition.middle if slowed else 1.0)

    def leg(self, leg: Leg, condition: Condition) -> Leg:
        """Return ``offroad`` or ``straight`` as the condition leaves it."""
        return leg if condition.roads else replace(leg, kmh=leg.kmh * condition.middle)

    @property
    def basis(self) -> str:
        """Where the speeds come from, for texts beside a result."""
        changed = f",已改:{'、'.join(self.changed)}" if self.changed else ""
        return f"{self.name}车速表({self.source},待核实{changed})"


@lru_cache(maxsize=8)
def _table(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load(path(f"speeds/{name}.yaml").read_text(encoding="utf-8")))


def vehicles() -> tuple[str, ...]:
    """Names of the vehicles there are."""
    return tuple(_table("vehicles"))


def conditions() -> tuple[str, ...]:
    """Names of the conditions there are, the normal one first."""
    return tuple(_table("conditions"))


def condition(name: str) -> Condition:
    """Return a condition; raises Refused for an unknown one."""
    table = _table("conditions")
    if name not in table:
        raise Refused(f"没有“{name}”这种路况。可选:{'、'.join(table)}。")
    row = dict(table[name])
    return Condition(name, **{**row, "roads": tuple(row.get("roads", ()))})


def profile(name: str, changed: Mapping[str, float] | None = None) -> Profile:
    """Return a vehicle's profile with the planner's own speeds (km/h by class) put in.

    ``OFF_ROAD`` and ``STRAIGHT`` among the classes stand for the legs that are no road.
    Raises Refused for an unknown vehicle or class, and for a speed that is not above zero.
    """
    table, classes = _table("vehicles"), _table("classes")
    if name not in table:
        raise Refused(f"没有“{name}”这种出行方式。可选:{'、'.join(table)}。")
    row = table[name]
    speeds = {str(c): float(v) for c, v in classes["speeds"].items()}
    legs = {OFF_ROAD: float(row["offroad"]["speed"]), STRAIGHT: float(row["straight"]["speed"])}
    for road_class, kmh in (changed or {}).items():
        if road_class in legs:
            legs[road_class] = float(kmh)
            continue
        known = classes["also"].get(road_class, road_class)
        if known not in speeds:
            raise Refused(
                f"车速表里没有“{road_class}”这个等级。可选:{'、'.join([*speeds, *legs])}。"
            )
        speeds[known] = float(kmh)
    for road_class, kmh in {**speeds, **legs}.items():
        if not (math.isfinite(kmh) and kmh > 0):
            raise Refused(f"“{road_class}”的车速要大于 0 km/h,现在是 {kmh:g}。")
    return Profile(
        name=name,
        speeds=speeds,
        unknown=float(classes["unknown"]),
        surface_caps=classes["surface_caps"],
        also=classes["also"],
        offroad=Leg(legs[OFF_ROAD], float(row["offroad"]["detour"])),
        straight=Leg(legs[STRAIGHT], float(row["straight"]["detour"])),
        factor=float(row.get("factor", 1.0)),
        walking=float(row.get("walking", 0.0)),
        forbidden=frozenset(row.get("forbidden", ())),
        no_access=frozenset(row.get("no_access", ())),
        source=str(row["source"]),
        changed=tuple(f"{c} {v:g} km/h" for c, v in (changed or {}).items()),
    )


def own_speeds(facts: Mapping[str, Any]) -> dict[str, float]:
    """The planner's own speeds (km/h by class) kept with a plan; what is no speed is left out."""
    kept = facts.get(OWN_SPEEDS)
    if not isinstance(kept, Mapping):
        return {}
    known = {*speed_table(), OFF_ROAD, STRAIGHT}
    return {
        str(c): float(v)
        for c, v in kept.items()
        if c in known and isinstance(v, int | float) and math.isfinite(v) and v > 0
    }


def speed_table() -> dict[str, float]:
    """The table's own speeds, km/h by road class; all 待核实 (see :func:`speed_source`)."""
    return {str(c): float(v) for c, v in _table("classes")["speeds"].items()}


def speed_source() -> str:
    """Where the table comes from."""
    row = _table("classes")
    return f"{row['source']}:{row['clause']}"


def usual_vehicle(kind_name: str) -> str:
    """The vehicle that serves a kind of facility unless the planner says otherwise."""
    return DEFAULT_VEHICLES.get(kind_name, USUAL_VEHICLE)


def suggested_minutes(kind_name: str) -> tuple[tuple[str, float, str], ...]:
    """Readiness and handling to offer for a kind: (name, minutes, source), all 待核实."""
    rows = _table("readiness").get(kind_name, ())
    return tuple((r["name"], float(r["minutes"]), r["source"]) for r in rows)
