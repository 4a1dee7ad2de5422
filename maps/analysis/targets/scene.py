"""What checks look at: the features of a plan by kind, as columns, with their district.

A scene is made from a plan once. ``moved`` gives the scene with one feature elsewhere: it
shares everything else, so that a drag costs what depends on that one place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import shapely

from data.edits import move_feature
from data.geodesy import Floats, Ruler
from data.kinds import BACKGROUND, STATUS_SETS, Kind, is_missing, kind
from data.plan import Layer, Plan
from data.progress import Report, silent
from maps.analysis.demand import Demand, District, demand
from maps.analysis.targets.conditions import NUMERIC, Condition, Conditions, together
from maps.analysis.targets.model import Place

CLASSES = ("级别", "国标类别", "固定类别", "类型", "风险等级")
"""Columns in which everything has a value: where it is missing, it is not known."""

Ints = npt.NDArray[np.int64]
T = TypeVar("T")

NOWHERE = -1
"""Position of the district of a feature that lies in none."""


@dataclass(frozen=True, eq=False)
class Table:
    """The features of one kind, from all its layers: arrays and tuples of equal length.

    ``x``, ``y``: the point, or a point inside a line or polygon (NaN without a place);
    ``home``: position of the planning district it lies in, NOWHERE for none.
    """

    kind: Kind
    layer: tuple[str, ...]
    fid: tuple[int, ...]
    shapes: npt.NDArray[Any]
    x: Floats
    y: Floats
    home: Ints
    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.fid)

    def column(self, name: str) -> Sequence[Any]:
        """Values of a column, all None when no layer has it."""
        return self.columns.get(name) or [None] * len(self)

    def name(self, i: int) -> str:
        value = self.column("名称")[i]
        return f"{self.kind.title} {self.fid[i]} 号" if is_missing(value) else str(value)

    def place(self, i: int, text: str = "") -> Place:
        """Where the i-th feature is, for the window to go there."""
        known = bool(np.isfinite(self.x[i]))
        x, y = (float(self.x[i]), float(self.y[i])) if known else (None, None)
        return Place(self.name(i), self.layer[i], self.fid[i], x, y, text)

    def find(self, layer: str, fid: int) -> int | None:
        pairs = zip(self.layer, self.fid, strict=True)
        return next((i for i, pair in enumerate(pairs) if pair == (layer, fid)), None)


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which features a rule looks at: ``sure`` ones, and those that may be (``maybe``) because
    a value its conditions ask for is missing. Positions in ``table``."""

    table: Table
    sure: Ints
    maybe: Ints

    def __len__(self) -> int:
        return len(self.sure)

    @property
    def placed(self) -> "Chosen":
        """Those that have a place on the map."""
        here = np.isfinite(self.table.x)
        return Chosen(self.table, self.sure[here[self.sure]], self.maybe[here[self.maybe]])

    def of_home(self, position: int) -> "Chosen":
        """Those in one planning district."""
        home = self.table.home
        return Chosen(
            self.table,
            self.sure[home[self.sure] == position],
            self.maybe[home[self.maybe] == position],
        )


class _Ground:
    """What does not change when a facility moves: worked out when first asked for."""

    def __init__(self, plan: Plan, people: str, report: Report) -> None:
        self.plan, self.people, self._report = plan, people, report
        self.tables: dict[str, Table] = {}
        self.spots: dict[int, Place] = {}
        self.kept: dict[Any, Any] = {}
        self._selected: dict[tuple[str, Conditions, str], tuple[Ints, Ints]] = {}

    @cached_property
    def ruler(self) -> Ruler:
        return Ruler(self.plan.crs)

    def selected(self, table: Table, conditions: Conditions, status: str) -> tuple[Ints, Ints]:
        """Positions that surely and that perhaps meet conditions and status: attributes only,
        so that a move does not change them."""
        key = (table.kind.name, conditions, status)
        if key not in self._selected:
            self._selected[key] = _select(table, conditions, status)
        return self._selected[key]

    @cached_property
    def demand(self) -> Demand:
        return demand(self.plan, self.people, self._report)

    @cached_property
    def districts(self) -> tuple[District, ...]:
        only = Plan(self.plan.name, self.plan.crs, self.plan.of_kind("district"))
        return demand(only).districts


class Scene:
    """A plan as checks see it. ``facts`` are those of its book."""

    def __init__(
        self, plan: Plan, facts: Mapping[str, Any], people: str = "", report: Report = silent
    ) -> None:
        self.facts = facts
        self._ground = _Ground(plan, people, report)
        self._moved: dict[str, Table] = {}
        self._own: dict[Any, Any] = {}
        self._moves: tuple[tuple[str, int, float, float], ...] = ()

    @property
    def people(self) -> str:
        """Name of the population layer, "" for the only one."""
        return self._ground.people

    @cached_property
    def plan(self) -> Plan:
        """The plan as it would be with what was moved in its place."""
        plan = self._ground.plan
        for layer, fid, x, y in self._moves:
            plan = move_feature(layer, fid, shapely.Point(x, y))(plan)
        return plan

    @property
    def ruler(self) -> Ruler:
        return self._ground.ruler

    @property
    def demand(self) -> Demand:
        """People by planning district; Refused when there are several population layers."""
        return self._ground.demand

    @property
    def districts(self) -> tuple[District, ...]:
        """The planning districts; they do not need the people."""
        return self._ground.districts

    def persons(self, positions: Sequence[int] | None = None) -> float | None:
        """People in some districts (all for None), None when not known."""
        which = list(range(len(self.districts)) if positions is None else positions)
        people = self.demand
        known = people.layer is not None and all(people.districts[i].known for i in which)
        return float(people.everybody[which].sum()) if known and which else None

    def table(self, kind_name: str) -> Table:
        """All features of a kind."""
        if kind_name in self._moved:
            return self._moved[kind_name]
        tables = self._ground.tables
        if kind_name not in tables:
            tables[kind_name] = self._read(kind(kind_name))
        return tables[kind_name]

    def moved(self, layer: str, fid: int, x: float, y: float) -> "Scene":
        """The scene with one point feature at another place (metres, plan CRS)."""
        kind_name = self._ground.plan.layer(layer).kind_name
        table = self.table(kind_name)
        i = table.find(layer, fid)
        out = object.__new__(Scene)
        out.facts, out._ground = self.facts, self._ground
        out._own = {}
        out._moves = (*self._moves, (layer, fid, x, y))
        out._moved = dict(self._moved)
        if i is not None:
            out._moved[kind_name] = self._with(table, i, x, y)
        return out

    def kept(self, kinds: tuple[str, ...], key: Any, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once for this scene and all that come from it by moves;
        made anew for a scene in which something of ``kinds`` was moved."""
        full = (kinds, key)
        mine = any(layer_kind in self._moved for layer_kind in kinds)
        store = self._own if mine else self._ground.kept
        if full not in store:
            store[full] = make()
        found: T = store[full]
        return found

    def by_feature(
        self,
        kinds: tuple[str, ...],
        key: Any,
        table: Table,
        make: Callable[[Ints], Sequence[T]],
    ) -> Sequence[T]:
        """One value for every feature of ``table``, made by ``make`` from positions.

        Each value may depend on that feature's own place and on features of ``kinds`` only:
        with one feature moved only its own value is made anew.
        """
        shapes, values = self.kept(
            kinds,
            ("by feature", table.kind.name, key),
            lambda: (table.shapes, make(np.arange(len(table)))),
        )
        other = [i for i in range(len(table)) if table.shapes[i] is not shapes[i]]
        if not other:
            return values
        out = list(values)
        for i, value in zip(other, make(np.array(other)), strict=True):
            out[i] = value
        return out

    def find(self, name: str) -> Layer | None:
        """A layer by name; of a layer in which something was moved, as it would be."""
        layer = self._ground.plan.find(name)
        moved = any(move[0] == name for move in self._moves)
        return self.plan.find(name) if moved else layer

    def _with(self, table: Table, i: int, x: float, y: float) -> Table:
        xs, ys, homes = table.x.copy(), table.y.copy(), table.home.copy()
        shapes = table.shapes.copy()
        xs[i], ys[i], shapes[i] = x, y, shapely.Point(x, y)
        homes[i] = self._homes(xs[i : i + 1], ys[i : i + 1])[0]
        return replace(table, x=xs, y=ys, home=homes, shapes=shapes)

    def _homes(self, x: Floats, y: Floats) -> npt.NDArray[np.int64]:
        out = np.full(len(x), NOWHERE, dtype=np.int64)
        for i, district in reversed(list(enumerate(self.districts))):
            shapely.prepare(district.shape)
            out[shapely.intersects_xy(district.shape, x, y)] = i
        return out

    def _read(self, of: Kind) -> Table:
        layers = [layer for layer in self._ground.plan.of_kind(of.name) if len(layer)]
        shapes = [s for layer in layers for s in np.asarray(layer.frame.geometry, dtype=object)]
        some = np.empty(len(shapes), dtype=object)
        some[:] = shapes
        points = some if of.geometry == "point" else shapely.point_on_surface(some)
        x, y = shapely.get_x(points), shapely.get_y(points)
        return Table(
            of,
            tuple(layer.name for layer in layers for _ in range(len(layer))),
            tuple(int(fid) for layer in layers for fid in layer.frame.index),
            some,
            x,
            y,
            self._homes(x, y),
            _columns(layers),
        )

    def choose(
        self,
        of: str,
        conditions: Conditions = (),
        status: str = "全部",
        areas: tuple[str, ...] = (),
    ) -> Chosen:
        """The features of a kind that meet conditions, status (a key of STATUS_SETS, "" for
        any) and lie in the named districts (() for anywhere).

        A missing class or number leaves it open whether a feature counts (``maybe``); a
        missing label (体系角色, 迁自, 备注 …) means that it has none, unless no feature of the
        kind has one: then nobody has recorded it yet.
        """
        table = self.table(of)
        sure, maybe = self._ground.selected(table, conditions, status)
        if areas:
            wanted = [i for i, d in enumerate(self.districts) if d.name in areas]
            inside = np.isin(table.home, wanted)
            sure, maybe = sure[inside[sure]], maybe[inside[maybe]]
        return Chosen(table, sure, maybe)

    def district_place(self, position: int, text: str = "") -> Place:
        """A planning district as a place to go to."""
        spots = self._ground.spots
        if position not in spots:
            spots[position] = self._district_spot(position)
        return replace(spots[position], text=text)

    def _district_spot(self, position: int) -> Place:
        district = self.districts[position]
        spot = shapely.point_on_surface(district.shape)
        home = self.table("district")
        names = home.column("名称")
        at = next((i for i in range(len(home)) if names[i] == district.name), None)
        layer, fid = ("", None) if at is None else (home.layer[at], home.fid[at])
        return Place(district.name, layer, fid, float(spot.x), float(spot.y))


def _select(table: Table, conditions: Conditions, status: str) -> tuple[Ints, Ints]:
    keep = np.ones(len(table), dtype=bool)
    if status and table.kind.column("状态") is not None:
        allowed = STATUS_SETS[status]
        said = ["现状" if is_missing(s) else str(s) for s in table.column("状态")]
        keep &= np.array([s in allowed for s in said], dtype=bool)
    if table.kind.name == "district":
        keep &= np.array([r != BACKGROUND for r in table.column("角色")], dtype=bool)
    columns = [table.column(c.column) for c in conditions]
    recorded = [not all(map(is_missing, column)) for column in columns]
    sure: list[int] = []
    maybe: list[int] = []
    for i in np.flatnonzero(keep).tolist():
        answer = together(
            [
                counts_for(c, column[i], told)
                for c, column, told in zip(conditions, columns, recorded, strict=True)
            ]
        )
        if answer is not False:
            (sure if answer else maybe).append(i)
    return np.array(sure, dtype=np.int64), np.array(maybe, dtype=np.int64)


def counts_for(condition: Condition, value: Any, recorded: bool = True) -> bool | None:
    """Whether a value selects a feature; see ``Scene.choose``. ``recorded``: whether any feature
    of the kind has a value in this column."""
    answer = condition.holds(value)
    if answer is not None or condition.column in CLASSES or condition.operator in NUMERIC:
        return answer
    if condition.operator in ("不含", "不等于"):
        return True
    return False if recorded else None


def _columns(layers: Sequence[Layer]) -> dict[str, list[Any]]:
    names = dict.fromkeys(str(c) for layer in layers for c in layer.frame.columns)
    return {
        name: [value for layer in layers for value in layer.column(name).tolist()]
        for name in names
        if name != "geometry"
    }
