"""Responsibility areas (责任区): every place to its quickest station, in one piece each.

The planning districts are divided into cells, and each cell goes to the station that
reaches it first. Where a road leads around a corner, bits of one station's land lie
detached inside another's. Such bits are given away:

1. Cells of one station that touch by a side form pieces. A station keeps the piece it
   stands in (the largest one when it stands on another's land).
2. Every other piece is eaten up from its edges by the areas around it, the nearest
   first, cell by cell: what grows from a kept piece stays connected to it.

So every area is contiguous and nobody has an enclave in another's land. Only where the
districts themselves lie apart (an exclave) does a station serve land it does not touch.
The stepped borders are then smoothed as one coverage, neighbours sharing every line.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import yaml
from scipy.ndimage import distance_transform_edt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from data.plan import Plan
from data.progress import Report, part, silent
from data.refused import Refused
from maps.analysis.demand import Demand, demand
from maps.analysis.facilities import Facilities
from maps.analysis.network.ground import Ground, ground
from maps.analysis.network.lines import Floats, Ints
from maps.analysis.network.remarks import Remarks, remarks
from maps.analysis.timecover import TimeAsk, facilities_of, timer_of, titles
from resources import path


@dataclass(frozen=True)
class Area:
    """One station's area: ``shape`` in the plan's CRS (empty: never the quickest anywhere).

    ``district`` is the station's own when districts are respected, else "". ``people``
    None when unknown. ``limit_km2`` None when the standard has none for its class;
    ``too_large`` then is None as well.
    """

    name: str
    layer: str
    fid: int
    grade: str
    district: str
    shape: shapely.Geometry
    km2: float
    people: float | None
    limit_km2: float | None

    @property
    def too_large(self) -> bool | None:
        return None if self.limit_km2 is None else self.km2 > self.limit_km2


@dataclass(frozen=True, eq=False)
class Areas:
    """All areas; ``left`` is the land nobody reaches (or whose district has no station)."""

    ask: TimeAsk
    plan: Plan
    areas: tuple[Area, ...]
    left: shapely.Geometry
    left_km2: float
    left_people: float | None
    clause: str
    remarks: Remarks
    basis: str

    @property
    def estimated(self) -> bool:
        """Whether the minutes must be called 估算."""
        return self.remarks.estimated(self.ask.measure)


@lru_cache(maxsize=1)
def _standard() -> dict[str, Any]:
    text = path("speeds/station_area.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def limit_km2(kind_name: str, grade: str, suburban: bool = False) -> float | None:
    """How large a station's area may be by the standard; None when it does not say."""
    rules = _standard().get(kind_name)
    if rules is None or grade not in rules["limits"]:
        return None
    return float(rules["suburb"] if suburban else rules["limits"][grade])


def areas(
    plan: Plan,
    ask: TimeAsk,
    *,
    within_districts: bool = False,
    suburban: frozenset[tuple[str, int]] = frozenset(),
    report: Report = silent,
) -> Areas:
    """Divide the planning districts among the facilities of ``ask`` (its limit is not used).

    ``within_districts``: a place goes to the quickest station of its own district.
    ``suburban``: stations (layer, id) measured against 近郊. Raises Refused when the
    plan has no planning districts, and as ``timecover`` does.
    """
    chosen = facilities_of(plan, ask)
    people = demand(plan, ask.people)
    if not people.districts:
        raise Refused("规划里没有规划区的边界,划不了责任区。请先添加行政区。")
    grid = ground(people)
    names = titles(plan, chosen)
    timer = timer_of(plan, ask, chosen, people, part(report, 0.0, 0.4), ranks=1)
    seconds, who = timer.at(people.nearby)
    notes = remarks(plan, ask.profile, ask.condition, timer, chosen, names, people, seconds, who)
    home = _home(people, chosen)
    if within_districts:
        owner = _owners_by_district(plan, ask, chosen, people, grid, home, part(report, 0.4, 0.7))
    else:
        owner = timer.at(grid)[1][0]
    report(0.7, "正在把飞地并入相邻的责任区…")
    apart = grid.district if within_districts else np.zeros(len(grid.x), np.intp)
    owner = contiguous(grid, owner, apart, _cells_of(grid, chosen.x, chosen.y))
    report(0.8, "正在勾画责任区的边界…")
    shapes = _shapes(grid, owner, apart, people, len(chosen), within_districts)
    report(0.95, "正在统计面积与人口…")
    home = home if within_districts else np.full(len(chosen), -1, np.intp)
    return _result(plan, ask, chosen, names, home, people, shapes, suburban, notes)


def _home(people: Demand, chosen: Facilities) -> Ints:
    """District each facility stands in, -1 outside all."""
    home = np.full(len(chosen), -1, np.intp)
    for i, district in enumerate(people.districts):
        inside = shapely.intersects_xy(district.shape, chosen.x, chosen.y)
        home[inside & (home < 0)] = i
    return home


def _owners_by_district(
    plan: Plan,
    ask: TimeAsk,
    chosen: Facilities,
    people: Demand,
    grid: Ground,
    home: Ints,
    report: Report,
) -> Ints:
    """Quickest facility of every cell among those of its own district, -1 without one."""
    owner = np.full(len(grid.x), -1, np.intp)
    for i, district in enumerate(people.districts):
        report(i / len(people.districts), f"正在划分{district.name}…")
        mine = np.flatnonzero(home == i)
        if not len(mine):
            continue
        only = frozenset((chosen.layer[k], chosen.fid[k]) for k in mine)
        alone = replace(ask, only=only)
        timer = timer_of(plan, alone, facilities_of(plan, alone), people, ranks=1)
        cells = np.flatnonzero(grid.district == i)
        who = timer.at(grid)[1][0][cells]
        owner[cells] = np.where(who >= 0, mine[who], -1)
    return owner


def _cells_of(grid: Ground, x: Floats, y: Floats) -> Ints:
    """Position in the grid of the cell each point is in, -1 outside."""
    table = np.full(grid.shape, -1, np.intp)
    table[grid.row, grid.column] = np.arange(len(grid.x))
    column = np.floor((x - grid.west) / grid.cell).astype(np.intp)
    row = np.floor((grid.north - y) / grid.cell).astype(np.intp)
    inside = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
    return np.where(inside, table[np.where(inside, row, 0), np.where(inside, column, 0)], -1)


def contiguous(grid: Ground, owner: Ints, apart: Ints, seats: Ints) -> Ints:
    """Give detached pieces away; see the module's text.

    ``owner`` facility per cell (-1 nobody: left alone), ``apart`` land that does not
    mix (districts), ``seats`` the cell of every facility (-1: outside the grid).
    """
    a, b = _neighbours(grid, apart)
    count = len(owner)
    same = (owner[a] == owner[b]) & (owner[a] >= 0)
    links = coo_matrix((np.ones(same.sum(), np.int8), (a[same], b[same])), shape=(count, count))
    piece = connected_components(links, directed=False)[1]
    kept = (owner < 0) | np.isin(piece, _kept_pieces(owner, piece, seats))
    loose = np.flatnonzero(~kept)
    if not len(loose):
        return owner
    # From kept, owned cells into loose ones; one step a cell.
    passable = (owner[a] >= 0) & (owner[b] >= 0) & ~(kept[a] & kept[b])
    a, b = a[passable], b[passable]
    steps = coo_matrix((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(count, count))
    rim = np.unique(np.r_[a, b])
    rim = rim[kept[rim]]
    if not len(rim):
        return owner
    _, _, source = dijkstra(steps.tocsr(), indices=rim, min_only=True, return_predecessors=True)
    reached = loose[source[loose] >= 0]
    out = owner.copy()
    out[reached] = owner[source[reached]]
    return out


def _kept_pieces(owner: Ints, piece: Ints, seats: Ints) -> Ints:
    size = np.bincount(piece)
    kept = []
    for name in np.unique(owner[owner >= 0]):
        seat = seats[name]
        if seat >= 0 and owner[seat] == name:
            kept.append(piece[seat])
        else:
            mine = np.unique(piece[owner == name])
            kept.append(mine[np.argmax(size[mine])])
    return np.array(kept, dtype=np.intp)


def _neighbours(grid: Ground, apart: Ints) -> tuple[Ints, Ints]:
    """Pairs of cells that touch by a side and lie in the same land."""
    table = np.full(grid.shape, -1, np.intp)
    table[grid.row, grid.column] = np.arange(len(grid.x))
    a = np.r_[table[:, :-1].ravel(), table[:-1].ravel()]
    b = np.r_[table[:, 1:].ravel(), table[1:].ravel()]
    both = (a >= 0) & (b >= 0)
    a, b = a[both], b[both]
    together = apart[a] == apart[b]
    return a[together], b[together]


def _shapes(
    grid: Ground, owner: Ints, apart: Ints, people: Demand, count: int, by_district: bool
) -> npt.NDArray[Any]:
    """Polygon of every facility, then of the land left over."""
    lands = [d.shape for d in people.districts] if by_district else [people.ground]
    parts: list[list[shapely.Geometry]] = [[] for _ in range(count + 1)]
    for land_number, land in enumerate(lands):
        mine = apart == land_number
        for name, shape in _divide(grid, owner, mine, land):
            parts[name].append(shape)
    return np.array([shapely.union_all(p) if p else shapely.Polygon() for p in parts], dtype=object)


def _label(shapes: npt.NDArray[Any], x: Floats, y: Floats) -> Ints:
    """Which area each point is in; one on no area (outside the districts) counts as left over."""
    point, area = shapely.STRtree(shapely.points(x, y)).query(shapes, predicate="covers")[::-1]
    label = np.full(len(x), len(shapes) - 1, np.intp)
    order = np.argsort(-area, kind="stable")  # on a shared border the first station counts
    label[point[order]] = area[order]
    return label


def _divide(
    grid: Ground, owner: Ints, mine: npt.NDArray[np.bool_], land: shapely.Geometry
) -> list[tuple[int, shapely.Geometry]]:
    """Divide one land: (facility or -1, polygon); together they are exactly the land."""
    table = np.full((grid.shape[0] + 4, grid.shape[1] + 4), -2, np.int32)
    table[grid.row[mine] + 2, grid.column[mine] + 2] = owner[mine]
    # Beyond the land the nearest owner goes on, so that the land's own outline cuts it.
    known = table > -2
    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    table = table[tuple(nearest)]
    values, regions = regions_of(table)
    west, north = grid.west - 2 * grid.cell, grid.north + 2 * grid.cell
    placed = shapely.transform(regions, lambda at: at * (grid.cell, -grid.cell) + (west, north))
    cut = shapely.intersection(shapely.coverage_simplify(placed, grid.cell), land)
    merged: dict[int, list[shapely.Geometry]] = {}
    for value, shape in zip(values.tolist(), cut, strict=True):
        merged.setdefault(value, []).append(shape)
    whole = {v: _areal(shapely.union_all(shapes)) for v, shapes in merged.items()}
    return list(_without_scraps(whole, grid.cell).items())


def regions_of(table: Ints) -> tuple[Ints, npt.NDArray[Any]]:
    """Regions of equal value whose cells touch by a side: values, polygons in (column, row).

    (``rasterio.features.shapes`` does it too, but silences a warning for all threads meanwhile.)
    """
    rows, columns = table.shape
    framed = np.full((rows + 2, columns + 2), np.iinfo(table.dtype).min, table.dtype)
    framed[1:-1, 1:-1] = table
    row, column = np.nonzero(framed[1:-1, :-1] != framed[1:-1, 1:])
    upright = np.stack([np.c_[column, row], np.c_[column, row + 1]], axis=1)
    row, column = np.nonzero(framed[:-1, 1:-1] != framed[1:, 1:-1])
    level = np.stack([np.c_[column, row], np.c_[column + 1, row]], axis=1)
    sides = shapely.linestrings(np.concatenate([upright, level]).astype(float))
    shapes = shapely.get_parts(shapely.polygonize(sides))
    inner = np.floor(shapely.get_coordinates(shapely.point_on_surface(shapes))).astype(np.intp)
    return table[inner[:, 1], inner[:, 0]], shapes


def _areal(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _without_scraps(whole: dict[int, shapely.Geometry], cell: float) -> dict[int, shapely.Geometry]:
    """Hand scraps the land's wriggling outline cut off to the neighbour they border most."""
    out = dict(whole)
    for name, shape in whole.items():
        parts = shapely.get_parts(shape)
        if name < 0 or len(parts) < 2:
            continue
        order = np.argsort(-shapely.area(parts))
        for scrap in parts[order[1:]]:
            if shapely.area(scrap) > 25 * cell * cell:
                continue
            shared = {
                other: shapely.length(shapely.intersection(scrap, mine))
                for other, mine in out.items()
                if other != name and shapely.intersects(scrap, mine)
            }
            best = max(shared, key=lambda k: shared[k], default=None)
            if best is not None and shared[best] > 0:
                out[name] = shapely.difference(out[name], scrap)
                out[best] = shapely.union(out[best], scrap)
    return out


def _result(
    plan: Plan,
    ask: TimeAsk,
    chosen: Facilities,
    names: tuple[str, ...],
    home: Ints,
    people: Demand,
    shapes: npt.NDArray[Any],
    suburban: frozenset[tuple[str, int]],
    notes: Remarks,
) -> Areas:
    km2 = people.ruler.area(shapes)
    near = people.nearby
    label = _label(shapes, near.x, near.y)
    inside = people.district < len(people.districts)
    persons = np.bincount(label[inside], people.persons[inside], len(shapes))
    rules = _standard().get(chosen.kind.name, {})
    rows = []
    for i, name in enumerate(names):
        key = (chosen.layer[i], chosen.fid[i])
        rows.append(
            Area(
                name,
                *key,
                chosen.grade[i],
                "" if home[i] < 0 else people.districts[home[i]].name,
                shapes[i],
                float(km2[i]),
                float(persons[i]) if people.known else None,
                limit_km2(chosen.kind.name, chosen.grade[i], key in suburban),
            )
        )
    left_people = float(persons[-1]) if people.known else None
    clause = str(rules.get("clause", ""))
    return Areas(
        ask, plan, tuple(rows), shapes[-1], float(km2[-1]), left_people, clause, notes, people.basis
    )
