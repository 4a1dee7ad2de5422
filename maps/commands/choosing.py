"""What ``site``, ``curve`` and ``resilience`` share: a plan or a bare matrix becomes a problem."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.files import load
from data.kinds import STATUS_SETS, kind
from data.plan import Book
from data.progress import Report, part
from data.refused import Refused
from maps.analysis.siting import NEW, Problem, Unreachable
from maps.analysis.siting.byroad import SLACK, by_road
from maps.analysis.siting.fromplan import STATES, Ground, PlanAsk, problem_of
from maps.analysis.timecover import TimeAsk, check_minutes
from maps.commands.matrices import read_matrix, read_vector
from maps.commands.minutes import pairs, travel, travel_arguments

EXISTING = ("ignore", "fixed", "closable", "relocatable")
_UNREACHED_SHOWN = 5


def source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where people and candidates come from, and how far is near enough."""
    add = parser.add_argument
    add("plan", type=Path, nargs="?", metavar="PLAN", help="规划文件 (.gpkg)")
    add("--matrix", type=Path, metavar="COST.csv", help="不用规划,直接用成本矩阵:行为需求,列为候选")
    add("--weights", type=Path, metavar="W.csv", help="与 --matrix 同用:每个需求点的人数")
    add("--of", default="", metavar="KIND", help="设施类别,如 fire_station 或 消防站")
    add("--radius", metavar="METRES", help="服务半径,米(椭球面上的直线距离)")
    add("--minutes", metavar="MIN", help="服务时间,分钟(按路网行车)")
    add(
        "--radius-of",
        nargs="+",
        action="extend",
        default=[],
        metavar="级别=米",
        help="几个级别一起选,每级各有服务半径(lscp、mclp、backup、equity)",
    )
    add(
        "--minutes-of",
        nargs="+",
        action="extend",
        default=[],
        metavar="级别=分钟",
        help="几个级别一起选,每级各有服务时间",
    )
    add(
        "--classes",
        nargs="+",
        action="extend",
        default=[],
        metavar="级别",
        help="新设施可以是哪些级别,默认上面给出的全部;已有设施按自己的级别",
    )
    add(
        "--candidates",
        default="settlement",
        metavar="图层|settlement|junction|grid:500",
        help="候选点:某个点图层、居民点(默认)、路口,或每隔若干米一个的网格",
    )
    add("--keep", action="store_true", help="保留已有设施,在此之外再选")
    add("--existing", metavar="|".join(EXISTING), help="已有设施:不算、保留、可关闭、可迁移")
    add("--status", default="全部", metavar="|".join(STATUS_SETS), help="哪些算已有设施,默认 全部")
    add("--people", default="", metavar="图层", help="有多个人口图层时用哪一个")
    add("--allow-hazard", action="store_true", help="不排除灾害区和安全距离内的候选点")
    add("--apart", metavar="METRES", default="0", help="设施之间的最小间距,米")
    add(
        "--price",
        metavar="列名|数|FILE",
        default="",
        help="每个候选点的费用:列名,或每处新设施同一个数;矩阵时为文件",
    )
    add(
        "--capacity",
        metavar="列名|数|FILE",
        default="",
        help="每个候选点的容量(人):列名,或每处新设施同一个数(已有的按容纳人数);矩阵时为文件",
    )
    add("--time", metavar="S", default="60", help="求解时间上限,秒,默认 60")
    travel_arguments(parser)


@dataclass(frozen=True, eq=False)
class Source:
    """A problem and what its columns are called.

    ``ground`` is None for a bare matrix; then ``names`` are the headings of its columns, or
    their numbers from 0. ``reach``: range per candidate or of all, None when not given.
    """

    problem: Problem
    names: tuple[str, ...]
    ground: Ground | None
    reach: float | np.ndarray | None
    measure: str
    limit: Any
    time_ask: TimeAsk | None
    book: Book | None = None

    def site(self, candidate: int) -> dict[str, Any]:
        """What identifies a candidate: id, name, lon, lat (None for a bare matrix)."""
        if self.ground is None:
            name = self.names[candidate]
            return {"id": int(name) if name.isdigit() else name, "name": name} | {
                "lon": None,
                "lat": None,
            }
        lon, lat = self.ground.lonlat(np.array([candidate]))
        found = self.ground.candidates
        out: dict[str, Any] = {
            "id": found.ids()[candidate],
            "name": found.name[candidate],
            "lon": round(float(lon[0]), 6),
            "lat": round(float(lat[0]), 6),
        }
        if found.grade[candidate]:
            out["class"] = found.grade[candidate]
        return out

    @property
    def basis(self) -> str | None:
        return None if self.ground is None else self.ground.demand.basis or None


def source(arguments: argparse.Namespace, report: Report, *, cover: bool) -> Source:
    """Read the problem of a command; ``cover``: only pairs within range matter."""
    if arguments.matrix is not None:
        if arguments.plan is not None:
            raise Refused("规划文件和 --matrix 只能给一个。")
        return _from_matrix(arguments)
    if arguments.plan is None:
        raise Refused("请给出规划文件,或用 --matrix 给出成本矩阵。")
    if not arguments.of:
        raise Refused("请用 --of 给出设施类别,例如 --of fire_station。")
    book = load(arguments.plan, part(report, 0.0, 0.3)).book
    return from_plan(book, arguments, part(report, 0.3, 1.0), cover=cover)


def from_plan(book: Book, arguments: argparse.Namespace, report: Report, *, cover: bool) -> Source:
    """Return the problem of an open plan file's current scenario."""
    if arguments.radius is not None and arguments.minutes is not None:
        raise Refused("--radius 和 --minutes 只能给一个:按米还是按分钟。")
    by_minutes = arguments.minutes is not None or bool(arguments.minutes_of)
    radii = _by_class(arguments, by_minutes, cover)
    limit = number(arguments.minutes if by_minutes else arguments.radius, "服务距离或时间")
    time_ask = None
    if by_minutes:
        longest = max(v for v in (limit, *radii.values()) if v is not None)
        check_minutes(longest)
        # Whoever is looked for in all directions is looked for to the end of the roads.
        furthest = longest if cover else 7 * 24 * 60.0
        time_ask = TimeAsk(
            kind(arguments.of).name, furthest, arguments.status, **travel(arguments, book)
        )
    slack = SLACK if by_minutes else 0.0
    ask = PlanAsk(
        kind(arguments.of).name,
        arguments.candidates,
        limit + slack if cover and limit is not None else None,
        {name: value + slack for name, value in radii.items()},
        existing(arguments),
        arguments.status,
        not arguments.allow_hazard,
        number(arguments.apart, "--apart") or 0.0,
        arguments.price,
        arguments.capacity,
        arguments.people,
        tuple(arguments.classes),
    )
    told = by_road(book.plan, time_ask) if time_ask is not None else None
    ground = problem_of(book.plan, ask, report, told)
    reach = ground.reach
    if not cover and limit is not None:
        reach = limit + slack
    shown: Any = limit if not radii else {**radii, **({} if limit is None else {"": limit})}
    measure = "minutes" if by_minutes else "radius"
    names = ground.candidates.name
    return Source(ground.problem, names, ground, reach, measure, shown, time_ask, book)


def _by_class(arguments: argparse.Namespace, by_minutes: bool, cover: bool) -> Mapping[str, float]:
    """The ranges by class, metres or minutes; none without."""
    given = {"--radius-of": arguments.radius_of, "--minutes-of": arguments.minutes_of}
    wrong, right = (
        ("--radius-of", "--minutes-of") if by_minutes else ("--minutes-of", "--radius-of")
    )
    if given[wrong]:
        raise Refused(
            f"{wrong} 和按{'分钟' if by_minutes else '米'}的选项不能同用:按米还是按分钟。"
        )
    if arguments.classes and not given[right]:
        raise Refused("--classes 要与 --radius-of 或 --minutes-of 同用,给出各级别的服务距离。")
    if given[right] and not cover:
        raise Refused(f"{right} 只用于看覆盖的目标:lscp、mclp、backup、equity。")
    return pairs(given[right], f"{right} 一级站={10 if by_minutes else 5000}")


def existing(arguments: argparse.Namespace) -> Any:
    """What becomes of the facilities that stand."""
    chosen = arguments.existing or ("fixed" if arguments.keep else "ignore")
    if chosen not in EXISTING:
        raise Refused(f"--existing 只能是{'、'.join(EXISTING)}之一,现在是“{chosen}”。")
    if arguments.keep and chosen != "fixed":
        raise Refused("--keep 就是 --existing fixed,不能再写别的。")
    return chosen


def number(text: str | None, what: str) -> float | None:
    """Return the number a word says, None for none."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise Refused(f"{what}要填数字,现在是“{text}”。")
    return value


def whole(text: str | None, what: str) -> int | None:
    """Return the whole number a word says, None for none."""
    value = number(text, what)
    if value is None:
        return None
    if value != round(value):
        raise Refused(f"{what}要填整数,现在是“{text}”。")
    return round(value)


def _from_matrix(arguments: argparse.Namespace) -> Source:
    for name in ("price", "capacity"):
        if getattr(arguments, name) and not Path(getattr(arguments, name)).exists():
            word = getattr(arguments, name)
            raise Refused(f"与 --matrix 同用时,--{name} 要给一个文件,现在是“{word}”。")
    for option in ("radius_of", "minutes_of", "classes"):
        if getattr(arguments, option):
            raise Refused(f"--{option.replace('_', '-')} 只能用于规划文件。")
    if number(arguments.apart, "--apart"):
        raise Refused("--apart 只能用于规划文件:矩阵里没有候选点之间的距离。")
    values, names = read_matrix(arguments.matrix)
    n, m = values.shape
    weights = np.ones(n)
    if arguments.weights is not None:
        weights = read_vector(arguments.weights)
    limit = number(
        arguments.minutes if arguments.minutes is not None else arguments.radius, "服务距离或时间"
    )
    state = np.full(m, NEW, np.int8)
    kept = getattr(arguments, "fixed", [])
    chosen: Any = existing(arguments) if arguments.existing else "fixed"
    if chosen == "ignore":
        kept = []
    elif arguments.existing and not kept:
        raise Refused("与 --matrix 同用时,请用 --fixed 写出哪些列是已有设施。")
    for word in kept:
        state[column_of(word, names)] = STATES[chosen]
    problem = Problem(
        values,
        weights,
        state,
        read_vector(Path(arguments.price)) if arguments.price else None,
        read_vector(Path(arguments.capacity)) if arguments.capacity else None,
    )
    for given, what in ((problem.price, "费用"), (problem.capacity, "容量")):
        if given is not None and len(given) != m:
            raise Refused(f"{what}有 {len(given)} 个,候选点有 {m} 个,两者要一一对应。")
    measure = "minutes" if arguments.minutes is not None else "matrix"
    return Source(problem, names, None, limit, measure, limit, None)


def column_of(word: str, names: tuple[str, ...]) -> int:
    """Return the column a word means: its heading, or its number from 0."""
    if word in names:
        return names.index(word)
    if word.isdigit() and int(word) < len(names):
        return int(word)
    raise Refused(f"矩阵里没有名为“{word}”的列,也没有这个编号(0–{len(names) - 1})。")


def plainer(refusal: Unreachable, given: Source) -> Refused:
    """Return a refusal that also says where those live whom no candidate reaches."""
    if given.ground is None:
        return refusal
    ground, rows = given.ground, refusal.rows
    people = given.problem.weights[rows]
    parts = []
    if ground.districts and given.problem.district is not None:
        each = np.bincount(given.problem.district[rows], people, len(ground.districts))
        order = [k for k in np.argsort(-each) if each[k] > 0][:_UNREACHED_SHOWN]
        parts = [f"{ground.districts[k]} {each[k]:,.0f} 人" for k in order]
    worst = rows[np.argsort(-people)[:_UNREACHED_SHOWN]]
    lon, lat = ground.demand.ruler.to_lonlat(ground.x[worst], ground.y[worst])
    spots = "、".join(f"({a:.3f}, {b:.3f})" for a, b in zip(lon, lat, strict=True))
    where = f"分布:{'、'.join(parts)};" if parts else ""
    return Refused(
        f"有 {len(rows)} 处、{people.sum():,.0f} 人是任何候选点都到不了的。{where}"
        f"人最多的几处在 {spots}。请放宽距离或时间、在附近增加候选点,"
        "或加 --only-reachable 只要求覆盖能到达的人。"
    )


def persons(value: float | None) -> float | int | None:
    """Whole persons are written without a decimal point."""
    if value is None or not np.isfinite(value):
        return None
    return round(value) if abs(value - round(value)) < 1e-6 else round(value, 3)


def finite(value: float | None) -> float | int | None:
    """A number JSON can hold."""
    if value is None or not np.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def by_district(given: Source, values: np.ndarray) -> Mapping[str, Any]:
    """Persons by name of the district, those with any."""
    if given.ground is None:
        return {}
    names = given.ground.districts
    return {names[k]: persons(float(v)) for k, v in enumerate(values) if v > 0}
