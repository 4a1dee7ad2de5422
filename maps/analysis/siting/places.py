"""Places where a facility stands or may stand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from data.geodesy import Floats, Ruler
from data.kinds import is_missing
from data.plan import Layer, Plan
from data.refused import Refused
from maps.analysis.demand import Demand
from maps.analysis.facilities import Status, choose
from maps.analysis.siting.ask import NEW
from maps.analysis.siting.junctions import junctions, spacing

MOST_CANDIDATES = 20_000


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places, m each: where, which feature (layer "" where there is none), its name and class.

    ``source``: what places without a feature are, “grid” or “junction”.
    """

    x: Floats
    y: Floats
    name: tuple[str, ...]
    layer: tuple[str, ...]
    fid: tuple[int, ...]
    grade: tuple[str, ...]
    state: np.ndarray
    source: str = "grid"

    def __len__(self) -> int:
        return len(self.x)

    def ids(self) -> list[str]:
        """What identifies each in an answer: “layer:id”, “grid:number”, “junction:number”."""
        pairs = zip(self.layer, self.fid, strict=True)
        return [f"{layer or self.source}:{fid}" for layer, fid in pairs]


def places(plan: Plan, source: str, people: Demand) -> Candidates:
    """Return new places: “settlement”, “junction”, a point layer by name, or “grid:metres”."""
    if source.startswith("grid:"):
        return _grid(source, people)
    if source == "junction" or source.startswith("junction:"):
        return _junctions(plan, source, people)
    if source == "settlement":
        layers = plan.of_kind("settlement")
        if not any(len(layer) for layer in layers):
            raise Refused(
                "规划里没有居民点可作候选。请先添加居民点,或用 --candidates grid:5000 改用网格。"
            )
    else:
        layers = (plan.layer(source),)
        if layers[0].kind.geometry != "point":
            raise Refused(f"图层“{source}”不是点图层,不能作候选点。")
    return _points(layers)


def _points(layers: tuple[Layer, ...]) -> Candidates:
    x, y, names, owners, ids = [], [], [], [], []
    for layer in layers:
        titles = layer.column("名称")
        for fid, shape in zip(layer.frame.index.tolist(), layer.frame.geometry, strict=True):
            if shape is None or shape.is_empty:
                continue
            title = titles.loc[fid]
            x.append(shape.x)
            y.append(shape.y)
            names.append(f"{layer.name} {fid} 号" if is_missing(title) else str(title))
            owners.append(layer.name)
            ids.append(int(fid))
    n = len(x)
    state = np.full(n, NEW, np.int8)
    return Candidates(
        np.array(x, float),
        np.array(y, float),
        tuple(names),
        tuple(owners),
        tuple(ids),
        ("",) * n,
        state,
    )


def _grid(source: str, people: Demand) -> Candidates:
    """A square grid over the planning districts (over the people, when there are none)."""
    try:
        step = float(source.removeprefix("grid:"))
    except ValueError:
        step = float("nan")
    if not (np.isfinite(step) and step >= 10):
        raise Refused(f"网格候选点要写成 grid:500(间隔米数,至少 10),现在是“{source}”。")
    shape = people.ground if people.districts else None
    nearby = people.nearby
    west, south, east, north = (
        shape.bounds
        if shape is not None
        else (nearby.x.min(), nearby.y.min(), nearby.x.max(), nearby.y.max())
    )
    columns, rows = int((east - west) // step) + 1, int((north - south) // step) + 1
    if columns * rows > 20 * MOST_CANDIDATES:
        raise Refused(_too_many(columns * rows, step))
    x = np.tile(west + step / 2 + np.arange(columns) * step, rows)
    y = np.repeat(south + step / 2 + np.arange(rows) * step, columns)
    if shape is not None:
        shapely.prepare(shape)
        inside = shapely.contains_xy(shape, x, y)
        x, y = x[inside], y[inside]
    if len(x) > MOST_CANDIDATES:
        raise Refused(_too_many(len(x), step))
    n = len(x)
    names = tuple(f"网格点 {k + 1}" for k in range(n))
    state = np.full(n, NEW, np.int8)
    return Candidates(x, y, names, ("",) * n, tuple(range(1, n + 1)), ("",) * n, state)


def _junctions(plan: Plan, source: str, people: Demand) -> Candidates:
    """Where roads meet, in the planning districts."""
    step = spacing(source)
    x, y, names = junctions(plan, people, step)
    n = len(x)
    if n > MOST_CANDIDATES:
        wider = max(2.0 * step, 1_000.0)
        raise Refused(
            f"规划区内有 {n:,} 个路口,最多能算 {MOST_CANDIDATES:,} 个。"
            f"请用 junction:{wider:g}(每 {wider:g} 米见方最多取一个)或更大的间隔。"
        )
    state = np.full(n, NEW, np.int8)
    fid = tuple(range(1, n + 1))
    return Candidates(x, y, names, ("",) * n, fid, ("",) * n, state, "junction")


def _too_many(count: int, step: float) -> str:
    wider = step * np.sqrt(count / MOST_CANDIDATES)
    return (
        f"间隔 {step:g} 米的网格有约 {count:,} 个候选点,最多能算 {MOST_CANDIDATES:,} 个。"
        f"请用 grid:{int(np.ceil(wider / 100) * 100)} 或更大的间隔。"
    )


def standing(plan: Plan, of: str, status: Status, state: int) -> Candidates:
    """Return what stands already, each candidate of this state; Refused when nothing does."""
    chosen = choose(plan, of, (), status)
    frames = {name: plan.layer(name).column("名称") for name in set(chosen.layer)}
    names = []
    for layer, fid in zip(chosen.layer, chosen.fid, strict=True):
        title = frames[layer].loc[fid]
        names.append(f"{layer} {fid} 号" if is_missing(title) else str(title))
    return Candidates(
        chosen.x,
        chosen.y,
        tuple(names),
        chosen.layer,
        chosen.fid,
        chosen.grade,
        np.full(len(chosen), state, np.int8),
    )


def both(one: Candidates, two: Candidates) -> Candidates:
    """Return the candidates of both, in this order."""
    return Candidates(
        np.append(one.x, two.x),
        np.append(one.y, two.y),
        one.name + two.name,
        one.layer + two.layer,
        one.fid + two.fid,
        one.grade + two.grade,
        np.append(one.state, two.state),
        one.source,
    )


def some(one: Candidates, rows: np.ndarray) -> Candidates:
    """Return some candidates (int array)."""
    return Candidates(
        one.x[rows],
        one.y[rows],
        tuple(one.name[i] for i in rows),
        tuple(one.layer[i] for i in rows),
        tuple(one.fid[i] for i in rows),
        tuple(one.grade[i] for i in rows),
        one.state[rows],
        one.source,
    )


def in_danger(plan: Plan, ruler: Ruler, x: Floats, y: Floats) -> np.ndarray:
    """Which places lie in a hazard zone or within the 安全距离 of a hazard (true metres)."""
    bad = np.zeros(len(x), bool)
    for layer in plan.of_kind("hazard_zone"):
        for shape in layer.frame.geometry:
            if shape is None or shape.is_empty:
                continue
            outline = shapely.make_valid(shape)
            shapely.prepare(outline)
            bad |= shapely.intersects_xy(outline, x, y)
    for layer in plan.of_kind("hazard_site"):
        limits = pd.to_numeric(layer.column("安全距离"), errors="coerce").to_numpy(float)
        for shape, limit in zip(layer.frame.geometry, limits, strict=True):
            if shape is None or shape.is_empty or not limit > 0:
                continue
            bad |= ruler.distance(shape.x, shape.y, x, y) <= limit
    return bad
